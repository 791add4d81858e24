// `expect proved for any …`: what is proved, what is not, and that nothing false ever is.  The texts under "planted" are one
// for each way in which a proof for every number of threads goes wrong when something is forgotten.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "prove/counting_certificate.h"
#include "test/unit/driver/any_number_answer.h"

namespace quire::test::any_number {

namespace {

constexpr const char* kPut = R"(
const N = 2;
int count = N;
bool freed;
thread holder[N] {
	bool last;
	atomic { count -= 1; last = count == 0; }
	if (last)
		atomic { assert(!freed); freed = true; }
}
invariant nonneg: count >= 0;
finally gone: freed || N == 0;
expect proved for any N;
)";

}  // namespace

TEST_CASE("the last put frees, for every number of holders") {
    Answer answer = answer_to(kPut);
    CHECK(answer.verdict == "proved");
    CHECK(answer.said.find("count == #{holder at the start}") != std::string::npos);
    CHECK(answer.said.find("deadlock") != std::string::npos);
    // Nothing depends on chance.
    CHECK(answer_to(kPut).said == answer.said);
}

TEST_CASE("more than one kind of thread, a lock, and what another constant says") {
    CHECK(answer_to(R"(
const A = 1;
const B = 1;
const ALL = A + B;
int count = ALL + 1;
bool lock;
bool freed;
thread a[A] {
	bool last;
	atomic { await (!lock); lock = true; }
	atomic { count -= 1; last = count == 0; }
inside:
	lock = false;
	if (last)
		atomic { assert(!freed); freed = true; }
}
thread b[B] {
	bool last;
	atomic { count -= 1; last = count == 0; }
	if (last)
		atomic { assert(!freed); freed = true; }
}
thread first {
	bool last;
	atomic { count -= 1; last = count == 0; }
	if (last)
		atomic { assert(!freed); freed = true; }
}
invariant positive: freed => count == 0;
invariant exclusive: count (x : a) at(x, inside) <= 1;
finally gone: freed;
expect proved for any A, B;
)")
              .verdict == "proved");
}

TEST_CASE("planted: a counter narrower than the number of threads") {
    // In range for every number that is ever searched.
    CHECK(answer_to(replaced(kPut, "int count = N", "int in 0..1000 count = N")).verdict != "proved");
    CHECK(answer_to(R"(
const N = 2;
u8 count;
thread t[N] { atomic { count += 1; } }
finally all: N == 0 || count != 0;
expect proved for any N;
)")
              .verdict != "proved");
}

// True of some thread as soon as there are any; false of none.
TEST_CASE("planted: what is said of some thread, and there is none") {
    for (const char* condition : {"exists (t : one) t.kept == 0", "exists (t : one) x == 0", "(count (t : one) (x == 0)) >= 2",
                                  "x != 0 || exists (t : one) (x == 0 || t.kept == 5)"}) {
        INFO(condition);
        const Answer answer = answer_to("const N = 2;\nint x;\nthread one[N] {\n\tint kept = 0;\n\tx = 0;\n}\nfinally some: " +
                                        std::string(condition) + ";\nexpect proved for any N;\n");
        CHECK(answer.verdict != "proved");
    }
}

// Neither an instance with few of each role nor one with many of each shows it.
TEST_CASE("planted: nobody of one role and many of another") {
    auto answer = [](const std::string& condition) {
        return answer_to(
            "const N = 1;\nconst M = 1;\nint x;\nthread a[N] { int l = x; }\nthread b[M] { int l = x; done: x = 0; }\n"
            "invariant some: (count (t : b) at(t, done)) < 3 || " +
            condition + ";\nexpect proved for any N, M;\n");
    };
    for (const char* condition : {"exists (t : a) x == 0", "exists (t : a) (x == 0 && x < 5)", "(count (t : a) (x == 0)) >= 1",
                                  "!(forall (t : a) x != 0)", "(count (t : a) true) >= 1"}) {
        INFO(condition);
        CHECK(answer(condition).verdict == "violation");
    }
    for (const char* condition : {"N == 0 || exists (t : a) x == 0", "forall (t : a) x == 0", "(count (t : a) (x == 0)) == N"}) {
        INFO(condition);
        CHECK(answer(condition).verdict == "proved");
    }
}

// What is said of a sum over threads is decided neither by how many threads a proof looks at nor by how many are searched.
TEST_CASE("planted: more threads than anybody looks at") {
    const std::string code =
        "const N = 2;\nstruct o { int n; ledger refs { table }; };\nstruct o x;\nthread t[N] {\n"
        "\tatomic { ghost { credit(&x.refs, self, 1); } }\nq:\n\tx.n = 0;\n}\n";
    for (const char* condition :
         {"count (i : t) at(i, q) < 9", "!(count (i : t) at(i, q) >= 9)", "count (i : t) at(i, q) != 9",
          "(count (i : t) at(i, q)) / 2 < 5", "(count (i : t) at(i, q)) % 16 < 9", "total(&x.refs) < 9",
          "(total(&x.refs) & 15) < 9", "total(&x.refs) + count (i : t) at(i, q) < 9", "(count (i : t) true) < 9", "N < 9"}) {
        INFO(std::string(condition));
        const Answer answer = answer_to(code + "invariant few: " + condition + ";\nexpect proved for any N;\n");
        CHECK(answer.verdict != "proved");
    }
    CHECK(answer_to(code + "invariant few: (count (i : t) at(i, q)) <= N && total(&x.refs) <= N;\nexpect proved for any N;\n")
              .verdict == "proved");
    CHECK(answer_to("const N = 5;\nint x;\nthread t[N - 2] { x = 0; q: x = 0; }\ninvariant few: count (i : t) at(i, q) < 9;\n"
                    "expect proved for any N;\n")
              .verdict != "proved");
}

