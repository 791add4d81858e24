// Values as Z3 terms: what `evaluate` computes, said over integers.
//
// Every scalar is an Int constrained to its range, and wrapping is an explicit `mod`, because linear integers are decided
// many times faster than bit vectors.  Beside its term each value carries an interval, and where they are few the values
// that it can take: most conditions, addresses and overflows are decided by these and never reach Z3.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <z3++.h>

#include "expr/operators.h"

namespace quire::prove {

struct Term {
    z3::expr value;             // Int
    Value lo = 0, hi = 0;       // holds for every value that can come
    std::vector<Value> values;  // all that can come, sorted; empty: not known

    bool known() const { return lo == hi; }
};

class Terms {
public:
    explicit Terms(z3::context& context) : context_(context) {}

    Term literal(Value value);
    // A new constant; its range is to be asserted by whoever asks: `range_of`.
    Term constant(const std::string& name, Value lo, Value hi);
    z3::expr range_of(const Term& term);
    Term truth(const z3::expr& condition);
    z3::expr is_true(const Term& term);
    z3::expr equals(const Term& term, Value value);
    Term select(const z3::expr& condition, const Term& then, const Term& otherwise);
    // The term of the entry whose number `index` is; the last one stands for all others.
    Term pick(const Term& index, const std::vector<std::pair<Value, Term>>& entries);
    Term apply(Op op, const ScalarType& type, const Term& a, const Term& b, const Term& c);
    // That evaluation ends here without a value, when `condition`.
    void fault_if(const z3::expr& condition) { faults_.push_back(condition); }
    // That none of the faults since the last call happens.
    z3::expr take_no_fault();

    // What cannot be said is replaced by 0 and remembered here: nothing that was built may then be used.
    Term give_up(const std::string& why);
    const std::string& gave_up() const { return gave_up_; }
    // The reason, and a new beginning.
    std::string take_gave_up() { return std::exchange(gave_up_, {}); }

    z3::context& context() { return context_; }

private:
    // Intervals are computed in 128 bits, so that an overflow can be seen.
    __extension__ using Wide = __int128;

    z3::expr number(Value value) { return context_.int_val(static_cast<std::int64_t>(value)); }
    z3::expr power(unsigned exponent);
    z3::expr as_unsigned(const Term& term);
    Term encode(Op op, const ScalarType& type, const Term& a, const Term& b, const Term& c);
    Term arithmetic(Op op, const ScalarType& type, const Term& a, const Term& b);
    Term into_type(const ScalarType& type, const z3::expr& raw, Wide lo, Wide hi, bool wraps);
    Term divide(Op op, const ScalarType& type, const Term& a, const Term& b);
    Term shift(Op op, const ScalarType& type, const Term& a, const Term& count);
    Term shift_by(Op op, const ScalarType& type, const Term& a, unsigned count);
    Term bits(Op op, const ScalarType& type, const Term& a, const Term& b);
    z3::expr masked(const z3::expr& value, Value mask);
    Term compare(Op op, const ScalarType& type, const Term& a, const Term& b);
    // The whole operation as a table over the values of its operands; nothing if they are too many.
    bool tabulate(Op op, const ScalarType& type, const Term& a, const Term& b, Term& out);

    z3::context& context_;
    std::vector<z3::expr> faults_;
    std::string gave_up_;
};

}  // namespace quire::prove
