#!/usr/bin/env bash
# Why: what decides about a merge must not be talked out of a no by a file or an option that was misread. quire.toml, and the
# options that make a check stricter, smaller or shorter.
source "$(dirname -- "${BASH_SOURCE[0]}")/begin.sh"
export QUIRE_CACHE_DIR=
mkdir -p specs sub/deep
cp "$top"/checker/test/exit_codes/specs/{pass,bug_unexpected,bug_expected,cover_not_reached,instances}.quire specs/

# The nearest file up the tree; what it names lies beside it; the command line wins.
cat >quire.toml <<'TOML'
color = "never"
[check]
files = ["specs/instances.quire", "specs/pass.quire"]
all-instances = true
out = ""
[list]
files = "specs/pass.quire"
TOML
gives 1 check
says "2 specs"
(cd sub/deep && "$quire" check >out 2>err)
cp sub/deep/out sub/deep/err .
says "../../specs/pass.quire"
gives 0 check specs/pass.quire
gives 1 check specs/instances.quire
gives 0 check specs/instances.quire --config ''
gives 0 list
says "specs/pass.quire"
says_not "instances.quire"
gives 2 check --config no_such.toml
says "no_such.toml"
gives 2 check --config specs

# Mistakes are shown where they stand.
mistake() {
    printf '%b' "$1" >quire.toml
    gives 2 check specs/pass.quire
    says "$2"
    says "$3"
}
mistake '[check]\n  tiemout = "60s"\n' "there is no option 'tiemout' in [check]; did you mean 'timeout'?" "quire.toml:2:3"
mistake '[chek]\nquick = true\n' "there is no section 'chek'; did you mean 'check'?" "quire.toml:1"
mistake 'modles = ["m"]\n' "did you mean 'models'?" "quire.toml:1:1"
mistake '[check]\nquick = "yes"\n' "'quick' is true or false" "quire.toml:2"
mistake '[check]\ntimeout = ["1s"]\n' "one value and no list" "quire.toml:2"
mistake '[check]\ntimeout = 1.5\n' "a text or a number" "quire.toml:2"
mistake '[check]\ntimeout = "60s\n' "error: " "quire.toml:2"
mistake '[check]\ntimeout = "soon"\n' "'soon' is no time" "also taken from quire.toml"
mistake '[check]\ncolor = "blue"\n' "--color" "stands in quire.toml"
mistake '[check]\nhelp = true\n' "there is no option 'help'" "quire.toml:2"
mistake '\0\0[[[' "error: " "quire.toml:1"
rm quire.toml

# --deny: a warning stops it, also where warnings are not shown, and only the one that is named.
cat >specs/dead.quire <<'SPEC'
int x;
thread t { if (x == 7) x = 2; else x = 1; }
SPEC
gives 0 check specs/dead.quire
says "warning[W0301]"
gives 1 check specs/dead.quire --deny unreachable
says "error[W0301]"
says "1 denied warning."
gives 1 check specs/dead.quire --deny=dropped,W0301 -q
says "error[W0301]"
gives 1 check specs/dead.quire --deny warnings --json
says '"denied":1'
gives 0 check specs/dead.quire --deny exhausted
gives 2 check specs/dead.quire --deny unreachabel
gives 2 check specs/dead.quire --deny E0110
# The same from the cache.
QUIRE_CACHE_DIR=kept gives 1 check specs/dead.quire --deny unreachable
QUIRE_CACHE_DIR=kept gives 1 check specs/dead.quire --deny unreachable
says "All from the cache"
says "error[W0301]"
QUIRE_CACHE_DIR=kept gives 0 check specs/dead.quire

# --on-inconclusive: let through, and never called a pass.
cat >specs/full.quire <<'SPEC'
struct page { int c; };
pool struct page[1];
thread t[2] { struct page *p = alloc!(struct page); p->c = 1; }
SPEC
gives 4 check specs/full.quire
gives 4 check specs/full.quire --on-inconclusive=fail
gives 0 check specs/full.quire --on-inconclusive=warn
says "1 inconclusive"
says "not met and not refuted"
says_not " ok "
says_not "1 ok"
gives 1 check specs/full.quire specs/bug_unexpected.quire --on-inconclusive=warn
gives 0 check specs/full.quire --on-inconclusive=warn --json
says '"verdict":"inconclusive"'
says '"inconclusive":1'

# --fail-fast: the first failure ends it, and what was not judged is no pass.
gives 1 check specs/bug_unexpected.quire specs/pass.quire --fail-fast
says "stopped at the first failure"
says_not "specs/pass.quire"
gives 0 check specs/pass.quire specs/bug_expected.quire --fail-fast
says_not "stopped"
cat >specs/two.quire <<'SPEC'
const N = 1;
int x;
thread t { x = N; }
invariant a: x != 1;
expect pass;
expect pass for N in 2..3;
SPEC
gives 1 check specs/two.quire --fail-fast
says "1 not judged"

# --quick: of each expectation one instance, and it says what it left out.
cat >specs/sizes.quire <<'SPEC'
const N = 2;
int x;
thread t[N] { x = N; }
invariant a: x < 4;
expect pass for N in 1..4;
expect proved for any N;
SPEC
gives 1 check specs/sizes.quire --property a
gives 0 check specs/sizes.quire --quick
says "4 larger instances and proofs left out."

# --shard: each expectation in exactly one part, in every division, the same ones each time.
ids() { "$quire" check specs --json "$@" 2>/dev/null | sed -nE 's/.*"type":"result","id":([0-9]+),.*/\1/p' | sort -u; }
ids >all
if [[ $(wc -l <all) -ge 8 ]]; then ok; else wrong "only $(wc -l <all) expectations"; fi
for parts in 1 2 3 7; do
    for ((i = 1; i <= parts; i++)); do ids --shard "$i/$parts"; done >union
    sort union >sorted
    same all sorted "the union of $parts shards"
done
ids --shard 2/3 >first
ids --shard 2/3 >second
same first second "a shard, twice"
if [[ -s first ]]; then ok; else wrong "an empty shard"; fi
for bad in 0/3 4/3 1 1/0 a/b 1/2/3 -1/2; do gives 2 check specs --shard "$bad"; done
finish
