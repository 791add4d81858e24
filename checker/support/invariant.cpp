#include "support/invariant.h"

#include <string_view>

namespace quire {

namespace {

// The path below the source tree only: reports must not depend on where the program was built.
std::string place(const char* file, int line) {
    const std::string_view path(file);
    const auto root = path.rfind("checker/");
    return std::string(root == std::string_view::npos ? path : path.substr(root)) + ":" + std::to_string(line);
}

}  // namespace

InternalError::InternalError(const char* file, int line, const std::string& text)
    : std::logic_error(place(file, line) + ": " + text), where_(place(file, line)) {}

void fail_invariant(const char* file, int line, const char* condition, const std::string& text) {
    throw InternalError(file, line, std::string(condition) + ": " + text);
}

}  // namespace quire
