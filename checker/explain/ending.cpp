#include "explain/ending.h"

#include <algorithm>
#include <set>

#include "explain/changes.h"
#include "explain/data_flow.h"
#include "explain/values.h"

namespace quire {

namespace {

constexpr std::size_t kMostCells = 16;
constexpr std::size_t kMostLedgerLines = 6;

// Collects the cells that the expressions of a program read, with the registers that one run of it left behind.
class ReadCells {
public:
    ReadCells(const TransitionSystem& system, const Environment& environment) : system_(system), environment_(environment) {}

    void add(ExprId id) {
        if (!id.valid() || !seen_.insert(id.value).second) return;
        const Expr& node = system_.pool[id];
        add(node.a);
        add(node.b);
        add(node.c);
        if (node.kind != ExprKind::kLoad) return;
        Evaluated address = evaluate(system_.pool, node.a, environment_);
        if (address.fault != Fault::kNone || address.value < 0) return;
        if (static_cast<std::size_t>(address.value) >= environment_.state.size()) return;
        Address a = static_cast<Address>(address.value);
        if (std::find(cells_.begin(), cells_.end(), a) == cells_.end()) cells_.push_back(a);
    }

    const std::vector<Address>& cells() const { return cells_; }

private:
    const TransitionSystem& system_;
    Environment environment_;
    std::set<std::uint32_t> seen_;
    std::vector<Address> cells_;
};

// The object that a pointer in an expression names, if there is just one.
class PointerFinder {
public:
    PointerFinder(const TransitionSystem& system, const Environment& environment) : system_(system), environment_(environment) {}

    void visit(ExprId id) {
        if (!id.valid() || !seen_.insert(id.value).second) return;
        const Expr& node = system_.pool[id];
        visit(node.a);
        visit(node.b);
        visit(node.c);
        bool names = node.kind == ExprKind::kRegister || node.kind == ExprKind::kLoad;
        if (!names || node.type.kind != ScalarKind::kPointer || node.type.pointee >= system_.pointer_spaces.size()) return;
        Evaluated pointer = evaluate(system_.pool, id, environment_);
        std::uint32_t table = system_.pointer_spaces[node.type.pointee].object_table;
        if (pointer.fault != Fault::kNone || pointer.value <= 0 || table == kNone) return;
        const std::vector<Value>& owner = system_.pool.table(table).entries;
        std::size_t slot = static_cast<std::size_t>(pointer.value >> 1);
        if (slot < owner.size() && owner[slot] > 0) objects_.insert(static_cast<std::size_t>(owner[slot]));
    }

    std::size_t object() const { return objects_.size() == 1 ? *objects_.begin() : 0; }

private:
    const TransitionSystem& system_;
    Environment environment_;
    std::set<std::uint32_t> seen_;
    std::set<std::size_t> objects_;
};

class Ending {
public:
    Ending(const TransitionSystem& system, const SourceManager& sources, const Finding& finding, const ReplayedTrace& run)
        : system_(system), sources_(sources), finding_(finding), run_(run) {}

    std::vector<TraceFact> explain();
    std::vector<Address> property_cells() const;

private:
    std::span<const Value> last() const { return run_.states.back(); }
    // The state before the last step, and who took it.
    std::span<const Value> before() const {
        return run_.states.size() > 1 ? std::span<const Value>(run_.states[run_.states.size() - 2]) : last();
    }
    ThreadNumber acting() const { return finding_.trace.steps.empty() ? 0 : finding_.trace.steps.back().thread; }

    void waiting();
    std::string waiting_line(ThreadNumber thread);
    std::vector<Address> cells_waited_for(ThreadNumber thread);
    void leaking();
    struct Evaluation;
    Evaluation evaluation(const Program& condition) const;
    std::vector<const Conjunct*> false_conjuncts(const SystemProperty& property) const;
    std::string written(const SourceSpan& span) const;
    void cell_lines(const SystemProperty& property, const std::vector<const Program*>& conditions, TraceFact& fact) const;
    void false_property(const SystemProperty& property);
    void freed_objects();
    std::string locks_held_by(ThreadNumber thread) const;
    void lost_objects();
    TraceFact ledger_timeline(const std::vector<LedgerCell>& cells, const std::string& ledger) const;
    void ledger_history();
    void ledgers_of(const std::set<std::string>& objects);
    std::set<std::string> owners_in_property() const;
    std::string counters_of(const Object& object) const;
    std::string since(Address cell) const;
    std::string step_words(std::size_t step) const;
    std::string pointers_to(std::size_t object) const;

