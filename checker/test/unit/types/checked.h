// Types specs that are written in the test itself.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/diagnostics.h"
#include "support/source.h"
#include "syntax/parse.h"
#include "types/check.h"
#include "types/expectations.h"
#include "types/print_typed.h"
#include "types/variants.h"

namespace quire::test {

struct Checked {
    SourceManager sources;
    Diagnostics diagnostics;
    ast::Spec spec;
    SpecPlan plan;
    std::vector<Result<TypedProgram>> programs;  // by variant

    explicit Checked(const std::string& text, const std::map<std::string, std::string>& library = {}) {
        MemoryFiles files;
        files.add("/spec.quire", text);
        for (const auto& [path, content] : library) files.add(path, content);
        spec = parse_spec(sources, diagnostics, files, "/spec.quire", {});
        plan = plan_variants(spec, diagnostics);
        for (const VariantPlan& variant : plan.variants) programs.push_back(check_types(variant, sources, diagnostics));
    }

    // The codes of all errors, each once, in order of the alphabet: "E0201 E0205"; "" if there are none.
    std::string codes() const {
        std::set<std::string> seen;
        for (const Diagnostic& d : diagnostics.in_order()) {
            if (d.severity == Severity::kError) seen.insert(std::string(diagnostic_info(d.code).code));
        }
        std::string text;
        for (const std::string& code : seen) text += (text.empty() ? "" : " ") + code;
        return text;
    }

    std::string shown() const { return render_diagnostics(sources, diagnostics); }

    // For specs without mistakes.
    const TypedProgram& program(std::size_t variant = 0) const { return *programs.at(variant); }
    std::string printed(std::size_t variant = 0) const { return print_typed(program(variant)); }

    const Function& function(const std::string& name) const {
        for (const Function& f : program().functions) {
            if (f.name == name) return f;
        }
        throw std::runtime_error("no function " + name);
    }
    const Local& local(const std::string& name) const {
        for (const Local& l : program().locals) {
            if (l.name == name) return l;
        }
        throw std::runtime_error("no local " + name);
    }

    // Whether check_instance accepts the file's own constants.
    std::string instance_codes(const RunOptions& options = {}) {
        Diagnostics found;
        Result<RunPlan> runs = plan_runs(program(), options, found);
        if (runs) {
            for (const Run& run : runs->runs) check_instance(program(), run.constants, found);
        }
        std::set<std::string> seen;
        for (const Diagnostic& d : found.in_order()) seen.insert(std::string(diagnostic_info(d.code).code));
        std::string text;
        for (const std::string& code : seen) text += (text.empty() ? "" : " ") + code;
        return text;
    }
};

// Everything that code in a thread may need, without mistakes.
inline const char* const kPrelude =
    "struct list_head { struct list_head *next, *prev; };\n"
    "struct page { int count; bool locked; struct list_head lru; int refs[3]; ghost int holders;\n"
    "  ledger owners of count { cache, lru_list }; };\n"
    "struct pair { int a, b; };\n"
    "enum color { RED, GREEN, BLUE = 5 };\n"
    "pool struct page[2];\n"
    "const N = 2;\n"
    "int shared; bool flag; u8 byte; unsigned word; long wide; u64 huge; struct page page; struct page "
    "pages[N];\n"
    "struct page *cached; struct pair pair; thread_t owner; set<thread_t> waiters; list<thread_t>[2] queue;\n"
    "ghost int seen; enum color hue; int table[4]; const int fixed = 3; int in 0..3 small;\n"
    "void (*hook)(struct page *);\n"
    "void consume(struct page *p) { p->count--; }\n"
    "struct pair make_pair(int a, int b) { struct pair p = { a, b }; return p; }\n"
    "void set_to(int *where, int value) { *where = value; }\n"
    "bool is_free(struct page *p) { return p->count == 0; }\n"
    "dormant thread helper[2](struct page *p) { consume(p); }\n";

// The codes that a statement in a thread gives.
inline std::string codes_of_statement(const std::string& statement) {
    Checked checked(std::string(kPrelude) + "thread t { " + statement + " }\n");
    return checked.codes();
}

inline std::string codes_of(const std::string& declarations) { return Checked(std::string(kPrelude) + declarations).codes(); }

}  // namespace quire::test
