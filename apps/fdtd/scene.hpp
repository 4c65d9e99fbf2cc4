// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A scene: everything the user says about a run, as plain values in SI units. Positions are metres from the grid's low corner.
// parse_scene turns TOML text into one, with_bodies (bodies.hpp) adds what its files hold; nothing after them changes one. Where a value
// came from is kept (Place), so that checks that need the grid or the time step can still name the line.

#include <array>
#include <hilbrick/partition/grid.hpp>
#include <hilbrick/partition/partition.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "asked_keys.hpp"
#include "place.hpp"

namespace hilbrick::fdtd {

using Vec3 = std::array<double, 3>;

enum class Boundary { pec, pmc, periodic, pml };
/// Whether E along the boundary is zero there: absorbing layers end in perfect conductors.
constexpr bool is_electric_wall(Boundary b) { return b == Boundary::pec || b == Boundary::pml; }
enum class Precision { single_, double_ };

/// The six field components. The index is used everywhere: field number in the stencil, order in files.
enum Component : int { Ex, Ey, Ez, Hx, Hy, Hz };
inline constexpr std::array<const char*, 6> component_names{"Ex", "Ey", "Ez", "Hx", "Hy", "Hz"};
constexpr int axis_of(Component c) { return c % 3; }
constexpr bool is_electric(Component c) { return c < 3; }
/// Where component c of cell (0,0,0) lies, in units of half a cell (Yee 1966): E on edge middles, H on face middles.
constexpr std::array<int, 3> half_offset(Component c) {
  std::array<int, 3> o{};
  for (int a = 0; a < 3; ++a) o[a] = (a == axis_of(c)) == is_electric(c) ? 1 : 0;
  return o;
}

/// A polarization P of matter that follows E with its own motion: inertia P'' + damping P' + restoring P = drive eps0 E. No member is below
/// 0: such a pole takes energy and gives none. Debye, Drude, Lorentz and lumped elements differ only in which members are 0.
struct Pole {
  double inertia = 0, damping = 0, restoring = 0, drive = 0;

  friend bool operator==(const Pole&, const Pole&) = default;
};

/// What the update of a field value must know of the matter there.
struct Medium {
  double eps_r = 1, mu_r = 1;     // relative permittivity (above all poles) and permeability
  double sigma = 0, sigma_m = 0;  // electric and magnetic conductivity, S/m and ohm/m
  bool pec = false;
  std::vector<Pole> poles;
  double open = 1;   // share of an edge's length or a face's area outside conductors, where the conformal scheme cuts it
  bool cut = false;  // a face that it updates, an edge that it cuts or weighs

  friend bool operator==(const Medium&, const Medium&) = default;
};

struct Material : Medium {
  std::string name;
  Place place;
};

/// Shapes contain their surface (to 1e-9 of the smallest spacing), so a plate of no thickness on a grid plane is seen.
struct BoxShape {
  Vec3 low_m, high_m;
};
struct Ellipsoid {
  Vec3 center_m, radii_m;
};  // a sphere has three equal radii
struct Cylinder {
  Vec3 from_m, to_m;
  double radius_m;
};
struct Cone {
  Vec3 from_m, to_m;
  double from_radius_m, to_radius_m;
};  // a frustum; a pointed cone has to_radius_m = 0
/// A triangle moved along a straight line: the points triangle_m[0..2] + s * (to_m - from_m) for 0 <= s <= 1.
struct Prism {
  std::array<Vec3, 3> triangle_m;
  Vec3 from_m, to_m;
};

class Mesh;
/// The inside of triangles in an STL file. A point p of the file lies at Rz Ry Rx (scale p) + move_m, turned by rotate_deg about x first.
struct StlBody {
  std::string file;
  std::optional<std::string> solid;  // the only one of the file's that is meant
  double scale = 1;
  Vec3 rotate_deg{}, move_m{};
  std::shared_ptr<const Mesh> mesh;  // with_bodies reads it
};

class VoxelFile;
/// Boxes of equal size, each of the material that a file's integer stands for. They are as boxes painted in the order of `materials`: where
/// some touch, the one later there wins.
struct VoxelGrid {
  std::string file, dataset;
  Vec3 low_m, spacing_m;
  std::vector<int> materials;               // of the integers 0, 1, ...: indices into Scene::materials
  std::shared_ptr<const VoxelFile> voxels;  // with_bodies opens it
};

using Form = std::variant<BoxShape, Ellipsoid, Cylinder, Cone, Prism, StlBody, VoxelGrid>;
struct Shape {
  Form form;
  int material = 0;  // index into Scene::materials; not looked at for a VoxelGrid, which has its own
  Place place;
};

struct Waveform {
  enum class Kind { gaussian, gaussian_derivative, modulated_gaussian, cw, table };
  Kind kind = Kind::gaussian_derivative;
  double frequency_hz = 0;
  double bandwidth_hz = 0;  // modulated_gaussian
  double delay_s = 0;       // the middle of the pulse; cw: the start
  double amplitude = 1;
  double phase_rad = 0;                 // cw, modulated_gaussian
  double ramp_periods = 3;              // cw
  std::vector<double> times_s, values;  // table: linear between points, zero outside

