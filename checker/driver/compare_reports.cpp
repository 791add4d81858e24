#include "driver/compare_reports.h"

#include <map>

namespace quire {

namespace {

using Lengths = std::map<PropertyNumber, std::uint32_t>;

Lengths lengths_of(const std::vector<Finding>& findings) {
    Lengths lengths;
    for (const Finding& finding : findings) lengths[finding.property] = finding.steps;
    return lengths;
}

std::string compare_lengths(const TransitionSystem& system, const char* what, const Lengths& reduced, const Lengths& full) {
    auto length = [](const Lengths& lengths, PropertyNumber p) {
        auto found = lengths.find(p);
        return found == lengths.end() ? std::string("not") : "in " + std::to_string(found->second) + " steps";
    };
    std::string out;
    for (PropertyNumber p = 0; p < system.properties.size(); ++p) {
        std::string a = length(reduced, p), b = length(full, p);
        if (a != b) out += system.properties[p].name + " " + what + " " + a + " and " + b + "; ";
    }
    return out;
}

}  // namespace

std::string compare_reports(const TransitionSystem& system, const SearchReport& reduced, const SearchReport& full) {
    // What a budget cut off may differ.
    if (reduced.stop != StopReason::kComplete || full.stop != StopReason::kComplete) return {};
    std::string out = compare_lengths(system, "violated", lengths_of(reduced.violations), lengths_of(full.violations));
    out += compare_lengths(system, "covered", lengths_of(reduced.covered), lengths_of(full.covered));
    if ((reduced.exhausted != 0) != (full.exhausted != 0)) out += "a pool is exhausted in one only; ";
    if ((reduced.assumed_away != 0) != (full.assumed_away != 0)) out += "an assumption fails in one only; ";
    if ((reduced.too_long != 0) != (full.too_long != 0)) out += "a step is too long in one only; ";
    if (reduced.executed_sites != full.executed_sites) out += "other statements are executed; ";
    return out;
}

}  // namespace quire
