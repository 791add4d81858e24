// A cell of each thread that is 1 and that nothing changes: "this is a thread".  What is said of all threads of a role, or of some,
// is said of those with the mark, where the lowering is asked for marks; so what is said of no thread keeps its shape, and a proof
// for every number of threads can see that it does.
#pragma once

namespace quire {

// The name of the cells' variable.  Names of the spec have no blanks.
inline constexpr const char* kThreadMarks = "is a thread";

}  // namespace quire
