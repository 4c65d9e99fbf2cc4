// SPDX-License-Identifier: BSD-3-Clause
#include "scene.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <hilbrick/partition/error.hpp>
#include <memory>
#include <set>
#include <utility>

#include "table_reader.hpp"

namespace hilbrick::fdtd {
namespace {

std::string text_of(const Vec3& v) { return fmt::format("({:g}, {:g}, {:g})", v[0], v[1], v[2]); }

Vec3 extent_m(const Scene& scene) {
  Vec3 e;
  for (int a = 0; a < 3; ++a) e[a] = static_cast<double>(scene.cells[a]) * scene.spacing_m[a];
  return e;
}

/// Fails unless a point lies in the grid, its surface included.
void require_inside(const TableReader& t, const std::string& key, const Vec3& point_m, const Scene& scene) {
  const Vec3 e = extent_m(scene);
  for (int a = 0; a < 3; ++a)
    if (point_m[a] < -1e-9 * e[a] || point_m[a] > e[a] * (1 + 1e-9))
      t.reject(key, fmt::format("expected a point inside the grid, (0, 0, 0) to {} m, found {}; move it or make the grid larger",
                                text_of(e), text_of(point_m)));
}

/// Fails unless low <= high along each axis.
void require_ordered(const TableReader& t, const Vec3& low_m, const Vec3& high_m) {
  for (int a = 0; a < 3; ++a)
    if (low_m[a] > high_m[a])
      t.reject("high_m", fmt::format("expected at least low_m along {}, {:g}, found {:g}; swap the two", "xyz"[a], low_m[a], high_m[a]));
}

/// A name that no other of its kind has.
std::string new_name(TableReader& t, std::set<std::string>& taken) {
  std::string name = t.text("name");
  if (name.empty()) t.reject("name", "expected a name, found an empty string");
  if (!taken.insert(name).second) t.reject("name", fmt::format("expected a name of its own, found \"{}\", which is taken", name));
  return name;
}

/// A name that also serves as a file's and a dataset's.
std::string new_file_name(TableReader& t, std::set<std::string>& taken) {
  std::string name = new_name(t, taken);
  const bool plain =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c == '.'; });
  if (!plain || name[0] == '.' || name.size() > 100)
    t.reject(
        "name",
        fmt::format("expected at most 100 letters, digits, '_', '-' and '.', none of these first a '.', found \"{}\"; it becomes part of "
                    "file names",
                    name));
  return name;
}

// [grid], [run], [partition]

void read_boundary(TableReader& grid, Scene& scene) {
  for (auto& axis : scene.boundary) axis = {Boundary::pml, Boundary::pml};
  TableReader boundary = grid.table_or_empty("boundary");
  const std::vector<std::string> names{"pec", "pmc", "periodic", "pml"};
  for (int a = 0; a < 3; ++a) {
    const std::string key(1, "xyz"[a]);
    const toml::node* node = boundary.node(key);
    if (!node) continue;
    const auto one = [&](const toml::node& face) {
      return static_cast<Boundary>(std::find(names.begin(), names.end(), boundary.word_of(key, face, names)) - names.begin());
    };
    if (const toml::array* both = node->as_array()) {
      if (both->size() != 2) boundary.wrong(key, *node, "one boundary for both faces or two as [low, high]");
      scene.boundary[a] = {one((*both)[0]), one((*both)[1])};
    } else {
      scene.boundary[a].fill(one(*node));
    }
    if ((scene.boundary[a][0] == Boundary::periodic) != (scene.boundary[a][1] == Boundary::periodic))
      boundary.reject(key, "expected \"periodic\" at both faces or at neither, found it at one; a periodic axis has no faces");
  }
  boundary.finish();
}

