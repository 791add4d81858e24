// What looks like a call but has a meaning of its own. A user's definition of the same name hides it, see Checker::call.
#include <algorithm>

#include "support/suggest.h"
#include "types/checker.h"

namespace quire {

namespace {

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

bool is_assertion(std::string_view name) {
    return name == "assert" || name == "BUG_ON" || name == "BUG" || starts_with(name, "VM_BUG_ON") ||
           starts_with(name, "WARN_ON");
}

constexpr std::string_view kBuiltins[] = {
    "ERR_CAST", "ERR_PTR", "IS_ERR",   "IS_ERR_OR_NULL", "PTR_ERR", "acting",  "assume",          "at",
    "balance",  "cover",   "credit",   "debit",          "fence",   "free",    "irq_disable",     "irq_enable",
    "irqs_on",  "live",    "load",     "move",           "old",     "per_cpu", "preempt_disable", "preempt_enable",
    "refresh",  "store",   "this_cpu", "total",          "use"};

}  // namespace

std::vector<std::string> builtin_functions() {
    std::vector<std::string> names(std::begin(kBuiltins), std::end(kBuiltins));
    names.insert(names.end(),
                 {"assert", "BUG", "BUG_ON", "VM_BUG_ON", "VM_BUG_ON_FOLIO", "VM_BUG_ON_PAGE", "WARN_ON", "WARN_ON_ONCE"});
    return names;
}

bool Checker::is_builtin(std::string_view name) const {
    return is_assertion(name) || std::find(std::begin(kBuiltins), std::end(kBuiltins), name) != std::end(kBuiltins);
}

std::optional<Typed> Checker::builtin_call(const ast::Expr& e, const ast::Call& node, const ast::Name& name) {
    const std::string& n = name.text;
    if (!is_builtin(n)) return std::nullopt;
    if (is_assertion(n)) return assertion(e, node, name);
    if (n == "load" || n == "store") return load_store(e, node, n == "store");
    if (n == "credit" || n == "debit" || n == "move") return ledger_call(e, node, n);
    if (n == "balance" || n == "total") return ledger_value(e, node, n == "total");
    if (n == "free" || n == "use") return pointer_builtin(e, node, n);
    if (n == "cover") return cover_point(e, node);
    if (n == "fence") return fence(e, node);
    if (n == "at") return at_label(e, node);
    if (n == "old") return old_value(e, node);
    if (n == "acting") return acting(e, node);
    if (n == "live") return live(e, node);
    if (n == "refresh") return refresh(e, node);
    if (starts_with(n, "irq")) return interrupts(e, node, n);
    if (n == "assume") {
        if (!count_arguments(node, n, 1, 1, e.span)) return failed(e.span);
        Statement s = blank(StatementKind::kBuiltin, e.span);
        s.builtin = Builtin::kAssume;
        s.operands.push_back(condition(node.arguments[0]));
        if (!is_real()) return error(DiagnosticCode::kE0305, e.span, "`assume` ends runs, so it is for real code only");
        note_effect(Effect::Kind::kWaits, e.span, "may end the run (`assume`)");
        return s.operands[0].valid() ? builtin_statement(std::move(s), e.span) : failed(e.span);
    }
    if (starts_with(n, "preempt")) {
        unsupported(DiagnosticCode::kE0504, e.span, "`" + n + "` is");
        return failed(e.span);
    }
    if (n == "this_cpu" || n == "per_cpu") {
        unsupported(DiagnosticCode::kE0503, e.span, "per-CPU variables are");
        return failed(e.span);
    }
    return error_pointer_builtin(e, node, n);
}

// A statement in the place of an expression: ({ … }), which a statement of its own unwraps.
Typed Checker::builtin_statement(Statement statement, SourceSpan span) {
    StatementId inner = add(std::move(statement));
    ExpressionId e = make(ExpressionKind::kStatements, void_type(), span);
    program_.expressions[e.index()].statement = inner;
    return typed_void(e, span);
}

// assert(c); BUG_ON(c) and WARN_ON(c) are its negations. VM_BUG_ON_PAGE(c, page) has the condition first.
Typed Checker::assertion(const ast::Expr& e, const ast::Call& node, const ast::Name& name) {
    bool is_bug = name.text == "BUG";
    if (is_bug ? !count_arguments(node, name.text, 0, 0, e.span) : node.arguments.empty()) {
        if (!is_bug) count_arguments(node, name.text, 1, 1, e.span);
        return failed(e.span);
    }
    bool takes_object = starts_with(name.text, "VM_BUG_ON_") || starts_with(name.text, "WARN_ON_");
    if (!is_bug && !count_arguments(node, name.text, 1, takes_object ? 2 : 1, e.span)) return failed(e.span);
    ExpressionId c = is_bug ? literal(0, bool_type(), e.span) : condition(node.arguments[0]);
    if (!c.valid()) return failed(e.span);
    if (context_.mode == Mode::kProperty) return error(DiagnosticCode::kE0308, e.span, "a property cannot contain an assertion");
    // A failed assertion that is allowed does not end the run: the value of a WARN_ON is needed then.
    const bool warns = starts_with(name.text, "WARN_ON");
    const bool goes_on =
        warns && std::find(program_.allowed.begin(), program_.allowed.end(), "assertion") != program_.allowed.end();
    ExpressionId store;
    LocalId kept;
    auto kept_value = [&] { return rvalue(typed_place(local_place(kept, e.span), false)).value; };
    if (goes_on) {
        kept = temporary(bool_type(), e.span);
        store = make(ExpressionKind::kAssign, bool_type(), e.span, {c});
        program_.expressions[store.index()].place = local_place(kept, e.span);
        c = kept_value();
    }
    if (name.text != "assert" && !is_bug) c = make_operator(Op::kNot, bool_type(), kBoolType, node.arguments[0].span, {c});
    Statement s = blank(StatementKind::kBuiltin, e.span);
    s.builtin = Builtin::kAssert;
    s.operands.push_back(c);
    s.text = text_of(e.span);
    Typed done = builtin_statement(std::move(s), e.span);
    if (!warns) return done;
    // Past a WARN_ON that did not fail the condition was false.
    program_.expressions[done.value.index()].type = bool_type();
    ExpressionId value = goes_on ? kept_value() : literal(0, bool_type(), e.span);
    program_.expressions[done.value.index()].operands = {value};
    if (!goes_on) return typed_value(done.value);
    return typed_value(make(ExpressionKind::kComma, bool_type(), e.span, {store, done.value}));
}

std::optional<MemoryOrder> Checker::memory_order(const ast::Expr& e, bool for_fence) {
    static const std::map<std::string, MemoryOrder, std::less<>> kOrders = {
        {"plain", MemoryOrder::kPlain},     {"once", MemoryOrder::kOnce}, {"acquire", MemoryOrder::kAcquire},
        {"release", MemoryOrder::kRelease}, {"full", MemoryOrder::kFull}, {"read", MemoryOrder::kRead},
        {"write", MemoryOrder::kWrite}};
    const auto* name = std::get_if<ast::NameExpr>(&e.node);
    auto found = name != nullptr ? kOrders.find(name->name.text) : kOrders.end();
    bool is_direction = found != kOrders.end() && (found->second == MemoryOrder::kRead || found->second == MemoryOrder::kWrite);
    if (found != kOrders.end() && (for_fence || !is_direction)) return found->second;
    diagnostics_.error(DiagnosticCode::kE0220, e.span, "a memory order is needed here")
        .with_help(for_fence ? "orders are `full`, `read`, `write`, `acquire`, `release`"
                             : "orders are `plain`, `once`, `acquire`, `release`, `full`");
    return std::nullopt;
}

Typed Checker::load_store(const ast::Expr& e, const ast::Call& node, bool is_store) {
    std::size_t count = is_store ? 3 : 2;
    if (!count_arguments(node, is_store ? "store" : "load", count, count, e.span)) return failed(e.span);
    std::optional<MemoryOrder> order = memory_order(node.arguments[0], false);
    Typed place = expression(node.arguments[1]);
    Typed value = is_store ? expression(node.arguments[2]) : Typed{};
    if (!order || place.is_error() || (is_store && value.is_error())) return failed(e.span);
    if (!require_lvalue(place, e.span, is_store ? "`store`" : "`load`")) return failed(e.span);
    if (!is_scalar(program_, place.type)) {
        return error(DiagnosticCode::kE0205, node.arguments[1].span, "one access moves one value, this is " + describe(place));
    }
    std::vector<ExpressionId> operands;
    if (is_store) {
        operands.push_back(convert(value, place.type, node.arguments[2].span, "stored"));
        check_write(place, node.arguments[1].span, "stored to");
        if (!operands[0].valid()) return failed(e.span);
    } else {
        note_read(place.place, node.arguments[1].span);
    }
    ExpressionId access = make(is_store ? ExpressionKind::kStore : ExpressionKind::kLoad, plain(place.type), e.span, operands);
    program_.expressions[access.index()].place = place.place;
    program_.expressions[access.index()].order = *order;
    return typed_value(access);
}

bool Checker::only_in_ghost(SourceSpan span, const std::string& name) {
    if (!is_real()) return true;
    diagnostics_.error(DiagnosticCode::kE0303, span, "`" + name + "` can only be used in ghost code and properties")
        .with_help("write `ghost { … }` around it");
    return false;
}

std::optional<PlaceId> Checker::ledger_place(const ast::Expr& e) {
    Typed place = expression(e);
    if (place.is_error()) return std::nullopt;
    bool is_place = place.kind == Typed::Kind::kPlace || place.kind == Typed::Kind::kScalarAddress;
    if (is_place && type(place.type).kind == TypeKind::kLedger) return place.place;
    diagnostics_.error(DiagnosticCode::kE0219, e.span, "the address of a ledger is needed here, this is " + describe(place))
        .with_help("write `&p->refs` for a member `ledger refs of … { … };`");
    return std::nullopt;
}

// A named account of this ledger, or a thread.
Account Checker::account(const ast::Expr& e, PlaceId ledger) {
    Account result;
    const Place& place = program_[ledger];
    const StructMember member = program_[type(program_[place.base].type).structure].members[place.member];
    if (const auto* name = std::get_if<ast::NameExpr>(&e.node)) {
        for (std::size_t i = 0; i < member.accounts.size(); i++) {
            if (member.accounts[i] == name->name.text) result.named = static_cast<std::uint32_t>(i);
        }
        if (result.named != kNoAccount) {
            const std::string& structure = program_[type(program_[place.base].type).structure].name;
            note_use(name->name, NamedThing::kAccount, member.span, structure + "." + member.name);
            return result;
        }
        if (name->name.text == "unbooked") {
            result.named = kUnbookedAccount;
            return result;
        }
        bool is_known = lookup(name->name.text) != nullptr || role_names_.count(name->name.text) != 0 ||
                        name->name.text == "self" || name->name.text == "NO_THREAD";
        if (!is_known) {
            Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0219, e.span,
                                               "ledger `" + member.name + "` has no account `" + name->name.text + "`");
            suggest(d, name->name.text, member.accounts, "an account of a similar name exists");
            d.with_secondary(member.span, "declared here");
            return result;
        }
    }
    Typed who = rvalue(expression(e));
    if (who.is_error()) return result;
    if (who.kind != Typed::Kind::kValue || type(who.type).kind != TypeKind::kThread) {
        diagnostics_.error(DiagnosticCode::kE0219, e.span, "an account or a thread is needed here, this is " + describe(who));
        return result;
    }
    result.thread = who.value;
    return result;
}

