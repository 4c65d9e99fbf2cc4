// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Fourier sums that run along with the steps: F(f) = sum over samples of value(t) exp(-j 2 pi f t) interval, in double, each component at
// its own times (E at n dt, H at (n + 1/2) dt). Fields are exp(+j 2 pi f t), so a wave that leaves goes as exp(-j k r). Every rank adds up
// what it owns; ranks meet only when results are asked for, in global order, so they do not depend on who owns what.

#include <complex>
#include <filesystem>
#include <hilbrick/output.hpp>
#include <vector>

#include "solver.hpp"

namespace hilbrick::fdtd {

using Complex = std::complex<double>;

/// A product rounded by itself: in complex products GCC 12 fuses it with the sum in spite of -ffp-contract=off.
inline double product_of(double a, double b) {
#if defined(__has_builtin)
#if __has_builtin(__builtin_assoc_barrier)
  return __builtin_assoc_barrier(a * b);
#endif
#endif
  return a * b;
}

/// (a + jb)(c + jd), the same on every processor, and without the operator's search for infinities.
inline Complex times(Complex a, Complex b) {
  return {product_of(a.real(), b.real()) - product_of(a.imag(), b.imag()), product_of(a.real(), b.imag()) + product_of(a.imag(), b.real())};
}

/// Values of one component, by global index. Beyond the end of a periodic axis they repeat; elsewhere what nobody owns is zero.
struct Region {
  Component component;
  Box cells;
};

/// Steps between samples. As asked for, or the most at which what the sources hold twice as high as their highest frequency
/// (highest_frequency_hz: 1e-2 of the peak, so far below round-off there) cannot fold onto the frequencies of the monitor; 1 for waveforms
/// that fall more slowly (cw, table). Throws Error where more is asked for, or where a frequency is too high for the grid. Local.
Index sample_interval(const Scene& scene, const Numerics& numerics, const SpectrumRequest& request);

/// What spectra are multiplied by: one over the spectrum of the scene's one waveform where the request says so, else 1. Throws SharedError
/// where the waveform has less than 1e-3 of its peak at a frequency. Collective over comm.
std::vector<Complex> normalisation(const Comm& comm, const Scene& scene, const Numerics& numerics, const SpectrumRequest& request);

template <class T>
class RunningDft {
 public:
  /// The solver must outlive it. Throws SharedError for what the request gets wrong. Collective over comm.
  RunningDft(const Comm& comm, const Scene& scene, const Solver<T>& solver, const SpectrumRequest& request, std::vector<Region> regions);

  /// Adds the fields after a step. Allocates nothing. Local.
  void record();
  /// Back to zero. Local.
  void clear();
  /// Collective, as everything that a checkpoint is told.
  void state(Checkpoint& c);

  const std::vector<double>& frequencies_hz() const { return frequencies_hz_; }
  const std::vector<Region>& regions() const { return regions_; }
  /// What sums are multiplied by at a frequency.
  Complex scale(std::size_t frequency) const { return scale_[frequency]; }

  /// The values of `part` of a region at a frequency, x fastest, normalised, on every rank. Collective over comm.
  std::vector<Complex> gather(std::size_t region, std::size_t frequency, const Box& part) const;
  /// What this rank holds of a region, normalised: real and imaginary parts as [frequency][z][y][x], boxes counted from the region's low
  /// corner. Local.
  std::array<std::vector<Piece<double>>, 2> pieces(std::size_t region) const;

 private:
  struct Share {  // of a region, owned by one box
    std::size_t region;
    Box cells;                 // in the region's indices
    const T* first;            // the value at cells.lo
    Index stride_y, stride_z;  // between rows and planes of values
    std::vector<double> sums;  // [frequency][re, im][cells, x fastest]
  };
  struct Chunk {  // neighbouring values of a share that fit into a buffer on the stack
    std::size_t share;
    Index first, count;
  };
  void add(const Chunk& chunk);
  Complex normalised(const Share& share, std::size_t frequency, std::size_t value) const;

  const Comm& comm_;
  const Solver<T>& solver_;
  std::vector<double> frequencies_hz_;
  Index every_;
  std::vector<Complex> scale_;
  std::vector<Region> regions_;
  std::vector<Share> shares_;
  std::vector<Chunk> chunks_;
  // exp(-j 2 pi f n dt) = coarse[n / fine steps] fine[n mod fine steps]: [frequency][...]; half a step more for H.
  std::vector<std::vector<Complex>> coarse_, fine_;
  std::vector<Complex> half_step_;
  std::array<std::vector<Complex>, 2> weights_;  // of the present step: [E, H][frequency], with the interval in s
};

/// The spectra of a scene's [[dft]]: <name>.h5.
template <class T>
class DftMonitor {
 public:
  DftMonitor(const Comm& comm, const Scene& scene, const Solver<T>& solver, const DftRequest& request);

  void record() { dft_.record(); }
  void state(Checkpoint& c) { dft_.state(c); }
  const DftRequest& request() const { return request_; }
  /// Writes /<field>/{re, im} as [frequency][z][y][x]. Throws SharedError. Collective over comm.
  void write(const std::filesystem::path& folder) const;

 private:
  std::array<std::vector<Piece<double>>, 2> at_cells(std::size_t region) const;

  const Comm& comm_;
  const Scene& scene_;
  const Solver<T>& solver_;
  const DftRequest& request_;
  RunningDft<T> dft_;
};

}  // namespace hilbrick::fdtd
