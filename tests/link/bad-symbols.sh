#!/bin/sh
# bad-symbols.sh - packages that do not agree about a symbol: the stock linker's words.
. "$(dirname "$0")/common.sh"
export GOOS=darwin GOARCH=amd64
mkdir -p "$tmp/prog/a" "$tmp/prog/b"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod

# same STATUS [flags]: what both linkers print for the program, apart from the line that ends a failed link of gild's.
same() {
    status=$1
    shift
    build_inputs . pie
    for l in stock gild; do
        rm -f "$tmp/out"
        got=0
        (if [ $l = stock ]; then LINKER=stock; fi; link pie "$tmp/out" "$@") >"$tmp/$l.txt" 2>&1 || got=$?
        [ "$got" = "$status" ] || fail "go $release $l $*: status $got: $(cat "$tmp/$l.txt")"
    done
    [ "$status" = 0 ] || [ ! -e "$tmp/out" ] || fail "go $release $*: output was written"
    sed -i '/^link: [0-9]* duplicate symbols with/d' "$tmp/gild.txt"
    diff "$tmp/stock.txt" "$tmp/gild.txt" || fail "go $release: $*"
}

# both: the program calls a.F and b.F, which are made of the sources on standard input; PKG stands for a and b.
both() {
    rm -f a/* b/* *.s
    echo 'package main; import ("example.com/prog/a"; "example.com/prog/b"); func main() { a.F(); b.F() }' >main.go
    source=$(cat)
    for pkg in a b; do
        printf '%s\n' "$source" | sed "s/PKG/$pkg/g" >$pkg/x.go
    done
}

# pull SYMBOL: the program refers to a function of package runtime by linkname.
pull() {
    printf 'package main\nimport _ "unsafe"\n//go:linkname f %s\nfunc f()\nfunc main() { f() }\n' "$1" >main.go
    : >x.s
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    printf 'package PKG\nimport _ "unsafe"\n//go:linkname f prog.f\nfunc f() {}\nfunc F() { f() }\n' | both; same 1
    printf 'package PKG\nimport _ "unsafe"\n//go:linkname v prog.v\nvar v = "PKG"\nfunc F() { println(v) }\n' | both; same 1
    printf 'package PKG\nfunc F()\n' | both
    printf 'TEXT \302\267F(SB),0,$0-0\n\tCALL f(SB)\n\tRET\nTEXT f(SB),6,$0-0\n\tRET\n' >a/x.s
    sed '$i\	XORL AX, AX' a/x.s >b/x.s
    same 0 -strictdups=1; same 2 -strictdups=2; same 1 -strictdups=3
    export GOFLAGS=-gcflags=example.com/prog/a=-N
    same 0 -strictdups=2; same 2 -strictdups=2 -w
    GOFLAGS=
    pull runtime.goexit0; same 1; same 0 -checklinkname=0
    pull runtime.newcoro; same 1
    pull runtime.nosuch; same 2
done
