// What could prevent a violation, as edits: generated from the causal steps alone, so that most of them are wrong.  Whether
// one helps is for the engine to say: see repairs.h.
#pragma once

#include <string>
#include <vector>

#include "workbench/code_spots.h"

namespace quire {

struct Candidate {
    std::string what;  // "lru_lock over [a]..[d]"
    std::string note;  // "trylock_page(), for lock_page() may sleep"
    std::string lock;  // the place of the lock that it takes, if it takes one: "inode#0.i_data.tree_lock"
    EditedVariant variant;
};

// In a fixed order, equal edits once, at most `most`.
std::vector<Candidate> repair_candidates(const ExplainedFinding& of, std::size_t most);

// The parts, each adding to the list.
using CandidateList = std::vector<Candidate>;
void add_lock_candidates(const ExplainedFinding& of, CandidateList& list);
void add_count_candidates(const ExplainedFinding& of, CandidateList& list);
void add_lifetime_candidates(const ExplainedFinding& of, CandidateList& list);
void add_order_candidates(const ExplainedFinding& of, CandidateList& list);

}  // namespace quire
