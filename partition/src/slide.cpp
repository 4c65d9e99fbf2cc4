// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <hilbrick/partition/cut.hpp>
#include <utility>

#include "line.hpp"
#include "surface.hpp"

namespace hilbrick {
namespace {

/// The places along a curve while their cuts move.
class Slider {
 public:
  Slider(const Curve& curve, const Tiling& tiling, const Weights& weights, const CostModel& cost, std::vector<Key> cuts)
      : curve_(curve), tiling_(tiling), weights_(weights), cost_(cost), line_(line_of(curve, tiling, weights)), cuts_(std::move(cuts)) {
    for (const Key cut : cuts_)
      at_.push_back(static_cast<std::size_t>(std::lower_bound(line_.keys.begin(), line_.keys.end(), cut) - line_.keys.begin()));
    const Wide total = line_.before.back();
    Index heaviest = 0;
    for (std::size_t p = 0; p + 1 < at_.size(); ++p) {
      places_.push_back({line_.before[at_[p + 1]] - line_.before[at_[p]], faces_of(p)});
      heaviest = std::max(heaviest, places_.back().load);
    }
    const auto places = static_cast<Wide>(places_.size());
    most_load_ = std::max(heaviest, static_cast<Index>(total * 103 / (100 * places)));
    // No slide is longer than the imbalance that it may cause.
    most_bricks_ = std::max<std::size_t>(1, 3 * line_.keys.size() / (100 * places_.size()));
  }

  /// Slides cut k to its best place nearby. Whether it moved.
  bool improve(std::size_t k) {
    const Trial before = trial_at(k);
    Trial best = before;
    for (const bool up : {true, false}) {
      Trial trial = before;
      for (std::size_t n = 0; n < most_bricks_ && step(k, up, trial); ++n)
        if (trial.cut_cost <= 0 && trial.loads_within(most_load_) && trial.worth(cost_) < best.worth(cost_)) best = trial;
      place_cut(k, before.at);
    }
    if (best.at == before.at) return false;
    place_cut(k, best.at);
    places_[k - 1] = best.low;
    places_[k] = best.high;
    return true;
  }

  std::size_t cuts() const { return cuts_.size(); }
  std::vector<Key> result() && { return std::move(cuts_); }

 private:
  struct Place {
    Index load;
    Int3 faces;
  };
  /// The two places beside a cut when it stands at `at`, and what that adds to the cost of all cut faces.
  struct Trial {
    std::size_t at;
    Place low, high;
    Wide cut_cost = 0;
    bool loads_within(Index most) const { return low.load <= most && high.load <= most; }
    std::pair<Wide, Wide> worth(const CostModel& c) const {
      return {std::max(c.of_place(low.load, low.faces), c.of_place(high.load, high.faces)), cut_cost};
    }
  };

  Trial trial_at(std::size_t k) const { return {at_[k], places_[k - 1], places_[k]}; }

  void place_cut(std::size_t k, std::size_t at) {
    at_[k] = at;
    cuts_[k] = at < line_.keys.size() ? line_.keys[at] : curve_.end();
  }

  Int3 faces_of(std::size_t place) const {
    return outer_faces(tiling_.grid(), weights_, active_boxes(tiling_, weights_, curve_.segment(cuts_[place], cuts_[place + 1])));
  }

  /// Moves one brick across cut k; false where there is none.
  bool step(std::size_t k, bool up, Trial& trial) {
    if (trial.at == (up ? at_[k + 1] : at_[k - 1])) return false;
    const std::size_t moved = up ? trial.at : trial.at - 1;
    Place& from = up ? trial.high : trial.low;
    Place& to = up ? trial.low : trial.high;
    const auto from_place = up ? k : k - 1, to_place = up ? k - 1 : k;
    const Int3 brick = line_.bricks[moved];
    from.load -= line_.weight(moved);
    to.load += line_.weight(moved);
    for (int axis = 0; axis < 3; ++axis)
      for (const bool above : {false, true}) {
        const Int3 near = above ? brick + unit(axis) : brick - unit(axis);
        if (!tiling_.grid().periodic[axis] && (near[axis] < 0 || near[axis] >= tiling_.bricks()[axis])) continue;
        const Int3 other = tiling_.wrapped(near);
        if (other == brick) continue;
        const Index faces =
            above ? faces_between(tiling_, weights_, axis, brick, other) : faces_between(tiling_, weights_, axis, other, brick);
        if (faces == 0) continue;
        const auto owner = static_cast<std::size_t>(std::upper_bound(cuts_.begin(), cuts_.end(), curve_.key(other)) - cuts_.begin()) - 1;
        const Index sign = owner == from_place ? 1 : -1;  // what the place that loses the brick gains
        from.faces[axis] += sign * faces;
        to.faces[axis] += owner == to_place ? -faces : faces;
        if (owner == from_place || owner == to_place) trial.cut_cost += sign * Wide{faces} * cost_.face_ps[axis];
      }
    trial.at = up ? trial.at + 1 : trial.at - 1;
    place_cut(k, trial.at);
    return true;
  }

  const Curve& curve_;
  const Tiling& tiling_;
  const Weights& weights_;
  const CostModel& cost_;
  Line line_;
  std::vector<Key> cuts_;
  std::vector<std::size_t> at_;  // the same as positions on the line
  std::vector<Place> places_;
  Index most_load_ = 0;
  std::size_t most_bricks_ = 0;
};

}  // namespace

std::vector<Key> slide(const Curve& curve, const Tiling& tiling, const Weights& weights, const CostModel& cost, std::vector<Key> cuts) {
  constexpr int most_rounds = 4;
  Slider slider(curve, tiling, weights, cost, std::move(cuts));
  bool moved = true;
  for (int round = 0; moved && round < most_rounds; ++round) {
    moved = false;
    for (std::size_t k = 1; k + 1 < slider.cuts(); ++k) moved = slider.improve(k) || moved;
  }
  return std::move(slider).result();
}

}  // namespace hilbrick
