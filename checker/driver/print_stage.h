// What the stages of the route produced, as text: `quire check --print STAGE`.
#pragma once

#include <string>

#include "driver/session.h"

namespace quire {

// Returns the exit code.
int print_stage(const std::string& stage, const CheckOptions& options, FileProvider& files, Sink& out, Sink& err);

}  // namespace quire
