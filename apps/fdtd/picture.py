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

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

AXES = "xyz"


def read_plane(path):
    """The one-cell-thick data of a snapshot: ({field: 2D array}, normal axis, (first, second) axis, extent in m)."""
    with h5py.File(path) as file:
        root = file["VTKHDF"]
        group = root["CellData"] if "CellData" in root else root["PointData"]
        fields = {name: np.asarray(data) for name, data in group.items()}
        shape = next(iter(fields.values())).shape[::-1]  # x, y, z
        origin, spacing = root.attrs["Origin"], root.attrs["Spacing"]
    thin = [a for a in range(3) if shape[a] == 1]
    if not thin:
        return None
    normal = thin[-1]
    first, second = (a for a in range(3) if a != normal)
    planes = {name: np.squeeze(data.take(0, axis=2 - normal)) for name, data in fields.items()}
    extent = [origin[first], origin[first] + shape[first] * spacing[first], origin[second], origin[second] + shape[second] * spacing[second]]
    return planes, normal, (first, second), extent, origin[normal] / spacing[normal]


def owners_plane(owners, brick_counts, normal, cell, cells):
    """The owners in the plane of a cell, by brick."""
    brick = min(int((cell + 1) * brick_counts[normal] - 1) // cells[normal], brick_counts[normal] - 1)
    return owners.take(brick, axis=2 - normal)


def draw_owners(axis, method, owners, plane, cells):
    """Who owns the bricks that a plane cuts, each rank in its colour with its number in the middle."""
    _, normal, (first, second), box, cell = plane
    bricks = owners_plane(owners, owners.shape[::-1], normal, int(round(cell)), cells)
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


def draw(series_path, moments, owners, cells):
    files = json.loads(series_path.read_text())["files"]
    if not files:
        return None
    chosen = [files[round(i)] for i in np.linspace(0, len(files) - 1, min(moments, len(files)))]
    planes = [(entry["time"], read_plane(series_path.parent / entry["name"])) for entry in chosen]
    if any(plane is None for _, plane in planes):
        print(f"{series_path.name}: not one cell thick along any axis; open it in ParaView", file=sys.stderr)
        return None
    fields = list(planes[0][1][0])
    _, _, _, extent, _ = planes[0][1]
    aspect = (extent[3] - extent[2]) / (extent[1] - extent[0])
    columns = len(planes) + len(owners)
    width = 3.6
    figure, axes = plt.subplots(len(fields), columns, squeeze=False, figsize=(width * columns, (width * aspect + 0.7) * len(fields)),
                                layout="constrained")
    for row, field in enumerate(fields):
        # One scale a row: the eye compares moments. The strongest hundredth of a per cent may saturate.
        limit = max(np.percentile(np.abs(plane[0][field]), 99.7) for _, plane in planes) or 1.0
        for column, (time, (data, normal, (first, second), box, _)) in enumerate(planes):
            axis = axes[row][column]
            image = axis.imshow(data[field], origin="lower", extent=box, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
            axis.set_title(f"{field}, {time * 1e9:.1f} ns", fontsize=9)
            axis.set_xlabel(f"{AXES[first]} / m", fontsize=8)
            axis.set_ylabel(f"{AXES[second]} / m", fontsize=8)
            axis.tick_params(labelsize=7)
        unit = "V/m" if field.startswith("E") else "A/m"
        figure.colorbar(image, ax=list(axes[row][: len(planes)]), label=f"{field} / ({unit})", shrink=0.85)
        for column, (method, bricks) in enumerate(owners.items(), start=len(planes)):
            if row > 0:
                axes[row][column].axis("off")
            else:
                draw_owners(axes[row][column], method, bricks, planes[0][1], cells)
    out = series_path.parent / (series_path.name.removesuffix(".vtkhdf.series") + ".png")
    figure.savefig(out, dpi=110)
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
