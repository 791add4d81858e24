// Macros, conditions, imports: what happens to the text before the grammar sees it.

#include <doctest/doctest.h>

#include "parse_text.h"

using namespace quire;

namespace {

// The value of the last declaration, `int x = …;`, as it was parsed.
std::string value_of(const std::string& text) {
    const ParsedText parsed(text);
    CAPTURE(parsed.rendered());
    REQUIRE(!parsed.diagnostics.has_errors());
    const std::string printed = print(parsed.spec.declarations.back());
    const auto begin = printed.find("= ") + 2;
    return printed.substr(begin, printed.rfind(';') - begin);
}

}  // namespace

TEST_CASE("macros expand as in C") {
    CHECK(value_of("#define A 1\nint x = A + A;") == "1 + 1");
    CHECK(value_of("#define MAX(a, b) ((a) > (b) ? (a) : (b))\nint x = MAX(y, f(1, 2));") == "y > f(1, 2) ? y : f(1, 2)");
    CHECK(value_of("#define F(x) x\nint x = F;") == "F");
    CHECK(value_of("#define F(x) x + 1\n#define G F\nint x = G(2);") == "2 + 1");
    CHECK(value_of("#define F() 7\nint x = F();") == "7");
    CHECK(value_of("#define CAT(a, b) a##b\nint x = CAT(Page, LRU);") == "PageLRU");
    CHECK(value_of("#define CAT(a, b) a##b\n#define XCAT(a, b) CAT(a, b)\n#define N 4\nint x = XCAT(p, N);") == "p4");
    CHECK(value_of("#define CAT(a, b) a##b\nint x = CAT(, y);") == "y");
    CHECK(value_of("#define STR(a) #a\nint x = f(STR(a + b));") == "f(\"a + b\")");
    CHECK(value_of("#define A(x) x\nint x = A(\n  1\n);") == "1");
    CHECK(value_of("#define LONG 1 + \\\n  2\nint x = LONG;") == "1 + 2");
}

TEST_CASE("no macro is expanded in its own expansion") {
    CHECK(value_of("#define A A + 1\nint x = A;") == "A + 1");
    CHECK(value_of("#define A B\n#define B A\nint x = A;") == "A");
    CHECK(value_of("#define f(x) f(x + 1)\nint x = f(f(2));") == "f(f(2 + 1) + 1)");
    CHECK(value_of("#define id(g) g(1)\n#define h(x) x\nint x = id(h);") == "1");
}

TEST_CASE("conditions") {
    CHECK(value_of("#define A\n#ifdef A\nint x = 1;\n#else\nint x = 2;\n#endif") == "1");
    CHECK(value_of("#ifdef A\n#ifdef B\nint y;\n#else\nint y;\n#endif\n#else\nint x = 2;\n#endif") == "2");
    CHECK(value_of("#define A\n#undef A\n#ifndef A\nint x = 3;\n#endif") == "3");
    const ParsedText defined("#ifdef NAME\nint x = NAME;\n#endif", ParseOptions{{}, {{"NAME", "7"}}});
    CHECK(defined.printed() == "int x = NAME;\n");
}

TEST_CASE("mistakes in directives") {
    CHECK(ParsedText("#define\n").codes() == "E0120");
    CHECK(ParsedText("#define F(a, a) a\n").codes() == "E0120");
    CHECK(ParsedText("#define F(a b\n").codes() == "E0120");
    CHECK(ParsedText("#define F(a) a ##\n").codes() == "E0126");
    CHECK(ParsedText("#define P(a) a ## +\nint x = P(y) 1;").codes() == "E0126");
    CHECK(ParsedText("#define F(a) a\nint x = F(1;\n").codes().substr(0, 5) == "E0121");
    CHECK(ParsedText("#define A 1\n#define A 2\n").codes() == "E0122");
    CHECK(ParsedText("#define A 1\n#define A 1\n").codes() == "");
    CHECK(ParsedText("#ifdef A\n").codes() == "E0124");
    CHECK(ParsedText("#endif\n").codes() == "E0124");
    CHECK(ParsedText("#include <x>\n").codes() == "E0125");
    CHECK(ParsedText("#if 1\nint x;\n#endif\n").codes() == "E0125");
}

