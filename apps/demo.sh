#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Installs what is missing, builds, scatters a plane wave off an aircraft on 4 ranks and draws it: out/aircraft/*.png.
# Again, it only does what is left to do; `rm -r out/aircraft` makes it run afresh.
set -euo pipefail
# shellcheck source=apps/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

[ $# -eq 0 ] || { sed -n '3,4s/^# //p' apps/demo.sh; exit 2; }

ranks=4
scene=apps/fdtd/scenes/aircraft.toml
picture=apps/fdtd/picture.py
out=out/aircraft
bin=build/release/bin

need_packages "${BUILD_PACKAGES[@]}" "${PYTHON_PACKAGES[@]}" python3-matplotlib
configure release
compile release hilbrick-fdtd
prepare_mpirun
python=/usr/bin/python3  # the one that the distribution's modules belong to
[ -x "$python" ] || python=python3

# up_to_date FILE INPUT...: FILE is newer than all it was made from.
up_to_date() {
  local file=$1 input
  shift
  [ -e "$file" ] || return 1
  for input in "$@"; do
    [ "$file" -nt "$input" ] || return 1
  done
}

if ! up_to_date "$out/report.json" "$bin/hilbrick-fdtd" "$scene"; then
  run=(mpirun -np "$ranks" "$bin/hilbrick-fdtd" "$scene" --out "$out")
  say "${run[*]}"
  "${run[@]}"
fi

if ! up_to_date "$out/.drawn" "$out/report.json" "$picture"; then
  # The partition that ran, and the slabs it is compared with, for the picture.
  method=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["chosen_method"])' "$out/report.json")
  for owners in "$method" slab; do
    mpirun -np "$ranks" "$bin/hilbrick-fdtd" "$scene" --method "$owners" --check --owners "$out/owners_$owners.npy" >/dev/null
  done
  say "$python $picture $out"
  "$python" "$picture" "$out"
  touch "$out/.drawn"
fi

say "pictures:"
ls -1 "$out"/*.png
say "the communication table as JSON: $out/report.json; to run afresh: rm -r $out && ./apps/demo.sh"
