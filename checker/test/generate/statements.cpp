#include "generate/writer.h"

namespace quire {

void ProtocolWriter::statements(Body& body, unsigned depth) {
    std::size_t count = 1 + random_.below(3);
    for (std::size_t i = 0; i < count && body.budget > 0; ++i) statement(body, depth);
}

void ProtocolWriter::statement(Body& body, unsigned depth) {
    if (body.budget > 0) --body.budget;
    if (depth > 0 && random_.chance(30)) return compound(body, depth - 1);
    simple(body);
}

void ProtocolWriter::simple(Body& body) {
    if (body.where == Where::kGhost) return assignment(Where::kGhost);
    switch (random_.below(16)) {
        case 0:
        case 1: return declaration(body);
        case 2:
        case 3: return memory_statement();
        case 4:
        case 5: return container_statement();
        case 6:
        case 7: return call_statement();
        case 8: return ghost_statement();
        case 9:
            if (random_.chance(30)) return line("assert(" + truth(1, Where::kReal) + " || " + truth(1, Where::kReal) + ");");
            if (random_.chance(40)) return line("assume(" + truth(1, Where::kReal) + " || " + truth(0, Where::kReal) + ");");
            if (random_.chance(50)) return line("cover(\"" + fresh("point") + "\");");
            return line("await (" + truth(1, Where::kPure) + ");");
        case 10:
            if (body.may_jump && random_.chance(30)) return line("if (" + truth(0, Where::kReal) + ") " + body.returns);
            if (body.in_loop && random_.chance(50))
                return line("if (" + truth(0, Where::kReal) + ") " + (random_.chance(50) ? "break;" : "continue;"));
            return assignment(Where::kReal);
        default: return assignment(Where::kReal);
    }
}

void ProtocolWriter::assignment(Where where) {
    static const std::vector<Sort> kUsual = {Sort::kInt,  Sort::kInt, Sort::kBool,   Sort::kNode, Sort::kNode,
                                             Sort::kLink, Sort::kHue, Sort::kThread, Sort::kHook};
    Sort sort = kUsual[random_.below(kUsual.size())];
    std::string target = place(sort, where, true);
    if (target.empty()) {
        sort = Sort::kInt;
        target = place(sort, where, true);
    }
    if (target.empty()) return line(where == Where::kGhost ? "assert(true);" : "assume(true);");
    if (sort == Sort::kInt && where == Where::kReal && random_.chance(15)) {
        static const std::vector<std::string> kOps = {"|=", "^=", "&=", "+=", "-=", "<<="};
        return line(target + " " + random_.of(kOps) + " " + integer(0, where) + ";");
    }
    if (sort == Sort::kInt && where == Where::kReal && random_.chance(8))
        return line("store(release, " + target + ", load(acquire, " + target + ") & 1);");
    line(target + " = " + value(sort, 2, where) + ";");
}

// The name is known in what follows; blocks forget theirs.
void ProtocolWriter::declaration(Body& body) {
    std::string name = fresh("v");
    switch (random_.below(9)) {
        case 0:
            line("struct node *" + name + " = " +
                 (has("pool") && random_.chance(40) ? std::string("alloc") + (random_.chance(60) ? "" : "?") + "(struct node)"
                                                    : node(1, Where::kReal)) +
                 ";");
            scope_.push_back({name, Sort::kNode, false});
            return;
        case 1:
            if (!has("inner")) break;
            line("struct inner " + name + (random_.chance(80) ? " = { .v = " + integer(1, Where::kReal) + " };" : ";"));
            inners_.push_back(name);
            return;
        case 2:
            if (!has("link")) break;
            // Its address is taken: the local lives in memory.
            line("struct link " + name + " = { " + (random_.chance(50) ? "NULL" : link(0, Where::kReal)) + " };");
            links_.push_back(name);
            return;
        case 3:
            line("int " + name + "[2]" + (random_.chance(80) ? " = { " + integer(1, Where::kReal) + " };" : ";"));
            arrays_.push_back(name);
            return;
        case 4:
            line("bool " + name + " = " + truth(1, Where::kReal) + ";");
            scope_.push_back({name, Sort::kBool, false});
            return;
        case 5:
            if (body.where != Where::kReal) break;
            line("choose (" + name + " in 0.." + std::to_string(1 + random_.below(2)) + ");");
            scope_.push_back({name, Sort::kInt, false});
            return;
        default: break;
    }
    line(counted_type() + " " + name + (random_.chance(92) ? " = " + value(Sort::kInt, 1, Where::kReal) + ";" : ";"));
    scope_.push_back({name, Sort::kInt, false});
}

void ProtocolWriter::memory_statement() {
    std::string target = place(Sort::kNode, Where::kReal, true);
    if (!has("pool")) {
        if (has("inner") && nodes_.size() > 1) return line(nodes_[0] + ".in = " + nodes_[1] + ".in;");
        return assignment(Where::kReal);
    }
    switch (random_.below(5)) {
        case 0:
        case 1:
            if (target.empty()) return;
            return line(target + " = alloc" + (random_.chance(50) ? "" : random_.chance(50) ? "?" : "!") + "(struct node);");
        case 2:
        case 3: return line("free(" + (random_.chance(70) && !target.empty() ? target : node(1, Where::kReal)) + ");");
        default: return line("use(" + solid_node(Where::kReal) + ");");
    }
}

void ProtocolWriter::container_statement() {
    if (has("waiters") && random_.chance(50)) {
        if (random_.chance(70))
            return line(std::string("waiters.") + (random_.chance(60) ? "add(" : "remove(") + other(Sort::kThread, Where::kReal) +
                        ");");
        std::string target = place(Sort::kBool, Where::kReal, true);
        if (!target.empty()) return line(target + " = waiters.add(self);");
    }
    if (has("queue") && random_.chance(50)) {
        std::string target = place(Sort::kInt, Where::kReal, true);
        if (random_.chance(50))
            return line(std::string("queue.") + (random_.chance(50) ? "push_back" : "push_front") + "((" +
                        integer(0, Where::kReal) + ") & 1);");
        if (!target.empty())
            return line("if (!queue.empty()) " + target + " = queue." + (random_.chance(60) ? "pop_front" : "first") + "();");
    }
    if (has("members") && random_.chance(60)) {
        std::string n = node(1, Where::kReal);
        if (random_.chance(60)) return line("if (" + n + ") members." + (random_.chance(60) ? "add(" : "remove(") + n + ");");
    }
    if (has("inner") && !nodes_.empty() && !inners_.empty()) {
        std::string here = random_.of(inners_),
                    there = random_.chance(50) ? solid_node(Where::kReal) + "->in" : random_.of(inners_);
        return line(random_.chance(50) ? here + " = " + there + ";" : there + " = " + here + ";");
    }
    assignment(Where::kReal);
}

void ProtocolWriter::call_statement() {
    std::vector<std::string> calls = callable_;
    if (has("trace")) calls.push_back("trace(1, \"text\");");
    if (has("worker")) calls.push_back("spawn worker(" + node(0, Where::kReal) + ");");
    if (calls.empty()) return assignment(Where::kReal);
    std::string call = random_.of(calls);
    std::string target = arrays_.empty() || random_.chance(50) ? "z" : random_.of(arrays_) + "[" + number(2) + "]";
    if (call == "set_to")
        return line("set_to(" + (random_.chance(90) ? "&" + target : std::string("NULL")) + ", " + integer(1, Where::kReal) +
                    ");");
    if (call == "swap_in") return line("swap_in(" + target + ", " + solid_node(Where::kReal) + ");");
    if (call == "handler") return line("handler(" + node(0, Where::kReal) + ");");
    if (call == "fill")
        return line(inners_.empty()
                        ? "make(1, true);"
                        : random_.of(inners_) + " = make(" + integer(1, Where::kReal) + ", " + truth(0, Where::kReal) + ");");
    if (call == "get_ref" || call == "put_ref" || call == "try_get" || call == "touch")
        return line(call + "(" + solid_node(Where::kReal) + ");");
    line(call);
}

void ProtocolWriter::ghost_statement() {
    std::string n = solid_node(Where::kReal);
    if (has("ledger") && random_.chance(50)) {
        if (random_.chance(50))
            return line("if (" + n + ") ghost { credit(&" + n + "->refs, " + (random_.chance(50) ? "self" : "table") + ", 1); }");
        return line("if (" + n + ") ghost { move(&" + n + "->refs, " + (random_.chance(50) ? "unbooked" : "self") +
                    ", table, 1); }");
    }
    if (!has("ghost")) return assignment(Where::kReal);
    open("ghost");
    if (random_.chance(50))
        line("if (" + truth(1, Where::kGhost) + ") seen = " + value(Sort::kInt, 1, Where::kGhost) + ";");
    else if (random_.chance(20))
        line("assert(" + truth(1, Where::kGhost) + " || " + truth(1, Where::kGhost) + ");");
    else if (random_.chance(20) && place(Sort::kNode, Where::kReal) == "p")
        line("refresh(p);");
    else
        line("seen = " + value(Sort::kInt, 1, Where::kGhost) + ";");
    close();
}

void ProtocolWriter::block(const std::string& head, Body body, unsigned depth, const std::string& last) {
    std::vector<Name> scope = scope_;
    std::vector<std::string> arrays = arrays_, inners = inners_, links = links_;
    open(head);
    statements(body, depth);
    if (!last.empty()) line(last);
    close();
    scope_ = scope;
    arrays_ = arrays;
    inners_ = inners;
    links_ = links;
}

void ProtocolWriter::compound(Body& body, unsigned depth) {
    Body inside = body;
    inside.budget = 1 + static_cast<unsigned>(random_.below(3));
    switch (random_.below(10)) {
        case 0:
        case 1:
            block("if (" + truth(2, Where::kReal) + ")", inside, depth);
            if (random_.chance(40)) block("else", inside, depth);
            return;
        case 2: {
            std::string n = solid_node(Where::kReal);
            return block("if (" + n + ")", inside, depth);
        }
        case 3: inside.may_step = false; return block(random_.chance(70) ? "atomic" : "atomic acquire", inside, depth);
        case 4:
            inside.may_step = false;
            inside.in_loop = false;
            inside.may_jump = false;
            return block("await (" + truth(2, Where::kPure) + ")", inside, depth);
        case 5:
        case 6: return loop(inside, depth);
        case 7: return chosen(inside, depth);
        case 8: return switch_statement(inside, depth);
        default:
            if (!has("lock")) return block("if (maybe)", inside, depth);
            line(random_.chance(85) ? (random_.chance(70) ? "take(&lock);" : "take_too(&lock);") : "if (try_take(&lock))");
            inside.may_jump = false;
            inside.in_loop = false;
            return block("", inside, depth, "drop(&lock);");
    }
}

void ProtocolWriter::loop(Body& body, unsigned depth) {
    std::string name = fresh("i");
    Body inside = body;
    inside.in_loop = true;
    switch (random_.below(6)) {
        case 0:
        case 1: return block("for (int " + name + " = 0; " + name + " < 2; " + name + "++)", inside, depth);
        case 2: return block("while (" + truth(1, Where::kReal) + " && maybe)", inside, depth);
        case 3:
            if (has("waiters")) return block("for (" + name + " : waiters)", inside, depth);
            if (has("queue")) return block("for (" + name + " : queue)", inside, depth);
            // A condition that is constant would be a loop without end, which `atomic` does not allow.
            return block(
                "while (" +
                    (place(Sort::kInt, Where::kReal).empty() ? "maybe" : place(Sort::kInt, Where::kReal) + " == " + number(3)) +
                    ")",
                inside, depth);
        case 4: {
            line("int " + name + " = 0;");
            open("do");
            Body once = inside;
            std::vector<Name> scope = scope_;
            std::vector<std::string> arrays = arrays_, inners = inners_, links = links_;
            statements(once, depth);
            scope_ = scope;
            arrays_ = arrays;
            inners_ = inners;
            links_ = links;
            --indent_;
            line("} while (" + name + "++ < 1);");
            return;
        }
        default: {
            std::string label = fresh("again");
            line("int " + name + " = 0;");
            line(label + ":");
            assignment(Where::kReal);
            return line("if (" + name + "++ < 1) goto " + label + ";");
        }
    }
}

void ProtocolWriter::chosen(Body& body, unsigned depth) {
    std::string name = fresh("c");
    if (has("pool") && random_.chance(30))
        return line("choose (" + name + " in pool struct node);"), scope_.push_back({name, Sort::kNode, false});
    if (has("waiters") && random_.chance(30))
        return line("choose (" + name + " in waiters);"), scope_.push_back({name, Sort::kThread, false});
    if (has("members") && random_.chance(40))
        return line("choose (" + name + " in members);"), scope_.push_back({name, Sort::kNode, false});
    body.may_jump = false;
    body.in_loop = false;
    open("either");
    if (random_.chance(60)) line("await (" + truth(1, Where::kPure) + ");");
    assignment(Where::kReal);
    --indent_;
    open("} or");
    Body other_way = body;
    std::vector<Name> scope = scope_;
    std::vector<std::string> arrays = arrays_, inners = inners_, links = links_;
    statements(other_way, depth);
    scope_ = scope;
    arrays_ = arrays;
    inners_ = inners;
    links_ = links;
    close();
}

void ProtocolWriter::switch_statement(Body& body, unsigned depth) {
    bool hue = random_.chance(30);
    open("switch (" + (hue ? other(Sort::kHue, Where::kReal) : integer(1, Where::kReal)) + ")");
    Body inside = body;
    inside.in_loop = false;
    line(hue ? "case GREEN:" : "case 1:");
    block("", inside, depth);
    if (random_.chance(60)) line("break;");
    line(hue ? "case BLUE:" : "case 0:");
    assignment(Where::kReal);
    if (random_.chance(60)) {
        line("break;");
        line("default:");
        assignment(Where::kReal);
    }
    close();
}

}  // namespace quire
