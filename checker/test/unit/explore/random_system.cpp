#include "random_system.h"

#include <array>
#include <random>

#include "system_builder.h"

namespace quire::test {

namespace {

constexpr ScalarType kU8{ScalarKind::kInteger, 8, false, 0};
constexpr ScalarType kS8{ScalarKind::kInteger, 8, true, 0};
constexpr ScalarType kU64{ScalarKind::kInteger, 64, false, 0};
constexpr ScalarType kPointer{ScalarKind::kPointer, 64, true, 0};
constexpr ScalarType kError{ScalarKind::kPointer, 64, true, 1};
constexpr std::uint32_t kInts = 3, kPointers = 3, kSet = 4;

// Registers of every step.
enum : std::uint32_t { kR0, kR1, kCount, kRPointer, kRBool };

class Generator {
public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    TransitionSystem run() {
        make_variables();
        std::uint32_t roles = 1 + below(2);
        for (std::uint32_t r = 0; r < roles; ++r) {
            std::string name = "role" + std::to_string(r);
            b_.role(std::move(name), 1 + below(2), 4 + below(3), r > 0 && one_in(3));
        }
        cover_ = b_.property(SystemPropertyKind::kCoverPoint, "point");
        make_start();
        for (std::uint32_t r = 0; r < roles; ++r) {
            std::uint32_t end = b_.system.roles[r].end;
            for (LocationNumber l = 0; l < end; ++l) make_step(r, l, end);
            if (one_in(12)) b_.system.roles[r].locations[1].step = Program{};
        }
        make_properties();
        b_.system.properties[b_.system.property("signed_overflow")].enabled = !one_in(3);
        b_.system.properties[b_.system.property("endless_loop")].enabled = !one_in(3);
        b_.system.properties[b_.system.property("leak")].enabled = one_in(2);
        return std::move(b_.system);
    }

private:
    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
    bool one_in(std::uint32_t n) { return below(n) == 0; }

    void make_variables() {
        ints_ = b_.variable("x", kIntType, smallest_value(kIntType), largest_value(kIntType), 1, kInts);
        byte_ = b_.variable("byte", kU8, 0, 255, 250);
        signed_byte_ = b_.variable("sbyte", kS8, -128, 127, -7);
        wide_ = b_.variable("wide", kU64, smallest_value(kU64), largest_value(kU64), 0);
        flag_ = b_.variable("flag", kBoolType, 0, 1, 0);
        pointers_ = b_.variable("p", kPointer, 0, 7, 2, kPointers);
        error_ = b_.variable("e", kError, -8190, 7, 0);
        members_ = b_.variable("set", kIntType, 0, 2, 1, kSet);
        constant_ = b_.variable("constant", kIntType, smallest_value(kIntType), largest_value(kIntType), 100000);
        in_use_ = b_.variable("in use", kBoolType, 0, 1, 1);
        if (one_in(2)) b_.variable("padding", kU64, smallest_value(kU64), largest_value(kU64), -3, below(5));
        Object object;
        object.in_use = in_use_;
        object.pool = true;
        b_.system.objects.push_back(object);
        owner_ = b_.pool().add_table({"owner", {0, 1, 2, 1}});
        small_ = b_.pool().add_table({"small", {3, -1, 5, 0}});
        // Where the int "in" a place lies; by slot and by number.
        field_ = b_.pool().add_table({"field", {ints_, ints_ + 1, ints_ + 2, ints_}});
    }

    ExprId literal(Value v, ScalarType t = kIntType) { return b_.literal(v, t); }
    ExprId op(Op o, ScalarType t, ExprId a, ExprId c = {}, ExprId d = {}) { return b_.op(o, t, a, c, d); }
    ExprId index(unsigned depth) { return op(Op::kBitAnd, kIntType, integer(depth), literal(3)); }

    ExprId field_address(unsigned depth) {
        if (in_property_ || one_in(2)) return b_.pool().lookup(field_, index(depth));
        return b_.pool().lookup(field_, op(Op::kPointerSlot, kLongType, pointer(depth)));
    }

    // Small numbers, so that systems stay small; and sometimes not, so that layouts must grow.
    ExprId tame(ExprId value) {
        if (one_in(30)) return op(Op::kMultiply, kIntType, tame(value), literal(-12345));
        return op(Op::kBitAnd, kIntType, value, literal(one_in(2) ? 1 : 3));
    }

