// Where everything lives in one instance of a typed program.
//
// Every scalar, container and ledger of the program has one cell, given out once and for all: globals first,
// then the pools' slots, then, for each thread, the locals that it can ever use (there is no recursion, so
// that one place for each local of a thread is enough).  A pointer names an instance of a struct by its slot;
// slots are numbered from 1 for each struct, in the order in which the cells were given out.  What
// container_of yields for a pointer that is in no such struct gets a slot beyond those, a phantom, which
// remembers what it was made from.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "types/typed_program.h"

namespace quire::reference {

inline constexpr std::uint32_t kNone = 0xffffffffu;

struct CellInfo {
    TypeId type;                   // invalid: fills a struct without members
    std::uint32_t thread = kNone;  // whose local it is part of
    bool is_private = false;       // a local that no pointer can reach
    bool is_ghost = false;
    std::uint32_t sequence = kNone;  // set, list, ledger: which of State::sequences
    std::uint32_t accounts = 0;      // ledger: how many named accounts
    std::uint32_t counter = kNone;   // ledger: the cell of the counter
    std::string name;
};

// What can end as a whole: a pool's slot, or a local whose address is taken.
struct Object {
    std::uint32_t begin = 0;  // cells
    std::uint32_t end = 0;
    StructId structure;  // of a pool's slot
    std::uint32_t slot = 0;
    bool in_pool = false;
    bool typesafe = false;
};

struct Instance {
    std::uint32_t cell = 0;
    std::uint32_t object = kNone;
};

struct Phantom {
    std::uint32_t offset = 0;  // of the member, in cells
    StructId member;
    std::uint32_t slot = 0;  // what the pointer to the member was
};

struct CellRange {
    std::uint32_t begin = kNone;
    std::uint32_t size = 0;
};

struct ThreadInfo {
    RoleId role;  // invalid for thread 0, which runs init and looks at properties
    std::uint32_t index = 0;
    bool daemon = false;
    std::string name;
    std::vector<CellRange> locals;  // by LocalId; begin == kNone for those it cannot use
};

enum class Landing : std::uint8_t { kBefore, kContinue, kBehind };

struct LabelPlace {
    Landing landing = Landing::kBefore;
    std::vector<StatementId> path;  // from the body down to the statement
};

struct Range {
    bool limited = false;
    Value lo = 0;
    Value hi = 0;
};

struct Layout {
    const TypedProgram* program = nullptr;
    ConstantValues constants;

    std::vector<CellInfo> cells;
    std::uint32_t sequences = 0;
    std::vector<std::vector<Instance>> instances;                              // by struct; slot - 1
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> slot_at;  // {struct, cell} -> slot
    std::vector<std::vector<Phantom>> phantoms;                                // by struct
    std::vector<Object> objects;
    std::vector<std::uint32_t> object_of_cell;
    std::vector<std::vector<std::uint32_t>> pool_objects;    // by struct
    std::vector<std::uint32_t> global_cell;                  // by GlobalId
    std::vector<ThreadInfo> threads;                         // 0 is no thread
    std::vector<std::vector<std::uint32_t>> threads_of;      // by RoleId
    std::vector<LabelPlace> labels;                          // by LabelId
    std::vector<Range> ranges;                               // by TypeId
    std::vector<std::uint32_t> extents;                      // by TypeId; kNone where there is none
    std::vector<std::uint32_t> sizes;                        // by TypeId, in cells
    std::vector<std::vector<std::uint32_t>> member_offsets;  // by struct
    std::vector<bool> sleeping_struct;                       // class of locks: some function acquires it and may sleep
    std::vector<std::string> sleeping_names;

    std::uint32_t size(TypeId type) const { return sizes[type.index()]; }
    std::uint32_t slot_count(StructId s) const { return static_cast<std::uint32_t>(instances[s.index()].size()); }
    // How many elements a list without a limit can hold.
    std::uint64_t list_capacity(TypeId list) const;
    // Of the member that a path of members leads to, in cells.
    std::uint32_t offset_of(StructId outer, const std::vector<std::uint32_t>& path) const;
    // Cells, relative to its start, that a copy of a value of this type copies.
    std::vector<std::uint32_t> scalars_of(TypeId type, bool with_ghosts) const;
};

Layout lay_out(const TypedProgram& program, const ConstantValues& constants);

}  // namespace quire::reference
