#include "types/variants.h"

#include <map>
#include <optional>
#include <set>

#include "support/suggest.h"

namespace quire {

namespace {

// C's name spaces, and Quire's own. Pools are named by their struct.
enum class NameSpace : std::uint8_t { kNone, kOrdinary, kTag, kRole, kProperty, kPool, kInstance };

struct Key {
    NameSpace space = NameSpace::kNone;
    std::string name;
    friend auto operator<=>(const Key&, const Key&) = default;
};

std::string pool_name(const ast::PoolDecl& pool) {
    if (!pool.element) return {};
    if (const auto* s = std::get_if<ast::StructType>(&pool.element->node)) return s->tag.text;
    if (const auto* t = std::get_if<ast::TypedefName>(&pool.element->node)) return "typedef " + t->name.text;
    return {};
}

Key key_of(const ast::Declaration& declaration) {
    auto key = [](NameSpace space, const std::string& name) { return name.empty() ? Key{} : Key{space, name}; };
    return std::visit(ast::Overloaded{
                          [&](const ast::ConstDecl& d) { return key(NameSpace::kOrdinary, d.name.text); },
                          [&](const ast::EnumDecl& d) { return key(NameSpace::kTag, d.tag.text); },
                          [&](const ast::StructDecl& d) { return key(NameSpace::kTag, d.tag.text); },
                          [&](const ast::TypedefDecl& d) { return key(NameSpace::kOrdinary, d.name.text); },
                          [&](const ast::VariableDecl& d) { return key(NameSpace::kOrdinary, d.name.text); },
                          [&](const ast::FunctionDecl& d) { return key(NameSpace::kOrdinary, d.name.text); },
                          [&](const ast::ExternDecl& d) { return key(NameSpace::kOrdinary, d.name.text); },
                          [&](const ast::PoolDecl& d) { return key(NameSpace::kPool, pool_name(d)); },
                          [&](const ast::ThreadDecl& d) { return key(NameSpace::kRole, d.name.text); },
                          [&](const ast::IrqDecl& d) { return key(NameSpace::kRole, d.name.text); },
                          [&](const ast::PropertyDecl& d) { return key(NameSpace::kProperty, d.name.text); },
                          [&](const ast::LemmaDecl& d) { return key(NameSpace::kProperty, d.name.text); },
                          [&](const ast::InstanceDecl& d) { return key(NameSpace::kInstance, d.name.text); },
                          [](const auto&) { return Key{}; },
                      },
                      declaration.node);
}

SourceSpan name_span(const ast::Declaration& declaration) {
    const ast::Name* name = ast::declared_name(declaration);
    return name != nullptr && name->span.valid() ? name->span : declaration.span;
}

// An announcement may stand beside the definition: a prototype, `struct page;`, `extern int x;`.
bool is_announcement(const ast::Declaration& declaration) {
    if (const auto* f = std::get_if<ast::FunctionDecl>(&declaration.node)) return !f->body;
    if (const auto* s = std::get_if<ast::StructDecl>(&declaration.node)) return !s->has_body;
    if (const auto* v = std::get_if<ast::VariableDecl>(&declaration.node)) return v->is_extern && !v->init;
    return false;
}

// C11 lets a typedef be repeated if it says the same.
bool may_repeat(const ast::Declaration& a, const ast::Declaration& b) {
    const auto* x = std::get_if<ast::TypedefDecl>(&a.node);
    const auto* y = std::get_if<ast::TypedefDecl>(&b.node);
    return x != nullptr && y != nullptr && *x == *y;
}

std::vector<Key> enumerators_of(const ast::Declaration& declaration, std::vector<SourceSpan>& spans) {
    std::vector<Key> keys;
    if (const auto* e = std::get_if<ast::EnumDecl>(&declaration.node)) {
        for (const ast::Enumerator& value : e->enumerators) {
            keys.push_back({NameSpace::kOrdinary, value.name.text});
            spans.push_back(value.name.span);
        }
    }
    return keys;
}

// Declarations under construction: what is replaced keeps its place.
class Merger {
public:
    explicit Merger(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    // `layer` 0 is the file with its imports; each variant on the way is a layer of its own and may replace earlier ones.
    void add(const ast::Declaration& declaration, int layer) {
        Key key = key_of(declaration);
        if (!check_enumerators(declaration, layer)) return;
        if (key.space == NameSpace::kNone) {
            entries_.push_back({&declaration, layer});
            return;
        }
        auto found = by_key_.find(key);
        if (found == by_key_.end()) {
            by_key_[key] = entries_.size();
            entries_.push_back({&declaration, layer});
            return;
        }
        Entry& entry = entries_[found->second];
        bool entry_is_enumerator = entry.declaration != nullptr && key_of(*entry.declaration) != key;
        if (entry_is_enumerator) {
            report(key, declaration, entry_span(found->second, key));
        } else if (entry.layer < layer) {
            // A prototype in a variant announces what the file defines or what the variant does.
            if (!is_announcement(declaration)) entry = {&declaration, layer};
        } else if (is_announcement(*entry.declaration)) {
            if (!is_announcement(declaration)) entry = {&declaration, layer};
        } else if (!is_announcement(declaration) && !may_repeat(*entry.declaration, declaration)) {
            report(key, declaration, name_span(*entry.declaration));
        }
    }

    std::vector<const ast::Declaration*> declarations() const {
        std::vector<const ast::Declaration*> list;
        for (const Entry& entry : entries_) list.push_back(entry.declaration);
        return list;
    }

private:
    struct Entry {
        const ast::Declaration* declaration = nullptr;
        int layer = 0;
    };

    SourceSpan entry_span(std::size_t index, const Key& key) const {
        std::vector<SourceSpan> spans;
        std::vector<Key> keys = enumerators_of(*entries_[index].declaration, spans);
        for (std::size_t i = 0; i < keys.size(); i++) {
            if (keys[i] == key) return spans[i];
        }
        return name_span(*entries_[index].declaration);
    }

    void report(const Key& key, const ast::Declaration& second, SourceSpan first) { report(key.name, name_span(second), first); }
    void report(const std::string& name, SourceSpan second, SourceSpan first) {
        diagnostics_.error(DiagnosticCode::kE0204, second, "`" + name + "` is defined twice")
            .with_label("second definition")
            .with_secondary(first, "first definition")
            .with_help("only a `variant` may redefine a name");
    }

    // Enumerators live among the ordinary names, but their enum is what is replaced.
    bool check_enumerators(const ast::Declaration& declaration, int layer) {
        std::vector<SourceSpan> spans;
        std::vector<Key> keys = enumerators_of(declaration, spans);
        Key own = key_of(declaration);
        auto replaced = own.space == NameSpace::kNone ? by_key_.end() : by_key_.find(own);
        for (std::size_t i = 0; i < keys.size(); i++) {
            auto found = by_key_.find(keys[i]);
            bool same_enum = found != by_key_.end() && replaced != by_key_.end() && found->second == replaced->second &&
                             entries_[found->second].layer < layer;
            if (found != by_key_.end() && !same_enum) {
                report(keys[i].name, spans[i], entry_span(found->second, keys[i]));
                continue;
            }
            by_key_[keys[i]] = replaced != by_key_.end() ? replaced->second : entries_.size();
        }
        return true;
    }

    Diagnostics& diagnostics_;
    std::vector<Entry> entries_;
    std::map<Key, std::size_t> by_key_;
};

// The variants of one file by name, with the ways from the base to each.
class Planner {
public:
    Planner(const ast::Spec& spec, Diagnostics& diagnostics) : spec_(spec), diagnostics_(diagnostics) {}

