// The lowering of one instance, in order: threads, memory, the tool's own state, flow graphs, registers, steps, properties.
#include "ir/lower.h"

#include <algorithm>
#include <deque>

#include "ir/builder.h"
#include "ir/emit.h"
#include "ir/memory_model.h"
#include "ir/ranges.h"
#include "support/invariant.h"
#include "system/execute.h"
#include "system/thread_marks.h"

namespace quire {

namespace {

using namespace ir;

class Lowering {
public:
    Lowering(const TypedProgram& program, const ConstantValues& constants, const LowerOptions& options, TransitionSystem& system,
             Diagnostics& diagnostics)
        : program_(program),
          constants_(constants),
          options_(options),
          system_(system),
          context_(program, constants, system, diagnostics) {
        context_.propagate_arguments = options.propagate_arguments;
    }

    bool run() { return prepare() && build_graphs() && finish(); }

    Result<std::string> print_graphs() {
        if (!prepare() || !build_graphs()) return Failure{};
        std::string text;
        for (std::size_t e = 0; e <= init_; ++e) {
            text +=
                e == init_ ? "init\n" : "role " + system_.roles[e].name + "[" + std::to_string(system_.roles[e].count) + "]\n";
            text += to_string(graphs_[e], system_);
        }
        return text;
    }

private:
    bool prepare() {
        add_names();
        add_properties();
        if (!add_threads() || !context_.layout.build(context_.diagnostics)) return false;
        add_locations();
        add_shared_locals();
        add_labels();
        add_locks();
        add_tables();
        return true;
    }

    bool finish() {
        if (!lower_memory()) return false;
        place_all();
        for (std::size_t e = 0; e < init_; ++e) {
            emit_role(context_, graphs_[e], homes_[e], pointers_, homes_, options_.reset_dead_locals);
            Variable& location = system_.variables[system_.roles[e].location_variable];
            location.hi = static_cast<Value>(system_.roles[e].locations.size()) - 1;
        }
        system_.start = emit_whole(context_, graphs_[init_], pointers_, homes_);
        add_conditions();
        initialise();
        collect_statement_sites();
        return true;
    }

    void add_names();
    void add_properties();
    bool add_threads();
    void add_locations();
    void add_shared_locals();
    void add_shared_local(std::uint32_t executor, LocalId local);
    void add_labels();
    void by_thread(Address base);
    void add_locks();
    void add_lock(const Contract& contract, bool sleeps);
    void add_tables();
    void too_large(SourceSpan span, const std::string& what);
    bool build_graphs();
    void simplify(FlowGraph& graph);
    bool lower_memory();
    void place_all();
    void add_conditions();
    Program condition_of(const Property& property);
    void add_conjuncts(ExpressionId condition, std::vector<ExpressionId>& out) const;
    void initialise();
    void collect_statement_sites();

