// SPDX-License-Identifier: BSD-3-Clause
#include "material.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <utility>

#include "averaging.hpp"
#include "conformal.hpp"
#include "elements.hpp"
#include "painter.hpp"
#include "thin_parts.hpp"
#include "voxels.hpp"

namespace hilbrick::fdtd {
namespace {

/// The cells whose component c may lie in a shape, as if the grid had no end, or one plane behind its last.
Box candidate_cells(const Scene& scene, Component c, const Shape& shape) {
  const auto [low, high] = bounds_m(shape);
  const auto half = half_offset(c);
  Box box;
  for (int a = 0; a < 3; ++a) {
    const auto in_grid = [&](double cells) { return static_cast<Index>(std::clamp(cells, -1.0, static_cast<double>(scene.cells[a] + 2))); };
    box.lo[a] = in_grid(std::floor(low[a] / scene.spacing_m[a] - 0.5 * half[a] - 1e-6));
    box.hi[a] = in_grid(std::ceil(high[a] / scene.spacing_m[a] - 0.5 * half[a] + 1e-6) + 1);
  }
  return box;
}

/// A box of cells, and where they lie as seen by shapes: on a periodic axis plane 0 is also the plane behind the last.
struct Image {
  Box cells;
  Int3 moved;  // to the cells from where they are seen
};
std::vector<Image> images_of(const Grid& grid, Component c, const Box& owned) {
  std::vector<Image> images{{owned, {}}};
  for (int a = 0; a < 3; ++a) {
    if (!grid.periodic[a] || half_offset(c)[a] != 0 || owned.lo[a] > 0) continue;
    for (std::size_t i = 0, n = images.size(); i < n; ++i) {
      Image beyond = images[i];
      beyond.cells.lo[a] = grid.cells[a];
      beyond.cells.hi[a] = grid.cells[a] + 1;
      beyond.moved[a] = -grid.cells[a];
      images.push_back(beyond);
    }
  }
  return images;
}

/// The shapes that may reach a box of values, and what they paint there plane by plane.
class PlanePainter {
 public:
  PlanePainter(const Scene& scene, const Numerics& numerics, Component c, const Box& owned)
      : scene_(scene), spacing_m_(numerics.spacing_m), c_(c) {
    const std::vector<Image> images = images_of(numerics.grid, c, owned);
    for (std::size_t s = 0; s < scene.shapes.size(); ++s)
      for (const Image& image : images) {
        const Box cells = intersection(image.cells, candidate_cells(scene, c, scene.shapes[s]));
        if (cells.empty()) continue;
        const auto* grid = std::get_if<VoxelGrid>(&scene.shapes[s].form);
        jobs_.push_back({s, {cells, image.moved}, grid ? std::make_optional<VoxelPlanes>(*grid, spacing_m_, c, cells) : std::nullopt});
      }
  }

  /// Calls put(cell, material) for what lies in shapes of the plane z, in their order; notes the shapes in `seen`.
  template <class F>
  void paint(Index z, std::vector<ShapeSeen>& seen, F&& put) {
    for (Job& job : jobs_) {
      const Box& cells = job.image.cells;
      const Int3 moved = job.image.moved;
      const Index z_seen = z - moved.z;
      if (z_seen < cells.lo.z || z_seen >= cells.hi.z) continue;
      const Shape& shape = scene_.shapes[job.shape];
      if (job.voxels) job.voxels->load(z_seen);
      for (Index y = cells.lo.y; y < cells.hi.y; ++y) {
        const auto put_seen = [&](Index x, int material) {
          put(Int3{x, y, z_seen} + moved, material);
          seen[job.shape].any = true;
        };
        if (job.voxels) {
          for (Index x = cells.lo.x; x < cells.hi.x; ++x)
            if (const auto material = job.voxels->material(x, y)) put_seen(x, *material);
        } else {
          const auto position = [&](Index x) { return yee_position_m(spacing_m_, c_, {x, y, z_seen}); };
          spans(shape, 0, position(cells.lo.x), surface_tolerance_m(scene_), spans_);
          Index x = cells.lo.x;
          for (const Span& span : spans_) {
            while (x < cells.hi.x && position(x)[0] < span.first_m) ++x;
            for (; x < cells.hi.x && position(x)[0] <= span.last_m; ++x) put_seen(x, shape.material);
          }
        }
      }
    }
  }

