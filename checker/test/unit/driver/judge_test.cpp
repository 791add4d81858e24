// The matrix of expectations against what a search found, complete or not.
#include "driver/judge.h"

#include <doctest/doctest.h>

using namespace quire;

namespace {

FindingReport finding(const std::string& property, std::uint32_t steps) {
    FindingReport report;
    report.trace.property = property;
    report.trace.steps = steps;
    return report;
}

RunReport search(StopReason stop, const std::vector<FindingReport>& violations, const std::vector<FindingReport>& covered = {}) {
    RunReport run;
    run.stop = stop;
    run.exhaustive = stop == StopReason::kComplete;
    run.statistics.states = 42;
    run.violations = violations;
    run.covered = covered;
    return run;
}

Judgement judged(Expected expected, const std::string& property, const RunReport& run) {
    return judge_case(expected, property, run).judgement;
}

}  // namespace

TEST_CASE("a violation that was found stands, whatever the search did not see") {
    for (StopReason stop : {StopReason::kComplete, StopReason::kTime, StopReason::kInterrupted}) {
        RunReport run = search(stop, {finding("deadlock", 9), finding("use_after_free", 7)});
        CHECK(judged(Expected::kViolation, "*", run) == Judgement::kMet);
        CHECK(judged(Expected::kViolation, "deadlock", run) == Judgement::kMet);
        CHECK(judged(Expected::kPass, "*", run) == Judgement::kNotMet);
        CHECK(judge_case(Expected::kPass, "*", run).finding->trace.property == "use_after_free");
    }
}

TEST_CASE("that there is none follows only from a complete search") {
    CHECK(judged(Expected::kPass, "*", search(StopReason::kComplete, {})) == Judgement::kMet);
    CHECK(judged(Expected::kViolation, "*", search(StopReason::kComplete, {})) == Judgement::kNotMet);
    for (StopReason stop :
         {StopReason::kTime, StopReason::kStates, StopReason::kDepth, StopReason::kMemory, StopReason::kInterrupted}) {
        CHECK(judged(Expected::kPass, "*", search(stop, {})) == Judgement::kInconclusive);
        CHECK(judged(Expected::kViolation, "*", search(stop, {})) == Judgement::kInconclusive);
        CHECK(judged(Expected::kViolation, "leak", search(stop, {finding("deadlock", 3)})) == Judgement::kInconclusive);
    }
    RunReport exhausted = search(StopReason::kComplete, {});
    exhausted.exhausted = 1;
    exhausted.exhaustive = false;
    CHECK(judged(Expected::kPass, "*", exhausted) == Judgement::kInconclusive);
    CHECK(judge_case(Expected::kPass, "*", exhausted).reason == "pool exhausted");
    RunReport long_step = search(StopReason::kComplete, {});
    long_step.too_long = 1;
    long_step.exhaustive = false;
    CHECK(judged(Expected::kPass, "*", long_step) == Judgement::kInconclusive);
}

TEST_CASE("a violation of something else is not the one that was named") {
    RunReport run = search(StopReason::kComplete, {finding("deadlock", 9)});
    CaseReport report = judge_case(Expected::kViolation, "leak", run);
    CHECK(report.judgement == Judgement::kNotMet);
    CHECK(report.verdict == "violation");  // the argument was read after it had been moved from, by clang's order
    CHECK(report.found == std::vector<std::string>{"deadlock"});
    ExpectationHead head;
    head.expected = Expected::kViolation;
    head.property = "leak";
    CHECK(judge(head, {&run}).reason == "expected a violation of leak, found only other ones (42 states, complete)");
}

TEST_CASE("covers") {
    RunReport reached = search(StopReason::kTime, {}, {finding("left", 4)});
    RunReport complete = search(StopReason::kComplete, {});
    RunReport cut = search(StopReason::kStates, {});
    CHECK(judged(Expected::kCovered, "left", reached) == Judgement::kMet);
    CHECK(judged(Expected::kNotCovered, "left", reached) == Judgement::kNotMet);
    CHECK(judged(Expected::kCovered, "left", complete) == Judgement::kNotMet);
    CHECK(judged(Expected::kNotCovered, "left", complete) == Judgement::kMet);
    CHECK(judged(Expected::kCovered, "left", cut) == Judgement::kInconclusive);
    CHECK(judged(Expected::kNotCovered, "left", cut) == Judgement::kInconclusive);
}

