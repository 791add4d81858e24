// Cutting the automaton of a role into steps.
//
// A location is the entry, or a node where a step or a local choice begins.  The program of a location is the part of the
// graph that one step can run: from there through the *first* kStep on the way, and on to the next kStep or choice.  So it
// is a walk over pairs (node, whether the access has been passed); each pair becomes code once, shared by all ways.
//
// Invariant: at every location the cells of registers that are not live there are 0 (temporaries always, locals when the
// pass is on), so that states that cannot be told apart are equal.
#include "ir/emit.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "support/invariant.h"

namespace quire::ir {

namespace {

// The entries of a snapshot of a set lie as those of the set do, if all of them have a place.
void say_rows(LoweringContext& context, const FlowGraph& graph, const RegisterHomes& homes) {
    const std::vector<Variable>& variables = context.system.variables;
    for (std::uint32_t r = 0; r < graph.registers.size(); ++r) {
        const VirtualRegister& reg = graph.registers[r];
        if (reg.row_size == 0 || reg.row_kind == RepetitionKind::kElements || homes.variable[r] == kNone) continue;
        const Variable& first = variables[homes.variable[r]];
        bool together = true;
        for (std::uint32_t i = 0; i < reg.row_size && together; ++i) {
            const std::uint32_t v = homes.variable[r + i];
            together = v != kNone && variables[v].base == first.base + i * first.count && first.count > 0;
        }
        if (!together) continue;
        context.system.repetitions.push_back({reg.row_kind, first.base, first.count, reg.row_size, reg.row_group, 0});
    }
}

}  // namespace

RegisterHomes place_registers(LoweringContext& context, const FlowGraph& graph, bool keep_unread) {
    RegisterHomes homes;
    homes.variable.assign(graph.registers.size(), kNone);
    homes.live = compute_liveness(graph, context.system.pool);
    std::vector<bool> needed(graph.registers.size(), false);
    for (std::uint32_t n : reachable_nodes(graph)) {
        const Node& node = graph.nodes[n];
        if (keep_unread && defines(node) && graph.registers[node.target].local.valid()) needed[node.target] = true;
        if (node.kind != NodeKind::kStep && !(node.kind == NodeKind::kChoice && node.boundary)) continue;
        for (std::uint32_t r = 0; r < graph.registers.size(); ++r) {
            if (homes.live.before[n].has(r)) needed[r] = true;
        }
    }
    const Executor& executor = context.executors[graph.executor];
    for (std::uint32_t r = 0; r < graph.registers.size(); ++r) {
        const VirtualRegister& reg = graph.registers[r];
        if (reg.cell_variable != kNone) homes.variable[r] = reg.cell_variable;
        if (!needed[r] || reg.cell_variable != kNone) continue;
        Variable v;
        v.name = reg.name.empty() ? "temporary" : reg.name;
        v.type = reg.type;
        v.kind = VariableKind::kLocal;
        v.lo = reg.lo;
        v.hi = reg.hi;
        v.count = executor.count;
        v.role = executor.number;
        v.enumeration = reg.enumeration;
        v.displayed = reg.local.valid() && !reg.is_flag;
        v.span = reg.span;
        v.base = static_cast<Address>(context.system.initial.size());
        auto number = static_cast<std::uint32_t>(context.system.variables.size());
        context.system.initial.insert(context.system.initial.end(), v.count, 0);
        context.system.cell_variable.insert(context.system.cell_variable.end(), v.count, number);
        context.system.variables.push_back(std::move(v));
        homes.variable[r] = number;
    }
    say_rows(context, graph, homes);
    return homes;
}

namespace {

class Emitter {
public:
    Emitter(LoweringContext& context, const FlowGraph& graph, const RegisterHomes* homes,
            const std::vector<const FlowGraph*>& all_graphs, const std::vector<RegisterHomes>& all_homes, bool reset)
        : context_(context),
          graph_(graph),
          homes_(homes),
          all_graphs_(all_graphs),
          all_homes_(all_homes),
          reset_dead_locals_(reset) {}

