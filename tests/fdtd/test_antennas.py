# SPDX-License-Identifier: BSD-3-Clause
"""Antennas, circuits and bodies that absorb: what a run says of power. test_antennas.py PROGRAM MPIEXEC NUMPROC_FLAG [unittest's arguments]"""

import csv
import math
import pathlib
import subprocess
import sys
import unittest

import h5py
import numpy

from runs import LIMIT_S, SceneRuns

PLOT = pathlib.Path(__file__).resolve().parents[2] / "apps" / "fdtd" / "plot.py"
C0 = 299792458.0
ETA0 = 376.730313668

# A wire of 29 cells with a gap of one in the middle; a flux box around it, and one around that.
DIPOLE = """
[grid]
cells = [36, 36, 60]
spacing_m = 5e-3
pml_cells = 6
[run]
steps = 4000
check_every = 50
stop_below_db = -90
precision = "double"
[partition]
brick = 8
[[shape]]
kind = "wire"
material = "pec"
points_m = [[0.09, 0.09, 0.075], [0.09, 0.09, 0.145]]
[[shape]]
kind = "wire"
material = "pec"
points_m = [[0.09, 0.09, 0.15], [0.09, 0.09, 0.22]]
[[port]]
name = "feed"
from_m = [0.09, 0.09, 0.145]
to_m = [0.09, 0.09, 0.15]
resistance_ohm = 60
waveform = { kind = "modulated_gaussian", frequency_hz = 1e9, bandwidth_hz = 4e8 }
frequencies_hz = [900e6, 1000e6]
[[flux]]
name = "out"
low_m = [0.075, 0.075, 0.07]
high_m = [0.105, 0.105, 0.23]
frequencies_hz = [900e6, 1000e6]
[[far_field]]
name = "far"
frequencies_hz = [900e6, 1000e6]
theta_deg = [0, 45, 90]
phi_deg = [0, 90]
"""
# One cell's current.
POINT = """
[grid]
cells = [28, 28, 28]
spacing_m = 5e-3
pml_cells = 8
[run]
steps = 1000
precision = "double"
[[source]]
kind = "dipole"
component = "Ez"
position_m = [0.07, 0.07, 0.0725]
waveform = { kind = "gaussian_derivative", frequency_hz = 1e9 }
[[far_field]]
name = "far"
frequencies_hz = [1e9]
theta_deg = [30, 60, 90]
phi_deg = [0, 45]
"""
LOSS_OHM = 20
LOSS = f"""
[[element]]
from_m = [0.09, 0.09, 0.15]
to_m = [0.09, 0.09, 0.155]
resistance_ohm = {LOSS_OHM}
"""

# Conductors below and above, one cell across: a line with the impedance of vacuum. Ports lie across it.
LINE = """
[grid]
cells = [70, 1, 1]
spacing_m = 1e-3
boundary = { y = "pec", z = "periodic" }
[run]
steps = 6000
precision = "double"
stop_below_db = -100
[partition]
brick = 8
"""
PORT = """
[[port]]
name = "p{number}"
from_m = [{x}, 0, 0]
to_m = [{x}, 0.001, 0]
resistance_ohm = {ohm}
waveform = {{ kind = "gaussian", frequency_hz = 3e9 }}
frequencies_hz = [2e9, 1e9]
"""
FREQUENCIES_HZ = (1e9, 2e9)

ABSORBER = """
[grid]
cells = [36, 36, 36]
spacing_m = 1e-3
pml_cells = 6
[run]
steps = 3000
check_every = 50
stop_below_db = -60
precision = "double"
[partition]
brick = 8
[[material]]
name = "lossy"
eps_r = 3
sigma = 0.3
[[shape]]
kind = "sphere"
material = "lossy"
center_m = [0.018, 0.018, 0.018]
radius_m = 0.006
[[source]]
kind = "plane_wave"
box_low_m = [0.01, 0.01, 0.01]
box_high_m = [0.026, 0.026, 0.026]
direction = [0, 0, -1]
polarization = [1, 0, 0]
waveform = { kind = "gaussian_derivative", frequency_hz = 8e9 }
[[flux]]
name = "in"
low_m = [0.011, 0.011, 0.011]
high_m = [0.025, 0.025, 0.025]
frequencies_hz = [5e9, 10e9]
[[flux]]
name = "out"
low_m = [0.009, 0.009, 0.009]
high_m = [0.027, 0.027, 0.027]
frequencies_hz = [5e9, 10e9]
[[far_field]]
name = "far"
frequencies_hz = [5e9, 10e9]
theta_deg = 90
phi_deg = 0
total_power = true
phase_center_m = [0.013, 0.02, 0.0155]
"""


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [{key: float(value) if value.replace("e", "").strip("+-0123456789.") == "" and value else value for key, value in row.items()}
                for row in csv.DictReader(file)]


