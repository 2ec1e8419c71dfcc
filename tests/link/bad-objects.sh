#!/bin/sh
# bad-objects.sh - one field of an object is wrong: the line that says so names the object or the symbol.
. "$(dirname "$0")/common.sh"
[ "$LINKER" != stock ] || skip "about gild"
cc=$(command -v cc || command -v gcc) || skip "no C compiler"
export GOOS=darwin GOARCH=amd64
"$cc" -std=gnu17 -D_GNU_SOURCE -O1 -o "$tmp/mutate" "$top/tests/fuzz/mutate.c"
mkdir "$tmp/prog"
cp "$top/tests/fuzz/program/main.go" "$tmp/prog/"
printf 'module example.com/prog\ngo 1.24\n' >"$tmp/prog/go.mod"

# wrong PATTERN SYMBOL RECORD INDEX FIELD VALUE: the line for a field that has this value (see mutate.c).
wrong() {
    pattern=$1
    shift
    "$tmp/mutate" -from "$main" -to "$tmp/bad.a" -set "$@"
    rejects "$pattern" -buildmode=$mode -importcfg "$tmp/$mode/importcfg" "$tmp/bad.a"
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    mode=pie
    build_inputs "$tmp/prog" $mode
    main=$(cat "$tmp/$mode/main")
    object='^.*/bad.a\(_go_.o\): corrupt object: '
    wrong "${object}string out of range: got 4294967" main.words symbol 0 name 0xfffffff0
    wrong "${object}symbol type out of range: got 200" main.words symbol 0 kind 200
    wrong "${object}symbol ABI out of range: got 77, limit 1" main.words symbol 0 abi 77
    wrong "${object}alignment out of range: got 3" main.words symbol 0 alignment 3
    wrong "${object}size of code .* out of range: got 2000000000" main.main symbol 0 size 2000000000
    wrong "main.words: pointer in a symbol without section" main.words symbol 0 kind 11
    wrong "main.main: debugging symbol of type SDATA, expected SDWARFFCN" main.main aux 0 type 3
    wrong "main.main: a symbol of type SDWARFFCN, .* cannot be a table" main.main aux 4 type 11
    wrong "${object}reference to symbol 2147483632 of package .* not exist" main.main aux 0 symbol 0x7ffffff0
    wrong "${object}reference to symbol .* of package 28672, which" main.words relocation 0 package 0x7000
    wrong "main.main: invalid relocation .*: 2147483632.0 not in" main.main relocation 0 offset 0x7ffffff0
    wrong "main.words: invalid relocation .*: -1.8 not in .0,24" main.words relocation 0 offset 0xffffffff
    wrong "main.words: bad reloc size 0x3" main.words relocation 0 size 3
    wrong "main.words: unknown reloc" main.words relocation 0 type 127
    wrong "main.main: pc-relative relocation R_CALL .* is too big: 0x7f" main.main relocation 3 add 0x7fffffff00
done
