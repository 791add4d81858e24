// Which statements of a spec's own file no run ever executed.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "driver/load.h"
#include "system/verdict.h"

namespace quire {

class StatementCoverage {
public:
    void add_run(const TransitionSystem& system, const SearchReport& report);

    // W0301 for the outermost statements that were never executed, with the reason where a condition says it.  Nothing
    // if some search was not exhaustive: it may have missed them.
    void report(const std::vector<TypedProgram>& programs, const SourceManager& sources, Diagnostics& diagnostics) const;

    bool everything_executed() const;

private:
    std::map<SourceSpan, bool> executed_;  // by the statement's place; false: only seen
    std::uint64_t states_ = 0;
    bool complete_ = true;
};

}  // namespace quire
