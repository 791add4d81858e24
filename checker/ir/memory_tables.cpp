// The second half of the layout: laying out in two rounds (places first, since the range of a pointer depends on how many
// places there are), and the tables from slots to addresses and back.
#include <algorithm>

#include "ir/memory_layout.h"
#include "support/invariant.h"

namespace quire::ir {

void MemoryLayout::add_globals() {
    for (const Global& global : program_.globals) {
        globals_.push_back(static_cast<Address>(system_.initial.size()));
        add_cells(global.type, global.name, global.is_ghost ? VariableKind::kGhost : VariableKind::kShared, global.span, true);
    }
}

void MemoryLayout::add_pools() {
    for (PoolLayout& pool : pools_) {
        const std::string& name = program_[pool.structure].name;
        TypeId type = struct_type(pool.structure);
        Variable in_use;
        in_use.name = name + ".in_use";
        in_use.type = kBoolType;
        in_use.kind = VariableKind::kInternal;
        in_use.hi = 1;
        in_use.count = pool.size;
        in_use.displayed = false;
        pool.in_use = add_variable(std::move(in_use));
        pool.base = static_cast<Address>(system_.initial.size());
        pool.stride = size_of(type);
        for (std::uint32_t i = 0; i < pool.size; ++i) {
            Object& object = system_.objects[pool.first_object + i];
            object.in_use = pool.in_use + i;
            object.first = static_cast<Address>(system_.initial.size());
            object.cells = pool.stride;
            add_cells(type, object.name, VariableKind::kShared, program_[pool.structure].span, true);
        }
    }
}

void MemoryLayout::add_locals() {
    for (std::uint32_t e = 0; e < executors_.size(); ++e) {
        const Executor& executor = executors_[e];
        for (LocalId local : executor.reached.locals) {
            auto found = regions_.find({e, local});
            if (found == regions_.end()) continue;
            Region& region = found->second;
            const Local& declared = program_[local];
            region.base = static_cast<Address>(system_.initial.size());
            for (std::uint32_t i = 0; i < executor.count; ++i) {
                std::string name = executor.role.valid() ? system_.threads[executor.first_thread + i].name + "." : "";
                std::size_t first = system_.variables.size();
                if (declared.in_memory) {
                    system_.objects[region.first_object + i].first = static_cast<Address>(system_.initial.size());
                    system_.objects[region.first_object + i].cells = region.size;
                }
                add_cells(declared.type, name + declared.name, VariableKind::kShared, declared.span, true);
                for (std::size_t v = first; v < system_.variables.size(); ++v) {
                    system_.variables[v].owner = executor.role.valid() ? executor.first_thread + i : 0;
                }
            }
            Variable defined;
            defined.name = declared.name + ".defined";
            defined.type = kBoolType;
            defined.kind = VariableKind::kInternal;
            defined.hi = 1;
            defined.count = region.size * executor.count;
            defined.displayed = false;
            if (region.tracked && defined.count > 0) {
                tracked_ = true;
                std::uint32_t cells = defined.count;
                Address at = add_variable(std::move(defined));
                defined_.resize(system_.initial.size(), 0);
                for (std::uint32_t c = 0; c < cells; ++c) defined_[region.base + c] = at + c;
                region.defined = at;
            }
            if (declared.in_memory) {
                Variable in_use;
                in_use.name = declared.name + ".in_use";
                in_use.type = kBoolType;
                in_use.kind = VariableKind::kInternal;
                in_use.hi = 1;
                in_use.count = executor.count;
                in_use.displayed = false;
                region.in_use = add_variable(std::move(in_use));
                for (std::uint32_t i = 0; i < executor.count; ++i) {
                    system_.objects[region.first_object + i].in_use = region.in_use + i;
                }
            }
        }
    }
}

// What container_of can make of a pointer that lies in no such struct: a place that only `&p->member`, == and != may use.
void MemoryLayout::add_phantoms() {
    for (const TypedExpression& e : program_.expressions) {
        if (e.kind != ExpressionKind::kContainerOf) continue;
        StructId inner = program_[program_[e.operands[0]].type].structure;
        std::vector<Placed>& outer = places_[e.structure.value];
        bool known =
            std::any_of(outer.begin(), outer.end(), [&](const Placed& p) { return p.inner == inner && p.path == e.member_path; });
        if (known) continue;
        std::uint32_t offset = 0;
        StructId at = e.structure;
        for (std::uint32_t member : e.member_path) {
            offset += offset_of(at, member);
            const Type& t = program_[program_[at].members[member].type];
            if (t.kind == TypeKind::kStruct) at = t.structure;
        }
        std::vector<Address> starts;
        for (const Placed& p : outer) {
            if (!p.inner.valid()) starts.push_back(p.address + offset);
        }
        std::sort(starts.begin(), starts.end());
        const std::vector<Placed> inside = places_[inner.value];
        for (std::uint32_t slot = 1; slot <= inside.size(); ++slot) {
            const Placed& p = inside[slot - 1];
            if (p.inner.valid() || std::binary_search(starts.begin(), starts.end(), p.address)) continue;
            Placed phantom;
            phantom.object = p.object;
            phantom.path = e.member_path;
            phantom.inner = inner;
            phantom.inner_slot = slot;
            outer.push_back(phantom);
            ++phantom_count_[e.structure.value];
            PointerSpace& space = system_.pointer_spaces[e.structure.value];
            space.places.push_back("container_of(" + system_.pointer_spaces[inner.value].places[slot - 1] + ")");
            if (p.object != 0) space.can_dangle = true;
        }
    }
}

void MemoryLayout::finish_tables() {
    defined_.resize(system_.initial.size(), 0);
    for (std::uint32_t s = 0; s < places_.size(); ++s) {
        const std::vector<Placed>& places = places_[s];
        Table base{"base_" + program_.structs[s].name, {0}};
        Table object{"object_of_" + program_.structs[s].name, {0}};
        Table pool_object{"pool_object_" + program_.structs[s].name, {0}};
        Table typesafe{"typesafe_" + program_.structs[s].name, {0}};
        for (const Placed& p : places) {
            base.entries.push_back(p.inner.valid() ? 0 : p.address);
            object.entries.push_back(p.object);
            bool is_slot = p.object != 0 && !p.inner.valid() && system_.objects[p.object].pool &&
                           system_.objects[p.object].first == p.address && pool(StructId{s}) != nullptr &&
                           p.object >= pool(StructId{s})->first_object &&
                           p.object < pool(StructId{s})->first_object + pool(StructId{s})->size;
            pool_object.entries.push_back(is_slot ? p.object : 0);
            typesafe.entries.push_back(p.object != 0 && system_.objects[p.object].typesafe ? 1 : 0);
        }
        system_.pointer_spaces[s].object_table = system_.pool.add_table(std::move(object));
        base_table_.push_back(system_.pool.add_table(std::move(base)));
        pool_object_table_.push_back(system_.pool.add_table(std::move(pool_object)));
        typesafe_table_.push_back(system_.pool.add_table(std::move(typesafe)));
    }
}

TypeId MemoryLayout::struct_type(StructId id) const {
    for (std::size_t t = 0; t < program_.types.size(); ++t) {
        if (program_.types[t].kind == TypeKind::kStruct && program_.types[t].structure == id) return TypeId{t};
    }
    UNREACHABLE("struct '" + program_[id].name + "' has no type");
}

// Globals, pool slots, locals in memory: everything that structs can live in, in the order of their slots.
void MemoryLayout::collect_roots() {
    for (const Global& global : program_.globals) roots_.push_back({global.type, global.name, 0, false});
    for (const Pool& declared : program_.pools) {
        PoolLayout pool;
        pool.structure = declared.structure;
        Value size = evaluate_constant(program_, declared.size, constants_).value_or(0);
        pool.size = static_cast<std::uint32_t>(std::clamp<Value>(size, 0, 1 << 12));
        pool.typesafe = declared.typesafe;
        pool.first_object = static_cast<std::uint32_t>(system_.objects.size());
        pools_.push_back(pool);
        for (std::uint32_t i = 0; i < pool.size; ++i) {
            Object object;
            object.name = program_[pool.structure].name + "#" + std::to_string(i);
            object.pool = true;
            object.typesafe = pool.typesafe;
            roots_.push_back({struct_type(pool.structure), object.name, pool.first_object + i, false});
            system_.objects.push_back(std::move(object));
        }
    }
    for (std::uint32_t e = 0; e < executors_.size(); ++e) {
        for (LocalId local : executors_[e].reached.locals) collect_local(e, local);
    }
}

// Locals that are not just a few scalars have cells of their own: structs in memory, arrays, sets and lists.
void MemoryLayout::collect_local(std::uint32_t e, LocalId local) {
    const Executor& executor = executors_[e];
    const Local& declared = program_[local];
    if (declared.is_reference || (!declared.in_memory && !needs_cells(declared.type))) return;
    TypeKind kind = program_[declared.type].kind;
    Region region;
    region.tracked = kind != TypeKind::kSet && kind != TypeKind::kList;
    if (declared.in_memory) {
        region.first_object = static_cast<std::uint32_t>(system_.objects.size());
        for (std::uint32_t i = 0; i < executor.count; ++i) {
            Object object;
            object.name = (executor.role.valid() ? system_.threads[executor.first_thread + i].name + "." : "") + declared.name;
            roots_.push_back({declared.type, object.name, region.first_object + i, true});
            system_.objects.push_back(std::move(object));
        }
    }
    regions_[{e, local}] = region;
}

bool MemoryLayout::needs_cells(TypeId type) const {
    const Type& t = program_[type];
    if (t.kind == TypeKind::kArray || t.kind == TypeKind::kSet || t.kind == TypeKind::kList) return true;
    if (t.kind != TypeKind::kStruct) return false;
    for (const StructMember& member : program_[t.structure].members) {
        if (program_[member.type].kind == TypeKind::kLedger || needs_cells(member.type)) return true;
    }
    return false;
}

// Gives everything its cells, then the places their addresses.
void MemoryLayout::place_roots() {
    add_globals();
    add_pools();
    add_locals();
    for (std::vector<Placed>& places : places_) places.clear();
    for (PointerSpace& space : system_.pointer_spaces) space.places.clear();
    for (std::size_t r = 0; r < roots_.size(); ++r) {
        Address address = r < globals_.size() ? globals_[r] : system_.objects[roots_[r].object].first;
        add_structs(roots_[r].type, address, roots_[r].name, roots_[r].object, roots_[r].local);
    }
    for (PoolLayout& pool : pools_) {
        const std::vector<Placed>& places = places_[pool.structure.value];
        for (std::uint32_t slot = 1; slot <= places.size(); ++slot) {
            const Placed& p = places[slot - 1];
            if (pool.size > 0 && p.object == pool.first_object && p.address == pool.base) pool.first_slot = slot;
        }
    }
}

bool MemoryLayout::build(Diagnostics& diagnostics) {
    for (const Executor& executor : executors_) {
        if (executor.role.valid()) thread_count_ += executor.count;
    }
    system_.objects.resize(1);
    collect_roots();
    // The number of places of a struct is the number of values of its pointers, on which the size of sets depends; so
    // count first.  (No struct can hold itself, so counting needs no addresses.)
    for (const Root& root : roots_) {
        add_structs(root.type, 0, root.name, root.object, root.local);
        std::uint64_t places = 0;
        for (const std::vector<Placed>& of : places_) places += of.size();
        if (places > kMaxCells) return too_large(diagnostics);
    }
    for (const std::vector<Placed>& places : places_) counted_.push_back(static_cast<std::uint32_t>(places.size()));
    scalar_cache_.clear();
    std::uint64_t cells = 0;
    for (const Root& root : roots_) cells += size_of(root.type);
    for (auto& [key, region] : regions_) {
        region.size = size_of(program_[key.second].type);
        cells += region.size * std::uint64_t{executors_[key.first].count};
    }
    if (cells > kMaxCells) return too_large(diagnostics);
    Variable one;
    one.name = "one";
    one.type = kBoolType;
    one.kind = VariableKind::kInternal;
    one.lo = one.hi = 1;
    one.displayed = false;
    always_one_ = add_variable(std::move(one));
    system_.initial[always_one_] = 1;
    place_roots();
    add_phantoms();
    for (Variable& v : system_.variables) {  // phantoms are values too
        if (v.type.kind == ScalarKind::kPointer) v.hi = 2 * static_cast<Value>(places_[v.type.pointee].size()) + 1;
    }
    finish_tables();
    add_repetitions();
    add_origins();
    return true;
}

bool MemoryLayout::too_large(Diagnostics& diagnostics) const {
    SourceSpan span;
    std::uint64_t largest = 0;
    for (const Global& global : program_.globals) {
        if (size_of(global.type) < largest) continue;
        largest = size_of(global.type);
        span = global.span;
    }
    diagnostics.error(DiagnosticCode::kE0604, span, "the state needs more than " + std::to_string(kMaxCells) + " cells")
        .with_label("the largest variable")
        .with_help("make arrays, pools or thread counts smaller: protocols show their bugs with two or three of each");
    return false;
}

const Region* MemoryLayout::region(std::uint32_t executor, LocalId local) const {
    auto found = regions_.find({executor, local});
    return found == regions_.end() ? nullptr : &found->second;
}

const PoolLayout* MemoryLayout::pool(StructId structure) const {
    for (const PoolLayout& pool : pools_) {
        if (pool.structure == structure) return &pool;
    }
    return nullptr;
}

std::uint32_t MemoryLayout::slot_table(StructId structure) {
    auto found = slot_tables_.find(structure);
    if (found != slot_tables_.end()) return found->second;
    // Padded: the address of a member of NULL is small but may exceed a small memory.
    Table table{"slot_at_" + program_[structure].name, std::vector<Value>(system_.initial.size() * 2 + 64, 0)};
    const std::vector<Placed>& places = places_[structure.value];
    for (std::uint32_t slot = 1; slot <= places.size(); ++slot) {
        if (!places[slot - 1].inner.valid()) table.entries[places[slot - 1].address] = slot;
    }
    std::uint32_t number = system_.pool.add_table(std::move(table));
    slot_tables_.emplace(structure, number);
    return number;
}

std::uint32_t MemoryLayout::member_table(StructId outer, const std::vector<std::uint32_t>& path, StructId inner) {
    std::uint32_t offset = 0;
    StructId at = outer;
    for (std::uint32_t member : path) {
        offset += offset_of(at, member);
        const Type& t = program_[program_[at].members[member].type];
        if (t.kind == TypeKind::kStruct) at = t.structure;
    }
    std::map<Address, std::uint32_t> slots;
    const std::vector<Placed>& inside = places_[inner.value];
    for (std::uint32_t slot = 1; slot <= inside.size(); ++slot) {
        if (!inside[slot - 1].inner.valid()) slots[inside[slot - 1].address] = slot;
    }
    Table table{"member_of_" + program_[outer].name, {0}};
    for (const Placed& p : places_[outer.value]) {
        Value slot = -1;
        if (!p.inner.valid()) {
            auto found = slots.find(p.address + offset);
            if (found != slots.end()) slot = found->second;
        } else if (p.inner == inner && p.path == path) {
            slot = p.inner_slot;
        }
        table.entries.push_back(slot);
    }
    return system_.pool.add_table(std::move(table));
}

std::uint32_t MemoryLayout::container_table(StructId outer, const std::vector<std::uint32_t>& path, StructId inner) {
    const Table members = system_.pool.table(member_table(outer, path, inner));
    Table table{"container_of_" + program_[outer].name, std::vector<Value>(places_[inner.value].size() + 1, -1)};
    table.entries[0] = 0;
    for (std::size_t slot = 1; slot < members.entries.size(); ++slot) {
        Value member = members.entries[slot];
        if (member > 0) table.entries[static_cast<std::size_t>(member)] = static_cast<Value>(slot);
    }
    return system_.pool.add_table(std::move(table));
}

std::uint32_t MemoryLayout::defined_table() {
    Table table{"defined", {}};
    for (std::size_t address = 0; address < defined_.size(); ++address) {
        table.entries.push_back(defined_[address] != 0 ? defined_[address] : always_one_);
    }
    table.entries.resize(system_.initial.size() * 2 + 64, always_one_);
    return system_.pool.add_table(std::move(table));
}

}  // namespace quire::ir