    const TypedProgram& program_;
    const ConstantValues& constants_;
    const LowerOptions& options_;
    TransitionSystem& system_;
    LoweringContext context_;
    std::deque<FlowGraph> graphs_;  // roles, then init
    std::vector<const FlowGraph*> pointers_;
    std::vector<RegisterHomes> homes_;
    std::size_t init_ = 0;
};

void Lowering::add_names() {
    for (std::size_t i = 0; i < program_.constants.size(); ++i) {
        system_.constants.emplace_back(program_.constants[i].name, constants_[i]);
    }
    for (const Enum& e : program_.enums) system_.enumerations.push_back({e.name, e.values});
    system_.functions.push_back("NULL");
    for (const Function& f : program_.functions) system_.functions.push_back(f.name);
}

void Lowering::add_properties() {
    auto allowed = [&](std::string_view name) {
        return std::find(program_.allowed.begin(), program_.allowed.end(), name) != program_.allowed.end();
    };
    for (std::string_view name : builtin_properties()) {
        SystemProperty p;
        p.name = std::string(name);
        p.kind = name == "deadlock" ? SystemPropertyKind::kDeadlock
                 : name == "leak"   ? SystemPropertyKind::kLeak
                                    : SystemPropertyKind::kBuiltin;
        p.enabled = !allowed(name) && (name != "leak" || program_.check_leaks);
        system_.properties.push_back(std::move(p));
    }
    context_.first_property = static_cast<PropertyNumber>(system_.properties.size());
    for (const Property& property : program_.properties) {
        SystemProperty p;
        p.name = property.name;
        p.span = property.span;
        p.doc = property.doc;
        switch (property.kind) {
            case PropertyKind::kInvariant: p.kind = SystemPropertyKind::kInvariant; break;
            case PropertyKind::kFinally: p.kind = SystemPropertyKind::kFinally; break;
            case PropertyKind::kStep: p.kind = SystemPropertyKind::kStep; break;
            case PropertyKind::kCover: p.kind = SystemPropertyKind::kCoverState; break;
            case PropertyKind::kCoverFinally: p.kind = SystemPropertyKind::kCoverFinal; break;
        }
        system_.properties.push_back(std::move(p));
    }
    context_.first_cover = static_cast<PropertyNumber>(system_.properties.size());
    for (const Cover& cover : program_.covers) {
        SystemProperty p;
        p.name = cover.name;
        p.span = cover.span;
        p.kind = SystemPropertyKind::kCoverPoint;
        system_.properties.push_back(std::move(p));
    }
}

bool Lowering::add_threads() {
    system_.threads.push_back({0, 0, "init"});
    for (std::size_t r = 0; r < program_.roles.size(); ++r) {
        const Role& declared = program_.roles[r];
        Value count = declared.count.valid() ? evaluate_constant(program_, declared.count, constants_).value_or(-1) : 1;
        if (count < 0 || count > 255 || system_.threads.size() + static_cast<std::size_t>(count) > 256) {
            context_.diagnostics
                .error(DiagnosticCode::kE0604, declared.span, std::to_string(count) + " threads of '" + declared.name + "'")
                .with_label("at most 255 threads in all");
            return false;
        }
        ThreadRole role;
        role.name = declared.name;
        role.first_thread = static_cast<std::uint32_t>(system_.threads.size());
        role.count = static_cast<std::uint32_t>(count);
        role.is_array = declared.is_array;
        role.daemon = declared.daemon;
        role.dormant = declared.dormant;
        role.symmetric = !declared.looks_at_index;
        role.span = declared.span;
        role.count_expression = system_.pool.literal(count, kIntType);
        for (std::uint32_t i = 0; i < role.count; ++i) {
            std::string name = declared.is_array ? declared.name + "[" + std::to_string(i) + "]" : declared.name;
            system_.threads.push_back({static_cast<std::uint32_t>(r), i, std::move(name)});
        }
        Executor executor;
        executor.role = RoleId{r};
        executor.number = static_cast<std::uint32_t>(r);
        executor.count = role.count;
        executor.first_thread = role.first_thread;
        if (declared.body.valid()) executor.reached = reach(program_, {declared.body});
        for (LocalId parameter : declared.parameters) executor.reached.locals.insert(parameter);
        context_.executors.push_back(std::move(executor));
        system_.roles.push_back(std::move(role));
    }
    Executor init;
    init.reached = reach(program_, program_.inits);
    init_ = context_.executors.size();
    context_.executors.push_back(std::move(init));
    return true;
}

void Lowering::add_locations() {
    for (std::size_t r = 0; r < system_.roles.size(); ++r) {
        ThreadRole& role = system_.roles[r];
        Variable v;
        v.name = "location";
        v.type = kIntType;
        v.kind = VariableKind::kLocation;
        v.count = role.count;
        v.role = static_cast<std::uint32_t>(r);
        v.displayed = false;
        v.base = static_cast<Address>(system_.initial.size());
        role.location_variable = static_cast<std::uint32_t>(system_.variables.size());
        system_.initial.insert(system_.initial.end(), role.count, role.dormant ? kEndLocation : kStartLocation);
        system_.cell_variable.insert(system_.cell_variable.end(), role.count, role.location_variable);
        system_.variables.push_back(std::move(v));
    }
}

// Locals that others than their thread read or write.
void Lowering::add_shared_locals() {
    for (const TypedExpression& e : program_.expressions) {
        if (e.kind == ExpressionKind::kThreadLocal) add_shared_local(e.role.value, e.local);
    }
    for (std::uint32_t r = 0; r < program_.roles.size(); ++r) {
        if (!program_.roles[r].dormant) continue;
        for (LocalId parameter : program_.roles[r].parameters) add_shared_local(r, parameter);
    }
}

void Lowering::add_shared_local(std::uint32_t executor, LocalId local) {
    if (context_.shared_locals.count({executor, local}) != 0) return;
    const Local& declared = program_[local];
    if (!is_scalar(program_, declared.type)) return;
    Variable v;
    v.name = declared.name;
    v.type = scalar_type(program_, declared.type);
    v.kind = VariableKind::kLocal;
    v.count = system_.roles[executor].count;
    v.role = executor;
    v.span = declared.span;
    v.lo = v.type.kind == ScalarKind::kPointer ? -2 * 4095 : std::min<Value>(range_of(program_, declared.type, constants_).lo, 0);
    v.hi = v.type.kind == ScalarKind::kPointer ? 2 * static_cast<Value>(context_.layout.place_count(StructId{v.type.pointee})) + 1
                                               : std::max<Value>(range_of(program_, declared.type, constants_).hi, 0);
    if (v.type.kind == ScalarKind::kThread) v.hi = context_.layout.thread_count();
    if (v.type.kind == ScalarKind::kFunction) v.hi = static_cast<Value>(program_.functions.size());
    if (program_[declared.type].kind == TypeKind::kEnum) v.enumeration = program_[declared.type].enumeration.value;
    v.base = static_cast<Address>(system_.initial.size());
    auto number = static_cast<std::uint32_t>(system_.variables.size());
    system_.initial.insert(system_.initial.end(), v.count, 0);
    system_.cell_variable.insert(system_.cell_variable.end(), v.count, number);
    system_.variables.push_back(std::move(v));
    context_.shared_locals[{executor, local}] = number;
}

// Cells of which entry t is of thread number t.
void Lowering::by_thread(Address base) {
    system_.repetitions.push_back({RepetitionKind::kByThread, base, 1, context_.layout.thread_count() + 1, kNone, 0});
}

void Lowering::add_labels() {
    std::uint32_t threads = context_.layout.thread_count() + 1;
    for (std::size_t l = 0; l < program_.labels.size(); ++l) {
        if (!program_.labels[l].watched) continue;
        Address cells = context_.add_internal("at " + program_.labels[l].name, threads, 1);
        context_.watched_labels[LabelId{l}] = cells;
        by_thread(cells);
    }
    context_.wait_for_all_at_once = options_.wait_for_all_at_once;
    context_.empty_sets_at_once = options_.empty_sets_at_once;
    if (!options_.mark_quantified_threads) return;
    by_thread(context_.thread_marks = context_.add_internal(kThreadMarks, threads, 1));
    for (std::uint32_t t = 1; t < threads; ++t) system_.initial[context_.thread_marks + t] = 1;
}

void Lowering::add_lock(const Contract& contract, bool sleeps) {
    LockClass lock;
    if (contract.lock.valid()) {
        lock.structure = program_[program_[contract.lock].type].structure;
        lock.name = program_[lock.structure].name;
    } else {
        lock.name = contract.name;
    }
    for (LockClass& known : context_.locks) {
        if (known.structure == lock.structure && known.name == lock.name) {
            known.spins = known.spins && !sleeps;
            return;
        }
    }
    lock.spins = !sleeps;
    context_.locks.push_back(std::move(lock));
}

void Lowering::add_locks() {
    std::set<FunctionId> functions;
    bool irqs = false;
    for (const Executor& executor : context_.executors) {
        functions.insert(executor.reached.functions.begin(), executor.reached.functions.end());
        irqs = irqs || executor.reached.uses_irq_flag;
    }
    bool asks_sleep = false;
    bool asks_grace = false;
    for (std::size_t f = 0; f < program_.functions.size(); ++f) {
        const Function& function = program_.functions[f];
        bool sleeps = false;
        for (const Contract& contract : function.contracts) sleeps = sleeps || contract.kind == ContractKind::kSleeps;
        bool reached = functions.count(FunctionId{f}) != 0;
        for (const Contract& contract : function.contracts) {
            bool takes = contract.kind == ContractKind::kAcquires;
            bool names = takes || contract.kind == ContractKind::kReleases || contract.kind == ContractKind::kMustHold;
            // A lock that nothing here takes or needs has no state; but who else sleeps on it says what kind it is.
            if (names && (reached || takes)) add_lock(contract, takes && sleeps);
            asks_sleep = asks_sleep || (reached && contract.kind == ContractKind::kSleeps);
            asks_grace = asks_grace || (reached && contract.kind == ContractKind::kGracePeriod);
        }
    }
    std::uint32_t threads = context_.layout.thread_count() + 1;
    for (LockClass& lock : context_.locks) {
        std::uint32_t slots = lock.structure.valid() ? context_.layout.place_count(lock.structure) + 1 : 1;
        lock.held = context_.add_internal("held " + lock.name, slots * threads, 0x7fffffff);
        if (lock.structure.valid()) {
            system_.repetitions.push_back({RepetitionKind::kBySlot, lock.held, threads, slots, lock.structure.value, 0});
        }
        for (std::uint32_t slot = 0; slot < slots; ++slot) by_thread(lock.held + slot * threads);
    }
    if (asks_sleep) by_thread(context_.spinning = context_.add_internal("spinning locks held", threads, 0x7fffffff));
    if (asks_grace) by_thread(context_.named_held = context_.add_internal("readers", threads, 0x7fffffff));
    if (irqs) by_thread(context_.irqs_off = context_.add_internal("irqs off", threads, 1));
}

void Lowering::add_tables() {
    Table in_use{"in_use", {0}};  // cell 0 is always 1
    for (std::size_t o = 1; o < system_.objects.size(); ++o) in_use.entries.push_back(system_.objects[o].in_use);
    context_.in_use_table = system_.pool.add_table(std::move(in_use));
    Table index{"index", {}};
    for (const Thread& thread : system_.threads) index.entries.push_back(thread.index);
    context_.thread_index_table = system_.pool.add_table(std::move(index));
}

void Lowering::simplify(FlowGraph& graph) {
    if (options_.remove_proven_checks) remove_proven_checks(graph, system_.pool);
    if (options_.remove_dead_assignments) remove_dead_assignments(graph, system_.pool, !options_.reset_dead_locals);
}

void Lowering::too_large(SourceSpan span, const std::string& what) {
    context_.diagnostics.error(DiagnosticCode::kE0605, span, what)
        .with_label("more than " + std::to_string(Builder::kMaxNodes) + " operations");
}

bool Lowering::build_graphs() {
    for (std::size_t e = 0; e <= init_; ++e) {
        FlowGraph& graph = graphs_.emplace_back();
        graph.executor = static_cast<std::uint32_t>(e);
        Builder builder(context_, graph);
        if (e == init_)
            builder.init_body(program_.inits);
        else
            builder.thread_body(program_.roles[e]);
        if (builder.too_large()) {
            too_large(e == init_ ? SourceSpan{} : program_.roles[e].span,
                      "a thread whose code, with all calls inlined, is too large");
            return false;
        }
        simplify(graph);
    }
    return !context_.diagnostics.has_errors();
}

// A load sees what some write left in the cell, by whatever way it got there, so ranges come from the accesses as written.
bool Lowering::lower_memory() {
    std::vector<FlowGraph*> roles;
    for (std::size_t e = 0; e < init_; ++e) {
        if (options_.infer_ranges) infer_ranges(graphs_[e], system_);
        roles.push_back(&graphs_[e]);
    }
    if (options_.memory != nullptr && !options_.memory->lower_accesses(context_, roles)) return false;
    for (FlowGraph& graph : graphs_) access_memory_directly(graph, system_.pool);
    return true;
}

void Lowering::place_all() {
    for (std::size_t e = 0; e < init_; ++e) {
        homes_.push_back(place_registers(context_, graphs_[e], !options_.drop_unread_storage));
        pointers_.push_back(&graphs_[e]);
    }
}

void Lowering::add_conditions() {
    for (std::size_t i = 0; i < program_.properties.size(); ++i) {
        const Property& property = program_.properties[i];
        SystemProperty& out = system_.properties[context_.first_property + i];
        out.condition = condition_of(property);
        if (out.condition.code.empty()) return;
        std::vector<ExpressionId> parts;
        add_conjuncts(property.condition, parts);
        for (ExpressionId part : parts) {
            if (parts.size() == 1) break;
            Property one = property;
            one.condition = part;
            out.conjuncts.push_back({condition_of(one), program_[part].span});
        }
    }
}

Program Lowering::condition_of(const Property& property) {
    FlowGraph graph;
    Builder builder(context_, graph);
    builder.property_condition(property);
    if (!builder.too_large()) return emit_whole(context_, graph, pointers_, homes_);
    too_large(property.span, "a property that is too large, with its quantifiers written out");
    return {};
}

void Lowering::add_conjuncts(ExpressionId condition, std::vector<ExpressionId>& out) const {
    const TypedExpression& e = program_[condition];
    if (e.kind != ExpressionKind::kAnd) {
        out.push_back(condition);
        return;
    }
    for (ExpressionId side : e.operands) add_conjuncts(side, out);
}

// `first`, then `second` with registers that are 0 again.
Program in_sequence(ExpressionPool& pool, Program first, const Program& second) {
    auto end = static_cast<std::uint32_t>(first.code.size());
    for (Instruction& i : first.code) {
        if (i.kind != InstructionKind::kFinish) continue;
        i.kind = InstructionKind::kJump;
        i.target = end;
    }
    for (std::uint32_t r = 0; r < second.registers.size(); ++r) {
        Instruction clear;
        clear.kind = InstructionKind::kSet;
        clear.target = r;
        clear.value = pool.literal(0, second.registers[r]);
        first.code.push_back(clear);
    }
    auto offset = static_cast<std::uint32_t>(first.code.size());
    for (Instruction i : second.code) {
        if (i.kind == InstructionKind::kBranch || i.kind == InstructionKind::kJump) i.target += offset;
        first.code.push_back(i);
    }
    std::vector<ScalarType> registers = second.registers;
    for (std::size_t r = registers.size(); r < first.registers.size(); ++r) registers.push_back(first.registers[r]);
    first.registers = std::move(registers);
    return first;
}

// Static initialisers are evaluated once, here; what they put into a counter is in the ledger as unbooked.
void Lowering::initialise() {
    FlowGraph graph;
    graph.executor = static_cast<std::uint32_t>(init_);
    Builder builder(context_, graph);
    builder.static_initialisers();
    Program program = emit_whole(context_, graph, pointers_, homes_);
    if (options_.initialisers_at_start) {
        system_.start = in_sequence(system_.pool, std::move(program), system_.start);
        return;
    }
    std::vector<Value> state = system_.initial;
    ChoiceTape tape;
    Outcome outcome = execute(system_, program, state, state, 0, tape);
    if (outcome.kind == OutcomeKind::kDone) {
        system_.initial = std::move(state);
        return;
    }
    SourceSpan span = outcome.site == kNone ? SourceSpan{} : system_.sites[outcome.site].span;
    std::string what = outcome.property == kNone ? "fails" : "is " + system_.properties[outcome.property].name;
    context_.diagnostics.error(DiagnosticCode::kE0401, span, "an initialiser that " + what).with_label("in this instance");
}

void Lowering::collect_statement_sites() {
    std::vector<std::uint32_t>& sites = system_.statement_sites;
    for (const FlowGraph& graph : graphs_) {
        for (const Node& node : graph.nodes) {
            bool counts = node.kind == NodeKind::kNote && (node.note == NoteKind::kStatement || node.note == NoteKind::kDecision);
            if (counts && node.site != kNone) sites.push_back(node.site);
        }
    }
    std::sort(sites.begin(), sites.end());
    sites.erase(std::unique(sites.begin(), sites.end()), sites.end());
}

}  // namespace

Result<TransitionSystem> lower_program(const TypedProgram& program, const ConstantValues& constants, const LowerOptions& options,
                                       Diagnostics& diagnostics) {
    TransitionSystem system;
    std::size_t errors = diagnostics.error_count();
    Lowering lowering(program, constants, options, system, diagnostics);
    if (!lowering.run() || diagnostics.error_count() != errors) return Failure{};
    return system;
}

Result<std::string> print_flow_graphs(const TypedProgram& program, const ConstantValues& constants, const LowerOptions& options,
                                      Diagnostics& diagnostics) {
    TransitionSystem system;
    return Lowering(program, constants, options, system, diagnostics).print_graphs();
}

}  // namespace quire
