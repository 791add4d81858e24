// What is taken to be alike, what is not and why, and that a canonical form is one.
#include "explore/symmetry.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "explore/canonical.h"
#include "explore/compile.h"
#include "explore/probe.h"
#include "explore/search.h"
#include "explore/successor_generator.h"
#include "ir/lower.h"
#include "support/diagnostics.h"
#include "syntax/parse.h"
#include "types/check.h"
#include "types/expectations.h"

using namespace quire;
using namespace quire::explore;

namespace {

TransitionSystem lowered(const std::string& text) {
    MemoryFiles files;
    files.add("t.quire", text);
    SourceManager sources;
    Diagnostics diagnostics;
    ast::Spec spec = parse_spec(sources, diagnostics, files, "t.quire", {});
    SpecPlan plan = plan_variants(spec, diagnostics);
    Result<TypedProgram> program = check_types(plan.variants.at(0), sources, diagnostics, {});
    INFO(render_diagnostics(sources, diagnostics));
    REQUIRE(program.ok());
    Result<ConstantValues> constants = constant_values(*program, {}, diagnostics);
    Result<TransitionSystem> system = lower_program(*program, *constants, {}, diagnostics);
    REQUIRE(system.ok());
    return std::move(*system);
}

// "a x2, b x3" of what is alike, and "c: why" of what is not.
std::string families(const TransitionSystem& system) {
    const Symmetry symmetry(system);
    std::string text;
    for (const Family& family : symmetry.families()) text += family.name + " x" + std::to_string(family.size) + "; ";
    for (const BrokenFamily& broken : symmetry.broken()) text += broken.name + ": " + broken.why + "; ";
    return text;
}

SearchReport searched(const TransitionSystem& system, bool symmetry) {
    SearchOptions options;
    options.symmetry = symmetry;
    return search(system, options);
}

struct Keep : NullSink {
    static constexpr bool kPacked = true;
    void on_state(const std::uint64_t*) { states.emplace_back(generator->plain_words(), generator->plain_words() + words); }

    std::vector<std::vector<std::uint64_t>> states;
    SuccessorGenerator* generator = nullptr;
    std::size_t words = 0;
};

const char* const kPages = R"(
struct page { int in 0..3 refs; bool locked; thread_t owner; struct page *next; };
pool struct page[3];
struct page *head;
set<thread_t> waiting;
atomic void push(struct page *p) { p->next = head; head = p; }
thread worker[3] {
    struct page *p = alloc?(struct page);
    if (!p) { waiting.add(self); return; }
    atomic { p->owner = self; p->locked = true; }
    p->refs = 1;
    push(p);
    atomic { assert(p->owner == self); p->locked = false; }
    waiting.remove(self);
}
)";

}  // namespace

TEST_CASE("threads of a role and slots of a pool are alike, whatever keeps their names") {
    TransitionSystem system = lowered(kPages);
    CHECK(families(system) == "worker x3; page x3; ");
    SearchReport all = searched(system, false);
    SearchReport orbits = searched(system, true);
    CHECK(orbits.statistics.states * 6 < all.statistics.states);
    CHECK(orbits.violations.size() == all.violations.size());
}

TEST_CASE("what tells members apart takes their family away, and no other") {
    SUBCASE("an index that is compared") {
        std::string text = kPages;
        text.insert(text.find("p->refs = 1"), "if (self.index == 0) p->refs = 2; ");
        CHECK(families(lowered(text)) == "page x3; worker: told apart by a step; ");
    }
    SUBCASE("the order of pointers") {
        std::string text = kPages;
        text.insert(text.find("p->refs = 1"), "atomic { if (head && head < p) p->refs = 2; } ");
        CHECK(families(lowered(text)) == "worker x3; page: told apart by a step; ");
    }
    SUBCASE("a property of one thread") {
        std::string text = std::string(kPages) + "invariant first: !waiting.contains(worker[0]);\n";
        CHECK(families(lowered(text)) == "page x3; worker: told apart by 'first'; ");
    }
    SUBCASE("not a property of all") {
        std::string text = std::string(kPages) +
                           "invariant one: count (t : worker) waiting.contains(t) <= 3;\n"
                           "invariant all: forall (struct page *p) p->locked => p->owner != NO_THREAD;\n"
                           "invariant some: head == NULL || exists (struct page *p) p == head;\n";
        CHECK(families(lowered(text)) == "worker x3; page x3; ");
    }
}

