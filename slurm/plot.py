#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Draws a scaling study: DIR/results.csv, and DIR/plan.csv where it is, as DIR/index.html, one file that needs nothing else.

  slurm/plot.py DIR [--png FILE]

Lines are medians over the repeats. Efficiency is cells per second and rank, over that of the fastest run on the fewest ranks of the series.

Fitted model, for each transport: t = a + b cells + c bytes + d messages + e node_bytes, seconds of a step; cells, bytes and messages of the rank that
has most, node_bytes what the busiest node sends to others. Least squares of relative deviations, no constant below zero. With what the planner says of
those four numbers on more ranks, the same constants tell where efficiency will fall below 70 %.
"""

import argparse
import base64
import csv
import html
import io
import math
import pathlib
import statistics
import sys

import matplotlib
import numpy as np

matplotlib.use("Agg")
matplotlib.rcParams["svg.fonttype"] = "none"
from matplotlib import pyplot as plt  # noqa: E402

LEAST_EFFICIENCY = 0.7
COLOURS = {"slab": "#888888", "pencil": "#8c564b", "box": "#1f77b4", "kd": "#9467bd", "rcb": "#2ca02c", "morton": "#e377c2", "hilbert": "#d62728",
           "auto": "#000000"}
DASHES = {"auto": "-", "message": (0, (4, 2)), "shared": ":"}
FEATURES = {"cells_max": "cell of the fullest rank", "bytes_max": "byte of the busiest rank", "messages_max": "message of the busiest rank",
            "node_bytes_max": "byte of the busiest node"}


def numbers(row):
    def number(text):
        try:
            return float(text)
        except ValueError:
            return text
    return {key: number(value) for key, value in row.items()}


def read(path):
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return [numbers(row) for row in csv.DictReader(file)]


class Point:
    """The repeats of one configuration, as medians."""

    def __init__(self, rows):
        self.rows = rows
        first = rows[0]
        self.series, self.method, self.transport = first["series"], first["method"], first["transport"]
        self.nodes, self.ranks_per_node, self.ranks = int(first["nodes"]), int(first["ranks_per_node"]), int(first["ranks"])
        self.cells = first["cells_x"] * first["cells_y"] * first["cells_z"]

    def __getitem__(self, key):
        return statistics.median(row[key] for row in self.rows)

    @property
    def rate(self):
        return self.cells / self["step_seconds"] / self.ranks

    @property
    def spread(self):
        """Half of the range of the step's time."""
        times = [row["step_seconds"] for row in self.rows]
        return (max(times) - min(times)) / 2


def points_of(rows):
    groups = {}
    for row in rows:
        if row["outcome"] == "done" and row["step_seconds"] > 0:
            groups.setdefault(tuple(row[key] for key in ("series", "nodes", "ranks_per_node", "method", "transport")), []).append(row)
    return [Point(group) for group in groups.values()]


class Fit:
    """Constants of the model for one transport, of which none is below zero."""

    def __init__(self, points):
        measured = np.array([p["step_seconds"] for p in points])
        columns = np.array([[1.0] + [p[key] for key in FEATURES] for p in points])
        scale = columns.max(axis=0)
        scale[scale == 0] = 1
        relative = columns / scale / measured[:, None]
        self.constants = not_negative_least_squares(relative, np.ones(len(points))) / scale
        self.deviation = columns @ self.constants / measured - 1

    def seconds(self, row):
        return float(self.constants @ np.array([1.0] + [row[key] for key in FEATURES]))


def not_negative_least_squares(matrix, wanted):
    """Lawson and Hanson 1974, chapter 23: the x without a part below zero for which matrix x is nearest to `wanted`."""
    x = np.zeros(matrix.shape[1])
    free = np.zeros(len(x), bool)
    for _ in range(3 * len(x)):
        gradient = matrix.T @ (wanted - matrix @ x)
        gradient[free] = -np.inf
        if gradient.max() <= 1e-9 * abs(matrix.T @ wanted).max():
            break
        free[gradient.argmax()] = True
        while True:
            trial = np.zeros(len(x))
            trial[free] = np.linalg.lstsq(matrix[:, free], wanted, rcond=None)[0]
            negative = free & (trial <= 0)
            if not negative.any():
                x = trial
                break
            step = min(x[i] / (x[i] - trial[i]) for i in np.flatnonzero(negative))
            x = x + step * (trial - x)
            free &= x > 1e-15
            x[~free] = 0
    return x


