// A word that nobody uses is put where something is missing, and the checker of types is asked what it looked for in vain there.
// So members are those of the type on the left, and locals those of the scope, also in code that does not parse further down.
// Where a declaration goes on in words of its own (`struct`, `expect violation of`, `import`), the text before the place decides.
#include "editor/completion.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <system_error>

#include "types/check.h"

namespace quire {

namespace {

constexpr const char* kPlaceholder = "quire_completes_here";

constexpr const char* kStatementWords[] = {"alloc",  "assert",   "assume",   "atomic",    "await",    "bool", "break",  "case",
                                           "choose", "const",    "continue", "cover",     "default",  "do",   "either", "else",
                                           "enum",   "false",    "for",      "free",      "ghost",    "goto", "if",     "int",
                                           "long",   "maybe",    "NULL",     "NO_THREAD", "return",   "self", "spawn",  "struct",
                                           "switch", "thread_t", "true",     "typeof",    "unsigned", "void", "while"};
constexpr const char* kFileWords[] = {"allow",    "atomic", "bool",      "check",   "const",    "cover",   "daemon",   "dormant",
                                      "enum",     "expect", "extern",    "finally", "ghost",    "import",  "init",     "inline",
                                      "instance", "int",    "invariant", "lemma",   "memory",   "pool",    "scenario", "static",
                                      "step",     "struct", "thread",    "typedef", "unsigned", "variant", "void"};
constexpr const char* kPropertyWords[] = {"acting", "at", "balance", "count", "exists", "forall", "live", "old", "total"};

ProposalKind proposal_kind(SymbolKind kind) {
    switch (kind) {
        case SymbolKind::kConstant: return ProposalKind::kConstant;
        case SymbolKind::kEnumerator: return ProposalKind::kEnumerator;
        case SymbolKind::kFunction:
        case SymbolKind::kMacro: return ProposalKind::kFunction;
        case SymbolKind::kVariable:
        case SymbolKind::kLocal: return ProposalKind::kVariable;
        case SymbolKind::kTypedef: return ProposalKind::kType;
        case SymbolKind::kStruct:
        case SymbolKind::kEnum: return ProposalKind::kStruct;
        case SymbolKind::kMember: return ProposalKind::kMember;
        case SymbolKind::kThread: return ProposalKind::kThread;
        case SymbolKind::kProperty: return ProposalKind::kProperty;
        case SymbolKind::kAccount:
        case SymbolKind::kLabel:
        case SymbolKind::kCoverPoint:
        case SymbolKind::kInstance:
        case SymbolKind::kVariant:
        case SymbolKind::kScenario: return ProposalKind::kName;
    }
    return ProposalKind::kName;
}

// The words and signs before the place, on its line and back to where the statement began.
std::vector<std::string> words_before(std::string_view text, std::size_t offset) {
    std::vector<std::string> words;
    std::size_t end = offset;
    while (end > 0 && words.size() < 6) {
        const char c = text[end - 1];
        if (c == ';' || c == '{' || c == '}') break;
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            --end;
        } else if (is_word_character(c)) {
            std::size_t begin = end;
            while (begin > 0 && is_word_character(text[begin - 1])) --begin;
            words.insert(words.begin(), std::string(text.substr(begin, end - begin)));
            end = begin;
        } else {
            words.insert(words.begin(), std::string(1, c));
            --end;
        }
    }
    return words;
}

class Completer {
public:
    Completer(Workspace& workspace, Document& document, std::size_t offset)
        : workspace_(workspace), document_(document), text_(workspace.text(document)) {
        word_at(text_, offset, begin_);
        end_ = std::max(offset, begin_);
        while (end_ < text_.size() && is_word_character(text_[end_])) ++end_;
    }

    std::vector<Proposal> run() {
        if (!in_comment() && !paths_of_import() && !by_words()) by_meaning();
        std::vector<Proposal> all;
        for (auto& [name, proposal] : found_) all.push_back(std::move(proposal));
        return all;
    }

private:
    void add(Proposal proposal) {
        if (proposal.name.empty() || proposal.name == kPlaceholder) return;
        found_.emplace(proposal.name, std::move(proposal));
    }
    void add_word(const std::string& word, ProposalKind kind, const std::string& detail = "") { add({word, kind, detail, ""}); }

    std::string_view line_before() const {
        const std::size_t start = begin_ == 0 ? std::string::npos : text_.rfind('\n', begin_ - 1);
        const std::size_t first = start == std::string::npos ? 0 : start + 1;
        return std::string_view(text_).substr(first, begin_ - first);
    }

