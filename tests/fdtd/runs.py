# SPDX-License-Identifier: BSD-3-Clause
"""Runs of hilbrick-fdtd in a folder of their own, and scenes that have all kinds of state: for tests with PROGRAM MPIEXEC NUMPROC_FLAG."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM, MPIEXEC, NUMPROC_FLAG = sys.argv[1:4]
LIMIT_S = 300  # for a run that hangs; an ordinary one takes about one second

# Everything that has state: layers on all faces, poles across bricks and into a layer, a plane wave at an angle, elements and ports, all kinds of monitors.
STEPS = 120
EVERYTHING = """
[grid]
cells = [27, 24, 25]
spacing_m = [1e-3, 1.1e-3, 0.9e-3]
pml_cells = 5
[run]
steps = 120
check_every = 17
[partition]
brick = 4
[[material]]
name = "glass"
eps_r = 2
lorentz = [{ delta_eps = 1.5, omega_rad_s = 1e11, gamma_rad_s = 1e10 }, { delta_eps = 0.5, omega_rad_s = 2e11 }]
[[material]]
name = "metal"
drude = [{ omega_rad_s = 3e11, gamma_rad_s = 1e10 }]
debye = [{ delta_eps = 2, tau_s = 1e-11 }]
sigma = 0.1
[[shape]]
kind = "box"
material = "glass"
low_m = [0, 0, 0]
high_m = [0.03, 0.03, 0.0027]
[[shape]]
kind = "sphere"
material = "metal"
center_m = [0.013, 0.0132, 0.0117]
radius_m = 0.002
[[source]]
kind = "plane_wave"
box_low_m = [0.008, 0.0077, 0.0072]
box_high_m = [0.019, 0.0187, 0.0162]
direction = [0.48, -0.6, -0.64]
polarization = [0.6, 0.48, 0]
waveform = { kind = "gaussian_derivative", frequency_hz = 15e9, delay_s = 4e-11 }
[[source]]
kind = "dipole"
position_m = [0.007, 0.0044, 0.0108]
component = "Hy"
waveform = { kind = "gaussian", frequency_hz = 15e9, delay_s = 3e-11 }
[[element]]
from_m = [0.008, 0.0066, 0.0063]
to_m = [0.010, 0.0066, 0.0063]
inductance_h = 1e-9
capacitance_f = 1e-13
connection = "series"
[[port]]
name = "feed"
from_m = [0.016, 0.0165, 0.0081]
to_m = [0.016, 0.0165, 0.0099]
waveform = { kind = "modulated_gaussian", frequency_hz = 15e9, bandwidth_hz = 1e10, delay_s = 4e-11 }
frequencies_hz = [1e10, 2e10]
[[port]]
name = "load"
from_m = [0.010, 0.0165, 0.0153]
to_m = [0.010, 0.0187, 0.0153]
frequencies_hz = 1e10
[[probe]]
name = "p"
position_m = [0.0123, 0.0107, 0.0152]
[[probe]]
name = "in_layer"
position_m = [0.002, 0.002, 0.002]
[[snapshot]]
name = "cut"
low_m = [0.002, 0.003, 0.009]
high_m = [0.015, 0.02, 0.0108]
fields = ["Ez", "Hx"]
every = 20
[[dft]]
name = "spectrum"
low_m = [0, 0.004, 0.0018]
high_m = [0.02, 0.0264, 0.0112]
fields = ["Ex", "Ez", "Hy"]
frequencies_hz = [10e9, 20e9]
[[flux]]
name = "box"
low_m = [0.006, 0.0066, 0.0063]
high_m = [0.020, 0.0198, 0.0171]
frequencies_hz = [10e9, 15e9]
"""
LONG = EVERYTHING.replace("steps = 120", "steps = 1000000")
GUIDE = """
[grid]
cells = [12, 6, 40]
spacing_m = 2e-3
boundary = { x = "pec", y = "pec", z = "pml" }
pml_cells = 6
[run]
steps = 150
precision = "double"
stop_below_db = -1
check_every = 10
[partition]
brick = 3
[[source]]
kind = "guide_mode"
low_m = [0, 0, 0.024]
high_m = [0.024, 0.012, 0.024]
direction = [0, 0, 1]
mode = [1, 0]
waveform = { kind = "modulated_gaussian", frequency_hz = 9e9, bandwidth_hz = 4e9, delay_s = 1e-10 }
[[probe]]
name = "p"
position_m = [0.01, 0.005, 0.06]
"""
SWEEP = """
[grid]
cells = [20, 20, 20]
spacing_m = 1e-3
pml_cells = 4
[run]
steps = 60
[partition]
brick = 5
[[shape]]
kind = "sphere"
material = "pec"
center_m = [0.01, 0.01, 0.01]
radius_m = 0.002
[[source]]
kind = "plane_wave"
box_low_m = [0.006, 0.006, 0.006]
box_high_m = [0.014, 0.014, 0.014]
direction = [1, 0, 0]
polarization = [0, 0, 1]
waveform = { kind = "gaussian_derivative", frequency_hz = 15e9, delay_s = 3e-11 }
[sweep]
phi_deg = [0, 40]
[[far_field]]
name = "far"
frequencies_hz = [10e9, 15e9]
"""
PORT_SWEEP = """
[grid]
cells = [22, 20, 20]
spacing_m = 1e-3
pml_cells = 4
[run]
steps = 70
[partition]
brick = 5
[[port]]
name = "left"
from_m = [0.008, 0.010, 0.009]
to_m = [0.008, 0.010, 0.011]
waveform = { kind = "gaussian_derivative", frequency_hz = 15e9, delay_s = 3e-11 }
frequencies_hz = [10e9, 15e9]
[[port]]
name = "right"
from_m = [0.013, 0.010, 0.009]
to_m = [0.013, 0.010, 0.011]
waveform = { kind = "gaussian_derivative", frequency_hz = 15e9, delay_s = 3e-11 }
frequencies_hz = [10e9, 15e9]
[sweep]
ports = ["left", "right"]
"""
TINY = """
[grid]
cells = [4, 3, 2]
spacing_m = 1e-3
boundary = { x = "pmc", y = "periodic", z = "pec" }
[run]
steps = 20
[[source]]
kind = "dipole"
position_m = [0.002, 0.001, 0.001]
component = "Ez"
waveform = { kind = "gaussian", frequency_hz = 3e10 }
[[probe]]
name = "p"
position_m = [0.004, 0.003, 0.002]
[[snapshot]]
name = "all"
fields = ["Ex", "Hz"]
every = 10
[[dft]]
name = "end"
low_m = [0.0035, 0, 0]
fields = ["Ez"]
frequencies_hz = 2e10
"""


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        # mpiexec adds its own lines about processes that failed.
        self.messages = [line for line in err.splitlines() if line.startswith("hilbrick-fdtd: ")]


class Runs(unittest.TestCase):
    """A folder, and runs in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hilbrick-test-runs-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "out"

    def scene(self, text, name="scene.toml"):
        (self.folder / name).write_text(text)
        return self.folder / name

    def start(self, scene, *arguments, ranks=1, out=None, environment=None, wrapper=()):
        command = [MPIEXEC, NUMPROC_FLAG, ranks, *wrapper, PROGRAM, scene, "--out", out or self.out, "--progress", "json", *arguments]
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0", **(environment or {})}
        process = subprocess.Popen([str(word) for word in command], env=env, cwd=self.folder, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.terminate()  # mpiexec ends its ranks
        process.stdout.close()
        process.stderr.close()
        process.wait()

    def finish(self, process, limit_s=LIMIT_S):
        try:
            out, err = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            self.fail("hangs")
        return Result(process.returncode, out, err)

    def run_program(self, *arguments, **options):
        return self.finish(self.start(*arguments, **options))

    def succeed(self, *arguments, **options):
        result = self.run_program(*arguments, **options)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(result.messages, [])
        return result

    def fails(self, code, words, *arguments, **options):
        result = self.run_program(*arguments, **options)
        self.says(result, code, words)
        return result

    def says(self, result, code, words):
        self.assertEqual(result.code, code, result.err)
        self.assertEqual(len(result.messages), 1, result.err)
        for word in words:  # systems and libraries differ in where they write capitals
            self.assertIn(word.lower(), result.messages[0].lower())

    @staticmethod
    def report(out):
        return json.loads((out / "report.json").read_text())

    @staticmethod
    def checkpoints(out):
        return sorted(path.name for path in out.glob("checkpoint_*.h5"))

    @staticmethod
    def contents(out):
        """What a run found; not what it cost."""
        return {path.name: path.read_bytes() for path in out.iterdir()
                if path.name != "report.json" and not path.name.startswith("checkpoint_")}

    def same(self, found, expected):
        self.assertEqual(self.report(found)["fields_digest"], self.report(expected)["fields_digest"])
        mine, others = self.contents(found), self.contents(expected)
        self.assertEqual(sorted(mine), sorted(others))
        for name, content in others.items():
            self.assertTrue(mine[name] == content, name)

    def wait_for_steps(self, process, count=1):
        for _ in range(count):
            line = process.stdout.readline()
            self.assertIn('"step"', line)
        return json.loads(line)["step"]

    def ranks_of(self, process):
        """Process numbers of the ranks that mpirun started, by rank."""
        found = {}
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if pathlib.Path(os.readlink(path / "exe")).name != pathlib.Path(PROGRAM).name:
                    continue
                environment = dict(entry.split("=", 1) for entry in (path / "environ").read_text().split("\0") if "=" in entry)
                parent = int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue  # it ended meanwhile, or is another user's
            if parent == process.pid:
                found[int(environment["OMPI_COMM_WORLD_RANK"])] = int(path.name)
        self.assertTrue(found)
        return [found[rank] for rank in sorted(found)]


class SceneRuns(Runs):
    """Runs of scenes that are texts, one after the other: self.out is what the last one left."""

    def run_program(self, text, *arguments, **options):
        for old in self.out.glob("*"):
            old.unlink()
        return super().run_program(self.scene(text), *arguments, **options)
