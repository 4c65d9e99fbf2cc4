// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <hilbrick/memory.hpp>
#include <limits>
#include <optional>
#include <sstream>

namespace hilbrick {
namespace {

namespace fs = std::filesystem;

/// The number behind a word at the start of a line; nothing where there is none. In a file that is a number alone the word is "".
std::optional<Index> number_in(const fs::path& file, const std::string& word) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line.compare(0, word.size(), word) == 0 ? line.substr(word.size()) : "");
    Index number = 0;
    if (words >> number) return number;
  }
  return std::nullopt;
}

Index status_bytes(const char* word) { return number_in("/proc/self/status", word).value_or(0) * 1024; }

/// Names of the files that say what a control group may take, takes, and could give back.
struct GroupFiles {
  const char *limit, *used, *given_back;
};
constexpr GroupFiles version_1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
constexpr GroupFiles version_2{"memory.max", "memory.current", "inactive_file"};

/// What a control group leaves; nothing where it has no limit.
std::optional<Index> left_in(const fs::path& group, const GroupFiles& files) {
  const auto limit = number_in(group / files.limit, ""), used = number_in(group / files.used, "");
  if (!limit || !used) return std::nullopt;
  return std::max<Index>(0, *limit - *used + number_in(group / "memory.stat", files.given_back).value_or(0));
}

std::string gigabytes(Index bytes) { return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9); }

}  // namespace

Index resident_bytes() { return status_bytes("VmRSS:"); }
Index peak_memory_bytes() { return status_bytes("VmHWM:"); }

FreeMemory free_memory(const fs::path& root) {
  FreeMemory free{std::numeric_limits<Index>::max(), "the system"};
  const auto limit = [&](std::optional<Index> bytes, const std::string& by) {
    if (bytes && *bytes < free.bytes) free = {*bytes, by};
  };
  if (const auto kilobytes = number_in(root / "proc/meminfo", "MemAvailable:")) limit(*kilobytes * 1024, "MemAvailable in /proc/meminfo");
  // Lines as 0::/job/step (version 2) and 4:memory:/job/step (version 1): that group and all around it.
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && controllers != "memory") continue;
    const fs::path top = root / (controllers.empty() ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
    for (fs::path group = fs::path(line.substr(second + 1)).relative_path();; group = group.parent_path()) {
      limit(left_in(top / group, controllers.empty() ? version_2 : version_1), "the memory limit of control group /" + group.string());
      if (group.empty()) break;
    }
  }
  return free;
}

void require_memory(const Comm& comm, Index bytes, const std::string& remedy) {
  const Waiting waiting(comm, "how much memory the ranks want");
  const FreeMemory free = free_memory();
  MPI_Comm node = MPI_COMM_NULL;
  MPI_Comm_split(comm.get(), comm.node(), comm.rank(), &node);
  int ranks = 1;
  MPI_Comm_size(node, &ranks);
  Index wanted = bytes, largest = bytes, least_free = free.bytes;
  MPI_Allreduce(MPI_IN_PLACE, &wanted, 1, MPI_INT64_T, MPI_SUM, node);
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_INT64_T, MPI_MAX, node);
  MPI_Allreduce(MPI_IN_PLACE, &least_free, 1, MPI_INT64_T, MPI_MIN, node);
  MPI_Comm_free(&node);
  const Index all = sum(comm, bytes);
  agree_on(comm, [&] {
    // Of a node's ranks one whose limit is the least speaks.
    if (wanted <= least_free || free.bytes > least_free) return;
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    const Index nodes = least_free > 0 ? (all + least_free - 1) / least_free : 0;
    throw Error(
        fmt::format("memory: expected at most {}, which is what {} leaves on {}, found {} for the {} there, {} for the largest; {}{}",
                    gigabytes(least_free), free.limit, host, gigabytes(wanted), ranks == 1 ? "rank" : fmt::format("{} ranks", ranks),
                    gigabytes(largest), nodes > 0 ? fmt::format("use at least {} nodes like this, or ", nodes) : std::string(), remedy));
  });
}

}  // namespace hilbrick
