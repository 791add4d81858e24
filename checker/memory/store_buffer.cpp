#include "memory/store_buffer.h"

#include <algorithm>
#include <set>

#include "support/invariant.h"

namespace quire::memory {

namespace {

using ir::kEndLocation;
using ir::kStartLocation;

ScalarType pointer_to(std::uint32_t structure) { return {ScalarKind::kPointer, 64, true, structure}; }

}  // namespace

std::uint32_t BufferedCells::lane_of(const ScalarType& type) const {
    if (type.kind != ScalarKind::kPointer) return 0;
    auto found = std::find(structures.begin(), structures.end(), type.pointee);
    return found == structures.end() ? 0 : static_cast<std::uint32_t>(found - structures.begin()) + 1;
}

// Stores to one known cell are for that; any other may be for any cell that threads share.
BufferedCells number_cells(ir::LoweringContext& context, const std::vector<ir::FlowGraph*>& roles,
                           const std::vector<std::vector<std::uint32_t>>& waiting_writes) {
    TransitionSystem& system = context.system;
    std::set<Address> wanted;
    for (std::size_t r = 0; r < roles.size(); ++r) {
        for (std::uint32_t n : waiting_writes[r]) {
            const ir::Node& write = roles[r]->nodes[n];
            Value known = 0;
            if (system.pool.known_value(write.address, known)) {
                wanted.insert(static_cast<Address>(known));
                continue;
            }
            for (Address a = 0; a < system.cell_count(); ++a) {
                const Variable& v = system.variables[system.cell_variable[a]];
                bool pointers = v.type.kind == ScalarKind::kPointer && v.type.pointee == write.type.pointee;
                bool same_kind = write.type.kind == ScalarKind::kPointer ? pointers : v.type.kind != ScalarKind::kPointer;
                if (v.kind == VariableKind::kShared && same_kind) wanted.insert(a);
            }
        }
    }
    BufferedCells result;
    result.cells.assign(wanted.begin(), wanted.end());
    Table numbers{"store number", std::vector<Value>(system.cell_count(), -1)};
    Table cells{"stored cell", {result.cells.empty() ? 0 : static_cast<Value>(result.cells[0])}};
    Table objects{"stored local", {0}};
    bool any_local = false;
    for (std::size_t i = 0; i < result.cells.size(); ++i) {
        Address a = result.cells[i];
        numbers.entries[a] = static_cast<Value>(i) + 1;
        cells.entries.push_back(a);
        objects.entries.push_back(0);
        for (std::size_t o = 1; o < system.objects.size(); ++o) {
            const Object& object = system.objects[o];
            if (object.pool || a < object.first || a >= object.first + object.cells) continue;
            objects.entries.back() = static_cast<Value>(o);
            any_local = true;
        }
        const Variable& v = system.variables[system.cell_variable[a]];
        bool own_lane = v.type.kind == ScalarKind::kPointer && v.type.pointee < system.pointer_spaces.size() &&
                        system.pointer_spaces[v.type.pointee].can_dangle;
        if (!own_lane) {
            result.lo = std::min(result.lo, v.lo);
            result.hi = std::max(result.hi, v.hi);
        } else if (result.lane_of(v.type) == 0) {
            result.structures.push_back(v.type.pointee);
        }
    }
    result.number_table = system.pool.add_table(std::move(numbers));
    result.cell_table = system.pool.add_table(std::move(cells));
    if (any_local) result.local_object_table = system.pool.add_table(std::move(objects));
    return result;
}

StoreBuffer::StoreBuffer(ir::LoweringContext& context, const BufferedCells& cells, std::uint32_t role, std::uint32_t capacity)
    : context_(context), cells_(cells), capacity_(capacity), threads_(context.system.roles[role].count) {
    const std::string name = "store buffer of " + context.system.roles[role].name;
    for (std::uint32_t place = 0; place < capacity; ++place) {
        targets_.push_back(
            add_cells(name + " cell " + std::to_string(place), kLongType, 0, static_cast<Value>(cells.cells.size())));
    }
    for (std::uint32_t lane = 0; lane <= cells.structures.size(); ++lane) {
        ScalarType type = lane_type(lane);
        Value lo = cells.lo;
        Value hi = cells.hi;
        if (lane > 0) {
            lo = -2 * 4095;
            hi = 2 * static_cast<Value>(context.layout.place_count(StructId{type.pointee})) + 1;
        }
        values_.emplace_back();
        for (std::uint32_t place = 0; place < capacity; ++place) {
            values_.back().push_back(add_cells(name + " value " + std::to_string(place), type, lo, hi));
        }
    }
    add_flusher(role);
}

ScalarType StoreBuffer::lane_type(std::uint32_t lane) const {
    return lane == 0 ? kLongType : pointer_to(cells_.structures[lane - 1]);
}

Address StoreBuffer::add_cells(const std::string& name, const ScalarType& type, Value lo, Value hi) {
    Variable v;
    v.name = name;
    v.type = type;
    v.kind = VariableKind::kInternal;
    v.lo = lo;
    v.hi = hi;
    v.count = threads_;
    v.displayed = false;
    return context_.add_variable(std::move(v));
}

// A thread of the environment for each thread of the role.  It has ended while the buffer is empty, so a state in which a
// store waits is neither final nor a deadlock.
void StoreBuffer::add_flusher(std::uint32_t served) {
    TransitionSystem& system = context_.system;
    auto number = static_cast<std::uint32_t>(system.roles.size());
    ThreadRole role;
    role.name = "store buffer of " + system.roles[served].name;
    role.first_thread = static_cast<ThreadNumber>(system.threads.size());
    role.count = threads_;
    role.count_expression = system.pool.literal(threads_, kIntType);
    role.is_array = system.roles[served].is_array;
    role.serves = served;
    role.span = system.roles[served].span;
    role.start = static_cast<LocationNumber>(kStartLocation);
    role.end = static_cast<LocationNumber>(kEndLocation);
    Variable location;
    location.name = "location";
    location.type = kIntType;
    location.kind = VariableKind::kLocation;
    location.hi = kEndLocation;
    location.count = threads_;
    location.role = number;
    location.displayed = false;
    role.location_variable = static_cast<std::uint32_t>(system.variables.size());
    awake_ = context_.add_variable(std::move(location));
    for (std::uint32_t i = 0; i < threads_; ++i) {
        system.initial[awake_ + i] = kEndLocation;
        system.threads.push_back({number, i, "store buffer of " + system.threads[system.roles[served].first_thread + i].name});
    }
    Location filled{"stores wait", kNone, flush_step()};
    Location empty{"empty", kNone, {}};
    role.locations = {std::move(filled), std::move(empty)};
    system.roles[served].symmetric = false;  // a permutation would have to move the buffers too
    system.roles.push_back(std::move(role));
}

// The oldest store reaches memory.
Program StoreBuffer::flush_step() {
    Program program;
    auto push = [&](const Store& store) {
        Instruction i;
        i.kind = InstructionKind::kStore;
        i.address = store.address;
        i.value = store.value;
        program.code.push_back(i);
    };
    ExprId cell = pool().lookup(cells_.cell_table, number_at(0), kLongType);
    push({cell, value_at(0)});
    Instruction note;
    note.kind = InstructionKind::kNote;
    note.note = NoteKind::kStored;
    note.address = cell;
    note.value = value_at(0);
    program.code.push_back(note);
    for (const Store& store : take(0, capacity_)) push(store);
    push(mark());
    program.code.push_back(Instruction{});  // kFinish
    return program;
}

ExprId StoreBuffer::is_free(std::uint32_t place) { return pool().equal(number_at(place), lit(0)); }

// All lanes but one are 0.
ExprId StoreBuffer::value_at(std::uint32_t place) {
    ExprId value = pool().load(own(values_[0][place]), kLongType);
    for (std::uint32_t lane = 1; lane < values_.size(); ++lane) {
        ExprId pointer = pool().load(own(values_[lane][place]), lane_type(lane));
        value = pool().op(Op::kSelect, kLongType, pool().op(Op::kNotEqual, kLongType, pointer, lit(0)), pointer, value);
    }
    return value;
}

ExprId StoreBuffer::forwarded(ExprId address, const ScalarType& type, std::uint32_t places) {
    ExprId value = pool().load(address, type);
    ExprId number = pool().lookup(cells_.number_table, address, kLongType);
    Value known = 0;
    if (pool().known_value(number, known) && known < 0) return value;
    std::uint32_t lane = cells_.lane_of(type);
    for (std::uint32_t place = 0; place < std::min(places, capacity_); ++place) {
        ExprId here = pool().equal(number_at(place), number);
        value = pool().op(Op::kSelect, type, here, pool().load(own(values_[lane][place]), lane_type(lane)), value);
    }
    return value;
}

StoreBuffer::Store StoreBuffer::mark() {
    return {own(awake_), pool().op(Op::kSelect, kLongType, is_empty(), lit(kEndLocation), lit(kStartLocation))};
}

std::vector<StoreBuffer::Store> StoreBuffer::put(std::uint32_t place, ExprId address, ExprId value, const ScalarType& type) {
    std::vector<Store> stores;
    stores.push_back({own(targets_[place]), pool().lookup(cells_.number_table, address, kLongType)});
    stores.push_back({own(values_[cells_.lane_of(type)][place]), value});
    if (place == 0) stores.push_back({own(awake_), lit(kStartLocation)});
    return stores;
}

std::vector<StoreBuffer::Store> StoreBuffer::take(std::uint32_t place, std::uint32_t places) {
    std::vector<Store> stores;
    for (std::uint32_t p = place; p < places; ++p) {
        bool last = p + 1 == places;
        stores.push_back({own(targets_[p]), last ? lit(0) : number_at(p + 1)});
        for (std::uint32_t lane = 0; lane < values_.size(); ++lane) {
            ExprId next = last ? pool().literal(0, lane_type(lane)) : pool().load(own(values_[lane][p + 1]), lane_type(lane));
            stores.push_back({own(values_[lane][p]), next});
        }
    }
    return stores;
}

ExprId StoreBuffer::is_into(std::uint32_t place, ExprId object) {
    ExprId owner = pool().lookup(cells_.local_object_table, number_at(place), kLongType);
    return pool().logical_and(pool().op(Op::kNotEqual, kLongType, owner, lit(0)), pool().equal(owner, object));
}

}  // namespace quire::memory
