// The small parts that everything else stands on.

#include <doctest/doctest.h>

#include <string>
#include <unordered_set>
#include <vector>

#include "support/box.h"
#include "support/budget.h"
#include "support/ids.h"
#include "support/invariant.h"
#include "support/result.h"
#include "support/suggest.h"

using namespace quire;

TEST_CASE("nearest names") {
    const std::vector<std::string> names = {"folio_trylock", "folio_unlock", "page_trylock", "x", "PageLRU", "b", "a"};
    CHECK(nearest_name("folio_trylok", names) == "folio_trylock");
    CHECK(nearest_name("folio_tryolck", names) == "folio_trylock");
    CHECK(nearest_name("pagelru", names) == "PageLRU");
    CHECK(!nearest_name("completely_other", names));
    CHECK(!nearest_name("y", names));
    CHECK(nearest_name("cat", {"car", "bat"}) == "bat");
    CHECK(!nearest_name("same", {"same"}));
}

TEST_CASE("edit distance stops at its limit") {
    CHECK(edit_distance("", "", 3) == 0);
    CHECK(edit_distance("abc", "acb", 3) == 1);
    CHECK(edit_distance("kitten", "sitting", 5) == 3);
    CHECK(edit_distance("kitten", "sitting", 2) > 2);
    CHECK(edit_distance("a", std::string(1000, 'b'), 2) > 2);
}

TEST_CASE("ids") {
    struct Tag;
    using TestId = Id<Tag>;
    CHECK(!TestId().valid());
    CHECK(TestId(3) < TestId(4));
    CHECK(std::unordered_set<TestId>{TestId(1), TestId(1), TestId(2)}.size() == 2);
}

TEST_CASE("results and broken invariants") {
    const Result<int> good = 3;
    const Result<int> bad = Failure{};
    CHECK(*good == 3);
    CHECK(!bad.ok());
    CHECK_THROWS_AS(static_cast<void>(bad.value()), InternalError);
    try {
        INVARIANT(1 == 2, "values " + std::to_string(7));
    } catch (const InternalError& error) {
        const std::string text = error.what();
        CHECK(text.find("1 == 2: values 7") != std::string::npos);
        CHECK(text.find("test/unit/support/small_test.cpp:") != std::string::npos);
    }
}

TEST_CASE("boxes are values") {
    Box<std::vector<int>> a = std::vector<int>{1, 2};
    Box<std::vector<int>> b = a;
    CHECK(a == b);
    b->push_back(3);
    CHECK(!(a == b));
    CHECK(!(a == Box<std::vector<int>>()));
}

TEST_CASE("memory and time") {
    CHECK(resident_memory() > 100000);
    CHECK(available_memory() > 1000000);
    Budget budget;
    CHECK(!budget.past_deadline());
    budget.deadline = std::chrono::steady_clock::now();
    CHECK(budget.past_deadline());
    CancelToken token;
    token.cancel();
    CHECK(token.cancelled());
}
