#include "workbench/protocol_parts.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "ir/walk.h"

namespace quire {

namespace {

bool has_contract(const Function& f, ContractKind kind) {
    return std::any_of(f.contracts.begin(), f.contracts.end(), [&](const Contract& c) { return c.kind == kind; });
}

std::string one_line(std::string_view text) {
    std::string out;
    for (char c : text) {
        bool blank = static_cast<unsigned char>(c) <= 32;
        if (blank && (out.empty() || out.back() == ' ')) continue;
        out += blank ? ' ' : c;
    }
    constexpr std::size_t kLongest = 60;
    if (out.size() > kLongest) out = out.substr(0, kLongest - 3) + "...";
    return out;
}

class PartFinder {
public:
    PartFinder(const TypedProgram& program, const SourceManager& sources) : program_(program), sources_(sources) {}

    std::vector<ProtocolPart> find();

private:
    struct LockUse {
        std::vector<ExpressionId> acquires, releases;
        std::string text, place;
        SourceSpan span;
    };

    void walk(StatementId id);
    void walk(ExpressionId id);
    void walk(PlaceId id);
    void call(ExpressionId id);
    void check(StatementId id);
    void add(ProtocolPart part, SourceSpan span);
    void add_locks();
    bool acquires(FunctionId id) const { return lock_effect(program_, id) == LockEffect::kTakes; }
    bool releases(FunctionId id) const { return lock_effect(program_, id) == LockEffect::kDrops; }
    bool gets(FunctionId id) const;
    bool calls_anything(ExpressionId id, const std::function<bool(FunctionId)>& what) const;
    bool leaves(StatementId id) const;
    bool only_tells(StatementId id) const;
    std::string argument_text(const TypedExpression& call) const;
    std::string text(SourceSpan span) const { return part_text(sources_, span); }
    std::string place(SourceSpan span) const {
        SourceSpan where = sources_.outermost(span);
        return sources_.display_path(where.file) + ":" + std::to_string(sources_.start(where).line) + " in " + owner_;
    }

