// SPDX-License-Identifier: BSD-3-Clause
// Arrays of the caller's own: strides, Views of every layout, components of a View with four indices, and what only kernels reach. Where
// Kokkos' default execution space is the host's, its memory stands in for that of a device: staged and direct messages alike.
#include <gtest/gtest.h>

#include <cstring>
#include <hilbrick/digest.hpp>
#include <hilbrick/verify.hpp>
#include <optional>
#include <string_view>

#include "oracle.hpp"

namespace hilbrick::testing {
namespace {

using Kokkos::LayoutLeft;
using Kokkos::LayoutRight;
using Kokkos::LayoutStride;
using HostSpace = Kokkos::HostSpace;
using DeviceSpace = Kokkos::DefaultExecutionSpace::memory_space;

/// Block b's stored cells with `more` cells more on each side: a halo wider than the stencil's.
std::vector<Block> widened(std::vector<Block> blocks, Index more) {
  for (Block& b : blocks) b.stored = {b.stored.lo - Int3{more, more, more}, b.stored.hi + Int3{more, more, more}};
  return blocks;
}

std::array<std::size_t, 3> sizes(const Box& cells) {
  const Int3 e = cells.extent();
  return {static_cast<std::size_t>(e.x), static_cast<std::size_t>(e.y), static_cast<std::size_t>(e.z)};
}

/// Not set to zero: that would be a kernel, and std::complex has no constructor on a device.
inline auto unset() { return Kokkos::view_alloc("u", Kokkos::WithoutInitializing); }

/// Fields of values T in Views of a layout, or, as components, all fields side by side in Views with four indices.
template <class T, class Layout, class Space = HostSpace>
struct Views {
  using View = Kokkos::View<T***, Layout, Space>;
  template <class Other>
  using In = Views<T, Layout, Other>;

  Views(const Domain& domain, const Stencil& stencil, Index wider) {
    for (int f = 0; f < static_cast<int>(stencil.fields().size()); ++f) {
      const std::vector<Block> blocks = widened(blocks_for(domain, {&stencil, 1}, f), wider);
      std::vector<View> views;
      for (const Block& b : blocks) {
        const auto [x, y, z] = sizes(b.stored);
        if constexpr (std::is_same_v<Layout, LayoutStride>)  // y fastest, every other value, gaps between rows
          views.emplace_back(unset(), LayoutStride(x, 2 * y + 3, y, 2, z, (2 * y + 3) * x + 1));
        else
          views.emplace_back(unset(), x, y, z);
      }
      refs.push_back(ref_of(views, blocks));
      all.push_back(std::move(views));
    }
  }
  std::vector<std::vector<View>> all;
  std::vector<FieldRef> refs;
};

template <class T, class Layout, class Space = HostSpace>
struct Components {
  template <class Other>
  using In = Components<T, Layout, Other>;

  Components(const Domain& domain, const Stencil& stencil, Index wider) {
    // One View for each box, large enough for every field's block.
    const int count = static_cast<int>(stencil.fields().size());
    std::vector<std::vector<Block>> blocks;
    for (int f = 0; f < count; ++f) blocks.push_back(widened(blocks_for(domain, {&stencil, 1}, f), wider));
    for (std::size_t b = 0; b < domain.boxes.size(); ++b) {
      Box stored;
      for (const auto& of_field : blocks) stored = hull(stored, of_field[b].stored);
      for (auto& of_field : blocks) of_field[b].stored = stored;
      const auto [x, y, z] = sizes(stored);
      all.emplace_back(unset(), x, y, z, static_cast<std::size_t>(count));
    }
    for (int f = 0; f < count; ++f) {
      std::vector<decltype(component(f, 0))> views;
      for (std::size_t b = 0; b < domain.boxes.size(); ++b) views.push_back(component(f, b));
      refs.push_back(ref_of(views, blocks[static_cast<std::size_t>(f)]));
    }
  }
  auto component(int f, std::size_t b) const { return Kokkos::subview(all[b], Kokkos::ALL, Kokkos::ALL, Kokkos::ALL, f); }

