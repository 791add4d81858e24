// Declarations are found in the tree, uses in what the checker of types noted in each variant. What neither sees is added here:
// names of variants, types in prototypes that a definition stands behind, macros, and the statements of scenarios, which are
// compared with the code as text.
#include "editor/symbol_index.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "editor/declaration_text.h"
#include "editor/name_walk.h"
#include "types/check.h"

namespace quire {

namespace {

SymbolKind kind_of(NamedThing thing) {
    switch (thing) {
        case NamedThing::kConstant: return SymbolKind::kConstant;
        case NamedThing::kEnumerator: return SymbolKind::kEnumerator;
        case NamedThing::kFunction: return SymbolKind::kFunction;
        case NamedThing::kGlobal: return SymbolKind::kVariable;
        case NamedThing::kLocal: return SymbolKind::kLocal;
        case NamedThing::kTypedef: return SymbolKind::kTypedef;
        case NamedThing::kStruct: return SymbolKind::kStruct;
        case NamedThing::kEnum: return SymbolKind::kEnum;
        case NamedThing::kMember: return SymbolKind::kMember;
        case NamedThing::kAccount: return SymbolKind::kAccount;
        case NamedThing::kRole: return SymbolKind::kThread;
        case NamedThing::kLabel: return SymbolKind::kLabel;
        case NamedThing::kProperty: return SymbolKind::kProperty;
        case NamedThing::kCoverPoint: return SymbolKind::kCoverPoint;
        case NamedThing::kInstance: return SymbolKind::kInstance;
    }
    return SymbolKind::kLocal;
}

std::string place_key(const SourceSpan& span) { return std::to_string(span.file.value) + ":" + std::to_string(span.begin); }

// Name spaces as the language has them: what cannot stand side by side has one key.
std::string key_of(SymbolKind kind, const std::string& name, const std::string& owner, const SourceSpan& definition) {
    switch (kind) {
        case SymbolKind::kConstant:
        case SymbolKind::kEnumerator:
        case SymbolKind::kFunction:
        case SymbolKind::kVariable:
        case SymbolKind::kTypedef: return "name " + name;
        case SymbolKind::kStruct: return "struct " + name;
        case SymbolKind::kEnum: return "enum " + name;
        case SymbolKind::kLocal: return "local " + place_key(definition);
        // A struct without a name is told by its place.
        case SymbolKind::kMember: return "member " + (owner.empty() ? place_key(definition) : owner) + "." + name;
        case SymbolKind::kAccount: return "account " + owner + "." + name;
        case SymbolKind::kLabel: return "label " + owner + "." + name;
        case SymbolKind::kThread: return "thread " + name;
        case SymbolKind::kProperty: return "property " + name;
        case SymbolKind::kCoverPoint: return "cover " + name;
        case SymbolKind::kInstance: return "instance " + name;
        case SymbolKind::kVariant: return "variant " + name;
        case SymbolKind::kScenario: return "scenario " + name;
        case SymbolKind::kMacro: return "macro " + place_key(definition);
    }
    return {};
}

}  // namespace

class IndexBuilder {
public:
    IndexBuilder(const Analysis& analysis, SymbolIndex& index) : analysis_(analysis), index_(index) {}

    void build() {
        const ast::Spec& spec = analysis_.loaded.spec;
        for (const ast::Declaration& declaration : spec.declarations) add_declaration(declaration, "");
        for (const ast::Declaration& declaration : spec.imported) add_declaration(declaration, "");
        for (std::size_t i = 0; i < analysis_.names.size(); ++i) {
            add_locals(analysis_.loaded.programs[i]);
            add_labels(analysis_.loaded.programs[i]);
            for (const NameUse& use : analysis_.names[i].uses) add_use(use);
        }
        add_macros();
        for (const ast::Declaration& declaration : spec.declarations) add_scenario_names(declaration);
        finish();
    }

private:
    SymbolNumber symbol(SymbolKind kind, const std::string& name, const std::string& key) {
        auto [found, is_new] = index_.by_key_.emplace(key, static_cast<SymbolNumber>(index_.symbols_.size()));
        if (is_new) index_.symbols_.push_back({key, name, kind, {}});
        return found->second;
    }

