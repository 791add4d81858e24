#include "workbench/trials.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <thread>

#include "driver/certify.h"
#include "driver/judge.h"
#include "explain/explain.h"
#include "explore/search.h"
#include "ir/lower.h"

namespace quire {

TrialAnswer Trials::search_one(const TypedProgram& program, const Run& run) const {
    TrialAnswer tried;
    Diagnostics diagnostics;
    Result<TransitionSystem> system = lower_program(program, run.constants, lower_options(engine_, run.memory), diagnostics);
    if (!system.ok()) {
        tried.kind = TrialAnswer::Kind::kUnknown;
        tried.text = "it cannot be lowered";
        return tried;
    }
    SearchOptions search_options = quire::search_options(engine_, cancel_);
    search_options.jobs = 1;
    if (search_options.budget.max_states == Budget::kUnlimited) search_options.budget.max_states = most_states_;
    SearchReport found = search(*system, search_options);
    tried.states = found.statistics.states;
    tried.transitions = found.statistics.transitions;
    tried.sizes = describe_constants(run);
    for (const Finding& finding : found.covered) tried.covered.insert(system->properties[finding.property].name);
    const Finding* shortest = nullptr;
    for (const Finding& finding : found.violations) {
        if (shortest == nullptr || finding.steps < shortest->steps) shortest = &finding;
    }
    if (shortest != nullptr) {
        ReplayedTrace replayed = certify(*system, *shortest, "without a part");
        tried.kind = TrialAnswer::Kind::kFails;
        tried.text = explain_trace(*system, chosen_.spec->sources, *shortest, replayed).headline;
        tried.property = system->properties[shortest->property].name;
        tried.steps = shortest->steps;
        return tried;
    }
    RunReport report;
    report.stop = found.stop;
    report.exhaustive = found.exhaustive();
    report.exhausted = found.exhausted;
    report.too_long = found.too_long;
    report.memory = run.memory;
    tried.text = found.untraced.empty() ? why_inconclusive(report) : "a bug without a trace";
    if (!tried.text.empty()) tried.kind = TrialAnswer::Kind::kUnknown;
    return tried;
}

TrialAnswer Trials::of(const TypedProgram& program) const {
    TrialAnswer all;
    for (const Run& run : runs_) {
        TrialAnswer one;
        try {
            if (cancel_.cancelled()) {
                one.text = "interrupted";
            } else {
                one = search_one(program, run);
            }
        } catch (const std::bad_alloc&) {
            one = {};
            one.text = "memory limit reached";
        }
        if (one.kind == TrialAnswer::Kind::kHolds && !one.text.empty()) one.kind = TrialAnswer::Kind::kUnknown;
        all.states += one.states;
        all.transitions += one.transitions;
        all.covered.insert(one.covered.begin(), one.covered.end());
        if (one.kind == TrialAnswer::Kind::kFails) {
            one.states = all.states;
            return one;
        }
        if (one.kind == TrialAnswer::Kind::kUnknown && all.kind == TrialAnswer::Kind::kHolds) {
            all.kind = one.kind;
            all.text = one.text;
        }
        if (cancel_.cancelled()) break;
    }
    return all;
}

std::vector<Run> runs_asked_for(ChosenSpec& chosen, const SpecChoice& choice) {
    std::vector<Run> runs;
    if (choice.instance.empty() && choice.defines.empty()) {
        RunOptions options;
        options.memory = choice.memory;
        Result<RunPlan> plan = plan_runs(chosen.program(), options, chosen.spec->diagnostics);
        for (std::size_t e = 0; plan.ok() && e < plan->by_expectation.size(); ++e) {
            if (chosen.program().expectations[e].kind != ExpectationKind::kPass) continue;
            for (std::uint32_t run : plan->by_expectation[e]) {
                bool known = std::any_of(runs.begin(), runs.end(), [&](const Run& r) {
                    return r.constants == plan->runs[run].constants && r.memory == plan->runs[run].memory;
                });
                if (!known) runs.push_back(plan->runs[run]);
            }
        }
    }
    if (!runs.empty()) return runs;
    Run run;
    run.memory = chosen.memory;
    run.constants = chosen.values;
    run.shown = chosen.sizes;
    return {run};
}

void for_each_parallel(std::size_t count, unsigned jobs, const std::function<void(std::size_t)>& work) {
    // `next` hands out numbers; nothing else is published by it, and join() comes before the results are read.
    std::atomic<std::size_t> next{0};
    auto some = [&] {
        for (std::size_t n = next.fetch_add(1, std::memory_order_relaxed); n < count;
             n = next.fetch_add(1, std::memory_order_relaxed))
            work(n);
    };
    std::vector<std::thread> threads;
    for (unsigned t = 1; t < jobs && t < count; ++t) threads.emplace_back(some);
    some();
    for (std::thread& thread : threads) thread.join();
}

}  // namespace quire
