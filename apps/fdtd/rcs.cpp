// SPDX-License-Identifier: BSD-3-Clause
#include "rcs.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <numbers>

namespace hilbrick::fdtd {

double rcs_m2(const FarE& far, char received) { return 4 * std::numbers::pi * std::norm(received == 'V' ? far.theta : far.phi); }

void write_rcs_csv(const Comm& comm, const std::vector<RcsRow>& rows, const std::filesystem::path& folder) {
  agree_on(comm, [&] {
    if (comm.rank() != 0) return;
    std::string csv = "frequency_hz,theta_deg,phi_deg,pol,rcs_dbsm\n";
    for (const RcsRow& r : rows)
      csv += fmt::format("{:.10g},{:.10g},{:.10g},{},{:.8g}\n", r.frequency_hz, r.theta_deg, r.phi_deg, r.pol, 10 * std::log10(r.rcs_m2));
    write_file(folder / "rcs.csv", csv);
  });
}

void write_rcs_h5(const Comm& comm, const std::vector<RcsRow>& rows, const std::filesystem::path& folder) {
  std::map<std::string, std::vector<const RcsRow*>> by_pol;
  for (const RcsRow& r : rows) by_pol[r.pol].push_back(&r);
  ParallelFile file(comm, folder / "rcs.h5");
  for (const auto& [pol, some] : by_pol) {
    const std::string group = "/" + pol;
    file.group(group);
    const auto column = [&, &of = some](const std::string& name, double RcsRow::*member) {
      std::vector<double> values;
      for (const RcsRow* r : of) values.push_back(r->*member);
      file.column(group + "/" + name, values);
    };
    column("frequency_hz", &RcsRow::frequency_hz);
    column("theta_deg", &RcsRow::theta_deg);
    column("phi_deg", &RcsRow::phi_deg);
    column("rcs_m2", &RcsRow::rcs_m2);
  }
  file.close();
}

}  // namespace hilbrick::fdtd
