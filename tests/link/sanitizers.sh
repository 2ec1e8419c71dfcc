#!/bin/sh
# sanitizers.sh - -asan and -msan link externally, as with the stock linker: the same file, which finds C code's mistake.
. "$(dirname "$0")/common.sh"
export GOOS=linux GOARCH=amd64 CGO_ENABLED=1
command -v gcc >/dev/null && [ "$(uname -m)" = x86_64 ] || skip "no gcc for linux/amd64"
mkdir -p "$tmp/prog"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod
cat >main.go <<'END'
package main

/*
#include <stdlib.h>
static int freed(void) { volatile int *p = malloc(4); *p = 1; free((void *)p); return *p; }
static int unset(void) { volatile int *p = malloc(4); if (*p) abort(); free((void *)p); return 1; }
*/
import "C"
import "os"

func main() {
	if os.Args[1] == "address" {
		C.freed()
	}
	C.unset()
}
END

# check FLAG CC WORDS ARG: the program, built with this flag and run with the argument, ends with these words.
check() {
    for mode in exe pie; do
        CC=$2 "$go" build "$1" -buildmode=$mode -o "$tmp/stock" .
        CC=$2 "$go" build "$1" -buildmode=$mode -toolexec="$GILD" -o "$tmp/gild" .
        cmp "$tmp/stock" "$tmp/gild" || fail "go $release $1 $mode"
        "$tmp/gild" "$4" 2>&1 | grep -q "$3" || fail "go $release $1 $mode: '$3' was not found"
    done
    CC=$2 "$go" build "$1" -toolexec="$GILD" -ldflags=-linkmode=internal . 2>&1 |
        grep -q "internal linking requested but external linking required: ${1#-}" || fail "go $release $1: links internally"
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    check -asan gcc 'heap-use-after-free' address
    if clang-19 -print-file-name=libclang_rt.msan-x86_64.a | grep -q /; then
        check -msan clang-19 'use-of-uninitialized-value' memory
    fi
done
