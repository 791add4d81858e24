// Some random walks, to see how large values get.  Breadth would see the small values only: what a counter reaches, it
// reaches deep.  Nothing but the widths of fields depends on the result.
#include "explore/probe.h"

#include <algorithm>

#include "explore/successor_generator.h"

namespace quire::explore {

namespace {

constexpr unsigned kWalks = 8;
constexpr unsigned kSteps = 96;
constexpr std::size_t kMostStarts = 256;
constexpr std::uint64_t kMostWaysPerStep = 256;

// S. Vigna's splitmix64 (2015).
class Random {
public:
    std::uint64_t below(std::uint64_t n) {
        state_ += 0x9e3779b97f4a7c15ull;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        return (z ^ (z >> 31)) % n;
    }

private:
    std::uint64_t state_ = 20240229;
};

class ProbeSink : public NullSink {
public:
    ProbeSink(SuccessorGenerator& generator, std::vector<ObservedRange>& seen, Random& random)
        : generator_(generator), seen_(seen), random_(random) {}

    bool stopped() const { return tried_ >= kMostWaysPerStep; }
    void on_way() { ++tried_; }
    void on_state(const std::uint64_t*) {
        ++ways_;
        for (const Interpreter::Write& write : generator_.writes()) {
            Value value = generator_.cells()[write.address];
            ObservedRange& range = seen_[write.address];
            range.lo = std::min(range.lo, value);
            range.hi = std::max(range.hi, value);
        }
        // Each way is the one taken with the same probability.
        if (random_.below(ways_) == 0) next_.assign(generator_.cells().begin(), generator_.cells().end());
    }
    bool moved() const { return ways_ > 0; }
    const std::vector<Value>& next() const { return next_; }

private:
    SuccessorGenerator& generator_;
    std::vector<ObservedRange>& seen_;
    Random& random_;
    std::uint64_t tried_ = 0;
    std::uint64_t ways_ = 0;  // that lead to a state
    std::vector<Value> next_;
};

class StartSink : public NullSink {
public:
    explicit StartSink(SuccessorGenerator& generator) : generator_(generator) {}
    bool stopped() const { return tried_ >= kMostStarts; }
    void on_way() { ++tried_; }
    void on_state(const std::uint64_t*) { starts.emplace_back(generator_.cells().begin(), generator_.cells().end()); }

    std::vector<std::vector<Value>> starts;

private:
    SuccessorGenerator& generator_;
    std::size_t tried_ = 0;
};

}  // namespace

std::vector<ObservedRange> probe(const TransitionSystem& system, const Bytecode& code, bool plain) {
    SuccessorGenerator generator(system, code, plain);
    StartSink start(generator);
    generator.start<0>(start);
    std::vector<ObservedRange> seen;
    for (Address a = 0; a < system.cell_count(); ++a) {
        bool none = start.starts.empty();
        ObservedRange range{none ? system.initial[a] : start.starts[0][a], none ? system.initial[a] : start.starts[0][a]};
        for (const std::vector<Value>& state : start.starts) {
            range.lo = std::min(range.lo, state[a]);
            range.hi = std::max(range.hi, state[a]);
        }
        seen.push_back(range);
    }
    if (start.starts.empty()) return seen;
    Random random;
    for (unsigned walk = 0; walk < kWalks; ++walk) {
        std::vector<Value> state = start.starts[random.below(start.starts.size())];
        for (unsigned step = 0; step < kSteps; ++step) {
            generator.load_cells(state);
            ProbeSink sink(generator, seen, random);
            generator.expand<0>(sink);
            if (!sink.moved()) break;
            state = sink.next();
        }
    }
    return seen;
}

}  // namespace quire::explore
