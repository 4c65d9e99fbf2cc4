// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>

#include "measured.hpp"
#include "rounds.hpp"

namespace hilbrick::calibrate {

UpdateCost update_cost(const std::vector<BoxTime>& boxes) {
  // The least sum of (cell a + row b - 1)^2, a and b cells and rows over seconds.
  double aa = 0, ab = 0, bb = 0, a1 = 0, b1 = 0;
  for (const BoxTime& box : boxes) {
    if (!box.fitted) continue;
    const double a = static_cast<double>(product(box.cells)) / box.step_seconds;
    const double b = static_cast<double>(box.cells.y * box.cells.z) / box.step_seconds;
    aa += a * a;
    ab += a * b;
    bb += b * b;
    a1 += a;
    b1 += b;
  }
  const double determinant = aa * bb - ab * ab;
  const bool rows_differ = determinant > 1e-6 * aa * bb;
  const double row = rows_differ ? (aa * b1 - ab * a1) / determinant : 0;
  return row > 0 ? UpdateCost{(a1 - ab * row) / aa, row} : UpdateCost{a1 / aa, 0};
}

namespace {

/// The part of a step's seconds that moves its bytes. Noise must not turn it to nothing.
double moving_seconds(double step_seconds, double small_seconds) { return std::max(step_seconds - small_seconds, 0.05 * step_seconds); }

void use_rings(const Rings& rings, double& message_seconds, double& rate, Int3* face_cost) {
  const std::array<double, 3> by_axis = bytes_per_second(rings);
  message_seconds = rings.message_seconds;
  rate = *std::max_element(by_axis.begin(), by_axis.end());
  // No axis is a hundred times as dear as another: what says so was disturbed.
  for (int a = 0; face_cost && a < 3; ++a)
    (*face_cost)[a] = std::clamp<Index>(std::llround(rate / by_axis[static_cast<std::size_t>(a)]), 1, 100);
}

/// One ring alone takes 1/rank + 1/link for a byte, `rings` of them together 1/rank + rings/link.
void use_network(const BetweenNodes& network, Machine& machine) {
  constexpr double least = 0.01;  // of a byte's time: what is less drowns in noise
  const auto bytes = static_cast<double>(network.bytes);
  const double alone = moving_seconds(network.alone_seconds, network.small_seconds) / bytes;
  const double together = moving_seconds(network.together_seconds, network.small_seconds) / bytes;
  machine.message_seconds = network.message_seconds;
  if (network.rings == 1) {
    machine.rank_bytes_per_second = 1 / alone;
    return;
  }
  const double link = std::clamp((together - alone) / (network.rings - 1), least * together / network.rings, together / network.rings);
  machine.link_bytes_per_second = 1 / link;
  machine.rank_bytes_per_second = 1 / std::max(alone - link, least * alone);
}

}  // namespace

std::array<double, 3> bytes_per_second(const Rings& rings) {
  std::array<std::vector<double>, 3> rates;
  for (const RingTime& t : rings.times)
    rates[static_cast<std::size_t>(t.axis)].push_back(static_cast<double>(t.bytes) / moving_seconds(t.step_seconds, rings.small_seconds));
  std::array<double, 3> result{};
  for (std::size_t a = 0; a < 3; ++a) result[a] = median(rates[a]);
  return result;
}

double saved_by_sharing(const OnNode& on_node, int axis) {
  const auto largest = [axis](const Rings& rings) {
    const RingTime* found = nullptr;
    for (const RingTime& t : rings.times)
      if (t.axis == axis && (!found || t.bytes > found->bytes)) found = &t;
    return found->step_seconds;
  };
  return on_node.shared ? largest(on_node.message) - largest(*on_node.shared) : 0;
}

Machine machine_of(const Measured& measured) {
  Machine machine;
  const UpdateCost cost = update_cost(measured.boxes);
  machine.seconds_per_cell = cost.cell;
  machine.seconds_per_row = cost.row;
  if (measured.on_node) {
    const OnNode& here = *measured.on_node;
    use_rings(here.message, machine.node_mpi_message_seconds, machine.node_mpi_bytes_per_second, nullptr);
    use_rings(here.shared.value_or(here.message), machine.node_message_seconds, machine.node_bytes_per_second, &machine.face_cost);
  }
  if (measured.between_nodes) use_network(*measured.between_nodes, machine);
  return machine;
}

}  // namespace hilbrick::calibrate
