// The naive explorer is the oracle of everything else, so its own numbers are counted by hand here, on
// systems small enough to draw.
#include "reference/explore.h"

#include <doctest/doctest.h>

#include "tiny_program.h"

namespace quire {

namespace {

using test::Tiny;
using Names = std::map<std::string, std::uint32_t>;

// Threads that do x = x + 1, which is a read and a write.
GlobalId add_counters(Tiny& t, Value threads) {
    GlobalId x = t.global("x", t.int_type);
    StatementId body = t.block({t.assign(x, t.op(Op::kAdd, t.read(x), t.lit(1)))});
    t.role("adder", body, threads);
    return x;
}

// One thread that runs these statements.
ReferenceResult run_one(Tiny& t, std::vector<StatementId> body, std::vector<LocalId> locals = {}) {
    t.role("only", t.block(std::move(body), std::move(locals)));
    return explore_naively(t.program, {});
}

}  // namespace

TEST_CASE("two threads lose an update") {
    Tiny t;
    GlobalId x = add_counters(t, 2);
    t.property(PropertyKind::kFinally, "both", t.equal(t.read(x), t.lit(2)));
    t.property(PropertyKind::kCoverFinally, "lost", t.equal(t.read(x), t.lit(1)));
    t.property(PropertyKind::kInvariant, "small", t.op(Op::kLessEqual, t.read(x), t.lit(2)));
    ReferenceResult r = explore_naively(t.program, {});
    // By how many steps each has made: 1 + 2 + 3 + 4 + 2, where the last two differ in x.
    CHECK(r.states == 12);
    CHECK(r.transitions == 14);
    CHECK(r.violations == Names{{"both", 4}});
    CHECK(r.covers == Names{{"lost", 4}});
    CHECK(r.complete);
    CHECK_FALSE(r.exhausted);
}

TEST_CASE("a lock by await keeps the update") {
    Tiny t;
    GlobalId lock = t.global("lock", t.int_type);
    GlobalId x = t.global("x", t.int_type);
    StatementId body = t.block({t.await(t.equal(t.read(lock), t.lit(0)), t.assign(lock, t.lit(1))),
                                t.run(t.update(Op::kAdd, t.at(x), t.lit(1), true)), t.assign(lock, t.lit(0))});
    t.role("adder", body, 2);
    t.property(PropertyKind::kFinally, "both", t.equal(t.read(x), t.lit(2)));
    ReferenceResult r = explore_naively(t.program, {});
    // Four steps each, all pairs of positions but those where both are inside: 25 - 9.
    CHECK(r.states == 16);
    CHECK(r.transitions == 16);
    CHECK(r.violations.empty());
}

TEST_CASE("steps end where the next access or choice begins") {
    SUBCASE("even nothing is one step") {
        Tiny t;
        ReferenceResult r = run_one(t, {});
        CHECK(r.states == 2);
        CHECK(r.transitions == 1);
        CHECK(r.violations.empty());
    }
    SUBCASE("a choice is resolved with the access behind it") {
        Tiny t;
        GlobalId y = t.global("y", t.int_type);
        LocalId x = t.local("x", t.int_type);
        ReferenceResult r = run_one(t, {t.assign(y, t.lit(7)), t.choose(x, 0, 2), t.assign(y, t.read(x))}, {x});
        CHECK(r.states == 5);
        CHECK(r.transitions == 4);
    }
    SUBCASE("a branch of either is taken with its first step") {
        Tiny t;
        GlobalId y = t.global("y", t.int_type);
        StatementId blocked = t.block({t.await(t.lit(0)), t.assign(y, t.lit(1))});
        ReferenceResult r = run_one(t, {t.either({blocked, t.assign(y, t.lit(2))})});
        CHECK(r.states == 2);
        CHECK(r.transitions == 1);
    }
    SUBCASE("an atomic block is one step, and a transaction") {
        Tiny t;
        GlobalId y = t.global("y", t.int_type);
        StatementId atomic = t.atomic(t.block({t.assign(y, t.lit(1)), t.await(t.equal(t.read(y), t.lit(2)))}));
        t.property(PropertyKind::kInvariant, "untouched", t.equal(t.read(y), t.lit(0)));
        ReferenceResult r = run_one(t, {atomic});
        CHECK(r.states == 1);
        CHECK(r.violations == Names{{"deadlock", 0}});
    }
    SUBCASE("what fails first in an atomic block wins over an await behind it") {
        Tiny t;
        StatementId fails = t.builtin(Builtin::kAssert, {t.lit(0)});
        ReferenceResult r = run_one(t, {t.atomic(t.block({fails, t.await(t.lit(0))}))});
        CHECK(r.violations == Names{{"assertion", 1}});
    }
    SUBCASE("ghost code runs with the step before it") {
        Tiny t;
        GlobalId y = t.global("y", t.int_type);
        GlobalId g = t.global("g", t.int_type);
        t.property(PropertyKind::kInvariant, "together", t.equal(t.read(y), t.read(g)));
        ReferenceResult r = run_one(t, {t.assign(y, t.lit(1)), t.ghost(t.assign(g, t.lit(1)))});
        CHECK(r.states == 2);
        CHECK(r.violations.empty());
    }
}

TEST_CASE("loops of local work") {
    SUBCASE("a way back to the same choice leads nowhere new") {
        Tiny t;
        GlobalId y = t.global("y", t.int_type);
        ReferenceResult r = run_one(t, {t.loop_while(t.maybe(), t.block({})), t.assign(y, t.lit(1))});
        CHECK(r.states == 2);
        CHECK(r.transitions == 1);
    }
    SUBCASE("a cycle without a choice is reported, also inside atomic") {
        Tiny t;
        ReferenceResult r = run_one(t, {t.loop_while(t.lit(1), t.block({}))});
        CHECK(r.violations == Names{{"endless_loop", 1}});
        Tiny u;
        GlobalId y = u.global("y", u.int_type);
        StatementId spin = u.loop_while(u.equal(u.read(y), u.lit(0)), u.block({}));
        ReferenceResult s = run_one(u, {u.atomic(spin)});
        CHECK(s.violations == Names{{"endless_loop", 1}});
    }
    SUBCASE("a cycle with an access is none") {
        Tiny t;
        GlobalId y = t.global("y", t.int_type);
        ReferenceResult r = run_one(t, {t.loop_while(t.lit(1), t.run(t.read(y)))});
        CHECK(r.states == 2);
        CHECK(r.transitions == 2);
        CHECK(r.violations.empty());
    }
    SUBCASE("goto forward, backward and out of a block") {
        Tiny t;
        GlobalId y = t.global("y", t.int_type);
        LocalId i = t.local("i", t.int_type);
        LabelId again = t.label("again");
        LabelId out = t.label("out");
        StatementId more = t.when(t.op(Op::kLess, t.read(i), t.lit(3)), t.block({t.go_to(again)}));
        StatementId inner = t.block({t.here(again), t.run(t.update(Op::kAdd, t.at(i), t.lit(1))), more, t.go_to(out),
                                     t.builtin(Builtin::kAssert, {t.lit(0)})});
        t.property(PropertyKind::kFinally, "three", t.equal(t.read(y), t.lit(3)));
        ReferenceResult r = run_one(
            t, {t.declare(i, t.lit(0)), inner, t.builtin(Builtin::kAssert, {t.lit(0)}), t.here(out), t.assign(y, t.read(i))},
            {i});
        CHECK(r.states == 2);
        CHECK(r.violations.empty());
    }
}

TEST_CASE("objects, and pointers that outlive them") {
    Tiny t;
    StructId node = t.structure("node", {{"n", t.int_type}});
    t.pool(node, 1);
    LocalId p = t.local("p", t.pointer(node));
    LocalId q = t.local("q", t.pointer(node));
    auto n_of = [&](LocalId l) { return t.member(t.deref(t.read(l)), 0); };
    auto free_it = [&](LocalId l) { return t.builtin(Builtin::kFree, {t.read(l)}); };
    StatementId get_p = t.assign(p, t.alloc(node));
    StatementId get_q = t.assign(q, t.alloc(node));
    SUBCASE("use after free") {
        ReferenceResult r = run_one(t, {get_p, free_it(p), t.assign(n_of(p), t.lit(1))}, {p});
        CHECK(r.violations == Names{{"use_after_free", 3}});
    }
    SUBCASE("double free, even of a slot that is in use again") {
        ReferenceResult r = run_one(t, {get_p, free_it(p), get_q, free_it(p)}, {p, q});
        CHECK(r.violations == Names{{"double_free", 4}});
    }
    SUBCASE("comparing refreshes") {
        StatementId same = t.when(t.equal(t.read(p), t.read(q)), t.assign(n_of(p), t.lit(1)));
        ReferenceResult r = run_one(t, {get_p, free_it(p), get_q, same}, {p, q});
        CHECK(r.violations.empty());
    }
    SUBCASE("ghost code that compares refreshes nothing") {
        StatementId look = t.ghost(t.run(t.equal(t.read(p), t.read(q))));
        ReferenceResult r = run_one(t, {get_p, free_it(p), get_q, look, t.assign(n_of(p), t.lit(1))}, {p, q});
        CHECK(r.violations == Names{{"use_after_free", 4}});
    }
    SUBCASE("none left: NULL, or the end of the run") {
        ReferenceResult r = run_one(t, {get_p, get_q, t.builtin(Builtin::kAssert, {t.equal(t.read(q), t.null(node))})}, {p, q});
        CHECK(r.violations.empty());
        Tiny u;
        StructId none = u.structure("none", {});
        u.pool(none, 0);
        ReferenceResult s = run_one(u, {u.run(u.alloc(none, AllocMode::kMustSucceed))});
        CHECK(s.exhausted);
        CHECK(s.states == 1);
        CHECK(s.violations.empty());
    }
    SUBCASE("leaks") {
        t.program.check_leaks = true;
        CHECK(run_one(t, {get_p}, {p}).violations == Names{{"leak", 1}});
    }
    SUBCASE("what is in no pool") {
        GlobalId g = t.global("g", t.value_of(node));
        StatementId wrong = t.builtin(Builtin::kFree, {t.address_of(t.at(g))});
        CHECK(run_one(t, {wrong}).violations == Names{{"bad_free", 1}});
    }
}

TEST_CASE("a typesafe pool is memory that stays") {
    Tiny t;
    StructId node = t.structure("node", {{"n", t.int_type}});
    t.pool(node, 1, true);
    LocalId p = t.local("p", t.pointer(node));
    StatementId get = t.assign(p, t.alloc(node));
    StatementId drop = t.builtin(Builtin::kFree, {t.read(p)});
    StatementId look = t.run(t.read(t.member(t.deref(t.read(p)), 0)));
    CHECK(run_one(t, {get, drop, look}, {p}).violations.empty());
    t.program.roles.clear();
    CHECK(run_one(t, {get, drop, drop}, {p}).violations == Names{{"double_free", 3}});
    t.program.roles.clear();
    StatementId use = t.builtin(Builtin::kUse, {t.read(p)});
    CHECK(run_one(t, {get, drop, look, use}, {p}).violations == Names{{"use_after_free", 4}});
}

TEST_CASE("locals in memory dangle at the end of their block") {
    Tiny t;
    StructId node = t.structure("node", {{"n", t.int_type}});
    LocalId p = t.local("p", t.pointer(node));
    LocalId entry = t.local("entry", t.value_of(node), true);
    StatementId inner = t.block({t.assign(t.member(t.at(entry), 0), t.lit(1)), t.assign(p, t.address_of(t.at(entry)))}, {entry});
    StatementId look = t.run(t.read(t.member(t.deref(t.read(p)), 0)));
    CHECK(run_one(t, {inner, look}, {p}).violations == Names{{"use_after_free", 2}});
}

TEST_CASE("checks of local work and of accesses") {
    Tiny t;
    StructId node = t.structure("node", {{"n", t.int_type}});
    GlobalId a = t.global("a", t.of(TypeKind::kArray, t.int_type, 2));
    GlobalId small = t.global("small", t.range(0, 3));
    LocalId i = t.local("i", t.int_type);
    auto violations = [&](std::vector<StatementId> body) {
        t.program.roles.clear();
        return run_one(t, std::move(body), {i}).violations;
    };
    CHECK(violations({t.assign(a, t.lit(0))}).empty());
    CHECK(violations({t.assign(t.element(t.at(a), t.lit(2)), t.lit(1))}) == Names{{"out_of_bounds", 1}});
    CHECK(violations({t.assign(small, t.lit(4))}) == Names{{"out_of_range", 1}});
    CHECK(violations({t.assign(small, t.read(i))}) == Names{{"uninitialised_read", 1}});
    CHECK(violations({t.run(t.op(Op::kDivide, t.lit(1), t.read(small)))}) == Names{{"division_by_zero", 1}});
    CHECK(violations({t.run(t.op(Op::kAdd, t.lit(2147483647), t.lit(1)))}) == Names{{"signed_overflow", 1}});
    CHECK(violations({t.run(t.op(Op::kShiftLeft, t.lit(1), t.lit(32)))}) == Names{{"out_of_range", 1}});
    CHECK(violations({t.run(t.read(t.member(t.deref(t.null(node)), 0)))}) == Names{{"null_dereference", 1}});
    CHECK(violations({t.builtin(Builtin::kUse, {t.null(node)})}) == Names{{"null_dereference", 1}});
    // One that is allowed is not reported, and the code goes on.
    t.program.allowed = {"assertion"};
    CHECK(violations({t.builtin(Builtin::kAssert, {t.lit(0)}), t.assign(small, t.lit(5))}) == Names{{"out_of_range", 1}});
}

TEST_CASE("containers") {
    Tiny t;
    TypeId digit = t.range(0, 3);
    GlobalId set = t.global("set", t.of(TypeKind::kSet, digit));
    GlobalId list = t.global("list", t.of(TypeKind::kList, digit, 2));
    GlobalId order = t.global("order", t.int_type);
    LocalId x = t.local("x", digit);
    auto operate = [&](ContainerOp o, GlobalId g, std::vector<ExpressionId> operands) {
        return t.run(t.container(o, t.at(g), t.bool_type, std::move(operands)));
    };
    SUBCASE("a set is walked in any order") {
        t.program.inits.push_back(
            t.block({operate(ContainerOp::kAdd, set, {t.lit(2)}), operate(ContainerOp::kAdd, set, {t.lit(1)}),
                     operate(ContainerOp::kAdd, set, {t.lit(2)})}));
        ExpressionId next = t.op(Op::kAdd, t.op(Op::kMultiply, t.read(order), t.lit(10)), t.read(x));
        t.property(PropertyKind::kCover, "up", t.equal(t.read(order), t.lit(12)));
        t.property(PropertyKind::kCover, "down", t.equal(t.read(order), t.lit(21)));
        ReferenceResult r = run_one(t, {t.for_each(x, t.at(set), t.atomic(t.assign(order, next)))}, {});
        CHECK(r.states == 6);
        CHECK(r.transitions == 5);
        CHECK(r.covers == Names{{"up", 3}, {"down", 3}});
    }
    SUBCASE("a list in its order") {
        t.program.inits.push_back(
            t.block({operate(ContainerOp::kPushBack, list, {t.lit(2)}), operate(ContainerOp::kPushFront, list, {t.lit(1)})}));
        ExpressionId first = t.container(ContainerOp::kPopFront, t.at(list), digit);
        ReferenceResult r =
            run_one(t, {t.builtin(Builtin::kAssert, {t.equal(first, t.lit(1))}), operate(ContainerOp::kFirst, list, {})});
        CHECK(r.violations.empty());
        CHECK(r.states == 3);
    }
    SUBCASE("too full, and empty") {
        StatementId push = operate(ContainerOp::kPushBack, list, {t.lit(1)});
        CHECK(run_one(t, {push, push, push}).violations == Names{{"out_of_bounds", 3}});
        t.program.roles.clear();
        CHECK(run_one(t, {operate(ContainerOp::kFirst, list, {})}).violations == Names{{"out_of_bounds", 1}});
    }
}

TEST_CASE("the ledger") {
    Tiny t;
    Type ledger;
    ledger.kind = TypeKind::kLedger;
    TypeId ledger_type = t.add(ledger);
    StructId folio = t.structure("folio", {{"count", t.int_type}, {"refs", ledger_type}});
    t.program.structs[folio.index()].members[1].ledger_of = 0;
    t.program.structs[folio.index()].members[1].ledger_path = {0};
    t.program.structs[folio.index()].members[1].accounts = {"lru"};
    GlobalId f = t.global("f", t.value_of(folio));
    t.initialise(f, t.member(t.at(f), 0), t.lit(1));
    auto book = [&](Builtin b, std::uint32_t named, Value n) {
        Statement s = t.statement(StatementKind::kBuiltin);
        s.builtin = b;
        s.place = t.member(t.at(f), 1);
        s.amount = t.lit(n);
        Account account;
        if (named == kNoAccount) account.thread = t.self();
        account.named = named;
        s.from = s.to = account;
        return t.ghost(t.add(s));
    };
    StatementId put = book(Builtin::kDebit, kNoAccount, 1);
    SUBCASE("a thread draws on what nobody has booked") { CHECK(run_one(t, {put}).violations.empty()); }
    SUBCASE("but not on more") { CHECK(run_one(t, {put, put}).violations == Names{{"unowned_put", 1}}); }
    SUBCASE("a named account only on itself") {
        CHECK(run_one(t, {book(Builtin::kDebit, 0, 1)}).violations == Names{{"unowned_put", 1}});
        t.program.roles.clear();
        CHECK(run_one(t, {book(Builtin::kCredit, 0, 1), book(Builtin::kDebit, 0, 1)}).violations.empty());
    }
    SUBCASE("a function that promises to put") {
        FunctionId release = t.function("release", {}, t.void_type, t.block({put}));
        FunctionId forget = t.function("forget", {}, t.void_type, t.block({}));
        for (FunctionId g : {release, forget}) {
            t.contract(g, ContractKind::kPuts, t.address_of(t.at(f)));
            t.program.functions[g.index()].contracts[0].ledger_path = {1};
        }
        CHECK(run_one(t, {t.run(t.call(release, {}))}).violations.empty());
        t.program.roles.clear();
        CHECK(run_one(t, {t.run(t.call(forget, {}))}).violations == Names{{"contract_puts", 1}});
    }
}

TEST_CASE("contracts of locks") {
    Tiny t;
    FunctionId lock = t.function("lock", {}, t.void_type, t.block({}));
    t.contract(lock, ContractKind::kAcquires, {}, "L");
    FunctionId unlock = t.function("unlock", {}, t.void_type, t.block({}));
    t.contract(unlock, ContractKind::kReleases, {}, "L");
    FunctionId sleep = t.function("sleep", {}, t.void_type, t.block({}));
    t.contract(sleep, ContractKind::kSleeps, {});
    auto violations = [&](const std::vector<FunctionId>& calls) {
        std::vector<StatementId> body;
        for (FunctionId f : calls) body.push_back(t.run(t.call(f, {})));
        t.program.roles.clear();
        return run_one(t, body).violations;
    };
    CHECK(violations({lock, unlock, sleep}).empty());
    CHECK(violations({unlock}) == Names{{"lock_not_held", 1}});
    CHECK(violations({lock, unlock, unlock}) == Names{{"lock_not_held", 1}});
    CHECK(violations({lock, sleep}) == Names{{"sleeps_in_atomic", 1}});
    // The same lock, once something that acquires it may sleep itself.
    t.contract(lock, ContractKind::kSleeps, {});
    CHECK(violations({lock, sleep}).empty());
}

TEST_CASE("calls") {
    Tiny t;
    GlobalId y = t.global("y", t.int_type);
    LocalId n = t.local("n", t.int_type);
    StatementId result = t.when(t.read(n), t.give_back(t.op(Op::kMultiply, t.read(n), t.lit(2))));
    FunctionId twice = t.function("twice", {n}, t.int_type, t.block({result}));
    t.program.locals[n.index()].is_parameter = true;
    SUBCASE("arguments before the call, inner calls first") {
        t.property(PropertyKind::kFinally, "twelve", t.equal(t.read(y), t.lit(12)));
        ReferenceResult r = run_one(t, {t.assign(y, t.call(twice, {t.call(twice, {t.lit(3)})}))});
        CHECK(r.states == 2);
        CHECK(r.violations.empty());
    }
    SUBCASE("a missing result is missed only where it is used") {
        CHECK(run_one(t, {t.run(t.call(twice, {t.lit(0)}))}).violations.empty());
        t.program.roles.clear();
        CHECK(run_one(t, {t.assign(y, t.call(twice, {t.lit(0)}))}).violations == Names{{"uninitialised_read", 1}});
    }
}

TEST_CASE("threads that are started") {
    Tiny t;
    GlobalId y = t.global("y", t.int_type);
    LocalId by = t.local("by", t.int_type);
    RoleId worker = t.role("worker", t.block({t.run(t.update(Op::kAdd, t.at(y), t.read(by)))}));
    t.program.roles[worker.index()].dormant = true;
    t.program.roles[worker.index()].parameters = {by};
    Statement start = t.statement(StatementKind::kBuiltin);
    start.builtin = Builtin::kSpawn;
    start.role = worker;
    Argument five;
    five.value = t.lit(5);
    start.arguments = {five};
    StatementId spawn = t.add(start);
    SUBCASE("one after the other") {
        t.property(PropertyKind::kCoverFinally, "five", t.equal(t.read(y), t.lit(5)));
        ReferenceResult r = run_one(t, {spawn});
        CHECK(r.states == 4);
        CHECK(r.covers == Names{{"five", 3}});
        CHECK_FALSE(r.exhausted);
    }
    SUBCASE("too many at once end the run") {
        ReferenceResult r = run_one(t, {spawn, spawn});
        CHECK(r.exhausted);
        CHECK(r.violations.empty());
    }
}

TEST_CASE("properties") {
    Tiny t;
    GlobalId x = add_counters(t, 2);
    auto quantified = [&](Quantifier q, Domain d, LocalId variable, std::vector<ExpressionId> operands) {
        TypedExpression e = t.expression(ExpressionKind::kQuantifier, t.int_type, std::move(operands));
        e.quantifier = q;
        e.domain = d;
        e.local = variable;
        e.role = RoleId(0);
        return t.add(e);
    };
    SUBCASE("one that cannot be evaluated is violated, unless something before it decides") {
        StructId node = t.structure("node", {{"n", t.int_type}});
        ExpressionId bad = t.read(t.member(t.deref(t.null(node)), 0));
        t.property(PropertyKind::kInvariant, "bad", bad);
        t.property(PropertyKind::kInvariant, "lazy", t.add(t.expression(ExpressionKind::kOr, t.bool_type, {t.lit(1), bad})));
        CHECK(explore_naively(t.program, {}).violations == Names{{"bad", 0}});
    }
    SUBCASE("steps: old and acting") {
        ExpressionId before = t.add(t.expression(ExpressionKind::kOld, t.int_type, {t.read(x)}));
        t.property(PropertyKind::kStep, "grows", t.op(Op::kLessEqual, before, t.read(x)));
        LocalId thread = t.local("t", t.thread_type);
        ExpressionId acts = t.add(t.expression(ExpressionKind::kActing, t.bool_type, {t.read(thread)}));
        ExpressionId who = quantified(Quantifier::kCount, Domain::kRole, thread, {acts});
        t.property(PropertyKind::kStep, "one_acts", t.equal(who, t.lit(1)));
        ReferenceResult r = explore_naively(t.program, {});
        CHECK(r.violations.empty());
        CHECK(r.states == 12);
    }
    SUBCASE("a step that is violated leads nowhere") {
        ExpressionId before = t.add(t.expression(ExpressionKind::kOld, t.int_type, {t.read(x)}));
        t.property(PropertyKind::kStep, "never_changes", t.equal(before, t.read(x)));
        ReferenceResult r = explore_naively(t.program, {});
        CHECK(r.violations == Names{{"never_changes", 2}});
        CHECK(r.states == 4);
    }
    SUBCASE("quantifiers over ranges") {
        LocalId i = t.local("i", t.int_type);
        ExpressionId small = t.op(Op::kLess, t.read(i), t.lit(2));
        ExpressionId count = quantified(Quantifier::kCount, Domain::kRange, i, {small, t.lit(0), t.lit(4)});
        ExpressionId all = quantified(Quantifier::kForall, Domain::kRange, i, {small, t.lit(0), t.lit(4)});
        ExpressionId some = quantified(Quantifier::kExists, Domain::kRange, i, {small, t.lit(1), t.lit(4)});
        t.property(PropertyKind::kInvariant, "two", t.equal(count, t.lit(2)));
        t.property(PropertyKind::kInvariant, "all", all);
        t.property(PropertyKind::kInvariant, "some", some);
        CHECK(explore_naively(t.program, {}).violations == Names{{"all", 0}});
    }
}

TEST_CASE("at() is true until the thread's next step") {
    Tiny t;
    GlobalId y = t.global("y", t.int_type);
    LabelId here = t.label("here", true);
    TypedExpression at = t.expression(ExpressionKind::kAt, t.bool_type);
    TypedExpression first = t.expression(ExpressionKind::kThreadOf, t.thread_type);
    first.role = RoleId(0);
    at.operands = {t.add(first)};
    at.label = here;
    ExpressionId condition = t.add(at);
    t.property(PropertyKind::kStep, "only_then", t.equal(condition, t.equal(t.read(y), t.lit(1))));
    ReferenceResult r = run_one(t, {t.assign(y, t.lit(1)), t.here(here), t.assign(y, t.lit(2))});
    CHECK(r.states == 3);
    CHECK(r.violations.empty());
}

TEST_CASE("assume and cover") {
    Tiny t;
    GlobalId y = t.global("y", t.int_type);
    LocalId x = t.local("x", t.int_type);
    t.program.covers.push_back({"there", {}});
    Statement cover = t.statement(StatementKind::kBuiltin);
    cover.builtin = Builtin::kCover;
    cover.cover = CoverId(0);
    StatementId assume = t.builtin(Builtin::kAssume, {t.op(Op::kGreater, t.read(x), t.lit(0))});
    ReferenceResult r = run_one(t, {t.choose(x, 0, 2), assume, t.add(cover), t.assign(y, t.read(x))}, {x});
    CHECK(r.assumed_away == 1);
    CHECK(r.states == 3);
    CHECK(r.covers == Names{{"there", 1}});
    CHECK(r.violations.empty());
}

TEST_CASE("one step at a time") {
    Tiny t;
    add_counters(t, 2);
    ReferenceSteps machine(t.program, {});
    std::vector<ReferenceStep> starts = machine.starts();
    REQUIRE(starts.size() == 1);
    std::vector<ReferenceStep> next = machine.steps(starts[0].state);
    REQUIRE(next.size() == 2);
    CHECK(next[1].thread == 2);
    std::vector<ReferenceStep> written = machine.steps(next[0].state);
    REQUIRE(written.size() == 2);
    CHECK(machine.print(written[0].state).find("x = 1\nadder[0]: ended") == 0);
}

TEST_CASE("loops, switch, continue and break") {
    Tiny t;
    GlobalId y = t.global("y", t.int_type);
    LocalId i = t.local("i", t.int_type);
    LocalId sum = t.local("sum", t.int_type);
    auto add = [&](Value n) { return t.run(t.update(Op::kAdd, t.at(sum), t.lit(n))); };
    auto finish = [&](std::vector<StatementId> body, Value expected) {
        body.insert(body.begin(), {t.declare(i, t.lit(0)), t.declare(sum, t.lit(0))});
        body.push_back(t.assign(y, t.read(sum)));
        t.property(PropertyKind::kFinally, "sum", t.equal(t.read(y), t.lit(expected)));
        return run_one(t, std::move(body), {i, sum}).violations;
    };
    SUBCASE("for, with continue and break") {
        // for (; i < 10; i++) { if (i == 2) continue; if (i == 4) break; sum += i; }
        LabelId next = t.label("continue");
        LabelId out = t.label("break");
        StatementId body =
            t.block({t.when(t.equal(t.read(i), t.lit(2)), t.go_to(next)), t.when(t.equal(t.read(i), t.lit(4)), t.go_to(out)),
                     t.run(t.update(Op::kAdd, t.at(sum), t.read(i)))});
        Statement loop = t.statement(
            StatementKind::kLoop, {t.op(Op::kLess, t.read(i), t.lit(10)), t.update(Op::kAdd, t.at(i), t.lit(1), true)}, {body});
        loop.loop = LoopKind::kFor;
        loop.label = next;
        loop.break_label = out;
        CHECK(finish({t.add(loop)}, 0 + 1 + 3).empty());
    }
    SUBCASE("do runs its body before the first test") {
        Statement loop = t.statement(StatementKind::kLoop, {t.op(Op::kLess, t.read(sum), t.lit(3))}, {t.block({add(2)})});
        loop.loop = LoopKind::kDoWhile;
        CHECK(finish({t.add(loop)}, 4).empty());
    }
    SUBCASE("switch falls through until a break") {
        LabelId one = t.label("case 1"), two = t.label("case 2"), other = t.label("default"), out = t.label("break");
        StatementId body = t.block({t.here(one), add(1), t.here(two), add(10), t.go_to(out), t.here(other), add(100)});
        auto choose = [&](Value v) {
            Statement s = t.statement(StatementKind::kSwitch, {t.lit(v)}, {body});
            s.label = other;
            s.break_label = out;
            for (auto [value, label] : {std::pair{1, one}, std::pair{2, two}}) {
                SwitchCase c;
                c.value = value;
                c.label = label;
                s.cases.push_back(c);
            }
            return t.add(s);
        };
        SUBCASE("first") { CHECK(finish({choose(1)}, 11).empty()); }
        SUBCASE("second") { CHECK(finish({choose(2)}, 10).empty()); }
        SUBCASE("neither") { CHECK(finish({choose(7)}, 100).empty()); }
    }
}

TEST_CASE("container_of, and what lies in no container") {
    Tiny t;
    StructId head = t.structure("head", {{"h", t.int_type}});
    StructId item = t.structure("item", {{"n", t.int_type}, {"link", t.value_of(head)}});
    GlobalId it = t.global("it", t.value_of(item));
    GlobalId lone = t.global("lone", t.value_of(head));
    LocalId p = t.local("p", t.pointer(item));
    auto outer = [&](ExpressionId inner) {
        TypedExpression e = t.expression(ExpressionKind::kContainerOf, t.pointer(item), {inner});
        e.structure = item;
        e.member_path = {1};
        return t.add(e);
    };
    StatementId inside = t.assign(p, outer(t.address_of(t.member(t.at(it), 1))));
    StatementId outside = t.assign(p, outer(t.address_of(t.at(lone))));
    ExpressionId back = t.address_of(t.member(t.deref(t.read(p)), 1));
    StatementId is_it = t.builtin(Builtin::kAssert, {t.equal(t.read(p), t.address_of(t.at(it)))});
    StatementId is_lone = t.builtin(Builtin::kAssert, {t.equal(back, t.address_of(t.at(lone)))});
    StatementId touch = t.assign(t.member(t.deref(t.read(p)), 0), t.lit(1));
    CHECK(run_one(t, {inside, is_it, touch}, {p}).violations.empty());
    t.program.roles.clear();
    CHECK(run_one(t, {outside, is_lone}, {p}).violations.empty());
    t.program.roles.clear();
    CHECK(run_one(t, {outside, is_it}, {p}).violations == Names{{"assertion", 1}});
    t.program.roles.clear();
    CHECK(run_one(t, {outside, touch}, {p}).violations == Names{{"out_of_bounds", 1}});
}

TEST_CASE("structs are copied scalar by scalar") {
    Tiny t;
    StructId pair = t.structure("pair", {{"a", t.int_type}, {"b", t.of(TypeKind::kArray, t.int_type, 2)}});
    GlobalId x = t.global("x", t.value_of(pair));
    GlobalId y = t.global("y", t.value_of(pair));
    t.initialise(x, t.element(t.member(t.at(x), 1), t.lit(1)), t.lit(7));
    t.property(PropertyKind::kFinally, "copied", t.equal(t.read(t.element(t.member(t.at(y), 1), t.lit(1))), t.lit(7)));
    ReferenceResult r = run_one(t, {t.assign(y, t.read(x))});
    // Three scalars, a read and a write each.
    CHECK(r.states == 7);
    CHECK(r.violations.empty());
}

TEST_CASE("reference parameters and functions behind pointers") {
    Tiny t;
    GlobalId y = t.global("y", t.int_type);
    LocalId mine = t.local("mine", t.int_type);
    LocalId r = t.local("r", t.int_type);
    t.program.locals[r.index()].is_reference = true;
    TypedExpression null_test = t.expression(ExpressionKind::kIsNullReference, t.bool_type);
    null_test.local = r;
    StatementId body = t.block({t.when(t.op(Op::kNot, t.add(null_test)), t.run(t.update(Op::kAdd, t.at(r), t.lit(1))))});
    FunctionId increase = t.function("increase", {r}, t.void_type, body);
    auto call_with = [&](PlaceId place) {
        TypedExpression e = t.expression(ExpressionKind::kCall, t.void_type);
        e.function = increase;
        Argument a;
        a.is_reference = true;
        a.place = place;
        e.arguments = {a};
        return t.run(t.add(e));
    };
    SUBCASE("shared: two accesses; private: none; NULL: nothing") {
        StatementId check = t.builtin(Builtin::kAssert, {t.equal(t.read(mine), t.lit(6))});
        ReferenceResult result =
            run_one(t, {t.declare(mine, t.lit(5)), call_with(t.at(mine)), call_with({}), check, call_with(t.at(y))}, {mine});
        CHECK(result.states == 3);
        CHECK(result.violations.empty());
    }
    SUBCASE("through a pointer to a function") {
        FunctionId set = t.function("set", {}, t.void_type, t.block({t.assign(y, t.lit(9))}));
        t.program.functions[set.index()].address_taken = true;
        TypedExpression address = t.expression(ExpressionKind::kFunctionAddress, t.type(TypeKind::kFunctionPointer));
        address.function = set;
        GlobalId hook = t.global("hook", address.type);
        StatementId call = t.run(t.add(t.expression(ExpressionKind::kCallIndirect, t.void_type, {t.read(hook)})));
        t.property(PropertyKind::kFinally, "nine", t.equal(t.read(y), t.lit(9)));
        CHECK(run_one(t, {t.assign(hook, t.add(address)), call}).violations.empty());
        t.program.roles.clear();
        CHECK(run_one(t, {call}).violations == Names{{"null_dereference", 1}});
    }
}

TEST_CASE("an atomic function is one step, behind the accesses of its arguments") {
    Tiny t;
    GlobalId y = t.global("y", t.int_type);
    LocalId n = t.local("n", t.int_type);
    FunctionId add = t.function("add", {n}, t.int_type, t.block({t.give_back(t.update(Op::kAdd, t.at(y), t.read(n)))}));
    t.program.functions[add.index()].is_atomic = true;
    ReferenceResult r = run_one(t, {t.run(t.call(add, {t.read(y)}))});
    CHECK(r.states == 3);
    CHECK(r.transitions == 2);
}

TEST_CASE("start states") {
    Tiny t;
    GlobalId y = t.global("y", t.int_type);
    LocalId x = t.local("x", t.int_type);
    SUBCASE("each choice in init gives one") {
        t.program.inits.push_back(t.block({t.choose(x, 0, 2), t.assign(y, t.read(x))}, {x}));
        ReferenceResult r = explore_naively(t.program, {});
        CHECK(r.states == 3);
        CHECK(r.transitions == 0);
        CHECK(r.violations.empty());
    }
    SUBCASE("checks apply") {
        t.program.inits.push_back(t.block({t.builtin(Builtin::kAssert, {t.read(y)})}));
        ReferenceResult r = explore_naively(t.program, {});
        CHECK(r.states == 0);
        CHECK(r.violations == Names{{"assertion", 0}});
    }
}

TEST_CASE("limits make it incomplete") {
    Tiny t;
    GlobalId x = t.global("x", t.int_type);
    t.program.roles.clear();
    StatementId forever = t.loop_while(t.lit(1), t.run(t.update(Op::kAdd, t.at(x), t.lit(1))));
    t.role("counter", t.block({forever}));
    ReferenceLimits few;
    few.max_states = 10;
    ReferenceResult r = explore_naively(t.program, {}, few);
    CHECK(r.states == 10);
    CHECK_FALSE(r.complete);
    ReferenceLimits near;
    near.max_steps = 4;
    r = explore_naively(t.program, {}, near);
    CHECK(r.states == 5);
    CHECK_FALSE(r.complete);
}

// bench/pcr2002.quire by hand: SPIN counts these states and transitions for the same steps, with no reduction.
TEST_CASE("as many states as SPIN finds") {
    struct Expected {
        Value threads;
        std::uint64_t states, transitions;
    };
    for (Expected expected : {Expected{2, 38, 46}, Expected{3, 124, 204}, Expected{4, 426, 884}}) {
        Tiny t;
        GlobalId refs = t.global("refs", t.range(0, expected.threads + 1));
        GlobalId on_lru = t.global("on_lru", t.bool_type);
        GlobalId lock = t.global("lru_lock", t.bool_type);
        GlobalId freed = t.global("freed", t.bool_type);
        t.initialise(refs, t.at(refs), t.lit(expected.threads + 1));
        t.initialise(on_lru, t.at(on_lru), t.lit(1));
        StatementId some_left = t.builtin(Builtin::kAssert, {t.op(Op::kGreater, t.read(refs), t.lit(0))});
        StatementId drop = t.run(t.update(Op::kSubtract, t.at(refs), t.lit(1), true));
        StatementId test = t.block({some_left, drop, t.give_back(t.equal(t.read(refs), t.lit(0)))});
        FunctionId put_and_test = t.function("put_and_test", {}, t.bool_type, test);
        t.program.functions[put_and_test.index()].is_atomic = true;
        ExpressionId last_on_list =
            t.add(t.expression(ExpressionKind::kAnd, t.bool_type, {t.read(on_lru), t.equal(t.read(refs), t.lit(2))}));
        StatementId take_off = t.block({t.assign(on_lru, t.lit(0)), t.atomic(t.block({some_left, drop}))});
        StatementId free_once =
            t.block({t.builtin(Builtin::kAssert, {t.op(Op::kNot, t.read(freed))}),
                     t.builtin(Builtin::kAssert, {t.op(Op::kNot, t.read(on_lru))}), t.assign(freed, t.lit(1))});
        StatementId body =
            t.block({t.await(t.op(Op::kNot, t.read(lock)), t.assign(lock, t.lit(1))), t.when(last_on_list, take_off),
                     t.assign(lock, t.lit(0)), t.when(t.call(put_and_test, {}), t.atomic(free_once))});
        t.role("holder", body, expected.threads);
        ReferenceResult r = explore_naively(t.program, {});
        CHECK(r.states == expected.states);
        CHECK(r.transitions == expected.transitions);
        CHECK(r.violations.empty());
    }
}

}  // namespace quire
