# SPDX-License-Identifier: BSD-3-Clause
"""What a run writes about frequencies: dft, flux, far_field, sweep. test_spectra.py PROGRAM MPIEXEC NUMPROC_FLAG PLOT [unittest's arguments]"""

import csv
import json
import subprocess
import sys
import unittest

import h5py
import numpy

from runs import LIMIT_S, SceneRuns

PLOT = sys.argv[4]

# A body that touches brick faces, edges and corners; monitors likewise, one of them into the PML.
SCENE = """
[grid]
cells = [26, 24, 25]
spacing_m = [1e-3, 1.1e-3, 0.9e-3]
pml_cells = 4
[run]
steps = 150
[partition]
brick = 4
[[material]]
name = "lossy"
eps_r = 3
sigma = 0.5
[[shape]]
kind = "box"
material = "pec"
low_m = [0.011, 0.011, 0.010]
high_m = [0.014, 0.0143, 0.0135]
[[shape]]
kind = "sphere"
material = "lossy"
center_m = [0.016, 0.0132, 0.0117]
radius_m = 0.002
[[source]]
kind = "plane_wave"
box_low_m = [0.008, 0.0088, 0.0072]
box_high_m = [0.019, 0.0176, 0.0153]
direction = [1, 0, 0]
polarization = [0, 0, 1]
waveform = { kind = "gaussian_derivative", frequency_hz = 15e9 }
"""
MONITORS = """
[[dft]]
name = "cut"
low_m = [0, 0.004, 0.0108]
high_m = [0.02, 0.0264, 0.0112]
fields = ["Ex", "Ez", "Hy"]
frequencies_hz = [10e9, 20e9]
every = 1
normalise = false
[[dft]]
name = "raw"
low_m = [0.005, 0.004, 0.008]
high_m = [0.02, 0.012, 0.014]
fields = ["Ey", "Hz"]
frequencies_hz = 12e9
at = "yee"
[[flux]]
name = "absorbed"
low_m = [0.010, 0.0099, 0.009]
high_m = [0.018, 0.0165, 0.0144]
frequencies_hz = { from = 5e9, to = 15e9, count = 3 }
[[flux]]
name = "through"
low_m = [0.010, 0.0088, 0.009]
high_m = [0.010, 0.0165, 0.0144]
frequencies_hz = 10e9
[[far_field]]
name = "far"
frequencies_hz = [10e9, 15e9]
theta_deg = { from = 0, to = 180, step = 30 }
phi_deg = [0, 90, 180]
total_power = true
[[snapshot]]
name = "all"
low_m = [0, 0.004, 0.0108]
high_m = [0.02, 0.0264, 0.0112]
fields = ["Ex", "Ez", "Hy"]
every = 1
"""
SWEEP = """
[sweep]
phi_deg = { from = 0, to = 180, step = 90 }
pol = ["HH", "VV"]
[[far_field]]
name = "far"
frequencies_hz = [10e9, 15e9]
"""


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# Light of 1 um onto a lossy half space, 20 cells for each 1/alpha; through a current sheet, between periodic sides.
HALF_SPACE = """
[grid]
cells = [1, 1, 200]
spacing_m = 27.6e-9
boundary = { x = "periodic", y = "periodic", z = "pml" }
[run]
steps = 6000
precision = "double"
[[material]]
name = "lossy"
sigma = 1e4
[[shape]]
kind = "box"
material = "lossy"
low_m = [0, 0, 1e-6]
high_m = [1, 1, 1]
[[source]]
kind = "dipole"
component = "Ex"
position_m = [13.8e-9, 0, 0.5e-6]
waveform = { kind = "modulated_gaussian", frequency_hz = 299.792458e12, bandwidth_hz = 100e12 }
[[dft]]
name = "inside"
low_m = [0, 0, 1.5e-6]
high_m = [0, 0, 3.5e-6]
fields = ["Ex"]
frequencies_hz = [299.792458e12]
"""


