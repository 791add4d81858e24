# Sanitizers and fuzzing instrumentation hold for everything in the build or for nothing: mixing them gives false reports.
if(QUIRE_SANITIZE)
  add_compile_options(-fsanitize=${QUIRE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${QUIRE_SANITIZE})
  if(QUIRE_SANITIZE MATCHES "undefined")
    # Without the first, undefined behaviour is printed and the test passes. The checks that are left out double the time
    # to compile, and find what the address sanitizer finds too, or what x86 does not mind.
    add_compile_options(-fno-sanitize-recover=all -fno-sanitize=null,alignment,object-size,vptr)
  endif()
endif()

if(QUIRE_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "QUIRE_FUZZERS needs clang: libFuzzer comes with it")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
