// Whole sessions over texts in memory: what is searched, what is said, and that nothing is searched twice.
#include "driver/session.h"

#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "driver/certify.h"
#include "report/console.h"
#include "report/events.h"
#include "support/invariant.h"
#include "test/unit/explain/tiny_system.h"
#include "test/unit/report/json_schema.h"

using namespace quire;

namespace {

class StringSink final : public Sink {
public:
    void write(std::string_view text) override { all += text; }
    bool says(const std::string& text) const { return all.find(text) != std::string::npos; }
    std::string all;
};

struct Checked {
    SessionEnd end;
    std::string out, err;
    std::vector<nlohmann::json> events;
    std::vector<ExpectationReport> reports;

    bool says(const std::string& text) const {
        return out.find(text) != std::string::npos || err.find(text) != std::string::npos;
    }
};

class Collector final : public Writer {
public:
    Collector(Writer& first, Writer& second, std::vector<ExpectationReport>& reports)
        : first_(first), second_(second), reports_(reports) {}
    void begin(const SessionBegin& s) override {
        first_.begin(s);
        second_.begin(s);
    }
    void spec(const SpecBegin& s) override {
        first_.spec(s);
        second_.spec(s);
    }
    void diagnostics(const std::vector<DiagnosticReport>& d) override {
        first_.diagnostics(d);
        second_.diagnostics(d);
    }
    void progress(const ProgressReport& p) override {
        first_.progress(p);
        second_.progress(p);
    }
    void result(const ExpectationReport& r) override {
        first_.result(r);
        second_.result(r);
        reports_.push_back(r);
    }
    void end(const SessionEnd& e) override {
        first_.end(e);
        second_.end(e);
    }

private:
    Writer& first_;
    Writer& second_;
    std::vector<ExpectationReport>& reports_;
};

Checked checked(const std::string& text, CheckOptions options = {}) {
    MemoryFiles files;
    files.add("t.quire", text);
    options.files = {{"t.quire", true}};
    options.out_directory.clear();
    options.engine.version = "0.1.0";
    StringSink out, err, json;
    ConsoleOptions console;
    console.verbose = true;
    std::unique_ptr<Writer> first = make_console_writer(out, err, console);
    std::unique_ptr<Writer> second = make_event_writer(json);
    CancelToken cancel;
    Checked outcome;
    Collector both(*first, *second, outcome.reports);
    outcome.end = check(options, files, both, err, cancel);
    outcome.out = out.all;
    outcome.err = err.all;
    std::istringstream lines(json.all);
    nlohmann::json schema = test::read_schema("event.schema.json");
    for (std::string line; std::getline(lines, line);) {
        outcome.events.push_back(nlohmann::json::parse(line));
        CHECK(test::schema_problem(schema, outcome.events.back()) == "");
    }
    return outcome;
}

}  // namespace

TEST_CASE("equal constants are searched once, whoever asks for them") {
    Checked o = checked(R"(
        const N = 2;
        int x;
        thread writer[N] { x = x + 1; }
        cover two: x == 2;
        expect pass for N in 1..3;
        expect pass;
        expect covered two for N in 2..3;
    )");
    CHECK(o.end.exit_code == 0);
    CHECK(o.end.met == 3);
    std::size_t searches = 0;
    for (std::size_t at = o.out.find("        search "); at != std::string::npos; at = o.out.find("        search ", at + 1))
        ++searches;
    CHECK(searches == 3);
    CHECK(o.events.size() == 3 + 3 + 1 + 2);  // begin, spec, end; three expectations with 3, 1 and 2 searches
}

TEST_CASE("constants: -D wins over for, that over the instance, that over the file") {
    const char* text = R"(
        const N = 1;
        const M = 1;
        int in 0..1000 x;
        thread writer { x = 10 * N + M; }
        invariant seen: x == 0 || x == 11;
        instance other { const M = 2; }
        expect pass for N = 3;
    )";
    Checked plain = checked(text);
    REQUIRE(plain.reports.size() == 1);
    CHECK(plain.reports[0].cases.size() == 2);  // the file, and the instance
    CHECK(plain.reports[0].judgement == Judgement::kNotMet);
    CheckOptions options;
    options.selection.defines = {{"N", "1"}};
    Checked defined = checked(text, options);
    CHECK(defined.reports[0].cases.size() == 2);
    CHECK(defined.reports[0].cases[0].judgement == Judgement::kMet);     // 11
    CHECK(defined.reports[0].cases[1].judgement == Judgement::kNotMet);  // 12
    options.selection.instances = {"other"};
    CHECK(checked(text, options).reports[0].cases.size() == 1);
}

