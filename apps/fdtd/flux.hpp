// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Power through a plane patch or out of a box, from spectra on it: half the real part of E x H*. In a lossless region without sources this
// is the power that the grid itself conserves, so boxes around the same source agree to round-off. A plane wave of 1 V/m carries
// cos(k d / 2) / (2 eta0) through a grid plane, k along the normal: 1.2 % less than in the continuum at 20 cells per wavelength.

#include <filesystem>

#include "surface.hpp"

namespace hilbrick::fdtd {

template <class T>
class FluxMonitor {
 public:
  /// Throws SharedError for what the request gets wrong. Collective over comm.
  FluxMonitor(const Comm& comm, const Scene& scene, const Solver<T>& solver, const FluxRequest& request);

  void record() { dft_.record(); }
  void state(Checkpoint& c) { dft_.state(c); }
  const FluxRequest& request() const { return request_; }
  /// Power at each frequency: along the axis, or outwards; W for normalised spectra, else J/Hz. Collective over comm.
  std::vector<double> power() const;

 private:
  const Comm& comm_;
  const Scene& scene_;
  const FluxRequest& request_;
  std::vector<Face> faces_;
  RunningDft<T> dft_;
};

/// flux.csv and flux.h5 with all of them; nothing without any. `cross_section_scale`: what turns power into a cross-section in m2 (0: there
/// is none). Throws SharedError. Collective over comm.
template <class T>
void write_fluxes(const Comm& comm, const std::vector<FluxMonitor<T>>& fluxes, const std::filesystem::path& folder,
                  double cross_section_scale);

}  // namespace hilbrick::fdtd
