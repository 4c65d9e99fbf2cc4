// SPDX-License-Identifier: BSD-3-Clause
#include "hdf5.hpp"

#include <algorithm>
#include <cstdint>

namespace hilbrick {

namespace fs = std::filesystem;

void quiet_hdf5() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

void check_hdf5(bool failed, const std::string& doing, const fs::path& path) {
  if (!failed) return;
  std::string reason;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, const H5E_error2_t* e, void* out) -> herr_t {
        auto& text = *static_cast<std::string*>(out);
        if (text.empty() && e->desc) text = e->desc;
        return 0;
      },
      &reason);
  throw runtime_failure(path.string() + ": " + doing + " failed (" + (reason.empty() ? "HDF5 gave no reason" : reason) +
                        "); see whether there is space left and whether this user may read and write there");
}

std::vector<hsize_t> with_zyx(const std::vector<Index>& outer, Int3 v) {
  std::vector<hsize_t> all(outer.begin(), outer.end());
  for (const int a : {2, 1, 0}) all.push_back(static_cast<hsize_t>(v[a]));
  return all;
}

Handle parallel_access(const Comm& comm) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_mpio(access, comm.get(), MPI_INFO_NULL);
  H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
  return {access, H5Pclose};
}

void move_parts(const Comm& comm, hid_t file, const fs::path& path, const std::string& name, hid_t type, const std::vector<Index>& outer,
                const Parts& parts, Direction direction) {
  const bool write = direction == Direction::write;
  const std::string doing = (write ? "writing " : "reading ") + name;
  const auto count = static_cast<Index>(parts.boxes.size()), rounds = max(comm, count);
  Index copies = 1;
  for (const Index n : outer) copies *= n;
  for (Index round = 0; round < rounds; ++round)
    agree_on(comm, [&] {
      // Every rank takes part in every transfer, with an empty selection when it has nothing left.
      const Handle set(checked(H5Dopen2(file, name.c_str(), H5P_DEFAULT), doing, path), H5Dclose);
      const Handle transfer(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
      H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
      const Handle file_space(H5Dget_space(set), H5Sclose);
      std::uint64_t nothing[2] = {0, 0};
      void* values = nothing;
      hsize_t size = 1;
      Box box;
      const auto part = static_cast<std::size_t>(round);
      if (round < count && copies > 0 && !parts.boxes[part].empty()) {
        box = parts.boxes[part];
        values = parts.values(part);
        size = static_cast<hsize_t>(copies * box.volume());
      }
      const Handle memory_space(H5Screate_simple(1, &size, nullptr), H5Sclose);
      if (values == nothing) {
        H5Sselect_none(file_space);
        H5Sselect_none(memory_space);
      } else {
        const auto start = with_zyx(std::vector<Index>(outer.size(), 0), box.lo), extent = with_zyx(outer, box.extent());
        checked(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr), doing, path);
      }
      checked(write ? H5Dwrite(set, type, memory_space, file_space, transfer, values)
                    : H5Dread(set, type, memory_space, file_space, transfer, values),
              doing, path);
      if (!write && values != nothing) parts.arrived(part);
    });
}

void rename_into_place(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::rename(from, to, failed);
  if (failed) throw runtime_failure(to.string() + ": renaming the finished file failed (" + failed.message() + ")");
}

}  // namespace hilbrick
