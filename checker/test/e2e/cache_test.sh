#!/usr/bin/env bash
# Why: a result from the cache that is not what the check would say today is a wrong verdict. Everything an answer depends on
# is changed once, every way to damage an entry is tried, and each time the answer has to be that of a run without a cache.
source "$(dirname -- "${BASH_SOURCE[0]}")/begin.sh"

mkdir -p specs lib
cp "$top"/checker/test/exit_codes/specs/{pass,bug_unexpected,bug_expected,cover_not_reached,instances}.quire specs/
cat >lib/box.quire <<'SPEC'
int box;
void put(int n) { box = n; }
SPEC
cat >specs/imports.quire <<'SPEC'
import "box.quire";
const N = 2;
thread writer { put(N); }
invariant small: box <= 2;
cover full: box == N;
SPEC

# Times differ, and where results come from.
timeless() { sed -E 's/"(cpu|elapsed)_ms":[0-9]+/"\1_ms":0/g; s/"from_cache":[0-9]+/"from_cache":0/; s/  (All|[0-9]+ results?) from the cache\.//; s/ +[0-9.]+ m?s$//'; }

# The same answers, traces and exit codes, in every format.
for format in --json --show-expected -v -q "--trace full"; do
    read -r -a words <<<"$format"
    gives 1 check specs --models lib --no-cache "${words[@]}"
    says_not "from the cache"
    timeless <out >fresh
    gives 1 check specs --models lib "${words[@]}"
    gives 1 check specs --models lib "${words[@]}"
    if [[ $format == --json ]]; then says_not '"from_cache":0'; elif [[ $format != -q ]]; then says "from the cache"; fi
    timeless <out >again
    if [[ $format == -v ]]; then sed -i -E 's/[0-9.]+ s of CPU//' fresh again; fi
    same fresh again "check $format, from the cache"
done

# What an answer depends on: each change is noticed, and only where it matters.
anew() { gives "$1" check specs/imports.quire --models lib "${@:2}"; says_not "from the cache"; }
kept() { gives "$1" check specs/imports.quire --models lib "${@:2}"; says "All from the cache"; }
anew 0
kept 0
kept 0 --jobs 1 --timeout 1h
anew 1 -D N=3
kept 1 -D N=3
kept 0
anew 0 --property full
anew 0 --reduction none
anew 0 --store fingerprint
anew 0 --max-states 1000
anew 0 --out elsewhere
anew 0 --no-pass infer-ranges
echo 'int unused;' >>specs/imports.quire
anew 0
kept 0
sed -i 's/box = n;/box = n + 1;/' lib/box.quire
anew 1
kept 1
says "BUG: quire: invariant small is false"
# A file that is found earlier on the way than the one that was read.
cp lib/box.quire specs/box.quire
sed -i 's/n + 1/n/' specs/box.quire
anew 0
kept 0
rm specs/box.quire
kept_or_anew=$("$quire" check specs/imports.quire --models lib --json | grep -c '"as_expected":false')
if [[ $kept_or_anew -gt 0 ]]; then ok; else wrong "a file that is there no longer still counts"; fi
sed -i 's/n + 1/n/' lib/box.quire
anew 0
# Another program.
cp "$quire" other
printf 'x' >>other
./other check specs/imports.quire --models lib >out 2>err
says_not "from the cache"
# A text on standard input, or from a pipe, is read once.
"$quire" check /dev/stdin <specs/pass.quire >out 2>err
"$quire" check /dev/stdin <specs/bug_unexpected.quire >out 2>err
says "BUG: quire"
"$quire" check <(cat specs/pass.quire) >out 2>err || wrong "a pipe"

# The trace that an answer names is there, and is the one that it was.
gives 1 check specs/bug_unexpected.quire
gives 1 check specs/bug_unexpected.quire
says "All from the cache"
saved=$(find .quire/specs/bug_unexpected -name '*.itf.json' | head -n 1)
cp "$saved" saved
rm "$saved"
gives 1 check specs/bug_unexpected.quire
says_not "from the cache"
same saved "$saved" "the trace is written again"
echo >>"$saved"
gives 1 check specs/bug_unexpected.quire
says_not "from the cache"
same saved "$saved" "the trace is written again"

# Damage: cut off anywhere, any byte another one, empty, somebody else's.
rm -rf .quire
gives 1 check specs/bug_unexpected.quire
timeless <out >fresh
entry=$(find .quire/cache -name '*.results')
cp "$entry" whole
size=$(stat -c %s whole)
for ((at = 0; at < size; at += size / 40 + 1)); do
    head -c "$at" whole >"$entry"
    gives 1 check specs/bug_unexpected.quire
    says_not "from the cache"
    timeless <out >again
    same fresh again "an entry cut off at $at"
    { head -c "$at" whole; printf '\377'; tail -c +$((at + 2)) whole; } >"$entry"
    gives 1 check specs/bug_unexpected.quire
    says_not "from the cache"
done
gives 1 check specs/bug_unexpected.quire
says "All from the cache"
other_entry() { find .quire/cache -name '*.results' ! -path "$entry" | head -n 1; }
gives 0 check specs/pass.quire
cp "$(other_entry)" "$entry"
gives 1 check specs/bug_unexpected.quire
says "BUG: quire"
says_not "from the cache"

# Nowhere to write: the check goes on without.
echo >file
gives 0 check specs/pass.quire --cache-dir file/cache
gives 0 check specs/pass.quire --cache-dir /proc/no/cache
gives 0 check specs/pass.quire --cache-dir '' --out ''
says_not "from the cache"
mkdir small
(ulimit -f 1; "$quire" check specs/bug_unexpected.quire --out '' --cache-dir small >out 2>err)
if [[ $? -eq 1 && $(find small -type f | wc -l) -eq 0 ]]; then ok; else wrong "a full disk"; fi
QUIRE_CACHE_DIR=named "$quire" check specs/pass.quire --out '' >out 2>err
if compgen -G 'named/*.results' >/dev/null; then ok; else wrong "QUIRE_CACHE_DIR is not used"; fi

# At the same time.
rm -rf .quire
for run in 1 2 3 4 5 6; do "$quire" check specs --models lib --json >"run$run" 2>/dev/null & done
wait
for run in 1 2 3 4 5 6; do timeless <"run$run" >"run$run.results"; done
for run in 2 3 4 5 6; do same run1.results "run$run.results" "six at the same time"; done
if find .quire/cache -name '*.tmp' | grep -q .; then wrong "something half written is left"; else ok; fi

# What rests on time or memory is found out again.
cat >specs/large.quire <<'SPEC'
int a[8];
thread t[8] { for (int i = 0; i < 6; i++) a[(self.index + i) % 8] = a[(self.index + i + 1) % 8] + self.index; }
SPEC
gives 4 check specs/large.quire --timeout 200ms
gives 4 check specs/large.quire --timeout 200ms
says_not "from the cache"
gives 4 check specs/large.quire --max-states 100
gives 4 check specs/large.quire --max-states 100
says_not "from the cache"

finish
