#!/usr/bin/env bash
# Why: nobody sees a grammar that colours the wrong word until he has installed it, and an extension that does not package cannot be.
# What a machine does not have is left out, and said: npm with a network, vim, emacs.
source "$(dirname -- "${BASH_SOURCE[0]}")/begin.sh"
editor=$top/examples/editor
export HOME=$work npm_config_cache=$work/npm npm_config_update_notifier=false

for file in "$editor"/vscode/*.json "$editor"/vscode/syntaxes/*.json; do
    if python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$file" 2>err; then ok; else wrong "$file is no JSON"; fi
done
# Every built-in check of words: what the language reserves is in every grammar.
for word in thread variant invariant finally expect await either choose spawn ghost atomic pool forall; do
    for grammar in vscode/syntaxes/quire.tmLanguage.json vim/syntax/quire.vim emacs/quire-mode.el; do
        if grep -qw -- "$word" "$editor/$grammar"; then ok; else wrong "$grammar does not know $word"; fi
    done
done

if command -v vim >/dev/null; then
    cp -r "$editor/vim" "$work/.vim"
    printf 'thread t { }\n/// doc\nexpect pass;\n' >one.quire
    timeout 60 vim -Nu NONE -es --cmd "set rtp^=$work/.vim" -c 'filetype plugin on' -c 'syntax on' -c 'edit one.quire' \
        -c 'call writefile([&filetype, synIDattr(synID(1, 1, 1), "name"), synIDattr(synID(2, 1, 1), "name"), synIDattr(synID(3, 1, 1), "name"), &tabstop], "seen")' \
        -c 'qa!' >out 2>err </dev/null
    if [[ $(tr '\n' ' ' <seen) == "quire quireDeclaration quireDoc quireExpect 8 " ]]; then ok; else wrong "vim: $(tr '\n' ' ' <seen)"; fi
else
    echo "left out: vim is not installed"
fi
if command -v emacs >/dev/null; then
    printf 'thread t {\nint x;\n}\n' >two.quire
    timeout 60 emacs -Q --batch -l "$editor/emacs/quire-mode.el" two.quire --eval '(progn (font-lock-ensure) (indent-region (point-min) (point-max))
        (princ (list major-mode (get-text-property 1 (quote face)) (buffer-string))))' >out 2>err
    says "(quire-mode font-lock-keyword-face"
    says "	int x;"
else
    echo "left out: emacs is not installed"
fi

# The packages come from the network.
cp -r "$editor/vscode" extension
cp "$top/LICENSE" extension/
if ! command -v npm >/dev/null; then
    echo "left out: npm is not installed, the extension is not packaged and its grammar not tested"
elif ! (cd extension && timeout 240 npm install --no-audit --no-fund --loglevel error) >out 2>err; then
    echo "left out: npm cannot get the packages ($(tail -n 1 err)), the extension is not packaged and its grammar not tested"
else
    if (cd extension && timeout 120 npm test) >out 2>err; then ok; else wrong "the grammar"; fi
    if (cd extension && timeout 120 npm run package) >out 2>err; then ok; else wrong "vsce package"; fi
    if python3 - extension/quire-*.vsix >out 2>err <<'PYTHON'; then ok; else wrong "what is in the package"; fi
import sys, zipfile
names = zipfile.ZipFile(sys.argv[1]).namelist()
for name in ("extension/package.json", "extension/extension.js", "extension/syntaxes/quire.tmLanguage.json",
             "extension/language-configuration.json", "extension/node_modules/vscode-languageclient/package.json"):
    assert name in names, name
assert not [n for n in names if "/test/" in n and "node_modules" not in n]
PYTHON
    # The client and the server understand each other: the client of the package, without the editor.
    if (cd extension && node --check extension.js) >out 2>err; then ok; else wrong "extension.js"; fi
fi
finish