// "Some of four are set" is nothing that is guessed.
TEST_CASE("a lemma joins a fact to the proof, and is never trusted") {
    const std::string code =
        "const N = 2;\nbool a = true, b, c, d;\nthread t[N] {\n"
        "\tatomic { assert(a || b || c || d); b = a; c = maybe; if (!b && !c) d = true; }\n"
        "\tatomic { a = d; if (!a && !b && !c) d = true; }\n}\n";
    const auto answer = [&](const std::string& more) { return answer_to(code + more + "expect proved for any N;\n"); };
    CHECK(answer("").verdict == "not proved");
    const Answer proved = answer("lemma some: a || b || c || d;\n");
    CHECK(proved.verdict == "proved");
    CHECK(proved.said.find("lemma some") != std::string::npos);
    // An invariant of the spec serves as well.
    CHECK(answer("invariant some: a || b || c || d;\n").verdict == "proved");
    // True, and no help.
    CHECK(answer("lemma idle: N >= 0;\n").verdict == "not proved");
    const Answer wrong = answer("lemma some: a || b || c || d;\nlemma wrong: a;\n");
    CHECK(wrong.verdict == "not proved");
    CHECK(wrong.reason.find("lemma wrong is false") != std::string::npos);
    // With many threads only, so that no small instance shows it.
    const Answer late = answer("lemma some: a || b || c || d;\nlemma late: (count (x : t) true) < 9;\n");
    CHECK(late.verdict == "not proved");
}

TEST_CASE("planted: a counter that wraps with eight threads is found from few") {
    Answer answer = answer_to(R"(
const N = 2;
int in 0..7 count;
bool freed;
thread t[N] {
	atomic { count = count == 7 ? 0 : count + 1; }
	atomic { assert(!freed); count = count == 0 ? 7 : count - 1; if (count == 0) freed = N > 100; }
}
invariant some: count >= 0;
invariant no_wrap: N < 8 || count != 0 || !freed;
expect proved for any N;
)");
    CHECK(answer.verdict != "proved");
    Answer wraps = answer_to(R"(
const N = 2;
int in 0..7 count;
thread t[N] {
	atomic { count = count == 7 ? 0 : count + 1; }
inside:
	atomic { assert(count > 0); count = count == 0 ? 7 : count - 1; }
}
expect proved for any N;
)");
    CHECK(wraps.verdict == "violation");
}

TEST_CASE("planted: threads that are told apart") {
    CHECK(answer_to(R"(
const N = 2;
int a[8];
thread t[N] { a[self.index] = 1; a[0] = 2; }
finally first: N == 0 || a[0] == 2;
expect proved for any N;
)")
              .reason.find("index") != std::string::npos);
    // Another thread's name is overwritten.
    CHECK(answer_to(R"(
const N = 2;
thread_t owner;
thread t[N] { owner = self; assert(owner == self); }
expect proved for any N;
)")
              .verdict == "violation");
    CHECK(answer_to(R"(
const N = 2;
thread_t owner;
thread t[N] {
	atomic { await (owner == NO_THREAD); owner = self; }
	assert(owner == self);
	owner = NO_THREAD;
}
expect proved for any N;
)")
              .verdict == "proved");
}

TEST_CASE("planted: free marks the pointers of all threads") {
    Answer answer = answer_to(R"(
const N = 1;
struct object { int n; };
pool struct object[1];
struct object *shared;
init { shared = alloc!(struct object); }
thread user[N] {
	struct object *mine = shared;
	if (mine)
		mine->n = 1;
}
thread owner {
	struct object *mine = shared;
	shared = NULL;
	free(mine);
}
expect proved for any N;
)");
    CHECK(answer.verdict == "violation");
    CHECK(answer.reason.find("use_after_free") != std::string::npos);
}

TEST_CASE("planted: callbacks, which are started by others, are refused") {
    Answer answer = answer_to(R"(
const N = 1;
int x;
dormant thread work[2] { x = 1; }
thread t[N] { spawn work(); }
expect proved for any N;
)");
    CHECK(answer.verdict == "not proved");
    CHECK(answer.reason.find("is started by others") != std::string::npos);
}

TEST_CASE("planted: a pool that is large enough for few threads") {
    CHECK(answer_to(R"(
const N = 1;
struct object { int n; };
pool struct object[3];
thread t[N] {
	struct object *mine = alloc!(struct object);
	mine->n = 1;
	free(mine);
}
expect proved for any N;
)")
              .verdict != "proved");
}

