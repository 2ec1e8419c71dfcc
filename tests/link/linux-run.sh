#!/bin/sh
# linux-run.sh - programs for Linux that gild linked run: hello, one that needs everything of the runtime, and an HTTPS
# server with its client; at fixed addresses and at any. amd64 natively, arm64 under qemu.
. "$(dirname "$0")/common.sh"
[ "$(uname -s)/$(uname -m)" = Linux/x86_64 ] || skip "needs Linux on x86-64"

# run_program PATTERN DIR FLAGS...: compiles it in each mode, links it with each of the flags and runs it; a line of the
# output matches.
run_program() {
    pattern=$1 dir=$2
    shift 2
    for mode in exe pie; do
        build_inputs "$dir" "$mode"
        for flags; do
            # shellcheck disable=SC2086
            link "$mode" "$tmp/program" $flags
            # shellcheck disable=SC2086
            RUN_WITH="$emulator" timeout 120 $emulator "$tmp/program" >"$tmp/log" 2>&1 &&
                grep -q "$pattern" "$tmp/log" || fail "go $r, linux/$GOARCH, $mode, $dir, $flags: $(cat "$tmp/log")"
        done
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
        run_program '^hello$' "$top/tests/identity/features/hello" '' '-s -w' '-T 0x1231000' -bindnow
        run_program 'signals ok' "$top/tests/identity/features/stress" ''
        run_program 'all is well' "$top/demo" ''
    done
done
