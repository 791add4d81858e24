// Exact counts on tiny systems, every reason to stop, traces with the fewest switches, and layouts that must grow.
#include "explore/search.h"

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>

#include "system_builder.h"
#include "unit/effort.h"

using namespace quire;
using test::ProgramBuilder;
using test::SystemBuilder;

namespace {

// n threads that each add 1 to a counter `rounds` times, one step each.
TransitionSystem counters(std::uint32_t n, std::uint32_t rounds, Value hi = largest_value(kIntType)) {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, hi < 100 ? 0 : smallest_value(kIntType), hi);
    std::uint32_t role = b.role("adder", n, rounds + 1);
    for (LocationNumber l = 0; l < rounds; ++l) {
        ProgramBuilder p = b.step(role, l);
        p.site(l);
        p.store(b.literal(x), b.plus(b.load(x), 1));
        b.go(p, role, l + 1);
    }
    return std::move(b.system);
}

// One thread that counts to `limit` in a loop, by `by`.
TransitionSystem runaway(Value limit, Value by, ScalarType type = kIntType) {
    SystemBuilder b;
    Address x = b.variable("x", type, smallest_value(type), largest_value(type));
    std::uint32_t role = b.role("counter", 1, 2);
    ProgramBuilder p = b.step(role, 0);
    std::uint32_t out = p.branch(b.op(Op::kLess, type, b.load(x, type), b.literal(limit, type)));
    p.store(b.literal(x), b.op(Op::kAdd, type, b.load(x, type), b.literal(by, type)));
    b.go(p, role, 0);
    p.at(out).target = p.here();
    b.go(p, role, 1);
    return std::move(b.system);
}

void check_replays(const TransitionSystem& system, const SearchReport& report) {
    for (const auto* list : {&report.violations, &report.covered}) {
        for (const Finding& finding : *list) {
            ReplayedTrace run = replay(system, finding.trace);
            CAPTURE(run.why_not);
            CHECK(run.ok);
            CHECK(finding.trace.steps.size() == finding.steps);
        }
    }
}

struct Toggle {
    static void progress(void* context, const Progress&) { static_cast<CancelToken*>(context)->cancel(); }
};

}  // namespace

TEST_CASE("explore: independent counters have (rounds + 1)^n states") {
    // Two threads, two steps each: nine states, twelve transitions, four steps deep.
    SearchReport report = search(counters(2, 2));
    CHECK(report.exhaustive());
    CHECK(report.statistics.states == 9);
    CHECK(report.statistics.transitions == 12);
    CHECK(report.statistics.depth == 4);
    CHECK(report.statistics.widest_level == 3);
    CHECK(report.violations.empty());
    CHECK(report.executed_sites == std::vector<std::uint32_t>{0, 1});

    report = search(counters(5, 3));
    CHECK(report.statistics.states == 1024);
    CHECK(report.statistics.transitions == 5 * 3 * 256);
    CHECK(report.statistics.depth == 15);
}

TEST_CASE("explore: one empty thread takes one step") {
    SystemBuilder b;
    std::uint32_t role = b.role("t", 1, 2);
    ProgramBuilder p = b.step(role, 0);
    b.go(p, role, 1);
    SearchReport report = search(b.system);
    CHECK(report.statistics.states == 2);
    CHECK(report.statistics.transitions == 1);
}

TEST_CASE("explore: layouts grow and the result is the same") {
    for (Value limit : {1000, 40000}) {
        SearchReport report = search(runaway(limit, 1));
        CHECK(report.exhaustive());
        CHECK(report.statistics.restarts > 0);
        CHECK(report.statistics.restarts < 12);
        CHECK(report.statistics.states == static_cast<std::uint64_t>(limit) + 2);
        CHECK(report.statistics.transitions == static_cast<std::uint64_t>(limit) + 1);
    }
    ScalarType wide{ScalarKind::kInteger, 64, false, 0};
    TransitionSystem system = runaway(largest_value(kLongType), Value{1} << 52, wide);
    SearchReport report = search(system);
    CHECK(report.exhaustive());
    CHECK(report.statistics.states == 2050);
    CHECK(report.statistics.restarts > 0);
    // A declared range that is small is taken as it is.
    CHECK(search(counters(3, 3, 15)).statistics.restarts == 0);
    CHECK(search(counters(2, 2, 15)).statistics.state_bits == 4 + 2 + 2);
}