  std::vector<Kokkos::View<T****, Layout, Space>> all;
  std::vector<FieldRef> refs;
};

/// All that Views of one layout span, gaps included.
template <class To, class From>
void copy_all(const std::vector<To>& to, const std::vector<From>& from) {
  using Unmanaged = Kokkos::MemoryTraits<Kokkos::Unmanaged>;
  for (std::size_t i = 0; i < to.size(); ++i) {
    ASSERT_EQ(to[i].span(), from[i].span());
    const std::size_t bytes = to[i].span() * sizeof(typename To::value_type);
    Kokkos::deep_copy(
        Kokkos::View<unsigned char*, typename To::memory_space, Unmanaged>(reinterpret_cast<unsigned char*>(to[i].data()), bytes),
        Kokkos::View<unsigned char*, typename From::memory_space, Unmanaged>(reinterpret_cast<unsigned char*>(from[i].data()), bytes));
  }
}

/// A way for messages to travel, and who reaches the arrays: the host, or, perhaps as if, only kernels.
struct Way {
  const char* name;
  Memory memory;
  ExchangeOptions options;
};

ExchangeOptions options_of(Transport transport, DeviceMessages messages, bool checksum = false) {
  ExchangeOptions options;
  options.transport = transport;
  options.device_messages = messages;
  options.checksum = checksum;
  return options;
}

const Way ways[] = {
    {"message", Memory::host, options_of(Transport::message, DeviceMessages::automatic)},
    {"shared", Memory::host, options_of(Transport::shared, DeviceMessages::automatic)},
    {"device_direct", Memory::device, options_of(Transport::automatic, DeviceMessages::direct)},
    {"device_staged_message", Memory::device, options_of(Transport::message, DeviceMessages::staged)},
    {"device_staged_shared", Memory::device, options_of(Transport::shared, DeviceMessages::automatic)},
    {"device_checksum", Memory::device, options_of(Transport::automatic, DeviceMessages::automatic, true)},
};

class ArraysBy : public ::testing::TestWithParam<Way> {
 protected:
  /// Collective over all ranks.
  void SetUp() override {
    if (GetParam().options.device_messages != DeviceMessages::direct) return;
    const Comm comm(MPI_COMM_WORLD);
    const Stencil stencil = Stencil::star(1);
    const Domain domain = make_domain(comm, Tiling({{8, 8, 8}, {}}, 4), {}, stencil, {}, Method::slab, 8);
    const Views<double, LayoutLeft, DeviceSpace> views(domain, stencil, 0);
    if (Exchange(comm, domain, stencil, as_if(views.refs)).direct()) return;
    EXPECT_THROW(Exchange(comm, domain, stencil, as_if(views.refs), GetParam().options), SharedError);
    GTEST_SKIP() << "this MPI does not move the memory of this device";
  }

  std::vector<FieldRef> as_if(std::vector<FieldRef> refs) const {
    for (FieldRef& r : refs) r.memory = GetParam().memory;
    return refs;
  }
  /// Calls f(space), a value of the memory space of the arrays.
  template <class F>
  static void in_space(F&& f) {
    if (GetParam().memory == Memory::device)
      f(DeviceSpace());
    else
      f(HostSpace());
  }

  template <class Arrays>
  void run_cases(std::uint32_t first_seed, std::uint32_t count) const {
    in_space([&]<class Space>(Space) { run_cases_in<typename Arrays::template In<Space>>(first_seed, count); });
  }

