# bench.csv as a table for people. What was not measured is a dash; what is the same as in the line above is left out.
BEGIN {
    FS = ","
    form = "%-24s %-13s %-7s %-9s %10s %12s %9s %9s %9s %9s %8s %8s  %s\n"
    printf form, "protocol", "size", "tool", "mode", "states", "transitions", "CPU s", "wall s", "RSS MiB", "RSS B/st", "own B/st",
        "compile", ""
}
NR == 1 { next }
function or_dash(value) { return value == "" ? "-" : value }
{
    about = ($1 == protocol && $2 == size) ? "" : $1
    of = about == "" ? "" : $2
    printf form, about, of, $4, $5, or_dash($6), or_dash($7), or_dash($8), or_dash($9),
        $10 == "" || $10 == "-" ? "-" : sprintf("%.1f", $10 / 1024), or_dash($11), or_dash($12), or_dash($13), $14 == "ok" ? "" : $14
    protocol = $1
    size = $2
}
