// Symbolic execution by replaying decisions: where a condition is not decided by what is known on the way, or a value has
// to be known (an address, what goes into a local), the way forks, and the program is run again for each side.  What is
// shared and unbounded stays a term; what is the thread's own is always a value.
#include "prove/counting_step.h"

#include <algorithm>

#include "prove/counting_property.h"

namespace quire::prove {

namespace {

constexpr std::size_t kMostWays = 4096;       // through one step
constexpr std::uint32_t kMostOfWay = 20'000;  // on one way

struct Decisions {
    struct Entry {
        std::size_t taken = 0, count = 0;
    };
    std::vector<Entry> entries;
    std::size_t position = 0;

    std::size_t take(std::size_t count) {
        if (position == entries.size()) entries.push_back({0, count});
        return entries[position++].taken;
    }
    bool next() {
        entries.resize(std::min(entries.size(), position));
        while (!entries.empty() && entries.back().taken + 1 == entries.back().count) entries.pop_back();
        if (entries.empty()) return false;
        ++entries.back().taken;
        position = 0;
        return true;
    }
};

// The way ends here.
struct WayEnds {
    Way::End end = Way::End::kBlocked;
};

class StepRun final : public CountingEvaluator {
public:
    StepRun(Extraction& extraction, ThreadNumber thread, const LocalState& state, Decisions& decisions, Ways& ways,
            std::set<Failure>& failures)
        : CountingEvaluator(extraction, thread), state_(state), decisions_(decisions), ways_(ways), failures_(failures) {
        way_.after = state;
    }

    Way run(const Program& program) {
        registers_.assign(program.registers.size(), terms_.number(0));
        try {
            execute(program);
            gather_stores();
        } catch (const WayEnds& ends) {
            way_.end = ends.end;
        }
        way_.guard = path();
        return std::move(way_);
    }

private:
    void execute(const Program& program);
    void store(const Instruction& i);
    void mark(const Instruction& i, bool mark);
    void become_owner(Address cell, Value owner);
    Value marked(Value pointer, Value object, std::uint32_t table, bool mark) const;

    NodeId path() { return terms_.all(path_); }

    NodeId load(Address cell, bool before_step) override {
        if (before_step) refuse("the state before a step");
        ThreadCells::Place place = x_.cells.of(cell);
        if (place.thread == thread_ && thread_ != 0) return terms_.number(way_.after.slots[place.slot]);
        if (place.thread != 0) {
            if (thread_ == 0) return start_value(cell);
            auto stored = stored_elsewhere_.find({place.thread, place.slot});
            if (stored != stored_elsewhere_.end()) return stored->second;
            refuse_if_changed(place);
            if (x_.is_only(place.thread)) return in_path(x_.others_slot(system_.threads[place.thread].role, place.slot));
            const ThreadRole& role = system_.roles[system_.threads[place.thread].role];
            if (role.dormant && !x_.cells.slots(system_.threads[place.thread].role)[place.slot].is_row)
                refuse("one of several '" + role.name + "' is started by others");
            return x_.foreign_slot(place.thread, place.slot);
        }
        auto written = way_.written.find(cell);
        if (written != way_.written.end()) return written->second;
        if (thread_ == 0) return start_value(cell);
        if (x_.cells.is_owned(cell)) return owner(cell);
        return in_path(x_.global(cell));
    }

    NodeId start_value(Address cell) {
        auto written = way_.written.find(cell);
        return written != way_.written.end() ? written->second : terms_.number(system_.initial[cell]);
    }

    void refuse_if_changed(ThreadCells::Place place) const {
        for (const OthersChange& change : way_.others) {
            if (change.role == system_.threads[place.thread].role && change.slot_of_role == place.slot)
                refuse("a step looks at what it has changed in other threads");
        }
    }