TEST_CASE("a statement that is never executed is told, with the condition that is always false") {
    Checked o = checked(R"(
        bool dirty;
        int x;
        thread writer {
            if (dirty) {
                x = 1;
                x = 2;
            }
        }
        expect violation;
    )");
    CHECK(o.end.exit_code == 1);
    CHECK(o.says("warning[W0301]"));
    CHECK(o.says("always false"));
    CHECK(o.says("also line 7"));
    CHECK(o.end.warnings == 1);
    CHECK_FALSE(o.end.every_statement_executed);
}

TEST_CASE("the statement that fails was executed") {
    Checked o = checked(R"(
        int x;
        thread writer { assert(x == 1); }
        expect violation of assertion;
    )");
    CHECK(o.end.exit_code == 0);
    CHECK(o.end.warnings == 0);
}

TEST_CASE("nothing is said of statements that a narrower question leaves out") {
    const char* text = R"(
        const FULL = 1;
        int x;
        thread writer { if (FULL == 1) x = 1; }
        expect pass;
    )";
    CHECK(checked(text).end.warnings == 0);
    CheckOptions options;
    options.selection.defines = {{"FULL", "0"}};
    CHECK(checked(text, options).end.warnings == 0);
}

TEST_CASE("endings of real searches") {
    Checked deadlock = checked(R"(
        bool a, b;
        thread one { await (!a) { a = true; } await (!b) { b = true; } a = false; }
        thread two { await (!b) { b = true; } await (!a) { a = true; } b = false; }
    )");
    CHECK(deadlock.says("BUG: quire: deadlock in"));
    CHECK(deadlock.says("one waits at t.quire:3: await (!b) { b = true; }"));
    CHECK(deadlock.says("b is true since step 2, two"));
    Checked leak = checked(R"(
        struct page { int count; };
        pool struct page[1];
        struct page *kept;
        check leaks;
        thread one { kept = alloc!(struct page); }
    )");
    CHECK(leak.says("BUG: quire: memory-leak in one"));
    CHECK(leak.says("pointed to by kept"));
    Checked ledger = checked(R"(
        struct page { int count; ledger refs of count { lru }; };
        struct page page;
        thread one { atomic { page.count = page.count + 1; ghost { credit(&page.refs, lru, 1); } } }
        thread two { await (page.count == 1); atomic { page.count = page.count - 1; ghost { debit(&page.refs, self, 1); } } }
    )");
    CHECK(ledger.says("BUG: quire: unowned-put in two / one"));
    CHECK(ledger.says("page.refs: lru 1"));
    CHECK(ledger.says("The ledger page.refs"));
}

TEST_CASE("of a conjunction only what is false is shown, and members of sets have names") {
    Checked o = checked(R"(
        enum color { RED, GREEN };
        int x, y, z;
        set<enum color> seen;
        thread one { x = 1; y = 1; seen.add(GREEN); z = 7; }
        invariant all: x <= 1 && (z == 0 || y == 0) && (z <= 5);
    )");
    CHECK(o.says("false: (z == 0 || y == 0)"));
    CHECK(o.says("false: (z <= 5)"));
    CHECK_FALSE(o.says("false: x <= 1"));
    CHECK(o.says("z is 7 since"));
    CHECK_FALSE(o.says("x is 1 since"));
    CHECK(o.says("seen{GREEN}"));
}

// Found by hand: a quantifier over ten million values was reported as violated, and a cover with one as never reached.
TEST_CASE("a property that takes too long to evaluate is neither violated nor covered nor proved") {
    const std::string text = "int x;\nthread t { x = 1; }\n";
    for (const char* property :
         {"invariant a: forall (i in 0..9999999) x >= 0;\n", "finally a: forall (i in 0..9999999) x >= 0;\n",
          "step a: forall (i in 0..9999999) x >= old(x);\n", "invariant a: !forall (i in 0..9999999) x >= 0;\n",
          "cover a: forall (i in 0..9999999) x == 1;\nexpect covered a;\n",
          "cover a: finally forall (i in 0..9999999) x == 1;\nexpect not covered a;\n"}) {
        INFO(property);
        Checked o = checked(text + property);
        CHECK(o.end.exit_code == kExitInconclusive);
        CHECK(o.says("took too long"));
    }
}

