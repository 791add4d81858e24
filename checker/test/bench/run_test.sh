#!/usr/bin/env bash
# The benchmark tells what went wrong in a row, goes on with the others, and exits with 1. The peers here are stand-ins: what is
# tested is what the benchmark makes of them, not they. Arguments: the source tree, the program.
set -uo pipefail
top=$1
quire=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
passed=0

check() {  # what, command...
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$what"
        cat "$work/log"
    fi
}

# A PATH without any peer.
mkdir "$work/bin" "$work/peers"
for program in bash env awk sed grep head tail cat cut sort tee mkdir mktemp rm cp basename dirname nproc timeout; do
    ln -s "$(command -v "$program")" "$work/bin/$program"
done

bench() {  # folders of PATH, program
    status=0
    PATH=$1 QUIRE=$2 bash "$top/bench/run" --quick --rounds 1 --only pages --out "$work/out" >"$work/log" 2>&1 || status=$?
}

stand_in() {
    cat >"$work/peers/$1"
    chmod +x "$work/peers/$1"
}

column() {  # tool, mode, column: of the last size
    awk -F , -v tool="$1" -v mode="$2" -v column="$3" '$4 == tool && $5 == mode { value = $column } END { print value }' "$work/out/bench.csv"
}

bench "$work/bin" "$quire"
check "no spin: exit status $status" test "$status" -eq 1
check "no spin: not told" grep -q '^error: pages N=4 spin none: absent' "$work/log"
check "no spin: no word on the optional ones" test "$(column tlc none 14)" = absent
check "no spin: quire is measured all the same" test "$(column quire none 6)" = 27783
check "no spin: the rest of the table" test "$(column quire auto 14)" = ok
check "a plot" grep -q '</svg>' "$work/out/bench.svg"

# A program that counts one state too many.
cat >"$work/liar" <<LIAR
#!/bin/bash
"$quire" "\$@" | sed 's/"states":27783/"states":27784/'
LIAR
chmod +x "$work/liar"
bench "$work/bin" "$work/liar"
check "wrong count: exit status $status" test "$status" -eq 1
check "wrong count: not told" \
    grep -q '^error: pages N=5 quire none: found 27784 states and 79650 transitions, wanted 27783 and 79650' "$work/log"
check "wrong count: the other size is right" grep -q '^pages,N=4,4,quire,none,5265,14064,' "$work/out/bench.csv"

# Peers that compile to programs with the right answers, in the words of the real ones.
stand_in spin <<'SPIN'
#!/bin/bash
case $* in *-DN=4*) echo 5265 14065 ;; *) echo 27783 79651 ;; esac >pan.c
SPIN
stand_in rumur <<'RUMUR'
#!/bin/bash
while [[ $1 != --output ]]; do shift; done
echo rumur >"$2"
RUMUR
stand_in gcc <<'GCC'
#!/bin/bash
while [[ $1 != -o ]]; do shift; done
if [[ $2 == pan ]]; then
    read -r states transitions <pan.c
    echo "echo 'State-vector 36 byte, depth reached 30, errors: 0'; echo '  $states states, stored'
        echo '  $transitions transitions (= stored+matched)'"
else
    echo "echo '	27783 states, 79650 rules fired in 0s.'"
fi | cat <(echo '#!/bin/bash') - >"$2"
chmod +x "$2"
GCC
ln -s "$(command -v chmod)" "$work/bin/chmod"
stand_in spins <<'SPINS'
#!/bin/bash
true
SPINS
stand_in prom2lts-seq <<'LTSMIN'
#!/bin/bash
echo "prom2lts-seq: state space 51 levels, 27783 states 79650 transitions" >&2
LTSMIN
stand_in tlc <<'TLC'
#!/bin/bash
echo "79651 states generated, 27783 distinct states found, 0 states left on queue."
TLC
bench "$work/peers:$work/bin" "$quire"
check "all is well: exit status $status" test "$status" -eq 0
check "all is well: SPIN's start is no transition" test "$(column spin none 7)" = 79650
check "all is well: Rumur is read" test "$(column rumur none 7)" = 79650
check "all is well: LTSmin is read" test "$(column ltsmin none 7)" = 79650
check "all is well: TLC is read" test "$(column tlc none 7)" = 79650

stand_in gcc <<'GCC'
#!/bin/bash
echo "no space left" >&2
exit 1
GCC
bench "$work/peers:$work/bin" "$quire"
check "no compiler: exit status $status" test "$status" -eq 1
check "no compiler: not told" grep -q '^error: pages N=4 spin none: does not compile: no space left' "$work/log"

echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
