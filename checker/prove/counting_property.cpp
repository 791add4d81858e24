// The lowering writes `forall`, `exists`, `count` and the total of a ledger out, thread by thread.  Here they are put
// together again: a conjunction that says the same of each thread of a role (up to the thread) says it of every local
// state that some thread is in; a sum of the same term of each thread is the sum over local states, times how many are in
// each.  What does not say the same of all of them is refused.  The instance has so many threads of each role without a
// fixed number that one, some and all of them differ.
//
// Programs of properties are run once, with both sides of a branch put together where they meet again (at the branch's
// nearest postdominator), so that what was a conjunction comes out as one.
#include "prove/counting_property.h"

#include <algorithm>

namespace quire::prove {

namespace {

constexpr std::size_t kMostOfProperty = 50'000;  // of one evaluation
constexpr std::size_t kMostParts = 1'000;        // of one conjunction

class PropertyRun final : public CountingEvaluator {
public:
    PropertyRun(Extraction& extraction, const Program& program, ThreadNumber thread, const LocalState* before, const Way* way)
        : CountingEvaluator(extraction, thread), program_(program), before_(before), way_(way) {
        find_meetings();
    }

    NodeId run() {
        registers_.assign(program_.registers.size(), terms_.number(0));
        run_to(0, exit());
        return terms_.both(ok_, nonzero(registers_[0]));
    }

private:
    std::size_t exit() const { return program_.code.size(); }

    std::vector<std::size_t> next(std::size_t position) const {
        const Instruction& i = program_.code[position];
        if (i.kind == InstructionKind::kFinish) return {exit()};
        if (i.kind == InstructionKind::kJump) return {i.target};
        if (i.kind == InstructionKind::kBranch) return {position + 1, i.target};
        return {position + 1};
    }

    // The nearest postdominator of each instruction (K. Cooper, T. Harvey, K. Kennedy, "A simple, fast dominance algorithm",
    // 2001, on the reversed graph).
    void find_meetings() {
        std::size_t n = program_.code.size();
        std::vector<std::size_t> order;  // postorder of the reversed graph, exit last
        std::vector<std::vector<std::size_t>> before(n + 1);
        for (std::size_t p = 0; p < n; ++p) {
            for (std::size_t q : next(p)) before[q].push_back(p);
        }
        std::vector<char> seen(n + 1, 0);
        std::vector<std::pair<std::size_t, std::size_t>> stack{{exit(), 0}};
        seen[exit()] = 1;
        while (!stack.empty()) {
            auto& [at, done] = stack.back();
            if (done < before[at].size()) {
                std::size_t p = before[at][done++];
                if (seen[p] == 0) {
                    seen[p] = 1;
                    stack.emplace_back(p, 0);
                }
                continue;
            }
            order.push_back(at);
            stack.pop_back();
        }
        std::vector<std::size_t> rank(n + 1, SIZE_MAX);
        for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
        meeting_.assign(n + 1, SIZE_MAX);
        meeting_[exit()] = exit();
        auto common = [&](std::size_t a, std::size_t b) {
            while (a != b) {
                while (rank[a] < rank[b]) a = meeting_[a];
                while (rank[b] < rank[a]) b = meeting_[b];
            }
            return a;
        };
        for (bool changed = true; changed;) {
            changed = false;
            for (std::size_t i = order.size(); i-- > 0;) {
                std::size_t p = order[i];
                if (p == exit()) continue;
                std::size_t best = SIZE_MAX;
                for (std::size_t q : next(p)) {
                    if (rank[q] == SIZE_MAX || meeting_[q] == SIZE_MAX) continue;
                    best = best == SIZE_MAX ? q : common(best, q);
                }
                if (best != meeting_[p]) {
                    meeting_[p] = best;
                    changed = true;
                }
            }
        }
    }

