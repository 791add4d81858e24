#include "driver/scenario_run.h"

#include <algorithm>
#include <new>

#include "driver/scenario_answer.h"
#include "ir/lower.h"
#include "report/text_layout.h"

namespace quire {

namespace {

const ast::ScenarioDecl* declaration_of(const LoadedSpec& spec, std::size_t variant, const std::string& name) {
    for (const ast::Declaration* declaration : spec.plan.variants[variant].scenarios) {
        const auto& scenario = std::get<ast::ScenarioDecl>(declaration->node);
        if (scenario.name.text == name) return &scenario;
    }
    return nullptr;
}

void report_problems(LoadedSpec& spec, const ast::ScenarioDecl& declaration, const std::vector<ScenarioProblem>& problems) {
    for (const ScenarioProblem& problem : problems) {
        SourceSpan span = problem.line == 0 ? declaration.name.span : declaration.steps[problem.line - 1].span;
        Diagnostic& diagnostic = spec.diagnostics.error(DiagnosticCode::kE0407, span, problem.message);
        for (const std::string& hint : problem.hints) diagnostic.with_help("did you mean " + hint + "?");
    }
}

std::string line_text(const Scenario& scenario, std::size_t line) {
    return "`" + scenario.columns[scenario.lines[line].column] + ": " + scenario.lines[line].text + "`";
}

std::string told(const ScenarioAnswer& answer, const Scenario& scenario, const TransitionSystem& system) {
    std::string states = "(" + count_of(answer.states, "state") + (answer.reason.empty() ? ", complete)" : ")");
    switch (answer.verdict) {
        case ScenarioVerdict::kPossible:
            return "possible" + (answer.failure == kNone ? "" : ": it leads to " + system.properties[answer.failure].name);
        case ScenarioVerdict::kEndsBefore:
            return "not possible: runs end with " + system.properties[answer.failure].name + " at or before " +
                   line_text(scenario, answer.lines) + " " + states;
        case ScenarioVerdict::kPrevented: {
            std::string text = "prevented: " + line_text(scenario, answer.lines) + " does not happen " + states;
            for (const std::string& line : answer.blocked) text += "; " + line;
            return text;
        }
        case ScenarioVerdict::kInconclusive: return "INCONCLUSIVE: " + answer.reason;
    }
    return {};
}

class ScenarioJudge {
public:
    ScenarioJudge(LoadedSpec& spec, const PlannedExpectation& planned, const ast::ScenarioDecl& declaration,
                  const EngineOptions& options, const CancelToken& cancel)
        : spec_(spec), planned_(planned), declaration_(declaration), options_(options), cancel_(cancel) {}

    // False if the spec turned out to be wrong.
    bool judge_case(const PlannedRun& planned, RunReport& run, CaseReport& out, std::string& reason);

private:
    bool answer_case(const TransitionSystem& system, RunReport& run, CaseReport& out, std::string& reason);

    LoadedSpec& spec_;
    const PlannedExpectation& planned_;
    const ast::ScenarioDecl& declaration_;
    const EngineOptions& options_;
    const CancelToken& cancel_;
};

bool ScenarioJudge::answer_case(const TransitionSystem& system, RunReport& run, CaseReport& out, std::string& reason) {
    Scenario scenario = scenario_of(declaration_, spec_.sources);
    ScenarioMatch match = match_scenario(system, spec_.sources, scenario);
    if (!match.problems.empty()) {
        report_problems(spec_, declaration_, match.problems);
        return false;
    }
    ScenarioAnswer answer = answer_scenario(system, spec_.sources, match, search_options(options_, cancel_));
    run.stop = answer.stop;
    run.exhaustive = answer.verdict != ScenarioVerdict::kInconclusive;
    run.statistics.states = answer.states;
    run.statistics.transitions = answer.transitions;
    bool possible = answer.verdict == ScenarioVerdict::kPossible;
    bool wants_possible = declaration_.expectation == ast::ScenarioExpectation::kPossible;
    bool asked = declaration_.expectation != ast::ScenarioExpectation::kNone;
    out.judgement = answer.verdict == ScenarioVerdict::kInconclusive ? Judgement::kInconclusive
                    : asked && possible != wants_possible            ? Judgement::kNotMet
                                                                     : Judgement::kMet;
    out.verdict = answer.verdict == ScenarioVerdict::kInconclusive ? "inconclusive" : possible ? "possible" : "prevented";
    out.reason = out.judgement == Judgement::kInconclusive ? answer.reason : "";
    reason = told(answer, scenario, system);
    if (answer.run && answer.verdict != ScenarioVerdict::kPrevented) {
        FindingReport finding;
        finding.trace = answer.trace;
        run.violations.push_back(std::move(finding));
        out.finding = &run.violations.back();
    }
    return true;
}

bool ScenarioJudge::judge_case(const PlannedRun& planned, RunReport& run, CaseReport& out, std::string& reason) {
    run.file = spec_.path;
    run.spec_hash = spec_.hash;
    run.variant = planned_.head.variant;
    run.instance = planned.instance;
    run.memory = planned.memory;
    run.sizes = planned.sizes;
    out.run = &run;
    try {
        Result<TransitionSystem> system = lower_program(spec_.programs[planned.variant], planned.values,
                                                        lower_options(options_, planned.memory), spec_.diagnostics);
        return system.ok() && answer_case(*system, run, out, reason);
    } catch (const std::bad_alloc&) {
        run.stop = StopReason::kMemory;
        out.judgement = Judgement::kInconclusive;
        out.verdict = "inconclusive";
        out.reason = "memory limit reached";
        reason = "INCONCLUSIVE: memory limit reached";
        return true;
    }
}

}  // namespace

Scenario scenario_of(const ast::ScenarioDecl& declaration, const SourceManager& sources) {
    Scenario scenario;
    for (const ast::ScenarioStep& step : declaration.steps) {
        auto column = std::find(scenario.columns.begin(), scenario.columns.end(), step.thread.text);
        ScenarioLine line;
        line.column = static_cast<std::size_t>(column - scenario.columns.begin());
        if (column == scenario.columns.end()) scenario.columns.push_back(step.thread.text);
        if (step.statement) line.text = std::string(sources.text(sources.outermost(step.statement->span)));
        line.number = static_cast<std::uint32_t>(scenario.lines.size() + 1);
        scenario.lines.push_back(std::move(line));
    }
    return scenario;
}

ExpectationReport judge_scenario(LoadedSpec& spec, const CheckPlan& plan, const PlannedExpectation& planned,
                                 const EngineOptions& options, const CancelToken& cancel, std::deque<RunReport>& runs) {
    ExpectationReport report;
    report.head = planned.head;
    const ast::ScenarioDecl* declaration = declaration_of(spec, plan.runs[planned.runs.front()].variant, planned.head.property);
    if (declaration == nullptr || declaration->steps.empty()) {
        spec.diagnostics.error(DiagnosticCode::kE0407, declaration == nullptr ? SourceSpan{} : declaration->name.span,
                               "scenario `" + planned.head.property + "` has no lines");
        return report;
    }
    ScenarioJudge judge(spec, planned, *declaration, options, cancel);
    for (std::size_t number : planned.runs) {
        std::string reason;
        CaseReport one;
        if (!judge.judge_case(plan.runs[number], runs.emplace_back(), one, reason)) return report;
        bool worse = one.judgement == Judgement::kNotMet ||
                     (one.judgement == Judgement::kInconclusive && report.judgement == Judgement::kMet);
        if (worse) {
            report.judgement = one.judgement;
            report.reason = reason;
        }
        report.cases.push_back(std::move(one));
    }
    return report;
}

}  // namespace quire
