// All ways through the step of a thread in a given local state, over all states of what is shared.
#pragma once

#include <set>
#include <vector>

#include "prove/counting_evaluate.h"

namespace quire::prove {

// Where `free` marks pointers, or an owned cell gets another owner, other threads change, too.
struct OthersChange {
    std::uint32_t slot_of_role = 0, role = 0;
    Value object = 0;  // whose pointers are marked; where `table` is kNone, what the slot becomes
    std::uint32_t table = kNone;
    // Not kNone: what the slot becomes is a term over the slots that the thread `model` had before the step.
    NodeId value = kNone;
    ThreadNumber model = 0;
    friend bool operator==(const OthersChange&, const OthersChange&) = default;
};
LocalState changed(Extraction& extraction, const std::vector<OthersChange>& changes, const LocalState& before);

struct Way {
    enum class End : std::uint8_t { kDone, kBlocked, kDropped };
    End end = End::kDone;
    NodeId guard = 1;
    std::map<Address, NodeId> written;  // terms over the values before the step
    LocalState after;
    std::vector<OthersChange> others;
    std::uint32_t site = kNone;  // of the step's access
};

struct Failure {
    NodeId guard = 1;
    std::string what;
    PropertyNumber property = kNone;
    std::uint32_t site = kNone;
    friend bool operator<(const Failure& a, const Failure& b) {
        return a.guard != b.guard ? a.guard < b.guard : a.what != b.what ? a.what < b.what : a.site < b.site;
    }
};

struct Ways {
    std::vector<Way> ways;  // that are not blocked
    std::vector<Failure> failures;
    std::vector<NodeId> moves;  // when one of these holds, the thread can take a step (or fail in it, or end the run)
};

// `thread` stands for all of its role; 0: the start program, `state` is unused.
Ways ways_through(Extraction& extraction, const Program& program, ThreadNumber thread, const LocalState& state);

}  // namespace quire::prove
