// Which of the integers of a system stand for members of families: indices, numbers of threads, slots.
//
// Pointers and thread_t say by their type what they are.  An integer is what it is used as: an index if it selects an
// element of something repeated, and so is what is copied from or to it or compared with it.  A local has a sort at each
// location, for what is dead is reset to 0 and stands for nothing.  This is guessed here, by unification; whoever
// relies on it checks it (see equivariance.h).
#pragma once

#include <optional>
#include <vector>

#include "explore/permutation.h"

namespace quire::explore {

inline constexpr std::uint32_t kNoRole = kNone;

// A program and where it stands.
struct ProgramPlace {
    const Program* program = nullptr;
    std::uint32_t role = kNoRole;  // kNoRole: of a property
    LocationNumber location = 0;
    PropertyNumber property = kNone;
};

std::vector<ProgramPlace> programs_of(const TransitionSystem& system);

class Sorts {
public:
    Sorts(const TransitionSystem& system, const Repetitions& repetitions, std::vector<Family>& families);

    const std::vector<ProgramPlace>& programs() const { return programs_; }
    Sort of_register(std::uint32_t program, std::uint32_t number) const;
    // A cell that is no local integer of a role; and one that is, of a thread at the location.
    Sort of_cell(Address cell) const;
    Sort of_local(std::uint32_t variable, LocationNumber location) const;
    // Of what the program holds in a local integer (a variable of its own role) before the instruction.
    Sort of_own(std::uint32_t program, std::uint32_t instruction, std::uint32_t variable) const;
    Sort after_store(std::uint32_t program, std::uint32_t instruction) const;
    bool is_local_integer(std::uint32_t variable) const { return first_local_[variable] != kNone; }
    // The variable if the address is that of the running thread's own cell of a variable of its role.
    std::uint32_t own_variable(ExprId address, std::uint32_t role) const;
    std::uint32_t family_of_role(std::uint32_t role) const { return find_family(family_of_role_[role]); }
    std::uint32_t family_of_group(std::uint32_t group) const { return find_family(family_of_group_[group]); }
    // A cell that an access to the address may meet, if one is plain to see.
    std::optional<Address> some_cell(ExprId address) const;

private:
    using Node = std::uint32_t;
    struct State {  // what holds before an instruction
        bool reached = false;
        std::vector<Node> own;  // by local integer of the role
        Value location = -1;    // that was stored; -1: not yet, -2: one of several
    };

    void make_families(std::vector<Family>& families);
    void unify_cells();
    void infer(std::uint32_t program);
    void step(std::uint32_t program, std::uint32_t number, State& state);
    void flow_into(const State& into, State& target, bool first);
    void finish(std::uint32_t program, const State& state);
    void visit(ExprId id);
    void visit_address(ExprId id);
    void unify_targets(ExprId lookup, Address some);
    void flow(ExprId value, Node node);
    std::optional<Node> leaf(ExprId id);
    bool is_base(ExprId id) const;
    std::optional<Node> node_of_load(ExprId address);
    void unify(Node a, Node b);
    void assign(Node node, Sort sort);
    void merge_families(std::uint32_t a, std::uint32_t b);
    Node fresh();
    Node root(Node node) const;
    Node local_node(std::uint32_t variable, LocationNumber location) const;
    void merge_locations(std::uint32_t variable);
    std::uint32_t find_family(std::uint32_t family) const;
    Sort resolved(Node node) const;

    const TransitionSystem& system_;
    const Repetitions& repetitions_;
    std::vector<Family>& families_;
    std::vector<ProgramPlace> programs_;
    std::vector<std::uint32_t> family_of_role_, family_of_group_, family_parent_;
    mutable std::vector<Node> parent_;
    std::vector<std::optional<Sort>> sort_;
    std::vector<Node> first_local_;  // by variable; kNone: no local integer
    std::vector<std::vector<std::uint32_t>> locals_of_role_;
    std::vector<std::uint32_t> place_in_role_;  // by variable
    std::vector<Node> first_register_;          // by program
    std::vector<std::vector<State>> states_;    // by program and instruction
    std::vector<std::vector<Node>> stored_;     // the same: node of what a store leaves
    const State* now_ = nullptr;
    std::uint32_t role_ = kNoRole;
    std::uint32_t program_ = 0;
};

}  // namespace quire::explore