    SpecPlan plan() {
        collect();
        SpecPlan plan;
        plan.variants.push_back(build(kBaseVariant, nullptr, {}));
        for (const ast::Declaration* declaration : variants_) {
            const auto& variant = std::get<ast::VariantDecl>(declaration->node);
            std::optional<std::vector<const ast::Declaration*>> way = way_to(*declaration);
            if (way) plan.variants.push_back(build(variant.name.text, declaration, *way));
        }
        add_scenarios(plan);
        return plan;
    }

private:
    void collect() {
        for (const ast::Declaration& declaration : spec_.declarations) {
            const auto* variant = std::get_if<ast::VariantDecl>(&declaration.node);
            if (variant == nullptr) continue;
            if (variant->name.empty()) continue;
            if (variant->name.text == kBaseVariant) {
                diagnostics_.error(DiagnosticCode::kE0204, variant->name.span, "`base` is the name of the file itself")
                    .with_help("give the variant another name");
                continue;
            }
            auto [found, is_new] = by_name_.emplace(variant->name.text, &declaration);
            if (!is_new) {
                diagnostics_
                    .error(DiagnosticCode::kE0204, variant->name.span, "variant `" + variant->name.text + "` is defined twice")
                    .with_label("second definition")
                    .with_secondary(name_span(*found->second), "first definition");
                continue;
            }
            variants_.push_back(&declaration);
        }
    }

    // From the base's child down to the variant itself; nothing after a diagnostic.
    std::optional<std::vector<const ast::Declaration*>> way_to(const ast::Declaration& declaration) {
        std::vector<const ast::Declaration*> way{&declaration};
        std::set<std::string> seen{std::get<ast::VariantDecl>(declaration.node).name.text};
        while (true) {
            const auto& variant = std::get<ast::VariantDecl>(way.front()->node);
            if (variant.parent.empty() || variant.parent.text == kBaseVariant) return way;
            auto parent = by_name_.find(variant.parent.text);
            if (parent == by_name_.end()) {
                unknown_variant(variant.parent);
                return std::nullopt;
            }
            if (!seen.insert(variant.parent.text).second) {
                report_cycle(way);
                return std::nullopt;
            }
            way.insert(way.begin(), parent->second);
        }
    }

