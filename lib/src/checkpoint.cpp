// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <hilbrick/checkpoint.hpp>
#include <hilbrick/digest.hpp>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <utility>

#include "copy.hpp"
#include "hdf5.hpp"

namespace hilbrick {
namespace {

namespace fs = std::filesystem;

// The head of a file.

constexpr Index head_bytes = 512;
constexpr int format_version = 1;
const std::string first_word = "hilbrick checkpoint ";

std::string head_of(Index bytes, std::uint64_t digest) {
  std::string head = fmt::format("{}{}\nbytes {}\ndigest {}\n", first_word, format_version, bytes, hex(digest));
  head.resize(head_bytes, '\0');
  return head;
}

/// The digest that a file's head names. Throws Error where the head alone says that this is no whole checkpoint. Local.
std::uint64_t digest_in_head(const fs::path& file) {
  const auto refuse = [&](const std::string& why) { return Error(file.string() + ": " + why); };
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::string head(head_bytes, '\0');
  in.read(head.data(), head_bytes);
  if (!in.is_open() || in.bad()) throw refuse(fmt::format("expected a checkpoint, cannot read it ({})", std::strerror(errno)));
  head.resize(static_cast<std::size_t>(in.gcount()));
  if (head.compare(0, first_word.size(), first_word) != 0) throw refuse("is no checkpoint of hilbrick");
  std::istringstream words(head.substr(first_word.size()));
  int version = 0;
  Index bytes = 0;
  std::string word, digest;
  words >> version >> word >> bytes >> word >> digest;
  if (version > format_version)
    throw refuse(fmt::format("is of version {} of the format, so of a newer hilbrick; this one knows version {}", version, format_version));
  const auto found = static_cast<Index>(fs::file_size(file));
  if (head.size() < static_cast<std::size_t>(head_bytes) || (words && found < bytes))
    throw refuse(fmt::format("is cut off: it has {} bytes, and once had {}", found, bytes));
  std::uint64_t value = 0;
  std::from_chars(digest.data(), digest.data() + digest.size(), value, 16);
  if (head != head_of(bytes, value) || found != bytes) throw refuse("is damaged, in its head or its size");
  return value;
}

// Names of files.

std::string file_name(Index step) { return fmt::format("checkpoint_{:010}.h5", step); }

/// Files of a folder that are called as checkpoints are, with something behind it; the newest first. Local.
std::vector<fs::path> files_called(const fs::path& folder, const std::string& suffix) {
  const std::regex pattern("checkpoint_[0-9]{10,}\\.h5" + suffix);
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (std::regex_match(entry.path().filename().string(), pattern)) found.push_back(entry.path());
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    const std::string p = a.string(), q = b.string();
    return p.size() != q.size() ? p.size() > q.size() : p > q;  // more than ten digits are longer
  });
  return found;
}

/// Throws Error (exit code 4). Local.
void sync(const fs::path& path) {
  const int descriptor = open(path.empty() ? "." : path.c_str(), O_RDONLY);
  const bool failed = descriptor < 0 || (fsync(descriptor) != 0 && errno != EINVAL);  // folders of some file systems
  const int reason = errno;
  if (descriptor >= 0) close(descriptor);
  if (failed) throw runtime_failure(fmt::format("{}: cannot be brought to the disk ({})", path.string(), std::strerror(reason)));
}

// What a checkpoint is of.

std::string shortened(const std::string& text) { return text.size() <= 60 ? text : text.substr(0, 57) + "..."; }

/// What differs between the settings of a file and of this run, in words.
std::string differences(const std::map<std::string, std::string>& there, const std::map<std::string, std::string>& here) {
  std::map<std::string, std::array<std::string, 2>> all;
  for (const auto& [key, value] : there) all[key] = {value, ""};
  for (const auto& [key, value] : here) all[key][1] = value;
  std::string text;
  int count = 0;
  for (const auto& [key, values] : all) {
    if (values[0] == values[1]) continue;
    const auto said = [](const std::string& value) { return value.empty() ? "not given" : shortened(value); };
    if (++count <= 3) text += fmt::format("{}{} is {} there and {} here", count > 1 ? "; " : "", key, said(values[0]), said(values[1]));
  }
  return count > 3 ? fmt::format("{}; and {} more", text, count - 3) : text;
}

