// SPDX-License-Identifier: BSD-3-Clause
#include "conformal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mesh.hpp"
#include "painter.hpp"
#include "thin_parts.hpp"

namespace hilbrick::fdtd {
namespace {

// Chosen together by the largest eigenvalue of the scheme around spheres and planes in every position, by runs among bodies of every kind,
// and by how far a ball rings from its closed form.
constexpr double least_share = 0.45;    // of a face's area, in its longest edge's share
constexpr double stiffness = 4.3;       // of an edge: the sum over its four faces of length share / area share; 4 where nothing is cut
constexpr double face_stiffness = 4.4;  // of a face: the same sum over its edges; also 4 where nothing is cut

constexpr Index tile_edge = 16;  // cells that are looked at together
constexpr Index margin = 6;      // around them: an edge's weight asks those up to two away, their faces' areas those up to three away
constexpr int face_samples = 8;  // lines each way where a face's area is no polygon

/// Of single precision, so that alike places have one medium.
double rounded(double share) { return static_cast<float>(share); }

/// The part of an edge that lies in a conductor, in shares of its length: all between first and last, or more than one part.
struct EdgeCut {
  double first = 1, last = 0;
  double open = 1;
  bool many = false;
  int material = 0;     // of the longest part outside; in_voxels where any of it is: the map knows then
  bool inside = false;  // closed, and so it is by its middle: the map knows
};

EdgeCut turned(const EdgeCut& cut) { return {1 - cut.last, 1 - cut.first, cut.open, cut.many, cut.material, cut.inside}; }
constexpr EdgeCut closed{.first = 0, .last = 1, .open = 0};

/// Values for all places of a box.
template <class V>
class Lattice {
 public:
  explicit Lattice(const Box& box, V value = {}) : box_(box), values_(static_cast<std::size_t>(box.volume()), value) {}
  V& at(Int3 p) { return values_[index(p)]; }
  const V& at(Int3 p) const { return values_[index(p)]; }

 private:
  std::size_t index(Int3 p) const {
    const Int3 d = p - box_.lo, e = box_.extent();
    return static_cast<std::size_t>(d.x + e.x * (d.y + e.y * d.z));
  }
  Box box_;
  std::vector<V> values_;
};

/// Edge k of a face of component axis a: 0, 1 along u at v, v + 1; 2, 3 along v at u, u + 1.
struct FaceEdge {
  int axis;
  Int3 shift;
};
FaceEdge face_edge(int a, int k) {
  const int u = (a + 1) % 3, v = (a + 2) % 3;
  if (k < 2) return {u, k == 1 ? unit(v) : Int3{}};
  return {v, k == 3 ? unit(u) : Int3{}};
}

/// The conductors around some cells.
class Tile {
 public:
  Tile(const Scene& scene, const Numerics& numerics, const Box& cells, Painter& painter)
      : scene_(scene),
        spacing_m_(numerics.spacing_m),
        tolerance_m_(surface_tolerance_m(scene)),
        nothing_(smallest_share(scene)),
        painter_(painter),
        layers_(pml_layers(scene)),
        places_(places_around(cells)),
        edges_{Lattice<EdgeCut>(places_), Lattice<EdgeCut>(places_), Lattice<EdgeCut>(places_)},
        areas_{Lattice<double>(places_, 1), Lattice<double>(places_, 1), Lattice<double>(places_, 1)},
        weights_(areas_),
        cut_faces_{Lattice<char>(places_), Lattice<char>(places_), Lattice<char>(places_)},
        closed_(cut_faces_),
        whole_(cut_faces_) {
    for (int a = 0; a < 3; ++a) {
      const auto c = static_cast<Component>(a);
      for_each_thin_part(scene, numerics, painter, c, places_, [&](const ThinPart& part) { closed_[a].at(part.edge) = 1; });
      for_each_edge_beside_sheets(scene, numerics, painter, c, places_, [&](Int3 edge) { whole_[a].at(edge) = 1; });
      cut_edges(a);
    }
    if (!any_) return;
    for (int a = 0; a < 3; ++a) {
      for_each_inner([&](Int3 face) {
        const std::array<double, 4> opens = this->opens(a, face);
        if (*std::min_element(opens.begin(), opens.end()) == 1) return;
        cut_faces_[a].at(face) = 1;
        areas_[a].at(face) = area(a, face);
      });
      share_areas(a);
    }
    for (int a = 0; a < 3; ++a) share_weights(a);
  }

