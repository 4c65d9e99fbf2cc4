// SPDX-License-Identifier: BSD-3-Clause
// Machine files.
#include "fuzz.hpp"
#include "machine_file.hpp"

using namespace hilbrick;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::accept([&] { parse_machine(std::string(fuzz::text_of(data, size)), "machine.toml"); });
}
