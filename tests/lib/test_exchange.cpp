// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>

#include "oracle.hpp"

/// What MPI says is the last tag, where it is to be few.
static int last_tag = 0;

extern "C" int MPI_Comm_get_attr(MPI_Comm comm, int key, void* value, int* found) {
  const int result = PMPI_Comm_get_attr(comm, key, value, found);
  if (key == MPI_TAG_UB && last_tag > 0) *static_cast<int**>(value) = &last_tag;
  return result;
}

namespace hilbrick::testing {
namespace {

constexpr int untouched = -77;

template <class T>
struct Setting {
  explicit Setting(const Case& c, const Comm& comm) : domain(make_domain(comm, c.tiling, c.weights, c.stencil, {}, c.method, sizeof(T))) {
    for (int f = 0; f < static_cast<int>(c.stencil.fields().size()); ++f)
      fields.emplace_back("field", domain, std::span<const Stencil>(&c.stencil, 1), f);
    for (auto& f : fields) refs.push_back(f.ref());
  }

  /// Owned values by position, all else marked.
  void fill() {
    for (int f = 0; f < static_cast<int>(fields.size()); ++f)
      for (std::size_t b = 0; b < domain.boxes.size(); ++b) {
        const Block& block = fields[static_cast<std::size_t>(f)].blocks()[b];
        for_each_cell(block.stored, [&](Int3 c) { at(f, b, c) = block.owned.contains(c) ? value_at<T>(f, c) : T(untouched); });
      }
  }
  T& at(int field, std::size_t box, Int3 cell) { return fields[static_cast<std::size_t>(field)].at(box, cell); }

