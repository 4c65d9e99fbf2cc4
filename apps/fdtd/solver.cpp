// SPDX-License-Identifier: BSD-3-Clause
#include "solver.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <hilbrick/digest.hpp>
#include <hilbrick/partition/box_set.hpp>
#include <hilbrick/verify.hpp>
#include <limits>

#include "cpml.hpp"
#include "rows.hpp"

namespace hilbrick::fdtd {

using HostSpace = Kokkos::DefaultHostExecutionSpace;

/// The memory of a perfectly matched layer for one component's derivative along one axis.
template <class T>
struct Solver<T>::Layer {
  Component component;
  int axis, side;
  T sign;  // of the derivative in the curl
  Box cells;
  Index first = 0, stride = 0;  // in the box's psi: where its rows begin, from one to the next

  Index width() const { return cells.extent().x; }
  Index rows() const { return cells.volume() / width(); }
};

template <class T>
struct Solver<T>::BoxWork {
  std::array<std::vector<Layer>, 6> layers;  // of each component
  std::vector<T> psi;                        // of all layers
  struct Regions {
    Box interior;          // reads no halo of another rank's and none that a wall sets
    std::vector<Box> rim;  // the rest
  };
  std::array<Regions, 2> regions;  // of E, of H
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

}  // namespace

template <class T>
Solver<T>::Solver(const Comm& comm, const Scene& scene, const Numerics& numerics, const Domain& domain, const ExchangeOptions& halos)
    : comm_(comm),
      scene_(scene),
      numerics_(numerics),
      domain_(domain),
      fields_(make_fields<T>(domain, numerics)),
      matter_(make_matter<T>(comm, scene, numerics, fields_)),
      cut_faces_(numerics, fields_, matter_),
      sources_(comm, scene, numerics, fields_, matter_),
      dispersion_(comm, numerics, fields_, matter_),
      oblique_(comm, scene, numerics, domain, fields_, matter_, halos),
      exchange_(comm, domain, numerics.stencils[0], refs(fields_), halos) {
  if (numerics.cell_stencil) average_exchange_.emplace(comm, domain, numerics.stencils[*numerics.cell_stencil], refs(fields_), halos);
  for (int a = 0; a < 3; ++a) inverse_spacing_[a] = static_cast<T>(1 / numerics.spacing_m[a]);
  for (std::size_t b = 0; b < domain.boxes.size(); ++b) work_.push_back(std::make_unique<BoxWork>());
  make_layers();
  make_interiors();
}

template <class T>
Solver<T>::~Solver() = default;

template <class T>
void Solver<T>::make_layers() {
  const auto layers = pml_layers(scene_);
  for (int a = 0; a < 3; ++a) {
    const LayerPair pair{layers[a], {layer_index(a, 0), layer_index(a, 1)}};
    for (int magnetic = 0; magnetic < 2; ++magnetic) {
      std::vector<CpmlCoefficients> along;
      if (comm_.rank() == 0) along = cpml_along(scene_.cells[a], pair, magnetic == 1, scene_.spacing_m[a], numerics_.dt_s);
      for (const auto& k : broadcast(comm_, along)) {
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
          work_[b]->layers[c].push_back({static_cast<Component>(c), a, side, sign, cells});
        }
      }
  }
  for (auto& work : work_) place_psi(*work);
}

template <class T>
void Solver<T>::place_psi(BoxWork& work) {
  Index size = 0;
  for (const int own : {0, 3}) {
    const auto for_each_layer = [&](bool along_x, auto&& f) {
      for (int c = own; c < own + 3; ++c)
        for (Layer& layer : work.layers[c])
          if ((layer.axis == 0) == along_x) f(layer);
    };
    for_each_layer(false, [&](Layer& layer) {
      layer.first = size;
      layer.stride = layer.width();
      size += layer.stride * layer.rows();
    });
    // Layers along x have short rows, and each row of cells has up to four: side by side, memory brings them as one stream.
    Index stride = 0, rows = 0;
    for_each_layer(true, [&](Layer& layer) {
      layer.first = size + stride;
      stride += layer.width();
      rows = std::max(rows, layer.rows());
    });
    for_each_layer(true, [&](Layer& layer) { layer.stride = stride; });
    size += stride * rows;
  }
  work.psi.assign(static_cast<std::size_t>(size), T(0));
}

template <class T>
double Solver<T>::layer_index(int axis, int side) const {
  constexpr double none = std::numeric_limits<double>::infinity();
  double smallest = none;
  for (std::size_t b = 0; b < work_.size(); ++b)
    for (const Component c : {Ex, Ey, Ez})
      for_each_cell(layer_cells(scene_, fields_[c].blocks()[b].owned, axis, side), [&](Int3 cell) {
        const Medium& m = matter_.media[matter_.medium(c, b, cell)];
        if (!m.pec) smallest = std::min(smallest, m.eps_r * m.mu_r);
      });
  smallest = -max(comm_, -smallest);
  return smallest == none ? 1 : std::sqrt(smallest);
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
template <bool electric>
void Solver<T>::update(BoxWork& work, std::size_t box, const Box& region) {
  constexpr int own = electric ? 0 : 3, other = electric ? 3 : 0;
  const std::vector<Coefficients<T>>& table = matter_.table[electric ? 0 : 1];

  // What the rows of one component need, found once for the box.
  struct ComponentRows {
    Box owned;
    T* first;
    Index stride_y, stride_z;
    int u;
    Differences<T> along_u, along_v;
    const MediumMap* media;
    const std::vector<Layer>* layers;
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
                     differences(fields_[other + v], box, u, electric, block.owned, inverse_spacing_[u]),
                     differences(fields_[other + u], box, v, electric, block.owned, inverse_spacing_[v]),
                     &matter_.maps[box][c],
                     &work.layers[c]};
    rows = hull(rows, block.owned);
  }
  // Along x in values from the start of a row, where all components start.
  const Index region_begin = region.lo.x - rows.lo.x, region_end = region.hi.x - rows.lo.x;
  rows = intersection(rows, region);

  /// One component's part of a row: where it starts, how far it goes, the run of a medium that comes next.
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
    const MediumMap& map = *component.media;
    part.whole = {static_cast<std::int32_t>(component.owned.extent().x), vacuum_id};
    part.run = map.row_runs.empty() ? &part.whole : map.row(row_of(component.owned, y, z));
  };
  const auto update_layers = [&](const ComponentRows& component, const Part& part, Index y, Index z) {
    for (const Layer& layer : *component.layers) {
      if (!has_row(layer.cells, y, z)) continue;
      const Difference<T>& d = layer.axis == component.u ? part.curl.u : part.curl.v;
      const Index layer_begin = layer.cells.lo.x - component.owned.lo.x, layer_end = layer.cells.hi.x - component.owned.lo.x;
      const Index begin = std::max(layer_begin, region_begin), end = std::min(layer_end, region_end);
      if (begin >= end) continue;
      T* psi = work.psi.data() + layer.first + static_cast<Index>(row_of(layer.cells, y, z)) * layer.stride;
      const std::array<std::vector<T>, 2>& profile = cpml_[layer.axis][electric ? 0 : 1];
      by_medium(*component.media, table, row_of(component.owned, y, z), begin, end, [&](Index first, Index last, const Coefficients<T>& k) {
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
      // From one change of any component's medium to the next: together where all three go on, else each by itself.
      const Index end = std::max({parts[0].end, parts[1].end, parts[2].end});
      for (Index first = region_begin; first < end;) {
        Index last = end;
        for (Part& part : parts)
          if (first < part.end) {
            while (part.run->last <= first) ++part.run;
            last = std::min<Index>(last, part.run->last);
            const Coefficients<T>& k = table[static_cast<std::size_t>(part.run->medium)];
            part.curl.keep = k.keep;
            part.curl.gain = k.gain;
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
void Solver<T>::advance() {
  constexpr std::size_t phase = electric ? 0 : 1;
  auto halos = exchange_.start(phase);
  double begin = thread_seconds();
  if constexpr (electric) dispersion_.keep_e();
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
  if constexpr (electric) oblique_.update();
  if constexpr (!electric) cut_faces_.update();
  sources_.template drive<electric>(step_);
  if constexpr (electric) dispersion_.follow_e();
  compute_seconds_ += thread_seconds() - begin;
}

template <class T>
void Solver<T>::step() {
  advance<true>();
  advance<false>();
  ++step_;
}

template <class T>
void Solver<T>::restart(const std::vector<PlaneWave>& waves, const std::vector<Port>& ports) {
  sources_.set_plane_waves(waves);
  sources_.set_ports(ports);
  for (const Field<T>& f : fields_) std::fill_n(f.data(), f.size(), T(0));
  for (auto& work : work_) std::fill(work->psi.begin(), work->psi.end(), T(0));
  dispersion_.rest();
  step_ = 0;
}

template <class T>
void Solver<T>::state(Checkpoint& c) {
  c.value("step", step_);
  for (int f = 0; f < 6; ++f) c.field(component_names[f], fields_[f]);
  for (int f = 0; f < 6; ++f)
    for (int axis = 0; axis < 3; ++axis)
      for (int side = 0; side < 2; ++side)
        if (f % 3 != axis) psi_state(c, static_cast<Component>(f), axis, side);
  sources_.state(c);
  dispersion_.state(c);
}

template <class T>
void Solver<T>::psi_state(Checkpoint& c, Component component, int axis, int side) {
  const StencilField& lives = numerics_.stencils[0].fields()[component];
  const Box all = layer_cells(scene_, field_box({{}, scene_.cells}, numerics_.grid, lives), axis, side);
  std::vector<std::pair<T*, const Layer*>> mine;
  for (auto& work : work_)
    for (const Layer& layer : work->layers[component])
      if (layer.axis == axis && layer.side == side) mine.emplace_back(work->psi.data() + layer.first, &layer);
  std::vector<std::vector<T>> values;  // rows end to end, as a checkpoint takes them
  std::vector<Part> parts;
  for (const auto& [psi, layer] : mine) {
    std::vector<T>& rows = values.emplace_back();
    for (Index row = 0; row < layer->rows(); ++row)
      rows.insert(rows.end(), psi + row * layer->stride, psi + row * layer->stride + layer->width());
    parts.push_back({shifted(layer->cells, -all.lo), rows.data()});
  }
  c.parts<T>(std::string("psi_") + component_names[component] + "_" + "xyz"[axis] + (side == 0 ? "_low" : "_high"), all.extent(), parts);
  for (std::size_t i = 0; c.reads() && i < mine.size(); ++i) {
    const auto& [psi, layer] = mine[i];
    for (Index row = 0; row < layer->rows(); ++row)
      std::copy_n(values[i].data() + row * layer->width(), layer->width(), psi + row * layer->stride);
  }
}

template <class T>
Energy Solver<T>::energy() const {
  return energy_of(comm_, scene_, fields_, matter_, cut_faces_);
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
  if (average_exchange_) verify(comm_, domain_, numerics_.stencils[*numerics_.cell_stencil], arrays, *average_exchange_);
}

template <class T>
void Solver<T>::exchange_for_cell_averages() {
  HILBRICK_ASSERT(average_exchange_.has_value());
  average_exchange_->start(0).finish();
}

template <class T>
Index Solver<T>::allocated_bytes() const {
  Index bytes =
      cut_faces_.bytes() + oblique_.bytes() + exchange_.buffer_bytes() + (average_exchange_ ? average_exchange_->buffer_bytes() : 0);
  for (const Field<T>& f : fields_) bytes += f.size() * static_cast<Index>(sizeof(T));
  bytes += dispersion_.bytes();
  for (const auto& maps : matter_.maps)
    for (const MediumMap& map : maps) bytes += map.bytes();
  for (const auto& work : work_) bytes += static_cast<Index>(work->psi.size() * sizeof(T));
  return bytes;
}

template class Solver<float>;
template class Solver<double>;

}  // namespace hilbrick::fdtd
