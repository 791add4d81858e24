// Partial-order reduction, where a simpler version of it gives a wrong verdict: each system here is one of those traps.
// And that it does reduce what it is made for.
#include <doctest/doctest.h>

#include <cstdlib>

#include "driver/compare_reports.h"
#include "explore/search.h"
#include "random_system.h"
#include "system_builder.h"

using namespace quire;
using namespace quire::test;

namespace {

SearchReport reduced_search(const TransitionSystem& system) {
    SearchOptions options;
    options.partial_order = true;
    options.partial_order_from = 0;
    return search(system, options);
}

// The report with reduction, after the same without it said the same.
SearchReport agreed(const TransitionSystem& system) {
    SearchReport reduced = reduced_search(system), full = search(system);
    CHECK(compare_reports(system, reduced, full) == "");
    for (const Finding& finding : reduced.violations) CHECK(replay(system, finding.trace).ok);
    for (const Finding& finding : reduced.covered) CHECK(replay(system, finding.trace).ok);
    return reduced;
}

bool violates(const TransitionSystem& system, const SearchReport& report, std::string_view name, std::uint32_t steps) {
    for (const Finding& f : report.violations) {
        if (system.properties[f.property].name == name) return f.steps == steps;
    }
    return false;
}

// Locations 0, 1, …, each with one store to a cell, and then the end.
void straight(SystemBuilder& b, std::uint32_t role, const std::vector<std::pair<Address, Value>>& stores) {
    for (LocationNumber l = 0; l < stores.size(); ++l) {
        ProgramBuilder p = b.step(role, l);
        p.store(b.literal(stores[l].first), b.literal(stores[l].second, kIntType));
        b.go(p, role, l + 1);
    }
}

// From location `l` to the next: waits until the lock is free, and takes it.
void acquire(SystemBuilder& b, std::uint32_t role, LocationNumber l, Address lock) {
    ProgramBuilder p = b.step(role, l);
    p.require(b.equal(b.load(lock), b.literal(0, kIntType)));
    p.store(b.literal(lock), b.literal(1, kIntType));
    b.go(p, role, l + 1);
}

void write(SystemBuilder& b, std::uint32_t role, LocationNumber l, Address cell, ExprId value) {
    ProgramBuilder p = b.step(role, l);
    p.store(b.literal(cell), value);
    b.go(p, role, l + 1);
}

ExprId truth_of(SystemBuilder& b, Address cell) { return b.op(Op::kNotEqual, kIntType, b.load(cell), b.literal(0, kIntType)); }
ExprId both(SystemBuilder& b, ExprId x, ExprId y) { return b.op(Op::kAnd, kBoolType, x, y); }
ExprId no(SystemBuilder& b, ExprId x) { return b.op(Op::kNot, kBoolType, x); }

}  // namespace

TEST_CASE("threads that share nothing go one after the other") {
    SystemBuilder b;
    Address cells = b.variable("own", kIntType, 0, 3, 0, 3);
    for (std::uint32_t i = 0; i < 3; ++i) {
        std::uint32_t role = b.role("t" + std::to_string(i), 1, 5);
        straight(b, role, {{cells + i, 1}, {cells + i, 2}, {cells + i, 3}, {cells + i, 0}});
    }
    SearchReport report = agreed(b.system);
    CHECK(report.statistics.states == 13);
    CHECK(search(b.system).statistics.states == 125);
    CHECK(report.partial_order.used);
}

TEST_CASE("a critical section is not interrupted by those that wait for it") {
    SystemBuilder b;
    Address lock = b.variable("lock", kIntType, 0, 1), shared = b.variable("shared", kIntType, 0, 5);
    Address own = b.variable("own", kIntType, 0, 1, 0, 3);
    std::uint32_t role = b.role("t", 3, 7);
    ProgramBuilder p = b.step(role, 0);
    p.store(b.pool().add_long(b.literal(own), b.pool().self_index()), b.literal(1, kIntType));
    b.go(p, role, 1);
    acquire(b, role, 1, lock);
    for (LocationNumber l = 2; l < 5; ++l) write(b, role, l, shared, b.literal(l, kIntType));
    write(b, role, 5, lock, b.literal(0, kIntType));
    SearchReport report = agreed(b.system);
    CHECK(report.statistics.states < search(b.system).statistics.states);
    CHECK(report.partial_order.left_out > 0);
}

