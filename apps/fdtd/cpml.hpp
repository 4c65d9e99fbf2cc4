// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Convolutional perfectly matched layer (Roden and Gedney 2000): inside a layer each derivative d along its axis becomes
//   d + psi,   psi' = b psi + c d,   b = exp(-(sigma + alpha) dt / eps0),   c = sigma (b - 1) / (sigma + alpha).
// sigma grows from the inner surface to the wall as depth^order, alpha falls linearly. The coordinate stretch kappa of the paper stays 1:
// in our tests it gained nothing.

#include <hilbrick/comm.hpp>
#include <vector>

#include "numerics.hpp"

namespace hilbrick::fdtd {

/// At one place along an axis.
struct CpmlCoefficients {
  double b = 0, c = 0;
};

struct CpmlProfile {
  double order;
  double sigma_max, alpha_max;  // S/m

  /// At depth 0 (inner surface) to 1 (wall).
  CpmlCoefficients at(double depth, double dt_s) const;
};

/// What this solver uses for a layer of so many cells. Order 3, sigma 0.8 of the usual optimum 0.8 (order + 1) / (eta spacing), and alpha
/// such that the layer stops absorbing where it is thinner than about an eighth of a wavelength. Chosen by a scan over the two pulses of
/// tests/fdtd/test_sources.cpp.
CpmlProfile default_profile(double spacing_m, Index layers);

/// The coefficients along an axis for values on integer (E) or half-integer (H) positions: one for each cell index, zero outside
/// the layers. Uses exp and pow: compute once and broadcast.
std::vector<CpmlCoefficients> cpml_along(Index cells, const std::array<Index, 2>& layers, bool half, double spacing_m, double dt_s);

/// Rank 0's coefficients on every rank. Collective over comm.
std::vector<CpmlCoefficients> broadcast(const Comm& comm, const std::vector<CpmlCoefficients>& mine);

}  // namespace hilbrick::fdtd
