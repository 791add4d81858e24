// Each mistake has its own code, and code without the mistake has none. One line per case.
#include <doctest/doctest.h>

#include "test/unit/types/checked.h"

using quire::test::Checked;
using quire::test::codes_of;
using quire::test::codes_of_statement;

namespace {

struct Case {
    const char* text;
    const char* codes;
};

}  // namespace

TEST_CASE("statements") {
    const Case cases[] = {
        // good ones
        {"shared = 1;", ""},
        {"shared += page.count; page.count++; --shared;", ""},
        {"struct page *p = &page; p->count = 2; p = NULL; p = 0;", ""},
        {"struct page *p = alloc(struct page); if (!p) return; if (p) free(p);", ""},
        {"struct page *p = alloc?(struct page); p = alloc!(struct page); use(p);", ""},
        {"struct page *p = ERR_PTR(-12); if (IS_ERR(p) || IS_ERR_OR_NULL(p)) shared = PTR_ERR(p);", ""},
        {"struct page *p = container_of(&page.lru, struct page, lru); p->count = 1;", ""},
        {"hook = consume; hook(&page); (*hook)(&page); if (hook == consume) shared = 1;", ""},
        {"struct pair p = make_pair(1, 2); shared = make_pair(3, 4).a; p = make_pair(5, 6); pair = p;", ""},
        {"set_to(&shared, 3); set_to(NULL, 3); int local; set_to(&local, 4); set_to(&page.refs[1], 5);", ""},
        {"waiters.add(self); if (waiters.contains(self) && !waiters.empty()) waiters.remove(self); shared = "
         "waiters.size();",
         ""},
        {"queue.push_back(self); owner = queue.first(); owner = queue.pop_front();", ""},
        {"for (x : waiters) owner = x;", ""},
        {"for (int i = 0; i < N; i++) table[i] = i; while (shared) shared--; do shared--; while (shared > "
         "0);",
         ""},
        {"switch (hue) { case RED: shared = 1; break; case GREEN: case BLUE: shared = 2; default: shared = "
         "3; }",
         ""},
        {"choose (i in 0..3); shared = i; choose (p in pool struct page); p->count = 1; choose (x in "
         "waiters); owner = x;",
         ""},
        {"either { await (flag); } or { shared = 1; } if (maybe) shared = 2;", ""},
        {"atomic { if (shared) return; shared = 1; } atomic acquire { flag = true; }", ""},
        {"await (shared == 0) { shared = 1; }", ""},
        {"ghost { seen = shared; if (seen) assert(shared); credit(&page.owners, self, 1); "
         "debit(&page.owners, cache, 1); move(&page.owners, self, lru_list, 1); }",
         ""},
        {"if (shared) ghost { seen++; }", ""},
        {"spawn helper(&page); assume(shared); cover(\"here\"); fence(full); irq_disable(); flag = "
         "irqs_on(); irq_enable();",
         ""},
        {"shared = load(acquire, shared); store(release, shared, 2);", ""},
        {"shared = ({ int x = shared; x + 1; }); shared = flag ? 1 : 2; shared = shared ?: 3; shared = (1, "
         "2);",
         ""},
        {"BUG_ON(shared); VM_BUG_ON_PAGE(shared, &page); if (WARN_ON(shared)) return; assert(!flag);", ""},
        {"goto out; shared = 1; out: shared = 2;", ""},
        {"again: if (shared) goto again;", ""},
        {"(void)shared; shared = (u8)word; shared = -1 >> 2; word = ~0u; wide = 1L << 40;", ""},
        {"typeof(shared) x = 1; typeof(&page) p = &page; x = p->count;", ""},
        {"struct pair p = (struct pair){ .b = 2 }; p = (struct pair){ 1, 2 }; shared = p.a;", ""},
        {"struct page l; struct page *p = &l; p->count = 1; int a[3] = { 1, [2] = 3 }; shared = a[1];", ""},
        {"shared = self.index; owner = self; if (owner == self || owner != NO_THREAD) shared = 1;", ""},
        {"byte = 300; small = 2; shared = 1 / 0; shared = 1 << 40;", ""},
        // names
        {"sharde = 1;", "E0201"},
        {"folio_trylok(1);", "E0110"},
        {"struct pgae *p;", "E0202"},
        {"foo_t x;", "E0202"},
        {"page.cuont = 1;", "E0203"},
        {"waiters.push_front(self);", "E0203"},
        {"int x; int x;", "E0204"},
        {"a: shared = 1; a: shared = 2;", "E0204"},
        // types
        {"shared = &page;", "E0205"},
        {"struct list_head *l = &page;", "E0205"},
        {"cached = 5;", "E0205"},
        {"pair = page;", "E0205"},
        {"shared = owner;", "E0205"},
        {"shared = \"text\";", "E0205"},
        {"set_to(shared, 1);", "E0205"},
        {"set_to(&flag, 1);", "E0205"},
        {"consume(1);", "E0205"},
        {"consume();", "E0206"},
        {"consume(&page, 1);", "E0206"},
        {"5 = shared;", "E0207"},
        {"make_pair(1, 2).a = 3;", "E0207"},
        {"fixed = 4;", "E0207"},
        {"int x[shared];", "E0208"},
        {"switch (shared) { case shared: break; }", "E0208"},
        {"shared();", "E0209"},
        {"*shared = 1;", "E0210"},
        {"shared->x = 1;", "E0210"},
        {"page->count = 1;", "E0210"},
        {"free(shared);", "E0210"},
        {"shared[1] = 2;", "E0211"},
        {"goto nowhere;", "E0213"},
        {"spawn nobody(1);", "E0214"},
        {"int *p = &shared;", "E0216"},
        {"int x = { 1, 2 };", "E0217"},
        {"int x[2] = { 1, 2, 3 };", "E0217"},
        {"if (pair) shared = 1;", "E0218"},
        {"if (owner) shared = 1;", "E0218"},
        {"ghost { credit(&page.owners, nobody, 1); }", "E0219"},
        {"ghost { credit(&shared, self, 1); }", "E0219"},
        {"refresh(cached);", "E0220"},
        {"load(fast, shared);", "E0220"},
        {"cover(shared);", "E0220"},
        {"return 1;", "E0221"},
        // rules
        {"atomic { while (1) shared++; }", "E0302"},
        {"atomic { for (;;) { } }", "E0302"},
        {"atomic { while (1) { if (shared) break; shared++; } }", ""},
        {"while (1) { shared++; }", ""},
        {"shared = seen;", "E0303"},
        {"if (page.holders) shared = 1;", "E0303"},
        {"credit(&page.owners, self, 1);", "E0303"},
        {"seen = 1;", "E0304"},
        {"ghost { shared = 1; }", "E0304"},
        {"ghost { consume(&page); }", "E0304"},
        {"ghost { return; }", "E0304"},
        {"while (flag) { ghost { break; } }", "E0304"},
        {"ghost { await (flag); }", "E0305"},
        {"ghost { cached = alloc(struct page); }", "E0305"},
        {"ghost { free(cached); }", "E0305"},
        {"assert(forall (i in 0..3) table[i] == 0);", "E0305"},
        {"goto in; atomic { in: shared = 1; }", "E0306"},
        {"goto in; either { in: shared = 1; } or { shared = 2; }", "E0306"},
        {"atomic { goto out; } out: shared = 1;", ""},
        {"cached++;", "E0307"},
        {"cached = cached + 1;", "E0307"},
        {"shared = cached - cached;", "E0307"},
        {"cached[1].count = 1;", "E0307"},
        {"await (shared++);", "E0308"},
        {"break;", "E0309"},
        {"continue;", "E0309"},
        {"spawn t();", "E0313"},
        // constants
        {"choose (i in 5..3);", "E0401"},
        {"int in 4..2 x;", "E0401"},
        {"shared = ERR_PTR(0) == NULL;", "E0220"},
        {"struct pair *p = alloc(struct pair);", "E0403"},
        // not supported
        {"preempt_disable();", "E0504"},
        {"shared = this_cpu(shared);", "E0503"},
    };
    for (const Case& c : cases) {
        CAPTURE(std::string(c.text));
        CHECK(codes_of_statement(c.text) == std::string(c.codes));
    }
}

