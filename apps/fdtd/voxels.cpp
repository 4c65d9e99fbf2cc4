// SPDX-License-Identifier: BSD-3-Clause
#include "voxels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>

namespace hilbrick::fdtd {

VoxelFile::VoxelFile(const std::string& file, const std::string& dataset) : name_(file + ":" + dataset) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const auto close_and_throw = [&](const std::string& message) {
    if (dataset_ >= 0) H5Dclose(dataset_);
    if (file_ >= 0) H5Fclose(file_);
    throw Error(message);
  };
  file_ = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file_ < 0) close_and_throw(file + ": expected an HDF5 file, cannot read it");
  dataset_ = H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT);
  if (dataset_ < 0) close_and_throw(fmt::format("{}: expected a dataset \"{}\", found none of that name", file, dataset));
  const hid_t space = H5Dget_space(dataset_), type = H5Dget_type(dataset_);
  const int axes = H5Sget_simple_extent_ndims(space);
  std::array<hsize_t, 3> zyx{};
  if (axes == 3) H5Sget_simple_extent_dims(space, zyx.data(), nullptr);
  const bool integers = H5Tget_class(type) == H5T_INTEGER;
  H5Sclose(space);
  H5Tclose(type);
  if (!integers) close_and_throw(name_ + ": expected integers, found another type");
  if (axes != 3) close_and_throw(fmt::format("{}: expected three axes [z][y][x], found {}", name_, axes));
  for (const hsize_t n : zyx)
    if (n == 0 || n > hsize_t{1} << 40)
      close_and_throw(fmt::format("{}: expected 1 to 2^40 voxels along each axis, found {} x {} x {}", name_, zyx[2], zyx[1], zyx[0]));
  extent_ = {static_cast<Index>(zyx[2]), static_cast<Index>(zyx[1]), static_cast<Index>(zyx[0])};
}

VoxelFile::~VoxelFile() {
  H5Dclose(dataset_);
  H5Fclose(file_);
}

std::vector<std::int32_t> VoxelFile::read(const Box& voxels) const {
  std::vector<std::int32_t> values(static_cast<std::size_t>(voxels.volume()));
  if (values.empty()) return values;
  const auto zyx = [](Int3 v) {
    return std::array<hsize_t, 3>{static_cast<hsize_t>(v.z), static_cast<hsize_t>(v.y), static_cast<hsize_t>(v.x)};
  };
  const auto start = zyx(voxels.lo), count = zyx(voxels.extent());
  const hid_t in_file = H5Dget_space(dataset_), in_memory = H5Screate_simple(3, count.data(), nullptr);
  const bool done = H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) >= 0 &&
                    H5Dread(dataset_, H5T_NATIVE_INT32, in_memory, in_file, H5P_DEFAULT, values.data()) >= 0;
  H5Sclose(in_file);
  H5Sclose(in_memory);
  if (!done)
    throw Error(fmt::format("{}: reading voxels ({}, {}, {}) to ({}, {}, {}) failed; is the file damaged?", name_, voxels.lo.x, voxels.lo.y,
                            voxels.lo.z, voxels.hi.x - 1, voxels.hi.y - 1, voxels.hi.z - 1));
  return values;
}

VoxelPlanes::VoxelPlanes(const VoxelGrid& shape, const Vec3& spacing_m, Component c, const Box& cells) : shape_(shape), cells_(cells) {
  for (int a = 0; a < 3; ++a) {
    const Index n = shape.voxels->extent()[a];
    Index& lo = voxels_.lo[a] = n;
    Index& hi = voxels_.hi[a] = 0;
    for (Index i = 0; i < cells.extent()[a]; ++i) {
      Int3 cell = cells.lo;
      cell[a] += i;
      const double at = (yee_position_m(spacing_m, c, cell)[a] - shape.low_m[a]) / shape.spacing_m[a];
      const double near = 1e-6;  // of a voxel: positions on a side touch both voxels
      const auto index = [&](double q) { return static_cast<Index>(std::floor(std::clamp(q, -1.0, static_cast<double>(n)))); };
      const Touched t{std::max<Index>(index(at - near), 0), std::min<Index>(index(at + near) + 1, n)};
      touched_[static_cast<std::size_t>(a)].push_back(t);
      if (t.first >= t.last) continue;
      lo = std::min(lo, t.first);
      hi = std::max(hi, t.last);
    }
  }
}

void VoxelPlanes::load(Index z) {
  const Touched t = touched_[2][static_cast<std::size_t>(z - cells_.lo.z)];
  plane_.clear();
  Box layer = voxels_;
  for (layer.lo.z = t.first; layer.lo.z < t.last; ++layer.lo.z) {
    layer.hi.z = layer.lo.z + 1;
    if (layer.empty()) return;
    constexpr Index most = Index{1} << 28;  // 1 GiB
    if (layer.extent().x > most / layer.extent().y)
      throw Error(
          fmt::format("{}:{}: expected at most 2^28 voxels in a layer across the cells of a rank, found {} x {}; use coarser voxels",
                      shape_.file, shape_.dataset, layer.extent().x, layer.extent().y));
    const std::vector<std::int32_t> ids = shape_.voxels->read(layer);
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (ids[i] < 0 || static_cast<std::size_t>(ids[i]) >= shape_.materials.size()) {
        const Index row = layer.extent().x, n = static_cast<Index>(i);
        throw Error(fmt::format(
            "{}:{}: expected integers from 0 to {}, one for each name in materials, found {} in voxel ({}, {}, {}); name "
            "its material, too",
            shape_.file, shape_.dataset, shape_.materials.size() - 1, ids[i], layer.lo.x + n % row, layer.lo.y + n / row, layer.lo.z));
      }
    if (plane_.empty())
      plane_ = ids;
    else
      std::transform(plane_.begin(), plane_.end(), ids.begin(), plane_.begin(), [](auto p, auto q) { return std::max(p, q); });
  }
}

std::optional<int> VoxelPlanes::material(Index x, Index y) const {
  if (plane_.empty()) return std::nullopt;
  const Touched tx = touched_[0][static_cast<std::size_t>(x - cells_.lo.x)], ty = touched_[1][static_cast<std::size_t>(y - cells_.lo.y)];
  std::int32_t id = -1;
  for (Index j = ty.first; j < ty.last; ++j)
    for (Index i = tx.first; i < tx.last; ++i)
      id = std::max(id, plane_[static_cast<std::size_t>(i - voxels_.lo.x + voxels_.extent().x * (j - voxels_.lo.y))]);
  if (id < 0) return std::nullopt;
  return shape_.materials[static_cast<std::size_t>(id)];
}

}  // namespace hilbrick::fdtd
