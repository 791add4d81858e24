#include "explore/equivariance.h"

#include <algorithm>

namespace quire::explore {

namespace {

constexpr std::size_t kMostTrials = 1u << 14;
constexpr std::size_t kMostLeaves = 4;
constexpr Sort kPlain{};

}  // namespace

Equivariance::Equivariance(const TransitionSystem& system, const Repetitions& repetitions, const Sorts& sorts,
                           const std::vector<Family>& families)
    : system_(system), pool_(system.pool), repetitions_(repetitions), sorts_(sorts), families_(families), forms_(pool_) {}

bool Equivariance::respects(const Exchange& exchange) {
    exchange_ = &exchange;
    const std::vector<ProgramPlace>& programs = sorts_.programs();
    for (program_ = 0; program_ < programs.size(); ++program_) {
        role_ = programs[program_].role;
        property_ = programs[program_].property;
        if (!(role_ == kNoRole ? respects_condition(program_) : respects_program(program_))) return false;
    }
    return true;
}

bool Equivariance::respects_program(std::uint32_t program) {
    const Program& p = *sorts_.programs()[program].program;
    exchange_registers(p);
    for (number_ = 0; number_ < p.code.size(); ++number_) {
        if (respects(p.code[number_])) continue;
        // What the lowering adds stands behind what it was added for.
        site_ = kNone;
        for (std::uint32_t n = number_ + 1; n-- > 0 && site_ == kNone;) site_ = p.code[n].site;
        return false;
    }
    return true;
}

// As it stands, or with its literals exchanged if that means the same.
bool Equivariance::respects_condition(std::uint32_t program) {
    const Program& p = *sorts_.programs()[program].program;
    Program other = p;
    other_register_.resize(p.registers.size());
    for (std::uint32_t r = 0; r < other_register_.size(); ++r) other_register_[r] = r;
    bool changed = false;
    site_ = kNone;
    for (number_ = 0; number_ < p.code.size(); ++number_) {
        const Instruction& i = p.code[number_];
        if (i.kind == InstructionKind::kNote) continue;
        site_ = i.site;
        std::optional<Instruction> by = exchanged(i);
        if (!by) return false;
        changed = changed || by->value != i.value;
        other.code[number_] = *by;
    }
    if (!changed) return true;
    std::optional<Forms::Form> here = forms_.of(p);
    std::optional<Forms::Form> there = here ? forms_.of(other) : std::nullopt;
    return here && there && *here == *there;
}

std::optional<Instruction> Equivariance::exchanged(const Instruction& i) {
    Instruction by = i;
    std::optional<ExprId> value;
    switch (i.kind) {
        case InstructionKind::kSet: value = exchange(i.value, target_sort(i)); break;
        case InstructionKind::kBranch:
        case InstructionKind::kRequire:
        case InstructionKind::kCheck:
        case InstructionKind::kDrop: value = exchange(i.value, kPlain); break;
        case InstructionKind::kJump:
        case InstructionKind::kFinish:
        case InstructionKind::kNote:
        case InstructionKind::kLoopHead:
        case InstructionKind::kCover: return by;
        default: return std::nullopt;
    }
    if (!value) return std::nullopt;
    by.value = *value;
    return by;
}

bool Equivariance::respects(const Instruction& i) {
    switch (i.kind) {
        case InstructionKind::kStore: return (same_address(i.address) && same(i.value, target_sort(i))) || respects_in_company(i);
        case InstructionKind::kSet:
            if (other_register_[i.target] == i.target && same(i.value, target_sort(i))) return true;
            return respects_in_company(i);
        case InstructionKind::kBranch:
        case InstructionKind::kRequire:
        case InstructionKind::kCheck:
        case InstructionKind::kDrop: return same(i.value, kPlain);
        case InstructionKind::kChoose: return other_register_[i.target] == i.target && respects_choice(i);
        case InstructionKind::kMarkCells:
        case InstructionKind::kClearCells:
        case InstructionKind::kMarkMembers: return same(i.value, {SortKind::kObject, 0}) && respects_marks(i, number_);
        case InstructionKind::kMarkRegister:
        case InstructionKind::kClearRegister: {
            if (other_register_[i.target] != i.target || !same(i.value, {SortKind::kObject, 0})) return false;
            const std::vector<Value>& table = pool_.table(i.table).entries;
            Sort slot{SortKind::kSlot, sorts_.programs()[program_].program->registers[i.target].pointee};
            for (std::size_t s = 0; s < table.size(); ++s) {
                auto to = static_cast<std::size_t>(exchange_->apply(slot, static_cast<Value>(s)));
                if (to >= table.size() || table[to] != exchange_->apply({SortKind::kObject, 0}, table[s])) return false;
            }
            return true;
        }
        case InstructionKind::kJump:
        case InstructionKind::kLoopHead:
        case InstructionKind::kCover:
        case InstructionKind::kNote:
        case InstructionKind::kFinish: return true;
    }
    return false;
}

// Registers that hold the entries of a set change places as the entries do: those that are loaded side by side from cells
// that change places.
void Equivariance::exchange_registers(const Program& program) {
    other_register_.resize(program.registers.size());
    for (std::uint32_t r = 0; r < other_register_.size(); ++r) other_register_[r] = r;
    auto cell = [&](const Instruction& i) -> std::optional<Address> {
        Value address = 0;
        if (i.kind != InstructionKind::kSet || pool_[i.value].kind != ExprKind::kLoad) return std::nullopt;
        if (!pool_.known_value(pool_[i.value].a, address)) return std::nullopt;
        return static_cast<Address>(address);
    };
    for (std::uint32_t number = 0; number < program.code.size(); ++number) {
        const std::optional<Address> here = cell(program.code[number]);
        if (!here || exchange_->address(*here) <= *here) continue;
        for (std::uint32_t j = number + 1; j < program.code.size(); ++j) {
            const Instruction& other = program.code[j];
            if (other.kind != InstructionKind::kSet && other.kind != InstructionKind::kNote) break;
            if (cell(other) != exchange_->address(*here)) continue;
            other_register_[program.code[number].target] = other.target;
            other_register_[other.target] = program.code[number].target;
            break;
        }
    }
    for (std::uint32_t r = 0; r < other_register_.size(); ++r) {  // in pairs, or not at all
        if (other_register_[other_register_[r]] != r) other_register_.assign(other_register_.size(), kNone);
        if (other_register_[r] == kNone) break;
    }
    if (!other_register_.empty() && other_register_[0] == kNone) {
        for (std::uint32_t r = 0; r < other_register_.size(); ++r) other_register_[r] = r;
    }
}

// One of several assignments side by side that may be made in any order, of which another one is the exchanged one.
bool Equivariance::respects_in_company(const Instruction& i) {
    const std::vector<Instruction>& code = sorts_.programs()[program_].program->code;
    const bool store = i.kind == InstructionKind::kStore;
    std::optional<ExprId> address = store ? exchange(i.address, {SortKind::kAddress, 0}) : std::optional(i.address);
    std::optional<ExprId> value = exchange(i.value, target_sort(i));
    if (!address || !value) return false;
    auto belongs = [&](const Instruction& j) {
        return j.kind == InstructionKind::kNote || (j.kind == i.kind && commutes_with_company(j));
    };
    if (!belongs(i)) return false;
    auto matches = [&](const Instruction& j) {
        if (j.kind != i.kind || !same_form(*value, j.value)) return false;
        return store ? same_form(*address, j.address) : j.target == other_register_[i.target];
    };
    // Towards both ends, as far as the order is of no consequence.
    for (int direction : {-1, 1}) {
        for (std::int64_t n = std::int64_t{number_} + direction; n >= 0 && n < static_cast<std::int64_t>(code.size());
             n += direction) {
            const Instruction& j = code[static_cast<std::size_t>(n)];
            if (!belongs(j)) break;
            if (j.kind == InstructionKind::kNote) continue;
            if (matches(j)) return true;
            if (!are_apart(i, j)) break;
        }
    }
    return false;
}

// Whether the two assignments are to different things, or of the same.
bool Equivariance::are_apart(const Instruction& i, const Instruction& j) const {
    if (i.kind == InstructionKind::kSet) return i.target != j.target;
    Value literal = 0;
    if (i.value == j.value && pool_.known_value(i.value, literal)) return true;
    const std::uint32_t a = sorts_.own_variable(i.address, role_);
    const std::uint32_t b = sorts_.own_variable(j.address, role_);
    return a != kNone && b != kNone && a != b;
}

// A store to a cell of the running thread's own that reads no such cell but that one, or of a literal; a register that is set from
// what is no register but itself and those that are never set in company (choices).
bool Equivariance::commutes_with_company(const Instruction& i) const {
    Value literal = 0;
    if (i.kind == InstructionKind::kStore) {
        if (pool_.known_value(i.value, literal)) return !reads_other(i.address, ExprId{}, {});
        return sorts_.own_variable(i.address, role_) != kNone && !reads_other(i.value, i.address, {});
    }
    return !reads_other(i.value, ExprId{}, {i.target});
}

// Loads, but of shared cells with a known address or of the given address; and registers that are not in the list, unless a
// choice set them.
bool Equivariance::reads_other(ExprId id, ExprId address, const std::vector<std::uint32_t>& set) const {
    if (!id.valid()) return false;
    const Expr& e = pool_[id];
    if (e.kind == ExprKind::kLoad) {
        Value at = 0;
        if (address.valid() && e.a == address) return false;
        if (!pool_.known_value(e.a, at)) return true;
        return system_.variables[system_.cell_variable[static_cast<std::size_t>(at)]].role != kNone;
    }
    if (e.kind == ExprKind::kRegister && !set.empty()) {
        if (std::find(set.begin(), set.end(), e.index) != set.end()) return false;
        const std::vector<Instruction>& code = sorts_.programs()[program_].program->code;
        return std::any_of(code.begin(), code.end(),
                           [&](const Instruction& j) { return j.kind == InstructionKind::kSet && j.target == e.index; });
    }
    return reads_other(e.a, address, set) || reads_other(e.b, address, set) || reads_other(e.c, address, set);
}

// All of the range, and with each value what changes places with it.
bool Equivariance::respects_choice(const Instruction& i) {
    Sort sort = target_sort(i);
    if (exchange_->is_trivial(sort)) return same(i.value, kPlain) && same(i.value2, kPlain);
    Value lo = 0;
    Value hi = 0;
    if (!pool_.known_value(pool_.instantiate(i.value, 0, 0), lo)) return false;
    if (!pool_.known_value(pool_.instantiate(i.value2, 0, 0), hi)) return false;
    if (hi - lo > 4096) return false;
    for (Value v = lo; v <= hi; ++v) {
        Value to = exchange_->apply(sort, v);
        if (to < lo || to > hi) return false;
    }
    return true;
}

// The cells that some instruction of this kind and value marks in the program change places among themselves.
bool Equivariance::respects_marks(const Instruction& i, std::uint32_t) {
    const Program& program = *sorts_.programs()[program_].program;
    auto entry = [this](const Instruction& j, Address a) {
        return j.kind == InstructionKind::kMarkMembers ? pool_.table(j.table).entries[a - j.base] : Value{j.table};
    };
    for (Address a = i.base; a < i.base + i.count; ++a) {
        Address to = exchange_->address(a);
        bool found = std::any_of(program.code.begin(), program.code.end(), [&](const Instruction& j) {
            if (j.kind != i.kind || j.value != i.value || to < j.base || to >= j.base + j.count) return false;
            if (i.kind != InstructionKind::kMarkMembers) return j.table == i.table;
            return entry(j, to) == exchange_->apply({SortKind::kObject, 0}, entry(i, a));
        });
        if (!found) return false;
    }
    if (i.kind == InstructionKind::kMarkMembers || i.count == 0) return true;
    Sort slot{SortKind::kSlot, system_.variables[system_.cell_variable[i.base]].type.pointee};
    const std::vector<Value>& table = pool_.table(i.table).entries;
    for (std::size_t s = 0; s < table.size(); ++s) {
        auto to = static_cast<std::size_t>(exchange_->apply(slot, static_cast<Value>(s)));
        if (to >= table.size() || table[to] != exchange_->apply({SortKind::kObject, 0}, table[s])) return false;
    }
    return true;
}

Sort Equivariance::target_sort(const Instruction& i) const {
    if (i.kind != InstructionKind::kStore) return sorts_.of_register(program_, i.target);
    std::uint32_t own = sorts_.own_variable(i.address, role_);
    if (own != kNone && sorts_.is_local_integer(own)) return sorts_.after_store(program_, number_);
    return cell_sort(i.address);
}

// Of what lies at an address that is not a local integer of the running thread.
Sort Equivariance::cell_sort(ExprId address) const {
    std::optional<Address> cell = sorts_.some_cell(address);
    return cell ? sorts_.of_cell(*cell) : kPlain;
}

bool Equivariance::compatible(Sort a, Sort b) const { return a == b || (exchange_->is_trivial(a) && exchange_->is_trivial(b)); }

bool Equivariance::same_form(ExprId a, ExprId b) {
    if (a == b) return true;
    std::optional<Forms::Form> first = forms_.of(a);
    std::optional<Forms::Form> second = first ? forms_.of(b) : std::nullopt;
    return first && second && *first == *second;
}

bool Equivariance::same(ExprId id, Sort sort) {
    std::optional<ExprId> other = exchange(id, sort);
    return other && same_form(*other, id);
}

bool Equivariance::same_address(ExprId id) { return same(id, {SortKind::kAddress, 0}); }

// -------------------------------------------------------------------------------------------------------- expressions

std::optional<ExprId> Equivariance::exchange(ExprId id, Sort sort) {
    const Expr e = pool_[id];
    Value literal = 0;
    if (pool_.known_value(id, literal)) {
        Value other = exchange_->apply(sort, literal);
        return other == literal ? id : pool_.literal(other, e.type);
    }
    if (sort.kind == SortKind::kAddress && (e.kind == ExprKind::kOp || e.kind == ExprKind::kLookup)) return by_trying(id, sort);
    switch (e.kind) {
        case ExprKind::kSelf: return compatible(sort, {SortKind::kThread, 0}) ? std::optional(id) : std::nullopt;
        case ExprKind::kSelfIndex: {
            if (role_ == kNoRole) return std::nullopt;
            Sort own{SortKind::kIndex, sorts_.family_of_role(role_)};
            return compatible(sort, own) ? std::optional(id) : std::nullopt;
        }
        case ExprKind::kRegister:
            if (!compatible(sort, sorts_.of_register(program_, e.index))) return std::nullopt;
            return other_register_[e.index] == e.index ? id : pool_.reg(other_register_[e.index], e.type);
        case ExprKind::kLoad: {
            std::optional<Sort> own = natural(id);
            if (!own || !compatible(sort, *own)) return std::nullopt;
            std::optional<ExprId> address = exchange(e.a, {SortKind::kAddress, 0});
            if (!address) return std::nullopt;
            return *address == e.a ? id : pool_.load(*address, e.type, e.index != 0);
        }
        case ExprKind::kLookup: return exchange_lookup(id, sort);
        case ExprKind::kOp: return exchange_operation(id, sort);
        default: return std::nullopt;
    }
}

std::optional<ExprId> Equivariance::exchange_lookup(ExprId id, Sort sort) {
    const Expr e = pool_[id];
    std::optional<Sort> index = natural(e.a);
    if (!index) return by_trying(id, sort);
    std::optional<ExprId> argument = exchange(e.a, *index);
    if (!argument) return by_trying(id, sort);
    const std::vector<Value>& entries = pool_.table(e.index).entries;
    for (std::size_t k = 0; k < entries.size(); ++k) {
        Value to = exchange_->apply(*index, static_cast<Value>(k));
        if (to < 0 || static_cast<std::size_t>(to) >= entries.size()) return std::nullopt;
        if (entries[static_cast<std::size_t>(to)] != exchange_->apply(sort, entries[k])) return std::nullopt;
    }
    return *argument == e.a ? id : pool_.lookup(e.index, *argument, e.type);
}

std::optional<ExprId> Equivariance::exchange_equality(ExprId id) {
    const Expr e = pool_[id];
    std::optional<Sort> sort = natural(e.a);
    if (!sort || exchange_->is_trivial(*sort)) {
        std::optional<Sort> other = natural(e.b);
        if (other && (!sort || !exchange_->is_trivial(*other))) sort = other;
    }
    if (!sort) sort = kPlain;
    std::optional<ExprId> a = exchange(e.a, *sort);
    std::optional<ExprId> b = exchange(e.b, *sort);
    if (!a || !b) return by_trying(id, kPlain);
    return *a == e.a && *b == e.b ? id : pool_.op(e.op, e.type, *a, *b);
}

std::optional<ExprId> Equivariance::exchange_operation(ExprId id, Sort sort) {
    const Expr e = pool_[id];
    Sort first = kPlain;
    Sort second = kPlain;
    Sort third = kPlain;
    switch (e.op) {
        case Op::kEqual:
        case Op::kNotEqual: return exchange_equality(id);
        case Op::kSelect: second = third = sort; break;
        case Op::kPointerSlot:
        case Op::kPointerMark: {
            const ScalarType type = pool_[e.a].type;
            if (type.kind != ScalarKind::kPointer) return by_trying(id, sort);
            first = {SortKind::kPointer, type.pointee};
            if (!compatible(sort, e.op == Op::kPointerSlot ? Sort{SortKind::kSlot, type.pointee} : kPlain)) return std::nullopt;
            break;
        }
        case Op::kMakePointer:
            if (!compatible(sort, {SortKind::kPointer, e.type.pointee})) return std::nullopt;
            first = {SortKind::kSlot, e.type.pointee};
            break;
        case Op::kConvert:
            if (!exchange_->is_trivial(sort)) {
                const ScalarType from = pool_[e.a].type;
                bool keeps = e.type.kind != ScalarKind::kBool && e.type.bits >= std::min<unsigned>(from.bits, 32);
                if (!keeps) return by_trying(id, sort);
                first = sort;
            }
            break;
        default:
            if (!exchange_->is_trivial(sort)) return by_trying(id, sort);
            break;
    }
    std::optional<ExprId> a = exchange(e.a, first);
    std::optional<ExprId> b = e.b.valid() ? exchange(e.b, second) : std::optional(e.b);
    std::optional<ExprId> c = e.c.valid() ? exchange(e.c, third) : std::optional(e.c);
    if (!a || !b || !c) return by_trying(id, sort);
    return *a == e.a && *b == e.b && *c == e.c ? id : pool_.op(e.op, e.type, *a, *b, *c);
}

// The sort that the value has by itself; nothing for literals and what is computed.
std::optional<Sort> Equivariance::natural(ExprId id) const {
    const Expr& e = pool_[id];
    switch (e.kind) {
        case ExprKind::kSelf: return Sort{SortKind::kThread, 0};
        case ExprKind::kSelfIndex:
            if (role_ == kNoRole) return std::nullopt;
            return Sort{SortKind::kIndex, sorts_.family_of_role(role_)};
        case ExprKind::kRegister: return sorts_.of_register(program_, e.index);
        case ExprKind::kLoad: {
            if (e.type.kind == ScalarKind::kPointer) return Sort{SortKind::kPointer, e.type.pointee};
            if (e.type.kind == ScalarKind::kThread) return Sort{SortKind::kThread, 0};
            std::uint32_t own = sorts_.own_variable(e.a, role_);
            if (own != kNone && sorts_.is_local_integer(own)) return sorts_.of_own(program_, number_, own);
            return cell_sort(e.a);
        }
        case ExprKind::kOp: {
            const ScalarType type = e.a.valid() ? pool_[e.a].type : ScalarType{};
            if (e.op == Op::kPointerSlot && type.kind == ScalarKind::kPointer) return Sort{SortKind::kSlot, type.pointee};
            if (e.op == Op::kMakePointer) return Sort{SortKind::kPointer, e.type.pointee};
            if (e.op == Op::kConvert && e.type.kind != ScalarKind::kBool) return natural(e.a);
            if (e.op == Op::kSelect) {
                std::optional<Sort> yes = natural(e.b);
                return yes ? yes : natural(e.c);
            }
            return std::nullopt;
        }
        default: return std::nullopt;
    }
}

// ------------------------------------------------------------------------------------------------------------- trying

void Equivariance::collect_leaves(ExprId id, std::vector<Leaf>& leaves) {
    Value literal = 0;
    if (!id.valid() || pool_.known_value(id, literal)) return;
    const Expr e = pool_[id];
    bool slot = e.kind == ExprKind::kOp && e.op == Op::kPointerSlot && pool_[e.a].type.kind == ScalarKind::kPointer;
    if (e.kind == ExprKind::kLookup || (e.kind == ExprKind::kOp && !slot)) {
        collect_leaves(e.a, leaves);
        collect_leaves(e.b, leaves);
        collect_leaves(e.c, leaves);
        return;
    }
    bool known = std::any_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) { return leaf.id == id; });
    if (!known) leaves.push_back({id, natural(id)});
}

