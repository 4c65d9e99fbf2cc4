// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What of a scene a run cannot go on without: all that its file says, and the files it names hold, but for what changes no bit of a field
// or of a series (how long, on which partition, what is looked at in between).

#include <hilbrick/comm.hpp>
#include <map>
#include <string>

#include "scene.hpp"

namespace hilbrick::fdtd {

/// By key. Throws SharedError where a file cannot be read. Collective over comm.
std::map<std::string, std::string> setting_of(const Comm& comm, const Scene& scene);

}  // namespace hilbrick::fdtd
