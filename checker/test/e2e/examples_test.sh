#!/usr/bin/env bash
# Why: an example of a CI job is copied and not read. Its commands are taken out of the files and run in a clean clone, as the
# machine would: they let a good tree pass, and stop a bad one.
source "$(dirname -- "${BASH_SOURCE[0]}")/begin.sh"
mkdir bin project
ln -s "$quire" bin/quire
export PATH=$work/bin:$PATH GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
unset GITHUB_ACTIONS
cd project || exit 1
git init -q . && git config user.name tester && git config user.email tester@example.invalid
"$quire" init . >../out 2>../err
printf 'models = ["%s"]\n' "$top/models" | cat - quire.toml >with_models && mv with_models quire.toml
printf '/.quire/\n' >.gitignore
cp "$top/examples/gate/pre-commit" .git/hooks/pre-commit

commits() { # CODE MESSAGE
    git add -A
    git commit -qm "$2" >../out 2>../err
    local got=$?
    if [[ ($got -eq 0 && $1 -eq 0) || ($got -ne 0 && $1 -ne 0) ]]; then ok; else wrong "commit '$2' gives $got"; fi
}
commits 0 "a good spec"
sed -i 's/^\tput_object(object);/put_object( object );/' specs/first.quire
commits 1 "not in canonical form"
"$quire" fmt specs >../out
commits 0 "formatted"
cp specs/first.quire ../good.quire
sed -i 's/expect violation of use_after_free/expect pass/' specs/first.quire
commits 1 "a wrong expectation"
cp ../good.quire specs/first.quire
echo more >README
commits 0 "nothing about specs"

# The commands of a job, with what the machine puts in.
jobs_of() {
    sed -nE 's/^ *- (run: )?(quire .*)$/\2/p' "$1" | sed -E "s#\\\$\{\{ matrix.part \}\}/2#$2/2#; s#\\\$CI_NODE_INDEX/\\\$CI_NODE_TOTAL#$2/2#"
}
run_job() { # FILE: the worst exit code of all parts, in a clone
    local part command worst=0 status
    for part in 1 2; do
        rm -rf ../clone
        git clone -q . ../clone
        while IFS= read -r command; do
            (cd ../clone && bash -c "$command") >../out 2>../err </dev/null
            status=$?
            if [[ $status -gt $worst ]]; then worst=$status; fi
        done < <(jobs_of "$1" "$part")
    done
    return $worst
}
for job in "$top/examples/gate/github.yml" "$top/examples/gate/gitlab-ci.yml" .github/workflows/quire.yml; do
    if [[ $(jobs_of "$job" 1 | wc -l) -eq 2 ]]; then ok; else wrong "$job: not two commands"; fi
    run_job "$job" && ok || wrong "$job does not let a good tree pass"
done
sed -i 's/expect violation of use_after_free/expect pass/' specs/first.quire
git commit -qam bad --no-verify
for job in "$top/examples/gate/github.yml" "$top/examples/gate/gitlab-ci.yml" .github/workflows/quire.yml; do
    run_job "$job"
    status=$?
    if [[ $status -eq 1 ]]; then ok; else wrong "$job gives $status for a bad tree"; fi
done
finish
