// SPDX-License-Identifier: BSD-3-Clause
#include "far_field.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace hilbrick::fdtd {
namespace {

using std::numbers::pi;

std::vector<Face> faces_of(const Box& planes) {
  std::vector<Face> faces;
  for (int a = 0; a < 3; ++a)
    for (const bool high : {false, true}) faces.push_back(face_of(planes, a, high));
  return faces;
}

double grid_q(const Numerics& numerics, double frequency_hz) {
  return 2 / (light_speed_m_s * numerics.dt_s) * std::sin(pi * frequency_hz * numerics.dt_s);
}

/// exp(j K_a (position - phase centre)) along each axis of one direction: at the box's low plane, and the factor for half a cell.
struct AxisPhases {
  std::array<Complex, 3> low, half;
};

/// As rank 0 computes them. Collective over comm.
std::vector<AxisPhases> axis_phases(const Comm& comm, const Numerics& numerics, const FarFieldRequest& request, double frequency_hz,
                                    const std::vector<Direction>& directions) {
  std::vector<double> parts;
  if (comm.rank() == 0) {
    const double q = grid_q(numerics, frequency_hz);
    for (const Direction& direction : directions)
      for (int a = 0; a < 3; ++a) {
        const double d = numerics.spacing_m[a], half = std::asin(q * d / 2 * direction.r[a]);
        const double low = 2 * half * (static_cast<double>(request.planes.lo[a]) - request.phase_center_m[a] / d);
        parts.insert(parts.end(), {std::cos(low), std::sin(low), std::cos(half), std::sin(half)});
      }
  }
  parts = broadcast(comm, std::move(parts));
  std::vector<AxisPhases> phases(directions.size());
  for (std::size_t i = 0; i < phases.size(); ++i)
    for (int a = 0; a < 3; ++a) {
      const double* p = parts.data() + 12 * i + 4 * a;
      phases[i].low[a] = {p[0], p[1]};
      phases[i].half[a] = {p[2], p[3]};
    }
  return phases;
}

/// Sums a face's values times phases: first along the slow axis, which is kept while the phases along it stay the same.
class FaceSum {
 public:
  /// `values`: [slow][fast].
  FaceSum(const std::vector<Complex>& values, Index fast) : fast_(static_cast<std::size_t>(fast)), partial_re_(fast_), partial_im_(fast_) {
    for (const Complex& v : values) {
      re_.push_back(v.real());
      im_.push_back(v.imag());
    }
  }

  /// Phases at every second entry. `slow_key` tells directions with other phases along the slow axis apart.
  Complex operator()(const Complex* along_fast, const Complex* along_slow, double slow_key) {
    if (slow_key != slow_key_) {
      slow_key_ = slow_key;
      std::fill(partial_re_.begin(), partial_re_.end(), 0.0);
      std::fill(partial_im_.begin(), partial_im_.end(), 0.0);
      double* __restrict pr = partial_re_.data();
      double* __restrict pi_ = partial_im_.data();
      for (std::size_t row = 0; row * fast_ < re_.size(); ++row) {
        const double c = along_slow[2 * row].real(), s = along_slow[2 * row].imag();
        const double* vr = re_.data() + row * fast_;
        const double* vi = im_.data() + row * fast_;
        for (std::size_t i = 0; i < fast_; ++i) {
          pr[i] += c * vr[i] - s * vi[i];
          pi_[i] += c * vi[i] + s * vr[i];
        }
      }
    }
    Complex sum;
    for (std::size_t i = 0; i < fast_; ++i) sum += times({partial_re_[i], partial_im_[i]}, along_fast[2 * i]);
    return sum;
  }

