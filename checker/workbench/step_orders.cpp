// Which neighbouring steps of a protocol could be written in the other order.
//
// Two statements of one block can change places if neither uses a local that the other one gives a value, neither leaves
// the block, and each does something that other threads can see or are seen by.  What is indivisible anyway is left out, and
// so are two looks at things: reads have no order that matters unless something is written in between.  Left out, too, is what
// only makes a lock or a reference be held for longer.  Ghost code stays behind the statement that it belongs to.
#include <algorithm>
#include <set>

#include "ir/walk.h"
#include "workbench/protocol_parts.h"

namespace quire {

namespace {

// What a statement does, the functions that it calls aside.
struct Doing {
    std::set<LocalId> used, given;
    bool leaves = false;
    bool shared = false;  // a step
    bool writes = false;  // something shared, or it calls what does more than look
};

class DoingFinder {
public:
    DoingFinder(const TypedProgram& program, Doing& doing) : program_(program), doing_(doing) {}

    void statement(StatementId id) {
        if (!id.valid()) return;
        const Statement& s = program_[id];
        switch (s.kind) {
            case StatementKind::kReturn:
            case StatementKind::kGoto:
            case StatementKind::kLabel: doing_.leaves = true; break;
            case StatementKind::kDeclare: doing_.given.insert(s.local); break;
            case StatementKind::kChoose:
                doing_.given.insert(s.local);
                doing_.shared = doing_.shared || s.choose != ChooseKind::kRange;
                break;
            case StatementKind::kAtomic:
            case StatementKind::kAwait: doing_.shared = true; break;
            case StatementKind::kGhost: return;
            case StatementKind::kBuiltin:
                doing_.shared = doing_.shared || s.builtin == Builtin::kFree || s.builtin == Builtin::kUse ||
                                s.builtin == Builtin::kSpawn || s.builtin == Builtin::kFence ||
                                s.builtin == Builtin::kIrqDisable || s.builtin == Builtin::kIrqEnable;
                doing_.writes = doing_.writes || (doing_.shared && s.builtin != Builtin::kUse);
                break;
            default: break;
        }
        below(ir::parts_of(program_, id));
    }

private:
    void below(const ir::Parts& parts) {
        for (ExpressionId e : parts.expressions) expression(e);
        for (PlaceId p : parts.places) place(p);
        for (StatementId inner : parts.statements) statement(inner);
    }

    void expression(ExpressionId id) {
        if (!id.valid()) return;
        const TypedExpression& e = program_[id];
        bool write = e.kind == ExpressionKind::kAssign || e.kind == ExpressionKind::kCompound || e.kind == ExpressionKind::kStore;
        if (write) give(e.place);
        if (e.kind == ExpressionKind::kAlloc || e.kind == ExpressionKind::kContainer) doing_.shared = doing_.writes = true;
        if (e.kind == ExpressionKind::kCallIndirect) doing_.shared = doing_.writes = true;
        if (e.kind == ExpressionKind::kCall) call(e);
        for (const Argument& argument : e.arguments) {
            if (argument.is_reference && argument.place.valid()) give(argument.place);
        }
        below(ir::parts_of(program_, id));
    }

    // One that returns nothing is called for what it does.
    void call(const TypedExpression& e) {
        const Function& f = program_[e.function];
        if (f.is_ghost || !f.body.valid()) return;
        Doing inside;
        DoingFinder finder(program_, inside);
        finder.statement(f.body);  // there is no recursion
        doing_.shared = doing_.shared || inside.shared || f.is_atomic;
        doing_.writes = doing_.writes || inside.writes;
    }

    void place(PlaceId id) {
        if (!id.valid()) return;
        const Place& p = program_[id];
        if (p.kind == PlaceKind::kLocal) {
            doing_.used.insert(p.local);
            doing_.shared = doing_.shared || program_[p.local].in_memory || program_[p.local].is_reference;
        }
        if (p.kind == PlaceKind::kGlobal || p.kind == PlaceKind::kDeref) doing_.shared = true;
        if (p.base.valid()) place(p.base);
        if (p.operand.valid()) expression(p.operand);
    }

    void give(PlaceId id) {
        const Place* p = &program_[id];
        while (p->kind == PlaceKind::kMember || p->kind == PlaceKind::kIndex) p = &program_[p->base];
        if (p->kind != PlaceKind::kLocal) {
            doing_.shared = doing_.writes = true;
        } else {
            doing_.given.insert(p->local);
            doing_.writes = doing_.writes || program_[p->local].in_memory || program_[p->local].is_reference;
        }
    }

    const TypedProgram& program_;
    Doing& doing_;
};

bool meet(const std::set<LocalId>& a, const std::set<LocalId>& b) {
    return std::any_of(a.begin(), a.end(), [&](LocalId id) { return b.count(id) != 0; });
}

class SwapFinder {
public:
    SwapFinder(const TypedProgram& program, const SourceManager& sources) : program_(program), sources_(sources) {}

