#!/usr/bin/env bash
# Why: whatever a file holds, `quire` says what is wrong with it, with a code of its own, in little time and memory; it never
# crashes, hangs or fills the machine. Each case below makes one such file.
set -uo pipefail
quire=$(readlink -f -- "$1")
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0
failed=0
mkdir models
readonly seconds=30 kilobytes=4000000
limit() { ulimit -v "$kilobytes"; exec timeout "$seconds" "$@"; }
# The sanitizers' shadow takes terabytes of addresses.
if ! (limit "$quire" --version) >/dev/null 2>&1; then limit() { exec timeout "$seconds" "$@"; }; fi

ok() { passed=$((passed + 1)); }
wrong() {
    failed=$((failed + 1))
    echo "FAILED: $*"
    sed 's/^/    /' out err | cut -c1-150 | head -12
}

# says FILE EXIT TEXT: checking the file exits so, and the text is in what is printed
says() {
    local got
    (limit "$quire" check --color never --out '' --models models "$1") >out 2>err </dev/null
    got=$?
    if [[ $got -ne $2 ]]; then wrong "$1 gave $got, not $2"; elif ! grep -qF -- "$3" out err; then wrong "$1 did not say '$3'"; else ok; fi
}
# case_of EXIT TEXT: the same of what comes on stdin
number=0
case_of() {
    number=$((number + 1))
    cat >"case$number.quire"
    says "case$number.quire" "$1" "$2"
}
repeat() { yes -- "$1" | head -n "$2" | tr -d '\n'; }
body() { printf 'int x;\nthread t { %s }\n' "$1"; }

# Code that has no end.
case_of 3 E0301 <<<'int x; int g(int n); int f(int n) { if (n) return g(n - 1); return 0; } int g(int n) { return f(n); } thread t { x = f(3); }'
case_of 3 E0301 <<<'int x; struct o { void (*go)(int); }; struct o o; void f(int n) { x = n; o.go(n); } init { o.go = f; } thread t { f(1); }'
case_of 3 E0302 < <(body 'atomic { while (1) x = x ^ 1; }')
case_of 1 endless_loop < <(body 'atomic { while (x == 0) { } }')
case_of 4 'took too long' < <(body 'atomic { for (unsigned i = 0; i < 4000000000u; i++) x ^= 1; }')
case_of 4 'took too long' < <(body 'x = 1;'; echo 'invariant a: forall (i in 0..2000000000) x >= 0;')

# Numbers without sense.
case_of 4 'pool exhausted' <<<'struct page { int c; }; pool struct page[1]; thread t[2] { struct page *p = alloc!(struct page); p->c = 1; }'
case_of 1 null_dereference <<<'struct page { int c; }; pool struct page[1]; thread t[2] { struct page *p = alloc(struct page); p->c = 1; }'
case_of 3 'there cannot be -1 threads' <<<'const N = -1; int x; thread t[N] { x = 1; }'
case_of 3 'of length -1' <<<'const N = -1; int x[N]; thread t { x[0] = 1; }'
case_of 3 'division by zero' <<<'const N = 1 / 0; int x; thread t[N] { x = 1; }'
case_of 3 'depends on itself' <<<'const N = M + 1; const M = N; int x; thread t[N] { x = 1; }'
case_of 3 'a shift by 80' <<<'const N = 1 << 80; int x; thread t { x = N; }'
case_of 3 'the range 5..3 is empty' <<<'int in 5..3 x; thread t { x = 1; }'
case_of 3 'more than 4096 threads' <<<'int x; thread t[1000000000] { x = 1; }'
case_of 3 E0407 < <(body 'x = 1;'; echo 'const N = 1; expect pass for N in 0..1000000000000;')
case_of 3 'of length 1073741824' <<<'struct T { int a; }; struct T x[1 << 30]; thread t { x[0].a = 1; }'
case_of 3 'too large' <<<'int x[1 << 16][1 << 16][1 << 16][1 << 16]; thread t { }'
case_of 3 'a pool of 1073741824 objects' <<<'struct p { int c; }; pool struct p[1 << 30]; thread t { struct p *p = alloc(struct p); }'

