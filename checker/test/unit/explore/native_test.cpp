// Machine code against bytecode and `execute`: way by way on random systems, and operator by operator on all operands of
// small types and on the edges of large ones.
#include <doctest/doctest.h>

#include <deque>
#include <limits>
#include <set>
#include <string>

#include "explore/compile.h"
#include "explore/probe.h"
#include "explore/search.h"
#include "explore/successor_generator.h"
#include "random_system.h"
#include "system_builder.h"

using namespace quire;
using namespace quire::explore;

namespace {

using Words = std::vector<std::uint64_t>;

// Everything that a generator tells of a state, in order.
class Log : public NullSink {
public:
    static constexpr bool kPacked = true;
    Log(SuccessorGenerator& generator, unsigned words) : generator_(generator), words_(words) {}

    void on_state(const std::uint64_t* words) {
        states.emplace_back(words, words + words_);
        add("state");
        for (std::uint64_t w : states.back()) text += " " + std::to_string(w);
    }
    void on_violation(PropertyNumber p) { add("violation " + std::to_string(p) + " at " + std::to_string(generator_.site())); }
    void on_cover(PropertyNumber p) { add("cover " + std::to_string(p)); }
    void on_dropped(WayEnd end) {
        add("dropped " + std::to_string(static_cast<int>(end)));
        if (end == WayEnd::kExhausted) text += " at " + std::to_string(generator_.site());
    }
    void on_misfit(Address a, Value v) { add("misfit " + std::to_string(a) + " " + std::to_string(v)); }

