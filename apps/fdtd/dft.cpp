// SPDX-License-Identifier: BSD-3-Clause
#include "dft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace hilbrick::fdtd {
namespace {

using HostSpace = Kokkos::DefaultHostExecutionSpace;

constexpr double two_pi = 2 * std::numbers::pi;
constexpr Index fine_steps = 1024;
constexpr Index chunk_values = 256;

/// exp(-j 2 pi f t).
Complex phase(double frequency_hz, double t_s) {
  double whole = 0;
  const double turns = std::modf(frequency_hz * t_s, &whole);
  return {std::cos(two_pi * turns), -std::sin(two_pi * turns)};
}

/// Rank 0's numbers on every rank. Collective over comm.
std::vector<Complex> broadcast_complex(const Comm& comm, const std::vector<Complex>& mine) {
  std::vector<double> parts;
  for (const Complex& c : mine) parts.insert(parts.end(), {c.real(), c.imag()});
  parts = broadcast(comm, std::move(parts));
  std::vector<Complex> all;
  for (std::size_t i = 0; i < parts.size(); i += 2) all.emplace_back(parts[i], parts[i + 1]);
  return all;
}

/// The spectrum of a waveform over a run.
Complex spectrum_at(const Waveform& w, const Numerics& numerics, double frequency_hz) {
  const double silent_s = silent_after_s(w);
  Complex sum;
  for (Index n = 0; n <= numerics.steps && static_cast<double>(n) * numerics.dt_s <= silent_s; ++n) {
    const double t = static_cast<double>(n) * numerics.dt_s;
    sum += value_at(w, t) * phase(frequency_hz, t);
  }
  return sum * numerics.dt_s;
}

/// Component c of a region's values around each cell: it is averaged over neighbours along the axes on whose planes it lies.
Box around_cells(Component c, Box cells) {
  for (int a = 0; a < 3; ++a)
    if (!half_offset(c)[a]) ++cells.hi[a];
  return cells;
}

std::vector<Region> regions_of(const DftRequest& request) {
  std::vector<Region> regions;
  for (const Component c : request.fields) regions.push_back({c, request.at_cell ? around_cells(c, request.cells) : request.cells});
  return regions;
}

}  // namespace

Index sample_interval(const Scene& scene, const Numerics& numerics, const SpectrumRequest& request) {
  const double coarsest = *std::max_element(numerics.spacing_m.begin(), numerics.spacing_m.end());
  const double highest = *std::max_element(request.frequencies_hz.begin(), request.frequencies_hz.end());
  // Beyond this the grid carries no wave along its coarsest axis.
  const double limit_hz = std::asin(std::min(1.0, numerics.dt_s * light_speed_m_s / coarsest)) / (std::numbers::pi * numerics.dt_s);
  if (highest >= limit_hz)
    fail(request.place,
         fmt::format("frequencies_hz: expected frequencies below {:.4g} Hz, where the grid carries waves at all, found {:g}; use a smaller "
                     "spacing or lower frequencies",
                     limit_hz, highest));
  bool slow = false;
  for (const Waveform* w : waveforms_of(scene)) slow = slow || w->kind == Waveform::Kind::cw || w->kind == Waveform::Kind::table;
  const double samples_per_s = highest + 2 * highest_source_frequency_hz(scene);
  const Index most = slow ? 1 : std::max<Index>(1, static_cast<Index>(1 / (samples_per_s * numerics.dt_s)));
  if (request.every && *request.every > most)
    fail(request.every_place, fmt::format("every: expected at most {} steps between samples, found {}; {}", most, *request.every,
                                          slow ? "the spectra of cw and table waveforms have no end, and would fold onto the frequencies"
                                               : "higher frequencies of the sources would fold onto those asked for"));
  return request.every.value_or(most);
}

