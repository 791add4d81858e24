#include "syntax/printer.h"
#include "syntax/printer_parts.h"

namespace quire {

namespace {

std::string print_choose(const ast::ChooseStmt& s) {
    const std::string name = s.type ? print(*s.type, s.variable.text) : s.variable.text;
    const std::string source =
        std::visit(ast::Overloaded{
                       [](const ast::ChooseRange& c) { return print_value(*c.low) + ".." + print_value(*c.high); },
                       [](const ast::ChoosePool& c) { return "pool " + print(*c.type); },
                       [](const ast::ChooseMember& c) { return print_value(*c.collection); },
                   },
                   s.source);
    return "choose (" + name + " in " + source + ");";
}

// Every statement prints its first line without indentation; the caller has placed it.
class StmtPrinter {
public:
    explicit StmtPrinter(int indent) : indent_(indent) {}

    std::string operator()(const ast::ErrorStmt&) const { return "/* error */ ;"; }
    std::string operator()(const ast::EmptyStmt&) const { return ";"; }
    std::string operator()(const ast::ExprStmt& s) const {
        // `a * b;` would declare b.
        const auto* binary = std::get_if<ast::Binary>(&s.expr->node);
        const bool like_a_declaration = binary != nullptr && binary->op == ast::BinaryOp::kMultiply;
        return like_a_declaration ? "(" + print(*s.expr) + ");" : print(*s.expr) + ";";
    }
    std::string operator()(const ast::DeclStmt& s) const { return print_variables(s.variables) + ";"; }
    std::string operator()(const ast::BlockStmt& s) const { return print_block(*s.body, indent_); }
    std::string operator()(const ast::IfStmt& s) const {
        std::string start = "if (" + print(*s.condition) + ")" + body(*s.then_branch);
        if (!s.else_branch) return start;
        const std::string between = ends_in_block(*s.then_branch) ? " " : "\n" + indentation(indent_);
        if (std::holds_alternative<ast::IfStmt>(s.else_branch->node))
            return start + between + "else " + print_statement(*s.else_branch, indent_);
        return start + between + "else" + body(*s.else_branch);
    }
    std::string operator()(const ast::WhileStmt& s) const { return "while (" + print(*s.condition) + ")" + body(*s.body); }
    std::string operator()(const ast::DoWhileStmt& s) const {
        const std::string between = ends_in_block(*s.body) ? " " : "\n" + indentation(indent_);
        return "do" + body(*s.body) + between + "while (" + print(*s.condition) + ");";
    }
    std::string operator()(const ast::ForStmt& s) const {
        std::string head = s.init ? print_statement(*s.init, indent_) : ";";
        head += s.condition ? " " + print(*s.condition) + ";" : ";";
        if (s.advance) head += " " + print(*s.advance);
        return "for (" + head + ")" + body(*s.body);
    }
    std::string operator()(const ast::ForEachStmt& s) const {
        const std::string name = s.type ? print(*s.type, s.variable.text) : s.variable.text;
        return "for (" + name + " : " + print(*s.collection) + ")" + body(*s.body);
    }
    std::string operator()(const ast::SwitchStmt& s) const {
        std::string out = "switch (" + print(*s.value) + ") {\n";
        for (const ast::SwitchSection& section : s.sections) {
            for (const ast::Expr& value : section.values) out += indentation(indent_) + "case " + print_value(value) + ":\n";
            if (section.is_default) out += indentation(indent_) + "default:\n";
            for (const ast::Stmt& statement : section.body)
                out += indentation(indent_ + 1) + print_statement(statement, indent_ + 1) + "\n";
        }
        return out + indentation(indent_) + "}";
    }
    std::string operator()(const ast::BreakStmt&) const { return "break;"; }
    std::string operator()(const ast::ContinueStmt&) const { return "continue;"; }
    std::string operator()(const ast::GotoStmt& s) const { return "goto " + s.label.text + ";"; }
    std::string operator()(const ast::ReturnStmt& s) const { return s.value ? "return " + print(*s.value) + ";" : "return;"; }
    std::string operator()(const ast::LabelStmt& s) const { return s.label.text + ": " + print_statement(*s.statement, indent_); }
    std::string operator()(const ast::AtomicStmt& s) const {
        return "atomic " + (s.order.empty() ? "" : s.order.text + " ") + print_block(*s.body, indent_);
    }
    std::string operator()(const ast::AwaitStmt& s) const {
        return "await (" + print(*s.condition) + ")" + (s.body ? " " + print_block(*s.body, indent_) : ";");
    }
    std::string operator()(const ast::EitherStmt& s) const {
        std::string out = "either ";
        for (const ast::Block& branch : s.branches)
            out += (&branch == &s.branches.front() ? "" : " or ") + print_block(branch, indent_);
        return out;
    }
    std::string operator()(const ast::ChooseStmt& s) const { return print_choose(s); }
    std::string operator()(const ast::SpawnStmt& s) const { return "spawn " + s.role.text + print_arguments(s.arguments) + ";"; }
    std::string operator()(const ast::GhostStmt& s) const { return "ghost " + print_block(*s.body, indent_); }

private:
    static bool ends_in_block(const ast::Stmt& statement) { return std::holds_alternative<ast::BlockStmt>(statement.node); }

    std::string body(const ast::Stmt& statement) const {
        if (ends_in_block(statement)) return " " + print_statement(statement, indent_);
        return "\n" + indentation(indent_ + 1) + print_statement(statement, indent_ + 1);
    }

    int indent_;
};

}  // namespace

std::string indentation(int indent) { return std::string(static_cast<std::size_t>(indent), '\t'); }

std::string print_statement(const ast::Stmt& statement, int indent) { return std::visit(StmtPrinter(indent), statement.node); }

std::string print_block(const ast::Block& block, int indent) {
    std::string out = "{\n";
    for (const ast::Stmt& statement : block.statements)
        out += indentation(indent + 1) + print_statement(statement, indent + 1) + "\n";
    return out + indentation(indent) + "}";
}

std::string print_variables(const std::vector<ast::VariableDecl>& variables) {
    std::string out;
    for (const ast::VariableDecl& variable : variables) {
        const DeclaratorParts parts = split_declarator(*variable.type, variable.name.text);
        if (out.empty()) {
            out = std::string(variable.is_static ? "static " : "") + (variable.is_extern ? "extern " : "") +
                  (variable.is_percpu ? "percpu " : "") + (variable.is_ghost ? "ghost " : "") + parts.base + " ";
        } else {
            out += ", ";
        }
        out += parts.declarator;
        if (variable.init) out += " = " + print_argument(*variable.init);
    }
    return out;
}

std::string print(const ast::Stmt& statement) { return print_statement(statement, 0) + "\n"; }

}  // namespace quire
