#include "explain/code_place.h"

#include <algorithm>

namespace quire {

namespace {

// Cuts `// …` and a final `/* … */`; a line that is nothing else stays.
std::string without_comment(std::string text) {
    bool in_string = false;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        if (text[i] == '"') in_string = !in_string;
        bool line_comment = text[i] == '/' && text[i + 1] == '/';
        bool block_comment = text[i] == '/' && text[i + 1] == '*' && text.find("*/", i) >= text.size() - 2;
        if (!in_string && i > 0 && (line_comment || block_comment)) {
            text.resize(i);
            break;
        }
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
}

std::string readable_line(std::string_view line) {
    std::string text;
    for (char c : line) {
        bool blank = c == ' ' || c == '\t' || static_cast<unsigned char>(c) < 32;
        if (blank && (text.empty() || text.back() == ' ')) continue;
        text += blank ? ' ' : c;
    }
    text = without_comment(std::move(text));
    bool continued = text.starts_with("&&") || text.starts_with("||");
    return continued ? "    " + text : text;
}

// Of a line with several statements, the one around the column: between `;`, `{` and `}` outside brackets.
std::string_view statement_at(std::string_view line, std::size_t column) {
    std::size_t begin = 0;
    std::size_t statements = 0;
    int depth = 0;
    std::string_view found = line;
    for (std::size_t i = 0; i < line.size(); ++i) {
        char c = line[i];
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (depth > 0) continue;
        // A brace begins a block if a statement ends before the block does; otherwise it is an initialiser's.
        bool opens = c == '{' && line.find(';', i) < line.find('}', i);
        bool closes = c == '}' && line.find_first_not_of(" \t", begin) == i;
        if (c != ';' && !opens && !closes) continue;
        bool here = begin <= column && column <= i;
        if (here && c == ';') found = line.substr(begin, i + 1 - begin);
        if (here && opens) found = line.substr(begin, line.find('}', i) - begin + 1);
        statements += c == ';' || opens ? 1 : 0;
        begin = i + 1;
    }
    return statements > 1 ? found : line;
}

}  // namespace

CodeLine code_line(const SourceManager& sources, const SourceSpan& span, const std::string& function) {
    CodeLine line;
    line.function = function;
    SourceSpan where = sources.outermost(span);
    if (!where.valid()) return line;
    line.file = sources.display_path(where.file);
    line.line = sources.start(where).line;
    std::string_view text = sources.line_text(where.file, line.line);
    line.text = readable_line(statement_at(text, sources.start(where).column - 1));
    return line;
}

CodePlace code_place(const TransitionSystem& system, const SourceManager& sources, std::uint32_t site) {
    std::vector<const Site*> chain;  // innermost first
    for (std::uint32_t s = site; s != kNone; s = system.sites[s].caller) chain.push_back(&system.sites[s]);
    CodePlace place;
    if (chain.empty()) return place;
    std::size_t own = chain.size() - 1;
    for (std::size_t i = chain.size(); i-- > 0;) {
        if (!chain[i]->library && sources.outermost(chain[i]->span).valid()) own = i;
    }
    place.user = code_line(sources, chain[own]->span, chain[own]->function);
    for (std::size_t i = own; i-- > 0;) place.inside.push_back(code_line(sources, chain[i]->span, chain[i]->function));
    return place;
}

}  // namespace quire
