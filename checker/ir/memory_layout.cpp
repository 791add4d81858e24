#include "ir/memory_layout.h"

#include <algorithm>

#include "support/invariant.h"

namespace quire::ir {

namespace {

constexpr Value kMostReferences = 0x7fffffff;

Value constant_of(const TypedProgram& program, ExpressionId id, const ConstantValues& constants) {
    return evaluate_constant(program, id, constants).value_or(0);
}

}  // namespace

ScalarRange range_of(const TypedProgram& program, TypeId type, const ConstantValues& constants) {
    const Type& t = program[type];
    if (t.has_range) {
        return {constant_of(program, t.lo, constants), constant_of(program, t.hi, constants), true};
    }
    ScalarType scalar = scalar_type(program, type);
    return {smallest_value(scalar), largest_value(scalar), false};
}

MemoryLayout::MemoryLayout(const TypedProgram& program, const ConstantValues& constants, std::vector<Executor>& executors,
                           TransitionSystem& system)
    : program_(program), constants_(constants), executors_(executors), system_(system) {
    std::size_t structs = program.structs.size();
    places_.resize(structs);
    phantom_count_.assign(structs, 0);
    has_local_places_.assign(structs, false);
    has_typesafe_.assign(structs, false);
    system_.pointer_spaces.resize(structs);
    for (std::size_t i = 0; i < structs; ++i) system_.pointer_spaces[i].structure = program.structs[i].name;
}

std::uint32_t MemoryLayout::extent_of(TypeId type) const {
    const Type& t = program_[type];
    if (t.extent.valid()) {
        Value extent = constant_of(program_, t.extent, constants_);
        return extent < 0 ? 0 : static_cast<std::uint32_t>(std::min<Value>(extent, kMaxCells));
    }
    return t.kind == TypeKind::kList ? universe_of(t.element).size : 0;
}

Universe MemoryLayout::universe_of(TypeId element) const {
    const Type& t = program_[element];
    switch (t.kind) {
        case TypeKind::kBool: return {0, 2};
        case TypeKind::kThread: return {0, thread_count_ + 1};
        case TypeKind::kPointer: return {0, (counted_.empty() ? 0 : counted_[t.structure.value]) + 1};
        case TypeKind::kFunctionPointer: return {0, static_cast<std::uint32_t>(program_.functions.size()) + 1};
        case TypeKind::kEnum: {
            Value lo = 0;
            Value hi = 0;
            bool first = true;
            for (const auto& [name, value] : program_[t.enumeration].values) {
                lo = first ? value : std::min(lo, value);
                hi = first ? value : std::max(hi, value);
                first = false;
            }
            return {lo, static_cast<std::uint32_t>(hi - lo + 1)};
        }
        case TypeKind::kInteger: {
            ScalarRange range = range_of(program_, element, constants_);
            if (!range.declared) return {0, 16};
            return {range.lo, static_cast<std::uint32_t>(range.hi - range.lo + 1)};
        }
        case TypeKind::kVoid:
        case TypeKind::kStruct:
        case TypeKind::kArray:
        case TypeKind::kSet:
        case TypeKind::kList:
        case TypeKind::kLedger:
        case TypeKind::kReference: break;
    }
    return {0, 1};
}

// As reports show member `index` of the universe.  The places of pointers have their names since they were counted.
std::string MemoryLayout::element_name(TypeId element, const Universe& universe, std::uint32_t index) const {
    const Type& t = program_[element];
    Value value = universe.lo + static_cast<Value>(index);
    switch (t.kind) {
        case TypeKind::kBool: return value != 0 ? "true" : "false";
        case TypeKind::kThread: return index == 0 ? "NO_THREAD" : system_.threads[index].name;
        case TypeKind::kPointer: {
            const std::vector<std::string>& places = system_.pointer_spaces[t.structure.value].places;
            if (index > 0 && index <= places.size()) return "&" + places[index - 1];
            break;
        }
        case TypeKind::kFunctionPointer:
            if (index > 0 && index <= program_.functions.size()) return program_.functions[index - 1].name;
            break;
        case TypeKind::kEnum:
            for (const auto& [name, number] : program_[t.enumeration].values) {
                if (number == value) return name;
            }
            return std::to_string(value);
        case TypeKind::kInteger:
        case TypeKind::kVoid:
        case TypeKind::kStruct:
        case TypeKind::kArray:
        case TypeKind::kSet:
        case TypeKind::kList:
        case TypeKind::kLedger:
        case TypeKind::kReference: return std::to_string(value);
    }
    return index == 0 ? "NULL" : std::to_string(value);
}

std::uint32_t MemoryLayout::size_of(TypeId type) const {
    const Type& t = program_[type];
    switch (t.kind) {
        case TypeKind::kStruct: {
            std::uint64_t size = 0;
            const Struct& s = program_[t.structure];
            for (std::size_t m = 0; m < s.members.size(); ++m) {
                const StructMember& member = s.members[m];
                size += program_[member.type].kind == TypeKind::kLedger ? ledger_size(member) : size_of(member.type);
            }
            return static_cast<std::uint32_t>(std::min<std::uint64_t>(size, kMaxCells + 1));
        }
        case TypeKind::kArray:
            return static_cast<std::uint32_t>(
                std::min<std::uint64_t>(std::uint64_t{extent_of(type)} * size_of(t.element), kMaxCells + 1));
        case TypeKind::kSet: return universe_of(t.element).size;
        case TypeKind::kList: return extent_of(type) + 1;  // the length, then the elements
        case TypeKind::kVoid: return 0;
        case TypeKind::kBool:
        case TypeKind::kInteger:
        case TypeKind::kEnum:
        case TypeKind::kThread:
        case TypeKind::kPointer:
        case TypeKind::kFunctionPointer:
        case TypeKind::kReference:
        case TypeKind::kLedger: return 1;
    }
    return 1;
}

std::uint32_t MemoryLayout::offset_of(StructId structure, std::uint32_t member) const {
    std::uint32_t offset = 0;
    const Struct& s = program_[structure];
    for (std::uint32_t m = 0; m < member; ++m) {
        const StructMember& before = s.members[m];
        offset += program_[before.type].kind == TypeKind::kLedger ? ledger_size(before) : size_of(before.type);
    }
    return offset;
}

std::vector<MemoryLayout::LedgerAt> MemoryLayout::ledgers_in(TypeId type) const {
    std::vector<LedgerAt> out;
    const Type& t = program_[type];
    if (t.kind == TypeKind::kStruct) {
        const Struct& s = program_[t.structure];
        for (std::uint32_t m = 0; m < s.members.size(); ++m) {
            std::uint32_t offset = offset_of(t.structure, m);
            if (program_[s.members[m].type].kind == TypeKind::kLedger) {
                out.push_back({offset, t.structure, m});
                continue;
            }
            for (LedgerAt inner : ledgers_in(s.members[m].type)) {
                inner.offset += offset;
                out.push_back(inner);
            }
        }
    }
    if (t.kind == TypeKind::kArray) {
        std::uint32_t stride = size_of(t.element);
        for (std::uint32_t i = 0; i < extent_of(type); ++i) {
            for (LedgerAt inner : ledgers_in(t.element)) {
                inner.offset += i * stride;
                out.push_back(inner);
            }
        }
    }
    return out;
}

void MemoryLayout::scalars(TypeId type, std::uint32_t offset, const std::string& name, bool ghost,
                           std::vector<Scalar>& out) const {
    const Type& t = program_[type];
    auto counter = [&](std::uint32_t at, std::string label, Value hi, std::string account) {
        Scalar part;
        part.offset = at;
        part.name = std::move(label);
        part.ghost = ghost;
        part.counter = true;
        part.hi = hi;
        part.account = std::move(account);
        out.push_back(std::move(part));
    };
    switch (t.kind) {
        case TypeKind::kStruct: {
            const Struct& s = program_[t.structure];
            for (std::uint32_t m = 0; m < s.members.size(); ++m) {
                const StructMember& member = s.members[m];
                std::uint32_t at = offset + offset_of(t.structure, m);
                std::string label = name + "." + member.name;
                if (program_[member.type].kind != TypeKind::kLedger) {
                    scalars(member.type, at, label, ghost || member.is_ghost, out);
                    continue;
                }
                for (const std::string& account : member.accounts)
                    counter(at++, label + "[" + account + "]", kMostReferences, account);
                counter(at++, label + "[unbooked]", kMostReferences, "unbooked");
                for (std::uint32_t thread = 0; thread <= thread_count_; ++thread) {
                    std::string who = thread == 0 ? "init" : system_.threads[thread].name;
                    counter(at++, label + "[" + who + "]", kMostReferences, who);
                }
            }
            return;
        }
        case TypeKind::kArray: {
            std::uint32_t stride = size_of(t.element);
            for (std::uint32_t i = 0; i < extent_of(type); ++i) {
                scalars(t.element, offset + i * stride, name + "[" + std::to_string(i) + "]", ghost, out);
            }
            return;
        }
        case TypeKind::kSet: {
            Universe universe = universe_of(t.element);
            Value most = program_[t.element].kind == TypeKind::kPointer ? 2 : 1;
            for (std::uint32_t i = 0; i < universe.size; ++i) {
                counter(offset + i, name + "{" + element_name(t.element, universe, i) + "}", most, "");
                if (i == 0 && most == 2) {
                    out.back().set_of = program_[t.element].structure;
                    out.back().set_size = universe.size;
                }
            }
            return;
        }
        case TypeKind::kList: {
            std::uint32_t extent = extent_of(type);
            counter(offset, name + ".size", extent, "");
            for (std::uint32_t i = 0; i < extent; ++i) {
                scalars(t.element, offset + 1 + i, name + "[" + std::to_string(i) + "]", ghost, out);
            }
            return;
        }
        case TypeKind::kVoid: return;
        case TypeKind::kBool:
        case TypeKind::kInteger:
        case TypeKind::kEnum:
        case TypeKind::kThread:
        case TypeKind::kPointer:
        case TypeKind::kFunctionPointer:
        case TypeKind::kReference:
        case TypeKind::kLedger: {
            Scalar scalar;
            scalar.offset = offset;
            scalar.type = type;
            scalar.name = name;
            scalar.ghost = ghost;
            out.push_back(std::move(scalar));
            return;
        }
    }
}

const std::vector<MemoryLayout::Scalar>& MemoryLayout::scalars_of(TypeId type) const {
    auto found = scalar_cache_.find(type);
    if (found == scalar_cache_.end()) {
        std::vector<Scalar> all;
        scalars(type, 0, "", false, all);
        found = scalar_cache_.emplace(type, std::move(all)).first;
    }
    return found->second;
}

Address MemoryLayout::add_variable(Variable variable) {
    Address base = static_cast<Address>(system_.initial.size());
    variable.base = base;
    system_.initial.insert(system_.initial.end(), variable.count, 0);
    system_.cell_variable.insert(system_.cell_variable.end(), variable.count,
                                 static_cast<std::uint32_t>(system_.variables.size()));
    system_.variables.push_back(std::move(variable));
    return base;
}

Value MemoryLayout::type_low(TypeId type) const {
    const Type& t = program_[type];
    if (t.kind == TypeKind::kPointer) return -2 * 4095;
    if (t.kind == TypeKind::kInteger || t.kind == TypeKind::kEnum) return range_of(program_, type, constants_).lo;
    return 0;
}

Value MemoryLayout::type_high(TypeId type) const {
    const Type& t = program_[type];
    switch (t.kind) {
        case TypeKind::kPointer: return 2 * static_cast<Value>(places_[t.structure.value].size()) + 1;
        case TypeKind::kInteger:
        case TypeKind::kEnum: return range_of(program_, type, constants_).hi;
        case TypeKind::kThread: return thread_count_;
        case TypeKind::kFunctionPointer: return static_cast<Value>(program_.functions.size());
        case TypeKind::kBool: return 1;
        case TypeKind::kVoid:
        case TypeKind::kStruct:
        case TypeKind::kArray:
        case TypeKind::kSet:
        case TypeKind::kList:
        case TypeKind::kLedger:
        case TypeKind::kReference: break;
    }
    return 0;
}

// One variable per scalar: an address is then enough to know what a cell is.
void MemoryLayout::add_cells(TypeId type, const std::string& name, VariableKind kind, SourceSpan span, bool displayed) {
    for (const Scalar& scalar : scalars_of(type)) {
        Variable v;
        v.name = name + scalar.name;
        v.kind = scalar.ghost ? VariableKind::kGhost : kind;
        v.span = span;
        v.displayed = displayed;
        if (scalar.counter) {
            v.type = kIntType;
            v.hi = scalar.hi;
            if (scalar.set_of.valid()) {
                pointer_sets_.push_back({static_cast<Address>(system_.initial.size()), scalar.set_size, scalar.set_of});
            }
            if (!scalar.account.empty()) v.kind = VariableKind::kInternal;
        } else {
            v.type = scalar_type(program_, scalar.type);
            v.lo = type_low(scalar.type);
            v.hi = type_high(scalar.type);
            const Type& t = program_[scalar.type];
            if (t.kind == TypeKind::kEnum) v.enumeration = t.enumeration.value;
        }
        add_variable(std::move(v));
    }
}

// Registers every struct inside a value of `type` at `address`, outer ones first.
void MemoryLayout::add_structs(TypeId type, Address address, const std::string& name, std::uint32_t object, bool local) {
    const Type& t = program_[type];
    if (t.kind == TypeKind::kStruct) {
        Placed placed;
        placed.address = address;
        placed.object = object;
        placed.local = local;
        places_[t.structure.value].push_back(placed);
        system_.pointer_spaces[t.structure.value].places.push_back(name);
        if (local) has_local_places_[t.structure.value] = true;
        if (object != 0) system_.pointer_spaces[t.structure.value].can_dangle = true;
        if (object != 0 && system_.objects[object].typesafe) has_typesafe_[t.structure.value] = true;
        const Struct& s = program_[t.structure];
        for (std::uint32_t m = 0; m < s.members.size(); ++m) {
            add_structs(s.members[m].type, address + offset_of(t.structure, m), name + "." + s.members[m].name, object, local);
        }
    }
    if (t.kind == TypeKind::kArray) {
        std::uint32_t stride = size_of(t.element);
        for (std::uint32_t i = 0; i < extent_of(type); ++i) {
            add_structs(t.element, address + i * stride, name + "[" + std::to_string(i) + "]", object, local);
        }
    }
}

}  // namespace quire::ir
