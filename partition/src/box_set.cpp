// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <hilbrick/partition/box_set.hpp>
#include <utility>

namespace hilbrick {

void subtract(const Box& a, const Box& b, std::vector<Box>& out) {
  if (intersection(a, b).empty()) {
    if (!a.empty()) out.push_back(a);
    return;
  }
  Box rest = a;
  for (int axis = 2; axis >= 0; --axis) {
    if (rest.lo[axis] < b.lo[axis]) {
      Box below = rest;
      below.hi[axis] = b.lo[axis];
      out.push_back(below);
      rest.lo[axis] = b.lo[axis];
    }
    if (b.hi[axis] < rest.hi[axis]) {
      Box above = rest;
      above.lo[axis] = b.hi[axis];
      out.push_back(above);
      rest.hi[axis] = b.hi[axis];
    }
  }
}

namespace {

/// a without every box of `others` that comes before `end`, appended to out.
template <class Others>
void subtract_all(const Box& a, const Others& others, std::vector<Box>& out) {
  std::vector<Box> left{a}, next;
  for (const Box& b : others) {
    next.clear();
    for (const Box& piece : left) subtract(piece, b, next);
    std::swap(left, next);
  }
  out.insert(out.end(), left.begin(), left.end());
}

}  // namespace

namespace {

/// All boxes' faces normal to an axis, once each, in order.
std::vector<Index> planes_of(const std::vector<Box>& boxes, int axis) {
  std::vector<Index> planes;
  planes.reserve(2 * boxes.size());
  for (const Box& b : boxes) planes.insert(planes.end(), {b.lo[axis], b.hi[axis]});
  std::sort(planes.begin(), planes.end());
  planes.erase(std::unique(planes.begin(), planes.end()), planes.end());
  return planes;
}

using Run = std::pair<Index, Index>;  // along x, half-open
struct Band {
  Index lo, hi;  // along y
  std::vector<Run> runs;
  friend bool operator==(const Band&, const Band&) = default;
};

/// The cross-section of boxes that all reach through it: sorted by where they begin along x.
std::vector<Band> bands_of(const std::vector<Box>& boxes) {
  std::vector<Band> bands;
  const std::vector<Index> planes = planes_of(boxes, 1);
  for (std::size_t i = 0; i + 1 < planes.size(); ++i) {
    std::vector<Run> runs;
    for (const Box& b : boxes) {
      if (b.lo.y > planes[i] || b.hi.y <= planes[i]) continue;
      if (!runs.empty() && b.lo.x <= runs.back().second)
        runs.back().second = std::max(runs.back().second, b.hi.x);
      else
        runs.emplace_back(b.lo.x, b.hi.x);
    }
    if (runs.empty()) continue;
    if (!bands.empty() && bands.back().hi == planes[i] && bands.back().runs == runs)
      bands.back().hi = planes[i + 1];
    else
      bands.push_back({planes[i], planes[i + 1], std::move(runs)});
  }
  return bands;
}

}  // namespace

std::vector<Box> canonical(std::vector<Box> boxes) {
  std::erase_if(boxes, [](const Box& b) { return b.empty(); });
  if (boxes.size() < 2) return boxes;
  std::sort(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) { return a.lo.x < b.lo.x; });
  std::vector<Box> out, through;
  std::vector<Band> slab;  // the one that still grows, between slab_lo and slab_hi along z
  Index slab_lo = 0, slab_hi = 0;
  const auto finish = [&] {
    for (const Band& band : slab)
      for (const auto& [lo, hi] : band.runs) out.push_back({{lo, band.lo, slab_lo}, {hi, band.hi, slab_hi}});
  };
  const std::vector<Index> planes = planes_of(boxes, 2);
  for (std::size_t i = 0; i + 1 < planes.size(); ++i) {
    through.clear();
    for (const Box& b : boxes)
      if (b.lo.z <= planes[i] && planes[i] < b.hi.z) through.push_back(b);
    std::vector<Band> bands = bands_of(through);
    if (slab_hi != planes[i] || bands != slab) {
      finish();
      slab = std::move(bands);
      slab_lo = planes[i];
    }
    slab_hi = planes[i + 1];
  }
  finish();
  return out;
}

Index union_volume(const std::vector<Box>& boxes) {
  constexpr std::size_t few = 64;  // pairs are cheaper than a sweep
  bool apart = boxes.size() <= few;
  for (std::size_t i = 0; apart && i < boxes.size(); ++i)
    for (std::size_t k = 0; apart && k < i; ++k) apart = intersection(boxes[i], boxes[k]).empty();
  Index cells = 0;
  if (apart)
    for (const Box& b : boxes) cells += b.empty() ? 0 : b.volume();
  else
    for (const Box& b : canonical(boxes)) cells += b.volume();
  return cells;
}

BoxSet::BoxSet(const std::vector<Box>& boxes) {
  for (const Box& b : boxes)
    if (!b.empty()) boxes_.push_back(b);
  std::sort(boxes_.begin(), boxes_.end());
  boxes_.erase(std::unique(boxes_.begin(), boxes_.end()), boxes_.end());
  build(0, boxes_.size());

  // Each box loses what boxes before it in the tree's order hold; where none overlap, the tree stays as it is.
  std::vector<Box> parts, before;
  bool overlap = false;
  for (const Box& box : boxes_) {
    before.clear();
    visit(box, [&](const Box& b) {
      if (&b < &box) before.push_back(b);
    });
    overlap = overlap || !before.empty();
    subtract_all(box, before, parts);
  }
  if (!overlap) return;
  boxes_ = std::move(parts);
  nodes_.clear();
  build(0, boxes_.size());
}

void BoxSet::build(std::size_t first, std::size_t last) {
  constexpr std::size_t leaf_size = 4;
  if (first == last) return;
  const std::size_t at = nodes_.size();
  Box all;
  for (std::size_t i = first; i < last; ++i) all = hull(all, boxes_[i]);
  nodes_.push_back({all, first, last, 0});
  if (last - first <= leaf_size) return;
  const int axis = longest_axis(all.extent());
  const std::size_t middle = first + (last - first) / 2;
  const auto begin = boxes_.begin();
  std::nth_element(begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(middle),
                   begin + static_cast<std::ptrdiff_t>(last), [axis](const Box& a, const Box& b) {
                     const Index ca = a.lo[axis] + a.hi[axis], cb = b.lo[axis] + b.hi[axis];
                     return ca != cb ? ca < cb : a < b;
                   });
  build(first, middle);
  nodes_[at].right = nodes_.size();
  build(middle, last);
}

template <class F>
void BoxSet::visit(const Box& within, F&& f) const {
  auto down = [&](auto& self, std::size_t at) -> void {
    const Node& node = nodes_[at];
    if (intersection(node.hull, within).empty()) return;
    if (node.right == 0) {
      for (std::size_t i = node.first; i < node.last; ++i)
        if (!intersection(boxes_[i], within).empty()) f(boxes_[i]);
    } else {
      self(self, at + 1);
      self(self, node.right);
    }
  };
  if (!nodes_.empty() && !within.empty()) down(down, 0);
}

Index BoxSet::volume(const Box& within) const {
  Index cells = 0;
  visit(within, [&](const Box& b) { cells += intersection(b, within).volume(); });
  return cells;
}

std::vector<Box> BoxSet::pieces(const Box& within) const {
  std::vector<Box> out;
  visit(within, [&](const Box& b) { out.push_back(intersection(b, within)); });
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace hilbrick
