// SPDX-License-Identifier: BSD-3-Clause
#include "averaging.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "painter.hpp"

namespace hilbrick::fdtd {
namespace {

constexpr int samples = 4;           // lines through a control volume, each way
constexpr int across = samples + 2;  // with those along its faces

/// Whether any surface of this material changes what the component sees beside a vacuum.
bool differs_from_vacuum(const Medium& m, bool electric) {
  return !m.pec && (electric ? m.eps_r != 1 || m.sigma != 0 || !m.poles.empty() : m.mu_r != 1 || m.sigma_m != 0);
}

/// What holds the energy of the component's field.
double density_of(const Medium& m, bool electric) { return electric ? m.eps_r : m.mu_r; }

/// Means over the part of a volume that is no conductor.
class Mixture {
 public:
  explicit Mixture(bool electric) : electric_(electric) {}

  void add(double share, const Medium& m) {
    const double density = density_of(m, electric_), loss = electric_ ? m.sigma : m.sigma_m;
    share_ += share;
    density_ += share * density;
    inverse_ += share / density;
    loss_ += share * loss;
    weak_loss_ += share * loss / (density * density);
  }
  double share() const { return share_; }
  /// <1/density> less 1/<density>: how much more a field meets across a surface than along it.
  double anisotropy() const { return inverse_ / share_ - share_ / density_; }
  /// `along`: the square of the normal's share along the component. Numbers of single precision, so that alike places have one medium.
  Medium medium(double along) const {
    const double mean = density_ / share_, mixed = 1 / (along * inverse_ / share_ + (1 - along) / mean);
    Medium m;
    (electric_ ? m.eps_r : m.mu_r) = rounded(mixed);
    (electric_ ? m.sigma : m.sigma_m) = rounded(mixed * mixed * (along * weak_loss_ + (1 - along) * loss_ / (mean * mean)) / share_);
    return m;
  }

 private:
  static double rounded(double value) { return static_cast<float>(value); }

  bool electric_;
  double share_ = 0, density_ = 0, inverse_ = 0, loss_ = 0, weak_loss_ = 0;
};

/// What lines through a control volume see of media outside conductors.
struct View {
  Mixture all;
  std::optional<int> only;       // the material, where there is but one
  std::array<double, 3> change;  // along each axis, the mean of all changes of the density in it, per metre
  std::array<double, 3> ascent;  // of their sum, signs kept
};

/// Rows of control volumes around places of one kind: the lines along x through them, painted once for a row.
class Rows {
 public:
  /// `half`: where places lie in their cells, in halves; `electric`: whose media count.
  Rows(const Scene& scene, const Numerics& numerics, const std::array<int, 3>& half, bool electric, Painter& painter)
      : scene_(scene), spacing_m_(numerics.spacing_m), half_(half), electric_(electric), painter_(painter) {}

  void start(Index y, Index z) {
    start_ = {0, y, z};
    const Vec3 middle = middle_of(0);
    for (int j = 0; j < across; ++j)
      for (int k = 0; k < across; ++k) {
        if (on_edge(j, k)) continue;
        const Vec3 through{0, folded_m(scene_, 1, middle[1] + offset(j) * spacing_m_[1]),
                           folded_m(scene_, 2, middle[2] + offset(k) * spacing_m_[2])};
        lines_[j][k] = painter_.along(0, through, 0);
      }
  }

  /// Whether a surface may cut the volumes of values first <= i < last, counted from x = 0: their lines do not all lie in one material.
  bool cut(Index first, Index last) const {
    const double half = half_[0] ? 0.5 : 0, low = (static_cast<double>(first) - 0.5 + half) * spacing_m_[0],
                 high = (static_cast<double>(last) - 0.5 + half) * spacing_m_[0];
    std::optional<int> seen;
    bool differ = false;
    for (int j = 0; j < across && !differ; ++j)
      for (int k = 0; k < across && !differ; ++k)
        for_each_piece(0, lines_[j][k], low, high, [&](double, int material) {
          differ = differ || (seen && material != *seen);
          seen = material;
        });
    return differ;
  }

