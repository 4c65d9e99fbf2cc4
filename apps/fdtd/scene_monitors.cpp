// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "plane_wave.hpp"
#include "scene_reader.hpp"

namespace hilbrick::fdtd {
namespace {

// [[probe]], [[snapshot]], [[dft]], [[flux]], [[far_field]], [sweep]

SpectrumRequest read_spectrum(TableReader& t, const Scene& scene) {
  SpectrumRequest s;
  s.frequencies_hz = read_series(t, "frequencies_hz", positive);
  s.place = t.place("frequencies_hz");
  if (t.given("every")) s.every = t.integer("every", 1);
  s.every_place = t.place("every");
  const bool one_source = only_waveform(scene) != nullptr;
  s.normalise = one_source;
  if (t.given("normalise")) s.normalise = t.flag("normalise");
  if (s.normalise && !one_source)
    t.reject("normalise", "expected false, since there is not exactly one source whose spectrum to divide by, found true");
  return s;
}

/// The grid planes nearest to two corners in metres.
Box read_planes(TableReader& t, const Scene& scene, const Vec3& low_m, const Vec3& high_m) {
  require_inside(t, "low_m", low_m, scene);
  require_inside(t, "high_m", high_m, scene);
  require_ordered(t, low_m, high_m);
  Box planes;
  for (int a = 0; a < 3; ++a) {
    planes.lo[a] = nearest_plane(scene.spacing_m[a], low_m[a]);
    planes.hi[a] = nearest_plane(scene.spacing_m[a], high_m[a]);
  }
  return planes;
}

/// Fails unless a box of planes leaves the values beside it outside of the absorbing layers.
void require_outside_layers(const TableReader& t, const Scene& scene, const Box& planes, int axis) {
  const auto layers = pml_layers(scene)[axis];
  const double d = scene.spacing_m[axis];
  const Index lowest = layers[0] > 0 ? layers[0] + 1 : 0, highest = scene.cells[axis] - (layers[1] > 0 ? layers[1] + 1 : 0);
  if (planes.lo[axis] < lowest)
    t.reject("low_m", fmt::format("expected at least {:g} m along {}, a cell away from the PML, found {:g}",
                                  static_cast<double>(lowest) * d, "xyz"[axis], static_cast<double>(planes.lo[axis]) * d));
  if (planes.hi[axis] > highest)
    t.reject("high_m", fmt::format("expected at most {:g} m along {}, a cell away from the PML, found {:g}",
                                   static_cast<double>(highest) * d, "xyz"[axis], static_cast<double>(planes.hi[axis]) * d));
}

/// Fails where a face of a flux box or a patch lies on the plane wave's box, so that E on it is total and H beside it scattered.
void check_flux_faces(const TableReader& t, const Scene& scene, const Box& planes) {
  const bool is_patch = planes.lo.x == planes.hi.x || planes.lo.y == planes.hi.y || planes.lo.z == planes.hi.z;
  for (const PlaneWave& w : scene.plane_waves) {
    const Box total = total_field_planes(scene, w);
    for (int a = 0; a < 3; ++a) {
      const bool flat = planes.lo[a] == planes.hi[a];
      if (scene.boundary[a][0] == Boundary::periodic || flat != is_patch) continue;
      const auto reject = [&](const char* key, Index plane) {
        t.reject(key, fmt::format("expected a plane that is not a face of the plane wave's box, where E is the total field and H beside it "
                                  "the scattered one, found {:g} m along {}; move it by a cell",
                                  static_cast<double>(plane) * scene.spacing_m[a], "xyz"[a]));
      };
      if (!flat && planes.lo[a] == total.lo[a]) reject("low_m", planes.lo[a]);
      if (planes.hi[a] == total.hi[a]) reject("high_m", planes.hi[a]);
    }
  }
}

/// Fails unless a far field's box lies between what radiates and the absorbing layers around.
void check_far_field_box(const TableReader& t, const Scene& scene, const Box& planes) {
  const auto in_metres = [&](int a, Index plane) { return static_cast<double>(plane) * scene.spacing_m[a]; };
  for (int a = 0; a < 3; ++a) {
    require_outside_layers(t, scene, planes, a);
    if (planes.hi[a] <= planes.lo[a])
      t.reject("high_m", fmt::format("expected a box of at least one cell along {}, found {:g} to {:g} m", "xyz"[a],
                                     in_metres(a, planes.lo[a]), in_metres(a, planes.hi[a])));
  }
  for (const PlaneWave& w : scene.plane_waves) {
    const Box total = total_field_planes(scene, w);
    for (int a = 0; a < 3; ++a)
      if (planes.lo[a] >= total.lo[a] || planes.hi[a] <= total.hi[a]) {
        const bool low = planes.lo[a] >= total.lo[a];
        t.reject(low ? "low_m" : "high_m",
                 fmt::format("expected {} {:g} m along {}, outside of the plane wave's box, where the field is the scattered one, found "
                             "{:g}; the plane wave's box must end two cells or more before the PML",
                             low ? "less than" : "more than", in_metres(a, low ? total.lo[a] : total.hi[a]), "xyz"[a],
                             in_metres(a, low ? planes.lo[a] : planes.hi[a])));
      }
  }
  for (const Dipole& d : scene.dipoles)
    for (int a = 0; a < 3; ++a)
      if (d.position_m[a] < in_metres(a, planes.lo[a]) || d.position_m[a] > in_metres(a, planes.hi[a]))
        t.reject("low_m", fmt::format("expected a box around all sources, found a dipole at {} m, outside along {}", text_of(d.position_m),
                                      "xyz"[a]));
}

/// Which ports are driven, one in each run.
void read_port_sweep(TableReader& sweep, const Scene& scene, SweepRequest& s) {
  std::vector<std::string> names;
  std::size_t driven = 0;
  for (const Port& port : scene.ports) {
    names.push_back(port.name);
    driven += port.waveform ? 1 : 0;
    if (port.frequencies_hz != scene.ports[0].frequencies_hz)
      fail(port.place,
           fmt::format("port \"{}\": expected the frequencies_hz of port \"{}\" in a sweep of ports, found others", port.name, names[0]));
  }
  if (names.empty()) sweep.reject("ports", "expected [[port]] tables, each with a waveform, found none");
  for (const std::string& name : sweep.words_once("ports", names)) {
    const auto p = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    if (!scene.ports[p].waveform)
      sweep.reject("ports", fmt::format("expected ports that have a waveform, found \"{}\", which has none", name));
    s.ports.push_back(p);
  }
  sweep.finish();
  if (waveforms_of(scene).size() != driven)
    fail(s.place, fmt::format("sweep: expected ports as the only sources, found {} others", waveforms_of(scene).size() - driven));
}

/// Names of files that a run writes anyway.
std::set<std::string> names_of_files() { return {"probes", "ports", "flux", "rcs", "report"}; }

}  // namespace

std::vector<double> read_series(TableReader& t, const std::string& key, Range range) {
  const std::string expected = "a number, an array of numbers, { from, to, count } or { from, to, step }";
  const toml::node& node = t.required(key, expected);
  if (node.is_number()) return {t.number(key, range)};
  std::vector<double> values;
  if (node.is_array()) {
    values = t.numbers(key, range);
  } else if (node.is_table()) {
    TableReader series = t.table(key);
    const double from = series.number("from", range), to = series.number("to", range);
    constexpr Index most = 1000000;
    if (series.given("count")) {
      const Index count = series.integer("count", 1, most);
      for (Index i = 0; i < count; ++i)
        values.push_back(count == 1 ? from : from + (to - from) * static_cast<double>(i) / static_cast<double>(count - 1));
    } else {
      const double step = series.number("step", positive);
      if (to < from) series.reject("to", fmt::format("expected at least from, {:g}, found {:g}", from, to));
      if (!((to - from) / step <= static_cast<double>(most))) series.reject("step", fmt::format("expected at most {} steps", most));
      const auto steps = static_cast<Index>((to - from) / step + 1e-6);
      for (Index i = 0; i <= steps; ++i) values.push_back(from + static_cast<double>(i) * step);
    }
    series.finish();
  } else {
    t.wrong(key, node, expected);
  }
  if (values.empty()) t.reject(key, "expected at least one number, found none");
  return values;
}

void read_probes(std::vector<TableReader> tables, Scene& scene) {
  std::set<std::string> taken;
  for (TableReader& t : tables) {
    Probe p{new_file_name(t, taken), t.vector("position_m"), t.place()};
    require_inside(t, "position_m", p.position_m, scene);
    t.finish();
    scene.probes.push_back(std::move(p));
  }
}

void read_snapshots(std::vector<TableReader> tables, Scene& scene) {
  std::set<std::string> taken;
  for (TableReader& t : tables) {
    SnapshotRequest s;
    s.place = t.place();
    s.name = new_file_name(t, taken);
    s.low_m = t.vector_or("low_m", {0, 0, 0});
    s.high_m = t.vector_or("high_m", extent_m(scene));
    require_inside(t, "low_m", s.low_m, scene);
    require_inside(t, "high_m", s.high_m, scene);
    require_ordered(t, s.low_m, s.high_m);
    for (const std::string& word : t.words_once("fields", component_words())) s.fields.push_back(component_from_word(word));
    s.every = t.integer_or("every", 100, 1);
    s.at_cell = t.word_or("at", "cell", {"yee", "cell"}) == "cell";
    t.finish();
    scene.snapshots.push_back(std::move(s));
  }
}

void read_sweep(TableReader sweep, Scene& scene) {
  SweepRequest s;
  s.place = sweep.place();
  if (!scene.probes.empty() || !scene.snapshots.empty())
    fail(s.place, "sweep: expected neither [[probe]] nor [[snapshot]], which every run would write anew; look at one run by itself");
  if (sweep.given("ports")) {
    read_port_sweep(sweep, scene, s);
    scene.sweep = std::move(s);
    return;
  }
  s.theta_deg = sweep.given("theta_deg") ? read_series(sweep, "theta_deg", Range{.low = 0, .high = 180}) : std::vector<double>{90};
  s.phi_deg = read_series(sweep, "phi_deg", any_number);
  s.pols = sweep.given("pol") ? sweep.words_once("pol", {"HH", "VV", "HV", "VH"}) : std::vector<std::string>{"HH", "VV"};
  sweep.finish();
  if (scene.plane_waves.size() != 1 || !only_waveform(scene))
    fail(s.place, fmt::format("sweep: expected one source, a plane wave that the sweep can turn, found {} plane waves among {} sources",
                              scene.plane_waves.size(), waveforms_of(scene).size()));
  scene.sweep = std::move(s);
}

void read_dfts(std::vector<TableReader> tables, Scene& scene) {
  std::set<std::string> taken = names_of_files();
  for (TableReader& t : tables) {
    if (scene.sweep) fail(t.place(), t.name() + ": expected none beside [sweep], since every run would write it anew");
    DftRequest d;
    d.name = new_file_name(t, taken);
    const Vec3 low_m = t.vector_or("low_m", {0, 0, 0}), high_m = t.vector_or("high_m", extent_m(scene));
    require_inside(t, "low_m", low_m, scene);
    require_inside(t, "high_m", high_m, scene);
    require_ordered(t, low_m, high_m);
    d.cells = touched_cells(scene, low_m, high_m);
    for (const std::string& word : t.words_once("fields", component_words())) d.fields.push_back(component_from_word(word));
    d.at_cell = t.word_or("at", "cell", {"yee", "cell"}) == "cell";
    d.spectrum = read_spectrum(t, scene);
    t.finish();
    scene.dfts.push_back(std::move(d));
  }
}

void read_fluxes(std::vector<TableReader> tables, Scene& scene) {
  std::set<std::string> taken;
  for (TableReader& t : tables) {
    if (scene.sweep) fail(t.place(), t.name() + ": expected none beside [sweep], since every run would write it anew");
    FluxRequest f;
    f.name = new_file_name(t, taken);
    f.planes = read_planes(t, scene, t.vector("low_m"), t.vector("high_m"));
    int flat = 0;
    for (int a = 0; a < 3; ++a) {
      require_outside_layers(t, scene, f.planes, a);
      if (f.planes.lo[a] < f.planes.hi[a]) continue;
      ++flat;
      if (f.planes.lo[a] == 0 || f.planes.lo[a] == scene.cells[a])
        t.reject("low_m", fmt::format("expected a plane inside the grid, found the grid's face across {}", "xyz"[a]));
    }
    if (flat > 1)
      t.reject("high_m",
               "expected a box, or a patch that is flat along one axis, found nothing that power could pass through; each side "
               "is moved to the nearest plane of the grid");
    check_flux_faces(t, scene, f.planes);
    f.spectrum = read_spectrum(t, scene);
    t.finish();
    scene.fluxes.push_back(std::move(f));
  }
}

void read_far_fields(std::vector<TableReader> tables, Scene& scene) {
  std::set<std::string> taken = names_of_files();
  for (const DftRequest& d : scene.dfts) taken.insert(d.name);
  for (TableReader& t : tables) {
    if (scene.sweep && !scene.sweep->ports.empty())
      fail(t.place(), t.name() + ": expected none beside a sweep of ports, since every run would write it anew; drive one port alone");
    FarFieldRequest f;
    f.place = t.place();
    f.name = new_file_name(t, taken);
    for (int a = 0; a < 3; ++a)
      for (const Boundary b : scene.boundary[a])
        if (b != Boundary::pml)
          fail(t.place(), fmt::format("{}: expected \"pml\" at every face of the grid, found another boundary along {}: the images behind "
                                      "walls and periods would radiate too",
                                      t.name(), "xyz"[a]));
    // By default as far out as can be.
    const auto layers = pml_layers(scene);
    Vec3 low_m, high_m;
    for (int a = 0; a < 3; ++a) {
      low_m[a] = static_cast<double>(layers[a][0] + 1) * scene.spacing_m[a];
      high_m[a] = static_cast<double>(scene.cells[a] - layers[a][1] - 1) * scene.spacing_m[a];
    }
    low_m = t.vector_or("low_m", low_m);
    high_m = t.vector_or("high_m", high_m);
    f.planes = read_planes(t, scene, low_m, high_m);
    check_far_field_box(t, scene, f.planes);
    if (!scene.sweep) {
      f.theta_deg = read_series(t, "theta_deg", Range{.low = 0, .high = 180});
      f.phi_deg = read_series(t, "phi_deg", any_number);
    }
    for (int a = 0; a < 3; ++a) low_m[a] = 0.5 * static_cast<double>(f.planes.lo[a] + f.planes.hi[a]) * scene.spacing_m[a];
    f.phase_center_m = t.vector_or("phase_center_m", low_m);
    f.spectrum = read_spectrum(t, scene);
    f.total_power = !scene.sweep && scene.plane_waves.empty();
    if (!scene.sweep && t.given("total_power")) f.total_power = t.flag("total_power");
    t.finish();
    if (scene.sweep && !f.spectrum.normalise) t.reject("normalise", "expected true in a sweep, found false");
    scene.far_fields.push_back(std::move(f));
  }
  if (scene.sweep && scene.sweep->ports.empty() && scene.far_fields.empty())
    fail(scene.sweep->place, "sweep: expected a [[far_field]], which says where and at which frequencies scattering is seen, found none");
}

}  // namespace hilbrick::fdtd
