// SPDX-License-Identifier: BSD-3-Clause
#include "dispersion.hpp"

#include "rows.hpp"

namespace hilbrick::fdtd {

template <class T>
Dispersion<T>::Dispersion(const Numerics& numerics, const std::vector<Field<T>>& fields, const Matter<T>& matter) {
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
  for (std::size_t b = 0; b < matter.maps.size(); ++b)
    for (int c = 0; c < 3; ++c) {
      const Block& block = fields[c].blocks()[b];
      const MediumMap& map = matter.maps[b][c];
      if (map.row_runs.empty()) continue;
      for (Index z = block.owned.lo.z; z < block.owned.hi.z; ++z)
        for (Index y = block.owned.lo.y; y < block.owned.hi.y; ++y) {
          const std::size_t row = row_of(block.owned, y, z);
          Index first = 0;
          for (std::uint32_t r = map.row_runs[row]; r < map.row_runs[row + 1]; first = map.runs[r++].last) {
            const auto id = static_cast<std::size_t>(map.runs[r].medium);
            const std::size_t poles = matter.media[map.runs[r].medium].poles.size();
            if (poles == 0) continue;
            const Index count = map.runs[r].last - first;
            stretches_.push_back({&fields[c].at(b, {block.owned.lo.x + first, y, z}), count,
                                  static_cast<T>(static_cast<double>(matter.table[0][id].gain) * eps0 / (2 * dt)), first_pole[id], poles,
                                  state});
            state += static_cast<std::size_t>(count) * (1 + 2 * poles);
          }
        }
    }
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
Index Dispersion<T>::bytes() const {
  return static_cast<Index>(state_.size() * sizeof(T) + stretches_.size() * sizeof(Stretch));
}

template class Dispersion<float>;
template class Dispersion<double>;

}  // namespace hilbrick::fdtd
