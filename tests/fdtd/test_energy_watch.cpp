// SPDX-License-Identifier: BSD-3-Clause
// A run that grows by itself is stopped, however slowly it grows and whether or not a check saw its sources at work.
#include <gtest/gtest.h>

#include <energy_watch.hpp>
#include <optional>

#include "simulation.hpp"

namespace hilbrick::fdtd {
namespace {

using namespace testing;

Scene one_pulse() {
  Scene s = box_scene({10, 10, 10}, {1e-3, 1e-3, 1e-3}, Boundary::pml, 100000);
  s.pml_cells = 2;
  s.dipoles.push_back({{5e-3, 5e-3, 5e-3}, Ez, pulse(10e9), {}});
  return s;
}

/// The first step at which the watch throws, of checks at multiples of `every`, for an energy that is 1 J while the pulse lasts and
/// `left` J times `growth` to the power of the checks after it.
std::optional<Index> stopped_at(Index every, double left, double growth) {
  const Scene s = one_pulse();
  const Numerics numerics = numerics_of(s);
  const auto silent = static_cast<Index>(silent_after_s(s.dipoles[0].waveform) / numerics.dt_s);
  EXPECT_GT(silent, 80);
  EXPECT_LT(silent, 400);
  EnergyWatch watch(s, numerics);
  for (Index step = every; step <= 100 * every; step += every) {
    try {
      watch.see({step <= silent ? 1 : left, {}}, step, false);
    } catch (const SharedError& e) {
      EXPECT_EQ(e.exit_code(), 4);
      EXPECT_NE(std::string(e.what()).find("the scheme is unstable"), std::string::npos) << e.what();
      return step;
    }
    if (step > silent) left *= growth;
  }
  return std::nullopt;
}

TEST(EnergyWatch, StopsWhatGrowsHoweverSlowly) {
  EXPECT_EQ(stopped_at(40, 1e-3, 1), std::nullopt);
  EXPECT_EQ(stopped_at(40, 0.1, 1.01), std::nullopt);  // below the pulse's own energy
  EXPECT_TRUE(stopped_at(40, 0.1, 1.2));
  EXPECT_TRUE(stopped_at(40, 1e-3, 30));
}

TEST(EnergyWatch, LetsAPulsePassBetweenTwoChecks) {
  const Scene s = one_pulse();
  const Numerics numerics = numerics_of(s);  // the watch looks at it
  EnergyWatch watch(s, numerics);
  watch.see({1e-30, {}}, 10, false);  // its foot
  watch.see({1, {}}, 1000, false);
  watch.see({100, {}}, 1010, true);  // what is looked at by the way is not kept
  watch.see({1e-3, {}}, 2000, false);
  EXPECT_THROW(watch.see({1e7, {}}, 3000, false), SharedError);
}

TEST(EnergyWatch, StopsWhatGrowsThoughNoCheckSawTheSources) {
  EXPECT_TRUE(stopped_at(500, 1e-3, 1.2));
  EXPECT_TRUE(stopped_at(500, 1e-3, 100));
  EXPECT_EQ(stopped_at(500, 1e-14, 1.1), std::nullopt);  // rounding
}

}  // namespace
}  // namespace hilbrick::fdtd
