// SPDX-License-Identifier: BSD-3-Clause
#include "solver.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <ctime>
#include <hilbrick/digest.hpp>
#include <hilbrick/partition/box_set.hpp>
#include <hilbrick/verify.hpp>
#include <utility>

namespace hilbrick::fdtd {

using HostSpace = Kokkos::DefaultHostExecutionSpace;

/// The memory of a perfectly matched layer for one component's derivative along one axis.
template <class T>
struct Solver<T>::Layer {
  Component component;
  int axis;
  T sign;  // of the derivative in the curl
  Box cells;
  std::vector<T> psi;  // x fastest, over cells
};

template <class T>
struct Solver<T>::BoxWork {
  std::array<MaterialMap, 6> materials;
  std::array<std::vector<Layer>, 6> layers;  // of each component
  struct Regions {
    Box interior;          // reads no halo of another rank's and none that a wall sets
    std::vector<Box> rim;  // the rest
  };
  std::array<Regions, 2> regions;  // of E, of H
};

template <class T>
struct Solver<T>::Current {
  Component component;
  std::size_t box;
  Int3 cell;
  T gain_per_volume;            // gain / cell volume: what a current moment of 1 takes from the field
  std::vector<double> samples;  // one for each step
};

template <class T>
struct Solver<T>::Incident {
  struct Face {
    Component component;
    std::size_t box;
    Box cells;
    int shift;
    T factor;
  };
  IncidentLine<T> line;
  int axis;
  std::vector<Face> faces;
};

namespace {

std::vector<FieldRef> refs(const auto& fields) {
  std::vector<FieldRef> out;
  for (const auto& f : fields) out.push_back(f.ref());
  return out;
}

template <class T>
std::vector<Field<T>> make_fields(const Domain& domain, const Numerics& numerics) {
  std::vector<Field<T>> fields;
  for (int c = 0; c < 6; ++c) fields.emplace_back(std::string("hilbrick::fdtd::") + component_names[c], domain, numerics.stencils, c);
  return fields;
}

/// Processor time of this thread.
double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Calls f(first, last, coefficients) for the runs of a row in one material, between `first` and `last`.
template <class T, class F>
inline void by_material(const MaterialMap& map, const std::vector<Coefficients<T>>& table, std::size_t row, Index first, Index last,
                        F&& f) {
  if (map.row_runs.empty()) {
    f(first, last, table[vacuum_id]);
    return;
  }
  const Run* run = map.runs.data() + map.row_runs[row];
  while (run->last <= first) ++run;
  for (; first < last; ++run) {
    const Index end = std::min<Index>(run->last, last);
    f(first, end, table[run->material]);
    first = end;
  }
}

/// The row of a box of values that holds (y, z), counted y fastest.
std::size_t row_of(const Box& box, Index y, Index z) { return static_cast<std::size_t>(y - box.lo.y + box.extent().y * (z - box.lo.z)); }

bool has_row(const Box& box, Index y, Index z) { return y >= box.lo.y && y < box.hi.y && z >= box.lo.z && z < box.hi.z; }

/// Waveform samples of rank 0's arithmetic: libm differs between processors.
std::vector<double> sampled(const Comm& comm, const Waveform& waveform, Index steps, auto&& time_of_step) {
  std::vector<double> samples;
  if (comm.rank() == 0) {
    const double silent_s = silent_after_s(waveform);
    for (Index n = 0; n < steps && time_of_step(n) <= silent_s; ++n) samples.push_back(value_at(waveform, time_of_step(n)));
  }
  return broadcast(comm, std::move(samples));
}

std::vector<CpmlCoefficients> broadcast_cpml(const Comm& comm, const std::vector<CpmlCoefficients>& mine) {
  std::vector<double> flat;
  for (const auto& k : mine) flat.insert(flat.end(), {k.b, k.c});
  flat = broadcast(comm, std::move(flat));
  std::vector<CpmlCoefficients> out;
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) out.push_back({flat[i], flat[i + 1]});
  return out;
}

}  // namespace

