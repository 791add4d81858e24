// Nearest-name search by Damerau-Levenshtein distance in its restricted form (optimal string alignment): F. Damerau, "A technique for
// computer detection and correction of spelling errors", 1964. Restricted, because typing errors that swap letters rarely overlap and it
// needs three rows only. The cutoff grows with the length of the name, so that short names do not attract everything.

#include "support/suggest.h"

#include <algorithm>
#include <cctype>

namespace quire {

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
    if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit + 1;
    std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        std::size_t best = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({replace, previous[j] + 1, row[j - 1] + 1});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
            best = std::min(best, row[j]);
        }
        if (best > limit) return limit + 1;
        std::swap(before, previous);
        std::swap(previous, row);
    }
    return previous[b.size()];
}

namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
    if (name.empty() || name.size() > 256) return std::nullopt;
    const std::size_t limit = std::max<std::size_t>(1, name.size() / 3);
    const std::string folded = lower(name);
    const std::string* best = nullptr;
    std::size_t best_distance = limit * 2 + 2;
    for (const std::string& candidate : candidates) {
        if (candidate == name) continue;
        const std::size_t letters = edit_distance(folded, lower(candidate), limit);
        // A name of one letter is as near to every other one.
        if (letters > limit || (letters == name.size() && letters >= candidate.size())) continue;
        const std::size_t distance = letters * 2 + (letters == 0 || edit_distance(name, candidate, limit) > letters ? 1 : 0);
        if (best == nullptr || distance < best_distance || (distance == best_distance && candidate < *best)) {
            best = &candidate;
            best_distance = distance;
        }
    }
    if (best == nullptr) return std::nullopt;
    return *best;
}

}  // namespace quire
