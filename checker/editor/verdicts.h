// What is known about the variants of the open specs: checks that were asked for, and what came out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "editor/background_checks.h"
#include "editor/workspace.h"

namespace quire {

struct VariantVerdict {
    CheckNumber running = 0;       // 0: nothing is under way
    std::size_t running_text = 0;  // which text that is about, see text_of_spec
    std::uint64_t states = 0;      // so far
    std::optional<CheckOutcome> outcome;
    std::size_t outcome_text = 0;
};

enum class VerdictWord : std::uint8_t { kAsExpected, kNotAsExpected, kInconclusive, kNotChecked, kCancelled };

VerdictWord verdict_word(const CheckOutcome& outcome);
std::string_view verdict_name(VerdictWord word);  // "as expected"
// "as expected: pass, covered left_on_lru; 1,234 states, 0.2s"
std::string verdict_line(const CheckOutcome& outcome);

// Tells two texts of a spec, with all that it imports, apart.
std::size_t text_of_spec(const Analysis& analysis);

// Where a lens stands and what it says about a variant.
struct VariantLens {
    std::string variant;
    SourceSpan place;
    std::string title;
    bool running = false;
};

using VerdictKey = std::pair<std::string, std::string>;  // uri, variant
std::vector<VariantLens> variant_lenses(const Document& document, const std::map<VerdictKey, VariantVerdict>& verdicts);

}  // namespace quire
