#include <algorithm>

#include "support/suggest.h"
#include "types/checker.h"

namespace quire {

SourceSpan Checker::span_of(const ast::Declaration& declaration) const {
    const ast::Name* name = ast::declared_name(declaration);
    return name != nullptr && name->span.valid() ? name->span : declaration.span;
}

void Checker::unsupported(DiagnosticCode code, SourceSpan span, const std::string& what) {
    diagnostics_.error(code, span, what + " not supported yet").with_note("nothing of this spec was checked");
}

// Duplicates were reported when the variant was merged; here the first one wins.
void Checker::define(const ast::Name& name, Symbol symbol) {
    if (name.empty()) return;
    symbol.span = name.span;
    file_scope_.names.emplace(name.text, symbol);
}

void Checker::enter_declarations() {
    for (const ast::Declaration* declaration : plan_.declarations) enter_declaration(*declaration);
    for (const auto& [name, id] : role_names_) {
        const ast::ThreadDecl& node = *role_nodes_[id.index()];
        if (node.body) note_labels(*node.body, {}, id);
    }
    for (std::size_t i = 0; i < function_nodes_.size(); i++) {
        if (function_nodes_[i] != nullptr && function_nodes_[i]->body) note_labels(*function_nodes_[i]->body, FunctionId{i}, {});
    }
}

void Checker::enter_declaration(const ast::Declaration& declaration) {
    std::visit(
        ast::Overloaded{
            [&](const ast::ConstDecl& d) {
                define(d.name, {Symbol::Kind::kConstant, static_cast<std::uint32_t>(program_.constants.size()), {}});
                Constant constant;
                constant.name = d.name.text;
                constant.span = d.name.span;
                constant.doc = declaration.doc;
                program_.constants.push_back(constant);
                constant_nodes_.push_back(&d);
                constant_types_.push_back({});
                constant_states_.push_back(0);
            },
            [&](const ast::EnumDecl& d) { enter_enum(declaration, d); },
            [&](const ast::StructDecl& d) {
                StructId id{program_.structs.size()};
                if (!d.tag.empty()) struct_tags_.emplace(d.tag.text, id);
                Struct s;
                s.name = d.tag.text;
                s.span = span_of(declaration);
                s.doc = declaration.doc;
                program_.structs.push_back(s);
                struct_nodes_.push_back(&d);
                struct_defined_.push_back(d.has_body);
            },
            [&](const ast::TypedefDecl& d) {
                define(d.name, {Symbol::Kind::kTypedef, static_cast<std::uint32_t>(typedef_nodes_.size()), {}});
                typedef_nodes_.push_back(&d);
                typedef_types_.push_back({});
                typedef_states_.push_back(0);
            },
            [&](const ast::VariableDecl& d) {
                if (d.is_percpu) unsupported(DiagnosticCode::kE0503, span_of(declaration), "per-CPU variables are");
                if (d.is_extern && !d.init) {
                    diagnostics_.error(DiagnosticCode::kE0212, d.name.span,
                                       "`" + d.name.text + "` is announced but never defined");
                }
                define(d.name, {Symbol::Kind::kGlobal, static_cast<std::uint32_t>(program_.globals.size()), {}});
                Global global;
                global.name = d.name.text;
                global.is_ghost = d.is_ghost;
                global.span = d.name.span;
                global.doc = declaration.doc;
                program_.globals.push_back(global);
                global_nodes_.push_back(&d);
                global_states_.push_back(0);
            },
            [&](const ast::FunctionDecl& d) { enter_function(declaration, d); },
            [&](const ast::ExternDecl& d) { enter_extern(declaration, d); },
            [&](const ast::PoolDecl&) {},
            [&](const ast::ThreadDecl& d) { enter_role(declaration, d); },
            [&](const ast::IrqDecl&) { unsupported(DiagnosticCode::kE0502, span_of(declaration), "interrupt handlers are"); },
            [&](const ast::InitDecl&) {},
            [&](const ast::PropertyDecl&) {},
            [&](const ast::LemmaDecl&) {},
            [&](const ast::CheckDecl& d) { enter_check(d); },
            [&](const ast::AllowDecl& d) { enter_allow(d); },
            [&](const ast::MemoryDecl& d) { enter_memory(d); },
            [&](const ast::ExpectDecl&) {},
            [&](const ast::VariantDecl&) {},
            [&](const ast::InstanceDecl&) {},
            [&](const ast::ScenarioDecl&) {},
        },
        declaration.node);
}

void Checker::enter_enum(const ast::Declaration&, const ast::EnumDecl& node) {
    EnumId id = define_enum(node.tag.text, node.enumerators);
    if (!node.tag.empty()) enum_tags_.emplace(node.tag.text, id);
}

// Enumerators are numbers, the same in every instance: their order decides nothing else, so they are entered at once.
EnumId Checker::define_enum(const std::string& name, const std::vector<ast::Enumerator>& values) {
    EnumId id{program_.enums.size()};
    program_.enums.push_back({name, {}});
    Type t;
    t.kind = TypeKind::kEnum;
    t.enumeration = id;
    Value next = 0;
    std::vector<std::pair<const ast::Enumerator*, std::uint32_t>> entered;
    for (const ast::Enumerator& value : values) {
        if (value.value) {
            ExpressionId e = constant_expression(*value.value, "an enumerator");
            if (e.valid() && uses_constant(e)) {
                diagnostics_.error(DiagnosticCode::kE0208, value.value->span, "an enumerator cannot depend on a `const`")
                    .with_label("its value must be the same in every instance");
            } else if (e.valid()) {
                next = static_value(e).value_or(next);
            }
        }
        if (next < smallest_value(kIntType) || next > largest_value(kIntType)) t.bits = 64;
        define(value.name, {Symbol::Kind::kEnumerator, static_cast<std::uint32_t>(enumerators_.size()), {}});
        enumerators_.push_back({next, {}});
        program_.enums[id.index()].values.emplace_back(value.name.text, next);
        entered.emplace_back(&value, static_cast<std::uint32_t>(enumerators_.size() - 1));
        next++;
    }
    TypeId type = intern(t);
    if (enum_types_.size() <= id.index()) enum_types_.resize(id.index() + 1);
    enum_types_[id.index()] = type;
    for (const auto& [node, index] : entered) enumerators_[index].second = type;
    return id;
}

void Checker::enter_function(const ast::Declaration& declaration, const ast::FunctionDecl& node) {
    FunctionId id{program_.functions.size()};
    define(node.name, {Symbol::Kind::kFunction, id.value, {}});
    Function function;
    function.name = node.name.text;
    function.span = node.name.span;
    function.doc = declaration.doc;
    function.is_atomic = node.is_atomic;
    function.is_ghost = node.is_ghost;
    function.in_library = in_library(declaration);
    if (!node.order.empty()) {
        static const std::map<std::string, MemoryOrder, std::less<>> kOrders = {{"plain", MemoryOrder::kPlain},
                                                                                {"once", MemoryOrder::kOnce},
                                                                                {"acquire", MemoryOrder::kAcquire},
                                                                                {"release", MemoryOrder::kRelease},
                                                                                {"full", MemoryOrder::kFull}};
        auto found = kOrders.find(node.order.text);
        if (found != kOrders.end()) function.order = found->second;
        if (found == kOrders.end()) {
            diagnostics_.error(DiagnosticCode::kE0220, node.order.span, "unknown memory order `" + node.order.text + "`")
                .with_help("orders are `plain`, `once`, `acquire`, `release`, `full`");
        }
    }
    program_.functions.push_back(function);
    function_nodes_.push_back(&node);
    extern_nodes_.push_back(nullptr);
    struct_results_.push_back({});
    function_results_.push_back({});
    is_prototype_.push_back(!node.body);
    function_bodies_.emplace_back().function = id;
}

void Checker::enter_extern(const ast::Declaration& declaration, const ast::ExternDecl& node) {
    FunctionId id{program_.functions.size()};
    define(node.name, {Symbol::Kind::kFunction, id.value, {}});
    Function function;
    function.name = node.name.text;
    function.span = node.name.span;
    function.doc = declaration.doc;
    function.external = node.kind == ast::ExternKind::kIgnore ? ExternKind::kIgnore : ExternKind::kHavoc;
    function.in_library = in_library(declaration);
    program_.functions.push_back(function);
    function_nodes_.push_back(nullptr);
    extern_nodes_.push_back(&node);
    struct_results_.push_back({});
    function_results_.push_back({});
    is_prototype_.push_back(false);
    function_bodies_.emplace_back().function = id;
}

void Checker::enter_role(const ast::Declaration& declaration, const ast::ThreadDecl& node) {
    RoleId id{program_.roles.size()};
    if (!node.name.empty()) role_names_.emplace(node.name.text, id);
    Role role;
    role.name = node.name.text;
    role.is_array = static_cast<bool>(node.count);
    role.daemon = node.is_daemon;
    role.dormant = node.is_dormant;
    role.span = node.name.span;
    role.doc = declaration.doc;
    program_.roles.push_back(role);
    role_nodes_.push_back(&node);
    role_states_.push_back(0);
    role_bodies_.emplace_back().role = id;
    if (node.cpu) unsupported(DiagnosticCode::kE0501, node.cpu->span, "threads on a CPU are");
    if (!node.parameters.empty() && !node.is_dormant) {
        diagnostics_.error(DiagnosticCode::kE0313, node.name.span, "only a dormant thread has parameters")
            .with_help("write `dormant thread " + node.name.text + "[N](…) { … }` and start it with `spawn`");
    }
}

void Checker::enter_check(const ast::CheckDecl& node) {
    for (const ast::Name& name : node.what) {
        if (name.text == "leaks") {
            program_.check_leaks = true;
        } else if (name.text == "races") {
            unsupported(DiagnosticCode::kE0509, name.span, "`check races` is");
        } else if (!name.empty()) {
            Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0215, name.span, "unknown check `" + name.text + "`");
            suggest(d, name.text, {"leaks", "races"}, "there is");
            d.with_note("what is always checked needs no `check`");
        }
    }
}

