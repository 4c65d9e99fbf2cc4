# SPDX-License-Identifier: BSD-3-Clause
# hilbrick_add_test(NAME SOURCES file... [LIBRARIES target...] [RANKS 1 2 3 4 7] [LABELS label...] [TIMEOUT seconds])
#   One GoogleTest program test_NAME. Without RANKS one test NAME, labelled `serial`, with gtest's own main. With RANKS one test
#   NAME.npR for each R, labelled `mpi` and `npR`, through mpiexec, with tests/mpi_main.cpp, which checks --ranks=R. One with the
#   label `slow` is built with HILBRICK_LONG_TESTS only.
# hilbrick_add_run(NAME COMMAND command... [RANKS R] [LABELS label...] [TIMEOUT seconds])
#   One test NAME that runs a command; with RANKS under mpiexec, as one of as many processes. Without RANKS it counts as one process:
#   commands that start ranks themselves, labelled `mpi`, wait most of the time, and two of them at once fill two cores better than one.
find_package(GTest REQUIRED)
find_program(HILBRICK_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)  # the one that the distribution's modules belong to
find_program(HILBRICK_PYTHON python3 REQUIRED)

# What the ranks of a test see. Names of Open MPI 4 begin with OMPI_MCA, those of 5 and later with PRTE_MCA; other MPIs ignore both.
set(HILBRICK_TEST_ENVIRONMENT
  # mpirun refuses root, whom containers run as,
  OMPI_ALLOW_RUN_AS_ROOT=1
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  # and more ranks than cores, which is how 7 ranks are tested on a laptop;
  OMPI_MCA_rmaps_base_oversubscribe=1
  PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
  # ranks that wait must leave the core to those that work;
  OMPI_MCA_mpi_yield_when_idle=1
  # mpirun binds rank 0 to core 0: two tests at a time would share it and leave the others idle.
  OMPI_MCA_hwloc_base_binding_policy=none
  PRTE_MCA_hwloc_default_binding_policy=none
  OMP_NUM_THREADS=1
  OMP_PROC_BIND=false)
# MPI libraries keep memory until the end. Leaks of our own are looked for where there is no MPI.
set(HILBRICK_TEST_ENVIRONMENT_MPI ${HILBRICK_TEST_ENVIRONMENT} ASAN_OPTIONS=detect_leaks=0)

function(hilbrick_add_run name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "RANKS;TIMEOUT" "COMMAND;LABELS")
  if(NOT arg_COMMAND OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "hilbrick_add_run(${name}): expected COMMAND [RANKS] [LABELS] [TIMEOUT], found \"${ARGN}\"")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 900)
  endif()
  if(arg_RANKS)
    add_test(NAME ${name} COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${arg_RANKS} ${MPIEXEC_PREFLAGS} ${arg_COMMAND} ${MPIEXEC_POSTFLAGS})
    set_tests_properties(${name} PROPERTIES PROCESSORS ${arg_RANKS} ENVIRONMENT "${HILBRICK_TEST_ENVIRONMENT_MPI}")
    list(APPEND arg_LABELS mpi np${arg_RANKS})
  else()
    add_test(NAME ${name} COMMAND ${arg_COMMAND})
    set(environment "${HILBRICK_TEST_ENVIRONMENT}")
    if("mpi" IN_LIST arg_LABELS)
      set(environment "${HILBRICK_TEST_ENVIRONMENT_MPI}")
    endif()
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "${environment}")
    list(APPEND arg_LABELS serial)
  endif()
  if("slow" IN_LIST arg_LABELS)
    set_tests_properties(${name} PROPERTIES COST 1000)  # begins before those that are not: none is left alone at the end
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()

function(hilbrick_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LIBRARIES;RANKS;LABELS")
  if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "hilbrick_add_test(${name}): expected SOURCES [LIBRARIES] [RANKS] [LABELS] [TIMEOUT], found \"${ARGN}\"")
  endif()
  add_executable(test_${name} ${arg_SOURCES})
  hilbrick_target(test_${name})
  target_link_libraries(test_${name} PRIVATE ${arg_LIBRARIES} GTest::gtest)
  # What is tested is built as users build it; the tests' own code compiles in two thirds of the time so, and is no slower.
  target_compile_options(test_${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  if("slow" IN_LIST arg_LABELS AND NOT HILBRICK_LONG_TESTS)
    set_target_properties(test_${name} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  if(arg_RANKS)
    target_link_libraries(test_${name} PRIVATE hilbrick_mpi_main)
  else()
    target_link_libraries(test_${name} PRIVATE GTest::gtest_main)
    set(arg_RANKS 0)
  endif()
  set(options LABELS ${arg_LABELS})
  if(arg_TIMEOUT)
    list(APPEND options TIMEOUT ${arg_TIMEOUT})
  endif()
  foreach(ranks IN LISTS arg_RANKS)
    if(ranks)
      hilbrick_add_run(${name}.np${ranks} COMMAND $<TARGET_FILE:test_${name}> --ranks=${ranks} RANKS ${ranks} ${options})
    else()
      hilbrick_add_run(${name} COMMAND $<TARGET_FILE:test_${name}> ${options})
    endif()
  endforeach()
endfunction()
