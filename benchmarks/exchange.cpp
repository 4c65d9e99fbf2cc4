// SPDX-License-Identifier: BSD-3-Clause

// What does an exchange of halos cost, by each transport of the library and by what else MPI offers for the same plan, and how far is
// that from a copy of the same bytes? All take turns; before each exchange every rank writes its fields, as a solver does. One row for
// each case and way, medians over the rounds.

#include <mpi.h>
#include <unistd.h>

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <functional>
#include <hilbrick/comm.hpp>
#include <hilbrick/exchange.hpp>
#include <hilbrick/partition/box_set.hpp>
#include <hilbrick/verify.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host.hpp"
#include "mpi_program.hpp"

namespace {

using namespace hilbrick;
using benchmarks::median;
using nlohmann::ordered_json;

struct Options {
  Int3 cells{144, 112, 80};
  Index brick = 16;
  std::vector<Index> edges{32, 64, 128};
  Index depth = 64;
  int fields = 4;
  int rounds = 11, exchanges = 31;
  std::string only, commit = "unknown";
  bool json = false;
};

/// What is exchanged.
struct Case {
  std::string name;
  Partition partition;
  Stencil stencil;
  bool merged = true;  // else each brick is a box of its own
};

/// A block of values, x fastest.
struct Place {
  float* first;
  Index stride_y, stride_z;
};
struct Move {
  Place from, to;
  Int3 extent;
};

void run(const Move& m) {
  for (Index z = 0; z < m.extent.z; ++z) {
    const float* from = m.from.first + z * m.from.stride_z;
    float* to = m.to.first + z * m.to.stride_z;
    if (m.extent.x == 1)
      for (Index y = 0; y < m.extent.y; ++y) to[y * m.to.stride_y] = from[y * m.from.stride_y];
    else
      for (Index y = 0; y < m.extent.y; ++y)
        std::memcpy(to + y * m.to.stride_y, from + y * m.from.stride_y, static_cast<std::size_t>(m.extent.x) * sizeof(float));
  }
}
void run(const std::vector<Move>& moves) {
  for (const Move& m : moves) run(m);
}

/// The part of a link that stands in one box.
struct Piece {
  Box cells;
  int field;
  Place in_field, in_buffer;
};
struct Mail {
  Rank peer;
  Index first, values;  // in the phase's buffer
  std::vector<Piece> pieces;
};

/// A phase of the library's plan, said in places of the caller's arrays: all that a program of its own needs. Grids are not periodic.
struct Phase {
  std::vector<float> send_buffer, receive_buffer;
  std::vector<Mail> sends, receives;
  std::vector<Move> pack, unpack;  // of all mail
  std::vector<Move> local;         // from one box of this rank to another's halo
  std::vector<Move> again;         // from a halo to another that holds the same cell
};

class Halos {
 public:
  Halos(const Domain& domain, const Stencil& stencil, const std::vector<Field<float>>& fields)
      : domain_(domain), stencil_(stencil), fields_(fields), plan_(make_plan(domain.partition, stencil, domain.rank)) {
    for (std::size_t p = 0; p < plan_.phases.size(); ++p) phases_.push_back(build(p));
  }
  Halos(const Halos&) = delete;
  Halos& operator=(const Halos&) = delete;

  std::vector<Phase>& phases() { return phases_; }
  const std::vector<Phase>& phases() const { return phases_; }

 private:
  const Block& block(int field, std::size_t box) const { return fields_[static_cast<std::size_t>(field)].blocks()[box]; }
  Place place(int field, std::size_t box, Int3 cell) const {
    const Block& b = block(field, box);
    return {fields_[static_cast<std::size_t>(field)].data() + b.index(cell), b.stride_y, b.stride_z};
  }

