// SPDX-License-Identifier: BSD-3-Clause
#include <sched.h>
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <complex>
#include <cstring>
#include <hilbrick/digest.hpp>
#include <hilbrick/exchange.hpp>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "shared_memory.hpp"
#include "watchdog.hpp"
#include "wiring.hpp"

namespace hilbrick {
namespace {

/// A block of values moved from one strided place to another; both are x fastest, strides in bytes.
struct Copy {
  const std::byte* from;
  std::byte* to;
  Int3 extent;
  Index from_y, from_z, to_y, to_z;
  int value_bytes;
};

/// Buffers in shared memory come in pairs: places of the second are so many bytes further on.
struct Shift {
  std::size_t from = 0, to = 0;
};

/// How values are written: for this core to read, or past its caches for another. A line that another core holds must not be fetched first
/// only to be overwritten, which is most of the cost of packing where the two cores share no cache.
enum class Stores { plain, streaming };

#if defined(__x86_64__)
/// Places are multiples of 4 bytes.
void stream(std::byte* to, const std::byte* from, std::size_t bytes) {
  const auto word = [&] {
    int value;
    std::memcpy(&value, from, sizeof value);
    _mm_stream_si32(reinterpret_cast<int*>(to), value);
  };
  const auto advance = [&](std::size_t by) {
    to += by;
    from += by;
    bytes -= by;
  };
  for (; bytes > 0 && reinterpret_cast<std::uintptr_t>(to) % 16 != 0; advance(4)) word();
  for (; bytes >= 16; advance(16))
    _mm_stream_si128(reinterpret_cast<__m128i*>(to), _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  for (; bytes > 0; advance(4)) word();
}
/// Before a flag says so, what was streamed must be there.
void end_stream() { _mm_sfence(); }
#else
void stream(std::byte* to, const std::byte* from, std::size_t bytes) { std::memcpy(to, from, bytes); }
void end_stream() {}
#endif

/// Calls f(to, from) for each row along x.
template <class F>
void for_each_row(const Copy& c, Shift shift, F&& f) {
  for (Index z = 0; z < c.extent.z; ++z)
    for (Index y = 0; y < c.extent.y; ++y) f(c.to + shift.to + z * c.to_z + y * c.to_y, c.from + shift.from + z * c.from_z + y * c.from_y);
}

/// Copies of short rows to consecutive places, gathered into whole lines first: streamed one by one they would be slow.
template <class Value>
void stream_gathered(const Copy& c, Shift shift) {
  constexpr Index room = 4096;
  alignas(64) std::array<std::byte, room> gathered;
  const Index row_bytes = c.extent.x * static_cast<Index>(sizeof(Value));
  std::byte* to = c.to + shift.to;
  Index used = 0;
  const auto flush = [&] {
    stream(to, gathered.data(), static_cast<std::size_t>(used));
    to += used;
    used = 0;
  };
  for (Index z = 0; z < c.extent.z; ++z)
    for (Index y = 0; y < c.extent.y;) {
      const std::byte* from = c.from + shift.from + z * c.from_z + y * c.from_y;
      std::byte* at = gathered.data() + used;
      const Index rows = std::min(c.extent.y - y, (room - used) / row_bytes);
      if (c.extent.x == 1)
        for (Index i = 0; i < rows; ++i) std::memcpy(at + i * static_cast<Index>(sizeof(Value)), from + i * c.from_y, sizeof(Value));
      else
        for (Index i = 0; i < rows; ++i) std::memcpy(at + i * row_bytes, from + i * c.from_y, static_cast<std::size_t>(row_bytes));
      y += rows;
      used += rows * row_bytes;
      if (room - used < row_bytes) flush();
    }
  flush();
}

/// By value: what is written through a pointer to bytes might otherwise be the strides, which would be read again for each value.
template <class Value, Stores stores>
void run_copy(const Copy c, const Shift shift) {
  const auto row_bytes = static_cast<std::size_t>(c.extent.x) * sizeof(Value);
  if constexpr (stores == Stores::streaming) {
    const auto dense = static_cast<Index>(row_bytes);
    if (row_bytes < 256 && c.to_y == dense && c.to_z == dense * c.extent.y)
      stream_gathered<Value>(c, shift);
    else
      for_each_row(c, shift, [&](std::byte* to, const std::byte* from) { stream(to, from, row_bytes); });
    end_stream();
  } else if (c.extent.x == 1) {
    for_each_row(c, shift, [](std::byte* to, const std::byte* from) { std::memcpy(to, from, sizeof(Value)); });
  } else {
    for_each_row(c, shift, [&](std::byte* to, const std::byte* from) { std::memcpy(to, from, row_bytes); });
  }
}

struct Bytes16 {
  std::byte b[16];
};

/// A copy the other way round that adds: to what it would read, from what it would write.
template <class T>
void add_back(const Copy& c, Shift shift) {
  for_each_row(c, shift, [&](std::byte* from, const std::byte* to) {
    const T* values = reinterpret_cast<const T*>(from);
    T* sums = reinterpret_cast<T*>(const_cast<std::byte*>(to));
    for (Index x = 0; x < c.extent.x; ++x) sums[x] += values[x];
  });
}

/// One after the other, in one launch: several may add to the same value.
template <class T>
void add_all_back(const char* label, const std::vector<Copy>& copies, Shift shift = {}) {
  if (copies.empty()) return;
  Kokkos::parallel_for(label, Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>(0, 1), [&copies, shift](std::size_t) {
    for (const Copy& c : copies) add_back<T>(c, shift);
  });
}

/// One launch for all copies of a list.
template <Stores stores = Stores::plain>
void run_copies(const char* label, const std::vector<Copy>& copies, Shift shift = {}) {
  if (copies.empty()) return;
  const Copy* list = copies.data();
  Kokkos::parallel_for(label, Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>(0, copies.size()), [list, shift](std::size_t i) {
    switch (list[i].value_bytes) {
      case 4:
        return run_copy<float, stores>(list[i], shift);
      case 8:
        return run_copy<double, stores>(list[i], shift);
      default:
        return run_copy<Bytes16, stores>(list[i], shift);
    }
  });
}

/// The one fence of an exchange. Kokkos labels fences from 3.5 on.
void fence([[maybe_unused]] const char* label) {
#if KOKKOS_VERSION >= 30500
  Kokkos::fence(label);
#else
  Kokkos::fence();
#endif
}

/// Calls f(shift) for every periodic image of `cells` that meets `target`.
template <class F>
void for_each_image(const Grid& grid, const Box& cells, const Box& target, F&& f) {
  Box shifts;
  for (int a = 0; a < 3; ++a) {
    const Index n = grid.cells[a];
    shifts.lo[a] = grid.periodic[a] ? floor_div(target.lo[a] - cells.hi[a], n) + 1 : 0;
    shifts.hi[a] = grid.periodic[a] ? ceil_div(target.hi[a] - cells.lo[a], n) : 1;
  }
  for_each_cell(shifts, [&](Int3 s) {
    const Int3 shift{s.x * grid.cells.x, s.y * grid.cells.y, s.z * grid.cells.z};
    if (!intersection(shifted(cells, shift), target).empty()) f(shift);
  });
}

/// Where one side of a shared message tells the other how far it is: the number of the last exchange in which it filled, or emptied, its
/// buffer. Each has a line of its own, and its neighbour, which processors fetch with it.
struct alignas(128) Flag {
  std::atomic<std::uint64_t> exchange;
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

  static std::size_t buffer_bytes(std::size_t message_bytes) { return (message_bytes + alignof(Flag) - 1) / alignof(Flag) * alignof(Flag); }
  static std::size_t bytes(std::size_t message_bytes) { return 2 * sizeof(Flag) + 2 * buffer_bytes(message_bytes); }
  static SharedPlace at(std::byte* memory, std::size_t message_bytes) {
    auto* flags = reinterpret_cast<Flag*>(memory);
    return {flags, flags + 1, memory + 2 * sizeof(Flag), buffer_bytes(message_bytes)};
  }
};

constexpr std::size_t checksum_bytes = sizeof(std::uint64_t);

/// One message and what moves it.
struct Channel {
  Rank peer;
  std::size_t bytes;                  // of values
  std::size_t sent_bytes;             // with a checksum
  std::byte* buffer = nullptr;        // the first, where there are two
  std::optional<SharedPlace> shared;  // else by requests
  std::vector<MPI_Request> requests, reverse_requests;
  std::vector<Copy> copies;  // pack or unpack
  std::uint64_t done = 0;    // exchanges received

  std::size_t shift(std::uint64_t exchange) const { return shared && exchange % 2 == 1 ? shared->to_second : 0; }

  /// The checksum follows the values.
  void write_checksum(std::uint64_t exchange) const {
    std::byte* message = buffer + shift(exchange);
    const std::uint64_t sum = bytes_hash(message, bytes);
    std::memcpy(message + bytes, &sum, checksum_bytes);
  }
  void check_checksum(std::uint64_t exchange, std::size_t phase, Rank to) const {
    const std::byte* message = buffer + shift(exchange);
    std::uint64_t sum = 0;
    std::memcpy(&sum, message + bytes, checksum_bytes);
    if (sum != bytes_hash(message, bytes))
      throw runtime_failure("exchange: the message of " + std::to_string(bytes) + " bytes from rank " + std::to_string(peer) + " to rank " +
                            std::to_string(to) + " in phase " + std::to_string(phase) +
                            " does not have the checksum that it was sent with: memory or the network changed it; find the faulty node");
  }
};

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

/// Bytes of all links of a message.
std::size_t message_bytes(const Message& message, const std::vector<FieldRef>& fields) {
  Index bytes = 0;
  for (const Link& link : message.links) bytes += link.cells.volume() * fields[static_cast<std::size_t>(link.field)].value_bytes;
  return static_cast<std::size_t>(bytes);
}

std::size_t rounded(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }

}  // namespace

struct Exchange::Impl {
  struct Phase {
    std::vector<Channel> sends, receives;                // messages of MPI first: they have further to go
    std::vector<std::byte> send_buffer, receive_buffer;  // of messages of MPI
    std::vector<std::size_t> by_peer;                    // places in `sends`, whatever their transports
    std::vector<Copy> local;
    Index local_values = 0;
    std::uint64_t exchange = 0;  // the number of the last
    bool reverses = false;       // has requests for it
  };