TEST_CASE("what was found without time for its trace is told, and decides nothing") {
    RunReport run = search(StopReason::kTime, {finding("leak", 3)});
    run.untraced_violations = {"deadlock", "small"};
    run.untraced_covers = {"left"};
    CaseReport named = judge_case(Expected::kViolation, "deadlock", run);
    CHECK(named.judgement == Judgement::kInconclusive);
    CHECK(named.untraced == std::vector<std::string>{"deadlock"});
    CHECK(named.reason == "time limit reached: deadlock is violated, with no time left for the trace that shows it");
    CHECK(judge_case(Expected::kViolation, "assertion", run).reason == "time limit reached");
    CHECK(judge_case(Expected::kPass, "*", run).untraced == std::vector<std::string>{"deadlock", "small"});
    CHECK(judged(Expected::kPass, "*", run) == Judgement::kNotMet);
    CHECK(judge_case(Expected::kPass, "*", run, {"small"}).reason ==
          "time limit reached: small is violated, with no time left for the trace that shows it");
    CHECK(judge_case(Expected::kPass, "*", run, {"assertion"}).untraced.empty());
    for (Expected expected : {Expected::kCovered, Expected::kNotCovered}) {
        CaseReport cover = judge_case(expected, "left", run);
        CHECK(cover.judgement == Judgement::kInconclusive);
        CHECK(cover.reason == "time limit reached: left is covered, with no time left for the trace that shows it");
        CHECK(judge_case(expected, "right", run).reason == "time limit reached");
    }
}

TEST_CASE("every run has to show what is expected, and the worst one counts") {
    RunReport good = search(StopReason::kComplete, {});
    RunReport cut = search(StopReason::kTime, {});
    RunReport bad = search(StopReason::kComplete, {finding("leak", 2)});
    ExpectationHead pass;
    CHECK(judge(pass, {&good, &good}).judgement == Judgement::kMet);
    CHECK(judge(pass, {&good, &cut}).judgement == Judgement::kInconclusive);
    CHECK(judge(pass, {&cut, &bad}).judgement == Judgement::kNotMet);
    CHECK(judge(pass, {&cut, &bad}).reason == "violated: leak");
    ExpectationHead violation;
    violation.expected = Expected::kViolation;
    violation.property = "*";
    CHECK(judge(violation, {&bad, &bad}).judgement == Judgement::kMet);
    CHECK(judge(violation, {&bad, &good}).judgement == Judgement::kNotMet);
}

TEST_CASE("the other violations found are listed") {
    RunReport run = search(StopReason::kComplete, {finding("leak", 2), finding("deadlock", 3), finding("assertion", 4)});
    ExpectationHead head;
    head.expected = Expected::kViolation;
    head.property = "deadlock";
    CHECK(judge(head, {&run, &run}).also == std::vector<std::string>{"leak", "assertion"});
}

TEST_CASE("a cover that nobody names has to be reached in one run only") {
    RunReport reached = search(StopReason::kComplete, {}, {finding("left", 4)});
    RunReport not_reached = search(StopReason::kComplete, {});
    RunReport cut = search(StopReason::kTime, {});
    ExpectationHead head;
    head.expected = Expected::kCovered;
    head.property = "left";
    CHECK(judge_implied_cover(head, {&not_reached, &reached}).judgement == Judgement::kMet);
    CHECK(judge_implied_cover(head, {&not_reached, &cut}).judgement == Judgement::kInconclusive);
    CHECK(judge_implied_cover(head, {&not_reached, &not_reached}).judgement == Judgement::kNotMet);
    CHECK(judge_implied_cover(head, {&cut, &reached}).judgement == Judgement::kMet);
}

TEST_CASE("--property asks about some names only") {
    RunReport run = search(StopReason::kComplete, {finding("leak", 2)});
    CHECK(judge_case(Expected::kPass, "*", run, {"deadlock"}).judgement == Judgement::kMet);
    CHECK(judge_case(Expected::kPass, "*", run, {"leak"}).judgement == Judgement::kNotMet);
}

TEST_CASE("what is not supported is inconclusive") {
    ExpectationHead head;
    head.expected = Expected::kProved;
    ExpectationReport report = judge_unsupported(head, "no proofs yet");
    CHECK(report.judgement == Judgement::kInconclusive);
    CHECK(report.reason == "INCONCLUSIVE: no proofs yet");
    CHECK(judged(Expected::kScenario, "s", search(StopReason::kComplete, {})) == Judgement::kInconclusive);
}