/// Layers must leave a cell between them.
void read_pml(TableReader& grid, Scene& scene) {
  std::array<Index, 3> layers{};
  for (int a = 0; a < 3; ++a) layers[a] = std::count(scene.boundary[a].begin(), scene.boundary[a].end(), Boundary::pml);
  scene.pml_cells = grid.integer_or("pml_cells", 10, *std::max_element(layers.begin(), layers.end()) > 0 ? 1 : 0);
  scene.pml_place = grid.place("pml_cells");
  for (int a = 0; a < 3; ++a) {
    if (layers[a] == 0) continue;
    const Index n = scene.cells[a], most = (n - 1) / layers[a];
    if (scene.pml_cells > most)
      grid.reject("pml_cells", fmt::format("expected fewer than {}the {} cells along {}, found {}; use {}",
                                           layers[a] == 2 ? "half of " : "", n, "xyz"[a], scene.pml_cells,
                                           most > 0 ? fmt::format("at most {}", most) : "another boundary or more cells there"));
  }
}

void read_grid(TableReader grid, Scene& scene) {
  const std::string expected = "three integers of at least 1, [x, y, z]";
  const toml::node& cells = grid.required("cells", expected);
  scene.grid_place = grid.place("cells");
  if (!cells.is_array() || cells.as_array()->size() != 3) grid.wrong("cells", cells, expected);
  Index left = (Index{1} << 62) - 1;  // how many cells may still be multiplied in
  for (int a = 0; a < 3; ++a) {
    const toml::node& n = (*cells.as_array())[static_cast<std::size_t>(a)];
    if (!n.is_integer() || **n.as_integer() < 1) grid.wrong("cells", n, expected);
    scene.cells[a] = **n.as_integer();
    left /= scene.cells[a];
  }
  if (left == 0) grid.wrong("cells", cells, "fewer than 2^62 cells in all", "make the grid smaller");
  const toml::node& spacing = grid.required("spacing_m", "a number above 0, or three as [dx, dy, dz]");
  if (spacing.is_array())
    scene.spacing_m = grid.vector("spacing_m", positive);
  else
    scene.spacing_m.fill(grid.number("spacing_m", positive));
  read_boundary(grid, scene);
  read_pml(grid, scene);
  scene.courant = grid.number_or("courant", 0.99, Range{.low = 0, .high = 1, .low_open = true});
  scene.courant_place = grid.place("courant");
  grid.finish();
}

void read_run(TableReader run, Scene& scene) {
  if (run.given("steps")) scene.steps = run.integer("steps", 0);
  if (run.given("duration_s")) scene.duration_s = run.number("duration_s", not_negative);
  scene.precision = run.word_or("precision", "single", {"single", "double"}) == "single" ? Precision::single_ : Precision::double_;
  scene.check_every = run.integer_or("check_every", 100, 1);
  if (run.given("stop_below_db")) scene.stop_below_db = run.number("stop_below_db", negative);
  run.finish();
  if (!scene.steps && !scene.duration_s)
    fail(run.place(), "run: expected steps or duration_s, found neither; say when the run ends, such as steps = 1000");
}

/// One of two words, or a table that changes some costs of the model.
void read_weights(TableReader& partition, CellCosts& costs) {
  const toml::node* node = partition.node("weights");
  if (!node) return;
  if (!node->is_table()) {
    const std::string expected = "\"model\", \"uniform\" or a table of costs such as { pml = [3, 1, 1] }";
    if (!node->is_string()) partition.wrong("weights", *node, expected);
    if (partition.word("weights", {"model", "uniform"}) == "uniform") costs = {.pml = {0, 0, 0}, .material_change = 0, .incident_value = 0};
    return;
  }
  TableReader weights = partition.table("weights");
  const Range cost{.low = 0, .high = 1000};
  if (weights.given("pml")) costs.pml = weights.vector("pml", cost);
  costs.material_change = weights.number_or("material_change", costs.material_change, cost);
  costs.incident_value = weights.number_or("incident_value", costs.incident_value, cost);
  weights.finish();
}

