// Causal marks: of a run with steps that matter and steps that do not, exactly those that matter are marked, in their roles;
// and what is said about locks is what the states say.
#include "explain/causes.h"

#include <doctest/doctest.h>

#include "explain/data_flow.h"
#include "explain/explain.h"
#include "test/unit/explain/tiny_system.h"

using namespace quire;
using quire::test::TinySystem;

namespace {

const char* const kSixLines =
    "one\n"
    "two\n"
    "three\n"
    "four\n"
    "five\n"
    "six\n";

// A pool object that `head` points to, and a reader with a local pointer.
struct Freed : TinySystem {
    Freed() : TinySystem(kSixLines) {
        PointerSpace space;
        space.structure = "page";
        space.places = {"page#0"};
        space.object_table = system.pool.add_table({"object", {0, 1}});
        space.can_dangle = true;
        system.pointer_spaces.push_back(space);
        ScalarType pointer{ScalarKind::kPointer, 64, true, 0};
        head = add_cell("head", VariableKind::kShared, 2, pointer);
        local = add_cell("p", VariableKind::kLocal, 0, pointer);
        noise = add_cell("noise", VariableKind::kShared, 0);
        count = add_cell("page#0.count", VariableKind::kShared, 1);
        live = add_cell("page#0 in use", VariableKind::kInternal, 1);
        Object page;
        page.name = "page#0";
        page.in_use = live;
        page.first = count;
        page.cells = 1;
        page.pool = true;
        system.objects.push_back(page);
        reader = add_thread("reader");
        freer = add_thread("freer");
    }
    Address head, local, noise, count, live;
    ThreadNumber reader, freer;
};

std::vector<std::string> roles_of(const ExplainedTrace& trace) {
    std::vector<std::string> roles;
    for (const TraceMark& mark : trace.marks) roles.push_back(mark.role + " " + std::to_string(mark.step));
    return roles;
}

ExplainedTrace explained(const TinySystem& t, const Finding& finding) {
    ReplayedTrace run = replay(t.system, finding.trace);
    REQUIRE(run.ok);
    return explain_trace(t.system, t.sources, finding, run);
}

}  // namespace

TEST_CASE("a stale pointer: loaded, unlinked, freed, used, and nothing else") {
    Freed t;
    t.writes(t.reader, t.site(1, "read"), t.noise, 1);
    t.copies(t.reader, t.site(2, "read"), t.head, t.local);
    t.follows(t.reader, t.site(3, "read"), t.local, "use_after_free");
    t.writes(t.freer, t.site(4, "free"), t.noise, 2);
    t.writes(t.freer, t.site(5, "free"), t.head, 0);
    t.stores(t.freer, t.site(6, "free"), NoteKind::kFree, {{t.live, 0}});
    ExplainedTrace trace = explained(t, t.finding("use_after_free", {1, 1, 2, 2, 2, 1}));
    CHECK(roles_of(trace) == std::vector<std::string>{"loaded 2", "unlinked 4", "freed 5", "used 6"});
    CHECK(trace.marks[1].thread == t.freer);
    CHECK(trace.marks[1].line == 5);
    CHECK(trace.rows[0].mark == 0);
    CHECK(trace.rows[1].mark == 'a');
    CHECK(trace.rows[5].mark == 'd');
    REQUIRE_FALSE(trace.why.empty());
    CHECK(trace.why.back().topic == "order");
    CHECK(trace.why.back().text == "reader goes on with what it saw at [a]: head was &page#0 then, and is NULL since [b].");
}

TEST_CASE("two frees of one object: the first, and the second") {
    Freed t;
    t.stores(t.freer, t.site(6, "free"), NoteKind::kFree, {{t.live, 0}});
    t.follows(t.reader, t.site(3, "read"), t.head, "double_free");
    ExplainedTrace trace = explained(t, t.finding("double_free", {2, 1}));
    CHECK(roles_of(trace) == std::vector<std::string>{"freed 1", "freed again 2"});
}

