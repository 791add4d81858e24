// Writes one protocol.  A vocabulary of declarations is fixed; which of them a protocol has, and with which types, is
// drawn first, and every expression and statement is then made of what there is.
#pragma once

#include <string>
#include <vector>

#include "generate/random.h"

namespace quire {

enum class Sort { kInt, kBool, kHue, kThread, kNode, kLink, kHook };
inline constexpr std::size_t kSorts = 7;

// Where an expression or a statement stands.
enum class Where { kReal, kPure, kGhost, kProperty };  // kPure: a condition of `await`; no side effects

class ProtocolWriter {
public:
    explicit ProtocolWriter(std::uint64_t seed) : random_(seed) {}
    std::string write();

private:
    struct Name {
        std::string text;
        Sort sort = Sort::kInt;
        bool ghost = false;
    };
    struct Body {  // of a function or thread
        Where where = Where::kReal;
        bool in_loop = false;
        bool in_thread = false;
        bool may_step = true;  // not inside atomic
        bool may_jump = true;  // to the label at its end
        std::string returns;   // the statement that leaves it
        unsigned budget = 0;   // statements left
    };

    // declarations.cpp
    void choose_features();
    void types();
    void globals();
    void initial();
    void functions();
    void function(const std::string& head, const std::string& returns, std::vector<Name> parameters);
    void hook(const std::string& name);
    void threads();
    void thread(const std::string& head, const std::string& name, bool array, bool with_parameter);
    void properties();
    std::string property();
    std::string counted_type();

    // expressions.cpp
    std::string integer(unsigned depth, Where where);
    std::string operation(unsigned depth, Where where);
    std::string truth(unsigned depth, Where where);
    std::string comparison(unsigned depth, Where where);
    std::string of_query(unsigned depth);
    std::string node(unsigned depth, Where where);
    std::string solid_node(Where where);
    std::string link(unsigned depth, Where where);
    std::string other(Sort sort, Where where);
    std::string value(Sort sort, unsigned depth, Where where);
    std::string place(Sort sort, Where where, bool written = false);
    std::string number(std::size_t below) { return std::to_string(random_.below(below)); }

    // statements.cpp
    void statements(Body& body, unsigned depth);
    void statement(Body& body, unsigned depth);
    void simple(Body& body);
    void compound(Body& body, unsigned depth);
    void block(const std::string& head, Body body, unsigned depth, const std::string& last = {});
    void assignment(Where where);
    void declaration(Body& body);
    void memory_statement();
    void container_statement();
    void call_statement();
    void ghost_statement();
    void loop(Body& body, unsigned depth);
    void chosen(Body& body, unsigned depth);
    void switch_statement(Body& body, unsigned depth);

    void line(const std::string& text) { text_ += std::string(indent_, '\t') + text + "\n"; }
    void open(const std::string& text) {
        line(text + " {");
        ++indent_;
    }
    void close() {
        --indent_;
        line("}");
    }
    std::string fresh(const char* stem) { return stem + std::to_string(names_++); }
    bool has(const std::string& feature) const;

    Random random_;
    std::string text_;
    unsigned indent_ = 0;
    unsigned names_ = 0;
    std::vector<std::string> features_;
    std::vector<Name> members_;  // of struct node
    std::vector<Name> scope_;    // globals and locals
    std::vector<std::string> arrays_;
    std::vector<std::string> inners_;    // places that are a struct inner, but for those in nodes
    std::vector<std::string> nodes_;     // places that are a struct node
    std::vector<std::string> links_;     // places that are a struct link
    std::vector<std::string> callable_;  // functions written so far
    std::vector<std::string> roles_, array_roles_, labelled_;
    std::vector<std::string> kept_;  // roles with the local `kept`
};

}  // namespace quire
