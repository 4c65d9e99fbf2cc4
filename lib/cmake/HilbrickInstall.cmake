# SPDX-License-Identifier: BSD-3-Clause
# cmake --install: the libraries with their headers, the programs, and what find_package(hilbrick) reads. One component for each
# library: `partition` alone needs nothing but the standard library, even out of an installation that has both.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/hilbrick")
set(components partition)
if(HILBRICK_MPI)
  list(APPEND components hilbrick)
  install(FILES "${PROJECT_SOURCE_DIR}/lib/cmake/HilbrickKokkos.cmake" DESTINATION "${config_dir}")
endif()

foreach(component IN LISTS components)
  install(TARGETS hilbrick_${component} EXPORT hilbrick-${component}-targets FILE_SET HEADERS)
  install(EXPORT hilbrick-${component}-targets NAMESPACE hilbrick:: DESTINATION "${config_dir}")
endforeach()

foreach(program IN ITEMS hilbrick-plan hilbrick-fdtd hilbrick-calibrate)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME)
  endif()
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/lib/cmake/hilbrick-config.cmake.in" "${PROJECT_BINARY_DIR}/hilbrick-config.cmake"
  INSTALL_DESTINATION "${config_dir}" NO_SET_AND_CHECK_MACRO)
# Until 1.0 a minor version may change anything.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/hilbrick-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/hilbrick-config.cmake" "${PROJECT_BINARY_DIR}/hilbrick-config-version.cmake" DESTINATION "${config_dir}")
