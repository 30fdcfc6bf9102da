# The house: every folder of src/ is one static library that names the folders it may use.
# tools/check_floors reads the same USES lines and refuses an include that climbs.

# Reading the standard library and Asio is half of the time of most files: release builds read them once (for the tests once more,
# which are built with other flags).
function(posthorn_precompile target header)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    if(NOT TARGET ${header})
      add_library(${header} OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp)
      target_link_libraries(${header} PRIVATE posthorn_flags Boost::headers fmt::fmt)
      target_precompile_headers(${header} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/${header}.h)
      get_target_property(is_test ${target} POSTHORN_TEST)
      if(is_test)
        target_link_libraries(${header} PRIVATE GTest::gtest GTest::gmock)
        set_target_properties(${header} PROPERTIES POSTHORN_TEST ON)
      endif()
    endif()
    target_precompile_headers(${target} REUSE_FROM ${header})
  endif()
endfunction()

# For folders whose work is not repeated: a fifth of their build time would be optimising what nobody waits for.
function(posthorn_cold target)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()

# posthorn_folder(NAME name USES folder... LIBRARIES target... PRECOMPILED header); the header is one of cmake/, precompiled.h if none is named.
function(posthorn_folder)
  cmake_parse_arguments(F "" "NAME;PRECOMPILED" "USES;LIBRARIES" ${ARGN})
  if(NOT F_PRECOMPILED)
    set(F_PRECOMPILED precompiled)
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  if(NOT sources)
    add_library(ph_${F_NAME} INTERFACE)
    target_link_libraries(ph_${F_NAME} INTERFACE posthorn_flags)
    return()
  endif()
  add_library(ph_${F_NAME} STATIC ${sources})
  list(TRANSFORM F_USES PREPEND ph_)
  target_link_libraries(ph_${F_NAME} PUBLIC posthorn_flags ${F_USES} ${F_LIBRARIES})
  posthorn_precompile(ph_${F_NAME} ${F_PRECOMPILED})
endfunction()

find_program(LLD ld.lld)
# Test files of one folder are compiled some at a time: most of a test's build time is reading what its neighbours read too. Names in their
# anonymous namespaces therefore must not clash. Release builds only, as above.
function(posthorn_together target)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 4)
  endif()
endfunction()

# posthorn_tests(NAME name USES folder...): all .cpp of this folder become one GoogleTest program NAME_tests.
function(posthorn_tests)
  cmake_parse_arguments(F "" "NAME" "USES;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${F_NAME}_tests ${sources})
  list(TRANSFORM F_USES PREPEND ph_)
  target_link_libraries(${F_NAME}_tests PRIVATE posthorn_flags ${F_USES} ${F_LIBRARIES} GTest::gtest GTest::gmock GTest::gtest_main)
  set_target_properties(${F_NAME}_tests PROPERTIES POSTHORN_TEST ON)
  if(LLD)
    target_link_options(${F_NAME}_tests PRIVATE -fuse-ld=lld)  # half the time
  endif()
  target_include_directories(${F_NAME}_tests PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(${F_NAME}_tests PRIVATE POSTHORN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  posthorn_precompile(${F_NAME}_tests precompiled_tests)
  posthorn_together(${F_NAME}_tests)
  add_test(NAME ${F_NAME} COMMAND ${F_NAME}_tests WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()

# posthorn_fuzz(NAME target USES folder... SOURCES file... LIBRARIES target...): fuzz/TARGET.cpp with libFuzzer; SOURCES are single files below src/, for
# targets that need little of a large folder.
function(posthorn_fuzz)
  cmake_parse_arguments(F "" "NAME" "USES;SOURCES;LIBRARIES" ${ARGN})
  list(TRANSFORM F_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/src/)
  add_executable(fuzz_${F_NAME} ${F_NAME}.cpp ${F_SOURCES})
  list(TRANSFORM F_USES PREPEND ph_)
  target_link_libraries(fuzz_${F_NAME} PRIVATE posthorn_flags ${F_USES} ${F_LIBRARIES})
  target_link_options(fuzz_${F_NAME} PRIVATE -fsanitize=fuzzer)
endfunction()
