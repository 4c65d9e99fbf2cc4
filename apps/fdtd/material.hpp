// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Which material each field value lies in, and what the update multiplies by there (Taflove and Hagness 2005, section 3.6):
//   E' = ca E + cb curl H,   ca = (1 - s) / (1 + s),  cb = dt / eps / (1 + s),  s = sigma dt / (2 eps)
//   H' = da H - db curl E,   the same with mu and sigma_m. In a perfect conductor ca = cb = 0.

#include <array>
#include <cstdint>
#include <functional>
#include <hilbrick/comm.hpp>
#include <hilbrick/field.hpp>
#include <limits>
#include <map>
#include <span>
#include <vector>

#include "numerics.hpp"

namespace hilbrick::fdtd {

using MediumId = std::int32_t;  // an index into Media
inline constexpr MediumId vacuum_id = 0, pec_id = 1;

/// The media on one rank: first the scene's materials in their order, then those that only some values have.
class Media {
 public:
  explicit Media(const Scene& scene);

  const Medium& operator[](MediumId id) const { return media_[static_cast<std::size_t>(id)]; }
  std::size_t size() const { return media_.size(); }
  /// The id of a medium that is equal to one here or is put here.
  MediumId id_of(const Medium& medium);
  auto begin() const { return media_.begin(); }
  auto end() const { return media_.end(); }

 private:
  static double sum_of(const Medium& m);
  MediumId add(const Medium& m);

  std::vector<Medium> media_;
  std::multimap<double, MediumId> by_sum_;  // of a medium's numbers, to find it again
};

/// Of one medium: old value kept, curl added (negative for H), and energy density per squared field (eps / 2 or mu / 2).
template <class T>
struct Coefficients {
  T keep, gain;
  double half_density;
};
/// Of E or H in a medium, as if no conductor cut the value.
Coefficients<double> coefficients_of(const Medium& medium, bool electric, double dt_s);
/// D of dispersion.hpp.
double pole_denominator(const Pole& pole, double dt_s);
/// By [E 0, H 1][medium]. Cut faces gain nothing here: CutFaces updates them.
template <class T>
using CoefficientTable = std::array<std::vector<Coefficients<T>>, 2>;
template <class T>
CoefficientTable<T> coefficients(const Media& media, double dt_s);

/// A stretch of a row in one medium: from where the run before it ends, or the row's start, up to `last`, counted from that start.
struct Run {
  std::int32_t last;
  MediumId medium;

  friend bool operator==(const Run&, const Run&) = default;
};

/// The medium of each value that one box owns of one component, as runs along x: bodies are solid, so a row has few, and many rows are
/// like the one before, whose runs they share.
struct MediumMap {
  Box owned;
  std::vector<Run> runs;
  std::vector<std::uint32_t> row_runs;  // where the runs of a row begin, rows counted y fastest; empty: vacuum everywhere

  /// The first run of a row; the last is the one that ends with the row. The map is not an empty one.
  const Run* row(std::size_t row) const { return runs.data() + row_runs[row]; }
  MediumId at(Int3 c) const;
  /// Appends the next row.
  void append(std::span<const MediumId> row);
  /// Gives one value a medium. The map is not an empty one.
  void set(Int3 c, MediumId medium);
  Index bytes() const { return static_cast<Index>(runs.size() * sizeof(Run) + row_runs.size() * sizeof(std::uint32_t)); }
};

/// Calls f(y, z, media) for all rows of a map, x ascending, then z over y over x, and keeps what it writes. Local.
void rewrite_rows(MediumMap& map, const std::function<void(Index y, Index z, std::span<MediumId> row)>& f);

/// Whether some shape has another permeability than vacuum, or magnetic loss: else magnetic components need no map.
bool is_magnetic(const Scene& scene);

/// What field values see of a shape.
struct ShapeSeen {
  bool any = false;
  double thinnest_m = std::numeric_limits<double>::infinity();  // of its sheets that lie between grid planes
  Index thinnest_at = 0;                                        // the first edge that it closes, counted through the grid
};

/// The map of component c in a block: the shapes painted in order at the component's own position, and perfect conductor on tangential E
/// along electric walls, behind PMLs and where thin_parts.hpp closes it. Magnetic components are mapped only when some material is
/// magnetic. Notes in `seen`, one for each shape, what positions see of it. Throws Error for voxels that cannot be read or have no
/// material. Local.
MediumMap map_media(const Scene& scene, const Numerics& numerics, Component c, const Box& owned, std::vector<ShapeSeen>& seen);
/// The maps [box][component] of what a rank owns, `owned` [component][box]. Rank 0 warns of shapes that no position on any rank lies in,
/// and of parts that are too thin for the grid. Throws SharedError. Collective over comm.
std::vector<std::array<MediumMap, 6>> map_all(const Comm& comm, const Scene& scene, const Numerics& numerics,
                                              const std::array<std::vector<Box>, 6>& owned);

/// The material at one component's position in a cell, an index into Scene::materials. Local.
int material_at(const Scene& scene, const Numerics& numerics, Component c, Int3 cell);

/// An edge that a conductor cuts, one that it closes though its middle lies outside, or one whose faces are cut.
struct CutEdge {
  Component component;
  Int3 cell;
  int material;   // of its longest part outside; in_voxels (painter.hpp) where the map knows it
  double open;    // share of its length outside, 0 to 1
  double weight;  // what its permittivity is multiplied by to keep it stable
};
/// A face with such edges, and an area left.
struct CutFace {
  Component component;
  Int3 cell;
  double open;                  // share of its area outside, with what it took or gave
  std::array<double, 4> edges;  // shares of length: along u at v and v + 1, along v at u and u + 1; u, v: the axes after the component's
};
/// What conductors cut of a box's values (conformal.hpp): each in the order of component, z, y, x.
struct Cuts {
  std::vector<CutEdge> edges;
  std::vector<CutFace> faces;
};

/// All that fields move in on one rank.
template <class T>
struct Matter {
  Media media;
  std::vector<std::array<MediumMap, 6>> maps;   // [box][component]
  std::vector<std::vector<CutFace>> cut_faces;  // [box]
  CoefficientTable<T> table;

  MediumId medium(Component c, std::size_t box, Int3 cell) const { return maps[box][c].at(cell); }
  const Coefficients<T>& at(Component c, std::size_t box, Int3 cell) const {
    return table[is_electric(c) ? 0 : 1][static_cast<std::size_t>(medium(c, box, cell))];
  }
};
/// `fields`: the six components. Throws SharedError. Collective over comm.
template <class T>
Matter<T> make_matter(const Comm& comm, const Scene& scene, const Numerics& numerics, const std::vector<Field<T>>& fields);

}  // namespace hilbrick::fdtd
