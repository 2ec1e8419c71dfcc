#!/bin/sh
# far-calls.sh - objects whose code is larger than what a call reaches, as -debugtramp has it of small ones: the same as the stock
# linker's. In a plugin, functions that join it to the program come last.
. "$(dirname "$0")/common.sh"
export GOARCH=arm64
sdk=${GILD_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/gild/tools}/macos-sdk-13
mkdir -p "$tmp/prog"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod
cat >main.go <<'END'
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

# compare MODE FLAG...: the objects of both linkers. A linker that makes a program of them is not needed.
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

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    export GOOS=darwin
    build_inputs . pie
    compare pie -debugtramp=2 -w -randlayout=3
    if [ -d "$sdk" ] && command -v clang-19 >/dev/null; then
        (export CGO_ENABLED=1 CC="$top/tools/macos-cc" && build_inputs . plugin)
        compare plugin -debugtramp=2 -w=0
    fi
    command -v aarch64-linux-gnu-gcc >/dev/null || continue
    export GOOS=linux
    (export CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc && build_inputs . plugin)
    compare plugin -debugtramp=2
done
