# common_machorun.sh - what the tests of machorun share; sourced with $top, the root of the project.

# The emulator, for whose programs tools/setup.sh makes a root with OpenSSL's library.
emulator_root=${GILD_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/gild/tools}/arm64
has_arm64_openssl() { [ -e "$emulator_root/lib/libcrypto.so.3" ]; }
has_arm64_openssl || emulator_root=/usr/aarch64-linux-gnu
emulator="$(command -v qemu-aarch64-static) -L $emulator_root" || emulator=

# has_machorun x86_64|amd64|arm64: can programs of this processor be run here?
has_machorun() {
    case $1-$(uname -m) in
    x86_64-x86_64 | amd64-x86_64) [ -x "$top/build/machorun" ] ;;
    arm64-aarch64) [ -x "$top/build/machorun-arm64" ] ;;
    arm64-*) [ -x "$top/build/machorun-arm64" ] && [ -n "$emulator" ] ;;
    *) false ;;
    esac
}

# machorun ARCHITECTURE ARGUMENT...: runs a program, in an emulator if need be.
machorun() {
    case $1-$(uname -m) in
    arm64-aarch64) shift && "$top/build/machorun-arm64" "$@" ;;
    arm64-*)
        shift
        $emulator "$top/build/machorun-arm64" "-via=$emulator" "$@"
        ;;
    *) shift && "$top/build/machorun" "$@" ;;
    esac
}

# compile_tool NAME: makes $tmp/NAME of tests/machorun/NAME.c.
compile_tool() {
    ${CC:-cc} -std=gnu17 -D_GNU_SOURCE -O2 -I"$top/src" -I"$top/tools" -o "$tmp/$1" "$top/tests/machorun/$1.c" \
        "$top/tools/machorun/sha256.c"
}
