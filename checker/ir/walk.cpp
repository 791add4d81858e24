#include "ir/walk.h"

namespace quire::ir {

namespace {

void add(std::vector<ExpressionId>& out, ExpressionId id) {
    if (id.valid()) out.push_back(id);
}
void add(std::vector<PlaceId>& out, PlaceId id) {
    if (id.valid()) out.push_back(id);
}
void add(std::vector<StatementId>& out, StatementId id) {
    if (id.valid()) out.push_back(id);
}

void add_arguments(Parts& parts, const std::vector<Argument>& arguments) {
    for (const Argument& argument : arguments) {
        add(parts.expressions, argument.value);
        add(parts.places, argument.place);
    }
}

bool same_type(const TypedProgram& program, TypeId a, TypeId b) {
    if (a == b) return true;
    if (!a.valid() || !b.valid()) return false;
    const Type& x = program[a];
    const Type& y = program[b];
    if (x.kind != y.kind) return false;
    switch (x.kind) {
        case TypeKind::kVoid:
        case TypeKind::kBool:
        case TypeKind::kThread:
        case TypeKind::kLedger: return true;
        case TypeKind::kInteger: return x.bits == y.bits && x.is_signed == y.is_signed;
        case TypeKind::kEnum: return x.enumeration == y.enumeration;
        case TypeKind::kPointer:
        case TypeKind::kStruct: return x.structure == y.structure;
        case TypeKind::kFunctionPointer: {
            if (!same_type(program, x.element, y.element) || x.parameters.size() != y.parameters.size()) return false;
            for (std::size_t i = 0; i < x.parameters.size(); ++i) {
                if (!same_type(program, x.parameters[i], y.parameters[i])) return false;
            }
            return true;
        }
        case TypeKind::kArray:
        case TypeKind::kSet:
        case TypeKind::kList:
        case TypeKind::kReference: return same_type(program, x.element, y.element);
    }
    return false;
}

class Walker {
public:
    Walker(const TypedProgram& program, Reached& reached) : program_(program), reached_(reached) {}

    void statement(StatementId id) {
        if (!reached_.statements.insert(id).second) return;
        const Statement& s = program_[id];
        for (LocalId local : s.locals) reached_.locals.insert(local);
        if (s.local.valid()) reached_.locals.insert(s.local);
        if (s.kind == StatementKind::kChoose || s.loop == LoopKind::kForEach) {
            if (s.local.valid()) reached_.assigned.insert(s.local);
        }
        if (s.kind == StatementKind::kBuiltin) builtin(s);
        arguments(s.arguments);
        follow(parts_of(program_, id));
    }

    void expression(ExpressionId id) {
        if (!expressions_.insert(id).second) return;
        const TypedExpression& e = program_[id];
        if (e.kind == ExpressionKind::kAssign || e.kind == ExpressionKind::kCompound || e.kind == ExpressionKind::kStore) {
            written(e.place, reached_.assigned);
        }
        if (e.kind == ExpressionKind::kIrqsOn) reached_.uses_irq_flag = true;
        arguments(e.arguments);
        follow(parts_of(program_, id));
        if (e.kind == ExpressionKind::kCall) function(e.function);
        if (e.kind == ExpressionKind::kCallIndirect) {
            for (FunctionId f : candidates(program_, program_[e.operands[0]].type)) function(f);
        }
    }

private:
    void arguments(const std::vector<Argument>& all) {
        for (const Argument& argument : all) {
            if (argument.is_reference && argument.place.valid()) {
                written(argument.place, reached_.assigned);
                written(argument.place, reached_.referenced);
            }
        }
    }

    void written(PlaceId id, std::set<LocalId>& into) {
        if (!id.valid()) return;
        const Place& p = program_[id];
        if (p.kind == PlaceKind::kLocal) into.insert(p.local);
        if (p.kind == PlaceKind::kMember || p.kind == PlaceKind::kIndex) written(p.base, into);
    }

    void builtin(const Statement& s) {
        if (s.builtin == Builtin::kFree) reached_.releases_anything = true;
        if (s.builtin == Builtin::kIrqDisable || s.builtin == Builtin::kIrqEnable) reached_.uses_irq_flag = true;
        if (s.builtin == Builtin::kRefresh) written(s.place, reached_.assigned);
    }

    void place(PlaceId id) {
        const Place& p = program_[id];
        if (p.kind == PlaceKind::kLocal) reached_.locals.insert(p.local);
        follow(parts_of(program_, id));
    }

