// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// One message of an exchange, and the two ways in which it is handed over: requests of MPI, or a buffer in shared memory with a flag for
// each side.

#include <mpi.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <hilbrick/digest.hpp>
#include <optional>
#include <string>
#include <vector>

#include "copy.hpp"

namespace hilbrick {

constexpr std::size_t rounded(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }

/// Where one side of a shared message tells the other how far it is: the number of the last exchange in which it filled, or emptied, its
/// buffer. Each has a line of its own, and its neighbour, which processors fetch with it.
struct alignas(128) Flag {
  std::atomic<std::uint64_t> exchange;
  std::array<double, 2> copy_seconds;  // what it took to empty each buffer, the last time; of the reader
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// A shared message in the memory of its owner: flags, then two buffers, used in turn. In an exchange the owner fills a buffer and the
/// reader empties it, in a reverse one the reader fills and the owner empties; whoever fills waits until the other is done with the
/// exchange before the last, which used the same buffer.
struct SharedPlace {
  Flag* owner;
  Flag* reader;
  std::byte* buffer;
  std::size_t to_second;

  static std::size_t buffer_bytes(std::size_t message_bytes) { return rounded(message_bytes, alignof(Flag)); }
  static std::size_t bytes(std::size_t message_bytes) { return 2 * sizeof(Flag) + 2 * buffer_bytes(message_bytes); }
  static SharedPlace at(std::byte* memory, std::size_t message_bytes) {
    auto* flags = reinterpret_cast<Flag*>(memory);
    return {flags, flags + 1, memory + 2 * sizeof(Flag), buffer_bytes(message_bytes)};
  }
};

/// Which stores fill a shared message faster, packing and unpacking together: that depends on where the two cores sit, and ranks move. From
/// time to time plain and streaming stores take turns, and the lower median decides.
class StoresTrial {
 public:
  /// For the next message.
  Stores choose(std::uint64_t exchange) {
    Last& last = last_[exchange % 2];
    last.turn = messages_++ % period;
    return last.turn < 2 * tries ? Stores{last.turn % 2 == 1} : faster_;
  }
  void packed(std::uint64_t exchange, double seconds) { last_[exchange % 2].pack_seconds = seconds; }
  /// What the reader took for the last message in this exchange's buffer.
  void unpacked(std::uint64_t exchange, double seconds) {
    const Last& last = last_[exchange % 2];
    if (last.turn >= 2 * tries) return;
    seconds_[last.turn % 2][last.turn / 2] = last.pack_seconds + seconds;
    if (last.turn + 1 < 2 * tries) return;
    for (auto& all : seconds_) std::nth_element(all.begin(), all.begin() + tries / 2, all.end());
    faster_ = Stores{seconds_[1][tries / 2] < seconds_[0][tries / 2]};
  }

 private:
  static constexpr std::uint64_t period = 4096, tries = 16;
  struct Last {
    std::uint64_t turn = period;  // beyond all: nothing was packed
    double pack_seconds = 0;
  };

  std::uint64_t messages_ = 0;
  Stores faster_ = Stores::plain;
  std::array<Last, 2> last_;  // by buffer
  std::array<std::array<double, tries>, 2> seconds_{};
};

inline constexpr std::size_t checksum_bytes = sizeof(std::uint64_t);

/// Waiting without taking the core from a rank that works: briefly by looking, then by giving way.
class Patience {
 public:
  /// Until a flag has reached an exchange.
  static void wait(const Flag& flag, std::uint64_t exchange) {
    Patience patience;
    while (flag.exchange.load(std::memory_order_acquire) < exchange) patience.pause();
  }
  void pause() {
    if (++looked_ > 100)
      sched_yield();
    else
      relax();
  }

 private:
  static void relax() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  int looked_ = 0;
};

/// One message and what moves it.
struct Channel {
  Rank peer = nobody;
  std::size_t bytes = 0;              // of values
  std::size_t sent_bytes = 0;         // with a checksum, which follows the values
  std::byte* buffer = nullptr;        // what travels; the first, where there are two
  std::byte* packed = nullptr;        // what copies fill or empty: `buffer`, or one of the device that it is staged for
  std::optional<SharedPlace> shared;  // else by requests
  std::vector<MPI_Request> requests, reverse_requests;
  Copies copies;           // pack or unpack
  StoresTrial trial;       // of what is sent in shared memory
  std::uint64_t done = 0;  // exchanges received

  std::size_t shift(std::uint64_t exchange) const { return shared && exchange % 2 == 1 ? shared->to_second : 0; }
  std::byte* message(std::uint64_t exchange) const { return buffer + shift(exchange); }
  bool staged() const { return packed != buffer; }
  /// Of what copies fill or empty.
  std::size_t packed_shift(std::uint64_t exchange) const { return staged() ? 0 : shift(exchange); }

  /// Between the device and what travels; nothing where that is the same. Asynchronous.
  void stage_out(std::uint64_t exchange) const {
    if (staged()) copy_to_host(message(exchange), packed, bytes);
  }
  void stage_in(std::uint64_t exchange) const {
    if (staged()) copy_to_device(packed, message(exchange), bytes);
  }

  void write_checksum(std::uint64_t exchange) const {
    const std::uint64_t sum = bytes_hash(message(exchange), bytes);
    std::memcpy(message(exchange) + bytes, &sum, checksum_bytes);
  }
  void check_checksum(std::uint64_t exchange, std::size_t phase, Rank to) const {
    std::uint64_t sum = 0;
    std::memcpy(&sum, message(exchange) + bytes, checksum_bytes);
    if (sum != bytes_hash(message(exchange), bytes))
      throw runtime_failure("exchange: the message of " + std::to_string(bytes) + " bytes from rank " + std::to_string(peer) + " to rank " +
                            std::to_string(to) + " in phase " + std::to_string(phase) +
                            " does not have the checksum that it was sent with: memory or the network changed it; find the faulty node");
  }
};

}  // namespace hilbrick
