// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// All that a scene wants to know by frequency: [[dft]], [[flux]], [[far_field]].

#include <filesystem>
#include <vector>

#include "flux.hpp"
#include "rcs.hpp"
#include "sweep.hpp"

namespace hilbrick::fdtd {

template <class T>
class Spectra {
 public:
  /// The scene and the solver must outlive it. Throws SharedError for what the scene gets wrong. Collective over comm.
  Spectra(const Comm& comm, const Scene& scene, const Solver<T>& solver);

  bool any() const { return !dfts_.empty() || !fluxes_.empty() || !far_fields_.empty(); }
  /// Adds the fields after a step. Local.
  void record();
  /// Collective, as everything that a checkpoint is told.
  void state(Checkpoint& c);
  /// Back to zero, for the next run of a sweep. Local.
  void clear();

  /// Writes what one run found, `ports` of the same run. Throws SharedError. Collective over comm.
  void write(const std::filesystem::path& folder, const PortRecorder<T>& ports) const;
  /// What a run of a sweep sends back to where its wave came from. Collective over comm.
  std::vector<RcsRow> backscatter(const Incidence& incidence) const;

 private:
  const Comm& comm_;
  const Scene& scene_;
  std::vector<DftMonitor<T>> dfts_;
  std::vector<FluxMonitor<T>> fluxes_;
  std::vector<FarFieldMonitor<T>> far_fields_;
};

}  // namespace hilbrick::fdtd
