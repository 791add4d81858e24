#include "types/checker.h"

namespace quire {

// Equal types get one number; those with expressions inside are each their own, and same_type compares them.
TypeId Checker::intern(const Type& t) {
    bool has_parts = t.has_range || t.extent.valid() || !t.parameters.empty();
    TypeKey key{t.kind, t.bits, t.is_signed, t.structure, t.enumeration, t.element, t.is_const, t.by_pointer};
    if (!has_parts) {
        auto found = interned_.find(key);
        if (found != interned_.end()) return found->second;
        interned_.emplace(key, TypeId{program_.types.size()});
    }
    program_.types.push_back(t);
    return TypeId{program_.types.size() - 1};
}

TypeId Checker::void_type() { return intern({}); }

TypeId Checker::bool_type() {
    Type t;
    t.kind = TypeKind::kBool;
    t.bits = 1;
    t.is_signed = false;
    return intern(t);
}

TypeId Checker::integer_type(int bits, bool is_signed) {
    Type t;
    t.kind = TypeKind::kInteger;
    t.bits = static_cast<std::uint8_t>(bits);
    t.is_signed = is_signed;
    return intern(t);
}

TypeId Checker::thread_type() {
    Type t;
    t.kind = TypeKind::kThread;
    return intern(t);
}

TypeId Checker::pointer_to(StructId structure) {
    Type t;
    t.kind = TypeKind::kPointer;
    t.structure = structure;
    return intern(t);
}

TypeId Checker::struct_type(StructId structure) {
    Type t;
    t.kind = TypeKind::kStruct;
    t.structure = structure;
    return intern(t);
}

TypeId Checker::reference_to(TypeId element, bool by_pointer) {
    Type t;
    t.kind = TypeKind::kReference;
    t.element = element;
    t.by_pointer = by_pointer;
    return intern(t);
}

TypeId Checker::function_pointer_type(FunctionId id) {
    resolve_signature(id);
    Type t;
    t.kind = TypeKind::kFunctionPointer;
    t.element = function_results_[id.index()];
    std::size_t count = program_[id].parameters.size();
    if (struct_results_[id.index()].valid()) count--;  // the hidden one
    for (std::size_t i = 0; i < count; i++) t.parameters.push_back(program_[program_[id].parameters[i]].type);
    return intern(t);
}

TypeId Checker::plain(TypeId id) {
    Type t = type(id);
    if (!t.is_const && !t.has_range) return id;
    t.is_const = false;
    t.has_range = false;
    t.lo = t.hi = ExpressionId{};
    return intern(t);
}

bool Checker::same_type(TypeId a, TypeId b) const {
    if (a == b) return true;
    if (!a.valid() || !b.valid()) return false;
    const Type& x = type(a);
    const Type& y = type(b);
    if (x.kind != y.kind) return false;
    switch (x.kind) {
        case TypeKind::kVoid:
        case TypeKind::kBool:
        case TypeKind::kThread: return true;
        case TypeKind::kInteger: return x.bits == y.bits && x.is_signed == y.is_signed;
        case TypeKind::kEnum: return x.enumeration == y.enumeration;
        case TypeKind::kPointer:
        case TypeKind::kStruct: return x.structure == y.structure;
        case TypeKind::kArray:
        case TypeKind::kSet:
        case TypeKind::kList:
        case TypeKind::kReference: return same_type(x.element, y.element);
        case TypeKind::kLedger: return false;
        case TypeKind::kFunctionPointer: break;
    }
    if (!same_type(x.element, y.element) || x.parameters.size() != y.parameters.size()) return false;
    for (std::size_t i = 0; i < x.parameters.size(); i++) {
        if (!same_type(x.parameters[i], y.parameters[i])) return false;
    }
    return true;
}

bool Checker::is_arithmetic(TypeId id) const {
    TypeKind kind = type(id).kind;
    return kind == TypeKind::kBool || kind == TypeKind::kInteger || kind == TypeKind::kEnum;
}

// Behind typedefs; null when a typedef is unknown.
const ast::Type* Checker::strip_typedefs(const ast::Type& node) {
    const ast::Type* t = &node;
    for (int depth = 0; depth < 100; depth++) {
        const auto* name = std::get_if<ast::TypedefName>(&t->node);
        if (name == nullptr) return t;
        const Symbol* symbol = lookup(name->name.text);
        if (symbol == nullptr || symbol->kind != Symbol::Kind::kTypedef) return nullptr;
        note_symbol(name->name, *symbol);
        const ast::TypedefDecl* declaration = typedef_nodes_[symbol->index];
        if (!declaration->type) return nullptr;
        t = declaration->type.get();
    }
    return nullptr;
}

TypeId Checker::typedef_type(std::uint32_t index) {
    if (typedef_states_[index] == 2) return typedef_types_[index];
    const ast::TypedefDecl& node = *typedef_nodes_[index];
    if (typedef_states_[index] == 1) {
        diagnostics_.error(DiagnosticCode::kE0212, node.name.span, "typedef `" + node.name.text + "` is defined by itself");
        return {};
    }
    typedef_states_[index] = 1;
    TypeId result;
    depth_++;
    bool is_function = node.type && std::holds_alternative<ast::FunctionType>(node.type->node);
    if (node.type && !is_function && !too_deep(node.name.span, "types")) result = resolve_type(*node.type);
    depth_--;
    if (result.valid() && type(result).kind == TypeKind::kStruct) {
        std::string& name = program_.structs[type(result).structure.index()].name;
        if (name.empty()) name = node.name.text;  // an anonymous one is known by its typedef
    }
    typedef_types_[index] = result;
    typedef_states_[index] = 2;
    return result;
}

TypeId Checker::scalar_node_type(ast::ScalarKind kind) {
    switch (kind) {
        case ast::ScalarKind::kVoid: return void_type();
        case ast::ScalarKind::kBool: return bool_type();
        case ast::ScalarKind::kS8: return integer_type(8, true);
        case ast::ScalarKind::kU8: return integer_type(8, false);
        case ast::ScalarKind::kS16: return integer_type(16, true);
        case ast::ScalarKind::kU16: return integer_type(16, false);
        case ast::ScalarKind::kS32: return integer_type(32, true);
        case ast::ScalarKind::kU32: return integer_type(32, false);
        case ast::ScalarKind::kS64: return integer_type(64, true);
        case ast::ScalarKind::kU64: return integer_type(64, false);
        case ast::ScalarKind::kThread: return thread_type();
    }
    return {};
}

TypeId Checker::resolve_typedef_name(const ast::Name& name) {
    const Symbol* symbol = lookup(name.text);
    if (symbol != nullptr && symbol->kind == Symbol::Kind::kTypedef) {
        note_symbol(name, *symbol);
        return typedef_type(symbol->index);
    }
    if (name.empty()) return {};
    Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0202, name.span, "unknown type `" + name.text + "`");
    if (struct_tags_.count(name.text) != 0) {
        d.with_help("there is a struct of this name: `struct " + name.text + "`");
    } else if (enum_tags_.count(name.text) != 0) {
        d.with_help("there is an enum of this name: `enum " + name.text + "`");
    } else {
        std::vector<std::string> known;
        for (const auto& [known_name, s] : file_scope_.names) {
            if (s.kind == Symbol::Kind::kTypedef) known.push_back(known_name);
        }
        suggest(d, name.text, known, "a similar type exists");
    }
    return {};
}

