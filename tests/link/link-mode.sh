#!/bin/sh
# link-mode.sh - when a link has to be external: gild gives the stock linker's reasons, and decides as it does.
. "$(dirname "$0")/common.sh"
export GOOS=linux GOARCH=amd64
command -v gcc >/dev/null && [ "$(uname -m)" = x86_64 ] || skip "no gcc for linux/amd64"

mkdir -p "$tmp/prog"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod

# with MEMBER: main.a, and a copy of it with one more member in front of the link.
with() {
    cp "$(cat "$tmp/exe/main")" "$tmp/main.a"
    chmod u+w "$tmp/main.a"
    echo 'no object at all' >"$1"
    "$go" tool pack r "$tmp/main.a" "$1"
}

# internal REASON: a demand for an internal link is refused by both, for the same reason.
internal() {
    for l in stock gild; do
        tool=$([ $l = stock ] && echo "$stock" || echo "$LINKER")
        "$tool" -o "$tmp/out" -linkmode=internal -importcfg "$tmp/exe/importcfg" "$tmp/main.a" 2>"$tmp/$l.txt" &&
            fail "go $release: $l links it"
        grep -q "internal linking requested but external linking required: $1\$" "$tmp/$l.txt" ||
            fail "go $release: $l: $(cat "$tmp/$l.txt")"
    done
}

# external ARCHIVE: both choose the system's linker.
external() {
    for l in "$stock" "$LINKER"; do
        "$l" -o "$tmp/out" -v -importcfg "$tmp/exe/importcfg" "$1" >"$tmp/log" 2>&1 || fail "go $release: $(cat "$tmp/log")"
        grep -q '^host link:' "$tmp/log" || fail "go $release: $l links internally"
    done
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    echo 'package main; func main() {}' >main.go
    CGO_ENABLED=0 build_inputs . exe
    with dynimportfail
    internal 'some packages could not be built to support internal linking (\[main\])'
    with strange.o
    internal 'some input objects have an unrecognized file format'

    # C code of a package that is known, of one that is not, and a package that prefers the system's linker.
    echo 'package main; import _ "runtime/cgo"; func main() { println("ok") }' >main.go
    CGO_ENABLED=1 build_inputs . exe
    link exe "$tmp/out"
    [ "$("$tmp/out" 2>&1)" = ok ] || fail "go $r: wrong result"
    with preferlinkext
    external "$tmp/main.a"
    with dynimportfail
    external "$tmp/main.a"
    printf 'package main\n// int x;\nimport "C"\nfunc main() { println(C.x) }\n' >main.go
    CGO_ENABLED=1 build_inputs . exe
    external "$(cat "$tmp/exe/main")"
    rm -f "$tmp/out"
    link exe "$tmp/out" -linkmode=internal
    GO_EXTLINK_ENABLED=0 link exe "$tmp/out2"
    cmp "$tmp/out" "$tmp/out2"
done
