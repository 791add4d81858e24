// The runner of the unit tests. ctest calls it once for each folder, with --source-file.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
