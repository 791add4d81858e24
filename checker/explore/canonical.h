// Of all states that permutations of the symmetric families make of one, always the same: its canonical form.
//
// Colour refinement (B. Weisfeiler and A. Lehman, 1968) and a search among ties, as B. McKay's for graphs (1981): a member's
// colour is what it holds, then also the colours of what it refers to and of what refers to it, until no more members
// differ.  Sorted by colour they get their numbers.  Members of one colour that may change places in this state as they
// are need no decision; among others each is tried as the first, unless it turns out to be another's mirror image, and
// the least result is taken.  Members that nothing refers to (most threads) need no colour: once everything else has its
// number they are sorted by what they hold.  So the form is exact, and its cost is not factorial where many are alike.
//
// Invariant: canonical(p(s)) == canonical(s) for every permutation p, and canonical(s) == p(s) for some p.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "explore/packed_layout.h"
#include "explore/symmetry.h"

namespace quire::explore {

class CanonicalPlan;
struct Chunk;

// One per thread of the search.
class Canonicaliser {
public:
    // The layout has to be one that was made for the same symmetry.
    Canonicaliser(const TransitionSystem& system, const Symmetry& symmetry, const PackedLayout& layout);
    ~Canonicaliser();
    Canonicaliser(Canonicaliser&&) noexcept;
    Canonicaliser(const Canonicaliser&) = delete;
    Canonicaliser& operator=(const Canonicaliser&) = delete;

    // `out` and `in` do not overlap.
    void canonical(const std::uint64_t* in, std::uint64_t* out);
    // What the last call made of a thread.
    ThreadNumber renamed(ThreadNumber thread) const;

private:
    using Colours = std::vector<std::uint64_t>;
    struct Edge {
        std::uint32_t from, to;
        std::uint64_t label;
    };
    struct Level {
        Colours colours;
        std::vector<std::uint32_t> order;
        std::vector<std::uint64_t> words;
    };

    void read(const std::uint64_t* in);
    void add_reference(std::uint32_t from, std::uint32_t to, std::uint64_t label);
    bool refine(Colours& colours, std::vector<std::uint32_t>& order);
    std::uint32_t sort_by_colour(const Colours& colours, std::vector<std::uint32_t>& order);
    bool choose_class(const Colours& colours, const std::vector<std::uint32_t>& order,
                      std::vector<std::uint32_t>& representatives);
    bool twins(std::uint32_t a, std::uint32_t b);
    void build(const std::vector<std::uint32_t>& order, std::uint64_t* out);
    std::uint64_t renamed_record(const Chunk& chunk, std::uint32_t member) const;
    void put_loose_ends(const Chunk& chunk, std::uint64_t* out);
    void keep_ranks();
    void search(std::size_t depth);
    void leftmost(Colours colours, std::uint64_t* out);
    Level& level(std::size_t depth);

    std::unique_ptr<const CanonicalPlan> plan_;
    const std::uint64_t* in_ = nullptr;
    unsigned words_ = 1;
    std::vector<std::uint64_t> records_;  // by chunk and member
    std::vector<Edge> edges_;
    std::vector<std::uint32_t> rank_;  // by member: its new number within its family
    std::vector<std::uint32_t> best_rank_;
    std::vector<std::uint64_t> loose_ends_;  // by member of such a family: its record with the new names
    std::vector<std::uint64_t> best_loose_ends_;
    std::vector<std::uint64_t> sorted_;
    std::vector<std::uint64_t> keys_;
    Colours next_;
    std::vector<std::uint32_t> next_order_;
    std::vector<std::uint64_t> best_, trial_, unchanged_;
    bool has_unchanged_ = false;
    bool has_best_ = false;
    std::vector<std::unique_ptr<Level>> levels_;
};

}  // namespace quire::explore