    const TypedProgram& program_;
    const SourceManager& sources_;
    std::string owner_;
    std::map<std::pair<std::string, std::string>, LockUse> locks_;  // (function, lock)
    std::set<FunctionId> atomic_functions_;
    std::vector<std::tuple<SourceSpan, std::size_t, ProtocolPart>> found_;
};

bool PartFinder::gets(FunctionId id) const {
    const Function& f = program_[id];
    if (has_contract(f, ContractKind::kGets)) return true;
    if (has_contract(f, ContractKind::kPuts) || !f.in_library || !f.body.valid()) return false;
    bool get = false;
    bool put = false;
    for (FunctionId inner : ir::reach(program_, {f.body}).functions) {
        get = get || has_contract(program_[inner], ContractKind::kGets);
        put = put || has_contract(program_[inner], ContractKind::kPuts);
    }
    return get && !put;
}

std::string PartFinder::argument_text(const TypedExpression& call) const {
    std::string out;
    for (const Argument& argument : call.arguments) {
        SourceSpan span;
        if (argument.value.valid()) span = program_[argument.value].span;
        if (argument.place.valid()) span = program_[argument.place].span;
        if (span.valid()) out += (out.empty() ? "" : ", ") + text(span);
    }
    for (const Contract& contract : program_[call.function].contracts) {
        if (out.empty()) out = contract.name;
    }
    return out;
}

void PartFinder::add(ProtocolPart part, SourceSpan span) {
    part.place = place(span);
    part.span = sources_.outermost(span);
    found_.emplace_back(sources_.outermost(span), found_.size(), std::move(part));
}

void PartFinder::call(ExpressionId id) {
    const TypedExpression& e = program_[id];
    const Function& f = program_[e.function];
    if (f.is_ghost) return;
    if (acquires(e.function) || releases(e.function)) {
        LockUse& use = locks_[{owner_, argument_text(e)}];
        bool takes_it = acquires(e.function);
        (takes_it ? use.acquires : use.releases).push_back(id);
        if (use.text.empty() || (takes_it && use.acquires.size() == 1)) {
            use.text = text(e.span);
            use.place = place(e.span);
            use.span = e.span;
        }
        return;
    }
    bool integer = is_scalar(program_, e.type) && (scalar_type(program_, e.type).kind == ScalarKind::kBool ||
                                                   scalar_type(program_, e.type).kind == ScalarKind::kInteger);
    bool nothing = program_[e.type].kind == TypeKind::kVoid;
    if (gets(e.function) && (integer || nothing)) {
        ProtocolPart part;
        part.kind = PartKind::kGet;
        part.text = text(e.span);
        part.dropped.push_back(id);
        add(std::move(part), e.span);
    } else if (f.is_atomic && !has_contract(f, ContractKind::kGets) && atomic_functions_.insert(e.function).second) {
        ProtocolPart part;
        part.kind = PartKind::kAtomic;
        part.text = f.name + "()";
        part.split_functions.push_back(e.function);
        add(std::move(part), e.span);
    }
}

bool PartFinder::leaves(StatementId id) const {
    if (!id.valid()) return false;
    const Statement& s = program_[id];
    if (s.kind == StatementKind::kReturn || s.kind == StatementKind::kGoto) return true;
    return s.kind == StatementKind::kBlock && !s.body.empty() && leaves(s.body.back());
}

// A cover, or ghost code: nothing that a protocol does.
bool PartFinder::only_tells(StatementId id) const {
    if (!id.valid()) return true;
    const Statement& s = program_[id];
    if (s.kind == StatementKind::kGhost || s.is_ghost) return true;
    if (s.kind == StatementKind::kBuiltin) return s.builtin == Builtin::kCover || s.builtin == Builtin::kAssert;
    if (s.kind == StatementKind::kExpression && s.operands.size() == 1 && s.operands[0].valid()) {
        const TypedExpression& e = program_[s.operands[0]];
        return e.kind == ExpressionKind::kStatements && e.operands.empty() && only_tells(e.statement);
    }
    return s.kind == StatementKind::kBlock &&
           std::all_of(s.body.begin(), s.body.end(), [&](StatementId inner) { return only_tells(inner); });
}

bool PartFinder::calls_anything(ExpressionId id, const std::function<bool(FunctionId)>& what) const {
    const TypedExpression& e = program_[id];
    if (e.kind == ExpressionKind::kCall && what(e.function)) return true;
    ir::Parts parts = ir::parts_of(program_, id);
    return std::any_of(parts.expressions.begin(), parts.expressions.end(),
                       [&](ExpressionId part) { return part.valid() && calls_anything(part, what); });
}

void PartFinder::check(StatementId id) {
    const Statement& s = program_[id];
    if (s.is_ghost || s.operands.empty() || !s.operands[0].valid()) return;
    // What anybody may do or not is no check.
    if (program_[s.operands[0]].kind == ExpressionKind::kMaybe) return;
    // A condition that takes something is not only one.
    if (calls_anything(s.operands[0], [&](FunctionId f) {
            return acquires(f) || releases(f) || gets(f) || has_contract(program_[f], ContractKind::kPuts);
        }))
        return;
    if (std::all_of(s.body.begin(), s.body.end(), [&](StatementId inner) { return only_tells(inner); })) return;
    bool has_else = s.body.size() > 1 && s.body[1].valid();
    bool exits = !s.body.empty() && leaves(s.body[0]);
    if (has_else && !exits) return;
    ProtocolPart part;
    part.kind = PartKind::kCheck;
    part.text = "if (" + text(program_[s.operands[0]].span) + ")";
    part.decided.emplace_back(s.operands[0], !exits);
    add(std::move(part), s.span);
}

void PartFinder::walk(StatementId id) {
    if (!id.valid()) return;
    const Statement& s = program_[id];
    if (s.kind == StatementKind::kGhost || s.is_ghost) return;
    if (s.kind == StatementKind::kIf) check(id);
    if (s.kind == StatementKind::kAtomic) {
        ProtocolPart part;
        part.kind = PartKind::kAtomic;
        part.text = text(s.span);
        part.split.push_back(id);
        add(std::move(part), s.span);
    }
    ir::Parts parts = ir::parts_of(program_, id);
    for (ExpressionId e : parts.expressions) walk(e);
    for (PlaceId p : parts.places) walk(p);
    for (StatementId inner : parts.statements) walk(inner);
}

void PartFinder::walk(ExpressionId id) {
    if (!id.valid()) return;
    if (program_[id].kind == ExpressionKind::kCall) call(id);
    ir::Parts parts = ir::parts_of(program_, id);
    for (ExpressionId e : parts.expressions) walk(e);
    for (PlaceId p : parts.places) walk(p);
    for (StatementId inner : parts.statements) walk(inner);
}

void PartFinder::walk(PlaceId id) {
    if (!id.valid()) return;
    ir::Parts parts = ir::parts_of(program_, id);
    for (ExpressionId e : parts.expressions) walk(e);
    for (PlaceId p : parts.places) walk(p);
}

// Where a function only takes or only drops a lock, its uses everywhere are one part.
void PartFinder::add_locks() {
    std::map<std::string, LockUse> open;
    auto add_part = [this](const LockUse& use) {
        ProtocolPart part;
        part.kind = PartKind::kLock;
        part.text = use.text;
        part.place = use.place;
        part.span = sources_.outermost(use.span);
        part.dropped = use.acquires;
        part.dropped.insert(part.dropped.end(), use.releases.begin(), use.releases.end());
        found_.emplace_back(sources_.outermost(use.span), found_.size(), std::move(part));
    };
    for (const auto& [key, use] : locks_) {
        if (!use.acquires.empty() && !use.releases.empty()) {
            add_part(use);
            continue;
        }
        LockUse& merged = open[key.second];
        if (merged.text.empty() || (merged.acquires.empty() && !use.acquires.empty())) {
            merged.text = use.text;
            merged.place = use.place;
            merged.span = use.span;
        }
        merged.acquires.insert(merged.acquires.end(), use.acquires.begin(), use.acquires.end());
        merged.releases.insert(merged.releases.end(), use.releases.begin(), use.releases.end());
    }
    for (const auto& [lock, use] : open) {
        if (!use.acquires.empty()) add_part(use);
    }
}

std::vector<ProtocolPart> PartFinder::find() {
    std::vector<StatementId> bodies;
    for (const Role& role : program_.roles) {
        if (role.body.valid()) bodies.push_back(role.body);
    }
    for (const Role& role : program_.roles) {
        owner_ = role.name;
        walk(role.body);
    }
    for (FunctionId f : ir::reach(program_, bodies).functions) {
        const Function& function = program_[f];
        if (function.in_library || function.is_ghost || !function.body.valid()) continue;
        owner_ = function.name;
        if (function.is_atomic && atomic_functions_.insert(f).second) {
            ProtocolPart part;
            part.kind = PartKind::kAtomic;
            part.text = function.name + "()";
            part.split_functions.push_back(f);
            add(std::move(part), function.span);
        }
        walk(function.body);
    }
    add_locks();
    std::sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) {
        return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
    });
    std::vector<ProtocolPart> parts;
    for (auto& one : found_) parts.push_back(std::move(std::get<2>(one)));
    return parts;
}

