#include "types/typed_program.h"

namespace quire {

namespace {

std::optional<Value> value_of(const TypedProgram& program, ExpressionId id, const ConstantValues& constants);

std::optional<Value> value_of_operator(const TypedProgram& program, const TypedExpression& e, const ConstantValues& constants) {
    Value operands[3] = {0, 0, 0};
    if (e.operands.size() > 3) return std::nullopt;
    for (std::size_t i = 0; i < e.operands.size(); i++) {
        std::optional<Value> value = value_of(program, e.operands[i], constants);
        if (!value) return std::nullopt;
        operands[i] = *value;
    }
    Evaluated result = evaluate(e.op, e.operand_type, operands[0], operands[1], operands[2]);
    if (result.fault != Fault::kNone) return std::nullopt;
    return result.value;
}

std::optional<Value> value_of(const TypedProgram& program, ExpressionId id, const ConstantValues& constants) {
    if (!id.valid()) return std::nullopt;
    const TypedExpression& e = program[id];
    if (e.kind == ExpressionKind::kLiteral) return e.value;
    if (e.kind == ExpressionKind::kConstant) {
        if (e.constant.value >= constants.size()) return std::nullopt;
        return constants[e.constant.value];
    }
    if (e.kind == ExpressionKind::kOperator) return value_of_operator(program, e, constants);
    bool lazy = e.kind == ExpressionKind::kAnd || e.kind == ExpressionKind::kOr || e.kind == ExpressionKind::kImplies ||
                e.kind == ExpressionKind::kConditional;
    if (!lazy || e.operands.empty()) return std::nullopt;
    std::optional<Value> first = value_of(program, e.operands[0], constants);
    if (!first) return std::nullopt;
    if (e.kind == ExpressionKind::kAnd && *first == 0) return 0;
    if (e.kind == ExpressionKind::kOr && *first != 0) return 1;
    if (e.kind == ExpressionKind::kImplies && *first == 0) return 1;
    if (e.kind == ExpressionKind::kConditional) return value_of(program, e.operands[*first != 0 ? 1 : 2], constants);
    return value_of(program, e.operands[1], constants);
}

}  // namespace

std::optional<Value> evaluate_constant(const TypedProgram& program, ExpressionId id, const ConstantValues& constants) {
    return value_of(program, id, constants);
}

ScalarType scalar_type(const TypedProgram& program, TypeId type) {
    const Type& t = program[type];
    switch (t.kind) {
        case TypeKind::kBool: return kBoolType;
        case TypeKind::kInteger:
        case TypeKind::kEnum: return {ScalarKind::kInteger, t.bits, t.is_signed, 0};
        case TypeKind::kThread: return kThreadType;
        case TypeKind::kPointer: return {ScalarKind::kPointer, 64, true, t.structure.value};
        case TypeKind::kFunctionPointer: return {ScalarKind::kFunction, 64, true, 0};
        case TypeKind::kReference: return scalar_type(program, t.element);
        case TypeKind::kVoid:
        case TypeKind::kStruct:
        case TypeKind::kArray:
        case TypeKind::kSet:
        case TypeKind::kList:
        case TypeKind::kLedger: break;
    }
    return kIntType;
}

bool is_scalar(const TypedProgram& program, TypeId type) {
    switch (program[type].kind) {
        case TypeKind::kBool:
        case TypeKind::kInteger:
        case TypeKind::kEnum:
        case TypeKind::kThread:
        case TypeKind::kPointer:
        case TypeKind::kFunctionPointer: return true;
        case TypeKind::kReference: return is_scalar(program, program[type].element);
        case TypeKind::kVoid:
        case TypeKind::kStruct:
        case TypeKind::kArray:
        case TypeKind::kSet:
        case TypeKind::kList:
        case TypeKind::kLedger: break;
    }
    return false;
}

std::string_view order_name(MemoryOrder order) {
    switch (order) {
        case MemoryOrder::kPlain: return "plain";
        case MemoryOrder::kOnce: return "once";
        case MemoryOrder::kAcquire: return "acquire";
        case MemoryOrder::kRelease: return "release";
        case MemoryOrder::kFull: return "full";
        case MemoryOrder::kRead: return "read";
        case MemoryOrder::kWrite: return "write";
    }
    return "";
}

}  // namespace quire
