// The naive explorer from text: whole specs, small enough to count, through the parser and the checker of types.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "reference/explore.h"
#include "syntax/file_provider.h"
#include "syntax/parse.h"
#include "types/check.h"
#include "types/expectations.h"
#include "types/variants.h"

namespace quire {

namespace {

using Names = std::map<std::string, std::uint32_t>;
using Defines = std::vector<std::pair<std::string, Value>>;

ReferenceResult explore_file(FileProvider& files, const std::string& path, const Defines& defines) {
    SourceManager sources;
    Diagnostics diagnostics;
    ReferenceResult result;
    ast::Spec spec = parse_spec(sources, diagnostics, files, path, {});
    SpecPlan plan = plan_variants(spec, diagnostics);
    REQUIRE_FALSE(plan.variants.empty());
    Result<TypedProgram> program = check_types(plan.variants[0], sources, diagnostics);
    INFO(render_diagnostics(sources, diagnostics));
    REQUIRE(program.ok());
    RunOptions options;
    options.defines = defines;
    Result<RunPlan> runs = plan_runs(*program, options, diagnostics);
    REQUIRE(runs.ok());
    REQUIRE_FALSE(diagnostics.has_errors());
    return explore_naively(*program, runs->runs.at(0).constants);
}

ReferenceResult explore_text(const std::string& text) {
    MemoryFiles files;
    files.add("test.quire", text);
    return explore_file(files, "test.quire", {});
}

Names violations(const std::string& text) { return explore_text(text).violations; }

}  // namespace

TEST_CASE("the protocols of the benchmarks have the states that SPIN finds") {
    struct Row {
        const char* file;
        Defines defines;
        std::uint64_t states, transitions;
    };
    const std::vector<Row> rows = {
        {"pcr2002", {{"N", 2}}, 38, 46},
        {"pcr2002", {{"N", 3}}, 124, 204},
        {"pcr2002", {{"N", 3}, {"PRE", 1}}, 52, 78},
        {"gupmigrate", {{"N", 1}}, 269, 582},
        {"gupmigrate", {{"N", 2}}, 1562, 4685},
        {"lrubench", {{"N", 2}, {"P", 1}, {"K", 1}}, 219, 442},
        {"lrubench", {{"N", 2}, {"P", 2}, {"K", 1}}, 1057, 2276},
        {"lrubench", {{"N", 2}, {"P", 2}, {"K", 2}}, 6383, 14808},
    };
    DiskFiles files;
    for (const Row& row : rows) {
        CAPTURE(row.file);
        CAPTURE(row.states);
        std::string path = std::string(QUIRE_SOURCE_DIR) + "/bench/" + row.file + ".quire";
        ReferenceResult r = explore_file(files, path, row.defines);
        CHECK(r.states == row.states);
        CHECK(r.transitions == row.transitions);
        CHECK(r.violations.empty());
    }
}

TEST_CASE("accesses are steps, and nothing else is") {
    CHECK(explore_text("int x, y, z; thread t { x = y + z; }").states == 4);
    CHECK(explore_text("int x; thread t { x |= 4; }").states == 3);
    CHECK(explore_text("int x; thread t { int i = 3; i++; if (i == 4) x = i; }").states == 2);
    CHECK(explore_text("int x, y; thread t { if (x == 1 || x == 2) y = 1; }").states == 3);
    CHECK(explore_text("struct s { int n; struct s *next; }; struct s a, b;"
                       "init { a.next = &b; } thread t { struct s *p = &a; p->next->n++; }")
              .states == 4);
    CHECK(explore_text("struct s { int a; int b[2]; }; struct s x, y; thread t { x = y; }").states == 7);
}

TEST_CASE("the life of objects") {
    CHECK(violations("struct s { int n; }; pool struct s[1]; thread t { struct s *p = alloc(struct s); free(p); p->n = 1; }") ==
          Names{{"use_after_free", 3}});
    CHECK(violations("struct s { int n; }; pool struct s[1]; thread t { struct s *p = alloc(struct s); free(p); free(p); }") ==
          Names{{"double_free", 3}});
    CHECK(violations("struct s { int n; }; struct s g; thread t { free(&g); }") == Names{{"bad_free", 1}});
    CHECK(violations("struct s { int n; }; pool typesafe struct s[1]; thread t { struct s *p = alloc(struct s); free(p); p->n = "
                     "1; use(p); }") == Names{{"use_after_free", 4}});
    CHECK(violations("struct s { int n; }; struct s *f(void) { struct s x; x.n = 1; return &x; } thread t { struct s *p = f(); "
                     "p->n = 2; }") == Names{{"use_after_free", 2}});
    CHECK(
        explore_text("struct s { int n; }; pool struct s[1]; thread t { struct s *p = alloc!(struct s); p = alloc!(struct s); }")
            .exhausted);
}

TEST_CASE("pointers into structs") {
    const std::string list =
        "struct head { struct head *next; }; struct item { int n; struct head link; }; struct item a, b; struct head lone;";
    CHECK(violations(list + "thread t { struct head *h = &a.link; struct item *i = container_of(h, struct item, link);"
                            "assert(i == &a); i->n = 1; }")
              .empty());
    CHECK(violations(list + "thread t { struct item *i = container_of(&lone, struct item, link); assert(&i->link == &lone); }")
              .empty());
    CHECK(violations(list + "thread t { struct item *i = container_of(&lone, struct item, link); i->n = 1; }") ==
          Names{{"out_of_bounds", 1}});
    CHECK(violations(list + "thread t { struct item *i = ERR_PTR(-5); assert(IS_ERR(i) && PTR_ERR(i) == -5); i->n = 1; }") ==
          Names{{"null_dereference", 1}});
}

TEST_CASE("functions") {
    CHECK(violations("int x; void add(int *p, int n) { *p += n; } thread t { int l = 1; add(&l, 2); assert(l == 3); add(&x, 4); }"
                     "finally four: x == 4;")
              .empty());
    CHECK(violations("int x; void set(int &p) { p = 4; } thread t { set(x); } finally four: x == 4;").empty());
    CHECK(violations("struct s { int a; int b; }; struct s make(int n) { struct s r = { .a = n }; return r; } int x;"
                     "thread t { struct s v = make(3); x = v.a + v.b; } finally three: x == 3;")
              .empty());
    CHECK(violations("struct ops { void (*f)(int n); }; int x; void set(int n) { x = n; } struct ops o = { .f = set };"
                     "thread t { o.f(7); } finally seven: x == 7;")
              .empty());
    CHECK(violations("int f(int n) { if (n) return 1; } int x; thread t { f(0); x = f(0); }") ==
          Names{{"uninitialised_read", 1}});
    CHECK(explore_text("extern havoc int any() in 1..3; int x; thread t { x = any(); }").states == 4);
}

TEST_CASE("choices and containers") {
    CHECK(explore_text("int x; thread t { choose (i in 0..3); x = i; }").states == 5);
    CHECK(explore_text("int x; thread t { if (maybe) x = 1; else x = 2; }").states == 3);
    CHECK(explore_text("int x; thread t { either { await (x == 1); } or { x = 2; } }").states == 2);
    CHECK(violations("enum e { A, B, C }; set<enum e> s; int x; init { s.add(C); s.add(A); }"
                     "thread t { for (e : s) x = x * 3 + e; } finally any: x == 2 || x == 6; cover up: x == 2;")
              .empty());
    CHECK(violations(
              "list<thread_t>[2] l; thread t { l.push_back(self); assert(l.first() == self); l.pop_front(); l.pop_front(); }") ==
          Names{{"out_of_bounds", 4}});
}

TEST_CASE("ghosts, the ledger and contracts") {
    CHECK(violations("int x; ghost int g; thread t { x = 1; ghost { g = 1; } x = 2; ghost { g = 2; } } invariant same: x == g;")
              .empty());
    const std::string folio = "struct folio { int count; ledger refs of count { lru }; }; struct folio f = { .count = 1 };";
    CHECK(violations(folio + "thread t { f.count--; ghost { debit(&f.refs, self, 1); } }").empty());
    CHECK(violations(folio + "thread t { f.count--; ghost { debit(&f.refs, self, 2); } }") == Names{{"unowned_put", 2}});
    CHECK(violations(folio + "void put(struct folio *p) __puts(p) { p->count--; } thread t { put(&f); }") ==
          Names{{"contract_puts", 2}});
    const std::string lock =
        "struct lock { bool held; }; struct lock l;"
        "void take(struct lock *k) __acquires(k) { await (!k->held) { k->held = true; } }"
        "void drop(struct lock *k) __releases(k) { k->held = false; } void nap(void) __sleeps { }";
    CHECK(violations(lock + "thread t[2] { take(&l); drop(&l); nap(); }").empty());
    CHECK(violations(lock + "thread t { take(&l); nap(); drop(&l); }") == Names{{"sleeps_in_atomic", 1}});
    CHECK(violations(lock + "thread t { drop(&l); }") == Names{{"lock_not_held", 1}});
}

TEST_CASE("threads and properties") {
    CHECK(violations("int x; dormant thread w[1](int n) { x = x + n; } thread t { spawn w(2); } finally two: x == 2;").empty());
    CHECK(violations("int x; daemon thread d { await (x == 1); x = 2; } thread t { x = 3; }").empty());
    CHECK(violations("int x; thread t { await (x == 1); }") == Names{{"deadlock", 0}});
    CHECK(violations("int x; thread t { await (x == 1); } allow deadlock;").empty());
    CHECK(violations("int x; thread t[2] { int l; l = x; here: x = l + 1; } invariant i: forall (t : t) at(t, here) => t.l <= x;"
                     "step grows: old(x) <= x;")
              .empty());
    CHECK(violations("struct s { int n; }; pool struct s[2]; thread t { struct s *p = alloc(struct s); p->n = 1; }"
                     "invariant none: forall (struct s *p) p->n == 0; check leaks;") == Names{{"none", 2}});
}

}  // namespace quire
