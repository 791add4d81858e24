// Layouts.  Table: a column per thread and one for what changed.  Mail: the same in 75 columns of ASCII with the change in
// parentheses on the next line and a `|` on every line, so that archives that squeeze blanks leave it readable.  Five or
// more threads: one column with the thread's name in front and a blank line at each switch.
#include "report/trace_text.h"

#include <algorithm>

#include "report/text_layout.h"
#include "report/trace_fold.h"

namespace quire {

namespace {

constexpr std::size_t kMailWidth = 75;
constexpr std::size_t kWideEnough = 100;
constexpr std::size_t kLongestMarkText = 36;
constexpr std::size_t kMostColumns = 4;      // of a table
constexpr std::size_t kMostMailColumns = 3;  // of a mail, if the text fits into such narrow ones

std::string right_aligned(std::uint32_t step) {
    std::string digits = step == 0 ? "" : std::to_string(step);
    return digits.size() >= 3 ? digits : std::string(3 - digits.size(), ' ') + digits;
}

// "  4 [a] ", "  4     "
std::string numbered(const TraceRow& row) {
    return right_aligned(row.step) + (row.mark != 0 ? std::string(" [") + row.mark + "] " : "     ");
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

std::size_t lines_in(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

std::string without_trailing_blanks(std::string line) {
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

const std::string& thread_name(const ExplainedTrace& trace, ThreadNumber thread) {
    static const std::string nobody;
    return thread < trace.threads.size() ? trace.threads[thread] : nobody;
}

std::size_t column_of(const ExplainedTrace& trace, ThreadNumber thread) {
    auto found = std::find(trace.movers.begin(), trace.movers.end(), thread);
    return static_cast<std::size_t>(found - trace.movers.begin());
}

std::string loop_line(const ExplainedTrace& trace) {
    if (*trace.loop_start == trace.steps) return "step " + std::to_string(trace.steps) + " repeats for ever";
    return "the steps from " + std::to_string(*trace.loop_start) + " to " + std::to_string(trace.steps) + " repeat for ever";
}

// ------------------------------------------------------------------------------------------------------------- table

struct TableShape {
    std::vector<std::size_t> widths;  // of the threads' columns
    std::size_t changes = 30;
};

TableShape shape_of(const ExplainedTrace& trace, std::size_t width) {
    TableShape shape;
    std::size_t longest_change = 14;
    shape.widths.assign(trace.movers.size(), 0);
    for (std::size_t c = 0; c < trace.movers.size(); ++c) shape.widths[c] = text_width(thread_name(trace, trace.movers[c]));
    for (const TraceRow& row : trace.rows) {
        std::size_t& column = shape.widths[column_of(trace, row.thread)];
        column = std::max(column, text_width(row.text));
        longest_change = std::max(longest_change, text_width(joined(row.changes)));
    }
    shape.changes = std::min<std::size_t>(longest_change, std::max<std::size_t>(30, width / 3));
    std::size_t room = width - 8 - shape.changes;
    std::size_t each = room / std::max<std::size_t>(1, trace.movers.size());
    each = std::max<std::size_t>(each, 18) - 2;
    for (std::size_t& column : shape.widths) column = std::min(column, each);
    return shape;
}

// Cells side by side, each over as many lines as it needs.
std::string side_by_side(const std::string& prefix, const std::vector<std::vector<std::string>>& cells,
                         const std::vector<std::size_t>& widths, std::string_view separator) {
    std::size_t height = 1;
    for (const auto& cell : cells) height = std::max(height, cell.size());
    std::string out;
    for (std::size_t line = 0; line < height; ++line) {
        std::string text = line == 0 ? prefix : std::string(text_width(prefix), ' ');
        for (std::size_t c = 0; c < cells.size(); ++c) {
            std::string part = line < cells[c].size() ? cells[c][line] : std::string();
            text += c + 1 < cells.size() ? padded(part, widths[c]) + std::string(separator) : part;
        }
        out += without_trailing_blanks(text) + "\n";
    }
    return out;
}

// Three or four columns are worth having only while most lines fit into them.
bool fits_table_columns(const ExplainedTrace& trace, std::size_t width) {
    if (trace.movers.size() <= 2) return true;
    if (trace.movers.size() > kMostColumns) return false;
    TableShape shape = shape_of(trace, width);
    std::size_t too_long = 0;
    for (const TraceRow& row : trace.rows) too_long += text_width(row.text) > shape.widths[column_of(trace, row.thread)] ? 1 : 0;
    return too_long * 5 <= trace.rows.size();
}

std::string table_columns(const ExplainedTrace& trace, std::size_t width, bool calls) {
    TableShape shape = shape_of(trace, width);
    std::vector<std::size_t> widths = shape.widths;
    widths.push_back(shape.changes);
    std::vector<std::vector<std::string>> names, rules;
    for (ThreadNumber t : trace.movers) {
        names.push_back({thread_name(trace, t)});
        rules.push_back({"----"});
    }
    names.push_back({"changed / seen"});
    rules.push_back({"--------------"});
    std::string out = side_by_side("        ", names, widths, "  ") + side_by_side("        ", rules, widths, "  ");
    for (std::size_t i = 0; i < trace.rows.size(); ++i) {
        const TraceRow& row = trace.rows[i];
        if (std::size_t folded = calls ? 0 : folded_from(trace, i); folded != 0) {
            out += "        " + folded_line(trace, i, folded, width - 8) + "\n";
            i += folded - 1;
            continue;
        }
        std::vector<std::vector<std::string>> cells(trace.movers.size() + 1);
        std::size_t column = column_of(trace, row.thread);
        cells[column] = wrapped(calls ? row.text : row_text(trace, i, widths[column]), widths[column], "    ");
        cells.back() = wrapped(joined(row.changes), shape.changes, "  ");
        out += side_by_side(numbered(row), cells, widths, "  ");
        if (!calls) continue;
        if (row.place.user.line != 0) {
            out += "           at " + row.place.user.file + ":" + std::to_string(row.place.user.line) + " in " +
                   row.place.user.function + "\n";
        }
        for (const CodeLine& line : row.place.inside) {
            out +=
                "           -> " + line.file + ":" + std::to_string(line.line) + " in " + line.function + ": " + line.text + "\n";
        }
    }
    return out;
}

// Many threads: the name in front of each line.
std::string table_prefixed(const ExplainedTrace& trace, std::size_t width, bool calls) {
    std::size_t name_width = 0;
    std::size_t text_max = 0;
    for (ThreadNumber t : trace.movers) name_width = std::max(name_width, text_width(thread_name(trace, t)));
    for (const TraceRow& row : trace.rows) text_max = std::max(text_max, text_width(row.text));
    text_max = std::min(text_max, std::max<std::size_t>(40, width / 2));
    std::size_t changes = std::max<std::size_t>(30, width - std::min(width, 11 + name_width + text_max));
    std::vector<std::size_t> widths = {name_width, text_max, changes};
    std::string out;
    for (std::size_t i = 0; i < trace.rows.size(); ++i) {
        const TraceRow& row = trace.rows[i];
        if (std::size_t folded = calls ? 0 : folded_from(trace, i); folded != 0) {
            out += "\n        " + folded_line(trace, i, folded, width - 8) + "\n";
            i += folded - 1;
            continue;
        }
        if (row.switched) out += "\n";
        out += side_by_side(numbered(row),
                            {{thread_name(trace, row.thread)},
                             wrapped(calls ? row.text : row_text(trace, i, text_max), text_max, "    "),
                             wrapped(joined(row.changes), changes, "  ")},
                            widths, "  ");
        if (!calls) continue;
        for (const CodeLine& line : row.place.inside) {
            out +=
                "           -> " + line.file + ":" + std::to_string(line.line) + " in " + line.function + ": " + line.text + "\n";
        }
    }
    return out;
}

// -------------------------------------------------------------------------------------------------------------- mail

std::vector<std::string> mail_cell(const ExplainedTrace& trace, std::size_t number, std::size_t width) {
    const TraceRow& row = trace.rows[number];
    std::vector<std::string> lines = wrapped(ascii(row_text(trace, number, width)), width, "    ");
    if (row.changes.empty()) return lines;
    for (std::string& line : wrapped("(" + ascii(joined(row.changes)) + ")", width - 2, " ")) lines.push_back("  " + line);
    return lines;
}

std::string mail_columns(const ExplainedTrace& trace) {
    std::size_t columns = std::max<std::size_t>(1, trace.movers.size());
    std::size_t each = (kMailWidth - (columns == 1 ? 8 : 6) - 2 * (columns - 1)) / columns;
    std::vector<std::size_t> widths(columns, each);
    std::vector<std::vector<std::string>> names, rules;
    for (ThreadNumber t : trace.movers) {
        names.push_back({ascii(thread_name(trace, t))});
        rules.push_back({std::string(std::min(each - 1, names.back()[0].size()), '-')});
    }
    std::string gutter = columns == 1 ? "      | " : "      ";
    std::string out = side_by_side(gutter, names, widths, "| ") + side_by_side(gutter, rules, widths, "| ");
    for (std::size_t i = 0; i < trace.rows.size(); ++i) {
        const TraceRow& row = trace.rows[i];
        if (std::size_t folded = folded_from(trace, i); folded != 0) {
            out += "      | " + folded_line(trace, i, folded, kMailWidth - 8) + "\n";
            i += folded - 1;
            continue;
        }
        std::vector<std::vector<std::string>> cells(columns);
        std::size_t column = column_of(trace, row.thread);
        cells[column] = mail_cell(trace, i, each - 1);
        std::size_t height = cells[column].size();
        for (std::size_t line = 0; line < height; ++line) {
            std::vector<std::vector<std::string>> one(columns);
            one[column] = {cells[column][line]};
            std::string number = line == 0 ? right_aligned(row.step) : "   ";
            std::string mark = line == 0 && row.mark != 0 ? std::string(1, row.mark) : " ";
            out += side_by_side(number + " " + mark + (columns == 1 ? " | " : " "), one, widths, "| ");
        }
    }
    return out;
}

std::string mail_prefixed(const ExplainedTrace& trace) {
    std::size_t name_width = 0;
    for (ThreadNumber t : trace.movers) name_width = std::max(name_width, text_width(thread_name(trace, t)));
    std::string out;
    for (std::size_t i = 0; i < trace.rows.size(); ++i) {
        const TraceRow& row = trace.rows[i];
        if (std::size_t folded = folded_from(trace, i); folded != 0) {
            out += "      " + std::string(name_width + 1, ' ') + "| " +
                   folded_line(trace, i, folded, kMailWidth - 9 - name_width) + "\n";
            i += folded - 1;
            continue;
        }
        if (row.switched) out += "      " + std::string(name_width + 1, ' ') + "|\n";
        bool first = true;
        for (const std::string& line : mail_cell(trace, i, kMailWidth - 9 - name_width)) {
            std::string name = first ? ascii(thread_name(trace, row.thread)) : "";
            std::string mark = first && row.mark != 0 ? std::string(1, row.mark) : " ";
            std::string text =
                (first ? right_aligned(row.step) : "   ") + " " + mark + " " + padded(name, name_width) + " | " + line;
            out += without_trailing_blanks(text) + "\n";
            first = false;
        }
    }
    return out;
}

// Two columns always do; three are worth having while they are no longer than names in front of the lines.
std::string mail_layout(const ExplainedTrace& trace, bool columns_fit) {
    if (trace.movers.size() <= 2 && columns_fit) return mail_columns(trace);
    std::string prefixed = mail_prefixed(trace);
    if (trace.movers.size() > kMostMailColumns || !columns_fit) return prefixed;
    std::string columns = mail_columns(trace);
    return lines_in(columns) <= lines_in(prefixed) ? columns : prefixed;
}

std::string mail_rows(const ExplainedTrace& trace, bool columns_fit) {
    if (trace.rows.empty()) return "      | (no step: the start state shows it)\n";
    std::string out = mail_layout(trace, columns_fit);
    if (trace.loop_start) out += "      | " + loop_line(trace) + "\n";
    return out;
}

std::string paragraph(const std::string& text, std::string_view indent = "") {
    std::string out;
    for (const std::string& line : wrapped(ascii(text), kMailWidth, indent)) out += line + "\n";
    return out;
}

std::string place_of(const TraceMark& mark) {
    if (mark.line == 0) return {};
    return mark.file.substr(mark.file.rfind('/') + 1) + ":" + std::to_string(mark.line);
}

std::string mail_marks(const ExplainedTrace& trace) {
    std::string out;
    for (const TraceMark& mark : trace.marks) {
        std::string held = mark.held.empty() ? "" : ", under " + mark.held;
        std::string place = mark.line == 0 ? "" : " (" + place_of(mark) + ")";
        out += paragraph(std::string("[") + mark.letter + "] " + mark.role + " at step " + std::to_string(mark.step) + " by " +
                             thread_name(trace, mark.thread) + place + held,
                         "    ");
    }
    if (trace.why.empty()) return out;
    out += "\n" + paragraph("Why nothing prevented it:");
    for (const TraceReason& reason : trace.why) out += paragraph("  " + reason.topic + ": " + reason.text, "      ");
    return out;
}

std::string mail_facts(const ExplainedTrace& trace) {
    std::string out;
    for (const TraceFact& fact : trace.facts) {
        out += "\n" + paragraph(fact.heading + ":");
        for (const std::string& line : fact.lines) out += paragraph("  " + line, "      ");
    }
    return out;
}

std::string command_that_repeats(const ExplainedTrace& trace, const TraceFooter& footer) {
    std::string command = "quire check " + footer.file + " --variant " + footer.variant;
    for (const auto& [name, value] : footer.sizes) command += " -D " + name + "=" + std::to_string(value);
    if (footer.memory != "sc") command += " --experimental --memory " + footer.memory;
    return command + " --property " + trace.property;
}

std::string under(const TraceFooter& footer) { return footer.memory == "sc" ? "" : "memory " + footer.memory + ", "; }

std::string lengths(const ExplainedTrace& trace) {
    return count_of(trace.steps, "step") + ", " + count_of(trace.switches, "context switch");
}

std::string render_mail(const ExplainedTrace& trace, const TraceFooter& footer, bool columns_fit) {
    std::string out = paragraph(trace.headline, "  ") + "\n" + mail_rows(trace, columns_fit) + "\n";
    std::string sentence = trace.sentence + ".";
    out += paragraph(sentence);
    if (!trace.doc.empty()) out += paragraph(printable(trace.doc));
    if (!trace.marks.empty()) out += "\n" + mail_marks(trace);
    out += mail_facts(trace) + "\n";
    out += paragraph("Reproduce: " + command_that_repeats(trace, footer), "           ");
    std::string origin = "           (quire " + footer.version + (footer.spec_hash.empty() ? "" : ", spec " + footer.spec_hash) +
                         ", " + under(footer) + lengths(trace) + ")";
    return out + paragraph(origin, "            ");
}

std::string capitalised(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
}

std::string render_commit(const ExplainedTrace& trace, const TraceFooter& footer, bool columns_fit) {
    std::string what = trace.doc.empty() ? trace.sentence : printable(trace.doc);
    while (!what.empty() && (what.back() == '.' || what.back() == ' ')) what.pop_back();
    std::string out = paragraph(capitalised(what) + ":") + "\n" + mail_rows(trace, columns_fit) + mail_facts(trace) + "\n";
    std::string found = std::string("Found by quire ") + footer.version + ", " + under(footer) + lengths(trace) + ".";
    return out + paragraph(found);
}

// ------------------------------------------------------------------------------------------------------------- footer

std::string shortened(const std::string& text, std::size_t width) {
    if (text_width(text) <= width) return text;
    return without_trailing_blanks(wrapped(text, width - 4).front()) + " ...";
}

std::string table_marks(const ExplainedTrace& trace, std::size_t width) {
    std::size_t roles = 0, names = 0, texts = 0, places = 0, digits = std::to_string(trace.steps).size();
    for (const TraceMark& mark : trace.marks) {
        roles = std::max(roles, text_width(mark.role));
        names = std::max(names, text_width(thread_name(trace, mark.thread)));
        texts = std::max(texts, text_width(shortened(printable(mark.text), kLongestMarkText)));
        places = std::max(places, text_width(place_of(mark)));
    }
    std::string out = trace.marks.empty() ? "" : "\n";
    for (const TraceMark& mark : trace.marks) {
        std::string step = std::to_string(mark.step);
        std::string line = std::string("[") + mark.letter + "] " + padded(mark.role, roles) + "  step " +
                           std::string(digits - std::min(digits, step.size()), ' ') + step + "  " +
                           padded(thread_name(trace, mark.thread), names) + "  " +
                           padded(shortened(printable(mark.text), kLongestMarkText), texts) + "  " +
                           padded(place_of(mark), places) + (mark.held.empty() ? "" : "  under " + mark.held);
        for (const std::string& piece : wrapped(without_trailing_blanks(line), width - 2, "    "))
            out += "  " + without_trailing_blanks(piece) + "\n";
    }
    if (trace.why.empty()) return out;
    out += "\n  Why nothing prevented it\n";
    for (const TraceReason& reason : trace.why) {
        std::string line = padded(reason.topic, 10) + "  " + printable(reason.text);
        for (const std::string& piece : wrapped(line, width - 4, "            ")) out += "    " + piece + "\n";
    }
    return out;
}

std::string render_table(const ExplainedTrace& trace, const TraceFooter& footer, std::size_t width, bool calls) {
    std::string out = printable(trace.headline) + "\n";
    if (trace.rows.empty()) {
        out += "       (no step: the start state shows it)\n";
    } else {
        out += fits_table_columns(trace, width) ? table_columns(trace, width, calls) : table_prefixed(trace, width, calls);
    }
    if (trace.loop_start) out += "       " + loop_line(trace) + "\n";
    out += "\n *** " + trace.sentence + " ***\n";
    if (!trace.doc.empty()) {
        out += "\n";
        for (const std::string& line : wrapped(printable(trace.doc), width - 2)) out += "  " + line + "\n";
    }
    out += table_marks(trace, width);
    for (const TraceFact& fact : trace.facts) {
        out += "\n  " + fact.heading + "\n";
        for (const std::string& line : fact.lines) {
            for (const std::string& piece : wrapped(printable(line), width - 4, "    ")) out += "    " + piece + "\n";
        }
    }
    out += "\n  shortest: " + lengths(trace) + (trace.fewest_switches ? " (both minimal)" : "") + ".";
    if (footer.states != 0) {
        out += "  " + count_of(footer.states, "state") + ", " + count_of(footer.transitions, "transition");
        if (!footer.exhaustive) out += ", not all";
    }
    out += "\n";
    if (footer.memory != "sc") out += "  memory:   " + footer.memory + "\n";
    if (!footer.saved.empty()) out += "  replay:   quire trace " + footer.saved + "   (--mail, --commit, --full)\n";
    return out;
}

}  // namespace

TraceFooter footer_of(const RunReport& run, const FindingReport& finding, const std::string& version) {
    TraceFooter footer;
    footer.file = run.file;
    footer.variant = run.variant;
    footer.sizes = run.sizes;
    footer.spec_hash = run.spec_hash;
    footer.saved = finding.saved;
    footer.version = version;
    footer.memory = run.memory;
    footer.states = run.statistics.states;
    footer.transitions = run.statistics.transitions;
    footer.exhaustive = run.exhaustive;
    return footer;
}

std::string render_trace(const ExplainedTrace& trace, const TraceFooter& footer, TraceStyle style, std::size_t width) {
    if (style == TraceStyle::kNothing) return {};
    if (style == TraceStyle::kFull) return render_table(trace, footer, std::max(width, kWideEnough), true);
    if (style == TraceStyle::kTable && width < kWideEnough) style = TraceStyle::kMail;
    bool columns_fit = true;
    auto render = [&](const ExplainedTrace& shown) {
        if (style == TraceStyle::kTable) return render_table(shown, footer, width, false);
        return style == TraceStyle::kMail ? render_mail(shown, footer, columns_fit) : render_commit(shown, footer, columns_fit);
    };
    auto fitted = [&] {
        return folded_to_fit(trace, kTraceLines, [&](const ExplainedTrace& shown) { return lines_in(render(shown)); });
    };
    std::string text = render(fitted());
    // Names in front of long lines take less room than columns.
    if (style == TraceStyle::kTable || lines_in(text) <= kTraceLines) return text;
    columns_fit = false;
    return render(fitted());
}

}  // namespace quire