TEST_CASE("explore: overflow is found and ends the run") {
    SearchReport report = search(runaway(largest_value(kIntType), Value{1} << 29));
    REQUIRE(report.violations.size() == 1);
    CHECK(builtin_properties()[report.violations[0].property] == "signed_overflow");
    CHECK(report.violations[0].steps == 4);
}

TEST_CASE("explore: every reason to stop") {
    TransitionSystem system = counters(4, 20);
    const std::uint64_t all = 21 * 21 * 21 * 21;
    SUBCASE("nothing") { CHECK(search(system).statistics.states == all); }
    SUBCASE("states") {
        SearchOptions options;
        options.budget.max_states = 1000;
        SearchReport report = search(system, options);
        CHECK(report.stop == StopReason::kStates);
        CHECK(report.statistics.states == 1000);
        options.budget.max_states = all;
        CHECK(search(system, options).stop == StopReason::kComplete);
        options.budget.max_states = all - 1;
        CHECK(search(system, options).stop == StopReason::kStates);
    }
    SUBCASE("depth") {
        SearchOptions options;
        options.budget.max_depth = 3;
        SearchReport report = search(system, options);
        CHECK(report.stop == StopReason::kDepth);
        CHECK(report.statistics.states == 1 + 4 + 10 + 20);
        CHECK(report.statistics.depth == 3);
        options.budget.max_depth = 80;
        CHECK(search(system, options).stop == StopReason::kComplete);
        options.budget.max_depth = 79;
        CHECK(search(system, options).stop == StopReason::kDepth);
    }
    SUBCASE("time") {
        SearchOptions options;
        options.budget.deadline = std::chrono::steady_clock::now();
        SearchReport report = search(system, options);
        CHECK(report.stop == StopReason::kTime);
        CHECK(report.statistics.states < all);
    }
    SUBCASE("memory") {
        SearchOptions options;
        options.budget.memory_limit = resident_memory() + 3'000'000;
        SearchReport report = search(counters(6, 20), options);
        CHECK(report.stop == StopReason::kMemory);
        CHECK(report.statistics.states > 100);
    }
    SUBCASE("interrupted") {
        CancelToken cancel;
        SearchOptions options;
        options.cancel = &cancel;
        options.progress_context = &cancel;
        options.progress = &Toggle::progress;
        SearchReport report = search(counters(7, 20), options);
        CHECK(report.stop == StopReason::kInterrupted);
        CHECK(report.statistics.states > 0);
        CHECK(!report.exhaustive());
    }
}

TEST_CASE("explore: a memory limit is kept within a twentieth, and used") {
    // The most that was resident since it was reset; nothing where the system does not say.
    auto reset = [] { return static_cast<bool>(std::ofstream("/proc/self/clear_refs") << "5" << std::flush); };
    auto most = [] {
        std::ifstream status("/proc/self/status");
        for (std::string word; status >> word;) {
            std::uint64_t kib = 0;
            if (word == "VmHWM:" && status >> kib) return kib * 1024;
        }
        return std::uint64_t{0};
    };
    if (test::kSanitized || !reset() || most() == 0) {
        MESSAGE("not here: nobody says how much memory the program took");
        return;
    }
    for (unsigned jobs : {1u, 2u}) {
        CAPTURE(jobs);
        SearchOptions options;
        options.jobs = jobs;
        const std::uint64_t before = resident_memory(), limit = before + (std::uint64_t{48} << 20);
        options.budget.memory_limit = limit;
        REQUIRE(reset());
        const SearchReport report = search(counters(6, 20), options);
        CHECK(report.stop == StopReason::kMemory);
        // Beside what is asked for beforehand each worker has stacks, batches and free lists of the allocator, of a size that does
        // not depend on the limit; this limit is so low that they are seen.
        constexpr std::uint64_t kForEach = std::uint64_t{3} << 20;
        CHECK(most() <= limit / 100 * 105 + jobs * kForEach);
        CHECK(most() >= before + (limit - before) / 2);
    }
}

