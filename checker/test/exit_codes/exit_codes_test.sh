#!/usr/bin/env bash
# Why: CI gates and bisections look at nothing but the exit code, and checkers that exit 0 on failure are the oldest
# complaint about them. Each line below is one case: the code, then the arguments.
set -uo pipefail
export QUIRE_CACHE_DIR=  # what is tested here has to happen each time
quire=$(readlink -f -- "$1")
specs=$(readlink -f -- "$2")
work=$(mktemp -d)
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
cp -r "$specs" "$work/specs"
cd "$work/specs" || exit 1
passed=0
failed=0

ok() { passed=$((passed + 1)); }
wrong() {
    failed=$((failed + 1))
    echo "FAILED: $*"
    sed 's/^/    /' "$work/out" "$work/err" | head -20
}

# gives CODE ARGUMENT...
gives() {
    local code=$1 got
    shift
    "$quire" "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    if [[ $got -eq $code ]]; then ok; else wrong "quire $* gave $got, not $code"; fi
}
# says TEXT: in what the last command printed
says() { if grep -qF -- "$1" "$work/out" "$work/err"; then ok; else wrong "the last command did not say '$1'"; fi; }
says_not() { if grep -qF -- "$1" "$work/out" "$work/err"; then wrong "the last command said '$1'"; else ok; fi; }

# 0: as expected
gives 0 check pass.quire
gives 0 pass.quire
gives 0 check bug_expected.quire
gives 0 check cover_reached.quire
gives 0 check instances.quire
gives 0 check pass.quire bug_expected.quire cover_reached.quire
gives 0 check -q pass.quire
gives 0 check <(cat pass.quire)
gives 0 list <(cat pass.quire)
"$quire" check /dev/stdin <pass.quire >"$work/out" 2>"$work/err"
got=$?
if [[ $got -eq 0 ]]; then ok; else wrong "a spec on stdin gave $got"; fi
gives 0 check --json pass.quire
says '"type":"end"'
gives 0 --help
gives 0 check --help
gives 0 --version
gives 0 explain E0110
gives 0 list pass.quire
gives 0 list --choices
gives 0 list tso.quire
says "memory"
# 1: not as expected
gives 1 check bug_unexpected.quire
says "BUG: quire: invariant small is false in writer"
gives 1 check no_expectation.quire
gives 1 check bug_not_found.quire
gives 1 check other_bug_found.quire
gives 1 check cover_not_reached.quire
gives 1 check cover_nobody_names.quire
gives 1 check not_covered_is_covered.quire
gives 1 check instances.quire --instance tight
gives 1 check instances.quire --all-instances
gives 1 check instances.quire -D N=5
gives 1 check --json bug_unexpected.quire
gives 1 check -q bug_unexpected.quire
says_not "BUG:"
# 2: the command line
gives 2 check no_such_file.quire
gives 2 asks pass.quire
gives 3 ask pass.quire
gives 2 check --no-such-option pass.quire
gives 2 check --trace purple pass.quire
gives 2 check --timeout soon pass.quire
gives 2 check --memory-limit some pass.quire
gives 2 check -D X pass.quire -D Y=z
gives 2 check --variant nobody pass.quire
gives 2 check --property nothing pass.quire
gives 2 check --instance nowhere pass.quire
gives 2 check -D M=3 instances.quire
gives 2 check --variant brokn instances.quire
says "did you mean 'broken'?"
gives 2 check --no-pass nothing pass.quire
gives 2 check library.quire/nothing
gives 2 explain E9999
gives 2 trace
gives 2 trace pass.quire
gives 2 check /dev/null
says "'/dev/null' is a device"
gives 2 check -
says "/dev/stdin"
gives 2 check --json /dev/stdout
says "is where the results go"
"$quire" check --json /dev/stdout 2>"$work/err" </dev/null | cat >"$work/out"
got=${PIPESTATUS[0]}
if [[ $got -eq 2 ]]; then ok; else wrong "its own pipe as a spec gave $got, not 2"; fi
says "is where the results go"
gives 2 list /dev/null
gives 2 trace /dev/zero
says "is a device"
if [[ $(id -u) -ne 0 ]]; then
    mkdir closed
    cp pass.quire closed
    chmod 000 closed
    gives 2 check closed/pass.quire
    says "Permission denied"
    gives 2 list closed/pass.quire
    says "Permission denied"
    gives 2 trace closed/pass.quire
    says "Permission denied"
    chmod 755 closed
    rm -r closed