    // What was stored in each other thread is the same for all of a role: a number, or the same term over what is the thread's own.
    void gather_stores() {
        struct Stored {
            ThreadNumber model = 0;
            std::vector<NodeId> values;
        };
        std::map<std::pair<std::uint32_t, std::uint32_t>, Stored> by_slot;
        for (const auto& [where, value] : stored_elsewhere_) {
            Stored& stored = by_slot[{system_.threads[where.first].role, where.second}];
            if (stored.values.empty()) stored.model = where.first;
            stored.values.push_back(of_model(value, where.first, stored.model));
        }
        for (const auto& [slot, stored] : by_slot) {
            const std::vector<NodeId>& values = stored.values;
            std::uint32_t others = system_.roles[slot.first].count - (system_.threads[thread_].role == slot.first ? 1 : 0);
            bool same = std::count(values.begin(), values.end(), values[0]) == static_cast<std::ptrdiff_t>(values.size());
            if (values.size() != others || !same) refuse("a thread writes what is another thread's own");
            std::optional<Value> known = terms_.known(values[0]);
            way_.others.push_back({slot.second, slot.first, known.value_or(0), kNone, known ? kNone : values[0], stored.model});
        }
    }

    // The same term, of another thread's slots.
    NodeId of_model(NodeId value, ThreadNumber thread, ThreadNumber model) {
        return terms_.replace(value, [&](VariableNumber v) -> std::optional<NodeId> {
            auto found = x_.foreign.find(v);
            if (found == x_.foreign.end() || found->second.thread_or_role != thread) return std::nullopt;
            return x_.foreign_slot(model, found->second.slot);
        });
    }

    // Only slots of that thread are in it.
    bool is_of(NodeId value, ThreadNumber thread) {
        for (VariableNumber v : terms_.variables_of(value)) {
            auto found = x_.foreign.find(v);
            if (found == x_.foreign.end() || found->second.thread_or_role != thread) return false;
        }
        return true;
    }

    // Whether it names this thread, nobody, or somebody else.
    NodeId owner(Address cell) {
        std::uint32_t slot = x_.cells.owned_slot(system_.threads[thread_].role, cell);
        if (way_.after.slots[slot] != 0) return terms_.number(thread_);
        bool nobody = decide(terms_.equal(x_.global(cell), terms_.number(0)));
        return terms_.number(nobody ? 0 : kOtherThread);
    }

    NodeId pointwise(const std::vector<NodeId>& operands, const Pointwise& operation) override {
        std::vector<Value> values;
        for (NodeId one : operands) values.push_back(value_of(one));
        return operation(values);
    }

    void fails_unless(NodeId condition, PropertyNumber property) override {
        if (property != kNone && !system_.properties[property].enabled) {
            drop_unless(condition);
            return;
        }
        must(condition, system_.properties[property].name, property);
    }

    void leaves_unless(NodeId condition, const std::string& what) override { must(condition, what, kNone); }

    void must(NodeId condition, const std::string& what, PropertyNumber property) {
        condition = close(in_path(condition));
        if (terms_.is_true(condition)) return;
        NodeId fails = terms_.both(path(), terms_.negation(condition));
        if (!terms_.is_false(fails)) failures_.insert({fails, what, property, site_});
        if (!terms_.is_false(fails)) ways_.moves.push_back(fails);
        assume(condition, Way::End::kBlocked);
    }

    void drop_unless(NodeId condition) {
        condition = close(in_path(condition));
        if (terms_.is_true(condition)) return;
        ways_.moves.push_back(terms_.both(path(), terms_.negation(condition)));
        assume(condition, Way::End::kBlocked);
    }

    void assume(NodeId condition, Way::End otherwise) {
        if (terms_.is_true(condition)) return;
        if (terms_.is_false(condition)) throw WayEnds{otherwise};
        path_.push_back(condition);
        learn(condition);
        if (terms_.is_false(path())) throw WayEnds{otherwise};
    }

    // Other threads may be looked at only all together.
    NodeId close(NodeId formula) { return close_over_others(x_, formula, thread_, site_); }

