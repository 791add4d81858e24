#include "types/checker.h"

namespace quire {

void Checker::check_contracts(FunctionId id, const std::vector<ast::Contract>& contracts) {
    Context saved = context_;
    context_.mode = Mode::kProperty;
    context_.block_locals.emplace_back();
    std::vector<Contract> checked;
    for (const ast::Contract& node : contracts) {
        Contract contract;
        contract.span = node.span;
        switch (node.kind) {
            case ast::ContractKind::kAcquires: contract.kind = ContractKind::kAcquires; break;
            case ast::ContractKind::kReleases: contract.kind = ContractKind::kReleases; break;
            case ast::ContractKind::kMustHold: contract.kind = ContractKind::kMustHold; break;
            case ast::ContractKind::kSleeps: contract.kind = ContractKind::kSleeps; break;
            case ast::ContractKind::kGets: contract.kind = ContractKind::kGets; break;
            case ast::ContractKind::kPuts: contract.kind = ContractKind::kPuts; break;
            case ast::ContractKind::kGracePeriod: contract.kind = ContractKind::kGracePeriod; break;
        }
        bool names_something = contract.kind != ContractKind::kSleeps && contract.kind != ContractKind::kGracePeriod;
        if (names_something) {
            if (!node.argument) continue;
            check_contract(node, contract);
            if (!contract.lock.valid() && contract.name.empty()) continue;
        }
        bool is_repeated = false;
        for (const Contract& other : checked) {
            is_repeated = is_repeated || (other.kind == contract.kind && text_of(other.span) == text_of(contract.span));
        }
        if (is_repeated) {
            diagnostics_.error(DiagnosticCode::kE0310, node.span, "the same contract twice");
            continue;
        }
        checked.push_back(contract);
    }
    context_ = saved;
    program_.functions[id.index()].contracts = std::move(checked);
}

void Checker::check_contract(const ast::Contract& node, Contract& contract) {
    // Calls in a contract are no calls of the function's body.
    Body scratch;
    Body* saved = context_.body;
    context_.body = &scratch;
    if (contract.kind == ContractKind::kGets || contract.kind == ContractKind::kPuts) {
        reference_contract(node, contract);
    } else {
        lock_contract(node, contract);
    }
    context_.body = saved;
}

// A pointer to the lock, the lock itself, or a bare name such as RCU that stands for no object.
void Checker::lock_contract(const ast::Contract& node, Contract& contract) {
    const auto* name = std::get_if<ast::NameExpr>(&node.argument->node);
    if (name != nullptr && lookup(name->name.text) == nullptr && !is_builtin(name->name.text)) {
        contract.name = name->name.text;
        return;
    }
    Typed lock = expression(*node.argument);
    if (lock.is_error()) return;
    if (lock.kind == Typed::Kind::kPlace && type(lock.type).kind == TypeKind::kStruct && lock.is_lvalue) {
        ExpressionId address = make(ExpressionKind::kAddressOf, pointer_to(type(lock.type).structure), node.span);
        program_.expressions[address.index()].place = lock.place;
        contract.lock = address;
        return;
    }
    bool is_scalar_lock = lock.kind == Typed::Kind::kPlace && !is_pointer(lock.type);
    if (lock.kind == Typed::Kind::kScalarAddress || lock.kind == Typed::Kind::kReference || is_scalar_lock) {
        // A global `bool lock` is known by its name; behind a parameter it would have none.
        PlaceId place = lock.kind == Typed::Kind::kReference ? PlaceId{} : lock.place;
        if (place.valid() && program_[place].kind == PlaceKind::kGlobal) {
            contract.name = program_[program_[place].global].name;
            return;
        }
        diagnostics_
            .error(DiagnosticCode::kE0310, node.span,
                   "a contract names a lock by a pointer to a struct, this is " + describe(lock))
            .with_help("put the lock into a struct");
        return;
    }
    lock = rvalue(lock);
    if (lock.is_error()) return;
    if (lock.kind == Typed::Kind::kValue && is_pointer(lock.type) && type(lock.type).structure.valid()) {
        contract.lock = lock.value;
        return;
    }
    diagnostics_.error(DiagnosticCode::kE0310, node.span,
                       "a contract names a lock by a pointer to a struct, this is " + describe(lock));
}

// The one ledger in a struct or in the structs embedded in it.
bool Checker::find_ledger(StructId structure, std::vector<std::uint32_t>& path, int& found) const {
    const Struct& s = program_[structure];
    std::vector<std::uint32_t> here = path;
    std::vector<std::uint32_t> result;
    for (std::size_t i = 0; i < s.members.size(); i++) {
        const Type& t = type(s.members[i].type);
        std::vector<std::uint32_t> way = here;
        way.push_back(static_cast<std::uint32_t>(i));
        if (t.kind == TypeKind::kLedger) {
            found++;
            result = way;
        } else if (t.kind == TypeKind::kStruct) {
            if (find_ledger(t.structure, way, found)) result = way;
        }
    }
    if (!result.empty()) path = result;
    return !result.empty();
}

void Checker::reference_contract(const ast::Contract& node, Contract& contract) {
    Typed reference = expression(*node.argument);
    if (reference.is_error()) return;
    bool is_place = reference.kind == Typed::Kind::kPlace || reference.kind == Typed::Kind::kScalarAddress;
    if (is_place && type(reference.type).kind == TypeKind::kLedger) {
        const Place ledger = program_[reference.place];
        ExpressionId address =
            make(ExpressionKind::kAddressOf, pointer_to(type(program_[ledger.base].type).structure), node.span);
        program_.expressions[address.index()].place = ledger.base;
        contract.lock = address;
        contract.ledger_path = {ledger.member};
        return;
    }
    ExpressionId pointer;
    if (is_place && type(reference.type).kind == TypeKind::kStruct) {
        pointer = make(ExpressionKind::kAddressOf, pointer_to(type(reference.type).structure), node.span);
        program_.expressions[pointer.index()].place = reference.place;
    } else {
        reference = rvalue(reference);
        if (reference.is_error()) return;
        if (reference.kind == Typed::Kind::kValue && is_pointer(reference.type)) pointer = reference.value;
    }
    if (!pointer.valid() || !type(program_[pointer].type).structure.valid()) {
        diagnostics_.error(DiagnosticCode::kE0310, node.span,
                           "a contract names a reference by a pointer to its object, this is " + describe(reference));
        return;
    }
    std::vector<std::uint32_t> path;
    int found = 0;
    find_ledger(type(program_[pointer].type).structure, path, found);
    if (found != 1) {
        std::string name = program_[type(program_[pointer].type).structure].name;
        diagnostics_
            .error(DiagnosticCode::kE0310, node.span,
                   "`struct " + name + "` has " + (found == 0 ? "no ledger" : "several ledgers") +
                       ", so this contract cannot be checked")
            .with_help(found == 0 ? "add one: `ledger refs of COUNTER { … };`" : "name the one that is meant: `&p->refs`");
        return;
    }
    contract.lock = pointer;
    contract.ledger_path = path;
}

}  // namespace quire