def counted(ranks):
    return f"{ranks} rank{'s' if ranks > 1 else ''}"


class Line:
    """One method by one transport over growing ranks: measured, and further by the model."""

    def __init__(self, points, base_rate, plan, fit):
        self.points = sorted(points, key=lambda p: p.ranks)
        first = self.points[0]
        self.series, self.method, self.transport, self.ranks_per_node = first.series, first.method, first.transport, first.ranks_per_node
        self.ranks = [p.ranks for p in self.points]
        self.efficiency = [p.rate / base_rate for p in self.points]
        further = sorted((row for row in plan if row["ranks"] >= self.ranks[-1]), key=lambda row: row["ranks"])
        self.planned_ranks = [int(row["ranks"]) for row in further]
        self.planned_efficiency = [row["cells"] / fit.seconds(row) / row["ranks"] / base_rate for row in further]

    @property
    def style(self):
        return {"color": COLOURS.get(self.method), "linestyle": DASHES[self.transport]}

    def limit(self):
        """Where efficiency falls below 70 %, in words."""
        for ranks, values, how in ((self.ranks, self.efficiency, "measured"), (self.planned_ranks, self.planned_efficiency, "by the fitted model")):
            for i, value in enumerate(values):
                if value >= LEAST_EFFICIENCY:
                    continue
                if i == 0:
                    return f"at {counted(ranks[0])} already, {how}"
                # Between two numbers of ranks efficiency goes as the logarithm.
                share = (values[i - 1] - LEAST_EFFICIENCY) / (values[i - 1] - value)
                return f"{math.ceil(ranks[i - 1] * (ranks[i] / ranks[i - 1]) ** share)} ranks, {how}"
        return f"not up to {counted((self.planned_ranks or self.ranks)[-1])}"


