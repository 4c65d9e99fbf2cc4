// SPDX-License-Identifier: BSD-3-Clause
#include "flux.hpp"

#include <fmt/format.h>

namespace hilbrick::fdtd {
namespace {

bool is_patch(const Box& planes, int axis) { return planes.lo[axis] == planes.hi[axis]; }

/// Of a patch the one plane; of a box its faces inside the grid: nothing passes through walls, and a period has no end.
std::vector<Face> faces_of(const Scene& scene, const Box& planes) {
  for (int a = 0; a < 3; ++a)
    if (is_patch(planes, a)) return {face_of(planes, a, true)};
  std::vector<Face> faces;
  for (int a = 0; a < 3; ++a)
    for (const bool high : {false, true}) {
      const Index plane = high ? planes.hi[a] : planes.lo[a];
      if (plane > 0 && plane < scene.cells[a]) faces.push_back(face_of(planes, a, high));
    }
  return faces;
}

/// The share of a value's area that counts, along an axis on whose planes it lies: the ends of a patch have half a cell, so has a value on
/// a magnetic wall, and the two ends of a period are one.
double share(const Scene& scene, const Box& planes, bool patch, int axis, Index i) {
  if (i != planes.lo[axis] && i != planes.hi[axis]) return 1;
  if (scene.boundary[axis][0] == Boundary::periodic && planes.hi[axis] - planes.lo[axis] == scene.cells[axis])
    return i == planes.hi[axis] ? 0 : 1;
  const bool on_wall = i == 0 || i == scene.cells[axis];
  return patch || on_wall ? 0.5 : 1;
}

}  // namespace

template <class T>
FluxMonitor<T>::FluxMonitor(const Comm& comm, const Scene& scene, const Solver<T>& solver, const FluxRequest& request)
    : comm_(comm),
      scene_(scene),
      request_(request),
      faces_(faces_of(scene, request.planes)),
      dft_(comm, scene, solver, request.spectrum, regions_of(faces_)) {}

template <class T>
std::vector<double> FluxMonitor<T>::power() const {
  const Box& planes = request_.planes;
  std::vector<double> power;
  for (std::size_t f = 0; f < dft_.frequencies_hz().size(); ++f) {
    double sum = 0;
    for (std::size_t i = 0; i < faces_.size(); ++i) {
      const Face& face = faces_[i];
      const int u = (face.axis + 1) % 3, v = (face.axis + 2) % 3;
      const double area_m2 = scene_.spacing_m[u] * scene_.spacing_m[v];
      const bool patch = is_patch(planes, face.axis);
      // n . (E x H*) = E_u H_v* - E_v H_u*
      for (const bool second : {false, true}) {
        const int e = second ? Face::E_v : Face::E_u, h = second ? Face::H_u : Face::H_v;
        const Box& cells = face.regions[e].cells;
        const std::vector<Complex> electric = dft_.gather(4 * i + e, f, cells);
        const std::vector<Complex> magnetic = dft_.gather(4 * i + h, f, face.regions[h].cells);
        double part = 0;
        std::size_t n = 0;
        for_each_cell(cells, [&](Int3 c) {
          const double here = share(scene_, planes, patch, second ? u : v, c[second ? u : v]);
          part += here * (electric[n].real() * magnetic[n].real() + electric[n].imag() * magnetic[n].imag());
          ++n;
        });
        sum += (second ? -0.5 : 0.5) * face.outwards * area_m2 * part;
      }
    }
    power.push_back(sum);
  }
  return power;
}

template <class T>
void write_fluxes(const Comm& comm, const std::vector<FluxMonitor<T>>& fluxes, const std::filesystem::path& folder,
                  double cross_section_scale) {
  if (fluxes.empty()) return;
  std::string csv = "name,frequency_hz,power";
  if (cross_section_scale > 0) csv += ",cross_section_m2";
  csv += "\n";
  ParallelFile file(comm, folder / "flux.h5");
  for (const FluxMonitor<T>& flux : fluxes) {
    const std::vector<double> power = flux.power();
    const SpectrumRequest& spectrum = flux.request().spectrum;
    const std::string group = "/" + flux.request().name;
    file.group(group, {{"unit", spectrum.normalise ? "W" : "J/Hz"}});
    file.column(group + "/frequency_hz", spectrum.frequencies_hz);
    file.column(group + "/power", power);
    for (std::size_t f = 0; f < power.size(); ++f) {
      csv += fmt::format("{},{:.10g},{:.10g}", flux.request().name, spectrum.frequencies_hz[f], power[f]);
      if (cross_section_scale > 0) csv += spectrum.normalise ? fmt::format(",{:.10g}", power[f] * cross_section_scale) : ",";
      csv += "\n";
    }
  }
  file.close();
  agree_on(comm, [&] {
    if (comm.rank() == 0) write_file(folder / "flux.csv", csv);
  });
}

template class FluxMonitor<float>;
template class FluxMonitor<double>;
template void write_fluxes(const Comm&, const std::vector<FluxMonitor<float>>&, const std::filesystem::path&, double);
template void write_fluxes(const Comm&, const std::vector<FluxMonitor<double>>&, const std::filesystem::path&, double);

}  // namespace hilbrick::fdtd
