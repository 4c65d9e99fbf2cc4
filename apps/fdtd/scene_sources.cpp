// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <utility>

#include "numerics.hpp"
#include "scene_reader.hpp"

namespace hilbrick::fdtd {
namespace {

// [[source]]

/// Whether each time is above the one before.
bool grow(const std::vector<double>& times_s) {
  return std::adjacent_find(times_s.begin(), times_s.end(), std::greater_equal<>()) == times_s.end();
}

/// Two columns, time and value; '#' comments, empty lines and one line of headings above the values are skipped.
void read_table_file(const TableReader& t, const std::filesystem::path& path, Waveform& w) {
  errno = 0;
  std::ifstream file(path);
  bool headings = false;
  std::string line;
  for (unsigned n = 1; std::getline(file, line); ++n) {
    const Place here{path.string(), n, 1};
    const std::string entry = line.substr(0, line.find('#'));
    const auto first = entry.find_first_not_of(" \t\r");
    if (first == std::string::npos) continue;
    double time_s = 0, value = 0;
    char rest = 0;
    const int read = std::sscanf(entry.c_str(), " %lf , %lf %c", &time_s, &value, &rest);
    if (read == 0 && w.times_s.empty() && !std::exchange(headings, true)) continue;
    if (read != 2 || !std::isfinite(time_s) || !std::isfinite(value))
      fail(here, fmt::format("expected a time in seconds, a comma and a value, found \"{}\"", line.substr(0, 60)));
    w.times_s.push_back(time_s);
    w.values.push_back(value);
    if (!grow(w.times_s))
      fail(here, fmt::format("expected a time above {:g}, that of the line before, found {:g}", w.times_s.rbegin()[1], time_s));
  }
  if (!file.eof())
    t.reject("file", fmt::format("cannot read {}: {}; paths count from the scene's folder", path.string(),
                                 errno ? std::strerror(errno) : "reading failed"));
}

void read_dipole(TableReader& t, Scene& scene) {
  Dipole d;
  d.place = t.place();
  d.position_m = t.vector("position_m");
  require_inside(t, "position_m", d.position_m, scene);
  d.component = component_from_word(t.word("component", component_words()));
  d.waveform = read_waveform(t.table("waveform"));
  scene.dipoles.push_back(std::move(d));
}

/// The box must leave a cell between itself and walls or layers, where the scattered field is. Its faces lie on the nearest planes of the
/// grid.
void check_total_field_box(const TableReader& t, const Scene& scene, const PlaneWave& w) {
  for (int a = 0; a < 3; ++a) {
    if (scene.boundary[a][0] == Boundary::periodic) continue;
    const double d = scene.spacing_m[a], low = std::round(w.box_low_m[a] / d), high = std::round(w.box_high_m[a] / d);
    const auto taken = [&](int side) { return static_cast<double>(1 + (scene.boundary[a][side] == Boundary::pml ? scene.pml_cells : 0)); };
    const double lowest = taken(0), highest = static_cast<double>(scene.cells[a]) - taken(1);
    const auto fail_at = [&](const char* key, const char* than, double limit, double found) {
      t.reject(key, fmt::format("expected at {} {:g} m along {}, found {:g}; the box stays a cell away from walls and absorbing layers",
                                than, limit * d, "xyz"[a], found));
    };
    if (low < lowest) fail_at("box_low_m", "least", lowest, w.box_low_m[a]);
    if (high > highest) fail_at("box_high_m", "most", highest, w.box_high_m[a]);
    if (high <= low)
      t.reject("box_high_m", fmt::format("expected a box of at least one cell along {}, found {:g} to {:g} m", "xyz"[a], w.box_low_m[a],
                                         w.box_high_m[a]));
  }
}

double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// A vector's direction; what lies within 1e-9 of an axis lies along it.
Vec3 unit_vector(Vec3 v) {
  for (int pass = 0; pass < 2; ++pass) {
    const double length = std::sqrt(dot(v, v));
    for (double& component : v) component = std::fabs(component) < 1e-9 * length ? 0 : component / length;
  }
  return v;
}

/// The wave that arrives from the angles of spherical coordinates, its E along theta or phi.
void read_arrival(TableReader& t, PlaneWave& w) {
  const double degree = std::numbers::pi / 180;
  const double theta = degree * t.number("theta_deg", {.low = 0, .high = 180});
  const double phi = degree * t.number("phi_deg");
  w.direction = unit_vector({-std::sin(theta) * std::cos(phi), -std::sin(theta) * std::sin(phi), -std::cos(theta)});
  w.polarization = t.word("pol", {"theta", "phi"}) == "theta"
                       ? unit_vector({std::cos(theta) * std::cos(phi), std::cos(theta) * std::sin(phi), -std::sin(theta)})
                       : unit_vector({-std::sin(phi), std::cos(phi), 0});
}

void read_direction(TableReader& t, PlaneWave& w) {
  const Vec3 direction = t.vector("direction");
  if (!(dot(direction, direction) > 0))
    t.reject("direction", fmt::format("expected a vector that is not zero, found {}", text_of(direction)));
  w.direction = unit_vector(direction);
  const Vec3 given = t.vector("polarization"), polarization = unit_vector(given);
  const double along = dot(polarization, w.direction);
  if (!(std::fabs(along) <= 1e-4))
    t.reject("polarization", fmt::format("expected a vector at right angles to the direction, found {}", text_of(given)));
  Vec3 across = polarization;
  for (int a = 0; a < 3; ++a) across[a] -= along * w.direction[a];
  w.polarization = unit_vector(across);
}

void read_plane_wave(TableReader& t, Scene& scene) {
  PlaneWave w;
  w.place = t.place();
  w.box_low_m = t.vector("box_low_m");
  w.box_high_m = t.vector("box_high_m");
  bool by_vectors = false, by_angles = false;
  for (const char* key : {"direction", "polarization"}) by_vectors |= t.given(key);
  for (const char* key : {"theta_deg", "phi_deg", "pol"}) by_angles |= t.given(key);
  if (by_vectors && by_angles)
    fail(w.place, t.name() + ": expected either direction and polarization or theta_deg, phi_deg and pol, found keys of both");
  if (by_angles)
    read_arrival(t, w);
  else
    read_direction(t, w);
  for (int a = 0; a < 3; ++a)
    if (scene.boundary[a][0] == Boundary::periodic && w.direction[a] != 0)
      t.reject(by_angles ? "theta_deg" : "direction",
               fmt::format("expected a direction across the periodic axes, found {}, which has a part along {}; the wave would not fit the "
                           "period: choose another boundary there or a direction without that part",
                           text_of(w.direction), "xyz"[a]));
  w.waveform = read_waveform(t.table("waveform"));
  check_total_field_box(t, scene, w);
  scene.plane_waves.push_back(std::move(w));
}

/// The direction along an axis, and which axis and sign it is.
void read_axis(TableReader& t, int& axis, int& sign) {
  const Vec3 direction = t.vector("direction");
  axis = 0;
  for (int a = 1; a < 3; ++a)
    if (std::fabs(direction[a]) > std::fabs(direction[axis])) axis = a;
  for (int a = 0; a < 3; ++a)
    if (direction[axis] == 0 || (a != axis && direction[a] != 0))
      t.reject("direction",
               fmt::format("expected a direction along an axis, such as [1, 0, 0] or [0, 0, -1], found {}", text_of(direction)));
  sign = direction[axis] > 0 ? 1 : -1;
}

void read_guide_mode(TableReader& t, Scene& scene) {
  GuideModeSource s;
  s.place = t.place();
  s.low_m = t.vector("low_m");
  s.high_m = t.vector("high_m");
  require_inside(t, "low_m", s.low_m, scene);
  require_inside(t, "high_m", s.high_m, scene);
  require_ordered(t, s.low_m, s.high_m);
  read_axis(t, s.axis, s.sign);
  s.tm = t.word_or("family", "te", {"te", "tm"}) == "tm";
  const toml::node& modes = t.required("mode", "two integers of at least 0, such as [1, 0]");
  for (std::size_t i = 0; i < 2; ++i) {
    const toml::node* n = modes.is_array() && modes.as_array()->size() == 2 ? modes.as_array()->get(i) : nullptr;
    if (!n || !n->is_integer() || **n->as_integer() < 0 || **n->as_integer() > 1000)
      t.wrong("mode", modes, "two integers of at least 0: half waves along the two axes after the guide's, cyclically, such as [1, 0]");
    s.mode[i] = static_cast<int>(**n->as_integer());
  }
  if (s.tm ? s.mode[0] == 0 || s.mode[1] == 0 : s.mode[0] == 0 && s.mode[1] == 0)
    t.reject("mode", fmt::format("expected half waves across {}, found [{}, {}], a mode that does not exist",
                                 s.tm ? "both axes for TM" : "an axis for TE", s.mode[0], s.mode[1]));
  for (int across = 0; across < 3; ++across) {
    const Index low = nearest_plane(scene.spacing_m[across], s.low_m[across]),
                high = nearest_plane(scene.spacing_m[across], s.high_m[across]);
    if (across == s.axis) {
      if (low != high)
        t.reject("high_m", fmt::format("expected a plane across {}, found {} cells between low_m and high_m", "xyz"[across], high - low));
      if (low < 2 || low > scene.cells[across] - 2)
        t.reject("low_m",
                 fmt::format("expected a plane two cells or more from the ends of the grid along {}, found plane {}", "xyz"[across], low));
    } else if (high - low <= s.mode[across == (s.axis + 1) % 3 ? 0 : 1]) {
      t.reject("high_m", fmt::format("expected more cells across {} than the mode has half waves, found {}", "xyz"[across], high - low));
    }
  }
  s.waveform = read_waveform(t.table("waveform"));
  scene.guide_modes.push_back(std::move(s));
}

}  // namespace

Waveform read_waveform(TableReader t) {
  Waveform w;
  w.place = t.place();
  const std::vector<std::string> kinds{"gaussian", "gaussian_derivative", "modulated_gaussian", "cw", "table"};
  const std::string kind = t.word("kind", kinds);
  w.kind = static_cast<Waveform::Kind>(std::find(kinds.begin(), kinds.end(), kind) - kinds.begin());
  w.amplitude = t.number_or("amplitude", 1);
  double delay_s = 0;
  if (w.kind != Waveform::Kind::table) {
    w.frequency_hz = t.number("frequency_hz", positive);
    delay_s = 1 / w.frequency_hz;
  }
  switch (w.kind) {
    case Waveform::Kind::modulated_gaussian:
      w.bandwidth_hz = t.number_or("bandwidth_hz", w.frequency_hz / 4, positive);
      w.phase_rad = t.number_or("phase_rad", 0);
      delay_s = 1 / w.bandwidth_hz;
      break;
    case Waveform::Kind::cw:
      w.ramp_periods = t.number_or("ramp_periods", 3, not_negative);
      w.phase_rad = t.number_or("phase_rad", 0);
      delay_s = 0;
      break;
    case Waveform::Kind::table:
      if (t.given("file")) {
        read_table_file(t, file_beside_scene(t, "file"), w);
      } else {
        w.times_s = t.numbers("times_s");
        w.values = t.numbers("values");
        if (w.times_s.size() != w.values.size())
          t.reject("values", fmt::format("expected as many values as times_s, {}, found {}", w.times_s.size(), w.values.size()));
        if (!grow(w.times_s)) t.reject("times_s", "expected times that grow, found one that is not above the one before");
      }
      if (w.times_s.size() < 2)
        fail(w.place, fmt::format("{}: expected at least two points in the table, found {}", t.name(), w.times_s.size()));
      break;
    default:
      break;
  }
  w.delay_s = t.number_or("delay_s", delay_s);
  t.finish();
  return w;
}

void read_sources(std::vector<TableReader> tables, Scene& scene) {
  for (TableReader& t : tables) {
    const std::string kind = t.word("kind", {"dipole", "plane_wave", "guide_mode"});
    if (kind == "dipole")
      read_dipole(t, scene);
    else if (kind == "plane_wave")
      read_plane_wave(t, scene);
    else
      read_guide_mode(t, scene);
    t.finish();
  }
}

}  // namespace hilbrick::fdtd
