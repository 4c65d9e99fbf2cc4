// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Lumped elements. The current I through a grid edge of length l and dual area A is a current density I / A, the voltage along it E l, so
// an element is a medium of the edge (Taflove and Hagness 2005, section 15.9, all integrated as dispersion.hpp does):
//   resistor   conductivity l / (R A)            capacitor   permittivity C l / A
//   inductor, and any of them in series: a pole, L P'' + R P' + P / C = E l / A

#include <span>
#include <vector>

#include "material.hpp"

namespace hilbrick::fdtd {

/// A straight row of grid edges: `count` values of an E component from a cell upwards.
struct EdgeRow {
  Component component = Ez;
  Int3 first;
  Index count = 0;
  bool upwards = true;  // from the row's start to its end; else from end to start

  Int3 cell(Index i) const {
    Int3 at = first;
    at[axis_of(component)] += i;
    return at;
  }
};

/// The edges between the grid nodes nearest to two points; none where these nodes are not on one grid line, or are the same. A high face of
/// a periodic axis is its low face. Local.
EdgeRow edge_row(const Scene& scene, const Vec3& from_m, const Vec3& to_m);

/// An edge's medium with an element in parallel to it, of which the row has `count` in series. Local.
Medium with_element(Medium medium, const Element& element, Index count, double length_m, double area_m2);
/// The resistance of a port as an element.
Element resistance_of(const Port& port);

/// Gives the edges of elements and ports in a component's map the media that they make of them. Local.
void place_elements(const Scene& scene, Component c, MediumMap& map, Media& media);

/// Throws Error for an element or port that lies, even in part, in a perfect conductor or on an electric wall. Local, alike on every rank.
void check_elements(const Scene& scene, const Numerics& numerics);

}  // namespace hilbrick::fdtd
