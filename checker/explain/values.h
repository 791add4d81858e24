// Values and cells as a kernel reader names them: bits of flag words, locks, interrupt flags.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "system/transition_system.h"

namespace quire {

// As value_text, but a flag word is shown as the names of its bits: "PG_lru|PG_dirty", "no bit".
std::string readable_value(const TransitionSystem& system, Address address, Value value);

// "page.count: 3 -> 2"; of a flag word each bit that changes: "page.flags PG_locked: 0 -> 1".
std::vector<std::string> readable_change(const TransitionSystem& system, Address address, Value before, Value after);

// A cell that counts how often a thread holds a lock (by contract).
struct HeldLock {
    std::string lock;  // "zone.lru_lock", or a bare name such as "RCU"
    ThreadNumber thread = 0;
    bool named = false;  // a bare name
};
std::optional<HeldLock> held_lock(const TransitionSystem& system, Address address);

// Those that a thread holds in a state.
std::vector<HeldLock> locks_held(const TransitionSystem& system, std::span<const Value> state, ThreadNumber thread);

// A lock as a sentence names it: "zone.lru_lock", "the lock of page[1]" where an object is its own lock, "RCU".
std::string lock_words(const TransitionSystem& system, const HeldLock& held);

// The lock (of a struct that contracts name) that this cell is a direct member of, but for flag words; "" if none.
std::string lock_of_cell(const TransitionSystem& system, Address address);

}  // namespace quire
