#!/usr/bin/env bash
# Why: other programs read these files, and none of them asks when something is odd. Runs the program over specs with every
# kind of outcome and holds what it writes against the schemas of the formats; then what a signal, a full disk or a place
# that cannot be written makes of it.
set -uo pipefail
quire=$(readlink -f -- "$1")
source_dir=$(readlink -f -- "$2")
schema_check=${3:-}
here=$source_dir/checker/test/formats
work=$(mktemp -d)
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
cp -r "$source_dir/checker/test/exit_codes/specs" "$work/specs"
cp "$source_dir/examples/put_page.quire" "$work/specs/"
cd "$work/specs" || exit 1
unset GITHUB_ACTIONS GITHUB_STEP_SUMMARY SOURCE_DATE_EPOCH
passed=0
failed=0
missing=()

ok() { passed=$((passed + 1)); }
wrong() {
    failed=$((failed + 1))
    echo "FAILED: $*"
    sed 's/^/    /' "$work/out" "$work/err" | cut -c1-200 | head -8
}
# gives CODE ARGUMENT...
gives() {
    local code=$1 got
    shift
    "$quire" "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    if [[ $got -eq $code ]]; then ok; else wrong "quire $* gave $got, not $code"; fi
}
# has FILE PATTERN
has() { if grep -qE -- "$2" "$1" 2>/dev/null; then ok; else wrong "$1 has no line '$2'"; fi; }
has_not() { if grep -qE -- "$2" "$1" 2>/dev/null; then wrong "$1 has a line '$2'"; else ok; fi; }
same() { if cmp "$1" "$2" >"$work/out" 2>&1; then ok; else wrong "$1 and $2 differ"; fi; }

if [[ -z $schema_check ]]; then missing+=("valijson (libvalijson-dev)"); fi
if ! command -v xmllint >/dev/null; then missing+=("xmllint (libxml2-utils)"); fi
fits_sarif() {
    [[ -z $schema_check ]] && return
    if "$schema_check" "$here/sarif-2.1.0.json" "$@" >"$work/out" 2>&1; then ok; else wrong "SARIF: $*"; fi
}
fits_junit() {
    command -v xmllint >/dev/null || return
    if xmllint --noout --schema "$source_dir/docs/schemas/junit.xsd" "$@" >"$work/out" 2>&1; then ok; else wrong "JUnit: $*"; fi
}

models=(--models "$source_dir/models")
all=(bug_unexpected.quire pass.quire bug_expected.quire bug_not_found.quire pool_exhausted.quire cover_not_reached.quire
    instances.quire type_error.quire put_page.quire)

# ---- several formats in one run
gives 3 check "${all[@]}" "${models[@]}" --trace none --sarif out/all.sarif --junit out/all.xml --summary out/all.md --annotations gcc
cp "$work/err" "$work/gcc"
fits_sarif out/all.sarif
fits_junit out/all.xml
has out/all.sarif '"ruleId": "small"'
has out/all.sarif '"executionOrder": 1'
has out/all.sarif '"kind": "open"'
has out/all.sarif '"ruleId": "E0201"'
has out/all.sarif '"exitCode": 3'
has_not out/all.sarif '"startTimeUtc"|"endTimeUtc"'
has out/all.xml '<failure type="small"'
has out/all.xml '<failure type="expectation" message="expected a violation, found none'
has out/all.xml '<error type="inconclusive" message="pool exhausted"/>'
has out/all.xml '<error type="E0201"'
has out/all.xml '<testcase classname="instances\.'
has_not out/all.xml '<skipped'
has out/all.md '^\| FAIL \| bug'
has out/all.md '^<details><summary>BUG: quire: invariant small is false in writer</summary>'
has "$work/gcc" '^bug_unexpected\.quire:2:1: error: .*\[small\]$'
has "$work/gcc" '^bug_unexpected\.quire:2:1: note: \[a\] step 1, writer: x = 2; \(x: 0 -> 2\)$'
has "$work/gcc" '^type_error\.quire:2:17: error: .*\[E0201\]$'

# Every thread of a trace has a flow of its own, and the steps are numbered over all of them.
gives 0 check put_page.quire "${models[@]}" --show-expected --trace none --sarif out/two.sarif
fits_sarif out/two.sarif
flows=$(grep -c '"id": "shrinker\|"id": "holder\|"id": "' out/two.sarif)
if [[ $flows -ge 2 ]]; then ok; else wrong "there are $flows flows"; fi
has out/two.sarif '"kind": "informational"'

# ---- the same again: nothing depends on the clock
SOURCE_DATE_EPOCH=0 gives 1 check bug_unexpected.quire pass.quire instances.quire --all-instances --sarif a.sarif --junit a.xml --summary a.md
SOURCE_DATE_EPOCH=0 gives 1 check bug_unexpected.quire pass.quire instances.quire --all-instances --sarif b.sarif --junit b.xml --summary b.md
same a.sarif b.sarif
same a.xml b.xml
same a.md b.md
fits_junit a.xml

