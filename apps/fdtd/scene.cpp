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
#include <set>

#include "scene_reader.hpp"

namespace hilbrick::fdtd {
namespace {

std::string text_of(const Vec3& v) { return fmt::format("({:g}, {:g}, {:g})", v[0], v[1], v[2]); }

Vec3 extent_m(const Scene& scene) {
  Vec3 e;
  for (int a = 0; a < 3; ++a) e[a] = static_cast<double>(scene.cells[a]) * scene.spacing_m[a];
  return e;
}

/// Fails unless a point lies in the grid, its surface included.
void require_inside(const Scene& scene, const Vec3& point_m, const Place& place, const std::string& what) {
  const Vec3 e = extent_m(scene);
  for (int a = 0; a < 3; ++a)
    if (point_m[a] < -1e-9 * e[a] || point_m[a] > e[a] * (1 + 1e-9))
      fail(place, fmt::format("{}: expected a point inside the grid, (0, 0, 0) to {} m, found {}", what, text_of(e), text_of(point_m)));
}

/// A name that also serves as a file's and a dataset's.
std::string new_name(TableReader& table, std::set<std::string>& taken) {
  const std::string name = table.text("name");
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(),
                                                  [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c == '.'; });
  if (!plain || name[0] == '.')
    fail(table.place("name"), fmt::format("{}: expected letters, digits, '_', '-' and '.', found \"{}\"; it becomes part of file names",
                                          table.name_of("name"), name));
  if (!taken.insert(name).second)
    fail(table.place("name"), fmt::format("{}: \"{}\" is taken; give each its own name", table.name_of("name"), name));
  return name;
}

// [grid], [run], [partition]

void read_boundary(TableReader& grid, Scene& scene) {
  for (auto& axis : scene.boundary) axis = {Boundary::pml, Boundary::pml};
  TableReader boundary = grid.table_or_empty("boundary");
  const std::array<const char*, 4> names{"pec", "pmc", "periodic", "pml"};
  for (int a = 0; a < 3; ++a) {
    const std::string key(1, "xyz"[a]);
    const toml::node* node = boundary.node(key);
    if (!node) continue;
    const auto one = [&](const toml::node& n) {
      for (std::size_t i = 0; i < names.size(); ++i)
        if (n.is_string() && **n.as_string() == names[i]) return static_cast<Boundary>(i);
      fail(boundary.place_of(n),
           fmt::format("{}: expected \"pec\", \"pmc\", \"periodic\" or \"pml\", or two of them as [low, high]", boundary.name_of(key)));
    };
    if (const toml::array* both = node->as_array()) {
      if (both->size() != 2)
        fail(boundary.place(key), fmt::format("{}: expected [low, high], found {} values", boundary.name_of(key), both->size()));
      scene.boundary[a] = {one((*both)[0]), one((*both)[1])};
    } else {
      scene.boundary[a] = {one(*node), one(*node)};
    }
    if ((scene.boundary[a][0] == Boundary::periodic) != (scene.boundary[a][1] == Boundary::periodic))
      fail(boundary.place(key),
           fmt::format("{}: expected \"periodic\" at both faces or at none: a periodic axis has no face", boundary.name_of(key)));
  }
  boundary.finish();
}

void check_pml(const Scene& scene) {
  for (int a = 0; a < 3; ++a) {
    Index faces = 0;
    for (const Boundary b : scene.boundary[a]) faces += b == Boundary::pml ? 1 : 0;
    const Index n = scene.cells[a];
    if (faces == 0 || faces * scene.pml_cells < n) continue;
    const Index most = (n - 1) / faces;
    fail(scene.pml_place,
         fmt::format("grid.pml_cells: {} exceed {}the {} cells along {}; use {}", scene.pml_cells, faces == 2 ? "half of " : "", n,
                     "xyz"[a], most > 0 ? fmt::format("at most {}", most) : "another boundary there"));
  }
}

void read_grid(TableReader grid, Scene& scene) {
  const toml::node* cells = grid.node("cells");
  scene.grid_place = cells ? grid.place("cells") : grid.place();
  const toml::array* three = cells ? cells->as_array() : nullptr;
  if (!three || three->size() != 3)
    fail(scene.grid_place, "grid.cells: expected three integers [x, y, z]; say how many cells the grid has along each axis");
  double product_of_cells = 1;
  for (int a = 0; a < 3; ++a) {
    const toml::node& n = (*three)[static_cast<std::size_t>(a)];
    if (!n.is_integer() || **n.as_integer() < 1) fail(grid.place_of(n), "grid.cells: expected three integers of at least 1");
    scene.cells[a] = **n.as_integer();
    product_of_cells *= static_cast<double>(scene.cells[a]);
  }
  if (product_of_cells >= 0x1p62) fail(scene.grid_place, "grid.cells: expected fewer than 2^62 cells in all");
  const toml::node* spacing = grid.node("spacing_m");
  if (spacing && spacing->is_array()) {
    scene.spacing_m = grid.vector("spacing_m", positive);
  } else {
    const double d = grid.number("spacing_m", positive);
    scene.spacing_m = {d, d, d};
  }
  read_boundary(grid, scene);
  scene.pml_cells = grid.integer_or("pml_cells", 10, 1);
  scene.pml_place = grid.place("pml_cells");
  scene.courant = grid.number_or("courant", 0.99, Range{0, 1, true});
  scene.courant_place = grid.place("courant");
  grid.finish();
  check_pml(scene);
}

void read_run(TableReader run, Scene& scene) {
  if (run.given("steps")) scene.steps = run.integer("steps", 0);
  if (run.given("duration_s")) scene.duration_s = run.number("duration_s", not_negative);
  scene.precision = run.word_or("precision", "single", {"single", "double"}) == "single" ? Precision::single_ : Precision::double_;
  scene.check_every = run.integer_or("check_every", 100, 1);
  if (run.given("stop_below_db"))
    scene.stop_below_db = run.number("stop_below_db", Range{-std::numeric_limits<double>::infinity(), 0, false});
  run.finish();
  if (!scene.steps && !scene.duration_s) fail(run.place(), "run: expected steps or duration_s, found neither; say when the run ends");
}

void read_partition(TableReader partition, Scene& scene) {
  if (partition.given("method")) {
    const std::string name = partition.text("method");
    const auto method = method_from_name(name);
    if (!method) fail(partition.place("method"), fmt::format("partition.method: expected {}, found \"{}\"", method_names(), name));
    scene.method = *method;
  }
  scene.brick = partition.integer_or("brick", 16, 1);
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

bool same(const Vec3& a, const Vec3& b) { return a == b; }

std::variant<BoxShape, Ellipsoid, Cylinder, Cone, Prism> read_form(TableReader& t) {
  const std::string kind = t.word("kind", {"box", "sphere", "ellipsoid", "cylinder", "cone", "prism"});
  const auto require_length = [&](const Vec3& from, const Vec3& to) {
    if (same(from, to)) fail(t.place("to_m"), fmt::format("{}: expected another point than from_m", t.name_of("to_m")));
  };
  if (kind == "box") {
    const BoxShape s{t.vector("low_m"), t.vector("high_m")};
    for (int a = 0; a < 3; ++a)
      if (s.low_m[a] > s.high_m[a])
        fail(t.place("high_m"), fmt::format("{}: expected at least low_m along {}", t.name_of("high_m"), "xyz"[a]));
    return s;
  }
  if (kind == "sphere") {
    const Vec3 center = t.vector("center_m");
    const double r = t.number("radius_m", positive);
    return Ellipsoid{center, {r, r, r}};
  }
  if (kind == "ellipsoid") return Ellipsoid{t.vector("center_m"), t.vector("radii_m", positive)};
  if (kind == "prism") {
    const toml::node* node = t.node("triangle_m");
    const toml::array* points = node ? node->as_array() : nullptr;
    if (!points || points->size() != 3)
      fail(t.place("triangle_m"), fmt::format("{}: expected three points [[x, y, z], [x, y, z], [x, y, z]]", t.name_of("triangle_m")));
    Prism s{};
    for (std::size_t i = 0; i < 3; ++i) {
      const toml::array* p = (*points)[i].as_array();
      for (std::size_t a = 0; a < 3; ++a) {
        const auto v = p && p->size() == 3 ? (*p)[a].value<double>() : std::nullopt;
        if (!v || !std::isfinite(*v))
          fail(t.place_of((*points)[i]), fmt::format("{}: expected three numbers [x, y, z]", t.name_of("triangle_m")));
        s.triangle_m[i][a] = *v;
      }
    }
    s.from_m = t.vector("from_m");
    s.to_m = t.vector("to_m");
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
      fail(t.place("triangle_m"),
           fmt::format("{}: expected three points that span a triangle, moved out of its plane by to_m - from_m", t.name_of("triangle_m")));
    return s;
  }
  const Vec3 from = t.vector("from_m"), to = t.vector("to_m");
  require_length(from, to);
  if (kind == "cylinder") return Cylinder{from, to, t.number("radius_m", positive)};
  const double from_radius = t.number("from_radius_m", not_negative), to_radius = t.number_or("to_radius_m", 0, not_negative);
  if (from_radius == 0 && to_radius == 0)
    fail(t.place("from_radius_m"), fmt::format("{}: expected a radius above 0 at one end", t.name_of("from_radius_m")));
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
      fail(t.place("material"),
           fmt::format("{}: expected {}, found \"{}\"; define it by [[material]]", t.name_of("material"), joined(names), material));
    shape.material = static_cast<int>(found - names.begin());
    t.finish();
    const auto [low, high] = bounds_m(shape);
    for (int a = 0; a < 3; ++a)
      if (high[a] < -1e-9 * e[a] || low[a] > e[a] * (1 + 1e-9))
        fail(shape.place, fmt::format("{}: the shape lies outside the grid: it spans {} to {} m, the grid (0, 0, 0) to {} m",
                                      t.name_of("kind"), text_of(low), text_of(high), text_of(e)));
    scene.shapes.push_back(shape);
  }
}

// [[source]]

/// Two columns, time and value; '#' comments, empty lines and one line of words at the top are skipped.
void read_table_file(const std::filesystem::path& path, Waveform& w, const Place& place) {
  std::ifstream file(path);
  if (!file) fail(place, fmt::format("waveform.file: cannot read {} ({})", path.string(), std::strerror(errno)));
  std::string line;
  for (unsigned n = 1; std::getline(file, line); ++n) {
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos || line[first] == '#') continue;
    double t = 0, v = 0;
    char rest = 0;
    const int read = std::sscanf(line.c_str(), " %lf , %lf %c", &t, &v, &rest);
    if (read < 2 && w.times_s.empty() && std::isalpha(static_cast<unsigned char>(line[first]))) continue;
    if (read != 2 || !std::isfinite(t) || !std::isfinite(v))
      fail({path.string(), n, 1}, fmt::format("expected a time in s and a value, separated by a comma, found \"{}\"", line));
    if (!w.times_s.empty() && t <= w.times_s.back()) fail({path.string(), n, 1}, "expected times that grow from line to line");
    w.times_s.push_back(t);
    w.values.push_back(v);
  }
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
      w.ramp_periods = t.number_or("ramp_periods", 3, positive);
      w.phase_rad = t.number_or("phase_rad", 0);
      delay_s = 0;
      break;
    case Waveform::Kind::table:
      if (t.given("file")) {
        read_table_file(std::filesystem::path(t.file()).parent_path() / t.text("file"), w, t.place("file"));
      } else {
        w.times_s = t.numbers("times_s");
        w.values = t.numbers("values");
        if (w.times_s.size() != w.values.size())
          fail(t.place("values"),
               fmt::format("{}: expected as many as times_s, {}, found {}", t.name_of("values"), w.times_s.size(), w.values.size()));
        if (std::adjacent_find(w.times_s.begin(), w.times_s.end(), std::greater_equal<>()) != w.times_s.end())
          fail(t.place("times_s"), fmt::format("{}: expected times that grow", t.name_of("times_s")));
      }
      if (w.times_s.size() < 2) fail(w.place, "waveform: expected at least two points in the table");
      break;
    default:
      break;
  }
  w.delay_s = t.number_or("delay_s", delay_s);
  t.finish();
  return w;
}