    ExprId integer(unsigned depth) {
        static constexpr std::array kOps = {Op::kAdd,       Op::kSubtract,   Op::kMultiply, Op::kDivide, Op::kRemainder,
                                            Op::kShiftLeft, Op::kShiftRight, Op::kBitAnd,   Op::kBitOr,  Op::kBitXor};
        if (depth == 0 || one_in(3)) {
            switch (below(in_property_ ? 5 : 8)) {
                case 0: return literal(static_cast<Value>(below(8)) - 2);
                case 1:
                case 2: return b_.load(ints_ + below(kInts));
                case 3: return b_.load(constant_);
                case 4:
                    if (in_step_property_) return b_.old(ints_ + below(kInts));
                    return literal(one_in(20) ? largest_value(kIntType) : 1);
                case 5: return b_.pool().self();
                default: return b_.pool().reg(one_in(2) ? kR0 : kR1, kIntType);
            }
        }
        --depth;
        switch (below(11)) {
            case 0: return b_.pool().lookup(small_, index(depth));
            case 1: return b_.pool().load(field_address(depth), kIntType);
            case 2: return op(Op::kSelect, kIntType, truth(depth), integer(depth), integer(depth));
            case 3: return op(Op::kNegate, kIntType, integer(depth));
            case 4: return op(Op::kBitNot, kIntType, integer(depth));
            case 5: return op(Op::kConvert, kIntType, one_in(2) ? byte(depth) : wide(depth));
            case 6: return op(Op::kConvert, kIntType, signed_byte(depth));
            case 7: return b_.pool().self_index();
            default: {
                Op o = kOps[below(one_in(4) ? static_cast<std::uint32_t>(kOps.size()) : 2)];
                return op(o, kIntType, integer(depth), integer(one_in(3) ? depth : 0));
            }
        }
    }

    ExprId narrow(unsigned depth, ScalarType type, Address cell) {
        static constexpr std::array kOps = {Op::kAdd,       Op::kSubtract,   Op::kMultiply, Op::kDivide, Op::kRemainder,
                                            Op::kShiftLeft, Op::kShiftRight, Op::kBitAnd,   Op::kBitOr,  Op::kBitXor};
        if (depth == 0 || one_in(3)) {
            if (one_in(2)) return b_.load(cell, type);
            return literal(type == kU64 ? Value{1} << below(63) : static_cast<Value>(below(100)), type);
        }
        --depth;
        switch (below(5)) {
            case 0: return op(Op::kBitNot, type, narrow(depth, type, cell));
            case 1: return op(Op::kNegate, type, narrow(depth, type, cell));
            case 2: return op(Op::kConvert, type, integer(depth));
            default: return op(kOps[below(kOps.size())], type, narrow(depth, type, cell), narrow(depth, type, cell));
        }
    }
    ExprId byte(unsigned depth) { return narrow(depth, kU8, byte_); }
    ExprId signed_byte(unsigned depth) { return narrow(depth, kS8, signed_byte_); }
    ExprId wide(unsigned depth) { return narrow(depth, kU64, wide_); }

    ExprId pointer(unsigned depth) {
        if (depth > 0 && one_in(3)) {
            --depth;
            if (one_in(2)) return op(Op::kSelect, kPointer, truth(depth), pointer(depth), pointer(depth));
            return op(Op::kMakePointer, kPointer, literal(below(4), kLongType), truth(depth));
        }
        switch (below(in_property_ ? 2 : 3)) {
            case 0: return literal(below(8), kPointer);
            case 1: return b_.load(pointers_ + below(kPointers), kPointer);
            default: return b_.pool().reg(kRPointer, kPointer);
        }
    }

    ExprId comparison(unsigned depth) {
        static constexpr std::array kOps = {Op::kEqual,     Op::kNotEqual, Op::kLess,
                                            Op::kLessEqual, Op::kGreater,  Op::kGreaterEqual};
        Op o = kOps[below(kOps.size())];
        switch (below(5)) {
            case 0: return op(o, kU8, byte(depth), byte(depth));
            case 1: return op(o, kU64, wide(depth), wide(depth));
            case 2: return op(o, kPointer, pointer(depth), pointer(depth));
            default: return op(o, kIntType, integer(depth), integer(depth));
        }
    }

    ExprId truth(unsigned depth) {
        if (depth == 0 || one_in(6)) {
            if (one_in(3)) return op(Op::kPointerMark, kBoolType, pointer(0));
            return b_.load(flag_, kBoolType);
        }
        --depth;
        switch (below(8)) {
            case 0: return op(Op::kNot, kBoolType, truth(depth));
            case 1: return op(Op::kAnd, kBoolType, truth(depth), truth(depth));
            case 2: return op(Op::kOr, kBoolType, truth(depth), truth(depth));
            case 3: return op(Op::kImplies, kBoolType, truth(depth), truth(depth));
            case 4: return op(Op::kConvert, kBoolType, integer(depth));
            default: return comparison(depth);
        }
    }
    // True nearly always, or systems would be over before they begin.
    ExprId mostly() {
        ExprId result = truth(2);
        for (int i = 0; i < 5; ++i) result = op(Op::kOr, kBoolType, truth(1), result);
        return result;
    }