TEST_CASE("planted: deadlock, what holds at the end, leaks, parked threads") {
    CHECK(answer_to(R"(
const N = 1;
bool a;
bool b;
thread one[N] { atomic { await (!a); a = true; } atomic { await (!b); b = true; } a = false; b = false; }
thread two[N] { atomic { await (!b); b = true; } atomic { await (!a); a = true; } a = false; b = false; }
expect proved for any N;
)")
              .reason.find("deadlock") != std::string::npos);
    CHECK(answer_to("const N = 1; int x; thread t[N] { atomic { x += 1; } } finally few: x < 5; expect proved for any N;")
              .verdict == "violation");
    CHECK(answer_to(R"(
const N = 1;
struct object { int n; };
pool struct object[1];
struct object *shared;
init { shared = alloc!(struct object); }
thread t[N] { struct object *p = shared; }
check leaks;
expect proved for any N;
)")
              .reason.find("leak") != std::string::npos);
    CHECK(answer_to("const N = 1; bool go; thread t[N] { await (go); } expect proved for any N;").reason.find("deadlock") !=
          std::string::npos);
}

TEST_CASE("planted: a local copy of a number without bound") {
    Answer answer = answer_to(R"(
const N = 1;
int count;
thread t[N] {
	int seen = count;
	count = seen + 1;
}
finally all: count <= N;
expect proved for any N;
)");
    CHECK(answer.verdict == "not proved");
    CHECK(answer.reason.find("'count'") != std::string::npos);
}

TEST_CASE("planted: what depends on the number of threads otherwise is refused") {
    for (const char* text : {
             "const N = 2; int a[N]; thread t[N] { a[0] = 1; } expect proved for any N;",
             "const N = 2; int in 0..N * N x; thread t[N] { x = 1; } expect proved for any N;",
             "const N = 2; struct s { int x; }; pool struct s[N]; thread t[N] { struct s *p = alloc!(struct s); free(p); } "
             "expect proved for any N;",
             "const N = 2; const M = N * N; int x; thread t[N] { x = M; } invariant i: x < 100; expect proved for any N;",
             "const N = 2; int x; thread t[N] { x = 1; } invariant i: forall (i in 0..N) x < 2; expect proved for any N;",
             "const N = 2; int x; thread t[N] { x = 1; here: x = 0; } invariant i: !at(t[0], here) || x < 2; expect proved for "
             "any N;",
         }) {
        INFO(text);
        Answer answer = answer_to(text);
        CHECK(answer.verdict == "not proved");
        CHECK(answer.reason.find("outside of what can be proved") != std::string::npos);
    }
}

TEST_CASE("certificates: checked by three solvers, and mutated ones fail in all") {
    namespace fs = std::filesystem;
    fs::path folder = fs::temp_directory_path() / ("quire-certificates-" + std::to_string(std::rand()));
    Answer answer = answer_to(kPut, folder.string());
    REQUIRE(!answer.certificate.empty());
    std::ifstream stream(answer.certificate);
    std::ostringstream read;
    read << stream.rdbuf();
    const std::string text = read.str();
    prove::CertificateCheck good = prove::check_certificate(text);
    CHECK_MESSAGE(good.holds, good.problem);
    CHECK(good.questions > 3);

    // No more than this is assumed: an invariant that says less is not inductive, and one question less is missed.
    std::string weaker;
    for (std::size_t line = text.find("(define-fun fact"); line != std::string::npos;
         line = text.find("(define-fun fact", line + 1)) {
        std::string without = text;
        std::size_t body = text.find("Bool ", line) + 5;
        without.replace(body, text.find('\n', body) - body, "true)");
        if (!prove::check_certificate(without).holds) weaker = without;
    }
    REQUIRE(!weaker.empty());
    CHECK(!prove::check_certificate(weaker).holds);
    std::string shorter = replaced(text, "(check-sat)\n", "");
    CHECK(!prove::check_certificate(shorter).holds);
    CHECK(!prove::check_certificate("").holds);
    CHECK(!prove::check_certificate(text.substr(0, text.size() / 2)).holds);

    auto by_command = [&](const std::string& command, const std::string& certificate) {
        std::string path = (folder / "one.smt2").string();
        std::string out = (folder / "one.out").string();
        std::ofstream(path) << certificate;
        if (std::system((command + " " + path + " > " + out + " 2>&1").c_str()) < 0) return false;
        std::ifstream answers(out);
        std::size_t unsat = 0;
        for (std::string one; std::getline(answers, one);) {
            if (one != "unsat") return false;
            ++unsat;
        }
        return unsat == good.questions;
    };
    for (const std::string& command : {std::string("z3"), std::string("cvc5 --incremental")}) {
        std::string program = command.substr(0, command.find(' '));
        if (std::system(("command -v " + program + " > /dev/null 2>&1").c_str()) != 0) {
            MESSAGE("skipped: there is no command " << program);
            continue;
        }
        CHECK(by_command(command, text));
        CHECK(!by_command(command, weaker));
        CHECK(!by_command(command, shorter));
    }
    fs::remove_all(folder);
}

}  // namespace quire::test::any_number
