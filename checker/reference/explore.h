// The naive explorer: what a typed program means, executed without any idea of how to do it fast.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reference/machine.h"
#include "reference/state.h"
#include "types/typed_program.h"

namespace quire {

struct ReferenceLimits {
    std::uint64_t max_states = 1'000'000;
    std::uint32_t max_steps = std::numeric_limits<std::uint32_t>::max();
};

struct ReferenceResult {
    std::uint64_t states = 0;                         // different ones, violating ones included
    std::uint64_t transitions = 0;                    // (state, thread, choices) that lead to a state
    std::map<std::string, std::uint32_t> violations;  // property or built-in check -> length of a shortest run to it
    std::map<std::string, std::uint32_t> covers;      // likewise
    std::uint64_t assumed_away = 0;                   // ways that met a false assume
    bool exhausted = false;                           // some run ended because a pool, a role or a list was too small
    bool complete = true;                             // no limit was met
};

ReferenceResult explore_naively(const TypedProgram& program, const ConstantValues& constants, const ReferenceLimits& limits = {});

// The same one step at a time, for comparisons and for the curious.
struct ReferenceStep {
    std::uint32_t thread = 0;  // from 1; 0: the start
    reference::StepEnd end = reference::StepEnd::kMoved;
    reference::State state;  // kMoved
    std::string failure;     // kFailed: the check
    SourceSpan span;
    std::vector<CoverId> covers;
};

class ReferenceSteps {
public:
    ReferenceSteps(const TypedProgram& program, const ConstantValues& constants);

    // One for each way through the initialisers and init blocks.
    std::vector<ReferenceStep> starts() const;
    // One for each enabled thread and each way through its step; those that are blocked are left out.
    std::vector<ReferenceStep> steps(const reference::State& state) const;
    // A property in a state: false where it cannot be evaluated, nothing where that takes too long.  `before` and
    // `acting` are those of a step.
    std::optional<bool> holds(ExpressionId condition, const reference::State& state, const reference::State* before = nullptr,
                              std::uint32_t acting = 0) const;

    std::string print(const reference::State& state) const { return reference::describe(layout_, state); }
    const reference::Layout& layout() const { return layout_; }

private:
    reference::State blank() const;
    ReferenceStep start_along(reference::ChoiceTape& tape) const;

    reference::Layout layout_;
};

}  // namespace quire