TEST_CASE("an invariant of two cells that one step sets and resets") {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, 0, 1), y = b.variable("y", kIntType, 0, 1);
    std::uint32_t t = b.role("t", 1, 2), u = b.role("u", 1, 2);
    ProgramBuilder p = b.step(t, 0);
    p.store(b.literal(x), b.literal(1, kIntType));
    p.store(b.literal(y), b.literal(0, kIntType));
    b.go(p, t, 1);
    straight(b, u, {{y, 1}});
    b.property(SystemPropertyKind::kInvariant, "not_both", no(b, both(b, truth_of(b, x), truth_of(b, y))));
    CHECK(violates(b.system, agreed(b.system), "not_both", 2));
}

TEST_CASE("two invariants, of which a reduced search meets one first") {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, 0, 1), y = b.variable("y", kIntType, 0, 1);
    straight(b, b.role("a", 1, 2), {{y, 1}});
    straight(b, b.role("b", 1, 2), {{x, 1}});
    b.property(SystemPropertyKind::kInvariant, "q", no(b, both(b, truth_of(b, x), no(b, truth_of(b, y)))));
    b.property(SystemPropertyKind::kInvariant, "p", no(b, both(b, truth_of(b, x), truth_of(b, y))));
    SearchReport report = agreed(b.system);
    CHECK(violates(b.system, report, "q", 1));
    CHECK(violates(b.system, report, "p", 2));
}

TEST_CASE("a thread that another one starts") {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, 0, 2), z = b.variable("z", kIntType, 0, 2);
    std::uint32_t starter = b.role("starter", 1, 3), sleeper = b.role("sleeper", 1, 3), busy = b.role("busy", 1, 3);
    Address at = b.system.variables[b.system.roles[sleeper].location_variable].base;
    b.system.initial[at] = 2;  // ended
    b.system.roles[sleeper].dormant = true;
    write(b, starter, 0, z, b.literal(1, kIntType));
    write(b, starter, 1, at, b.literal(0, kIntType));
    straight(b, sleeper, {{x, 1}, {x, 2}});
    straight(b, busy, {{x, 0}, {z, 2}});
    b.property(SystemPropertyKind::kCoverState, "late",
               both(b, b.equal(b.load(x), b.literal(2, kIntType)), b.equal(b.load(z), b.literal(1, kIntType))));
    b.property(SystemPropertyKind::kFinally, "last", b.equal(b.load(x), b.literal(2, kIntType)));
    SearchReport report = agreed(b.system);
    REQUIRE(report.covered.size() == 1);
    CHECK(report.covered[0].steps == 4);
    CHECK(!report.violations.empty());
}

TEST_CASE("increments that commute but for the edge of a range") {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, 0, 1);
    std::uint32_t role = b.role("t", 2, 2);
    ProgramBuilder p = b.step(role, 0);
    p.check(b.op(Op::kLess, kIntType, b.load(x), b.literal(1, kIntType)), b.system.property("out_of_range"));
    p.store(b.literal(x), b.plus(b.load(x), 1));
    b.go(p, role, 1);
    CHECK(violates(b.system, agreed(b.system), "out_of_range", 2));
}

TEST_CASE("a run that an assumption ends does not end those of the others") {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, 0, 1);
    std::uint32_t a = b.role("a", 1, 2), c = b.role("c", 1, 3);
    ProgramBuilder p = b.step(a, 0);
    p.drop(b.literal(0, kBoolType), DropKind::kAssumed);
    b.go(p, a, 1);
    write(b, c, 0, x, b.literal(1, kIntType));
    ProgramBuilder q = b.step(c, 1);
    q.check(b.literal(0, kBoolType), b.system.property("assertion"));
    b.go(q, c, 2);
    SearchReport report = agreed(b.system);
    CHECK(violates(b.system, report, "assertion", 2));
    CHECK(report.assumed_away > 0);
}

TEST_CASE("a pool that is exhausted ends one thread's runs only") {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, 0, 1);
    std::uint32_t a = b.role("a", 1, 2), c = b.role("c", 1, 3);
    straight(b, a, {{x, 1}});
    write(b, c, 0, b.variable("own", kIntType, 0, 1), b.literal(1, kIntType));
    ProgramBuilder q = b.step(c, 1);
    q.drop(b.literal(0, kBoolType), DropKind::kExhausted);
    b.go(q, c, 2);
    CHECK(agreed(b.system).exhausted > 0);
}

