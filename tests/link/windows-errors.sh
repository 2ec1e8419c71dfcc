#!/bin/sh
# windows-errors.sh - what cannot be linked for Windows: addresses that leave gaps between sections, in the stock linker's
# words, and damaged resource objects.
. "$(dirname "$0")/common.sh"
export GOOS=windows GOARCH=amd64
mkdir "$tmp/program"
printf 'module example.com/program\n\ngo 1.26\n' >"$tmp/program/go.mod"
echo 'package main; func main() { println("hello") }' >"$tmp/program/main.go"

# same FLAGS: both linkers fail with the same line.
same() {
    for l in stock "$LINKER"; do
        rm -f "$tmp/out"
        LINKER=$l link pie "$tmp/out" "$@" >"$tmp/$(basename "$l").txt" 2>&1 && fail "go $release: $l links with $*"
    done
    sed -i "s|^$stock: ||; s|^link: ||" "$tmp/stock.txt" "$tmp/gild.txt"
    diff "$tmp/stock.txt" "$tmp/gild.txt" || fail "go $release: $*"
    [ ! -e "$tmp/out" ] || fail "go $release: output after $*"
}

# little BYTES NUMBER: the number as so many bytes, little-endian.
little() { n=$2 i=0; while [ $i -lt "$1" ]; do printf '%b' "\\0$(printf %o $((n % 256)))"; n=$((n / 256)) i=$((i + 1)); done; }

# The section's name says what it is, and it has a relocation at 12 and a symbol.
resource() {
    little 2 0x8664; little 2 1; little 4 0; little 4 86; little 4 1; little 4 0
    printf '.rsrc\0\0\0'; little 8 0; little 4 16; little 4 60; little 4 76; little 4 0; little 4 1; little 4 0x40000040
    printf 0123456789abcdef; little 4 12; little 4 0; little 2 3
    printf '.rsrc\0\0\0'; little 4 0; little 2 1; little 2 0; little 2 3; little 4 4
}

# refused PATTERN OFF BYTES NUMBER: with this number at an offset from the section's name; the go command would not take it.
refused() {
    main=$(cat "$tmp/pie/main")
    cp "$main" "$tmp/main.a" && chmod u+w "$tmp/main.a"
    at=$(grep -abo '\.rsrc' "$main" | head -n 1 | cut -d : -f 1)
    little "$3" "$4" | dd of="$tmp/main.a" bs=1 seek=$((at + $2)) conv=notrunc status=none
    rejects "$1" -importcfg "$tmp/pie/importcfg" -buildmode=pie "$tmp/main.a"
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    rm -f "$tmp/program"/*.syso
    build_inputs "$tmp/program" pie
    same -T 0x150000000; same -R 0x2000; same -D 0x150000000
    resource >"$tmp/program/r_windows_amd64.syso"
    build_inputs "$tmp/program" pie
    link pie "$tmp/out" && LINKER=stock link pie "$tmp/stock.exe" && cmp "$tmp/out" "$tmp/stock.exe" || fail "go $r: a sound object"
    refused 'loadpe: .*: a section is outside the file$' 16 4 1600
    refused 'loadpe: .*: a section is outside the file$' 20 4 4000000000
    refused 'loadpe: .*: a section is outside the file$' 32 2 60000
    refused 'loadpe: .*: a relocation leads out of its section or table$' 16 4 14
    refused 'loadpe: .*: tables are outside the file$' -8 4 100000 # symbols
    refused 'objects of C compilers for windows .*not supported' 1 1 0x64
done
