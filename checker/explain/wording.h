// The words of reports for each kind of finding.
#pragma once

#include <string>
#include <string_view>

#include "system/transition_system.h"

namespace quire {

// "use-after-free" for use_after_free; "invariant x is false" for properties of the spec.
std::string finding_phrase(const SystemProperty& property);
// What went wrong in one sentence without a subject: "follows a pointer to an object that was freed".
std::string finding_predicate(std::string_view builtin);
// What stands in the last row: "USE AFTER FREE".
std::string finding_shout(const SystemProperty& property);

}  // namespace quire