  Phase build(std::size_t p) const {
    Phase phase;
    const auto mail = [](const std::vector<Message>& messages, std::vector<float>& buffer) {
      std::vector<Mail> all;
      Index values = 0;
      for (const Message& m : messages) {
        all.push_back({m.peer, values, m.values, {}});
        values += m.values;
      }
      buffer.resize(static_cast<std::size_t>(values));
      return all;
    };
    phase.sends = mail(plan_.phases[p].sends, phase.send_buffer);
    phase.receives = mail(plan_.phases[p].receives, phase.receive_buffer);

    const auto for_each_link = [](const std::vector<Message>& messages, std::vector<Mail>& all, std::vector<float>& buffer, auto&& f) {
      for (std::size_t i = 0; i < messages.size(); ++i) {
        float* first = buffer.data() + all[i].first;
        for (const Link& link : messages[i].links) {
          const Int3 e = link.cells.extent();
          f(all[i], link, [&link, first, e](Int3 cell) {
            const Int3 d = cell - link.cells.lo;
            return Place{first + d.x + e.x * (d.y + e.y * d.z), e.x, e.x * e.y};
          });
          first += link.cells.volume();
        }
      }
    };
    for_each_link(plan_.phases[p].sends, phase.sends, phase.send_buffer, [&](Mail& to, const Link& link, auto&& in_buffer) {
      for (std::size_t b = 0; b < domain_.boxes.size(); ++b) {
        const Box part = intersection(link.cells, block(link.field, b).owned);
        if (part.empty()) continue;
        to.pieces.push_back({part, link.field, place(link.field, b, part.lo), in_buffer(part.lo)});
        phase.pack.push_back({to.pieces.back().in_field, to.pieces.back().in_buffer, part.extent()});
      }
    });
    // A cell goes to the first box that reads it, and from there to the others.
    for_each_link(plan_.phases[p].receives, phase.receives, phase.receive_buffer, [&](Mail& from, const Link& link, auto&& in_buffer) {
      const std::size_t links_first = from.pieces.size();
      std::vector<Box> left{link.cells};
      for (std::size_t b = 0; b < domain_.boxes.size(); ++b)
        for (const Box& read : footprint(stencil_, p, link.field, domain_.boxes[b], domain_.partition.grid())) {
          for (std::size_t i = links_first, before = from.pieces.size(); i < before; ++i) {
            const Piece& there = from.pieces[i];
            const Box part = intersection(there.cells, read);
            if (part.empty()) continue;
            const Int3 d = part.lo - there.cells.lo;
            const Place at = there.in_field;
            phase.again.push_back({{at.first + d.x + d.y * at.stride_y + d.z * at.stride_z, at.stride_y, at.stride_z},
                                   place(link.field, b, part.lo),
                                   part.extent()});
          }
          std::vector<Box> rest;
          for (const Box& box : left) {
            const Box part = intersection(box, read);
            subtract(box, read, rest);
            if (part.empty()) continue;
            from.pieces.push_back({part, link.field, place(link.field, b, part.lo), in_buffer(part.lo)});
            phase.unpack.push_back({from.pieces.back().in_buffer, from.pieces.back().in_field, part.extent()});
          }
          left = std::move(rest);
        }
    });
    for (std::size_t b = 0; b < domain_.boxes.size(); ++b)
      for (int f = 0; f < static_cast<int>(fields_.size()); ++f)
        for (const Box& read : footprint(stencil_, p, f, domain_.boxes[b], domain_.partition.grid()))
          for (std::size_t m = 0; m < domain_.boxes.size(); ++m) {
            const Box part = intersection(block(f, m).owned, read);
            if (!part.empty()) phase.local.push_back({place(f, m, part.lo), place(f, b, part.lo), part.extent()});
          }
    return phase;
  }

