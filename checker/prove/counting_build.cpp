// Which values the shared cells can hold, and in which states of its own a thread can be, is found by rounds: each runs every
// step from every local state that is known with what is known, and adds what comes out, until nothing is new.  What is
// known is then closed under every step and so holds in every state that is reached, for every number of threads.
#include "prove/counting_build.h"

#include <algorithm>

#include "prove/counting_property.h"

namespace quire::prove {

namespace {

constexpr std::size_t kMostLocals = 600;
constexpr int kMostWideningRounds = 200;

struct FromLocal {
    LocalNumber from = 0;
    Ways ways;
};

class CountingBuilder {
public:
    CountingBuilder(const TransitionSystem& system, const SystemParameters& parameters, std::uint32_t number)
        : system_(system), parameters_(parameters), number_(number), cells_(system) {
        knowledge_.cells.resize(system.cell_count());
        refuse_rows_without_bound();
    }

    CountingSystem build() {
        for (int round = 0; round < kMostWideningRounds; ++round) {
            try {
                knowledge_.grew = false;
                Extraction x(system_, parameters_, cells_, knowledge_);
                one_round(x);
                if (knowledge_.grew) continue;
                assemble(x);
                return std::move(x.out);
            } catch (const SplitCell& split) {
                knowledge_.cells[split.cell].split = true;
                knowledge_.cells[split.cell].many = true;
            }
        }
        throw Refusal{"what the shared memory can hold has no end in sight", kNone, {}};
    }

private:
    void one_round(Extraction& x);
    Refusal too_many_locals() const;
    void refuse_rows_without_bound() const;
    void start(Extraction& x);
    void learn_values(Extraction& x, Address cell, NodeId term);
    LocalState start_of(const CountingTerms& terms, const Way& way, ThreadNumber thread) const;
    ThreadNumber representative(std::uint32_t role) const {
        const ThreadRole& r = system_.roles[role];
        return r.first_thread + std::min(number_, r.count - 1);
    }
    void assemble(Extraction& x);
    void assign(Extraction& x, Address cell, NodeId value, std::vector<Assignment>& out);
    void add_steps(Extraction& x);
    void add_step_properties(Extraction& x, const FromLocal& from, const Way& way, NodeId guard);
    void add_properties(Extraction& x);
    void add_starts(Extraction& x);
    NodeId none_in(Extraction& x, const std::vector<LocalNumber>& locals);

