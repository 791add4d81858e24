// From the causal steps of a trace to places in a variant's code where an edit can go.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "explain/causes.h"
#include "explain/why.h"
#include "workbench/code_names.h"
#include "workbench/program_edits.h"

namespace quire {

// What an edit is made from.
struct ExplainedFinding {
    const LoadedSpec& spec;
    std::size_t variant = 0;
    const TransitionSystem& system;
    const Finding& finding;
    const ReplayedTrace& run;
    Causes causes;
    CodeNames names;

    const VariantPlan& plan() const { return spec.plan.variants[variant]; }
    ThreadNumber thread_of(std::size_t cause) const { return finding.trace.steps[causes.causes[cause].step].thread; }
    const std::string& thread_name(ThreadNumber thread) const { return system.threads[thread].name; }
};

// Code of one function around some causes of one thread, which all lie in the same call of it.
struct CodeSpot {
    std::string function;
    std::vector<std::size_t> causes;  // in order
    std::vector<SourceSpan> places;   // one for each
};
// The innermost function that all the causes lie in, then its callers; only functions of the spec's own file.
std::vector<CodeSpot> spots_of(const ExplainedFinding& of, const std::vector<std::size_t>& causes);
// All causes of a thread.
std::vector<std::size_t> causes_of(const ExplainedFinding& of, ThreadNumber thread);

// The same spot in a copy of the function: the statements from the first cause to the last.
struct OpenSpot {
    ast::Declaration* declaration = nullptr;
    CodeRegion region;
    std::vector<StatementAt> around;  // from the body inwards, down to the first statement of the region

    ast::Stmt& first() const { return region.block->statements[region.first]; }
    ast::Stmt& last() const { return region.block->statements[region.last]; }
    const ast::Type* result() const;  // what the function returns; nullptr of a thread or a void function
};
std::optional<OpenSpot> open_spot(EditedVariant& edited, const ExplainedFinding& of, const CodeSpot& spot);

// Parameters, locals declared before the spot, and file-level variables, nearest first.
std::vector<NamedVariable> variables_at(const ExplainedFinding& of, const OpenSpot& spot);

// Leaves the function before statement `index` of the region's block because something failed: `cleanup`, then what gives back
// the locks that the function itself has taken, then a return of what says no.  Nothing if no such value is known.
std::optional<std::vector<ast::Stmt>> fail_statements(const ExplainedFinding& of, const OpenSpot& spot, std::size_t index,
                                                      std::vector<ast::Stmt> cleanup);

// "over [a]..[d]", "at [b]".
std::string over_marks(const std::vector<std::size_t>& causes);

// The callee of a statement that is nothing but a call; "" otherwise.
std::string called_by(const ast::Stmt& statement);
bool mentions(ast::Stmt& statement, const std::string& name);

}  // namespace quire