# Imports that go round, or out.
mkdir -p round up
echo 'import "b.quire"; int x; thread t { x = 1; }' >round/a.quire
echo 'import "a.quire"; int y;' >round/b.quire
says round/a.quire 3 E0131
case_of 3 E0132 <<<'import "/etc/passwd"; int x; thread t { x = 1; }'
echo 'import "../../../etc/passwd"; int x; thread t { x = 1; }' >up/a.quire
says up/a.quire 3 E0132
case_of 3 E0132 <<<'import "linux/../../secret.quire"; int x; thread t { x = 1; }'
case_of 3 'it is a directory' <<<'import "up"; int x; thread t { x = 1; }'

# Text that grows, or nests.
bomb() {
    echo '#define A0 x'
    for ((i = 1; i < 60; i++)); do echo "#define A$i A$((i - 1)) + A$((i - 1))"; done
    body 'x = A59;'
}
case_of 3 E0123 < <(bomb)
case_of 3 E0105 < <(body "x = $(repeat '(' 100000)1$(repeat ')' 100000);")
case_of 3 E0105 < <(body "$(repeat '{' 100000)x = 1;$(repeat '}' 100000)")
case_of 3 E0105 < <(body "x = $(repeat '!' 100000)x;")
case_of 3 E0105 < <(body "x = x$(repeat '+x' 100000);")
case_of 3 E0105 < <(body "x = $(repeat 'x?x:' 100000)x;")
case_of 3 E0105 < <(printf 'int '; repeat '*' 100000; echo 'x; thread t { }')
calls() {
    echo 'int x; void f0(void) { x = 1; }'
    for ((i = 1; i < 40; i++)); do echo "void f$i(void) { f$((i - 1))(); f$((i - 1))(); }"; done
    echo 'thread t { f39(); }'
}
case_of 3 E0605 < <(calls)

# What is no text.
case_of 3 E0601 < <(head -c 10000000 /dev/zero | tr '\0' 'x')
case_of 3 E0101 < <(head -c 4000000 /dev/zero | tr '\0' 'x')
case_of 3 E0103 < <(printf '/*'; head -c 4000000 /dev/zero | tr '\0' 'x')
case_of 3 E0101 < <(head -c 4000000 /dev/zero | tr '\0' '}')
case_of 3 E0107 < <(printf 'int x;\0\nthread t { x = 1; }\n')
case_of 3 E0108 < <(printf 'int x; // \xe9t\xe9\nthread t { x = 1; }\n')
case_of 3 E0102 <<<'int é; thread t { é = 1; }'
case_of 3 E0408 </dev/null
case_of 0 '1 ok' < <(printf 'int x;\r\n#define ONE \\\r\n 1\r\nthread t { x = ONE; } // end\r\ninvariant a: x == 0;\r\nexpect violation of a;\r\n')
case_of 0 '1 ok' < <(printf '\xef\xbb\xbfint x;\nthread t { x = 1; }\n')

# Files that are not to be had, for somebody who is not root.
if [[ $(id -u) -ne 0 ]]; then
    as=()
elif command -v setpriv >/dev/null; then
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
if [[ -v as ]]; then
    chmod 755 .
    cp "$quire" program
    body 'x = 1;' >unreadable.quire
    { body 'x = 1;'; echo 'invariant a: x == 0;'; } >violated.quire
    chmod 000 unreadable.quire
    chmod 555 .
    for line in "3 unreadable.quire E0133" "1 violated.quire E0603"; do
        read -r code file text <<<"$line"
        got=$("${as[@]}" ./program check "$file" 2>&1 </dev/null; echo "exit $?")
        if grep -qxF "exit $code" <<<"$got" && grep -qF "$text" <<<"$got"; then ok; else
            failed=$((failed + 1))
            echo "FAILED: $file: $got"
        fi
    done
    chmod 755 .
fi

echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