template <class T>
Solver<T>::Solver(const Comm& comm, const Scene& scene, const Numerics& numerics, const Domain& domain, const ExchangeOptions& halos)
    : comm_(comm),
      scene_(scene),
      numerics_(numerics),
      domain_(domain),
      table_(coefficients<T>(scene, numerics.dt_s)),
      fields_(make_fields<T>(domain, numerics)),
      exchange_(comm, domain, numerics.stencils[0], refs(fields_), halos) {
  if (numerics.stencils.size() > 1) average_exchange_.emplace(comm, domain, numerics.stencils[1], refs(fields_), halos);
  for (auto& k : table_[1]) k.gain = -k.gain;  // H is updated by minus curl E
  for (int a = 0; a < 3; ++a) inverse_spacing_[a] = static_cast<T>(1 / numerics.spacing_m[a]);
  for (std::size_t b = 0; b < domain.boxes.size(); ++b) {
    auto& work = *work_.emplace_back(std::make_unique<BoxWork>());
    for (int c = 0; c < 6; ++c) work.materials[c] = map_materials(scene, numerics, static_cast<Component>(c), fields_[c].blocks()[b].owned);
  }
  make_layers();
  make_interiors();
  make_sources();
}

template <class T>
Solver<T>::~Solver() = default;

template <class T>
void Solver<T>::make_layers() {
  const auto layers = pml_layers(scene_);
  for (int a = 0; a < 3; ++a) {
    for (int magnetic = 0; magnetic < 2; ++magnetic) {
      std::vector<CpmlCoefficients> along;
      if (comm_.rank() == 0) along = cpml_along(scene_.cells[a], layers[a], magnetic == 1, scene_.spacing_m[a], numerics_.dt_s);
      for (const auto& k : broadcast_cpml(comm_, along)) {
        cpml_[a][magnetic][0].push_back(static_cast<T>(k.b));
        cpml_[a][magnetic][1].push_back(static_cast<T>(k.c));
      }
    }
    for (std::size_t b = 0; b < work_.size(); ++b)
      for (int c = 0; c < 6; ++c) {
        if (c % 3 == a) continue;
        for (int side = 0; side < 2; ++side) {
          const Box cells = layer_cells(scene_, fields_[c].blocks()[b].owned, a, side);
          if (cells.empty()) continue;
          const T sign = a == (c + 1) % 3 ? T(1) : T(-1);
          work_[b]->layers[c].push_back(
              {static_cast<Component>(c), a, sign, cells, std::vector<T>(static_cast<std::size_t>(cells.volume()), T(0))});
        }
      }
  }
}

template <class T>
void Solver<T>::make_interiors() {
  for (std::size_t b = 0; b < work_.size(); ++b)
    for (const int magnetic : {0, 1}) {
      Box all;
      for (int c = 0; c < 3; ++c) all = hull(all, fields_[3 * magnetic + c].blocks()[b].owned);
      // E reads one below, H one above.
      Box interior = domain_.boxes[b];
      for (int a = 0; a < 3; ++a) {
        Box read = all;
        read.lo[a] = magnetic ? interior.hi[a] : interior.lo[a] - 1;
        read.hi[a] = read.lo[a] + 1;
        const bool at_wall = magnetic ? interior.hi[a] == scene_.cells[a] : interior.lo[a] == 0;
        bool waits = at_wall && scene_.boundary[a][magnetic] == Boundary::pmc;
        for (const Message& m : exchange_.plan().phases[static_cast<std::size_t>(magnetic)].receives)
          for (const Link& link : m.links)
            for_each_cell({{-1, -1, -1}, {2, 2, 2}}, [&](Int3 image) {
              const Int3 n = scene_.cells;
              if (!intersection(shifted(link.cells, {image.x * n.x, image.y * n.y, image.z * n.z}), read).empty()) waits = true;
            });
        // A rim along x is one value of each row: going over all rows again costs more than waiting does.
        if (waits && a == 0) interior.hi.x = interior.lo.x;
        if (waits && magnetic) --interior.hi[a];
        if (waits && !magnetic) ++interior.lo[a];
      }
      auto& regions = work_[b]->regions[magnetic];
      if (interior.empty()) interior = {};
      regions.interior = interior;
      subtract(all, interior, regions.rim);
    }
}

