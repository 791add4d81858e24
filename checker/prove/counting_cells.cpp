#include "prove/counting_cells.h"

#include <algorithm>

#include "system/thread_marks.h"

namespace quire::prove {

ThreadCells::ThreadCells(const TransitionSystem& system)
    : system_(system),
      places_(system.cell_count()),
      slots_(system.roles.size()),
      cells_(system.threads.size()),
      owned_slot_(system.cell_count(), 0) {
    for (const ThreadRole& role : system.roles) {
        if (role.serves != kNone) throw Refusal{"steps of nobody (a store buffer)", kNone, role.span};
        if (!role.symmetric && role.count > 1)
            throw Refusal{"the threads of '" + role.name + "' look at their index", kNone, role.span};
    }
    for (const Object& object : system.objects) {
        if (!object.name.empty() && !object.pool)
            throw Refusal{"'" + object.name + "' is a local whose address is taken", kNone, {}};
    }
    // What a thread keeps of each thread (the members of a set, while it goes through them) is a slot of those, and not as many
    // slots of its own as there are threads.
    std::vector<char> in_row(system.cell_count(), 0);
    for (const Repetition& r : system.repetitions) {
        if (r.kind != RepetitionKind::kByThread || r.first_thread != 0) continue;
        std::fill_n(in_row.begin() + r.base, r.stride * r.count, 1);
    }
    auto lies_in_row = [&](const Variable& v) { return v.count > 0 && in_row[v.base] != 0; };
    for (std::uint32_t r = 0; r < system.roles.size(); ++r) {
        const ThreadRole& role = system.roles[r];
        std::vector<const Variable*> own{&system.variables[role.location_variable]};
        for (std::size_t v = 0; v < system.variables.size(); ++v) {
            if (system.variables[v].role == r && v != role.location_variable && !lies_in_row(system.variables[v]))
                own.push_back(&system.variables[v]);
        }
        for (const Variable* v : own) {
            std::uint32_t stride = role.count == 0 ? 0 : v->count / role.count;
            for (std::uint32_t k = 0; k < stride || (k == 0 && role.count == 0); ++k) {
                auto slot = static_cast<std::uint32_t>(slots_[r].size());
                slots_[r].push_back({v->name, v->type, kNone, v->displayed, !v->displayed && v->name == "ledger"});
                for (std::uint32_t i = 0; i < role.count; ++i) add(v->base + i * stride + k, role.first_thread + i, slot);
            }
        }
    }
    for (const Repetition& r : system.repetitions) {
        if (r.kind != RepetitionKind::kByThread) continue;
        for (std::uint32_t k = 0; k < r.stride; ++k) {
            std::vector<std::uint32_t> slot_of(system.roles.size(), kNone);
            for (std::uint32_t i = 0; i < r.count; ++i) {
                ThreadNumber thread = r.first_thread + i;
                if (thread == 0 || thread >= system.threads.size()) continue;
                Address cell = r.base + i * r.stride + k;
                if (places_[cell].thread != 0) continue;
                std::uint32_t role = system.threads[thread].role;
                const Variable& v = system.variables[system.cell_variable[cell]];
                if (slot_of[role] == kNone) {
                    slot_of[role] = static_cast<std::uint32_t>(slots_[role].size());
                    std::string name = v.name;
                    std::string self = "[" + system.threads[thread].name + "]";
                    std::size_t at = name.find(self);
                    if (at != std::string::npos) name.erase(at, self.size());
                    slots_[role].push_back({name, v.type, kNone, v.displayed, false, v.name == kThreadMarks, r.first_thread == 0,
                                            r.first_thread == 0 ? r.base + k : kNone});
                }
                add(cell, thread, slot_of[role]);
            }
        }
    }
    for (const auto& slots : slots_) first_owned_.push_back(static_cast<std::uint32_t>(slots.size()));
    std::uint32_t owned = 0;
    for (Address a = 0; a < system.cell_count(); ++a) {
        const Variable& v = system.variables[system.cell_variable[a]];
        if (v.type.kind != ScalarKind::kThread || places_[a].thread != 0) continue;
        owned_slot_[a] = ++owned;
        for (auto& slots : slots_) slots.push_back({system.cell_name(a) + " is self", kBoolType, a, true, false});
    }
    for (ThreadNumber t = 1; t < system.threads.size(); ++t) cells_[t].resize(slots_[system.threads[t].role].size(), kNone);
}

std::string ThreadCells::text(std::uint32_t role, const std::vector<Value>& slots) const {
    std::string out = system_.roles[role].name + ":";
    for (std::size_t s = 0; s < slots.size(); ++s) {
        bool address = slots_[role][s].is_address && slots[s] > 0 && static_cast<std::size_t>(slots[s]) < system_.cell_count();
        out += " " + (address ? system_.cell_name(static_cast<Address>(slots[s])) : std::to_string(slots[s]));
    }
    return out;
}

void ThreadCells::add(Address cell, ThreadNumber thread, std::uint32_t slot) {
    if (places_[cell].thread != 0) throw Refusal{"a cell of two threads", kNone, {}};
    places_[cell] = {thread, slot};
    std::vector<Address>& cells = cells_[thread];
    if (cells.size() <= slot) cells.resize(slot + 1, kNone);
    cells[slot] = cell;
}

}  // namespace quire::prove
