#!/usr/bin/env bash
# States and transitions of the three protocols that peers were measured on.  Arguments: the source tree, the program.
set -uo pipefail
top=$1
quire=$2
failed=0
passed=0
while read -r file states transitions options; do
    # shellcheck disable=SC2086  # the options are words
    line=$("$quire" check "$top/bench/$file.quire" --out '' --json --no-pass reset-dead-locals $options | grep '"type":"result"')
    found=$(sed 's/.*"states":\([0-9]*\),"transitions":\([0-9]*\).*/\1 \2/' <<<"$line")
    if [[ $found == "$states $transitions" ]]; then
        passed=$((passed + 1))
    else
        echo "$file $options: found '$found', expected '$states $transitions'"
        failed=$((failed + 1))
    fi
done <<'TABLE'
pcr2002 649590 2755670 -D N=10
pcr2002 59130 393740 -D N=10 -D PRE=1
gupmigrate 1847654 11761153 -D N=6
lrubench 234074 814332 -D N=3 -D P=2 -D K=2
TABLE
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
