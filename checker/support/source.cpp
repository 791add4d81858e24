#include "support/source.h"

#include <algorithm>
#include <utility>

#include "support/invariant.h"

namespace quire {

namespace {

std::vector<std::uint32_t> find_line_starts(std::string_view text) {
    std::vector<std::uint32_t> starts{0};
    for (std::size_t i = text.find('\n'); i != std::string_view::npos; i = text.find('\n', i + 1))
        starts.push_back(static_cast<std::uint32_t>(i + 1));
    return starts;
}

}  // namespace

SourceId SourceManager::add(std::string path, std::string text, std::string display) {
    if (const auto known = by_path_.find(path); known != by_path_.end()) return known->second;
    INVARIANT(text.size() < SourceId::kInvalid, "text of " + path + " is too long for offsets of 32 bits");
    const SourceId id(files_.size());
    if (display.empty()) display = path;
    by_path_.emplace(path, id);
    auto starts = find_line_starts(text);
    files_.push_back(File{std::move(path), std::move(display), std::move(text), std::move(starts)});
    return id;
}

std::optional<SourceId> SourceManager::find(std::string_view path) const {
    const auto known = by_path_.find(path);
    if (known == by_path_.end()) return std::nullopt;
    return known->second;
}

const SourceManager::File& SourceManager::file(SourceId id) const {
    INVARIANT(id.index() < files_.size(), "no source " + std::to_string(id.value));
    return files_[id.index()];
}

const std::string& SourceManager::path(SourceId id) const { return file(id).path; }
const std::string& SourceManager::display_path(SourceId id) const { return file(id).display; }
std::string_view SourceManager::text(SourceId id) const { return file(id).text; }

std::string_view SourceManager::text(const SourceSpan& span) const {
    if (!span.valid()) return {};
    const std::string_view all = text(span.file);
    const std::size_t begin = std::min<std::size_t>(span.begin, all.size());
    const std::size_t end = std::clamp<std::size_t>(span.end, begin, all.size());
    return all.substr(begin, end - begin);
}

LineColumn SourceManager::location(SourceId id, std::uint32_t offset) const {
    const auto& starts = file(id).line_starts;
    const auto after = std::upper_bound(starts.begin(), starts.end(), offset);
    const auto line = static_cast<std::uint32_t>(after - starts.begin());
    return {line, offset - starts[line - 1] + 1};
}

std::uint32_t SourceManager::line_count(SourceId id) const { return static_cast<std::uint32_t>(file(id).line_starts.size()); }

std::uint32_t SourceManager::line_start(SourceId id, std::uint32_t line) const {
    const auto& starts = file(id).line_starts;
    INVARIANT(line >= 1 && line <= starts.size(), "no line " + std::to_string(line) + " in " + file(id).path);
    return starts[line - 1];
}

std::string_view SourceManager::line_text(SourceId id, std::uint32_t line) const {
    const std::uint32_t begin = line_start(id, line);
    const std::string_view rest = text(id).substr(begin);
    std::string_view result = rest.substr(0, rest.find('\n'));
    if (!result.empty() && result.back() == '\r') result.remove_suffix(1);
    return result;
}

ExpansionId SourceManager::add_expansion(MacroExpansion expansion) {
    const ExpansionId id(expansions_.size());
    INVARIANT(!expansion.use.expansion.valid() || expansion.use.expansion < id, "an expansion inside a later one");
    expansions_.push_back(std::move(expansion));
    return id;
}

const MacroExpansion& SourceManager::expansion(ExpansionId id) const {
    INVARIANT(id.index() < expansions_.size(), "no expansion " + std::to_string(id.value));
    return expansions_[id.index()];
}

SourceSpan SourceManager::outermost(SourceSpan span) const {
    while (span.expansion.valid()) span = expansion(span.expansion).use;
    return span;
}

SourceSpan SourceManager::join(SourceSpan first, SourceSpan last) const {
    if (!first.valid()) return last;
    if (!last.valid()) return first;
    // An enclosing expansion has a smaller id, so climbing out of the larger one first meets at the innermost common expansion.
    while (first.expansion != last.expansion) {
        const bool climb_first =
            first.expansion.valid() && (!last.expansion.valid() || first.expansion.value > last.expansion.value);
        SourceSpan& inner = climb_first ? first : last;
        inner = expansion(inner.expansion).use;
    }
    if (first.file != last.file) return first;
    first.begin = std::min(first.begin, last.begin);
    first.end = std::max(first.end, last.end);
    return first;
}

std::string SourceManager::describe(const SourceSpan& span) const {
    if (!span.valid()) return {};
    const LineColumn at = start(span);
    return display_path(span.file) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

}  // namespace quire
