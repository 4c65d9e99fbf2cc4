// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <hilbrick/memory.hpp>

namespace hilbrick::testing {
namespace {

namespace fs = std::filesystem;

/// A folder with files as /proc and /sys have them.
class System {
 public:
  System() {
    std::string name = (fs::temp_directory_path() / "hilbrick-test-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) root = name;
  }
  ~System() { fs::remove_all(root); }
  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((root / file).parent_path());
    std::ofstream(root / file) << text;
  }
  fs::path root;
};

TEST(Memory, OfTheNodeWhereNothingElseLimits) {
  const System system;
  EXPECT_EQ(free_memory(system.root).limit, "the system");
  system.write("proc/meminfo", "MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:    9000 kB\n");
  EXPECT_EQ(free_memory(system.root).bytes, 9000 * 1024);
  EXPECT_NE(free_memory(system.root).limit.find("MemAvailable"), std::string::npos);
  system.write("proc/self/cgroup", "0::/\n");
  system.write("sys/fs/cgroup/memory.max", "max\n");
  system.write("sys/fs/cgroup/memory.current", "5000\n");
  EXPECT_EQ(free_memory(system.root).bytes, 9000 * 1024);
}

TEST(Memory, OfTheTightestControlGroup) {
  const System system;
  system.write("proc/meminfo", "MemAvailable:    9000 kB\n");
  system.write("proc/self/cgroup", "0::/slurm/job_7/step_0\n");
  system.write("sys/fs/cgroup/slurm/job_7/step_0/memory.max", "max\n");
  system.write("sys/fs/cgroup/slurm/job_7/step_0/memory.current", "300\n");
  system.write("sys/fs/cgroup/slurm/job_7/memory.max", "1000000\n");
  system.write("sys/fs/cgroup/slurm/job_7/memory.current", "400000\n");
  system.write("sys/fs/cgroup/slurm/job_7/memory.stat", "active_file 7\ninactive_file 50000\n");
  EXPECT_EQ(free_memory(system.root).bytes, 650000);
  EXPECT_NE(free_memory(system.root).limit.find("/slurm/job_7"), std::string::npos);
  system.write("sys/fs/cgroup/slurm/job_7/memory.current", "2000000\n");  // lowered afterwards
  EXPECT_EQ(free_memory(system.root).bytes, 0);
}

TEST(Memory, OfControlGroupsOfVersion1) {
  const System system;
  system.write("proc/meminfo", "MemAvailable:    9000 kB\n");
  system.write("proc/self/cgroup", "5:cpu,cpuacct:/other\n4:memory:/job\n1:name=systemd:/\n");
  system.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  system.write("sys/fs/cgroup/memory/memory.usage_in_bytes", "123456789\n");
  system.write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "800000\n");
  system.write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "500000\n");
  system.write("sys/fs/cgroup/memory/job/memory.stat", "inactive_file 1\ntotal_inactive_file 1000\n");
  EXPECT_EQ(free_memory(system.root).bytes, 301000);
}

TEST(Memory, OfThisProcessGrowsWithWhatItTakes) {
  if (resident_bytes() == 0) GTEST_SKIP() << "this system does not tell";
  const Index before = resident_bytes(), taken = Index{1} << 26;
  EXPECT_GE(peak_memory_bytes(), before);
  void* pages = mmap(nullptr, static_cast<std::size_t>(taken), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  std::memset(pages, 1, static_cast<std::size_t>(taken));
  EXPECT_NEAR(static_cast<double>(resident_bytes() - before), static_cast<double>(taken), 0.05 * static_cast<double>(taken));
  munmap(pages, static_cast<std::size_t>(taken));
  EXPECT_GE(peak_memory_bytes(), before + taken - taken / 20);
  EXPECT_LT(resident_bytes(), before + taken / 2);
}

TEST(Memory, IsAskedForBeforeItIsTaken) {
  const Comm comm(MPI_COMM_WORLD);
  const Index free = min(comm, free_memory().bytes);
  EXPECT_NO_THROW(require_memory(comm, free / comm.size() / 2, "less"));
  // Each rank alone would fit, all together do not; and one of them too much.
  const Index shared = comm.rank() == 0 || comm.size() > 1 ? 2 * free / comm.size() : 0;
  for (const Index mine : {shared, comm.rank() == comm.size() - 1 ? 2 * free : 0}) {
    try {
      require_memory(comm, mine, "a smaller grid");
      ADD_FAILURE() << "more than " << free << " bytes were let pass";
    } catch (const SharedError& e) {
      for (const std::string words : {"memory: expected at most", "GB", "found", "use at least 2 nodes", "a smaller grid"})
        EXPECT_NE(std::string(e.what()).find(words), std::string::npos) << e.what();
    }
  }
}

}  // namespace
}  // namespace hilbrick::testing
