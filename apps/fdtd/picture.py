#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of a run: the snapshots that lie in one plane, at a few moments, and the partition beside them.

    picture.py OUT_DIR [--moments N]

Reads OUT_DIR/*.vtkhdf.series and the files they name, writes OUT_DIR/<snapshot>.png. Each OUT_DIR/owners_<method>.npy (made
by hilbrick-plan --owners for the same cells, brick and ranks) adds who owns what in the picture's plane.
"""
import argparse
import json
import pathlib
import sys

import h5py
import matplotlib
import matplotlib.colors
import matplotlib.ticker

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

AXES = "xyz"


def read_plane(path):
    """The first layer of a thin snapshot: ({field: 2D array}, normal axis, (first, second) axis, extent in m, cell along the normal)."""
    with h5py.File(path) as file:
        root = file["VTKHDF"]
        fields = {name: np.asarray(data) for name, data in root["PointData"].items()}
        shape = next(iter(fields.values())).shape[::-1]  # x, y, z
        origin, spacing = root.attrs["Origin"], root.attrs["Spacing"]
    thin = [a for a in range(3) if shape[a] <= 2]  # solvers write two layers where VTK cannot read one
    if not thin:
        return None
    normal = thin[-1]
    first, second = (a for a in range(3) if a != normal)
    planes = {name: data.take(0, axis=2 - normal) for name, data in fields.items()}
    extent = []  # half a cell around the outermost points
    for axis in (first, second):
        extent += [origin[axis] - spacing[axis] / 2, origin[axis] + (shape[axis] - 0.5) * spacing[axis]]
    return planes, normal, (first, second), extent, int(origin[normal] / spacing[normal] + 1e-6)


def owners_plane(owners, brick_counts, normal, cell, cells):
    """The owners in the plane of a cell, by brick."""
    brick = min(int((cell + 1) * brick_counts[normal] - 1) // cells[normal], brick_counts[normal] - 1)
    return owners.take(brick, axis=2 - normal)


def draw_owners(axis, method, owners, plane, cells):
    """Who owns the bricks that a plane cuts, each rank in its colour with its number in the middle."""
    _, normal, (first, second), box, cell = plane
    bricks = owners_plane(owners, owners.shape[::-1], normal, cell, cells)
    ranks = int(owners.max()) + 1
    palette = plt.get_cmap("tab20" if ranks > 10 else "tab10")
    axis.imshow(np.ma.masked_less(bricks, 0) % palette.N, origin="lower", extent=box, cmap=palette, vmin=-0.5, vmax=palette.N - 0.5,
                interpolation="nearest")
    axis.set_title(f"who owns what: {method}, {ranks} ranks", fontsize=9)
    axis.set_xlabel(f"{AXES[first]} / m", fontsize=8)
    axis.tick_params(labelsize=7)
    for rank in np.unique(bricks[bricks >= 0]):
        places = np.argwhere(bricks == rank)
        row, column = places[np.argmin(np.abs(places - places.mean(axis=0)).sum(axis=1))] + 0.5
        x = box[0] + column / bricks.shape[1] * (box[1] - box[0])
        y = box[2] + row / bricks.shape[0] * (box[3] - box[2])
        axis.text(x, y, str(rank), ha="center", va="center", fontsize=11, color="white", fontweight="bold")


def pick(planes, field, moments):
    """A few moments, evenly spread over those at which the field is not yet, or no longer, negligible."""
    peaks = np.array([np.abs(plane[0][field]).max() for _, plane in planes])
    alive = [i for i, peak in enumerate(peaks) if peak > 0.15 * peaks.max()] or [0]
    return [planes[alive[round(i)]] for i in np.linspace(0, len(alive) - 1, min(moments, len(alive)))]


def draw(series_path, moments, owners, cells):
    """One picture for a snapshot: each field at a few moments, then the partitions."""
    files = json.loads(series_path.read_text())["files"]
    planes = [(entry["time"], read_plane(series_path.parent / entry["name"])) for entry in files]
    if not planes or any(plane is None for _, plane in planes):
        print(f"{series_path.name}: not thin along any axis; open it in ParaView", file=sys.stderr)
        return None
    fields = list(planes[0][1][0])
    extent = planes[0][1][3]
    panels = [(field, time, plane) for field in fields for time, plane in pick(planes, field, moments)]
    columns = 3 if len(panels) + len(owners) > 4 else len(panels) + len(owners)
    rows = -(-(len(panels) + len(owners)) // columns)
    aspect = (extent[3] - extent[2]) / (extent[1] - extent[0])
    figure, axes = plt.subplots(rows, columns, squeeze=False, figsize=(4.4 * columns, (4.0 * aspect + 0.8) * rows), layout="constrained")
    axes = list(axes.flat)
    limits = {field: max(np.abs(plane[0][field]).max() for _, plane in planes) or 1.0 for field in fields}
    # What stays at exactly zero throughout is metal.
    metal = {field: np.all([plane[0][field] == 0 for _, plane in planes], axis=0) for field in fields}
    for axis, (field, time, (data, _, (first, second), box, _)) in zip(axes, panels):
        limit = limits[field]
        # Logarithmic above a fiftieth of the peak: what a body scatters is weak beside what meets it.
        norm = matplotlib.colors.SymLogNorm(linthresh=limit / 50, vmin=-limit, vmax=limit)
        image = axis.imshow(data[field], origin="lower", extent=box, cmap="RdBu_r", norm=norm, interpolation="nearest")
        axis.imshow(np.where(metal[field], 1.0, np.nan), origin="lower", extent=box, cmap="gray", vmin=0, vmax=3, interpolation="nearest")
        axis.set_title(f"{field}, {time * 1e9:.3g} ns", fontsize=10)
        axis.set_xlabel(f"{AXES[first]} / m", fontsize=8)
        axis.set_ylabel(f"{AXES[second]} / m", fontsize=8)
        axis.tick_params(labelsize=7)
        bar = figure.colorbar(image, ax=axis, shrink=0.8, ticks=[-limit, -limit / 10, 0, limit / 10, limit],
                              format=matplotlib.ticker.FormatStrFormatter("%.2g"))
        bar.ax.set_title("V/m" if field.startswith("E") else "A/m", fontsize=7)
        bar.ax.tick_params(labelsize=7)
        bar.ax.minorticks_off()
    for axis, (method, bricks) in zip(axes[len(panels) :], owners.items()):
        draw_owners(axis, method, bricks, planes[0][1], cells)
    for axis in axes[len(panels) + len(owners) :]:
        axis.axis("off")
    out = series_path.parent / (series_path.name.removesuffix(".vtkhdf.series") + ".png")
    figure.savefig(out, dpi=100)
    plt.close(figure)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out_dir", type=pathlib.Path)
    parser.add_argument("--moments", type=int, default=4, help="how many times to show (default 4)")
    options = parser.parse_args()
    report_path = options.out_dir / "report.json"
    if not report_path.exists():
        sys.exit(f"{report_path}: expected the output folder of a finished run")
    report = json.loads(report_path.read_text())
    owners = {path.stem.removeprefix("owners_"): np.load(path) for path in sorted(options.out_dir.glob("owners_*.npy"))}
    series = sorted(options.out_dir.glob("*.vtkhdf.series"))
    if not series:
        sys.exit(f"{options.out_dir}: no snapshots there; ask for some by [[snapshot]] in the scene")
    for path in series:
        out = draw(path, options.moments, owners, report["cells"])
        if out:
            print(out)


if __name__ == "__main__":
    main()