class Spectra(SceneRuns):
    def contents(self):
        return {path.name: path.read_bytes() for path in self.out.iterdir() if path.suffix in (".csv", ".h5")}

    def test_same_bytes(self):
        names = {"cut.h5", "raw.h5", "flux.csv", "flux.h5", "far.csv", "far.h5", "far_total.csv", "rcs.csv", "rcs.h5"}
        scene = SCENE + MONITORS[:MONITORS.index("[[snapshot]]")]
        for precision in ("single", "double"):
            self.succeed(scene, "--precision", precision)
            reference = self.contents()
            self.assertEqual(set(reference), names)
            for ranks, brick in ((2, 4), (3, 5), (5, 4), (7, 3), (8, 16)):
                self.succeed(scene, "--precision", precision, "--brick", brick, ranks=ranks)
                for name, data in self.contents().items():
                    self.assertTrue(data == reference[name], (precision, ranks, brick, name))
        self.succeed(scene, "--precision", "double", "--steps", 140)
        control = self.contents()
        self.assertEqual([name for name in names if control[name] == reference[name]], [])

    def test_dft_is_that_of_the_snapshots(self):
        self.succeed(SCENE + MONITORS, "--precision", "double", ranks=3)
        snapshots = sorted(self.out.glob("all_*.vtkhdf"))
        self.assertEqual(len(snapshots), 150)
        with h5py.File(self.out / "cut.h5") as spectra:
            numpy.testing.assert_array_equal(spectra["frequency_hz"], [10e9, 20e9])
            for field in ("Ex", "Ez", "Hy"):
                right = 0
                for path in snapshots:
                    with h5py.File(path) as file:
                        data = file[f"VTKHDF/PointData/{field}"]
                        turn = numpy.exp(-2j * numpy.pi * numpy.array([10e9, 20e9]) * data.attrs["time_s"])
                        right = right + turn[:, None, None, None] * data[:1]
                        dt_s = data.attrs["time_s"] / (150 + (field[0] == "H") * 0.5) if path == snapshots[-1] else 0
                right = right * dt_s
                found = spectra[field]["re"][:] + 1j * spectra[field]["im"][:]
                self.assertEqual(found.shape, (2, 1, 21, 20))
                self.assertEqual(spectra[field].attrs["unit"], b"V/m s" if field[0] == "E" else b"A/m s")
                numpy.testing.assert_allclose(found, right, rtol=0, atol=1e-9 * abs(right).max())
                self.assertGreater(abs(right).max(), 0)

    def test_power_is_conserved(self):
        scene = SCENE.replace("steps = 150", "steps = 1500") + MONITORS[:MONITORS.index("[[snapshot]]")]
        self.succeed(scene, "--set", "run.stop_below_db=-60", ranks=2)
        absorbed = {float(row["frequency_hz"]): float(row["cross_section_m2"]) for row in rows_of(self.out / "flux.csv") if row["name"] == "absorbed"}
        scattered = {float(row["frequency_hz"]): float(row["scattering_cross_section_m2"]) for row in rows_of(self.out / "far_total.csv")}
        for frequency in (10e9, 15e9):
            self.assertLess(absorbed[frequency], -0.1 * scattered[frequency])
            self.assertGreater(scattered[frequency], 0)
        # Without loss nothing is absorbed.
        self.succeed(scene, "--set", "run.stop_below_db=-60", "--set", "material.0.sigma=0", "--precision", "double", ranks=2)
        for row in rows_of(self.out / "flux.csv"):
            if row["name"] == "absorbed":
                self.assertLess(abs(float(row["cross_section_m2"])), 1e-2 * abs(absorbed[10e9]))

    def test_sweep(self):
        scene = SCENE + SWEEP
        self.succeed(scene, ranks=3)
        rcs = self.contents()
        self.assertEqual(set(rcs), {"rcs.csv", "rcs.h5"})
        rows = rows_of(self.out / "rcs.csv")
        self.assertEqual(list(rows[0]), ["frequency_hz", "theta_deg", "phi_deg", "pol", "rcs_dbsm"])
        self.assertEqual({(row["frequency_hz"], row["theta_deg"], row["phi_deg"], row["pol"]) for row in rows},
                         {(f, "90", phi, pol) for f in ("1e+10", "1.5e+10") for phi in ("0", "90", "180") for pol in ("HH", "VV")})
        self.assertEqual(len(rows), 12)
        with h5py.File(self.out / "rcs.h5") as file:
            numpy.testing.assert_allclose(10 * numpy.log10(file["VV/rcs_m2"]),
                                          [float(row["rcs_dbsm"]) for row in rows if row["pol"] == "VV"], rtol=1e-6)
        self.succeed(scene, ranks=1)
        self.assertEqual(self.contents(), rcs)
        # Each run of the sweep is that of the scene with this incidence.
        back = MONITORS[MONITORS.index("[[far_field]]"):MONITORS.index("[[snapshot]]")]
        for direction, polarization, phi, pol in (([1, 0, 0], [0, 0, 1], "180", "VV"), ([0, -1, 0], [1, 0, 0], "90", "HH")):
            self.succeed(SCENE + back, "--set", f"source.0.direction={direction}", "--set", f"source.0.polarization={polarization}")
            alone = [row for row in rows_of(self.out / "rcs.csv") if row["theta_deg"] == "90" and row["phi_deg"] == phi and row["pol"] == pol]
            swept = [row for row in rows if row["phi_deg"] == phi and row["pol"] == pol]
            self.assertEqual(alone, swept)

    def test_light_fades_in_a_lossy_half_space(self):
        self.succeed(HALF_SPACE, ranks=3)
        with h5py.File(self.out / "inside.h5") as file:
            field = numpy.abs(file["Ex/re"][0, :, 0, 0] + 1j * file["Ex/im"][0, :, 0, 0])
        z = 27.6e-9 * numpy.arange(len(field))
        slope, _ = numpy.polyfit(z, numpy.log(field), 1)
        self.assertAlmostEqual(-slope / 1.81e6, 1, delta=0.005)
        straight = numpy.log(field) - numpy.polyval(numpy.polyfit(z, numpy.log(field), 1), z)
        self.assertLess(numpy.abs(straight).max(), 0.01)

    def test_sphere_looks_alike_from_everywhere(self):
        scene = """
[grid]
cells = [34, 34, 34]
spacing_m = 1e-3
pml_cells = 6
[run]
steps = 1000
check_every = 50
stop_below_db = -45
[[shape]]
kind = "sphere"
material = "pec"
center_m = [0.017, 0.017, 0.017]
radius_m = 0.005
[[source]]
kind = "plane_wave"
box_low_m = [0.009, 0.009, 0.009]
box_high_m = [0.025, 0.025, 0.025]
direction = [1, 0, 0]
polarization = [0, 0, 1]
waveform = { kind = "gaussian_derivative", frequency_hz = 8e9 }
[sweep]
theta_deg = [90, 50]
phi_deg = [0, 20, 45]
pol = ["HH", "VV", "HV"]
[[far_field]]
name = "far"
frequencies_hz = 8e9
"""
        self.succeed(scene, ranks=2)
        levels = {"HH": [], "VV": [], "HV": []}
        for row in rows_of(self.out / "rcs.csv"):
            levels[row["pol"]].append(float(row["rcs_dbsm"]))
        alike = levels["HH"] + levels["VV"]
        self.assertEqual(len(alike), 12)
        self.assertLess(max(alike) - min(alike), 0.3)
        self.assertLess(max(levels["HV"]), min(alike) - 40)

    def test_mistakes(self):
        far = MONITORS[MONITORS.index("[[far_field]]"):MONITORS.index("[[snapshot]]")]
        for words, scene in [
            (["theta_deg", "{ from, to, step }"], SCENE + far.replace("theta_deg = {", "theta_deg = 'x' # {")),
            (["frequencies_hz", "below"], SCENE + far.replace("15e9]", "1500e9]")),
            (["frequencies_hz", "source radiates"], SCENE + far.replace("[10e9", "[90e9")),
            (["low_m", "outside of the plane wave's box", "less than"], SCENE + far + "low_m = [0.008, 0.006, 0.006]\n"),
            (["high_m", "PML"], SCENE + far + "high_m = [0.026, 0.02, 0.017]\n"),
            (["vacuum", "low_m to high_m"], SCENE.replace("radius_m = 0.002", "radius_m = 0.006") + far),
            (["pml", "images"], SCENE.replace("pml_cells = 4", 'pml_cells = 4\nboundary = { z = "periodic" }') + far),
            (["every", "at most"], SCENE + far + "every = 40\n"),
            (["name", "taken"], SCENE + MONITORS.replace('name = "raw"', 'name = "far"')),
            (["normalise"], SCENE + far + "normalise = 1\n"),
            (["high_m", "not a face of the plane wave's box"], SCENE + "[[flux]]\nname = 'f'\nlow_m = [0.01, 0.011, 0.01]\nhigh_m = [0.019, 0.015, 0.015]\nfrequencies_hz = 1e10\n"),
            (["sweep", "far_field"], SCENE + SWEEP[:SWEEP.index("[[far_field]]")]),
            (["sweep", "snapshot"], SCENE + SWEEP + MONITORS[MONITORS.index("[[snapshot]]"):]),
            (["theta_deg", "unknown"], SCENE + SWEEP + "theta_deg = 30\n"),
            (["flux", "nothing that power"], SCENE + "[[flux]]\nname = 'f'\nlow_m = [0.01, 0.01, 0.01]\nhigh_m = [0.01, 0.01, 0.015]\nfrequencies_hz = 1e10\n"),
        ]:
            for ranks in (1, 3) if words[0] in ("vacuum", "every") else (1,):
                self.fails(2, ["scene.toml:", *words], scene, ranks=ranks)

    def test_stops_by_energy(self):
        # The pulse crosses the box between two checks, and still counts.
        for ranks in (1, 3):
            self.succeed(SCENE, "--set", "run.stop_below_db=-40", "--set", "run.steps=3000", ranks=ranks)
            self.assertEqual(json.loads((self.out / "report.json").read_text())["steps"], 200)

    def test_early_end_is_told(self):
        self.assertIn("cut short", self.succeed(SCENE + SWEEP, "--steps", 60).err)
        self.assertNotIn("cut short", self.succeed(SCENE + SWEEP, "--steps", 400).err)

    def test_plots(self):
        line = "[[dft]]\nname = 'line'\nlow_m = [0.01, 0.01, 0.004]\nhigh_m = [0.01, 0.01, 0.018]\nfields = ['Ez']\nfrequencies_hz = [10e9, 12e9]\n"
        self.succeed(SCENE + MONITORS[:MONITORS.index("[[snapshot]]")] + line + "[[probe]]\nname = 'p'\nposition_m = [0.008, 0.012, 0.012]\n")
        result = subprocess.run([sys.executable, PLOT, self.out, "--reference", self.out / "rcs.csv"], text=True, capture_output=True,
                                timeout=LIMIT_S, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("VV: mean absolute difference 0.00 dB over 42 rows", result.stdout)
        self.assertEqual({path.name for path in self.out.glob("*.png")}, {"rcs.png", "far.png", "flux.png", "probes.png", "cut.png", "raw.png", "line.png"})


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]])
