#include "driver/certify.h"

#include "explain/explain.h"
#include "support/invariant.h"

namespace quire {

ReplayedTrace certify(const TransitionSystem& system, const Finding& finding, const std::string& what) {
    std::string name = finding.property < system.properties.size() ? system.properties[finding.property].name : "?";
    std::string story = what + ", property " + name + ", " + std::to_string(finding.trace.steps.size()) + " steps: ";
    INVARIANT(finding.property < system.properties.size() && finding.trace.property == finding.property,
              story + "the trace is about another property");
    ReplayedTrace run = replay(system, finding.trace);
    INVARIANT(run.ok, story + "the trace does not replay: " + run.why_not);
    INVARIANT(finding.steps == finding.trace.steps.size(), story + "the search says " + std::to_string(finding.steps) + " steps");
    INVARIANT(finding.switches == count_switches(finding.trace),
              story + "the search says " + std::to_string(finding.switches) + " context switches");
    return run;
}

}  // namespace quire