  /// What is looked at for these cells.
  static Box places_around(const Box& cells) { return {cells.lo - Int3{margin, margin, margin}, cells.hi + Int3{margin, margin, margin}}; }

  /// Whether any edge is not whole. Nothing more may depend on what else the cells hold: others look at a face among other cells.
  bool any() const { return any_; }
  double open(int axis, Int3 edge) const { return edges_[axis].at(edge).open; }
  bool inside(int axis, Int3 edge) const { return edges_[axis].at(edge).inside; }
  int material(int axis, Int3 edge) const { return edges_[axis].at(edge).material; }
  std::array<double, 4> opens(int a, Int3 face) const {
    std::array<double, 4> open;
    for (int k = 0; k < 4; ++k) {
      const FaceEdge e = face_edge(a, k);
      open[k] = this->open(e.axis, face + e.shift);
    }
    return open;
  }
  double area_share(int a, Int3 face) const { return areas_[a].at(face); }
  bool face_in_layer(Int3 face) const {
    for (int b = 0; b < 3; ++b) {
      const Index n = scene_.cells[b];
      const Index at = scene_.boundary[b][0] == Boundary::periodic ? ((face[b] % n) + n) % n : std::clamp<Index>(face[b], 0, n - 1);
      if (at < layers_[b][0] || at >= n - layers_[b][1]) return true;
    }
    return false;
  }
  /// Whether an edge belongs to a face in a layer.
  bool edge_in_layer(int axis, Int3 edge) const {
    return face_in_layer(edge) || face_in_layer(edge - unit((axis + 1) % 3)) || face_in_layer(edge - unit((axis + 2) % 3));
  }
  bool on_electric_wall(int axis, Int3 edge) const {
    for (int b = 0; b < 3; ++b)
      for (int side = 0; side < 2; ++side)
        if (b != axis && edge[b] == (side == 0 ? 0 : scene_.cells[b]) && is_electric_wall(scene_.boundary[b][side])) return true;
    return false;
  }

  double weight(int axis, Int3 edge) const { return weights_[axis].at(edge); }

 private:
  /// All but the outermost places: what is asked of those beside one is there.
  template <class F>
  void for_each_inner(F&& f) const {
    for_each_cell({places_.lo + Int3{1, 1, 1}, places_.hi - Int3{1, 1, 1}}, f);
  }

  void cut_edges(int axis) {
    Box columns = places_;
    columns.hi[axis] = columns.lo[axis] + 1;
    for_each_cell(columns, [&](Int3 column) {
      bool reversed = false;
      const Vec3 through = yee_position_m(spacing_m_, static_cast<Component>(axis), folded_edge(scene_, axis, column, reversed));
      const std::vector<Stretch>& line = painter_.along(axis, through, tolerance_m_);
      const bool hits = std::any_of(line.begin(), line.end(), [&](const Stretch& s) { return conducts(s.material); });
      for (Int3 edge = column; edge[axis] < places_.hi[axis]; ++edge[axis]) {
        const Int3 place = folded_edge(scene_, axis, edge, reversed);
        if (on_electric_wall(axis, place)) {
          edges_[axis].at(edge) = closed;
        } else if (closed_[axis].at(edge) != 0) {
          edges_[axis].at(edge) = closed;
          any_ = true;
        } else if (hits) {
          const bool whole = whole_[axis].at(edge) != 0;
          const bool middle = staircase(line, axis, place);
          EdgeCut cut = !whole && !edge_in_layer(axis, place) ? exact(line, axis, place) : middle ? closed : EdgeCut{};
          if (whole && cut.open == 0) closed_[axis].at(edge) = 1;
          any_ = any_ || cut.open < 1 || middle;
          cut.inside = cut.open == 0 && middle;
          edges_[axis].at(edge) = reversed ? turned(cut) : cut;
        }
      }
    });
  }

  bool conducts(int material) const { return fdtd::conducts(scene_, material); }

  /// Whether an edge's middle lies in a conductor.
  bool staircase(const std::vector<Stretch>& line, int axis, Int3 edge) const {
    const double middle_m = (static_cast<double>(edge[axis]) + 0.5) * spacing_m_[axis];
    const auto here = std::find_if(line.begin(), line.end(), [&](const Stretch& s) { return middle_m <= s.last_m; });
    return conducts(here->material);
  }