  const Domain& domain_;
  const Stencil& stencil_;
  const std::vector<Field<float>>& fields_;
  Plan plan_;
  std::vector<Phase> phases_;
};

/// One way to run a phase, or what it is held against.
class Way {
 public:
  Way() = default;
  virtual ~Way() = default;
  Way(const Way&) = delete;
  Way& operator=(const Way&) = delete;
  /// What a solver would do just before, out of the clock.
  virtual void prepare() {}
  virtual void exchange(std::size_t phase) = 0;
  virtual bool moves_halos() const { return true; }
};

class Library : public Way {
 public:
  Library(const Comm& comm, const Domain& domain, const Stencil& stencil, const std::vector<FieldRef>& fields,
          const ExchangeOptions& options)
      : exchange_(comm, domain, stencil, fields, options) {}
  void exchange(std::size_t phase) override { exchange_.start(phase).finish(); }
  /// Whether all ranks of a node see each other's memory. Collective over comm.
  bool all_shared(const Comm& comm) const { return comm.nodes() == 1 && sum(comm, exchange_.transports().message) == 0; }

 private:
  Exchange exchange_;
};

/// MPI_Isend and MPI_Irecv of packed buffers.
class Packed : public Way {
 public:
  Packed(const Comm& comm, Halos& halos) : comm_(comm.get()), phases_(halos.phases()) {}
  void exchange(std::size_t p) override {
    Phase& phase = phases_[p];
    requests_.clear();
    for (const Mail& m : phase.receives)
      MPI_Irecv(phase.receive_buffer.data() + m.first, static_cast<int>(m.values), MPI_FLOAT, m.peer, 0, comm_, &requests_.emplace_back());
    run(phase.pack);
    for (const Mail& m : phase.sends)
      MPI_Isend(phase.send_buffer.data() + m.first, static_cast<int>(m.values), MPI_FLOAT, m.peer, 0, comm_, &requests_.emplace_back());
    run(phase.local);
    MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
    run(phase.unpack);
    run(phase.again);
  }

 private:
  MPI_Comm comm_;
  std::vector<Phase>& phases_;
  std::vector<MPI_Request> requests_;
};

/// One MPI_Neighbor_alltoallv of packed buffers. Neighbours are those of the plan, none twice: safe from the swapped blocks of Cartesian
/// communicators with 1 or 2 ranks along a periodic axis.
class Neighbours : public Way {
 public:
  Neighbours(const Comm& comm, Halos& halos) : phases_(halos.phases()) {
    for (const Phase& phase : phases_) {
      const Side in(phase.receives), out(phase.sends);
      Graph graph{MPI_COMM_NULL, out, in};
      MPI_Dist_graph_create_adjacent(comm.get(), static_cast<int>(in.peers.size()), in.peers.data(), MPI_UNWEIGHTED,
                                     static_cast<int>(out.peers.size()), out.peers.data(), MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &graph.comm);
      graphs_.push_back(graph);
    }
  }
  ~Neighbours() override {
    for (Graph& g : graphs_) MPI_Comm_free(&g.comm);
  }
  void exchange(std::size_t p) override {
    Phase& phase = phases_[p];
    const Graph& graph = graphs_[p];
    run(phase.pack);
    MPI_Neighbor_alltoallv(phase.send_buffer.data(), graph.out.counts.data(), graph.out.firsts.data(), MPI_FLOAT,
                           phase.receive_buffer.data(), graph.in.counts.data(), graph.in.firsts.data(), MPI_FLOAT, graph.comm);
    run(phase.local);
    run(phase.unpack);
    run(phase.again);
  }

