#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# slurm/chain.sh JOBS [SBATCH_OPTIONS] -- SCENE.toml DIR [OPTIONS]: a run that is longer than its job, for sites that do not queue jobs again: so many
# jobs, each of which begins when the one before it has left with a checkpoint, or has failed. When one comes to the end of the run, the rest are cancelled.
#   slurm/chain.sh 5 --time=04:00:00 --nodes=4 -- scene.toml out/long
set -euo pipefail
slurm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=slurm/site.sh
source "$slurm/site.sh"
jobs=${1:-}
options=()
while [ $# -gt 1 ] && [ "$2" != -- ]; do
  options+=("$2")
  shift
done
if ! [[ "$jobs" =~ ^[1-9][0-9]*$ ]] || [ $# -lt 4 ]; then
  sed -n '3,5s/^# //p' "$0" >&2
  exit 2
fi
shift 2

id=""
for _ in $(seq "$jobs"); do
  after=()
  [ -z "$id" ] || after=("--dependency=afternotok:$id" --kill-on-invalid-dep=yes)
  id=$(sbatch --parsable --no-requeue "${after[@]}" "${options[@]}" "$slurm/continue.sbatch" "$@")
  id=${id%%;*}
  echo "$id"
done
