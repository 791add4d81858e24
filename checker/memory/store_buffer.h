// The cells of the store buffers of one role, and the expressions that look into them.
//
// A buffer is a queue: place 0 is the oldest store, and empty places are at the end.  A store is the number of its cell
// (see BufferedCells) and its value.  Values of pointers that can dangle have places of their own, so that `free` marks
// them like any other cell of their type.
//
// Invariant: what an empty place holds is 0, and so is the value of a filled one outside the lane of its cell; so equal buffers are equal cells.
#pragma once

#include <vector>

#include "ir/lowering_context.h"

namespace quire::memory {

// The cells that a store can wait for, in whatever buffer.
struct BufferedCells {
    std::vector<Address> cells;                // by number - 1
    std::uint32_t number_table = kNone;        // cell -> number; -1: no store waits for it
    std::uint32_t cell_table = kNone;          // number -> cell
    std::uint32_t local_object_table = kNone;  // number -> the local in memory that it is in; kNone: there are no such locals
    std::vector<std::uint32_t> structures;     // whose pointers have a lane each, from lane 1
    Value lo = 0, hi = 0;                      // of all other values

    std::uint32_t lane_of(const ScalarType& type) const;
};

BufferedCells number_cells(ir::LoweringContext& context, const std::vector<ir::FlowGraph*>& roles,
                           const std::vector<std::vector<std::uint32_t>>& waiting_writes);

class StoreBuffer {
public:
    // Adds the cells, and a role of the environment whose threads empty the buffers.
    StoreBuffer(ir::LoweringContext& context, const BufferedCells& cells, std::uint32_t role, std::uint32_t capacity);

    std::uint32_t capacity() const { return capacity_; }
    ExprId is_free(std::uint32_t place);
    ExprId is_empty() { return is_free(0); }
    // The value of the cell as the thread sees it: the newest of its stores in the first `places` places, or memory.
    ExprId forwarded(ExprId address, const ScalarType& type, std::uint32_t places);

    struct Store {
        ExprId address, value;
    };
    // Puts a store into a free place.
    std::vector<Store> put(std::uint32_t place, ExprId address, ExprId value, const ScalarType& type);
    // Takes out the store at `place` of the first `places`.
    std::vector<Store> take(std::uint32_t place, std::uint32_t places);
    // Whether the store at `place` is for a cell of this local in memory.
    ExprId is_into(std::uint32_t place, ExprId object);
    // Whether there is anything left to be emptied.
    Store mark();

private:
    Address add_cells(const std::string& name, const ScalarType& type, Value lo, Value hi);
    void add_flusher(std::uint32_t role);
    Program flush_step();
    ExprId own(Address base) { return pool().add_long(lit(base), pool().self_index()); }
    ExprId lit(Value value) { return pool().literal(value, kLongType); }
    ExprId number_at(std::uint32_t place) { return pool().load(own(targets_[place]), kLongType); }
    ScalarType lane_type(std::uint32_t lane) const;
    ExprId value_at(std::uint32_t place);
    ExpressionPool& pool() { return context_.system.pool; }

    ir::LoweringContext& context_;
    const BufferedCells& cells_;
    std::uint32_t capacity_ = 0;
    std::uint32_t threads_ = 0;
    std::vector<Address> targets_;              // by place: of the number, a cell per thread
    std::vector<std::vector<Address>> values_;  // by lane and place
    Address awake_ = 0;                         // where the threads that empty the buffers stand
};

}  // namespace quire::memory
