// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <complex>
#include <hilbrick/digest.hpp>
#include <hilbrick/exchange.hpp>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "channel.hpp"
#include "shared_memory.hpp"
#include "watchdog.hpp"
#include "wiring.hpp"

namespace hilbrick {
namespace {

/// What is added where values of type T are.
template <class T>
struct NumberOf {
  using type = T;
};
template <class T>
struct NumberOf<std::complex<T>> {
  using type = T;
};

/// The seconds since the last look, for what they were spent on.
class Laps {
 public:
  template <class... Seconds>
  void add_to(Seconds&... spent) {
    const double now = MPI_Wtime();
    ((spent += now - begin_), ...);
    begin_ = now;
  }

 private:
  double begin_ = MPI_Wtime();
};

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

/// Bytes of all links of a message.
std::size_t message_bytes(const Message& message, const std::vector<FieldRef>& fields) {
  Index bytes = 0;
  for (const Link& link : message.links) bytes += link.cells.volume() * fields[static_cast<std::size_t>(link.field)].value_bytes;
  return static_cast<std::size_t>(bytes);
}

}  // namespace

struct Exchange::Impl {
  struct Phase {
    std::vector<Channel> sends, receives;                // messages of MPI first: they have further to go
    std::vector<std::byte> send_buffer, receive_buffer;  // of messages of MPI
    DeviceBuffer device_send, device_receive;            // of all messages, where fields lie on a device
    std::vector<std::size_t> by_peer;                    // places in `sends`, whatever their transports
    Copies local;
    Index local_values = 0;
    std::uint64_t exchange = 0;  // the number of the last
    bool reverses = false;       // has requests for it
  };