Typed Checker::ledger_call(const ast::Expr& e, const ast::Call& node, const std::string& name) {
    bool is_move = name == "move";
    if (!count_arguments(node, name, is_move ? 4 : 3, is_move ? 4 : 3, e.span)) return failed(e.span);
    if (!only_in_ghost(e.span, name)) return failed(e.span);
    if (context_.mode == Mode::kProperty) return error(DiagnosticCode::kE0308, e.span, "a property cannot change a ledger");
    std::optional<PlaceId> ledger = ledger_place(node.arguments[0]);
    if (!ledger) return failed(e.span);
    Statement s = blank(StatementKind::kBuiltin, e.span);
    s.builtin = is_move ? Builtin::kMove : name == "credit" ? Builtin::kCredit : Builtin::kDebit;
    s.place = *ledger;
    auto is_complete_account = [](const Account& a) { return a.thread.valid() || a.named != kNoAccount; };
    Account first = account(node.arguments[1], *ledger);
    (s.builtin == Builtin::kCredit ? s.to : s.from) = first;
    bool good = is_complete_account(first);
    if (is_move) {
        s.to = account(node.arguments[2], *ledger);
        good = good && is_complete_account(s.to);
    }
    const ast::Expr& amount = node.arguments[is_move ? 3 : 2];
    s.amount = convert(expression(amount), int_type(), amount.span, "an amount");
    if (!good || !s.amount.valid()) return failed(e.span);
    note_effect(Effect::Kind::kWritesGhost, e.span, "books in a ledger");
    return builtin_statement(std::move(s), e.span);
}