    void occur(const SourceSpan& span, SymbolNumber number, bool is_definition, const SourceSpan& meant) {
        if (!span.valid() || span.end <= span.begin) return;
        auto [found, is_new] = places_.emplace(std::tuple(span.file, span.begin, span.end, number), index_.occurrences_.size());
        if (is_new) index_.occurrences_.push_back({span.file, span.begin, span.end, number, false, {}});
        Occurrence& one = index_.occurrences_[found->second];
        one.is_definition = one.is_definition || is_definition;
        if (!meant.valid()) return;
        SourceSpan plain = meant;
        plain.expansion = {};
        if (std::find(one.meant.begin(), one.meant.end(), plain) == one.meant.end()) one.meant.push_back(plain);
    }

    void define(SymbolKind kind, const ast::Name& name, const std::string& owner, SymbolDefinition definition) {
        if (name.empty() || !name.span.valid()) return;
        const SymbolNumber number = symbol(kind, name.text, key_of(kind, name.text, owner, name.span));
        definition.name = name.span;
        definition.name.expansion = {};
        std::vector<SymbolDefinition>& known = index_.symbols_[number].definitions;
        const bool is_new =
            std::none_of(known.begin(), known.end(), [&](const SymbolDefinition& d) { return d.name == definition.name; });
        if (is_new) known.push_back(std::move(definition));
        occur(name.span, number, true, {});
    }

    SymbolDefinition definition_of(const ast::Declaration& declaration, const std::string& variant) const {
        SymbolDefinition definition;
        definition.whole = declaration.span;
        definition.text = declaration_text(analysis_.sources(), declaration);
        definition.doc = declaration.doc;
        definition.where = variant;
        return definition;
    }

    void add_declaration(const ast::Declaration& d, const std::string& variant) {
        std::visit(ast::Overloaded{
                       [&](const ast::ConstDecl& n) { define(SymbolKind::kConstant, n.name, "", definition_of(d, variant)); },
                       [&](const ast::EnumDecl& n) { add_enum(d, n, variant); },
                       [&](const ast::StructDecl& n) { add_struct(d, n, variant); },
                       [&](const ast::TypedefDecl& n) { add_typedef(d, n, variant); },
                       [&](const ast::VariableDecl& n) {
                           SymbolDefinition definition = definition_of(d, variant);
                           const bool announces = definition.announces = n.is_extern && !n.init;
                           define(SymbolKind::kVariable, n.name, "", std::move(definition));
                           if (announces) add_types(n.type);
                       },
                       [&](const ast::FunctionDecl& n) { add_function(d, n, variant); },
                       [&](const ast::ExternDecl& n) { define(SymbolKind::kFunction, n.name, "", definition_of(d, variant)); },
                       [&](const ast::ThreadDecl& n) { define(SymbolKind::kThread, n.name, "", definition_of(d, variant)); },
                       [&](const ast::IrqDecl& n) { define(SymbolKind::kThread, n.name, "", definition_of(d, variant)); },
                       [&](const ast::PropertyDecl& n) { define(SymbolKind::kProperty, n.name, "", definition_of(d, variant)); },
                       [&](const ast::LemmaDecl& n) { define(SymbolKind::kProperty, n.name, "", definition_of(d, variant)); },
                       [&](const ast::InstanceDecl& n) { define(SymbolKind::kInstance, n.name, "", definition_of(d, variant)); },
                       [&](const ast::VariantDecl& n) {
                           define(SymbolKind::kVariant, n.name, "", definition_of(d, ""));
                           use(SymbolKind::kVariant, n.parent);
                           for (const ast::Declaration& inner : n.declarations) add_declaration(inner, n.name.text);
                       },
                       [&](const ast::ScenarioDecl& n) {
                           define(SymbolKind::kScenario, n.name, "", definition_of(d, ""));
                           use(SymbolKind::kVariant, n.variant);
                       },
                       [](const auto&) {},
                   },
                   d.node);
    }

