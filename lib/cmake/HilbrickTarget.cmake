# SPDX-License-Identifier: BSD-3-Clause
# hilbrick_target(TARGET): what every target of ours is compiled with, and nothing that leaks to its users.

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
endif()

function(hilbrick_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
    # The same bits on every machine: no a*b+c contracted into one rounding.
    -ffp-contract=off
    # GCC 12 sees overlapping copies inside std::string that are not there (its bug 105651).
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
  if(HILBRICK_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(HILBRICK_ARCH)
    target_compile_options(${target} PRIVATE -march=${HILBRICK_ARCH})
  endif()
endfunction()
