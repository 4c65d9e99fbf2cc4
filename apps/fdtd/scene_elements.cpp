// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include "elements.hpp"
#include "scene_reader.hpp"

namespace hilbrick::fdtd {
namespace {

// [[element]], [[port]]

/// Two points of the grid that a row of grid edges joins.
void read_ends(TableReader& t, const Scene& scene, Vec3& from_m, Vec3& to_m) {
  from_m = t.vector("from_m");
  to_m = t.vector("to_m");
  require_inside(t, "from_m", from_m, scene);
  require_inside(t, "to_m", to_m, scene);
  if (edge_row(scene, from_m, to_m).count == 0)
    t.reject(
        "to_m",
        fmt::format("expected a grid node on one grid line with that of from_m and apart from it, found {} and {} m, which move to the "
                    "nearest nodes",
                    text_of(from_m), text_of(to_m)));
}

}  // namespace

void read_elements(std::vector<TableReader> tables, Scene& scene) {
  for (TableReader& t : tables) {
    Element e;
    e.place = t.place();
    read_ends(t, scene, e.from_m, e.to_m);
    if (t.given("resistance_ohm")) e.resistance_ohm = t.number("resistance_ohm", positive);
    if (t.given("inductance_h")) e.inductance_h = t.number("inductance_h", positive);
    if (t.given("capacitance_f")) e.capacitance_f = t.number("capacitance_f", positive);
    e.in_series = t.word_or("connection", "parallel", {"parallel", "series"}) == "series";
    t.finish();
    if (!e.resistance_ohm && !e.inductance_h && !e.capacitance_f)
      fail(e.place, t.name() + ": expected resistance_ohm, inductance_h or capacitance_f, found none of them");
    scene.elements.push_back(std::move(e));
  }
}

void read_ports(std::vector<TableReader> tables, Scene& scene) {
  std::set<std::string> taken;
  for (TableReader& t : tables) {
    Port p;
    p.place = t.place();
    p.name = new_file_name(t, taken);
    read_ends(t, scene, p.from_m, p.to_m);
    p.resistance_ohm = t.number_or("resistance_ohm", 50, positive);
    if (t.given("waveform")) p.waveform = read_waveform(t.table("waveform"));
    p.frequencies_hz = read_series(t, "frequencies_hz", positive);
    t.finish();
    scene.ports.push_back(std::move(p));
  }
}

}  // namespace hilbrick::fdtd
