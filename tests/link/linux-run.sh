#!/bin/sh
# linux-run.sh - programs for Linux that gild linked run: hello, one that needs everything of the runtime, and an HTTPS
# server with its client. amd64 natively, arm64 under qemu.
. "$(dirname "$0")/common.sh"
[ "$(uname -s)/$(uname -m)" = Linux/x86_64 ] || skip "needs Linux on x86-64"

# run_program NAME DIR PATTERN: compiles and links it in each mode and runs it; a line of the output matches.
run_program() {
    for mode in exe pie; do
        build_inputs "$2" "$mode"
        link "$mode" "$tmp/program"
        # shellcheck disable=SC2086
        RUN_WITH="$emulator" timeout 120 $emulator "$tmp/program" >"$tmp/log" 2>&1 ||
            fail "go $r, linux/$GOARCH, $mode, $1: $(cat "$tmp/log")"
        grep -q "$3" "$tmp/log" || fail "go $r, linux/$GOARCH, $mode, $1: $(cat "$tmp/log")"
    done
}

export GOOS=linux
for GOARCH in amd64 arm64; do
    export GOARCH
    emulator=
    if [ $GOARCH = arm64 ]; then
        command -v qemu-aarch64-static >/dev/null || { echo "no qemu-aarch64-static: linux/arm64 not run"; continue; }
        emulator="qemu-aarch64-static -L /usr/aarch64-linux-gnu" # pie needs the dynamic loader
    fi
    for r in 1.26 1.27; do
        use_release $r || { echo "go $r is not installed"; continue; }
        run_program hello "$top/tests/identity/features/hello" '^hello$'
        run_program stress "$top/tests/identity/features/stress" 'signals ok'
        run_program https "$top/demo" 'all is well'
    done
done
