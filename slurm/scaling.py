# SPDX-License-Identifier: BSD-3-Clause
"""A scaling study: the same scene on growing numbers of ranks, by several methods. Called by scaling.sh.

Strong series keep the grid, weak series the cells of a rank. All runs on the same nodes and ranks make one job, in which methods take turns, so that
they meet the same conditions. What is done is kept: called again, only what is missing or was asked otherwise is run. DIR/results.csv has a line for
each run, DIR/index.html the plots (plot.py).

  slurm/scaling.sh --out out/study --nodes 1,2,4,8 --ranks-per-node 16 --cells 512x512x512 --cells-per-rank 128x128x128 --calibrate
  slurm/scaling.sh --out out/laptop --launcher mpirun --ranks-per-node 1,2,4 --cells 128x128x128 --series strong
"""

import argparse
import csv
import dataclasses
import hashlib
import json
import math
import os
import pathlib
import shlex
import shutil
import statistics
import subprocess
import sys
import time

import plot

SLURM = pathlib.Path(__file__).resolve().parent
POLL_S = 5
FURTHER = 64  # times as many ranks as measured are planned

RESULT_COLUMNS = """series nodes ranks_per_node ranks method transport repeat outcome chosen_method cells_x cells_y cells_z steps step_seconds
    compute_seconds wait_seconds copy_seconds predicted_seconds predicted_compute_seconds predicted_exchange_seconds mcells_per_second
    setup_seconds cells_max bytes_max bytes_total slab_bytes_max slab_bytes_total node_bytes_max messages_max p99_seconds
    memory_bytes_max shared_pairs message_pairs fields_digest""".split()
PLAN_COLUMNS = "series ranks_per_node ranks method cells cells_max bytes_max node_bytes_max messages_max".split()


def whole_numbers(text):
    return [int(part) for part in text.split(",")]


def words(text):
    return text.split(",")


def cells(text):
    x, y, z = (int(part) for part in text.split("x"))
    return x, y, z


