#include "types/print_typed.h"

#include "types/check.h"

namespace quire {

namespace {

// Parentheses everywhere: this is to be read beside the source, not instead of it.
class TypedPrinter {
public:
    explicit TypedPrinter(const TypedProgram& program) : p_(program) {}

    std::string print() {
        line("variant " + p_.variant);
        for (const Constant& c : p_.constants) line("const " + c.name + " = " + expression(c.value));
        for (const Enum& e : p_.enums) print_enum(e);
        for (const Struct& s : p_.structs) print_struct(s);
        for (const Pool& pool : p_.pools) {
            line(std::string("pool ") + (pool.typesafe ? "typesafe " : "") + "struct " + p_[pool.structure].name + "[" +
                 expression(pool.size) + "]");
        }
        for (const Global& g : p_.globals) print_global(g);
        for (const Function& f : p_.functions) print_function(f);
        for (const Role& r : p_.roles) print_role(r);
        for (StatementId init : p_.inits) {
            line("init");
            statement(init);
        }
        for (const Property& property : p_.properties) {
            line(std::string(property_word(property.kind)) + " " + property.name + ": " + expression(property.condition));
        }
        if (p_.check_leaks) line("check leaks");
        if (!p_.memory_models.empty()) line("memory " + listed(p_.memory_models));
        for (const std::string& name : p_.allowed) line("allow " + name);
        for (const Instance& instance : p_.instances) print_instance(instance);
        for (const Expectation& e : p_.expectations) print_expectation(e);
        return std::move(out_);
    }

private:
    void line(const std::string& text) {
        out_.append(static_cast<std::size_t>(depth_) * 2, ' ');
        out_ += text;
        out_ += '\n';
    }

    static std::string listed(const std::vector<std::string>& names) {
        std::string text;
        for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
        return text;
    }

    static std::string_view property_word(PropertyKind kind) {
        switch (kind) {
            case PropertyKind::kInvariant: return "invariant";
            case PropertyKind::kFinally: return "finally";
            case PropertyKind::kStep: return "step";
            case PropertyKind::kCover: return "cover";
            case PropertyKind::kCoverFinally: return "cover finally";
        }
        return "";
    }

    static std::string_view container_word(ContainerOp op) {
        switch (op) {
            case ContainerOp::kAdd: return "add";
            case ContainerOp::kRemove: return "remove";
            case ContainerOp::kContains: return "contains";
            case ContainerOp::kEmpty: return "empty";
            case ContainerOp::kSize: return "size";
            case ContainerOp::kPushFront: return "push_front";
            case ContainerOp::kPushBack: return "push_back";
            case ContainerOp::kPopFront: return "pop_front";
            case ContainerOp::kFirst: return "first";
        }
        return "";
    }

    static std::string_view contract_word(ContractKind kind) {
        switch (kind) {
            case ContractKind::kAcquires: return "__acquires";
            case ContractKind::kReleases: return "__releases";
            case ContractKind::kMustHold: return "__must_hold";
            case ContractKind::kSleeps: return "__sleeps";
            case ContractKind::kGets: return "__gets";
            case ContractKind::kPuts: return "__puts";
            case ContractKind::kGracePeriod: return "__grace_period";
        }
        return "";
    }

    std::string type(TypeId id) const { return type_name(p_, id); }

    std::string local(LocalId id) const {
        if (!id.valid()) return "?";
        return p_[id].name + "#" + std::to_string(id.value);
    }

    std::string label(LabelId id) const {
        if (!id.valid()) return "?";
        const std::string& name = p_[id].name;
        return (name.empty() ? "L" : name) + "#" + std::to_string(id.value);
    }

    std::string place(PlaceId id) {
        if (!id.valid()) return "NULL";
        const Place& x = p_[id];
        switch (x.kind) {
            case PlaceKind::kLocal: return local(x.local);
            case PlaceKind::kGlobal: return p_[x.global].name;
            case PlaceKind::kDeref: return "(*" + expression(x.operand) + ")";
            case PlaceKind::kMember: {
                const std::string& name = p_[p_[p_[x.base].type].structure].members[x.member].name;
                return place(x.base) + "." + (name.empty() ? "(anonymous)" : name);
            }
            case PlaceKind::kIndex: return place(x.base) + "[" + expression(x.operand) + "]";
        }
        return "";
    }

