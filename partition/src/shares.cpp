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

int Shares::units(Run run) const { return on_one_node(run) ? run.count : static_cast<int>(nodes(run).size()) + 1; }

int Shares::slices(Run run) const {
  for (const int prime : {2, 3, 5, 7})
    if (units(run) % prime == 0) return prime;
  return 2;
}

int Shares::first(Run run, int units) const {
  return on_one_node(run) ? units : nodes(run)[static_cast<std::size_t>(units) - 1] - run.first;
}

std::vector<int> Shares::lows(Run run, Variety variety) const {
  const int n = units(run);
  std::vector<int> lows;
  const auto add_both = [&](int low) {
    for (const int some : {low, n - low})
      if (some > 0 && some < n && std::find(lows.begin(), lows.end(), some) == lows.end()) lows.push_back(some);
  };
  if (variety == Variety::half) return {first(run, n / 2)};
  add_both(n / 2);
  for (const int prime : {3, 5})
    if (n % prime == 0) add_both(n / prime * (prime / 2));
  if (variety == Variety::many) add_both(n / 2 - 1);
  for (int& low : lows) low = first(run, low);
  return lows;
}

}  // namespace hilbrick
