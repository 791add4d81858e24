// Footprints by symbolic execution of every step of every thread, joined over the locations that can still be reached.
//
// A thread's own cells, those that no other thread writes, may have one value at a location; then addresses that depend
// on them are known.  That no other thread writes them is assumed first and checked with the footprints that come of it;
// where it is wrong, everything is done again without.  (By induction over the steps of a run: the first step that broke
// the assumption would be one whose footprint was found while it still held.)
//
// The order of what follows: steps -> own cells -> locks (ownership.cpp) -> bits -> tables.
#include "explore/dependence.h"

#include <algorithm>
#include <deque>
#include <map>

#include "explore/ownership.h"
#include "system/execute.h"

namespace quire::explore {

namespace {

constexpr std::size_t kMostThreads = 63;
constexpr std::uint64_t kMostWork = 4'000'000;  // instructions looked at
constexpr int kMostRounds = 6;
constexpr std::uint32_t kMostBits = 1024;
constexpr std::size_t kMostStartStates = 64;

using Words = std::vector<std::uint64_t>;

// Every end of the step comes right after a store, as lowered code has it: of the next location.
bool moves_before_finish(const Program& program) {
    for (std::size_t n = 0; n < program.code.size(); ++n) {
        if (program.code[n].kind != InstructionKind::kFinish) continue;
        if (n == 0 || program.code[n - 1].kind != InstructionKind::kStore) return false;
    }
    return true;
}

class Builder {
public:
    Builder(const TransitionSystem& system, std::span<const PropertyNumber> properties)
        : system_(system),
          properties_(properties),
          pool_(system.pool),
          sets_(system, pool_),
          paths_(system, pool_, sets_),
          out_(std::make_unique<Dependence>()) {}

    std::unique_ptr<const Dependence> run(std::string& why_not);

private:
    struct Sets {
        Words reads, writes, guards;
    };
    using Future = std::map<std::uint64_t, std::pair<Words, Words>>;  // by gates: reads, writes

