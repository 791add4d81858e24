// Cells to bits.  A small declared range is taken as it is.  Of a wide one (an int counter) only what has been seen, with
// a margin, gets room; a cell that no step writes gets none.  A tight layout, for long searches, believes what the
// beginning of the search has seen also of small ranges: most temporaries are 0 between steps.  All of this is
// speculation: packing checks every value that it stores, and after one that does not fit the search begins again.
//
// Invariant: unpack(pack(s)) == s for every state that `pack` accepts, and equal states have equal words.
#include "explore/packed_layout.h"

#include <algorithm>
#include <limits>

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
                           std::span<const char> may_write, Margin margin)
    : system_(&system), ranges_(observed.begin(), observed.end()) {
    for (const Variable& v : system.variables) {
        if (v.count == 0) continue;
        if (margin == Margin::kTight && v.kind != VariableKind::kLocation) guess_tightly(v, observed);
        else guess_loosely(v, observed);
        for (Address a = v.base; a < v.base + v.count; ++a) {
            if (may_write[a] == 0 && observed[a].lo == observed[a].hi) ranges_[a] = observed[a];
        }
    }
    arrange();
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

// Shared cells first, then thread by thread.
std::vector<Address> PackedLayout::order() const {
    std::vector<Address> shared, result;
    std::vector<std::vector<Address>> own(system_->threads.size());
    for (Address a = 0; a < system_->cell_count(); ++a) {
        const Variable& v = system_->variables[system_->cell_variable[a]];
        if (v.role == kNone) shared.push_back(a);
        else own[system_->roles[v.role].first_thread + (a - v.base)].push_back(a);
    }
    result = shared;
    for (const std::vector<Address>& cells : own) result.insert(result.end(), cells.begin(), cells.end());
    return result;
}

void PackedLayout::arrange() {
    fields_.assign(system_->cell_count(), Field{});
    varying_.clear();
    constants_.clear();
    unpacked_.clear();
    std::vector<std::uint32_t> used{64 - kFirstWordBits};  // bits of each word; those of word 0 lie at its end
    bits_ = 0;
    for (Address a : order()) {
        const ObservedRange& range = ranges_[a];
        Field& field = fields_[a];
        field.lo = range.lo;
        field.bits = bits_for(span_of(range.lo, range.hi));
        if (field.bits == 0) {
            constants_.push_back(a);
            continue;
        }
        field.max = field.bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << field.bits) - 1;
        std::uint32_t word = 0;
        while (word < used.size() && used[word] + field.bits > 64) ++word;
        if (word == used.size()) used.push_back(0);
        field.word = word;
        field.shift = word == 0 ? used[word] - (64 - kFirstWordBits) : used[word];
        used[word] += field.bits;
        bits_ += field.bits;
        varying_.push_back(a);
    }
    words_ = static_cast<std::uint32_t>(used.size());
    std::stable_sort(varying_.begin(), varying_.end(),
                     [this](Address a, Address b) { return fields_[a].word < fields_[b].word; });
    for (Address a : varying_) {
        const Field& f = fields_[a];
        unpacked_.push_back({a, static_cast<std::uint16_t>(f.word), static_cast<std::uint16_t>(f.shift), f.max,
                             static_cast<std::uint64_t>(f.lo)});
    }
    INVARIANT(words_ < 65536, "a state of too many words");
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
