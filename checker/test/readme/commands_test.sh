#!/usr/bin/env bash
# Why: a command that a document tells somebody to type has to work. Takes every command out of the documents, in a code
# block or between backquotes, puts real names for the placeholders, and runs what belongs to `quire`; of the commands that
# would build or test, it looks up the names that they use. Options that a document mentions must exist.
set -uo pipefail
export QUIRE_CACHE_DIR=  # what is tested here has to happen each time
source_dir=$(readlink -f -- "$1")
program=$(readlink -f -- "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
ok() { passed=$((passed + 1)); }
wrong() {
    failed=$((failed + 1))
    echo "FAILED: $*"
}

cd "$source_dir" || exit 1
documents=(README.md CONTRIBUTING.md checker/README.md docs/*.md docs/decisions/*.md)

# "DOCUMENT: COMMAND" for each command; what stands in blocks of Quire's own language or output is none.
commands() {
    awk '
        FNR == 1 { inside = 0 }
        /^```/ { inside = !inside; language = substr($0, 4); next }
        inside && language ~ /^(|sh|bash|console)$/ && /^(\$ )?(quire|\.\/dev|build\/quire|cmake|ninja|ctest) / {
            sub(/^\$ /, "")
            sub(/  +.*/, "")
            sub(/ +#.*/, "")
            print FILENAME ": " $0
            next
        }
        inside { next }
        {
            rest = $0
            while (match(rest, /`[^`]+`/)) {
                code = substr(rest, RSTART + 1, RLENGTH - 2)
                rest = substr(rest, RSTART + RLENGTH)
                if (code ~ /^(quire|\.\/dev|build\/quire|cmake|ninja|ctest)( |$)/) print FILENAME ": " code
            }
        }' "${documents[@]}" | sort -u
}

# The placeholders of the documents, made real.
made_real() {
    sed -E -e 's/\[[A-Z]+…\]//g' -e "s#trace FILE#trace $work/kept.itf.json#" -e "s#\bFILE…?#$source_dir/examples/put_page.quire#g" \
        -e 's/\bCODE\b/E0110/g' -e "s#\bDIR\b#$source_dir/examples#g" -e 's/\bNAME=VALUE\b/HOLDERS=2/g' -e 's/…//g'
}

# A command of quire's: neither a mistake in the command line nor a spec that is wrong nor an internal error.
run_quire() {
    local where=$1 arguments status
    read -r -a arguments <<<"$(made_real <<<"$2")"
    (cd "$work" && "$program" "${arguments[@]}") >"$work/out" 2>&1 </dev/null
    status=$?
    if [[ $status -le 1 ]]; then ok; else
        wrong "$where: \`quire $2\` gives $status"
        sed 's/^/    /' "$work/out" | head -n 5
    fi
}

look_up() {
    local where=$1 word=$2 pattern=$3
    shift 3
    if grep -qE -- "$pattern" "$@"; then ok; else wrong "$where: there is no '$word'"; fi
}

mkdir -p "$work/specs"
cp -r examples models "$work/"
cp examples/put_page.quire "$work/specs/"
cp checker/test/exit_codes/specs/bug_unexpected.quire "$work/"
(cd "$work" && "$program" check -q bug_unexpected.quire >/dev/null 2>&1 </dev/null)
trace=$(find "$work/.quire" -name '*.itf.json' | head -n 1)
if [[ -n $trace ]]; then cp "$trace" "$work/kept.itf.json"; else wrong "no trace was kept"; fi

count=0
while IFS= read -r line; do
    where=${line%%: *}
    command=${line#*: }
    count=$((count + 1))
    case $command in
        quire | build/quire) ok ;;
        quire\ * | build/quire\ *) run_quire "$where" "${command#* }" ;;
        ./dev\ *)
            read -r _ name _ <<<"$command"
            look_up "$where" "$command" "^ +\./dev $name\b|^usage: \./dev $name\b" dev
            ;;
        cmake\ --preset\ *) look_up "$where" "$command" "\"name\": \"${command##* }\"" CMakePresets.json ;;
        ctest\ *-R\ unit/*)
            name=${command##*-R unit/}
            if [[ -d checker/test/unit/${name%% *} ]]; then ok; else wrong "$where: no tests for '$command'"; fi
            ;;
        cmake* | ninja* | ctest*) ok ;;
        *) wrong "$where: \`$command\` is not understood by this test" ;;
    esac
done < <(commands)
if [[ $count -lt 10 ]]; then wrong "only $count commands were found"; fi

# Options between backquotes.
for command in check ask necessity mutants trace list explain fmt init sim completions lsp; do "$program" $command --help; done >"$work/options" 2>&1
{ "$program" --help; ./dev --help; } >>"$work/options" 2>&1
others='--(install-extension|install|preset|test-dir|output-on-failure|build|prefix|test-case|generated|seed|print)'
while IFS= read -r line; do
    option=${line##*:}
    if [[ $option =~ ^$others$ ]] || grep -qF -- "$option" "$work/options"; then ok; else wrong "${line%:*}: there is no $option"; fi
done < <(grep -oE '`[^`]*`' "${documents[@]}" | grep -oE '^[^:]+:|--[a-z][a-z-]+' | awk '/:$/ { file = $0; next } { print file $0 }' | sort -u)

echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
