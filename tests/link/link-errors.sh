#!/bin/sh
# link-errors.sh - programs that cannot be linked: gild says what the stock linker says, and nothing is written.
. "$(dirname "$0")/common.sh"
export GOOS=darwin GOARCH=amd64

# program NAME: a module for the sources that the caller writes into it; $dir is its folder.
program() {
    dir=$tmp/$1
    mkdir -p "$dir"
    printf 'module example.com/%s\ngo 1.24\n' "$1" >"$dir/go.mod"
}

# same NAME [flags]: both linkers fail on the program, with the same lines and status.
same() {
    build_inputs "$tmp/$1" pie
    program=$1; shift
    for l in stock gild; do
        rm -f "$tmp/out" # of the stock linker
        out=$(LINKER=$([ $l = stock ] && echo stock || echo "$LINKER"); link pie "$tmp/out" "$@" 2>&1) &&
            fail "go $release $program: $l links it"
        printf '%s\nstatus %s\n' "$out" $? >"$tmp/$l.txt"
    done
    diff "$tmp/stock.txt" "$tmp/gild.txt" || fail "go $release $program"
    [ ! -e "$tmp/out" ] || fail "go $release $program: output was written"
}

program nomain; echo 'package main; func f() {}' >"$dir/a.go"
program undefined; echo 'package main; func a(); func b(); func main() { b(); a(); b() }' >"$dir/a.go"
printf 'TEXT \302\267b(SB),4,$0-0\n\tCALL \302\267c(SB)\n\tCALL x\302\267y(SB)\n\tCALL \302\267c(SB)\n\tRET\n' >"$dir/a_amd64.s"
program builtin; echo 'package main; var x *int; func f() int { return *x }; func main() { println(f()) }' >"$dir/a.go"
program variable; printf '%s\n' 'package main; import _ "unsafe"' '//go:linkname v runtime.nanotime' 'var v uintptr' \
    'var p *uintptr; func main() { p = &v; println(p) }' >"$dir/a.go"
program strings; echo 'package main; type T string; var I = 1; var S T; func main() { println(I, S) }' >"$dir/a.go"
program nosplit; echo 'package main; func start(); func cycle(); func main() { start(); cycle() }' >"$dir/a.go"
printf 'TEXT \302\267%s(SB),4,$%d-0\n\tCALL \302\267%s(SB)\n\tCALL \302\267%s(SB)\n\tRET\n' \
    start 24 mid end mid 496 end end cycle 0 cycle end >"$dir/a_amd64.s"
printf 'TEXT \302\267end(SB),4,$1000-0\n\tRET\n' >>"$dir/a_amd64.s"

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    same nomain; same undefined; same nosplit; same nosplit -debugnosplit
    GOFLAGS=-gcflags=-race same builtin
    same strings -X main.S=x -X main.nosuch=x -X main.I=2
    [ "$r" != 1.26 ] || continue
    build_inputs "$tmp/variable" pie # at which the stock linker panics
    link pie "$tmp/out" 2>"$tmp/errors" && fail "go $r variable: links"
    [ "$(cat "$tmp/errors")" = 'link: main: invalid reference to runtime.nanotime' ] || fail "go $r variable: $(cat "$tmp/errors")"
done
