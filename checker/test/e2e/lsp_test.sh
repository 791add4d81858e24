#!/usr/bin/env bash
# Why: what an editor sees of the language server is a stream of messages, and an editor forgives nothing: a wrong length, an answer
# that never comes, a place that is off by one character, and it shows nonsense or nothing.
source "$(dirname -- "${BASH_SOURCE[0]}")/begin.sh"
python3 "$top/checker/test/e2e/lsp_client.py" "$quire" "$top" "$work"