void Checker::enter_allow(const ast::AllowDecl& node) {
    for (const ast::Name& name : node.what) {
        const std::vector<std::string>& known = builtin_checks();
        if (std::find(known.begin(), known.end(), name.text) != known.end()) {
            if (std::find(program_.allowed.begin(), program_.allowed.end(), name.text) == program_.allowed.end()) {
                program_.allowed.push_back(name.text);
            }
        } else if (!name.empty()) {
            Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0215, name.span, "unknown check `" + name.text + "`");
            suggest(d, name.text, known, "a check of a similar name exists");
        }
    }
}

void Checker::enter_memory(const ast::MemoryDecl& node) {
    for (const ast::Name& name : node.models) {
        std::vector<std::string>& listed = program_.memory_models;
        bool is_new = std::find(listed.begin(), listed.end(), name.text) == listed.end();
        if (is_memory_model(name) && is_new) listed.push_back(name.text);
    }
}

// Reports what is no model, or none that can be checked.
bool Checker::is_memory_model(const ast::Name& name) {
    if (name.empty()) return false;
    const std::vector<std::string>& more = options_.memory_models;
    if (name.text == "sc" || std::find(more.begin(), more.end(), name.text) != more.end()) return true;
    if (name.text == "tso" || name.text == "lkmm") {
        unsupported(DiagnosticCode::kE0508, name.span, "memory model `" + name.text + "` is");
        return false;
    }
    diagnostics_.error(DiagnosticCode::kE0405, name.span, "unknown memory model `" + name.text + "`")
        .with_help("models are `sc`, `tso`, `lkmm`");
    return false;
}

