// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What drives the fields: currents at single values, and plane waves over the faces of their boxes.

#include <memory>
#include <vector>

#include "guide_mode.hpp"
#include "material.hpp"
#include "plane_wave.hpp"

namespace hilbrick::fdtd {

template <class T>
class Sources {
 public:
  /// The fields and the matter must outlive it. Throws SharedError for sources in perfect conductors and for guides that are none.
  /// Collective over comm.
  Sources(const Comm& comm, const Scene& scene, const Numerics& numerics, std::vector<Field<T>>& fields, const Matter<T>& matter);
  ~Sources();

  /// Other plane waves from now on, whatever the scene says. Throws SharedError for a box in a lossy material. Collective over comm.
  void set_plane_waves(const std::vector<PlaneWave>& waves);
  /// Other waveforms of the scene's ports, likewise. Collective over comm.
  void set_ports(const std::vector<Port>& ports);

  /// Adds to E (H) what sources give in step `step`, after the update by the curl. Local.
  template <bool electric>
  void drive(Index step);

  /// Collective, as everything that a checkpoint is told.
  void state(Checkpoint& c);

 private:
  struct Current;   // a dipole's value on this rank
  struct Incident;  // a plane wave's line and its faces on this rank
  struct Guided;    // a guide mode's line and its values on this rank

  /// Throws Error where a source at `place` acts on faces that a conductor cuts, whose update is another. Local.
  void require_uncut(Component c, std::size_t box, const Box& cells, const Place& place) const;
  void add_plane_wave(PlaneWave wave);
  /// Rank 0 warns of matter that a plane wave does not know of, on the faces of its box: a body that touches or crosses them. Collective.
  void warn_of_bodies_across(const PlaneWave& wave) const;
  void add_rows(const WaveLine& line, const FaceCorrection& face, std::size_t box, Incident& incident);
  /// Throws Error unless a guide's correction lies in vacuum, and ends on conductors across the axes that E is not along. Local.
  void require_hollow(const Guide& guide, const GuideCorrection& correction, std::size_t box, const Place& place) const;
  void add_guide_mode(const GuideModeSource& source);
  void add_dipole(const Dipole& dipole);
  void add_port(const Port& port);
  using Currents = std::vector<std::unique_ptr<Current>>;
  /// One more along component c of a cell, where this rank owns it; it takes samples * |gain| * per_gain from the field.
  void add_current(Currents& currents, Component c, Int3 cell, double per_gain, const std::vector<double>& samples);

  const Comm& comm_;
  const Scene& scene_;
  const Numerics& numerics_;
  std::vector<Field<T>>& fields_;
  const Matter<T>& matter_;
  Currents dipoles_, ports_;
  std::vector<std::unique_ptr<Incident>> incidents_;
  std::vector<std::unique_ptr<Guided>> guided_;
};

}  // namespace hilbrick::fdtd
