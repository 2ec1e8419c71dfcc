#!/bin/sh
# macho-external.sh - links with the system's linker for macOS: the same object, command line and file as the stock linker's. A
# plugin loads what it imports from the GOT, and the file binds the slot.
. "$(dirname "$0")/common.sh"
# The compiler is installed by tools/setup.sh, where npm can be had.
sdk=${GILD_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/gild/tools}/macos-sdk-13
[ -d "$sdk" ] && command -v clang-19 >/dev/null || skip "no C compiler for macOS: run tools/macos-cc once"
export GOOS=darwin CGO_ENABLED=1 CC="$top/tools/macos-cc"
mkdir -p "$tmp/prog/main" "$tmp/prog/plug"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod
cat >main/main.go <<'END'
package main

// static int table[3] = {1, 2, 3};
// static int *at(int i) { return &table[i]; }
import "C"

func main() { println(*C.at(2)) }
END
cat >plug/main.go <<'END'
package main

import "runtime/pprof"

func Count() int { return pprof.Lookup("goroutine").Count() }
END

# compare DIR MODE FLAG...: both linkers, in the same folder for temporary files.
compare() {
    (cd "$1" && build_inputs . "$2")
    mode=$2
    shift 2
    for l in stock gild; do
        rm -rf "$tmp/t"
        mkdir -p "$tmp/t" "$tmp/$l"
        LINKER=$([ $l = stock ] && echo stock || echo "$GILD")
        link "$mode" "$tmp/out" -linkmode=external -extld="$CC" -tmpdir="$tmp/t" -v "$@" >"$tmp/$l/log"
        grep '^host link' "$tmp/$l/log" >"$tmp/$l/command"
        mv "$tmp/t/go.o" "$tmp/out" "$tmp/$l"
    done
    for f in command go.o out; do
        cmp "$tmp/stock/$f" "$tmp/gild/$f" || fail "go $release $GOARCH $mode $*: $f"
    done
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    export GOARCH=arm64
    compare main pie
    llvm-otool-19 -l "$tmp/gild/out" | grep -q 'sectname __zdebug_info' || fail "go $r: not compressed"
    compare main c-shared -w=0
    export GOARCH=amd64
    compare main exe -s
    compare plug plugin -pluginpath=example.com/prog/plug
    llvm-objdump-19 -r "$tmp/gild/go.o" | grep -q 'X86_64_RELOC_GOT_LOAD *_mach_task_self_@GOTPCREL' ||
        fail "go $r: no load from the GOT"
    llvm-objdump-19 --macho --dyld-info --bind "$tmp/gild/out" | grep -q "__got .* _mach_task_self_\$" || fail "go $r: no bind"
done
