# SPDX-License-Identifier: BSD-3-Clause
"""Runs the scenes that ship and compares what they find with what is known.

validate.py PROGRAM MPIEXEC NUMPROC_FLAG [--quick|--full] [--ranks N] [--out FOLDER] [--prime FOLDER] [NAME...]

--quick (default): coarse versions, a minute in all, with tolerances to match. --full: the scenes as they are; plots go to the folder, too.
Ends with 1 where a row misses its tolerance or a run fails, with 2 for bad usage.
"""
import argparse
import csv
import math
import os
import pathlib
import subprocess
import sys
import time

import h5py
import numpy as np

SCENES = pathlib.Path(__file__).resolve().parent.parent / "apps" / "fdtd" / "scenes"
C0 = 299792458.0
ETA0 = 4e-7 * math.pi * C0


# --- what is known


def riccati_bessel(x, orders):
    """psi_n(x), chi_n(x) for n = 0 to orders: x j_n(x) from high orders down (Miller), -x y_n(x) from low ones up."""
    start = orders + 20 + int(x)
    psi = np.zeros(start + 2)
    psi[start] = 1e-250
    for n in range(start, 0, -1):
        psi[n - 1] = (2 * n + 1) / x * psi[n] - psi[n + 1]
        if abs(psi[n - 1]) > 1e200:
            psi *= 1e-200
    first = psi[0] if abs(math.sin(x)) > 0.5 else psi[1]
    psi *= (math.sin(x) if abs(math.sin(x)) > 0.5 else math.sin(x) / x - math.cos(x)) / first
    chi = [math.cos(x), math.cos(x) / x + math.sin(x)]
    for n in range(1, orders):
        chi.append((2 * n + 1) / x * chi[n] - chi[n - 1])
    return psi[: orders + 1], np.array(chi)


def mie(x, index):
    """n, a_n and b_n of a sphere of size x = k a and refractive index `index`, None a conductor (Bohren and Huffman 1983, 4.4)."""
    orders = int(x + 4 * x ** (1 / 3) + 12)
    psi, chi = riccati_bessel(x, orders)
    xi = psi - 1j * chi
    n = np.arange(1, orders + 1)
    d_psi, d_xi = psi[:-1] - n / x * psi[1:], xi[:-1] - n / x * xi[1:]
    psi, xi = psi[1:], xi[1:]
    if index is None:
        return n, d_psi / d_xi, psi / xi
    inner, _ = riccati_bessel(index * x, orders)
    d_inner = inner[:-1] - n / (index * x) * inner[1:]
    inner = inner[1:]
    a = (index * inner * d_psi - psi * d_inner) / (index * inner * d_xi - xi * d_inner)
    b = (inner * d_psi - index * psi * d_inner) / (inner * d_xi - index * xi * d_inner)
    return n, a, b


def backscatter_efficiency(x):
    """Monostatic cross-section over pi a^2, of a conducting sphere."""
    n, a, b = mie(x, None)
    return abs(np.sum((2 * n + 1) * (-1.0) ** n * (a - b))) ** 2 / x**2


def scattering_efficiency(x, index):
    n, a, b = mie(x, index)
    return 2 / x**2 * np.sum((2 * n + 1) * (abs(a) ** 2 + abs(b) ** 2))


def slab_reflectance(frequency_hz, index, thickness_m):
    """Of the power, at normal incidence."""
    r = (1 - index) / (1 + index)
    turn = np.exp(-4j * math.pi * frequency_hz * index * thickness_m / C0)
    return abs(r * (1 - turn) / (1 - r**2 * turn)) ** 2