    void unknown_variant(const ast::Name& name) {
        std::vector<std::string> known{kBaseVariant};
        for (const auto& [known_name, unused] : by_name_) known.push_back(known_name);
        Diagnostic& d = diagnostics_.error(DiagnosticCode::kE0405, name.span, "unknown variant `" + name.text + "`");
        if (auto near = nearest_name(name.text, known)) d.with_help("a variant of a similar name exists: `" + *near + "`");
    }

    // Each variant of the circle would find it; the one that comes first in the file reports it.
    void report_cycle(const std::vector<const ast::Declaration*>& way) {
        const auto& last = std::get<ast::VariantDecl>(way.back()->node);
        const auto& first = std::get<ast::VariantDecl>(way.front()->node);
        if (first.parent.text != last.name.text || reported_.count(last.name.text) != 0) return;
        Diagnostic& d =
            diagnostics_.error(DiagnosticCode::kE0406, last.name.span, "variant `" + last.name.text + "` builds on itself");
        for (auto i = way.rbegin(); i != way.rend(); ++i) {
            const auto& variant = std::get<ast::VariantDecl>((*i)->node);
            reported_.insert(variant.name.text);
            d.with_note("`" + variant.name.text + "` builds on `" + variant.parent.text + "`");
        }
    }

    VariantPlan build(const std::string& name, const ast::Declaration* self, const std::vector<const ast::Declaration*>& way) {
        VariantPlan plan;
        plan.name = name;
        plan.top_file = spec_.file;
        if (self != nullptr) {
            const auto& variant = std::get<ast::VariantDecl>(self->node);
            plan.text = variant.description;
            plan.parent = variant.parent.empty() ? kBaseVariant : variant.parent.text;
            plan.span = variant.name.span;
        }
        Diagnostics ignored;
        // What the base or a parent gets wrong was said when it was built itself.
        Diagnostics& sink = diagnostics_;
        Merger merger(self == nullptr ? sink : ignored);
        for (const ast::Declaration& declaration : spec_.imported) {
            // What a library asks about itself is no question of the file that imports it.
            bool question = std::holds_alternative<ast::InstanceDecl>(declaration.node) ||
                            std::holds_alternative<ast::LemmaDecl>(declaration.node);
            if (!question) place(declaration, 0, merger, plan, false);
        }
        for (const ast::Declaration& declaration : spec_.declarations) place(declaration, 0, merger, plan, self == nullptr);
        std::size_t before = ignored.error_count();
        for (std::size_t i = 0; i < way.size(); i++) {
            const auto& variant = std::get<ast::VariantDecl>(way[i]->node);
            bool own = i + 1 == way.size();
            if (own) before = ignored.error_count();
            for (const ast::Declaration& declaration : variant.declarations) {
                place(declaration, static_cast<int>(i) + 1, merger, plan, own);
            }
        }
        for (std::size_t i = before; self != nullptr && i < ignored.in_order().size(); i++) sink.report(ignored.in_order()[i]);
        for (const ast::Declaration* declaration : merger.declarations()) {
            if (std::holds_alternative<ast::InstanceDecl>(declaration->node)) {
                plan.instances.push_back(declaration);
            } else if (std::holds_alternative<ast::LemmaDecl>(declaration->node)) {
                plan.lemmas.push_back(declaration);
            } else {
                plan.declarations.push_back(declaration);
            }
        }
        return plan;
    }

    void place(const ast::Declaration& declaration, int layer, Merger& merger, VariantPlan& plan, bool own_expectations) {
        if (std::holds_alternative<ast::VariantDecl>(declaration.node)) {
            if (layer > 0) {
                diagnostics_.error(DiagnosticCode::kE0117, declaration.span, "a variant cannot stand inside a variant")
                    .with_help("write it at file level: `variant NAME : PARENT { … }`");
            }
            return;
        }
        if (std::holds_alternative<ast::ScenarioDecl>(declaration.node)) return;
        if (std::holds_alternative<ast::ExpectDecl>(declaration.node)) {
            // The library's expectations are about the library's own specs.
            if (own_expectations) plan.expectations.push_back(&declaration);
            return;
        }
        merger.add(declaration, layer);
    }

    void add_scenarios(SpecPlan& plan) {
        for (const ast::Declaration& declaration : spec_.declarations) {
            const auto* scenario = std::get_if<ast::ScenarioDecl>(&declaration.node);
            if (scenario == nullptr) continue;
            std::string name = scenario->variant.empty() ? kBaseVariant : scenario->variant.text;
            bool found = false;
            for (VariantPlan& variant : plan.variants) {
                if (variant.name != name) continue;
                variant.scenarios.push_back(&declaration);
                found = true;
            }
            if (!found && by_name_.count(name) == 0) unknown_variant(scenario->variant);
        }
    }

    const ast::Spec& spec_;
    Diagnostics& diagnostics_;
    std::vector<const ast::Declaration*> variants_;
    std::map<std::string, const ast::Declaration*> by_name_;
    std::set<std::string> reported_;
};

}  // namespace

SpecPlan plan_variants(const ast::Spec& spec, Diagnostics& diagnostics) { return Planner(spec, diagnostics).plan(); }

}  // namespace quire
