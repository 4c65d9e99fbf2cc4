// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Halo exchange: built once from a domain, a stencil and fields, then run every step without allocating.
//
//   Exchange exchange(comm, domain, stencil, {u.ref()});
//   auto pending = exchange.start(0);      // phase 0: packs, sends; copies between my own boxes
//   ...                                    // anything that neither reads halos nor writes what others read
//   pending.finish();                      // waits, unpacks: halos are those of the owners
//
// One message to each peer and phase, handed over in one of two ways, chosen for each peer when the exchange is built:
//   shared    the owner packs into memory that the receiver reads, and raises a flag; no MPI. For ranks of one node that were found to see
//             each other's memory by writing and reading it.
//   message   persistent requests of MPI. For all others.
// What wraps onto the same rank, or lies in another of its boxes, is copied there. Bytes and messages are counted where they are handed
// over.

#include <hilbrick/comm.hpp>
#include <hilbrick/field.hpp>
#include <hilbrick/partition/plan.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hilbrick {

/// How messages travel; `automatic` takes `shared` wherever it works.
enum class Transport { automatic, message, shared };
std::string_view name_of(Transport transport);

/// How fields on a device travel: their messages handed to MPI where they lie, or through buffers of the host. `automatic` hands them over
/// where MPI says that it can and was found to, by sending some and comparing.
enum class DeviceMessages { automatic, staged, direct };

struct ExchangeOptions {
  /// `shared` insists on it between ranks of one node and is an error where that fails; ranks of different nodes use `message` always.
  Transport transport = Transport::automatic;
  /// Larger messages of MPI travel as several requests; at most 2^31 - 1.
  Index largest_request_bytes = Index{1} << 30;
  /// Whether to pack shared messages past this core's caches: up to three times as fast where the two cores share no cache, up to twice as
  /// slow where they do. Nothing: each message tries both, 16 times in 4096 exchanges, and takes the faster.
  std::optional<bool> streaming = std::nullopt;
  /// Each message carries a checksum (XXH3-64), which finish() compares: a byte that changed on the way is an Error that names the pair.
  /// Its 8 bytes are not counted.
  bool checksum = false;
  /// `direct` insists on it and is an error where MPI fails. Direct messages are all MPI's and carry no checksum: with a checksum, or where
  /// `transport` is `shared`, `automatic` is `staged`. Without a meaning for fields that the host reaches.
  DeviceMessages device_messages = DeviceMessages::automatic;
};

/// What was handed over, or taken, in one direction between this rank and a peer in a phase since the exchange was built.
struct MessageCounters {
  Rank peer;
  Transport transport;
  bool same_node;
  Index messages = 0, bytes = 0;
  double copy_seconds = 0;  // packing or unpacking; on a device to start that: what it took is in the totals of Counters
  double wait_seconds =
      0;  // sending: for a free buffer and for MPI to be done with it; receiving: for this peer, all earlier ones being done
};
struct PhaseCounters {
  Index exchanges = 0;
  Index messages_sent = 0, bytes_sent = 0;                  // to all peers
  Index values_copied = 0;                                  // between boxes of this rank
  Index reverse_messages_sent = 0, reverse_bytes_sent = 0;  // by add_halos_to_owners
  std::vector<MessageCounters> sends, receives;
};
struct Counters {
  /// Over all phases, to all peers.
  Index bytes_sent() const;

  std::vector<PhaseCounters> phases;
  double pack_seconds = 0, wait_seconds = 0, unpack_seconds = 0;
  double shared_setup_seconds = 0;  // what it took to find out who sees whose memory and to map it
};

/// Directed pairs (this rank, peer) by how halos travel; `self` is this rank with itself.
struct TransportPairs {
  Index self = 0, shared = 0, message = 0;
};

class Exchange {
 public:
  /// The fields of the stencil, in its order; their blocks are those of the domain's boxes and hold what the stencil reads. Arrays
  /// must stay in place while the exchange lives, all in memory that the host reaches or all on the device. Throws SharedError where ranks
  /// disagree on the partition, the stencil, the size of values or the options (all but `streaming`), for fields that do not fit, and
  /// where `shared` is insisted on and fails. Collective over comm.
  Exchange(const Comm& comm, const Domain& domain, const Stencil& stencil, std::vector<FieldRef> fields,
           const ExchangeOptions& options = {});
  ~Exchange();
  Exchange(Exchange&&) noexcept;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  Exchange& operator=(Exchange&&) = delete;

  class [[nodiscard]] Pending {
   public:
    /// Waits for all halos of the phase and puts them in place. Throws Error where a checksum is wrong. Local, but waits for the peers'
    /// start().
    void finish() { exchange_->finish(phase_); }
    /// Lets MPI move on with messages under way; for calls now and then from work that finish() follows. Local.
    void progress() { exchange_->progress(phase_); }

   private:
    friend class Exchange;
    Pending(Exchange* exchange, std::size_t phase) : exchange_(exchange), phase_(phase) {}
    Exchange* exchange_;
    std::size_t phase_;
  };

  /// Starts a phase. Until finish() its halos are undefined and the values that it sends must not change. Every rank must run the
  /// same phases in the same order, one at a time. Fields on a device are packed in the default instance of its execution space, after the
  /// kernels there; kernels in other instances must be done. Local; waits for peers that are two exchanges of this phase behind.
  Pending start(std::size_t phase);

  /// The other way round: adds the halos that a phase would fill to their owners' values, for what a solver deposits beyond its boxes;
  /// halos stay as they are. Every field has values of type T: float, double, std::int32_t, std::int64_t or std::complex of float or
  /// double. Sums are made in a fixed order, first this rank's boxes, then the peers by rank: equal for every transport, not for every
  /// partition. Counts as an exchange of the phase among those that every rank runs in the same order, one at a time. The first call
  /// allocates. Throws Error where a checksum is wrong. Local, but waits for the peers' call.
  template <class T>
  void add_halos_to_owners(std::size_t phase);

  const Plan& plan() const;
  /// What this rank sends to others when each phase is run once, by the plan.
  Index planned_bytes() const;
  const Counters& counters() const;
  /// Counts from zero again, after a rehearsal for example. Local.
  void reset_counters();
  TransportPairs transports() const;
  /// Whether messages are handed to MPI on the device.
  bool direct() const;
  /// On rank 0 one line for people where ranks share a node and not its memory: which and why; else empty.
  const std::string& fallback() const;
  /// What this rank allocated for messages, in its own memory and in shared memory.
  Index buffer_bytes() const;

 private:
  void finish(std::size_t phase);
  void progress(std::size_t phase);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hilbrick