fi
mkdir empty
cd empty || exit 1
gives 2 check
cd ..
# 3: the spec
gives 3 check parse_error.quire
gives 3 check type_error.quire
gives 3 check not_supported.quire
gives 3 check tso.quire
gives 0 check --experimental tso.quire
gives 3 check library.quire
# 4: inconclusive
gives 4 check proved.quire
gives 4 check pool_exhausted.quire
gives 4 check large.quire --max-states 100
gives 4 check large.quire --max-depth 3
gives 4 check huge.quire --timeout 200ms
says "INCONCLUSIVE: time limit reached"
gives 4 check --json huge.quire --timeout 200ms
says '"verdict":"inconclusive"'
# A bug that the limits let through still decides.
gives 1 check bug_unexpected.quire --max-states 10
gives 0 check bug_expected.quire --max-states 10
# Mixed: 5 > 3 > 1 > 4 > 0
gives 1 check pass.quire bug_unexpected.quire
gives 1 check pool_exhausted.quire bug_unexpected.quire
gives 4 check pool_exhausted.quire pass.quire
gives 3 check bug_unexpected.quire type_error.quire pool_exhausted.quire pass.quire
says "BUG: quire:"
gives 3 check . --max-states 2000

# Signals: 128 + n, and what was decided before is told.
signalled() {
    local name=$1 code=$2 got
    timeout --preserve-status -s "$name" 2 "$quire" check --json pass.quire huge.quire >"$work/out" 2>"$work/err" </dev/null
    got=$?
    if [[ $got -eq $code ]]; then ok; else wrong "SIG$name gave $got, not $code"; fi
    says '"verdict":"pass"'
    says '"type":"end"'
    says '"reason":"interrupted"'
}
signalled INT 130
says '"exit":130'
signalled TERM 143
says '"exit":143'
# timeout(1) signals its child and then the child's group: the same signal, twice, a moment apart.
"$quire" check --json pass.quire huge.quire >"$work/out" 2>"$work/err" </dev/null &
searching=$!
sleep 1
kill -TERM "$searching"
sleep 0.01
kill -TERM "$searching" 2>/dev/null
wait "$searching"
got=$?
if [[ $got -eq 143 ]]; then ok; else wrong "SIGTERM twice gave $got, not 143"; fi
says '"type":"end"'
says '"reason":"interrupted"'

# Nobody reads: quiet, and not success.
"$quire" check bug_unexpected.quire 2>"$work/err" | true
got=${PIPESTATUS[0]}
: >"$work/out"
if [[ $got -eq 1 || $got -eq 141 ]] && [[ ! -s $work/err ]]; then ok; else wrong "a closed pipe gave $got"; fi
if [[ -e /dev/full ]]; then
    "$quire" check pass.quire >/dev/full 2>"$work/err"
    got=$?
    if [[ $got -eq 5 ]] && grep -q "could not be written" "$work/err"; then ok; else wrong "a full disk gave $got"; fi
fi
"$quire" check pass.quire >&- 2>"$work/err"
got=$?
if [[ $got -eq 5 ]]; then ok; else wrong "a closed stdout gave $got"; fi

# A place that cannot be written costs the traces and not the verdict.
gives 1 check bug_unexpected.quire --out /proc/nowhere
says "E0603"
gives 1 check bug_unexpected.quire --out ''
says_not "replay:"
rm -rf .quire
(ulimit -f 0 && exec "$quire" check bug_unexpected.quire >/dev/null 2>&1)
got=$?
: >"$work/out"
: >"$work/err"
if [[ $got -eq 1 ]]; then ok; else wrong "a full disk for traces gave $got, not 1"; fi

# Traces are kept and can be shown again; a changed spec is told.
rm -rf .quire
gives 1 check bug_unexpected.quire
trace=.quire/bug_unexpected/base-base-small.itf.json
gives 0 trace "$trace"
says "BUG: quire: invariant small is false"
gives 0 trace "$trace" --mail
says "Reproduce: quire check bug_unexpected.quire"
gives 0 trace "$trace" --commit
mkdir -p .quire elsewhere
cd elsewhere || exit 1
gives 0 trace "../$trace"
cd ..
echo "// changed" >>bug_unexpected.quire
gives 0 trace "$trace"
says "W0304"
sed -i 's/x = 2/x = 1/' bug_unexpected.quire
gives 1 trace "$trace"
says "has changed since"
sed -i 's/x = 1/y = 1/' bug_unexpected.quire
gives 3 trace "$trace"

echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
