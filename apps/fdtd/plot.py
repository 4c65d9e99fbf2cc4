#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Plots of what a run found: radar cross-sections, far-field patterns, S-parameters and impedances, power, spectra of fields and probes.

    plot.py OUT_DIR [--reference FILE.csv] [--label TEXT]

Reads what hilbrick-fdtd wrote into OUT_DIR and writes beside it rcs.png, <far field>.png, ports.png, flux.png, <dft>.png and probes.png,
each where there is something to plot. --reference lays another rcs.csv (the same columns) over rcs.png and prints the mean absolute difference.
"""
import argparse
import csv
import pathlib
import sys

import h5py
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

DYNAMIC_RANGE_DB = 40  # of polar patterns
OF_OTHERS = ("probes", "ports", "flux", "rcs")  # files that are no spectra of fields


def read_csv(path):
    """{column: values}, numbers where a column has nothing else."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = {}
    for name in rows[0] if rows else ():
        texts = [row[name] for row in rows]
        try:
            columns[name] = np.array([float(text) if text else np.nan for text in texts])
        except ValueError:
            columns[name] = np.array(texts)
    return columns


def unit_scale(frequencies_hz):
    """What to divide frequencies by, and the unit then."""
    highest = max(frequencies_hz)
    return next(((scale, unit) for scale, unit in ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz")) if highest >= scale), (1, "Hz"))


def curves(table, quantity, groups):
    """(label, name of the abscissa, abscissa, values) of each curve: over the angle that takes most values, or over frequency."""
    counts = {name: len(np.unique(table[name])) for name in ("phi_deg", "theta_deg", "frequency_hz")}
    along = max(counts, key=counts.get)
    others = [name for name in counts if name != along] + groups
    found = []
    for key in sorted(set(zip(*(table[name].tolist() for name in others)))):
        chosen = np.ones(len(table[along]), bool)
        for name, value in zip(others, key):
            chosen &= table[name] == value
        label = []
        for name, value in zip(others, key):
            if name == "frequency_hz" and counts[name] > 1:
                scale, unit = unit_scale(table[name])
                label.append(f"{value / scale:g} {unit}")
            elif name in counts and counts[name] > 1:
                label.append(f"{name[:-4]} {value:g}°")
            elif name not in counts:
                label.append(str(value))
        order = np.argsort(table[along][chosen], kind="stable")
        found.append((", ".join(label), along, table[along][chosen][order], table[quantity][chosen][order]))
    return found


def label_abscissa(axis, along, values):
    if along == "frequency_hz":
        scale, unit = unit_scale(values)
        axis.set_xlabel(f"frequency ({unit})")
        return np.asarray(values) / scale
    axis.set_xlabel(f"{along[:-4]} (degrees)")
    return values


def compare(table, reference):
    """Mean absolute difference in dB of the rows that both have, and their number, for each polarization."""
    def keyed(t):
        return {(round(f, -3), round(th, 3), round(ph % 360, 3), p): v
                for f, th, ph, p, v in zip(t["frequency_hz"], t["theta_deg"], t["phi_deg"], t["pol"], t["rcs_dbsm"])}
    mine, other = keyed(table), keyed(reference)
    for pol in sorted(set(table["pol"])):
        differences = [abs(mine[key] - other[key]) for key in mine if key in other and key[3] == pol]
        if differences:
            yield pol, float(np.mean(differences)), len(differences)


def plot_rcs(folder, reference_path, label):
    table = read_csv(folder / "rcs.csv")
    if not table:
        return None
    # What symmetry forbids is round-off.
    keep = table["rcs_dbsm"] > np.max(table["rcs_dbsm"]) - 120
    table = {name: values[keep] for name, values in table.items()}
    figure, axis = plt.subplots(figsize=(9, 5))
    colours = {}
    for name, along, x, y in curves(table, "rcs_dbsm", ["pol"]):
        line, = axis.plot(label_abscissa(axis, along, x), y, marker="." if len(x) < 100 else None, label=name)
        colours[name] = line.get_color()
    if reference_path:
        reference = read_csv(reference_path)
        shown = np.isin(reference["pol"], table["pol"]) & np.isin(np.round(reference["frequency_hz"], -3), np.round(table["frequency_hz"], -3))
        reference = {name: values[shown] for name, values in reference.items()}
        for name, along, x, y in curves(reference, "rcs_dbsm", ["pol"]) if shown.any() else ():
            axis.plot(label_abscissa(axis, along, x), y, "--", lw=1, color=colours.get(name, "0.4"), label=f"{name}, {label}")
        for pol, mean, count in compare(table, reference):
            print(f"{pol}: mean absolute difference {mean:.2f} dB over {count} rows")
    axis.set_ylabel("radar cross-section (dBsm)")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    return figure, "rcs.png"


def plot_far_field(path):
    table = read_csv(path)
    if "e_theta_re" not in table:
        return None
    if "directivity_dbi" in table:
        table["level"], name = table["directivity_dbi"], "directivity (dBi)"
    else:
        power = sum(table[f"e_{c}_{part}"] ** 2 for c in ("theta", "phi") for part in ("re", "im"))
        table["level"], name = 10 * np.log10(np.maximum(power, 1e-30 * power.max())), "r |E| (dB)"
    found = curves(table, "level", [])
    if found[0][1] == "frequency_hz":
        figure, axis = plt.subplots(figsize=(8, 5))
        for label, along, x, y in found:
            axis.plot(label_abscissa(axis, along, x), y, label=label)
        axis.set_ylabel(name)
        axis.grid(alpha=0.3)
    else:
        figure, axis = plt.subplots(figsize=(7, 7), subplot_kw={"projection": "polar"})
        top = 5 * np.ceil(max(np.max(y) for *_, y in found) / 5)
        for label, along, x, y in found:
            axis.plot(np.radians(x), np.maximum(y, top - DYNAMIC_RANGE_DB), label=label)
        axis.set_rlim(top - DYNAMIC_RANGE_DB, top)
        if found[0][1] == "theta_deg":
            axis.set_theta_zero_location("N")
            axis.set_theta_direction(-1)
        axis.set_title(f"{name} over {found[0][1][:-4]}", fontsize=10)
    if any(label for label, *_ in found):
        axis.legend(fontsize=8, loc="lower left")
    return figure, path.stem + ".png"


def plot_ports(folder):
    table = read_csv(folder / "ports.csv")
    if not table:
        return None
    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 8), sharex=True)
    scale, unit = unit_scale(table["frequency_hz"])
    for port, driven in dict.fromkeys(zip(table["port"].tolist(), table["driven_port"].tolist())):
        chosen = (table["port"] == port) & (table["driven_port"] == driven)
        f = table["frequency_hz"][chosen] / scale
        if port == driven:
            line, = below.plot(f, table["z_re_ohm"][chosen], ".-", label=f"resistance of {port}")
            below.plot(f, table["z_im_ohm"][chosen], ".--", color=line.get_color(), label=f"reactance of {port}")
        if not np.isnan(table["s_db"][chosen]).all():
            above.plot(f, table["s_db"][chosen], ".-", label=f"S of {port} by {driven}")
    above.set_ylabel("S-parameter (dB)")
    below.set_ylabel("impedance (ohm)")
    below.set_xlabel(f"frequency ({unit})")
    for axis in (above, below):
        axis.grid(alpha=0.3)
        if axis.lines:
            axis.legend(fontsize=8)
    return figure, "ports.png"


