// The machine code of operators, and of what is a call.
#ifdef QUIRE_ASMJIT

#include "explore/native_emitter.h"

namespace quire::explore {

namespace x86 = asmjit::x86;

namespace {

std::uint64_t evaluate_generic(const GenericOperator* g, Value a, Value b, Value c, Value* result) {
    Evaluated r = evaluate(g->op, g->type, a, b, c);
    *result = r.value;
    return r.fault == Fault::kNone ? 1 : 0;
}

std::uint64_t choose_value(NativeContext* context, Value lo, Value hi, Value* result) {
    return context->tape->choose(lo, hi, *result) ? 1 : 0;
}

}  // namespace

void NativeEmitter::emit_signed(const BytecodeInstruction& i) {
    Gp result = copy(operand(i.a));
    Gp other = in_register(operand(i.b));
    if (i.opcode == Opcode::kAddSigned) cc_.add(result, other);
    if (i.opcode == Opcode::kSubtractSigned) cc_.sub(result, other);
    if (i.opcode == Opcode::kMultiplySigned) cc_.imul(result, other);
    Gp extended = fresh();
    if (i.c == 32) {
        cc_.movsxd(extended, result.r32());
    } else {
        cc_.mov(extended, result);
        cc_.shl(extended, i.c);
        cc_.sar(extended, i.c);
    }
    cc_.cmp(extended, result);
    by_bytecode(Condition::kNE);
    define(i.d, computed(result));
}

void NativeEmitter::emit_long(const BytecodeInstruction& i) {
    Gp result = copy(operand(i.a));
    Gp other = in_register(operand(i.b));
    if (i.opcode == Opcode::kAddLong) cc_.add(result, other);
    if (i.opcode == Opcode::kSubtractLong) cc_.sub(result, other);
    if (i.opcode == Opcode::kMultiplyLong) cc_.imul(result, other);
    by_bytecode(Condition::kO);
    define(i.d, computed(result));
}

void NativeEmitter::emit_unsigned(const BytecodeInstruction& i) {
    Gp result = copy(operand(i.a));
    Gp other = in_register(operand(i.b));
    if (i.opcode == Opcode::kAddUnsigned) cc_.add(result, other);
    if (i.opcode == Opcode::kSubtractUnsigned) cc_.sub(result, other);
    if (i.opcode == Opcode::kMultiplyUnsigned) cc_.imul(result, other);
    if (i.c != 0) {
        cc_.shl(result, i.c);
        cc_.shr(result, i.c);
    }
    define(i.d, computed(result));
}

void NativeEmitter::emit_bits(const BytecodeInstruction& i) {
    Gp result = copy(operand(i.a));
    Gp other = in_register(operand(i.b));
    if (i.opcode == Opcode::kBitAnd) cc_.and_(result, other);
    if (i.opcode == Opcode::kBitOr) cc_.or_(result, other);
    if (i.opcode == Opcode::kBitXor) cc_.xor_(result, other);
    define(i.d, computed(result));
}

void NativeEmitter::emit_connective(const BytecodeInstruction& i) {
    Gp a = truth(operand(i.a)), b = truth(operand(i.b));
    Gp result = fresh();
    cc_.mov(result, a);
    if (i.opcode == Opcode::kImplies) cc_.xor_(result, 1);
    if (i.opcode == Opcode::kAnd)
        cc_.and_(result, b);
    else
        cc_.or_(result, b);
    define(i.d, computed(result, true));
}

void NativeEmitter::emit_comparison(const BytecodeInstruction& i, Condition condition) {
    const Operand a = operand(i.a);
    const bool unary = i.opcode == Opcode::kNot || i.opcode == Opcode::kTruth;
    const Operand b = unary ? literal(0) : operand(i.b);
    Gp left = in_register(a), result = fresh();
    cc_.xor_(result.r32(), result.r32());
    compare(computed(left), b);
    cc_.set(condition, result.r8());
    define(i.d, computed(result, true));
}

void NativeEmitter::emit_conversion(const BytecodeInstruction& i) {
    Gp result = copy(operand(i.a));
    cc_.shl(result, i.c);
    if (i.opcode == Opcode::kSignExtend)
        cc_.sar(result, i.c);
    else
        cc_.shr(result, i.c);
    define(i.d, computed(result));
}

void NativeEmitter::emit_pointer(const BytecodeInstruction& i) {
    Gp result = copy(operand(i.a));
    if (i.opcode == Opcode::kSlot) cc_.sar(result, 1);
    if (i.opcode == Opcode::kMark) cc_.and_(result, 1);
    if (i.opcode == Opcode::kMakePointer) {
        Gp mark = copy(operand(i.b));
        cc_.and_(mark, 1);
        cc_.shl(result, 1);
        cc_.or_(result, mark);
    }
    define(i.d, computed(result, i.opcode == Opcode::kMark));
}

void NativeEmitter::emit_select(const BytecodeInstruction& i) {
    Gp condition = in_register(operand(i.a)), yes = in_register(operand(i.b));
    Gp result = copy(operand(i.c));
    cc_.test(condition, condition);
    cc_.cmovne(result, yes);
    define(i.d, computed(result));
}

void NativeEmitter::emit_generic(const BytecodeInstruction& i) {
    Gp a = in_register(operand(i.a)), b = in_register(operand(i.b)), c = in_register(operand(i.c));
    if (!has_result_) result_ = cc_.newStack(8, 8);
    has_result_ = true;
    Gp generic = cc_.newUIntPtr(), place = cc_.newUIntPtr(), fine = fresh(), value = fresh();
    cc_.mov(generic, reinterpret_cast<std::uintptr_t>(data_.generics.data() + i.e));
    cc_.lea(place, result_);
    asmjit::InvokeNode* call = nullptr;
    using Signature = asmjit::FuncSignatureT<std::uint64_t, const void*, Value, Value, Value, void*>;
    cc_.invoke(&call, asmjit::imm(reinterpret_cast<std::uintptr_t>(&evaluate_generic)), Signature(asmjit::CallConvId::kHost));
    call->setArg(0, generic);
    call->setArg(1, a);
    call->setArg(2, b);
    call->setArg(3, c);
    call->setArg(4, place);
    call->setRet(0, fine);
    cc_.test(fine, fine);
    by_bytecode(Condition::kE);
    cc_.mov(value, result_);
    define(i.d, computed(value));
}

void NativeEmitter::emit_choose(std::uint32_t number) {
    const BytecodeInstruction& i = code_.code[number];
    if (number == chosen_.number) {
        set_flag(i.c);
        return define(i.d, literal(chosen_.value));
    }
    Gp lo = in_register(operand(i.a)), hi = in_register(operand(i.b));
    if (!has_result_) result_ = cc_.newStack(8, 8);
    has_result_ = true;
    Gp place = cc_.newUIntPtr(), chosen = fresh(), value = fresh();
    cc_.lea(place, result_);
    asmjit::InvokeNode* call = nullptr;
    using Signature = asmjit::FuncSignatureT<std::uint64_t, void*, Value, Value, void*>;
    cc_.invoke(&call, asmjit::imm(reinterpret_cast<std::uintptr_t>(&choose_value)), Signature(asmjit::CallConvId::kHost));
    call->setArg(0, context_);
    call->setArg(1, lo);
    call->setArg(2, hi);
    call->setArg(3, place);
    call->setRet(0, chosen);
    asmjit::Label goes_on = cc_.newLabel();
    cc_.test(chosen, chosen);
    cc_.jne(goes_on);
    give(NativeEnd::kBlocked, number);
    cc_.bind(goes_on);
    set_flag(i.c);
    cc_.mov(value, result_);
    define(i.d, computed(value));
}

// What is marked or cleared is left to the interpreter, if there is an object at all.
void NativeEmitter::emit_mark(const BytecodeInstruction& i) {
    Gp object = in_register(operand(i.a));
    cc_.test(object, object);
    by_bytecode(Condition::kNE);
}

}  // namespace quire::explore

#endif