    void use(SymbolKind kind, const ast::Name& name) {
        if (name.empty() || (kind == SymbolKind::kVariant && name.text == kBaseVariant)) return;
        occur(name.span, symbol(kind, name.text, key_of(kind, name.text, "", {})), false, {});
    }

    void add_enum(const ast::Declaration& d, const ast::EnumDecl& node, const std::string& variant) {
        define(SymbolKind::kEnum, node.tag, "", definition_of(d, variant));
        add_enumerators(node.enumerators, (node.tag.empty() ? "enum" : "enum " + node.tag.text), variant);
    }

    void add_enumerators(const std::vector<ast::Enumerator>& enumerators, const std::string& of, const std::string& variant) {
        for (const ast::Enumerator& one : enumerators) {
            SymbolDefinition definition;
            definition.whole = one.span;
            definition.text = of + " { " + source_text(analysis_.sources(), one.span) + " }";
            definition.doc = one.doc;
            definition.where = variant;
            define(SymbolKind::kEnumerator, one.name, "", std::move(definition));
        }
    }

    void add_struct(const ast::Declaration& d, const ast::StructDecl& node, const std::string& variant) {
        SymbolDefinition definition = definition_of(d, variant);
        definition.announces = !node.has_body;
        define(SymbolKind::kStruct, node.tag, "", std::move(definition));
        add_members(node.members, node.tag.text, variant);
    }

    // Anonymous structs and enums have their declarations inside.
    void add_type_definitions(const ast::TypePtr& type, const std::string& owner, const std::string& variant) {
        if (!type) return;
        if (const auto* s = std::get_if<ast::StructType>(&type->node)) add_members(s->members, owner, variant);
        if (const auto* e = std::get_if<ast::EnumType>(&type->node)) add_enumerators(e->enumerators, "enum", variant);
    }

    void add_typedef(const ast::Declaration& d, const ast::TypedefDecl& node, const std::string& variant) {
        define(SymbolKind::kTypedef, node.name, "", definition_of(d, variant));
        add_type_definitions(node.type, node.name.text, variant);
    }

    void add_members(const std::vector<ast::Member>& members, const std::string& owner, const std::string& variant) {
        for (const ast::Member& member : members) {
            SymbolDefinition definition;
            definition.whole = member.span;
            const std::string of = owner.empty() ? "" : "  // in " + owner;
            definition.text = source_text(analysis_.sources(), member.span) + of;
            definition.doc = member.doc;
            definition.where = variant;
            if (const auto* field = std::get_if<ast::Field>(&member.node)) {
                define(SymbolKind::kMember, field->name, owner, definition);
                add_type_definitions(field->type, "", variant);
                continue;
            }
            const auto& ledger = std::get<ast::Ledger>(member.node);
            define(SymbolKind::kMember, ledger.name, owner, definition);
            for (const ast::Name& account : ledger.accounts) {
                SymbolDefinition of_account = definition;
                of_account.text = "account " + account.text + " of the ledger " + ledger.name.text + of;
                define(SymbolKind::kAccount, account, owner + "." + ledger.name.text, std::move(of_account));
            }
        }
    }

    void add_function(const ast::Declaration& d, const ast::FunctionDecl& node, const std::string& variant) {
        SymbolDefinition definition = definition_of(d, variant);
        definition.announces = !node.body;
        define(SymbolKind::kFunction, node.name, "", std::move(definition));
        if (node.body) return;
        add_types(node.result);
        for (const ast::Parameter& parameter : node.parameters) add_types(parameter.type);
    }