 private:
  /// Random cases: the exchange is right by verify, whose own oracle is position; sent is what was planned.
  template <class Arrays>
  void run_cases_in(std::uint32_t first_seed, std::uint32_t count) const {
    const Comm comm(MPI_COMM_WORLD);
    for (std::uint32_t seed = first_seed; seed < first_seed + count; ++seed) {
      const Case c = draw(seed, comm.size());
      const Domain domain = make_domain(comm, c.tiling, c.weights, c.stencil, {}, c.method, 8);
      const Arrays arrays(domain, c.stencil, seed % 3);
      const std::vector<FieldRef> refs = as_if(arrays.refs);
      Exchange exchange(comm, domain, c.stencil, refs, GetParam().options);
      EXPECT_NO_THROW(verify(comm, domain, c.stencil, refs, exchange)) << "seed " << seed;
      const Index phases = static_cast<Index>(c.stencil.phases().size());
      EXPECT_EQ(exchange.counters().bytes_sent() * phases, exchange.planned_bytes() * exchanges_of(exchange)) << "seed " << seed;
      EXPECT_EQ(exchange.direct(), GetParam().options.device_messages == DeviceMessages::direct);
    }
  }
  static Index exchanges_of(const Exchange& exchange) {
    Index n = 0;
    for (const PhaseCounters& phase : exchange.counters().phases) n += phase.exchanges;
    return n;
  }
};
INSTANTIATE_TEST_SUITE_P(All, ArraysBy, ::testing::ValuesIn(ways), [](const auto& way) { return std::string(way.param.name); });

TEST_P(ArraysBy, ViewsXFastest) { run_cases<Views<float, LayoutLeft>>(1, 10); }
TEST_P(ArraysBy, ViewsZFastest) { run_cases<Views<double, LayoutRight>>(100, 10); }
TEST_P(ArraysBy, ViewsWithStrides) { run_cases<Views<std::int32_t, LayoutStride>>(200, 10); }
TEST_P(ArraysBy, ViewsOfComplexNumbers) {
  run_cases<Views<std::complex<float>, LayoutRight>>(300, 4);
  run_cases<Views<Kokkos::complex<double>, LayoutLeft>>(400, 4);
  run_cases<Views<std::complex<double>, LayoutStride>>(500, 4);
}
TEST_P(ArraysBy, ComponentsOfOneView) {
  run_cases<Components<float, LayoutLeft>>(600, 5);
  run_cases<Components<double, LayoutRight>>(700, 5);
}

/// The same values in an own Field, in Views of another layout on another way: halos of the same bits, and sums of the same bits backwards,
/// where values are such that another order of adding shows.
template <class T, class Layout, class Space>
void same_bits(const Way& way) {
  const Comm comm(MPI_COMM_WORLD);
  const Stencil stencil = Stencil::box(2);
  const Domain domain = make_domain(comm, Tiling({{12, 10, 9}, {true, true, true}}, 2), {}, stencil, {}, Method::hilbert, sizeof(T));
  const auto value = [&](Int3 c) { return T(1) / static_cast<T>(static_cast<float>(1 + hash_of(comm.rank(), c) % 9999)); };

  const Field<T> plain("plain", domain, {&stencil, 1}, 0);
  Exchange reference(comm, domain, stencil, {plain.ref()}, {Transport::message});
  const Views<T, Layout, Space> own(domain, stencil, 1);
  const Views<T, Layout> on_host(domain, stencil, 1);  // what they are to hold, and held
  FieldRef ref = own.refs[0];
  ref.memory = way.memory;
  Exchange exchange(comm, domain, stencil, {ref}, way.options);

  const auto run = [&](bool backwards) {
    for (std::size_t b = 0; b < domain.boxes.size(); ++b)
      for_each_cell(plain.blocks()[b].stored, [&](Int3 c) {
        plain.at(b, c) = value(c);
        *reinterpret_cast<T*>(on_host.refs[0].value(b, c)) = value(c);
      });
    copy_all(own.all[0], on_host.all[0]);
    if (backwards) {
      reference.add_halos_to_owners<T>(0);
      exchange.add_halos_to_owners<T>(0);
    } else {
      reference.start(0).finish();
      exchange.start(0).finish();
    }
    copy_all(on_host.all[0], own.all[0]);
    Index wrong = 0;
    for (std::size_t b = 0; b < domain.boxes.size(); ++b)
      for_each_cell(plain.blocks()[b].stored, [&](Int3 c) {
        if (std::memcmp(&plain.at(b, c), on_host.refs[0].value(b, c), sizeof(T)) != 0) ++wrong;
      });
    EXPECT_EQ(wrong, 0) << (backwards ? "backwards" : "forwards");
    EXPECT_EQ(digest(comm, domain.partition.grid(), {plain.ref()}), digest(comm, domain.partition.grid(), {ref}));
  };
  for (int repeat = 0; repeat < 3; ++repeat) {
    run(false);
    run(true);
  }
}

TEST_P(ArraysBy, SameBitsAsOwnFields) {
  in_space([]<class Space>(Space) {
    same_bits<float, LayoutRight, Space>(GetParam());
    same_bits<double, LayoutStride, Space>(GetParam());
    same_bits<std::complex<float>, LayoutRight, Space>(GetParam());
    same_bits<std::complex<double>, LayoutStride, Space>(GetParam());
  });
}

/// Four bytes, sixteen and eight, face-, edge- and node-centred, each read at widths of its own on each side, in arrays of three layouts.
template <class Space>
void many_kinds(const Way& way) {
  const Comm comm(MPI_COMM_WORLD);
  const Stencil stencil({{"cells"}, {"faces", {true, false, false}}, {"edges", {true, true, false}}, {"nodes", {true, true, true}}},
                        {{{0, 0, {-4, 0, -1}, {2, 3, 1}}, {0, 1, {0, -2, 0}, {1, 0, 4}}, {1, 2, {-3, -3, 0}, {0, 0, 0}}},
                         {{2, 3, {-1, -1, -1}, {1, 1, 1}}, {3, 0, {-1, -1, -1}, {0, 0, 0}}, {0, 3, {0, 0, 0}, {9, 1, 1}}}});
  for (const bool periodic : {false, true})
    for (const Index brick : {1, 3}) {
      const Grid grid{{7, 5, 4}, {periodic, false, periodic}};
      const Domain domain = make_domain(comm, Tiling(grid, brick), {}, stencil, {}, Method::hilbert, 8);
      const Views<std::int32_t, LayoutRight, Space> a(domain, stencil, 0);
      const Views<std::complex<double>, LayoutStride, Space> b(domain, stencil, 1);
      const Views<std::complex<float>, LayoutLeft, Space> c(domain, stencil, 0);
      const Components<float, LayoutRight, Space> d(domain, stencil, 0);
      std::vector<FieldRef> refs{a.refs[0], b.refs[1], c.refs[2], d.refs[3]};
      for (FieldRef& r : refs) r.memory = way.memory;
      Exchange exchange(comm, domain, stencil, refs, way.options);
      EXPECT_NO_THROW(verify(comm, domain, stencil, refs, exchange)) << "bricks of " << brick;
    }
}
TEST_P(ArraysBy, FieldsOfManyKindsTogether) {
  in_space([]<class Space>(Space) { many_kinds<Space>(GetParam()); });
}

/// One field of doubles, and the exchange that moves it.
template <class Space>
struct OneField {
  explicit OneField(const Way& way)
      : stencil(Stencil::star(1)),
        domain(make_domain(comm, Tiling({{8, 8, 8}, {true, true, true}}, 2), {}, stencil, {}, Method::hilbert, 8)),
        views(domain, stencil, 0),
        exchange(comm, domain, stencil, {as(way.memory)}, way.options) {}
  FieldRef as(Memory memory) const {
    FieldRef ref = views.refs[0];
    ref.memory = memory;
    return ref;
  }

