#include "editor/server.h"

#include <algorithm>
#include <exception>
#include <thread>
#include <utility>

#include "editor/document_uri.h"
#include "editor/server_json.h"

namespace quire {

namespace {

constexpr int kLogError = 1, kLogInfo = 3;

}  // namespace

// ------------------------------------------------------------------------------------------------------- the queue

void EventQueue::push(ServerEvent event) {
    {
        const std::lock_guard lock(mutex_);
        events_.push_back(std::move(event));
    }
    wake_.notify_one();
}

ServerEvent EventQueue::pop() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return !events_.empty(); });
    ServerEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

bool EventQueue::empty() const {
    const std::lock_guard lock(mutex_);
    return events_.empty();
}

void EventQueue::note_cancelled(const Json& id) {
    const std::lock_guard lock(mutex_);
    cancelled_.insert(id.dump(-1, ' ', false, Json::error_handler_t::replace));
}

bool EventQueue::was_cancelled(const Json& id) {
    const std::lock_guard lock(mutex_);
    return cancelled_.erase(id.dump(-1, ' ', false, Json::error_handler_t::replace)) != 0;
}

// ------------------------------------------------------------------------------------------------------- the server

LanguageServer::LanguageServer(Sink& out, const LanguageServerOptions& options, EventQueue& queue)
    : out_(out), queue_(queue), options_(options), workspace_({options.model_path}) {}

int LanguageServer::run() {
    while (!exit_code_) {
        if (queue_.empty() && refresh_one()) continue;
        ServerEvent event = queue_.pop();
        std::visit(ast::Overloaded{
                       [&](Json& message) { handle(std::move(message)); },
                       [&](BadFrame& bad) { respond(nullptr, Answer::failed(kParseError, bad.problem)); },
                       [&](CheckOutcome& outcome) { take(std::move(outcome)); },
                       [&](CheckProgress& progress) { take(progress); },
                       [&](EndOfInput&) { exit_code_ = phase_ == Phase::kShutDown ? 0 : 1; },
                   },
                   event);
    }
    checks_.reset();
    return *exit_code_;
}

// Whether there was one to look at.
bool LanguageServer::refresh_one() {
    Document* next = nullptr;
    for (auto& [uri, document] : workspace_.documents()) {
        const bool waits = document.stale || !document.told;
        if (waits && (next == nullptr || document.touched > next->touched)) next = &document;
    }
    if (next == nullptr) return false;
    workspace_.refresh(*next);
    publish(*next);
    return true;
}

void LanguageServer::handle(Json message) {
    Json id = nullptr;
    try {
        if (!message.is_object())
            return respond(nullptr, Answer::failed(kInvalidRequest, "a message is one JSON object; batches are no part of LSP"));
        const bool has_id = message.contains("id");
        const bool good_id = has_id && (message["id"].is_number_integer() || message["id"].is_string());
        if (good_id) id = message["id"];
        if (has_id && !message.contains("method")) {
            const bool answers = message.contains("result") || message.contains("error");
            if (answers && good_id) return take_response(id, !message.contains("error"));
            if (!answers) respond(id, Answer::failed(kInvalidRequest, "a message needs a method"));
            return;
        }
        if (!message.contains("method") || !message["method"].is_string() || message.value("jsonrpc", Json()) != "2.0" ||
            (has_id && !good_id))
            return respond(id, Answer::failed(kInvalidRequest, "no message of JSON-RPC 2.0"));
        const std::string method = message["method"].get<std::string>();
        const Json params = message.contains("params") ? std::move(message["params"]) : Json(nullptr);
        if (has_id) {
            handle_request(id, method, params);
        } else {
            handle_notification(method, params);
        }
    } catch (const std::exception& error) {
        log(kLogError, std::string("internal error: ") + error.what());
        if (!id.is_null()) respond(id, Answer::failed(kInternalProtocolError, error.what()));
    }
}