std::vector<Complex> normalisation(const Comm& comm, const Scene& scene, const Numerics& numerics, const SpectrumRequest& request) {
  std::vector<Complex> scale(request.frequencies_hz.size(), 1.0);
  if (!request.normalise) return scale;
  agree_on(comm, [&] {
    if (comm.rank() != 0) return;
    const Waveform& w = *only_waveform(scene);
    double peak = 0;
    constexpr int looks = 200;
    for (int i = 0; i <= looks; ++i) peak = std::max(peak, std::abs(spectrum_at(w, numerics, highest_frequency_hz(w) * i / looks)));
    for (std::size_t f = 0; f < scale.size(); ++f) {
      const Complex s = spectrum_at(w, numerics, request.frequencies_hz[f]);
      if (!(std::abs(s) > 1e-3 * peak))
        fail(request.place, fmt::format("frequencies_hz: expected frequencies that the source radiates, found {:g} Hz, where its waveform "
                                        "has {:.1e} of its spectrum's peak; "
                                        "use another waveform or other frequencies",
                                        request.frequencies_hz[f], peak > 0 ? std::abs(s) / peak : 0.0));
      scale[f] = std::conj(s) / std::norm(s);
    }
  });
  return broadcast_complex(comm, scale);
}

template <class T>
RunningDft<T>::RunningDft(const Comm& comm, const Scene& scene, const Solver<T>& solver, const SpectrumRequest& request,
                          std::vector<Region> regions)
    : comm_(comm), solver_(solver), frequencies_hz_(request.frequencies_hz), regions_(std::move(regions)) {
  const Numerics& numerics = solver.numerics();
  agree_on(comm, [&] { every_ = sample_interval(scene, numerics, request); });
  scale_ = normalisation(comm, scene, numerics, request);
  const std::size_t frequencies = frequencies_hz_.size();
  for (const double f : frequencies_hz_) {
    std::vector<Complex> coarse, fine;
    if (comm.rank() == 0) {
      for (Index n = 0; n <= numerics.steps; n += fine_steps) coarse.push_back(phase(f, static_cast<double>(n) * numerics.dt_s));
      for (Index n = 0; n < fine_steps; ++n) fine.push_back(phase(f, static_cast<double>(n) * numerics.dt_s));
      fine.push_back(phase(f, 0.5 * numerics.dt_s));
    }
    coarse_.push_back(broadcast_complex(comm, coarse));
    fine_.push_back(broadcast_complex(comm, fine));
    half_step_.push_back(fine_.back().back());
  }
  for (auto& weights : weights_) weights.resize(frequencies);
  const Grid& grid = numerics.grid;
  for (std::size_t r = 0; r < regions_.size(); ++r) {
    const Field<T>& field = solver.field(regions_[r].component);
    for (const Block& block : field.blocks())
      for_each_cell({{0, 0, 0}, {grid.periodic[0] ? 2 : 1, grid.periodic[1] ? 2 : 1, grid.periodic[2] ? 2 : 1}}, [&](Int3 image) {
        const Int3 by{image.x * grid.cells.x, image.y * grid.cells.y, image.z * grid.cells.z};
        const Box cells = intersection(regions_[r].cells, shifted(block.owned, by));
        if (cells.empty()) return;
        const auto values = static_cast<std::size_t>(cells.volume());
        for (Index first = 0; first < cells.volume(); first += chunk_values)
          chunks_.push_back({shares_.size(), first, std::min(chunk_values, cells.volume() - first)});
        shares_.push_back({r, cells, field.data() + block.index(cells.lo - by), block.stride_y, block.stride_z,
                           std::vector<double>(2 * frequencies * values, 0.0)});
      });
  }
}

template <class T>
void RunningDft<T>::add(const Chunk& chunk) {
  Share& share = shares_[chunk.share];
  const Int3 extent = share.cells.extent();
  std::array<double, chunk_values> values;
  Index x = chunk.first % extent.x, y = chunk.first / extent.x % extent.y, z = chunk.first / extent.x / extent.y;
  for (Index i = 0; i < chunk.count;) {
    const T* row = share.first + share.stride_y * y + share.stride_z * z;
    const Index end = std::min(extent.x, x + chunk.count - i);
    for (; x < end; ++x, ++i) values[static_cast<std::size_t>(i)] = static_cast<double>(row[x]);
    x = 0;
    if (++y == extent.y) y = 0, ++z;
  }
  const std::vector<Complex>& weights = weights_[is_electric(regions_[share.region].component) ? 0 : 1];
  const Index volume = share.cells.volume();
  for (std::size_t f = 0; f < weights.size(); ++f) {
    double* __restrict re = share.sums.data() + static_cast<Index>(2 * f) * volume + chunk.first;
    double* __restrict im = re + volume;
    const double wr = weights[f].real(), wi = weights[f].imag();
    const double* v = values.data();
    for (Index i = 0; i < chunk.count; ++i) {
      re[i] += v[i] * wr;
      im[i] += v[i] * wi;
    }
  }
}