TEST_CASE("an integer that selects is a name") {
    const std::string text = R"(
        int in 0..4 a[4]; bool b[2];
        thread t[2] { choose (i in 0..3); a[i] = 1; b[self.index] = true; int j = i; assert(a[j] == 1); }
        thread u { choose (k in 0..1); await (b[k]); }
    )";
    CHECK(families(lowered(text)) == "t, b x2; a x4; ");
    std::string sum = text;
    sum.replace(sum.find("int j = i"), 9, "int j = 3 - i");
    CHECK(families(lowered(sum)) == "t, b x2; a: told apart by a step; ");
    std::string less = text;
    less.replace(less.find("0..3"), 4, "0..2");
    CHECK(families(lowered(less)) == "t, b x2; a: told apart by a step; ");
}

TEST_CASE("a state and all that permutations make of it have one form") {
    TransitionSystem system = lowered(kPages);
    const Symmetry symmetry(system);
    const Repetitions repetitions(system);
    std::vector<Family> candidates;
    const Sorts sorts(system, repetitions, candidates);
    const Bytecode code = compile(system, false);
    const PackedLayout layout(system, probe(system, code, false), code.may_write, Margin::kLoose, &symmetry);
    Canonicaliser canonicaliser(system, symmetry, layout);
    Keep sink;
    SuccessorGenerator generator(system, code, false);
    generator.set_layout(layout);
    generator.set_symmetry(symmetry);
    sink.generator = &generator;
    sink.words = layout.words();
    generator.start<0>(sink);
    for (std::size_t s = 0; s < sink.states.size() && sink.states.size() < 3000; ++s) {
        const std::vector<std::uint64_t> state = sink.states[s];
        generator.load(state.data());
        generator.expand<0>(sink);
    }
    std::vector<std::uint64_t> form(layout.words()), other(layout.words()), exchanged(layout.words());
    std::uint64_t moved = 0;
    for (const auto& state : sink.states) {
        canonicaliser.canonical(state.data(), form.data());
        canonicaliser.canonical(form.data(), other.data());
        CHECK(form == other);
        std::vector<Value> cells(system.cell_count());
        for (Address a : layout.constants()) cells[a] = layout.field(a).lo;
        layout.unpack(state.data(), cells.data());
        for (std::uint32_t f = 0; f < candidates.size(); ++f) {
            for (std::uint32_t m = 0; m + 1 < candidates[f].size; ++m) {
                const Exchange exchange(system, repetitions, candidates, f, m, m + 1);
                std::vector<Value> permuted(cells.size());
                for (Address a = 0; a < cells.size(); ++a)
                    permuted[exchange.address(a)] = exchange.apply(sorts.of_cell(a), cells[a]);
                Address misfit = 0;
                REQUIRE(layout.pack(permuted.data(), exchanged.data(), misfit));
                if (exchanged != state) ++moved;
                canonicaliser.canonical(exchanged.data(), other.data());
                CHECK(form == other);
            }
        }
    }
    CHECK(moved > 1000);
}

TEST_CASE("many of a kind, each with its own, cost no factorial") {
    // Ten pages, each held by one of ten threads in the same place: 10! orders of the ties.
    TransitionSystem system = lowered(R"(
        struct page { bool held; };
        pool struct page[10];
        thread t[10] { struct page *p = alloc(struct page); p->held = true; p->held = false; }
    )");
    SearchReport report = searched(system, true);
    CHECK(report.exhaustive());
    CHECK(report.violations.empty());
    CHECK(report.statistics.states < 2000);
}
