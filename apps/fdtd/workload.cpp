// SPDX-License-Identifier: BSD-3-Clause
#include "workload.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "material.hpp"
#include "plane_wave.hpp"

namespace hilbrick::fdtd {
namespace {

constexpr double tenths = 10;  // of a cell

Index weight_of(double cells) { return std::llround(tenths * cells); }

/// The cells that a shape's bounds touch.
Box cells_around(const Scene& scene, const Shape& shape) {
  const auto [low, high] = bounds_m(shape);
  Box cells;
  for (int a = 0; a < 3; ++a) {
    const auto n = static_cast<double>(scene.cells[a]);
    cells.lo[a] = static_cast<Index>(std::clamp(std::floor(low[a] / scene.spacing_m[a]), 0.0, n - 1));
    cells.hi[a] = std::max(cells.lo[a] + 1, static_cast<Index>(std::clamp(std::ceil(high[a] / scene.spacing_m[a]), 0.0, n)));
  }
  return cells;
}

Layers absorbing_layers(const Scene& scene) {
  Layers layers;
  const auto pml = pml_layers(scene);
  for (int a = 0; a < 3; ++a) {
    layers.low[a] = pml[a][0];
    layers.high[a] = pml[a][1];
  }
  for (std::size_t in_layers = 0; in_layers < layers.cost.size(); ++in_layers) {
    layers.cost[in_layers] = weight_of(1);
    for (std::size_t a = 0; a < 3; ++a)
      if ((in_layers >> a & 1) != 0) layers.cost[in_layers] += weight_of(scene.costs.pml[a]);
  }
  return layers;
}

void add_shapes(const Scene& scene, Weights& weights) {
  const double change = scene.costs.material_change * (is_magnetic(scene) ? 2 : 1);  // H has its runs of material, too
  std::map<Index, std::vector<Box>> by_cost;                                         // so that thousands of shapes make few sets
  for (const Shape& shape : scene.shapes) {
    const Box cells = cells_around(scene, shape);
    const double ends = (cells.lo.x > 0 ? 1 : 0) + (cells.hi.x < scene.cells.x ? 1 : 0);
    const Index cost = weight_of(change * ends / static_cast<double>(cells.extent().x));
    if (cost > 0) by_cost[cost].push_back(cells);
  }
  for (const auto& [cost, boxes] : by_cost) weights.extra(BoxSet(boxes), cost);
}

void add_plane_waves(const Scene& scene, const Numerics& numerics, Weights& weights) {
  const Index cost = weight_of(scene.costs.incident_value);
  if (cost == 0) return;
  for (const PlaneWave& wave : scene.plane_waves)
    for (const FaceCorrection& face : face_corrections(scene, numerics, wave)) weights.extra(BoxSet(std::vector<Box>{face.cells}), cost);
}

}  // namespace

Workload workload_of(const Scene& scene, const Numerics& numerics) {
  Weights weights;
  weights.layers(absorbing_layers(scene));
  add_shapes(scene, weights);
  add_plane_waves(scene, numerics, weights);
  return {Tiling(numerics.grid, scene.brick), std::move(weights), numerics.stencils.front(), value_bytes(scene)};
}

Domain domain_of(const Comm& comm, const Scene& scene, const Numerics& numerics, const Machine& machine) {
  std::optional<Workload> work;
  agree_on(comm, [&] { work = workload_of(scene, numerics); });
  return make_domain(comm, work->tiling, work->weights, work->stencil, machine, scene.method, work->value_bytes);
}

}  // namespace hilbrick::fdtd
