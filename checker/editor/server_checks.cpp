#include <algorithm>

#include "editor/server.h"
#include "editor/server_json.h"
#include "report/text_layout.h"

namespace quire {

namespace {

std::string_view judgement_name(Judgement judgement) {
    switch (judgement) {
        case Judgement::kMet: return "met";
        case Judgement::kNotMet: return "not met";
        case Judgement::kInconclusive: return "inconclusive";
    }
    return "";
}

}  // namespace

Answer LanguageServer::code_lens(const Json& params) {
    Answer answer;
    answer.result = Json::array();
    Document* document = workspace_.find(uri_from(params));
    if (document == nullptr) return answer;
    workspace_.refresh(*document);
    for (const VariantLens& lens : variant_lenses(*document, verdicts_)) {
        TextRange range = document->analysis->range(lens.place);
        range.end = range.start;
        answer.result.push_back({{"range", to_json(range)},
                                 {"command",
                                  {{"title", lens.title},
                                   {"command", lens.running ? "quire.stop" : "quire.check"},
                                   {"arguments", {document->uri, lens.variant}}}}});
    }
    return answer;
}

// quire.check, quire.stop and quire.report [uri, variant]; without a variant it is the file itself.
Answer LanguageServer::execute(const Json& id, const Json& params) {
    const std::string command = params.at("command").get<std::string>();
    if (command != "quire.check" && command != "quire.stop" && command != "quire.report")
        return Answer::failed(kInvalidParams, "there is no command '" + command + "'");
    const Json& arguments = params.at("arguments");
    const std::string uri = arguments.at(0).get<std::string>();
    const std::string variant = arguments.size() > 1 ? arguments.at(1).get<std::string>() : std::string(kBaseVariant);
    if (command == "quire.check") return start_check(id, params, uri, variant);
    if (command == "quire.stop") {
        stop_check(uri, variant);
        return {};
    }
    Answer answer;
    const auto found = verdicts_.find({uri, variant});
    if (found != verdicts_.end() && found->second.outcome) answer.result = found->second.outcome->report;
    return answer;
}

Answer LanguageServer::start_check(const Json& id, const Json& params, const std::string& uri, const std::string& variant) {
    Document* document = workspace_.find(uri);
    if (document == nullptr) return Answer::failed(kInvalidParams, "'" + uri + "' is not open");
    workspace_.refresh(*document);
    const std::vector<VariantPlan>& variants = document->analysis->loaded.plan.variants;
    const bool known = std::any_of(variants.begin(), variants.end(), [&](const VariantPlan& v) { return v.name == variant; });
    if (!known) return Answer::failed(kRequestFailed, "there is no variant '" + variant + "' in this spec");
    // Of two that ask for the same, the earlier one is about an earlier text, or was not patient.
    stop_check(uri, variant);
    const CheckNumber number = next_check_++;
    VariantVerdict& verdict = verdicts_[{uri, variant}];
    verdict.running = number;
    verdict.running_text = text_of_spec(*document->analysis);
    verdict.states = 0;
    PendingCheck& pending = pending_[number];
    pending.id = id;
    pending.uri = uri;
    pending.variant = variant;
    if (params.contains("workDoneToken")) {
        pending.token = params["workDoneToken"];
        begin_progress(number);
    } else if (client_.progress) {
        pending.asked_for_token = true;
        request("quire/progress/" + std::to_string(number), "window/workDoneProgress/create",
                {{"token", "quire/check/" + std::to_string(number)}});
    }
    checks_->start({number, document->path, variant, workspace_.files()});
    refresh_lenses();
    return Answer::when_done();
}

void LanguageServer::stop_check(const std::string& uri, const std::string& variant) {
    const auto found = verdicts_.find({uri, variant});
    if (found != verdicts_.end() && found->second.running != 0 && checks_) checks_->cancel(found->second.running);
}

void LanguageServer::stop_checks_of(const std::string& uri) {
    for (const auto& [key, verdict] : verdicts_) {
        if (key.first == uri) stop_check(uri, key.second);
    }
}

// Of a check that is under way; everything else has been answered when this comes, or is refused when its turn comes.
void LanguageServer::cancel(const Json& id) {
    queue_.was_cancelled(id);
    for (auto& [number, pending] : pending_) {
        if (pending.id != id || !checks_) continue;
        pending.by_request = true;
        checks_->cancel(number);
    }
}

void LanguageServer::take(CheckOutcome outcome) {
    const auto found = pending_.find(outcome.number);
    if (found == pending_.end()) return;
    const PendingCheck pending = found->second;
    const std::string line = verdict_line(outcome);
    if (!pending.token.is_null()) tell_progress(outcome.number, {{"kind", "end"}, {"message", line}});
    pending_.erase(outcome.number);
    Json expectations = Json::array();
    for (const JudgedExpectation& e : outcome.expectations)
        expectations.push_back(
            {{"text", e.text}, {"line", e.line}, {"judgement", judgement_name(e.judgement)}, {"detail", e.detail}});
    Answer answer;
    answer.result = {{"variant", pending.variant},
                     {"verdict", verdict_name(verdict_word(outcome))},
                     {"title", line},
                     {"states", outcome.states},
                     {"seconds", outcome.seconds},
                     {"expectations", std::move(expectations)},
                     {"report", outcome.report}};
    if (pending.by_request) answer = Answer::failed(kRequestCancelled, "cancelled");
    const auto known = verdicts_.find({pending.uri, pending.variant});
    if (known != verdicts_.end() && known->second.running == outcome.number) {
        VariantVerdict& verdict = known->second;
        verdict.running = 0;
        if (verdict_word(outcome) != VerdictWord::kCancelled) {
            log(3, "variant " + pending.variant + ": " + line + "\n" + outcome.report);
            verdict.outcome_text = verdict.running_text;
            verdict.outcome = std::move(outcome);
        }
        if (Document* document = workspace_.find(pending.uri)) {
            workspace_.refresh(*document);
            publish(*document);
        }
        refresh_lenses();
    }
    respond(pending.id, answer);
}

void LanguageServer::take(const CheckProgress& progress) {
    const auto found = pending_.find(progress.number);
    if (found == pending_.end()) return;
    const auto known = verdicts_.find({found->second.uri, found->second.variant});
    if (known != verdicts_.end() && known->second.running == progress.number) known->second.states = progress.states;
    if (found->second.token.is_null()) return;
    tell_progress(progress.number,
                  {{"kind", "report"}, {"message", short_number(progress.states) + " states, " + short_time(progress.seconds)}});
}

void LanguageServer::begin_progress(CheckNumber number) {
    tell_progress(number, {{"kind", "begin"}, {"title", "checking " + pending_[number].variant}, {"cancellable", true}});
}

void LanguageServer::tell_progress(CheckNumber number, Json value) {
    notify("$/progress", {{"token", pending_[number].token}, {"value", std::move(value)}});
}

// Only an editor that made the token is told of progress.
void LanguageServer::take_response(const Json& id, bool good) {
    constexpr std::string_view kProgress = "quire/progress/";
    if (!id.is_string() || !good) return;
    const std::string& text = id.get_ref<const std::string&>();
    for (auto& [number, pending] : pending_) {
        if (!pending.asked_for_token || !pending.token.is_null() || text != std::string(kProgress) + std::to_string(number))
            continue;
        pending.token = "quire/check/" + std::to_string(number);
        begin_progress(number);
    }
}

void LanguageServer::refresh_lenses() {
    if (client_.lens_refresh) request("quire/lenses/" + std::to_string(next_check_), "workspace/codeLens/refresh", nullptr);
}

}  // namespace quire
