#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh with_mpi BUILD WORK [CMAKE_OPTION...]      installs the build tree BUILD below WORK, builds and runs the consumer against it, then a
#                                                   copied example, then the component `partition` alone while MPI is hidden
# run.sh without_mpi SOURCE WORK [CMAKE_OPTION...]  the same for a HILBRICK_MPI=OFF build of SOURCE, MPI, Kokkos and HDF5 hidden
set -euo pipefail

mode=$1 from=$2 work=$3
shift 3
options=("$@")
consumer=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
hidden=(-DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON -DCMAKE_DISABLE_FIND_PACKAGE_Kokkos=ON -DCMAKE_DISABLE_FIND_PACKAGE_HDF5=ON)

die() {
  echo "consumer/run.sh: $*" >&2
  exit 1
}

# install_tree BUILD: installs, then moves: an installation must not know where it was.
install_tree() {
  rm -rf "$work/staged" "$work/installed"
  cmake --install "$1" --prefix "$work/staged" >/dev/null
  mv "$work/staged" "$work/installed"
  if grep -rlF -e "$work" -e "$1" --include='*.cmake' "$work/installed"; then
    die "the CMake files above name a folder of this build"
  fi
  "$work/installed/bin/hilbrick-plan" --help >/dev/null
}

# consume NAME [CMAKE_OPTION...]: a fresh configuration of the consumer, then its partition program.
consume() {
  local build="$work/$1"
  shift
  rm -rf "$build"
  cmake -S "$consumer" -B "$build" -Dhilbrick_ROOT="$work/installed" "${options[@]}" "$@"
  cmake --build "$build"
  "$build/consume_partition"
}

# copy_example NAME IN_TREE: as apps/examples/README.md says, its CMakeLists.txt included. On 2 ranks it has the bits of the program IN_TREE on 1.
copy_example() {
  local examples="$consumer/../../apps/examples" copy="$work/copied_$1" small=(--cells 12x11x10 --steps 5) ours theirs
  rm -rf "$copy"
  mkdir "$copy"
  cp "$examples/$1.cpp" "$copy"
  # shellcheck disable=SC2016 # backticks of Markdown
  sed -n '/^```cmake$/,/^```$/{/^```/!p}' "$examples/README.md" | sed "s/heat/$1/g" >"$copy/CMakeLists.txt"
  cmake -S "$copy" -B "$copy/build" -Dhilbrick_ROOT="$work/installed" "${options[@]}"
  cmake --build "$copy/build"
  ours=$("${MPIEXEC:-mpiexec}" -n 1 "$2" "${small[@]}" | grep '^digest ') || die "$2 prints no digest"
  theirs=$("${MPIEXEC:-mpiexec}" -n 2 "$copy/build/$1" "${small[@]}" | grep '^digest ') || die "the copied $1 prints no digest"
  [ "$ours" = "$theirs" ] || die "expected of the copied $1 the $ours, found $theirs"
}

mkdir -p "$work"
case "$mode" in
  with_mpi)
    install_tree "$from"
    consume both
    "${MPIEXEC:-mpiexec}" -n 2 "$work/both/consume_hilbrick"
    copy_example heat "$from/bin/example_heat"
    consume partition_only -DCOMPONENTS=partition "${hidden[@]}"
    [ ! -e "$work/partition_only/consume_hilbrick" ] || die "the component partition brought hilbrick::hilbrick along"
    ;;
  without_mpi)
    cmake -S "$from" -B "$work/hilbrick" -DHILBRICK_MPI=OFF -DHILBRICK_TESTS=OFF "${options[@]}" "${hidden[@]}"
    cmake --build "$work/hilbrick" -j 2
    install_tree "$work/hilbrick"
    consume without_mpi "${hidden[@]}"
    [ ! -e "$work/without_mpi/consume_hilbrick" ] || die "a build without MPI installed hilbrick::hilbrick"
    if ldd "$work/without_mpi/consume_partition" "$work/installed/bin/hilbrick-plan" | grep -iE 'libmpi|kokkos|hdf5'; then
      die "a build without MPI links the libraries above"
    fi
    if cmake -S "$consumer" -B "$work/asks_too_much" -Dhilbrick_ROOT="$work/installed" -DCOMPONENTS=hilbrick "${options[@]}" >/dev/null 2>&1; then
      die "find_package(hilbrick COMPONENTS hilbrick) found what is not installed"
    fi
    ;;
  *) die "expected with_mpi or without_mpi, found $mode" ;;
esac
