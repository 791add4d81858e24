// What becomes of small changes of protocols that are written here.
#include "workbench/mutants.h"

#include <doctest/doctest.h>

#include "driver/session.h"

using namespace quire;

namespace {

class Text final : public Sink {
public:
    void write(std::string_view text) override { all += text; }
    std::string all;
};

struct Mutated {
    std::string out, err;
    int code = 0;

    explicit Mutated(const std::string& spec, bool markdown = false, std::uint64_t max_states = Budget::kUnlimited) {
        MemoryFiles files;
        files.add("/spec.quire", spec);
        MutantsOptions options;
        options.files.push_back({"/spec.quire", true});
        options.engine.jobs = 1;
        options.engine.max_states = max_states;
        options.markdown = markdown;
        Text to, complaints;
        CancelToken cancel;
        code = mutants(options, files, to, complaints, cancel);
        out = to.all;
        err = complaints.all;
    }
    bool says(const std::string& text) const { return out.find(text) != std::string::npos; }
};

const std::string kLock =
    "struct lock { bool taken; };\n"
    "struct lock lock;\n"
    "atomic acquire void take(struct lock *l) __acquires(l) { await (!l->taken); l->taken = true; }\n"
    "atomic release void drop(struct lock *l) __releases(l) { l->taken = false; }\n";

}  // namespace

TEST_CASE("a lock that is needed is killed with what needs it") {
    Mutated found(kLock +
                  "int counter;\n"
                  "thread adder[2] {\n\ttake(&lock);\n\tcounter = counter + 1;\n\tdrop(&lock);\n}\n"
                  "finally all: counter == 2;\nexpect pass;\n");
    INFO(found.out << found.err);
    CHECK(found.code == kExitAsExpected);
    CHECK(found.says("killed     lock    take(&lock)"));
    CHECK(found.says("finally all is false"));
    // What comes before the lock, or after it, is as bad as no lock.
    CHECK(found.says("killed     order   take(&lock); / counter = counter + 1;"));
    CHECK(found.says("killed     order   counter = counter + 1; / drop(&lock);"));
    CHECK(found.says(" 0 survive"));
}

TEST_CASE("what nothing asks about survives, until the spec says why") {
    const std::string head = kLock + "int a;\nint b;\nthread writer {\n";
    const std::string tail = "\tb = 1;\n}\nthread reader { int seen = b; if (seen == 1) assert(a <= 1); }\nexpect pass;\n";
    Mutated open(head + "\ta = 1;\n" + tail);
    INFO(open.out << open.err);
    CHECK(open.code == kExitNotAsExpected);
    CHECK(open.says("SURVIVES   order   a = 1; / b = 1;"));
    Mutated said(head + "\ta = 1;\t// spare: one of them is enough\n" + tail);
    INFO(said.out << said.err);
    CHECK(said.says("explained  order   a = 1; / b = 1;"));
    CHECK(said.says("one of them is enough"));
    Mutated above(head + "\t// spare: one of them is enough\n\ta = 1;\n" + tail);
    CHECK(above.says("explained  order   a = 1; / b = 1;"));
}

TEST_CASE("an order that something relies on is killed, and one that only holds a lock for longer is no mutant") {
    Mutated order(
        "int data;\nint ready;\nthread writer {\n\tdata = 1;\n\tready = 1;\n}\n"
        "thread reader { int r = ready; int d = data; assert(!r || d); }\nexpect pass;\n");
    INFO(order.out << order.err);
    CHECK(order.says("killed     order   data = 1; / ready = 1;"));
    CHECK(order.code == kExitAsExpected);
    Mutated longer(kLock + "int x;\nthread t[2] {\n\tx = 1;\n\ttake(&lock);\n\tdrop(&lock);\n\tx = 2;\n}\nexpect pass;\n");
    CHECK(!longer.says("x = 1; / take(&lock);"));
    CHECK(!longer.says("drop(&lock); / x = 2;"));
}

TEST_CASE("a cover that is lost kills, and two parts that stand for each other are explained") {
    Mutated lost("int x;\nthread t {\n\tif (x == 0)\n\t\treturn;\n\tx = 3;\n}\ncover stays: finally x == 0;\nexpect pass;\n");
    INFO(lost.out << lost.err);
    CHECK(lost.says("cover stays is not reached any more"));
    Mutated twice(
        kLock + "struct lock other;\nint counter;\n" +
        "thread adder[2] {\n\ttake(&lock);\n\ttake(&other);\n\tcounter = counter + 1;\n\tdrop(&other);\n\tdrop(&lock);\n}\n"
        "finally all: counter == 2;\nexpect pass;\n");
    INFO(twice.out << twice.err);
    CHECK(twice.says("explained  lock    take(&lock)"));
    CHECK(twice.says("take(&other) is enough; without both all"));
}

TEST_CASE("a variant that fails has no mutants, and a search that is too long decides nothing") {
    Mutated fails("int x;\nthread t { assert(x == 1); }\nexpect pass;\n");
    CHECK(fails.code == kExitNotAsExpected);
    CHECK(fails.err.find("the variant itself fails") != std::string::npos);
    Mutated table(
        kLock + "int x;\nthread t[2] {\n\ttake(&lock);\n\tx = x + 1;\n\tdrop(&lock);\n}\nfinally f: x == 2;\nexpect pass;\n",
        true);
    INFO(table.out);
    CHECK(table.says("| spec | 1/1 |"));
    CHECK(table.code == kExitAsExpected);
    Mutated limited(
        kLock + "int x;\nthread t[2] {\n\ttake(&lock);\n\tx = x + 1;\n\tdrop(&lock);\n}\nfinally f: x == 2;\nexpect pass;\n",
        false, 3);
    CHECK(limited.code == kExitInconclusive);
}