  EdgeCut exact(const std::vector<Stretch>& line, int axis, Int3 edge) const {
    EdgeCut cut;
    bool voxels = false;
    int parts = 0, between = 0;  // in conductors; of these without a grid plane
    double at = 0, begin = 0, end = -1, inside = 0, longest = 0;
    const auto finish_part = [&] {
      if (end < 0) return;
      ++parts;
      if (begin > nothing_ && end < 1 - nothing_) ++between;
      cut.first = std::min(cut.first, begin);
      cut.last = std::max(cut.last, end);
      inside += end - begin;
      end = -1;
    };
    const double from_m = static_cast<double>(edge[axis]) * spacing_m_[axis];
    for_each_part(line, from_m, from_m + spacing_m_[axis], [&](double length_m, int material) {
      const double from = at, length = length_m / spacing_m_[axis];
      at += length;
      if (conducts(material)) {
        if (end < 0) begin = from;
        end = at;
        return;
      }
      if (length > nothing_) finish_part();
      if (material == in_voxels) voxels = true;
      if (length > longest) cut.material = material;
      longest = std::max(longest, length);
    });
    finish_part();
    if (voxels) return {.material = in_voxels};
    if (between > 0 && parts > 1) return closed;
    if (between > 0) {  // as thick as from the nearest plane, whose edges are closed
      (cut.first + cut.last < 1 ? cut.first : cut.last) = cut.first + cut.last < 1 ? 0 : 1;
      inside = cut.last - cut.first;
    }
    cut.many = parts > 1;
    cut.open = rounded(1 - inside);
    if (cut.open > 1 - nothing_) return {};
    if (cut.open < nothing_) return closed;
    if (cut.first < nothing_) cut.first = 0;
    if (cut.last > 1 - nothing_) cut.last = 1;
    return cut;
  }

  /// The share of a face outside conductors.
  double area(int a, Int3 face) {
    if (face_in_layer(face)) return 1;
    const std::array<double, 4> opens = this->opens(a, face);
    const double longest = *std::max_element(opens.begin(), opens.end());
    if (longest == 0) return 1;  // nothing moves there
    // Once around, along u, along v at u + 1, back along u at v + 1, back along v: the ends of what is open, in order.
    std::array<std::array<double, 2>, 8> points;
    std::size_t count = 0;
    int gaps = 0, edges = 0;
    bool simple = true, gap = false;
    const auto walk = [&](int k, bool back, auto&& at) {
      const EdgeCut cut = edge_of(a, face, k);
      if (cut.many || (cut.open > 0 && cut.open < 1 && cut.first > 0 && cut.last < 1)) simple = false;
      if (cut.open == 0) {
        gap = true;
        return;
      }
      std::array<double, 2> open = cut.open == 1   ? std::array{0.0, 1.0}
                                   : cut.first > 0 ? std::array{0.0, cut.first}
                                                   : std::array{cut.last, 1.0};
      if (back) std::swap(open[0], open[1]);
      if ((gap || open[0] != (back ? 1 : 0)) && count > 0) ++gaps;
      gap = open[1] != (back ? 0 : 1);
      points[count++] = at(open[0]);
      points[count++] = at(open[1]);
      ++edges;
    };
    walk(0, false, [](double s) { return std::array{s, 0.0}; });
    walk(3, false, [](double s) { return std::array{1.0, s}; });
    walk(1, true, [](double s) { return std::array{s, 1.0}; });
    walk(2, true, [](double s) { return std::array{0.0, s}; });
    if (count > 0 && (gap || points[0] != std::array{0.0, 0.0})) ++gaps;
    double share = 1;
    if (!simple || gaps > 1 || edges < 2) {
      share = sampled_area(a, face);
    } else if (gaps == 1) {
      share = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const auto &p = points[i], &q = points[(i + 1) % count];
        share += (p[0] * q[1] - q[0] * p[1]) / 2;
      }
    }
    return share > 1 - nothing_ ? 1 : std::max(share, 1e-3 * longest);
  }

