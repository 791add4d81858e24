# Part of formats_test.sh: `quire trace` and the pages. Mermaid and DOT are held against the little that their readers need.
rm -rf .quire
gives 0 check put_page.quire "${models[@]}" --trace none
trace=.quire/put_page/base-base-use_after_free.itf.json
gives 0 trace "$trace" "${models[@]}" --html
has "$work/out" '^<!doctype html>'
has "$work/out" "Content-Security-Policy.*default-src 'none'"
has_not "$work/out" '(src|href)="?https?:'
cp "$work/out" page.html
gives 0 trace "$trace" "${models[@]}" --html
cp "$work/out" again.html
same page.html again.html
gives 0 trace "$trace" "${models[@]}" --mermaid
has "$work/out" '^sequenceDiagram$'
has "$work/out" '^  participant T1 as holder\[0\]$'
# A line is a participant, a message, or what stands over it; nothing in a message ends it early.
if grep -vE '^sequenceDiagram$|^  participant (T[0-9]+|M) as [^;#]+$|^  T[0-9]+->>M: ([^;#%<]|#[0-9]+;)+$|^  Note over T[0-9]+,M: [^;]+$' \
    "$work/out" >"$work/rest"; then wrong "Mermaid: $(head -n 1 "$work/rest")"; else ok; fi
messages=$(grep -c -- '->>M:' "$work/out")
gives 0 trace "$trace" "${models[@]}" --dot
has "$work/out" '^digraph quire \{$'
has "$work/out" 'color=red, penwidth=2.5'
marked=$(grep -c 'penwidth' "$work/out")
if [[ $marked -eq $messages ]]; then ok; else wrong "$marked steps of the graph are marked, the trace has $messages"; fi
# Each node is declared, each step joins two of them.
undeclared=$(awk '$2 == "->" { used[$1]; used[$3]; next } $2 ~ /^\[label/ { declared[$1] } END { for (n in used) if (!(n in declared)) print n }' "$work/out")
if [[ -z $undeclared ]]; then ok; else wrong "undeclared nodes: $undeclared"; fi
states=$(grep -cE '^  s[0-9]+ \[label' "$work/out")
gives 0 check put_page.quire "${models[@]}" --json --variant base --reduction none --no-native
if grep -q '"expected":"violation"' "$work/out"; then ok; else wrong "no result"; fi
if [[ $states -ge 5 ]]; then ok; else wrong "only $states states are drawn"; fi
if command -v dot >/dev/null; then
    gives 0 trace "$trace" "${models[@]}" --dot
    if dot -Tsvg "$work/out" >graph.svg 2>"$work/err"; then ok; else wrong "Graphviz does not read it"; fi
fi
# A large graph is refused, and the reason said.
sed 's/x <= 1000/x <= 12/; s/N = 4/N = 2/' large.quire >many.quire
gives 1 check many.quire --trace none
large=.quire/many/base-base-small.itf.json
gives 2 trace "$large" --dot
has "$work/err" 'more than 2,000 states.*--force'
gives 0 trace "$large" --dot --force
has "$work/out" '^  s2000 '

# ---- before and after a patch
gives 0 trace --diff "$trace" "$trace"
has "$work/out" '^the same [0-9]+ steps$'
cp "$trace" before.itf.json
sed 's/atomic_dec(&page->count);/atomic_dec(\&page->count); \/\/ patched/; s/if (atomic_read(&page->count) == 0)/if (0 == atomic_read(\&page->count))/' \
    put_page.quire >patched.quire
gives 0 check patched.quire "${models[@]}" --variant base --trace none
gives 1 trace --diff before.itf.json .quire/patched/base-base-use_after_free.itf.json
has "$work/out" '^--- before.itf.json  put_page.quire, variant base, use_after_free'
has "$work/out" '^the first [0-9]+ steps? (is|are) the same$'
has "$work/out" '^-  *[0-9]+  holder\[[01]\]: if \(atomic_read'
has "$work/out" '^\+  *[0-9]+  holder\[[01]\]: if \(0 == atomic_read'
gives 1 trace --diff before.itf.json "$large"
has "$work/out" '^the first shows: '
gives 2 trace --diff before.itf.json
gives 2 trace --diff before.itf.json put_page.quire
has "$work/err" 'this is no JSON object'
echo '{"#meta":{"quire":{"schema":"quire.trace/1","file":"x","property":"p","steps":[{"thread":"t"}]}},"states":[3,{"#meta":7}]}' >odd.json
gives 1 trace --diff before.itf.json odd.json

# ---- a page for each trace, and the index, also when a signal ends the run
gives 1 check bug_unexpected.quire put_page.quire "${models[@]}" --html pages --trace none
for page in pages/index.html pages/bug_unexpected/base-base-small.html pages/put_page/base-base-use_after_free.html; do
    has "$page" '^</html>$'
done
has pages/index.html 'href="put_page/base-base-use_after_free.html"'
has pages/put_page/base-base-use_after_free.html 'href="../index.html"'
cp -r pages again
gives 1 check bug_unexpected.quire put_page.quire "${models[@]}" --html again --trace none
if diff -r pages again >"$work/out"; then ok; else wrong "the pages of two runs differ"; fi
timeout --preserve-status -s TERM 2 "$quire" check bug_unexpected.quire huge.quire --html cut --trace none >"$work/out" 2>"$work/err" </dev/null
got=$?
if [[ $got -eq 143 ]]; then ok; else wrong "SIGTERM gave $got"; fi
has cut/index.html 'interrupted'
has cut/bug_unexpected/base-base-small.html '^</html>$'
gives 2 check pass.quire --html /dev/null
gives 2 check pass.quire --html -
