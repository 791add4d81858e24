// One worker of an exploration: expands states, judges them, and hands on what it finds.
//
// While one worker works alone, new states are inserted in batches: the places of one batch are asked for, and looked at
// when the next one is full, so that nobody waits for memory.  When several do, each sorts its finds by partition of the
// visited set; afterwards each partition is filled by one worker, without any atomic operation.
//
// Invariant: what a worker counts and finds in a level depends only on the states that it was given, and what all of
// them together do only on the level.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <optional>
#include <utility>
#include <vector>

#include "explore/arena.h"
#include "explore/findings.h"
#include "explore/level_store.h"
#include "explore/recent_items.h"
#include "explore/stubborn_sets.h"
#include "explore/successor_generator.h"
#include "explore/visited_set.h"
#include "explore/watch.h"
#include "explore/work_done.h"

namespace quire::explore {

// The properties that are asked about, by what they are evaluated on.
struct Questions {
    std::vector<PropertyNumber> invariants, finals, state_covers, final_covers, cover_points;
    PropertyNumber deadlock = kNone;
    PropertyNumber leak = kNone;
};

// What workers share.  All but the atomics and the visited set changes only while one works alone.
template <class Set>
struct Workplace {
    Workplace(const TransitionSystem& s, const SearchOptions& o, const Questions& a, const PackedLayout& layout)
        : system(s),
          options(o),
          asked(a),
          words(layout.words()),
          visited(layout),
          levels(layout.words()),
          findings(s.properties.size()) {}

    const TransitionSystem& system;
    const SearchOptions& options;
    const Questions& asked;
    const unsigned words;
    Set visited;
    LevelStore levels;
    Findings findings;  // of the levels before
    std::uint32_t depth = 0;
    bool at_start = false;
    bool alone = true;
    std::uint64_t room = 0;                   // so many more states may be added, while one works alone
    bool full = false;                        // no state is added any more
    const NativeCode* native = nullptr;       // nullptr: bytecode
    std::vector<std::uint8_t> wanted_covers;  // by property, for native code
    const Dependence* reduce_by = nullptr;    // nullptr: everything is expanded
    OpenQuestions open;                       // for those that reduce
    // Something is violated, and with a reduction that says little about what else is; relaxed, like `stopped`.
    std::atomic<bool> failed{false};
    // Stop at once; relaxed, for nothing but the flag itself is told by it.
    std::atomic<bool> stopped{false};
    void* context = nullptr;
    void (*look)(void* context) = nullptr;  // by the main worker, when its watch says so
    void (*no_room)(void* context) = nullptr;
};

template <unsigned kWords, class Set>
class Worker {
public:
    // `watch`: of the main worker only.
    Worker(Workplace<Set>& place, const Bytecode& code, const PackedLayout& layout, const Symmetry* symmetry, Watch* watch)
        : place_(place),
          watch_(watch),
          generator_(place.system, code, place.options.plain_successors),
          findings_(place.system.properties.size()),
          next_(place.levels),
          item_words_(place.visited.item_words()),
          item_(item_words_),
          words_(place.words) {
        generator_.set_layout(layout);
        if (symmetry != nullptr) generator_.set_symmetry(*symmetry);
        for (Batch& batch : batches_) batch.items.resize(std::size_t{item_words_} * kBatch);
    }

    SuccessorGenerator& generator() { return generator_; }
    void go_native() { generator_.set_native(*place_.native, place_.wanted_covers.data()); }
    Findings& findings() { return findings_; }
    WorkDone take_done() {
        if (stubborn_) stubborn_->take_counts(done_.moves, done_.left_out);
        transitions_seen_.store(0, std::memory_order_relaxed);
        return std::exchange(done_, WorkDone());
    }
    // What it did so far in this level, as another thread may read it now and then.
    std::uint64_t transitions_seen() const { return transitions_seen_.load(std::memory_order_relaxed); }