TEST_CASE("declarations") {
    const Case cases[] = {
        {"thread t { }", ""},
        {"thread t[N] { } daemon thread d { while (1) shared = 1; }", ""},
        {"int shared;", "E0204"},
        {"void consume(struct page *p) { }", "E0204"},
        {"struct page { int x; };", "E0204"},
        {"enum other { RED };", "E0204"},
        {"void consume(struct page *p);", ""},
        {"struct page;", ""},
        {"struct opaque; void f(struct opaque *p) { }", ""},
        {"struct opaque; struct opaque o;", "E0212"},
        {"struct a { struct a x; };", "E0212"},
        {"struct a { struct b x; }; struct b { struct a y; };", "E0212"},
        {"struct a { struct a *x; };", ""},
        {"struct a { int x; int x; };", "E0204"},
        {"typedef int number; number n = 3; number f(number a) { return a; }", ""},
        {"int *stored;", "E0216"},
        {"struct a { int *x; };", "E0216"},
        {"set<int> s;", "E0216"},
        {"set<int in 0..3> s; set<enum color> c; list<struct page *> l;", ""},
        {"int a[-1];", ""},  // lengths are judged per instance
        {"int a[shared];", "E0208"},
        {"int a[] = { 1, 2, 3 };", ""},
        {"int x = shared;", "E0208"},
        {"struct page *p = &pages[1]; struct list_head h = { &h, &h }; void (*f)(struct page *) = consume;", ""},
        {"struct page q = { .count = N + 1, .lru = { &q.lru, &q.lru }, .refs = { [1] = 4 } };", ""},
        {"struct page q = { .conut = 1 };", "E0203"},
        {"const A = B; const B = A;", "E0402"},
        {"const A = 1 / 0;", "E0401"},
        {"const A = 1 << 40;", "E0401"},
        {"const A = shared;", "E0208"},
        {"enum e { X = N };", "E0208"},
        {"int f(void) { return 1; } int g(void) { return f(); }", ""},
        {"int f(void) { return f(); }", "E0301"},
        {"int g(void); int f(void) { return g(); } int g(void) { return f(); }", "E0301"},
        {"void f(struct page *p) { hook(p); } init { hook = f; }", "E0301"},
        {"void f(struct page *p) { hook(p); } init { hook = consume; }", ""},
        {"void f(void) { return 1; }", "E0221"},
        {"int f(void); thread t { f(); }", "E0110"},
        {"extern ignore f(); thread t { f(1, \"text\", &page); }", ""},
        {"extern ignore f(); thread t { shared = f(); }", "E0205"},
        {"extern havoc int f() in 0..3; thread t { shared = f(1, 2); }", ""},
        {"extern havoc int f(); thread t { shared = f(); }", "E0220"},
        {"extern havoc bool f(); thread t { flag = f(); }", ""},
        {"void warn(int c, const char *text) { } thread t { warn(1, \"text\"); }", ""},
        {"void warn(int c, const char *text) { c = *text; } thread t { warn(1, \"text\"); }", "E0205"},
        {"void warn(int c) { } thread t { warn(\"text\"); }", "E0205"},
        {"thread t(int x) { }", "E0313"},
        {"pool struct page[3];", "E0204"},
        {"pool struct pair[0];", ""},
        {"pool typesafe struct pair[2];", ""},
        {"check leaks;", ""},
        {"check lakes;", "E0215"},
        {"allow deadlock;", ""},
        {"allow deadlok;", "E0215"},
        {"memory sc;", ""},
        {"memory pso;", "E0405"},
        // contracts
        {"void lock(struct page *p) __acquires(&p->lru) __sleeps { } void rcu(void) __acquires(RCU) "
         "__grace_period { }",
         ""},
        {"void lock(struct page *p) __acquires(p->count) { }", "E0310"},
        {"void get(struct page *p) __gets(p) { } void put(struct page *p) __puts(&p->owners) { }", ""},
        {"void get(struct list_head *p) __gets(p) { }", "E0310"},
        {"void lock(struct page *p) __acquires(p) __acquires(p) { }", "E0310"},
        {"void lock(struct page *p) __acquires(p->nothing) { }", "E0203"},
        // ghost
        {"ghost int g; ghost int f(void) { return g; } invariant i: f() == 0;", ""},
        {"int f(void) { return seen; } invariant i: f() == 0;", ""},
        {"int f(void) { return seen; } thread t { shared = f(); }", "E0303"},
        {"ghost void f(void) { seen++; } thread t { ghost { f(); } }", ""},
        {"ghost void f(void) { seen++; } thread t { f(); }", "E0303"},
        {"ghost void f(void) { shared++; }", "E0304"},
        // loops that are called in one step
        {"void spin(void) { while (1) { } } thread t { atomic { spin(); } }", "E0302"},
        {"atomic void spin(void) { while (1) { } }", "E0302"},
        // not supported
        {"thread t on 0 { }", "E0501"},
        {"irq handler on 0 { }", "E0502"},
        {"percpu int x;", "E0503"},
        {"eventually e: shared == 0;", "E0505"},
        {"memory tso;", "E0508"},
        {"check races;", "E0509"},
        {"expect pass under lkmm;", "E0508"},
        {"scenario s { t: shared = 1; } expect possible; thread t { shared = 1; }", ""},
        {"lemma l: shared == 0;", ""},
        {"expect proved for any N;", ""},
    };
    for (const Case& c : cases) {
        CAPTURE(std::string(c.text));
        CHECK(codes_of(c.text) == std::string(c.codes));
    }
}

