# Sanitizers and fuzzing instrumentation hold for everything in the build or for nothing: mixing them gives false reports.
if(QUIRE_SANITIZE)
  add_compile_options(-fsanitize=${QUIRE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${QUIRE_SANITIZE})
  if(QUIRE_SANITIZE MATCHES "undefined")
    # Without this, undefined behaviour is printed and the test passes.
    add_compile_options(-fno-sanitize-recover=all)
  endif()
endif()

if(QUIRE_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "QUIRE_FUZZERS needs clang: libFuzzer comes with it")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