void read_partition(TableReader partition, Scene& scene) {
  if (partition.given("method")) {
    std::vector<std::string> names;
    names.reserve(all_methods.size());
    for (const Method method : all_methods) names.emplace_back(name_of(method));
    scene.method = *method_from_name(partition.word("method", names));
  }
  scene.brick = partition.integer_or("brick", 16, 1);
  read_weights(partition, scene.costs);
  partition.finish();
}

// [[material]], [[shape]]

void read_materials(std::vector<TableReader> tables, Scene& scene) {
  Material vacuum, pec;
  vacuum.name = "vacuum";
  pec.name = "pec";
  pec.pec = true;
  scene.materials = {vacuum, pec};
  std::set<std::string> taken{"vacuum", "pec"};
  for (TableReader& t : tables) {
    Material m;
    m.name = new_name(t, taken);
    m.eps_r = t.number_or("eps_r", 1, positive);
    m.mu_r = t.number_or("mu_r", 1, positive);
    m.sigma = t.number_or("sigma", 0, not_negative);
    m.sigma_m = t.number_or("sigma_m", 0, not_negative);
    m.place = t.place();
    t.finish();
    scene.materials.push_back(m);
  }
}

std::variant<BoxShape, Ellipsoid, Cylinder, Cone, Prism> read_form(TableReader& t) {
  const std::string kind = t.word("kind", {"box", "sphere", "ellipsoid", "cylinder", "cone", "prism"});
  const auto require_length = [&](const Vec3& from, const Vec3& to) {
    if (from == to) t.reject("to_m", fmt::format("expected another point than from_m, found {} for both", text_of(to)));
  };
  if (kind == "box") {
    const BoxShape s{t.vector("low_m"), t.vector("high_m")};
    require_ordered(t, s.low_m, s.high_m);
    return s;
  }
  if (kind == "sphere") {
    const Vec3 center = t.vector("center_m");
    const double r = t.number("radius_m", positive);
    return Ellipsoid{center, {r, r, r}};
  }
  if (kind == "ellipsoid") return Ellipsoid{t.vector("center_m"), t.vector("radii_m", positive)};
  if (kind == "prism") {
    const std::vector<Vec3> points = t.vectors("triangle_m", 3);
    const Prism s{{points[0], points[1], points[2]}, t.vector("from_m"), t.vector("to_m")};
    require_length(s.from_m, s.to_m);
    // The volume that the triangle sweeps, against the size of its edges.
    Vec3 e1, e2, d;
    for (int a = 0; a < 3; ++a) {
      e1[a] = s.triangle_m[1][a] - s.triangle_m[0][a];
      e2[a] = s.triangle_m[2][a] - s.triangle_m[0][a];
      d[a] = s.to_m[a] - s.from_m[a];
    }
    const double volume =
        d[0] * (e1[1] * e2[2] - e1[2] * e2[1]) + d[1] * (e1[2] * e2[0] - e1[0] * e2[2]) + d[2] * (e1[0] * e2[1] - e1[1] * e2[0]);
    const double size = std::hypot(e1[0], e1[1], e1[2]) * std::hypot(e2[0], e2[1], e2[2]) * std::hypot(d[0], d[1], d[2]);
    if (!(std::fabs(volume) > 1e-12 * size))
      t.reject("triangle_m",
               "expected three points that span a triangle and a sweep from_m to to_m out of its plane, found a body without volume");
    return s;
  }
  const Vec3 from = t.vector("from_m"), to = t.vector("to_m");
  require_length(from, to);
  if (kind == "cylinder") return Cylinder{from, to, t.number("radius_m", positive)};
  const double from_radius = t.number("from_radius_m", not_negative), to_radius = t.number_or("to_radius_m", 0, not_negative);
  if (from_radius == 0 && to_radius == 0) t.reject("from_radius_m", "expected a radius above 0 at one end, found 0 at both");
  return Cone{from, to, from_radius, to_radius};
}

