// What a proof for any number of threads can speak of beside counts and locks: ranges that end at a number of threads, numbers that
// the spec leaves open, grace periods, threads that others start, waking everybody.  Under "planted": what would be proved, and is
// false, if something of it were forgotten.
#include "test/unit/driver/any_number_answer.h"

namespace quire::test::any_number {

namespace {

constexpr const char* kInside = R"(
const N = 2;
int in 0..N inside;
thread user[N] {
	atomic { inside += 1; }
	atomic { inside -= 1; }
}
finally none: inside == 0;
expect proved for any N;
)";

constexpr const char* kGracePeriod = R"(
const READERS = 1;
set<thread_t> readers;
struct object { int n; };
pool struct object[1];
struct object *shared;
init { shared = alloc!(struct object); }
void enter(void) { readers.add(self); }
void leave(void) { readers.remove(self); }
void wait_for_readers(void)
{
	for (t : readers)
		await (!readers.contains(t));
}
thread reader[READERS] {
	struct object *mine;
	enter();
	mine = shared;
	if (mine)
		mine->n = 1;
	leave();
}
thread updater {
	struct object *mine = shared;
	shared = NULL;
	wait_for_readers();
	free(mine);
}
check leaks;
expect proved for any READERS;
)";

constexpr const char* kCallback = R"(
const READERS = 1;
set<thread_t> readers;
struct object { int n; };
pool struct object[1];
struct object *shared;
init { shared = alloc!(struct object); }
dormant thread callback[1](struct object *object) {
	for (t : readers)
		await (!readers.contains(t));
	free(object);
}
thread reader[READERS] {
	struct object *mine;
	readers.add(self);
	mine = shared;
	if (mine)
		mine->n = 1;
	readers.remove(self);
}
thread updater {
	struct object *mine = shared;
	shared = NULL;
	spawn callback(mine);
}
check leaks;
expect proved for any READERS;
)";

constexpr const char* kSleepers = R"(
const N = 2;
bool ready;
set<thread_t> sleepers;
void wake(void)
{
	atomic {
		for (t : sleepers)
			sleepers.remove(t);
	}
}
thread sleeper[N] {
	bool slept;
	atomic {
		slept = !ready;
		if (slept)
			sleepers.add(self);
	}
	if (slept)
		await (!sleepers.contains(self));
	assert(ready);
}
thread waker {
	ready = true;
	wake();
}
finally nobody_sleeps: sleepers.empty();
expect proved for any N;
)";

constexpr const char* kSaturating = R"(
const N = 2;
const MAX = 8;
int refs = 1;
bool freed;
init { assume(MAX >= 3); }
bool get(void)
{
	atomic {
		if (refs == 0)
			return false;
		if (refs < MAX)
			refs += 1;
		return true;
	}
}
bool put(void)
{
	atomic {
		if (refs == MAX)
			return false;
		refs -= 1;
		return refs == 0;
	}
}
void release(void)
{
	if (put())
		freed = true;
}
thread user[N] {
	if (!get())
		return;
uses:
	assert(!freed);
	release();
}
thread leaker[N] {
	if (get())
		assert(!freed);
}
thread owner {
	release();
}
invariant never_above: refs <= MAX;
invariant used_is_live: (exists (u : user) at(u, uses)) => !freed;
expect proved for any N, MAX;
)";

}  // namespace

TEST_CASE("a range that ends at the number of threads") {
    CHECK(answer_to(kInside).verdict == "proved");
    CHECK(answer_to(replaced(kInside, "int in 0..N inside", "int in 0..2 * N + 1 inside")).verdict == "proved");
}

TEST_CASE("planted: a range that is too small by one, or for twice as many") {
    Answer answer = answer_to(replaced(kInside, "int in 0..N inside", "int in 0..N - 1 inside"));
    CHECK(answer.verdict != "proved");
    answer = answer_to(replaced(kInside, "inside += 1;", "inside += 2;"));
    CHECK(answer.verdict != "proved");
    CHECK(answer.reason.find("out_of_range") != std::string::npos);
    // What can be in the set would be as large as the range.
    answer = answer_to(replaced(kInside, "finally none", "set<int in 0..N> some;\nfinally none"));
    CHECK(answer.verdict == "not proved");
}

