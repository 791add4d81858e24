#!/usr/bin/env bash
# Why: the first page that anybody reads must not drift from the program. Compares the blocks of README.md that follow a
# "the next block is …" comment with the example file and with what the program prints for it. With --write as a third
# argument, brings README.md up to date instead.
set -uo pipefail
export QUIRE_CACHE_DIR=  # what is tested here has to happen each time
source_dir=$1
program=$2
mode=${3:-check}
readme=$source_dir/README.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# The fenced block after the comment that contains $1.
block() {
    awk -v comment="$1" '
        index($0, comment) { found = 1; next }
        found && /^```/ { if (inside) exit; inside = 1; next }
        inside { print }' "$readme"
}

# Puts the file $2 into the block after the comment that contains $1.
replace_block() {
    awk -v comment="$1" -v file="$2" '
        skipping && /^```/ { skipping = 0; found = 0 }
        skipping { next }
        { print }
        index($0, comment) { found = 1; next }
        found && /^```/ { while ((getline line < file) > 0) print line; skipping = 1 }' "$readme" >"$work/readme" &&
        cat "$work/readme" >"$readme"
}

# Times differ from run to run, and the hash changes with every edit of a model.
comparable() {
    sed -E 's/[0-9]+(\.[0-9]+)? m?s\b/<time>/g; s/xxh3:[0-9a-f]+/<hash>/g'
}

compare() {
    local comment=$1 expected=$2
    if [[ $mode == --write ]]; then
        replace_block "$comment" "$expected"
    elif diff -u --label README.md --label "what it shows" <(block "$comment" | comparable) <(comparable <"$expected"); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}

cd "$work" || exit 1
mkdir examples
cp "$source_dir/examples/put_page.quire" examples/
"$program" check --color=never --show-expected --trace mail --models "$source_dir/models" examples/put_page.quire >printed 2>messages
status=$?
if [[ $status -ne 0 ]]; then
    echo "exit $status"
    cat messages
    failed=$((failed + 1))
fi
compare "the next block is examples/put_page.quire" examples/put_page.quire
compare "the next block is what it prints" printed

# docs/models.md has a line for each model.
while IFS= read -r model; do
    name=${model#"$source_dir"/models/linux/}
    if ! grep -qF "\`$name\`" "$source_dir/docs/models.md"; then
        echo "docs/models.md does not mention $name"
        failed=$((failed + 1))
    fi
done < <(find "$source_dir/models/linux" -name '*.quire' | sort)
passed=$((passed + 1))

# Links between the documents lead somewhere.
for document in "$source_dir"/*.md "$source_dir"/docs/*.md "$source_dir"/docs/decisions/*.md "$source_dir"/checker/README.md; do
    while IFS= read -r link; do
        if [[ ! -e $(dirname "$document")/$link ]]; then
            echo "${document#"$source_dir"/}: nothing at $link"
            failed=$((failed + 1))
        fi
    done < <(grep -oE '\]\([^) #]+[)#]' "$document" | sed -E 's/^\]\(//; s/[)#]$//' | grep -v '^http')
done
passed=$((passed + 1))
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
