// Where everything lives: one flat array of cells for one instance of a typed program.
//
// All instances of a struct have the same inner layout.  A pointer to struct S names one of the places of S by its slot;
// the tables built here turn slots into addresses and back.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/walk.h"
#include "support/diagnostics.h"
#include "support/result.h"
#include "system/transition_system.h"
#include "types/typed_program.h"

namespace quire::ir {

inline constexpr std::uint64_t kMaxCells = 1u << 18;  // of a state

// The threads of one role, or the init blocks (one "thread", number 0).
struct Executor {
    RoleId role;                   // invalid: the init blocks
    std::uint32_t number = kNone;  // index into TransitionSystem::roles
    std::uint32_t count = 1;
    std::uint32_t first_thread = 0;
    Reached reached;
};

struct Region {  // memory of a local: cells of thread i start at base + i * size
    Address base = 0;
    std::uint32_t size = 0;
    std::uint32_t first_object = 0;  // in_memory: object of thread i is first_object + i
    Address in_use = 0;              // in_memory: cell of thread i is in_use + i
    Address defined = 0;             // tracked: cell of the first
    bool tracked = false;            // cells have a `defined` cell each
};

struct PoolLayout {
    StructId structure;
    std::uint32_t size = 0;
    bool typesafe = false;
    Address base = 0;
    std::uint32_t stride = 0;
    Address in_use = 0;
    std::uint32_t first_object = 0;
    std::uint32_t first_slot = 0;
};

// What can be an element of a set, or how many values a list element can take.
struct Universe {
    Value lo = 0;
    std::uint32_t size = 0;
};

class MemoryLayout {
public:
    MemoryLayout(const TypedProgram& program, const ConstantValues& constants, std::vector<Executor>& executors,
                 TransitionSystem& system);

    // Lays everything out; false after a diagnostic (too large).
    bool build(Diagnostics& diagnostics);

    TypeId struct_type(StructId id) const;
    std::uint32_t size_of(TypeId type) const;
    std::uint32_t offset_of(StructId structure, std::uint32_t member) const;
    std::uint32_t extent_of(TypeId type) const;  // elements of an array, capacity of a list
    bool list_is_bounded(TypeId type) const { return program_[type].extent.valid(); }
    Universe universe_of(TypeId element) const;
    std::uint32_t thread_count() const { return thread_count_; }

    // Ledger cells, from the ledger's first: named accounts, then unbooked, then thread 0, 1, ...
    std::uint32_t ledger_unbooked(const StructMember& ledger) const { return static_cast<std::uint32_t>(ledger.accounts.size()); }
    std::uint32_t ledger_thread(const StructMember& ledger, std::uint32_t thread) const {
        return ledger_unbooked(ledger) + 1 + thread;
    }
    std::uint32_t ledger_size(const StructMember& ledger) const { return ledger_thread(ledger, thread_count_) + 1; }
    // Every ledger inside a value of this type: offsets of its first cell, and its member.
    struct LedgerAt {
        std::uint32_t offset = 0;
        StructId structure;
        std::uint32_t member = 0;
    };
    std::vector<LedgerAt> ledgers_in(TypeId type) const;

    Address global(GlobalId id) const { return globals_[id.value]; }
    const Region* region(std::uint32_t executor, LocalId local) const;
    const PoolLayout* pool(StructId structure) const;

    // Every scalar of a type, by offset, in order of declaration.
    struct Scalar {
        std::uint32_t offset = 0;
        TypeId type;
        std::string name;  // ".a[1].b"
        bool ghost = false;
        bool counter = false;  // a part of a container or ledger: `type` is invalid
        Value hi = 0;          // of such a part
        std::string account;
        StructId set_of;  // first cell of a set of pointers to this struct
        std::uint32_t set_size = 0;
    };
    const std::vector<Scalar>& scalars_of(TypeId type) const;

