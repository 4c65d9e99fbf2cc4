// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What all that reads and writes HDF5 shares: results that are looked at, handles that close themselves, and the rounds in which ranks
// move their parts of a dataset.

#include <hdf5.h>

#include <filesystem>
#include <hilbrick/output.hpp>
#include <string>
#include <type_traits>
#include <vector>

namespace hilbrick {

/// HDF5 says nothing on stderr from now on: `checked` does. Local.
void quiet_hdf5();

/// Throws Error (exit code 4) for a negative result, with what HDF5 said last. `doing` as in "writing /Ex".
void check_hdf5(bool failed, const std::string& doing, const std::filesystem::path& path);
template <class Result>
Result checked(Result result, const std::string& doing, const std::filesystem::path& path) {
  check_hdf5(result < 0, doing, path);
  return result;
}

/// A handle that closes itself.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// The type of values in memory and in files.
template <class T>
hid_t type_of() {
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
  if constexpr (std::is_same_v<T, Index>) return H5T_NATIVE_INT64;
  if constexpr (std::is_same_v<T, std::uint8_t>) return H5T_NATIVE_UINT8;
}

/// [z][y][x], and in front of it what a dataset has more.
std::vector<hsize_t> with_zyx(const std::vector<Index>& outer, Int3 v);

/// A file's properties for access by all ranks of a communicator.
Handle parallel_access(const Comm& comm);

/// Writes parts to an open file's dataset [outer][z][y][x], or reads them: one of each rank's in a round, as many rounds as the rank with
/// the most parts needs. Throws SharedError. Collective over comm.
enum class Direction { write, read };
void move_parts(const Comm& comm, hid_t file, const std::filesystem::path& path, const std::string& name, hid_t type,
                const std::vector<Index>& outer, const Parts& parts, Direction direction);

/// Gives a file another name in its folder. Throws Error (exit code 4). Local.
void rename_into_place(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace hilbrick
