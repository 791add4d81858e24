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
    : system_(system), pool_(system.pool), repetitions_(repetitions), sorts_(sorts), families_(families),
      forms_(pool_) {}

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
    for (number_ = 0; number_ < p.code.size(); ++number_) {
        if (respects(p.code[number_])) continue;
        site_ = p.code[number_].site;
        return false;
    }
    return true;
}

// As it stands, or with its literals exchanged if that means the same.
bool Equivariance::respects_condition(std::uint32_t program) {
    const Program& p = *sorts_.programs()[program].program;
    Program other = p;
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
        case InstructionKind::kBranch: case InstructionKind::kRequire: case InstructionKind::kCheck:
        case InstructionKind::kDrop:
            value = exchange(i.value, kPlain);
            break;
        case InstructionKind::kJump: case InstructionKind::kFinish: case InstructionKind::kNote:
        case InstructionKind::kLoopHead: case InstructionKind::kCover:
            return by;
        default: return std::nullopt;
    }
    if (!value) return std::nullopt;
    by.value = *value;
    return by;
}

bool Equivariance::respects(const Instruction& i) {
    switch (i.kind) {
        case InstructionKind::kStore:
            return (same_address(i.address) && same(i.value, target_sort(i))) || respects_clearing(i);
        case InstructionKind::kSet: return same(i.value, target_sort(i));
        case InstructionKind::kBranch: case InstructionKind::kRequire: case InstructionKind::kCheck:
        case InstructionKind::kDrop:
            return same(i.value, kPlain);
        case InstructionKind::kChoose: return respects_choice(i);
        case InstructionKind::kMarkCells: case InstructionKind::kClearCells: case InstructionKind::kMarkMembers:
            return same(i.value, {SortKind::kObject, 0}) && respects_marks(i, number_);
        case InstructionKind::kMarkRegister: case InstructionKind::kClearRegister: {
            if (!same(i.value, {SortKind::kObject, 0})) return false;
            const std::vector<Value>& table = pool_.table(i.table).entries;
            Sort slot{SortKind::kSlot, sorts_.programs()[program_].program->registers[i.target].pointee};
            for (std::size_t s = 0; s < table.size(); ++s) {
                auto to = static_cast<std::size_t>(exchange_->apply(slot, static_cast<Value>(s)));
                if (to >= table.size() || table[to] != exchange_->apply({SortKind::kObject, 0}, table[s])) return false;
            }
            return true;
        }
        case InstructionKind::kJump: case InstructionKind::kLoopHead: case InstructionKind::kCover:
        case InstructionKind::kNote: case InstructionKind::kFinish:
            return true;
    }
    return false;
}

// One of several stores of the same, side by side, of which another one is to the exchanged cell.
bool Equivariance::respects_clearing(const Instruction& i) {
    const std::vector<Instruction>& code = sorts_.programs()[program_].program->code;
    Value literal = 0;
    if (!pool_.known_value(i.value, literal) || exchange_->apply(target_sort(i), literal) != literal) return false;
    std::optional<ExprId> wanted = exchange(i.address, {SortKind::kAddress, 0});
    if (!wanted) return false;
    auto belongs = [&](const Instruction& j) {
        return j.kind == InstructionKind::kNote || (j.kind == InstructionKind::kStore && j.value == i.value && !loads(j.address));
    };
    std::uint32_t first = number_;
    std::uint32_t end = number_ + 1;
    while (first > 0 && belongs(code[first - 1])) --first;
    while (end < code.size() && belongs(code[end])) ++end;
    return belongs(i) && std::any_of(code.begin() + first, code.begin() + end, [&](const Instruction& j) {
        return j.kind == InstructionKind::kStore && same_form(*wanted, j.address);
    });
}

bool Equivariance::loads(ExprId id) const {
    if (!id.valid()) return false;
    const Expr& e = pool_[id];
    return e.kind == ExprKind::kLoad || loads(e.a) || loads(e.b) || loads(e.c);
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

bool Equivariance::compatible(Sort a, Sort b) const {
    return a == b || (exchange_->is_trivial(a) && exchange_->is_trivial(b));
}

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
        case ExprKind::kSelf:
            return compatible(sort, {SortKind::kThread, 0}) ? std::optional(id) : std::nullopt;
        case ExprKind::kSelfIndex: {
            if (role_ == kNoRole) return std::nullopt;
            Sort own{SortKind::kIndex, sorts_.family_of_role(role_)};
            return compatible(sort, own) ? std::optional(id) : std::nullopt;
        }
        case ExprKind::kRegister:
            return compatible(sort, sorts_.of_register(program_, e.index)) ? std::optional(id) : std::nullopt;
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
        case Op::kEqual: case Op::kNotEqual: return exchange_equality(id);
        case Op::kSelect: second = third = sort; break;
        case Op::kPointerSlot: case Op::kPointerMark: {
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
                bool of_family = e.kind != ExprKind::kSelfIndex && r.kind == RepetitionKind::kElements &&
                                 r.group != kNone && sorts_.family_of_group(r.group) == leaf.sort->id;
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
