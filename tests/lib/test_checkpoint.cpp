// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <hdf5.h>

#include <complex>
#include <fstream>
#include <hilbrick/checkpoint.hpp>
#include <hilbrick/digest.hpp>

#include "oracle.hpp"
#include "shared_folder.hpp"

namespace hilbrick::testing {
namespace {

namespace fs = std::filesystem;

const Checkpoints::Identity solver{"solver", "1.0", {{"cells", "13 9 7"}, {"speed", "2"}}};

/// All kinds of state, on some partition.
struct State {
  State(const Comm& comm, Int3 cells, Method method, Index brick)
      : yee(Stencil::yee({true, false, true})),
        domain(make_domain(comm, Tiling({cells, {}}, brick), {}, yee, {}, method, 4)),
        a("a", domain, {&yee, 1}, 4),
        b("b", domain, {&yee, 1}, 0),
        wide("wide", domain, {&yee, 1}, 2) {}

  /// What it is at a step, everywhere; also in halos, which are not state.
  void set(Index to) {
    step = to;
    const auto each = [&](auto& field, int number) {
      for (std::size_t i = 0; i < field.blocks().size(); ++i)
        for_each_cell(field.blocks()[i].stored, [&](Int3 cell) {
          using T = std::remove_reference_t<decltype(field.at(i, cell))>;
          field.at(i, cell) = value_at<T>(number + 10 * static_cast<int>(to), cell);
        });
    };
    each(a, 0);
    each(b, 1);
    each(wide, 2);
    layer.clear();
    for (const Box& box : boxes()) {
      layer.emplace_back();
      for (int copy = 0; copy < 2; ++copy)
        for_each_cell(box, [&](Int3 cell) { layer.back().push_back(value_at<double>(copy + static_cast<int>(to), cell)); });
    }
    line = {1.5f, static_cast<float>(to)};
    history.assign(static_cast<std::size_t>(to), to);
    flag = to % 2 == 1;
  }

  /// The lowest plane of each box that has cells there.
  std::vector<Box> boxes() const {
    std::vector<Box> found;
    for (Box box : domain.boxes) {
      box.hi.z = std::min<Index>(box.hi.z, 1);
      if (!box.empty()) found.push_back(box);
    }
    return found;
  }

  void state(Checkpoint& checkpoint) {
    checkpoint.value("step", step);
    checkpoint.within("fields", [&] {
      checkpoint.field("a", a);
      checkpoint.field("b", b);
      checkpoint.field("wide", wide);
    });
    std::vector<Part> parts;
    const std::vector<Box> at = boxes();
    for (std::size_t i = 0; i < at.size(); ++i) parts.push_back({at[i], layer[i].data()});
    const Int3 cells = domain.partition.grid().cells;
    checkpoint.parts<double>("layer", 2, {cells.x, cells.y, 1}, parts);
    checkpoint.values("line", line);
    checkpoint.list("history", history);
    checkpoint.value("flag", flag);
  }

  /// Everything that is state, over all ranks. Collective over comm.
  std::string digest(const Comm& comm) const {
    const Grid& grid = domain.partition.grid();
    std::uint64_t mine = local_digest(a, 0, grid) + local_digest(b, 1, grid) + local_digest(wide, 2, grid);
    const std::vector<Box> at = boxes();
    for (std::size_t i = 0; i < at.size(); ++i) {
      const double* value = layer[i].data();
      for (int copy = 0; copy < 2; ++copy)
        for_each_cell(at[i], [&](Int3 cell) { mine += value_hash(3 + copy, grid, cell, std::bit_cast<std::uint64_t>(*value++)); });
    }
    std::string text = hex(sum_digests(comm, mine)) + " " + std::to_string(step) + " " + std::to_string(flag);
    for (const float v : line) text += " " + std::to_string(v);
    for (const Index v : history) text += " " + std::to_string(v);
    return text;
  }

  Checkpoints checkpoints(const Comm& comm, const fs::path& folder, const Checkpoints::Identity& identity = solver) {
    return {comm, folder, identity, [this](Checkpoint& c) { state(c); }};
  }