TEST_CASE("macro bombs end with one message") {
    std::string doubling = "#define A0 x\n";
    for (int i = 0; i < 40; ++i)
        doubling += "#define A" + std::to_string(i + 1) + " A" + std::to_string(i) + " A" + std::to_string(i) + "\n";
    CHECK(ParsedText(doubling + "int y = A40; int z = A40;").codes() == "E0123");
    std::string nested = "#define F(x) x x\nint y = ";
    for (int i = 0; i < 60; ++i) nested += "F(";
    nested += "1" + std::string(60, ')') + ";";
    CHECK(ParsedText(nested).codes() == "E0123");
    std::string deep = "#define F(x) x\nint y = ";
    for (int i = 0; i < 20000; ++i) deep += "F(";
    deep += "1" + std::string(20000, ')') + ";";
    CHECK(ParsedText(deep).codes() == "E0123");
}

TEST_CASE("imports are found beside the file and in the model path, and read once") {
    const ParsedText parsed({{"dir/top.quire", "/// why\nimport \"a.quire\";\nimport \"lib/b.quire\";\nint top = FROM_B;"},
                             {"dir/a.quire", "import \"lib/b.quire\";\nint a;"},
                             {"models/lib/b.quire", "#define FROM_B 5\nint b;"}},
                            ParseOptions{{"models"}, {}});
    CAPTURE(parsed.rendered());
    REQUIRE(!parsed.diagnostics.has_errors());
    CHECK(parsed.printed() == "/// why\nimport \"a.quire\";\nimport \"lib/b.quire\";\n\nint top = 5;\n");
    REQUIRE(parsed.spec.imported.size() == 2);
    CHECK(print(parsed.spec.imported[0]) == "int b;\n");
    CHECK(print(parsed.spec.imported[1]) == "int a;\n");
    CHECK(parsed.spec.files.size() == 3);
    CHECK(parsed.spec.files.back() == parsed.spec.file);
    CHECK(parsed.spec.doc == "why");
    CHECK(parsed.sources.display_path(parsed.spec.imported[0].file) == "models/lib/b.quire");
}

TEST_CASE("imports that cannot be") {
    const ParseOptions models{{"models"}, {}};
    CHECK(ParsedText("import \"none.quire\";").codes() == "E0130");
    CHECK(ParsedText("import \"/etc/passwd\";").codes() == "E0132");
    CHECK(ParsedText("import \"../x.quire\";").codes() == "E0132");
    CHECK(ParsedText("import \"lib/../../../x.quire\";", models).codes() == "E0132");
    CHECK(ParsedText("import \"\";").codes() == "E0134");
    CHECK(ParsedText("variant v { import \"a\"; }").codes() == "E0134");
    CHECK(ParsedText({{"a", "import \"b\";"}, {"b", "import \"c\";"}, {"c", "import \"a\";"}}).codes() == "E0131");
    CHECK(ParsedText({{"a", "import \"a\";"}, {"b", ""}}).codes() == "E0131");
    CHECK(ParsedText({{"a", "import \"b\";"}, {"b", std::string(5 << 20, 'x')}}).codes() == "E0601");
    CHECK(ParsedText({{"models/a/x", "import \"../b/y\";"}, {"models/b/y", "int z;"}}, models).codes() == "");
    CHECK(ParsedText("import \"x\";", ParseOptions{{"./models/"}, {}}).codes() == "E0130");
    CHECK(ParsedText({{"d/a", "import \"x\";"}, {"models/x", ""}}, ParseOptions{{"./models/"}, {}}).codes() == "");
    MemoryFiles empty;
    SourceManager sources;
    Diagnostics diagnostics;
    parse_spec(sources, diagnostics, empty, "nothing.quire", {});
    CHECK(diagnostics.error_count() == 1);
}

TEST_CASE("a cycle names its files in order") {
    const ParsedText parsed({{"a", "import \"b\";"}, {"b", "import \"c\";"}, {"c", "import \"b\";"}});
    CHECK(parsed.rendered().find("= note: `b` imports `c` imports `b`\n") != std::string::npos);
}
