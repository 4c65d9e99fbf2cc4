// SPDX-License-Identifier: BSD-3-Clause

// A user of hilbrick::partition alone: what 7 ranks would send each other for a Yee step. Ends with 0 where all that is sent is received.

#include <cstdio>
#include <hilbrick/partition/partition.hpp>
#include <hilbrick/partition/plan.hpp>

int main() {
  using namespace hilbrick;
  const int ranks = 7;
  const Stencil stencil = Stencil::yee();
  const Partition partition = make_partition(Tiling(Grid{{40, 33, 25}, {}}, 8), Weights(), stencil, Machine(), ranks, Method::hilbert);
  Index sent = 0;
  Index received = 0;
  for (Rank rank = 0; rank < ranks; ++rank) {
    for (const PhasePlan& phase : make_plan(partition, stencil, rank).phases) {
      for (const Message& message : phase.sends) sent += message.values;
      for (const Message& message : phase.receives) received += message.values;
    }
  }
  std::printf("%s: %lld values sent, %lld received\n", partition.description().c_str(), static_cast<long long>(sent),
              static_cast<long long>(received));
  return sent > 0 && sent == received ? 0 : 1;
}
