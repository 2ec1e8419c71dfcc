#!/bin/sh
# elf-readelf.sh - an independent reader finds ELF files in order, and sees in them what was imported.
. "$(dirname "$0")/common.sh"
command -v readelf >/dev/null || skip "no readelf"

# sees PATTERN: a line of what readelf printed matches.
sees() {
    grep -Eq -e "$1" "$tmp/text" || fail "go $r, $GOARCH, $mode: no $1 in: $(cat "$tmp/text")"
}

export GOOS=linux
for GOARCH in amd64 arm64; do
    export GOARCH
    for r in 1.26 1.27; do
        use_release $r || { echo "go $r is not installed"; continue; }
        for mode in exe pie; do
            build_inputs "$top/tests/identity/features/sharedlibs" $mode
            link $mode "$tmp/out" -bindnow -r /opt/lib -I /opt/ld.so -B 0xc0ffee
            readelf -aW "$tmp/out" >"$tmp/text" 2>"$tmp/errors"
            [ ! -s "$tmp/errors" ] || fail "go $r, $GOARCH, $mode: $(cat "$tmp/errors")"
            sees 'interpreter: /opt/ld.so'
            sees 'Build ID: c0ffee'
            sees 'NEEDED.*\[libc.so.6\]'
            sees 'NEEDED.*\[libpthread.so.0\]'
            sees 'RUNPATH.*\[/opt/lib\]'
            sees 'FLAGS_1.*NOW'
            sees 'JU?MP_SLOT? .* getppid@GLIBC_2.2.5'
            sees 'FUNC +GLOBAL.* main.main$'
            sees '\.debug_info .* C '
            sees 'TLS +0x0'
            ! grep -q 'libz.so.1' "$tmp/text" || fail "go $r, $GOARCH, $mode: a library that nothing is used of"
            [ $mode = exe ] || sees 'GNU_RELRO.* R '
        done
    done
done
