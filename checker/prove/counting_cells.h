// Which cells belong to which thread, and which are everybody's.
#pragma once

#include <string>
#include <vector>

#include "support/source.h"
#include "system/transition_system.h"

namespace quire::prove {

// The protocol is outside of what can be counted: why, and where.
struct Refusal {
    std::string reason;
    std::uint32_t site = kNone;
    SourceSpan span;
};

struct Slot {
    std::string name;
    ScalarType type;
    Address owned = kNone;  // 1 if this cell, which is everybody's, names the thread
    bool displayed = false;
    bool is_address = false;  // of a cell, which moves with the number of threads
    bool is_mark = false;     // that this is a thread (system/thread_marks.h)
    bool is_row = false;      // an entry of what is kept by thread: who is not there has none, and counts as 0
    Address row = kNone;      // the entry of nobody; the same in each role
};

class ThreadCells {
public:
    explicit ThreadCells(const TransitionSystem& system);  // throws Refusal

    struct Place {
        ThreadNumber thread = 0;  // 0: everybody's
        std::uint32_t slot = 0;
    };
    const Place& of(Address cell) const { return places_[cell]; }
    const std::vector<Slot>& slots(std::uint32_t role) const { return slots_[role]; }
    // kNone for the slot of an owned cell.
    Address cell(ThreadNumber thread, std::uint32_t slot) const { return cells_[thread][slot]; }
    // The same for threads of systems that differ in how many there are.
    std::string text(std::uint32_t role, const std::vector<Value>& slots) const;
    bool is_owned(Address cell) const { return owned_slot_[cell] != 0; }
    // The slot that says whether the owned cell names the thread; of its role.
    std::uint32_t owned_slot(std::uint32_t role, Address cell) const { return first_owned_[role] + owned_slot_[cell] - 1; }

private:
    void add(Address cell, ThreadNumber thread, std::uint32_t slot);

    const TransitionSystem& system_;
    std::vector<Place> places_;
    std::vector<std::vector<Slot>> slots_;
    std::vector<std::vector<Address>> cells_;  // by thread, slot
    std::vector<std::uint32_t> owned_slot_;    // by cell, from 1
    std::vector<std::uint32_t> first_owned_;   // by role
};

}  // namespace quire::prove
