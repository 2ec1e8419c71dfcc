#!/bin/sh
# windows-resources.sh - resources in .syso files get into programs for Windows, in one section or in two, and the system
# finds them there; the file is what the stock linker makes. Objects with anything else are left to it.
. "$(dirname "$0")/common.sh"
. "$here/common_wine.sh"
PATH=$PATH:/usr/lib/llvm-19/bin
command -v llvm-rc >/dev/null && command -v llvm-cvtres >/dev/null || skip "no resource compiler (llvm-rc)"
mkdir "$tmp/program" "$tmp/code"
cat >"$tmp/program/main.go" <<'END'
package main

import (
	"syscall"
	"unsafe"
)

func main() {
	var text [20]uint16
	n, _, _ := syscall.NewLazyDLL("user32.dll").NewProc("LoadStringW").Call(0, 7, uintptr(unsafe.Pointer(&text)), 20)
	println(syscall.UTF16ToString(text[:n]))
}
END
printf 'module example.com/program\n\ngo 1.26\n' | tee "$tmp/program/go.mod" >"$tmp/code/go.mod"
printf 'STRINGTABLE\nBEGIN\n 7 "found it"\nEND\n1 RCDATA { "more" }\n' >"$tmp/text.rc"
llvm-rc /FO "$tmp/text.res" "$tmp/text.rc"
llvm-cvtres /MACHINE:X64 /OUT:"$tmp/amd64.obj" "$tmp/text.res"
llvm-cvtres /MACHINE:ARM64 /OUT:"$tmp/arm64.obj" "$tmp/text.res"

export GOOS=windows
for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    for GOARCH in amd64 arm64; do
        export GOARCH
        for form in split joined; do
            syso=$tmp/program/text_windows_$GOARCH.syso
            cp "$tmp/$GOARCH.obj" "$syso"
            [ $form = split ] || GOOS='' GOARCH='' "$go" run "$here/join_resources.go" "$tmp/$GOARCH.obj" "$syso"
            build_inputs "$tmp/program" pie
            for flags in '' '-s -w'; do
                # shellcheck disable=SC2086
                link pie "$tmp/$GOARCH-$form.exe" $flags
                # shellcheck disable=SC2086
                LINKER=stock link pie "$tmp/stock.exe" $flags
                cmp "$tmp/$GOARCH-$form.exe" "$tmp/stock.exe" || fail "go $r: $GOARCH, $form, $flags"
            done
        done
    done
done
cp "$tmp/program/main.go" "$tmp/code"
echo 'int f(void) { return 1; }' | clang-19 --target=x86_64-windows-gnu -c -o "$tmp/code/f_windows_amd64.syso" -x c - || exit 0
export GOARCH=amd64
build_inputs "$tmp/code" pie
rejects 'objects of C compilers for windows .*f_windows.*not supported' -importcfg "$tmp/pie/importcfg" -buildmode=pie "$(cat "$tmp/pie/main")"
start_wine || { echo "not run: $why"; exit 0; }
for form in split joined; do
    run_wine "$tmp/amd64-$form.exe" | grep -q '^found it' || fail "$form: $(run_wine "$tmp/amd64-$form.exe")"
done
