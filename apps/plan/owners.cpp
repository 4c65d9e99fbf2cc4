// SPDX-License-Identifier: BSD-3-Clause
#include "owners.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <vector>

#include "whole_file.hpp"

namespace hilbrick::plan {
namespace {

/// NumPy's format 1.0: magic, version, the length of a Python literal that ends in a newline, the literal; 64-byte aligned in all.
std::string npy_header(Int3 shape) {
  const char order = std::endian::native == std::endian::little ? '<' : '>';
  std::string literal =
      fmt::format("{{'descr': '{}i4', 'fortran_order': False, 'shape': ({}, {}, {}), }}", order, shape.z, shape.y, shape.x);
  const std::size_t before = 10;
  literal.resize((before + literal.size() + 1 + 63) / 64 * 64 - before - 1, ' ');
  literal += '\n';
  std::string header = "\x93NUMPY";
  header += {1, 0, static_cast<char>(literal.size() & 0xff), static_cast<char>(literal.size() >> 8)};
  return header + literal;
}

}  // namespace

Rank owner_of_brick(const Partition& partition, const Tiling& tiling, Int3 brick) {
  const Box cells = tiling.cells_of(brick);
  Rank owner = nobody;
  Index most = 0;
  for_each_cell(partition.tiling().bricks_touching(cells), [&](Int3 piece) {
    const Index owned = partition.weights().active_cells(intersection(cells, partition.tiling().cells_of(piece)));
    const Rank rank = partition.owner(piece);
    if (owned > most || (owned == most && owned > 0 && rank < owner)) {
      most = owned;
      owner = rank;
    }
  });
  return owner;
}

void write_owners(const std::string& file, const Partition& partition, const Tiling& tiling) {
  write_whole("--owners", file, [&](std::ostream& out) {
    out << npy_header(tiling.bricks());
    const Int3 n = tiling.bricks();
    std::vector<std::int32_t> row(static_cast<std::size_t>(n.x));
    for (Index z = 0; z < n.z && out; ++z)
      for (Index y = 0; y < n.y && out; ++y) {
        for (Index x = 0; x < n.x; ++x) row[static_cast<std::size_t>(x)] = owner_of_brick(partition, tiling, {x, y, z});
        out.write(reinterpret_cast<const char*>(row.data()), static_cast<std::streamsize>(row.size() * sizeof row[0]));
      }
  });
}

}  // namespace hilbrick::plan