TypeId Checker::resolve_enum_type(const ast::EnumType& t) {
    if (t.tag.empty()) return enum_types_[define_enum("", t.enumerators).index()];
    auto found = enum_tags_.find(t.tag.text);
    if (found != enum_tags_.end()) {
        note_use(t.tag, NamedThing::kEnum, {});
        return enum_types_[found->second.index()];
    }
    Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0202, t.tag.span, "unknown enum `" + t.tag.text + "`");
    std::vector<std::string> known;
    for (const auto& [name, unused] : enum_tags_) known.push_back(name);
    suggest(d, t.tag.text, known, "a similar enum exists");
    return {};
}

TypeId Checker::resolve_type(const ast::Type& node) {
    TypeId id = std::visit(ast::Overloaded{
                               [&](const ast::ScalarType& t) { return scalar_node_type(t.kind); },
                               [&](const ast::TypedefName& t) { return resolve_typedef_name(t.name); },
                               [&](const ast::StructType& t) { return resolve_struct_type(node, t); },
                               [&](const ast::EnumType& t) { return resolve_enum_type(t); },
                               [&](const ast::PointerType& t) { return resolve_pointer(node, t); },
                               [&](const ast::ReferenceType&) -> TypeId {
                                   diagnostics_.error(DiagnosticCode::kE0216, node.span, "a reference can only be a parameter");
                                   return {};
                               },
                               [&](const ast::ArrayType& t) -> TypeId {
                                   Type array;
                                   array.kind = TypeKind::kArray;
                                   array.element = resolve_type(*t.element);
                                   if (t.size) array.extent = constant_expression(*t.size, "an array length");
                                   if (!array.element.valid() || (t.size && !array.extent.valid())) return {};
                                   if (!is_stored(array.element, t.element->span, "an array element")) return {};
                                   return intern(array);
                               },
                               [&](const ast::FunctionType&) -> TypeId {
                                   diagnostics_.error(DiagnosticCode::kE0216, node.span,
                                                      "a function cannot be stored; a pointer to one can");
                                   return {};
                               },
                               [&](const ast::RangeType& t) { return resolve_range(node, t); },
                               [&](const ast::SetType& t) -> TypeId {
                                   Type set;
                                   set.kind = TypeKind::kSet;
                                   set.element = resolve_collection_element(*t.element);
                                   return set.element.valid() ? intern(set) : TypeId{};
                               },
                               [&](const ast::ListType& t) -> TypeId {
                                   Type list;
                                   list.kind = TypeKind::kList;
                                   list.element = resolve_collection_element(*t.element);
                                   if (t.capacity) list.extent = constant_expression(*t.capacity, "a list's length");
                                   return list.element.valid() && (!t.capacity || list.extent.valid()) ? intern(list) : TypeId{};
                               },
                               [&](const ast::TypeofExpr& t) -> TypeId {
                                   context_.unevaluated++;
                                   Typed operand = expression(*t.operand);
                                   context_.unevaluated--;
                                   if (operand.kind == Typed::Kind::kReference || operand.kind == Typed::Kind::kScalarAddress) {
                                       return reference_to(operand.type, true);
                                   }
                                   if (operand.kind == Typed::Kind::kFunction) return function_pointer_type(operand.function);
                                   return operand.is_error() ? TypeId{} : plain(operand.type);
                               },
                               [&](const ast::TypeofType& t) -> TypeId { return resolve_type(*t.operand); },
                               [&](const ast::ErrorType&) -> TypeId { return {}; },
                           },
                           node.node);
    if (!id.valid() || !node.is_const || type(id).is_const) return id;
    Type with_const = type(id);
    with_const.is_const = true;
    return intern(with_const);
}