  Domain domain;
  std::vector<Field<T>> fields;
  std::vector<FieldRef> refs;
};

/// Every stored value, against brute force: read in the phase and owned by someone: the owner's value; all else as it was.
template <class T>
void check_phase(const Case& c, Setting<T>& s, std::size_t phase, const std::string& what) {
  const Grid& grid = c.tiling.grid();
  Index wrong = 0;
  for (int f = 0; f < static_cast<int>(s.fields.size()); ++f)
    for (std::size_t b = 0; b < s.domain.boxes.size(); ++b) {
      const Block& block = s.fields[static_cast<std::size_t>(f)].blocks()[b];
      std::set<Int3> read;
      for (const Access& a : c.stencil.phases()[phase]) {
        if (a.read != f) continue;
        const Box reader = field_box(s.domain.boxes[b], grid, c.stencil.fields()[static_cast<std::size_t>(a.reader)]);
        for_each_cell({reader.lo + a.first, reader.hi + a.last}, [&](Int3 cell) { read.insert(cell); });
      }
      for_each_cell(block.stored, [&](Int3 cell) {
        T expected = T(untouched);
        const Int3 home = wrapped(cell, grid);
        if (block.owned.contains(cell) || (read.count(cell) != 0 && owned_by_someone(c, f, home))) expected = value_at<T>(f, home);
        if (s.at(f, b, cell) != expected) ++wrong;
      });
      for (const Int3& cell : read) EXPECT_TRUE(block.stored.contains(Box{cell, cell + Int3{1, 1, 1}})) << what;
    }
  EXPECT_EQ(wrong, 0) << what << ", phase " << phase;
}

/// Per phase and per peer, in every transport.
void expect_counted_as_predicted(const Exchange& exchange, Transport transport, std::size_t value_bytes) {
  const Counters& counters = exchange.counters();
  for (std::size_t phase = 0; phase < exchange.plan().phases.size(); ++phase) {
    const PhaseCounters& counted = counters.phases[phase];
    const auto expect_same = [&](const std::vector<Message>& predicted, const std::vector<MessageCounters>& channels) {
      std::map<Rank, Index> bytes;
      for (const Message& m : predicted) bytes[m.peer] = m.values * static_cast<Index>(value_bytes);
      EXPECT_EQ(channels.size(), predicted.size());
      Index all = 0;
      for (const MessageCounters& c : channels) {
        EXPECT_EQ(c.bytes, counted.exchanges * bytes[c.peer]);
        EXPECT_EQ(c.messages, counted.exchanges);
        EXPECT_EQ(c.transport, c.same_node ? transport : Transport::message);
        all += c.bytes;
      }
      return all;
    };
    EXPECT_EQ(expect_same(exchange.plan().phases[phase].sends, counted.sends), counted.bytes_sent);
    expect_same(exchange.plan().phases[phase].receives, counted.receives);
    EXPECT_EQ(counted.messages_sent, counted.exchanges * static_cast<Index>(exchange.plan().phases[phase].sends.size()));
  }
}

constexpr int repeats = 4;  // shared buffers come in pairs: each must be used again

/// Seeds on so many ranks. Each rank looks at every other's cells, and up to 7 have tried all seeds.
std::uint32_t seeds(std::uint32_t count, const Comm& comm) { return comm.size() > 7 ? count / 3 : count; }

template <class T>
void run_cases(const ExchangeOptions& options, std::uint32_t first_seed, std::uint32_t count) {
  const Comm comm(MPI_COMM_WORLD);
  for (std::uint32_t seed = first_seed; seed < first_seed + seeds(count, comm); ++seed) {
    const Case c = draw(seed, comm.size());
    Setting<T> s(c, comm);
    Exchange exchange(comm, s.domain, c.stencil, s.refs, options);
    for (int repeat = 0; repeat < repeats; ++repeat)
      for (std::size_t phase = 0; phase < c.stencil.phases().size(); ++phase) {
        s.fill();
        exchange.start(phase).finish();
        check_phase(c, s, phase, "seed " + std::to_string(seed));
      }
    expect_counted_as_predicted(exchange, options.transport, sizeof(T));
  }
}

class Exchanges : public ::testing::TestWithParam<Transport> {};
INSTANTIATE_TEST_SUITE_P(By, Exchanges, ::testing::Values(Transport::message, Transport::shared),
                         [](const auto& transport) { return std::string(name_of(transport.param)); });

TEST_P(Exchanges, FillExactlyWhatIsReadFloat) { run_cases<float>({GetParam()}, 1, 120); }
TEST_P(Exchanges, FillExactlyWhatIsReadDouble) { run_cases<double>({GetParam()}, 1000, 60); }
TEST_P(Exchanges, FillExactlyWhatIsReadComplex) { run_cases<std::complex<double>>({GetParam()}, 2000, 30); }
TEST_P(Exchanges, MayCarryChecksums) {
  ExchangeOptions options{GetParam()};
  options.checksum = true;
  run_cases<double>(options, 1000, 30);
}
/// What a rank adds beyond its own box: small integers, so that sums are exact in every order.
template <class T>
T deposit(int field, Rank rank, std::size_t box, Int3 cell) {
  return static_cast<T>(static_cast<double>(hash_of(field + 7 * rank + 100 * static_cast<int>(box), cell) % 1000));
}

/// Owners end with their own value and all halos of it, those of several boxes and images included; forward exchanges in between.
template <class T>
void run_reverse_cases(const ExchangeOptions& options, std::uint32_t first_seed, std::uint32_t count) {
  const Comm comm(MPI_COMM_WORLD);
  for (std::uint32_t seed = first_seed; seed < first_seed + seeds(count, comm); ++seed) {
    const Case c = draw(seed, comm.size());
    const Grid& grid = c.tiling.grid();
    Setting<T> s(c, comm);
    Exchange exchange(comm, s.domain, c.stencil, s.refs, options);
    for (std::size_t phase = 0; phase < c.stencil.phases().size(); ++phase) {
      std::map<std::pair<int, Int3>, T> sums;
      for (Rank r = 0; r < comm.size(); ++r) {
        const auto boxes = boxes_of(s.domain.partition, r);
        for (std::size_t b = 0; b < boxes.size(); ++b)
          for (int f = 0; f < static_cast<int>(s.fields.size()); ++f)
            for (const Box& read : footprint(c.stencil, phase, f, boxes[b], grid))
              for_each_cell(read, [&](Int3 cell) { sums[{f, wrapped(cell, grid)}] += deposit<T>(f, r, b, cell); });
      }
      for (int repeat = 0; repeat < repeats; ++repeat) {
        for (int f = 0; f < static_cast<int>(s.fields.size()); ++f)
          for (std::size_t b = 0; b < s.domain.boxes.size(); ++b) {
            const Block& block = s.fields[static_cast<std::size_t>(f)].blocks()[b];
            for_each_cell(block.stored, [&](Int3 cell) {
              s.at(f, b, cell) = block.owned.contains(cell) ? value_at<T>(f, cell) : deposit<T>(f, comm.rank(), b, cell);
            });
          }
        exchange.template add_halos_to_owners<T>(phase);
        Index wrong = 0;
        for (int f = 0; f < static_cast<int>(s.fields.size()); ++f)
          for (std::size_t b = 0; b < s.domain.boxes.size(); ++b) {
            const Block& block = s.fields[static_cast<std::size_t>(f)].blocks()[b];
            for_each_cell(block.stored, [&](Int3 cell) {
              T expected = deposit<T>(f, comm.rank(), b, cell);
              if (block.owned.contains(cell)) {
                const auto sum = sums.find({f, cell});
                expected = value_at<T>(f, cell) + (sum == sums.end() ? T(0) : sum->second);
              }
              if (s.at(f, b, cell) != expected) ++wrong;
            });
          }
        EXPECT_EQ(wrong, 0) << "seed " << seed << ", phase " << phase << ", repeat " << repeat;
        if (repeat % 2 == 1) continue;
        s.fill();
        exchange.start(phase).finish();
        check_phase(c, s, phase, "after a reverse exchange, seed " + std::to_string(seed));
      }
      Index values = 0;
      for (const Message& m : exchange.plan().phases[phase].receives) values += m.values;
      EXPECT_EQ(exchange.counters().phases[phase].reverse_bytes_sent, repeats * values * static_cast<Index>(sizeof(T)));
    }
  }
}

TEST_P(Exchanges, AddHalosToOwners) {
  run_reverse_cases<double>({GetParam()}, 1, 40);
  run_reverse_cases<std::int32_t>({GetParam()}, 300, 20);
  run_reverse_cases<std::complex<double>>({GetParam()}, 600, 10);
}

TEST(Exchange, AddsInAnOrderThatNoTransportChanges) {
  const Comm comm(MPI_COMM_WORLD);
  const Case c{Tiling({{12, 10, 9}, {true, true, true}}, 2), {}, Stencil::box(2), Method::hilbert};
  std::vector<std::vector<float>> ends;
  for (const Transport transport : {Transport::message, Transport::shared}) {
    Setting<float> s(c, comm);
    Exchange exchange(comm, s.domain, c.stencil, s.refs, {transport});
    for (Index i = 0; i < s.fields[0].size(); ++i) s.fields[0].data()[i] = 1 / static_cast<float>(i + comm.rank() + 3);
    exchange.add_halos_to_owners<float>(0);
    ends.emplace_back(s.fields[0].data(), s.fields[0].data() + s.fields[0].size());
  }
  EXPECT_EQ(ends[0], ends[1]);
}

TEST(Exchange, PacksThroughTheCachesToo) {
  ExchangeOptions options{Transport::shared};
  options.streaming = false;
  run_cases<float>(options, 1, 30);
}
TEST(Exchange, SplitsLargeMessages) {
  run_cases<double>({Transport::message, 64}, 1000, 30);
  const Comm comm(MPI_COMM_WORLD);
  const Case c{Tiling({{40, 30, 20}, {true, true, true}}, 5), {}, Stencil::box(2), Method::rcb};
  Setting<std::complex<double>> s(c, comm);
  Exchange exchange(comm, s.domain, c.stencil, s.refs, {Transport::message, 1024});
  s.fill();
  exchange.start(0).finish();
  check_phase(c, s, 0, "requests of 1 KiB");
}

TEST(Exchange, ControlAWrongHaloValueIsSeen) {
  // The oracle must fail when one halo value is off: otherwise the tests above could not.
  const Comm comm(MPI_COMM_WORLD);
  const Case c{Tiling({{8, 6, 4}, {true, true, true}}, 2), {}, Stencil::star(1), Method::hilbert};
  Setting<float> s(c, comm);
  Exchange exchange(comm, s.domain, c.stencil, s.refs);
  s.fill();
  exchange.start(0).finish();
  if (s.domain.boxes.empty()) return;
  const Box halo = footprint(c.stencil, 0, 0, s.domain.boxes[0], c.tiling.grid()).front();
  EXPECT_EQ(s.at(0, 0, halo.lo), value_at<float>(0, wrapped(halo.lo, c.tiling.grid())));
  s.at(0, 0, halo.lo) += 1;
  EXPECT_NE(s.at(0, 0, halo.lo), value_at<float>(0, wrapped(halo.lo, c.tiling.grid())));
}

TEST_P(Exchanges, AllocateNothingWhileRunning) {
  const Comm comm(MPI_COMM_WORLD);
  const Case c{Tiling({{24, 20, 16}, {true, false, false}}, 4), {}, Stencil::yee(), Method::hilbert};
  Setting<float> s(c, comm);
  Exchange exchange(comm, s.domain, c.stencil, s.refs, {GetParam()});
  static int allocations;
  allocations = 0;
  Kokkos::Profiling::Experimental::set_allocate_data_callback(
      [](Kokkos::Profiling::SpaceHandle, const char*, const void*, std::uint64_t) { ++allocations; });
  for (int repeat = 0; repeat < 3; ++repeat)
    for (std::size_t phase = 0; phase < 2; ++phase) exchange.start(phase).finish();
  EXPECT_EQ(allocations, 0);
  Kokkos::View<float*> control("control", 3);
  EXPECT_EQ(allocations, 1) << "the counter must see an allocation";
  Kokkos::Profiling::Experimental::set_allocate_data_callback(nullptr);
}

TEST(Exchange, ThousandsLiveOnOneCommunicator) {
  // Communicators, tags and mappings of memory are few: what they share, and what comes back when they die, must last.
  const Comm comm(MPI_COMM_WORLD);
  const Case c{Tiling({{6, 5, 4}, {false, true, false}}, 2), {}, Stencil::star(1), Method::hilbert};
  Setting<double> s(c, comm);
  std::vector<Exchange> living;
  const int many = comm.size() <= 3 ? 5000 : 500;
  for (int i = 0; i < many; ++i) {
    living.emplace_back(comm, s.domain, c.stencil, s.refs);
    if (i % 500 != 499) continue;
    s.fill();
    // Two at a time, finished in another order than they were started in: their messages must not mix.
    auto newest = living.back().start(0), oldest = living.front().start(0);
    newest.finish();
    check_phase(c, s, 0, "exchange " + std::to_string(i));
    oldest.finish();
  }
}

TEST(Exchange, FewTagsComeBack) {
  const Comm comm(MPI_COMM_WORLD);
  const Case c{Tiling({{6, 5, 4}, {true, false, true}}, 2), {}, Stencil::yee(), Method::hilbert};
  Setting<float> s(c, comm);
  std::array<std::optional<Exchange>, 5> living;
  const auto make = [&](std::optional<Exchange>& exchange) {
    exchange.emplace(comm, s.domain, c.stencil, s.refs, ExchangeOptions{Transport::message});
  };
  last_tag = 9;  // for five exchanges of two phases
  for (auto& exchange : living) make(exchange);
  last_tag = 0;
  std::optional<Exchange> another;
  EXPECT_THROW(make(another), SharedError);
  // Where one rank has room the other has none.
  const std::size_t first = comm.rank() % 2 == 0 ? 1 : 3;
  living[first].reset();
  if (comm.size() > 1) {
    EXPECT_THROW(make(another), SharedError);
  }
  living[4 - first].reset();
  make(living[1]);
  make(another);
  s.fill();
  auto newest = another->start(0), oldest = living[0]->start(0), reused = living[1]->start(0);
  for (auto* pending : {&newest, &reused, &oldest}) pending->finish();
  check_phase(c, s, 0, "with tags used again");
}

TEST(Exchange, MayOutliveMpiAndKokkos) {
  // What is static dies after both are finalised; whether it does so in peace, the exit code of the job says.
  static const Comm comm(MPI_COMM_WORLD);
  static const Case c{Tiling({{8, 6, 4}, {true, true, true}}, 2), {}, Stencil::star(1), Method::hilbert};
  static const Domain domain = make_domain(comm, c.tiling, c.weights, c.stencil, {}, c.method, sizeof(double));
  static std::vector<std::vector<double>> values;
  const std::vector<Block> blocks = blocks_for(domain, {&c.stencil, 1}, 0);
  std::vector<StridedArray> arrays;
  for (const Block& b : blocks) {
    values.emplace_back(b.stored.volume());
    const Int3 e = b.stored.extent();
    arrays.push_back({values.back().data(), e, {1, e.x, e.x * e.y}});
  }
  const FieldRef field = ref_of(arrays, sizeof(double), blocks);
  static Exchange by_message(comm, domain, c.stencil, {field}, {Transport::message}), shared(comm, domain, c.stencil, {field});
  for (Exchange* exchange : {&by_message, &shared}) {
    exchange->start(0).finish();
    exchange->add_halos_to_owners<double>(0);
  }
}

TEST(Exchange, RanksThatDisagreeAreTold) {
  const Comm comm(MPI_COMM_WORLD);
  if (comm.size() == 1) return;
  const Grid grid{{16, 6, 4}, {false, false, false}};
  const Case agreed{Tiling(grid, 2), {}, Stencil::star(1), Method::slab};
  const auto refusal = [&](auto value, const Case& mine, const ExchangeOptions& options = {}) {
    Setting<decltype(value)> s(agreed, comm);
    s.domain.partition = make_partition(mine.tiling, mine.weights, mine.stencil, {}, comm.size(), mine.method);
    try {
      Exchange(comm, s.domain, mine.stencil, s.refs, options);
    } catch (const SharedError& e) {
      return std::string(e.what());
    }
    return std::string("none");
  };
  const auto expect = [](const std::string& text, const char* about) { EXPECT_NE(text.find(about), std::string::npos) << text; };
  const bool odd = comm.rank() == 1;
  EXPECT_EQ(refusal(1.0, agreed), "none") << "the control";

  Case other = agreed;
  other.method = Method::hilbert;  // a slab does not look at bricks
  if (odd) other.tiling = Tiling(grid, 1);
  expect(refusal(1.0, other), "disagree on the partition");
  other = agreed;
  if (odd) other.weights.active(BoxSet({Box{{0, 0, 0}, {16, 6, 3}}}));
  expect(refusal(1.0, other), "disagree on the partition");
  other = agreed;
  // Less is read than is stored.
  if (odd) other.stencil = Stencil({{"u"}}, {{{0, 0, {0, 0, 0}, {1, 0, 0}}}});
  expect(refusal(1.0, other), "disagree on the stencil");
  expect(odd ? refusal(1.0F, agreed) : refusal(1.0, agreed), "disagree on the fields' values");
  const auto options_of_one = [&](auto change) {
    ExchangeOptions options{Transport::message};
    if (odd) change(options);
    expect(refusal(1.0, agreed, options), "disagree on the options");
  };
  options_of_one([](ExchangeOptions& o) { o.transport = Transport::shared; });
  options_of_one([](ExchangeOptions& o) { o.largest_request_bytes = 64; });
  options_of_one([](ExchangeOptions& o) { o.checksum = true; });
}

TEST(Exchange, WrongFieldsAreRefusedEverywhere) {
  const Comm comm(MPI_COMM_WORLD);
  const Case c{Tiling({{8, 6, 4}, {false, false, false}}, 2), {}, Stencil::star(1), Method::hilbert};
  Setting<float> s(c, comm);
  auto refs = s.refs;
  if (comm.rank() == 0) refs[0].value_bytes = 3;
  EXPECT_THROW(Exchange(comm, s.domain, c.stencil, refs), SharedError);
  EXPECT_THROW(Exchange(comm, s.domain, c.stencil, {}), SharedError);
}

}  // namespace
}  // namespace hilbrick::testing
