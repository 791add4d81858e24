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
    // Only statements of `file` count: what a library offers need not be used.
    StatementCoverage(const SourceManager& sources, SourceId file) : sources_(sources), file_(file) {}

    void add_run(const TransitionSystem& system, const SearchReport& report);
    // Some search of the spec was not run, or brought nothing.
    void add_left_out() { complete_ = false; }
    // A statement whose check fails was executed, though the search never gets past it.
    void add_failure(const TransitionSystem& system, std::uint32_t site);

    // W0301 for the outermost statements that were never executed, with the reason where a condition says it.  Nothing
    // if some search was left out or not exhaustive: it may have missed them.
    void report(const std::vector<TypedProgram>& programs, Diagnostics& diagnostics) const;

    bool everything_executed() const;

private:
    const SourceManager& sources_;
    SourceId file_;
    std::map<SourceSpan, bool> executed_;  // by the statement's place; false: only seen
    std::uint64_t states_ = 0;
    bool complete_ = true;
};

}  // namespace quire
