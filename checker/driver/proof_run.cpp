#include "driver/proof_run.h"

#include <algorithm>
#include <chrono>
#include <new>

#include <spdlog/spdlog.h>

#include "driver/invariant_text.h"
#include "driver/registry.h"
#include "driver/template_instance.h"
#include "driver/trace_store.h"
#include "explain/code_place.h"
#include "explore/search.h"
#include "ir/lower.h"
#include "prove/any_number.h"
#include "prove/counting_certificate.h"
#include "report/text_layout.h"
#include "support/cpu_time.h"
#include "types/check.h"
#include "types/expectations.h"

namespace quire {

namespace {

using namespace prove;

constexpr std::size_t kWidth = 92;

// " (spec.quire:12)"
std::string place_of(const SourceManager& sources, SourceSpan span) {
    span = sources.outermost(span);
    if (!span.valid()) return {};
    return " (" + sources.display_path(span.file) + ":" + std::to_string(sources.start(span).line) + ")";
}

std::string place_of(const TransitionSystem* system, const SourceManager& sources, const Refusal& refusal) {
    if (refusal.span.valid()) return place_of(sources, refusal.span);
    if (refusal.site == kNone || system == nullptr) return {};
    CodePlace place = code_place(*system, sources, refusal.site);
    return place.user.line == 0 ? ""
                                : " (" + place.user.file + ":" + std::to_string(place.user.line) + ": " + place.user.text + ")";
}

constexpr std::string_view kLemma = "lemma ";

// A lemma is an invariant to a proof: it may be built on as far as it is proved.
TypedProgram with_lemmas(TypedProgram program) {
    program.properties.insert(program.properties.end(), program.lemmas.begin(), program.lemmas.end());
    return program;
}

// The lowering checks these against their ends as they are written, and leaves room for all of the underlying type.
TypedProgram with_open_ranges(TypedProgram program, const std::vector<TypeId>& open) {
    for (TypeId id : open) program.types[id.index()].has_range = false;
    return program;
}

// "N = 2, M = 0"
std::string numbers_text(const TypedProgram& program, const std::vector<ConstantId>& any, const std::vector<Value>& numbers) {
    std::string out;
    for (std::size_t p = 0; p < any.size() && p < numbers.size(); ++p)
        out += (out.empty() ? "" : ", ") + program[any[p]].name + " = " + std::to_string(numbers[p]);
    return out;
}

std::string names_of(const TypedProgram& program, const std::vector<ConstantId>& any) {
    std::string out;
    for (ConstantId c : any) out += (out.empty() ? "" : ", ") + program[c].name;
    return out;
}

bool some_open(const SystemParameters& parameters) {
    return std::count(parameters.of_threads.begin(), parameters.of_threads.end(), 0) > 0;
}

}  // namespace

RunReport ProofRunner::empty_report(const PlannedRun& planned, const std::vector<ConstantId>& any) const {
    const TypedProgram& program = spec_.programs[planned.variant];
    RunReport report = report_of(spec_, planned);
    report.is_proof = true;
    for (std::size_t i = 0; i < program.constants.size(); ++i) {
        bool free = std::find(any.begin(), any.end(), ConstantId{i}) != any.end();
        if (!free && program.constants[i].span.file == spec_.spec.file)
            report.constants.emplace_back(program.constants[i].name, planned.values[i]);
    }
    return report;
}

// The constants of the run with these numbers of threads; what is not given follows from them.
std::optional<ConstantValues> ProofRunner::with(const PlannedRun& planned, const std::vector<ConstantId>& any,
                                                const std::vector<Value>& numbers) {
    const TypedProgram& program = spec_.programs[planned.variant];
    std::vector<GivenConstant> given;
    for (const auto& [name, value] : planned.sizes) {
        for (std::size_t i = 0; i < program.constants.size(); ++i) {
            if (program.constants[i].name == name) given.push_back({ConstantId{i}, {}, value});
        }
    }
    for (std::size_t p = 0; p < any.size(); ++p) given.push_back({any[p], {}, numbers[p]});
    Diagnostics unheard;
    Result<ConstantValues> values = constant_values(program, given, unheard);
    if (!values.ok() || !check_instance(program, *values, unheard)) return std::nullopt;
    return *values;
}

std::optional<TransitionSystem> ProofRunner::lowered(const PlannedRun& planned, const ConstantValues& values,
                                                     const std::vector<TypeId>& open_ranges, std::string& problem) {
    LowerOptions options = lower_options(options_, planned.memory);
    options.infer_ranges = false;
    options.initialisers_at_start = true;
    options.mark_quantified_threads = true;
    options.wait_for_all_at_once = true;
    Diagnostics diagnostics;
    Result<TransitionSystem> system =
        lower_program(with_open_ranges(with_lemmas(spec_.programs[planned.variant]), open_ranges), values, options, diagnostics);
    if (system.ok()) return std::move(*system);
    problem = diagnostics.empty() ? "it cannot be lowered" : diagnostics.sorted()[0].message;
    return std::nullopt;
}

ProofOutcome ProofRunner::run(PlannedRun planned, const std::vector<ConstantId>& any, const std::vector<ConstantId>& fixed) {
    // The run may be another expectation's, too, which gave other constants these values.
    planned.sizes.clear();
    for (ConstantId c : fixed) planned.sizes.emplace_back(spec_.programs[planned.variant][c].name, planned.values[c.index()]);
    ProofOutcome outcome;
    outcome.run = empty_report(planned, any);
    const double begin = thread_cpu_seconds();
    auto refuse = [&](const std::string& why) {
        outcome.kind = ProofOutcome::Kind::kRefused;
        outcome.reason = "outside of what can be proved for any number of threads: " + why;
        return outcome;
    };
    const TypedProgram& program = spec_.programs[planned.variant];
    if (planned.memory != "sc") return refuse("memory model " + planned.memory);
    TemplateInstance shape = template_instance(program, any, planned.values, planned.sizes);
    if (!shape.refusal.empty()) return refuse(shape.refusal + place_of(spec_.sources, shape.span));
    std::optional<TransitionSystem> systems[2];
    for (Value more : {Value{0}, Value{1}}) {
        std::string problem =
            "the constants make no sense with " + std::to_string(kTemplateThreads + more) + " threads of each role";
        std::optional<ConstantValues> values = with(planned, any, std::vector<Value>(any.size(), kTemplateThreads + more));
        if (values) systems[more] = lowered(planned, *values, shape.open_ranges, problem);
        if (!systems[more]) return refuse(problem);
        for (std::size_t r = 0; r < systems[more]->roles.size(); ++r) {
            const ThreadRole& role = systems[more]->roles[r];
            if (shape.parameters.role_counts[r] && role.count < kTemplateThreads)
                return refuse("there are fewer '" + role.name + "' than the constant says" + place_of(spec_.sources, role.span));
        }
        if (any.empty()) break;
    }
    AnyNumberQuestion question;
    question.system = &*systems[0];
    question.larger = systems[1] ? &*systems[1] : nullptr;
    question.parameters = shape.parameters;
    auto deadline = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                                           std::chrono::duration<double>(options_.timeout_seconds));
    question.stop = [&] {
        return cancel_.cancelled() || (options_.timeout_seconds > 0 && std::chrono::steady_clock::now() > deadline);
    };
    AnyNumberReport report = prove_any_number(question);
    const TransitionSystem& system = *systems[0];
    outcome.run.statistics.cpu_seconds = thread_cpu_seconds() - begin;
    switch (report.answer) {
        case AnyNumberAnswer::kProved: {
            const FewThreads few = search_few(planned, any);
            if (!few.problem.empty()) {
                outcome.kind = few.look ? ProofOutcome::Kind::kBug : ProofOutcome::Kind::kNotProved;
                outcome.reason = few.problem;
                outcome.look = few.look;
                return outcome;
            }
            outcome.kind = ProofOutcome::Kind::kProved;
            std::string what = std::to_string(report.counting.steps.size()) + " steps of one thread, " +
                               std::to_string(report.queries) + " queries, checked again in a fresh context";
            outcome.run.proofs.push_back(
                (any.empty() ? "proved: "
                             : "proved for every " + names_of(program, any) + ", up to 2^22 threads in all" +
                                   (some_open(shape.parameters) ? " and 2^30 of what is no number of threads: " : ": ")) +
                what);
            if (!any.empty())
                outcome.run.proofs.push_back("  with fewer than " + std::to_string(kTemplateThreads) +
                                             " of each: searched, too; nothing was violated");
            std::string names;
            for (const std::string& name : report.counting.proved_properties) names += (names.empty() ? "" : " ") + name;
            for (const std::string& line : wrapped("  of: " + names, kWidth, "      ")) outcome.run.proofs.push_back(line);
            outcome.run.proofs.push_back(
                "  one inductive invariant (true at the start, kept by every step, implies every property):");
            for (const std::string& line : invariant_lines(report, system, spec_.sources, kWidth - 4))
                outcome.run.proofs.push_back("    " + line);
            std::vector<std::string> title{"quire " + options_.version + ": " + spec_.path + ", variant " + program.variant +
                                               (any.empty() ? "" : ", for any " + names_of(program, any)),
                                           "spec " + spec_.hash, "proved: " + names};
            keep_certificate(planned, certificate_text(report.counting, report.facts, title), outcome.run);
            return outcome;
        }
        case AnyNumberAnswer::kStopped:
            outcome.kind = ProofOutcome::Kind::kStopped;
            outcome.reason = cancel_.cancelled() ? "interrupted" : "time limit reached";
            return outcome;
        case AnyNumberAnswer::kRefused: return refuse(report.refusal.reason + place_of(&system, spec_.sources, report.refusal));
        case AnyNumberAnswer::kViolated: {
            if (report.bug->property.rfind(kLemma, 0) == 0) {
                // Nothing that the spec asks for is violated.
                const std::string numbers = numbers_text(program, any, report.bug->parameters);
                outcome.kind = ProofOutcome::Kind::kNotProved;
                outcome.reason = "not proved: " + report.bug->property + " is false in a state that is reached" +
                                 (numbers.empty() ? "" : " with " + numbers);
                return outcome;
            }
            outcome.kind = ProofOutcome::Kind::kBug;
            outcome.reason = "violated: " + report.bug->property;
            std::optional<ConstantValues> values = with(planned, any, report.bug->parameters);
            if (!values) break;
            outcome.look = search_with(planned, any, report.bug->parameters, *values);
            return outcome;
        }
        case AnyNumberAnswer::kNotProved: break;
    }
    outcome.kind = ProofOutcome::Kind::kNotProved;
    outcome.reason = "not proved";
    std::string open;
    for (const OpenObligation& one : report.open) {
        if (open.find(one.name) == std::string::npos) open += (open.empty() ? "" : ", ") + one.name;
    }
    if (!open.empty()) outcome.reason += ": " + open + (report.open[0].undecided ? " (the limit of one query was reached)" : "");
    auto say = [&](const std::string& text) {
        for (const std::string& line : wrapped(text, kWidth, "    ")) outcome.run.proofs.push_back(line);
    };
    say("this is no bug: nothing was found with " + (any.empty() ? std::string("these") : std::string("few")) +
        " threads, and no invariant that is strong enough");
    std::size_t shown = 0;
    for (const AnyNumberReport::Loss& loss : report.losses) {
        if (++shown > 3) break;
        const CountingStep& step = report.counting.steps[loss.step];
        say("lost: " + fact_text(report, system, spec_.sources, loss.fact));
        say("  by a step of " + place_text(report, system, spec_.sources, step.from) + " to " +
            place_text(report, system, spec_.sources, step.to) +
            ", in a state that may never be reached: " + state_text(report, system, spec_.sources, loss.state));
    }
    return outcome;
}

