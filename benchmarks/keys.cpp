// SPDX-License-Identifier: BSD-3-Clause
// What a key costs: encode, decode, and the walk over blocks that stands in for both wherever many bricks are asked for.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <hilbrick/partition/curve.hpp>
#include <random>
#include <vector>

namespace hilbrick {
namespace {

constexpr std::size_t count = 1024;  // 24 KiB of bricks, and a third of it of keys: near the core

std::vector<Int3> random_bricks(const Curve& curve) {
  std::mt19937_64 random(1);
  const Int3 n = curve.root().bricks.hi;
  std::vector<Int3> bricks(count);
  for (Int3& brick : bricks)
    for (int a = 0; a < 3; ++a) brick[a] = static_cast<Index>(random() % static_cast<std::uint64_t>(n[a]));
  return bricks;
}

template <class Values, class F>
void each(benchmark::State& state, const Values& values, F&& f) {
  for (auto _ : state)
    for (const auto& value : values) benchmark::DoNotOptimize(f(value));
  state.counters["per_key"] =
      benchmark::Counter(static_cast<double>(values.size()), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void encode(benchmark::State& state, const Curve& curve) {
  each(state, random_bricks(curve), [&](const Int3& brick) { return curve.key(brick); });
}

void decode(benchmark::State& state, const Curve& curve) {
  std::vector<Key> keys;
  for (const Int3 brick : random_bricks(curve)) keys.push_back(curve.key(brick));
  each(state, keys, [&](Key key) { return curve.brick(key); });
}

/// The functions that curves in a cube are made of.
Curve cube(Order order, int levels) {
  const Index n = Index{1} << levels;
  return {order, Fit::embedded, {n, n, n}};
}

void encode_slot(benchmark::State& state, Order order, int levels) {
  const std::vector<Int3> slots = random_bricks(cube(order, levels));
  if (order == Order::hilbert)
    each(state, slots, [&](const Int3& slot) { return hilbert_key(levels, slot); });
  else
    each(state, slots, [&](const Int3& slot) { return morton_key(slot); });
}

void decode_slot(benchmark::State& state, Order order, int levels) {
  const Curve curve = cube(order, levels);
  std::vector<Key> keys;
  for (const Int3 brick : random_bricks(curve)) keys.push_back(curve.key(brick));
  if (order == Order::hilbert)
    each(state, keys, [&](Key key) { return hilbert_slot(levels, key); });
  else
    each(state, keys, [&](Key key) { return morton_slot(key); });
}

/// All blocks of a curve down to single bricks; the bricks' boxes are read, as a caller would.
std::int64_t walk(const Curve& curve, const CurveBlock& block) {
  benchmark::DoNotOptimize(block.bricks);
  std::array<CurveBlock, 8> parts;
  const int parts_count = curve.divide(block, parts);
  std::int64_t blocks = 1;
  for (int i = 0; i < parts_count; ++i) blocks += walk(curve, parts[i]);
  return blocks;
}

void divide(benchmark::State& state, const Curve& curve) {
  std::int64_t blocks = 0;
  for (auto _ : state) blocks += walk(curve, curve.root());
  state.counters["per_block"] = benchmark::Counter(static_cast<double>(blocks), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

BENCHMARK_CAPTURE(encode_slot, morton, Order::morton, 20);
BENCHMARK_CAPTURE(decode_slot, morton, Order::morton, 20);
BENCHMARK_CAPTURE(encode_slot, hilbert / 10, Order::hilbert, 10);
BENCHMARK_CAPTURE(decode_slot, hilbert / 10, Order::hilbert, 10);
BENCHMARK_CAPTURE(encode_slot, hilbert / 20, Order::hilbert, 20);
BENCHMARK_CAPTURE(decode_slot, hilbert / 20, Order::hilbert, 20);
BENCHMARK_CAPTURE(encode, morton / embedded, Curve(Order::morton, Fit::embedded, {1000, 800, 600}));
BENCHMARK_CAPTURE(decode, morton / embedded, Curve(Order::morton, Fit::embedded, {1000, 800, 600}));
BENCHMARK_CAPTURE(encode, hilbert / embedded, Curve(Order::hilbert, Fit::embedded, {1000, 800, 600}));
BENCHMARK_CAPTURE(decode, hilbert / embedded, Curve(Order::hilbert, Fit::embedded, {1000, 800, 600}));
BENCHMARK_CAPTURE(encode, hilbert / stretched, Curve(Order::hilbert, Fit::stretched, {1000, 800, 600}));
BENCHMARK_CAPTURE(decode, hilbert / stretched, Curve(Order::hilbert, Fit::stretched, {1000, 800, 600}));
BENCHMARK_CAPTURE(encode, hilbert / generalised, Curve(Order::hilbert, Fit::generalised, {1000, 800, 600}));
BENCHMARK_CAPTURE(decode, hilbert / generalised, Curve(Order::hilbert, Fit::generalised, {1000, 800, 600}));
BENCHMARK_CAPTURE(divide, morton / embedded, Curve(Order::morton, Fit::embedded, {64, 64, 64}));
BENCHMARK_CAPTURE(divide, hilbert / embedded, Curve(Order::hilbert, Fit::embedded, {64, 64, 64}));
BENCHMARK_CAPTURE(divide, hilbert / stretched, Curve(Order::hilbert, Fit::stretched, {75, 50, 40}));
BENCHMARK_CAPTURE(divide, hilbert / generalised, Curve(Order::hilbert, Fit::generalised, {75, 50, 40}));

}  // namespace
}  // namespace hilbrick