  Impl(const Comm& comm, const Domain& domain, const Stencil& stencil, std::vector<FieldRef> fields, const ExchangeOptions& options)
      : wiring(comm.wiring()),
        watchdog(comm.watchdog()),
        streaming(options.streaming),
        checksum(options.checksum),
        rank(comm.rank()),
        largest_request(static_cast<std::size_t>(options.largest_request_bytes)),
        fields_(std::move(fields)),
        plan(make_plan(domain.partition, stencil, domain.rank)) {
    first_tag = wiring->take_tags(static_cast<int>(plan.phases.size()));
    if (options.transport != Transport::message) {
      const double begin = MPI_Wtime();
      share_memory(comm, options.transport);
      counters.shared_setup_seconds = MPI_Wtime() - begin;
    }
    counters.phases.resize(plan.phases.size());
    phases.resize(plan.phases.size());
    Next next{to_peer, {}};
    for (const auto& [peer, memory] : from_peer) next.from[peer] = memory.data();
    for (std::size_t p = 0; p < phases.size(); ++p) build(p, domain, stencil, next);
  }

  ~Impl() {
    int finalized = 0;
    MPI_Finalized(&finalized);
    if (finalized != 0) return;
    for (Phase& phase : phases)
      for (auto* channels : {&phase.sends, &phase.receives})
        for (Channel& c : *channels)
          for (auto* requests : {&c.requests, &c.reverse_requests})
            for (MPI_Request& r : *requests) MPI_Request_free(&r);
    wiring->give_back_tags(first_tag);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::byte* value(int field, std::size_t box, Int3 cell) const {
    const FieldRef& f = fields_[static_cast<std::size_t>(field)];
    return static_cast<std::byte*>(f.data) + (*f.blocks)[box].index(cell) * f.value_bytes;
  }
  const Block& block(int field, std::size_t box) const { return (*fields_[static_cast<std::size_t>(field)].blocks)[box]; }
  std::size_t sent_bytes(const Message& m) const { return message_bytes(m, fields_) + (checksum ? checksum_bytes : 0); }
  int value_bytes(int field) const { return fields_[static_cast<std::size_t>(field)].value_bytes; }

  /// Bytes of shared memory for all messages to (or from) each peer of the node, whole pages, by place in the node.
  std::vector<std::size_t> shared_bytes(std::vector<Message> PhasePlan::*direction) const {
    const std::vector<Rank>& ranks = wiring->node_ranks();
    std::vector<std::size_t> bytes(ranks.size());
    for (const PhasePlan& messages : plan.phases)
      for (const Message& m : messages.*direction)
        if (wiring->on_node(m.peer))
          bytes[static_cast<std::size_t>(std::lower_bound(ranks.begin(), ranks.end(), m.peer) - ranks.begin())] +=
              SharedPlace::bytes(sent_bytes(m));
    for (std::size_t& b : bytes) b = rounded(b, SharedMemory::page_bytes());
    return bytes;
  }

  /// Makes the memory that this rank's peers on the node read, and maps theirs. Each pair that fails in either goes by message.
  void share_memory(const Comm& comm, Transport transport) {
    std::vector<std::string> refusals = wiring->refusals();
    const std::vector<Rank>& ranks = wiring->node_ranks();
    const auto sent = shared_bytes(&PhasePlan::sends), received = shared_bytes(&PhasePlan::receives);
    constexpr std::int64_t none = -1;
    std::vector<std::int64_t> offsets(ranks.size(), none);  // in my memory of what each peer reads
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i)
      if (sent[i] > 0 && refusals[i].empty()) {
        offsets[i] = static_cast<std::int64_t>(bytes);
        bytes += sent[i];
      }
    const std::size_t me = static_cast<std::size_t>(std::lower_bound(ranks.begin(), ranks.end(), comm.rank()) - ranks.begin());
    if (bytes > 0) try {
        mine = SharedMemory::create(wiring->segment_name(me, first_tag), bytes);
      } catch (const Error& e) {
        for (std::size_t i = 0; i < ranks.size(); ++i)
          if (offsets[i] != none) refusals[i] = e.what();
        offsets.assign(ranks.size(), none);
      }
    const auto their_offsets = wiring->swap(offsets);
    std::vector<std::int64_t> mapped(ranks.size(), 0);
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      if (their_offsets[i] == none) {
        if (received[i] > 0 && refusals[i].empty()) refusals[i] = second_hand;
        continue;
      }
      try {
        from_peer[ranks[i]] =
            SharedMemory::open(wiring->segment_name(i, first_tag), static_cast<std::size_t>(their_offsets[i]), received[i]);
        mapped[i] = 1;
      } catch (const Error& e) {
        refusals[i] = e.what();
      }
    }
    const auto mapped_by = wiring->swap(mapped);
    mine.remove_name();
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      if (offsets[i] == none) continue;
      if (mapped_by[i] != 0)
        to_peer[ranks[i]] = mine.data() + offsets[i];
      else if (refusals[i].empty())
        refusals[i] = second_hand;
    }
    shared_memory_bytes = static_cast<Index>(bytes);