TypeId Checker::resolve_struct_type(const ast::Type& node, const ast::StructType& t) {
    if (t.tag.empty()) {
        StructId id{program_.structs.size()};
        Struct s;
        s.span = node.span;
        program_.structs.push_back(s);
        struct_nodes_.push_back(nullptr);
        struct_defined_.push_back(true);
        resolve_members(id, t.members);
        return struct_type(id);
    }
    auto found = struct_tags_.find(t.tag.text);
    if (found != struct_tags_.end()) {
        note_use(t.tag, NamedThing::kStruct, program_[found->second].span);
        return struct_type(found->second);
    }
    Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0202, t.tag.span, "unknown struct `" + t.tag.text + "`");
    std::vector<std::string> known;
    for (const auto& [name, unused] : struct_tags_) known.push_back(name);
    suggest(d, t.tag.text, known, "a similar struct exists");
    if (lookup(t.tag.text) != nullptr && lookup(t.tag.text)->kind == Symbol::Kind::kTypedef) {
        d.with_help("there is a typedef of this name: write `" + t.tag.text + "` without `struct`");
    }
    return {};
}

TypeId Checker::resolve_function_pointer(const ast::FunctionType& node) {
    Type t;
    t.kind = TypeKind::kFunctionPointer;
    t.element = node.result ? resolve_type(*node.result) : void_type();
    if (!t.element.valid()) return {};
    if (type(t.element).kind == TypeKind::kStruct) {
        diagnostics_
            .error(DiagnosticCode::kE0511, node.result->span,
                   "calls of functions that return a struct through a pointer are not supported yet")
            .with_help("pass the place for the result as a parameter");
        return {};
    }
    for (const ast::Parameter& parameter : node.parameters) {
        if (!parameter.type) return {};
        TypeId p = resolve_parameter_type(*parameter.type);
        if (!p.valid()) return {};
        t.parameters.push_back(p);
    }
    return intern(t);
}

TypeId Checker::resolve_pointer(const ast::Type& node, const ast::PointerType& t) {
    if (!t.target) return {};
    const ast::Type* target = strip_typedefs(*t.target);
    if (target == nullptr) {
        resolve_type(*t.target);  // says what is unknown
        return {};
    }
    if (const auto* function = std::get_if<ast::FunctionType>(&target->node)) return resolve_function_pointer(*function);
    TypeId id = resolve_type(*t.target);  // not what is behind a typedef: an anonymous struct is one type
    if (!id.valid()) return {};
    if (type(id).kind == TypeKind::kStruct) return pointer_to(type(id).structure);
    if (type(id).kind == TypeKind::kVoid) {
        diagnostics_
            .error(DiagnosticCode::kE0511, node.span, "`void *` is not supported yet: a pointer names an instance of one struct")
            .with_help("write the struct that is meant, or embed one and use `container_of`");
        return {};
    }
    diagnostics_.error(DiagnosticCode::kE0216, node.span, "a pointer to `" + name_of(id) + "` can only be a parameter")
        .with_help("put the value into a struct and keep a pointer to that, or keep an index");
    return {};
}

