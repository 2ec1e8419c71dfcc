#!/bin/sh
# code-signature.sh - the signature of a program for darwin/arm64 has the hash of every page of the file, and is what
# macOS expects: a program is killed when one byte of it is wrong.
#
# code_signature.go reads the file and computes all of it once more. The file with one byte changed must fail.
. "$(dirname "$0")/common.sh"
export GOOS=darwin GOARCH=arm64
cp "$top/tests/identity/features/hello/main.go" "$tmp/main.go"
printf 'module example.com/hello\ngo 1.26\n' >"$tmp/go.mod"

check() { (cd "$tmp" && GOOS= GOARCH= "$go" run "$here/code_signature.go" "$1"); }

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    build_inputs "$tmp" pie
    for flags in '' '-s -w' '-B none'; do
        # shellcheck disable=SC2086
        link pie "$tmp/out" $flags
        check out || fail "go $r, flags '$flags'"
    done
    printf 'x' | dd of="$tmp/out" bs=1 seek=70000 conv=notrunc 2>"$tmp/dd"
    ! check out >"$tmp/log" 2>&1 || fail "go $r: a changed page was not noticed"
    grep -q 'page 17:' "$tmp/log" || fail "go $r: $(cat "$tmp/log")"
done