    void run_to(std::size_t position, std::size_t end) {
        while (position != end) {
            if (position == exit() || ++performed_ > kMostOfProperty) refuse("a loop without a fixed end");
            const Instruction& i = program_.code[position];
            if (i.site != kNone) site_ = i.site;
            switch (i.kind) {
                case InstructionKind::kSet: registers_[i.target] = evaluate(i.value); break;
                case InstructionKind::kCheck: ok_ = terms_.both(ok_, nonzero(evaluate(i.value))); break;
                case InstructionKind::kJump: position = i.target; continue;
                case InstructionKind::kFinish: position = exit(); continue;
                case InstructionKind::kBranch: position = branch(position, i); continue;
                case InstructionKind::kLoopHead:
                case InstructionKind::kCover:
                case InstructionKind::kNote: break;
                case InstructionKind::kStore:
                case InstructionKind::kRequire:
                case InstructionKind::kDrop:
                case InstructionKind::kChoose:
                case InstructionKind::kMarkCells:
                case InstructionKind::kClearCells:
                case InstructionKind::kMarkRegister:
                case InstructionKind::kClearRegister:
                case InstructionKind::kMarkMembers: refuse("a property that is computed in an unusual way");
            }
            ++position;
        }
    }

    std::size_t branch(std::size_t position, const Instruction& i) {
        NodeId condition = nonzero(evaluate(i.value));
        if (terms_.is_true(condition)) return position + 1;
        if (terms_.is_false(condition)) return i.target;
        std::size_t meeting = meeting_[position];
        if (meeting == SIZE_MAX) refuse("a loop without a fixed end");
        std::vector<NodeId> registers = registers_;
        NodeId ok = ok_;
        ok_ = 1;
        run_to(position + 1, meeting);
        std::swap(registers_, registers);
        NodeId ok_then = ok_;
        ok_ = 1;
        run_to(i.target, meeting);
        for (std::size_t r = 0; r < registers_.size(); ++r) registers_[r] = terms_.choose(condition, registers[r], registers_[r]);
        ok_ = terms_.both(ok, terms_.if_then(condition, ok_then, ok_));
        return meeting;
    }

    NodeId load(Address cell, bool before_step) override {
        ThreadCells::Place place = x_.cells.of(cell);
        bool after = way_ != nullptr && !before_step;
        if (place.thread != 0 && place.thread == thread_) {
            return terms_.number(after ? way_->after.slots[place.slot] : before_->slots[place.slot]);
        }
        if (place.thread != 0) {
            if (after) {
                std::uint32_t role = system_.threads[place.thread].role;
                for (const OthersChange& change : way_->others) {
                    if (change.role == role && change.slot_of_role == place.slot)
                        refuse("a step property about what a step changes in other threads");
                }
            }
            return x_.foreign_slot(place.thread, place.slot);
        }
        if (x_.cells.is_owned(cell)) {
            if (way_ != nullptr) refuse("a step property about a cell that names a thread");
            return x_.owner_of(cell);
        }
        if (after) {
            auto written = way_->written.find(cell);
            if (written != way_->written.end()) return written->second;
        }
        return x_.global(cell);
    }

    NodeId pointwise(const std::vector<NodeId>& operands, const Pointwise& operation) override {
        std::vector<Value> values(operands.size(), 0);
        return pointwise_from(0, operands, values, operation);
    }

    NodeId pointwise_from(std::size_t n, const std::vector<NodeId>& operands, std::vector<Value>& values,
                          const Pointwise& operation) {
        if (n == operands.size()) return operation(values);
        std::optional<std::vector<Extraction::Case>> cases = x_.cases_of(operands[n]);
        if (!cases) refuse("a property that depends on a number without bound in an unusual way");
        NodeId result = 0;
        bool first = true;
        for (const Extraction::Case& one : *cases) {
            values[n] = one.value;
            NodeId here = pointwise_from(n + 1, operands, values, operation);
            result = first ? here : terms_.choose(one.condition, here, result);
            first = false;
        }
        return first ? terms_.number(0) : result;
    }

    void fails_unless(NodeId condition, PropertyNumber) override { ok_ = terms_.both(ok_, condition); }
    void leaves_unless(NodeId condition, const std::string& what) override {
        if (!terms_.is_true(condition)) refuse("a property in which " + what);
    }

