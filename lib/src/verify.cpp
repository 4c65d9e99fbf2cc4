// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <hilbrick/digest.hpp>
#include <hilbrick/verify.hpp>

#include "copy.hpp"

namespace hilbrick {
namespace {

/// What a block stores, x fastest, in memory of the host: what it holds, or what it is to hold.
class Stored {
 public:
  Stored(const FieldRef& field, std::size_t box)
      : field_(field), box_(box), cells_(field.blocks[box].stored), bytes_(static_cast<std::size_t>(cells_.volume() * field.value_bytes)) {}

  void read() { read_values(field_, box_, cells_, bytes_.data()); }
  void write() { write_values(field_, box_, cells_, bytes_.data()); }
  std::byte* value(Int3 cell) { return place_in(bytes_.data(), cells_, cell, field_.value_bytes).first; }

 private:
  const FieldRef& field_;
  std::size_t box_;
  Box cells_;
  std::vector<std::byte> bytes_;
};

/// The fields' values, put back at the end.
class Saved {
 public:
  explicit Saved(const std::vector<FieldRef>& fields) {
    for (const FieldRef& field : fields)
      for (std::size_t b = 0; b < field.blocks.size(); ++b) blocks_.emplace_back(field, b).read();
  }
  ~Saved() {
    for (Stored& block : blocks_) block.write();
  }
  Saved(const Saved&) = delete;
  Saved& operator=(const Saved&) = delete;

 private:
  std::vector<Stored> blocks_;
};

using Value = std::array<std::uint64_t, 2>;  // as many of its bytes as the field's values have

class Check {
 public:
  Check(const Domain& domain, const Stencil& stencil, const std::vector<FieldRef>& fields)
      : domain_(domain), stencil_(stencil), fields_(fields), grid_(domain.partition.grid()) {}

  /// What the owner holds of a field in a round.
  Value owned(int field, Int3 home, Index round) const {
    const std::uint64_t h = value_hash(field, grid_, home, static_cast<std::uint64_t>(round));
    return {h, ~h};
  }
  /// What stands in a place that nobody may write to or that is not yet set: another value in each box, also of the same cell.
  Value before(int field, std::size_t box, Int3 cell, Index round) const {
    const std::uint64_t place = (static_cast<std::uint64_t>(domain_.rank) << 32 | box) + 1;
    const std::uint64_t h = value_hash(field, grid_, cell, ~(static_cast<std::uint64_t>(round) + (place << 8)));
    return {h, ~h};
  }

  void fill(Index round) const {
    each_block([&](std::size_t b, int f, const Block& block) {
      Stored stored(field(f), b);
      for_each_cell(block.stored, [&](Int3 c) {
        const Value value = block.owned.contains(c) ? owned(f, c, round) : before(f, b, c, round);
        std::memcpy(stored.value(c), value.data(), value_bytes(f));
      });
      stored.write();
    });
  }

  void compare(std::size_t phase, Index round, std::size_t most, Faults& faults) const {
    each_block([&](std::size_t b, int f, const Block& block) {
      const std::vector<Box> read = footprint(stencil_, phase, f, domain_.boxes[b], grid_);
      const auto is_read = [&](Int3 c) { return std::any_of(read.begin(), read.end(), [&](const Box& box) { return box.contains(c); }); };
      Stored stored(field(f), b);
      stored.read();
      for_each_cell(block.stored, [&](Int3 c) {
        const auto holds = [&](const Value& value) { return std::memcmp(stored.value(c), value.data(), value_bytes(f)) == 0; };
        const Int3 home = wrapped(c);
        const Rank owner = block.owned.contains(c) ? domain_.rank : owner_of(f, home);
        const bool set = !block.owned.contains(c) && owner != nobody && is_read(c);
        if (holds(set || block.owned.contains(c) ? owned(f, home, round) : before(f, b, c, round))) return;
        ++faults.count;
        if (faults.first.size() == most) return;
        Fault::Kind kind = set ? Fault::Kind::wrong : Fault::Kind::touched;
        if (set && holds(before(f, b, c, round))) kind = Fault::Kind::unset;
        for (Index earlier = 0; set && earlier < round; ++earlier)
          if (holds(owned(f, home, earlier))) kind = Fault::Kind::stale;
        faults.first.push_back({kind, phase, f, b, c, owner});
      });
    });
  }

