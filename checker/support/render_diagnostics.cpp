// Diagnostics as text: the message, then each file's lines with marks below them, then notes.
//
// A line becomes a row of cells first (tabs widened, what a terminal would not show harmlessly escaped), and marks are placed on cells,
// so columns always agree with what is printed. Marks of one line go right to left: the rightmost label stands behind its mark, each other
// one below, on a line of its own.

#include <algorithm>
#include <map>
#include <utility>

#include "support/diagnostics.h"

namespace quire {

std::string_view severity_name(Severity severity) {
    switch (severity) {
        case Severity::kError: return "error";
        case Severity::kWarning: return "warning";
        case Severity::kNote: return "note";
    }
    return "";
}

namespace {

constexpr std::uint32_t kTabWidth = 4;
constexpr std::size_t kMaxExpansionsShown = 5;

enum class Ink { kPlain, kBold, kRed, kYellow, kBlue };

std::string paint(const RenderOptions& options, Ink ink, std::string text) {
    if (!options.color || text.empty() || ink == Ink::kPlain) return text;
    const char* start = "";
    switch (ink) {
        case Ink::kPlain: break;
        case Ink::kBold: start = "\x1b[1m"; break;
        case Ink::kRed: start = "\x1b[1;31m"; break;
        case Ink::kYellow: start = "\x1b[1;33m"; break;
        case Ink::kBlue: start = "\x1b[1;34m"; break;
    }
    return start + text + "\x1b[0m";
}

Ink severity_ink(Severity severity) {
    switch (severity) {
        case Severity::kError: return Ink::kRed;
        case Severity::kWarning: return Ink::kYellow;
        case Severity::kNote: return Ink::kBlue;
    }
    return Ink::kPlain;
}

std::string hex_escape(unsigned char byte) {
    constexpr char kDigits[] = "0123456789abcdef";
    return {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

// Length of the well-formed UTF-8 sequence at the front of `text`, or 0.
std::size_t utf8_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length == 0 || length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
    if (length > 2) {
        const auto next = static_cast<unsigned char>(text[1]);
        const bool overlong = (lead == 0xe0 && next < 0xa0) || (lead == 0xf0 && next < 0x90);
        const bool outside = (lead == 0xed && next > 0x9f) || (lead == 0xf4 && next > 0x8f);
        if (overlong || outside) return 0;
    }
    return length;
}

// Characters that turn the direction of text around would let a spec look other than it is.
bool is_direction_control(std::string_view sequence) {
    return sequence.size() == 3 && sequence.substr(0, 2) == "\xe2\x80" && static_cast<unsigned char>(sequence[2]) >= 0xaa &&
           static_cast<unsigned char>(sequence[2]) <= 0xae;
}

struct Shown {
    std::string text;
    std::size_t bytes = 1;  // how much of the source it stands for
    std::uint32_t width = 1;
};

// What to print for the front of `rest`, at column `column`.
Shown show_character(std::string_view rest, std::uint32_t column) {
    const auto byte = static_cast<unsigned char>(rest[0]);
    if (byte == '\t') {
        const std::uint32_t width = kTabWidth - column % kTabWidth;
        return {std::string(width, ' '), 1, width};
    }
    const std::size_t length = utf8_length(rest);
    if (length == 0 || byte < 0x20 || byte == 0x7f ||
        (length == 2 && byte == 0xc2 && static_cast<unsigned char>(rest[1]) < 0xa0) ||
        is_direction_control(rest.substr(0, length))) {
        Shown shown{"", std::max<std::size_t>(length, 1), 0};
        for (std::size_t i = 0; i < shown.bytes; ++i) shown.text += hex_escape(static_cast<unsigned char>(rest[i]));
        shown.width = static_cast<std::uint32_t>(shown.text.size());
        return shown;
    }
    return {std::string(rest.substr(0, length)), length, 1};
}

std::string show_text(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        if (text[0] == '\n') {
            result += '\n';
            text.remove_prefix(1);
            continue;
        }
        const Shown shown = show_character(text, 0);
        result += text[0] == '\t' ? " " : shown.text;
        text.remove_prefix(shown.bytes);
    }
    return result;
}

struct Mark {
    std::uint32_t begin = 0;  // bytes from the line's start, then columns
    std::uint32_t end = 0;
    bool primary = false;
    std::string label;
};

// One line of source and its marks, ready to print.
struct Row {
    std::string text;
    std::vector<Mark> marks;
};

// Only a window of a long line is shown, around its first primary mark.
Row lay_out(std::string_view line, std::vector<Mark> marks, std::size_t max_width) {
    std::size_t from = 0;
    std::size_t to = line.size();
    if (line.size() > max_width) {
        std::size_t centre = marks.empty() ? 0 : marks[0].begin;
        for (const Mark& mark : marks)
            if (mark.primary) centre = mark.begin;
        from = centre > max_width / 3 ? centre - max_width / 3 : 0;
        while (from > 0 && from < line.size() && (static_cast<unsigned char>(line[from]) & 0xc0) == 0x80 &&
               centre - from < max_width)
            --from;
        to = std::min(line.size(), from + max_width);
    }
    Row row;
    std::vector<std::uint32_t> columns(to - from + 1, 0);  // of each byte of the window
    if (from > 0) row.text = "...";
    auto column = static_cast<std::uint32_t>(row.text.size());
    for (std::size_t at = from; at < to;) {
        const Shown shown = show_character(line.substr(at), column);
        for (std::size_t i = at; i < std::min(to, at + shown.bytes); ++i) columns[i - from] = column;
        row.text += shown.text;
        column += shown.width;
        at += shown.bytes;
    }
    columns[to - from] = column;
    if (to < line.size()) row.text += "...";
    for (Mark& mark : marks) {
        const std::size_t begin = std::clamp<std::size_t>(mark.begin, from, to);
        const std::size_t end = std::clamp<std::size_t>(mark.end, begin, to);
        mark.begin = columns[begin - from];
        mark.end = std::max(columns[end - from], mark.begin + 1);
        row.marks.push_back(std::move(mark));
    }
    return row;
}

void put(std::string& line, std::size_t column, std::string_view text) {
    if (line.size() < column + text.size()) line.resize(column + text.size(), ' ');
    line.replace(column, text.size(), text);
}

// The lines below a source line: marks with the rightmost label, then the other labels from right to left.
std::vector<std::string> mark_lines(std::vector<Mark> marks) {
    std::stable_sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) { return a.begin < b.begin; });
    std::string under;
    for (const Mark& mark : marks)
        if (!mark.primary) put(under, mark.begin, std::string(mark.end - mark.begin, '-'));
    for (const Mark& mark : marks)
        if (mark.primary) put(under, mark.begin, std::string(mark.end - mark.begin, '^'));
    std::vector<Mark> labelled;
    for (const Mark& mark : marks)
        if (!mark.label.empty()) labelled.push_back(mark);
    if (!labelled.empty()) {
        const Mark& last = labelled.back();
        if (last.end >= under.size() || under.find_first_not_of(' ', last.end) == std::string::npos) {
            under += " " + last.label;
            labelled.pop_back();
        }
    }
    std::vector<std::string> lines{under};
    while (!labelled.empty()) {
        std::string bars;
        for (const Mark& mark : labelled) put(bars, mark.begin, "|");
        lines.push_back(bars);
        const Mark last = labelled.back();
        labelled.pop_back();
        std::string text;
        for (const Mark& mark : labelled) put(text, mark.begin, "|");
        put(text, last.begin, last.label);
        lines.push_back(text);
    }
    return lines;
}

