# common_wine.sh - Wine for the link tests that run programs for Windows; sourced behind common.sh.
#
# Debian's lacks a library from which the runtime takes random numbers at its start: forward_dll.go makes it. The
# installation has no other files: Wine then takes its libraries from where they are (50 KB instead of 700 MB).
export PATH="$PATH:/usr/lib/wine"
export WINEPREFIX="$tmp/wine" WINEDEBUG=-all WINEBOOTSTRAPMODE=1
trap 'stop_wine; rm -rf "$tmp"' EXIT

stop_wine() { ! command -v wineserver64 >/dev/null || wineserver64 -k 2>/dev/null || :; }

# start_wine: false, with the reason in $why, when there is none that runs programs of Go. After use_release.
start_wine() {
    why="needs Linux on x86-64"
    [ "$(uname -s)/$(uname -m)" = Linux/x86_64 ] || return 1
    why="no wine64"
    command -v wine64 >/dev/null || return 1
    mkdir -p "$WINEPREFIX/dosdevices" "$WINEPREFIX/drive_c/windows/system32" "$tmp/probe"
    ln -sf ../drive_c "$WINEPREFIX/dosdevices/c:"
    ln -sf / "$WINEPREFIX/dosdevices/z:"
    echo disable >"$WINEPREFIX/.update-timestamp"
    printf 'package main\n\nfunc main() { println("started") }\n' >"$tmp/probe/probe.go"
    (cd "$tmp/probe" &&
        GOOS='' GOARCH='' "$go" run "$here/forward_dll.go" bcryptprimitives.dll ProcessPrng ADVAPI32.SystemFunction036 &&
        cp bcryptprimitives.dll "$WINEPREFIX/drive_c/windows/system32" &&
        GOOS=windows GOARCH=amd64 "$go" build -o probe.exe probe.go) || fail "go $release: no program to try Wine with" # by the stock linker
    why="this Wine does not run programs of Go"
    run_wine "$tmp/probe/probe.exe" | grep -q started
}

# run_wine PROGRAM ARG...: what it prints, on either output.
run_wine() { timeout 120 wine64 "$@" 2>&1; }
