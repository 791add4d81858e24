// One worker or many: the same report, to the last choice of the last trace.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>

#include "explore/crew.h"
#include "explore/findings.h"
#include "explore/search.h"
#include "random_system.h"
#include "report_text.h"
#include "system_builder.h"
#include "unit/effort.h"

using namespace quire;
using test::ProgramBuilder;
using test::SystemBuilder;

namespace {

constexpr unsigned kWorkers[] = {2, 4, 16};

void check_same(const TransitionSystem& system, SearchOptions options) {
    options.jobs = 1;
    const std::string alone = test::report_text(search(system, options));
    for (unsigned jobs : kWorkers) {
        CAPTURE(jobs);
        options.jobs = jobs;
        REQUIRE(test::report_text(search(system, options)) == alone);
    }
}

// Adders of counters that are checked, covered and run out of the bits that were guessed: levels of tens of thousands.
TransitionSystem adders(std::uint32_t threads, std::uint32_t rounds, Value bound) {
    SystemBuilder b;
    Address x = b.variable("x", kIntType, smallest_value(kIntType), largest_value(kIntType));
    Address y = b.variable("y", kIntType, 0, 3);
    b.property(SystemPropertyKind::kInvariant, "bounded", b.op(Op::kLess, kIntType, b.load(x), b.literal(bound, kIntType)));
    b.property(SystemPropertyKind::kCoverState, "nine", b.equal(b.load(x), b.literal(9, kIntType)));
    b.property(SystemPropertyKind::kStep, "not from eleven to thirteen",
               b.op(Op::kOr, kBoolType, b.op(Op::kNotEqual, kIntType, b.old(x), b.literal(11, kIntType)),
                    b.op(Op::kNotEqual, kIntType, b.load(x), b.literal(13, kIntType))));
    std::uint32_t role = b.role("adder", threads, rounds + 1);
    for (LocationNumber l = 0; l < rounds; ++l) {
        ProgramBuilder p = b.step(role, l);
        p.site(l);
        std::uint32_t r = p.reg(kIntType);
        p.choose(r, b.literal(1, kIntType), b.literal(l % 2 == 0 ? 1 : 2, kIntType));
        p.store(b.literal(x), b.op(Op::kAdd, kIntType, b.load(x), b.pool().reg(r, kIntType)));
        p.store(b.literal(y), b.op(Op::kRemainder, kIntType, b.plus(b.load(y), 1), b.literal(4, kIntType)));
        b.go(p, role, l + 1);
    }
    return std::move(b.system);
}

}  // namespace

TEST_CASE("parallel: random systems have one report") {
    for (std::uint64_t seed = 1; seed <= test::draws(150); ++seed) {
        CAPTURE(seed);
        TransitionSystem system = test::random_system(seed);
        SearchOptions options;
        options.parallel_from = 1 + seed % 5;
        options.budget.max_states = seed % 4 == 0 ? 40 : 3000;
        if (seed % 2 == 0) options.long_from = 8;
        options.minimise_switches = seed % 3 != 0;
        check_same(system, options);
    }
}

TEST_CASE("parallel: levels that several workers really share") {
    for (Value bound : {Value{1000}, Value{24}}) {
        TransitionSystem system = adders(4, 6, bound);
        SearchOptions options;
        options.parallel_from = 64;
        CHECK(search(system, options).statistics.widest_level > (bound == 24 ? 200 : 1000));
        check_same(system, options);
        options.budget.max_states = 2000;
        check_same(system, options);
        options.budget.max_depth = 11;
        check_same(system, options);
    }
}

TEST_CASE("parallel: a time limit ends all workers, while traces are built as well") {
    TransitionSystem system = adders(6, 40, largest_value(kIntType));
    SearchOptions options;
    options.jobs = 4;
    options.parallel_from = 64;
    auto begin = std::chrono::steady_clock::now();
    options.budget.deadline = begin + std::chrono::milliseconds(700);
    SearchReport report = search(system, options);
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    CHECK(report.stop == StopReason::kTime);
    CHECK(report.statistics.states > 1000);
    // The cover was reached early; its trace may or may not have been within reach.
    CHECK(report.covered.size() + report.untraced.size() >= 1);
    CHECK(took.count() < 4);
}

TEST_CASE("parallel: a crew does every job once, and hands on what is thrown") {
    explore::Crew crew(4);
    for (int round = 0; round < 100; ++round) {
        std::atomic<unsigned> done{0};
        crew.run([&](unsigned i) { done += 1u << (8 * i); }, [] {});
        REQUIRE(done == 0x01010101u);
    }
    for (unsigned thrower : {0u, 3u}) {
        CHECK_THROWS_AS(crew.run(
                            [&](unsigned i) {
                                if (i == thrower) throw std::runtime_error("no");
                            },
                            [] {}),
                        std::runtime_error);
    }
}

TEST_CASE("parallel: which targets are kept does not depend on their order") {
    constexpr std::uint64_t kMany = 3 * explore::LeastRows::kMost;
    explore::LeastRows up, down, other;
    for (std::uint64_t i = 0; i < kMany; ++i) up.add(&i, 1, i % 3);
    for (std::uint64_t i = kMany; i-- > 0;) {
        explore::LeastRows& rows = i % 2 == 0 ? down : other;
        rows.add(&i, 1, i % 3);
        rows.add(&i, 1, i % 3);
    }
    down.merge(other);
    up.settle();
    down.settle();
    REQUIRE(up.size() == explore::LeastRows::kMost);
    REQUIRE(down.size() == up.size());
    CHECK(!up.all());
    for (std::size_t i = 0; i < up.size(); ++i) {
        REQUIRE(up.row(i)[0] == i);
        REQUIRE(down.row(i)[0] == i);
        REQUIRE(down.row(i)[1] == i % 3);
    }
}
