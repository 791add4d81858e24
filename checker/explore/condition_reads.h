// Which cells make a condition true, or false, in one state: as long as none of them changes, neither does its truth.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "system/transition_system.h"

namespace quire::explore {

class ConditionReads {
public:
    explicit ConditionReads(const TransitionSystem& system) : system_(system), pool_(system.pool) {}

    // Puts the cells into `cells`, some more than once.  False: too long to tell.
    bool find(const Program& condition, std::span<const Value> state, std::vector<Address>& cells);

private:
    // False: a fault, after which nothing else is evaluated.
    bool value(ExprId id, Value& out);
    bool connective(const Expr& e, Value& out);
    bool faults(ExprId id);

    const TransitionSystem& system_;
    const ExpressionPool& pool_;
    std::unordered_map<std::uint32_t, bool> faults_;
    std::span<const Value> state_;
    std::vector<Value> registers_;
    std::vector<Address>* cells_ = nullptr;
};

}  // namespace quire::explore
