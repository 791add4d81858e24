#include <algorithm>

#include "generate/protocol.h"
#include "generate/writer.h"

namespace quire {

bool ProtocolWriter::has(const std::string& feature) const {
    return std::find(features_.begin(), features_.end(), feature) != features_.end();
}

void ProtocolWriter::choose_features() {
    for (const char* feature : {"pool", "inner", "link", "waiters", "queue", "members", "ghost", "ledger", "lock", "weigh",
                                "find", "any", "z", "trace", "worker", "hook"}) {
        if (random_.chance(40)) features_.emplace_back(feature);
    }
    if (!has("inner")) features_.erase(std::remove(features_.begin(), features_.end(), "weigh"), features_.end());
}

std::string ProtocolWriter::counted_type() {
    static const std::vector<std::string> kTypes = {"int", "int", "int",  "int in -3..4", "unsigned",
                                                    "u8",  "s8",  "long", "int in 0..3"};
    return random_.of(kTypes);
}

void ProtocolWriter::types() {
    line("enum hue { RED, GREEN, BLUE };");
    if (has("link")) {
        open("struct link");
        line("struct link *next;");
        --indent_;
        line("};");
        members_.push_back({"link.next", Sort::kLink, false});
    }
    if (has("inner")) {
        open("struct inner");
        line(counted_type() + " v;");
        line("bool set;");
        --indent_;
        line("};");
        members_.push_back({"in.v", Sort::kInt, false});
        members_.push_back({"in.set", Sort::kBool, false});
    }
    if (has("lock")) {
        open("struct lock");
        line("bool taken;");
        --indent_;
        line("};");
    }
    open("struct node");
    if (has("link")) line("struct link link;");
    if (has("inner")) line("struct inner in;");
    auto member = [&](unsigned percent, const std::string& declared, const std::string& name, Sort sort, bool ghost = false) {
        if (!random_.chance(percent)) return;
        line(declared);
        members_.push_back({name, sort, ghost});
    };
    member(80, counted_type() + " n;", "n", Sort::kInt);
    member(40, "bool flag;", "flag", Sort::kBool);
    member(25, "enum hue hue;", "hue", Sort::kHue);
    member(40, "struct node *next;", "next", Sort::kNode);
    member(20, "thread_t who;", "who", Sort::kThread);
    member(20, "int slots[2];", "slots[" + number(2) + "]", Sort::kInt);
    if (has("ghost")) member(60, "ghost int marked;", "marked", Sort::kInt, true);
    if (has("ledger")) {
        line("int in -1..4 count;");
        line("ledger refs of count { table, list };");
    }
    line("bool last;");
    --indent_;
    line("};");
}

void ProtocolWriter::globals() {
    if (has("pool"))
        line(std::string("pool ") + (random_.chance(30) ? "typesafe " : "") + "struct node[" +
             std::to_string(1 + random_.below(2)) + "];");
    auto global = [&](unsigned percent, const std::string& declared, const std::string& name, Sort sort, bool ghost = false) {
        if (!random_.chance(percent)) return;
        line(declared);
        scope_.push_back({name, sort, ghost});
    };
    std::string start = has("ledger") ? "{ .count = " + number(3) + " }" : "{ .last = true }";
    line("struct node a = " + start + ";");
    nodes_.push_back("a");
    if (random_.chance(25)) {
        line("struct node more[2];");
        nodes_.push_back("more[1]");
        nodes_.push_back("more[0]");
    }
    line(std::string("struct node *p") + (random_.chance(70) ? " = &a;" : ";"));
    scope_.push_back({"p", Sort::kNode, false});
    global(50, "struct node *q;", "q", Sort::kNode);
    global(90, counted_type() + " x;", "x", Sort::kInt);
    if (has("z")) global(100, "int z;", "z", Sort::kInt);
    global(50, counted_type() + " y = 1;", "y", Sort::kInt);
    global(60, "bool flag;", "flag", Sort::kBool);
    global(20, "enum hue hue = GREEN;", "hue", Sort::kHue);
    global(25, "thread_t owner;", "owner", Sort::kThread);
    if (has("link")) global(90, "struct link *where;", "where", Sort::kLink);
    if (has("ghost")) global(100, "ghost int seen;", "seen", Sort::kInt, true);
    if (has("hook"))
        global(100, std::string("void (*handler)(struct node *)") + (random_.chance(70) ? " = hook_one;" : ";"), "handler",
               Sort::kHook);
    if (random_.chance(25)) {
        line("int table_of[2];");
        arrays_.push_back("table_of");
    }
    if (has("link") && random_.chance(50)) {
        line("struct link head = { &a.link };");
        links_.push_back("head");
    }
    if (has("inner") && random_.chance(60)) {
        line("struct inner whole = { .v = 1 };");
        inners_.push_back("whole");
    }
    if (has("waiters")) line("set<thread_t> waiters;");
    if (has("queue")) line(std::string("list<int in 0..1>") + (random_.chance(50) ? "[2]" : "") + " queue;");
    if (has("members")) line("set<struct node *> members;");
    if (has("lock")) line("struct lock lock;");
    if (has("trace")) line("extern ignore trace();");
    if (has("any")) line("extern havoc int any() in 0..1;");
    if (random_.chance(25)) line("check leaks;");
    if (random_.chance(20)) {
        static const std::vector<std::string> kChecks = {
            "deadlock",      "assertion",        "use_after_free", "unowned_put",     "freed_with_references",
            "lock_not_held", "null_dereference", "out_of_range",   "signed_overflow", "uninitialised_read",
            "contract_gets", "contract_puts",    "double_free"};
        line("allow " + random_.of(kChecks) + ";");
    }
}

void ProtocolWriter::initial() {
    if (!random_.chance(60)) return;
    open("init");
    if (has("pool") && random_.chance(70))
        line(std::string(scope_.size() > 1 && scope_[1].text == "q" && random_.chance(50) ? "q" : "p") +
             " = alloc!(struct node);");
    Body body;
    body.budget = 2;
    std::vector<Name> scope = scope_;
    for (int i = 0; i < 2; ++i) assignment(Where::kReal);
    if (random_.chance(15)) line("if (maybe) x_of_init = true;");
    scope_ = scope;
    close();
}

void ProtocolWriter::function(const std::string& head, const std::string& returns, std::vector<Name> parameters) {
    std::vector<Name> scope = scope_;
    std::vector<std::string> arrays = arrays_, inners = inners_, links = links_;
    for (Name& parameter : parameters) {
        if (parameter.text == "whole_in")
            inners_.push_back(parameter.text);
        else
            scope_.push_back(parameter);
    }
    open(head);
    Body body;
    body.returns = returns;
    body.budget = 2;
    statements(body, 1);
    if (returns != "return;") line(returns);
    close();
    scope_ = scope;
    arrays_ = arrays;
    inners_ = inners;
    links_ = links;
}

void ProtocolWriter::hook(const std::string& name) {
    function("void " + name + "(struct node *n)", "return;", {{"n", Sort::kNode, false}});
}

void ProtocolWriter::functions() {
    if (has("lock")) {
        line("atomic void take(struct lock *l) __acquires(l) { await (!l->taken); l->taken = true; }");
        line("atomic bool try_take(struct lock *l) __acquires(l) { if (l->taken) return false; l->taken = true; return true; }");
        line("void take_too(struct lock *l) __acquires(l) { take(l); }");
        line("atomic void drop(struct lock *l) __releases(l) { l->taken = false; }");
    }
    if (has("ledger")) {
        line("void get_ref(struct node *n) __gets(n) { atomic { n->count++; ghost { credit(&n->refs, self, 1); } } }");
        std::string wrong = random_.chance(50) ? "" : "if (n->count > 1) ";
        line("bool try_get(struct node *n) __gets(n) { atomic { if (n->count == 0) return false; " + wrong +
             "get_ref(n); } return true; }");
        line("void put_ref(struct node *n) __puts(n) { atomic { n->count--; ghost { debit(&n->refs, self, 1); } } }");
    }
    if (has("weigh")) {
        line("struct inner make(int v, bool set) { struct inner r = { .v = v & 3 }; r.set = set; return r; }");
        function("int weigh(struct inner whole_in)", "return whole_in.v;", {{"whole_in", Sort::kInt, false}});
        features_.emplace_back("weighed");
    }
    if (has("z")) {
        function("void set_to(int *r, int v)", "return;", {{"v", Sort::kInt, false}});
        // The statements above do not use r: a reference that may be NULL is for what follows.
        text_.insert(text_.size() - 2, "\tif (r) *r = v & 3;\n");
        callable_.push_back("set_to");
    }
    if (has("z") && random_.chance(60)) {
        function(std::string(random_.chance(40) ? "atomic " : "") + "void swap_in(int &r, struct node *n)", "return;",
                 {{"r", Sort::kInt, false}, {"n", Sort::kNode, false}});
        callable_.push_back("swap_in");
    }
    if (has("lock") && has("ghost") && random_.chance(50)) {
        line("void touch(struct node *n) __must_hold(&lock) { if (n) n->last = true; }");
        callable_.push_back("touch");
    }
    if (has("find")) {
        function("struct node *find(int v)", "return v == 1 ? p : &a;", {{"v", Sort::kInt, false}});
        features_.emplace_back("finder");
    }
    if (has("hook")) {
        hook("hook_one");
        hook("hook_two");
        callable_.push_back("handler");
    }
    if (has("ledger")) {
        callable_.push_back("get_ref");
        callable_.push_back("put_ref");
        callable_.push_back("try_get");
    }
    if (has("weigh")) callable_.push_back("fill");
    callable_.push_back("if (flag_of_all) BUMP(a.last);");
}

void ProtocolWriter::thread(const std::string& head, const std::string& name, bool array, bool with_parameter) {
    std::vector<Name> scope = scope_;
    std::vector<std::string> arrays = arrays_, inners = inners_, links = links_;
    open(head);
    if (with_parameter) scope_.push_back({"n", Sort::kNode, false});
    if (array) {
        if (random_.chance(50)) {
            line("int kept = self.index;");
            scope_.push_back({"kept", Sort::kInt, false});
            kept_.push_back(name);
        }
    } else if (random_.chance(40)) {
        line(counted_type() + " kept = " + number(2) + ";");
        scope_.push_back({"kept", Sort::kInt, false});
        kept_.push_back(name);
    }
    Body body;
    body.in_thread = true;
    bool label = random_.chance(40);
    body.returns = random_.chance(50) || !label ? "return;" : "goto here;";
    body.budget = 2 + static_cast<unsigned>(random_.below(3));
    statements(body, 2);
    if (label) {
        line("here:");
        assignment(Where::kReal);
        labelled_.push_back(name);
    }
    close();
    scope_ = scope;
    arrays_ = arrays;
    inners_ = inners;
    links_ = links;
    roles_.push_back(name);
}

void ProtocolWriter::threads() {
    bool pair = random_.chance(40);
    thread(pair ? "thread one[2]" : "thread one", "one", pair, false);
    if (!pair || random_.chance(15)) thread(random_.chance(15) ? "daemon thread two" : "thread two", "two", false, false);
    if (has("worker")) {
        features_.erase(std::remove(features_.begin(), features_.end(), "worker"), features_.end());
        thread(random_.chance(70) ? "dormant thread worker(struct node *n)" : "dormant thread worker[2](struct node *n)",
               "worker", false, true);
        roles_.pop_back();
        labelled_.erase(std::remove(labelled_.begin(), labelled_.end(), "worker"), labelled_.end());
        kept_.erase(std::remove(kept_.begin(), kept_.end(), "worker"), kept_.end());
    }
}

std::string ProtocolWriter::property() { return truth(2, Where::kProperty); }

// Invariants are weak, for one that is false at once leaves nothing to explore.
void ProtocolWriter::properties() {
    std::size_t count = 1 + random_.below(5);
    for (std::size_t i = 0; i < count; ++i) {
        std::string name = fresh("prop");
        switch (random_.below(7)) {
            case 0:
                line("invariant " + name + ": " + comparison(1, Where::kProperty) + " && " + comparison(0, Where::kProperty) +
                     " && " + comparison(0, Where::kProperty) + " => " + property() + ";");
                break;
            case 1: line("finally " + name + ": " + property() + ";"); break;
            case 2: {
                std::string now = place(Sort::kInt, Where::kProperty);
                if (now.empty()) break;
                line("step " + name + ": old(" + now + ") <= " + now + " || " + comparison(0, Where::kProperty) + " || " +
                     truth(1, Where::kProperty) + ";");
                break;
            }
            case 3: {
                std::string t = fresh("t");
                line("step " + name + ": " + comparison(0, Where::kProperty) + " && old(" + truth(0, Where::kProperty) +
                     ") => exists (" + t + " : one) acting(" + t + ");");
                break;
            }
            case 4: line("cover " + name + ": finally " + property() + ";"); break;
            default: line("cover " + name + ": " + property() + ";"); break;
        }
    }
}

std::string ProtocolWriter::write() {
    choose_features();
    line("#define BUMP(v) do { v = !v; } while (0)");
    types();
    globals();
    line("bool flag_of_all;");
    line("bool x_of_init;");
    functions();
    initial();
    threads();
    properties();
    return std::move(text_);
}

std::string generate_protocol(std::uint64_t seed) { return ProtocolWriter(seed).write(); }

}  // namespace quire
