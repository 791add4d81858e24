// Typed programs written by hand, node by node, so that the naive explorer is tested without a parser in
// between.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "types/typed_program.h"

namespace quire::test {

class Tiny {
public:
    TypedProgram program;
    TypeId void_type, bool_type, int_type, thread_type;

    Tiny() {
        void_type = type(TypeKind::kVoid);
        bool_type = type(TypeKind::kBool);
        int_type = type(TypeKind::kInteger);
        thread_type = type(TypeKind::kThread);
    }

    // ------------------------------------------------------------------------------------------------------ types
    TypeId add(Type t) {
        program.types.push_back(std::move(t));
        return TypeId(program.types.size() - 1);
    }
    TypeId type(TypeKind kind) {
        Type t;
        t.kind = kind;
        return add(t);
    }
    TypeId range(Value lo, Value hi) {
        Type t;
        t.kind = TypeKind::kInteger;
        t.has_range = true;
        t.lo = lit(lo);
        t.hi = lit(hi);
        return add(t);
    }
    TypeId of(TypeKind kind, TypeId element, Value extent = -1) {
        Type t;
        t.kind = kind;
        t.element = element;
        if (extent >= 0) t.extent = lit(extent);
        return add(t);
    }
    TypeId pointer(StructId s) {
        Type t;
        t.kind = TypeKind::kPointer;
        t.structure = s;
        return add(t);
    }
    TypeId value_of(StructId s) {
        Type t;
        t.kind = TypeKind::kStruct;
        t.structure = s;
        return add(t);
    }
    StructId structure(const std::string& name, const std::vector<std::pair<std::string, TypeId>>& members) {
        Struct s;
        s.name = name;
        for (const auto& [member, member_type] : members) {
            StructMember m;
            m.name = member;
            m.type = member_type;
            s.members.push_back(m);
        }
        program.structs.push_back(s);
        return StructId(program.structs.size() - 1);
    }

    // ---------------------------------------------------------------------------------------------- declarations
    GlobalId global(const std::string& name, TypeId t) {
        Global g;
        g.name = name;
        g.type = t;
        program.globals.push_back(g);
        return GlobalId(program.globals.size() - 1);
    }
    void initialise(GlobalId g, PlaceId target, ExpressionId value) {
        program.globals[g.index()].initialisers.push_back({target, value});
    }
    LocalId local(const std::string& name, TypeId t, bool in_memory = false) {
        Local l;
        l.name = name;
        l.type = t;
        l.in_memory = in_memory;
        program.locals.push_back(l);
        return LocalId(program.locals.size() - 1);
    }
    void pool(StructId s, Value size, bool typesafe = false) {
        Pool p;
        p.structure = s;
        p.size = lit(size);
        p.typesafe = typesafe;
        program.pools.push_back(p);
    }
    RoleId role(const std::string& name, StatementId body, Value count = 1) {
        Role r;
        r.name = name;
        r.body = body;
        r.count = lit(count);
        r.is_array = count != 1;
        program.roles.push_back(r);
        return RoleId(program.roles.size() - 1);
    }
    FunctionId function(const std::string& name, std::vector<LocalId> parameters, TypeId result, StatementId body) {
        Function f;
        f.name = name;
        f.parameters = std::move(parameters);
        f.result = result;
        f.body = body;
        program.functions.push_back(f);
        return FunctionId(program.functions.size() - 1);
    }
    void contract(FunctionId f, ContractKind kind, ExpressionId lock, const std::string& name = "") {
        Contract c;
        c.kind = kind;
        c.lock = lock;
        c.name = name;
        program.functions[f.index()].contracts.push_back(c);
    }
    LabelId label(const std::string& name, bool watched = false) {
        Label l;
        l.name = name;
        l.watched = watched;
        program.labels.push_back(l);
        return LabelId(program.labels.size() - 1);
    }
    void property(PropertyKind kind, const std::string& name, ExpressionId condition) {
        Property p;
        p.kind = kind;
        p.name = name;
        p.condition = condition;
        program.properties.push_back(p);
    }

