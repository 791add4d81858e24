// Transition systems by hand, a few lines each.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "system/transition_system.h"

namespace quire::test {

// A program under construction.  Jumps name instruction numbers; `here` is the next one.
class ProgramBuilder {
public:
    explicit ProgramBuilder(Program& program) : program_(program) {}

    std::uint32_t here() const { return static_cast<std::uint32_t>(program_.code.size()); }
    Instruction& at(std::uint32_t number) { return program_.code[number]; }
    std::uint32_t reg(ScalarType type) {
        program_.registers.push_back(type);
        return static_cast<std::uint32_t>(program_.registers.size() - 1);
    }

    Instruction& add(InstructionKind kind, ExprId value = {}) {
        Instruction i;
        i.kind = kind;
        i.value = value;
        i.site = next_site_;
        program_.code.push_back(i);
        return program_.code.back();
    }
    void site(std::uint32_t number) { next_site_ = number; }
    void store(ExprId address, ExprId value) { add(InstructionKind::kStore, value).address = address; }
    void set(std::uint32_t target, ExprId value) { add(InstructionKind::kSet, value).target = target; }
    std::uint32_t branch(ExprId value, std::uint32_t target = 0) {
        add(InstructionKind::kBranch, value).target = target;
        return here() - 1;
    }
    std::uint32_t jump(std::uint32_t target = 0) {
        add(InstructionKind::kJump).target = target;
        return here() - 1;
    }
    void require(ExprId value) { add(InstructionKind::kRequire, value); }
    void check(ExprId value, PropertyNumber property) { add(InstructionKind::kCheck, value).property = property; }
    void drop(ExprId value, DropKind kind) { add(InstructionKind::kDrop, value).drop = kind; }
    void choose(std::uint32_t target, ExprId lo, ExprId hi) {
        Instruction& i = add(InstructionKind::kChoose, lo);
        i.value2 = hi;
        i.target = target;
    }
    void loop_head() { add(InstructionKind::kLoopHead); }
    void cover(PropertyNumber property) { add(InstructionKind::kCover).property = property; }
    void finish() { add(InstructionKind::kFinish); }

private:
    Program& program_;
    std::uint32_t next_site_ = kNone;
};

class SystemBuilder {
public:
    SystemBuilder() {
        for (std::string_view name : builtin_properties()) {
            SystemProperty p;
            p.name = name;
            if (name == "deadlock") p.kind = SystemPropertyKind::kDeadlock;
            if (name == "leak") {
                p.kind = SystemPropertyKind::kLeak;
                p.enabled = false;
            }
            system.properties.push_back(std::move(p));
        }
        system.threads.push_back({0, 0, "no thread"});
        system.objects.emplace_back();
        ProgramBuilder(system.start).finish();
    }

    TransitionSystem system;
    ExpressionPool& pool() { return system.pool; }

    Address variable(std::string name, ScalarType type, Value lo, Value hi, Value initial = 0, std::uint32_t count = 1,
                     std::uint32_t role = kNone, VariableKind kind = VariableKind::kShared) {
        Variable v;
        v.name = std::move(name);
        v.type = type;
        v.kind = kind;
        v.lo = lo;
        v.hi = hi;
        v.base = static_cast<Address>(system.initial.size());
        v.count = count;
        v.role = role;
        for (std::uint32_t i = 0; i < count; ++i) {
            system.initial.push_back(initial);
            system.cell_variable.push_back(static_cast<std::uint32_t>(system.variables.size()));
        }
        system.variables.push_back(std::move(v));
        return system.variables.back().base;
    }

    // Locations 0..locations-1; the last one is the end.
    std::uint32_t role(const std::string& name, std::uint32_t count, std::uint32_t locations, bool daemon = false) {
        std::uint32_t number = static_cast<std::uint32_t>(system.roles.size());
        ThreadRole r;
        r.name = name;
        r.first_thread = static_cast<std::uint32_t>(system.threads.size());
        r.count = count;
        r.daemon = daemon;
        r.start = 0;
        r.end = locations - 1;
        r.locations.resize(locations);
        system.roles.push_back(std::move(r));
        for (std::uint32_t i = 0; i < count; ++i) {
            system.threads.push_back({number, i, name + "[" + std::to_string(i) + "]"});
        }
        Address at = variable("at " + name, kIntType, 0, locations - 1, 0, count, number, VariableKind::kLocation);
        system.roles[number].location_variable = system.cell_variable[at];
        return number;
    }
    ProgramBuilder step(std::uint32_t role, LocationNumber location) {
        return ProgramBuilder(system.roles[role].locations[location].step);
    }
    Program& program(std::uint32_t role, LocationNumber location) { return system.roles[role].locations[location].step; }
    // The end of a step.
    void go(ProgramBuilder& p, std::uint32_t role, LocationNumber to) {
        const Variable& v = system.variables[system.roles[role].location_variable];
        p.store(pool().add_long(literal(v.base), pool().self_index()), literal(to));
        p.finish();
    }

    PropertyNumber property(SystemPropertyKind kind, std::string name, ExprId condition = {}) {
        SystemProperty p;
        p.kind = kind;
        p.name = std::move(name);
        if (condition.valid()) {
            ProgramBuilder builder(p.condition);
            builder.set(builder.reg(kBoolType), condition);
            builder.finish();
        }
        system.properties.push_back(std::move(p));
        return static_cast<PropertyNumber>(system.properties.size() - 1);
    }

    ExprId literal(Value value, ScalarType type = kLongType) { return pool().literal(value, type); }
    ExprId load(Address address, ScalarType type = kIntType) { return pool().load(literal(address), type); }
    ExprId old(Address address, ScalarType type = kIntType) { return pool().load(literal(address), type, true); }
    ExprId op(Op o, ScalarType type, ExprId a, ExprId b = {}, ExprId c = {}) { return pool().op(o, type, a, b, c); }
    ExprId equal(ExprId a, ExprId b) { return op(Op::kEqual, kIntType, a, b); }
    ExprId plus(ExprId a, Value n) { return op(Op::kAdd, kIntType, a, literal(n, kIntType)); }
};

}  // namespace quire::test