/// Fields of values of any type keep their bits in one of these.
hid_t type_of_bytes(int bytes) {
  static const hid_t complex = [] {
    const hid_t type = H5Tcreate(H5T_COMPOUND, 16);
    H5Tinsert(type, "r", 0, H5T_NATIVE_DOUBLE);
    H5Tinsert(type, "i", 8, H5T_NATIVE_DOUBLE);
    return type;
  }();
  return bytes == 4 ? H5T_NATIVE_FLOAT : bytes == 8 ? H5T_NATIVE_DOUBLE : complex;
}

Parts in_place(const std::vector<Part>& parts) {
  Parts all;
  for (const Part& part : parts) all.boxes.push_back(part.box);
  all.values = [&parts](std::size_t i) { return parts[i].values; };
  return all;
}

std::string text_of(const std::vector<hsize_t>& size) {
  std::string text;
  for (const hsize_t n : size) text += (text.empty() ? "" : " x ") + std::to_string(n);
  return text;
}

}  // namespace

Checkpoint::Checkpoint(const Comm& comm, Mode mode, fs::path path) : comm_(comm), mode_(mode), path_(std::move(path)) {
  if (mode_ == Mode::write) {
    output_ = std::make_unique<ParallelFile>(comm_, path_, head_bytes);
    return;
  }
  quiet_hdf5();
  const Waiting waiting(comm_, "the opening of a checkpoint");
  agree_on(comm_, [&] {
    const Handle access = parallel_access(comm_);
    input_ = checked(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, access), "opening the checkpoint", path_);
  });
}

// What one rank alone fails at stays open in HDF5: closing is collective, and its peers are not there.
Checkpoint::~Checkpoint() = default;

void Checkpoint::close() {
  const Waiting waiting(comm_, "the end of a checkpoint");
  agree_on(comm_, [&] { checked(H5Fclose(std::exchange(input_, H5I_INVALID_HID)), "closing the checkpoint", path_); });
}

void Checkpoint::enter(const std::string& section) {
  if (output_) output_->group(prefix_ + section);
  prefix_ += section + "/";
}

