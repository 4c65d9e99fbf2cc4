// SPDX-License-Identifier: BSD-3-Clause
#include "cpml.hpp"

#include <cmath>
#include <utility>

namespace hilbrick::fdtd {

CpmlCoefficients CpmlProfile::at(double depth, double dt_s) const {
  const double sigma = sigma_max * std::pow(depth, order), alpha = alpha_max * (1 - depth);
  const double b = std::exp(-(sigma + alpha) * dt_s / eps0);
  return {b, sigma * (b - 1) / (sigma + alpha)};
}

CpmlProfile default_profile(double spacing_m, Index layers, double index) {
  CpmlProfile p;
  p.order = 3.5;
  p.sigma_max = 0.7 * 0.8 * (p.order + 1) / (eta0 * spacing_m * index);
  p.alpha_max = 0.7 / (eta0 * spacing_m * static_cast<double>(layers));
  return p;
}

std::vector<CpmlCoefficients> cpml_along(Index cells, const LayerPair& layers, bool half, double spacing_m, double dt_s) {
  std::vector<CpmlCoefficients> along(static_cast<std::size_t>(cells));
  for (Index i = 0; i < cells; ++i) {
    const double at = static_cast<double>(i) + (half ? 0.5 : 0.0);
    for (int side = 0; side < 2; ++side) {
      if (layers.cells[side] == 0) continue;
      const auto n = static_cast<double>(layers.cells[side]);
      const double depth = side == 0 ? (n - at) / n : (at - static_cast<double>(cells) + n) / n;
      if (depth > 0)
        along[static_cast<std::size_t>(i)] = default_profile(spacing_m, layers.cells[side], layers.index[side]).at(depth, dt_s);
    }
  }
  return along;
}

std::vector<CpmlCoefficients> broadcast(const Comm& comm, const std::vector<CpmlCoefficients>& mine) {
  std::vector<double> flat;
  for (const auto& k : mine) flat.insert(flat.end(), {k.b, k.c});
  flat = hilbrick::broadcast(comm, std::move(flat));
  std::vector<CpmlCoefficients> out;
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) out.push_back({flat[i], flat[i + 1]});
  return out;
}

}  // namespace hilbrick::fdtd