    // Tables of the expression pool.
    std::uint32_t base_table(StructId structure) const { return base_table_[structure.value]; }
    std::uint32_t object_table(StructId structure) const { return system_.pointer_spaces[structure.value].object_table; }
    std::uint32_t pool_object_table(StructId structure) const { return pool_object_table_[structure.value]; }
    std::uint32_t typesafe_table(StructId structure) const { return typesafe_table_[structure.value]; }
    bool has_typesafe(StructId structure) const { return has_typesafe_[structure.value]; }
    bool has_phantoms(StructId structure) const { return phantom_count_[structure.value] > 0; }
    bool has_local_places(StructId structure) const { return has_local_places_[structure.value]; }
    bool can_dangle(StructId structure) const { return system_.pointer_spaces[structure.value].can_dangle; }
    std::uint32_t place_count(StructId structure) const { return static_cast<std::uint32_t>(places_[structure.value].size()); }
    std::uint32_t real_place_count(StructId structure) const { return place_count(structure) - phantom_count_[structure.value]; }
    // address -> slot of a place of `structure`, 0 where there is none
    std::uint32_t slot_table(StructId structure);
    // slot of `outer` -> slot of the member (path) inside it; -1 where that cannot be named; [0] = 0
    std::uint32_t member_table(StructId outer, const std::vector<std::uint32_t>& path, StructId inner);
    // the reverse, with phantoms
    std::uint32_t container_table(StructId outer, const std::vector<std::uint32_t>& path, StructId inner);
    // address -> address of its `defined` cell, or of a cell that is always 1
    std::uint32_t defined_table();
    bool anything_tracked() const { return tracked_; }

    struct Placed {
        Address address = 0;
        std::uint32_t object = 0;
        bool local = false;  // in a local in memory
        // a phantom: the result of container_of on `inner_slot` of `inner` by `path`, which lies in no such struct
        std::vector<std::uint32_t> path;
        StructId inner;
        std::uint32_t inner_slot = 0;
    };
    // Sets of pointers in memory: `free` marks their members.
    struct PointerSet {
        Address base = 0;
        std::uint32_t size = 0;
        StructId structure;
    };
    const std::vector<PointerSet>& pointer_sets() const { return pointer_sets_; }
    const std::vector<Placed>& places(StructId structure) const { return places_[structure.value]; }

private:
    std::string element_name(TypeId element, const Universe& universe, std::uint32_t index) const;
    void scalars(TypeId type, std::uint32_t offset, const std::string& name, bool ghost, std::vector<Scalar>& out) const;
    void add_structs(TypeId type, Address address, const std::string& name, std::uint32_t object, bool local);
    void add_cells(TypeId type, const std::string& name, VariableKind kind, SourceSpan span, bool displayed);
    Address add_variable(Variable variable);
    void add_globals();
    void add_pools();
    void add_locals();
    void add_phantoms();
    void add_repetitions();
    void add_repetitions_of_pool(const PoolLayout& pool);
    void add_repetitions_of_local(const Executor& executor, const Region& region, TypeId type);
    void add_repetitions_in(TypeId type, Address address, const std::string& name, bool repeated);
    void add_origins();
    void finish_tables();
    void collect_roots();
    void collect_local(std::uint32_t executor, LocalId local);
    bool needs_cells(TypeId type) const;
    void place_roots();
    bool too_large(Diagnostics& diagnostics) const;
    Value type_low(TypeId type) const;
    Value type_high(TypeId type) const;

    const TypedProgram& program_;
    const ConstantValues& constants_;
    std::vector<Executor>& executors_;
    TransitionSystem& system_;
    std::uint32_t thread_count_ = 0;
    std::vector<Address> globals_;
    std::map<std::pair<std::uint32_t, LocalId>, Region> regions_;
    std::vector<PoolLayout> pools_;
    std::vector<std::vector<Placed>> places_;
    std::vector<std::uint32_t> phantom_count_;
    std::vector<bool> has_local_places_;
    std::vector<bool> has_typesafe_;
    std::vector<std::uint32_t> base_table_, pool_object_table_, typesafe_table_;
    mutable std::map<TypeId, std::vector<Scalar>> scalar_cache_;
    std::map<StructId, std::uint32_t> slot_tables_;
    std::vector<Address> defined_;  // by address: its defined cell, or 0
    struct Root {
        TypeId type;
        std::string name;
        std::uint32_t object = 0;
        bool local = false;
    };
    std::vector<Root> roots_;
    std::vector<PointerSet> pointer_sets_;
    std::vector<std::uint32_t> counted_;  // places of each struct, phantoms not among them
    bool tracked_ = false;
    Address always_one_ = 0;
};

// What an address is shown as, for ranges of a typed scalar.
struct ScalarRange {
    Value lo = 0, hi = 0;
    bool declared = false;
};
ScalarRange range_of(const TypedProgram& program, TypeId type, const ConstantValues& constants);

}  // namespace quire::ir
