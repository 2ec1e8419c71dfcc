# common_machorun.sh - what the tests of machorun share; sourced behind common.sh of the link tests.

# machorun_for x86_64|amd64|arm64: the command that runs programs of this processor. False, without output, if there is none
# here: machorun for it was not built, or the emulator is not installed.
machorun_for() {
    case $1-$(uname -m) in
    x86_64-x86_64 | amd64-x86_64) [ -x "$top/build/machorun" ] && echo "$top/build/machorun" ;;
    arm64-aarch64) [ -x "$top/build/machorun-arm64" ] && echo "$top/build/machorun-arm64" ;;
    arm64-*)
        [ -x "$top/build/machorun-arm64" ] && command -v qemu-aarch64-static >/dev/null || return 1
        echo "qemu-aarch64-static -L /usr/aarch64-linux-gnu $top/build/machorun-arm64"
        ;;
    *) return 1 ;;
    esac
}

# compile_tool NAME: makes $tmp/NAME of tests/machorun/NAME.c.
compile_tool() {
    ${CC:-cc} -std=gnu17 -D_GNU_SOURCE -O2 -I"$top/src" -I"$top/tools" -o "$tmp/$1" "$top/tests/machorun/$1.c" \
        "$top/tools/machorun/sha256.c"
}
