// Edits that were tried, as text: those that hold, one of them as a patch, then why the others do not.
#include <algorithm>

#include "report/case_text.h"
#include "report/text_layout.h"
#include "report/trace_text.h"

namespace quire {

namespace {

constexpr std::size_t kMostRejected = 6;
constexpr std::size_t kMostPatchLines = 12;
constexpr std::size_t kNarrow = 75;

std::string_view repair_word(RepairVerdict verdict) {
    switch (verdict) {
        case RepairVerdict::kHolds: return "holds";
        case RepairVerdict::kRejected: return "rejected";
        case RepairVerdict::kInconclusive: return "undecided";
    }
    return "";
}

std::string patch_text(const RepairReport& repair) {
    std::string out;
    std::size_t shown = 0;
    for (std::string line : repair.patch) {
        if (++shown > kMostPatchLines) return out + "                 ...\n";
        bool changed = line.starts_with("-") || line.starts_with("+");
        std::string text;
        for (char c : line) text += c == '\t' ? std::string(4, ' ') : std::string(1, c);
        out += "               " + (changed ? "  " + text : text + "():") + "\n";
    }
    return out;
}

}  // namespace

std::string render_repairs(const RepairsReport& report, TraceStyle style, std::size_t width) {
    bool narrow = style == TraceStyle::kMail || style == TraceStyle::kCommit || width < 100;
    if (narrow) width = kNarrow;
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
    std::size_t rejected = 0, hidden = 0;
    bool patched = false;
    for (const RepairReport& one : report.repairs) {
        if (one.verdict != RepairVerdict::kHolds && ++rejected > kMostRejected) {
            ++hidden;
            continue;
        }
        std::string text = padded(repair_word(one.verdict), 9) + "  " + printable(one.what);
        if (!one.reason.empty()) text += ": " + one.reason;
        if (one.reason.empty() && !one.note.empty()) text += "  (" + printable(one.note) + ")";
        for (const std::string& line : wrapped(text, width - 4, "             ")) out += "    " + line + "\n";
        if (one.verdict == RepairVerdict::kHolds && !patched) {
            out += patch_text(one);
            patched = true;
        }
    }
    if (hidden != 0) out += "    and " + std::to_string(hidden) + " more that do not help\n";
    return out;
}

}  // namespace quire