std::string paint_marks(const RenderOptions& options, Ink primary, const std::string& line) {
    if (!options.color) return line;
    const bool has_primary = line.find('^') != std::string::npos;
    return paint(options, has_primary ? primary : Ink::kBlue, line);
}

// The part of the report about one stretch of one file.
struct Section {
    SourceSpan head;  // what `-->` or `:::` names
    bool main = false;
    bool context = false;  // also show the line before
    std::map<std::uint32_t, std::vector<Mark>> lines;
};

class Renderer {
public:
    Renderer(const SourceManager& sources, const Diagnostic& diagnostic, const RenderOptions& options)
        : sources_(sources), diagnostic_(diagnostic), options_(options) {}

    std::string render() {
        out_ = heading();
        if (diagnostic_.span.valid()) {
            collect_sections();
            width_ = gutter_width();
            for (const Section& section : sections_) print_section(section);
        }
        for (const std::string& note : diagnostic_.notes) print_remark("note", note);
        for (const std::string& help : diagnostic_.helps) print_remark("help", help);
        return out_;
    }

private:
    std::string heading() const {
        const std::string name(severity_name(diagnostic_.severity));
        const std::string code(diagnostic_info(diagnostic_.code).code);
        return paint(options_, severity_ink(diagnostic_.severity), name + "[" + code + "]") +
               paint(options_, Ink::kBold, ": " + show_text(diagnostic_.message)) + "\n";
    }

    void collect_sections() {
        Section main;
        main.head = diagnostic_.span;
        main.main = true;
        main.context = diagnostic_.span.begin == diagnostic_.span.end;
        add_mark(main, diagnostic_.span, true, diagnostic_.label);
        sections_.push_back(std::move(main));
        for (const DiagnosticLabel& label : diagnostic_.secondary) add_secondary(label);
        SourceSpan span = diagnostic_.span;
        for (std::size_t shown = 0; span.expansion.valid(); ++shown) {
            span = sources_.expansion(span.expansion).use;
            if (shown >= kMaxExpansionsShown && span.expansion.valid()) continue;
            Section use;
            use.head = span;
            add_mark(use, span, false, "expanded here");
            sections_.push_back(std::move(use));
        }
    }

    // In the section of its file, or in one of its own. What comes out of another macro than the mistake is shown where the user wrote it.
    void add_secondary(const DiagnosticLabel& label) {
        if (!label.span.valid()) return;
        const bool together = label.span.expansion == diagnostic_.span.expansion;
        const SourceSpan span = together ? label.span : sources_.outermost(label.span);
        for (Section& section : sections_) {
            if (section.head.file != span.file) continue;
            add_mark(section, span, false, label.text);
            return;
        }
        Section other;
        other.head = span;
        add_mark(other, span, false, label.text);
        sections_.push_back(std::move(other));
    }

