// The largest inductive part of what was guessed, and whether it is enough.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "prove/counting_facts.h"

namespace quire::prove {

struct KeeperOptions {
    std::uint32_t resource_limit = 4'000'000;  // of Z3, for one query
    std::uint64_t most_queries = 20'000;
    std::function<bool()> stop;
};

// What does not follow: a failure that some state allows, or a property that is false in one.
struct OpenObligation {
    std::string name;
    PropertyNumber property = kNone;
    std::uint32_t site = kNone;
    LocalNumber from = kNone;  // of a failure
    bool undecided = false;
    std::optional<CountingState> state;  // in which it fails, perhaps none that is reached; the parameters are in it
};

struct DroppedFact {
    std::size_t fact = 0;
    std::size_t step = SIZE_MAX;  // that loses it; none: a start
    bool undecided = false;
};

struct KeeperResult {
    std::vector<char> kept;  // by fact
    std::vector<DroppedFact> dropped;
    std::vector<OpenObligation> open;
    std::vector<std::size_t> needed;  // nothing is open: facts that are inductive together and enough
    std::uint64_t queries = 0;
    bool stopped = false;
    bool proved() const { return open.empty() && !stopped; }
};

KeeperResult keep_inductive(CountingSystem& system, const std::vector<CountingFact>& facts, const KeeperOptions& options);

// The smallest state (in the number of threads) in which all of `assumed` and `formula` hold, and from which `step` loses
// `formula`; nothing if there is none or none is found within the limit.
std::optional<CountingState> smallest_loss(CountingSystem& system, const std::vector<NodeId>& assumed, NodeId formula,
                                           const CountingStep& step, const KeeperOptions& options);

}  // namespace quire::prove
