#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares two builds by what their benchmarks print, run by turns on the same machine.

  benchmarks/compare.py --base "mpirun -np 2 old/bin/fdtd_step" --test "mpirun -np 2 new/bin/fdtd_step" --runs 7

Base and test are commands that print JSON lines (`cat FILE` serves for results that exist). The order within a pair of runs alternates. For
each case and number: the medians, their ratio, and the ranges; "apart" where no run of one side reaches the range of the other. Differences
that are not apart are noise. Never fails because something is slow: ends with 1 only where a command fails or prints nothing comparable.
"""
import argparse
import json
import shlex
import statistics
import subprocess
import sys

# What tells one case from another; every other number of a line is compared, except what only describes the run.
IDENTITY = ("benchmark", "case", "ranks", "cells", "precision", "method", "brick")
DESCRIPTION = ("steps", "rounds")


def measure(command):
    """[(identity, {name: number})] of one run."""
    done = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"compare.py: expected exit code 0, found {done.returncode}: {command}")
    found = []
    for line in done.stdout.splitlines():
        if not line.startswith("{"):
            continue
        try:
            result = json.loads(line)
        except json.JSONDecodeError as error:
            sys.exit(f"compare.py: expected a JSON object on each line that begins with a brace, found {line!r} ({error}): {command}")
        identity = " ".join(f"{key}={'x'.join(map(str, v)) if isinstance(v, list) else v}" for key in IDENTITY if (v := result.get(key)) is not None)
        numbers = {
            key: value
            for key, value in result.items()
            if isinstance(value, (int, float)) and key not in IDENTITY + DESCRIPTION and not key.endswith(("_min", "_max"))
        }
        found.append((identity, numbers))
    if not found:
        sys.exit(f"compare.py: expected JSON lines on standard output, found none: {command}")
    return found


def collect(commands, runs):
    """{(identity, name): {side: [number of each run]}}; which side goes first alternates."""
    collected = {}
    for run in range(runs):
        for side in ("base", "test") if run % 2 == 0 else ("test", "base"):
            for identity, numbers in measure(commands[side]):
                for name, value in numbers.items():
                    collected.setdefault((identity, name), {"base": [], "test": []})[side].append(value)
    return {key: sides for key, sides in collected.items() if sides["base"] and sides["test"]}


def compare(base, test):
    """What is said of one number."""
    medians = statistics.median(base), statistics.median(test)
    return {
        "base": medians[0],
        "base_range": (min(base), max(base)),
        "test": medians[1],
        "test_range": (min(test), max(test)),
        "ratio": medians[1] / medians[0] if medians[0] else None,
        "apart": max(base) < min(test) or max(test) < min(base),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, metavar="COMMAND")
    parser.add_argument("--test", required=True, metavar="COMMAND")
    parser.add_argument("--runs", type=int, default=7, help="runs of each side (default: %(default)s)")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("--runs: expected at least 1")

    collected = collect({"base": options.base, "test": options.test}, options.runs)
    if not collected:
        sys.exit("compare.py: base and test have no case in common")
    shown = None
    for (identity, name), sides in collected.items():
        if identity != shown:
            print(identity)
            shown = identity
        c = compare(sides["base"], sides["test"])
        ratio = "     -" if c["ratio"] is None else f"{c['ratio']:6.3f}"
        print(
            f"  {name:<22} {c['base']:10.4g} [{c['base_range'][0]:.4g}, {c['base_range'][1]:.4g}]"
            f" -> {c['test']:10.4g} [{c['test_range'][0]:.4g}, {c['test_range'][1]:.4g}]  x{ratio}{'  apart' if c['apart'] else ''}"
        )


if __name__ == "__main__":
    main()
