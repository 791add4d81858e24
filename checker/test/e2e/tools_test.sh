#!/usr/bin/env bash
# Why: a formatter that loses a token changes a protocol, a first spec that does not check sends people away, a random run that
# cannot be had again is worth nothing, and completions that are written by hand are wrong after the next option.
source "$(dirname -- "${BASH_SOURCE[0]}")/begin.sh"
export QUIRE_CACHE_DIR=

# fmt: over everything that there is, also made ugly. Nothing but white space changes, again changes nothing, and what the
# parser understands is the same.
bare() { tr -d ' \t\r\n\f\v' <"$1"; }
ast() { "$quire" check --print ast --models "$top/models" --out '' "$1" 2>&1; }
mkdir all ugly
number=0
while IFS= read -r spec; do
    number=$((number + 1))
    cp "$spec" "all/$number.quire"
    # No indentation, every blank two, ends of lines as DOS has them, empty lines doubled, blanks at the ends. What goes on with
    # a directive stays.
    if grep -q '\\$' "$spec"; then cp "$spec" "ugly/$number.quire"; else
        sed -E 's/^[ \t]+//; s/$/  \r/; s/^ *\r?$/\n/; s/, /,/g; s/ == /==/g' "$spec" >"ugly/$number.quire"
    fi
done < <(find "$top/specs" "$top/models" "$top/examples" "$top/checker/test/exit_codes/specs" -name '*.quire' ! -path '*/.*' | sort)
if [[ $number -ge 100 ]]; then ok; else wrong "only $number specs"; fi
cp -r all before
cp -r ugly ugly_before
gives 0 fmt all ugly
for folder in all ugly; do
    cp -r $folder once
    "$quire" fmt once >out 2>err
    if [[ ! -s out ]]; then ok; else wrong "fmt of what was formatted changes it"; fi
    "$quire" fmt --check $folder >out 2>err && ok || wrong "fmt --check after fmt"
    rm -r once
done
for ((i = 1; i <= number; i++)); do
    for folder in all:before ugly:ugly_before; do
        if [[ $(bare "${folder%:*}/$i.quire") == "$(bare "${folder#*:}/$i.quire")" ]]; then ok; else wrong "tokens of $i"; fi
    done
    if cmp -s "all/$i.quire" "before/$i.quire" || [[ $(ast "all/$i.quire") == "$(ast "before/$i.quire" | sed 's#^before/#all/#')" ]]; then ok; else
        wrong "fmt changes what $i means"
    fi
done
printf 'int x;\nthread t {\nif(x==1){x=2;}  // why\n\n\n\n\tx = 3 ;   \n}\n' >one.quire
gives 1 fmt --check one.quire
says "one.quire"
gives 0 check one.quire
gives 0 fmt one.quire
printf 'int x;\nthread t {\n\tif (x == 1) { x = 2; }  // why\n\n\tx = 3;\n}\n' >wanted
same wanted one.quire "fmt"
gives 0 fmt --check one.quire
printf 'int x; /* no end' >endless.quire
cp endless.quire copy
gives 3 fmt endless.quire
same copy endless.quire "a text without an end stays"
printf 'int  x;\nthread t{x=1;}\n' | "$quire" fmt - >out 2>err
says 'thread t { x = 1; }'
chmod 750 one.quire
printf '\n\n\n' >>one.quire
"$quire" fmt one.quire >out
if [[ $(stat -c %a one.quire) == 750 ]]; then ok; else wrong "fmt changes permissions"; fi

# init: what it writes checks, is formatted, and is never written over.
mkdir fresh && cd fresh || exit 1
gives 0 init
gives 0 check --models "$top/models"
says "2 expectations"
gives 0 fmt --check specs
cp specs/first.quire ../first
echo '// mine' >>specs/first.quire
cp specs/first.quire ../mine
gives 0 init
says "kept   specs/first.quire"
same specs/first.quire ../mine "init keeps what is there"
cd ..
gives 0 init elsewhere
if [[ -f elsewhere/specs/first.quire && -f elsewhere/.github/workflows/quire.yml && -f elsewhere/quire.toml ]]; then ok; else wrong "init DIR"; fi

# sim: a seed gives the same run; a bug that it meets is a trace; by hand, from a pipe.
specs=$top/checker/test/exit_codes/specs
gives 0 sim "$specs/pass.quire" --seed 7
says "seed 7"
says "every thread has ended"
cp out first
gives 0 sim "$specs/pass.quire" --seed 7
same first out "the same seed"
gives 1 sim "$specs/bug_unexpected.quire" --seed 1 --runs 50
says "BUG: quire: invariant small is false"
gives 0 sim "$top/examples/put_page.quire" --models "$top/models" --variant dec_and_test --runs 30 --seed 3 -q
gives 1 sim "$top/examples/put_page.quire" --models "$top/models" --runs 200 --seed 3
says "BUG: quire: "
printf '1\n1\nno\n1\nq\n' | "$quire" sim "$top/examples/put_page.quire" --models "$top/models" --step >out 2>err
says "'no' is none of them"
says "which? (1..2"
says "stopped after 3 steps"
"$quire" sim "$specs/pass.quire" --step </dev/null >out 2>err && ok || wrong "sim --step at the end of its input"
gives 2 sim "$specs/pass.quire" --variant nobody
gives 2 sim
gives 3 sim "$specs/type_error.quire"

# completions: bash itself is asked, for every command and option that --help tells of.
gives 0 completions bash
cp out quire.bash
complete_words() { # WORD...: what bash offers for the last one
    bash -c 'source ./quire.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _quire; printf "%s\n" "${COMPREPLY[@]}"' _ "$@"
}
offers() { # WANTED WORD...
    local wanted=$1
    shift
    if [[ $(complete_words "$@" | grep -cxF -- "$wanted") -gt 0 ]]; then ok; else wrong "after '$*' bash is not offered $wanted"; fi
}
commands=$("$quire" completions fish | sed -nE 's/.*__fish_use_subcommand -a ([a-z-]+).*/\1/p')
if [[ $(wc -w <<<"$commands") -ge 9 ]]; then ok; else wrong "commands: $commands"; fi
for command in $commands; do
    offers "$command" quire "${command:0:2}"
    for option in $("$quire" "$command" --help | grep -oE '(^ +|,)--[a-z][a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u); do
        offers "$option" quire "$command" "${option:0:4}"
    done
done
offers tso quire check --memory t
offers mail quire check --trace = m
offers never quire list --color n
offers one.quire quire check one
offers zsh quire completions z
gives 0 completions zsh
says "#compdef quire"
if bash -n quire.bash; then ok; else wrong "the script for bash"; fi
gives 0 completions fish
says "complete -c quire -n '__fish_seen_subcommand_from check' -l timeout"
gives 2 completions tcsh
finish