  /// What volume i holds; nothing where it is all conductor, or reaches into voxels or a medium with poles.
  std::optional<View> view(Index i) const {
    const Vec3 middle = middle_of(i);
    View view{Mixture(electric_), {}, {}, {}};
    std::array<std::array<double, across>, across> means{};
    bool plain = true;  // neither voxels nor poles
    bool mixed = false;
    for (int j = 0; j < across; ++j)
      for (int k = 0; k < across; ++k) {
        if (on_edge(j, k)) continue;
        const bool inner = j > 0 && j <= samples && k > 0 && k <= samples;
        double before = 0, line_share = 0, line_density = 0;
        for_each_piece(0, lines_[j][k], middle[0] - 0.5 * spacing_m_[0], middle[0] + 0.5 * spacing_m_[0], [&](double share, int id) {
          if (id == in_voxels) plain = false;
          if (!plain || share < 1e-9 * spacing_m_[0]) return;
          const Medium& m = scene_.materials[static_cast<std::size_t>(id)];
          if (m.pec) return;
          if (electric_ && !m.poles.empty()) plain = false;
          const double density = marked_density(id);
          line_share += share;
          line_density += share * density;
          mixed = mixed || (view.only && *view.only != id);
          view.only = id;
          if (!inner) return;
          view.all.add(share, m);
          if (before > 0) view.change[0] += std::fabs(density - before) / (samples * samples);
          before = density;
        });
        means[j][k] = line_share > 0 ? line_density / line_share : 0;
      }
    if (!plain || view.all.share() == 0) return std::nullopt;
    if (!mixed) return view;
    view.only.reset();
    const auto step = [](double a, double b) { return a > 0 && b > 0 ? (b - a) / samples : 0.0; };
    for (int j = 0; j + 1 < across; ++j)
      for (int k = 1; k <= samples; ++k) {
        view.change[1] += std::fabs(step(means[j][k], means[j + 1][k]));
        view.change[2] += std::fabs(step(means[k][j], means[k][j + 1]));
        view.ascent[1] += step(means[j][k], means[j + 1][k]);
        view.ascent[2] += step(means[k][j], means[k][j + 1]);
      }
    for (int a = 0; a < 3; ++a) {
      view.change[a] /= spacing_m_[a];
      view.ascent[a] /= spacing_m_[a];
    }
    // Lines along the axis that is nearest to the normal measure the parts best.
    const int axis = static_cast<int>(std::max_element(view.change.begin(), view.change.end()) - view.change.begin());
    if (axis > 0)
      if (const Mixture along = sampled_along(axis, middle); along.share() > 0) view.all = along;
    return view;
  }

  /// Of a volume of several media, how the density grows along x: between means over its faces, of lines along y.
  double ascent_along_x(Index i) const {
    const Vec3 middle = middle_of(i);
    double growth = 0;
    for (const double side : {-0.499999, 0.499999})
      for (int k = 1; k <= samples; ++k) {
        const Vec3 through{folded_m(scene_, 0, middle[0] + side * spacing_m_[0]), 0,
                           folded_m(scene_, 2, middle[2] + offset(k) * spacing_m_[2])};
        double mean = 0;
        for_each_piece(1, painter_.along(1, through, 0), middle[1] - 0.5 * spacing_m_[1], middle[1] + 0.5 * spacing_m_[1],
                       [&](double share, int id) { mean += id == in_voxels ? 0 : share * marked_density(id); });
        growth += (side > 0 ? mean : -mean) / (samples * spacing_m_[1]);
      }
    return growth / spacing_m_[0];
  }

 private:
  Vec3 middle_of(Index i) const {
    Vec3 p;
    const Int3 cell = start_ + Int3{i, 0, 0};
    for (int a = 0; a < 3; ++a) p[a] = (static_cast<double>(cell[a]) + 0.5 * half_[a]) * spacing_m_[a];
    return p;
  }
  /// Two media of one density differ, too.
  double marked_density(int id) const { return density_of(scene_.materials[static_cast<std::size_t>(id)], electric_) + 1e-6 * id; }

  Mixture sampled_along(int axis, const Vec3& middle) const {
    Mixture all(electric_);
    const int u = (axis + 1) % 3, v = (axis + 2) % 3;
    for (int j = 1; j <= samples; ++j)
      for (int k = 1; k <= samples; ++k) {
        Vec3 through{};
        through[u] = folded_m(scene_, u, middle[u] + offset(j) * spacing_m_[u]);
        through[v] = folded_m(scene_, v, middle[v] + offset(k) * spacing_m_[v]);
        const double half = 0.5 * spacing_m_[axis];
        for_each_piece(axis, painter_.along(axis, through, 0), middle[axis] - half, middle[axis] + half, [&](double share, int id) {
          if (id != in_voxels && !scene_.materials[static_cast<std::size_t>(id)].pec)
            all.add(share, scene_.materials[static_cast<std::size_t>(id)]);
        });
      }
    return all;
  }

  /// Along y and z: the faces of the volume, a little inside, and the middles of `samples` parts.
  static double offset(int j) { return j == 0 ? -0.499999 : j > samples ? 0.499999 : (j - 0.5) / samples - 0.5; }
  static bool on_edge(int j, int k) { return (j == 0 || j > samples) && (k == 0 || k > samples); }

  /// for_each_part of the grid: what lies behind a wall is its mirror image and need not be counted, what lies beyond a period is at the
  /// other end.
  template <class F>
  void for_each_piece(int axis, const std::vector<Stretch>& line, double low, double high, F&& f) const {
    const double end = static_cast<double>(scene_.cells[axis]) * spacing_m_[axis];
    if (scene_.boundary[axis][0] == Boundary::periodic && low < 0) for_each_part(line, end + low, end, f);
    for_each_part(line, std::max(low, 0.0), std::min(high, end), f);
  }

