#!/usr/bin/env bash
# Why: a trace as `--trace mail` prints it can be asked about again, after an archive has squeezed its blanks and somebody
# has quoted it, and leads to the same bug.  Of a trace that was folded to fit a screen, nothing prevents what is shown.
# Over every violation of every spec.
set -uo pipefail
program=$(readlink -f -- "$1")
cd "$(dirname "$0")/../../.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# Splits what check printed into one file per trace, named by the spec and what the trace says reproduces it.
split_traces() {
    awk -v work="$1" '
        /^BUG: / { number++; file = sprintf("%s/%03d.mail", work, number) }
        /^  (ok|FAIL|\?\?) / { file = "" }
        file != "" { print > file }'
}

again() {
    local mail=$1 command property out steps
    command=$(sed -n '/^Reproduce: /,/^ *(quire/p' "$mail" | grep -v '^ *(quire' | tr '\n' ' ' | sed -E 's/^Reproduce: quire check//; s/ +/ /g')
    property=${command##*--property }
    property=${property%% *}
    command=${command%% --property*}
    # The blanks of the rows are squeezed and everything is quoted.
    sed -E 's/ +/ /g; s/^/> > /' "$mail" >"$work/squeezed"
    read -r -a arguments <<<"$command"
    out=$("$program" ask "${arguments[@]}" --timeout 60s --trace none <"$work/squeezed" 2>&1)
    # Of several properties that the last state violates the answer names one: the same run is as long.
    steps=$(sed -nE 's/^ *\(quire .* ([0-9]+ steps), .*/\1/p; s/.*, ([0-9]+ steps), [0-9]+ context.*/\1/p' "$mail" | head -n 1)
    if grep -q '\.\.\. [0-9]* steps\? of ' "$mail" && [[ $out == *"answer: nothing prevents it"* ]]; then
        passed=$((passed + 1))
    elif [[ $out == *"leads to $property"* || $out == *"led to $property"* ]] ||
        [[ -n $steps && $out == *"leads to "*".  $steps, "* ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: ${arguments[*]} $property"
        printf '%s\n' "$out" | tail -n 6 | cut -c1-200 | sed 's/^/    /'
    fi
}

for spec in "${@:2}"; do
    rm -f "$work"/*.mail
    "$program" check "$spec" --trace mail --show-expected --out '' --timeout 60s 2>/dev/null | split_traces "$work"
    for mail in "$work"/*.mail; do
        [[ -e $mail ]] || continue
        # Some need no step.
        grep -q '(no step: ' "$mail" || again "$mail"
    done
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
