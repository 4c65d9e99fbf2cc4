// SPDX-License-Identifier: BSD-3-Clause
// Lumped elements and ports on a line that is exactly one-dimensional: one cell across, conductors below and above, periodic sideways. Its
// impedance is eta0 times height over width.
#include <gtest/gtest.h>

#include <algorithm>
#include <complex>
#include <elements.hpp>
#include <filesystem>
#include <fstream>
#include <hilbrick/partition/error.hpp>
#include <numbers>
#include <ports.hpp>
#include <sstream>

#include "simulation.hpp"

namespace hilbrick::fdtd {
namespace {

using namespace testing;
using Complex = std::complex<double>;
using namespace std::complex_literals;

constexpr double d = 1e-3;  // m
constexpr Index length = 60, at_port = 10, at_load = 40;
constexpr double frequency_hz = 3e9;

Element element_at(Index x) {
  Element e;
  e.from_m = {double(x) * d, 0, 0};
  e.to_m = {double(x) * d, d, 0};
  return e;
}

/// A line along x, closed by PML at both ends: a port at `at_port` that sees the line to both sides, an element at `at_load`.
Scene line(const std::optional<Element>& load, Index steps = 4000) {
  Scene s = box_scene({length, 1, 1}, {d, d, d}, Boundary::pml, steps);
  s.boundary[1] = {Boundary::pec, Boundary::pec};
  s.boundary[2] = {Boundary::periodic, Boundary::periodic};
  Port p;
  p.name = "in";
  p.from_m = element_at(at_port).from_m;
  p.to_m = element_at(at_port).to_m;
  p.resistance_ohm = 100;
  p.waveform = pulse(frequency_hz);
  p.frequencies_hz = {frequency_hz};
  s.ports.push_back(p);
  if (load) s.elements.push_back(*load);
  return s;
}

struct Answer {
  Complex s, z;
};

/// What ports.csv says of the first port at the first frequency. Collective over comm.
template <class T>
Answer answer(const Comm& comm, const Scene& scene) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("hilbrick_elements_" + std::to_string(comm.size()));
  if (comm.rank() == 0) std::filesystem::create_directories(folder);
  Simulation<T> sim(comm, scene);
  PortRecorder<T> ports(comm, scene, sim.solver, folder, 100);
  for (Index n = 0; n < *scene.steps; ++n) {
    sim.steps(1);
    ports.record();
    if (ports.full()) ports.flush();
  }
  ports.end_run();
  ports.close();
  std::vector<double> values(4);
  if (comm.rank() == 0) {
    std::ifstream file(folder / "ports.csv");
    std::string heading, row;
    std::getline(file, heading);
    std::getline(file, row);
    std::replace(row.begin(), row.end(), ',', ' ');
    std::string port, driven;
    double f = 0, db = 0;
    std::istringstream(row) >> f >> port >> driven >> values[0] >> values[1] >> db >> values[2] >> values[3];
    std::filesystem::remove_all(folder);
  }
  values = broadcast(comm, values);
  return {{values[0], values[1]}, {values[2], values[3]}};
}

/// The line's impedance at a frequency as the grid has it, seen from a node: a lossless ladder.
Complex beyond(Complex load_admittance, Index cells, double dt_s) {
  // Each cell: series inductance mu0 d (height over width 1), shunt capacitance eps0 d, in the leapfrog's (2 / dt) sin(w dt / 2).
  const Complex s = 2i / dt_s * std::sin(std::numbers::pi * frequency_hz * dt_s);
  Complex y = load_admittance;
  for (Index i = 0; i < cells; ++i) {
    y = 1.0 / (1.0 / y + s * mu0 * d);
    if (i + 1 < cells) y += s * eps0 * d;
  }
  return y;
}

/// An endless line's admittance, seen from a node whose own capacitance is not counted.
Complex endless(double dt_s) {
  const Complex s = 2i / dt_s * std::sin(std::numbers::pi * frequency_hz * dt_s);
  // y = 1 / (s L + 1 / (s C + y)).
  const Complex l = s * mu0 * d, c = s * eps0 * d;
  const Complex root = std::sqrt(c * c + 4.0 * c / l);
  const Complex y = (-c + root) / 2.0;
  return y.real() > 0 ? y : (-c - root) / 2.0;
}

/// What the port should see: the line to the left, its node's capacitance, and the line to the load and what follows it.
Complex expected_z(const Scene& scene, Complex load_admittance) {
  const double dt = numerics_of(scene).dt_s;
  // Elements answer to the mean over a step, the capacitance to its difference: their ratio is what counts.
  const double mean = std::cos(std::numbers::pi * frequency_hz * dt);
  const Complex s = 2i / dt * std::sin(std::numbers::pi * frequency_hz * dt);
  const Complex at_load_node = s * eps0 * d + load_admittance * mean + endless(dt);
  const Complex y = endless(dt) + s * eps0 * d + beyond(at_load_node, at_load - at_port, dt);
  return mean / y;
}

/// The frequency that trapezoidal elements see.
double seen_omega(const Scene& scene) {
  const double dt = numerics_of(scene).dt_s;
  return 2 / dt * std::tan(std::numbers::pi * frequency_hz * dt);
}

void expect_admittance(const std::optional<Element>& load, const std::function<Complex(double)>& admittance) {
  const Comm comm(MPI_COMM_WORLD);
  const Scene scene = line(load);
  const Answer found = answer<double>(comm, scene);
  const Complex z = expected_z(scene, admittance(seen_omega(scene)));
  EXPECT_LT(std::abs(found.z - z) / std::abs(z), 1e-3) << found.z << " " << z;
  EXPECT_LT(std::abs(found.s - (z - 100.0) / (z + 100.0)), 1e-3);
}

TEST(Elements, NothingIsTheLineItself) {
  expect_admittance(std::nullopt, [](double) { return Complex{}; });
}
TEST(Elements, Resistor) {
  Element e = element_at(at_load);
  e.resistance_ohm = 75;
  expect_admittance(e, [](double) { return Complex{1 / 75.0}; });
}
TEST(Elements, Capacitor) {
  Element e = element_at(at_load);
  e.capacitance_f = 0.3e-12;
  expect_admittance(e, [](double w) { return 1i * w * 0.3e-12; });
}
TEST(Elements, Inductor) {
  Element e = element_at(at_load);
  e.inductance_h = 5e-9;
  expect_admittance(e, [](double w) { return 1.0 / (1i * w * 5e-9); });
}
TEST(Elements, ParallelCircuit) {
  Element e = element_at(at_load);
  e.resistance_ohm = 200;
  e.inductance_h = 5e-9;
  e.capacitance_f = 0.3e-12;
  expect_admittance(e, [](double w) { return 1 / 200.0 + 1.0 / (1i * w * 5e-9) + 1i * w * 0.3e-12; });
}
TEST(Elements, SeriesCircuits) {
  Element e = element_at(at_load);
  e.in_series = true;
  e.resistance_ohm = 20;
  e.capacitance_f = 0.3e-12;
  expect_admittance(e, [](double w) { return 1.0 / (20.0 + 1.0 / (1i * w * 0.3e-12)); });
  e.inductance_h = 5e-9;
  expect_admittance(e, [](double w) { return 1.0 / (20.0 + 1i * w * 5e-9 + 1.0 / (1i * w * 0.3e-12)); });
  e.capacitance_f.reset();
  expect_admittance(e, [](double w) { return 1.0 / (20.0 + 1i * w * 5e-9); });
}

TEST(Elements, ARowOfEdgesSharesAnElementEvenly) {
  const Comm comm(MPI_COMM_WORLD);
  // Two cells high and two wide: the same impedance.
  Element one = element_at(at_load), two = one;
  one.resistance_ohm = 75;
  one.inductance_h = 5e-9;
  const Answer single = answer<double>(comm, line(one));
  Scene s = line(std::nullopt);
  s.cells = {length, 2, 1};
  s.spacing_m = {d, d / 2, d};
  two.resistance_ohm = 75;
  two.inductance_h = 5e-9;
  s.elements.push_back(two);
  s.courant = numerics_of(line(std::nullopt)).dt_s / numerics_of(s).dt_s * s.courant;
  if (s.courant > 1) s.courant = 0.99;
  const Answer shared = answer<double>(comm, s);
  EXPECT_LT(std::abs(single.z - shared.z) / std::abs(single.z), 0.01);
}

TEST(Elements, SameAnswerOnEveryNumberOfRanks) {
  const Comm comm(MPI_COMM_WORLD), alone(MPI_COMM_SELF);
  Element e = element_at(at_load);
  e.in_series = true;
  e.resistance_ohm = 20;
  e.inductance_h = 5e-9;
  Scene s = line(e, 400);
  for (const Index brick : {1, 5, 16}) {
    s.brick = brick;
    Simulation<float> many(comm, s), one(alone, s);
    many.steps(400);
    one.steps(400);
    EXPECT_EQ(many.solver.digest(), one.solver.digest());
  }
}

TEST(Elements, NoneLiesInAConductor) {
  Scene s = line(element_at(at_load));
  s.elements[0].resistance_ohm = 1;
  check_elements(s, numerics_of(s));
  s.shapes.push_back({BoxShape{{0.035, 0, 0}, {0.045, 1, 1}}, 1, {}});
  EXPECT_THROW(check_elements(s, numerics_of(s)), Error);
}

}  // namespace
}  // namespace hilbrick::fdtd
