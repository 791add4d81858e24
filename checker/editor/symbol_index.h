// Which names of a spec, and of what it imports, mean the same.
//
// A symbol is known by a key that is made of names ("function lock_page", "member page.count", "local 3:120"), so that a
// function and what a variant puts in its place are one symbol, and so are the same declarations seen from two specs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "editor/analysis.h"

namespace quire {

enum class SymbolKind : std::uint8_t {
    kConstant,
    kEnumerator,
    kFunction,
    kVariable,
    kLocal,
    kTypedef,
    kStruct,
    kEnum,
    kMember,
    kAccount,
    kThread,
    kLabel,
    kProperty,
    kCoverPoint,
    kInstance,
    kVariant,
    kScenario,
    kMacro,
};

using SymbolNumber = std::uint32_t;

struct SymbolDefinition {
    SourceSpan name;         // the name alone
    SourceSpan whole;        // the declaration around it
    std::string text;        // as it is shown: "int put_page(struct page *page)"
    std::string doc;         // the /// comment
    std::string where;       // the variant in which it stands, or nothing
    bool announces = false;  // a prototype and the like: there is something better elsewhere, perhaps
};

struct IndexedSymbol {
    std::string key;
    std::string name;
    SymbolKind kind = SymbolKind::kLocal;
    std::vector<SymbolDefinition> definitions;  // the base first
};

struct Occurrence {
    SourceId file;
    std::uint32_t begin = 0, end = 0;
    SymbolNumber symbol = 0;
    bool is_definition = false;
    std::vector<SourceSpan> meant;  // what it means in the variants, each once, the base first; of a use

    friend bool operator<(const Occurrence& a, const Occurrence& b) {
        return std::tie(a.file, a.begin, a.end, a.symbol) < std::tie(b.file, b.begin, b.end, b.symbol);
    }
};

class SymbolIndex {
public:
    explicit SymbolIndex(const Analysis& analysis);

    const std::vector<IndexedSymbol>& symbols() const { return symbols_; }
    const std::vector<Occurrence>& occurrences() const { return occurrences_; }  // by file and place, each once
    const IndexedSymbol& operator[](SymbolNumber number) const { return symbols_[number]; }
    const IndexedSymbol* find(const std::string& key) const;
    // Those that the place is in, or right behind.
    std::vector<const Occurrence*> at(SourceId file, std::size_t offset) const;
    std::vector<const Occurrence*> of(SymbolNumber symbol) const;

private:
    friend class IndexBuilder;
    std::vector<IndexedSymbol> symbols_;
    std::map<std::string, SymbolNumber> by_key_;
    std::vector<Occurrence> occurrences_;
};

std::string_view symbol_kind_name(SymbolKind kind);

}  // namespace quire