    std::string list(const std::vector<ExpressionId>& ids) {
        std::string text;
        for (ExpressionId id : ids) text += (text.empty() ? "" : ", ") + expression(id);
        return text;
    }

    std::string arguments(const std::vector<Argument>& given) {
        std::string text;
        for (const Argument& a : given) {
            if (!text.empty()) text += ", ";
            text += a.is_reference ? "&" + place(a.place) : expression(a.value);
        }
        return text;
    }

    std::string operand(const TypedExpression& e, std::size_t i) {
        return i < e.operands.size() ? expression(e.operands[i]) : "";
    }

    std::string operation(const TypedExpression& e) {
        if (e.op == Op::kConvert) return "(" + type(e.type) + ")" + operand(e, 0);
        if (e.operands.size() == 1) return std::string(spelling(e.op)) + operand(e, 0);
        return "(" + operand(e, 0) + " " + std::string(spelling(e.op)) + " " + operand(e, 1) + ")";
    }

    std::string account_name(PlaceId ledger, std::uint32_t named) {
        if (named == kUnbookedAccount) return "unbooked";
        const Place& x = p_[ledger];
        const StructMember& member = p_[p_[p_[x.base].type].structure].members[x.member];
        return named < member.accounts.size() ? member.accounts[named] : "?";
    }

    std::string account(PlaceId ledger, const Account& a) {
        return a.thread.valid() ? expression(a.thread) : account_name(ledger, a.named);
    }

    std::string quantifier(const TypedExpression& e) {
        std::string text = e.quantifier == Quantifier::kForall   ? "forall ("
                           : e.quantifier == Quantifier::kExists ? "exists ("
                                                                 : "count (";
        text += local(e.local);
        switch (e.domain) {
            case Domain::kInstances: text += " : struct " + p_[e.structure].name; break;
            case Domain::kRange: text += " in " + operand(e, 1) + ".." + operand(e, 2); break;
            case Domain::kRole: text += " : " + p_[e.role].name; break;
            case Domain::kContainer: text += " in " + place(e.place); break;
        }
        return "(" + text + ") " + operand(e, 0) + ")";
    }

    std::string literal(const TypedExpression& e) {
        const Type& t = p_[e.type];
        if (t.kind == TypeKind::kBool) return e.value != 0 ? "true" : "false";
        if (t.kind == TypeKind::kPointer || t.kind == TypeKind::kFunctionPointer) return "NULL";
        if (t.kind == TypeKind::kThread) return "NO_THREAD";
        std::string text = std::to_string(e.value);
        if (t.kind == TypeKind::kInteger && !t.is_signed) text += "u";
        if (t.kind == TypeKind::kInteger && t.bits == 64) text += "l";
        return text;
    }