  /// Edge k of a face as the face sees it: what only touches a conductor's surface is open.
  EdgeCut edge_of(int a, Int3 face, int k) {
    const FaceEdge e = face_edge(a, k);
    const Int3 edge = face + e.shift;
    if (open(e.axis, edge) > 0 || closed_[e.axis].at(edge) != 0) return edges_[e.axis].at(edge);
    const int across = 3 - a - e.axis;
    Vec3 through = yee_position_m(spacing_m_, static_cast<Component>(e.axis), edge);
    through[across] += (k % 2 ? -1 : 1) * nothing_ * spacing_m_[across];
    for (int b = 0; b < 3; ++b) through[b] = folded_m(scene_, b, through[b]);
    bool reversed = false;
    const Int3 place = folded_edge(scene_, e.axis, edge, reversed);
    const EdgeCut cut = exact(painter_.along(e.axis, through, 0), e.axis, place);
    return reversed ? turned(cut) : cut;
  }

  /// By lines across the face, both ways.
  double sampled_area(int a, Int3 face) {
    double open = 0;
    for (int k = 1; k < 3; ++k) {
      const int along = (a + k) % 3, across = (a + 3 - k) % 3;
      for (int i = 0; i < face_samples; ++i) {
        Vec3 through = yee_position_m(spacing_m_, static_cast<Component>(along), face);
        through[across] += (i + 0.5) / face_samples * spacing_m_[across];
        for (int b = 0; b < 3; ++b) through[b] = folded_m(scene_, b, through[b]);
        const double from_m = through[along] - 0.5 * spacing_m_[along];
        for_each_part(painter_.along(along, through, tolerance_m_), from_m, from_m + spacing_m_[along], [&](double length_m, int material) {
          if (!conducts(material)) open += length_m / spacing_m_[along];
        });
      }
    }
    return open / (2 * face_samples);
  }

  /// What places lack is taken from those beside them that can spare it. beside(place, f) calls f(other, share) for them; share: how much
  /// of what `other` has to spare counts. Changes `held`, which then adds up to what it did, as far as there is enough.
  template <class Beside>
  void share_out(const Lattice<double>& lack, const Lattice<double>& spare, Lattice<double>& held, Beside&& beside) const {
    Lattice<double> asked(places_);
    const auto ask = [&](Int3 place, auto&& f) {
      if (lack.at(place) == 0) return;
      double sum = 0;
      beside(place, [&](Int3 other, double share) { sum += spare.at(other) * share; });
      if (sum == 0) return;
      beside(place, [&](Int3 other, double share) {
        if (spare.at(other) * share > 0) f(other, lack.at(place) * (spare.at(other) * share) / sum);
      });
    };
    for_each_inner([&](Int3 place) { ask(place, [&](Int3 other, double part) { asked.at(other) += part; }); });
    for_each_inner([&](Int3 place) {
      ask(place, [&](Int3 other, double part) {
        const double given = part * std::min(1.0, spare.at(other) / asked.at(other));
        held.at(place) += given;
        held.at(other) -= given;
      });
    });
  }

  /// Small faces take area from the faces beside them, each behind the edge between them.
  void share_areas(int a) {
    Lattice<double> lack(places_), spare(places_);
    const auto least = [&](Int3 face) {
      const std::array<double, 4> opens = this->opens(a, face);
      return least_share * *std::max_element(opens.begin(), opens.end());
    };
    for_each_inner([&](Int3 face) {
      if (face_in_layer(face)) return;
      const double share = areas_[a].at(face), needed = least(face);
      if (needed == 0) return;
      if (share >= needed) spare.at(face) = share - needed;
      // Where an edge is whole the field along it is small, the nearer the conductor the smaller, and its weight does no harm.
      else if (needed < least_share)
        lack.at(face) = needed - share;
    });
    share_out(lack, spare, areas_[a], [&](Int3 face, auto&& f) {
      for (int k = 0; k < 4; ++k) {
        const FaceEdge e = face_edge(a, k);
        const Int3 out = unit(3 - a - e.axis);
        f(k % 2 ? face + out : face - out, open(e.axis, face + e.shift));
      }
    });
    for_each_inner([&](Int3 face) {
      if (lack.at(face) > 0) areas_[a].at(face) = std::max(areas_[a].at(face), least(face));
    });
  }

  /// Whether all edges of an edge's faces are whole.
  bool uncut_around(int axis, Int3 edge) const {
    for (int k = 1; k < 3; ++k)
      for (const Int3 face : {edge, edge - unit((axis + k) % 3)})
        if (cut_faces_[(axis + 3 - k) % 3].at(face) != 0) return false;
    return true;
  }

