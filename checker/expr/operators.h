// Values and the one meaning of every operator.
//
// `evaluate` is what everything else is measured against: the reference explorer, the replay of traces, the
// bytecode and the encoding for Z3 all agree with it or are wrong.
#pragma once

#include <cstdint>
#include <string_view>

namespace quire {

// Every scalar is held in 64 bits.  Signed values are themselves, unsigned values of at most 63 bits are themselves,
// a u64 is its bit pattern, a bool is 0 or 1, an enum its number.  A pointer is 2 * slot + mark, where slot 0 is NULL,
// 1..n are the places where the pointed-to type lives, negative slots are -errno as ERR_PTR makes them, and the mark
// is 1 for a dangling pointer.  A function pointer is the number of the function, from 1; a thread its number, from 1
// (NO_THREAD is 0).
using Value = std::int64_t;

enum class ScalarKind : std::uint8_t { kBool, kInteger, kPointer, kFunction, kThread };

struct ScalarType {
    ScalarKind kind = ScalarKind::kInteger;
    std::uint8_t bits = 32;  // of an integer: 8, 16, 32, 64; 1 for a bool; others 64
    bool is_signed = true;
    std::uint32_t pointee = 0;  // of a pointer: which struct; unused otherwise

    friend bool operator==(const ScalarType&, const ScalarType&) = default;
};

inline constexpr ScalarType kBoolType{ScalarKind::kBool, 1, false, 0};
inline constexpr ScalarType kIntType{ScalarKind::kInteger, 32, true, 0};
inline constexpr ScalarType kLongType{ScalarKind::kInteger, 64, true, 0};
inline constexpr ScalarType kThreadType{ScalarKind::kThread, 64, true, 0};

// Smallest and largest value of an integer type; for u64, whose values are bit patterns, the full signed range.
Value smallest_value(const ScalarType& type);
Value largest_value(const ScalarType& type);

enum class Op : std::uint8_t {
    // arithmetic in the type of the node: signed overflow is a fault, unsigned wraps
    kNegate,
    kBitNot,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kRemainder,
    kShiftLeft,
    kShiftRight,
    kBitAnd,
    kBitOr,
    kBitXor,
    // of truth values; both sides are always evaluated (C's && and || are control flow before they get here)
    kNot,
    kAnd,
    kOr,
    kImplies,
    // comparisons in the type of the *operands*, which is the type of the node; the value is 0 or 1
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    // conversion into the type of the node, as C converts (narrowing wraps; to bool is `!= 0`)
    kConvert,
    kSelect,       // condition, then, else
    kPointerSlot,  // pointer -> slot, without the mark
    kPointerMark,  // pointer -> 1 if dangling
    kMakePointer,  // slot, mark -> pointer
};

int operand_count(Op op);
std::string_view spelling(Op op);
bool can_fault(Op op);
constexpr bool is_comparison(Op op) { return op >= Op::kEqual && op <= Op::kGreaterEqual; }

enum class Fault : std::uint8_t { kNone, kSignedOverflow, kDivisionByZero, kShiftOutOfRange };

struct Evaluated {
    Value value = 0;
    Fault fault = Fault::kNone;
};

// The meaning of `op` on operands that are values of their types.  Unused operands are ignored.  After a fault the
// value is 0.
Evaluated evaluate(Op op, const ScalarType& type, Value a, Value b = 0, Value c = 0);

// The value that storing `value` into an integer or bool of `type` leaves there (gcc's conversion: modulo 2^bits).
Value wrap(const ScalarType& type, Value value);

}  // namespace quire
