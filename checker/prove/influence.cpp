// Backward slicing (M. Weiser, "Program slicing", 1981) over whole steps: a cell that matters makes matter what every write of
// it depends on, which is what the registers that it uses were set from and what the step branches on.
#include "prove/influence.h"

#include <algorithm>
#include <optional>
#include <set>

namespace quire::prove {

namespace {

constexpr std::size_t kMostAddresses = 256;  // that one expression can mean

using CellSet = std::set<Address>;

// One write: where to, and what decides about it.
struct Write {
    CellSet to;
    CellSet by;
};

class Slicer {
public:
    Slicer(const TransitionSystem& system, ExpressionPool& pool) : system_(system), pool_(pool) {}

    void add_step(const Program& program, ThreadNumber thread) {
        enter(program, thread);
        CellSet control;
        for (const Instruction& i : program.code) {
            if (i.kind == InstructionKind::kBranch || i.kind == InstructionKind::kRequire) read(i.value, control);
        }
        for (const Instruction& i : program.code) {
            if (i.kind != InstructionKind::kStore) continue;
            // Who knows nothing of where it writes has to fear that it writes anywhere.
            if (!values_of(pool_.instantiate(i.address, thread, system_.threads[thread].index))) read(i.address, wanted_);
            Write write{meant(i.address), control};
            read(i.address, write.by);
            read(i.value, write.by);
            writes_.push_back(std::move(write));
        }
    }

    void add_property(const Program& program) {
        enter(program, 0);
        for (const Instruction& i : program.code) read_all(i, wanted_);
    }

    std::vector<bool> run() {
        // What a thread can do depends on where it stands.
        for (ThreadNumber t = 1; t < system_.threads.size(); ++t) wanted_.insert(place_of(system_, t));
        for (bool grown = true; grown;) {
            grown = false;
            for (const Write& write : writes_) {
                auto matters = [&](Address a) { return wanted_.count(a) != 0; };
                if (std::none_of(write.to.begin(), write.to.end(), matters)) continue;
                for (Address a : write.by) grown = wanted_.insert(a).second || grown;
            }
        }
        std::vector<bool> out(system_.cell_count(), false);
        for (Address a : wanted_) out[a] = true;
        return out;
    }

private:
    // What each register of the program may have been set from.
    void enter(const Program& program, ThreadNumber thread) {
        thread_ = thread;
        registers_.assign(program.registers.size(), {});
        for (bool grown = true; grown;) {
            grown = false;
            for (const Instruction& i : program.code) {
                if (i.kind != InstructionKind::kSet && i.kind != InstructionKind::kChoose) continue;
                std::size_t before = registers_[i.target].size();
                read(i.value, registers_[i.target]);
                if (i.kind == InstructionKind::kChoose) read(i.value2, registers_[i.target]);
                grown = grown || registers_[i.target].size() != before;
            }
        }
    }

    void read_all(const Instruction& i, CellSet& into) {
        for (ExprId id : {i.address, i.value, i.value2}) read(id, into);
    }

    void read(ExprId id, CellSet& into) {
        if (id.valid()) read_in(pool_.instantiate(id, thread_, system_.threads[thread_].index), into);
    }

    void read_in(ExprId id, CellSet& into) {
        const Expr e = pool_[id];
        if (e.kind == ExprKind::kRegister && e.index < registers_.size()) {
            CellSet from = registers_[e.index];
            into.insert(from.begin(), from.end());
        }
        if (e.kind == ExprKind::kLoad) {
            CellSet cells = meant_in(e.a);
            into.insert(cells.begin(), cells.end());
        }
        for (ExprId operand : {e.a, e.b, e.c}) {
            if (operand.valid()) read_in(operand, into);
        }
    }

    CellSet meant(ExprId address) { return meant_in(pool_.instantiate(address, thread_, system_.threads[thread_].index)); }

    // The cells that an address can be.
    CellSet meant_in(ExprId address) {
        std::optional<std::set<Value>> values = values_of(address);
        CellSet out;
        if (values) {
            for (Value v : *values) {
                if (v >= 0 && static_cast<std::size_t>(v) < system_.cell_count()) out.insert(static_cast<Address>(v));
            }
        } else {
            whole_variables(address, out);
        }
        return out;
    }

    // Nothing: not known.
    std::optional<std::set<Value>> values_of(ExprId id) const {
        Value known = 0;
        if (pool_.known_value(id, known)) return std::set<Value>{known};
        const Expr& e = pool_[id];
        if (e.kind == ExprKind::kLookup) {
            const std::vector<Value>& entries = pool_.table(e.index).entries;
            std::set<Value> all(entries.begin(), entries.end());
            if (all.size() <= kMostAddresses) return all;
        }
        if (e.kind != ExprKind::kOp || e.op != Op::kAdd) return std::nullopt;
        std::optional<std::set<Value>> a = values_of(e.a), b = values_of(e.b);
        if (!a || !b || a->size() * b->size() > kMostAddresses) return std::nullopt;
        std::set<Value> sums;
        for (Value x : *a) {
            for (Value y : *b) sums.insert(x + y);
        }
        return sums;
    }

    // All elements of what the address starts from.
    void whole_variables(ExprId id, CellSet& out) const {
        Value known = 0;
        if (pool_.known_value(id, known)) {
            if (known < 0 || static_cast<std::size_t>(known) >= system_.cell_count()) return;
            const Variable& v = system_.variables[system_.cell_variable[static_cast<std::size_t>(known)]];
            for (Address a = v.base; a < v.base + v.count; ++a) out.insert(a);
            return;
        }
        const Expr& e = pool_[id];
        if (e.kind != ExprKind::kOp || e.op != Op::kAdd) return;
        whole_variables(e.a, out);
        whole_variables(e.b, out);
    }

    const TransitionSystem& system_;
    ExpressionPool& pool_;
    ThreadNumber thread_ = 0;
    std::vector<CellSet> registers_;
    std::vector<Write> writes_;
    CellSet wanted_;
};

}  // namespace

std::vector<bool> influence_on(const TransitionSystem& system, const std::vector<Action>& actions,
                               const std::vector<const Program*>& properties, ExpressionPool& pool) {
    Slicer slicer(system, pool);
    for (const Action& action : actions) {
        const ThreadRole& role = system.roles[system.threads[action.thread].role];
        slicer.add_step(role.locations[action.location].step, action.thread);
    }
    for (const Program* property : properties) slicer.add_property(*property);
    return slicer.run();
}

}  // namespace quire::prove
