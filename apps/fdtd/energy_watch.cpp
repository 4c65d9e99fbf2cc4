// SPDX-License-Identifier: BSD-3-Clause
#include "energy_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "material.hpp"

namespace hilbrick::fdtd {
namespace {

// Of energy, without sources. Where no check saw the pulse itself, what the first one after it sees may be all but nothing, and rounding
// moves that by more than ten times.
constexpr double growth_seen = 10, growth_unseen = 1e6;

}  // namespace

EnergyWatch::EnergyWatch(const Scene& scene, const Numerics& numerics) : scene_(scene), numerics_(numerics) {
  for (const Waveform* w : waveforms_of(scene)) sources_end_s_ = std::max(sources_end_s_, hilbrick::fdtd::silent_after_s(*w));
  silent_after_s_ = sources_end_s_;
  const double highest_hz = scene.stop_below_db ? highest_source_frequency_hz(scene) : 0;
  if (highest_hz > 0) see_every_ = std::max<Index>(1, static_cast<Index>(1 / (2 * highest_hz * numerics.dt_s)));
  // A plane wave still has to leave the grid's line after its last sample; one crossing of the grid is enough.
  double crossing_s = 0;
  for (int a = 0; a < 3; ++a) crossing_s += static_cast<double>(scene.cells[a]) * scene.spacing_m[a] / light_speed_m_s;
  for (const PlaneWave& w : scene.plane_waves)
    silent_after_s_ = std::max(silent_after_s_, hilbrick::fdtd::silent_after_s(w.waveform) + crossing_s);
}

bool EnergyWatch::must_see(Index step) const {
  return see_every_ > 0 && static_cast<double>(step) * numerics_.dt_s <= sources_end_s_ && step % see_every_ == 0;
}

void EnergyWatch::see(const Energy& energy, Index step, bool extra) {
  if (energy.not_finite) throw SharedError(not_finite(*energy.not_finite, step), 4);
  const bool driven = static_cast<double>(step) * numerics_.dt_s <= silent_after_s_;
  if (!driven && limit_ > 0 && energy.joule > limit_)
    throw SharedError(fmt::format("step {}: the field's energy is {:.3g} J, and was {:.3g} J at most until after the sources fell silent: "
                                  "the scheme is unstable. {}",
                                  step, energy.joule, before_, advice()),
                      4);
  const double highest = std::max(highest_, energy.joule);
  if (highest > 0 && energy.joule > 0) level_db_ = 10 * std::log10(energy.joule / highest);
  if (extra) return;
  // The first look after the sources counts, too: the pulse may have passed since the last one.
  if (driven || limit_ == 0) {
    if (!driven) limit_ = before_ >= energy.joule ? growth_seen * before_ : growth_unseen * energy.joule;
    before_ = std::max(before_, energy.joule);
  }
  highest_ = highest;
  may_stop_ = static_cast<double>(step) * numerics_.dt_s > sources_end_s_;
}

void EnergyWatch::begin() {
  highest_ = before_ = limit_ = 0;
  may_stop_ = false;
  level_db_.reset();
}
void EnergyWatch::state(Checkpoint& c) {
  c.value("highest_j", highest_);
  c.value("before_j", before_);
  c.value("limit_j", limit_);
}

std::string EnergyWatch::advice() const {
  return fmt::format(
      "Try a smaller courant (now {}), and look at bodies that end inside a PML, or metals of a Drude pole that run into one: end them "
      "before it",
      scene_.courant);
}

std::string EnergyWatch::not_finite(const Energy::Bad& bad, Index step) const {
  const Material& m = scene_.materials[material_at(scene_, numerics_, bad.component, bad.cell)];
  const auto layer = pml_at(scene_, bad.cell);
  return fmt::format(
      "step {}: {} of cell ({}, {}, {}) is not finite. It lies in {} (eps_r {}, mu_r {}, sigma {} S/m, sigma_m {} ohm/m){}; the "
      "sources' amplitudes or the scheme overflowed there. {}",
      step, component_names[bad.component], bad.cell.x, bad.cell.y, bad.cell.z, m.name, m.eps_r, m.mu_r, m.sigma, m.sigma_m,
      layer ? ", inside " + *layer : std::string(), advice());
}

}  // namespace hilbrick::fdtd
