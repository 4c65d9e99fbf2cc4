// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The field far away from currents J = n x H and M = -n x E on a closed box in vacuum (Balanis 2016, section 12.10; surface.hpp):
//   r exp(jkr) E = -jk/(4 pi) (eta0 J_t - r x M),   J = sum of J exp(j K.r') dA, M likewise, _t: across r
// exp(j K.r') is the grid's own wave in the direction r, not that of free space: K_a = 2/d_a asin(r_a d_a/2 q), q = 2/(c dt) sin(pi f dt),
// which solves Yee's dispersion relation with E and H at right angles to r. So the box's size and place drop out to round-off, and a
// dipole on the grid radiates its closed form exactly.
//
// All ranks get the currents of one face at one frequency; each direction is summed by one rank, always in the same order.

#include <filesystem>

#include "direction.hpp"
#include "plane_wave.hpp"
#include "ports.hpp"
#include "surface.hpp"

namespace hilbrick::fdtd {

/// r exp(jkr) E in a direction, V for normalised spectra, else V s.
struct FarE {
  Complex theta, phi;
};

/// Power through all directions, W for normalised spectra, else J/Hz.
struct RadiatedPower {
  double far = 0;   // of the far field in free space
  double grid = 0;  // what the grid itself carries away, as flux.hpp counts it: less than 1 % more at 20 cells per wavelength
};

template <class T>
class FarFieldMonitor {
 public:
  /// Throws SharedError for what the request gets wrong, and where something else than vacuum lies on the box. Collective over comm.
  FarFieldMonitor(const Comm& comm, const Scene& scene, const Solver<T>& solver, const FarFieldRequest& request);

  void record() { dft_.record(); }
  void state(Checkpoint& c) { dft_.state(c); }
  void clear() { dft_.clear(); }
  const FarFieldRequest& request() const { return request_; }

  /// The far field at a frequency. Collective over comm.
  std::vector<FarE> far_field(std::size_t frequency, const std::vector<Direction>& directions) const;
  /// Collective over comm.
  RadiatedPower total_power(std::size_t frequency) const;

  /// <name>.csv and <name>.h5, and <name>_total.csv where the request wants power. `wave`: the scene's only source, if a plane wave is;
  /// `feeds`: of each frequency, if ports are the only sources. Gives the far field as [frequency][theta][phi]. Throws SharedError.
  /// Collective over comm.
  std::vector<FarE> write(const std::filesystem::path& folder, const PlaneWave* wave, std::vector<FeedPower> feeds) const;

 private:
  /// What a plane wave loses by absorption and scattering, m2, by what it meets straight on (Bohren and Huffman 1983, 3.4), at each
  /// frequency. Collective over comm.
  std::vector<double> extinction_m2(const PlaneWave& wave) const;

  const Comm& comm_;
  const Scene& scene_;
  const Numerics& numerics_;
  const FarFieldRequest& request_;
  std::vector<Face> faces_;
  RunningDft<T> dft_;
};

}  // namespace hilbrick::fdtd