std::vector<Value> Equivariance::domain(const Leaf& leaf) const {
    std::vector<Value> values;
    auto up_to = [&values](Value first, Value end) {
        for (Value v = first; v < end; ++v) values.push_back(v);
    };
    const Expr& e = pool_[leaf.id];
    if (!leaf.sort) return {};
    switch (leaf.sort->kind) {
        case SortKind::kThread:
            if (e.kind == ExprKind::kSelf && role_ != kNoRole) {
                const ThreadRole& role = system_.roles[role_];
                up_to(role.first_thread, role.first_thread + role.count);
            } else {
                up_to(0, static_cast<Value>(system_.threads.size()));
            }
            break;
        case SortKind::kIndex: {
            Value size = families_[leaf.sort->id].size;
            if (e.kind == ExprKind::kSelfIndex) size = system_.roles[role_].count;
            for (const Repetition& r : repetitions_.all()) {
                bool of_family = e.kind != ExprKind::kSelfIndex && r.kind == RepetitionKind::kElements && r.group != kNone &&
                                 sorts_.family_of_group(r.group) == leaf.sort->id;
                if (of_family) size = std::max<Value>(size, r.count);
            }
            up_to(0, size);
            break;
        }
        case SortKind::kSlot: {
            const auto& origins = system_.pointer_spaces[leaf.sort->id].origins;
            for (std::size_t s = 0; s < origins.size(); ++s) {
                if (origins[s].address != kNone) values.push_back(static_cast<Value>(s + 1));
            }
            break;
        }
        case SortKind::kPointer:
            up_to(0, 2 * static_cast<Value>(system_.pointer_spaces[leaf.sort->id].origins.size()) + 2);
            break;
        case SortKind::kObject: up_to(1, static_cast<Value>(system_.objects.size())); break;
        case SortKind::kAddress: up_to(1, static_cast<Value>(system_.cell_count())); break;
        case SortKind::kPlain: break;
    }
    return values;
}