    const TransitionSystem& system_;
    const SystemParameters& parameters_;
    std::uint32_t number_;
    ThreadCells cells_;
    Knowledge knowledge_;
    Ways starts_;
    std::vector<LocalNumber> start_locals_;  // by role
    std::vector<FromLocal> from_;
};

// ------------------------------------------------------------------------------------------------------- the rounds

void CountingBuilder::one_round(Extraction& x) {
    start(x);
    from_.clear();
    for (LocalNumber l = 0; l < knowledge_.locals.size(); ++l) {
        if (knowledge_.locals.size() > kMostLocals) throw too_many_locals();
        const LocalState local = knowledge_.locals[l];
        const ThreadRole& role = system_.roles[local.role];
        const Location& location = role.locations[static_cast<std::size_t>(local.slots[0])];
        if (location.step.code.empty()) continue;
        FromLocal from{l, {}};
        try {
            from.ways = ways_through(x, location.step, representative(local.role), local);
        } catch (Refusal& refusal) {
            if (refusal.site == kNone) refusal.site = location.site;
            throw;
        }
        for (Way& way : from.ways.ways) {
            if (way.site == kNone) way.site = location.site;
            knowledge_.local(way.after);
            for (const auto& [cell, term] : way.written) learn_values(x, cell, term);
        }
        from_.push_back(std::move(from));
    }
    for (const FromLocal& from : from_) {
        for (const Way& way : from.ways.ways) {
            for (LocalNumber l = 0; !way.others.empty() && l < knowledge_.locals.size(); ++l)
                knowledge_.local(changed(x, way.others, LocalState(knowledge_.locals[l])));
        }
    }
}

// What each of many threads keeps of each thread: a slot for each of them.
void CountingBuilder::refuse_rows_without_bound() const {
    for (const Repetition& r : system_.repetitions) {
        if (r.kind != RepetitionKind::kByThread || r.first_thread != 0 || r.stride * r.count == 0) continue;
        const std::uint32_t role = system_.variables[system_.cell_variable[r.base]].role;
        if (role == kNone || !parameters_.role_counts[role]) continue;
        throw Refusal{"each thread of '" + system_.roles[role].name + "' goes through the threads in a set", kNone,
                      system_.roles[role].span};
    }
}

Refusal CountingBuilder::too_many_locals() const {
    std::vector<std::size_t> of_role(system_.roles.size(), 0);
    for (const LocalState& local : knowledge_.locals) ++of_role[local.role];
    const auto most = static_cast<std::size_t>(std::max_element(of_role.begin(), of_role.end()) - of_role.begin());
    const ThreadRole& role = system_.roles[most];
    return {"threads can be in too many states of their own, '" + role.name + "' in most", kNone, role.span};
}

void CountingBuilder::start(Extraction& x) {
    starts_ = ways_through(x, system_.start, 0, {});
    start_locals_.clear();
    for (std::uint32_t r = 0; r < system_.roles.size(); ++r) {
        const ThreadRole& role = system_.roles[r];
        start_locals_.push_back(kNone);
        for (const Way& way : starts_.ways) {
            for (std::uint32_t i = 0; i < role.count; ++i) {
                LocalNumber l = knowledge_.local(start_of(x.terms(), way, role.first_thread + i));
                if (start_locals_[r] != kNone && start_locals_[r] != l)
                    throw Refusal{"the threads of '" + role.name + "' do not all start alike", kNone, role.span};
                start_locals_[r] = l;
            }
        }
    }
    for (const Way& way : starts_.ways) {
        for (Address cell = 0; cell < system_.cell_count(); ++cell) {
            if (cells_.of(cell).thread != 0) continue;
            auto written = way.written.find(cell);
            learn_values(x, cell, written != way.written.end() ? written->second : x.terms().number(system_.initial[cell]));
        }
    }
}

LocalState CountingBuilder::start_of(const CountingTerms& terms, const Way& way, ThreadNumber thread) const {
    LocalState local;
    local.role = system_.threads[thread].role;
    const std::vector<Slot>& slots = cells_.slots(local.role);
    for (std::uint32_t s = 0; s < slots.size(); ++s) {
        Address cell = cells_.cell(thread, s);
        local.slots.push_back(cell == kNone ? 0 : system_.initial[cell]);
        auto written = cell == kNone ? way.written.end() : way.written.find(cell);
        if (written == way.written.end()) continue;
        std::optional<Value> value = terms.known(written->second);
        if (!value) throw Refusal{"what a thread starts with depends on the number of threads", kNone, {}};
        local.slots.back() = *value;
    }
    return local;
}

void CountingBuilder::learn_values(Extraction& x, Address cell, NodeId term) {
    CellKnowledge& known = knowledge_.cells[cell];
    if (known.many || cells_.is_owned(cell)) return;
    if (std::optional<Value> value = x.terms().known(term)) {
        knowledge_.add(cell, *value);
        return;
    }
    bool integer = system_.variables[system_.cell_variable[cell]].type.kind == ScalarKind::kInteger;
    bool of_itself = false;
    for (VariableNumber v : x.terms().variables_of(term)) of_itself = of_itself || x.out.variables[v].cell == cell;
    std::optional<std::vector<Extraction::Case>> cases;
    if (!integer || !of_itself) cases = x.cases_of(term);
    if (!cases || cases->size() > kMostListed) {
        knowledge_.add_many(cell);
        return;
    }
    for (const Extraction::Case& one : *cases) knowledge_.add(cell, one.value);
}

// ----------------------------------------------------------------------------------------------------- the assembly

void CountingBuilder::assemble(Extraction& x) {
    CountingTerms& terms = x.terms();
    for (LocalNumber l = 0; l < knowledge_.locals.size(); ++l) {
        const LocalState& local = knowledge_.locals[l];
        CountingVariable v;
        v.kind = CountingVariable::Kind::kCounter;
        v.name = system_.roles[local.role].name + "@" + std::to_string(l);
        v.local = l;
        v.bounds = {0, kFar};
        x.out.variables.push_back(v);
        x.out.local_texts.push_back(cells_.text(local.role, local.slots));
        x.out.counter_of.push_back(terms.add_variable(v.bounds));
    }
    x.out.locals = knowledge_.locals;
    std::map<Address, std::vector<LocalNumber>> members;
    for (LocalNumber l = 0; l < knowledge_.locals.size(); ++l) {
        const LocalState& local = knowledge_.locals[l];
        const std::vector<Slot>& slots = cells_.slots(local.role);
        for (std::uint32_t s = 0; s < slots.size(); ++s) {
            if (slots[s].is_row && !slots[s].is_mark && local.slots[s] != 0) members[slots[s].row].push_back(l);
        }
    }
    for (auto& [row, locals] : members) x.out.members.push_back(std::move(locals));
    std::vector<NodeId> possible;
    NodeId all_threads = terms.number(0);
    for (std::uint32_t r = 0; r < system_.roles.size(); ++r) {
        const ThreadRole& role = system_.roles[r];
        const std::optional<ParameterForm>& form = parameters_.role_counts[r];
        if (start_locals_[r] == kNone) continue;
        CountingRole counted;
        counted.name = role.name;
        counted.count = form ? x.parameter_term(*form) : terms.number(role.count);
        counted.start = start_locals_[r];
        counted.any = form.has_value();
        all_threads = terms.add(all_threads, counted.count);
        possible.push_back(terms.at_most(terms.number(0), counted.count));
        x.out.roles.push_back(counted);
    }
    possible.push_back(terms.at_most(all_threads, terms.number(kMostThreads)));
    x.out.parameters_hold = terms.all(possible);
    add_steps(x);
    add_properties(x);
    add_starts(x);
}

void CountingBuilder::assign(Extraction& x, Address cell, NodeId value, std::vector<Assignment>& out) {
    const CellKnowledge& known = knowledge_.cells[cell];
    bool constant = !known.many && known.values.size() == 1 && !cells_.is_owned(cell);
    if (constant) return;
    const std::vector<VariableNumber> numbers = x.global_variables(cell);
    std::vector<NodeId> values{value};
    if (known.split) {
        std::optional<std::vector<NodeId>> bits = bits_of(x.terms(), value);
        if (!bits) throw Refusal{"'" + system_.cell_name(cell) + "' is written as a whole and read by bits", kNone, {}};
        values = *bits;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i >= numbers.size()) {
            if (x.terms().known(values[i]) != Value{0})
                throw Refusal{"'" + system_.cell_name(cell) + "' gets bits that it does not have", kNone, {}};
        } else if (values[i] != x.terms().variable(numbers[i])) {
            out.push_back({numbers[i], values[i]});
        }
    }
}

void CountingBuilder::add_steps(Extraction& x) {
    CountingTerms& terms = x.terms();
    for (const FromLocal& from : from_) {
        for (const Failure& failure : from.ways.failures)
            x.out.failures.push_back(
                {from.from, resolve_others(x, failure.guard, from.from), failure.what, failure.property, failure.site});
        for (const Way& way : from.ways.ways) {
            CountingStep step;
            step.from = from.from;
            step.to = knowledge_.local_numbers.at(way.after);
            step.guard = resolve_others(x, way.guard, from.from);
            step.site = way.site;
            if (terms.is_false(step.guard)) continue;
            for (const auto& [cell, value] : way.written) assign(x, cell, resolve_others(x, value, from.from), step.assignments);
            for (LocalNumber l = 0; !way.others.empty() && l < knowledge_.locals.size(); ++l) {
                LocalNumber to = knowledge_.local_numbers.at(changed(x, way.others, LocalState(knowledge_.locals[l])));
                if (to != l) step.others[l] = to;
            }
            add_step_properties(x, from, way, step.guard);
            x.out.steps.push_back(std::move(step));
        }
    }
}

void CountingBuilder::add_step_properties(Extraction& x, const FromLocal& from, const Way& way, NodeId guard) {
    for (PropertyNumber p = 0; p < system_.properties.size(); ++p) {
        const SystemProperty& property = system_.properties[p];
        if (property.kind != SystemPropertyKind::kStep || !property.enabled) continue;
        const LocalState& before = knowledge_.locals[from.from];
        try {
            NodeId holds =
                resolve_others(x, step_formula(x, property.condition, representative(before.role), before, way), from.from);
            NodeId fails = x.terms().both(guard, x.terms().negation(holds));
            if (!x.terms().is_false(fails)) x.out.failures.push_back({from.from, fails, property.name, p, way.site});
        } catch (Refusal& refusal) {
            refusal.span = property.span;
            throw;
        }
    }
}

NodeId CountingBuilder::none_in(Extraction& x, const std::vector<LocalNumber>& locals) {
    NodeId sum = x.terms().number(0);
    for (LocalNumber l : locals) sum = x.terms().add(sum, x.terms().variable(x.out.counter_of[l]));
    return x.terms().at_most(sum, x.terms().number(0));
}

void CountingBuilder::add_properties(Extraction& x) {
    CountingTerms& terms = x.terms();
    std::vector<LocalNumber> not_ended;  // of threads that have to end
    for (LocalNumber l = 0; l < knowledge_.locals.size(); ++l) {
        const LocalState& local = knowledge_.locals[l];
        const ThreadRole& role = system_.roles[local.role];
        if (!role.daemon && local.slots[0] != static_cast<Value>(role.end)) not_ended.push_back(l);
    }
    std::vector<NodeId> some_moves, some_daemon_moves;
    for (const FromLocal& from : from_) {
        std::vector<NodeId> moves;
        for (NodeId one : from.ways.moves) moves.push_back(resolve_others(x, one, from.from));
        NodeId somebody = terms.at_most(terms.number(1), terms.variable(x.out.counter_of[from.from]));
        some_moves.push_back(terms.both(somebody, terms.any(moves)));
        if (system_.roles[knowledge_.locals[from.from].role].daemon) some_daemon_moves.push_back(some_moves.back());
    }
    NodeId final = none_in(x, not_ended);
    for (PropertyNumber p = 0; p < system_.properties.size(); ++p) {
        const SystemProperty& property = system_.properties[p];
        if (!property.enabled) continue;
        NodeId formula = 1;
        try {
            switch (property.kind) {
                case SystemPropertyKind::kBuiltin:
                case SystemPropertyKind::kStep: x.out.proved_properties.push_back(property.name); continue;
                case SystemPropertyKind::kCoverState:
                case SystemPropertyKind::kCoverFinal:
                case SystemPropertyKind::kCoverPoint: continue;
                case SystemPropertyKind::kDeadlock: formula = terms.either(final, terms.any(some_moves)); break;
                case SystemPropertyKind::kLeak: {
                    std::vector<NodeId> freed;
                    for (const Object& object : system_.objects) {
                        if (object.pool) freed.push_back(terms.equal(x.global(object.in_use), terms.number(0)));
                    }
                    NodeId still = terms.both(final, terms.negation(terms.any(some_daemon_moves)));
                    formula = terms.implies(still, terms.all(freed));
                    break;
                }
                case SystemPropertyKind::kInvariant: formula = property_formula(x, property.condition); break;
                case SystemPropertyKind::kFinally: formula = terms.implies(final, property_formula(x, property.condition)); break;
            }
        } catch (Refusal& refusal) {
            refusal.span = property.span;
            throw;
        }
        x.out.properties.push_back({property.name, formula, p, property.kind == SystemPropertyKind::kInvariant});
        x.out.proved_properties.push_back(property.name);
    }
}

void CountingBuilder::add_starts(Extraction& x) {
    for (const Failure& failure : starts_.failures)
        x.out.start_failures.push_back({0, failure.guard, failure.what, failure.property, failure.site});
    std::vector<Address> cells;
    for (const CountingVariable& v : x.out.variables) {
        if (v.kind == CountingVariable::Kind::kGlobal && (cells.empty() || cells.back() != v.cell)) cells.push_back(v.cell);
    }
    for (const Way& way : starts_.ways) {
        CountingStart start;
        start.guard = way.guard;
        for (Address cell : cells) {
            auto written = way.written.find(cell);
            assign(x, cell, written != way.written.end() ? written->second : x.terms().number(system_.initial[cell]),
                   start.assignments);
        }
        x.out.starts.push_back(std::move(start));
    }
}

}  // namespace