TEST_CASE("properties") {
    const Case cases[] = {
        {"invariant i: shared == 0 => forall (struct page *p) p->count >= 0;", ""},
        {"invariant i: exists (k in 0..N - 1) pages[k].count == 1; invariant j: count (t : helper) at(t, x) "
         "<= 1; dormant thread o { x: shared = 1; }",
         "E0213"},
        {"thread w[2] { x: shared = 1; } invariant j: count (t : w) at(t, x) <= 1;", ""},
        {"thread w { x: shared = 1; } invariant j: !at(w, x);", ""},
        {"thread w[2] { x: shared = 1; } invariant j: !at(w[0], x);", ""},
        {"thread w[2] { x: shared = 1; } invariant j: !at(w, x);", "E0205"},
        {"void f(void) { y: shared = 1; } thread w { f(); } invariant j: !at(w, f.y);", ""},
        {"void f(void) { y: shared = 1; } thread w { f(); } invariant j: !at(w, f.z);", "E0213"},
        {"thread w[2] { int n = 1; shared = n; } invariant j: forall (t : w) t.n + t.index >= 0;", ""},
        {"thread w[2] { int n = 1; shared = n; } invariant j: forall (t : w) t.m >= 0;", "E0203"},
        {"invariant i: forall (t : nobody) true;", "E0214"},
        {"invariant i: live(cached) && balance(&page.owners, cache) + total(&page.owners) == 0;", ""},
        {"invariant i: forall (enum color c) c >= 0; invariant j: forall (bool b) b || !b; invariant k: "
         "forall (x in waiters) x != NO_THREAD;",
         ""},
        {"invariant i: is_free(&page);", ""},
        {"invariant i: (consume(&page), true);", "E0308"},
        {"invariant i: shared++ == 0;", "E0308"},
        {"bool f(void) { await (flag); return true; } invariant i: f();", "E0308"},
        {"bool f(void) { return maybe; } invariant i: f();", "E0308"},
        {"bool f(void) { int x = 0; set_to(&x, 1); return x == 1; } invariant i: f();", ""},
        {"bool f(void) { set_to(&shared, 1); return true; } invariant i: f();", "E0308"},
        {"invariant i: make_pair(1, 2).b == 2;", ""},
        {"invariant i: old(shared) == 0;", "E0220"},
        {"step s: old(shared) <= shared; thread w { } step s2: acting(w) => shared == old(shared);", ""},
        {"invariant i: acting(NO_THREAD);", "E0220"},
        {"step s: old(old(shared)) == 0;", "E0220"},
        {"invariant i: self == NO_THREAD;", "E0311"},
        {"invariant i: sharde == 0;", "E0201"},
        {"invariant i: shared == 0; invariant i: shared == 1;", "E0204"},
        {"cover c: shared == 1; cover d: finally shared == 1; finally f: shared == 0;", ""},
        {"invariant i: page;", "E0218"},
        {"invariant i: maybe;", "E0305"},
    };
    for (const Case& c : cases) {
        CAPTURE(std::string(c.text));
        CHECK(codes_of(c.text) == std::string(c.codes));
    }
}

