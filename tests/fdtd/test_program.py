# SPDX-License-Identifier: BSD-3-Clause
"""hilbrick-fdtd as people run it: exit codes, messages and files. test_program.py PROGRAM MPIEXEC NUMPROC_FLAG [unittest's arguments]"""

import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy

from runs import LIMIT_S, MPIEXEC, NUMPROC_FLAG, PROGRAM, Result

CELLS = (20, 16, 12)
SPACING_M = (0.01, 0.02, 0.03)
STEPS = 20
SCENE = """
[grid]
cells = [20, 16, 12]
spacing_m = [0.01, 0.02, 0.03]
boundary = { x = "pec", y = ["pmc", "pec"], z = ["pec", "pml"] }
pml_cells = 3
[run]
steps = 20
check_every = 7
[partition]
brick = 4
[[source]]
kind = "dipole"
position_m = [0.1, 0.16, 0.15]
component = "Ez"
waveform = { kind = "gaussian", frequency_hz = 2e9 }
[[probe]]
name = "p"
position_m = [0.123, 0.107, 0.152]
[[probe]]
name = "corner"
position_m = [0.2, 0.32, 0.36]
[[snapshot]]
name = "cut"
low_m = [0.02, 0.06, 0.12]
high_m = [0.15, 0.24, 0.15]
fields = ["Ez", "Hx"]
every = 10
[[snapshot]]
name = "raw"
fields = ["Ey", "Ez"]
every = 20
at = "yee"
"""

# DESIGN: keys of report.json and of its parts.
REPORT_KEYS = """ranks method chosen_method cells steps precision dt_s loop_seconds mcells_per_second setup_seconds fields_digest transport
    halo per_rank memory_bytes_max version host step step_times memory checkpoint""".split()
HALO_KEYS = [f"{what}_bytes_per_step_{of}" for what in ("predicted", "counted", "slab", "internode") for of in ("max", "total")]
RANK_KEYS = """rank node cells boxes peers bytes_per_step slab_bytes_per_step compute_seconds wait_seconds copy_seconds step_seconds
    messages_per_step""".split()
COMPONENTS = ["Ex", "Ey", "Ez", "Hx", "Hy", "Hz"]


def half_offset(component):
    """Where a component of cell (0, 0, 0) lies, in cells: E on edge middles, H on face middles."""
    axis, electric = "xyz".index(component[1]), component[0] == "E"
    return [0.5 if (a == axis) == electric else 0.0 for a in range(3)]