    void store(ProgramBuilder& p) {
        auto at = [this](Address a) { return literal(a, kLongType); };
        switch (below(9)) {
            case 0: p.store(at(byte_), op(Op::kBitAnd, kU8, byte(2), literal(129, kU8))); return;
            case 1: p.store(at(wide_), op(Op::kBitAnd, kU64, wide(2), literal(smallest_value(kU64) + 1, kU64))); return;
            case 2: p.store(at(flag_), truth(2)); return;
            case 3: p.store(at(pointers_ + below(kPointers)), pointer(2)); return;
            case 4: p.store(at(error_), literal(one_in(4) ? -24 : 2, kError)); return;
            case 5: p.store(at(members_ + below(kSet)), literal(below(2))); return;
            case 6: p.store(at(in_use_), truth(1)); return;
            case 7: p.store(field_address(1), tame(integer(2))); return;
            default: p.store(at(ints_ + below(kInts)), tame(integer(1 + below(3)))); return;
        }
    }

    void set(ProgramBuilder& p) {
        switch (below(4)) {
            case 0: p.set(kRPointer, pointer(2)); return;
            case 1: p.set(kRBool, truth(2)); return;
            default: p.set(one_in(2) ? kR0 : kR1, integer(2)); return;
        }
    }

    void mark(ProgramBuilder& p) {
        static constexpr std::array kKinds = {InstructionKind::kMarkCells, InstructionKind::kClearCells,
                                              InstructionKind::kMarkRegister, InstructionKind::kClearRegister,
                                              InstructionKind::kMarkMembers};
        InstructionKind kind = kKinds[below(kKinds.size())];
        Instruction& i = p.add(kind, one_in(2) ? literal(below(3)) : op(Op::kBitAnd, kIntType, b_.load(ints_), literal(1)));
        i.table = owner_;
        i.target = kRPointer;
        i.base = kind == InstructionKind::kMarkMembers ? members_ : pointers_;
        i.count = kind == InstructionKind::kMarkMembers ? kSet : kPointers;
    }

    void loop(ProgramBuilder& p) {
        switch (below(4)) {
            case 0: {  // bounded
                p.set(kCount, literal(0));
                std::uint32_t head = p.here();
                p.loop_head();
                std::uint32_t out = p.branch(op(Op::kLess, kIntType, b_.pool().reg(kCount, kIntType), literal(below(6))));
                simple(p);
                p.set(kCount, op(Op::kAdd, kIntType, b_.pool().reg(kCount, kIntType), literal(1)));
                p.jump(head);
                p.at(out).target = p.here();
                return;
            }
            case 1: {  // while (maybe); its body must not count, or there would be ways without end
                std::uint32_t head = p.here();
                p.loop_head();
                p.choose(kR0, literal(0), literal(1));
                std::uint32_t out = p.branch(b_.pool().reg(kR0, kIntType));
                if (one_in(2)) p.set(kR1, literal(below(3)));
                p.jump(head);
                p.at(out).target = p.here();
                return;
            }
            case 2: {  // while (condition): perhaps for ever, but not with ever new values
                std::uint32_t head = p.here();
                p.loop_head();
                std::uint32_t out = p.branch(op(Op::kAnd, kBoolType, truth(1), truth(1)));
                if (one_in(2)) p.set(kR1, op(Op::kBitXor, kIntType, b_.pool().reg(kR1, kIntType), literal(below(4))));
                p.jump(head);
                p.at(out).target = p.here();
                return;
            }
            default: {  // too long: only at the start, for it takes its time
                std::uint32_t skip = p.branch(op(Op::kEqual, kIntType, b_.load(ints_ + 1), literal(0)));
                if (in_start_) {
                    p.set(kCount, literal(0));
                    std::uint32_t head = p.here();
                    p.loop_head();
                    p.set(kCount, op(Op::kAdd, kIntType, b_.pool().reg(kCount, kIntType), literal(1)));
                    p.branch(literal(0), head);
                }
                p.at(skip).target = p.here();
                return;
            }
        }
    }

    void simple(ProgramBuilder& p) {
        if (one_in(3))
            set(p);
        else
            store(p);
    }

