// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/nodes.hpp>
#include <string>
#include <utility>

namespace hilbrick {

Machine by_messages(Machine machine) {
  machine.node_message_seconds = machine.node_mpi_message_seconds;
  machine.node_bytes_per_second = machine.node_mpi_bytes_per_second;
  return machine;
}

CostModel cost_model(const Machine& machine, const Stencil& stencil, Index value_bytes, Unit unit) {
  constexpr double picoseconds = 1e12;
  const auto rounded = [](double ps) { return std::max<Index>(1, std::llround(ps)); };
  CostModel cost;
  cost.unit = unit;
  cost.cell_ps = rounded(machine.seconds_per_cell * picoseconds);
  for (int a = 0; a < 3; ++a) {
    // Half of what crosses a face goes each way.
    const double bytes = static_cast<double>(stencil.values_per_face(a) * value_bytes) / 2;
    const double row_end = a == 0 ? machine.seconds_per_row / 2 : 0;
    cost.face_ps[a] = rounded(picoseconds * (bytes * static_cast<double>(machine.face_cost[a]) / machine.node_bytes_per_second + row_end));
  }
  return cost;
}

std::vector<int> deal_out(std::span<const int> slots, Distribution distribution, int plane, int ranks) {
  if (plane < 1) throw Error("plane: expected at least 1 rank, found " + std::to_string(plane));
  for (const int s : slots)
    if (s < 1) throw Error("ranks per node: expected at least 1, found " + std::to_string(s));
  std::vector<int> node(static_cast<std::size_t>(ranks), 0);
  if (slots.empty()) return node;
  // As many nodes as it takes.
  std::vector<int> free;
  for (Index room = 0; room < ranks; room += free.back()) free.push_back(free.size() < slots.size() ? slots[free.size()] : slots.back());
  int rank = 0;
  while (rank < ranks)
    for (std::size_t n = 0; n < free.size(); ++n) {
      int take = std::min(free[n], ranks - rank);
      if (distribution != Distribution::block) take = std::min(take, distribution == Distribution::cyclic ? 1 : plane);
      free[n] -= take;
      for (; take > 0; --take) node[static_cast<std::size_t>(rank++)] = static_cast<int>(n);
    }
  return node;
}

Nodes::Nodes(const Machine& machine, int ranks) : ranks_(ranks) {
  if (!machine.has_nodes()) return;
  const bool alike = machine.node_slots.empty();
  if (machine.node_of_rank.empty() && alike && machine.distribution == Distribution::block) {
    per_node_ = machine.ranks_per_node;
    return;
  }
  Dealt dealt;
  dealt.node = machine.node_of_rank;
  if (dealt.node.empty())
    dealt.node =
        deal_out(alike ? std::span(&machine.ranks_per_node, 1) : std::span(machine.node_slots), machine.distribution, machine.plane, ranks);
  if (static_cast<int>(dealt.node.size()) != ranks)
    throw Error("machine: expected the node of each of " + std::to_string(ranks) + " ranks, found " + std::to_string(dealt.node.size()));
  if (*std::min_element(dealt.node.begin(), dealt.node.end()) < 0) throw Error("machine: expected nodes numbered from 0 on");
  const int nodes = *std::max_element(dealt.node.begin(), dealt.node.end()) + 1;
  dealt.first_place.assign(static_cast<std::size_t>(nodes) + 1, 0);
  for (const int n : dealt.node) ++dealt.first_place[static_cast<std::size_t>(n) + 1];
  for (std::size_t n = 0; n < static_cast<std::size_t>(nodes); ++n) {
    if (dealt.first_place[n + 1] == 0)
      throw Error("machine: expected nodes numbered without gaps, found none numbered " + std::to_string(n));
    dealt.first_place[n + 1] += dealt.first_place[n];
  }
  std::vector<int> next = dealt.first_place;
  dealt.rank_at.resize(dealt.node.size());
  dealt.place_of.resize(dealt.node.size());
  for (Rank r = 0; r < ranks; ++r) {
    const int place = next[static_cast<std::size_t>(dealt.node[static_cast<std::size_t>(r)])]++;
    dealt.rank_at[static_cast<std::size_t>(place)] = r;
    dealt.place_of[static_cast<std::size_t>(r)] = place;
  }
  dealt_ = std::make_shared<const Dealt>(std::move(dealt));
}

int Nodes::first_place(int node) const {
  if (dealt_) return dealt_->first_place[static_cast<std::size_t>(node)];
  return node == 0 ? 0 : per_node_ > 0 ? static_cast<int>(std::min<Index>(ranks_, Index{node} * per_node_)) : ranks_;
}

std::vector<int> Nodes::sizes() const {
  std::vector<int> sizes(static_cast<std::size_t>(count()));
  for (int n = 0; n < count(); ++n) sizes[static_cast<std::size_t>(n)] = first_place(n + 1) - first_place(n);
  return sizes;
}

}  // namespace hilbrick
