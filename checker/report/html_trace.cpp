// The steps, the facts and the charts are there without a script; the script shows the values at one step, and goes on.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/case_text.h"
#include "report/html.h"
#include "report/html_parts.h"
#include "report/text_layout.h"

namespace quire {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostPageColumns = 4;  // of threads; more are one column with the name in front
constexpr std::size_t kColors = 8;

// Of a chart, in its own units.
constexpr double kChartWidth = 800, kChartLeft = 30, kChartRight = 10, kChartTop = 10, kChartBottom = 22, kUnitHeight = 22,
                 kMostHeight = 200;

std::string element(std::string_view name, const std::string& text, std::string_view attributes = "") {
    return fmt::format("<{}{}{}>{}</{}>", name, attributes.empty() ? "" : " ", attributes, markup_escaped(text), name);
}

std::string row_class(const TraceRow& row) {
    std::string names = std::string(row.switched ? "switched" : "") + (row.switched && row.mark != 0 ? " " : "") +
                        (row.mark != 0 ? "marked" : "");
    return names.empty() ? "" : " class=\"" + names + "\"";
}

class TracePage {
public:
    TracePage(const FindingReport& finding, const TraceFooter& footer, const std::string& index, const RepairsReport* repairs)
        : trace_(finding.trace), values_(finding.values), footer_(footer), index_(index), repairs_(repairs) {}

    std::string text();

private:
    std::string header() const;
    std::string bar() const;
    std::string steps() const;
    std::string step_row(const TraceRow& row, std::uint32_t step, bool numbered) const;
    std::string causes() const;
    std::string repairs() const;
    std::string facts() const;
    std::string ledgers() const;
    std::string ledger(const TraceValues::Ledger& ledger, std::size_t number) const;
    std::string chart(const TraceValues::Ledger& ledger, const std::string& label) const;
    std::string foot() const;
    std::string help() const;
    std::string data() const;
    double step_width() const { return (kChartWidth - kChartLeft - kChartRight) / std::max<double>(1, trace_.steps); }
    bool columns() const { return trace_.movers.size() <= kMostPageColumns; }

    const ExplainedTrace& trace_;
    const TraceValues& values_;
    const TraceFooter& footer_;
    const std::string& index_;
    const RepairsReport* repairs_;
};

std::string TracePage::header() const {
    std::string out = "<a class=\"skip\" href=\"#steps\">To the steps</a>\n<header class=\"top\">\n<div>\n";
    if (!index_.empty()) out += "<nav><a href=\"" + markup_escaped(index_) + "\">All results of the run</a></nav>\n";
    out += element("h1", printable(trace_.headline), trace_.bug ? "class=\"bad\"" : "") + "\n";
    out += element("p", trace_.sentence + ".") + "\n";
    if (!trace_.doc.empty()) out += element("p", printable(trace_.doc)) + "\n";
    std::string where = footer_.file + ", variant " + footer_.variant;
    std::string sizes = sizes_text(footer_.sizes);
    if (!sizes.empty()) where += ", " + sizes;
    if (footer_.memory != "sc") where += ", memory " + footer_.memory;
    where += ", property " + trace_.property + ". " + count_of(trace_.steps, "step") + ", " +
             count_of(trace_.switches, "context switch") + (trace_.fewest_switches ? " (both minimal)." : ".");
    if (footer_.states != 0)
        where += " " + count_of(footer_.states, "state") + " searched" + (footer_.exhaustive ? "." : ", not all there are.");
    out += element("p", where, "class=\"soft\"") + "\n</div>\n";
    return out + "<button type=\"button\" id=\"theme\">Theme: system</button>\n</header>\n";
}

std::string TracePage::bar() const {
    return fmt::format(R"(<div class="bar" role="group" aria-label="Steps of the trace">
<button type="button" id="first" aria-label="To the start">|◀</button>
<button type="button" id="back" aria-label="Step back">◀</button>
<button type="button" id="on" aria-label="Step on">▶</button>
<button type="button" id="end" aria-label="To the end">▶|</button>
<input type="range" id="slider" min="0" max="{0}" value="{0}" aria-label="Step">
<button type="button" id="keys" aria-haspopup="dialog">Keys (?)</button>
<p id="now" role="status" aria-live="polite"></p>
</div>
)",
                       trace_.steps);
}