def wire_impedance(frequency_hz, length_m, radius_m, distance_m=0.0, sign=0):
    """What feeds a thin wire's middle, by Hallén's equation with currents that step between points (Balanis 2016, 8.3). `sign`: 1 or -1
    beside a second wire that carries the same current or its opposite, `distance_m` away."""
    k = 2 * math.pi * frequency_hz / C0
    half = round(length_m / (6 * radius_m))  # steps of three radii: on shorter ones currents on the axis do not stand for the surface's
    d = length_m / (2 * half)
    points, weights = np.polynomial.legendre.leggauss(16)
    away = np.arange(2 * half + 1) * d

    def kernel(radius):
        r = np.hypot(away[:, None] + points * d / 2, radius)
        static = np.arcsinh((away + d / 2) / radius) - np.arcsinh((away - d / 2) / radius)
        return (static + np.sum(weights * (np.exp(-1j * k * r) - 1) / r, axis=1) * d / 2) / (4 * math.pi)

    row = kernel(radius_m) + (sign * kernel(distance_m) if sign else 0)
    i = np.arange(half + 1)  # from the middle out; the current at the end is zero, its column is the equation's constant
    matrix = row[abs(i[:, None] - i)] + np.where(i > 0, row[i[:, None] + i], 0)
    matrix[:, -1] = 1j / ETA0 * np.cos(k * i * d)
    return 1 / np.linalg.solve(matrix, -1j / (2 * ETA0) * np.sin(k * i * d))[0]


# A row of PEC grid edges is a wire of this radius in cells, and half a cell longer at each end, where its charge lies.
WIRE_RADIUS = 0.2


def patch_resonance_hz(length_m, width_m, height_m, eps_r):
    """Of the transmission-line model (Balanis 2016, 14.2)."""
    eps = (eps_r + 1) / 2 + (eps_r - 1) / 2 / math.sqrt(1 + 12 * height_m / width_m)
    w = width_m / height_m
    fringe = 0.412 * height_m * (eps + 0.3) * (w + 0.264) / ((eps - 0.258) * (w + 0.8))
    return C0 / (2 * (length_m + 2 * fringe) * math.sqrt(eps))


# --- running and comparing


class Failure(Exception):
    """A run that did not come to its end."""


class Bench:
    """Runs scenes and keeps the rows of the table."""

    def __init__(self, options):
        self.options = options
        self.full = options.full
        self.rows = []
        self.name = ""

    def folder(self):
        folder = self.options.out / self.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def run(self, scene, sets=(), quick=(), tag=""):
        """Runs SCENE.toml with `sets` (and `quick`, unless full) as KEY=VALUE; the folder of its output."""
        out = self.folder() / (scene + tag)
        command = [*self.options.launch, str(SCENES / f"{scene}.toml")]
        for setting in (*sets, *(() if self.full else quick)):
            command += ["--set", setting]
        command += ["--out", str(out), "--progress", "none"]
        begin = time.monotonic()
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}")
        print(f"  {scene}{tag}: {time.monotonic() - begin:.1f} s", flush=True)
        return out

    def row(self, quantity, expected, found, tolerance, kind="relative"):
        """`kind`: relative, absolute or dB; of these the error is a share of `expected` or the difference."""
        error = found - expected
        if kind == "relative":
            error /= abs(expected)
        self.rows.append((self.name, quantity, expected, found, error, tolerance, kind, bool(abs(error) <= tolerance)))

    def plot(self, name, draw):
        """draw(axes) -> nothing; only in full."""
        if not self.full:
            return
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
        draw(axes)
        axes.legend()
        axes.grid(alpha=0.3)
        figure.savefig(self.options.out / f"{name}.png", dpi=120)
        plt.close(figure)

    def print(self):
        print(f"\n{'scene':18} {'quantity':40} {'expected':>12} {'found':>12} {'error':>10} {'tolerance':>10}")
        for name, quantity, expected, found, error, tolerance, kind, passed in self.rows:
            if kind == "relative":
                shown = f"{100 * error:+9.2f}% {100 * tolerance:9.2f}%"
            else:
                unit = " dB" if kind == "dB" else "   "
                shown = f"{error:+7.3f}{unit} {tolerance:7.3f}{unit}"
            print(f"{name:18} {quantity:40} {expected:12.6g} {found:12.6g} {shown}  {'pass' if passed else 'FAIL'}")