template <class T>
void Solver<T>::make_sources() {
  const double volume_m3 = scene_.spacing_m[0] * scene_.spacing_m[1] * scene_.spacing_m[2];
  for (const PlaneWave& wave : scene_.plane_waves) {
    auto samples = sampled(comm_, wave.waveform, numerics_.steps, [&](Index n) { return line_source_time_s(numerics_, wave, n); });
    std::array<std::vector<CpmlCoefficients>, 2> cpml;
    if (comm_.rank() == 0) cpml = line_cpml(scene_, numerics_, wave);
    for (auto& part : cpml) part = broadcast_cpml(comm_, part);
    auto& incident = *incidents_.emplace_back(
        std::make_unique<Incident>(Incident{IncidentLine<T>(scene_, numerics_, wave, std::move(samples), cpml), wave.axis, {}}));
    for (const FaceCorrection& face : face_corrections(scene_, numerics_, wave))
      for (std::size_t b = 0; b < work_.size(); ++b) {
        const Box cells = intersection(face.cells, fields_[face.component].blocks()[b].owned);
        if (!cells.empty()) incident.faces.push_back({face.component, b, cells, face.shift, static_cast<T>(face.factor)});
      }
  }
  for (const Dipole& dipole : scene_.dipoles) {
    const Component c = dipole.component;
    const bool electric = is_electric(c);
    const Int3 cell = yee_cell_below(numerics_, c, dipole.position_m);
    // Electric current acts in the middle of the step that takes E from n to n + 1, magnetic current half a step later.
    const auto samples = sampled(comm_, dipole.waveform, numerics_.steps,
                                 [&](Index n) { return (static_cast<double>(n) + (electric ? 0.5 : 1.0)) * numerics_.dt_s; });
    agree_on(comm_, [&] {
      for (std::size_t b = 0; b < work_.size(); ++b) {
        if (!fields_[c].blocks()[b].owned.contains(cell)) continue;
        const MaterialId m = work_[b]->materials[c].at(cell);
        if (scene_.materials[m].pec)
          throw Error(to_string(dipole.place) + ": the dipole's " + component_names[c] +
                      " lies in a perfect conductor, where the field stays zero; move it out of the conductor or off the electric wall");
        const T gain = electric ? table_[0][m].gain : -table_[1][m].gain;
        currents_.push_back(std::make_unique<Current>(Current{c, b, cell, static_cast<T>(static_cast<double>(gain) / volume_m3), samples}));
      }
    });
  }
}

template <class T>
Differences<T> Solver<T>::differences(std::size_t box, int field, int axis, bool electric, const Box& rows) const {
  const Block& block = fields_[field].blocks()[box];
  const Index stride = axis == 0 ? 1 : axis == 1 ? block.stride_y : block.stride_z;
  const T* here = fields_[field].data() + block.index(rows.lo);
  const Difference<T> first =
      electric ? Difference<T>{here, here - stride, inverse_spacing_[axis]} : Difference<T>{here + stride, here, inverse_spacing_[axis]};
  return {first, block.stride_y, block.stride_z};
}