def arguments():
    parser = argparse.ArgumentParser(prog="slurm/scaling.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    add = parser.add_argument
    add("--out", type=pathlib.Path, required=True, metavar="DIR", help="folder of the study")
    add("--scene", type=pathlib.Path, default=SLURM / "scaling.toml", help="what is run (default: vacuum and a pulse)")
    add("--series", type=words, default=["strong", "weak"], metavar="S,...", help="strong, weak (default: both)")
    add("--cells", type=cells, default=(256, 256, 256), metavar="XxYxZ", help="of the strong series (default: 256x256x256)")
    add("--cells-per-rank", type=cells, default=(96, 96, 96), metavar="XxYxZ", help="of the weak series (default: 96x96x96)")
    add("--nodes", type=whole_numbers, default=[1], metavar="N,...", help="numbers of nodes (default: 1)")
    add("--ranks-per-node", type=whole_numbers, default=[1], metavar="R,...", help="each on every number of nodes (default: 1)")
    add("--methods", type=words, default=["slab", "box", "rcb", "hilbert"], metavar="M,...", help="default: slab,box,rcb,hilbert")
    add("--transports", type=words, default=["auto"], metavar="T,...", help="auto, message, shared (default: auto)")
    add("--steps", type=int, default=200, metavar="N", help="of each run (default: 200)")
    add("--repeats", type=int, default=3, metavar="N", help="each run so many times, by turns; plots take medians (default: 3)")
    add("--set", action="append", default=[], metavar="KEY=VALUE", help="changes the scene; may be repeated")
    add("--machine", type=pathlib.Path, metavar="FILE", help="constants of the time model, as hilbrick-calibrate writes them")
    add("--calibrate", action="store_true", help="measure them on each layout instead, 20 seconds each")
    add("--launcher", choices=["sbatch", "mpirun"], default="sbatch" if shutil.which("sbatch") else "mpirun",
        help="submit jobs, or run everything here and now (default: sbatch where it is)")
    add("--sbatch", action="append", default=[], metavar="OPTION", help="for sbatch: --sbatch=--time=00:30:00; may be repeated")
    add("--no-wait", action="store_true", help="leave once jobs are submitted; the same line again collects, or goes on")
    add("--dry-run", action="store_true", help="print what would be submitted and run")
    add("--layout", help=argparse.SUPPRESS)  # in a job: the one that it is for
    options = parser.parse_args()
    for name, known in (("series", ["strong", "weak"]), ("transports", ["auto", "message", "shared"])):
        for word in getattr(options, name):
            if word not in known:
                parser.error(f"--{name}: expected some of {', '.join(known)}, found \"{word}\"")
    if options.launcher == "mpirun" and options.nodes != [1] and not options.layout:
        parser.error("--nodes: mpirun alone uses one node; for more: --launcher sbatch, where HILBRICK_LAUNCHER=mpirun in slurm/site.sh starts "
                     "ranks by mpirun")
    return options


@dataclasses.dataclass(frozen=True)
class Layout:
    series: str
    nodes: int
    ranks_per_node: int

    @property
    def ranks(self):
        return self.nodes * self.ranks_per_node

    @property
    def name(self):
        return f"{self.series}_{self.nodes}x{self.ranks_per_node}"


def grown(per_rank, ranks):
    """A grid of the same shape with so many times the cells, to a part of a per cent."""
    edge = ranks ** (1 / 3)
    x, y = (max(1, round(n * edge)) for n in per_rank[:2])
    return x, y, max(1, round(math.prod(per_rank) * ranks / (x * y)))


class Study:
    def __init__(self, options):
        self.options = options
        self.scene_digest = hashlib.sha256(options.scene.read_bytes()).hexdigest()
        self.layouts = [Layout(s, n, r) for s in options.series for n in options.nodes for r in options.ranks_per_node]
        if options.layout:
            self.layouts = [layout for layout in self.layouts if layout.name == options.layout]

    def grid(self, layout):
        return self.options.cells if layout.series == "strong" else grown(self.options.cells_per_rank, layout.ranks)

    def members(self, layout):
        """(name, what it is), methods by turns."""
        o = self.options
        for repeat in range(o.repeats):
            for transport in o.transports:
                for method in o.methods:
                    yield f"{layout.name}_{method}_{transport}_{repeat}", {
                        "series": layout.series, "nodes": layout.nodes, "ranks_per_node": layout.ranks_per_node, "ranks": layout.ranks,
                        "method": method, "transport": transport, "repeat": repeat, "cells": list(self.grid(layout)), "steps": o.steps,
                        "set": o.set, "scene": self.scene_digest, "machine": str(self.machine(layout) or "")}

    def machine(self, layout):
        return self.options.out / "machines" / f"{layout.name}.toml" if self.options.calibrate else self.options.machine

    def done(self, name, member):
        """The report of a run that came to its end and is what is asked for now."""
        folder = self.options.out / name
        try:
            was = json.loads((folder / "member.json").read_text())
            report = json.loads((folder / "report.json").read_text())
        except (OSError, ValueError):
            return None
        same = was == member and (report["ranks"], report["method"], report["cells"]) == (member["ranks"], member["method"], member["cells"])
        return report if same else None

    def missing(self, layout):
        return [(name, member) for name, member in self.members(layout) if not self.done(name, member)]

    # In a job, or here

    def launch(self, layout, *command):
        return [str(SLURM / "launch.sh"), "-n", str(layout.ranks), *map(str, command)]

    def calibration(self, layout):
        per_rank = max(1000, math.prod(self.grid(layout)) // layout.ranks)
        return self.launch(layout, "hilbrick-calibrate", "-o", self.machine(layout), "--cells", per_rank)

    def command(self, layout, name, member):
        o = self.options
        settings = [f"grid.cells={member['cells']}", *o.set]
        machine = ["--machine", self.machine(layout)] if self.machine(layout) else []
        return self.launch(layout, "hilbrick-fdtd", o.scene, *(part for s in settings for part in ("--set", s)), "--steps", o.steps, "--method",
                           member["method"], "--transport", member["transport"], "--progress", "none", *machine, "--out", o.out / name)

    def run(self, layout):
        if self.options.calibrate and not self.machine(layout).exists() and self.missing(layout):
            self.machine(layout).parent.mkdir(parents=True, exist_ok=True)
            log = self.machine(layout).with_suffix(".log")
            if not self.call(self.calibration(layout), log):
                return
        for name, member in self.missing(layout):
            folder = self.options.out / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "report.json").unlink(missing_ok=True)
            (folder / "member.json").write_text(json.dumps(member))
            self.call(self.command(layout, name, member), folder / "log")

    def call(self, command, log):
        """Whether it succeeded."""
        print(shlex.join(command), flush=True)
        environment = dict(os.environ)
        if self.options.launcher == "mpirun" and not self.options.layout:
            environment["HILBRICK_LAUNCHER"] = "mpirun"
        with open(log, "w", encoding="utf-8") as file:
            code = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment, check=False).returncode
        if code:
            print(f"scaling: exit code {code}, see {log}", file=sys.stderr)
        return code == 0

    # By Slurm

    def submission(self, layout):
        o = self.options
        again = [word for word in sys.argv[1:] if word != "--dry-run"]
        return ["sbatch", "--parsable", f"--nodes={layout.nodes}", f"--ntasks-per-node={layout.ranks_per_node}",
                f"--output={o.out / 'jobs' / layout.name}.log", *o.sbatch, str(SLURM / "scaling.sbatch"), *again, "--layout", layout.name]

    def submit(self, layout):
        """The job that does a layout: one that waits or runs already, or a new one."""
        note = self.options.out / "jobs" / f"{layout.name}.id"
        if note.exists() and queued([note.read_text().strip()]):
            return note.read_text().strip()
        note.parent.mkdir(parents=True, exist_ok=True)
        job = subprocess.run(self.submission(layout), check=True, stdout=subprocess.PIPE, text=True).stdout.strip().split(";")[0]
        note.write_text(job)
        print(f"{layout.name}: job {job}", flush=True)
        return job

    # What came out

    def results(self):
        for layout in self.layouts:
            for name, member in self.members(layout):
                report = self.done(name, member)
                row = {key: member[key] for key in ("series", "nodes", "ranks_per_node", "ranks", "method", "transport", "repeat", "steps")}
                row |= dict(zip(("cells_x", "cells_y", "cells_z"), member["cells"]))
                yield row | (numbers_of(report) if report else {"outcome": self.failure(name)})

    def failure(self, name):
        log = self.options.out / name / "log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        said = [line for line in lines if line.startswith(("hilbrick-fdtd: ", "launch.sh: "))]
        return said[0] if said else f"failed, see {log}" if lines else "did not run"

    def plans(self):
        """What the planner says of the methods on more ranks than were there, for the fitted model."""
        program = shutil.which("hilbrick-plan", path=f"{os.environ['HILBRICK_BIN']}:{os.environ['PATH']}")
        o = self.options
        if not program:
            return
        for series in o.series:
            for ranks_per_node in o.ranks_per_node if o.nodes != [1] else [0]:  # 0: one node, whatever its ranks
                most = max(o.nodes) * (ranks_per_node or max(o.ranks_per_node))
                counts = sorted({layout.ranks for layout in self.layouts if ranks_per_node in (0, layout.ranks_per_node)}
                                | {most * 2**k for k in range(1, int(math.log2(FURTHER)) + 1)})
                grids = {}
                for ranks in counts:
                    grids.setdefault(o.cells if series == "strong" else grown(o.cells_per_rank, ranks), []).append(ranks)
                for grid, at in grids.items():
                    command = [program, "--cells", "x".join(map(str, grid)), "--ranks", ",".join(map(str, at)), "--method", ",".join(o.methods),
                               "--format", "json"]
                    if ranks_per_node:
                        command += ["--ranks-per-node", str(ranks_per_node)]
                    if o.machine:
                        command += ["--machine", str(o.machine)]
                    plan = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
                    for row in json.loads(plan or '{"results": []}')["results"]:
                        if row["feasible"]:
                            yield {"series": series, "ranks_per_node": ranks_per_node, "ranks": row["ranks"], "method": row["method"],
                                   "cells": math.prod(grid), "cells_max": row["cells_max"], "bytes_max": row["bytes_per_step_max"],
                                   "node_bytes_max": row["internode_bytes_per_step_max"], "messages_max": row["messages_per_step_max"]}

    def collect(self):
        rows = list(self.results())
        write_csv(self.options.out / "results.csv", RESULT_COLUMNS, rows)
        write_csv(self.options.out / "plan.csv", PLAN_COLUMNS, self.plans())
        failed = [row for row in rows if row["outcome"] != "done"]
        for row in failed:
            print("scaling: {series} {nodes}x{ranks_per_node} {method} {transport}: {outcome}".format(**row), file=sys.stderr)
        if len(failed) < len(rows):
            print(plot.page(self.options.out))
        return 1 if failed else 0


