#include "driver/statement_coverage.h"

#include <algorithm>
#include <set>

namespace quire {

void StatementCoverage::add_run(const TransitionSystem& system, const SearchReport& report) {
    for (std::uint32_t site : system.statement_sites) {
        SourceSpan span = system.sites[site].span;
        if (sources_.outermost(span).file == file_) executed_.try_emplace(span, false);
    }
    for (std::uint32_t site : report.executed_sites) {
        auto found = executed_.find(system.sites[site].span);
        if (found != executed_.end()) found->second = true;
    }
    states_ += report.statistics.states;
    complete_ = complete_ && report.exhaustive();
}

// The innermost statement around the place, and around each call that leads to it.
void StatementCoverage::add_failure(const TransitionSystem& system, std::uint32_t site) {
    for (; site != kNone; site = system.sites[site].caller) {
        SourceSpan place = sources_.outermost(system.sites[site].span);
        auto best = executed_.end();
        for (auto at = executed_.begin(); at != executed_.end(); ++at) {
            SourceSpan span = sources_.outermost(at->first);
            bool around = span.file == place.file && span.begin <= place.begin && place.end <= span.end;
            bool smaller = best == executed_.end() ||
                           span.end - span.begin < sources_.outermost(best->first).end - sources_.outermost(best->first).begin;
            if (around && smaller) best = at;
        }
        if (best != executed_.end()) best->second = true;
    }
}

bool StatementCoverage::everything_executed() const {
    return complete_ && std::all_of(executed_.begin(), executed_.end(), [](const auto& entry) { return entry.second; });
}

namespace {

struct Unexecuted {
    SourceSpan span;
    SourceSpan condition;  // that decided it; may be invalid
    bool condition_value = false;
    std::set<std::uint32_t> lines;  // of it and of what lies inside
};

// Walks the bodies of one program; reports a statement once, not again those inside it.
class Walker {
public:
    Walker(const TypedProgram& program, const SourceManager& sources, const std::map<SourceSpan, bool>& executed)
        : program_(program), sources_(sources), executed_(executed) {}

    void visit(StatementId id, SourceSpan condition, bool value) {
        if (!id.valid()) return;
        const Statement& s = program_[id];
        auto found = executed_.find(s.span);
        if (found != executed_.end() && !found->second && s.kind != StatementKind::kBlock) {
            Unexecuted one{s.span, condition, value, {}};
            lines_inside(id, one.lines);
            unexecuted.push_back(std::move(one));
            return;
        }
        bool branches = s.kind == StatementKind::kIf && !s.operands.empty() && s.operands[0].valid();
        for (std::size_t i = 0; i < s.body.size(); ++i) {
            SourceSpan inner = condition;
            bool inner_value = value;
            if (branches) {
                inner = program_[s.operands[0]].span;
                inner_value = i == 1;
            } else if (s.kind != StatementKind::kBlock) {
                inner = SourceSpan{};
            }
            visit(s.body[i], inner, inner_value);
        }
    }

    std::vector<Unexecuted> unexecuted;

private:
    void lines_inside(StatementId id, std::set<std::uint32_t>& lines) const {
        if (!id.valid()) return;
        const Statement& s = program_[id];
        SourceSpan place = sources_.outermost(s.span);
        if (place.valid() && s.kind != StatementKind::kBlock) lines.insert(sources_.start(place).line);
        for (StatementId inner : s.body) lines_inside(inner, lines);
    }

    const TypedProgram& program_;
    const SourceManager& sources_;
    const std::map<SourceSpan, bool>& executed_;
};

// Neighbours that the same condition decides are told as one.
std::vector<Unexecuted> by_cause(const std::vector<Unexecuted>& all) {
    std::vector<Unexecuted> merged;
    for (const Unexecuted& one : all) {
        bool same = !merged.empty() && one.condition.valid() && one.condition == merged.back().condition;
        if (same) {
            merged.back().lines.insert(one.lines.begin(), one.lines.end());
        } else {
            merged.push_back(one);
        }
    }
    return merged;
}

std::string also_lines(const std::set<std::uint32_t>& lines, std::uint32_t first) {
    std::string text;
    std::size_t count = 0;
    for (std::uint32_t line : lines) {
        if (line == first || ++count > 6) continue;
        text += (text.empty() ? "" : ", ") + std::to_string(line);
    }
    if (text.empty()) return "never executed";
    return "never executed (also line " + text + (count > 6 ? ", …" : "") + ")";
}

}  // namespace

void StatementCoverage::report(const std::vector<TypedProgram>& programs, Diagnostics& diagnostics) const {
    if (!complete_) return;
    std::set<SourceSpan> told;
    for (const TypedProgram& program : programs) {
        Walker walker(program, sources_, executed_);
        for (const Function& function : program.functions) walker.visit(function.body, {}, false);
        for (const Role& role : program.roles) walker.visit(role.body, {}, false);
        for (StatementId init : program.inits) walker.visit(init, {}, false);
        for (const Unexecuted& one : by_cause(walker.unexecuted)) {
            SourceSpan place = sources_.outermost(one.span);
            if (!told.insert(place).second) continue;
            Diagnostic& warning = diagnostics.warning(DiagnosticCode::kW0301, place,
                                                      "never executed in any of " + std::to_string(states_) + " states");
            warning.with_label(also_lines(one.lines, sources_.start(place).line));
            if (one.condition.valid()) {
                warning.with_secondary(sources_.outermost(one.condition), one.condition_value ? "always true" : "always false");
            }
        }
    }
}

}  // namespace quire
