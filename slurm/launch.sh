#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# slurm/launch.sh [-n RANKS] PROGRAM [ARGUMENTS]: starts a program on ranks, as slurm/site.sh says. In a job of Slurm on all its tasks unless -n says
# otherwise; elsewhere by mpirun. Ends as the program does; SIGUSR1, SIGUSR2 and SIGTERM reach the ranks.
set -euo pipefail
slurm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=slurm/site.sh
source "$slurm/site.sh"

fail() {
  echo "launch.sh: $*" >&2
  exit 2
}

ranks=()
if [ "${1:-}" = -n ]; then
  ranks=(-n "${2:?launch.sh: expected a number of ranks after -n}")
  shift 2
fi
[ $# -gt 0 ] || fail "expected [-n RANKS] PROGRAM [ARGUMENTS]"

inside=()
if [ -n "$HILBRICK_CONTAINER" ]; then
  command -v apptainer >/dev/null || fail "HILBRICK_CONTAINER is set, but there is no apptainer here; load its module in slurm/site.sh"
  # shellcheck disable=SC2206 # several options
  inside=(apptainer exec $HILBRICK_CONTAINER_OPTIONS "$HILBRICK_CONTAINER")
else
  export PATH="$HILBRICK_BIN:$PATH"
  command -v "$1" >/dev/null || fail "no program $1 in $HILBRICK_BIN (HILBRICK_BIN, see slurm/site.sh)"
fi

case "$HILBRICK_LAUNCHER" in
  pmix | pmi2)
    [ -n "${SLURM_JOB_ID:-}" ] || fail "srun works in a job of Slurm: submit by sbatch, or set HILBRICK_LAUNCHER=mpirun"
    srun --mpi=list 2>&1 | grep -qw "$HILBRICK_LAUNCHER" ||
      fail "this Slurm's srun cannot do $HILBRICK_LAUNCHER, only $(srun --mpi=list 2>&1 | grep -v : | xargs); set HILBRICK_LAUNCHER in slurm/site.sh"
    # An MPI library that was built without PMI2 ends, or makes each process a job of its own.
    [ "$HILBRICK_LAUNCHER" = pmix ] || srun --mpi=pmi2 "${ranks[@]}" "${inside[@]}" "$1" --help >/dev/null 2>&1 ||
      fail "$1 does not start by PMI2: its MPI was built without (Debian's Open MPI is); set HILBRICK_LAUNCHER to pmix or mpirun in slurm/site.sh"
    exec srun --mpi="$HILBRICK_LAUNCHER" --kill-on-bad-exit=1 "${ranks[@]}" "${inside[@]}" "$@"
    ;;
  mpirun) exec mpirun "${ranks[@]}" "${inside[@]}" "$@" ;;
  *) fail "HILBRICK_LAUNCHER: expected pmix, pmi2 or mpirun, found \"$HILBRICK_LAUNCHER\"" ;;
esac
