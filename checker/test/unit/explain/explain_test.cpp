// What a trace says about itself: rows at the user's lines, changes, and the end of each kind of finding.
#include "explain/explain.h"

#include <doctest/doctest.h>

#include "explain/changes.h"
#include "test/unit/explain/tiny_system.h"

using namespace quire;
using quire::test::TinySystem;

namespace {

const char* const kText =
    "void put(struct page *page)\n"                    // 1
    "{\n"                                              // 2
    "\tif (page->count == 1)  // last\n"               // 3
    "\t\tfree(page);\n"                                // 4
    "}\n"                                              // 5
    "thread getter {\n"                                // 6
    "\tget_page(page);\n"                              // 7
    "\tuse(page);\n"                                   // 8
    "}\n"                                              // 9
    "void get_page(struct page *p) { p->count++; }\n"  // 10
    "\tspin_lock(&lock);\n";                           // 11

struct PageProtocol : TinySystem {
    PageProtocol() : TinySystem(kText) {
        count = add_cell("page.count", VariableKind::kShared, 1);
        live = add_cell("page in use", VariableKind::kInternal, 1);
        system.variables.back().displayed = false;
        Object page;
        page.name = "page";
        page.in_use = live;
        page.pool = true;
        system.objects.push_back(page);
        putter = add_thread("putter");
        getter = add_thread("getter");
    }
    Address count, live;
    ThreadNumber putter, getter;
};

std::vector<std::string> all_changes(const ExplainedTrace& trace) {
    std::vector<std::string> all;
    for (const TraceRow& row : trace.rows) all.insert(all.end(), row.changes.begin(), row.changes.end());
    return all;
}

}  // namespace

TEST_CASE("rows stand at the user's lines, with what was seen and changed") {
    PageProtocol t;
    std::uint32_t call = t.site(7, "getter");
    t.reads(t.putter, t.site(3, "put"), t.count);
    t.stores(t.putter, t.site(4, "put"), NoteKind::kFree, {{t.live, 0}});
    t.writes(t.getter, t.site(10, "get_page", true, call), t.count, 2);
    t.fails(t.getter, t.site(8, "getter"), "use_after_free");
    Finding finding = t.finding("use_after_free", {1, 1, 2, 2});
    ReplayedTrace run = replay(t.system, finding.trace);
    REQUIRE(run.ok);
    ExplainedTrace trace = explain_trace(t.system, t.sources, finding, run);

    CHECK(trace.headline == "BUG: quire: use-after-free in getter / put");
    CHECK(trace.sentence == "getter uses an object that was freed");
    CHECK(trace.switches == 1);
    REQUIRE(trace.rows.size() == 4);
    CHECK(trace.rows[0].text == "if (page->count == 1)");
    CHECK(trace.rows[0].changes == std::vector<std::string>{"page.count is 1"});
    CHECK(trace.rows[1].changes == std::vector<std::string>{"page: live -> FREED"});
    CHECK(trace.rows[2].text == "get_page(page);");
    CHECK(trace.rows[2].place.user.line == 7);
    REQUIRE(trace.rows[2].place.inside.size() == 1);
    CHECK(trace.rows[2].place.inside[0].line == 10);
    CHECK(trace.rows[2].changes == std::vector<std::string>{"page.count: 1 -> 2"});
    CHECK(trace.rows[2].switched);
    CHECK_FALSE(trace.rows[3].switched);
    CHECK(trace.rows[3].changes == std::vector<std::string>{"USE AFTER FREE of page"});
    // Where it was freed is said by the mark.
    CHECK(trace.facts.empty());
    REQUIRE(trace.marks.size() == 2);
    CHECK(trace.marks[0].role == "freed");
    CHECK(trace.marks[0].step == 2);
    CHECK(trace.marks[0].thread == t.putter);
    CHECK(trace.marks[1].role == "used");
    CHECK(trace.rows[3].mark == 'b');
}

TEST_CASE("the library's step stands behind a line that takes several") {
    PageProtocol t;
    std::uint32_t call = t.site(7, "getter");
    t.reads(t.getter, t.site(10, "get_page", true, call), t.count);
    t.writes(t.getter, t.site(11, "get_page", true, call), t.count, 2);
    PropertyNumber property = t.add_property(SystemPropertyKind::kInvariant, "small", "the count stays small");
    t.condition(property, t.count, 1);
    Finding finding = t.finding("small", {2, 2});
    ReplayedTrace run = replay(t.system, finding.trace);
    REQUIRE(run.ok);
    ExplainedTrace trace = explain_trace(t.system, t.sources, finding, run);
    CHECK(trace.rows[1].text == "get_page(page);  /* spin_lock(&lock); */");
    CHECK(trace.headline == "BUG: quire: invariant small is false in getter");
    CHECK(trace.doc == "the count stays small");
    REQUIRE(trace.facts.size() == 1);
    CHECK(trace.facts[0].lines.back() == "page.count is 2 since step 2, getter");
}

