// Where the bits of a packed state are that belong to members of families, and which of them name members.
#pragma once

#include <cstdint>
#include <vector>

#include "explore/packed_layout.h"
#include "explore/symmetry.h"

namespace quire::explore {

// Bits of a packed state.
struct BitPlace {
    std::uint32_t word = 0;
    std::uint32_t shift = 0;
};

// What the bits of a reference may be (value - lo) and what they become.
struct ReferenceTable {
    struct Entry {
        std::uint32_t target = kNone;  // member, counted over all families; kNone: stands for itself
        std::uint32_t label = 0;       // says what of the target it is; 0 only if there is none
        std::uint32_t values = 0;      // into `values`: what it is for each member of the family
    };
    std::vector<Entry> entries;  // the first ones, the last of which stands for all beyond
    std::vector<std::uint64_t> values;

    const Entry& find(std::uint64_t value) const { return entries[value < entries.size() ? value : entries.size() - 1]; }
};

struct Reference {
    std::uint32_t shift = 0;  // within its chunk
    std::uint64_t mask = 0;
    std::uint32_t number = 0;           // to tell references apart
    std::vector<std::uint32_t> tables;  // by location - location_lo of the owner, or one for all
    bool by_location = false;
    std::uint32_t location_chunk = 0;
    std::uint32_t location_shift = 0;
    std::uint64_t location_mask = 0;
};

// Bits that lie together in every member of a family.
struct Chunk {
    std::uint32_t family = 0;
    std::uint64_t mask = 0;
    std::uint64_t plain = 0;   // those that are no references
    std::vector<BitPlace> at;  // by member
    std::vector<Reference> references;
    std::uint32_t first_record = 0;  // of member 0
};

struct PairCell {                         // belongs to two members
    std::uint32_t first = 0, second = 0;  // counted over all families
    BitPlace at;
    std::uint64_t mask = 0;
    std::uint32_t matrix = 0;
    std::uint32_t table = kNone;
};

struct LooseReference {  // belongs to nobody
    BitPlace at;
    std::uint64_t mask = 0;
    std::uint32_t number = 0;
    std::vector<std::uint32_t> tables;  // by location of the thread that has it, or one for all
    BitPlace location;
    std::uint64_t location_mask = 0;  // 0: one for all

    std::uint32_t table(const std::uint64_t* words) const {
        return tables[(words[location.word] >> location.shift) & location_mask];
    }
};

class CanonicalPlan {
public:
    CanonicalPlan(const TransitionSystem& system, const Symmetry& symmetry, const PackedLayout& layout);

    struct FamilyMembers {
        std::uint32_t first = 0, size = 0;
        // Nothing refers to its members, and each is one record: then these are sorted once all else is decided.
        bool loose_ends = false;
    };
    std::vector<FamilyMembers> families;
    std::vector<std::uint32_t> family_of;  // by member
    std::uint32_t members = 0;
    std::vector<Chunk> chunks;
    std::vector<std::vector<std::uint32_t>> chunks_of;  // by family
    std::vector<PairCell> pairs;
    // By matrix: width, and the place for (i, j) at i * size_of_second + j.
    struct Matrix {
        std::uint32_t first_family = 0, second_family = 0;
        std::vector<BitPlace> at;
    };
    std::vector<Matrix> matrices;
    std::vector<char> has_pairs;  // by family
    std::vector<LooseReference> loose;
    std::vector<ReferenceTable> tables;
    std::vector<std::uint64_t> stays;  // by word: bits that nothing moves or renames
    // By family: pairs of places to be compared and exchanged, in this order, to sort its members.
    std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> networks;
    std::uint32_t records = 0;
    struct ThreadMember {
        std::uint32_t member = kNone;
        std::uint32_t first_thread = 0;
    };
    std::vector<ThreadMember> threads;  // by number

private:
    struct Orbit {
        Address first = 0;
        std::vector<Address> cells;
    };
    void add_members(const TransitionSystem& system);
    void add_cells(const TransitionSystem& system);
    void add_chunks(std::uint32_t family, std::vector<Orbit> orbits, const TransitionSystem& system);
    void add_pair(Address cell);
    void add_loose(Address cell, const TransitionSystem& system);
    void find_loose_ends();
    static Address location_of(ThreadNumber thread, const TransitionSystem& system);
    std::uint32_t table(Address cell, LocationNumber location);
    void clear(Address cell);

    const Symmetry& symmetry_;
    const PackedLayout& layout_;
    std::vector<std::pair<Address, std::uint32_t>> matrix_of_orbit_;
    std::vector<std::pair<std::pair<const ValueRows*, std::pair<Value, std::uint64_t>>, std::uint32_t>> known_tables_;
};

}  // namespace quire::explore
