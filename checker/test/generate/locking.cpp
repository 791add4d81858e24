// Protocols of threads that work on a few objects under locks, or not quite: what partial-order reduction lives on, and
// where it could go wrong.  Locks of objects and global ones, taken in order, tried, or forgotten; fields by index and by
// pointer; counters whose results are used or not; awaits with `||`; assertions that nearly always hold; pools; threads
// that are started; daemons; loops.
#include "generate/protocol.h"

#include <string>
#include <vector>

#include "generate/random.h"

namespace quire {

namespace {

class LockingWriter {
public:
    // Streams of seeds that are neighbours are the same but for where they begin.
    explicit LockingWriter(std::uint64_t seed) : random_(Random(seed).next()) {}

    std::string write() {
        objects_ = 2 + random_.below(2);
        pool_ = random_.chance(25);
        pointers_ = random_.chance(40);
        spawn_ = random_.chance(20);
        declarations();
        functions();
        if (spawn_) role("dormant thread worker(int w)", "w");
        std::size_t arrays = 1 + random_.below(2);
        for (std::size_t i = 0; i < arrays; ++i) {
            std::string count = std::to_string(1 + random_.below(arrays == 1 ? 3 : 2));
            role("thread t" + std::to_string(i) + "[" + count + "]", "self.index");
        }
        if (random_.chance(50)) role(std::string(random_.chance(25) ? "daemon " : "") + "thread other", "1");
        properties();
        return std::move(text_);
    }

private:
    void line(const std::string& text) { text_ += std::string(indent_, '\t') + text + "\n"; }
    void open(const std::string& text) {
        line(text + " {");
        ++indent_;
    }
    void close(const std::string& after = "") {
        --indent_;
        line("}" + after);
    }
    std::string number(std::size_t below) { return std::to_string(random_.below(below)); }
    std::string fresh(const char* stem) { return stem + std::to_string(names_++); }

    void declarations() {
        open("struct obj");
        line("bool taken;");
        line("int n;");
        line("int m;");
        line("bool flag;");
        if (pool_) line("struct obj *next;");
        close(";");
        line("struct obj objs[" + std::to_string(objects_) + "];");
        if (pool_) line("pool struct obj[1];");
        if (pool_) line("struct obj *head;");
        line("bool big_lock;");
        line("int small_lock;");
        line("int x;");
        line("int y = 1;");
        line("int total;");
        line("bool done;");
        if (random_.chance(15)) line("check leaks;");
        if (random_.chance(15)) line("allow deadlock;");
    }

    void functions() {
        line("void lock_obj(int i) { await (!objs[i].taken) { objs[i].taken = true; } }");
        line("void unlock_obj(int i) { objs[i].taken = false; }");
        line("atomic bool try_obj(int i) { if (objs[i].taken) return false; objs[i].taken = true; return true; }");
        line("void lock_at(struct obj *o) { await (!o->taken) { o->taken = true; } }");
        line("void unlock_at(struct obj *o) { o->taken = false; }");
        line("void take_big(void) { await (!big_lock) { big_lock = true; } }");
        line("void drop_big(void) { big_lock = false; }");
        line("atomic void take_small(void) { await (small_lock == 0); small_lock = 1; }");
        line("atomic void drop_small(void) { small_lock = 0; }");
        line("atomic bool xchg_small(void) { int old = small_lock; small_lock = 1; return old == 0; }");
        line("atomic void inc_x(void) { x++; }");
        line("atomic bool inc_x_and_test(void) { x++; return x == 2; }");
        line("atomic bool dec_y(void) { if (y == 0) return false; y--; return true; }");
    }

    // An index that may depend on the thread.
    std::string index(const std::string& own) {
        switch (random_.below(4)) {
            case 0: return number(objects_);
            case 1: return in_property_ ? number(objects_) : "k";
            default: return "(" + own + ") % " + std::to_string(objects_);
        }
    }
    std::string field(const std::string& own) {
        static const std::vector<std::string> kFields = {"n", "m", "n", "flag"};
        return "objs[" + index(own) + "]." + random_.of(kFields);
    }
    std::string place(const std::string& own) {
        static const std::vector<std::string> kGlobals = {"x", "y", "total", "done"};
        return random_.chance(65) ? field(own) : random_.of(kGlobals);
    }
    std::string test(const std::string& own) {
        std::string one = place(own) + (random_.chance(60) ? " == " : " != ") + number(2);
        if (random_.chance(30)) one += (random_.chance(60) ? " || " : " && ") + place(own) + " == " + number(2);
        return one;
    }