template <class T>
template <bool electric>
void Solver<T>::update(BoxWork& work, std::size_t box, const Box& region) {
  constexpr int own = electric ? 0 : 3, other = electric ? 3 : 0;
  const std::vector<Coefficients<T>>& table = table_[electric ? 0 : 1];

  // What the rows of one component need, found once for the box.
  struct ComponentRows {
    Box owned;
    T* first;
    Index stride_y, stride_z;
    int u;
    Differences<T> along_u, along_v;
    const MaterialMap* materials;
    std::vector<Layer>* layers;
  };
  std::array<ComponentRows, 3> components;
  Box rows;
  for (int a = 0; a < 3; ++a) {
    const int c = own + a, u = (a + 1) % 3, v = (a + 2) % 3;
    const Block& block = fields_[c].blocks()[box];
    components[a] = {block.owned,
                     fields_[c].data() + block.index(block.owned.lo),
                     block.stride_y,
                     block.stride_z,
                     u,
                     differences(box, other + v, u, electric, block.owned),
                     differences(box, other + u, v, electric, block.owned),
                     &work.materials[c],
                     &work.layers[c]};
    rows = hull(rows, block.owned);
  }
  // Along x in values from the start of a row, where all components start.
  const Index region_begin = region.lo.x - rows.lo.x, region_end = region.hi.x - rows.lo.x;
  rows = intersection(rows, region);

  /// One component's part of a row: where it starts, how far it goes, the run of material that comes next.
  struct Part {
    CurlRow<T> curl{};
    Index end = 0;  // 0: the component has no such row
    const Run* run = nullptr;
    Run whole{};
  };
  const auto part_of = [&](const ComponentRows& component, Index y, Index z, Part& part) {
    part.end = 0;
    if (!has_row(component.owned, y, z)) return;
    const Index dy = y - component.owned.lo.y, dz = z - component.owned.lo.z;
    part.end = std::min(component.owned.extent().x, region_end);
    part.curl.f = component.first + component.stride_y * dy + component.stride_z * dz;
    part.curl.u = component.along_u.row(dy, dz);
    part.curl.v = component.along_v.row(dy, dz);
    const MaterialMap& materials = *component.materials;
    part.whole = {static_cast<std::int32_t>(component.owned.extent().x), vacuum_id};
    part.run = materials.row_runs.empty() ? &part.whole : &materials.runs[materials.row_runs[row_of(component.owned, y, z)]];
  };
  const auto update_layers = [&](const ComponentRows& component, const Part& part, Index y, Index z) {
    for (Layer& layer : *component.layers) {
      if (!has_row(layer.cells, y, z)) continue;
      const Difference<T>& d = layer.axis == component.u ? part.curl.u : part.curl.v;
      const Index layer_begin = layer.cells.lo.x - component.owned.lo.x, layer_end = layer.cells.hi.x - component.owned.lo.x;
      const Index begin = std::max(layer_begin, region_begin), end = std::min(layer_end, region_end);
      if (begin >= end) continue;
      T* psi = layer.psi.data() + static_cast<Index>(row_of(layer.cells, y, z)) * layer.cells.extent().x;
      const std::array<std::vector<T>, 2>& profile = cpml_[layer.axis][electric ? 0 : 1];
      by_material(*component.materials, table, row_of(component.owned, y, z), begin, end,
                  [&](Index first, Index last, const Coefficients<T>& k) {
                    if (k.gain == 0) return;  // in a perfect conductor
                    const auto run = [&](auto b, auto c) {
                      cpml_row(part.curl.f + first, psi + (first - layer_begin), last - first, k.gain * layer.sign, b, c, d.from(first));
                    };
                    if (layer.axis == 0) {
                      const Index x = component.owned.lo.x + first;
                      run([b = profile[0].data() + x](Index i) { return b[i]; }, [c = profile[1].data() + x](Index i) { return c[i]; });
                    } else {
                      const auto at = static_cast<std::size_t>(layer.axis == 1 ? y : z);
                      run([b = profile[0][at]](Index) { return b; }, [c = profile[1][at]](Index) { return c; });
                    }
                  });
    }
  };
  const auto update_plane = [&](Index z) {
    std::array<Part, 3> parts;
    for (Index y = rows.lo.y; y < rows.hi.y; ++y) {
      for (int a = 0; a < 3; ++a) part_of(components[a], y, z, parts[a]);
      // From one change of any component's material to the next: together where all three go on, else each by itself.
      const Index end = std::max({parts[0].end, parts[1].end, parts[2].end});
      for (Index first = region_begin; first < end;) {
        Index last = end;
        for (Part& part : parts)
          if (first < part.end) {
            while (part.run->last <= first) ++part.run;
            last = std::min<Index>(last, part.run->last);
            part.curl.keep = table[part.run->material].keep;
            part.curl.gain = table[part.run->material].gain;
          }
        if (first < std::min({parts[0].end, parts[1].end, parts[2].end})) {
          update_rows(parts[0].curl, parts[1].curl, parts[2].curl, first, last);
        } else {
          for (const Part& part : parts)
            if (first < part.end) update_row(part.curl, first, last);
        }
        first = last;
      }
      for (int a = 0; a < 3; ++a)
        if (parts[a].end > 0) update_layers(components[a], parts[a], y, z);
    }
  };
  Kokkos::parallel_for(electric ? "hilbrick::fdtd::update_e" : "hilbrick::fdtd::update_h",
                       Kokkos::RangePolicy<HostSpace, Kokkos::IndexType<Index>>(rows.lo.z, rows.hi.z), update_plane);
}

