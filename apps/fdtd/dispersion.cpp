// SPDX-License-Identifier: BSD-3-Clause
#include "dispersion.hpp"

#include <limits>

#include "rows.hpp"

namespace hilbrick::fdtd {
namespace {

/// The smallest box around those of all ranks. Collective over comm.
Box hull_of_all(const Comm& comm, const Box& mine) {
  Box all;
  for (int a = 0; a < 3; ++a) {
    all.lo[a] = min(comm, mine.empty() ? std::numeric_limits<Index>::max() : mine.lo[a]);
    all.hi[a] = max(comm, mine.empty() ? std::numeric_limits<Index>::min() : mine.hi[a]);
  }
  return all.empty() ? Box{} : all;
}

}  // namespace

template <class T>
template <class F>
void Dispersion<T>::for_each_row(F&& f) const {
  for (std::size_t b = 0; b < matter_.maps.size(); ++b)
    for (int c = 0; c < 3; ++c) {
      const Box& owned = fields_[c].blocks()[b].owned;
      const MediumMap& map = matter_.maps[b][c];
      if (map.row_runs.empty()) continue;
      for (Index z = owned.lo.z; z < owned.hi.z; ++z)
        for (Index y = owned.lo.y; y < owned.hi.y; ++y) {
          const Run* run = map.row(row_of(owned, y, z));
          for (Index first = 0; first < owned.extent().x; first = run++->last)
            if (!matter_.media[run->medium].poles.empty()) f(b, c, Int3{owned.lo.x + first, y, z}, run->last - first, run->medium);
        }
    }
}

template <class T>
Dispersion<T>::Dispersion(const Comm& comm, const Numerics& numerics, const std::vector<Field<T>>& fields, const Matter<T>& matter)
    : comm_(comm), fields_(fields), matter_(matter) {
  const double dt = numerics.dt_s;
  std::vector<std::size_t> first_pole;  // of each medium
  for (const Medium& medium : matter.media) {
    first_pole.push_back(steps_.size());
    for (const Pole& p : medium.poles) {
      const double d = pole_denominator(p, dt);
      steps_.push_back({static_cast<T>(2 * p.inertia / dt / d), static_cast<T>(dt * p.restoring / d), static_cast<T>(dt * p.drive / d)});
    }
  }
  std::size_t state = 0;
  for_each_row([&](std::size_t b, int c, Int3 first, Index count, auto medium) {
    const auto id = static_cast<std::size_t>(medium);
    const std::size_t poles = matter.media[medium].poles.size();
    stretches_.push_back({&fields[c].at(b, first), count, static_cast<T>(static_cast<double>(matter.table[0][id].gain) * eps0 / (2 * dt)),
                          first_pole[id], poles, state});
    state += static_cast<std::size_t>(count) * (1 + 2 * poles);
  });
  state_.assign(state, T(0));
}

template <class T>
void Dispersion<T>::keep_e() {
  for (const Stretch& s : stretches_) std::copy_n(s.e, s.count, state_.data() + s.state);
}

template <class T>
void Dispersion<T>::follow_e() {
  for (const Stretch& s : stretches_) {
    T* __restrict e = s.e;
    const T* __restrict before = state_.data() + s.state;
    const auto each_pole = [&](auto&& f) {
      T* at = state_.data() + s.state + s.count;
      for (std::size_t p = 0; p < s.poles; ++p, at += 2 * s.count) f(steps_[s.first_pole + p], at, at + s.count);
    };
    // What was already moving; what E' itself adds is in the medium's loss.
    each_pole([&](const PoleStep& k, const T* __restrict j, const T* __restrict p) {
      HILBRICK_NO_ALIASES
      for (Index i = 0; i < s.count; ++i) e[i] -= s.half_gain * (k.one_plus_alpha * j[i] - k.chi * p[i]);
    });
    each_pole([&](const PoleStep& k, T* __restrict j, T* __restrict p) {
      HILBRICK_NO_ALIASES
      for (Index i = 0; i < s.count; ++i) {
        const T both = k.one_plus_alpha * j[i] - k.chi * p[i] + k.delta * (T(0.5) * (e[i] + before[i]));
        j[i] = both - j[i];
        p[i] += T(0.5) * both;
      }
    });
  }
}

template <class T>
void Dispersion<T>::state(Checkpoint& c) {
  // Of each pole of a medium, over the smallest box of the grid that has all values with so many poles: [J, P][z][y][x].
  std::size_t poles = 0;
  for (const Stretch& s : stretches_) poles = std::max(poles, s.poles);
  poles = static_cast<std::size_t>(max(comm_, static_cast<Index>(poles)));
  for (std::size_t p = 0; p < poles; ++p)
    for (int component = 0; component < 3; ++component) {
      /// Calls f(box, first cell, count, where J stands; P follows it).
      const auto each = [&](auto&& f) {
        std::size_t i = 0;
        for_each_row([&](std::size_t b, int of, Int3 first, Index count, auto) {
          const Stretch& s = stretches_[i++];
          if (of == component && p < s.poles) f(b, first, count, state_.data() + s.state + (1 + 2 * p) * static_cast<std::size_t>(count));
        });
      };
      std::vector<Box> mine(matter_.maps.size());
      Box all;
      each([&](std::size_t b, Int3 first, Index count, T*) { mine[b] = hull(mine[b], {first, first + Int3{count, 1, 1}}); });
      for (const Box& box : mine) all = hull(all, box);
      all = hull_of_all(comm_, all);
      std::vector<std::vector<T>> values;
      std::vector<Part> parts;
      for (const Box& box : mine) {
        values.emplace_back(static_cast<std::size_t>(2 * box.volume()), T(0));
        parts.push_back({shifted(box, -all.lo), values.back().data()});
      }
      const auto at = [&](std::size_t b, Int3 cell) {
        const Int3 d = cell - mine[b].lo, e = mine[b].extent();
        return values[b].data() + d.x + e.x * (d.y + e.y * d.z);
      };
      each([&](std::size_t b, Int3 first, Index count, const T* j) {
        std::copy_n(j, count, at(b, first));
        std::copy_n(j + count, count, at(b, first) + mine[b].volume());
      });
      c.parts<T>(std::string(component_names[component]) + "_pole_" + std::to_string(p), 2, all.extent(), parts);
      if (!c.reads()) continue;
      each([&](std::size_t b, Int3 first, Index count, T* j) {
        std::copy_n(at(b, first), count, j);
        std::copy_n(at(b, first) + mine[b].volume(), count, j + count);
      });
    }
}

template <class T>
Index Dispersion<T>::bytes() const {
  return static_cast<Index>(state_.size() * sizeof(T) + stretches_.size() * sizeof(Stretch));
}

template class Dispersion<float>;
template class Dispersion<double>;

}  // namespace hilbrick::fdtd
