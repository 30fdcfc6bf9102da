# Compiler flags: the language, the warnings, and the hardening that GCC 12 and Clang 19 both have.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS ON)
# Everything becomes part of an executable: position independent ones, for address space randomisation.
add_compile_options(-fPIE)
set(POSTHORN_SANITIZE "" CACHE STRING "Value for -fsanitize, or empty")
option(POSTHORN_FUZZ "Build the libFuzzer targets instead of tests and benchmarks" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  # Paths below the source are made relative and the build folder is not hashed, so that build folders share hits.
  # Of a file that it does not know it takes the list of headers from the compiler, instead of reading them all once more.
  set(launcher env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()

add_library(posthorn_flags INTERFACE)
target_include_directories(posthorn_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(posthorn_flags INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wimplicit-fallthrough
  -fno-omit-frame-pointer -fno-strict-aliasing -fno-strict-overflow -fno-delete-null-pointer-checks)
target_compile_definitions(posthorn_flags INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE
  _GLIBCXX_ASSERTIONS)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 warns of impossible overflows inside its own <string> and <optional> at -O2 (GCC bugs 105651, 105562).
  target_compile_options(posthorn_flags INTERFACE -fcoroutines -Wno-restrict -Wno-maybe-uninitialized -Wno-dangling-pointer
    -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-mismatched-new-delete)
  # A tenth of the time of a file goes into collecting the compiler's own garbage, for 30 MB that it would use more.
  target_compile_options(posthorn_flags INTERFACE --param=ggc-min-heapsize=500000)
endif()

# Quick builds keep line tables only: a tenth of the disk, and back traces still name lines.
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
if(POSTHORN_SANITIZE)
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  add_compile_options(-fsanitize=${POSTHORN_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${POSTHORN_SANITIZE})
  target_compile_definitions(posthorn_flags INTERFACE POSTHORN_SANITIZED)
  if(POSTHORN_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  # Test programs are not shipped: half of their build time would be optimising what runs once.
  # Several files are compiled as one (house.cmake): two warnings would speak of names of neighbours.
  set(is_test $<BOOL:$<TARGET_PROPERTY:POSTHORN_TEST>>)
  target_compile_options(posthorn_flags INTERFACE $<${is_test}:-O0> $<${is_test}:-g0>
    $<${is_test}:-Wno-shadow> $<${is_test}:-Wno-subobject-linkage> $<$<NOT:${is_test}>:-U_FORTIFY_SOURCE> $<$<NOT:${is_test}>:-D_FORTIFY_SOURCE=3>
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr)
  add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)
endif()
