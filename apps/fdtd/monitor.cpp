// SPDX-License-Identifier: BSD-3-Clause
#include "monitor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace hilbrick::fdtd {
namespace {

std::vector<double> as_vector(const Vec3& v) { return {v[0], v[1], v[2]}; }

/// When component c is known after `step` steps.
double time_s(const Numerics& numerics, Component c, Index step) {
  return (static_cast<double>(step) + (is_electric(c) ? 0.0 : 0.5)) * numerics.dt_s;
}

/// Component c averaged to the middle of a cell, over the values on the cell's edges (E) or faces (H).
template <class T>
T at_cell_centre(const Field<T>& field, std::size_t box, Component c, Int3 cell) {
  const int a = axis_of(c);
  if (!is_electric(c)) return T(0.5) * (field.at(box, cell) + field.at(box, cell + unit(a)));
  const Int3 u = unit((a + 1) % 3), v = unit((a + 2) % 3);
  return T(0.25) * ((field.at(box, cell) + field.at(box, cell + u)) + (field.at(box, cell + v) + field.at(box, cell + u + v)));
}

}  // namespace

template <class T>
ProbeRecorder<T>::ProbeRecorder(const Comm& comm, const Scene& scene, const Solver<T>& solver, const std::filesystem::path& folder,
                                Index flush_every)
    : comm_(comm), taps_(comm, flush_every) {
  const Numerics& numerics = solver.numerics();
  std::vector<SeriesFile::Series> series;
  std::map<std::string, Attributes> groups;
  for (const Probe& probe : scene.probes) {
    groups.insert({"/" + probe.name, {{"position_m", as_vector(probe.position_m)}, {"dt_s", numerics.dt_s}}});
    for (int i = 0; i < 6; ++i) {
      const auto c = static_cast<Component>(i);
      const Int3 cell = yee_cell_below(numerics, c, probe.position_m);
      taps_.add(solver.field(c), cell);
      series.push_back({"/" + probe.name + "/" + component_names[i],
                        {{"position_m", as_vector(yee_position_m(numerics.spacing_m, c, cell))},
                         {"dt_s", numerics.dt_s},
                         {"time_offset_s", time_s(numerics, c, solver.steps_done() + 1)},
                         {"unit", is_electric(c) ? "V/m" : "A/m"}}});
    }
  }
  if (series.empty()) return;
  agree_on(comm_, [&] {
    if (comm_.rank() == 0) file_ = std::make_unique<SeriesFile>(folder / "probes.h5", series, groups, sizeof(T) == 8);
  });
}

template <class T>
void ProbeRecorder<T>::flush() {
  const std::size_t steps = taps_.noted();
  if (steps == 0) return;
  const std::vector<double> by_series = taps_.gather();
  agree_on(comm_, [&] {
    if (file_) file_->append(by_series, steps);
  });
}

template <class T>
void ProbeRecorder<T>::close() {
  flush();
  agree_on(comm_, [&] {
    if (file_) std::exchange(file_, nullptr)->close();
  });
}

template <class T>
void ProbeRecorder<T>::state(Checkpoint& c) {
  if (taps_.count() == 0) return;
  if (!c.reads()) flush();
  c.series("probes", file_.get());
}

Box snapshot_cells(const Scene& scene, const SnapshotRequest& request) {
  Box cells = touched_cells(scene, request.low_m, request.high_m);
  for (int a = 1; a < 3; ++a) {
    if (cells.hi[a] - cells.lo[a] > 1 || scene.cells[a] == 1) continue;
    if (cells.hi[a] < scene.cells[a])
      ++cells.hi[a];
    else
      --cells.lo[a];
  }
  return cells;
}

template <class T>
SnapshotWriter<T>::SnapshotWriter(const Comm& comm, const Scene& scene, Solver<T>& solver, const std::filesystem::path& folder)
    : comm_(comm), scene_(scene), solver_(solver), folder_(folder), files_(scene.snapshots.size()) {}

template <class T>
bool SnapshotWriter<T>::due() const {
  return std::any_of(scene_.snapshots.begin(), scene_.snapshots.end(),
                     [&](const SnapshotRequest& s) { return solver_.steps_done() % s.every == 0; });
}

