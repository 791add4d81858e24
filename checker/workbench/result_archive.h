// What a spec's check brought as bytes, and back.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "driver/spec_results.h"

namespace quire {

std::string archived(const SpecResults& results);
// Nothing for what archived() did not write.  Where the bytes come from a file they are to be compared with a checksum first.
std::unique_ptr<SpecResults> unarchived(std::string_view bytes);

}  // namespace quire