    bool in_comment() const {
        if (line_before().find("//") != std::string_view::npos) return true;
        const std::size_t open = text_.rfind("/*", begin_);
        return open != std::string::npos && text_.find("*/", open) >= begin_;
    }

    // import "linux/… : files and directories beside the spec and in the model path.
    bool paths_of_import() {
        const std::string_view line = line_before();
        const std::size_t word = line.find_first_not_of(" \t");
        if (word == std::string_view::npos || !line.substr(word).starts_with("import")) return false;
        const std::size_t quote = line.find('"');
        if (quote == std::string_view::npos || line.find('"', quote + 1) != std::string_view::npos) return false;
        const std::string typed(line.substr(quote + 1));
        const std::size_t slash = typed.rfind('/');
        const std::string folder = slash == std::string::npos ? "" : typed.substr(0, slash);
        std::vector<std::string> places{std::filesystem::path(document_.path).parent_path().string()};
        places.insert(places.end(), workspace_.options().model_path.begin(), workspace_.options().model_path.end());
        for (const std::string& place : places) {
            std::error_code error;
            const std::filesystem::path directory = std::filesystem::path(place) / folder;
            if (folder.find("..") != std::string::npos) continue;
            for (std::filesystem::directory_iterator entry(directory, error), last; !error && entry != last;
                 entry.increment(error)) {
                const std::string name = entry->path().filename().string();
                std::error_code ignored;
                const bool is_folder = entry->is_directory(ignored);
                if (name.starts_with(".") || (!is_folder && entry->path().extension() != ".quire")) continue;
                add_word(is_folder ? name + "/" : name, ProposalKind::kFile, directory.string());
            }
        }
        return true;
    }

    bool by_words() {
        const std::vector<std::string> words = words_before(text_, begin_);
        auto last = [&](std::size_t back) { return words.size() > back ? words[words.size() - 1 - back] : std::string(); };
        const std::string before = last(0);
        if (before == "struct" || before == "enum") {
            const SymbolKind kind = before == "struct" ? SymbolKind::kStruct : SymbolKind::kEnum;
            return symbols([&](const IndexedSymbol& s) { return s.kind == kind; });
        }
        if (before == "spawn") return symbols([](const IndexedSymbol& s) { return s.kind == SymbolKind::kThread; });
        if (before == "of" && last(1) == "violation") {
            for (const std::string& check : builtin_checks()) add_word(check, ProposalKind::kName, "built-in check");
            return symbols([](const IndexedSymbol& s) { return s.kind == SymbolKind::kProperty; });
        }
        if (before == "covered") {
            return symbols(
                [](const IndexedSymbol& s) { return s.kind == SymbolKind::kProperty || s.kind == SymbolKind::kCoverPoint; });
        }
        if (before == "goto") return symbols([](const IndexedSymbol& s) { return s.kind == SymbolKind::kLabel; });
        if ((before == "allow" || before == "check") && words.size() == 1) {
            if (before == "allow") {
                for (const std::string& check : builtin_checks()) add_word(check, ProposalKind::kName, "built-in check");
            } else {
                add_word("leaks", ProposalKind::kName, "objects that are still there in the end");
            }
            return true;
        }
        if (before == "expect" && words.size() == 1) {
            for (const char* word : {"pass", "violation", "covered", "not", "proved"}) add_word(word, ProposalKind::kKeyword);
            return true;
        }
        const bool names_variant =
            words.size() >= 3 && ((words[0] == "variant" && before == ":") || (words[0] == "scenario" && before == "for"));
        if (names_variant) {
            add_word(kBaseVariant, ProposalKind::kName, "the file as it stands");
            return symbols([](const IndexedSymbol& s) { return s.kind == SymbolKind::kVariant; });
        }
        if (!words.empty() && words[0] == "expect" && before == "in" && last(2) != "for")
            return symbols([](const IndexedSymbol& s) { return s.kind == SymbolKind::kInstance; });
        if (!words.empty() && words[0] == "expect" && (before == "for" || before == "any"))
            return symbols([](const IndexedSymbol& s) { return s.kind == SymbolKind::kConstant; });
        return false;
    }

    bool symbols(const std::function<bool(const IndexedSymbol&)>& wanted) {
        workspace_.refresh(document_);
        symbols_of(*document_.index, wanted);
        return true;
    }

    void symbols_of(const SymbolIndex& index, const std::function<bool(const IndexedSymbol&)>& wanted) {
        for (const IndexedSymbol& symbol : index.symbols()) {
            if (symbol.definitions.empty() || !wanted(symbol)) continue;
            const SymbolDefinition& definition = symbol.definitions[0];
            add({symbol.name, proposal_kind(symbol.kind), definition.text, definition.doc});
        }
    }

