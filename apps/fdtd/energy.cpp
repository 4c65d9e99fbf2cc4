// SPDX-License-Identifier: BSD-3-Clause
#include "energy.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "rows.hpp"

namespace hilbrick::fdtd {
namespace {

/// Calls f with the energy of each row's values, J.
template <class T, class F>
void for_each_energy(const Scene& scene, const std::vector<Field<T>>& fields, const Matter<T>& matter, const CutFaces<T>& cut_faces,
                     F&& f) {
  const double volume_m3 = scene.spacing_m[0] * scene.spacing_m[1] * scene.spacing_m[2];
  std::vector<double> row;
  for (std::size_t b = 0; b < matter.maps.size(); ++b)
    for (int c = 0; c < 6; ++c) {
      const bool electric = c < 3;
      const int a = c % 3, u = (a + 1) % 3, v = (a + 2) % 3;
      const Block& block = fields[c].blocks()[b];
      const Index nx = block.owned.extent().x;
      const auto half = half_offset(static_cast<Component>(c));
      // A value on a magnetic wall stands for half a cell on this side of it.
      const auto share = [&](int axis, Index i) {
        const bool on_wall = !half[axis] && ((i == 0 && scene.boundary[axis][0] == Boundary::pmc) || i == scene.cells[axis]);
        return on_wall ? 0.5 : 1.0;
      };
      row.resize(static_cast<std::size_t>(nx));
      for (Index z = block.owned.lo.z; z < block.owned.hi.z; ++z)
        for (Index y = block.owned.lo.y; y < block.owned.hi.y; ++y) {
          const Int3 start{block.owned.lo.x, y, z};
          const T* f_row = fields[c].data() + block.index(start);
          const double scale = volume_m3 * share(1, y) * share(2, z);
          by_medium(
              matter.maps[b][c], matter.table[electric ? 0 : 1], row_of(block.owned, y, z), 0, nx, [&](Index first, Index last, auto k) {
                if (electric) {
                  for (Index i = first; i < last; ++i)
                    row[static_cast<std::size_t>(i)] = scale * k.half_density * (double(f_row[i]) * double(f_row[i]));
                } else {
                  const Difference<T> along_u = differences(fields[v], b, u, false, block.owned, static_cast<T>(1 / scene.spacing_m[u]))
                                                    .row(y - block.owned.lo.y, z - block.owned.lo.z);
                  const Difference<T> along_v = differences(fields[u], b, v, false, block.owned, static_cast<T>(1 / scene.spacing_m[v]))
                                                    .row(y - block.owned.lo.y, z - block.owned.lo.z);
                  for (Index i = first; i < last; ++i) {
                    const double curl = (double(along_u.hi[i]) - double(along_u.lo[i])) * double(along_u.inverse) -
                                        (double(along_v.hi[i]) - double(along_v.lo[i])) * double(along_v.inverse);
                    // H half a step earlier, by the update run backwards; only for media that keep all of H.
                    const double before = k.keep == T(1) ? double(f_row[i]) - double(k.gain) * curl : double(f_row[i]);
                    row[static_cast<std::size_t>(i)] = scale * k.half_density * (double(f_row[i]) * before);
                  }
                }
              });
          if (!electric)
            for (const auto& face : cut_faces.row(b, static_cast<Component>(c), y, z)) {
              const auto k = matter.at(static_cast<Component>(c), b, face.cell);
              if (k.keep == T(1))
                row[static_cast<std::size_t>(face.cell.x - start.x)] =
                    scale * k.half_density * (double(*face.h) * (double(*face.h) - double(face.change())));
            }
          if (share(0, block.owned.lo.x) != 1) row.front() *= 0.5;
          if (nx > 1 && share(0, block.owned.hi.x - 1) != 1) row.back() *= 0.5;
          f(std::span<const double>(row));
        }
    }
}

/// The largest size of each component in the whole grid, and the first value that is not finite. Collective over comm.
template <class T>
std::pair<std::array<double, 6>, std::optional<Energy::Bad>> largest_values(const Comm& comm, const Scene& scene,
                                                                            const std::vector<Field<T>>& fields) {
  std::array<double, 6> largest{};
  Index first_bad = std::numeric_limits<Index>::max();
  const Int3 n = scene.cells;
  for (int c = 0; c < 6; ++c)
    for (const Block& block : fields[c].blocks()) {
      const Index nx = block.owned.extent().x;
      for (Index z = block.owned.lo.z; z < block.owned.hi.z; ++z)
        for (Index y = block.owned.lo.y; y < block.owned.hi.y; ++y) {
          const Int3 start{block.owned.lo.x, y, z};
          const T* row = fields[c].data() + block.index(start);
          // Sizes order like their bits without the sign; what is not finite has the largest.
          using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
          Bits most = 0;
          for (Index i = 0; i < nx; ++i) most = std::max(most, static_cast<Bits>(std::bit_cast<Bits>(row[i]) << 1));
          if (most < std::bit_cast<Bits>(std::numeric_limits<T>::infinity()) << 1) {
            largest[c] = std::max(largest[c], static_cast<double>(std::bit_cast<T>(static_cast<Bits>(most >> 1))));
            continue;
          }
          const Index x = std::find_if(row, row + nx, [](T v) { return !std::isfinite(v); }) - row + start.x;
          first_bad = std::min(first_bad, 6 * (x + (n.x + 1) * (y + (n.y + 1) * z)) + c);
        }
    }
  for (double& v : largest) v = max(comm, v);
  first_bad = min(comm, first_bad);
  std::optional<Energy::Bad> bad;
  if (first_bad != std::numeric_limits<Index>::max()) {
    const Index at = first_bad / 6;
    bad = Energy::Bad{static_cast<Component>(first_bad % 6), {at % (n.x + 1), at / (n.x + 1) % (n.y + 1), at / (n.x + 1) / (n.y + 1)}};
  }
  return {largest, bad};
}

}  // namespace

template <class T>
Energy energy_of(const Comm& comm, const Scene& scene, const std::vector<Field<T>>& fields, const Matter<T>& matter,
                 const CutFaces<T>& cut_faces) {
  Energy energy;
  const auto [largest, bad] = largest_values(comm, scene, fields);
  energy.not_finite = bad;
  if (bad) return energy;
  // No value's energy exceeds this: the largest fields in the densest material, H before the step included.
  const double volume_m3 = scene.spacing_m[0] * scene.spacing_m[1] * scene.spacing_m[2];
  const double e = std::max({largest[0], largest[1], largest[2]}), h = std::max({largest[3], largest[4], largest[5]});
  const double cut_change = e * cut_faces.largest_gain();
  double bound = 0;
  for (std::size_t m = 0; m < matter.media.size(); ++m) {
    const auto &electric = matter.table[0][m], &magnetic = matter.table[1][m];
    double change = cut_change;
    for (double spacing_m : scene.spacing_m) change = std::max(change, 4 * e / spacing_m * std::fabs(double(magnetic.gain)));
    bound = std::max({bound, volume_m3 * electric.half_density * e * e, volume_m3 * magnetic.half_density * h * (h + change)});
  }
  bound = max(comm, bound);  // ranks differ in their media
  if (bound == 0) return energy;
  // Integers of 2^-shift joule: so small that all values together stay below 2^62, and a row of them below 2^51, where doubles add them
  // exactly. So the sum does not depend on its order.
  const double values = 6 * static_cast<double>(product(scene.cells + Int3{1, 1, 1}));
  const int bits = std::min(61 - std::ilogb(values), 50 - std::ilogb(static_cast<double>(scene.cells.x + 1)));
  const double scale = std::ldexp(1.0, std::min(bits - 1 - std::ilogb(bound), 1000));
  Index total = 0;
  for_each_energy(scene, fields, matter, cut_faces, [&](std::span<const double> row) {
    const auto whole = [scale](double value) {
      constexpr double to_integer = 0x1.8p52;  // adding it leaves no room for a fraction
      return (value * scale + to_integer) - to_integer;
    };
    std::array<double, 8> sums{};
    std::size_t i = 0;
    for (; i + sums.size() <= row.size(); i += sums.size())
      for (std::size_t lane = 0; lane < sums.size(); ++lane) sums[lane] += whole(row[i + lane]);
    for (; i < row.size(); ++i) sums[0] += whole(row[i]);
    for (double s : sums) total += static_cast<Index>(s);
  });
  energy.joule = static_cast<double>(sum(comm, total)) / scale;
  return energy;
}

template Energy energy_of(const Comm&, const Scene&, const std::vector<Field<float>>&, const Matter<float>&, const CutFaces<float>&);
template Energy energy_of(const Comm&, const Scene&, const std::vector<Field<double>>&, const Matter<double>&, const CutFaces<double>&);

}  // namespace hilbrick::fdtd
