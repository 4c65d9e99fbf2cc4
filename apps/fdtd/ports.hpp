// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Ports: what generators give and loads take. A port is a resistance R in series with an ideal source V_s (0 where it has no waveform), so
// its voltage V alone tells its current I = (V_s - V) / R, its power waves a = V_s / (2 sqrt R) and b = (2 V - V_s) / (2 sqrt R) (Kurokawa
// 1965), and with port i driven S_ji = b_j / a_i.

#include <complex>
#include <filesystem>
#include <hilbrick/output.hpp>
#include <memory>
#include <vector>

#include "solver.hpp"
#include "taps.hpp"

namespace hilbrick::fdtd {

/// ports.h5: /<name>/voltage, one value for each step, and at the end ports.csv, and ports.s1p (Touchstone) of a scene with one port.
template <class T>
class PortRecorder {
 public:
  /// `flush_every`: the most steps between two flushes. Throws SharedError when the file cannot be made. Collective over comm.
  PortRecorder(const Comm& comm, const Scene& scene, const Solver<T>& solver, const std::filesystem::path& folder, Index flush_every);

  /// Notes the voltages after a step. Not when it is full. Local.
  void record() { taps_.record(); }
  bool full() const { return taps_.full(); }
  /// Puts what was noted on disk. Collective over comm.
  void flush();
  /// Flushes and writes what follows from all steps. Collective over comm.
  void close();

 private:
  /// The voltage of a port between two steps at a frequency, integrated over time: V s.
  std::complex<double> mean_voltage(std::size_t port, std::size_t frequency) const;
  std::string csv() const;
  std::string touchstone() const;

  const Comm& comm_;
  const Scene& scene_;
  const Numerics& numerics_;
  std::filesystem::path folder_;
  std::vector<std::size_t> first_edge_;                     // of each port among those of all, and how many there are
  Taps<T> taps_;                                            // one for each edge
  Index flushed_ = 0;                                       // steps
  std::vector<std::vector<std::complex<double>>> spectra_;  // rank 0: of each port's voltage
  std::unique_ptr<SeriesFile> file_;                        // rank 0
};

}  // namespace hilbrick::fdtd
