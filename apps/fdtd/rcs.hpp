// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Radar cross-sections: rcs.csv and rcs.h5.

#include <filesystem>
#include <string>
#include <vector>

#include "far_field.hpp"

namespace hilbrick::fdtd {

struct RcsRow {
  double frequency_hz, theta_deg, phi_deg;
  std::string pol;  // received, sent: V is E along theta, H along phi, P anything else
  double rcs_m2;
};

/// 4 pi r^2 |E|^2 of what goes into a direction, received with one polarization ('V' or 'H'), for an incident field of 1 V/m.
double rcs_m2(const FarE& far, char received);

/// rcs.csv with the rows so far, replaced as a whole. Throws SharedError. Collective over comm.
void write_rcs_csv(const Comm& comm, const std::vector<RcsRow>& rows, const std::filesystem::path& folder);
/// rcs.h5: for each polarization a group of columns. Throws SharedError. Collective over comm.
void write_rcs_h5(const Comm& comm, const std::vector<RcsRow>& rows, const std::filesystem::path& folder);

}  // namespace hilbrick::fdtd
