// The server from the inside: only its own files include this.
//
// One thread reads (and notes what is cancelled), one answers, one checks variants. All that the server knows belongs to the
// one that answers; the others put what they have into its queue. Documents are looked at again when the queue is empty, or when
// a question needs it, so that ten letters that arrive together cost one analysis.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "editor/background_checks.h"
#include "editor/language_server.h"
#include "editor/verdicts.h"
#include "editor/workspace.h"

namespace quire {

using Json = nlohmann::json;

enum ProtocolErrorCode : int {
    kParseError = -32700,
    kInvalidRequest = -32600,
    kMethodNotFound = -32601,
    kInvalidParams = -32602,
    kInternalProtocolError = -32603,
    kServerNotInitialized = -32002,
    kRequestFailed = -32803,
    kRequestCancelled = -32800,
};

struct Answer {
    Json result;
    int error = 0;  // 0: there is a result
    std::string message;
    bool later = false;  // it will be given when a check is done

    static Answer failed(int code, std::string message) { return {nullptr, code, std::move(message), false}; }
    static Answer when_done() { return {nullptr, 0, {}, true}; }
};

struct EndOfInput {};
struct BadFrame {
    std::string problem;
};
using ServerEvent = std::variant<Json, BadFrame, CheckOutcome, CheckProgress, EndOfInput>;

// From the threads that read and check to the one that answers.
class EventQueue {
public:
    void push(ServerEvent event);
    ServerEvent pop();
    bool empty() const;
    void note_cancelled(const Json& id);
    // Forgets it: it is asked once.
    bool was_cancelled(const Json& id);

private:
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<ServerEvent> events_;
    std::set<std::string> cancelled_;  // ids, as text
};

class LanguageServer {
public:
    LanguageServer(Sink& out, const LanguageServerOptions& options, EventQueue& queue);

    // Until the end; the exit code.
    int run();

private:
    // ---- server.cpp: messages, and what begins and ends
    void handle(Json message);
    void handle_request(const Json& id, const std::string& method, const Json& params);
    void handle_notification(const std::string& method, const Json& params);
    void respond(const Json& id, const Answer& answer);
    void notify(const std::string& method, Json params);
    void request(const std::string& id, const std::string& method, Json params);
    void send(const Json& message);
    void log(int type, const std::string& text);
    Answer initialize(const Json& params);
    void take_options(const Json& options);
    bool refresh_one();

    // ---- server_documents.cpp: documents and what is told of them
    void did_open(const Json& params);
    void did_change(const Json& params);
    void did_close(const Json& params);
    void change_folders(const Json& params);
    void publish(Document& document);
    Json diagnostic_json(Document& document, const Diagnostic& diagnostic);
    void add_verdict_diagnostics(const Document& document, Json& list);

    // ---- server_questions.cpp: answers that only look
    struct Spot {
        Document* document = nullptr;
        std::size_t offset = 0;
        std::vector<const Occurrence*> at;
    };
    std::optional<Spot> spot(const Json& params, Answer& answer);
    Answer hover(const Json& params);
    Answer definition(const Json& params);
    Answer references(const Json& params);
    Answer highlight(const Json& params);
    Answer prepare_rename(const Json& params);
    Answer rename(const Json& params);
    Answer completion(const Json& params);
    Answer document_symbols(const Json& params);
    Answer formatting(const Json& params);
    Json location(Document& document, const SourceSpan& span);
    // Of a place in any file; texts are kept for the length of one answer.
    class Places;
    std::vector<Json> locations(const std::vector<PlacedText>& places);

    // ---- server_checks.cpp: variants
    Answer code_lens(const Json& params);
    Answer execute(const Json& id, const Json& params);
    Answer start_check(const Json& id, const Json& params, const std::string& uri, const std::string& variant);
    void stop_check(const std::string& uri, const std::string& variant);
    void stop_checks_of(const std::string& uri);
    void cancel(const Json& id);
    void take(CheckOutcome outcome);
    void take(const CheckProgress& progress);
    void begin_progress(CheckNumber number);
    void tell_progress(CheckNumber number, Json value);
    void take_response(const Json& id, bool good);
    void refresh_lenses();

    Sink& out_;
    EventQueue& queue_;
    LanguageServerOptions options_;
    Workspace workspace_;
    enum class Phase : std::uint8_t { kNew, kServing, kShutDown };
    Phase phase_ = Phase::kNew;
    std::optional<int> exit_code_;

    struct ClientAbilities {
        bool document_changes = false;
        bool lens_refresh = false;
        bool progress = false;
        bool hierarchy = false;
        bool related_places = false;
        bool markdown = false;
    };
    ClientAbilities client_;

    struct PendingCheck {
        Json id;  // of the request that waits for it
        std::string uri, variant;
        Json token;  // of its progress; null: nobody listens
        bool asked_for_token = false;
        bool by_request = false;  // cancelled by $/cancelRequest
    };
    std::map<CheckNumber, PendingCheck> pending_;
    std::map<VerdictKey, VariantVerdict> verdicts_;
    CheckNumber next_check_ = 1;
    std::optional<BackgroundChecks> checks_;  // the last member: its thread uses the queue
};

}  // namespace quire
