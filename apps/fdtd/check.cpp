// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "dft.hpp"
#include "doubts.hpp"
#include "elements.hpp"
#include "material.hpp"
#include "material_file.hpp"
#include "memory.hpp"
#include "monitor.hpp"
#include "output.hpp"
#include "owners.hpp"
#include "run.hpp"
#include "workload.hpp"

namespace hilbrick::fdtd {
namespace {

std::string resolution(const Scene& scene) {
  const double f = highest_result_frequency_hz(scene);
  if (f <= 0) return "  no source\n";
  std::string out;
  for (const std::size_t m : materials_in_use(scene)) {
    const Material& material = scene.materials[m];
    out += fmt::format("  {:<16} {:6.1f} cells per wavelength at {:.4g} Hz\n", material.name, cells_per_wavelength(scene, material, f), f);
  }
  return out;
}

/// The planner's table for this scene: every method on these ranks.
std::string methods_side_by_side(const Scene& scene, const Numerics& numerics, const Machine& machine, int ranks) {
  const Workload work = workload_of(scene, numerics);
  plan::Question question;
  question.grid = work.tiling.grid();
  question.brick = scene.brick;
  question.ranks = {ranks};
  question.methods.assign(all_methods.begin(), all_methods.end());
  question.machine = machine;
  question.stencil = work.stencil;
  question.value_bytes = work.value_bytes;
  question.weights = work.weights;
  return plan::table(question, plan::study(question));
}

}  // namespace

void check(const Comm& comm, const Scene& scene, const Machine& constants, const CheckOptions& options) {
  Numerics numerics;
  agree_on(comm, [&] {
    numerics = numerics_of(scene);
    check_elements(scene, numerics);
    for (const DftRequest& d : scene.dfts) sample_interval(scene, numerics, d.spectrum);
    for (const FluxRequest& f : scene.fluxes) sample_interval(scene, numerics, f.spectrum);
    for (const FarFieldRequest& f : scene.far_fields) sample_interval(scene, numerics, f.spectrum);
  });
  const Domain domain = domain_of(comm, scene, numerics, constants);
  Index mine = 0;
  agree_on(comm, [&] { mine = memory_plan(scene, numerics, domain, Transport::automatic).total(); });
  const Index memory_max = max(comm, mine), memory_sum = sum(comm, mine);
  Index cells = 0;
  for (const Box& b : domain.boxes) cells += b.volume();
  const Index cells_max = max(comm, cells);
  const Machine machine = with_nodes(comm, constants);
  agree_on(comm, [&] {
    if (comm.rank() == 0 && !options.owners_file.empty())
      plan::write_owners(options.owners_file, domain.partition, Tiling(numerics.grid, scene.brick));
  });
  if (!options.materials_file.empty()) write_materials(comm, scene, numerics, domain, options.materials_file);
  tell_doubts(comm, scene, numerics);
  if (comm.rank() != 0) return;
  const Vec3& d = scene.spacing_m;
  std::string out = fmt::format("grid          {} x {} x {} cells of {:.6g} x {:.6g} x {:.6g} m: {:.3f} Mcells\n", scene.cells.x,
                                scene.cells.y, scene.cells.z, d[0], d[1], d[2], static_cast<double>(product(scene.cells)) / 1e6);
  out += fmt::format("time step     {:.6g} s (courant {} of the stability limit c dt = 1 / sqrt(1/dx^2 + 1/dy^2 + 1/dz^2))\n",
                     numerics.dt_s, scene.courant);
  out += fmt::format("steps         {} ({:.6g} s)\n", numerics.steps, static_cast<double>(numerics.steps) * numerics.dt_s);
  if (scene.sweep && !scene.sweep->ports.empty())
    out += fmt::format("sweep         {} ports, one after the other\n", scene.sweep->ports.size());
  else if (scene.sweep)
    out += fmt::format("sweep         {} directions, received and sent {}\n", scene.sweep->theta_deg.size() * scene.sweep->phi_deg.size(),
                       fmt::join(scene.sweep->pols, ", "));
  out += "resolution\n" + resolution(scene);
  out += fmt::format("partition     {}, {} ranks: at most {} cells a rank\n", domain.partition.description(), comm.size(), cells_max);
  out += fmt::format("memory        {:.1f} MB on the largest rank, {:.1f} MB in all, besides MPI's own\n",
                     static_cast<double>(memory_max) / 1e6, static_cast<double>(memory_sum) / 1e6);
  out += "\n" + methods_side_by_side(scene, numerics, machine, comm.size());
  std::fputs(out.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace hilbrick::fdtd
