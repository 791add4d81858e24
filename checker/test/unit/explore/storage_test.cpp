// The store against std::set, through many growths; layouts forth and back.
#include <doctest/doctest.h>

#include <random>
#include <set>

#include "explore/compile.h"
#include "explore/packed_layout.h"
#include "explore/state_store.h"
#include "system_builder.h"

using namespace quire;
using namespace quire::explore;

namespace {

template <unsigned kWords>
void check_store(unsigned words) {
    StateStore<kWords> store(words);
    REQUIRE(store.start(nullptr, [](void*, std::uint64_t) { return true; }));
    std::set<std::vector<std::uint64_t>> model;
    std::vector<std::vector<std::uint64_t>> in_order;
    std::mt19937_64 random(words);
    for (int i = 0; i < 60000; ++i) {
        std::vector<std::uint64_t> state(words);
        // Few different values in each word, so that many states differ in one word only.
        for (std::uint64_t& word : state) word = (random() % 400) << (random() % 2 * 40);
        bool is_new = model.insert(state).second;
        if (is_new) in_order.push_back(state);
        Inserted inserted = store.insert(state.data(), store.hash(state.data()));
        REQUIRE(inserted == (is_new ? Inserted::kNew : Inserted::kOld));
    }
    REQUIRE(store.size() == model.size());
    for (std::size_t i = 0; i < in_order.size(); ++i) {
        REQUIRE(std::equal(in_order[i].begin(), in_order[i].end(), store.state(i)));
        REQUIRE(store.insert(in_order[i].data(), store.hash(in_order[i].data())) == Inserted::kOld);
    }
}

}  // namespace

TEST_CASE("explore: the store is exact, whatever the width") {
    check_store<1>(1);
    check_store<2>(2);
    check_store<3>(3);
    check_store<4>(4);
    check_store<0>(7);
}

TEST_CASE("explore: dense keys of one word") {
    StateStore<1> store(1);
    REQUIRE(store.start(nullptr, [](void*, std::uint64_t) { return true; }));
    for (std::uint64_t key = 0; key < 300000; ++key) REQUIRE(store.insert(&key, store.hash(&key)) == Inserted::kNew);
    for (std::uint64_t key = 0; key < 300000; ++key) REQUIRE(store.insert(&key, store.hash(&key)) == Inserted::kOld);
}

TEST_CASE("explore: a store without memory says so and stays right") {
    StateStore<1> store(1);
    std::uint64_t allowed = 64 * 1024;
    REQUIRE(store.start(&allowed, [](void* left, std::uint64_t bytes) {
        std::uint64_t& budget = *static_cast<std::uint64_t*>(left);
        if (bytes > budget) return false;
        budget -= bytes;
        return true;
    }));
    std::uint64_t stored = 0;
    for (std::uint64_t key = 0; key < 100000; ++key) {
        if (store.insert(&key, store.hash(&key)) != Inserted::kNew) break;
        ++stored;
    }
    CHECK(stored > 500);
    CHECK(stored < 100000);
    for (std::uint64_t key = 0; key < stored; ++key) REQUIRE(store.insert(&key, store.hash(&key)) == Inserted::kOld);
}

TEST_CASE("explore: layouts") {
    test::SystemBuilder b;
    Address counter = b.variable("counter", kIntType, smallest_value(kIntType), largest_value(kIntType), 5);
    Address fixed = b.variable("fixed", kIntType, smallest_value(kIntType), largest_value(kIntType), -3);
    Address flag = b.variable("flag", kBoolType, 0, 1);
    std::uint32_t role = b.role("t", 3, 5);
    test::ProgramBuilder p = b.step(role, 0);
    p.store(b.literal(counter), b.plus(b.load(counter), 1));
    p.store(b.literal(flag), b.literal(1, kBoolType));
    b.go(p, role, 1);
    const Bytecode code = compile(b.system, false);
    CHECK(code.may_write[counter] == 1);
    CHECK(code.may_write[fixed] == 0);
    std::vector<ObservedRange> seen;
    for (Value v : b.system.initial) seen.push_back({v, v});
    seen[counter].add(6);
    std::vector<std::uint64_t> words(8);
    Address misfit = 0;
    for (Margin margin : {Margin::kLoose, Margin::kTight}) {
        PackedLayout layout(b.system, seen, code.may_write, margin);
        CHECK(layout.words() == 1);
        CHECK(layout.field(fixed).bits == 0);
        std::vector<Value> cells = b.system.initial;
        cells[counter] = 6;
        REQUIRE(layout.pack(cells.data(), words.data(), misfit));
        CHECK((words[0] >> 63) == 0);
        std::vector<Value> back = b.system.initial;
        layout.unpack(words.data(), back.data());
        CHECK(back == cells);
        cells[counter] = 1000;
        CHECK(!layout.pack(cells.data(), words.data(), misfit));
        CHECK(misfit == counter);
        std::vector<ObservedRange> wider = seen;
        extend(b.system.variables[b.system.cell_variable[counter]], wider[counter], 1000);
        CHECK(PackedLayout(b.system, wider, code.may_write, margin).pack(cells.data(), words.data(), misfit));
    }
    // In the tight layout the flag, never seen to change, has no room either; in the loose one it has.
    CHECK(PackedLayout(b.system, seen, code.may_write, Margin::kLoose).field(flag).bits == 1);
    CHECK(PackedLayout(b.system, seen, code.may_write, Margin::kTight).field(flag).bits == 0);
}
