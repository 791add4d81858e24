#include "editor/workspace.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "driver/spec_files.h"
#include "editor/document_uri.h"

namespace quire {

namespace {

// A home directory as the root would be searched for ever.
constexpr std::size_t kMostFiles = 2000;

bool has_word(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const bool starts = at == 0 || !is_word_character(text[at - 1]);
        const bool ends = at + word.size() >= text.size() || !is_word_character(text[at + word.size()]);
        if (starts && ends) return true;
    }
    return false;
}

}  // namespace

bool is_word_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string_view word_at(std::string_view text, std::size_t offset, std::size_t& begin) {
    begin = std::min(offset, text.size());
    std::size_t end = begin;
    while (begin > 0 && is_word_character(text[begin - 1])) --begin;
    while (end < text.size() && is_word_character(text[end])) ++end;
    return text.substr(begin, end - begin);
}

Document& Workspace::open(const std::string& uri, std::string text, std::int64_t version) {
    close(uri);
    Document& document = documents_[uri];
    document.uri = uri;
    document.path = files_.set(path_of_uri(uri), std::move(text));
    document.version = version;
    document.touched = ++clock_;
    text_changed(document.path);
    return document;
}

void Workspace::change(Document& document, std::string text, std::int64_t version) {
    files_.set(document.path, std::move(text));
    document.version = version;
    document.touched = ++clock_;
    text_changed(document.path);
}

// For those who have read it, and those who perhaps could not.
void Workspace::text_changed(const std::string& path) {
    for (auto& [uri, document] : documents_) {
        const Analysis* known = document.analysis.get();
        if (known == nullptr || known->sources().find(path) || known->loaded.diagnostics.has_errors()) document.stale = true;
    }
}

void Workspace::close(const std::string& uri) {
    const auto found = documents_.find(uri);
    if (found == documents_.end()) return;
    const std::string path = found->second.path;
    documents_.erase(found);
    const bool still_open =
        std::any_of(documents_.begin(), documents_.end(), [&](const auto& other) { return other.second.path == path; });
    if (!still_open) files_.remove(path);
    text_changed(path);
}

Document* Workspace::find(const std::string& uri) {
    const auto found = documents_.find(uri);
    return found == documents_.end() ? nullptr : &found->second;
}

void Workspace::look_again() {
    for (auto& [uri, document] : documents_) document.stale = true;
}

void Workspace::refresh(Document& document) {
    if (!document.stale && document.analysis) return;
    document.index.reset();
    document.analysis = analyse(document.path, options_, files_);
    document.index = std::make_unique<SymbolIndex>(*document.analysis);
    document.stale = false;
    document.told = false;
}

std::unique_ptr<Document> Workspace::read(const std::string& path) {
    auto document = std::make_unique<Document>();
    document->path = files_.canonical(path).value_or("");
    if (document->path.empty()) return nullptr;
    document->uri = uri_of_path(document->path);
    document->is_open = false;
    refresh(*document);
    if (!document->analysis->top().valid()) return nullptr;
    return document;
}

Document* Workspace::fresh(const std::string& uri) {
    Document* open = find(uri);
    if (open == nullptr) {
        from_disk_ = read(path_of_uri(uri));
        return from_disk_.get();
    }
    refresh(*open);
    return open;
}

std::string Workspace::uri_of(const std::string& path) const {
    for (const auto& [uri, document] : documents_) {
        if (document.path == path) return uri;
    }
    return uri_of_path(path);
}

Workspace::Related Workspace::related(const std::string& word, const Document& first) {
    Related related;
    std::set<std::string> seen{first.path};
    for (auto& [uri, document] : documents_) {
        refresh(document);
        if (seen.insert(document.path).second) related.documents.push_back(&document);
    }
    std::size_t looked_at = 0;
    for (const std::string& root : roots_) {
        for (const SpecFile& file : find_specs({root}).files) {
            if (++looked_at > kMostFiles) return related;
            const std::optional<std::string> path = files_.canonical(file.path);
            if (!path || !seen.insert(*path).second) continue;
            // A spec that says nothing of it itself may still import another one that does, but then that one is looked at.
            if (!has_word(files_.read(*path).text, word)) continue;
            std::unique_ptr<Document> document = read(*path);
            if (!document) continue;
            related.documents.push_back(document.get());
            related.owned.push_back(std::move(document));
        }
    }
    return related;
}

Workspace::Found Workspace::places_of(const Document& document, SymbolNumber symbol,
                                      const std::vector<Document*>& documents) const {
    std::set<PlacedText> definitions, places;
    Found found;
    auto add = [&](const Document& one, SymbolNumber number) {
        const SourceManager& sources = one.analysis->sources();
        for (const SymbolDefinition& d : (*one.index)[number].definitions) {
            if (d.name.valid()) definitions.insert({sources.path(d.name.file), d.name.begin, d.name.end});
        }
        for (const Occurrence* o : one.index->of(number)) places.insert({sources.path(o->file), o->begin, o->end});
        found.in.push_back(&one);
    };
    add(document, symbol);
    for (const Document* other : documents) {
        if (other == &document) continue;
        const SourceManager& sources = other->analysis->sources();
        const std::vector<IndexedSymbol>& symbols = other->index->symbols();
        for (std::size_t i = 0; i < symbols.size(); ++i) {
            const auto& known = symbols[i].definitions;
            const bool same = std::any_of(known.begin(), known.end(), [&](const SymbolDefinition& d) {
                return d.name.valid() && definitions.count({sources.path(d.name.file), d.name.begin, d.name.end}) != 0;
            });
            if (same) add(*other, static_cast<SymbolNumber>(i));
        }
    }
    found.places.assign(places.begin(), places.end());
    found.definitions.assign(definitions.begin(), definitions.end());
    return found;
}

}  // namespace quire
