// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a scene is too coarse for, though it runs.

#include <string>
#include <vector>

#include "numerics.hpp"

namespace hilbrick::fdtd {

/// The highest frequency that a scene's results depend on: of its spectra and ports; where it has none, of its sources. 0 without either.
double highest_result_frequency_hz(const Scene& scene);

/// The materials that the grid has, vacuum among them, other than perfect conductors. Indices into Scene::materials.
std::vector<std::size_t> materials_in_use(const Scene& scene);

/// One sentence for each doubt, with its numbers: a material with fewer than 10 cells in a wavelength, a pole that the time step moves by
/// more than 1 %, a guide mode below its cut-off, a shape that ends inside a perfectly matched layer. Bodies are
/// looked at once their files were read, voxels never. Local.
std::vector<std::string> doubts(const Scene& scene, const Numerics& numerics);

}  // namespace hilbrick::fdtd