template <class T>
void RunningDft<T>::record() {
  const Index n = solver_.steps_done();
  if (n % every_ != 0) return;
  const double interval_s = static_cast<double>(every_) * solver_.numerics().dt_s;
  for (std::size_t f = 0; f < frequencies_hz_.size(); ++f) {
    weights_[0][f] =
        interval_s * times(coarse_[f][static_cast<std::size_t>(n / fine_steps)], fine_[f][static_cast<std::size_t>(n % fine_steps)]);
    weights_[1][f] = times(weights_[0][f], half_step_[f]);
  }
  Kokkos::parallel_for("hilbrick::fdtd::running_dft", Kokkos::RangePolicy<HostSpace>(0, chunks_.size()),
                       [&](std::size_t i) { add(chunks_[i]); });
}

template <class T>
void RunningDft<T>::clear() {
  for (Share& share : shares_) std::fill(share.sums.begin(), share.sums.end(), 0.0);
}

template <class T>
void RunningDft<T>::state(Checkpoint& c) {
  for (std::size_t r = 0; r < regions_.size(); ++r) {
    std::vector<Part> parts;
    for (Share& share : shares_)
      if (share.region == r) parts.push_back({shifted(share.cells, -regions_[r].cells.lo), share.sums.data()});
    c.parts<double>("region_" + std::to_string(r), 2 * static_cast<Index>(frequencies_hz_.size()), regions_[r].cells.extent(), parts);
  }
}

template <class T>
Complex RunningDft<T>::normalised(const Share& share, std::size_t frequency, std::size_t value) const {
  const auto volume = static_cast<std::size_t>(share.cells.volume());
  const double* re = share.sums.data() + 2 * frequency * volume;
  return times({re[value], re[volume + value]}, scale_[frequency]);
}

template <class T>
std::vector<Complex> RunningDft<T>::gather(std::size_t region, std::size_t frequency, const Box& part) const {
  const Int3 extent = part.extent();
  std::vector<Complex> values(static_cast<std::size_t>(part.volume()));
  for (const Share& share : shares_) {
    if (share.region != region) continue;
    const Int3 inner = share.cells.extent();
    for_each_cell(intersection(share.cells, part), [&](Int3 c) {
      const Int3 from = c - share.cells.lo, to = c - part.lo;
      values[static_cast<std::size_t>(to.x + extent.x * (to.y + extent.y * to.z))] =
          normalised(share, frequency, static_cast<std::size_t>(from.x + inner.x * (from.y + inner.y * from.z)));
    });
  }
  // One rank has each value, the others have zero bits there: "or" gathers without arithmetic.
  constexpr std::size_t most = std::size_t{1} << 26;  // values a call: counts are int
  for (std::size_t at = 0; at < values.size(); at += most)
    MPI_Allreduce(MPI_IN_PLACE, values.data() + at, static_cast<int>(2 * std::min(most, values.size() - at)), MPI_UINT64_T, MPI_BOR,
                  comm_.get());
  return values;
}

template <class T>
std::array<std::vector<Piece<double>>, 2> RunningDft<T>::pieces(std::size_t region) const {
  std::array<std::vector<Piece<double>>, 2> out;
  for (const Share& share : shares_) {
    if (share.region != region) continue;
    const auto volume = static_cast<std::size_t>(share.cells.volume());
    for (auto& part : out) {
      part.push_back({shifted(share.cells, -regions_[region].cells.lo), {}});
      part.back().values.reserve(frequencies_hz_.size() * volume);
    }
    for (std::size_t f = 0; f < frequencies_hz_.size(); ++f)
      for (std::size_t i = 0; i < volume; ++i) {
        const Complex v = normalised(share, f, i);
        out[0].back().values.push_back(v.real());
        out[1].back().values.push_back(v.imag());
      }
  }
  return out;
}

template <class T>
DftMonitor<T>::DftMonitor(const Comm& comm, const Scene& scene, const Solver<T>& solver, const DftRequest& request)
    : comm_(comm), scene_(scene), solver_(solver), request_(request), dft_(comm, scene, solver, request.spectrum, regions_of(request)) {}

