# SPDX-License-Identifier: BSD-3-Clause
"""An example as people run it: same bits on any ranks, what it says of its physics, wrong options.
test_examples.py PROGRAM MPIEXEC NUMPROC_FLAG heat|wave|lattice_boltzmann [unittest's arguments]"""

import math
import re
import subprocess
import sys
import unittest

PROGRAM, MPIEXEC, NUMPROC_FLAG, NAME = sys.argv[1:5]
LIMIT_S = 200  # for a run that hangs; an ordinary one takes a few seconds
METHODS = ["slab", "box", "kd", "rcb", "morton", "hilbert"]
CELLS = (48, 40, 36)
NUMBER = r"(-?\d[\d.]*(?:e[+-]?\d+)?)"


def run(ranks, *arguments):
    command = [MPIEXEC, NUMPROC_FLAG, str(ranks), PROGRAM, *map(str, arguments)]
    return subprocess.run(command, text=True, capture_output=True, timeout=LIMIT_S, check=False)


class Base(unittest.TestCase):
    def succeed(self, ranks, *arguments):
        result = run(ranks, *arguments)
        self.assertEqual(result.returncode, 0, (ranks, arguments, result.stderr))
        # N processes that do not know of each other would agree too.
        self.assertTrue(result.stdout.startswith(f"{NAME}: ranks {ranks}, "), result.stdout)
        return result.stdout

    def numbers(self, text, pattern):
        """The numbers that stand for # in a pattern."""
        found = re.search(re.escape(pattern).replace(r"\#", NUMBER), text)
        self.assertIsNotNone(found, (pattern, text))
        return [float(number) for number in found.groups()]

    def digest(self, text):
        found = re.search(r"^digest ([0-9a-f]{16})$", text, re.M)
        self.assertIsNotNone(found, text)
        return found.group(1)

    def bytes_sent(self, text):
        planned, sent = self.numbers(text, "halo bytes a step: planned #, sent #")
        self.assertEqual(planned, sent, text)
        return sent


class Common(Base):
    def test_same_bits(self):
        small = ["--cells", "20x17x13", "--steps", 25]
        expected = self.digest(self.succeed(1, *small))
        for ranks in [1, 2, 3, 5, 7]:
            for method in METHODS if ranks in (3, 7) else METHODS[-1:]:
                text = self.succeed(ranks, *small, "--method", method)
                self.assertEqual(self.digest(text), expected, (ranks, method))
                self.assertEqual(self.bytes_sent(text) > 0, ranks > 1, (ranks, method))
        self.assertNotEqual(self.digest(self.succeed(2, "--cells", "20x17x13", "--steps", 24)), expected)

    def test_ranks_without_cells(self):
        one_brick = ["--cells", "5x4x3", "--steps", 9]
        text = self.succeed(3, *one_brick)
        self.assertEqual(self.digest(text), self.digest(self.succeed(1, *one_brick)))
        self.assertEqual(self.bytes_sent(text), 0)

    def test_wrong_options(self):
        for arguments in [["--cells", "8x8"], ["--cells", "8x2x8"], ["--steps", "0"], ["--method", "hilbart"], ["--speed", "9"], ["--steps"]]:
            result = run(2, *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            messages = [line for line in result.stderr.splitlines() if line.startswith(f"{NAME}: ")]
            self.assertEqual(len(messages), 1, result.stderr)
            self.assertIn(" ".join(arguments), messages[0])


class Heat(Base):
    def test_decay_rate(self):
        expected, off = self.numbers(self.succeed(2), "decay rate a step: expected #, relative difference of the worst cell #")
        # u = sin(i pi / (N + 1)) along each axis, r = 1/8.
        closed_form = -math.log(1 - sum(math.sin(math.pi / (2 * (n + 1))) ** 2 for n in CELLS) / 2)
        self.assertAlmostEqual(expected / closed_form, 1, delta=1e-12)
        self.assertLess(off, 1e-12)


class Wave(Base):
    def test_frequency_and_energy(self):
        text = self.succeed(2)
        measured, _ = self.numbers(text, "cycles a step: measured #, expected #")
        # sin(w / 2) = S sqrt(sum sin^2(pi / 2 N)), S = 1/2.
        closed_form = math.asin(math.sqrt(sum(math.sin(math.pi / (2 * n)) ** 2 for n in CELLS)) / 2) / math.pi
        self.assertAlmostEqual(measured / closed_form, 1, delta=1e-12)
        self.assertLess(abs(self.numbers(text, "energy: relative change #")[0]), 1e-12)


class LatticeBoltzmann(Base):
    def test_viscosity_and_conservation(self):
        text = self.succeed(2, "--method", "slab")
        for viscosity in self.numbers(text, "viscosity: expected 0.1, measured along x, y, z # # #"):
            self.assertAlmostEqual(viscosity / 0.1, 1, delta=0.01)
        mass, momentum = self.numbers(text, "change of mass #, of momentum # of a wave's")
        self.assertLess(abs(mass), 1e-12)
        self.assertLess(abs(momentum), 1e-12)
        # Two slabs of a ring share two faces normal to x, and each sends at both.
        face_bytes = CELLS[1] * CELLS[2] * 8
        self.assertEqual(self.bytes_sent(text), 2 * 2 * 5 * face_bytes)
        (everything,) = self.numbers(text, "with 19 populations a face in place of 5: #")
        self.assertEqual(everything, 2 * 2 * 19 * face_bytes)


if __name__ == "__main__":
    physics = {"heat": Heat, "wave": Wave, "lattice_boltzmann": LatticeBoltzmann}[NAME]
    loader = unittest.TestLoader()
    loader.loadTestsFromModule = lambda *_, **__: unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in (Common, physics))
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], testLoader=loader)
