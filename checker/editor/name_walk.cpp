#include "editor/name_walk.h"

namespace quire {

void walk_type_names(const ast::Type& type, const std::function<void(const ast::Name&, TypeNameKind)>& see) {
    auto inner = [&](const ast::TypePtr& t) {
        if (t) walk_type_names(*t, see);
    };
    std::visit(ast::Overloaded{
                   [&](const ast::TypedefName& t) { see(t.name, TypeNameKind::kTypedef); },
                   [&](const ast::StructType& t) { see(t.tag, TypeNameKind::kStruct); },
                   [&](const ast::EnumType& t) { see(t.tag, TypeNameKind::kEnum); },
                   [&](const ast::PointerType& t) { inner(t.target); },
                   [&](const ast::ReferenceType& t) { inner(t.target); },
                   [&](const ast::ArrayType& t) { inner(t.element); },
                   [&](const ast::FunctionType& t) {
                       inner(t.result);
                       for (const ast::Parameter& parameter : t.parameters) inner(parameter.type);
                   },
                   [&](const ast::RangeType& t) { inner(t.base); },
                   [&](const ast::SetType& t) { inner(t.element); },
                   [&](const ast::ListType& t) { inner(t.element); },
                   [&](const ast::TypeofType& t) { inner(t.operand); },
                   [](const auto&) {},
               },
               type.node);
}

namespace {

class NameWalk {
public:
    explicit NameWalk(const std::function<void(const ast::Name&, bool)>& see) : see_(see) {}

    void go(const ast::Stmt& s) {
        std::visit(ast::Overloaded{
                       [&](const ast::ExprStmt& n) { go(n.expr); },
                       [&](const ast::DeclStmt& n) {
                           for (const ast::VariableDecl& v : n.variables) {
                               go(v.type);
                               see_(v.name, false);
                               go(v.init);
                           }
                       },
                       [&](const ast::BlockStmt& n) { go(n.body); },
                       [&](const ast::IfStmt& n) { go(n.condition), go(n.then_branch), go(n.else_branch); },
                       [&](const ast::WhileStmt& n) { go(n.condition), go(n.body); },
                       [&](const ast::DoWhileStmt& n) { go(n.body), go(n.condition); },
                       [&](const ast::ForStmt& n) { go(n.init), go(n.condition), go(n.advance), go(n.body); },
                       [&](const ast::ForEachStmt& n) {
                           go(n.type);
                           see_(n.variable, false);
                           go(n.collection);
                           go(n.body);
                       },
                       [&](const ast::SwitchStmt& n) {
                           go(n.value);
                           for (const ast::SwitchSection& section : n.sections) {
                               for (const ast::Expr& value : section.values) go(value);
                               for (const ast::Stmt& inner : section.body) go(inner);
                           }
                       },
                       [&](const ast::ReturnStmt& n) { go(n.value); },
                       [&](const ast::LabelStmt& n) { go(n.statement); },
                       [&](const ast::AtomicStmt& n) { go(n.body); },
                       [&](const ast::AwaitStmt& n) { go(n.condition), go(n.body); },
                       [&](const ast::EitherStmt& n) {
                           for (const ast::Block& branch : n.branches) go(branch);
                       },
                       [&](const ast::ChooseStmt& n) { choose(n); },
                       [&](const ast::SpawnStmt& n) {
                           see_(n.role, false);
                           for (const ast::Expr& argument : n.arguments) go(argument);
                       },
                       [&](const ast::GhostStmt& n) { go(n.body); },
                       [](const auto&) {},
                   },
                   s.node);
    }

private:
    void go(const ast::Block& block) {
        for (const ast::Stmt& inner : block.statements) go(inner);
    }
    void go(const ast::BlockPtr& block) {
        if (block) go(*block);
    }
    void go(const ast::StmtPtr& statement) {
        if (statement) go(*statement);
    }
    void go(const ast::ExprPtr& expression) {
        if (expression) go(*expression);
    }
    void go(const ast::TypePtr& type) {
        if (type) walk_type_names(*type, [&](const ast::Name& name, TypeNameKind) { see_(name, false); });
    }

    void choose(const ast::ChooseStmt& node) {
        go(node.type);
        see_(node.variable, false);
        if (const auto* range = std::get_if<ast::ChooseRange>(&node.source)) go(range->low), go(range->high);
        if (const auto* pool = std::get_if<ast::ChoosePool>(&node.source)) go(pool->type);
        if (const auto* member = std::get_if<ast::ChooseMember>(&node.source)) go(member->collection);
    }

    void go(const ast::Expr& e) {
        std::visit(ast::Overloaded{
                       [&](const ast::NameExpr& n) { see_(n.name, false); },
                       [&](const ast::Unary& n) { go(n.operand); },
                       [&](const ast::Binary& n) { go(n.left), go(n.right); },
                       [&](const ast::Assign& n) { go(n.target), go(n.value); },
                       [&](const ast::Conditional& n) { go(n.condition), go(n.then_value), go(n.else_value); },
                       [&](const ast::Call& n) {
                           go(n.callee);
                           for (const ast::Expr& argument : n.arguments) go(argument);
                       },
                       [&](const ast::MemberAccess& n) {
                           go(n.object);
                           see_(n.member, true);
                       },
                       [&](const ast::Index& n) { go(n.object), go(n.index); },
                       [&](const ast::Cast& n) { go(n.type), go(n.operand); },
                       [&](const ast::ContainerOf& n) {
                           go(n.pointer), go(n.type);
                           for (const ast::Name& member : n.member) see_(member, true);
                       },
                       [&](const ast::Alloc& n) { go(n.type); },
                       [&](const ast::StatementExpr& n) { go(n.body); },
                       [&](const ast::InitList& n) {
                           for (const ast::InitItem& item : n.items) initialiser(item);
                       },
                       [&](const ast::CompoundLiteral& n) { go(n.type), go(n.init); },
                       [&](const ast::Quantifier& n) { go(n.body); },
                       [](const auto&) {},
                   },
                   e.node);
    }

    void initialiser(const ast::InitItem& item) {
        for (const ast::Designator& designator : item.designators) {
            if (const auto* name = std::get_if<ast::Name>(&designator.node)) see_(*name, true);
            if (const auto* index = std::get_if<ast::ExprPtr>(&designator.node)) go(*index);
        }
        go(item.value);
    }

    const std::function<void(const ast::Name&, bool)>& see_;
};

}  // namespace

void walk_names(const ast::Stmt& statement, const std::function<void(const ast::Name&, bool is_member)>& see) {
    NameWalk(see).go(statement);
}

}  // namespace quire