  /// Edges that their faces make too stiff become heavier; uncut ones of the same axis beside, before and behind lighter by as much.
  void share_weights(int axis) {
    Lattice<double> added(places_), spare(places_), held(places_);
    for_each_inner([&](Int3 edge) {
      if (open(axis, edge) == 0) return;
      const double needed = uncut_around(axis, edge) ? 0 : needed_weight(axis, edge);
      if (needed == 0)
        spare.at(edge) = edge_in_layer(axis, edge) ? 0 : 1 - 4 / stiffness;
      else if (needed > 1)
        added.at(edge) = open(axis, edge) * (needed - 1);
    });
    share_out(added, spare, held, [&](Int3 edge, auto&& f) {
      for (int b = 0; b < 3; ++b)
        for (const Int3 other : {edge - unit(b), edge + unit(b)}) f(other, 1.0);
    });
    for_each_inner([&](Int3 edge) {
      if (added.at(edge) > 0)
        weights_[axis].at(edge) = 1 + added.at(edge) / open(axis, edge);
      else
        weights_[axis].at(edge) = 1 + held.at(edge);
    });
  }

  /// The ratio of length share to area share that each edge of a face may have, for all four together to keep within face_stiffness.
  double limit_of(int a, Int3 face) const {
    const std::array<double, 4> opens = this->opens(a, face);
    const double u = spacing_m_[(a + 1) % 3], v = spacing_m_[(a + 2) % 3];
    // An edge counts by the inverse square of the spacing across it.
    const double along_u = 2 * u * u / (u * u + v * v), along_v = 2 - along_u;
    struct Part {
      double ratio, count;
    };
    std::array<Part, 4> parts;
    for (std::size_t k = 0; k < 4; ++k) parts[k] = {opens[k] / area_share(a, face), k < 2 ? along_u : along_v};
    std::sort(parts.begin(), parts.end(), [](const Part& x, const Part& y) { return x.ratio < y.ratio; });
    // The small ones leave more to the others.
    double left = face_stiffness, counts = 4;
    for (const Part& part : parts) {
      if (part.ratio * counts >= left) return left / counts;
      left -= part.ratio * part.count;
      counts -= part.count;
    }
    return std::numeric_limits<double>::infinity();
  }

  /// The least weight that keeps an edge as stiff as it may be.
  double needed_weight(int axis, Int3 edge) const {
    double sum = 0, whole_sum = 0, most = 0;
    for (int k = 1; k < 3; ++k) {
      const int across = (axis + k) % 3, normal = (axis + 3 - k) % 3;
      const double inverse_square = 1 / (spacing_m_[across] * spacing_m_[across]);
      for (const Int3 face : {edge, edge - unit(across)}) {
        const double ratio = open(axis, edge) / area_share(normal, face);
        sum += inverse_square * ratio;
        most = std::max(most, ratio / limit_of(normal, face));
      }
      whole_sum += 2 * inverse_square;
    }
    return std::max(4 * sum / (stiffness * whole_sum), most);
  }