    void start();
    void explore_states(const std::uint64_t* states, std::uint64_t count);
    void finish_level() { next_.finish(); }
    // States of a checkpoint: they are in levels already.
    void remember(const std::uint64_t* states, std::uint64_t count);

    // Alone.
    void flush();
    void make_partitions(std::size_t at_least);
    // Together: first all collect, then all insert, then the main worker the rest.
    void begin_collecting(std::size_t most_items);
    std::size_t collected() const { return collected_; }
    void insert_partition(std::size_t partition, const Worker& from);
    void insert_rest(Worker& from);

private:
    static constexpr unsigned kBatch = 16;
    static_assert(kBatch <= kItemBatch);
    class Sink;
    struct Batch {
        unsigned count = 0;
        std::vector<std::uint64_t> items;
        typename Set::Places places;
    };

    void explore_state(const std::uint64_t* words);
    Mobility expand(Sink& sink);
    void violated() {
        if (place_.reduce_by == nullptr) return;
        place_.failed.store(true, std::memory_order_relaxed);
        place_.stopped.store(true, std::memory_order_relaxed);
    }
    bool check(const std::vector<PropertyNumber>& properties, ThreadNumber thread, std::uint32_t steps);
    void check_covers(ThreadNumber thread, std::uint32_t steps);
    void check_ends(const Mobility& mobility, bool final);
    bool live_object();
    void add(PropertyNumber property, ThreadNumber thread, std::uint32_t steps) {
        findings_.add(property, steps, {present_, place_.words}, thread);
    }
    [[gnu::always_inline]] void push(const std::uint64_t* words);
    // Out of line, so that `push` is short enough to be in line.
    [[gnu::noinline]] void collect(const std::uint64_t* words);
    [[gnu::noinline]] void turn_over();
    void insert(Batch& batch, bool& changed);
    const std::uint64_t* item(const Batch& batch, unsigned i) const { return &batch.items[std::size_t{i} * item_words_]; }
    void note_new(const std::uint64_t* item) {
        place_.visited.decode(item, words_.data());
        next_.add(words_.data());
    }

    Workplace<Set>& place_;
    Watch* watch_;
    SuccessorGenerator generator_;
    Findings findings_;
    WorkDone done_;
    std::atomic<std::uint64_t> transitions_seen_{0};
    LevelStore::Appender next_;
    typename Set::Scratch scratch_;
    std::optional<StubbornSets> stubborn_;
    std::uint32_t asked_at_ = kNone;          // level
    const std::uint64_t* present_ = nullptr;  // the state being expanded

    unsigned item_words_;
    RecentItems<Set::kItemWords> recent_;
    Batch batches_[2];
    Batch* filling_ = &batches_[0];
    Batch* located_ = &batches_[1];  // or empty
    std::vector<std::uint64_t> item_, words_;

    // One region of items per partition.
    Arena regions_;
    std::size_t region_items_ = 0;
    std::vector<std::uint32_t> in_region_;
    std::vector<std::uint64_t> rest_;  // what found no place there
    std::size_t collected_ = 0;
};

// ------------------------------------------------------------------------------------------------- what ways lead to

template <unsigned kWords, class Set>
class Worker<kWords, Set>::Sink : public NullSink {
public:
    static constexpr bool kPacked = true;
    explicit Sink(Worker& w) : w_(w) {}

