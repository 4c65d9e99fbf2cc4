// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Proves an exchange on the user's own partition, stencil and arrays: every stored value becomes a hash of its field and cell, halos are
// exchanged, and each value must then be what the declared stencil says, derived here without the exchange's plan.
//
//   read by the stencil and owned by some rank    the owner's hash: of the periodic image's cell, corners included
//   everything else, owned values among it        as it was
//
// Each phase is run several times with other hashes, so that what an earlier exchange left behind is no right value.

#include <functional>
#include <hilbrick/exchange.hpp>
#include <string>
#include <vector>

namespace hilbrick {

/// A value that an exchange got wrong.
struct Fault {
  enum class Kind { unset, stale, touched, wrong };
  Kind kind;
  std::size_t phase;
  int field;
  std::size_t box;
  Int3 cell;   // as stored: perhaps beyond a periodic grid
  Rank owner;  // nobody where no rank owns the value
};

/// What `exchange(phase)`, called for one phase after the other, gets wrong on this rank: the first `most` faults in the order of phases,
/// boxes, fields and cells, and all of them counted. Fields end as they were, after needing as much memory again. Local, but for what
/// `exchange` does.
struct Faults {
  Index count = 0;
  std::vector<Fault> first;
};
Faults find_faults(const Domain& domain, const Stencil& stencil, const std::vector<FieldRef>& fields,
                   const std::function<void(std::size_t phase)>& exchange, std::size_t most = 4);

/// Throws SharedError that names rank, peer, field and cell of the first faults. Collective over comm.
void verify(const Comm& comm, const Domain& domain, const Stencil& stencil, const std::vector<FieldRef>& fields, Exchange& exchange);
/// The same for any exchange of halos, one's own among them. Collective over comm.
void verify(const Comm& comm, const Domain& domain, const Stencil& stencil, const std::vector<FieldRef>& fields,
            const std::function<void(std::size_t phase)>& exchange);

}  // namespace hilbrick
