// Cells to bits.  A small declared range is taken as it is.  Of a wide one (an int counter) only what some random walks
// have seen, with a margin, gets room; a cell that no step writes gets none.  All of this is speculation: packing
// checks every value that it stores, and one that does not fit widens its variable and starts the search again.
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

PackedLayout::PackedLayout(const TransitionSystem& system, std::span<const ObservedRange> observed,
                           std::span<const char> may_write)
    : system_(&system) {
    speculate(observed, may_write);
    arrange();
}

void PackedLayout::speculate(std::span<const ObservedRange> observed, std::span<const char> may_write) {
    is_constant_.assign(system_->cell_count(), 0);
    for (Address a = 0; a < system_->cell_count(); ++a) {
        is_constant_[a] = may_write[a] == 0 && observed[a].lo == observed[a].hi;
        constant_.push_back(observed[a].lo);
    }
    for (const Variable& v : system_->variables) {
        Range seen{std::numeric_limits<Value>::max(), std::numeric_limits<Value>::min()};
        for (Address a = v.base; a < v.base + v.count; ++a) {
            seen.lo = std::min(seen.lo, observed[a].lo);
            seen.hi = std::max(seen.hi, observed[a].hi);
        }
        Range declared{std::min(v.lo, seen.lo), std::max(v.hi, seen.hi)};
        std::uint32_t bits = bits_for(span_of(declared.lo, declared.hi));
        if (bits > kSmallRange && v.kind != VariableKind::kLocation && v.count > 0) {
            Range wide{seen.lo < 0 ? saturating_add(saturating_double(seen.lo), -1) : 0,
                       saturating_add(saturating_double(std::max<Value>(seen.hi, 0)), 3)};
            wide.lo = std::max(wide.lo, declared.lo);
            wide.hi = std::min(wide.hi, declared.hi);
            if (bits_for(span_of(wide.lo, wide.hi)) < bits) declared = wide;
        }
        ranges_.push_back(declared);
    }
}

void PackedLayout::grow(Address address, Value value) {
    is_constant_[address] = 0;
    std::uint32_t number = system_->cell_variable[address];
    const Variable& v = system_->variables[number];
    Range& range = ranges_[number];
    if (value >= range.lo && value <= range.hi) {
        arrange();  // only taken for a constant
        return;
    }
    // Four times the room, so that a counter that runs away costs a few restarts and not one per value.
    std::uint64_t room = std::max<std::uint64_t>(span_of(range.lo, range.hi), 3);
    Value margin = room > (std::uint64_t{1} << 60) ? std::numeric_limits<Value>::max() : static_cast<Value>(3 * room);
    bool is_declared = value >= v.lo && value <= v.hi;
    if (value > range.hi) {
        range.hi = saturating_add(value, margin);
        if (is_declared) range.hi = std::min(range.hi, v.hi);
    } else {
        range.lo = saturating_add(value, -margin);
        if (is_declared) range.lo = std::max(range.lo, v.lo);
    }
    arrange();
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
        const Range& range = ranges_[system_->cell_variable[a]];
        Field& field = fields_[a];
        field.lo = is_constant_[a] != 0 ? constant_[a] : range.lo;
        field.bits = is_constant_[a] != 0 ? 0 : bits_for(span_of(range.lo, range.hi));
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
