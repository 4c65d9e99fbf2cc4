// SPDX-License-Identifier: BSD-3-Clause
#include "shared_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <hilbrick/partition/error.hpp>

namespace hilbrick {
namespace {

class File {
 public:
  File(const std::string& name, int flags) : descriptor_(shm_open(name.c_str(), flags, S_IRUSR | S_IWUSR)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Linux lets a process have 65530 mappings by default, and it needs others than these.
constexpr int most_mappings = 16384;
std::atomic<int> mappings{0};

std::byte* map(const File& file, std::size_t offset, std::size_t bytes) {
  if (mappings >= most_mappings) throw runtime_failure("it is mapped in " + std::to_string(most_mappings) + " pieces already");
  // Populated: the first step must not pay for page faults.
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file.get(), static_cast<off_t>(offset));
  if (data == MAP_FAILED)
    throw runtime_failure("cannot map " + std::to_string(bytes) + " bytes of shared memory (" + std::strerror(errno) + ")");
  ++mappings;
  return static_cast<std::byte*>(data);
}

}  // namespace

SharedMemory SharedMemory::create(const std::string& name, std::size_t bytes) {
  const File file(name, O_CREAT | O_EXCL | O_RDWR);
  if (file.get() < 0) throw runtime_failure(std::string("cannot make shared memory in /dev/shm (") + std::strerror(errno) + ")");
  SharedMemory memory;
  memory.name_ = name;
  if (const int failed = posix_fallocate(file.get(), 0, static_cast<off_t>(bytes)); failed != 0)
    throw runtime_failure("no room in /dev/shm for " + std::to_string(bytes) + " bytes (" + std::strerror(failed) + ")");
  memory.data_ = map(file, 0, bytes);
  memory.bytes_ = bytes;
  return memory;
}

SharedMemory SharedMemory::open(const std::string& name, std::size_t offset, std::size_t bytes) {
  const File file(name, O_RDWR);
  if (file.get() < 0)
    throw runtime_failure(std::string("they see different /dev/shm, as containers of their own do (") + std::strerror(errno) + ")");
  struct stat status {};
  if (fstat(file.get(), &status) != 0 || static_cast<std::size_t>(status.st_size) < offset + bytes)
    throw runtime_failure("shared memory is smaller than what was created");
  SharedMemory memory;
  memory.data_ = map(file, offset, bytes);
  memory.bytes_ = bytes;
  return memory;
}

SharedMemory::~SharedMemory() {
  if (data_ != nullptr) {
    munmap(data_, bytes_);
    --mappings;
  }
  remove_name();
}

void SharedMemory::remove_name() {
  if (!name_.empty()) shm_unlink(name_.c_str());
  name_.clear();
}

std::size_t SharedMemory::page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

}  // namespace hilbrick
