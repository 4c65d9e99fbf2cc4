// SPDX-License-Identifier: BSD-3-Clause
// HDF5 files of voxels, whatever their type and size, read as a few cells need them.
#include "voxels.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "datasets.hpp"

using namespace hilbrick;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string file = (std::filesystem::temp_directory_path() / ("hilbrick_fuzz_" + std::to_string(getpid()) + ".h5")).string();
  static const bool removed_at_exit = std::atexit([] { std::remove(file.c_str()); }) == 0;
  if (!removed_at_exit) std::abort();
  fuzz::Choices choices(data, size);
  const hid_t output = H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  fuzz::write_any(output, choices.below(16) == 15 ? "/other" : "/voxels", choices);
  H5Fclose(output);
  return fuzz::accept([&] {
    fdtd::VoxelGrid grid;
    grid.file = file;
    grid.dataset = "/voxels";
    grid.low_m = {-0.5, 0, 0};
    grid.spacing_m = {0.7, 0.5, 2};
    grid.materials = {0, 1, 2};
    grid.voxels = std::make_shared<const fdtd::VoxelFile>(file, grid.dataset);
    const Box cells{{0, 0, 0}, {4, 5, 6}};
    for (const fdtd::Component c : {fdtd::Ex, fdtd::Hz}) {
      fdtd::VoxelPlanes planes(grid, {1, 1, 1}, c, cells);
      for (Index z = cells.lo.z; z < cells.hi.z; ++z) {
        planes.load(z);
        for (Index y = cells.lo.y; y < cells.hi.y; ++y)
          for (Index x = cells.lo.x; x < cells.hi.x; ++x) planes.material(x, y);
      }
    }
    // As fine as memory and time allow no more: a reader that takes what a file claims would try.
    grid.spacing_m = {1e-9, 1e-9, 1e-9};
    fdtd::VoxelPlanes(grid, {1, 1, 1}, fdtd::Ex, cells).load(cells.lo.z);
  });
}