template <class T>
void Solver<T>::mirror_at_magnetic_walls() {
  for (int a = 0; a < 3; ++a)
    for (int side = 0; side < 2; ++side) {
      if (scene_.boundary[a][side] != Boundary::pmc) continue;
      // Tangential H is antisymmetric about the wall, which is plane 0 or plane N.
      const Index outside = side == 0 ? -1 : scene_.cells[a];
      const Int3 inwards = side == 0 ? unit(a) : -unit(a);
      for (int h = 3; h < 6; ++h) {
        if (h - 3 == a) continue;
        for (const Block& block : fields_[h].blocks()) {
          Box layer = block.stored;
          layer.lo[a] = outside;
          layer.hi[a] = outside + 1;
          if (!block.stored.contains(layer)) continue;
          T* data = fields_[h].data();
          for_each_cell(layer, [&](Int3 c) { data[block.index(c)] = -data[block.index(c + inwards)]; });
        }
      }
    }
}

template <class T>
template <bool electric>
void Solver<T>::drive_sources() {
  for (auto& incident : incidents_) {
    for (const auto& face : incident->faces) {
      if (is_electric(face.component) != electric) continue;
      const Field<T>& f = fields_[face.component];
      const MaterialMap& materials = work_[face.box]->materials[face.component];
      const auto& table = table_[electric ? 0 : 1];
      for_each_cell(face.cells, [&](Int3 c) {
        const Index at = c[incident->axis] + face.shift;
        f.at(face.box, c) += table[materials.at(c)].gain * (face.factor * (electric ? incident->line.h(at) : incident->line.e(at)));
      });
    }
    if constexpr (electric)
      incident->line.update_e(step_);
    else
      incident->line.update_h();
  }
  for (const auto& current : currents_)
    if (is_electric(current->component) == electric && step_ < static_cast<Index>(current->samples.size()))
      fields_[current->component].at(current->box, current->cell) -=
          current->gain_per_volume * static_cast<T>(current->samples[static_cast<std::size_t>(step_)]);
}

template <class T>
template <bool electric>
void Solver<T>::advance() {
  constexpr std::size_t phase = electric ? 0 : 1;
  auto halos = exchange_.start(phase);
  double begin = thread_seconds();
  for (std::size_t b = 0; b < work_.size(); ++b) {
    update<electric>(*work_[b], b, work_[b]->regions[phase].interior);
    halos.progress();
  }
  compute_seconds_ += thread_seconds() - begin;
  halos.finish();
  begin = thread_seconds();
  if constexpr (electric) mirror_at_magnetic_walls();
  for (std::size_t b = 0; b < work_.size(); ++b)
    for (const Box& rim : work_[b]->regions[phase].rim) update<electric>(*work_[b], b, rim);
  drive_sources<electric>();
  compute_seconds_ += thread_seconds() - begin;
}

template <class T>
void Solver<T>::step() {
  advance<true>();
  advance<false>();
  ++step_;
}