TEST_CASE("explore: what was found before a stop is in the report") {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, 0, 3);
    PropertyNumber small =
        b.property(SystemPropertyKind::kInvariant, "small", b.op(Op::kLess, kIntType, b.load(x), b.literal(2, kIntType)));
    std::uint32_t role = b.role("adder", 4, 30);
    for (LocationNumber l = 0; l < 29; ++l) {
        ProgramBuilder p = b.step(role, l);
        p.store(b.literal(x), b.op(Op::kRemainder, kIntType, b.plus(b.load(x), 1), b.literal(4, kIntType)));
        b.go(p, role, l + 1);
    }
    SearchOptions options;
    options.budget.max_depth = 2;
    SearchReport report = search(b.system, options);
    REQUIRE(report.violations.size() == 1);
    CHECK(report.violations[0].property == small);
    CHECK(report.violations[0].steps == 2);
    CHECK(report.violations[0].switches == 0);
    check_replays(b.system, report);
    // Discharged invariants are not evaluated.
    options.discharged = {small};
    CHECK(search(b.system, options).violations.empty());
}

TEST_CASE("explore: among shortest traces the one with the fewest switches, and the first of those") {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, 0, 8);
    Address y = b.variable("y", kIntType, 0, 8);
    b.property(SystemPropertyKind::kInvariant, "both",
               b.op(Op::kLess, kIntType, b.op(Op::kAdd, kIntType, b.load(x), b.load(y)), b.literal(6, kIntType)));
    // Three threads; each can step six times, so that nobody has to switch.
    std::uint32_t role = b.role("t", 3, 7);
    for (LocationNumber l = 0; l < 6; ++l) {
        ProgramBuilder p = b.step(role, l);
        std::uint32_t r = p.reg(kIntType);
        p.choose(r, b.literal(0, kIntType), b.literal(1, kIntType));
        std::uint32_t other = p.branch(b.pool().reg(r, kIntType));
        p.store(b.literal(x), b.plus(b.load(x), 1));
        b.go(p, role, l + 1);
        p.at(other).target = p.here();
        p.store(b.literal(y), b.plus(b.load(y), 1));
        b.go(p, role, l + 1);
    }
    SearchReport report = search(b.system);
    REQUIRE(report.violations.size() == 1);
    const Finding& f = report.violations[0];
    CHECK(f.steps == 6);
    CHECK(f.switches == 0);
    CHECK(f.fewest_switches);
    for (const TraceStep& step : f.trace.steps) {
        CHECK(step.thread == 1);
        CHECK(step.choices == std::vector<Value>{0});
    }
    check_replays(b.system, report);
    SearchOptions options;
    options.minimise_switches = false;
    report = search(b.system, options);
    REQUIRE(report.violations.size() == 1);
    CHECK(report.violations[0].steps == 6);
    CHECK(!report.violations[0].fewest_switches);
    check_replays(b.system, report);
}