    std::vector<std::pair<Rank, std::string>> refused;
    for (std::size_t i = 0; i < ranks.size(); ++i)
      if ((sent[i] > 0 || received[i] > 0) && !refusals[i].empty()) refused.emplace_back(ranks[i], refusals[i]);
    tell_fallback(comm, transport, refused);
  }

  /// Says on rank 0 who does without shared memory, in the words of the lowest rank that saw it fail; throws where it was insisted on.
  void tell_fallback(const Comm& comm, Transport transport, const std::vector<std::pair<Rank, std::string>>& refused) {
    const Index pairs =
        sum(comm, static_cast<Index>(std::count_if(refused.begin(), refused.end(), [&](const auto& r) { return comm.rank() < r.first; })));
    if (pairs == 0) return;
    const auto first = std::find_if(refused.begin(), refused.end(), [](const auto& r) { return r.second != second_hand; });
    const Index speaker = min(comm, Index{first == refused.end() ? comm.size() : comm.rank()});
    std::string text;
    if (comm.rank() == speaker) {
      text = "ranks " + std::to_string(comm.rank()) + " and " + std::to_string(first->first);
      if (pairs > 1) text += " (" + std::to_string(pairs) + " such pairs)";
      text += " share a node but not its memory: " + first->second;
    }
    text = broadcast(comm, text, static_cast<Rank>(speaker));
    if (transport == Transport::shared) throw SharedError("transport shared: " + text + "; use auto or message", 4);
    if (comm.rank() == 0) fallback = text + "; their halos travel by message";
  }