 private:
  struct Side {
    explicit Side(const std::vector<Mail>& all) {
      for (const Mail& m : all) {
        peers.push_back(m.peer);
        counts.push_back(static_cast<int>(m.values));
        firsts.push_back(static_cast<int>(m.first));
      }
    }
    std::vector<int> peers, counts, firsts;
  };
  struct Graph {
    MPI_Comm comm;
    Side out, in;
  };
  std::vector<Phase>& phases_;
  std::vector<Graph> graphs_;
};

/// MPI takes values from the fields and puts them there: one derived datatype for each message.
class Datatypes : public Way {
 public:
  Datatypes(const Comm& comm, const Halos& halos) : comm_(comm.get()), phases_(halos.phases()) {
    for (const Phase& phase : phases_) {
      Types& types = types_.emplace_back();
      for (const Mail& m : phase.sends) types.sends.push_back(type_of(m));
      for (const Mail& m : phase.receives) types.receives.push_back(type_of(m));
    }
  }
  ~Datatypes() override {
    for (Types& types : types_)
      for (auto* all : {&types.sends, &types.receives})
        for (MPI_Datatype& t : *all) MPI_Type_free(&t);
  }
  void exchange(std::size_t p) override {
    const Phase& phase = phases_[p];
    const Types& types = types_[p];
    requests_.clear();
    for (std::size_t i = 0; i < phase.receives.size(); ++i)
      MPI_Irecv(MPI_BOTTOM, 1, types.receives[i], phase.receives[i].peer, 0, comm_, &requests_.emplace_back());
    for (std::size_t i = 0; i < phase.sends.size(); ++i)
      MPI_Isend(MPI_BOTTOM, 1, types.sends[i], phase.sends[i].peer, 0, comm_, &requests_.emplace_back());
    run(phase.local);
    MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
    run(phase.again);
  }

 private:
  struct Types {
    std::vector<MPI_Datatype> sends, receives;
  };
  /// Values in the order of the message: whole pieces where they stand in it without gaps, else their rows.
  static MPI_Datatype type_of(const Mail& mail) {
    struct Part {
      const float* in_buffer;
      const float* in_field;
      int count;
      MPI_Datatype type;
    };
    std::vector<Part> parts;
    for (const Piece& piece : mail.pieces) {
      const Int3 e = piece.cells.extent();
      const Place& field = piece.in_field;
      const Place& buffer = piece.in_buffer;
      if (buffer.stride_y == e.x && buffer.stride_z == e.x * e.y) {
        const std::array<int, 3> sizes{static_cast<int>(field.stride_y), static_cast<int>(field.stride_z / field.stride_y),
                                       static_cast<int>(e.z)};
        const std::array<int, 3> taken{static_cast<int>(e.x), static_cast<int>(e.y), static_cast<int>(e.z)};
        const std::array<int, 3> starts{0, 0, 0};
        Part& part = parts.emplace_back(Part{buffer.first, field.first, 1, MPI_DATATYPE_NULL});
        MPI_Type_create_subarray(3, sizes.data(), taken.data(), starts.data(), MPI_ORDER_FORTRAN, MPI_FLOAT, &part.type);
      } else {
        for (Index z = 0; z < e.z; ++z)
          for (Index y = 0; y < e.y; ++y)
            parts.push_back({buffer.first + y * buffer.stride_y + z * buffer.stride_z,
                             field.first + y * field.stride_y + z * field.stride_z, static_cast<int>(e.x), MPI_FLOAT});
      }
    }
    std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.in_buffer < b.in_buffer; });
    std::vector<int> counts;
    std::vector<MPI_Aint> addresses;
    std::vector<MPI_Datatype> types;
    for (const Part& part : parts) {
      counts.push_back(part.count);
      types.push_back(part.type);
      MPI_Get_address(part.in_field, &addresses.emplace_back());
    }
    MPI_Datatype type = MPI_DATATYPE_NULL;
    MPI_Type_create_struct(static_cast<int>(parts.size()), counts.data(), addresses.data(), types.data(), &type);
    MPI_Type_commit(&type);
    for (MPI_Datatype& t : types)
      if (t != MPI_FLOAT) MPI_Type_free(&t);
    return type;
  }

  MPI_Comm comm_;
  const std::vector<Phase>& phases_;
  std::vector<Types> types_;
  std::vector<MPI_Request> requests_;
};

