# The one place that says which warnings our code must be free of, under g++ 12 and clang 14.
function(quire_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
    -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wextra-semi)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 sees overlapping copies in plain std::string concatenation when it optimises (GCC bug 105651).
    target_compile_options(${target} PRIVATE -Wno-restrict)
    # In a unity build what a source file keeps to itself looks as if it stood in a header.
    if(CMAKE_UNITY_BUILD)
      target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
    endif()
  endif()
  if(QUIRE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
