// SPDX-License-Identifier: BSD-3-Clause
// Scenes that run, but are too coarse for what is asked of them.
#include <gtest/gtest.h>

#include <doubts.hpp>
#include <numbers>

#include "simulation.hpp"

namespace hilbrick::fdtd {
namespace {

using namespace testing;

constexpr double d = 1e-3;  // m

/// A ball of a material, seen at one frequency.
Scene ball(Material material, double frequency_hz) {
  Scene s = box_scene({20, 20, 20}, {d, 0.5 * d, d}, Boundary::pec, 10);
  s.dipoles.push_back({{8e-3, 5e-3, 8e-3}, Ez, pulse(frequency_hz), {}});
  material.name = "stuff";
  s.materials.push_back(std::move(material));
  s.shapes.push_back({Ellipsoid{{10e-3, 5e-3, 10e-3}, {3e-3, 3e-3, 3e-3}}, 2, {}});
  DftRequest& dft = s.dfts.emplace_back();
  dft.spectrum.frequencies_hz = {frequency_hz / 2, frequency_hz};
  return s;
}
std::vector<std::string> doubts_of(const Scene& s) { return doubts(s, numerics_of(s)); }

void expect_one(const Scene& s, const std::string& words) {
  const auto found = doubts_of(s);
  ASSERT_EQ(found.size(), 1u) << (found.empty() ? "none" : found[1]);
  EXPECT_NE(found[0].find(words), std::string::npos) << found[0];
}

TEST(Doubts, FewCellsInAWavelength) {
  Material glass;
  glass.eps_r = 4;
  // 15 GHz: 20 mm in a vacuum, 10 in glass.
  EXPECT_TRUE(doubts_of(ball(glass, 0.99 * light_speed_m_s / 20e-3)).empty());
  expect_one(ball(glass, 1.1 * light_speed_m_s / 20e-3), "stuff: 9.091 cells per wavelength at 1.649e+10 Hz");
  EXPECT_EQ(doubts_of(ball(glass, 2.1 * light_speed_m_s / 20e-3)).size(), 2u);
  // Metals, too, by their loss: 1000 S/m, a wavelength of 2 pi skin depths.
  Material metal;
  metal.sigma = 1000;
  expect_one(ball(metal, 10e9), "stuff: 0.9997 cells per wavelength");
  // A material that is nowhere has no wavelength; a perfect conductor neither.
  Scene unused = ball(metal, 10e9);
  unused.shapes[0].material = 1;
  EXPECT_TRUE(doubts_of(unused).empty());
}

TEST(Doubts, AShapeThatEndsInALayer) {
  // Four layers of cells at each face but the lower one along z.
  const auto with = [](Vec3 low, Vec3 high) {
    Scene s = box_scene({20, 20, 20}, {d, 0.5 * d, d}, Boundary::pml, 10);
    s.boundary[2][0] = Boundary::pec;
    s.pml_cells = 4;
    s.shapes.push_back({BoxShape{low, high}, 1, {}});
    return s;
  };
  const auto doubts_with = [&](Vec3 low, Vec3 high) { return doubts_of(with(low, high)).size(); };
  EXPECT_EQ(doubts_with({4 * d, 2 * d, d}, {16 * d, 8 * d, 16 * d}), 0u);  // up to the layers
  EXPECT_EQ(doubts_with({-d, 0, -d}, {20 * d, 10 * d, 21 * d}), 0u);       // through them
  EXPECT_EQ(doubts_with({5 * d, 3 * d, d}, {15 * d, 7 * d, 20 * d}), 0u);  // through one
  EXPECT_EQ(doubts_with({3 * d, 3 * d, 5 * d}, {8 * d, 7 * d, 8 * d}), 1u);
  EXPECT_EQ(doubts_with({18 * d, 3 * d, 5 * d}, {20 * d, 7 * d, 8 * d}), 1u);  // begins in one
  expect_one(with({5 * d, 3 * d, 5 * d}, {8 * d, 9 * d, 8 * d}), "this shape ends at y = 0.009 m, inside the PML at y high");
  expect_one(with({5 * d, 3 * d, 5 * d}, {8 * d, 9 * d, 8 * d}), "end it before y = 0.008 m, or let it run on to the wall at 0.01 m");
  // Bodies, too, once they were read.
  Scene body = with({5 * d, 3 * d, 5 * d}, {8 * d, 9 * d, 8 * d});
  body.shapes[0].form = StlBody{};
  EXPECT_TRUE(doubts_of(body).empty());
  body.shapes[0].form = box_body({5 * d, 3 * d, 5 * d}, {8 * d, 9 * d, 8 * d}, 1e-9);
  expect_one(body, "inside the PML at y high");
}

TEST(Doubts, AGuideModeBelowItsCutOff) {
  Scene s = box_scene({20, 10, 40}, {d, d, d}, Boundary::pec, 10);  // TE10: 7.4948 GHz on the continuum
  GuideModeSource& source = s.guide_modes.emplace_back();
  source.low_m = {0, 0, 15e-3};
  source.high_m = {20e-3, 10e-3, 15e-3};
  source.mode = {1, 0};
  source.waveform.kind = Waveform::Kind::cw;
  source.waveform.frequency_hz = 7.6e9;
  EXPECT_TRUE(doubts_of(s).empty());
  source.waveform.frequency_hz = 7.4e9;
  expect_one(s, "the mode's cut-off is 7.487e+09 Hz, and its waveform ends at 7.4e+09 Hz");
}

TEST(Doubts, ResultsCountBeforeSources) {
  Scene s = ball({}, 10e9);
  s.dipoles[0].waveform.frequency_hz = 100e9;
  EXPECT_TRUE(doubts_of(s).empty());
  s.dfts.clear();
  EXPECT_FALSE(doubts_of(s).empty());
  s.ports.emplace_back().frequencies_hz = {5e9};
  EXPECT_TRUE(doubts_of(s).empty());
  s.ports.clear();
  s.dipoles.clear();
  EXPECT_TRUE(doubts_of(s).empty());
}

TEST(Doubts, PolesThatTheTimeStepMoves) {
  const double f = 10e9, dt = numerics_of(ball({}, f)).dt_s;
  const auto with_pole = [&](const Pole& pole) {
    Material m;
    m.poles.push_back(pole);
    return ball(m, f);
  };
  const auto bound = [](double own) { return Pole{1, 0, own * own, 1e-3 * own * own}; };
  EXPECT_TRUE(doubts_of(with_pole(bound(1.4 * std::numbers::pi * f))).empty());
  // Far above all frequencies: what is left of it is a permittivity.
  EXPECT_TRUE(doubts_of(with_pole(bound(20 / dt))).empty());
  // A period of 16 steps: (2 / dt) atan(pi / 16), 1.3 % lower.
  Scene s = with_pole(bound(2 * std::numbers::pi / (16 * dt)));
  s.dfts[0].spectrum.frequencies_hz = {1 / (31 * dt)};
  const auto found = doubts_of(s);
  ASSERT_FALSE(found.empty());
  EXPECT_NE(found.back().find("has 16 time steps in a period and acts at"), std::string::npos) << found.back();
  EXPECT_NE(found.back().find("1.3 % lower"), std::string::npos) << found.back();
  // What only relaxes has no frequency of its own.
  EXPECT_TRUE(doubts_of(with_pole({0, 1e-9, 1, 0.1})).empty());
}

}  // namespace
}  // namespace hilbrick::fdtd
