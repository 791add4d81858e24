// Which text of a line stands for a step.
#include "explain/code_place.h"

#include <doctest/doctest.h>

using namespace quire;

namespace {

// The text shown for the first place where `what` stands in the line.
std::string shown(const std::string& line, const std::string& what) {
    SourceManager sources;
    SourceId file = sources.add("x.quire", line + "\n");
    std::uint32_t begin = static_cast<std::uint32_t>(line.find(what));
    return code_line(sources, SourceSpan{file, begin, begin + 1, {}}, "f").text;
}

}  // namespace

TEST_CASE("a line with one statement is shown as it is, without its comment") {
    CHECK(shown("\tif (page->count == 1)  // last", "page") == "if (page->count == 1)");
    CHECK(shown("\tfree(p);   /* gone */", "free") == "free(p);");
    CHECK(shown("\tx = \"//\" + y;", "y") == "x = \"//\" + y;");
    CHECK(shown("\tif (put_testzero(p)) free(p);", "free") == "if (put_testzero(p)) free(p);");
    CHECK(shown("\tstruct page p = { .count = 1 };", "count") == "struct page p = { .count = 1 };");
    CHECK(shown("\tfor (i = 0; i < 3; i++)", "i <") == "for (i = 0; i < 3; i++)");
    CHECK(shown("// all of it", "all") == "// all of it");
}

TEST_CASE("of several statements in a line only the one that moves is shown") {
    const std::string line = "thread one { spin_lock(&a); x = y; }";
    CHECK(shown(line, "spin") == "spin_lock(&a);");
    CHECK(shown(line, "y") == "x = y;");
    CHECK(shown("thread holder[2] { put_page(page); }", "put") == "put_page(page);");
    CHECK(shown("\tif (f(&x)) { g(); h(); }", "h()") == "h();");
    CHECK(shown("\tif (f(&x)) { g(); h(); }", "f(") == "if (f(&x)) { g(); h(); }");
}

TEST_CASE("the second line of a condition is indented") {
    CHECK(shown("\t    && page_count(page) == 2)", "page") == "    && page_count(page) == 2)");
}
