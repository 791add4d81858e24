// A proof for every number of threads is about a counting system.  Here that system is what it claims to be: for given numbers
// of threads its states are the states of the protocol up to the exchange of threads, its steps fail where steps fail,
// and its properties are true where properties are.  Both sides are explored without any reduction.
#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

#include "driver/load.h"
#include "driver/template_instance.h"
#include "generate/protocol.h"
#include "ir/lower.h"
#include "prove/counting_build.h"
#include "prove/counting_sample.h"
#include "system/execute.h"
#include "types/check.h"
#include "types/expectations.h"
#include "unit/effort.h"

namespace quire::test {

namespace {

using namespace prove;

struct ExactCase {
    const TypedProgram* program = nullptr;
    std::vector<ConstantId> any;
    std::vector<TypeId> open_ranges = {};
    bool wait_for_all_at_once = true;

    // Nothing if the constants make no sense.
    std::optional<ConstantValues> values(const std::vector<Value>& numbers) const {
        std::vector<GivenConstant> given;
        for (std::size_t p = 0; p < any.size(); ++p) given.push_back({any[p], {}, numbers[p]});
        Diagnostics unheard;
        Result<ConstantValues> out = constant_values(*program, given, unheard);
        if (!out.ok() || !check_instance(*program, *out, unheard)) return std::nullopt;
        return *out;
    }

