// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <hilbrick/output.hpp>
#include <type_traits>
#include <utility>

namespace hilbrick {
namespace {

namespace fs = std::filesystem;

/// The last thing HDF5 said, and why, as one line.
std::string hdf5_reason() {
  std::string reason;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned, const H5E_error2_t* e, void* out) -> herr_t {
        auto& text = *static_cast<std::string*>(out);
        if (text.empty() && e->desc) text = e->desc;
        return 0;
      },
      &reason);
  return reason.empty() ? "HDF5 gave no reason" : reason;
}

template <class Result>
Result checked(Result result, const std::string& doing, const fs::path& path) {
  if (result < 0)
    throw runtime_failure(path.string() + ": " + doing + " failed (" + hdf5_reason() +
                          "); is there space left, and may this user write there?");
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

template <class T>
hid_t type_of() {
  if (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
  return sizeof(T) == 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
}

/// For making things of a class without the time of day: the same run writes the same bytes.
Handle without_times(hid_t of_class) {
  const hid_t properties = H5Pcreate(of_class);
  H5Pset_obj_track_times(properties, false);
  return {properties, H5Pclose};
}

void write_attribute(hid_t object, const std::string& name, const Attribute& value, const fs::path& path) {
  const std::string doing = "writing attribute " + name;
  const auto write = [&](hid_t type, hid_t space, const void* data) {
    const Handle attribute(checked(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), doing, path), H5Aclose);
    checked(H5Awrite(attribute, type, data), doing, path);
  };
  if (value.is_text) {
    const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type, std::max<std::size_t>(value.text.size(), 1));
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    write(type, space, value.text.c_str());
    return;
  }
  const bool whole = !value.integers.empty();
  const hsize_t n = whole ? value.integers.size() : value.numbers.size();
  const Handle space(value.scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &n, nullptr), H5Sclose);
  write(whole ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE, space,
        whole ? static_cast<const void*>(value.integers.data()) : value.numbers.data());
}

/// [z][y][x], and in front of it what a dataset has more.
std::vector<hsize_t> with_zyx(std::span<const Index> outer, Int3 v) {
  std::vector<hsize_t> all(outer.begin(), outer.end());
  for (const int a : {2, 1, 0}) all.push_back(static_cast<hsize_t>(v[a]));
  return all;
}

fs::path temporary_for(const fs::path& path) { return path.string() + ".part"; }

void rename_into_place(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::rename(from, to, failed);
  if (failed) throw runtime_failure(to.string() + ": renaming the finished file failed (" + failed.message() + ")");
}

/// Throws unless the first `bytes` bytes of a file have room on the disk, and keeps that room for it where the file system can. The file's
/// size stays as it is.
void require_space(const fs::path& file, Index bytes) {
  const auto full = [&] {
    return runtime_failure(file.string() + ": no space left on the disk for " + std::to_string(bytes) +
                           " bytes; free some, or write elsewhere");
  };
#ifdef __linux__
  const int descriptor = open(file.c_str(), O_WRONLY);
  const int failed = descriptor < 0 || fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, bytes) == 0 ? 0 : errno;
  if (descriptor >= 0) close(descriptor);
  if (failed == 0) return;
  if (failed == ENOSPC || failed == EDQUOT || failed == EFBIG) throw full();
#endif
  // A file system that cannot keep room can at least say how much there is.
  std::error_code ignored;
  const auto there = fs::file_size(file, ignored);
  const auto space = fs::space(file.parent_path().empty() ? fs::path(".") : file.parent_path(), ignored);
  if (!ignored && static_cast<std::uintmax_t>(bytes) > space.available + there) throw full();
}

void quiet_hdf5() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

}  // namespace

ParallelFile::ParallelFile(const Comm& comm, fs::path path) : comm_(comm), path_(std::move(path)), temporary_(temporary_for(path_)) {
  quiet_hdf5();
  const Waiting waiting(comm_, "the creation of a file");
  // MPI's file layer may end the job when a file cannot be made, so rank 0 tries first, as a plain file.
  agree_on(comm_, [&] {
    if (comm_.rank() != 0) return;
    std::ofstream probe(temporary_);
    if (!probe) throw runtime_failure(temporary_.string() + ": cannot be created (" + std::strerror(errno) + ")");
  });
  agree_on(comm_, [&] {
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_fapl_mpio(access, comm_.get(), MPI_INFO_NULL);
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
    const Handle creation = without_times(H5P_FILE_CREATE);
    file_ = checked(H5Fcreate(temporary_.c_str(), H5F_ACC_TRUNC, creation, access), "creating the file", path_);
  });
  reserve(0);
}

