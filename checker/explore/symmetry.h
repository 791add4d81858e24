// Which things of a system are alike, and what that means for every cell.
//
// Thread and data symmetry as in C. Ip and D. Dill, "Better verification through symmetry" (1996); but nothing is
// declared: candidates are the threads of each role and the entries of arrays and pools, and each is confirmed by
// following every program under the exchange of two neighbours (equivariance.h), which generates all permutations.
//
// Invariant: for every permutation of the members of a family, a step leads from s to t iff one leads from the permuted
// s to the permuted t, and every property that is asked has the same value in both.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "explore/permutation.h"
#include "explore/sorts.h"

namespace quire::explore {

struct MemberOf {
    std::uint32_t family = 0;
    std::uint32_t member = 0;
    friend bool operator==(const MemberOf&, const MemberOf&) = default;
};

// For each value from `lo` on that a sort has, which row it stands in: row r, column m is the value for member m.
struct ValueRows {
    struct Entry {
        std::uint32_t family = kNone;  // kNone: stands for itself
        std::uint32_t member = 0;
        std::uint32_t row = 0;
    };
    std::vector<Entry> entries;  // by value, from 0
    std::vector<std::vector<Value>> rows;
    const Entry* find(Value value) const {
        if (value < 0 || static_cast<std::size_t>(value) >= entries.size()) return nullptr;
        const Entry& entry = entries[static_cast<std::size_t>(value)];
        return entry.family == kNone ? nullptr : &entry;
    }
};

struct BrokenFamily {
    std::string name;
    std::string why;
    std::uint32_t site = kNone;
};

// A cell's place among members: what must be added to its address for it to belong to another member.
struct CellOwner {
    std::uint32_t family = 0;
    std::uint32_t member = 0;
    std::vector<Value> offset;  // by member; that of `member` is what the address has now
};

class Symmetry {
public:
    explicit Symmetry(const TransitionSystem& system);

    // Of at least two members each; empty: nothing is symmetric.
    const std::vector<Family>& families() const { return families_; }
    // What was thought of, and is not.
    const std::vector<BrokenFamily>& broken() const { return broken_; }
    // To whom a cell belongs: nobody, a member, or two (perhaps the same).
    const std::vector<CellOwner>& owners(Address cell) const { return owners_[cell]; }
    // The cell that this one becomes when its owners become the first of their families.
    Address orbit(Address cell) const { return orbit_[cell]; }
    // How the value of a cell changes while the thread it depends on is at the location; nullptr: not at all.
    const ValueRows* rows(Address cell, LocationNumber location = 0) const;
    // The thread on whose location that depends; 0: none.
    ThreadNumber depends_on(Address cell) const { return depends_on_[cell]; }
    // Member of a thread; family kNone: it stays what it is.
    MemberOf thread(ThreadNumber t) const;

private:
    void confirm(const Repetitions& repetitions, const Sorts& sorts, std::vector<Family>& candidates);
    void renumber(const Sorts& sorts, const std::vector<Family>& candidates);
    std::optional<std::uint32_t> find_owners(const Repetitions& repetitions);
    std::optional<CellOwner> owner(const Repetition& r, std::uint32_t entry) const;
    void find_rows(const Sorts& sorts);
    std::uint32_t rows_of(Sort sort);
    ValueRows make_rows(Sort sort) const;
    std::optional<MemberOf> owner_of_slot(std::uint32_t space, std::uint32_t slot, std::vector<std::uint64_t>& row) const;

    const TransitionSystem& system_;
    std::vector<Family> families_;
    std::vector<BrokenFamily> broken_;
    std::vector<std::uint32_t> number_;  // of a candidate, among families_
    std::vector<std::uint32_t> family_of_group_, family_of_role_;
    std::vector<std::vector<CellOwner>> owners_;
    std::vector<Address> orbit_;
    std::vector<ThreadNumber> depends_on_;
    std::vector<Sort> known_sorts_;
    std::vector<ValueRows> known_rows_;
    std::vector<std::vector<std::uint32_t>> rows_;  // by cell, and location if it depends; number in known_rows_
};

}  // namespace quire::explore