    const Program& program_;
    const LocalState* before_;
    const Way* way_;
    NodeId ok_ = 1;  // no check failed
    std::vector<std::size_t> meeting_;
    std::size_t performed_ = 0;
};

// Replaces what is said of single threads.
class Closure {
public:
    Closure(Extraction& extraction, ThreadNumber self, std::uint32_t site)
        : x_(extraction), terms_(extraction.out.terms), self_(self), site_(site) {}

    NodeId formula(NodeId id) {
        std::vector<ThreadNumber> threads = mentioned(id);
        if (threads.empty()) return id;
        if (threads.size() == 1 && alone(threads[0])) return of_each({{threads[0]}, {id}});
        const Node n = terms_[id];
        switch (n.kind) {
            case NodeKind::kNot: return terms_.negation(formula(n.kids[0]));
            case NodeKind::kOr: return terms_.negation(formula(terms_.negation(id)));
            case NodeKind::kAnd: return conjunction(n.kids);
            case NodeKind::kIsZero: return terms_.equal(term(n.kids[0]), terms_.number(0));
            case NodeKind::kAtMostZero: return terms_.at_most(term(n.kids[0]), terms_.number(0));
            case NodeKind::kTerm:
            case NodeKind::kVariable:
            case NodeKind::kIf:
            case NodeKind::kTrue:
            case NodeKind::kFalse: break;
        }
        refuse();
    }

    NodeId term(NodeId id) {
        const Node n = terms_[id];
        NodeId out = terms_.number(n.constant);
        std::map<std::pair<std::uint32_t, std::pair<NodeId, Value>>, std::vector<ThreadNumber>> groups;
        for (const auto& [atom, factor] : n.sum) {
            std::vector<ThreadNumber> threads = mentioned(atom);
            const Node a = terms_[atom];
            NodeId plain =
                a.kind == NodeKind::kVariable ? terms_.variable(a.variable) : terms_.choose(a.kids[0], a.kids[1], a.kids[2]);
            if (threads.empty()) {
                out = terms_.add(out, terms_.scale(plain, factor));
                continue;
            }
            if (threads.size() > 1) refuse();
            std::uint32_t role = x_.system.threads[threads[0]].role;
            groups[{role, {renamed(plain, {threads[0]}, {first_of(role)}), factor}}].push_back(threads[0]);
        }
        for (const auto& [what, threads] : groups) {
            if (threads.size() != others_of(what.first)) refuse();
            out = terms_.add(out, terms_.scale(sum_over(what.first, what.second.first), what.second.second));
        }
        return out;
    }

private:
    struct Group {
        std::vector<ThreadNumber> threads;
        std::vector<NodeId> formulas;
    };

    [[noreturn]] void refuse() const {
        throw Refusal{"what is said here of single threads is not the same for all of them", site_, {}};
    }

    std::vector<ThreadNumber> mentioned(NodeId id) {
        std::set<ThreadNumber> out;
        for (VariableNumber v : terms_.variables_of(id)) {
            auto found = x_.foreign.find(v);
            if (found != x_.foreign.end()) out.insert(found->second.thread_or_role);
            if (x_.owner.count(v) != 0) refuse();
        }
        return {out.begin(), out.end()};
    }

    std::uint32_t others_of(std::uint32_t role) const {
        bool own = self_ != 0 && x_.system.threads[self_].role == role;
        return x_.system.roles[role].count - (own ? 1 : 0);
    }
    ThreadNumber first_of(std::uint32_t role, std::uint32_t number = 0) const {
        ThreadNumber t = x_.system.roles[role].first_thread + number;
        bool own = self_ != 0 && x_.system.threads[self_].role == role;
        return own && t >= self_ ? t + 1 : t;
    }
    // The only thread of its role that there ever is.
    bool alone(ThreadNumber t) const {
        std::uint32_t role = x_.system.threads[t].role;
        return self_ == 0 && !x_.parameters.role_counts[role] && x_.system.roles[role].count == 1;
    }

    NodeId renamed(NodeId id, const std::vector<ThreadNumber>& from, const std::vector<ThreadNumber>& to) {
        return terms_.replace(id, [&](VariableNumber v) -> std::optional<NodeId> {
            auto found = x_.foreign.find(v);
            if (found == x_.foreign.end()) return std::nullopt;
            for (std::size_t i = 0; i < from.size(); ++i) {
                if (found->second.thread_or_role == from[i]) return x_.foreign_slot(to[i], found->second.slot);
            }
            return std::nullopt;
        });
    }

