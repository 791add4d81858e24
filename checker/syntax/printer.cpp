// Types and expressions as text. Brackets are printed where the operators' strength asks for them and nowhere else.

#include "syntax/printer.h"

#include <string_view>

#include "syntax/printer_parts.h"

namespace quire {

namespace {

// How tightly an expression holds together: an operand weaker than its place needs brackets. The binary operators fill 4 … 13.
enum Strength : int {
    kComma = 0,
    kAssign = 1,
    kImplies = 2,
    kConditional = 3,
    kSum = 12,
    kUnary = 14,
    kPostfix = 15,
    kPrimary = 16
};

int strength_of(ast::BinaryOp op) {
    using ast::BinaryOp;
    switch (op) {
        case BinaryOp::kComma: return kComma;
        case BinaryOp::kImplies: return kImplies;
        case BinaryOp::kLogicalOr: return 4;
        case BinaryOp::kLogicalAnd: return 5;
        case BinaryOp::kBitOr: return 6;
        case BinaryOp::kBitXor: return 7;
        case BinaryOp::kBitAnd: return 8;
        case BinaryOp::kEqual:
        case BinaryOp::kNotEqual: return 9;
        case BinaryOp::kLess:
        case BinaryOp::kGreater:
        case BinaryOp::kLessEqual:
        case BinaryOp::kGreaterEqual: return 10;
        case BinaryOp::kShiftLeft:
        case BinaryOp::kShiftRight: return 11;
        case BinaryOp::kAdd:
        case BinaryOp::kSubtract: return kSum;
        case BinaryOp::kMultiply:
        case BinaryOp::kDivide:
        case BinaryOp::kRemainder: return 13;
    }
    return kPrimary;
}

std::string print_at(const ast::Expr& expr, int least);

std::string print_list(const std::vector<ast::Expr>& list) {
    std::string out;
    for (const ast::Expr& expr : list) out += (out.empty() ? "" : ", ") + print_at(expr, kAssign);
    return out;
}

struct Text {
    std::string text;
    int strength;
};

std::string hexadecimal(std::uint64_t value) {
    std::string digits;
    do digits.insert(digits.begin(), "0123456789abcdef"[value & 15]);
    while ((value >>= 4) != 0);
    return "0x" + digits;
}

Text print_unary(const ast::Unary& e) {
    const std::string op(spelling(e.op));
    if (e.op == ast::UnaryOp::kPostIncrement || e.op == ast::UnaryOp::kPostDecrement)
        return {print_at(*e.operand, kPostfix) + op, kPostfix};
    const std::string operand = print_at(*e.operand, kUnary);
    const bool would_join = !operand.empty() && operand[0] == op.back();  // - -x, & &x
    return {op + (would_join ? " " : "") + operand, kUnary};
}

Text print_binary(const ast::Binary& e) {
    const int own = strength_of(e.op);
    const bool to_the_right = e.op == ast::BinaryOp::kImplies;
    const std::string op = e.op == ast::BinaryOp::kComma ? ", " : " " + std::string(spelling(e.op)) + " ";
    return {print_at(*e.left, to_the_right ? own + 1 : own) + op + print_at(*e.right, to_the_right ? own : own + 1), own};
}

std::string print_binder(const ast::Quantifier& e) {
    const std::string& name = e.variable.text;
    return std::visit(ast::Overloaded{
                          [&](const ast::TypeBinder& b) { return print(*b.type, name); },
                          [&](const ast::RangeBinder& b) {
                              return name + " in " + print_at(*b.low, kConditional) + ".." + print_at(*b.high, kConditional);
                          },
                          [&](const ast::CollectionBinder& b) { return name + " in " + print_at(*b.collection, kConditional); },
                          [&](const ast::RoleBinder& b) { return name + " : " + b.role.text; },
                      },
                      e.binder);
}

Text print_quantifier(const ast::Quantifier& e) {
    const std::string binder = " (" + print_binder(e) + ") ";
    switch (e.kind) {
        case ast::QuantifierKind::kForall: return {"forall" + binder + print_at(*e.body, kImplies), kImplies};
        case ast::QuantifierKind::kExists: return {"exists" + binder + print_at(*e.body, kImplies), kImplies};
        case ast::QuantifierKind::kCount: return {"count" + binder + print_at(*e.body, kUnary), kUnary};
    }
    return {"", kPrimary};
}

std::string print_init_list(const ast::InitList& list) {
    std::string out;
    for (const ast::InitItem& item : list.items) {
        out += out.empty() ? " " : ", ";
        for (const ast::Designator& designator : item.designators) {
            if (const auto* name = std::get_if<ast::Name>(&designator.node))
                out += "." + name->text;
            else
                out += "[" + print_at(*std::get<ast::ExprPtr>(designator.node), kConditional) + "]";
        }
        if (!item.designators.empty()) out += " = ";
        out += print_at(*item.value, kImplies);
    }
    return "{" + out + (out.empty() ? "}" : " }");
}

std::string print_container_of(const ast::ContainerOf& e) {
    std::string member;
    for (const ast::Name& name : e.member) member += (member.empty() ? "" : ".") + name.text;
    return "container_of(" + print_at(*e.pointer, kAssign) + ", " + print(*e.type) + ", " + member + ")";
}

std::string_view alloc_word(ast::AllocKind kind) {
    switch (kind) {
        case ast::AllocKind::kPlain: return "alloc";
        case ast::AllocKind::kMayFail: return "alloc?";
        case ast::AllocKind::kMustHave: return "alloc!";
    }
    return "";
}

struct ExprPrinter {
    Text operator()(const ast::ErrorExpr&) const { return {"/* error */ 0", kPrimary}; }
    Text operator()(const ast::IntLiteral& e) const {
        const std::string digits = e.is_decimal ? std::to_string(e.value) : hexadecimal(e.value);
        return {digits + (e.is_unsigned ? "u" : "") + (e.is_long ? "l" : ""), kPrimary};
    }
    Text operator()(const ast::BoolLiteral& e) const { return {e.value ? "true" : "false", kPrimary}; }
    Text operator()(const ast::NullLiteral&) const { return {"NULL", kPrimary}; }
    Text operator()(const ast::StringLiteral& e) const { return {quote_string(e.text), kPrimary}; }
    Text operator()(const ast::NameExpr& e) const { return {e.name.text, kPrimary}; }
    Text operator()(const ast::Unary& e) const { return print_unary(e); }
    Text operator()(const ast::Binary& e) const { return print_binary(e); }
    Text operator()(const ast::Assign& e) const {
        const std::string op = (e.op ? std::string(spelling(*e.op)) : "") + "=";
        return {print_at(*e.target, kConditional) + " " + op + " " + print_at(*e.value, kAssign), kAssign};
    }
    Text operator()(const ast::Conditional& e) const {
        const std::string middle = e.then_value ? " ? " + print_at(*e.then_value, kComma) + " : " : " ?: ";
        return {print_at(*e.condition, kConditional + 1) + middle + print_at(*e.else_value, kConditional), kConditional};
    }
    Text operator()(const ast::Call& e) const {
        return {print_at(*e.callee, kPostfix) + "(" + print_list(e.arguments) + ")", kPostfix};
    }
    Text operator()(const ast::MemberAccess& e) const {
        return {print_at(*e.object, kPostfix) + (e.arrow ? "->" : ".") + e.member.text, kPostfix};
    }
    Text operator()(const ast::Index& e) const {
        return {print_at(*e.object, kPostfix) + "[" + print_at(*e.index, kComma) + "]", kPostfix};
    }
    Text operator()(const ast::Cast& e) const { return {"(" + print(*e.type) + ")" + print_at(*e.operand, kUnary), kUnary}; }
    Text operator()(const ast::ContainerOf& e) const { return {print_container_of(e), kPrimary}; }
    Text operator()(const ast::Alloc& e) const {
        return {std::string(alloc_word(e.kind)) + "(" + print(*e.type) + ")", kPrimary};
    }
    Text operator()(const ast::StatementExpr& e) const { return {"(" + print_block(*e.body, 1) + ")", kPrimary}; }
    Text operator()(const ast::InitList& e) const { return {print_init_list(e), kPrimary}; }
    Text operator()(const ast::CompoundLiteral& e) const {
        return {"(" + print(*e.type) + ")" + print_at(*e.init, kPrimary), kPostfix};
    }
    Text operator()(const ast::Quantifier& e) const { return print_quantifier(e); }
};

std::string print_at(const ast::Expr& expr, int least) {
    Text result = std::visit(ExprPrinter{}, expr.node);
    return result.strength < least ? "(" + result.text + ")" : result.text;
}

std::string print_qualifiers(const ast::Type& type) {
    return std::string(type.is_const ? "const " : "") + (type.is_volatile ? "volatile " : "");
}

// The name of a type that no declarator is part of.
struct BasePrinter {
    std::string operator()(const ast::ScalarType& t) const { return std::string(spelling(t.kind)); }
    std::string operator()(const ast::TypedefName& t) const { return t.name.text; }
    std::string operator()(const ast::StructType& t) const {
        return t.tag.empty() ? "struct " + print_members(t.members, 1) : "struct " + t.tag.text;
    }
    std::string operator()(const ast::EnumType& t) const {
        return t.tag.empty() ? "enum " + print_enumerators(t.enumerators, 1) : "enum " + t.tag.text;
    }
    std::string operator()(const ast::RangeType& t) const {
        return print(*t.base) + " in " + print_at(*t.low, kSum) + ".." + print_at(*t.high, kSum);
    }
    std::string operator()(const ast::SetType& t) const { return "set<" + print(*t.element) + ">"; }
    std::string operator()(const ast::ListType& t) const {
        return "list<" + print(*t.element) + ">" + (t.capacity ? "[" + print_at(*t.capacity, kConditional) + "]" : "");
    }
    std::string operator()(const ast::TypeofExpr& t) const { return "typeof(" + print(*t.operand) + ")"; }
    std::string operator()(const ast::TypeofType& t) const { return "typeof(" + print(*t.operand) + ")"; }
    template <class Other>
    std::string operator()(const Other&) const {
        return "/* error */ int";
    }
};

bool binds_before_pointer(const ast::Type& type) {
    return std::holds_alternative<ast::ArrayType>(type.node) || std::holds_alternative<ast::FunctionType>(type.node);
}

}  // namespace

std::string quote_string(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (byte < 0x20 || byte == 0x7f) {
            out += {'\\', static_cast<char>('0' + (byte >> 6)), static_cast<char>('0' + ((byte >> 3) & 7)),
                    static_cast<char>('0' + (byte & 7))};
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string print_parameters(const std::vector<ast::Parameter>& parameters) {
    std::string out;
    for (const ast::Parameter& parameter : parameters)
        out += (out.empty() ? "" : ", ") + print(*parameter.type, parameter.name.text);
    return "(" + out + ")";
}

DeclaratorParts split_declarator(const ast::Type& type, std::string declarator) {
    if (const auto* pointer = std::get_if<ast::PointerType>(&type.node)) {
        std::string inner = "*" + print_qualifiers(type) + declarator;
        if (binds_before_pointer(*pointer->target)) inner = "(" + inner + ")";
        return split_declarator(*pointer->target, std::move(inner));
    }
    if (const auto* reference = std::get_if<ast::ReferenceType>(&type.node))
        return split_declarator(*reference->target, "&" + declarator);
    if (const auto* array = std::get_if<ast::ArrayType>(&type.node))
        return split_declarator(*array->element,
                                declarator + "[" + (array->size ? print_at(*array->size, kConditional) : "") + "]");
    if (const auto* function = std::get_if<ast::FunctionType>(&type.node))
        return split_declarator(*function->result, declarator + print_parameters(function->parameters));
    return {print_qualifiers(type) + std::visit(BasePrinter{}, type.node), std::move(declarator)};
}

std::string print(const ast::Type& type, const std::string& declarator) {
    DeclaratorParts parts = split_declarator(type, declarator);
    return parts.declarator.empty() ? parts.base : parts.base + " " + parts.declarator;
}

std::string print(const ast::Expr& expression) { return print_at(expression, kComma); }
std::string print_argument(const ast::Expr& expression) { return print_at(expression, kImplies); }
std::string print_value(const ast::Expr& expression) { return print_at(expression, kConditional); }
std::string print_bound(const ast::Expr& expression) { return print_at(expression, kSum); }
std::string print_arguments(const std::vector<ast::Expr>& list) { return "(" + print_list(list) + ")"; }

}  // namespace quire
