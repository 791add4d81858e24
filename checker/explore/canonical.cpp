#include "explore/canonical.h"

#include <algorithm>

#include "explore/canonical_plan.h"
#include "explore/hash.h"

namespace quire::explore {

namespace {

constexpr std::uint64_t kOwn = 0x9e3779b97f4a7c15ull;
constexpr std::uint64_t kOut = 0xd6e8feb86659fd93ull;
constexpr std::uint64_t kIn = 0xa0761d6478bd642full;
constexpr std::uint64_t kSelf = 0xe7037ed1a0b428dbull;
constexpr std::uint64_t kChosen = 0x8ebc6af09c88c6e3ull;

std::uint64_t stir(std::uint64_t a, std::uint64_t b) { return mix(a ^ kOwn, b ^ kSelf); }

}  // namespace

Canonicaliser::Canonicaliser(const TransitionSystem& system, const Symmetry& symmetry, const PackedLayout& layout)
    : plan_(std::make_unique<const CanonicalPlan>(system, symmetry, layout)),
      words_(layout.words()),
      records_(plan_->records),
      rank_(plan_->members),
      best_rank_(plan_->members),
      loose_ends_(plan_->members),
      best_loose_ends_(plan_->members),
      sorted_(plan_->members),
      keys_(plan_->members),
      next_(plan_->members),
      next_order_(plan_->members),
      best_(words_),
      trial_(words_),
      unchanged_(words_) {
    level(0);
    for (std::uint32_t m = 0; m < plan_->members; ++m) next_order_[m] = levels_[0]->order[m] = m;
}

Canonicaliser::~Canonicaliser() = default;
Canonicaliser::Canonicaliser(Canonicaliser&&) noexcept = default;

Canonicaliser::Level& Canonicaliser::level(std::size_t depth) {
    while (levels_.size() <= depth) {
        levels_.push_back(std::make_unique<Level>());
        levels_.back()->colours.resize(plan_->members);
        levels_.back()->order.resize(plan_->members);
        levels_.back()->words.resize(words_);
    }
    return *levels_[depth];
}

inline void Canonicaliser::add_reference(std::uint32_t from, std::uint32_t to, std::uint64_t label) {
    Colours& colours = levels_[0]->colours;
    if (from == to) {
        colours[from] += stir(label, kSelf);
        return;
    }
    edges_.push_back({from, to, label});
}

// The records and references of the state, and the colours that the records give.
void Canonicaliser::read(const std::uint64_t* in) {
    const CanonicalPlan& plan = *plan_;
    Colours& colours = level(0).colours;
    edges_.clear();
    std::fill(colours.begin(), colours.end(), 0);
    for (const Chunk& chunk : plan.chunks) {
        std::uint64_t* record = &records_[chunk.first_record];
        for (const BitPlace& at : chunk.at) *record++ = (in[at.word] >> at.shift) & chunk.mask;
        // Who refers to nothing and whom nothing refers to needs no colour.
        if (plan.families[chunk.family].loose_ends && chunk.references.empty()) continue;
        std::uint64_t* colour = &colours[plan.families[chunk.family].first];
        record = &records_[chunk.first_record];
        for (std::size_t m = 0; m < chunk.at.size(); ++m) colour[m] = stir(colour[m], record[m] & chunk.plain);
    }
    for (const Chunk& chunk : plan.chunks) {
        for (const Reference& r : chunk.references) {
            for (std::uint32_t m = 0; m < chunk.at.size(); ++m) {
                std::uint64_t value = (records_[chunk.first_record + m] >> r.shift) & r.mask;
                std::size_t which = 0;
                if (r.by_location) {
                    const Chunk& where = plan.chunks[r.location_chunk];
                    which = (records_[where.first_record + m] >> r.location_shift) & r.location_mask;
                }
                const ReferenceTable::Entry& entry = plan.tables[r.tables[which]].find(value);
                std::uint32_t member = plan.families[chunk.family].first + m;
                if (entry.target == kNone)
                    colours[member] += stir(value + 1, r.number);
                else
                    add_reference(member, entry.target, stir(r.number, entry.label));
            }
        }
    }
    for (const LooseReference& r : plan.loose) {
        std::uint64_t value = (in[r.at.word] >> r.at.shift) & r.mask;
        const ReferenceTable::Entry& entry = plan.tables[r.table(in)].find(value);
        if (entry.target == kNone) continue;
        colours[entry.target] += stir(r.number, entry.label);
    }
    for (const PairCell& pair : plan.pairs) {
        std::uint64_t value = (in[pair.at.word] >> pair.at.shift) & pair.mask;
        if (value == 0 && pair.table == kNone) continue;
        std::uint64_t label = stir(pair.matrix + kIn, value);
        if (pair.table != kNone) {
            const ReferenceTable::Entry& entry = plan.tables[pair.table].find(value);
            if (entry.target != kNone) {
                label = stir(pair.matrix + kOut, entry.label);
                add_reference(pair.first, entry.target, label + 1);
                add_reference(pair.second, entry.target, label + 2);
            }
        }
        add_reference(pair.first, pair.second, label);
    }
}

// Members of each family by colour; how many colours there are.  The last bits of a colour make way for the member, so
// that one comparison sorts both; in a network, since what is to be sorted is in no order that could be predicted.
std::uint32_t Canonicaliser::sort_by_colour(const Colours& colours, std::vector<std::uint32_t>& order) {
    constexpr std::uint64_t kMember = 0xff;
    std::uint32_t distinct = 0;
    for (std::size_t f = 0; f < plan_->families.size(); ++f) {
        const CanonicalPlan::FamilyMembers& family = plan_->families[f];
        if (family.loose_ends) {
            distinct += family.size;
            continue;
        }
        std::uint64_t* const keys = keys_.data();
        for (std::uint32_t i = 0; i < family.size; ++i) keys[i] = (colours[family.first + i] & ~kMember) | i;
        for (const auto& [i, j] : plan_->networks[f]) {
            const std::uint64_t a = keys[i];
            const std::uint64_t b = keys[j];
            keys[i] = a < b ? a : b;
            keys[j] = a < b ? b : a;
        }
        order[family.first] = family.first + static_cast<std::uint32_t>(keys[0] & kMember);
        ++distinct;
        for (std::uint32_t i = 1; i < family.size; ++i) {
            order[family.first + i] = family.first + static_cast<std::uint32_t>(keys[i] & kMember);
            distinct += (keys[i] ^ keys[i - 1]) > kMember ? 1 : 0;
        }
    }
    return distinct;
}

// True if no two members of a family have the same colour.
bool Canonicaliser::refine(Colours& colours, std::vector<std::uint32_t>& order) {
    std::uint32_t distinct = sort_by_colour(colours, order);
    while (distinct < plan_->members && !edges_.empty()) {
        for (std::size_t m = 0; m < colours.size(); ++m) next_[m] = stir(colours[m], 1);
        for (const Edge& edge : edges_) {
            next_[edge.from] += mix(colours[edge.to] ^ edge.label, kOut);
            next_[edge.to] += mix(colours[edge.from] ^ edge.label, kIn);
        }
        std::uint32_t now = sort_by_colour(next_, next_order_);
        if (now <= distinct) break;
        colours.swap(next_);
        order.swap(next_order_);
        distinct = now;
    }
    return distinct == plan_->members;
}

// Whether the two may change places, and perhaps some that nothing refers to, and the state is the same.
bool Canonicaliser::twins(std::uint32_t a, std::uint32_t b) {
    std::vector<std::uint32_t>& order = next_order_;
    for (std::uint32_t m = 0; m < plan_->members; ++m) order[m] = m;
    if (!has_unchanged_) build(order, unchanged_.data());
    has_unchanged_ = true;
    std::swap(order[a], order[b]);
    build(order, trial_.data());
    return trial_ == unchanged_;
}

// The first colour of several members that are not all twins: one of each kind.  False if there is none.
bool Canonicaliser::choose_class(const Colours& colours, const std::vector<std::uint32_t>& order,
                                 std::vector<std::uint32_t>& representatives) {
    for (const CanonicalPlan::FamilyMembers& family : plan_->families) {
        std::uint32_t end = family.first + family.size;
        if (family.loose_ends) continue;
        for (std::uint32_t i = family.first; i < end;) {
            std::uint32_t j = i + 1;
            while (j < end && colours[order[j]] >> 8 == colours[order[i]] >> 8) ++j;
            representatives.clear();
            for (std::uint32_t k = i; k < j && j - i > 1; ++k) {
                bool known = std::any_of(representatives.begin(), representatives.end(),
                                         [&](std::uint32_t r) { return twins(r, order[k]); });
                if (!known) representatives.push_back(order[k]);
            }
            if (representatives.size() > 1) return true;
            i = j;
        }
    }
    return false;
}

inline std::uint64_t Canonicaliser::renamed_record(const Chunk& chunk, std::uint32_t member) const {
    std::uint64_t record = records_[chunk.first_record + member];
    for (const Reference& r : chunk.references) {
        std::size_t which = 0;
        if (r.by_location) {
            const Chunk& where = plan_->chunks[r.location_chunk];
            which = (records_[where.first_record + member] >> r.location_shift) & r.location_mask;
        }
        const std::uint64_t value = (record >> r.shift) & r.mask;
        const ReferenceTable& table = plan_->tables[r.tables[which]];
        const ReferenceTable::Entry& entry = table.find(value);
        if (entry.target != kNone) record ^= (value ^ table.values[entry.values + rank_[entry.target]]) << r.shift;
    }
    return record;
}

// Nearly sorted already: the state that a step was made from had them in order.
void Canonicaliser::put_loose_ends(const Chunk& chunk, std::uint64_t* out) {
    const CanonicalPlan::FamilyMembers& family = plan_->families[chunk.family];
    std::uint64_t* const records = &loose_ends_[family.first];
    std::uint64_t* const sorted = sorted_.data();
    for (std::uint32_t m = 0; m < family.size; ++m) {
        const std::uint64_t record = renamed_record(chunk, m);
        records[m] = record;
        std::uint32_t at = m;
        for (; at > 0 && sorted[at - 1] > record; --at) sorted[at] = sorted[at - 1];
        sorted[at] = record;
    }
    for (std::uint32_t m = 0; m < family.size; ++m) out[chunk.at[m].word] |= sorted[m] << chunk.at[m].shift;
}

// The state with the members in this order.
void Canonicaliser::build(const std::vector<std::uint32_t>& order, std::uint64_t* out) {
    const CanonicalPlan& plan = *plan_;
    for (const CanonicalPlan::FamilyMembers& family : plan.families) {
        if (family.loose_ends) continue;
        for (std::uint32_t i = 0; i < family.size; ++i) rank_[order[family.first + i]] = i;
    }
    for (unsigned w = 0; w < words_; ++w) out[w] = in_[w] & plan.stays[w];
    for (const Chunk& chunk : plan.chunks) {
        const CanonicalPlan::FamilyMembers& family = plan.families[chunk.family];
        if (family.loose_ends) {
            put_loose_ends(chunk, out);
            continue;
        }
        for (std::uint32_t m = 0; m < family.size; ++m) {
            const BitPlace& to = chunk.at[rank_[family.first + m]];
            out[to.word] |= renamed_record(chunk, m) << to.shift;
        }
    }
    auto renamed = [&](const ReferenceTable& table, std::uint64_t value) {
        const ReferenceTable::Entry& entry = table.find(value);
        return entry.target == kNone ? value : table.values[entry.values + rank_[entry.target]];
    };
    for (const LooseReference& r : plan.loose) {
        std::uint64_t value = (in_[r.at.word] >> r.at.shift) & r.mask;
        out[r.at.word] |= renamed(plan.tables[r.table(in_)], value) << r.at.shift;
    }
    for (const PairCell& pair : plan.pairs) {
        std::uint64_t value = (in_[pair.at.word] >> pair.at.shift) & pair.mask;
        if (value == 0 && pair.table == kNone) continue;
        if (pair.table != kNone) value = renamed(plan.tables[pair.table], value);
        const CanonicalPlan::Matrix& matrix = plan.matrices[pair.matrix];
        std::uint32_t columns = plan.families[matrix.second_family].size;
        const BitPlace& to = matrix.at[rank_[pair.first] * columns + rank_[pair.second]];
        out[to.word] |= value << to.shift;
    }
}

// The state that comes of always taking the first of the representatives.
void Canonicaliser::leftmost(Colours colours, std::uint64_t* out) {
    std::vector<std::uint32_t> order(plan_->members), representatives;
    for (std::uint64_t chosen = 0;; ++chosen) {
        bool done = refine(colours, order);
        if (done || !choose_class(colours, order, representatives)) break;
        colours[representatives[0]] = stir(colours[representatives[0]], kChosen);
    }
    build(order, out);
}

void Canonicaliser::search(std::size_t depth) {
    Level& here = level(depth);
    std::vector<std::uint32_t> representatives;
    bool done = refine(here.colours, here.order);
    if (done || !choose_class(here.colours, here.order, representatives)) {
        build(here.order, trial_.data());
        if (has_best_ && !std::lexicographical_compare(trial_.begin(), trial_.end(), best_.begin(), best_.end())) return;
        best_ = trial_;
        keep_ranks();
        has_best_ = true;
        return;
    }
    std::vector<std::vector<std::uint64_t>> seen;
    for (std::uint32_t r : representatives) {
        Level& child = level(depth + 1);
        child.colours = here.colours;
        child.colours[r] = stir(child.colours[r], kChosen);
        std::vector<std::uint64_t> words(words_);
        leftmost(child.colours, words.data());
        if (std::find(seen.begin(), seen.end(), words) != seen.end()) continue;
        seen.push_back(std::move(words));
        search(depth + 1);
    }
}

void Canonicaliser::canonical(const std::uint64_t* in, std::uint64_t* out) {
    in_ = in;
    read(in);
    Level& top = level(0);
    std::vector<std::uint32_t>& order = top.order;
    if (refine(top.colours, order)) {
        build(order, out);
        keep_ranks();
        return;
    }
    has_best_ = has_unchanged_ = false;
    search(0);
    std::copy(best_.begin(), best_.end(), out);
}

void Canonicaliser::keep_ranks() {
    std::copy(rank_.begin(), rank_.end(), best_rank_.begin());
    std::copy(loose_ends_.begin(), loose_ends_.end(), best_loose_ends_.begin());
}

ThreadNumber Canonicaliser::renamed(ThreadNumber thread) const {
    const CanonicalPlan::ThreadMember& entry = plan_->threads[thread];
    if (entry.member == kNone) return thread;
    const CanonicalPlan::FamilyMembers& family = plan_->families[plan_->family_of[entry.member]];
    if (!family.loose_ends) return entry.first_thread + best_rank_[entry.member];
    // Among equal ones the order is of no consequence, but each has a place of its own.
    std::uint32_t rank = 0;
    for (std::uint32_t m = family.first; m < family.first + family.size; ++m) {
        const bool before = best_loose_ends_[m] < best_loose_ends_[entry.member] ||
                            (best_loose_ends_[m] == best_loose_ends_[entry.member] && m < entry.member);
        rank += before ? 1 : 0;
    }
    return entry.first_thread + rank;
}

}  // namespace quire::explore
