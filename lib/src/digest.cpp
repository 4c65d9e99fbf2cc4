// SPDX-License-Identifier: BSD-3-Clause
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <hilbrick/digest.hpp>
#include <type_traits>
#include <vector>

namespace hilbrick {
namespace {

constexpr std::uint64_t little_endian(std::uint64_t v) { return std::endian::native == std::endian::little ? v : __builtin_bswap64(v); }

}  // namespace

std::uint64_t value_hash(int field, const Grid& grid, Int3 cell, std::uint64_t bits) {
  const Index index = cell.x + (grid.cells.x + 1) * (cell.y + (grid.cells.y + 1) * cell.z);
  const std::uint64_t words[3] = {little_endian(static_cast<std::uint64_t>(field)), little_endian(static_cast<std::uint64_t>(index)),
                                  little_endian(bits)};
  return XXH3_64bits(words, sizeof words);
}

std::uint64_t bytes_hash(const void* bytes, std::size_t count) { return XXH3_64bits(bytes, count); }

template <class T>
std::uint64_t local_digest(const Field<T>& values, int field, const Grid& grid) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  std::uint64_t digest = 0;
  for (std::size_t b = 0; b < values.blocks().size(); ++b)
    for_each_cell(values.blocks()[b].owned, [&](Int3 c) { digest += value_hash(field, grid, c, std::bit_cast<Bits>(values.at(b, c))); });
  return digest;
}
template std::uint64_t local_digest(const Field<float>&, int, const Grid&);
template std::uint64_t local_digest(const Field<double>&, int, const Grid&);

std::uint64_t sum_digests(const Comm& comm, std::uint64_t local) {
  const Waiting waiting(comm, "the sum of digests");
  MPI_Allreduce(MPI_IN_PLACE, &local, 1, MPI_UINT64_T, MPI_SUM, comm.get());
  return local;
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
