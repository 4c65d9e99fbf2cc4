// SPDX-License-Identifier: BSD-3-Clause
#include "oblique.hpp"

#include <algorithm>
#include <tuple>

#include "averaging.hpp"

namespace hilbrick::fdtd {
namespace {

/// Whether a symmetric matrix has no negative eigenvalue: its diagonal, and xy, yz, zx.
bool is_positive(const Vec3& d, const Vec3& m) {
  for (std::size_t a = 0; a < 3; ++a)
    if (d[a] < 0 || d[a] * d[(a + 1) % 3] < m[a] * m[a]) return false;
  return d[0] * d[1] * d[2] + 2 * m[0] * m[1] * m[2] >= d[0] * m[1] * m[1] + d[1] * m[2] * m[2] + d[2] * m[0] * m[0];
}

double harmonic_mean(double a, double b) { return a > 0 && b > 0 ? 2 * a * b / (a + b) : 0; }

/// The largest share, up to 1, of what a node mixes that is stable. `inverse`: 1/eps_r of its edges, [axis][lower, upper].
double stable_share(const Vec3& mixed, const std::array<std::array<double, 2>, 3>& inverse, double most, const Vec3& weight) {
  Vec3 lower, upper;
  for (std::size_t a = 0; a < 3; ++a) {
    lower[a] = harmonic_mean(inverse[a][0], inverse[a][1]);
    upper[a] = harmonic_mean(most - inverse[a][0], most - inverse[a][1]) + most * weight[a];
  }
  const auto stable = [&](double share) {
    Vec3 plus, minus;
    for (std::size_t a = 0; a < 3; ++a) {
      plus[a] = share * mixed[a];
      minus[a] = -plus[a];
    }
    return is_positive(lower, plus) && is_positive(upper, minus);
  };
  if (stable(1)) return 1;
  double low = 0, high = 1;
  for (int i = 0; i < 30; ++i) {
    const double middle = (low + high) / 2;
    (stable(middle) ? low : high) = middle;
  }
  return low;
}

/// The nodes inside of walls and layers.
Box inner_nodes(const Scene& scene) {
  const auto layers = pml_layers(scene);
  Box nodes{{}, scene.cells};
  for (int a = 0; a < 3; ++a) {
    if (scene.boundary[a][0] == Boundary::periodic) continue;
    nodes.lo[a] = layers[a][0] + 1;
    nodes.hi[a] -= layers[a][1];
  }
  return nodes;
}

/// oblique_nodes of a box of nodes, which may end with the plane that closes a period.
std::vector<ObliqueNode> nodes_around(const Scene& scene, const Numerics& numerics, const Box& nodes) {
  std::vector<ObliqueNode> all;
  for_each_cell({{0, 0, 0}, {2, 2, 2}}, [&](Int3 image) {
    Box part = intersection(nodes, inner_nodes(scene));
    Int3 moved;
    for (int a = 0; a < 3; ++a) {
      if (image[a] == 0) continue;
      moved[a] = scene.cells[a];
      part.lo[a] = 0;
      part.hi[a] = scene.boundary[a][0] == Boundary::periodic && nodes.hi[a] > scene.cells[a] ? 1 : 0;
    }
    if (part.empty()) return;
    for (ObliqueNode& node : oblique_nodes(scene, numerics, part)) all.push_back({node.node + moved, node.mixed});
  });
  return all;
}

}  // namespace

template <class T>
ObliqueSurfaces<T>::ObliqueSurfaces(const Comm& comm, const Scene& scene, const Numerics& numerics, const Domain& domain,
                                    std::vector<Field<T>>& fields, const Matter<T>& matter, const ExchangeOptions& halos) {
  for (int a = 0; a < 3; ++a) inverse_spacing_[a] = static_cast<T>(1 / numerics.spacing_m[a]);
  if (!numerics.node_stencil) return;
  // E holds 1/eps_r meanwhile; 0 where nothing may be mixed in.
  std::vector<FieldRef> refs;
  for (const Field<T>& f : fields) refs.push_back(f.ref());
  for (int c = 0; c < 3; ++c)
    for (std::size_t b = 0; b < domain.boxes.size(); ++b)
      for_each_cell(fields[c].blocks()[b].owned, [&](Int3 cell) {
        const Medium& m = matter.media[matter.medium(static_cast<Component>(c), b, cell)];
        const bool plain = !m.pec && !m.cut && m.sigma == 0 && m.poles.empty();
        fields[c].at(b, cell) = plain ? static_cast<T>(1 / m.eps_r) : T(0);
      });
  Exchange(comm, domain, numerics.stencils[*numerics.node_stencil], refs, halos).start(0).finish();
  std::size_t nodes = 0;
  for (std::size_t b = 0; b < domain.boxes.size(); ++b) {
    parts_.push_back(make_part(scene, numerics, domain.boxes[b], b, fields));
    nodes = std::max(nodes, parts_.back().nodes.size());
  }
  sums_.assign(1 + 3 * nodes, T(0));
  for (const Field<T>& f : fields) std::fill_n(f.data(), f.size(), T(0));
}

template <class T>
auto ObliqueSurfaces<T>::make_part(const Scene& scene, const Numerics& numerics, const Box& cells, std::size_t box,
                                   const std::vector<Field<T>>& fields) -> Part {
  Part part{};
  for (int h = 0; h < 3; ++h) {
    const Block& block = fields[3 + h].blocks()[box];
    part.strides[h] = {1, block.stride_y, block.stride_z};
  }
  double inverse_squares = 0;
  for (const double d : numerics.spacing_m) inverse_squares += 1 / (d * d);
  Vec3 weight;
  for (std::size_t a = 0; a < 3; ++a) weight[a] = 1 / (numerics.spacing_m[a] * numerics.spacing_m[a]) / inverse_squares;
  double least_mu = 1;
  for (const Medium& m : scene.materials)
    if (!m.pec) least_mu = std::min(least_mu, m.mu_r);
  const double step_m = light_speed_m_s * numerics.dt_s, most = least_mu / (step_m * step_m * inverse_squares);

  struct End {
    int axis;
    Int3 cell;
    int upper;  // whether the node is the edge's upper one
    std::uint32_t sum;
    auto place() const { return std::tuple(axis, cell.z, cell.y, cell.x); }
  };
  std::vector<End> ends;
  Box around = cells;
  for (int a = 0; a < 3; ++a) ++around.hi[a];
  for (const ObliqueNode& node : nodes_around(scene, numerics, around)) {
    std::vector<End> owned;
    for (int a = 0; a < 3; ++a)
      for (const int upper : {0, 1}) {
        const Int3 cell = node.node - (upper ? unit(a) : Int3{});
        const auto sum = static_cast<std::uint32_t>(1 + 3 * part.nodes.size() + static_cast<std::size_t>(a));
        if (fields[a].blocks()[box].owned.contains(Box{cell, cell + Int3{1, 1, 1}})) owned.push_back({a, cell, upper, sum});
      }
    if (owned.empty()) continue;
    std::array<std::array<double, 2>, 3> inverse;
    bool plain = true;
    for (int a = 0; a < 3; ++a)
      for (const int side : {0, 1}) {
        inverse[a][side] = static_cast<double>(fields[a].at(box, node.node - (side ? Int3{} : unit(a))));
        plain = plain && inverse[a][side] > 0;
      }
    if (!plain) continue;
    const double gain = numerics.dt_s / eps0 / 4 * stable_share(node.mixed, inverse, most, weight);
    Node entry{};
    for (int a = 0; a < 3; ++a) {
      entry.h[a] = &fields[3 + a].at(box, node.node);
      entry.gains[a] = static_cast<T>(gain * node.mixed[a]);
    }
    part.nodes.push_back(entry);
    ends.insert(ends.end(), owned.begin(), owned.end());
  }
  std::sort(ends.begin(), ends.end(), [](const End& a, const End& b) { return a.place() < b.place(); });
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (i == 0 || ends[i].place() != ends[i - 1].place()) part.edges.push_back({&fields[ends[i].axis].at(box, ends[i].cell), {0, 0}});
    part.edges.back().sums[static_cast<std::size_t>(ends[i].upper)] = ends[i].sum;
  }
  return part;
}