    // What is left of it if these threads are not there.
    NodeId without(NodeId id, const std::vector<ThreadNumber>& threads) {
        return terms_.replace(id, [&](VariableNumber v) -> std::optional<NodeId> {
            auto found = x_.foreign.find(v);
            if (found == x_.foreign.end()) return std::nullopt;
            const auto& [thread, slot] = found->second;
            const Slot& of = x_.cells.slots(x_.system.threads[thread].role)[slot];
            if ((!of.is_mark && !of.is_row) || std::find(threads.begin(), threads.end(), thread) == threads.end())
                return std::nullopt;
            return terms_.number(0);
        });
    }
    // A slot as it stands: an entry of a total, which has no entry of a thread that is not there.
    bool is_plain(NodeId id) const {
        const Node n = terms_[id];
        return n.sum.size() == 1 && n.constant == 0 && terms_[n.sum[0].first].kind == NodeKind::kVariable;
    }

    NodeId in_local(NodeId id, const std::vector<ThreadNumber>& threads, const std::vector<LocalNumber>& locals) {
        return terms_.replace(id, [&](VariableNumber v) -> std::optional<NodeId> {
            auto found = x_.foreign.find(v);
            if (found == x_.foreign.end()) return std::nullopt;
            for (std::size_t i = 0; i < threads.size(); ++i) {
                if (found->second.thread_or_role == threads[i])
                    return terms_.number(x_.knowledge.locals[locals[i]].slots[found->second.slot]);
            }
            return std::nullopt;
        });
    }

    NodeId counter(LocalNumber l) { return terms_.variable(x_.out.counter_of[l]); }
    NodeId some(LocalNumber l, Value count) { return terms_.at_most(terms_.number(count), counter(l)); }

    NodeId sum_over(std::uint32_t role, NodeId one) {
        if (self_ != 0) {
            const Node n = terms_[one];
            if (terms_.range(one).lo <= -kFar || terms_.range(one).hi >= kFar) refuse();
            if (is_plain(one) && n.sum[0].second == 1)
                return x_.others_slot(role, x_.foreign.at(terms_[n.sum[0].first].variable).slot);
            if (x_.parameters.role_counts[role] && terms_.known(without(one, {first_of(role)})) != Value{0}) refuse();
            return x_.sum_of_others(first_of(role), one);
        }
        const bool any = x_.parameters.role_counts[role].has_value();
        if (any && !is_plain(one) && terms_.known(without(one, {first_of(role)})) != Value{0}) refuse();
        NodeId sum = terms_.number(0);
        for (LocalNumber l = 0; l < x_.knowledge.locals.size(); ++l) {
            if (x_.knowledge.locals[l].role != role) continue;
            NodeId here = in_local(one, {first_of(role)}, {l});
            std::optional<std::vector<Extraction::Case>> cases = x_.cases_of(here);
            if (!cases) refuse();
            for (const Extraction::Case& c : *cases)
                sum = terms_.add(sum, terms_.choose(c.condition, terms_.scale(counter(l), c.value), terms_.number(0)));
        }
        return sum;
    }

    // For all local states that such threads can be in.
    NodeId of_each(const Group& group) {
        std::vector<NodeId> out;
        std::vector<std::uint32_t> roles;
        for (ThreadNumber t : group.threads) roles.push_back(x_.system.threads[t].role);
        NodeId all = terms_.all(group.formulas);
        for (ThreadNumber t : group.threads) {
            if (x_.parameters.role_counts[x_.system.threads[t].role] && !terms_.is_true(without(all, {t}))) refuse();
        }
        if (self_ != 0) {
            // In which local states there can be threads is not known yet.
            if (roles.size() != 1) refuse();
            return x_.all_others(group.threads[0], all);
        }
        for (LocalNumber l = 0; l < x_.knowledge.locals.size(); ++l) {
            if (x_.knowledge.locals[l].role != roles[0]) continue;
            if (roles.size() == 1) {
                out.push_back(terms_.implies(some(l, 1), in_local(all, group.threads, {l})));
                continue;
            }
            for (LocalNumber m = 0; m < x_.knowledge.locals.size(); ++m) {
                if (x_.knowledge.locals[m].role != roles[1]) continue;
                NodeId there = l == m ? some(l, 2) : terms_.both(some(l, 1), some(m, 1));
                out.push_back(terms_.implies(there, in_local(all, group.threads, {l, m})));
            }
        }
        return terms_.all(std::move(out));
    }

