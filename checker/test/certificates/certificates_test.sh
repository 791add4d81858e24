#!/usr/bin/env bash
# certificates_test.sh QUIRE SOURCE_DIR: writes the certificate of every `expect proved for any` under specs/ and has it checked
# by `quire verify-proof` and by the solvers z3 and cvc5, where they are installed.  A certificate that says the opposite of one of
# its facts must fail in each.  The last line is "N passed, M failed".
set -uo pipefail

quire=$1
top=$2
cd "$top" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

tell() {  # tell NAME STATUS: 0 is good
    if [[ $2 -eq 0 ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
    fi
}

solvers=()
for one in z3 cvc5; do
    if command -v "$one" >/dev/null; then solvers+=("$one"); else echo "there is no $one here: left out"; fi
done

# Every question answered, each by `unsat`.
accepts() {
    local answers options=()
    if [[ $1 == quire ]]; then
        "$quire" verify-proof "$2" >/dev/null 2>&1
        return
    fi
    if [[ $1 == cvc5 ]]; then options=(--incremental); fi
    answers=$("$1" "${options[@]}" "$2" 2>/dev/null)
    [[ $(grep -c '^unsat$' <<<"$answers") -eq $(grep -c '^(check-sat)' "$2") ]] && ! grep -qv '^unsat$' <<<"$answers"
}

grep -rlE --include='*.quire' '^[[:space:]]*expect proved for any' specs | sort >"$work/specs"
xargs "$quire" check --trace none --out '' --certificate "$work/certificates" <"$work/specs" >"$work/log" 2>&1
tell "the specs are proved" $?
find "$work/certificates" -name '*.smt2' 2>/dev/null | sort >"$work/files"
[[ $(wc -l <"$work/files") -eq $(xargs grep -hE '^[[:space:]]*expect proved for any' <"$work/specs" | wc -l) ]]
tell "each proof has a certificate" $?

while IFS= read -r file; do
    [[ $(grep -c '^(check-sat)' "$file") -gt 0 ]]
    tell "$file asks something" $?
    last=$(grep -oE '^\(define-fun fact[0-9]+ ' "$file" | tail -n 1)
    sed -E "s/^(\\${last}.* Bool) (.*)\)$/\1 (not \2))/" "$file" >"$work/other.smt2"
    [[ $(diff "$file" "$work/other.smt2" | grep -c '^>') -eq 1 ]]
    tell "one fact of $file is turned round" $?
    for checker in quire "${solvers[@]}"; do
        accepts "$checker" "$file"
        tell "$checker accepts $file" $?
        ! accepts "$checker" "$work/other.smt2"
        tell "$checker refuses $file with a fact turned round" $?
    done
done <"$work/files"

if [[ $failed -ne 0 ]]; then tail -n 20 "$work/log"; fi
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
