// SPDX-License-Identifier: BSD-3-Clause
#include "material_file.hpp"

#include <hilbrick/output.hpp>

#include "material.hpp"

namespace hilbrick::fdtd {
namespace {

std::vector<double> as_vector(const Vec3& v) { return {v[0], v[1], v[2]}; }

}  // namespace

void write_materials(const Comm& comm, const Scene& scene, const Numerics& numerics, const Domain& domain,
                     const std::filesystem::path& file) {
  std::array<std::vector<Box>, 6> owned;
  for (int c = 0; c < 6; ++c)
    for (const Block& block : blocks_for(domain, numerics.stencils, c)) owned[c].push_back(block.owned);
  const auto maps = map_all(comm, scene, numerics, owned);

  std::string names;
  for (const Material& m : scene.materials) names += (names.empty() ? "" : "\n") + m.name;
  const Int3 n = scene.cells;
  ParallelFile out(comm, file);
  out.group("/VTKHDF", {{"Version", std::vector<Index>{1, 0}},
                        {"Type", "ImageData"},
                        {"WholeExtent", std::vector<Index>{0, n.x - 1, 0, n.y - 1, 0, n.z - 1}},
                        {"Origin", std::vector<double>{0, 0, 0}},
                        {"Spacing", as_vector(scene.spacing_m)},
                        {"Direction", std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0, 1}}});
  const std::string group = "/VTKHDF/PointData";
  out.group(group);
  for (const Component c : {Ex, Ey, Ez}) {
    std::vector<Piece<std::int32_t>> pieces;
    for (std::size_t b = 0; b < maps.size(); ++b) {
      const MediumMap& map = maps[b][c];
      Piece<std::int32_t>& piece = pieces.emplace_back(Piece<std::int32_t>{domain.boxes[b], {}});
      piece.values.reserve(static_cast<std::size_t>(piece.box.volume()));
      for_each_cell(piece.box, [&](Int3 cell) { piece.values.push_back(map.at(cell)); });
    }
    out.dataset<std::int32_t>(group + "/" + component_names[c], n, pieces,
                              {{"materials", names}, {"offset_m", as_vector(yee_position_m(scene.spacing_m, c, {}))}});
  }
  out.close();
}

}  // namespace hilbrick::fdtd
