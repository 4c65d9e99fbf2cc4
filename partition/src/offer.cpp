// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <bit>
#include <hilbrick/partition/cut.hpp>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/metrics.hpp>
#include <hilbrick/partition/partition.hpp>
#include <tuple>
#include <utility>

#include "factors.hpp"
#include "surface.hpp"
#include "text.hpp"

namespace hilbrick {
namespace {

/// More ranks than this are judged by so many of them, evenly spaced.
constexpr int most_judged = 1024;
/// Cuts are found to the last unit of weight, and slid, where the curve has at most so many bricks: both look at each.
constexpr Index most_bricks_in_line = Index{1} << 20;

bool powers_of_two(Int3 n) {
  return std::has_single_bit(static_cast<std::uint64_t>(n.x)) && std::has_single_bit(static_cast<std::uint64_t>(n.y)) &&
         std::has_single_bit(static_cast<std::uint64_t>(n.z));
}

std::vector<Curve> curves_of(Order order, Int3 bricks) {
  std::vector<Curve> curves;
  for (const Fit fit : {Fit::embedded, Fit::stretched, Fit::generalised}) {
    if (fit == Fit::stretched && powers_of_two(bricks) && bricks.x == bricks.y && bricks.y == bricks.z) continue;  // the same as embedded
    if (fit == Fit::generalised && order != Order::hilbert) continue;
    for (const AxisOrder& axes : all_axis_orders) curves.emplace_back(order, fit, bricks, axes);
  }
  return curves;
}

/// What the places' outer faces cost, their sum and their maximum; then their faces normal to x, whose values lie apart in memory.
using Surface = std::tuple<Wide, Wide, Index>;

/// Of all places along a curve that is cut into equal shares, or of an even sample of them.
Surface surface_of(const Curve& curve, const Tiling& tiling, const Weights& weights, const CostModel& cost, int ranks) {
  const int judged = std::min(ranks, most_judged);
  const Wide total = weights.sum(tiling, tiling.brick_box());
  std::vector<Wide> targets;  // where each judged place begins and ends
  for (int i = 0; i < judged; ++i) {
    const Wide place = Wide{i} * ranks / judged;
    targets.push_back(place * total);
    targets.push_back((place + 1) * total);
  }
  std::vector<Key> keys = keys_at(curve, tiling, weights, targets, ranks);
  keys.front() = 0;
  Surface surface;
  for (std::size_t i = 0; i < keys.size(); i += 2) {
    const Int3 faces = outer_faces(tiling.grid(), weights, active_boxes(tiling, weights, curve.segment(keys[i], keys[i + 1])));
    const Wide sum = cost.of_faces(faces);
    std::get<0>(surface) += sum;
    std::get<1>(surface) = std::max(std::get<1>(surface), sum);
    std::get<2>(surface) += faces.x;
  }
  return surface;
}

Segments best_segments(Order order, const Tiling& tiling, const Weights& weights, const CostModel& cost, int ranks) {
  std::optional<Curve> best;
  Surface least;
  for (const Curve& curve : curves_of(order, tiling.bricks())) {
    const Surface surface = surface_of(curve, tiling, weights, cost, ranks);
    if (best && surface >= least) continue;
    best = curve;
    least = surface;
  }
  const bool few_bricks = tiling.brick_count() <= most_bricks_in_line;
  const bool coarse = Wide{100} * ranks * weights.heaviest(tiling) > Wide{weights.sum(tiling, tiling.brick_box())};
  std::vector<Key> cuts = few_bricks && coarse ? cut_exactly(*best, tiling, weights, ranks) : cut(*best, tiling, weights, ranks);
  if (few_bricks) cuts = slide(*best, tiling, weights, cost, std::move(cuts));
  return {*best, std::move(cuts)};
}

}  // namespace

Offer offer(const Tiling& tiling, const Weights& weights, const Stencil& stencil, const Machine& machine, int ranks, Method method,
            Index value_bytes) {
  if (ranks < 1) throw Error("ranks: expected at least 1, found " + std::to_string(ranks));
  const Grid& grid = tiling.grid();
  const CostModel cost = cost_model(machine, stencil, value_bytes, weights.unit(tiling));
  const Nodes nodes(machine, ranks);
  const std::vector<int> sizes = nodes.sizes();
  const auto made = [&](const Tiling& of, Rule rule) { return Offer{Partition(method, of, weights, std::move(rule), nodes), {}}; };
  const auto refused = [](std::string reason) { return Offer{{}, std::move(reason)}; };
  const auto cartesian = [&](const std::optional<Cartesian>& split) {
    if (!split)
      return refused(std::to_string(ranks) + " ranks do not factor into cell planes of a grid of " + dimensions(grid.cells) + " cells");
    const Tiling whole = Tiling::with_bricks(grid, split->bricks);
    return weights.fits(whole) ? made(whole, *split) : refused("a table of brick weights serves rcb and the curves only");
  };
  switch (method) {
    case Method::slab: {
      const int axis = longest_axis(grid.cells);
      if (ranks > grid.cells[axis])
        return refused(std::to_string(ranks) + " ranks are more than the " + std::to_string(grid.cells[axis]) +
                       " cell planes of the longest axis");
      Int3 bricks{1, 1, 1};
      bricks[axis] = ranks;
      return cartesian(Cartesian{bricks});
    }
    case Method::pencil:
      return cartesian(best_factors(grid, cost, sizes, 2));
    case Method::box:
      return cartesian(best_factors(grid, cost, sizes, 3));
    case Method::kd: {
      if (std::max({grid.cells.x, grid.cells.y, grid.cells.z}) > max_bricks_per_axis)
        return refused("kd serves at most " + std::to_string(max_bricks_per_axis) + " cells along an axis");
      const Tiling single = Tiling::with_bricks(grid, grid.cells);
      if (!weights.fits(single)) return refused("a table of brick weights serves rcb and the curves only");
      std::optional<Tree> tree = kd_tree(single, weights, cost, sizes);
      return tree ? made(single, std::move(*tree))
                  : refused(std::to_string(ranks) + " ranks are more than the " + std::to_string(product(grid.cells)) +
                            " cells, of which each needs one");
    }
    case Method::rcb:
      return made(tiling, rcb_tree(tiling, weights, cost, sizes));
    case Method::morton:
      return made(tiling, best_segments(Order::morton, tiling, weights, cost, ranks));
    case Method::hilbert:
      return made(tiling, best_segments(Order::hilbert, tiling, weights, cost, ranks));
    case Method::automatic:
      break;
  }
  HILBRICK_ASSERT(!"offer: a method that makes partitions");
  return {};
}

Partition make_partition(const Tiling& tiling, const Weights& weights, const Stencil& stencil, const Machine& machine, int ranks,
                         Method method, Index value_bytes) {
  const auto offered = [&](Method m) { return offer(tiling, weights, stencil, machine, ranks, m, value_bytes); };
  if (method != Method::automatic) {
    Offer one = offered(method);
    if (!one.partition) throw Error("method " + std::string(name_of(method)) + ": " + one.reason + "; try hilbert or rcb, or fewer ranks");
    return std::move(*one.partition);
  }
  std::optional<Partition> best;
  double least = 0;
  for (const Method m : making_methods) {
    Offer one = offered(m);
    if (!one.partition) continue;
    const double seconds = step_time(measure(*one.partition, stencil, machine, value_bytes));
    if (best && seconds >= least) continue;
    best = std::move(one.partition);
    least = seconds;
  }
  return std::move(*best);
}

}  // namespace hilbrick