def numbers_of(report):
    ranks, step, halo, steps = report["per_rank"], report["step"], report["halo"], max(1, report["steps"])

    def mean(key):
        return statistics.fmean(rank[key] for rank in ranks) / steps

    return {"outcome": "done", "chosen_method": report["chosen_method"], "step_seconds": step["measured_seconds"],
            "compute_seconds": mean("step_seconds") - mean("wait_seconds") - mean("copy_seconds"), "wait_seconds": mean("wait_seconds"),
            "copy_seconds": mean("copy_seconds"), "predicted_seconds": step["predicted_seconds"],
            "predicted_compute_seconds": step["predicted_compute_seconds"], "predicted_exchange_seconds": step["predicted_exchange_seconds"],
            "mcells_per_second": report["mcells_per_second"], "setup_seconds": report["setup_seconds"],
            "cells_max": max(rank["cells"] for rank in ranks), "bytes_max": halo["counted_bytes_per_step_max"],
            "bytes_total": halo["counted_bytes_per_step_total"], "slab_bytes_max": halo["slab_bytes_per_step_max"],
            "slab_bytes_total": halo["slab_bytes_per_step_total"], "node_bytes_max": halo["internode_bytes_per_step_max"],
            "messages_max": max(rank["messages_per_step"] for rank in ranks), "p99_seconds": report["step_times"]["p99_seconds"],
            "memory_bytes_max": report["memory_bytes_max"], "shared_pairs": report["transport"]["shared"],
            "message_pairs": report["transport"]["message"], "fields_digest": report["fields_digest"]}


