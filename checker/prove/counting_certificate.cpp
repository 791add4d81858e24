#include "prove/counting_certificate.h"

#include <algorithm>
#include <functional>
#include <map>

#include <z3++.h>

namespace quire::prove {

namespace {

constexpr const char* kQuestionsLine = "; questions, each to be answered `unsat`: ";

// Printed once each, by name; a shared part is not told apart.
class Printer {
public:
    explicit Printer(const CountingSystem& system) : system_(system) {}

    std::string operator()(NodeId id) const {
        const Node& n = system_.terms[id];
        switch (n.kind) {
            case NodeKind::kTrue: return "true";
            case NodeKind::kFalse: return "false";
            case NodeKind::kVariable: return name(n.variable);
            case NodeKind::kIf: return list("ite", n.kids);
            case NodeKind::kTerm: {
                std::vector<std::string> parts;
                if (n.constant != 0 || n.sum.empty()) parts.push_back(number(n.constant));
                for (const auto& [atom, factor] : n.sum)
                    parts.push_back(factor == 1 ? (*this)(atom) : "(* " + number(factor) + " " + (*this)(atom) + ")");
                if (parts.size() == 1) return parts[0];
                std::string out = "(+";
                for (const std::string& part : parts) out += " " + part;
                return out + ")";
            }
            case NodeKind::kAtMostZero: return "(<= " + (*this)(n.kids[0]) + " 0)";
            case NodeKind::kIsZero: return "(= " + (*this)(n.kids[0]) + " 0)";
            case NodeKind::kNot: return list("not", n.kids);
            case NodeKind::kAnd: return list("and", n.kids);
            case NodeKind::kOr: return list("or", n.kids);
        }
        return {};
    }

    // Any name, as SMT-LIB quotes it.
    std::string name(VariableNumber v) const {
        std::string out = "|";
        for (char c : system_.variables[v].name) out += c == '|' || c == '\\' || c < ' ' ? '_' : c;
        return out + "." + std::to_string(v) + "|";
    }

private:
    static std::string number(Value v) { return v < 0 ? "(- " + std::to_string(-v) + ")" : std::to_string(v); }
    std::string list(const char* op, const std::vector<NodeId>& kids) const {
        std::string out = std::string("(") + op;
        for (NodeId kid : kids) out += " " + (*this)(kid);
        return out + ")";
    }

    const CountingSystem& system_;
};

class Certificate {
public:
    Certificate(CountingSystem& system, const std::vector<CountingFact>& facts) : system_(system), facts_(facts), print_(system) {
        for (VariableNumber v = 0; v < system.variables.size(); ++v) {
            if (is_of_state(v)) state_.push_back(v);
        }
    }