  Stencil yee;
  Domain domain;
  Field<float> a;
  Field<double> b;
  Field<std::complex<double>> wide;
  std::vector<std::vector<double>> layer;
  std::vector<float> line;
  std::vector<Index> history;
  bool flag = false;
  Index step = 0;
};

/// The message of the error that f throws on every rank; empty when it throws none.
template <class F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const SharedError& e) {
    return e.what();
  }
  return "";
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(const Comm& comm, const fs::path& path, const std::string& bytes) {
  if (comm.rank() == 0) std::ofstream(path, std::ios::binary) << bytes;
  MPI_Barrier(comm.get());
}

std::vector<std::string> names_in(const Comm& comm, const fs::path& folder) {
  MPI_Barrier(comm.get());
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  MPI_Barrier(comm.get());
  return names;
}

constexpr Int3 cells{13, 9, 7};
const fs::path first = "checkpoint_0000000001.h5", second = "checkpoint_0000000002.h5", third = "checkpoint_0000000003.h5";

TEST(Checkpoints, GoFromAnyPartitionToAnyOther) {
  const Comm comm(MPI_COMM_WORLD);
  const SharedFolder folder(comm);
  State written(comm, cells, Method::hilbert, 3);
  written.set(5);
  written.checkpoints(comm, folder.path).write(5);
  ASSERT_EQ(names_in(comm, folder.path), std::vector<std::string>{"checkpoint_0000000005.h5"});
  for (const auto& [method, brick] : {std::pair{Method::rcb, 4}, {Method::morton, 2}, {Method::kd, 20}}) {
    State read(comm, cells, method, brick);
    read.set(6);
    const std::string other = read.digest(comm);
    const Checkpoints::Source source = read.checkpoints(comm, folder.path).read(folder.path);
    EXPECT_EQ(source.step, 5);
    EXPECT_TRUE(source.refused.empty());
    EXPECT_NE(other, written.digest(comm)) << "the control";
    EXPECT_EQ(read.digest(comm), written.digest(comm));
  }
}

TEST(Checkpoints, GoBetweenTheHostAndADevice) {
  // A device where Kokkos has one, else the host's memory as if only kernels reached it.
  const Comm comm(MPI_COMM_WORLD);
  const SharedFolder from_host(comm), from_device(comm);
  const Stencil stencil = Stencil::star(2);
  const Domain domain = make_domain(comm, Tiling({cells, {}}, 3), {}, stencil, {}, Method::hilbert, 8);
  const Field<double> host("host", domain, {&stencil, 1}, 0), back("back", domain, {&stencil, 1}, 0);
  for_each_cell(domain, [&](std::size_t b, Int3 c) { host.at(b, c) = value_at<double>(0, c); });
  std::vector<Kokkos::View<double***>> views;
  for (const Block& b : host.blocks()) {
    const Int3 e = b.stored.extent();
    views.emplace_back("u", static_cast<std::size_t>(e.x), static_cast<std::size_t>(e.y), static_cast<std::size_t>(e.z));
  }
  FieldRef device = ref_of(views, host.blocks());
  device.memory = Memory::device;

  const auto checkpoints = [&](const SharedFolder& folder, const FieldRef& field) {
    return Checkpoints(comm, folder.path, solver, [field](Checkpoint& c) { c.field("u", field); });
  };
  const auto digest_of = [&](const FieldRef& field) { return hilbrick::digest(comm, domain.partition.grid(), {field}); };
  EXPECT_NE(digest_of(device), digest_of(host.ref())) << "the control";
  checkpoints(from_host, host.ref()).write(1);
  checkpoints(from_host, device).read(from_host.path);
  EXPECT_EQ(digest_of(device), digest_of(host.ref()));
  checkpoints(from_device, device).write(1);
  checkpoints(from_device, back.ref()).read(from_device.path);
  for_each_cell(domain, [&](std::size_t b, Int3 c) { EXPECT_EQ(back.at(b, c), host.at(b, c)); });
}

TEST(Checkpoints, SameStateSameFile) {
  // Whoever wrote it: values in global order, no time of day.
  const Comm comm(MPI_COMM_WORLD);
  const SharedFolder folder(comm);
  std::string content;
  for (const Method method : {Method::hilbert, Method::rcb}) {
    State state(comm, cells, method, 2);
    state.set(1);
    state.checkpoints(comm, folder.path).write(1);
    const std::string found = bytes_of(folder.path / first);
    EXPECT_TRUE(content.empty() || content == found);
    content = found;
    MPI_Barrier(comm.get());
  }
}

TEST(Checkpoints, LargeFieldsGoInSlabs) {
  const Comm comm(MPI_COMM_WORLD);
  const SharedFolder folder(comm);
  const Stencil star = Stencil::star(1);
  const Domain domain = make_domain(comm, Tiling({{180, 150, 170}, {}}, 16), {}, star, {}, Method::kd, 4);  // 18 MB
  Field<float> field("field", domain, {&star, 1}, 0);
  const auto set = [&](int seed) {
    for (std::size_t b = 0; b < field.blocks().size(); ++b)
      for_each_cell(field.blocks()[b].owned, [&](Int3 cell) { field.at(b, cell) = value_at<float>(seed, cell); });
  };
  set(1);
  const std::uint64_t written = digest(comm, domain.partition.grid(), {field.ref()});
  Checkpoints checkpoints(comm, folder.path, solver, [&](Checkpoint& c) { c.field("field", field); });
  checkpoints.write(1);
  set(2);
  EXPECT_NE(digest(comm, domain.partition.grid(), {field.ref()}), written);
  checkpoints.read(folder.path);
  EXPECT_EQ(digest(comm, domain.partition.grid(), {field.ref()}), written);
}

TEST(Checkpoints, KeepTheLastTwo) {
  const Comm comm(MPI_COMM_WORLD);
  const SharedFolder folder(comm);
  put(comm, folder.path / "mine.h5", "mine");
  put(comm, folder.path / "checkpoint_0000000009.h5.part", "left by a run that was killed");
  State state(comm, cells, Method::hilbert, 3);
  Checkpoints checkpoints = state.checkpoints(comm, folder.path);
  for (Index step = 1; step <= 3; ++step) {
    state.set(step);
    checkpoints.write(step);
  }
  EXPECT_EQ(names_in(comm, folder.path), (std::vector<std::string>{second, third, "mine.h5"}));
  EXPECT_EQ(checkpoints.last(), folder.path / third);
  EXPECT_EQ(checkpoints.cost().count, 3);
  EXPECT_GT(checkpoints.cost().bytes, 13 * 9 * 7 * 4);
  // A run that goes on counts those that it found.
  Checkpoints later = state.checkpoints(comm, folder.path);
  later.read(folder.path);
  later.write(4);
  EXPECT_EQ(names_in(comm, folder.path), (std::vector<std::string>{third, "checkpoint_0000000004.h5", "mine.h5"}));
}

class Refused : public ::testing::Test {
 protected:
  Refused() {
    for (Index step = 1; step <= 2; ++step) {
      state.set(step);
      checkpoints.write(step);
      if (step == 1) digest = state.digest(comm);
    }
    whole = bytes_of(folder.path / second);
    MPI_Barrier(comm.get());  // others read it, too, before it is changed
    state.set(7);
  }

