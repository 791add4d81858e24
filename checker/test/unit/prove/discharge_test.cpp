// What is claimed to be proved must be true, and what is easy must be proved.
#include "prove/discharge.h"

#include <doctest/doctest.h>

#include "explore/search.h"
#include "../explore/random_system.h"
#include "../explore/system_builder.h"

namespace quire::test {

namespace {

constexpr ScalarType kU8{ScalarKind::kInteger, 8, false, 0};
constexpr ScalarType kPointer{ScalarKind::kPointer, 64, true, 0};

DischargedInvariant only_invariant(const TransitionSystem& system) {
    DischargeReport report = discharge(system, {});
    REQUIRE(report.invariants.size() == 1);
    return report.invariants[0];
}

// One thread that does `value` to x for ever.
struct Counter {
    SystemBuilder b;
    Address x = 0;
    std::uint32_t role = 0;

    explicit Counter(ScalarType type, Value lo, Value hi, Value initial = 0) {
        x = b.variable("x", type, lo, hi, initial);
        role = b.role("t", 1, 2);
    }
    void step(ExprId guard, ExprId value) {
        ProgramBuilder p = b.step(role, 0);
        if (guard.valid()) p.require(guard);
        p.store(b.literal(x), value);
        b.go(p, role, 0);
    }
    void invariant(ExprId condition) { b.property(SystemPropertyKind::kInvariant, "i", condition); }
};

}  // namespace

TEST_CASE("a guarded counter is bounded by induction") {
    Counter c(kIntType, smallest_value(kIntType), largest_value(kIntType));
    ExprId x = c.b.load(c.x);
    c.step(c.b.op(Op::kLess, kIntType, x, c.b.literal(7, kIntType)), c.b.plus(x, 1));
    c.invariant(c.b.op(Op::kLessEqual, kIntType, x, c.b.literal(7, kIntType)));
    DischargedInvariant one = only_invariant(c.b.system);
    CHECK(one.inductive);
    CHECK(one.actions == 1);
    CHECK(one.discharged == 1);
    CHECK(one.why_not.empty());
}

TEST_CASE("what is true but not inductive is not claimed") {
    // x goes 0, 2, 4, 6, 0: never 5; but from 3, which is never reached, it would get there.
    Counter c(kIntType, 0, 7);
    ExprId x = c.b.load(c.x);
    ExprId wraps = c.b.op(Op::kGreaterEqual, kIntType, x, c.b.literal(6, kIntType));
    c.step({}, c.b.op(Op::kSelect, kIntType, wraps, c.b.literal(0, kIntType), c.b.plus(x, 2)));
    c.invariant(c.b.op(Op::kNotEqual, kIntType, x, c.b.literal(5, kIntType)));
    DischargedInvariant one = only_invariant(c.b.system);
    CHECK(one.start_holds);
    CHECK_FALSE(one.inductive);
    CHECK(one.discharged == 0);
    CHECK(one.why_not.find("t[0]") != std::string::npos);
}

TEST_CASE("an invariant that is false at the start is not claimed") {
    Counter c(kIntType, 0, 7, 3);
    c.step({}, c.b.literal(0, kIntType));
    c.invariant(c.b.equal(c.b.load(c.x), c.b.literal(0, kIntType)));
    DischargedInvariant one = only_invariant(c.b.system);
    CHECK(one.discharged == one.actions);
    CHECK_FALSE(one.start_holds);
    CHECK_FALSE(one.inductive);
}

TEST_CASE("a byte wraps, and an int does not") {
    for (bool wraps : {true, false}) {
        ScalarType type = wraps ? kU8 : kIntType;
        Counter c(type, wraps ? 0 : smallest_value(type), largest_value(type), 200);
        ExprId x = c.b.load(c.x, type);
        c.step({}, c.b.op(Op::kAdd, type, x, c.b.literal(1, type)));
        // Signed overflow ends the step; 255 + 1 is 0.
        c.invariant(c.b.op(Op::kGreater, type, x, c.b.literal(100, type)));
        CHECK(only_invariant(c.b.system).inductive == !wraps);
    }
}

TEST_CASE("marks of pointers, and cells that an address picks") {
    SystemBuilder b;
    Address p = b.variable("p", kPointer, 0, 5, 2);
    Address cells = b.variable("x", kIntType, 0, 3, 1, 2);
    std::uint32_t base = b.pool().add_table({"base", {0, static_cast<Value>(cells), static_cast<Value>(cells) + 1}});
    std::uint32_t object = b.pool().add_table({"object", {0, 1, 2}});
    std::uint32_t role = b.role("t", 1, 2);
    ProgramBuilder s = b.step(role, 0);
    ExprId pointer = b.load(p, kPointer);
    ExprId slot = b.op(Op::kPointerSlot, kPointer, pointer);
    s.require(b.op(Op::kNotEqual, kLongType, slot, b.literal(0)));
    s.store(b.pool().lookup(base, slot, kLongType), b.literal(2, kIntType));
    Instruction& mark = s.add(InstructionKind::kMarkCells, b.literal(1));
    mark.base = p;
    mark.count = 1;
    mark.table = object;
    b.go(s, role, 0);
    ExprId first = b.op(Op::kGreaterEqual, kIntType, b.load(cells), b.literal(1, kIntType));
    PropertyNumber positive = b.property(SystemPropertyKind::kInvariant, "positive", first);
    // &x[0] dangles after the first step.
    PropertyNumber fresh = b.property(SystemPropertyKind::kInvariant, "fresh", b.op(Op::kNot, kBoolType, b.op(Op::kPointerMark, kPointer, pointer)));
    DischargeReport report = discharge(b.system, {});
    REQUIRE(report.invariants.size() == 2);
    CHECK(report.invariants[0].property == positive);
    CHECK(report.invariants[0].inductive);
    CHECK(report.invariants[1].property == fresh);
    CHECK_FALSE(report.invariants[1].inductive);
}

TEST_CASE("an action that writes nothing that is read costs no query") {
    Counter c(kIntType, 0, 7);
    Address other = c.b.variable("y", kIntType, 0, 7);
    c.step({}, c.b.literal(5, kIntType));
    c.invariant(c.b.equal(c.b.load(other), c.b.literal(0, kIntType)));
    DischargeReport report = discharge(c.b.system, {});
    CHECK(report.invariants[0].inductive);
    CHECK(report.queries == 0);
}

TEST_CASE("what cannot be evaluated is not preserved") {
    // 8 / x is positive, until x is 0.
    Counter c(kIntType, 0, 7, 1);
    ExprId x = c.b.load(c.x);
    c.step({}, c.b.literal(0, kIntType));
    ExprId quotient = c.b.op(Op::kDivide, kIntType, c.b.literal(8, kIntType), x);
    c.invariant(c.b.op(Op::kGreaterEqual, kIntType, quotient, c.b.literal(0, kIntType)));
    CHECK_FALSE(only_invariant(c.b.system).inductive);
}

TEST_CASE("a search believes what was discharged: a planted wrong claim hides a violation, and no claim is wrong") {
    Counter c(kIntType, 0, 7);
    ExprId x = c.b.load(c.x);
    c.step(c.b.op(Op::kLess, kIntType, x, c.b.literal(7, kIntType)), c.b.plus(x, 1));
    c.invariant(c.b.op(Op::kLess, kIntType, x, c.b.literal(4, kIntType)));
    DischargedInvariant one = only_invariant(c.b.system);
    CHECK_FALSE(one.inductive);
    SearchOptions planted;
    planted.discharged.push_back(one.property);
    auto found = [&](const SearchOptions& options) {
        for (const Finding& finding : search(c.b.system, options).violations) {
            if (finding.property == one.property) return true;
        }
        return false;
    };
    CHECK_FALSE(found(planted));
    CHECK(found({}));
}

TEST_CASE("random systems: what is proved is never violated, and verdicts are the same") {
    std::size_t proved = 0, attempted = 0;
    for (std::uint64_t seed = 1; seed <= 15; ++seed) {
        TransitionSystem system = random_system(seed);
        // The last invariant that a generator can make up may be trivial: add one per cell that its range implies.
        for (Address a = 0; a < system.cell_count() && a < 4; ++a) {
            const Variable& v = system.variables[system.cell_variable[a]];
            ExprId cell = system.pool.load(system.pool.literal(a, kLongType), v.type);
            SystemProperty p;
            p.kind = SystemPropertyKind::kInvariant;
            p.name = "same" + std::to_string(a);
            ProgramBuilder builder(p.condition);
            builder.set(builder.reg(kBoolType), system.pool.op(Op::kLessEqual, v.type, cell, system.pool.literal(v.hi > 4 ? v.hi / 2 : v.hi, v.type)));
            builder.finish();
            system.properties.push_back(std::move(p));
        }
        DischargeOptions wanted;
        wanted.resource_limit = 20'000;
        DischargeReport report = discharge(system, wanted);
        SearchOptions options;
        options.budget.max_states = 2'000;
        SearchReport plain = search(system, options);
        for (const DischargedInvariant& one : report.invariants) {
            ++attempted;
            if (!one.inductive) continue;
            ++proved;
            options.discharged.push_back(one.property);
            for (const Finding& finding : plain.violations) CHECK_MESSAGE(finding.property != one.property, "seed ", seed);
        }
        SearchReport without = search(system, options);
        CHECK_MESSAGE(plain.violations.size() == without.violations.size(), "seed ", seed);
        CHECK_MESSAGE(plain.statistics.states == without.statistics.states, "seed ", seed);
    }
    CHECK(attempted > 0);
    CHECK(proved > 0);
}

}  // namespace quire::test
