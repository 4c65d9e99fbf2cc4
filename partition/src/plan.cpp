// SPDX-License-Identifier: BSD-3-Clause
#include <hilbrick/partition/box_set.hpp>
#include <hilbrick/partition/plan.hpp>

#include "surroundings.hpp"

namespace hilbrick {
namespace {

std::vector<Message> messages_of(const Surroundings& near, std::size_t phase, Surroundings::Direction direction) {
  std::vector<Message> messages;
  near.for_each_crossing(phase, direction, [&](Rank peer, int field, const std::vector<Box>& boxes) {
    if (messages.empty() || messages.back().peer != peer) messages.push_back({peer, {}, 0});
    for (const Box& cells : canonical(boxes)) {
      messages.back().links.push_back({field, cells});
      messages.back().values += cells.volume();
    }
  });
  return messages;
}

}  // namespace

Plan make_plan(const Partition& partition, const Stencil& stencil, Rank rank) {
  const Surroundings near(partition, stencil, rank);
  Plan plan;
  for (std::size_t phase = 0; phase < stencil.phases().size(); ++phase)
    plan.phases.push_back(
        {messages_of(near, phase, Surroundings::Direction::send), messages_of(near, phase, Surroundings::Direction::receive)});
  return plan;
}

}  // namespace hilbrick
