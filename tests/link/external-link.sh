#!/bin/sh
# external-link.sh - gild gives gcc the same object by the same command line as the stock linker, and so the file is the same;
# it runs; what gcc complains about is passed on.
. "$(dirname "$0")/common.sh"
export GOOS=linux GOARCH=amd64 CGO_ENABLED=1 TMPDIR="$tmp/tmpdir"
command -v gcc >/dev/null && [ "$(uname -m)" = x86_64 ] || skip "no gcc for linux/amd64"
mkdir -p "$tmp/prog" "$TMPDIR"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod
cat >main.go <<'END'
package main

// extern int numbers[3];
// extern int sum(void);
import "C"

//export weight
func weight(i C.int) C.int { return 10 * (i + 1) }

func main() { println(C.sum(), C.numbers[2]) }
END
cat >sum.c <<'END'
extern int weight(int);
int numbers[3] = {1, 2, 3};
int *const pointers[3] = {&numbers[0], &numbers[1], &numbers[2]};
int sum(void) { return *pointers[0] * weight(0) + *pointers[1] * weight(1) + *pointers[2] * weight(2); }
END

# compare MODE FLAG...: both linkers, in the same folder for temporary files.
compare() {
    mode=$1
    shift
    for l in stock gild; do
        rm -rf "$tmp/t"
        mkdir -p "$tmp/t" "$tmp/$l"
        LINKER=$([ $l = stock ] && echo stock || echo "$GILD")
        link "$mode" "$tmp/out" -linkmode=external -tmpdir="$tmp/t" -v "$@" >"$tmp/$l/log"
        grep '^host link:' "$tmp/$l/log" >"$tmp/$l/command"
        mv "$tmp/t/go.o" "$tmp/out" "$tmp/$l"
    done
    for f in command go.o out; do
        cmp "$tmp/stock/$f" "$tmp/gild/$f" || fail "go $release $mode $*: $f"
    done
    [ "$("$tmp/gild/out" 2>&1)" = '140 3' ] || fail "go $release $mode $*: wrong result"
}

# complains PATTERN FLAG...: the link fails, says this, and leaves nothing.
complains() {
    pattern=$1
    shift
    link exe "$tmp/none" -linkmode=external "$@" >"$tmp/errors" 2>&1 && fail "go $release: $*: links"
    grep -Eq "$pattern" "$tmp/errors" || fail "go $release: $*: $(cat "$tmp/errors")"
    [ ! -e "$tmp/none" ] && [ -z "$(ls -A "$TMPDIR")" ] || fail "go $release: $*: something is left"
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    for mode in exe pie; do
        build_inputs . $mode
        compare $mode
        compare $mode -s -extldflags=-static-libgcc
    done
    complains '^link: running gcc failed: exit status 1$' -extldflags=-lnothing
    grep -q 'cannot find -lnothing' "$tmp/errors" || fail "go $r: gcc's words are missing"
    complains 'running no-cc failed: exec: "no-cc": executable file not found in \$PATH' -extld=no-cc
done
