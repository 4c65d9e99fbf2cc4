// SPDX-License-Identifier: BSD-3-Clause
#include "halos.hpp"

#include <hilbrick/exchange.hpp>
#include <map>
#include <memory>

#include "rounds.hpp"

namespace hilbrick::calibrate {
namespace {

constexpr Index small_edge = 4;  // cells

/// Boxes in a ring along an axis, one a rank, with the fields of Yee's scheme.
///
///      -+------+------+------+-      each box `depth` cells along the axis, its faces squares
///       |rank 0|rank 1|rank 2|
///      -+------+------+------+-
template <class T>
class Ring {
 public:
  /// Collective over comm, which must outlive it.
  Ring(const Comm& comm, int axis, Index edge, Index depth = 32) : comm_(comm), domain_(domain_of(comm, axis, edge, depth)) {
    for (int f = 0; f < 6; ++f)
      fields_.emplace_back("hilbrick::calibrate::" + stencil_.fields()[static_cast<std::size_t>(f)].name, domain_, std::span(&stencil_, 1),
                           f);
  }

  /// The exchange by a transport, made at the first call. Collective over comm.
  Exchange& by(Transport transport) {
    auto& exchange = exchanges_[transport];
    if (exchange) return *exchange;
    std::vector<FieldRef> refs;
    for (const Field<T>& f : fields_) refs.push_back(f.ref());
    exchange = std::make_unique<Exchange>(comm_, domain_, stencil_, refs, ExchangeOptions{transport});
    return *exchange;
  }

  Index bytes_per_step() {
    Index values = 0;
    for (const PhasePlan& phase : by(Transport::message).plan().phases)
      for (const Message& m : phase.sends) values += m.values;
    return values * static_cast<Index>(sizeof(T));
  }

  /// Seconds of a step's exchanges, each of fields written just before, all ranks starting at once.
  Round fresh_step(Transport transport) {
    return [this, &exchange = by(transport)] {
      double seconds = 0;
      for (const std::size_t phase : {std::size_t{0}, std::size_t{1}}) {
        const std::size_t first = phase == 0 ? 3 : 0;  // phase 0 sends H, phase 1 E
        for (std::size_t f = first; f < first + 3; ++f)
          for (T *value = fields_[f].data(), *end = value + fields_[f].size(); value < end; ++value) *value += T(1);
        MPI_Barrier(comm_.get());
        const double begin = MPI_Wtime();
        exchange.start(phase).finish();
        seconds += MPI_Wtime() - begin;
      }
      return seconds;
    };
  }

  /// Seconds of a message among many, one after the other.
  Round message(Transport transport) {
    return [&exchange = by(transport)] {
      constexpr int steps = 50;
      const double begin = MPI_Wtime();
      for (int i = 0; i < steps; ++i) {
        exchange.start(0).finish();
        exchange.start(1).finish();
      }
      return (MPI_Wtime() - begin) / (2 * steps);
    };
  }

 private:
  static Domain domain_of(const Comm& comm, int axis, Index edge, Index depth) {
    Grid grid{{edge, edge, edge}};
    Int3 bricks{1, 1, 1};
    grid.cells[axis] = depth * comm.size();
    grid.periodic[static_cast<std::size_t>(axis)] = true;
    bricks[axis] = comm.size();
    Partition partition(Method::slab, Tiling::with_bricks(grid, bricks), {}, Cartesian{bricks});
    std::vector<Box> boxes = boxes_of(partition, comm.rank());
    return {std::move(partition), comm.rank(), std::move(boxes), {}};
  }

  const Comm& comm_;
  Stencil stencil_ = Stencil::yee();
  Domain domain_;
  std::vector<Field<T>> fields_;
  std::map<Transport, std::unique_ptr<Exchange>> exchanges_;
};

}  // namespace

Comm split(const Comm& comm, int number) {
  MPI_Comm part = MPI_COMM_NULL;
  MPI_Comm_split(comm.get(), number, comm.rank(), &part);
  Comm result(part);
  MPI_Comm_free(&part);
  return result;
}

template <class T>
std::optional<OnNode> time_on_node(const Comm& comm, const Comm& on_node, double seconds) {
  if (max(comm, Index{on_node.size()}) == 1) return std::nullopt;
  Ring<T> small(on_node, 2, small_edge);
  struct Sized {
    std::unique_ptr<Ring<T>> ring;
    RingTime time;
  };
  std::vector<Sized> rings;
  for (int axis = 0; axis < 3; ++axis)
    for (const Index edge : {32, 64, 128}) {
      auto ring = std::make_unique<Ring<T>>(on_node, axis, edge);
      const RingTime time{axis, edge, max(comm, ring->bytes_per_step()), 0};
      rings.push_back({std::move(ring), time});
    }

  OnNode result;
  const Exchange& first = small.by(Transport::automatic);
  const bool shares = max(comm, first.transports().message) == 0;
  result.fallback = first.fallback();
  double setup_seconds = first.counters().shared_setup_seconds;
  std::vector<Transport> transports{Transport::message};
  if (shares) {
    transports.push_back(Transport::automatic);
    for (const Sized& r : rings) setup_seconds = std::max(setup_seconds, r.ring->by(Transport::automatic).counters().shared_setup_seconds);
  }
  result.shared_setup_seconds = max(comm, setup_seconds);

  std::vector<Round> rounds;
  for (const Transport transport : transports) {
    rounds.push_back(small.message(transport));
    rounds.push_back(small.fresh_step(transport));
    for (const Sized& r : rings) rounds.push_back(r.ring->fresh_step(transport));
  }
  const std::vector<double> found = medians(comm, rounds, seconds);
  auto next = found.begin();
  for (const Transport transport : transports) {
    Rings of;
    of.message_seconds = *next++;
    of.small_seconds = *next++;
    for (const Sized& r : rings) {
      of.times.push_back(r.time);
      of.times.back().step_seconds = *next++;
    }
    (transport == Transport::message ? result.message : result.shared.emplace()) = std::move(of);
  }
  return result;
}
template std::optional<OnNode> time_on_node<float>(const Comm&, const Comm&, double);
template std::optional<OnNode> time_on_node<double>(const Comm&, const Comm&, double);

template <class T>
BetweenNodes time_between_nodes(const Comm& comm, const Comm& on_node, double seconds) {
  // Ranks that are the first of their nodes, the second, and so on.
  const Comm across = split(comm, on_node.rank());
  // Large enough that what links and switches buffer does not count.
  Ring<T> small(across, 2, small_edge), large(across, 2, 256, 8);
  const auto alone = [&](Round round) -> Round {
    if (on_node.rank() > 0) return [] { return 0.0; };
    return round;
  };
  constexpr Transport message = Transport::message;
  const std::vector<double> found = medians(
      comm, {alone(small.message(message)), alone(small.fresh_step(message)), alone(large.fresh_step(message)), large.fresh_step(message)},
      seconds);
  const Index rings = max(comm, Index{on_node.size()}), bytes = max(comm, large.bytes_per_step());
  return {found[0], found[1], bytes, found[2], found[3], static_cast<int>(rings)};
}
template BetweenNodes time_between_nodes<float>(const Comm&, const Comm&, double);
template BetweenNodes time_between_nodes<double>(const Comm&, const Comm&, double);

}  // namespace hilbrick::calibrate
