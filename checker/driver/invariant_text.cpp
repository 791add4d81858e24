#include "driver/invariant_text.h"

#include <algorithm>
#include <map>
#include <set>

#include "explain/code_place.h"
#include "report/text_layout.h"

namespace quire {

namespace {

using namespace prove;

class InvariantText {
public:
    InvariantText(const AnyNumberReport& report, const TransitionSystem& system, const SourceManager& sources)
        : counting_(report.counting), terms_(report.counting.terms), system_(system) {
        std::map<std::string, std::vector<LocalNumber>> by_place;
        for (LocalNumber l = 0; l < counting_.locals.size(); ++l) {
            const LocalState& local = counting_.locals[l];
            const ThreadRole& role = system.roles[local.role];
            auto at = static_cast<LocationNumber>(local.slots[0]);
            std::string place;
            std::uint32_t line = 0;
            if (at == role.end) {
                place = "the end";
                line = 0xffffffffu;
            } else if (at == role.start) {
                place = "the start";
            } else if (role.locations[at].site != kNone) {
                CodePlace code = code_place(system, sources, role.locations[at].site);
                line = code.user.line;
                place = std::to_string(line);
            } else {
                place = role.locations[at].name;
            }
            names_.push_back(place);
            lines_.push_back(line);
            by_place[role.name + "@" + place].push_back(l);
        }
        // Several at one place are told apart by letters.
        for (const auto& [place, locals] : by_place) {
            if (locals.size() < 2) continue;
            for (std::size_t i = 0; i < locals.size(); ++i) {
                std::string letters;
                for (std::size_t n = i + 1; n != 0; n = (n - 1) / 26)
                    letters.insert(letters.begin(), static_cast<char>('a' + (n - 1) % 26));
                names_[locals[i]] += (place.back() >= '0' && place.back() <= '9' ? "" : " ") + letters;
            }
        }
    }

    std::string place(LocalNumber l) const { return role_name(l) + " at " + names_[l]; }

    // "holder at 52, 54a"; all of a role: "holder"; all but few: "holder not at 52".
    std::string places(std::set<LocalNumber> locals) const {
        std::string out;
        for (std::uint32_t r = 0; r < system_.roles.size(); ++r) {
            std::vector<LocalNumber> in, not_in;
            for (LocalNumber l : ordered()) {
                if (counting_.locals[l].role == r) (locals.count(l) != 0 ? in : not_in).push_back(l);
            }
            if (in.empty()) continue;
            const std::string& name = system_.roles[r].name;
            out += out.empty() ? "" : " + ";
            if (not_in.empty()) {
                out += name;
            } else if (not_in.size() < in.size() && not_in.size() <= 6) {
                out += name + " not at " + list(not_in);
            } else {
                out += name + " at " + list(in);
            }
        }
        return out;
    }

    std::string variable(VariableNumber v) const { return counting_.variables[v].name; }

    std::string term(const std::vector<std::pair<NodeId, Value>>& sum, Value constant, bool positive) const {
        std::string out;
        auto add = [&](Value factor, const std::string& what) {
            out += (out.empty() ? "" : " + ") + (factor == 1 ? "" : std::to_string(factor) + " * ") + what;
        };
        std::map<Value, std::set<LocalNumber>> counters;
        for (const auto& [atom, signed_factor] : sum) {
            if ((signed_factor > 0) != positive) continue;
            Value factor = signed_factor < 0 ? -signed_factor : signed_factor;
            const Node& n = terms_[atom];
            if (n.kind == NodeKind::kVariable && is_counter(n.variable)) {
                counters[factor].insert(counting_.variables[n.variable].local);
            } else if (n.kind == NodeKind::kVariable) {
                add(factor, variable(n.variable));
            } else {
                std::string then = node(n.kids[1]);
                std::string otherwise = node(n.kids[2]);
                add(factor, then == "1" && otherwise == "0" ? "[" + node(n.kids[0]) + "]"
                                                            : "(" + node(n.kids[0]) + " ? " + then + " : " + otherwise + ")");
            }
        }
        for (const auto& [factor, locals] : counters) add(factor, "#{" + places(locals) + "}");
        Value rest = positive ? constant : -constant;
        if (rest > 0) out += (out.empty() ? "" : " + ") + std::to_string(rest);
        return out.empty() ? "0" : out;
    }