TEST_CASE("a thread that never ends does not make the others wait for ever") {
    SystemBuilder b;
    Address mine = b.variable("mine", kIntType, 0, 1), its = b.variable("its", kIntType, 0, 1);
    std::uint32_t loop = b.role("loop", 1, 3), other = b.role("other", 1, 3);
    write(b, loop, 0, mine, b.literal(1, kIntType));
    ProgramBuilder p = b.step(loop, 1);
    p.store(b.literal(mine), b.literal(0, kIntType));
    b.go(p, loop, 0);
    write(b, other, 0, its, b.literal(1, kIntType));
    ProgramBuilder q = b.step(other, 1);
    q.check(b.literal(0, kBoolType), b.system.property("assertion"));
    b.go(q, other, 2);
    CHECK(violates(b.system, agreed(b.system), "assertion", 2));
}

TEST_CASE("what holds at the end, with a daemon that goes on") {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, 0, 2), own = b.variable("own", kIntType, 0, 2);
    std::uint32_t worker = b.role("worker", 1, 3), daemon = b.role("daemon", 1, 4, true);
    straight(b, worker, {{own, 1}, {own, 2}});
    straight(b, daemon, {{x, 1}, {x, 2}, {x, 0}});
    b.property(SystemPropertyKind::kFinally, "never_two", b.op(Op::kNotEqual, kIntType, b.load(x), b.literal(2, kIntType)));
    b.property(SystemPropertyKind::kCoverFinal, "one", b.equal(b.load(x), b.literal(1, kIntType)));
    SearchReport report = agreed(b.system);
    CHECK(violates(b.system, report, "never_two", 4));
    CHECK(report.covered.size() == 1);
}

TEST_CASE("a leak where a daemon still runs is none") {
    for (bool frees : {false, true}) {
        SystemBuilder b;
        Address used = b.variable("used", kIntType, 0, 1, 1), own = b.variable("own", kIntType, 0, 1);
        Object object;
        object.in_use = used;
        object.pool = true;
        b.system.objects.push_back(object);
        b.system.properties[b.system.property("leak")].enabled = true;
        straight(b, b.role("worker", 1, 3), {{own, 1}, {own, 0}});
        straight(b, b.role("daemon", 1, 2, true), {{used, frees ? 0 : 1}});
        CHECK(violates(b.system, agreed(b.system), "leak", 3) == !frees);
    }
}

TEST_CASE("step properties switch it off, and the report says so") {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, 0, 1);
    straight(b, b.role("a", 2, 2), {{x, 1}});
    b.property(SystemPropertyKind::kStep, "up", b.op(Op::kLessEqual, kIntType, b.old(x), b.load(x)));
    SearchReport report = agreed(b.system);
    CHECK(!report.partial_order.used);
    CHECK(report.partial_order.why_not == "a step property looks at every step");
}

TEST_CASE("a lock that somebody else opens protects nothing") {
    for (bool thief : {false, true}) {
        SystemBuilder b;
        Address lock = b.variable("lock", kIntType, 0, 1), inside = b.variable("inside", kIntType, 0, 3);
        std::uint32_t role = b.role("t", 2, 5);
        acquire(b, role, 0, lock);
        ProgramBuilder p = b.step(role, 1);
        p.check(b.equal(b.load(inside), b.literal(0, kIntType)), b.system.property("assertion"));
        p.store(b.literal(inside), b.literal(1, kIntType));
        b.go(p, role, 2);
        write(b, role, 2, inside, b.literal(0, kIntType));
        write(b, role, 3, lock, b.literal(0, kIntType));
        if (thief) straight(b, b.role("thief", 1, 2), {{lock, 0}});
        SearchReport report = agreed(b.system);
        CHECK(violates(b.system, report, "assertion", 5) == thief);
    }
}

TEST_CASE("a lock that is forgotten on one way") {
    SystemBuilder b;
    Address lock = b.variable("lock", kIntType, 0, 1), x = b.variable("x", kIntType, 0, 1),
            done = b.variable("done", kIntType, 0, 1);
    std::uint32_t role = b.role("t", 2, 5);
    acquire(b, role, 0, lock);
    ProgramBuilder p = b.step(role, 1);
    std::uint32_t good = p.branch(truth_of(b, x));
    b.go(p, role, 4);  // the end, with the lock held
    p.at(good).target = p.here();
    b.go(p, role, 2);
    write(b, role, 2, done, b.literal(1, kIntType));
    write(b, role, 3, lock, b.literal(0, kIntType));
    straight(b, b.role("other", 1, 3), {{done, 0}, {x, 1}});
    SearchReport report = agreed(b.system);
    CHECK(violates(b.system, report, "deadlock", 4));
}