template <class T>
template <class F>
void Solver<T>::for_each_energy(F&& f) const {
  const double volume_m3 = scene_.spacing_m[0] * scene_.spacing_m[1] * scene_.spacing_m[2];
  std::vector<double> row;
  for (std::size_t b = 0; b < work_.size(); ++b)
    for (int c = 0; c < 6; ++c) {
      const bool electric = c < 3;
      const int a = c % 3, u = (a + 1) % 3, v = (a + 2) % 3;
      const Block& block = fields_[c].blocks()[b];
      const Index nx = block.owned.extent().x;
      const auto half = half_offset(static_cast<Component>(c));
      // A value on a magnetic wall stands for half a cell on this side of it.
      const auto share = [&](int axis, Index i) {
        const bool on_wall = !half[axis] && ((i == 0 && scene_.boundary[axis][0] == Boundary::pmc) || i == scene_.cells[axis]);
        return on_wall ? 0.5 : 1.0;
      };
      row.resize(static_cast<std::size_t>(nx));
      for (Index z = block.owned.lo.z; z < block.owned.hi.z; ++z)
        for (Index y = block.owned.lo.y; y < block.owned.hi.y; ++y) {
          const Int3 start{block.owned.lo.x, y, z};
          const T* f_row = fields_[c].data() + block.index(start);
          const double scale = volume_m3 * share(1, y) * share(2, z);
          by_material(
              work_[b]->materials[c], table_[electric ? 0 : 1], row_of(block.owned, y, z), 0, nx, [&](Index first, Index last, auto k) {
                if (electric) {
                  for (Index i = first; i < last; ++i)
                    row[static_cast<std::size_t>(i)] = scale * k.half_density * (double(f_row[i]) * double(f_row[i]));
                } else {
                  const Difference<T> along_u = differences(b, v, u, false, block.owned).row(y - block.owned.lo.y, z - block.owned.lo.z);
                  const Difference<T> along_v = differences(b, u, v, false, block.owned).row(y - block.owned.lo.y, z - block.owned.lo.z);
                  for (Index i = first; i < last; ++i) {
                    const double curl = (double(along_u.hi[i]) - double(along_u.lo[i])) * double(along_u.inverse) -
                                        (double(along_v.hi[i]) - double(along_v.lo[i])) * double(along_v.inverse);
                    // H half a step earlier, by the update run backwards; only for media that keep all of H.
                    const double before = k.keep == T(1) ? double(f_row[i]) - double(k.gain) * curl : double(f_row[i]);
                    row[static_cast<std::size_t>(i)] = scale * k.half_density * (double(f_row[i]) * before);
                  }
                }
              });
          if (share(0, block.owned.lo.x) != 1) row.front() *= 0.5;
          if (nx > 1 && share(0, block.owned.hi.x - 1) != 1) row.back() *= 0.5;
          f(std::span<const double>(row));
        }
    }
}

template <class T>
std::pair<std::array<double, 6>, std::optional<Energy::Bad>> Solver<T>::largest_values() const {
  std::array<double, 6> largest{};
  Index first_bad = std::numeric_limits<Index>::max();
  const Int3 n = scene_.cells;
  for (int c = 0; c < 6; ++c)
    for (const Block& block : fields_[c].blocks()) {
      const Index nx = block.owned.extent().x;
      for (Index z = block.owned.lo.z; z < block.owned.hi.z; ++z)
        for (Index y = block.owned.lo.y; y < block.owned.hi.y; ++y) {
          const Int3 start{block.owned.lo.x, y, z};
          const T* row = fields_[c].data() + block.index(start);
          // Sizes order like their bits without the sign; what is not finite has the largest.
          using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
          Bits most = 0;
          for (Index i = 0; i < nx; ++i) most = std::max(most, static_cast<Bits>(std::bit_cast<Bits>(row[i]) << 1));
          if (most < std::bit_cast<Bits>(std::numeric_limits<T>::infinity()) << 1) {
            largest[c] = std::max(largest[c], static_cast<double>(std::bit_cast<T>(static_cast<Bits>(most >> 1))));
            continue;
          }
          const Index x = std::find_if(row, row + nx, [](T v) { return !std::isfinite(v); }) - row + start.x;
          first_bad = std::min(first_bad, 6 * (x + (n.x + 1) * (y + (n.y + 1) * z)) + c);
        }
    }
  for (double& v : largest) v = max(comm_, v);
  first_bad = min(comm_, first_bad);
  std::optional<Energy::Bad> bad;
  if (first_bad != std::numeric_limits<Index>::max()) {
    const Index at = first_bad / 6;
    bad = Energy::Bad{static_cast<Component>(first_bad % 6), {at % (n.x + 1), at / (n.x + 1) % (n.y + 1), at / (n.x + 1) / (n.y + 1)}};
  }
  return {largest, bad};
}