    void work(const std::string& own) {
        std::string p = place(own);
        switch (random_.below(12)) {
            case 0: return line(p + " = " + number(2) + ";");
            case 1: return line(p + " = !" + p + ";");
            case 2: return line(place(own) + " = " + place(own) + ";");
            case 3: return line("inc_x();");
            case 4: return line("if (inc_x_and_test()) " + p + " = 1;");
            case 5: return line("if (dec_y()) total = 1;");
            case 6: return line("assert(" + test(own) + " || x < 5);");
            case 7: return line("atomic { " + p + " = " + place(own) + " & 1; " + place(own) + " = 0; }");
            case 8: return line("if (" + test(own) + ") " + p + " = 1;");
            case 9: return random_.chance(20) ? line("assert(!(" + test(own) + "));") : line("total |= 1;");
            case 10:
                if (random_.chance(40)) return line("await (" + test(own) + ");");
                return line("objs[" + index(own) + "].n ^= 1;");
            default: return line("objs[" + index(own) + "].m |= 2;");
        }
    }

    void memory(const std::string& own) {
        switch (random_.below(4)) {
            case 0: return line("head = alloc(struct obj);");
            case 1: return line("free(head);");
            case 2: {
                std::string q = fresh("q");
                line("struct obj *" + q + " = head;");
                return line("if (" + q + ") " + q + "->n = " + place(own) + " & 1;");
            }
            default: return line("if (head) head->m = 1;");
        }
    }

    void section(const std::string& own, unsigned depth) {
        auto body = [&] {
            std::size_t count = 1 + random_.below(2);
            for (std::size_t i = 0; i < count; ++i) statement(own, depth);
        };
        std::string i = index(own);
        bool forgets = random_.chance(4);
        switch (random_.below(6)) {
            case 0:
            case 1:
                line("lock_obj(" + i + ");");
                body();
                if (!forgets) line("unlock_obj(" + i + ");");
                return;
            case 2:
                if (!pointers_) return section(own, depth);
                {
                    std::string o = fresh("o");
                    line("struct obj *" + o + " = &objs[" + i + "];");
                    line("lock_at(" + o + ");");
                    line(o + "->n = " + o + "->m & 1;");
                    body();
                    if (!forgets) line("unlock_at(" + o + ");");
                }
                return;
            case 3:
                line("take_big();");
                body();
                if (!forgets) line("drop_big();");
                return;
            case 4:
                open("if (try_obj(" + i + "))");
                body();
                if (!forgets) line("unlock_obj(" + i + ");");
                return close();
            default:
                if (random_.chance(30)) {
                    open("if (xchg_small())");
                    body();
                    line("drop_small();");
                    return close();
                }
                line("take_small();");
                body();
                if (!forgets) line("drop_small();");
                return;
        }
    }

    void statement(const std::string& own, unsigned depth) {
        if (depth > 0 && random_.chance(40)) return section(own, depth - 1);
        if (pool_ && random_.chance(35)) return memory(own);
        switch (random_.below(16)) {
            case 0:
                open("if (" + test(own) + ")");
                work(own);
                return close();
            case 1: {
                std::string i = fresh("i");
                open("for (int " + i + " = 0; " + i + " < 2; " + i + "++)");
                work(own);
                return close();
            }
            case 2:
                if (random_.chance(50)) return line("assume(" + test(own) + " || y != 0);");
                return work(own);
            case 3: return line("cover(\"" + fresh("here") + "\");");
            case 4:
                open("either");
                if (random_.chance(50)) line("await (" + test(own) + ");");
                work(own);
                --indent_;
                open("} or");
                work(own);
                return close();
            case 5:
                if (spawn_ && own != "w") return line("spawn worker(" + number(2) + ");");
                return work(own);
            case 6:
                if (random_.chance(40)) {
                    open("while (" + place(own) + " == " + number(2) + ")");
                    work(own);
                    return close();
                }
                return work(own);
            default: return work(own);
        }
    }

    void role(const std::string& head, const std::string& own) {
        open(head);
        if (random_.chance(60))
            line("int k = (" + own + ") % " + std::to_string(objects_) + ";");
        else
            line("choose (k in 0.." + std::to_string(objects_ - 1) + ");");
        std::size_t count = 1 + random_.below(2);
        for (std::size_t i = 0; i < count; ++i) statement(own, 2);
        close();
    }

    void properties() {
        in_property_ = true;
        std::size_t count = random_.below(4);
        for (std::size_t i = 0; i < count; ++i) {
            std::string name = fresh("p");
            switch (random_.below(5)) {
                case 0:
                    line("invariant " + name + ": " + test("0") + " && " + test("1") + " => " + test("0") + " || x < 2;");
                    break;
                case 1: line("finally " + name + ": " + test("0") + " || " + test("1") + " || y == 1;"); break;
                case 2: line("cover " + name + ": finally " + test("1") + ";"); break;
                case 3: line("cover " + name + ": " + test("0") + " && " + test("1") + " && x != 0;"); break;
                default: line("invariant " + name + ": forall (struct obj *o) o->taken => o->n != 7;"); break;
            }
        }
    }

    Random random_;
    std::string text_;
    unsigned indent_ = 0;
    unsigned names_ = 0;
    std::size_t objects_ = 2;
    bool in_property_ = false, pool_ = false, pointers_ = false, spawn_ = false;
};

}  // namespace

std::string generate_locking_protocol(std::uint64_t seed) { return LockingWriter(seed).write(); }

}  // namespace quire
