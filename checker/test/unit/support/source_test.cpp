// Places: every report and every trace row points with these, so they must be exact at the edges of lines, files and macros.

#include "support/source.h"

#include <doctest/doctest.h>

using namespace quire;

TEST_CASE("lines and columns") {
    SourceManager sources;
    const SourceId file = sources.add("a", "one\r\ntwo\n\nlast");
    CHECK(sources.line_count(file) == 4);
    CHECK(sources.line_text(file, 1) == "one");
    CHECK(sources.line_text(file, 3) == "");
    CHECK(sources.line_text(file, 4) == "last");
    CHECK(sources.location(file, 0) == LineColumn{1, 1});
    CHECK(sources.location(file, 5) == LineColumn{2, 1});
    CHECK(sources.location(file, 9) == LineColumn{3, 1});
    CHECK(sources.location(file, 14) == LineColumn{4, 5});
    CHECK(sources.describe({file, 6, 7, {}}) == "a:2:2");
    CHECK(sources.text(SourceSpan{file, 5, 8, {}}) == "two");
}

TEST_CASE("a path is read once") {
    SourceManager sources;
    const SourceId file = sources.add("a", "first", "shown");
    CHECK(sources.add("a", "second") == file);
    CHECK(sources.text(file) == "first");
    CHECK(sources.display_path(file) == "shown");
    CHECK(sources.find("a") == file);
    CHECK(!sources.find("b"));
}

TEST_CASE("texts stay where they are while files are added") {
    SourceManager sources;
    const std::string_view text = sources.text(sources.add("a", "x"));
    for (int i = 0; i < 1000; ++i) sources.add("b" + std::to_string(i), "y");
    CHECK(text == "x");
}

TEST_CASE("joining climbs out of macros") {
    SourceManager sources;
    const SourceId file = sources.add("a", "0123456789012345678901234567890123456789");
    const SourceSpan use{file, 20, 30, {}};
    const ExpansionId outer = sources.add_expansion({"OUTER", {file, 0, 1, {}}, use});
    const ExpansionId inner = sources.add_expansion({"INNER", {file, 1, 2, {}}, {file, 4, 8, outer}});
    const SourceSpan deep{file, 2, 3, inner};
    CHECK(sources.outermost(deep) == use);
    CHECK(sources.join(deep, {file, 3, 4, inner}) == SourceSpan{file, 2, 4, inner});
    CHECK(sources.join(deep, {file, 9, 10, outer}) == SourceSpan{file, 4, 10, outer});
    CHECK(sources.join({file, 10, 12, {}}, deep) == SourceSpan{file, 10, 30, {}});
}