    // "No x, or (this of x and y) and (that of x and z)" is one of x and y, and one of x and z.
    std::vector<NodeId> distributed(std::vector<NodeId> open) {
        std::vector<NodeId> out;
        while (!open.empty()) {
            const NodeId kid = open.back();
            open.pop_back();
            const Node n = terms_[kid];
            auto is_and = [&](NodeId k) { return terms_[k].kind == NodeKind::kAnd; };
            auto inner = std::find_if(n.kids.begin(), n.kids.end(), is_and);
            const bool one = n.kind == NodeKind::kOr && std::count_if(n.kids.begin(), n.kids.end(), is_and) == 1;
            if (!one || mentioned(kid).size() <= 2) {
                out.push_back(kid);
                continue;
            }
            std::vector<NodeId> others = n.kids;
            others.erase(others.begin() + (inner - n.kids.begin()));
            const std::vector<NodeId> parts = terms_[*inner].kids;
            if (open.size() + out.size() + parts.size() > kMostParts) refuse();
            for (NodeId part : parts) open.push_back(terms_.either(terms_.any(others), part));
        }
        return out;
    }

    NodeId conjunction(const std::vector<NodeId>& all_kids) {
        const std::vector<NodeId> kids = distributed(all_kids);
        std::vector<NodeId> out;
        std::map<std::vector<ThreadNumber>, std::vector<NodeId>> groups;
        for (NodeId kid : kids) {
            std::vector<ThreadNumber> threads = mentioned(kid);
            bool plain = terms_[kid].kind == NodeKind::kIsZero || terms_[kid].kind == NodeKind::kAtMostZero;
            if (threads.size() > 2 || (threads.size() == 2 && plain) || (threads.size() == 1 && alone(threads[0]))) {
                out.push_back(formula(kid));
            } else if (threads.empty()) {
                out.push_back(kid);
            } else {
                groups[threads].push_back(kid);
            }
        }
        // By roles: the same must be said of all threads, or of all pairs, both ways round.
        std::map<std::vector<std::uint32_t>, std::vector<std::vector<ThreadNumber>>> by_roles;
        for (const auto& [threads, formulas] : groups) {
            std::vector<std::uint32_t> roles;
            for (ThreadNumber t : threads) roles.push_back(x_.system.threads[t].role);
            by_roles[roles].push_back(threads);
        }
        for (const auto& [roles, all] : by_roles) {
            bool pairs = roles.size() == 2;
            bool same = pairs && roles[0] == roles[1];
            std::size_t n = others_of(roles[0]);
            std::size_t expected = !pairs ? n : same ? n * (n - 1) / 2 : n * others_of(roles[1]);
            if (all.size() != expected) refuse();
            std::vector<ThreadNumber> model{first_of(roles[0])};
            if (pairs) model.push_back(first_of(roles[1], same ? 1 : 0));
            std::vector<NodeId> wanted;
            for (const std::vector<ThreadNumber>& threads : all) {
                NodeId said = terms_.all(groups[threads]);
                wanted.push_back(renamed(said, threads, model));
                if (same) wanted.push_back(renamed(said, {threads[1], threads[0]}, model));
            }
            if (std::any_of(wanted.begin(), wanted.end(), [&](NodeId one) { return one != wanted[0]; })) refuse();
            out.push_back(of_each({model, {wanted[0]}}));
        }
        return terms_.all(std::move(out));
    }

