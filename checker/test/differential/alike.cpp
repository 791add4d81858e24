#include "alike.h"

#include <set>
#include <vector>

#include <fmt/format.h>

#include "explore/compile.h"
#include "explore/probe.h"
#include "explore/successor_generator.h"
#include "explore/symmetry.h"

namespace quire::explore {

namespace {

using Words = std::vector<std::uint64_t>;

struct Collect : NullSink {
    static constexpr bool kPacked = true;
    Collect(SuccessorGenerator& g, std::size_t w) : generator(g), words(w) {}
    void on_state(const std::uint64_t* state) {
        forms.insert(Words(state, state + words));
        plain.emplace_back(generator.plain_words(), generator.plain_words() + words);
        threads.push_back(generator.thread());
    }
    void on_misfit(Address, Value) { misfit = true; }

    SuccessorGenerator& generator;
    std::size_t words;
    std::set<Words> forms;
    std::vector<Words> plain;
    std::vector<ThreadNumber> threads;
    bool misfit = false;
};

// The cells in which they differ, and what the second has there.
std::string changes(const TransitionSystem& system, const PackedLayout& layout, const Words& from, const Words& to) {
    std::vector<Value> before(system.cell_count()), after(system.cell_count());
    layout.unpack(from.data(), before.data());
    layout.unpack(to.data(), after.data());
    std::string text;
    for (Address a = 0; a < before.size(); ++a) {
        if (before[a] != after[a]) text += fmt::format(" {}={}", system.cell_name(a), after[a]);
    }
    return text;
}

// The steps of one that the other has none like.
std::string only_in(const TransitionSystem& system, const PackedLayout& layout, Canonicaliser& canonicaliser, const Words& state,
                    const Collect& here, const std::set<Words>& there) {
    std::string text;
    Words form(layout.words());
    for (std::size_t i = 0; i < here.plain.size(); ++i) {
        canonicaliser.canonical(here.plain[i].data(), form.data());
        if (there.count(form) != 0) continue;
        text += fmt::format("  {}:{}\n", system.threads[here.threads[i]].name, changes(system, layout, state, here.plain[i]));
    }
    return text;
}

// See check_alike.
std::string difference_of_forms(const TransitionSystem& system, std::size_t most) {
    const Symmetry symmetry(system);
    if (symmetry.families().empty()) return "";
    const Bytecode code = compile(system, false);
    const std::vector<ObservedRange> seen = probe(system, code, false);
    const PackedLayout layout(system, seen, code.may_write, Margin::kLoose, &symmetry);
    SuccessorGenerator generator(system, code, false);
    generator.set_layout(layout);
    generator.set_symmetry(symmetry);
    Canonicaliser canonicaliser(system, symmetry, layout);
    Collect start(generator, layout.words());
    generator.start<0>(start);
    std::vector<Words> queue = start.plain;
    std::set<Words> known(queue.begin(), queue.end());
    for (std::size_t s = 0; s < queue.size() && s < most && !start.misfit; ++s) {
        const Words state = queue[s];
        generator.load(state.data());
        Collect here(generator, layout.words());
        generator.expand<0>(here);
        Words form(layout.words());
        canonicaliser.canonical(state.data(), form.data());
        generator.load(form.data());
        Collect there(generator, layout.words());
        generator.expand<0>(there);
        if (here.misfit || there.misfit) return "";
        if (here.forms != there.forms) {
            const Words first(layout.words());
            std::string text = "from" + changes(system, layout, first, state) + "\n";
            text += only_in(system, layout, canonicaliser, state, here, there.forms);
            text += "and from its form:" + changes(system, layout, state, form) + "\n";
            text += only_in(system, layout, canonicaliser, form, there, here.forms);
            return text;
        }
        for (Words& next : here.plain) {
            if (known.insert(next).second) queue.push_back(std::move(next));
        }
    }
    return "";
}

}  // namespace

}  // namespace quire::explore

namespace quire {

std::string check_alike(const TransitionSystem& system, std::size_t most) { return explore::difference_of_forms(system, most); }

}  // namespace quire
