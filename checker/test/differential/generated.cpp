#include "generated.h"

#include <algorithm>
#include <ctime>
#include <fstream>

#include <fmt/format.h>

#include "compare.h"
#include "driver/load.h"
#include "generate/protocol.h"
#include "generate/random.h"
#include "shrink.h"
#include "types/expectations.h"

namespace quire {

namespace {

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// kRefused: it does not compile.
Comparison judge(const std::string& text, const CompareOptions& options) {
    MemoryFiles files;
    files.add("generated.quire", text);
    std::unique_ptr<LoadedSpec> spec = load_spec("generated.quire", {}, files, false);
    Comparison refused;
    refused.kind = Comparison::Kind::kRefused;
    if (!spec->good) {
        refused.what = render_diagnostics(spec->sources, spec->diagnostics);
        return refused;
    }
    Result<ConstantValues> constants = constant_values(spec->programs[0], {}, spec->diagnostics);
    if (!constants.ok()) return refused;
    return compare(spec->programs[0], *constants, options);
}

struct Totals {
    std::uint64_t used = 0, too_large = 0, states = 0, trivial = 0, violated = 0, invariants = 0, proved = 0, reduced = 0,
                  states_left = 0, states_full = 0;
};

class Campaign {
public:
    explicit Campaign(const GeneratedOptions& options) : options_(options) {}

    unsigned run() {
        double begin = cpu_seconds();
        std::uint64_t number = 0;
        for (; number < options_.count && failures_ < options_.max_failures; ++number) {
            if (options_.max_seconds > 0 && cpu_seconds() - begin > options_.max_seconds) break;
            one(options_.seed + number);
        }
        fmt::print(
            "generated: {} protocols from seed {}, {} used ({} too large), {} states on average, {} of one state, {} with a "
            "violation, "
            "{} of {} invariants proved, {} reduced to {:.2f} of all states, {:.1f} s\n",
            number, options_.seed, totals_.used, totals_.too_large, totals_.used == 0 ? 0 : totals_.states / totals_.used,
            totals_.trivial, totals_.violated, totals_.proved, totals_.invariants, totals_.reduced,
            static_cast<double>(totals_.states_left) / static_cast<double>(std::max<std::uint64_t>(1, totals_.states_full)),
            cpu_seconds() - begin);
        fmt::print("{} passed, {} failed\n", totals_.used, failures_);
        return failures_;
    }

private:
    void one(std::uint64_t seed) {
        std::string text = options_.locking ? generate_locking_protocol(seed) : generate_protocol(seed);
        CompareOptions compare_options;
        compare_options.max_states = options_.max_states;
        Random random(seed ^ 0x5eed);
        compare_options.passes_off = {0, all_passes(), static_cast<unsigned>(random.below(all_passes() + 1))};
        compare_options.plain_successors = seed % 4 == 0;
        compare_options.discharge = seed % 16 == 0;
        Comparison result = judge(text, compare_options);
        if (options_.talkative) fmt::print("seed {}: {} states\n", seed, result.naive.states);
        switch (result.kind) {
            case Comparison::Kind::kTooLarge: ++totals_.too_large; return;
            case Comparison::Kind::kEqual:
                ++totals_.used;
                totals_.states += result.naive.states;
                totals_.trivial += result.naive.states <= 1 ? 1 : 0;
                totals_.violated += result.naive.violations.empty() ? 0 : 1;
                totals_.invariants += result.invariants;
                totals_.proved += result.proved;
                totals_.reduced += result.reduced > 0 ? 1 : 0;
                totals_.states_left += result.states_left;
                totals_.states_full += result.states_full;
                return;
            case Comparison::Kind::kDifferent:
            case Comparison::Kind::kRefused: failed(seed, text, result, compare_options); return;
        }
    }

    void failed(std::uint64_t seed, const std::string& text, const Comparison& result, const CompareOptions& compare_options) {
        ++failures_;
        bool refused = result.kind == Comparison::Kind::kRefused;
        fmt::print("seed {}: {}\n{}", seed, refused ? "refused" : "DIFFERENT", result.what);
        std::string small = text, what = result.what;
        if (!refused && options_.shrink) {
            // The same difference, and not just any, as far as its first two words tell.
            std::string same = what.substr(0, what.find(':'));
            auto still = [&](const std::string& candidate) {
                Comparison again = judge(candidate, compare_options);
                return again.kind == Comparison::Kind::kDifferent && again.what.find(same) != std::string::npos;
            };
            small = shrink(text, still, 3000);
            what = judge(small, compare_options).what;
        }
        std::string path = fmt::format("{}/generated-{}.quire", options_.folder, seed);
        std::ofstream file(path);
        file << "// seed " << seed << "\n";
        for (std::size_t i = 0; i < what.size(); i = what.find('\n', i) + 1)
            file << "// " << what.substr(i, what.find('\n', i) - i) << "\n";
        file << small;
        fmt::print("written to {}\n", path);
        std::fflush(stdout);
    }

    GeneratedOptions options_;
    Totals totals_;
    unsigned failures_ = 0;
};

}  // namespace

unsigned compare_generated(const GeneratedOptions& options) { return Campaign(options).run(); }

}  // namespace quire