 private:
  std::size_t fast_;
  std::vector<double> re_, im_, partial_re_, partial_im_;
  double slow_key_ = std::numeric_limits<double>::quiet_NaN();
};

/// J and M summed with phases.
struct Currents {
  std::array<Complex, 3> electric, magnetic;
};

/// Numbers of one kind that go to files.
struct Column {
  std::string name, unit;
  std::vector<double> values;
};

/// What radiates in all directions at each frequency, and what its generators give.
std::vector<Column> totals_of(const SpectrumRequest& spectrum, const std::vector<RadiatedPower>& power,
                              const std::vector<FeedPower>& feeds) {
  const std::string unit = spectrum.normalise ? "W" : "J/Hz";
  std::vector<Column> totals{{"radiated_power", unit, {}}};
  for (const RadiatedPower& p : power) totals[0].values.push_back(p.far);
  if (feeds.empty()) return totals;
  totals.insert(totals.end(), {{"accepted_power", unit, {}}, {"available_power", unit, {}}, {"radiation_efficiency", "1", {}}});
  for (std::size_t f = 0; f < feeds.size(); ++f) {
    totals[1].values.push_back(feeds[f].accepted);
    totals[2].values.push_back(feeds[f].available);
    totals[3].values.push_back(power[f].grid / feeds[f].accepted_by_grid);
  }
  return totals;
}

/// 4 pi times what goes into a solid angle, of the radiated, the accepted and the available power. `far`: [frequency][direction].
std::vector<Column> patterns_of(const std::vector<FarE>& far, std::size_t directions, const std::vector<RadiatedPower>& power,
                                const std::vector<FeedPower>& feeds) {
  std::vector<Column> patterns{{"directivity", "1", {}}};
  if (!feeds.empty()) patterns.insert(patterns.end(), {{"gain", "1", {}}, {"realised_gain", "1", {}}});
  for (std::size_t i = 0; i < far.size(); ++i) {
    const std::size_t f = i / directions;
    double pattern = 2 * pi / eta0 * (std::norm(far[i].theta) + std::norm(far[i].phi)) / power[f].far;
    patterns[0].values.push_back(pattern);
    if (feeds.empty()) continue;
    patterns[1].values.push_back(pattern *= power[f].grid / feeds[f].accepted_by_grid);
    patterns[2].values.push_back(pattern * (feeds[f].accepted / feeds[f].available));
  }
  return patterns;
}

std::string csv_number(double v) { return fmt::format("{:.10g}", v); }

}  // namespace

template <class T>
FarFieldMonitor<T>::FarFieldMonitor(const Comm& comm, const Scene& scene, const Solver<T>& solver, const FarFieldRequest& request)
    : comm_(comm),
      scene_(scene),
      numerics_(solver.numerics()),
      request_(request),
      faces_(faces_of(request.planes)),
      dft_(comm, scene, solver, request.spectrum, regions_of(faces_)) {
  agree_on(comm, [&] {
    for (const Region& region : dft_.regions())
      for (std::size_t b = 0; b < solver.domain().boxes.size(); ++b)
        for_each_cell(intersection(region.cells, solver.field(region.component).blocks()[b].owned), [&](Int3 c) {
          if (solver.matter().media[solver.matter().medium(region.component, b, c)] != Medium{}) {
            const Vec3 at = yee_position_m(scene.spacing_m, region.component, c);
            fail(request.place,
                 fmt::format("expected vacuum all over the far field's box, found something else at ({:g}, {:g}, {:g}) m; let "
                             "the box, low_m to high_m, enclose bodies wholly",
                             at[0], at[1], at[2]));
          }
        });
  });
}

template <class T>
std::vector<FarE> FarFieldMonitor<T>::far_field(std::size_t frequency, const std::vector<Direction>& directions) const {
  const double frequency_hz = dft_.frequencies_hz()[frequency];
  const std::vector<AxisPhases> phases = axis_phases(comm_, numerics_, request_, frequency_hz, directions);
  const std::size_t ranks = static_cast<std::size_t>(comm_.size()), rank = static_cast<std::size_t>(comm_.rank());
  const std::size_t first = directions.size() * rank / ranks, last = directions.size() * (rank + 1) / ranks;
  const Int3 cells = request_.planes.hi - request_.planes.lo;
  std::vector<Currents> currents(directions.size());
  std::array<std::vector<Complex>, 3> along;  // at each half cell, from half a cell below the low plane on
  for (int a = 0; a < 3; ++a) along[a].resize(static_cast<std::size_t>(2 * cells[a] + 3));
  for (std::size_t i = 0; i < faces_.size(); ++i) {
    const Face& face = faces_[i];
    const int a = face.axis, u = (a + 1) % 3, v = (a + 2) % 3, fast = a == 0 ? 1 : 0, slow = a == 2 ? 1 : 2;
    std::vector<FaceSum> sums;
    for (std::size_t r = 0; r < 4; ++r)
      sums.emplace_back(dft_.gather(4 * i + r, frequency, face.regions[r].cells), face.regions[r].cells.extent()[fast]);
    const double area_m2 = numerics_.spacing_m[u] * numerics_.spacing_m[v];
    for (std::size_t n = first; n < last; ++n) {
      for (int b = 0; b < 3; ++b) {
        const Complex half = phases[n].half[b];
        along[b][0] = times(phases[n].low[b], std::conj(half));
        for (std::size_t k = 1; k < along[b].size(); ++k) along[b][k] = times(along[b][k - 1], half);
      }
      const auto sum = [&](Face::Values which) {
        const auto half = half_offset(face.regions[which].component);
        return sums[which](along[fast].data() + 1 + half[fast], along[slow].data() + 1 + half[slow], directions[n].r[slow]);
      };
      const auto plane = static_cast<std::size_t>(2 * (face.plane - request_.planes.lo[a]) + 1);
      const Complex at_electric = area_m2 * face.outwards * along[a][plane];
      const Complex at_magnetic = area_m2 * face.outwards * along[a][face.outwards > 0 ? plane + 1 : plane - 1];
      Currents& c = currents[n];
      c.electric[u] -= times(at_electric, sum(Face::H_v));
      c.electric[v] += times(at_electric, sum(Face::H_u));
      c.magnetic[u] += times(at_magnetic, sum(Face::E_v));
      c.magnetic[v] -= times(at_magnetic, sum(Face::E_u));
    }
  }
  const double scale = frequency_hz / (2 * light_speed_m_s);  // k / (4 pi)
  std::vector<FarE> far(directions.size());
  for (std::size_t n = first; n < last; ++n) {
    const auto along_vector = [](const std::array<Complex, 3>& c, const Vec3& d) { return c[0] * d[0] + c[1] * d[1] + c[2] * d[2]; };
    const auto& [r, theta, phi] = directions[n];
    const Currents& c = currents[n];
    const auto minus_j = [](Complex z) { return Complex(z.imag(), -z.real()); };
    far[n].theta = scale * minus_j(eta0 * along_vector(c.electric, theta) + along_vector(c.magnetic, phi));
    far[n].phi = scale * minus_j(eta0 * along_vector(c.electric, phi) - along_vector(c.magnetic, theta));
  }
  // As in RunningDft::gather.
  constexpr std::size_t most = std::size_t{1} << 25;
  for (std::size_t at = 0; at < far.size(); at += most)
    MPI_Allreduce(MPI_IN_PLACE, far.data() + at, static_cast<int>(4 * std::min(most, far.size() - at)), MPI_UINT64_T, MPI_BOR, comm_.get());
  return far;
}

