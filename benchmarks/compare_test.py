# SPDX-License-Identifier: BSD-3-Clause
"""compare.py on commands whose numbers are known."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

COMPARE = pathlib.Path(__file__).parent / "compare.py"

# Prints the next of its numbers each time it runs: state is the length of a file.
PRINTER = """
import json, pathlib, sys
state, numbers = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
run = len(state.read_text()) if state.exists() else 0
state.write_text("." * (run + 1))
print("chatter that is not JSON")
print(json.dumps({"benchmark": "b", "case": "c", "cells": [4, 5, 6], "rate": numbers[run], "rate_max": 99, "host": "here", "steps": 3}))
"""


class Compare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "printer.py").write_text(PRINTER)

    def printer(self, name, numbers):
        return f"'{sys.executable}' '{self.folder}/printer.py' '{self.folder}/{name}' '{json.dumps(numbers)}'"

    def compare(self, base, test, runs):
        return subprocess.run([sys.executable, COMPARE, "--base", base, "--test", test, "--runs", str(runs)], capture_output=True, text=True, check=False)

    def test_says_apart_where_ranges_do_not_overlap(self):
        done = self.compare(self.printer("base", [10, 12, 11]), self.printer("test", [22, 24, 23]), 3)
        self.assertEqual(done.returncode, 0, done.stderr)
        title, line = done.stdout.splitlines()
        self.assertEqual(title, "benchmark=b case=c cells=4x5x6")
        self.assertEqual(line.split(), "rate 11 [10, 12] -> 23 [22, 24] x 2.091 apart".split())

    def test_says_nothing_where_ranges_overlap(self):
        done = self.compare(self.printer("base", [10, 20]), self.printer("test", [19, 30]), 2)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("apart", done.stdout)

    def test_fails_with_a_command_that_fails_or_is_silent(self):
        good = self.printer("base", [1, 1])
        self.assertIn("exit code 0, found 1", self.compare(good, "false", 1).stderr)
        self.assertIn("found none", self.compare(good, "true", 1).stderr)

    def test_fails_without_a_common_case(self):
        done = self.compare(self.printer("base", [1]), "echo '{\"benchmark\": \"other\", \"rate\": 1}'", 1)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no case in common", done.stderr)


if __name__ == "__main__":
    unittest.main()
