// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Checkpoints: all the state of a run in one HDF5 file in global order, from which it goes on with the same bits on any number of ranks,
// with any partition, brick and transport. Who has state says so once, for writing and for reading:
//
//   hilbrick::Checkpoints checkpoints(comm, "out", {"heat", "1.0", {{"cells", "64 64 64"}}}, [&](hilbrick::Checkpoint& c) {
//     c.field("u", u);
//     c.value("step", step);
//   });
//   if (restart) checkpoints.read("out");       // the newest in the folder that is whole and of this run
//   ...
//   checkpoints.write(step);                    // out/checkpoint_0000000100.h5
//
// A file has 512 bytes of its own before HDF5's: three lines of text with the format's version, the file's size and the digest of all bytes
// that follow. It is written beside its place, brought to the disk, read back and compared with the memory that it came from, given its
// digest, and only then its name. So a file with that name is complete, and whatever happens to it later is noticed before HDF5 sees it.

#include <filesystem>
#include <functional>
#include <hilbrick/field.hpp>
#include <hilbrick/output.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hilbrick {

/// Values of one rank that stand as a checkpoint has them: a box of them, x fastest, `count` times where there are as many for each place.
struct Part {
  Box box;
  void* values;
};

/// Fields are written, compared and read by slabs of about so many bytes: what a checkpoint takes of memory, twice, beside the state
/// itself.
inline constexpr Index checkpoint_slab_bytes = Index{4} << 20;

/// A checkpoint that is being written or read. Everything is said in the same order, with the same names, on every rank.
class Checkpoint {
 public:
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;
  ~Checkpoint();

  /// Whether what is said here takes its values from the file; else they go there.
  bool reads() const { return mode_ == Mode::read; }

  /// All values of a field that somebody owns, closing planes included: [z][y][x]. Halos are not state. Throws SharedError where the file
  /// has it in another size or not at all, as everything here. Collective over comm, each of them.
  void field(const std::string& name, const FieldRef& values);
  template <class T>
  void field(const std::string& name, const Field<T>& values) {
    field(name, values.ref());
  }
  /// Values in an extent of their own, [z][y][x] or [count][z][y][x]: this rank's parts of it, perhaps none. No value is in two parts; what
  /// is in none is not state. T is float, double, std::int32_t or Index.
  template <class T>
  void parts(const std::string& name, Int3 extent, const std::vector<Part>& parts);
  template <class T>
  void parts(const std::string& name, Index count, Int3 extent, const std::vector<Part>& parts);
  /// A few values, always as many: rank 0's go to the file, all ranks get them from there. T as above.
  template <class T>
  void values(const std::string& name, std::vector<T>& values);
  /// The same, of any number.
  template <class T>
  void list(const std::string& name, std::vector<T>& values);
  /// One value: a number of a type as above.
  template <class T>
  void value(const std::string& name, T& value) {
    std::vector<T> one{value};
    values(name, one);
    value = one.front();
  }
  void value(const std::string& name, bool& value);
  /// What a file of series has so far: rank 0's, null elsewhere. One that is read into is empty before.
  void series(const std::string& name, SeriesFile* file);

  /// What f says has the section's name before its own.
  template <class F>
  void within(const std::string& section, F&& f) {
    const std::string outer = prefix_;
    enter(section);
    f();
    prefix_ = outer;
  }

 private:
  friend class Checkpoints;
  enum class Mode { write, compare, read };
  enum class Holders { all, rank_0 };
  /// Throws SharedError. Collective over comm.
  Checkpoint(const Comm& comm, Mode mode, std::filesystem::path path);

  void enter(const std::string& section);
  void move(const std::string& name, hid_t type, const std::vector<Index>& outer, Int3 extent, const Parts& parts);
  /// Throws SharedError where it is not of that type and, if one is expected, of that size.
  std::vector<hsize_t> size_in_file(const std::string& name, hid_t type, const std::vector<hsize_t>& expected = {}) const;
  void require_equal(const std::string& name, bool equal) const;
  /// How many values of a column there are: in the file, or rank 0's.
  Index length(const std::string& name, hid_t type, std::size_t mine) const;
  void column(const std::string& name, hid_t type, Index count, void* values, Holders holders);
  void close();

  const Comm& comm_;
  Mode mode_;
  std::filesystem::path path_;
  std::string prefix_ = "/";
  std::unique_ptr<ParallelFile> output_;  // when it is written
  hid_t input_ = H5I_INVALID_HID;         // when it is compared or read
};

/// The checkpoints of one run in a folder.
class Checkpoints {
 public:
  /// What a checkpoint is of. It is only read back into a run with the same program and setting, which is whatever must not change: words
  /// by key. The version is for messages.
  struct Identity {
    std::string program, version;
    std::map<std::string, std::string> setting;
  };
  /// `state` says all that the run's future depends on; it is called for writing, for comparing and for reading. Of the checkpoints that
  /// this writes or reads, the last `keep` stay in the folder. Local.
  Checkpoints(const Comm& comm, std::filesystem::path folder, Identity identity, std::function<void(Checkpoint&)> state, int keep = 2);

  /// One that a run goes on from.
  struct Source {
    std::filesystem::path path;
    Index step = 0;
    std::vector<std::string> refused;  // newer ones in the folder, and why
  };
  /// Reads a checkpoint into the state: a file, or the newest of a folder that can be used. Throws SharedError where there is none, with
  /// what is wrong with each. Collective over comm.
  Source read(const std::filesystem::path& file_or_folder);

  /// Writes folder/checkpoint_<step>.h5, step with ten digits. Throws SharedError (exit code 4) when that fails; those that were there stay
  /// then. Collective over comm.
  void write(Index step);

  /// The last one that this wrote or read; empty when there is none.
  const std::filesystem::path& last() const { return last_; }
  /// What was written so far, and the longest time that one took.
  struct Cost {
    Index count = 0, bytes = 0;
    double seconds = 0, longest_seconds = 0;
  };
  const Cost& cost() const { return cost_; }

 private:
  /// Opens a file for f and closes it. Throws SharedError. Collective over comm.
  void visit(Checkpoint::Mode mode, const std::filesystem::path& file, const std::function<void(Checkpoint&)>& f) const;
  /// Throws SharedError with the reason unless this is a checkpoint of this run; gives its step. Collective over comm.
  Index require_usable(const std::filesystem::path& file) const;

  const Comm& comm_;
  std::filesystem::path folder_;
  Identity identity_;
  std::function<void(Checkpoint&)> state_;
  int keep_;
  std::vector<std::filesystem::path> kept_;  // in the folder, oldest first
  std::filesystem::path last_;
  Cost cost_;
};

}  // namespace hilbrick
