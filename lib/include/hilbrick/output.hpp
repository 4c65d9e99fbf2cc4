// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// HDF5 files in global order: what a file holds does not depend on how many ranks wrote it. A file is written beside its place under
// a temporary name and renamed when it is complete, so a reader never sees half of one.
//
// Every function checks HDF5's result on every rank and makes a failure everyone's before the next collective.

#include <hdf5.h>

#include <filesystem>
#include <functional>
#include <hilbrick/comm.hpp>
#include <hilbrick/partition/grid.hpp>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace hilbrick {

/// A piece of a dataset that one rank holds: `values` of box.volume(), x fastest, in the coordinates of the dataset.
template <class T>
struct Piece {
  Box box;
  std::vector<T> values;
};

/// The same for values of any type, x fastest, that need not stand so in memory before they are moved: `values(i)` says where those of box
/// i are written from or read to, until it is asked again; `arrived(i)` hears that they were read.
struct Parts {
  std::vector<Box> boxes;
  std::function<void*(std::size_t)> values;
  std::function<void(std::size_t)> arrived = [](std::size_t) {};
};

/// A value of an attribute: a number, numbers or a word.
struct Attribute {
  Attribute(double v) : numbers{v}, scalar(true) {}
  Attribute(std::vector<double> v) : numbers(std::move(v)) {}
  Attribute(std::vector<Index> v) : integers(std::move(v)) {}
  Attribute(std::string v) : text(std::move(v)), is_text(true) {}
  Attribute(const char* v) : Attribute(std::string(v)) {}

  std::vector<double> numbers;
  std::vector<Index> integers;
  std::string text;
  bool scalar = false, is_text = false;
};
using Attributes = std::map<std::string, Attribute>;

class ParallelFile {
 public:
  /// Creates `path` (under a temporary name beside it). The first `head_bytes` bytes, 0 or a power of two from 512 on, are not HDF5's: the
  /// caller may write what it likes there. Throws SharedError when that is impossible. Collective over comm.
  explicit ParallelFile(const Comm& comm, std::filesystem::path path, Index head_bytes = 0);
  /// Abandons what did not get its name: the temporary file is removed by rank 0, nothing waits for peers.
  ~ParallelFile();
  ParallelFile(const ParallelFile&) = delete;
  ParallelFile& operator=(const ParallelFile&) = delete;

  /// Collective over comm, each of them.
  void group(const std::string& name, const Attributes& attributes = {});
  /// A dataset [z][y][x] of `extent`, of float, double or std::int32_t; each rank gives the pieces that it holds, perhaps none. Collective
  /// transfers, as many as the rank with the most pieces needs.
  template <class T>
  void dataset(const std::string& name, Int3 extent, std::span<const Piece<T>> pieces, const Attributes& attributes = {});
  /// The same, [count][z][y][x]: the values of a piece are `count` times box.volume().
  template <class T>
  void dataset(const std::string& name, Index count, Int3 extent, std::span<const Piece<T>> pieces, const Attributes& attributes = {});
  /// The same, [outer][z][y][x], of any type that HDF5 knows.
  void dataset(const std::string& name, hid_t type, const std::vector<Index>& outer, Int3 extent, const Parts& parts,
               const Attributes& attributes = {});
  /// A dataset of one dimension, of values that every rank has.
  void column(const std::string& name, const std::vector<double>& values, const Attributes& attributes = {});
  /// The same of any type; `count` is alike on every rank, the values are rank 0's.
  void column(const std::string& name, hid_t type, Index count, const void* values);
  /// Closes the file and gives it its name. Collective over comm.
  void close();

  /// `close` in steps, for those who look at the file before it gets its name. All that was written is on the disk. Collective over comm.
  void sync();
  /// The file is complete, under its temporary name. Collective over comm.
  void end();
  const std::filesystem::path& temporary() const { return temporary_; }
  /// Gives the file its name. Collective over comm.
  void put_in_place();

 private:
  void create(const std::string& name, hid_t type, const std::vector<hsize_t>& size);
  void attach(const std::string& name, const Attributes& attributes);
  /// Makes sure that the disk has room for so many bytes more. HDF5 must not find out by itself: when one rank's write fails inside a
  /// collective call, its ranks wait for each other for ever. Collective over comm.
  void reserve(Index bytes);

  const Comm& comm_;
  std::filesystem::path path_, temporary_;
  hid_t file_ = H5I_INVALID_HID;
  Index reserved_bytes_ = 0;
  bool in_place_ = false;
};

/// A one-dimensional series of values that grows; written by one process alone.
class SeriesFile {
 public:
  struct Series {
    std::string name;  // "/group/name"; groups are made
    Attributes attributes;
  };
  /// Throws Error when the file cannot be made. Local.
  SeriesFile(std::filesystem::path path, const std::vector<Series>& series, const std::map<std::string, Attributes>& groups, bool doubles);
  ~SeriesFile();
  SeriesFile(const SeriesFile&) = delete;
  SeriesFile& operator=(const SeriesFile&) = delete;

  /// Appends `count` values to every series; values[series * count + i]. What was appended is safe on disk when it returns. Local.
  void append(std::span<const double> values, std::size_t count);
  /// All that was appended, [series][value]. Local.
  std::vector<double> values() const;
  std::size_t series() const { return datasets_.size(); }
  /// Closes the file and gives it its name. Local.
  void close();

 private:
  std::filesystem::path path_, temporary_;
  hid_t file_ = H5I_INVALID_HID;
  std::vector<hid_t> datasets_;
  hsize_t length_ = 0;
};

/// Writes a text file by way of a temporary one. Throws Error (exit code 4) when that fails. Local.
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace hilbrick
