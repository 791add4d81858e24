// Interval analysis (Cousot and Cousot, 1977), flow-insensitive: one interval per register, grown until nothing changes,
// widened to the whole type after a few rounds.  What a load can see is the union of the ranges of the cells of its type
// within the interval of its address.
//
// Invariant: a register's interval holds 0 and the value of every assignment to it.
#include "ir/ranges.h"

#include <algorithm>

#include "ir/analysis.h"

namespace quire::ir {

namespace {

struct Interval {
    Value lo = 0;
    Value hi = 0;
};

constexpr int kRounds = 6;
constexpr Value kLimit = Value{1} << 40;  // beyond it intervals are not computed with

Interval whole(const ScalarType& type) {
    if (type.kind == ScalarKind::kBool) return {0, 1};
    return {smallest_value(type), largest_value(type)};
}

bool small(const Interval& i) { return i.lo > -kLimit && i.hi < kLimit; }

class Ranges {
public:
    Ranges(FlowGraph& graph, const TransitionSystem& system) : graph_(graph), system_(system) {
        for (const VirtualRegister& r : graph.registers) {
            declared_.push_back({r.lo, r.hi});
            // Others write these: parameters of dormant threads.
            bool fixed = r.cell_variable != kNone;
            found_.push_back(fixed ? Interval{r.lo, r.hi} : Interval{});
        }
    }

    void run() {
        std::vector<std::uint32_t> order = reachable_nodes(graph_);
        bool changed = true;
        for (int round = 0; changed; ++round) {
            changed = false;
            for (std::uint32_t n : order) changed = visit(graph_.nodes[n], round >= kRounds) || changed;
        }
        for (std::size_t r = 0; r < found_.size(); ++r) {
            graph_.registers[r].lo = std::max(found_[r].lo, declared_[r].lo);
            graph_.registers[r].hi = std::min(found_[r].hi, declared_[r].hi);
        }
    }

private:
    bool visit(const Node& node, bool widen) {
        Interval value;
        switch (node.kind) {
            case NodeKind::kSet: value = of(node.value); break;
            case NodeKind::kRead: value = loaded(node.address, graph_.registers[node.target].type); break;
            case NodeKind::kChoice: value = {of(node.value).lo, of(node.value2).hi}; break;
            default: return false;
        }
        const ScalarType& type = graph_.registers[node.target].type;
        if (type.kind == ScalarKind::kPointer) value = whole_register(node.target);  // marks come and go
        Interval& known = found_[node.target];
        Interval most = whole_register(node.target);
        value = {std::max(value.lo, most.lo), std::min(value.hi, most.hi)};
        if (value.lo >= known.lo && value.hi <= known.hi) return false;
        if (widen) value = most;
        known.lo = std::min(known.lo, value.lo);
        known.hi = std::max(known.hi, value.hi);
        return true;
    }

    Interval whole_register(std::uint32_t r) const {
        return {std::min(declared_[r].lo, Value{0}), std::max(declared_[r].hi, Value{0})};
    }

    Interval loaded(ExprId address, const ScalarType& type) {
        Interval at = of(address);
        if (at.lo < 0 || at.hi >= static_cast<Value>(system_.cell_variable.size()) || at.hi - at.lo > 4096) return whole(type);
        Interval seen{0, 0};
        bool any = false;
        for (Value a = at.lo; a <= at.hi; ++a) {
            const Variable& v = system_.variables[system_.cell_variable[static_cast<std::size_t>(a)]];
            if (!(v.type == type)) continue;
            seen = any ? Interval{std::min(seen.lo, v.lo), std::max(seen.hi, v.hi)} : Interval{v.lo, v.hi};
            any = true;
        }
        return any ? seen : whole(type);
    }

    Interval of(ExprId id) {
        const Expr& e = system_.pool[id];
        switch (e.kind) {
            case ExprKind::kLiteral:
            case ExprKind::kConstant: return {e.value, e.value};
            case ExprKind::kSelf: return {0, static_cast<Value>(system_.threads.size()) - 1};
            case ExprKind::kSelfIndex: return self_index();
            case ExprKind::kRegister: return found_[e.index];
            case ExprKind::kLoad: return loaded(e.a, e.type);
            case ExprKind::kLookup: return looked_up(e);
            case ExprKind::kOp: return operation(e);
        }
        return whole(e.type);
    }

    Interval self_index() const {
        Value most = 0;
        for (const Thread& thread : system_.threads) most = std::max<Value>(most, thread.index);
        return {0, most};
    }

    Interval looked_up(const Expr& e) {
        const std::vector<Value>& entries = system_.pool.table(e.index).entries;
        Interval at = of(e.a);
        Value last = static_cast<Value>(entries.size()) - 1;
        at = {std::clamp<Value>(at.lo, 0, last), std::clamp<Value>(at.hi, 0, last)};
        Interval seen{entries[static_cast<std::size_t>(at.lo)], entries[static_cast<std::size_t>(at.lo)]};
        for (Value i = at.lo; i <= at.hi; ++i) {
            Value entry = entries[static_cast<std::size_t>(i)];
            seen = {std::min(seen.lo, entry), std::max(seen.hi, entry)};
        }
        return seen;
    }

    Interval operation(const Expr& e) {
        if (e.op >= Op::kEqual && e.op <= Op::kGreaterEqual) return {0, 1};
        if (e.op >= Op::kNot && e.op <= Op::kImplies) return {0, 1};
        if (e.op == Op::kPointerMark) return {0, 1};
        Interval all = whole(e.type);
        Interval a = of(e.a);
        Interval b = e.b.valid() ? of(e.b) : Interval{};
        if (e.op == Op::kSelect) {
            Interval c = of(e.c);
            return {std::min(b.lo, c.lo), std::max(b.hi, c.hi)};
        }
        if (!small(a) || !small(b)) return all;
        Interval r = all;
        switch (e.op) {
            case Op::kAdd: r = {a.lo + b.lo, a.hi + b.hi}; break;
            case Op::kSubtract: r = {a.lo - b.hi, a.hi - b.lo}; break;
            case Op::kMultiply: {
                if (std::max(std::abs(a.lo), std::abs(a.hi)) > (1 << 20) || std::max(std::abs(b.lo), std::abs(b.hi)) > (1 << 20))
                    return all;
                auto [least, most] = std::minmax({a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi});
                r = {least, most};
                break;
            }
            case Op::kConvert: r = e.type.kind == ScalarKind::kBool ? Interval{0, 1} : a; break;
            case Op::kPointerSlot: return {a.lo >> 1, a.hi >> 1};
            case Op::kMakePointer: return {a.lo * 2, a.hi * 2 + 1};
            case Op::kBitAnd:
                if (b.lo >= 0)
                    r = {0, b.hi};
                else if (a.lo >= 0)
                    r = {0, a.hi};
                break;
            default: return all;
        }
        // Outside its type a signed operation faults and an unsigned one wraps: then anything may come.
        if (e.type.kind == ScalarKind::kInteger && (r.lo < all.lo || r.hi > all.hi)) return all;
        return r;
    }

    FlowGraph& graph_;
    const TransitionSystem& system_;
    std::vector<Interval> declared_;
    std::vector<Interval> found_;
};

}  // namespace

void infer_ranges(FlowGraph& graph, const TransitionSystem& system) { Ranges(graph, system).run(); }

}  // namespace quire::ir
