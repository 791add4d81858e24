#!/usr/bin/env bash
# Why: a page that speaks of what is not there, or leaves out what is, sends people away. (What the pages show is compared by
# shown_test.sh.)
set -uo pipefail
source_dir=$1
passed=0
failed=0

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