    bool stopped() const { return w_.place_.stopped.load(std::memory_order_relaxed); }
    void on_way() {
        if (w_.watch_ != nullptr && w_.watch_->due()) [[unlikely]]
            w_.place_.look(w_.place_.context);
    }
    void on_state(const std::uint64_t* words) {
        ++w_.done_.transitions;
        w_.push(words);
    }
    void on_step_violation() {
        ++w_.done_.transitions;
        ThreadNumber thread = w_.generator_.thread();
        std::uint32_t steps = w_.place_.depth + 1;
        for (PropertyNumber p : w_.generator_.step_failures()) w_.add(p, thread, steps);
        w_.check(w_.place_.asked.invariants, thread, steps);
        w_.check_covers(thread, steps);
    }
    void on_violation(PropertyNumber property) {
        found(property);
        w_.violated();
    }
    void on_cover(PropertyNumber property) { found(property); }
    void on_dropped(WayEnd end) {
        WorkDone& done = w_.done_;
        switch (end) {
            case WayEnd::kAssumed: ++done.assumed_away; break;
            case WayEnd::kSilent: ++done.silently_ended; break;
            case WayEnd::kExhausted:
                ++done.exhausted;
                done.exhausted_site = std::min(done.exhausted_site, w_.generator_.site());
                break;
            case WayEnd::kTooLong:
                ++done.too_long;
                if (w_.watch_ != nullptr) w_.watch_->look_soon();
                break;
            case WayEnd::kDone:
            case WayEnd::kBlocked:
            case WayEnd::kViolation: break;
        }
    }
    void on_misfit(Address address, Value value) {
        w_.done_.misfits.try_emplace(address, ObservedRange{value, value}).first->second.add(value);
    }

private:
    void found(PropertyNumber property) {
        if (w_.place_.at_start)
            w_.findings_.add_start(property, w_.generator_.choices());
        else
            w_.add(property, w_.generator_.thread(), w_.place_.depth + 1);
    }

