# SPDX-License-Identifier: BSD-3-Clause
"""Runs that stop and go on: the same bits as runs that do not. test_restart.py PROGRAM MPIEXEC NUMPROC_FLAG [unittest's arguments]"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import unittest

import h5py

from runs import EVERYTHING, GUIDE, LIMIT_S, LONG, PORT_SWEEP, STEPS, SWEEP, TINY, Runs


class SameBits(Runs):
    """A run that went on writes what one that ran through writes, byte for byte."""

    def goes_on(self, text, at, steps, runs, first_ranks=3):
        scene = self.scene(text)
        whole = self.folder / "whole"
        self.succeed(scene, out=whole)
        self.assertEqual(self.report(whole)["steps"], steps)
        first = self.folder / "first"
        # --steps would say that the energy does not matter.
        self.succeed(scene, "--set", f"checkpoint.every={at}", ranks=first_ranks, out=first)
        self.same(first, whole)
        for step in range(at, steps + 1, at):
            source = first / f"checkpoint_{step:010}.h5"
            if not source.exists():
                continue  # only the last two are kept
            for number, (ranks, arguments) in enumerate(runs):
                out = self.folder / f"on_{step}_{number}"
                shutil.copytree(first, out, ignore=lambda _, names: [n for n in names if not n.endswith((".vtkhdf", ".series"))])
                self.succeed(scene, "--restart", source, *arguments, ranks=ranks, out=out)
                self.same(out, whole)
                report = self.report(out)
                self.assertEqual(report["steps"], steps)
                self.assertEqual(report["checkpoint"]["source"], str(source))
                self.assertEqual(report["checkpoint"]["source_step"], step)

    def test_everything(self):
        # The pulses stand in the layers at these steps.
        self.goes_on(EVERYTHING, 50, STEPS, [
            (1, []),
            (2, ["--method", "slab", "--transport", "message"]),
            (3, ["--brick", "7"]),
            (5, ["--method", "rcb", "--transport", "shared"]),
            (7, ["--method", "morton", "--brick", "3"]),
            (8, ["--method", "box"]),
        ])

    def test_double_precision(self):
        self.goes_on(EVERYTHING.replace("steps = 120", 'steps = 120\nprecision = "double"'), 70, STEPS, [(5, ["--method", "kd"])], first_ranks=1)

    def test_guide_mode_that_ends_by_its_energy(self):
        scene = self.scene(GUIDE)
        whole = self.folder / "whole"
        self.succeed(scene, out=whole)
        ended = self.report(whole)["steps"]
        self.assertLess(ended, 150)
        self.goes_on(GUIDE, 37, ended, [(1, []), (4, ["--method", "pencil"])])

    def test_sweep(self):
        # The second of four runs, and the last one.
        self.goes_on(SWEEP, 80, 240, [(1, []), (3, ["--brick", "4"])], first_ranks=2)

    def test_sweep_of_ports(self):
        self.goes_on(PORT_SWEEP, 50, 140, [(1, []), (3, ["--brick", "4"])], first_ranks=2)

    def test_more_ranks_than_bricks(self):
        # 31 ranks of which 30 own nothing; and a plane that nobody owns twice.
        self.goes_on(TINY, 10, 20, [(31, []), (1, [])], first_ranks=31)

    def test_one_rank_then_many(self):
        self.goes_on(TINY, 10, 20, [(31, [])], first_ranks=1)

    def test_checkpoint_holds_all_state(self):
        self.succeed(self.scene(EVERYTHING), "--steps", 100, "--set", "checkpoint.every=100", ranks=2)
        names = []
        with h5py.File(self.out / "checkpoint_0000000100.h5") as file:
            file["state"].visititems(lambda name, node: names.append(name) if isinstance(node, h5py.Dataset) else None)
            for name in names:
                if name not in ("run", "steps_before", "rcs", "ports/findings",  # of sweeps
                                "energy/limit_j"):  # after the sources
                    self.assertTrue((file["state"][name][()] != 0).any(), name)
        for part, count in (("solver/[EH][xyz]$", 6), ("solver/psi_", 24), ("solver/E._pole_", 6), ("solver/plane_wave_0/", 4),
                            ("energy/", 3), ("probes/", 1), ("ports/", 5), ("spectra/dft/spectrum/", 3), ("spectra/flux/box/", 24)):
            self.assertEqual(sum(1 for name in names if re.match(part, name)), count, part)


class Schedule(Runs):
    def test_by_the_clock(self):
        process = self.start(self.scene(LONG), "--set", "checkpoint.every_minutes=0.002", ranks=2)
        begin = time.monotonic()
        while len(self.checkpoints(self.out)) < 2:
            self.assertLess(time.monotonic() - begin, LIMIT_S)
            time.sleep(0.01)
        (self.out / "STOP").touch()
        self.says(self.finish(process), 3, ["stopped by the file STOP"])
        cost = self.report(self.out)["checkpoint"]
        self.assertGreater(cost["written"], 1)
        self.assertGreater(cost["seconds"], 0)
        last = self.checkpoints(self.out)
        self.assertEqual(len(last), 2)
        self.assertEqual(cost["last"], str(self.out / last[-1]))
        self.assertEqual(cost["bytes"], (self.out / last[-1]).stat().st_size)
        self.assertIsNone(cost["source"])

    def test_by_failures(self):
        self.succeed(self.scene(EVERYTHING), "--set", "checkpoint.every=auto", "--set", "checkpoint.mtbf_hours=1000", ranks=2)
        self.assertEqual(self.checkpoints(self.out), [])  # it takes less than the minute after which the first is due


class Stopping(Runs):
    def stopped(self, process, why):
        """What a run that was asked to stop leaves behind; gives its step."""
        result = self.finish(process)
        self.says(result, 3, [f"stopped by {why} after step", "To go on: mpirun -np 3 "])
        step = int(re.search(r"after step (\d+) of", result.messages[0])[1])
        self.assertIn(f"checkpoint_{step:010}.h5", self.checkpoints(self.out))
        self.assertEqual(self.report(self.out)["checkpoint"]["stopped_by"], why)
        self.assertEqual(self.report(self.out)["steps"], step)
        self.command = result.messages[0].split("To go on: ")[1]
        return step

    def test_signals_and_the_command_that_goes_on(self):
        scene = self.scene(LONG)
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            shutil.rmtree(self.out, ignore_errors=True)  # the first run may have come further, and left more snapshots
            process = self.start(scene, "--set", "run.check_every=17", ranks=3)
            self.wait_for_steps(process)
            process.send_signal(number)  # mpirun passes it on
            step = self.stopped(process, number.name)
        # What the message says, to a step that an uninterrupted run ends at, too.
        words = shlex.split(self.command)
        self.assertEqual(words[-2:], ["--restart", str(self.out / f"checkpoint_{step:010}.h5")])
        result = subprocess.run([*words, "--steps", str(step + 15)], cwd=self.folder, capture_output=True, text=True, timeout=LIMIT_S, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        whole = self.folder / "whole"
        self.succeed(scene, "--steps", step + 15, ranks=2, out=whole)
        self.same(self.out, whole)

    def test_sigterm_to_the_ranks(self):
        process = self.start(self.scene(LONG), ranks=3)
        self.wait_for_steps(process)
        for rank in self.ranks_of(process):
            os.kill(rank, signal.SIGTERM)
        self.stopped(process, "SIGTERM")

    def test_sigterm_to_one_rank(self):
        process = self.start(self.scene(LONG), ranks=3)
        self.wait_for_steps(process)
        os.kill(self.ranks_of(process)[-1], signal.SIGTERM)
        self.stopped(process, "SIGTERM")

    def test_a_signal_while_the_scene_is_read(self):
        pipe = self.folder / "pipe.toml"
        os.mkfifo(pipe)
        process = self.start(pipe, ranks=3)
        with open(pipe, "w", encoding="utf-8") as file:  # as soon as a rank reads
            for rank in self.ranks_of(process):
                os.kill(rank, signal.SIGUSR2)
            file.write(self.scene(LONG).read_text())
        self.assertLess(self.stopped(process, "SIGUSR2"), 10)

    def test_a_check_ends_by_a_signal(self):
        pipe = self.folder / "pipe.toml"
        os.mkfifo(pipe)
        process = self.start(pipe, "--check")
        with open(pipe, "w", encoding="utf-8"):
            for rank in self.ranks_of(process):
                os.kill(rank, signal.SIGTERM)
            self.assertNotEqual(process.wait(LIMIT_S), 0)

    def test_stop_file(self):
        process = self.start(self.scene(LONG), ranks=3)
        self.wait_for_steps(process)
        (self.out / "STOP").touch()
        self.stopped(process, "the file STOP")
        self.assertFalse((self.out / "STOP").exists())

    def test_max_walltime(self):
        begin = time.monotonic()
        self.stopped(self.start(self.scene(LONG), "--max-walltime", "00:00:04", ranks=3), "--max-walltime")
        self.assertGreater(time.monotonic() - begin, 2)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