Typed Checker::ledger_value(const ast::Expr& e, const ast::Call& node, bool is_total) {
    if (!count_arguments(node, is_total ? "total" : "balance", is_total ? 1 : 2, is_total ? 1 : 2, e.span)) return failed(e.span);
    std::optional<PlaceId> ledger = ledger_place(node.arguments[0]);
    if (!ledger) return failed(e.span);
    note_read(*ledger, e.span);
    std::vector<ExpressionId> operands;
    std::uint32_t named = kNoAccount;
    if (!is_total) {
        Account who = account(node.arguments[1], *ledger);
        if (who.thread.valid()) operands.push_back(who.thread);
        named = who.named;
        if (operands.empty() && named == kNoAccount) return failed(e.span);
    }
    ExpressionId value = make(is_total ? ExpressionKind::kTotal : ExpressionKind::kBalance, int_type(), e.span, operands);
    program_.expressions[value.index()].place = *ledger;
    program_.expressions[value.index()].account = named;
    return typed_value(value);
}

ExpressionId Checker::pointer_operand(const ast::Expr& e, const std::string& name) {
    Typed operand = rvalue(expression(e));
    if (operand.is_error()) return {};
    if (operand.kind == Typed::Kind::kNull) return literal(0, pointer_to(StructId{}), e.span);
    if (operand.kind == Typed::Kind::kValue && is_pointer(operand.type)) return operand.value;
    diagnostics_.error(DiagnosticCode::kE0210, e.span,
                       "`" + name + "` needs a pointer to a struct, this is " + describe(operand));
    return {};
}