TEST_CASE("variants and expectations") {
    const Case cases[] = {
        {"variant a { int shared; } variant b : a { int flag; expect violation; }", ""},
        {"variant a { void consume(struct page *p) { } void consume(struct page *p) { } }", "E0204"},
        {"variant a : b { } variant b : a { }", "E0406"},
        {"variant a : nobody { }", "E0405"},
        {"variant a { } variant a { }", "E0204"},
        {"variant base { }", "E0204"},
        {"variant a { void consume(int x) { } } thread t { consume(&page); }", "E0205"},
        {"invariant i: shared == 0; expect violation of i; expect violation of use_after_free; variant a { "
         "invariant i: shared == 1; }",
         ""},
        {"expect violation of nothing;", "E0215"},
        {"cover c: shared == 0; expect covered c; expect not covered d;", "E0215"},
        {"thread t { cover(\"x\"); } expect covered x;", ""},
        {"cover c: shared == 0; expect violation of c;", "E0407"},
        {"invariant i: shared == 0; expect covered i;", "E0407"},
        {"expect pass for N in 1..3;", ""},
        {"expect pass for N = 0;", ""},
        {"expect pass for M in 1..3;", "E0404"},
        {"expect pass for N in 3..1;", "E0407"},
        {"expect pass for N in 1..3, N = 2;", "E0407"},
        {"expect pass for any N;", "E0407"},
        {"instance big { const N = 4; } expect pass in big;", ""},
        {"instance big { const M = 4; }", "E0404"},
        {"expect pass in big;", "E0405"},
        {"instance a { const N = 4; } instance a { const N = 5; }", "E0204"},
        {"expect violation of leak;", "E0407"},
        {"check leaks; expect violation of leak;", ""},
        {"expect pass under sc;", ""},
    };
    for (const Case& c : cases) {
        CAPTURE(std::string(c.text));
        CHECK(codes_of(c.text) == std::string(c.codes));
    }
}