    // What is known on the way.
    void learn(NodeId literal) {
        const Node n = terms_[literal];
        if (n.kind == NodeKind::kAnd) {
            for (NodeId kid : n.kids) learn(kid);
        }
        if (n.kind != NodeKind::kIsZero) return;
        const Node t = terms_[n.kids[0]];
        if (t.sum.size() != 1 || terms_[t.sum[0].first].kind != NodeKind::kVariable) return;
        if (t.sum[0].second == 1) known_[terms_[t.sum[0].first].variable] = -t.constant;
    }

    NodeId in_path(NodeId id) {
        if (known_.empty()) return id;
        return terms_.replace(id, [&](VariableNumber v) {
            auto found = known_.find(v);
            return found == known_.end() ? std::nullopt : std::optional<NodeId>(terms_.number(found->second));
        });
    }

    bool decide(NodeId condition) {
        condition = close(in_path(condition));
        if (terms_.is_true(condition)) return true;
        if (terms_.is_false(condition)) return false;
        for (NodeId literal : path_) {
            if (literal == condition) return true;
            if (literal == terms_.negation(condition)) return false;
        }
        bool holds = decisions_.take(2) == 0;
        assume(holds ? condition : terms_.negation(condition), Way::End::kBlocked);
        return holds;
    }

    Value value_of(NodeId term) {
        for (;;) {
            term = in_path(term);
            if (std::optional<Value> known = terms_.known(term)) return *known;
            const Node first = terms_[terms_[term].sum[0].first];
            if (first.kind == NodeKind::kIf) {
                NodeId condition = first.kids[0];
                NodeId atom = terms_.choose(condition, first.kids[1], first.kids[2]);
                Value factor = terms_[term].sum[0].second;
                NodeId rest = terms_.subtract(term, terms_.scale(atom, factor));
                term = terms_.add(rest, terms_.scale(decide(condition) ? first.kids[1] : first.kids[2], factor));
                continue;
            }
            std::optional<std::vector<Value>> values =
                x_.foreign.count(first.variable) != 0 ? std::nullopt : x_.values_of(first.variable);
            if (!values) refuse("what is used here depends on a number without bound: " + name_of(first.variable));
            if (x_.others.count(first.variable) != 0) {
                known_[first.variable] = of_only_thread(x_.others.at(first.variable), *values);
                continue;
            }
            Value value = (*values)[decisions_.take(values->size())];
            assume(terms_.equal(terms_.variable(first.variable), terms_.number(value)), Way::End::kBlocked);
            known_[first.variable] = value;
        }
    }

    Value of_only_thread(const Extraction::ThreadSlot& what, const std::vector<Value>& values) {
        for (Value value : values) {
            if (decide(x_.only_has(what.thread_or_role, what.slot, value))) return value;
        }
        throw WayEnds{Way::End::kBlocked};
    }

    std::string name_of(VariableNumber v) const {
        return x_.out.variables[v].kind == CountingVariable::Kind::kInternal ? "what other threads have of their own"
                                                                             : "'" + x_.out.variables[v].name + "'";
    }

