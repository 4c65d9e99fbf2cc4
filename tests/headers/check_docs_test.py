# SPDX-License-Identifier: BSD-3-Clause
"""check_docs.py finds what it is there to find, and nothing else."""
import sys
import unittest

sys.dont_write_bytecode = True  # the source tree stays clean
from check_docs import undocumented  # noqa: E402


def lines(text):
    return [line for line, _ in undocumented(text)]


class CheckDocs(unittest.TestCase):
    def test_a_function_without_comment(self):
        self.assertEqual(lines("#pragma once\n\nvoid share(const Comm& comm);\n"), [3])

    def test_a_comment_without_the_word(self):
        self.assertEqual(lines("/// Shares it.\nvoid share(int what,\n           Comm& comm);\n"), [2])

    def test_the_words(self):
        self.assertEqual(lines("/// Collective over comm. Shares it.\nvoid share(const Comm& comm);\n"), [])
        self.assertEqual(lines("/// The rank.\n/// Local.\nint rank(const Comm&);\n"), [])
        self.assertEqual(lines("/* Collective\n   over comm. */\nvoid share(const hilbrick::Comm& comm);\n"), [])

    def test_a_comment_apart_does_not_count(self):
        self.assertEqual(lines("/// Local.\n\nvoid share(const Comm& comm);\n"), [3])

    def test_a_comment_covers_the_group_below_it(self):
        group = "/// Collective over comm.\nint sum(const Comm& comm,\n        int);\nint max(const Comm& comm, int);\n"
        self.assertEqual(lines(group), [])
        self.assertEqual(lines(group + "\nint min(const Comm& comm, int);\n"), [6])
        self.assertEqual(lines(group + "/// The least.\nint min(const Comm& comm, int);\n"), [6])

    def test_members_and_templates(self):
        text = (
            "class Domain {\n public:\n  /// Local.\n  explicit Domain(int);\n  template <class T>\n  Domain(const Comm& comm, T t = {});\n"
            "  /// Collective over comm.\n  template <class T>\n  void move_to(const Comm& comm, T t) { use(comm); }\n\n private:\n  Comm comm_;\n};\n"
        )
        self.assertEqual(lines(text), [5])

    def test_copy_and_move_are_exempt(self):
        text = "class Comm {\n  Comm(Comm&& other) noexcept;\n  Comm(const Comm&) = delete;\n  Comm& operator=(Comm&&) noexcept;\n};\n"
        self.assertEqual(lines(text), [])

    def test_calls_and_other_types(self):
        self.assertEqual(lines("inline void f() { share(comm); Comm other(comm); }\nvoid g(MPI_Comm comm, CommTable t);\n// h(Comm c)\n"), [])


if __name__ == "__main__":
    unittest.main()