  /// The newest is refused with these words, by its name, and the one before it is taken.
  void takes_the_previous(const std::string& words) {
    const std::string alone = refusal([&] { checkpoints.read(folder.path / second); });
    EXPECT_NE(alone.find(second.string()), std::string::npos) << alone;
    EXPECT_NE(alone.find(words), std::string::npos) << alone;
    state.set(7);
    const Checkpoints::Source source = checkpoints.read(folder.path);
    EXPECT_EQ(source.path.filename(), first);
    ASSERT_EQ(source.refused.size(), 1u);
    EXPECT_EQ(source.refused.front(), alone);
    EXPECT_EQ(state.digest(comm), digest);
  }

  const Comm comm{MPI_COMM_WORLD};
  const SharedFolder folder{comm};
  State state{comm, cells, Method::hilbert, 3};
  Checkpoints checkpoints = state.checkpoints(comm, folder.path);
  std::string digest;  // of the first
  std::string whole;   // the second
};

/// What a refused file leaves open stays open until the end of the program.
Index open_files() { return H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_FILE | H5F_OBJ_DATASET | H5F_OBJ_GROUP); }

TEST_F(Refused, ForeignFiles) {
  for (const std::string& content : {std::string(), std::string("mine"), std::string(5000, 'x'), whole.substr(512)}) {
    put(comm, folder.path / second, content);
    takes_the_previous("is no checkpoint of hilbrick");
  }
}

