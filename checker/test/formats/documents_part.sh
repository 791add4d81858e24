# Part of formats_test.sh: what docs/output-formats.md shows is what the program prints. The lines of a block stand in the
# output in this order; `…` is anything, at the end of a line or between lines.
page=$source_dir/docs/output-formats.md
mkdir shown
cd shown || exit 1
# The fenced block after comment number $1.
block() {
    awk -v wanted="$1" '
        /^<!-- (file|shows): / { number++; next }
        number == wanted && /^```/ { if (inside) exit; inside = 1; next }
        number == wanted && inside { print }' "$page"
}
# What of block $1 is not in the file $2, nothing if all is.
not_shown() {
    block "$1" | awk -v file="$2" '
        BEGIN { while ((getline line < file) > 0) text[++count] = line; at = 1; strict = 0 }
        $0 == "…" { strict = 0; next }
        {
            open = ($0 ~ /…$/)
            wanted = $0
            sub(/…$/, "", wanted)
            for (found = 0; at <= count && !found; at++) {
                found = open ? index(text[at], wanted) == 1 : text[at] == wanted
                if (!found && strict) break
            }
            if (!found) { print; exit }
            strict = 1
        }'
}
comments=$(grep -E '^<!-- (file|shows): ' "$page")
number=0
while IFS= read -r comment; do
    number=$((number + 1))
    what=${comment#<!-- }
    what=${what% -->}
    case $what in
        file:*)
            block $number >"${what#file: }"
            "$quire" check "${what#file: }" >/dev/null 2>&1
            ;;
        shows:*)
            read -r -a arguments <<<"${what#shows: quire }"
            "$quire" "${arguments[@]}" >"$work/out" 2>"$work/err" </dev/null
            cat "$work/out" "$work/err" >"$work/both"
            rest=$(not_shown $number "$work/both")
            if [[ -z $rest ]]; then ok; else wrong "docs/output-formats.md, $what: not so: $rest"; fi
            ;;
    esac
done <<<"$comments"
if [[ $number -ge 8 ]]; then ok; else wrong "only $number examples were found in docs/output-formats.md"; fi
# Every format and every drawing that can be chosen is in the document.
"$quire" list --choices | awk '/^[a-z]/ { part = $0; next } part ~ /^(reports|drawings|annotations)/ { print $1 }' >names
while IFS= read -r name; do
    if grep -qE -- "--$name\b|\`$name\`" "$page"; then ok; else wrong "docs/output-formats.md does not mention $name"; fi
done <names
if [[ $(wc -l <names) -ge 8 ]]; then ok; else wrong "only $(wc -l <names) formats were found"; fi
cd ..