TEST_CASE("an unknown function names the nearest one and how to ignore it") {
    Checked checked("bool folio_trylock(int x) { return x; }\nthread t { if (!folio_trylok(1)) return; }\n");
    REQUIRE(checked.codes() == "E0110");
    std::string shown = checked.shown();
    CHECK(shown.find("`folio_trylock`") != std::string::npos);
    CHECK(shown.find("extern ignore folio_trylok();") != std::string::npos);
}

TEST_CASE("recursion shows the circle") {
    Checked checked("int b(void);\nint a(void) { return b(); }\nint b(void) { return a(); }\n");
    REQUIRE(checked.codes() == "E0301");
    CHECK(checked.shown().find("the circle: `b` calls `a`, which calls `b`") != std::string::npos);
}

TEST_CASE("depth that only a generator writes is refused, not followed") {
    auto chain = [](const std::string& before, const std::string& between, const std::string& after) {
        std::string text;
        for (int i = 0; i < 5000; i++) text += before + std::to_string(i) + between + std::to_string(i + 1) + after + "\n";
        return text;
    };
    CHECK(Checked(chain("void f", "(void) { f", "(); }") + "void f5000(void) { }").codes() == "E0605");
    CHECK(Checked(chain("struct s", " { struct s", " a; };") + "struct s5000 { int a; };").codes() == "E0105");
    CHECK(Checked(chain("typedef t", " u", ";") + "thread t { }").codes() == "E0202");
    CHECK(Checked(chain("const A", " = A", ";") + "const A5000 = 1;").codes() == "E0105");
}

TEST_CASE("very many unknown names end soon") {
    std::string text = "int x;\n";
    for (int i = 0; i < 3000; i++) text += "int f" + std::to_string(i) + "(void) { return y" + std::to_string(i) + "; }\n";
    CHECK(Checked(text).codes() == "E0201");
}
