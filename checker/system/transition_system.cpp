#include "system/transition_system.h"

#include <array>

#include "support/invariant.h"

namespace quire {

namespace {

constexpr std::array<std::string_view, 20> kBuiltinProperties = {
    "use_after_free", "double_free",   "bad_free",         "freed_with_references",  "null_dereference", "uninitialised_read",
    "out_of_bounds",  "out_of_range",  "signed_overflow",  "division_by_zero",       "assertion",        "unowned_put",
    "endless_loop",   "lock_not_held", "sleeps_in_atomic", "grace_period_in_reader", "contract_gets",    "contract_puts",
    "deadlock",       "leak",
};

std::string pointer_text(const TransitionSystem& system, const ScalarType& type, Value value) {
    Value slot = value >> 1;
    if (slot == 0) return "NULL";
    if (slot < 0) return "ERR_PTR(" + std::to_string(slot) + ")";
    std::string text = "?";
    if (type.pointee < system.pointer_spaces.size()) {
        const std::vector<std::string>& places = system.pointer_spaces[type.pointee].places;
        if (static_cast<std::size_t>(slot) <= places.size()) text = "&" + places[static_cast<std::size_t>(slot) - 1];
    }
    return (value & 1) != 0 ? text + " (dangling)" : text;
}

}  // namespace

std::span<const std::string_view> builtin_properties() { return kBuiltinProperties; }

std::string TransitionSystem::cell_name(Address address) const {
    const Variable& variable = variables[cell_variable[address]];
    std::uint32_t index = address - variable.base;
    if (variable.role != kNone) return threads[roles[variable.role].first_thread + index].name + "." + variable.name;
    if (variable.count == 1) return variable.name;
    return variable.name + "[" + std::to_string(index) + "]";
}

std::string TransitionSystem::value_text(Address address, Value value) const {
    const Variable& variable = variables[cell_variable[address]];
    if (variable.kind == VariableKind::kLocation) {
        return roles[variable.role].locations[static_cast<std::size_t>(value)].name;
    }
    if (variable.enumeration != kNone) {
        for (const auto& [name, number] : enumerations[variable.enumeration].values) {
            if (number == value) return name;
        }
    }
    switch (variable.type.kind) {
        case ScalarKind::kBool: return value != 0 ? "true" : "false";
        case ScalarKind::kPointer: return pointer_text(*this, variable.type, value);
        case ScalarKind::kFunction:
            return value > 0 && static_cast<std::size_t>(value) < functions.size() ? functions[static_cast<std::size_t>(value)]
                                                                                   : "NULL";
        case ScalarKind::kThread:
            return value > 0 && static_cast<std::size_t>(value) < threads.size() ? threads[static_cast<std::size_t>(value)].name
                                                                                 : "NO_THREAD";
        case ScalarKind::kInteger: break;
    }
    if (!variable.type.is_signed && variable.type.bits == 64) return std::to_string(static_cast<std::uint64_t>(value));
    return std::to_string(value);
}

ThreadNumber TransitionSystem::program_threads() const {
    for (const ThreadRole& role : roles) {
        if (role.serves != kNone) return role.first_thread;
    }
    return static_cast<ThreadNumber>(threads.size());
}

ThreadNumber TransitionSystem::served_by(ThreadNumber thread) const {
    if (thread == 0 || roles[threads[thread].role].serves == kNone) return thread;
    return roles[roles[threads[thread].role].serves].first_thread + threads[thread].index;
}

PropertyNumber TransitionSystem::property(std::string_view name) const {
    for (std::size_t i = 0; i < properties.size(); ++i) {
        if (properties[i].name == name) return static_cast<PropertyNumber>(i);
    }
    return kNone;
}

PropertyNumber TransitionSystem::fault_property(Fault fault) const {
    switch (fault) {
        case Fault::kSignedOverflow: return property("signed_overflow");
        case Fault::kDivisionByZero: return property("division_by_zero");
        case Fault::kShiftOutOfRange: return property("out_of_range");
        case Fault::kNone: break;
    }
    UNREACHABLE("no fault has no property");
}

Value TransitionSystem::location(std::span<const Value> state, ThreadNumber thread) const {
    const Thread& t = threads[thread];
    return state[variables[roles[t.role].location_variable].base + t.index];
}

bool TransitionSystem::ended(std::span<const Value> state, ThreadNumber thread) const {
    return location(state, thread) == static_cast<Value>(roles[threads[thread].role].end);
}

bool TransitionSystem::is_final(std::span<const Value> state) const {
    for (ThreadNumber t = 1; t < threads.size(); ++t) {
        if (!roles[threads[t].role].daemon && !ended(state, t)) return false;
    }
    return true;
}

}  // namespace quire
