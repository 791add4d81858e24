// The grammar: what each form becomes, that printing and parsing agree, and that mistakes are reported once and where they are.

#include <doctest/doctest.h>

#include "parse_text.h"

using namespace quire;

namespace {

// Prints what was parsed, after checking that it parses to the same again.
std::string round_trip(const std::string& text) {
    const ParsedText first(text);
    CAPTURE(text);
    CAPTURE(first.rendered());
    REQUIRE(!first.diagnostics.has_errors());
    std::string printed = first.printed();
    const ParsedText second(printed);
    CAPTURE(printed);
    CAPTURE(second.rendered());
    CHECK(!second.diagnostics.has_errors());
    CHECK(second.spec == first.spec);
    return printed;
}

std::string expression(const std::string& text) {
    const std::string printed = round_trip("invariant i: " + text + ";");
    return printed.substr(13, printed.size() - 15);
}

std::string statement(const std::string& text) {
    const std::string printed = round_trip("typedef int T;\nvoid f(void) { " + text + " }");
    const auto begin = printed.find("{\n") + 3;
    return printed.substr(begin, printed.rfind("\n}") - begin);
}

std::string declaration(const std::string& text) {
    const std::string printed = round_trip(text);
    return printed.substr(0, printed.size() - 1);
}

template <class Node>
const Node& only(const ParsedText& parsed) {
    REQUIRE(!parsed.spec.declarations.empty());
    return std::get<Node>(parsed.spec.declarations.back().node);
}

}  // namespace

TEST_CASE("operators bind as in C, => weakest and to the right") {
    CHECK(expression("a + b * c - d") == "a + b * c - d");
    CHECK(expression("(a + b) * c") == "(a + b) * c");
    CHECK(expression("a - (b - c)") == "a - (b - c)");
    CHECK(expression("(a => b) => c") == "(a => b) => c");
    CHECK(expression("a => (b => c)") == "a => b => c");
    CHECK(expression("a || b => c ? d : e") == "a || b => c ? d : e");
    CHECK(expression("(a => b) ? c : d") == "(a => b) ? c : d");
    CHECK(expression("a & b == c") == "a & b == c");
    CHECK(expression("(a & b) == c") == "(a & b) == c");
    CHECK(expression("a << 1 + 2 < b") == "a << 1 + 2 < b");
    CHECK(expression("- -x + !*p++") == "- -x + !*p++");
    CHECK(expression("a ? b : c ? d : e") == "a ? b : c ? d : e");
    CHECK(expression("(a ? b : c) ? d : e") == "(a ? b : c) ? d : e");
    CHECK(expression("a ?: b") == "a ?: b");
    CHECK(expression("(x, y)") == "x, y");
    CHECK(expression("f((x, y), z = 1)") == "f((x, y), z = 1)");
}

TEST_CASE("a forall reaches to the end, a count to its operand") {
    const ParsedText parsed("invariant i: a && forall (t : r) b => c;");
    const auto& outer = std::get<ast::Binary>(only<ast::PropertyDecl>(parsed).condition->node);
    CHECK(outer.op == ast::BinaryOp::kLogicalAnd);
    CHECK(std::holds_alternative<ast::Quantifier>(outer.right->node));
    const ParsedText counted("invariant i: count (t : r) won[t.index] == 1;");
    CHECK(std::get<ast::Binary>(only<ast::PropertyDecl>(counted).condition->node).op == ast::BinaryOp::kEqual);
    CHECK(expression("(forall (i in 0..4) a) && b") == "(forall (i in 0..4) a) && b");
    CHECK(expression("exists (struct page *p) live(p)") == "exists (struct page *p) live(p)");
    CHECK(expression("count(x) + exists(y) + count (t : r) (a && b)") == "count(x) + exists(y) + count (t : r) (a && b)");
}

TEST_CASE("forms with a syntax of their own") {
    CHECK(expression("container_of(p, struct page, lru.next)") == "container_of(p, struct page, lru.next)");
    CHECK(expression("alloc?(struct page) == alloc!(struct page)") == "alloc?(struct page) == alloc!(struct page)");
    CHECK(expression("alloc(x) + (alloc ? (a) : b)") == "alloc(x) + (alloc ? a : b)");
    CHECK(expression("(struct page *)p == (u8)x") == "(struct page *)p == (u8)x");
    CHECK(expression("at(t, f.label) && old(x) <= x") == "at(t, f.label) && old(x) <= x");
    CHECK(expression("({ int q = 1; q; })") == "({\n\t\tint q = 1;\n\t\tq;\n\t})");
    CHECK(expression("'a' + 0x1fUL + 10u") == "97 + 0x1ful + 10u");
    CHECK(expression("f(\"a\\n\" \"b\\\"\")") == "f(\"a\\nb\\\"\")");
}