TEST_F(Refused, FilesThatAreCutOff) {
  for (const std::size_t size : {std::size_t{30}, std::size_t{400}, std::size_t{512}, std::size_t{3000}, whole.size() - 1}) {
    put(comm, folder.path / second, whole.substr(0, size));
    takes_the_previous("is cut off: it has " + std::to_string(size) + " bytes");
  }
  put(comm, folder.path / second, whole + "x");
  takes_the_previous("is damaged");
}

TEST_F(Refused, FilesWithAnyBitFlipped) {
  // In each part of the head, and beyond it here and there.
  for (std::size_t at = 20; at < whole.size(); at += at < 100 ? 7 : at < 512 ? 51 : whole.size() / 13) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    put(comm, folder.path / second, flipped);
    const std::string message = refusal([&] { checkpoints.read(folder.path / second); });
    EXPECT_FALSE(message.empty()) << at;
    EXPECT_NE(message.find(second.string()), std::string::npos) << message;
  }
  takes_the_previous("is damaged");
}

TEST_F(Refused, FutureVersions) {
  std::string future = whole;
  future.replace(future.find(" 1\n"), 3, " 2\n");
  put(comm, folder.path / second, future);
  takes_the_previous("is of version 2 of the format, so of a newer hilbrick; this one knows version 1");
}

TEST_F(Refused, OtherRuns) {
  const auto refused_by = [&](const Checkpoints::Identity& identity) {
    return refusal([&] { state.checkpoints(comm, folder.path, identity).read(folder.path / second); });
  };
  EXPECT_NE(refused_by({"other", "1.0", solver.setting}).find("is a checkpoint of solver, not of other"), std::string::npos);
  EXPECT_NE(refused_by({"solver", "1.0", {{"cells", "13 9 7"}, {"speed", "3"}, {"new", "x"}}})
                .find("is of another run: new is not given there and x here; speed is 2 there and 3 here"),
            std::string::npos);
  EXPECT_EQ(refused_by({"solver", "2.0", solver.setting}), "");
}

TEST_F(Refused, FoldersWithoutAny) {
  const std::string nothing = refusal([&] { checkpoints.read(folder.path / "absent.h5"); });
  EXPECT_NE(nothing.find("absent.h5: expected a checkpoint, cannot read it (No such file"), std::string::npos) << nothing;
  put(comm, folder.path / first, "mine");
  put(comm, folder.path / second, whole.substr(0, 700));
  const std::string both = refusal([&] { checkpoints.read(folder.path); });
  EXPECT_NE(both.find(second.string() + ": is cut off"), std::string::npos) << both;
  EXPECT_NE(both.find(first.string() + ": is no checkpoint"), std::string::npos) << both;
  if (comm.rank() == 0) {
    fs::remove(folder.path / first);
    fs::remove(folder.path / second);
  }
  const std::string empty = refusal([&] { checkpoints.read(folder.path); });
  EXPECT_NE(empty.find("expected a checkpoint in this folder, checkpoint_0000000000.h5 or later, found none"), std::string::npos) << empty;
}

