#!/usr/bin/env bash
# States and transitions of the protocols that peers were measured on, unreduced; and the orbits, which are fewer.  Arguments: the source tree, the program.
set -uo pipefail
top=$1
quire=$2
plain="--reduction none --no-pass reset-dead-locals"
failed=0
passed=0
while read -r file states transitions options; do
    # shellcheck disable=SC2086  # the options are words
    line=$("$quire" check "$top/bench/$file.quire" --out '' --json $options | grep '"type":"result"')
    found=$(sed 's/.*"states":\([0-9]*\),"transitions":\([0-9]*\).*/\1 \2/' <<<"$line")
    if [[ $found == "$states $transitions" ]]; then
        passed=$((passed + 1))
    else
        echo "$file $options: found '$found', expected '$states $transitions'"
        failed=$((failed + 1))
    fi
done <<TABLE
pcr2002 649590 2755670 $plain -D N=10
pcr2002 59130 393740 $plain -D N=10 -D PRE=1
gupmigrate 1847654 11761153 $plain -D N=6
lrubench 234074 814332 $plain -D N=3 -D P=2 -D K=2
lrubench 20200 70659 -D N=3 -D P=2 -D K=2
lrubench 156146 727183 -D N=4 -D P=2 -D K=2
TABLE
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
