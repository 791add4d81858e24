#!/usr/bin/env bash
# Prints docs/corpus.md: the specs under specs/ as a table, and what they have in common.
#   corpus.sh SOURCE_DIR QUIRE            prints it
#   corpus.sh SOURCE_DIR QUIRE --check    compares it with docs/corpus.md: exit status 1 if that is out of date
# Titles, years, patterns and primitives come from the doc comment at the head of each spec, the rest from what
# `quire check` says.  A spec without them is an error, and so is a pattern that the table below does not have.
set -euo pipefail
export LC_ALL=C

top=$1
quire=$2
cd "$top"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find specs -name '*.quire' -not -path 'specs/models/*' | sort > "$work/files"
# One thread and no partial-order reduction: then the number of states is a property of the spec.
xargs "$quire" check --models models --out '' --jobs 1 --reduction symmetry --json < "$work/files" > "$work/results" ||
    { echo "corpus: the specs do not do what they expect" >&2; exit 1; }

# Pattern, tab, the idiom that repairs it.
cat > "$work/patterns" <<'TEXT'
re-check missing	take the reference or the lock first, then look again whether it is still the right one, and let go if not
order of two accesses	announce yourself before you look at the other side, on both sides; a machine that reorders needs a barrier between the two
early decision	decide on what holds when you act: under the lock that keeps it so, or from a value that says it directly
ABA	make "the same" mean the same: a generation, a claim that keeps the name from being used again, or a reference
borrowed reference	have a reference of your own, or stay inside the lock or read section that keeps the lender's
wrong lock	one lock for all that belongs together, the lock found by what cannot change while it is held, and a lock where a flag or a rule was
check then act	one step for both: compare and exchange, a freeze, or the lock around the two
resurrection	a count of zero is final: take a reference only if it is not zero
lost wake-up	announce yourself, then look, both under the lock of the queue; who leaves the queue passes on what it was given
grace period	wait for those who could have seen it, all of them, and after it went out of reach
deferred work of others	make unfinished work visible before it begins, and who finds nothing to do asks for it
counter overflow	leave room for every thread between test and increment, or let the counter stick
use after put	the last touch comes before the reference is dropped; hold one over the wake-up
flush too late	flush before the lock is dropped, the list is left, or the range and the page are given away
error path	every way out undoes what was done until there
torn read	read the first half again, count before and after, and use nothing before that has been compared
double fetch	read once into a local, and decide on that
reference held asleep	queue, drop the reference, then sleep, and do not touch the object again
information dropped	move what one flag says to the next before the first is cleared
flag word overwritten	atomic operations on a word that has bits of others, or a bit that is never set where others can see the word
TEXT

