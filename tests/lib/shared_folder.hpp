// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdlib>
#include <filesystem>
#include <hilbrick/comm.hpp>

namespace hilbrick::testing {

/// A folder that all ranks share for one test.
class SharedFolder {
 public:
  explicit SharedFolder(const Comm& comm) : comm_(comm) {
    std::string name;
    if (comm.rank() == 0) {
      name = (std::filesystem::temp_directory_path() / "hilbrick-test-XXXXXX").string();
      if (mkdtemp(name.data()) == nullptr) name.clear();
    }
    path = broadcast(comm, name);
  }
  ~SharedFolder() {
    MPI_Barrier(comm_.get());
    if (comm_.rank() == 0) std::filesystem::remove_all(path);
  }
  std::filesystem::path path;

 private:
  const Comm& comm_;
};

}  // namespace hilbrick::testing