template <class T>
void ObliqueSurfaces<T>::update() {
  for (const Part& part : parts_) {
    T* sum = sums_.data() + 1;
    for (const Node& node : part.nodes) {
      std::array<T, 3> pairs;
      for (int b = 0; b < 3; ++b) {
        const int p = (b + 1) % 3, q = (b + 2) % 3;
        const auto curl = [&](Index along) {  // at so many edges from the upper one
          const T* hq = node.h[q] + along * part.strides[q][b];
          const T* hp = node.h[p] + along * part.strides[p][b];
          return (*hq - hq[-part.strides[q][p]]) * inverse_spacing_[p] - (*hp - hp[-part.strides[p][q]]) * inverse_spacing_[q];
        };
        pairs[b] = curl(0) + curl(-1);
      }
      const auto [xy, yz, zx] = node.gains;
      *sum++ = xy * pairs[1] + zx * pairs[2];
      *sum++ = yz * pairs[2] + xy * pairs[0];
      *sum++ = zx * pairs[0] + yz * pairs[1];
    }
    for (const Edge& edge : part.edges) *edge.e += sums_[edge.sums[0]] + sums_[edge.sums[1]];
  }
}

template <class T>
Index ObliqueSurfaces<T>::bytes() const {
  Index bytes = static_cast<Index>(sums_.size() * sizeof(T));
  for (const Part& part : parts_) bytes += static_cast<Index>(part.nodes.size() * sizeof(Node) + part.edges.size() * sizeof(Edge));
  return bytes;
}

template class ObliqueSurfaces<float>;
template class ObliqueSurfaces<double>;

}  // namespace hilbrick::fdtd
