// Claims that are planted by hand: which of them are the largest inductive part is known.
#include "prove/induction.h"

#include <doctest/doctest.h>

#include "../explore/system_builder.h"

namespace quire::test {

namespace {

using prove::Action;
using prove::Claim;
using prove::InductionOptions;
using prove::InductionResult;
using prove::Standing;

// One thread that may copy y to x, or count y up to 3.
struct Planted {
    SystemBuilder b;
    Address x = 0, y = 0;
    std::vector<Action> actions{{1, 0}, {2, 0}};

    Planted() {
        x = b.variable("x", kIntType, 0, 7);
        y = b.variable("y", kIntType, 0, 7);
        std::uint32_t copies = b.role("copies", 1, 2);
        ProgramBuilder p = b.step(copies, 0);
        p.store(b.literal(x), b.load(y));
        b.go(p, copies, 0);
        std::uint32_t counts = b.role("counts", 1, 2);
        ProgramBuilder q = b.step(counts, 0);
        q.require(b.op(Op::kLess, kIntType, b.load(y), b.literal(3, kIntType)));
        q.store(b.literal(y), b.plus(b.load(y), 1));
        b.go(q, counts, 0);
    }
    Claim at_most(Address cell, Value most) {
        return {nullptr, {b.op(Op::kLessEqual, kIntType, b.load(cell), b.literal(most, kIntType)), kNone, 0}};
    }
    std::vector<Standing> standing(const std::vector<Claim>& claims, std::uint32_t limit = 100'000) {
        InductionResult result = strongest_inductive(b.system, actions, claims, {limit, {}});
        std::vector<Standing> out;
        for (const prove::ClaimStanding& one : result.claims) out.push_back(one.standing);
        return out;
    }
};

constexpr Standing kStands = Standing::kStands;
constexpr Standing kLost = Standing::kNotPreserved;

}  // namespace

TEST_CASE("claims that need one another stand together and fall alone") {
    Planted p;
    CHECK(p.standing({p.at_most(p.x, 3)}) == std::vector<Standing>{kLost});
    CHECK(p.standing({p.at_most(p.x, 3), p.at_most(p.y, 3)}) == std::vector<Standing>{kStands, kStands});
    // What is lost late takes with it what rested on it.
    CHECK(p.standing({p.at_most(p.x, 2), p.at_most(p.y, 2)}) == std::vector<Standing>{kLost, kLost});
    CHECK(p.standing({p.at_most(p.x, 2), p.at_most(p.y, 2), p.at_most(p.y, 3), p.at_most(p.x, 3)}) ==
          std::vector<Standing>{kLost, kLost, kStands, kStands});
}

TEST_CASE("the order of claims does not matter") {
    Planted p;
    std::vector<Claim> claims{p.at_most(p.x, 3), p.at_most(p.y, 3), p.at_most(p.x, 1), p.at_most(p.y, 0)};
    std::vector<Standing> forwards = p.standing(claims);
    std::vector<Claim> reversed(claims.rbegin(), claims.rend());
    std::vector<Standing> backwards = p.standing(reversed);
    CHECK(forwards == std::vector<Standing>{kStands, kStands, kLost, kLost});
    CHECK(std::vector<Standing>(backwards.rbegin(), backwards.rend()) == forwards);
}

TEST_CASE("a query that is not decided loses the claim") {
    Planted p;
    std::vector<Standing> standing = p.standing({p.at_most(p.x, 3), p.at_most(p.y, 3)}, 1);
    CHECK(standing[0] != kStands);
    CHECK(standing[1] != kStands);
}

TEST_CASE("a certificate with a claim too few is refused") {
    Planted p;
    std::uint64_t queries = 0;
    InductionOptions options{100'000, {}};
    CHECK(inductive_again(p.b.system, p.actions, {p.at_most(p.x, 3), p.at_most(p.y, 3)}, options, queries));
    CHECK_FALSE(inductive_again(p.b.system, p.actions, {p.at_most(p.x, 3)}, options, queries));
    CHECK_FALSE(inductive_again(p.b.system, p.actions, {p.at_most(p.x, 3), p.at_most(p.y, 2)}, options, queries));
    CHECK(queries > 0);
}

TEST_CASE("by which actions one claim is preserved, beside what stands") {
    Planted p;
    std::uint64_t queries = 0;
    InductionOptions options{100'000, {}};
    CHECK(preserved_by(p.b.system, p.actions, {}, p.at_most(p.x, 3), options, queries) == std::vector<bool>{false, true});
    CHECK(preserved_by(p.b.system, p.actions, {p.at_most(p.y, 3)}, p.at_most(p.x, 3), options, queries) ==
          std::vector<bool>{true, true});
    CHECK(preserved_by(p.b.system, p.actions, {}, p.at_most(p.y, 2), options, queries) == std::vector<bool>{true, false});
}

}  // namespace quire::test