std::string TracePage::step_row(const TraceRow& row, std::uint32_t step, bool numbered) const {
    std::string changes = changes_text(row);
    std::string thread = row_thread(trace_, row);
    std::string out = fmt::format("<tr data-step=\"{}\" data-thread=\"{}\" data-text=\"{}\" data-changes=\"{}\"{}>", step,
                                  markup_escaped(thread), markup_escaped(printable(row.text)), markup_escaped(printable(changes)),
                                  row_class(row));
    out += "<th scope=\"row\">";
    if (numbered) out += fmt::format("<button type=\"button\" aria-label=\"Step {0}\">{0}</button>", step);
    out += "</th><td class=\"mark\">" + (row.mark != 0 ? std::string("[") + row.mark + "]" : "") + "</td>";
    std::string place = row.place.user.line != 0 ? row.place.user.file + ":" + std::to_string(row.place.user.line) : "";
    for (const CodeLine& inside : row.place.inside)
        place += fmt::format("\n{}:{} {}: {}", inside.file, inside.line, inside.function, inside.text);
    std::string code = "<code title=\"" + markup_escaped(place) + "\">" + markup_escaped(printable(row.text)) + "</code>";
    if (columns()) {
        for (ThreadNumber mover : trace_.movers) out += mover == row.thread ? "<td>" + code + "</td>" : "<td></td>";
    } else {
        out += element("td", thread) + "<td>" + code + "</td>";
    }
    return out + element("td", printable(changes), "class=\"values\"") + "</tr>\n";
}

std::string TracePage::steps() const {
    std::string out =
        "<section aria-labelledby=\"steps-head\">\n<h2 id=\"steps-head\">Steps</h2>\n<table id=\"steps\">\n"
        "<caption class=\"unseen\">One row for each step, in order; a column for each thread</caption>\n<thead><tr>"
        "<th scope=\"col\">step</th><th scope=\"col\"><span class=\"unseen\">mark</span></th>";
    if (columns()) {
        for (ThreadNumber mover : trace_.movers) {
            bool known = mover < trace_.threads.size();
            out += element("th", known ? trace_.threads[mover] : "", "scope=\"col\"");
        }
    } else {
        out += "<th scope=\"col\">thread</th><th scope=\"col\">statement</th>";
    }
    out += "<th scope=\"col\">changed or seen</th></tr></thead>\n<tbody>\n";
    std::uint32_t step = 0;
    for (const TraceRow& row : trace_.rows) {
        if (row.step != 0) step = row.step;
        out += step_row(row, step, row.step != 0);
    }
    out += "</tbody>\n</table>\n";
    if (trace_.rows.empty()) out += "<p>No step: the start state shows it.</p>\n";
    if (trace_.loop_start) {
        out += *trace_.loop_start == trace_.steps
                   ? fmt::format("<p>Step {} repeats for ever.</p>\n", trace_.steps)
                   : fmt::format("<p>The steps from {} to {} repeat for ever.</p>\n", *trace_.loop_start, trace_.steps);
    }
    return out + "</section>\n";
}

