// Transition systems made by hand, with a text behind them, so that what explains and reports can be tested without a
// front end.
#pragma once

#include <string>
#include <vector>

#include "support/source.h"
#include "system/verdict.h"

namespace quire::test {

class TinySystem {
public:
    explicit TinySystem(const std::string& text);

    Address add_cell(const std::string& name, VariableKind kind = VariableKind::kShared, Value initial = 0,
                     ScalarType type = kIntType);
    ThreadNumber add_thread(const std::string& name);
    // An instruction at a line of the text (from 1), in the thread's function; library: in an imported function called there.
    std::uint32_t site(std::uint32_t line, const std::string& function, bool library = false, std::uint32_t caller = kNone);
    PropertyNumber add_property(SystemPropertyKind kind, const std::string& name, const std::string& doc = "");

    // Each adds a step behind the thread's last one.
    void reads(ThreadNumber thread, std::uint32_t site, Address cell);
    void writes(ThreadNumber thread, std::uint32_t site, Address cell, Value value);
    // cell `to` = cell `from`: a load into a local.
    void copies(ThreadNumber thread, std::uint32_t site, Address from, Address to);
    // Follows the pointer in the cell, which fails.
    void follows(ThreadNumber thread, std::uint32_t site, Address pointer, const std::string& property);
    void stores(ThreadNumber thread, std::uint32_t site, NoteKind note, const std::vector<std::pair<Address, Value>>& cells);
    void fails(ThreadNumber thread, std::uint32_t site, const std::string& property);
    void awaits_zero(ThreadNumber thread, std::uint32_t site, Address cell);
    void loops_back(ThreadNumber thread, std::uint32_t site, LocationNumber to);
    // The property is `cell == value`.
    void condition(PropertyNumber property, Address cell, Value value);

    Finding finding(const std::string& property, const std::vector<ThreadNumber>& threads) const;

    TransitionSystem system;
    SourceManager sources;

private:
    Instruction instruction(InstructionKind kind, std::uint32_t site) const;
    void step(ThreadNumber thread, std::uint32_t site, std::vector<Instruction> code, LocationNumber to);
    LocationNumber next(ThreadNumber thread) const;
    ExprId load(Address cell);

    SourceId file_;
};

}  // namespace quire::test