    const LocalState& state_;
    Decisions& decisions_;
    Ways& ways_;
    std::set<Failure>& failures_;
    Way way_;
    std::vector<NodeId> path_;
    std::map<VariableNumber, Value> known_;
    std::map<std::pair<ThreadNumber, std::uint32_t>, NodeId> stored_elsewhere_;
};

void StepRun::execute(const Program& program) {
    std::size_t position = 0;
    for (std::uint32_t count = 0;; ++count) {
        if (count == kMostOfWay) refuse("a loop without a fixed end");
        const Instruction& i = program.code[position++];
        if (i.site != kNone) site_ = i.site;
        switch (i.kind) {
            case InstructionKind::kStore: store(i); break;
            case InstructionKind::kSet: registers_[i.target] = in_path(evaluate(i.value)); break;
            case InstructionKind::kBranch:
                if (!decide(nonzero(evaluate(i.value)))) position = i.target;
                break;
            case InstructionKind::kJump: position = i.target; break;
            case InstructionKind::kRequire: assume(close(in_path(nonzero(evaluate(i.value)))), Way::End::kBlocked); break;
            case InstructionKind::kCheck:
                must(nonzero(evaluate(i.value)), system_.properties[i.property].name, i.property);
                break;
            case InstructionKind::kDrop: {
                NodeId goes_on = nonzero(evaluate(i.value));
                if (i.drop == DropKind::kExhausted) {
                    must(goes_on, "a pool, list or role is too small", kNone);
                } else {
                    drop_unless(goes_on);
                }
                break;
            }
            case InstructionKind::kChoose: {
                Value lo = value_of(evaluate(i.value));
                Value hi = value_of(evaluate(i.value2));
                if (lo > hi) throw WayEnds{Way::End::kBlocked};
                if (hi - lo >= static_cast<Value>(kMostCases)) refuse("a choice among very many");
                registers_[i.target] =
                    terms_.number(lo + static_cast<Value>(decisions_.take(static_cast<std::size_t>(hi - lo + 1))));
                break;
            }
            case InstructionKind::kMarkCells: mark(i, true); break;
            case InstructionKind::kClearCells: mark(i, false); break;
            case InstructionKind::kMarkRegister:
            case InstructionKind::kClearRegister: {
                Value object = value_of(evaluate(i.value));
                Value pointer = value_of(registers_[i.target]);
                registers_[i.target] = terms_.number(marked(pointer, object, i.table, i.kind == InstructionKind::kMarkRegister));
                break;
            }
            case InstructionKind::kMarkMembers: refuse("a set of pointers");
            case InstructionKind::kNote:
                if (way_.site == kNone && i.note != NoteKind::kStatement) way_.site = i.site;
                break;
            case InstructionKind::kLoopHead:
            case InstructionKind::kCover: break;
            case InstructionKind::kFinish: return;
        }
    }
}

void StepRun::store(const Instruction& i) {
    auto cell = static_cast<Address>(value_of(evaluate(i.address)));
    NodeId value = in_path(evaluate(i.value));
    ThreadCells::Place place = x_.cells.of(cell);
    if (place.thread != 0 && place.thread == thread_) {
        Value own = value_of(value);
        if (own == kOtherThread) refuse("a thread keeps the name of another one");
        way_.after.slots[place.slot] = own;
        return;
    }
    if (place.thread != 0 && thread_ != 0) {
        // All of a role together, as when an object's ledger is cleared: see gather_stores.
        refuse_if_changed(place);
        const bool own = !x_.is_only(place.thread) && is_of(value, place.thread);
        stored_elsewhere_[{place.thread, place.slot}] = own ? value : terms_.number(value_of(value));
        return;
    }
    if (x_.cells.is_owned(cell)) {
        become_owner(cell, value_of(value));
        return;
    }
    if (x_.knowledge.cells[cell].split && thread_ != 0) {
        // Whatever it is, it must be made of bits when it is taken apart.
        way_.written[cell] = value;
        return;
    }
    way_.written[cell] = close_term_over_others(x_, value, thread_, site_);
}

// The cell forgets whom it named; `owner` is this thread or nobody.
void StepRun::become_owner(Address cell, Value owner) {
    if (thread_ == 0) {
        if (owner != 0) refuse("a thread is named before threads run");
        way_.written[cell] = terms_.number(0);
        return;
    }
    if (owner != 0 && owner != static_cast<Value>(thread_)) refuse("one thread names another one");
    std::uint32_t role = system_.threads[thread_].role;
    bool was_own = way_.after.slots[x_.cells.owned_slot(role, cell)] != 0;
    way_.after.slots[x_.cells.owned_slot(role, cell)] = owner != 0 ? 1 : 0;
    way_.written[cell] = terms_.number(owner != 0 ? 1 : 0);
    if (was_own) return;
    for (std::uint32_t r = 0; r < system_.roles.size(); ++r) {
        way_.others.push_back({x_.cells.owned_slot(r, cell), r, 0, kNone});
    }
}

Value StepRun::marked(Value pointer, Value object, std::uint32_t table, bool mark) const {
    const std::vector<Value>& owner = system_.pool.table(table).entries;
    Value slot = pointer >> 1;
    if (object == 0 || slot < 0 || static_cast<std::size_t>(slot) >= owner.size()) return pointer;
    if (owner[static_cast<std::size_t>(slot)] != object) return pointer;
    return mark ? pointer | 1 : pointer & ~Value{1};
}

void StepRun::mark(const Instruction& i, bool mark) {
    Value object = value_of(evaluate(i.value));
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::set<ThreadNumber>> touched;
    for (Address a = i.base; a < i.base + i.count; ++a) {
        ThreadCells::Place place = x_.cells.of(a);
        if (place.thread == 0) {
            NodeId before = load(a, false);
            std::optional<Value> plain = terms_.known(before);
            Value pointer = plain ? *plain : value_of(before);
            Value after = marked(pointer, object, i.table, mark);
            if (after != pointer) way_.written[a] = terms_.number(after);
        } else if (place.thread == thread_) {
            Value& own = way_.after.slots[place.slot];
            own = marked(own, object, i.table, mark);
        } else if (thread_ != 0) {
            touched[{system_.threads[place.thread].role, place.slot}].insert(place.thread);
        }
    }
    for (const auto& [slot, threads] : touched) {
        for (ThreadNumber t : threads) {
            if (stored_elsewhere_.count({t, slot.second}) != 0) refuse("a step changes other threads twice");
        }
        std::uint32_t others = system_.roles[slot.first].count - (system_.threads[thread_].role == slot.first ? 1 : 0);
        if (!mark || threads.size() != others) refuse("a thread changes what is another thread's own");
        way_.others.push_back({slot.second, slot.first, object, i.table});
    }
}

}  // namespace

LocalState changed(Extraction& extraction, const std::vector<OthersChange>& changes, const LocalState& before) {
    const TransitionSystem& system = extraction.system;
    CountingTerms& terms = extraction.terms();
    LocalState state = before;
    for (const OthersChange& change : changes) {
        if (change.role != state.role) continue;
        Value& slot = state.slots[change.slot_of_role];
        if (change.value != kNone) {
            NodeId value = terms.replace(change.value, [&](VariableNumber v) -> std::optional<NodeId> {
                return terms.number(before.slots[extraction.foreign.at(v).slot]);
            });
            slot = terms.known(value).value();
            continue;
        }
        if (change.table == kNone) {
            slot = change.object;
            continue;
        }
        const std::vector<Value>& owner = system.pool.table(change.table).entries;
        Value place = slot >> 1;
        if (change.object == 0 || place < 0 || static_cast<std::size_t>(place) >= owner.size()) continue;
        if (owner[static_cast<std::size_t>(place)] == change.object) slot |= 1;
    }
    return state;
}

Ways ways_through(Extraction& extraction, const Program& program, ThreadNumber thread, const LocalState& state) {
    Ways out;
    Decisions decisions;
    std::set<Failure> failures;
    std::size_t count = 0;
    do {
        if (++count > kMostWays) throw Refusal{"a step with very many ways through it", kNone, {}};
        Way way = StepRun(extraction, thread, state, decisions, out, failures).run(program);
        if (way.end == Way::End::kBlocked || extraction.terms().is_false(way.guard)) continue;
        out.moves.push_back(way.guard);
        out.ways.push_back(std::move(way));
    } while (decisions.next());
    out.failures.assign(failures.begin(), failures.end());
    std::sort(out.moves.begin(), out.moves.end());
    out.moves.erase(std::unique(out.moves.begin(), out.moves.end()), out.moves.end());
    return out;
}

}  // namespace quire::prove
