// The search against the oracle, and its bytecode against `execute`, on random systems: same counts, same findings, same
// switches, and every trace replays.  This is what keeps the fast engine right.
#include <doctest/doctest.h>

#include <cstdlib>

#include "explore/search.h"
#include "oracle.h"
#include "random_system.h"
#include "unit/effort.h"

using namespace quire;

namespace {

constexpr std::uint64_t kFirstSeed = 1;
constexpr std::uint64_t kSeeds = 1500;
constexpr std::size_t kMostStates = 3000;

// QUIRE_TEST_SEEDS=n for a longer run.
std::uint64_t seeds() {
    const char* wanted = std::getenv("QUIRE_TEST_SEEDS");
    return wanted == nullptr ? test::draws(kSeeds) : std::strtoull(wanted, nullptr, 10);
}

struct Answer {
    PropertyNumber property;
    std::uint32_t steps, switches;
    friend bool operator==(const Answer&, const Answer&) = default;
};

std::vector<Answer> answers(const SearchReport& report) {
    std::vector<Answer> result;
    for (const auto* list : {&report.violations, &report.covered}) {
        for (const Finding& f : *list) result.push_back({f.property, f.steps, f.switches});
    }
    return result;
}

void check_traces(const TransitionSystem& system, const SearchReport& report) {
    for (const auto* list : {&report.violations, &report.covered}) {
        for (const Finding& finding : *list) {
            ReplayedTrace run = replay(system, finding.trace);
            CAPTURE(system.properties[finding.property].name);
            CAPTURE(run.why_not);
            CHECK(run.ok);
            CHECK(finding.trace.steps.size() == finding.steps);
            std::uint32_t switches = 0;
            for (std::size_t i = 1; i < finding.trace.steps.size(); ++i) {
                if (finding.trace.steps[i].thread != finding.trace.steps[i - 1].thread) ++switches;
            }
            CHECK(switches == finding.switches);
            CHECK(finding.fewest_switches);
        }
    }
}

void check_equal(const SearchReport& a, const SearchReport& b) {
    CHECK(a.statistics.states == b.statistics.states);
    CHECK(a.statistics.transitions == b.statistics.transitions);
    CHECK(a.statistics.depth == b.statistics.depth);
    CHECK(a.assumed_away + a.silently_ended == b.assumed_away + b.silently_ended);
    CHECK(a.exhausted == b.exhausted);
    CHECK(a.too_long == b.too_long);
    CHECK(a.statistics.restarts == b.statistics.restarts);
    CHECK(answers(a) == answers(b));
}

}  // namespace

TEST_CASE("random systems: fingerprints in place of states") {
    std::size_t used = 0;
    for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + test::draws(400); ++seed) {
        CAPTURE(seed);
        TransitionSystem system = test::random_system(seed);
        SearchOptions options;
        options.budget.max_states = kMostStates;
        const SearchReport exact = search(system, options);
        CHECK(exact.omission == 0);
        options.fingerprints = true;
        options.jobs = 1 + seed % 2;
        options.parallel_from = 16;
        const SearchReport hashed = search(system, options);
        check_equal(exact, hashed);  // of so few states no two have the same hash
        check_traces(system, hashed);
        if (hashed.omission == 0) continue;  // of one word
        ++used;
        CHECK(hashed.omission < 1e-9);
    }
    CHECK(used > test::draws(15));
}

TEST_CASE("random systems: search, bytecode and oracle agree") {
    std::uint64_t states = 0, found = 0, restarts = 0, compared = 0;
    for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + seeds(); ++seed) {
        CAPTURE(seed);
        TransitionSystem system = test::random_system(seed);
        SearchOptions options;
        options.budget.max_states = kMostStates;
        if (seed % 2 == 0) options.long_from = 8;
        SearchReport fast = search(system, options);
        options.plain_successors = true;
        SearchReport plain = search(system, options);
        check_equal(fast, plain);
        states += fast.statistics.states;
        restarts += fast.statistics.restarts;
        if (fast.stop != StopReason::kComplete) continue;
        ++compared;
        check_traces(system, fast);
        test::OracleAnswer oracle = test::explore_simply(system, kMostStates);
        REQUIRE(oracle.complete);
        CHECK(fast.statistics.states == oracle.states);
        CHECK(fast.statistics.transitions == oracle.transitions);
        CHECK(fast.statistics.depth == oracle.depth);
        CHECK(fast.assumed_away + fast.silently_ended == oracle.dropped);
        CHECK(fast.exhausted == oracle.exhausted);
        CHECK(fast.too_long == oracle.too_long);
        std::vector<Answer> all = answers(fast);
        CHECK(all.size() == oracle.found.size());
        for (const Answer& a : all) {
            CAPTURE(system.properties[a.property].name);
            REQUIRE(oracle.found.contains(a.property));
            CHECK(oracle.found.at(a.property) == std::pair(a.steps, a.switches));
        }
        found += all.size();
    }
    MESSAGE(compared << " systems, " << states << " states, " << found << " findings, " << restarts << " restarts");
    CHECK(compared > seeds() / 2);
    CHECK(found > seeds());
}
