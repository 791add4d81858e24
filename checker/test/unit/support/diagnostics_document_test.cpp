// docs/diagnostics.md must have every code with the text of `quire explain`.  QUIRE_UPDATE_GOLDENS writes it anew.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support/diagnostics.h"

using namespace quire;

namespace {

std::string document() {
    std::string text =
        "# Diagnostics\n\nEvery code that Quire prints, with what `quire explain CODE` says. Made from the table in\n"
        "`checker/support/diagnostic_codes.def`; a test compares the two.\n";
    for (const DiagnosticInfo& info : diagnostic_table()) {
        text += "\n## " + std::string(info.code) + ": " + std::string(info.title) + "\n\n" + std::string(info.text) + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("docs/diagnostics.md has every code") {
    std::string path = std::string(QUIRE_SOURCE_DIR) + "/docs/diagnostics.md";
    if (std::getenv("QUIRE_UPDATE_GOLDENS") != nullptr) std::ofstream(path) << document();
    std::ifstream file(path);
    std::stringstream read;
    read << file.rdbuf();
    CHECK(diagnostic_table().size() > 50);
    CHECK(read.str() == document());
}