// The steps that matter, and why nothing came between them.
std::string TracePage::causes() const {
    std::string out;
    if (!trace_.marks.empty()) {
        out += "<section aria-labelledby=\"causes-head\">\n<h2 id=\"causes-head\">What led to it</h2>\n<ul class=\"plain\">\n";
        for (const TraceMark& mark : trace_.marks) {
            std::string thread = mark.thread < trace_.threads.size() ? trace_.threads[mark.thread] : "";
            std::string place = mark.line != 0 ? " (" + mark.file + ":" + std::to_string(mark.line) + ")" : "";
            std::string held = mark.held.empty() ? "" : ", under " + mark.held;
            out += fmt::format(
                "<li><button type=\"button\" data-goto=\"{0}\">[{1}] step {0}</button> {2}: {3}, <code>{4}</code>{5}</li>\n",
                mark.step, mark.letter, markup_escaped(mark.role), markup_escaped(thread), markup_escaped(printable(mark.text)),
                markup_escaped(place + held));
        }
        out += "</ul>\n</section>\n";
    }
    if (trace_.why.empty()) return out;
    out += "<section aria-labelledby=\"why-head\">\n<h2 id=\"why-head\">Why nothing prevented it</h2>\n<dl class=\"keys\">\n";
    for (const TraceReason& reason : trace_.why)
        out += element("dt", reason.topic) + element("dd", printable(reason.text)) + "\n";
    return out + "</dl>\n</section>\n";
}

std::string TracePage::repairs() const {
    if (repairs_ == nullptr || repairs_->repairs.empty()) return {};
    std::string out =
        "<section aria-labelledby=\"repairs-head\">\n<h2 id=\"repairs-head\">What would prevent it</h2>\n"
        "<table>\n<caption>Edits, each checked again for every property</caption>\n"
        "<thead><tr><th scope=\"col\">edit</th><th scope=\"col\">outcome</th></tr></thead>\n<tbody>\n";
    for (const RepairReport& one : repairs_->repairs) {
        bool holds = one.verdict == RepairVerdict::kHolds, rejected = one.verdict == RepairVerdict::kRejected;
        std::string patch;
        for (const std::string& line : one.patch) patch += printable(line) + "\n";
        if (!patch.empty()) patch = "<details><summary>the change</summary><pre>" + markup_escaped(patch) + "</pre></details>";
        out += fmt::format("<tr><td>{}{}</td><td><span class=\"{}\">{}</span>{}</td></tr>\n",
                           markup_escaped(printable(one.what + (one.note.empty() ? "" : "; " + one.note))), patch,
                           holds      ? "good"
                           : rejected ? "bad"
                                      : "odd",
                           holds      ? "holds"
                           : rejected ? "rejected"
                                      : "undecided",
                           markup_escaped(printable(one.reason.empty() ? "" : ": " + one.reason)));
    }
    return out + "</tbody>\n</table>\n</section>\n";
}

std::string TracePage::facts() const {
    std::string out;
    for (const TraceFact& fact : trace_.facts) {
        out += "<section>\n" + element("h2", printable(fact.heading)) + "\n<pre>";
        for (const std::string& line : fact.lines) out += markup_escaped(printable(line)) + "\n";
        out += "</pre>\n</section>\n";
    }
    return out;
}

