// Any bytes: the parser ends in a tree or in diagnostics, and what it accepts survives being printed and parsed again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "support/diagnostics.h"
#include "syntax/file_provider.h"
#include "syntax/parse.h"
#include "syntax/printer.h"

using namespace quire;

namespace {

std::string printed(const std::string& text, bool& accepted) {
    SourceManager sources;
    Diagnostics diagnostics;
    MemoryFiles files;
    files.add("a.quire", text);
    ast::Spec spec = parse_spec(sources, diagnostics, files, "a.quire", {});
    accepted = !diagnostics.has_errors();
    return accepted ? print(spec) : "";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    bool accepted = false;
    std::string once = printed(std::string(reinterpret_cast<const char*>(data), size), accepted);
    if (!accepted) return 0;
    std::string twice = printed(once, accepted);
    if (!accepted || once != twice) std::abort();
    return 0;
}
