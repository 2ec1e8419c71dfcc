#!/bin/sh
# macho-host-objects.sh - objects of a C compiler for macOS in a package (.syso): the stock linker's file, for both
# processors and modes; damaged objects give one line each.
. "$(dirname "$0")/common.sh"
cc=$(command -v clang-19 || command -v clang) || skip "no clang"
export GOOS=darwin

mkdir -p "$tmp/prog"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod
cat >main.go <<'END'
package main

//go:cgo_import_dynamic getpid getpid "/usr/lib/libSystem.B.dylib"
//go:cgo_import_dynamic environ environ "/usr/lib/libSystem.B.dylib"
func answer() int64
func main() { println(answer()) }
END
printf 'TEXT \302\267answer(SB),4,$64-8\n\tCALL c_answer(SB)\n\tMOVQ AX, ret+0(FP)\n\tRET\n' >call_amd64.s
printf 'TEXT \302\267answer(SB),4,$64-8\n\tCALL c_answer(SB)\n\tMOVD R0, ret+0(FP)\n\tRET\n' >call_arm64.s
cat >../c.c <<'END'
extern int getpid(void);
extern char **environ;
static long numbers[3] = {40, 1, 1};
static long *const pointers[3] = {&numbers[0], &numbers[1], &numbers[2]};
__attribute__((noinline)) static long at(int i) { return *pointers[i]; }
long c_answer(void) { return at(0) + at(1) + at(2) + getpid() * 0 + (environ == 0); }
END

# patched OFFSET BYTES PATTERN: with these bytes (octal) in the object, inside the archive, it is refused.
patched() {
    cp "$(cat "$tmp/pie/main")" ../bad.a
    chmod u+w ../bad.a
    # shellcheck disable=SC2059
    printf "$2" | dd of=../bad.a bs=1 seek=$((macho + $1)) conv=notrunc 2>/dev/null
    rejects "$3" -importcfg "$tmp/pie/importcfg" -buildmode=pie ../bad.a
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    for GOARCH in amd64 arm64; do
        export GOARCH
        rm -f ./*.syso
        "$cc" -target "$([ $GOARCH = amd64 ] && echo x86_64 || echo arm64)-apple-macos13" -O1 -c \
            -o c_darwin_$GOARCH.syso ../c.c
        for mode in pie exe; do
            build_inputs . $mode
            link $mode "$tmp/gild"
            (LINKER=stock && link $mode "$tmp/stock")
            cmp "$tmp/stock" "$tmp/gild"
        done
    done
    # Of arm64: the header, then the segment command.
    macho=$(LC_ALL=C grep -aboP '\xcf\xfa\xed\xfe' "$(cat "$tmp/pie/main")" | head -n 1 | cut -d: -f1)
    patched 4 '\007' 'mach-o object but not arm64'
    patched 20 '\377\377\377\377' 'implausible mach-o header'
    patched 36 '\004\000' 'load command 0: size 4, expected 8 to '
    patched 96 '\377' '255 sections in a command of '
    patched 80 '\377\377\377\177' 'load segment out of range'
done
