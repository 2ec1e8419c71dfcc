#!/bin/sh
# fips.sh - the check sum over the FIPS 140 module is right: the program's own check at start-up passes, and finds a changed
# byte.
. "$(dirname "$0")/common.sh"
export GOOS=linux GOARCH=amd64
[ "$(uname -sm)" = 'Linux x86_64' ] || skip "runs only on linux/amd64"
mkdir "$tmp/prog"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod
cat >main.go <<'END'
package main

import (
	"crypto/fips140"
	"crypto/sha256"
	"fmt"
)

func main() { fmt.Printf("%v %x\n", fips140.Enabled(), sha256.Sum256([]byte("abc"))) }
END
sum=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad

# verify FILE STATUS TEXT: the program ends so when it is to check itself.
verify() {
    status=0
    GODEBUG=fips140=on "$1" >"$tmp/text" 2>&1 || status=$?
    [ "$status" = "$2" ] && grep -q "$3" "$tmp/text" || fail "go $release $module $mode: status $status: $(cat "$tmp/text")"
}

# break_byte FILE: changes the last byte of the module's code.
break_byte() {
    end=$("$go" tool nm "$1" | sed -n 's/^ *\([0-9a-f]*\) . go:textfipsend$/\1/p')
    # shellcheck disable=SC2046
    set -- "$1" $(readelf -SW "$1" | sed -n 's/.* \.text *PROGBITS *\([0-9a-f]*\) \([0-9a-f]*\) .*/\1 \2/p')
    printf '\125' | dd of="$1" bs=1 conv=notrunc seek=$((0x$end - 1 - 0x$2 + 0x$3)) 2>/dev/null
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    for module in latest $(cd "$goroot/lib/fips140" && ls v*.zip | sed 's/-.*//; s/\.zip//'); do
        for mode in exe pie; do
            GOFIPS140=$module "$go" build -toolexec="$GILD" -buildmode=$mode -o prog .
            verify ./prog 0 "^true $sum"
            break_byte prog
            verify ./prog 2 'fips140: verification mismatch'
        done
    done
done