bool Checker::too_deep(SourceSpan span, const std::string& what) {
    if (depth_ < kMaxDepth) return false;
    diagnostics_.error(DiagnosticCode::kE0105, span,
                       what + " depend on each other more than " + std::to_string(kMaxDepth) + " deep");
    return true;
}

void Checker::resolve_constants() {
    for (std::size_t i = 0; i < program_.constants.size(); i++) resolve_constant(ConstantId{i});
}

void Checker::resolve_constant(ConstantId id) {
    if (constant_states_[id.index()] != 0) return;
    constant_states_[id.index()] = 1;
    const ast::ConstDecl& node = *constant_nodes_[id.index()];
    ExpressionId value;
    depth_++;
    if (node.value && !too_deep(node.name.span, "constants")) value = constant_expression(*node.value, "a `const`");
    depth_--;
    if (value.valid()) {
        TypeId t = type(program_[value].type).kind == TypeKind::kBool ? int_type() : promoted(program_[value].type);
        value = convert_arithmetic(value, t);
        constant_types_[id.index()] = t;
    }
    program_.constants[id.index()].value = value;
    constant_states_[id.index()] = 2;
}

void Checker::resolve_structs() {
    std::size_t named = struct_nodes_.size();  // anonymous ones are resolved where they stand
    for (std::size_t i = 0; i < typedef_nodes_.size(); i++) typedef_type(static_cast<std::uint32_t>(i));
    for (std::size_t i = 0; i < named; i++) {
        if (struct_nodes_[i] != nullptr && struct_defined_[i]) resolve_members(StructId{i}, struct_nodes_[i]->members);
    }
    check_struct_cycles();
    resolve_ledger_paths();
}

