#include "explore/symmetry.h"

#include <algorithm>
#include <map>

#include "explore/equivariance.h"

namespace quire::explore {

namespace {

constexpr std::uint32_t kMostMembers = 64;

}  // namespace

Symmetry::Symmetry(const TransitionSystem& system) : system_(system) {
    const Repetitions repetitions(system);
    std::vector<Family> candidates;
    const Sorts sorts(system, repetitions, candidates);
    confirm(repetitions, sorts, candidates);
    renumber(sorts, candidates);
    while (std::optional<std::uint32_t> family = find_owners(repetitions)) {
        for (std::uint32_t c = 0; c < candidates.size(); ++c) {
            if (number_[c] != *family) continue;
            candidates[c].broken = true;
            candidates[c].why = "something belongs to too many things at once";
        }
        renumber(sorts, candidates);
    }
    for (const Family& c : candidates) {
        if (c.broken && c.size > 1) broken_.push_back({c.name, c.why, c.site});
    }
    find_rows(sorts);
}

// Neighbours that may change places, one pair after the other: together they give every permutation.
void Symmetry::confirm(const Repetitions& repetitions, const Sorts& sorts, std::vector<Family>& candidates) {
    Equivariance equivariance(system_, repetitions, sorts, candidates);
    for (std::uint32_t f = 0; f < candidates.size(); ++f) {
        Family& family = candidates[f];
        if (family.size > kMostMembers) {
            family.broken = true;
            family.why = "there are more than " + std::to_string(kMostMembers);
        }
        for (std::uint32_t m = 0; m + 1 < family.size && !family.broken; ++m) {
            Exchange exchange(system_, repetitions, candidates, f, m, m + 1);
            if (exchange.well_defined() && equivariance.respects(exchange)) continue;
            family.broken = true;
            if (!exchange.well_defined()) {
                family.why = "they are not laid out alike";
                continue;
            }
            family.site = equivariance.site();
            family.why = equivariance.property() == kNone
                             ? "told apart by a step"
                             : "told apart by '" + system_.properties[equivariance.property()].name + "'";
        }
    }
}

void Symmetry::renumber(const Sorts& sorts, const std::vector<Family>& candidates) {
    families_.clear();
    number_.assign(candidates.size(), kNone);
    for (std::uint32_t f = 0; f < candidates.size(); ++f) {
        if (candidates[f].broken || candidates[f].size < 2) continue;
        number_[f] = static_cast<std::uint32_t>(families_.size());
        families_.push_back(candidates[f]);
    }
    family_of_group_.clear();
    family_of_role_.clear();
    for (std::uint32_t g = 0; g < system_.groups.size(); ++g) family_of_group_.push_back(number_[sorts.family_of_group(g)]);
    for (std::uint32_t r = 0; r < system_.roles.size(); ++r) family_of_role_.push_back(number_[sorts.family_of_role(r)]);
}

MemberOf Symmetry::thread(ThreadNumber t) const {
    if (t == 0) return {kNone, 0};
    const Thread& thread = system_.threads[t];
    return {family_of_role_[thread.role], thread.index};
}

// -------------------------------------------------------------------------------------------------------------- owners

std::optional<CellOwner> Symmetry::owner(const Repetition& r, std::uint32_t entry) const {
    CellOwner result;
    const Value stride = r.stride;
    switch (r.kind) {
        case RepetitionKind::kElements: {
            std::uint32_t family = r.group == kNone ? kNone : family_of_group_[r.group];
            if (family == kNone || entry >= families_[family].size) return std::nullopt;
            result.family = family;
            result.member = entry;
            for (std::uint32_t m = 0; m < families_[family].size; ++m) result.offset.push_back(m * stride);
            return result;
        }
        case RepetitionKind::kByThread: {
            ThreadNumber t = r.first_thread + entry;
            MemberOf member = thread(t);
            if (member.family == kNone) return std::nullopt;
            result.family = member.family;
            result.member = member.member;
            for (std::uint32_t m = 0; m < families_[member.family].size; ++m) result.offset.push_back(m * stride);
            return result;
        }
        case RepetitionKind::kBySlot: {
            std::vector<std::uint64_t> row;
            std::optional<MemberOf> member = entry == 0 ? std::nullopt : owner_of_slot(r.group, entry, row);
            if (!member) return std::nullopt;
            result.family = member->family;
            result.member = member->member;
            const ValueRows slots = make_rows({SortKind::kSlot, r.group});
            const ValueRows::Entry* at = slots.find(entry);
            if (at == nullptr) return std::nullopt;
            for (Value slot : slots.rows[at->row]) result.offset.push_back(slot * stride);
            return result;
        }
    }
    return std::nullopt;
}

// A family that had better be given up, if a cell or place has too many owners.
std::optional<std::uint32_t> Symmetry::find_owners(const Repetitions& repetitions) {
    owners_.assign(system_.cell_count(), {});
    orbit_.resize(system_.cell_count());
    for (Address a = 0; a < system_.cell_count(); ++a) orbit_[a] = a;
    if (families_.empty()) return std::nullopt;
    // Entries by slot belong to whom the slot's own cells belong to, so those come first.
    for (bool slots : {false, true}) {
        std::map<std::pair<std::uint32_t, std::uint32_t>, std::optional<CellOwner>> known;
        for (Address a = 0; a < system_.cell_count(); ++a) {
            for (const Coordinate& c : repetitions.of(a)) {
                const Repetition& r = repetitions[c.repetition];
                if ((r.kind == RepetitionKind::kBySlot) != slots) continue;
                auto [at, added] = known.try_emplace({c.repetition, c.entry});
                if (added) at->second = owner(r, c.entry);
                if (at->second) owners_[a].push_back(*at->second);
            }
        }
    }
    for (Address a = 0; a < system_.cell_count(); ++a) {
        if (owners_[a].size() > 2) return owners_[a].back().family;
        Value first = a;
        const std::vector<CellOwner>& owners = owners_[a];
        for (std::size_t o = 0; o < owners.size(); ++o) {
            bool other = o == 1 && owners[0].family == owners[1].family && owners[0].member != owners[1].member;
            first += owners[o].offset[other ? 1 : 0] - owners[o].offset[owners[o].member];
        }
        orbit_[a] = static_cast<Address>(first);
    }
    for (const PointerSpace& space : system_.pointer_spaces) {
        for (const PointerSpace::Origin& origin : space.origins) {
            if (origin.address != kNone && owners_[origin.address].size() > 1) return owners_[origin.address].back().family;
        }
    }
    return std::nullopt;
}

// And what is left of the slot when its owner is put aside.
std::optional<MemberOf> Symmetry::owner_of_slot(std::uint32_t space, std::uint32_t slot, std::vector<std::uint64_t>& row) const {
    const auto& origins = system_.pointer_spaces[space].origins;
    if (slot == 0 || slot > origins.size()) return std::nullopt;
    const PointerSpace::Origin& origin = origins[slot - 1];
    if (origin.address == kNone) {
        row.push_back(1u + origin.kind);
        row.push_back(origin.inner_space);
        return owner_of_slot(origin.inner_space, origin.inner_slot, row);
    }
    const std::vector<CellOwner>& owners = owners_[origin.address];
    if (owners.empty()) return std::nullopt;
    const CellOwner* own = &owners[0];
    row.push_back(0);
    row.push_back(static_cast<std::uint64_t>(static_cast<Value>(origin.address) + own->offset[0] - own->offset[own->member]));
    return MemberOf{own->family, own->member};
}

// ---------------------------------------------------------------------------------------------------------------- rows

ValueRows Symmetry::make_rows(Sort sort) const {
    struct Item {
        Value value;
        MemberOf member;
        std::vector<std::uint64_t> row;
    };
    std::vector<Item> items;
    auto add_slots = [&](bool pointers) {
        std::size_t slots = system_.pointer_spaces[sort.id].origins.size();
        for (std::uint32_t s = 1; s <= slots; ++s) {
            std::vector<std::uint64_t> row;
            std::optional<MemberOf> member = owner_of_slot(sort.id, s, row);
            if (!member) continue;
            if (!pointers) items.push_back({s, *member, row});
            for (std::uint64_t mark = 0; pointers && mark < 2; ++mark) {
                std::vector<std::uint64_t> marked = row;
                marked.push_back(mark);
                items.push_back({static_cast<Value>(2 * s + mark), *member, marked});
            }
        }
    };
    switch (sort.kind) {
        case SortKind::kIndex: {
            std::uint32_t family = number_[sort.id];
            if (family == kNone) break;
            for (std::uint32_t m = 0; m < families_[family].size; ++m) items.push_back({m, {family, m}, {}});
            break;
        }
        case SortKind::kThread:
            for (ThreadNumber t = 1; t < system_.threads.size(); ++t) {
                if (thread(t).family != kNone) items.push_back({t, thread(t), {system_.threads[t].role}});
            }
            break;
        case SortKind::kPointer: add_slots(true); break;
        case SortKind::kSlot: add_slots(false); break;
        case SortKind::kObject:
            for (std::size_t o = 1; o < system_.objects.size(); ++o) {
                const std::vector<CellOwner>& owners = owners_[system_.objects[o].in_use];
                if (owners.empty()) continue;
                std::uint64_t row = orbit_[system_.objects[o].in_use];
                items.push_back({static_cast<Value>(o), {owners[0].family, owners[0].member}, {row}});
            }
            break;
        case SortKind::kAddress:
            for (Address a = 0; a < system_.cell_count(); ++a) {
                const std::vector<CellOwner>& owners = owners_[a];
                if (owners.size() == 1) items.push_back({a, {owners[0].family, owners[0].member}, {orbit_[a]}});
            }
            break;
        case SortKind::kPlain: break;
    }
    ValueRows result;
    std::map<std::pair<std::uint32_t, std::vector<std::uint64_t>>, std::uint32_t> rows;
    for (const Item& item : items) {
        auto [at, added] = rows.try_emplace({item.member.family, item.row}, static_cast<std::uint32_t>(result.rows.size()));
        if (added) result.rows.emplace_back(families_[item.member.family].size, -1);
        result.rows[at->second][item.member.member] = item.value;
        if (result.entries.size() <= static_cast<std::size_t>(item.value)) {
            result.entries.resize(static_cast<std::size_t>(item.value) + 1);
        }
        result.entries[static_cast<std::size_t>(item.value)] = {item.member.family, item.member.member, at->second};
    }
    return result;
}

std::uint32_t Symmetry::rows_of(Sort sort) {
    for (std::uint32_t k = 0; k < known_sorts_.size(); ++k) {
        if (known_sorts_[k] == sort) return k;
    }
    known_sorts_.push_back(sort);
    known_rows_.push_back(make_rows(sort));
    return static_cast<std::uint32_t>(known_sorts_.size() - 1);
}

void Symmetry::find_rows(const Sorts& sorts) {
    rows_.resize(system_.cell_count());
    depends_on_.assign(system_.cell_count(), 0);
    for (Address a = 0; a < system_.cell_count(); ++a) {
        std::uint32_t v = system_.cell_variable[a];
        if (!sorts.is_local_integer(v)) {
            rows_[a].push_back(rows_of(sorts.of_cell(a)));
            continue;
        }
        const ThreadRole& role = system_.roles[system_.variables[v].role];
        for (LocationNumber l = 0; l < role.locations.size(); ++l) rows_[a].push_back(rows_of(sorts.of_local(v, l)));
        bool depends = std::any_of(rows_[a].begin(), rows_[a].end(), [&](std::uint32_t r) { return r != rows_[a][0]; });
        if (depends)
            depends_on_[a] = role.first_thread + (a - system_.variables[v].base);
        else
            rows_[a].resize(1);
    }
}

const ValueRows* Symmetry::rows(Address cell, LocationNumber location) const {
    std::size_t which = depends_on_[cell] == 0 ? 0 : location;
    if (which >= rows_[cell].size()) return nullptr;
    const ValueRows& rows = known_rows_[rows_[cell][which]];
    return rows.rows.empty() ? nullptr : &rows;
}

}  // namespace quire::explore