    std::string text(const std::vector<std::string>& title) {
        starts();
        // Once, for a solver that keeps it through all questions answers them in a fraction of the time.
        questions_text_ += "; from here on: a state in which the invariant holds\n(assert " + invariant() + ")\n";
        steps();
        obligations();
        std::string out;
        for (const std::string& line : title) out += "; " + one_line(line) + "\n";
        out += kQuestionsLine + std::to_string(questions_) + "\n(set-logic QF_LIA)\n";
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            if (system_.variables[v].kind != CountingVariable::Kind::kInternal)
                out += "(declare-fun " + print_.name(v) + " () Int)\n";
        }
        out += "; how many threads there can be\n(define-fun parameters () Bool " + print_(parameters()) + ")\n";
        out += "; the invariant, of a state\n";
        std::string all = "(and parameters";
        for (std::size_t f = 0; f < facts_.size(); ++f) {
            const std::string name = "fact" + std::to_string(f);
            std::string formal, actual;
            for (VariableNumber v : system_.terms.variables_of(facts_[f].formula)) {
                if (!is_of_state(v)) continue;
                formal += (formal.empty() ? "(" : " (") + print_.name(v) + " Int)";
                actual += " " + print_.name(v);
            }
            out += "(define-fun " + name + " (" + formal + ") Bool " + print_(facts_[f].formula) + ")\n";
            all += actual.empty() ? " " + name : " (" + name + actual + ")";
        }
        std::string formal;
        for (VariableNumber v : state_) formal += (formal.empty() ? "(" : " (") + print_.name(v) + " Int)";
        out += "(define-fun invariant (" + formal + ") Bool " + all + "))\n" + questions_text_;
        return out;
    }

private:
    static std::string one_line(std::string line) {
        std::replace_if(
            line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
        return line;
    }

    NodeId parameters() {
        std::vector<NodeId> all{system_.parameters_hold};
        for (VariableNumber v = 0; v < system_.variables.size(); ++v) {
            if (system_.variables[v].kind == CountingVariable::Kind::kParameter) all.push_back(system_.terms.bound_of(v));
        }
        return system_.terms.all(std::move(all));
    }

    bool is_of_state(VariableNumber v) const {
        const CountingVariable::Kind kind = system_.variables[v].kind;
        return kind == CountingVariable::Kind::kGlobal || kind == CountingVariable::Kind::kCounter;
    }

    // The invariant of the state in which each variable is what `value` says.
    std::string invariant_of(const std::function<NodeId(VariableNumber)>& value) {
        if (state_.empty()) return "invariant";
        std::string out = "(invariant";
        for (VariableNumber v : state_) out += " " + print_(value(v));
        return out + ")";
    }
    std::string invariant() {
        return invariant_of([&](VariableNumber v) { return system_.terms.variable(v); });
    }

    // That `assumed` and not `wanted` is impossible.
    void ask(const std::string& what, const std::vector<std::string>& assumed, const std::string& wanted) {
        ++questions_;
        questions_text_ += "(push 1) ; " + one_line(what) + "\n";
        for (const std::string& one : assumed) questions_text_ += "(assert " + one + ")\n";
        questions_text_ += "(assert (not " + wanted + "))\n(check-sat)\n(pop 1)\n";
    }
    void ask(const std::string& what, const std::vector<std::string>& assumed, NodeId wanted) {
        if (!system_.terms.is_true(wanted)) ask(what, assumed, print_(wanted));
    }

    void starts() {
        for (const CountingStart& start : system_.starts) {
            auto value = [&](VariableNumber v) { return state_at_start(system_, start, system_.terms.variable(v)); };
            ask("start", {"parameters", print_(start.guard)}, invariant_of(value));
        }
        for (const CountingFailure& failure : system_.start_failures)
            ask("start: " + failure.what, {"parameters"}, system_.terms.negation(failure.guard));
    }

    void steps() {
        for (std::size_t s = 0; s < system_.steps.size(); ++s) {
            const CountingStep& step = system_.steps[s];
            const std::map<VariableNumber, NodeId> effect = effect_of(system_, step);
            auto value = [&](VariableNumber v) {
                auto changed = effect.find(v);
                return changed != effect.end() ? changed->second : system_.terms.variable(v);
            };
            ask("step " + std::to_string(s) + ": " + place(step.from) + " -> " + place(step.to),
                {somebody(step.from), print_(step.guard)}, invariant_of(value));
        }
    }

    void obligations() {
        for (const CountingFailure& failure : system_.failures)
            ask(place(failure.from) + ": no " + failure.what, {somebody(failure.from)}, system_.terms.negation(failure.guard));
        for (const CountingProperty& property : system_.properties) ask(property.name, {}, property.formula);
    }

    std::string place(LocalNumber l) const { return system_.variables[system_.counter_of[l]].name; }
    std::string somebody(LocalNumber l) const { return "(<= 1 " + print_.name(system_.counter_of[l]) + ")"; }

    CountingSystem& system_;
    const std::vector<CountingFact>& facts_;
    Printer print_;
    std::vector<VariableNumber> state_;
    std::string questions_text_;
    std::size_t questions_ = 0;
};

}  // namespace

std::string certificate_text(CountingSystem& system, const std::vector<CountingFact>& facts,
                             const std::vector<std::string>& title) {
    return Certificate(system, facts).text(title);
}

CertificateCheck check_certificate(const std::string& text) {
    CertificateCheck out;
    std::size_t at = text.find(kQuestionsLine);
    std::size_t promised = 0;
    if (at == std::string::npos) {
        out.problem = "this is no certificate: it does not say how many questions it has";
        return out;
    }
    for (std::size_t i = at + std::string(kQuestionsLine).size(); i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
        promised = promised * 10 + static_cast<std::size_t>(text[i] - '0');
    std::string answers;
    try {
        z3::context context;
        answers = Z3_eval_smtlib2_string(context, text.c_str());
    } catch (const z3::exception& error) {
        out.problem = std::string("it cannot be read: ") + error.msg();
        return out;
    }
    std::size_t unsat = 0;
    for (std::size_t begin = 0; begin < answers.size();) {
        std::size_t end = std::min(answers.find('\n', begin), answers.size());
        std::string line = answers.substr(begin, end - begin);
        begin = end + 1;
        if (line.empty()) continue;
        ++out.questions;
        if (line == "unsat") {
            ++unsat;
        } else if (out.problem.empty()) {
            out.problem = "question " + std::to_string(out.questions) + " is answered `" + line + "` and not `unsat`";
        }
    }
    if (out.problem.empty() && out.questions != promised)
        out.problem = "it promises " + std::to_string(promised) + " questions and has " + std::to_string(out.questions);
    out.holds = out.problem.empty() && unsat == promised && promised != 0;
    if (!out.holds && out.problem.empty()) out.problem = "it asks nothing";
    return out;
}

}  // namespace quire::prove