template <class T>
Energy Solver<T>::energy() const {
  Energy energy;
  const auto [largest, bad] = largest_values();
  energy.not_finite = bad;
  if (bad) return energy;
  // No value's energy exceeds this: the largest fields in the densest material, H before the step included.
  const double volume_m3 = scene_.spacing_m[0] * scene_.spacing_m[1] * scene_.spacing_m[2];
  const double e = std::max({largest[0], largest[1], largest[2]}), h = std::max({largest[3], largest[4], largest[5]});
  double bound = 0;
  for (std::size_t m = 0; m < scene_.materials.size(); ++m) {
    const auto &electric = table_[0][m], &magnetic = table_[1][m];
    double change = 0;
    for (T inverse : inverse_spacing_) change = std::max(change, 4 * e * double(inverse) * std::fabs(double(magnetic.gain)));
    bound = std::max({bound, volume_m3 * electric.half_density * e * e, volume_m3 * magnetic.half_density * h * (h + change)});
  }
  if (bound == 0) return energy;
  // Integers of 2^-shift joule: so small that all values together stay below 2^62, and a row of them below 2^51, where doubles add them
  // exactly. So the sum does not depend on its order.
  const double values = 6 * static_cast<double>(product(scene_.cells + Int3{1, 1, 1}));
  const int bits = std::min(61 - std::ilogb(values), 50 - std::ilogb(static_cast<double>(scene_.cells.x + 1)));
  const double scale = std::ldexp(1.0, std::min(bits - 1 - std::ilogb(bound), 1000));
  Index total = 0;
  for_each_energy([&](std::span<const double> row) {
    const auto whole = [scale](double value) {
      constexpr double to_integer = 0x1.8p52;  // adding it leaves no room for a fraction
      return (value * scale + to_integer) - to_integer;
    };
    std::array<double, 8> sums{};
    std::size_t i = 0;
    for (; i + sums.size() <= row.size(); i += sums.size())
      for (std::size_t lane = 0; lane < sums.size(); ++lane) sums[lane] += whole(row[i + lane]);
    for (; i < row.size(); ++i) sums[0] += whole(row[i]);
    for (double s : sums) total += static_cast<Index>(s);
  });
  energy.joule = static_cast<double>(sum(comm_, total)) / scale;
  return energy;
}

template <class T>
std::string Solver<T>::digest() const {
  std::uint64_t mine = 0;
  for (int c = 0; c < 6; ++c) mine += local_digest(fields_[c], c, numerics_.grid);
  return hex(sum_digests(comm_, mine));
}

template <class T>
void Solver<T>::verify_halos() {
  const std::vector<FieldRef> arrays = refs(fields_);
  verify(comm_, domain_, numerics_.stencils[0], arrays, exchange_);
  exchange_.reset_counters();
  if (average_exchange_) verify(comm_, domain_, numerics_.stencils[1], arrays, *average_exchange_);
}

template <class T>
void Solver<T>::exchange_for_cell_averages() {
  HILBRICK_ASSERT(average_exchange_.has_value());
  average_exchange_->start(0).finish();
}

template <class T>
Index Solver<T>::allocated_bytes() const {
  Index bytes = exchange_.buffer_bytes() + (average_exchange_ ? average_exchange_->buffer_bytes() : 0);
  for (const Field<T>& f : fields_) bytes += f.size() * static_cast<Index>(sizeof(T));
  for (const auto& work : work_)
    for (int c = 0; c < 6; ++c) {
      bytes += work->materials[c].bytes();
      for (const Layer& layer : work->layers[c]) bytes += static_cast<Index>(layer.psi.size() * sizeof(T));
    }
  return bytes;
}

template class Solver<float>;
template class Solver<double>;

}  // namespace hilbrick::fdtd
