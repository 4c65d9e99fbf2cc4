# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What apps/demo.sh and tests/run.sh share: the distribution's packages, building a preset, and what mpirun needs. To be sourced;
# leaves the caller in the project's folder.
# shellcheck disable=SC2034 # the lists of packages are for the callers
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '== %s\n' "$*"; }

# All that the libraries, programs, tests and benchmarks are built from. Kokkos has two package names: see kokkos_package.
BUILD_PACKAGES=(g++ cmake make libopenmpi-dev openmpi-bin libhdf5-openmpi-dev hdf5-tools libgtest-dev libgmock-dev libbenchmark-dev
  librapidcheck-dev libtomlplusplus-dev libcli11-dev libfmt-dev nlohmann-json3-dev libxxhash-dev libmetis-dev)
PYTHON_PACKAGES=(python3 python3-numpy python3-h5py)

has_package() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
offers_package() { apt-cache show --no-all-versions "$1" >/dev/null 2>&1; }

# kokkos_package: Kokkos itself where the distribution has it, else the one inside Trilinos.
kokkos_package() {
  if has_package libkokkos-dev || { ! has_package libtrilinos-kokkos-dev && offers_package libkokkos-dev; }; then
    echo libkokkos-dev
  else
    echo libtrilinos-kokkos-dev
  fi
}

# need_packages PACKAGE...: installs those that are missing, or prints the line that does and ends with 2.
need_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "no apt-get here: relying on what is installed (README.md lists it)"
    return
  fi
  local package missing=()
  for package in "$@" "$(kokkos_package)"; do
    has_package "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0

  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      {
        echo "These packages are missing, and installing them needs root. Run this line, then this script again:"
        echo
        echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
      } >&2
      exit 2
    fi
    as_root=(sudo -n)
  fi
  say "installing ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update
  # Which Kokkos there is may only be known now.
  missing=()
  for package in "$@" "$(kokkos_package)"; do
    has_package "$package" || missing+=("$package")
  done
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
}

# cores: how many processes may run at once. nproc itself would say OMP_NUM_THREADS, which prepare_mpirun sets to 1.
cores() { env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc; }

# configure PRESET [CMAKE_OPTION...]: build/PRESET; says nothing unless something is wrong.
configure() {
  local preset=$1 log="build/$1/configure.log"
  say "configuring build/$preset"
  mkdir -p "build/$preset"
  if ! cmake --preset "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "cmake could not configure build/$preset: see above" >&2
    return 2
  fi
  grep -A5 'CMake Warning' "$log" || true
}

# compile PRESET [TARGET...]: what is out of date; all of it without TARGET.
compile() {
  local preset=$1 targets=()
  shift
  [ $# -eq 0 ] || targets=(--target "$@")
  say "building build/$preset"
  cmake --build --preset "$preset" --parallel "$(cores)" "${targets[@]}"
}

# prepare_mpirun: what mpirun needs here. Open MPI 4 reads OMPI_MCA_*, 5 and later PRTE_MCA_*; other MPIs ignore both.
prepare_mpirun() {
  local why=""
  if [ "$(id -u)" -eq 0 ]; then
    # mpirun refuses root, to protect people from their mistakes on shared machines; in a container there is nobody else.
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    why="root (OMPI_ALLOW_RUN_AS_ROOT=1 and ..._CONFIRM=1) and "
  fi
  # mpirun refuses more ranks than cores, because they are slow: here they only have to be right. Those that wait yield the core.
  export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe OMPI_MCA_mpi_yield_when_idle=1
  # One thread a rank, where Kokkos has threads.
  export OMP_NUM_THREADS=1 OMP_PROC_BIND=false
  say "mpirun: allowing ${why}more ranks than cores (OMPI_MCA_rmaps_base_oversubscribe=1), which it refuses by default"
}
