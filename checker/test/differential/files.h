// The comparison over spec files: every variant and every instance that their expectations ask for.
#pragma once

#include <string>
#include <vector>

#include "compare.h"

namespace quire {

struct Tally {
    std::uint64_t equal = 0, different = 0, too_large = 0, refused = 0, invariants = 0, proved = 0;
};

// Says each difference on stdout.
void compare_file(const std::string& path, const std::vector<std::string>& model_path, const CompareOptions& options,
                  bool talkative, Tally& tally);

// All *.quire under the paths, sorted.
std::vector<std::string> spec_files(const std::vector<std::string>& paths);

}  // namespace quire
