// SPDX-License-Identifier: BSD-3-Clause

// The main of every test that runs on MPI ranks. All ranks run the same tests; the job fails where any rank failed; what is printed
// comes from rank 0 and from the ranks that failed. It distrusts the launcher (--ranks=R must be what MPI says, and some test must
// run), and invalid floating-point operations end the test that makes them. Inside a test:
//   - EXPECT_* on what a rank knows alone, ASSERT_* only on what all ranks agree on: a rank that leaves a test early is missed by
//     the others' next collective;
//   - an exception that escapes one rank's test ends the job at once: the other ranks may be waiting for it;
//   - a test that makes NaNs on purpose calls fedisableexcept(FE_INVALID) first.

#include <gtest/gtest.h>
#include <mpi.h>

#include <Kokkos_Core.hpp>
#include <cfenv>
#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace {

/// What the ranks other than 0 print. Local: a failing rank may be alone.
class FailuresOnly : public testing::EmptyTestEventListener {
 public:
  explicit FailuresOnly(int rank) : rank_(rank) {}

  // GoogleTest holds a lock while it reports a result: asking it for the current test then would wait for ever.
  void OnTestStart(const testing::TestInfo& test) override { test_ = std::string(test.test_suite_name()) + "." + test.name(); }
  void OnTestEnd(const testing::TestInfo&) override { test_ = outside; }

  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    const char* file = result.file_name() ? result.file_name() : "unknown file";
    std::fprintf(stderr, "rank %d: %s: %s:%d: Failure\n%s\n", rank_, test_.c_str(), file, result.line_number(), result.message());
  }

 private:
  static constexpr const char* outside = "outside of a test";
  int rank_;
  std::string test_ = outside;
};

/// The R of --ranks=R; 0 where R is no number.
std::optional<int> expected_ranks(int argc, char** argv) {
  constexpr std::string_view option = "--ranks=";
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (!argument.starts_with(option)) continue;
    argument.remove_prefix(option.size());
    int ranks = 0;
    const auto parsed = std::from_chars(argument.data(), argument.data() + argument.size(), ranks);
    return parsed.ptr == argument.data() + argument.size() ? ranks : 0;
  }
  return std::nullopt;
}

/// Collective over MPI_COMM_WORLD. The greatest of the ranks' results.
int run_tests(int rank) {
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  if (rank != 0) {
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailuresOnly(rank));
  }
#ifdef __GLIBC__
  feenableexcept(FE_INVALID);
#endif
  int mine = RUN_ALL_TESTS();
#ifdef __GLIBC__
  fedisableexcept(FE_INVALID);
#endif
  if (testing::UnitTest::GetInstance()->test_to_run_count() == 0) {
    std::fprintf(stderr, "rank %d: no test matches the filter \"%s\"\n", rank, GTEST_FLAG_GET(filter).c_str());
    mine = 1;
  }
  const int failed = mine != 0;
  int failed_ranks = 0;
  int all = mine;
  MPI_Allreduce(&failed, &failed_ranks, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  if (rank == 0 && failed_ranks > 0) std::printf("[  FAILED  ] on %d of the ranks\n", failed_ranks);
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  int rank = 0;
  int ranks = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  int result = 1;
  try {
    testing::InitGoogleTest(&argc, argv);
    GTEST_FLAG_SET(catch_exceptions, false);
    const std::optional<int> expected = expected_ranks(argc, argv);
    if (expected && *expected != ranks) {
      if (rank == 0) {
        std::fprintf(stderr, "expected %d ranks (--ranks), found %d: mpirun and the MPI library that this test is linked with differ\n",
                     *expected, ranks);
      }
    } else {
      Kokkos::ScopeGuard kokkos(argc, argv);
      result = run_tests(rank);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rank %d: uncaught exception: %s\n", rank, error.what());
    MPI_Abort(MPI_COMM_WORLD, 1);
  } catch (...) {
    std::fprintf(stderr, "rank %d: uncaught exception of unknown type\n", rank);
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Finalize();
  return result;
}