void drop_call(TypedProgram& program, ExpressionId id) {
    TypedExpression& e = program.expressions[id.index()];
    if (program[e.type].kind == TypeKind::kVoid || !is_scalar(program, e.type)) {
        for (Statement& s : program.statements) {
            if (s.kind != StatementKind::kExpression || s.operands.empty() || s.operands[0] != id) continue;
            s.kind = StatementKind::kBlock;
            s.operands.clear();
        }
        return;
    }
    TypedExpression literal;
    literal.kind = ExpressionKind::kLiteral;
    literal.type = e.type;
    literal.span = e.span;
    literal.value = 1;
    e = literal;
}

}  // namespace

std::string_view part_name(PartKind kind) {
    switch (kind) {
        case PartKind::kLock: return "lock";
        case PartKind::kCheck: return "check";
        case PartKind::kGet: return "get";
        case PartKind::kAtomic: return "atomic";
        case PartKind::kOrder: return "order";
    }
    return "";
}

LockEffect lock_effect(const TypedProgram& program, FunctionId id) {
    const Function& f = program[id];
    bool takes = has_contract(f, ContractKind::kAcquires);
    bool drops = has_contract(f, ContractKind::kReleases);
    if (!takes && !drops && f.in_library && f.body.valid()) {
        for (FunctionId inner : ir::reach(program, {f.body}).functions) {
            takes = takes || has_contract(program[inner], ContractKind::kAcquires);
            drops = drops || has_contract(program[inner], ContractKind::kReleases);
        }
        if (takes && drops) return LockEffect::kNeither;
    }
    return takes ? LockEffect::kTakes : drops ? LockEffect::kDrops : LockEffect::kNeither;
}

std::string part_text(const SourceManager& sources, SourceSpan span) { return one_line(sources.text(sources.outermost(span))); }

std::vector<ProtocolPart> protocol_parts(const TypedProgram& program, const SourceManager& sources) {
    return PartFinder(program, sources).find();
}

TypedProgram without_parts(const TypedProgram& program, const std::vector<const ProtocolPart*>& parts, MustHold contracts) {
    TypedProgram edited = program;
    for (Function& f : edited.functions) {
        if (contracts == MustHold::kAsk) break;
        f.contracts.erase(std::remove_if(f.contracts.begin(), f.contracts.end(),
                                         [](const Contract& c) { return c.kind == ContractKind::kMustHold; }),
                          f.contracts.end());
    }
    for (const ProtocolPart* part : parts) {
        for (ExpressionId id : part->dropped) drop_call(edited, id);
        for (const auto& [id, value] : part->decided) {
            TypedExpression& e = edited.expressions[id.index()];
            TypedExpression literal;
            literal.kind = ExpressionKind::kLiteral;
            literal.type = e.type;
            literal.span = e.span;
            literal.value = value ? 1 : 0;
            e = literal;
        }
        for (StatementId id : part->split) {
            edited.statements[id.index()].kind = StatementKind::kBlock;
            edited.statements[id.index()].operands.clear();
        }
        for (FunctionId id : part->split_functions) edited.functions[id.index()].is_atomic = false;
        if (part->swapped) {
            std::vector<StatementId>& body = edited.statements[part->swapped->block.index()].body;
            auto at = [&](std::size_t n) { return body.begin() + static_cast<std::ptrdiff_t>(n); };
            std::rotate(at(part->swapped->first), at(part->swapped->second), at(part->swapped->end));
        }
    }
    return edited;
}

}  // namespace quire