// Found by the fuzzer: nested quantifiers were unrolled until memory ran out.
TEST_CASE("nested quantifiers are told of, or evaluated as loops") {
    std::string nested = "invariant a:";
    for (char name = 'a'; name < 'm'; ++name) nested += std::string(" forall (") + name + " in 0..99)";
    CHECK(checked("int x;\nthread t { x = 1; }\n" + nested + " x >= 0;\n").end.exit_code == kExitInconclusive);
    std::string instances = "struct s { int x; };\nstruct s all[200];\nthread t { all[1].x = 1; }\ninvariant a:";
    for (char name = 'a'; name < 'm'; ++name) instances += std::string(" forall (struct s *") + name + ")";
    Checked o = checked(instances + " a->x >= 0;\n");
    CHECK(o.end.exit_code == kExitSpecError);
    CHECK(o.says("E0605"));
}

TEST_CASE("every run dropped is told") {
    Checked o = checked("init { assume(false); }\nint x;\nthread t { x = 1; }\n");
    CHECK(o.says("W0302"));
}

TEST_CASE("what is wrong stops the spec and not the session") {
    Checked o = checked("int x;\nthread t { x = nothing; }\n");
    CHECK(o.end.exit_code == kExitSpecError);
    CHECK(o.end.wrong_specs == 1);
    CHECK(o.says("error[E0201]"));
    CHECK(o.reports.empty());
    CHECK(checked("int x;\n").says("E0408"));
    CHECK(checked("const N = 0;\nthread t[1 / N] { }\n").end.exit_code == kExitSpecError);
}

TEST_CASE("a trace that does not show what the search claims is our bug and never a report") {
    test::TinySystem tiny("int x;\n");
    Address x = tiny.add_cell("x");
    ThreadNumber writer = tiny.add_thread("writer");
    tiny.writes(writer, tiny.site(1, "writer"), x, 1);
    tiny.condition(tiny.add_property(SystemPropertyKind::kInvariant, "small"), x, 0);
    CHECK(certify(tiny.system, tiny.finding("small", {writer}), "t").ok);
    CHECK_THROWS_AS(certify(tiny.system, tiny.finding("small", {}), "t"), InternalError);
    CHECK_THROWS_AS(certify(tiny.system, tiny.finding("small", {writer, writer}), "t"), InternalError);
    Finding wrong_length = tiny.finding("small", {writer});
    wrong_length.steps = 2;
    CHECK_THROWS_AS(certify(tiny.system, wrong_length, "t"), InternalError);
}

TEST_CASE("an interrupted session judges nothing more") {
    MemoryFiles files;
    files.add("t.quire", "int x;\nthread t { x = 1; }\n");
    CheckOptions options;
    options.files = {{"t.quire", true}};
    StringSink out, err;
    std::unique_ptr<Writer> writer = make_event_writer(out);
    CancelToken cancel;
    cancel.cancel();
    SessionEnd end = check(options, files, *writer, err, cancel);
    CHECK(end.met == 0);
    CHECK(out.says(R"("type":"end")"));
}

// Found by hand: what Z3 did not finish took all of the search's time, and a search of ten milliseconds was inconclusive.
TEST_CASE("proofs leave the search its time") {
    std::string text = "const N = 12;\nint turn, x;\nint y[N];\n";
    for (int i = 0; i < 12; ++i) {
        std::string t = std::to_string(i);
        text += "thread t" + t + " { await (turn == " + t + "); y[" + t + "] = x; x = x + y[" + t + "] * y[0] + 1 & 7; y[" + t +
                "] = x & 7; turn = turn + 1; }\n";
    }
    text += "invariant bounded: forall (i in 0..N - 1) y[i] * y[i] * y[N - 1 - i] != 511 && x * x != 3;\nexpect pass;\n";
    CheckOptions options;
    options.engine.discharge = true;
    options.engine.timeout_seconds = 2;
    Checked o = checked(text, options);
    CHECK(o.end.met == 1);
    CHECK(o.says("not attempted: there was no time left"));
}

TEST_CASE("what was taken to be alike is told, and what could not be, with the place that says so") {
    const char* text = R"(
        int x, y;
        int first[2];
        thread writer[3] { x = x + 1; }
        thread other[2] { if (self.index == 0) y = y + 1; }
        thread named[2] { atomic { y = y + 2; } }
        invariant one: forall (t : named) t.index == 0 => y >= 0;
        expect pass;
    )";
    Checked o = checked(text);
    REQUIRE(o.events.size() == 4);
    const nlohmann::json& result = o.events[2];
    CHECK(result["reductions"][0] == "symmetry");
    CHECK(o.says("symmetry: writer (3)"));
    CHECK(o.says("symmetry: not of other, told apart by a step at t.quire:5: "));
    CHECK(result["reduction_notes"][0].get<std::string>().find("symmetry: writer (3)") == 0);
    CheckOptions options;
    options.engine.reduction = "none";
    Checked plain = checked(text, options);
    CHECK(plain.events[2]["reductions"].empty());
    CHECK_FALSE(plain.says("symmetry"));
}

