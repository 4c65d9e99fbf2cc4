// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <hilbrick/partition/box_set.hpp>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/metrics.hpp>
#include <mutex>
#include <thread>

#include "surface.hpp"
#include "surroundings.hpp"

namespace hilbrick {
namespace {

/// What it takes to move values that cross dear faces beyond what they would take across plain ones.
double extra_transfer(const Stencil& stencil, const Machine& machine, Int3 faces, Index value_bytes) {
  double seconds = 0;
  for (int a = 0; a < 3; ++a) {
    const double bytes = static_cast<double>(faces[a]) * static_cast<double>(stencil.values_per_face(a) * value_bytes) / 2;
    seconds += bytes * static_cast<double>(machine.face_cost[a] - 1) / machine.node_bytes_per_second;
  }
  return seconds;
}

}  // namespace

RankMetrics measure_rank(const Partition& partition, const Stencil& stencil, const Machine& machine, Rank rank, Index value_bytes) {
  const Surroundings near(partition, stencil, rank);
  RankMetrics m;
  for (const Box& box : near.mine()) {
    m.cells += box.volume();
    m.rows += box.extent().y * box.extent().z;
  }
  m.boxes = static_cast<Index>(near.mine().size());
  m.load = partition.load(rank);
  m.faces = outer_faces(partition.grid(), partition.weights(), near.mine());
  std::vector<Rank> peers;
  Index internode_messages = 0;
  const Nodes& nodes = partition.nodes();
  for (std::size_t phase = 0; phase < stencil.phases().size(); ++phase) {
    Rank last = nobody;
    near.for_each_crossing(phase, Surroundings::Direction::send, [&](Rank peer, int, const std::vector<Box>& boxes) {
      const Index bytes = union_volume(boxes) * value_bytes;
      m.bytes_per_step += bytes;
      const bool abroad = nodes.node_of(peer) != nodes.node_of(rank);
      if (abroad) m.internode_bytes_per_step += bytes;
      if (peer == last) return;
      last = peer;
      ++m.messages;
      if (abroad) ++internode_messages;
      peers.push_back(peer);
    });
    near.for_each_crossing(phase, Surroundings::Direction::receive,
                           [&](Rank peer, int, const std::vector<Box>&) { peers.push_back(peer); });
  }
  std::sort(peers.begin(), peers.end());
  m.peers = std::unique(peers.begin(), peers.end()) - peers.begin();
  const auto inside = static_cast<double>(m.bytes_per_step - m.internode_bytes_per_step);
  const Unit unit = partition.weights().unit(partition.tiling());
  m.seconds.compute =
      static_cast<double>(m.load) * static_cast<double>(unit.cells) / static_cast<double>(unit.weight) * machine.seconds_per_cell +
      static_cast<double>(m.rows) * machine.seconds_per_row;
  m.seconds.messages = static_cast<double>(m.messages - internode_messages) * machine.node_message_seconds +
                       static_cast<double>(internode_messages) * machine.message_seconds;
  m.seconds.transfer = inside / machine.node_bytes_per_second +
                       static_cast<double>(m.internode_bytes_per_step) / machine.rank_bytes_per_second +
                       extra_transfer(stencil, machine, m.faces, value_bytes);
  return m;
}

std::vector<Rank> sample_of(const Partition& partition, int wanted) {
  const Nodes& nodes = partition.nodes();
  const int ranks = nodes.ranks();
  std::vector<Rank> sample;
  if (ranks <= wanted) {
    for (int place = 0; place < ranks; ++place) sample.push_back(nodes.rank_at(place));
  } else if (nodes.count() == 1) {
    for (Index i = 0; i < wanted; ++i) sample.push_back(static_cast<Rank>(i * ranks / wanted));
  } else {
    // Nodes may be uneven: every n-th, for the largest n that gives enough.
    for (int every = std::max(1, ranks / wanted);; --every) {
      sample.clear();
      for (int node = 0; node < nodes.count(); node += every)
        for (int place = nodes.first_place(node); place < nodes.first_place(node + 1); ++place) sample.push_back(nodes.rank_at(place));
      if (every == 1 || static_cast<int>(sample.size()) >= wanted) break;
    }
  }
  return sample;
}

std::vector<RankMetrics> measure_ranks(const Partition& partition, const Stencil& stencil, const Machine& machine,
                                       std::span<const Rank> ranks, Index value_bytes, int threads) {
  std::vector<RankMetrics> per_rank(ranks.size());
  constexpr std::size_t block = 64;
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::once_flag failed;
  const auto work = [&] {
    try {
      for (std::size_t first; (first = next.fetch_add(block)) < ranks.size();)
        for (std::size_t i = first; i < std::min(first + block, ranks.size()); ++i)
          per_rank[i] = measure_rank(partition, stencil, machine, ranks[i], value_bytes);
    } catch (...) {
      std::call_once(failed, [&] { failure = std::current_exception(); });
    }
  };
  const std::size_t wanted = threads > 0 ? static_cast<std::size_t>(threads) : std::max(1U, std::thread::hardware_concurrency());
  const std::size_t helpers = std::min(wanted, (ranks.size() + block - 1) / block);
  std::vector<std::jthread> pool;
  for (std::size_t t = 1; t < helpers; ++t) pool.emplace_back(work);
  work();
  pool.clear();
  if (failure) std::rethrow_exception(failure);
  return per_rank;
}

Metrics summarise(const Partition& partition, const Machine& machine, std::span<const Rank> ranks, std::span<const RankMetrics> per_rank) {
  HILBRICK_ASSERT(ranks.size() == per_rank.size() && !ranks.empty());
  Metrics all;
  all.method = partition.method();
  all.ranks = partition.ranks();
  const Nodes& nodes = partition.nodes();
  const bool sampled = per_rank.size() < static_cast<std::size_t>(all.ranks);
  all.sample = sampled ? static_cast<Index>(per_rank.size()) : 0;

  Index load_max = 0, faces = 0, peers = 0;
  std::vector<Index> node_bytes(static_cast<std::size_t>(nodes.count()), 0);
  for (std::size_t i = 0; i < per_rank.size(); ++i) {
    const RankMetrics& m = per_rank[i];
    all.cells_max = std::max(all.cells_max, m.cells);
    load_max = std::max(load_max, m.load);
    all.idle_ranks += m.cells == 0 ? 1 : 0;
    const Index of_rank = m.faces.x + m.faces.y + m.faces.z;
    faces += of_rank;
    all.faces_max = std::max(all.faces_max, of_rank);
    all.bytes_per_step_max = std::max(all.bytes_per_step_max, m.bytes_per_step);
    all.bytes_per_step_total += m.bytes_per_step;
    all.messages_per_step_max = std::max(all.messages_per_step_max, m.messages);
    all.peers_max = std::max(all.peers_max, m.peers);
    peers += m.peers;
    all.boxes_max = std::max(all.boxes_max, m.boxes);
    all.internode_bytes_per_step_total += m.internode_bytes_per_step;
    Index& of_node = node_bytes[static_cast<std::size_t>(nodes.node_of(ranks[i]))];
    of_node += m.internode_bytes_per_step;
    all.internode_bytes_per_step_max = std::max(all.internode_bytes_per_step_max, of_node);
  }
  for (std::size_t i = 0; i < per_rank.size(); ++i) {
    StepSeconds seconds = per_rank[i].seconds;
    seconds.link = static_cast<double>(node_bytes[static_cast<std::size_t>(nodes.node_of(ranks[i]))]) / machine.link_bytes_per_second;
    if (i == 0 || seconds.total() > all.slowest.total()) all.slowest = seconds;
  }
  all.peers_mean = static_cast<double>(peers) / static_cast<double>(per_rank.size());
  if (sampled) {
    const double scale = static_cast<double>(all.ranks) / static_cast<double>(per_rank.size());
    for (Index* total : {&faces, &all.bytes_per_step_total, &all.internode_bytes_per_step_total, &all.idle_ranks})
      *total = std::llround(static_cast<double>(*total) * scale);
  }
  all.faces_total = faces / 2;  // each was counted on both sides
  const auto count = static_cast<double>(all.ranks);
  const Grid& grid = partition.grid();
  all.cells_mean = static_cast<double>(partition.weights().active_cells(grid.box())) / count;
  const auto load = static_cast<double>(partition.weights().sum(partition.tiling(), partition.tiling().brick_box()));
  all.imbalance = load > 0 ? static_cast<double>(load_max) * count / load : 1;
  all.bytes_per_step_mean = static_cast<double>(all.bytes_per_step_total) / count;
  const bool full = !partition.weights().masked() && !grid.periodic[0] && !grid.periodic[1] && !grid.periodic[2];
  if (const double least = least_faces(grid, all.ranks); full && least > 0) all.ideal_ratio = static_cast<double>(all.faces_total) / least;
  return all;
}

int most_measured_ranks(const Partition& partition) { return std::holds_alternative<Cartesian>(partition.rule()) ? 1 << 21 : 1 << 17; }

Metrics measure(const Partition& partition, const Stencil& stencil, const Machine& machine, Index value_bytes) {
  const std::vector<Rank> ranks =
      sample_of(partition, partition.ranks() <= most_measured_ranks(partition) ? partition.ranks() : sampled_ranks);
  return summarise(partition, machine, ranks, measure_ranks(partition, stencil, machine, ranks, value_bytes));
}

double step_time(const Metrics& metrics) { return metrics.slowest.total(); }

Int3 cut_faces(const Partition& partition, Rank rank) {
  return outer_faces(partition.grid(), partition.weights(), boxes_of(partition, rank));
}

double least_faces(const Grid& grid, int ranks) {
  const auto p = static_cast<double>(ranks);
  const auto x = static_cast<double>(grid.cells.x), y = static_cast<double>(grid.cells.y), z = static_cast<double>(grid.cells.z);
  return (6 * p * std::pow(x * y * z / p, 2.0 / 3.0) - 2 * (x * y + y * z + z * x)) / 2;
}

}  // namespace hilbrick