TEST_CASE("declarators are read inside out") {
    CHECK(declaration("int (*f)(struct page *, int x);") == "int (*f)(struct page *, int x);");
    CHECK(declaration("int (*table[3])(void);") == "int (*table[3])();");
    CHECK(declaration("int *(*f)(int (*g)(int));") == "int *(*f)(int (*g)(int));");
    CHECK(declaration("struct page *a[2][3];") == "struct page *a[2][3];");
    CHECK(declaration("const volatile unsigned char * const p;") == "const volatile u8 *const p;");
    CHECK(declaration("long unsigned int x; long long y; short z;") == "unsigned long x;\n\nlong y;\n\nshort z;");
    CHECK(declaration("int in 0..2 * N + 1 x;") == "int in 0..2 * N + 1 x;");
    CHECK(declaration("void f(int in 0..3 *p, int in 0..N * 2 q, T &r);") == "void f(int in 0..3 *p, int in 0..N * 2 q, T &r);");
    CHECK(declaration("list<set<struct page *>>[4] x;") == "list<set<struct page *>>[4] x;");
    CHECK(declaration("set<int in 0..3> x;") == "set<int in 0..3> x;");
}

TEST_CASE("several declarators become several declarations") {
    CHECK(declaration("int a = 1, *b, c[2] = { 1, [1] = 2 };") == "int a = 1;\n\nint *b;\n\nint c[2] = { 1, [1] = 2 };");
    CHECK(statement("int a = 1, *b;") == "int a = 1, *b;");
}

TEST_CASE("tagged definitions inside others are hoisted, anonymous ones stay") {
    CHECK(declaration("struct a { struct b { int x; } y; struct { int z; }; } v;") ==
          "struct b {\n\tint x;\n};\n\nstruct a {\n\tstruct b y;\n\tstruct {\n\t\tint z;\n\t};\n};\n\nstruct a v;");
    CHECK(declaration("enum { A, B = 3 };") == "enum {\n\tA,\n\tB = 3,\n};");
    CHECK(declaration("struct page;") == "struct page;");
}

TEST_CASE("Quire's words are names where they cannot be words") {
    round_trip(
        "int thread, old, count, first, strong, step, check, use, move, live, lemma, instance, cover, memory, pool, variant, "
        "expect, ledger;\n"
        "void init(int thread) { thread = old + count; step = first(check); live: use(move); cover(\"x\"); pool.memory->lemma = "
        "instance; }\n"
        "void choose(int in) { int spawn = 1; await = either + or; }\n");
}

TEST_CASE("typedef names decide between declarations and expressions, in any order of the file") {
    const ParsedText parsed("void f(void) { page_t * p; (q) * p; x * y; }\ntypedef struct page page_t;");
    const auto& body = std::get<ast::FunctionDecl>(parsed.spec.declarations[0].node).body->statements;
    REQUIRE(body.size() == 3);
    CHECK(std::holds_alternative<ast::DeclStmt>(body[0].node));
    CHECK(std::holds_alternative<ast::ExprStmt>(body[1].node));
    CHECK(std::holds_alternative<ast::DeclStmt>(body[2].node));
    round_trip(
        "typedef int (*handler_t)(int a); typedef void fn_t(int b), *pfn_t;\nvoid f(void) { handler_t h; fn_t *g = (fn_t *)h; "
        "pfn_t *k; }");
}

