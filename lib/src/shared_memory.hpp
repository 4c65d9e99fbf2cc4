// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Memory that processes of one host share by name (POSIX, /dev/shm). Room is reserved before it is mapped, so that a full /dev/shm is an
// error here and not a SIGBUS at some later write.

#include <cstddef>
#include <string>
#include <utility>

namespace hilbrick {

class SharedMemory {
 public:
  SharedMemory() = default;
  /// New and zero. Throws Error where the name is taken or there is no room. Local.
  static SharedMemory create(const std::string& name, std::size_t bytes);
  /// Of what another process created, `bytes` from `offset` on, a multiple of the page size. Throws Error where this process does not see
  /// so much. Local.
  static SharedMemory open(const std::string& name, std::size_t offset, std::size_t bytes);
  ~SharedMemory();
  SharedMemory(SharedMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(other.bytes_), name_(std::exchange(other.name_, {})) {}
  SharedMemory& operator=(SharedMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    name_.swap(other.name_);
    return *this;
  }

  std::byte* data() const { return data_; }
  /// Takes the name away, once all who need the memory have opened it: it then lives as long as they do, and no longer.
  void remove_name();

  static std::size_t page_bytes();

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
  std::string name_;  // while it exists and is ours
};

}  // namespace hilbrick
