// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <fstream>
#include <hilbrick/digest.hpp>
#include <hilbrick/output.hpp>

#include "oracle.hpp"
#include "shared_folder.hpp"

namespace hilbrick::testing {
namespace {

namespace fs = std::filesystem;

std::vector<double> read_dataset(const fs::path& path, const std::string& name) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t set = H5Dopen2(file, name.c_str(), H5P_DEFAULT);
  const hid_t space = H5Dget_space(set);
  std::vector<double> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
  H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  H5Sclose(space);
  H5Dclose(set);
  H5Fclose(file);
  return values;
}

template <class T>
void write_and_read(const Comm& comm, const fs::path& path, Method method) {
  const Grid grid{{13, 9, 7}, {}};
  const Domain domain = make_domain(comm, Tiling(grid, 3), {}, Stencil::star(1), {}, method, sizeof(T));
  std::vector<Piece<T>> pieces;
  for (const Box& b : domain.boxes) {
    Piece<T>& p = pieces.emplace_back(Piece<T>{b, {}});
    for_each_cell(b, [&](Int3 c) { p.values.push_back(value_at<T>(0, c)); });
  }
  ParallelFile file(comm, path);
  file.group("/g", {{"spacing_m", std::vector<double>{1, 2, 3}}});
  file.dataset<T>("/g/values", grid.cells, pieces, {{"unit", "V/m"}});
  // Most ranks have no part of a slice, some tests' ranks none of anything.
  std::vector<Piece<T>> slice;
  if (comm.rank() == comm.size() - 1) slice.push_back({{{0, 0, 0}, {2, 1, 1}}, {T(5), T(6)}});
  file.dataset<T>("/g/slice", {2, 1, 1}, slice);
  file.dataset<T>("/g/nothing", {4, 4, 4}, {});
  file.close();

  if (comm.rank() != 0) return;
  const auto values = read_dataset(path, "/g/values");
  EXPECT_EQ(values.size(), static_cast<std::size_t>(product(grid.cells)));
  std::size_t i = 0;
  Index wrong = 0;
  for_each_cell(grid.box(), [&](Int3 c) { wrong += values[i++] != static_cast<double>(value_at<T>(0, c)) ? 1 : 0; });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(read_dataset(path, "/g/slice"), (std::vector<double>{5, 6}));
  EXPECT_FALSE(fs::exists(path.string() + ".part"));
}

TEST(ParallelFile, HoldsGlobalOrderWhoeverWrote) {
  const Comm comm(MPI_COMM_WORLD);
  const SharedFolder folder(comm);
  write_and_read<float>(comm, folder.path / "f.h5", Method::hilbert);
  write_and_read<double>(comm, folder.path / "d.h5", Method::morton);
  write_and_read<double>(comm, folder.path / "d.h5", Method::hilbert);  // replaces
}

TEST(ParallelFile, AnImpossiblePlaceIsEveryonesError) {
  const Comm comm(MPI_COMM_WORLD);
  const SharedFolder folder(comm);
  try {
    ParallelFile file(comm, folder.path / "no" / "such" / "folder.h5");
    ADD_FAILURE() << "expected an error";
  } catch (const SharedError& e) {
    EXPECT_EQ(e.exit_code(), 4);
    EXPECT_NE(std::string(e.what()).find("folder.h5"), std::string::npos) << e.what();
  }
}

TEST(ParallelFile, AnUnfinishedFileKeepsTheOldOne) {
  const Comm comm(MPI_COMM_WORLD);
  const SharedFolder folder(comm);
  const fs::path path = folder.path / "kept.h5";
  if (comm.rank() == 0) std::ofstream(path) << "old";
  MPI_Barrier(comm.get());
  {
    ParallelFile file(comm, path);
    file.group("/new");
  }
  MPI_Barrier(comm.get());
  if (comm.rank() == 0) {
    std::string text;
    std::ifstream(path) >> text;
    EXPECT_EQ(text, "old");
    EXPECT_FALSE(fs::exists(path.string() + ".part"));
  }
}

TEST(SeriesFile, Appends) {
  const Comm comm(MPI_COMM_WORLD);
  const SharedFolder folder(comm);
  if (comm.rank() != 0) return;
  const fs::path path = folder.path / "series.h5";
  SeriesFile file(path, {{"/p/a", {{"unit", "V/m"}}}, {"/p/b", {}}}, {{"/p", {{"position_m", std::vector<double>{1, 2, 3}}}}}, true);
  file.append(std::vector<double>{1, 2, 10, 20}, 2);
  file.append(std::vector<double>{3, 30}, 1);
  file.append({}, 0);
  EXPECT_FALSE(fs::exists(path));
  file.close();
  EXPECT_EQ(read_dataset(path, "/p/a"), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(read_dataset(path, "/p/b"), (std::vector<double>{10, 20, 30}));
}

TEST(WriteFile, ReplacesOrLeaves) {
  const Comm comm(MPI_COMM_WORLD);
  const SharedFolder folder(comm);
  if (comm.rank() != 0) return;
  write_file(folder.path / "a.json", "{}\n");
  write_file(folder.path / "a.json", "[]\n");
  std::string text;
  std::ifstream(folder.path / "a.json") >> text;
  EXPECT_EQ(text, "[]");
  EXPECT_THROW(write_file(folder.path / "no" / "a.json", "x"), Error);
}

TEST(Digest, DependsOnValuesNotOnOwners) {
  const Comm comm(MPI_COMM_WORLD);
  const Grid grid{{11, 6, 5}, {}};
  const Stencil stencil = Stencil::yee({true, false, false});
  std::set<std::string> digests;
  for (const Method method : {Method::morton, Method::hilbert})
    for (const Index brick : {1, 3, 16}) {
      const Domain domain = make_domain(comm, Tiling(grid, brick), {}, stencil, {}, method, 8);
      const Field<double> field("f", domain, std::span<const Stencil>(&stencil, 1), 1);
      for (std::size_t b = 0; b < domain.boxes.size(); ++b)
        for_each_cell(field.blocks()[b].owned, [&](Int3 c) { field.at(b, c) = value_at<double>(1, c); });
      digests.insert(hex(sum_digests(comm, local_digest(field.ref(), 1, grid))));
      // The control: one bit of one value.
      for (std::size_t b = 0; b < domain.boxes.size(); ++b)
        if (domain.boxes[b].contains(Int3{0, 0, 0})) {
          double& v = field.at(b, {0, 0, 0});
          v = std::bit_cast<double>(std::bit_cast<std::uint64_t>(v) ^ 1u);
        }
      EXPECT_EQ(digests.count(hex(sum_digests(comm, local_digest(field.ref(), 1, grid)))), 0u);
    }
  EXPECT_EQ(digests.size(), 1u);
  // Closing planes count: the oracle, from every place that a value lives on.
  std::uint64_t expected = 0;
  for_each_cell({{0, 0, 0}, grid.cells + Int3{1, 0, 0}},
                [&](Int3 c) { expected += value_hash(1, grid, c, std::bit_cast<std::uint64_t>(value_at<double>(1, c))); });
  EXPECT_EQ(*digests.begin(), hex(expected));
}

}  // namespace
}  // namespace hilbrick::testing
