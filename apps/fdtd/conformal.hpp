// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Conformal conductors (Dey and Mittra 1997). Where a surface of perfect conductor cuts the grid, Faraday's law holds on what is left of a
// face, with what is left of its edges:
//
//   +--l3--+        H' = H - dt / (mu A) (l0 E0 + l1 E1 - l2 E2 - l3 E3)
//   |   A  |\       l: lengths outside the conductor, exact along the line; A: the area outside, the polygon of their ends.
//   l     l1 .      An edge wholly inside has E = 0; any other is updated as if it were whole.
//   +--l0--'
//
// Small faces would ask for a small time step. Two changes, functions of the geometry alone, let it be 0.99 of the grid's own. In the
// energy that the scheme conserves, of masses eps l E^2 and mu A H^2, they move mass from a value to the next of its kind, and so leave
// smooth fields alone:
// - a small face takes area from the faces beside it;
// - an edge that its faces would make too stiff gets a weight, E' = E + dt / (eps w) curl H, at the cost of the edges along it.
// README.md says what remains and how stability was tried. In perfectly matched layers conductors stay staircases.

#include <array>
#include <span>
#include <vector>

#include "material.hpp"

namespace hilbrick::fdtd {

/// What conductors cut of the values that a box owns, [component] as of the six fields. Edges and faces of which nothing is cut, also those
/// that touch a conductor on grid planes, are not listed, nor are edges in layers, nor those that the map has closed by their middles. A
/// function of the position: every owner finds the same. Local.
Cuts find_cuts(const Scene& scene, const Numerics& numerics, const std::array<Box, 6>& owned);

/// Makes the listed edges of component c, in a map that has every value in the medium of its position, live as far as they lie outside
/// conductors: in the material of their longest part outside where the map had them in one. Local.
void free_cut_edges(const Cuts& cuts, Component c, MediumMap& map, const Media& media);
/// Gives what is listed of component c media with its shares and weights. Local.
void weigh_cuts(const Cuts& cuts, Component c, MediumMap& map, Media& media);

/// The updates of cut faces on one rank.
template <class T>
class CutFaces {
 public:
  struct Face {
    Int3 cell;
    T* h;
    std::array<const T*, 4> e;
    std::array<T, 4> gains;

    /// What the update adds to H.
    T change() const { return (gains[0] * *e[0] + gains[1] * *e[1]) + (gains[2] * *e[2] + gains[3] * *e[3]); }
  };

  /// The fields must outlive it. Local.
  CutFaces(const Numerics& numerics, const std::vector<Field<T>>& fields, const Matter<T>& matter);

  /// H of all cut faces by one step; needs the halos of E. Local.
  void update() const;
  /// The cut faces of component c in a row of a box, ascending.
  std::span<const Face> row(std::size_t box, Component c, Index y, Index z) const;
  /// The largest sum of the sizes of a face's gains; 0 without faces. Local.
  double largest_gain() const;
  Index bytes() const;

 private:
  std::vector<std::array<std::vector<Face>, 3>> faces_;  // [box][axis], in the order of z, y, x
};

}  // namespace hilbrick::fdtd