TEST_CASE("statements") {
    CHECK(statement("for (t : s) use(t);") == "for (t : s)\n\t\tuse(t);");
    CHECK(statement("for (struct page *p : s) { }") == "for (struct page *p : s) {\n\t}");
    CHECK(statement("for (int i = 0, j; i < 3; i++, j--) ;") == "for (int i = 0, j; i < 3; i++, j--)\n\t\t;");
    CHECK(statement("if (a) if (b) x(); else y();") == "if (a)\n\t\tif (b)\n\t\t\tx();\n\t\telse\n\t\t\ty();");
    CHECK(statement("atomic acquire { x = 1; }") == "atomic acquire {\n\t\tx = 1;\n\t}");
    CHECK(statement("await (x) { y = 1; } await (z);") == "await (x) {\n\t\ty = 1;\n\t}\n\tawait (z);");
    CHECK(statement("either { a(); } or { b(); } or { }") == "either {\n\t\ta();\n\t} or {\n\t\tb();\n\t} or {\n\t}");
    CHECK(statement("choose (x in 0..N); choose (p in pool struct page); choose (y in p->s);") ==
          "choose (x in 0..N);\n\tchoose (p in pool struct page);\n\tchoose (y in p->s);");
    CHECK(statement("if (x) ghost { y = 1; } else spawn w(1);") ==
          "if (x)\n\t\tghost {\n\t\t\ty = 1;\n\t\t}\n\telse\n\t\tspawn w(1);");
    CHECK(statement("switch (x) { case 1: case 2: a(); default: b(); }") ==
          "switch (x) {\n\tcase 1:\n\tcase 2:\n\t\ta();\n\tdefault:\n\t\tb();\n\t}");
    CHECK(statement("x: y: a(); goto x; out: ") == "x: y: a();\n\tgoto x;\n\tout: ;");
    CHECK(statement("do x--; while (x); while (y) { }") == "do\n\t\tx--;\n\twhile (x);\n\twhile (y) {\n\t}");
    CHECK(statement("T a; T *b = &a; typeof(*b) c; ghost int g = 1;") ==
          "T a;\n\tT *b = &a;\n\ttypeof(*b) c;\n\tghost int g = 1;");
}

TEST_CASE("what Quire adds at file level") {
    const std::string text =
        "/// about\n/// it\nthread a[N + 1] {\n}\n\nstrong fair thread b {\n}\n\ndaemon thread c on 0 {\n}\n\ndormant thread "
        "d[2](int x, struct page "
        "*p) {\n}\n\nirq e on 1 {\n}\n\ninit {\n}\n\npool struct page[2];\n\npool typesafe struct page[N];\n\nextern ignore "
        "f();\n\nextern havoc "
        "int g(int x) in 0..2;\n\npercpu int h;\n\nghost int k;\n\nstep s: old(x) <= x;\n\ncover c1: finally x == "
        "1;\n\neventually ev: x;\n\nlive: "
        "p leads_to q;\n\nlemma le: x;\n\ncheck leaks, races;\n\nallow deadlock;\n\nmemory sc, tso;\n\nexpect pass for A in "
        "1..4, B = 2 under sc, "
        "tso in big;\n\nexpect violation of use_after_free;\n\nexpect not covered c1;\n\nexpect proved for any A, any "
        "B;\n\ninstance big slow "
        "{\n\tconst A = 3;\n}\n\nvariant v : w \"what \\\"it\\\" is\" {\n\t/// doc\n\tatomic acquire int f(int x) __acquires(&l) "
        "__sleeps\n\t{\n\t\treturn "
        "x;\n\t}\n\texpect violation;\n}\n\nscenario q for v {\n\tcpu0: x = 1;\n\tcpu1: f(2);\n} expect prevented;\n";
    CHECK(round_trip(text) == text);
}

TEST_CASE("ledgers, ghost members, documentation") {
    const std::string text =
        "/// a page\nstruct page {\n\t/// how many\n\tint count;\n\tledger refs of count { a, b };\n\tledger own { c };\n\tghost "
        "thread_t owner;\n};\n";
    CHECK(round_trip(text) == text);
}

TEST_CASE("several mistakes in one run, each once") {
    const ParsedText parsed(
        "void f(void)\n{\n\ta(1\n\tb();\n}\nint x = ;\nthread t {\n\tif (x {\n\t\ty = 1;\n\t}\n\tz = 1\n}\ninvarient i: x;\nint "
        "ok;\n");
    CAPTURE(parsed.rendered());
    CHECK(parsed.codes() == "E0101 E0101 E0101 E0101 E0101");
    CHECK(parsed.rendered().find("did you mean `invariant`?") != std::string::npos);
}

TEST_CASE("a missing brace is noticed at the next declaration") {
    const ParsedText parsed("void f(void)\n{\n\tif (x) {\n\t\ty = 1;\n}\n\nthread t { }\n\nvoid g(void) { }\n");
    CAPTURE(parsed.rendered());
    CHECK(parsed.codes() == "E0101");
    CHECK(parsed.rendered().find("--> top.quire:7:1") != std::string::npos);
    CHECK(std::holds_alternative<ast::FunctionDecl>(parsed.spec.declarations.back().node));
}