TEST_CASE("explore: deadlock, leak, finals and daemons") {
    SystemBuilder b;
    Address lock = b.variable("lock", kBoolType, 0, 1);
    Address in_use = b.variable("in use", kBoolType, 0, 1, 1);
    Object object;
    object.in_use = in_use;
    object.pool = true;
    b.system.objects.push_back(object);
    PropertyNumber leak = b.system.property("leak");
    PropertyNumber deadlock = b.system.property("deadlock");
    b.system.properties[leak].enabled = true;
    PropertyNumber final =
        b.property(SystemPropertyKind::kFinally, "unlocked", b.op(Op::kNot, kBoolType, b.load(lock, kBoolType)));
    PropertyNumber cover = b.property(SystemPropertyKind::kCoverFinal, "locked", b.load(lock, kBoolType));
    // Takes the lock and keeps it.
    std::uint32_t role = b.role("taker", 2, 2);
    ProgramBuilder p = b.step(role, 0);
    p.require(b.op(Op::kNot, kBoolType, b.load(lock, kBoolType)));
    p.store(b.literal(lock), b.literal(1, kBoolType));
    b.go(p, role, 1);
    auto numbers = [](const std::vector<Finding>& findings) {
        std::vector<PropertyNumber> result;
        for (const Finding& f : findings) result.push_back(f.property);
        return result;
    };
    SUBCASE("the second taker is stuck") {
        SearchReport report = search(b.system);
        CHECK(numbers(report.violations) == std::vector{deadlock});
        CHECK(report.violations[0].steps == 1);
        CHECK(report.covered.empty());
        check_replays(b.system, report);
        b.system.properties[deadlock].enabled = false;
        CHECK(search(b.system).violations.empty());
    }
    SUBCASE("a daemon may be stuck, and the object leaks") {
        b.system.roles[role].daemon = true;
        SearchReport report = search(b.system);
        CHECK(numbers(report.violations) == std::vector{leak, final});
        CHECK(numbers(report.covered) == std::vector{cover});
        // The start is final, but in it a daemon can move.
        CHECK(report.violations[0].steps == 1);
        CHECK(report.statistics.states == 3);
        check_replays(b.system, report);
    }
}

TEST_CASE("explore: a failing check leads to no state, an invariant ends the run, step properties too") {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, 0, 7);
    PropertyNumber assertion = b.system.property("assertion");
    PropertyNumber cover = b.property(SystemPropertyKind::kCoverPoint, "point");
    PropertyNumber step = b.property(SystemPropertyKind::kStep, "by one", b.equal(b.load(x), b.plus(b.old(x), 1)));
    PropertyNumber invariant =
        b.property(SystemPropertyKind::kInvariant, "not 7", b.op(Op::kNotEqual, kIntType, b.load(x), b.literal(7, kIntType)));
    PropertyNumber never = b.property(SystemPropertyKind::kCoverState, "three", b.equal(b.load(x), b.literal(3, kIntType)));
    std::uint32_t role = b.role("t", 1, 5);
    ProgramBuilder p = b.step(role, 0);
    std::uint32_t r = p.reg(kIntType);
    p.choose(r, b.literal(0, kIntType), b.literal(2, kIntType));
    p.cover(cover);
    ExprId chosen = b.pool().reg(r, kIntType);
    p.check(b.op(Op::kNotEqual, kIntType, chosen, b.literal(1, kIntType)), assertion);
    // 0: to 1, as it should be; 2: to 7, which violates the step property and the invariant together.
    p.store(b.literal(x),
            b.op(Op::kSelect, kIntType, b.equal(chosen, b.literal(0, kIntType)), b.literal(1, kIntType), b.literal(7, kIntType)));
    b.go(p, role, 1);
    ProgramBuilder q = b.step(role, 1);
    q.drop(b.pool().truth(false), DropKind::kAssumed);
    b.go(q, role, 2);
    SearchReport report = search(b.system);
    REQUIRE(report.violations.size() == 3);
    CHECK(report.violations[0].property == assertion);
    CHECK(report.violations[1].property == step);
    CHECK(report.violations[2].property == invariant);
    REQUIRE(report.covered.size() == 1);
    CHECK(report.covered[0].property == cover);
    CHECK(never != cover);
    CHECK(report.assumed_away == 1);
    CHECK(report.statistics.states == 2);
    CHECK(report.statistics.transitions == 2);
    check_replays(b.system, report);
}