    Extraction& x_;
    CountingTerms& terms_;
    ThreadNumber self_;
    std::uint32_t site_;
};

}  // namespace

NodeId property_formula(Extraction& extraction, const Program& condition) {
    NodeId formula = PropertyRun(extraction, condition, 0, nullptr, nullptr).run();
    return Closure(extraction, 0, kNone).formula(formula);
}

NodeId step_formula(Extraction& extraction, const Program& condition, ThreadNumber thread, const LocalState& before,
                    const Way& way) {
    NodeId formula = PropertyRun(extraction, condition, thread, &before, &way).run();
    return close_over_others(extraction, formula, thread, kNone);
}

NodeId close_over_others(Extraction& extraction, NodeId formula, ThreadNumber thread, std::uint32_t site) {
    return extraction.foreign.empty() ? formula : Closure(extraction, thread, site).formula(formula);
}

NodeId close_term_over_others(Extraction& extraction, NodeId term, ThreadNumber thread, std::uint32_t site) {
    return extraction.foreign.empty() ? term : Closure(extraction, thread, site).term(term);
}

namespace {

// How many threads are in `l` beside the one that steps from `from`.
NodeId others_in(Extraction& x, LocalNumber l, LocalNumber from) {
    return x.terms().subtract(x.terms().variable(x.out.counter_of[l]), x.terms().number(l == from ? 1 : 0));
}

NodeId said_of_others(Extraction& x, const Extraction::SaidOfOthers& what, LocalNumber from, std::uint32_t site) {
    CountingTerms& terms = x.terms();
    const std::uint32_t role = x.system.threads[what.model].role;
    std::vector<NodeId> all;
    NodeId sum = terms.number(0);
    for (LocalNumber l = 0; l < x.knowledge.locals.size(); ++l) {
        const LocalState local = x.knowledge.locals[l];
        if (local.role != role) continue;
        NodeId here = terms.replace(what.said, [&](VariableNumber v) -> std::optional<NodeId> {
            auto found = x.foreign.find(v);
            if (found == x.foreign.end()) return std::nullopt;
            if (found->second.thread_or_role != what.model) throw Refusal{"a step that looks at two other threads", site, {}};
            return terms.number(local.slots[found->second.slot]);
        });
        here = resolve_others(x, here, from);
        if (what.is_sum) {
            std::optional<Value> value = terms.known(here);
            if (!value) throw Refusal{"a sum over threads of what is no number", site, {}};
            sum = terms.add(sum, terms.scale(others_in(x, l, from), *value));
        } else {
            all.push_back(terms.either(terms.at_most(others_in(x, l, from), terms.number(0)), here));
        }
    }
    return what.is_sum ? sum : terms.truth(terms.all(std::move(all)));
}

}  // namespace

NodeId resolve_others(Extraction& extraction, NodeId id, LocalNumber from) {
    CountingTerms& terms = extraction.terms();
    return terms.replace(id, [&](VariableNumber v) -> std::optional<NodeId> {
        if (auto only = extraction.only.find(v); only != extraction.only.end()) {
            NodeId sum = terms.number(0);
            for (LocalNumber l = 0; l < extraction.knowledge.locals.size(); ++l) {
                const LocalState& local = extraction.knowledge.locals[l];
                if (local.role == only->second.role && local.slots[only->second.slot] == only->second.value)
                    sum = terms.add(sum, terms.variable(extraction.out.counter_of[l]));
            }
            return sum;
        }
        if (auto said = extraction.said_of_others.find(v); said != extraction.said_of_others.end())
            return said_of_others(extraction, said->second, from, kNone);
        auto found = extraction.others.find(v);
        if (found == extraction.others.end()) return std::nullopt;
        const auto& [role, slot] = found->second;
        const LocalState& own = extraction.knowledge.locals[from];
        NodeId sum = terms.number(own.role == role ? -own.slots[slot] : 0);
        for (LocalNumber l = 0; l < extraction.knowledge.locals.size(); ++l) {
            const LocalState& local = extraction.knowledge.locals[l];
            if (local.role == role)
                sum = terms.add(sum, terms.scale(terms.variable(extraction.out.counter_of[l]), local.slots[slot]));
        }
        return sum;
    });
}

}  // namespace quire::prove
