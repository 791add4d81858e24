#include "types/name_uses.h"

#include "types/checker.h"

namespace quire {

namespace {

NamedThing thing_of(Symbol::Kind kind) {
    switch (kind) {
        case Symbol::Kind::kConstant: return NamedThing::kConstant;
        case Symbol::Kind::kEnumerator: return NamedThing::kEnumerator;
        case Symbol::Kind::kFunction: return NamedThing::kFunction;
        case Symbol::Kind::kGlobal: return NamedThing::kGlobal;
        case Symbol::Kind::kLocal: return NamedThing::kLocal;
        case Symbol::Kind::kTypedef: return NamedThing::kTypedef;
    }
    return NamedThing::kLocal;
}

}  // namespace

void Checker::note_use(const ast::Name& name, NamedThing thing, SourceSpan definition, std::string owner) {
    if (names_ == nullptr || name.empty() || !name.span.valid()) return;
    names_->uses.push_back({name.span, thing, name.text, definition, std::move(owner)});
}

void Checker::note_symbol(const ast::Name& name, const Symbol& symbol) { note_use(name, thing_of(symbol.kind), symbol.span); }

void Checker::note_local(const ast::Name& name, LocalId local) { note_use(name, NamedThing::kLocal, program_[local].span); }

// `path` leads through anonymous structs to the member itself.
void Checker::note_member(const ast::Name& name, StructId structure, const std::vector<std::uint32_t>& path) {
    if (names_ == nullptr) return;
    for (std::size_t i = 0; i + 1 < path.size(); i++) structure = type(program_[structure].members[path[i]].type).structure;
    if (path.empty()) return;
    note_use(name, NamedThing::kMember, program_[structure].members[path.back()].span, program_[structure].name);
}

void Checker::note_label(const ast::Name& name, LabelId label) {
    if (names_ == nullptr) return;
    const Label& l = program_[label];
    std::string owner = l.function.valid() ? program_[l.function].name : l.role.valid() ? program_[l.role].name : "";
    note_use(name, NamedThing::kLabel, l.span, std::move(owner));
}

void Checker::note_missed(SourceSpan span) {
    if (names_ == nullptr) return;
    MissedName missed;
    missed.span = span;
    for (const Scope& scope : context_.scopes) {
        for (const auto& [name, symbol] : scope.names) {
            if (symbol.kind == Symbol::Kind::kLocal) missed.locals.push_back(LocalId{symbol.index});
        }
    }
    names_->missed.push_back(std::move(missed));
}

void Checker::note_missed_member(const ast::Name& name, const Typed& object) {
    if (names_ == nullptr || object.is_error()) return;
    MissedName missed;
    missed.span = name.span;
    missed.is_member = true;
    if (object.type.valid()) {
        const Type& t = type(object.type);
        missed.is_thread = t.kind == TypeKind::kThread;
        if (t.kind == TypeKind::kStruct || t.kind == TypeKind::kPointer) missed.structure = t.structure;
        if (t.kind == TypeKind::kSet || t.kind == TypeKind::kList) missed.container = object.type;
    }
    names_->missed.push_back(std::move(missed));
}

}  // namespace quire
