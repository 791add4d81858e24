#include "report/console.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "report/case_text.h"
#include "report/text_layout.h"

namespace quire {

namespace {

constexpr std::size_t kMostCasesShown = 4;

class ConsoleWriter final : public Writer {
public:
    ConsoleWriter(Sink& out, Sink& err, ConsoleOptions options) : out_(out), err_(err), options_(std::move(options)) {}

    void begin(const SessionBegin& session) override { many_files_ = session.files > 1; }
    void spec(const SpecBegin& spec) override;
    void diagnostics(const std::vector<DiagnosticReport>&) override {}  // the driver renders them with their source
    void progress(const ProgressReport& progress) override;
    void result(const ExpectationReport& report) override;
    void repairs(const RepairsReport& report) override;
    void end(const SessionEnd& session) override;

private:
    std::string word(Judgement judgement) const;
    std::string colored(const std::string& text, std::string_view code) const;
    std::string detail(const ExpectationReport& report) const;
    std::string result_line(const ExpectationReport& report) const;
    std::string case_lines(const ExpectationReport& report) const;
    std::string inconclusive_lines(const CaseReport& one) const;
    std::string cost_lines(const ExpectationReport& report);
    void traces(const ExpectationReport& report);
    void clear_status();

    Sink& out_;
    Sink& err_;
    ConsoleOptions options_;
    std::size_t variant_width_ = 0, text_width_ = 0, sizes_width_ = 0;
    std::string delayed_;  // of quiet mode: what failed, after the dots
    bool dots_ = false;
    bool many_files_ = false;
    bool status_shown_ = false;
    std::map<const RunReport*, bool> cost_told_;
};

std::string ConsoleWriter::colored(const std::string& text, std::string_view code) const {
    return options_.color ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
}

std::string ConsoleWriter::word(Judgement judgement) const {
    switch (judgement) {
        case Judgement::kMet: return colored("ok", "32") + "  ";
        case Judgement::kNotMet: return colored("FAIL", "1;31");
        case Judgement::kInconclusive: return colored("??", "1;33") + "  ";
    }
    return "";
}

void ConsoleWriter::spec(const SpecBegin& spec) {
    clear_status();
    variant_width_ = text_width_ = sizes_width_ = 0;
    cost_told_.clear();  // the runs of another spec may lie where those of the last one did
    for (const ExpectationHead& head : spec.expectations) {
        variant_width_ = std::max(variant_width_, text_width(head.variant));
        text_width_ = std::max(text_width_, text_width(head.text));
        sizes_width_ = std::max(sizes_width_, text_width(head.sizes));
    }
    text_width_ = std::min<std::size_t>(text_width_, 44);
    sizes_width_ = std::min<std::size_t>(sizes_width_, 32);
    if (!options_.quiet) out_.write(printable(spec.file) + "\n");
}

void ConsoleWriter::clear_status() {
    if (!status_shown_) return;
    err_.write("\r\x1b[K");
    status_shown_ = false;
}

void ConsoleWriter::progress(const ProgressReport& report) {
    if (!options_.live_status) return;
    const Progress& p = report.progress;
    std::string_view trend = p.trend == Trend::kGrowing ? " growing" : p.trend == Trend::kShrinking ? " shrinking" : "";
    std::string left =
        p.seconds_left ? short_time(p.seconds_left->least) + ".." + short_time(p.seconds_left->most) + " left" : "no estimate";
    std::string sizes = report.sizes.empty() ? "" : "  " + report.sizes;
    std::string text = fmt::format("  [{:02}:{:02}] {}{}  depth {}  {} states  {}/s  frontier {}{}  {}  {}",
                                   static_cast<int>(p.seconds) / 60, static_cast<int>(p.seconds) % 60, report.variant, sizes,
                                   p.depth, short_number(p.states), short_number(static_cast<std::uint64_t>(p.rate)),
                                   short_number(p.frontier), trend, short_bytes(p.memory), left);
    std::vector<std::string> lines = wrapped(printable(text), std::max<std::size_t>(options_.width, 20) - 1);
    err_.write("\r\x1b[K" + lines.front());
    status_shown_ = true;
}

// What stands at the end of a result's line: how long the trace, how many states.
std::string ConsoleWriter::detail(const ExpectationReport& report) const {
    std::uint64_t states = 0;
    std::uint32_t steps = 0;
    bool have_steps = false;
    std::vector<const RunReport*> counted;
    for (const CaseReport& one : report.cases) {
        if (one.run == nullptr || std::find(counted.begin(), counted.end(), one.run) != counted.end()) continue;
        counted.push_back(one.run);
        states += one.run->statistics.states;
        if (one.finding == nullptr) continue;
        steps = std::max(steps, one.finding->trace.steps);
        have_steps = true;
    }
    std::string text = have_steps ? fmt::format("{:>10}", count_of(steps, "step")) : std::string(10, ' ');
    if (states != 0) text += fmt::format("{:>18}", count_of(states, "state"));
    return text;
}

std::string ConsoleWriter::result_line(const ExpectationReport& report) const {
    std::string line = "  " + word(report.judgement) + "  " + padded(printable(report.head.variant), variant_width_) + "  " +
                       padded(printable(report.head.text), text_width_) + "  " + padded(report.head.sizes, sizes_width_) + "  " +
                       detail(report);
    while (!line.empty() && line.back() == ' ') line.pop_back();
    line += "\n";
    std::string indent(8, ' ');
    if (report.judgement != Judgement::kMet && !report.reason.empty()) {
        for (const std::string& piece : wrapped(report.reason, options_.width - 8, "    ")) line += indent + piece + "\n";
    }
    if (!report.also.empty()) {
        std::string names;
        for (const std::string& name : report.also) names += (names.empty() ? "" : ", ") + name;
        for (const std::string& piece : wrapped("also violated: " + names, options_.width - 8, "    "))
            line += indent + piece + "\n";
    }
    return line;
}

std::string ConsoleWriter::inconclusive_lines(const CaseReport& one) const {
    if (one.run == nullptr) return {};
    const RunReport& run = *one.run;
    if (run.is_proof) return {};
    const SearchStatistics& s = run.statistics;
    std::string out;
    std::string reached =
        run.stop == StopReason::kComplete ? "" : fmt::format(", every run of up to {}", count_of(s.depth, "step"));
    out += fmt::format("        explored    {} states, {} transitions{}\n", grouped(s.states), grouped(s.transitions), reached);
    std::string found;
    for (const std::string& name : one.found) found += (found.empty() ? "" : ", ") + name;
    for (const std::string& name : run.untraced_violations) found += (found.empty() ? "" : ", ") + name + " (no trace)";
    out += "        verdict     " + (found.empty() ? "no violation within that" : "violated within that: " + found) + "\n";
    if (run.exhausted != 0) {
        out += fmt::format("        exhausted   {} ended because a pool, list{} was too small{}\n",
                           count_of(run.exhausted, "run"), run.memory == "sc" ? " or role" : ", role or store buffer",
                           run.exhausted_at.empty() ? "" : ": " + run.exhausted_at);
    }
    if (run.too_long != 0)
        out += fmt::format("        too long    {} of a step or a property had no end in sight\n",
                           count_of(run.too_long, "evaluation"));
    if (s.state_bits != 0) {
        out += fmt::format("        a state     {} bits; the store took {}\n", s.state_bits, short_bytes(s.bytes_visited));
    }
    if (!run.checkpoint.kept.empty() && run.checkpoint.refused.empty()) {
        out += fmt::format("        kept        {} states in {}; --resume goes on from there\n",
                           grouped(run.checkpoint.kept_states), printable(run.checkpoint.kept));
    }
    return out;
}

// The cases that decided, when there are several or when they need more words.
std::string ConsoleWriter::case_lines(const ExpectationReport& report) const {
    if (report.judgement == Judgement::kMet && !options_.verbose) return {};
    std::string out;
    std::size_t shown = 0, hidden = 0;
    for (const CaseReport& one : report.cases) {
        if (!options_.verbose && one.judgement != report.judgement) continue;
        if (!options_.verbose && shown == kMostCasesShown) {
            ++hidden;
            continue;
        }
        ++shown;
        std::string sizes = one.run != nullptr ? instance_text(*one.run) : "";
        if (!sizes.empty() || options_.verbose) {
            std::string found;
            for (const std::string& name : one.found) found += (found.empty() ? "" : ", ") + name;
            out += "        " + (sizes.empty() ? "as written" : sizes) + ": " + one.verdict +
                   (found.empty() ? "" : " of " + found) + (one.reason.empty() ? "" : " (" + one.reason + ")") + "\n";
        }
        if (one.judgement == Judgement::kInconclusive) out += inconclusive_lines(one);
    }
    if (hidden != 0) out += fmt::format("        and {} more\n", hidden);
    return out;
}

std::string ConsoleWriter::cost_lines(const ExpectationReport& report) {
    std::string out;
    for (const CaseReport& one : report.cases) {
        if (one.run == nullptr || cost_told_[one.run]) continue;
        cost_told_[one.run] = true;
        if (one.run->omission > 0) {
            out += fmt::format("        only hashes of states were kept: that one was left out is less probable than {:.1g}\n",
                               one.run->omission);
        }
        bool brief = one.run->is_proof && many_files_ && !options_.verbose && one.judgement == Judgement::kMet;
        for (const std::string& proof : one.run->proofs) {
            out += "        " + proof + "\n";
            if (brief) break;  // the invariant, for who asks about one file
        }
        if (!options_.verbose) continue;
        const SearchStatistics& s = one.run->statistics;
        std::string sizes = instance_text(*one.run);
        if (one.run->is_proof) {
            out += fmt::format("        proof {}: {:.2f} s of CPU\n", one.run->variant + (sizes.empty() ? "" : " " + sizes),
                               s.cpu_seconds);
            continue;
        }
        out += fmt::format("        search {}: {} states, {} transitions, depth {}, {} bits a state, {:.2f} s of CPU{}\n",
                           one.run->variant + (sizes.empty() ? "" : " " + sizes), grouped(s.states), grouped(s.transitions),
                           s.depth, s.state_bits, s.cpu_seconds, one.run->native ? ", machine code" : "");
        if (one.run->checkpoint.resumed) {
            out += fmt::format("        went on from a checkpoint of {} states, depth {}\n",
                               grouped(one.run->checkpoint.resumed_states), one.run->checkpoint.resumed_depth);
        }
        for (const std::string& note : one.run->reduction_notes) out += "        " + note + "\n";
        if (one.run->assumed_away != 0)
            out += fmt::format("        {} ended at an assume\n", count_of(one.run->assumed_away, "run"));
    }
    return out;
}

void ConsoleWriter::traces(const ExpectationReport& report) {
    if (options_.trace == TraceStyle::kNothing || options_.quiet) return;
    if (report.judgement != Judgement::kNotMet && !options_.show_expected) return;
    // One trace says it; the others are kept.
    const CaseReport* shortest = shortest_case(report);
    if (shortest == nullptr) return;
    TraceFooter footer = footer_of(*shortest->run, *shortest->finding, options_.version);
    std::string text = render_trace(shortest->finding->trace, footer, options_.trace, options_.width);
    std::size_t first_line = text.find('\n');
    out_.write("\n" + colored(text.substr(0, first_line), "1") + text.substr(first_line) + "\n");
}

void ConsoleWriter::result(const ExpectationReport& report) {
    clear_status();
    if (options_.quiet) {
        out_.write(report.judgement == Judgement::kMet ? "." : report.judgement == Judgement::kNotMet ? "F" : "?");
        dots_ = true;
        if (report.judgement != Judgement::kMet) delayed_ += printable(report.head.file) + "\n" + result_line(report);
        return;
    }
    out_.write(result_line(report) + case_lines(report) + cost_lines(report));
    traces(report);
}

void ConsoleWriter::repairs(const RepairsReport& report) {
    if (options_.trace == TraceStyle::kNothing || options_.quiet || report.repairs.empty()) return;
    clear_status();
    // What room the trace has left.
    std::string trace = render_trace(report.finding->trace, footer_of(*report.run, *report.finding, options_.version),
                                     options_.trace, options_.width);
    std::size_t taken = static_cast<std::size_t>(std::count(trace.begin(), trace.end(), '\n')) + 1;
    std::size_t left = taken < kScreenLines ? kScreenLines - taken : 0;
    out_.write(render_repairs(report, options_.trace, options_.width, left) + "\n");
}

void ConsoleWriter::end(const SessionEnd& session) {
    clear_status();
    std::vector<std::string> parts;
    if (session.met != 0) parts.push_back(fmt::format("{} ok", session.met));
    if (session.not_met != 0) parts.push_back(colored(fmt::format("{} FAILED", session.not_met), "1;31"));
    if (session.inconclusive != 0) parts.push_back(colored(fmt::format("{} inconclusive", session.inconclusive), "1;33"));
    if (session.not_judged != 0) parts.push_back(fmt::format("{} not judged", session.not_judged));
    std::size_t all = session.met + session.not_met + session.inconclusive + session.not_judged;
    std::string total;
    for (const std::string& part : parts) total += (total.empty() ? "" : ", ") + part;
    if (total.empty()) total = "none judged";
    std::string denied = session.denied != 0 ? "  " + colored(count_of(session.denied, "denied warning") + ".", "1;31") : "";
    std::string wrong =
        session.wrong_specs != 0
            ? "  " + colored(fmt::format("{} could not be checked.", count_of(session.wrong_specs, "spec")), "1;31")
            : "";
    wrong += denied;
    if (options_.quiet) {
        if (dots_) out_.write(" ");
        out_.write(total + wrong + "  " + short_time(session.seconds) + "\n" + delayed_);
        return;
    }
    std::string where = session.specs > 1 ? fmt::format(" in {} specs", session.specs) : "";
    std::string executed = session.every_statement_executed ? "  Every statement was executed at least once." : "";
    std::string warnings = session.warnings != 0 ? "  " + count_of(session.warnings, "warning") + "." : "";
    if (session.slow_left_out != 0) warnings += "  " + count_of(session.slow_left_out, "slow instance") + " left out.";
    if (session.quick_left_out != 0)
        warnings += fmt::format("  {} larger {} left out.", grouped(session.quick_left_out),
                                session.quick_left_out == 1 ? "instance or proof" : "instances and proofs");
    if (session.from_cache != 0)
        warnings += session.from_cache == all ? "  All from the cache."
                                              : "  " + count_of(session.from_cache, "result") + " from the cache.";
    out_.write("\n" + count_of(all, "expectation") + where + ": " + total + "." + wrong + executed + warnings + "  " +
               short_time(session.seconds) + "\n");
}

}  // namespace

std::unique_ptr<Writer> make_console_writer(Sink& out, Sink& err, ConsoleOptions options) {
    return std::make_unique<ConsoleWriter>(out, err, std::move(options));
}

}  // namespace quire