namespace {

// What a closed pipe does: the first result cancels.
struct CancellingSink : Sink {
    CancelToken cancel;
    std::string all;
    void write(std::string_view text) override {
        all += text;
        if (text.find(R"("type":"result")") != std::string_view::npos) cancel.cancel();
    }
};

}  // namespace

TEST_CASE("what a search answered before the interruption is judged") {
    MemoryFiles files;
    files.add("t.quire",
              "const N = 1;\nint x;\nthread t { x = N; }\nthread u { assert(false); }\ninvariant small: x == 0;\n"
              "expect violation of small;\nexpect violation of assertion for N in 0..2;\nexpect pass for N = 7;\n");
    CheckOptions options;
    options.files = {{"t.quire", true}};
    options.out_directory.clear();
    CancellingSink out;
    StringSink err;
    std::unique_ptr<Writer> writer = make_event_writer(out);
    SessionEnd end = check(options, files, *writer, err, out.cancel);
    // The second shares one of its three searches with the first; the others did not begin.  So does nothing of the third.
    CHECK(end.met == 1);
    CHECK(end.inconclusive == 1);
    CHECK(end.not_judged == 1);
    std::istringstream lines(out.all);
    std::size_t interrupted = 0, shared = 0;
    for (std::string line; std::getline(lines, line);) {
        nlohmann::json event = nlohmann::json::parse(line);
        if (event["type"] != "result" || event["id"] != 2) continue;
        (event.value("reason", "") == "interrupted" ? interrupted : shared) += 1;
    }
    CHECK(interrupted == 2);
    CHECK(shared == 1);
}

TEST_CASE("the exit code that is told is the one of the signal") {
    MemoryFiles files;
    files.add("t.quire", "int x;\nthread t { x = 1; }\n");
    CheckOptions options;
    options.files = {{"t.quire", true}};
    options.out_directory.clear();
    StringSink out, err;
    CancelToken cancel;
    for (int signal : {0, 2, 15}) {
        static int received;
        received = signal;
        options.signal_received = [] { return received; };
        out.all.clear();
        std::unique_ptr<Writer> writer = make_event_writer(out);
        int code = signal == 0 ? kExitAsExpected : kExitSignalBase + signal;
        CHECK(check(options, files, *writer, err, cancel).exit_code == code);
        CHECK(out.says("\"exit\":" + std::to_string(code)));
    }
}

TEST_CASE("a directory of libraries has nothing to check, and the exit code that is told says so") {
    MemoryFiles files;
    files.add("t.quire", "int x;\n");
    CheckOptions options;
    options.files = {{"t.quire", false}};
    StringSink out, err;
    std::unique_ptr<Writer> writer = make_event_writer(out);
    CHECK(check(options, files, *writer, err, CancelToken()).exit_code == kExitUsage);
    CHECK(out.says("\"exit\":2"));
    CHECK(err.says("nothing to check"));
}

TEST_CASE("nothing is said of statements that only a search would execute that was left out") {
    MemoryFiles files;
    files.add("t.quire",
              "const N = 0;\nint x;\nthread t { if (N == 1) x = 1; }\nexpect pass for N = 0;\nexpect pass for N = 1;\n");
    CheckOptions options;
    options.files = {{"t.quire", true}};
    options.out_directory.clear();
    CancellingSink out;
    StringSink err;
    std::unique_ptr<Writer> writer = make_event_writer(out);
    SessionEnd end = check(options, files, *writer, err, out.cancel);
    CHECK(end.met == 1);
    CHECK(end.not_judged == 1);
    CHECK(end.warnings == 0);
    CHECK_FALSE(end.every_statement_executed);
}

TEST_CASE("runs that ended because something was too small are told") {
    Checked o = checked(R"(
        struct page { int count; };
        pool struct page[1];
        int x;
        thread one { struct page *a = alloc!(struct page); struct page *b = alloc!(struct page); }
        thread two { assert(x == 1); }
        expect violation of assertion;
    )");
    CHECK(o.end.exit_code == 0);
    CHECK(o.says("warning[W0303]"));
    CHECK(o.says("t.quire:5"));
}