    std::string expression(ExpressionId id) {
        if (!id.valid()) return "?";
        const TypedExpression& e = p_[id];
        switch (e.kind) {
            case ExpressionKind::kLiteral: return literal(e);
            case ExpressionKind::kConstant: return p_[e.constant].name;
            case ExpressionKind::kSelf: return "self";
            case ExpressionKind::kThreadOf: return p_[e.role].name + (e.operands.empty() ? "" : "[" + operand(e, 0) + "]");
            case ExpressionKind::kFunctionAddress: return "&" + p_[e.function].name;
            case ExpressionKind::kRead: return place(e.place);
            case ExpressionKind::kAddressOf: return "&" + place(e.place);
            case ExpressionKind::kOperator: return operation(e);
            case ExpressionKind::kAnd: return "(" + operand(e, 0) + " && " + operand(e, 1) + ")";
            case ExpressionKind::kOr: return "(" + operand(e, 0) + " || " + operand(e, 1) + ")";
            case ExpressionKind::kImplies: return "(" + operand(e, 0) + " => " + operand(e, 1) + ")";
            case ExpressionKind::kConditional: return "(" + operand(e, 0) + " ? " + operand(e, 1) + " : " + operand(e, 2) + ")";
            case ExpressionKind::kAssign: return "(" + place(e.place) + " = " + operand(e, 0) + ")";
            case ExpressionKind::kCompound:
                return "(" + place(e.place) + " " + std::string(spelling(e.op)) + "= " + operand(e, 0) +
                       (e.postfix ? " giving the old value)" : ")");
            case ExpressionKind::kCall: return p_[e.function].name + "(" + arguments(e.arguments) + ")";
            case ExpressionKind::kCallIndirect: return "(*" + operand(e, 0) + ")(" + arguments(e.arguments) + ")";
            case ExpressionKind::kStatements: return statements(e);
            case ExpressionKind::kComma: return "(" + operand(e, 0) + ", " + operand(e, 1) + ")";
            case ExpressionKind::kMaybe: return "maybe";
            case ExpressionKind::kAlloc: {
                std::string mode = e.alloc_mode == AllocMode::kPlain ? "" : e.alloc_mode == AllocMode::kMayFail ? "?" : "!";
                return "alloc" + mode + "(struct " + p_[e.structure].name + ")";
            }
            case ExpressionKind::kContainerOf:
                return "container_of(" + operand(e, 0) + ", struct " + p_[e.structure].name + ", " + member_path(e) + ")";
            case ExpressionKind::kContainer:
                return place(e.place) + "." + std::string(container_word(e.container_op)) + "(" + list(e.operands) + ")";
            case ExpressionKind::kErrPtr: return "ERR_PTR(" + operand(e, 0) + ")";
            case ExpressionKind::kPtrErr: return "PTR_ERR(" + operand(e, 0) + ")";
            case ExpressionKind::kIsErr: return "IS_ERR(" + operand(e, 0) + ")";
            case ExpressionKind::kIsNullReference: return "(&" + local(e.local) + " == NULL)";
            case ExpressionKind::kLoad: return "load(" + std::string(order_name(e.order)) + ", " + place(e.place) + ")";
            case ExpressionKind::kStore:
                return "store(" + std::string(order_name(e.order)) + ", " + place(e.place) + ", " + operand(e, 0) + ")";
            case ExpressionKind::kIrqsOn: return "irqs_on(" + list(e.operands) + ")";
            case ExpressionKind::kThreadIndex: return operand(e, 0) + ".index";
            case ExpressionKind::kThreadLocal: return operand(e, 0) + "." + local(e.local);
            case ExpressionKind::kAt: return "at(" + operand(e, 0) + ", " + label(e.label) + ")";
            case ExpressionKind::kLive: return "live(" + operand(e, 0) + ")";
            case ExpressionKind::kOld: return "old(" + operand(e, 0) + ")";
            case ExpressionKind::kActing: return "acting(" + operand(e, 0) + ")";
            case ExpressionKind::kBalance:
                return "balance(" + place(e.place) + ", " +
                       (e.operands.empty() ? account_name(e.place, e.account) : operand(e, 0)) + ")";
            case ExpressionKind::kTotal: return "total(" + place(e.place) + ")";
            case ExpressionKind::kQuantifier: return quantifier(e);
        }
        return "";
    }

    std::string member_path(const TypedExpression& e) {
        std::string text;
        StructId at = e.structure;
        for (std::uint32_t index : e.member_path) {
            const StructMember& member = p_[at].members[index];
            text += (text.empty() ? "" : ".") + member.name;
            at = p_[member.type].structure;
        }
        return text;
    }

    // A block inside an expression goes on lines of its own, one level deeper.
    std::string statements(const TypedExpression& e) {
        std::string saved = std::move(out_);
        out_.clear();
        int depth = depth_;
        depth_ += 2;
        if (e.statement.valid()) statement(e.statement);
        depth_ = depth;
        std::string inner = std::move(out_);
        out_ = std::move(saved);
        std::string text = "({\n" + inner;
        text.append(static_cast<std::size_t>(depth_ + 1) * 2, ' ');
        return text + operand(e, 0) + "})";
    }

    void body(const Statement& s) {
        depth_++;
        for (StatementId id : s.body) {
            if (id.valid()) statement(id);
        }
        depth_--;
    }