/// As many bytes as the rank receives, in one piece, out of memory that this rank, or the next one, has just written.
class Memcpy : public Way {
 public:
  enum class From { self, next };
  Memcpy(const Comm& comm, const Halos& halos, From from) {
    Index most = 0;
    for (const Phase& phase : halos.phases()) {
      received_.push_back(phase.receive_buffer.size());
      most = max(comm, std::max(most, static_cast<Index>(phase.receive_buffer.size())));
    }
    values_ = static_cast<std::size_t>(most);
    MPI_Win_allocate_shared(most * static_cast<Index>(sizeof(float)), sizeof(float), MPI_INFO_NULL, comm.get(), &mine_, &window_);
    from_ = mine_;
    MPI_Aint bytes = 0;
    int unit = 0;
    if (from == From::next) MPI_Win_shared_query(window_, (comm.rank() + 1) % comm.size(), &bytes, &unit, &from_);
    to_.resize(values_);
  }
  ~Memcpy() override { MPI_Win_free(&window_); }
  void prepare() override {
    for (std::size_t i = 0; i < values_; ++i) mine_[i] = mine_[i] * 0.5F + 1.0F;
  }
  void exchange(std::size_t phase) override { std::memcpy(to_.data(), from_, received_[phase] * sizeof(float)); }
  bool moves_halos() const override { return false; }

 private:
  MPI_Win window_ = MPI_WIN_NULL;
  float *mine_ = nullptr, *from_ = nullptr;
  std::size_t values_ = 0;
  std::vector<std::size_t> received_;
  std::vector<float> to_;
};

struct Contender {
  std::string name;
  std::unique_ptr<Way> way;
  std::vector<double> seconds;  // of an exchange of all phases; the median of each round
};

/// Each box's own values, as an update in place would write them.
void write_fields(std::vector<Field<float>>& fields) {
  for (Field<float>& field : fields)
    for (const Block& block : field.blocks())
      for (Index z = block.owned.lo.z; z < block.owned.hi.z; ++z)
        for (Index y = block.owned.lo.y; y < block.owned.hi.y; ++y) {
          float* row = field.data() + block.index({block.owned.lo.x, y, z});
          for (Index x = 0, n = block.owned.extent().x; x < n; ++x) row[x] = row[x] * 0.5F + 1.0F;
        }
}

/// Seconds of each of some exchanges, all phases, of the slowest rank; all ranks start a phase together. Collective over comm.
std::vector<double> turn(const Comm& comm, Way& way, std::vector<Field<float>>& fields, std::size_t phases, int exchanges) {
  std::vector<double> each(static_cast<std::size_t>(exchanges) * phases);
  for (std::size_t i = 0; i < each.size(); ++i) {
    write_fields(fields);
    way.prepare();
    MPI_Barrier(comm.get());
    const double begin = MPI_Wtime();
    way.exchange(i % phases);
    each[i] = MPI_Wtime() - begin;
  }
  MPI_Allreduce(MPI_IN_PLACE, each.data(), static_cast<int>(each.size()), MPI_DOUBLE, MPI_MAX, comm.get());
  std::vector<double> whole(static_cast<std::size_t>(exchanges), 0.0);
  for (std::size_t i = 0; i < each.size(); ++i) whole[i / phases] += each[i];
  return whole;
}

std::vector<Box> boxes_of(const Case& c, Rank rank) {
  if (c.merged) return boxes_of(c.partition, rank);
  std::vector<Box> boxes;
  const Tiling& tiling = c.partition.tiling();
  for_each_cell(tiling.brick_box(), [&](Int3 brick) {
    if (c.partition.owner(brick) == rank) boxes.push_back(tiling.cells_of(brick));
  });
  return boxes;
}