ParallelFile::~ParallelFile() {
  // An unfinished file stays open in HDF5: closing it is collective, and peers may be gone.
  if (file_ >= 0 && comm_.rank() == 0) {
    std::error_code ignored;
    fs::remove(temporary_, ignored);
  }
}

void ParallelFile::reserve(Index bytes) {
  constexpr Index for_metadata = 1 << 16;  // groups, attributes, headers
  reserved_bytes_ += bytes + for_metadata;
  agree_on(comm_, [&] {
    if (comm_.rank() == 0) require_space(temporary_, reserved_bytes_);
  });
}

void ParallelFile::attach(const std::string& name, const Attributes& attributes) {
  const Waiting waiting(comm_, "attributes of a file");
  agree_on(comm_, [&] {
    const Handle object(checked(H5Oopen(file_, name.c_str(), H5P_DEFAULT), "opening " + name, path_), H5Oclose);
    for (const auto& [key, value] : attributes) write_attribute(object, key, value, path_);
  });
}

void ParallelFile::group(const std::string& name, const Attributes& attributes) {
  const Waiting waiting(comm_, "a group of a file");
  agree_on(comm_, [&] {
    const Handle creation = without_times(H5P_GROUP_CREATE);
    const Handle group(checked(H5Gcreate2(file_, name.c_str(), H5P_DEFAULT, creation, H5P_DEFAULT), "creating " + name, path_), H5Gclose);
  });
  attach(name, attributes);
}

template <class T>
void ParallelFile::dataset(const std::string& name, Int3 extent, std::span<const Piece<T>> pieces, const Attributes& attributes) {
  volumes(name, {}, extent, pieces, attributes);
}

template <class T>
void ParallelFile::dataset(const std::string& name, Index count, Int3 extent, std::span<const Piece<T>> pieces,
                           const Attributes& attributes) {
  volumes(name, std::span(&count, 1), extent, pieces, attributes);
}

template <class T>
void ParallelFile::volumes(const std::string& name, std::span<const Index> outer, Int3 extent, std::span<const Piece<T>> pieces,
                           const Attributes& attributes) {
  const Waiting waiting(comm_, "a dataset of a file");
  const std::string doing = "writing " + name;
  const Index rounds = max(comm_, static_cast<Index>(pieces.size()));
  const auto size = with_zyx(outer, extent);
  Index copies = 1;
  for (const Index n : outer) copies *= n;
  reserve(copies * product(extent) * static_cast<Index>(sizeof(T)));
  agree_on(comm_, [&] {
    const Handle space(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose);
    const Handle creation = without_times(H5P_DATASET_CREATE);
    const Handle set(checked(H5Dcreate2(file_, name.c_str(), type_of<T>(), space, H5P_DEFAULT, creation, H5P_DEFAULT), doing, path_),
                     H5Dclose);
  });
  const std::vector<Index> zeros(outer.size(), 0);
  for (Index round = 0; round < rounds; ++round)
    agree_on(comm_, [&] {
      // Every rank takes part in every transfer, with an empty selection when it has nothing left.
      const Handle set(checked(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), doing, path_), H5Dclose);
      const Handle transfer(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
      H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
      const Handle file_space(H5Dget_space(set), H5Sclose);
      const Piece<T>* piece = round < static_cast<Index>(pieces.size()) ? &pieces[static_cast<std::size_t>(round)] : nullptr;
      const bool any = piece && copies > 0 && !piece->box.empty();
      const hsize_t values = any ? static_cast<hsize_t>(copies * piece->box.volume()) : 1;
      const Handle memory_space(H5Screate_simple(1, &values, nullptr), H5Sclose);
      if (any) {
        const auto start = with_zyx(zeros, piece->box.lo), count = with_zyx(outer, piece->box.extent());
        checked(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), doing, path_);
      } else {
        H5Sselect_none(file_space);
        H5Sselect_none(memory_space);
      }
      const T nothing{};
      checked(H5Dwrite(set, type_of<T>(), memory_space, file_space, transfer, any ? piece->values.data() : &nothing), doing, path_);
    });
  attach(name, attributes);
}
template void ParallelFile::dataset(const std::string&, Int3, std::span<const Piece<float>>, const Attributes&);
template void ParallelFile::dataset(const std::string&, Int3, std::span<const Piece<double>>, const Attributes&);
template void ParallelFile::dataset(const std::string&, Int3, std::span<const Piece<std::int32_t>>, const Attributes&);
template void ParallelFile::dataset(const std::string&, Index, Int3, std::span<const Piece<float>>, const Attributes&);
template void ParallelFile::dataset(const std::string&, Index, Int3, std::span<const Piece<double>>, const Attributes&);