    // Of what a definition elsewhere replaces: nobody else looks into it.
    void add_types(const ast::TypePtr& type) {
        if (!type) return;
        walk_type_names(*type, [&](const ast::Name& name, TypeNameKind kind) {
            const SymbolKind symbol_kind = kind == TypeNameKind::kTypedef  ? SymbolKind::kTypedef
                                           : kind == TypeNameKind::kStruct ? SymbolKind::kStruct
                                                                           : SymbolKind::kEnum;
            use(symbol_kind, name);
        });
    }

    void add_locals(const TypedProgram& program) {
        for (const Local& local : program.locals) {
            if (local.name.empty() || !local.span.valid() || analysis_.sources().text(local.span) != local.name) continue;
            SymbolDefinition definition;
            definition.whole = local.span;
            const std::string type = local.type.valid() ? type_name(program, local.type) : "";
            definition.text = std::string(local.is_ghost ? "ghost " : "") + with_name(type, local.name);
            define(SymbolKind::kLocal, {{local.span}, local.name}, "", std::move(definition));
        }
    }

    void add_labels(const TypedProgram& program) {
        for (const Label& label : program.labels) {
            const bool placed = label.function.valid() || label.role.valid();
            if (label.name.empty() || !placed || !label.span.valid()) continue;
            if (analysis_.sources().text(label.span) != label.name) continue;
            const std::string owner = label.function.valid() ? program[label.function].name : program[label.role].name;
            SymbolDefinition definition;
            definition.whole = label.span;
            definition.text = label.name + ":  // in " + owner;
            define(SymbolKind::kLabel, {{label.span}, label.name}, owner, std::move(definition));
        }
    }

    void add_use(const NameUse& use) {
        const SymbolKind kind = kind_of(use.thing);
        const SymbolNumber number = symbol(kind, use.name, key_of(kind, use.name, use.owner, use.definition));
        const bool in_place = kind == SymbolKind::kCoverPoint && use.span == use.definition;
        if (in_place && index_.symbols_[number].definitions.empty()) {
            SymbolDefinition definition;
            definition.name = definition.whole = use.span;
            definition.text = "cover(\"" + use.name + "\")";
            index_.symbols_[number].definitions.push_back(std::move(definition));
        }
        // An account is noted with the place of its ledger.
        occur(use.span, number, in_place, kind == SymbolKind::kAccount ? SourceSpan{} : use.definition);
    }

    void add_macros() {
        const SourceManager& sources = analysis_.sources();
        for (std::size_t i = 0; i < sources.expansion_count(); ++i) {
            const MacroExpansion& expansion = sources.expansion(ExpansionId{i});
            if (!expansion.definition.valid() || !expansion.use.valid()) continue;
            SourceSpan name = expansion.use;
            name.end = name.begin + static_cast<std::uint32_t>(expansion.macro.size());
            if (sources.text(name) != expansion.macro) continue;  // it came out of ##
            const std::string key = key_of(SymbolKind::kMacro, expansion.macro, "", expansion.definition);
            const SymbolNumber number = symbol(SymbolKind::kMacro, expansion.macro, key);
            if (index_.symbols_[number].definitions.empty()) {
                SymbolDefinition definition;
                definition.name = definition.whole = expansion.definition;
                definition.text = macro_text(sources, expansion.definition);
                index_.symbols_[number].definitions.push_back(std::move(definition));
                occur(expansion.definition, number, true, {});
            }
            occur(name, number, false, expansion.definition);
        }
    }

    // What the statements of a scenario name is whatever has that name in the code; of several, all.
    void add_scenario_names(const ast::Declaration& declaration) {
        const auto* scenario = std::get_if<ast::ScenarioDecl>(&declaration.node);
        if (scenario == nullptr) return;
        std::multimap<std::string, SymbolNumber> by_name;
        for (std::size_t i = 0; i < index_.symbols_.size(); ++i) {
            if (is_in_code(index_.symbols_[i].kind)) by_name.emplace(index_.symbols_[i].name, static_cast<SymbolNumber>(i));
        }
        auto add = [&](const ast::Name& name, auto fits) {
            auto [from, to] = by_name.equal_range(name.text);
            for (auto one = from; one != to; ++one) {
                if (fits(index_.symbols_[one->second].kind)) occur(name.span, one->second, false, {});
            }
        };
        for (const ast::ScenarioStep& step : scenario->steps) {
            add(step.thread, [](SymbolKind kind) { return kind == SymbolKind::kThread; });
            if (!step.statement) continue;
            walk_names(*step.statement, [&](const ast::Name& name, bool is_member) {
                add(name, [&](SymbolKind kind) { return (kind == SymbolKind::kMember) == is_member; });
            });
        }
    }