std::variant<CountingSystem, Refusal> build_counting_system(const TransitionSystem& system, const SystemParameters& parameters,
                                                            std::uint32_t number) {
    try {
        return CountingBuilder(system, parameters, number).build();
    } catch (Refusal& refusal) {
        return std::move(refusal);
    } catch (const TermOverflow&) {
        return Refusal{"numbers beyond what a proof can hold", kNone, {}};
    }
}

std::string description(const CountingSystem& system) {
    auto name = [&](VariableNumber v) { return system.name_of(v); };
    auto text = [&](NodeId id) { return system.terms.to_string(id, name); };
    std::string out;
    for (const CountingVariable& v : system.variables) {
        if (v.kind == CountingVariable::Kind::kInternal) continue;
        out += "variable " + v.name + " in " + std::to_string(v.bounds.lo) + ".." + std::to_string(v.bounds.hi) + "\n";
    }
    for (const std::string& local : system.local_texts) out += "local " + local + "\n";
    for (const CountingRole& role : system.roles)
        out += "role " + role.name + " starts at " + std::to_string(role.start) + ": " + text(role.count) + "\n";
    out += "where " + text(system.parameters_hold) + "\n";
    auto assignments = [&](const std::vector<Assignment>& all) {
        for (const Assignment& one : all) out += "    " + name(one.variable) + " = " + text(one.value) + "\n";
    };
    for (const CountingStart& start : system.starts) {
        out += "start if " + text(start.guard) + "\n";
        assignments(start.assignments);
    }
    for (const CountingStep& step : system.steps) {
        out += "step " + std::to_string(step.from) + " -> " + std::to_string(step.to) + " if " + text(step.guard) + "\n";
        assignments(step.assignments);
        for (const auto& [from, to] : step.others)
            out += "    others " + std::to_string(from) + " -> " + std::to_string(to) + "\n";
    }
    for (const CountingFailure& failure : system.failures)
        out += "fails at " + std::to_string(failure.from) + " " + failure.what + " if " + text(failure.guard) + "\n";
    for (const CountingFailure& failure : system.start_failures)
        out += "start fails " + failure.what + " if " + text(failure.guard) + "\n";
    for (const CountingProperty& property : system.properties)
        out += "always " + property.name + ": " + text(property.formula) + "\n";
    return out;
}

