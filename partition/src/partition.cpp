// SPDX-License-Identifier: BSD-3-Clause
#include <hilbrick/partition/error.hpp>
#include <hilbrick/partition/merge.hpp>
#include <hilbrick/partition/partition.hpp>
#include <utility>

#include "surface.hpp"
#include "text.hpp"

namespace hilbrick {
namespace {

int places_of(const Rule& rule) {
  struct {
    int operator()(const Cartesian& r) const { return static_cast<int>(product(r.bricks)); }
    int operator()(const Segments& r) const { return static_cast<int>(r.cuts.size()) - 1; }
    int operator()(const Tree& r) const { return r.places(); }
  } places;
  return std::visit(places, rule);
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
    case Method::kd:
      return "kd";
    case Method::rcb:
      return "rcb";
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

int Cartesian::place(Int3 brick) const {
  Int3 inner, node, within;
  for (int a = 0; a < 3; ++a) {
    inner[a] = bricks[a] / nodes[a];
    node[a] = brick[a] / inner[a];
    within[a] = brick[a] % inner[a];
  }
  const auto count = [](Int3 n, Int3 at) { return at.x + n.x * (at.y + n.y * at.z); };
  return static_cast<int>(count(nodes, node) * product(inner) + count(inner, within));
}

Int3 Cartesian::brick(int place) const {
  Int3 inner, brick;
  for (int a = 0; a < 3; ++a) inner[a] = bricks[a] / nodes[a];
  const auto spread = [](Int3 n, Index at) { return Int3{at % n.x, at / n.x % n.y, at / n.x / n.y}; };
  const Int3 node = spread(nodes, place / product(inner)), within = spread(inner, place % product(inner));
  for (int a = 0; a < 3; ++a) brick[a] = node[a] * inner[a] + within[a];
  return brick;
}

Partition::Partition(Method method, Tiling tiling, Weights weights, Rule rule, Nodes nodes)
    : method_(method), tiling_(tiling), weights_(std::move(weights)), rule_(std::move(rule)), nodes_(std::move(nodes)) {
  HILBRICK_ASSERT(places_of(rule_) == nodes_.ranks());
}

Partition::Partition(Method method, Tiling tiling, Weights weights, Rule rule)
    : method_(method), tiling_(tiling), weights_(std::move(weights)), rule_(std::move(rule)), nodes_(places_of(rule_)) {}

std::string Partition::description() const {
  std::string text(name_of(method_));
  if (const auto* s = std::get_if<Segments>(&rule_)) {
    const Fit fit = s->curve.fit();
    text += fit == Fit::embedded ? ", embedded key" : fit == Fit::stretched ? ", stretched key" : ", generalised key";
    text += ", axes ";
    for (const int a : s->curve.axes()) text += "xyz"[a];
  }
  if (const auto* c = std::get_if<Cartesian>(&rule_); c && product(c->nodes) > 1) text += ", nodes " + dimensions(c->nodes);
  if (std::holds_alternative<Tree>(rule_) && method_ == Method::kd) return text + ", whole cell planes";
  return text + ", " + dimensions(tiling_.bricks()) + " bricks";
}

Rank Partition::owner(Int3 brick) const {
  if (weights_.masked() && weights_.active_cells(tiling_.cells_of(brick)) == 0) return nobody;
  struct {
    Int3 brick;
    int operator()(const Cartesian& r) const { return r.place(brick); }
    int operator()(const Segments& r) const { return r.place(r.curve.key(brick)); }
    int operator()(const Tree& r) const { return r.place(brick); }
  } place{brick};
  return rank_at(std::visit(place, rule_));
}

std::vector<Box> Partition::unmerged_brick_boxes(Rank rank) const {
  struct {
    int place;
    std::vector<Box> operator()(const Cartesian& r) const {
      const Int3 brick = r.brick(place);
      return {{brick, brick + Int3{1, 1, 1}}};
    }
    std::vector<Box> operator()(const Segments& r) const {
      const auto p = static_cast<std::size_t>(place);
      return r.curve.segment(r.cuts[p], r.cuts[p + 1]);
    }
    std::vector<Box> operator()(const Tree& r) const { return r.boxes(place); }
  } boxes{place_of(rank)};
  return std::visit(boxes, rule_);
}

std::vector<Box> Partition::brick_boxes(Rank rank) const { return merged(unmerged_brick_boxes(rank)); }

Index Partition::load(Rank rank) const {
  Index load = 0;
  for (const Box& bricks : unmerged_brick_boxes(rank)) load += weights_.sum(tiling_, bricks);
  return load;
}

std::vector<Box> boxes_of(const Partition& partition, Rank rank) {
  std::vector<Box> boxes = active_boxes(partition.tiling(), partition.weights(), partition.brick_boxes(rank));
  return partition.weights().masked() ? merged(boxes) : boxes;
}

Index largest_useful_ranks(const Tiling& tiling, const Weights& weights) {
  if (!weights.masked()) return tiling.brick_count();
  // Halves boxes of bricks until they are full or empty.
  auto useful = [&](auto& self, const Box& bricks) -> Index {
    const Box cells = tiling.cells_of(bricks);
    const Index active = weights.active_cells(cells);
    if (active == 0 || active == cells.volume()) return active == 0 ? 0 : bricks.volume();
    const Int3 e = bricks.extent();
    const int axis = longest_axis(e);
    if (e[axis] == 1) return 1;
    Box low = bricks, high = bricks;
    low.hi[axis] = high.lo[axis] = bricks.lo[axis] + e[axis] / 2;
    return self(self, low) + self(self, high);
  };
  return useful(useful, tiling.brick_box());
}

}  // namespace hilbrick