    // ---------------------------------------------------------------------------------------------------- places
    PlaceId add(Place p) {
        program.places.push_back(p);
        return PlaceId(program.places.size() - 1);
    }
    PlaceId at(GlobalId g) {
        Place p;
        p.kind = PlaceKind::kGlobal;
        p.global = g;
        p.type = program[g].type;
        return add(p);
    }
    PlaceId at(LocalId l) {
        Place p;
        p.local = l;
        p.type = program[l].type;
        return add(p);
    }
    PlaceId deref(ExpressionId pointer_value) {
        Place p;
        p.kind = PlaceKind::kDeref;
        p.operand = pointer_value;
        p.type = value_of(program[program[pointer_value].type].structure);
        return add(p);
    }
    PlaceId member(PlaceId base, std::uint32_t number) {
        Place p;
        p.kind = PlaceKind::kMember;
        p.base = base;
        p.member = number;
        p.type = program[program[program[base].type].structure].members[number].type;
        return add(p);
    }
    PlaceId element(PlaceId base, ExpressionId index) {
        Place p;
        p.kind = PlaceKind::kIndex;
        p.base = base;
        p.operand = index;
        p.type = program[program[base].type].element;
        return add(p);
    }

    // ----------------------------------------------------------------------------------------------- expressions
    ExpressionId add(TypedExpression e) {
        program.expressions.push_back(std::move(e));
        return ExpressionId(program.expressions.size() - 1);
    }
    TypedExpression expression(ExpressionKind kind, TypeId t, std::vector<ExpressionId> operands = {}) {
        TypedExpression e;
        e.kind = kind;
        e.type = t;
        e.operands = std::move(operands);
        return e;
    }
    ExpressionId lit(Value v) {
        TypedExpression e = expression(ExpressionKind::kLiteral, int_type);
        e.value = v;
        return add(e);
    }
    ExpressionId null(StructId s) { return add(expression(ExpressionKind::kLiteral, pointer(s))); }
    ExpressionId read(PlaceId p) {
        TypedExpression e = expression(ExpressionKind::kRead, program[p].type);
        e.place = p;
        return add(e);
    }
    ExpressionId read(GlobalId g) { return read(at(g)); }
    ExpressionId read(LocalId l) { return read(at(l)); }
    ExpressionId address_of(PlaceId p) {
        TypedExpression e = expression(ExpressionKind::kAddressOf, pointer(program[program[p].type].structure));
        e.place = p;
        return add(e);
    }
    ExpressionId op(Op o, ExpressionId a, ExpressionId b = {}) {
        TypedExpression e = expression(ExpressionKind::kOperator, int_type, {a});
        if (b.valid()) e.operands.push_back(b);
        bool compares = o >= Op::kEqual && o <= Op::kGreaterEqual;
        if (compares || o == Op::kNot) e.type = bool_type;
        e.op = o;
        e.operand_type = scalar_type(program, program[a].type);
        return add(e);
    }
    ExpressionId equal(ExpressionId a, ExpressionId b) { return op(Op::kEqual, a, b); }
    ExpressionId set(PlaceId p, ExpressionId v) {
        TypedExpression e = expression(ExpressionKind::kAssign, program[p].type, {v});
        e.place = p;
        return add(e);
    }
    ExpressionId update(Op o, PlaceId p, ExpressionId v, bool postfix = false) {
        TypedExpression e = expression(ExpressionKind::kCompound, program[p].type, {v});
        e.place = p;
        e.op = o;
        e.operand_type = kIntType;
        e.postfix = postfix;
        return add(e);
    }
    ExpressionId call(FunctionId f, const std::vector<ExpressionId>& arguments) {
        TypedExpression e = expression(ExpressionKind::kCall, program[f].result);
        e.function = f;
        for (ExpressionId a : arguments) {
            Argument argument;
            argument.value = a;
            e.arguments.push_back(argument);
        }
        return add(e);
    }
    ExpressionId maybe() { return add(expression(ExpressionKind::kMaybe, bool_type)); }
    ExpressionId alloc(StructId s, AllocMode mode = AllocMode::kPlain) {
        TypedExpression e = expression(ExpressionKind::kAlloc, pointer(s));
        e.structure = s;
        e.alloc_mode = mode;
        return add(e);
    }
    ExpressionId container(ContainerOp o, PlaceId p, TypeId result, std::vector<ExpressionId> operands = {}) {
        TypedExpression e = expression(ExpressionKind::kContainer, result, std::move(operands));
        e.place = p;
        e.container_op = o;
        return add(e);
    }
    ExpressionId self() { return add(expression(ExpressionKind::kSelf, thread_type)); }