  const Scene& scene_;
  Vec3 spacing_m_;
  std::array<int, 3> half_;
  bool electric_;
  Painter& painter_;
  Int3 start_;
  std::array<std::array<std::vector<Stretch>, across>, across> lines_;
};

/// The rows' part of a box whose control volumes reach the bounds of a shape that differs from vacuum.
std::vector<Box> candidates(const Scene& scene, bool electric, const Box& owned) {
  std::vector<Box> boxes;
  for (const Shape& shape : scene.shapes) {
    if (std::holds_alternative<VoxelGrid>(shape.form)) continue;
    if (!differs_from_vacuum(scene.materials[static_cast<std::size_t>(shape.material)], electric)) continue;
    const auto [low, high] = bounds_m(shape);
    Box box = owned;
    for (int a = 0; a < 3; ++a) {
      if (scene.boundary[a][0] == Boundary::periodic) continue;
      box.lo[a] = std::max(box.lo[a], static_cast<Index>(std::floor(std::max(-1.0, low[a] / scene.spacing_m[a]))) - 1);
      box.hi[a] =
          std::min(box.hi[a], static_cast<Index>(std::ceil(std::min(high[a] / scene.spacing_m[a], static_cast<double>(owned.hi[a])))) + 2);
    }
    if (!box.empty()) boxes.push_back(box);
  }
  return boxes;
}

/// Calls f(i) for those of a row's places in the boxes whose volumes a surface may cut: halving finds them.
template <class F>
void for_each_cut(Rows& rows, const std::vector<Box>& boxes, Index y, Index z, F&& f) {
  Index first = std::numeric_limits<Index>::max(), last = std::numeric_limits<Index>::min();
  for (const Box& box : boxes)
    if (y >= box.lo.y && y < box.hi.y && z >= box.lo.z && z < box.hi.z) {
      first = std::min(first, box.lo.x);
      last = std::max(last, box.hi.x);
    }
  if (first >= last) return;
  rows.start(y, z);
  const auto search = [&](auto&& self, Index from, Index to) -> void {
    if (!rows.cut(from, to)) return;
    if (to - from > 1) {
      self(self, from, (from + to) / 2);
      self(self, (from + to) / 2, to);
    } else {
      f(from);
    }
  };
  search(search, first, last);
}

}  // namespace

void average_surfaces(const Scene& scene, const Numerics& numerics, Component c, MediumMap& map, Media& media) {
  const Box& owned = map.owned;
  const bool electric = is_electric(c);
  const std::vector<Box> boxes = candidates(scene, electric, owned);
  if (boxes.empty()) return;
  Painter painter(scene, region_around(numerics, owned, 1));
  Rows rows(scene, numerics, half_offset(c), electric, painter);
  rewrite_rows(map, [&](Index y, Index z, std::span<MediumId> row) {
    for_each_cut(rows, boxes, y, z, [&](Index i) {
      MediumId& id = row[static_cast<std::size_t>(i - owned.lo.x)];
      if (media[id].pec) return;
      const auto view = rows.view(i);
      if (!view) return;
      if (view->only) {
        id = media.id_of(scene.materials[static_cast<std::size_t>(*view->only)]);
        return;
      }
      double sum = 0;
      for (const double change : view->change) sum += change * change;
      const double own = view->change[static_cast<std::size_t>(axis_of(c))];
      id = media.id_of(view->all.medium(sum > 0 ? own * own / sum : 1.0 / 3));
    });
  });
}

std::vector<ObliqueNode> oblique_nodes(const Scene& scene, const Numerics& numerics, const Box& nodes) {
  std::vector<ObliqueNode> found;
  const std::vector<Box> boxes = candidates(scene, true, nodes);
  if (boxes.empty()) return found;
  Painter painter(scene, region_around(numerics, nodes, 1));
  Rows rows(scene, numerics, {0, 0, 0}, true, painter);
  for (Index z = nodes.lo.z; z < nodes.hi.z; ++z)
    for (Index y = nodes.lo.y; y < nodes.hi.y; ++y)
      for_each_cut(rows, boxes, y, z, [&](Index x) {
        auto view = rows.view(x);
        if (!view || view->only) return;
        view->ascent[0] = rows.ascent_along_x(x);
        double sum = 0;
        for (std::size_t a = 0; a < 3; ++a) {
          const double most = std::max(view->change[a], std::fabs(view->ascent[a]));
          sum += most * most;
        }
        ObliqueNode node{{x, y, z}, {}};
        for (std::size_t a = 0; a < 3; ++a) node.mixed[a] = view->all.anisotropy() * view->ascent[a] * view->ascent[(a + 1) % 3] / sum;
        if (sum > 0 && std::any_of(node.mixed.begin(), node.mixed.end(), [](double m) { return std::fabs(m) > 1e-6; }))
          found.push_back(node);
      });
  return found;
}

}  // namespace hilbrick::fdtd
