#include "explore/canonical_plan.h"

#include <algorithm>
#include <map>

#include "support/invariant.h"

namespace quire::explore {

namespace {

// K. Batcher's odd-even merge sort (1968), for any number of places.
std::vector<std::pair<std::uint32_t, std::uint32_t>> sorting_network(std::uint32_t n) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> result;
    for (std::uint32_t p = 1; p < n; p *= 2) {
        for (std::uint32_t k = p; k >= 1; k /= 2) {
            for (std::uint32_t j = k % p; j + k < n; j += 2 * k) {
                for (std::uint32_t i = 0; i < k && i + j + k < n; ++i) {
                    if ((i + j) / (2 * p) == (i + j + k) / (2 * p)) result.emplace_back(i + j, i + j + k);
                }
            }
        }
    }
    return result;
}

}  // namespace

CanonicalPlan::CanonicalPlan(const TransitionSystem& system, const Symmetry& symmetry, const PackedLayout& layout)
    : symmetry_(symmetry), layout_(layout) {
    add_members(system);
    stays.assign(layout.words(), ~std::uint64_t{0});
    add_cells(system);
    find_loose_ends();
}

void CanonicalPlan::find_loose_ends() {
    std::vector<char> referred(families.size(), 0);
    for (const ReferenceTable& table : tables) {
        for (const ReferenceTable::Entry& entry : table.entries) {
            if (entry.target != kNone) referred[family_of[entry.target]] = 1;
        }
    }
    for (std::uint32_t f = 0; f < families.size(); ++f) {
        families[f].loose_ends = referred[f] == 0 && has_pairs[f] == 0 && chunks_of[f].size() <= 1;
    }
}

void CanonicalPlan::add_members(const TransitionSystem& system) {
    for (std::uint32_t f = 0; f < symmetry_.families().size(); ++f) {
        families.push_back({members, symmetry_.families()[f].size, false});
        members += symmetry_.families()[f].size;
        family_of.resize(members, f);
    }
    has_pairs.assign(families.size(), 0);
    for (const FamilyMembers& family : families) networks.push_back(sorting_network(family.size));
    chunks_of.resize(families.size());
    for (ThreadNumber t = 0; t < system.threads.size(); ++t) {
        MemberOf member = symmetry_.thread(t);
        ThreadMember entry;
        if (member.family != kNone) {
            entry.member = families[member.family].first + member.member;
            entry.first_thread = t - member.member;
        }
        threads.push_back(entry);
    }
}

void CanonicalPlan::clear(Address cell) {
    const Field& f = layout_.field(cell);
    stays[f.word] &= ~(f.max << f.shift);
}

void CanonicalPlan::add_cells(const TransitionSystem& system) {
    std::vector<std::map<Address, Orbit>> orbits(families.size());
    for (Address a : layout_.varying()) {
        const std::vector<CellOwner>& owners = symmetry_.owners(a);
        if (owners.empty()) {
            add_loose(a, system);
            continue;
        }
        clear(a);
        bool diagonal = owners.size() == 2 && owners[0].family == owners[1].family && owners[0].member == owners[1].member;
        if (owners.size() == 2 && !diagonal) {
            add_pair(a);
            continue;
        }
        Orbit& orbit = orbits[owners[0].family][symmetry_.orbit(a)];
        orbit.first = symmetry_.orbit(a);
        orbit.cells.resize(families[owners[0].family].size, kNone);
        orbit.cells[owners[0].member] = a;
    }
    for (std::uint32_t f = 0; f < families.size(); ++f) {
        std::vector<Orbit> list;
        for (auto& [first, orbit] : orbits[f]) list.push_back(std::move(orbit));
        add_chunks(f, std::move(list), system);
    }
}

void CanonicalPlan::add_loose(Address cell, const TransitionSystem& system) {
    const ThreadNumber on = symmetry_.depends_on(cell);
    if (on == 0 && symmetry_.rows(cell) == nullptr) return;
    const Field& field = layout_.field(cell);
    LooseReference reference;
    reference.at = {field.word, field.shift};
    reference.mask = field.max;
    reference.number = cell;
    if (on == 0) {
        reference.tables.push_back(table(cell, 0));
    } else {
        const Field& at = layout_.field(location_of(on, system));
        reference.location = {at.word, at.shift};
        reference.location_mask = at.max;
        for (std::uint64_t l = 0; l <= at.max; ++l) {
            reference.tables.push_back(table(cell, static_cast<LocationNumber>(l + static_cast<std::uint64_t>(at.lo))));
        }
    }
    clear(cell);
    loose.push_back(std::move(reference));
}

Address CanonicalPlan::location_of(ThreadNumber thread, const TransitionSystem& system) {
    const ThreadRole& role = system.roles[system.threads[thread].role];
    return system.variables[role.location_variable].base + system.threads[thread].index;
}

