// A trace that is too long for a screen, without the rows that say least.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "explain/explain.h"

namespace quire {

// Folds rows until `lines_of` it is at most `limit`, or until only those are left that have to be shown: the causal steps,
// the first and the last.  A trace that fits is returned as it is.
ExplainedTrace folded_to_fit(const ExplainedTrace& trace, std::size_t limit,
                             const std::function<std::size_t(const ExplainedTrace&)>& lines_of);

// How many rows from `first` on are left out.
std::size_t folded_from(const ExplainedTrace& trace, std::size_t first);

// "... 12 steps of scanner (folio_lock, folio_put), 3 of holder[0] ...", in one line of `width`.
std::string folded_line(const ExplainedTrace& trace, std::size_t first, std::size_t count, std::size_t width);

// The row's text; behind a row of the same line that is shown, only what tells the two apart, where the whole is longer
// than `width`.
std::string row_text(const ExplainedTrace& trace, std::size_t row, std::size_t width);

}  // namespace quire