    const TransitionSystem& system_;
    const SourceManager& sources_;
    const Finding& finding_;
    const ReplayedTrace& run_;
    std::vector<TraceFact> facts_;
};

// "step 4, scanner"
std::string Ending::step_words(std::size_t step) const {
    return "step " + std::to_string(step + 1) + ", " + system_.threads[finding_.trace.steps[step].thread].name;
}

// Who gave the cell its present value.
std::string Ending::since(Address cell) const {
    for (std::size_t i = run_.states.size(); i-- > 1;) {
        if (run_.states[i][cell] != run_.states[i - 1][cell]) return "since " + step_words(i - 1);
    }
    return "from the start";
}

std::vector<Address> Ending::cells_waited_for(ThreadNumber thread) {
    const ThreadRole& role = system_.roles[system_.threads[thread].role];
    const Program& program = role.locations[static_cast<std::size_t>(system_.location(last(), thread))].step;
    std::vector<Address> cells;
    if (program.code.empty()) return cells;
    std::vector<Value> scratch(last().begin(), last().end());
    std::vector<Value> registers;
    ChoiceTape tape;
    Outcome outcome = execute(system_, program, scratch, last(), thread, tape, &registers);
    Environment environment{scratch, last(), registers, thread, system_.threads[thread].index};
    ReadCells of_condition(system_, environment);
    ReadCells of_everything(system_, environment);
    for (const Instruction& i : program.code) {
        if (i.kind == InstructionKind::kRequire && i.site == outcome.site) of_condition.add(i.value);
        bool decides =
            i.kind == InstructionKind::kRequire || i.kind == InstructionKind::kBranch || i.kind == InstructionKind::kSet;
        if (decides) of_everything.add(i.value);
    }
    return of_condition.cells().empty() ? of_everything.cells() : of_condition.cells();
}

std::string Ending::waiting_line(ThreadNumber thread) {
    const ThreadRole& role = system_.roles[system_.threads[thread].role];
    const Location& location = role.locations[static_cast<std::size_t>(system_.location(last(), thread))];
    CodePlace place = code_place(system_, sources_, location.site);
    std::string text = system_.threads[thread].name + (role.daemon ? " (daemon)" : "") + " waits at " + place.user.file + ":" +
                       std::to_string(place.user.line) + ": " + place.user.text;
    std::string cells;
    for (Address cell : cells_waited_for(thread)) {
        const Variable& v = system_.variables[system_.cell_variable[cell]];
        if (v.kind == VariableKind::kLocation || v.kind == VariableKind::kInternal || !v.displayed) continue;
        cells += (cells.empty() ? "" : "; ") + system_.cell_name(cell) + " is " + readable_value(system_, cell, last()[cell]) +
                 " " + since(cell);
    }
    std::string locks = locks_held_by(thread);
    return text + (cells.empty() ? "" : "  (" + cells + ")") + (locks.empty() ? "" : "  holding " + locks);
}

std::string Ending::locks_held_by(ThreadNumber thread) const {
    std::string names;
    for (Address a = 0; a < last().size(); ++a) {
        if (last()[a] == 0) continue;
        std::optional<HeldLock> held = held_lock(system_, a);
        if (held && held->thread == thread) names += (names.empty() ? "" : ", ") + held->lock;
    }
    return names;
}

void Ending::waiting() {
    TraceFact fact{"Who waits for what", {}};
    for (ThreadNumber t = 1; t < system_.threads.size(); ++t) {
        if (!system_.ended(last(), t)) fact.lines.push_back(waiting_line(t));
    }
    facts_.push_back(std::move(fact));
}

std::string Ending::pointers_to(std::size_t object) const {
    std::string names;
    std::size_t count = 0;
    for (Address a = 0; a < last().size(); ++a) {
        const Variable& v = system_.variables[system_.cell_variable[a]];
        if (v.type.kind != ScalarKind::kPointer || v.kind == VariableKind::kInternal || !v.displayed) continue;
        if (v.type.pointee >= system_.pointer_spaces.size() || last()[a] <= 0) continue;
        std::uint32_t table = system_.pointer_spaces[v.type.pointee].object_table;
        if (table == kNone) continue;
        const std::vector<Value>& owner = system_.pool.table(table).entries;
        std::size_t slot = static_cast<std::size_t>(last()[a] >> 1);
        if (slot >= owner.size() || owner[slot] != static_cast<Value>(object)) continue;
        if (++count <= 4) names += (names.empty() ? "" : ", ") + system_.cell_name(a);
    }
    return names;
}

// What numbers in the object the run changed, and where they stand.
std::string Ending::counters_of(const Object& object) const {
    constexpr int kMost = 3;
    std::string text;
    int told = 0;
    for (Address a = 0; a < system_.cell_count(); ++a) {
        const Variable& v = system_.variables[system_.cell_variable[a]];
        bool number = v.displayed && v.kind == VariableKind::kShared && v.type.kind != ScalarKind::kPointer;
        if (!number || !system_.cell_name(a).starts_with(object.name + ".")) continue;
        bool changed = std::any_of(run_.states.begin(), run_.states.end(),
                                   [&](const std::vector<Value>& state) { return state[a] != last()[a]; });
        if (!changed || told++ >= kMost) continue;
        text +=
            (text.empty() ? "" : ", ") + system_.cell_name(a) + " is " + readable_value(system_, a, last()[a]) + " " + since(a);
    }
    return text;
}

void Ending::leaking() {
    TraceFact fact{"What is left", {}};
    std::vector<LedgerCell> ledgers = ledger_cells(system_);
    for (std::size_t o = 1; o < system_.objects.size(); ++o) {
        const Object& object = system_.objects[o];
        if (!object.pool || last()[object.in_use] == 0) continue;
        std::string pointers = pointers_to(o);
        fact.lines.push_back(object.name + " is still alive, " + since(object.in_use) +
                             (pointers.empty() ? "; nothing points to it" : "; pointed to by " + pointers));
        std::string counters = counters_of(object);
        if (!counters.empty()) fact.lines.push_back(counters);
        std::set<std::string> told;
        for (const LedgerCell& cell : ledgers) {
            bool inside = cell.ledger.starts_with(object.name + ".");
            if (!inside || last()[cell.address] == 0 || !told.insert(cell.ledger).second) continue;
            fact.lines.push_back("references nobody dropped: " + cell.ledger + ": " + ledger_text(ledgers, cell.ledger, last()));
        }
    }
    facts_.push_back(std::move(fact));
}

// When everything has ended: what is alive and cannot be reached any more.
void Ending::lost_objects() {
    TraceFact fact{"What is lost", {}};
    for (std::size_t o = 1; o < system_.objects.size(); ++o) {
        const Object& object = system_.objects[o];
        if (object.pool && last()[object.in_use] != 0 && pointers_to(o).empty())
            fact.lines.push_back(object.name + " is still alive, " + since(object.in_use) + "; nothing points to it");
    }
    if (!fact.lines.empty()) facts_.push_back(std::move(fact));
}

// Where a condition stands at the end, and whether it has a value there.
struct Ending::Evaluation {
    std::vector<Value> scratch, registers;
    Outcome outcome;
    bool holds() const { return outcome.kind == OutcomeKind::kDone && registers[0] != 0; }
};

Ending::Evaluation Ending::evaluation(const Program& condition) const {
    Evaluation out;
    out.scratch.assign(last().begin(), last().end());
    ChoiceTape tape;
    out.outcome = execute(system_, condition, out.scratch, before(), acting(), tape, &out.registers);
    return out;
}

// Of `a && b && c` only what is false, in order; what comes after one that has no value was never looked at.
std::vector<const Conjunct*> Ending::false_conjuncts(const SystemProperty& property) const {
    std::vector<const Conjunct*> found;
    for (const Conjunct& one : property.conjuncts) {
        Evaluation at_end = evaluation(one.condition);
        if (at_end.holds()) continue;
        bool valueless = at_end.outcome.kind != OutcomeKind::kDone;
        if (valueless && !found.empty()) break;
        found.push_back(&one);
        if (valueless) break;
    }
    return found;
}

std::string Ending::written(const SourceSpan& span) const {
    SourceSpan place = sources_.outermost(span);
    std::string text;
    if (!place.valid()) return text;
    for (char c : sources_.text(place)) {
        bool blank = static_cast<unsigned char>(c) <= 32;
        if (!blank || (!text.empty() && text.back() != ' ')) text += blank ? ' ' : c;
    }
    return text;
}

// Of what is false, or of all of a property that is reached.
std::vector<Address> Ending::property_cells() const {
    const SystemProperty& property = system_.properties[finding_.property];
    std::vector<const Program*> conditions;
    if (property.kind < SystemPropertyKind::kCoverState) {
        for (const Conjunct* one : false_conjuncts(property)) conditions.push_back(&one->condition);
    }
    if (conditions.empty() && !property.condition.code.empty()) conditions.push_back(&property.condition);
    std::vector<Address> cells;
    for (const Program* condition : conditions) {
        for (Address cell : cells_read_by(system_, *condition, last(), before(), acting())) {
            if (std::find(cells.begin(), cells.end(), cell) == cells.end()) cells.push_back(cell);
        }
    }
    return cells;
}

void Ending::cell_lines(const SystemProperty& property, const std::vector<const Program*>& conditions, TraceFact& fact) const {
    bool is_step = property.kind == SystemPropertyKind::kStep;
    std::vector<Address> cells;
    for (const Program* condition : conditions) {
        Evaluation at_end = evaluation(*condition);
        ReadCells reads(system_,
                        Environment{at_end.scratch, before(), at_end.registers, acting(), system_.threads[acting()].index});
        for (const Instruction& i : condition->code) {
            reads.add(i.address);
            reads.add(i.value);
            reads.add(i.value2);
        }
        for (Address cell : reads.cells()) {
            if (std::find(cells.begin(), cells.end(), cell) == cells.end()) cells.push_back(cell);
        }
    }
    std::size_t count = 0;
    for (Address cell : cells) {
        const Variable& v = system_.variables[system_.cell_variable[cell]];
        if (!v.displayed || v.kind == VariableKind::kInternal || ++count > kMostCells) continue;
        bool moved = is_step && before()[cell] != last()[cell];
        std::string old = moved ? readable_value(system_, cell, before()[cell]) + " -> " : "";
        fact.lines.push_back(system_.cell_name(cell) + (moved ? ": " : " is ") + old +
                             readable_value(system_, cell, last()[cell]) + (is_step ? "" : " " + since(cell)));
    }
    if (count > kMostCells) fact.lines.push_back("and " + std::to_string(count - kMostCells) + " more");
}

void Ending::false_property(const SystemProperty& property) {
    if (property.condition.code.empty()) return;
    bool cover = property.kind >= SystemPropertyKind::kCoverState;
    TraceFact fact{"Where " + property.name + " is " + (cover ? "true" : "false"), {}};
    CodeLine line = code_line(sources_, property.span, "");
    if (line.line != 0) fact.lines.push_back(line.file + ":" + std::to_string(line.line) + ": " + line.text);
    std::vector<const Program*> conditions;
    for (const Conjunct* one : cover ? std::vector<const Conjunct*>{} : false_conjuncts(property)) {
        std::string text = written(one->span);
        if (!text.empty()) fact.lines.push_back("false: " + text);
        conditions.push_back(&one->condition);
    }
    if (conditions.empty()) conditions.push_back(&property.condition);
    Outcome outcome = evaluation(*conditions.back()).outcome;
    if (outcome.kind == OutcomeKind::kViolation) {
        CodePlace place = code_place(system_, sources_, outcome.site);
        fact.lines.push_back("it cannot be evaluated at " + place.innermost().file + ":" +
                             std::to_string(place.innermost().line) + " (" + system_.properties[outcome.property].name + ")");
    }
    cell_lines(property, conditions, fact);
    facts_.push_back(std::move(fact));
}

void Ending::freed_objects() {
    TraceFact fact{kFreedBefore, {}};
    std::string failing = failing_object(system_, finding_, run_);
    for (const Object& object : system_.objects) {
        if (!object.pool || (!failing.empty() && failing != object.name)) continue;
        for (std::size_t i = 1; i < run_.states.size(); ++i) {
            if (run_.states[i - 1][object.in_use] == 0 || run_.states[i][object.in_use] != 0) continue;
            std::string where;
            for (const Event& event : run_.events[i - 1]) {
                if (event.instruction.kind != InstructionKind::kNote || event.instruction.note != NoteKind::kFree) continue;
                CodePlace place = code_place(system_, sources_, event.instruction.site);
                where = "  " + place.user.text + "  (" + place.user.file + ":" + std::to_string(place.user.line) + ")";
                break;
            }
            fact.lines.push_back(object.name + " at " + step_words(i - 1) + ":" + where);
        }
    }
    if (!fact.lines.empty()) facts_.push_back(std::move(fact));
}

// Every change of a ledger, from the first get on.
TraceFact Ending::ledger_timeline(const std::vector<LedgerCell>& cells, const std::string& ledger) const {
    TraceFact fact{"The ledger " + ledger, {}};
    fact.lines.push_back("at the start: " + ledger_text(cells, ledger, run_.states[0]));
    for (std::size_t i = 1; i < run_.states.size(); ++i) {
        bool moved = std::any_of(cells.begin(), cells.end(), [&](const LedgerCell& c) {
            return c.ledger == ledger && run_.states[i][c.address] != run_.states[i - 1][c.address];
        });
        if (moved) fact.lines.push_back(step_words(i - 1) + ": " + ledger_text(cells, ledger, run_.states[i]));
    }
    if (fact.lines.size() == 1) fact.lines[0] += ", and so to the end";
    if (fact.lines.size() > kMostLedgerLines) {
        std::size_t cut = fact.lines.size() - kMostLedgerLines + 1;
        fact.lines.erase(fact.lines.begin() + 1, fact.lines.begin() + 1 + static_cast<std::ptrdiff_t>(cut));
        fact.lines.insert(fact.lines.begin() + 1, "... " + std::to_string(cut) + " changes ...");
    }
    return fact;
}

// Of a check that is about references: all ledgers that move, or the only one.
void Ending::ledger_history() {
    std::vector<LedgerCell> cells = ledger_cells(system_);
    std::set<std::string> ledgers;
    for (const LedgerCell& cell : cells) {
        for (std::size_t i = 0; i < run_.states.size(); ++i) {
            if (run_.states[i][cell.address] != 0) ledgers.insert(cell.ledger);
        }
    }
    for (const std::string& ledger : ledgers) {
        TraceFact fact = ledger_timeline(cells, ledger);
        if (fact.lines.size() > 1 || ledgers.size() == 1) facts_.push_back(std::move(fact));
    }
}

// Of the objects that the end is about: those ledgers that move.
void Ending::ledgers_of(const std::set<std::string>& objects) {
    std::vector<LedgerCell> cells = ledger_cells(system_);
    std::set<std::string> told;
    for (const LedgerCell& cell : cells) {
        std::string owner = cell.ledger.substr(0, cell.ledger.rfind('.'));
        if (objects.count(owner) == 0 || !told.insert(cell.ledger).second) continue;
        TraceFact fact = ledger_timeline(cells, cell.ledger);
        if (fact.lines.size() > 1) facts_.push_back(std::move(fact));
    }
}

// Whose life, or whose ledger, the property is about.
std::set<std::string> Ending::owners_in_property() const {
    std::set<std::string> owners;
    std::vector<Address> read = property_cells();
    auto reads = [&](Address a) { return std::find(read.begin(), read.end(), a) != read.end(); };
    for (const Object& object : system_.objects) {
        if (object.pool && reads(object.in_use)) owners.insert(object.name);
    }
    for (const LedgerCell& cell : ledger_cells(system_)) {
        if (reads(cell.address)) owners.insert(cell.ledger.substr(0, cell.ledger.rfind('.')));
    }
    return owners;
}

std::vector<TraceFact> Ending::explain() {
    const SystemProperty& property = system_.properties[finding_.property];
    switch (property.kind) {
        case SystemPropertyKind::kBuiltin:
            if (property.name == "use_after_free" || property.name == "double_free") {
                freed_objects();
                ledgers_of({failing_object(system_, finding_, run_)});
            }
            if (property.name == "unowned_put" || property.name == "freed_with_references") ledger_history();
            break;
        case SystemPropertyKind::kDeadlock: waiting(); break;
        case SystemPropertyKind::kLeak: leaking(); break;
        case SystemPropertyKind::kInvariant:
        case SystemPropertyKind::kFinally:
        case SystemPropertyKind::kStep:
            false_property(property);
            if (property.kind == SystemPropertyKind::kFinally) lost_objects();
            ledgers_of(owners_in_property());
            break;
        case SystemPropertyKind::kCoverState:
        case SystemPropertyKind::kCoverFinal: false_property(property); break;
        case SystemPropertyKind::kCoverPoint: break;
    }
    return std::move(facts_);
}

}  // namespace

std::size_t failing_object_number(const TransitionSystem& system, const Finding& finding, const ReplayedTrace& run) {
    if (run.last.kind != OutcomeKind::kViolation || finding.trace.steps.empty() || run.states.empty()) return 0;
    const TraceStep& step = finding.trace.steps.back();
    std::span<const Value> before = run.states.back();
    const ThreadRole& role = system.roles[system.threads[step.thread].role];
    const Program& program = role.locations[static_cast<std::size_t>(system.location(before, step.thread))].step;
    std::vector<Value> state(before.begin(), before.end());
    std::vector<Value> registers;
    ChoiceTape tape = ChoiceTape::fixed(step.choices);
    execute(system, program, state, before, step.thread, tape, &registers);
    Environment environment{state, before, registers, step.thread, system.threads[step.thread].index};
    PointerFinder finder(system, environment);
    for (const Instruction& i : program.code) {
        if (i.kind == InstructionKind::kCheck && i.property == run.last.property && i.site == run.last.site)
            finder.visit(i.value);
    }
    return finder.object();
}

std::string failing_object(const TransitionSystem& system, const Finding& finding, const ReplayedTrace& run) {
    std::size_t number = failing_object_number(system, finding, run);
    return number != 0 ? system.objects[number].name : std::string();
}

std::size_t only_object_freed(const TransitionSystem& system, const ReplayedTrace& run) {
    std::size_t only = 0;
    for (std::size_t o = 1; o < system.objects.size(); ++o) {
        Address in_use = system.objects[o].in_use;
        bool freed = false;
        for (std::size_t i = 1; i < run.states.size(); ++i)
            freed = freed || (run.states[i - 1][in_use] != 0 && run.states[i][in_use] == 0);
        if (!system.objects[o].pool || !freed) continue;
        if (only != 0) return 0;
        only = o;
    }
    return only;
}

std::vector<Address> cells_behind_property(const TransitionSystem& system, const Finding& finding, const ReplayedTrace& run) {
    SourceManager nothing;  // cells have no text
    return Ending(system, nothing, finding, run).property_cells();
}

std::vector<TraceFact> explain_ending(const TransitionSystem& system, const SourceManager& sources, const Finding& finding,
                                      const ReplayedTrace& run) {
    bool no_state = run.states.empty() || (run.last.kind != OutcomeKind::kDone && finding.trace.steps.empty());
    if (no_state || finding.trace.loop_start) return {};
    return Ending(system, sources, finding, run).explain();
}

}  // namespace quire