    std::string node(NodeId id) const {
        const Node& n = terms_[id];
        switch (n.kind) {
            case NodeKind::kTrue: return "true";
            case NodeKind::kFalse: return "false";
            case NodeKind::kVariable:
                return is_counter(n.variable) ? "#{" + place(counting_.variables[n.variable].local) + "}" : variable(n.variable);
            case NodeKind::kIf: return term({{id, 1}}, 0, true);
            case NodeKind::kTerm: {
                std::string plus = term(n.sum, n.constant, true);
                std::string minus = term(n.sum, n.constant, false);
                return minus == "0" ? plus : plus == "0" ? "-" + minus : plus + " - (" + minus + ")";
            }
            case NodeKind::kAtMostZero: return comparison(n.kids[0], false);
            case NodeKind::kIsZero: return comparison(n.kids[0], true);
            case NodeKind::kNot: {
                const Node& inner = terms_[n.kids[0]];
                if (inner.kind == NodeKind::kIsZero) {
                    std::string text = comparison(inner.kids[0], true);
                    std::size_t at = text.find(" == ");
                    if (at != std::string::npos) return text.replace(at, 4, " != ");
                }
                return "!(" + node(n.kids[0]) + ")";
            }
            case NodeKind::kAnd:
            case NodeKind::kOr: {
                std::string out;
                for (NodeId kid : n.kids) {
                    bool nested = terms_[kid].kind == NodeKind::kAnd || terms_[kid].kind == NodeKind::kOr;
                    out += (out.empty()                ? ""
                            : n.kind == NodeKind::kAnd ? " && "
                                                       : " || ") +
                           (nested ? "(" + node(kid) + ")" : node(kid));
                }
                return out;
            }
        }
        return {};
    }

    // What is shared stands on the left, alone where it can.
    std::string comparison(NodeId id, bool equality) const {
        const Node& n = terms_[id];
        std::vector<std::pair<NodeId, Value>> sum = n.sum;
        Value constant = n.constant;
        auto shared = [&](const std::pair<NodeId, Value>& one) {
            const Node& atom = terms_[one.first];
            return atom.kind == NodeKind::kVariable && counting_.variables[atom.variable].kind == CountingVariable::Kind::kGlobal;
        };
        auto only = std::find_if(sum.begin(), sum.end(), shared);
        bool negative = only == sum.end() || only->second < 0;
        const char* relation = equality ? " == " : " <= ";
        if (only == sum.end() && !equality) {
            // Counters are compared as they stand.
            std::string left = term(sum, constant, true);
            std::string right = term(sum, constant, false);
            return right != "0" && (left == "1" || left == "2") ? right + " >= " + left : left + " <= " + right;
        }
        if (only == sum.end()) return term(sum, constant, true) + relation + term(sum, constant, false);
        // factor * it + rest <= 0
        std::pair<NodeId, Value> it = *only;
        sum.erase(only);
        Value size = it.second < 0 ? -it.second : it.second;
        std::string left = (size == 1 ? "" : std::to_string(size) + " * ") + variable(terms_[it.first].variable);
        std::string plus = term(sum, constant, !negative ? false : true);
        std::string minus = term(sum, constant, !negative ? true : false);
        std::string right = minus == "0" ? plus : plus == "0" ? "-(" + minus + ")" : plus + " - (" + minus + ")";
        if (plus == "0" && minus.find_first_not_of("0123456789") == std::string::npos && minus != "0") right = "-" + minus;
        return left + (equality ? " == " : negative ? " >= " : " <= ") + right;
    }