TEST_F(Refused, OtherState) {
  // A program that changed and did not say so.
  Checkpoints other(comm, folder.path, solver, [&](Checkpoint& c) { c.value("charge", state.step); });
  EXPECT_NE(refusal([&] { other.read(folder.path); }).find("has no /state/charge; it is of another version of the program"),
            std::string::npos);
  Checkpoints longer(comm, folder.path, solver, [&](Checkpoint& c) { c.values("line", state.line); });
  state.line.resize(3);
  EXPECT_NE(refusal([&] { longer.read(folder.path); }).find("expected /state/line of 3 values, found 2"), std::string::npos);
  Checkpoints typed(comm, folder.path, solver, [&](Checkpoint& c) { c.values("line", state.history); });
  EXPECT_NE(refusal([&] { typed.read(folder.path); }).find("has /state/line of another type"), std::string::npos);
  EXPECT_EQ(open_files(), 0);
}

TEST_F(Refused, WhatIsReadBackOtherwiseThanItWasWritten) {
  // As a disk that lies would have it: the memory differs from the file when they are compared. On one rank, in one value.
  int calls = 0;
  Checkpoints lying(comm, folder.path, solver, [&](Checkpoint& c) {
    if (++calls == 2 && comm.rank() == comm.size() / 2) state.b.at(0, state.domain.boxes.front().lo) += 1;
    state.state(c);
  });
  const std::string message = refusal([&] { lying.write(3); });
  EXPECT_NE(message.find("was read back otherwise than it was written"), std::string::npos) << message;
  EXPECT_EQ(names_in(comm, folder.path), (std::vector<std::string>{first, second}));
  EXPECT_EQ(open_files(), 0);
}

TEST_F(Refused, FoldersThatAreGone) {
  Checkpoints gone = state.checkpoints(comm, folder.path / "below");
  const std::string message = refusal([&] { gone.write(3); });
  EXPECT_NE(message.find("no checkpoint of step 3: "), std::string::npos) << message;
  EXPECT_NE(message.find("cannot be created (No such file or directory)"), std::string::npos) << message;
}

TEST(Series, AreWhatTheyWouldBeInOnePiece) {
  const Comm comm(MPI_COMM_WORLD);
  const SharedFolder folder(comm);
  const auto file_at = [&](const char* name) {
    std::unique_ptr<SeriesFile> file;
    const std::vector<SeriesFile::Series> series{{"/a/x", {{"dt_s", 1.0}}}, {"/a/y", {}}};
    const std::map<std::string, Attributes> groups{{"/a", {}}};
    if (comm.rank() == 0) file = std::make_unique<SeriesFile>(folder.path / name, series, groups, false);
    return file;
  };
  // Values of steps first to last - 1.
  const auto append = [](SeriesFile* file, int first_step, int last_step) {
    if (!file) return;
    std::vector<double> values;
    for (const double scale : {1.0, 0.5})
      for (int n = first_step; n < last_step; ++n) values.push_back(scale * n);
    file->append(values, static_cast<std::size_t>(last_step - first_step));
  };
  constexpr int total = 20000, kept = 9001;  // several chunks
  auto whole = file_at("whole.h5");
  append(whole.get(), 0, total);
  auto some = file_at("some.h5");
  for (int n = 0; n < kept; n += 1000) append(some.get(), n, std::min(n + 1000, kept));
  Checkpoints(comm, folder.path, solver, [&](Checkpoint& c) { c.series("a", some.get()); }).write(1);
  append(some.get(), kept, kept + 5);  // lost
  auto rest = file_at("rest.h5");
  Checkpoints(comm, folder.path, solver, [&](Checkpoint& c) { c.series("a", rest.get()); }).read(folder.path);
  for (int n = kept; n < total; n += 77) append(rest.get(), n, std::min(n + 77, total));
  if (comm.rank() == 0) {
    whole->close();
    rest->close();
    EXPECT_TRUE(bytes_of(folder.path / "whole.h5") == bytes_of(folder.path / "rest.h5"));
  }
}

}  // namespace
}  // namespace hilbrick::testing