    const ThreadRole& role_of(ThreadNumber t) const { return system_.roles[system_.threads[t].role]; }
    Address location_cell(ThreadNumber t) const {
        return system_.variables[role_of(t).location_variable].base + system_.threads[t].index;
    }
    bool run_start();
    void find_start_writes();
    void assume_own();
    bool walk_steps();
    void walk_thread(ThreadNumber t);
    void leave(ThreadNumber t, LocationNumber l, std::vector<KnownCells>& at, std::vector<char>& reached,
               std::deque<LocationNumber>& open);
    bool check_own();
    template <class Visit>
    void each_access(const StepPath& path, const Visit& visit);
    void choose_bits();
    void make_tables();
    void make_present(ThreadNumber t, LocationNumber l);
    void add_access(const StepPath& path, const Access& access, Sets& direct, std::map<Address, std::map<Value, Sets>>& by_value);
    void make_held(ThreadNumber t, LocationNumber l);
    Future local_future(ThreadNumber t, LocationNumber l);
    std::vector<ExprId> gates_of(ThreadNumber t, LocationNumber l, const StepPath& path, std::uint32_t known);
    void add_future(const StepPath& path, const Access& access, const std::vector<ExprId>& gates, Future& into);
    void make_futures(ThreadNumber t);
    void find_sticky(ThreadNumber t);
    std::uint64_t lock_bit(Value cell) const;
    std::uint32_t store(const Words& words);
    FootprintSets store(const Sets& sets);
    Words empty() const { return Words(out_->set_words, 0); }
    Sets empty_sets() const { return {empty(), empty(), empty()}; }
    void add(Address a, Words& set) const {
        std::uint32_t bit = out_->bit_of[a];
        if (bit != kNone) set[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    void add(const CellSet& cells, Words& set) const;
    void add(const Access& access, PathEnd end, Address cell, Sets& sets) const;

    const TransitionSystem& system_;
    std::span<const PropertyNumber> properties_;
    ExpressionPool pool_;
    CellSets sets_;
    StepPaths paths_;
    Steps steps_;
    Ownership owners_;
    std::unique_ptr<Dependence> out_;
    std::map<Words, std::uint32_t> stored_;
};

// ------------------------------------------------------------------------------------------------------------ steps

// What all start states agree on, as long as there are few.
bool Builder::run_start() {
    ChoiceTape tape;
    bool first = true;
    std::size_t ways = 0;
    do {
        if (++ways > kMostStartStates) return false;
        std::vector<Value> state = system_.initial;
        Outcome outcome = execute(system_, system_.start, state, system_.initial, 0, tape);
        if (outcome.kind == OutcomeKind::kTooLong) return false;
        if (outcome.kind != OutcomeKind::kDone) continue;
        if (first) steps_.start = state;
        first = false;
        for (Address a = 0; a < state.size(); ++a) {
            if (state[a] != steps_.start[a]) steps_.start_writes[a] = 1;
        }
    } while (tape.next());
    return true;
}

void Builder::find_start_writes() {
    steps_.start_writes.assign(system_.cell_count(), 0);
    steps_.start = system_.initial;
    if (run_start()) return;
    steps_.start = system_.initial;
    steps_.start_writes.assign(system_.cell_count(), 0);
    StepInfo start = paths_.summary(system_.start, 0);
    for (const StepPath& path : start.paths) {
        each_access(path, [&](const Access& access, const CellSet& cells) {
            if (!access.write) return;
            if (cells.all) steps_.start_writes.assign(system_.cell_count(), 1);
            for (Address a : cells.cells) steps_.start_writes[a] = 1;
        });
    }
}

// Of an access and of marks, which are both.
template <class Visit>
void Builder::each_access(const StepPath& path, const Visit& visit) {
    for (const Access& access : path.accesses) {
        visit(access, sets_.cells(access.address, std::span(path.conditions).first(access.known)));
    }
    for (const CellRange& range : path.marks) {
        CellSet cells;
        for (Address a = range.base; a < range.base + range.count; ++a) cells.cells.push_back(a);
        for (bool write : {false, true}) visit(Access{{}, write, 0}, cells);
    }
}

void Builder::assume_own() {
    steps_.own.assign(system_.cell_count(), 0);
    steps_.marked.assign(system_.cell_count(), 0);
    steps_.moved_by_others.assign(system_.threads.size(), 0);
    for (const Variable& v : system_.variables) {
        if (v.role == kNone || (v.kind != VariableKind::kLocal && v.kind != VariableKind::kLocation)) continue;
        for (std::uint32_t i = 0; i < v.count; ++i) steps_.own[v.base + i] = system_.roles[v.role].first_thread + i;
    }
    for (const ThreadRole& role : system_.roles) {
        for (const Location& location : role.locations) {
            for (const Instruction& i : location.step.code) {
                bool marks = i.kind == InstructionKind::kMarkCells || i.kind == InstructionKind::kClearCells ||
                             i.kind == InstructionKind::kMarkMembers;
                for (Address a = i.base; marks && a < i.base + i.count; ++a) steps_.marked[a] = 1;
            }
        }
    }
}

// What is known where the steps of a location lead.
void Builder::leave(ThreadNumber t, LocationNumber l, std::vector<KnownCells>& at, std::vector<char>& reached,
                    std::deque<LocationNumber>& open) {
    Steps::OfLocation& step = steps_.of[t][l];
    step.next.clear();
    const Address location = location_cell(t);
    const auto locations = static_cast<Value>(role_of(t).locations.size());
    auto arrive = [&](LocationNumber next, const KnownCells& known) {
        if (reached[next] == 0) {
            reached[next] = 1;
            at[next] = known;
            open.push_back(next);
        } else if (at[next].meet(known)) {
            open.push_back(next);
        }
    };
    for (const StepPath& path : step.info.paths) {
        if (path.end != PathEnd::kStep || path.ends_run) {
            if (step.info.exact) step.next.push_back(kNone);
            continue;
        }
        KnownCells known = at[l];
        std::vector<LocationNumber> to;
        if (step.info.exact) to.push_back(l);
        bool anywhere = false;
        for (const StoreRecord& s : path.stores) {
            if (!pool_.is_literal(s.address)) {
                CellSet cells = sets_.cells(s.address, path.conditions);
                if (cells.all) known.forget_all();
                for (Address a : cells.cells) known.forget(a);
                anywhere = anywhere || cells.has(location);
                continue;
            }
            auto cell = static_cast<Address>(pool_[s.address].value);
            bool literal = pool_.is_literal(s.value);
            if (cell == location) {
                bool inside = literal && pool_[s.value].value >= 0 && pool_[s.value].value < locations;
                anywhere = anywhere || !inside;
                if (step.info.exact) to.clear();
                if (inside) to.push_back(static_cast<LocationNumber>(pool_[s.value].value));
            }
            bool tracked = literal && step.info.exact && steps_.own[cell] == t && steps_.marked[cell] == 0;
            if (tracked)
                known.set(cell, pool_[s.value].value);
            else
                known.forget(cell);
        }
        if (!step.info.exact && (to.empty() || !moves_before_finish(role_of(t).locations[l].step))) to.push_back(l);
        if (anywhere) {  // never of code that was lowered
            step.info.exact = false;
            to.clear();
            for (LocationNumber n = 0; n < role_of(t).locations.size(); ++n) to.push_back(n);
        }
        for (LocationNumber next : to) {
            step.next.push_back(next);
            arrive(next, known);
        }
    }
}

void Builder::walk_thread(ThreadNumber t) {
    const ThreadRole& role = role_of(t);
    std::vector<KnownCells> at(role.locations.size(), KnownCells(system_.cell_count()));
    std::vector<char> reached(role.locations.size(), 0);
    std::deque<LocationNumber> open{role.start};
    reached[role.start] = 1;
    steps_.of[t].assign(role.locations.size(), {});
    bool moved = steps_.moved_by_others[t] != 0;
    for (Address a = 0; !moved && a < system_.cell_count(); ++a) {
        bool is_own = steps_.own[a] == t && steps_.marked[a] == 0 && steps_.start_writes[a] == 0;
        if (is_own) at[role.start].set(a, steps_.start[a]);
    }
    for (LocationNumber l = 0; moved && l < role.locations.size(); ++l) {
        if (reached[l] == 0) open.push_back(l);
        reached[l] = 1;
    }
    while (!open.empty() && paths_.work() < kMostWork) {
        LocationNumber l = open.front();
        open.pop_front();
        steps_.of[t][l].info = paths_.of(role.locations[l].step, t, at[l]);
        leave(t, l, at, reached, open);
    }
}

// Whether all assumptions about own cells hold; those that do not are given up.
bool Builder::check_own() {
    bool good = true;
    for (ThreadNumber t = 1; t < system_.threads.size(); ++t) {
        for (const Steps::OfLocation& step : steps_.of[t]) {
            for (const StepPath& path : step.info.paths) {
                for (const Access& access : path.accesses) {
                    if (!access.write) continue;
                    CellSet cells = sets_.cells(access.address, std::span(path.conditions).first(access.known));
                    if (cells.all) {
                        cells.cells.clear();
                        for (Address a = 0; a < system_.cell_count(); ++a) cells.cells.push_back(a);
                    }
                    for (Address a : cells.cells) {
                        ThreadNumber owner = steps_.own[a];
                        if (owner == 0 || owner == t) continue;
                        good = false;
                        steps_.own[a] = 0;
                        if (a == location_cell(owner)) steps_.moved_by_others[owner] = 1;
                    }
                }
            }
        }
    }
    return good;
}

bool Builder::walk_steps() {
    for (int round = 0; round < kMostRounds; ++round) {
        steps_.of.assign(system_.threads.size(), {});
        for (ThreadNumber t = 1; t < system_.threads.size(); ++t) walk_thread(t);
        if (paths_.work() >= kMostWork) return false;
        if (check_own()) return true;
    }
    return false;
}

// ------------------------------------------------------------------------------------------------------------- bits

void Builder::choose_bits() {
    std::vector<std::uint64_t> readers(system_.cell_count(), 0), writers(system_.cell_count(), 0);
    std::vector<char> of_property(system_.cell_count(), 0);
    auto note = [&](const CellSet& cells, const auto& mark) {
        if (!cells.all) std::for_each(cells.cells.begin(), cells.cells.end(), mark);
        for (Address a = 0; cells.all && a < system_.cell_count(); ++a) mark(a);
    };
    for (ThreadNumber t = 1; t < system_.threads.size(); ++t) {
        const std::uint64_t bit = std::uint64_t{1} << (t - 1);
        readers[location_cell(t)] |= bit;
        for (const Steps::OfLocation& step : steps_.of[t]) {
            for (const StepPath& path : step.info.paths) {
                each_access(path, [&](const Access& access, const CellSet& cells) {
                    note(cells, [&](Address a) { (access.write ? writers : readers)[a] |= bit; });
                });
            }
        }
    }
    for (PropertyNumber p : properties_) {
        for (const StepPath& path : paths_.summary(system_.properties[p].condition, 0).paths) {
            each_access(path, [&](const Access&, const CellSet& cells) { note(cells, [&](Address a) { of_property[a] = 1; }); });
        }
    }
    out_->bit_of.assign(system_.cell_count(), kNone);
    for (Address a = 0; a < system_.cell_count(); ++a) {
        std::uint64_t all = readers[a] | writers[a];
        bool shared = (all & (all - 1)) != 0 || of_property[a] != 0;
        if (writers[a] != 0 && shared) out_->bit_of[a] = out_->bits++;
    }
    out_->set_words = std::max<std::uint32_t>(1, (out_->bits + 63) / 64);
}

void Builder::add(const CellSet& cells, Words& set) const {
    for (Address a : cells.cells) add(a, set);
    for (std::uint32_t bit = 0; cells.all && bit < out_->bits; ++bit) set[bit / 64] |= std::uint64_t{1} << (bit % 64);
}

std::uint32_t Builder::store(const Words& words) {
    auto [place, added] = stored_.try_emplace(words, static_cast<std::uint32_t>(out_->words.size()));
    if (added) out_->words.insert(out_->words.end(), words.begin(), words.end());
    return place->second;
}

FootprintSets Builder::store(const Sets& sets) { return {store(sets.reads), store(sets.writes), store(sets.guards)}; }

std::uint64_t Builder::lock_bit(Value cell) const {
    if (cell < 0 || static_cast<std::size_t>(cell) >= system_.cell_count()) return 0;
    std::uint32_t lock = owners_.lock_of[static_cast<std::size_t>(cell)];
    return lock == kNone ? 0 : std::uint64_t{1} << lock;
}

// ---------------------------------------------------------------------------------------------------------- present

void Builder::add(const Access& access, PathEnd end, Address cell, Sets& sets) const {
    if (end == PathEnd::kBlocked) {
        if (!access.write) add(cell, sets.guards);
    } else {
        add(cell, access.write ? sets.writes : sets.reads);
    }
}

void Builder::add_access(const StepPath& path, const Access& access, Sets& direct,
                         std::map<Address, std::map<Value, Sets>>& by_value) {
    auto known = std::span(path.conditions).first(access.known);
    ExprId atom = sets_.atom(access.address);
    if (atom.valid() && pool_[atom].kind == ExprKind::kLoad) {
        if (auto values = sets_.atom_values(atom, known)) {
            auto& sets = by_value[static_cast<Address>(pool_[pool_[atom].a].value)];
            for (Value v : *values) {
                std::optional<Value> cell = sets_.value(access.address, atom, v);
                bool inside = cell && *cell >= 0 && static_cast<std::size_t>(*cell) < system_.cell_count();
                if (!inside) continue;
                auto place = sets.try_emplace(v, empty_sets()).first;
                add(access, path.end, static_cast<Address>(*cell), place->second);
            }
            return;
        }
    }
    CellSet cells = sets_.cells(access.address, known);
    if (cells.all) {
        for (Address a = 0; a < system_.cell_count(); ++a) add(access, path.end, a, direct);
    }
    for (Address a : cells.cells) add(access, path.end, a, direct);
}

void Builder::make_present(ThreadNumber t, LocationNumber l) {
    LocationTable& table = out_->of[t][l];
    const StepInfo& info = steps_.of[t][l].info;
    table.has_step = info.has_step;
    table.can_block = info.can_block;
    Sets direct = empty_sets();
    std::map<Address, std::map<Value, Sets>> by_value;
    for (const StepPath& path : info.paths) {
        for (const Access& access : path.accesses) add_access(path, access, direct, by_value);
        for (const CellRange& range : path.marks) {
            for (Address a = range.base; a < range.base + range.count; ++a) {
                for (bool write : {false, true}) add(Access{{}, write, 0}, path.end, a, direct);
            }
        }
    }
    // Where the thread stands is read by its step; and who is somewhere else is waiting for whoever can move it.
    add(location_cell(t), direct.reads);
    add(location_cell(t), direct.guards);
    table.direct = store(direct);
    for (auto& [cell, sets] : by_value) {
        FootprintByValue item;
        item.cell = cell;
        item.lo = sets.empty() ? 0 : sets.begin()->first;
        Sets all = empty_sets();
        for (const auto& [value, of_value] : sets) {
            while (item.lo + static_cast<Value>(item.sets.size()) < value) item.sets.push_back(store(empty_sets()));
            item.sets.push_back(store(of_value));
            for (std::uint32_t w = 0; w < out_->set_words; ++w) {
                all.reads[w] |= of_value.reads[w];
                all.writes[w] |= of_value.writes[w];
                all.guards[w] |= of_value.guards[w];
            }
        }
        item.otherwise = store(all);
        if (all.reads != empty() || all.writes != empty() || all.guards != empty()) table.by_value.push_back(std::move(item));
    }
}

void Builder::make_held(ThreadNumber t, LocationNumber l) {
    for (ExprId address : owners_.held[t][l]) {
        HeldLock held;
        ExprId atom = sets_.atom(address);
        auto lock_at = [&](std::optional<Value> cell) {
            bool inside = cell && *cell >= 0 && static_cast<std::size_t>(*cell) < system_.cell_count();
            return inside ? owners_.lock_of[static_cast<std::size_t>(*cell)] : kNone;
        };
        if (pool_.is_literal(address)) {
            held.locks = {lock_at(pool_[address].value)};
        } else {
            auto values = sets_.atom_values(atom, {});
            if (!values || values->empty()) continue;  // then nobody is known to hold its cells, which is safe
            held.cell = static_cast<Address>(pool_[pool_[atom].a].value);
            held.lo = values->front();
            for (Value v : *values) held.locks.push_back(lock_at(sets_.value(address, atom, v)));
        }
        bool any = std::any_of(held.locks.begin(), held.locks.end(), [](std::uint32_t lock) { return lock != kNone; });
        if (any) out_->of[t][l].held.push_back(std::move(held));
    }
}

// ----------------------------------------------------------------------------------------------------------- future

// Addresses whose lock no other thread can hold when the path is taken: the thread holds it, or finds it free.
std::vector<ExprId> Builder::gates_of(ThreadNumber t, LocationNumber l, const StepPath& path, std::uint32_t known) {
    std::vector<ExprId> gates = owners_.held[t][l];
    for (std::uint32_t k = 0; k < known; ++k) {
        bool zero = false;
        ExprId address = tested_for_zero(pool_, path.conditions[k], zero);
        if (address.valid() && zero) gates.push_back(address);
    }
    return gates;
}

void Builder::add_future(const StepPath& path, const Access& access, const std::vector<ExprId>& gates, Future& into) {
    auto known = std::span(path.conditions).first(access.known);
    std::uint64_t always = 0;
    for (ExprId gate : gates) {
        if (pool_.is_literal(gate)) always |= lock_bit(pool_[gate].value);
    }
    auto put = [&](std::uint64_t mask, const auto& cells) {
        auto place = into.try_emplace(mask, empty(), empty()).first;
        add(cells, access.write ? place->second.second : place->second.first);
    };
    ExprId atom = sets_.atom(access.address);
    auto values = atom.valid() ? sets_.atom_values(atom, known) : std::nullopt;
    if (!values) return put(always, sets_.cells(access.address, known));
    for (Value v : *values) {
        std::optional<Value> cell = sets_.value(access.address, atom, v);
        bool inside = cell && *cell >= 0 && static_cast<std::size_t>(*cell) < system_.cell_count();
        if (!inside) continue;
        std::uint64_t mask = always;
        for (ExprId gate : gates) {
            if (pool_.is_literal(gate) || sets_.atom(gate) != atom) continue;
            if (std::optional<Value> lock = sets_.value(gate, atom, v)) mask |= lock_bit(*lock);
        }
        put(mask, static_cast<Address>(*cell));
    }
}

Builder::Future Builder::local_future(ThreadNumber t, LocationNumber l) {
    Future future;
    for (const StepPath& path : steps_.of[t][l].info.paths) {
        if (path.end == PathEnd::kBlocked) continue;
        for (const Access& access : path.accesses) {
            add_future(path, access, gates_of(t, l, path, access.known), future);
        }
        std::uint64_t always = 0;
        for (ExprId gate : gates_of(t, l, path, 0)) {
            if (pool_.is_literal(gate)) always |= lock_bit(pool_[gate].value);
        }
        for (const CellRange& range : path.marks) {
            auto place = future.try_emplace(always, empty(), empty()).first;
            for (Address a = range.base; a < range.base + range.count; ++a) {
                add(a, place->second.first);
                add(a, place->second.second);
            }
        }
    }
    return future;
}

void Builder::make_futures(ThreadNumber t) {
    const std::size_t locations = out_->of[t].size();
    std::vector<Future> local(locations);
    for (LocationNumber l = 0; l < locations; ++l) local[l] = local_future(t, l);
    for (LocationNumber l = 0; l < locations; ++l) {
        std::vector<char> seen(locations, 0);
        std::vector<LocationNumber> open{l};
        if (steps_.moved_by_others[t] != 0) {
            for (LocationNumber n = 0; n < locations; ++n) open.push_back(n);
        }
        Future all;
        LocationTable& table = out_->of[t][l];
        while (!open.empty()) {
            LocationNumber at = open.back();
            open.pop_back();
            if (seen[at] != 0) continue;
            seen[at] = 1;
            for (const auto& [gates, sets] : local[at]) {
                auto place = all.try_emplace(gates, empty(), empty()).first;
                for (std::uint32_t w = 0; w < out_->set_words; ++w) {
                    place->second.first[w] |= sets.first[w];
                    place->second.second[w] |= sets.second[w];
                }
            }
            const Steps::OfLocation& step = steps_.of[t][at];
            table.future_covers.insert(table.future_covers.end(), step.info.covers.begin(), step.info.covers.end());
            for (LocationNumber next : step.next) {
                if (next != kNone) open.push_back(next);
            }
        }
        std::sort(table.future_covers.begin(), table.future_covers.end());
        table.future_covers.erase(std::unique(table.future_covers.begin(), table.future_covers.end()), table.future_covers.end());
        for (const auto& [gates, sets] : all) {
            if (sets.first == empty() && sets.second == empty()) continue;
            table.future.push_back({gates, store(sets.first), store(sets.second)});
        }
    }
}

// Steps without which there is no cycle of states: those back to a location on the way (of a depth-first search), and
// those that move another thread.
void Builder::find_sticky(ThreadNumber t) {
    enum : char { kUnseen, kOpen, kDone };
    const std::size_t locations = out_->of[t].size();
    std::vector<char> state(locations, kUnseen);
    for (LocationNumber root = 0; root < locations; ++root) {
        if (state[root] != kUnseen) continue;
        std::vector<std::pair<LocationNumber, std::size_t>> way{{root, 0}};
        state[root] = kOpen;
        while (!way.empty()) {
            auto& [at, tried] = way.back();
            const std::vector<LocationNumber>& next = steps_.of[t][at].next;
            if (tried == next.size()) {
                state[at] = kDone;
                way.pop_back();
                continue;
            }
            LocationNumber to = next[tried++];
            if (to == kNone) continue;
            if (state[to] == kOpen) out_->of[t][at].sticky = true;
            if (state[to] != kUnseen) continue;
            state[to] = kOpen;
            way.emplace_back(to, 0);
        }
    }
    for (LocationNumber l = 0; l < locations; ++l) {
        for (const StepPath& path : steps_.of[t][l].info.paths) {
            each_access(path, [&](const Access& access, const CellSet& cells) {
                if (!access.write) return;
                for (ThreadNumber other = 1; other < system_.threads.size(); ++other) {
                    if (other != t && cells.has(location_cell(other))) out_->of[t][l].sticky = true;
                }
            });
        }
    }
}

void Builder::make_tables() {
    const std::size_t threads = system_.threads.size();
    out_->locks = owners_.locks;
    out_->of.resize(threads);
    out_->location_cell.assign(threads, 0);
    out_->property_reads.assign(system_.properties.size(), store(empty()));
    for (PropertyNumber p : properties_) {
        Words reads = empty();
        for (const StepPath& path : paths_.summary(system_.properties[p].condition, 0).paths) {
            each_access(path, [&](const Access&, const CellSet& cells) { add(cells, reads); });
        }
        out_->property_reads[p] = store(reads);
    }
    for (ThreadNumber t = 1; t < threads; ++t) {
        out_->location_cell[t] = location_cell(t);
        out_->has_daemons = out_->has_daemons || role_of(t).daemon;
        out_->of[t].resize(role_of(t).locations.size());
        for (LocationNumber l = 0; l < out_->of[t].size(); ++l) {
            make_present(t, l);
            make_held(t, l);
        }
        make_futures(t);
        find_sticky(t);
    }
}

std::unique_ptr<const Dependence> Builder::run(std::string& why_not) {
    if (system_.threads.size() < 3 || system_.threads.size() > kMostThreads + 1) {
        why_not = system_.threads.size() < 3 ? "there is only one thread" : "there are more than 63 threads";
        return nullptr;
    }
    find_start_writes();
    assume_own();
    for (ThreadNumber t = 1; t < system_.threads.size(); ++t) {
        Address location = location_cell(t);
        bool elsewhere = steps_.start[location] != static_cast<Value>(role_of(t).start);
        if (steps_.start_writes[location] != 0 || elsewhere) steps_.moved_by_others[t] = 1;
    }
    if (!walk_steps()) {
        why_not = "the steps are too many to be analysed";
        return nullptr;
    }
    owners_ = find_owners(system_, pool_, sets_, steps_);
    choose_bits();
    if (out_->bits > kMostBits) {
        why_not = "too many cells are shared";
        return nullptr;
    }
    make_tables();
    return std::move(out_);
}

}  // namespace

std::unique_ptr<const Dependence> find_dependence(const TransitionSystem& system, std::span<const PropertyNumber> properties,
                                                  std::string& why_not) {
    return Builder(system, properties).run(why_not);
}

}  // namespace quire::explore
