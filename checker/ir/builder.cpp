#include "ir/builder.h"

#include "support/invariant.h"

namespace quire::ir {

std::uint32_t LoweringContext::site(SourceSpan span, std::uint32_t caller, const std::string& function, bool library) {
    auto [found, is_new] = site_numbers.try_emplace({span, caller, function}, static_cast<std::uint32_t>(system.sites.size()));
    if (is_new) system.sites.push_back({span, caller, function, library});
    return found->second;
}

Address LoweringContext::add_variable(Variable variable) {
    variable.base = static_cast<Address>(system.initial.size());
    system.initial.insert(system.initial.end(), variable.count, 0);
    system.cell_variable.insert(system.cell_variable.end(), variable.count, static_cast<std::uint32_t>(system.variables.size()));
    system.variables.push_back(std::move(variable));
    return system.variables.back().base;
}

Address LoweringContext::add_internal(const std::string& name, std::uint32_t count, Value hi) {
    Variable v;
    v.name = name;
    v.type = kIntType;
    v.kind = VariableKind::kInternal;
    v.hi = hi;
    v.count = count;
    v.displayed = false;
    return add_variable(std::move(v));
}

bool LoweringContext::wraps_contracts(const Function& f) {
    auto [found, is_new] = wrappers.try_emplace(&f, false);
    if (is_new && f.body.valid()) {
        for (FunctionId inner : reach(typed, {f.body}).functions) {
            for (const Contract& contract : typed[inner].contracts) {
                if (contract.kind == ContractKind::kAcquires || contract.kind == ContractKind::kReleases) {
                    found->second = true;
                }
            }
        }
    }
    return found->second;
}

Builder::Builder(LoweringContext& context, FlowGraph& graph) : context_(context), graph_(graph) {
    if (graph.executor != kNone) assigned_ = context.executors[graph.executor].reached.assigned;
    graph_.entry = append(make(NodeKind::kNop));
}

// ------------------------------------------------------------------------------------------------------------ nodes

Node Builder::make(NodeKind kind) const {
    Node node;
    node.kind = kind;
    return node;
}

// Puts the node behind the current one.  Where nothing is current the node is unreachable, unless something jumps to it.
std::uint32_t Builder::append(Node node) {
    auto number = static_cast<std::uint32_t>(graph_.nodes.size());
    if (node.site == kNone) node.site = current_site();
    graph_.nodes.push_back(node);
    if (current_ != kNone) graph_.nodes[current_].next = number;
    current_ = number;
    return number;
}

std::uint32_t Builder::current_site() {
    if (!span_.valid() && frames_.empty()) return kNone;
    std::uint32_t caller = frames_.empty() ? kNone : frames_.back().call_site;
    static const std::string kNowhere;
    const std::string& function = frames_.empty() ? kNowhere : frames_.back().function;
    return context_.site(span_, caller, function, !frames_.empty() && frames_.back().library);
}

void Builder::at(SourceSpan span) {
    if (span.valid()) span_ = span;
}

std::uint32_t Builder::nop() {
    graph_.nodes.push_back(make(NodeKind::kNop));
    return static_cast<std::uint32_t>(graph_.nodes.size() - 1);
}

void Builder::jump_to(std::uint32_t node) {
    if (current_ != kNone) graph_.nodes[current_].next = node;
    current_ = kNone;
}

void Builder::link_to(std::uint32_t node) {
    jump_to(node);
    current_ = node;
}

void Builder::branch(ExprId condition, std::uint32_t& yes, std::uint32_t& no) {
    yes = nop();
    no = nop();
    Value known = 0;
    if (pool().is_literal(condition) && pool().known_value(condition, known)) {
        jump_to(known != 0 ? yes : no);
        return;
    }
    Node node = make(NodeKind::kBranch);
    node.value = condition;
    std::uint32_t number = append(node);
    graph_.nodes[number].next = yes;
    graph_.nodes[number].other = no;
    current_ = kNone;
}

void Builder::set(std::uint32_t target, ExprId value) {
    Node node = make(NodeKind::kSet);
    node.target = target;
    node.value = value;
    append(node);
}

void Builder::store(ExprId address, ExprId value) {
    Node node = make(NodeKind::kStore);
    node.address = address;
    node.value = value;
    append(node);
}

bool Builder::enabled(std::string_view property) const { return context_.system.properties[context_.check(property)].enabled; }

void Builder::check(ExprId condition, std::string_view property) { check(Guard{condition, context_.check(property)}); }

void Builder::check(const Guard& guard) {
    Value known = 0;
    if (pool().is_literal(guard.condition) && pool().known_value(guard.condition, known) && known != 0) return;
    bool on = context_.system.properties[guard.property].enabled || mode_.pure;
    Node node = make(on ? NodeKind::kCheck : NodeKind::kDrop);
    node.value = guard.condition;
    node.property = guard.property;
    node.drop = DropKind::kSilent;
    append(node);
}

void Builder::drop(ExprId condition, DropKind kind) {
    Node node = make(NodeKind::kDrop);
    node.value = condition;
    node.drop = kind;
    append(node);
}

void Builder::step(NoteKind kind, MemoryOrder order) {
    if (!mode_.stepping) return;
    Node node = make(NodeKind::kStep);
    node.note = kind;
    node.order = order;
    append(node);
}

void Builder::note(NoteKind kind, ExprId value, ExprId address) {
    if (mode_.pure) return;
    Node node = make(NodeKind::kNote);
    node.note = kind;
    node.value = value;
    node.address = address;
    append(node);
}

void Builder::end() {
    append(make(NodeKind::kEnd));
    current_ = kNone;
}

// -------------------------------------------------------------------------------------------------------- registers

std::uint32_t Builder::temporary(ScalarType type, const char* name) {
    VirtualRegister r;
    r.type = type;
    r.name = name;
    r.lo = type.kind == ScalarKind::kBool ? 0 : smallest_value(type);
    r.hi = type.kind == ScalarKind::kBool ? 1 : largest_value(type);
    if (type.kind == ScalarKind::kPointer) {
        r.lo = -2 * 4095;
        r.hi = 2 * static_cast<Value>(context_.layout.place_count(StructId{type.pointee})) + 1;
    }
    if (type.kind == ScalarKind::kThread) {
        r.lo = 0;
        r.hi = context_.layout.thread_count();
    }
    if (type.kind == ScalarKind::kFunction) {
        r.lo = 0;
        r.hi = static_cast<Value>(context_.typed.functions.size());
    }
    graph_.registers.push_back(std::move(r));
    return static_cast<std::uint32_t>(graph_.registers.size() - 1);
}

std::uint32_t Builder::register_of(LocalId local, std::uint32_t leaf) {
    auto found = local_registers_.find({local, leaf});
    if (found != local_registers_.end()) return found->second;
    const Local& declared = context_.typed[local];
    const MemoryLayout::Scalar* scalar = nullptr;
    for (const MemoryLayout::Scalar& one : context_.layout.scalars_of(declared.type)) {
        if (one.offset == leaf) scalar = &one;
    }
    INVARIANT(scalar != nullptr && !scalar->counter, "no scalar at that offset of local '" + declared.name + "'");
    std::uint32_t number = temporary(scalar_type(context_.typed, scalar->type));
    VirtualRegister& r = graph_.registers[number];
    r.name = declared.name + scalar->name;
    r.local = local;
    r.span = declared.span;
    const Type& type = context_.typed[scalar->type];
    if (type.kind == TypeKind::kInteger || type.kind == TypeKind::kEnum) {
        ScalarRange range = range_of(context_.typed, scalar->type, context_.constants);
        r.lo = std::min<Value>(range.lo, 0);
        r.hi = std::max<Value>(range.hi, 0);
    }
    if (type.kind == TypeKind::kEnum) r.enumeration = type.enumeration.value;
    auto shared = context_.shared_locals.find({graph_.executor, local});
    if (shared != context_.shared_locals.end() && graph_.executor != kNone) r.cell_variable = shared->second;
    local_registers_[{local, leaf}] = number;
    return number;
}

std::uint32_t Builder::flag_of(LocalId local, std::uint32_t leaf) {
    auto found = flags_.find({local, leaf});
    if (found != flags_.end()) return found->second;
    std::uint32_t number = temporary(kBoolType);
    graph_.registers[number].name = context_.typed[local].name + ".defined";
    graph_.registers[number].is_flag = true;
    flags_[{local, leaf}] = number;
    return number;
}

ExprId Builder::settle(ExprId value, ScalarType type) {
    const Expr& e = pool()[value];
    if (e.kind == ExprKind::kLiteral || e.kind == ExprKind::kConstant || e.kind == ExprKind::kRegister ||
        e.kind == ExprKind::kSelf || e.kind == ExprKind::kSelfIndex || mode_.pure) {
        return value;
    }
    std::uint32_t target = temporary(type);
    set(target, value);
    return reg(target);
}

ExprId Builder::freeze(ExprId value, ScalarType type) {
    const Expr& e = pool()[value];
    if (e.kind == ExprKind::kRegister && graph_.registers[e.index].local.valid()) {
        std::uint32_t target = temporary(type);
        set(target, value);
        return reg(target);
    }
    return settle(value, type);
}

// ------------------------------------------------------------------------------------------------------ whole graphs

void Builder::thread_body(const Role& role) {
    Frame frame;
    frame.function = role.name;
    frames_.push_back(frame);
    at(role.span);
    for (LocalId parameter : role.parameters) {
        register_of(parameter, 0);
        set(flag_of(parameter, 0), pool().truth(true));
    }
    std::uint32_t exit = nop();
    frames_.back().exit = exit;
    std::vector<StatementId> scopes;
    if (role.body.valid()) {
        scan_labels(role.body, scopes);
        statement(role.body);
    }
    link_to(exit);
    undefine_locals(role.parameters);
    end();
}

void Builder::init_body(const std::vector<StatementId>& inits) {
    mode_.stepping = false;
    Frame frame;
    frame.function = "init";
    frames_.push_back(frame);
    for (StatementId id : inits) {
        std::uint32_t exit = nop();
        frames_.back().exit = exit;
        std::vector<StatementId> scopes;
        scan_labels(id, scopes);
        statement(id);
        link_to(exit);
    }
    end();
}

void Builder::static_initialisers() {
    mode_ = {false, true, false, false};
    Frame frame;
    frame.function = "initialisers";
    frames_.push_back(frame);
    for (std::size_t g = 0; g < context_.typed.globals.size(); ++g) {
        const Global& global = context_.typed.globals[g];
        for (const Initialiser& one : global.initialisers) {
            at(global.span);
            ExprId value = settle(expression(one.value), scalar(one.value));
            write(resolve(one.place, false), value, false);
        }
    }
    for (std::size_t g = 0; g < context_.typed.globals.size(); ++g) {
        Address base = context_.layout.global(GlobalId{g});
        for (const MemoryLayout::LedgerAt& ledger : context_.layout.ledgers_in(context_.typed.globals[g].type)) {
            const StructMember& member = context_.typed[ledger.structure].members[ledger.member];
            if (member.ledger_path.empty()) continue;
            std::uint32_t counter = context_.layout.offset_of(ledger.structure, ledger.member);
            ExprId start = lit(base + ledger.offset - counter);
            StructId structure = ledger.structure;
            for (std::uint32_t step : member.ledger_path) {
                start = pool().add_long(start, lit(context_.layout.offset_of(structure, step)));
                const Type& type = context_.typed[context_.typed[structure].members[step].type];
                if (type.kind == TypeKind::kStruct) structure = type.structure;
            }
            ExprId unbooked = lit(base + ledger.offset + context_.layout.ledger_unbooked(member));
            store(unbooked, load(start, kIntType));
        }
    }
    end();
}

void Builder::property_condition(const Property& property) {
    mode_ = {false, true, true, false};
    Frame frame;
    frame.function = property.name;
    frames_.push_back(frame);
    at(property.span);
    assigned_ = reach(context_.typed, {}, {property.condition}).assigned;
    std::uint32_t result = temporary(kBoolType, "result");
    INVARIANT(result == 0, "the result of a property is its register 0");
    set(result, truth(property.condition));
    end();
}

}  // namespace quire::ir