std::vector<hsize_t> Checkpoint::size_in_file(const std::string& name, hid_t type, const std::vector<hsize_t>& expected) const {
  std::vector<hsize_t> size;
  agree_on(comm_, [&] {
    const Handle set(H5Dopen2(input_, name.c_str(), H5P_DEFAULT), H5Dclose);
    if (set < 0) throw Error(fmt::format("{}: has no {}; it is of another version of the program", path_.string(), name));
    const Handle space(checked(H5Dget_space(set), "reading " + name, path_), H5Sclose), stored(H5Dget_type(set), H5Tclose);
    size.resize(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
    H5Sget_simple_extent_dims(space, size.data(), nullptr);
    if (H5Tequal(stored, type) <= 0) throw Error(fmt::format("{}: has {} of another type", path_.string(), name));
    if (!expected.empty() && size != expected)
      throw Error(fmt::format("{}: expected {} of {} values, found {}", path_.string(), name, text_of(expected), text_of(size)));
  });
  return size;
}

void Checkpoint::require_equal(const std::string& name, bool equal) const {
  agree_on(comm_, [&] {
    if (!equal)
      throw runtime_failure(fmt::format("{}: {} was read back otherwise than it was written; mistrust the disk", path_.string(), name));
  });
}

void Checkpoint::move(const std::string& section_name, hid_t type, const std::vector<Index>& outer, Int3 extent, const Parts& parts) {
  const std::string name = prefix_ + section_name;
  if (product(extent) == 0) return;
  const Waiting waiting(comm_, "values of a checkpoint");
  if (mode_ == Mode::write) {
    output_->dataset(name, type, outer, extent, parts);
    return;
  }
  size_in_file(name, type, with_zyx(outer, extent));
  if (mode_ == Mode::read) {
    move_parts(comm_, input_, path_, name, type, outer, parts, Direction::read);
    return;
  }
  std::size_t values_each = 1;
  for (const Index n : outer) values_each *= static_cast<std::size_t>(n);
  std::vector<std::byte> found;
  bool equal = true;
  Parts copies{parts.boxes, {}};
  copies.values = [&](std::size_t i) {
    found.resize(values_each * static_cast<std::size_t>(parts.boxes[i].volume()) * H5Tget_size(type));
    return found.data();
  };
  copies.arrived = [&](std::size_t i) { equal = equal && std::memcmp(found.data(), parts.values(i), found.size()) == 0; };
  move_parts(comm_, input_, path_, name, type, outer, copies, Direction::read);
  require_equal(name, equal);
}

void Checkpoint::field(const std::string& name, const FieldRef& values) {
  const auto bytes = static_cast<Index>(values.value_bytes);
  // In slabs, so that the copy that is moved stays small beside the field.
  std::vector<std::size_t> box_of;
  Parts slabs;
  Int3 extent;
  for (std::size_t b = 0; b < values.blocks.size(); ++b) {
    const Box& owned = values.blocks[b].owned;
    for (int a = 0; a < 3; ++a) extent[a] = std::max(extent[a], owned.hi[a]);
    const Int3 e = owned.extent();
    const Index planes = std::max<Index>(1, checkpoint_slab_bytes / (e.x * e.y * bytes));
    for (Box slab = owned; slab.lo.z < owned.hi.z; slab.lo.z = slab.hi.z) {
      slab.hi.z = std::min(owned.hi.z, slab.lo.z + planes);
      slabs.boxes.push_back(slab);
      box_of.push_back(b);
    }
  }
  for (int a = 0; a < 3; ++a) extent[a] = max(comm_, extent[a]);
  std::vector<std::byte> buffer;
  slabs.values = [&](std::size_t i) {
    buffer.resize(static_cast<std::size_t>(slabs.boxes[i].volume() * bytes));
    if (!reads()) read_values(values, box_of[i], slabs.boxes[i], buffer.data());
    return buffer.data();
  };
  slabs.arrived = [&](std::size_t i) { write_values(values, box_of[i], slabs.boxes[i], buffer.data()); };
  move(name, type_of_bytes(values.value_bytes), {}, extent, slabs);
}

template <class T>
void Checkpoint::parts(const std::string& name, Int3 extent, const std::vector<Part>& parts) {
  move(name, type_of<T>(), {}, extent, in_place(parts));
}

template <class T>
void Checkpoint::parts(const std::string& name, Index count, Int3 extent, const std::vector<Part>& parts) {
  move(name, type_of<T>(), {count}, extent, in_place(parts));
}

Index Checkpoint::length(const std::string& name, hid_t type, std::size_t mine) const {
  if (mode_ == Mode::write) return sum(comm_, comm_.rank() == 0 ? static_cast<Index>(mine) : 0);
  const std::vector<hsize_t> size = size_in_file(prefix_ + name, type);
  agree_on(comm_, [&] {
    if (size.size() != 1 || size[0] > fs::file_size(path_) / H5Tget_size(type))
      throw Error(fmt::format("{}: expected {} as a list that the file has room for, found {} values", path_.string(), prefix_ + name,
                              text_of(size)));
  });
  return static_cast<Index>(size[0]);
}

void Checkpoint::column(const std::string& section_name, hid_t type, Index count, void* values, Holders holders) {
  const std::string name = prefix_ + section_name;
  const Waiting waiting(comm_, "values of a checkpoint");
  if (mode_ == Mode::write) {
    output_->column(name, type, count, values);
    return;
  }
  size_in_file(name, type, {static_cast<hsize_t>(count)});
  const std::size_t bytes = static_cast<std::size_t>(count) * H5Tget_size(type);
  const bool compare = mode_ == Mode::compare, root = comm_.rank() == 0;
  std::vector<std::byte> found(compare && root ? bytes : 0);
  agree_on(comm_, [&] {
    if (!root || count == 0) return;
    const Handle set(checked(H5Dopen2(input_, name.c_str(), H5P_DEFAULT), "reading " + name, path_), H5Dclose);
    checked(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, compare ? found.data() : values), "reading " + name, path_);
  });
  if (compare) {
    require_equal(name, !root || bytes == 0 || std::memcmp(found.data(), values, bytes) == 0);
  } else if (holders == Holders::all) {
    constexpr std::size_t chunk = std::size_t{1} << 30;  // bytes a call: counts are int
    for (std::size_t at = 0; at < bytes; at += chunk)
      MPI_Bcast(static_cast<std::byte*>(values) + at, static_cast<int>(std::min(chunk, bytes - at)), MPI_BYTE, 0, comm_.get());
  }
}

