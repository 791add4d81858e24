// What engines answer: traces that replay, findings, and what was covered.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/budget.h"
#include "system/execute.h"
#include "system/transition_system.h"

namespace quire {

struct TraceStep {
    ThreadNumber thread = 0;
    std::vector<Value> choices;
};

// A concrete run.  For a violation by a failing check the last step is the one that fails (it leads to no state);
// for every other finding the last state is the one that shows it.
struct Trace {
    PropertyNumber property = kNone;
    std::vector<Value> start_choices;
    std::vector<TraceStep> steps;
    std::optional<std::uint32_t> loop_start;  // after the last step the run goes on from the state before step loop_start
};

struct ReplayedTrace {
    bool ok = false;
    std::string why_not;                        // where the replay departed from the trace
    std::vector<std::vector<Value>> states;     // states[0] is the start; states[i] follows step i-1
    std::vector<std::vector<Event>> events;     // events[i]: of step i
    std::vector<std::vector<Value>> registers;  // of the last step: unused otherwise
    Outcome last;                               // of the last step
};

// Replays by `evaluate` and confirms that the end shows the property (violated, covered, deadlocked, leaked, or, with a loop,
// that the loop closes).  ok = false is a bug of ours.
ReplayedTrace replay(const TransitionSystem& system, const Trace& trace);

// No step of any thread is possible (a failing step is possible).
bool stuck(const TransitionSystem& system, std::span<const Value> state, bool daemons_only = false);

// kRefused: it was to go on from a checkpoint that cannot be used, and nothing was searched.
enum class StopReason : std::uint8_t { kComplete, kTime, kStates, kDepth, kMemory, kInterrupted, kRefused };

struct Finding {
    PropertyNumber property = kNone;
    Trace trace;
    std::uint32_t steps = 0;       // length of the trace
    std::uint32_t switches = 0;    // context switches in it
    bool fewest_switches = false;  // among shortest traces; false = not established
};

struct SearchStatistics {
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;  // ways that lead to a state
    std::uint32_t depth = 0;        // number of the last level reached
    std::uint64_t widest_level = 0;
    std::uint64_t bytes_visited = 0;  // of the visited set
    double cpu_seconds = 0;
    std::uint32_t state_bits = 0;
    std::uint32_t restarts = 0;       // re-layouts
    std::uint64_t bytes_spooled = 0;  // of old levels, on disk
};

// Which things the search took to be alike, and which it could not.
struct SymmetryReport {
    struct Family {
        std::string name;  // "holder"; "holder, page" if they change places together
        std::uint32_t size = 0;
        std::string why;  // not alike: why not
        std::uint32_t site = kNone;
    };
    std::vector<Family> families;
    std::vector<Family> broken;
};

// What partial-order reduction did.
struct PartialOrderReport {
    bool used = false;           // in the search whose figures these are, from its beginning on
    std::string why_not;         // if it was asked for and not used, or not to the end
    std::uint64_t moves = 0;     // (state, thread that can move), in the states where it was used
    std::uint64_t left_out = 0;  // those of them that were not followed
};

// Where a search came from and what it left for another process to go on from.
struct CheckpointReport {
    bool resumed = false;
    std::uint32_t resumed_depth = 0;
    std::uint64_t resumed_states = 0;
    double cpu_seconds_before = 0;
    std::vector<std::string> damaged;  // files that could not be used, an older one could; with why
    std::string refused;               // why none could be used: `stop` is kRefused
    std::string kept;                  // the file that is there to go on from, if any
    std::uint64_t kept_states = 0;     // in it
    std::string not_kept;              // why the last one could not be written
};

// Everything one search found out about one (variant, instance).
struct SearchReport {
    StopReason stop = StopReason::kComplete;
    std::vector<Finding> violations;   // one per property violated in some run, in order of property number
    std::vector<Finding> covered;      // one per cover reached
    std::uint64_t assumed_away = 0;    // runs ended by assume
    std::uint64_t silently_ended = 0;  // runs ended by a check that `allow` took away
    std::uint64_t exhausted = 0;       // runs ended because a pool, list or role was too small
    std::uint64_t too_long = 0;        // runs, and evaluations of properties, ended at kStepLimit
    // Violated or covered, but there was no time left for a trace; `stop` is not kComplete then.
    std::vector<PropertyNumber> untraced;
    std::uint32_t exhausted_site = kNone;
    std::vector<std::uint32_t> executed_sites;  // sorted
    SearchStatistics statistics;
    SymmetryReport symmetry;
    PartialOrderReport partial_order;
    CheckpointReport checkpoint;
    // Machine code was made for it.
    bool native = false;
    // At most this, that some state was taken for another and left out; 0 with an exact store.
    double omission = 0;
    bool exhaustive() const { return stop == StopReason::kComplete && exhausted == 0 && too_long == 0; }
};

// How the sizes of levels change.
enum class Trend : std::uint8_t { kUnknown, kGrowing, kSteady, kShrinking };

struct Estimate {
    double least = 0, most = 0;
};

// Called now and then during a search.
struct Progress {
    std::uint64_t states = 0, transitions = 0, frontier = 0, memory = 0;
    std::uint32_t depth = 0;
    double seconds = 0;
    double rate = 0;  // states per second, lately
    Trend trend = Trend::kUnknown;
    std::optional<Estimate> all_states;    // there will be in the end; nothing: no estimate
    std::optional<Estimate> seconds_left;  // the same
};

// Files from which another process can go on with the search.
struct CheckpointOptions {
    std::string path;          // empty: none is kept.  The one before lies at path.old
    std::string identity;      // lines that say what is searched; they have to be the same in who goes on
    double every_seconds = 0;  // at the next beginning of a level; 0: at each
    double from_seconds = 0;   // a search that is stopped earlier leaves none
    bool resume = false;       // from what is at `path`, if anything is
};

struct SearchOptions {
    Budget budget;
    const CancelToken* cancel = nullptr;
    void* progress_context = nullptr;
    void (*progress)(void* context, const Progress&) = nullptr;
    // Invariants that were proved by induction are not evaluated, by property number.
    std::vector<PropertyNumber> discharged;
    bool minimise_switches = true;
    // Of states that differ only in which of several alike things is which, one is searched.
    bool symmetry = false;
    // Steps by `execute` and not by bytecode: slow, to be compared with.
    bool plain_successors = false;
    // A search of more states than this begins again, with better code and narrower states.
    std::uint64_t long_from = std::uint64_t{1} << 15;
    // Threads that search; the answer does not depend on it.
    unsigned jobs = 1;
    // A level of fewer states is done by one of them.
    std::uint64_t parallel_from = std::uint64_t{1} << 12;
    // Steps that commute with everything that is left out are followed in one order only.  A search of at least so many
    // states begins again with it: finding out what commutes takes longer than a short search.
    bool partial_order = false;
    std::uint64_t partial_order_from = std::uint64_t{1} << 12;
    // Machine code in place of bytecode from so many states on, where there is a back end for the processor.
    std::uint64_t native_from = std::uint64_t{1} << 15;
    // Keep a hash of each state and not the state: not exact, see SearchReport::omission.
    bool fingerprints = false;
    CheckpointOptions checkpoint;
};

}  // namespace quire