void Checker::resolve_members(StructId id, const std::vector<ast::Member>& members) {
    std::map<std::string, SourceSpan> seen;
    for (const ast::Member& node : members) {
        StructMember member;
        const ast::Name* name = nullptr;
        if (const auto* field = std::get_if<ast::Field>(&node.node)) {
            name = &field->name;
            if (!field->type) continue;
            bad_members_.emplace(id.value, field->name.text);  // until it has passed
            member.type = resolve_type(*field->type);
            member.is_ghost = field->is_ghost;
            if (!member.type.valid()) continue;
            TypeKind kind = type(member.type).kind;
            // A struct by value is complete or not only when all are known.
            if (kind != TypeKind::kStruct && !is_stored(member.type, field->type->span, "a member")) continue;
            if (kind == TypeKind::kStruct && !is_complete(member.type, field->type->span)) continue;
            if (kind == TypeKind::kArray && !type(member.type).extent.valid()) {
                diagnostics_.error(DiagnosticCode::kE0208, field->type->span, "an array in a struct needs its length");
                continue;
            }
        } else {
            const auto& ledger = std::get<ast::Ledger>(node.node);
            name = &ledger.name;
            Type t;
            t.kind = TypeKind::kLedger;
            member.type = intern(t);
            member.is_ghost = true;
            for (const ast::Name& account : ledger.accounts) member.accounts.push_back(account.text);
        }
        bad_members_.erase({id.value, name->text});
        member.name = name->text;
        member.span = name->span.valid() ? name->span : node.span;
        if (!name->empty()) {
            auto [first, is_new] = seen.emplace(name->text, member.span);
            if (!is_new) {
                diagnostics_.error(DiagnosticCode::kE0204, member.span, "member `" + name->text + "` is defined twice")
                    .with_label("second definition")
                    .with_secondary(first->second, "first definition");
                continue;
            }
        }
        if (const auto* ledger = std::get_if<ast::Ledger>(&node.node)) {
            pending_ledgers_.push_back({id, static_cast<std::uint32_t>(program_.structs[id.index()].members.size()), ledger});
        }
        program_.structs[id.index()].members.push_back(member);
    }
}

