#!/bin/sh
# macho-llvm.sh - LLVM's tools read what gild wrote: no complaint about the file, as many rebase and bind records as
# `gild info` counts, and no more complaints about the debug information than about the stock linker's.
#
# The debug information is verified uncompressed: LLVM does not read __zdebug_ sections. What it complains of in the
# stock linker's file comes from the compiler (overlapping inlined ranges).
. "$(dirname "$0")/common.sh"
objdump=$(command -v llvm-objdump-19 || command -v llvm-objdump) || skip "no llvm-objdump"
dwarfdump=$(command -v llvm-dwarfdump-19 || command -v llvm-dwarfdump) || skip "no llvm-dwarfdump"
[ -x "$GILD" ] || skip "no gild at $GILD"
export GOOS=darwin
cp "$top/tests/identity/features/hello/main.go" "$tmp/main.go"
printf 'module example.com/hello\ngo 1.26\n' >"$tmp/go.mod"

# records KIND FILE: how many of them llvm-objdump lists.
records() { "$objdump" --macho "--$1" "$2" | grep -c '0x'; }

# complaints FILE: errors of the verifier by sort, without addresses.
complaints() {
    "$dwarfdump" --verify "$1" >"$tmp/verify" 2>&1 || :
    [ "$(grep -c '^Verifying unit' "$tmp/verify")" -gt 5 ] || fail "$1: no units were verified"
    grep 'occurred [0-9]* time' "$tmp/verify" || :
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    for variant in amd64/pie/ amd64/exe/ arm64/pie/ amd64/pie/dwarf5 arm64/pie/dwarf5; do
        GOARCH=${variant%%/*} mode=${variant#*/}
        GOEXPERIMENT=${mode#*/} mode=${mode%/*}
        export GOARCH GOEXPERIMENT
        build_inputs "$tmp" $mode
        link $mode "$tmp/out" -compressdwarf=false
        "$objdump" --macho --private-headers --rebase --bind --exports-trie --indirect-symbols --dylibs-used \
            "$tmp/out" >"$tmp/dump" 2>"$tmp/errors" || fail "go $r $variant: llvm-objdump failed: $(cat "$tmp/errors")"
        [ ! -s "$tmp/errors" ] || fail "go $r $variant: $(head -n 3 "$tmp/errors")"
        for kind in rebase bind; do
            n=$("$GILD" info "$tmp/out" | sed -n "s/^$kind records: \([0-9]*\).*/\1/p")
            [ "$n" = "$(records $kind "$tmp/out")" ] || fail "go $r $variant: $n $kind records, LLVM counts others"
        done
        [ -z "$GOEXPERIMENT" ] || "$dwarfdump" --debug-addr "$tmp/out" | grep -q 'version = 0x0005' ||
            fail "go $r $variant: no address table"
        (LINKER=stock && link $mode "$tmp/stock" -compressdwarf=false)
        [ "$(complaints "$tmp/out")" = "$(complaints "$tmp/stock")" ] || fail "go $r $variant: $(complaints "$tmp/out")"
    done
done
