// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Media of field values whose control volume (one cell around the value) a surface between materials cuts. Of the part outside perfect
// conductors, with n the share of the surface's normal along the component and <> the mean over the volume:
//   1/eps = n^2 <1/eps> + (1 - n^2) / <eps>
// the diagonal of the tensor n n <1/eps> + (1 - n n) / <eps> (Farjadpour et al. 2006), all of it for a plane surface along or across the
// component. The rest couples a component to eight others: oblique_nodes here says where and how much, oblique.hpp does it. It never falls
// below the smallest eps of the volume, so no surface asks for a smaller time step. Loss follows to first order: sigma = eps^2 (n^2
// <sigma/eps^2> + (1 - n^2) <sigma>/<eps>^2). mu and sigma_m of H are averaged likewise. Left as they are: volumes that reach into voxel
// grids or media with poles. A mean of a metal and a dielectric passes through zero somewhere, and guides waves that run backwards, which
// absorbing layers feed.

#include "material.hpp"

namespace hilbrick::fdtd {

/// Gives the values of component c that a surface cuts media of their own, in a map that has every value in the medium of its position.
/// What a value gets depends on where it is, not on who owns it. Local.
void average_surfaces(const Scene& scene, const Numerics& numerics, Component c, MediumMap& map, Media& media);

/// A node of the grid around which a surface between media lies askew: what the tensor of 1/eps_r has off its diagonal, xy, yz, zx.
struct ObliqueNode {
  Int3 node;
  std::array<double, 3> mixed;
};
/// Those of a box of nodes, in the order of z, y, x, as of voxels and poles above. Local.
std::vector<ObliqueNode> oblique_nodes(const Scene& scene, const Numerics& numerics, const Box& nodes);

}  // namespace hilbrick::fdtd
