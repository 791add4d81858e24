// Which searches a spec needs and which expectations they answer.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "driver/gate.h"
#include "driver/load.h"
#include "report/results.h"

namespace quire {

// What the command line selects.
struct Selection {
    std::vector<std::string> variants, properties, instances;  // empty: all
    bool all_instances = false;
    bool quick = false;  // of each expectation the first instance alone, and no proofs
    Shard shard;         // the part of the expectations that this session judges
    std::string memory;  // instead of the models that a spec lists
    std::vector<std::pair<std::string, std::string>> defines;
    std::vector<Question> questions;  // asked in place of what the specs ask

    bool narrows() const {
        return !questions.empty() || !variants.empty() || !properties.empty() || !instances.empty() || !defines.empty() ||
               !memory.empty() || quick || shard.count != 1;
    }
};

// Equal (variant, values, memory model) are one search, whoever asks for it.
struct PlannedRun {
    std::size_t variant = 0;
    ConstantValues values;
    NamedValues sizes;
    std::string instance;
    std::string memory = "sc";
};

struct PlannedExpectation {
    ExpectationHead head;
    std::vector<std::size_t> runs;
    std::string unsupported;
    std::vector<ConstantId> any;    // of `expect proved for any …`
    std::vector<ConstantId> fixed;  // what else the expectation, its instance or -D gives a value to
    bool implied_cover = false;
    std::vector<std::string> only;  // the properties that decide; empty: all
    bool only_if_met = false;       // a narrowed selection cannot show that no run reaches the cover
};

struct CheckPlan {
    std::vector<PlannedRun> runs;
    std::vector<PlannedExpectation> expectations;
    std::vector<std::string> slow_instances;  // that were not asked for
    std::size_t quick_left_out = 0;           // instances of an expectation, and proofs
};

// Names of the selection that meant something in some spec.
struct SelectionUse {
    std::set<std::string> variants, properties, instances, defines;
};

// Reports senseless constants and ranges into the spec's diagnostics.
CheckPlan plan_checks(LoadedSpec& spec, const Selection& selection, SelectionUse& use, std::uint32_t& next_id);

// What --variant, --instance, --property and -D could have named in this spec.
struct KnownNames {
    std::vector<std::string> variants, properties, instances, constants;
};
KnownNames known_names(const LoadedSpec& spec);

}  // namespace quire