void CanonicalPlan::add_pair(Address cell) {
    const std::vector<CellOwner>& owners = symmetry_.owners(cell);
    const Field& field = layout_.field(cell);
    Address orbit = symmetry_.orbit(cell);
    auto known = std::find_if(matrix_of_orbit_.begin(), matrix_of_orbit_.end(),
                              [orbit](const auto& entry) { return entry.first == orbit; });
    std::uint32_t number = 0;
    if (known == matrix_of_orbit_.end()) {
        number = static_cast<std::uint32_t>(matrices.size());
        matrix_of_orbit_.emplace_back(orbit, number);
        Matrix matrix;
        matrix.first_family = owners[0].family;
        matrix.second_family = owners[1].family;
        matrix.at.resize(std::size_t{families[matrix.first_family].size} * families[matrix.second_family].size);
        matrices.push_back(std::move(matrix));
    } else {
        number = known->second;
    }
    Matrix& matrix = matrices[number];
    has_pairs[matrix.first_family] = has_pairs[matrix.second_family] = 1;
    matrix.at[owners[0].member * families[matrix.second_family].size + owners[1].member] = {field.word, field.shift};
    PairCell pair;
    pair.first = families[owners[0].family].first + owners[0].member;
    pair.second = families[owners[1].family].first + owners[1].member;
    pair.at = {field.word, field.shift};
    pair.mask = field.max;
    pair.matrix = number;
    INVARIANT(symmetry_.depends_on(cell) == 0, "a cell of two whose sort depends on a location");
    if (symmetry_.rows(cell) != nullptr) pair.table = table(cell, 0);
    pairs.push_back(pair);
}

// Fields that lie side by side, at the same distances in every member, are moved together.
void CanonicalPlan::add_chunks(std::uint32_t family, std::vector<Orbit> orbits, const TransitionSystem& system) {
    auto place = [this](Address a) { return std::pair(layout_.field(a).word, layout_.field(a).shift); };
    std::sort(orbits.begin(), orbits.end(),
              [&](const Orbit& a, const Orbit& b) { return place(a.cells[0]) < place(b.cells[0]); });
    std::map<Address, std::pair<std::uint32_t, std::uint32_t>> found;  // cell of member 0 -> chunk, shift within it
    const Orbit* last = nullptr;
    for (const Orbit& orbit : orbits) {
        bool joins = last != nullptr;
        for (std::size_t m = 0; m < orbit.cells.size(); ++m) {
            INVARIANT(orbit.cells[m] != kNone, "a member without a cell that the others have");
            const Field& field = layout_.field(orbit.cells[m]);
            const Field& first = layout_.field(orbit.cells[0]);
            INVARIANT(field.bits == first.bits && field.lo == first.lo, "members of unequal fields");
            if (joins) {
                const Field& before = layout_.field(last->cells[m]);
                joins = before.word == field.word && before.shift + before.bits == field.shift;
            }
        }
        const Field& field = layout_.field(orbit.cells[0]);
        if (!joins) {
            Chunk chunk;
            chunk.family = family;
            for (Address a : orbit.cells) chunk.at.push_back({layout_.field(a).word, layout_.field(a).shift});
            chunk.first_record = records;
            records += families[family].size;
            chunks_of[family].push_back(static_cast<std::uint32_t>(chunks.size()));
            chunks.push_back(std::move(chunk));
        }
        Chunk& chunk = chunks.back();
        std::uint32_t shift = field.shift - chunk.at[0].shift;
        chunk.mask |= field.max << shift;
        found[orbit.cells[0]] = {static_cast<std::uint32_t>(chunks.size() - 1), shift};
        last = &orbit;
    }
    for (std::uint32_t c : chunks_of[family]) chunks[c].plain = chunks[c].mask;
    for (const Orbit& orbit : orbits) {
        Address a = orbit.cells[0];
        ThreadNumber on = symmetry_.depends_on(a);
        if (on == 0 && symmetry_.rows(a) == nullptr) continue;
        Reference reference;
        reference.shift = found[a].second;
        reference.mask = layout_.field(a).max;
        reference.number = orbit.first;
        if (on == 0) {
            reference.tables.push_back(table(a, 0));
        } else {
            Address location = location_of(on, system);
            const Field& at = layout_.field(location);
            if (at.bits == 0) {
                reference.tables.push_back(table(a, static_cast<LocationNumber>(at.lo)));
            } else {
                reference.by_location = true;
                reference.location_chunk = found.at(location).first;
                reference.location_shift = found.at(location).second;
                reference.location_mask = at.max;
                for (std::uint64_t l = 0; l <= at.max; ++l) {
                    reference.tables.push_back(table(a, static_cast<LocationNumber>(l + static_cast<std::uint64_t>(at.lo))));
                }
            }
        }
        Chunk& chunk = chunks[found[a].first];
        chunk.plain &= ~(reference.mask << reference.shift);
        chunk.references.push_back(std::move(reference));
    }
}

std::uint32_t CanonicalPlan::table(Address cell, LocationNumber location) {
    const Field& field = layout_.field(cell);
    const ValueRows* rows = symmetry_.rows(cell, location);
    std::pair key{rows, std::pair{field.lo, field.max}};
    for (const auto& [known, number] : known_tables_) {
        if (known == key) return number;
    }
    ReferenceTable result;
    const Value end = rows == nullptr ? 0 : static_cast<Value>(rows->entries.size());
    for (Value value = field.lo; value < end; ++value) {
        if (static_cast<std::uint64_t>(value - field.lo) > field.max) break;
        ReferenceTable::Entry entry;
        const ValueRows::Entry* at = rows->find(value);
        if (at != nullptr) {
            entry.target = families[at->family].first + at->member;
            entry.label = at->row + 1;
            entry.values = static_cast<std::uint32_t>(result.values.size());
            for (Value other : rows->rows[at->row]) {
                INVARIANT(other >= field.lo && static_cast<std::uint64_t>(other - field.lo) <= field.max,
                          "a reference that cannot name every member");
                result.values.push_back(static_cast<std::uint64_t>(other - field.lo));
            }
        }
        result.entries.push_back(entry);
    }
    result.entries.emplace_back();
    known_tables_.emplace_back(key, static_cast<std::uint32_t>(tables.size()));
    tables.push_back(std::move(result));
    return known_tables_.back().second;
}

}  // namespace quire::explore
