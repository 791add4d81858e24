// What becomes of a variant that was changed: everything that its expectations ask of it is searched again.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "driver/search_run.h"
#include "types/expectations.h"
#include "workbench/spec_choice.h"

namespace quire {

struct TrialAnswer {
    enum class Kind : std::uint8_t { kHolds, kFails, kUnknown } kind = Kind::kHolds;
    std::string text;      // the bug's first line, or why it is not known
    std::string property;  // which one fails
    std::string sizes;
    std::uint32_t steps = 0;
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    std::set<std::string> covered;  // if it holds
};

// Of the constants and the memory model that the command line gives, or what `expect pass` searches.
std::vector<Run> runs_asked_for(ChosenSpec& chosen, const SpecChoice& choice);

class Trials {
public:
    Trials(const ChosenSpec& chosen, std::vector<Run> runs, const EngineOptions& engine, std::uint64_t most_states,
           const CancelToken& cancel)
        : chosen_(chosen), runs_(std::move(runs)), engine_(engine), most_states_(most_states), cancel_(cancel) {}

    const std::vector<Run>& runs() const { return runs_; }
    // Small sizes first, as they were asked for: the first bug is enough.
    TrialAnswer of(const TypedProgram& program) const;

private:
    TrialAnswer search_one(const TypedProgram& program, const Run& run) const;

    const ChosenSpec& chosen_;
    std::vector<Run> runs_;
    const EngineOptions& engine_;
    std::uint64_t most_states_;
    const CancelToken& cancel_;
};

// work(n) for every n below `count`, `jobs` at a time.  Which thread does which does not matter if the results stand where
// the questions do.
void for_each_parallel(std::size_t count, unsigned jobs, const std::function<void(std::size_t)>& work);

}  // namespace quire
