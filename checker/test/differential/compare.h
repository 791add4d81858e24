// One instance of a spec, judged by the naive explorer and by the engine with some of the passes: do they agree?
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ir/lower.h"
#include "types/typed_program.h"

namespace quire {

// What both explorers can say. The lengths are those of shortest runs.
struct Answers {
    std::map<std::string, std::uint32_t> violations, covers;
    bool assumed = false;    // some run met a false assumption
    bool exhausted = false;  // some run needed more than a pool, role or list had
    bool complete = true;
    std::uint64_t states = 0;
    std::uint64_t transitions = 0;
    friend bool operator==(const Answers&, const Answers&) = default;
};

struct CompareOptions {
    std::uint64_t max_states = 200'000;
    // Bit p is pass p of the driver's registry, off if it is set. Each entry is a search.
    std::vector<unsigned> passes_off = {0};
    bool plain_successors = false;  // steps by `execute`, too
    // With a pass off alone, too: plain successors, machine code, symmetry and partial order, which are otherwise looked at with
    // every pass and with none.
    bool whole = true;
    bool discharge = false;  // with every pass: the same without evaluating the invariants that Z3 proves
    std::chrono::milliseconds discharge_time{2'000};  // for the invariants of one instance
    bool replay = true;
    bool counts = true;  // states and transitions, where every pass is off
};

struct Comparison {
    enum class Kind { kEqual, kDifferent, kTooLarge, kRefused } kind = Kind::kEqual;
    std::string what;                          // kDifferent: one line for each difference; kRefused: why
    std::uint64_t invariants = 0, proved = 0;  // of those that discharge looked at
    Answers naive;
    unsigned symmetric = 0;                          // searches in which something was alike
    std::uint64_t orbits = 0, states_without = 0;    // over all searches with and without symmetry
    unsigned reduced = 0;                            // searches in which partial-order reduction left something out
    std::uint64_t states_left = 0, states_full = 0;  // over all searches with and without it
};

unsigned all_passes();
// "no-reset-dead-locals,no-infer-ranges", or "all passes".
std::string passes_text(unsigned off);

Comparison compare(const TypedProgram& program, const ConstantValues& constants, const CompareOptions& options);

}  // namespace quire
