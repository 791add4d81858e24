#include "prove/counting_terms.h"

#include <algorithm>
#include <numeric>

namespace quire::prove {

namespace {

__extension__ using Wide = __int128;

Value narrow(Wide wide) {
    if (wide > kFar * 2 || wide < -kFar * 2) throw TermOverflow{};
    return static_cast<Value>(wide);
}

Value clamp(Wide wide) { return static_cast<Value>(wide > kFar ? Wide{kFar} : wide < -kFar ? Wide{-kFar} : wide); }

void put(std::string& key, std::uint64_t value) { key.append(reinterpret_cast<const char*>(&value), sizeof value); }

std::string key_of(const Node& n) {
    std::string key;
    put(key, static_cast<std::uint64_t>(n.kind));
    put(key, static_cast<std::uint64_t>(n.constant));
    put(key, n.variable);
    for (const auto& [atom, factor] : n.sum) {
        put(key, atom);
        put(key, static_cast<std::uint64_t>(factor));
    }
    for (NodeId kid : n.kids) put(key, kid);
    return key;
}

}  // namespace

CountingTerms::CountingTerms() {
    Node no;
    no.kind = NodeKind::kFalse;
    intern(no);
    Node yes;
    yes.kind = NodeKind::kTrue;
    intern(yes);
}

NodeId CountingTerms::intern(Node node) {
    auto [found, is_new] = index_.emplace(key_of(node), static_cast<NodeId>(nodes_.size()));
    if (is_new) {
        auto many = [&](NodeId id) { return nodes_[id].of_many; };
        node.of_many = (node.kind == NodeKind::kVariable && of_many_[node.variable]) ||
                       std::any_of(node.kids.begin(), node.kids.end(), many) ||
                       std::any_of(node.sum.begin(), node.sum.end(), [&](const auto& part) { return many(part.first); });
        nodes_.push_back(std::move(node));
    }
    return found->second;
}

VariableNumber CountingTerms::add_variable(Bounds bounds, bool of_many) {
    bounds_.push_back(bounds);
    of_many_.push_back(of_many);
    return static_cast<VariableNumber>(bounds_.size() - 1);
}

NodeId CountingTerms::number(Value value) {
    Node n;
    n.kind = NodeKind::kTerm;
    n.constant = value;
    return intern(std::move(n));
}

NodeId CountingTerms::variable(VariableNumber v) {
    Node atom;
    atom.kind = NodeKind::kVariable;
    atom.variable = v;
    Node term;
    term.kind = NodeKind::kTerm;
    term.sum.emplace_back(intern(std::move(atom)), 1);
    return intern(std::move(term));
}

NodeId CountingTerms::combine(NodeId a, Value factor_a, NodeId b, Value factor_b) {
    std::map<NodeId, Wide> sum;
    for (const auto& [atom, factor] : nodes_[a].sum) sum[atom] += Wide{factor} * factor_a;
    for (const auto& [atom, factor] : nodes_[b].sum) sum[atom] += Wide{factor} * factor_b;
    Node out;
    out.kind = NodeKind::kTerm;
    out.constant = narrow(Wide{nodes_[a].constant} * factor_a + Wide{nodes_[b].constant} * factor_b);
    for (const auto& [atom, factor] : sum) {
        if (factor != 0) out.sum.emplace_back(atom, narrow(factor));
    }
    return intern(std::move(out));
}

NodeId CountingTerms::choose(NodeId condition, NodeId then, NodeId otherwise) {
    if (condition == 1 || then == otherwise) return then;
    if (condition == 0) return otherwise;
    if (nodes_[condition].kind == NodeKind::kNot) return choose(nodes_[condition].kids[0], otherwise, then);
    // What differs by a constant is a base and a multiple of a truth value.
    NodeId difference = subtract(then, otherwise);
    if (nodes_[difference].sum.empty()) {
        Node atom;
        atom.kind = NodeKind::kIf;
        atom.kids = {condition, number(1), number(0)};
        Node term;
        term.kind = NodeKind::kTerm;
        term.sum.emplace_back(intern(std::move(atom)), nodes_[difference].constant);
        return add(intern(std::move(term)), otherwise);
    }
    Node atom;
    atom.kind = NodeKind::kIf;
    atom.kids = {condition, then, otherwise};
    Node term;
    term.kind = NodeKind::kTerm;
    term.sum.emplace_back(intern(std::move(atom)), 1);
    return intern(std::move(term));
}

std::optional<Value> CountingTerms::known(NodeId term) const {
    const Node& n = nodes_[term];
    if (n.kind == NodeKind::kTerm && n.sum.empty()) return n.constant;
    return std::nullopt;
}

bool CountingTerms::is_crowd(NodeId term) const {
    const Node& n = nodes_[term];
    // Counted up step by step: one more if this, than what there was.
    auto nested = [&](const auto& part) {
        const Node& a = nodes_[part.first];
        return a.kind == NodeKind::kIf && nodes_[a.kids[0]].of_many && (nodes_[a.kids[1]].of_many || nodes_[a.kids[2]].of_many);
    };
    return std::count_if(n.sum.begin(), n.sum.end(), [&](const auto& part) { return nodes_[part.first].of_many; }) > 1 ||
           std::any_of(n.sum.begin(), n.sum.end(), nested);
}

Bounds CountingTerms::range(NodeId term) const {
    const Node& n = nodes_[term];
    const bool crowd = is_crowd(term);
    Wide least_of_one = 0, most_of_one = 0;  // of what a thread adds
    Wide lo = n.constant;
    Wide hi = n.constant;
    for (const auto& [atom, factor] : n.sum) {
        const Node& a = nodes_[atom];
        Bounds one;
        if (a.kind == NodeKind::kVariable) {
            one = bounds_[a.variable];
        } else {
            Bounds then = range(a.kids[1]);
            Bounds otherwise = range(a.kids[2]);
            one = {std::min(then.lo, otherwise.lo), std::max(then.hi, otherwise.hi)};
        }
        bool low_known = one.lo > -kFar;
        bool high_known = one.hi < kFar;
        Wide x = low_known ? Wide{one.lo} * factor : (factor > 0 ? Wide{-kFar} * 4 : Wide{kFar} * 4);
        Wide y = high_known ? Wide{one.hi} * factor : (factor > 0 ? Wide{kFar} * 4 : Wide{-kFar} * 4);
        if (crowd && a.of_many) {
            least_of_one = std::min({least_of_one, x, y});
            most_of_one = std::max({most_of_one, x, y});
            continue;
        }
        lo += std::min(x, y);
        hi += std::max(x, y);
    }
    lo += std::max(least_of_one, Wide{-kFar}) * kMostThreads;
    hi += std::min(most_of_one, Wide{kFar}) * kMostThreads;
    return {clamp(lo), clamp(hi)};
}

NodeId CountingTerms::compare(NodeId term, bool equality) {
    Bounds b = range(term);
    if (equality) {
        if (b.lo > 0 || b.hi < 0) return boolean(false);
        if (b.lo == 0 && b.hi == 0) return boolean(true);
    } else {
        if (b.hi <= 0) return boolean(true);
        if (b.lo > 0) return boolean(false);
    }
    // A single choice is taken apart: what is compared is then plain.
    std::size_t choices = 0;
    NodeId choice = 0;
    Value times = 0;
    for (const auto& [atom, factor] : nodes_[term].sum) {
        if (nodes_[atom].kind != NodeKind::kIf) continue;
        ++choices;
        choice = atom;
        times = factor;
    }
    if (choices == 1) {
        Node rest = nodes_[term];
        rest.sum.erase(std::find_if(rest.sum.begin(), rest.sum.end(), [&](const auto& one) { return one.first == choice; }));
        NodeId others = intern(std::move(rest));
        std::vector<NodeId> kids = nodes_[choice].kids;
        NodeId then = compare(combine(others, 1, kids[1], times), equality);
        NodeId otherwise = compare(combine(others, 1, kids[2], times), equality);
        return if_then(kids[0], then, otherwise);
    }
    Node t = nodes_[term];
    Value common = 0;
    for (const auto& [atom, factor] : t.sum) common = std::gcd(common, factor);
    if (equality) {
        if (t.constant % common != 0) return boolean(false);
        if (t.sum[0].second < 0) common = -common;
        t.constant /= common;
    } else {
        // sum <= -constant: rounded down.
        Value bound = -t.constant;
        Value quotient = bound / common - (bound % common != 0 && bound < 0 ? 1 : 0);
        t.constant = -quotient;
    }
    for (auto& [atom, factor] : t.sum) factor /= common;
    Node out;
    out.kind = equality ? NodeKind::kIsZero : NodeKind::kAtMostZero;
    out.kids = {intern(std::move(t))};
    return intern(std::move(out));
}

NodeId CountingTerms::at_most(NodeId a, NodeId b) { return compare(subtract(a, b), false); }
NodeId CountingTerms::equal(NodeId a, NodeId b) { return compare(subtract(a, b), true); }

NodeId CountingTerms::bound_of(VariableNumber v) {
    Bounds b = bounds_[v];
    std::vector<NodeId> kids;
    auto at_most_zero = [&](NodeId term) {
        Node n;
        n.kind = NodeKind::kAtMostZero;
        n.kids = {term};
        kids.push_back(intern(std::move(n)));
    };
    if (b.lo > -kFar) at_most_zero(combine(number(b.lo), 1, variable(v), -1));
    if (b.hi < kFar) at_most_zero(combine(variable(v), 1, number(b.hi), -1));
    if (kids.empty()) return boolean(true);
    if (kids.size() == 1) return kids[0];
    Node both;
    both.kind = NodeKind::kAnd;
    both.kids = std::move(kids);
    return intern(std::move(both));
}

NodeId CountingTerms::negation(NodeId a) {
    if (a <= 1) return 1 - a;
    const Node n = nodes_[a];
    switch (n.kind) {
        case NodeKind::kNot: return n.kids[0];
        case NodeKind::kAtMostZero: return compare(combine(number(1), 1, n.kids[0], -1), false);
        case NodeKind::kAnd:
        case NodeKind::kOr: {
            std::vector<NodeId> kids;
            for (NodeId kid : n.kids) kids.push_back(negation(kid));
            return gather(std::move(kids), n.kind == NodeKind::kOr);
        }
        case NodeKind::kIsZero: {
            // Of what is 0 or 1, or the like, the other.
            Bounds b = range(n.kids[0]);
            if (b.hi - b.lo == 1 && b.lo > -kFar && b.hi < kFar) {
                Value other = b.lo == 0 ? b.hi : b.lo;
                return compare(combine(n.kids[0], 1, number(other), -1), true);
            }
            break;
        }
        case NodeKind::kTerm:
        case NodeKind::kVariable:
        case NodeKind::kIf:
        case NodeKind::kTrue:
        case NodeKind::kFalse: break;
    }
    Node out;
    out.kind = NodeKind::kNot;
    out.kids = {a};
    return intern(std::move(out));
}

NodeId CountingTerms::gather(std::vector<NodeId> of, bool conjunction) {
    NodeId neutral = conjunction ? 1 : 0;
    NodeKind kind = conjunction ? NodeKind::kAnd : NodeKind::kOr;
    std::vector<NodeId> kids;
    for (NodeId one : of) {
        if (one == 1 - neutral) return one;
        if (one == neutral) continue;
        if (nodes_[one].kind == kind) {
            kids.insert(kids.end(), nodes_[one].kids.begin(), nodes_[one].kids.end());
        } else {
            kids.push_back(one);
        }
    }
    std::sort(kids.begin(), kids.end());
    kids.erase(std::unique(kids.begin(), kids.end()), kids.end());
    for (NodeId one : kids) {
        NodeKind of_one = nodes_[one].kind;
        if (of_one != NodeKind::kIsZero && of_one != NodeKind::kAtMostZero && of_one != NodeKind::kNot) continue;
        if (std::binary_search(kids.begin(), kids.end(), negation(one))) return 1 - neutral;
    }
    if (kids.empty()) return neutral;
    if (kids.size() == 1) return kids[0];
    Node out;
    out.kind = kind;
    out.kids = std::move(kids);
    return intern(std::move(out));
}

NodeId CountingTerms::all(std::vector<NodeId> of) { return gather(std::move(of), true); }
NodeId CountingTerms::any(std::vector<NodeId> of) { return gather(std::move(of), false); }

NodeId CountingTerms::if_then(NodeId condition, NodeId then, NodeId otherwise) {
    if (condition == 1 || then == otherwise) return then;
    if (condition == 0) return otherwise;
    if (then == 0) return both(negation(condition), otherwise);
    if (then == 1) return either(condition, otherwise);
    if (otherwise == 0) return both(condition, then);
    if (otherwise == 1) return either(negation(condition), then);
    return both(either(negation(condition), then), either(condition, otherwise));
}

const std::vector<VariableNumber>& CountingTerms::variables_of(NodeId id) {
    auto found = variables_.find(id);
    if (found != variables_.end()) return found->second;
    std::vector<VariableNumber> out;
    const Node n = nodes_[id];
    if (n.kind == NodeKind::kVariable) out.push_back(n.variable);
    auto take = [&](NodeId kid) {
        const std::vector<VariableNumber>& more = variables_of(kid);
        out.insert(out.end(), more.begin(), more.end());
    };
    for (const auto& [atom, factor] : n.sum) take(atom);
    for (NodeId kid : n.kids) take(kid);
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return variables_.emplace(id, std::move(out)).first->second;
}

NodeId CountingTerms::replace(NodeId id, const Replacement& replacement) {
    std::map<NodeId, NodeId> done;
    return replace(id, replacement, done);
}

NodeId CountingTerms::replace(NodeId id, const Replacement& replacement, std::map<NodeId, NodeId>& done) {
    auto found = done.find(id);
    if (found != done.end()) return found->second;
    const Node n = nodes_[id];
    NodeId out = id;
    switch (n.kind) {
        case NodeKind::kTrue:
        case NodeKind::kFalse: break;
        case NodeKind::kVariable: {  // atoms give terms
            std::optional<NodeId> other = replacement(n.variable);
            out = other ? *other : variable(n.variable);
            break;
        }
        case NodeKind::kIf:
            out = choose(replace(n.kids[0], replacement, done), replace(n.kids[1], replacement, done),
                         replace(n.kids[2], replacement, done));
            break;
        case NodeKind::kTerm:
            out = number(n.constant);
            for (const auto& [atom, factor] : n.sum) out = combine(out, 1, replace(atom, replacement, done), factor);
            break;
        case NodeKind::kAtMostZero: out = compare(replace(n.kids[0], replacement, done), false); break;
        case NodeKind::kIsZero: out = compare(replace(n.kids[0], replacement, done), true); break;
        case NodeKind::kNot: out = negation(replace(n.kids[0], replacement, done)); break;
        case NodeKind::kAnd:
        case NodeKind::kOr: {
            std::vector<NodeId> kids;
            for (NodeId kid : n.kids) kids.push_back(replace(kid, replacement, done));
            out = gather(std::move(kids), n.kind == NodeKind::kAnd);
            break;
        }
    }
    done.emplace(id, out);
    return out;
}

Value CountingTerms::evaluate(NodeId term, const std::vector<Value>& values) const {
    const Node& n = nodes_[term];
    if (n.kind == NodeKind::kVariable) return values[n.variable];
    if (n.kind == NodeKind::kIf) return evaluate(holds(n.kids[0], values) ? n.kids[1] : n.kids[2], values);
    Wide sum = n.constant;
    for (const auto& [atom, factor] : n.sum) sum += Wide{factor} * evaluate(atom, values);
    return narrow(sum);
}

bool CountingTerms::holds(NodeId formula, const std::vector<Value>& values) const {
    const Node& n = nodes_[formula];
    switch (n.kind) {
        case NodeKind::kTrue: return true;
        case NodeKind::kFalse: return false;
        case NodeKind::kAtMostZero: return evaluate(n.kids[0], values) <= 0;
        case NodeKind::kIsZero: return evaluate(n.kids[0], values) == 0;
        case NodeKind::kNot: return !holds(n.kids[0], values);
        case NodeKind::kAnd: return std::all_of(n.kids.begin(), n.kids.end(), [&](NodeId k) { return holds(k, values); });
        case NodeKind::kOr: return std::any_of(n.kids.begin(), n.kids.end(), [&](NodeId k) { return holds(k, values); });
        case NodeKind::kTerm:
        case NodeKind::kVariable:
        case NodeKind::kIf: break;
    }
    return false;
}

std::string CountingTerms::to_string(NodeId id, const std::function<std::string(VariableNumber)>& name) const {
    const Node& n = nodes_[id];
    auto list = [&](const char* between) {
        std::string out;
        for (NodeId kid : n.kids) out += (out.empty() ? "" : between) + ("(" + to_string(kid, name) + ")");
        return out;
    };
    auto sum = [&](bool positive) {
        std::string out;
        const Node& term = n.kind == NodeKind::kTerm ? n : nodes_[n.kids[0]];
        for (const auto& [atom, factor] : term.sum) {
            if ((factor > 0) != positive) continue;
            Value size = factor < 0 ? -factor : factor;
            out += (out.empty() ? "" : " + ") + (size == 1 ? "" : std::to_string(size) + " * ") + to_string(atom, name);
        }
        Value rest = positive ? term.constant : -term.constant;
        if (rest > 0) out += (out.empty() ? "" : " + ") + std::to_string(rest);
        return out.empty() ? std::string("0") : out;
    };
    switch (n.kind) {
        case NodeKind::kTrue: return "true";
        case NodeKind::kFalse: return "false";
        case NodeKind::kVariable: return name(n.variable);
        case NodeKind::kIf:
            if (known(n.kids[1]) == Value{1} && known(n.kids[2]) == Value{0}) return "[" + to_string(n.kids[0], name) + "]";
            return "(" + to_string(n.kids[0], name) + " ? " + to_string(n.kids[1], name) + " : " + to_string(n.kids[2], name) +
                   ")";
        case NodeKind::kTerm: {
            std::string minus = sum(false);
            return sum(true) + (minus == "0" ? "" : " - (" + minus + ")");
        }
        case NodeKind::kAtMostZero: return sum(true) + " <= " + sum(false);
        case NodeKind::kIsZero: return sum(true) + " == " + sum(false);
        case NodeKind::kNot: return "!(" + to_string(n.kids[0], name) + ")";
        case NodeKind::kAnd: return list(" && ");
        case NodeKind::kOr: return list(" || ");
    }
    return {};
}

}  // namespace quire::prove