TEST_CASE("waiting for one of two things") {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, 0, 1), y = b.variable("y", kIntType, 0, 1), z = b.variable("z", kIntType, 0, 2);
    std::uint32_t waiter = b.role("waiter", 1, 2);
    ProgramBuilder p = b.step(waiter, 0);
    p.require(b.op(Op::kOr, kBoolType, truth_of(b, x), truth_of(b, y)));
    p.store(b.literal(z), b.load(x));
    b.go(p, waiter, 1);
    straight(b, b.role("a", 1, 3), {{x, 1}, {x, 0}});
    straight(b, b.role("c", 1, 2), {{y, 1}});
    b.property(SystemPropertyKind::kCoverFinal, "by_x", b.equal(b.load(z), b.literal(1, kIntType)));
    b.property(SystemPropertyKind::kCoverFinal, "by_y", b.equal(b.load(z), b.literal(0, kIntType)));
    CHECK(agreed(b.system).covered.size() == 2);
}

TEST_CASE("a pointer on the way to what is waited for") {
    SystemBuilder b;
    Address which = b.variable("which", kIntType, 0, 1), cells = b.variable("cells", kIntType, 0, 1, 0, 2);
    std::uint32_t waiter = b.role("waiter", 1, 2);
    std::uint32_t table = b.pool().add_table({"cell", {static_cast<Value>(cells), static_cast<Value>(cells + 1)}});
    ProgramBuilder p = b.step(waiter, 0);
    p.require(
        b.op(Op::kNotEqual, kIntType, b.pool().load(b.pool().lookup(table, b.load(which)), kIntType), b.literal(0, kIntType)));
    b.go(p, waiter, 1);
    straight(b, b.role("a", 1, 2), {{which, 1}});
    straight(b, b.role("c", 1, 3), {{cells, 1}, {cells, 0}});
    // Only if the waiter looked while c's cell was set and the pointer still there.
    b.property(SystemPropertyKind::kCoverFinal, "seen", b.equal(b.load(which), b.literal(1, kIntType)));
    SearchReport report = agreed(b.system);
    CHECK(report.covered.size() == 1);
    CHECK(violates(b.system, report, "deadlock", 3));
}

TEST_CASE("an increment whose result is used does not commute") {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, 0, 2), first = b.variable("first", kIntType, 0, 2);
    std::uint32_t role = b.role("t", 2, 2);
    ProgramBuilder p = b.step(role, 0);
    p.store(b.literal(x), b.plus(b.load(x), 1));
    std::uint32_t not_first = p.branch(b.equal(b.load(x), b.literal(1, kIntType)));
    p.store(b.literal(first), b.pool().self());
    p.at(not_first).target = p.here();
    b.go(p, role, 1);
    b.property(SystemPropertyKind::kCoverFinal, "one", b.equal(b.load(first), b.literal(1, kIntType)));
    b.property(SystemPropertyKind::kCoverFinal, "two", b.equal(b.load(first), b.literal(2, kIntType)));
    CHECK(agreed(b.system).covered.size() == 2);
}

TEST_CASE("cover points are reached by shortest runs") {
    SystemBuilder b;
    Address own = b.variable("own", kIntType, 0, 3, 0, 2);
    PropertyNumber here = b.property(SystemPropertyKind::kCoverPoint, "here");
    straight(b, b.role("a", 1, 4), {{own, 1}, {own, 2}, {own, 3}});
    std::uint32_t c = b.role("c", 1, 3);
    write(b, c, 0, own + 1, b.literal(1, kIntType));
    ProgramBuilder p = b.step(c, 1);
    p.cover(here);
    b.go(p, c, 2);
    SearchReport report = agreed(b.system);
    REQUIRE(report.covered.size() == 1);
    CHECK(report.covered[0].steps == 2);
}

TEST_CASE("random systems: the same answers with partial-order reduction") {
    const char* wanted = std::getenv("QUIRE_TEST_SEEDS");
    std::uint64_t seeds = wanted == nullptr ? 1500 : std::strtoull(wanted, nullptr, 10);
    std::uint64_t left_out = 0, used = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        CAPTURE(seed);
        TransitionSystem system = random_system(seed);
        SearchOptions options;
        options.budget.max_states = 3000;
        SearchReport full = search(system, options);
        options.partial_order = true;
        options.partial_order_from = 0;
        SearchReport reduced = search(system, options);
        CHECK(compare_reports(system, reduced, full) == "");
        left_out += reduced.partial_order.left_out;
        used += reduced.partial_order.used ? 1 : 0;
    }
    MESSAGE(used << " systems reduced, " << left_out << " moves left out");
    CHECK(used > 0);
}