    std::optional<TransitionSystem> system(const std::vector<Value>& numbers) const {
        std::optional<ConstantValues> all = values(numbers);
        if (!all) return std::nullopt;
        LowerOptions options;
        options.infer_ranges = false;
        options.initialisers_at_start = true;
        options.mark_quantified_threads = true;
        options.wait_for_all_at_once = wait_for_all_at_once;
        Diagnostics unheard;
        TypedProgram open = *program;
        for (TypeId id : open_ranges) open.types[id.index()].has_range = false;
        Result<TransitionSystem> out = lower_program(open, *all, options, unheard);
        return out.ok() ? std::optional<TransitionSystem>(std::move(*out)) : std::nullopt;
    }
};

struct Counts {
    std::size_t compared = 0, states = 0, refused = 0;
};

// What fails in a step from the state.
std::set<std::string> concrete_failures(const TransitionSystem& system, const std::vector<Successor>& next) {
    std::set<std::string> out;
    for (const Successor& one : next) {
        if (one.outcome.kind == OutcomeKind::kViolation) out.insert(system.properties[one.outcome.property].name);
        if (one.outcome.kind == OutcomeKind::kExhausted) out.insert("a pool, list or role is too small");
    }
    return out;
}

bool concrete_truth(const TransitionSystem& system, const SystemProperty& property, const std::vector<Value>& state,
                    const std::vector<Successor>& next) {
    switch (property.kind) {
        case SystemPropertyKind::kDeadlock: return system.is_final(state) || !next.empty();
        case SystemPropertyKind::kFinally: return !system.is_final(state) || holds(system, property, state);
        case SystemPropertyKind::kLeak: {
            if (!system.is_final(state)) return true;
            for (const Successor& one : next) {
                if (system.roles[system.threads[one.thread].role].daemon) return true;
            }
            return std::all_of(system.objects.begin(), system.objects.end(),
                               [&](const Object& o) { return !o.pool || state[o.in_use] == 0; });
        }
        default: return holds(system, property, state);
    }
}

void compare_one(const CountingSystem& counting, const TransitionSystem& system, const std::vector<Value>& numbers,
                 std::size_t most, Counts& counts) {
    std::vector<std::vector<Value>> states;
    std::set<std::vector<Value>> seen;
    auto add = [&](const Successor& one) {
        if (one.outcome.kind == OutcomeKind::kDone && seen.insert(one.state).second) states.push_back(one.state);
    };
    for (const Successor& one : start_states(system)) add(one);
    std::map<CountingState, std::size_t> orbits;
    for (std::size_t s = 0; s < states.size(); ++s) {
        if (states.size() > most) return;
        std::optional<CountingState> here = counted(counting, system, numbers, states[s]);
        REQUIRE_MESSAGE(here, "a thread is where no thread was thought to be");
        std::vector<Successor> next = successors(system, states[s]);
        for (const Successor& one : next) add(one);
        if (!orbits.emplace(*here, s).second) continue;
        std::set<std::string> fails;
        for (const CountingFailure& failure : counting.failures) {
            bool step_property =
                failure.property != kNone && system.properties[failure.property].kind == SystemPropertyKind::kStep;
            if ((*here)[counting.counter_of[failure.from]] > 0 && counting.terms.holds(failure.guard, *here) && !step_property)
                fails.insert(failure.what);
        }
        CHECK(fails == concrete_failures(system, next));
        for (const CountingProperty& property : counting.properties) {
            const SystemProperty& concrete = system.properties[system.property(property.name)];
            CHECK_MESSAGE(counting.terms.holds(property.formula, *here) == concrete_truth(system, concrete, states[s], next),
                          property.name);
        }
    }
    bool whole = false;
    std::vector<CountingState> abstract = reached(counting, numbers, most, whole);
    REQUIRE(whole);
    CHECK(abstract.size() == orbits.size());
    for (const CountingState& state : abstract) CHECK(orbits.count(state) == 1);
    ++counts.compared;
    counts.states += states.size();
}

void compare(std::unique_ptr<LoadedSpec> spec, const std::vector<std::string>& names, Value up_to, std::size_t most,
             Counts& counts) {
    REQUIRE(spec->good);
    for (const TypedProgram& program : spec->programs) {
        ExactCase one;
        one.program = &program;
        for (const std::string& name : names) {
            for (std::uint32_t c = 0; c < program.constants.size(); ++c) {
                if (program.constants[c].name == name) one.any.push_back(ConstantId{c});
            }
        }
        if (one.any.size() != names.size()) continue;
        std::optional<ConstantValues> values = one.values(std::vector<Value>(names.size(), kTemplateThreads));
        if (!values) continue;
        TemplateInstance instance = template_instance(program, one.any, *values, {});
        one.open_ranges = instance.open_ranges;
        std::optional<TransitionSystem> shape = one.system(std::vector<Value>(names.size(), kTemplateThreads));
        if (!shape) continue;
        if (!instance.refusal.empty()) {
            ++counts.refused;
            continue;
        }
        auto built = build_counting_system(*shape, instance.parameters);
        if (std::holds_alternative<Refusal>(built)) {
            ++counts.refused;
            continue;
        }
        const CountingSystem& counting = std::get<CountingSystem>(built);
        std::vector<std::vector<Value>> vectors{{}};
        for (std::size_t p = 0; p < names.size(); ++p) {
            std::vector<std::vector<Value>> longer;
            for (const auto& v : vectors) {
                for (Value value = 0; value <= up_to; ++value) {
                    longer.push_back(v);
                    longer.back().push_back(value);
                }
            }
            vectors = std::move(longer);
        }
        for (const std::vector<Value>& numbers : vectors) {
            std::optional<TransitionSystem> system = one.system(numbers);
            std::string sizes;
            for (Value n : numbers) sizes += " " + std::to_string(n);
            INFO(program.variant << " with" << sizes);
            if (system) compare_one(counting, *system, numbers, most, counts);
        }
    }
}

std::unique_ptr<LoadedSpec> spec_of(const std::string& text) {
    MemoryFiles files;
    files.add("t.quire", text);
    return load_spec("t.quire", {}, files, false);
}

std::unique_ptr<LoadedSpec> spec_file(const std::string& path) {
    DiskFiles files;
    LoadOptions options;
    options.model_path = {std::string(QUIRE_SOURCE_DIR) + "/models"};
    return load_spec(std::string(QUIRE_SOURCE_DIR) + "/" + path, options, files, false);
}

constexpr const char* kLastPut = R"(
const N = 2;
const M = N + 1;
int count = M;
bool freed;
thread holder[N] {
	bool last;
	atomic { count -= 1; last = count == 0; }
f:
	if (last)
		atomic { assert(!freed); freed = true; }
}
thread other {
	atomic { count -= 1; if (count == 0) freed = true; }
}
invariant nonneg: count >= 0;
invariant accounted: count == 0 || count (t : holder) at(t, f) <= count;
finally gone: freed;
step never_up: count <= old(count);
)";

constexpr const char* kOwner = R"(
const N = 2;
thread_t owner;
int inside;
bool flag;
thread t[N] {
	atomic { await (owner == NO_THREAD); owner = self; }
cs:
	inside = 1;
	assert(owner == self);
	flag = true;
	inside = 0;
	owner = NO_THREAD;
}
invariant one_inside: count (x : t) at(x, cs) <= 1;
invariant not_two: forall (x : t) forall (y : t) at(x, cs) && at(y, cs) => x == y;
invariant owned: forall (x : t) at(x, cs) => owner == x;
finally left: owner == NO_THREAD;
)";

