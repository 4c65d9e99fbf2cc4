// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The keys that readers of tables ask for, so that documentation can be checked against them.

#include <map>
#include <string>

namespace hilbrick {

struct AskedKey {
  std::string expected;  // in words; empty where the reader asks in a way of its own, or only for keys that are there
  std::string fallback;  // the default; empty: none, or one that depends on other keys
};
/// By the key's name, tables of an array without numbers: "shape.kind".
using AskedKeys = std::map<std::string, AskedKey>;

}  // namespace hilbrick
