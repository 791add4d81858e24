// Locksets by data flow over each thread's locations (after S. Savage et al., "Eraser", 1997, but static), and then an
// induction over all steps.
//
// Claim for a cell c, in every reachable state: c is not 0 iff there is exactly one thread and one address that it holds
// at its location which names c.  It is 0 at the start, where nobody holds anything.  A step keeps the claim if each of its
// writes to c is one of these: not 0 where c was known to be 0 (the thread holds it from now on); 0 where the thread held
// it (it does so no more); what changes nothing about being 0.  Cells with any other write, and cells named by an
// address that the ways to one location disagree about, or whose value is lost, are no locks.
//
// An address that is held is an expression over cells that nobody else writes, and of a pointer that `free` may mark only
// the slot; so a step of another thread does not change what it names.
#include "explore/ownership.h"

#include <algorithm>
#include <deque>
#include <optional>

namespace quire::explore {

ExprId tested_for_zero(const ExpressionPool& pool, const Condition& condition, bool& zero) {
    const Expr e = pool[condition.value];
    if (e.kind == ExprKind::kLoad) {
        zero = !condition.truth;
        return e.a;
    }
    bool compares = e.kind == ExprKind::kOp && (e.op == Op::kEqual || e.op == Op::kNotEqual) &&
                    pool[e.a].kind == ExprKind::kLoad && pool.is_literal(e.b) && pool[e.b].value == 0;
    if (!compares) return {};
    zero = (e.op == Op::kEqual) == condition.truth;
    return pool[e.a].a;
}

namespace {

using Held = std::vector<ExprId>;  // sorted

class OwnerFinder {
public:
    OwnerFinder(const TransitionSystem& system, ExpressionPool& pool, CellSets& sets, const Steps& steps)
        : system_(system),
          pool_(pool),
          sets_(sets),
          steps_(steps),
          excluded_(system.cell_count(), 0),
          acquired_(system.cell_count(), 0) {}

    Ownership run();

private:
    void flow(ThreadNumber thread);
    void arrive(LocationNumber at, const Held& held);
    Held transfer(const StepPath& path, const Held& before);
    void store(const StepPath& path, std::size_t number, Held& held, std::vector<std::pair<ExprId, bool>>& zero);
    ExprId at_exit(const StepPath& path, ExprId address);
    void leave_inexact(const StepInfo& info, const Held& held);
    bool stable(ExprId address);
    bool only_slot_of(ExprId id, ExprId atom) const;
    ExprId replace(ExprId id, ExprId from, ExprId to);
    void exclude(const CellSet& cells);
    void exclude(ExprId address) { exclude(sets_.cells(address, {})); }
    bool concerns(ExprId address, const StepPath& path);