  /// Where the next message to and from each peer lies in shared memory.
  struct Next {
    std::map<Rank, std::byte*> to, from;
  };
  /// Takes that place; nothing where it travels by request.
  static std::optional<SharedPlace> take_place(std::map<Rank, std::byte*>& next, const Channel& channel) {
    const auto place = next.find(channel.peer);
    if (place == next.end()) return std::nullopt;
    const SharedPlace shared = SharedPlace::at(place->second, channel.sent_bytes);
    place->second += SharedPlace::bytes(channel.sent_bytes);
    return shared;
  }

  void build(std::size_t p, const Domain& domain, const Stencil& stencil, Next& next) {
    Phase& phase = phases[p];
    const Grid& grid = domain.partition.grid();
    const std::size_t boxes = domain.boxes.size();

    const auto channels = [&](const std::vector<Message>& messages, std::map<Rank, std::byte*>& next_of_peer,
                              std::vector<std::byte>& buffer) {
      std::vector<Channel> out;
      std::size_t in_buffer = 0;
      for (const Message& m : messages) {
        Channel c{m.peer, message_bytes(m, fields_), sent_bytes(m), nullptr, std::nullopt, {}, {}, {}, 0};
        c.shared = take_place(next_of_peer, c);
        if (!c.shared) in_buffer += rounded(c.sent_bytes, 64);
        out.push_back(std::move(c));
      }
      buffer.resize(in_buffer);
      std::byte* place = buffer.data();
      for (Channel& c : out) {
        c.buffer = c.shared ? c.shared->buffer : place;
        if (!c.shared) place += rounded(c.sent_bytes, 64);
      }
      return out;
    };
    phase.sends = channels(plan.phases[p].sends, next.to, phase.send_buffer);
    phase.receives = channels(plan.phases[p].receives, next.from, phase.receive_buffer);

    // Calls f(channel, link, place of its first value in the buffer).
    const auto for_each_link = [&](const std::vector<Message>& messages, std::vector<Channel>& at, auto&& f) {
      for (std::size_t i = 0; i < messages.size(); ++i) {
        std::byte* place = at[i].buffer;
        for (const Link& link : messages[i].links) {
          f(at[i], link, place);
          place += link.cells.volume() * value_bytes(link.field);
        }
      }
    };
    // The place in a link's buffer of one of its cells, and the buffer's strides.
    const auto in_buffer = [](const Link& link, std::byte* place, Int3 cell, int bytes) {
      const Int3 e = link.cells.extent(), d = cell - link.cells.lo;
      return place + (d.x + e.x * (d.y + e.y * d.z)) * bytes;
    };

    for_each_link(plan.phases[p].sends, phase.sends, [&](Channel& channel, const Link& link, std::byte* place) {
      const int bytes = value_bytes(link.field);
      const Int3 e = link.cells.extent();
      for (std::size_t b = 0; b < boxes; ++b) {
        const Block& from = block(link.field, b);
        const Box part = intersection(link.cells, from.owned);
        if (part.empty()) continue;
        channel.copies.push_back({value(link.field, b, part.lo), in_buffer(link, place, part.lo, bytes), part.extent(),
                                  from.stride_y * bytes, from.stride_z * bytes, e.x * bytes, e.x * e.y * bytes, bytes});
      }
    });

    for (std::size_t b = 0; b < boxes; ++b)
      for (int f = 0; f < static_cast<int>(fields_.size()); ++f) {
        const int bytes = value_bytes(f);
        const Block& to = block(f, b);
        for (const Box& read : footprint(stencil, p, f, domain.boxes[b], grid)) {
          HILBRICK_ASSERT(to.stored.contains(read));
          for_each_link(plan.phases[p].receives, phase.receives, [&](Channel& channel, const Link& link, std::byte* place) {
            if (link.field != f) return;
            const Int3 e = link.cells.extent();
            for_each_image(grid, link.cells, read, [&](Int3 shift) {
              const Box part = intersection(shifted(link.cells, shift), read);
              channel.copies.push_back({in_buffer(link, place, part.lo - shift, bytes), value(f, b, part.lo), part.extent(), e.x * bytes,
                                        e.x * e.y * bytes, to.stride_y * bytes, to.stride_z * bytes, bytes});
            });
          });
          for (std::size_t m = 0; m < boxes; ++m) {
            const Block& from = block(f, m);
            for_each_image(grid, from.owned, read, [&](Int3 shift) {
              const Box part = intersection(shifted(from.owned, shift), read);
              phase.local.push_back({value(f, m, part.lo - shift), value(f, b, part.lo), part.extent(), from.stride_y * bytes,
                                     from.stride_z * bytes, to.stride_y * bytes, to.stride_z * bytes, bytes});
              phase.local_values += part.volume();
            });
          }
        }
      }

    const auto connect = [&](std::vector<Channel>& at, auto* init, std::vector<MessageCounters>& counts) {
      std::stable_partition(at.begin(), at.end(), [](const Channel& c) { return !c.shared; });
      for (Channel& c : at) {
        make_requests(c, c.requests, init, p);
        counts.push_back({c.peer, c.shared ? Transport::shared : Transport::message, wiring->on_node(c.peer)});
      }
    };
    connect(phase.sends, MPI_Send_init, counters.phases[p].sends);
    connect(phase.receives, MPI_Recv_init, counters.phases[p].receives);
    phase.by_peer.resize(phase.sends.size());
    std::iota(phase.by_peer.begin(), phase.by_peer.end(), std::size_t{0});
    std::sort(phase.by_peer.begin(), phase.by_peer.end(),
              [&](std::size_t i, std::size_t j) { return phase.sends[i].peer < phase.sends[j].peer; });
  }

