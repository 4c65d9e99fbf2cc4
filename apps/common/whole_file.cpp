// SPDX-License-Identifier: BSD-3-Clause
#include "whole_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <hilbrick/partition/error.hpp>

namespace hilbrick {

void write_whole(const std::string& option, const std::string& file, const std::function<void(std::ostream&)>& fill) {
  const auto message = [&](const std::string& why) { return fmt::format("{}: cannot write {}: {}", option, file, why); };
  std::error_code problem;
  if (std::filesystem::exists(file, problem) && !std::filesystem::is_regular_file(file, problem))
    throw Error(message("it exists and is no regular file; name another"));
  const std::string unfinished = file + ".part";
  std::ofstream out(unfinished, std::ios::binary);
  if (!out) throw Error(message(std::strerror(errno)));
  try {
    fill(out);
    out.close();
    if (!out) throw runtime_failure(message(std::strerror(errno)));
    std::filesystem::rename(unfinished, file, problem);
    if (problem) throw runtime_failure(message(problem.message()));
  } catch (...) {
    std::filesystem::remove(unfinished, problem);
    throw;
  }
}

}  // namespace hilbrick