    void add_mark(Section& section, const SourceSpan& span, bool primary, const std::string& label) const {
        const auto size = static_cast<std::uint32_t>(sources_.text(span.file).size());
        const LineColumn at = sources_.location(span.file, std::min(span.begin, size));
        const auto length = static_cast<std::uint32_t>(sources_.line_text(span.file, at.line).size());
        const std::uint32_t begin = at.column - 1;
        // Of a span over several lines only the first is marked.
        const std::uint32_t wanted = begin + (std::max(span.end, span.begin) - span.begin);
        Mark mark{begin, std::max(std::min(wanted, length), begin), primary, show_text(label)};
        std::replace(mark.label.begin(), mark.label.end(), '\n', ' ');
        section.lines[at.line].push_back(std::move(mark));
        if (section.context && primary && at.line > 1) section.lines[at.line - 1];
    }

    std::size_t gutter_width() const {
        std::uint32_t last = 1;
        for (const Section& section : sections_)
            if (!section.lines.empty()) last = std::max(last, section.lines.rbegin()->first);
        return std::to_string(last).size();
    }

    void print_section(const Section& section) {
        const std::string arrow = section.main ? "--> " : "::: ";
        out_ += std::string(width_, ' ') + paint(options_, Ink::kBlue, arrow) + show_text(sources_.describe(section.head)) + "\n";
        print_gutter("");
        out_ += "\n";
        std::uint32_t previous = 0;
        for (const auto& [line, marks] : section.lines) {
            if (previous != 0 && line == previous + 2) print_line(section.head.file, previous + 1, {});
            if (previous != 0 && line > previous + 2) out_ += paint(options_, Ink::kBlue, "...") + "\n";
            print_line(section.head.file, line, marks);
            previous = line;
        }
    }

    void print_line(SourceId file, std::uint32_t line, const std::vector<Mark>& marks) {
        const Row row = lay_out(sources_.line_text(file, line), marks, options_.max_width);
        const std::string number = std::to_string(line);
        print_gutter(std::string(width_ - number.size(), ' ') + number);
        if (!row.text.empty()) out_ += " " + row.text;
        out_ += "\n";
        if (row.marks.empty()) return;
        for (const std::string& text : mark_lines(row.marks)) {
            print_gutter("");
            out_ += " " + paint_marks(options_, severity_ink(diagnostic_.severity), text) + "\n";
        }
    }

    void print_gutter(std::string number) {
        number.resize(width_, ' ');
        out_ += paint(options_, Ink::kBlue, number + " |");
    }

    void print_remark(const std::string& kind, const std::string& text) {
        const std::string start = std::string(width_ + 1, ' ') + "= ";
        const std::string indent(start.size() + kind.size() + 2, ' ');
        std::string body = show_text(text);
        for (std::size_t at = body.find('\n'); at != std::string::npos; at = body.find('\n', at + 1)) body.insert(at + 1, indent);
        out_ += start + paint(options_, Ink::kBold, kind) + ": " + body + "\n";
    }

    const SourceManager& sources_;
    const Diagnostic& diagnostic_;
    const RenderOptions& options_;
    std::vector<Section> sections_;
    std::size_t width_ = 1;
    std::string out_;
};

std::string counted(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string summary_line(std::size_t errors, std::size_t warnings, const RenderOptions& options) {
    std::string counts;
    if (errors > 0) counts = counted(errors, "error");
    if (warnings > 0) counts += (counts.empty() ? "" : ", ") + counted(warnings, "warning");
    const bool failed = errors > 0;
    std::string tail = failed && !options.summary_tail.empty() ? "; " + options.summary_tail : "";
    return paint(options, failed ? Ink::kRed : Ink::kYellow, failed ? "error" : "warning") +
           paint(options, Ink::kBold, ": " + counts + tail) + "\n";
}

}  // namespace

std::string render_diagnostic(const SourceManager& sources, const Diagnostic& diagnostic, const RenderOptions& options) {
    return Renderer(sources, diagnostic, options).render();
}

std::string render_diagnostics(const SourceManager& sources, const Diagnostics& diagnostics, const RenderOptions& options) {
    const std::vector<Diagnostic> all = diagnostics.sorted();
    std::string out;
    std::size_t errors = 0;
    std::size_t warnings = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].severity == Severity::kError) ++errors;
        if (all[i].severity == Severity::kWarning) ++warnings;
        if (i >= options.max_shown) continue;
        if (i > 0) out += "\n";
        out += render_diagnostic(sources, all[i], options);
    }
    const std::size_t hidden = (all.size() > options.max_shown ? all.size() - options.max_shown : 0) + diagnostics.dropped();
    if (hidden > 0) out += "\n" + paint(options, Ink::kBold, "... and " + std::to_string(hidden) + " more") + "\n";
    if (options.summary && errors + warnings > 0) {
        if (!out.empty()) out += "\n";
        out += summary_line(errors, warnings, options);
    }
    return out;
}

}  // namespace quire
