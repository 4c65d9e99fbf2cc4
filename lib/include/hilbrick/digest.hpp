// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Digests that do not depend on who owns what: a value contributes a hash of (field, place, bits), and contributions are summed.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <hilbrick/comm.hpp>
#include <hilbrick/field.hpp>
#include <hilbrick/partition/partition.hpp>
#include <span>
#include <string>
#include <vector>

namespace hilbrick {

/// The hash of one value: XXH3-64 over the 24 bytes (field, index, bits), each a little-endian 64-bit integer. `index` is
/// x + (nx + 1) (y + (ny + 1) z) for a grid of nx, ny, nz cells, so that closing planes have places of their own; `bits` is the
/// value's own bit pattern, zero-extended. A value of 16 bytes has two words of bits, and is hashed with 8 bytes more.
std::uint64_t value_hash(int field, const Grid& grid, Int3 cell, std::uint64_t bits);
std::uint64_t value_hash(int field, const Grid& grid, Int3 cell, std::span<const std::uint64_t> bits);

/// XXH3-64 of bytes. Local.
std::uint64_t bytes_hash(const void* bytes, std::size_t count);

/// The sum modulo 2^64 of value_hash over this rank's owned values of a field, in anyone's arrays. Local.
std::uint64_t local_digest(const FieldRef& values, int field, const Grid& grid);
template <class T>
std::uint64_t local_digest(const Field<T>& values, int field, const Grid& grid) {
  return local_digest(values.ref(), field, grid);
}

/// The sum over ranks modulo 2^64. Collective over comm.
std::uint64_t sum_digests(const Comm& comm, std::uint64_t local);

/// Of several fields, numbered from 0, over all ranks. Collective over comm.
std::uint64_t digest(const Comm& comm, const Grid& grid, const std::vector<FieldRef>& fields);

/// Of a file's bytes from `first` on: the sum of the hashes of its pieces of 1 MiB, each with its number, so that every rank reads a share.
/// Throws SharedError where it cannot be read. Collective over comm.
std::uint64_t file_digest(const Comm& comm, const std::filesystem::path& path, Index first = 0);

/// 16 hexadecimal digits.
std::string hex(std::uint64_t digest);

/// A hash of everything that decides who owns what. Local.
std::uint64_t digest_of(const Partition& partition);

/// Throws SharedError, naming `what`, unless all ranks have the same digest. Collective over comm.
void require_same(const Comm& comm, std::uint64_t digest, const std::string& what);

}  // namespace hilbrick
