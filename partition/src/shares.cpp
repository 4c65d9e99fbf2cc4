// SPDX-License-Identifier: BSD-3-Clause
#include "shares.hpp"

#include <algorithm>
#include <hilbrick/partition/error.hpp>
#include <numeric>

namespace hilbrick {

Shares::Shares(std::span<const int> node_sizes) : ends_(node_sizes.size()) {
  HILBRICK_ASSERT(!node_sizes.empty() && *std::min_element(node_sizes.begin(), node_sizes.end()) > 0);
  std::partial_sum(node_sizes.begin(), node_sizes.end(), ends_.begin());
}

std::span<const int> Shares::nodes(Run run) const {
  const auto begin = std::upper_bound(ends_.begin(), ends_.end(), run.first);
  const auto end = std::lower_bound(begin, ends_.end(), run.first + run.count);
  return {begin, end};
}

std::vector<int> Shares::lows(Run run, int variety) const {
  const auto starts = nodes(run);
  const int units = starts.empty() ? run.count : static_cast<int>(starts.size()) + 1;
  std::vector<int> lows;
  const auto add = [&](int low) {
    if (low < 1 || low >= units) return;
    if (!starts.empty()) low = starts[static_cast<std::size_t>(low) - 1] - run.first;
    if (std::find(lows.begin(), lows.end(), low) == lows.end()) lows.push_back(low);
  };
  const auto add_both = [&](int low) {
    add(low);
    add(units - low);
  };
  add(units / 2);
  if (variety >= 1) {
    add_both(units / 2);
    if (units % 3 == 0) add_both(units / 3);
  }
  if (variety >= 2) add_both(units / 2 - 1);
  return lows;
}

}  // namespace hilbrick
