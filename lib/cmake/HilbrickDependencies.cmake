# SPDX-License-Identifier: BSD-3-Clause
# Every package that the libraries and the programs are built on. The tests' and benchmarks' own are found where they are used.

# Kokkos refuses compiler extensions, and says so with a warning unless they are off before it is found.
set(CMAKE_CXX_EXTENSIONS OFF)

option(HILBRICK_FETCH_KOKKOS "Download and build Kokkos together with Hilbrick, where the system has no package of it" OFF)

find_package(Threads REQUIRED)

if(HILBRICK_MPI OR HILBRICK_APPS)
  find_package(fmt REQUIRED)
  find_package(nlohmann_json REQUIRED)
endif()

if(HILBRICK_APPS)
  find_package(CLI11 REQUIRED)
  find_package(tomlplusplus REQUIRED)
endif()

if(HILBRICK_MPI)
  enable_language(C)  # FindHDF5 asks the compiler about the C library
  find_package(MPI REQUIRED COMPONENTS CXX)
  set(HDF5_PREFER_PARALLEL ON)
  find_package(HDF5 REQUIRED COMPONENTS C)
  if(NOT HDF5_IS_PARALLEL)
    message(FATAL_ERROR "Hilbrick needs HDF5 built with MPI, and ${HDF5_INCLUDE_DIRS} holds one without. "
      "Install it (Debian: libhdf5-openmpi-dev) or name its folder with -DHDF5_ROOT=...")
  endif()
  find_path(HILBRICK_XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
  mark_as_advanced(HILBRICK_XXHASH_INCLUDE_DIR)

  if(HILBRICK_FETCH_KOKKOS)
    include(FetchContent)
    set(system "")
    if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.25)
      set(system SYSTEM)  # their warnings are not ours
    endif()
    FetchContent_Declare(Kokkos GIT_REPOSITORY https://github.com/kokkos/kokkos.git GIT_TAG 4.6.01 GIT_SHALLOW ON ${system})
    FetchContent_MakeAvailable(Kokkos)
  else()
    find_package(Kokkos QUIET)
    if(NOT Kokkos_FOUND)
      message(FATAL_ERROR "Hilbrick needs Kokkos 3.4 or newer, and CMake found none. Install it (Debian: libtrilinos-kokkos-dev or libkokkos-dev), "
        "name its folder with -DKokkos_ROOT=..., or let CMake download it with -DHILBRICK_FETCH_KOKKOS=ON")
    endif()
    include(HilbrickKokkos)
  endif()
endif()
