#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# watchdog.sh PROGRAM MPIEXEC NUMPROC_FLAG: two ranks of which one never answers. The job must end by itself soon after the time-out, with exit code
# 4 and a line that says who waited for whom and for what; with no time-out it must not.
set -euo pipefail
program=$1 mpiexec=$2 numproc=$3
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# ended TIMEOUT_S LIMIT_S TEST: the exit code; what was printed is in $log.
ended() {
  local code=0
  HILBRICK_TIMEOUT_S=$1 timeout --kill-after=20 "$2" "$mpiexec" "$numproc" 2 "$program" --ranks=2 --gtest_also_run_disabled_tests \
    --gtest_filter="$3" >"$log" 2>&1 || code=$?
  echo "$code"
}
expect_line() {
  local code
  code=$(ended 4 60 "$1")  # longer than a busy machine keeps ranks waiting
  if [ "$code" != 4 ] || ! grep -qE "$2" "$log"; then
    echo "$1: expected exit code 4 and \"$2\", found $code and"
    cat "$log"
    exit 1
  fi
}

expect_line '*Halos/message' 'rank 0 on .* has waited for rank 1 for 4 s, since .*: its halos in phase 0'
expect_line '*Halos/shared' 'rank 0 on .* has waited for rank 1 for 4 s, since .*: its halos in phase 0'
expect_line '*Collective' 'rank 0 on .* has waited for the other ranks for 4 s, since .*: a reduction'

code=$(ended 0 8 '*Halos/message')
if [ "$code" != 124 ] || grep -q 'has waited' "$log"; then
  echo "without a time-out: expected a job that goes on, found exit code $code and"
  cat "$log"
  exit 1
fi
