#include <algorithm>
#include <filesystem>

#include "editor/completion.h"
#include "editor/document_uri.h"
#include "editor/rename.h"
#include "editor/server.h"
#include "editor/server_json.h"
#include "workbench/format_source.h"

namespace quire {

namespace {

// Numbers of the protocol.
int symbol_number(SymbolKind kind) {
    constexpr int kModule = 2, kMethodLike = 6, kField = 8, kEnum = 10, kFunction = 12, kVariable = 13, kConstant = 14,
                  kObject = 19, kKey = 20, kEnumMember = 22, kStruct = 23, kEvent = 24, kType = 26;
    switch (kind) {
        case SymbolKind::kConstant: return kConstant;
        case SymbolKind::kEnumerator: return kEnumMember;
        case SymbolKind::kFunction:
        case SymbolKind::kMacro: return kFunction;
        case SymbolKind::kVariable:
        case SymbolKind::kLocal: return kVariable;
        case SymbolKind::kTypedef: return kType;
        case SymbolKind::kStruct: return kStruct;
        case SymbolKind::kEnum: return kEnum;
        case SymbolKind::kMember: return kField;
        case SymbolKind::kThread: return kEvent;
        case SymbolKind::kProperty: return kMethodLike;
        case SymbolKind::kInstance: return kObject;
        case SymbolKind::kVariant:
        case SymbolKind::kScenario: return kModule;
        case SymbolKind::kAccount:
        case SymbolKind::kLabel:
        case SymbolKind::kCoverPoint: return kKey;
    }
    return kVariable;
}

int proposal_number(ProposalKind kind) {
    constexpr int kMethod = 2, kFunction = 3, kField = 5, kVariable = 6, kProperty = 10, kValue = 12, kKeyword = 14, kFile = 17,
                  kEnumMember = 20, kConstant = 21, kStruct = 22, kEvent = 23, kTypeParameter = 25;
    switch (kind) {
        case ProposalKind::kKeyword: return kKeyword;
        case ProposalKind::kFunction: return kFunction;
        case ProposalKind::kVariable: return kVariable;
        case ProposalKind::kMember: return kField;
        case ProposalKind::kConstant: return kConstant;
        case ProposalKind::kEnumerator: return kEnumMember;
        case ProposalKind::kType: return kTypeParameter;
        case ProposalKind::kStruct: return kStruct;
        case ProposalKind::kThread: return kEvent;
        case ProposalKind::kProperty: return kProperty;
        case ProposalKind::kName: return kValue;
        case ProposalKind::kFile: return kFile;
        case ProposalKind::kMethod: return kMethod;
    }
    return kValue;
}

std::string without_markup(const std::string& doc) {
    std::string out;
    for (char c : doc) {
        if (c == '*' || c == '_' || c == '`' || c == '<' || c == '#' || c == '[' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

}  // namespace

// Texts of files, each with its lines, for the length of one answer.
class LanguageServer::Places {
public:
    explicit Places(OpenFiles& files) : files_(files) {}
    TextRange range(const PlacedText& place) {
        auto found = texts_.find(place.path);
        if (found == texts_.end()) {
            found = texts_.emplace(place.path, std::pair(files_.read(place.path).text, std::nullopt)).first;
            found->second.second.emplace(found->second.first);
        }
        return found->second.second->range(place.begin, place.end);
    }

private:
    OpenFiles& files_;
    std::map<std::string, std::pair<std::string, std::optional<TextPositions>>> texts_;
};

std::vector<Json> LanguageServer::locations(const std::vector<PlacedText>& places) {
    Places texts(workspace_.files());
    std::vector<Json> list;
    for (const PlacedText& place : places)
        list.push_back({{"uri", workspace_.uri_of(place.path)}, {"range", to_json(texts.range(place))}});
    return list;
}

// Nothing: `answer` says why.
std::optional<LanguageServer::Spot> LanguageServer::spot(const Json& params, Answer& answer) {
    const std::string uri = uri_from(params);
    const TextPosition position = position_from(params.at("position"));
    Spot spot;
    spot.document = workspace_.fresh(uri);
    if (spot.document == nullptr) {
        answer = Answer::failed(kInvalidParams, "'" + uri + "' is not open, and there is no such file");
        return std::nullopt;
    }
    Analysis& analysis = *spot.document->analysis;
    if (!analysis.top().valid()) return std::nullopt;
    spot.offset = analysis.positions(analysis.top()).offset(position);
    spot.at = spot.document->index->at(analysis.top(), spot.offset);
    return spot;
}

Answer LanguageServer::hover(const Json& params) {
    Answer answer;
    const std::optional<Spot> spot = this->spot(params, answer);
    if (!spot || spot->at.empty()) return answer;
    const Occurrence& here = *spot->at[0];
    const IndexedSymbol& symbol = (*spot->document->index)[here.symbol];
    // What the name means in the first variant that knows it.
    const SymbolDefinition* shown = symbol.definitions.empty() ? nullptr : &symbol.definitions[0];
    for (const SymbolDefinition& d : symbol.definitions) {
        const bool meant = here.is_definition ? d.name.begin == here.begin && d.name.file == here.file
                                              : !here.meant.empty() && d.name == here.meant[0];
        if (meant) shown = &d;
    }
    if (shown == nullptr) return answer;
    std::string elsewhere;
    for (const SymbolDefinition& d : symbol.definitions) {
        if (&d != shown && !d.announces)
            elsewhere +=
                (elsewhere.empty() ? "" : ", ") + (d.where.empty() ? std::string("the file itself") : "variant " + d.where);
    }
    std::string value = client_.markdown ? "```quire\n" + shown->text + "\n```\n" : shown->text + "\n";
    if (!shown->doc.empty()) value += "\n" + (client_.markdown ? without_markup(shown->doc) : shown->doc) + "\n";
    if (!shown->where.empty()) value += "\nin variant " + shown->where + "\n";
    if (!elsewhere.empty()) value += "\nalso in " + elsewhere + "\n";
    const TextRange range = spot->document->analysis->positions(here.file).range(here.begin, here.end);
    answer.result = {{"contents", {{"kind", client_.markdown ? "markdown" : "plaintext"}, {"value", value}}},
                     {"range", to_json(range)}};
    return answer;
}

Answer LanguageServer::definition(const Json& params) {
    Answer answer;
    const std::optional<Spot> spot = this->spot(params, answer);
    if (!spot) return answer;
    answer.result = Json::array();
    Document& document = *spot->document;
    // The file behind an import.
    for (const ast::Import& import : document.analysis->loaded.spec.imports) {
        const SourceSpan& path = import.path_span;
        if (import.file && path.begin <= spot->offset && spot->offset <= path.end && !path.expansion.valid())
            answer.result.push_back(location(document, SourceSpan{*import.file, 0, 0, {}}));
    }
    std::vector<SourceSpan> places;
    auto add = [&](const SourceSpan& place) {
        if (place.valid() && std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
    };
    for (const Occurrence* one : spot->at) {
        if (one->is_definition || one->meant.empty()) {
            for (const SymbolDefinition& d : (*document.index)[one->symbol].definitions) add(d.name);
        }
        for (const SourceSpan& meant : one->meant) add(meant);
    }
    for (const SourceSpan& place : places) answer.result.push_back(location(document, place));
    return answer;
}

Answer LanguageServer::references(const Json& params) {
    Answer answer;
    const std::optional<Spot> spot = this->spot(params, answer);
    if (!spot) return answer;
    answer.result = Json::array();
    if (spot->at.empty()) return answer;
    const bool with_declaration = params.contains("context") && params["context"].value("includeDeclaration", true);
    std::set<PlacedText> all, definitions;
    for (const Occurrence* one : spot->at) {
        const Workspace::Related related = workspace_.related((*spot->document->index)[one->symbol].name, *spot->document);
        const Workspace::Found found = workspace_.places_of(*spot->document, one->symbol, related.documents);
        all.insert(found.places.begin(), found.places.end());
        definitions.insert(found.definitions.begin(), found.definitions.end());
    }
    std::vector<PlacedText> wanted;
    for (const PlacedText& place : all) {
        if (with_declaration || definitions.count(place) == 0) wanted.push_back(place);
    }
    for (Json& place : locations(wanted)) answer.result.push_back(std::move(place));
    return answer;
}

Answer LanguageServer::highlight(const Json& params) {
    Answer answer;
    const std::optional<Spot> spot = this->spot(params, answer);
    if (!spot) return answer;
    answer.result = Json::array();
    Analysis& analysis = *spot->document->analysis;
    for (const Occurrence* here : spot->at) {
        for (const Occurrence* one : spot->document->index->of(here->symbol)) {
            if (one->file != analysis.top()) continue;
            answer.result.push_back({{"range", to_json(analysis.positions(one->file).range(one->begin, one->end))}, {"kind", 1}});
        }
    }
    return answer;
}

Answer LanguageServer::prepare_rename(const Json& params) {
    Answer answer;
    const std::optional<Spot> spot = this->spot(params, answer);
    if (!spot || spot->at.empty()) return answer;
    const std::string problem = why_not_renamed(*spot->document, spot->at);
    if (!problem.empty()) return Answer::failed(kRequestFailed, problem);
    const Occurrence& here = *spot->at[0];
    const std::string& name = (*spot->document->index)[here.symbol].name;
    // The name in quotes of a cover("…") is the name without them.
    const std::uint32_t quote = here.end - here.begin == name.size() + 2 ? 1 : 0;
    const TextRange range = spot->document->analysis->positions(here.file).range(here.begin + quote, here.end - quote);
    answer.result = {{"range", to_json(range)}, {"placeholder", name}};
    return answer;
}

Answer LanguageServer::rename(const Json& params) {
    Answer answer;
    const std::string new_name = params.at("newName").get<std::string>();
    const std::optional<Spot> spot = this->spot(params, answer);
    if (!spot) return answer;
    const RenameResult renamed = rename_symbol(workspace_, *spot->document, spot->at, new_name);
    if (!renamed.problem.empty()) return Answer::failed(kRequestFailed, renamed.problem);
    Places texts(workspace_.files());
    std::map<std::string, Json> edits;
    for (const PlacedText& place : renamed.places) {
        Json& list = edits.emplace(workspace_.uri_of(place.path), Json::array()).first->second;
        list.push_back({{"range", to_json(texts.range(place))}, {"newText", new_name}});
    }
    Json changes = client_.document_changes ? Json::array() : Json::object();
    for (auto& [uri, list] : edits) {
        if (!client_.document_changes) {
            changes[uri] = std::move(list);
            continue;
        }
        const Document* open = workspace_.find(uri);
        changes.push_back({{"textDocument", {{"uri", uri}, {"version", open != nullptr ? Json(open->version) : Json(nullptr)}}},
                           {"edits", std::move(list)}});
    }
    answer.result = {{client_.document_changes ? "documentChanges" : "changes", std::move(changes)}};
    return answer;
}

Answer LanguageServer::completion(const Json& params) {
    Answer answer;
    const std::optional<Spot> spot = this->spot(params, answer);
    if (!spot) return answer;
    answer.result = Json::array();
    if (!spot->document->is_open) return answer;
    const std::string& text = workspace_.text(*spot->document);
    auto typed = [&](std::size_t back) { return spot->offset >= back ? text[spot->offset - back] : '\0'; };
    const Json context = params.value("context", Json::object());
    const std::string trigger = context.is_object() ? context.value("triggerCharacter", "") : "";
    if (trigger == ">" && !(typed(1) == '>' && typed(2) == '-')) return answer;
    for (const Proposal& proposal : complete(workspace_, *spot->document, spot->offset)) {
        Json item = {{"label", proposal.name}, {"kind", proposal_number(proposal.kind)}};
        if (!proposal.detail.empty()) item["detail"] = proposal.detail;
        if (!proposal.doc.empty()) item["documentation"] = proposal.doc;
        // Words come behind names.
        item["sortText"] = (proposal.kind == ProposalKind::kKeyword ? "2" : "1") + proposal.name;
        answer.result.push_back(std::move(item));
    }
    return answer;
}

namespace {

struct OutlineEntry {
    std::string name, detail;
    SymbolKind kind = SymbolKind::kVariable;
    SourceSpan whole, shown;
};

std::optional<OutlineEntry> outline_entry(const ast::Declaration& d) {
    auto named = [&](const ast::Name& name, SymbolKind kind, const std::string& detail) -> std::optional<OutlineEntry> {
        if (name.empty()) return std::nullopt;
        return OutlineEntry{name.text, detail, kind, d.span, name.span};
    };
    using Entry = std::optional<OutlineEntry>;
    return std::visit(
        ast::Overloaded{
            [&](const ast::ConstDecl& n) -> Entry { return named(n.name, SymbolKind::kConstant, "const"); },
            [&](const ast::EnumDecl& n) -> Entry { return named(n.tag, SymbolKind::kEnum, "enum"); },
            [&](const ast::StructDecl& n) -> Entry { return named(n.tag, SymbolKind::kStruct, "struct"); },
            [&](const ast::TypedefDecl& n) -> Entry { return named(n.name, SymbolKind::kTypedef, "typedef"); },
            [&](const ast::VariableDecl& n) -> Entry { return named(n.name, SymbolKind::kVariable, n.is_ghost ? "ghost" : ""); },
            [&](const ast::FunctionDecl& n) -> Entry {
                return named(n.name, SymbolKind::kFunction, n.is_atomic ? "atomic" : "");
            },
            [&](const ast::ExternDecl& n) -> Entry { return named(n.name, SymbolKind::kFunction, "extern"); },
            [&](const ast::ThreadDecl& n) -> Entry { return named(n.name, SymbolKind::kThread, "thread"); },
            [&](const ast::IrqDecl& n) -> Entry { return named(n.name, SymbolKind::kThread, "irq"); },
            [&](const ast::PropertyDecl& n) -> Entry { return named(n.name, SymbolKind::kProperty, "property"); },
            [&](const ast::LemmaDecl& n) -> Entry { return named(n.name, SymbolKind::kProperty, "lemma"); },
            [&](const ast::InstanceDecl& n) -> Entry { return named(n.name, SymbolKind::kInstance, "instance"); },
            [&](const ast::VariantDecl& n) -> Entry { return named(n.name, SymbolKind::kVariant, "variant"); },
            [&](const ast::ScenarioDecl& n) -> Entry { return named(n.name, SymbolKind::kScenario, "scenario"); },
            [](const auto&) -> Entry { return std::nullopt; },
        },
        d.node);
}

Json outline(Analysis& analysis, const std::vector<ast::Declaration>& declarations) {
    Json list = Json::array();
    for (const ast::Declaration& d : declarations) {
        std::optional<OutlineEntry> entry = outline_entry(d);
        if (!entry || d.file != analysis.top()) continue;
        const TextRange whole = analysis.range(entry->whole);
        TextRange shown = analysis.range(entry->shown);
        // A name that came out of a macro elsewhere.
        if (shown.start < whole.start || whole.end < shown.end) shown = whole;
        Json one = {{"name", entry->name},
                    {"kind", symbol_number(entry->kind)},
                    {"range", to_json(whole)},
                    {"selectionRange", to_json(shown)}};
        if (!entry->detail.empty()) one["detail"] = entry->detail;
        if (const auto* variant = std::get_if<ast::VariantDecl>(&d.node))
            one["children"] = outline(analysis, variant->declarations);
        list.push_back(std::move(one));
    }
    return list;
}

void flatten(const Json& list, const std::string& uri, const std::string& container, Json& out) {
    for (const Json& one : list) {
        Json flat = {{"name", one["name"]}, {"kind", one["kind"]}, {"location", {{"uri", uri}, {"range", one["range"]}}}};
        if (!container.empty()) flat["containerName"] = container;
        out.push_back(std::move(flat));
        if (one.contains("children")) flatten(one["children"], uri, one["name"].get<std::string>(), out);
    }
}

}  // namespace

Answer LanguageServer::document_symbols(const Json& params) {
    const std::string uri = uri_from(params);
    Document* document = workspace_.fresh(uri);
    if (document == nullptr) return Answer::failed(kInvalidParams, "'" + uri + "' is not open, and there is no such file");
    Answer answer;
    answer.result = Json::array();
    if (!document->analysis->top().valid()) return answer;
    Json list = outline(*document->analysis, document->analysis->loaded.spec.declarations);
    if (client_.hierarchy) {
        answer.result = std::move(list);
    } else {
        flatten(list, uri, "", answer.result);
    }
    return answer;
}

Answer LanguageServer::formatting(const Json& params) {
    const std::string uri = uri_from(params);
    Document* document = workspace_.find(uri);
    if (document == nullptr) return Answer::failed(kInvalidParams, "'" + uri + "' is not open");
    const std::string& text = workspace_.text(*document);
    const std::optional<std::string> formatted = format_source(text);
    if (!formatted) return Answer::failed(kRequestFailed, "a comment or a literal in it has no end");
    Answer answer;
    answer.result = Json::array();
    if (*formatted == text) return answer;
    const TextEdit edit = difference(text, *formatted);
    answer.result.push_back({{"range", to_json(TextPositions(text).range(edit.begin, edit.end))}, {"newText", edit.text}});
    return answer;
}

}  // namespace quire
