// The documents that are open, what is known about each, and the files around them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "editor/analysis.h"
#include "editor/open_files.h"
#include "editor/symbol_index.h"

namespace quire {

struct Document {
    std::string uri;   // as the editor writes it
    std::string path;  // canonical
    std::int64_t version = 0;
    bool is_open = true;        // false: read from the disk to answer one question
    std::uint64_t touched = 0;  // the larger, the later it was opened or changed
    bool stale = true;          // the text, or that of an import, has changed since it was looked at
    bool told = false;          // what was found then
    std::unique_ptr<Analysis> analysis;
    std::unique_ptr<SymbolIndex> index;
};

struct PlacedText {  // in a file of the workspace
    std::string path;
    std::size_t begin = 0, end = 0;
    friend auto operator<=>(const PlacedText&, const PlacedText&) = default;
};

class Workspace {
public:
    explicit Workspace(AnalysisOptions options) : options_(std::move(options)) {}

    AnalysisOptions& options() { return options_; }
    std::vector<std::string>& roots() { return roots_; }  // directories
    OpenFiles& files() { return files_; }

    Document& open(const std::string& uri, std::string text, std::int64_t version);
    void change(Document& document, std::string text, std::int64_t version);
    void close(const std::string& uri);
    Document* find(const std::string& uri);
    std::map<std::string, Document>& documents() { return documents_; }
    const std::string& text(const Document& document) const { return *files_.text(document.path); }
    // What files on the disk say may have changed.
    void look_again();

    // With an analysis of the text as it is now.
    void refresh(Document& document);
    // Open, or on the disk; nothing if it is neither. What is read from the disk lives until the next such question.
    Document* fresh(const std::string& uri);
    // As the editor knows the file, if it does.
    std::string uri_of(const std::string& path) const;
    // Specs that may speak of a name: those that are open, and all below the roots, whose text has the word. Each fresh; those
    // from the disk live as long as the result.
    struct Related {
        std::vector<Document*> documents;
        std::vector<std::unique_ptr<Document>> owned;
    };
    Related related(const std::string& word, const Document& first);

    // Where the symbol stands, in all of `documents`. It is the same in two of them if they share a definition.
    struct Found {
        std::vector<PlacedText> places;       // each once, in order
        std::vector<PlacedText> definitions;  // those of them
        std::vector<const Document*> in;      // who has some
    };
    Found places_of(const Document& document, SymbolNumber symbol, const std::vector<Document*>& documents) const;

private:
    void text_changed(const std::string& path);
    std::unique_ptr<Document> read(const std::string& path);

    AnalysisOptions options_;
    OpenFiles files_;
    std::vector<std::string> roots_;
    std::map<std::string, Document> documents_;  // by uri
    std::unique_ptr<Document> from_disk_;
    std::uint64_t clock_ = 0;  // of Document::touched
};

// The word of a name at a place, as text: letters, digits and _.
std::string_view word_at(std::string_view text, std::size_t offset, std::size_t& begin);
bool is_word_character(char c);

}  // namespace quire
