// The visited sets against std::unordered_set at many widths, through growths, splits and lack of memory; layouts forth
// and back; levels through the file.
#include <doctest/doctest.h>

#include <random>
#include <set>
#include <unordered_set>

#include "explore/compile.h"
#include "explore/inline_table.h"
#include "explore/level_store.h"
#include "explore/packed_layout.h"
#include "explore/quotient_table.h"
#include "explore/recent_items.h"
#include "system_builder.h"
#include "unit/effort.h"

using namespace quire;
using namespace quire::explore;

namespace {

bool always(void*, std::uint64_t) { return true; }

struct HashWide {
    std::size_t operator()(Wide w) const { return static_cast<std::size_t>(w ^ (w >> 64) * 0x9e3779b97f4a7c15ull); }
};

// Clustered and sparse keys: what protocols have, and what a generator of random numbers would never give.
template <class Key>
Key some_key(std::mt19937_64& random, unsigned bits) {
    Key key = 0;
    switch (random() % 3) {
        case 0: key = static_cast<Key>(random() % 3000); break;
        case 1: key = static_cast<Key>(random() % 3000) << (bits / 2); break;
        default: key = static_cast<Key>(random()) << 64 % (8 * sizeof(Key)) | random(); break;
    }
    return key & ((Key{1} << bits) - 1);
}

template <class Key>
void check_width(unsigned bits, unsigned insertions, bool split_early) {
    CAPTURE(bits);
    const Permutation<Key> permutation(bits);
    QuotientTable<Key> table(bits);
    typename QuotientTable<Key>::Scratch scratch;
    REQUIRE(table.start(nullptr, &always));
    std::unordered_set<Key, HashWide> model;
    std::mt19937_64 random(bits);
    for (unsigned i = 0; i < insertions; ++i) {
        const Key key = some_key<Key>(random, bits);
        REQUIRE(permutation.back(permutation.forth(key)) == key);
        const bool is_new = model.insert(key).second;
        REQUIRE(table.insert(permutation.forth(key), scratch) == (is_new ? Inserted::kNew : Inserted::kOld));
        if (split_early && i == insertions / 3) table.split(scratch);
        if (table.wants_split()) table.split(scratch);
    }
    REQUIRE(table.size() == model.size());
    std::size_t seen = 0;
    table.for_each([&](Key key) {
        ++seen;
        REQUIRE(model.count(permutation.back(key)) == 1);
    });
    CHECK(seen == model.size());
    for (Key key : model) REQUIRE(table.insert(permutation.forth(key), scratch) == Inserted::kOld);
}

// The same in batches of any size, by both ways of comparing a line.
template <class Key>
void check_batches(unsigned bits, unsigned insertions) {
    CAPTURE(bits);
    const Permutation<Key> permutation(bits);
    QuotientTable<Key> table(bits);
    typename QuotientTable<Key>::Scratch scratch;
    REQUIRE(table.start(nullptr, &always));
    std::unordered_set<Key, HashWide> model;
    std::mt19937_64 random(bits + 1000);
    for (unsigned i = 0; i < insertions;) {
        Key keys[QuotientTable<Key>::kBatch];
        std::uint64_t expected = 0, fresh = 0;
        const unsigned n = 1 + static_cast<unsigned>(random() % QuotientTable<Key>::kBatch);
        for (unsigned k = 0; k < n; ++k) {
            const Key key = some_key<Key>(random, bits);
            keys[k] = permutation.forth(key);
            if (model.insert(key).second) expected |= std::uint64_t{1} << k;
        }
        REQUIRE(table.insert_batch(keys, n, fresh, scratch) == n);
        REQUIRE(fresh == expected);
        if (table.wants_split()) table.split(scratch);
        i += n;
    }
    REQUIRE(table.size() == model.size());
    for (Key key : model) REQUIRE(table.insert(permutation.forth(key), scratch) == Inserted::kOld);
}

// Two batches on their way at a time, as a worker has them: the second is located before the first is inserted, and the
// table grows and splits in between.
template <class Key>
void check_two_batches(unsigned bits, unsigned insertions) {
    CAPTURE(bits);
    using Table = QuotientTable<Key>;
    struct Batch {
        unsigned count = 0;
        Key keys[Table::kBatch];
        typename Table::Places places;
    };
    const Permutation<Key> permutation(bits);
    Table table(bits);
    typename Table::Scratch scratch;
    REQUIRE(table.start(nullptr, &always));
    std::unordered_set<Key, HashWide> model;
    std::mt19937_64 random(bits + 2000);
    Batch batches[2];
    unsigned changes = 0;
    for (unsigned i = 0, turn = 0; i < insertions; turn = 1 - turn) {
        Batch &next = batches[turn], &located = batches[1 - turn];
        next.count = 1 + static_cast<unsigned>(random() % Table::kBatch);
        for (unsigned k = 0; k < next.count; ++k) next.keys[k] = permutation.forth(some_key<Key>(random, bits));
        table.locate(next.keys, next.count, next.places);
        std::uint64_t expected = 0, fresh = 0;
        for (unsigned k = 0; k < located.count; ++k) {
            if (model.insert(permutation.back(located.keys[k])).second) expected |= std::uint64_t{1} << k;
        }
        bool changed = false;
        REQUIRE(table.insert_located(located.keys, located.count, located.places, fresh, changed, scratch) == located.count);
        REQUIRE(fresh == expected);
        if (table.wants_split()) {
            table.split(scratch);
            changed = true;
        }
        if (changed) {
            table.locate(next.keys, next.count, next.places);
            ++changes;
        }
        i += located.count;
        located.count = 0;
    }
    CHECK(changes > 0);
    REQUIRE(table.size() == model.size());
    for (Key key : model) REQUIRE(table.insert(permutation.forth(key), scratch) == Inserted::kOld);
}

// What is said to be no news was noted before, whatever was forgotten in between; and something is remembered.
template <unsigned kWords>
void check_recent_items() {
    RecentItems<kWords> recent;
    std::set<std::vector<std::uint64_t>> noted;
    std::mt19937_64 random(kWords);
    unsigned remembered = 0;
    for (int i = 0; i < 60000; ++i) {
        std::vector<std::uint64_t> item(kWords);
        // Also what the table holds where nothing was noted, but for the bit that no item has.
        for (std::uint64_t& word : item) word = random() % 8 == 0 ? ~std::uint64_t{0} : random() % 300;
        item.back() &= ~std::uint64_t{0} >> 1;
        if (recent.note(item.data()) == 0) {
            REQUIRE(noted.count(item) == 1);
            ++remembered;
        }
        noted.insert(item);
    }
    CHECK(remembered > 600);
}

template <unsigned kWords>
void check_inline(unsigned words) {
    CAPTURE(words);
    InlineTable<kWords> table(words);
    typename InlineTable<kWords>::Scratch scratch;
    REQUIRE(table.start(nullptr, &always));
    std::set<std::vector<std::uint64_t>> model;
    std::mt19937_64 random(words);
    for (int i = 0; i < 60000; ++i) {
        std::vector<std::uint64_t> state(words);
        // Few different values in each word, so that many states differ in one word only.
        for (std::uint64_t& word : state) word = (random() % 40) << (random() % 2 * 40);
        const bool is_new = model.insert(state).second;
        REQUIRE(table.insert(state.data(), scratch) == (is_new ? Inserted::kNew : Inserted::kOld));
        if (table.wants_split()) table.split(scratch);
    }
    REQUIRE(table.size() == model.size());
    std::set<std::vector<std::uint64_t>> seen;
    table.for_each([&](const std::uint64_t* state) { seen.insert(std::vector<std::uint64_t>(state, state + words)); });
    CHECK(seen == model);
    for (const auto& state : model) REQUIRE(table.insert(state.data(), scratch) == Inserted::kOld);
}

struct Allowance {
    std::uint64_t left = 0;
    static bool ask(void* self, std::uint64_t bytes) {
        Allowance& allowance = *static_cast<Allowance*>(self);
        if (bytes > allowance.left) return false;
        allowance.left -= bytes;
        return true;
    }
};

}  // namespace