// `int *x`, `T &x`, `T x[N]` and a function stand for what is bound at the call.
TypeId Checker::resolve_parameter_type(const ast::Type& node) {
    const ast::Type* t = strip_typedefs(node);
    if (t == nullptr) return resolve_type(node);
    if (const auto* function = std::get_if<ast::FunctionType>(&t->node)) return resolve_function_pointer(*function);
    if (const auto* reference = std::get_if<ast::ReferenceType>(&t->node)) {
        TypeId element = reference->target ? resolve_type(*reference->target) : TypeId{};
        return element.valid() ? reference_to(element, false) : TypeId{};
    }
    if (const auto* array = std::get_if<ast::ArrayType>(&t->node)) {
        if (!array->element) return {};
        TypeId whole = resolve_type(node);
        return whole.valid() ? reference_to(whole, false) : TypeId{};
    }
    if (const auto* pointer = std::get_if<ast::PointerType>(&t->node)) {
        const ast::Type* target = pointer->target ? strip_typedefs(*pointer->target) : nullptr;
        if (target != nullptr && !std::holds_alternative<ast::FunctionType>(target->node)) {
            TypeId element = resolve_type(*pointer->target);
            if (!element.valid()) return {};
            if (is_scalar(program_, element) || is_container(element)) return reference_to(element, true);
        }
    }
    return resolve_type(node);
}

TypeId Checker::resolve_range(const ast::Type& node, const ast::RangeType& t) {
    TypeId base = t.base ? resolve_type(*t.base) : TypeId{};
    ExpressionId lo = t.low ? constant_expression(*t.low, "a range") : ExpressionId{};
    ExpressionId hi = t.high ? constant_expression(*t.high, "a range") : ExpressionId{};
    if (!base.valid() || !lo.valid() || !hi.valid()) return {};
    if (type(base).kind != TypeKind::kInteger) {
        diagnostics_.error(DiagnosticCode::kE0205, node.span, "a range needs an integer type, this is `" + name_of(base) + "`");
        return base;
    }
    std::optional<Value> low = static_value(lo);
    std::optional<Value> high = static_value(hi);
    if (low && high && *low > *high) {
        diagnostics_.error(DiagnosticCode::kE0401, node.span,
                           "the range " + std::to_string(*low) + ".." + std::to_string(*high) + " is empty");
    }
    Type ranged = type(base);
    ranged.has_range = true;
    ranged.lo = lo;
    ranged.hi = hi;
    return intern(ranged);
}

TypeId Checker::resolve_collection_element(const ast::Type& node) {
    TypeId id = resolve_type(node);
    if (!id.valid()) return {};
    const Type& t = type(id);
    bool is_small = t.kind == TypeKind::kInteger && (t.has_range || t.bits == 8);
    if (t.kind == TypeKind::kEnum || t.kind == TypeKind::kThread || t.kind == TypeKind::kPointer || t.kind == TypeKind::kBool ||
        is_small) {
        return id;
    }
    diagnostics_.error(DiagnosticCode::kE0216, node.span, "a set or list cannot hold `" + name_of(id) + "`")
        .with_help(
            "it holds enum values, threads, pointers to structs, or integers of a declared range (`int in "
            "0..7`)");
    return {};
}

// Whether values of the type may live in a variable, a member or an element.
bool Checker::is_stored(TypeId id, SourceSpan span, std::string_view where) {
    const Type& t = type(id);
    if (t.kind == TypeKind::kReference) {
        diagnostics_.error(DiagnosticCode::kE0216, span,
                           "a pointer to `" + name_of(t.element) + "` can only be a parameter, not " + std::string(where));
        return false;
    }
    if (t.kind == TypeKind::kVoid) {
        diagnostics_.error(DiagnosticCode::kE0216, span, "`void` cannot be the type of " + std::string(where));
        return false;
    }
    return is_complete(id, span);
}

bool Checker::is_complete(TypeId id, SourceSpan span) {
    const Type& t = type(id);
    if (t.kind != TypeKind::kStruct || struct_defined_[t.structure.index()]) return true;
    const Struct& s = program_[t.structure];
    diagnostics_.error(DiagnosticCode::kE0212, span, "`struct " + s.name + "` is announced but never defined")
        .with_secondary(s.span, "announced here");
    return false;
}

std::optional<StructId> Checker::pointed_struct(const ast::Type& node) {
    TypeId id = resolve_type(node);
    if (!id.valid()) return std::nullopt;
    if (type(id).kind == TypeKind::kStruct) return type(id).structure;
    diagnostics_.error(DiagnosticCode::kE0205, node.span, "a struct is needed here, this is `" + name_of(id) + "`");
    return std::nullopt;
}

}  // namespace quire