std::optional<Component> component_from_name(const std::string& name) {
  for (int c = 0; c < 6; ++c)
    if (name == component_names[c]) return static_cast<Component>(c);
  return std::nullopt;
}

void read_dipole(TableReader& t, Scene& scene) {
  Dipole d;
  d.place = t.place();
  d.position_m = t.vector("position_m");
  require_inside(scene, d.position_m, t.place("position_m"), t.name_of("position_m"));
  d.component = *component_from_name(t.word("component", {component_names.begin(), component_names.end()}));
  d.waveform = read_waveform(t.table("waveform"));
  scene.dipoles.push_back(std::move(d));
}

/// The box must leave a cell between itself and walls or layers, where the scattered field is.
void check_total_field_box(const TableReader& t, const Scene& scene, const PlaneWave& w) {
  for (int a = 0; a < 3; ++a) {
    if (scene.boundary[a][0] == Boundary::periodic) continue;
    const Index low = std::llround(w.box_low_m[a] / scene.spacing_m[a]), high = std::llround(w.box_high_m[a] / scene.spacing_m[a]);
    const auto free = [&](int side) { return 1 + (scene.boundary[a][side] == Boundary::pml ? scene.pml_cells : 0); };
    if (high <= low)
      fail(t.place("box_high_m"),
           fmt::format("{}: expected more than box_low_m along {}, by at least half a cell", t.name_of("box_high_m"), "xyz"[a]));
    if (low < free(0) || high > scene.cells[a] - free(1))
      fail(t.place(low < free(0) ? "box_low_m" : "box_high_m"),
           fmt::format(
               "{}: expected the total-field box between planes {} and {} along {} (one cell away from walls and layers), found {} to {}",
               t.name_of(low < free(0) ? "box_low_m" : "box_high_m"), free(0), scene.cells[a] - free(1), "xyz"[a], low, high));
  }
}

