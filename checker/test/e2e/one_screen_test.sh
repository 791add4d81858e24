#!/usr/bin/env bash
# Why: a counterexample that does not fit a screen is not read.  Every violation of every spec, with the edits that would
# prevent it, takes at most 60 lines, as a table and as a mail, in one run of the program each; and what is left out of it
# is counted: the rows and the folded steps are all its steps.
source "$(dirname "$0")/begin.sh" "$@"

# "LINES STEPS-TOLD STEPS-SHOWN TITLE" of each trace.
measured() {
    awk '
        function finish() {
            if (title == "") return
            while (lines > 0 && blank[lines] == 1) lines--
            print lines, told, shown, title
            title = ""
        }
        /^(BUG|INFO): quire: / { finish(); title = spec ": " $0; lines = 0; shown = 0; told = -1; rows = 1 }
        /^  (ok|FAIL|\?\?) / || /^[^ ]+\.quire$/ || /^[0-9]+ expectations? in / { finish() }
        /^[^ ]+\.quire$/ { spec = $0 }
        title == "" { next }
        { lines++; blank[lines] = ($0 == "") }
        rows && /^[ 0-9][ 0-9][0-9] / { shown++ }
        rows && /\.\.\. [0-9]+ steps? of / {
            text = $0
            sub(/.*\.\.\. /, "", text)
            while (match(text, /(^|, )[0-9]+ (steps? )?of /)) {
                number = substr(text, RSTART, RLENGTH)
                gsub(/[^0-9]/, "", number)
                shown += number
                text = substr(text, RSTART + RLENGTH)
            }
        }
        /^ \*\*\* / || (rows && lines > 6 && /^[^ ].*\.$/) { rows = 0 }
        match($0, /[0-9]+ steps?,( [0-9]|$)/) { number = substr($0, RSTART); sub(/ .*/, "", number); told = number }
        ' "$1"
}

ln -s "$top/specs" specs  # as somebody who stands beside them
for style in table mail; do
    "$quire" check specs --models "$top/models" --color never --trace $style --show-expected --cache-dir kept --out '' \
        >$style 2>err
    status=$?
    if [[ $status -eq 0 ]]; then ok; else wrong "quire check specs gave $status"; fi
    measured $style >measured
    violations=$(grep -cE '^  ok .* violation( |$)' $style)
    traces=$(grep -c 'BUG: quire: ' measured)
    if [[ $violations -ge 300 && $traces -eq $violations ]]; then ok; else wrong "$traces traces of $violations violations"; fi
    while read -r lines told shown title; do
        if [[ $lines -le 60 ]]; then ok; else wrong "$lines lines as a $style: $title"; fi
        if [[ $told -eq $shown ]]; then ok; else wrong "of $told steps $shown are shown or folded, as a $style: $title"; fi
    done <measured
done
finish
