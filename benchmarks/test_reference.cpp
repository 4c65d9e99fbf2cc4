// SPDX-License-Identifier: BSD-3-Clause

// The reference solver solves: standing waves of a closed box keep their shape, and oscillate at the frequency of Yee's discrete dispersion
// relation. Three waves at once, each with E along one axis, read every difference that the update forms.

#include <gtest/gtest.h>

#include <cmath>
#include <hilbrick/partition/error.hpp>
#include <numbers>

#include "reference.hpp"

namespace hilbrick::benchmarks {
namespace {

constexpr Int3 cells{13, 10, 17};
constexpr std::array<double, 3> courant{0.4, 0.5, 0.6};
constexpr Int3 half_waves{2, 1, 3};

/// E along axis a: a product of sines along the other two, which vanishes on the walls.
double shape(int a, Int3 cell) {
  double value = 1;
  for (int b = 0; b < 3; ++b)
    if (b != a) value *= std::sin(std::numbers::pi * static_cast<double>(half_waves[b] * cell[b]) / static_cast<double>(cells[b]));
  return value;
}

/// E after n steps from E = shape and H = 0. The second difference of E in time is -4 sin^2(omega dt / 2) E (Taflove and Hagness 2005,
/// section 4.5), and H = 0 at the start makes the first two values equal.
double amplitude(int a, int n) {
  double square = 0;  // sin^2(omega dt / 2)
  for (std::size_t b = 0; b < 3; ++b) {
    const int axis = static_cast<int>(b);
    if (axis == a) continue;
    const double s =
        courant[b] * std::sin(std::numbers::pi * static_cast<double>(half_waves[axis]) / (2 * static_cast<double>(cells[axis])));
    square += s * s;
  }
  const double half_angle = std::asin(std::sqrt(square));
  return std::cos((2 * n - 1) * half_angle) / std::cos(half_angle);
}

template <class T>
void standing_waves_stay(double tolerance) {
  Reference<T> reference(MPI_COMM_WORLD, cells, courant);
  for (int a = 0; a < 3; ++a)
    for_each_cell(reference.owned(), [&](Int3 cell) {
      bool wall = false;
      for (int b = 0; b < 3; ++b) wall = wall || (b != a && cell[b] == 0);
      if (!wall) reference.at(a, cell) = static_cast<T>(shape(a, cell));
    });
  for (int n = 1; n <= 60; ++n) {
    reference.step();
    double error = 0;
    for (int a = 0; a < 3; ++a)
      for_each_cell(reference.owned(), [&](Int3 cell) {
        error = std::max(error, std::fabs(static_cast<double>(reference.at(a, cell)) - shape(a, cell) * amplitude(a, n)));
      });
    EXPECT_LT(error, tolerance) << "after step " << n;
  }
}

TEST(Reference, StandingWavesStayInSingle) { standing_waves_stay<float>(3e-6); }
TEST(Reference, StandingWavesStayInDouble) { standing_waves_stay<double>(5e-15); }

TEST(Reference, RefusesRanksWithoutPlanes) { EXPECT_THROW(Reference<float>(MPI_COMM_WORLD, Int3{4, 4, 0}, courant), Error); }

TEST(Copy, CountsOneReadAndOneWrite) {
  Copy copy(4000);
  copy.step();
  EXPECT_EQ(copy.moved_bytes(), 8000);
}

}  // namespace
}  // namespace hilbrick::benchmarks
