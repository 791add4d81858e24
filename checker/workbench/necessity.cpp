#include "workbench/necessity.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <thread>

#include "driver/certify.h"
#include "driver/judge.h"
#include "driver/session.h"
#include "explain/explain.h"
#include "explore/search.h"
#include "ir/lower.h"
#include "report/text_layout.h"
#include "types/expectations.h"
#include "workbench/protocol_parts.h"

namespace quire {

namespace {

// A search of a protocol that was taken apart may be larger than any of the whole.
constexpr std::uint64_t kMostStates = 2'000'000;

struct Tried {
    enum class Kind : std::uint8_t { kHolds, kFails, kUnknown } kind = Kind::kHolds;
    std::string text;  // the bug's first line, or why it is not known
    std::string sizes;
    std::uint32_t steps = 0;
    std::uint64_t states = 0;
};

struct Trial {
    std::vector<const ProtocolPart*> parts;
    Tried answer;
};

class Necessity {
public:
    Necessity(const NecessityOptions& options, const ChosenSpec& chosen, std::vector<Run> runs, Sink& out,
              const CancelToken& cancel)
        : options_(options), chosen_(chosen), runs_(std::move(runs)), out_(out), cancel_(cancel) {}

    int answer();

private:
    Tried try_without(const std::vector<const ProtocolPart*>& parts) const;
    Tried search_one(const TypedProgram& program, const Run& run) const;
    void ask_all(std::vector<Trial>& questions) const;
    std::vector<std::string> what_else(std::size_t part, const std::vector<Trial>& alone, const std::vector<Trial>& pairs,
                                       const std::vector<std::pair<std::size_t, std::size_t>>& which) const;
    void tell(const std::vector<Trial>& alone, const std::vector<Trial>& pairs,
              const std::vector<std::pair<std::size_t, std::size_t>>& which);