// Accounts stacked on each other, what they owe below the line; a step of the trace is a step to the right.
std::string TracePage::chart(const TraceValues::Ledger& ledger, const std::string& label) const {
    Value most = 1, least = 0;
    for (const std::vector<Value>& balances : ledger.balances) {
        Value above = 0, below = 0;
        for (Value balance : balances) (balance > 0 ? above : below) += balance;
        most = std::max(most, above);
        least = std::min(least, below);
    }
    double unit = std::min(kUnitHeight, kMostHeight / static_cast<double>(most - least));
    double height = kChartTop + kChartBottom + unit * static_cast<double>(most - least);
    auto y = [&](Value value) { return kChartTop + unit * static_cast<double>(most - value); };
    auto x = [&](std::size_t state) { return kChartLeft + step_width() * static_cast<double>(state); };
    std::string out =
        fmt::format("<svg shape-rendering=\"crispEdges\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n",
                    kChartWidth, height, markup_escaped(label));
    Value every = std::max<Value>(1, (most - least + 9) / 10);
    for (Value value = least; value <= most; value += every) {
        out += fmt::format(
            "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
            "<text x=\"{3:.1f}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
            kChartLeft, kChartWidth - kChartRight, y(value), kChartLeft - 6, y(value) + 4, value);
    }
    for (std::size_t state = 0; state < ledger.balances.size(); ++state) {
        // A state lasts from its own step to the next one.
        double from = x(state), to = state + 1 < ledger.balances.size() ? x(state + 1) : std::max(x(trace_.steps), from + 6);
        Value above = 0, below = 0;
        for (std::size_t account = 0; account < ledger.accounts.size(); ++account) {
            Value balance = ledger.balances[state][account];
            if (balance == 0) continue;
            Value& edge = balance > 0 ? above : below;
            Value next = edge + balance;
            out += fmt::format("<rect class=\"s{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n",
                               account % kColors, from, y(std::max(edge, next)), to - from,
                               unit * static_cast<double>(std::abs(balance)));
            edge = next;
        }
    }
    std::uint32_t labels = std::max<std::uint32_t>(1, (trace_.steps + 19) / 20);
    for (std::uint32_t step = 0; step <= trace_.steps; step += labels)
        out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", x(step), height - 7, step);
    out += fmt::format("<line class=\"cursor\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"0\" y2=\"{1:.1f}\"/>\n</svg>\n", x(0),
                       height - kChartBottom);
    return out;
}

std::string TracePage::ledger(const TraceValues::Ledger& ledger, std::size_t number) const {
    std::string label = "References of " + ledger.name + " over " + count_of(trace_.steps, "step") + ": ";
    auto total = [](const std::vector<Value>& balances) {
        Value sum = 0;
        for (Value balance : balances) sum += balance;
        return sum;
    };
    label += std::to_string(total(ledger.balances.front())) + " at the start, " + std::to_string(total(ledger.balances.back())) +
             " at the end.";
    std::string out = fmt::format("<figure id=\"ledger{}\">\n<figcaption>Whose references: <code>{}</code></figcaption>\n",
                                  number, markup_escaped(ledger.name));
    out += chart(ledger, label);
    out += "<table>\n<caption class=\"unseen\">Balances of " + markup_escaped(ledger.name) +
           " at the present step</caption>\n<thead><tr><th scope=\"col\">account</th><th scope=\"col\">at the start</th>"
           "<th scope=\"col\">now</th><th scope=\"col\">at the end</th></tr></thead>\n<tbody>\n";
    for (std::size_t a = 0; a < ledger.accounts.size(); ++a) {
        out += fmt::format(
            "<tr><th scope=\"row\"><span class=\"swatch s{}\"></span>{}</th><td>{}</td><td class=\"balance\">{}</td>"
            "<td>{}</td></tr>\n",
            a % kColors, markup_escaped(ledger.accounts[a]), ledger.balances.front()[a], ledger.balances.back()[a],
            ledger.balances.back()[a]);
    }
    return out + "</tbody>\n</table>\n</figure>\n";
}

std::string TracePage::ledgers() const {
    if (values_.ledgers.empty()) return {};
    std::string out = "<section aria-labelledby=\"ledger-head\">\n<h2 id=\"ledger-head\">The ledger</h2>\n";
    for (std::size_t i = 0; i < values_.ledgers.size(); ++i) out += ledger(values_.ledgers[i], i);
    return out + "</section>\n";
}

std::string TracePage::foot() const {
    std::string mail = render_trace(trace_, footer_, TraceStyle::kMail, 0);
    std::string out = "<details>\n<summary>As text, for a mail</summary>\n<pre>" + markup_escaped(mail) + "</pre>\n</details>\n";
    std::string origin = "quire " + footer_.version;
    if (!footer_.spec_hash.empty()) origin += ", spec " + footer_.spec_hash;
    out += "<footer class=\"soft\">\n" + element("p", origin) + "\n";
    if (!footer_.saved.empty()) out += "<p>" + element("code", "quire trace " + footer_.saved) + "</p>\n";
    return out + "</footer>\n";
}

