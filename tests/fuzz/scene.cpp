// SPDX-License-Identifier: BSD-3-Clause
// Scene files, and --set: a first line "#set KEY=VALUE" is one.
#include "scene.hpp"

#include <doubts.hpp>
#include <elements.hpp>
#include <workload.hpp>

#include "fuzz.hpp"

using namespace hilbrick;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::accept([&] {
    const std::string_view text = fuzz::text_of(data, size);
    std::vector<std::string> overrides;
    if (text.starts_with("#set ")) overrides.emplace_back(text.substr(5, text.find('\n') - 5));
    const fdtd::Scene scene = fdtd::parse_scene(text, "scene.toml", overrides);
    const fdtd::Numerics numerics = fdtd::numerics_of(scene);
    fdtd::doubts(scene, numerics);
    for (const fdtd::Shape& shape : scene.shapes)
      if (std::holds_alternative<fdtd::StlBody>(shape.form) || std::holds_alternative<fdtd::VoxelGrid>(shape.form)) return;
    if (product(scene.cells) > 1 << 15) return;  // what follows looks at cells
    fdtd::check_elements(scene, numerics);
    fdtd::workload_of(scene, numerics);
  });
}