 private:
  struct Job {
    std::size_t shape;
    Image image;
    std::optional<VoxelPlanes> voxels;
  };
  const Scene& scene_;
  Vec3 spacing_m_;
  Component c_;
  std::vector<Job> jobs_;
  std::vector<Span> spans_;
};

/// An edge's number in the grid, and back.
Index number_of(const Scene& scene, Component c, Int3 edge) {
  const Int3 n = scene.cells + Int3{1, 1, 1};
  return c + 3 * (edge.x + n.x * (edge.y + n.y * edge.z));
}
std::pair<Component, Int3> edge_of(const Scene& scene, Index number) {
  const Int3 n = scene.cells + Int3{1, 1, 1};
  const Index cell = number / 3;
  return {static_cast<Component>(number % 3), {cell % n.x, cell / n.x % n.y, cell / n.x / n.y}};
}

/// Which values of component c in a box, x fastest, thin parts of conductors close; empty: none may. Notes the shapes in `seen`.
std::vector<char> closed_by_thin_parts(const Scene& scene, const Numerics& numerics, Component c, const Box& owned,
                                       std::vector<ShapeSeen>& seen) {
  std::vector<char> closed;
  if (!is_electric(c) || std::none_of(scene.shapes.begin(), scene.shapes.end(), [&](const Shape& s) { return is_conductor(scene, s); }))
    return closed;
  closed.assign(static_cast<std::size_t>(owned.volume()), 0);
  const Int3 e = owned.extent();
  Painter painter(scene, region_around(numerics, owned, 2));
  for_each_thin_part(scene, numerics, painter, c, owned, [&](const ThinPart& part) {
    const Int3 d = part.edge - owned.lo;
    closed[static_cast<std::size_t>(d.x + e.x * (d.y + e.y * d.z))] = 1;
    ShapeSeen& shape = seen[static_cast<std::size_t>(part.shape)];
    shape.any = true;
    const Index number = number_of(scene, c, part.edge);
    if (!part.sheet || std::pair(part.thickness_m, number) >= std::pair(shape.thinnest_m, shape.thinnest_at)) return;
    shape.thinnest_m = part.thickness_m;
    shape.thinnest_at = number;
  });
  return closed;
}

/// Whether a shape is a conductor on an electric wall behind the last cells, which holds no values.
bool is_wall(const Scene& scene, const Shape& shape) {
  const Vec3 low = bounds_m(shape)[0];
  for (int a = 0; a < 3; ++a) {
    if (is_electric_wall(scene.boundary[a][1]) &&
        low[a] >= static_cast<double>(scene.cells[a]) * scene.spacing_m[a] - surface_tolerance_m(scene))
      return is_conductor(scene, shape);
  }
  return false;
}

/// What ranks see of shapes, together. Collective over comm.
void join(const Comm& comm, std::vector<ShapeSeen>& seen) {
  for (ShapeSeen& shape : seen) {
    shape.any = max(comm, Index{shape.any}) > 0;
    const double thinnest_m = -max(comm, -shape.thinnest_m);
    shape.thinnest_at = min(comm, shape.thinnest_m == thinnest_m ? shape.thinnest_at : std::numeric_limits<Index>::max());
    shape.thinnest_m = thinnest_m;
  }
}

}  // namespace

bool is_magnetic(const Scene& scene) {
  return std::any_of(scene.shapes.begin(), scene.shapes.end(), [&](const Shape& s) {
    const std::vector<int> materials = materials_of(s);
    return std::any_of(materials.begin(), materials.end(), [&](int id) {
      const Material& m = scene.materials[static_cast<std::size_t>(id)];
      return !m.pec && (m.mu_r != 1 || m.sigma_m != 0);
    });
  });
}

Media::Media(const Scene& scene) {
  for (const Medium& m : scene.materials) add(m);
}

double pole_denominator(const Pole& p, double dt_s) { return p.inertia / dt_s + p.damping / 2 + p.restoring * dt_s / 4; }

double Media::sum_of(const Medium& m) { return m.eps_r + m.mu_r + m.sigma + m.sigma_m + m.open; }

MediumId Media::add(const Medium& m) {
  const auto id = static_cast<MediumId>(media_.size());
  media_.push_back(m);
  by_sum_.emplace(sum_of(m), id);
  return id;
}

MediumId Media::id_of(const Medium& m) {
  const auto [first, last] = by_sum_.equal_range(sum_of(m));
  const auto found = std::find_if(first, last, [&](const auto& entry) { return (*this)[entry.second] == m; });
  return found != last ? found->second : add(m);
}

Coefficients<double> coefficients_of(const Medium& m, bool electric, double dt_s) {
  if (electric && m.pec) return {0, 0, 0};
  const double density = electric ? eps0 * m.eps_r : m.pec ? mu0 : mu0 * m.mu_r;
  double loss = electric ? m.sigma : m.pec ? 0 : m.sigma_m;
  if (electric)  // poles answer to the mean of E' and E as a conductor does
    for (const Pole& p : m.poles) loss += eps0 * p.drive / pole_denominator(p, dt_s) / 2;
  const double s = loss * dt_s / (2 * density);
  return {(1 - s) / (1 + s), (electric ? 1 : -1) * dt_s / density / (1 + s), m.open * density / 2};
}

template <class T>
CoefficientTable<T> coefficients(const Media& media, double dt_s) {
  CoefficientTable<T> table;
  for (const bool electric : {true, false})
    for (const Medium& m : media) {
      const Coefficients<double> k = coefficients_of(m, electric, dt_s);
      table[electric ? 0 : 1].push_back({static_cast<T>(k.keep), !electric && m.cut ? T(0) : static_cast<T>(k.gain), k.half_density});
    }
  return table;
}
template CoefficientTable<float> coefficients(const Media&, double);
template CoefficientTable<double> coefficients(const Media&, double);

MediumId MediumMap::at(Int3 c) const {
  if (row_runs.empty()) return vacuum_id;
  const Int3 d = c - owned.lo;
  const Run* run = row(static_cast<std::size_t>(d.y + owned.extent().y * d.z));
  while (run->last <= d.x) ++run;
  return run->medium;
}

void MediumMap::append(std::span<const MediumId> row) {
  const auto begin = static_cast<std::ptrdiff_t>(runs.size());
  for (std::size_t i = 0; i < row.size(); ++i)
    if (i + 1 == row.size() || row[i + 1] != row[i]) runs.push_back({static_cast<std::int32_t>(i + 1), row[i]});
  const bool again =
      !row_runs.empty() && std::equal(runs.begin() + row_runs.back(), runs.begin() + begin, runs.begin() + begin, runs.end());
  if (again) runs.resize(static_cast<std::size_t>(begin));
  row_runs.push_back(again ? row_runs.back() : static_cast<std::uint32_t>(begin));
}

void rewrite_rows(MediumMap& map, const std::function<void(Index y, Index z, std::span<MediumId> row)>& f) {
  const Int3 e = map.owned.extent();
  MediumMap changed;
  changed.owned = map.owned;
  changed.row_runs.reserve(static_cast<std::size_t>(e.y * e.z));
  std::vector<MediumId> row(static_cast<std::size_t>(e.x), vacuum_id);
  for (std::size_t r = 0; r < static_cast<std::size_t>(e.y * e.z); ++r) {
    if (map.row_runs.empty()) {
      std::fill(row.begin(), row.end(), vacuum_id);
    } else {
      const Run* run = map.row(r);
      for (Index first = 0; first < e.x; first = run++->last) std::fill(row.begin() + first, row.begin() + run->last, run->medium);
    }
    f(map.owned.lo.y + static_cast<Index>(r) % e.y, map.owned.lo.z + static_cast<Index>(r) / e.y, row);
    changed.append(row);
  }
  changed.runs.shrink_to_fit();
  map = std::move(changed);
}

void MediumMap::set(Int3 c, MediumId medium) {
  const Int3 d = c - owned.lo;
  std::uint32_t& begin = row_runs[static_cast<std::size_t>(d.y + owned.extent().y * d.z)];
  std::vector<Run> changed;
  Index first = 0;
  const auto add = [&](Index last, MediumId m) {
    if (last > first) changed.push_back({static_cast<std::int32_t>(last), m});
    first = std::max(first, last);
  };
  for (const Run* run = runs.data() + begin; first < owned.extent().x; ++run) {
    if (first <= d.x && d.x < run->last) {
      add(d.x, run->medium);
      add(d.x + 1, medium);
    }
    add(run->last, run->medium);
  }
  // Behind all others: other rows may share what the row had.
  begin = static_cast<std::uint32_t>(runs.size());
  runs.insert(runs.end(), changed.begin(), changed.end());
}

MediumMap map_media(const Scene& scene, const Numerics& numerics, Component c, const Box& owned, std::vector<ShapeSeen>& seen) {
  MediumMap map;
  map.owned = owned;
  if (!is_electric(c) && !is_magnetic(scene)) return map;
  const Int3 e = owned.extent();
  std::vector<MediumId> plane(static_cast<std::size_t>(e.x * e.y));
  const auto id = [&](Int3 cell) -> MediumId& {
    return plane[static_cast<std::size_t>(cell.x - owned.lo.x + e.x * (cell.y - owned.lo.y))];
  };
  PlanePainter painter(scene, numerics, c, owned);
  const std::vector<char> closed = closed_by_thin_parts(scene, numerics, c, owned, seen);
  map.row_runs.reserve(static_cast<std::size_t>(e.y * e.z));
  for (Index z = owned.lo.z; z < owned.hi.z; ++z) {
    Box here = owned;
    here.lo.z = z;
    here.hi.z = z + 1;
    std::fill(plane.begin(), plane.end(), vacuum_id);
    painter.paint(z, seen, [&](Int3 cell, int material) { id(cell) = material; });
    for (std::size_t i = 0; !closed.empty() && i < plane.size(); ++i)
      if (closed[static_cast<std::size_t>(z - owned.lo.z) * plane.size() + i] != 0) plane[i] = pec_id;
    for (int a = 0; is_electric(c) && a < 3; ++a) {
      if (a == axis_of(c) || !is_electric_wall(scene.boundary[a][0])) continue;
      Box wall = here;
      wall.hi[a] = std::min<Index>(here.hi[a], 1);
      for_each_cell(wall, [&](Int3 cell) { id(cell) = pec_id; });
    }
    for (Index y = 0; y < e.y; ++y) map.append({plane.data() + e.x * y, static_cast<std::size_t>(e.x)});
  }
  map.runs.shrink_to_fit();
  return map;
}

int material_at(const Scene& scene, const Numerics& numerics, Component c, Int3 cell) {
  const Box one{cell, cell + Int3{1, 1, 1}};
  std::vector<ShapeSeen> seen(scene.shapes.size());
  return map_media(scene, numerics, c, one, seen).at(cell);
}

std::vector<std::array<MediumMap, 6>> map_all(const Comm& comm, const Scene& scene, const Numerics& numerics,
                                              const std::array<std::vector<Box>, 6>& owned) {
  std::vector<std::array<MediumMap, 6>> maps(owned[Ex].size());
  std::vector<ShapeSeen> seen(scene.shapes.size());
  agree_on(comm, [&] {
    for (std::size_t b = 0; b < maps.size(); ++b)
      for (int c = 0; c < 6; ++c) maps[b][c] = map_media(scene, numerics, static_cast<Component>(c), owned[c][b], seen);
  });
  join(comm, seen);
  for (std::size_t s = 0; s < seen.size() && comm.rank() == 0; ++s) {
    std::string warning;
    if (!seen[s].any && !is_wall(scene, scene.shapes[s])) {
      warning =
          "no field value lies in this shape, so it is not there at all; make it thicker, put it on the grid's planes, or make the cells "
          "smaller";
    } else if (std::isfinite(seen[s].thinnest_m)) {
      const auto [c, edge] = edge_of(scene, seen[s].thinnest_at);
      const Vec3 at = yee_position_m(numerics.spacing_m, c, edge);
      warning = fmt::format(
          "parts of this shape lie between the grid's planes, as little as {:.3g} m thick near ({:.6g}, {:.6g}, {:.6g}) m: they act as "
          "sheets on the nearest planes, up to half a cell off; smaller cells show them where they are",
          seen[s].thinnest_m, at[0], at[1], at[2]);
    }
    if (!warning.empty()) std::fputs(fmt::format("warning: {}: {}\n", to_string(scene.shapes[s].place), warning).c_str(), stderr);
  }
  return maps;
}

template <class T>
Matter<T> make_matter(const Comm& comm, const Scene& scene, const Numerics& numerics, const std::vector<Field<T>>& fields) {
  std::array<std::vector<Box>, 6> owned;
  for (int c = 0; c < 6; ++c)
    for (const Block& block : fields[c].blocks()) owned[c].push_back(block.owned);
  Matter<T> matter{Media(scene), map_all(comm, scene, numerics, owned), {}, {}};
  for (std::size_t b = 0; b < matter.maps.size(); ++b) {
    std::array<Box, 6> here;
    for (int c = 0; c < 6; ++c) here[c] = owned[c][b];
    Cuts cuts = find_cuts(scene, numerics, here);
    for (const Component c : {Ex, Ey, Ez, Hx, Hy, Hz}) {
      MediumMap& map = matter.maps[b][c];
      free_cut_edges(cuts, c, map, matter.media);
      if (scene.averaged_interfaces && (is_electric(c) || is_magnetic(scene))) average_surfaces(scene, numerics, c, map, matter.media);
      weigh_cuts(cuts, c, map, matter.media);
      if (is_electric(c)) place_elements(scene, c, map, matter.media);
    }
    matter.cut_faces.push_back(std::move(cuts.faces));
  }
  matter.table = coefficients<T>(matter.media, numerics.dt_s);
  return matter;
}
template Matter<float> make_matter(const Comm&, const Scene&, const Numerics&, const std::vector<Field<float>>&);
template Matter<double> make_matter(const Comm&, const Scene&, const Numerics&, const std::vector<Field<double>>&);

}  // namespace hilbrick::fdtd
