#include "driver/scenario_product.h"

#include <algorithm>
#include <map>
#include <utility>

#include "system/access_notes.h"

namespace quire {

namespace {

class Product {
public:
    Product(const TransitionSystem& system, const ScenarioBinding& binding, const ScenarioProductOptions& options)
        : binding_(binding), options_(options) {
        out_.system = system;
    }

    ScenarioProduct build() {
        add_cells();
        add_covers();
        for (std::uint32_t r = 0; r < system().roles.size(); ++r) {
            lines_.clear();
            for (std::size_t k = 0; k < binding_.lines.size(); ++k) {
                if (system().threads[binding_.lines[k].thread].role == r) lines_.push_back(k);
            }
            if (lines_.empty() && !options_.only_afterwards) continue;
            collect_accesses(system().roles[r]);
            for (std::size_t l = 0; l < system().roles[r].locations.size(); ++l) rewrite(r, l);
        }
        change_properties();
        return std::move(out_);
    }

private:
    TransitionSystem& system() { return out_.system; }
    ExpressionPool& pool() { return out_.system.pool; }
    ExprId lit(Value value) { return pool().literal(value, kLongType); }
    ExprId load(Address address) { return pool().load(lit(address), kIntType); }
    ExprId is_zero(ExprId value) { return pool().equal(value, lit(0)); }
    ExprId reg(std::uint32_t number) { return pool().reg(number, kLongType); }
    ExprId progress_is(std::size_t value) { return pool().equal(load(out_.progress), lit(static_cast<Value>(value))); }
    ExprId either(ExprId a, ExprId b) { return pool().op(Op::kOr, kBoolType, a, b); }
    ExprId both(ExprId a, ExprId b) { return pool().logical_and(a, b); }
    ExprId acting(std::size_t k) { return pool().equal(pool().self(), lit(binding_.lines[k].thread)); }
    std::size_t complete() const { return 2 * binding_.lines.size(); }

    Address add_cell(const std::string& name, Value hi);
    void add_cells();
    PropertyNumber add_property(const std::string& name, SystemPropertyKind kind);
    void add_covers();
    void collect_accesses(const ThreadRole& role);
    void rewrite(std::uint32_t role, std::size_t location);
    void note(const Instruction& i);
    void check(const Instruction& i);
    void at_access(std::size_t k);
    void leave_part(std::size_t k);
    void at_location(const ThreadRole& role, const Instruction& i);
    void at_end(std::size_t k);
    void one_step(std::size_t k);
    void finish_line(std::size_t k);
    ExprId fails_now(std::size_t k, std::uint32_t site);
    void change_properties();
    void require_completion(SystemProperty& property);

    std::uint32_t push(InstructionKind kind, ExprId value, std::uint32_t target = 0) {
        Instruction i;
        i.kind = kind;
        i.value = value;
        i.target = target;
        code_.push_back(i);
        kept_.push_back(false);
        return static_cast<std::uint32_t>(code_.size() - 1);
    }
    void store(Address address, Value value) {
        std::uint32_t n = push(InstructionKind::kStore, lit(value));
        code_[n].address = lit(address);
    }
    std::uint32_t unless(ExprId value) { return push(InstructionKind::kBranch, value); }
    void here(std::uint32_t branch) { code_[branch].target = static_cast<std::uint32_t>(code_.size()); }

