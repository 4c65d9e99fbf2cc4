# SPDX-License-Identifier: BSD-3-Clause
"""Runs of hilbrick-fdtd on scenes that are texts, one after the other in a folder: for tests with PROGRAM MPIEXEC NUMPROC_FLAG."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM, MPIEXEC, NUMPROC_FLAG = sys.argv[1:4]
LIMIT_S = 100


class SceneRuns(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hilbrick-test-scenes-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "out"

    def run_program(self, scene, *arguments, ranks=1):
        """What a run says; self.out is what it leaves alone."""
        (self.folder / "scene.toml").write_text(scene)
        for old in self.out.glob("*"):
            old.unlink()
        command = [MPIEXEC, NUMPROC_FLAG, str(ranks), PROGRAM, self.folder / "scene.toml", "--out", self.out, "--progress", "none"]
        return subprocess.run([*map(str, command), *map(str, arguments)], env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}, text=True,
                              capture_output=True, timeout=LIMIT_S, check=False)

    def succeed(self, scene, *arguments, **options):
        result = self.run_program(scene, *arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result
