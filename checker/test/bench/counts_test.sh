#!/usr/bin/env bash
# States and transitions of the protocols of bench/counts: unreduced, as the peers count them, and the orbits, which are fewer.
# What takes longer than a test may is left to the benchmark. Arguments: the source tree, the program.
set -uo pipefail
top=$1
quire=$2
failed=0
passed=0

expect() {  # protocol, size, reduction, states, transitions
    local options found pair
    options=(--reduction "$3")
    for pair in ${2//,/ }; do options+=(-D "$pair"); done
    found=$("$quire" check "$top/bench/$1.quire" --out '' --json "${options[@]}" | grep '"type":"result"' |
        sed 's/.*"states":\([0-9]*\),"transitions":\([0-9]*\).*/\1 \2/')
    if [[ $found == "$4 $5" ]]; then
        passed=$((passed + 1))
    else
        echo "$1 $2 $3: found '$found', expected '$4 $5'"
        failed=$((failed + 1))
    fi
}

while read -r set protocol size states transitions orbits between _; do
    [[ -z $set || $set == \#* ]] && continue
    if [[ $states != - && $states -lt 2000000 ]]; then expect "$protocol" "$size" none "$states" "$transitions"; fi
    if [[ $orbits -lt 200000 ]]; then expect "$protocol" "$size" symmetry "$orbits" "$between"; fi
done <"$top/bench/counts"
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 30 ]]
