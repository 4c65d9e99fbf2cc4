// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// How much memory a process has, and how much more it may take.

#include <filesystem>
#include <hilbrick/comm.hpp>
#include <string>

namespace hilbrick {

/// What this process has in memory now, and the most it ever had, in bytes; 0 where the system does not tell. Local.
Index resident_bytes();
Index peak_memory_bytes();

/// What this process and others here may still take, and what keeps them from more.
struct FreeMemory {
  Index bytes = 0;  // as many as there can be where the system does not tell
  std::string limit;
};
/// The least of what the node has (MemAvailable) and of what the control groups around this process leave, where Slurm and containers set
/// their limits. `root`: the folder that holds /proc and /sys. Local.
FreeMemory free_memory(const std::filesystem::path& root = "/");

/// Throws SharedError where the ranks of some node want more than is free there; `bytes`: what this rank wants; `remedy`: what the user may
/// do besides taking more nodes. Call it before any rank takes its own. Collective over comm.
void require_memory(const Comm& comm, Index bytes, const std::string& remedy);

}  // namespace hilbrick
