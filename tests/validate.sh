#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tests/validate.sh [--quick|--full] [--ranks N] [--out FOLDER] [--prime FOLDER] [NAME...]
# Builds hilbrick-fdtd, runs the scenes that ship and prints what is known against what they find: coarse versions in a minute (--quick,
# the default) or the scenes as they are, with plots (--full). Ends with 1 where a row misses its tolerance, with 2 for bad usage.
# NAME: pec_sphere dielectric_sphere surfaces almond half_wave_dipole two_dipoles waveguide slab fresnel patch_antenna absorber, all of them
# unless given; or prime, whose body and references are not ours: --prime (or HILBRICK_PRIME) is the folder that has prime.stl,
# rcs_2580MHz_HH.txt, rcs_2580MHz_VV.txt.
set -euo pipefail
caller=$PWD
# shellcheck source=apps/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../apps/setup.sh"
python=/usr/bin/python3  # the one that the distribution's modules belong to
[ -x "$python" ] || python=python3

validate() { (project=$PWD && cd "$caller" && "$python" "$project/tests/validate.py" "$project/build/release/bin/hilbrick-fdtd" mpirun -np "$@"); }

need_packages "${BUILD_PACKAGES[@]}" "${PYTHON_PACKAGES[@]}" python3-matplotlib
validate --usage "$@"  # before anything is built
configure release
compile release hilbrick-fdtd
prepare_mpirun
validate "$@"
