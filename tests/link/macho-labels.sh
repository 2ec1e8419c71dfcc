#!/bin/sh
# macho-labels.sh - objects for macOS on arm64, whose relocations have little room for what they add: labels in big symbols, and
# in groups of strings, of types and of the tables of functions. In a plugin, other modules may see some of them.
. "$(dirname "$0")/common.sh"
export GOOS=darwin GOARCH=arm64
modes=pie
sdk=${GILD_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/gild/tools}/macos-sdk-13
if [ -d "$sdk" ] && command -v clang-19 >/dev/null; then
    export CGO_ENABLED=1 CC="$top/tools/macos-cc"
    modes="pie plugin"
fi
mkdir -p "$tmp/prog"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod
awk 'BEGIN {
    long = "x"; while (length(long) < 100000) long = long long
    print "package main\nimport \"reflect\"\nimport _ \"runtime/cgo\"\nvar all = []any{"
    for (i = 0; i < 70; i++) printf "struct{ A%d int `k:\"%s\"` }{}, F%d%s,\n", i, long, i, long
    print "}\nvar Big [17 << 20]byte\nvar initialised = [9 << 20]byte{9 << 20 - 1: 1}"
    print "func main() {\nfor i, v := range all { println(reflect.TypeOf(v).String(), i) }"
    print "Big[16 << 20]++; initialised[8 << 20 + 5]++ }"
    for (i = 0; i < 70; i++) printf "//go:noinline\nfunc F%d%s() { println(len(s%d), s%d) }\n", i, long, i, i
    for (i = 0; i < 70; i++) printf "var s%d = \"%d%s\"\n", i, i, long
}' >main.go

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    for mode in $modes; do
        build_inputs . $mode
        for l in stock gild; do
            LINKER=$([ $l = stock ] && echo stock || echo "$GILD")
            # There is no linker for macOS: the object is all that is wanted.
            link $mode "$tmp/out" -linkmode=external -extld=true -tmpdir="$tmp" -w -pluginpath=example.com/prog 2>/dev/null && fail "linked"
            mv "$tmp/go.o" "$tmp/$l.o"
        done
        cmp "$tmp/stock.o" "$tmp/gild.o" || fail "go $r $mode: the object"
        for label in 'go:string\.\*' 'runtime\.pclntab' '[a-z.]*\.Big' '[a-z.]*\.initialised'; do
            grep -aq "$label+8MB" "$tmp/gild.o" || fail "go $r $mode: no label in $label"
        done
    done
done