  void make_requests(const Channel& c, std::vector<MPI_Request>& requests, auto* init, std::size_t phase) const {
    for (std::size_t done = 0; !c.shared && done < c.sent_bytes; done += largest_request)
      init(c.buffer + done, static_cast<int>(std::min(largest_request, c.sent_bytes - done)), MPI_BYTE, c.peer,
           first_tag + static_cast<int>(phase), wiring->messages(), &requests.emplace_back());
  }

  std::shared_ptr<Wiring> wiring;
  std::shared_ptr<Watchdog> watchdog;
  bool streaming, checksum;
  Rank rank;
  std::size_t largest_request;
  int first_tag = 0;  // phase p has tag first_tag + p
  std::vector<FieldRef> fields_;
  Plan plan;
  SharedMemory mine;                       // what my peers read
  std::map<Rank, SharedMemory> from_peer;  // what I read
  std::map<Rank, std::byte*> to_peer;      // in `mine`
  Index shared_memory_bytes = 0;
  std::string fallback;
  Counters counters;
  std::vector<Phase> phases;
};

std::string_view name_of(Transport transport) {
  return transport == Transport::automatic ? "auto" : transport == Transport::message ? "message" : "shared";
}

Index Counters::bytes_sent() const {
  Index bytes = 0;
  for (const PhaseCounters& phase : phases) bytes += phase.bytes_sent;
  return bytes;
}

