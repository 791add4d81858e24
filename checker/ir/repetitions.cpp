// What of the layout repeats: said once here, so that engines need not find out what is alike.
#include "ir/memory_layout.h"

namespace quire::ir {

// Arrays, containers and ledgers inside a value of `type`.  `repeated`: it lies in something that is repeated itself.
void MemoryLayout::add_repetitions_in(TypeId type, Address address, const std::string& name, bool repeated) {
    const Type& t = program_[type];
    switch (t.kind) {
        case TypeKind::kStruct: {
            const Struct& s = program_[t.structure];
            for (std::uint32_t m = 0; m < s.members.size(); ++m) {
                const StructMember& member = s.members[m];
                Address at = address + offset_of(t.structure, m);
                if (program_[member.type].kind == TypeKind::kLedger) {
                    system_.repetitions.push_back(
                        {RepetitionKind::kByThread, at + ledger_thread(member, 0), 1, thread_count_ + 1, kNone, 0});
                } else {
                    add_repetitions_in(member.type, at, name + "." + member.name, repeated);
                }
            }
            return;
        }
        case TypeKind::kArray: {
            std::uint32_t stride = size_of(t.element);
            Repetition elements{RepetitionKind::kElements, address, stride, extent_of(type), kNone, 0};
            if (!repeated) {
                elements.group = static_cast<std::uint32_t>(system_.groups.size());
                system_.groups.push_back(name);
            }
            if (stride > 0) system_.repetitions.push_back(elements);
            for (std::uint32_t i = 0; i < elements.count; ++i) add_repetitions_in(t.element, address + i * stride, "", true);
            return;
        }
        case TypeKind::kSet: {
            Repetition entries{RepetitionKind::kElements, address, 1, universe_of(t.element).size, kNone, 0};
            if (program_[t.element].kind == TypeKind::kThread) entries.kind = RepetitionKind::kByThread;
            if (program_[t.element].kind == TypeKind::kPointer) {
                entries.kind = RepetitionKind::kBySlot;
                entries.group = program_[t.element].structure.value;
            }
            system_.repetitions.push_back(entries);
            return;
        }
        case TypeKind::kList:
            system_.repetitions.push_back({RepetitionKind::kElements, address + 1, 1, extent_of(type), kNone, 0});
            return;
        case TypeKind::kVoid:
        case TypeKind::kBool:
        case TypeKind::kInteger:
        case TypeKind::kEnum:
        case TypeKind::kThread:
        case TypeKind::kPointer:
        case TypeKind::kFunctionPointer:
        case TypeKind::kReference:
        case TypeKind::kLedger: return;
    }
}

void MemoryLayout::add_repetitions_of_pool(const PoolLayout& pool) {
    auto group = static_cast<std::uint32_t>(system_.groups.size());
    system_.groups.push_back(program_[pool.structure].name);
    system_.repetitions.push_back({RepetitionKind::kElements, pool.in_use, 1, pool.size, group, 0});
    if (pool.stride == 0) return;
    system_.repetitions.push_back({RepetitionKind::kElements, pool.base, pool.stride, pool.size, group, 0});
    for (std::uint32_t i = 0; i < pool.size; ++i) {
        add_repetitions_in(struct_type(pool.structure), pool.base + i * pool.stride, "", true);
    }
}

void MemoryLayout::add_repetitions_of_local(const Executor& executor, const Region& region, TypeId type) {
    auto by_thread = [&](Address base, std::uint32_t stride) {
        if (stride == 0) return;
        system_.repetitions.push_back({RepetitionKind::kByThread, base, stride, executor.count, kNone, executor.first_thread});
    };
    if (!executor.role.valid()) return;
    by_thread(region.base, region.size);
    if (region.tracked) by_thread(region.defined, region.size);
    if (region.in_use != 0) by_thread(region.in_use, 1);
    for (std::uint32_t i = 0; i < executor.count; ++i) add_repetitions_in(type, region.base + i * region.size, "", true);
}

void MemoryLayout::add_repetitions() {
    for (std::size_t g = 0; g < globals_.size(); ++g) {
        add_repetitions_in(program_.globals[g].type, globals_[g], program_.globals[g].name, false);
    }
    for (const PoolLayout& pool : pools_) add_repetitions_of_pool(pool);
    for (const auto& [key, region] : regions_) {
        add_repetitions_of_local(executors_[key.first], region, program_[key.second].type);
    }
}

void MemoryLayout::add_origins() {
    std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> kinds;  // of phantoms: inner struct and path
    for (std::size_t s = 0; s < places_.size(); ++s) {
        for (const Placed& p : places_[s]) {
            PointerSpace::Origin origin;
            if (!p.inner.valid()) {
                origin.address = p.address;
            } else {
                std::pair<std::uint32_t, std::vector<std::uint32_t>> kind{p.inner.value, p.path};
                std::uint32_t number = 0;
                while (number < kinds.size() && kinds[number] != kind) ++number;
                if (number == kinds.size()) kinds.push_back(kind);
                origin.inner_space = p.inner.value;
                origin.inner_slot = p.inner_slot;
                origin.kind = number;
            }
            system_.pointer_spaces[s].origins.push_back(origin);
        }
    }
}

}  // namespace quire::ir
