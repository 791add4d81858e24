// What is claimed to be proved must be true, and what is easy must be proved.
#include "prove/discharge.h"

#include <chrono>
#include <thread>

#include <doctest/doctest.h>

#include "../explore/random_system.h"
#include "../explore/system_builder.h"
#include "explore/search.h"

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
    CHECK(one.why_not == WhyNotInductive::kInductive);
}

TEST_CASE("what is true but not inductive is not claimed") {
    // x goes 0, 2, .. 1000, 0: never 5; but from 3, which is never reached, it would get there.  That x is even is no fact
    // that is ever guessed.
    Counter c(kIntType, 0, 1001);
    ExprId x = c.b.load(c.x);
    ExprId wraps = c.b.op(Op::kGreaterEqual, kIntType, x, c.b.literal(1000, kIntType));
    c.step({}, c.b.op(Op::kSelect, kIntType, wraps, c.b.literal(0, kIntType), c.b.plus(x, 2)));
    c.invariant(c.b.op(Op::kNotEqual, kIntType, x, c.b.literal(5, kIntType)));
    DischargedInvariant one = only_invariant(c.b.system);
    CHECK(one.start_holds);
    CHECK_FALSE(one.inductive);
    CHECK(one.discharged == 0);
    CHECK(one.why_not == WhyNotInductive::kNotPreserved);
    CHECK(one.thread == 1);
}

TEST_CASE("what is inductive only together with what else is true is proved, and the helpers are counted") {
    // The same in steps of two up to 6: that x is none of 1, 3 and 5 is found.
    Counter c(kIntType, 0, 7);
    ExprId x = c.b.load(c.x);
    ExprId wraps = c.b.op(Op::kGreaterEqual, kIntType, x, c.b.literal(6, kIntType));
    c.step({}, c.b.op(Op::kSelect, kIntType, wraps, c.b.literal(0, kIntType), c.b.plus(x, 2)));
    c.invariant(c.b.op(Op::kNotEqual, kIntType, x, c.b.literal(5, kIntType)));
    DischargeReport report = discharge(c.b.system, {});
    REQUIRE(report.invariants.size() == 1);
    CHECK(report.invariants[0].inductive);
    CHECK(report.facts >= 2);
    CHECK(report.queries > 0);
}

namespace {

// A lock, a counter that only its holder moves to 1 and back, and `threads` of them.
struct Locked {
    SystemBuilder b;
    Address lock = 0, count = 0;

    explicit Locked(std::uint32_t threads, bool second_role_ignores_it) {
        lock = b.variable("lock", kBoolType, 0, 1);
        count = b.variable("count", kIntType, 0, 100);
        careful("t", threads);
        if (second_role_ignores_it) careless();
        ExprId small = b.op(Op::kLessEqual, kIntType, b.load(count), b.literal(1, kIntType));
        b.property(SystemPropertyKind::kInvariant, "one", small);
    }
    void careful(const char* name, std::uint32_t threads) {
        std::uint32_t role = b.role(name, threads, 4);
        ProgramBuilder take = b.step(role, 0);
        take.require(b.equal(b.load(lock, kBoolType), b.literal(0, kBoolType)));
        take.store(b.literal(lock), b.literal(1, kBoolType));
        b.go(take, role, 1);
        move(role, 1, 1);
        move(role, 2, -1);
        // Location 3 is the end of the role: nothing leads back.
    }
    void careless() {
        std::uint32_t role = b.role("u", 1, 2);
        ProgramBuilder up = b.step(role, 0);
        up.require(b.op(Op::kLess, kIntType, b.load(count), b.literal(100, kIntType)));
        up.store(b.literal(count), b.plus(b.load(count), 1));
        b.go(up, role, 1);
    }
    void move(std::uint32_t role, LocationNumber from, Value by) {
        ProgramBuilder p = b.step(role, from);
        ExprId next = b.plus(b.load(count), by);
        p.require(b.op(Op::kLessEqual, kIntType, next, b.literal(100, kIntType)));
        p.require(b.op(Op::kGreaterEqual, kIntType, next, b.literal(0, kIntType)));
        p.store(b.literal(count), next);
        if (by < 0) p.store(b.literal(lock), b.literal(0, kBoolType));
        b.go(p, role, from + 1);
    }
};

}  // namespace

TEST_CASE("mutual exclusion is proved by who stands where, and not claimed once somebody ignores the lock") {
    for (std::uint32_t threads : {1u, 2u, 4u}) {
        CAPTURE(threads);
        DischargedInvariant one = only_invariant(Locked(threads, false).b.system);
        CHECK(one.inductive);
        CHECK(one.actions == 3 * threads);
        DischargedInvariant broken = only_invariant(Locked(threads, true).b.system);
        CHECK_FALSE(broken.inductive);
        CHECK(broken.why_not == WhyNotInductive::kFalseInReach);
        CHECK(broken.discharged < broken.actions);
    }
}

