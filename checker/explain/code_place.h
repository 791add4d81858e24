// From a place in the lowered program back to the line that the user wrote.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/source.h"
#include "system/transition_system.h"

namespace quire {

struct CodeLine {
    std::string file;        // as reports print it
    std::uint32_t line = 0;  // 0: there is no text behind this
    std::string text;        // trimmed, without a trailing comment
    std::string function;    // the function or thread that the line stands in
};

// The innermost line of the user's own file, and the calls that lead from it into imported files, outermost first.
struct CodePlace {
    CodeLine user;
    std::vector<CodeLine> inside;

    const CodeLine& innermost() const { return inside.empty() ? user : inside.back(); }
};

CodeLine code_line(const SourceManager& sources, const SourceSpan& span, const std::string& function);
CodePlace code_place(const TransitionSystem& system, const SourceManager& sources, std::uint32_t site);

}  // namespace quire
