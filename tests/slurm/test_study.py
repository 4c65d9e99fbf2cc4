# SPDX-License-Identifier: BSD-3-Clause
"""slurm/ without Slurm. test_study.py BIN_DIR [unittest's arguments]"""

import csv
import html.parser
import json
import math
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

BIN = pathlib.Path(sys.argv[1]).resolve()
SLURM = pathlib.Path(__file__).resolve().parents[2] / "slurm"
sys.path.insert(0, str(SLURM))
import plot  # noqa: E402
import scaling  # noqa: E402
import sweep  # noqa: E402

LIMIT_S = 300


def tell(*command, **environment):
    env = {**os.environ, "HILBRICK_BIN": str(BIN), "HILBRICK_PYTHON": sys.executable, "HILBRICK_LAUNCHER": "mpirun", **environment}
    run = subprocess.run([str(part) for part in command], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True, timeout=LIMIT_S, check=False)
    return run.returncode, run.stdout, run.stderr


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hilbrick-test-study-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "study"


class Page(html.parser.HTMLParser):
    """Which addresses a page would fetch, and how many pictures it holds."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.pictures = [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("src", "href"):
                if value.startswith("data:"):
                    self.pictures += 1
                else:
                    self.fetched.append(value)


class Study(Folder):
    SMALL = ["--launcher", "mpirun", "--ranks-per-node", "1,2", "--cells", "20x18x16", "--cells-per-rank", "12x12x12", "--methods", "slab,hilbert",
             "--transports", "auto,message", "--steps", 20, "--repeats", 2, "--set", "partition.brick=4"]

    def study(self, *options, code=0):
        status, out, err = tell(SLURM / "scaling.sh", "--out", self.out, *self.SMALL, *options)
        self.assertEqual(status, code, out + err)
        return [line for line in out.splitlines() if "launch.sh" in line], err

    def test_runs_collects_and_resumes(self):
        planned, _ = self.study("--dry-run")
        self.assertFalse(self.out.exists())
        ran, _ = self.study()
        self.assertEqual(ran, planned)
        self.assertEqual(len(ran), 2 * 2 * 2 * 2 * 2)
        rows = rows_of(self.out / "results.csv")
        self.assertEqual(list(rows[0]), scaling.RESULT_COLUMNS)
        self.assertEqual(len(rows), len(ran))
        for row in rows:
            self.assertEqual(row["outcome"], "done")
            name = f"{row['series']}_1x{row['ranks']}_{row['method']}_{row['transport']}_{row['repeat']}"
            report = json.loads((self.out / name / "report.json").read_text())
            self.assertEqual(float(row["step_seconds"]), report["step"]["measured_seconds"])
            self.assertEqual(int(row["bytes_max"]), report["halo"]["counted_bytes_per_step_max"])
            self.assertEqual(int(row["message_pairs"]), 2 if row["transport"] == "message" and row["ranks"] == "2" else 0)
            shares = sum(float(row[f"{part}_seconds"]) for part in ("compute", "wait", "copy"))
            self.assertAlmostEqual(shares * report["steps"], sum(r["step_seconds"] for r in report["per_rank"]) / report["ranks"], 9)
            self.assertEqual(int(row["cells_x"]) * int(row["cells_y"]) * int(row["cells_z"]), math.prod(report["cells"]))
        self.assertEqual(len({row["fields_digest"] for row in rows if row["series"] == "strong"}), 1)

        # Nothing is left to do; what is missing or asked otherwise is done again, and nothing else.
        self.assertEqual(self.study()[0], [])
        lost = self.out / "weak_1x2_slab_auto_1/report.json"
        lost.write_text(lost.read_text()[:-20])
        again, _ = self.study()
        self.assertEqual(len(again), 1)
        self.assertIn("weak_1x2_slab_auto_1", again[0])
        self.assertEqual(len(self.study("--steps", 10, "--series", "weak")[0]), len(ran) // 2)

    def test_goes_on_when_interrupted(self):
        few = ["--series", "strong", "--transports", "auto", "--ranks-per-node", 2, "--repeats", 1]
        lines = self.study(*few, "--dry-run")[0]
        command = [SLURM / "scaling.sh", "--out", self.out, *self.SMALL, *few, "--steps", 10**6]
        env = {**os.environ, "HILBRICK_BIN": str(BIN), "HILBRICK_PYTHON": sys.executable, "HILBRICK_LAUNCHER": "mpirun"}
        process = subprocess.Popen([str(part) for part in command], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
        self.assertIn("launch.sh", process.stdout.readline())  # a run of a million steps begins
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
        _, err = process.communicate(timeout=LIMIT_S)
        self.assertEqual((process.returncode, err), (1, "scaling: interrupted; the same line again goes on from here\n"))
        self.assertEqual(self.study(*few)[0], lines)

    def test_page(self):
        self.study("--repeats", 1)
        text = (self.out / "index.html").read_text()
        page = Page(text)
        self.assertEqual(page.fetched, [])
        self.assertEqual(page.pictures, 9)
        for words in ("Where efficiency falls below 70 %", "t = a + b cells", "ns a cell of the fullest rank", "hilbert"):
            self.assertIn(words, text)
        status, _, err = tell(sys.executable, SLURM / "plot.py", self.out, "--png", self.folder / "all.png")
        self.assertEqual(status, 0, err)
        self.assertEqual((self.folder / "all.png").read_bytes()[:4], b"\x89PNG")

    def test_what_fails_leaves_the_rest(self):
        bad = ["--repeats", 1, "--series", "strong", "--transports", "auto", "--cells", "2x2x2", "--set", "grid.spacing_m=0.1",
               "--set", "source.0.position_m=[0.1, 0.1, 0.1]", "--set", "partition.brick=1"]
        _, err = self.study(*bad, "--ranks-per-node", "1,3", code=1)  # there are no three slabs
        rows = rows_of(self.out / "results.csv")
        outcomes = {(row["ranks"], row["method"]): row["outcome"] for row in rows}
        self.assertEqual([key for key, outcome in outcomes.items() if outcome != "done"], [("3", "slab")])
        self.assertIn("hilbrick-fdtd: ", outcomes["3", "slab"])
        self.assertIn(outcomes["3", "slab"], err)
        self.assertIn("method slab", (self.out / "index.html").read_text())

    def test_calibrates_each_layout_once(self):
        lines, _ = self.study("--calibrate", "--dry-run")
        calibrations = [line for line in lines if "hilbrick-calibrate" in line]
        self.assertEqual(len(calibrations), 4)
        self.assertEqual(sum("--machine" in line for line in lines), len(lines) - 4)
        (self.out / "machines").mkdir(parents=True)
        (self.out / "machines/strong_1x2.toml").touch()
        self.assertEqual(sum("hilbrick-calibrate" in line for line in self.study("--calibrate", "--dry-run")[0]), 3)

    def test_jobs_to_be_submitted(self):
        lines = tell(SLURM / "scaling.sh", "--out", self.out, "--launcher", "sbatch", "--nodes", "2,4", "--ranks-per-node", 8, "--series", "strong",
                     "--sbatch=--time=00:20:00", "--dry-run")[1].splitlines()
        jobs = [line for line in lines if line.startswith("sbatch ")]
        self.assertEqual(len(jobs), 2)
        for job, nodes in zip(jobs, (2, 4)):
            for words in (f"--nodes={nodes}", "--ntasks-per-node=8", "--time=00:20:00", f"--layout strong_{nodes}x8"):
                self.assertIn(words, job)
            self.assertNotIn("--dry-run", job)

    def test_wrong_options(self):
        for words, options in [("--series: expected some of strong, weak", ["--series", "wide"]), ("--nodes: mpirun alone", ["--nodes", "1,2"]),
                               ("--cells", ["--cells", "12x12"])]:
            _, err = self.study(*options, code=2)
            self.assertIn(words, err)

    def test_grids_of_weak_series(self):
        for ranks in range(1, 200):
            grid = scaling.grown((96, 80, 64), ranks)
            self.assertAlmostEqual(math.prod(grid) / (96 * 80 * 64 * ranks), 1, delta=0.01)
            self.assertAlmostEqual(grid[0] / grid[2], 1.5, delta=0.05)


def result(ranks, seconds, series="strong", cells=64, **more):
    row = {"series": series, "nodes": 1, "ranks_per_node": ranks, "ranks": ranks, "method": "box", "transport": "auto", "repeat": 0,
           "outcome": "done", "steps": 10, "cells_x": cells, "cells_y": cells, "cells_z": cells, "step_seconds": seconds,
           "cells_max": cells**3 / ranks, "bytes_max": 0, "messages_max": 0, "node_bytes_max": 0}
    return row | more


class Model(Folder):
    def test_fit_finds_the_constants(self):
        constants = (2e-6, 3e-9, 5e-10, 4e-6, 0)
        points = []
        for ranks in (1, 2, 4, 8, 16):
            for cells in (32, 64):
                features = {"cells_max": cells**3 / ranks, "bytes_max": 16 * cells**2 / ranks**0.6 * (ranks > 1), "messages_max": 2 * (ranks > 1),
                            "node_bytes_max": 0}
                seconds = sum(c * f for c, f in zip(constants, (1, *features.values())))
                points.append(plot.Point([plot.numbers(result(ranks, seconds, cells=cells, **features))]))
        fit = plot.Fit(points)
        for found, expected in zip(fit.constants, constants):
            self.assertAlmostEqual(found, expected, delta=1e-6 * max(constants[0], expected))
        self.assertLess(max(abs(fit.deviation)), 1e-6)

    def test_no_constant_is_negative(self):
        # More bytes, less time: least squares alone would say that bytes save time.
        points = [plot.Point([plot.numbers(result(r, 1e-3 / r, bytes_max=1000.0 * r))]) for r in (1, 2, 4, 8)]
        fit = plot.Fit(points)
        self.assertTrue((fit.constants >= 0).all())
        self.assertEqual(fit.constants[2], 0)

    def test_where_efficiency_falls(self):
        def limit(times, plan=()):
            points = [plot.Point([plot.numbers(result(2**k, t))]) for k, t in enumerate(times)]
            return plot.Line(points, points[0].rate, list(plan), plot.Fit(points)).limit()

        self.assertEqual(limit([1, 0.5, 0.5]), "4 ranks, measured")  # 100 %, 100 %, 50 %: at 0.6 of the way, 3.03
        self.assertEqual(limit([1, 1 / (2 * 0.9), 1 / (4 * 0.8)]), "not up to 4 ranks")
        plan = [{"ranks": r, "cells": 64**3, "cells_max": 64**3 / 4, "bytes_max": 0, "messages_max": 0, "node_bytes_max": 0} for r in (4, 8)]
        self.assertIn("by the fitted model", limit([1, 0.5, 0.25], plan))  # the fullest rank does not get smaller

    def test_medians_and_failures(self):
        rows = [result(1, t, repeat=i) for i, t in enumerate((3e-3, 1e-3, 2e-3))] + [result(2, "", outcome="method box: no")]
        points = plot.points_of([plot.numbers(row) for row in rows])
        self.assertEqual([(p.ranks, p["step_seconds"], p.spread) for p in points], [(1, 2e-3, 1e-3)])


class Sweep(Folder):
    def table(self, text):
        path = self.folder / "members.csv"
        path.write_text(text)
        return path

    def test_settings(self):
        path = self.table('run.steps, source.0.position_m\n# a remark\n10, "[0, 1, 2]"\n\n20,"[3, 4, 5]"\n')
        code, out, err = tell(sys.executable, SLURM / "sweep.py", "count", path)
        self.assertEqual((code, out.strip()), (0, "2"), err)
        out = tell(sys.executable, SLURM / "sweep.py", "settings", path, 2)[1]
        self.assertEqual(out.split("\0"), ["--set", "run.steps=20", "--set", "source.0.position_m=[3, 4, 5]", ""])

    def test_wrong_tables(self):
        for words, text in [("found 1 lines", "a.b\n"), ("member 2: expected 2 values, found 1", "a.b,c.d\n1,2\n3\n"), ("found 0 lines", "")]:
            code, _, err = tell(sys.executable, SLURM / "sweep.py", "count", self.table(text))
            self.assertEqual(code, 1)
            self.assertIn(words, err)

    def test_summary(self):
        path = self.table("run.steps\n10\n20\n-1\n")
        (self.folder / "1").mkdir()
        report = {"steps": 10, "loop_seconds": 1.5, "mcells_per_second": 2.25, "fields_digest": "0123456789abcdef"}
        (self.folder / "1/report.json").write_text(json.dumps(report))
        (self.folder / "3.log").write_text("Slurm says hello\nhilbrick-fdtd: run.steps: expected an integer\n")
        out = tell(sys.executable, SLURM / "sweep.py", "summary", path, self.folder)[1]
        self.assertIn("1 of 3 members done, 2 failed", out)
        rows = rows_of(self.folder / "summary.csv")
        self.assertEqual([row["outcome"] for row in rows],
                         ["done", "failed: did not start", "failed: hilbrick-fdtd: run.steps: expected an integer"])
        self.assertEqual([row["run.steps"] for row in rows], ["10", "20", "-1"])
        self.assertEqual(rows[0]["fields_digest"], report["fields_digest"])
        self.assertEqual(sweep.outcome(self.folder, 2)[1], None)


class Launch(Folder):
    def test_says_what_is_missing(self):
        for words, environment in [("no program hilbrick-absent", {}), ("srun works in a job", {"HILBRICK_LAUNCHER": "pmix"}),
                                   ('found "prun"', {"HILBRICK_LAUNCHER": "prun"}), ("no apptainer", {"HILBRICK_CONTAINER": "image.sif"})]:
            program = "hilbrick-absent" if "absent" in words else "hilbrick-fdtd"
            code, _, err = tell(SLURM / "launch.sh", program, **{"SLURM_JOB_ID": "", **environment})
            self.assertEqual(code, 2)
            self.assertIn(words, err)
        self.assertEqual(tell(SLURM / "launch.sh")[0], 2)

    def test_ends_as_the_program_does(self):
        self.assertEqual(tell(SLURM / "launch.sh", "-n", 2, "bash", "-c", "exit 3")[0], 3)

    def test_runs_in_a_container(self):
        tool = self.folder / "apptainer"
        tool.write_text('#!/bin/sh\necho "$@"\n')
        tool.chmod(0o755)
        code, out, err = tell(SLURM / "launch.sh", "-n", 1, "hilbrick-fdtd", "scene.toml", PATH=f"{self.folder}:{os.environ['PATH']}",
                              HILBRICK_CONTAINER="image.sif", HILBRICK_CONTAINER_OPTIONS="--bind /scratch --pwd /scratch")
        self.assertEqual((code, out.split()), (0, "exec --bind /scratch --pwd /scratch image.sif hilbrick-fdtd scene.toml".split()), err)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