    void function(FunctionId id) {
        if (!reached_.functions.insert(id).second) return;
        const Function& f = program_[id];
        for (LocalId parameter : f.parameters) reached_.locals.insert(parameter);
        for (const Contract& contract : f.contracts) {
            if (contract.lock.valid()) expression(contract.lock);
            if (contract.kind == ContractKind::kSleeps) reached_.uses_irq_flag = true;
        }
        if (f.body.valid()) statement(f.body);
    }

    void follow(const Parts& parts) {
        for (PlaceId id : parts.places) place(id);
        for (ExpressionId id : parts.expressions) expression(id);
        for (StatementId id : parts.statements) statement(id);
    }

    const TypedProgram& program_;
    Reached& reached_;
    std::set<ExpressionId> expressions_;
};

}  // namespace

Parts parts_of(const TypedProgram& program, ExpressionId id) {
    const TypedExpression& e = program[id];
    Parts parts;
    add(parts.places, e.place);
    add(parts.statements, e.statement);
    for (ExpressionId operand : e.operands) add(parts.expressions, operand);
    add_arguments(parts, e.arguments);
    return parts;
}

Parts parts_of(const TypedProgram& program, PlaceId id) {
    const Place& p = program[id];
    Parts parts;
    add(parts.places, p.base);
    add(parts.expressions, p.operand);
    return parts;
}

Parts parts_of(const TypedProgram& program, StatementId id) {
    const Statement& s = program[id];
    Parts parts;
    add(parts.places, s.place);
    for (ExpressionId operand : s.operands) add(parts.expressions, operand);
    for (const Initialiser& initialiser : s.initialisers) {
        add(parts.places, initialiser.place);
        add(parts.expressions, initialiser.value);
    }
    for (const SwitchCase& one : s.cases) add(parts.expressions, one.constant);
    add_arguments(parts, s.arguments);
    add(parts.expressions, s.from.thread);
    add(parts.expressions, s.to.thread);
    add(parts.expressions, s.amount);
    for (StatementId part : s.body) add(parts.statements, part);
    return parts;
}

Reached reach(const TypedProgram& program, const std::vector<StatementId>& statements,
              const std::vector<ExpressionId>& expressions) {
    Reached reached;
    Walker walker(program, reached);
    for (StatementId id : statements) walker.statement(id);
    for (ExpressionId id : expressions) walker.expression(id);
    for (LocalId local : reached.locals) {
        if (program[local].in_memory) reached.releases_anything = true;
    }
    return reached;
}

std::vector<FunctionId> candidates(const TypedProgram& program, TypeId pointer) {
    std::vector<FunctionId> out;
    const Type& type = program[pointer];
    for (std::size_t i = 0; i < program.functions.size(); ++i) {
        const Function& f = program.functions[i];
        if (!f.address_taken || f.parameters.size() != type.parameters.size()) continue;
        bool fits = same_type(program, f.result, type.element);
        for (std::size_t k = 0; fits && k < f.parameters.size(); ++k) {
            fits = same_type(program, program[f.parameters[k]].type, type.parameters[k]);
        }
        if (fits) out.push_back(FunctionId{i});
    }
    return out;
}

bool is_local_computation(const TypedProgram& program, ExpressionId id) {
    const TypedExpression& e = program[id];
    switch (e.kind) {
        case ExpressionKind::kLiteral:
        case ExpressionKind::kConstant:
        case ExpressionKind::kSelf:
        case ExpressionKind::kFunctionAddress:
        case ExpressionKind::kIsNullReference: return true;
        case ExpressionKind::kRead: {
            const Place* p = &program[e.place];
            while (p->kind == PlaceKind::kMember || p->kind == PlaceKind::kIndex) {
                if (p->kind == PlaceKind::kIndex && !is_local_computation(program, p->operand)) return false;
                p = &program[p->base];
            }
            return p->kind == PlaceKind::kLocal && !program[p->local].in_memory && !program[p->local].is_reference;
        }
        case ExpressionKind::kOperator:
        case ExpressionKind::kThreadIndex:
            for (ExpressionId operand : e.operands) {
                if (!is_local_computation(program, operand)) return false;
            }
            // A comparison of pointers may refresh marks.
            return !(e.kind == ExpressionKind::kOperator && e.operand_type.kind == ScalarKind::kPointer);
        default: return false;
    }
}

}  // namespace quire::ir
