// `quire completions SHELL`: what the shell has to know, made from the one table of commands.
#include "app/command_table.h"
#include "app/commands.h"

namespace quire {

namespace {

bool names_files(const OptionInfo& option) { return option.type.starts_with("FILE") || option.type.starts_with("DIR"); }

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

std::string command_names() {
    std::vector<std::string> names;
    for (const CommandInfo& command : command_table()) names.push_back(command.name);
    return joined(names);
}

std::string option_names(const CommandInfo& command) {
    std::vector<std::string> names;
    for (const OptionInfo& option : command.options) names.insert(names.end(), option.names.begin(), option.names.end());
    return joined(names);
}

// In single quotes, for every one of the shells.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (char c : text) out += c == '\'' ? "’" : std::string(1, c);
    return out + "'";
}

// `--name=value` reaches a function of bash as three words where `=` breaks words, as it does by default.
std::string bash_completions() {
    std::string out = R"(# quire completions bash
_quire() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} options= values=
    if [[ $current == = ]]; then current=; elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi
    COMPREPLY=()
    case $command in
)";
    for (const CommandInfo& command : command_table())
        out += "        " + command.name + ") options=" + quoted(option_names(command)) + " ;;\n";
    const CommandInfo& first = command_table()[0];
    out += "        *) options=" + quoted(option_names(first)) + "; command=" + first.name + " ;;\n    esac\n";
    out += "    case $command:$before in\n";
    for (const CommandInfo& command : command_table()) {
        for (const OptionInfo& option : command.options) {
            if (option.is_flag || option.names.empty()) continue;
            std::string patterns;
            for (const std::string& name : option.names) patterns += (patterns.empty() ? "" : "|") + command.name + ":" + name;
            out += "        " + patterns + ") ";
            out += !option.choices.empty()
                       ? "values=" + quoted(joined(option.choices)) + "; COMPREPLY=($(compgen -W \"$values\" -- \"$current\"))"
                   : names_files(option) ? std::string("COMPREPLY=($(compgen -f -- \"$current\"))")
                                         : std::string(":");
            out += "; return ;;\n";
        }
    }
    out +=
        "    esac\n    if [[ $current == -* ]]; then\n        COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n        "
        "return\n"
        "    fi\n    COMPREPLY=($(compgen -f -- \"$current\"))\n"
        "    if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY+=($(compgen -W " +
        quoted(command_names()) +
        " -- \"$current\")); fi\n"
        "    if [[ $command == completions ]]; then COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$current\")); fi\n}\n"
        "complete -o filenames -F _quire quire\n";
    return out;
}

std::string fish_completions() {
    std::string out = "# quire completions fish\n";
    for (const CommandInfo& command : command_table()) {
        out += "complete -c quire -n __fish_use_subcommand -a " + command.name + " -d " + quoted(command.text) + "\n";
        for (const OptionInfo& option : command.options) {
            if (option.names.empty()) continue;
            out += "complete -c quire -n '__fish_seen_subcommand_from " + command.name + "'";
            for (const std::string& name : option.names)
                out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            if (!option.is_flag) out += names_files(option) ? " -r -F" : " -x";
            if (!option.choices.empty()) out += " -a " + quoted(joined(option.choices));
            out += " -d " + quoted(option.text) + "\n";
        }
    }
    return out + "complete -c quire -n '__fish_seen_subcommand_from completions' -x -a 'bash zsh fish'\n";
}

}  // namespace

int run_completions(const CommandLine& line, Streams streams) {
    const std::string& shell = line.arguments[0];
    if (shell == "fish") {
        streams.out.write(fish_completions());
    } else {
        if (shell == "zsh") streams.out.write("#compdef quire\nautoload -U +X bashcompinit && bashcompinit\n");
        streams.out.write(bash_completions());
    }
    return kExitAsExpected;
}

}  // namespace quire