  const Comm comm{MPI_COMM_WORLD};
  const Stencil stencil;
  const Domain domain;
  const Views<double, LayoutRight, Space> views;
  Exchange exchange;
};

TEST_P(ArraysBy, AllocateNothingWhileRunning) {
  in_space([]<class Space>(Space) {
    OneField<Space> one(GetParam());
    static int allocations;
    allocations = 0;
    Kokkos::Profiling::Experimental::set_allocate_data_callback(
        [](Kokkos::Profiling::SpaceHandle, const char*, const void*, std::uint64_t) { ++allocations; });
    for (int repeat = 0; repeat < 3; ++repeat) {
      one.exchange.start(0).finish();
      one.exchange.template add_halos_to_owners<double>(0);
    }
    EXPECT_EQ(allocations, 0);
    const Kokkos::View<float*, Space> control("control", 3);
    EXPECT_EQ(allocations, 1) << "the counter must see an allocation";
    Kokkos::Profiling::Experimental::set_allocate_data_callback(nullptr);
  });
}

#if KOKKOS_VERSION >= 40000  // earlier ones do not tell of fences
TEST_P(ArraysBy, FenceOnceEachWay) {
  in_space([]<class Space>(Space) {
    OneField<Space> one(GetParam());
    static std::set<std::string> labels;  // one fence is told of once for each execution space
    const auto ours = [](auto&& f) {
      labels.clear();
      f();
      return labels.size();
    };
    Kokkos::Tools::Experimental::set_begin_fence_callback([](const char* name, std::uint32_t, std::uint64_t*) {
      if (std::string_view(name).starts_with("hilbrick::")) labels.insert(name);
    });
    const std::size_t when_received = GetParam().memory == Memory::device ? 1 : 0;
    std::optional<Exchange::Pending> pending;
    EXPECT_EQ(ours([&] { pending = one.exchange.start(0); }), 1U);
    EXPECT_EQ(ours([&] { pending->finish(); }), when_received);
    EXPECT_EQ(ours([&] { one.exchange.template add_halos_to_owners<double>(0); }), 1 + when_received);
    Kokkos::Tools::Experimental::set_begin_fence_callback(nullptr);
  });
}
#endif

TEST(Arrays, WhoReachesThemIsTold) {
  const Comm comm(MPI_COMM_WORLD);
  const Stencil stencil = Stencil::star(1);
  const Domain domain = make_domain(comm, Tiling({{8, 8, 8}, {}}, 8), {}, stencil, {}, Method::slab, 8);
  const bool only_kernels = !Kokkos::SpaceAccessibility<HostSpace, DeviceSpace>::accessible;
  EXPECT_EQ((Views<float, LayoutLeft, DeviceSpace>(domain, stencil, 0).refs[0].memory), only_kernels ? Memory::device : Memory::host);
  EXPECT_EQ((Views<float, LayoutLeft>(domain, stencil, 0).refs[0].memory), Memory::host);
}

TEST(Arrays, StridesMayBeNegative) {
  const Comm comm(MPI_COMM_WORLD);
  const Stencil stencil = Stencil::star(2);
  const Domain domain = make_domain(comm, Tiling({{9, 8, 7}, {true, false, true}}, 3), {}, stencil, {}, Method::rcb, 8);
  const std::vector<Block> blocks = blocks_for(domain, {&stencil, 1}, 0);
  std::vector<std::vector<double>> values;
  std::vector<StridedArray> arrays;
  for (const Block& b : blocks) {
    const Int3 e = b.stored.extent();
    std::vector<double>& v = values.emplace_back(static_cast<std::size_t>(product(e)));
    arrays.push_back({v.data() + v.size() - 1, e, {-1, -e.x, -e.x * e.y}});
  }
  const FieldRef ref = ref_of(arrays, sizeof(double), blocks);
  Exchange exchange(comm, domain, stencil, {ref});
  EXPECT_NO_THROW(verify(comm, domain, stencil, {ref}, exchange));
}

TEST(Arrays, ThatDoNotFitAreRefused) {
  const Comm comm(MPI_COMM_WORLD);
  const Stencil stencil = Stencil::star(1);
  const Domain domain = make_domain(comm, Tiling({{8, 8, 8}, {}}, 8), {}, stencil, {}, Method::slab, 8);
  const auto message = [](auto&& f) {
    try {
      f();
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  const auto expect_words = [](const std::string& text, const std::string& words) {
    EXPECT_NE(text.find(words), std::string::npos) << text;
  };
  const Views<double, LayoutLeft> good(domain, stencil, 0);
  const std::vector<Block>& blocks = good.refs[0].blocks;
  if (!blocks.empty()) {
    const auto [x, y, z] = sizes(blocks[0].stored);
    std::vector<Kokkos::View<double***>> views{Kokkos::View<double***>("u", x, y, z + 1)};
    expect_words(message([&] { ref_of(views, blocks); }), "expected array 0 to have the extent of what its block stores, ");
    views.push_back(views[0]);
    expect_words(message([&] { ref_of(views, blocks); }), "expected one for each of the rank's 1 boxes, found 2");
    std::vector<StridedArray> crooked(2, {good.refs[0].data, blocks[0].stored.extent(), {1, 1, 1}});
    crooked[1].data = static_cast<std::byte*>(crooked[1].data) + 4;
    expect_words(message([&] { ref_of(crooked, 8, {blocks[0], blocks[0]}); }), "expected arrays that lie whole values apart");
  }
  // What only the exchange can know, on the ranks that have it, is told to all.
  const auto refused = [&](FieldRef field, const ExchangeOptions& options = {}) {
    return message([&] { Exchange(comm, domain, stencil, {field}, options); });
  };
  FieldRef field = good.refs[0];
  for (Block& b : field.blocks) b.stored = b.owned;
  if (comm.size() > 1) expect_words(refused(field), "expected block 0 to store (");
  field = good.refs[0];
  for (Block& b : field.blocks) --b.owned.hi.x;
  expect_words(refused(field), "expected block 0 to own (");
  field = good.refs[0];
  field.memory = Memory::device;
  expect_words(refused(field, options_of(Transport::shared, DeviceMessages::direct)), "direct device messages are MPI's");
}

TEST(Arrays, ControlAStrideThatIsOffIsSeen) {
  const Comm comm(MPI_COMM_WORLD);
  const Stencil stencil = Stencil::box(1);
  const Domain domain = make_domain(comm, Tiling({{8, 6, 4}, {true, true, true}}, 2), {}, stencil, {}, Method::hilbert, 8);
  const Views<double, LayoutRight> views(domain, stencil, 0);
  std::vector<FieldRef> wrong = views.refs;
  for (Block& b : wrong[0].blocks) b.stride_x = 0;
  Exchange exchange(comm, domain, stencil, wrong);
  const Faults faults = find_faults(domain, stencil, views.refs, [&](std::size_t phase) { exchange.start(phase).finish(); });
  EXPECT_EQ(faults.count > 0, !domain.boxes.empty());
}

}  // namespace
}  // namespace hilbrick::testing
