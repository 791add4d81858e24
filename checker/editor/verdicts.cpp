#include "editor/verdicts.h"

#include <algorithm>
#include <functional>

#include "report/text_layout.h"

namespace quire {

namespace {

// The file itself is the variant `base`: its lens stands at the first thing that is asked or runs.
SourceSpan place_of_base(const Analysis& analysis) {
    SourceSpan place{analysis.top(), 0, 0, {}};
    for (const ast::Declaration& d : analysis.loaded.spec.declarations) {
        if (std::holds_alternative<ast::ExpectDecl>(d.node)) return d.span;
    }
    for (const ast::Declaration& d : analysis.loaded.spec.declarations) {
        if (std::holds_alternative<ast::ThreadDecl>(d.node)) return d.span;
    }
    return place;
}

std::string title_of(const std::string& variant, const VariantVerdict* verdict, std::size_t text) {
    if (verdict != nullptr && verdict->running != 0) {
        const std::string states = verdict->states != 0 ? ", " + short_number(verdict->states) + " states" : "";
        return "checking " + variant + states + " … (stop)";
    }
    if (verdict == nullptr || !verdict->outcome) return "check this variant";
    const std::string line = verdict_line(*verdict->outcome);
    return verdict->outcome_text == text ? line : "check this variant (before the last edit: " + line + ")";
}

}  // namespace

VerdictWord verdict_word(const CheckOutcome& outcome) {
    auto any = [&](Judgement judgement) {
        return std::any_of(outcome.expectations.begin(), outcome.expectations.end(),
                           [&](const JudgedExpectation& e) { return e.judgement == judgement; });
    };
    if (any(Judgement::kNotMet)) return VerdictWord::kNotAsExpected;
    if (outcome.cancelled) return VerdictWord::kCancelled;
    if (outcome.exit_code == kExitUsage || outcome.exit_code == kExitSpecError || outcome.exit_code == kExitInternalError ||
        outcome.expectations.empty())
        return VerdictWord::kNotChecked;
    return any(Judgement::kInconclusive) || outcome.exit_code != 0 ? VerdictWord::kInconclusive : VerdictWord::kAsExpected;
}

std::string_view verdict_name(VerdictWord word) {
    switch (word) {
        case VerdictWord::kAsExpected: return "as expected";
        case VerdictWord::kNotAsExpected: return "not as expected";
        case VerdictWord::kInconclusive: return "inconclusive";
        case VerdictWord::kNotChecked: return "not checked";
        case VerdictWord::kCancelled: return "cancelled";
    }
    return "";
}

std::string verdict_line(const CheckOutcome& outcome) {
    const VerdictWord word = verdict_word(outcome);
    const Judgement told = word == VerdictWord::kNotAsExpected  ? Judgement::kNotMet
                           : word == VerdictWord::kInconclusive ? Judgement::kInconclusive
                                                                : Judgement::kMet;
    std::string line(verdict_name(word));
    if (word == VerdictWord::kCancelled) return line;
    if (word == VerdictWord::kNotChecked) return line + ": the report says why";
    std::string separator = ": ";
    for (const JudgedExpectation& e : outcome.expectations) {
        if (e.judgement != told) continue;
        line += separator + (told == Judgement::kMet ? "" : "expected ") + e.text + (e.detail.empty() ? "" : ", but " + e.detail);
        separator = ", ";
        if (told != Judgement::kMet) break;
    }
    return line + "; " + count_of(outcome.states, "state") + ", " + short_time(outcome.seconds);
}

std::size_t text_of_spec(const Analysis& analysis) {
    std::size_t hash = 0;
    for (SourceId file : analysis.loaded.spec.files) {
        const std::size_t one = std::hash<std::string_view>{}(analysis.sources().text(file));
        hash ^= one + 0x9e3779b97f4a7c15u + (hash << 6u) + (hash >> 2u);  // as is usual for joining hashes
    }
    return hash;
}

std::vector<VariantLens> variant_lenses(const Document& document, const std::map<VerdictKey, VariantVerdict>& verdicts) {
    std::vector<VariantLens> lenses;
    const Analysis& analysis = *document.analysis;
    if (!analysis.top().valid() || (analysis.loaded.library_only && analysis.loaded.plan.variants.size() < 2)) return lenses;
    const std::size_t text = text_of_spec(analysis);
    auto add = [&](const std::string& variant, const SourceSpan& place) {
        const auto found = verdicts.find({document.uri, variant});
        const VariantVerdict* verdict = found == verdicts.end() ? nullptr : &found->second;
        lenses.push_back({variant, place, title_of(variant, verdict, text), verdict != nullptr && verdict->running != 0});
    };
    add(kBaseVariant, place_of_base(analysis));
    for (const ast::Declaration& d : analysis.loaded.spec.declarations) {
        const auto* variant = std::get_if<ast::VariantDecl>(&d.node);
        if (variant != nullptr && !variant->name.empty()) add(variant->name.text, variant->name.span);
    }
    return lenses;
}

}  // namespace quire
