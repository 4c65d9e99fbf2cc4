# SPDX-License-Identifier: BSD-3-Clause
"""hilbrick-calibrate as people run it, and that planner and solver take what it writes. test_calibrate.py CALIBRATE PLAN FDTD MPIEXEC NUMPROC_FLAG"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import unittest

CALIBRATE, PLAN, FDTD, MPIEXEC, NUMPROC_FLAG = sys.argv[1:6]
LIMIT_S = 300
KEYS = {"seconds_per_cell", "seconds_per_row", "message_seconds", "rank_bytes_per_second", "link_bytes_per_second", "node_message_seconds",
        "node_bytes_per_second", "node_mpi_message_seconds", "node_mpi_bytes_per_second", "face_cost", "distribution"}
SCENE = """
grid = { cells = [24, 20, 16], spacing_m = 0.01, boundary = { x = "pec", y = "pec", z = "pec" } }
run = { steps = 3 }
partition = { method = "auto", brick = 4 }
"""


class Calibrate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hilbrick-test-calibrate-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, program, *arguments, ranks=0):
        command = ([MPIEXEC, NUMPROC_FLAG, str(ranks)] if ranks else []) + [program, *map(str, arguments)]
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}  # MPI libraries keep memory until the end
        return subprocess.run(command, env=env, cwd=self.folder, text=True, capture_output=True, timeout=LIMIT_S)

    def test_every_rank_count_writes_a_machine_that_planner_and_solver_take(self):
        (self.folder / "scene.toml").write_text(SCENE)
        for ranks, precision in [(1, "single"), (2, "single"), (3, "double")]:
            with self.subTest(ranks=ranks):
                file = f"m{ranks}.toml"
                done = self.run_program(CALIBRATE, "-o", file, "--seconds", "0.01", "--cells", "30000", "--precision", precision, ranks=ranks)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stderr, "")
                machine = tomllib.loads((self.folder / file).read_text())
                self.assertEqual(set(machine), KEYS)
                for key, value in machine.items():
                    for number in value if isinstance(value, list) else [] if isinstance(value, str) else [value]:
                        self.assertTrue(number > 0 or key == "seconds_per_row" and number == 0, f"{key} = {value}")
                self.assertEqual(machine["rank_bytes_per_second"], 8e9, "one node: a default")
                self.assertIn("One node: what messages between nodes cost keeps its defaults", done.stdout)
                self.assertEqual("No two ranks share a node" in done.stdout, ranks == 1)
                if ranks == 1:
                    self.assertEqual((machine["node_message_seconds"], machine["face_cost"]), (2e-6, [1, 1, 1]))

                rows = self.run_program(PLAN, "--cells", "24x20x16", "--ranks", ranks, "--machine", file, "--method", "slab", "--format", "json")
                self.assertEqual(rows.returncode, 0, rows.stderr)
                planned = json.loads(rows.stdout)["results"][0]["model_step_seconds"]

                done = self.run_program(FDTD, "scene.toml", "--machine", file, "--method", "slab", "--progress", "none", "--out", f"out{ranks}", ranks=ranks)
                self.assertEqual(done.returncode, 0, done.stderr)
                step = json.loads((self.folder / f"out{ranks}" / "report.json").read_text())["step"]
                self.assertEqual(step["constants"], file)
                self.assertAlmostEqual(step["predicted_seconds"] / planned, 1, places=6, msg="solver and planner have one model")
                for what in ("predicted", "measured"):
                    parts = step[f"{what}_compute_seconds"] + step[f"{what}_exchange_seconds"]
                    self.assertAlmostEqual(parts / step[f"{what}_seconds"], 1, places=6)
                self.assertIn(f"by {file}; measured: ", done.stdout)

    def test_the_solver_says_that_constants_are_defaults(self):
        (self.folder / "scene.toml").write_text(SCENE)
        done = self.run_program(FDTD, "scene.toml", "--progress", "none", ranks=2)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads((self.folder / "out/report.json").read_text())["step"]["constants"], "defaults")
        self.assertIn("by round numbers", done.stdout)

    def test_constants_decide_what_auto_takes(self):
        # Where rows cost all, long ones win.
        (self.folder / "scene.toml").write_text(SCENE.replace("[24, 20, 16]", "[32, 16, 8]"))
        (self.folder / "rows.toml").write_text("seconds_per_cell = 1e-12\nseconds_per_row = 1e-3\n")
        chosen = {}
        for name, arguments in {"defaults": [], "rows": ["--machine", "rows.toml"]}.items():
            done = self.run_program(FDTD, "scene.toml", "--check", "--method", "slab", *arguments, ranks=2)
            self.assertEqual(done.returncode, 0, done.stderr)
            line = next(line for line in done.stdout.splitlines() if line.lstrip().startswith("auto: "))
            chosen[name] = line.split()[1]
        self.assertEqual(chosen["defaults"], "slab")
        self.assertNotEqual(chosen["rows"], "slab")

    def test_wrong_usage_is_2_and_writes_nothing(self):
        (self.folder / "scene.toml").write_text(SCENE)
        (self.folder / "bad.toml").write_text("seconds_per_cell = -1\n")
        for program, words, arguments in [
            (CALIBRATE, ["--bad"], ["--bad"]),
            (CALIBRATE, ["--seconds"], ["--seconds", "0"]),
            (CALIBRATE, ["--precision", "single, double", 'found "half"'], ["--precision", "half"]),
            (CALIBRATE, ["-o: expected a file in a folder", "no/such/m.toml"], ["-o", "no/such/m.toml"]),
            (FDTD, ["none.toml: expected a machine file"], ["scene.toml", "--machine", "none.toml"]),
            (FDTD, ["bad.toml:1:20: seconds_per_cell: expected a number above 0"], ["scene.toml", "--machine", "bad.toml"]),
        ]:
            with self.subTest(arguments=arguments):
                done = self.run_program(program, *arguments, ranks=2)
                self.assertEqual(done.returncode, 2, done.stderr)
                messages = [line for line in done.stderr.splitlines() if line.startswith("hilbrick-")]
                self.assertEqual(len(messages), 1, done.stderr)
                for word in words:
                    self.assertIn(word, messages[0])
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["bad.toml", "scene.toml"])

    def test_help_has_an_example(self):
        done = self.run_program(CALIBRATE, "--help", ranks=1)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("mpirun -np 16 hilbrick-calibrate -o machine.toml", done.stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[6:]])
