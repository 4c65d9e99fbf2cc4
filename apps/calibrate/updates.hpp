// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hilbrick/comm.hpp>

#include "measured.hpp"

namespace hilbrick::calibrate {

/// Steps of boxes of about `cells` cells with rows of several lengths, those to fit, and of small cubes; each rank its own boxes and all at
/// once, T float or double. Processor time: where ranks share cores, as many times as long. Collective over comm.
template <class T>
std::vector<BoxTime> time_updates(const Comm& comm, Index cells, double ranks_per_core, double seconds);

/// Bytes a second that a rank copies (read once, written once) beyond all caches, all ranks at once. Collective over comm.
double time_copies(const Comm& comm, double seconds);

}  // namespace hilbrick::calibrate
