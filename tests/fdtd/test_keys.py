# SPDX-License-Identifier: BSD-3-Clause
"""README.md names the keys that the parser knows, with their ranges and defaults, and its examples run. test_keys.py PROGRAM MPIEXEC
NUMPROC_FLAG README [unittest's arguments]"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAM, MPIEXEC, NUMPROC_FLAG, README = sys.argv[1:5]
LIMIT_S = 300

# Scenes that between them give every key.
START = """
[grid]
cells = [40, 40, 40]
spacing_m = 1e-3
boundary = { x = "pml", y = "pml", z = "pml" }
pml_cells = 5
courant = 0.9
[run]
steps = 1
duration_s = 1e-12
precision = "single"
check_every = 1
stop_below_db = -40
deadline_s = 1
[checkpoint]
every = 10
every_minutes = 10
keep = 3
[partition]
method = "box"
brick = 8
weights = { pml = [1, 1, 1], material_change = 1, incident_value = 1 }
"""
PULSE = 'waveform = { kind = "gaussian", frequency_hz = 1e9 }\n'
BODIES = """
[[material]]
name = "m"
eps_r = 2
mu_r = 1
sigma = 0
sigma_m = 0
debye = [{ delta_eps = 1, tau_s = 1e-12 }]
drude = [{ omega_rad_s = 1e9, gamma_rad_s = 0 }]
lorentz = [{ delta_eps = 1, omega_rad_s = 1e9, gamma_rad_s = 0 }]
""" + "".join(f'[[shape]]\nkind = "{kind}"\nmaterial = "m"\npriority = 0\n{keys}\n' for kind, keys in {
    "box": "low_m = [0.01, 0.01, 0.01]\nhigh_m = [0.02, 0.02, 0.02]",
    "sphere": "center_m = [0.01, 0.01, 0.01]\nradius_m = 0.001",
    "ellipsoid": "center_m = [0.01, 0.01, 0.01]\nradii_m = [0.001, 0.001, 0.001]",
    "cylinder": "from_m = [0.01, 0.01, 0.01]\nto_m = [0.02, 0.01, 0.01]\nradius_m = 0.001",
    "cone": "from_m = [0.01, 0.01, 0.01]\nto_m = [0.02, 0.01, 0.01]\nfrom_radius_m = 0.001\nto_radius_m = 0",
    "prism": "triangle_m = [[0.01, 0, 0], [0.02, 0, 0], [0.01, 0.01, 0]]\nfrom_m = [0, 0, 0]\nto_m = [0, 0, 0.01]",
    "plate": "low_m = [0.01, 0.01, 0.01]\nhigh_m = [0.02, 0.02, 0.01]",
    "wire": "points_m = [[0.01, 0.01, 0.01], [0.02, 0.01, 0.01]]",
    "stl": 'file = "a.stl"\nsolid = "s"\nscale = 1\nrotate_deg = [0, 0, 0]\nmove_m = [0, 0, 0]',
}.items()) + '[[shape]]\nkind = "voxels"\nfile = "a.h5"\ndataset = "d"\nlow_m = [0, 0, 0]\nspacing_m = [1e-3, 1e-3, 1e-3]\nmaterials = ["m"]\n'
WAVE = '[[source]]\nkind = "plane_wave"\nbox_low_m = [0.01, 0.01, 0.01]\nbox_high_m = [0.03, 0.03, 0.03]\n'
SOURCES = f"""
{WAVE}direction = [1, 0, 0]
polarization = [0, 0, 1]
waveform = {{ kind = "cw", frequency_hz = 1e9, ramp_periods = 3, phase_rad = 0, delay_s = 0, amplitude = 1 }}
{WAVE}theta_deg = 90
phi_deg = 0
pol = "theta"
waveform = {{ kind = "modulated_gaussian", frequency_hz = 1e9, bandwidth_hz = 1e9, phase_rad = 0 }}
[[source]]
kind = "guide_mode"
low_m = [0.01, 0.01, 0.02]
high_m = [0.02, 0.02, 0.02]
direction = [0, 0, 1]
mode = [1, 0]
family = "te"
waveform = {{ kind = "table", times_s = [0, 1e-9], values = [0, 1] }}
[[source]]
kind = "dipole"
position_m = [0.02, 0.02, 0.02]
component = "Ez"
waveform = {{ kind = "table", file = "a.csv" }}
[[element]]
from_m = [0.01, 0.01, 0.01]
to_m = [0.02, 0.01, 0.01]
resistance_ohm = 1
inductance_h = 1
capacitance_f = 1
connection = "series"
"""
PORT = '[[port]]\nname = "a"\nfrom_m = [0.01, 0.01, 0.01]\nto_m = [0.02, 0.01, 0.01]\nresistance_ohm = 1\nfrequencies_hz = 1e9\n' + PULSE
MONITORS = """
[[probe]]
name = "p"
position_m = [0.01, 0.01, 0.01]
[[snapshot]]
name = "s"
low_m = [0.01, 0.01, 0.01]
high_m = [0.02, 0.02, 0.02]
fields = ["Ex"]
every = 1
at = "yee"
[[dft]]
name = "d"
low_m = [0.01, 0.01, 0.01]
high_m = [0.02, 0.02, 0.02]
fields = ["Ex"]
at = "yee"
frequencies_hz = { from = 1e9, to = 2e9, count = 2 }
every = 1
normalise = false
[[flux]]
name = "f"
low_m = [0.011, 0.011, 0.011]
high_m = [0.02, 0.02, 0.02]
frequencies_hz = { from = 1e9, to = 2e9, step = 1e9 }
every = 1
normalise = false
[[far_field]]
name = "ff"
low_m = [0.007, 0.007, 0.007]
high_m = [0.033, 0.033, 0.033]
theta_deg = 0
phi_deg = 0
phase_center_m = [0, 0, 0]
total_power = true
frequencies_hz = 1e9
every = 1
normalise = false
"""
ANGLES = '[sweep]\ntheta_deg = 90\nphi_deg = 0\npol = ["HH"]\n[[far_field]]\nname = "ff"\nfrequencies_hz = 1e9\n'
SCENES = [
    START + BODIES + SOURCES + PORT + MONITORS,
    START + WAVE + "direction = [1, 0, 0]\npolarization = [0, 0, 1]\n" + PULSE + ANGLES,
    START.replace("every = 10\n", 'every = "auto"\nmtbf_hours = 1\n') + PORT + '[sweep]\nports = ["a"]\n',
]
# Keys of tables that occur in several places.
SERIES = {"from", "to", "count", "step"}
# Of choices: what README.md names without quotes or as "from ... to".
NOT_QUOTED = {"or", "true", "false", "Ex", "Ey", "Ez", "Hx", "Hy", "Hz"}


def run(folder, scene, *arguments):
    (folder / "scene.toml").write_text(scene)
    command = [MPIEXEC, NUMPROC_FLAG, "1", PROGRAM, folder / "scene.toml", *arguments]
    return subprocess.run(list(map(str, command)), env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}, text=True, capture_output=True,
                          timeout=LIMIT_S, check=False)


def words_in_code(text):
    """The identifiers in `code`, without words in quotes."""
    return {word for code in re.findall(r"`([^`]*)`", text) for word in re.findall(r"[a-z][a-z0-9_.]*", re.sub(r'"[^"]*"', "", code))}


class Row:
    """A row of a table of keys: the section that it is in, the keys that it stands for, its text, its last cell."""

    def __init__(self, section, cells):
        self.section = section
        # Rows of a kind, and those that go on with it, name their keys beside it.
        of_kind = re.fullmatch(r'\s*(`"\w+"`)?\s*', cells[0])
        keys = cells[-1] if section == "waveform" else cells[1 if of_kind else 0] + " ".join(re.findall(r"`{[^}]*}`", cells[1]))
        self.keys = {key.split(".")[-1] for key in words_in_code(keys)}
        self.text = " ".join(cells)
        self.defaults = cells[-1]


def documented(text):
    """The rows of the tables of keys in README.md."""
    rows, section = [], None
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        heading, _, *lines = table.splitlines()
        if not re.match(r"\| (key|`kind`) \|", heading):
            continue
        section = "waveform" if "`kind`" in heading else "weights"
        for line in [heading.replace("`kind`", "") + " `kind` |", *lines] if section == "waveform" else lines:
            cells = line.strip("| ").split(" | ")
            title = re.match(r"\*\*\[+(\w+)\]+\*\*", cells[0])
            section = title.group(1) if title else section
            rows.append(Row(section, line.strip("|").split(" | ")))
    return rows


def differences(text, asked):
    """What README.md and the parser do not have in common."""
    rows, found = documented(text), []
    for (section, key), (expected, default) in asked.items():
        of_key = [row for row in rows if row.section == section and key in row.keys]
        others = re.findall(r"as (?:of|those of) an? (\w+)", " ".join(row.text for row in of_key))
        of_key += [row for row in rows if row.section in others and key in row.keys]
        if not of_key and key != "boundary":  # a table
            found.append(f"[{section}] {key}: the parser knows it, README.md does not")
        text = " ".join(row.text for row in of_key)
        expected = re.sub(r"of at least ([^ ]+) and at most ([^ ]+)", r"\1 to \2", expected)
        for limit in re.findall(r"(?:above|below|at least|at most) -?\d[\d.e+]*|\d+ to \d+", expected) if of_key else []:
            if limit not in text:
                found.append(f"[{section}] {key}: the parser expects {expected}, README.md does not say \"{limit}\"")
        section_text = " ".join(row.text for row in rows if row.section == section or row in of_key)
        for word in re.findall(r"\w+", expected) if re.fullmatch(r"(\w+, )*\w+ or \w+", expected) else []:
            if word not in NOT_QUOTED and f'"{word}"' not in section_text:
                found.append(f"[{section}] {key}: the parser takes {word}, README.md does not say so")
        defaults = " ".join(row.defaults for row in of_key)
        if of_key and default and default not in re.findall(r"[\w.+-]+", defaults) and not re.search(rf"`{key}` = [^,;]*`", defaults):
            found.append(f"[{section}] {key}: its default is {default}, README.md does not say so")
    for row in rows:
        for key in sorted(row.keys - SERIES):
            if (row.section, key) not in asked:
                found.append(f"[{row.section}] {key}: README.md knows it, the parser does not")
    return found


class Keys(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hilbrick-test-keys-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "a.csv").write_text("0,0\n1e-9,1\n")

    def asked(self):
        """{(section, key): (expected, default)} of all keys that the parser asks for."""
        keys = {}
        for scene in SCENES:
            result = run(self.folder, scene, "--keys")
            self.assertEqual(result.returncode, 0, result.stderr)
            for line in result.stdout.splitlines():
                name, expected, default = line.split("\t")
                *tables, key = name.split(".")
                if not tables or key in SERIES:
                    continue
                inner = tables[-1] if tables[-1] in ("waveform", "weights") else tables[0]
                before = keys.get((inner, key), ("", ""))
                keys[inner, key] = tuple(old or new for old, new in zip(before, (expected, default)))
        return keys

    def test_documentation_is_whole(self):
        text, asked = pathlib.Path(README).read_text(), self.asked()
        self.assertGreater(len(asked), 90)
        self.assertEqual(differences(text, asked), [])
        # The control: each of these is seen.
        for old, new in [("| `pml_cells` | integer", "| `pml_layers` | integer"), ("| integer, at least 1: edge of a brick in cells | 16 |", "| integer, at least 1: edge of a brick in cells | 8 |"),
                         ("| `brick` | integer, at least 1", "| `brick` | integer, at least 2"), ("`sigma`, `sigma_m`", "`sigma`"),
                         ("`scale` above 0", "`scale`"), ("`amplitude` = 1", "`amplitude` = 2"),
                         ('`"pencil"`, ', ""), ('`"cone"`', "")]:
            self.assertIn(old, text)
            self.assertNotEqual(differences(text.replace(old, new), asked), [], old)

    def test_every_scene_is_an_example(self):
        text = pathlib.Path(README).read_text()
        examples = text[text.index("## By use"):text.index("## What is solved")]
        scenes = pathlib.Path(README).parent / "scenes"
        body = self.folder / "body.stl"
        subprocess.run([sys.executable, scenes / "almond.py", body], check=True)
        for scene in sorted(scenes.glob("*.toml")):
            self.assertIn(f"`{scene.stem}`", examples)
            text = scene.read_text()
            for file in re.findall(r'^file = "([^"]*\.stl)"', text, re.MULTILINE):
                text = text.replace(file, str(body))
            result = run(self.folder, text, "--check")
            self.assertEqual(result.returncode, 0, (scene, result.stderr))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]])