std::optional<Value> Equivariance::evaluate(ExprId id, const std::vector<Leaf>& leaves, const Assignment& values) const {
    for (std::size_t l = 0; l < leaves.size(); ++l) {
        if (leaves[l].id == id) return values[l];
    }
    Value literal = 0;
    if (pool_.known_value(id, literal)) return literal;
    const Expr& e = pool_[id];
    Value operand[3] = {0, 0, 0};
    std::size_t count = 0;
    for (ExprId part : {e.a, e.b, e.c}) {
        if (!part.valid()) continue;
        std::optional<Value> value = evaluate(part, leaves, values);
        if (!value) return std::nullopt;
        operand[count++] = *value;
    }
    if (e.kind == ExprKind::kLookup) {
        const std::vector<Value>& entries = pool_.table(e.index).entries;
        if (operand[0] < 0 || static_cast<std::size_t>(operand[0]) >= entries.size()) return std::nullopt;
        return entries[static_cast<std::size_t>(operand[0])];
    }
    if (e.kind != ExprKind::kOp) return std::nullopt;
    Evaluated result = quire::evaluate(e.op, e.type, operand[0], operand[1], operand[2]);
    if (result.fault != Fault::kNone) return std::nullopt;
    return result.value;
}

// What else is in an address selects an element of an array that stays where it is.
bool Equivariance::plain_terms_stay(ExprId id, const std::vector<Leaf>& leaves, const Assignment& values) {
    for (std::size_t l = 0; l < leaves.size(); ++l) {
        if (leaves[l].sort && leaves[l].sort->kind != SortKind::kPlain) continue;
        Assignment other = values;
        std::optional<Value> at[3];
        for (Value v = 0; v < 3; ++v) {
            other[l] = v;
            at[v] = evaluate(id, leaves, other);
        }
        if (!at[0] || !at[1] || !at[2] || *at[1] - *at[0] != *at[2] - *at[1]) return false;
        Value stride = *at[1] - *at[0];
        if (stride == 0) continue;
        if (*at[0] < 0 || *at[0] >= static_cast<Value>(system_.cell_count())) return false;
        bool found = false;
        for (const Coordinate& c : repetitions_.of(static_cast<Address>(*at[0]))) {
            const Repetition& r = repetitions_[c.repetition];
            if (static_cast<Value>(r.stride) != stride || r.kind != RepetitionKind::kElements) continue;
            if (r.group != kNone && sorts_.family_of_group(r.group) == exchange_->family()) return false;
            found = true;
            for (std::uint32_t k = 0; k < r.count && found; ++k) {  // it moves, if at all, as a whole
                Address cell = static_cast<Address>(*at[0]) + (k - c.entry) * r.stride;
                found = static_cast<Value>(exchange_->address(cell)) - static_cast<Value>(cell) ==
                        static_cast<Value>(exchange_->address(static_cast<Address>(*at[0]))) - *at[0];
            }
        }
        if (!found) return false;
    }
    return true;
}

