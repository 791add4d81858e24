#!/usr/bin/env bash
# Why: what a page shows is read as what the program does, so it has to be. Every fenced block of every document stands
# behind a comment that says what it is, and is compared with that:
#
#     <!-- shows: COMMAND -->      what the command prints, run by bash in a folder that has specs, models, examples, docs
#                                  and quire.toml; later commands of a page find what earlier ones left
#     <!-- file: PATH -->          the whole file; PATH may be one that a command of the page wrote
#     <!-- part of: PATH -->       lines of that file, one after the other
#     <!-- saved as: PATH -->      what the page itself gives; later commands find it under that name, and if it is a spec,
#                                  all that it expects has to be so
#     <!-- commands -->            lines that somebody is told to type: the test readme_commands runs them
#     <!-- not run: REASON -->     anything else
#
# Times and hashes are passed over. `shown_test.sh TOP PROGRAM --write` puts into the pages what the program prints today.
set -uo pipefail
top=$(readlink -f -- "$1")
program=$(readlink -f -- "$2")
mode=${3:-check}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
export NO_COLOR=1 GITHUB_ACTIONS=
unset QUIRE_CACHE_DIR COLUMNS

# The models are those beside the program, wherever that is.
comparable() { sed -E 's/[0-9]+(\.[0-9]+)? m?s\b/<time>/g; s/xxh3:[0-9a-f]+/<hash>/g; s#/[^ ]*/(models/)#\1#g; s/[ \t]+$//' "$@"; }

# The blocks of a page: NUMBER.kind, NUMBER.what and NUMBER.text in the folder $2; NUMBER.line is where it begins.
blocks_of() {
    awk -v folder="$2" '
        /^<!-- .* -->$/ { note = substr($0, 6, length($0) - 9); next }
        /^```/ && !inside {
            inside = 1
            name = sprintf("%s/%03d", folder, ++number)
            at = index(note, ": ")
            printf "%s", (note == "" ? "nothing" : at ? substr(note, 1, at - 1) : note) >(name ".kind")
            printf "%s", (at ? substr(note, at + 2) : "") >(name ".what")
            printf "%s", NR >(name ".line")
            printf "" >(name ".text")
            note = ""
            next
        }
        /^```/ { inside = 0; next }
        inside { print >(name ".text"); next }
        /[^ ]/ { note = "" }
        ' "$1"
}

# The page $1 with what is in $2/NUMBER.now in place of its blocks.
rewritten() {
    awk -v folder="$2" '
        /^```/ && !inside {
            inside = 1
            name = sprintf("%s/%03d.now", folder, ++number)
            print
            old = (getline line <name) < 0
            if (!old) { do print line; while ((getline line <name) > 0) }
            next
        }
        /^```/ { inside = 0 }
        !inside || old { print }
        ' "$1"
}

# What is said of mutants (docs/mutants.md) would lead away from what a page shows.
contains_lines() {
    awk '{ sub(/[ \t]*\/\/ spare: .*/, "") } NR == FNR { wanted[++count] = $0; next } { line[++total] = $0 }
        END {
            for (i = 1; i + count - 1 <= total; i++) {
                for (k = 1; k <= count && line[i + k - 1] == wanted[k]; k++);
                if (k > count) exit 0
            }
            exit 1
        }' "$1" "$2"
}

page_folder() {
    mkdir -p "$1/bin" && cd "$1" || exit 1
    for name in specs models examples docs bench checker; do ln -s "$top/$name" $name; done
    ln -s "$program" bin/quire
    printf 'models = ["models"]\n' >quire.toml
    export PATH="$1/bin:$original_path"
}
original_path=$PATH

check_page() {
    local page=$1 folder number kind what now place saved=()
    folder=$work/blocks/${page//\//_}
    mkdir -p "$folder"
    blocks_of "$top/$page" "$folder"
    page_folder "$work/pages/${page//\//_}"
    for number in "$folder"/*.kind; do
        [[ -e $number ]] || continue
        number=${number%.kind}
        kind=$(<"$number.kind")
        what=$(<"$number.what")
        place=$page:$(<"$number.line")
        now=$number.now
        case $kind in
            shows) bash -c "$what" >"$now" 2>&1 </dev/null ;;
            file) cat -- "$what" >"$now" ;;
            "saved as")
                cp "$number.text" "$what"
                saved+=("$what")
                passed=$((passed + 1))
                continue
                ;;
            "part of")
                if contains_lines "$number.text" "$what"; then passed=$((passed + 1)); else
                    failed=$((failed + 1))
                    echo "FAILED: $place: these lines are not in $what"
                fi
                continue
                ;;
            commands | "not run")
                passed=$((passed + 1))
                continue
                ;;
            *)
                failed=$((failed + 1))
                echo "FAILED: $place: no comment says what this block is"
                continue
                ;;
        esac
        if diff -u --label "$place" --label "$what" <(comparable "$number.text") <(comparable "$now"); then
            passed=$((passed + 1))
            cp "$number.text" "$now"  # times and hashes stay as they are
        else
            failed=$((failed + 1))
        fi
    done
    # What is given to be copied has to hold, whether its output is shown or not.
    for what in "${saved[@]}"; do
        if [[ $what != *.quire ]] || quire check -q "$what" >"$folder/out" 2>&1; then passed=$((passed + 1)); else
            failed=$((failed + 1))
            echo "FAILED: $page: quire check $what:"
            tail -n 5 "$folder/out"
        fi
    done
    if [[ $mode == --write ]]; then
        rewritten "$top/$page" "$folder" >"$folder/page" && cat "$folder/page" >"$top/$page"
    fi
}

cd "$top" || exit 1
pages=("${@:4}")
if [[ ${#pages[@]} -eq 0 ]]; then
    # The test `formats` compares docs/output-formats.md, which shows parts of outputs.
    mapfile -t pages < <(ls README.md CONTRIBUTING.md checker/README.md docs/*.md docs/*/*.md | grep -v docs/output-formats.md)
fi
for page in "${pages[@]}"; do check_page "$page"; done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