Typed Checker::pointer_builtin(const ast::Expr& e, const ast::Call& node, const std::string& name) {
    if (!count_arguments(node, name, 1, 1, e.span)) return failed(e.span);
    ExpressionId pointer = pointer_operand(node.arguments[0], name);
    if (!pointer.valid()) return failed(e.span);
    if (!is_real()) return error(DiagnosticCode::kE0305, e.span, "`" + name + "` is a step, and only real code takes steps");
    note_effect(Effect::Kind::kSteps, e.span, name == "free" ? "frees" : "takes a step (`use`)");
    Statement s = blank(StatementKind::kBuiltin, e.span);
    s.builtin = name == "free" ? Builtin::kFree : Builtin::kUse;
    s.operands.push_back(pointer);
    return builtin_statement(std::move(s), e.span);
}

Typed Checker::error_pointer_builtin(const ast::Expr& e, const ast::Call& node, const std::string& name) {
    if (!count_arguments(node, name, 1, 1, e.span)) return failed(e.span);
    const ast::Expr& given = node.arguments[0];
    if (name == "ERR_PTR") {
        ExpressionId value = convert(expression(given), long_type(), given.span, "passed to `ERR_PTR`");
        if (!value.valid()) return failed(e.span);
        std::optional<Value> known = static_value(value);
        if (known && (*known < -4095 || *known > -1) && context_.unevaluated == 0) {
            diagnostics_
                .error(DiagnosticCode::kE0220, given.span,
                       "`ERR_PTR` needs an error number from -4095 to -1, this is " + std::to_string(*known))
                .with_help("write `NULL` for no object");
            return failed(e.span);
        }
        return typed_value(make(ExpressionKind::kErrPtr, pointer_to(StructId{}), e.span, {value}));
    }
    ExpressionId pointer = pointer_operand(given, name);
    if (!pointer.valid()) return failed(e.span);
    if (name == "IS_ERR") return typed_value(make(ExpressionKind::kIsErr, bool_type(), e.span, {pointer}));
    ExpressionId number = make(ExpressionKind::kPtrErr, long_type(), e.span, {pointer});
    if (name == "PTR_ERR") return typed_value(number);
    if (name == "ERR_CAST") return typed_value(make(ExpressionKind::kErrPtr, pointer_to(StructId{}), e.span, {number}));
    // IS_ERR_OR_NULL reads its argument once: kept in a local.
    TypeId t = program_[pointer].type;
    if (!type(t).structure.valid()) return typed_value(literal(1, bool_type(), e.span));
    LocalId kept = temporary(t, e.span);
    ExpressionId store = make(ExpressionKind::kAssign, t, e.span, {pointer});
    program_.expressions[store.index()].place = local_place(kept, e.span);
    auto read = [&] {
        ExpressionId r = make(ExpressionKind::kRead, t, e.span);
        PlaceId place = local_place(kept, e.span);
        program_.expressions[r.index()].place = place;
        return r;
    };
    ExpressionId first = read();
    ExpressionId null = literal(0, t, e.span);
    ExpressionId is_null = make_operator(Op::kEqual, bool_type(), scalar(t), e.span, {first, null});
    ExpressionId second = read();
    ExpressionId is_error = make(ExpressionKind::kIsErr, bool_type(), e.span, {second});
    ExpressionId either = make(ExpressionKind::kOr, bool_type(), e.span, {is_null, is_error});
    return typed_value(make(ExpressionKind::kComma, bool_type(), e.span, {store, either}));
}