def table(path):
    """Rows of a CSV file, numbers as such."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for key, value in row.items():
            try:
                row[key] = float(value)
            except ValueError:
                pass
    return rows


def line(path, field):
    """Values [frequency][along z] of a dft on one line of cells, and their z in metres."""
    with h5py.File(path) as file:
        group = file[field]
        values = (group["re"][:] + 1j * group["im"][:])[:, :, 0, 0]
        z = group.attrs["origin_m"][2] + group.attrs["offset_m"][2] + group.attrs["spacing_m"][2] * np.arange(values.shape[1])
    return values, z


def db(value):
    return 10 * math.log10(value)


# --- the scenes

RADIUS_M = 0.1  # of both spheres


def size(frequency_hz):
    return 2 * math.pi * frequency_hz * RADIUS_M / C0


def pec_sphere(bench):
    out = bench.run("pec_sphere", quick=["grid.cells=[64, 64, 64]", "grid.spacing_m=0.005", "grid.pml_cells=5", "run.stop_below_db=-40"])
    rows = [row for row in table(out / "rcs.csv") if row["pol"] == "VV"]
    found = [10 ** (row["rcs_dbsm"] / 10) / (math.pi * RADIUS_M**2) for row in rows]
    sizes = [size(row["frequency_hz"]) for row in rows]
    for x, value in zip(sizes, found):
        bench.row(f"ka = {x:.3g}: sigma / (pi a^2), dB", db(backscatter_efficiency(x)), db(value), 0.5 if bench.full else 1.0, "dB")

    def draw(axes):
        dense = np.linspace(0.2, 5.5, 300)
        axes.plot(dense, [backscatter_efficiency(x) for x in dense], label="Mie")
        axes.plot(sizes, found, "o", label="found")
        axes.set(xlabel="ka", ylabel="sigma / (pi a^2)", yscale="log", title="Conducting sphere, backscatter")

    bench.plot("pec_sphere", draw)


def dielectric_sphere(bench):
    coarse = ["grid.cells=[50, 50, 50]", "grid.spacing_m=0.0064", "grid.pml_cells=4", "run.stop_below_db=-40", "far_field.0.theta_deg=90"]
    curves = []
    for index in (2.0, 1.5) if bench.full else (2.0,):
        out = bench.run("dielectric_sphere", [f"material.0.eps_r={index**2}"], coarse, f"_n{index:g}")
        rows = table(out / "scattered_total.csv")
        sizes = [size(row["frequency_hz"]) for row in rows]
        found = [row["scattering_cross_section_m2"] / (math.pi * RADIUS_M**2) for row in rows]
        curves.append((index, sizes, found))
        for x, value in zip(sizes, found):
            bench.row(f"n = {index:g}, x = {x:.3g}: Q_sca, far field", scattering_efficiency(x, index), value, 0.02 if bench.full else 0.10)
        for row in table(out / "flux.csv"):
            x = size(row["frequency_hz"])
            value = row["cross_section_m2"] / (math.pi * RADIUS_M**2)
            bench.row(f"n = {index:g}, x = {x:.3g}: Q_sca, flux", scattering_efficiency(x, index), value, 0.02 if bench.full else 0.10)

    def draw(axes):
        dense = np.linspace(0.3, 3.3, 400)
        for index, sizes, found in curves:
            axes.plot(dense, [scattering_efficiency(x, index) for x in dense], label=f"Mie, n = {index:g}")
            axes.plot(sizes, found, "o", label=f"found, n = {index:g}")
        axes.set(xlabel="size x", ylabel="scattering efficiency", title="Dielectric sphere")

    bench.plot("dielectric_sphere", draw)


def off_the_grid(scene, cells, conductors, interfaces):
    """Settings for a sphere scene with so many cells a radius, its middle on no plane of the grid."""
    h = RADIUS_M / cells
    layers, gap = 8, 4
    low, size = layers + gap, 2 * (layers + 2 * gap) + 2 * cells

    def planes(at):
        return f"[{at * h!r}, {at * h!r}, {at * h!r}]"

    center = [(size / 2 + offset) * h for offset in (0.13, -0.21, 0.37)]
    settings = [f"grid.cells=[{size}, {size}, {size}]", f"grid.spacing_m={h!r}", f"grid.pml_cells={layers}", f"grid.conductors='{conductors}'",
                f"grid.interfaces='{interfaces}'", f"shape.0.center_m={center}", f"source.0.box_low_m={planes(low)}",
                f"source.0.box_high_m={planes(size - low)}", f"far_field.0.low_m={planes(low - 2)}", f"far_field.0.high_m={planes(size - low + 2)}"]
    if scene == "dielectric_sphere":
        settings += [f"flux.0.low_m={planes(low - 2)}", f"flux.0.high_m={planes(size - low + 2)}", "far_field.0.theta_deg=90",
                     "far_field.0.total_power=false"]
    return settings


def surfaces(bench):
    """How the error falls with the cells: staircases against surfaces where they are."""
    radii = (10, 14, 20) if bench.full else (7, 10)
    errors = {}
    for scene, fitted in (("pec_sphere", ("conformal", "average")), ("dielectric_sphere", ("conformal", "average"))):
        for how in (("staircase", "staircase"), fitted):
            for cells in radii:
                out = bench.run(scene, off_the_grid(scene, cells, *how), tag=f"_{how[0]}_{cells}")
                if scene == "pec_sphere":
                    rows = [row for row in table(out / "rcs.csv") if row["pol"] == "VV" and size(row["frequency_hz"]) < 4]
                    wrong = [row["rcs_dbsm"] - db(math.pi * RADIUS_M**2 * backscatter_efficiency(size(row["frequency_hz"]))) for row in rows]
                else:
                    # Above, ten cells a wavelength in the sphere, the grid's own dispersion hides what surfaces do.
                    rows = [row for row in table(out / "flux.csv") if size(row["frequency_hz"]) < 2.5]
                    known = [scattering_efficiency(size(row["frequency_hz"]), 2.0) * math.pi * RADIUS_M**2 for row in rows]
                    wrong = [100 * (row["cross_section_m2"] / right - 1) for row, right in zip(rows, known)]
                errors[scene, how[0], cells] = float(np.sqrt(np.mean(np.square(wrong))))
        for how in ("staircase", fitted[0]):
            of = [errors[scene, how, cells] for cells in radii]
            order = -np.polyfit(np.log(radii), np.log(of), 1)[0]
            print(f"  {scene}, {how}: {', '.join(f'{cells} cells {error:.3g}' for cells, error in zip(radii, of))}; order {order:.2f}", flush=True)
        ratio = errors[scene, fitted[0], radii[-1]] / errors[scene, "staircase", radii[-1]]
        bench.row(f"{scene}, {radii[-1]} cells: error, share of a staircase's", 0, ratio, 0.5 if scene == "pec_sphere" or bench.full else 0.9, "absolute")


# dBsm at (GHz, phi, polarization), integral equation
ALMOND = {
    (7.0, 0): {"HH": -34.46, "VV": -42.50},
    (7.0, 90): {"HH": -21.36, "VV": -24.54},
    (7.0, 180): {"HH": -32.19, "VV": -40.52},
    (3.5, 0): {"HH": -28.14, "VV": -40.22},
    (3.5, 90): {"HH": -21.04, "VV": -31.70},
}


def almond(bench):
    body = bench.folder() / "almond.stl"
    subprocess.run([sys.executable, str(SCENES / "almond.py"), str(body)], check=True)
    coarse = ["grid.cells=[103, 51, 29]", "grid.spacing_m=0.003", "grid.pml_cells=5", "run.stop_below_db=-40", "sweep.phi_deg=90",
              "far_field.0.frequencies_hz=[3.5e9]"]
    out = bench.run("almond", [f"shape.0.file={body}"], coarse)
    for row in table(out / "rcs.csv"):
        key = (row["frequency_hz"] / 1e9, int(row["phi_deg"]))
        if key in ALMOND:
            bench.row(f"{key[0]:g} GHz, phi {key[1]}, {row['pol']}: dBsm", ALMOND[key][row["pol"]], row["rcs_dbsm"], 1.0 if bench.full else 2.5, "dB")


def half_wave_dipole(bench):
    coarse = ["grid.cells=[50, 50, 125]", "grid.spacing_m=0.002", "run.stop_below_db=-50"]
    out = bench.run("half_wave_dipole", quick=coarse)
    rows = table(out / "ports.csv")
    f = np.array([row["frequency_hz"] for row in rows])
    r = np.array([row["z_re_ohm"] for row in rows])
    x = np.array([row["z_im_ohm"] for row in rows])
    resonance = np.interp(0, x, f)
    half_wave = C0 / 0.3
    cell = 0.001 if bench.full else 0.002
    bench.row("length over wavelength at resonance", 0.475, 0.15 * resonance / C0, 0.005 if bench.full else 0.01, "absolute")
    bench.row("resistance there, ohm (65 to 73)", 69, np.interp(resonance, f, r), 4 if bench.full else 6, "absolute")
    known = wire_impedance(half_wave, 0.15 + cell, WIRE_RADIUS * cell)
    bench.row("resistance at 999.3 MHz, ohm (Hallén)", known.real, np.interp(half_wave, f, r), 3 if bench.full else 10, "absolute")
    bench.row("reactance there", known.imag, np.interp(half_wave, f, x), 3 if bench.full else 10, "absolute")
    broadside = [row for row in table(out / "far.csv") if row["theta_deg"] == 90]
    bench.row("gain, dBi", 2.15, broadside[0]["gain_dbi"], 0.1, "dB")
    bench.row("radiation efficiency", 1, table(out / "far_total.csv")[0]["radiation_efficiency"], 0.03)

    def draw(axes):
        axes.plot(f / 1e6, r, "o-", label="resistance")
        axes.plot(f / 1e6, x, "o-", label="reactance")
        axes.axvline(half_wave / 1e6, color="grey", label="half a wavelength")
        axes.set(xlabel="MHz", ylabel="ohm", title="Half-wave dipole, input impedance")

    bench.plot("half_wave_dipole", draw)


def two_dipoles(bench):
    out = bench.run("two_dipoles")
    cell = 0.005
    for words in (line.split() for line in (out / "ports.s2p").read_text().splitlines()[2:]):
        f, *parts = map(float, words)
        first, second, third, fourth = (complex(re, im) for re, im in zip(parts[::2], parts[1::2]))
        s = np.array([[first, third], [second, fourth]])
        z = 50 * np.linalg.inv(np.eye(2) - s) @ (np.eye(2) + s)
        even, odd = (wire_impedance(f, 0.15, WIRE_RADIUS * cell, 0.15, sign) for sign in (1, -1))
        for name, known, found in (("own", (even + odd) / 2, z[0, 0]), ("mutual", (even - odd) / 2, z[1, 0])):
            for part in ("real", "imag") if abs(f - 999.308e6) < 1 else ():
                bench.row(f"{name} impedance, {part}, ohm (Hallén)", getattr(known, part), getattr(found, part), 5, "absolute")
        bench.row(f"|S12 - S21| at {f / 1e6:.0f} MHz", 0, abs(s[0, 1] - s[1, 0]), 1e-5, "absolute")


GUIDE_M = 0.0107
CUT_OFF_HZ = C0 / (2 * GUIDE_M)


def waveguide(bench):
    out = bench.run("waveguide")
    e, z = line(out / "line.h5", "Ey")
    h, _ = line(out / "line.h5", "Hx")
    frequencies = np.array([20e9, 24e9, 26e9])
    betas = np.array([-np.polyfit(z, np.unwrap(np.angle(values)), 1)[0] for values in e])
    impedances = np.mean(abs(e), 1) / np.mean(abs(h), 1)
    expected = 2 * math.pi / C0 * np.sqrt(frequencies**2 - CUT_OFF_HZ**2)
    bench.row("cut-off by beta(20 GHz), GHz", CUT_OFF_HZ / 1e9, math.sqrt(20e9**2 - (betas[0] * C0 / 2 / math.pi) ** 2) / 1e9, 0.002)
    for f, beta, known in zip(frequencies, betas, expected):
        bench.row(f"beta({f / 1e9:g} GHz), rad/m", known, beta, 0.003)
    for f, impedance in zip(frequencies, impedances):
        bench.row(f"Z of TE10 at {f / 1e9:g} GHz, ohm", ETA0 / math.sqrt(1 - (CUT_OFF_HZ / f) ** 2), impedance, 0.002)

    def draw(axes):
        dense = np.linspace(14.1e9, 27e9, 300)
        axes.plot(dense / 1e9, 2 * math.pi / C0 * np.sqrt(dense**2 - CUT_OFF_HZ**2), label="closed form")
        axes.plot(frequencies / 1e9, betas, "o", label="found")
        axes.set(xlabel="GHz", ylabel="beta, rad/m", title="Waveguide, TE10")

    bench.plot("waveguide", draw)


def slab(bench):
    area = 1e-6
    by_place = {}
    for row in table(bench.run("slab") / "flux.csv"):
        by_place.setdefault(row["name"], {})[row["frequency_hz"]] = row["cross_section_m2"] / area
    found = {f: -value for f, value in by_place["reflected"].items()}
    for f, value in found.items():
        bench.row(f"R at {f / 1e9:g} GHz", slab_reflectance(f, 2, 0.01), value, 0.002, "absolute")

    def draw(axes):
        dense = np.linspace(0.2e9, 8e9, 300)
        axes.plot(dense / 1e9, slab_reflectance(dense, 2, 0.01), label="closed form")
        axes.plot(np.array(list(found)) / 1e9, list(found.values()), "o", label="found")
        axes.set(xlabel="GHz", ylabel="R", title="Slab, n = 2, 10 mm")

    bench.plot("slab", draw)


def fresnel(bench):
    out = bench.run("fresnel")
    edge_m = 0.00025
    sent = ETA0 / 8 / edge_m**2
    for row in table(out / "flux.csv"):
        bench.row(f"1 - T at {row['frequency_hz'] / 1e9:g} GHz, by flux", 1 / 9, 1 - row["power"] / sent, 0.01)
    with h5py.File(out / "probes.h5") as file:
        values = file["before/Ex"][:]
        t = np.arange(len(values)) * file["before/Ex"].attrs["dt_s"]
    middle = 1 / 5e9 + 0.110125 / C0  # the pulse's at the surface
    bench.row("R of a pulse", 1 / 9, (np.max(abs(values[t > middle])) / np.max(abs(values[t < middle]))) ** 2, 0.01)

    e, z = line(bench.run("fresnel_guide") / "line.h5", "Ey")
    surface_m = 0.02688375
    known = 2 * math.pi / C0 * CUT_OFF_HZ * math.sqrt(3)
    fits = []
    for beta in known * np.linspace(0.99, 1.01, 201):
        waves = np.exp(np.outer(z - surface_m, [-1j * beta, 1j * beta]))
        (there, back), residual, *_ = np.linalg.lstsq(waves, e[0], rcond=None)
        fits.append((residual[0], (back / there).real))
    cosines = math.sqrt(3) / 2, math.sqrt(15) / 2
    bench.row("r at 30 degrees, TE, in a guide", (cosines[0] - cosines[1]) / sum(cosines), min(fits)[1], 0.02)

    def draw(axes):
        axes.plot(t * 1e9, values / np.max(abs(values)), label="Ex before the half space")
        axes.axhline(-1 / 3, color="grey", linestyle=":", label="-1/3")
        axes.set(xlabel="ns", ylabel="of the incident peak", title="Half space, n = 2")

    bench.plot("fresnel", draw)


def patch_antenna(bench):
    coarse = ["grid.cells=[55, 59, 32]", "grid.spacing_m=[0.002, 0.002, 0.0015]", "grid.pml_cells=5", "run.stop_below_db=-35",
              "shape.1.low_m=[0.036, 0.036, 0.003]", "shape.1.high_m=[0.074, 0.082, 0.003]"]
    rows = table(bench.run("patch_antenna", quick=coarse) / "ports.csv")
    f = np.array([row["frequency_hz"] for row in rows])
    s = np.array([row["s_db"] for row in rows])
    deepest = int(np.argmin(s))
    bench.row("dip of S11, GHz", patch_resonance_hz(0.040, 0.048, 0.003, 2.2) / 1e9, f[deepest] / 1e9, 0.03)
    bench.row("its depth, dB (below -10)", -25, s[deepest], 15, "absolute")

    def draw(axes):
        axes.plot(f / 1e9, s, "o-", label="found")
        axes.axvline(patch_resonance_hz(0.040, 0.048, 0.003, 2.2) / 1e9, color="grey", label="transmission-line model")
        axes.set(xlabel="GHz", ylabel="S11, dB", title="Patch antenna")

    bench.plot("patch_antenna", draw)


def absorber(bench):
    out = bench.run("absorber", quick=["run.steps=20000"])
    with h5py.File(out / "probes.h5") as file:
        for name in file:
            values = np.sqrt(sum(file[name][f"E{axis}"][:] ** 2 for axis in "xyz"))
            parts = [np.max(part) / np.max(values) for part in np.array_split(values, 10)]
            bench.row(f"{name}: largest field of the last tenth, of all", 0, parts[-1], 1e-6 if bench.full else 1e-5, "absolute")
            bench.row(f"{name}: of the last tenth, of the fifth", 0, parts[-1] / parts[4], 1.5, "absolute")


def prime(bench):
    folder = bench.options.prime
    references = {pol: np.loadtxt(folder / f"rcs_2580MHz_{pol}.txt") for pol in ("HH", "VV")}
    quick = ["grid.cells=[57, 57, 26]", "grid.spacing_m=0.006", "grid.pml_cells=4", "sweep.phi_deg=90",
             "source.0.box_low_m=[0.036, 0.036, 0.036]", "source.0.box_high_m=[0.306, 0.306, 0.12]",
             "far_field.0.low_m=[0.030, 0.030, 0.030]", "far_field.0.high_m=[0.312, 0.312, 0.126]"]
    out = bench.run("prime_aircraft", [f"shape.0.file={(folder / 'prime.stl').resolve()}"], quick if not bench.full else ())
    rows = table(out / "rcs.csv")
    for pol, reference in references.items():
        angles = np.array([row["phi_deg"] for row in rows if row["pol"] == pol])
        found = np.array([row["rcs_dbsm"] for row in rows if row["pol"] == pol])
        angles = 180 - angles  # the suite's phi counts from the nose, which points to -x here
        difference = found - np.interp(angles, reference[:, 2], reference[:, 3])
        bench.row(f"{pol}: mean absolute difference, dB", 0, float(np.mean(abs(difference))), 1.0, "dB")

        def draw(axes, angles=angles, found=found, reference=reference):
            axes.plot(reference[:, 2], reference[:, 3], label="integral equation")
            axes.plot(angles, found, "o", label="found")
            axes.set(xlabel="phi, degrees", ylabel="dBsm", title=f"PRIME aircraft, 2.58 GHz, {pol}")

        bench.plot(f"prime_{pol}", draw)


CASES = {case.__name__: case for case in (pec_sphere, dielectric_sphere, surfaces, almond, half_wave_dipole, two_dipoles, waveguide, slab, fresnel, patch_antenna, absorber)}


def main():
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(prog="validate.sh", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join((*CASES, 'prime'))}; all but prime unless given")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quick", action="store_true", help="coarse versions (default)")
    how.add_argument("--full", action="store_true", help="the scenes as they are, and plots")
    parser.add_argument("--ranks", type=int, default=2, metavar="N", help="of each run (default: 2)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out/validate"), metavar="FOLDER")
    parser.add_argument("--prime", type=pathlib.Path, default=os.environ.get("HILBRICK_PRIME"), metavar="FOLDER",
                        help="of prime.stl and its references (default: HILBRICK_PRIME)")
    parser.add_argument("--usage", action="store_true", help=argparse.SUPPRESS)  # only looks at the arguments
    options = parser.parse_intermixed_args(sys.argv[4:])
    options.launch = [sys.argv[2], sys.argv[3], str(options.ranks), sys.argv[1]]
    options.out = options.out.resolve()
    options.prime = pathlib.Path(options.prime) if options.prime else None
    cases = {**CASES, "prime": prime}
    unknown = [name for name in options.names if name not in cases]
    if unknown:
        parser.error(f"no scene {', '.join(unknown)}: expected {', '.join(cases)}")
    if "prime" in options.names and not (options.prime and (options.prime / "prime.stl").is_file()):
        parser.error("prime: expected a folder that has prime.stl and its references, as --prime FOLDER or HILBRICK_PRIME")

    names = options.names or list(CASES)
    if options.usage:
        return 0
    bench = Bench(options)
    failed = False
    for name in names:
        bench.name = name
        print(name, flush=True)
        try:
            cases[name](bench)
        except Failure as failure:
            print(f"{name}: {failure}", file=sys.stderr)
            failed = True
    bench.print()
    missed = sum(not row[-1] for row in bench.rows)
    print(f"\n{len(bench.rows) - missed} of {len(bench.rows)} within their tolerance; output in {options.out}")
    return 1 if failed or missed else 0


if __name__ == "__main__":
    sys.exit(main())