    static bool is_in_code(SymbolKind kind) {
        switch (kind) {
            case SymbolKind::kConstant:
            case SymbolKind::kEnumerator:
            case SymbolKind::kFunction:
            case SymbolKind::kVariable:
            case SymbolKind::kLocal:
            case SymbolKind::kTypedef:
            case SymbolKind::kStruct:
            case SymbolKind::kEnum:
            case SymbolKind::kMember:
            case SymbolKind::kThread: return true;
            case SymbolKind::kAccount:
            case SymbolKind::kLabel:
            case SymbolKind::kProperty:
            case SymbolKind::kCoverPoint:
            case SymbolKind::kInstance:
            case SymbolKind::kVariant:
            case SymbolKind::kScenario:
            case SymbolKind::kMacro: return false;
        }
        return false;
    }

    void finish() {
        std::sort(index_.occurrences_.begin(), index_.occurrences_.end());
        for (IndexedSymbol& one : index_.symbols_) {
            std::stable_partition(one.definitions.begin(), one.definitions.end(),
                                  [](const SymbolDefinition& d) { return !d.announces; });
        }
    }

    const Analysis& analysis_;
    SymbolIndex& index_;
    std::map<std::tuple<SourceId, std::uint32_t, std::uint32_t, SymbolNumber>, std::size_t> places_;
};

SymbolIndex::SymbolIndex(const Analysis& analysis) { IndexBuilder(analysis, *this).build(); }

const IndexedSymbol* SymbolIndex::find(const std::string& key) const {
    auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &symbols_[found->second];
}

std::vector<const Occurrence*> SymbolIndex::at(SourceId file, std::size_t offset) const {
    std::vector<const Occurrence*> inside, behind;
    auto first = std::lower_bound(occurrences_.begin(), occurrences_.end(), file,
                                  [](const Occurrence& o, SourceId f) { return o.file < f; });
    for (auto one = first; one != occurrences_.end() && one->file == file && one->begin <= offset; ++one) {
        if (offset < one->end) inside.push_back(&*one);
        if (offset == one->end) behind.push_back(&*one);
    }
    return inside.empty() ? behind : inside;
}

std::vector<const Occurrence*> SymbolIndex::of(SymbolNumber symbol) const {
    std::vector<const Occurrence*> all;
    for (const Occurrence& one : occurrences_) {
        if (one.symbol == symbol) all.push_back(&one);
    }
    return all;
}

std::string_view symbol_kind_name(SymbolKind kind) {
    switch (kind) {
        case SymbolKind::kConstant: return "constant";
        case SymbolKind::kEnumerator: return "enumerator";
        case SymbolKind::kFunction: return "function";
        case SymbolKind::kVariable: return "variable";
        case SymbolKind::kLocal: return "local variable";
        case SymbolKind::kTypedef: return "type";
        case SymbolKind::kStruct: return "struct";
        case SymbolKind::kEnum: return "enum";
        case SymbolKind::kMember: return "member";
        case SymbolKind::kAccount: return "account";
        case SymbolKind::kThread: return "thread";
        case SymbolKind::kLabel: return "label";
        case SymbolKind::kProperty: return "property";
        case SymbolKind::kCoverPoint: return "cover point";
        case SymbolKind::kInstance: return "instance";
        case SymbolKind::kVariant: return "variant";
        case SymbolKind::kScenario: return "scenario";
        case SymbolKind::kMacro: return "macro";
    }
    return "";
}

}  // namespace quire