  const Scene& scene_;
  Vec3 spacing_m_;
  double tolerance_m_, nothing_;
  Painter& painter_;
  std::array<std::array<Index, 2>, 3> layers_;
  Box places_;
  std::array<Lattice<EdgeCut>, 3> edges_;
  std::array<Lattice<double>, 3> areas_, weights_;  // of faces, of edges
  std::array<Lattice<char>, 3> cut_faces_;          // whether an edge is not whole
  std::array<Lattice<char>, 3> closed_;             // by a thin part or as a whole: not by what its own line says
  std::array<Lattice<char>, 3> whole_;              // edges beside sheets
  bool any_ = false;
};

/// Gives f the medium in a map of each that is listed of component c.
template <class V, class F>
void rewrite(const std::vector<V>& cuts, Component c, MediumMap& map, F&& f) {
  auto cut = std::find_if(cuts.begin(), cuts.end(), [&](const V& v) { return v.component == c; });
  if (cut == cuts.end() || cut->component != c) return;
  rewrite_rows(map, [&](Index y, Index z, std::span<MediumId> row) {
    for (; cut != cuts.end() && cut->component == c && cut->cell.y == y && cut->cell.z == z; ++cut)
      f(*cut, row[static_cast<std::size_t>(cut->cell.x - map.owned.lo.x)]);
  });
}

bool before(Int3 a, Int3 b) { return a.z != b.z ? a.z < b.z : a.y != b.y ? a.y < b.y : a.x < b.x; }

/// The tiles of a box of cells around which the surface of some conductor cuts an edge.
std::vector<Box> cut_tiles(const Scene& scene, const Numerics& numerics, const Box& cells) {
  const Int3 e = cells.extent(), tiles{ceil_div(e.x, tile_edge), ceil_div(e.y, tile_edge), ceil_div(e.z, tile_edge)};
  std::vector<char> cut(static_cast<std::size_t>(product(tiles)), 0);
  const auto index = [&](Int3 t) { return static_cast<std::size_t>(t.x + tiles.x * (t.y + tiles.y * t.z)); };
  const auto mark = [&](Int3 place) {
    Box near;
    for (int a = 0; a < 3; ++a) {
      const Index d = place[a] - cells.lo[a];
      near.lo[a] = std::max<Index>(0, floor_div(d - margin, tile_edge));
      near.hi[a] = std::min(tiles[a], floor_div(d + margin, tile_edge) + 1);
    }
    for_each_cell(near, [&](Int3 t) { cut[index(t)] = 1; });
  };
  const Box places = Tile::places_around(cells);
  Painter painter(scene, region_around(numerics, places, margin));
  std::vector<Index> hit;  // the edges of a line at which conductors begin or end
  for (int axis = 0; axis < 3; ++axis) {
    Box columns = places;
    columns.hi[axis] = columns.lo[axis] + 1;
    for_each_cell(columns, [&](Int3 column) {
      bool reversed = false;
      const Vec3 through = yee_position_m(numerics.spacing_m, static_cast<Component>(axis), folded_edge(scene, axis, column, reversed));
      const std::vector<Stretch>& line = painter.along(axis, through, surface_tolerance_m(scene));
      const auto conducts = [&](std::size_t i) { return fdtd::conducts(scene, line[i].material); };
      hit.clear();
      for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        const double at = line[i].last_m / numerics.spacing_m[axis];
        if (conducts(i) == conducts(i + 1) || at < 0 || at > static_cast<double>(scene.cells[axis])) continue;
        hit.push_back(std::min(static_cast<Index>(at), scene.cells[axis] - 1));
      }
      for (Int3 edge = column; !hit.empty() && edge[axis] < places.hi[axis]; ++edge[axis])
        if (std::find(hit.begin(), hit.end(), folded_edge(scene, axis, edge, reversed)[axis]) != hit.end()) mark(edge);
    });
    for_each_thin_part(scene, numerics, painter, static_cast<Component>(axis), places, [&](const ThinPart& part) { mark(part.edge); });
  }
  std::vector<Box> boxes;
  for_each_cell({{0, 0, 0}, tiles}, [&](Int3 t) {
    const Int3 low = cells.lo + Int3{t.x * tile_edge, t.y * tile_edge, t.z * tile_edge};
    if (cut[index(t)] != 0) boxes.push_back(intersection(cells, {low, low + Int3{tile_edge, tile_edge, tile_edge}}));
  });
  return boxes;
}

}  // namespace

Cuts find_cuts(const Scene& scene, const Numerics& numerics, const std::array<Box, 6>& owned) {
  Cuts cuts;
  Box all;
  for (const Box& box : owned) all = hull(all, box);
  if (!may_cut_cells(scene) || all.empty()) return cuts;
  const auto visit = [&](const Box& cells) {
    Painter painter(scene, region_around(numerics, Tile::places_around(cells), margin));
    const Tile tile(scene, numerics, cells, painter);
    if (!tile.any()) return;
    for (int a = 0; a < 3; ++a) {
      for_each_cell(intersection(owned[a], cells), [&](Int3 edge) {
        if (tile.on_electric_wall(a, edge)) return;
        const double open = tile.open(a, edge), weight = open > 0 ? rounded(tile.weight(a, edge)) : 1;
        if (weight != 1 || (open < 1 && !tile.inside(a, edge) && !tile.edge_in_layer(a, edge)))
          cuts.edges.push_back({static_cast<Component>(a), edge, tile.material(a, edge), open, weight});
      });
      for_each_cell(intersection(owned[3 + a], cells), [&](Int3 face) {
        if (tile.face_in_layer(face)) return;
        const std::array<double, 4> opens = tile.opens(a, face);
        const double share = rounded(tile.area_share(a, face));
        const bool live = std::any_of(opens.begin(), opens.end(), [](double open) { return open > 0; });
        const bool cut = share < 1 || std::any_of(opens.begin(), opens.end(), [](double open) { return open > 0 && open < 1; });
        if (live && cut) cuts.faces.push_back({static_cast<Component>(3 + a), face, share, opens});
      });
    }
  };
  for (const Box& tile : cut_tiles(scene, numerics, all)) visit(tile);
  const auto in_order = [](const auto& a, const auto& b) {
    return a.component != b.component ? a.component < b.component : before(a.cell, b.cell);
  };
  std::sort(cuts.edges.begin(), cuts.edges.end(), in_order);
  std::sort(cuts.faces.begin(), cuts.faces.end(), in_order);
  return cuts;
}

