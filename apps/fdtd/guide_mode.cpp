// SPDX-License-Identifier: BSD-3-Clause
#include "guide_mode.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace hilbrick::fdtd {
double Guide::k() const { return std::sqrt(ku * ku + kv * kv); }

Guide guide_of(const Scene& scene, const GuideModeSource& source) {
  Guide g;
  g.axis = source.axis;
  g.u = (g.axis + 1) % 3;
  g.v = (g.axis + 2) % 3;
  for (int a = 0; a < 3; ++a) {
    g.low[a] = nearest_plane(scene.spacing_m[a], source.low_m[a]);
    g.high[a] = nearest_plane(scene.spacing_m[a], source.high_m[a]);
  }
  g.plane = g.low[g.axis];
  const auto across = [&](int a, int half_waves) {
    const auto cells = static_cast<double>(g.high[a] - g.low[a]);
    return 2 / scene.spacing_m[a] * std::sin(half_waves * std::numbers::pi / (2 * cells));
  };
  g.ku = across(g.u, source.mode[0]);
  g.kv = across(g.v, source.mode[1]);
  return g;
}

std::vector<GuideCorrection> guide_corrections(const Scene& scene, const GuideModeSource& source) {
  const Guide g = guide_of(scene, source);
  const double inverse = 1 / scene.spacing_m[g.axis];
  std::vector<GuideCorrection> corrections;
  for (const int across : {g.u, g.v}) {
    const bool is_u = across == g.u;
    // E lies on planes of the walls along the axis that it is not along, H on planes along its own.
    const auto cells = [&](Component c, Index at) {
      Box box{g.low, g.high};
      box.lo[g.axis] = at;
      box.hi[g.axis] = at + 1;
      for (const int a : {g.u, g.v})
        if (!half_offset(c)[a]) ++box.hi[a];
      return box;
    };
    // E on the plane is total and reads H before it, which is scattered: it lacks the incident one. H before the plane is scattered and
    // reads E on it, which is total: it has the incident one too much. Signs by the curls' derivatives along the axis; H_u goes with -h.
    const auto e = static_cast<Component>(across), h = static_cast<Component>(3 + (is_u ? g.v : g.u));
    const Index before = source.sign > 0 ? g.plane - 1 : g.plane;
    corrections.push_back({e, cells(e, g.plane), inverse});
    corrections.push_back({h, cells(h, before), (is_u ? -1 : 1) * source.sign * inverse});
  }
  return corrections;
}

std::vector<double> guide_profile(const Guide& g, const GuideModeSource& source, Component c, const Box& across) {
  // The profile of E_u (H_v) and of E_v (H_u), the sign of H_u left to the corrections.
  const bool like_e_u = axis_of(c) == (is_electric(c) ? g.u : g.v);
  const double largest = std::max(g.ku, g.kv);
  const double share = (like_e_u ? (source.tm ? g.ku : -g.kv) : (source.tm ? g.kv : g.ku)) / largest;
  std::vector<double> profile;
  for (Index j = across.lo[g.v]; j < across.hi[g.v]; ++j)
    for (Index i = across.lo[g.u]; i < across.hi[g.u]; ++i) {
      const auto angle = [&](int a, Index at, int half_waves) {
        const double place = static_cast<double>(at - g.low[a]) + 0.5 * half_offset(c)[a];
        return half_waves * std::numbers::pi * place / static_cast<double>(g.high[a] - g.low[a]);
      };
      const double u = angle(g.u, i, source.mode[0]), v = angle(g.v, j, source.mode[1]);
      profile.push_back(share * (like_e_u ? std::cos(u) * std::sin(v) : std::sin(u) * std::cos(v)));
    }
  return profile;
}

template <class T>
GuideLine<T>::GuideLine(const Comm& comm, const Scene& scene, const Numerics& numerics, const GuideModeSource& source,
                        std::vector<double> samples)
    : tm_(source.tm),
      gain_e_(static_cast<T>(numerics.dt_s / eps0)),
      gain_h_(static_cast<T>(numerics.dt_s / mu0)),
      inverse_(static_cast<T>(1 / scene.spacing_m[source.axis])),
      samples_(std::move(samples)) {
  k_ = static_cast<T>(hilbrick::broadcast(comm, std::vector<double>{guide_of(scene, source).k()}).front());
  for (int half = 0; half < 2; ++half) {
    std::vector<CpmlCoefficients> along;
    if (comm.rank() == 0)
      along = cpml_along(Index{nodes}, {Index{absorber}, Index{absorber}}, half == 1, scene.spacing_m[source.axis], numerics.dt_s);
    for (const CpmlCoefficients& c : broadcast(comm, along)) cpml_[half].push_back({static_cast<T>(c.b), static_cast<T>(c.c)});
  }
  for (auto* values : {&e_, &h_, &g_, &psi_e_, &psi_h_}) values->assign(nodes, 0);
}

template <class T>
void GuideLine<T>::update_e(Index step) {
  for (std::size_t i = 1; i < e_.size(); ++i) {
    const T d = (h_[i] - h_[i - 1]) * inverse_;
    psi_e_[i] = cpml_[0][i][0] * psi_e_[i] + cpml_[0][i][1] * d;
    e_[i] += gain_e_ * ((tm_ ? 0 : k_ * g_[i]) - (d + psi_e_[i]));
  }
  if (tm_)
    for (std::size_t i = 0; i + 1 < h_.size(); ++i) g_[i] -= gain_e_ * k_ * h_[i];
  const auto n = static_cast<std::size_t>(step);
  e_[driven_node] = n < samples_.size() ? static_cast<T>(samples_[n]) : T(0);
}

template <class T>
void GuideLine<T>::update_h() {
  for (std::size_t i = 0; i + 1 < h_.size(); ++i) {
    const T d = (e_[i + 1] - e_[i]) * inverse_;
    psi_h_[i] = cpml_[1][i][0] * psi_h_[i] + cpml_[1][i][1] * d;
    h_[i] += gain_h_ * ((tm_ ? k_ * g_[i] : 0) - (d + psi_h_[i]));
    if (!tm_) g_[i] -= gain_h_ * k_ * e_[i];
  }
}

template <class T>
void GuideLine<T>::state(Checkpoint& c) {
  c.values("e", e_);
  c.values("h", h_);
  c.values("g", g_);
  c.values("psi_e", psi_e_);
  c.values("psi_h", psi_h_);
}

template class GuideLine<float>;
template class GuideLine<double>;

}  // namespace hilbrick::fdtd
