// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A map of the matter in a scene, to be looked at before a run.

#include <filesystem>
#include <hilbrick/domain.hpp>

#include "numerics.hpp"
#include "scene.hpp"

namespace hilbrick::fdtd {

/// Writes VTK image data that ParaView opens, one point for each cell, at its low corner: int32 /VTKHDF/PointData/{Ex, Ey, Ez} [z][y][x],
/// the material that the update of this component of the cell will see. Attributes: `materials`, their names, one a line, from 0 on;
/// `offset_m`, where in its cell the component lies. Warns of shapes that no field value lies in. Throws SharedError. Collective over comm.
void write_materials(const Comm& comm, const Scene& scene, const Numerics& numerics, const Domain& domain,
                     const std::filesystem::path& file);

}  // namespace hilbrick::fdtd