    const ScenarioBinding& binding_;
    const ScenarioProductOptions& options_;
    ScenarioProduct out_;
    std::vector<Address> inside_;     // by line: its statement has begun in its thread
    std::vector<Address> pending_;    // by line: its statement, without access, was done in its thread's last step
    std::vector<std::size_t> lines_;  // of the present role
    std::vector<std::vector<std::uint32_t>> accesses_;  // of the present role, by location: sites of what a step does there
    // Of the present program.
    std::vector<Instruction> code_;
    std::vector<bool> kept_;   // by instruction: was there before, its target is in old numbers
    std::uint32_t moved_ = 0;  // register: this step was counted as one of a line
    std::uint32_t ended_ = 0;  // register: 1 + the line that ended in this step
    std::uint32_t taken_ = 0;  // register: the statement that ends here was counted as a line
};

Address Product::add_cell(const std::string& name, Value hi) {
    Variable v;
    v.name = name;
    v.type = kIntType;
    v.kind = VariableKind::kInternal;
    v.hi = hi;
    v.displayed = false;
    v.base = static_cast<Address>(system().initial.size());
    system().initial.push_back(0);
    system().cell_variable.push_back(static_cast<std::uint32_t>(system().variables.size()));
    system().variables.push_back(std::move(v));
    return system().variables.back().base;
}

// Lines of one thread about the same statement share what is known of it.
void Product::add_cells() {
    out_.progress = add_cell("scenario", static_cast<Value>(complete()));
    for (std::size_t k = 0; k < binding_.lines.size(); ++k) {
        const MatchedLine& line = binding_.lines[k];
        inside_.push_back(0);
        pending_.push_back(0);
        if (line.one_step) continue;
        for (std::size_t other = 0; other < k; ++other) {
            const MatchedLine& known = binding_.lines[other];
            if (known.one_step || known.thread != line.thread || known.part != line.part || known.ends != line.ends ||
                known.inside != line.inside)
                continue;
            inside_[k] = inside_[other];
            pending_[k] = pending_[other];
        }
        if (inside_[k] != 0) continue;
        inside_[k] = add_cell("scenario.inside " + std::to_string(k + 1), 1);
        pending_[k] = add_cell("scenario.pending " + std::to_string(k + 1), 1);
    }
}

PropertyNumber Product::add_property(const std::string& name, SystemPropertyKind kind) {
    SystemProperty p;
    p.kind = kind;
    p.name = name;
    system().properties.push_back(std::move(p));
    return static_cast<PropertyNumber>(system().properties.size() - 1);
}

void Product::add_covers() {
    // Covers of the spec are no part of the question.
    for (PropertyNumber p = 0; p < system().properties.size(); ++p) {
        SystemProperty& property = system().properties[p];
        if (property.kind >= SystemPropertyKind::kCoverState) property.enabled = false;
        out_.original.push_back(p);
    }
    for (std::size_t k = 0; k < binding_.lines.size(); ++k) {
        PropertyNumber number = add_property("lines 1 to " + std::to_string(k + 1), SystemPropertyKind::kCoverState);
        Program& condition = system().properties[number].condition;
        condition.registers = {kBoolType};
        Instruction set;
        set.kind = InstructionKind::kSet;
        set.target = 0;
        set.value = pool().op(Op::kLessEqual, kLongType, lit(static_cast<Value>(2 * k + 2)), load(out_.progress));
        condition.code = {set, Instruction{}};
        out_.happened.push_back(number);
        out_.fails_in.push_back(add_property("failure in line " + std::to_string(k + 1), SystemPropertyKind::kCoverPoint));
    }
}

// Line k has happened; so have those behind it that were done already.
void Product::finish_line(std::size_t k) {
    store(out_.progress, static_cast<Value>(2 * k + 2));
    push(InstructionKind::kSet, lit(static_cast<Value>(k + 1)), ended_);
    push(InstructionKind::kSet, lit(1), taken_);
    std::vector<std::uint32_t> skips;
    for (std::size_t next = k + 1; next < binding_.lines.size() && !binding_.lines[next].one_step; ++next) {
        skips.push_back(unless(load(pending_[next])));
        store(pending_[next], 0);
        store(out_.progress, static_cast<Value>(2 * next + 2));
    }
    for (std::uint32_t skip : skips) here(skip);
}

void Product::at_access(std::size_t k) {
    std::uint32_t other = unless(acting(k));
    std::uint32_t later = unless(progress_is(2 * k));
    std::uint32_t begun = unless(is_zero(load(inside_[k])));
    store(out_.progress, static_cast<Value>(2 * k + 1));
    here(other);
    here(later);
    here(begun);
}

void Product::at_end(std::size_t k) {
    std::uint32_t other = unless(acting(k));
    // Without access, and now: it begins and ends here.
    ExprId whole = both(progress_is(2 * k), is_zero(load(inside_[k])));
    std::uint32_t no = unless(either(progress_is(2 * k + 1), whole));
    finish_line(k);
    here(no);
    here(other);
}

// The thread goes on outside of the part that line k quotes.
void Product::leave_part(std::size_t k) {
    std::uint32_t other = unless(acting(k));
    std::uint32_t outside = unless(load(inside_[k]));
    std::uint32_t waiting = unless(progress_is(2 * k + 1));
    finish_line(k);
    here(waiting);
    store(inside_[k], 0);
    here(other);
    here(outside);
}

// Where the next step of the thread is none of the part, the part has ended.
void Product::at_location(const ThreadRole& role, const Instruction& i) {
    if (lines_.empty() || i.kind != InstructionKind::kStore || !pool().is_literal(i.value)) return;
    const Address base = system().variables[role.location_variable].base;
    if (i.address != pool().add_long(lit(base), pool().self_index()) && i.address != lit(base)) return;
    const auto next = static_cast<std::size_t>(pool()[i.value].value);
    for (std::size_t k : lines_) {
        if (!binding_.lines[k].part || next >= accesses_.size()) continue;
        const std::vector<std::uint32_t>& accesses = accesses_[next];
        bool stays = std::any_of(accesses.begin(), accesses.end(), [&](std::uint32_t s) { return binding_.lines[k].inside[s]; });
        if (!stays) leave_part(k);
    }
}

void Product::one_step(std::size_t k) {
    std::uint32_t other = unless(acting(k));
    std::uint32_t later = unless(progress_is(2 * k));
    std::uint32_t counted = unless(is_zero(reg(moved_)));
    push(InstructionKind::kSet, lit(1), moved_);
    finish_line(k);
    here(other);
    here(later);
    here(counted);
}

void Product::note(const Instruction& i) {
    if (i.site == kNone) return;
    bool ends = i.note == NoteKind::kStatement || i.note == NoteKind::kDecision;
    for (std::size_t k : lines_) {
        const MatchedLine& line = binding_.lines[k];
        if (line.one_step && line.inside[i.site]) one_step(k);
    }
    // Beginnings of all lines before ends: an occurrence that ends here is none that begins for the next line.
    if (is_access(i.note)) {
        for (std::size_t k : lines_) {
            if (!binding_.lines[k].one_step && binding_.lines[k].inside[i.site]) at_access(k);
        }
        for (std::size_t k : lines_) {
            if (binding_.lines[k].one_step || !binding_.lines[k].inside[i.site]) continue;
            std::uint32_t other = unless(acting(k));
            store(inside_[k], 1);
            here(other);
        }
    }
    for (std::size_t k : lines_) {
        if (binding_.lines[k].part && !binding_.lines[k].inside[i.site]) leave_part(k);
    }
    if (!ends) return;
    push(InstructionKind::kSet, lit(0), taken_);
    // The last line first: what ends line k is not what line k + 1 begins with.
    std::map<Address, std::size_t> ended;
    for (std::size_t n = lines_.size(); n-- > 0;) {
        std::size_t k = lines_[n];
        if (binding_.lines[k].one_step || binding_.lines[k].part || !binding_.lines[k].ends[i.site]) continue;
        at_end(k);
        ended.emplace(inside_[k], k);
    }
    for (const auto& [inside, k] : ended) {
        std::uint32_t other = unless(acting(k));
        std::uint32_t had_access = unless(is_zero(load(inside)));
        // Not if it was just taken for a line.
        std::uint32_t taken = unless(is_zero(reg(taken_)));
        store(pending_[k], 1);
        here(had_access);
        here(taken);
        store(inside, 0);
        here(other);
    }
}

ExprId Product::fails_now(std::size_t k, std::uint32_t site) {
    const MatchedLine& line = binding_.lines[k];
    ExprId now = pool().equal(reg(ended_), lit(static_cast<Value>(k + 1)));
    now = either(now, progress_is(2 * k + 1));
    if (site != kNone && line.inside[site]) {
        ExprId fresh = line.one_step ? is_zero(reg(moved_)) : is_zero(load(inside_[k]));
        now = either(now, both(progress_is(2 * k), fresh));
    }
    return both(acting(k), now);
}

// Before a check: if it fails, in which line?
void Product::check(const Instruction& i) {
    std::uint32_t fails = unless(i.value);
    std::uint32_t holds = push(InstructionKind::kJump, {});
    here(fails);
    for (std::size_t k : lines_) {
        std::uint32_t no = unless(fails_now(k, i.site));
        std::uint32_t n = push(InstructionKind::kCover, {});
        code_[n].property = out_.fails_in[k];
        here(no);
    }
    if (options_.only_afterwards) {
        ExprId after = progress_is(complete());
        std::size_t last = binding_.lines.size() - 1;
        if (std::find(lines_.begin(), lines_.end(), last) != lines_.end()) after = either(after, fails_now(last, i.site));
        std::uint32_t before = unless(after);
        std::uint32_t counts = push(InstructionKind::kJump, {});
        here(before);
        std::uint32_t n = push(InstructionKind::kDrop, pool().truth(false));
        code_[n].drop = DropKind::kSilent;
        here(counts);
    }
    here(holds);
}

void Product::collect_accesses(const ThreadRole& role) {
    accesses_.clear();
    for (const Location& location : role.locations) {
        accesses_.emplace_back();
        for (const Instruction& i : location.step.code) {
            if (i.kind == InstructionKind::kNote && is_access(i.note) && i.site != kNone) accesses_.back().push_back(i.site);
        }
    }
}

void Product::rewrite(std::uint32_t role, std::size_t location) {
    Program& program = system().roles[role].locations[location].step;
    if (program.code.empty()) return;
    code_.clear();
    kept_.clear();
    moved_ = static_cast<std::uint32_t>(program.registers.size());
    ended_ = moved_ + 1;
    taken_ = moved_ + 2;
    program.registers.insert(program.registers.end(), 3, kLongType);
    std::vector<Address> cleared;
    for (std::size_t k : lines_) {
        if (binding_.lines[k].one_step || std::find(cleared.begin(), cleared.end(), pending_[k]) != cleared.end()) continue;
        cleared.push_back(pending_[k]);
        std::uint32_t other = unless(acting(k));
        store(pending_[k], 0);
        here(other);
    }
    std::vector<std::uint32_t> starts;
    for (const Instruction& i : program.code) {
        starts.push_back(static_cast<std::uint32_t>(code_.size()));
        if (i.kind == InstructionKind::kCheck) check(i);
        code_.push_back(i);
        kept_.push_back(true);
        if (i.kind == InstructionKind::kNote) note(i);
        at_location(system().roles[role], i);
    }
    for (std::size_t n = 0; n < code_.size(); ++n) {
        bool jumps = code_[n].kind == InstructionKind::kBranch || code_[n].kind == InstructionKind::kJump;
        if (kept_[n] && jumps) code_[n].target = starts[code_[n].target];
    }
    program.code = code_;
}

// In states where not all lines have happened it holds.
void Product::require_completion(SystemProperty& property) {
    std::vector<Instruction> code;
    Instruction branch, set, finish;
    branch.kind = InstructionKind::kBranch;
    branch.value = pool().equal(load(out_.progress), lit(static_cast<Value>(complete())));
    set.kind = InstructionKind::kSet;
    set.target = 0;
    set.value = pool().truth(true);
    Instruction jump;  // over `set` and `finish`, to the condition itself
    jump.kind = InstructionKind::kJump;
    jump.target = 4;
    branch.target = 2;
    code = {branch, jump, set, finish};
    const auto offset = static_cast<std::uint32_t>(code.size());
    for (Instruction i : property.condition.code) {
        if (i.kind == InstructionKind::kBranch || i.kind == InstructionKind::kJump) i.target += offset;
        code.push_back(i);
    }
    property.condition.code = std::move(code);
}

void Product::change_properties() {
    for (PropertyNumber p : out_.original) {
        SystemProperty& property = system().properties[p];
        bool judged = property.kind == SystemPropertyKind::kInvariant || property.kind == SystemPropertyKind::kStep ||
                      property.kind == SystemPropertyKind::kFinally;
        if (!judged || property.condition.code.empty()) continue;
        if (options_.ignore_properties) property.enabled = false;
        if (options_.only_afterwards) require_completion(property);
    }
}

}  // namespace

ScenarioProduct scenario_product(const TransitionSystem& system, const ScenarioBinding& binding,
                                 const ScenarioProductOptions& options) {
    return Product(system, binding, options).build();
}

}  // namespace quire