void measure(const Comm& comm, const Options& options, const Case& c) {
  const Domain domain{c.partition, comm.rank(), boxes_of(c, comm.rank()), {}};
  std::vector<Field<float>> fields;
  std::vector<FieldRef> refs;
  for (int f = 0; f < static_cast<int>(c.stencil.fields().size()); ++f) {
    fields.emplace_back("field", domain, std::span(&c.stencil, 1), f);
    refs.push_back(fields.back().ref());
  }
  Halos halos(domain, c.stencil, fields);

  std::vector<Contender> all;
  const auto add = [&](const char* name, std::unique_ptr<Way> way) { all.push_back({name, std::move(way), {}}); };
  add("message", std::make_unique<Library>(comm, domain, c.stencil, refs, ExchangeOptions{.transport = Transport::message}));
  auto shared = std::make_unique<Library>(comm, domain, c.stencil, refs, ExchangeOptions{});
  if (shared->all_shared(comm)) {
    add("shared", std::move(shared));
    add("shared, streamed", std::make_unique<Library>(comm, domain, c.stencil, refs, ExchangeOptions{.streaming = true}));
    add("shared, plain", std::make_unique<Library>(comm, domain, c.stencil, refs, ExchangeOptions{.streaming = false}));
    add("memcpy", std::make_unique<Memcpy>(comm, halos, Memcpy::From::self));
    add("memcpy of another's", std::make_unique<Memcpy>(comm, halos, Memcpy::From::next));
  }
  add("Isend, Irecv", std::make_unique<Packed>(comm, halos));
  add("Neighbor_alltoallv", std::make_unique<Neighbours>(comm, halos));
  add("datatypes", std::make_unique<Datatypes>(comm, halos));
  for (const Contender& one : all)
    if (one.way->moves_halos()) verify(comm, domain, c.stencil, refs, [&](std::size_t phase) { one.way->exchange(phase); });

  const std::size_t phases = c.stencil.phases().size();
  for (Contender& one : all) turn(comm, *one.way, fields, phases, 40);  // warm-up; the library finds out how to pack
  for (int round = 0; round < options.rounds; ++round)
    for (std::size_t i = 0; i < all.size(); ++i) {
      Contender& one = all[(i + static_cast<std::size_t>(round)) % all.size()];
      one.seconds.push_back(median(turn(comm, *one.way, fields, phases, options.exchanges)));
    }

  Index bytes = 0, messages = 0;
  for (const Phase& phase : halos.phases()) {
    bytes += static_cast<Index>(phase.send_buffer.size() * sizeof(float));
    messages += static_cast<Index>(phase.sends.size());
  }
  bytes = max(comm, bytes);
  messages = max(comm, messages);
  const Index boxes = max(comm, static_cast<Index>(domain.boxes.size()));
  if (comm.rank() != 0) return;
  for (const Contender& one : all) {
    const auto [least, most] = std::minmax_element(one.seconds.begin(), one.seconds.end());
    const auto against = [&](const Contender& base) {
      std::vector<double> ratios;
      for (std::size_t i = 0; i < base.seconds.size(); ++i) ratios.push_back(base.seconds[i] / one.seconds[i]);
      return median(ratios);
    };
    if (options.json) {
      const Int3 n = c.partition.grid().cells;
      std::printf("%s\n", ordered_json{{"benchmark", "exchange"},
                                       {"case", c.name},
                                       {"way", one.name},
                                       {"ranks", comm.size()},
                                       {"cells", {n.x, n.y, n.z}},
                                       {"boxes_max", boxes},
                                       {"bytes_max", bytes},
                                       {"messages_max", messages},
                                       {"microseconds", 1e6 * median(one.seconds)},
                                       {"microseconds_min", 1e6 * *least},
                                       {"microseconds_max", 1e6 * *most},
                                       {"speed_over_message", against(all.front())},
                                       {"rounds", options.rounds},
                                       {"exchanges", options.exchanges},
                                       {"host", benchmarks::host_facts(options.commit)}}
                              .dump()
                              .c_str());
    } else {
      std::printf("| %s | %.1f | %lld | %s | %.1f [%.1f, %.1f] | %.2f |\n", c.name.c_str(), static_cast<double>(bytes) / 1024,
                  static_cast<long long>(boxes), one.name.c_str(), 1e6 * median(one.seconds), 1e6 * *least, 1e6 * *most,
                  against(all.front()));
    }
  }
  std::fflush(stdout);
}

