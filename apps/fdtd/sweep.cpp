// SPDX-License-Identifier: BSD-3-Clause
#include "sweep.hpp"

#include <algorithm>

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

PlaneWave arriving(PlaneWave wave, const Incidence& incidence) {
  for (int a = 0; a < 3; ++a) wave.direction[a] = -incidence.from.r[a];
  wave.polarization = incidence.sent == 'V' ? incidence.from.theta : incidence.from.phi;
  return wave;
}

std::vector<Port> with_one_driven(std::vector<Port> ports, std::size_t driven) {
  for (std::size_t p = 0; p < ports.size(); ++p)
    if (p != driven) ports[p].waveform.reset();
  return ports;
}

}  // namespace hilbrick::fdtd
