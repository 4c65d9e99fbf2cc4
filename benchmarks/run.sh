#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# benchmarks/run.sh [RANKS[,RANKS...]] [fdtd_step's options]: builds the release preset and measures; JSON lines on standard output, all
# else on standard error. Without RANKS: 1 rank, and 2 where there are as many cores. README.md says what the numbers mean.
set -euo pipefail
# shellcheck source=apps/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/../apps/setup.sh"

case "${1:-}" in
  -h | --help)
    sed -n '3,4s/^# //p' benchmarks/run.sh
    exit
    ;;
  [0-9]*)
    IFS=, read -ra all_ranks <<<"$1"
    shift
    ;;
  *)
    all_ranks=(1)
    [ "$(nproc)" -lt 2 ] || all_ranks+=(2)
    ;;
esac

{
  need_packages "${BUILD_PACKAGES[@]}"
  configure release
  compile release fdtd_step
  prepare_mpirun
} >&2
# Measured are ranks with a core each, and those need not yield.
unset OMPI_MCA_mpi_yield_when_idle

commit=$(git -c safe.directory="$PWD" describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)
for ranks in "${all_ranks[@]}"; do
  run=(mpirun -np "$ranks" build/release/bin/fdtd_step --commit "$commit" "$@")
  say "${run[*]}" >&2
  "${run[@]}"
done
