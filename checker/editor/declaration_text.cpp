#include "editor/declaration_text.h"

#include <algorithm>

namespace quire {

namespace {

constexpr std::size_t kLongest = 1200;

std::string without_body(const SourceManager& sources, SourceSpan whole, const ast::BlockPtr& body) {
    if (body && body->span.file == whole.file && body->span.begin > whole.begin && !whole.expansion.valid())
        whole.end = std::min(whole.end, body->span.begin);
    return source_text(sources, whole);
}

// As it stands, lines included, without the indentation of what is inside of a variant.
std::string verbatim(const SourceManager& sources, const SourceSpan& span) {
    const SourceSpan place = sources.outermost(span);
    if (!place.valid()) return {};
    std::string text(sources.text(place));
    text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
    return text.size() > kLongest ? source_text(sources, span) : text;
}

}  // namespace

std::string source_text(const SourceManager& sources, SourceSpan span) {
    span = sources.outermost(span);
    if (!span.valid()) return {};
    std::string out;
    for (char c : sources.text(span)) {
        const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (blank && (out.empty() || out.back() == ' ')) continue;
        out += blank ? ' ' : c;
        if (out.size() > kLongest) return out + "…";
    }
    while (!out.empty() && (out.back() == ' ' || out.back() == ';' || out.back() == '{' || out.back() == ',')) out.pop_back();
    return out;
}

std::string macro_text(const SourceManager& sources, const SourceSpan& name) {
    std::uint32_t line = sources.start(name).line;
    std::string text(sources.line_text(name.file, line));
    while (text.ends_with("\\") && line < sources.line_count(name.file) && text.size() < kLongest)
        text += "\n" + std::string(sources.line_text(name.file, ++line));
    return text;
}

std::string declaration_text(const SourceManager& sources, const ast::Declaration& declaration) {
    const SourceSpan& span = declaration.span;
    return std::visit(ast::Overloaded{
                          [&](const ast::FunctionDecl& d) { return without_body(sources, span, d.body); },
                          [&](const ast::ThreadDecl& d) { return without_body(sources, span, d.body); },
                          [&](const ast::IrqDecl& d) { return without_body(sources, span, d.body); },
                          [&](const ast::StructDecl&) { return verbatim(sources, span); },
                          [&](const ast::EnumDecl&) { return verbatim(sources, span); },
                          [&](const ast::TypedefDecl&) { return verbatim(sources, span); },
                          [&](const ast::ScenarioDecl&) { return verbatim(sources, span); },
                          [&](const ast::VariantDecl& d) {
                              std::string text = "variant " + d.name.text;
                              if (!d.parent.empty()) text += " : " + d.parent.text;
                              return d.description.empty() ? text : text + " \"" + d.description + "\"";
                          },
                          [&](const auto&) { return source_text(sources, span); },
                      },
                      declaration.node);
}

std::string with_name(const std::string& type, const std::string& name) {
    if (type.empty()) return name;
    const std::size_t pointer = type.find("(*)");
    if (pointer != std::string::npos) return type.substr(0, pointer + 2) + name + type.substr(pointer + 2);
    const bool is_list = type.starts_with("list<");
    const std::size_t bracket = is_list ? std::string::npos : type.find('[');
    if (bracket != std::string::npos) return with_name(type.substr(0, bracket), name) + type.substr(bracket);
    const bool sticks = type.back() == '*' || type.back() == '&';
    return type + (sticks ? "" : " ") + name;
}

}  // namespace quire
