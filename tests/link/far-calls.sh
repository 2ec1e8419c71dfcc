#!/bin/sh
# far-calls.sh - objects whose code is larger than what a call reaches, or that -debugtextsize and -debugtramp treat so: the same as
# the stock linker's. For macOS on arm64 the code is in several sections. Programs made of them run.
. "$(dirname "$0")/common.sh"
. "$top/tests/machorun/common_machorun.sh"
export GOARCH=arm64
sdk=${GILD_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/gild/tools}/macos-sdk-13
[ -d "$sdk" ] && command -v clang-19 >/dev/null && cc=$top/tools/macos-cc || cc=
mkdir -p "$tmp/prog/small" "$tmp/prog/aligned" "$tmp/prog/big"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod
cat >small/main.go <<'END'
package main

import (
	"fmt"
	_ "runtime/cgo"
	"sort"
)

func Sorted(v []int) string {
	defer func() { recover() }()
	sort.Slice(v, func(i, j int) bool { return v[i] < v[j] })
	return fmt.Sprint(v)
}

func main() { println(Sorted([]int{3, 1, 2})) }
END
# A function of the last section wants to be at a multiple of 2048.
sed 's/^func main.*/func aligned()\nfunc main() { aligned(); println(Sorted([]int{3, 1, 2})) }/' small/main.go >aligned/main.go
printf '#include "textflag.h"\nTEXT ·aligned(SB), NOSPLIT, $0-0\n\tNOP\n\tPCALIGN $2048\n\tRET\n' >aligned/main_arm64.s
# 17 functions of 8 MiB, each of which goes on to the next one.
sed 's/^func main.*/func f0()\nfunc main() { f0(); println(Sorted([]int{3, 1, 2})) }/' small/main.go >big/main.go
awk 'BEGIN {
    for (f = 0; f < 17; f++) {
        printf "TEXT ·f%d(SB), 0, $0-0\n%s\tB ·f%d(SB)\n", f, f == 16 ? "\tRET\n" : "", (f + 1) % 17
        for (i = 0; i < 4096; i++) print "\tPCALIGN $2048\n\tRET"
    }
}' >big/main_arm64.s

# compare MODE FLAG...: the objects of both linkers. No linker that makes programs of them is needed.
compare() {
    mode=$1
    shift
    for l in stock gild; do
        LINKER=$([ $l = stock ] && echo stock || echo "$GILD")
        link "$mode" "$tmp/out" -linkmode=external -extld=true -tmpdir="$tmp" -pluginpath=example.com/prog "$@" 2>/dev/null || :
        mv "$tmp/go.o" "$tmp/$l.o"
    done
    cmp "$tmp/stock.o" "$tmp/gild.o" || fail "go $r $GOOS $mode $*: the object"
}

# run_program FLAG...: what the program prints, if there is something that makes it and something that runs it.
run_program() {
    [ -n "$cc" ] && has_machorun arm64 || return 0
    LINKER=$GILD link pie "$tmp/out" -linkmode=external -extld="$cc" "$@"
    [ "$(machorun arm64 -strict "$tmp/out" 2>&1)" = '[1 2 3]' ] || fail "go $r: $*: does not run"
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    export GOOS=darwin
    [ -z "$cc" ] || export CGO_ENABLED=1 CC="$cc"
    build_inputs small pie
    compare pie -debugtextsize=131072
    [ "$(grep -ao '__text[^_]*__TEXT' "$tmp/gild.o" | wc -l)" -gt 4 ] || fail "go $r: not in several sections"
    grep -aq '_runtime\.text\.3' "$tmp/gild.o" || fail "go $r: no marker"
    compare pie -debugtextsize=200000 -debugtramp=2 -w -randlayout=3
    compare pie -debugtextsize=300000 -funcalign=64 -s
    run_program -debugtextsize=131072
    build_inputs big pie
    compare pie -w
    grep -aq '_runtime\.text\.1' "$tmp/gild.o" || fail "go $r: big code in one section"
    run_program -w
    build_inputs aligned pie # docs/differences.md
    run_program -debugtextsize=131072
    if [ -n "$cc" ]; then
        build_inputs small plugin
        compare plugin -debugtextsize=262144 -w=0
    fi
    command -v aarch64-linux-gnu-gcc >/dev/null || continue
    export GOOS=linux CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc
    build_inputs small plugin
    compare plugin -debugtramp=2
done
