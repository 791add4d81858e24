// What the checker promises to those behind it: conversions spelled out, places, flags.
#include <cctype>

#include <doctest/doctest.h>

#include "test/unit/types/checked.h"

using namespace quire;
using quire::test::Checked;

namespace {

// The printed body of `thread t { STATEMENT }`, without the block around it.
std::string body_of(const std::string& statement, const std::string& more = "") {
    Checked checked(std::string(test::kPrelude) + more + "thread t { " + statement + " }\n");
    INFO(checked.shown());
    REQUIRE(checked.codes() == "");
    std::string printed = checked.printed();
    std::size_t start = printed.find("\nthread t");
    start = printed.find("block", start);
    start = printed.find('\n', start) + 1;
    std::size_t end = printed.find("expect", start);
    std::string body = printed.substr(start, end - start);
    // Numbers of locals and labels depend on the prelude; here only names matter.
    std::string plain;
    for (std::size_t i = 0; i < body.size(); i++) {
        if (body[i] == '#') {
            while (i + 1 < body.size() && std::isdigit(static_cast<unsigned char>(body[i + 1])) != 0) i++;
        } else if (body[i] != '\n' || i + 1 != body.size()) {
            plain += body[i];
        }
    }
    std::size_t first = plain.find_first_not_of(' ');
    return first == std::string::npos ? "" : plain.substr(first);
}

}  // namespace

TEST_CASE("conversions are explicit") {
    CHECK(body_of("shared = byte;") == "(shared = (int)byte);");
    CHECK(body_of("byte = shared;") == "(byte = (u8)shared);");
    CHECK(body_of("shared = byte + byte;") == "(shared = ((int)byte + (int)byte));");
    CHECK(body_of("wide = shared + wide;") == "(wide = ((long)shared + wide));");
    CHECK(body_of("flag = shared;") == "(flag = (bool)shared);");
    CHECK(body_of("flag = cached;") == "(flag = (cached != NULL));");
    CHECK(body_of("flag = word < shared;") == "(flag = (word < (unsigned int)shared));");
    CHECK(body_of("flag = huge > 1;") == "(flag = (huge > 1ul));");
    CHECK(body_of("shared += byte;") == "(shared += (int)byte);");
    CHECK(body_of("byte += 1;") == "(byte += 1);");
    CHECK(body_of("shared++;") == "(shared += 1 giving the old value);");
    CHECK(body_of("byte <<= wide;") == "(byte <<= wide);");
    CHECK(body_of("flag = hue == RED;") == "(flag = (hue == 0));");
    CHECK(body_of("flag = !shared;") == "(flag = !(bool)shared);");
}

TEST_CASE("places and pointers") {
    CHECK(body_of("cached->refs[shared] = 1;") == "((*cached).refs[(long)shared] = 1);");
    CHECK(body_of("cached = &pages[1];") == "(cached = &pages[1l]);");
    CHECK(body_of("cached = pages;") == "(cached = &pages[0l]);");
    CHECK(body_of("cached = container_of(cached->lru.next, struct page, lru);") ==
          "(cached = container_of((*cached).lru.next, struct page, lru));");
    CHECK(body_of("set_to(&cached->count, 2);") == "set_to(&(*cached).count, 2);");
    CHECK(body_of("hook(cached);") == "(*hook)(cached);");
    CHECK(body_of("flag = cached == NULL;") == "(flag = (cached == NULL));");
    CHECK(body_of("cached = ERR_PTR(-5);") == "(cached = ERR_PTR((long)-5));");
    CHECK(body_of("cached = flag ? NULL : &page;") == "(cached = (flag ? NULL : &page));");
}

TEST_CASE("names of threads") {
    CHECK(body_of("owner = t;") == "(owner = t);");
    Checked checked("thread t[2] { x: ; }\ninvariant i: !at(t[1], x);\n");
    INFO(checked.shown());
    REQUIRE(checked.codes() == "");
    CHECK(checked.program().roles[0].looks_at_index);
}

