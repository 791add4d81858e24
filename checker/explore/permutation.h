// Families of things that may be alike, and what exchanging two of them does to cells and values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "system/transition_system.h"

namespace quire::explore {

// What a value stands for, that is, how it changes when things change places.
enum class SortKind : std::uint8_t {
    kPlain,    // not at all
    kIndex,    // 0..size-1: a member of family `id`; other values stand for themselves
    kThread,   // a thread's number
    kPointer,  // to the pointer space `id`
    kSlot,     // the same without mark
    kObject,   // number of a freeable object
    kAddress,  // of a cell
};

struct Sort {
    SortKind kind = SortKind::kPlain;
    std::uint32_t id = 0;
    friend bool operator==(const Sort&, const Sort&) = default;
};

// The threads of roles and the entries of repetitions with the same number: they change places together.
struct Family {
    std::string name;
    std::uint32_t size = 0;
    std::vector<std::uint32_t> roles;   // by number
    std::vector<std::uint32_t> groups;  // of repetitions
    bool broken = false;
    std::string why;             // broken: what tells its members apart
    std::uint32_t site = kNone;  // broken: where
};

// Where a cell stands in what repeats around it, outermost first.
struct Coordinate {
    std::uint32_t repetition = 0;
    std::uint32_t entry = 0;
};

// The repetitions of a system, those of its threads' own cells among them, and where every cell is in them.
class Repetitions {
public:
    explicit Repetitions(const TransitionSystem& system);

    const std::vector<Repetition>& all() const { return all_; }
    const Repetition& operator[](std::uint32_t number) const { return all_[number]; }
    const std::vector<Coordinate>& of(Address cell) const { return coordinates_[cell]; }

private:
    std::vector<Repetition> all_;
    std::vector<std::vector<Coordinate>> coordinates_;
};

// Two members of one family change places; this undoes itself.
class Exchange {
public:
    // `families` are those that the sorts of kIndex number; `family_of_group`, `family_of_role` are indices into them, or
    // kNone.
    Exchange(const TransitionSystem& system, const Repetitions& repetitions, const std::vector<Family>& families,
             std::uint32_t family, std::uint32_t first, std::uint32_t second);

    std::uint32_t family() const { return family_; }
    std::uint32_t member(std::uint32_t m) const { return m == first_ ? second_ : m == second_ ? first_ : m; }
    Address address(Address a) const { return address_[a]; }
    // What `value` of the sort becomes.
    Value apply(const Sort& sort, Value value) const;
    // Whether that is `value` itself, for all values.
    bool is_trivial(const Sort& sort) const;
    // False if what should change places does not match (then the family is none).
    bool well_defined() const { return well_defined_; }

private:
    Value exchanged_address(const TransitionSystem& system, const Repetitions& repetitions, Address a, bool slots);
    void find_slots(const TransitionSystem& system);
    void find_slots_of_none(const TransitionSystem& system, std::size_t space);

    std::uint32_t family_, first_, second_;
    std::vector<char> is_group_;  // by group: of this family
    std::vector<Value> thread_;
    std::vector<Address> address_;
    std::vector<std::vector<Value>> slot_;  // by pointer space; [0] is 0
    std::vector<char> moves_slots_;
    std::vector<Value> object_;
    bool moves_threads_ = false;
    bool moves_objects_ = false;
    bool well_defined_ = true;
};

}  // namespace quire::explore
