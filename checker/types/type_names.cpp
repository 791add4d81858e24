#include "types/check.h"

namespace quire {

namespace {

std::string constant_text(const TypedProgram& program, ExpressionId id) {
    if (!id.valid()) return "";
    const TypedExpression& e = program[id];
    if (e.kind == ExpressionKind::kLiteral) return std::to_string(e.value);
    if (e.kind == ExpressionKind::kConstant) return program[e.constant].name;
    if (e.kind == ExpressionKind::kOperator && e.operands.size() == 2) {
        return constant_text(program, e.operands[0]) + " " + std::string(spelling(e.op)) + " " +
               constant_text(program, e.operands[1]);
    }
    return "…";
}

std::string integer_name(const Type& t) {
    if (t.bits == 32) return t.is_signed ? "int" : "unsigned int";
    if (t.bits == 64) return t.is_signed ? "long" : "unsigned long";
    return (t.is_signed ? "s" : "u") + std::to_string(int{t.bits});
}

}  // namespace

std::string type_name(const TypedProgram& program, TypeId id) {
    if (!id.valid()) return "?";
    const Type& t = program[id];
    std::string prefix = t.is_const ? "const " : "";
    auto struct_name = [&](StructId structure) -> std::string {
        if (!structure.valid()) return "void";
        const std::string& name = program[structure].name;
        return name.empty() ? "struct (anonymous)" : "struct " + name;
    };
    switch (t.kind) {
        case TypeKind::kVoid: return "void";
        case TypeKind::kBool: return prefix + "bool";
        case TypeKind::kInteger: {
            if (!t.has_range) return prefix + integer_name(t);
            return prefix + integer_name(t) + " in " + constant_text(program, t.lo) + ".." + constant_text(program, t.hi);
        }
        case TypeKind::kEnum: {
            const std::string& name = program[t.enumeration].name;
            return prefix + (name.empty() ? "enum (anonymous)" : "enum " + name);
        }
        case TypeKind::kThread: return prefix + "thread_t";
        case TypeKind::kPointer: return struct_name(t.structure) + " *";
        case TypeKind::kFunctionPointer: {
            std::string text = type_name(program, t.element) + " (*)(";
            for (std::size_t i = 0; i < t.parameters.size(); i++)
                text += (i > 0 ? ", " : "") + type_name(program, t.parameters[i]);
            return text + (t.parameters.empty() ? "void)" : ")");
        }
        case TypeKind::kStruct: return prefix + struct_name(t.structure);
        case TypeKind::kArray: return type_name(program, t.element) + "[" + constant_text(program, t.extent) + "]";
        case TypeKind::kSet: return "set<" + type_name(program, t.element) + ">";
        case TypeKind::kList: {
            std::string text = "list<" + type_name(program, t.element) + ">";
            return t.extent.valid() ? text + "[" + constant_text(program, t.extent) + "]" : text;
        }
        case TypeKind::kLedger: return "ledger";
        case TypeKind::kReference: return type_name(program, t.element) + (t.by_pointer ? " *" : " &");
    }
    return "?";
}

}  // namespace quire