TEST_CASE("a grace period: each reader that was inside has to be seen outside") {
    CHECK(answer_to(kGracePeriod).verdict == "proved");
}

TEST_CASE("planted: grace periods that wait for too few, and waiters without bound") {
    Answer answer = answer_to(replaced(kGracePeriod, "	wait_for_readers();\n", ""));
    CHECK(answer.verdict == "violation");
    CHECK(answer.reason.find("use_after_free") != std::string::npos);
    // Waits before the object is out of reach: who comes later is not waited for.
    answer = answer_to(
        replaced(replaced(kGracePeriod, "	shared = NULL;\n	wait_for_readers();\n", "	wait_for_readers();\n"),
                 "	free(mine);\n", "	shared = NULL;\n	free(mine);\n"));
    CHECK(answer.verdict == "violation");
    CHECK(answer.reason.find("use_after_free") != std::string::npos);
    // The pointer is read before the section begins.
    answer = answer_to(replaced(replaced(kGracePeriod, "	struct object *mine;\n	enter();\n	mine = shared;\n",
                                         "	struct object *mine = shared;\n	enter();\n"),
                                "	leave();\n", "	leave();\n"));
    CHECK(answer.verdict == "violation");
    // Each waiter would need a bit in each reader.
    answer = answer_to(replaced(kGracePeriod, "	leave();\n}", "	leave();\n	wait_for_readers();\n}"));
    CHECK(answer.verdict == "not proved");
    CHECK(answer.reason.find("outside of what can be proved") != std::string::npos);
}

TEST_CASE("a thread that another one starts") { CHECK(answer_to(kCallback).verdict == "proved"); }

TEST_CASE("planted: a callback that does not wait, more callbacks than there is room for") {
    Answer answer = answer_to(replaced(kCallback, "	for (t : readers)\n		await (!readers.contains(t));\n", ""));
    CHECK(answer.verdict == "violation");
    CHECK(answer.reason.find("use_after_free") != std::string::npos);
    answer =
        answer_to(replaced(kCallback, "	spawn callback(mine);\n", "	spawn callback(mine);\n	spawn callback(NULL);\n"));
    CHECK(answer.verdict != "proved");
    // Never started: the object is lost.
    answer = answer_to(replaced(kCallback, "	spawn callback(mine);\n", ""));
    CHECK(answer.verdict == "violation");
    CHECK(answer.reason.find("leak") != std::string::npos);
}

TEST_CASE("waking all who sleep") {
    CHECK(answer_to(kSleepers).verdict == "proved");
    // Nobody is woken, or only whoever wakes.
    Answer answer = answer_to(replaced(kSleepers, "	wake();\n", ""));
    CHECK(answer.verdict == "violation");
    CHECK(answer.reason.find("deadlock") != std::string::npos);
    answer = answer_to(replaced(kSleepers, "sleepers.remove(t);", "sleepers.remove(self);"));
    CHECK(answer.verdict != "proved");
    answer = answer_to(replaced(kSleepers, "slept = !ready;", "slept = true;"));
    CHECK(answer.verdict == "violation");
}

TEST_CASE("a saturating count, for every saturation point, with clients that leak") {
    Answer answer = answer_to(kSaturating);
    CHECK(answer.verdict == "proved");
    CHECK(answer.said.find("N, MAX") != std::string::npos);
}

TEST_CASE("planted: counts that do not stay where they saturate") {
    // From the saturation point down again.
    CHECK(answer_to(replaced(kSaturating, "		if (refs == MAX)\n			return false;\n", "")).verdict !=
          "proved");
    // Round to zero instead.
    CHECK(answer_to(replaced(kSaturating, "		if (refs < MAX)\n			refs += 1;\n",
                             "		refs = refs < MAX ? refs + 1 : 0;\n"))
              .verdict != "proved");
    // One beyond.
    CHECK(answer_to(replaced(kSaturating, "refs < MAX", "refs <= MAX")).verdict != "proved");
    // What the spec says of small points does not hold.
    CHECK(answer_to(replaced(kSaturating, "assume(MAX >= 3)", "assume(MAX >= 0)")).verdict != "proved");
}

}  // namespace quire::test::any_number
