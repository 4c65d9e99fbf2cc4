// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hilbrick/comm.hpp>

#include "measured.hpp"

namespace hilbrick::calibrate {

/// The ranks that name the same number, as a communicator of their own. Collective over comm.
Comm split(const Comm& comm, int number);

/// Times the halos of Yee's scheme between the ranks of each node, by both transports where ranks share memory; T float or double.
/// `on_node`: the ranks of this rank's node, as `split` makes it. None where no two ranks share a node. Collective over comm.
template <class T>
std::optional<OnNode> time_on_node(const Comm& comm, const Comm& on_node, double seconds);

/// The same between nodes, which are at least two, first by one rank of each and then by all at once. Collective over comm.
template <class T>
BetweenNodes time_between_nodes(const Comm& comm, const Comm& on_node, double seconds);

}  // namespace hilbrick::calibrate