void read_shapes(std::vector<TableReader> tables, Scene& scene) {
  const Vec3 e = extent_m(scene);
  std::vector<std::string> names;
  for (const Material& m : scene.materials) names.push_back(m.name);
  for (TableReader& t : tables) {
    Shape shape;
    shape.form = read_form(t);
    shape.place = t.place();
    const std::string material = t.text("material");
    const auto found = std::find(names.begin(), names.end(), material);
    if (found == names.end())
      t.reject("material", fmt::format("expected {}, found \"{}\"; define it by a [[material]] of that name", joined(names), material));
    shape.material = static_cast<int>(found - names.begin());
    t.finish();
    const auto [low, high] = bounds_m(shape);
    for (int a = 0; a < 3; ++a)
      if (high[a] < -1e-9 * e[a] || low[a] > e[a] * (1 + 1e-9))
        fail(shape.place,
             fmt::format(
                 "{}: expected a shape that touches the grid, (0, 0, 0) to {} m, found a shape outside the grid, {} to {} m; move it",
                 t.name(), text_of(e), text_of(low), text_of(high)));
    scene.shapes.push_back(shape);
  }
}

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
        read_table_file(t, std::filesystem::path(t.file()).parent_path() / t.text("file"), w);
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

const std::vector<std::string> component_words(component_names.begin(), component_names.end());

Component component_from_word(const std::string& word) {
  return static_cast<Component>(std::find(component_words.begin(), component_words.end(), word) - component_words.begin());
}

void read_dipole(TableReader& t, Scene& scene) {
  Dipole d;
  d.place = t.place();
  d.position_m = t.vector("position_m");
  require_inside(t, "position_m", d.position_m, scene);
  d.component = component_from_word(t.word("component", component_words));
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

void read_plane_wave(TableReader& t, Scene& scene) {
  PlaneWave w;
  w.place = t.place();
  w.box_low_m = t.vector("box_low_m");
  w.box_high_m = t.vector("box_high_m");
  const Vec3 direction = t.vector("direction");
  w.axis = 0;
  for (int a = 1; a < 3; ++a)
    if (std::fabs(direction[a]) > std::fabs(direction[w.axis])) w.axis = a;
  const double along = direction[w.axis];
  for (int a = 0; a < 3; ++a)
    if (along == 0 || (a != w.axis && std::fabs(direction[a]) > 1e-9 * std::fabs(along)))
      t.reject("direction",
               fmt::format("expected a direction along an axis, such as [1, 0, 0] or [0, 0, -1], found {}; only these exist so far",
                           text_of(direction)));
  if (scene.boundary[w.axis][0] == Boundary::periodic)
    t.reject("direction",
             fmt::format("expected a direction across the periodic axes, found one along {}; the wave has no face to enter by there",
                         "xyz"[w.axis]));
  w.sign = along > 0 ? 1 : -1;
  w.polarization = t.vector("polarization");
  const double strength = std::hypot(w.polarization[0], w.polarization[1], w.polarization[2]);
  if (!(strength > 0 && std::isfinite(strength)) || std::fabs(w.polarization[w.axis]) > 1e-9 * strength)
    t.reject("polarization", fmt::format("expected a vector at right angles to the direction, found {}", text_of(w.polarization)));
  w.polarization[w.axis] = 0;
  for (double& p : w.polarization) p /= strength;
  w.waveform = read_waveform(t.table("waveform"));
  check_total_field_box(t, scene, w);
  scene.plane_waves.push_back(std::move(w));
}

void read_sources(std::vector<TableReader> tables, Scene& scene) {
  for (TableReader& t : tables) {
    if (t.word("kind", {"dipole", "plane_wave"}) == "dipole")
      read_dipole(t, scene);
    else
      read_plane_wave(t, scene);
    t.finish();
  }
}

// [[probe]], [[snapshot]]

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
    for (const std::string& word : t.words_once("fields", component_words)) s.fields.push_back(component_from_word(word));
    s.every = t.integer_or("every", 100, 1);
    s.at_cell = t.word_or("at", "cell", {"yee", "cell"}) == "cell";
    t.finish();
    scene.snapshots.push_back(std::move(s));
  }
}