    std::vector<ProtocolPart> find() {
        std::vector<StatementId> bodies;
        for (const Role& role : program_.roles) bodies.push_back(role.body);
        for (const Role& role : program_.roles) {
            held_.clear();
            walk(role.body, role.name);
        }
        for (FunctionId f : ir::reach(program_, bodies).functions) {
            const Function& function = program_[f];
            if (function.in_library || function.is_ghost || function.is_atomic) continue;
            held_.clear();
            for (const Contract& contract : function.contracts) {
                if (contract.kind == ContractKind::kMustHold) held_.emplace_back("", part_text(sources_, contract.span));
            }
            walk(function.body, function.name);
        }
        std::sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        std::vector<ProtocolPart> parts;
        for (auto& [span, part] : found_) parts.push_back(std::move(part));
        return parts;
    }

private:
    void walk(StatementId id, const std::string& owner) {
        if (!id.valid()) return;
        const Statement& s = program_[id];
        bool one_step = s.kind == StatementKind::kAtomic || s.kind == StatementKind::kAwait || s.kind == StatementKind::kGhost;
        if (one_step || s.is_ghost) return;
        if (s.kind == StatementKind::kExpression && !s.operands.empty()) note_lock(s.operands[0]);
        // On the way out of a block it is held again what was held on the way in: a lock that is dropped is so on one way only.
        const auto held = held_;
        for (std::size_t n = 0; n < s.body.size(); ++n) {
            if (s.kind == StatementKind::kBlock) neighbours(id, n, owner);
            walk(s.body[n], owner);
        }
        if (s.kind != StatementKind::kBlock) held_ = held;
    }

    void note_lock(ExpressionId id) {
        const TypedExpression& e = program_[id];
        if (e.kind != ExpressionKind::kCall) return;
        const LockEffect effect = lock_effect(program_, e.function);
        if (effect == LockEffect::kNeither) return;
        const std::string text = part_text(sources_, e.span);
        const std::size_t bracket = text.find('(');
        const std::string lock = bracket == std::string::npos ? text : text.substr(bracket);
        if (effect == LockEffect::kTakes) {
            held_.emplace_back(lock, text);
            return;
        }
        for (std::size_t n = held_.size(); n-- > 0;) {
            if (held_[n].first != lock) continue;
            held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(n));
            return;
        }
    }

    // Whether the statement is nothing but the taking, or the dropping, of a lock or a reference; or an end of an object.
    LockEffect effect(StatementId id) const {
        const Statement& s = program_[id];
        if (s.kind == StatementKind::kBuiltin && s.builtin == Builtin::kFree) return LockEffect::kDrops;
        if (s.kind != StatementKind::kExpression || s.operands.empty()) return LockEffect::kNeither;
        const TypedExpression& e = program_[s.operands[0]];
        if (e.kind != ExpressionKind::kCall) return LockEffect::kNeither;
        for (const Contract& contract : program_[e.function].contracts) {
            if (contract.kind == ContractKind::kGets) return LockEffect::kTakes;
            if (contract.kind == ContractKind::kPuts) return LockEffect::kDrops;
        }
        return lock_effect(program_, e.function);
    }

    // It takes or drops a lock itself, or something in it does.
    bool locks(StatementId id) const {
        for (FunctionId f : ir::reach(program_, {id}).functions) {
            if (lock_effect(program_, f) != LockEffect::kNeither) return true;
        }
        return false;
    }

    bool belongs_to_the_one_before(StatementId id) const {
        const Statement& s = program_[id];
        bool cover = s.kind == StatementKind::kBuiltin && s.builtin == Builtin::kCover;
        return s.kind == StatementKind::kGhost || s.is_ghost || cover;
    }

    // Statement `from` of a block, and the one that follows it.
    void neighbours(StatementId id, std::size_t from, const std::string& owner) {
        const std::vector<StatementId>& body = program_[id].body;
        auto next = [&](std::size_t n) {
            do ++n;
            while (n < body.size() && (!body[n].valid() || belongs_to_the_one_before(body[n])));
            return n;
        };
        if (!body[from].valid() || belongs_to_the_one_before(body[from])) return;
        const std::size_t to = next(from);
        if (to >= body.size()) return;
        Doing first, second;
        DoingFinder(program_, first).statement(body[from]);
        DoingFinder(program_, second).statement(body[to]);
        if (first.leaves || second.leaves || !first.shared || !second.shared) return;
        if (!first.writes && !second.writes) return;
        if (meet(first.given, second.used) || meet(second.given, first.used) || meet(first.given, second.given)) return;
        const LockEffect one = effect(body[from]);
        const LockEffect other_one = effect(body[to]);
        const bool longer = (one == LockEffect::kDrops && other_one != LockEffect::kDrops) ||
                            (other_one == LockEffect::kTakes && one != LockEffect::kTakes);
        if (longer) return;
        ProtocolPart part;
        part.kind = PartKind::kOrder;
        if (one == LockEffect::kTakes && other_one == LockEffect::kNeither) part.lock = program_[body[from]].operands[0];
        if (one == LockEffect::kNeither && other_one == LockEffect::kDrops && !program_[body[to]].operands.empty())
            part.lock = program_[body[to]].operands[0];
        part.span = sources_.outermost(program_[body[from]].span);
        const SourceSpan other = sources_.outermost(program_[body[to]].span);
        part.text = part_text(sources_, part.span) + " / " + part_text(sources_, other);
        part.place =
            sources_.display_path(part.span.file) + ":" + std::to_string(sources_.start(part.span).line) + " in " + owner;
        part.swapped = StatementSwap{id, from, to, next(to)};
        if (!held_.empty() && !locks(body[from]) && !locks(body[to])) part.under = held_.back().second;
        found_.emplace_back(part.span, std::move(part));
    }

    const TypedProgram& program_;
    const SourceManager& sources_;
    std::vector<std::pair<SourceSpan, ProtocolPart>> found_;
    std::vector<std::pair<std::string, std::string>> held_;  // the lock, and what takes it
};

}  // namespace

std::vector<ProtocolPart> step_orders(const TypedProgram& program, const SourceManager& sources) {
    return SwapFinder(program, sources).find();
}

}  // namespace quire
