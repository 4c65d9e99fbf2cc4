// SPDX-License-Identifier: BSD-3-Clause
#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace hilbrick::fdtd {
namespace {

std::string time_left(double seconds) {
  const auto s = static_cast<long>(seconds + 0.5);
  return s < 3600 ? fmt::format("{}:{:02}", s / 60, s % 60) : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

}  // namespace

bool output_is_a_terminal() {
  if (isatty(STDOUT_FILENO) == 0) return false;
  if (std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr) return true;
  std::error_code failed;
  const auto target = std::filesystem::read_symlink("/proc/" + std::to_string(getppid()) + "/fd/1", failed).string();
  return !failed && (target.rfind("/dev/pts/", 0) == 0 || target.rfind("/dev/tty", 0) == 0);
}

Progress::Progress(ProgressStyle style, Index cells, Index steps)
    : style_(style == ProgressStyle::automatic ? (output_is_a_terminal() ? ProgressStyle::bar : ProgressStyle::none) : style),
      cells_(static_cast<double>(cells)),
      steps_(steps),
      begin_(Clock::now()) {}

void Progress::tell(Index step, std::optional<double> energy_db) {
  if (style_ == ProgressStyle::none) return;
  const auto now = Clock::now();
  const bool first = first_step_ < 0;
  if (first) first_step_ = step - 1;
  if (!first && step != steps_ && now - told_ < std::chrono::milliseconds(500)) return;
  told_ = now;
  const double seconds = std::max(1e-9, std::chrono::duration<double>(now - begin_).count());
  const double done = static_cast<double>(step - first_step_);
  const double rate = cells_ * done / seconds / 1e6;
  const double left = seconds / done * static_cast<double>(steps_ - step);
  if (style_ == ProgressStyle::json) {
    nlohmann::ordered_json line{{"step", step}, {"steps", steps_}, {"mcells_per_second", rate}};
    line["energy_db"] = energy_db ? nlohmann::ordered_json(*energy_db) : nlohmann::ordered_json(nullptr);
    line["eta_s"] = left;
    std::puts(line.dump().c_str());
  } else {
    const double percent = 100 * static_cast<double>(step) / static_cast<double>(steps_);
    std::fputs(fmt::format("\r\033[Kstep {} of {} ({:.0f} %)  {:.1f} Mcells/s  energy {}  {} left", step, steps_, percent, rate,
                           energy_db ? fmt::format("{:.1f} dB", *energy_db) : "-", time_left(left))
                   .c_str(),
               stdout);
    line_open_ = true;
  }
  std::fflush(stdout);
}

void Progress::finish() {
  if (line_open_) std::puts("");
  line_open_ = false;
  std::fflush(stdout);
}

}  // namespace hilbrick::fdtd
