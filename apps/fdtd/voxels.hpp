// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Voxel grids in HDF5 files: integers [z][y][x], read in parts as boxes of cells need them.

#include <hdf5.h>

#include <optional>
#include <string>
#include <vector>

#include "numerics.hpp"
#include "scene.hpp"

namespace hilbrick::fdtd {

/// A dataset of integers [z][y][x] that is open for reading.
class VoxelFile {
 public:
  /// Throws Error for a file or a dataset that is not there, has not three axes or no integers. Local.
  VoxelFile(const std::string& file, const std::string& dataset);
  ~VoxelFile();
  VoxelFile(const VoxelFile&) = delete;
  VoxelFile& operator=(const VoxelFile&) = delete;

  Int3 extent() const { return extent_; }
  /// The integers of a box of voxels, x fastest; what does not fit 32 bits becomes the nearest that does. Throws Error when it cannot be
  /// read. Local.
  std::vector<std::int32_t> read(const Box& voxels) const;

 private:
  std::string name_;
  hid_t file_ = H5I_INVALID_HID, dataset_ = H5I_INVALID_HID;
  Int3 extent_;
};

/// Finds the materials of one component's positions in a box of cells, plane by plane: memory is that of one plane of voxels.
class VoxelPlanes {
 public:
  /// `cells`: any, also such that the grid does not reach. `shape` outlives it. Local.
  VoxelPlanes(const VoxelGrid& shape, const Vec3& spacing_m, Component c, const Box& cells);

  /// Reads what plane z of the cells needs. Throws Error, also for an integer without a material. Local.
  void load(Index z);
  /// The material at the component's position in a cell of the plane, an index into Scene::materials; none outside the grid.
  std::optional<int> material(Index x, Index y) const;

 private:
  /// The voxels that touch a position, first <= i < last: one, two where they meet, none outside.
  struct Touched {
    Index first, last;
  };
  const VoxelGrid& shape_;
  Box cells_, voxels_;
  std::array<std::vector<Touched>, 3> touched_;  // [axis][cell]
  std::vector<std::int32_t> plane_;              // over voxels_, of those that touch the plane the last in the order of materials
};

}  // namespace hilbrick::fdtd