ExprId Equivariance::replace(ExprId id, const std::vector<Leaf>& leaves, const std::vector<ExprId>& by) {
    if (!id.valid()) return id;
    for (std::size_t l = 0; l < leaves.size(); ++l) {
        if (leaves[l].id == id) return by[l];
    }
    const Expr e = pool_[id];
    ExprId a = replace(e.a, leaves, by);
    ExprId b = replace(e.b, leaves, by);
    ExprId c = replace(e.c, leaves, by);
    if (a == e.a && b == e.b && c == e.c) return id;
    if (e.kind == ExprKind::kLookup) return pool_.lookup(e.index, a, e.type);
    return pool_.op(e.op, e.type, a, b, c);
}

std::optional<ExprId> Equivariance::by_trying(ExprId id, Sort sort) {
    std::vector<Leaf> leaves;
    collect_leaves(id, leaves);
    if (leaves.empty() || leaves.size() > kMostLeaves) return std::nullopt;
    const bool address = sort.kind == SortKind::kAddress;
    std::vector<ExprId> by;
    std::vector<std::vector<Value>> domains;
    std::size_t trials = 1;
    for (const Leaf& leaf : leaves) {
        std::optional<ExprId> other = exchange(leaf.id, leaf.sort.value_or(kPlain));
        if (!other) return std::nullopt;
        by.push_back(*other);
        bool plain = !leaf.sort || leaf.sort->kind == SortKind::kPlain;
        if (plain && !address) return std::nullopt;
        domains.push_back(plain ? std::vector<Value>{0} : domain(leaf));
        trials *= std::max<std::size_t>(domains.back().size(), 1);
        if (trials > kMostTrials) return std::nullopt;
    }
    std::optional<Value> shift;
    for (std::size_t trial = 0; trial < trials; ++trial) {
        Assignment here, there;
        std::size_t rest = trial;
        for (std::size_t l = 0; l < leaves.size(); ++l) {
            if (domains[l].empty()) return std::nullopt;
            here.push_back(domains[l][rest % domains[l].size()]);
            rest /= domains[l].size();
            there.push_back(leaves[l].sort ? exchange_->apply(*leaves[l].sort, here.back()) : here.back());
        }
        std::optional<Value> before = evaluate(id, leaves, here);
        std::optional<Value> after = evaluate(id, leaves, there);
        if (!before && !after) continue;
        if (!before || !after) return std::nullopt;
        if (address && (*after <= 0 || *after >= static_cast<Value>(system_.cell_count()))) continue;
        if (address && !plain_terms_stay(id, leaves, here)) return std::nullopt;
        Value change = exchange_->apply(sort, *after) - *before;
        if (!shift) shift = change;
        if (*shift != change) return std::nullopt;
    }
    if (!shift) return id;  // never evaluated
    if (*shift != 0 && !address) return std::nullopt;
    ExprId result = replace(id, leaves, by);
    return *shift == 0 ? result : pool_.add_long(result, pool_.literal(*shift, kLongType));
}

}  // namespace quire::explore
