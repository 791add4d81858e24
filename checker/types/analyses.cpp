// What can be said only when all bodies are typed: who calls whom, with which effects.
//
// The call graph has an edge for each call, and for a call through a pointer one to each function of that type whose
// address is taken somewhere. Effects are closed over it by iteration to a fixpoint; of each kind one witness is kept.
#include <algorithm>

#include "types/checker.h"

namespace quire {

void Checker::analyse() {
    check_recursion();
    if (calls_too_deep_) return;  // what follows walks along the calls
    close_effects();
    check_calls_without_effects();
    check_ghost_uses();
    check_endless_atomic();
    spread_addresses();
    mark_index_users();
    check_string_parameters();
}

std::vector<FunctionId> Checker::candidates(TypeId pointer_type) const {
    std::vector<FunctionId> found;
    for (std::size_t i = 0; i < program_.functions.size(); i++) {
        const Function& function = program_.functions[i];
        if (!function.address_taken || struct_results_[i].valid()) continue;
        const Type& t = type(pointer_type);
        bool fits = same_type(t.element, function.result) && t.parameters.size() == function.parameters.size();
        for (std::size_t p = 0; fits && p < t.parameters.size(); p++)
            fits = same_type(t.parameters[p], program_[function.parameters[p]].type);
        if (fits) found.push_back(FunctionId{i});
    }
    return found;
}

std::vector<FunctionId> Checker::callees(const CallRecord& call) const {
    if (call.callee.valid()) return {call.callee};
    return candidates(call.through);
}

struct Checker::CallWalk {
    std::vector<int> state;         // 0 untouched, 1 on the way, 2 done
    std::vector<int> height;        // calls below
    std::vector<CallRecord> stack;  // the calls on the way
};

void Checker::check_recursion() {
    CallWalk walk;
    walk.state.assign(program_.functions.size(), 0);
    walk.height.assign(program_.functions.size(), 0);
    for (std::size_t i = 0; i < program_.functions.size(); i++) {
        if (walk.state[i] == 0) visit_for_recursion(FunctionId{i}, walk);
    }
}

// Depth first; a call back into the way is a circle.
void Checker::visit_for_recursion(FunctionId id, CallWalk& walk) {
    walk.state[id.index()] = 1;
    for (const CallRecord& call : body_of(id).calls) {
        for (FunctionId callee : callees(call)) {
            if (calls_too_deep_) return;
            CallRecord step = call;
            step.callee = callee;
            step.through = call.callee.valid() ? TypeId{} : call.through;
            if (walk.state[callee.index()] == 1) {
                report_recursion(id, step, walk);
                continue;
            }
            if (walk.state[callee.index()] == 0 && walk.stack.size() < kMaxDepth) {
                walk.stack.push_back(step);
                visit_for_recursion(callee, walk);
                walk.stack.pop_back();
            }
            int& height = walk.height[id.index()];
            height = std::max(height, walk.height[callee.index()] + 1);
            if (walk.stack.size() < kMaxDepth && height < kMaxDepth) continue;
            calls_too_deep_ = true;
            diagnostics_.error(DiagnosticCode::kE0605, call.span,
                               "calls are nested more than " + std::to_string(kMaxDepth) + " deep");
            return;
        }
    }
    walk.state[id.index()] = 2;
}

void Checker::report_recursion(FunctionId caller, const CallRecord& call, const CallWalk& walk) {
    const std::string& name = program_[call.callee].name;
    Diagnostic& d =
        diagnostics_.error(DiagnosticCode::kE0301, call.span,
                           "recursion: `" + name + "` calls itself" + (call.callee == caller ? "" : " over other functions"));
    std::size_t start = walk.stack.size();
    while (start > 0 && walk.stack[start - 1].callee != call.callee) start--;
    std::string circle = "`" + name + "`";
    for (std::size_t i = start; i < walk.stack.size(); i++) {
        const std::string& next = program_[walk.stack[i].callee].name;
        circle += " calls `" + next + "`" + (walk.stack[i].through.valid() ? " through a pointer" : "") + ", which";
        d.with_secondary(walk.stack[i].span, "calls `" + next + "`");
    }
    circle += " calls `" + name + "`" + (call.through.valid() ? " through a pointer" : "");
    d.with_label("calls `" + name + "` again").with_note("the circle: " + circle).with_help("use a loop");
}

void Checker::close_effects() {
    closed_effects_.assign(program_.functions.size(), {});
    auto add_effect = [&](std::size_t function, const Effect& effect) {
        for (const Effect& known : closed_effects_[function]) {
            if (known.kind == effect.kind && known.parameter == effect.parameter) return false;
        }
        closed_effects_[function].push_back(effect);
        return true;
    };
    for (std::size_t i = 0; i < program_.functions.size(); i++) {
        for (const Effect& effect : function_bodies_[i].effects) add_effect(i, effect);
    }
    bool changed = true;
    while (changed) {
        changed = false;
        for (std::size_t i = 0; i < program_.functions.size(); i++) {
            for (const CallRecord& call : function_bodies_[i].calls) {
                for (FunctionId callee : callees(call)) {
                    std::vector<Effect> effects = closed_effects_[callee.index()];
                    for (const Effect& effect : effects) {
                        if (effect.kind != Effect::Kind::kWritesParameter) {
                            changed = add_effect(i, effect) || changed;
                            continue;
                        }
                        // What the callee writes through a reference is ours to judge.
                        for (const BoundReference& bound : call.references) {
                            const std::vector<LocalId>& parameters = program_[callee].parameters;
                            if (bound.parameter >= parameters.size() || parameters[bound.parameter] != effect.parameter) continue;
                            bool is_own = bound.root.local.valid() && !bound.root.is_reference;
                            if (is_own) continue;
                            Effect passed = effect;
                            passed.parameter = bound.root.local;
                            if (!bound.root.local.valid())
                                passed.kind = bound.root.is_ghost ? Effect::Kind::kWritesGhost : Effect::Kind::kWritesReal;
                            changed = add_effect(i, passed) || changed;
                        }
                    }
                }
            }
        }
    }
}

void Checker::check_calls_without_effects() {
    auto check_body = [&](const Body& body) {
        for (const CallRecord& call : body.calls) {
            if (call.mode == Mode::kReal) continue;
            bool is_property = call.mode == Mode::kProperty;
            for (FunctionId callee : callees(call)) {
                for (const Effect& effect : closed_effects_[callee.index()]) {
                    bool allowed = !is_property && effect.kind == Effect::Kind::kWritesGhost;
                    if (effect.kind == Effect::Kind::kWritesParameter) {
                        allowed = true;
                        for (const BoundReference& bound : call.references) {
                            const std::vector<LocalId>& parameters = program_[callee].parameters;
                            if (bound.parameter >= parameters.size() || parameters[bound.parameter] != effect.parameter) continue;
                            bool is_own_ghost = bound.root.local.valid() && bound.root.is_ghost;
                            allowed = allowed && (is_own_ghost || (!is_property && bound.root.is_ghost));
                        }
                    }
                    if (allowed) continue;
                    std::string name = program_[callee].name;
                    diagnostics_
                        .error(is_property ? DiagnosticCode::kE0308 : DiagnosticCode::kE0304, call.span,
                               (is_property ? "a property cannot call `" : "ghost code cannot call `") + name + "`, which " +
                                   effect.what)
                        .with_secondary(effect.span, effect.what + " here");
                    break;
                }
            }
        }
    };
    for (const Body& body : function_bodies_) check_body(body);
    for (const Body& body : role_bodies_) check_body(body);
    for (const Body& body : other_bodies_) check_body(body);
}

// A function that only ghost code calls may look at ghost state without being declared `ghost`.
void Checker::check_ghost_uses() {
    std::vector<bool> is_real(program_.functions.size(), false);
    std::vector<bool> is_called(program_.functions.size(), false);
    std::vector<FunctionId> work;
    auto follow = [&](const Body& body, bool real_body) {
        for (const CallRecord& call : body.calls) {
            for (FunctionId callee : callees(call)) {
                is_called[callee.index()] = true;
                if (!real_body || call.mode != Mode::kReal || is_real[callee.index()]) continue;
                is_real[callee.index()] = true;
                work.push_back(callee);
            }
        }
    };
    for (const Body& body : function_bodies_) follow(body, false);
    for (const Body& body : role_bodies_) follow(body, true);
    for (const Body& body : other_bodies_) follow(body, true);
    while (!work.empty()) {
        FunctionId id = work.back();
        work.pop_back();
        follow(body_of(id), true);
    }
    auto report = [&](const Body& body) {
        for (const GhostUse& use : body.ghost_uses) {
            diagnostics_
                .error(use.writes ? DiagnosticCode::kE0304 : DiagnosticCode::kE0303, use.span,
                       std::string("real code ") + (use.writes ? "writes" : "reads") + " `" + use.name + "`, which is ghost")
                .with_help("put it into `ghost { … }`, or take `ghost` away from the declaration");
        }
    };
    for (std::size_t i = 0; i < program_.functions.size(); i++) {
        bool nobody_knows = !is_called[i] && !program_.functions[i].in_library && !program_.functions[i].address_taken;
        if (is_real[i] || nobody_knows || program_.functions[i].address_taken) report(function_bodies_[i]);
    }
    for (const Body& body : role_bodies_) report(body);
    for (const Body& body : other_bodies_) report(body);
}

// Loops without an exit in functions that are called within one step.
void Checker::check_endless_atomic() {
    std::vector<bool> seen(program_.functions.size(), false);
    std::vector<FunctionId> work;
    auto follow = [&](const Body& body, bool all) {
        for (const CallRecord& call : body.calls) {
            bool in_step = all || call.in_atomic || call.mode != Mode::kReal;
            if (!in_step) continue;
            for (FunctionId callee : callees(call)) {
                if (seen[callee.index()]) continue;
                seen[callee.index()] = true;
                work.push_back(callee);
                const std::optional<SourceSpan>& loop = body_of(callee).endless_loop;
                if (!loop) continue;
                diagnostics_.error(DiagnosticCode::kE0302, *loop, "this loop never ends, and it is called inside one step")
                    .with_label("no way out")
                    .with_secondary(call.span, "called inside one step here");
            }
        }
    };
    for (const Body& body : function_bodies_) follow(body, false);
    for (const Body& body : role_bodies_) follow(body, false);
    for (const Body& body : other_bodies_) follow(body, false);
    while (!work.empty()) {
        FunctionId id = work.back();
        work.pop_back();
        follow(body_of(id), true);
    }
}

// If the address of a reference parameter is taken, the locals that it is bound to need an address.
void Checker::spread_addresses() {
    bool changed = true;
    while (changed) {
        changed = false;
        for (const AddressFlow& flow : address_flow_) {
            Local& argument = program_.locals[flow.argument.index()];
            if (!program_[flow.parameter].in_memory || argument.in_memory) continue;
            argument.in_memory = changed = true;
        }
    }
    for (Local& local : program_.locals) {
        if (local.is_reference) local.in_memory = false;
    }
}

void Checker::mark_index_users() {
    std::vector<bool> looks(program_.functions.size(), false);
    bool changed = true;
    while (changed) {
        changed = false;
        for (std::size_t i = 0; i < program_.functions.size(); i++) {
            bool now = looks[i] || function_bodies_[i].looks_at_index;
            for (const CallRecord& call : function_bodies_[i].calls) {
                for (FunctionId callee : callees(call)) now = now || looks[callee.index()];
            }
            changed = changed || now != looks[i];
            looks[i] = now;
        }
    }
    auto body_looks = [&](const Body& body) {
        bool result = body.looks_at_index;
        for (const CallRecord& call : body.calls) {
            for (FunctionId callee : callees(call)) result = result || looks[callee.index()];
        }
        return result;
    };
    for (std::size_t i = 0; i < program_.roles.size(); i++) {
        if (body_looks(role_bodies_[i])) program_.roles[i].looks_at_index = true;
    }
    // A property that compares threads by order distinguishes all of them.
    for (const Body& body : other_bodies_) {
        if (!body_looks(body)) continue;
        for (Role& role : program_.roles) role.looks_at_index = true;
    }
}

void Checker::check_string_parameters() {
    for (const StringArgument& argument : string_arguments_) {
        if (used_locals_.count(argument.parameter.value) == 0) continue;
        diagnostics_.error(DiagnosticCode::kE0205, argument.span, "a string can only be passed to a function that ignores it")
            .with_secondary(program_[argument.parameter].span, "this parameter is used");
    }
}

}  // namespace quire
