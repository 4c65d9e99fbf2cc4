// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Ports: what generators give and loads take. A port is a resistance R in series with an ideal source V_s (0 where it has no waveform), so
// its voltage V alone tells its current I = (V_s - V) / R, its power waves a = V_s / (2 sqrt R) and b = (2 V - V_s) / (2 sqrt R) (Kurokawa
// 1965), and with port i driven S_ji = b_j / a_i.

#include <complex>
#include <filesystem>
#include <hilbrick/output.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "solver.hpp"
#include "taps.hpp"

namespace hilbrick::fdtd {

/// What a run's generators give at a frequency, J/Hz.
struct FeedPower {
  double accepted = 0;          // by what they feed: voltage times current
  double accepted_by_grid = 0;  // the same as flux.hpp counts it
  double available = 0;         // to matched loads
};

/// ports.h5: /<name>/voltage, one value for each step (not in a sweep), and at the end ports.csv, and ports.s<N>p (Touchstone) where each
/// of N ports was the only one driven once.
template <class T>
class PortRecorder {
 public:
  /// `flush_every`: the most steps between two flushes. Spectra are kept at the ports' frequencies and at those of far fields. Throws
  /// SharedError when the file cannot be made. Collective over comm.
  PortRecorder(const Comm& comm, const Scene& scene, const Solver<T>& solver, const std::filesystem::path& folder, Index flush_every);

  /// Notes the voltages after a step. Not when it is full. Local.
  void record() { taps_.record(); }
  bool full() const { return taps_.full(); }
  /// Puts what was noted on disk. Collective over comm.
  void flush();
  /// Ends a run and notes what follows from all of its steps. Collective over comm.
  void end_run();
  /// Begins another one, in which the ports play these waveforms. Local.
  void restart(const std::vector<Port>& ports);
  /// The power of all generators together at frequencies of far fields, in the run that ended last. Collective over comm.
  std::vector<FeedPower> feeds(const std::vector<double>& frequencies_hz) const;
  /// Writes what was found. Collective over comm.
  void close();
  /// Collective, as everything that a checkpoint is told.
  void state(Checkpoint& c);

 private:
  using Complex = std::complex<double>;
  /// What a run found of a port at a frequency.
  struct Finding {
    double frequency_hz;
    std::size_t port;
    std::optional<std::size_t> driven;  // where it was the only one, and S from there
    Complex s;
    std::optional<Complex> z_ohm;  // what a generator sees
  };
  /// S of one frequency, from each driven port to each port.
  using Matrix = std::map<std::pair<std::size_t, std::size_t>, Complex>;  // by {to, from}

  /// The voltage of a port between two steps at a frequency, integrated over time: V s.
  Complex mean_voltage(std::size_t port, double frequency_hz) const;
  /// The open-circuit voltage of a port, likewise; 0 without a generator.
  Complex generator(std::size_t port, double frequency_hz) const;
  std::string csv() const;
  std::string touchstone() const;

  const Comm& comm_;
  const Scene& scene_;
  const Numerics& numerics_;
  std::filesystem::path folder_;
  std::vector<Port> ports_;                    // as they play in this run
  std::vector<double> frequencies_hz_;         // of all spectra
  std::vector<std::size_t> first_edge_;        // of each port among those of all, and how many there are
  Taps<T> taps_;                               // one for each edge
  Index flushed_ = 0;                          // steps
  std::vector<std::vector<Complex>> spectra_;  // rank 0: of each port's voltage
  std::vector<Finding> findings_;              // rank 0: of all runs
  std::unique_ptr<SeriesFile> file_;           // rank 0
};

}  // namespace hilbrick::fdtd