void read_plane_wave(TableReader& t, Scene& scene) {
  PlaneWave w;
  w.place = t.place();
  w.box_low_m = t.vector("box_low_m");
  w.box_high_m = t.vector("box_high_m");
  const Vec3 direction = t.vector("direction");
  const double size = std::hypot(direction[0], direction[1], direction[2]);
  w.axis = -1;
  for (int a = 0; a < 3; ++a)
    if (std::fabs(direction[a]) > (1 - 1e-9) * size && size > 0) w.axis = a;
  if (w.axis < 0)
    fail(t.place("direction"),
         fmt::format("{}: expected a direction along an axis, such as [1, 0, 0] or [0, 0, -1], found {}; others are not "
                     "available in this version",
                     t.name_of("direction"), text_of(direction)));
  w.sign = direction[static_cast<std::size_t>(w.axis)] > 0 ? 1 : -1;
  w.polarization = t.vector("polarization");
  const double strength = std::hypot(w.polarization[0], w.polarization[1], w.polarization[2]);
  if (strength == 0 || std::fabs(w.polarization[static_cast<std::size_t>(w.axis)]) > 1e-9 * strength)
    fail(t.place("polarization"), fmt::format("{}: expected a vector at right angles to the direction, found {}", t.name_of("polarization"),
                                              text_of(w.polarization)));
  w.polarization[static_cast<std::size_t>(w.axis)] = 0;
  for (double& p : w.polarization) p /= strength;
  w.waveform = read_waveform(t.table("waveform"));
  if (scene.boundary[w.axis][0] == Boundary::periodic)
    fail(t.place("direction"), fmt::format("{}: expected a direction across the periodic axes: along one, the wave has no face to enter by",
                                           t.name_of("direction")));
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
    Probe p{new_name(t, taken), t.vector("position_m"), t.place()};
    require_inside(scene, p.position_m, t.place("position_m"), t.name_of("position_m"));
    t.finish();
    scene.probes.push_back(std::move(p));
  }
}

