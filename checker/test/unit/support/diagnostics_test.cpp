// What users see of a mistake. The layout is compared as text, because every column of it is meant.

#include "support/diagnostics.h"

#include <doctest/doctest.h>

#include <set>

using namespace quire;

namespace {

SourceSpan find(const SourceManager& sources, SourceId file, std::string_view what) {
    const std::size_t at = sources.text(file).find(what);
    REQUIRE(at != std::string_view::npos);
    return {file, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + what.size()), {}};
}

}  // namespace

TEST_CASE("a mistake with a label, a second place and help") {
    SourceManager sources;
    const SourceId file = sources.add("a.quire", "\tif (x) {\n\t\tf(&p->count)\n\t}\n");
    Diagnostics sink;
    SourceSpan at = find(sources, file, ")\n");
    at.begin = at.end = at.begin + 1;
    sink.error(DiagnosticCode::kE0101, at, "expected `;` after `f(&p->count)`")
        .with_label("insert `;`")
        .with_secondary(find(sources, file, "}"), "unexpected `}`")
        .with_help("really");
    CHECK(render_diagnostics(sources, sink) ==
          "error[E0101]: expected `;` after `f(&p->count)`\n"
          " --> a.quire:2:15\n"
          "  |\n"
          "1 |     if (x) {\n"
          "2 |         f(&p->count)\n"
          "  |                     ^ insert `;`\n"
          "3 |     }\n"
          "  |     - unexpected `}`\n"
          "  = help: really\n");
}

TEST_CASE("two labels on one line, and a gap") {
    SourceManager sources;
    const SourceId file = sources.add("a.quire", "first\n\n\n\n\n\n\n\n\nf(a, b);\n");
    Diagnostics sink;
    sink.error(DiagnosticCode::kE0206, find(sources, file, "b"), "m")
        .with_label("here")
        .with_secondary(find(sources, file, "f("), "the call")
        .with_secondary(find(sources, file, "first"), "declared");
    CHECK(render_diagnostics(sources, sink) ==
          "error[E0206]: m\n"
          "  --> a.quire:10:6\n"
          "   |\n"
          " 1 | first\n"
          "   | ----- declared\n"
          "...\n"
          "10 | f(a, b);\n"
          "   | --   ^ here\n"
          "   | |\n"
          "   | the call\n");
}

TEST_CASE("a place in a macro also shows its uses") {
    SourceManager sources;
    const SourceId file = sources.add("a.quire", "#define GET(p) inc(p)\n\nGET(x);\n");
    const ExpansionId expansion = sources.add_expansion({"GET", find(sources, file, "GET"), find(sources, file, "GET(x)")});
    SourceSpan at = find(sources, file, "inc(p)");
    at.expansion = expansion;
    Diagnostics sink;
    sink.warning(DiagnosticCode::kW0301, at, "m").with_label("never").with_note("a\nb");
    CHECK(render_diagnostics(sources, sink) ==
          "warning[W0301]: m\n"
          " --> a.quire:1:16\n"
          "  |\n"
          "1 | #define GET(p) inc(p)\n"
          "  |                ^^^^^^ never\n"
          " ::: a.quire:3:1\n"
          "  |\n"
          "3 | GET(x);\n"
          "  | ------ expanded here\n"
          "  = note: a\n"
          "          b\n");
}

TEST_CASE("bytes that would upset a terminal are escaped, long lines are cut") {
    SourceManager sources;
    const SourceId file = sources.add("a.quire", std::string("a\x1b[31m\xff\0b\xe2\x80\xae"
                                                             "c\n",
                                                             14) +
                                                     std::string(100000, 'x') + "HERE");
    Diagnostics sink;
    sink.error(DiagnosticCode::kE0102, find(sources, file, "b"), "\x1b[2J").with_label("l");
    sink.error(DiagnosticCode::kE0102, find(sources, file, "HERE"), "long");
    const std::string text = render_diagnostics(sources, sink);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("a\\x1b[31m\\xff\\x00b\\xe2\\x80\\xaec") != std::string::npos);
    CHECK(text.find("...xxx") != std::string::npos);
    CHECK(text.find("HERE\n") != std::string::npos);
    CHECK(text.size() < 2000);
}

