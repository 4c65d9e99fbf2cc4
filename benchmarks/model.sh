#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# benchmarks/model.sh [RANKS[,RANKS...]] [SECONDS]: builds the release preset, calibrates for 2^21 cells on so many ranks (2,4,8) and holds
# the time model against measured steps, each for so many seconds (20). Markdown on standard output, all else on standard error.
set -euo pipefail
# shellcheck source=apps/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../apps/setup.sh"

IFS=, read -ra all_ranks <<<"${1:-2,4,8}"
seconds=${2:-20}
{
  need_packages "${BUILD_PACKAGES[@]}"
  configure release
  compile release hilbrick-calibrate model
  prepare_mpirun
} >&2
# Ranks with a core each need not yield, and others do so by themselves.
unset OMPI_MCA_mpi_yield_when_idle

machine=$(mktemp)
trap 'rm -f "$machine"' EXIT
for ranks in "${all_ranks[@]}"; do
  mpirun -np "$ranks" build/release/bin/hilbrick-calibrate -o "$machine" --seconds "$seconds" --cells $((2097152 / ranks)) >&2
  mpirun -np "$ranks" build/release/bin/model --machine "$machine" --seconds "$seconds"
done