template <class T>
RadiatedPower FarFieldMonitor<T>::total_power(std::size_t frequency) const {
  const double frequency_hz = dft_.frequencies_hz()[frequency], k = 2 * pi * frequency_hz / light_speed_m_s;
  // Multipoles of a higher degree than the box's radius in radians stay inside it; ten more for those that fade slowly.
  double square_m2 = 0;
  for (int a = 0; a < 3; ++a) {
    const double edge_m = static_cast<double>(request_.planes.hi[a] - request_.planes.lo[a]) * numerics_.spacing_m[a];
    square_m2 += edge_m * edge_m / 4;
  }
  const SphereRule rule = sphere_rule(comm_, 10 + static_cast<int>(k * std::sqrt(square_m2)));
  const std::vector<FarE> far = far_field(frequency, rule.directions);
  const double q = broadcast(comm_, std::vector{grid_q(numerics_, frequency_hz)}).front();
  RadiatedPower power;
  for (std::size_t n = 0; n < far.size(); ++n) {
    const double part = rule.weights[n] * (std::norm(far[n].theta) + std::norm(far[n].phi)) / (2 * eta0);
    double cosines = 1;  // of K_a d_a / 2
    for (int a = 0; a < 3; ++a) {
      const double sine = q * numerics_.spacing_m[a] / 2 * rule.directions[n].r[a];
      cosines *= std::sqrt(1 - sine * sine);
    }
    power.far += part;
    power.grid += part * (q * q / (k * k) / cosines);
  }
  return power;
}

template <class T>
std::vector<double> FarFieldMonitor<T>::extinction_m2(const PlaneWave& wave) const {
  const std::vector<double>& frequencies_hz = dft_.frequencies_hz();
  std::vector<double> turns;  // of the wave at the phase centre, and its polarization
  if (comm_.rank() == 0)
    for (const double f : frequencies_hz) {
      const double lag = lag_rad(scene_, numerics_, wave, request_.phase_center_m, f);
      turns.insert(turns.end(), {std::cos(lag), std::sin(lag)});
    }
  turns = broadcast(comm_, std::move(turns));
  const Direction ahead = broadcast_directions(comm_, {direction_of(wave.direction)}).front();
  std::vector<double> extinction;
  for (std::size_t f = 0; f < frequencies_hz.size(); ++f) {
    const FarE far = far_field(f, {ahead}).front();
    const Complex along = far.theta * dot(wave.polarization, ahead.theta) + far.phi * dot(wave.polarization, ahead.phi);
    // Against a wave that is cos - j sin at the phase centre.
    const double imaginary = along.imag() * turns[2 * f] + along.real() * turns[2 * f + 1];
    extinction.push_back(-2 * light_speed_m_s / frequencies_hz[f] * imaginary);
  }
  return extinction;
}

