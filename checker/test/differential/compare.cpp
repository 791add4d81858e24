#include "compare.h"

#include <chrono>

#include <fmt/format.h>

#include "alike.h"
#include "driver/compare_reports.h"
#include "driver/registry.h"
#include "explore/search.h"
#include "prove/discharge.h"
#include "reference/explore.h"
#include "support/invariant.h"

namespace quire {

namespace {

using Lengths = std::map<std::string, std::uint32_t>;

Answers ask_naive(const TypedProgram& program, const ConstantValues& constants, std::uint64_t max_states) {
    ReferenceLimits limits;
    limits.max_states = max_states;
    ReferenceResult found = explore_naively(program, constants, limits);
    Answers answers;
    answers.violations = std::move(found.violations);
    answers.covers = std::move(found.covers);
    answers.assumed = found.assumed_away != 0;
    answers.exhausted = found.exhausted;
    answers.complete = found.complete;
    answers.states = found.states;
    answers.transitions = found.transitions;
    return answers;
}

LowerOptions lower_options(unsigned passes_off) {
    LowerOptions options;
    unsigned bit = 0;
    for (const PassEntry& pass : lowering_passes()) options.*pass.enabled = (passes_off >> bit++ & 1) == 0;
    return options;
}

Answers answers_of(const TransitionSystem& system, const SearchReport& report) {
    Answers answers;
    for (const Finding& f : report.violations) answers.violations.emplace(system.properties[f.property].name, f.steps);
    for (const Finding& f : report.covered) answers.covers.emplace(system.properties[f.property].name, f.steps);
    answers.assumed = report.assumed_away != 0;
    answers.exhausted = report.exhausted != 0;
    answers.complete = report.stop == StopReason::kComplete && report.too_long == 0;
    answers.states = report.statistics.states;
    answers.transitions = report.statistics.transitions;
    return answers;
}

std::string length_of(const Lengths& lengths, const std::string& name) {
    auto found = lengths.find(name);
    return found == lengths.end() ? "no" : fmt::format("in {} steps", found->second);
}

void compare_lengths(const char* what, const Lengths& naive, const Lengths& engine, const std::string& who, std::string& out) {
    Lengths names = naive;
    names.insert(engine.begin(), engine.end());
    for (const auto& [name, ignored] : names) {
        std::string a = length_of(naive, name), b = length_of(engine, name);
        if (a != b) out += fmt::format("{} {}: naive {}, engine {} ({})\n", what, name, a, b, who);
    }
}

void compare_flag(const char* what, bool naive, bool engine, const std::string& who, std::string& out) {
    if (naive != engine) out += fmt::format("{}: naive {}, engine {} ({})\n", what, naive, engine, who);
}

void replay_all(const TransitionSystem& system, const std::vector<Finding>& findings, const std::string& who, std::string& out) {
    for (const Finding& finding : findings) {
        ReplayedTrace replayed = replay(system, finding.trace);
        const std::string& name = system.properties[finding.property].name;
        if (!replayed.ok) out += fmt::format("trace of {} does not replay: {} ({})\n", name, replayed.why_not, who);
        if (finding.trace.steps.size() != finding.steps)
            out += fmt::format("trace of {} is not as long as it says ({})\n", name, who);
    }
}

// The same with what is alike taken to be the same: everything but the counts, the number of context switches included.
void compare_symmetric(const TransitionSystem& system, const SearchReport& full, const std::string& passes,
                       const CompareOptions& options, Comparison& result) {
    result.what += check_alike(system, 2000);
    if (!result.what.empty()) return;
    SearchOptions search_options;
    search_options.symmetry = true;
    SearchReport report = search(system, search_options);
    std::string who = passes + ", symmetry";
    const Answers here = answers_of(system, report);
    const Answers there = answers_of(system, full);
    compare_lengths("violation", there.violations, here.violations, who, result.what);
    compare_lengths("cover", there.covers, here.covers, who, result.what);
    compare_flag("assumed away", there.assumed, here.assumed, who, result.what);
    compare_flag("exhausted", there.exhausted, here.exhausted, who, result.what);
    auto switches = [&](const std::vector<Finding>& a, const std::vector<Finding>& b) {
        for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
            if (a[i].switches == b[i].switches || !a[i].fewest_switches || !b[i].fewest_switches) continue;
            result.what += fmt::format("{}: {} switches, with symmetry {} ({})\n", system.properties[a[i].property].name,
                                       a[i].switches, b[i].switches, who);
        }
    };
    switches(full.violations, report.violations);
    switches(full.covered, report.covered);
    if (report.executed_sites != full.executed_sites) result.what += "other statements were executed (" + who + ")\n";
    if (report.statistics.states > full.statistics.states) result.what += "more states than without (" + who + ")\n";
    if (options.replay) {
        replay_all(system, report.violations, who, result.what);
        replay_all(system, report.covered, who, result.what);
    }
    if (!report.symmetry.families.empty()) ++result.symmetric;
    result.orbits += report.statistics.states;
    result.states_without += full.statistics.states;
}

// The same with what commutes followed in one order only: everything but the counts, and the statements that were executed.
void compare_reduced(const TransitionSystem& system, const SearchReport& full, bool symmetry, const std::string& passes,
                     const CompareOptions& options, Comparison& result) {
    SearchOptions search_options;
    search_options.symmetry = symmetry;
    search_options.partial_order = true;
    search_options.partial_order_from = 0;
    SearchReport report = search(system, search_options);
    std::string who = passes + ", partial order" + (symmetry ? " and symmetry" : "");
    std::string difference = compare_reports(system, report, full);
    if (!difference.empty()) result.what += fmt::format("reduction: {} ({})\n", difference, who);
    if (options.replay) {
        replay_all(system, report.violations, who, result.what);
        replay_all(system, report.covered, who, result.what);
    }
    if (symmetry) return;
    if (report.partial_order.left_out > 0) ++result.reduced;
    result.states_left += report.statistics.states;
    result.states_full += full.statistics.states;
}

// By machine code, with everything else as in the search that was compared already.
void compare_native(const TransitionSystem& system, const SearchReport& report, SearchOptions options, const std::string& passes,
                    std::string& what) {
    options.long_from = 0;
    options.native_from = 0;
    const SearchReport native = search(system, options);
    const std::string who = passes + ", native";
    if (answers_of(system, native) != answers_of(system, report)) what += fmt::format("another answer ({})\n", who);
    if (native.executed_sites != report.executed_sites) what += fmt::format("other statements executed ({})\n", who);
    if (native.statistics.states != report.statistics.states || native.statistics.transitions != report.statistics.transitions) {
        what += fmt::format("counts: {} states and {} transitions, and {} and {} ({})\n", report.statistics.states,
                            report.statistics.transitions, native.statistics.states, native.statistics.transitions, who);
    }
}

void compare_search(const TransitionSystem& system, bool plain, unsigned off, const std::string& passes,
                    const CompareOptions& options, Comparison& result, std::vector<PropertyNumber> discharged = {}) {
    const bool every_pass_off = off == all_passes();
    const bool more = options.whole || every_pass_off || off == 0;
    SearchOptions search_options;
    search_options.discharged = std::move(discharged);
    // A pass that is off may tell states apart that the naive explorer does not.
    search_options.budget.max_states = options.max_states * 16;
    search_options.plain_successors = plain;
    SearchReport report = search(system, search_options);
    std::string who = passes + (plain ? ", evaluated" : "");
    Answers engine = answers_of(system, report);
    const Answers& naive = result.naive;
    compare_lengths("violation", naive.violations, engine.violations, who, result.what);
    compare_lengths("cover", naive.covers, engine.covers, who, result.what);
    // An Outcome does not tell what an assumption ended from what an allowed check did.
    if (!plain) compare_flag("assumed away", naive.assumed, engine.assumed, who, result.what);
    compare_flag("exhausted", naive.exhausted, engine.exhausted, who, result.what);
    compare_flag("complete", naive.complete, engine.complete, who, result.what);
    if (options.replay) {
        replay_all(system, report.violations, who, result.what);
        replay_all(system, report.covered, who, result.what);
    }
    if (!plain && more) {
        compare_native(system, report, search_options, passes, result.what);
        compare_symmetric(system, report, passes, options, result);
        for (bool symmetry : {false, true}) compare_reduced(system, report, symmetry, passes, options, result);
    }
    bool count = options.counts && every_pass_off && !plain;
    if (count && (naive.states != engine.states || naive.transitions != engine.transitions)) {
        result.what += fmt::format("counts: naive {} states and {} transitions, engine {} and {} ({})\n", naive.states,
                                   naive.transitions, engine.states, engine.transitions, who);
    }
}

// What is proved is never violated, and not evaluating it changes nothing.
void compare_discharged(const TransitionSystem& system, const CompareOptions& options, Comparison& result) {
    std::vector<PropertyNumber> proved;
    // What is proved by then is compared, and what takes longer is not: which it is changes nothing of what is asked here.
    DischargeOptions wanted;
    wanted.budget.deadline = std::chrono::steady_clock::now() + options.discharge_time;
    for (const DischargedInvariant& one : discharge(system, wanted).invariants) {
        ++result.invariants;
        if (!one.inductive) continue;
        ++result.proved;
        proved.push_back(one.property);
        const std::string& name = system.properties[one.property].name;
        if (result.naive.violations.count(name) != 0)
            result.what += fmt::format("violation {}: naive yes, proved by induction\n", name);
    }
    if (!proved.empty()) compare_search(system, false, 0, "discharged", options, result, std::move(proved));
}

}  // namespace

