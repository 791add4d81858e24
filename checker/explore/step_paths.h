// The ways through the program of one location as expressions over the cells before the step.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "explore/cell_sets.h"

namespace quire::explore {

struct Access {
    ExprId address;
    bool write = false;
    std::uint32_t known = 0;  // the first so many conditions of the path hold whenever this access takes place
};

struct StoreRecord {
    ExprId address, value;
};

struct CellRange {  // read and written by marking
    Address base = 0;
    std::uint32_t count = 0;
};

enum class PathEnd : std::uint8_t {
    kStep,     // the step happens, or a check, an assumption or a pool ends the run on the way
    kBlocked,  // this way is not possible: only what it reads is of interest
};

struct StepPath {
    PathEnd end = PathEnd::kStep;
    bool ends_run = false;  // no way on from here: a check that fails always, a drop
    std::vector<Condition> conditions;
    std::vector<Access> accesses;
    std::vector<StoreRecord> stores;  // in order
    std::vector<CellRange> marks;
};

// What one location does.
struct StepInfo {
    bool exact = true;  // false: one path stands for all, with values that are not known
    bool can_block = false;
    bool has_step = false;
    std::vector<StepPath> paths;
    std::vector<PropertyNumber> covers;  // that it may reach
};

// The values of some cells at a location.
class KnownCells {
public:
    explicit KnownCells(std::size_t cells = 0) : known_(cells, 0), values_(cells, 0) {}
    std::optional<Value> get(Address a) const { return known_[a] != 0 ? std::optional<Value>(values_[a]) : std::nullopt; }
    void set(Address a, Value v) {
        known_[a] = 1;
        values_[a] = v;
    }
    void forget(Address a) { known_[a] = 0; }
    void forget_all() { known_.assign(known_.size(), 0); }
    // Keeps what both agree on; whether anything went.
    bool meet(const KnownCells& other);

private:
    std::vector<char> known_;
    std::vector<Value> values_;
};

class StepPaths {
public:
    StepPaths(const TransitionSystem& system, ExpressionPool& pool, CellSets& sets) : system_(system), pool_(pool), sets_(sets) {}

    StepInfo of(const Program& program, ThreadNumber thread, const KnownCells& known);
    // One path that stands for all; also for conditions of properties.
    StepInfo summary(const Program& program, ThreadNumber thread);

    std::uint64_t work() const { return work_; }  // instructions looked at so far

private:
    struct Memory {  // a write so far on the way
        bool is_range = false;
        ExprId address, value;
        CellSet cells;
        CellRange range;
    };
    struct State {
        std::uint32_t position = 0;
        std::vector<ExprId> registers;
        std::vector<Memory> memory;
        std::uint32_t settled = 0;  // accesses whose `known` is final
        StepPath path;
    };

    bool run(State state);
    bool perform(const Instruction& i, State& state);
    bool branch(const Instruction& i, State& state);
    bool condition(const Instruction& i, State& state);
    bool choose(const Instruction& i, State& state);
    void store(const Instruction& i, State& state);
    void mark(const Instruction& i, State& state);
    void settle(State& state);
    void finish(State&& state);
    void block(const State& state);
    int decided(ExprId value, const State& state) const;
    ExprId substitute(ExprId id, State& state);
    ExprId load(ExprId address, const ScalarType& type, bool slot_only, State& state);
    ExprId unknown(const ScalarType& type);
    ExprId unknown_of(Address cell, const ScalarType& type);
    bool outside(ExprId address) const;
    bool faults(ExprId id);
    bool expressions_fault(const Instruction& i);
    // All that the instruction reads has been substituted.
    void evaluated(const Instruction& i, State& state) {
        if (expressions_fault(i)) settle(state);
    }

    const TransitionSystem& system_;
    ExpressionPool& pool_;
    CellSets& sets_;
    std::unordered_map<std::uint32_t, bool> faults_;
    std::uint32_t next_unknown_ = 1u << 20;
    std::uint64_t work_ = 0;

    // of the present program
    const Program* program_ = nullptr;
    ThreadNumber thread_ = 0;
    const KnownCells* known_ = nullptr;
    bool summarising_ = false;
    StepInfo info_;
};

}  // namespace quire::explore
