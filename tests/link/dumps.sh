#!/bin/sh
# dumps.sh - what the flags for the curious print: the same lines, in the same order, as the stock linker prints.
. "$(dirname "$0")/common.sh"
export GOOS=darwin GOARCH=amd64
cp "$top/tests/identity/features/http/main.go" "$tmp/main.go"
printf 'module example.com/http\ngo 1.26\n' >"$tmp/go.mod"

# same FLAG: both linkers print the same; so do the files that they write.
same() {
    link pie "$tmp/gild.out" "$1" >"$tmp/gild.txt"
    (LINKER=stock && link pie "$tmp/stock.out" "$1" >"$tmp/stock.txt")
    cmp "$tmp/stock.txt" "$tmp/gild.txt" || { diff "$tmp/stock.txt" "$tmp/gild.txt" | head -n 5; fail "go $r $1"; }
    cmp "$tmp/stock.out" "$tmp/gild.out" || fail "go $r $1: output"
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    build_inputs "$tmp" pie
    for flag in -dumpdep -c -debugnosplit; do
        same $flag
        [ -s "$tmp/gild.txt" ] || fail "go $r $flag: nothing was printed"
    done
    link pie "$tmp/gild.out" -fipso="$tmp/gild.fips"
    (LINKER=stock && link pie "$tmp/stock.out" -fipso="$tmp/stock.fips")
    cmp "$tmp/stock.fips" "$tmp/gild.fips" || fail "go $r -fipso"
done
