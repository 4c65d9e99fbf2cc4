# SPDX-License-Identifier: BSD-3-Clause
"""What goes wrong while a run goes on, and that nothing is lost by it but the steps since the last checkpoint.
test_faults.py PROGRAM MPIEXEC NUMPROC_FLAG CLOCK [unittest's arguments]"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest

from runs import EVERYTHING, LONG, Runs

CLOCK = sys.argv[4]  # jumping_clock.cpp
WITHOUT_OUTPUT = LONG[:LONG.index("[[port]]")]
SOON_S = 200  # what ends by itself has ended by then: a second on an idle machine


class Faults(Runs):
    def wait_until(self, process, true):
        """Looks often, because what is waited for may pass."""
        begin = time.monotonic()
        while not true():
            self.assertIsNone(process.poll(), "ended early")
            self.assertLess(time.monotonic() - begin, SOON_S)
            time.sleep(0.0005)

    def running(self, *arguments, text=LONG, every=5, count=2, **options):
        """A run that has written some checkpoints."""
        process = self.start(self.scene(text), "--set", f"checkpoint.every={every}", *arguments, ranks=options.pop("ranks", 3), **options)
        folder = options.get("out") or self.out
        self.wait_until(process, lambda: len(self.checkpoints(folder)) >= count)
        return process

    def goes_on_as_if_nothing_had_been(self, source=None, text=LONG):
        """From what is in the folder to some step, with other ranks, with the right bits."""
        source = source or self.out
        self.assertTrue(self.checkpoints(source))
        steps = int(self.checkpoints(source)[-1][11:21]) + 7
        scene = self.scene(text)
        on, whole = self.folder / "on", self.folder / "whole"
        for folder in (on, whole):
            shutil.rmtree(folder, ignore_errors=True)
        result = self.succeed(scene, "--restart", source, "--steps", steps, ranks=2, out=on)
        self.assertNotIn("not taken", result.err)  # each one is whole
        self.succeed(scene, "--steps", steps, out=whole)
        self.assertEqual(self.report(on)["fields_digest"], self.report(whole)["fields_digest"])
        for name in ("probes.h5", "ports.h5", "spectrum.h5", "flux.csv"):
            if (whole / name).exists():
                self.assertTrue((on / name).read_bytes() == (whole / name).read_bytes(), name)
        return result

    def ends_soon(self, process):
        result = self.finish(process, SOON_S)
        self.assertNotEqual(result.code, 0)
        return result

    def small_disk(self, megabytes):
        self.out.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", self.out],
                                               stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("needs to mount a small file system")
        self.addCleanup(subprocess.run, ["umount", "-l", self.out], check=True)

    # Ranks and their launcher die.

    def test_rank_killed_in_a_step(self):
        process = self.running(every=40)
        os.kill(self.ranks_of(process)[1], signal.SIGKILL)
        self.ends_soon(process)
        self.goes_on_as_if_nothing_had_been()

    def test_rank_killed_while_a_checkpoint_is_written(self):
        process = self.running(every=1)
        self.wait_until(process, lambda: list(self.out.glob("checkpoint_*.part")))
        os.kill(self.ranks_of(process)[2], signal.SIGKILL)
        self.ends_soon(process)
        self.goes_on_as_if_nothing_had_been()
        # What it left is taken away by the next run in its folder.
        (self.out / "checkpoint_0009999999.h5.part").write_text("half of one")
        self.succeed(self.scene(LONG), "--restart", self.out, "--steps", int(self.checkpoints(self.out)[-1][11:21]) + 1, "--set",
                     "checkpoint.every=1", ranks=2)
        self.assertEqual(list(self.out.glob("*.part")), [])

    def test_sigterm_to_mpirun(self):
        # It kills the ranks two seconds later, whatever they do.
        process = self.running()
        process.terminate()
        self.ends_soon(process)
        self.goes_on_as_if_nothing_had_been()

    def test_second_signal_leaves_at_once(self):
        process = self.running(environment={"HILBRICK_TIMEOUT_S": "600"})
        ranks = self.ranks_of(process)
        os.kill(ranks[1], signal.SIGSTOP)  # so that the first signal is not answered
        process.send_signal(signal.SIGUSR1)
        time.sleep(1)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGUSR1)
        result = self.ends_soon(process)
        self.assertIn("asked to stop a second time", result.err)
        self.goes_on_as_if_nothing_had_been()

    # Ranks stand still.

    def test_rank_stopped_and_continued(self):
        process = self.start(self.scene(LONG), "--steps", 3000, "--set", "checkpoint.every=2000", ranks=3, environment={"HILBRICK_TIMEOUT_S": "600"})
        self.wait_for_steps(process)
        rank = self.ranks_of(process)[1]
        os.kill(rank, signal.SIGSTOP)
        time.sleep(2)
        os.kill(rank, signal.SIGCONT)
        result = self.finish(process)
        self.assertEqual(result.code, 0, result.err)
        whole = self.folder / "whole"
        self.succeed(self.scene(LONG), "--steps", 3000, ranks=2, out=whole)
        self.same(self.out, whole)

    def test_rank_stopped_for_ever(self):
        process = self.running(environment={"HILBRICK_TIMEOUT_S": "8"})  # longer than a busy machine keeps ranks waiting
        os.kill(self.ranks_of(process)[0], signal.SIGSTOP)
        result = self.ends_soon(process)
        self.assertIn("has waited for", result.err)
        self.goes_on_as_if_nothing_had_been()

    # Disks are full, folders gone or read only.

    def test_disk_full_during_a_checkpoint(self):
        self.small_disk(3)  # two checkpoints of 1.1 MB, but not three
        process = self.start(self.scene(WITHOUT_OUTPUT), "--set", "checkpoint.every=5", ranks=3)
        result = self.ends_soon(process)
        self.says(result, 4, ["no checkpoint of step 15: ", "no space left on the disk", "To go on from", "checkpoint_0000000010.h5"])
        self.assertEqual(self.checkpoints(self.out), ["checkpoint_0000000005.h5", "checkpoint_0000000010.h5"])
        self.assertEqual(list(self.out.glob("*.part")), [])
        self.goes_on_as_if_nothing_had_been(text=WITHOUT_OUTPUT)

    def test_disk_full_during_output(self):
        self.small_disk(6)  # a checkpoint of 1.2 MB, and a snapshot of 0.4 MB after each step
        everywhere = {"every": "1", "fields": '["Ex", "Ey", "Ez", "Hx", "Hy", "Hz"]', "low_m": "[0, 0, 0]", "high_m": "[0.027, 0.0264, 0.0225]"}
        changes = [f"snapshot.0.{key}={value}" for key, value in everywhere.items()] + ["checkpoint.every=9"]
        process = self.start(self.scene(LONG), *[word for change in changes for word in ("--set", change)], ranks=3)
        result = self.ends_soon(process)
        self.says(result, 4, ["cut_00000", "no space left on the disk", "To go on from", "checkpoint_0000000009.h5"])
        self.goes_on_as_if_nothing_had_been()

    def test_folder_removed(self):
        process = self.running()
        kept = self.folder / "kept"
        self.wait_until(process, lambda: self.copied(kept))
        while self.out.exists():  # files come while others go
            shutil.rmtree(self.out, ignore_errors=True)
        result = self.ends_soon(process)
        self.says(result, 4, [str(self.out), "No such file or directory"])
        self.goes_on_as_if_nothing_had_been(kept)

    def copied(self, kept):
        """Whether a checkpoint could be copied before it was replaced."""
        kept.mkdir(exist_ok=True)
        try:
            newest = self.checkpoints(self.out)[-1]
            shutil.copy(self.out / newest, kept / newest)
            return True
        except (OSError, IndexError):
            return False

    def test_read_only_disk(self):
        self.small_disk(40)
        process = self.running(text=WITHOUT_OUTPUT)
        # As soon as no file is open.
        self.wait_until(process, lambda: subprocess.run(["mount", "-o", "remount,ro", self.out], stderr=subprocess.DEVNULL, check=False).returncode == 0)
        result = self.ends_soon(process)
        self.says(result, 4, [str(self.out), "Read-only file system"])
        self.goes_on_as_if_nothing_had_been(text=WITHOUT_OUTPUT)
        self.fails(2, ["--out", "Read-only file system"], self.scene(WITHOUT_OUTPUT))

    # Clocks jump.

    def test_clock_jumps(self):
        options = {"ranks": 3, "wrapper": ["env", f"LD_PRELOAD={CLOCK}"], "environment": {"HILBRICK_TIMEOUT_S": "60"}}
        scene = self.scene(LONG)
        self.succeed(scene, "--steps", 200, "--max-walltime", "00:10:00", "--set", "checkpoint.every_minutes=30", out=self.folder / "jumps", **options)
        self.succeed(scene, "--steps", 200, ranks=2)
        self.same(self.folder / "jumps", self.out)
        self.assertEqual(self.report(self.folder / "jumps")["checkpoint"]["written"], 0)
        seconds = self.report(self.folder / "jumps")["loop_seconds"]
        self.assertTrue(0 < seconds < 100, seconds)

    # Checkpoints are not what they were.

    def test_what_is_no_checkpoint_of_this_run_is_not_taken(self):
        scene = self.scene(EVERYTHING)
        self.succeed(scene, "--set", "checkpoint.every=20", ranks=2)
        self.assertEqual(self.checkpoints(self.out), ["checkpoint_0000000100.h5", "checkpoint_0000000120.h5"])
        digest = self.report(self.out)["fields_digest"]
        newest = self.out / "checkpoint_0000000120.h5"
        whole = newest.read_bytes()
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 1
        for content, words in ((flipped, "is damaged"), (whole[:-1000], "is cut off"), (b"mine", "is no checkpoint of hilbrick"),
                               (whole.replace(b"checkpoint 1\n", b"checkpoint 9\n", 1), "of a newer hilbrick")):
            newest.write_bytes(content)
            self.fails(2, [str(newest), words], scene, "--restart", newest, ranks=3)
            result = self.succeed(scene, "--restart", self.out, ranks=3, out=self.folder / "on")
            self.assertIn(f"note: not taken: {newest}: ", result.err)
            self.assertIn(words, result.err)
            self.assertEqual(self.report(self.folder / "on")["checkpoint"]["source_step"], 100)
            self.assertEqual(self.report(self.folder / "on")["fields_digest"], digest)
        newest.write_bytes(whole)
        # Another scene is refused with what differs; what changes no bit may change.
        for change, words in (("material.0.eps_r=3", "material[0].eps_r is 2 there and 3 here"), ("grid.pml_cells=4", "grid.pml_cells is 5 there"),
                              ("source.0.waveform.delay_s=1e-11", "source[0].waveform.delay_s"), ("run.precision=double", "run.precision is single"),
                              ("probe=[]", "probe[0].name")):
            self.fails(2, ["is of another run", words], scene, "--set", change, "--restart", newest, ranks=2)
        on = self.folder / "free"
        self.succeed(scene, "--restart", newest, "--steps", 125, "--set", "snapshot.0.every=25", "--set", "run.check_every=9", "--precision",
                     "single", "--brick", 6, "--set", "checkpoint.every_minutes=1", ranks=2, out=on)
        self.assertEqual(json.loads((on / "cut.vtkhdf.series").read_text())["files"][0]["name"], "cut_0000125.vtkhdf")
        self.fails(2, ["expected a checkpoint of step 110 or earlier", "found one of step 120"], scene, "--restart", newest, "--steps", 110)
        self.fails(2, ["expected a checkpoint in this folder"], scene, "--restart", self.folder)
        self.fails(2, ["absent.h5: expected a checkpoint"], scene, "--restart", "absent.h5", ranks=2)
        for text in ("1:2", "00:60:00", "soon"):
            self.fails(2, ["--max-walltime", "HH:MM:SS", text], scene, "--max-walltime", text)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]])