class Antennas(SceneRuns):
    def contents(self):
        return {path.name: path.read_bytes() for path in self.out.iterdir() if path.suffix != ".json"}

    def check_antenna(self, lossy):
        """Efficiencies by the far field, once they agree with flux, gain and S."""
        flux = [row["power"] for row in rows_of(self.out / "flux.csv")]
        ports = rows_of(self.out / "ports.csv")
        totals = rows_of(self.out / "far_total.csv")
        step = h5py.File(self.out / "ports.h5")["feed"].attrs["dt_s"]
        for radiated, port, total in zip(flux, ports, totals):
            mismatch = 1 - port["s_re"] ** 2 - port["s_im"] ** 2
            self.assertAlmostEqual(total["accepted_power"] / total["available_power"], mismatch, delta=1e-6)
            self.assertAlmostEqual(total["available_power"], 1 / (8 * 60), delta=1e-6)  # the source's amplitude is 1 V
            grid_accepted = total["accepted_power"] / math.cos(math.pi * port["frequency_hz"] * step)
            # What leaves a box comes from the port, less what elements take.
            self.assertAlmostEqual(radiated / grid_accepted / total["radiation_efficiency"], 1, delta=1e-3)  # the layers are near
            if not lossy:
                self.assertAlmostEqual(radiated / grid_accepted, 1, delta=1e-4)
            for row in rows_of(self.out / "far.csv"):
                if row["frequency_hz"] == port["frequency_hz"]:
                    gain = row["directivity_dbi"] + 10 * math.log10(total["radiation_efficiency"])
                    self.assertAlmostEqual(row["gain_dbi"], gain, delta=1e-6)
                    self.assertAlmostEqual(row["realised_gain_dbi"], gain + 10 * math.log10(mismatch), delta=1e-5)
        with h5py.File(self.out / "far.h5") as file:
            self.assertEqual(file["gain"].shape, (2, 3, 2))
            self.assertEqual(file["accepted_power"].attrs["unit"], b"W")
            numpy.testing.assert_allclose(file["radiation_efficiency"], [total["radiation_efficiency"] for total in totals], rtol=1e-8)
        return [total["radiation_efficiency"] for total in totals], [complex(port["z_re_ohm"], port["z_im_ohm"]) for port in ports]

    def test_dipole(self):
        self.succeed(DIPOLE, ranks=3)
        lossless, impedance = self.check_antenna(lossy=False)
        for efficiency in lossless:
            self.assertAlmostEqual(efficiency, 1, delta=1e-3)
        broadside = [row for row in rows_of(self.out / "far.csv") if row["theta_deg"] == 90]
        for row in broadside:
            self.assertAlmostEqual(row["gain_dbi"], 2.15, delta=0.1)  # of a half-wave dipole
        lossless_contents = self.contents()
        self.succeed(DIPOLE, ranks=1)
        self.assertEqual(self.contents(), lossless_contents)

        # A resistor beside the gap takes as much of the power as it has of the resistance there, less what the current falls off.
        self.succeed(DIPOLE.replace('points_m = [[0.09, 0.09, 0.15]', 'points_m = [[0.09, 0.09, 0.155]') + LOSS, ranks=2)
        lossy, impedance = self.check_antenna(lossy=True)
        for efficiency, z in zip(lossy, impedance):
            self.assertLess(efficiency, 0.9)
            self.assertAlmostEqual(efficiency, 1 - LOSS_OHM / z.real, delta=0.02)

    def test_point_dipole(self):
        self.succeed(POINT, ranks=3)
        for row in rows_of(self.out / "far.csv"):
            self.assertAlmostEqual(10 ** (row["directivity_dbi"] / 10), 1.5 * math.sin(math.radians(row["theta_deg"])) ** 2, delta=1e-3)

    def test_gain_only_where_ports_are_the_sources(self):
        more = '[[source]]\nkind = "dipole"\nposition_m = [0.09, 0.09, 0.23]\ncomponent = "Ez"\nwaveform = { kind = "gaussian", frequency_hz = 1e9 }\n'
        self.succeed(DIPOLE + more, "--steps", 50)
        self.assertEqual(list(rows_of(self.out / "far_total.csv")[0]), ["frequency_hz", "radiated_power"])
        self.assertEqual(list(rows_of(self.out / "far.csv")[0])[-1], "directivity_dbi")

    def line(self, places_mm, extra="", ohm=lambda number: 100):
        return LINE + "".join(PORT.format(number=i + 1, x=x * 1e-3, ohm=ohm(i)) for i, x in enumerate(places_mm)) + extra

    @staticmethod
    def matrix(rows, frequency):
        names = sorted({row["port"] for row in rows})
        s = numpy.zeros((len(names), len(names)), complex)
        for row in rows:
            if row["frequency_hz"] == frequency:
                s[names.index(row["port"]), names.index(row["driven_port"])] = complex(row["s_re"], row["s_im"])
        return s

    @staticmethod
    def admittance(frequency, load, length):
        turn = 1j * math.tan(2 * math.pi * frequency * length / C0)
        end = 1 + load * ETA0
        return (end + turn) / (1 + end * turn) / ETA0

    def test_two_ports(self):
        load = "[[element]]\nfrom_m = [0.045, 0, 0]\nto_m = [0.045, 0.001, 0]\nresistance_ohm = 30\n"
        scene = self.line((20, 40), load + '[sweep]\nports = ["p1", "p2"]\n')
        self.succeed(scene)
        self.assertEqual(set(self.contents()), {"ports.csv", "ports.s2p"})
        rows = rows_of(self.out / "ports.csv")
        self.assertEqual(len(rows), 8)
        touchstone = (self.out / "ports.s2p").read_text().splitlines()
        self.assertEqual(touchstone[0], "! Port[1] = p1 Port[2] = p2")
        self.assertEqual(touchstone[1], "# Hz S RI R 100")
        with open(self.out / "ports.csv", newline="", encoding="utf-8") as file:
            words = {(row["frequency_hz"], row["port"], row["driven_port"]): (row["s_re"], row["s_im"]) for row in csv.DictReader(file)}
        for line, frequency in zip(touchstone[2:], ("1e+09", "2e+09"), strict=True):
            # Of two ports, and no other number of them, columns come first.
            order = [("p1", "p1"), ("p2", "p1"), ("p1", "p2"), ("p2", "p2")]
            self.assertEqual(line.split(), [frequency, *(word for pair in order for word in words[frequency, *pair])])
        for frequency in FREQUENCIES_HZ:
            s = self.matrix(rows, frequency)
            self.assertLess(abs(s[0, 1] - s[1, 0]), 1e-6)
            self.assertLess(numpy.linalg.norm(s, 2), 1 + 1e-5)
            self.assertGreater(abs(s[0, 0] - s[1, 1]), 0.1)
            # Port 2 sees lines of vacuum to both sides, with loads across them, that go on behind these.
            y = self.admittance(frequency, 1 / 100, 20e-3) + self.admittance(frequency, 1 / 30, 5e-3)
            self.assertLess(abs(s[1, 1] - (1 / 100 - y) / (1 / 100 + y)), 5e-3)
        whole = self.contents()
        self.succeed(scene, ranks=3)
        self.assertEqual(self.contents(), whole)
        subprocess.run([sys.executable, PLOT, self.out], check=True, capture_output=True, timeout=LIMIT_S)
        self.assertEqual({path.name for path in self.out.glob("*.png")}, {"ports.png"})
        # A run of the sweep is that of the scene with this port alone.
        self.succeed(self.line((20, 40), load).replace('waveform = { kind = "gaussian", frequency_hz = 3e9 }\n', "", 1))
        alone = rows_of(self.out / "ports.csv")
        self.assertEqual(alone, [row for row in rows if row["driven_port"] == "p2"])

    def test_five_ports(self):
        names = [f"p{i}" for i in range(1, 6)]
        self.succeed(self.line((15, 25, 30, 42, 55), f"[sweep]\nports = {names}\n"), ranks=2)
        rows = rows_of(self.out / "ports.csv")
        lines = (self.out / "ports.s5p").read_text().splitlines()[2:]
        self.assertEqual([len(line.split()) for line in lines], [9, 2, 8, 2, 8, 2, 8, 2, 8, 2] * 2)
        numbers = [float(word) for line in lines for word in line.split()]
        for i, frequency in enumerate(FREQUENCIES_HZ):
            part = numbers[51 * i: 51 * (i + 1)]
            self.assertEqual(part[0], frequency)
            s = self.matrix(rows, frequency)
            numpy.testing.assert_array_equal(numpy.array(part[1::2]) + 1j * numpy.array(part[2::2]), s.ravel())
            self.assertLess(abs(s - s.T).max(), 1e-6)
            self.assertLess(numpy.linalg.norm(s, 2), 1 + 1e-5)
        # Touchstone has one reference for all ports, and whole matrices.
        self.succeed(self.line((15, 25), '[sweep]\nports = ["p2", "p1"]\n', lambda i: 50 + i))
        self.assertEqual(set(self.contents()), {"ports.csv"})
        s = self.matrix(rows_of(self.out / "ports.csv"), 1e9)
        self.assertLess(abs(s[0, 1] - s[1, 0]), 1e-6)
        self.succeed(self.line((15, 25, 30), '[sweep]\nports = ["p2", "p1"]\n'))
        self.assertEqual(set(self.contents()), {"ports.csv"})

    def test_mistakes_of_sweeps(self):
        two = self.line((15, 25))
        sweep = '[sweep]\nports = ["p1"]\n'
        dipole = '[[source]]\nkind = "dipole"\nposition_m = [0.02, 0.0005, 0]\ncomponent = "Ey"\nwaveform = { kind = "gaussian", frequency_hz = 1e9 }\n'
        for words, scene in [
            (["sweep.ports", "p1 or p2"], two + '[sweep]\nports = ["p3"]\n'),
            (["sweep.ports", "each name once"], two + '[sweep]\nports = ["p1", "p1"]\n'),
            (["sweep.ports", "found none"], LINE + sweep),
            (["sweep.ports", "has none"], two.replace("waveform =", "# waveform =", 1) + sweep),
            (["frequencies_hz", "found others"], two.replace("1e9]", "1.5e9]", 1) + sweep),
            (["only sources", "found 1"], two + dipole + sweep),
            (["probe"], two + sweep + '[[probe]]\nname = "p"\nposition_m = [0.01, 0, 0]\n'),
            (["phi_deg", "unknown"], two + sweep + "phi_deg = 0\n"),
            (["far_field", "sweep of ports"], DIPOLE[:DIPOLE.index("[[flux]]")] + DIPOLE[DIPOLE.index("[[far_field]]"):] + '[sweep]\nports = ["feed"]\n'),
        ]:
            self.fails(2, ["scene.toml:", *words], scene)

    def test_early_end_is_told(self):
        self.assertIn("cut short", self.succeed(self.line((15, 25)), "--steps", 100).err)
        self.assertNotIn("cut short", self.succeed(self.line((15, 25))).err)

    def test_doubts_are_told(self):
        coarse = self.line((15, 25)).replace("2e9", "40e9")
        for arguments in ([], ["--check"]):
            told = self.succeed(coarse, "--steps", 100, *arguments, ranks=2).err
            self.assertEqual(told.count("warning: vacuum: 7.495 cells per wavelength at 4e+10 Hz"), 1, told)
            self.assertNotIn("cells per wavelength", self.succeed(self.line((15, 25)), "--steps", 100, *arguments).err)

    def test_optical_theorem(self):
        for direction, polarization in ([0, 0, -1], [1, 0, 0]), ([-2, 0, -1], [-1, 0, 2]):
            self.succeed(ABSORBER, "--set", f"source.0.direction={direction}", "--set", f"source.0.polarization={polarization}", ranks=2)
            flux = {}
            for row in rows_of(self.out / "flux.csv"):
                flux.setdefault(row["name"], []).append(row["cross_section_m2"])
            for absorbed, scattered, total in zip(flux["in"], flux["out"], rows_of(self.out / "far_total.csv")):
                self.assertAlmostEqual(total["scattering_cross_section_m2"] / scattered, 1, delta=1e-3)
                self.assertLess(absorbed, -0.3 * scattered)
                extinct = total["extinction_cross_section_m2"] / (scattered - absorbed)
                self.assertAlmostEqual(extinct, 1, delta=1e-3)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
