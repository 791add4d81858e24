// Statements.
#include "ir/builder.h"

#include "support/invariant.h"

namespace quire::ir {

void Builder::statement(StatementId id) {
    if (too_large()) return;
    const Statement& s = context_.typed[id];
    SourceSpan outer = span_;
    at(s.span);
    switch (s.kind) {
        case StatementKind::kBlock: block(id); break;
        case StatementKind::kExpression:
            if (!s.operands.empty() && s.operands[0].valid()) {
                ExpressionKind kind = context_.typed[s.operands[0]].kind;
                result_dropped_ = kind == ExpressionKind::kCall || kind == ExpressionKind::kCallIndirect;
                expression(s.operands[0]);
                result_dropped_ = false;
            }
            note(NoteKind::kStatement);
            break;
        case StatementKind::kDeclare: {
            Mode mode = mode_;
            if (s.is_ghost) {
                mode_.ghost = true;
                mode_.stepping = false;
            }
            declare(s);
            mode_ = mode;
            break;
        }
        case StatementKind::kIf: if_statement(s); break;
        case StatementKind::kLoop:
            if (s.loop == LoopKind::kForEach)
                for_each(id);
            else
                loop(id);
            break;
        case StatementKind::kSwitch: switch_statement(s); break;
        case StatementKind::kGoto:
            note(NoteKind::kStatement);
            go_to(s.label);
            break;
        case StatementKind::kLabel:
            link_to(label_node(s.label));
            graph_.nodes[current_].site = current_site();
            pass_label(s.label);
            break;
        case StatementKind::kReturn: return_statement(s); break;
        case StatementKind::kAtomic: atomic(s); break;
        case StatementKind::kAwait: await(s); break;
        case StatementKind::kEither: either(s); break;
        case StatementKind::kChoose: choose(s); break;
        case StatementKind::kGhost: {
            Mode mode = mode_;
            mode_.ghost = true;
            mode_.stepping = false;
            statement(s.body[0]);
            mode_ = mode;
            break;
        }
        case StatementKind::kBuiltin: builtin(s); break;
    }
    span_ = outer;
}

void Builder::block(StatementId id) {
    const Statement& s = context_.typed[id];
    scopes_.push_back(id);
    for (StatementId inner : s.body) statement(inner);
    undefine_locals(s.locals);
    scopes_.pop_back();
}

// Where a local lives, for writes by name that are local work.
void Builder::set_local(LocalId local, ExprId value) {
    Resolved place;
    place.kind = Resolved::Kind::kRegisters;
    place.local = local;
    place.type = context_.typed[local].type;
    write(place, value, false);
}

void Builder::declare(const Statement& s) {
    const Local& local = context_.typed[s.local];
    const Region* region = graph_.executor == kNone ? nullptr : context_.layout.region(graph_.executor, s.local);
    if (region != nullptr && local.in_memory) {
        ExprId index = context_.executors[graph_.executor].role.valid() ? pool().self_index() : lit(0);
        store(pool().add_long(lit(region->in_use), index), pool().truth(true));
    }
    if (region == nullptr && !local.is_reference) {  // undefined, also when a jump comes back here
        for (const MemoryLayout::Scalar& part : context_.layout.scalars_of(local.type)) {
            set(register_of(s.local, part.offset), pool().literal(0, scalar_type(context_.typed, part.type)));
            set(flag_of(s.local, part.offset), pool().truth(false));
        }
    }
    TypeKind kind = context_.typed[local.type].kind;
    if (s.zero_rest || kind == TypeKind::kSet || kind == TypeKind::kList) {
        Resolved whole = whole_local(s.local);
        for (const MemoryLayout::Scalar& part : context_.layout.scalars_of(local.type)) {
            Resolved place = part_of(whole, part);
            if (part.counter)
                store(place.address, lit(0));
            else
                write(place, pool().literal(0, scalar_type(context_.typed, part.type)), false);
        }
    }
    for (const Initialiser& one : s.initialisers) {
        if (!is_scalar(context_.typed, context_.typed[one.place].type)) {
            assign_struct(one.place, one.value, true);
            continue;
        }
        ExprId value = settle(expression(one.value), scalar(one.value));
        Resolved place = resolve(one.place, false);
        place.shared = false;
        write(place, value, false);
    }
    if (!s.initialisers.empty()) note(NoteKind::kStatement);
}

void Builder::if_statement(const Statement& s) {
    ExprId condition = settle(truth(s.operands[0]), kBoolType);
    note(NoteKind::kDecision, condition);
    std::uint32_t yes = 0;
    std::uint32_t no = 0;
    branch(condition, yes, no);
    std::uint32_t join = nop();
    current_ = yes;
    if (!s.body.empty() && s.body[0].valid()) statement(s.body[0]);
    jump_to(join);
    current_ = no;
    if (s.body.size() > 1 && s.body[1].valid()) statement(s.body[1]);
    link_to(join);
}

void Builder::loop(StatementId id) {
    const Statement& s = context_.typed[id];
    Frame& frame = frames_.back();
    std::uint32_t head = nop();
    std::uint32_t advance = nop();
    std::uint32_t exit = nop();
    if (s.label.valid()) {
        frame.labels[s.label] = advance;
        frame.label_scopes[s.label] = scopes_;
    }
    if (s.break_label.valid()) {
        frame.labels[s.break_label] = exit;
        frame.label_scopes[s.break_label] = scopes_;
    }
    ExpressionId condition = s.operands.empty() ? ExpressionId{} : s.operands[0];
    auto test = [&] {
        std::uint32_t yes = 0;
        std::uint32_t no = 0;
        if (!condition.valid()) return;
        at(s.span);
        ExprId value = settle(truth(condition), kBoolType);
        note(NoteKind::kDecision, value);
        branch(value, yes, no);
        current_ = no;
        jump_to(exit);
        current_ = yes;
    };
    link_to(head);
    if (s.loop != LoopKind::kDoWhile) test();
    if (!s.body.empty() && s.body[0].valid()) statement(s.body[0]);
    link_to(advance);
    if (s.loop == LoopKind::kFor && s.operands.size() > 1 && s.operands[1].valid()) expression(s.operands[1]);
    if (s.loop == LoopKind::kDoWhile) test();
    jump_to(head);
    current_ = exit;
}

void Builder::switch_statement(const Statement& s) {
    Frame& frame = frames_.back();
    std::uint32_t exit = nop();
    if (s.break_label.valid()) {
        frame.labels[s.break_label] = exit;
        frame.label_scopes[s.break_label] = scopes_;
    }
    ScalarType type = scalar(s.operands[0]);
    ExprId value = freeze(expression(s.operands[0]), type);
    note(NoteKind::kStatement);
    for (const SwitchCase& one : s.cases) {
        ExprId match = one.constant.valid() ? expression(one.constant) : pool().literal(one.value, type);
        std::uint32_t yes = 0;
        std::uint32_t no = 0;
        branch(pool().op(Op::kEqual, type, value, match), yes, no);
        current_ = yes;
        go_to(one.label);
        current_ = no;
    }
    if (s.label.valid())
        go_to(s.label);
    else
        jump_to(exit);
    if (!s.body.empty() && s.body[0].valid()) statement(s.body[0]);
    link_to(exit);
}

std::uint32_t Builder::label_node(LabelId label) {
    auto& labels = frames_.back().labels;
    auto found = labels.find(label);
    if (found == labels.end()) found = labels.emplace(label, nop()).first;
    return found->second;
}

void Builder::scan_labels(StatementId id, std::vector<StatementId>& scopes) {
    const Statement& s = context_.typed[id];
    bool scope = s.kind == StatementKind::kBlock || (s.kind == StatementKind::kLoop && s.loop == LoopKind::kForEach);
    if (s.kind == StatementKind::kLabel) frames_.back().label_scopes[s.label] = scopes;
    if (scope) scopes.push_back(id);
    for (StatementId inner : s.body) {
        if (inner.valid()) scan_labels(inner, scopes);
    }
    if (scope) scopes.pop_back();
}

void Builder::leave_scopes(std::size_t down_to) {
    for (std::size_t i = scopes_.size(); i > down_to; --i) {
        const Statement& s = context_.typed[scopes_[i - 1]];
        if (s.kind == StatementKind::kLoop) undefine(s.local);
        undefine_locals(s.locals);
    }
}

void Builder::go_to(LabelId label) {
    if (!reachable()) return;
    const std::vector<StatementId>& target = frames_.back().label_scopes[label];
    std::size_t common = 0;
    while (common < target.size() && common < scopes_.size() && target[common] == scopes_[common]) ++common;
    leave_scopes(std::max(common, frames_.back().scope_base));
    jump_to(label_node(label));
}

void Builder::pass_label(LabelId label) {
    auto watched = context_.watched_labels.find(label);
    if (watched == context_.watched_labels.end() || mode_.pure) return;
    store(own_cell(watched->second), pool().truth(true));
    graph_.labels_passed.push_back(watched->second);
}

void Builder::return_statement(const Statement& s) {
    if (!s.operands.empty() && s.operands[0].valid()) {
        ExprId value = expression(s.operands[0]);
        if (frames_.back().result != kNone && value.valid()) {
            check_range(frames_.back().result_type, value);
            set(frames_.back().result, value);
            set(frames_.back().result_flag, pool().truth(true));
        }
    }
    note(NoteKind::kStatement);
    if (!reachable()) return;
    leave_scopes(frames_.back().scope_base);
    jump_to(frames_.back().exit);
}

void Builder::atomic(const Statement& s) {
    Mode mode = mode_;
    step(NoteKind::kAtomic, s.order);
    note(NoteKind::kStatement);
    mode_.stepping = false;
    statement(s.body[0]);
    mode_ = mode;
}

void Builder::await(const Statement& s) {
    Mode mode = mode_;
    // Only with a block is it more than a read.
    bool has_block = !s.body.empty() && s.body[0].valid();
    step(NoteKind::kAwait, has_block ? MemoryOrder::kFull : MemoryOrder::kPlain);
    mode_.stepping = false;
    ExprId condition = truth(s.operands[0]);
    Node node = make(NodeKind::kRequire);
    node.value = condition;
    append(node);
    note(NoteKind::kStatement);
    if (has_block) statement(s.body[0]);
    mode_ = mode;
}

void Builder::either(const Statement& s) {
    std::uint32_t target = temporary(kIntType, "either");
    choice(target, lit(0), lit(static_cast<Value>(s.body.size()) - 1), true);
    std::uint32_t join = nop();
    for (std::size_t i = 0; i < s.body.size(); ++i) {
        std::uint32_t yes = 0;
        std::uint32_t no = 0;
        bool last = i + 1 == s.body.size();
        branch(last ? pool().truth(true) : pool().equal(reg(target), lit(static_cast<Value>(i))), yes, no);
        current_ = yes;
        statement(s.body[i]);
        jump_to(join);
        current_ = no;
    }
    current_ = join;
}

// A bound of a choice needs no place to wait if it is the same whenever it is evaluated.
ExprId Builder::bound(ExpressionId id) {
    ExprId value = expression(id);
    return is_fixed(value) ? value : settle(value, scalar(id));
}

void Builder::choose(const Statement& s) {
    switch (s.choose) {
        case ChooseKind::kRange: {
            ExprId lo = bound(s.operands[0]);
            ExprId hi = bound(s.operands[1]);
            std::uint32_t target = temporary(scalar_type(context_.typed, context_.typed[s.local].type), "chosen");
            choice(target, lo, hi, true);
            set_local(s.local, reg(target));
            break;
        }
        case ChooseKind::kPool: choose_from_pool(s); break;
        case ChooseKind::kMember: choose_member(s); break;
    }
    note(NoteKind::kStatement);
}

}  // namespace quire::ir
