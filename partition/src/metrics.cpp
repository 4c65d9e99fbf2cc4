// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/metrics.hpp>
#include <map>
#include <tuple>

namespace hilbrick {
namespace {

/// Faces normal to the axis between the active cells of a brick and those of the brick above it.
Index faces_between(const Partition& partition, int axis, Int3 lower, Int3 upper) {
  const Tiling& tiling = partition.tiling();
  const Box below = tiling.cells_of(lower), above = tiling.cells_of(upper);
  if (!partition.weights().masked()) return below.extent()[(axis + 1) % 3] * below.extent()[(axis + 2) % 3];
  // The lower brick's last layer against the upper brick's first, both moved to plane 0.
  const auto layer = [&](Box cells, Index at) {
    cells.lo[axis] = at;
    cells.hi[axis] = at + 1;
    std::vector<Box> pieces = partition.weights().active_pieces(cells);
    for (Box& p : pieces) {
      p.lo[axis] = 0;
      p.hi[axis] = 1;
    }
    return pieces;
  };
  Index faces = 0;
  const auto uppers = layer(above, above.lo[axis]);
  for (const Box& a : layer(below, below.hi[axis] - 1))
    for (const Box& b : uppers) {
      const Box both = intersection(a, b);
      if (!both.empty()) faces += both.volume();
    }
  return faces;
}

}  // namespace

Int3 cut_faces_by_axis(const Partition& partition, Rank rank) {
  const Tiling& tiling = partition.tiling();
  Int3 faces;
  for (const auto& [brick, box] : surface_bricks(partition, rank, {-1, -1, -1}, {1, 1, 1})) {
    for (int axis = 0; axis < 3; ++axis)
      for (const bool up : {false, true}) {
        const Int3 near = up ? brick + unit(axis) : brick - unit(axis);
        if (!tiling.grid().periodic[axis] && (near[axis] < 0 || near[axis] >= tiling.bricks()[axis])) continue;
        const Int3 home = tiling.wrapped(near);
        if (box.contains(home)) continue;
        const Rank peer = partition.owner(home);
        if (peer == rank || peer == nobody) continue;
        faces[axis] += up ? faces_between(partition, axis, brick, home) : faces_between(partition, axis, home, brick);
      }
  }
  return faces;
}

Index cut_faces(const Partition& partition, Rank rank) {
  const Int3 faces = cut_faces_by_axis(partition, rank);
  return faces.x + faces.y + faces.z;
}

RankMetrics measure_rank(const Partition& partition, const Stencil& stencil, const Machine& machine, Rank rank, Index value_bytes) {
  RankMetrics m;
  for (const Box& box : boxes_of(partition, rank)) {
    m.cells += box.volume();
    ++m.boxes;
  }
  m.load = partition.load(rank);
  const Int3 faces = cut_faces_by_axis(partition, rank);
  m.faces = faces.x + faces.y + faces.z;
  m.faces_x = faces.x;
  std::vector<Rank> peers;
  const int node = machine.node_of(rank, partition.ranks());
  for (const PhasePlan& phase : make_plan(partition, stencil, rank).phases) {
    for (const Message& message : phase.sends) {
      ++m.messages;
      const Index bytes = message.values * value_bytes;
      m.bytes_per_step += bytes;
      if (machine.node_of(message.peer, partition.ranks()) != node) m.internode_bytes_per_step += bytes;
      peers.push_back(message.peer);
    }
    for (const Message& message : phase.receives) peers.push_back(message.peer);
  }
  std::sort(peers.begin(), peers.end());
  m.peers = std::unique(peers.begin(), peers.end()) - peers.begin();
  const auto inside = static_cast<double>(m.bytes_per_step - m.internode_bytes_per_step);
  m.step_seconds = static_cast<double>(m.load) * machine.seconds_per_load + static_cast<double>(m.messages) * machine.message_seconds +
                   inside / machine.node_bytes_per_second + static_cast<double>(m.internode_bytes_per_step) / machine.rank_bytes_per_second;
  return m;
}

Metrics summarise(const Partition& partition, const Machine& machine, std::span<const RankMetrics> per_rank) {
  Metrics all;
  all.method = partition.method();
  all.ranks = partition.ranks();
  const auto ranks = static_cast<double>(all.ranks);
  std::vector<Index> node_bytes(static_cast<std::size_t>(machine.nodes(all.ranks)), 0);
  std::vector<double> node_seconds(node_bytes.size(), 0);  // the slowest rank's, without the link
  double load_total = 0, load_max = 0, cells = 0, peers = 0;
  for (std::size_t r = 0; r < per_rank.size(); ++r) {
    const RankMetrics& m = per_rank[r];
    all.cells_max = std::max(all.cells_max, m.cells);
    cells += static_cast<double>(m.cells);
    load_total += static_cast<double>(m.load);
    load_max = std::max(load_max, static_cast<double>(m.load));
    all.faces_total += m.faces;
    all.faces_x_total += m.faces_x;
    all.faces_max = std::max(all.faces_max, m.faces);
    all.bytes_per_step_max = std::max(all.bytes_per_step_max, m.bytes_per_step);
    all.bytes_per_step_total += m.bytes_per_step;
    all.messages_per_step_max = std::max(all.messages_per_step_max, m.messages);
    all.peers_max = std::max(all.peers_max, m.peers);
    peers += static_cast<double>(m.peers);
    all.boxes_max = std::max(all.boxes_max, m.boxes);
    const auto node = static_cast<std::size_t>(machine.node_of(static_cast<Rank>(r), all.ranks));
    node_bytes[node] += m.internode_bytes_per_step;
    node_seconds[node] = std::max(node_seconds[node], m.step_seconds);
  }
  all.faces_x_total /= 2;
  all.faces_total /= 2;  // each was counted on both sides
  all.cells_mean = cells / ranks;
  all.imbalance = load_total > 0 ? load_max * ranks / load_total : 1;
  all.bytes_per_step_mean = static_cast<double>(all.bytes_per_step_total) / ranks;
  all.peers_mean = peers / ranks;
  for (std::size_t n = 0; n < node_bytes.size(); ++n) {
    all.internode_bytes_per_step_total += node_bytes[n];
    all.internode_bytes_per_step_max = std::max(all.internode_bytes_per_step_max, node_bytes[n]);
    all.step_seconds = std::max(all.step_seconds, node_seconds[n] + static_cast<double>(node_bytes[n]) / machine.link_bytes_per_second);
  }
  const auto& periodic = partition.grid().periodic;
  const bool full = !partition.weights().masked() && !periodic[0] && !periodic[1] && !periodic[2];
  if (const double least = least_faces(partition.grid(), all.ranks); full && least > 0)
    all.ideal_ratio = static_cast<double>(all.faces_total) / least;
  return all;
}

std::vector<RankMetrics> measure_ranks(const Partition& partition, const Stencil& stencil, const Machine& machine, Index value_bytes) {
  std::vector<RankMetrics> per_rank;
  per_rank.reserve(static_cast<std::size_t>(partition.ranks()));
  for (Rank r = 0; r < partition.ranks(); ++r) per_rank.push_back(measure_rank(partition, stencil, machine, r, value_bytes));
  return per_rank;
}

Metrics measure(const Partition& partition, const Stencil& stencil, const Machine& machine, Index value_bytes) {
  return summarise(partition, machine, measure_ranks(partition, stencil, machine, value_bytes));
}

double step_time(const Metrics& metrics) { return metrics.step_seconds; }

std::size_t cheapest(std::span<const Metrics> metrics, Method method) {
  HILBRICK_ASSERT(!metrics.empty());
  std::map<Method, std::size_t> of_method;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const auto cost = [&](std::size_t k) {
      return std::tuple(metrics[k].bytes_per_step_total, metrics[k].bytes_per_step_max, metrics[k].faces_x_total);
    };
    const auto [known, first] = of_method.try_emplace(metrics[i].method, i);
    if (!first && cost(i) < cost(known->second)) known->second = i;
  }
  if (method != Method::automatic) return of_method.at(method);
  const auto fastest = std::min_element(of_method.begin(), of_method.end(), [&](const auto& a, const auto& b) {
    return step_time(metrics[a.second]) < step_time(metrics[b.second]);
  });
  return fastest->second;
}

double least_faces(const Grid& grid, int ranks) {
  const auto p = static_cast<double>(ranks);
  const auto x = static_cast<double>(grid.cells.x), y = static_cast<double>(grid.cells.y), z = static_cast<double>(grid.cells.z);
  return (6 * p * std::pow(x * y * z / p, 2.0 / 3.0) - 2 * (x * y + y * z + z * x)) / 2;
}

}  // namespace hilbrick
