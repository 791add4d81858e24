#pragma once

#include <string>

#include "system/verdict.h"

namespace quire {

// Empty if both searches, with whatever reductions, say the same: the same properties violated and covered, by runs of the
// same lengths, and the same reasons not to be sure.  Otherwise what differs.
std::string compare_reports(const TransitionSystem& system, const SearchReport& reduced, const SearchReport& full);

}  // namespace quire
