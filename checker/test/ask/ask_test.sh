#!/usr/bin/env bash
# Why: the question of so many mails, "what prevents the following?", is answered as its threads came to agree, whatever
# the layout of the mail: quoted, with tabs, with bars, prefixed, with its blanks lost.
# The interleavings are those of the discussions that the specs name, in words of our own.
set -uo pipefail
program=$(readlink -f -- "$1")
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.." || exit 1
passed=0
failed=0

# asks MAIL EXIT TEXT ARGUMENT...: the answer has the text, and the exit code is that.
asks() {
    local mail=$1 code=$2 text=$3 out status
    shift 3
    out=$("$program" ask "$@" <"$here/mails/$mail" 2>&1)
    status=$?
    if [[ $status -eq $code && $out == *"$text"* ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $mail: quire ask $* gives $status, wanted $code and '$text'"
        printf '%s\n' "$out" | head -n 40 | sed 's/^/    /'
    fi
}

# The mapping of a page that is being isolated, 2018.
spec=specs/linux/isolate-mapping-uaf.quire
asks isolate-mapping.txt 0 "answer: nothing prevents it: it leads to use_after_free" $spec --variant no_lock
asks isolate-mapping.txt 0 "USE AFTER FREE" $spec --variant no_lock
asks isolate-mapping.txt 0 "answer: it is prevented: line 12 does not happen behind lines 5 to 11" $spec
asks isolate-mapping.txt 0 "compaction[0] ends without coming to it" $spec
asks isolate-mapping.txt 0 "all there are" $spec
# What the other side waits for meanwhile, and since when.
asks isolate-mapping.txt 0 "while compaction[0] is behind \`migratable = can_migrate(page_mapping(page));\`, there is no \`destroy_inode(inode);\`" $spec
asks isolate-mapping.txt 0 "BLOCKED: truncate waits at \`lock_page(page);\`" $spec
asks isolate-mapping.txt 0 "since step 5, compaction[0]: \`if (!trylock_page(page))\`" $spec
asks isolate-mapping.txt 1 "it is prevented" $spec --expect feasible
asks isolate-mapping.txt 0 "it is prevented" $spec --expect prevented
asks isolate-mapping.txt 1 "nothing prevents it" $spec --variant no_lock --expect prevented
asks isolate-mapping-nested.txt 0 "answer: nothing prevents it: it leads to use_after_free" $spec --variant no_lock
asks isolate-mapping-nested.txt 0 "has not returned at line 9" $spec --variant no_lock
asks isolate-mapping-nested.txt 0 "answer: it is prevented" $spec
asks isolate-mapping-squeezed.txt 0 "leads to use_after_free" $spec --variant no_lock
asks isolate-mapping-squeezed.txt 0 "it is prevented" $spec

# Whether a count that is tested stays what it is, 2021.
spec=specs/linux/migrate-count-vs-getters.quire
asks migrate-count.txt 0 "led to no_stale_lookup" $spec --variant test_alone -D GUPS=0
asks migrate-count-prefixed.txt 0 "answer: it is prevented" $spec -D GUPS=0
asks migrate-count-prefixed.txt 0 "answer: nothing prevents it" $spec --variant test_alone -D GUPS=0

# The list that holds a reference, 2002.
spec=specs/linux/lru-holds-a-reference.quire
asks lru-both-see-three.txt 0 "answer: nothing prevents it." $spec
asks lru-false-positive.txt 0 "answer: it is prevented" $spec
asks lru-false-positive.txt 0 "line 6 does not happen behind lines 4 to 5" $spec

# An expression that fails says nothing about the line that it is in.
asks initialiser.txt 4 "some run ends in signed_overflow" $here/initialiser.quire
asks initialiser-wraps.txt 0 "answer: nothing prevents it" $here/initialiser.quire --variant wraps

# What cannot be answered is not answered.
asks unknown-statement.txt 3 "trylock_page(page)" specs/linux/isolate-mapping-uaf.quire
asks lru-false-positive.txt 4 "INCONCLUSIVE: limit of states reached" $spec --max-states 10
asks lru-false-positive.txt 2 "there is no variant 'nonsense'" $spec --variant nonsense

echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
