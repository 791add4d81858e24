// Half of the states breadth first, so that small systems are known whole; the other half by walks from anywhere in what is
// known, because facts about where a thread stands are only as good as the places that the sample has seen.  The walks
// use a generator of their own (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014) with a
// fixed seed: every run repeats.
//
// A state that violates an invariant belongs to the sample, but no run goes on from it.
#include "prove/sample.h"

#include <cstdint>
#include <unordered_set>

#include "system/execute.h"

namespace quire::prove {

namespace {

constexpr std::size_t kWalk = 200;  // steps before another place is looked for

struct HashState {
    std::size_t operator()(const std::vector<Value>& state) const {
        std::uint64_t hash = 0xcbf29ce484222325u;
        for (Value v : state) hash = (hash ^ static_cast<std::uint64_t>(v)) * 0x100000001b3u;
        return static_cast<std::size_t>(hash ^ (hash >> 32));
    }
};

class Sampler {
public:
    Sampler(const TransitionSystem& system, const std::function<bool()>& stop) : system_(system), stop_(stop) {}

    Sample run(std::size_t most) {
        for (Successor& start : start_states(system_)) {
            if (start.outcome.kind == OutcomeKind::kDone) add(std::move(start.state));
        }
        std::size_t next = 0;
        for (; next < sample_.states.size() && sample_.states.size() < most / 2 && !stop_(); ++next) {
            for (Successor& s : followers(sample_.states[next])) add(std::move(s.state));
        }
        sample_.whole = next == sample_.states.size();
        if (!sample_.whole) walk(most);
        return std::move(sample_);
    }

private:
    void walk(std::size_t most) {
        // Twice as many steps as states that are wanted: what is left then is not worth the search.
        for (std::size_t steps = 0; steps < 2 * most && sample_.states.size() < most && !stop_();) {
            std::vector<Value> state = sample_.states[random() % sample_.states.size()];
            for (std::size_t n = 0; n < kWalk && sample_.states.size() < most; ++n, ++steps) {
                std::vector<Successor> next = followers(state);
                if (next.empty()) break;
                state = std::move(next[random() % next.size()].state);
                add(state);
            }
            ++steps;
        }
    }

    std::vector<Successor> followers(const std::vector<Value>& state) {
        for (const SystemProperty& p : system_.properties) {
            if (p.kind == SystemPropertyKind::kInvariant && p.enabled && !holds(system_, p, state)) return {};
        }
        std::vector<Successor> next;
        for (Successor& s : successors(system_, state)) {
            if (s.outcome.kind == OutcomeKind::kDone) next.push_back(std::move(s));
        }
        return next;
    }

    void add(std::vector<Value> state) {
        if (known_.insert(state).second) sample_.states.push_back(std::move(state));
    }

    std::uint64_t random() {
        std::uint64_t z = (seed_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    const TransitionSystem& system_;
    const std::function<bool()>& stop_;
    Sample sample_;
    std::unordered_set<std::vector<Value>, HashState> known_;
    std::uint64_t seed_ = 1;
};

}  // namespace

Sample sample_states(const TransitionSystem& system, std::size_t most, const std::function<bool()>& stop) {
    return Sampler(system, stop).run(most);
}

}  // namespace quire::prove