Typed Checker::cover_point(const ast::Expr& e, const ast::Call& node) {
    if (!count_arguments(node, "cover", 1, 1, e.span)) return failed(e.span);
    const auto* text = std::get_if<ast::StringLiteral>(&node.arguments[0].node);
    if (text == nullptr)
        return error(DiagnosticCode::kE0220, node.arguments[0].span, "`cover` takes a name in quotes: `cover(\"left_on_lru\")`");
    if (context_.mode == Mode::kProperty) return error(DiagnosticCode::kE0308, e.span, "a property is no point that is reached");
    auto [found, is_new] = cover_names_.emplace(text->text, CoverId{program_.covers.size()});
    if (is_new) program_.covers.push_back({text->text, e.span});
    note_use({{node.arguments[0].span}, text->text}, NamedThing::kCoverPoint, node.arguments[0].span);
    Statement s = blank(StatementKind::kBuiltin, e.span);
    s.builtin = Builtin::kCover;
    s.cover = found->second;
    return builtin_statement(std::move(s), e.span);
}

Typed Checker::fence(const ast::Expr& e, const ast::Call& node) {
    if (!count_arguments(node, "fence", 1, 1, e.span)) return failed(e.span);
    std::optional<MemoryOrder> order = memory_order(node.arguments[0], true);
    if (!order) return failed(e.span);
    if (!is_real()) return error(DiagnosticCode::kE0305, e.span, "a fence orders accesses of real code");
    Statement s = blank(StatementKind::kBuiltin, e.span);
    s.builtin = Builtin::kFence;
    s.order = *order;
    return builtin_statement(std::move(s), e.span);
}

Typed Checker::refresh(const ast::Expr& e, const ast::Call& node) {
    if (!count_arguments(node, "refresh", 1, 1, e.span)) return failed(e.span);
    if (context_.mode != Mode::kGhost) {
        diagnostics_.error(DiagnosticCode::kE0220, e.span, "`refresh` can only be used in ghost code")
            .with_help("write `ghost { refresh(…); }`");
        return failed(e.span);
    }
    Typed cell = expression(node.arguments[0]);
    if (cell.is_error()) return failed(e.span);
    if (!require_lvalue(cell, e.span, "`refresh`")) return failed(e.span);
    if (!is_pointer(cell.type)) {
        return error(DiagnosticCode::kE0210, node.arguments[0].span,
                     "`refresh` needs a variable that holds a pointer, this is " + describe(cell));
    }
    Statement s = blank(StatementKind::kBuiltin, e.span);
    s.builtin = Builtin::kRefresh;
    s.place = cell.place;
    note_effect(Effect::Kind::kWritesGhost, e.span, "refreshes a pointer");
    return builtin_statement(std::move(s), e.span);
}

Typed Checker::interrupts(const ast::Expr& e, const ast::Call& node, const std::string& name) {
    if (name == "irqs_on") {
        if (!count_arguments(node, name, 0, 1, e.span)) return failed(e.span);
        std::vector<ExpressionId> operands;
        if (node.arguments.size() == 1) {
            Typed who = rvalue(expression(node.arguments[0]));
            if (who.is_error()) return failed(e.span);
            if (who.kind != Typed::Kind::kValue || type(who.type).kind != TypeKind::kThread) {
                diagnostics_.error(DiagnosticCode::kE0501, node.arguments[0].span, "CPUs with numbers are not supported yet")
                    .with_help("without `on`, each thread has a CPU of its own: write `irqs_on()` or `irqs_on(t)`");
                return failed(e.span);
            }
            operands.push_back(who.value);
        }
        return typed_value(make(ExpressionKind::kIrqsOn, bool_type(), e.span, operands));
    }
    if (!count_arguments(node, name, 0, 0, e.span)) return failed(e.span);
    if (!is_real()) return error(DiagnosticCode::kE0304, e.span, "`" + name + "` changes real state");
    note_effect(Effect::Kind::kWritesReal, e.span, "switches interrupts");
    Statement s = blank(StatementKind::kBuiltin, e.span);
    s.builtin = name == "irq_disable" ? Builtin::kIrqDisable : Builtin::kIrqEnable;
    return builtin_statement(std::move(s), e.span);
}

}  // namespace quire
