#!/bin/sh
# host-objects.sh - an object of a C compiler in a package (.syso): linked as the stock linker does it, and it runs; damaged
# ones give one line each.
. "$(dirname "$0")/common.sh"
export GOOS=linux GOARCH=amd64
command -v gcc >/dev/null && [ "$(uname -m)" = x86_64 ] || skip "no gcc for linux/amd64"

mkdir -p "$tmp/prog"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod
echo 'package main; func answer() int64; func main() { println(answer()) }' >main.go
printf 'TEXT \302\267answer(SB),4,$64-8\n\tCALL c_answer(SB)\n\tMOVQ AX, ret+0(FP)\n\tRET\n' >call_amd64.s
cat >../c.c <<'END'
static long numbers[3] = {40, 1, 1};
static long *const pointers[3] = {&numbers[0], &numbers[1], &numbers[2]};
__attribute__((noinline)) static long at(int i) { return *pointers[i]; }
long c_answer(void) { return at(0) + at(1) + at(2); }
END
gcc -O1 -fPIC -c -o c_linux_amd64.syso ../c.c

# patched OFFSET BYTES PATTERN: with these bytes (octal) in the object, inside the archive, it is refused.
patched() {
    cp "$(cat "$tmp/exe/main")" ../bad.a
    chmod u+w ../bad.a
    # shellcheck disable=SC2059
    printf "$2" | dd of=../bad.a bs=1 seek=$((elf + $1)) conv=notrunc 2>/dev/null
    rejects "$3" -importcfg "$tmp/exe/importcfg" ../bad.a
}

# The offset of the first relocation record of the code.
rela=$((0x$(readelf -SW c_linux_amd64.syso | sed -n 's/.* \.rela\.text *RELA *[0-9a-f]* \([0-9a-f]*\).*/\1/p')))

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    for mode in pie exe; do
        build_inputs . $mode
        link $mode "$tmp/$mode.out"
        [ "$("$tmp/$mode.out" 2>&1)" = 42 ] || fail "go $r $mode: wrong result"
    done
    LINKER=stock
    link pie "$tmp/stock"
    cmp "$tmp/stock" "$tmp/pie.out"
    link exe "$tmp/stock"
    "$tmp/stock" 2>/dev/null && fail "go $r: the stock linker's static program works: docs/differences.md"
    LINKER=$GILD

    elf=$(($(LC_ALL=C grep -abo ELF "$(cat "$tmp/exe/main")" | head -n 1 | cut -d: -f1) - 1))
    patched 16 '\002' 'elf but not elf relocatable object'
    patched 18 '\003' 'elf object but not amd64'
    patched 40 '\377\377\377\177' 'malformed elf file: .* section headers'
    patched 62 '\377\000' 'shstrndx out of range 255 >= '
    patched $((rela + 8)) '\177' 'unknown relocation type 127; compiled without -fpic\?'
    patched $((rela + 12)) '\377\000' 'reloc of invalid sym #255'
    patched "$rela" '\377\377' 'relocation at 65535 outside '
done
