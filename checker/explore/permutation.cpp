#include "explore/permutation.h"

#include <algorithm>
#include <unordered_map>

namespace quire::explore {

Repetitions::Repetitions(const TransitionSystem& system) : all_(system.repetitions) {
    for (const Variable& v : system.variables) {
        if (v.role == kNone || v.count == 0) continue;
        all_.push_back({RepetitionKind::kByThread, v.base, 1, v.count, kNone, system.roles[v.role].first_thread});
    }
    coordinates_.resize(system.cell_count());
    for (std::uint32_t r = 0; r < all_.size(); ++r) {
        const Repetition& repetition = all_[r];
        for (std::uint32_t k = 0; k < repetition.stride * repetition.count; ++k) {
            coordinates_[repetition.base + k].push_back({r, k / repetition.stride});
        }
    }
}

Exchange::Exchange(const TransitionSystem& system, const Repetitions& repetitions, const std::vector<Family>& families,
                   std::uint32_t family, std::uint32_t first, std::uint32_t second)
    : family_(family), first_(first), second_(second), is_group_(system.groups.size(), 0) {
    for (std::uint32_t group : families[family].groups) is_group_[group] = 1;
    for (ThreadNumber t = 0; t < system.threads.size(); ++t) thread_.push_back(t);
    for (std::uint32_t role : families[family].roles) {
        ThreadNumber start = system.roles[role].first_thread;
        std::swap(thread_[start + first], thread_[start + second]);
        moves_threads_ = true;
    }
    // Slots move with the cells of their places, and entries by slot with the slots.
    for (Address a = 0; a < system.cell_count(); ++a) {
        address_.push_back(static_cast<Address>(exchanged_address(system, repetitions, a, false)));
    }
    find_slots(system);
    for (Address a = 0; a < system.cell_count() && well_defined_; ++a) {
        address_[a] = static_cast<Address>(exchanged_address(system, repetitions, a, true));
    }
    for (Address a = 0; a < system.cell_count() && well_defined_; ++a) {
        well_defined_ = address_[a] < system.cell_count() && address_[address_[a]] == a;
    }
    std::unordered_map<Address, Value> by_flag;
    for (std::size_t o = 1; o < system.objects.size(); ++o) by_flag[system.objects[o].in_use] = static_cast<Value>(o);
    object_.push_back(0);
    for (std::size_t o = 1; o < system.objects.size() && well_defined_; ++o) {
        auto found = by_flag.find(address_[system.objects[o].in_use]);
        if (found == by_flag.end())
            well_defined_ = false;
        else
            object_.push_back(found->second);
        moves_objects_ = moves_objects_ || object_.back() != static_cast<Value>(o);
    }
}

Value Exchange::exchanged_address(const TransitionSystem& system, const Repetitions& repetitions, Address a, bool slots) {
    Value result = a;
    for (const Coordinate& at : repetitions.of(a)) {
        const Repetition& r = repetitions[at.repetition];
        Value entry = at.entry;
        switch (r.kind) {
            case RepetitionKind::kElements:
                if (r.group != kNone && is_group_[r.group]) entry = member(at.entry);
                break;
            case RepetitionKind::kByThread:
                entry = thread_[r.first_thread + at.entry] - static_cast<Value>(r.first_thread);
                break;
            case RepetitionKind::kBySlot:
                if (slots && at.entry < slot_[r.group].size()) entry = slot_[r.group][at.entry];
                break;
        }
        if (entry < 0 || entry >= static_cast<Value>(r.count)) well_defined_ = false;
        result += (entry - static_cast<Value>(at.entry)) * static_cast<Value>(r.stride);
    }
    if (result < 0 || result >= static_cast<Value>(system.cell_count())) {
        well_defined_ = false;
        return a;
    }
    return result;
}

void Exchange::find_slots(const TransitionSystem& system) {
    const std::size_t spaces = system.pointer_spaces.size();
    slot_.resize(spaces);
    moves_slots_.assign(spaces, 0);
    std::vector<std::unordered_map<Address, Value>> by_address(spaces);
    for (std::size_t s = 0; s < spaces; ++s) {
        const auto& origins = system.pointer_spaces[s].origins;
        for (std::size_t i = 0; i < origins.size(); ++i) {
            if (origins[i].address != kNone) by_address[s].emplace(origins[i].address, static_cast<Value>(i + 1));
        }
    }
    for (std::size_t s = 0; s < spaces && well_defined_; ++s) {
        slot_[s].push_back(0);
        for (const PointerSpace::Origin& origin : system.pointer_spaces[s].origins) {
            if (origin.address == kNone) {
                slot_[s].push_back(static_cast<Value>(slot_[s].size()));
                continue;
            }
            auto found = by_address[s].find(address_[origin.address]);
            if (found == by_address[s].end()) {
                well_defined_ = false;
                return;
            }
            slot_[s].push_back(found->second);
        }
    }
    // What is no place moves with the place that it stands for, which may be none either.
    for (std::size_t round = 0; round <= spaces && well_defined_; ++round) {
        for (std::size_t s = 0; s < spaces; ++s) find_slots_of_none(system, s);
    }
    for (std::size_t s = 0; s < spaces; ++s) {
        for (std::size_t i = 0; i < slot_[s].size(); ++i) {
            if (slot_[s][i] != static_cast<Value>(i)) moves_slots_[s] = 1;
        }
    }
}

void Exchange::find_slots_of_none(const TransitionSystem& system, std::size_t space) {
    const auto& origins = system.pointer_spaces[space].origins;
    for (std::size_t i = 0; i < origins.size(); ++i) {
        if (origins[i].address != kNone) continue;
        Value inner = slot_[origins[i].inner_space][origins[i].inner_slot];
        auto same = std::find_if(origins.begin(), origins.end(), [&](const PointerSpace::Origin& o) {
            return o.address == kNone && o.kind == origins[i].kind && o.inner_space == origins[i].inner_space &&
                   static_cast<Value>(o.inner_slot) == inner;
        });
        if (same == origins.end())
            well_defined_ = false;
        else
            slot_[space][i + 1] = same - origins.begin() + 1;
    }
}

Value Exchange::apply(const Sort& sort, Value value) const {
    auto in = [value](const auto& list) { return value >= 0 && static_cast<std::uint64_t>(value) < list.size(); };
    switch (sort.kind) {
        case SortKind::kPlain: return value;
        case SortKind::kIndex:
            if (sort.id != family_ || value < 0) return value;
            return value == first_ ? second_ : value == second_ ? first_ : value;
        case SortKind::kThread: return in(thread_) ? thread_[static_cast<std::size_t>(value)] : value;
        case SortKind::kPointer: {
            if (value < 2) return value;
            Value slot = apply({SortKind::kSlot, sort.id}, value >> 1);
            return 2 * slot + (value & 1);
        }
        case SortKind::kSlot:
            if (sort.id >= slot_.size()) return value;
            return in(slot_[sort.id]) ? slot_[sort.id][static_cast<std::size_t>(value)] : value;
        case SortKind::kObject: return in(object_) ? object_[static_cast<std::size_t>(value)] : value;
        case SortKind::kAddress: return in(address_) ? address_[static_cast<std::size_t>(value)] : value;
    }
    return value;
}

bool Exchange::is_trivial(const Sort& sort) const {
    switch (sort.kind) {
        case SortKind::kPlain: return true;
        case SortKind::kIndex: return sort.id != family_;
        case SortKind::kThread: return !moves_threads_;
        case SortKind::kPointer:
        case SortKind::kSlot: return sort.id >= moves_slots_.size() || !moves_slots_[sort.id];
        case SortKind::kObject: return !moves_objects_;
        case SortKind::kAddress: return false;
    }
    return false;
}

}  // namespace quire::explore