/// So many fields, each read by itself as one stencil says.
Stencil repeated(const Stencil& one, int fields) {
  std::vector<StencilField> all;
  std::vector<Access> reads;
  for (int f = 0; f < fields; ++f) {
    all.push_back({"f" + std::to_string(f)});
    for (const Access& a : one.phases().front()) reads.push_back({f, f, a.first, a.last});
  }
  return {all, {reads}};
}

std::vector<Case> cases_of(const Options& options, int ranks) {
  std::vector<Case> cases;
  for (const Index edge : options.edges)
    for (int axis = 0; axis < 3; ++axis) {
      Int3 cells{edge, edge, edge}, bricks{1, 1, 1};
      cells[axis] = options.depth * ranks;
      bricks[axis] = ranks;
      cases.push_back({"faces of " + std::to_string(edge) + "^2 normal to " + "xyz"[axis],
                       Partition(Method::slab, Tiling::with_bricks({cells}, bricks), {}, Cartesian{bricks}),
                       repeated(Stencil::star(1), 2)});
    }
  const auto grid = [&](const std::string& name, Method method, const Stencil& stencil, bool merged) {
    cases.push_back({name, make_partition(Tiling({options.cells}, options.brick), {}, stencil, {}, ranks, method), stencil, merged});
  };
  const std::string several = std::to_string(options.fields) + " fields";
  grid("Yee, box", Method::box, Stencil::yee(), true);
  grid("Yee, hilbert", Method::hilbert, Stencil::yee(), true);
  grid("Yee, hilbert, bricks kept apart", Method::hilbert, Stencil::yee(), false);
  grid("star:1, " + several + ", hilbert", Method::hilbert, repeated(Stencil::star(1), options.fields), true);
  grid("box:1, " + several + ", hilbert", Method::hilbert, repeated(Stencil::box(1), options.fields), true);
  std::erase_if(cases, [&](const Case& c) { return c.name.find(options.only) == std::string::npos; });
  return cases;
}

void run(const Comm& comm, const Options& options) {
  if (comm.rank() == 0 && !options.json)
    std::printf(
        "%s, %d ranks, %d rounds of %d exchanges\n\n| case | KiB a rank sends | boxes | way | microseconds [range] | times as fast as "
        "message "
        "|\n|---|---|---|---|---|---|\n",
        benchmarks::host_facts(options.commit).c_str(), comm.size(), options.rounds, options.exchanges);
  for (const Case& c : cases_of(options, comm.size())) measure(comm, options, c);
}

void declare(CLI::App& app, Options& options, std::string& cells) {
  app.description("Times halo exchanges of the library, of MPI's other ways and copies of as many bytes, by turns; prints a table.");
  app.add_option("--cells", cells, "Grid of the cases with bricks (default: 144x112x80)")->type_name("NXxNYxNZ");
  app.add_option("--brick", options.brick, "Edge of their bricks in cells")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--edges", options.edges, "Edges of the faces in cells")
      ->delimiter(',')
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--depth", options.depth, "Cells of a rank behind a face")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--fields", options.fields, "Fields of star:1 and box:1")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--rounds", options.rounds, "Turns of each way")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--exchanges", options.exchanges, "Exchanges of a turn")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--only", options.only, "Cases whose names hold this text");
  app.add_flag("--json", options.json, "JSON lines");
  app.add_option("--commit", options.commit, "What was built, for the record")->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::string cells = "144x112x80";
  return run_with_options(
      argc, argv, "exchange_times", [&](CLI::App& app) { declare(app, options, cells); },
      [&](const Comm& comm) {
        agree_on(comm, [&] { options.cells = benchmarks::parse_cells(cells); });
        run(comm, options);
      });
}
