#include "syntax/printer.h"
#include "syntax/printer_parts.h"

namespace quire {

namespace {

std::string print_names(const std::vector<ast::Name>& names) {
    std::string out;
    for (const ast::Name& name : names) out += (out.empty() ? "" : ", ") + name.text;
    return out;
}

std::string print_doc(const std::string& doc, int indent) {
    if (doc.empty()) return "";
    std::string out = indentation(indent) + "/// ";
    for (const char c : doc) {
        out += c;
        if (c == '\n') out += indentation(indent) + "/// ";
    }
    return out + "\n";
}

std::string print_contracts(const std::vector<ast::Contract>& contracts) {
    std::string out;
    for (const ast::Contract& contract : contracts) {
        out += " " + std::string(spelling(contract.kind));
        if (contract.argument) out += "(" + print_argument(*contract.argument) + ")";
    }
    return out;
}

std::string print_ledger(const ast::Ledger& ledger) {
    return "ledger " + ledger.name.text + (ledger.counter ? " of " + print(*ledger.counter) : "") + " { " +
           print_names(ledger.accounts) + " };";
}

std::string_view property_word(ast::PropertyKind kind) {
    switch (kind) {
        case ast::PropertyKind::kInvariant: return "invariant ";
        case ast::PropertyKind::kFinally: return "finally ";
        case ast::PropertyKind::kStep: return "step ";
        case ast::PropertyKind::kCover:
        case ast::PropertyKind::kCoverFinally: return "cover ";
        case ast::PropertyKind::kEventually: return "eventually ";
        case ast::PropertyKind::kLeadsTo: return "";
    }
    return "";
}

std::string print_expect_kind(const ast::ExpectDecl& d) {
    switch (d.kind) {
        case ast::ExpectKind::kPass: return "pass";
        case ast::ExpectKind::kViolation: return d.of.empty() ? "violation" : "violation of " + d.of.text;
        case ast::ExpectKind::kCovered: return "covered " + d.of.text;
        case ast::ExpectKind::kNotCovered: return "not covered " + d.of.text;
        case ast::ExpectKind::kProved: return "proved";
    }
    return "";
}

std::string print_for_items(const std::vector<ast::ForItem>& items) {
    std::string out;
    for (const ast::ForItem& item : items) {
        out += (out.empty() ? "" : ", ") + std::string(item.any ? "any " : "") + item.constant.text;
        if (item.low && item.high)
            out += " in " + print_value(*item.low) + ".." + print_value(*item.high);
        else if (item.low)
            out += " = " + print_value(*item.low);
    }
    return out;
}

class DeclPrinter {
public:
    explicit DeclPrinter(int indent) : indent_(indent) {}