TEST_CASE("a deadlock shows who waits for what and since when") {
    TinySystem t(kText);
    Address lock = t.add_cell("lock");
    ThreadNumber one = t.add_thread("one");
    ThreadNumber two = t.add_thread("two");
    t.writes(one, t.site(11, "one"), lock, 1);
    t.awaits_zero(one, t.site(11, "one"), lock);
    t.awaits_zero(two, t.site(3, "two"), lock);
    Finding finding = t.finding("deadlock", {1});
    ReplayedTrace run = replay(t.system, finding.trace);
    REQUIRE(run.ok);
    ExplainedTrace trace = explain_trace(t.system, t.sources, finding, run);
    REQUIRE(trace.facts.size() == 1);
    REQUIRE(trace.facts[0].lines.size() == 2);
    CHECK(trace.facts[0].lines[1] == "two waits at tiny.quire:3: if (page->count == 1)  (lock is 1 since step 1, one)");
}

TEST_CASE("a leak names the object and who still points to it") {
    PageProtocol t;
    PointerSpace space;
    space.structure = "page";
    space.places = {"page"};
    space.object_table = t.system.pool.add_table({"object", {0, 1}});
    t.system.pointer_spaces.push_back(space);
    Address pointer = t.add_cell("head", VariableKind::kShared, 2, ScalarType{ScalarKind::kPointer, 64, true, 0});
    Address ledger = t.add_cell("page.refs[lru]", VariableKind::kInternal, 1);
    t.reads(t.putter, t.site(3, "put"), pointer);
    Finding finding = t.finding("leak", {1});
    finding.trace.steps.clear();
    t.system.initial[t.system.variables[t.system.roles[0].location_variable].base] = 1;
    ReplayedTrace run = replay(t.system, finding.trace);
    REQUIRE(run.ok);
    ExplainedTrace trace = explain_trace(t.system, t.sources, finding, run);
    REQUIRE(trace.facts.size() == 1);
    CHECK(trace.facts[0].lines[0] == "page is still alive, from the start; pointed to by head");
    CHECK(trace.facts[0].lines[1] == "references nobody dropped: page.refs: lru 1");
    CHECK(ledger_cells(t.system).size() == 1);
    CHECK(ledger_cells(t.system)[0].address == ledger);
}

TEST_CASE("accounts of threads in arrays are told from array elements") {
    TinySystem t(kText);
    t.add_cell("pages[1].refs[holder[0]]", VariableKind::kInternal);
    t.add_cell("pages[1].refs[unbooked]", VariableKind::kInternal);
    t.add_cell("held[1]", VariableKind::kInternal);
    std::vector<LedgerCell> cells = ledger_cells(t.system);
    REQUIRE(cells.size() == 2);
    CHECK(cells[0].ledger == "pages[1].refs");
    CHECK(cells[0].account == "holder[0]");
    std::vector<Value> state = {2, 1, 5};
    CHECK(ledger_text(cells, "pages[1].refs", state) == "holder[0] 2, unbooked 1");
    state = {0, 0, 5};
    CHECK(ledger_text(cells, "pages[1].refs", state) == "nobody holds a reference");
}

TEST_CASE("the ledger stands beside the count, and an unowned put shows it from the first get") {
    PageProtocol t;
    Address lru = t.add_cell("page.refs[lru]", VariableKind::kInternal, 1);
    Address own = t.add_cell("page.refs[getter]", VariableKind::kInternal, 0);
    t.stores(t.getter, t.site(7, "getter"), NoteKind::kAtomic, {{t.count, 2}, {own, 1}});
    t.stores(t.getter, t.site(3, "getter"), NoteKind::kAtomic, {{t.count, 1}, {own, 0}});
    t.fails(t.getter, t.site(8, "getter"), "unowned_put");
    Finding finding = t.finding("unowned_put", {2, 2, 2});
    ReplayedTrace run = replay(t.system, finding.trace);
    REQUIRE(run.ok);
    ExplainedTrace trace = explain_trace(t.system, t.sources, finding, run);
    CHECK(all_changes(trace)[1] == "page.refs: lru 1, getter 1");
    REQUIRE(trace.facts.size() == 1);
    CHECK(trace.facts[0].heading == "The ledger page.refs");
    CHECK(trace.facts[0].lines.size() == 3);
    CHECK(trace.facts[0].lines[1] == "step 1, getter: lru 1, getter 1");
    CHECK(lru != own);
}

TEST_CASE("a cover is information and not a bug") {
    PageProtocol t;
    t.writes(t.putter, t.site(3, "put"), t.count, 7);
    PropertyNumber property = t.add_property(SystemPropertyKind::kCoverState, "seven");
    t.condition(property, t.count, 7);
    Finding finding = t.finding("seven", {1});
    ReplayedTrace run = replay(t.system, finding.trace);
    REQUIRE(run.ok);
    ExplainedTrace trace = explain_trace(t.system, t.sources, finding, run);
    CHECK_FALSE(trace.bug);
    CHECK(trace.headline == "INFO: quire: cover seven is reached in put");
    CHECK(trace.facts[0].lines.back() == "page.count is 7 since step 1, putter");
}