TEST_CASE("a local whose address is taken lives in memory") {
    Checked checked(
        "struct inner { int x; }; struct outer { struct inner i; int y; };\n"
        "void by_reference(struct outer &o) { struct inner *p = &o.i; p->x = 1; }\n"
        "void by_value(struct outer o) { o.y = 1; }\n"
        "void set(int *p) { *p = 1; }\n"
        "thread t { struct outer a; struct outer b; struct outer c; struct outer d[2]; struct outer e;\n"
        "  struct inner *p = &a.i; by_reference(b); by_value(c); struct outer *q = &d[1]; set(&e.y); p->x = "
        "q->y; }\n");
    INFO(checked.shown());
    REQUIRE(checked.codes() == "");
    CHECK(checked.local("a").in_memory);
    CHECK(checked.local("b").in_memory);
    CHECK_FALSE(checked.local("c").in_memory);
    CHECK(checked.local("d").in_memory);
    CHECK_FALSE(checked.local("e").in_memory);
}

TEST_CASE("flags of functions and roles") {
    Checked checked(
        "struct s { int x; }; void (*hook)(struct s *);\n"
        "void a(struct s *p) { p->x = 1; } void b(struct s *p) { p->x = self.index; } void unused(void) { }\n"
        "thread t[2] { hook = a; b(NULL); }\nthread u[2] { a(NULL); }\n");
    INFO(checked.shown());
    REQUIRE(checked.codes() == "");
    CHECK(checked.function("a").address_taken);
    CHECK(checked.function("b").is_called);
    CHECK_FALSE(checked.function("unused").is_called);
    CHECK(checked.program().roles[0].looks_at_index);
    CHECK_FALSE(checked.program().roles[1].looks_at_index);
}

TEST_CASE("loops, jumps and switch lead to labels") {
    std::string loop = body_of("while (flag) { if (shared) break; continue; }");
    CHECK(loop.find("while flag\n") == 0);
    CHECK(loop.find("goto L\n") != std::string::npos);
    std::string choice = body_of("switch (shared) { case 1: flag = true; break; default: flag = false; }");
    CHECK(choice.find("switch shared\n") == 0);
    CHECK(choice.find("case 1: L\n") != std::string::npos);
}

TEST_CASE("assertions keep their text and negate BUG_ON") {
    CHECK(body_of("BUG_ON(shared);") == "assert !(bool)shared;");
    CHECK(body_of("assert(flag);") == "assert flag;");
    Checked checked("int x; thread t { BUG_ON(x  <  0); }\n");
    bool found = false;
    for (const Statement& s : checked.program().statements) found = found || s.text == "BUG_ON(x < 0)";
    CHECK(found);
}

TEST_CASE("a struct result goes into a hidden local of the caller") {
    Checked checked(std::string(test::kPrelude) + "thread t { pair = make_pair(1, 2); }\n");
    REQUIRE(checked.codes() == "");
    const Function& f = checked.function("make_pair");
    CHECK(f.parameters.size() == 3);
    CHECK(checked.program()[f.parameters[2]].is_reference);
    CHECK(checked.program()[f.result].kind == TypeKind::kVoid);
}

TEST_CASE("variants replace what has the same name") {
    Checked checked(
        "const N = 1; int f(void) { return 1; } int x = f2; const f2 = 7;\n"
        "invariant i: x == 7;\n"
        "thread t { x = f(); }\n"
        "variant a \"with two\" { int f(void) { return 2; } invariant j: x == 1; const N = 5; }\n"
        "variant b : a { thread t { x = f() + N; } expect violation of j; }\n");
    INFO(checked.shown());
    REQUIRE(checked.codes() == "");
    REQUIRE(checked.plan.variants.size() == 3);
    CHECK(checked.plan.variants[1].text == "with two");
    CHECK(checked.program(0).properties.size() == 1);
    CHECK(checked.program(1).properties.size() == 2);
    CHECK(checked.program(2).properties.size() == 2);
    CHECK(checked.printed(2).find("return 2") != std::string::npos);
    CHECK(checked.printed(2).find("const N = 5") != std::string::npos);
    CHECK(checked.program(1).expectations[0].kind == ExpectationKind::kPass);
    CHECK(checked.program(1).expectations[0].implicit);
    CHECK(checked.program(2).expectations[0].kind == ExpectationKind::kViolation);
}

