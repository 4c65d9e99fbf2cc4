// SPDX-License-Identifier: BSD-3-Clause
#include "scene_reader.hpp"

namespace hilbrick::fdtd {

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
    for (const std::string& word : t.words_once("fields", component_words())) s.fields.push_back(component_from_word(word));
    s.every = t.integer_or("every", 100, 1);
    s.at_cell = t.word_or("at", "cell", {"yee", "cell"}) == "cell";
    t.finish();
    scene.snapshots.push_back(std::move(s));
  }
}

}  // namespace hilbrick::fdtd
