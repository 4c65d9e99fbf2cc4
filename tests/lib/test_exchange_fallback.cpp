// SPDX-License-Identifier: BSD-3-Clause
// Ranks of one host that cannot share memory. exchange_fallback.sh makes such places and says in HILBRICK_FALLBACK which words must come.
#include <gtest/gtest.h>

#include <cstdlib>

#include "oracle.hpp"

namespace hilbrick::testing {
namespace {

TEST(ExchangeFallback, EndsOnMessagesWithTheRightHalos) {
  const char* words = std::getenv("HILBRICK_FALLBACK");
  if (words == nullptr) GTEST_SKIP() << "run by exchange_fallback.sh";
  const Comm comm(MPI_COMM_WORLD);
  // Each rank's buffers take 1.3 MB, more than the small /dev/shm holds.
  const Stencil stencil = Stencil::star(4);
  const Grid grid{{110, 100, 100}, {true, false, false}};
  const Domain domain = make_domain(comm, Tiling(grid, 8), {}, stencil, {}, Method::slab, sizeof(double));
  const Field<double> field("field", domain, {&stencil, 1}, 0);
  EXPECT_THROW(Exchange(comm, domain, stencil, {field.ref()}, {Transport::shared}), SharedError);

  Exchange exchange(comm, domain, stencil, {field.ref()});
  const TransportPairs pairs = exchange.transports();
  EXPECT_EQ(sum(comm, pairs.shared), 0);
  EXPECT_GT(sum(comm, pairs.message), 0);
  if (comm.rank() == 0) {
    EXPECT_NE(exchange.fallback().find(words), std::string::npos) << exchange.fallback();
    EXPECT_NE(exchange.fallback().find("ranks 0 and 1"), std::string::npos) << exchange.fallback();
    EXPECT_EQ(exchange.fallback().find('\n'), std::string::npos);
    std::printf("%s\n", exchange.fallback().c_str());
  } else {
    EXPECT_EQ(exchange.fallback(), "");
  }
  Index wrong = 0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    for (std::size_t b = 0; b < domain.boxes.size(); ++b)
      for_each_cell(field.blocks()[b].owned, [&](Int3 c) { field.at(b, c) = value_at<double>(repeat, c); });
    exchange.start(0).finish();
    for (std::size_t b = 0; b < domain.boxes.size(); ++b)
      for (const Box& read : footprint(stencil, 0, 0, domain.boxes[b], grid))
        for_each_cell(read, [&](Int3 c) {
          const Int3 home = wrapped(c, grid);
          if (grid.box().contains(home) && field.at(b, c) != value_at<double>(repeat, home)) ++wrong;
        });
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace hilbrick::testing