void Checker::check_struct_cycles() {
    std::vector<int> states(program_.structs.size(), 0);
    struct Visitor {
        Checker& checker;
        std::vector<int>& states;
        std::vector<int> heights;
        void visit(std::size_t index, int depth) {
            states[index] = 1;
            Struct& s = checker.program_.structs[index];
            for (std::size_t i = 0; i < s.members.size(); i++) {
                TypeId t = s.members[i].type;
                while (checker.type(t).kind == TypeKind::kArray) t = checker.type(t).element;
                if (checker.type(t).kind != TypeKind::kStruct) continue;
                std::size_t inner = checker.type(t).structure.index();
                if (states[inner] == 1) {
                    checker.diagnostics_
                        .error(DiagnosticCode::kE0212, s.members[i].span,
                               "`struct " + checker.program_.structs[inner].name + "` contains itself")
                        .with_help("use a pointer: `struct " + checker.program_.structs[inner].name + " *" + s.members[i].name +
                                   ";`");
                    s.members[i].type = checker.int_type();  // so that nothing after this goes round
                    continue;
                }
                if (states[inner] == 0 && depth < kMaxDepth) visit(inner, depth + 1);
                heights[index] = std::max(heights[index], heights[inner] + 1);
                if (depth < kMaxDepth && heights[index] < kMaxDepth) continue;
                checker.diagnostics_.error(DiagnosticCode::kE0105, s.members[i].span,
                                           "structs are nested more than " + std::to_string(kMaxDepth) + " deep");
                s.members[i].type = checker.int_type();
                heights[index] = 0;
            }
            states[index] = 2;
        }
    };
    Visitor visitor{*this, states, std::vector<int>(states.size(), 0)};
    for (std::size_t i = 0; i < states.size(); i++) {
        if (states[i] == 0) visitor.visit(i, 0);
    }
}

void Checker::resolve_ledger_paths() {
    for (const PendingLedger& pending : pending_ledgers_) {
        StructMember member = program_.structs[pending.structure.index()].members[pending.member];
        resolve_ledger(pending.structure, *pending.node, member);
        program_.structs[pending.structure.index()].members[pending.member] = member;
    }
    pending_ledgers_.clear();
}

// `of COUNTER` names a member, perhaps a member of a member; an atomic_t's counter is its one integer.
void Checker::resolve_ledger(StructId id, const ast::Ledger& ledger, StructMember& member) {
    std::set<std::string> accounts;
    for (const ast::Name& account : ledger.accounts) {
        if (!account.empty() && !accounts.insert(account.text).second) {
            diagnostics_.error(DiagnosticCode::kE0204, account.span, "account `" + account.text + "` is named twice");
        }
    }
    if (!ledger.counter) return;
    std::vector<const ast::Name*> names;
    const ast::Expr* e = ledger.counter.get();
    while (const auto* access = std::get_if<ast::MemberAccess>(&e->node)) {
        names.insert(names.begin(), &access->member);
        e = access->object.get();
    }
    const auto* first = std::get_if<ast::NameExpr>(&e->node);
    if (first == nullptr) {
        diagnostics_.error(DiagnosticCode::kE0219, ledger.counter->span, "a ledger's counter is a member of the same struct");
        return;
    }
    names.insert(names.begin(), &first->name);
    std::vector<std::uint32_t> path;
    StructId at = id;
    TypeId t;
    for (const ast::Name* name : names) {
        std::vector<std::uint32_t> part;
        if (!at.valid() || !find_member(at, name->text, part)) {
            Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0203, name->span, "no member `" + name->text + "`");
            std::vector<std::string> known;
            if (at.valid())
                for (const StructMember& m : program_[at].members) known.push_back(m.name);
            suggest(d, name->text, known, "a similar member exists");
            return;
        }
        note_member(*name, at, part);
        for (std::uint32_t index : part) {
            path.push_back(index);
            t = program_[at].members[index].type;
            at = type(t).kind == TypeKind::kStruct ? type(t).structure : StructId{};
        }
    }
    while (type(t).kind == TypeKind::kStruct && program_[type(t).structure].members.size() == 1) {
        path.push_back(0);
        t = program_[type(t).structure].members[0].type;
    }
    if (type(t).kind != TypeKind::kInteger) {
        diagnostics_.error(DiagnosticCode::kE0219, ledger.counter->span,
                           "a ledger's counter must be an integer, this is `" + name_of(t) + "`");
        return;
    }
    member.ledger_of = path.front();
    member.ledger_path = path;
}

