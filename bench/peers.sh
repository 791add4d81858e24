# shellcheck shell=bash
# How each peer is built, run and read. Sourced by bench/run, which sets `peers`, the folder of the models.
#
# build_TOOL DIRECTORY PROTOCOL SIZE MODE STATES leaves in DIRECTORY/argv the command to measure, one argument a line.
# read_TOOL STDOUT STDERR prints "states transitions bytes" of what it wrote, bytes being what the tool says a state took, or -.
#
# Each is given what its manual recommends for speed. A hash table of SPIN's is made for the number of states that is known
# beforehand, which no user has: a larger one costs time to touch, and a smaller one chains.

: "${peers:?the folder of the models}"

defines() {  # SIZE OPTION: N=4,P=2 as -DN=4 -DP=2, one a line
    local pair
    for pair in ${1//,/ }; do printf '%s%s\n' "$2" "$pair"; done
}

build_spin() {
    local directory=$1 protocol=$2 size=$3 mode=$4 states=$5 options=(-O2 -DSAFETY -w) given bits=18
    mapfile -t given < <(defines "$size" -D)
    [[ $mode == none ]] && options+=(-DNOREDUCE)
    while ((2 ** bits < states)); do bits=$((bits + 1)); done
    cp "$peers/$protocol.pml" "$directory/m.pml"
    (cd "$directory" && spin "${given[@]}" -a m.pml && gcc "${options[@]}" -o pan pan.c) || return 1
    printf '%s\n' "$directory/pan" -m100000 "-w$bits" >"$directory/argv"
}

# SPIN counts the start as a transition.
read_spin() {
    awk '/errors: / && $NF != 0 { wrong = 1 }
         /states, stored/ { states = $1 }
         /transitions \(= / { transitions = $1 - 1 }
         /actual memory usage for states/ { megabytes = $1 }
         END { if (!wrong && states) print states, transitions, megabytes * 1048576 / states }' "$1"
}

build_rumur() {
    local directory=$1 protocol=$2 size=$3 mode=$4 pair threads=1..N pages=1..P script=()
    [[ $mode == symmetry ]] && threads='scalarset(N)' pages='scalarset(P)'
    script=(-e "s/@TID@/$threads/g" -e "s/@PAGE@/$pages/g")
    for pair in ${size//,/ }; do script+=(-e "s/@${pair%%=*}@/${pair#*=}/g"); done
    script+=(-e 's/@PRE@/0/g')
    sed "${script[@]}" "$peers/$protocol.m" >"$directory/m.m"
    rumur --threads 1 --deadlock-detection off --scalarset-schedules off --output "$directory/m.c" "$directory/m.m" &&
        gcc -std=c11 -O3 -march=native -mcx16 -w -o "$directory/m" "$directory/m.c" -lpthread || return 1
    echo "$directory/m" >"$directory/argv"
}

read_rumur() {
    awk '/error\(s\) found/ { wrong = 1 }
         / states, .* rules fired in / { states = $1; transitions = $3 }
         END { if (!wrong && states) print states, transitions, "-" }' "$1"
}

# LTSmin reads Promela through SpinS, whose optimisations (-o3 is without) would fold steps together. It knows no -D.
build_ltsmin() {
    local directory=$1 protocol=$2 size=$3 given
    mapfile -t given < <(defines "$size" -D)
    gcc -E -P -x c "${given[@]}" "$peers/$protocol.pml" -o "$directory/m.pml" &&
        (cd "$directory" && spins -o3 m.pml) || return 1
    printf '%s\n' prom2lts-seq "$directory/m.pml.spins" >"$directory/argv"
}

# "… 234074 states 814332 transitions", on stderr.
read_ltsmin() {
    awk '{ for (i = 2; i <= NF; i++) {
               if ($i ~ /^states/ && $(i - 1) ~ /^[0-9]+$/) states = $(i - 1)
               if ($i ~ /^transitions/ && $(i - 1) ~ /^[0-9]+$/) transitions = $(i - 1) } }
         END { if (states) print states, transitions, "-" }' "$@"
}

build_tlc() {
    local directory=$1 protocol=$2 size=$3 pair
    cp "$peers/$protocol.tla" "$directory/"
    {
        printf 'SPECIFICATION Spec\nINVARIANT Inv\n'
        for pair in ${size//,/ }; do echo "CONSTANT ${pair%%=*} = ${pair#*=}"; done
        if [[ $protocol == pcr2002 && $size != *PRE=* ]]; then echo 'CONSTANT PRE = 0'; fi
    } >"$directory/m.cfg"
    printf '%s\n' tlc -workers 1 -deadlock -nowarning -metadir "$directory/states" -config "$directory/m.cfg" \
        "$directory/$protocol.tla" >"$directory/argv"
}

# TLC counts the start among the states that it generated.
read_tlc() {
    awk '/^Error:/ { wrong = 1 }
         /states generated, .* distinct states found/ { transitions = $1 - 1; states = $4 }
         END { if (!wrong && states) print states, transitions, "-" }' "$1"
}