    // ------------------------------------------------------------------------------------------------ statements
    StatementId add(Statement s) {
        program.statements.push_back(std::move(s));
        return StatementId(program.statements.size() - 1);
    }
    Statement statement(StatementKind kind, std::vector<ExpressionId> operands = {}, std::vector<StatementId> body = {}) {
        Statement s;
        s.kind = kind;
        s.operands = std::move(operands);
        s.body = std::move(body);
        return s;
    }
    StatementId run(ExpressionId e) { return add(statement(StatementKind::kExpression, {e})); }
    StatementId assign(PlaceId p, ExpressionId v) { return run(set(p, v)); }
    StatementId assign(GlobalId g, ExpressionId v) { return assign(at(g), v); }
    StatementId assign(LocalId l, ExpressionId v) { return assign(at(l), v); }
    StatementId block(std::vector<StatementId> body, std::vector<LocalId> locals = {}) {
        Statement s = statement(StatementKind::kBlock, {}, std::move(body));
        s.locals = std::move(locals);
        return add(s);
    }
    StatementId declare(LocalId l, ExpressionId value = {}) {
        Statement s = statement(StatementKind::kDeclare);
        s.local = l;
        if (value.valid()) s.initialisers.push_back({at(l), value});
        return add(s);
    }
    StatementId when(ExpressionId condition, StatementId yes, StatementId no = {}) {
        return add(statement(StatementKind::kIf, {condition}, {yes, no}));
    }
    StatementId loop_while(ExpressionId condition, StatementId body) {
        return add(statement(StatementKind::kLoop, {condition}, {body}));
    }
    StatementId atomic(StatementId body) { return add(statement(StatementKind::kAtomic, {}, {body})); }
    StatementId ghost(StatementId body) { return add(statement(StatementKind::kGhost, {}, {body})); }
    StatementId await(ExpressionId condition, StatementId body = {}) {
        return add(statement(StatementKind::kAwait, {condition}, {body}));
    }
    StatementId either(std::vector<StatementId> branches) {
        return add(statement(StatementKind::kEither, {}, std::move(branches)));
    }
    StatementId give_back(ExpressionId value) { return add(statement(StatementKind::kReturn, {value})); }
    StatementId builtin(Builtin b, std::vector<ExpressionId> operands = {}) {
        Statement s = statement(StatementKind::kBuiltin, std::move(operands));
        s.builtin = b;
        return add(s);
    }
    StatementId choose(LocalId l, Value lo, Value hi) {
        Statement s = statement(StatementKind::kChoose, {lit(lo), lit(hi)});
        s.local = l;
        return add(s);
    }
    StatementId for_each(LocalId l, PlaceId container_place, StatementId body) {
        Statement s = statement(StatementKind::kLoop, {}, {body});
        s.loop = LoopKind::kForEach;
        s.local = l;
        s.place = container_place;
        return add(s);
    }
    StatementId go_to(LabelId l) {
        Statement s = statement(StatementKind::kGoto);
        s.label = l;
        return add(s);
    }
    StatementId here(LabelId l) {
        Statement s = statement(StatementKind::kLabel);
        s.label = l;
        return add(s);
    }
};

}  // namespace quire::test