class Study:
    def __init__(self, folder):
        rows = read(folder / "results.csv")
        self.points = points_of(rows)
        if not self.points:
            sys.exit(f"plot.py: {folder}: expected a results.csv with runs that are done, found none")
        self.failed = [row for row in rows if row["outcome"] != "done"]
        self.steps = int(rows[0]["steps"])
        self.series = list(dict.fromkeys(p.series for p in self.points))
        self.fits = {t: Fit([p for p in self.points if p.transport == t]) for t in dict.fromkeys(p.transport for p in self.points)}
        plan = read(folder / "plan.csv")
        by_nodes = len({p.nodes for p in self.points}) > 1
        groups = {}
        for p in self.points:
            groups.setdefault((p.series, p.method, p.transport, p.ranks_per_node if by_nodes else 0), []).append(p)
        self.lines = []
        for (series, method, transport, ranks_per_node), points in groups.items():
            planned = [row for row in plan if (row["series"], row["method"], row["ranks_per_node"]) == (series, method, ranks_per_node)]
            self.lines.append(Line(points, self.base(series).rate, planned, self.fits[transport]))
        self.layouts = len({line.ranks_per_node for line in self.lines}) if by_nodes else 1

    def base(self, series):
        """The fastest run on the fewest ranks."""
        points = [p for p in self.points if p.series == series]
        fewest = min(p.ranks for p in points)
        return max((p for p in points if p.ranks == fewest), key=lambda p: p.rate)

    def lines_of(self, series):
        return [line for line in self.lines if line.series == series]

    def label(self, line):
        parts = [line.method]
        if len(self.fits) > 1:
            parts.append(line.transport)
        if self.layouts > 1:
            parts.append(f"{line.ranks_per_node} a node")
        return ", ".join(parts)

    # Panels: each draws into axes

    def speed_up(self, axes, series):
        base = self.base(series)
        for line in self.lines_of(series):
            axes.plot(line.ranks, [e * p.ranks / base.ranks for e, p in zip(line.efficiency, line.points)], "o", ms=4, label=self.label(line),
                      **line.style)
        ranks = sorted({r for line in self.lines_of(series) for r in line.ranks})
        axes.plot(ranks, [r / base.ranks for r in ranks], color="black", lw=0.7, zorder=0)
        powers_of_two(axes, ranks)
        axes.set_yscale("log", base=2)
        axes.yaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
        axes.set_title(f"{series}: times as fast as on {counted(base.ranks)}")
        axes.legend(fontsize=7)

    def efficiency(self, axes, series):
        for line in self.lines_of(series):
            axes.plot(line.ranks, [100 * e for e in line.efficiency], "o", ms=4, label=self.label(line), **line.style)
            axes.plot(line.planned_ranks, [100 * e for e in line.planned_efficiency], lw=1, alpha=0.45, color=line.style["color"])
        axes.axhline(100 * LEAST_EFFICIENCY, color="black", lw=0.7, linestyle=":")
        powers_of_two(axes, [r for line in self.lines_of(series) for r in line.ranks + line.planned_ranks])
        axes.set_ylim(0, None)
        axes.set_title(f"{series}: efficiency, %; pale: by the fitted model")
        axes.legend(fontsize=7)

    def bytes_per_rank(self, axes, series):
        for line in self.lines_of(series):
            if line.transport == next(iter(self.fits)):
                axes.plot(line.ranks, [p["bytes_max"] / 1e3 for p in line.points], "o-", ms=4, label=self.label(line), color=line.style["color"])
        slab = sorted({(p.ranks, p["slab_bytes_max"]) for p in self.points if p.series == series and isinstance(p.rows[0]["slab_bytes_max"], float)})
        axes.plot([r for r, _ in slab], [b / 1e3 for _, b in slab], color="black", lw=0.7, linestyle=":", label="naive slabs")
        powers_of_two(axes, [r for line in self.lines_of(series) for r in line.ranks])
        axes.set_ylim(0, None)
        axes.set_title(f"{series}: sent by the busiest rank, kB a step")
        axes.legend(fontsize=7)

    def shares(self, axes, series):
        """Where the mean rank's time goes on the most ranks of each line."""
        lines = self.lines_of(series)
        bottom = np.zeros(len(lines))
        parts = {"compute_seconds": ("compute", "#4c9f70"), "copy_seconds": ("copy", "#e0a030"), "wait_seconds": ("wait", "#c05050")}
        for key, (name, colour) in parts.items():
            height = np.array([line.points[-1][key] * 1e3 for line in lines])
            axes.bar(range(len(lines)), height, bottom=bottom, label=name, color=colour)
            bottom += height
        axes.set_xticks(range(len(lines)))
        axes.set_xticklabels([f"{self.label(line)}\n{counted(line.ranks[-1])}" for line in lines], fontsize=7)
        axes.set_title(f"{series}: a step of the mean rank, ms")
        axes.legend(fontsize=7)

    def predicted(self, axes):
        for p in self.points:
            measured, spread = p["step_seconds"] * 1e3, p.spread * 1e3
            colour = COLOURS.get(p.method)
            axes.errorbar(measured, p["predicted_seconds"] * 1e3, xerr=spread, fmt="o", ms=4, color=colour, elinewidth=0.6)
            axes.plot(measured, self.fits[p.transport].seconds(p) * 1e3, "x", ms=5, color=colour)
        ends = [min(p["step_seconds"] for p in self.points) * 800, max(p["step_seconds"] for p in self.points) * 1250]
        axes.plot(ends, ends, color="black", lw=0.7, zorder=0)
        for axis, scale in ((axes.xaxis, axes.set_xscale), (axes.yaxis, axes.set_yscale)):
            scale("log")
            axis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
            axis.set_minor_formatter(matplotlib.ticker.NullFormatter())
        axes.grid(alpha=0.3)
        for method in dict.fromkeys(p.method for p in self.points):
            axes.plot([], [], "s", color=COLOURS.get(method), label=method)
        axes.plot([], [], "ko", ms=4, label="predicted before the run")
        axes.plot([], [], "kx", ms=5, label="by the fitted model")
        axes.set_xlabel("measured, ms a step")
        axes.set_title("predicted against measured, ms a step")
        axes.legend(fontsize=7)

    def panels(self):
        for series in self.series:
            for panel in (self.speed_up, self.efficiency, self.bytes_per_rank, self.shares):
                yield lambda axes, panel=panel, series=series: panel(axes, series)
        yield self.predicted


def powers_of_two(axes, ranks):
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%d"))
    if len(set(ranks)) <= 8:
        axes.set_xticks(sorted(set(ranks)))
    axes.minorticks_off()
    axes.set_xlabel("ranks")
    axes.grid(alpha=0.3)


def svg(draw):
    figure, axes = plt.subplots(figsize=(6, 4.2), layout="constrained")
    draw(axes)
    text = io.BytesIO()
    figure.savefig(text, format="svg")
    plt.close(figure)
    return '<img alt="" src="data:image/svg+xml;base64,' + base64.b64encode(text.getvalue()).decode() + '">'