Exchange::Exchange(const Comm& comm, const Domain& domain, const Stencil& stencil, std::vector<FieldRef> fields,
                   const ExchangeOptions& options) {
  const Waiting waiting(comm, "the set-up of an exchange");
  agree_on(comm, [&] {
    if (fields.size() != stencil.fields().size())
      throw Error("exchange: expected the stencil's " + std::to_string(stencil.fields().size()) + " fields, found " +
                  std::to_string(fields.size()));
    for (const FieldRef& f : fields) {
      if (f.value_bytes != 4 && f.value_bytes != 8 && f.value_bytes != 16)
        throw Error("exchange: expected values of 4, 8 or 16 bytes, found " + std::to_string(f.value_bytes));
      if (f.blocks == nullptr || f.blocks->size() != domain.boxes.size())
        throw Error("exchange: expected one block for each box of the domain");
    }
    if (options.largest_request_bytes < 1 || options.largest_request_bytes > std::numeric_limits<int>::max())
      throw Error("exchange: expected largest_request_bytes of 1 to 2^31 - 1, found " + std::to_string(options.largest_request_bytes));
  });
  require_same(comm, digest_of(domain.partition), "the partition");
  impl_ = std::make_unique<Impl>(comm, domain, stencil, std::move(fields), options);
}
Exchange::~Exchange() = default;
Exchange::Exchange(Exchange&&) noexcept = default;