std::optional<CountingState> counted(const CountingSystem& counting, const TransitionSystem& system,
                                     const std::vector<Value>& parameters, std::span<const Value> state) {
    ThreadCells cells(system);
    CountingState out(counting.terms.variable_count(), 0);
    std::size_t next = 0;
    for (VariableNumber v = 0; v < counting.variables.size(); ++v) {
        const CountingVariable& variable = counting.variables[v];
        if (variable.kind == CountingVariable::Kind::kParameter) out[v] = parameters[next++];
        if (variable.kind != CountingVariable::Kind::kGlobal) continue;
        // Where it lies depends on how many threads there are; what it is called does not.
        for (Address a = 0; a < system.cell_count(); ++a) {
            std::string name = system.cell_name(a);
            if (variable.owned ? name + " is somebody" == variable.name && cells.of(a).thread == 0
                               : name == variable.name && cells.of(a).thread == 0)
                out[v] = variable.owned ? (state[a] != 0 ? 1 : 0) : state[a];
            if (variable.bit != kNone && name + "." + std::to_string(variable.bit) == variable.name)
                out[v] = state[a] >> variable.bit & 1;
        }
    }
    for (ThreadNumber t = 1; t < system.threads.size(); ++t) {
        LocalState local;
        local.role = system.threads[t].role;
        const std::vector<Slot>& slots = cells.slots(local.role);
        for (std::uint32_t s = 0; s < slots.size(); ++s) {
            Address cell = cells.cell(t, s);
            local.slots.push_back(cell != kNone ? state[cell] : state[slots[s].owned] == static_cast<Value>(t) ? 1 : 0);
        }
        auto found = std::find(counting.local_texts.begin(), counting.local_texts.end(), cells.text(local.role, local.slots));
        if (found == counting.local_texts.end()) return std::nullopt;
        out[counting.counter_of[static_cast<std::size_t>(found - counting.local_texts.begin())]] += 1;
    }
    return out;
}

}  // namespace quire::prove
