// From a mail to an answer: read the text, find the statements, search (driver/scenario_answer.h), tell.
#include "workbench/ask.h"

#include <algorithm>
#include <set>

#include "driver/scenario_answer.h"
#include "driver/session.h"
#include "ir/lower.h"
#include "report/text_layout.h"
#include "workbench/mail_text.h"
#include "workbench/spec_choice.h"

namespace quire {

namespace {

// All of `inner`, and there is more of `outer`.
bool lies_in(const std::vector<bool>& inner, const std::vector<bool>& outer) {
    bool some = false;
    for (std::size_t s = 0; s < inner.size(); ++s) {
        if (inner[s] && !outer[s]) return false;
        some = some || inner[s];
    }
    return some && inner != outer;
}

class Asker {
public:
    Asker(const AskOptions& options, FileProvider& files, Sink& out, Sink& err, const CancelToken& cancel)
        : options_(options), files_(files), out_(out), err_(err), cancel_(cancel) {}

    int ask();

private:
    std::vector<std::string> names() const;
    bool find_columns(MailText& mail);
    void open_calls(ScenarioMatch& match);
    int problems(const std::vector<ScenarioProblem>& problems, const char* severity);
    void tell_match(const ScenarioMatch& match);
    int tell_answer(const ScenarioAnswer& answer, const ScenarioMatch& match);
    void tell_run(const ScenarioAnswer& answer);
    void tell_trace(const ScenarioAnswer& answer);
    std::string line_name(std::size_t line) const;
    std::string searched(const ScenarioAnswer& answer) const;