TEST_CASE("a value that another changed before its reader was done with it") {
    TinySystem t(kSixLines);
    Address flags = t.add_cell("flags", VariableKind::kShared, 3);
    Address seen = t.add_cell("seen", VariableKind::kLocal);
    Address other = t.add_cell("other");
    ThreadNumber one = t.add_thread("one");
    ThreadNumber two = t.add_thread("two");
    t.copies(one, t.site(1, "set"), flags, seen);
    t.copies(one, t.site(2, "set"), seen, flags);
    t.writes(two, t.site(3, "clear"), other, 1);
    t.writes(two, t.site(4, "clear"), flags, 2);
    PropertyNumber property = t.add_property(SystemPropertyKind::kInvariant, "cleared");
    t.condition(property, flags, 2);
    t.system.properties[property].kind = SystemPropertyKind::kFinally;
    Finding finding = t.finding("cleared", {one, two, two, one});
    ExplainedTrace trace = explained(t, finding);
    CHECK(roles_of(trace) == std::vector<std::string>{"read 1", "written 3", "written 4"});
}

TEST_CASE("locks held over the causes, and none in common") {
    Freed t;
    // "held lock": slot 0 is no lock, slot 1 is the place; a cell for each thread, thread 0 included.
    PointerSpace space;
    space.structure = "lock";
    space.places = {"outer.lock"};
    t.system.pointer_spaces.push_back(space);
    ExplainedTrace without;
    {
        Freed bare;
        bare.copies(bare.reader, bare.site(2, "read"), bare.head, bare.local);
        bare.follows(bare.reader, bare.site(3, "read"), bare.local, "use_after_free");
        bare.stores(bare.freer, bare.site(6, "free"), NoteKind::kFree, {{bare.live, 0}});
        without = explained(bare, bare.finding("use_after_free", {1, 2, 1}));
    }
    // A spec without a lock is told nothing about locks.
    for (const TraceReason& reason : without.why) CHECK(reason.topic != "locks");
    Variable held;
    held.name = "held lock";
    held.type = kIntType;
    held.kind = VariableKind::kInternal;
    held.base = static_cast<Address>(t.system.initial.size());
    held.count = 2 * t.system.program_threads();
    held.displayed = false;
    for (std::uint32_t i = 0; i < held.count; ++i) {
        t.system.cell_variable.push_back(static_cast<std::uint32_t>(t.system.variables.size()));
        t.system.initial.push_back(0);
    }
    Address reader_holds = held.base + t.system.program_threads() + t.reader;
    t.system.initial[reader_holds] = 1;
    t.system.variables.push_back(held);
    t.copies(t.reader, t.site(2, "read"), t.head, t.local);
    t.follows(t.reader, t.site(3, "read"), t.local, "use_after_free");
    t.stores(t.freer, t.site(6, "free"), NoteKind::kFree, {{t.live, 0}});
    ExplainedTrace trace = explained(t, t.finding("use_after_free", {1, 2, 1}));
    REQUIRE_FALSE(trace.why.empty());
    CHECK(trace.why[0].text ==
          "reader holds outer.lock over [a]..[c]; freer holds no lock at [b].  They have no lock in common.");
    CHECK(trace.marks[0].held == "outer.lock");
    CHECK(trace.marks[1].held.empty());
}

TEST_CASE("every row of a long trace is told, with its marks") {
    Freed t;
    t.copies(t.reader, t.site(2, "read"), t.head, t.local);
    std::vector<ThreadNumber> order = {t.reader};
    for (int i = 1; i <= 60; ++i) {
        t.writes(t.freer, t.site(4, "free"), t.noise, i);
        order.push_back(t.freer);
    }
    t.stores(t.freer, t.site(6, "free"), NoteKind::kFree, {{t.live, 0}});
    t.follows(t.reader, t.site(3, "read"), t.local, "use_after_free");
    order.push_back(t.freer);
    order.push_back(t.reader);
    ExplainedTrace trace = explained(t, t.finding("use_after_free", order));
    REQUIRE(trace.rows.size() == 63);
    for (const TraceRow& row : trace.rows) CHECK_FALSE(row.folded);
    CHECK(roles_of(trace) == std::vector<std::string>{"loaded 1", "freed 62", "used 63"});
}

TEST_CASE("what a step reads does not include the way that it did not take") {
    Freed t;
    t.copies(t.reader, t.site(2, "read"), t.head, t.local);
    PropertyNumber property = t.add_property(SystemPropertyKind::kInvariant, "empty");
    t.condition(property, t.local, 0);
    Finding finding = t.finding("empty", {1});
    ReplayedTrace run = replay(t.system, finding.trace);
    REQUIRE(run.ok);
    std::vector<StepFlow> flows = data_flow(t.system, finding.trace, run);
    REQUIRE(flows.size() == 1);
    CHECK(flows[0].reads == std::vector<Address>{t.head});
    CHECK(flows[0].writes == std::vector<Address>{t.local});
    CHECK_FALSE(flows[0].decided);
}
