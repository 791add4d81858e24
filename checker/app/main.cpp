// The program: arguments, streams and signals in; an exit code out.
#include <cstring>
#include <exception>
#include <new>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "app/command_line.h"
#include "app/commands.h"
#include "app/signals.h"

namespace {

constexpr int kSigpipe = 13;

int run(const quire::CommandLine& line, quire::Streams streams, const quire::CancelToken& cancel) {
    switch (line.command) {
        // It tells of its exit code: a signal that comes later changes it no more.
        case quire::Command::kCheck: return quire::run_check(line, streams, cancel);
        case quire::Command::kAsk: return quire::unless_signalled(quire::run_ask(line, streams, cancel));
        case quire::Command::kNecessity: return quire::unless_signalled(quire::run_necessity(line, streams, cancel));
        case quire::Command::kMutants: return quire::unless_signalled(quire::run_mutants(line, streams, cancel));
        case quire::Command::kTrace: return quire::unless_signalled(quire::run_trace(line, streams));
        case quire::Command::kList: return quire::unless_signalled(quire::run_list(line, streams));
        case quire::Command::kVerifyProof: return quire::unless_signalled(quire::run_verify_proof(line, streams));
        case quire::Command::kFmt: return quire::unless_signalled(quire::run_fmt(line, streams));
        case quire::Command::kInit: return quire::unless_signalled(quire::run_init(line, streams));
        case quire::Command::kSim: return quire::unless_signalled(quire::run_sim(line, streams));
        case quire::Command::kCompletions: return quire::unless_signalled(quire::run_completions(line, streams));
        case quire::Command::kLsp: return quire::unless_signalled(quire::run_lsp(line, streams, cancel));
        case quire::Command::kExplain: return quire::unless_signalled(quire::run_explain(line, streams));
    }
    return quire::kExitInternalError;
}

void start_log(bool verbose) {
    auto logger = spdlog::stderr_logger_st("quire");
    logger->set_pattern("quire: %v");
    logger->set_level(verbose ? spdlog::level::debug : spdlog::level::warn);
    spdlog::set_default_logger(logger);
}

int guarded(const quire::CommandLine& line, quire::Streams streams, const quire::CancelToken& cancel) {
    try {
        start_log(line.common.verbose);
        return run(line, streams, cancel);
    } catch (const std::bad_alloc&) {
        streams.err.write("quire: memory ran out\n");
        return quire::kExitInconclusive;
    } catch (const std::exception& error) {
        streams.err.write(std::string("internal error: ") + error.what() + "\n");
        return quire::kExitInternalError;
    }
}

}  // namespace

int main(int argc, char** argv) {
    quire::keep_standard_streams_open();
    quire::CancelToken cancel;
    quire::cancel_on_signals(cancel);
    quire::DescriptorSink out(STDOUT_FILENO, &cancel);
    quire::DescriptorSink err(STDERR_FILENO);
    quire::ParsedCommandLine parsed = quire::parse_command_line(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc),
                                                                &quire::configuration_on_disk);
    out.write(parsed.output);
    err.write(parsed.problem);
    int code = parsed.command_line ? guarded(*parsed.command_line, {out, err}, cancel) : parsed.exit_code;
    bool signalled = code > quire::kExitSignalBase;
    if (out.pipe_closed() && !signalled) return quire::kExitSignalBase + kSigpipe;
    if (out.error() != 0 && !signalled) {
        err.write(std::string("quire: the results could not be written: ") + std::strerror(out.error()) + "\n");
        return quire::kExitInternalError;
    }
    return code;
}