TEST_CASE("explore: what fails in init is found with no steps") {
    SystemBuilder b;
    PropertyNumber assertion = b.system.property("assertion");
    Address x = b.variable("x", kIntType, 0, 3);
    b.system.start.code.clear();
    ProgramBuilder p(b.system.start);
    std::uint32_t r = p.reg(kIntType);
    p.choose(r, b.literal(0, kIntType), b.literal(3, kIntType));
    p.check(b.op(Op::kLess, kIntType, b.pool().reg(r, kIntType), b.literal(2, kIntType)), assertion);
    p.store(b.literal(x), b.pool().reg(r, kIntType));
    p.finish();
    std::uint32_t role = b.role("t", 1, 2);
    ProgramBuilder q = b.step(role, 0);
    b.go(q, role, 1);
    SearchReport report = search(b.system);
    REQUIRE(report.violations.size() == 1);
    CHECK(report.violations[0].steps == 0);
    CHECK(report.violations[0].trace.start_choices == std::vector<Value>{2});
    CHECK(report.statistics.states == 4);
    check_replays(b.system, report);
}

TEST_CASE("explore: work within a step") {
    SystemBuilder b;
    std::uint32_t role = b.role("t", 1, 2);
    ProgramBuilder p = b.step(role, 0);
    std::uint32_t r = p.reg(kIntType);
    std::uint32_t head = p.here();
    p.loop_head();
    SUBCASE("for ever") {
        p.jump(head);
        SearchReport report = search(b.system);
        REQUIRE(report.violations.size() == 1);
        CHECK(builtin_properties()[report.violations[0].property] == "endless_loop");
        check_replays(b.system, report);
    }
    SUBCASE("too long") {
        p.set(r, b.plus(b.pool().reg(r, kIntType), 1));
        p.jump(head);
        SearchReport report = search(b.system);
        CHECK(report.too_long == 1);
        CHECK(!report.exhaustive());
    }
    SUBCASE("long, but not too long") {
        // 3 instructions a round, one before, two after: the limit is the millionth.
        for (Value rounds : {100000, 249998, 250000}) {
            b.system.roles[role].locations[0].step.code.clear();
            p.loop_head();
            std::uint32_t out = p.branch(b.op(Op::kLess, kIntType, b.pool().reg(r, kIntType), b.literal(rounds, kIntType)));
            p.set(r, b.plus(b.pool().reg(r, kIntType), 1));
            p.jump(0);
            p.at(out).target = p.here();
            b.go(p, role, 1);
            CHECK(search(b.system).too_long == (rounds == 250000 ? 1u : 0u));
        }
    }
    SUBCASE("while (maybe)") {
        p.choose(r, b.literal(0, kIntType), b.literal(1, kIntType));
        std::uint32_t out = p.branch(b.pool().reg(r, kIntType));
        p.set(r, b.literal(0, kIntType));  // else what was chosen last would tell the rounds apart
        p.jump(head);
        p.at(out).target = p.here();
        b.go(p, role, 1);
        SearchReport report = search(b.system);
        CHECK(report.exhaustive());
        CHECK(report.statistics.transitions == 1);
        CHECK(report.violations.empty());
    }
}

TEST_CASE("explore: states of any number of words") {
    ScalarType wide{ScalarKind::kInteger, 64, false, 0};
    for (std::uint32_t words : {1u, 2u, 3u, 4u, 5u, 9u}) {
        SystemBuilder b;
        Address x = b.variable("x", wide, smallest_value(wide), largest_value(wide), -1, words);
        std::uint32_t role = b.role("t", 2, words + 1);
        for (LocationNumber l = 0; l < words; ++l) {
            ProgramBuilder p = b.step(role, l);
            p.store(b.literal(x + l), b.op(Op::kSubtract, wide, b.load(x + l, wide), b.literal(3, wide)));
            b.go(p, role, l + 1);
        }
        SearchReport report = search(b.system);
        CHECK(report.exhaustive());
        CHECK(report.statistics.states == std::uint64_t{words + 1} * (words + 1));
        CHECK(report.statistics.depth == 2 * words);
    }
}