template <class T>
std::vector<FarE> FarFieldMonitor<T>::write(const std::filesystem::path& folder, const PlaneWave* wave,
                                            std::vector<FeedPower> feeds) const {
  const std::vector<Direction> all = directions(comm_, request_.theta_deg, request_.phi_deg);
  const std::vector<double>& frequencies_hz = dft_.frequencies_hz();
  std::vector<FarE> far;
  std::vector<RadiatedPower> power;
  for (std::size_t f = 0; f < frequencies_hz.size(); ++f) {
    const std::vector<FarE> part = far_field(f, all);
    far.insert(far.end(), part.begin(), part.end());
    if (request_.total_power) power.push_back(total_power(f));
  }
  for (std::size_t f = 0; f < feeds.size(); ++f)
    for (double* p : {&feeds[f].accepted, &feeds[f].accepted_by_grid, &feeds[f].available}) *p *= std::norm(dft_.scale(f));
  std::vector<Column> totals, patterns;  // one value for each frequency; one for each direction at each of them
  if (!power.empty()) {
    totals = totals_of(request_.spectrum, power, feeds);
    patterns = patterns_of(far, all.size(), power, feeds);
    if (wave && request_.spectrum.normalise) {
      totals.push_back({"scattering_cross_section_m2", "m2", {}});
      for (const RadiatedPower& p : power) totals.back().values.push_back(2 * eta0 * p.grid);
      totals.push_back({"extinction_cross_section_m2", "m2", extinction_m2(*wave)});
    }
  }

  ParallelFile file(comm_, folder / (request_.name + ".h5"));
  file.column("/frequency_hz", frequencies_hz);
  file.column("/theta_deg", request_.theta_deg);
  file.column("/phi_deg", request_.phi_deg);
  const Int3 extent{static_cast<Index>(request_.phi_deg.size()), static_cast<Index>(request_.theta_deg.size()),
                    static_cast<Index>(frequencies_hz.size())};
  const auto grid = [&](const std::string& name, auto&& value) {
    std::vector<Piece<double>> pieces;
    if (comm_.rank() == 0) {
      pieces.push_back({{{0, 0, 0}, extent}, {}});
      for (std::size_t i = 0; i < far.size(); ++i) pieces[0].values.push_back(value(i));
    }
    file.dataset<double>(name, extent, pieces);
  };
  const std::string unit = request_.spectrum.normalise ? "V" : "V s";
  const std::vector<double> center_m(request_.phase_center_m.begin(), request_.phase_center_m.end());
  for (const bool along_phi : {false, true}) {
    const std::string group = along_phi ? "/E_phi" : "/E_theta";
    const auto component = [&, along_phi](std::size_t i) { return along_phi ? far[i].phi : far[i].theta; };
    file.group(group, {{"unit", unit}, {"phase_center_m", center_m}});
    grid(group + "/re", [&](std::size_t i) { return component(i).real(); });
    grid(group + "/im", [&](std::size_t i) { return component(i).imag(); });
  }
  for (const Column& total : totals) file.column("/" + total.name, total.values, {{"unit", total.unit}});
  for (const Column& pattern : patterns) grid("/" + pattern.name, [&](std::size_t i) { return pattern.values[i]; });
  file.close();

  agree_on(comm_, [&] {
    if (comm_.rank() != 0) return;
    std::string csv = "frequency_hz,theta_deg,phi_deg,e_theta_re,e_theta_im,e_phi_re,e_phi_im";
    for (const Column& pattern : patterns) csv += "," + pattern.name + "_dbi";
    csv += "\n";
    std::size_t i = 0;
    for (const double f : frequencies_hz)
      for (const double theta : request_.theta_deg)
        for (const double phi : request_.phi_deg) {
          for (const double v : {f, theta, phi, far[i].theta.real(), far[i].theta.imag(), far[i].phi.real()}) csv += csv_number(v) + ",";
          csv += csv_number(far[i].phi.imag());
          for (const Column& pattern : patterns) csv += "," + csv_number(10 * std::log10(pattern.values[i]));
          csv += "\n";
          ++i;
        }
    write_file(folder / (request_.name + ".csv"), csv);
    if (totals.empty()) return;
    csv = "frequency_hz";
    for (const Column& total : totals) csv += "," + total.name;
    csv += "\n";
    for (std::size_t f = 0; f < frequencies_hz.size(); ++f) {
      csv += csv_number(frequencies_hz[f]);
      for (const Column& total : totals) csv += "," + csv_number(total.values[f]);
      csv += "\n";
    }
    write_file(folder / (request_.name + "_total.csv"), csv);
  });
  return far;
}

template class FarFieldMonitor<float>;
template class FarFieldMonitor<double>;

}  // namespace hilbrick::fdtd
