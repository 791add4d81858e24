// Every operator, as Z3 sees it, against `evaluate`: by enumeration over values at the edges of small and large types.
#include "prove/terms.h"

#include <vector>

#include <doctest/doctest.h>

namespace quire::prove {

namespace {

constexpr ScalarType kTypes[] = {{ScalarKind::kInteger, 8, false, 0},
                                 {ScalarKind::kInteger, 8, true, 0},
                                 {ScalarKind::kInteger, 32, true, 0},
                                 {ScalarKind::kInteger, 64, false, 0},
                                 {ScalarKind::kInteger, 64, true, 0}};

std::vector<Value> samples(const ScalarType& type) {
    std::vector<Value> values = {0, 1, 3, 8, smallest_value(type), largest_value(type)};
    if (type.is_signed || type.bits == 64) values.insert(values.end(), {-1, -8});
    return values;
}

struct Checker {
    z3::context context;
    int compared = 0, given_up = 0;

    // a and b are unknown to the encoding (all values of the type), or only one of them is.
    void compare(Op op, const ScalarType& type, Value x, Value y, bool hide_x, bool hide_y) {
        Terms terms(context);
        auto make = [&](const char* name, Value v, bool hide) {
            return hide ? terms.constant(name, smallest_value(type), largest_value(type)) : terms.literal(v);
        };
        Term a = make("a", x, hide_x);
        Term b = make("b", y, hide_y);
        Term result = terms.apply(op, type, a, b, terms.literal(0));
        z3::expr no_fault = terms.take_no_fault();
        if (!terms.gave_up().empty()) {
            ++given_up;
            return;
        }
        z3::expr_vector names(context), numbers(context);
        names.push_back(context.int_const("a"));
        names.push_back(context.int_const("b"));
        numbers.push_back(context.int_val(static_cast<std::int64_t>(x)));
        numbers.push_back(context.int_val(static_cast<std::int64_t>(y)));
        Evaluated expected = evaluate(op, type, x, operand_count(op) > 1 ? y : 0);
        z3::expr fine = no_fault.substitute(names, numbers).simplify();
        INFO(std::string(spelling(op)), " bits ", static_cast<int>(type.bits), " signed ", type.is_signed, " ", x, " ", y,
             " hidden ", hide_x, hide_y);
        CHECK(fine.is_true() == (expected.fault == Fault::kNone));
        ++compared;
        if (expected.fault != Fault::kNone) return;
        z3::expr value = result.value.substitute(names, numbers).simplify();
        CHECK(z3::eq(value, context.int_val(static_cast<std::int64_t>(expected.value))));
        CHECK(result.lo <= expected.value);
        CHECK(expected.value <= result.hi);
    }
};

}  // namespace

TEST_CASE("operators agree with evaluate") {
    Checker checker;
    for (int number = 0; number <= static_cast<int>(Op::kConvert); ++number) {
        Op op = static_cast<Op>(number);
        for (const ScalarType& type : kTypes) {
            for (Value x : samples(type)) {
                for (Value y : operand_count(op) > 1 ? samples(type) : std::vector<Value>{0}) {
                    checker.compare(op, type, x, y, true, true);
                    checker.compare(op, type, x, y, true, false);
                    if (operand_count(op) > 1) checker.compare(op, type, x, y, false, true);
                }
            }
        }
    }
    CHECK(checker.compared > 3'000);
    CHECK(checker.given_up < checker.compared / 4);
}

TEST_CASE("pointers agree with evaluate") {
    Checker checker;
    constexpr ScalarType kPointer{ScalarKind::kPointer, 32, true, 0};
    for (Value x : {-9, -2, -1, 0, 1, 2, 3, 1000}) {
        checker.compare(Op::kPointerSlot, kPointer, x, 0, true, true);
        checker.compare(Op::kPointerMark, kPointer, x, 0, true, true);
        for (Value y : {0, 1}) checker.compare(Op::kMakePointer, kPointer, x, y, true, true);
    }
    CHECK(checker.given_up == 0);
}

TEST_CASE("small ranges are known value by value") {
    z3::context context;
    Terms terms(context);
    Term a = terms.constant("a", 0, 5);
    Term b = terms.constant("b", 1, 2);
    Term both = terms.apply(Op::kBitXor, kIntType, a, b, terms.literal(0));
    CHECK(terms.gave_up().empty());
    CHECK(both.values == std::vector<Value>{0, 1, 2, 3, 4, 5, 6, 7});
}

}  // namespace quire::prove