    const AskOptions& options_;
    FileProvider& files_;
    Sink& out_;
    Sink& err_;
    const CancelToken& cancel_;
    std::optional<ChosenSpec> chosen_;
    std::optional<TransitionSystem> system_;
    Scenario scenario_;
};

std::vector<std::string> Asker::names() const {
    std::vector<std::string> names;
    for (ThreadNumber t = 1; t < system_->program_threads(); ++t) names.push_back(system_->threads[t].name);
    for (const ThreadRole& role : system_->roles) names.push_back(role.name);
    return names;
}

// Where blanks are lost, a line stands in the column of the only role that has its statement.
bool Asker::find_columns(MailText& mail) {
    std::vector<std::string> roles;
    for (ThreadNumber t = 1; t < system_->program_threads(); ++t) {
        const std::string& role = system_->roles[system_->threads[t].role].name;
        if (std::find(roles.begin(), roles.end(), role) == roles.end()) roles.push_back(role);
    }
    std::vector<ScenarioProblem> unclear;
    for (MailLine& line : mail.lines) {
        if (line.column) continue;
        std::vector<std::string> fitting;
        for (const std::string& role : roles) {
            Scenario one{{role}, {{0, line.text, line.number, line.one_step, line.any_text}}};
            if (match_scenario(*system_, chosen_->spec->sources, one).problems.empty()) fitting.push_back(role);
        }
        if (fitting.size() > 1 || fitting.empty()) {
            std::string which;
            for (const std::string& role : fitting) which += (which.empty() ? "" : ", ") + role;
            unclear.push_back({line.number,
                               fitting.empty() ? "`" + line.text + "` is no statement of any thread"
                                               : "the blanks that keep columns apart are lost, and `" + line.text +
                                                     "` may be of " + which + "; write `" + fitting[0] + ": " + line.text + "`",
                               {}});
            continue;
        }
        auto column = std::find(mail.columns.begin(), mail.columns.end(), fitting[0]);
        line.column = static_cast<std::size_t>(column - mail.columns.begin());
        if (column == mail.columns.end()) mail.columns.push_back(fitting[0]);
    }
    problems(unclear, "error");
    return unclear.empty();
}

int Asker::problems(const std::vector<ScenarioProblem>& problems, const char* severity) {
    for (const ScenarioProblem& problem : problems) {
        std::string place = problem.line != 0 ? "line " + std::to_string(problem.line) + ": " : "";
        err_.write(std::string(severity) + ": " + place + printable(problem.message) + "\n");
        for (const std::string& hint : problem.hints) err_.write("  = help: did you mean " + printable(hint) + "?\n");
    }
    return kExitSpecError;
}

std::string Asker::line_name(std::size_t line) const { return "line " + std::to_string(scenario_.lines[line].number); }

std::string Asker::searched(const ScenarioAnswer& answer) const { return grouped(answer.states) + " states searched"; }

void Asker::tell_match(const ScenarioMatch& match) {
    std::size_t count = scenario_.lines.size();
    std::string text = "matched " + std::to_string(count) + " of " + count_of(count, "line") + " to statements";
    const ScenarioBinding& first = match.bindings[0];
    for (std::size_t c = 0; c < scenario_.columns.size(); ++c) {
        text += (c == 0 ? "  (" : ", ") + scenario_.columns[c];
        const std::string& name = system_->threads[first.threads[c]].name;
        if (match.bindings.size() == 1 && name != scenario_.columns[c]) text += " is " + name;
    }
    if (match.bindings.size() > 1) text += "; " + std::to_string(match.bindings.size()) + " ways to take the columns";
    out_.write(printable(text) + ")\n");
}

// What happened, a row per step, with the lines that end in it.
void Asker::tell_run(const ScenarioAnswer& answer) {
    std::size_t name_width = 0;
    std::size_t text_width_max = 0;
    for (const TraceRow& row : answer.trace.rows) {
        name_width = std::max(name_width, text_width(answer.trace.threads[row.thread]));
        text_width_max = std::max(text_width_max, text_width(row.text));
    }
    text_width_max = std::min<std::size_t>(text_width_max, 48);
    for (const TraceRow& row : answer.trace.rows) {
        std::string changes;
        for (const std::string& change : row.changes) changes += (changes.empty() ? "" : ", ") + change;
        std::string lines;
        for (std::size_t l = 0; l < answer.steps.size(); ++l) {
            if (answer.steps[l] == row.step && row.step != 0) lines += (lines.empty() ? "  <- " : ", ") + line_name(l);
        }
        std::string number = row.step == 0 ? "" : std::to_string(row.step);
        out_.write("  step " + std::string(3 - std::min<std::size_t>(3, number.size()), ' ') + number + "  " +
                   padded(answer.trace.threads[row.thread], name_width) + "  " + padded(row.text, text_width_max) + "  " +
                   changes + lines + "\n");
    }
}

void Asker::tell_trace(const ScenarioAnswer& answer) {
    if (options_.style == TraceStyle::kNothing) return;
    TraceFooter footer;
    footer.file = chosen_->spec->path;
    footer.variant = chosen_->program().variant;
    footer.sizes = chosen_->sizes;
    footer.spec_hash = chosen_->spec->hash;
    footer.version = options_.engine.version;
    footer.memory = chosen_->memory;
    footer.states = answer.states;
    footer.transitions = answer.transitions;
    out_.write("\n" + render_trace(answer.trace, footer, options_.style, options_.width));
}

int Asker::tell_answer(const ScenarioAnswer& answer, const ScenarioMatch& match) {
    const std::size_t count = scenario_.lines.size();
    const std::string steps = answer.run ? count_of(answer.run->steps.size(), "step") : "";
    const std::string failure = answer.failure == kNone ? "" : system_->properties[answer.failure].name;
    static_cast<void>(match);
    bool feasible = false;
    switch (answer.verdict) {
        case ScenarioVerdict::kPossible:
            feasible = true;
            out_.write("\nanswer: nothing prevents it" + (failure.empty() ? std::string() : ": it leads to " + failure) + ".  " +
                       steps + ", " + searched(answer) + "\n");
            tell_trace(answer);
            break;
        case ScenarioVerdict::kEndsBefore:
            feasible = true;
            out_.write("\nanswer: nothing prevents it up to " + line_name(answer.lines) + ", and there it has led to " + failure +
                       ".  " + steps + ", " + searched(answer) + "\n");
            tell_trace(answer);
            break;
        case ScenarioVerdict::kPrevented: {
            const std::string lines = answer.lines == 0   ? ""
                                      : answer.lines == 1 ? " behind " + line_name(0)
                                                          : " behind lines " + std::to_string(scenario_.lines[0].number) +
                                                                " to " + std::to_string(scenario_.lines[answer.lines - 1].number);
            out_.write("\nanswer: it is prevented: " + line_name(answer.lines) + " does not happen" + lines + ".\n");
            tell_run(answer);
            std::string who = scenario_.columns[scenario_.lines[answer.lines].column];
            out_.write("  " + line_name(answer.lines) + "  " + who + ": " + printable(scenario_.lines[answer.lines].text) + "\n");
            for (const std::string& line : answer.blocked) out_.write("    " + printable(line) + "\n");
            out_.write("  No order of the remaining steps does otherwise: " + searched(answer) + ", all there are.\n");
            break;
        }
        case ScenarioVerdict::kInconclusive:
            out_.write("\nanswer: INCONCLUSIVE: " +
                       (answer.reason.empty() ? std::string("the search was not exhaustive") : answer.reason) + ".  " +
                       searched(answer) + ", up to " + std::to_string(answer.lines) + " of " + count_of(count, "line") +
                       " happen in order\n");
            return kExitInconclusive;
    }
    if (options_.expected.empty()) return kExitAsExpected;
    return feasible == (options_.expected == "feasible") ? kExitAsExpected : kExitNotAsExpected;
}

int Asker::ask() {
    int code = 0;
    SpecChoice choice{options_.path, options_.variant, options_.instance, options_.defines, options_.memory, options_.model_path};
    chosen_ = choose_spec(choice, options_.engine, options_.color, files_, err_, code);
    if (!chosen_) return code;
    Result<TransitionSystem> lowered = lower_program(chosen_->program(), chosen_->values,
                                                     lower_options(options_.engine, chosen_->memory), chosen_->spec->diagnostics);
    if (!lowered.ok()) {
        err_.write(render_diagnostics(chosen_->spec->sources, chosen_->spec->diagnostics, {}));
        return kExitSpecError;
    }
    system_ = std::move(*lowered);
    MailText mail = parse_mail(options_.mail, names());
    if (!find_columns(mail)) return kExitSpecError;
    if (mail.lines.empty()) {
        err_.write("error: there is no line of code in the text, below a heading such as `CPU0   CPU1` or behind `cpu0:`\n");
        return kExitSpecError;
    }
    scenario_.columns = mail.columns;
    for (const MailLine& line : mail.lines)
        scenario_.lines.push_back({line.column.value_or(0), line.text, line.number, line.one_step, line.any_text});
    ScenarioMatch match = match_scenario(*system_, chosen_->spec->sources, scenario_);
    if (!match.problems.empty()) return problems(match.problems, "error");
    open_calls(match);
    problems(match.notes, "note");
    tell_match(match);
    ScenarioAnswer answer = answer_scenario(*system_, chosen_->spec->sources, match, search_options(options_.engine, cancel_));
    return tell_answer(answer, match);
}

// A call, and below it lines of what is called: in a mail the call then says where its thread goes in, and has not returned.
// Of such a line one step of its own is meant.
void Asker::open_calls(ScenarioMatch& match) {
    for (ScenarioBinding& binding : match.bindings) {
        std::vector<MatchedLine>& lines = binding.lines;
        for (std::size_t k = 0; k < lines.size(); ++k) {
            for (std::size_t j = k + 1; j < lines.size(); ++j) {
                if (lines[j].thread != lines[k].thread || !lies_in(lines[j].inside, lines[k].inside)) continue;
                lines[k].one_step = true;
                for (std::size_t s = 0; s < lines[j].inside.size(); ++s) {
                    if (lines[j].inside[s]) lines[k].inside[s] = false;
                }
                if (&binding != &match.bindings[0]) continue;
                match.notes.push_back(
                    {scenario_.lines[k].number,
                     "`" + lines[k].text + "` has not returned at " + line_name(j) + ", which is in what it calls",
                     {}});
            }
        }
    }
}

}  // namespace

int ask(const AskOptions& options, FileProvider& files, Sink& out, Sink& err, const CancelToken& cancel) {
    return Asker(options, files, out, err, cancel).ask();
}

}  // namespace quire