    void statement(StatementId id) {
        const Statement& s = p_[id];
        auto value = [&](std::size_t i) { return i < s.operands.size() ? expression(s.operands[i]) : std::string(); };
        switch (s.kind) {
            case StatementKind::kBlock: print_block(s); break;
            case StatementKind::kExpression: line(value(0) + ";"); break;
            case StatementKind::kDeclare: print_declaration(s); break;
            case StatementKind::kIf:
                line("if " + value(0));
                depth_++;
                if (s.body[0].valid()) statement(s.body[0]);
                depth_--;
                if (s.body.size() > 1 && s.body[1].valid()) {
                    line("else");
                    depth_++;
                    statement(s.body[1]);
                    depth_--;
                }
                break;
            case StatementKind::kLoop: print_loop(s); break;
            case StatementKind::kSwitch:
                line("switch " + value(0));
                for (const SwitchCase& one : s.cases) {
                    line("  case " + (one.constant.valid() ? expression(one.constant) : std::to_string(one.value)) + ": " +
                         label(one.label));
                }
                line("  default: " + label(s.label));
                body(s);
                line(label(s.break_label) + ":");
                break;
            case StatementKind::kGoto: line("goto " + label(s.label)); break;
            case StatementKind::kLabel: line(label(s.label) + ":"); break;
            case StatementKind::kReturn: line(s.operands.empty() ? "return" : "return " + value(0)); break;
            case StatementKind::kAtomic:
                line("atomic " + std::string(order_name(s.order)));
                body(s);
                break;
            case StatementKind::kAwait:
                line("await " + value(0));
                body(s);
                break;
            case StatementKind::kEither:
                line("either");
                body(s);
                break;
            case StatementKind::kChoose: print_choice(s); break;
            case StatementKind::kGhost:
                line("ghost");
                body(s);
                break;
            case StatementKind::kBuiltin: line(builtin(s) + ";"); break;
        }
    }

    void print_block(const Statement& s) {
        std::string locals;
        for (LocalId id : s.locals) locals += " " + local(id);
        line(locals.empty() ? "block" : "block with" + locals);
        body(s);
    }

    void print_declaration(const Statement& s) {
        const Local& l = p_[s.local];
        std::string text = l.is_ghost ? "ghost " : "";
        text += l.in_memory ? "in memory " : "";
        text += type(l.type) + " " + local(s.local);
        if (s.zero_rest) text += " = 0";
        line(text);
        depth_++;
        for (const Initialiser& i : s.initialisers) line(place(i.place) + " = " + expression(i.value) + ";");
        depth_--;
    }

    void print_loop(const Statement& s) {
        auto value = [&](std::size_t i) {
            return i < s.operands.size() && s.operands[i].valid() ? expression(s.operands[i]) : std::string("-");
        };
        switch (s.loop) {
            case LoopKind::kWhile: line("while " + value(0)); break;
            case LoopKind::kDoWhile: line("do while " + value(0)); break;
            case LoopKind::kFor: line("for " + value(0) + " advance " + value(1)); break;
            case LoopKind::kForEach: line("for each " + local(s.local) + " in " + place(s.place)); break;
        }
        depth_++;
        line("continue " + label(s.label) + ", break " + label(s.break_label));
        depth_--;
        body(s);
    }

    void print_choice(const Statement& s) {
        std::string text = "choose " + local(s.local);
        switch (s.choose) {
            case ChooseKind::kRange: text += " in " + expression(s.operands[0]) + ".." + expression(s.operands[1]); break;
            case ChooseKind::kPool: text += " in pool struct " + p_[s.structure].name; break;
            case ChooseKind::kMember: text += " in " + place(s.place); break;
        }
        line(text);
    }

    std::string builtin(const Statement& s) {
        auto value = [&](std::size_t i) { return i < s.operands.size() ? expression(s.operands[i]) : std::string(); };
        switch (s.builtin) {
            case Builtin::kAssert: return "assert " + value(0);
            case Builtin::kFree: return "free " + value(0);
            case Builtin::kUse: return "use " + value(0);
            case Builtin::kAssume: return "assume " + value(0);
            case Builtin::kCover: return "cover \"" + p_.covers[s.cover.index()].name + "\"";
            case Builtin::kSpawn: return "spawn " + p_[s.role].name + "(" + arguments(s.arguments) + ")";
            case Builtin::kCredit:
                return "credit " + place(s.place) + " " + account(s.place, s.to) + " by " + expression(s.amount);
            case Builtin::kDebit:
                return "debit " + place(s.place) + " " + account(s.place, s.from) + " by " + expression(s.amount);
            case Builtin::kMove:
                return "move " + place(s.place) + " from " + account(s.place, s.from) + " to " + account(s.place, s.to) + " by " +
                       expression(s.amount);
            case Builtin::kRefresh: return "refresh " + place(s.place);
            case Builtin::kFence: return "fence " + std::string(order_name(s.order));
            case Builtin::kIrqDisable: return "irq_disable";
            case Builtin::kIrqEnable: return "irq_enable";
        }
        return "";
    }