Exchange::Pending Exchange::start(std::size_t p) {
  Impl::Phase& phase = impl_->phases[p];
  PhaseCounters& count = impl_->counters.phases[p];
  const std::uint64_t exchange = ++phase.exchange;
  ++count.exchanges;
  for (Channel& c : phase.receives)
    if (!c.shared) MPI_Startall(static_cast<int>(c.requests.size()), c.requests.data());
  double begin = MPI_Wtime();
  fence("hilbrick::Exchange: fields are written, before packing");
  for (std::size_t i = 0; i < phase.sends.size(); ++i) {
    Channel& c = phase.sends[i];
    MessageCounters& sent = count.sends[i];
    if (c.shared && exchange > 2) {
      // The buffer is free once the receiver is done with the exchange before the last.
      const Waiting waiting(*impl_->watchdog, "it to take the halos before the last", p, c.peer);
      Patience::wait(*c.shared->reader, exchange - 2);
      const double freed = MPI_Wtime();
      sent.wait_seconds += freed - begin;
      impl_->counters.wait_seconds += freed - begin;
      begin = freed;
    }
    const Shift shift{0, c.shift(exchange)};
    if (c.shared && impl_->streaming)
      run_copies<Stores::streaming>("hilbrick::Exchange::pack", c.copies, shift);
    else
      run_copies("hilbrick::Exchange::pack", c.copies, shift);
    if (impl_->checksum) c.write_checksum(exchange);
    if (c.shared)
      c.shared->owner->exchange.store(exchange, std::memory_order_release);
    else
      MPI_Startall(static_cast<int>(c.requests.size()), c.requests.data());
    const double packed = MPI_Wtime();
    sent.copy_seconds += packed - begin;
    impl_->counters.pack_seconds += packed - begin;
    begin = packed;
    ++sent.messages;
    sent.bytes += static_cast<Index>(c.bytes);
    ++count.messages_sent;
    count.bytes_sent += static_cast<Index>(c.bytes);
  }
  run_copies("hilbrick::Exchange::local", phase.local);
  count.values_copied += phase.local_values;
  impl_->counters.pack_seconds += MPI_Wtime() - begin;
  return {this, p};
}

void Exchange::progress(std::size_t p) {
  for (Channel& c : impl_->phases[p].receives) {
    if (c.shared) break;  // MPI's come first
    int all = 0;
    MPI_Testall(static_cast<int>(c.requests.size()), c.requests.data(), &all, MPI_STATUSES_IGNORE);
  }
}

void Exchange::finish(std::size_t p) {
  Impl::Phase& phase = impl_->phases[p];
  PhaseCounters& count = impl_->counters.phases[p];
  const std::uint64_t exchange = phase.exchange;
  const auto arrived = [exchange](Channel& c) {
    if (c.shared) return c.shared->owner->exchange.load(std::memory_order_acquire) >= exchange;
    int all = 0;
    MPI_Testall(static_cast<int>(c.requests.size()), c.requests.data(), &all, MPI_STATUSES_IGNORE);
    return all != 0;
  };
  const Waiting waiting(*impl_->watchdog, "its halos", p);
  double begin = MPI_Wtime();
  // Whoever comes first is unpacked first: halos do not overlap.
  Patience patience;
  for (std::size_t left = phase.receives.size(); left > 0;) {
    for (std::size_t i = 0; i < phase.receives.size(); ++i) {
      Channel& c = phase.receives[i];
      if (c.done == exchange) continue;
      if (!arrived(c)) {
        impl_->watchdog->set_peer(c.peer);
        continue;
      }
      const double here = MPI_Wtime();
      if (impl_->checksum) c.check_checksum(exchange, p, impl_->rank);
      run_copies("hilbrick::Exchange::unpack", c.copies, {c.shift(exchange), 0});
      if (c.shared) c.shared->reader->exchange.store(exchange, std::memory_order_release);
      c.done = exchange;
      --left;
      patience = {};
      MessageCounters& received = count.receives[i];
      const double unpacked = MPI_Wtime();
      received.wait_seconds += here - begin;
      received.copy_seconds += unpacked - here;
      impl_->counters.wait_seconds += here - begin;
      impl_->counters.unpack_seconds += unpacked - here;
      begin = unpacked;
      ++received.messages;
      received.bytes += static_cast<Index>(c.bytes);
    }
    if (left > 0) patience.pause();
  }
  for (std::size_t i = 0; i < phase.sends.size(); ++i) {
    Channel& c = phase.sends[i];
    if (c.shared) continue;
    const Waiting sending(*impl_->watchdog, "it to take halos", p, c.peer);
    MPI_Waitall(static_cast<int>(c.requests.size()), c.requests.data(), MPI_STATUSES_IGNORE);
    const double sent = MPI_Wtime();
    count.sends[i].wait_seconds += sent - begin;
    impl_->counters.wait_seconds += sent - begin;
    begin = sent;
  }
}