 private:
  template <class F>
  void each_block(F&& f) const {
    for (std::size_t b = 0; b < domain_.boxes.size(); ++b)
      for (std::size_t i = 0; i < fields_.size(); ++i) f(b, static_cast<int>(i), fields_[i].blocks[b]);
  }
  const FieldRef& field(int f) const { return fields_[static_cast<std::size_t>(f)]; }
  std::size_t value_bytes(int f) const { return static_cast<std::size_t>(field(f).value_bytes); }
  Int3 wrapped(Int3 cell) const {
    for (int a = 0; a < 3; ++a)
      if (grid_.periodic[a]) cell[a] -= floor_div(cell[a], grid_.cells[a]) * grid_.cells[a];
    return cell;
  }
  /// Closing planes belong to the owner of the cell before.
  Rank owner_of(int field, Int3 place) const {
    for (int a = 0; a < 3; ++a)
      if (place[a] == grid_.cells[a] && stencil_.fields()[static_cast<std::size_t>(field)].closing[a]) --place[a];
    if (!grid_.box().contains(place)) return nobody;
    const Tiling& tiling = domain_.partition.tiling();
    if (domain_.partition.weights().active_cells({place, place + Int3{1, 1, 1}}) == 0) return nobody;
    return domain_.partition.owner(tiling.bricks_touching({place, place + Int3{1, 1, 1}}).lo);
  }

  const Domain& domain_;
  const Stencil& stencil_;
  const std::vector<FieldRef>& fields_;
  const Grid& grid_;
};

std::string describe(const Domain& domain, const Stencil& stencil, const Faults& faults) {
  std::string text = fmt::format("verify: {} wrong values on rank {}", faults.count, domain.rank);
  for (const Fault& f : faults.first) {
    const char* what = f.kind == Fault::Kind::unset     ? "was not set"
                       : f.kind == Fault::Kind::stale   ? "holds the value of an earlier exchange"
                       : f.kind == Fault::Kind::touched ? "was changed, and is none that the stencil reads"
                                                        : "holds another value than its owner's";
    text += fmt::format("; phase {}, {} of cell ({}, {}, {}){} {}", f.phase, stencil.fields()[static_cast<std::size_t>(f.field)].name,
                        f.cell.x, f.cell.y, f.cell.z,
                        f.owner == nobody ? std::string(", which no rank owns,") : fmt::format(" from rank {}", f.owner), what);
  }
  if (static_cast<Index>(faults.first.size()) < faults.count) text += "; ...";
  return text;
}

}  // namespace

Faults find_faults(const Domain& domain, const Stencil& stencil, const std::vector<FieldRef>& fields,
                   const std::function<void(std::size_t phase)>& exchange, std::size_t most) {
  const Saved saved(fields);
  const Check check(domain, stencil, fields);
  Faults faults;
  constexpr Index rounds = 3;  // shared buffers come in pairs
  for (std::size_t phase = 0; phase < stencil.phases().size(); ++phase)
    for (Index round = 0; round < rounds; ++round) {
      check.fill(round);
      exchange(phase);
      check.compare(phase, round, most, faults);
    }
  return faults;
}

void verify(const Comm& comm, const Domain& domain, const Stencil& stencil, const std::vector<FieldRef>& fields,
            const std::function<void(std::size_t phase)>& exchange) {
  const Faults faults = find_faults(domain, stencil, fields, exchange);
  agree_on(comm, [&] {
    if (faults.count > 0) throw runtime_failure(describe(domain, stencil, faults));
  });
}

void verify(const Comm& comm, const Domain& domain, const Stencil& stencil, const std::vector<FieldRef>& fields, Exchange& exchange) {
  verify(comm, domain, stencil, fields, [&](std::size_t phase) { exchange.start(phase).finish(); });
}

}  // namespace hilbrick
