// SPDX-License-Identifier: BSD-3-Clause
#include "vtk.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <vector>

#include "owners.hpp"
#include "whole_file.hpp"

namespace hilbrick::plan {
namespace {

// In the file: XML that names each array and where it begins, then "_", then the arrays one after the other, each behind its length in
// bytes. All lengths are known before the first value is, so the arrays are filled layer by layer.
using Length = std::uint64_t;

struct Array {
  const char *name, *type;
  Length bytes;
};

template <class T>
void write(std::ostream& out, const std::vector<T>& values) {
  out.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
}

void write_length(std::ostream& out, Length bytes) { write(out, std::vector{bytes}); }

/// The first cells of the bricks along an axis, and its last plane.
std::vector<double> planes(const Tiling& tiling, int axis) {
  std::vector<double> planes;
  for (Index b = 0; b <= tiling.bricks()[axis]; ++b) planes.push_back(static_cast<double>(tiling.first_cell(axis, b)));
  return planes;
}

/// One layer of bricks, x fastest.
struct Layer {
  std::vector<std::int32_t> rank, node;
  std::vector<std::int64_t> load;
};

}  // namespace

void write_vtk(const std::string& file, const Partition& partition, const Tiling& tiling) {
  const Int3 n = tiling.bricks();
  const auto layer_bricks = static_cast<Length>(n.x * n.y), bricks = layer_bricks * static_cast<Length>(n.z);
  const auto plane_bytes = [&](int axis) { return static_cast<Length>(n[axis] + 1) * sizeof(double); };
  const Array coordinates[] = {{"x", "Float64", plane_bytes(0)}, {"y", "Float64", plane_bytes(1)}, {"z", "Float64", plane_bytes(2)}};
  const Array cell_data[] = {{"rank", "Int32", bricks * sizeof(std::int32_t)},
                             {"node", "Int32", bricks * sizeof(std::int32_t)},
                             {"load", "Int64", bricks * sizeof(std::int64_t)}};

  Length offset = 0;
  const auto declared = [&](const Array& array) {
    const Length here = offset;
    offset += sizeof(Length) + array.bytes;
    return fmt::format("        <DataArray type=\"{}\" Name=\"{}\" format=\"appended\" offset=\"{}\"/>\n", array.type, array.name, here);
  };
  const std::string extent = fmt::format("0 {} 0 {} 0 {}", n.x, n.y, n.z);
  std::string xml = fmt::format(
      "<?xml version=\"1.0\"?>\n<VTKFile type=\"RectilinearGrid\" version=\"1.0\" byte_order=\"{}\" header_type=\"UInt64\">\n"
      "  <RectilinearGrid WholeExtent=\"{}\">\n    <Piece Extent=\"{}\">\n      <Coordinates>\n",
      std::endian::native == std::endian::little ? "LittleEndian" : "BigEndian", extent, extent);
  for (const Array& array : coordinates) xml += declared(array);
  xml += "      </Coordinates>\n      <CellData Scalars=\"rank\">\n";
  for (const Array& array : cell_data) xml += declared(array);
  xml += "      </CellData>\n    </Piece>\n  </RectilinearGrid>\n  <AppendedData encoding=\"raw\">\n_";

  write_whole("--vtk", file, [&](std::ostream& out) {
    out << xml;
    for (int axis = 0; axis < 3; ++axis) {
      write_length(out, plane_bytes(axis));
      write(out, planes(tiling, axis));
    }
    std::streamoff at[3];  // where each array goes on
    std::streamoff end = out.tellp();
    for (int a = 0; a < 3; ++a) {
      out.seekp(end);
      write_length(out, cell_data[a].bytes);
      at[a] = out.tellp();
      end = at[a] + static_cast<std::streamoff>(cell_data[a].bytes);
    }
    const auto append = [&](int array, const auto& values) {
      out.seekp(at[array]);
      write(out, values);
      at[array] = out.tellp();
    };
    for (Index z = 0; z < n.z && out; ++z) {
      Layer layer;
      for_each_cell(Box{{0, 0, z}, {n.x, n.y, z + 1}}, [&](Int3 brick) {
        const Rank rank = owner_of_brick(partition, tiling, brick);
        layer.rank.push_back(rank);
        layer.node.push_back(rank == nobody ? -1 : partition.nodes().node_of(rank));
        layer.load.push_back(partition.weights().sum(tiling, {brick, brick + Int3{1, 1, 1}}));
      });
      append(0, layer.rank);
      append(1, layer.node);
      append(2, layer.load);
    }
    out.seekp(end);
    out << "\n  </AppendedData>\n</VTKFile>\n";
  });
}

}  // namespace hilbrick::plan