// --set

/// A table whose one value, "v", is that of an override, with columns as in its text; a bare word is a string.
toml::table parsed_value(const std::string& text, std::size_t equals, const Place& place) {
  const std::string value = text.substr(equals + 1), key = std::string(equals - 1, ' ') + "v=";
  toml::table table;
  try {
    table = toml::parse(key + value, place.file);
  } catch (const toml::parse_error& e) {
    const auto plain = [](unsigned char c) { return std::isalnum(c) || std::strchr("_-+./", c); };
    if (value.empty() || !std::all_of(value.begin(), value.end(), plain))
      fail({place.file, e.source().begin.line, e.source().begin.column}, std::string(e.description()));
    table = toml::parse(key + "'" + value + "'", place.file);
  }
  if (table.size() != 1) fail(place, "expected one value after the '='");
  return table;
}

/// Moves the value "v" to a key, which stands at `place`.
void put(toml::table& table, const std::string& name, toml::table value, const Place& place) {
  const toml::source_position at{place.line, place.column};
  const toml::key key(name, {at, at, std::make_shared<const std::string>(place.file)});
  value.get("v")->visit([&](auto& node) { table.insert_or_assign(key, std::move(node)); });
}

/// Puts the value at the dotted key of an override; arrays of tables take a number: source.0.waveform.frequency_hz.
void apply_override(toml::table& root, const std::string& text) {
  const Place place{"--set " + text, 1, 1};
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) fail(place, "expected KEY=VALUE, such as grid.spacing_m=0.01");
  std::vector<std::string> keys{""};
  for (const char c : text.substr(0, equals)) {
    if (c == '.')
      keys.emplace_back();
    else
      keys.back() += c;
  }
  toml::table value = parsed_value(text, equals, place);
  // Keys that are new stand where the override does.
  const auto new_key = [file = value.get("v")->source().path](const std::string& key) {
    return toml::key(key, toml::source_region{{1, 1}, {1, 1}, file});
  };
  toml::node* at = &root;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    if (toml::array* array = at->as_array()) {
      std::size_t index = 0;
      const char* end = keys[i].data() + keys[i].size();
      at = std::from_chars(keys[i].data(), end, index).ptr == end && index < array->size() ? array->get(index) : nullptr;
      if (!at) fail(place, fmt::format("expected a number below {} after {}, found \"{}\"", array->size(), keys[i - 1], keys[i]));
    } else if (toml::table* table = at->as_table()) {
      if (!table->contains(keys[i])) put(*table, keys[i], toml::parse("v={}", place.file), place);
      at = table->get(keys[i]);
    } else {
      fail(place, fmt::format("expected the name of a table before \"{}\", found that of a value, \"{}\"", keys[i], keys[i - 1]));
    }
  }
  toml::table* last = at->as_table();
  if (!last) fail(place, fmt::format("expected the key of a value in a table, found \"{}\" in something else", keys.back()));
  put(*last, keys.back(), std::move(value), place);
}

}  // namespace

Scene parse_scene(std::string_view text, const std::string& path, const std::vector<std::string>& overrides) {
  toml::table root = parse_toml(text, path);
  for (const std::string& override : overrides) apply_override(root, override);

  TableReader reader(root, "", path);
  Scene scene;
  read_grid(reader.table("grid"), scene);
  read_run(reader.table_or_empty("run"), scene);
  read_partition(reader.table_or_empty("partition"), scene);
  read_materials(reader.tables("material"), scene);
  read_shapes(reader.tables("shape"), scene);
  read_sources(reader.tables("source"), scene);
  read_probes(reader.tables("probe"), scene);
  read_snapshots(reader.tables("snapshot"), scene);
  reader.finish();
  return scene;
}

}  // namespace hilbrick::fdtd
