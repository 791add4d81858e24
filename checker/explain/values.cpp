#include "explain/values.h"

#include <algorithm>

namespace quire {

namespace {

// The enumeration whose numbers are the bits of flag words: the only one that is called after flags, as in the kernel.
const Enumeration* bits_of(const TransitionSystem& system, const Variable& variable) {
    if (!variable.name.ends_with(".flags") || variable.type.kind != ScalarKind::kInteger) return nullptr;
    const Enumeration* found = nullptr;
    for (const Enumeration& e : system.enumerations) {
        bool bits = std::all_of(e.values.begin(), e.values.end(), [](const auto& v) { return v.second >= 0 && v.second < 64; });
        if (e.name.find("flag") == std::string::npos || !bits || e.values.empty()) continue;
        if (found != nullptr) return nullptr;
        found = &e;
    }
    return found;
}

// Nothing if some bit has no name.
std::optional<std::string> names_of_bits(const Enumeration& bits, Value value) {
    std::string names;
    for (const auto& [name, bit] : bits.values) {
        if (((value >> bit) & 1) == 0) continue;
        names += (names.empty() ? "" : "|") + name;
        value &= ~(Value{1} << bit);
    }
    if (value != 0) return std::nullopt;
    return names.empty() ? "no bit" : names;
}

}  // namespace

std::string readable_value(const TransitionSystem& system, Address address, Value value) {
    const Enumeration* bits = bits_of(system, system.variables[system.cell_variable[address]]);
    std::optional<std::string> names = bits != nullptr ? names_of_bits(*bits, value) : std::nullopt;
    return names ? *names : system.value_text(address, value);
}

std::vector<std::string> readable_change(const TransitionSystem& system, Address address, Value before, Value after) {
    std::string name = system.cell_name(address);
    const Enumeration* bits = bits_of(system, system.variables[system.cell_variable[address]]);
    if (bits == nullptr || !names_of_bits(*bits, before) || !names_of_bits(*bits, after)) {
        return {name + ": " + system.value_text(address, before) + " -> " + system.value_text(address, after)};
    }
    std::vector<std::string> changes;
    for (const auto& [bit_name, bit] : bits->values) {
        Value was = (before >> bit) & 1;
        Value is = (after >> bit) & 1;
        if (was != is) changes.push_back(name + " " + bit_name + ": " + std::to_string(was) + " -> " + std::to_string(is));
    }
    return changes;
}

// Variables "held NAME" of the tool's own have a cell for each place of NAME (from 0, which is none) and thread.
std::optional<HeldLock> held_lock(const TransitionSystem& system, Address address) {
    const Variable& variable = system.variables[system.cell_variable[address]];
    constexpr std::string_view kPrefix = "held ";
    if (variable.kind != VariableKind::kInternal || !variable.name.starts_with(kPrefix)) return std::nullopt;
    std::string name = variable.name.substr(kPrefix.size());
    std::uint32_t index = address - variable.base;
    std::uint32_t threads = system.program_threads();
    std::uint32_t slot = index / threads;
    HeldLock held{name, index % threads, true};
    for (const PointerSpace& space : system.pointer_spaces) {
        if (space.structure != name) continue;
        if (slot == 0) return std::nullopt;
        held.named = false;
        if (slot <= space.places.size()) held.lock = space.places[slot - 1];
    }
    return held;
}

std::vector<HeldLock> locks_held(const TransitionSystem& system, std::span<const Value> state, ThreadNumber thread) {
    std::vector<HeldLock> held;
    for (Address a = 0; a < state.size(); ++a) {
        if (state[a] == 0) continue;
        std::optional<HeldLock> one = held_lock(system, a);
        if (one && one->thread == thread) held.push_back(std::move(*one));
    }
    return held;
}

std::string lock_words(const TransitionSystem& system, const HeldLock& held) {
    if (held.named) return held.lock;
    std::size_t members = 0;
    for (const Variable& v : system.variables) members += v.displayed && v.name.starts_with(held.lock + ".") ? 1 : 0;
    return members > 2 ? "the lock of " + held.lock : held.lock;
}

std::string lock_of_cell(const TransitionSystem& system, Address address) {
    const Variable& cell = system.variables[system.cell_variable[address]];
    std::size_t dot = cell.name.rfind('.');
    bool word = cell.type.kind == ScalarKind::kBool || cell.type.kind == ScalarKind::kInteger;
    if (dot == std::string::npos || cell.name.ends_with(".flags") || !word) return {};
    std::string place = cell.name.substr(0, dot);
    for (const Variable& v : system.variables) {
        if (v.kind != VariableKind::kInternal || !v.name.starts_with("held ")) continue;
        for (const PointerSpace& space : system.pointer_spaces) {
            if ("held " + space.structure != v.name) continue;
            // A struct with more members than its lock word is an object that has a lock, not a lock.
            std::size_t members = 0;
            for (const Variable& other : system.variables) members += other.name.starts_with(place + ".") ? 1 : 0;
            bool found = std::find(space.places.begin(), space.places.end(), place) != space.places.end();
            if (found && members <= 2) return place;
        }
    }
    return {};
}

}  // namespace quire
