#include "expr/operators.h"

#include <limits>

namespace quire {

namespace {

constexpr Evaluated fault(Fault kind) { return {0, kind}; }

constexpr std::uint64_t bits_of(Value value) { return static_cast<std::uint64_t>(value); }

// Signed arithmetic in 128 bits cannot itself overflow for 64-bit operands, so the check is a comparison.
__extension__ using Wide = __int128;

Evaluated arithmetic(Op op, const ScalarType& type, Value a, Value b) {
    if (!type.is_signed) {
        std::uint64_t x = bits_of(a);
        std::uint64_t y = bits_of(b);
        std::uint64_t r = op == Op::kAdd ? x + y : op == Op::kSubtract ? x - y : x * y;
        return {wrap(type, static_cast<Value>(r))};
    }
    Wide x = a;
    Wide y = b;
    Wide r = op == Op::kAdd ? x + y : op == Op::kSubtract ? x - y : x * y;
    if (r < smallest_value(type) || r > largest_value(type)) return fault(Fault::kSignedOverflow);
    return {static_cast<Value>(r)};
}

Evaluated divide(Op op, const ScalarType& type, Value a, Value b) {
    if (b == 0) return fault(Fault::kDivisionByZero);
    if (!type.is_signed) {
        std::uint64_t r = op == Op::kDivide ? bits_of(a) / bits_of(b) : bits_of(a) % bits_of(b);
        return {static_cast<Value>(r)};
    }
    // The most negative value over -1 overflows, and so, in C, does its remainder.
    if (b == -1 && a == smallest_value(type)) return fault(Fault::kSignedOverflow);
    return {op == Op::kDivide ? a / b : a % b};
}

Evaluated shift(Op op, const ScalarType& type, Value a, Value count) {
    if (count < 0 || count >= type.bits) return fault(Fault::kShiftOutOfRange);
    if (op == Op::kShiftRight) {
        if (type.is_signed) return {a >> count};
        return {static_cast<Value>(bits_of(a) >> count)};
    }
    if (!type.is_signed) return {wrap(type, static_cast<Value>(bits_of(a) << count))};
    Wide r = static_cast<Wide>(a) * (static_cast<Wide>(1) << count);
    if (r < smallest_value(type) || r > largest_value(type)) return fault(Fault::kSignedOverflow);
    return {static_cast<Value>(r)};
}

bool less(const ScalarType& type, Value a, Value b) {
    if (type.kind == ScalarKind::kInteger && !type.is_signed) return bits_of(a) < bits_of(b);
    return a < b;
}

}  // namespace

Value smallest_value(const ScalarType& type) {
    if (type.bits >= 64) return std::numeric_limits<Value>::min();
    return type.is_signed ? -(Value{1} << (type.bits - 1)) : 0;
}

Value largest_value(const ScalarType& type) {
    if (type.bits >= 64) return std::numeric_limits<Value>::max();
    return type.is_signed ? (Value{1} << (type.bits - 1)) - 1 : (Value{1} << type.bits) - 1;
}

Value wrap(const ScalarType& type, Value value) {
    if (type.kind == ScalarKind::kBool) return value != 0 ? 1 : 0;
    if (type.kind != ScalarKind::kInteger || type.bits >= 64) return value;
    std::uint64_t mask = (std::uint64_t{1} << type.bits) - 1;
    std::uint64_t low = bits_of(value) & mask;
    bool negative = type.is_signed && (low >> (type.bits - 1)) != 0;
    return static_cast<Value>(negative ? low | ~mask : low);
}

int operand_count(Op op) {
    switch (op) {
        case Op::kNegate:
        case Op::kBitNot:
        case Op::kNot:
        case Op::kConvert:
        case Op::kPointerSlot:
        case Op::kPointerMark: return 1;
        case Op::kSelect: return 3;
        case Op::kAdd:
        case Op::kSubtract:
        case Op::kMultiply:
        case Op::kDivide:
        case Op::kRemainder:
        case Op::kShiftLeft:
        case Op::kShiftRight:
        case Op::kBitAnd:
        case Op::kBitOr:
        case Op::kBitXor:
        case Op::kAnd:
        case Op::kOr:
        case Op::kImplies:
        case Op::kEqual:
        case Op::kNotEqual:
        case Op::kLess:
        case Op::kLessEqual:
        case Op::kGreater:
        case Op::kGreaterEqual:
        case Op::kMakePointer: return 2;
    }
    return 0;
}

std::string_view spelling(Op op) {
    switch (op) {
        case Op::kNegate: return "-";
        case Op::kBitNot: return "~";
        case Op::kAdd: return "+";
        case Op::kSubtract: return "-";
        case Op::kMultiply: return "*";
        case Op::kDivide: return "/";
        case Op::kRemainder: return "%";
        case Op::kShiftLeft: return "<<";
        case Op::kShiftRight: return ">>";
        case Op::kBitAnd: return "&";
        case Op::kBitOr: return "|";
        case Op::kBitXor: return "^";
        case Op::kNot: return "!";
        case Op::kAnd: return "&&";
        case Op::kOr: return "||";
        case Op::kImplies: return "=>";
        case Op::kEqual: return "==";
        case Op::kNotEqual: return "!=";
        case Op::kLess: return "<";
        case Op::kLessEqual: return "<=";
        case Op::kGreater: return ">";
        case Op::kGreaterEqual: return ">=";
        case Op::kConvert: return "convert";
        case Op::kSelect: return "?:";
        case Op::kPointerSlot: return "slot";
        case Op::kPointerMark: return "dangling";
        case Op::kMakePointer: return "pointer";
    }
    return "";
}

bool can_fault(Op op) {
    switch (op) {
        case Op::kNegate:
        case Op::kAdd:
        case Op::kSubtract:
        case Op::kMultiply:
        case Op::kDivide:
        case Op::kRemainder:
        case Op::kShiftLeft:
        case Op::kShiftRight: return true;
        case Op::kBitNot:
        case Op::kBitAnd:
        case Op::kBitOr:
        case Op::kBitXor:
        case Op::kNot:
        case Op::kAnd:
        case Op::kOr:
        case Op::kImplies:
        case Op::kEqual:
        case Op::kNotEqual:
        case Op::kLess:
        case Op::kLessEqual:
        case Op::kGreater:
        case Op::kGreaterEqual:
        case Op::kConvert:
        case Op::kSelect:
        case Op::kPointerSlot:
        case Op::kPointerMark:
        case Op::kMakePointer: return false;
    }
    return false;
}

Evaluated evaluate(Op op, const ScalarType& type, Value a, Value b, Value c) {
    switch (op) {
        case Op::kNegate: return arithmetic(Op::kSubtract, type, 0, a);
        case Op::kBitNot: return {wrap(type, ~a)};
        case Op::kAdd:
        case Op::kSubtract:
        case Op::kMultiply: return arithmetic(op, type, a, b);
        case Op::kDivide:
        case Op::kRemainder: return divide(op, type, a, b);
        case Op::kShiftLeft:
        case Op::kShiftRight: return shift(op, type, a, b);
        case Op::kBitAnd: return {a & b};
        case Op::kBitOr: return {a | b};
        case Op::kBitXor: return {a ^ b};
        case Op::kNot: return {a == 0};
        case Op::kAnd: return {a != 0 && b != 0};
        case Op::kOr: return {a != 0 || b != 0};
        case Op::kImplies: return {a == 0 || b != 0};
        case Op::kEqual: return {a == b};
        case Op::kNotEqual: return {a != b};
        case Op::kLess: return {less(type, a, b)};
        case Op::kLessEqual: return {!less(type, b, a)};
        case Op::kGreater: return {less(type, b, a)};
        case Op::kGreaterEqual: return {!less(type, a, b)};
        case Op::kConvert: return {wrap(type, a)};
        case Op::kSelect: return {a != 0 ? b : c};
        case Op::kPointerSlot: return {a >> 1};
        case Op::kPointerMark: return {a & 1};
        case Op::kMakePointer: return {static_cast<Value>((bits_of(a) << 1) | (bits_of(b) & 1))};
    }
    return {};
}

}  // namespace quire