  Place place;
};
/// The waveform's value at a time.
double value_at(const Waveform&, double t_s);
/// From this time on the waveform is zero to 1e-12 of its amplitude; infinity for cw.
double silent_after_s(const Waveform&);
/// The highest frequency with at least 1e-2 of the spectrum's peak: what cells per wavelength are counted at.
double highest_frequency_hz(const Waveform&);

/// An electric (Ex, Ey, Ez) or magnetic (Hx, Hy, Hz) Hertzian dipole. amplitude * waveform is the current moment I dl in A m
/// (magnetic: magnetic-current moment in V m), whatever the cell size.
struct Dipole {
  Vec3 position_m;
  Component component = Ez;
  Waveform waveform;
  Place place;
};

/// A plane wave inside a total-field box. amplitude * waveform is the electric field in V/m at the corner of the box that the wave meets
/// first; along an axis, at the face that it enters by.
struct PlaneWave {
  Vec3 box_low_m, box_high_m;
  Vec3 direction{1, 0, 0};     // unit vector; exact where it is along an axis
  Vec3 polarization{0, 0, 1};  // unit vector along E, normal to the direction
  Waveform waveform;
  Place place;
};

/// A mode of a rectangular waveguide with conducting walls, sent from a plane into one direction. amplitude * waveform is the largest
/// transverse E in the guide, V/m.
struct GuideModeSource {
  Vec3 low_m{}, high_m{};     // the guide's cross-section, on grid planes; flat along the axis
  int axis = 2;               // of the guide
  int sign = 1;               // along the axis, upwards or downwards
  bool tm = false;            // no H along the axis; else TE, no E along it
  std::array<int, 2> mode{};  // half waves across the next two axes, cyclically
  Waveform waveform;
  Place place;
};

/// Resistor, inductor and capacitor, all in parallel or all in series, in a straight row of grid edges that shares them evenly.
struct Element {
  Vec3 from_m{}, to_m{};  // on the nearest grid nodes, along one axis
  std::optional<double> resistance_ohm, inductance_h, capacitance_f;
  bool in_series = false;
  Place place;
};

/// A generator with an inner resistance in a row of grid edges, or the resistance alone. Its voltage is that of `to_m` against `from_m`.
struct Port {
  std::string name;
  Vec3 from_m{}, to_m{};
  double resistance_ohm = 50;
  std::optional<Waveform> waveform;  // open-circuit voltage, V
  std::vector<double> frequencies_hz;
  Place place;
};

struct Probe {
  std::string name;
  Vec3 position_m;
  Place place;
};

struct SnapshotRequest {
  std::string name;
  Vec3 low_m, high_m;  // default: the whole grid
  std::vector<Component> fields;
  Index every = 1;      // steps
  bool at_cell = true;  // averaged to cell centres; false: each at its own Yee position
  Place place;
};

/// At which frequencies a monitor keeps spectra, F(f) = sum of f(t) exp(-j 2 pi f t) dt over the run.
struct SpectrumRequest {
  std::vector<double> frequencies_hz;
  std::optional<Index> every;  // steps between the samples; default: as many as lose nothing (dft.hpp, sample_interval)
  bool normalise = false;      // divided by the spectrum of the scene's one source: fields for an amplitude of 1
  Place place, every_place;
};

/// Spectra of fields in a box of cells, in a file of its own.
struct DftRequest {
  std::string name;
  Box cells;
  std::vector<Component> fields;
  bool at_cell = true;  // averaged to cell centres; false: each at its own Yee position
  SpectrumRequest spectrum;
};

/// Power through a plane patch (planes.lo and .hi equal along one axis) or out of a box.
struct FluxRequest {
  std::string name;
  Box planes;  // from grid planes lo to hi, both included
  SpectrumRequest spectrum;
};

/// The field far away, from currents on a closed box.
struct FarFieldRequest {
  std::string name;
  Box planes;                              // from grid planes lo to hi, both included
  std::vector<double> theta_deg, phi_deg;  // every pair is a direction; from the z axis, from the x axis towards y
  Vec3 phase_center_m;                     // where phases count from
  bool total_power = false;                // integrate over all directions, which directivity needs
  SpectrumRequest spectrum;
  Place place;
};

/// Runs that differ in where the scene's plane wave arrives from and how it is polarized (what returns that way is its monostatic RCS), or
/// in which port alone is driven.
struct SweepRequest {
  std::vector<double> theta_deg, phi_deg;
  std::vector<std::string> pols;   // "HH", "VV", "HV", "VH": received, sent; V is E along theta, H along phi
  std::vector<std::size_t> ports;  // indices into Scene::ports; the others are loads meanwhile. Empty: plane waves
  Place place;
};

/// When the run's state is kept.
struct CheckpointRequest {
  std::optional<Index> every;           // steps
  std::optional<double> every_minutes;  // of wall time
  std::optional<double> mtbf_hours;     // every = "auto": by the mean time between failures of one node
  int keep = 2;                         // the last ones
};

/// What a cell costs above the update of one in vacuum, in such updates. README.md, "Weights", says how these were measured.
struct CellCosts {
  std::array<double, 3> pml{3.0, 0.9, 0.9};  // in the layer of the x, y, z axis; added up where layers meet. Rows along x are short there
  double material_change = 5;   // where a row along x goes from one material to another; twice that where scenes have a magnetic material
  double incident_value = 1.5;  // a field value on the faces of a plane wave's box
};

struct Scene {
  // [grid]
  Int3 cells;
  Vec3 spacing_m;
  std::array<std::array<Boundary, 2>, 3> boundary;  // [axis][low, high]
  Index pml_cells = 10;
  double courant = 0.99;
  bool averaged_interfaces = true;   // else a value lies in the material of its position
  bool conformal_conductors = true;  // else conductors are staircases
  Place grid_place, pml_place, courant_place;
  // [run]
  std::optional<Index> steps;
  std::optional<double> duration_s;
  Precision precision = Precision::single_;
  Index check_every = 100;
  std::optional<double> deadline_s;     // for each step, by the clock
  std::optional<double> stop_below_db;  // stop when the energy has fallen this far below its maximum; negative
  // [partition]
  Method method = Method::hilbert;
  Index brick = 16;
  CellCosts costs;

