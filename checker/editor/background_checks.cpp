#include "editor/background_checks.h"

#include <exception>
#include <set>
#include <utility>

#include "report/case_text.h"
#include "report/console.h"

namespace quire {

namespace {

constexpr std::size_t kReportWidth = 100;

class TextSink final : public Sink {
public:
    void write(std::string_view text) override { all += text; }
    std::string all;
};

class OutcomeWriter final : public Writer {
public:
    OutcomeWriter(CheckOutcome& outcome, const BackgroundChecks::Told& told) : outcome_(outcome), told_(told) {}

    void begin(const SessionBegin&) override {}
    void spec(const SpecBegin&) override {}
    void diagnostics(const std::vector<DiagnosticReport>&) override {}
    void progress(const ProgressReport& report) override {
        told_({outcome_.number, outcome_.states + report.progress.states, report.progress.seconds});
    }
    void result(const ExpectationReport& report) override {
        JudgedExpectation one;
        one.line = report.head.line;
        one.text = report.head.text;
        one.judgement = report.judgement;
        for (const CaseReport& each : report.cases) {
            if (each.run != nullptr && runs_.insert(each.run).second) outcome_.states += each.run->statistics.states;
        }
        const CaseReport* shown = shortest_case(report);
        if (report.judgement != Judgement::kMet) one.detail = report.reason;
        if (report.judgement == Judgement::kNotMet && shown != nullptr && shown->finding != nullptr) {
            const ExplainedTrace& trace = shown->finding->trace;
            if (!one.detail.empty()) one.detail += ": ";
            one.detail += trace.property + ": " + finding_text(*shown->finding);
            for (const TraceRow& row : trace.rows) {
                if (row.place.user.line == 0) continue;
                one.trace.push_back({row.place.user.file, row.place.user.line, row_thread(trace, row) + ": " + row_text(row)});
            }
        }
        outcome_.expectations.push_back(std::move(one));
    }
    void end(const SessionEnd& session) override { outcome_.seconds = session.seconds; }

private:
    CheckOutcome& outcome_;
    const BackgroundChecks::Told& told_;
    std::set<const RunReport*> runs_;
};

}  // namespace

BackgroundChecks::BackgroundChecks(CheckSettings settings, Done done, Told told)
    : settings_(std::move(settings)), done_(std::move(done)), told_(std::move(told)), thread_([this] { work(); }) {}

BackgroundChecks::~BackgroundChecks() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        queue_.clear();
        for (auto& [number, token] : tokens_) token->cancel();
    }
    wake_.notify_all();
    thread_.join();
}

void BackgroundChecks::start(CheckRequest request) {
    auto token = std::make_shared<CancelToken>();
    {
        const std::lock_guard lock(mutex_);
        tokens_[request.number] = token;
        queue_.push_back({std::move(request), std::move(token)});
    }
    wake_.notify_all();
}

void BackgroundChecks::cancel(CheckNumber number) {
    const std::lock_guard lock(mutex_);
    const auto found = tokens_.find(number);
    if (found != tokens_.end()) found->second->cancel();
}

void BackgroundChecks::work() {
    while (true) {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return closing_ || !queue_.empty(); });
        if (closing_) return;
        Job job = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        CheckOutcome outcome = run(job);
        lock.lock();
        tokens_.erase(outcome.number);
        const bool closing = closing_;
        lock.unlock();
        if (!closing) done_(std::move(outcome));
    }
}

CheckOutcome BackgroundChecks::run(Job& job) const {
    CheckOutcome outcome;
    outcome.number = job.request.number;
    TextSink text;
    try {
        CheckOptions options;
        options.files = {{job.request.path, true}};
        options.selection.variants = {job.request.variant};
        options.engine = settings_.engine;
        options.model_path = settings_.model_path;
        options.out_directory = "";
        ConsoleOptions console;
        console.width = kReportWidth;
        console.version = settings_.engine.version;
        Writers writers;
        writers.add(std::make_unique<OutcomeWriter>(outcome, told_));
        writers.add(make_console_writer(text, text, console));
        if (!job.cancel->cancelled()) outcome.exit_code = check(options, job.request.files, writers, text, *job.cancel).exit_code;
    } catch (const std::exception& error) {
        outcome.exit_code = kExitInternalError;
        text.write(std::string("internal error: ") + error.what() + "\n");
    }
    outcome.cancelled = job.cancel->cancelled();
    outcome.report = std::move(text.all);
    return outcome;
}

}  // namespace quire