    const TransitionSystem& system_;
    ExpressionPool& pool_;
    CellSets& sets_;
    const Steps& steps_;
    std::vector<char> excluded_, acquired_;  // by cell
    // of the present thread
    ThreadNumber thread_ = 0;
    std::vector<std::optional<Held>> held_;
    std::deque<LocationNumber> open_;
};

void OwnerFinder::exclude(const CellSet& cells) {
    if (cells.all) excluded_.assign(excluded_.size(), 1);
    for (Address a : cells.cells) excluded_[a] = 1;
}

// Whether the address can name a cell that may be a lock.
bool OwnerFinder::concerns(ExprId address, const StepPath& path) {
    if (pool_.is_literal(address)) {
        auto cell = static_cast<std::size_t>(pool_[address].value);
        return excluded_[cell] == 0 && steps_.own[cell] == 0;
    }
    CellSet cells = sets_.cells(address, path.conditions);
    return cells.all || std::any_of(cells.cells.begin(), cells.cells.end(),
                                    [this](Address a) { return excluded_[a] == 0 && steps_.own[a] == 0; });
}

bool OwnerFinder::only_slot_of(ExprId id, ExprId atom) const {
    if (id == atom) return false;
    const Expr& e = pool_[id];
    if (e.kind == ExprKind::kOp && e.op == Op::kPointerSlot && e.a == atom) return true;
    for (ExprId part : {e.a, e.b, e.c}) {
        if (part.valid() && !only_slot_of(part, atom)) return false;
    }
    return true;
}

// Other threads' steps do not change what it names.
bool OwnerFinder::stable(ExprId address) {
    if (pool_.is_literal(address)) return true;
    ExprId atom = sets_.atom(address);
    if (!atom.valid() || pool_[atom].kind != ExprKind::kLoad) return false;
    auto cell = static_cast<std::size_t>(pool_[pool_[atom].a].value);
    if (steps_.own[cell] != thread_) return false;
    return steps_.marked[cell] == 0 || only_slot_of(address, atom);
}

ExprId OwnerFinder::replace(ExprId id, ExprId from, ExprId to) {
    if (id == from) return to;
    const Expr e = pool_[id];
    ExprId a = e.a.valid() ? replace(e.a, from, to) : e.a;
    ExprId b = e.b.valid() ? replace(e.b, from, to) : e.b;
    ExprId c = e.c.valid() ? replace(e.c, from, to) : e.c;
    if (a == e.a && b == e.b && c == e.c) return id;
    if (e.kind == ExprKind::kLookup) return pool_.lookup(e.index, a, e.type);
    if (e.kind == ExprKind::kLoad) return pool_.load(a, e.type, e.index != 0);
    return pool_.op(e.op, e.type, a, b, c);
}

// The address in terms of the cells after the step; invalid if that is not known.
ExprId OwnerFinder::at_exit(const StepPath& path, ExprId address) {
    if (pool_.is_literal(address)) return address;
    ExprId atom = sets_.atom(address);
    if (!atom.valid()) return {};
    std::vector<std::pair<Address, ExprId>> values;  // of cells written directly, at the end
    for (const StoreRecord& s : path.stores) {
        if (!pool_.is_literal(s.address)) continue;
        auto cell = static_cast<Address>(pool_[s.address].value);
        std::erase_if(values, [cell](const auto& v) { return v.first == cell; });
        values.emplace_back(cell, s.value);
    }
    auto changed = [&](Address cell) {
        for (const auto& [written, value] : values) {
            if (written == cell) return true;
        }
        for (const StoreRecord& s : path.stores) {
            if (!pool_.is_literal(s.address) && sets_.cells(s.address, path.conditions).has(cell)) return true;
        }
        return false;
    };
    if (pool_[atom].kind == ExprKind::kLoad && !changed(static_cast<Address>(pool_[pool_[atom].a].value))) return address;
    for (const auto& [cell, value] : values) {
        if (value != atom || steps_.own[cell] != thread_) continue;
        bool blurred = false;
        for (const StoreRecord& s : path.stores) {
            if (!pool_.is_literal(s.address) && sets_.cells(s.address, path.conditions).has(cell)) blurred = true;
        }
        if (blurred) continue;
        const ScalarType& type = system_.variables[system_.cell_variable[cell]].type;
        if (!(type == pool_[atom].type)) continue;
        return replace(address, atom, pool_.load(pool_.literal(static_cast<Value>(cell), kLongType), type));
    }
    return {};
}

void OwnerFinder::store(const StepPath& path, std::size_t number, Held& held, std::vector<std::pair<ExprId, bool>>& zero) {
    const StoreRecord& s = path.stores[number];
    if (!concerns(s.address, path)) return;
    CellSet cells = sets_.cells(s.address, path.conditions);
    // Two addresses that may be one: what is known of one is not known of the other.
    for (std::size_t k = 0; k < number; ++k) {
        const StoreRecord& earlier = path.stores[k];
        if (earlier.address == s.address) continue;
        CellSet other = sets_.cells(earlier.address, path.conditions);
        if (other.meets(cells)) {
            exclude(cells);
            exclude(other);
        }
    }
    auto mine = std::find(held.begin(), held.end(), s.address);
    auto known = std::find_if(zero.begin(), zero.end(), [&](const auto& z) { return z.first == s.address; });
    bool was_zero = known != zero.end() && known->second;
    bool was_not_zero = mine != held.end() || (known != zero.end() && !known->second);
    bool literal = pool_.is_literal(s.value);
    bool writes_zero = literal && pool_[s.value].value == 0;
    if (literal && !writes_zero && was_zero) {
        for (Address a : cells.cells) acquired_[a] = 1;
        held.push_back(s.address);
    } else if (writes_zero && mine != held.end()) {
        held.erase(mine);
    } else if (!literal || (writes_zero ? !was_zero : !was_not_zero)) {
        exclude(cells);
        std::erase(held, s.address);
    }
    std::erase_if(zero, [&](const auto& z) { return z.first == s.address; });
    if (literal) zero.emplace_back(s.address, writes_zero);
}

Held OwnerFinder::transfer(const StepPath& path, const Held& before) {
    std::vector<std::pair<ExprId, bool>> zero;  // addresses whose cell is known to be 0, or not to be
    for (const Condition& condition : path.conditions) {
        bool is_zero = false;
        ExprId address = tested_for_zero(pool_, condition, is_zero);
        if (address.valid()) zero.emplace_back(address, is_zero);
    }
    Held held = before;
    for (std::size_t k = 0; k < path.stores.size(); ++k) store(path, k, held, zero);
    for (const CellRange& range : path.marks) {
        for (Address a = range.base; a < range.base + range.count; ++a) excluded_[a] = 1;
    }
    Held after;
    for (ExprId address : held) {
        ExprId now = at_exit(path, address);
        if (now.valid() && stable(now) && steps_.moved_by_others[thread_] == 0) {
            after.push_back(now);
        } else {
            exclude(address);
        }
    }
    std::sort(after.begin(), after.end());
    return after;
}

void OwnerFinder::arrive(LocationNumber at, const Held& held) {
    std::optional<Held>& there = held_[at];
    if (!there) {
        there = held;
        open_.push_back(at);
        return;
    }
    Held common, differing;
    std::set_intersection(there->begin(), there->end(), held.begin(), held.end(), std::back_inserter(common));
    std::set_symmetric_difference(there->begin(), there->end(), held.begin(), held.end(), std::back_inserter(differing));
    for (ExprId address : differing) exclude(address);
    if (common == *there) return;
    there = common;
    open_.push_back(at);
}

void OwnerFinder::leave_inexact(const StepInfo& info, const Held& held) {
    for (ExprId address : held) exclude(address);
    for (const StepPath& path : info.paths) {
        for (const StoreRecord& s : path.stores) exclude(s.address);
        for (const CellRange& range : path.marks) {
            for (Address a = range.base; a < range.base + range.count; ++a) excluded_[a] = 1;
        }
    }
}

void OwnerFinder::flow(ThreadNumber thread) {
    thread_ = thread;
    const ThreadRole& role = system_.roles[system_.threads[thread].role];
    held_.assign(role.locations.size(), std::nullopt);
    arrive(role.start, {});
    // Whoever is moved by others can stand anywhere.
    for (LocationNumber l = 0; steps_.moved_by_others[thread] != 0 && l < role.locations.size(); ++l) arrive(l, {});
    while (!open_.empty()) {
        LocationNumber l = open_.front();
        open_.pop_front();
        const Steps::OfLocation& step = steps_.of[thread][l];
        const Held before = *held_[l];
        if (!step.info.exact) {
            leave_inexact(step.info, before);
            for (LocationNumber next : step.next) {
                if (next != kNone) arrive(next, {});
            }
            continue;
        }
        for (std::size_t k = 0; k < step.info.paths.size(); ++k) {
            const StepPath& path = step.info.paths[k];
            if (path.end != PathEnd::kStep || path.ends_run) continue;
            arrive(step.next[k], transfer(path, before));
        }
    }
}

Ownership OwnerFinder::run() {
    Ownership result;
    result.held.resize(system_.threads.size());
    for (Address a = 0; a < system_.cell_count(); ++a) {
        bool starts_free = steps_.start[a] == 0 && steps_.start_writes[a] == 0 && steps_.own[a] == 0;
        if (!starts_free) excluded_[a] = 1;
    }
    for (ThreadNumber t = 1; t < system_.threads.size(); ++t) {
        flow(t);
        for (const std::optional<Held>& held : held_) result.held[t].push_back(held.value_or(Held{}));
    }
    result.lock_of.assign(system_.cell_count(), kNone);
    for (Address a = 0; a < system_.cell_count(); ++a) {
        bool lock = acquired_[a] != 0 && excluded_[a] == 0 && result.locks < Ownership::kMostLocks;
        if (lock) result.lock_of[a] = result.locks++;
    }
    return result;
}

}  // namespace

Ownership find_owners(const TransitionSystem& system, ExpressionPool& pool, CellSets& sets, const Steps& steps) {
    return OwnerFinder(system, pool, sets, steps).run();
}

}  // namespace quire::explore
