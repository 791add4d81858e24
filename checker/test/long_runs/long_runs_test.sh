#!/usr/bin/env bash
# Why: a resume that does not resume, or that answers something else, is worse than none. The program is killed at any
# moment, stopped by signals and limits, and its files are damaged; what it says in the end has to be what it says unbroken.
set -uo pipefail
export QUIRE_CACHE_DIR=  # what is tested here has to happen each time
quire=$(readlink -f -- "$1")
bench=$(readlink -f -- "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$bench"/lrubench.quire "$work"
cd "$work" || exit 1
failed=0
passed=0
ok() { passed=$((passed + 1)); }
wrong() {
    failed=$((failed + 1))
    echo "FAILED: $*"
    sed 's/^/    /' out err 2>/dev/null | cut -c1-300 | head -20
}
says() { if grep -qF -- "$1" out err; then ok; else wrong "$2: did not say '$1'"; fi; }

# What has to be the same: everything but times, memory, and where the search came from.
answer() {
    grep '"type":"result"' out |
        sed 's/"cpu_ms":[0-9]*,//; s/"bytes_per_state":[0-9.]*,//; s/"resumed":{[^}]*},//; s/"checkpoint":"[^"]*",*//'
}
check() { "$quire" check lrubench.quire --json --trace none "$@" >out 2>err; }
kept=.quire/lrubench/base-N=3.checkpoint

# --- killed at any moment, with one worker and two, with reductions and without
for options in "-D N=3 --reduction none --jobs 1" "-D N=3 --reduction none --jobs 2" "-D N=4 --reduction symmetry --jobs 1" \
    "-D N=3 --reduction por --jobs 2"; do
    rm -rf .quire ck
    # shellcheck disable=SC2086
    check $options
    code=$?
    answer >whole
    for delay in 0.05 0.1 0.15 0.2 0.3; do
        # shellcheck disable=SC2086
        "$quire" check lrubench.quire --json --trace none $options --checkpoint ck --checkpoint-every 0s --resume >killed 2>&1 &
        child=$!
        sleep "$delay"
        kill -9 "$child" 2>/dev/null
        wait "$child" 2>/dev/null
    done
    # shellcheck disable=SC2086
    check $options --checkpoint ck --resume
    [[ $? -eq $code ]] && ok || wrong "$options: another exit code"
    if cmp -s <(answer) whole; then ok; else wrong "$options: another answer after kill -9"; fi
    if [[ -z $(find ck -name '*.checkpoint*' 2>/dev/null) ]]; then ok; else wrong "$options: files are left"; fi
done

# --- stopped by a limit, and by signals
rm -rf .quire ck
check -D N=3 --reduction none
answer >whole
check -D N=3 --reduction none --max-states 100000 --checkpoint .quire
[[ $? -eq 4 ]] && ok || wrong "a limit is inconclusive"
says '"checkpoint":".quire' "limit"
[[ -f $kept ]] && ok || wrong "a limit leaves a checkpoint"
cp "$kept" good
check -D N=3 --reduction none --resume
says '"resumed":{"states":' "resume after a limit"
if cmp -s <(answer) whole; then ok; else wrong "another answer after a limit"; fi
# (A shell starts what it leaves in the background with SIGINT ignored.)
for signal in HUP TERM; do
    rm -rf .quire
    "$quire" check lrubench.quire --json --trace none -D N=5 --reduction none --timeout 60s --checkpoint .quire >out 2>err &
    child=$!
    sleep 0.6
    kill -s "$signal" "$child"
    wait "$child"
    [[ $? -gt 128 ]] && ok || wrong "$signal: exit code"
    [[ -f .quire/lrubench/base-N=5.checkpoint ]] && ok || wrong "$signal leaves a checkpoint"
done

# --- damaged: the older one is used, or nothing is
rm -rf .quire ck
mkdir -p .quire/lrubench
cp good "$kept.old"
half=$(($(stat -c %s good) / 2))
head -c "$half" good >"$kept"
check -D N=3 --reduction none --resume
says W0305 "cut off"
says '"resumed":{"states":' "the older one"
if cmp -s <(answer) whole; then ok; else wrong "another answer from the older one"; fi
mkdir -p .quire/lrubench
head -c "$half" good >"$kept"
rm -f "$kept.old"
check -D N=3 --reduction none --resume
[[ $? -eq 4 ]] && ok || wrong "a damaged one is inconclusive"
says E0606 "cut off, and no older one"
cp good "$kept"
echo "// another text" >>lrubench.quire
check -D N=3 --reduction none --resume
[[ $? -eq 4 ]] && ok || wrong "one of another spec is inconclusive"
says "it is of 'spec xxh3:" "another spec"
cmp -s good "$kept" && ok || wrong "a refused one stays as it is"
rm -rf .quire
check -D N=2 --resume
[[ $? -eq 0 ]] && ok || wrong "nothing to go on from"
says W0306 "nothing to go on from"
check -D N=2 --resume --checkpoint ''
[[ $? -eq 2 ]] && ok || wrong "nowhere to go on from"

# --- a file that cannot grow: the checkpoint before stays
mkdir -p .quire/lrubench
cp "$bench"/lrubench.quire lrubench.quire
check -D N=3 --reduction none --max-states 20000 --checkpoint .quire
cp "$kept" before
(ulimit -f 400 && check -D N=3 --reduction none --max-states 150000 --checkpoint .quire)
says E0603 "a full disk"
cmp -s before "$kept" && ok || wrong "a full disk changed the last checkpoint"

echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
