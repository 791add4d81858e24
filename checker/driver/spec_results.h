// What checking one spec brought, in the order in which it was told: it can be kept, and told again another day.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "driver/plan.h"
#include "driver/spec_files.h"
#include "report/results.h"

namespace quire {

// Diagnostics as writers and the terminal are told of them.
struct ToldDiagnostics {
    std::vector<DiagnosticReport> reports;
    std::string plain, colored;  // with their source
    std::uint64_t warnings = 0;
    std::uint64_t denied = 0;  // warnings that --deny makes errors
    bool errors = false;       // shown even where warnings are not
};

struct SpecResults {
    bool counted = true;  // false: the file only defines what others import, and was passed over
    std::uint64_t slow_left_out = 0, quick_left_out = 0;
    SelectionUse use;
    KnownNames known;
    std::uint32_t expectations = 0;  // that got a number; the numbers in here begin with 1
    bool every_statement_executed = true;
    std::optional<SpecBegin> begin;  // nothing: there was nothing to check
    std::vector<std::variant<ToldDiagnostics, ExpectationReport, RepairsReport>> told;
    std::deque<RunReport> runs;  // what `told` points into
};

// Results of earlier sessions.  The implementation knows what, besides the file, they depend on.
class KeptResults {
public:
    virtual ~KeptResults() = default;
    // What an earlier session found of the file as it stands, or nothing.
    virtual std::unique_ptr<SpecResults> find(const SpecFile& file) = 0;
    // From here on the session reads for one spec, until keep().
    virtual void begin() = 0;
    // Of the spec that was read since begin().  Only for what would be found again by the same questions: nothing
    // that rests on time or memory.
    virtual void keep(const SpecFile& file, const SpecResults& results) = 0;
};

}  // namespace quire
