// SPDX-License-Identifier: BSD-3-Clause
#include "closed_surface.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>
#include <unordered_map>
#include <utility>

namespace hilbrick::fdtd {
namespace {

/// One side of a triangle: the edge from `a` to `b`, a < b, which the triangle runs along forwards or backwards.
struct Side {
  std::int32_t a, b;
  bool forwards;
  std::int32_t triangle;
};

std::vector<Side> sides_by_edge(const std::vector<Mesh::Triangle>& triangles) {
  std::vector<Side> sides;
  sides.reserve(3 * triangles.size());
  for (std::size_t t = 0; t < triangles.size(); ++t)
    for (std::size_t i = 0; i < 3; ++i) {
      const std::int32_t from = triangles[t][i], to = triangles[t][(i + 1) % 3];
      sides.push_back({std::min(from, to), std::max(from, to), from < to, static_cast<std::int32_t>(t)});
    }
  std::sort(sides.begin(), sides.end(), [](const Side& p, const Side& q) {
    return p.a != q.a ? p.a < q.a : p.b != q.b ? p.b < q.b : p.triangle < q.triangle;
  });
  return sides;
}

/// Calls f(first, last) for the sides of each edge.
template <class F>
void for_each_edge(const std::vector<Side>& sides, F&& f) {
  for (std::size_t first = 0, last = 0; first < sides.size(); first = last) {
    while (last < sides.size() && sides[last].a == sides[first].a && sides[last].b == sides[first].b) ++last;
    f(&sides[first], &sides[first] + (last - first));
  }
}

std::string text_of(const Vec3& p) { return fmt::format("({:.6g}, {:.6g}, {:.6g}) m", p[0], p[1], p[2]); }

std::string middle_of(const Surface& s, const Side& side) {
  const Vec3& a = s.vertices[static_cast<std::size_t>(side.a)];
  const Vec3& b = s.vertices[static_cast<std::size_t>(side.b)];
  return text_of({(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2});
}

Index number_of(const Surface& s, const Side& side) { return s.numbers[static_cast<std::size_t>(side.triangle)]; }

void require_no_holes(const Surface& surface, const std::vector<Side>& sides, const std::string& what) {
  Index open = 0;
  const Side* first_open = nullptr;
  for_each_edge(sides, [&](const Side* first, const Side* last) {
    if ((last - first) % 2 == 0) return;
    ++open;
    if (!first_open) first_open = first;
  });
  if (open == 0) return;
  throw Error(
      fmt::format("{}: expected a closed surface, found {} edges with a hole beside them, the first of them of triangle {} at {}; "
                  "close the surface in the program that made it",
                  what, open, number_of(surface, *first_open), middle_of(surface, *first_open)));
}

/// The first edge that more triangles run along one way than the other.
const Side* first_unbalanced(const std::vector<Side>& sides) {
  const Side* found = nullptr;
  for_each_edge(sides, [&](const Side* first, const Side* last) {
    if (!found && 2 * std::count_if(first, last, [](const Side& s) { return s.forwards; }) != last - first) found = first;
  });
  return found;
}

void turn(Mesh::Triangle& t) { std::swap(t[1], t[2]); }

/// Turns triangles to agree with their neighbours, across edges that two triangles share; in each part that hangs together the fewer turn.
Index turn_to_agree(std::vector<Mesh::Triangle>& triangles, const std::vector<Side>& sides) {
  struct Neighbour {
    std::int32_t triangle;
    bool agrees;
  };
  std::vector<std::vector<Neighbour>> neighbours(triangles.size());
  for_each_edge(sides, [&](const Side* first, const Side* last) {
    if (last - first != 2) return;
    const bool agrees = first[0].forwards != first[1].forwards;
    neighbours[static_cast<std::size_t>(first[0].triangle)].push_back({first[1].triangle, agrees});
    neighbours[static_cast<std::size_t>(first[1].triangle)].push_back({first[0].triangle, agrees});
  });
  enum class State : char { unseen, as_is, turned };
  std::vector<State> state(triangles.size(), State::unseen);
  Index turned = 0;
  for (std::size_t seed = 0; seed < triangles.size(); ++seed) {
    if (state[seed] != State::unseen) continue;
    std::vector<std::size_t> part{seed};
    state[seed] = State::as_is;
    for (std::size_t at = 0; at < part.size(); ++at)
      for (const Neighbour& n : neighbours[part[at]]) {
        const auto next = static_cast<std::size_t>(n.triangle);
        if (state[next] != State::unseen) continue;
        state[next] = (state[part[at]] == State::turned) == n.agrees ? State::turned : State::as_is;
        part.push_back(next);
      }
    const auto few =
        static_cast<std::size_t>(std::count_if(part.begin(), part.end(), [&](std::size_t t) { return state[t] == State::turned; }));
    const State to_turn = 2 * few > part.size() ? State::as_is : State::turned;
    for (const std::size_t t : part)
      if (state[t] == to_turn) {
        turn(triangles[t]);
        ++turned;
      }
  }
  return turned;
}

/// Six times the volume, and six times the sum of the volumes' magnitudes, seen from a corner of the surface.
std::array<double, 2> six_volumes(const Surface& s) {
  const Vec3& o = s.vertices.front();
  std::array<double, 2> six{};
  for (const Mesh::Triangle& t : s.triangles) {
    std::array<Vec3, 3> p;
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t a = 0; a < 3; ++a) p[i][a] = s.vertices[static_cast<std::size_t>(t[i])][a] - o[a];
    const double v = p[0][0] * (p[1][1] * p[2][2] - p[1][2] * p[2][1]) + p[0][1] * (p[1][2] * p[2][0] - p[1][0] * p[2][2]) +
                     p[0][2] * (p[1][0] * p[2][1] - p[1][1] * p[2][0]);
    six[0] += v;
    six[1] += std::fabs(v);
  }
  return six;
}

}  // namespace

Surface welded(const Solid& solid, double weld) {
  // Vertices by the square that they lie in, each much larger than what is welded: one look up, or a few beside a side of a square.
  const double square = std::max(64 * weld, 1e-300);
  const auto key = [&](const std::array<Index, 3>& q) {
    std::uint64_t h = 0;
    for (const Index i : q) h = (h ^ static_cast<std::uint64_t>(i)) * 0x9e3779b97f4a7c15u, h ^= h >> 29;
    return h;
  };
  std::unordered_multimap<std::uint64_t, std::int32_t> by_square;
  Surface s;
  const auto vertex = [&](const Vec3& p) {
    std::array<std::array<Index, 2>, 3> near;
    for (std::size_t a = 0; a < 3; ++a)
      near[a] = {static_cast<Index>(std::floor((p[a] - weld) / square)), static_cast<Index>(std::floor((p[a] + weld) / square))};
    for (Index x = near[0][0]; x <= near[0][1]; ++x)
      for (Index y = near[1][0]; y <= near[1][1]; ++y)
        for (Index z = near[2][0]; z <= near[2][1]; ++z) {
          const auto [first, last] = by_square.equal_range(key({x, y, z}));
          for (auto it = first; it != last; ++it) {
            const Vec3& q = s.vertices[static_cast<std::size_t>(it->second)];
            if (std::fabs(p[0] - q[0]) <= weld && std::fabs(p[1] - q[1]) <= weld && std::fabs(p[2] - q[2]) <= weld) return it->second;
          }
        }
    const auto number = static_cast<std::int32_t>(s.vertices.size());
    by_square.emplace(key({static_cast<Index>(std::floor(p[0] / square)), static_cast<Index>(std::floor(p[1] / square)),
                           static_cast<Index>(std::floor(p[2] / square))}),
                      number);
    s.vertices.push_back(p);
    return number;
  };
  for (std::size_t t = 0; t < solid.triangles.size(); ++t) {
    Mesh::Triangle triangle;
    for (std::size_t i = 0; i < 3; ++i) triangle[i] = vertex(solid.triangles[t][i]);
    if (triangle[0] == triangle[1] || triangle[1] == triangle[2] || triangle[2] == triangle[0]) continue;
    s.triangles.push_back(triangle);
    s.numbers.push_back(solid.first_number + static_cast<Index>(t));
  }
  return s;
}

void orient(Surface& surface, const std::string& what, std::vector<std::string>& notes) {
  if (surface.triangles.empty())
    throw Error(what + ": expected triangles that enclose a volume, found none with three different corners; is the scale right?");
  std::vector<Side> sides = sides_by_edge(surface.triangles);
  require_no_holes(surface, sides, what);
  if (const Side* odd = first_unbalanced(sides)) {
    const std::string place = fmt::format("of triangle {} at {}", number_of(surface, *odd), middle_of(surface, *odd));
    const Index turned = turn_to_agree(surface.triangles, sides);
    sides = sides_by_edge(surface.triangles);
    if (const Side* still = first_unbalanced(sides))
      throw Error(
          fmt::format("{}: expected triangles that agree on which side is outside, found that they cannot at the edge of triangle {} "
                      "at {}; repair the surface in the program that made it",
                      what, number_of(surface, *still), middle_of(surface, *still)));
    notes.push_back(fmt::format("{}: triangles disagree on which side is outside, the first at the edge {}; {} were turned round", what,
                                place, turned));
  }
  const auto [volume, magnitude] = six_volumes(surface);
  if (!(std::fabs(volume) > 1e-12 * magnitude))
    throw Error(fmt::format("{}: expected a surface that encloses a volume, found one that encloses none, {} triangles from {} on", what,
                            surface.triangles.size(), text_of(surface.vertices.front())));
  if (volume > 0) return;
  notes.push_back(what + ": the triangles face inwards; all were turned round");
  for (Mesh::Triangle& t : surface.triangles) turn(t);
}

std::optional<std::pair<int, std::string>> find_overlap(const Mesh& mesh, const std::vector<Origin>& origins) {
  const auto [low, high] = mesh.bounds_m();
  const int n = std::max(4, static_cast<int>(std::sqrt(static_cast<double>(origins.size()) / 4)));
  double size = 0;
  int solids = 0;
  for (int a = 0; a < 3; ++a) size = std::max(size, high[a] - low[a]);
  for (const Origin& o : origins) solids = std::max(solids, o.solid + 1);
  const double least = std::max(1e-6 * size, 4 * mesh.tolerance_m());
  const auto origin = [&](const Mesh::Crossing& c) { return origins[static_cast<std::size_t>(c.triangle)]; };
  std::vector<Mesh::Crossing> crossed;
  std::vector<int> turns(static_cast<std::size_t>(solids));
  for (int axis = 0; axis < 3; ++axis) {
    const int u = (axis + 1) % 3, v = (axis + 2) % 3;
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < n; ++i) {
        // Off the middles of squares, where regular bodies have their edges.
        Vec3 through{};
        through[u] = low[u] + (i + 0.4819) / n * (high[u] - low[u]);
        through[v] = low[v] + (j + 0.5237) / n * (high[v] - low[v]);
        mesh.crossings(axis, through, crossed);
        for (std::size_t k = 0; k + 1 < crossed.size(); ++k) {
          const auto [solid, number] = origin(crossed[k]);
          int& entered = turns[static_cast<std::size_t>(solid)];
          entered += crossed[k].turn;
          if (entered == 0 || entered == 1 || crossed[k + 1].at_m - crossed[k].at_m <= least) continue;
          through[axis] = crossed[k].at_m;
          Vec3 end = through;
          end[axis] = crossed[k + 1].at_m;
          return std::pair(
              solid, fmt::format("{} between triangles {} and {}, from {} to {}", entered < 0 ? "faces inwards" : "overlaps itself", number,
                                 origin(crossed[k + 1]).number, text_of(through), text_of(end)));
        }
        std::fill(turns.begin(), turns.end(), 0);
      }
  }
  return std::nullopt;
}

}  // namespace hilbrick::fdtd
