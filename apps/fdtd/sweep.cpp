// SPDX-License-Identifier: BSD-3-Clause
#include "sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hilbrick::fdtd {

std::vector<Incidence> incidences_of(const Comm& comm, const SweepRequest& sweep) {
  const std::vector<Direction> all = directions(comm, sweep.theta_deg, sweep.phi_deg);
  std::vector<Incidence> incidences;
  std::size_t i = 0;
  for (const double theta : sweep.theta_deg)
    for (const double phi : sweep.phi_deg) {
      for (const char sent : {'H', 'V'})
        if (std::any_of(sweep.pols.begin(), sweep.pols.end(), [&](const std::string& pol) { return pol[1] == sent; }))
          incidences.push_back({theta, phi, sent, all[i]});
      ++i;
    }
  return incidences;
}

Vec3 travel_of(const PlaneWave& wave) {
  Vec3 travel{};
  travel[wave.axis] = wave.sign;
  return travel;
}

PlaneWave arriving(PlaneWave wave, const Incidence& incidence) {
  const Vec3& from = incidence.from.r;
  for (int a = 0; a < 3; ++a)
    if (std::fabs(from[a]) == 1) {
      wave.axis = a;
      wave.sign = from[a] > 0 ? -1 : 1;
      wave.polarization = incidence.sent == 'V' ? incidence.from.theta : incidence.from.phi;
      return wave;
    }
  fail(wave.place,
       fmt::format("expected a plane wave along an axis, such as theta_deg 90, phi_deg 180, found theta_deg {:g}, phi_deg {:g}; "
                   "only these exist so far",
                   incidence.theta_deg, incidence.phi_deg));
}

}  // namespace hilbrick::fdtd
