# SPDX-License-Identifier: BSD-3-Clause
"""The members of a sweep, a table whose first line names keys of the scene and whose others have their values.

sweep.py count MEMBERS.csv           how many
sweep.py settings MEMBERS.csv N      the options of member N (from 1), each ended by a NUL
sweep.py summary MEMBERS.csv DIR     prints what became of each, by DIR/N/report.json and DIR/N.log, and writes DIR/summary.csv
"""

import csv
import json
import pathlib
import sys


def members_of(name):
    with open(name, newline="", encoding="utf-8") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file, skipinitialspace=True) if row and not row[0].startswith("#")]
    if len(rows) < 2:
        sys.exit(f"{name}: expected a line of keys and one or more of values, found {len(rows)} lines")
    for number, row in enumerate(rows[1:], 1):
        if len(row) != len(rows[0]):
            sys.exit(f"{name}: member {number}: expected {len(rows[0])} values, found {len(row)}; quote values that have commas: \"[1, 2, 3]\"")
    return rows[0], rows[1:]


def outcome(folder, number):
    """In words, and the report of a member that came to its end."""
    report = folder / str(number) / "report.json"
    log = folder / f"{number}.log"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    said = [line for line in lines if line.startswith("hilbrick-fdtd: ") or "error:" in line or line.startswith("launch.sh: ")]
    if report.exists() and not said:
        return "done", json.loads(report.read_text())
    return "failed: " + (said[0] if said else f"see {log}" if lines else "did not start"), None


def summary(name, folder):
    keys, members = members_of(name)
    head = ["member", *keys, "steps", "loop_seconds", "mcells_per_second", "fields_digest", "outcome"]
    rows = []
    for number, values in enumerate(members, 1):
        words, report = outcome(folder, number)
        numbers = [report["steps"], f"{report['loop_seconds']:.4g}", f"{report['mcells_per_second']:.4g}",
                   report["fields_digest"]] if report else ["", "", "", ""]
        rows.append([str(number), *values, *map(str, numbers), words])
    with open(folder / "summary.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head) - 1)] + [0]
    for row in [head, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    failed = sum(row[-1] != "done" for row in rows)
    print(f"{len(rows) - failed} of {len(rows)} members done" + (f", {failed} failed" if failed else ""))


def main():
    match sys.argv[1:]:
        case ["count", name]:
            print(len(members_of(name)[1]))
        case ["settings", name, number]:
            keys, members = members_of(name)
            for key, value in zip(keys, members[int(number) - 1]):
                sys.stdout.write(f"--set\0{key}={value}\0")
        case ["summary", name, folder]:
            summary(name, pathlib.Path(folder))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