void Checker::resolve_signatures() {
    for (std::size_t i = 0; i < program_.functions.size(); i++) resolve_signature(FunctionId{i});
    for (std::size_t i = 0; i < program_.roles.size(); i++) {
        std::vector<LocalId> parameters;
        resolve_parameters(role_nodes_[i]->parameters, parameters, false);
        for (LocalId p : parameters) {
            if (!program_[p].is_reference) continue;
            diagnostics_.error(DiagnosticCode::kE0216, program_[p].span,
                               "a thread's parameter is kept, so it cannot be a reference");
        }
        program_.roles[i].parameters = parameters;
        if (role_nodes_[i]->count) program_.roles[i].count = constant_expression(*role_nodes_[i]->count, "a number of threads");
    }
}

void Checker::resolve_signature(FunctionId id) {
    if (function_results_[id.index()].valid()) return;
    function_results_[id.index()] = void_type();
    const ast::FunctionDecl* node = function_nodes_[id.index()];
    const ast::ExternDecl* outer = extern_nodes_[id.index()];
    const ast::TypePtr& written = node != nullptr ? node->result : outer->result;
    TypeId result = written ? resolve_type(*written) : void_type();
    if (!result.valid()) {
        bad_results_.insert(id.value);
        result = int_type();
    }
    if (type(result).kind == TypeKind::kArray || is_container(result)) {
        diagnostics_.error(DiagnosticCode::kE0216, written->span, "a function cannot return `" + name_of(result) + "`");
        result = int_type();
    }
    is_complete(result, written ? written->span : program_[id].span);
    function_results_[id.index()] = result;
    std::vector<LocalId> parameters;
    resolve_parameters(node != nullptr ? node->parameters : outer->parameters, parameters, node != nullptr && node->is_ghost);
    if (type(result).kind == TypeKind::kStruct) {
        // The caller says where the result goes.
        LocalId hidden{program_.locals.size()};
        Local local;
        local.name = "(result)";
        local.type = reference_to(result, false);
        local.span = program_[id].span;
        local.is_parameter = local.is_reference = true;
        local.is_ghost = program_[id].is_ghost;
        program_.locals.push_back(local);
        parameters.push_back(hidden);
        struct_results_[id.index()] = result;
        result = void_type();
    }
    Function& function = program_.functions[id.index()];
    function.result = result;
    function.parameters = parameters;
    if (outer == nullptr || outer->kind != ast::ExternKind::kHavoc) return;
    ExpressionId lo = outer->low ? constant_expression(*outer->low, "a range") : literal(0, int_type(), outer->name.span);
    ExpressionId hi = outer->high ? constant_expression(*outer->high, "a range") : literal(1, int_type(), outer->name.span);
    if (!outer->low && type(result).kind != TypeKind::kBool) {
        diagnostics_
            .error(DiagnosticCode::kE0220, outer->name.span,
                   "`extern havoc` needs the range of what `" + outer->name.text + "` may return")
            .with_help("write `extern havoc int " + outer->name.text + "() in lo..hi;`");
    } else if (!is_arithmetic(result)) {
        diagnostics_.error(DiagnosticCode::kE0220, outer->name.span,
                           "`extern havoc` returns a number, not `" + name_of(result) + "`");
    }
    program_.functions[id.index()].havoc_lo = lo;
    program_.functions[id.index()].havoc_hi = hi;
}