unsigned all_passes() { return (1u << lowering_passes().size()) - 1; }

std::string passes_text(unsigned off) {
    if (off == 0) return "all passes";
    if (off == all_passes()) return "no pass";
    std::string text;
    unsigned bit = 0;
    for (const PassEntry& pass : lowering_passes()) {
        if ((off >> bit++ & 1) != 0) text += (text.empty() ? "no " : ", no ") + std::string(pass.name);
    }
    return text;
}

namespace {

void compare_all(const TypedProgram& program, const ConstantValues& constants, const CompareOptions& options,
                 Comparison& result) {
    result.naive = ask_naive(program, constants, options.max_states);
    if (!result.naive.complete) {
        result.kind = Comparison::Kind::kTooLarge;
        return;
    }
    for (unsigned off : options.passes_off) {
        Diagnostics diagnostics;
        Result<TransitionSystem> system = lower_program(program, constants, lower_options(off), diagnostics);
        if (!system.ok()) {
            result.kind = Comparison::Kind::kRefused;
            result.what = diagnostics.in_order().empty() ? "without a word" : diagnostics.in_order().front().message;
            return;
        }
        compare_search(*system, false, off, passes_text(off), options, result);
        if (off == 0 && options.discharge) compare_discharged(*system, options, result);
        const bool plain = options.plain_successors && (options.whole || off == 0 || off == all_passes());
        if (plain) compare_search(*system, true, off, passes_text(off), options, result);
    }
    if (!result.what.empty()) result.kind = Comparison::Kind::kDifferent;
}

}  // namespace

Comparison compare(const TypedProgram& program, const ConstantValues& constants, const CompareOptions& options) {
    Comparison result;
    try {
        compare_all(program, constants, options, result);
    } catch (const InternalError& error) {
        result.kind = Comparison::Kind::kDifferent;
        result.what = fmt::format("internal error: {}\n", error.what());
    }
    return result;
}

}  // namespace quire
