// What each thread's step at each location reads and writes, now and later: the tables of the partial-order reduction.
//
// Built once per search; immutable.  Only cells that matter between threads, or to a property, have a bit.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "system/transition_system.h"

namespace quire::explore {

// Offsets of sets of cells in Dependence::words.
struct FootprintSets {
    std::uint32_t reads = 0, writes = 0;
    std::uint32_t guards = 0;  // read before the last point at which the step may turn out to be blocked
};

// A footprint that depends on the value of one cell.
struct FootprintByValue {
    Address cell = 0;
    Value lo = 0;
    std::vector<FootprintSets> sets;  // for lo, lo + 1, …
    FootprintSets otherwise;
};

// A lock that a thread at this location holds, depending on the value of one cell.
struct HeldLock {
    Address cell = kNone;  // kNone: always the first
    Value lo = 0;
    std::vector<std::uint32_t> locks;  // kNone: no lock
};

// What a thread may do from here on; only while no other thread holds one of `gates`.
struct FutureAccess {
    std::uint64_t gates = 0;
    std::uint32_t reads = 0, writes = 0;  // offsets in words
};

struct LocationTable {
    bool has_step = false;
    bool can_block = false;
    bool sticky = false;  // closes a cycle of locations, or starts another thread
    FootprintSets direct;
    std::vector<FootprintByValue> by_value;
    std::vector<HeldLock> held;
    std::vector<FutureAccess> future;
    std::vector<PropertyNumber> future_covers;  // cover points that it may still pass
};

struct Dependence {
    std::uint32_t set_words = 1;        // of a set of cells
    std::vector<std::uint64_t> words;   // all sets
    std::vector<std::uint32_t> bit_of;  // by cell, kNone: no other thread or property is concerned
    std::uint32_t bits = 0;
    std::uint32_t locks = 0;
    std::vector<std::vector<LocationTable>> of;  // by thread and location
    std::vector<Address> location_cell;          // by thread
    std::vector<std::uint32_t> property_reads;   // by property: offset of the set of all that its condition may read
    bool has_daemons = false;

    const std::uint64_t* set(std::uint32_t offset) const { return &words[offset]; }
};

// `why_not` says why there is none.
std::unique_ptr<const Dependence> find_dependence(const TransitionSystem& system, std::span<const PropertyNumber> properties,
                                                  std::string& why_not);

}  // namespace quire::explore
