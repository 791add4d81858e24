// What a session found out, as plain data: all that writers know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "explain/explain.h"
#include "explain/trace_values.h"
#include "system/verdict.h"

namespace quire {

using NamedValues = std::vector<std::pair<std::string, Value>>;

struct FindingReport {
    ExplainedTrace trace;
    std::string saved;      // the ITF file, or nothing
    std::string name = {};  // for files about it: "specs/lru/buggy-base-use_after_free"
    TraceValues values = {};
    Finding finding = {};  // the trace as it can be replayed
};

// One search: a variant with one set of constants.
struct RunReport {
    std::string file;       // of the spec, as given
    std::string spec_hash;  // "xxh3:…"
    std::string variant;
    std::string instance;       // for file names: "base", "large", "HOLDERS=2,SCANNERS=0"
    std::string memory = "sc";  // the memory model
    NamedValues sizes;          // constants that this run sets differently from the text
    NamedValues constants;      // all constants of the spec's own file, and those that are set
    StopReason stop = StopReason::kComplete;
    bool exhaustive = false;
    std::uint64_t assumed_away = 0;
    std::uint64_t exhausted = 0;
    std::uint64_t too_long = 0;
    std::string exhausted_at;  // "file:line: text"
    SearchStatistics statistics;
    CheckpointReport checkpoint;
    std::string checkpoint_path;               // where it keeps its own, if it does
    bool native = false;                       // by machine code, in the end
    double omission = 0;                       // at most this probable that some state was left out; 0: none was
    std::vector<std::string> reductions;       // those that were used
    std::vector<std::string> reduction_notes;  // one line per reduction that was asked for: what it saved, or why it was off
    std::vector<std::string> proofs;  // one line per invariant that --discharge worked on; of a proof, all there is to say
    bool is_proof = false;            // and no search
    std::string certificate;          // the file, or nothing
    std::vector<FindingReport> violations;
    std::vector<FindingReport> covered;
    // Found, but there was no time left for a trace: `stop` then says which limit was reached.
    std::vector<std::string> untraced_violations, untraced_covers;
};

enum class Judgement : std::uint8_t { kMet, kNotMet, kInconclusive };
enum class Expected : std::uint8_t { kPass, kViolation, kCovered, kNotCovered, kProved, kScenario };

// An expectation in one run.
struct CaseReport {
    const RunReport* run = nullptr;
    Judgement judgement = Judgement::kMet;
    std::string verdict;             // "pass", "violation", "covered", "not covered", "inconclusive"
    std::string reason;              // of inconclusive: "time", "states", "depth", "memory", "interrupted", "pool exhausted", …
    std::vector<std::string> found;  // names of properties violated there
    const FindingReport* finding = nullptr;  // what decides
    std::vector<std::string> untraced = {};  // would decide if there were a trace
};

struct ExpectationHead {
    std::uint32_t id = 0;  // from 1, over the whole session
    std::string file;
    std::uint32_t line = 0;  // 0: implied, nothing in the text says it
    std::string variant;
    Expected expected = Expected::kPass;
    std::string property;  // "*" or a name
    std::string text;      // "violation of use_after_free"
    std::string sizes;     // "HOLDERS=1..4 SCANNERS=0..1", "8 instances"
};

struct ExpectationReport {
    ExpectationHead head;
    Judgement judgement = Judgement::kMet;
    std::string reason;  // why it is not met or inconclusive, in a few words
    std::vector<CaseReport> cases;
    std::vector<std::string> also;  // other violations found on the way
};

enum class RepairVerdict : std::uint8_t { kHolds, kRejected, kInconclusive };

// An edit of the code that could prevent a violation, checked again with every property.
struct RepairReport {
    std::string what;  // "lru_lock over [a]..[d] in evict()"
    std::string note;  // more about it, or nothing
    RepairVerdict verdict = RepairVerdict::kInconclusive;
    std::string reason;              // of all that do not just hold
    std::uint64_t states = 0;        // of its search
    std::vector<std::string> patch;  // names of functions, and lines that begin with - or +
};

// All that were tried for one finding.
struct RepairsReport {
    std::uint32_t id = 0;  // of the expectation
    const RunReport* run = nullptr;
    const FindingReport* finding = nullptr;
    std::uint64_t most_states = 0;      // each was searched up to so many
    std::vector<RepairReport> repairs;  // those that hold first
};

struct DiagnosticReport {
    std::string severity, code, message;
    std::string file;
    std::uint32_t line = 0, column = 0;
};

struct SessionBegin {
    std::string version;
    std::size_t files = 0;
    std::vector<std::string> names = {};  // of the files
};

struct SpecBegin {
    std::string file;
    std::string hash;
    std::vector<ExpectationHead> expectations;
};

struct ProgressReport {
    std::string file, variant, sizes;
    Progress progress;
};

struct SessionEnd {
    std::size_t specs = 0;
    std::size_t wrong_specs = 0;  // exit 3
    std::size_t met = 0, not_met = 0, inconclusive = 0;
    std::size_t not_judged = 0;      // the session was interrupted before them
    std::size_t slow_left_out = 0;   // instances that run only when asked for
    std::size_t quick_left_out = 0;  // instances and proofs, under --quick
    std::size_t warnings = 0;
    std::size_t denied = 0;      // warnings that --deny makes failures; not among `warnings`
    std::size_t from_cache = 0;  // results of an earlier session
    bool every_statement_executed = false;
    double seconds = 0;
    int exit_code = 0;
};

inline std::string_view expected_word(Expected expected) {
    switch (expected) {
        case Expected::kPass: return "pass";
        case Expected::kViolation: return "violation";
        case Expected::kCovered: return "covered";
        case Expected::kNotCovered: return "not covered";
        case Expected::kProved: return "proved";
        case Expected::kScenario: return "scenario";
    }
    return "";
}

}  // namespace quire
