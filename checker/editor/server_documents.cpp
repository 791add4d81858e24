#include <algorithm>

#include "editor/document_uri.h"
#include "editor/server.h"
#include "editor/server_json.h"

namespace quire {

namespace {

constexpr int kError = 1, kWarning = 2, kInformation = 3;

int severity_number(Severity severity) {
    switch (severity) {
        case Severity::kError: return kError;
        case Severity::kWarning: return kWarning;
        case Severity::kNote: return kInformation;
    }
    return kError;
}

// The import of the top file through which another one came in: files are in the order of import, each behind what it imports.
SourceSpan import_of(const ast::Spec& spec, SourceId file) {
    const auto place = std::find(spec.files.begin(), spec.files.end(), file);
    for (const ast::Import& import : spec.imports) {
        if (!import.file) continue;
        if (std::find(spec.files.begin(), spec.files.end(), *import.file) >= place) return import.path_span;
    }
    return {spec.file, 0, 0, {}};
}

std::string text_of(const Diagnostic& d) {
    std::string text = d.message;
    if (!d.label.empty()) text += "\n" + d.label;
    for (const std::string& note : d.notes) text += "\nnote: " + note;
    for (const std::string& help : d.helps) text += "\nhelp: " + help;
    return text;
}

}  // namespace

void LanguageServer::did_open(const Json& params) {
    const Json& document = params.at("textDocument");
    workspace_.open(document.at("uri").get<std::string>(), document.at("text").get<std::string>(),
                    document.value("version", std::int64_t{0}));
}

void LanguageServer::did_change(const Json& params) {
    const std::string uri = uri_from(params);
    Document* document = workspace_.find(uri);
    if (document == nullptr) return log(kError, "a change of '" + uri + "', which is not open");
    std::string text = workspace_.text(*document);
    for (const Json& change : params.at("contentChanges")) {
        const std::string& with = change.at("text").get_ref<const std::string&>();
        if (!change.contains("range")) {
            text = with;
            continue;
        }
        const TextPositions positions(text);
        const std::size_t begin = positions.offset(position_from(change["range"].at("start")));
        const std::size_t end = std::max(begin, positions.offset(position_from(change["range"].at("end"))));
        text.replace(begin, end - begin, with);
    }
    const Json version = params["textDocument"].value("version", Json());
    workspace_.change(*document, std::move(text), version.is_number_integer() ? version.get<std::int64_t>() : document->version);
}

void LanguageServer::did_close(const Json& params) {
    const std::string uri = uri_from(params);
    if (workspace_.find(uri) == nullptr) return;
    stop_checks_of(uri);
    for (auto one = verdicts_.begin(); one != verdicts_.end();) one = one->first.first == uri ? verdicts_.erase(one) : ++one;
    workspace_.close(uri);
    notify("textDocument/publishDiagnostics", {{"uri", uri}, {"diagnostics", Json::array()}});
}

void LanguageServer::change_folders(const Json& params) {
    std::vector<std::string>& roots = workspace_.roots();
    for (const Json& folder : params.at("event").at("removed")) {
        const std::string path = path_of_uri(folder.at("uri").get<std::string>());
        roots.erase(std::remove(roots.begin(), roots.end(), path), roots.end());
    }
    for (const Json& folder : params.at("event").at("added")) roots.push_back(path_of_uri(folder.at("uri").get<std::string>()));
}

Json LanguageServer::location(Document& document, const SourceSpan& span) {
    const SourceSpan place = document.analysis->sources().outermost(span);
    return {{"uri", workspace_.uri_of(document.analysis->sources().path(place.file))},
            {"range", to_json(document.analysis->range(place))}};
}

// What is wrong in an imported file is told at the import, with the place.
Json LanguageServer::diagnostic_json(Document& document, const Diagnostic& diagnostic) {
    Analysis& analysis = *document.analysis;
    const DiagnosticInfo& info = diagnostic_info(diagnostic.code);
    const SourceSpan place = analysis.sources().outermost(diagnostic.span);
    std::string message = text_of(diagnostic);
    Json related = Json::array();
    auto relate = [&](const SourceSpan& span, const std::string& text) {
        if (analysis.sources().outermost(span).valid())
            related.push_back({{"location", location(document, span)}, {"message", text}});
    };
    SourceSpan shown = place.valid() ? place : SourceSpan{analysis.top(), 0, 0, {}};
    if (place.valid() && place.file != analysis.top()) {
        shown = import_of(analysis.loaded.spec, place.file);
        message = "in an imported file: " + message;
        relate(place, diagnostic.message);
    }
    for (const DiagnosticLabel& label : diagnostic.secondary) relate(label.span, label.text);
    // What a macro spelled stands in its definition.
    if (diagnostic.span.valid() && diagnostic.span.expansion.valid()) {
        SourceSpan spelled = diagnostic.span;
        spelled.expansion = {};
        relate(spelled, "spelled here, by the macro '" + analysis.sources().expansion(diagnostic.span.expansion).macro + "'");
    }
    if (!client_.related_places) {
        for (const Json& one : related) {
            message += "\n" + one["message"].get<std::string>() + ": " + path_of_uri(one["location"]["uri"].get<std::string>()) +
                       ":" + std::to_string(one["location"]["range"]["start"]["line"].get<int>() + 1);
        }
    }
    const TextRange range = shown.valid() ? analysis.range(shown) : TextRange{};
    Json out = {{"range", to_json(range)},
                {"severity", severity_number(diagnostic.severity)},
                {"code", std::string(info.code)},
                {"source", "quire"},
                {"message", message}};
    if (client_.related_places && !related.empty()) out["relatedInformation"] = std::move(related);
    return out;
}

// An expectation that is not met is an error at its line, with the steps of the run that shows it.
void LanguageServer::add_verdict_diagnostics(const Document& document, Json& list) {
    constexpr std::size_t kMostSteps = 60;
    Analysis& analysis = *document.analysis;
    const std::size_t text = text_of_spec(analysis);
    for (const auto& [key, verdict] : verdicts_) {
        if (key.first != document.uri || !verdict.outcome || verdict.outcome_text != text) continue;
        for (const JudgedExpectation& e : verdict.outcome->expectations) {
            const bool stopped = e.judgement == Judgement::kInconclusive && verdict.outcome->cancelled;
            if (e.judgement == Judgement::kMet || stopped) continue;
            const std::uint32_t line = std::clamp<std::uint32_t>(e.line, 1, analysis.sources().line_count(analysis.top()));
            const std::string_view code = analysis.sources().line_text(analysis.top(), line);
            const std::size_t start = analysis.sources().line_start(analysis.top(), line);
            const std::size_t indent = std::min(code.find_first_not_of(" \t"), code.size());
            const TextRange range = analysis.positions(analysis.top()).range(start + indent, start + code.size());
            const bool open = e.judgement == Judgement::kInconclusive;
            Json related = Json::array();
            for (const TraceLine& step : e.trace) {
                if (step.file != document.path || related.size() >= kMostSteps) continue;
                const std::uint32_t at = std::min(step.line, analysis.sources().line_count(analysis.top()));
                const std::size_t first = analysis.sources().line_start(analysis.top(), at);
                const std::size_t length = analysis.sources().line_text(analysis.top(), at).size();
                related.push_back({{"location",
                                    {{"uri", document.uri},
                                     {"range", to_json(analysis.positions(analysis.top()).range(first, first + length))}}},
                                   {"message", step.text}});
            }
            Json one = {{"range", to_json(range)},
                        {"severity", open ? kWarning : kError},
                        {"code", open ? "inconclusive" : "not-as-expected"},
                        {"source", "quire"},
                        {"message", "variant " + key.second + ": expected " + e.text + (open ? ": inconclusive" : ", but") +
                                        (e.detail.empty() ? std::string() : (open ? ": " : " ") + e.detail)}};
            if (client_.related_places && !related.empty()) one["relatedInformation"] = std::move(related);
            list.push_back(std::move(one));
        }
    }
}

void LanguageServer::publish(Document& document) {
    document.told = true;
    Json list = Json::array();
    for (const Diagnostic& d : document.analysis->loaded.diagnostics.sorted()) list.push_back(diagnostic_json(document, d));
    if (!document.analysis->failure.empty()) {
        list.push_back(
            {{"range", to_json(TextRange{})},
             {"severity", kError},
             {"source", "quire"},
             {"message", "internal error: " + document.analysis->failure + "; this is a bug in quire, not in the spec"}});
    }
    if (document.analysis->top().valid()) add_verdict_diagnostics(document, list);
    notify("textDocument/publishDiagnostics",
           {{"uri", document.uri}, {"version", document.version}, {"diagnostics", std::move(list)}});
}

}  // namespace quire
