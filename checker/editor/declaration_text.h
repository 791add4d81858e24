// How a declaration is shown beside a name: what the author wrote, without bodies.
#pragma once

#include <string>

#include "support/source.h"
#include "syntax/ast.h"

namespace quire {

// Short ones as they stand; of functions, threads and variants what is before the body.
std::string declaration_text(const SourceManager& sources, const ast::Declaration& declaration);
// The text of a span, or of the macro use that it came out of, on one line, without `;` at the end.
std::string source_text(const SourceManager& sources, SourceSpan span);
// The line of a #define, with what continues it.
std::string macro_text(const SourceManager& sources, const SourceSpan& name);
// "struct page *" and "p": "struct page *p"; "int[4]" and "a": "int a[4]".
std::string with_name(const std::string& type, const std::string& name);

}  // namespace quire
