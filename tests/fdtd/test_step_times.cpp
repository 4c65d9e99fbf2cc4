// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <step_times.hpp>

namespace hilbrick::fdtd {
namespace {

RC_GTEST_PROP(Histogram, HasTheQuantilesOfItsValues, ()) {
  const auto exponents = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(-8000, 3000)));
  Histogram histogram;
  std::vector<double> seconds;
  for (const int e : exponents) histogram.add(seconds.emplace_back(std::pow(10.0, e / 1000.0)));
  std::sort(seconds.begin(), seconds.end());
  RC_ASSERT(histogram.max() == seconds.back());
  for (const double share : {0.0, 0.01, 0.5, 0.9, 0.99, 1.0}) {
    const double n = std::max(1.0, std::ceil(share * static_cast<double>(seconds.size())));
    const double exact = seconds[static_cast<std::size_t>(n) - 1], found = histogram.quantile(share);
    RC_ASSERT(found >= exact);
    RC_ASSERT(found <= exact * (1 + 1.0 / 64));
    RC_ASSERT(found <= seconds.back());
  }
}

TEST(Histogram, TakesWhatIsOutsideItsBins) {
  Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0);
  for (const double seconds : {-1e-9, 0.0, 1e-12}) histogram.add(seconds);
  EXPECT_LE(histogram.quantile(1), 1e-9);
  for (int i = 0; i < 4; ++i) histogram.add(1e9);
  EXPECT_LE(histogram.quantile(0.4), 1e-9);
  EXPECT_GE(histogram.quantile(0.6), std::ldexp(1, 19));
  EXPECT_EQ(histogram.max(), 1e9);
}

}  // namespace
}  // namespace hilbrick::fdtd