class Program(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hilbrick-test-program-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.scene = self.folder / "scene.toml"
        self.scene.write_text(SCENE)
        self.out = self.folder / "out"

    def run_program(self, *arguments, ranks=1, environment=None, launcher=True):
        command = [MPIEXEC, NUMPROC_FLAG, str(ranks)] if launcher else []
        command += [PROGRAM, *map(str, arguments)]
        # MPI libraries keep memory until the end.
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0", **(environment or {})}
        process = subprocess.Popen(command, env=env, cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.terminate()  # mpiexec ends its ranks
            process.communicate()
            self.fail(f"hangs: {' '.join(command)}")
        return Result(process.returncode, out, err)

    def succeed(self, *arguments, **options):
        result = self.run_program(self.scene, "--out", self.out, "--progress", "none", *arguments, **options)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(result.messages, [])
        self.assertEqual(list(self.out.glob("*.part*")), [])
        return result

    def fails(self, code, words, *arguments, **options):
        result = self.run_program(*arguments, **options)
        self.assertEqual(result.code, code, (arguments, result.out, result.err))
        self.assertEqual(len(result.messages), 1, result.err)
        for word in words:
            self.assertIn(word, result.messages[0])
        # What probes noted until then is kept for whoever looks for the reason, under another name than a finished file's.
        self.assertLessEqual({path.name for path in self.folder.rglob("*.part*")}, {"probes.h5.part"})
        return result

    def contents(self):
        """What is in the folder for output under its own name."""
        return {path.name: path.read_bytes() for path in self.out.iterdir() if path.suffix != ".part"}

    def report(self):
        return json.loads((self.out / "report.json").read_text())

    def series(self):
        with h5py.File(self.out / "probes.h5") as file:
            return {f"{name}/{c}": file[name][c][:] for name in file for c in file[name]}

    # Mistakes of the user: 2, one message, nothing written.

    def test_wrong_options(self):
        for words, arguments in [
            (["--bad"], [self.scene, "--bad"]),
            (["scene", "required"], []),
            (["--method", "hilbert", 'found "hilbart"'], [self.scene, "--method", "hilbart"]),
            (["--method", 'found "99"'], [self.scene, "--method", "99"]),
            (["--precision", "single, double", 'found "7"'], [self.scene, "--precision", "7"]),
            (["--progress", "json", 'found "2"'], [self.scene, "--progress", "2"]),
            (["--transport", 'found "pigeon"'], [self.scene, "--transport", "pigeon"]),
            (["--steps", "an integer of at least 0", 'found "-3"'], [self.scene, "--steps", "-3"]),
            (["--steps", "an integer of at least 0", 'found "many"'], [self.scene, "--steps", "many"]),
            (["--brick", "an integer of at least 1", 'found "0"'], [self.scene, "--brick", "0"]),
        ]:
            self.fails(2, words, *arguments, "--out", self.out, launcher=False)
        self.fails(2, ["--bad"], self.scene, "--bad", ranks=3)
        self.assertFalse(self.out.exists())

    def test_unreadable_scenes(self):
        empty = self.folder / "empty.toml"
        empty.touch()
        bad = self.folder / "bad.toml"
        bad.write_text(SCENE.replace("brick = 4", "brik = 4"))
        for words, scene in [
            (["absent.toml: expected a scene file", "No such file or directory"], "absent.toml"),
            (["expected a scene file", "Is a directory"], self.folder),
            (["empty.toml:1:1: grid: expected a table, found nothing"], empty),
            (["bad.toml:11:1: partition.brik: unknown key; did you mean brick?"], bad),
        ]:
            for ranks in (1, 3):
                self.fails(2, words, scene, "--out", self.out, ranks=ranks)
        self.fails(2, ["--set grid.courant=2:1:14: grid.courant: "], self.scene, "--set", "grid.courant=2", "--out", self.out, ranks=3)
        self.fails(2, ["--set gird.courant=1:1:1: gird: unknown key"], self.scene, "--set", "gird.courant=1", "--out", self.out)
        self.assertFalse(self.out.exists())

    def test_scene_without_permission(self):
        if os.geteuid() == 0:
            self.skipTest("root may read everything")
        self.scene.chmod(0)
        self.fails(2, ["scene.toml: expected a scene file", "Permission denied"], self.scene, ranks=3)

    def test_out_that_is_a_file(self):
        self.out.write_text("mine")
        for ranks in (1, 3):
            self.fails(2, [f"--out {self.out}: expected a folder"], self.scene, "--out", self.out, ranks=ranks)
        self.fails(2, ["--out", "expected a folder"], self.scene, "--out", self.out / "below")
        self.assertEqual(self.out.read_text(), "mine")

    def test_infeasible_method(self):
        self.fails(2, ["method slab", "hilbert"], self.scene, "--method", "slab", "--set", "grid.cells=[2, 2, 2]", "--set",
                   "grid.boundary.z=pec", "--set", "probe=[]", "--set", "snapshot=[]", "--set", "source=[]", "--out", self.out, ranks=3)

    def test_launcher_of_another_mpi(self):
        lone = {"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "0"}
        arguments = [self.scene, "--out", self.out]
        self.fails(2, ["launcher", "4 processes"], *arguments, environment=lone, launcher=False)
        other = self.run_program(*arguments, environment={**lone, "OMPI_COMM_WORLD_RANK": "1"}, launcher=False)
        self.assertEqual(other.code, 2)
        self.assertEqual(other.messages, [])
        self.assertFalse(self.out.exists())

    # Failures of a run: 4, one message, and what was there before stays.

    def test_fields_that_overflow(self):
        self.succeed()
        before = self.contents()
        for ranks in (1, 3):
            self.fails(4, ["not finite", "step 7", "cell ("], self.scene, "--set", "source.0.waveform.amplitude=1e38", "--out", self.out,
                       ranks=ranks)
            self.assertEqual(self.contents(), before)

    def test_full_disk(self):
        self.out.mkdir()
        mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", self.out], stderr=subprocess.DEVNULL, check=False).returncode == 0
        if not mounted:
            self.skipTest("needs to mount a small file system")
        self.addCleanup(subprocess.run, ["umount", "-l", self.out], check=True)
        every_field = ["--set", f"snapshot.1.fields={json.dumps(COMPONENTS)}", "--set", "snapshot.1.every=1"]  # 92 kB a step
        for ranks in (1, 3):
            self.fails(4, [str(self.out)], self.scene, "--out", self.out, *every_field, ranks=ranks)
            for path in self.out.glob("*.vtkhdf"):  # those that are there are whole
                with h5py.File(path) as file:
                    for group in file["VTKHDF"].values():
                        for dataset in group.values():
                            self.assertTrue(numpy.isfinite(dataset[:]).all())
                path.unlink()

    # Runs that succeed.

    def test_transports_carry_the_same_halos(self):
        reports = []
        for transport in ("message", "shared"):
            result = self.succeed("--transport", transport, "--verify", ranks=3)
            self.assertIn("halos verified", result.out)
            reports.append(self.report())
            self.assertEqual([name for name in ("message", "shared") if reports[-1]["transport"][name] > 0], [transport])
        self.assertEqual(reports[0]["fields_digest"], reports[1]["fields_digest"])
        self.assertEqual(reports[0]["halo"], reports[1]["halo"])

    def test_report(self):
        digests = set()
        runs = [(1, []), (3, []), (3, ["--method", "morton"]), (3, ["--method", "slab"]), (3, ["--method", "auto", "--brick", "5"])]
        for ranks, arguments in runs:
            result = self.succeed(*arguments, ranks=ranks)
            self.assertIn("Communication volume per rank versus naive slabs", result.out)
            report = self.report()
            asked = arguments[1] if arguments else "hilbert"
            self.assertEqual(list(report), REPORT_KEYS + (["tried_methods"] if asked == "auto" else []))
            self.assertEqual(sorted(report["halo"]), sorted(HALO_KEYS))
            self.assertEqual(report["ranks"], ranks)
            self.assertEqual(len(report["per_rank"]), ranks)
            self.assertEqual(report["method"], asked)
            if asked != "auto":
                self.assertEqual(report["chosen_method"], asked)
            else:
                least = min(report["tried_methods"], key=lambda tried: tried["model_step_seconds"])
                self.assertEqual(report["chosen_method"], least["method"])
                self.assertIn(f"auto took {least['method']}", result.out)
            self.assertEqual(report["cells"], list(CELLS))
            self.assertEqual(report["steps"], STEPS)
            self.assertEqual(report["precision"], "single")
            self.assertRegex(report["version"], r"^\d+\.\d+\.\d+$")
            self.assertRegex(report["fields_digest"], "^[0-9a-f]{16}$")
            digests.add(report["fields_digest"])
            courant_s = 0.99 / (299792458 * math.sqrt(sum(d**-2 for d in SPACING_M)))
            self.assertAlmostEqual(report["dt_s"] / courant_s, 1, 12)
            speed = math.prod(CELLS) * STEPS / report["loop_seconds"] / 1e6
            self.assertAlmostEqual(report["mcells_per_second"] / speed, 1, 9)

            halo, each = report["halo"], report["per_rank"]
            for r, rank in enumerate(each):
                self.assertEqual(list(rank), RANK_KEYS)
                self.assertEqual(rank["rank"], r)
            self.assertEqual(sum(rank["cells"] for rank in each), math.prod(CELLS))
            for of, summary in (("max", max), ("total", sum)):
                self.assertEqual(halo[f"predicted_bytes_per_step_{of}"], halo[f"counted_bytes_per_step_{of}"])
                self.assertEqual(halo[f"counted_bytes_per_step_{of}"], summary(rank["bytes_per_step"] for rank in each))
                self.assertEqual(halo[f"slab_bytes_per_step_{of}"], summary(rank["slab_bytes_per_step"] for rank in each))
            # Planes across x: one component pair each way and step, 4 bytes each. PMC keeps the closing plane of what lives on it.
            self.assertGreaterEqual(halo["slab_bytes_per_step_total"], (ranks - 1) * 4 * 4 * CELLS[1] * CELLS[2])
            self.assertLessEqual(halo["slab_bytes_per_step_total"], (ranks - 1) * 4 * 4 * (CELLS[1] + 1) * (CELLS[2] + 1))
            if asked == "slab":
                self.assertEqual(halo["counted_bytes_per_step_total"], halo["slab_bytes_per_step_total"])
            self.assertEqual(sorted(report["transport"]), ["message", "self", "shared"])
            pairs = report["transport"]["message"] + report["transport"]["shared"]
            self.assertEqual(pairs, sum(rank["peers"] for rank in each) if ranks > 1 else 0)
        self.assertEqual(len(digests), 1)
        self.succeed("--steps", "19")
        self.assertNotIn(self.report()["fields_digest"], digests)

    def test_step_times(self):
        for ranks in (1, 3):
            out = self.succeed("--steps", 300, "--set", "snapshot=[]", ranks=ranks).out
            report = self.report()
            times = report["step_times"]
            self.assertLessEqual(times["p50_seconds"], times["p99_seconds"])
            self.assertLessEqual(times["p99_seconds"], times["max_seconds"])
            self.assertLessEqual(times["computing_p99_seconds"], times["p99_seconds"] * 1.016)
            self.assertGreaterEqual(300 * times["max_seconds"], report["loop_seconds"])
            self.assertEqual([times[key] for key in ("deadline_s", "missed_deadlines", "exchange_seconds_left")], [None] * 3)
            self.assertNotIn("Deadline", out)
            for deadline_s, missed in ((1e-9, 300), (1e3, 0)):
                out = self.succeed("--steps", 300, "--set", f"run.deadline_s={deadline_s}", "--set", "snapshot=[]", ranks=ranks).out
                times = self.report()["step_times"]
                self.assertEqual((times["deadline_s"], times["missed_deadlines"]), (deadline_s, missed))
                self.assertAlmostEqual(times["exchange_seconds_left"] + times["computing_p99_seconds"], deadline_s, 12)
                self.assertIn(f"missed by {missed} of 300 steps", out)
                self.assertEqual("no exchange is fast enough" in out, missed > 0)

    def test_earlier_files_are_replaced_and_said_to_be(self):
        self.assertNotIn("earlier run", self.succeed("--set", "checkpoint.every=10").err)
        before = self.contents()
        (self.out / "mine").write_text("mine")
        result = self.succeed("--set", "source.0.waveform.amplitude=2", "--set", "checkpoint.every=10", ranks=3)
        self.assertEqual(result.err.count(f"note: {self.out} holds what an earlier run wrote"), 1, result.err)
        self.assertEqual((self.out / "mine").read_text(), "mine")
        self.assertNotEqual(self.contents()["probes.h5"], before["probes.h5"])
        self.assertNotIn("earlier run", self.succeed("--set", "source.0.waveform.amplitude=2", "--restart", self.out).err)  # goes on where it was

    def test_messages_are_counted(self):
        self.succeed("--method", "slab", ranks=3)  # along x: to each neighbour E one way, H the other
        self.assertEqual([rank["messages_per_step"] for rank in self.report()["per_rank"]], [1, 2, 1])
        for rank in self.report()["per_rank"]:
            exchange = rank["wait_seconds"] + rank["copy_seconds"]
            self.assertGreater(rank["copy_seconds"], 0)
            self.assertGreater(rank["step_seconds"], exchange / STEPS)

    def test_more_memory_than_there_is(self):
        grid = ["--set", "grid.cells=[20000, 20000, 2000]", "--set", "snapshot=[]", "--method", "slab", "--brick", 64]
        for ranks in (1, 3):
            self.fails(2, ["memory: expected at most ", " GB", "found 19", "use at least ", "coarser grid"], self.scene, *grid, "--out", self.out,
                       ranks=ranks)
        self.assertFalse(self.out.exists())

    def test_options_override_the_scene(self):
        self.succeed("--steps", 5, "--precision", "double", "--set", "grid.courant=0.5", "--set", "run.stop_below_db=-0.001")
        report = self.report()
        self.assertEqual(report["steps"], 5)
        self.assertEqual(report["precision"], "double")
        self.assertAlmostEqual(report["dt_s"] * 299792458 * math.sqrt(sum(d**-2 for d in SPACING_M)), 0.5, 12)
        self.assertEqual(self.series()["p/Ex"].dtype, numpy.float64)
        self.assertEqual(len(self.series()["p/Ex"]), 5)
        out = self.succeed("--steps", 0, ranks=2).out
        self.assertEqual(self.report()["steps"], 0)
        self.assertIn("no step was taken, so none was counted", out)

    def test_progress_lines(self):
        for ranks in (1, 3):
            result = self.run_program(self.scene, "--out", self.out, "--progress", "json", ranks=ranks)
            self.assertEqual(result.code, 0, result.err)
            lines = [json.loads(line) for line in result.out.splitlines()]
            for line in lines:
                self.assertEqual(list(line), ["step", "steps", "mcells_per_second", "energy_db", "eta_s"])
                self.assertEqual(line["steps"], STEPS)
                self.assertGreater(line["mcells_per_second"], 0)
            self.assertEqual(lines[0]["step"], 1)
            self.assertEqual(lines[-1]["step"], STEPS)
            self.assertEqual(lines[-1]["eta_s"], 0)
            self.assertIsNone(lines[0]["energy_db"])  # not looked at yet
            self.assertLessEqual(lines[-1]["energy_db"], 0)

    def test_check_writes_nothing(self):
        for ranks in (1, 3):
            result = self.run_program(self.scene, "--check", "--out", self.out, ranks=ranks)
            self.assertEqual(result.code, 0, result.err)
            for words in ("20 x 16 x 12 cells", "time step", "cells per wavelength", "memory", "sent, all", "<- least step time"):
                self.assertIn(words, result.out)
            self.assertFalse(self.out.exists())

    def test_check_writes_owners(self):
        owners = self.folder / "owners.npy"
        for method in ("slab", "hilbert"):
            result = self.run_program(self.scene, "--check", "--method", method, "--owners", owners, ranks=3)
            self.assertEqual(result.code, 0, result.err)
            bricks = numpy.load(owners)
            self.assertEqual(bricks.shape, (3, 4, 5))
            self.assertEqual(set(bricks.flat), {0, 1, 2})
        result = self.run_program(self.scene, "--owners", owners)
        self.assertEqual(result.code, 2)
        self.assertIn("--check", result.err)

    BODIES = SCENE + """
[[material]]
name = "glass"
eps_r = 3
[[shape]]
kind = "stl"
file = "pyramid.stl"
material = "glass"
scale = 1e-3
move_m = [0.05, 0.05, 0.06]
[[shape]]
kind = "voxels"
file = "voxels.h5"
dataset = "/ids"
low_m = [0.11, 0.17, 0.2]
spacing_m = [0.013, 0.02, 0.05]
materials = ["glass", "vacuum", "pec"]
[[shape]]
kind = "wire"
material = "pec"
points_m = [[0.02, 0.04, 0.06], [0.02, 0.24, 0.06], [0.16, 0.24, 0.06]]
"""

    def write_bodies(self):
        self.scene.write_text(self.BODIES)
        corners = [(0, 0, 0), (90, 0, 0), (0, 100, 0), (0, 0, 120)]
        text = "solid pyramid\n"
        for triangle in ((0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3)):
            vertices = "\n".join("vertex {} {} {}".format(*corners[i]) for i in triangle)
            text += f"facet normal 0 0 0\nouter loop\n{vertices}\nendloop\nendfacet\n"
        stl = self.folder / "pyramid.stl"
        stl.write_text(text + "endsolid pyramid\n")
        with h5py.File(self.folder / "voxels.h5", "w") as file:
            file["ids"] = (numpy.arange(3 * 4 * 5).reshape(3, 4, 5) * 7 % 3).astype("uint8")
        return stl

    def test_bodies_from_files(self):
        self.write_bodies()
        self.succeed(ranks=1)
        digest = self.report()["fields_digest"]
        self.succeed(ranks=3)
        self.assertEqual(self.report()["fields_digest"], digest)

    def test_check_writes_materials(self):
        stl = self.write_bodies()
        maps = []
        for ranks in (1, 3):
            name = self.folder / f"materials{ranks}.vtkhdf"
            result = self.run_program(self.scene, "--check", "--write-materials", name, ranks=ranks)
            self.assertEqual(result.code, 0, result.err)
            with h5py.File(name) as file:
                points = file["/VTKHDF/PointData"]
                maps.append({field: points[field][:] for field in points})
                self.assertEqual(set(points), {"Ex", "Ey", "Ez"})
                self.assertEqual(points["Ex"].attrs["materials"], b"vacuum\npec\nglass")
                self.assertEqual(list(points["Ex"].attrs["offset_m"]), [SPACING_M[0] / 2, 0, 0])
        for field, values in maps[0].items():
            self.assertEqual(values.shape, CELLS[::-1])
            self.assertTrue((values == maps[1][field]).all())
            self.assertEqual(set(values.flat), {0, 1, 2})
        # The pyramid's Ez nearest its corner, and none beyond its slope; x = 0 and z = 0 are electric walls.
        at = {(x, y, z): maps[0]["Ez"][z, y, x] for x, y, z in ((6, 3, 2), (13, 3, 2), (0, 3, 2))}
        self.assertEqual(at, {(6, 3, 2): 2, (13, 3, 2): 0, (0, 3, 2): 1})
        result = self.run_program(self.scene, "--write-materials", self.folder / "materials.vtkhdf")
        self.assertEqual(result.code, 2)
        self.assertIn("--check", result.err)
        stl.write_bytes(stl.read_bytes()[:-49])
        self.fails(2, ["scene.toml:", "pyramid.stl:", "found the end of the file"], self.scene, ranks=3)

    def test_more_ranks_than_bricks(self):
        result = self.succeed("--brick", 16, ranks=3)  # 2 x 1 x 1 bricks
        warnings = [line for line in result.err.splitlines() if "own no cell" in line]
        self.assertEqual(len(warnings), 1, result.err)
        self.assertIn("at most 2 ranks are useful", warnings[0])
        self.assertEqual(sorted(rank["cells"] for rank in self.report()["per_rank"])[0], 0)
        digest, series = self.report()["fields_digest"], self.series()
        self.succeed()
        self.assertEqual(self.report()["fields_digest"], digest)
        self.assertEqual({k: v.tobytes() for k, v in self.series().items()}, {k: v.tobytes() for k, v in series.items()})

    def test_rare_checks_need_no_memory(self):
        self.succeed("--set", "run.check_every=1000000000000")
        self.assertEqual(len(self.series()["p/Ex"]), STEPS)

    def test_probes(self):
        self.succeed(ranks=3)
        many = self.series()
        self.succeed(ranks=1)
        one = self.series()
        self.assertEqual(sorted(one), sorted(f"{p}/{c}" for p in ("p", "corner") for c in COMPONENTS))
        for name, values in one.items():
            self.assertEqual(values.dtype, numpy.float32)
            self.assertEqual(values.shape, (STEPS,))
            self.assertEqual(values.tobytes(), many[name].tobytes(), name)
        self.assertGreater(abs(one["p/Ez"]).max(), 0)
        dt_s = self.report()["dt_s"]
        with h5py.File(self.out / "probes.h5") as file:
            numpy.testing.assert_allclose(file["p"].attrs["position_m"], (0.123, 0.107, 0.152))
            for component in COMPONENTS:
                attributes = file["p"][component].attrs
                below = [(math.floor(p / d - o) + o) * d for p, d, o in zip((0.123, 0.107, 0.152), SPACING_M, half_offset(component))]
                numpy.testing.assert_allclose(attributes["position_m"], below, atol=1e-12)
                self.assertEqual(attributes["dt_s"], dt_s)
                self.assertAlmostEqual(attributes["time_offset_s"] / dt_s, 1 if component[0] == "E" else 1.5, 12)

    def test_snapshots(self):
        self.succeed(ranks=3)
        names = sorted(path.name for path in self.out.iterdir())
        self.assertEqual(names, ["cut.vtkhdf.series", "cut_0000010.vtkhdf", "cut_0000020.vtkhdf", "probes.h5", "raw.vtkhdf.series",
                                 "raw_0000020.vtkhdf", "report.json"])
        many = {path.name: self.snapshot(path) for path in self.out.glob("*.vtkhdf")}
        index = json.loads((self.out / "cut.vtkhdf.series").read_text())
        dt_s = self.report()["dt_s"]
        self.assertEqual(index["file-series-version"], "1.0")
        self.assertEqual([entry["name"] for entry in index["files"]], ["cut_0000010.vtkhdf", "cut_0000020.vtkhdf"])
        numpy.testing.assert_allclose([entry["time"] for entry in index["files"]], [10 * dt_s, 20 * dt_s], rtol=1e-12)

        # Cells x 2..14, y 3..11, z 4 and 5 (flat images crash VTK 9.1): averages, in the middles of the cells.
        with h5py.File(self.out / "cut_0000020.vtkhdf") as file:
            self.check_image(file["VTKHDF"], extent=(0, 12, 0, 8, 0, 1),
                             origin=[(cell + 0.5) * d for cell, d in zip((2, 3, 4), SPACING_M)], fields=["Ez", "Hx"])
            self.assertEqual(file["VTKHDF/PointData/Ez"].shape, (2, 9, 13))
            numpy.testing.assert_array_equal(file["VTKHDF/PointData/Ez"].attrs["offset_m"], [0, 0, 0])
        # Values at their own places, one a cell: points.
        with h5py.File(self.out / "raw_0000020.vtkhdf") as file:
            self.check_image(file["VTKHDF"], extent=(0, 19, 0, 15, 0, 11), origin=(0, 0, 0), fields=["Ey", "Ez"])
            for component in ("Ey", "Ez"):
                numpy.testing.assert_allclose(file["VTKHDF/PointData"][component].attrs["offset_m"],
                                              [o * d for o, d in zip(half_offset(component), SPACING_M)])
            raw = file["VTKHDF/PointData/Ez"][:]
        self.assertEqual(raw.shape, CELLS[::-1])
        # [z][y][x]: the probe's value is that of its cell, and a cell average that of four edges.
        self.assertEqual(raw[4, 5, 12], self.series()["p/Ez"][-1])
        average = 0.25 * (raw[4, 3:12, 2:15] + raw[4, 3:12, 3:16] + raw[4, 4:13, 2:15] + raw[4, 4:13, 3:16])
        cut = many["cut_0000020.vtkhdf"]["Ez"][0]
        numpy.testing.assert_allclose(cut, average, rtol=1e-5, atol=1e-6 * abs(cut).max())

        self.succeed(ranks=1)
        for name, fields in many.items():
            for field, values in self.snapshot(self.out / name).items():
                self.assertEqual(values.tobytes(), fields[field].tobytes(), (name, field))

    def snapshot(self, path):
        with h5py.File(path) as file:
            return {name: data[:] for group in file["VTKHDF"].values() for name, data in group.items()}

    def check_image(self, image, extent, origin, fields):
        self.assertEqual(image.attrs["Type"], b"ImageData")
        self.assertEqual(list(image.attrs["Version"]), [1, 0])
        self.assertEqual(tuple(image.attrs["WholeExtent"]), extent)
        numpy.testing.assert_allclose(image.attrs["Origin"], origin, atol=1e-12)
        numpy.testing.assert_allclose(image.attrs["Spacing"], SPACING_M)
        self.assertEqual(list(image.attrs["Direction"]), [1, 0, 0, 0, 1, 0, 0, 0, 1])
        self.assertEqual(list(image), ["PointData"])
        self.assertEqual(sorted(image["PointData"]), fields)

    def test_vtk_reads_snapshots(self):
        try:
            from vtkmodules.vtkIOHDF import vtkHDFReader
            from vtkmodules.util.numpy_support import vtk_to_numpy
        except ImportError:
            self.skipTest("needs VTK's Python modules")
        self.succeed(ranks=3)
        for name in ("raw_0000020.vtkhdf", "cut_0000020.vtkhdf"):
            reader = vtkHDFReader()
            reader.SetFileName(str(self.out / name))
            reader.Update()
            image = reader.GetOutput()
            data = image.GetPointData()
            numpy.testing.assert_allclose(image.GetSpacing(), SPACING_M)
            for field, values in self.snapshot(self.out / name).items():
                array = data.GetArray(field)
                self.assertIsNotNone(array, f"{name} {field}")
                self.assertEqual(vtk_to_numpy(array).tobytes(), values.tobytes())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