TEST_CASE("spans at and past the end of the text do no harm") {
    SourceManager sources;
    const SourceId empty = sources.add("empty", "");
    const SourceId file = sources.add("a", "x\r\n");
    Diagnostics sink;
    sink.error(DiagnosticCode::kE0101, {empty, 0, 0, {}}, "m").with_label("l");
    sink.error(DiagnosticCode::kE0101, {file, 3, 3, {}}, "n");
    sink.error(DiagnosticCode::kE0101, {file, 90, 100, {}}, "o");
    sink.error(DiagnosticCode::kE0101, {file, 1, 3, {}}, "p");
    CHECK(render_diagnostics(sources, sink).find("1 |\n  | ^ l\n") != std::string::npos);
}

TEST_CASE("order, doubles, counts and the limit") {
    SourceManager sources;
    const SourceId a = sources.add("a", "xy");
    const SourceId b = sources.add("b", "xy");
    Diagnostics sink;
    sink.error(DiagnosticCode::kE0102, {b, 0, 1, {}}, "three");
    sink.warning(DiagnosticCode::kW0301, {a, 1, 2, {}}, "two");
    sink.error(DiagnosticCode::kE0102, {a, 0, 1, {}}, "one");
    sink.error(DiagnosticCode::kE0102, {a, 0, 1, {}}, "one");
    sink.error(DiagnosticCode::kE0133, {}, "none");
    const auto sorted = sink.sorted();
    REQUIRE(sorted.size() == 4);
    CHECK(sorted[0].message == "none");
    CHECK(sorted[1].message == "one");
    CHECK(sorted[2].message == "two");
    CHECK(sorted[3].message == "three");
    RenderOptions options;
    options.summary = true;
    options.max_shown = 2;
    const std::string text = render_diagnostics(sources, sink, options);
    CHECK(text.find("... and 2 more\n") != std::string::npos);
    CHECK(text.find("error: 3 errors, 1 warning; nothing was checked\n") != std::string::npos);
    for (std::size_t i = 0; i < Diagnostics::kMaxKept + 10; ++i)
        sink.error(DiagnosticCode::kE0102, {a, 0, 0, {}}, std::to_string(i));
    CHECK(sink.dropped() == 15);
}

TEST_CASE("the table has a long text for every code, in order") {
    std::string before;
    std::set<std::string_view> codes;
    for (const DiagnosticInfo& info : diagnostic_table()) {
        CAPTURE(info.code);
        CHECK(codes.insert(info.code).second);
        CHECK((info.code[0] == 'E' || info.code[0] == 'W'));
        CHECK(info.text.size() > 40);
        CHECK(!info.title.empty());
        CHECK(&diagnostic_info(info.id) == &info);
        if (!before.empty() && before[0] == info.code[0]) CHECK(before < info.code);
        before = info.code;
    }
    CHECK(find_diagnostic_info("E0101"));
    CHECK(!find_diagnostic_info("E9999"));
}

TEST_CASE("colours add nothing but escapes") {
    SourceManager sources;
    const SourceId file = sources.add("a", "abc");
    Diagnostics sink;
    sink.error(DiagnosticCode::kE0102, {file, 1, 2, {}}, "m").with_label("l").with_note("n");
    RenderOptions options;
    options.color = true;
    std::string coloured = render_diagnostics(sources, sink, options);
    CHECK(coloured.find("\x1b[1;31m") != std::string::npos);
    for (std::size_t at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b'))
        coloured.erase(at, coloured.find('m', at) - at + 1);
    CHECK(coloured == render_diagnostics(sources, sink));
}
