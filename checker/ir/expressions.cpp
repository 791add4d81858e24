// Expressions, strictly left to right.
#include "ir/builder.h"

#include "support/invariant.h"

namespace quire::ir {

namespace {

// Whether any of the operands from `first` on does more than compute from locals.
bool anything_follows(const TypedProgram& program, const std::vector<ExpressionId>& operands, std::size_t first) {
    for (std::size_t i = first; i < operands.size(); ++i) {
        if (!is_local_computation(program, operands[i])) return true;
    }
    return false;
}

// Every value of `from` is itself in `to`, so that the conversion need not be computed (and its operand need not be kept).
bool keeps_values(const ScalarType& from, const ScalarType& to) {
    bool numbers = (from.kind == ScalarKind::kInteger || from.kind == ScalarKind::kBool) && to.kind == ScalarKind::kInteger;
    if (!numbers || (!from.is_signed && from.bits == 64)) return false;
    if (!to.is_signed && to.bits == 64) return !from.is_signed;
    return smallest_value(from) >= smallest_value(to) && largest_value(from) <= largest_value(to);
}

}  // namespace

ExprId Builder::truth(ExpressionId id) {
    ExprId value = expression(id);
    ScalarType type = scalar(id);
    if (type.kind == ScalarKind::kBool) return value;
    if (type.kind == ScalarKind::kPointer) value = pool().op(Op::kPointerSlot, kLongType, value);
    return pool().op(Op::kNotEqual, kLongType, value, lit(0));
}

ExprId Builder::expression(ExpressionId id) {
    const TypedExpression& e = context_.typed[id];
    SourceSpan outer = span_;
    at(e.span);
    ExprId value;
    switch (e.kind) {
        case ExpressionKind::kLiteral: value = pool().literal(e.value, scalar(id)); break;
        case ExpressionKind::kConstant:
            value = pool().constant(e.constant.value, context_.constants[e.constant.value], scalar(id));
            break;
        case ExpressionKind::kSelf: value = self(); break;
        case ExpressionKind::kFunctionAddress: value = pool().literal(e.function.value + 1, scalar(id)); break;
        case ExpressionKind::kRead:
        case ExpressionKind::kLoad: value = read(resolve(e.place, false), mode_.stepping, e.order); break;
        case ExpressionKind::kAddressOf: value = address_of(e.place); break;
        case ExpressionKind::kOperator: value = operator_expression(e); break;
        case ExpressionKind::kAnd:
        case ExpressionKind::kOr:
        case ExpressionKind::kImplies:
        case ExpressionKind::kConditional: value = lazy(e); break;
        case ExpressionKind::kAssign:
        case ExpressionKind::kStore: value = assign(e); break;
        case ExpressionKind::kCompound: value = compound(e); break;
        case ExpressionKind::kCall: value = call(e); break;
        case ExpressionKind::kCallIndirect: value = call_indirect(e); break;
        case ExpressionKind::kStatements: value = statements_expression(e); break;
        case ExpressionKind::kComma:
            expression(e.operands[0]);
            value = expression(e.operands[1]);
            break;
        case ExpressionKind::kMaybe: value = maybe(); break;
        case ExpressionKind::kAlloc: value = allocate(e); break;
        case ExpressionKind::kContainerOf: value = container_of(e); break;
        case ExpressionKind::kContainer: value = container(e); break;
        case ExpressionKind::kErrPtr: value = error_pointer(e); break;
        case ExpressionKind::kPtrErr: value = pool().op(Op::kPointerSlot, kLongType, expression(e.operands[0])); break;
        case ExpressionKind::kIsErr:
            value = pool().op(Op::kLess, kLongType, pool().op(Op::kPointerSlot, kLongType, expression(e.operands[0])), lit(0));
            break;
        case ExpressionKind::kIsNullReference: {
            auto bound = bound_places_.find(e.local);
            bool null = bound != bound_places_.end() && bound->second.kind == Resolved::Kind::kNull;
            value = pool().truth(null);
            break;
        }
        case ExpressionKind::kThreadOf:
        case ExpressionKind::kIrqsOn:
        case ExpressionKind::kThreadIndex:
        case ExpressionKind::kThreadLocal:
        case ExpressionKind::kAt:
        case ExpressionKind::kLive:
        case ExpressionKind::kOld:
        case ExpressionKind::kActing:
        case ExpressionKind::kBalance:
        case ExpressionKind::kTotal:
        case ExpressionKind::kQuantifier: value = query(e); break;
    }
    span_ = outer;
    return value;
}

// In a property of a step, the thread that moved; nobody, if that is one of the environment.
ExprId Builder::self() {
    ThreadNumber threads = context_.system.program_threads();
    if (!mode_.pure || threads == context_.system.threads.size()) return pool().self();
    ExprId known = pool().op(Op::kLess, kLongType, pool().self(), lit(threads));
    return pool().op(Op::kSelect, kThreadType, known, pool().self(), lit(0));
}

ExprId Builder::operator_expression(const TypedExpression& e) {
    std::vector<ExprId> values;
    for (std::size_t i = 0; i < e.operands.size(); ++i) {
        ExprId value = expression(e.operands[i]);
        if (anything_follows(context_.typed, e.operands, i + 1)) value = freeze(value, scalar(e.operands[i]));
        values.push_back(value);
    }
    bool pointers = e.operand_type.kind == ScalarKind::kPointer;
    if (pointers && (e.op == Op::kEqual || e.op == Op::kNotEqual)) return pointer_equal(e, values[0], values[1]);
    if (pointers && e.op >= Op::kEqual && e.op <= Op::kGreaterEqual) {
        for (ExprId& value : values) value = pool().op(Op::kPointerSlot, kLongType, value);
        return pool().op(e.op, kLongType, values[0], values[1]);
    }
    if (e.op == Op::kNot && !values.empty() && scalar(e.operands[0]).kind == ScalarKind::kPointer) {
        return pool().equal(pool().op(Op::kPointerSlot, kLongType, values[0]), lit(0));
    }
    if (e.op == Op::kConvert && scalar(e.operands[0]).kind == ScalarKind::kPointer && e.operand_type.kind == ScalarKind::kBool) {
        return pool().op(Op::kNotEqual, kLongType, pool().op(Op::kPointerSlot, kLongType, values[0]), lit(0));
    }
    if (e.op == Op::kConvert && keeps_values(scalar(e.operands[0]), e.operand_type)) return values[0];
    ExprId value = pool().op(e.op, e.operand_type, values[0], values.size() > 1 ? values[1] : ExprId{},
                             values.size() > 2 ? values[2] : ExprId{});
    // What can fault is computed where it stands.
    return can_fault(e.op) && !is_fixed(value) ? settle(value, e.operand_type) : value;
}

bool Builder::reads_nothing(ExprId id) const {
    if (!id.valid()) return true;
    const Expr& e = context_.system.pool[id];
    if (e.kind == ExprKind::kLiteral || e.kind == ExprKind::kConstant) return true;
    return e.kind == ExprKind::kOp && reads_nothing(e.a) && reads_nothing(e.b) && reads_nothing(e.c);
}

// Whether literals and the constants of the instance decide the value, without a fault.
bool Builder::is_fixed(ExprId id) { return reads_nothing(id) && pool().is_literal(pool().instantiate(id, 0, 0)); }

// Equality of slots.  In real code, finding a dangling pointer equal to one that is not refreshes the thread's pointers.
ExprId Builder::pointer_equal(const TypedExpression& e, ExprId a, ExprId b) {
    ExprId slot_a = pool().op(Op::kPointerSlot, kLongType, a);
    ExprId slot_b = pool().op(Op::kPointerSlot, kLongType, b);
    ExprId same = pool().equal(slot_a, slot_b);
    StructId structure{e.operand_type.pointee};
    bool null_involved =
        (pool().is_literal(slot_a) && pool()[slot_a].value <= 0) || (pool().is_literal(slot_b) && pool()[slot_b].value <= 0);
    if (!mode_.ghost && !mode_.pure && !null_involved && context_.layout.can_dangle(structure)) {
        std::uint32_t equal = temporary(kBoolType, "same");
        set(equal, same);
        ExprId both =
            pool().op(Op::kAnd, kBoolType, pool().op(Op::kPointerMark, kBoolType, a), pool().op(Op::kPointerMark, kBoolType, b));
        ExprId fresh = pool().logical_and(reg(equal), pool().logical_not(both));
        ExprId usable = pool().logical_and(fresh, pool().op(Op::kGreater, kLongType, slot_a, lit(0)));
        ExprId index = pool().op(Op::kSelect, kLongType, usable, slot_a, lit(0));
        Node node = make(NodeKind::kRefresh);
        node.value = pool().lookup(context_.layout.object_table(structure), index, kLongType);
        append(node);
        same = reg(equal);
    }
    return e.op == Op::kEqual ? same : pool().logical_not(same);
}

ExprId Builder::lazy(const TypedExpression& e) {
    // Without steps, checks or side effects in the lazy part, plain operators mean the same and read better.
    bool conditional = e.kind == ExpressionKind::kConditional;
    if (conditional && !e.type.valid()) return {};
    ScalarType type = conditional && is_scalar(context_.typed, e.type) ? scalar_type(context_.typed, e.type) : kBoolType;
    bool is_void = conditional && !is_scalar(context_.typed, e.type);
    std::uint32_t result = is_void ? kNone : temporary(type);
    std::uint32_t yes = 0;
    std::uint32_t no = 0;
    ExprId condition = truth(e.operands[0]);
    branch(condition, yes, no);
    std::uint32_t join = nop();
    auto arm = [&](std::uint32_t start, ExprId fixed, std::size_t operand) {
        current_ = start;
        ExprId value = fixed.valid() ? fixed : conditional ? expression(e.operands[operand]) : truth(e.operands[operand]);
        if (result != kNone) set(result, value);
        jump_to(join);
    };
    switch (e.kind) {
        case ExpressionKind::kAnd:
            arm(yes, {}, 1);
            arm(no, pool().truth(false), 0);
            break;
        case ExpressionKind::kOr:
            arm(yes, pool().truth(true), 0);
            arm(no, {}, 1);
            break;
        case ExpressionKind::kImplies:
            arm(yes, {}, 1);
            arm(no, pool().truth(true), 0);
            break;
        default:
            arm(yes, {}, 1);
            arm(no, {}, 2);
            break;
    }
    current_ = join;
    return result == kNone ? ExprId{} : reg(result);
}

ExprId Builder::assign(const TypedExpression& e) {
    if (!is_scalar(context_.typed, e.type)) {
        assign_struct(e.place, e.operands[0], false);
        return {};
    }
    bool simple = is_local_computation(context_.typed, e.operands[0]);
    Resolved place = resolve(e.place, !simple);
    ExprId value = settle(expression(e.operands[0]), scalar(e.operands[0]));
    write(place, value, mode_.stepping, e.order);
    return value;
}

ExprId Builder::compound(const TypedExpression& e) {
    Resolved place = resolve(e.place, !is_local_computation(context_.typed, e.operands[0]));
    ScalarType stored = scalar_type(context_.typed, place.type);
    ExprId old = freeze(read(place, mode_.stepping), stored);
    ExprId value = expression(e.operands[0]);
    ExprId wide = old;
    if (!(stored == e.operand_type)) wide = pool().op(Op::kConvert, e.operand_type, old);
    ExprId computed = pool().op(e.op, e.operand_type, wide, value);
    if (can_fault(e.op)) computed = settle(computed, e.operand_type);
    if (!(stored == e.operand_type)) computed = pool().op(Op::kConvert, stored, computed);
    computed = settle(computed, stored);
    write(place, computed, mode_.stepping);
    return e.postfix ? old : computed;
}

// The struct place that a kRead (behind commas) names; what stands before the commas is done first.
ExprId Builder::struct_read_operand(ExpressionId id, Resolved& source) {
    const TypedExpression& e = context_.typed[id];
    if (e.kind == ExpressionKind::kComma) {
        expression(e.operands[0]);
        return struct_read_operand(e.operands[1], source);
    }
    INVARIANT(e.kind == ExpressionKind::kRead || e.kind == ExpressionKind::kLoad, "a struct that is no place");
    source = resolve(e.place, true);
    return {};
}

void Builder::assign_struct(PlaceId target, ExpressionId source_id, bool declaration) {
    Resolved to = resolve(target, true);
    Resolved from;
    struct_read_operand(source_id, from);
    for (const MemoryLayout::Scalar& part : context_.layout.scalars_of(to.type)) {
        // Ledgers, sets and lists are no values; real code does not touch ghost members.
        if (part.counter || (part.ghost && !mode_.ghost)) continue;
        ExprId value = settle(read(part_of(from, part), mode_.stepping), scalar_type(context_.typed, part.type));
        write(part_of(to, part), value, mode_.stepping && !declaration);
    }
}

void Builder::choice(std::uint32_t target, ExprId lo, ExprId hi, bool local) {
    Node node = make(NodeKind::kChoice);
    node.target = target;
    node.value = lo;
    node.value2 = hi;
    node.boundary = local && mode_.stepping;
    append(node);
}

ExprId Builder::maybe() {
    std::uint32_t target = temporary(kBoolType, "maybe");
    choice(target, lit(0), lit(1), true);
    return reg(target);
}

ExprId Builder::error_pointer(const TypedExpression& e) {
    ExprId number = settle(expression(e.operands[0]), scalar(e.operands[0]));
    ExprId fits = pool().logical_and(pool().op(Op::kGreaterEqual, kLongType, number, lit(-4095)),
                                     pool().op(Op::kLess, kLongType, number, lit(0)));
    check(fits, "out_of_range");
    return pool().op(Op::kMakePointer, scalar_type(context_.typed, e.type), number, lit(0));
}

ExprId Builder::statements_expression(const TypedExpression& e) {
    const Statement& body = context_.typed[e.statement];
    if (body.kind != StatementKind::kBlock) {
        statement(e.statement);
        return e.operands.empty() || !e.operands[0].valid() ? ExprId{} : expression(e.operands[0]);
    }
    scopes_.push_back(e.statement);
    for (StatementId id : body.body) statement(id);
    ExprId value;
    if (!e.operands.empty() && e.operands[0].valid()) {
        value = expression(e.operands[0]);
        if (value.valid()) value = freeze(value, scalar(e.operands[0]));
    }
    undefine_locals(body.locals);
    scopes_.pop_back();
    return value;
}

}  // namespace quire::ir