    std::string operator()(const ast::ConstDecl& d) const { return "const " + d.name.text + " = " + print_value(*d.value) + ";"; }
    std::string operator()(const ast::EnumDecl& d) const {
        return "enum " + (d.tag.empty() ? "" : d.tag.text + " ") + print_enumerators(d.enumerators, indent_) + ";";
    }
    std::string operator()(const ast::StructDecl& d) const {
        return "struct " + d.tag.text + (d.has_body ? " " + print_members(d.members, indent_) : "") + ";";
    }
    std::string operator()(const ast::TypedefDecl& d) const { return "typedef " + print(*d.type, d.name.text) + ";"; }
    std::string operator()(const ast::VariableDecl& d) const { return print_variables({d}) + ";"; }
    std::string operator()(const ast::FunctionDecl& d) const {
        std::string out = std::string(d.is_static ? "static " : "") + (d.is_inline ? "inline " : "") +
                          (d.is_extern ? "extern " : "") + (d.is_ghost ? "ghost " : "");
        if (d.is_atomic) out += "atomic " + (d.order.empty() ? "" : d.order.text + " ");
        out += print(*d.result, d.name.text + print_parameters(d.parameters)) + print_contracts(d.contracts);
        return out + (d.body ? "\n" + indentation(indent_) + print_block(*d.body, indent_) : ";");
    }
    std::string operator()(const ast::ExternDecl& d) const {
        const std::string head = d.name.text + print_parameters(d.parameters);
        return std::string("extern ") + (d.kind == ast::ExternKind::kIgnore ? "ignore " : "havoc ") +
               (d.result ? print(*d.result, head) : head) +
               (d.low ? " in " + print_bound(*d.low) + ".." + print_bound(*d.high) : "") + print_contracts(d.contracts) + ";";
    }
    std::string operator()(const ast::PoolDecl& d) const {
        return std::string("pool ") + (d.is_typesafe ? "typesafe " : "") + print(*d.element) + "[" + print_value(*d.size) + "];";
    }
    std::string operator()(const ast::ThreadDecl& d) const {
        std::string out = std::string(d.is_daemon ? "daemon " : "") + (d.is_dormant ? "dormant " : "");
        if (d.fairness == ast::Fairness::kWeak) out += "fair ";
        if (d.fairness == ast::Fairness::kStrong) out += "strong fair ";
        out += "thread " + d.name.text + (d.count ? "[" + print_value(*d.count) + "]" : "");
        if (!d.parameters.empty()) out += print_parameters(d.parameters);
        return out + (d.cpu ? " on " + print_value(*d.cpu) : "") + " " + print_block(*d.body, indent_);
    }
    std::string operator()(const ast::IrqDecl& d) const {
        return "irq " + d.name.text + " on " + print_value(*d.cpu) + " " + print_block(*d.body, indent_);
    }
    std::string operator()(const ast::InitDecl& d) const { return "init " + print_block(*d.body, indent_); }
    std::string operator()(const ast::PropertyDecl& d) const {
        return std::string(property_word(d.kind)) + d.name.text + ": " +
               (d.kind == ast::PropertyKind::kCoverFinally ? "finally " : "") + print(*d.condition) +
               (d.consequence ? " leads_to " + print(*d.consequence) : "") + ";";
    }
    std::string operator()(const ast::LemmaDecl& d) const { return "lemma " + d.name.text + ": " + print(*d.condition) + ";"; }
    std::string operator()(const ast::CheckDecl& d) const { return "check " + print_names(d.what) + ";"; }
    std::string operator()(const ast::AllowDecl& d) const { return "allow " + print_names(d.what) + ";"; }
    std::string operator()(const ast::MemoryDecl& d) const { return "memory " + print_names(d.models) + ";"; }
    std::string operator()(const ast::ExpectDecl& d) const {
        return "expect " + print_expect_kind(d) + (d.constants.empty() ? "" : " for " + print_for_items(d.constants)) +
               (d.under.empty() ? "" : " under " + print_names(d.under)) + (d.instance.empty() ? "" : " in " + d.instance.text) +
               ";";
    }
    std::string operator()(const ast::VariantDecl& d) const {
        return "variant " + d.name.text + (d.parent.empty() ? "" : " : " + d.parent.text) +
               (d.description.empty() ? "" : " " + quote_string(d.description)) + " " + inner(d.declarations);
    }
    std::string operator()(const ast::InstanceDecl& d) const {
        return "instance " + d.name.text + (d.is_slow ? " slow " : " ") + inner(d.constants);
    }
    std::string operator()(const ast::ScenarioDecl& d) const {
        std::string out = "scenario " + d.name.text + (d.variant.empty() ? "" : " for " + d.variant.text) + " {\n";
        for (const ast::ScenarioStep& step : d.steps)
            out += indentation(indent_ + 1) + step.thread.text + ": " + print_statement(*step.statement, indent_ + 1) + "\n";
        out += indentation(indent_) + "}";
        switch (d.expectation) {
            case ast::ScenarioExpectation::kNone: return out;
            case ast::ScenarioExpectation::kPossible: return out + " expect possible;";
            case ast::ScenarioExpectation::kPrevented: return out + " expect prevented;";
        }
        return out;
    }

private:
    std::string inner(const std::vector<ast::Declaration>& declarations) const {
        std::string out = "{\n";
        for (const ast::Declaration& declaration : declarations) {
            out += print_doc(declaration.doc, indent_ + 1) + indentation(indent_ + 1);
            out += std::visit(DeclPrinter(indent_ + 1), declaration.node) + "\n";
        }
        return out + indentation(indent_) + "}";
    }

    int indent_;
};

}  // namespace

std::string print_members(const std::vector<ast::Member>& members, int indent) {
    std::string out = "{\n";
    for (const ast::Member& member : members) {
        out += print_doc(member.doc, indent + 1) + indentation(indent + 1);
        if (const auto* field = std::get_if<ast::Field>(&member.node))
            out += std::string(field->is_ghost ? "ghost " : "") + print(*field->type, field->name.text) + ";";
        else
            out += print_ledger(std::get<ast::Ledger>(member.node));
        out += "\n";
    }
    return out + indentation(indent) + "}";
}

std::string print_enumerators(const std::vector<ast::Enumerator>& enumerators, int indent) {
    std::string out = "{\n";
    for (const ast::Enumerator& enumerator : enumerators) {
        out += print_doc(enumerator.doc, indent + 1) + indentation(indent + 1) + enumerator.name.text;
        out += (enumerator.value ? " = " + print_value(*enumerator.value) : "") + ",\n";
    }
    return out + indentation(indent) + "}";
}

std::string print(const ast::Declaration& declaration) {
    return print_doc(declaration.doc, 0) + std::visit(DeclPrinter(0), declaration.node) + "\n";
}

std::string print(const ast::Spec& spec) {
    std::string out;
    for (const ast::Import& import : spec.imports)
        out += print_doc(import.doc, 0) + "import " + quote_string(import.path) + ";\n";
    for (const ast::Declaration& declaration : spec.declarations) out += (out.empty() ? "" : "\n") + print(declaration);
    return out;
}

}  // namespace quire
