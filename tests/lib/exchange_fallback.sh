#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# exchange_fallback.sh apart|small PROGRAM MPIEXEC NUMPROC_FLAG
#   apart: three ranks, each with an IPC namespace and a /dev/shm of its own, as in containers
#   small: three ranks with one /dev/shm of 1 MB
# Runs PROGRAM there. Exit 77 where this user may not make namespaces.
set -euo pipefail
where=$1 program=$2 mpiexec=$3 numproc=$4

unshare --ipc --mount mount -t tmpfs -o size=1m tmpfs /dev/shm 2>/dev/null || {
  echo "no namespaces for this user: left out"
  exit 77
}
# Open MPI 4 keeps files of its own in /dev/shm; they are not what is tested.
export OMPI_MCA_btl_vader_backing_directory=${TMPDIR:-/tmp}
# shellcheck disable=SC2016  # the inner shell expands its arguments
case $where in
  apart)
    export HILBRICK_FALLBACK="they see different /dev/shm"
    exec "$mpiexec" "$numproc" 3 unshare --ipc --mount bash -c \
      'mount -t tmpfs -o size=64m tmpfs /dev/shm && exec "$0" --ranks=3' "$program"
    ;;
  small)
    export HILBRICK_FALLBACK="no room in /dev/shm"
    exec unshare --mount bash -c \
      'mount -t tmpfs -o size=1m tmpfs /dev/shm && exec "$0" "$1" 3 "$2" --ranks=3' "$mpiexec" "$numproc" "$program"
    ;;
esac