constexpr const char* kPool = R"(
const N = 2;
struct object { int in 0..100 count; unsigned in 0..7 bits; ledger refs of count { table }; };
pool struct object[1];
struct object *shared;
init { shared = alloc!(struct object); shared->count = N; ghost { credit(&shared->refs, unbooked, N); } }
thread t[N] {
	struct object *mine = shared;
	bool last;
	atomic { mine->bits |= 2; }
	atomic { mine->count -= 1; ghost { debit(&mine->refs, self, 1); } last = mine->count == 0; }
	if (last)
		free(mine);
}
thread bad[N] {
	struct object *mine = shared;
	bool look = maybe;
	if (look)
		mine->bits = 1;
}
invariant bits: !live(shared) || shared->bits != 5;
finally freed: !live(shared) || N == 0;
check leaks;
)";

constexpr const char* kReaders = R"(
const N = 2;
set<thread_t> readers;
struct object { int n; };
pool struct object[1];
struct object *shared;
int in 0..N inside;
init { shared = alloc!(struct object); }
dormant thread callback[1](struct object *object) {
	for (t : readers)
		await (!readers.contains(t));
	free(object);
}
thread t[N] {
	struct object *mine;
	atomic { readers.add(self); inside += 1; }
	mine = shared;
	if (mine)
		mine->n = 1;
	atomic { readers.remove(self); inside -= 1; }
}
thread updater {
	struct object *mine = shared;
	shared = NULL;
	spawn callback(mine);
}
thread other {
	for (t : readers)
		await (!readers.contains(t));
	assert(inside == 0 || !readers.empty());
}
invariant together: inside == readers.size();
finally left: readers.empty();
check leaks;
)";

constexpr const char* kAsleep = R"(
const N = 2;
const MOST = N + 1;
bool ready;
int in 0..MOST slept;
set<thread_t> sleepers;
thread t[N] {
	atomic {
		if (!ready) {
			sleepers.add(self);
			slept += 1;
		}
	}
	await (!sleepers.contains(self));
	assert(ready || sleepers.empty());
}
thread waker {
	bool some;
	some = !sleepers.empty();
	ready = some;
	atomic {
		for (t : sleepers)
			sleepers.remove(t);
	}
}
invariant ready_for_some: ready => slept > 0;
invariant few: sleepers.size() <= slept;
)";