    // The local state that nobody is in, if that is what the formula says.
    bool nobody_in(NodeId id, LocalNumber& l) const {
        const Node& n = terms_[id];
        if (n.kind != NodeKind::kAtMostZero) return false;
        const Node& t = terms_[n.kids[0]];
        if (t.sum.size() != 1 || t.constant != 0 || t.sum[0].second != 1) return false;
        const Node& atom = terms_[t.sum[0].first];
        if (atom.kind != NodeKind::kVariable || !is_counter(atom.variable)) return false;
        l = counting_.variables[atom.variable].local;
        return true;
    }
    bool at_most_one_in(NodeId id, LocalNumber& l) const {
        const Node& n = terms_[id];
        if (n.kind != NodeKind::kAtMostZero) return false;
        const Node& t = terms_[n.kids[0]];
        if (t.sum.size() != 1 || t.constant != -1 || t.sum[0].second != 1) return false;
        const Node& atom = terms_[t.sum[0].first];
        if (atom.kind != NodeKind::kVariable || !is_counter(atom.variable)) return false;
        l = counting_.variables[atom.variable].local;
        return true;
    }

private:
    bool is_counter(VariableNumber v) const { return counting_.variables[v].kind == CountingVariable::Kind::kCounter; }
    const std::string& role_name(LocalNumber l) const { return system_.roles[counting_.locals[l].role].name; }
    std::vector<LocalNumber> ordered() const {
        std::vector<LocalNumber> all;
        for (LocalNumber l = 0; l < counting_.locals.size(); ++l) all.push_back(l);
        std::stable_sort(all.begin(), all.end(), [&](LocalNumber a, LocalNumber b) { return lines_[a] < lines_[b]; });
        return all;
    }
    std::string list(const std::vector<LocalNumber>& locals) const {
        std::string out;
        for (LocalNumber l : locals) out += (out.empty() ? "" : ", ") + names_[l];
        return out;
    }