void read_snapshots(std::vector<TableReader> tables, Scene& scene) {
  std::set<std::string> taken;
  for (TableReader& t : tables) {
    SnapshotRequest s;
    s.place = t.place();
    s.name = new_name(t, taken);
    s.low_m = t.vector_or("low_m", {0, 0, 0});
    s.high_m = t.vector_or("high_m", extent_m(scene));
    require_inside(scene, s.low_m, t.place("low_m"), t.name_of("low_m"));
    require_inside(scene, s.high_m, t.place("high_m"), t.name_of("high_m"));
    for (int a = 0; a < 3; ++a)
      if (s.low_m[a] > s.high_m[a])
        fail(t.place("high_m"), fmt::format("{}: expected at least low_m along {}", t.name_of("high_m"), "xyz"[a]));
    for (const std::string& name : t.texts("fields")) {
      const auto c = component_from_name(name);
      if (!c) fail(t.place("fields"), fmt::format("{}: expected names of Ex, Ey, Ez, Hx, Hy, Hz, found \"{}\"", t.name_of("fields"), name));
      if (std::find(s.fields.begin(), s.fields.end(), *c) != s.fields.end())
        fail(t.place("fields"), fmt::format("{}: \"{}\" stands there twice", t.name_of("fields"), name));
      s.fields.push_back(*c);
    }
    if (s.fields.empty()) fail(t.place("fields"), fmt::format("{}: expected at least one field", t.name_of("fields")));
    s.every = t.integer_or("every", 100, 1);
    s.at_cell = t.word_or("at", "cell", {"yee", "cell"}) == "cell";
    t.finish();
    scene.snapshots.push_back(std::move(s));
  }
}

