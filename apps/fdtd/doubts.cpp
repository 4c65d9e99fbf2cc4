// SPDX-License-Identifier: BSD-3-Clause
#include "doubts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "guide_mode.hpp"

namespace hilbrick::fdtd {
namespace {

constexpr double fewest_cells = 10;     // in a wavelength
constexpr double largest_shift = 0.01;  // of a pole's own frequency

/// The frequency at which a pole swings by itself, rad/s: of a bound charge, or of a free one against its medium. 0 where it only relaxes.
double own_frequency_rad_s(const Pole& pole, const Medium& medium) {
  if (pole.inertia == 0) return 0;
  return std::sqrt((pole.restoring > 0 ? pole.restoring : pole.drive / medium.eps_r) / pole.inertia);
}

/// Where a shape begins or ends inside a perfectly matched layer, in words.
std::optional<std::string> end_in_layer(const Scene& scene, const Shape& shape) {
  const auto layers = pml_layers(scene);
  const auto bounds = bounds_m(shape);
  for (int a = 0; a < 3; ++a)
    for (const int side : {0, 1}) {
      const double d = scene.spacing_m[a], wall = side == 0 ? 0 : static_cast<double>(scene.cells[a]) * d,
                   inner = side == 0 ? static_cast<double>(layers[a][0]) * d : wall - static_cast<double>(layers[a][1]) * d;
      for (const Vec3& bound : bounds)
        if (bound[a] > std::min(wall, inner) + 1e-6 * d && bound[a] < std::max(wall, inner) - 1e-6 * d)
          return fmt::format(
              "this shape ends at {0} = {1:.6g} m, inside the PML at {0} {2}, which absorbs less there and may even feed the "
              "field: end it before {0} = {3:.6g} m, or let it run on to the wall at {4:.6g} m",
              "xyz"[a], bound[a], side == 0 ? "low" : "high", inner, wall);
    }
  return std::nullopt;
}

}  // namespace

double highest_result_frequency_hz(const Scene& scene) {
  double highest = 0;
  const auto see = [&](const std::vector<double>& frequencies_hz) {
    for (const double f : frequencies_hz) highest = std::max(highest, f);
  };
  for (const Port& p : scene.ports) see(p.frequencies_hz);
  for (const DftRequest& d : scene.dfts) see(d.spectrum.frequencies_hz);
  for (const FluxRequest& f : scene.fluxes) see(f.spectrum.frequencies_hz);
  for (const FarFieldRequest& f : scene.far_fields) see(f.spectrum.frequencies_hz);
  return highest > 0 ? highest : highest_source_frequency_hz(scene);
}

std::vector<std::size_t> materials_in_use(const Scene& scene) {
  std::vector<bool> used(scene.materials.size(), false);
  used[0] = true;
  for (const Shape& s : scene.shapes)
    for (const int m : materials_of(s)) used[static_cast<std::size_t>(m)] = true;
  std::vector<std::size_t> found;
  for (std::size_t m = 0; m < used.size(); ++m)
    if (used[m] && !scene.materials[m].pec) found.push_back(m);
  return found;
}

std::vector<std::string> doubts(const Scene& scene, const Numerics& numerics) {
  std::vector<std::string> found;
  for (const GuideModeSource& source : scene.guide_modes) {
    const double cutoff_hz = light_speed_m_s * guide_of(scene, source).k() / (2 * std::numbers::pi);
    const double sent_hz = highest_frequency_hz(source.waveform);
    if (sent_hz > 0 && sent_hz < cutoff_hz)
      found.push_back(fmt::format("{}: the mode's cut-off is {:.4g} Hz, and its waveform ends at {:.4g} Hz: it does not propagate",
                                  to_string(source.place), cutoff_hz, sent_hz));
  }
  for (const Shape& shape : scene.shapes) {
    const auto* body = std::get_if<StlBody>(&shape.form);
    if ((body && !body->mesh) || std::holds_alternative<VoxelGrid>(shape.form)) continue;
    if (const auto end = end_in_layer(scene, shape)) found.push_back(fmt::format("{}: {}", to_string(shape.place), *end));
  }
  const double highest_hz = highest_result_frequency_hz(scene);
  if (highest_hz <= 0) return found;
  const double coarsest_m = *std::max_element(scene.spacing_m.begin(), scene.spacing_m.end());
  for (const std::size_t m : materials_in_use(scene)) {
    const Material& material = scene.materials[m];
    const double cells = cells_per_wavelength(scene, material, highest_hz);
    if (cells < fewest_cells)
      found.push_back(
          fmt::format("{}: {:.4g} cells per wavelength at {:.4g} Hz, fewer than {:g}: expect errors of per cents and more; use "
                      "cells of {:.2g} m or lower frequencies",
                      material.name, cells, highest_hz, fewest_cells, coarsest_m * cells / fewest_cells));
    for (const Pole& pole : material.poles) {
      const double own = own_frequency_rad_s(pole, material), turn = own * numerics.dt_s / 2;
      const double seen = std::atan(turn) / (numerics.dt_s / 2);  // dispersion.hpp
      if (own > 0 && seen < 2 * (2 * std::numbers::pi * highest_hz) && seen < own * (1 - largest_shift))
        found.push_back(
            fmt::format("{}: a pole of {:.4g} rad/s has {:.3g} time steps in a period and acts at {:.4g} rad/s, {:.2g} % lower; "
                        "smaller cells move it less",
                        material.name, own, std::numbers::pi / turn, seen, 100 * (1 - seen / own)));
    }
  }
  return found;
}

}  // namespace hilbrick::fdtd
