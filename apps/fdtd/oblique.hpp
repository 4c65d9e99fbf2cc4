// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Surfaces between lossless media that lie askew to the grid: what the tensor of 1/eps has off its diagonal couples a component to the two
// others (Farjadpour et al. 2006), by way of the nodes of the grid, so that the coupling is symmetric (Werner and Cary 2007):
//
//        b+            Curls K_b = (curl H)_b of a node's edges, added up in pairs: P_b = K_b(b+) + K_b(b-).
//        |             E_x of each of its x edges gains dt/4 (xi_xy P_y + xi_xz P_z), and so on for the others.
//   a- --n-- a+
//        |             xi: off the diagonal, of the cell around the node.
//        b-
//
// Stable at the grid's time step. With xi_a the 1/eps of an edge, a node's edges along a hold at least g_a (P_a / 2)^2 of sum xi_a K_a^2,
// g_a the harmonic mean of the two. So if diag(g) + xi has no negative eigenvalue at any node, no energy is negative. Let xi_1 be the most
// that the time step allows of 1/eps everywhere. A wave of two cells, which sets the time step, has no P; of any other |K|^2 is less by sum
// w_a (P_a / 2)^2 or more, w_a = (1/d_a^2) / sum(1/d^2). So if diag(g + xi_1 w) - xi has no negative eigenvalue, g now of xi_1 - xi_a, no
// frequency is too high. A node's xi is made smaller until both hold: never at a contrast of 4, seldom at one of 12.
//
// Left out are nodes on walls and in layers, and those with an edge in a conductor, cut by one, or in a medium with loss or poles.

#include <hilbrick/exchange.hpp>

#include "material.hpp"

namespace hilbrick::fdtd {

template <class T>
class ObliqueSurfaces {
 public:
  /// The fields must outlive it; they are used, and zero afterwards. Throws what Exchange throws. Collective over comm.
  ObliqueSurfaces(const Comm& comm, const Scene& scene, const Numerics& numerics, const Domain& domain, std::vector<Field<T>>& fields,
                  const Matter<T>& matter, const ExchangeOptions& halos);

  /// What E gains by one step beyond its update; needs the halos of H. Local.
  void update();
  Index bytes() const;
  /// What so many nodes and edges take. Local.
  static constexpr Index bytes_of(std::size_t nodes, std::size_t edges) {
    return static_cast<Index>(nodes * (sizeof(Node) + 3 * sizeof(T)) + edges * sizeof(Edge));
  }

 private:
  struct Node {
    std::array<const T*, 3> h;  // the values of its cell
    std::array<T, 3> gains;     // xy, yz, zx
  };
  struct Edge {
    T* e;
    std::array<std::uint32_t, 2> sums;  // of its two nodes
  };
  struct Part {
    std::array<std::array<Index, 3>, 3> strides;  // [H component][axis]
    std::vector<Node> nodes;
    std::vector<Edge> edges;
  };
  Part make_part(const Scene& scene, const Numerics& numerics, const Box& cells, std::size_t box, const std::vector<Field<T>>& fields);

  std::array<T, 3> inverse_spacing_;
  std::vector<Part> parts_;  // of boxes
  std::vector<T> sums_;      // 0, then three of each node of a box
};

}  // namespace hilbrick::fdtd
