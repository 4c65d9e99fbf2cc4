// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The Yee solver: fields on a domain, and one step of time. Step n takes E from (n) dt to (n + 1) dt and H from (n + 1/2) dt to
// (n + 3/2) dt.

#include <array>
#include <hilbrick/exchange.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conformal.hpp"
#include "dispersion.hpp"
#include "energy.hpp"
#include "material.hpp"
#include "numerics.hpp"
#include "oblique.hpp"
#include "scene.hpp"
#include "sources.hpp"

namespace hilbrick::fdtd {

template <class T>
class Solver {
 public:
  /// Allocates and maps everything; fields are zero. The scene, the numerics and the domain must outlive it. Throws SharedError for sources
  /// in perfect conductors, and what Exchange throws. Collective over comm.
  Solver(const Comm& comm, const Scene& scene, const Numerics& numerics, const Domain& domain, const ExchangeOptions& halos = {});
  ~Solver();
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;

  /// Advances by one step. No collective.
  void step();

  /// Zero fields at t = 0 again, with these plane waves in place of the scene's and these waveforms of its ports; matter and halos stay.
  /// Throws as the constructor does. Collective over comm.
  void restart(const std::vector<PlaneWave>& waves, const std::vector<Port>& ports);

  /// Collective, as everything that a checkpoint is told.
  void state(Checkpoint& c);

  /// Proves the exchange of halos on this scene's own partition; fields and counters end as they were before the first step. Throws
  /// SharedError that names the first faults. Collective over comm.
  void verify_halos();

  /// Steps done since t = 0.
  Index steps_done() const { return step_; }
  const Field<T>& field(Component c) const { return fields_[c]; }
  Field<T>& field(Component c) { return fields_[c]; }
  const Domain& domain() const { return domain_; }
  const Numerics& numerics() const { return numerics_; }
  const Matter<T>& matter() const { return matter_; }
  const Exchange& exchange() const { return exchange_; }

  /// Energy in the whole grid. Collective over comm.
  Energy energy() const;
  /// Digest of all fields. Collective over comm.
  std::string digest() const;
  /// Makes halos that averages to cell centres read; only when a snapshot of the scene asks for cell centres. Collective in the sense of
  /// Exchange.
  void exchange_for_cell_averages();

  /// Processor time of this thread in updates, walls and sources so far, without halos: what else runs on its core does not count. Local.
  double compute_seconds() const { return compute_seconds_; }
  /// Bytes of fields, material maps, layers and buffers on this rank.
  Index allocated_bytes() const;

 private:
  struct Layer;    // psi of one component along one axis, in one box
  struct BoxWork;  // what the update of one box needs besides fields

  /// The rows and parts of rows of a box that lie in `region`.
  template <bool electric>
  void update(BoxWork& work, std::size_t box, const Box& region);
  void mirror_at_magnetic_walls();
  /// E or H by one step, walls and sources included: first what reads no halo that is still under way, then the rest.
  template <bool electric>
  void advance();
  void make_interiors();
  void make_layers();
  void place_psi(BoxWork& work);
  /// The part of the state in the layers of one component at a face.
  void psi_state(Checkpoint& c, Component component, int axis, int side);
  /// The smallest refractive index in the layer at a face; 1 where there is none. Collective over comm.
  double layer_index(int axis, int side) const;
  const Comm& comm_;
  const Scene& scene_;
  const Numerics& numerics_;
  const Domain& domain_;
  std::array<T, 3> inverse_spacing_;
  std::vector<Field<T>> fields_;
  Matter<T> matter_;
  CutFaces<T> cut_faces_;
  Sources<T> sources_;
  Dispersion<T> dispersion_;
  ObliqueSurfaces<T> oblique_;
  std::vector<std::unique_ptr<BoxWork>> work_;
  std::array<std::array<std::array<std::vector<T>, 2>, 2>, 3> cpml_;  // [axis][E, H][b, c], by cell along the axis
  Exchange exchange_;
  std::optional<Exchange> average_exchange_;
  Index step_ = 0;
  double compute_seconds_ = 0;
};

}  // namespace hilbrick::fdtd
