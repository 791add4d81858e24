#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/ids.h"

namespace quire {

struct SourceTag;
struct ExpansionTag;
using SourceId = Id<SourceTag>;        // a file (or another text) of the session
using ExpansionId = Id<ExpansionTag>;  // one use of a macro

// A piece of text. begin and end are byte offsets, end exclusive. What a macro's body spelled lies in the macro's definition and
// carries the expansion; what the user passed as an argument lies at the use. An invalid file means that there is no place.
struct SourceSpan {
    SourceId file;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    ExpansionId expansion;

    bool valid() const { return file.valid(); }
    friend auto operator<=>(const SourceSpan&, const SourceSpan&) = default;
};

struct MacroExpansion {
    std::string macro;
    SourceSpan definition;  // the macro's name in its #define; invalid when it has none
    SourceSpan use;         // the name with its arguments; its own `expansion` is the enclosing expansion, if any
};

// 1-based; columns count bytes.
struct LineColumn {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    friend auto operator<=>(const LineColumn&, const LineColumn&) = default;
};

// Owns every text of the session: what it hands out stays valid as long as it lives.
class SourceManager {
public:
    SourceManager() = default;
    SourceManager(const SourceManager&) = delete;
    SourceManager& operator=(const SourceManager&) = delete;

    // A path that is known already keeps its first text. `path` is the identity, `display` is what reports print (default: path).
    SourceId add(std::string path, std::string text, std::string display = {});
    std::optional<SourceId> find(std::string_view path) const;

    std::size_t size() const { return files_.size(); }
    const std::string& path(SourceId file) const;
    const std::string& display_path(SourceId file) const;
    std::string_view text(SourceId file) const;
    std::string_view text(const SourceSpan& span) const;

    LineColumn location(SourceId file, std::uint32_t offset) const;
    LineColumn start(const SourceSpan& span) const { return location(span.file, span.begin); }
    std::uint32_t line_count(SourceId file) const;
    // Without the line's end (\n or \r\n). `line` is 1-based.
    std::string_view line_text(SourceId file, std::uint32_t line) const;
    std::uint32_t line_start(SourceId file, std::uint32_t line) const;

    ExpansionId add_expansion(MacroExpansion expansion);
    const MacroExpansion& expansion(ExpansionId id) const;
    std::size_t expansion_count() const { return expansions_.size(); }

    // Where the user wrote it: the outermost macro use that the span came from, or the span itself.
    SourceSpan outermost(SourceSpan span) const;
    // The smallest span that covers both, climbing out of macros until both lie in one text.
    SourceSpan join(SourceSpan first, SourceSpan last) const;
    // "path:line:column" of the span itself; "" for an invalid one.
    std::string describe(const SourceSpan& span) const;

private:
    struct File {
        std::string path;
        std::string display;
        std::string text;
        std::vector<std::uint32_t> line_starts;
    };
    const File& file(SourceId id) const;

    std::deque<File> files_;  // a deque: texts never move
    std::map<std::string, SourceId, std::less<>> by_path_;
    std::deque<MacroExpansion> expansions_;
};

}  // namespace quire