    void statement(ProgramBuilder& p, unsigned depth) {
        p.site(next_site_++);
        switch (below(18)) {
            case 0: p.require(one_in(3) ? truth(2) : mostly()); return;
            case 1:
                if (one_in(3)) p.check(mostly(), b_.system.property("assertion"));
                return;
            case 2: p.drop(mostly(), static_cast<DropKind>(below(3))); return;
            case 3: p.choose(one_in(2) ? kR0 : kR1, literal(below(2)), one_in(4) ? index(1) : literal(2)); return;
            case 4:
            case 5: mark(p); return;
            case 6:
                if (depth > 0) loop(p);
                return;
            case 7:
            case 8: {
                std::uint32_t otherwise = p.branch(truth(3));
                if (depth > 0) statement(p, depth - 1);
                if (one_in(2)) {
                    std::uint32_t end = p.jump();
                    p.at(otherwise).target = p.here();
                    if (depth > 0) statement(p, depth - 1);
                    p.at(end).target = p.here();
                } else {
                    p.at(otherwise).target = p.here();
                }
                return;
            }
            case 9:
                if (one_in(2)) p.cover(cover_);
                return;
            case 10: p.add(InstructionKind::kNote); return;
            case 11:
            case 12: set(p); return;
            default: store(p); return;
        }
    }

    // The same program in another order of its pieces: jumps may go anywhere.
    void shuffle(Program& program) {
        const std::size_t n = program.code.size();
        std::vector<std::vector<std::uint32_t>> pieces(1);
        for (std::uint32_t k = 0; k < n; ++k) {
            if (k > 0 && one_in(4)) pieces.emplace_back();
            pieces.back().push_back(k);
        }
        for (std::size_t k = pieces.size() - 1; k > 1; --k)
            std::swap(pieces[k], pieces[1 + below(static_cast<std::uint32_t>(k))]);
        std::vector<std::uint32_t> place(n + 1, 0);
        std::vector<Instruction> code;
        for (const std::vector<std::uint32_t>& piece : pieces) {
            for (std::uint32_t k : piece) {
                place[k] = static_cast<std::uint32_t>(code.size());
                code.push_back(program.code[k]);
            }
            InstructionKind last = code.back().kind;
            if (last == InstructionKind::kFinish || last == InstructionKind::kJump) continue;
            Instruction on;
            on.kind = InstructionKind::kJump;
            on.target = piece.back() + 1;
            code.push_back(on);
        }
        for (Instruction& i : code) {
            if (i.kind == InstructionKind::kJump || i.kind == InstructionKind::kBranch) i.target = place[i.target];
        }
        program.code = std::move(code);
    }

    void registers(Program& program) { program.registers = {kIntType, kIntType, kIntType, kPointer, kBoolType}; }

    void make_start() {
        b_.system.start.code.clear();
        registers(b_.system.start);
        ProgramBuilder p(b_.system.start);
        in_start_ = one_in(8);
        for (std::uint32_t n = below(3); n > 0; --n) statement(p, 1);
        in_start_ = false;
        p.finish();
        if (one_in(2)) shuffle(b_.system.start);
    }

    void make_step(std::uint32_t role, LocationNumber from, LocationNumber end) {
        registers(b_.program(role, from));
        ProgramBuilder p = b_.step(role, from);
        for (std::uint32_t n = 1 + below(4); n > 0; --n) statement(p, 2);
        if (one_in(3)) {
            std::uint32_t other = p.branch(truth(2));
            b_.go(p, role, below(end + 1));
            p.at(other).target = p.here();
        }
        b_.go(p, role, from + 1);
        if (one_in(2)) shuffle(b_.program(role, from));
    }

    void make_properties() {
        in_property_ = true;
        for (std::uint32_t n = one_in(3) ? below(3) : 0; n > 0; --n) {
            b_.property(SystemPropertyKind::kInvariant, "invariant", mostly());
        }
        b_.property(SystemPropertyKind::kFinally, "final", mostly());
        b_.property(SystemPropertyKind::kCoverState, "state", truth(3));
        b_.property(SystemPropertyKind::kCoverFinal, "final state", truth(3));
        if (one_in(4)) {
            in_step_property_ = true;
            ExprId same = op(Op::kEqual, kIntType, integer(1), b_.old(ints_));
            ExprId by_other = op(Op::kNotEqual, kThreadType, b_.pool().self(), literal(1, kThreadType));
            ExprId e = op(Op::kOr, kBoolType, op(Op::kOr, kBoolType, same, mostly()), by_other);
            b_.property(SystemPropertyKind::kStep, "step", e);
            in_step_property_ = false;
        }
        in_property_ = false;
    }

    SystemBuilder b_;
    std::mt19937_64 random_;
    Address ints_ = 0, byte_ = 0, signed_byte_ = 0, wide_ = 0, flag_ = 0, pointers_ = 0, error_ = 0, members_ = 0;
    Address constant_ = 0, in_use_ = 0;
    std::uint32_t owner_ = 0, small_ = 0, field_ = 0, next_site_ = 0;
    PropertyNumber cover_ = kNone;
    bool in_start_ = false, in_property_ = false, in_step_property_ = false;
};

}  // namespace

TransitionSystem random_system(std::uint64_t seed) { return Generator(seed).run(); }

}  // namespace quire::test
