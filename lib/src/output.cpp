// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <hilbrick/output.hpp>
#include <utility>

#include "hdf5.hpp"

namespace hilbrick {
namespace {

namespace fs = std::filesystem;

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

fs::path temporary_for(const fs::path& path) { return path.string() + ".part"; }

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

/// For writing: nothing changes them.
template <class T>
Parts parts_of(std::span<const Piece<T>> pieces) {
  Parts parts;
  for (const Piece<T>& piece : pieces) parts.boxes.push_back(piece.box);
  parts.values = [pieces](std::size_t i) { return const_cast<T*>(pieces[i].values.data()); };
  return parts;
}

constexpr std::size_t series_chunk = 4096;  // values

}  // namespace

ParallelFile::ParallelFile(const Comm& comm, fs::path path, Index head_bytes)
    : comm_(comm), path_(std::move(path)), temporary_(temporary_for(path_)), reserved_bytes_(head_bytes) {
  quiet_hdf5();
  const Waiting waiting(comm_, "the creation of a file");
  // MPI's file layer may end the job when a file cannot be made, so rank 0 tries first, as a plain file.
  agree_on(comm_, [&] {
    if (comm_.rank() != 0) return;
    std::ofstream probe(temporary_);
    if (!probe) throw runtime_failure(temporary_.string() + ": cannot be created (" + std::strerror(errno) + ")");
  });
  agree_on(comm_, [&] {
    const Handle access = parallel_access(comm_);
    const Handle creation = without_times(H5P_FILE_CREATE);
    H5Pset_userblock(creation, static_cast<hsize_t>(head_bytes));
    file_ = checked(H5Fcreate(temporary_.c_str(), H5F_ACC_TRUNC, creation, access), "creating the file", path_);
  });
  reserve(0);
}

ParallelFile::~ParallelFile() {
  // An unfinished file stays open in HDF5: closing it is collective, and peers may be gone.
  if (!in_place_ && comm_.rank() == 0) {
    std::error_code ignored;
    fs::remove(temporary_, ignored);
  }
}

void ParallelFile::reserve(Index bytes) {
  constexpr Index for_metadata = 1 << 13;  // groups, attributes, headers
  reserved_bytes_ += bytes + for_metadata;
  agree_on(comm_, [&] {
    if (comm_.rank() == 0) require_space(temporary_, reserved_bytes_);
  });
}

void ParallelFile::attach(const std::string& name, const Attributes& attributes) {
  if (attributes.empty()) return;
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
  dataset(name, type_of<T>(), {}, extent, parts_of(pieces), attributes);
}

template <class T>
void ParallelFile::dataset(const std::string& name, Index count, Int3 extent, std::span<const Piece<T>> pieces,
                           const Attributes& attributes) {
  dataset(name, type_of<T>(), {count}, extent, parts_of(pieces), attributes);
}

void ParallelFile::create(const std::string& name, hid_t type, const std::vector<hsize_t>& size) {
  const std::string doing = "writing " + name;
  Index bytes = static_cast<Index>(H5Tget_size(type));
  for (const hsize_t n : size) bytes *= static_cast<Index>(n);
  reserve(bytes);
  agree_on(comm_, [&] {
    const Handle space(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose);
    const Handle creation = without_times(H5P_DATASET_CREATE);
    const Handle set(checked(H5Dcreate2(file_, name.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT), doing, path_), H5Dclose);
  });
}

void ParallelFile::dataset(const std::string& name, hid_t type, const std::vector<Index>& outer, Int3 extent, const Parts& parts,
                           const Attributes& attributes) {
  const Waiting waiting(comm_, "a dataset of a file");
  create(name, type, with_zyx(outer, extent));
  move_parts(comm_, file_, path_, name, type, outer, parts, Direction::write);
  attach(name, attributes);
}
template void ParallelFile::dataset(const std::string&, Int3, std::span<const Piece<float>>, const Attributes&);
template void ParallelFile::dataset(const std::string&, Int3, std::span<const Piece<double>>, const Attributes&);
template void ParallelFile::dataset(const std::string&, Int3, std::span<const Piece<std::int32_t>>, const Attributes&);
template void ParallelFile::dataset(const std::string&, Index, Int3, std::span<const Piece<float>>, const Attributes&);
template void ParallelFile::dataset(const std::string&, Index, Int3, std::span<const Piece<double>>, const Attributes&);

void ParallelFile::column(const std::string& name, const std::vector<double>& values, const Attributes& attributes) {
  column(name, type_of<double>(), static_cast<Index>(values.size()), values.data());
  attach(name, attributes);
}

void ParallelFile::column(const std::string& name, hid_t type, Index count, const void* values) {
  const Waiting waiting(comm_, "a column of a file");
  create(name, type, {static_cast<hsize_t>(count)});
  agree_on(comm_, [&] {
    if (comm_.rank() != 0 || count == 0) return;
    const std::string doing = "writing " + name;
    const Handle set(checked(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), doing, path_), H5Dclose);
    checked(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), doing, path_);
  });
}