void LanguageServer::handle_request(const Json& id, const std::string& method, const Json& params) {
    using Handler = Answer (LanguageServer::*)(const Json&);
    static const std::map<std::string, Handler, std::less<>> kHandlers = {
        {"textDocument/hover", &LanguageServer::hover},
        {"textDocument/definition", &LanguageServer::definition},
        {"textDocument/references", &LanguageServer::references},
        {"textDocument/documentHighlight", &LanguageServer::highlight},
        {"textDocument/prepareRename", &LanguageServer::prepare_rename},
        {"textDocument/rename", &LanguageServer::rename},
        {"textDocument/completion", &LanguageServer::completion},
        {"textDocument/documentSymbol", &LanguageServer::document_symbols},
        {"textDocument/formatting", &LanguageServer::formatting},
        {"textDocument/codeLens", &LanguageServer::code_lens},
    };
    if (queue_.was_cancelled(id)) return respond(id, Answer::failed(kRequestCancelled, "cancelled"));
    const auto handler = kHandlers.find(method);
    const bool starts = method == "initialize", ends = method == "shutdown", executes = method == "workspace/executeCommand";
    if (phase_ == Phase::kNew && !starts) return respond(id, Answer::failed(kServerNotInitialized, "'initialize' comes first"));
    if (phase_ == Phase::kShutDown) return respond(id, Answer::failed(kInvalidRequest, "after 'shutdown' only 'exit' can come"));
    if (phase_ == Phase::kServing && starts) return respond(id, Answer::failed(kInvalidRequest, "'initialize' comes once"));
    if (handler == kHandlers.end() && !starts && !ends && !executes)
        return respond(id, Answer::failed(kMethodNotFound, "there is no method '" + method + "' here"));
    Answer answer;
    try {
        if (starts) answer = initialize(params);
        if (ends) {
            phase_ = Phase::kShutDown;
            checks_.reset();
            for (auto& [number, pending] : pending_)
                respond(pending.id, Answer::failed(kRequestCancelled, "the server shuts down"));
            pending_.clear();
        }
        if (executes) answer = execute(id, params);
        if (handler != kHandlers.end()) answer = (this->*handler->second)(params);
    } catch (const Json::exception& error) {
        answer = Answer::failed(kInvalidParams, std::string("the parameters of '") + method + "': " + error.what());
    }
    if (!answer.later) respond(id, answer);
}

void LanguageServer::handle_notification(const std::string& method, const Json& params) {
    if (method == "exit") {
        exit_code_ = phase_ == Phase::kShutDown ? 0 : 1;
        return;
    }
    if (phase_ != Phase::kServing) return;
    try {
        if (method == "textDocument/didOpen") return did_open(params);
        if (method == "textDocument/didChange") return did_change(params);
        if (method == "textDocument/didClose") return did_close(params);
        if (method == "textDocument/didSave" || method == "workspace/didChangeWatchedFiles") return workspace_.look_again();
        if (method == "workspace/didChangeWorkspaceFolders") return change_folders(params);
        if (method == "workspace/didChangeConfiguration") {
            if (params.is_object() && params.contains("settings") && params["settings"].is_object())
                take_options(params["settings"].value("quire", params["settings"]));
            return workspace_.look_again();
        }
        if (method == "$/cancelRequest") return cancel(params.at("id"));
        if (method == "window/workDoneProgress/cancel") {
            for (auto& [number, pending] : pending_) {
                if (pending.token == params.at("token") && checks_) checks_->cancel(number);
            }
        }
    } catch (const Json::exception& error) {
        log(kLogError, "the parameters of '" + method + "': " + error.what());
    }
}

