// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Convolutional perfectly matched layer (Roden and Gedney 2000): inside a layer each derivative d along its axis becomes
//   d + psi,   psi' = b psi + c d,   b = exp(-(sigma + alpha) dt / eps0),   c = sigma (b - 1) / (sigma + alpha).
// sigma grows from the inner surface to the wall as depth^order, alpha falls linearly. The coordinate stretch kappa of the paper stays 1:
// in our tests it gained nothing.

#include <array>
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

/// What this solver uses for a layer of so many cells in which the smallest refractive index is `index`; the same in all of the layer,
/// since the stretch of the coordinate must not jump where materials meet. Order 3.5, sigma 0.7 of the usual optimum 0.8 (order + 1) / (eta
/// spacing index), and alpha such that the layer stops absorbing where it is thinner than about a ninth of a wavelength in vacuum. Chosen
/// by the scan that README.md describes.
CpmlProfile default_profile(double spacing_m, Index layers, double index);

/// Of the layers at an axis' low and high face.
struct LayerPair {
  std::array<Index, 2> cells{};
  std::array<double, 2> index{1, 1};  // smallest refractive index
};
/// The coefficients along an axis for values on integer (E) or half-integer (H) positions: one for each cell index, zero outside
/// the layers. Uses exp and pow: compute once and broadcast.
std::vector<CpmlCoefficients> cpml_along(Index cells, const LayerPair& layers, bool half, double spacing_m, double dt_s);

/// Rank 0's coefficients on every rank. Collective over comm.
std::vector<CpmlCoefficients> broadcast(const Comm& comm, const std::vector<CpmlCoefficients>& mine);

}  // namespace hilbrick::fdtd
