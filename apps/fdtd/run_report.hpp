// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What a solver's ranks did, for the report.

#include <hilbrick/report.hpp>
#include <string>

#include "solver.hpp"

namespace hilbrick::fdtd {

std::string host_name();

/// Seconds that exchanges took so far: packing, waiting, unpacking.
double exchange_seconds(const Counters& counters);

/// This rank in `steps` steps. Local.
template <class T>
RankReport rank_report(const Comm& comm, const Solver<T>& solver, Index steps);

/// What the time model says of a step, for the way in which halos travel. `machine_name`: the file that its constants are from, empty:
/// defaults. Collective over comm; the answer is on rank 0.
template <class T>
Forecast forecast_of(const Comm& comm, const Solver<T>& solver, const Machine& machine, const std::string& machine_name);

}  // namespace hilbrick::fdtd