template <class T>
std::array<std::vector<Piece<double>>, 2> DftMonitor<T>::at_cells(std::size_t region) const {
  const Box& cells = request_.cells;
  const Region& values = dft_.regions()[region];
  const Int3 reach = values.cells.extent() - cells.extent();  // 1 along axes that are averaged over
  std::array<std::vector<Piece<double>>, 2> out;
  std::vector<Box> mine;
  for (const Box& box : solver_.domain().boxes)
    if (const Box part = intersection(cells, box); !part.empty()) mine.push_back(part);
  for (auto& parts : out)
    for (const Box& part : mine) {
      parts.push_back({shifted(part, -cells.lo), {}});
      parts.back().values.reserve(dft_.frequencies_hz().size() * static_cast<std::size_t>(part.volume()));
    }
  // A layer of cells at a time, which takes one or two of values.
  const Int3 extent = values.cells.extent();
  const auto layer_at = [&](std::size_t f, Index z) {
    Box layer = values.cells;
    layer.lo.z = z;
    layer.hi.z = z + 1;
    return dft_.gather(region, f, layer);
  };
  for (std::size_t f = 0; f < dft_.frequencies_hz().size(); ++f) {
    std::vector<Complex> below = layer_at(f, cells.lo.z);
    for (Index z = cells.lo.z; z < cells.hi.z; ++z) {
      std::vector<Complex> above = z + 1 < values.cells.hi.z ? layer_at(f, z + 1) : std::vector<Complex>();
      for (std::size_t m = 0; m < mine.size(); ++m) {
        if (z < mine[m].lo.z || z >= mine[m].hi.z) continue;
        Box layer = mine[m];
        layer.lo.z = z;
        layer.hi.z = z + 1;
        for_each_cell(layer, [&](Int3 c) {
          Complex sum;
          double count = 0;
          for_each_cell({{0, 0, 0}, reach + Int3{1, 1, 1}}, [&](Int3 o) {
            const Int3 at = c + o - cells.lo;
            sum += (o.z == 0 ? below : above)[static_cast<std::size_t>(at.x + extent.x * at.y)];
            ++count;
          });
          out[0][m].values.push_back(sum.real() / count);
          out[1][m].values.push_back(sum.imag() / count);
        });
      }
      below = std::move(above);
    }
  }
  return out;
}

template <class T>
void DftMonitor<T>::write(const std::filesystem::path& folder) const {
  const auto in_metres = [&](const Int3& cell, double in_cell) {
    std::vector<double> m;
    for (int a = 0; a < 3; ++a) m.push_back((static_cast<double>(cell[a]) + in_cell) * scene_.spacing_m[a]);
    return m;
  };
  ParallelFile file(comm_, folder / (request_.name + ".h5"));
  file.column("/frequency_hz", dft_.frequencies_hz());
  const auto count = static_cast<Index>(dft_.frequencies_hz().size());
  for (std::size_t r = 0; r < request_.fields.size(); ++r) {
    const Component c = request_.fields[r];
    const std::string group = std::string("/") + component_names[c];
    const Vec3 offset_m = request_.at_cell ? Vec3{} : yee_position_m(scene_.spacing_m, c, {});
    std::string unit = is_electric(c) ? "V/m" : "A/m";
    if (!request_.spectrum.normalise) unit += " s";
    file.group(group, {{"unit", unit},
                       {"origin_m", in_metres(request_.cells.lo, request_.at_cell ? 0.5 : 0.0)},
                       {"offset_m", std::vector<double>(offset_m.begin(), offset_m.end())},
                       {"spacing_m", std::vector<double>(scene_.spacing_m.begin(), scene_.spacing_m.end())}});
    const auto parts = request_.at_cell ? at_cells(r) : dft_.pieces(r);
    file.dataset<double>(group + "/re", count, request_.cells.extent(), parts[0]);
    file.dataset<double>(group + "/im", count, request_.cells.extent(), parts[1]);
  }
  file.close();
}

template class RunningDft<float>;
template class RunningDft<double>;
template class DftMonitor<float>;
template class DftMonitor<double>;

}  // namespace hilbrick::fdtd