std::string TracePage::help() const {
    return R"(<dialog id="help" aria-labelledby="help-head">
<h2 id="help-head">Keys</h2>
<dl class="keys">
<dt><kbd>→</kbd> <kbd>↓</kbd> <kbd>j</kbd></dt><dd>step on</dd>
<dt><kbd>←</kbd> <kbd>↑</kbd> <kbd>k</kbd></dt><dd>step back</dd>
<dt><kbd>Home</kbd> <kbd>g</kbd>, <kbd>End</kbd> <kbd>G</kbd></dt><dd>to the start, to the end</dd>
<dt><kbd>Page Up</kbd> <kbd>Page Down</kbd></dt><dd>ten steps</dd>
<dt><kbd>[</kbd> <kbd>]</kbd></dt><dd>to the context switch before, behind</dd>
<dt><kbd>{</kbd> <kbd>}</kbd></dt><dd>to the marked step before, behind</dd>
<dt><kbd>c</kbd></dt><dd>only the values that this step changes</dd>
<dt><kbd>a</kbd></dt><dd>also values that never change</dd>
<dt><kbd>t</kbd></dt><dd>light, dark, or as the system has it</dd>
<dt><kbd>?</kbd></dt><dd>this, and away again</dd>
</dl>
<form method="dialog"><button>Close</button></form>
</dialog>
)";
}

std::string TracePage::data() const {
    Json steps = Json::array();
    for (const std::vector<TraceValues::Change>& changes : values_.steps) {
        Json step = Json::array();
        for (const TraceValues::Change& change : changes) step.push_back(Json::array({change.cell, change.value}));
        steps.push_back(std::move(step));
    }
    Json ledgers = Json::array();
    for (const TraceValues::Ledger& one : values_.ledgers) ledgers.push_back({{"balances", one.balances}});
    Json data = {{"last", trace_.steps}, {"names", values_.names}, {"start", values_.start}, {"steps", steps},
                 {"ledgers", ledgers},   {"left", kChartLeft},     {"wide", step_width()},   {"width", kChartWidth}};
    std::string text = data.dump(-1, ' ', false, Json::error_handler_t::replace);
    // Nothing in it may end the element that it stands in.
    std::string safe;
    for (char c : text) safe += c == '<' ? std::string("\\u003c") : std::string(1, c);
    return "<script type=\"application/json\" id=\"data\">" + safe + "</script>\n";
}

std::string TracePage::text() {
    std::string title = trace_.property + " in " + footer_.variant + " of " + footer_.file;
    std::string side = R"(<aside class="side" aria-labelledby="state-head">
<h2 id="state-head">Values</h2>
<p><button type="button" id="only" aria-pressed="false">Only changed (c)</button>
<button type="button" id="all" aria-pressed="false">Also constant ones (a)</button></p>
<table id="state">
<caption>At the end</caption>
<thead><tr><th scope="col">what</th><th scope="col">value</th></tr></thead>
<tbody></tbody>
</table>
<noscript><p>The values at each step need JavaScript.</p></noscript>
</aside>
)";
    return html::page_head(title) + header() + "<main>\n" + bar() + "<div class=\"both\">\n<div>\n" + steps() + causes() +
           repairs() + facts() + ledgers() + foot() + "</div>\n" + side + "</div>\n</main>\n" + help() + data() + "<script>" +
           std::string(html::kThemeScript) + std::string(html::kTraceScript) + "</script>\n</body>\n</html>\n";
}

}  // namespace

std::string html_trace_page(const FindingReport& finding, const TraceFooter& footer, const std::string& index,
                            const RepairsReport* repairs) {
    return TracePage(finding, footer, index, repairs).text();
}

}  // namespace quire