    std::string text;
    std::vector<Words> states;

private:
    void add(const std::string& what) { text += "\n" + std::to_string(generator_.thread()) + ": " + what; }
    SuccessorGenerator& generator_;
    unsigned words_;
};

struct Compared {
    std::size_t states = 0, ways = 0, natively = 0;
};

bool has_step_property(const TransitionSystem& system) {
    for (const SystemProperty& p : system.properties) {
        if (p.kind == SystemPropertyKind::kStep && p.enabled) return true;
    }
    return false;
}

// All states that fit, up to `most`: the ways out of them, and the truth of all conditions.
enum class Room { kAsProbed, kForAllValues, kForFew };

Compared compare(const TransitionSystem& system, bool simplify, std::size_t most, Room room = Room::kAsProbed) {
    Compared result;
    const Bytecode code = compile(system, simplify);
    std::vector<ObservedRange> seen_values = probe(system, code, false);
    std::vector<char> may_write = code.may_write;
    for (Address a = 0; a < seen_values.size(); ++a) {
        const Variable& v = system.variables[system.cell_variable[a]];
        if (room == Room::kForAllValues) seen_values[a] = {v.lo, v.hi};
        // Cells without any bits, which are written all the same.
        if (room != Room::kForFew || v.kind == VariableKind::kLocation || a % 3 == 0) continue;
        seen_values[a] = {system.initial[a], system.initial[a]};
        may_write[a] = 0;
    }
    const PackedLayout layout(system, seen_values, may_write, room == Room::kForFew ? Margin::kTight : Margin::kLoose);
    const std::vector<std::uint8_t> no_flags(code.flags, 0);
    const std::unique_ptr<const NativeCode> native = NativeCode::make(system, code, layout, no_flags);
    if (native == nullptr || has_step_property(system)) return result;
    const std::vector<std::uint8_t> wanted(system.properties.size(), 1);
    SuccessorGenerator slow(system, code, false), fast(system, code, false);
    slow.set_layout(layout);
    fast.set_layout(layout);
    std::deque<Words> open;
    std::set<Words> seen;
    {
        Log log(slow, layout.words());
        slow.start<0>(log);
        for (const Words& w : log.states) {
            if (seen.insert(w).second) open.push_back(w);
        }
    }
    Log started(fast, layout.words());
    fast.start<0>(started);
    fast.set_native(*native, wanted.data());
    for (; !open.empty() && result.states < most; open.pop_front()) {
        const Words& state = open.front();
        ++result.states;
        slow.load(state.data());
        fast.load(state.data());
        Log expected(slow, layout.words()), given(fast, layout.words());
        const Mobility m = slow.expand<0>(expected), n = fast.expand<0>(given);
        REQUIRE(given.text == expected.text);
        REQUIRE((m.any() == n.any() && m.daemon() == n.daemon() && m.non_daemon() == n.non_daemon()));
        CHECK(slow.is_final() == fast.is_final());
        for (PropertyNumber p = 0; p < system.properties.size(); ++p) {
            if (system.properties[p].condition.code.empty()) continue;
            REQUIRE(slow.holds(p) == fast.holds(p));
        }
        for (const Words& w : expected.states) {
            ++result.ways;
            if (seen.insert(w).second) open.push_back(w);
        }
    }
    CHECK(slow.executed_sites() == fast.executed_sites());
    for (const auto& thread : code.steps) {
        for (const BytecodeProgram& program : thread) result.natively += program.source != nullptr ? 1 : 0;
    }
    return result;
}

ScalarType integer(unsigned bits, bool is_signed) {
    return {ScalarKind::kInteger, static_cast<std::uint8_t>(bits), is_signed, 0};
}

// Chooses two operands and a truth value, and then puts the result into a cell.
TransitionSystem operator_system(Op op, ScalarType type, const std::vector<Value>& operands) {
    test::SystemBuilder b;
    const ScalarType wide = kLongType;
    const Value lo = std::numeric_limits<Value>::min(), hi = std::numeric_limits<Value>::max();
    const Value least = type.bits < 64 ? smallest_value(type) : lo, most = type.bits < 64 ? largest_value(type) : hi;
    const Address x = b.variable("x", type, least, most), y = b.variable("y", type, least, most),
                  z = b.variable("z", kBoolType, 0, 1);
    const Address result = b.variable("result", wide, lo, hi);
    const std::uint32_t table = b.pool().add_table({"operands", operands});
    const std::uint32_t role = b.role("r", 1, 3);
    test::ProgramBuilder first = b.step(role, 0);
    const Value last = static_cast<Value>(operands.size()) - 1;
    for (Address cell : {x, y}) {
        const std::uint32_t chosen = first.reg(kLongType);
        first.choose(chosen, b.literal(0), b.literal(last));
        first.store(b.literal(cell), b.pool().lookup(table, b.pool().reg(chosen, kLongType), type));
    }
    const std::uint32_t truth = first.reg(kBoolType);
    first.choose(truth, b.literal(0), b.literal(1));
    first.store(b.literal(z), b.pool().reg(truth, kBoolType));
    b.go(first, role, 1);
    test::ProgramBuilder second = b.step(role, 1);
    ExprId a = b.load(x, type), c = b.load(y, type);
    if (op == Op::kSelect)
        second.store(b.literal(result), b.op(op, type, b.load(z, kBoolType), a, c));
    else
        second.store(b.literal(result), b.op(op, type, a, c));
    // The same as a condition, which is compiled in its own way.
    const std::uint32_t branch = second.branch(b.op(Op::kConvert, kBoolType, b.load(result, wide)));
    second.store(b.literal(z), b.literal(1, kBoolType));
    second.at(branch).target = second.here();
    b.go(second, role, 2);
    return std::move(b.system);
}

constexpr Op kBinary[] = {Op::kAdd,        Op::kSubtract,  Op::kMultiply, Op::kDivide,       Op::kRemainder, Op::kShiftLeft,
                          Op::kShiftRight, Op::kBitAnd,    Op::kBitOr,    Op::kBitXor,       Op::kEqual,     Op::kNotEqual,
                          Op::kLess,       Op::kLessEqual, Op::kGreater,  Op::kGreaterEqual, Op::kSelect};
constexpr Op kUnary[] = {Op::kNegate, Op::kBitNot};
constexpr Op kLogical[] = {Op::kAnd, Op::kOr, Op::kImplies, Op::kEqual, Op::kNotEqual};

std::vector<Value> all_values(ScalarType type) {
    std::vector<Value> values;
    for (Value v = smallest_value(type); v <= largest_value(type); ++v) values.push_back(v);
    return values;
}

std::vector<Value> edges(ScalarType type) {
    std::set<Value> values = {0, 1, 2, 3, 7, 31, 32, 63, smallest_value(type), largest_value(type)};
    if (type.is_signed) values.insert({-1, -2, smallest_value(type) + 1});
    values.insert(largest_value(type) - 1);
    if (!type.is_signed && type.bits == 64) values.insert({-1, -2, std::numeric_limits<Value>::min()});
    return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("native code does what bytecode does, way by way, on random systems") {
    if (!has_native_back_end()) return;
    std::size_t states = 0, ways = 0, systems = 0, few = 0;
    for (std::uint64_t seed = 1; seed <= 600; ++seed) {
        CAPTURE(seed);
        const Compared compared = compare(test::random_system(seed), seed % 2 == 0, 300);
        few += compare(test::random_system(seed), seed % 2 == 0, 100, Room::kForFew).states;
        states += compared.states;
        ways += compared.ways;
        systems += compared.states > 0 ? 1 : 0;
    }
    MESSAGE(systems << " systems, " << states << " states, " << ways << " ways");
    CHECK(systems > 150);
    CHECK(few > 1000);
    CHECK(ways > 5000);
}

TEST_CASE("native code agrees with bytecode on every operator") {
    if (!has_native_back_end()) return;
    std::size_t ways = 0;
    auto check = [&ways](Op op, ScalarType type, const std::vector<Value>& operands) {
        CAPTURE(spelling(op));
        CAPTURE(int{type.bits});
        CAPTURE(type.is_signed);
        ways += compare(operator_system(op, type, operands), true, 3000, Room::kForAllValues).ways;
    };
    for (const bool is_signed : {false, true}) {
        const ScalarType small = integer(3, is_signed);
        for (Op op : kBinary) {
            check(op, small, all_values(small));
            for (unsigned bits : {8u, 16u, 32u, 64u}) check(op, integer(bits, is_signed), edges(integer(bits, is_signed)));
        }
        for (Op op : kUnary) {
            check(op, small, all_values(small));
            for (unsigned bits : {8u, 32u, 64u}) check(op, integer(bits, is_signed), edges(integer(bits, is_signed)));
        }
    }
    for (Op op : kLogical) check(op, kBoolType, {0, 1});
    MESSAGE(ways << " ways");
    CHECK(ways > 10000);
}

// A truth value needs a check, too, where its cell has no bit; and a cell that an index can name is not kept back.
TEST_CASE("native code and cells without bits that an index names") {
    if (!has_native_back_end()) return;
    test::SystemBuilder b;
    const Address x = b.variable("x", kBoolType, 0, 1), array = b.variable("array", kBoolType, 0, 1, 0, 2);
    const Address y = b.variable("y", kBoolType, 0, 1);
    REQUIRE(x % 3 == 0);
    const std::uint32_t role = b.role("r", 1, 3);
    test::ProgramBuilder first = b.step(role, 0);
    const std::uint32_t chosen = first.reg(kBoolType);
    first.choose(chosen, b.literal(0), b.literal(1));
    first.store(b.literal(x), b.pool().reg(chosen, kBoolType));
    b.go(first, role, 1);
    test::ProgramBuilder second = b.step(role, 1);
    second.store(b.literal(array), b.load(x, kBoolType));
    const ExprId index = b.pool().add_long(b.literal(array), b.op(Op::kConvert, kLongType, b.load(y, kBoolType)));
    second.store(b.literal(y), b.pool().load(index, kBoolType));
    second.store(b.literal(array), b.literal(0, kBoolType));
    b.go(second, role, 2);
    for (const Room room : {Room::kAsProbed, Room::kForAllValues, Room::kForFew}) {
        CHECK(compare(b.system, false, 100, room).states > 2);
        CHECK(compare(b.system, true, 100, room).states > 2);
    }
}

TEST_CASE("a search by native code answers as one without") {
    if (!has_native_back_end()) return;
    std::size_t native = 0;
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        CAPTURE(seed);
        const TransitionSystem system = test::random_system(seed);
        SearchOptions options;
        options.budget.max_states = 3000;
        options.long_from = 4;
        options.native_from = 0;
        options.jobs = seed % 3 == 0 ? 2 : 1;
        options.parallel_from = 16;
        const SearchReport with = search(system, options);
        options.native_from = Budget::kUnlimited;
        const SearchReport without = search(system, options);
        native += with.native ? 1 : 0;
        CHECK_FALSE(without.native);
        CHECK(with.statistics.states == without.statistics.states);
        CHECK(with.statistics.transitions == without.statistics.transitions);
        CHECK(with.statistics.restarts == without.statistics.restarts);
        CHECK(with.executed_sites == without.executed_sites);
        CHECK(with.assumed_away == without.assumed_away);
        CHECK(with.silently_ended == without.silently_ended);
        CHECK(with.exhausted == without.exhausted);
        CHECK(with.exhausted_site == without.exhausted_site);
        auto same = [](const std::vector<Finding>& a, const std::vector<Finding>& b) {
            REQUIRE(a.size() == b.size());
            for (std::size_t i = 0; i < a.size(); ++i) {
                CHECK(a[i].property == b[i].property);
                CHECK(a[i].steps == b[i].steps);
                REQUIRE(a[i].trace.steps.size() == b[i].trace.steps.size());
                for (std::size_t s = 0; s < a[i].trace.steps.size(); ++s) {
                    CHECK(a[i].trace.steps[s].thread == b[i].trace.steps[s].thread);
                    CHECK(a[i].trace.steps[s].choices == b[i].trace.steps[s].choices);
                }
            }
        };
        same(with.violations, without.violations);
        same(with.covered, without.covered);
    }
    MESSAGE(native << " searches by native code");
    CHECK(native > 60);
}
