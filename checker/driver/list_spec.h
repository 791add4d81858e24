// What is in a spec: `quire list`.
#pragma once

#include <string>

#include "driver/load.h"

namespace quire {

std::string describe_spec(LoadedSpec& spec);

}  // namespace quire
