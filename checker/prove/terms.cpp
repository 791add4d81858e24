// Each operator here says what `evaluate` in expr/operators.cpp computes, on mathematical integers; the unit tests compare
// the two by enumeration.  z3++ aborts on a mismatch of sorts, so every Term is an Int and truth values are converted at
// the few places where they meet.
#include "prove/terms.h"

#include <algorithm>
#include <limits>

namespace quire::prove {

namespace {

constexpr std::size_t kMostValues = 64;         // that a term carries along
constexpr std::size_t kMostCombinations = 512;  // of operands that are looked at one by one

Term bounded(const z3::expr& value, Value lo, Value hi) { return {value, lo, hi, {}}; }

void set_values(Term& term, std::vector<Value> values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (values.empty() || values.size() > kMostValues) return;
    term.lo = std::max(term.lo, values.front());
    term.hi = std::min(term.hi, values.back());
    term.values = std::move(values);
}

}  // namespace

z3::expr Terms::power(unsigned exponent) {
    return exponent < 64 ? context_.int_val(std::uint64_t{1} << exponent) : context_.int_val("18446744073709551616");
}

Term Terms::literal(Value value) { return {number(value), value, value, {value}}; }

Term Terms::constant(const std::string& name, Value lo, Value hi) {
    if (lo == hi) return literal(lo);
    Term term = bounded(context_.int_const(name.c_str()), lo, hi);
    std::uint64_t span = static_cast<std::uint64_t>(hi) - static_cast<std::uint64_t>(lo);
    if (span < kMostValues) {
        for (Value v = lo; v <= hi; ++v) term.values.push_back(v);
    }
    return term;
}

z3::expr Terms::range_of(const Term& term) { return term.value >= number(term.lo) && term.value <= number(term.hi); }

Term Terms::truth(const z3::expr& condition) {
    if (condition.is_true()) return literal(1);
    if (condition.is_false()) return literal(0);
    return {z3::ite(condition, number(1), number(0)), 0, 1, {0, 1}};
}

z3::expr Terms::is_true(const Term& term) {
    if (term.lo > 0 || term.hi < 0) return context_.bool_val(true);
    if (term.known()) return context_.bool_val(false);
    const z3::expr& value = term.value;
    if (value.is_ite() && z3::eq(value.arg(1), number(1)) && z3::eq(value.arg(2), number(0))) return value.arg(0);
    return value != number(0);
}

z3::expr Terms::equals(const Term& term, Value value) {
    if (value < term.lo || value > term.hi) return context_.bool_val(false);
    if (term.known()) return context_.bool_val(true);
    if (!term.values.empty() && !std::binary_search(term.values.begin(), term.values.end(), value))
        return context_.bool_val(false);
    return term.value == number(value);
}

Term Terms::select(const z3::expr& condition, const Term& then, const Term& otherwise) {
    if (condition.is_true() || z3::eq(then.value, otherwise.value)) return then;
    if (condition.is_false()) return otherwise;
    Term term = bounded(z3::ite(condition, then.value, otherwise.value), std::min(then.lo, otherwise.lo),
                        std::max(then.hi, otherwise.hi));
    if (!then.values.empty() && !otherwise.values.empty()) {
        std::vector<Value> values = then.values;
        values.insert(values.end(), otherwise.values.begin(), otherwise.values.end());
        set_values(term, std::move(values));
    }
    return term;
}

Term Terms::pick(const Term& index, const std::vector<std::pair<Value, Term>>& entries) {
    Term result = entries.back().second;
    for (std::size_t i = entries.size() - 1; i-- > 0;) {
        result = select(equals(index, entries[i].first), entries[i].second, result);
    }
    return result;
}

z3::expr Terms::take_no_fault() {
    z3::expr none = context_.bool_val(true);
    for (const z3::expr& fault : faults_) {
        if (!fault.is_false()) none = none && !fault;
    }
    faults_.clear();
    return none;
}

Term Terms::give_up(const std::string& why) {
    if (gave_up_.empty()) gave_up_ = why;
    return literal(0);
}

// ------------------------------------------------------------------------------------------------------ operators

Term Terms::apply(Op op, const ScalarType& type, const Term& a, const Term& b, const Term& c) {
    int operands = operand_count(op);
    if (a.known() && (operands < 2 || b.known()) && (operands < 3 || c.known())) {
        Evaluated result = evaluate(op, type, a.lo, b.lo, c.lo);
        if (result.fault != Fault::kNone) fault_if(context_.bool_val(true));
        return literal(result.value);
    }
    Term term = encode(op, type, a, b, c);
    if (op == Op::kSelect || !term.values.empty()) return term;
    if (a.values.empty() || (operands > 1 && b.values.empty())) return term;
    if (a.values.size() * std::max<std::size_t>(1, b.values.size()) > kMostCombinations) return term;
    std::vector<Value> values;
    for (Value x : a.values) {
        for (Value y : operands > 1 ? b.values : std::vector<Value>{0}) {
            Evaluated result = evaluate(op, type, x, y);
            if (result.fault == Fault::kNone) values.push_back(result.value);
        }
    }
    set_values(term, std::move(values));
    return term;
}

bool Terms::tabulate(Op op, const ScalarType& type, const Term& a, const Term& b, Term& out) {
    if (a.values.empty() || b.values.empty() || a.values.size() * b.values.size() > kMostCombinations) return false;
    std::vector<std::pair<Value, Term>> rows;
    for (Value x : a.values) {
        std::vector<std::pair<Value, Term>> row;
        for (Value y : b.values) {
            Evaluated result = evaluate(op, type, x, y);
            if (result.fault != Fault::kNone) fault_if(equals(a, x) && equals(b, y));
            row.emplace_back(y, literal(result.value));
        }
        rows.emplace_back(x, pick(b, row));
    }
    out = pick(a, rows);
    return true;
}

Term Terms::encode(Op op, const ScalarType& type, const Term& a, const Term& b, const Term& c) {
    switch (op) {
        case Op::kNegate: return arithmetic(Op::kSubtract, type, literal(0), a);
        case Op::kAdd:
        case Op::kSubtract:
        case Op::kMultiply: return arithmetic(op, type, a, b);
        case Op::kDivide:
        case Op::kRemainder: return divide(op, type, a, b);
        case Op::kShiftLeft:
        case Op::kShiftRight: return shift(op, type, a, b);
        case Op::kBitNot: return into_type(type, number(-1) - a.value, -1 - Wide{a.hi}, -1 - Wide{a.lo}, true);
        case Op::kBitAnd:
        case Op::kBitOr:
        case Op::kBitXor: return bits(op, type, a, b);
        case Op::kNot: return truth(!is_true(a));
        case Op::kAnd: return truth(is_true(a) && is_true(b));
        case Op::kOr: return truth(is_true(a) || is_true(b));
        case Op::kImplies: return truth(!is_true(a) || is_true(b));
        case Op::kEqual:
        case Op::kNotEqual:
        case Op::kLess:
        case Op::kLessEqual:
        case Op::kGreater:
        case Op::kGreaterEqual: return compare(op, type, a, b);
        case Op::kConvert:
            if (type.kind == ScalarKind::kBool) return truth(is_true(a));
            if (type.kind != ScalarKind::kInteger || type.bits >= 64) return a;
            return into_type(type, a.value, a.lo, a.hi, true);
        case Op::kSelect: return select(is_true(a), b, c);
        case Op::kPointerSlot: return bounded(a.value / number(2), a.lo >> 1, a.hi >> 1);
        case Op::kPointerMark: return bounded(z3::mod(a.value, number(2)), 0, 1);
        case Op::kMakePointer: {
            constexpr Value kMost = std::numeric_limits<Value>::max() / 4;
            if (a.lo < -kMost || a.hi > kMost) return give_up("a pointer out of an unbounded number");
            return bounded(a.value * number(2) + z3::mod(b.value, number(2)), a.lo * 2, a.hi * 2 + 1);
        }
    }
    return give_up("an unknown operator");
}

// The result of an operation in a type: one that leaves it wraps or faults.
Term Terms::into_type(const ScalarType& type, const z3::expr& raw, Wide lo, Wide hi, bool wraps) {
    if (type.kind != ScalarKind::kInteger) return give_up("arithmetic outside integers");
    Wide least = smallest_value(type);
    Wide most = largest_value(type);
    if (lo >= least && hi <= most) return bounded(raw, static_cast<Value>(lo), static_cast<Value>(hi));
    if (wraps) {
        unsigned width = std::min<unsigned>(type.bits, 64);
        z3::expr wrapped = z3::mod(raw, power(width));
        // A u64 is its bit pattern: kept as if it were signed.
        if (type.is_signed || width == 64) wrapped = z3::mod(raw + power(width - 1), power(width)) - power(width - 1);
        return bounded(wrapped, static_cast<Value>(least), static_cast<Value>(most));
    }
    if (hi < least || lo > most) {
        fault_if(context_.bool_val(true));
        return literal(0);
    }
    fault_if(raw < number(static_cast<Value>(least)) || raw > number(static_cast<Value>(most)));
    return bounded(raw, static_cast<Value>(std::max(lo, least)), static_cast<Value>(std::min(hi, most)));
}

Term Terms::arithmetic(Op op, const ScalarType& type, const Term& a, const Term& b) {
    Wide alo = a.lo, ahi = a.hi, blo = b.lo, bhi = b.hi;
    bool wraps = !type.is_signed;
    if (op == Op::kAdd) return into_type(type, a.value + b.value, alo + blo, ahi + bhi, wraps);
    if (op == Op::kSubtract) return into_type(type, a.value - b.value, alo - bhi, ahi - blo, wraps);
    Wide corners[] = {alo * blo, alo * bhi, ahi * blo, ahi * bhi};
    auto [least, most] = std::minmax_element(std::begin(corners), std::end(corners));
    return into_type(type, a.value * b.value, *least, *most, wraps);
}

// C truncates towards zero, Z3 rounds down for positive divisors: so by the magnitudes, and the sign afterwards.
Term Terms::divide(Op op, const ScalarType& type, const Term& a, const Term& b) {
    if (!type.is_signed && (a.lo < 0 || b.lo < 0)) return give_up("division of 64 bits");
    if (b.lo <= 0 && b.hi >= 0) fault_if(equals(b, 0));
    Value least = smallest_value(type);
    if (type.is_signed && b.lo <= -1 && b.hi >= -1 && a.lo <= least) fault_if(equals(b, -1) && equals(a, least));
    auto magnitude = [&](const Term& t) { return t.lo >= 0 ? t.value : z3::ite(t.value < number(0), -t.value, t.value); };
    z3::expr top = magnitude(a);
    z3::expr bottom = magnitude(b);
    Value reach = std::max(a.hi, a.lo == std::numeric_limits<Value>::min() ? std::numeric_limits<Value>::max() : -a.lo);
    Value lo = a.lo < 0 || b.lo < 0 ? std::min(a.lo, -reach) : 0;
    if (op == Op::kDivide) {
        z3::expr quotient = top / bottom;
        if (a.lo < 0 || b.lo < 0) {
            z3::expr negative = (a.value < number(0)) != (b.value < number(0));
            quotient = z3::ite(negative, -quotient, quotient);
        }
        return bounded(quotient, lo, reach);
    }
    z3::expr rest = z3::mod(top, bottom);
    if (a.lo < 0) rest = z3::ite(a.value < number(0), -rest, rest);
    return bounded(rest, a.lo < 0 ? -reach : 0, reach);
}

Term Terms::shift(Op op, const ScalarType& type, const Term& a, const Term& count) {
    if (count.lo < 0 || count.hi >= type.bits) fault_if(count.value < number(0) || count.value >= number(type.bits));
    Value first = std::max<Value>(count.lo, 0);
    Value last = std::min<Value>(count.hi, type.bits - 1);
    if (first > last) return literal(0);
    std::vector<z3::expr> outer;
    outer.swap(faults_);
    std::vector<std::pair<Value, Term>> entries;
    for (Value k = first; k <= last; ++k) {
        entries.emplace_back(k, shift_by(op, type, a, static_cast<unsigned>(k)));
        // What overflows does so for this count only.
        for (const z3::expr& fault : faults_) outer.push_back(equals(count, k) && fault);
        faults_.clear();
    }
    faults_.swap(outer);
    return pick(count, entries);
}

Term Terms::shift_by(Op op, const ScalarType& type, const Term& a, unsigned count) {
    if (op == Op::kShiftRight) {
        if (count == 0) return a;
        if (!type.is_signed && a.lo < 0) {
            return bounded(as_unsigned(a) / power(count), 0,
                           static_cast<Value>(std::numeric_limits<std::uint64_t>::max() >> count));
        }
        return bounded(a.value / power(count), a.lo >> count, a.hi >> count);
    }
    Wide factor = Wide{1} << count;
    return into_type(type, a.value * power(count), a.lo * factor, a.hi * factor, !type.is_signed);
}

// value & mask for a mask that is not negative: one div and mod per run of ones.
z3::expr Terms::masked(const z3::expr& value, Value mask) {
    z3::expr sum = number(0);
    for (unsigned from = 0; from < 63;) {
        if (((mask >> from) & 1) == 0) {
            ++from;
            continue;
        }
        unsigned to = from;
        while (to < 63 && ((mask >> to) & 1) != 0) ++to;
        sum = sum + z3::mod(value / power(from), power(to - from)) * power(from);
        from = to;
    }
    return sum;
}

Term Terms::bits(Op op, const ScalarType& type, const Term& a, const Term& b) {
    Term table = literal(0);
    if (!a.known() && !b.known()) {
        if (tabulate(op, type, a, b, table)) return table;
        return give_up("a bit operation on two unknown words");
    }
    const Term& x = a.known() ? b : a;
    Value mask = a.known() ? a.lo : b.lo;
    Value ones = mask < 0 ? ~mask : mask;
    // With n = ~mask for a negative mask: x & mask = x - (x & n), x | mask = mask + (x & n), x ^ mask = ~(x ^ n).
    z3::expr common = masked(x.value, ones);
    z3::expr result = common;
    if (op == Op::kBitAnd) {
        result = mask < 0 ? x.value - common : common;
    } else if (op == Op::kBitOr) {
        result = mask < 0 ? number(mask) + common : x.value + number(mask) - common;
    } else {
        z3::expr changed = x.value + number(ones) - number(2) * common;
        result = mask < 0 ? number(-1) - changed : changed;
    }
    if (op == Op::kBitAnd && mask >= 0) return bounded(result, 0, mask);
    // The smallest range of whole bits around both.
    Value reach = 1;
    Wide far = std::max({Wide{x.hi}, Wide{mask}, -1 - Wide{x.lo}, -1 - Wide{mask}});
    while (reach < std::numeric_limits<Value>::max() && reach - 1 < far) {
        reach = reach > std::numeric_limits<Value>::max() / 2 ? std::numeric_limits<Value>::max() : reach * 2;
    }
    Value most = reach == std::numeric_limits<Value>::max() ? reach : reach - 1;
    return bounded(result, x.lo < 0 || mask < 0 ? -most - 1 : 0, most);
}

z3::expr Terms::as_unsigned(const Term& term) {
    return term.lo >= 0 ? term.value : z3::ite(term.value < number(0), term.value + power(64), term.value);
}

Term Terms::compare(Op op, const ScalarType& type, const Term& a, const Term& b) {
    if (op == Op::kEqual || op == Op::kNotEqual) {
        bool equal = op == Op::kEqual;
        if (a.hi < b.lo || b.hi < a.lo) return literal(equal ? 0 : 1);
        if (a.known()) return truth(equal ? equals(b, a.lo) : !equals(b, a.lo));
        if (b.known()) return truth(equal ? equals(a, b.lo) : !equals(a, b.lo));
        return truth(equal ? a.value == b.value : a.value != b.value);
    }
    bool plain = type.kind != ScalarKind::kInteger || type.is_signed || (a.lo >= 0 && b.lo >= 0);
    z3::expr x = plain ? a.value : as_unsigned(a);
    z3::expr y = plain ? b.value : as_unsigned(b);
    bool strict = op == Op::kLess || op == Op::kGreater;
    bool swapped = op == Op::kGreater || op == Op::kGreaterEqual;
    const Term& less = swapped ? b : a;
    const Term& more = swapped ? a : b;
    if (plain) {
        if (less.hi < more.lo || (!strict && less.hi <= more.lo)) return literal(1);
        if (less.lo > more.hi || (strict && less.lo >= more.hi)) return literal(0);
    }
    if (swapped) std::swap(x, y);
    return truth(strict ? x < y : x <= y);
}

}  // namespace quire::prove
