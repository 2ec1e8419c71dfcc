#!/bin/sh
# c-libraries.sh - Go code as a shared library and as an archive for C: the same as the stock linker's, and C calls it.
. "$(dirname "$0")/common.sh"
export GOOS=linux GOARCH=amd64 CGO_ENABLED=1
command -v gcc >/dev/null && [ "$(uname -m)" = x86_64 ] || skip "no gcc for linux/amd64"
mkdir -p "$tmp/lib"
cd "$tmp/lib"
printf 'module example.com/lib\ngo 1.24\n' >go.mod
cat >main.go <<'END'
package main

import "C"

var calls = map[string]int{}

//export Count
func Count(name *C.char) C.int {
	calls[C.GoString(name)]++
	return C.int(calls[C.GoString(name)])
}

func main() {}
END
cat >"$tmp/main.c" <<'END'
#include <stdio.h>
extern int Count(char *);
int main(void) {
    int a = Count("a"), b = Count("b"), c = Count("a");
    printf("%d %d %d\n", a, b, c);
    return 0;
}
END

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    for mode in c-shared c-archive; do
        build_inputs . $mode
        mkdir -p "$tmp/t"
        for l in stock "$GILD"; do
            LINKER=$l
            ext=$([ $mode = c-shared ] && echo so || echo a)
            link $mode "$tmp/$(basename "$l").$ext" -tmpdir="$tmp/t"
        done
        cmp "$tmp/stock.$ext" "$tmp/gild.$ext"
        gcc -o "$tmp/main" "$tmp/main.c" "$tmp/gild.$ext" -lpthread
        [ "$("$tmp/main")" = '1 1 2' ] || fail "go $r $mode: wrong result"
    done
done