awk -v work="$work" '
function fail(message) { print "corpus: " message > "/dev/stderr"; failed = 1; exit 1 }
# The value of a key of one line of JSON that has no escapes in it.
function text(line, key,    at, rest) {
    at = index(line, "\"" key "\":\"")
    if (at == 0) return ""
    rest = substr(line, at + length(key) + 4)
    return substr(rest, 1, index(rest, "\"") - 1)
}
function number(line, key,    at, rest) {
    at = index(line, "\"" key "\":")
    rest = substr(line, at + length(key) + 3)
    return rest + 0
}
function add(list, item) { return list == "" ? item : list ", " item }
function thousands(n,    s, out) {
    s = sprintf("%d", n)
    while (length(s) > 3) { out = "," substr(s, length(s) - 2) out; s = substr(s, 1, length(s) - 3) }
    return s out
}
function link(file,    name) {
    name = file
    sub(/.*\//, "", name)
    sub(/\.quire$/, "", name)
    return "[" name "](../" file ")"
}
function anchor_list(of,    i, out) {
    for (i = 1; i <= files; i++) if (index(", " of_file[i] ", ", ", " of ", ") != 0) out = add(out, link(file[i]))
    return out
}
# The doc comment: the title is its first paragraph, the reference its second.
function read_doc(f, n,    line, paragraph, word, i, words) {
    paragraph = 1
    while ((getline line < f) > 0 && line ~ /^\/\/\//) {
        sub(/^\/\/\/ ?/, "", line)
        if (line == "") { paragraph++; continue }
        whole[n] = whole[n] " " line
        if (paragraph == 1) title[n] = title[n] (title[n] == "" ? "" : " ") line
        if (paragraph == 2) reference[n] = reference[n] " " line
        if (line ~ /^Pattern: /) {
            pattern[n] = line
            sub(/^Pattern: /, "", pattern[n])
            sub(/\.  Primitives: .*/, "", pattern[n])
            primitive[n] = line
            sub(/.*\.  Primitives: /, "", primitive[n])
            sub(/\.$/, "", primitive[n])
        }
    }
    close(f)
    words = split(reference[n], word, /[^0-9]+/)
    for (i = 1; i <= words && year[n] == ""; i++)
        if (length(word[i]) == 4 && word[i] >= 1990 && word[i] <= 2039) year[n] = word[i]
    gsub(/  +/, " ", title[n])
    if (title[n] == "" || year[n] == "" || pattern[n] == "" || primitive[n] == "")
        fail(f ": no title, year, pattern or primitive in its doc comment")
}
FILENAME == work "/files" { file[++files] = $0; place[$0] = files; next }
FILENAME == work "/patterns" {
    split($0, part, "\t")
    pattern_name[++patterns] = part[1]
    idiom[part[1]] = part[2]
    next
}
{
    if (text($0, "type") != "result") next
    n = place[text($0, "file")]
    v = text($0, "variant")
    if (!((n, v) in seen)) { seen[n, v] = 1; if (v != "base") variants[n]++ }
    if (text($0, "expected") == "violation") {
        p = text($0, "property")
        if (p != "*" && !((n, "violates", p) in seen)) { seen[n, "violates", p] = 1; violated[n] = add(violated[n], p) }
    }
    if (v != "base" || text($0, "expected") != "pass") next
    if (number($0, "states") > states[n]) states[n] = number($0, "states")
    at = index($0, "\"instance\":{")
    if (at == 0) next
    rest = substr($0, at + 12)
    rest = substr(rest, 1, index(rest, "}") - 1)
    count = split(rest, pair, ",")
    for (i = 1; i <= count; i++) {
        split(pair[i], half, ":")
        name = substr(half[1], 2, length(half[1]) - 2)
        value = half[2] + 0
        if (!((n, name) in least)) { least[n, name] = most[n, name] = value; constants[n] = add(constants[n], name) }
        if (value < least[n, name]) least[n, name] = value
        if (value > most[n, name]) most[n, name] = value
    }
}
END {
    if (failed) exit 1
    for (n = 1; n <= files; n++) read_doc(file[n], n)
    print "# The corpus"
    print ""
    print "Generated by `./dev corpus`; a test compares the two. Each spec says in its first comment what happened and"
    print "where it is recorded. *Violated* is what its broken forms violate, *sizes* are the constants that its repaired form is"
    print "checked with, *states* those of the largest of these searches, with symmetry and without partial-order reduction."
    print ""
    print "`memory sc;` is what is checked. A lost wake-up is found as a deadlock, waiting in a loop is a blocked step."
    for (n = 1; n <= files; n++) {
        split(file[n], part, "/")
        if (part[2] != system_of) {
            system_of = part[2]
            print ""
            print "## " system_of
            print ""
            print "| spec | year | about | variants | violated | sizes | states |"
            print "| --- | --- | --- | --- | --- | --- | --- |"
        }
        sizes = ""
        count = split(constants[n], name_of, ", ")
        for (i = 1; i <= count; i++)
            if (least[n, name_of[i]] != most[n, name_of[i]])
                sizes = add(sizes, name_of[i] " " least[n, name_of[i]] ".." most[n, name_of[i]])
        print "| " link(file[n]) " | " year[n] " | " title[n] " | " variants[n] + 0 " | " violated[n] " | " sizes " | " thousands(states[n]) " |"
    }
    print ""
    print "## Not decided yet"
    print ""
    print "These say in their comments what they leave open, most of them the barriers that a weakly ordered machine needs:"
    for (n = 1; n <= files; n++) if (whole[n] ~ /not checked here/) open_ones = add(open_ones, link(file[n]))
    print open_ones "."
    print ""
    print "## By bug pattern"
    print ""
    print "| pattern | what repairs it | specs |"
    print "| --- | --- | --- |"
    for (n = 1; n <= files; n++) of_file[n] = pattern[n]
    for (i = 1; i <= patterns; i++) {
        print "| " pattern_name[i] " | " idiom[pattern_name[i]] " | " anchor_list(pattern_name[i]) " |"
    }
    for (n = 1; n <= files; n++) {
        count = split(pattern[n], name_of, ", ")
        for (i = 1; i <= count; i++) if (!(name_of[i] in idiom)) fail(file[n] ": unknown pattern: " name_of[i])
    }
    print ""
    print "## By primitive"
    print ""
    print "| primitive | specs |"
    print "| --- | --- |"
    names = 0
    for (n = 1; n <= files; n++) {
        of_file[n] = primitive[n]
        count = split(primitive[n], name_of, ", ")
        for (i = 1; i <= count; i++) if (!(name_of[i] in known)) { known[name_of[i]] = 1; sorted[++names] = name_of[i] }
    }
    for (i = 2; i <= names; i++)
        for (k = i; k > 1 && tolower(sorted[k]) < tolower(sorted[k - 1]); k--) {
            swap = sorted[k]
            sorted[k] = sorted[k - 1]
            sorted[k - 1] = swap
        }
    for (i = 1; i <= names; i++) print "| " sorted[i] " | " anchor_list(sorted[i]) " |"
}' "$work/files" "$work/patterns" "$work/results" > "$work/corpus.md"

if [[ ${3:-} == --check ]]; then
    if ! diff -u docs/corpus.md "$work/corpus.md"; then
        echo "corpus: docs/corpus.md is out of date: ./dev corpus writes it" >&2
        echo "0 passed, 1 failed"
        exit 1
    fi
    echo "$(wc -l < "$work/files") passed, 0 failed"
else
    cat "$work/corpus.md"
fi