    // The text with the word in it, and with what may be missing behind.
    void by_meaning() {
        for (const char* tail : {"", ";", ");"}) {
            OpenFiles tried = workspace_.files();
            tried.set(document_.path, text_.substr(0, begin_) + kPlaceholder + tail + text_.substr(end_));
            const auto analysis = analyse(document_.path, workspace_.options(), tried);
            bool met = false;
            for (std::size_t i = 0; i < analysis->names.size(); ++i) {
                for (const MissedName& missed : analysis->names[i].missed) {
                    if (analysis->sources().text(missed.span) != kPlaceholder) continue;
                    met = true;
                    propose(*analysis, analysis->loaded.programs[i], missed);
                }
            }
            if (met) return;
        }
        if (behind_member_sign()) return;
        for (const char* word : kFileWords) add_word(word, ProposalKind::kKeyword);
        symbols([](const IndexedSymbol& s) { return is_ordinary(s.kind); });
    }

    bool behind_member_sign() const {
        const std::string_view line = line_before();
        const std::size_t last = line.find_last_not_of(" \t");
        if (last == std::string_view::npos) return false;
        return line[last] == '.' || (line[last] == '>' && last > 0 && line[last - 1] == '-');
    }

    static bool is_ordinary(SymbolKind kind) {
        return kind == SymbolKind::kConstant || kind == SymbolKind::kEnumerator || kind == SymbolKind::kFunction ||
               kind == SymbolKind::kVariable || kind == SymbolKind::kTypedef || kind == SymbolKind::kThread ||
               kind == SymbolKind::kMacro;
    }

    void propose(const Analysis& analysis, const TypedProgram& program, const MissedName& missed) {
        const SymbolIndex index(analysis);
        if (missed.is_member) return propose_members(index, program, missed);
        for (LocalId id : missed.locals) {
            const Local& local = program[id];
            const std::string type = local.type.valid() ? type_name(program, local.type) : "";
            // The innermost one of a name hides the others.
            found_[local.name] = {local.name, ProposalKind::kVariable, type, ""};
        }
        symbols_of(index, [](const IndexedSymbol& s) { return is_ordinary(s.kind); });
        for (const std::string& name : builtin_functions()) add_word(name, ProposalKind::kFunction, "built in");
        for (const char* word : kStatementWords) add_word(word, ProposalKind::kKeyword);
        for (const char* word : kPropertyWords) add_word(word, ProposalKind::kKeyword);
    }

    void propose_members(const SymbolIndex& index, const TypedProgram& program, const MissedName& missed) {
        if (missed.container.valid()) {
            const bool is_list = program[missed.container].kind == TypeKind::kList;
            for (const char* name : {"add", "remove", "contains", "empty", "size"}) add_word(name, ProposalKind::kMethod);
            for (const char* name : {"push_front", "push_back", "pop_front", "first"}) {
                if (is_list) add_word(name, ProposalKind::kMethod);
            }
        }
        if (missed.is_thread) {
            add_word("index", ProposalKind::kMember, "the number of the thread in its role");
            for (const Local& local : program.locals) {
                if (!local.name.starts_with("(")) add_word(local.name, ProposalKind::kVariable, type_name(program, local.type));
            }
        }
        if (missed.structure.valid()) members_of(index, program, missed.structure);
    }

    void members_of(const SymbolIndex& index, const TypedProgram& program, StructId structure) {
        const Struct& s = program[structure];
        for (const StructMember& member : s.members) {
            const Type& type = program[member.type];
            if (member.name.empty() && type.kind == TypeKind::kStruct) {
                members_of(index, program, type.structure);
                continue;
            }
            const IndexedSymbol* symbol = index.find("member " + s.name + "." + member.name);
            const std::string doc = symbol != nullptr && !symbol->definitions.empty() ? symbol->definitions[0].doc : "";
            add({member.name, ProposalKind::kMember, type_name(program, member.type), doc});
        }
    }

    Workspace& workspace_;
    Document& document_;
    const std::string& text_;
    std::size_t begin_ = 0, end_ = 0;  // of the word that is being typed
    std::map<std::string, Proposal> found_;
};

}  // namespace

std::vector<Proposal> complete(Workspace& workspace, Document& document, std::size_t offset) {
    if (!document.is_open) return {};
    return Completer(workspace, document, offset).run();
}

}  // namespace quire
