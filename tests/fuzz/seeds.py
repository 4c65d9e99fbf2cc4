# SPDX-License-Identifier: BSD-3-Clause
"""Writes what fuzzing starts from: seeds.py FOLDER makes FOLDER/TARGET/... of the scenes that ship and of small files made here."""

import pathlib
import re
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

SMALL_SCENE = """[grid]
cells = [20, 20, 20]
spacing_m = 1e-3
pml_cells = 4
[run]
steps = 5
[[material]]
name = "m"
eps_r = 2.5
drude = [{ omega_rad_s = 1e10, gamma_rad_s = 1e9 }]
"""
PARTS = [
    '[[shape]]\nkind = "sphere"\nmaterial = "m"\ncenter_m = [0.01, 0.01, 0.01]\nradius_m = 0.002\npriority = 3\n',
    '[[shape]]\nkind = "prism"\nmaterial = "pec"\ntriangle_m = [[0.01, 0, 0], [0.015, 0, 0], [0.01, 0.01, 0]]\nfrom_m = [0, 0, 0]\nto_m = [0, 0, 0.01]\n',
    '[[shape]]\nkind = "wire"\nmaterial = "pec"\npoints_m = [[0.01, 0.01, 0.005], [0.01, 0.01, 0.009], [0.012, 0.01, 0.009]]\n',
    '[[shape]]\nkind = "stl"\nmaterial = "pec"\nfile = "a.stl"\nscale = 0.001\nrotate_deg = [0, 90, 0]\n',
    '[[source]]\nkind = "plane_wave"\nbox_low_m = [0.006, 0.006, 0.006]\nbox_high_m = [0.014, 0.014, 0.014]\ntheta_deg = 30\nphi_deg = 40\npol = "phi"\n'
    'waveform = { kind = "cw", frequency_hz = 1e10 }\n[sweep]\nphi_deg = { from = 0, to = 90, step = 45 }\n[[far_field]]\nname = "f"\nfrequencies_hz = 1e10\n',
    '[[port]]\nname = "a"\nfrom_m = [0.01, 0.01, 0.01]\nto_m = [0.01, 0.01, 0.011]\nwaveform = { kind = "table", times_s = [0, 1e-9], values = [0, 1] }\n'
    'frequencies_hz = [1e9, 2e9]\n[sweep]\nports = ["a"]\n',
    '[[element]]\nfrom_m = [0.01, 0.01, 0.01]\nto_m = [0.01, 0.01, 0.012]\nresistance_ohm = 50\ninductance_h = 1e-9\nconnection = "series"\n',
    '[[source]]\nkind = "guide_mode"\nlow_m = [0, 0, 0.01]\nhigh_m = [0.02, 0.02, 0.01]\ndirection = [0, 0, 1]\nmode = [1, 0]\n'
    'waveform = { kind = "modulated_gaussian", frequency_hz = 1e10 }\n',
    '[[dft]]\nname = "d"\nfields = ["Ex"]\nfrequencies_hz = { from = 1e9, to = 2e9, count = 3 }\n[[flux]]\nname = "x"\nlow_m = [0.008, 0.008, 0.008]\n'
    'high_m = [0.012, 0.012, 0.012]\nfrequencies_hz = 1e9\n[[probe]]\nname = "p"\nposition_m = [0.01, 0.01, 0.01]\n',
]
MACHINE = """seconds_per_cell = 2.5e-9
seconds_per_row = 5e-8
message_seconds = 2e-6
rank_bytes_per_second = 1e9
link_bytes_per_second = 1e10
node_message_seconds = 1e-6
ranks_per_node = [4, 3]
"""

# A tetrahedron: corners and the triangles between them, seen from outside.
CORNERS = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
TRIANGLES = [(0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2)]


def text_solid(name, move=0.0, triangles=TRIANGLES):
    lines = [f"solid {name}"]
    for triangle in triangles:
        lines += ["facet normal 0 0 0", " outer loop"]
        lines += [f"  vertex {x + move:g} {y:g} {z:g}" for x, y, z in (CORNERS[corner] for corner in triangle)]
        lines += [" endloop", "endfacet"]
    return "\n".join([*lines, f"endsolid {name}", ""])


def binary_solid(triangles, scale=1.0, count=None):
    data = b"binary".ljust(80) + struct.pack("<I", len(triangles) if count is None else count)
    for triangle in triangles:
        data += struct.pack("<12fH", 0, 0, 0, *(scale * x for corner in triangle for x in CORNERS[corner]), 0)
    return data


def covering_solids(count):
    """Tetrahedra in one place: each triangle lies over most others."""
    return "".join(text_solid(f"s{i}", i * 1e-3) for i in range(count)).encode()


def main():
    folder = pathlib.Path(sys.argv[1])
    for target in ("scene", "stl", "voxels", "checkpoint", "machine"):
        (folder / target).mkdir(parents=True, exist_ok=True)
    for scene in (ROOT / "apps/fdtd/scenes").glob("*.toml"):
        # Without comments, which teach a fuzzer nothing.
        (folder / "scene" / scene.name).write_text(re.sub(r"\s*#.*", "", scene.read_text()))
    for number, part in enumerate(PARTS):
        (folder / "scene" / f"part{number}.toml").write_text(SMALL_SCENE + part)
    (folder / "scene/set.toml").write_text("#set grid.spacing_m=0.01\n" + SMALL_SCENE + PARTS[0])
    (folder / "machine/machine.toml").write_text(MACHINE)
    for name, data in {
        "text.stl": text_solid("a").encode(), "two.stl": (text_solid("a") + text_solid("b", 3)).encode(), "overlap.stl": (text_solid("a") + text_solid("b", 0.3)).encode(),
        "hole.stl": text_solid("a", triangles=TRIANGLES[1:]).encode(), "turned.stl": text_solid("a", triangles=[(0, 1, 2), *TRIANGLES[1:]]).encode(),
        "binary.stl": binary_solid(TRIANGLES), "large.stl": binary_solid(TRIANGLES, 1e37), "claims.stl": binary_solid(TRIANGLES, count=2**32 - 1), "empty.stl": b"", "covering.stl": covering_solids(60),
    }.items():
        (folder / "stl" / name).write_bytes(data)
    # Choices (datasets.hpp) that make a grid of 5 x 4 x 3 voxels, one of floats, one of 2^60 voxels; a checkpoint, one that lacks parts.
    for name, data in {
        "small": [0, 3, 3, 3, 4, 5, 0, *[1, 0, 0, 0] * 60], "bytes": [0, 0, 3, 3, 4, 5, 0, *range(60)], "floats": [0, 6, 3, 3, 4, 5], "claims": [0, 3, 3, 60, 60, 60],
        "scalar": [0, 3, 0], "other": [15, 3, 3, 3, 4, 5],
    }.items():
        (folder / "voxels" / name).write_bytes(bytes(data))
    for name, data in {
        "whole": [1], "lacks": [1, 0, 0, 7], "text": [1, 3, 8, *b"12345678", 20, 3], "scalar": [1, 0, 0, 0, 6, 7, 0], "claims": [1, 0, 0, 0, 6, 7, 1, 63],
        "raw": [0, *b"hilbrick checkpoint 1\nbytes 600\ndigest 0123456789abcdef\n", *[0] * 540], "future": [0, *b"hilbrick checkpoint 99\nbytes 600\n", *[0] * 540],
    }.items():
        (folder / "checkpoint" / name).write_bytes(bytes(data))


main()
