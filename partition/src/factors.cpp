// SPDX-License-Identifier: BSD-3-Clause
#include "factors.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <tuple>

namespace hilbrick {
namespace {

/// Calls f for each triple of factors whose product is n.
template <class F>
void for_each_factors(int n, F&& f) {
  for (Index x = 1; x <= n; ++x) {
    if (n % x != 0) continue;
    for (Index y = 1; y <= n / x; ++y)
      if (n / x % y == 0) f(Int3{x, y, n / x / y});
  }
}

bool divides(Int3 d, Int3 n) { return n.x % d.x == 0 && n.y % d.y == 0 && n.z % d.z == 0; }

}  // namespace

std::optional<Cartesian> best_factors(const Grid& grid, const CostModel& cost, std::span<const int> node_sizes, int most_cut_axes) {
  // In double: these sums may pass 2^63, and every rank adds them up alike.
  const auto area = [&](int axis) {
    return static_cast<double>(grid.cells[(axis + 1) % 3]) * static_cast<double>(grid.cells[(axis + 2) % 3]);
  };
  const auto planes = [&](Int3 q) {
    double sum = 0;
    for (int a = 0; a < 3; ++a)
      if (q[a] > 1) sum += static_cast<double>(grid.periodic[a] ? q[a] : q[a] - 1) * static_cast<double>(cost.face_ps[a]) * area(a);
    return sum;
  };
  const auto busiest = [&](Int3 q) {
    double sum = 0;
    for (int a = 0; a < 3; ++a) {
      if (q[a] == 1) continue;
      const int u = (a + 1) % 3, v = (a + 2) % 3;
      const double sides = q[a] > 2 || grid.periodic[a] ? 2 : 1;
      sum += sides * static_cast<double>(cost.face_ps[a]) * static_cast<double>(ceil_div(grid.cells[u], q[u])) *
             static_cast<double>(ceil_div(grid.cells[v], q[v]));
    }
    return sum;
  };

  std::vector<Int3> node_grids;
  const bool even = std::adjacent_find(node_sizes.begin(), node_sizes.end(), std::not_equal_to<>()) == node_sizes.end();
  if (even && node_sizes.size() > 1) for_each_factors(static_cast<int>(node_sizes.size()), [&](Int3 n) { node_grids.push_back(n); });
  std::optional<Cartesian> best;
  std::tuple<double, double, double, Index, Index> best_cost;
  for_each_factors(std::accumulate(node_sizes.begin(), node_sizes.end(), 0), [&](Int3 q) {
    int cut_axes = 0;
    for (int a = 0; a < 3; ++a) {
      if (q[a] > grid.cells[a]) return;
      cut_axes += q[a] > 1 ? 1 : 0;
    }
    if (cut_axes > most_cut_axes || (best && planes(q) > std::get<0>(best_cost))) return;
    const auto consider = [&](Int3 node_grid, double between_nodes) {
      const std::tuple candidate{planes(q), between_nodes, busiest(q), q.x, q.y};
      if (best && !(candidate < best_cost)) return;
      best = Cartesian{q, node_grid};
      best_cost = candidate;
    };
    bool nested = false;
    for (const Int3& n : node_grids)
      if (divides(n, q)) {
        nested = true;
        consider(n, planes(n));
      }
    if (!nested) consider({1, 1, 1}, std::numeric_limits<double>::infinity());
  });
  return best;
}

}  // namespace hilbrick
