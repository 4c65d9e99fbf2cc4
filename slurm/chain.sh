#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# slurm/chain.sh JOBS SCENE.toml DIR [OPTIONS]: a run that is longer than its job, for sites that do not queue jobs again: so many jobs, each of which
# begins when the one before it has left with a checkpoint, or has failed. When one has come to the end of the run, the rest are cancelled.
#   SBATCH_TIMELIMIT=04:00:00 slurm/chain.sh 5 scene.toml out/long
set -euo pipefail
slurm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=slurm/site.sh
source "$slurm/site.sh"
[ $# -ge 3 ] || { sed -n '3,5s/^# //p' "$0" >&2; exit 2; }
jobs=$1
shift

id=""
for _ in $(seq "$jobs"); do
  after=()
  [ -z "$id" ] || after=("--dependency=afternotok:$id" --kill-on-invalid-dep=yes)
  id=$(sbatch --parsable --no-requeue "${after[@]}" "$slurm/continue.sbatch" "$@")
  id=${id%%;*}
  echo "$id"
done
