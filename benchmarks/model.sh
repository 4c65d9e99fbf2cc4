#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Calibrates and holds the time model against measured steps: benchmarks/model.sh [RANKS...], 2 4 8 by default. BUILD names another build
# folder than build/release, SECONDS_EACH how long each program measures. Prints Markdown.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
bin=${BUILD:-$root/build/release}/bin
seconds=${SECONDS_EACH:-20}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe PRTE_MCA_hwloc_default_binding_policy=none OMP_NUM_THREADS=1 OMP_PROC_BIND=false
for ranks in "${@:-2 4 8}"; do
  # One word or several: the default is a list.
  for n in $ranks; do
    mpirun -np "$n" "$bin/hilbrick-calibrate" -o "$scratch/machine.toml" --seconds "$seconds" > "$scratch/calibration.txt"
    sed 's/^/    /' "$scratch/calibration.txt"
    echo
    mpirun -np "$n" "$bin/model" --machine "$scratch/machine.toml" --seconds "$seconds"
    echo
  done
done