// All states, without the place and the locals of one role.
std::set<std::vector<Value>> seen_by_others(const TransitionSystem& system, const std::string& role, bool& stuck) {
    std::vector<std::vector<Value>> states;
    std::set<std::vector<Value>> seen, out;
    auto add = [&](const Successor& one) {
        REQUIRE(one.outcome.kind == OutcomeKind::kDone);
        if (seen.insert(one.state).second) states.push_back(one.state);
    };
    for (const Successor& one : start_states(system)) add(one);
    for (std::size_t s = 0; s < states.size(); ++s) {
        std::vector<Successor> next = successors(system, states[s]);
        stuck = stuck || (next.empty() && !system.is_final(states[s]));
        for (const Successor& one : next) add(one);
        std::vector<Value> projected;
        for (const Variable& v : system.variables) {
            if (v.role != kNone && system.roles[v.role].name == role) continue;
            for (Address a = v.base; a < v.base + v.count; ++a) projected.push_back(states[s][a]);
        }
        out.insert(projected);
    }
    return out;
}

}  // namespace

TEST_CASE("waiting for all at once is waiting for each, to everybody else") {
    for (const char* inside : {"", "	await (shared == 1);\n"}) {
        const std::string text = std::string(R"(
const N = 2;
set<thread_t> readers;
int shared;
int log;
thread t[N] {
	for (int i = 0; i < 2; i++) {
		readers.add(self);
)") + inside + R"(
		readers.remove(self);
	}
}
thread waiter {
	for (t : readers)
		await (!readers.contains(t));
	shared = 1;
}
)";
        std::unique_ptr<LoadedSpec> spec = spec_of(text);
        REQUIRE(spec->good);
        for (Value n = 0; n <= 3; ++n) {
            ExactCase one;
            one.program = &spec->programs[0];
            one.any = {ConstantId{0}};
            bool stuck[2] = {false, false};
            std::set<std::vector<Value>> states[2];
            for (bool at_once : {false, true}) {
                one.wait_for_all_at_once = at_once;
                states[at_once] = seen_by_others(*one.system({n}), "waiter", stuck[at_once]);
            }
            CHECK(states[0].size() > 1);
            CHECK(states[0] == states[1]);
            CHECK(stuck[0] == stuck[1]);
            CHECK(stuck[0] == (n > 0 && *inside != 0));
        }
    }
}

TEST_CASE("a counting system has the states, failures and properties of the protocol: small texts") {
    for (const char* text : {kLastPut, kOwner, kPool, kReaders, kAsleep}) {
        Counts counts;
        compare(spec_of(text), {"N"}, 3, 60'000, counts);
        INFO(text);
        CHECK(counts.refused == 0);
        CHECK(counts.compared >= 3);
    }
}

TEST_CASE("a counting system has the states, failures and properties of the protocol: specs") {
    Counts counts;
    compare(spec_file("specs/models/refcount.quire"), {"LOOKUPS"}, 3, draws(30'000), counts);
    compare(spec_file("specs/models/atomic.quire"), {"THREADS"}, 3, draws(30'000), counts);
    compare(spec_file("specs/models/rcu.quire"), {"READERS"}, 2, draws(30'000), counts);
    compare(spec_file("specs/linux/lru-holds-a-reference.quire"), {"HOLDERS", "SCANNERS"}, 2, draws(12'000), counts);
    CHECK(counts.compared >= draws(30));
    MESSAGE(counts.compared << " instances, " << counts.states << " states, " << counts.refused << " refused");
}

TEST_CASE("a counting system has the states, failures and properties of the protocol: generated") {
    Counts counts;
    for (std::uint64_t seed = 1; seed <= draws(200); ++seed) {
        std::string text = generate_protocol(seed);
        for (const char* head : {"thread one[2] {", "thread one {"}) {
            std::size_t at = text.find(head);
            if (at != std::string::npos) text.replace(at, std::string(head).size(), "thread one[N] {");
        }
        INFO("seed " << seed << "\n" << text);
        compare(spec_of("const N = 2;\n" + text), {"N"}, 3, 3'000, counts);
    }
    CHECK(counts.compared >= draws(100));
    MESSAGE(counts.compared << " instances, " << counts.states << " states, " << counts.refused << " refused");
}

}  // namespace quire::test
