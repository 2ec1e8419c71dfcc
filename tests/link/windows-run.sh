#!/bin/sh
# windows-run.sh - programs for Windows that gild linked run under Wine: hello, one that needs everything of the runtime, an
# HTTPS server with its client, and one that asks the system for the tables for unwinding; at fixed addresses and at any.
. "$(dirname "$0")/common.sh"
[ "$(uname -s)/$(uname -m)" = Linux/x86_64 ] || skip "needs Linux on x86-64"
export PATH="$PATH:/usr/lib/wine" # where Debian has it
command -v wine64 >/dev/null || skip "no wine64"

# An installation without files: Wine then takes its own libraries from where they are. 50 KB instead of 700 MB.
export WINEPREFIX="$tmp/wine" WINEDEBUG=-all WINEBOOTSTRAPMODE=1
mkdir -p "$WINEPREFIX/dosdevices" "$WINEPREFIX/drive_c/windows/system32"
ln -s ../drive_c "$WINEPREFIX/dosdevices/c:"
ln -s / "$WINEPREFIX/dosdevices/z:"
echo disable >"$WINEPREFIX/.update-timestamp"
trap 'wineserver -k || :; rm -rf "$tmp"' EXIT
wineserver() { "$(command -v wineserver64 || echo /bin/true)" "$@" 2>/dev/null; }

# run_program PATTERN DIR FLAGS...: compiles it in each mode, links it with each of the flags and runs it; a line of the
# output matches.
run_program() {
    pattern=$1 dir=$2
    shift 2
    for mode in exe pie; do
        build_inputs "$dir" "$mode"
        for flags; do
            # shellcheck disable=SC2086
            link "$mode" "$tmp/program.exe" $flags
            timeout 120 wine64 "$tmp/program.exe" >"$tmp/log" 2>&1 && grep -q "$pattern" "$tmp/log" ||
                fail "go $r, windows/amd64, $mode, $dir, $flags: $(cat "$tmp/log")"
        done
    done
}

export GOOS=windows GOARCH=amd64
features=$top/tests/identity/features
for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    if [ ! -e "$tmp/dlls" ]; then
        mkdir "$tmp/dlls"
        (cd "$tmp/dlls" && GOOS='' GOARCH='' "$go" run "$here/forward_dll.go" bcryptprimitives.dll ProcessPrng ADVAPI32.SystemFunction036)
        cp "$tmp/dlls"/* "$WINEPREFIX/drive_c/windows/system32"
        (cd "$features" && "$go" build -o "$tmp/stock.exe" ./hello)
        timeout 120 wine64 "$tmp/stock.exe" >"$tmp/log" 2>&1 || skip "this Wine does not run programs of Go: $(tail -n 1 "$tmp/log")"
    fi
    run_program '^hello' "$features/hello" '' '-s -w'
    run_program 'signals ok' "$features/stress" ''
    run_program '^hello from /x' "$features/http" ''
    run_program 'unwinding ok' "$features/unwinding" ''
done
