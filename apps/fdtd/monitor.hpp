// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a run leaves behind while it runs: probes (every step, one point) and snapshots (some steps, a box of cells).

#include <filesystem>
#include <hilbrick/output.hpp>
#include <memory>
#include <span>
#include <vector>

#include "solver.hpp"
#include "taps.hpp"

namespace hilbrick::fdtd {

/// probes.h5: /<name>/{Ex, Ey, Ez, Hx, Hy, Hz}, one value for each step, each component at its own Yee position nearest below the
/// point. Values wait on their rank and travel to rank 0 when flushed.
template <class T>
class ProbeRecorder {
 public:
  /// `flush_every`: the most steps between two flushes. Throws SharedError when the file cannot be made. Collective over comm.
  ProbeRecorder(const Comm& comm, const Scene& scene, const Solver<T>& solver, const std::filesystem::path& folder, Index flush_every);

  /// Notes the values after a step. Not when it is full. Local.
  void record() { taps_.record(); }
  /// Whether it must be flushed before the next step, which may be sooner than asked for. Alike on every rank. Local.
  bool full() const { return taps_.full(); }
  /// Puts what was noted on disk. Collective over comm.
  void flush();
  /// Flushes and gives the file its name. Collective over comm.
  void close();
  /// What was noted so far. Collective, as everything that a checkpoint is told.
  void state(Checkpoint& c);

 private:
  const Comm& comm_;
  Taps<T> taps_;                      // one for each series
  std::unique_ptr<SeriesFile> file_;  // on rank 0
};

/// The snapshots of a scene: <name>_<step>.vtkhdf, VTK image data that ParaView opens, and <name>.vtkhdf.series with their times.
template <class T>
class SnapshotWriter {
 public:
  /// `folder` outlives it. Local.
  SnapshotWriter(const Comm& comm, const Scene& scene, Solver<T>& solver, const std::filesystem::path& folder);

  /// Whether a snapshot is due after the step just done. Local.
  bool due() const;
  /// Writes what is due. Collective over comm.
  void write();
  /// After a restart: the index names what earlier runs left in the folder, up to the present step. Local.
  void find_earlier();

 private:
  std::string file_name(const SnapshotRequest& request, Index step) const;
  void write_one(std::size_t which);

  const Comm& comm_;
  const Scene& scene_;
  Solver<T>& solver_;
  const std::filesystem::path& folder_;
  std::vector<std::vector<std::pair<std::string, double>>> files_;  // of each snapshot: file name, time in s
};

/// The cells of a snapshot: those that the requested box touches, at least one along x and two along y and z, where the grid has them: VTK
/// before 9.3 crashes on image data that is flat along y or z.
Box snapshot_cells(const Scene& scene, const SnapshotRequest& request);

}  // namespace hilbrick::fdtd
