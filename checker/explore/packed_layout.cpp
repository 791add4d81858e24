// Cells to bits.  A small declared range is taken as it is.  Of a wide one (an int counter) only what has been seen, with
// a margin, gets room; a cell that no step writes gets none.  A tight layout, for long searches, believes what the
// beginning of the search has seen also of small ranges: most temporaries are 0 between steps.  All of this is
// speculation: packing checks every value that it stores, and after one that does not fit the search begins again.
//
// Invariant: unpack(pack(s)) == s for every state that `pack` accepts, and equal states have equal words.
#include "explore/packed_layout.h"

#include <algorithm>
#include <limits>

#include "explore/symmetry.h"
#include "support/invariant.h"

namespace quire::explore {

namespace {

// Declared ranges of up to this many bits are not worth a guess.
constexpr std::uint32_t kSmallRange = 4;

std::uint64_t span_of(Value lo, Value hi) { return static_cast<std::uint64_t>(hi) - static_cast<std::uint64_t>(lo); }

std::uint32_t bits_for(std::uint64_t span) {
    std::uint32_t bits = 0;
    while (bits < 64 && (span >> bits) != 0) ++bits;
    return bits;
}

Value saturating_add(Value a, Value b) {
    Value sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return b > 0 ? std::numeric_limits<Value>::max() : std::numeric_limits<Value>::min();
}

Value saturating_double(Value a) { return saturating_add(a, a); }

}  // namespace

// Four times the room, so that a counter that runs away costs a few restarts and not one per value.
void extend(const Variable& variable, ObservedRange& seen, Value value) {
    const ObservedRange before = seen;
    seen.add(value);
    std::uint64_t room = std::max<std::uint64_t>(span_of(seen.lo, seen.hi), 1);
    Value margin = room > (std::uint64_t{1} << 60) ? std::numeric_limits<Value>::max() : static_cast<Value>(3 * room);
    if (value > before.hi) seen.hi = std::max(value, std::min(saturating_add(value, margin), variable.hi));
    if (value < before.lo) seen.lo = std::min(value, std::max(saturating_add(value, -margin), variable.lo));
}

PackedLayout::PackedLayout(const TransitionSystem& system, std::span<const ObservedRange> observed,
                           std::span<const char> may_write, Margin margin, const Symmetry* symmetry)
    : system_(&system), ranges_(observed.begin(), observed.end()) {
    for (const Variable& v : system.variables) {
        if (v.count == 0) continue;
        if (margin == Margin::kTight && v.kind != VariableKind::kLocation)
            guess_tightly(v, observed);
        else
            guess_loosely(v, observed);
        for (Address a = v.base; a < v.base + v.count; ++a) {
            if (may_write[a] == 0 && observed[a].lo == observed[a].hi) ranges_[a] = observed[a];
        }
    }
    if (symmetry != nullptr) guess_alike(*symmetry);
    // A member in one piece is moved in one; but not at the price of more words.
    arrange(blocks(symmetry), false);
    if (symmetry == nullptr) return;
    std::uint32_t least = words_;
    arrange(blocks(symmetry), true);
    if (words_ > least) arrange(blocks(symmetry), false);
}

// What any of the cells that change places may hold, all of them may; and a reference may name any member.
void PackedLayout::guess_alike(const Symmetry& symmetry) {
    for (Address a = 0; a < system_->cell_count(); ++a) {
        if (symmetry.orbit(a) == a) continue;
        ranges_[symmetry.orbit(a)].add(ranges_[a].lo);
        ranges_[symmetry.orbit(a)].add(ranges_[a].hi);
    }
    for (Address a = 0; a < system_->cell_count(); ++a) {
        if (symmetry.orbit(a) != a) continue;
        ObservedRange& range = ranges_[a];
        const std::uint32_t role = system_->variables[system_->cell_variable[a]].role;
        std::size_t locations = symmetry.depends_on(a) == 0 ? 1 : system_->roles[role].locations.size();
        for (bool grows = true; grows;) {
            const ObservedRange before = range;
            for (LocationNumber l = 0; l < locations; ++l) {
                const ValueRows* rows = symmetry.rows(a, l);
                for (std::size_t r = 0; rows != nullptr && r < rows->rows.size(); ++r) {
                    const std::vector<Value>& row = rows->rows[r];
                    bool met = std::any_of(row.begin(), row.end(), [&](Value v) { return v >= range.lo && v <= range.hi; });
                    for (Value v : row) {
                        if (met) range.add(v);
                    }
                }
            }
            // What fits into the bits may be found there.
            std::uint32_t bits = bits_for(span_of(range.lo, range.hi));
            std::uint64_t room = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
            if (bits < 62) range.hi = range.lo + static_cast<Value>(room);
            grows = range.lo != before.lo || range.hi != before.hi;
        }
    }
    for (Address a = 0; a < system_->cell_count(); ++a) ranges_[a] = ranges_[symmetry.orbit(a)];
}

// Small declared ranges as they are; else twice what any cell of the variable was seen to hold.
void PackedLayout::guess_loosely(const Variable& v, std::span<const ObservedRange> observed) {
    ObservedRange seen = observed[v.base];
    for (Address a = v.base; a < v.base + v.count; ++a) {
        seen.add(observed[a].lo);
        seen.add(observed[a].hi);
    }
    ObservedRange range{std::min(v.lo, seen.lo), std::max(v.hi, seen.hi)};
    std::uint32_t bits = bits_for(span_of(range.lo, range.hi));
    if (bits > kSmallRange && v.kind != VariableKind::kLocation) {
        ObservedRange wide{seen.lo < 0 ? saturating_add(saturating_double(seen.lo), -1) : 0,
                           saturating_add(saturating_double(std::max<Value>(seen.hi, 0)), 3)};
        wide.lo = std::max(wide.lo, range.lo);
        wide.hi = std::min(wide.hi, range.hi);
        if (bits_for(span_of(wide.lo, wide.hi)) < bits) range = wide;
    }
    for (Address a = v.base; a < v.base + v.count; ++a) ranges_[a] = range;
}

// Cell by cell what was seen, and a little more if it was more than two values.
void PackedLayout::guess_tightly(const Variable& v, std::span<const ObservedRange> observed) {
    for (Address a = v.base; a < v.base + v.count; ++a) {
        std::uint64_t span = span_of(observed[a].lo, observed[a].hi);
        if (span < 2) continue;
        Value more = static_cast<Value>(span / 4 + 1);
        Value hi = saturating_add(observed[a].hi, more);
        ranges_[a].hi = std::max(observed[a].hi, std::min(hi, v.hi));
    }
}

// Cells that are to lie together: what belongs to nobody, then what belongs to two, then member by member; or, without a
// symmetry, shared cells, then thread by thread.
std::vector<std::vector<Address>> PackedLayout::blocks(const Symmetry* symmetry) const {
    std::vector<std::vector<Address>> result(1);
    std::vector<std::vector<Address>> own(system_->threads.size());
    std::vector<std::vector<std::vector<Address>>> members;
    if (symmetry != nullptr) {
        for (const Family& family : symmetry->families()) members.emplace_back(family.size);
    }
    for (Address a = 0; a < system_->cell_count(); ++a) {
        const Variable& v = system_->variables[system_->cell_variable[a]];
        std::size_t owners = symmetry == nullptr ? 0 : symmetry->owners(a).size();
        if (owners == 1)
            members[symmetry->owners(a)[0].family][symmetry->owners(a)[0].member].push_back(a);
        else if (owners == 2 || v.role == kNone)
            result[0].push_back(a);
        else
            own[system_->roles[v.role].first_thread + (a - v.base)].push_back(a);
    }
    for (std::vector<Address>& cells : own) result.push_back(std::move(cells));
    for (std::vector<std::vector<Address>>& family : members) {
        for (std::vector<Address>& cells : family) {
            std::stable_sort(cells.begin(), cells.end(),
                             [&](Address a, Address b) { return symmetry->orbit(a) < symmetry->orbit(b); });
            result.push_back(std::move(cells));
        }
    }
    return result;
}

void PackedLayout::arrange(const std::vector<std::vector<Address>>& blocks, bool whole_blocks) {
    fields_.assign(system_->cell_count(), Field{});
    varying_.clear();
    constants_.clear();
    unpacked_.clear();
    std::vector<std::uint32_t> used{64 - kFirstWordBits};  // bits of each word; those of word 0 lie at its end
    bits_ = 0;
    for (const std::vector<Address>& block : blocks) {
        std::uint32_t wanted = 0;
        for (Address a : block) wanted += bits_for(span_of(ranges_[a].lo, ranges_[a].hi));
        std::uint32_t from = 0;  // no earlier word is tried
        if (whole_blocks && wanted <= kFirstWordBits) {
            while (from < used.size() && used[from] + wanted > 64) ++from;
        }
        for (Address a : block) place(a, used, from);
    }
    words_ = static_cast<std::uint32_t>(used.size());
    word_bits_ = used;
    word_bits_[0] -= 64 - kFirstWordBits;
    std::stable_sort(varying_.begin(), varying_.end(),
                     [this](Address a, Address b) { return fields_[a].word < fields_[b].word; });
    for (Address a : varying_) {
        const Field& f = fields_[a];
        unpacked_.push_back({a, static_cast<std::uint16_t>(f.word), static_cast<std::uint16_t>(f.shift), f.max,
                             static_cast<std::uint64_t>(f.lo)});
    }
    INVARIANT(words_ < 65536, "a state of too many words");
}

void PackedLayout::place(Address a, std::vector<std::uint32_t>& used, std::uint32_t from) {
    const ObservedRange& range = ranges_[a];
    Field& field = fields_[a];
    field.lo = range.lo;
    field.bits = bits_for(span_of(range.lo, range.hi));
    if (field.bits == 0) {
        constants_.push_back(a);
        return;
    }
    field.max = field.bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << field.bits) - 1;
    std::uint32_t word = from;
    while (word < used.size() && used[word] + field.bits > 64) ++word;
    if (word >= used.size()) {
        word = static_cast<std::uint32_t>(used.size());
        used.push_back(0);
    }
    field.word = word;
    field.shift = word == 0 ? used[word] - (64 - kFirstWordBits) : used[word];
    used[word] += field.bits;
    bits_ += field.bits;
    varying_.push_back(a);
}

bool PackedLayout::pack(const Value* cells, std::uint64_t* words, Address& misfit) const {
    std::fill_n(words, words_, 0);
    for (Address a : varying_) {
        const Field& f = fields_[a];
        std::uint64_t offset = static_cast<std::uint64_t>(cells[a]) - static_cast<std::uint64_t>(f.lo);
        if (offset > f.max) {
            misfit = a;
            return false;
        }
        words[f.word] |= offset << f.shift;
    }
    return true;
}

}  // namespace quire::explore
