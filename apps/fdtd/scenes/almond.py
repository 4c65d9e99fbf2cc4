#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The NASA almond as a binary STL in metres: almond.py FILE.stl [--length METRES] [--around N] [--along N]

Formula of the EMCC benchmark body, d its length: an ellipsoid's half for -0.41667 <= x/d <= 0, and ahead of it a tip that ends in a point at
x = 0.58333 d. Both are ellipses across x, 3 times as wide along y as along z.
"""
import argparse
import math
import struct


def half_width(t):
    """Over d, along y, at x = t d."""
    if t <= 0:
        return 0.193333 * math.sqrt(max(0.0, 1 - (t / 0.416667) ** 2))
    return 4.83345 * max(0.0, math.sqrt(1 - (t / 2.08335) ** 2) - 0.96)


def triangles(length_m, around, along):
    """Corner triples, seen from outside in the mathematical sense of rotation; stations are dense where the body closes."""
    back = [-0.41667 * math.cos(math.pi / 2 * i / along) for i in range(along)]
    front = [0.58333 * math.sin(math.pi / 2 * i / along) for i in range(along)]
    rings = []
    for t in back[1:] + front:
        wide = half_width(t) * length_m
        angles = (2 * math.pi * k / around for k in range(around))
        rings.append([(t * length_m, wide * math.cos(psi), wide / 3 * math.sin(psi)) for psi in angles])
    tail, tip = (-0.41667 * length_m, 0.0, 0.0), (0.58333 * length_m, 0.0, 0.0)
    for k in range(around):
        n = (k + 1) % around
        yield tail, rings[0][n], rings[0][k]
        yield tip, rings[-1][k], rings[-1][n]
        for low, high in zip(rings, rings[1:]):
            yield low[k], low[n], high[n]
            yield low[k], high[n], high[k]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--length", type=float, default=0.252374, metavar="METRES", help="9.936 inches unless given")
    parser.add_argument("--around", type=int, default=120, metavar="N", help="points of an ellipse")
    parser.add_argument("--along", type=int, default=60, metavar="N", help="ellipses of each part")
    options = parser.parse_args()
    body = list(triangles(options.length, options.around, options.along))
    with open(options.file, "wb") as file:
        file.write(b"NASA almond".ljust(80) + struct.pack("<I", len(body)))
        for corners in body:
            file.write(struct.pack("<12fH", 0, 0, 0, *(x for corner in corners for x in corner), 0))


if __name__ == "__main__":
    main()
