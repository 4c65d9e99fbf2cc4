// SPDX-License-Identifier: BSD-3-Clause
#include <bit>
#include <hilbrick/partition/cut.hpp>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/merge.hpp>
#include <hilbrick/partition/metrics.hpp>
#include <hilbrick/partition/partition.hpp>
#include <tuple>
#include <utility>

namespace hilbrick {
namespace {

std::string dimensions(Int3 n) { return std::to_string(n.x) + "x" + std::to_string(n.y) + "x" + std::to_string(n.z); }

/// Then stretching changes nothing.
bool powers_of_two(Int3 n) {
  for (int a = 0; a < 3; ++a)
    if (!std::has_single_bit(static_cast<std::uint64_t>(n[a]))) return false;
  return true;
}

/// The axis that a slab cuts: the longest, of equals the slowest.
int longest_axis(Int3 cells) {
  int axis = 2;
  for (int a = 1; a >= 0; --a)
    if (cells[a] > cells[axis]) axis = a;
  return axis;
}

/// The factors of `ranks` along x, y, z that send the fewest values, each weighed by its axis's face cost; of equals the one whose
/// busiest rank sends least, then the one that cuts the slowest axes. At most `most_cut_axes` factors exceed 1.
std::optional<Int3> best_factors(const Grid& grid, const Stencil& stencil, const Machine& machine, int ranks, int most_cut_axes) {
  std::optional<Int3> best;
  std::tuple<double, double, Index, Index> best_cost{};
  auto consider = [&](Int3 q) {
    int cut_axes = 0;
    double total = 0, busiest = 0;
    for (int a = 0; a < 3; ++a) {
      if (q[a] > grid.cells[a]) return;
      if (q[a] == 1) continue;
      ++cut_axes;
      const int u = (a + 1) % 3, v = (a + 2) % 3;
      const double value = static_cast<double>(stencil.values_per_face(a) * machine.face_cost[a]);
      const auto planes = static_cast<double>(grid.periodic[a] ? q[a] : q[a] - 1);
      total += planes * value * static_cast<double>(grid.cells[u]) * static_cast<double>(grid.cells[v]);
      const double sides = q[a] > 2 || grid.periodic[a] ? 2 : 1;
      busiest += sides * value * static_cast<double>(ceil_div(grid.cells[u], q[u])) * static_cast<double>(ceil_div(grid.cells[v], q[v]));
    }
    if (cut_axes > most_cut_axes) return;
    const std::tuple cost{total, busiest, q.x, q.y};
    if (!best || cost < best_cost) {
      best = q;
      best_cost = cost;
    }
  };
  for (Index x = 1; x <= ranks; ++x) {
    if (ranks % x != 0) continue;
    for (Index y = 1; y <= ranks / x; ++y)
      if (ranks / x % y == 0) consider({x, y, ranks / x / y});
  }
  return best;
}

Candidates cartesian(const Tiling& tiling, const Weights& weights, std::optional<Int3> factors, Method method, int ranks) {
  Candidates result;
  if (!factors) {
    result.reason =
        std::to_string(ranks) + " ranks do not factor into cell planes of a grid of " + dimensions(tiling.grid().cells) + " cells";
  } else if (Tiling whole = Tiling::with_bricks(tiling.grid(), *factors); !weights.fits(whole)) {
    result.reason = "a table of brick weights serves the curve methods only";
  } else {
    result.partitions.emplace_back(method, whole, weights, Cartesian{});
  }
  return result;
}

}  // namespace

std::string_view name_of(Method method) {
  switch (method) {
    case Method::slab:
      return "slab";
    case Method::pencil:
      return "pencil";
    case Method::box:
      return "box";
    case Method::morton:
      return "morton";
    case Method::hilbert:
      return "hilbert";
    case Method::automatic:
      return "auto";
  }
  return "";
}

std::optional<Method> method_from_name(std::string_view name) {
  for (Method m : all_methods)
    if (name_of(m) == name) return m;
  return std::nullopt;
}

std::string method_names() {
  std::string names;
  for (Method m : all_methods) names += std::string(names.empty() ? "" : m == all_methods.back() ? " or " : ", ") + std::string(name_of(m));
  return names;
}

Partition::Partition(Method method, Tiling tiling, Weights weights, Cartesian rule)
    : method_(method), ranks_(static_cast<int>(tiling.brick_count())), tiling_(tiling), weights_(std::move(weights)), rule_(rule) {}

Partition::Partition(Method method, Tiling tiling, Weights weights, Segments rule)
    : method_(method),
      ranks_(static_cast<int>(rule.cuts.size()) - 1),
      tiling_(tiling),
      weights_(std::move(weights)),
      rule_(std::move(rule)) {}

std::string Partition::description() const {
  std::string text(name_of(method_));
  if (const auto* s = std::get_if<Segments>(&rule_); s && s->curve.order() == Order::hilbert) {
    text += s->curve.fit() == Fit::embedded ? ", embedded key" : ", stretched key";
    if (s->curve.first_axis() == FirstAxis::z) text += ", z first";
  }
  return text + ", " + dimensions(tiling_.bricks()) + " bricks";
}

Rank Partition::owner(Int3 brick) const {
  if (weights_.masked() && weights_.active_cells(tiling_.cells_of(brick)) == 0) return nobody;
  if (const auto* s = std::get_if<Segments>(&rule_)) {
    const auto after = std::upper_bound(s->cuts.begin(), s->cuts.end(), s->curve.key(brick));
    return static_cast<Rank>(after - s->cuts.begin()) - 1;
  }
  const Int3 n = tiling_.bricks();
  return static_cast<Rank>(brick.x + n.x * (brick.y + n.y * brick.z));
}

std::vector<Box> Partition::unmerged_brick_boxes(Rank rank) const {
  if (const auto* s = std::get_if<Segments>(&rule_))
    return s->curve.segment(s->cuts[static_cast<std::size_t>(rank)], s->cuts[static_cast<std::size_t>(rank) + 1]);
  const Int3 n = tiling_.bricks();
  const Int3 at{rank % n.x, rank / n.x % n.y, rank / n.x / n.y};
  return {{at, at + Int3{1, 1, 1}}};
}

std::vector<Box> Partition::brick_boxes(Rank rank) const { return merged(unmerged_brick_boxes(rank)); }

Index Partition::load(Rank rank) const {
  Index load = 0;
  for (const Box& bricks : unmerged_brick_boxes(rank)) load += weights_.sum(tiling_, bricks);
  return load;
}

std::vector<Box> boxes_of(const Partition& partition, Rank rank) {
  std::vector<Box> boxes;
  for (const Box& bricks : partition.brick_boxes(rank))
    for (const Box& piece : partition.weights().active_pieces(partition.tiling().cells_of(bricks))) boxes.push_back(piece);
  return partition.weights().masked() ? merged(boxes) : boxes;
}

Candidates candidates(const Tiling& tiling, const Weights& weights, const Stencil& stencil, const Machine& machine, int ranks,
                      Method method) {
  if (ranks < 1) throw Error("ranks: expected at least 1, found " + std::to_string(ranks));
  const Grid& grid = tiling.grid();
  Candidates result;
  auto add_curve = [&](Order order, Fit fit, FirstAxis first = FirstAxis::x) {
    const Curve curve(order, fit, tiling.bricks(), first);
    result.partitions.emplace_back(method, tiling, weights, Segments{curve, cut(curve, tiling, weights, ranks)});
  };
  switch (method) {
    case Method::slab: {
      const int axis = longest_axis(grid.cells);
      if (ranks > grid.cells[axis]) {
        result.reason =
            std::to_string(ranks) + " ranks are more than the " + std::to_string(grid.cells[axis]) + " cell planes of the longest axis";
        return result;
      }
      Int3 factors{1, 1, 1};
      factors[axis] = ranks;
      return cartesian(tiling, weights, factors, method, ranks);
    }
    case Method::pencil:
      return cartesian(tiling, weights, best_factors(grid, stencil, machine, ranks, 2), method, ranks);
    case Method::box:
      return cartesian(tiling, weights, best_factors(grid, stencil, machine, ranks, 3), method, ranks);
    case Method::morton:
      add_curve(Order::morton, Fit::embedded);
      return result;
    case Method::hilbert:
      for (const FirstAxis first : {FirstAxis::x, FirstAxis::z}) {
        add_curve(Order::hilbert, Fit::embedded, first);
        if (!powers_of_two(tiling.bricks())) add_curve(Order::hilbert, Fit::stretched, first);
      }
      return result;
    case Method::automatic:
      for (Method m : all_methods) {
        if (m == Method::automatic) continue;
        for (Partition& p : candidates(tiling, weights, stencil, machine, ranks, m).partitions) result.partitions.push_back(std::move(p));
      }
      return result;
  }
  return result;
}

Partition make_partition(const Tiling& tiling, const Weights& weights, const Stencil& stencil, const Machine& machine, int ranks,
                         Method method) {
  Candidates offered = candidates(tiling, weights, stencil, machine, ranks, method);
  if (offered.partitions.empty())
    throw Error("method " + std::string(name_of(method)) + ": " + offered.reason + "; try hilbert, or fewer ranks");
  if (offered.partitions.size() == 1) return std::move(offered.partitions.front());
  std::vector<Metrics> metrics;
  for (const Partition& p : offered.partitions) metrics.push_back(measure(p, stencil, machine));
  return std::move(offered.partitions[cheapest(metrics, method)]);
}

Index largest_useful_ranks(const Tiling& tiling, const Weights& weights) {
  if (!weights.masked()) return tiling.brick_count();
  Index useful = 0;
  for_each_cell(tiling.brick_box(), [&](Int3 brick) { useful += weights.active_cells(tiling.cells_of(brick)) > 0 ? 1 : 0; });
  return useful;
}

}  // namespace hilbrick