    // Numbers of locations are handed out as they are met: the start is 0, the end 1.
    void role(ThreadRole& role) {
        locations_ = {graph_.entry, kNone};
        role.locations.resize(2);
        for (std::size_t l = 0; l < locations_.size(); ++l) {
            if (l == 1) continue;
            Location location;
            location.site = graph_.nodes[locations_[l]].site;
            location.name = l == 0 ? "start" : "at " + std::to_string(l);
            location.step = program(locations_[l]);
            if (role.locations.size() <= l) role.locations.resize(l + 1);
            role.locations[l] = std::move(location);
        }
        role.locations[1].name = "ended";
        role.start = 0;
        role.end = 1;
    }

    Program whole() {
        whole_ = true;
        for (const VirtualRegister& r : graph_.registers) program_.registers.push_back(r.type);
        if (program_.registers.empty()) program_.registers.push_back(kBoolType);
        run(graph_.entry);
        return std::move(program_);
    }

private:
    struct Point {
        std::uint32_t node = kNone;
        bool passed = false;  // the step's access
        friend bool operator<(const Point& a, const Point& b) { return a.node != b.node ? a.node < b.node : a.passed < b.passed; }
    };

    ExpressionPool& pool() { return context_.system.pool; }
    ExprId lit(Value value) { return pool().literal(value, kLongType); }
    Program program(std::uint32_t from);
    void run(std::uint32_t from);
    void find_loop_heads(Point from);
    bool is_stop(const Point& p) const;
    Point follow(std::uint32_t node, bool passed) const;
    void emit_chain(Point p);
    void emit_node(const Node& node, std::uint32_t number);
    void emit_finish(const Point& p);
    void emit_release(const Node& node, std::uint32_t number);
    void emit_refresh(const Node& node, std::uint32_t number);
    void reset_registers(std::uint32_t at_node, bool ended);
    ExprId rewrite(ExprId id);
    ExprId home(std::uint32_t r);
    ExprId home_address(std::uint32_t r);
    std::uint32_t local_register(std::uint32_t r);
    void assign(std::uint32_t r, ExprId value, std::uint32_t site);
    Instruction make(InstructionKind kind, std::uint32_t site) const {
        Instruction i;
        i.kind = kind;
        i.site = site;
        return i;
    }
    void push(const Instruction& i) { program_.code.push_back(i); }
    bool is_cell(std::uint32_t r) const { return homes_ != nullptr && homes_->variable[r] != kNone; }

    LoweringContext& context_;
    const FlowGraph& graph_;
    const RegisterHomes* homes_;
    const std::vector<const FlowGraph*>& all_graphs_;
    const std::vector<RegisterHomes>& all_homes_;
    bool reset_dead_locals_;
    bool whole_ = false;
    std::vector<std::uint32_t> locations_;
    std::map<std::uint32_t, std::uint32_t> location_numbers_;