void Checker::resolve_parameters(const std::vector<ast::Parameter>& parameters, std::vector<LocalId>& locals, bool is_ghost) {
    for (const ast::Parameter& node : parameters) {
        LocalId id{program_.locals.size()};
        Local local;
        local.name = node.name.text;
        local.span = node.name.span.valid() ? node.name.span : node.span;
        local.type = node.type ? resolve_parameter_type(*node.type) : TypeId{};
        if (local.type.valid() && type(local.type).kind == TypeKind::kVoid) {
            if (parameters.size() == 1 && node.name.empty()) return;  // f(void)
            diagnostics_.error(DiagnosticCode::kE0216, local.span, "a parameter cannot be `void`");
            local.type = {};
        }
        if (!local.type.valid()) {
            bad_locals_.insert(id.value);
            local.type = int_type();
        }
        is_complete(local.type, local.span);
        local.is_parameter = true;
        local.is_reference = type(local.type).kind == TypeKind::kReference;
        local.is_ghost = is_ghost;
        program_.locals.push_back(local);
        locals.push_back(id);
    }
}

void Checker::resolve_globals() {
    for (std::size_t i = 0; i < program_.globals.size(); i++) global_type(GlobalId{i});
    resolve_ledger_paths();  // of anonymous structs that stand in a variable's type
    for (std::size_t i = 0; i < program_.globals.size(); i++) {
        const ast::VariableDecl& node = *global_nodes_[i];
        if (!node.init) continue;
        Place place;
        place.kind = PlaceKind::kGlobal;
        place.global = GlobalId{i};
        place.type = program_.globals[i].type;
        place.span = node.name.span;
        std::vector<Initialiser> list;
        Context saved = context_;
        if (node.is_ghost) context_.mode = Mode::kGhost;
        initialise(add(place), *node.init, list, true);
        context_ = saved;
        program_.globals[i].initialisers = std::move(list);
    }
}

TypeId Checker::global_type(GlobalId id) {
    int& state = global_states_[id.index()];
    if (state == 2) return program_[id].type;
    const ast::VariableDecl& node = *global_nodes_[id.index()];
    if (state == 1) {
        diagnostics_.error(DiagnosticCode::kE0212, node.name.span, "the type of `" + node.name.text + "` depends on itself");
        return int_type();
    }
    state = 1;
    depth_++;
    TypeId t = node.type && !too_deep(node.name.span, "types") ? resolve_type(*node.type) : TypeId{};
    depth_--;
    if (t.valid() && !is_stored(t, node.type->span, "a variable")) t = {};
    if (t.valid() && type(t).kind == TypeKind::kArray && !type(t).extent.valid()) {
        const auto* list = node.init ? std::get_if<ast::InitList>(&node.init->node) : nullptr;
        if (list == nullptr) {
            diagnostics_.error(DiagnosticCode::kE0208, node.name.span, "the length of array `" + node.name.text + "` is missing");
            t = {};
        } else {
            Type sized = type(t);
            sized.extent = literal(list_length(*list), int_type(), node.name.span);
            t = intern(sized);
        }
    }
    if (!t.valid()) bad_globals_.insert(id.value);
    program_.globals[id.index()].type = t.valid() ? t : int_type();
    global_states_[id.index()] = 2;
    return program_[id].type;
}

void Checker::resolve_pools() {
    for (const ast::Declaration* declaration : plan_.declarations) {
        const auto* node = std::get_if<ast::PoolDecl>(&declaration->node);
        if (node == nullptr || !node->element) continue;
        std::optional<StructId> structure = pointed_struct(*node->element);
        if (!structure || !is_complete(struct_type(*structure), node->element->span)) continue;
        Pool pool;
        pool.structure = *structure;
        pool.typesafe = node->is_typesafe;
        pool.span = declaration->span;
        if (node->size) pool.size = constant_expression(*node->size, "a pool's size");
        if (!pool.size.valid()) continue;
        auto [first, is_new] = pool_of_.emplace(*structure, static_cast<std::uint32_t>(program_.pools.size()));
        if (!is_new) {
            diagnostics_
                .error(DiagnosticCode::kE0204, declaration->span, "a second pool of `struct " + program_[*structure].name + "`")
                .with_secondary(program_.pools[first->second].span, "first pool");
            continue;
        }
        program_.pools.push_back(pool);
    }
}

}  // namespace quire
