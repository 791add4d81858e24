// Which rows of a long trace are shown.
//
// A screen has room for some of the rows, and which of them a reader misses least is a matter of rank: causal steps are
// always shown; then come rows that end or begin an object, rows that change a count, rows at a context switch, rows that
// change anything else; rows that only look go first, and of equals those farthest from a causal step.  As many of the
// highest ranks are shown as fit.  What is left out is one line that says whose steps they are and what was called.
#include "report/trace_fold.h"

#include <algorithm>
#include <numeric>

#include "report/text_layout.h"

namespace quire {

namespace {

constexpr int kAlways = 1000;

bool says(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

int rank_of_changes(const TraceRow& row) {
    int rank = 0;
    for (const std::string& change : row.changes) {
        int own = 0;
        if (says(change, "FREED") || says(change, "allocated"))
            own = 8;
        else if (says(change, "refs: ") || says(change, "count: "))
            own = 6;
        else if (says(change, " -> "))
            own = 4;
        else if (change.ends_with("taken") || change.ends_with("free"))
            own = 3;
        rank = std::max(rank, own);
    }
    return rank;
}

bool same_line(const TraceRow& a, const TraceRow& b) {
    return a.thread == b.thread && a.place.user.file == b.place.user.file && a.place.user.line == b.place.user.line &&
           a.place.user.line != 0;
}

int rank_of(const ExplainedTrace& trace, std::size_t i) {
    const std::vector<TraceRow>& rows = trace.rows;
    const TraceRow& row = rows[i];
    // A check that fails has a row of its own behind the step's.
    bool last = i + 1 == rows.size() || (i + 2 == rows.size() && rows.back().step == 0);
    if (row.mark != 0 || i == 0 || last || row.step == 0) return kAlways;
    int rank = rank_of_changes(row);
    bool at_switch = row.switched || rows[i + 1].switched;
    bool near_mark = (rows[i - 1].mark != 0 && rows[i - 1].thread == row.thread) ||
                     (rows[i + 1].mark != 0 && rows[i + 1].thread == row.thread);
    rank += (at_switch ? 3 : 0) + (near_mark ? 2 : 0);
    if (!row.place.inside.empty() && same_line(rows[i - 1], row)) rank -= 1;
    return rank;
}

// What fits into a line or two, and at least the first.
void shorten(std::vector<std::string>& changes) {
    constexpr std::size_t kMost = 60;
    std::size_t length = 0, kept = 0;
    while (kept < changes.size() && (kept == 0 || length + changes[kept].size() <= kMost)) length += changes[kept++].size();
    // What failed is said last.
    if (kept >= changes.size()) return;
    std::string last = changes.back();
    changes.resize(kept);
    changes.push_back(last == "..." || last.find(" -> ") != std::string::npos || last.find(" is ") != std::string::npos ? "..."
                                                                                                                        : last);
}

std::vector<std::size_t> distances_to_marks(const ExplainedTrace& trace) {
    std::vector<std::size_t> distance(trace.rows.size(), trace.rows.size());
    for (std::size_t i = 0; i < trace.rows.size(); ++i) {
        if (trace.rows[i].mark == 0) continue;
        for (std::size_t k = 0; k < trace.rows.size(); ++k) distance[k] = std::min(distance[k], i > k ? i - k : k - i);
    }
    return distance;
}

}  // namespace

ExplainedTrace folded_to_fit(const ExplainedTrace& trace, std::size_t limit,
                             const std::function<std::size_t(const ExplainedTrace&)>& lines_of) {
    ExplainedTrace shown = trace;
    for (TraceRow& row : shown.rows) row.folded = false;
    if (lines_of(shown) <= limit) return shown;
    std::vector<int> rank(trace.rows.size());
    for (std::size_t i = 0; i < rank.size(); ++i) rank[i] = rank_of(trace, i);
    std::vector<std::size_t> distance = distances_to_marks(trace);
    std::vector<std::size_t> order(trace.rows.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return rank[a] != rank[b] ? rank[a] > rank[b] : distance[a] < distance[b];
    });
    auto show = [&](std::size_t count) {
        for (std::size_t k = 0; k < order.size(); ++k) shown.rows[order[k]].folded = k >= count && rank[order[k]] < kAlways;
    };
    // The number of lines all but grows with the number of rows: a row between two folded ones may add a line of its own.
    std::size_t least = 0, most = order.size();
    while (least + 1 < most) {
        std::size_t middle = (least + most) / 2;
        show(middle);
        (lines_of(shown) <= limit ? least : most) = middle;
    }
    show(least);
    // Of several reasons of one kind, all but the first can go.
    while (least == 0 && lines_of(shown) > limit) {
        auto repeated = std::find_if(shown.why.rbegin(), shown.why.rend(), [&](const TraceReason& reason) {
            return &reason != &shown.why.front() && (&reason - 1)->topic == reason.topic;
        });
        if (repeated == shown.why.rend()) break;
        shown.why.erase(std::next(repeated).base());
    }
    // Who owned what is said in the rows as well: of a ledger its end is enough.
    for (TraceFact& fact : shown.facts) {
        constexpr std::size_t kLeast = 3;
        if (least != 0 || lines_of(shown) <= limit || !fact.heading.starts_with("The ledger ") || fact.lines.size() <= kLeast)
            continue;
        fact.lines.erase(fact.lines.begin() + 1, fact.lines.end() - 2);
        fact.lines.insert(fact.lines.begin() + 1, "...");
    }
    // Locks are named once, and of what a step changed the first is what it is about.
    bool too_long = least == 0 && lines_of(shown) > limit;
    bool locks_told = std::any_of(shown.why.begin(), shown.why.end(), [](const TraceReason& r) { return r.topic == "locks"; });
    for (TraceMark& mark : shown.marks) {
        if (too_long && locks_told) mark.held.clear();
    }
    for (TraceRow& row : shown.rows) {
        if (too_long) shorten(row.changes);
    }
    for (TraceFact& fact : shown.facts) {
        if (!too_long || fact.heading != "At the start") continue;
        std::string all;
        for (const std::string& line : fact.lines) all += (all.empty() ? "" : "; ") + line;
        fact.lines = {all};
    }
    // What is left can only be said in fewer words.
    if (too_long && lines_of(shown) > limit) shown.doc.clear();
    if (too_long && lines_of(shown) > limit && shown.why.size() > 1) shown.why.resize(1);
    for (TraceFact& fact : shown.facts) {
        constexpr std::size_t kMostLines = 4;
        if (too_long && lines_of(shown) > limit && fact.lines.size() > kMostLines) fact.lines.resize(kMostLines);
    }
    // A row alone mostly takes no more room than the words in its place.
    for (std::size_t i = 1; i + 1 < shown.rows.size(); ++i) {
        bool alone = shown.rows[i].folded && !shown.rows[i - 1].folded && !shown.rows[i + 1].folded;
        if (!alone) continue;
        std::size_t before = lines_of(shown);
        shown.rows[i].folded = false;
        std::size_t now = lines_of(shown);
        if (now > limit && now > before) shown.rows[i].folded = true;
    }
    return shown;
}

std::size_t folded_from(const ExplainedTrace& trace, std::size_t first) {
    std::size_t last = first;
    while (last < trace.rows.size() && trace.rows[last].folded) ++last;
    return last - first;
}

std::string folded_line(const ExplainedTrace& trace, std::size_t first, std::size_t count, std::size_t width) {
    std::string text;
    bool several = false;
    for (ThreadNumber thread : trace.movers) {
        std::size_t own = 0;
        std::vector<std::string> calls;
        for (std::size_t i = first; i < first + count; ++i) {
            const TraceRow& row = trace.rows[i];
            if (row.thread != thread) continue;
            ++own;
            if (row.place.inside.empty()) continue;
            const std::string& called = row.place.inside.front().function;
            if (std::find(calls.begin(), calls.end(), called) == calls.end()) calls.push_back(called);
        }
        if (own == 0) continue;
        several = several || !text.empty();
        text += (text.empty() ? count_of(own, "step") : ", " + std::to_string(own)) + " of " +
                (thread < trace.threads.size() ? trace.threads[thread] : std::string());
        std::string names;
        for (const std::string& call : calls) {
            std::string longer = names + (names.empty() ? "" : ", ") + call;
            if (text_width(text) + text_width(longer) + 14 > width || several) break;
            names = longer;
        }
        if (!names.empty()) text += " (" + names + (names.ends_with(calls.back()) ? ")" : ", ...)");
    }
    return "... " + text + " ...";
}

std::string row_text(const ExplainedTrace& trace, std::size_t row, std::size_t width) {
    const TraceRow& own = trace.rows[row];
    std::size_t comment = own.text.rfind("  /* ");
    if (row == 0 || comment == std::string::npos || comment == 0 || text_width(own.text) <= width) return own.text;
    const TraceRow& before = trace.rows[row - 1];
    bool repeats = !before.folded && same_line(before, own) && before.text.starts_with(own.text.substr(0, comment));
    return repeats ? own.text.substr(comment) : own.text;
}

}  // namespace quire