def table(head, rows):
    def line(cells, tag):
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"
    return "<table>" + line(head, "th") + "".join(line(row, "td") for row in rows) + "</table>"


def milliseconds(seconds):
    return f"{seconds * 1e3:.4g}"


def measured_table(study):
    rows = []
    for line in study.lines:
        for p, efficiency in zip(line.points, line.efficiency):
            rows.append([p.series, f"{p.ranks} on {p.nodes} node{'s' if p.nodes > 1 else ''}", p.method, p.transport,
                         f"{p.cells / 1e6:.2f}", f"{milliseconds(p['step_seconds'])} ± {milliseconds(p.spread)}",
                         milliseconds(p["predicted_seconds"]), milliseconds(study.fits[p.transport].seconds(p)), f"{100 * efficiency:.0f} %",
                         f"{p['bytes_max'] / 1e3:.1f}", f"{p['node_bytes_max'] / 1e3:.1f}"])
    return table(["series", "ranks", "method", "transport", "Mcells", "step, ms", "predicted, ms", "fitted, ms", "efficiency",
                  "busiest rank, kB a step", "busiest node, kB a step"], rows)


def constants_table(study):
    head = ["transport", "a, us a step", *(f"{name}, ns a {what}" for name, what in zip("bcde", FEATURES.values())), "deviation: median, worst"]
    rows = []
    for transport, fit in study.fits.items():
        deviation = abs(fit.deviation)
        rows.append([transport, f"{fit.constants[0] * 1e6:.3g}", *(f"{constant * 1e9:.3g}" for constant in fit.constants[1:]),
                     f"{100 * statistics.median(deviation):.0f} %, {100 * max(deviation):.0f} %"])
    return table(head, rows)


def page(folder):
    """Writes DIR/index.html and gives its path."""
    study = Study(folder)
    limits = table(["series", "method", "efficiency falls below 70 % at"], [[line.series, study.label(line), line.limit()] for line in study.lines])
    text = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Hilbrick: a scaling study</title>
<style>body {{ font: 15px/1.5 sans-serif; max-width: 1300px; margin: 2em auto; padding: 0 1em; color: #222; }} img {{ width: 100%; max-width: 620px; }}
.plots {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 1em; }}
table {{ border-collapse: collapse; margin: 1em 0; }} td, th {{ border: 1px solid #ccc; padding: 2px 8px; text-align: right; }} td {{ white-space: nowrap; }}</style></head><body>
<h1>A scaling study</h1>
<p>{len(study.points)} configurations, {study.steps} steps each, medians over up to {max(len(p.rows) for p in study.points)} runs by turns. Efficiency is
cells per second and rank, over that of the fastest run on the fewest ranks of the series.</p>
<div class="plots">{"".join(svg(draw) for draw in study.panels())}</div>
<h2>Where efficiency falls below 70 %</h2>{limits}
<h2>Fitted model</h2>
<p>t = a + b cells + c bytes + d messages + e node bytes, for a step: cells, bytes and messages of the rank that has most, node bytes what the busiest
node sends to others. Least squares of relative deviations, no constant below zero; one that is 0 could not be told from the others or does not count.
On more ranks than were measured these four numbers are the planner's, exact for a plain grid of as many cells.</p>{constants_table(study)}
<h2>Measured</h2>
<p>± half of the range over the repeats. Predicted: by the constants that the runs were given, before they ran.</p>{measured_table(study)}
"""
    if study.failed:
        text += "<h2>Not done</h2>" + table(["series", "ranks", "method", "transport", "why"],
                                            [[row["series"], int(row["ranks"]), row["method"], row["transport"], row["outcome"]]
                                             for row in study.failed])
    path = folder / "index.html"
    path.write_text(text + "</body></html>\n", encoding="utf-8")
    return path


def picture(folder, path):
    """All panels as one picture."""
    study = Study(folder)
    panels = list(study.panels())
    columns = 3
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(4.4 * columns, 3.4 * rows), layout="constrained", squeeze=False)
    for draw, at in zip(panels, axes.flat):
        draw(at)
    for at in list(axes.flat)[len(panels):]:
        at.set_visible(False)
    figure.savefig(path, dpi=80)
    plt.close(figure)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--png", type=pathlib.Path, help="also all plots as one picture")
    options = parser.parse_args()
    print(page(options.folder))
    if options.png:
        picture(options.folder, options.png)


if __name__ == "__main__":
    main()
