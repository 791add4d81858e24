#include "support/diagnostics.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "support/invariant.h"

namespace quire {

const std::vector<DiagnosticInfo>& diagnostic_table() {
    static const std::vector<DiagnosticInfo> kTable = {
#define CODE(name, title, text) DiagnosticInfo{DiagnosticCode::k##name, #name, title, text},
#include "support/diagnostic_codes.def"
#undef CODE
    };
    return kTable;
}

const DiagnosticInfo& diagnostic_info(DiagnosticCode code) {
    const auto index = static_cast<std::size_t>(code);
    INVARIANT(index < diagnostic_table().size(), "no diagnostic " + std::to_string(index));
    return diagnostic_table()[index];
}

std::optional<DiagnosticInfo> find_diagnostic_info(std::string_view code) {
    for (const DiagnosticInfo& info : diagnostic_table())
        if (info.code == code) return info;
    return std::nullopt;
}

Diagnostic& Diagnostic::with_label(std::string text) {
    label = std::move(text);
    return *this;
}

Diagnostic& Diagnostic::with_secondary(SourceSpan where, std::string text) {
    secondary.push_back({where, std::move(text)});
    return *this;
}

Diagnostic& Diagnostic::with_note(std::string text) {
    notes.push_back(std::move(text));
    return *this;
}

Diagnostic& Diagnostic::with_help(std::string text) {
    helps.push_back(std::move(text));
    return *this;
}

Diagnostic& Diagnostics::error(DiagnosticCode code, SourceSpan span, std::string message) {
    Diagnostic diagnostic;
    diagnostic.severity = Severity::kError;
    diagnostic.code = code;
    diagnostic.span = span;
    diagnostic.message = std::move(message);
    return report(std::move(diagnostic));
}

Diagnostic& Diagnostics::warning(DiagnosticCode code, SourceSpan span, std::string message) {
    Diagnostic diagnostic;
    diagnostic.severity = Severity::kWarning;
    diagnostic.code = code;
    diagnostic.span = span;
    diagnostic.message = std::move(message);
    return report(std::move(diagnostic));
}

Diagnostic& Diagnostics::report(Diagnostic diagnostic) {
    if (diagnostic.severity == Severity::kError) ++errors_;
    if (diagnostic.severity == Severity::kWarning) ++warnings_;
    if (items_.size() >= kMaxKept) {
        ++dropped_;
        overflow_ = std::move(diagnostic);
        return overflow_;
    }
    items_.push_back(std::move(diagnostic));
    return items_.back();
}

namespace {

// An invalid file is the largest id, but what has no place comes first. Expansions do not count: one mistake in a macro's body is
// one mistake, however often the macro is used.
auto order_of(const Diagnostic& d) {
    const std::uint32_t file = d.span.valid() ? d.span.file.value + 1 : 0;
    return std::make_tuple(file, d.span.begin, d.span.end, d.severity, d.code, std::string_view(d.message));
}

}  // namespace

std::vector<Diagnostic> Diagnostics::sorted() const {
    std::vector<Diagnostic> result(items_.begin(), items_.end());
    std::stable_sort(result.begin(), result.end(),
                     [](const Diagnostic& a, const Diagnostic& b) { return order_of(a) < order_of(b); });
    const auto same = [](const Diagnostic& a, const Diagnostic& b) { return order_of(a) == order_of(b); };
    result.erase(std::unique(result.begin(), result.end(), same), result.end());
    return result;
}

}  // namespace quire
