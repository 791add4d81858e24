# What bench.csv says about Quire and each peer: ratios of CPU time of one run of the benchmark, which carry over to another
# machine as seconds do not. Runs below 20 ms are mostly the start of a process, and are passed over.
BEGIN { FS = "," }
NR == 1 || $14 != "ok" || $3 == "" { next }
{
    rest = $2
    sub(/^N=[0-9]+ ?/, "", rest)
    family = rest == "" ? $1 : $1 " " rest
    if (!(family in sizes)) families[++family_count] = family
    if (!((family, $3) in known)) {
        known[family, $3] = 1
        sizes[family]++
        size_of[family, sizes[family]] = $3
    }
    key = family SUBSEP $3 SUBSEP $4 SUBSEP $5
    states[key] = $6
    transitions[key] = $7
    cpu[key] = $8
    compile[key] = $13
}

function row(family, n, tool, mode) { return family SUBSEP n SUBSEP tool SUBSEP mode }
function measured(key) { return key in cpu && cpu[key] >= 0.02 }

# Nanoseconds of a transition between two sizes: what a run costs before its first state is in neither.
function slope(family, from, to, tool, mode,    a, b) {
    a = row(family, from, tool, mode)
    b = row(family, to, tool, mode)
    if (!(a in cpu) || !measured(b) || transitions[b] <= transitions[a] || cpu[b] <= cpu[a]) return 0
    return (cpu[b] - cpu[a]) / (transitions[b] - transitions[a]) * 1e9
}

function quotient(above, below) { return measured(above) && measured(below) ? sprintf("%.2f", cpu[above] / cpu[below]) : "-" }
function fewer(family, n, mode,    all, some) {
    all = row(family, n, "quire", "none")
    some = row(family, n, "quire", mode)
    return (all in states && some in states) ? sprintf("%.1f", states[all] / states[some]) : "-"
}
function waited(above, below) {
    return measured(above) && measured(below) ? sprintf("%.1f", (cpu[above] + compile[above]) / cpu[below]) : "-"
}
function nanoseconds(value) { return value ? sprintf("%.0f", value) : "-" }
function over(a, b) { return a && b ? sprintf("%.2f", a / b) : "-" }

function tell_slopes(    f, i, family, from, to, spin, quire, bytecode) {
    printf "%-20s %-10s %9s %9s %9s %13s %13s\n", "ns a transition", "N", "spin", "quire", "bytecode", "spin / quire", "bytecode / q"
    for (f = 1; f <= family_count; f++) {
        family = families[f]
        for (i = 2; i <= sizes[family]; i++) {
            from = size_of[family, i - 1]
            to = size_of[family, i]
            spin = slope(family, from, to, "spin", "none")
            quire = slope(family, from, to, "quire", "none")
            bytecode = slope(family, from, to, "quire", "bytecode")
            if (!spin && !quire) continue
            printf "%-20s %-10s %9s %9s %9s %13s %13s\n", family, from "-" to, nanoseconds(spin), nanoseconds(quire),
                nanoseconds(bytecode), over(spin, quire), over(bytecode, quire)
        }
    }
}

function tell_instances(    f, i, family, n, plain, automatic) {
    printf "\n%-20s %3s | %29s | %29s | %29s\n", "whole runs", "", "CPU over quire none", "CPU over quire auto, sym, auto", "states: fewer by"
    printf "%-20s %3s | %9s %9s %9s | %9s %9s %9s | %9s %9s %9s\n", "", "N", "spin", "spin+gcc", "rumur", "spin por", "rumur sym", "none",
        "sym", "por", "auto"
    for (f = 1; f <= family_count; f++) {
        family = families[f]
        for (i = 1; i <= sizes[family]; i++) {
            n = size_of[family, i]
            plain = row(family, n, "quire", "none")
            automatic = row(family, n, "quire", "auto")
            printf "%-20s %3s | %9s %9s %9s | %9s %9s %9s | %9s %9s %9s\n", family, n,
                quotient(row(family, n, "spin", "none"), plain), waited(row(family, n, "spin", "none"), plain),
                quotient(row(family, n, "rumur", "none"), plain),
                quotient(row(family, n, "spin", "por"), automatic),
                quotient(row(family, n, "rumur", "symmetry"), row(family, n, "quire", "symmetry")), quotient(plain, automatic),
                fewer(family, n, "symmetry"), fewer(family, n, "por"), fewer(family, n, "auto")
        }
    }
}

# Sizes that only symmetry reaches, beside what SPIN needs for those that it can hold.
function tell_beyond(    f, i, j, family, large, small) {
    for (f = 1; f <= family_count; f++) {
        family = families[f]
        for (i = 1; i <= sizes[family]; i++) {
            large = row(family, size_of[family, i], "quire", "symmetry")
            if ((row(family, size_of[family, i], "quire", "none") in cpu) || !measured(large)) continue
            for (j = 1; j < i; j++) {
                small = row(family, size_of[family, j], "spin", "none")
                if (measured(small) && cpu[small] >= 0.5)
                    printf "\n%s: quire with symmetry at N=%s takes %.3f of the CPU time of spin at N=%s", family, size_of[family, i],
                        cpu[large] / cpu[small], size_of[family, j]
            }
        }
    }
    print ""
}

END {
    tell_slopes()
    tell_instances()
    tell_beyond()
}