    void print_enum(const Enum& e) {
        std::string text = "enum " + (e.name.empty() ? std::string("(anonymous)") : e.name) + " {";
        for (const auto& [name, value] : e.values) text += " " + name + "=" + std::to_string(value);
        line(text + " }");
    }

    void print_struct(const Struct& s) {
        line("struct " + (s.name.empty() ? std::string("(anonymous)") : s.name));
        depth_++;
        for (const StructMember& m : s.members) {
            std::string text = (m.is_ghost && p_[m.type].kind != TypeKind::kLedger ? "ghost " : "") + type(m.type) + " " + m.name;
            for (const std::string& account : m.accounts) text += " " + account;
            line(text);
        }
        depth_--;
    }

    void print_global(const Global& g) {
        line((g.is_ghost ? "ghost " : "") + type(g.type) + " " + g.name);
        depth_++;
        for (const Initialiser& i : g.initialisers) line(place(i.place) + " = " + expression(i.value));
        depth_--;
    }

    std::string parameters(const std::vector<LocalId>& locals) {
        std::string text;
        for (LocalId id : locals) text += (text.empty() ? "" : ", ") + type(p_[id].type) + " " + local(id);
        return "(" + text + ")";
    }

    void print_function(const Function& f) {
        std::string text = f.is_ghost ? "ghost " : "";
        if (f.is_atomic) text += "atomic " + std::string(order_name(f.order)) + " ";
        if (f.external == ExternKind::kIgnore) text += "extern ignore ";
        if (f.external == ExternKind::kHavoc)
            text += "extern havoc " + expression(f.havoc_lo) + ".." + expression(f.havoc_hi) + " ";
        text += type(f.result) + " " + f.name + parameters(f.parameters);
        for (const Contract& c : f.contracts) {
            text += " " + std::string(contract_word(c.kind));
            if (c.lock.valid() || !c.name.empty()) text += "(" + (c.lock.valid() ? expression(c.lock) : c.name) + ")";
        }
        line(text);
        depth_++;
        if (f.body.valid()) statement(f.body);
        depth_--;
    }

    void print_role(const Role& r) {
        std::string text = r.daemon ? "daemon " : "";
        text += r.dormant ? "dormant " : "";
        text += "thread " + r.name;
        if (r.count.valid()) text += "[" + expression(r.count) + "]";
        if (!r.parameters.empty()) text += parameters(r.parameters);
        if (r.looks_at_index) text += " looks at its index";
        line(text);
        depth_++;
        statement(r.body);
        depth_--;
    }

    void print_instance(const Instance& instance) {
        std::string text = std::string("instance ") + instance.name + (instance.slow ? " slow" : "");
        for (const auto& [constant, value] : instance.constants) text += " " + p_[constant].name + "=" + expression(value);
        line(text);
    }

    void print_expectation(const Expectation& e) {
        std::string text = "expect " + e.text;
        for (const ExpectationRange& range : e.ranges) {
            text += " for " + p_[range.constant].name;
            text += range.any ? " any" : " in " + expression(range.lo) + ".." + expression(range.hi);
        }
        if (e.instance) text += " in " + p_.instances[*e.instance].name;
        if (!e.under.empty()) text += " under " + listed(e.under);
        if (!e.unsupported.empty()) text += " (" + e.unsupported + ")";
        line(text);
    }

    const TypedProgram& p_;
    std::string out_;
    int depth_ = 0;
};

}  // namespace

std::string print_typed(const TypedProgram& program) { return TypedPrinter(program).print(); }

}  // namespace quire
