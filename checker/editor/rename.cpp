#include "editor/rename.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "editor/document_uri.h"

namespace quire {

namespace {

bool is_identifier(const std::string& name) {
    return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
           std::all_of(name.begin(), name.end(), is_word_character);
}

std::string first_error(const Document& document) {
    for (const Diagnostic& d : document.analysis->loaded.diagnostics.sorted()) {
        if (d.severity == Severity::kError) return document.analysis->sources().describe(d.span) + ": " + d.message;
    }
    return document.analysis->failure;
}

bool lies_in(const std::string& path, const std::string& directory) {
    const auto relative = std::filesystem::path(path).lexically_relative(directory);
    return !relative.empty() && *relative.begin() != "..";
}

// With edits at their places, from the last to the first.
std::string edited(std::string text, const std::vector<PlacedText>& places, const std::string& path, const std::string& name) {
    for (auto place = places.rbegin(); place != places.rend(); ++place) {
        if (place->path == path) text.replace(place->begin, place->end - place->begin, name);
    }
    return text;
}

// The names of both, in order, stand in groups that mean the same: the groups have to be the same ones.
bool same_meaning(const Document& before, const Document& after) {
    const std::vector<Occurrence>& a = before.index->occurrences();
    const std::vector<Occurrence>& b = after.index->occurrences();
    if (a.size() != b.size()) return false;
    std::map<SymbolNumber, SymbolNumber> forth, back;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (before.analysis->sources().path(a[i].file) != after.analysis->sources().path(b[i].file)) return false;
        if (forth.emplace(a[i].symbol, b[i].symbol).first->second != b[i].symbol) return false;
        if (back.emplace(b[i].symbol, a[i].symbol).first->second != a[i].symbol) return false;
        if (a[i].meant.size() != b[i].meant.size()) return false;
    }
    return true;
}

class Renaming {
public:
    Renaming(Workspace& workspace, Document& document, const std::string& new_name)
        : workspace_(workspace), document_(document), new_name_(new_name) {}

    RenameResult run(SymbolNumber symbol) {
        const std::string old_name = (*document_.index)[symbol].name;
        if (!is_identifier(new_name_)) return {"'" + new_name_ + "' is no name", {}};
        if (new_name_ == old_name) return {};
        related_ = workspace_.related(old_name, document_);
        std::vector<Document*> documents = related_.documents;
        found_ = workspace_.places_of(document_, symbol, documents);
        for (PlacedText& place : found_.places) {
            std::string problem = check(place, old_name);
            if (!problem.empty()) return {problem, {}};
        }
        std::string problem = try_out();
        if (!problem.empty()) return {problem, {}};
        return {"", found_.places};
    }

private:
    // Narrows a place in quotes to the name inside.
    std::string check(PlacedText& place, const std::string& old_name) {
        const std::string text = workspace_.files().read(place.path).text;
        std::string there = place.end <= text.size() ? text.substr(place.begin, place.end - place.begin) : "";
        if (there == "\"" + old_name + "\"") {
            ++place.begin;
            --place.end;
            there = old_name;
        }
        if (there != old_name) return "the name is put together by a macro at " + place.path + ", and cannot be renamed there";
        if (!may_edit(place.path)) return "it stands also in " + place.path + ", which is no file of this workspace";
        return {};
    }

    bool may_edit(const std::string& path) const {
        if (workspace_.files().text(path) != nullptr) return true;
        std::vector<std::string> allowed = workspace_.roots();
        if (allowed.empty()) allowed.push_back(std::filesystem::path(document_.path).parent_path().string());
        return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& root) {
            return lies_in(path, workspace_.files().canonical(root).value_or(root));
        });
    }

    std::string try_out() {
        OpenFiles tried = workspace_.files();
        std::set<std::string> paths;
        for (const PlacedText& place : found_.places) paths.insert(place.path);
        for (const std::string& path : paths)
            tried.set(path, edited(workspace_.files().read(path).text, found_.places, path, new_name_));
        for (const Document* document : found_.in) {
            if (!first_error(*document).empty())
                return document->path + " has errors, so it is not known what its names mean: " + first_error(*document);
            Document after;
            after.analysis = analyse(document->path, workspace_.options(), tried);
            after.index = std::make_unique<SymbolIndex>(*after.analysis);
            const std::string error = first_error(after);
            if (!error.empty()) return "'" + new_name_ + "' would not do: " + error;
            if (!same_meaning(*document, after)) {
                return "'" + new_name_ + "' would change what names mean in " + document->path +
                       ": something there has that name already";
            }
        }
        return {};
    }

    Workspace& workspace_;
    Document& document_;
    const std::string& new_name_;
    Workspace::Related related_;
    Workspace::Found found_;
};

}  // namespace

std::string why_not_renamed(const Document& document, const std::vector<const Occurrence*>& at) {
    if (at.empty()) return "there is no name here that a declaration gives";
    const IndexedSymbol& symbol = (*document.index)[at[0]->symbol];
    if (symbol.kind == SymbolKind::kMacro) return "macros are not renamed: #ifdef and text that is not compiled may name them";
    if (symbol.definitions.empty()) return "'" + symbol.name + "' is declared nowhere";
    for (const Occurrence* one : at) {
        if (one->symbol != at[0]->symbol)
            return "'" + symbol.name + "' means several things here: " + std::string(symbol_kind_name(symbol.kind)) + " and " +
                   std::string(symbol_kind_name((*document.index)[one->symbol].kind));
    }
    const std::string error = first_error(document);
    if (!error.empty()) return "the spec has errors, so it is not known what its names mean: " + error;
    return {};
}

RenameResult rename_symbol(Workspace& workspace, Document& document, const std::vector<const Occurrence*>& at,
                           const std::string& new_name) {
    std::string problem = why_not_renamed(document, at);
    if (!problem.empty()) return {problem, {}};
    return Renaming(workspace, document, new_name).run(at[0]->symbol);
}

}  // namespace quire