template <class T>
void SnapshotWriter<T>::write() {
  const auto is_due = [&](const SnapshotRequest& s) { return solver_.steps_done() % s.every == 0; };
  if (std::any_of(scene_.snapshots.begin(), scene_.snapshots.end(), [&](const SnapshotRequest& s) { return s.at_cell && is_due(s); }))
    solver_.exchange_for_cell_averages();
  for (std::size_t i = 0; i < scene_.snapshots.size(); ++i)
    if (is_due(scene_.snapshots[i])) write_one(i);
}

template <class T>
void SnapshotWriter<T>::find_earlier() {
  if (comm_.rank() != 0) return;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const SnapshotRequest& request = scene_.snapshots[i];
    for (Index step = request.every; step <= solver_.steps_done(); step += request.every)
      if (std::filesystem::exists(folder_ / file_name(request, step)))
        files_[i].emplace_back(file_name(request, step), static_cast<double>(step) * solver_.numerics().dt_s);
  }
}

template <class T>
std::string SnapshotWriter<T>::file_name(const SnapshotRequest& request, Index step) const {
  return fmt::format("{}_{:07}.vtkhdf", request.name, step);
}

template <class T>
void SnapshotWriter<T>::write_one(std::size_t which) {
  const SnapshotRequest& request = scene_.snapshots[which];
  const Box cells = snapshot_cells(scene_, request);
  const Int3 extent = cells.extent();
  const Vec3& d = scene_.spacing_m;
  const Index step = solver_.steps_done();
  const std::string name = file_name(request, step);

  // Values as points of VTK's ImageData, which every version reads (9.1 takes cells to be as many as points): in the middle of each cell,
  // or, for Yee values, at its low corner, with the component's offset from there as an attribute.
  const double in_cell = request.at_cell ? 0.5 : 0.0;
  std::vector<double> origin_m;
  for (int a = 0; a < 3; ++a) origin_m.push_back((static_cast<double>(cells.lo[a]) + in_cell) * d[a]);
  ParallelFile file(comm_, folder_ / name);
  file.group("/VTKHDF", {{"Version", std::vector<Index>{1, 0}},
                         {"Type", "ImageData"},
                         {"WholeExtent", std::vector<Index>{0, extent.x - 1, 0, extent.y - 1, 0, extent.z - 1}},
                         {"Origin", origin_m},
                         {"Spacing", as_vector(d)},
                         {"Direction", std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0, 1}}});
  const std::string group = "/VTKHDF/PointData";
  file.group(group);
  for (const Component c : request.fields) {
    const Field<T>& field = solver_.field(c);
    std::vector<Piece<T>> pieces;
    for (std::size_t b = 0; b < field.blocks().size(); ++b) {
      const Box part = intersection(cells, solver_.domain().boxes[b]);
      if (part.empty()) continue;
      Piece<T>& piece = pieces.emplace_back(Piece<T>{shifted(part, -cells.lo), {}});
      piece.values.reserve(static_cast<std::size_t>(part.volume()));
      for_each_cell(part,
                    [&](Int3 cell) { piece.values.push_back(request.at_cell ? at_cell_centre(field, b, c, cell) : field.at(b, cell)); });
    }
    const Vec3 offset_m = request.at_cell ? Vec3{} : yee_position_m(d, c, {});
    file.dataset<T>(
        group + "/" + component_names[c], extent, pieces,
        {{"time_s", time_s(solver_.numerics(), c, step)}, {"unit", is_electric(c) ? "V/m" : "A/m"}, {"offset_m", as_vector(offset_m)}});
  }
  file.close();

  files_[which].emplace_back(name, static_cast<double>(step) * solver_.numerics().dt_s);
  agree_on(comm_, [&] {
    if (comm_.rank() != 0) return;
    nlohmann::ordered_json series{{"file-series-version", "1.0"}, {"files", nlohmann::ordered_json::array()}};
    for (const auto& [file_name, time] : files_[which]) series["files"].push_back({{"name", file_name}, {"time", time}});
    write_file(folder_ / (request.name + ".vtkhdf.series"), series.dump(1) + "\n");
  });
}

template class ProbeRecorder<float>;
template class ProbeRecorder<double>;
template class SnapshotWriter<float>;
template class SnapshotWriter<double>;

}  // namespace hilbrick::fdtd