// The ordinary search with these numbers of threads.
PlannedRun ProofRunner::search_with(const PlannedRun& planned, const std::vector<ConstantId>& any,
                                    const std::vector<Value>& numbers, const ConstantValues& values) const {
    const TypedProgram& program = spec_.programs[planned.variant];
    PlannedRun look = planned;
    look.values = values;
    for (std::size_t p = 0; p < any.size(); ++p) {
        std::erase_if(look.sizes, [&](const auto& one) { return one.first == program[any[p]].name; });
        look.sizes.emplace_back(program[any[p]].name, numbers[p]);
    }
    look.instance = look.sizes.empty() ? "base" : sizes_text(look.sizes, ",");
    return look;
}

// The proof is of every number of threads, read off instances with a few of each role.  What smaller instances say is asked of
// them directly, all of their interleavings: should it be anything else, the proof is not believed.
ProofRunner::FewThreads ProofRunner::search_few(const PlannedRun& planned, const std::vector<ConstantId>& any) {
    constexpr std::uint64_t kMostStates = 2'000'000;
    const TypedProgram& program = spec_.programs[planned.variant];
    std::vector<std::vector<Value>> vectors{{}};
    for (std::size_t p = 0; p < any.size(); ++p) {
        std::vector<std::vector<Value>> longer;
        for (const std::vector<Value>& v : vectors) {
            for (Value value = 0; value < kTemplateThreads; ++value) {
                longer.push_back(v);
                longer.back().push_back(value);
            }
        }
        vectors = std::move(longer);
    }
    if (any.empty()) return {};
    for (const std::vector<Value>& numbers : vectors) {
        std::optional<ConstantValues> values = with(planned, any, numbers);
        if (!values) continue;  // no instance of the spec
        Diagnostics unheard;
        Result<TransitionSystem> system = lower_program(program, *values, lower_options(options_, planned.memory), unheard);
        if (!system.ok()) return {"with few threads it cannot be lowered", std::nullopt};
        SearchOptions options = search_options(options_, cancel_);
        options.budget.max_states = std::min(options.budget.max_states, kMostStates);
        options.fingerprints = false;  // a proof leaves nothing to chance
        const SearchReport report = search(*system, options);
        if (report.violations.empty() && report.exhaustive()) continue;
        FewThreads found;
        if (report.violations.empty()) {
            found.problem = "proved for many threads, and not searched to the end with few";
            return found;
        }
        found.problem = "violated: " + system->properties[report.violations[0].property].name;
        found.look = search_with(planned, any, numbers, *values);
        return found;
    }
    return {};
}

void ProofRunner::keep_certificate(const PlannedRun& planned, const std::string& text, RunReport& report) {
    if (options_.certificate_directory.empty()) return;
    std::string path = trace_path(options_.certificate_directory, spec_.path, report.variant, planned.instance + "-any", "proof");
    std::size_t dot = path.rfind(".itf.json");
    if (dot != std::string::npos) path.erase(dot);
    path += ".smt2";
    // Z3's command takes a name with `=` in it for an option.
    std::replace(path.begin(), path.end(), '=', '-');
    std::string problem = write_file(path, text);
    if (problem.empty()) {
        report.certificate = path;
        report.proofs.push_back("  certificate: " + path + "  (re-check: quire verify-proof, z3 or cvc5 --incremental)");
    } else {
        report.proofs.push_back("  the certificate is not kept: '" + path + "' cannot be written (" + problem + ")");
    }
}

}  // namespace quire
