#include "generate/writer.h"

namespace quire {

namespace {

bool reads_ghost(Where where) { return where == Where::kGhost || where == Where::kProperty; }

}  // namespace

// A place of this sort; nothing if there is none.
std::string ProtocolWriter::place(Sort sort, Where where, bool written) {
    bool ghost_only = written && where == Where::kGhost;
    auto fits = [&](const Name& n) { return n.sort == sort && (ghost_only ? n.ghost : !n.ghost || reads_ghost(where)); };
    std::vector<std::string> found;
    for (const Name& n : scope_) {
        if (fits(n)) found.push_back(n.text);
    }
    if (sort == Sort::kInt && !ghost_only) {
        for (const std::string& array : arrays_) {
            std::string index = scope_.empty() || random_.chance(80) ? std::string() : scope_[random_.below(scope_.size())].text;
            bool counts = index == "x" || index == "y" || index == "z";  // a constant outside would be an error
            found.push_back(array + "[" + (counts ? index : number(2)) + "]");
        }
        for (const std::string& inner : inners_) found.push_back(inner + ".v");
    }
    if (sort == Sort::kBool && !ghost_only) {
        for (const std::string& inner : inners_) found.push_back(inner + ".set");
    }
    for (const Name& member : members_) {
        if (!fits(member)) continue;
        if (!nodes_.empty() && random_.chance(70)) found.push_back(random_.of(nodes_) + "." + member.text);
        if (random_.chance(where == Where::kProperty ? 15 : 40)) found.push_back(solid_node(where) + "->" + member.text);
    }
    return found.empty() ? std::string() : random_.of(found);
}

std::string ProtocolWriter::integer(unsigned depth, Where where) {
    if (depth > 0 && random_.chance(45)) return operation(depth - 1, where);
    std::string read = random_.chance(70) ? place(Sort::kInt, where) : std::string();
    if (!read.empty()) return read;
    return random_.chance(90) ? number(3) : "-" + number(3);
}

std::string ProtocolWriter::operation(unsigned depth, Where where) {
    static const std::vector<std::string> kUsual = {"+", "-", "*", "&", "|", "^", "=="};
    static const std::vector<std::string> kRare = {"/", "%", "<<", ">>", "<", ">="};
    static const std::vector<std::string> kCasts = {"(u8)", "(s8)", "(unsigned)", "(long)", "(bool)", "~", "-", "!"};
    std::string a = integer(depth, where);
    std::size_t kind = random_.below(14);
    if (kind < 6) return "(" + a + " " + random_.of(kUsual) + " " + integer(depth, where) + ")";
    if (kind == 6) return "(" + a + " " + random_.of(kRare) + " " + (random_.chance(80) ? "2" : integer(0, where)) + ")";
    if (kind == 7) return random_.of(kCasts) + "(" + a + ")";
    if (kind == 8) return "(" + truth(depth, where) + " ? " + a + " : " + integer(depth, where) + ")";
    if (where != Where::kReal) return "(" + a + " & 1)";
    if (kind == 9) {
        std::string local = fresh("t");
        return "({ int " + local + " = " + a + "; " + local + " & 3; })";
    }
    std::string target = place(Sort::kInt, where, true);
    if (kind == 10 && !target.empty()) return "(" + target + " = " + a + " & 1)";
    if (kind == 11 && !target.empty() && random_.chance(40)) return target + (random_.chance(50) ? "++" : "--");
    if (kind == 12 && has("weighed"))
        return random_.chance(50) ? "weigh(make(" + a + ", " + truth(0, where) + "))" : "make(" + a + ", true).v";
    if (kind == 13 && has("any")) return "any()";
    return "(" + a + ", " + integer(0, where) + ")";
}

std::string ProtocolWriter::truth(unsigned depth, Where where) {
    if (depth > 0 && random_.chance(40)) {
        std::string a = truth(depth - 1, where);
        if (random_.chance(25)) return "!(" + a + ")";
        return "(" + a + (random_.chance(50) ? " && " : " || ") + truth(depth - 1, where) + ")";
    }
    if (where == Where::kReal && random_.chance(8)) return "maybe";
    if (where == Where::kProperty && depth > 0 && random_.chance(60)) return of_query(depth - 1);
    std::string read = random_.chance(30) ? place(Sort::kBool, where) : std::string();
    return read.empty() ? comparison(depth == 0 ? 0 : depth - 1, where) : read;
}

std::string ProtocolWriter::comparison(unsigned depth, Where where) {
    static const std::vector<std::string> kOrder = {"==", "!=", "<", "<=", ">"};
    std::string equal = random_.chance(50) ? " == " : " != ";
    switch (random_.below(9)) {
        case 0: return "(" + solid_node(where) + equal + node(depth, where) + ")";
        case 1: return "(" + solid_node(where) + " != NULL)";
        case 2: return "(" + other(Sort::kThread, where) + equal + other(Sort::kThread, where) + ")";
        case 3: return "(" + other(Sort::kHue, where) + equal + other(Sort::kHue, where) + ")";
        case 4: {
            std::string a = link(depth, where);
            if (a == "NULL") break;
            return "(" + a + equal + link(depth, where) + ")";
        }
        case 5:
            if (has("waiters"))
                return random_.chance(50) || where == Where::kProperty ? "waiters.empty()" : "waiters.contains(self)";
            if (has("queue")) return "(queue.size() > " + number(2) + ")";
            return "IS_ERR(" + node(depth, where) + ")";
        default: break;
    }
    return "(" + integer(depth, where) + " " + random_.of(kOrder) + " " + integer(depth, where) + ")";
}

// What only properties can ask.
std::string ProtocolWriter::of_query(unsigned depth) {
    std::string role = roles_.empty() ? std::string() : random_.of(roles_);
    std::string t = fresh("t");
    switch (random_.below(9)) {
        case 0: {
            std::string p = fresh("p");
            std::string member = members_.empty() ? std::string() : random_.of({members_[random_.below(members_.size())].text});
            for (const Name& m : members_) {
                if (m.text == member && m.sort == Sort::kInt)
                    return "(exists (struct node *" + p + ") " + p + "->" + member + " == " + number(3) + ")";
                if (m.text == member && m.sort == Sort::kBool)
                    return "(forall (struct node *" + p + ") " + p + "->" + member + ")";
            }
            return "(exists (struct node *" + p + ") " + p + " == " + node(0, Where::kProperty) + ")";
        }
        case 1: return "live(" + node(depth, Where::kProperty) + ")";
        case 2:
            if (labelled_.empty()) break;
            role = random_.of(labelled_);
            return "(count (" + t + " : " + role + ") at(" + t + ", here) >= " + std::to_string(1 + random_.below(2)) + ")";
        case 3:
            if (kept_.empty()) break;
            role = random_.of(kept_);
            return "(exists (" + t + " : " + role + ") " + t + ".kept == " + number(3) + ")";
        case 4:
            return arrays_.empty() ? "true"
                                   : "(forall (" + t + " in 0..1) " + arrays_[0] + "[" + t + "] " +
                                         (random_.chance(50) ? "!=" : "<=") + " " + number(3) + ")";
        case 5:
            return has("ledger") && !nodes_.empty()
                       ? "(balance(&" + random_.of(nodes_) + ".refs, table) > " + number(2) + ")"
                       : "(" + truth(0, Where::kProperty) + " => " + truth(0, Where::kProperty) + ")";
        case 6:
            return has("ledger") && !nodes_.empty() ? "(total(&" + random_.of(nodes_) + ".refs) == " + number(3) + ")"
                                                    : "live(" + node(0, Where::kProperty) + ")";
        case 7:
            return has("waiters") ? "(exists (" + t + " in waiters) " + t + " == " + other(Sort::kThread, Where::kProperty) + ")"
                                  : "(" + truth(0, Where::kProperty) + " => " + truth(0, Where::kProperty) + ")";
        default: break;
    }
    return truth(0, Where::kProperty);
}

// One that is rarely NULL.
std::string ProtocolWriter::solid_node(Where where) {
    std::vector<std::string> found;
    for (const Name& n : scope_) {
        if (n.sort == Sort::kNode && (!n.ghost || reads_ghost(where))) found.push_back(n.text);
    }
    for (const std::string& n : nodes_) found.push_back("(&" + n + ")");
    return random_.of(found);
}

std::string ProtocolWriter::node(unsigned depth, Where where) {
    switch (random_.below(10)) {
        case 0: return random_.chance(80) ? "NULL" : "ERR_PTR(-2)";
        case 1:
        case 2:
            if (!nodes_.empty()) return "&" + random_.of(nodes_);
            break;
        case 3: {
            std::string read = place(Sort::kNode, where);
            if (!read.empty()) return read;
            break;
        }
        case 4:
            if (has("link") && depth > 0) return "container_of(" + link(depth - 1, where) + ", struct node, link)";
            break;
        case 5:
            if (has("finder") && where == Where::kReal) return "find(" + integer(0, where) + ")";
            break;
        default: break;
    }
    return solid_node(where);
}

std::string ProtocolWriter::link(unsigned depth, Where where) {
    if (random_.chance(50)) {
        std::string read = place(Sort::kLink, where);
        if (!read.empty()) return read;
    }
    if (!links_.empty() && random_.chance(40)) return "&" + random_.of(links_);
    if (has("link") && random_.chance(80))
        return "&" + (depth > 0 ? node(0, where) == "NULL" ? solid_node(where) : solid_node(where) : solid_node(where)) +
               "->link";
    return "NULL";
}

std::string ProtocolWriter::other(Sort sort, Where where) {
    static const std::vector<std::string> kHues = {"RED", "GREEN", "BLUE"};
    std::string read = random_.chance(60) ? place(sort, where) : std::string();
    if (!read.empty()) return read;
    switch (sort) {
        case Sort::kHue: return random_.of(kHues);
        case Sort::kThread: return where != Where::kProperty && random_.chance(70) ? "self" : "NO_THREAD";
        case Sort::kHook: return random_.chance(85) ? (random_.chance(50) ? "hook_one" : "hook_two") : "NULL";
        case Sort::kInt:
        case Sort::kBool:
        case Sort::kNode:
        case Sort::kLink: break;
    }
    return "0";
}

std::string ProtocolWriter::value(Sort sort, unsigned depth, Where where) {
    switch (sort) {
        // Masked, so that no loop counts without end.
        case Sort::kInt: return random_.chance(85) ? "(" + integer(depth, where) + ") & 3" : integer(depth, where);
        case Sort::kBool: return truth(depth, where);
        case Sort::kNode: return node(depth, where);
        case Sort::kLink: return link(depth, where);
        case Sort::kHue:
        case Sort::kThread:
        case Sort::kHook: return other(sort, where);
    }
    return "0";
}

}  // namespace quire
