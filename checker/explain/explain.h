// From a replayed trace to what a reader is told: one row per step, and what the end shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "explain/code_place.h"
#include "explain/why.h"
#include "system/verdict.h"

namespace quire {

struct TraceRow {
    std::uint32_t step = 0;   // from 1; 0: before the first step (an `init` block), or more about the row before
    ThreadNumber thread = 0;  // 0: no thread
    CodePlace place;
    std::string text;                  // what the row says: the user's line, with the library's step behind it
    std::vector<std::string> changes;  // what changed or was seen
    bool switched = false;             // another thread than in the row before
    char mark = 0;                     // 'a' ..: of a causal step, see ExplainedTrace::marks
    bool folded = false;               // left out by who shows it, for want of room
};

// A causal step, as it is repeated below the trace.
struct TraceMark {
    char letter = 'a';
    std::uint32_t step = 0;  // from 1
    ThreadNumber thread = 0;
    std::string role;  // "loaded", "freed", "last put"
    std::string text;  // of its row
    std::string file;
    std::uint32_t line = 0;
    std::string held;  // the locks and read sections that the thread holds there
};

// A heading with the lines below it.
struct TraceFact {
    std::string heading;
    std::vector<std::string> lines;
};

struct ExplainedTrace {
    bool bug = true;  // false: a witness of a cover
    std::string property;
    std::string headline;              // "BUG: quire: use-after-free in f / g"
    std::string sentence;              // "scanner uses an object that was freed"
    std::string doc;                   // of the property
    std::vector<std::string> threads;  // names, by thread number; [0] is for steps of no thread
    std::vector<ThreadNumber> movers;  // who has a row, in order of number
    std::vector<TraceRow> rows;
    std::vector<TraceMark> marks;  // in order
    std::vector<TraceReason> why;  // nothing prevented it
    std::vector<TraceFact> facts;  // what else the end shows
    std::uint32_t steps = 0;
    std::uint32_t switches = 0;
    bool fewest_switches = false;
    std::optional<std::uint32_t> loop_start;  // the run goes on from before this step (from 1), for ever
};

// `run` is the successful replay of `finding.trace`.
ExplainedTrace explain_trace(const TransitionSystem& system, const SourceManager& sources, const Finding& finding,
                             const ReplayedTrace& run);

// The site of what a step is about: its access, else its first local work, else where the thread stands; of a step that fails
// before any access, the check that fails.
std::uint32_t site_of_step(const TransitionSystem& system, const Trace& trace, const ReplayedTrace& run, std::size_t step);

// Of consecutive steps, how often the thread changes.
std::uint32_t count_switches(const Trace& trace);

}  // namespace quire