TEST_CASE("evaluate_constant") {
    Checked checked("const A = 3; const B = A * 2 + (A > 2 ? 1 : 0); const C = B / (A - 3);\n thread t { }\n");
    REQUIRE(checked.codes() == "");
    const TypedProgram& p = checked.program();
    CHECK(evaluate_constant(p, p.constants[1].value, {3, 0, 0}) == Value{7});
    CHECK(evaluate_constant(p, p.constants[1].value, {2, 0, 0}) == Value{4});
    CHECK_FALSE(evaluate_constant(p, p.constants[2].value, {3, 7, 0}));
}

TEST_CASE("a spec as in the manual") {
    Checked checked(
        "import \"lib.quire\";\nconst HOLDERS = 2;\nconst SCANNERS = 1;\nspinlock_t lru_lock;\n"
        "struct page page = { .count = HOLDERS + 1, .flags = 1 << PG_lru };\n"
        "void drop_reference(struct page *page)\n{\n\tspin_lock(&lru_lock);\n\tif (PageLRU(page) && "
        "page_ref_count(page) == 2)\n"
        "\t\tlru_del_and_put(page);\n\tspin_unlock(&lru_lock);\n\tif "
        "(page_ref_dec_and_test(page))\n\t\tfree_page_frame(page);\n}\n"
        "bool get_page_from_lru(struct page *page)\n{\n\tbool found;\n\tspin_lock(&lru_lock);\n\tfound = "
        "PageLRU(page);\n"
        "\tif (found)\n\t\tpage_ref_inc(page);\n\tspin_unlock(&lru_lock);\n\treturn found;\n}\n"
        "thread holder[HOLDERS] {\n\tdrop_reference(&page);\n}\n"
        "thread scanner[SCANNERS] {\n\tif (get_page_from_lru(&page))\n\t\tdrop_reference(&page);\n}\n"
        "invariant count_never_negative: page_ref_count(&page) >= 0;\n"
        "invariant freed_means_off_lru:  page_is_free(&page) => !PageLRU(&page);\n"
        "cover     left_on_lru:          finally PageLRU(&page) && page_ref_count(&page) == 1;\n"
        "expect pass for HOLDERS in 1..4, SCANNERS in 0..1;\nexpect covered left_on_lru;\n"
        "expect proved for any HOLDERS, SCANNERS;\n"
        "variant scan_without_lock \"the scan looks, and takes its reference, without the lock\" {\n"
        "\tbool get_page_from_lru(struct page *page)\n\t{\n\t\tif (!PageLRU(page))\n\t\t\treturn "
        "false;\n\t\tpage_ref_inc(page);\n"
        "\t\treturn true;\n\t}\n\texpect violation;\n}\n",
        {{"/lib.quire",
          "enum { PG_lru = 3 };\n"
          "typedef struct spinlock { bool locked; } spinlock_t;\n"
          "struct page { int count; unsigned long flags; ghost bool freed; };\n"
          "atomic void spin_lock(spinlock_t *l) __acquires(l) { await (!l->locked); l->locked = true; }\n"
          "atomic void spin_unlock(spinlock_t *l) __releases(l) { l->locked = false; }\n"
          "static inline int PageLRU(struct page *page) { return (page->flags >> PG_lru) & 1; }\n"
          "int page_ref_count(const struct page *page) { return page->count; }\n"
          "void page_ref_inc(struct page *page) { atomic { page->count++; } }\n"
          "atomic bool page_ref_dec_and_test(struct page *page) { page->count--; return page->count == 0; }\n"
          "void lru_del_and_put(struct page *page) { page->flags &= ~(1UL << PG_lru); page->count--; }\n"
          "void free_page_frame(struct page *page) { ghost { page->freed = true; } }\n"
          "bool page_is_free(struct page *page) { return page->freed; }\n"}});
    INFO(checked.shown());
    REQUIRE(checked.codes() == "");
    CHECK(checked.program(0).expectations.size() == 3);
    CHECK(checked.program(0).expectations[2].unsupported.empty());
    CHECK(checked.program(0).expectations[2].ranges.size() == 2);
    CHECK(checked.program(1).variant == "scan_without_lock");
    CHECK(checked.function("spin_lock").in_library);
}
