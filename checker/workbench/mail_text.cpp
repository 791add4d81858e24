#include "workbench/mail_text.h"

#include <algorithm>
#include <cctype>

namespace quire {

namespace {

constexpr std::size_t kTab = 8;
// How far left of its heading a column's text may begin.
constexpr std::size_t kSlack = 3;

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool continues_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string trimmed(const std::string& text) {
    std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Without tabs, carriage returns and quoting; what is left of the quoting's blanks stays.
std::string unquoted(const std::string& line) {
    std::string text;
    for (char c : line) {
        if (c == '\r') continue;
        if (c != '\t') {
            text += c;
            continue;
        }
        do text += ' ';
        while (text.size() % kTab != 0);
    }
    std::size_t at = 0;
    while (true) {
        std::size_t mark = text.find_first_not_of(' ', at);
        if (mark == std::string::npos || text[mark] != '>') break;
        at = mark + 1;
        if (at < text.size() && text[at] == ' ') ++at;
    }
    text.erase(0, at);
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
}

struct Cell {
    std::size_t at = 0;
    std::string text;
};

// At `|` that is no `||`.
std::vector<Cell> cells_by_bars(const std::string& line) {
    std::vector<Cell> cells{{0, ""}};
    for (std::size_t i = 0; i < line.size(); ++i) {
        bool twice = line[i] == '|' && ((i + 1 < line.size() && line[i + 1] == '|') || (i > 0 && line[i - 1] == '|'));
        if (line[i] == '|' && !twice && !(i + 1 < line.size() && line[i + 1] == '=')) {
            cells.push_back({i + 1, ""});
        } else {
            cells.back().text += line[i];
        }
    }
    for (Cell& cell : cells) cell.text = trimmed(cell.text);
    return cells;
}

// At two blanks or more.
std::vector<Cell> cells_by_blanks(const std::string& line) {
    std::vector<Cell> cells;
    for (std::size_t i = 0; i < line.size();) {
        if (line[i] == ' ') {
            ++i;
            continue;
        }
        std::size_t end = line.find("  ", i);
        if (end == std::string::npos) end = line.size();
        cells.push_back({i, trimmed(line.substr(i, end - i))});
        i = end;
    }
    return cells;
}

bool is_any_steps(const std::string& text) {
    if (text.empty()) return false;
    return text.find_first_not_of(".:[]<>* ") == std::string::npos || text == "\xe2\x80\xa6";
}

bool is_rule(const std::string& text) { return !text.empty() && text.find_first_not_of("-=_| ") == std::string::npos; }

class MailParser {
public:
    explicit MailParser(const std::vector<std::string>& names) : names_(names) {}

    MailText parse(const std::string& text);

private:
    bool is_known(const std::string& word) const { return std::find(names_.begin(), names_.end(), word) != names_.end(); }
    bool is_heading(std::string text) const;
    bool take_heading(const std::string& line, const std::string& next);
    bool take_prefixed(const std::string& line);
    void take_row(const std::string& line);
    void take_bar_row(const std::string& line);
    void take_number(std::string& line, std::uint32_t& number) const;
    bool looks_like_code(const std::string& text) const;
    std::size_t column_named(const std::string& name);
    void add(std::optional<std::size_t> column, const std::string& text, bool one_step = false);
    void finish_trace_row();

    const std::vector<std::string>& names_;
    MailText out_;
    std::uint32_t number_ = 0;
    bool heading_ = false;
    bool bars_ = false;      // columns are kept apart by `|`
    bool gutter_ = false;    // one column, behind a `|`
    bool squeezed_ = false;  // blanks are lost
    bool done_ = false;
    std::vector<std::size_t> places_;  // where columns begin
    std::vector<std::size_t> heads_;   // columns of the present heading
    // The row of a printed trace that is being read.
    bool in_trace_row_ = false;
    std::size_t trace_column_ = 0;
    std::uint32_t trace_number_ = 0;  // of the line in the mail
    std::uint32_t trace_step_ = 0;
    std::vector<std::string> trace_text_;
    std::string trace_statement_;  // of the row before, without what tells its steps apart
};

// "CPU 0", "cpu1:", "T2", "Thread A", "Task 3", or a name of the spec, perhaps with more words.
bool MailParser::is_heading(std::string text) const {
    while (!text.empty() && (text.back() == ':' || text.back() == ' ')) text.pop_back();
    // More words are a sentence.
    if (text.empty() || std::count(text.begin(), text.end(), ' ') > 2 || text.find_first_of("=;,") != std::string::npos)
        return false;
    std::string word;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && text[i] != ' ' && text[i] != ':' && text[i] != '(' && text[i] != ')') {
            word += text[i];
            continue;
        }
        if (is_known(word)) return true;
        word.clear();
    }
    std::string lower;
    for (char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (std::string_view kind : {"cpu", "thread", "task", "process", "proc", "t", "p", "c"}) {
        if (!lower.starts_with(kind)) continue;
        std::string rest = trimmed(lower.substr(kind.size()));
        if (rest.starts_with("#") || rest.starts_with("-")) rest.erase(0, 1);
        bool number = !rest.empty() && std::all_of(rest.begin(), rest.end(), is_digit);
        bool letter =
            rest.size() == 1 && kind.size() > 1 && lower[kind.size()] == ' ' && std::isalpha(static_cast<unsigned char>(rest[0]));
        if (number || letter) return true;
    }
    return false;
}

std::size_t MailParser::column_named(const std::string& given) {
    std::string name = given;
    while (!name.empty() && (name.back() == ':' || name.back() == ' ')) name.pop_back();
    auto found = std::find(out_.columns.begin(), out_.columns.end(), name);
    if (found != out_.columns.end()) return static_cast<std::size_t>(found - out_.columns.begin());
    out_.columns.push_back(name);
    return out_.columns.size() - 1;
}

bool MailParser::take_heading(const std::string& line, const std::string& next) {
    const bool bars = line.find('|') != std::string::npos;
    std::vector<Cell> cells = bars ? cells_by_bars(line) : cells_by_blanks(line);
    bool gutter = bars && !cells.empty() && cells[0].text.empty();
    if (gutter) cells.erase(cells.begin());
    const bool ruled = is_rule(next) && next.find("--") != std::string::npos && bars;
    bool squeezed = false;
    if (!bars && cells.size() == 1 && !is_rule(next)) {
        // "CPU0 CPU1", "truncate compaction": headings with one blank between them.
        std::vector<Cell> words;
        std::string word;
        for (char c : line + " ") {
            if (c != ' ') {
                word += c;
            } else if (!word.empty()) {
                bool belongs = !words.empty() && !is_heading(words.back().text);
                if (belongs)
                    words.back().text += " " + word;
                else
                    words.push_back({0, word});
                word.clear();
            }
        }
        bool all =
            words.size() > 1 && std::all_of(words.begin(), words.end(), [this](const Cell& c) { return is_heading(c.text); });
        if (all) {
            cells = words;
            squeezed = true;
        }
    }
    bool good = !cells.empty() && std::all_of(cells.begin(), cells.end(), [&](const Cell& c) {
        return !c.text.empty() && (is_heading(c.text) || ruled) && c.text.find(';') == std::string::npos;
    });
    // A heading alone may be a word of a sentence.
    if (cells.size() == 1 && !ruled && line.find_first_of("=;(") != std::string::npos) good = false;
    if (!good) return false;
    finish_trace_row();
    heads_.clear();
    places_.clear();
    for (const Cell& cell : cells) {
        heads_.push_back(column_named(cell.text));
        places_.push_back(cell.at);
    }
    heading_ = true;
    bars_ = bars;
    gutter_ = gutter;
    squeezed_ = squeezed;
    return true;
}

// "12 " in front, and the mark of a causal step behind it.
void MailParser::take_number(std::string& line, std::uint32_t& number) const {
    std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string::npos || !is_digit(line[begin])) return;
    std::size_t end = begin;
    std::uint64_t value = 0;
    while (end < line.size() && is_digit(line[end]) && end - begin < 9)
        value = value * 10 + static_cast<std::uint64_t>(line[end++] - '0');
    if (end < line.size() && (line[end] == '.' || line[end] == ')' || line[end] == ':')) ++end;
    if (end < line.size() && line[end] != ' ' && line[end] != '|') return;
    number = static_cast<std::uint32_t>(value);
    // Blanks in place of it: columns stay where they are.
    for (std::size_t i = begin; i < end; ++i) line[i] = ' ';
    std::size_t mark = line.find_first_not_of(' ', end);
    if (mark == std::string::npos) return;
    const bool bracket = line[mark] == '[';
    const std::size_t letter = mark + (bracket ? 1 : 0);
    const std::size_t behind = letter + (bracket ? 2 : 1);
    bool is_mark =
        letter < line.size() && line[letter] >= 'a' && line[letter] <= 'f' && (!bracket || line.substr(letter + 1, 1) == "]");
    is_mark = is_mark && behind < line.size() && line[behind] == ' ';
    std::size_t text = is_mark ? line.find_first_not_of(' ', behind) : std::string::npos;
    bool ends = text == std::string::npos || line[text] == '|' || continues_word(line[text]) || line[text] == '*' ||
                line.compare(text, 2, "/*") == 0;
    if (!is_mark || !ends || (text != std::string::npos && line[text] == '*' && !bracket)) return;
    for (std::size_t i = mark; i < behind; ++i) line[i] = ' ';
}

bool MailParser::looks_like_code(const std::string& text) const {
    if (text.find_first_of("();={}") != std::string::npos || text.find("++") != std::string::npos ||
        text.find("--") != std::string::npos || text.find("->") != std::string::npos)
        return true;
    return std::count(text.begin(), text.end(), ' ') <= 1 && text == "return";
}

void MailParser::add(std::optional<std::size_t> column, const std::string& text, bool one_step) {
    std::string code = trimmed(text);
    if (code.empty() || is_any_steps(code) || is_rule(code) || code == "{" || code == "}" || code.starts_with("//")) return;
    if (code.starts_with("/*") && code.find("*/") == code.size() - 2) return;
    if (code.starts_with("(") && code.back() == ')') return;  // what somebody says about the line above
    if (!looks_like_code(code)) {
        out_.ignored.push_back(code);
        return;
    }
    MailLine line;
    line.column = column;
    line.text = code;
    line.number = number_;
    line.one_step = one_step;
    out_.lines.push_back(std::move(line));
}

void MailParser::finish_trace_row() {
    if (!in_trace_row_) return;
    in_trace_row_ = false;
    MailLine line;
    line.column = trace_column_;
    line.number = trace_number_;
    line.one_step = true;
    for (std::size_t i = 0; i < trace_text_.size(); ++i) {
        // What was seen stands in parentheses behind the code.
        if (i > 0 && trace_text_[i].starts_with("(")) break;
        line.text += (line.text.empty() ? "" : " ") + trace_text_[i];
    }
    // Of a line that the same thread takes several steps at, only the first row has the code.
    if (line.text.starts_with("/*"))
        line.text = trace_statement_ + "  " + line.text;
    else
        trace_statement_ = line.text.substr(0, line.text.find("  /* "));
    // "(the store of step 7 reaches memory)" is a step of nobody.
    if (line.text.starts_with("(the store of") || line.text.starts_with("(store buffer")) return;
    line.any_text = line.text.starts_with("(") || line.text.empty();
    out_.lines.push_back(std::move(line));
}

// A row of a printed trace, or of columns with `|` between them.
void MailParser::take_bar_row(const std::string& original) {
    std::string line = original;
    std::uint32_t number = 0;
    take_number(line, number);
    // Code and what was seen may go on with a number, too: "2) {".
    const std::size_t end = original.find_first_not_of("0123456789", original.find_first_not_of(' '));
    const bool alone = end == std::string::npos || original[end] == ' ' || original[end] == '|';
    if (number != 0 && in_trace_row_ && (number != trace_step_ + 1 || !alone)) {
        line = original;
        number = 0;
    }
    if (number != 0) trace_step_ = number;
    std::vector<Cell> cells = cells_by_bars(line);
    std::size_t count = heads_.empty() ? 1 : heads_.size();
    std::size_t column = heads_.empty() ? 0 : heads_[0];
    std::string text;
    if (heads_.empty() || gutter_) {
        // "name | text", "| text"
        std::string name = cells[0].text;
        for (std::size_t i = 1; i < cells.size(); ++i) text += (i > 1 ? " | " : "") + cells[i].text;
        if (!gutter_ && !name.empty()) column = column_named(name);
        if (!gutter_ && name.empty()) column = trace_column_;
    } else if (number == 0 && !in_trace_row_ && cells.size() == count) {
        for (std::size_t c = 0; c < count; ++c) add(heads_[c], cells[c].text);
        return;
    } else {
        std::size_t leading = 0;
        while (leading + 1 < count && leading < cells.size() && cells[leading].text.empty()) ++leading;
        std::size_t trailing = count - 1 - leading;
        column = heads_[leading];
        for (std::size_t i = leading; i + trailing < cells.size(); ++i) text += (i > leading ? " | " : "") + cells[i].text;
    }
    if (number != 0) {
        finish_trace_row();
        in_trace_row_ = true;
        trace_column_ = column;
        trace_number_ = number_;
        trace_text_ = {text};
    } else if (in_trace_row_) {
        bool loops = text.starts_with("the steps from ") ||
                     (text.starts_with("step ") && text.find("repeats for ever") != std::string::npos);
        if (loops)
            finish_trace_row();
        else if (text.starts_with("... ") && text.ends_with(" ..."))
            finish_trace_row();  // rows that were left out
        else if (!text.empty())
            trace_text_.push_back(text);
    } else {
        add(column, text);
    }
}

bool MailParser::take_prefixed(const std::string& line) {
    std::string text = trimmed(line);
    std::uint32_t number = 0;
    take_number(text, number);
    text = trimmed(text);
    std::size_t colon = text.find(':');
    if (colon == std::string::npos || colon == 0) return false;
    std::string name = text.substr(0, colon);
    if (!is_heading(name) || name.find_first_of("(=;") != std::string::npos) return false;
    std::string rest = trimmed(text.substr(colon + 1));
    if (rest.empty()) return false;
    if (!is_any_steps(rest) && !looks_like_code(rest)) return false;
    add(column_named(name), rest);
    return true;
}

void MailParser::take_row(const std::string& original) {
    std::string line = original;
    std::uint32_t number = 0;
    take_number(line, number);
    if (squeezed_) {
        add(std::nullopt, line);
        return;
    }
    if (heads_.size() == 1) {
        add(heads_[0], line);
        return;
    }
    // Pieces that begin in the same column are one.
    std::vector<std::pair<std::size_t, std::string>> pieces;
    for (const Cell& cell : cells_by_blanks(line)) {
        std::size_t c = 0;
        while (c + 1 < places_.size() && cell.at + kSlack >= places_[c + 1]) ++c;
        if (!pieces.empty() && pieces.back().first == c)
            pieces.back().second += " " + cell.text;
        else
            pieces.emplace_back(c, cell.text);
    }
    for (const auto& [c, text] : pieces) add(heads_[c], text);
}

MailText MailParser::parse(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at <= text.size();) {
        std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(unquoted(text.substr(at, end - at)));
        at = end + 1;
    }
    for (std::size_t n = 0; n < lines.size() && !done_; ++n) {
        number_ = static_cast<std::uint32_t>(n + 1);
        if (trimmed(lines[n]).starts_with("BUG: ")) {
            // The title of a printed trace, whose last words may be names of threads.
            while (n + 1 < lines.size() && !lines[n + 1].empty()) ++n;
            continue;
        }
        const std::string& line = lines[n];
        const std::string next = n + 1 < lines.size() ? lines[n + 1] : "";
        const bool bar = line.find('|') != std::string::npos && !cells_by_bars(line).empty() && cells_by_bars(line).size() > 1;
        // Of a printed trace, what follows the rows is about it.
        if (in_trace_row_ && !bar) {
            finish_trace_row();
            done_ = true;
            break;
        }
        if (line.empty() || is_rule(line)) continue;
        if (!in_trace_row_ && take_heading(line, next)) continue;
        std::string rest = line;
        std::uint32_t number = 0;
        take_number(rest, number);
        if (bar && (bars_ || (number != 0 && !heading_) || in_trace_row_)) {
            take_bar_row(line);
        } else if (take_prefixed(line)) {
            continue;
        } else if (heading_) {
            take_row(line);
        } else {
            out_.ignored.push_back(trimmed(line));
        }
    }
    finish_trace_row();
    // A heading without lines is about nothing.
    std::vector<bool> used(out_.columns.size(), false);
    for (const MailLine& line : out_.lines) {
        if (line.column) used[*line.column] = true;
    }
    std::vector<std::size_t> renumbered;
    std::vector<std::string> kept;
    for (std::size_t c = 0; c < used.size(); ++c) {
        renumbered.push_back(kept.size());
        if (used[c]) kept.push_back(out_.columns[c]);
    }
    for (MailLine& line : out_.lines) {
        if (line.column) line.column = renumbered[*line.column];
    }
    out_.columns = std::move(kept);
    return std::move(out_);
}

}  // namespace

MailText parse_mail(const std::string& text, const std::vector<std::string>& names) { return MailParser(names).parse(text); }

}  // namespace quire
