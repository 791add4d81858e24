// Code as the kernel writes it: tables of functions, error pointers, lists through the objects, goto to the way out.
#include <doctest/doctest.h>

#include "test/unit/types/checked.h"

using quire::test::Checked;

TEST_CASE("kernel C is accepted as it stands") {
    Checked checked(
        "#define EINVAL 22\n#define ENOENT 2\n#define likely(x) (x)\n#define unlikely(x) (x)\n"
        "#define READ_ONCE(x) load(once, x)\n#define WRITE_ONCE(x, v) store(once, x, v)\n"
        "#define list_entry(p, t, m) container_of(p, t, m)\n"
        "#define list_for_each_entry(pos, head, member) \\\n"
        "\tfor (pos = list_entry((head)->next, typeof(*pos), member); &pos->member != (head); \\\n"
        "\t     pos = list_entry(pos->member.next, typeof(*(pos)), member))\n"
        "#define PAGEFLAG(name, bit) \\\n"
        "static inline int Obj##name(const struct obj *o) { return (o->flags >> bit) & 1; } \\\n"
        "static inline void SetObj##name(struct obj *o) { o->flags |= 1UL << bit; }\n"
        "struct list_head { struct list_head *next, *prev; };\n"
        "typedef struct { bool locked; } spinlock_t;\n"
        "struct obj;\n"
        "struct my_ops {\n\tint (*open)(struct obj *o, int flags);\n\tvoid (*release)(struct obj *);\n};\n"
        "struct obj {\n\tconst struct my_ops *ops;\n\tstruct list_head node;\n\tunsigned long flags;\n"
        "\tstruct { int a; int b; };\n\tstruct { u8 c; } inner[3];\n\tenum { ST_NEW, ST_OLD } state;\n};\n"
        "PAGEFLAG(Dirty, 1)\nPAGEFLAG(Busy, 2)\n"
        "pool struct obj[2];\n"
        "static struct list_head all_objs = { &all_objs, &all_objs };\n"
        "static spinlock_t obj_lock;\n"
        "static inline void spin_lock(spinlock_t *lock) __acquires(lock)\n{\n\tawait (!lock->locked) "
        "{\n\t\tlock->locked = true;\n\t}\n}\n"
        "static inline void spin_unlock(spinlock_t *lock) __releases(lock)\n{\n\tlock->locked = false;\n}\n"
        "extern ignore printk();\n"
        "static int obj_open(struct obj *o, int flags)\n{\n\tint ret = -EINVAL;\n\n\tspin_lock(&obj_lock);\n"
        "\tif (unlikely(!o || flags & 0x4))\n\t\tgoto out_unlock;\n\to->flags |= 1UL << flags;\n\to->a = "
        "o->b = 3;\n"
        "\to->inner[1].c = (u8)flags;\n\to->state = ST_OLD;\n\tSetObjDirty(o);\n\tprintk(\"opened %d\\n\", "
        "flags);\n\tret = 0;\n"
        "out_unlock:\n\tspin_unlock(&obj_lock);\n\treturn ret;\n}\n"
        "static void obj_release(struct obj *o)\n{\n\tfree(o);\n}\n"
        "static const struct my_ops ops = { .open = obj_open, .release = obj_release };\n"
        "static struct obj *find(int a)\n{\n\tstruct obj *o;\n\n\tlist_for_each_entry(o, &all_objs, node) {\n"
        "\t\tif (o->a == a)\n\t\t\treturn o;\n\t}\n\treturn ERR_PTR(-ENOENT);\n}\n"
        "static void list_add(struct list_head *entry, struct list_head *head)\n{\n\tstruct list_head *next "
        "= head->next;\n\n"
        "\tnext->prev = entry;\n\tentry->next = next;\n\tentry->prev = head;\n\tWRITE_ONCE(head->next, "
        "entry);\n}\n"
        "thread t[2] {\n\tstruct obj *o = alloc!(struct obj);\n\n\to->ops = &ops;\n"
        "\tif (o->ops->open(o, self.index) < 0 || !o->ops->release)\n\t\treturn;\n\tlist_add(&o->node, "
        "&all_objs);\n"
        "\to = find(3);\n\tif (IS_ERR(o) || !ObjDirty(o))\n\t\treturn;\n"
        "\tdo {\n\t\to->a--;\n\t} while (o->a > 0 && o->b != (o->a ? 1 : 2));\n"
        "\tswitch (o->state) {\n\tcase ST_NEW:\n\t\to->a = 1;\n\t\t/* fallthrough */\n\tcase ST_OLD: "
        "{\n\t\tint z = 3;\n\n\t\to->b = z;\n"
        "\t\tbreak;\n\t}\n\tdefault:\n\t\tBUG();\n\t}\n\to->ops->release(o);\n}\n");
    INFO(checked.shown());
    CHECK(checked.codes() == "");
}