  // [checkpoint]
  CheckpointRequest checkpoint;

  /// Every value that the text gives, by its key: "grid.cells" is "[20, 16, 12]".
  std::map<std::string, std::string> given;

  std::vector<Material> materials;  // 0 is vacuum, 1 is pec, then the scene's own
  std::vector<Shape> shapes;        // later wins over earlier
  std::vector<Dipole> dipoles;
  std::vector<PlaneWave> plane_waves;
  std::vector<GuideModeSource> guide_modes;
  std::vector<Element> elements;
  std::vector<Port> ports;
  std::vector<Probe> probes;
  std::vector<SnapshotRequest> snapshots;
  std::vector<DftRequest> dfts;
  std::vector<FluxRequest> fluxes;
  std::vector<FarFieldRequest> far_fields;
  std::optional<SweepRequest> sweep;
};

/// Parses and checks a scene. `path` is only used in messages and to find files named by the scene. `overrides`: "key.path=value" as
/// of --set, applied to the text's tree before it is read. `asked`: gets all keys that the scene's tables may have. Throws Error with
/// file:line:column. Local: call it with the same text on every rank.
Scene parse_scene(std::string_view text, const std::string& path, const std::vector<std::string>& overrides = {},
                  AskedKeys* asked = nullptr);

/// The materials that a shape may have, indices into Scene::materials.
std::vector<int> materials_of(const Shape&);
/// Whether a shape is a perfect conductor; a voxel grid is none, whatever it holds.
bool is_conductor(const Scene&, const Shape&);
/// Whether conductors may cut cells: not those of voxel grids, which stay staircases.
bool may_cut_cells(const Scene&);
/// Whether a shape contains a point; `tolerance_m` is added around its surface.
bool contains(const Shape&, const Vec3& point_m, double tolerance_m);
/// A stretch of a line along an axis: first_m <= coordinate <= last_m.
struct Span {
  double first_m, last_m;
};
/// Replaces `out` by the stretches inside a shape of the line along `axis` through a point: ascending, apart, the surface and `tolerance_m`
/// around it included as contains() does. A plate or a wire of no thickness has spans of twice the tolerance across it.
void spans(const Shape&, int axis, const Vec3& through_m, double tolerance_m, std::vector<Span>& out);
/// The axis-aligned bounds {low, high} of a shape, in metres.
std::array<Vec3, 2> bounds_m(const Shape&);

}  // namespace hilbrick::fdtd
