#include "workbench/code_names.h"

#include <algorithm>

#include "syntax/printer.h"

namespace quire {

namespace {

bool is_scalar(const ast::TypePtr& type, ast::ScalarKind kind) {
    const auto* scalar = type ? std::get_if<ast::ScalarType>(&type->node) : nullptr;
    return scalar != nullptr && scalar->kind == kind;
}

const ast::Contract* contract_of(const ast::FunctionDecl& function, ast::ContractKind kind) {
    for (const ast::Contract& contract : function.contracts) {
        if (contract.kind == kind) return &contract;
    }
    return nullptr;
}

const std::string* bare_name(const ast::ExprPtr& e) {
    const auto* name = e ? std::get_if<ast::NameExpr>(&e->node) : nullptr;
    return name != nullptr ? &name->name.text : nullptr;
}

// Of `lock` with parameter `lock`: ""; of `&table->ptl` with parameter `table`: ".ptl"; anything else: nothing.
std::optional<std::string> member_named(const ast::Contract& contract, const std::string& parameter) {
    if (const std::string* name = bare_name(contract.argument)) {
        if (*name == parameter) return std::string();
        return std::nullopt;
    }
    const auto* address = contract.argument ? std::get_if<ast::Unary>(&contract.argument->node) : nullptr;
    if (address == nullptr || address->op != ast::UnaryOp::kAddressOf) return std::nullopt;
    std::string path;
    const ast::Expr* e = address->operand.get();
    while (const auto* member = std::get_if<ast::MemberAccess>(&e->node)) {
        path = "." + member->member.text + path;
        e = member->object.get();
    }
    const auto* base = std::get_if<ast::NameExpr>(&e->node);
    if (base == nullptr || base->name.text != parameter) return std::nullopt;
    return path;
}

// How alike two names are at their ends: spin_lock_irq goes with spin_unlock_irq.
std::size_t likeness(const std::string& a, const std::string& b) {
    std::size_t begin = 0, end = 0, shorter = std::min(a.size(), b.size());
    while (begin < shorter && a[begin] == b[begin]) ++begin;
    while (end < shorter - begin && a[a.size() - 1 - end] == b[b.size() - 1 - end]) ++end;
    return begin + end;
}

struct ByContract {
    std::string name, type, member;
    bool sleeps = false, attempt = false, atomic = false;
};

// Functions of one parameter with such a contract on it.
std::vector<ByContract> functions_with(const VariantPlan& plan, ast::ContractKind kind) {
    std::vector<ByContract> found;
    for (const ast::Declaration* d : plan.declarations) {
        const auto* f = std::get_if<ast::FunctionDecl>(&d->node);
        if (f == nullptr || f->parameters.size() != 1 || !f->parameters[0].type || f->is_ghost) continue;
        const ast::Contract* contract = contract_of(*f, kind);
        if (contract == nullptr) continue;
        std::optional<std::string> member = member_named(*contract, f->parameters[0].name.text);
        if (!member) continue;
        found.push_back({f->name.text, print(*f->parameters[0].type), *member,
                         contract_of(*f, ast::ContractKind::kSleeps) != nullptr, is_scalar(f->result, ast::ScalarKind::kBool),
                         f->is_atomic});
    }
    return found;
}

void find_locks(const VariantPlan& plan, CodeNames& names) {
    std::vector<ByContract> acquires = functions_with(plan, ast::ContractKind::kAcquires);
    std::vector<ByContract> releases = functions_with(plan, ast::ContractKind::kReleases);
    auto best = [](const std::vector<ByContract>& among, const ByContract& to, bool attempt) -> std::string {
        const ByContract* found = nullptr;
        for (const ByContract& one : among) {
            if (one.type != to.type || one.member != to.member || one.attempt != attempt) continue;
            if (found == nullptr || likeness(one.name, to.name) > likeness(found->name, to.name)) found = &one;
        }
        return found != nullptr ? found->name : std::string();
    };
    for (const ByContract& one : acquires) {
        LockWay way{one.name, best(releases, one, false), best(acquires, one, true), one.type, one.member, one.sleeps};
        if (!one.attempt && !way.release.empty()) names.locks.push_back(std::move(way));
    }
}

void find_sections(const VariantPlan& plan, CodeNames& names) {
    for (const ast::Declaration* d : plan.declarations) {
        const auto* f = std::get_if<ast::FunctionDecl>(&d->node);
        if (f == nullptr || !f->parameters.empty()) continue;
        const ast::Contract* acquires = contract_of(*f, ast::ContractKind::kAcquires);
        const std::string* section = acquires != nullptr ? bare_name(acquires->argument) : nullptr;
        if (contract_of(*f, ast::ContractKind::kGracePeriod) != nullptr) names.grace_periods.push_back(f->name.text);
        if (section != nullptr) names.sections.push_back({*section, f->name.text, {}});
    }
    for (ReadSectionWay& way : names.sections) {
        for (const ast::Declaration* d : plan.declarations) {
            const auto* f = std::get_if<ast::FunctionDecl>(&d->node);
            if (f == nullptr || !f->parameters.empty()) continue;
            const ast::Contract* releases = contract_of(*f, ast::ContractKind::kReleases);
            const std::string* section = releases != nullptr ? bare_name(releases->argument) : nullptr;
            if (section != nullptr && *section == way.name) way.leave = f->name.text;
        }
    }
    std::erase_if(names.sections, [](const ReadSectionWay& way) { return way.leave.empty(); });
}

void find_counts(const VariantPlan& plan, CodeNames& names) {
    auto shorter = [](std::string& best, const std::string& name) {
        if (best.empty() || name.size() < best.size()) best = name;
    };
    std::vector<ByContract> puts = functions_with(plan, ast::ContractKind::kPuts);
    for (const ByContract& get : functions_with(plan, ast::ContractKind::kGets)) {
        CountWay* way = nullptr;
        for (CountWay& known : names.counts) way = known.type == get.type ? &known : way;
        if (way == nullptr) way = &names.counts.emplace_back(CountWay{get.type, {}, {}, {}});
        if (!get.attempt) way->plain.push_back(get.name);
        // What does more than to count is several steps.
        if (get.attempt && get.atomic) shorter(way->attempt, get.name);
        for (const ByContract& put : puts) {
            if (put.type == get.type) shorter(way->put, put.name);
        }
    }
}

}  // namespace

const LockWay* CodeNames::lock_taken_by(const std::string& function) const {
    for (const LockWay& way : locks) {
        if (way.acquire == function || way.attempt == function) return &way;
    }
    return nullptr;
}

bool CodeNames::releases(const std::string& function) const {
    return std::any_of(locks.begin(), locks.end(), [&](const LockWay& way) { return way.release == function; });
}

const CountWay* CodeNames::count_of_type(const std::string& type) const {
    for (const CountWay& way : counts) {
        if (way.type == type) return &way;
    }
    return nullptr;
}

CodeNames code_names(const VariantPlan& plan) {
    CodeNames names;
    find_locks(plan, names);
    find_sections(plan, names);
    find_counts(plan, names);
    return names;
}

const ast::FunctionDecl* find_function(const VariantPlan& plan, std::string_view name) {
    for (const ast::Declaration* d : plan.declarations) {
        const auto* f = std::get_if<ast::FunctionDecl>(&d->node);
        if (f != nullptr && f->name.text == name) return f;
    }
    return nullptr;
}

std::vector<NamedVariable> global_variables(const VariantPlan& plan) {
    std::vector<NamedVariable> found;
    for (const ast::Declaration* d : plan.declarations) {
        const auto* v = std::get_if<ast::VariableDecl>(&d->node);
        if (v != nullptr && v->type && !v->is_ghost && !v->is_percpu) found.push_back({v->name.text, print(*v->type)});
    }
    return found;
}

std::vector<NamedVariable> members_of(const VariantPlan& plan, const std::string& type) {
    std::string tag = type.starts_with("struct ") ? type.substr(7) : std::string();
    std::vector<NamedVariable> found;
    for (const ast::Declaration* d : plan.declarations) {
        const auto* alias = std::get_if<ast::TypedefDecl>(&d->node);
        if (alias != nullptr && alias->name.text == type && alias->type) {
            std::string target = print(*alias->type);
            if (target != type && target.starts_with("struct ")) tag = target.substr(7);
        }
    }
    for (const ast::Declaration* d : plan.declarations) {
        const auto* s = std::get_if<ast::StructDecl>(&d->node);
        if (s == nullptr || tag.empty() || s->tag.text != tag) continue;
        for (const ast::Member& member : s->members) {
            const auto* field = std::get_if<ast::Field>(&member.node);
            if (field != nullptr && !field->name.empty() && field->type && !field->is_ghost)
                found.push_back({field->name.text, print(*field->type)});
        }
    }
    return found;
}

}  // namespace quire