template <class T>
void Checkpoint::values(const std::string& name, std::vector<T>& values) {
  column(name, type_of<T>(), static_cast<Index>(values.size()), values.data(), Holders::all);
}

template <class T>
void Checkpoint::list(const std::string& name, std::vector<T>& values) {
  const Index count = length(name, type_of<T>(), values.size());
  if (reads()) values.resize(static_cast<std::size_t>(count));
  column(name, type_of<T>(), count, values.data(), Holders::all);
}

void Checkpoint::value(const std::string& name, bool& value) {
  auto one = static_cast<Index>(value);
  this->value(name, one);
  value = one != 0;
}

void Checkpoint::series(const std::string& name, SeriesFile* file) {
  std::vector<double> so_far;
  agree_on(comm_, [&] {
    if (file && !reads()) so_far = file->values();
  });
  const Index count = length(name, type_of<double>(), so_far.size());
  if (file) so_far.resize(static_cast<std::size_t>(count));
  column(name, type_of<double>(), count, so_far.data(), Holders::rank_0);
  agree_on(comm_, [&] {
    if (file && reads()) file->append(so_far, so_far.size() / file->series());
  });
}

template void Checkpoint::parts<float>(const std::string&, Int3, const std::vector<Part>&);
template void Checkpoint::parts<double>(const std::string&, Int3, const std::vector<Part>&);
template void Checkpoint::parts<std::int32_t>(const std::string&, Int3, const std::vector<Part>&);
template void Checkpoint::parts<Index>(const std::string&, Int3, const std::vector<Part>&);
template void Checkpoint::parts<float>(const std::string&, Index, Int3, const std::vector<Part>&);
template void Checkpoint::parts<double>(const std::string&, Index, Int3, const std::vector<Part>&);
template void Checkpoint::parts<std::int32_t>(const std::string&, Index, Int3, const std::vector<Part>&);
template void Checkpoint::parts<Index>(const std::string&, Index, Int3, const std::vector<Part>&);
template void Checkpoint::values(const std::string&, std::vector<float>&);
template void Checkpoint::values(const std::string&, std::vector<double>&);
template void Checkpoint::values(const std::string&, std::vector<std::int32_t>&);
template void Checkpoint::values(const std::string&, std::vector<Index>&);
template void Checkpoint::list(const std::string&, std::vector<float>&);
template void Checkpoint::list(const std::string&, std::vector<double>&);
template void Checkpoint::list(const std::string&, std::vector<std::int32_t>&);
template void Checkpoint::list(const std::string&, std::vector<Index>&);

Checkpoints::Checkpoints(const Comm& comm, fs::path folder, Identity identity, std::function<void(Checkpoint&)> state, int keep)
    : comm_(comm), folder_(std::move(folder)), identity_(std::move(identity)), state_(std::move(state)), keep_(keep) {}

void Checkpoints::visit(Checkpoint::Mode mode, const fs::path& path, const std::function<void(Checkpoint&)>& f) const {
  Checkpoint file(comm_, mode, path);
  try {
    f(file);
  } catch (const SharedError&) {  // of all ranks
    file.close();
    throw;
  }
  file.close();
}

