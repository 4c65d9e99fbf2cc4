// SPDX-License-Identifier: BSD-3-Clause
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <hilbrick/digest.hpp>
#include <vector>

#include "copy.hpp"

namespace hilbrick {
namespace {

constexpr std::uint64_t little_endian(std::uint64_t v) { return std::endian::native == std::endian::little ? v : __builtin_bswap64(v); }

}  // namespace

std::uint64_t value_hash(int field, const Grid& grid, Int3 cell, std::uint64_t bits) { return value_hash(field, grid, cell, {&bits, 1}); }

std::uint64_t value_hash(int field, const Grid& grid, Int3 cell, std::span<const std::uint64_t> bits) {
  const Index index = cell.x + (grid.cells.x + 1) * (cell.y + (grid.cells.y + 1) * cell.z);
  HILBRICK_ASSERT(bits.size() <= 2);
  std::uint64_t words[4] = {little_endian(static_cast<std::uint64_t>(field)), little_endian(static_cast<std::uint64_t>(index))};
  std::transform(bits.begin(), bits.end(), words + 2, little_endian);
  return XXH3_64bits(words, (2 + bits.size()) * sizeof(std::uint64_t));
}

std::uint64_t bytes_hash(const void* bytes, std::size_t count) { return XXH3_64bits(bytes, count); }

std::uint64_t local_digest(const FieldRef& values, int field, const Grid& grid) {
  const auto bytes = static_cast<std::size_t>(values.value_bytes);
  std::uint64_t digest = 0;
  std::vector<std::byte> plane;
  for (std::size_t b = 0; b < values.blocks.size(); ++b) {
    const Box& owned = values.blocks[b].owned;
    for (Index z = owned.lo.z; z < owned.hi.z; ++z) {
      const Box cells{{owned.lo.x, owned.lo.y, z}, {owned.hi.x, owned.hi.y, z + 1}};
      plane.resize(static_cast<std::size_t>(cells.volume()) * bytes);
      read_values(values, b, cells, plane.data());
      const std::byte* value = plane.data();
      for_each_cell(cells, [&](Int3 c) {
        std::uint64_t bits[2] = {0, 0};
        if (bytes == 4) {
          std::uint32_t word = 0;
          std::memcpy(&word, value, sizeof word);
          bits[0] = word;
        } else {
          std::memcpy(bits, value, bytes);
        }
        digest += value_hash(field, grid, c, {bits, bytes <= 8 ? 1U : 2U});
        value += bytes;
      });
    }
  }
  return digest;
}

std::uint64_t digest(const Comm& comm, const Grid& grid, const std::vector<FieldRef>& fields) {
  std::uint64_t mine = 0;
  for (std::size_t f = 0; f < fields.size(); ++f) mine += local_digest(fields[f], static_cast<int>(f), grid);
  return sum_digests(comm, mine);
}

std::uint64_t sum_digests(const Comm& comm, std::uint64_t local) {
  const Waiting waiting(comm, "the sum of digests");
  MPI_Allreduce(MPI_IN_PLACE, &local, 1, MPI_UINT64_T, MPI_SUM, comm.get());
  return local;
}

std::uint64_t file_digest(const Comm& comm, const std::filesystem::path& path, Index first) {
  constexpr Index piece_bytes = 1 << 20;
  std::uint64_t mine = 0;
  agree_on(comm, [&] {
    errno = 0;
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    const Index pieces = (std::max<Index>(0, static_cast<Index>(file.tellg()) - first) + piece_bytes - 1) / piece_bytes;
    const Index begin = pieces * comm.rank() / comm.size(), end = pieces * (comm.rank() + 1) / comm.size();
    std::vector<char> piece(begin < end ? piece_bytes : 0);
    file.seekg(first + begin * piece_bytes);
    for (Index n = begin; n < end; ++n) {
      file.read(piece.data(), piece_bytes);
      const std::uint64_t words[2] = {little_endian(static_cast<std::uint64_t>(n)),
                                      little_endian(bytes_hash(piece.data(), static_cast<std::size_t>(file.gcount())))};
      mine += bytes_hash(words, sizeof words);
    }
    if (!file.is_open() || file.bad()) throw Error(path.string() + ": cannot be read (" + std::strerror(errno) + ")");
  });
  return sum_digests(comm, mine);
}

std::string hex(std::uint64_t digest) {
  std::string text(16, '0');
  for (int i = 15; i >= 0; --i, digest >>= 4) text[static_cast<std::size_t>(i)] = "0123456789abcdef"[digest & 15];
  return text;
}

std::uint64_t digest_of(const Partition& partition) {
  std::vector<std::uint64_t> words;
  const auto add = [&](auto v) { words.push_back(static_cast<std::uint64_t>(v)); };
  for (int a = 0; a < 3; ++a) {
    add(partition.grid().cells[a]);
    add(partition.grid().periodic[a]);
    add(partition.tiling().bricks()[a]);
  }
  add(partition.method());
  add(partition.ranks());
  if (const auto* s = std::get_if<Segments>(&partition.rule())) {
    add(s->curve.order());
    add(s->curve.fit());
    for (const int axis : s->curve.axes()) add(axis);
    words.insert(words.end(), s->cuts.begin(), s->cuts.end());
  }
  if (const auto* c = std::get_if<Cartesian>(&partition.rule()))
    for (int a = 0; a < 3; ++a) add(c->nodes[a]);
  if (const auto* t = std::get_if<Tree>(&partition.rule()))
    for (const Tree::Split& split : t->splits()) {
      add(split.low);
      for (std::size_t a = 0; a < 3; ++a) {
        add(split.axes[a]);
        add(split.at[a]);
      }
      for (const int n : {int{split.step.axis}, int{split.step.below}, int{split.step.plane}, int{split.step.end}}) add(n);
    }
  for (Rank r = 0; r < partition.ranks(); ++r) add(partition.nodes().node_of(r));
  for (const Box& active : partition.weights().active_pieces(partition.grid().box()))
    for (const Int3& corner : {active.lo, active.hi})
      for (int a = 0; a < 3; ++a) add(corner[a]);
  return XXH3_64bits(words.data(), words.size() * sizeof(std::uint64_t));
}

void require_same(const Comm& comm, std::uint64_t digest, const std::string& what) {
  const Waiting waiting(comm, "a comparison of digests");
  std::uint64_t range[2] = {digest, ~digest};
  MPI_Allreduce(MPI_IN_PLACE, range, 2, MPI_UINT64_T, MPI_MAX, comm.get());
  if (range[0] != ~range[1])
    throw SharedError("ranks disagree on " + what + ": they were given different input; give every rank the same", 4);
}

}  // namespace hilbrick
