#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# slurm/sweep.sh SCENE.toml MEMBERS.csv DIR [SBATCH_OPTIONS]: a scene once for each line of a table, as one array of jobs, and a summary at the end.
# The table's first line names keys of the scene, the others have their values: what --set takes.
#   source.0.waveform.frequency_hz,shape.0.radius_m
#   1e9,0.05
#   2e9,0.05
# Line n after the first writes DIR/n/ and DIR/n.log; lines that fail leave the others alone. DIR/summary.csv and the log of the summary's job have all.
#   slurm/sweep.sh scene.toml members.csv out/sweep --nodes=1 --ntasks-per-node=16 --time=00:30:00 --array-limit=8
# --array-limit: how many lines at a time.
set -euo pipefail
slurm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=slurm/site.sh
source "$slurm/site.sh"
[ $# -ge 3 ] || { sed -n '3,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
scene=$1 members=$2 out=$3
shift 3
limit="" options=()
for option in "$@"; do
  case "$option" in
    --array-limit=*) limit=%${option#*=} ;;
    *) options+=("$option") ;;
  esac
done

count=$("$HILBRICK_PYTHON" "$slurm/sweep.py" count "$members")
mkdir -p "$out"
id=$(sbatch --parsable --array="1-$count$limit" --output="$out/%a.log" "${options[@]}" "$slurm/sweep.sbatch" "$scene" "$members" "$out")
id=${id%%;*}
summary=$(sbatch --parsable --dependency="afterany:$id" --nodes=1 --ntasks=1 --time=00:10:00 --job-name=hilbrick-summary \
  --output="$out/summary.log" --wrap "$HILBRICK_PYTHON $slurm/sweep.py summary $members $out")
echo "$count members as job $id, their summary in $out/summary.log as job ${summary%%;*}"