def plot_dft(path):
    """The size of each field at each frequency, on the middle layer of the axis with the fewest values; along a line, curves."""
    with h5py.File(path) as file:
        if "frequency_hz" not in file:
            return None
        frequencies = np.asarray(file["frequency_hz"])
        fields = {name: (abs(group["re"][()] + 1j * group["im"][()]), dict(group.attrs)) for name, group in file.items() if name != "frequency_hz"}
    scale, unit = unit_scale(frequencies)
    shape = next(iter(fields.values()))[0].shape[:0:-1]  # x, y, z
    *_, second, first = sorted(range(3), key=lambda a: (shape[a], -a))
    normal = 3 - first - second
    figure, axes = plt.subplots(len(fields), 1 if shape[second] == 1 else len(frequencies), squeeze=False,
                                figsize=(9, 4 * len(fields)) if shape[second] == 1 else (4.5 * len(frequencies), 4 * len(fields)))
    for row, (name, (values, attributes)) in zip(axes, fields.items()):
        size = f"|{name}| ({attributes['unit'].decode()})"
        places = [1e3 * (attributes["origin_m"][a] + attributes["offset_m"][a] + attributes["spacing_m"][a] * np.arange(values.shape[3 - a]))
                  for a in range(3)]
        layer = values.take(values.shape[3 - normal] // 2, axis=3 - normal)  # [frequency][the later axis][the earlier one]
        for i, f in enumerate(frequencies):
            axis = row[min(i, len(row) - 1)]
            label = f"{f / scale:g} {unit}"
            if shape[second] == 1:
                axis.plot(places[first], layer[i].ravel(), label=label)
                axis.set_ylabel(size)
                axis.legend(fontsize=8)
            else:
                across, up = sorted((first, second))
                image = axis.pcolormesh(places[across], places[up], layer[i], shading="nearest")
                axis.set_aspect("equal")
                axis.set_title(f"{name}, {label}, {'xyz'[normal]} = {places[normal][len(places[normal]) // 2]:.4g} mm", fontsize=9)
                axis.set_ylabel(f"{'xyz'[up]} (mm)")
                figure.colorbar(image, ax=axis, label=size, shrink=0.8)
            axis.set_xlabel(f"{'xyz'[first if shape[second] == 1 else min(first, second)]} (mm)")
    return figure, path.stem + ".png"


def plot_flux(folder):
    table = read_csv(folder / "flux.csv")
    if not table:
        return None
    figure, axis = plt.subplots(figsize=(8, 5))
    scale, unit = unit_scale(table["frequency_hz"])
    for name in dict.fromkeys(table["name"].tolist()):
        chosen = table["name"] == name
        axis.plot(table["frequency_hz"][chosen] / scale, table["power"][chosen], ".-", label=name)
    axis.set_xlabel(f"frequency ({unit})")
    axis.set_ylabel("power (W, of a source of 1; else J/Hz)")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    return figure, "flux.png"


def plot_probes(folder):
    figure, axis = plt.subplots(figsize=(9, 5))
    levels = []
    with h5py.File(folder / "probes.h5") as file:
        for probe, components in file.items():
            for component, data in components.items():
                values = np.asarray(data, float)
                if len(values) < 2 or not values.any():
                    continue
                spectrum = abs(np.fft.rfft(values, 4 * len(values))) * data.attrs["dt_s"]
                frequencies = np.fft.rfftfreq(4 * len(values), data.attrs["dt_s"])
                impedance = 1 if component[0] == "E" else 376.73
                level = 20 * np.log10(np.maximum(impedance * spectrum, 1e-300))
                levels.append((f"{probe} {component}" + ("" if component[0] == "E" else " x 377 ohm"), frequencies, level))
    if not levels:
        plt.close(figure)
        return None
    top = max(level.max() for *_, level in levels)
    highest = max(f[level > top - 60].max() for _, f, level in levels if (level > top - 60).any())
    scale, unit = unit_scale([highest])
    for label, frequencies, level in levels:
        if level.max() > top - 100:
            axis.plot(frequencies / scale, level, lw=1, label=label)
    axis.set_xlim(0, 1.05 * highest / scale)
    axis.set_ylim(top - 80, top + 5)
    axis.set_xlabel(f"frequency ({unit})")
    axis.set_ylabel("spectrum (dB of 1 V/m s)")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=7, ncol=2)
    return figure, "probes.png"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--reference", type=pathlib.Path)
    parser.add_argument("--label", default="reference")
    arguments = parser.parse_args()
    folder = arguments.folder
    plots = []
    if (folder / "rcs.csv").exists():
        plots.append(plot_rcs(folder, arguments.reference, arguments.label))
    for path in sorted(folder.glob("*.csv")):
        plots.append(plot_far_field(path))
    if (folder / "ports.csv").exists():
        plots.append(plot_ports(folder))
    if (folder / "flux.csv").exists():
        plots.append(plot_flux(folder))
    for path in sorted(folder.glob("*.h5")):
        if path.stem not in OF_OTHERS and not path.stem.startswith("checkpoint_") and not (folder / f"{path.stem}.csv").exists():
            plots.append(plot_dft(path))
    if (folder / "probes.h5").exists():
        plots.append(plot_probes(folder))
    plots = [plot for plot in plots if plot]
    for figure, name in plots:
        figure.tight_layout()
        figure.savefig(folder / name, dpi=120)
        print(folder / name)
    if not plots:
        sys.exit(f"plot.py: {folder}: expected rcs.csv, ports.csv, flux.csv, probes.h5 or the files of a far field or a dft, found nothing to plot")


if __name__ == "__main__":
    main()
