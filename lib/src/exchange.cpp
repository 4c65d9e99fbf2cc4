// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cstring>
#include <hilbrick/digest.hpp>
#include <hilbrick/exchange.hpp>
#include <map>
#include <utility>

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

template <class Value>
void run_copy(const Copy& c) {
  for (Index z = 0; z < c.extent.z; ++z)
    for (Index y = 0; y < c.extent.y; ++y) {
      const std::byte* from = c.from + z * c.from_z + y * c.from_y;
      std::byte* to = c.to + z * c.to_z + y * c.to_y;
      if (c.extent.x == 1)
        std::memcpy(to, from, sizeof(Value));
      else
        std::memcpy(to, from, static_cast<std::size_t>(c.extent.x) * sizeof(Value));
    }
}

struct Bytes16 {
  std::byte b[16];
};

/// One launch for all copies of a list.
void run_copies(const char* label, const std::vector<Copy>& copies) {
  if (copies.empty()) return;
  const Copy* list = copies.data();
  Kokkos::parallel_for(label, Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>(0, copies.size()), [list](std::size_t i) {
    switch (list[i].value_bytes) {
      case 4:
        return run_copy<float>(list[i]);
      case 8:
        return run_copy<double>(list[i]);
      default:
        return run_copy<Bytes16>(list[i]);
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

/// A buffer of one message and the requests that move it.
struct Channel {
  Rank peer;
  std::size_t offset, bytes;  // in the phase's buffer
};

constexpr std::size_t largest_request = std::size_t{1} << 30;  // MPI counts are int

}  // namespace

struct Exchange::Impl {
  struct Phase {
    std::vector<Channel> sends, receives;
    std::vector<std::byte> send_buffer, receive_buffer;
    std::vector<MPI_Request> send_requests, receive_requests;
    std::vector<std::size_t> send_bytes;  // of each send request
    std::vector<std::size_t> send_peer;   // of each send request: its place in Counters::bytes_to_peer
    std::vector<Copy> pack, unpack, local;
    Index local_values = 0;
  };

  Impl(const Comm& parent, const Domain& domain, const Stencil& stencil, std::vector<FieldRef> fields)
      : comm(parent.get()), fields_(std::move(fields)), plan(make_plan(domain.partition, stencil, domain.rank)) {
    for (const PhasePlan& messages : plan.phases)
      for (const Message& m : messages.sends) bytes_to_peer[m.peer] = 0;
    for (const auto& [peer, bytes] : bytes_to_peer) counters.bytes_to_peer.emplace_back(peer, bytes);
    counters.phases.resize(plan.phases.size());
    phases.resize(plan.phases.size());
    for (std::size_t p = 0; p < phases.size(); ++p) build(p, domain, stencil);
  }

  ~Impl() {
    int finalized = 0;
    MPI_Finalized(&finalized);
    if (finalized) return;
    for (Phase& phase : phases)
      for (auto* requests : {&phase.send_requests, &phase.receive_requests})
        for (MPI_Request& r : *requests) MPI_Request_free(&r);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::byte* value(int field, std::size_t box, Int3 cell) const {
    const FieldRef& f = fields_[static_cast<std::size_t>(field)];
    return static_cast<std::byte*>(f.data) + (*f.blocks)[box].index(cell) * f.value_bytes;
  }
  const Block& block(int field, std::size_t box) const { return (*fields_[static_cast<std::size_t>(field)].blocks)[box]; }
  int value_bytes(int field) const { return fields_[static_cast<std::size_t>(field)].value_bytes; }

  void build(std::size_t p, const Domain& domain, const Stencil& stencil) {
    Phase& phase = phases[p];
    const Grid& grid = domain.partition.grid();
    const std::size_t boxes = domain.boxes.size();

    const auto channels = [&](const std::vector<Message>& messages, std::vector<std::byte>& buffer) {
      std::vector<Channel> out;
      std::size_t offset = 0;
      for (const Message& m : messages) {
        std::size_t bytes = 0;
        for (const Link& link : m.links) bytes += static_cast<std::size_t>(link.cells.volume() * value_bytes(link.field));
        out.push_back({m.peer, offset, bytes});
        offset += (bytes + 63) / 64 * 64;
      }
      buffer.resize(offset);
      return out;
    };
    phase.sends = channels(plan.phases[p].sends, phase.send_buffer);
    phase.receives = channels(plan.phases[p].receives, phase.receive_buffer);

    // Calls f(link, place of its first value in the buffer).
    const auto for_each_link = [&](const std::vector<Message>& messages, const std::vector<Channel>& at, std::byte* buffer, auto&& f) {
      for (std::size_t i = 0; i < messages.size(); ++i) {
        std::byte* place = buffer + at[i].offset;
        for (const Link& link : messages[i].links) {
          f(link, place);
          place += link.cells.volume() * value_bytes(link.field);
        }
      }
    };
    // The place in a link's buffer of one of its cells, and the buffer's strides.
    const auto in_buffer = [](const Link& link, std::byte* place, Int3 cell, int bytes) {
      const Int3 e = link.cells.extent(), d = cell - link.cells.lo;
      return place + (d.x + e.x * (d.y + e.y * d.z)) * bytes;
    };

    for_each_link(plan.phases[p].sends, phase.sends, phase.send_buffer.data(), [&](const Link& link, std::byte* place) {
      const int bytes = value_bytes(link.field);
      const Int3 e = link.cells.extent();
      for (std::size_t b = 0; b < boxes; ++b) {
        const Block& from = block(link.field, b);
        const Box part = intersection(link.cells, from.owned);
        if (part.empty()) continue;
        phase.pack.push_back({value(link.field, b, part.lo), in_buffer(link, place, part.lo, bytes), part.extent(), from.stride_y * bytes,
                              from.stride_z * bytes, e.x * bytes, e.x * e.y * bytes, bytes});
      }
    });

    for (std::size_t b = 0; b < boxes; ++b)
      for (int f = 0; f < static_cast<int>(fields_.size()); ++f) {
        const int bytes = value_bytes(f);
        const Block& to = block(f, b);
        for (const Box& read : footprint(stencil, p, f, domain.boxes[b], grid)) {
          HILBRICK_ASSERT(to.stored.contains(read));
          for_each_link(plan.phases[p].receives, phase.receives, phase.receive_buffer.data(), [&](const Link& link, std::byte* place) {
            if (link.field != f) return;
            const Int3 e = link.cells.extent();
            for_each_image(grid, link.cells, read, [&](Int3 shift) {
              const Box part = intersection(shifted(link.cells, shift), read);
              phase.unpack.push_back({in_buffer(link, place, part.lo - shift, bytes), value(f, b, part.lo), part.extent(), e.x * bytes,
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

    const int tag = static_cast<int>(p);
    const auto requests = [&](const std::vector<Channel>& at, auto&& init) {
      for (const Channel& c : at)
        for (std::size_t done = 0; done < c.bytes; done += largest_request)
          init(c, c.offset + done, std::min(largest_request, c.bytes - done));
    };
    requests(phase.sends, [&](const Channel& c, std::size_t offset, std::size_t bytes) {
      MPI_Send_init(phase.send_buffer.data() + offset, static_cast<int>(bytes), MPI_BYTE, c.peer, tag, comm.get(),
                    &phase.send_requests.emplace_back());
      phase.send_bytes.push_back(bytes);
      phase.send_peer.push_back(static_cast<std::size_t>(std::distance(bytes_to_peer.begin(), bytes_to_peer.find(c.peer))));
    });
    requests(phase.receives, [&](const Channel& c, std::size_t offset, std::size_t bytes) {
      MPI_Recv_init(phase.receive_buffer.data() + offset, static_cast<int>(bytes), MPI_BYTE, c.peer, tag, comm.get(),
                    &phase.receive_requests.emplace_back());
    });
  }

  Comm comm;
  std::vector<FieldRef> fields_;
  Plan plan;
  std::map<Rank, Index> bytes_to_peer;
  Counters counters;
  std::vector<Phase> phases;
};

Exchange::Exchange(const Comm& comm, const Domain& domain, const Stencil& stencil, std::vector<FieldRef> fields) {
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
  });
  require_same(comm, digest_of(domain.partition), "the partition");
  impl_ = std::make_unique<Impl>(comm, domain, stencil, std::move(fields));
}
Exchange::~Exchange() = default;
Exchange::Exchange(Exchange&&) noexcept = default;

Exchange::Pending Exchange::start(std::size_t p) {
  Impl::Phase& phase = impl_->phases[p];
  PhaseCounters& count = impl_->counters.phases[p];
  const double begin = MPI_Wtime();
  if (!phase.receive_requests.empty()) MPI_Startall(static_cast<int>(phase.receive_requests.size()), phase.receive_requests.data());
  fence("hilbrick::Exchange: fields are written, before packing");
  run_copies("hilbrick::Exchange::pack", phase.pack);
  for (std::size_t i = 0; i < phase.send_requests.size(); ++i) {
    MPI_Start(&phase.send_requests[i]);
    count.bytes_sent += static_cast<Index>(phase.send_bytes[i]);
    impl_->counters.bytes_to_peer[phase.send_peer[i]].second += static_cast<Index>(phase.send_bytes[i]);
  }
  count.messages_sent += static_cast<Index>(phase.sends.size());
  run_copies("hilbrick::Exchange::local", phase.local);
  count.values_copied += phase.local_values;
  ++count.exchanges;
  impl_->counters.pack_seconds += MPI_Wtime() - begin;
  return {this, p};
}

void Exchange::finish(std::size_t p) {
  Impl::Phase& phase = impl_->phases[p];
  const double begin = MPI_Wtime();
  if (!phase.receive_requests.empty())
    MPI_Waitall(static_cast<int>(phase.receive_requests.size()), phase.receive_requests.data(), MPI_STATUSES_IGNORE);
  const double arrived = MPI_Wtime();
  run_copies("hilbrick::Exchange::unpack", phase.unpack);
  const double unpacked = MPI_Wtime();
  if (!phase.send_requests.empty())
    MPI_Waitall(static_cast<int>(phase.send_requests.size()), phase.send_requests.data(), MPI_STATUSES_IGNORE);
  impl_->counters.wait_seconds += arrived - begin + (MPI_Wtime() - unpacked);
  impl_->counters.unpack_seconds += unpacked - arrived;
}

const Plan& Exchange::plan() const { return impl_->plan; }
const Counters& Exchange::counters() const { return impl_->counters; }
Index Exchange::message_peers() const { return static_cast<Index>(impl_->bytes_to_peer.size()); }
bool Exchange::copies_locally() const {
  return std::any_of(impl_->phases.begin(), impl_->phases.end(), [](const Impl::Phase& p) { return !p.local.empty(); });
}
Index Exchange::buffer_bytes() const {
  std::size_t bytes = 0;
  for (const Impl::Phase& p : impl_->phases) bytes += p.send_buffer.size() + p.receive_buffer.size();
  return static_cast<Index>(bytes);
}

}  // namespace hilbrick
