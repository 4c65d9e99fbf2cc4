// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A fuzz target is one function that must come back from any bytes: with the reader's Error at most, without undefined behaviour, in
// seconds and in bounded memory.

#include <cstddef>
#include <cstdint>
#include <hilbrick/partition/error.hpp>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
/// Before the first input, where a target has it.
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace hilbrick::fuzz {

/// Runs f, which may find the input wrong.
template <class F>
int accept(F&& f) {
  try {
    f();
  } catch (const Error&) {
  }
  return 0;
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

}  // namespace hilbrick::fuzz