    Worker& w_;
};

// A new state, in this way or the other.
template <unsigned kWords, class Set>
inline void Worker<kWords, Set>::push(const std::uint64_t* words) {
    if (place_.full) [[unlikely]]
        return;
    if (!place_.alone) return collect(words);
    Batch& batch = *filling_;
    std::uint64_t* item = &batch.items[std::size_t{batch.count} * item_words_];
    place_.visited.encode(words, item);
    batch.count += recent_.note(item);
    if (batch.count == kBatch) turn_over();
}

// What was located is inserted, and what was found since then located.
template <unsigned kWords, class Set>
void Worker<kWords, Set>::turn_over() {
    bool changed = false;
    place_.visited.locate(filling_->items.data(), filling_->count, filling_->places);
    insert(*located_, changed);
    if (changed) place_.visited.locate(filling_->items.data(), filling_->count, filling_->places);
    std::swap(filling_, located_);
}

template <unsigned kWords, class Set>
void Worker<kWords, Set>::flush() {
    turn_over();
    turn_over();
}

template <unsigned kWords, class Set>
inline void Worker<kWords, Set>::insert(Batch& batch, bool& changed) {
    const unsigned count = std::exchange(batch.count, 0);
    if (place_.full || count == 0) return;
    std::uint64_t fresh = 0;
    const unsigned done = place_.visited.insert_located(batch.items.data(), count, batch.places, fresh, changed, scratch_);
    for (; fresh != 0; fresh &= fresh - 1) {
        if (place_.room == 0) [[unlikely]] {
            place_.full = true;
            return;
        }
        --place_.room;
        note_new(item(batch, static_cast<unsigned>(std::countr_zero(fresh))));
    }
    if (done == count) return;
    place_.full = true;
    place_.no_room(place_.context);
}

template <unsigned kWords, class Set>
void Worker<kWords, Set>::remember(const std::uint64_t* states, std::uint64_t count) {
    Batch& batch = *filling_;
    for (std::uint64_t s = 0; s < count && !place_.full; s += kBatch) {
        const unsigned n = static_cast<unsigned>(std::min<std::uint64_t>(kBatch, count - s));
        for (unsigned i = 0; i < n; ++i) {
            place_.visited.encode(states + (s + i) * place_.words, &batch.items[std::size_t{i} * item_words_]);
        }
        std::uint64_t fresh = 0;
        bool changed = false;
        place_.visited.locate(batch.items.data(), n, batch.places);
        if (place_.visited.insert_located(batch.items.data(), n, batch.places, fresh, changed, scratch_) == n) continue;
        place_.full = true;
        place_.no_room(place_.context);
    }
}

template <unsigned kWords, class Set>
void Worker<kWords, Set>::make_partitions(std::size_t at_least) {
    auto& table = place_.visited.table();
    if (table.partitions() >= at_least && !table.wants_split()) return;
    flush();  // nothing stays where it was located
    table.split(scratch_);
}

template <unsigned kWords, class Set>
void Worker<kWords, Set>::begin_collecting(std::size_t most_items) {
    const std::size_t partitions = place_.visited.table().partitions();
    // Keys are hashed, so that regions fill evenly; what exceeds the eighth more goes to the rest.
    const std::size_t items = most_items / partitions / 8 * 9 + 16;
    if (items != region_items_ || in_region_.size() != partitions) {
        region_items_ = items;
        if (!regions_.resize(items * partitions * item_words_ * sizeof(std::uint64_t))) region_items_ = 0;
    }
    in_region_.assign(partitions, 0);
    collected_ = 0;
}

template <unsigned kWords, class Set>
void Worker<kWords, Set>::collect(const std::uint64_t* words) {
    std::uint64_t* item = item_.data();
    place_.visited.encode(words, item);
    const unsigned is_new = recent_.note(item);
    const std::size_t partition = place_.visited.partition_of(item);
    collected_ += is_new;
    std::uint32_t& count = in_region_[partition];
    if (count == region_items_) [[unlikely]] {
        if (is_new != 0) rest_.insert(rest_.end(), item_.begin(), item_.end());
        return;
    }
    std::uint64_t* slot = regions_.words() + (partition * region_items_ + count) * item_words_;
    for (unsigned i = 0; i < item_words_; ++i) slot[i] = item[i];
    count += is_new;
}

// What `from` has collected for the partition, which is this worker's alone.
template <unsigned kWords, class Set>
void Worker<kWords, Set>::insert_partition(std::size_t partition, const Worker& from) {
    const std::uint64_t* items = from.regions_.words() + partition * from.region_items_ * item_words_;
    const std::uint32_t count = from.in_region_[partition];
    typename Set::Places places[2]{};
    auto batch_at = [&](std::uint32_t i) { return std::min<std::uint32_t>(kBatch, count - i); };
    auto locate = [&](std::uint32_t i, unsigned which) {
        place_.visited.locate(items + std::size_t{i} * item_words_, batch_at(i), places[which]);
    };
    unsigned here = 0;
    locate(0, here);
    for (std::uint32_t i = 0; i < count;) {
        const std::uint64_t* batch = items + std::size_t{i} * item_words_;
        const unsigned n = batch_at(i);
        std::uint64_t fresh = 0;
        bool changed = false;
        locate(i + n, 1 - here);
        const unsigned done = place_.visited.insert_located(batch, n, places[here], fresh, changed, scratch_);
        for (; fresh != 0; fresh &= fresh - 1) {
            note_new(batch + static_cast<std::size_t>(std::countr_zero(fresh)) * item_words_);
        }
        i += done;  // what was inserted behind it is found there again, and is not new
        if (done < n) {
            const std::uint64_t* item = items + std::size_t{i++} * item_words_;
            rest_.insert(rest_.end(), item, item + item_words_);
        }
        if (changed || done < n)
            locate(i, here);
        else
            here = 1 - here;
    }
}

template <unsigned kWords, class Set>
void Worker<kWords, Set>::insert_rest(Worker& from) {
    for (std::size_t i = 0; i < from.rest_.size() && !place_.full; i += item_words_) {
        std::copy_n(&from.rest_[i], item_words_, &filling_->items[std::size_t{filling_->count++} * item_words_]);
        if (filling_->count == kBatch) turn_over();
    }
    flush();
    from.rest_.clear();
}

// ------------------------------------------------------------------------------------------------------------ states

// Whether none of them fails in the present cells.
template <unsigned kWords, class Set>
bool Worker<kWords, Set>::check(const std::vector<PropertyNumber>& properties, ThreadNumber thread, std::uint32_t steps) {
    bool all = true;
    for (PropertyNumber p : properties) {
        if (!generator_.fails(p)) continue;
        add(p, thread, steps);
        all = false;
    }
    if (!all) violated();
    return all;
}

template <unsigned kWords, class Set>
void Worker<kWords, Set>::check_covers(ThreadNumber thread, std::uint32_t steps) {
    // What is asked are the findings of earlier levels: those of this level depend on who is faster.
    auto check_all = [&](const std::vector<PropertyNumber>& covers) {
        for (PropertyNumber p : covers) {
            if (place_.findings.wants(p, steps) && generator_.holds(p)) add(p, thread, steps);
        }
    };
    check_all(place_.asked.state_covers);
    if (!place_.asked.final_covers.empty() && generator_.is_final()) check_all(place_.asked.final_covers);
}

template <unsigned kWords, class Set>
bool Worker<kWords, Set>::live_object() {
    const std::vector<Object>& objects = place_.system.objects;
    return std::any_of(objects.begin(), objects.end(),
                       [this](const Object& object) { return object.pool && generator_.cells()[object.in_use] != 0; });
}

template <unsigned kWords, class Set>
void Worker<kWords, Set>::check_ends(const Mobility& mobility, bool final) {
    const Questions& asked = place_.asked;
    const bool deadlock = !mobility.any() && !final && asked.deadlock != kNone;
    const bool leak = final && !mobility.daemon() && asked.leak != kNone && live_object();
    if (deadlock) add(asked.deadlock, 0, place_.depth);
    if (leak) add(asked.leak, 0, place_.depth);
    if (deadlock || leak) violated();
}

// Every step of the present state, or of a stubborn set of threads as long as that leads to some state: where all its
// runs end, those of the others are still to come.
template <unsigned kWords, class Set>
Mobility Worker<kWords, Set>::expand(Sink& sink) {
    if (place_.reduce_by == nullptr) return generator_.template expand<kWords>(sink);
    if (!stubborn_) stubborn_.emplace(place_.system, *place_.reduce_by);
    if (asked_at_ != place_.depth) stubborn_->ask(place_.open);
    asked_at_ = place_.depth;
    const ThreadSet threads = stubborn_->choose(generator_);
    const std::uint64_t before = done_.transitions;
    Mobility mobility = generator_.template expand<kWords>(sink, threads);
    const bool led_nowhere = threads != kAllThreads && done_.transitions == before;
    if (led_nowhere && !sink.stopped()) generator_.template expand<kWords>(sink, ~threads);
    return mobility;
}

template <unsigned kWords, class Set>
void Worker<kWords, Set>::explore_state(const std::uint64_t* words) {
    present_ = words;
    generator_.load(words);
    bool good = check(place_.asked.invariants, 0, place_.depth);
    check_covers(0, place_.depth);
    if (!good) return;
    bool final = generator_.is_final();
    if (final) good = check(place_.asked.finals, 0, place_.depth);
    Mobility mobility;
    if (good && place_.depth < place_.options.budget.max_depth) {
        Sink sink(*this);
        mobility = expand(sink);
        if (sink.stopped()) return;  // perhaps in the middle
    } else {
        NullSink sink;
        mobility = generator_.template expand<kWords>(sink);
        if (good && mobility.any()) done_.cut_off = true;
    }
    check_ends(mobility, final);
}

template <unsigned kWords, class Set>
void Worker<kWords, Set>::explore_states(const std::uint64_t* states, std::uint64_t count) {
    for (std::uint64_t s = 0; s < count; ++s) {
        if (watch_ != nullptr && watch_->due()) [[unlikely]]
            place_.look(place_.context);
        if (place_.stopped.load(std::memory_order_relaxed)) break;
        explore_state(states + s * place_.words);
    }
    transitions_seen_.store(done_.transitions, std::memory_order_relaxed);
}

template <unsigned kWords, class Set>
void Worker<kWords, Set>::start() {
    place_.at_start = true;
    Sink sink(*this);
    generator_.template start<kWords>(sink);
    flush();
    place_.at_start = false;
}

}  // namespace quire::explore