Answer LanguageServer::initialize(const Json& params) {
    auto can = [&](const char* path) {
        const Json::json_pointer where(std::string("/capabilities/") + path);
        return params.contains(where) && params[where].is_boolean() && params[where].get<bool>();
    };
    client_.document_changes = can("workspace/workspaceEdit/documentChanges");
    client_.lens_refresh = can("workspace/codeLens/refreshSupport");
    client_.progress = can("window/workDoneProgress");
    client_.hierarchy = can("textDocument/documentSymbol/hierarchicalDocumentSymbolSupport");
    client_.related_places = can("textDocument/publishDiagnostics/relatedInformation");
    const Json::json_pointer formats("/capabilities/textDocument/hover/contentFormat");
    client_.markdown = params.contains(formats) && params[formats].is_array() &&
                       std::find(params[formats].begin(), params[formats].end(), "markdown") != params[formats].end();
    std::vector<std::string>& roots = workspace_.roots();
    if (params.contains("workspaceFolders") && params["workspaceFolders"].is_array()) {
        for (const Json& folder : params["workspaceFolders"]) roots.push_back(path_of_uri(folder.at("uri").get<std::string>()));
    } else if (params.contains("rootUri") && params["rootUri"].is_string()) {
        roots.push_back(path_of_uri(params["rootUri"].get<std::string>()));
    } else if (params.contains("rootPath") && params["rootPath"].is_string()) {
        roots.push_back(params["rootPath"].get<std::string>());
    }
    if (params.contains("initializationOptions")) take_options(params["initializationOptions"]);
    checks_.emplace(
        CheckSettings{options_.engine, workspace_.options().model_path},
        [this](CheckOutcome outcome) { queue_.push(std::move(outcome)); },
        [this](CheckProgress progress) { queue_.push(progress); });
    phase_ = Phase::kServing;
    const bool prepares = can("textDocument/rename/prepareSupport");
    Json capabilities = {
        {"positionEncoding", "utf-16"},
        {"textDocumentSync", {{"openClose", true}, {"change", 2}, {"save", {{"includeText", false}}}}},
        {"hoverProvider", true},
        {"definitionProvider", true},
        {"referencesProvider", true},
        {"documentHighlightProvider", true},
        {"renameProvider", prepares ? Json{{"prepareProvider", true}} : Json(true)},
        {"completionProvider", {{"triggerCharacters", {".", ">", "\"", "/"}}, {"resolveProvider", false}}},
        {"documentSymbolProvider", true},
        {"codeLensProvider", {{"resolveProvider", false}}},
        {"documentFormattingProvider", true},
        {"executeCommandProvider", {{"commands", {"quire.check", "quire.stop", "quire.report"}}, {"workDoneProgress", true}}},
        {"workspace", {{"workspaceFolders", {{"supported", true}, {"changeNotifications", true}}}}},
    };
    Answer answer;
    answer.result = {{"capabilities", std::move(capabilities)},
                     {"serverInfo", {{"name", "quire"}, {"version", options_.version}}}};
    return answer;
}

// {"models": ["dir", …]}: where imports are looked for, besides the library.
void LanguageServer::take_options(const Json& options) {
    if (!options.is_object() || !options.contains("models") || !options["models"].is_array()) return;
    std::vector<std::string> path = options_.model_path;
    for (const Json& model : options["models"]) {
        if (!model.is_string()) continue;
        std::string directory = model.get<std::string>();
        const bool relative = !directory.starts_with("/") && !workspace_.roots().empty();
        path.push_back(relative ? workspace_.roots()[0] + "/" + directory : directory);
    }
    workspace_.options().model_path = path;
}

void LanguageServer::respond(const Json& id, const Answer& answer) {
    Json message = {{"jsonrpc", "2.0"}, {"id", id}};
    if (answer.error != 0) {
        message["error"] = {{"code", answer.error}, {"message", answer.message}};
    } else {
        message["result"] = answer.result;
    }
    send(message);
}

void LanguageServer::notify(const std::string& method, Json params) {
    send({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}});
}

void LanguageServer::request(const std::string& id, const std::string& method, Json params) {
    Json message = {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
    if (!params.is_null()) message["params"] = std::move(params);
    send(message);
}

void LanguageServer::send(const Json& message) {
    out_.write(framed(message.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

void LanguageServer::log(int type, const std::string& text) { notify("window/logMessage", {{"type", type}, {"message", text}}); }

namespace {

// What has to be known before its turn comes: what is cancelled, and that nothing more will come.
bool is_notification(const Json& message, const char* method) {
    return message.is_object() && !message.contains("id") && message.value("method", Json()) == method;
}

void read_messages(ByteSource& in, EventQueue& queue) {
    FrameReader frames(in);
    while (std::optional<Frame> frame = frames.next()) {
        if (!frame->problem.empty()) {
            queue.push(BadFrame{frame->problem});
            continue;
        }
        Json message = Json::parse(frame->body, nullptr, false);
        if (message.is_discarded()) {
            queue.push(BadFrame{"a message is no JSON"});
            continue;
        }
        const bool last = is_notification(message, "exit");
        if (is_notification(message, "$/cancelRequest") && message.contains("params") && message["params"].is_object() &&
            message["params"].contains("id"))
            queue.note_cancelled(message["params"]["id"]);
        queue.push(std::move(message));
        if (last) return;
    }
    queue.push(EndOfInput{});
}

}  // namespace

int serve_editor(ByteSource& in, Sink& out, const LanguageServerOptions& options) {
    EventQueue queue;
    int code = 1;
    std::thread server([&] { code = LanguageServer(out, options, queue).run(); });
    read_messages(in, queue);
    server.join();
    return code;
}

}  // namespace quire
