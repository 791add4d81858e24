// Edits that were tried, as text: those that hold, one of them as a patch, then why the others do not.
#include <algorithm>

#include "report/case_text.h"
#include "report/text_layout.h"
#include "report/trace_text.h"

namespace quire {

namespace {

constexpr std::size_t kNarrow = 75;

// How much of what was tried is shown.
struct Shown {
    std::size_t holding = 12;
    std::size_t rejected = 6;
    std::size_t patch_lines = 12;
};

// Less of it, the least useful first; false: there is nothing left to leave out.
bool leave_out_more(Shown& shown) {
    if (shown.rejected > 2) return --shown.rejected, true;
    if (shown.patch_lines > 6) return --shown.patch_lines, true;
    if (shown.holding > 3) return --shown.holding, true;
    if (shown.rejected > 1) return --shown.rejected, true;
    if (shown.patch_lines > 3) return --shown.patch_lines, true;
    if (shown.holding > 1) return --shown.holding, true;
    if (shown.rejected > 0) return --shown.rejected, true;
    if (shown.patch_lines > 0) return --shown.patch_lines, true;
    return false;
}

std::string_view repair_word(RepairVerdict verdict) {
    switch (verdict) {
        case RepairVerdict::kHolds: return "holds";
        case RepairVerdict::kRejected: return "rejected";
        case RepairVerdict::kInconclusive: return "undecided";
    }
    return "";
}

std::string patch_text(const RepairReport& repair, std::size_t most_lines) {
    std::string out;
    std::size_t shown = 0;
    if (most_lines == 0) return out;
    for (const std::string& line : repair.patch) {
        if (++shown > most_lines) return out + "                 ...\n";
        bool changed = line.starts_with("-") || line.starts_with("+");
        std::string text;
        for (char c : line) text += c == '\t' ? std::string(4, ' ') : std::string(1, c);
        out += "               " + (changed ? "  " + text : text + "():") + "\n";
    }
    return out;
}

std::string head_text(const RepairsReport& report, std::size_t width) {
    std::uint64_t least = report.repairs.front().states, most = least;
    for (const RepairReport& one : report.repairs) {
        least = std::min(least, one.states);
        most = std::max(most, one.states);
    }
    std::string instance = instance_text(*report.run);
    std::string head = "  What would prevent it: each edit checked again for every property, " +
                       (instance.empty() ? "with the sizes of the text" : "only with " + instance) + ", " + grouped(least) +
                       ".." + count_of(most, "state");
    std::string out;
    for (const std::string& line : wrapped(head, width, "  ")) out += line + "\n";
    return out;
}

std::string text_of(const RepairsReport& report, std::size_t width, const Shown& limits) {
    std::string out = head_text(report, width);
    std::size_t holding = 0, rejected = 0, hidden = 0, hidden_rejected = 0;
    for (const RepairReport& one : report.repairs) {
        const bool holds = one.verdict == RepairVerdict::kHolds;
        if (holds ? ++holding > limits.holding : ++rejected > limits.rejected) {
            ++(holds ? hidden : hidden_rejected);
            continue;
        }
        std::string text = padded(repair_word(one.verdict), 9) + "  " + printable(one.what);
        if (!one.reason.empty()) text += ": " + one.reason;
        if (one.reason.empty() && !one.note.empty()) text += "  (" + printable(one.note) + ")";
        for (const std::string& line : wrapped(text, width - 4, "             ")) out += "    " + line + "\n";
        if (holds && holding == 1) out += patch_text(one, limits.patch_lines);
    }
    if (hidden != 0) out += "    and " + std::to_string(hidden) + " more that hold\n";
    if (hidden_rejected != 0) out += "    and " + std::to_string(hidden_rejected) + " more that do not help\n";
    return out;
}

// Where there is no room for more.
std::string in_a_word(const RepairsReport& report, std::size_t width) {
    const RepairReport& first = report.repairs.front();
    std::string word =
        first.verdict == RepairVerdict::kHolds ? printable(first.what) : "none of " + count_of(report.repairs.size(), "edit");
    std::string out;
    for (const std::string& line : wrapped("  What would prevent it: " + word, width, "      ")) out += line + "\n";
    return out;
}

}  // namespace

std::string render_repairs(const RepairsReport& report, TraceStyle style, std::size_t width, std::size_t most_lines) {
    bool narrow = style == TraceStyle::kMail || style == TraceStyle::kCommit || width < 100;
    Shown shown;
    while (true) {
        std::string text = text_of(report, narrow ? kNarrow : width, shown);
        if (static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) <= most_lines) return text;
        if (!leave_out_more(shown)) return in_a_word(report, narrow ? kNarrow : width);
    }
}

}  // namespace quire
