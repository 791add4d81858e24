#include "syntax/ast.h"

namespace quire::ast {

namespace {

template <class T>
concept HasName = requires(const T& node) {
    { node.name } -> std::convertible_to<const Name&>;
};

template <class T>
concept HasTag = requires(const T& node) {
    { node.tag } -> std::convertible_to<const Name&>;
};

}  // namespace

const Name* declared_name(const Declaration& declaration) {
    return std::visit(
        [](const auto& node) -> const Name* {
            using Node = std::decay_t<decltype(node)>;
            const Name* name = nullptr;
            if constexpr (HasName<Node>) name = &node.name;
            if constexpr (HasTag<Node>) name = &node.tag;
            return name == nullptr || name->empty() ? nullptr : name;
        },
        declaration.node);
}

std::string_view spelling(UnaryOp op) {
    switch (op) {
        case UnaryOp::kPlus: return "+";
        case UnaryOp::kMinus: return "-";
        case UnaryOp::kNot: return "!";
        case UnaryOp::kComplement: return "~";
        case UnaryOp::kDereference: return "*";
        case UnaryOp::kAddressOf: return "&";
        case UnaryOp::kPreIncrement:
        case UnaryOp::kPostIncrement: return "++";
        case UnaryOp::kPreDecrement:
        case UnaryOp::kPostDecrement: return "--";
    }
    return "";
}

std::string_view spelling(BinaryOp op) {
    switch (op) {
        case BinaryOp::kMultiply: return "*";
        case BinaryOp::kDivide: return "/";
        case BinaryOp::kRemainder: return "%";
        case BinaryOp::kAdd: return "+";
        case BinaryOp::kSubtract: return "-";
        case BinaryOp::kShiftLeft: return "<<";
        case BinaryOp::kShiftRight: return ">>";
        case BinaryOp::kLess: return "<";
        case BinaryOp::kGreater: return ">";
        case BinaryOp::kLessEqual: return "<=";
        case BinaryOp::kGreaterEqual: return ">=";
        case BinaryOp::kEqual: return "==";
        case BinaryOp::kNotEqual: return "!=";
        case BinaryOp::kBitAnd: return "&";
        case BinaryOp::kBitXor: return "^";
        case BinaryOp::kBitOr: return "|";
        case BinaryOp::kLogicalAnd: return "&&";
        case BinaryOp::kLogicalOr: return "||";
        case BinaryOp::kImplies: return "=>";
        case BinaryOp::kComma: return ",";
    }
    return "";
}

std::string_view spelling(ScalarKind kind) {
    switch (kind) {
        case ScalarKind::kVoid: return "void";
        case ScalarKind::kBool: return "bool";
        case ScalarKind::kS8: return "s8";
        case ScalarKind::kU8: return "u8";
        case ScalarKind::kS16: return "short";
        case ScalarKind::kU16: return "unsigned short";
        case ScalarKind::kS32: return "int";
        case ScalarKind::kU32: return "unsigned int";
        case ScalarKind::kS64: return "long";
        case ScalarKind::kU64: return "unsigned long";
        case ScalarKind::kThread: return "thread_t";
    }
    return "";
}

std::string_view spelling(ContractKind kind) {
    switch (kind) {
        case ContractKind::kAcquires: return "__acquires";
        case ContractKind::kReleases: return "__releases";
        case ContractKind::kMustHold: return "__must_hold";
        case ContractKind::kSleeps: return "__sleeps";
        case ContractKind::kGets: return "__gets";
        case ContractKind::kPuts: return "__puts";
        case ContractKind::kGracePeriod: return "__grace_period";
    }
    return "";
}

}  // namespace quire::ast
