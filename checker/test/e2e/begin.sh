# Read by the scripts beside it: a directory of their own, and counting.
set -uo pipefail
quire=$(readlink -f -- "$1")
top=$(readlink -f -- "$2")
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0
failed=0
unset QUIRE_CACHE_DIR

ok() { passed=$((passed + 1)); }
wrong() {
    failed=$((failed + 1))
    echo "FAILED: $*"
    cat out err 2>/dev/null | sed 's/^/    /' | head -n 20
}
# gives CODE ARGUMENT...
gives() {
    local code=$1 got
    shift
    "$quire" "$@" >out 2>err </dev/null
    got=$?
    if [[ $got -eq $code ]]; then ok; else wrong "quire $* gave $got, not $code"; fi
}
says() { if grep -qF -- "$1" out err; then ok; else wrong "the last command did not say '$1'"; fi; }
says_not() { if grep -qF -- "$1" out err; then wrong "the last command said '$1'"; else ok; fi; }
same() { if cmp -s "$1" "$2"; then ok; else wrong "$3: $(diff "$1" "$2" | head -n 5)"; fi; }
finish() {
    echo "$passed passed, $failed failed"
    [[ $failed -eq 0 ]]
}
