#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/source.h"

namespace quire {

enum class Severity : std::uint8_t { kError, kWarning, kNote };

enum class DiagnosticCode : std::uint16_t {
#define CODE(name, title, text) k##name,
#include "support/diagnostic_codes.def"
#undef CODE
};

// One row of the table; `code` is what is printed, "E0101".
struct DiagnosticInfo {
    DiagnosticCode id;
    std::string_view code;
    std::string_view title;
    std::string_view text;
};

const std::vector<DiagnosticInfo>& diagnostic_table();
const DiagnosticInfo& diagnostic_info(DiagnosticCode code);
std::optional<DiagnosticInfo> find_diagnostic_info(std::string_view code);

struct DiagnosticLabel {
    SourceSpan span;
    std::string text;
};

// What the user is told. Messages are lower case without a final period; names stand in `…`.
struct Diagnostic {
    Severity severity = Severity::kError;
    DiagnosticCode code{};
    std::string message;
    SourceSpan span;    // may be invalid: then only the message is shown
    std::string label;  // beside the ^^^
    std::vector<DiagnosticLabel> secondary;
    std::vector<std::string> notes;
    std::vector<std::string> helps;

    // For chaining: sink.error(code, span, "…").with_label("…").with_help("…");
    Diagnostic& with_label(std::string text);
    Diagnostic& with_secondary(SourceSpan where, std::string text);
    Diagnostic& with_note(std::string text);
    Diagnostic& with_help(std::string text);
};

// Collects. Keeps a bounded number, counts all.
class Diagnostics {
public:
    static constexpr std::size_t kMaxKept = 2000;

    // The reference is valid until the sink dies; chain on it.
    Diagnostic& error(DiagnosticCode code, SourceSpan span, std::string message);
    Diagnostic& warning(DiagnosticCode code, SourceSpan span, std::string message);
    Diagnostic& report(Diagnostic diagnostic);

    bool has_errors() const { return errors_ > 0; }
    // As reported, duplicates included: for "did this stage fail?". `sorted()` has what is shown.
    std::size_t error_count() const { return errors_; }
    std::size_t warning_count() const { return warnings_; }
    bool empty() const { return errors_ + warnings_ == 0; }

    // By file, place and code, in the order of the files; equal ones once; those without a place first.
    std::vector<Diagnostic> sorted() const;
    const std::deque<Diagnostic>& in_order() const { return items_; }
    std::size_t dropped() const { return dropped_; }

private:
    std::deque<Diagnostic> items_;
    Diagnostic overflow_;  // what is reported past kMaxKept is chained onto this and forgotten
    std::size_t errors_ = 0;
    std::size_t warnings_ = 0;
    std::size_t dropped_ = 0;
};

struct RenderOptions {
    bool color = false;
    std::size_t max_shown = 50;
    std::size_t max_width = 160;  // of a source line: longer ones are shown in a window around the span
    bool summary = false;         // "error: 2 errors, 1 warning; nothing was checked" at the end
    std::string summary_tail = "nothing was checked";
};

std::string render_diagnostic(const SourceManager& sources, const Diagnostic& diagnostic, const RenderOptions& options = {});
std::string render_diagnostics(const SourceManager& sources, const Diagnostics& diagnostics, const RenderOptions& options = {});
std::string_view severity_name(Severity severity);

}  // namespace quire
