// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Conductors thinner than a cell, which lie between grid planes and hold no field value. On each line through the middles of edges across
// it, a stretch of conductor with no grid plane in it closes the edge nearest to it. So the four faces around any other edge lie on that
// edge's side of a sheet: it blocks wherever it lies and however it is bent, up to half a cell from its place.

#include <functional>

#include "painter.hpp"

namespace hilbrick::fdtd {

struct ThinPart {
  Int3 edge;  // that it closes
  double thickness_m;
  int shape;   // an index into Scene::shapes
  bool sheet;  // part of a plate, a fin or a wire, not the rim of a body that is thicker beside it
};

/// Calls f for the edges of component c in `places` that thin parts of conductors close; places beyond the grid's ends are what they stand
/// for. The painter knows the region of `places` and a cell around. Local.
void for_each_thin_part(const Scene& scene, const Numerics& numerics, Painter& painter, Component c, const Box& places,
                        const std::function<void(const ThinPart&)>& f);

/// Calls f for the edges in `places` that touch or neighbour a sheet less than two cells thick, between grid planes or not. A
/// face there may have room on both sides of it, which one value of H cannot keep apart, so such edges are better whole or closed. Local.
void for_each_edge_beside_sheets(const Scene& scene, const Numerics& numerics, Painter& painter, Component c, const Box& places,
                                 const std::function<void(Int3)>& f);

}  // namespace hilbrick::fdtd
