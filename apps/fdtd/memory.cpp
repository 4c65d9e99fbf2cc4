// SPDX-License-Identifier: BSD-3-Clause
#include "memory.hpp"

#include <algorithm>
#include <cmath>
#include <hilbrick/checkpoint.hpp>
#include <hilbrick/partition/plan.hpp>
#include <set>

#include "conformal.hpp"
#include "oblique.hpp"
#include "painter.hpp"
#include "surface.hpp"
#include "workload.hpp"

namespace hilbrick::fdtd {
namespace {

constexpr Index runs_a_row = 3;
constexpr Index files = 5'000'000;   // what the first one takes for good: measured with HDF5 1.10 and Open MPI 4.1
constexpr Index sampled = 12;        // positions along each axis of a box, whose materials stand for all
constexpr Index sampled_lines = 48;  // each way, of the lines that look for surfaces

// Counted in spheres and cylinders of no symmetry.
constexpr double media_a_crossing = 2.6;          // of three components, where a surface between materials crosses a line of the grid
constexpr double media_a_cut = 4.2;               // where a conductor's does: faces, and edges with weights
constexpr double cut_faces = 2, cut_edges = 2.8;  // there, too
constexpr std::size_t oblique_edges = 4;          // coupled, where a surface askew to the grid does: in spheres
constexpr double medium_bytes = 200;              // one of its own: with its coefficients, two runs and the place where it is found again

template <class F>
Index sum_over(const std::vector<Box>& boxes, F&& f) {
  Index sum = 0;
  for (const Box& box : boxes) sum += f(box);
  return sum;
}

/// What lies in a box of cells: by materials at some positions, and surfaces that cross lines of the grid. A surface crosses as many lines,
/// of all three axes, as it cuts cells.
struct Contents {
  double polarized = 0;                                   // 1 + 2 poles of each cell whose material has poles
  double electric = 0, magnetic = 0, cut_conductors = 0;  // crossings that E sees, that H sees, and of conductors
  double lossless = 0;                                    // of electric: those without loss on either side
  // How many of all crossings were looked at, and where in their cells: values that look alike share a medium.
  double seen = 0;
  std::set<Index> places;
  double variety() const { return seen > 0 ? static_cast<double>(places.size()) / seen : 0; }
};

void add_materials(const Scene& scene, const Numerics& numerics, const Box& box, Contents& contents) {
  Int3 looks;
  for (int a = 0; a < 3; ++a) looks[a] = std::min(sampled, box.extent()[a]);
  const double cells = static_cast<double>(box.volume()) / static_cast<double>(product(looks));
  for_each_cell({{0, 0, 0}, looks}, [&](Int3 i) {
    Int3 cell;
    for (int a = 0; a < 3; ++a) cell[a] = box.lo[a] + (2 * i[a] + 1) * box.extent()[a] / (2 * looks[a]);
    const Material& m = scene.materials[static_cast<std::size_t>(material_at(scene, numerics, Ex, cell))];
    if (!m.poles.empty()) contents.polarized += cells * (1 + 2 * static_cast<double>(m.poles.size()));
  });
}

void add_surfaces(const Scene& scene, const Numerics& numerics, const Box& box, Contents& contents) {
  Painter painter(scene, {yee_position_m(numerics.spacing_m, Ex, box.lo), yee_position_m(numerics.spacing_m, Ex, box.hi)});
  for (int axis = 0; axis < 3; ++axis) {
    const double low_m = static_cast<double>(box.lo[axis]) * numerics.spacing_m[axis],
                 high_m = static_cast<double>(box.hi[axis]) * numerics.spacing_m[axis];
    Int3 stride{1, 1, 1}, lines = box.extent();
    lines[axis] = 1;
    for (int a = 0; a < 3; ++a) {
      stride[a] = ceil_div(lines[a], sampled_lines);
      lines[a] = ceil_div(lines[a], stride[a]);
    }
    const auto stands_for = static_cast<double>(product(stride));
    for_each_cell({{0, 0, 0}, lines}, [&](Int3 i) {
      Vec3 through{};
      for (int a = 0; a < 3; ++a) through[a] = (static_cast<double>(box.lo[a] + i[a] * stride[a]) + 0.5) * numerics.spacing_m[a];
      const std::vector<Stretch>& line = painter.along(axis, through, 0);
      for (std::size_t s = 0; s + 1 < line.size(); ++s) {
        if (line[s].last_m < low_m || line[s].last_m >= high_m) continue;
        if (line[s].material == in_voxels || line[s + 1].material == in_voxels) continue;
        const Material &m = scene.materials[static_cast<std::size_t>(line[s].material)],
                       &next = scene.materials[static_cast<std::size_t>(line[s + 1].material)];
        const double at = line[s].last_m / numerics.spacing_m[axis], in_cell = at - std::floor(at);
        const bool on_plane = std::fabs(at - std::round(at)) < 1e-6;
        if (&m == &next || (on_plane && (m.pec || next.pec))) continue;
        contents.seen += 1;
        contents.places.insert(std::llround(in_cell * 1e7));
        if (m.pec || next.pec) {
          contents.cut_conductors += stands_for;
          continue;
        }
        if (m.poles.empty() && next.poles.empty()) contents.electric += stands_for;
        if (m.poles.empty() && next.poles.empty() && m.sigma == 0 && next.sigma == 0) contents.lossless += stands_for;
        if (m.mu_r != next.mu_r || m.sigma_m != next.sigma_m) contents.magnetic += stands_for;
      }
    });
  }
}

Index media_bytes(const Scene& scene, const Numerics& numerics, const Domain& domain) {
  const bool magnetic = is_magnetic(scene);
  Contents contents;
  Index rows = 0;
  for (const Box& box : domain.boxes) {
    rows += box.extent().y * box.extent().z;
    if (scene.shapes.empty()) continue;
    add_materials(scene, numerics, box, contents);
    add_surfaces(scene, numerics, box, contents);
  }
  const Index runs = rows * (magnetic ? 6 : 3) * static_cast<Index>(runs_a_row * sizeof(Run) + sizeof(std::uint32_t));
  const auto face_bytes =
      static_cast<double>(sizeof(CutFace) + (value_bytes(scene) == 4 ? sizeof(CutFaces<float>::Face) : sizeof(CutFaces<double>::Face)));
  if (!scene.averaged_interfaces) contents.electric = contents.magnetic = 0;
  const double media =
      contents.variety() * (media_a_crossing * (contents.electric + contents.magnetic) + media_a_cut * contents.cut_conductors);
  const Index oblique_bytes =
      value_bytes(scene) == 4 ? ObliqueSurfaces<float>::bytes_of(1, oblique_edges) : ObliqueSurfaces<double>::bytes_of(1, oblique_edges);
  const double surfaces = media * medium_bytes + contents.cut_conductors * (cut_faces * face_bytes + cut_edges * sizeof(CutEdge)) +
                          (has_oblique_surfaces(scene) ? contents.lossless * static_cast<double>(oblique_bytes) : 0);
  return runs + static_cast<Index>(surfaces + 3 * contents.polarized * static_cast<double>(value_bytes(scene)));
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
    plan.layers += layer_bytes(scene, blocks, c);
  }
  plan.media = media_bytes(scene, numerics, domain);
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
  const CheckpointRequest& request = scene.checkpoint;
  const bool checkpoints = request.every || request.every_minutes || request.mtbf_hours;
  if (checkpoints) {
    const Index field = sum_over(domain.boxes, [](const Box& box) { return box.volume(); }) * value_bytes(scene);
    plan.output = std::max(plan.output, 2 * std::min(field, checkpoint_slab_bytes));
  }
  if (checkpoints || !scene.dfts.empty() || !scene.snapshots.empty() || !scene.probes.empty()) plan.output += files;
  return plan;
}

}  // namespace hilbrick::fdtd
