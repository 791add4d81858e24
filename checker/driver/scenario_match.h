// From quoted lines to places in the program: which thread each column is, and which statement each line.
//
// A line matches the statements whose text it is, or is a part of, or that call the same functions; those of the spec
// itself before those of the library, the better likeness before the worse.  If several match equally well any of them
// counts.  What quotes a part of a statement is about the accesses of that part.  A column that names no thread can be every thread whose code has all of its lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/source.h"
#include "system/transition_system.h"

namespace quire {

struct ScenarioLine {
    std::size_t column = 0;
    std::string text;
    std::uint32_t number = 0;  // of the line in the text that it comes from
    bool one_step = false;     // one step of the statement, not all of it
    bool any_text = false;     // some step of the thread, wherever it is
};

struct Scenario {
    std::vector<std::string> columns;  // names, as written
    std::vector<ScenarioLine> lines;
};

// What a line means for the thread that it is about.
struct MatchedLine {
    ThreadNumber thread = 0;
    bool one_step = false;
    std::vector<bool> inside;  // by site: belongs to the statement
    std::vector<bool> ends;    // by site: the note there says that the statement has ended
    bool part = false;         // a part of a statement: it has ended where its thread goes on outside
    std::string text;          // of the first place
    std::string places;        // "file:line", or several
};

struct ScenarioBinding {
    std::vector<ThreadNumber> threads;  // by column
    std::vector<MatchedLine> lines;
};

struct ScenarioProblem {
    std::uint32_t line = 0;  // 0: about a column
    std::string message;
    std::vector<std::string> hints;
};

struct ScenarioMatch {
    std::vector<ScenarioBinding> bindings;  // each way to take the columns; one is enough to be possible
    std::vector<ScenarioProblem> problems;  // then there are no bindings
    std::vector<ScenarioProblem> notes;     // how lines were taken that were not quoted to the letter
};

ScenarioMatch match_scenario(const TransitionSystem& system, const SourceManager& sources, const Scenario& scenario);

}  // namespace quire
