// Which searches an expectation asks for, with what precedence; and what is senseless in an instance.
#include <doctest/doctest.h>

#include "test/unit/types/checked.h"

using namespace quire;
using quire::test::Checked;

namespace {

// The constants of the runs of each expectation: "A=1 B=2, A=1 B=3; A=2 B=2"
std::string runs_of(const std::string& text, const RunOptions& options = {}) {
    Checked checked(text);
    INFO(checked.shown());
    REQUIRE(checked.codes() == "");
    Diagnostics found;
    Result<RunPlan> plan = plan_runs(checked.program(), options, found);
    if (!plan) return std::string(diagnostic_info(found.in_order()[0].code).code);
    std::string result;
    for (std::size_t e = 0; e < plan->by_expectation.size(); e++) {
        if (e > 0) result += "; ";
        std::string runs;
        for (std::uint32_t run : plan->by_expectation[e]) {
            std::string one;
            for (std::size_t c = 0; c < checked.program().constants.size(); c++) {
                one +=
                    (c > 0 ? " " : "") + checked.program().constants[c].name + "=" + std::to_string(plan->runs[run].constants[c]);
            }
            runs += (runs.empty() ? "" : ", ") + one;
        }
        result += runs;
    }
    return result;
}

const char* const kConstants = "const A = 1; const B = A + 1; thread t { }\n";

}  // namespace

TEST_CASE("runs") {
    std::string c = kConstants;
    CHECK(runs_of(c) == "A=1 B=2");
    CHECK(runs_of(c + "expect pass for A in 1..2;") == "A=1 B=2, A=2 B=3");
    CHECK(runs_of(c + "expect pass for A in 1..2, B = 5;") == "A=1 B=5, A=2 B=5");
    CHECK(runs_of(c + "expect pass for A in 0..1, B in 0..1;") == "A=0 B=0, A=0 B=1, A=1 B=0, A=1 B=1");
    CHECK(runs_of(c + "expect proved for any A; expect pass;") == "A=1 B=2; A=1 B=2");
    CHECK(runs_of(c + "scenario s { t: ; } expect possible;") == "A=1 B=2; A=1 B=2");
}

TEST_CASE("instances repeat pass and covered") {
    std::string c = std::string(kConstants) +
                    "cover x: A == 1; instance big { const A = 5; } instance huge slow { const A = 9; const B = A; }\n";
    CHECK(runs_of(c + "expect pass; expect violation; expect covered x; expect not covered x;") ==
          "A=1 B=2, A=5 B=6; A=1 B=2; A=1 B=2, A=5 B=6; A=1 B=2");
    CHECK(runs_of(c + "expect pass in big; expect violation in huge;") == "A=5 B=6; ");
    RunOptions all;
    all.all_instances = true;
    CHECK(runs_of(c + "expect pass;", all) == "A=1 B=2, A=5 B=6, A=9 B=9");
    RunOptions one;
    one.instances = {"huge"};
    CHECK(runs_of(c + "expect pass; expect violation; expect violation in huge;", one) == "A=9 B=9; ; A=9 B=9");
}

TEST_CASE("-D wins over for, that over the instance, that over the file") {
    std::string c = std::string(kConstants) + "instance big { const A = 5; }\n";
    CHECK(runs_of(c + "expect pass for A in 1..2 in big;") == "A=1 B=2, A=2 B=3");
    RunOptions define;
    define.defines = {{"A", 7}};
    CHECK(runs_of(c + "expect pass for A in 1..2; expect pass in big;", define) == "A=7 B=8; A=7 B=8");
    define.defines = {{"C", 7}};
    CHECK(runs_of(c, define) == "A=1 B=2, A=5 B=6");
    Checked checked(c);
    CHECK(unknown_defines(checked.program(), define) == std::vector<std::string>{"C"});
}

TEST_CASE("runs that cannot be") {
    std::string c = kConstants;
    CHECK(runs_of(c + "instance x { const A = B; } expect pass;") == "E0402");
    CHECK(runs_of(c + "expect pass for A in 1..100000;") == "E0407");
    CHECK(runs_of(c + "expect pass for B in 1..A - 5;") == "E0407");
    RunOptions define;
    define.defines = {{"A", 5000000000}};
    CHECK(runs_of(c, define) == "E0401");
    CHECK(runs_of("const A = 0; const B = 1 / A; thread t { }") == "E0401");
}

TEST_CASE("equal constants are searched once") {
    Checked checked(std::string(kConstants) +
                    "instance same { const A = 1; } expect pass; expect violation; expect pass for A in 1..2;");
    Diagnostics found;
    Result<RunPlan> plan = plan_runs(checked.program(), {}, found);
    REQUIRE(plan);
    CHECK(plan->runs.size() == 2);
    CHECK(describe_constants(plan->runs[1]) == "A=2");
}

TEST_CASE("senseless instances") {
    auto codes = [](const std::string& text) {
        Checked checked(text + " thread u { }\n");
        INFO(checked.shown());
        REQUIRE(checked.codes() == "");
        return checked.instance_codes();
    };
    CHECK(codes("const N = 2; int x[N]; thread t[N] { } struct s { int y; }; pool struct s[N];") == "");
    CHECK(codes("const N = -1; thread t[N] { }") == "E0401");
    CHECK(codes("const N = 0; thread t[N] { }") == "");
    CHECK(codes("const N = 100000; thread t[N] { }") == "E0602");
    CHECK(codes("const N = 0; int x[N];") == "E0401");
    CHECK(codes("int x[1 << 30];") == "E0602");
    CHECK(codes("struct s { int x[1000]; }; struct s y[1000]; struct s z[1000];") == "E0602");
    CHECK(codes("const N = 0; struct s { int y; }; pool struct s[N];") == "E0403");
    CHECK(codes("const N = 3; int in 4..N x;") == "E0401");
    CHECK(codes("int in 1..4 x;") == "E0401");
    CHECK(codes("int in 1..4 x = 1;") == "");
    CHECK(codes("int in 1..4 x = 7;") == "E0401");
    CHECK(codes("const N = 2; int x[N] = { 1, 2, 3 };") == "E0401");
    CHECK(codes("const N = 2; struct s { int y; }; struct s x[N]; struct s *p = &x[N];") == "E0401");
    CHECK(codes("const N = 0; int x = 5 / N;") == "E0401");
    CHECK(codes("const N = 1; int x; thread t { switch (x) { case 1: break; case N: break; } }") == "E0401");
    CHECK(codes("const N = 1; extern havoc int f() in 2..N;") == "E0401");
}