TEST_CASE("a mistake in a variant only says so, and one in the file is said once") {
    Checked checked(
        "int f(void) { return 1; }\nint x;\nthread t { x = f(); x = y; }\n"
        "variant a { void f(void) { } }\nvariant b { int g; }\n");
    REQUIRE(checked.codes() == "E0201 E0205");
    CHECK(checked.diagnostics.error_count() == 2);
    CHECK(checked.shown().find("in variant `a`") != std::string::npos);
}

// docs/language.md, "From kernel C", says of each what to write instead.
TEST_CASE("kernel C that has to change is told so") {
    const std::string object = "struct s { int a; };\nstruct s g;\n";
    CHECK(Checked("struct s { unsigned int closing : 1; };\n").codes() == "E0112");
    CHECK(Checked("struct s { union { int a; int b; }; };\n").codes() == "E0113");
    CHECK(Checked("int x;\nthread t { x = sizeof(int); }\n").codes() == "E0111");
    CHECK(Checked("thread t { static int warned; warned = 1; }\n").codes() == "E0114");
    CHECK(Checked("struct s { void *private; };\n").codes() == "E0511");
    CHECK(Checked(object + "thread t { struct s *p = &g; unsigned long x = (unsigned long)p & 1; }\n").codes() == "E0205");
    CHECK(Checked(object + "thread t { struct s *p = &g; p++; }\n").codes() == "E0307");
    CHECK(Checked(object + "thread t { struct s *p = &g; p = p + 1; }\n").codes() == "E0307");
    CHECK(Checked("int *q;\n").codes() == "E0216");
    CHECK(Checked("struct s { int n; int tail[]; };\n").codes() == "E0208");
    CHECK(Checked("int x;\nvoid f(void) { if (x) f(); }\nthread t { f(); }\n").codes() == "E0301");
    CHECK(Checked(object + "thread t { guard(g)(&g); }\n").codes() == "E0110");
    CHECK(Checked("#include <linux/mm.h>\n").codes() == "E0125");
    CHECK(Checked("#if 1\n#endif\n").codes() == "E0125");
    CHECK(Checked("thread t { asm volatile(\"nop\"); }\n").codes() == "E0116");
    CHECK(Checked("int x;\nthread t { this_cpu_inc(x); }\n").codes() == "E0110");
    CHECK(Checked("void say(const char *what, ...) { }\n").codes() == "E0116");
}

TEST_CASE("an allocation takes its type from the size") {
    const std::string head = "struct s { int a; };\npool struct s[1];\n";
    CHECK(Checked(head + "thread t { struct s *p = alloc(sizeof(*p)); }\n").codes() == "");
    CHECK(Checked(head + "thread t { struct s *p = alloc?(sizeof(struct s)); }\n").codes() == "");
    CHECK(Checked(head + "thread t { struct s *p = alloc(sizeof(int)); }\n").codes() != "");
}

// Only where a failed assertion does not end the run, the value of WARN_ON can be true.
TEST_CASE("the value of a warning that is allowed is that of its condition") {
    const std::string spec = "int x;\nint y;\nthread t { if (WARN_ON(x == 0)) y = 1; }\n";
    CHECK(Checked(spec).printed().find("(result)") == std::string::npos);
    CHECK(Checked(spec + "allow assertion;\n").printed().find("(result)") != std::string::npos);
}