void ParallelFile::column(const std::string& name, const std::vector<double>& values, const Attributes& attributes) {
  const std::string doing = "writing " + name;
  reserve(static_cast<Index>(values.size() * sizeof(double)));
  agree_on(comm_, [&] {
    const hsize_t n = values.size();
    const Handle space(H5Screate_simple(1, &n, nullptr), H5Sclose);
    const Handle creation = without_times(H5P_DATASET_CREATE);
    const Handle set(checked(H5Dcreate2(file_, name.c_str(), type_of<double>(), space, H5P_DEFAULT, creation, H5P_DEFAULT), doing, path_),
                     H5Dclose);
    if (comm_.rank() == 0 && n > 0) checked(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), doing, path_);
  });
  attach(name, attributes);
}

void ParallelFile::close() {
  const Waiting waiting(comm_, "the end of a file");
  agree_on(comm_, [&] { checked(H5Fclose(std::exchange(file_, H5I_INVALID_HID)), "closing the file", path_); });
  agree_on(comm_, [&] {
    if (comm_.rank() != 0) return;
    fs::resize_file(temporary_, fs::file_size(temporary_));  // gives back the room that was not needed
    rename_into_place(temporary_, path_);
  });
}

SeriesFile::SeriesFile(fs::path path, const std::vector<Series>& series, const std::map<std::string, Attributes>& groups, bool doubles)
    : path_(std::move(path)), temporary_(temporary_for(path_)) {
  quiet_hdf5();
  const Handle of_file = without_times(H5P_FILE_CREATE), of_groups = without_times(H5P_GROUP_CREATE);
  file_ = checked(H5Fcreate(temporary_.c_str(), H5F_ACC_TRUNC, of_file, H5P_DEFAULT), "creating the file", path_);
  for (const auto& [name, attributes] : groups) {
    const Handle group(checked(H5Gcreate2(file_, name.c_str(), H5P_DEFAULT, of_groups, H5P_DEFAULT), "creating " + name, path_), H5Gclose);
    for (const auto& [key, value] : attributes) write_attribute(group, key, value, path_);
  }
  const hsize_t none = 0, unlimited = H5S_UNLIMITED, chunk = 4096;
  const Handle space(H5Screate_simple(1, &none, &unlimited), H5Sclose);
  const Handle layout = without_times(H5P_DATASET_CREATE);
  H5Pset_chunk(layout, 1, &chunk);
  // Only the chunk that grows is kept: HDF5's default, 1 MB a series, is more than a node has for thousands of probes.
  const Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
  H5Pset_chunk_cache(access, 1, chunk * (doubles ? sizeof(double) : sizeof(float)), H5D_CHUNK_CACHE_W0_DEFAULT);
  for (const Series& s : series) {
    datasets_.push_back(
        checked(H5Dcreate2(file_, s.name.c_str(), doubles ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT, space, H5P_DEFAULT, layout, access),
                "creating " + s.name, path_));
    for (const auto& [key, value] : s.attributes) write_attribute(datasets_.back(), key, value, path_);
  }
}

SeriesFile::~SeriesFile() {
  for (hid_t d : datasets_) H5Dclose(d);
  if (file_ >= 0) H5Fclose(file_);
}

void SeriesFile::append(std::span<const double> values, std::size_t count) {
  if (count == 0) return;
  const hsize_t n = count, total = length_ + n;
  const Handle memory(H5Screate_simple(1, &n, nullptr), H5Sclose);
  for (std::size_t s = 0; s < datasets_.size(); ++s) {
    checked(H5Dset_extent(datasets_[s], &total), "growing a series", path_);
    const Handle space(H5Dget_space(datasets_[s]), H5Sclose);
    checked(H5Sselect_hyperslab(space, H5S_SELECT_SET, &length_, nullptr, &n, nullptr), "writing a series", path_);
    checked(H5Dwrite(datasets_[s], H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values.data() + s * count), "writing a series", path_);
  }
  length_ = total;
  checked(H5Fflush(file_, H5F_SCOPE_GLOBAL), "flushing", path_);
}

void SeriesFile::close() {
  for (hid_t d : std::exchange(datasets_, {})) checked(H5Dclose(d), "closing a series", path_);
  checked(H5Fclose(std::exchange(file_, H5I_INVALID_HID)), "closing the file", path_);
  rename_into_place(temporary_, path_);
}

void write_file(const fs::path& path, const std::string& text) {
  const fs::path temporary = temporary_for(path);
  std::ofstream out(temporary, std::ios::binary);
  out << text;
  out.close();
  if (!out) {
    const std::string reason = std::strerror(errno);
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw runtime_failure(path.string() + ": cannot be written (" + reason + ")");
  }
  rename_into_place(temporary, path);
}

}  // namespace hilbrick
