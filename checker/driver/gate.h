// What makes a check a gate: which warnings stop it, and when it stops early.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostics.h"

namespace quire {

struct GateOptions {
    std::vector<DiagnosticCode> deny;  // warnings that fail the check
    bool fail_fast = false;            // the first expectation that is not met ends it
    bool inconclusive_fails = true;    // false: exit 0 if nothing but that is wrong, never shown as met
};

// A warning that --deny knows by name.
struct DeniableWarning {
    std::string_view name;
    DiagnosticCode code;
};
const std::vector<DeniableWarning>& deniable_warnings();

// The codes that a word of --deny stands for: a name above, a code such as W0301, or `warnings` for all.  Empty: none.
std::vector<DiagnosticCode> denied_by(std::string_view word);

// Which part of the work a run does, where several share it.
struct Shard {
    unsigned index = 1;  // from 1
    unsigned count = 1;
};
std::optional<Shard> parse_shard(std::string_view text);  // "2/5"

}  // namespace quire