TEST_CASE("shifts and divisions at their corners") {
    for (Value most : {30, 31, 40}) {
        CAPTURE(most);
        Counter c(kIntType, smallest_value(kIntType), largest_value(kIntType), 1);
        Address y = c.b.variable("y", kIntType, 0, most);
        // 1 << 31 overflows and 1 << 32 is no shift: neither leads to a state.
        c.step({}, c.b.op(Op::kShiftLeft, kIntType, c.b.literal(1, kIntType), c.b.load(y)));
        std::uint32_t other = c.b.role("u", 1, 2);
        ProgramBuilder p = c.b.step(other, 0);
        p.choose(p.reg(kIntType), c.b.literal(0), c.b.literal(most));
        p.store(c.b.literal(y), c.b.pool().reg(0, kIntType));
        c.b.go(p, other, 0);
        c.invariant(c.b.op(Op::kGreater, kIntType, c.b.load(c.x), c.b.literal(0, kIntType)));
        CHECK(only_invariant(c.b.system).inductive);
    }
    // x / -1 of the smallest int faults; of all others it only changes the sign: x never becomes 5 from -5..-5.
    Counter c(kIntType, smallest_value(kIntType), largest_value(kIntType), -5);
    c.step({}, c.b.op(Op::kDivide, kIntType, c.b.load(c.x), c.b.literal(-1, kIntType)));
    c.invariant(c.b.op(Op::kLess, kIntType, c.b.load(c.x), c.b.literal(5, kIntType)));
    CHECK(only_invariant(c.b.system).why_not == WhyNotInductive::kFalseInReach);
}

TEST_CASE("without time nothing is claimed, and that is said") {
    Counter c(kIntType, 0, 7);
    c.step({}, c.b.literal(0, kIntType));
    c.invariant(c.b.op(Op::kLessEqual, kIntType, c.b.load(c.x), c.b.literal(7, kIntType)));
    DischargeOptions late;
    late.budget.deadline = std::chrono::steady_clock::now();
    DischargeReport report = discharge(c.b.system, late);
    CHECK_FALSE(report.invariants[0].inductive);
    CHECK(report.invariants[0].why_not == WhyNotInductive::kStopped);
    CancelToken cancel;
    cancel.cancel();
    DischargeOptions cancelled;
    cancelled.cancel = &cancel;
    CHECK(discharge(c.b.system, cancelled).invariants[0].why_not == WhyNotInductive::kStopped);
}

// Found by hand: Ctrl-C waited for the end of a query.
TEST_CASE("a query that would take for ever ends when it is cancelled") {
    SystemBuilder b;
    const ScalarType wide = kLongType;
    Address x = b.variable("x", wide, 2, Value{1} << 31, 2);
    Address y = b.variable("y", wide, 2, Value{1} << 31, 2);
    Address z = b.variable("z", wide, 0, 1);
    std::uint32_t role = b.role("guesses", 1, 2);
    ProgramBuilder p = b.step(role, 0);
    p.store(b.literal(z), b.op(Op::kEqual, wide, b.op(Op::kMultiply, wide, b.load(x), b.load(y)),
                               b.literal(Value{1000000007} * 998244353, wide)));
    b.go(p, role, 0);
    for (Address a : {x, y}) {
        std::uint32_t other = b.role("chooses" + std::to_string(a), 1, 2);
        ProgramBuilder q = b.step(other, 0);
        q.choose(q.reg(wide), b.literal(2, wide), b.literal(3, wide));
        q.store(b.literal(a), b.op(Op::kAdd, wide, b.load(a), b.pool().reg(0, wide)));
        b.go(q, other, 0);
    }
    b.property(SystemPropertyKind::kInvariant, "never", b.op(Op::kEqual, wide, b.load(z), b.literal(0, wide)));
    DischargeOptions options;
    options.resource_limit = 4'000'000'000u;
    CancelToken cancel;
    options.cancel = &cancel;
    std::chrono::steady_clock::time_point asked;
    std::thread user([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(400));
        asked = std::chrono::steady_clock::now();
        cancel.cancel();
    });
    DischargeReport report = discharge(b.system, options);
    auto ended = std::chrono::steady_clock::now();
    user.join();
    CHECK(report.invariants[0].why_not == WhyNotInductive::kStopped);
    // Of a busy machine nothing better can be asked; it takes some 10 ms.
    CHECK(std::chrono::duration<double>(ended - asked).count() < 1.0);
}

TEST_CASE("an invariant that is false at the start is not claimed") {
    Counter c(kIntType, 0, 7, 3);
    c.step({}, c.b.literal(0, kIntType));
    c.invariant(c.b.equal(c.b.load(c.x), c.b.literal(0, kIntType)));
    DischargedInvariant one = only_invariant(c.b.system);
    CHECK(one.discharged == one.actions);
    CHECK_FALSE(one.start_holds);
    CHECK_FALSE(one.inductive);
    CHECK(one.why_not == WhyNotInductive::kFalseAtStart);
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
    PropertyNumber fresh =
        b.property(SystemPropertyKind::kInvariant, "fresh", b.op(Op::kNot, kBoolType, b.op(Op::kPointerMark, kPointer, pointer)));
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
            builder.set(builder.reg(kBoolType),
                        system.pool.op(Op::kLessEqual, v.type, cell, system.pool.literal(v.hi > 4 ? v.hi / 2 : v.hi, v.type)));
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
