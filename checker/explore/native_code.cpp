// All steps of all threads, and the conditions, in one piece of memory.
#include "explore/native_code.h"

#ifdef QUIRE_ASMJIT

#include <asmjit/x86.h>

#include <algorithm>

#include "explore/native_emitter.h"

namespace quire::explore {

namespace {

// Beyond this much code what is left is interpreted; a step is some fifty instructions.
constexpr std::size_t kMostCode = std::size_t{1} << 20;
// More words than registers are worth nothing.
constexpr std::uint32_t kMostWords = 4;

class Translation : public NativeCode {
public:
    // False if there is no memory that can be executed.
    bool translate(const TransitionSystem& system, const Bytecode& code, const PackedLayout& layout,
                   std::span<const std::uint8_t> flags);

private:
    asmjit::JitRuntime runtime_;
    NativeData data_;
};

class NoErrors : public asmjit::ErrorHandler {
public:
    void handleError(asmjit::Error, const char*, asmjit::BaseEmitter*) override { failed = true; }
    bool failed = false;
};

bool Translation::translate(const TransitionSystem& system, const Bytecode& code, const PackedLayout& layout,
                            std::span<const std::uint8_t> flags) {
    data_.generics = code.generics;
    data_.tables = code.tables;
    asmjit::CodeHolder holder;
    if (holder.init(runtime_.environment()) != asmjit::kErrorOk) return false;
    NoErrors errors;
    holder.setErrorHandler(&errors);
    asmjit::x86::Compiler compiler(&holder);
    NativeEmitter emitter(compiler, system, code, layout, flags, data_);
    std::size_t emitted = 0;
    auto emit = [&](const BytecodeProgram& program, bool is_condition, const NativeChoice& chosen) {
        asmjit::Label none;
        if (emitted > kMostCode || !emitter.can_emit(program)) return none;
        emitted += program.source->code.size();
        return emitter.emit(program, is_condition, chosen);
    };
    struct Labels {
        asmjit::Label by_tape;
        std::vector<asmjit::Label> each;
    };
    std::vector<std::vector<Labels>> steps(code.steps.size());
    ways_.resize(code.steps.size());
    for (std::size_t t = 0; t < code.steps.size(); ++t) {
        for (const BytecodeProgram& program : code.steps[t]) {
            Labels& labels = steps[t].emplace_back();
            Ways& ways = ways_[t].emplace_back();
            labels.by_tape = emit(program, false, {});
            if (!labels.by_tape.isValid()) continue;
            if (!program.has_choice) labels.each.push_back(labels.by_tape);
            NativeChoice chosen = emitter.first_choice(program);
            if (!program.has_choice || chosen.number == kNone) continue;
            ways.chooses = true;
            ways.least = chosen.value;
            for (; chosen.value <= chosen.last; ++chosen.value) labels.each.push_back(emit(program, false, chosen));
        }
    }
    std::vector<asmjit::Label> conditions;
    for (std::size_t p = 0; p < code.conditions.size(); ++p) {
        // A step property looks at two states.
        const bool one_state = system.properties[p].kind != SystemPropertyKind::kStep;
        conditions.push_back(one_state ? emit(code.conditions[p], true, {}) : asmjit::Label());
    }
    char* base = nullptr;
    if (compiler.finalize() != asmjit::kErrorOk || errors.failed) return false;
    if (runtime_.add(&base, &holder) != asmjit::kErrorOk || errors.failed) return false;
    auto address = [&](const asmjit::Label& label) -> void* {
        return label.isValid() ? base + holder.labelOffset(label) : nullptr;
    };
    for (std::size_t t = 0; t < steps.size(); ++t) {
        for (std::size_t l = 0; l < steps[t].size(); ++l) {
            const Labels& labels = steps[t][l];
            ways_[t][l].by_tape = reinterpret_cast<Step>(address(labels.by_tape));
            const bool all =
                std::all_of(labels.each.begin(), labels.each.end(), [](const auto& label) { return label.isValid(); });
            for (std::size_t k = 0; all && k < labels.each.size(); ++k) {
                ways_[t][l].each.push_back(reinterpret_cast<Step>(address(labels.each[k])));
            }
        }
    }
    for (const asmjit::Label& label : conditions) conditions_.push_back(reinterpret_cast<Condition>(address(label)));
    return true;
}

}  // namespace

bool has_native_back_end() { return true; }

std::unique_ptr<const NativeCode> NativeCode::make(const TransitionSystem& system, const Bytecode& code,
                                                   const PackedLayout& layout, std::span<const std::uint8_t> flags) {
    if (layout.words() > kMostWords) return nullptr;
    auto result = std::make_unique<Translation>();
    if (!result->translate(system, code, layout, flags)) return nullptr;
    return result;
}

}  // namespace quire::explore

#else

namespace quire::explore {

bool has_native_back_end() { return false; }

std::unique_ptr<const NativeCode> NativeCode::make(const TransitionSystem&, const Bytecode&, const PackedLayout&,
                                                   std::span<const std::uint8_t>) {
    return nullptr;
}

}  // namespace quire::explore

#endif