void free_cut_edges(const Cuts& cuts, Component c, MediumMap& map, const Media& media) {
  rewrite(cuts.edges, c, map, [&](const CutEdge& edge, MediumId& id) {
    if (edge.open == 0)
      id = pec_id;
    else if (media[id].pec && edge.material != in_voxels)
      id = edge.material;
  });
}

void weigh_cuts(const Cuts& cuts, Component c, MediumMap& map, Media& media) {
  rewrite(cuts.edges, c, map, [&](const CutEdge& edge, MediumId& id) {
    if (media[id].pec) return;
    Medium medium = media[id];
    medium.eps_r *= edge.weight;
    medium.sigma *= edge.weight;
    for (Pole& pole : medium.poles) pole.drive *= edge.weight;
    medium.cut = true;
    medium.open = edge.open;
    id = media.id_of(medium);
  });
  rewrite(cuts.faces, c, map, [&](const CutFace& face, MediumId& id) {
    Medium medium = media[id].pec ? Medium{} : media[id];
    medium.cut = true;
    medium.open = face.open;
    id = media.id_of(medium);
  });
}

template <class T>
CutFaces<T>::CutFaces(const Numerics& numerics, const std::vector<Field<T>>& fields, const Matter<T>& matter) {
  for (std::size_t b = 0; b < matter.cut_faces.size(); ++b) {
    auto& faces = faces_.emplace_back();
    for (const CutFace& cut : matter.cut_faces[b]) {
      const int a = axis_of(cut.component), u = (a + 1) % 3, v = (a + 2) % 3;
      const double gain = coefficients_of(matter.media[matter.medium(cut.component, b, cut.cell)], false, numerics.dt_s).gain / cut.open;
      const auto gain_of = [&](double sign, int k, int across) {
        return static_cast<T>(sign * gain * cut.edges[static_cast<std::size_t>(k)] / numerics.spacing_m[across]);
      };
      Face face{
          cut.cell, &fields[cut.component].at(b, cut.cell), {}, {gain_of(1, 3, u), gain_of(-1, 2, u), gain_of(-1, 1, v), gain_of(1, 0, v)}};
      for (std::size_t i = 0; i < 4; ++i) {
        const FaceEdge e = face_edge(a, 3 - static_cast<int>(i));
        face.e[i] = &fields[e.axis].at(b, cut.cell + e.shift);
      }
      faces[a].push_back(face);
    }
  }
}

template <class T>
void CutFaces<T>::update() const {
  for (const auto& box : faces_)
    for (const std::vector<Face>& faces : box)
      for (const Face& face : faces) *face.h += face.change();
}

template <class T>
std::span<const typename CutFaces<T>::Face> CutFaces<T>::row(std::size_t box, Component c, Index y, Index z) const {
  const std::vector<Face>& faces = faces_[box][static_cast<std::size_t>(axis_of(c))];
  const auto row_before = [](const Face& face, std::array<Index, 2> at) { return std::array{face.cell.z, face.cell.y} < at; };
  const auto first = std::lower_bound(faces.begin(), faces.end(), std::array{z, y}, row_before);
  const auto last = std::lower_bound(first, faces.end(), std::array{z, y + 1}, row_before);
  return {first, last};
}

template <class T>
double CutFaces<T>::largest_gain() const {
  double largest = 0;
  for (const auto& box : faces_)
    for (const std::vector<Face>& faces : box)
      for (const Face& face : faces) {
        double sum = 0;
        for (T gain : face.gains) sum += std::fabs(static_cast<double>(gain));
        largest = std::max(largest, sum);
      }
  return largest;
}

template <class T>
Index CutFaces<T>::bytes() const {
  std::size_t faces = 0;
  for (const auto& box : faces_)
    for (const auto& of_axis : box) faces += of_axis.size();
  return static_cast<Index>(faces * sizeof(Face));
}

template class CutFaces<float>;
template class CutFaces<double>;

}  // namespace hilbrick::fdtd