void ParallelFile::close() {
  end();
  put_in_place();
}

void ParallelFile::sync() {
  const Waiting waiting(comm_, "a file on its way to the disk");
  agree_on(comm_, [&] { checked(H5Fflush(file_, H5F_SCOPE_GLOBAL), "flushing", path_); });
}

void ParallelFile::end() {
  const Waiting waiting(comm_, "the end of a file");
  agree_on(comm_, [&] { checked(H5Fclose(std::exchange(file_, H5I_INVALID_HID)), "closing the file", path_); });
  agree_on(comm_, [&] {
    if (comm_.rank() == 0) fs::resize_file(temporary_, fs::file_size(temporary_));  // gives back the room that was not needed
  });
}

void ParallelFile::put_in_place() {
  agree_on(comm_, [&] {
    if (comm_.rank() == 0) rename_into_place(temporary_, path_);
  });
  in_place_ = true;
}

SeriesFile::SeriesFile(fs::path path, const std::vector<Series>& series, const std::map<std::string, Attributes>& groups, bool doubles)
    : path_(std::move(path)), temporary_(temporary_for(path_)) {
  quiet_hdf5();
  const Handle creation = without_times(H5P_FILE_CREATE), of_group = without_times(H5P_GROUP_CREATE);
  file_ = checked(H5Fcreate(temporary_.c_str(), H5F_ACC_TRUNC, creation, H5P_DEFAULT), "creating the file", path_);
  for (const auto& [name, attributes] : groups) {
    const Handle group(checked(H5Gcreate2(file_, name.c_str(), H5P_DEFAULT, of_group, H5P_DEFAULT), "creating " + name, path_), H5Gclose);
    for (const auto& [key, value] : attributes) write_attribute(group, key, value, path_);
  }
  const hsize_t none = 0, unlimited = H5S_UNLIMITED, chunk = series_chunk;
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
  // Chunk by chunk: so where they stand in the file does not depend on how many values come at a time.
  for (std::size_t done = 0; done < count;) {
    const hsize_t n = std::min<hsize_t>(count - done, series_chunk - length_ % series_chunk), total = length_ + n;
    const Handle memory(H5Screate_simple(1, &n, nullptr), H5Sclose);
    for (std::size_t s = 0; s < datasets_.size(); ++s) {
      checked(H5Dset_extent(datasets_[s], &total), "growing a series", path_);
      const Handle space(H5Dget_space(datasets_[s]), H5Sclose);
      checked(H5Sselect_hyperslab(space, H5S_SELECT_SET, &length_, nullptr, &n, nullptr), "writing a series", path_);
      checked(H5Dwrite(datasets_[s], H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values.data() + s * count + done), "writing a series",
              path_);
    }
    length_ = total;
    checked(H5Fflush(file_, H5F_SCOPE_GLOBAL), "flushing", path_);
    done += n;
  }
}

std::vector<double> SeriesFile::values() const {
  std::vector<double> all(datasets_.size() * length_);
  for (std::size_t s = 0; s < datasets_.size() && length_ > 0; ++s)
    checked(H5Dread(datasets_[s], H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data() + s * length_), "reading a series", path_);
  return all;
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