TEST_CASE("C that is no part of the language has its own messages") {
    CHECK(ParsedText("int x = sizeof(int);").codes() == "E0111");
    CHECK(ParsedText("struct a { int x : 3; };").codes() == "E0112");
    CHECK(ParsedText("union u { int x; };").codes() == "E0113");
    CHECK(ParsedText("void f(void) { static int x; }").codes() == "E0114");
    CHECK(ParsedText("double x;").codes() == "E0115");
    CHECK(ParsedText("int x = 1.5;").codes() == "E0115");
    CHECK(ParsedText("void f(int x, ...);").codes() == "E0116");
    CHECK(ParsedText("void f(void) { if (x) int y; }").codes() == "E0117");
    CHECK(ParsedText("instance i { int x; }").codes() == "E0117");
    CHECK(ParsedText("void f(void) __acquire(l) { }").codes() == "E0118");
    CHECK(ParsedText("void f(void) { case 1: ; }").codes() == "E0309");
    CHECK(ParsedText("int x = 99999999999999999999;").codes() == "E0104");
    CHECK(ParsedText("int x = 'ab';").codes() == "E0104");
    CHECK(ParsedText("int x @ y;").codes().substr(0, 5) == "E0102");
    CHECK(ParsedText("/* no end").codes() == "E0103");
}

TEST_CASE("a mistake in a macro shows its definition and its use") {
    const ParsedText parsed("#define INC(p) ((p) + )\nint x = INC(1);\n");
    CHECK(parsed.rendered() ==
          "error[E0101]: expected an expression, found `)`\n"
          " --> top.quire:1:23\n"
          "  |\n"
          "1 | #define INC(p) ((p) + )\n"
          "  |                       ^ expected an expression\n"
          " ::: top.quire:2:9\n"
          "  |\n"
          "2 | int x = INC(1);\n"
          "  |         ------ expanded here\n");
}

TEST_CASE("text nested without bound is refused, without using up the stack") {
    const auto repeat = [](const std::string& part, int times) {
        std::string result;
        for (int i = 0; i < times; ++i) result += part;
        return result;
    };
    const int many = 100000;
    CHECK(ParsedText("int x = " + repeat("(", many) + "1" + repeat(")", many) + ";").codes() == "E0105");
    CHECK(ParsedText("thread t " + repeat("{", many) + repeat("}", many)).codes() == "E0105");
    CHECK(ParsedText("int x = " + repeat("!", many) + "1;").codes() == "E0105");
    CHECK(ParsedText("int x = " + repeat("1 + ", many) + "1;").codes() == "E0105");
    CHECK(ParsedText("int x = f" + repeat("(1)", many) + ";").codes() == "E0105");
    CHECK(ParsedText("int " + repeat("*", many) + "x;").codes() == "E0105");
    CHECK(ParsedText("int x" + repeat("[1]", many) + ";").codes() == "E0105");
    CHECK(ParsedText("int " + repeat("(*", many) + "x;").codes() == "E0105");
    CHECK(ParsedText("void f(void) { " + repeat("if (x) a(); else ", many) + "b(); }").codes() == "E0105");
    CHECK(ParsedText(repeat("struct { ", many)).codes() == "E0105");
    CHECK(ParsedText(repeat("list<", many)).codes() == "E0105");
}

TEST_CASE("odd bytes") {
    CHECK(ParsedText(std::string("int x;\0int y;", 13)).codes() == "E0107");
    CHECK(ParsedText("int x; // caf\xe9\n").codes() == "E0108");
    CHECK(ParsedText("int x; // caf\xc3\xa9\n").codes() == "");
    CHECK(ParsedText("\xef\xbb\xbfint x;\r\nint y;\r\n").codes() == "");
    CHECK(ParsedText(std::string(10 << 20, 'x')).codes() == "E0601");
    CHECK(ParsedText("").codes() == "");
}

TEST_CASE("garbage gives few messages") {
    std::string garbage;
    std::uint32_t seed = 1;
    for (int i = 0; i < 500000; ++i) {
        seed = seed * 1664525u + 1013904223u;
        garbage += "abc(){};,*&=<>+-/1 2\"'#@$%\\\t"[(seed >> 16) % 28];
    }
    const ParsedText parsed(garbage);
    CHECK(parsed.diagnostics.has_errors());
    CHECK(parsed.diagnostics.error_count() < 60);
}