    const CountingSystem& counting_;
    const CountingTerms& terms_;
    const TransitionSystem& system_;
    std::vector<std::string> names_;
    std::vector<std::uint32_t> lines_;
};

// Local states of which at most one thread is in any, largest sets first.
std::vector<std::set<LocalNumber>> cliques(std::set<std::pair<LocalNumber, LocalNumber>> pairs) {
    std::vector<std::set<LocalNumber>> out;
    auto excluded = [](const std::set<std::pair<LocalNumber, LocalNumber>>& all, LocalNumber a, LocalNumber b) {
        return all.count({std::min(a, b), std::max(a, b)}) != 0;
    };
    const std::set<std::pair<LocalNumber, LocalNumber>> all = pairs;
    while (!pairs.empty()) {
        std::map<LocalNumber, std::size_t> degree;
        for (const auto& [a, b] : pairs) {
            ++degree[a];
            ++degree[b];
        }
        std::vector<LocalNumber> order;
        for (const auto& [l, d] : degree) order.push_back(l);
        std::stable_sort(order.begin(), order.end(), [&](LocalNumber a, LocalNumber b) { return degree[a] > degree[b]; });
        // Beginning with what is left to say.
        std::set<LocalNumber> clique{pairs.begin()->first, pairs.begin()->second};
        for (LocalNumber l : order) {
            bool fits = std::all_of(clique.begin(), clique.end(), [&](LocalNumber m) { return l == m || excluded(all, l, m); });
            if (fits) clique.insert(l);
        }
        std::erase_if(pairs, [&](const auto& p) { return clique.count(p.first) != 0 && clique.count(p.second) != 0; });
        out.push_back(std::move(clique));
    }
    return out;
}

}  // namespace

std::vector<std::string> invariant_lines(const AnyNumberReport& report, const TransitionSystem& system,
                                         const SourceManager& sources, std::size_t width) {
    InvariantText text(report, system, sources);
    const CountingTerms& terms = report.counting.terms;
    std::vector<std::string> equations, shared;
    std::map<std::string, std::set<LocalNumber>> whiles;
    std::set<std::pair<LocalNumber, LocalNumber>> pairs;
    std::set<LocalNumber> alone, never;
    for (const CountingFact& fact : report.facts) {
        const Node& n = terms[fact.formula];
        LocalNumber l = 0;
        LocalNumber m = 0;
        if (fact.kind == FactKind::kBound) continue;
        if (n.kind == NodeKind::kIsZero) {
            equations.push_back(text.node(fact.formula));
        } else if (text.nobody_in(fact.formula, l)) {
            never.insert(l);
        } else if (text.at_most_one_in(fact.formula, l)) {
            alone.insert(l);
        } else if (n.kind == NodeKind::kOr && n.kids.size() == 2 && text.nobody_in(n.kids[0], l) &&
                   text.nobody_in(n.kids[1], m)) {
            pairs.insert({std::min(l, m), std::max(l, m)});
        } else if (n.kind == NodeKind::kOr && n.kids.size() == 2 &&
                   (text.nobody_in(n.kids[0], l) || text.nobody_in(n.kids[1], l))) {
            NodeId other = text.nobody_in(n.kids[0], l) ? n.kids[1] : n.kids[0];
            if (text.nobody_in(n.kids[1], m)) l = m;
            whiles[text.node(other)].insert(l);
        } else {
            shared.push_back(text.node(fact.formula));
        }
    }
    std::vector<std::string> out;
    auto say = [&](const std::string& line) {
        for (const std::string& piece : wrapped(line, width, "    ")) out.push_back(piece);
    };
    for (const std::string& line : equations) say(line);
    for (const auto& [what, locals] : whiles) say("with " + text.places(locals) + ": " + what);
    for (const std::set<LocalNumber>& clique : cliques(pairs)) {
        bool each = std::all_of(clique.begin(), clique.end(), [&](LocalNumber x) { return alone.count(x) != 0; });
        if (each) {
            say("at most one of: " + text.places(clique));
            continue;
        }
        std::string places;
        for (LocalNumber x : clique) places += (places.empty() ? "" : ", ") + text.place(x);
        say("not together: " + places);
    }
    if (!alone.empty() && pairs.empty()) say("at most one each: " + text.places(alone));
    if (!never.empty()) say("nobody is ever: " + text.places(never));
    for (const std::string& line : shared) say(line);
    return out;
}

std::string state_text(const AnyNumberReport& report, const TransitionSystem& system, const SourceManager& sources,
                       const CountingState& state) {
    InvariantText text(report, system, sources);
    std::string threads, memory;
    for (VariableNumber v = 0; v < report.counting.variables.size(); ++v) {
        const CountingVariable& variable = report.counting.variables[v];
        if (variable.kind == CountingVariable::Kind::kCounter && state[v] != 0) {
            threads += (threads.empty() ? "" : ", ") + std::to_string(state[v]) + " " + text.place(variable.local);
        } else if (variable.kind == CountingVariable::Kind::kGlobal) {
            std::string value =
                variable.bit == kNone && !variable.owned ? system.value_text(variable.cell, state[v]) : std::to_string(state[v]);
            memory += (memory.empty() ? "" : ", ") + variable.name + " = " + value;
        }
    }
    return threads + (memory.empty() ? "" : "; " + memory);
}

std::string fact_text(const AnyNumberReport& report, const TransitionSystem& system, const SourceManager& sources,
                      NodeId formula) {
    return InvariantText(report, system, sources).node(formula);
}

std::string place_text(const AnyNumberReport& report, const TransitionSystem& system, const SourceManager& sources,
                       LocalNumber local) {
    return InvariantText(report, system, sources).place(local);
}

}  // namespace quire
