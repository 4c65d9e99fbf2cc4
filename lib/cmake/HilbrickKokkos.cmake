# SPDX-License-Identifier: BSD-3-Clause
# Makes the Kokkos that find_package(Kokkos) found fit for use: here, and in hilbrick-config.cmake for our users.

if(Kokkos_VERSION VERSION_LESS 3.4)
  message(FATAL_ERROR "Hilbrick needs Kokkos 3.4 or newer, and ${Kokkos_DIR} holds ${Kokkos_VERSION}. Name another with -DKokkos_ROOT=...")
endif()

# The Kokkos 3 inside Debian's Trilinos names an include folder without its headers; where they are stands in a variable.
if(Kokkos_VERSION VERSION_LESS 4 AND Kokkos_INCLUDE_DIRS)
  get_filename_component(hilbrick_kokkos_headers "${Kokkos_INCLUDE_DIRS}" ABSOLUTE)
  if(EXISTS "${hilbrick_kokkos_headers}/Kokkos_Core.hpp")
    # An imported target's include folders are SYSTEM to those who link it.
    set_target_properties(Kokkos::kokkos PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${hilbrick_kokkos_headers}")
  endif()
  unset(hilbrick_kokkos_headers)
endif()
