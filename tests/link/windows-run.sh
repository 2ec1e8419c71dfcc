#!/bin/sh
# windows-run.sh - programs for Windows that gild linked run under Wine: hello, one that needs everything of the runtime, an
# HTTPS server with its client, and one that asks the system for the tables for unwinding; at fixed addresses and at any.
. "$(dirname "$0")/common.sh"
. "$here/common_wine.sh"

# run_program PATTERN DIR FLAGS...: compiles it in each mode, links it with each of the flags and runs it; a line of the
# output matches.
run_program() {
    pattern=$1 dir=$top/tests/identity/features/$2
    shift 2
    for mode in exe pie; do
        build_inputs "$dir" "$mode"
        for flags; do
            # shellcheck disable=SC2086
            link "$mode" "$tmp/program.exe" $flags
            run_wine "$tmp/program.exe" >"$tmp/log" && grep -q "$pattern" "$tmp/log" ||
                fail "go $r, windows/amd64, $mode, $dir, $flags: $(cat "$tmp/log")"
        done
    done
}

export GOOS=windows GOARCH=amd64
started=
for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    [ "$started" ] || start_wine || skip "$why"
    started=yes
    run_program '^hello' hello '' '-s -w'
    run_program 'signals ok' stress ''
    run_program '^hello from /x' http ''
    run_program 'unwinding ok' unwinding ''
done
[ "$started" ] || skip "no Go"