// --set

/// Puts value at the dotted key of an override; arrays of tables take a number: source.0.waveform.frequency_hz.
void apply_override(toml::table& root, const std::string& text) {
  const std::string origin = "--set " + text;
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) fail({origin, 0, 0}, "expected KEY=VALUE, such as --set grid.spacing_m=0.01");
  std::vector<std::string> keys;
  std::string rest = text.substr(0, equals);
  for (std::size_t dot = 0; dot != std::string::npos;) {
    dot = rest.find('.');
    keys.push_back(rest.substr(0, dot));
    if (dot != std::string::npos) rest = rest.substr(dot + 1);
  }
  toml::table value;
  try {
    value = toml::parse("v = " + text.substr(equals + 1), origin);
  } catch (const toml::parse_error&) {
    value.insert("v", text.substr(equals + 1));  // a bare word
  }
  toml::node* at = &root;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    if (toml::array* array = at->as_array()) {
      std::size_t index = 0;
      const auto parsed = std::from_chars(keys[i].data(), keys[i].data() + keys[i].size(), index);
      at = parsed.ptr == keys[i].data() + keys[i].size() ? array->get(index) : nullptr;
      if (!at)
        fail({origin, 0, 0}, fmt::format("expected a number from 0 to {} after the array's name, found \"{}\"",
                                         static_cast<long>(array->size()) - 1, keys[i]));
    } else if (toml::table* table = at->as_table()) {
      if (!table->contains(keys[i])) table->insert(keys[i], toml::table{});
      at = table->get(keys[i]);
    } else {
      fail({origin, 0, 0}, fmt::format("\"{}\" is a value, not a table", keys[i - 1]));
    }
  }
  toml::table* last = at->as_table();
  if (!last) fail({origin, 0, 0}, "expected the key of a table before the '='");
  toml::node* fresh = value.get("v");
  fresh->visit([&](auto& node) { last->insert_or_assign(keys.back(), std::move(node)); });
}

}  // namespace

Scene parse_scene(std::string_view text, const std::string& path, const std::vector<std::string>& overrides) {
  toml::table root;
  try {
    root = toml::parse(text, path);
  } catch (const toml::parse_error& e) {
    const auto& at = e.source().begin;
    fail({path, at.line, at.column}, std::string(e.description()));
  }
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
