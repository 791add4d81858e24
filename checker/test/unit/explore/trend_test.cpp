// An estimate that is given holds the truth, for levels as independent threads have them; where there is no end to be seen
// there is none.
#include <doctest/doctest.h>

#include <numeric>
#include <vector>

#include "explore/trend.h"

using namespace quire;
using explore::LevelTrend;

namespace {

// Sizes of the levels of `threads` threads of `steps` steps each that do not know of each other.
std::vector<std::uint64_t> chain_levels(unsigned threads, unsigned steps) {
    std::vector<std::uint64_t> sizes{1};
    for (unsigned t = 0; t < threads; ++t) {
        std::vector<std::uint64_t> next(sizes.size() + steps, 0);
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            for (unsigned s = 0; s <= steps; ++s) next[i + s] += sizes[i];
        }
        sizes = std::move(next);
    }
    return sizes;
}

}  // namespace

TEST_CASE("trend: independent threads are foreseen from the middle on") {
    for (unsigned threads : {3u, 4u, 5u, 6u}) {
        for (unsigned steps : {8u, 12u, 20u}) {
            CAPTURE(threads);
            CAPTURE(steps);
            const std::vector<std::uint64_t> sizes = chain_levels(threads, steps);
            const double all = static_cast<double>(std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0}));
            LevelTrend trend;
            double states = 0;
            unsigned given = 0, held = 0;
            for (std::uint64_t size : sizes) {
                trend.add_level(size);
                states += static_cast<double>(size);
                const std::optional<Estimate> estimate = trend.all_states();
                if (states > 0.6 * all && states < 0.95 * all) REQUIRE(estimate.has_value());
                if (states > 0.75 * all) CHECK(trend.trend() == Trend::kShrinking);
                if (!estimate) continue;
                ++given;
                held += estimate->least <= all * 1.02 && estimate->most >= all * 0.98 ? 1 : 0;
                CHECK(estimate->least <= estimate->most);
            }
            CHECK(given > 3);
            CHECK(held * 10 >= given * 9);
        }
    }
}

TEST_CASE("trend: of what only grows, or goes on as it is, there is no estimate") {
    LevelTrend growing, steady;
    std::uint64_t size = 1;
    for (int level = 0; level < 40; ++level) {
        growing.add_level(size);
        size += size / 2 + 1;
        steady.add_level(1000);
        CHECK(!growing.all_states());
        CHECK(!steady.all_states());
    }
    CHECK(growing.trend() == Trend::kGrowing);
    CHECK(steady.trend() == Trend::kSteady);
    CHECK(LevelTrend().trend() == Trend::kUnknown);
}