  Impl(const Comm& comm, const Domain& domain, const Stencil& stencil, std::vector<FieldRef> fields, const ExchangeOptions& options,
       bool hands_over_device_memory)
      : wiring(comm.wiring()),
        watchdog(comm.watchdog()),
        streaming(options.streaming),
        checksum(options.checksum),
        on_device(!fields.empty() && fields.front().memory == Memory::device),
        direct(hands_over_device_memory),
        rank(comm.rank()),
        largest_request(static_cast<std::size_t>(options.largest_request_bytes)),
        fields_(std::move(fields)),
        plan(make_plan(domain.partition, stencil, domain.rank)) {
    first_tag = wiring->take_tags(static_cast<int>(plan.phases.size()));
    if (options.transport != Transport::message && !direct) {
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

  const FieldRef& field(int f) const { return fields_[static_cast<std::size_t>(f)]; }
  std::size_t sent_bytes(const Message& m) const { return message_bytes(m, fields_) + (checksum ? checksum_bytes : 0); }

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

    const Memory memory = on_device ? Memory::device : Memory::host;
    const auto channels = [&](const std::vector<Message>& messages, std::map<Rank, std::byte*>& next_of_peer,
                              std::vector<std::byte>& buffer, DeviceBuffer& device_buffer) {
      std::vector<Channel> out;
      std::size_t in_buffer = 0, in_device_buffer = 0;
      for (const Message& m : messages) {
        Channel c;
        c.peer = m.peer;
        c.bytes = message_bytes(m, fields_);
        c.sent_bytes = sent_bytes(m);
        c.shared = take_place(next_of_peer, c);
        c.copies = Copies(memory);
        if (!c.shared && !direct) in_buffer += rounded(c.sent_bytes, 64);
        if (on_device) in_device_buffer += rounded(c.bytes, 64);
        out.push_back(std::move(c));
      }
      buffer.resize(in_buffer);
      if (on_device) device_buffer = DeviceBuffer("hilbrick::Exchange::buffer", in_device_buffer);  // even an empty one is Kokkos'
      std::byte *place = buffer.data(), *device_place = bytes_of(device_buffer);
      for (Channel& c : out) {
        c.buffer = c.shared ? c.shared->buffer : direct ? device_place : place;
        c.packed = on_device ? device_place : c.buffer;
        if (!c.shared && !direct) place += rounded(c.sent_bytes, 64);
        if (on_device) device_place += rounded(c.bytes, 64);
      }
      return out;
    };
    phase.sends = channels(plan.phases[p].sends, next.to, phase.send_buffer, phase.device_send);
    phase.receives = channels(plan.phases[p].receives, next.from, phase.receive_buffer, phase.device_receive);
    phase.local = Copies(memory);

    // Calls f(channel, link, place of its first value in the buffer).
    const auto for_each_link = [&](const std::vector<Message>& messages, std::vector<Channel>& at, auto&& f) {
      for (std::size_t i = 0; i < messages.size(); ++i) {
        std::byte* place = at[i].packed;
        for (const Link& link : messages[i].links) {
          f(at[i], link, place);
          place += link.cells.volume() * field(link.field).value_bytes;
        }
      }
    };

    for_each_link(plan.phases[p].sends, phase.sends, [&](Channel& channel, const Link& link, std::byte* place) {
      const FieldRef& from = field(link.field);
      for (std::size_t b = 0; b < boxes; ++b) {
        const Box part = intersection(link.cells, from.blocks[b].owned);
        if (part.empty()) continue;
        channel.copies.add(
            {place_of(from, b, part.lo), place_in(place, link.cells, part.lo, from.value_bytes), part.extent(), from.value_bytes});
      }
    });

    for (std::size_t b = 0; b < boxes; ++b)
      for (int f = 0; f < static_cast<int>(fields_.size()); ++f) {
        const FieldRef& to = field(f);
        for (const Box& read : footprint(stencil, p, f, domain.boxes[b], grid)) {
          for_each_link(plan.phases[p].receives, phase.receives, [&](Channel& channel, const Link& link, std::byte* place) {
            if (link.field != f) return;
            for_each_image(grid, link.cells, read, [&](Int3 shift) {
              const Box part = intersection(shifted(link.cells, shift), read);
              channel.copies.add(
                  {place_in(place, link.cells, part.lo - shift, to.value_bytes), place_of(to, b, part.lo), part.extent(), to.value_bytes});
            });
          });
          for (std::size_t m = 0; m < boxes; ++m) {
            const Box& owned = to.blocks[m].owned;
            for_each_image(grid, owned, read, [&](Int3 shift) {
              const Box part = intersection(shifted(owned, shift), read);
              phase.local.add({place_of(to, m, part.lo - shift), place_of(to, b, part.lo), part.extent(), to.value_bytes});
              phase.local_values += part.volume();
            });
          }
        }
      }
    for (auto* all : {&phase.sends, &phase.receives})
      for (Channel& c : *all) c.copies.complete();
    phase.local.complete();

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
  std::optional<bool> streaming;
  bool checksum;
  bool on_device;  // the fields
  bool direct;     // messages are handed to MPI on the device
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

namespace {

std::string text_of(const Box& b) {
  const auto triple = [](Int3 c) { return "(" + std::to_string(c.x) + ", " + std::to_string(c.y) + ", " + std::to_string(c.z) + ")"; };
  return triple(b.lo) + " to " + triple(b.hi);
}

/// Throws Error where fields are not those of the stencil on the domain's boxes.
void check_fields(const Domain& domain, const Stencil& stencil, const std::vector<FieldRef>& fields) {
  if (fields.size() != stencil.fields().size())
    throw Error("exchange: expected the stencil's " + std::to_string(stencil.fields().size()) + " fields, found " +
                std::to_string(fields.size()));
  for (int f = 0; f < static_cast<int>(fields.size()); ++f) {
    const FieldRef& field = fields[static_cast<std::size_t>(f)];
    const StencilField& declared = stencil.fields()[static_cast<std::size_t>(f)];
    const std::string name = "exchange: field " + std::to_string(f) + " (" + declared.name + "): ";
    if (field.value_bytes != 4 && field.value_bytes != 8 && field.value_bytes != 16)
      throw Error(name + "expected values of 4, 8 or 16 bytes, found " + std::to_string(field.value_bytes));
    if (field.memory != fields.front().memory) throw Error(name + "expected all fields in one memory, of the host or of the device");
    if (field.blocks.size() != domain.boxes.size())
      throw Error(name + "expected one block for each of the domain's " + std::to_string(domain.boxes.size()) + " boxes, found " +
                  std::to_string(field.blocks.size()));
    for (std::size_t b = 0; b < field.blocks.size(); ++b) {
      const Block& block = field.blocks[b];
      const Box owned = field_box(domain.boxes[b], domain.partition.grid(), declared);
      if (block.owned != owned)
        throw Error(name + "expected block " + std::to_string(b) + " to own " + text_of(owned) + ", found " + text_of(block.owned));
      Box read = owned;
      for (std::size_t p = 0; p < stencil.phases().size(); ++p)
        for (const Box& part : footprint(stencil, p, f, domain.boxes[b], domain.partition.grid())) read = hull(read, part);
      if (!block.stored.contains(read))
        throw Error(name + "expected block " + std::to_string(b) + " to store " + text_of(read) + ", which the stencil reads, found " +
                    text_of(block.stored));
    }
  }
}

/// Throws SharedError unless all ranks were given what makes their plans, messages and ways to hand them over fit. Collective over comm.
void require_same_setting(const Comm& comm, const Domain& domain, const Stencil& stencil, const std::vector<FieldRef>& fields,
                          const ExchangeOptions& options) {
  const auto require = [&](const std::vector<Index>& words, const char* what) {
    require_same(comm, bytes_hash(words.data(), words.size() * sizeof(Index)), what);
  };
  require_same(comm, digest_of(domain.partition), "the partition");
  std::vector<Index> accesses, value_bytes;
  for (const StencilField& field : stencil.fields()) accesses.insert(accesses.end(), field.closing.begin(), field.closing.end());
  for (const auto& phase : stencil.phases()) {
    accesses.push_back(static_cast<Index>(phase.size()));
    for (const Access& a : phase) {
      accesses.insert(accesses.end(), {a.reader, a.read});
      for (const Int3& offset : {a.first, a.last}) accesses.insert(accesses.end(), {offset.x, offset.y, offset.z});
    }
  }
  require(accesses, "the stencil");
  for (const FieldRef& field : fields) value_bytes.push_back(field.value_bytes);
  require(value_bytes, "the fields' values");
  require(
      {static_cast<Index>(options.transport), options.largest_request_bytes, options.checksum, static_cast<Index>(options.device_messages)},
      "the options of an exchange");
}

/// Whether device data are to be handed to MPI where they lie. Collective over comm.
bool hands_over_device_memory(const Comm& comm, const std::vector<FieldRef>& fields, const ExchangeOptions& options) {
  if (max(comm, Index{!fields.empty() && fields.front().memory == Memory::device}) == 0) return false;
  const bool insisted = options.device_messages == DeviceMessages::direct;
  if (options.device_messages == DeviceMessages::staged || options.checksum || (options.transport == Transport::shared && !insisted))
    return false;
  const bool works = comm.wiring()->moves_device_memory();
  if (!works && insisted)
    throw SharedError("exchange: device messages were to be direct, but MPI was not found to move device memory; use automatic or staged",
                      4);
  return works;
}

}  // namespace

Exchange::Exchange(const Comm& comm, const Domain& domain, const Stencil& stencil, std::vector<FieldRef> fields,
                   const ExchangeOptions& options) {
  const Waiting waiting(comm, "the set-up of an exchange");
  agree_on(comm, [&] {
    check_fields(domain, stencil, fields);
    if (options.largest_request_bytes < 1 || options.largest_request_bytes > std::numeric_limits<int>::max())
      throw Error("exchange: expected largest_request_bytes of 1 to 2^31 - 1, found " + std::to_string(options.largest_request_bytes));
    if (options.device_messages == DeviceMessages::direct && (options.checksum || options.transport == Transport::shared))
      throw Error("exchange: direct device messages are MPI's and carry no checksum; use staged ones with transport shared or a checksum");
  });
  require_same_setting(comm, domain, stencil, fields, options);
  const bool direct = hands_over_device_memory(comm, fields, options);
  impl_ = std::make_unique<Impl>(comm, domain, stencil, std::move(fields), options, direct);
}
Exchange::~Exchange() = default;
Exchange::Exchange(Exchange&&) noexcept = default;

Exchange::Pending Exchange::start(std::size_t p) {
  Impl& x = *impl_;
  Impl::Phase& phase = x.phases[p];
  PhaseCounters& count = x.counters.phases[p];
  const std::uint64_t exchange = ++phase.exchange;
  ++count.exchanges;
  for (Channel& c : phase.receives)
    if (!c.shared) MPI_Startall(static_cast<int>(c.requests.size()), c.requests.data());
  Laps laps;
  const auto hand_over = [&](std::size_t i) {
    Channel& c = phase.sends[i];
    if (x.checksum) c.write_checksum(exchange);
    if (c.shared)
      c.shared->owner->exchange.store(exchange, std::memory_order_release);
    else
      MPI_Startall(static_cast<int>(c.requests.size()), c.requests.data());
    ++count.sends[i].messages;
    count.sends[i].bytes += static_cast<Index>(c.bytes);
    ++count.messages_sent;
    count.bytes_sent += static_cast<Index>(c.bytes);
  };
  if (!x.on_device) fence("hilbrick::Exchange: fields are written, before packing");
  for (std::size_t i = 0; i < phase.sends.size(); ++i) {
    Channel& c = phase.sends[i];
    if (c.shared && exchange > 2) {
      // The buffer is free once the receiver is done with the exchange before the last.
      const Waiting waiting(*x.watchdog, "it to take the halos before the last", p, c.peer);
      Patience::wait(*c.shared->reader, exchange - 2);
      c.trial.unpacked(exchange, c.shared->reader->copy_seconds[exchange % 2]);
      laps.add_to(count.sends[i].wait_seconds, x.counters.wait_seconds);
    }
    const Stores stores = !c.shared ? Stores::plain : x.streaming ? Stores{*x.streaming} : c.trial.choose(exchange);
    c.copies.run("hilbrick::Exchange::pack", {0, c.packed_shift(exchange)}, stores);
    c.stage_out(exchange);
    if (!x.on_device) hand_over(i);
    double pack_seconds = 0;
    laps.add_to(pack_seconds, count.sends[i].copy_seconds, x.counters.pack_seconds);
    c.trial.packed(exchange, pack_seconds);
  }
  if (x.on_device) {
    fence("hilbrick::Exchange: packed, before sending");
    for (std::size_t i = 0; i < phase.sends.size(); ++i) hand_over(i);
  }
  phase.local.run("hilbrick::Exchange::local");
  count.values_copied += phase.local_values;
  laps.add_to(x.counters.pack_seconds);
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
  Impl& x = *impl_;
  Impl::Phase& phase = x.phases[p];
  PhaseCounters& count = x.counters.phases[p];
  const std::uint64_t exchange = phase.exchange;
  const auto arrived = [exchange](Channel& c) {
    if (c.shared) return c.shared->owner->exchange.load(std::memory_order_acquire) >= exchange;
    int all = 0;
    MPI_Testall(static_cast<int>(c.requests.size()), c.requests.data(), &all, MPI_STATUSES_IGNORE);
    return all != 0;
  };
  const auto release = [exchange](Channel& c) {
    if (c.shared) c.shared->reader->exchange.store(exchange, std::memory_order_release);
  };
  const Waiting waiting(*x.watchdog, "its halos", p);
  Laps laps;
  // Whoever comes first is unpacked first: halos do not overlap.
  Patience patience;
  for (std::size_t left = phase.receives.size(); left > 0;) {
    for (std::size_t i = 0; i < phase.receives.size(); ++i) {
      Channel& c = phase.receives[i];
      if (c.done == exchange) continue;
      if (!arrived(c)) {
        x.watchdog->set_peer(c.peer);
        continue;
      }
      MessageCounters& received = count.receives[i];
      laps.add_to(received.wait_seconds, x.counters.wait_seconds);
      if (x.checksum) c.check_checksum(exchange, p, x.rank);
      c.stage_in(exchange);
      c.copies.run("hilbrick::Exchange::unpack", {c.packed_shift(exchange), 0});
      double unpack_seconds = 0;
      laps.add_to(unpack_seconds, received.copy_seconds, x.counters.unpack_seconds);
      if (c.shared) c.shared->reader->copy_seconds[exchange % 2] = unpack_seconds;
      if (!x.on_device) release(c);
      c.done = exchange;
      --left;
      patience = {};
      ++received.messages;
      received.bytes += static_cast<Index>(c.bytes);
    }
    if (left > 0) patience.pause();
  }
  if (x.on_device) {
    fence("hilbrick::Exchange: unpacked, before buffers are used again");
    for (Channel& c : phase.receives) release(c);
    laps.add_to(x.counters.unpack_seconds);
  }
  for (std::size_t i = 0; i < phase.sends.size(); ++i) {
    Channel& c = phase.sends[i];
    if (c.shared) continue;
    const Waiting sending(*x.watchdog, "it to take halos", p, c.peer);
    MPI_Waitall(static_cast<int>(c.requests.size()), c.requests.data(), MPI_STATUSES_IGNORE);
    laps.add_to(count.sends[i].wait_seconds, x.counters.wait_seconds);
  }
}

template <class T>
void Exchange::add_halos_to_owners(std::size_t p) {
  using Number = typename NumberOf<T>::type;
  Impl& x = *impl_;
  Impl::Phase& phase = x.phases[p];
  PhaseCounters& count = x.counters.phases[p];
  for (const FieldRef& f : x.fields_) HILBRICK_ASSERT(f.value_bytes == sizeof(T));
  if (!std::exchange(phase.reverses, true)) {
    for (Channel& c : phase.receives) x.make_requests(c, c.reverse_requests, MPI_Send_init, p);
    for (Channel& c : phase.sends) x.make_requests(c, c.reverse_requests, MPI_Recv_init, p);
  }
  const std::uint64_t exchange = ++phase.exchange;
  const auto start = [](Channel& c) { MPI_Startall(static_cast<int>(c.reverse_requests.size()), c.reverse_requests.data()); };
  const auto wait = [&](Channel& c, const char* for_what) {
    const Waiting waiting(*x.watchdog, for_what, p, c.peer);
    MPI_Waitall(static_cast<int>(c.reverse_requests.size()), c.reverse_requests.data(), MPI_STATUSES_IGNORE);
  };
  const auto hand_over = [&](Channel& c) {
    if (x.checksum) c.write_checksum(exchange);
    if (c.shared)
      c.shared->reader->exchange.store(exchange, std::memory_order_release);
    else
      start(c);
    ++count.reverse_messages_sent;
    count.reverse_bytes_sent += static_cast<Index>(c.bytes);
  };
  const auto release = [exchange](Channel& c) {
    if (c.shared) c.shared->owner->exchange.store(exchange, std::memory_order_release);
  };
  for (Channel& c : phase.sends)
    if (!c.shared) start(c);
  if (!x.on_device) fence("hilbrick::Exchange: halos are written, before packing");
  for (Channel& c : phase.receives) {
    if (c.shared && exchange > 2) {
      const Waiting waiting(*x.watchdog, "it to add the halos before the last", p, c.peer);
      Patience::wait(*c.shared->owner, exchange - 2);
    }
    fill_zero(c.packed + c.packed_shift(exchange), c.bytes, x.on_device ? Memory::device : Memory::host);
    c.copies.add_back<Number>("hilbrick::Exchange::reverse_pack", {c.packed_shift(exchange), 0});
    c.stage_out(exchange);
    if (!x.on_device) hand_over(c);
  }
  if (x.on_device) {
    fence("hilbrick::Exchange: halos are packed, before sending");
    for (Channel& c : phase.receives) hand_over(c);
  }
  phase.local.add_back<Number>("hilbrick::Exchange::reverse_local");
  for (const std::size_t i : phase.by_peer) {
    Channel& c = phase.sends[i];
    if (c.shared) {
      const Waiting waiting(*x.watchdog, "its halos to add", p, c.peer);
      Patience::wait(*c.shared->reader, exchange);
    } else {
      wait(c, "its halos to add");
    }
    if (x.checksum) c.check_checksum(exchange, p, x.rank);
    c.stage_in(exchange);
    c.copies.add_back<Number>("hilbrick::Exchange::reverse_unpack", {0, c.packed_shift(exchange)});
    if (!x.on_device) release(c);
  }
  if (x.on_device) {
    fence("hilbrick::Exchange: halos are added, before buffers are used again");
    for (Channel& c : phase.sends) release(c);
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
Index Exchange::planned_bytes() const {
  Index bytes = 0;
  for (const PhasePlan& phase : impl_->plan.phases)
    for (const Message& m : phase.sends) bytes += static_cast<Index>(message_bytes(m, impl_->fields_));
  return bytes;
}
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
bool Exchange::direct() const { return impl_->direct; }
const std::string& Exchange::fallback() const { return impl_->fallback; }
Index Exchange::buffer_bytes() const {
  Index bytes = impl_->shared_memory_bytes;
  for (const Impl::Phase& p : impl_->phases)
    bytes += static_cast<Index>(p.send_buffer.size() + p.receive_buffer.size() + p.device_send.size() + p.device_receive.size());
  return bytes;
}

}  // namespace hilbrick
