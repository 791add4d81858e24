// Everything in a report but times, memory, and where it came from: what has to be the same however it was found.
#pragma once

#include <sstream>
#include <string>

#include "system/verdict.h"

namespace quire::test {

inline std::string report_text(const SearchReport& report) {
    std::ostringstream out;
    const SearchStatistics& s = report.statistics;
    out << "stop " << static_cast<int>(report.stop) << ", " << s.states << " states, " << s.transitions << " transitions, depth "
        << s.depth << ", widest " << s.widest_level << ", " << s.state_bits << " bits, " << s.restarts << " restarts\n";
    out << report.assumed_away << ' ' << report.silently_ended << ' ' << report.exhausted << " at " << report.exhausted_site
        << ' ' << report.too_long << ", " << report.partial_order.used << ' ' << report.partial_order.moves << ' '
        << report.partial_order.left_out << ' ' << report.partial_order.why_not << "\nsites";
    for (std::uint32_t site : report.executed_sites) out << ' ' << site;
    for (const auto* list : {&report.violations, &report.covered}) {
        for (const Finding& f : *list) {
            out << "\nproperty " << f.property << ", " << f.steps << " steps, " << f.switches << " switches"
                << (f.fewest_switches ? ", fewest" : "") << ':';
            for (Value v : f.trace.start_choices) out << " start " << v;
            for (const TraceStep& step : f.trace.steps) {
                out << ' ' << step.thread;
                for (Value v : step.choices) out << '/' << v;
            }
        }
    }
    return out.str();
}

}  // namespace quire::test
