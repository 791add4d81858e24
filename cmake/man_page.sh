#!/usr/bin/env bash
# man_page.sh PROGRAM COMMAND: the manual page of a command in the language of scdoc, from what `--help` says, so that no
# option is forgotten. Without a command, the page of the program itself.
set -euo pipefail
program=$1
command=${2:-}

escaped() { sed -E 's/([\\_*#])/\\\1/g; s/\.\.\./\\.\\.\\./g; s/^\./\\./; s/</\\</g'; }

if [[ -z $command ]]; then
    cat <<'TEXT'
quire(1)

# NAME

quire - model checker for memory-management concurrency protocols

# SYNOPSIS

*quire* [check] [FILE|DIR...] [OPTIONS]++
*quire* COMMAND [OPTIONS]

# DESCRIPTION

Quire checks protocols, written as the kernel's own C, in every interleaving of their threads, and shows the shortest one that
goes wrong.

# COMMANDS

TEXT
    "$program" --help | sed -nE 's/^  ([a-z-]+)  +([^ ].*)$/\1\t\2/p' | grep -v '^quire' | while IFS=$'\t' read -r name text; do
        printf '*quire-%s*(1)\n\t%s\n\n' "$name" "$(escaped <<<"$text")"
    done
    cat <<'TEXT'
# EXIT STATUS

*0*
	every expectation was met

*1*
	something was not as expected

*2*
	the command line or the configuration is wrong

*3*
	a spec is wrong; nothing in it was checked

*4*
	inconclusive, and nothing failed

*5*
	internal error

*128+n*
	ended by signal n

# ENVIRONMENT

*NO_COLOR*
	no colours

*QUIRE_CACHE_DIR*
	where results of earlier runs are kept; empty: nowhere

*GITHUB_ACTIONS*
	if it is _true_, what fails is annotated

# FILES

_quire.toml_
	options that a project always wants: the nearest one up the tree

_.quire/_
	traces and results of earlier runs
TEXT
    exit 0
fi

"$program" "$command" --help | sed -E 's/[ \t]+$//' | awk -v command="$command" '
    function escaped(text) {
        gsub(/[\\_*#<]/, "\\\\&", text)
        gsub(/\.\.\./, "\\.\\.\\.", text)
        return text
    }
    function flush() {
        if (option == "") return
        print "*" escaped(option) "*"
        print "\t" escaped(text == "" ? "(see above)" : text)
        print ""
        option = ""
        text = ""
    }
    NR == 1 {
        title = $0
        sub(/\.? *$/, "", title)
        first = substr(title, 1, 1)
        print "quire-" command "(1)\n\n# NAME\n\nquire-" command " - " tolower(first) escaped(substr(title, 2)) "\n"
        next
    }
    /^Usage: / { print "# SYNOPSIS\n\n*quire* " escaped(substr($0, 14)) "\n"; next }
    /^[A-Z][^:]*:$/ { flush(); heading = toupper(substr($0, 1, length($0) - 1)); print "# " heading "\n"; next }
    /^  [^ ]/ {
        flush()
        line = substr($0, 3)
        at = match(line, /  +/)
        option = at ? substr(line, 1, at - 1) : line
        text = at ? substr(line, at + RLENGTH) : ""
        next
    }
    /^   +[^ ]/ { sub(/^ +/, ""); text = text (text == "" ? "" : " ") $0; next }
    END { flush(); print "# SEE ALSO\n\n*quire*(1)" }'