# ---- names that a format might trip over
cp bug_unexpected.quire 'odd & "name" <1>, 100%.quire'
cp bug_unexpected.quire $'not\xffutf8.quire'
gives 1 check odd*.quire $'not\xffutf8.quire' --sarif odd.sarif --junit odd.xml --summary odd.md --annotations github
fits_sarif odd.sarif
fits_junit odd.xml
has odd.sarif 'odd%20%26%20%22name%22%20%3C1%3E,%20100%25\.quire'
has "$work/err" '^::error file=odd & "name" <1>%2C 100%25\.quire,line=2,title=quire small \(base\)::BUG: quire: '
rm -f odd*.quire $'not\xffutf8.quire'

# ---- GitHub Actions
: >step.md
GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$PWD/step.md gives 1 check bug_unexpected.quire
has "$work/err" '^::error file=bug_unexpected\.quire,line=2,title='
has step.md '^### quire: not as expected'
GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$PWD/step.md gives 0 check pass.quire
has step.md '^### quire: not as expected'
has step.md '^### quire: as expected'
GITHUB_ACTIONS=true gives 1 check bug_unexpected.quire --annotations none
has_not "$work/err" '^::'
gives 1 check bug_unexpected.quire
has_not "$work/err" '^::'
GITHUB_ACTIONS=true gives 3 check type_error.quire
has "$work/err" '^::error file=type_error\.quire,line=2,col=17,title=quire E0201::'

# ---- to stdout; what goes to a person then goes to stderr
gives 1 check bug_unexpected.quire --sarif -
cp "$work/out" stdout.sarif
fits_sarif stdout.sarif
has "$work/err" 'FAIL'
gives 2 check pass.quire --sarif - --junit -
gives 2 check pass.quire --sarif - --json
gives 2 check pass.quire --sarif same --junit same

# ---- a signal: what was decided, and what was not
signalled() {
    local name=$1 code=$2 got
    rm -f cut.*
    GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$PWD/cut.step timeout --preserve-status -s "$name" 2 "$quire" check pass.quire \
        huge.quire bug_unexpected.quire --sarif cut.sarif --junit cut.xml --summary cut.md --json >"$work/out" 2>"$work/err" </dev/null
    got=$?
    if [[ $got -eq $code ]]; then ok; else wrong "SIG$name gave $got, not $code"; fi
    has "$work/out" '"type":"end"'
    fits_sarif cut.sarif
    fits_junit cut.xml
    has cut.sarif "\"exitSignalNumber\": $((code - 128))"
    has cut.xml '<testcase classname="pass.base" name="pass" time="[0-9.]*"/>'
    has cut.xml '<error type="inconclusive" message="interrupted"/>'
    has cut.xml '<testcase classname="bug_unexpected" name="spec"'
    has cut.xml '<error type="interrupted"'
    has cut.md '^\| \?\? \| huge'
}
signalled INT 130
signalled TERM 143

# ---- a place that cannot be written is told before the search, and a full disk costs one report only
gives 2 check huge.quire --junit /proc/nowhere/x.xml
has "$work/err" "^quire: --junit '/proc/nowhere/x.xml': "
gives 2 check pass.quire --sarif .
has "$work/err" 'is a directory'
if [[ -e /dev/full ]]; then
    rm -f kept.xml
    gives 5 check bug_unexpected.quire --sarif /dev/full --junit kept.xml
    has "$work/err" "a report is lost: '/dev/full' cannot be written"
    has "$work/out" 'BUG: quire:'
    fits_junit kept.xml
    if [[ -c /dev/full ]]; then ok; else wrong "/dev/full was replaced"; fi
fi
echo before >old.xml
(ulimit -f 0 && exec "$quire" check pass.quire --out '' --junit old.xml 2>&1) | cat >"$work/out"
got=${PIPESTATUS[0]}
: >"$work/err"
if [[ $got -eq 5 ]]; then ok; else wrong "no room for a report gave $got, not 5"; fi
has old.xml '^before$'
if compgen -G 'old.xml.*' >/dev/null; then wrong "something is left beside the report"; else ok; fi
# A link stays a link, and a pipe a pipe.
mkdir -p real
ln -s real/x.xml link.xml
: >real/x.xml
gives 0 check pass.quire --junit link.xml
if [[ -L link.xml && -s real/x.xml ]]; then ok; else wrong "a link to a report was replaced"; fi
"$quire" check pass.quire --junit >(cat >through.xml) >/dev/null 2>&1
for _ in {1..100}; do
    if grep -q "</testsuites>" through.xml 2>/dev/null; then break; fi
    sleep 0.1
done
fits_junit through.xml

# shellcheck source=/dev/null
for part in "$here"/*_part.sh; do if [[ -e $part ]]; then . "$part"; fi; done

echo "$passed passed, $failed failed"
if [[ $failed -ne 0 ]]; then exit 1; fi
if [[ ${#missing[@]} -ne 0 ]]; then
    printf '*** SKIPPED, for want of %s: what is written was not held against its schema ***\n' "${missing[@]}"
    exit 77
fi
