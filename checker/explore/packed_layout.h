#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "system/transition_system.h"

namespace quire::explore {

// Where a cell lies in the packed state; its value is kept as value - lo.
struct Field {
    Value lo = 0;
    std::uint64_t max = 0;  // of value - lo: all ones in `bits` places
    std::uint32_t word = 0;
    std::uint32_t shift = 0;
    std::uint32_t bits = 0;
};

// Values seen so far, of a cell.
struct ObservedRange {
    Value lo = 0;
    Value hi = 0;

    void add(Value value) {
        if (value < lo) lo = value;
        if (value > hi) hi = value;
    }
};

// How much more room than was seen.
enum class Margin : std::uint8_t { kLoose, kTight };

// To be called with a value that did not fit: what was seen, with room for more of the kind.
void extend(const Variable& variable, ObservedRange& seen, Value value);

class Symmetry;

class PackedLayout {
public:
    // Bit 63 of word 0 is never used, for the state store.
    static constexpr std::uint32_t kFirstWordBits = 63;

    // With a symmetry, cells that change places have equal fields, and those of one member lie together.
    PackedLayout(const TransitionSystem& system, std::span<const ObservedRange> observed, std::span<const char> may_write,
                 Margin margin, const Symmetry* symmetry = nullptr);

    std::uint32_t words() const { return words_; }
    std::uint32_t bits() const { return bits_; }
    // Of the fields in a word; they lie at its lower end.
    std::uint32_t word_bits(std::uint32_t word) const { return word_bits_[word]; }
    // Of a state whose words are put together without the gaps at their ends; at least 1.
    std::uint32_t key_bits() const { return bits_ == 0 ? 1 : bits_; }
    const Field& field(Address address) const { return fields_[address]; }
    std::span<const Field> fields() const { return fields_; }
    std::span<const Address> varying() const { return varying_; }      // cells with bits, in order of words
    std::span<const Address> constants() const { return constants_; }  // cells without

    void unpack(const std::uint64_t* words, Value* cells) const {
        for (const Unpacked& u : unpacked_) {
            cells[u.address] = static_cast<Value>(((words[u.word] >> u.shift) & u.max) + u.lo);
        }
    }
    // False, and `misfit`, if a value does not fit.
    bool pack(const Value* cells, std::uint64_t* words, Address& misfit) const;

private:
    struct Unpacked {
        std::uint32_t address = 0;
        std::uint16_t word = 0;
        std::uint16_t shift = 0;
        std::uint64_t max = 0;
        std::uint64_t lo = 0;
    };
    void guess_loosely(const Variable& variable, std::span<const ObservedRange> observed);
    void guess_tightly(const Variable& variable, std::span<const ObservedRange> observed);
    void guess_alike(const Symmetry& symmetry);
    std::vector<std::vector<Address>> blocks(const Symmetry* symmetry) const;
    void arrange(const std::vector<std::vector<Address>>& blocks, bool whole_blocks);
    void place(Address a, std::vector<std::uint32_t>& used, std::uint32_t from);

    const TransitionSystem* system_;
    std::vector<ObservedRange> ranges_;  // by cell: what is to fit
    std::vector<Field> fields_;
    std::vector<Address> varying_, constants_;
    std::vector<Unpacked> unpacked_;
    std::vector<std::uint32_t> word_bits_;
    std::uint32_t words_ = 1;
    std::uint32_t bits_ = 0;
};

}  // namespace quire::explore
