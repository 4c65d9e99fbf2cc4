// SPDX-License-Identifier: BSD-3-Clause
#include "run_report.hpp"

#include <unistd.h>

#include <algorithm>
#include <hilbrick/memory.hpp>
#include <numeric>

namespace hilbrick::fdtd {
namespace {

Index predicted_bytes(const Plan& plan, Index value_bytes) {
  Index values = 0;
  for (const PhasePlan& phase : plan.phases)
    for (const Message& m : phase.sends) values += m.values;
  return values * value_bytes;
}

Index peers(const Plan& plan) {
  std::vector<Rank> all;
  for (const PhasePlan& phase : plan.phases)
    for (const auto* messages : {&phase.sends, &phase.receives})
      for (const Message& m : *messages) all.push_back(m.peer);
  std::sort(all.begin(), all.end());
  return std::unique(all.begin(), all.end()) - all.begin();
}

}  // namespace

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

double exchange_seconds(const Counters& counters) { return counters.pack_seconds + counters.wait_seconds + counters.unpack_seconds; }

template <class T>
RankReport rank_report(const Comm& comm, const Solver<T>& solver, Index steps) {
  RankReport mine;
  const Exchange& exchange = solver.exchange();
  mine.node = comm.node();
  for (const Box& b : solver.domain().boxes) mine.cells += b.volume();
  mine.boxes = static_cast<Index>(solver.domain().boxes.size());
  mine.peers = peers(exchange.plan());
  mine.predicted_bytes_per_step = predicted_bytes(exchange.plan(), sizeof(T));
  const Counters& counters = exchange.counters();
  mine.counted_bytes_per_step = steps > 0 ? counters.bytes_sent() / steps : 0;
  const Nodes& nodes = solver.domain().partition.nodes();
  Index abroad = 0;
  for (const PhaseCounters& phase : counters.phases)
    for (const MessageCounters& m : phase.sends)
      if (nodes.node_of(m.peer) != nodes.node_of(comm.rank())) abroad += m.bytes;
  mine.internode_bytes_per_step = steps > 0 ? abroad / steps : 0;
  for (const PhaseCounters& phase : counters.phases) mine.messages_per_step += phase.messages_sent;
  if (steps > 0) mine.messages_per_step /= steps;
  mine.wait_seconds = counters.wait_seconds;
  mine.exchange_seconds = exchange_seconds(counters);
  mine.compute_seconds = solver.compute_seconds();
  mine.pairs = exchange.transports();
  mine.shared_setup_seconds = counters.shared_setup_seconds;
  mine.memory_bytes = peak_memory_bytes();
  return mine;
}

template <class T>
Forecast forecast_of(const Comm& comm, const Solver<T>& solver, const Machine& machine, const std::string& machine_name) {
  const Partition& partition = solver.domain().partition;
  std::vector<Rank> ranks(static_cast<std::size_t>(comm.size()));
  std::iota(ranks.begin(), ranks.end(), 0);
  const auto slowest = [&](const Machine& with) {
    const auto per_rank = gather_metrics(comm, partition, solver.numerics().stencils.front(), with, sizeof(T));
    return comm.rank() == 0 ? summarise(partition, with, ranks, per_rank).slowest : StepSeconds{};
  };
  bool messages_on_node = false;
  for (const PhaseCounters& phase : solver.exchange().counters().phases)
    for (const MessageCounters& m : phase.sends) messages_on_node |= m.same_node && m.transport == Transport::message;
  const StepSeconds shared = slowest(machine), messages = slowest(by_messages(machine));
  if (max(comm, Index{messages_on_node}) > 0) return {machine_name, messages, 0};
  return {machine_name, shared, messages.total() - shared.total()};
}

template RankReport rank_report(const Comm&, const Solver<float>&, Index);
template RankReport rank_report(const Comm&, const Solver<double>&, Index);
template Forecast forecast_of(const Comm&, const Solver<float>&, const Machine&, const std::string&);
template Forecast forecast_of(const Comm&, const Solver<double>&, const Machine&, const std::string&);

}  // namespace hilbrick::fdtd
