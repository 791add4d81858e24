# bench.csv as one SVG: for each protocol states and CPU time against N, on a logarithmic scale. Alone in its file: no script, no
# font, no background, and colours that can be told apart on white and on black.
BEGIN {
    FS = ","
    name_series("quire,none", "Quire", "#3b82c4", "")
    name_series("quire,por", "Quire, partial order", "#2e9e6b", "")
    name_series("quire,symmetry", "Quire, symmetry", "#8a63c8", "")
    name_series("quire,auto", "Quire, both", "#c8524a", "")
    name_series("quire,bytecode", "Quire, bytecode", "#2aa0a8", "")
    name_series("spin,none", "SPIN", "#3b82c4", "7 4")
    name_series("spin,por", "SPIN, partial order", "#2e9e6b", "7 4")
    name_series("rumur,none", "Rumur", "#3b82c4", "2 3")
    name_series("rumur,symmetry", "Rumur, symmetry", "#8a63c8", "2 3")
    name_series("ltsmin,none", "LTSmin", "#d9822b", "7 4")
    name_series("tlc,none", "TLC", "#d9822b", "2 3")
    panel_width = 330; panel_height = 170; left = 70; gap = 100; top = 120; row_height = 240
}

function name_series(key, label, colour, dashes) {
    series[++series_count] = key
    label_of[key] = label
    colour_of[key] = colour
    dashes_of[key] = dashes
}

NR == 1 || $14 != "ok" || $3 == "" { next }
{
    rest = $2
    sub(/^N=[0-9]+ ?/, "", rest)
    family = rest == "" ? $1 : $1 ", " rest
    if (!(family in first)) {
        families[++family_count] = family
        first[family] = last[family] = $3
    }
    if ($3 + 0 < first[family] + 0) first[family] = $3
    if ($3 + 0 > last[family] + 0) last[family] = $3
    key = $4 "," $5
    used[key] = 1
    value[family, key, $3, 1] = $6
    value[family, key, $3, 2] = $8 + 0 < 0.001 ? 0.001 : $8
    for (kind = 1; kind <= 2; kind++) {
        exponent = log(value[family, key, $3, kind]) / log(10)
        if (!((family, kind) in low) || exponent < low[family, kind]) low[family, kind] = exponent
        if (!((family, kind) in high) || exponent > high[family, kind]) high[family, kind] = exponent
    }
}

function floor(x,    whole) { whole = int(x); return whole > x ? whole - 1 : whole }
function text(x, y, anchor, string) { printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, string }
function line(x1, y1, x2, y2, style) {
    printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1, y1, x2, y2, style
}
function power(exponent) { return "10<tspan dy=\"-5\" font-size=\"8\">" exponent "</tspan>" }
function stroke(key) {
    return "stroke=\"" colour_of[key] "\"" (dashes_of[key] == "" ? "" : " stroke-dasharray=\"" dashes_of[key] "\"")
}

function legend(    s, key, x, y, shown) {
    for (s = 1; s <= series_count; s++) {
        key = series[s]
        if (!(key in used)) continue
        x = 30 + (shown % 4) * 215
        y = 50 + int(shown / 4) * 20
        printf "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke-width=\"2\" %s/>\n", x, y - 4, x + 34, y - 4, stroke(key)
        text(x + 42, y, "start", label_of[key])
        shown++
    }
}

function panel(family, kind, x0, y0,    from, to, exponent, n, s, key, points, x, y, marks, what) {
    from = floor(low[family, kind])
    to = floor(high[family, kind]) + 1
    what = kind == 1 ? "states" : "CPU seconds"
    text(x0 + panel_width / 2, y0 - 10, "middle", family ": " what)
    for (exponent = from; exponent <= to; exponent++) {
        y = y0 + panel_height * (to - exponent) / (to - from)
        line(x0, y, x0 + panel_width, y, "grid")
        text(x0 - 8, y + 4, "end", power(exponent))
    }
    for (n = first[family]; n <= last[family]; n++) {
        x = place(family, n, x0)
        line(x, y0 + panel_height, x, y0 + panel_height + 4, "axis")
        text(x, y0 + panel_height + 17, "middle", n)
    }
    line(x0, y0, x0, y0 + panel_height, "axis")
    line(x0, y0 + panel_height, x0 + panel_width, y0 + panel_height, "axis")
    text(x0 + panel_width / 2, y0 + panel_height + 32, "middle", "N")
    printf "<text transform=\"translate(%.1f %.1f) rotate(-90)\" text-anchor=\"middle\">%s</text>\n", x0 - 44, y0 + panel_height / 2, what
    for (s = 1; s <= series_count; s++) {
        key = series[s]
        points = marks = ""
        for (n = first[family]; n <= last[family]; n++) {
            if (!((family, key, n, kind) in value)) continue
            x = place(family, n, x0)
            y = y0 + panel_height * (to - log(value[family, key, n, kind]) / log(10)) / (to - from)
            points = points sprintf("%.1f,%.1f ", x, y)
            marks = marks sprintf("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"><title>%s, N=%s: %s %s</title></circle>\n", x, y,
                colour_of[key], label_of[key], n, value[family, key, n, kind], what)
        }
        if (points != "") printf "<polyline points=\"%s\" fill=\"none\" stroke-width=\"1.8\" %s/>\n%s", points, stroke(key), marks
    }
}

function place(family, n, x0) {
    if (last[family] == first[family]) return x0 + panel_width / 2
    return x0 + 12 + (panel_width - 24) * (n - first[family]) / (last[family] - first[family])
}

END {
    width = left + 2 * panel_width + gap + 30
    height = top + family_count * row_height
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\"", width, height, width, height
    print " font-family=\"sans-serif\" font-size=\"11\">"
    print "<title>States and CPU time of Quire and its peers against the number of threads</title>"
    print "<style>text { fill: #777 } .axis { stroke: #888 } .grid { stroke: #888; stroke-opacity: 0.25 }"
    print "@media (prefers-color-scheme: dark) { text { fill: #aaa } }</style>"
    text(30, 25, "start", "States and CPU seconds (one core, without compiling) against the number of threads N; logarithmic")
    legend()
    for (f = 1; f <= family_count; f++)
        for (kind = 1; kind <= 2; kind++) panel(families[f], kind, left + (kind - 1) * (panel_width + gap), top + (f - 1) * row_height)
    print "</svg>"
}