template <class T>
void Exchange::add_halos_to_owners(std::size_t p) {
  Impl::Phase& phase = impl_->phases[p];
  PhaseCounters& count = impl_->counters.phases[p];
  for (const FieldRef& f : impl_->fields_) HILBRICK_ASSERT(f.value_bytes == sizeof(T));
  if (!std::exchange(phase.reverses, true)) {
    for (Channel& c : phase.receives) impl_->make_requests(c, c.reverse_requests, MPI_Send_init, p);
    for (Channel& c : phase.sends) impl_->make_requests(c, c.reverse_requests, MPI_Recv_init, p);
  }
  const std::uint64_t exchange = ++phase.exchange;
  const auto start = [](Channel& c) { MPI_Startall(static_cast<int>(c.reverse_requests.size()), c.reverse_requests.data()); };
  const auto wait = [&](Channel& c, const char* for_what) {
    const Waiting waiting(*impl_->watchdog, for_what, p, c.peer);
    MPI_Waitall(static_cast<int>(c.reverse_requests.size()), c.reverse_requests.data(), MPI_STATUSES_IGNORE);
  };
  for (Channel& c : phase.sends)
    if (!c.shared) start(c);
  fence("hilbrick::Exchange: halos are written, before packing");
  for (Channel& c : phase.receives) {
    if (c.shared && exchange > 2) {
      const Waiting waiting(*impl_->watchdog, "it to add the halos before the last", p, c.peer);
      Patience::wait(*c.shared->owner, exchange - 2);
    }
    std::memset(c.buffer + c.shift(exchange), 0, c.bytes);
    add_all_back<T>("hilbrick::Exchange::reverse_pack", c.copies, {c.shift(exchange), 0});
    if (impl_->checksum) c.write_checksum(exchange);
    if (c.shared)
      c.shared->reader->exchange.store(exchange, std::memory_order_release);
    else
      start(c);
    ++count.reverse_messages_sent;
    count.reverse_bytes_sent += static_cast<Index>(c.bytes);
  }
  add_all_back<T>("hilbrick::Exchange::reverse_local", phase.local);
  for (const std::size_t i : phase.by_peer) {
    Channel& c = phase.sends[i];
    if (c.shared) {
      const Waiting waiting(*impl_->watchdog, "its halos to add", p, c.peer);
      Patience::wait(*c.shared->reader, exchange);
    } else {
      wait(c, "its halos to add");
    }
    if (impl_->checksum) c.check_checksum(exchange, p, impl_->rank);
    add_all_back<T>("hilbrick::Exchange::reverse_unpack", c.copies, {0, c.shift(exchange)});
    if (c.shared) c.shared->owner->exchange.store(exchange, std::memory_order_release);
  }
  for (Channel& c : phase.receives)
    if (!c.shared) wait(c, "it to add halos");
}
template void Exchange::add_halos_to_owners<float>(std::size_t);
template void Exchange::add_halos_to_owners<double>(std::size_t);
template void Exchange::add_halos_to_owners<std::int32_t>(std::size_t);
template void Exchange::add_halos_to_owners<std::int64_t>(std::size_t);
template void Exchange::add_halos_to_owners<std::complex<float>>(std::size_t);
template void Exchange::add_halos_to_owners<std::complex<double>>(std::size_t);

const Plan& Exchange::plan() const { return impl_->plan; }
const Counters& Exchange::counters() const { return impl_->counters; }
void Exchange::reset_counters() {
  Counters& all = impl_->counters;
  for (PhaseCounters& phase : all.phases) {
    for (auto* directions : {&phase.sends, &phase.receives})
      for (MessageCounters& m : *directions) m = {m.peer, m.transport, m.same_node};
    phase.exchanges = phase.messages_sent = phase.bytes_sent = phase.values_copied = 0;
    phase.reverse_messages_sent = phase.reverse_bytes_sent = 0;
  }
  all.pack_seconds = all.wait_seconds = all.unpack_seconds = 0;
}
TransportPairs Exchange::transports() const {
  TransportPairs pairs;
  std::set<Rank> peers, shared;
  for (const Impl::Phase& phase : impl_->phases) {
    if (!phase.local.empty()) pairs.self = 1;
    for (const Channel& c : phase.sends) (c.shared ? shared : peers).insert(c.peer);
  }
  pairs.shared = static_cast<Index>(shared.size());
  pairs.message = static_cast<Index>(peers.size());
  return pairs;
}
const std::string& Exchange::fallback() const { return impl_->fallback; }
Index Exchange::buffer_bytes() const {
  Index bytes = impl_->shared_memory_bytes;
  for (const Impl::Phase& p : impl_->phases) bytes += static_cast<Index>(p.send_buffer.size() + p.receive_buffer.size());
  return bytes;
}

}  // namespace hilbrick