    const NecessityOptions& options_;
    const ChosenSpec& chosen_;
    std::vector<Run> runs_;
    Sink& out_;
    const CancelToken& cancel_;
    std::vector<ProtocolPart> parts_;
};

Tried Necessity::search_one(const TypedProgram& program, const Run& run) const {
    Tried tried;
    Diagnostics diagnostics;
    Result<TransitionSystem> system =
        lower_program(program, run.constants, lower_options(options_.engine, run.memory), diagnostics);
    if (!system.ok()) return {Tried::Kind::kUnknown, "it cannot be lowered", "", 0, 0};
    SearchOptions search_options = quire::search_options(options_.engine, cancel_);
    search_options.jobs = 1;
    if (search_options.budget.max_states == Budget::kUnlimited) search_options.budget.max_states = kMostStates;
    SearchReport found = search(*system, search_options);
    tried.states = found.statistics.states;
    tried.sizes = describe_constants(run);
    const Finding* shortest = nullptr;
    for (const Finding& finding : found.violations) {
        if (shortest == nullptr || finding.steps < shortest->steps) shortest = &finding;
    }
    if (shortest != nullptr) {
        ReplayedTrace replayed = certify(*system, *shortest, "without a part");
        tried.kind = Tried::Kind::kFails;
        tried.text = explain_trace(*system, chosen_.spec->sources, *shortest, replayed).headline;
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
    if (!tried.text.empty()) tried.kind = Tried::Kind::kUnknown;
    return tried;
}

// Small sizes first, as they were asked for: the first bug is enough.
Tried Necessity::try_without(const std::vector<const ProtocolPart*>& parts) const {
    const TypedProgram program = parts.empty() ? chosen_.program() : without_parts(chosen_.program(), parts);
    Tried all;
    for (const Run& run : runs_) {
        if (cancel_.cancelled()) return {Tried::Kind::kUnknown, "interrupted", "", 0, 0};
        Tried one;
        try {
            one = search_one(program, run);
        } catch (const std::bad_alloc&) {
            one = {Tried::Kind::kUnknown, "memory limit reached", "", 0, 0};
        }
        all.states += one.states;
        if (one.kind == Tried::Kind::kFails) {
            one.states = all.states;
            return one;
        }
        if (one.kind == Tried::Kind::kUnknown && all.kind == Tried::Kind::kHolds) {
            all.kind = one.kind;
            all.text = one.text;
        }
    }
    return all;
}

// Which thread asks which does not matter: the answers stand where the questions do.
void Necessity::ask_all(std::vector<Trial>& questions) const {
    // `next` hands out numbers; nothing else is published by it, and join() comes before the answers are read.
    std::atomic<std::size_t> next{0};
    auto work = [&] {
        for (std::size_t n = next.fetch_add(1, std::memory_order_relaxed); n < questions.size();
             n = next.fetch_add(1, std::memory_order_relaxed))
            questions[n].answer = try_without(questions[n].parts);
    };
    const unsigned jobs =
        options_.engine.jobs != 0 ? options_.engine.jobs : std::clamp(std::thread::hardware_concurrency(), 1u, 16u);
    std::vector<std::thread> threads;
    for (unsigned t = 1; t < jobs && t < questions.size(); ++t) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
}

// What does the same as a part that is not needed.
std::vector<std::string> Necessity::what_else(std::size_t part, const std::vector<Trial>& alone, const std::vector<Trial>& pairs,
                                              const std::vector<std::pair<std::size_t, std::size_t>>& which) const {
    std::vector<std::string> told;
    for (std::size_t n = 0; n < pairs.size(); ++n) {
        if (which[n].first != part && which[n].second != part) continue;
        if (pairs[n].answer.kind != Tried::Kind::kFails) continue;
        const std::size_t other = which[n].first == part ? which[n].second : which[n].first;
        told.push_back("so does " + parts_[other].text + " (" + parts_[other].place + "); without both: " + pairs[n].answer.text +
                       ", " + count_of(pairs[n].answer.steps, "step"));
    }
    if (!told.empty()) return told;
    // Nothing that could be left out as well: what is needed is enough.
    std::string names;
    for (std::size_t p = 0; p < parts_.size(); ++p) {
        if (alone[p].answer.kind != Tried::Kind::kFails || parts_[p].kind != PartKind::kLock) continue;
        names += (names.empty() ? "" : ", ") + parts_[p].text + " (" + parts_[p].place + ")";
    }
    if (names.empty())
        told.emplace_back("nothing that it does is asked about");
    else
        told.push_back("what is needed is enough: " + names);
    return told;
}

void Necessity::tell(const std::vector<Trial>& alone, const std::vector<Trial>& pairs,
                     const std::vector<std::pair<std::size_t, std::size_t>>& which) {
    std::size_t needed = 0, spare = 0, unknown = 0, locks = 0, locks_needed = 0;
    for (std::size_t p = 0; p < parts_.size(); ++p) {
        const Tried& tried = alone[p].answer;
        const bool fails = tried.kind == Tried::Kind::kFails;
        std::string word = fails ? "needed" : tried.kind == Tried::Kind::kHolds ? "not needed" : "??";
        out_.write("  " + padded(word, 12) + padded(part_name(parts_[p].kind), 8) + printable(parts_[p].text) + "  (" +
                   parts_[p].place + ")\n");
        const std::string indent(14, ' ');
        needed += fails ? 1 : 0;
        locks += parts_[p].kind == PartKind::kLock ? 1 : 0;
        locks_needed += fails && parts_[p].kind == PartKind::kLock ? 1 : 0;
        if (fails) {
            out_.write(indent + printable(tried.text) + "  " + count_of(tried.steps, "step") +
                       (tried.sizes.empty() ? "" : "  " + tried.sizes) + "\n");
        } else if (tried.kind == Tried::Kind::kUnknown) {
            ++unknown;
            out_.write(indent + "INCONCLUSIVE: " + tried.text + " (" + count_of(tried.states, "state") + ")\n");
        } else {
            ++spare;
            for (const std::string& line : what_else(p, alone, pairs, which)) out_.write(indent + printable(line) + "\n");
        }
    }
    out_.write("\n" + count_of(parts_.size(), "part") + ": " + std::to_string(needed) + " needed, " + std::to_string(spare) +
               " not needed at these sizes" + (unknown == 0 ? "" : ", " + std::to_string(unknown) + " undecided") +
               ".  Locks: " + std::to_string(locks_needed) + " of " + std::to_string(locks) + " needed.\n");
}

int Necessity::answer() {
    Tried whole = try_without({});
    out_.write(printable(chosen_.spec->path) + ", variant " + chosen_.program().variant + ": " +
               count_of(runs_.size(), "search") + " each\n\n");
    if (whole.kind == Tried::Kind::kFails) {
        out_.write("  the variant itself fails: " + printable(whole.text) + "\n");
        return kExitNotAsExpected;
    }
    if (whole.kind == Tried::Kind::kUnknown) {
        out_.write("  INCONCLUSIVE: the variant itself: " + whole.text + "\n");
        return kExitInconclusive;
    }
    parts_ = protocol_parts(chosen_.program(), chosen_.spec->sources);
    std::vector<Trial> alone(parts_.size());
    for (std::size_t p = 0; p < parts_.size(); ++p) alone[p].parts = {&parts_[p]};
    ask_all(alone);
    // Of those that can go alone, which pairs cannot?
    std::vector<Trial> pairs;
    std::vector<std::pair<std::size_t, std::size_t>> which;
    for (std::size_t a = 0; a < parts_.size(); ++a) {
        for (std::size_t b = a + 1; b < parts_.size(); ++b) {
            if (alone[a].answer.kind != Tried::Kind::kHolds || alone[b].answer.kind != Tried::Kind::kHolds) continue;
            pairs.push_back({{&parts_[a], &parts_[b]}, {}});
            which.emplace_back(a, b);
        }
    }
    ask_all(pairs);
    tell(alone, pairs, which);
    bool undecided =
        std::any_of(alone.begin(), alone.end(), [](const Trial& q) { return q.answer.kind == Tried::Kind::kUnknown; });
    return undecided ? kExitInconclusive : kExitAsExpected;
}

// What `expect pass` searches; with an instance or -D, that one set of constants.
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

}  // namespace

int necessity(const NecessityOptions& options, FileProvider& files, Sink& out, Sink& err, const CancelToken& cancel) {
    int code = 0;
    std::optional<ChosenSpec> chosen = choose_spec(options.choice, options.engine, options.color, files, err, code);
    if (!chosen) return code;
    std::vector<Run> runs = runs_asked_for(*chosen, options.choice);
    return Necessity(options, *chosen, std::move(runs), out, cancel).answer();
}

}  // namespace quire