void Checkpoints::write(Index step) {
  const auto begin = std::chrono::steady_clock::now();
  const fs::path path = folder_ / file_name(step);
  Index bytes = 0;
  try {
    agree_on(comm_, [&] {
      if (comm_.rank() != 0) return;
      for (const fs::path& unfinished : files_called(folder_, "\\.part")) fs::remove(unfinished);
    });
    Checkpoint file(comm_, Checkpoint::Mode::write, path);
    nlohmann::ordered_json about;
    about["program"] = identity_.program;
    about["version"] = identity_.version;
    about["step"] = step;
    about["setting"] = identity_.setting;
    const std::string text = about.dump();
    file.output_->column("/about", type_of<std::uint8_t>(), static_cast<Index>(text.size()), text.data());
    file.within("state", [&] { state_(file); });
    file.output_->sync();
    file.output_->end();
    const fs::path& written = file.output_->temporary();
    visit(Checkpoint::Mode::compare, written, [&](Checkpoint& back) { back.within("state", [&] { state_(back); }); });
    const std::uint64_t digest = file_digest(comm_, written, head_bytes);
    agree_on(comm_, [&] {
      if (comm_.rank() != 0) return;
      bytes = static_cast<Index>(fs::file_size(written));
      std::fstream head(written, std::ios::binary | std::ios::in | std::ios::out);
      head << head_of(bytes, digest);
      head.close();
      if (!head) throw runtime_failure(fmt::format("{}: cannot be written ({})", written.string(), std::strerror(errno)));
      sync(written);
    });
    file.output_->put_in_place();
    agree_on(comm_, [&] {
      if (comm_.rank() == 0) sync(folder_);
    });
  } catch (const SharedError& e) {
    throw SharedError(fmt::format("no checkpoint of step {}: {}. {}", step, e.what(),
                                  last_.empty() ? "There is none of an earlier step" : "The last complete one is " + last_.string()),
                      4);
  }
  last_ = path;
  std::erase(kept_, path);
  kept_.push_back(path);
  for (; kept_.size() > static_cast<std::size_t>(keep_); kept_.erase(kept_.begin())) {
    std::error_code ignored;
    if (comm_.rank() == 0) fs::remove(kept_.front(), ignored);
  }
  const double seconds = max(comm_, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  cost_ = {cost_.count + 1, max(comm_, bytes), cost_.seconds + seconds, std::max(cost_.longest_seconds, seconds)};
}

Index Checkpoints::require_usable(const fs::path& path) const {
  std::uint64_t digest = 0;
  agree_on(comm_, [&] {
    if (comm_.rank() == 0) digest = digest_in_head(path);
  });
  const std::uint64_t found = file_digest(comm_, path, head_bytes);
  agree_on(comm_, [&] {
    if (comm_.rank() == 0 && found != digest)
      throw Error(
          fmt::format("{}: is damaged: the digest of what it holds is {}, and once was {}", path.string(), hex(found), hex(digest)));
  });
  std::string text;
  visit(Checkpoint::Mode::read, path, [&](Checkpoint& file) {
    const Index length = file.length("about", type_of<std::uint8_t>(), 0);
    text.resize(static_cast<std::size_t>(length));
    file.column("about", type_of<std::uint8_t>(), length, text.data(), Checkpoint::Holders::all);
  });
  Index step = 0;
  agree_on(comm_, [&] {
    const auto about = nlohmann::json::parse(text);
    const std::string program = about.at("program");
    if (program != identity_.program)
      throw Error(fmt::format("{}: is a checkpoint of {}, not of {}", path.string(), program, identity_.program));
    const std::string other = differences(about.at("setting"), identity_.setting);
    if (!other.empty()) throw Error(fmt::format("{}: is of another run: {}", path.string(), other));
    step = about.at("step");
  });
  return step;
}

Checkpoints::Source Checkpoints::read(const fs::path& file_or_folder) {
  std::string names;  // of files, one a line, the newest first
  agree_on(comm_, [&] {
    if (comm_.rank() != 0) return;
    if (!fs::is_directory(file_or_folder)) {
      names = file_or_folder.string() + "\n";
      return;
    }
    for (const fs::path& file : files_called(file_or_folder, "")) names += file.string() + "\n";
    if (names.empty())
      throw Error(fmt::format("{}: expected a checkpoint in this folder, {} or later, found none", file_or_folder.string(), file_name(0)));
  });
  Source source;
  std::istringstream files(broadcast(comm_, names));
  for (std::string name; source.path.empty() && std::getline(files, name);) {
    try {
      source.step = require_usable(name);
      source.path = name;
    } catch (const SharedError& e) {
      source.refused.emplace_back(e.what());
    }
  }
  if (source.path.empty()) {
    std::string reasons;
    for (const std::string& reason : source.refused) reasons += (reasons.empty() ? "" : "; ") + reason;
    throw SharedError(reasons);
  }
  visit(Checkpoint::Mode::read, source.path, [&](Checkpoint& file) { file.within("state", [&] { state_(file); }); });
  last_ = source.path;
  std::error_code ignored;
  if (fs::equivalent(source.path.parent_path().empty() ? "." : source.path.parent_path(), folder_, ignored)) {
    // Those before it are this run's, too; later ones, if any, could not be used.
    kept_ = files_called(folder_, "");
    std::reverse(kept_.begin(), kept_.end());
    std::erase_if(kept_, [&](const fs::path& p) { return p.filename() > source.path.filename(); });
  }
  return source;
}

}  // namespace hilbrick
