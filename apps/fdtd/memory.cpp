// SPDX-License-Identifier: BSD-3-Clause
#include "memory.hpp"

#include <algorithm>
#include <hilbrick/partition/plan.hpp>

#include "material.hpp"
#include "surface.hpp"
#include "workload.hpp"

namespace hilbrick::fdtd {
namespace {

constexpr Index runs_a_row = 3;
constexpr Index files = 5'000'000;  // what the first one takes for good: measured with HDF5 1.10 and Open MPI 4.1
constexpr Index sampled = 16;       // positions along each axis of a box, of which poles are counted

template <class F>
Index sum_over(const std::vector<Box>& boxes, F&& f) {
  Index sum = 0;
  for (const Box& box : boxes) sum += f(box);
  return sum;
}

/// What poles remember at the positions of an electric component in a box.
Index pole_bytes(const Scene& scene, const Numerics& numerics, Component c, const Box& owned) {
  const Int3 extent = owned.extent();
  Int3 looks;
  for (int a = 0; a < 3; ++a) looks[a] = std::min(sampled, extent[a]);
  Index values = 0;
  for_each_cell({{0, 0, 0}, looks}, [&](Int3 i) {
    Int3 cell;
    for (int a = 0; a < 3; ++a) cell[a] = owned.lo[a] + (2 * i[a] + 1) * extent[a] / (2 * looks[a]);
    const auto poles = static_cast<Index>(scene.materials[static_cast<std::size_t>(material_at(scene, numerics, c, cell))].poles.size());
    if (poles > 0) values += 1 + 2 * poles;
  });
  return static_cast<Index>(static_cast<double>(values) / static_cast<double>(product(looks)) * static_cast<double>(owned.volume())) *
         value_bytes(scene);
}

Index media_bytes(const Scene& scene, const Numerics& numerics, const std::vector<Block>& blocks, Component c) {
  const bool poles = std::any_of(scene.materials.begin(), scene.materials.end(), [](const Material& m) { return !m.poles.empty(); });
  Index bytes = 0;
  for (const Block& block : blocks) {
    const Int3 e = block.owned.extent();
    if (is_electric(c) || is_magnetic(scene)) bytes += e.y * e.z * static_cast<Index>(runs_a_row * sizeof(Run) + sizeof(std::uint32_t));
    if (is_electric(c) && poles) bytes += pole_bytes(scene, numerics, c, block.owned);
  }
  return bytes;
}

Index layer_bytes(const Scene& scene, const std::vector<Block>& blocks, Component c) {
  Index values = 0;
  for (const Block& block : blocks)
    for (int a = 0; a < 3; ++a)
      for (int side = 0; side < 2; ++side)
        if (a != axis_of(c)) values += layer_cells(scene, block.owned, a, side).volume();
  return values * value_bytes(scene);
}

Index message_bytes(const Scene& scene, const Stencil& stencil, const Domain& domain, Transport transport) {
  const Nodes& nodes = domain.partition.nodes();
  Index values = 0;
  for (const PhasePlan& phase : make_plan(domain.partition, stencil, domain.rank).phases)
    for (const auto* messages : {&phase.sends, &phase.receives})
      for (const Message& m : *messages) {
        const bool shared = transport != Transport::message && nodes.node_of(m.peer) == nodes.node_of(domain.rank);
        values += m.values * (shared ? 2 : 1);  // two buffers in turn
      }
  return values * value_bytes(scene);
}

/// Of this rank's share of these cells at so many frequencies, in double precision.
Index spectrum_bytes(const Domain& domain, const Box& cells, const SpectrumRequest& spectrum) {
  return sum_over(domain.boxes, [&](const Box& box) { return intersection(box, cells).volume(); }) *
         static_cast<Index>(spectrum.frequencies_hz.size() * sizeof(Complex));
}

}  // namespace

MemoryPlan memory_plan(const Scene& scene, const Numerics& numerics, const Domain& domain, Transport transport) {
  MemoryPlan plan;
  for (const Component c : {Ex, Ey, Ez, Hx, Hy, Hz}) {
    const std::vector<Block> blocks = blocks_for(domain, numerics.stencils, c);
    for (const Block& block : blocks) plan.fields += block.stored.volume() * value_bytes(scene);
    plan.media += media_bytes(scene, numerics, blocks, c);
    plan.layers += layer_bytes(scene, blocks, c);
  }
  for (const Stencil& stencil : numerics.stencils) plan.messages += message_bytes(scene, stencil, domain, transport);
  for (const DftRequest& d : scene.dfts) {
    const Index bytes = spectrum_bytes(domain, d.cells, d.spectrum);
    plan.spectra += bytes * static_cast<Index>(d.fields.size());
    plan.output = std::max(plan.output, bytes);
  }
  const auto add_faces = [&](const Box& planes, const SpectrumRequest& spectrum) {
    for (int a = 0; a < 3; ++a)
      for (const bool high : {false, true})
        for (const Region& region : face_of(planes, a, high).regions) plan.spectra += spectrum_bytes(domain, region.cells, spectrum);
  };
  for (const FluxRequest& f : scene.fluxes) add_faces(f.planes, f.spectrum);
  for (const FarFieldRequest& f : scene.far_fields) add_faces(f.planes, f.spectrum);
  for (const SnapshotRequest& s : scene.snapshots) {
    const Box cells = touched_cells(scene, s.low_m, s.high_m);
    plan.output = std::max(plan.output,
                           sum_over(domain.boxes, [&](const Box& box) { return intersection(box, cells).volume(); }) * value_bytes(scene));
  }
  if (!scene.dfts.empty() || !scene.snapshots.empty() || !scene.probes.empty()) plan.output += files;
  return plan;
}

}  // namespace hilbrick::fdtd