TEST_CASE("explore: the quotient table is exact at every width") {
    for (unsigned bits = 1; bits <= 63; ++bits) check_width<std::uint64_t>(bits, test::draws(20000), bits % 2 == 0);
    for (unsigned bits = 64; bits <= 127; ++bits) check_width<Wide>(bits, test::draws(20000), bits % 2 == 0);
}

TEST_CASE("explore: the quotient table takes keys in batches") {
    for (unsigned bits : {8u, 31u, 47u, 63u}) check_batches<std::uint64_t>(bits, 200'000);
    for (unsigned bits : {64u, 80u, 97u, 127u}) check_batches<Wide>(bits, 100'000);
    alignas(64) std::uint64_t line[8];
    std::mt19937_64 random(5);
    for (int i = 0; i < 2000 && has_wide_match(); ++i) {
        for (std::uint64_t& slot : line) slot = random() % 3 << 62 | random() % 4;
        const std::uint64_t value = line[random() % 8];
        const LineMatch slow = match_line(line, value), fast = match_line_wide(line, value);
        REQUIRE(slow.equal == fast.equal);
        REQUIRE(slow.used == fast.used);
    }
}

TEST_CASE("explore: places that were found while another batch was on its way") {
    for (unsigned bits : {31u, 63u}) check_two_batches<std::uint64_t>(bits, test::draws(600'000));
    for (unsigned bits : {75u, 127u}) check_two_batches<Wide>(bits, test::draws(300'000));
}

TEST_CASE("explore: recent items are remembered or forgotten, never made up") {
    check_recent_items<1>();
    check_recent_items<2>();
}

TEST_CASE("explore: the quotient table grows, splits and changes the width of its slots") {
    // 1 700 000 keys: past both the first split and, at 75 and 110 bits, a change of the slots.
    check_width<std::uint64_t>(24, 1700000, false);
    if (test::kSanitized) return;
    check_width<Wide>(75, 1700000, false);
    check_width<std::uint64_t>(63, 1700000, false);
    for (unsigned bits : {110u, 127u}) check_width<Wide>(bits, 1700000, false);
}

TEST_CASE("explore: dense keys") {
    const Permutation<std::uint64_t> permutation(20);
    QuotientTable<std::uint64_t> table(20);
    std::vector<std::uint64_t> scratch;
    REQUIRE(table.start(nullptr, &always));
    // All numbers of 20 bits: no slot can be told from another by its remainder alone.
    for (std::uint64_t key = 0; key < 1u << 20; ++key) {
        REQUIRE(table.insert(permutation.forth(key), scratch) == Inserted::kNew);
        if (table.wants_split()) table.split(scratch);
    }
    for (std::uint64_t key = 0; key < 1u << 20; ++key) REQUIRE(table.insert(permutation.forth(key), scratch) == Inserted::kOld);
    CHECK(table.size() == 1u << 20);
}

TEST_CASE("explore: what finds no place among its lines is kept as exactly") {
    // Unpermuted keys whose upper bits are equal all want the same line.
    QuotientTable<std::uint64_t> table(60);
    std::vector<std::uint64_t> scratch;
    REQUIRE(table.start(nullptr, &always));
    for (std::uint64_t key = 0; key < 30000; ++key) REQUIRE(table.insert(key, scratch) == Inserted::kNew);
    for (std::uint64_t key = 0; key < 30000; ++key) REQUIRE(table.insert(key, scratch) == Inserted::kOld);
    CHECK(table.size() == 30000);
}

TEST_CASE("explore: a table without memory says so and stays right") {
    QuotientTable<std::uint64_t> table(63);
    const Permutation<std::uint64_t> permutation(63);
    std::vector<std::uint64_t> scratch;
    Allowance allowance{1u << 20};
    REQUIRE(table.start(&allowance, &Allowance::ask));
    std::uint64_t stored = 0;
    for (std::uint64_t key = 0; key < 1000000; ++key) {
        if (table.insert(permutation.forth(key), scratch) != Inserted::kNew) break;
        ++stored;
        if (table.wants_split()) table.split(scratch);
    }
    // A megabyte has 131072 slots; nearly all of them are to be used.
    CHECK(stored > 120000);
    CHECK(stored <= 131072);
    CHECK(table.size() == stored);
    for (std::uint64_t key = 0; key < stored; ++key) REQUIRE(table.insert(permutation.forth(key), scratch) == Inserted::kOld);

    InlineTable<3> wide(3);
    Allowance more{1u << 20};
    REQUIRE(wide.start(&more, &Allowance::ask));
    std::uint64_t kept = 0;
    for (std::uint64_t key = 0; key < 100000; ++key) {
        const std::uint64_t state[3] = {key, 1, key * 7};
        if (wide.insert(state, scratch) != Inserted::kNew) break;
        ++kept;
    }
    CHECK(kept > 30000);
    CHECK(kept < 100000);
    for (std::uint64_t key = 0; key < kept; ++key) {
        const std::uint64_t state[3] = {key, 1, key * 7};
        REQUIRE(wide.insert(state, scratch) == Inserted::kOld);
    }
}

TEST_CASE("explore: wide states are exact, whatever their width") {
    check_inline<3>(3);
    check_inline<4>(4);
    check_inline<0>(3);
    check_inline<0>(7);
    check_inline<0>(50);
}

TEST_CASE("explore: levels come back, from memory and from the file") {
    for (unsigned words : {1u, 3u}) {
        LevelStore levels(words);
        LevelStore::Appender appender(levels);
        std::vector<std::vector<std::uint64_t>> model;
        std::mt19937_64 random(words);
        for (std::uint64_t states : {1u, 10u, 300000u, 0u, 7u}) {
            std::vector<std::uint64_t> all;
            for (std::uint64_t s = 0; s < states; ++s) {
                std::vector<std::uint64_t> state(words);
                for (std::uint64_t& word : state) word = random();
                appender.add(state.data());
                all.insert(all.end(), state.begin(), state.end());
            }
            appender.finish();
            levels.close_level();
            model.push_back(all);
        }
        for (bool in_file : {false, true}) {
            if (in_file) levels.spill(4, 0);
            CHECK((levels.bytes_on_disk() > 0) == in_file);
            for (std::size_t level = 0; level < model.size(); ++level) {
                std::vector<std::uint64_t> buffer, all;
                for (const LevelStore::Block& block : levels.blocks(level)) {
                    const std::uint64_t* states = levels.read(block, buffer);
                    REQUIRE(states != nullptr);
                    all.insert(all.end(), states, states + block.states() * words);
                }
                CHECK(levels.size(level) * words == all.size());
                CHECK(all == model[level]);
            }
        }
        CHECK(levels.bytes_in_memory() == 7 * words * 8);
    }
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
