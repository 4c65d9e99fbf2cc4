# SPDX-License-Identifier: BSD-3-Clause
"""What a run takes is what it was expected to take, and does not grow. test_memory_plan.py PROGRAM MPIEXEC NUMPROC_FLAG [unittest's arguments]"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM, MPIEXEC, NUMPROC_FLAG = sys.argv[1:4]
LIMIT_S = 300

SCENE = """
[grid]
cells = [112, 104, 96]
spacing_m = 0.01
boundary = { x = "pec", y = "pec", z = "pec" }
[run]
steps = 6
check_every = 3
[[source]]
kind = "dipole"
position_m = [0.05, 0.05, 0.05]
component = "Ez"
waveform = { kind = "gaussian", frequency_hz = 1e9 }
"""
LAYERS = SCENE.replace('"pec"', '"pml"')
MATERIALS = SCENE + """
[[material]]
name = "glass"
eps_r = 4
[[material]]
name = "water"
eps_r = 4
debye = [{ delta_eps = 70, tau_s = 8e-12 }]
[[material]]
name = "ferrite"
mu_r = 10
[[shape]]
kind = "sphere"
material = "water"
center_m = [0.5034, 0.4978, 0.4871]
radius_m = 0.3512
[[shape]]
kind = "sphere"
material = "glass"
center_m = [0.9012, 0.8977, 0.2031]
radius_m = 0.1523
[[shape]]
kind = "box"
material = "ferrite"
low_m = [0.1, 0.1, 0.8]
high_m = [0.5, 0.4, 0.9]
"""
CONDUCTORS = SCENE + """
[[shape]]
kind = "sphere"
material = "pec"
center_m = [0.5034, 0.4978, 0.4871]
radius_m = 0.2512
[[shape]]
kind = "box"
material = "pec"
low_m = [0.8, 0.1, 0.1]
high_m = [1.0, 0.3, 0.3]
[[shape]]
kind = "cylinder"
material = "pec"
from_m = [0.8, 0.8, 0.8]
to_m = [0.9, 0.6, 0.2]
radius_m = 0.08
"""
SPECTRA = SCENE + """
[[dft]]
name = "averaged"
high_m = [0.6, 1.04, 0.96]
fields = ["Ex", "Hz"]
frequencies_hz = [5e8, 1e9, 1.1e9]
[[dft]]
name = "raw"
fields = ["Hy"]
at = "yee"
frequencies_hz = [5e8]
"""
SNAPSHOTS = SCENE + """
[[snapshot]]
name = "all"
fields = ["Ex", "Hz"]
every = 3
"""
CHECKPOINTS = SCENE + """
[checkpoint]
every = 3
"""


class Memory(unittest.TestCase):
    def taken(self, scene, ranks, *options):
        """(planned, taken) bytes of the largest rank."""
        with tempfile.TemporaryDirectory(prefix="hilbrick-test-memory-") as folder:
            folder = pathlib.Path(folder)
            (folder / "scene.toml").write_text(scene)
            command = [MPIEXEC, NUMPROC_FLAG, ranks, PROGRAM, folder / "scene.toml", "--progress", "none", "--out", folder / "out", *options]
            run = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT_S,
                                 check=False)
            self.assertEqual(run.returncode, 0, run.stderr)
            memory = json.loads((folder / "out/report.json").read_text())["memory"]
            return memory["planned_bytes_max"], memory["taken_bytes_max"]

    def test_plans_are_right_to_ten_per_cent(self):
        for name in ("SCENE", "LAYERS", "MATERIALS", "CONDUCTORS", "SPECTRA", "SNAPSHOTS", "CHECKPOINTS"):
            for ranks, precision in ((1, "single"), (2, "single"), (2, "double")):
                planned, taken = self.taken(globals()[name], ranks, "--precision", precision)
                self.assertAlmostEqual(planned / taken, 1, delta=0.1, msg=f"{name}, {ranks} ranks, {precision}: {planned} planned, {taken} taken")

    def test_plans_differ(self):
        planned = [self.taken(scene, 1)[0] for scene in (SCENE, LAYERS, MATERIALS, SPECTRA)]
        self.assertGreater(min(planned[1:]), 1.2 * planned[0])  # else right would mean little

    def test_nothing_grows(self):
        """In 10^5 steps, with monitors: as much as in 10^3."""
        small = ["--set", "grid.cells=[9, 8, 7]", "--brick", "4", "--set", "run.check_every=500", "--set", "probe=[{name='p', position_m=[0, 0, 0]}]"]
        spectra = SCENE + "[[dft]]\nname = 'd'\nfields = ['Ex']\nfrequencies_hz = [5e8]\n"
        for transport in ("message", "shared"):
            steps = [self.taken(spectra, 2, *small, "--transport", transport, "--steps", n)[1] for n in (1000, 101000)]
            self.assertLess(steps[1] - steps[0], 2**20, transport)  # ten bytes a step; less is what HDF5 and MPI keep


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
