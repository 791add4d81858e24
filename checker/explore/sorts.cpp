#include "explore/sorts.h"

#include <algorithm>
#include <numeric>

#include "explore/control_order.h"

namespace quire::explore {

namespace {

constexpr Value kUnstored = -1;
constexpr Value kSeveral = -2;

bool says_its_sort(const ScalarType& type) { return type.kind == ScalarKind::kPointer || type.kind == ScalarKind::kThread; }

}  // namespace

std::vector<ProgramPlace> programs_of(const TransitionSystem& system) {
    std::vector<ProgramPlace> all;
    for (std::uint32_t r = 0; r < system.roles.size(); ++r) {
        const ThreadRole& role = system.roles[r];
        for (LocationNumber l = 0; l < role.locations.size(); ++l) {
            if (!role.locations[l].step.code.empty()) all.push_back({&role.locations[l].step, r, l, kNone});
        }
    }
    for (PropertyNumber p = 0; p < system.properties.size(); ++p) {
        const SystemProperty& property = system.properties[p];
        if (property.enabled && !property.condition.code.empty()) all.push_back({&property.condition, kNoRole, 0, p});
    }
    return all;
}

Sorts::Sorts(const TransitionSystem& system, const Repetitions& repetitions, std::vector<Family>& families)
    : system_(system), repetitions_(repetitions), families_(families), programs_(programs_of(system)) {
    make_families(families);
    for (Address a = 0; a < system.cell_count(); ++a) fresh();  // node a is cell a
    unify_cells();
    locals_of_role_.resize(system.roles.size());
    first_local_.assign(system.variables.size(), kNone);
    place_in_role_.assign(system.variables.size(), 0);
    for (std::uint32_t v = 0; v < system.variables.size(); ++v) {
        const Variable& variable = system.variables[v];
        if (variable.role == kNone || variable.kind == VariableKind::kLocation || says_its_sort(variable.type)) continue;
        place_in_role_[v] = static_cast<std::uint32_t>(locals_of_role_[variable.role].size());
        locals_of_role_[variable.role].push_back(v);
        first_local_[v] = static_cast<Node>(parent_.size());
        for (std::size_t l = 0; l < system.roles[variable.role].locations.size(); ++l) fresh();
    }
    for (const ProgramPlace& p : programs_) {
        first_register_.push_back(static_cast<Node>(parent_.size()));
        for (std::size_t r = 0; r < p.program->registers.size(); ++r) fresh();
    }
    states_.resize(programs_.size());
    stored_.resize(programs_.size());
    for (std::uint32_t p = 0; p < programs_.size(); ++p) infer(p);
}

void Sorts::make_families(std::vector<Family>& families) {
    auto add = [&](const std::string& name, std::uint32_t size) {
        Family family;
        family.name = name;
        family.size = size;
        families.push_back(std::move(family));
        return static_cast<std::uint32_t>(families.size() - 1);
    };
    for (std::uint32_t r = 0; r < system_.roles.size(); ++r) {
        family_of_role_.push_back(add(system_.roles[r].name, system_.roles[r].count));
        families.back().roles.push_back(r);
    }
    for (std::uint32_t g = 0; g < system_.groups.size(); ++g) {
        std::uint32_t size = 0;
        for (const Repetition& r : repetitions_.all()) {
            if (r.kind == RepetitionKind::kElements && r.group == g) size = std::max(size, r.count);
        }
        family_of_group_.push_back(add(system_.groups[g], size));
        families.back().groups.push_back(g);
    }
    family_parent_.resize(families.size());
    std::iota(family_parent_.begin(), family_parent_.end(), 0u);
}

void Sorts::unify_cells() {
    for (const Repetition& r : repetitions_.all()) {
        for (std::uint32_t k = r.stride; k < r.stride * r.count; ++k) unify(r.base + k, r.base + k % r.stride);
    }
}

// ------------------------------------------------------------------------------------------------------ union and find

Sorts::Node Sorts::fresh() {
    parent_.push_back(static_cast<Node>(parent_.size()));
    sort_.emplace_back();
    return parent_.back();
}

Sorts::Node Sorts::root(Node node) const {
    while (parent_[node] != node) node = parent_[node] = parent_[parent_[node]];
    return node;
}

void Sorts::unify(Node a, Node b) {
    a = root(a);
    b = root(b);
    if (a == b) return;
    parent_[b] = a;
    if (sort_[b]) assign(a, *sort_[b]);
}

void Sorts::assign(Node node, Sort sort) {
    node = root(node);
    if (!sort_[node]) {
        sort_[node] = sort;
        return;
    }
    const Sort before = *sort_[node];
    if (before == sort) return;
    if (before.kind == SortKind::kIndex && sort.kind == SortKind::kIndex) merge_families(before.id, sort.id);
}

std::uint32_t Sorts::find_family(std::uint32_t family) const {
    while (family != kNone && family_parent_[family] != family) family = family_parent_[family];
    return family;
}

// What is indexed by the same numbers changes places together.
void Sorts::merge_families(std::uint32_t a, std::uint32_t b) {
    a = find_family(a);
    b = find_family(b);
    if (a == b) return;
    if (families_[a].roles.empty()) std::swap(a, b);
    Family& into = families_[a];
    Family& from = families_[b];
    bool fits = into.roles.empty() || from.roles.empty() ? into.size <= from.size || into.roles.empty() : into.size == from.size;
    if (!fits) {
        into.broken = from.broken = true;
        into.why = from.why = "indexed by the same numbers as '" + from.name + "', of which there are not as many";
        return;
    }
    into.size = std::min(into.size, from.size);
    into.name += ", " + from.name;
    into.roles.insert(into.roles.end(), from.roles.begin(), from.roles.end());
    into.groups.insert(into.groups.end(), from.groups.begin(), from.groups.end());
    from.roles.clear();
    from.groups.clear();
    from.size = 0;
    family_parent_[b] = a;
}

Sort Sorts::resolved(Node node) const {
    const std::optional<Sort>& sort = sort_[root(node)];
    if (!sort) return {};
    if (sort->kind == SortKind::kIndex) return {SortKind::kIndex, find_family(sort->id)};
    return *sort;
}

// ------------------------------------------------------------------------------------------------------------- queries

Sort Sorts::of_register(std::uint32_t program, std::uint32_t number) const {
    const ScalarType& type = programs_[program].program->registers[number];
    if (type.kind == ScalarKind::kPointer) return {SortKind::kPointer, type.pointee};
    if (type.kind == ScalarKind::kThread) return {SortKind::kThread, 0};
    return resolved(first_register_[program] + number);
}

Sort Sorts::of_cell(Address cell) const {
    const Variable& v = system_.variables[system_.cell_variable[cell]];
    if (v.type.kind == ScalarKind::kPointer) return {SortKind::kPointer, v.type.pointee};
    if (v.type.kind == ScalarKind::kThread) return {SortKind::kThread, 0};
    if (is_local_integer(system_.cell_variable[cell])) return of_local(system_.cell_variable[cell], 0);
    return resolved(cell);
}

Sort Sorts::of_local(std::uint32_t variable, LocationNumber location) const { return resolved(local_node(variable, location)); }

Sort Sorts::of_own(std::uint32_t program, std::uint32_t instruction, std::uint32_t variable) const {
    const State& state = states_[program][instruction];
    if (!state.reached) return {};
    return resolved(state.own[place_in_role_[variable]]);
}

Sort Sorts::after_store(std::uint32_t program, std::uint32_t instruction) const {
    Node node = stored_[program][instruction];
    return node == kNone ? Sort{} : resolved(node);
}

Sorts::Node Sorts::local_node(std::uint32_t variable, LocationNumber location) const { return first_local_[variable] + location; }

std::uint32_t Sorts::own_variable(ExprId address, std::uint32_t role) const {
    if (role == kNoRole) return kNone;
    const Expr& e = system_.pool[address];
    if (e.kind != ExprKind::kOp || e.op != Op::kAdd) return kNone;
    ExprId base = e.a;
    ExprId index = e.b;
    if (system_.pool[base].kind == ExprKind::kSelfIndex) std::swap(base, index);
    Value at = 0;
    if (system_.pool[index].kind != ExprKind::kSelfIndex || !system_.pool.known_value(base, at)) return kNone;
    if (at < 0 || at >= static_cast<Value>(system_.cell_count())) return kNone;
    std::uint32_t v = system_.cell_variable[static_cast<std::size_t>(at)];
    const Variable& variable = system_.variables[v];
    return variable.role == role && variable.base == static_cast<Address>(at) ? v : kNone;
}

// The sum of the literals, with the first entry of a table that is looked up and the terms left out.
std::optional<Address> Sorts::some_cell(ExprId address) const {
    Value sum = 0;
    std::vector<ExprId> work{address};
    while (!work.empty()) {
        const Expr& e = system_.pool[work.back()];
        Value literal = 0;
        bool known = system_.pool.known_value(work.back(), literal);
        work.pop_back();
        if (known) {
            sum += literal;
        } else if (e.kind == ExprKind::kOp && e.op == Op::kAdd) {
            work.push_back(e.a);
            work.push_back(e.b);
        } else if (e.kind == ExprKind::kLookup) {
            const std::vector<Value>& entries = system_.pool.table(e.index).entries;
            auto first = std::find_if(entries.begin(), entries.end(), [](Value v) { return v > 0; });
            if (first == entries.end()) return std::nullopt;
            sum += *first;
        }
    }
    if (sum < 0 || sum >= static_cast<Value>(system_.cell_count())) return std::nullopt;
    return static_cast<Address>(sum);
}

// ----------------------------------------------------------------------------------------------------------- inference

void Sorts::merge_locations(std::uint32_t variable) {
    std::size_t locations = system_.roles[system_.variables[variable].role].locations.size();
    for (LocationNumber l = 1; l < locations; ++l) unify(local_node(variable, l), local_node(variable, 0));
}

std::optional<Sorts::Node> Sorts::node_of_load(ExprId address) {
    std::uint32_t own = own_variable(address, role_);
    if (own != kNone) {
        if (!is_local_integer(own)) return std::nullopt;
        return now_->own[place_in_role_[own]];
    }
    std::optional<Address> cell = some_cell(address);
    if (!cell) return std::nullopt;
    std::uint32_t variable = system_.cell_variable[*cell];
    if (says_its_sort(system_.variables[variable].type)) return std::nullopt;
    if (!is_local_integer(variable)) return *cell;
    merge_locations(variable);  // somebody else's
    return local_node(variable, 0);
}

// What the value is a copy of.
std::optional<Sorts::Node> Sorts::leaf(ExprId id) {
    const Expr& e = system_.pool[id];
    if (says_its_sort(e.type) && e.kind != ExprKind::kOp) return std::nullopt;
    switch (e.kind) {
        case ExprKind::kRegister:
            if (says_its_sort(programs_[program_].program->registers[e.index])) return std::nullopt;
            return first_register_[program_] + e.index;
        case ExprKind::kLoad: return node_of_load(e.a);
        case ExprKind::kOp:
            if (e.op == Op::kConvert && !says_its_sort(e.type)) return leaf(e.a);
            return std::nullopt;
        default: return std::nullopt;
    }
}

// Whether it is the address of what a pointer names.
bool Sorts::is_base(ExprId id) const {
    const Expr& e = system_.pool[id];
    if (e.kind != ExprKind::kLookup) return false;
    const std::vector<Value>& entries = system_.pool.table(e.index).entries;
    return std::any_of(system_.pointer_spaces.begin(), system_.pointer_spaces.end(), [&](const PointerSpace& space) {
        if (space.origins.empty() || space.origins.size() + 1 != entries.size()) return false;
        for (std::size_t s = 0; s < space.origins.size(); ++s) {
            const Address at = space.origins[s].address;
            if (entries[s + 1] != (at == kNone ? 0 : static_cast<Value>(at))) return false;
        }
        return true;
    });
}

void Sorts::flow(ExprId value, Node node) {
    const Expr& e = system_.pool[value];
    if (e.kind == ExprKind::kSelfIndex && role_ != kNoRole) return assign(node, {SortKind::kIndex, family_of_role_[role_]});
    if (e.kind == ExprKind::kSelf) return assign(node, {SortKind::kThread, 0});
    if (e.kind == ExprKind::kOp && e.op == Op::kPointerSlot) {
        ScalarType type = system_.pool[e.a].type;
        if (type.kind == ScalarKind::kPointer) assign(node, {SortKind::kSlot, type.pointee});
        return;
    }
    if (e.kind == ExprKind::kOp && e.op == Op::kSelect) {
        flow(e.b, node);
        flow(e.c, node);
        return;
    }
    if (e.kind == ExprKind::kLookup) {
        if (is_base(value)) return assign(node, {SortKind::kAddress, 0});
        bool object = std::any_of(system_.pointer_spaces.begin(), system_.pointer_spaces.end(),
                                  [&](const PointerSpace& space) { return space.object_table == e.index; });
        if (object) assign(node, {SortKind::kObject, 0});
        return;
    }
    if (e.kind == ExprKind::kOp && e.op == Op::kAdd && (is_base(e.a) || is_base(e.b))) {
        return assign(node, {SortKind::kAddress, 0});
    }
    if (e.kind == ExprKind::kLoad || e.kind == ExprKind::kRegister) {
        const ScalarType& type = e.type;
        if (type.kind == ScalarKind::kThread) return assign(node, {SortKind::kThread, 0});
    }
    if (std::optional<Node> from = leaf(value)) unify(node, *from);
}

// What a pointer leads to is of one sort wherever it leads.
void Sorts::unify_targets(ExprId lookup, Address some) {
    Address first = 0;
    for (Value entry : system_.pool.table(system_.pool[lookup].index).entries) {
        if (entry <= 0) continue;
        if (first == 0) first = static_cast<Address>(entry);
        Value other = entry + static_cast<Value>(some) - static_cast<Value>(first);
        if (other > 0 && other < static_cast<Value>(system_.cell_count())) unify(some, static_cast<Node>(other));
    }
}

void Sorts::visit_address(ExprId id) {
    std::optional<Address> at = some_cell(id);
    if (!at) return;
    std::vector<ExprId> work{id};
    while (!work.empty()) {
        ExprId term = work.back();
        work.pop_back();
        const Expr& e = system_.pool[term];
        if (e.kind == ExprKind::kOp && e.op == Op::kAdd) {
            work.push_back(e.a);
            work.push_back(e.b);
            continue;
        }
        if (e.kind == ExprKind::kLookup) {
            unify_targets(term, *at);
            continue;
        }
        Value stride = 1;
        ExprId index = term;
        if (e.kind == ExprKind::kOp && e.op == Op::kMultiply) {
            index = e.a;
            if (!system_.pool.known_value(e.b, stride)) {
                index = e.b;
                if (!system_.pool.known_value(e.a, stride)) continue;
            }
        }
        const bool is_own_index = system_.pool[index].kind == ExprKind::kSelfIndex && role_ != kNoRole;
        std::optional<Node> node = is_own_index ? std::nullopt : leaf(index);
        if (!node && !is_own_index) continue;
        for (const Coordinate& c : repetitions_.of(*at)) {
            const Repetition& r = repetitions_[c.repetition];
            if (static_cast<Value>(r.stride) != stride || c.entry != 0) continue;
            Sort sort;
            if (r.kind == RepetitionKind::kElements && r.group != kNone) sort = {SortKind::kIndex, family_of_group_[r.group]};
            if (r.kind == RepetitionKind::kByThread && r.first_thread == 0) sort = {SortKind::kThread, 0};
            if (r.kind == RepetitionKind::kBySlot) sort = {SortKind::kSlot, r.group};
            if (sort.kind == SortKind::kPlain) continue;
            if (node)
                assign(*node, sort);
            else if (sort.kind == SortKind::kIndex)
                merge_families(family_of_role_[role_], sort.id);
        }
    }
}

void Sorts::visit(ExprId id) {
    if (!id.valid()) return;
    const Expr& e = system_.pool[id];
    if (e.kind == ExprKind::kLoad) visit_address(e.a);
    if (e.kind == ExprKind::kOp && (e.op == Op::kEqual || e.op == Op::kNotEqual)) {
        if (std::optional<Node> a = leaf(e.a))
            flow(e.b, *a);
        else if (std::optional<Node> b = leaf(e.b))
            flow(e.a, *b);
    }
    if (e.kind == ExprKind::kOp && e.op == Op::kMakePointer) {
        if (std::optional<Node> slot = leaf(e.a)) assign(*slot, {SortKind::kSlot, e.type.pointee});
    }
    if (e.kind == ExprKind::kLookup) {
        visit_address(e.a);  // perhaps: the place there
        if (std::optional<Node> index = leaf(e.a)) {
            for (std::uint32_t s = 0; s < system_.pointer_spaces.size(); ++s) {
                bool same = system_.pointer_spaces[s].object_table == e.index && !system_.pointer_spaces[s].origins.empty();
                if (same) assign(*index, {SortKind::kSlot, s});
            }
        }
    }
    visit(e.a);
    visit(e.b);
    visit(e.c);
}

void Sorts::infer(std::uint32_t p) {
    program_ = p;
    role_ = programs_[p].role;
    const Program& program = *programs_[p].program;
    std::vector<State>& states = states_[p];
    states.resize(program.code.size());
    stored_[p].assign(program.code.size(), kNone);
    states[0].reached = true;
    if (role_ != kNoRole) {
        for (std::uint32_t v : locals_of_role_[role_]) states[0].own.push_back(local_node(v, programs_[p].location));
    }
    const ControlOrder order = control_order(program);
    for (std::uint32_t number : order.order) {
        if (!states[number].reached) continue;
        State state = states[number];
        now_ = &states[number];
        step(p, number, state);
        NextInstructions next = next_instructions(program, number);
        for (std::uint32_t n = 0; n < next.count; ++n) flow_into(state, states[next.next[n]], !states[next.next[n]].reached);
    }
    now_ = nullptr;
}

void Sorts::flow_into(const State& into, State& target, bool first) {
    if (first) {
        target = into;
        return;
    }
    for (std::size_t v = 0; v < into.own.size(); ++v) unify(into.own[v], target.own[v]);
    if (target.location != into.location) target.location = kSeveral;
}

void Sorts::step(std::uint32_t p, std::uint32_t number, State& state) {
    const Instruction& i = programs_[p].program->code[number];
    if (i.kind == InstructionKind::kNote) return;
    visit(i.address);
    visit(i.value);
    visit(i.value2);
    switch (i.kind) {
        case InstructionKind::kStore: {
            visit_address(i.address);
            std::optional<Address> cell = some_cell(i.address);
            if (cell && system_.variables[system_.cell_variable[*cell]].type.kind == ScalarKind::kThread) {
                if (std::optional<Node> from = leaf(i.value)) assign(*from, {SortKind::kThread, 0});
            }
            std::uint32_t own = own_variable(i.address, role_);
            if (own != kNone && system_.variables[own].kind == VariableKind::kLocation) {
                Value location = 0;
                state.location = system_.pool.known_value(i.value, location) ? location : kSeveral;
            } else if (own != kNone && is_local_integer(own)) {
                Node node = fresh();
                stored_[p][number] = node;
                flow(i.value, node);
                state.own[place_in_role_[own]] = node;
            } else if (std::optional<Node> node = own == kNone ? node_of_load(i.address) : std::nullopt) {
                stored_[p][number] = *node;
                flow(i.value, *node);
            }
            return;
        }
        case InstructionKind::kSet:
        case InstructionKind::kChoose:
            if (says_its_sort(programs_[p].program->registers[i.target])) {
                bool thread = programs_[p].program->registers[i.target].kind == ScalarKind::kThread;
                std::optional<Node> from = thread && i.kind == InstructionKind::kSet ? leaf(i.value) : std::nullopt;
                if (from) assign(*from, {SortKind::kThread, 0});
                return;
            }
            if (i.kind == InstructionKind::kSet) flow(i.value, first_register_[p] + i.target);
            return;
        case InstructionKind::kMarkCells:
        case InstructionKind::kClearCells:
        case InstructionKind::kMarkMembers:
        case InstructionKind::kMarkRegister:
        case InstructionKind::kClearRegister:
            if (std::optional<Node> object = leaf(i.value)) assign(*object, {SortKind::kObject, 0});
            return;
        case InstructionKind::kFinish: finish(p, state); return;
        default: return;
    }
}

void Sorts::finish(std::uint32_t p, const State& state) {
    if (role_ == kNoRole) return;
    const std::vector<std::uint32_t>& locals = locals_of_role_[role_];
    for (std::size_t v = 0; v < locals.size(); ++v) {
        if (state.location == kSeveral) merge_locations(locals[v]);
        LocationNumber to = state.location >= 0 ? static_cast<LocationNumber>(state.location) : programs_[p].location;
        unify(local_node(locals[v], to), state.own[v]);
    }
}

}  // namespace quire::explore
