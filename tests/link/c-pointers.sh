#!/bin/sh
# c-pointers.sh - data of C with the addresses of what the C library has, linked without the system's linker, which the stock
# linker refuses (docs/differences.md). The program runs.
. "$(dirname "$0")/common.sh"
command -v gcc >/dev/null && [ "$(uname -m)" = x86_64 ] || skip "no gcc for linux/amd64"
export GOOS=linux CGO_ENABLED=1
mkdir -p "$tmp/prog"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod
cat >main.go <<'END'
package main

// #include <stdlib.h>
// #include <time.h>
// static int (*const functions[])(int) = {abs, 0, abs};
// static int (*changed)(int) = abs;
// static char **names[] = {tzname, tzname + 1};
// static int call(int i, int v) { return (i < 3 ? functions[i] : changed)(v); }
// static int are_names(void) { return names[0] == tzname && names[1] == tzname + 1; }
import "C"

func main() { println(C.call(0, -40), C.call(2, -1), C.call(3, -1), C.are_names()) }
END

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    for target in amd64:gcc: arm64:aarch64-linux-gnu-gcc:qemu-aarch64-static; do
        run=${target##*:} CC=${target#*:}
        CC=${CC%:*} GOARCH=${target%%:*}
        export CC GOARCH
        { command -v "$CC" && command -v "${run:-true}"; } >/dev/null || continue
        for mode in exe pie; do
            build_inputs . $mode
            LINKER=stock
            link $mode "$tmp/stock" -linkmode=internal 2>"$tmp/errors" && fail "go $r: the stock linker links it: docs/differences.md"
            grep -q 'unexpected R_.* relocation for dynamic symbol abs' "$tmp/errors" || fail "go $r: $(cat "$tmp/errors")"
            LINKER=$GILD
            link $mode "$tmp/out" -linkmode=internal
            # shellcheck disable=SC2086
            got=$(${run:+$run -L /usr/aarch64-linux-gnu} "$tmp/out" 2>&1) || :
            [ "$got" = "40 1 1 1" ] || fail "go $r $GOARCH $mode: $got"
        done
    done
done
