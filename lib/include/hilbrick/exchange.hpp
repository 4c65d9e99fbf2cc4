// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Halo exchange: built once from a domain, a stencil and fields, then run every step without allocating.
//
//   Exchange exchange(comm, domain, stencil, {u.ref()});
//   auto pending = exchange.start(0);      // phase 0: packs, sends; copies between my own boxes
//   ...                                    // anything that neither reads halos nor writes what others read
//   pending.finish();                      // waits, unpacks: halos are those of the owners
//
// One message to each peer and phase, by persistent requests, tag = phase, on a communicator of the exchange's own. What wraps
// onto the same rank, or lies in another of its boxes, is copied without MPI. Bytes and messages are counted where they are handed to MPI.

#include <hilbrick/comm.hpp>
#include <hilbrick/field.hpp>
#include <hilbrick/partition/plan.hpp>
#include <memory>
#include <vector>

namespace hilbrick {

/// What was really done since the exchange was built.
struct PhaseCounters {
  Index exchanges = 0;
  Index messages_sent = 0, bytes_sent = 0;
  Index values_copied = 0;  // between boxes of this rank
};
struct Counters {
  std::vector<PhaseCounters> phases;
  std::vector<std::pair<Rank, Index>> bytes_to_peer;  // by rank
  double pack_seconds = 0, wait_seconds = 0, unpack_seconds = 0;
};

class Exchange {
 public:
  /// The fields of the stencil, in its order; their blocks are those of the domain's boxes and hold what the stencil reads. Arrays
  /// must stay in place while the exchange lives. Throws SharedError where ranks disagree on the partition. Collective over comm.
  Exchange(const Comm& comm, const Domain& domain, const Stencil& stencil, std::vector<FieldRef> fields);
  ~Exchange();
  Exchange(Exchange&&) noexcept;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  Exchange& operator=(Exchange&&) = delete;

  class [[nodiscard]] Pending {
   public:
    /// Waits for all halos of the phase and puts them in place. Local, but waits for the peers' start().
    void finish() { exchange_->finish(phase_); }

   private:
    friend class Exchange;
    Pending(Exchange* exchange, std::size_t phase) : exchange_(exchange), phase_(phase) {}
    Exchange* exchange_;
    std::size_t phase_;
  };

  /// Starts a phase. Until finish() its halos are undefined and the values that it sends must not change. Every rank must run the
  /// same phases in the same order, one at a time. Local.
  Pending start(std::size_t phase);

  const Plan& plan() const;
  const Counters& counters() const;
  /// Directed pairs (this rank, peer) that travel by message.
  Index message_peers() const;
  /// Whether any halo of this rank is copied from itself.
  bool copies_locally() const;
  Index buffer_bytes() const;

 private:
  void finish(std::size_t phase);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hilbrick