    Program program_;
    std::map<Point, std::uint32_t> done_;
    std::map<Point, bool> loop_heads_;
    std::vector<std::pair<std::uint32_t, Point>> open_;  // jumps to code that does not exist yet
    std::vector<std::uint32_t> register_map_;
    std::unordered_map<std::uint32_t, ExprId> rewritten_;
    std::vector<std::uint32_t> assigned_cells_;
    std::uint32_t source_ = kNone;
};

bool Emitter::is_stop(const Point& p) const {
    const Node& node = graph_.nodes[p.node];
    if (node.kind == NodeKind::kEnd) return true;
    if (!p.passed || whole_) return false;
    return node.kind == NodeKind::kStep || (node.kind == NodeKind::kChoice && node.boundary);
}

// Skips nodes without effect; passing a kStep is remembered.
Emitter::Point Emitter::follow(std::uint32_t node, bool passed) const {
    Point p{node, passed};
    std::uint32_t skipped = 0;
    while (graph_.nodes[p.node].kind == NodeKind::kNop && graph_.nodes[p.node].next != kNone && skipped++ < graph_.nodes.size()) {
        p.node = graph_.nodes[p.node].next;
    }
    return p;
}

void Emitter::find_loop_heads(Point from) {
    // Iterative depth-first search; a way back to a point that is still open closes a cycle.
    std::map<Point, int> colour;
    std::vector<std::pair<Point, int>> stack{{from, 0}};
    while (!stack.empty()) {
        auto& [p, stage] = stack.back();
        if (stage == 0) colour[p] = 1;
        const Node& node = graph_.nodes[p.node];
        bool passed = p.passed || node.kind == NodeKind::kStep;
        std::uint32_t follower = kNone;
        if (!is_stop(p) && stage < 2) follower = stage == 0 ? node.next : node.other;
        if (stage >= 2 || is_stop(p)) {
            colour[p] = 2;
            stack.pop_back();
            continue;
        }
        ++stage;
        if (follower == kNone) continue;
        Point next = follow(follower, passed);
        auto found = colour.find(next);
        if (found == colour.end())
            stack.push_back({next, 0});
        else if (found->second == 1)
            loop_heads_[next] = true;
    }
}

Program Emitter::program(std::uint32_t from) {
    program_ = {};
    register_map_.assign(graph_.registers.size(), kNone);
    rewritten_.clear();
    assigned_cells_.clear();
    source_ = from;
    for (Address label : graph_.labels_passed) {
        Instruction i = make(InstructionKind::kStore, kNone);
        i.address = pool().add_long(lit(label), pool().self());
        i.value = pool().truth(false);
        push(i);
    }
    // Everything this step may assign is needed before the first finish is written.
    std::vector<Point> stack{follow(from, false)};
    std::map<Point, bool> seen;
    while (!stack.empty()) {
        Point p = stack.back();
        stack.pop_back();
        if (seen[p]) continue;
        seen[p] = true;
        const Node& node = graph_.nodes[p.node];
        bool is_definition = node.kind == NodeKind::kSet || node.kind == NodeKind::kChoice;
        if (is_stop(p)) continue;
        if (is_definition && is_cell(node.target)) assigned_cells_.push_back(node.target);
        bool passed = p.passed || node.kind == NodeKind::kStep;
        if (node.next != kNone) stack.push_back(follow(node.next, passed));
        if (node.other != kNone) stack.push_back(follow(node.other, passed));
    }
    run(from);
    return std::move(program_);
}

void Emitter::run(std::uint32_t from) {
    done_.clear();
    loop_heads_.clear();
    open_.clear();
    Point first = follow(from, false);
    find_loop_heads(first);
    emit_chain(first);
    for (std::size_t i = 0; i < open_.size(); ++i) {  // grows while it runs
        auto [instruction, p] = open_[i];
        auto found = done_.find(p);
        if (found == done_.end()) {
            program_.code[instruction].target = static_cast<std::uint32_t>(program_.code.size());
            emit_chain(p);
        } else {
            program_.code[instruction].target = found->second;
        }
    }
}

void Emitter::emit_chain(Point p) {
    while (true) {
        auto found = done_.find(p);
        if (found != done_.end()) {
            Instruction jump = make(InstructionKind::kJump, kNone);
            jump.target = found->second;
            push(jump);
            return;
        }
        done_[p] = static_cast<std::uint32_t>(program_.code.size());
        const Node& node = graph_.nodes[p.node];
        if (is_stop(p)) {
            emit_finish(p);
            return;
        }
        if (loop_heads_.count(p) != 0) push(make(InstructionKind::kLoopHead, node.site));
        bool passed = p.passed || node.kind == NodeKind::kStep;
        if (node.kind == NodeKind::kBranch) {
            Instruction i = make(InstructionKind::kBranch, node.site);
            i.value = rewrite(node.value);
            open_.push_back({static_cast<std::uint32_t>(program_.code.size()), follow(node.other, passed)});
            push(i);
        } else {
            emit_node(node, p.node);
        }
        if (node.next == kNone) {
            // Behind a check that always fails, or code that cannot be left.
            push(make(InstructionKind::kLoopHead, node.site));
            Instruction i = make(InstructionKind::kJump, node.site);
            i.target = static_cast<std::uint32_t>(program_.code.size() - 1);
            push(i);
            return;
        }
        p = follow(node.next, passed);
    }
}

ExprId Emitter::home_address(std::uint32_t r) {
    const Variable& v = context_.system.variables[homes_->variable[r]];
    return pool().add_long(lit(v.base), pool().self_index());
}

std::uint32_t Emitter::local_register(std::uint32_t r) {
    if (whole_) return r;
    if (register_map_[r] == kNone) {
        register_map_[r] = static_cast<std::uint32_t>(program_.registers.size());
        program_.registers.push_back(graph_.registers[r].type);
    }
    return register_map_[r];
}

ExprId Emitter::home(std::uint32_t r) {
    ScalarType type = graph_.registers[r].type;
    return is_cell(r) ? pool().load(home_address(r), type) : pool().reg(local_register(r), type);
}

ExprId Emitter::rewrite(ExprId id) {
    if (!id.valid()) return id;
    auto found = rewritten_.find(id.value);
    if (found != rewritten_.end()) return found->second;
    const Expr e = pool()[id];
    ExprId result = id;
    switch (e.kind) {
        case ExprKind::kLiteral:
        case ExprKind::kConstant:
        case ExprKind::kSelf:
        case ExprKind::kSelfIndex: break;
        case ExprKind::kRegister: result = home(e.index); break;
        case ExprKind::kLoad: result = pool().load(rewrite(e.a), e.type, e.index != 0); break;
        case ExprKind::kLookup: result = pool().lookup(e.index, rewrite(e.a), e.type); break;
        case ExprKind::kOp: {
            ExprId a = rewrite(e.a);
            ExprId b = rewrite(e.b);
            ExprId c = rewrite(e.c);
            result = pool().op(e.op, e.type, a, b, c);
            break;
        }
    }
    rewritten_[id.value] = result;
    return result;
}

void Emitter::assign(std::uint32_t r, ExprId value, std::uint32_t site) {
    Instruction i = make(is_cell(r) ? InstructionKind::kStore : InstructionKind::kSet, site);
    if (is_cell(r))
        i.address = home_address(r);
    else
        i.target = local_register(r);
    i.value = value;
    push(i);
}

void Emitter::emit_node(const Node& node, std::uint32_t number) {
    switch (node.kind) {
        case NodeKind::kNop:
        case NodeKind::kBranch:
        case NodeKind::kEnd: return;
        case NodeKind::kRead:
        case NodeKind::kWrite:
        case NodeKind::kFence: UNREACHABLE("an access that no memory model has lowered");
        case NodeKind::kStep: {
            if (node.note == NoteKind::kRead || node.note == NoteKind::kWrite) return;  // these note themselves
            Instruction i = make(InstructionKind::kNote, node.site);
            i.note = node.note;
            push(i);
            return;
        }
        case NodeKind::kChoice: {
            bool cell = is_cell(node.target);
            Instruction i = make(InstructionKind::kChoose, node.site);
            i.value = rewrite(node.value);
            i.value2 = rewrite(node.value2);
            if (cell) {
                i.target = static_cast<std::uint32_t>(program_.registers.size());
                program_.registers.push_back(graph_.registers[node.target].type);
            } else {
                i.target = local_register(node.target);
            }
            push(i);
            if (cell) assign(node.target, pool().reg(i.target, graph_.registers[node.target].type), node.site);
            return;
        }
        case NodeKind::kSet: assign(node.target, rewrite(node.value), node.site); return;
        case NodeKind::kStore: {
            Instruction i = make(InstructionKind::kStore, node.site);
            i.address = rewrite(node.address);
            i.value = rewrite(node.value);
            push(i);
            return;
        }
        case NodeKind::kCheck:
        case NodeKind::kDrop:
        case NodeKind::kRequire:
        case NodeKind::kCover:
        case NodeKind::kNote: {
            InstructionKind kind = node.kind == NodeKind::kCheck     ? InstructionKind::kCheck
                                   : node.kind == NodeKind::kDrop    ? InstructionKind::kDrop
                                   : node.kind == NodeKind::kRequire ? InstructionKind::kRequire
                                   : node.kind == NodeKind::kCover   ? InstructionKind::kCover
                                                                     : InstructionKind::kNote;
            Instruction i = make(kind, node.site);
            i.value = rewrite(node.value);
            i.address = rewrite(node.address);
            i.property = node.property;
            i.drop = node.drop;
            i.note = node.note;
            push(i);
            return;
        }
        case NodeKind::kRelease: emit_release(node, number); return;
        case NodeKind::kRefresh: emit_refresh(node, number); return;
    }
}

// Marks every pointer to or into the object: cells of all memory and all threads, members of sets, registers in use here.
void Emitter::emit_release(const Node& node, std::uint32_t number) {
    TransitionSystem& system = context_.system;
    ExprId object = rewrite(node.value);
    Instruction mark = make(InstructionKind::kMarkCells, node.site);
    mark.value = object;
    auto flush = [&] {
        if (mark.count > 0) push(mark);
        mark.count = 0;
    };
    for (const Variable& v : system.variables) {
        if (v.type.kind != ScalarKind::kPointer || !system.pointer_spaces[v.type.pointee].can_dangle) continue;
        std::uint32_t table = system.pointer_spaces[v.type.pointee].object_table;
        if (mark.count > 0 && mark.table == table && mark.base + mark.count == v.base) {
            mark.count += v.count;
            continue;
        }
        flush();
        mark.base = v.base;
        mark.count = v.count;
        mark.table = table;
    }
    flush();
    for (const MemoryLayout::PointerSet& set : context_.layout.pointer_sets()) {
        if (!context_.layout.can_dangle(set.structure)) continue;
        Instruction members = make(InstructionKind::kMarkMembers, node.site);
        members.value = object;
        members.base = set.base;
        members.count = set.size;
        members.table = context_.layout.object_table(set.structure);
        push(members);
    }
    for (std::size_t g = 0; g < all_homes_.size(); ++g) {  // snapshots of sets, in all threads
        const FlowGraph& graph = *all_graphs_[g];
        for (std::uint32_t r = 0; r < graph.registers.size(); ++r) {
            const VirtualRegister& reg = graph.registers[r];
            if (!reg.member_of.valid() || all_homes_[g].variable[r] == kNone) continue;
            Value owner = pool().table(context_.layout.object_table(reg.member_of)).entries[reg.member_slot];
            if (owner == 0) continue;
            const Variable& v = system.variables[all_homes_[g].variable[r]];
            for (std::uint32_t i = 0; i < v.count; ++i) {
                ExprId old = pool().load(lit(v.base + i), kIntType);
                ExprId hit = pool().logical_and(pool().equal(old, lit(1)), pool().equal(object, lit(owner)));
                Instruction store = make(InstructionKind::kStore, node.site);
                store.address = lit(v.base + i);
                store.value = pool().op(Op::kSelect, kLongType, hit, lit(2), old);
                push(store);
            }
        }
    }
    if (homes_ == nullptr && !whole_) return;
    for (std::uint32_t r = 0; r < graph_.registers.size(); ++r) {
        const VirtualRegister& reg = graph_.registers[r];
        if (is_cell(r) || reg.type.kind != ScalarKind::kPointer) continue;
        if (!context_.layout.can_dangle(StructId{reg.type.pointee})) continue;
        if (homes_ != nullptr && !homes_->live.after[number].has(r)) continue;
        Instruction one = make(InstructionKind::kMarkRegister, node.site);
        one.target = local_register(r);
        one.value = object;
        one.table = context_.layout.object_table(StructId{reg.type.pointee});
        push(one);
    }
}

void Emitter::emit_refresh(const Node& node, std::uint32_t number) {
    ExprId object = rewrite(node.value);
    auto held = static_cast<std::uint32_t>(program_.registers.size());
    program_.registers.push_back(kIntType);
    Instruction keep = make(InstructionKind::kSet, node.site);
    keep.target = held;
    keep.value = object;
    push(keep);
    object = pool().reg(held, kIntType);
    for (std::uint32_t r = 0; r < graph_.registers.size(); ++r) {
        const VirtualRegister& reg = graph_.registers[r];
        if (reg.type.kind != ScalarKind::kPointer || !context_.layout.can_dangle(StructId{reg.type.pointee})) continue;
        bool used = whole_ || homes_->live.after[number].has(r) || reg.cell_variable != kNone;
        if (!used) continue;
        if (!is_cell(r)) {
            Instruction one = make(InstructionKind::kClearRegister, node.site);
            one.target = local_register(r);
            one.value = object;
            one.table = context_.layout.object_table(StructId{reg.type.pointee});
            push(one);
            continue;
        }
        ExprId old = home(r);
        ExprId slot = pool().op(Op::kPointerSlot, kLongType, old);
        ExprId index = pool().op(Op::kSelect, kLongType, pool().op(Op::kGreater, kLongType, slot, lit(0)), slot, lit(0));
        ExprId owner = pool().lookup(context_.layout.object_table(StructId{reg.type.pointee}), index, kLongType);
        ExprId hit = pool().logical_and(pool().op(Op::kNotEqual, kLongType, object, lit(0)), pool().equal(owner, object));
        ExprId fresh = pool().op(Op::kMakePointer, reg.type, slot, lit(0));
        assign(r, pool().op(Op::kSelect, reg.type, hit, fresh, old), node.site);
    }
}

// Cells of registers that nothing reads from here on become 0.
void Emitter::reset_registers(std::uint32_t at_node, bool ended) {
    std::vector<std::uint32_t> touched = assigned_cells_;
    for (std::uint32_t r = 0; r < graph_.registers.size(); ++r) {
        if (is_cell(r) && homes_->live.before[source_].has(r)) touched.push_back(r);
    }
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    for (std::uint32_t r : touched) {
        const VirtualRegister& reg = graph_.registers[r];
        if (reg.cell_variable != kNone && !ended) continue;
        bool temporary = !reg.local.valid();
        if (!ended && homes_->live.before[at_node].has(r)) continue;
        if (!temporary && !reset_dead_locals_ && !ended) continue;
        assign(r, pool().literal(0, reg.type), kNone);
    }
}

void Emitter::emit_finish(const Point& p) {
    const Node& node = graph_.nodes[p.node];
    if (!whole_) {
        bool ended = node.kind == NodeKind::kEnd;
        reset_registers(p.node, ended);
        std::uint32_t number = 1;
        if (!ended) {
            auto [found, is_new] = location_numbers_.try_emplace(p.node, static_cast<std::uint32_t>(locations_.size()));
            if (is_new) locations_.push_back(p.node);
            number = found->second;
        }
        const ThreadRole& role = context_.system.roles[context_.executors[graph_.executor].number];
        Instruction i = make(InstructionKind::kStore, node.site);
        i.address = pool().add_long(lit(context_.system.variables[role.location_variable].base), pool().self_index());
        i.value = lit(number);
        push(i);
    }
    push(make(InstructionKind::kFinish, node.site));
}

}  // namespace

void emit_role(LoweringContext& context, const FlowGraph& graph, const RegisterHomes& homes,
               const std::vector<const FlowGraph*>& all_graphs, const std::vector<RegisterHomes>& all_homes,
               bool reset_dead_locals) {
    Emitter emitter(context, graph, &homes, all_graphs, all_homes, reset_dead_locals);
    emitter.role(context.system.roles[context.executors[graph.executor].number]);
}

Program emit_whole(LoweringContext& context, const FlowGraph& graph, const std::vector<const FlowGraph*>& all_graphs,
                   const std::vector<RegisterHomes>& all_homes) {
    Emitter emitter(context, graph, nullptr, all_graphs, all_homes, false);
    return emitter.whole();
}

}  // namespace quire::ir