def write_csv(path, columns, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def queued(jobs):
    """Those of the jobs that wait or run; one that Slurm has forgotten is over."""
    lines = subprocess.run(["squeue", "--noheader", "--format=%A", "--jobs", ",".join(jobs)], check=False, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True).stdout.split()
    return [job for job in jobs if job in lines]


def main():
    options = arguments()
    options.out = options.out.resolve()
    options.scene = options.scene.resolve()
    study = Study(options)
    if options.layout:
        for layout in study.layouts:
            study.run(layout)
        return 0
    if options.dry_run:
        for layout in study.layouts:
            if options.launcher == "sbatch" and study.missing(layout):
                print(shlex.join(study.submission(layout)))
            if options.calibrate and not study.machine(layout).exists():
                print(shlex.join(study.calibration(layout)))
            for name, member in study.missing(layout):
                print(shlex.join(study.command(layout, name, member)))
        return 0
    options.out.mkdir(parents=True, exist_ok=True)
    if options.launcher == "mpirun":
        for layout in study.layouts:
            study.run(layout)
    else:
        jobs = [study.submit(layout) for layout in study.layouts if study.missing(layout)]
        while jobs and not options.no_wait:
            jobs = queued(jobs)
            time.sleep(POLL_S if jobs else 0)
        if jobs:
            print("Jobs are under way; the same line again collects what they leave.")
            return 0
    return study.collect()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("scaling: interrupted; the same line again goes on from here")
