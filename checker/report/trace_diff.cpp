// Steps are equal if the same thread executes the same statement; lines move with every patch, so they do not count.  Behind
// the common beginning the steps are aligned by a longest common subsequence.
#include "report/trace_diff.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/itf.h"
#include "report/text_layout.h"

namespace quire {

namespace {

constexpr std::size_t kStepsBefore = 3;  // of the common beginning, that are shown
// Longer traces are not aligned behind where they part: the table would take too much memory.
constexpr std::size_t kMostAligned = 4000;

struct DiffStep {
    std::string thread, statement, place, changes;
};

struct DiffTrace {
    std::string headline, variant, property, file;
    std::vector<DiffStep> steps;                             // [0] is the first step
    std::vector<std::map<std::string, std::string>> states;  // [0] is the start
};

std::string member_text(const nlohmann::json& object, const char* name) {
    auto found = object.find(name);
    if (found == object.end()) return {};
    return found->is_string() ? found->get<std::string>() : found->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string value_text_of(const nlohmann::json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_object() && value.contains("#bigint")) return member_text(value, "#bigint");
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// `parse_itf` has found it to be one of ours.
DiffTrace read_trace(std::string_view text, const SavedTrace& saved) {
    nlohmann::json document = nlohmann::json::parse(text, nullptr, false);
    DiffTrace out;
    out.headline = member_text(document["#meta"], "description");
    out.variant = saved.variant;
    out.property = saved.property;
    out.file = saved.file;
    nlohmann::json none = nlohmann::json::array();
    const nlohmann::json& states = document.contains("states") && document["states"].is_array() ? document["states"] : none;
    for (const nlohmann::json& state : states) {
        auto& values = out.states.emplace_back();
        if (!state.is_object()) continue;
        for (const auto& [name, value] : state.items()) {
            if (!name.starts_with("#")) values.emplace(name, value_text_of(value));
        }
        auto meta = state.find("#meta");
        if (out.states.size() == 1 || meta == state.end() || !meta->is_object()) continue;
        out.steps.resize(out.states.size() - 1);
        DiffStep& step = out.steps.back();
        step.statement = member_text(*meta, "statement");
        step.place = member_text(*meta, "file") + ":" + member_text(*meta, "line");
        auto changed = meta->find("changed");
        if (changed == meta->end() || !changed->is_array()) continue;
        for (const nlohmann::json& change : *changed) {
            if (change.is_string()) step.changes += (step.changes.empty() ? "" : ", ") + change.get<std::string>();
        }
    }
    // A last step that fails leads to no state.
    out.steps.resize(saved.steps.size());
    for (std::size_t i = 0; i < saved.steps.size(); ++i) out.steps[i].thread = saved.steps[i].thread;
    if (out.states.size() <= saved.steps.size() && !out.steps.empty() && out.steps.back().statement.empty())
        out.steps.back().statement = "(fails: " + saved.property + ")";
    return out;
}

bool same_step(const DiffStep& a, const DiffStep& b) { return a.thread == b.thread && a.statement == b.statement; }

std::string step_line(char sign, std::size_t number, const DiffStep& step) {
    std::string text = fmt::format("{} {:>3}  {}: {}", sign, number, step.thread, step.statement);
    if (!step.changes.empty()) text += "  (" + step.changes + ")";
    return printable(text) + "\n";
}

// The rest of both, from step `from` on, as `diff` shows files.
std::string aligned(const DiffTrace& a, const DiffTrace& b, std::size_t from) {
    std::size_t n = a.steps.size() - from, m = b.steps.size() - from;
    bool small = n <= kMostAligned && m <= kMostAligned;
    // length[i * (m + 1) + j]: of the longest common subsequence of what is left behind i and j.
    std::vector<std::uint16_t> length(small ? (n + 1) * (m + 1) : 0, 0);
    auto at = [&](std::size_t i, std::size_t j) -> std::uint16_t& { return length[i * (m + 1) + j]; };
    for (std::size_t i = n; small && i-- > 0;) {
        for (std::size_t j = m; j-- > 0;) {
            bool same = same_step(a.steps[from + i], b.steps[from + j]);
            at(i, j) = same ? static_cast<std::uint16_t>(at(i + 1, j + 1) + 1) : std::max(at(i + 1, j), at(i, j + 1));
        }
    }
    std::string out;
    std::size_t i = 0, j = 0;
    while (i < n || j < m) {
        if (small && i < n && j < m && same_step(a.steps[from + i], b.steps[from + j])) {
            out += step_line(' ', from + j + 1, b.steps[from + j]);
            ++i;
            ++j;
        } else if (i < n && (j == m || !small || at(i + 1, j) >= at(i, j + 1))) {
            out += step_line('-', from + i + 1, a.steps[from + i]);
            ++i;
        } else {
            out += step_line('+', from + j + 1, b.steps[from + j]);
            ++j;
        }
    }
    return out;
}

std::string differing_values(const std::map<std::string, std::string>& a, const std::map<std::string, std::string>& b) {
    std::string out;
    for (const auto& [name, value] : a) {
        auto other = b.find(name);
        if (other == b.end())
            out += "  " + name + ": " + value + " in the first, not there in the second\n";
        else if (other->second != value)
            out += "  " + name + ": " + value + " in the first, " + other->second + " in the second\n";
    }
    for (const auto& [name, value] : b) {
        if (!a.contains(name)) out += "  " + name + ": " + value + " in the second, not there in the first\n";
    }
    return out;
}

std::string head_line(char sign, const std::string& name, const DiffTrace& trace) {
    return printable(fmt::format("{0}{0}{0} {1}  {2}, variant {3}, {4}, {5}", sign, name, trace.file, trace.variant,
                                 trace.property, count_of(trace.steps.size(), "step"))) +
           "\n";
}

std::string compared(const DiffTrace& a, const DiffTrace& b, bool& same) {
    std::size_t common = 0;
    while (common < std::min(a.steps.size(), b.steps.size()) && same_step(a.steps[common], b.steps[common])) ++common;
    std::string out;
    bool all = common == a.steps.size() && common == b.steps.size();
    same = all && a.property == b.property;
    if (all && common != 0)
        out += "the same " + count_of(common, "step") + "\n";
    else if (common != 0)
        out += fmt::format("the first {} {} the same\n", count_of(common, "step"), common == 1 ? "is" : "are");
    if (!all) {
        std::size_t shown = std::min(common, kStepsBefore);
        if (shown < common) out += "  ...\n";
        for (std::size_t i = common - shown; i < common; ++i) out += step_line(' ', i + 1, b.steps[i]);
        out += aligned(a, b, common);
    }
    if (common < a.states.size() && common < b.states.size()) {
        std::string values = differing_values(a.states[common], b.states[common]);
        std::string where = common == 0 ? "at the start" : fmt::format("after step {}", common);
        if (!values.empty()) out += "\nwhat differs " + where + ":\n" + values;
        same = same && values.empty();
    }
    if (a.property != b.property || a.headline != b.headline)
        out += "\nthe first shows:  " + printable(a.headline) + "\nthe second shows: " + printable(b.headline) + "\n";
    return out;
}

}  // namespace

TraceDiff trace_diff(std::string_view first, std::string_view second, const std::string& first_name,
                     const std::string& second_name) {
    LoadedTrace a = parse_itf(first), b = parse_itf(second);
    if (!a.trace) return {{}, false, a.problem, false};
    if (!b.trace) return {{}, false, b.problem, true};
    DiffTrace before = read_trace(first, *a.trace), after = read_trace(second, *b.trace);
    TraceDiff diff;
    diff.text = head_line('-', first_name, before) + head_line('+', second_name, after) + compared(before, after, diff.same);
    return diff;
}

}  // namespace quire
