// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cstdlib>
#include <hilbrick/comm.hpp>
#include <hilbrick/domain.hpp>
#include <utility>

namespace hilbrick {
namespace {

TEST(Comm, KnowsItsRanksAndNodes) {
  const Comm comm(MPI_COMM_WORLD);
  int rank = 0, size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  EXPECT_EQ(comm.rank(), rank);
  EXPECT_EQ(comm.size(), size);
  const auto nodes = comm.gather_nodes();
  ASSERT_EQ(nodes.size(), static_cast<std::size_t>(size));
  EXPECT_EQ(nodes[static_cast<std::size_t>(rank)], comm.node());
  EXPECT_EQ(nodes[0], 0);
  for (int n : nodes) EXPECT_LT(n, comm.nodes());
}

TEST(Comm, IsADuplicateThatMoves) {
  Comm comm(MPI_COMM_WORLD);
  int same = MPI_IDENT;
  MPI_Comm_compare(comm.get(), MPI_COMM_WORLD, &same);
  EXPECT_EQ(same, MPI_CONGRUENT);
  const Comm moved(std::move(comm));
  EXPECT_EQ(sum(moved, Index{1}), moved.size());
}

TEST(Agree, OneRanksErrorIsEveryones) {
  const Comm comm(MPI_COMM_WORLD);
  agree(comm, std::nullopt);
  const int last = comm.size() - 1;
  try {
    agree_on(comm, [&] {
      if (comm.rank() == last) throw Error("rank " + std::to_string(last) + " says no", 4);
    });
    ADD_FAILURE() << "expected an error";
  } catch (const SharedError& e) {
    EXPECT_STREQ(e.what(), ("rank " + std::to_string(last) + " says no").c_str());
    EXPECT_EQ(e.exit_code(), 4);
  }
}

TEST(Agree, TheLowestRankSpeaks) {
  const Comm comm(MPI_COMM_WORLD);
  try {
    agree(comm, Error("from rank " + std::to_string(comm.rank())));
    ADD_FAILURE() << "expected an error";
  } catch (const SharedError& e) {
    EXPECT_STREQ(e.what(), "from rank 0");
    EXPECT_EQ(e.exit_code(), 2);
  }
}

TEST(Broadcast, GivesRankZerosValue) {
  const Comm comm(MPI_COMM_WORLD);
  EXPECT_EQ(broadcast(comm, comm.rank() == 0 ? std::string("scene\n") : std::string()), "scene\n");
  EXPECT_EQ(broadcast(comm, std::string()), "");
  const auto values = broadcast(comm, comm.rank() == 0 ? std::vector<double>{1.5, -2, 3} : std::vector<double>(7));
  EXPECT_EQ(values, (std::vector<double>{1.5, -2, 3}));
}

/// Sets variables of the launcher's for a moment.
class Environment {
 public:
  using Variables = std::vector<std::pair<const char*, const char*>>;
  explicit Environment(const Variables& set) {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS", "PMI_SIZE", "SLURM_NTASKS"}) {
      const char* old = std::getenv(name);
      saved_.emplace_back(name, old ? std::optional<std::string>(old) : std::nullopt);
      unsetenv(name);
    }
    for (const auto& [name, value] : set) setenv(name, value, 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    for (const auto& [name, value] : saved_)
      if (value)
        setenv(name, value->c_str(), 1);
      else
        unsetenv(name);
  }

 private:
  std::vector<std::pair<const char*, std::optional<std::string>>> saved_;
};

TEST(Launcher, ManySingleRunsAreRefused) {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS", "PMI_SIZE"}) {
    const Environment environment(Environment::Variables{{name, "4"}});
    EXPECT_THROW(check_launcher(1), Error) << name;
    EXPECT_NO_THROW(check_launcher(4));
  }
}

TEST(Launcher, LegalSingleRunsPass) {
  {
    const Environment none(Environment::Variables{});
    EXPECT_NO_THROW(check_launcher(1));
  }
  {
    const Environment one_rank_in_a_larger_job(Environment::Variables{{"SLURM_NTASKS", "16"}});
    EXPECT_NO_THROW(check_launcher(1));
  }
  {
    const Environment mpirun_of_one_in_a_step_of_many(Environment::Variables{{"OMPI_COMM_WORLD_SIZE", "1"}, {"SLURM_STEP_NUM_TASKS", "8"}});
    EXPECT_NO_THROW(check_launcher(1));
  }
  {
    const Environment words(Environment::Variables{{"PMI_SIZE", "many"}});
    EXPECT_NO_THROW(check_launcher(1));
  }
}

TEST(Domain, IsTheSerialChoice) {
  const Comm comm(MPI_COMM_WORLD);
  const Tiling tiling({{40, 33, 21}, {false, true, false}}, 4);
  for (const Method method : all_methods) {
    if (method != Method::automatic && !offer(tiling, {}, Stencil::yee(), {}, comm.size(), method).partition) continue;
    const Domain domain = make_domain(comm, tiling, {}, Stencil::yee(), {}, method, 4);
    const Partition serial = make_partition(tiling, {}, Stencil::yee(), {}, comm.size(), method);
    EXPECT_EQ(domain.partition.description(), serial.description());
    EXPECT_EQ(domain.boxes, boxes_of(serial, comm.rank()));
    Index cells = 0;
    for (const Box& b : domain.boxes) cells += b.volume();
    EXPECT_EQ(sum(comm, cells), product(tiling.grid().cells));
  }
}

TEST(Domain, InfeasibleMethodsAreEveryonesError) {
  const Comm comm(MPI_COMM_WORLD);
  if (comm.size() == 1) return;
  const Tiling tiling({{1, 1, 1}, {false, false, false}}, 4);
  EXPECT_THROW(make_domain(comm, tiling, {}, Stencil::yee(), {}, Method::slab, 4), SharedError);
}

}  // namespace
}  // namespace hilbrick
