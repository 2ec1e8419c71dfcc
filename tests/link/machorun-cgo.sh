# Programs with C in them, linked for macOS, do under machorun what they do on Linux: calls both ways, threads that C makes, a
# library in Go that a C program loads, a plugin.
. "$(dirname "$0")/common.sh"
. "$top/tests/machorun/common_machorun.sh"
sdk=${GILD_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/gild/tools}/macos-sdk-13
[ -d "$sdk" ] && command -v clang-19 >/dev/null || skip "no C compiler for macOS: run tools/macos-cc once"
use_release 1.27 || use_release 1.26 || skip "no Go"
cd "$top/tests/machorun/cgo"
export CGO_ENABLED=1

# build DIR [flags of go build]: all of it, with $CC.
build() {
    dir=$1 linkmode=$2
    shift 2
    mkdir -p "$dir"
    # ld64.lld warns of an option that Go gives it. In a plugin with debugging information, for which Go asks for tables
    # rather than chains of fixups, it rebases slots of the GOT that it binds as well: -strict does not take that.
    "$go" build -buildvcs=false "$@" -o "$dir/program" -ldflags="$linkmode" ./program
    "$go" build -buildvcs=false "$@" -o "$dir/library" -buildmode=c-shared ./library 2>"$dir/log"
    "$go" build -buildvcs=false "$@" -o "$dir/plugin" -ldflags=-w -buildmode=plugin ./plugin 2>"$dir/log"
    "$go" build -buildvcs=false "$@" -o "$dir/host" ./host 2>"$dir/log"
    $CC -o "$dir/user" user/user.c
}

# run_all DIR COMMAND...: what they print. The plugin's name is its import path.
run_all() {
    dir=$1
    shift
    "$@" "$dir/program" && status=0 || status=$?
    echo "status $status"
    "$@" "$dir/user" "$dir/library"
    "$@" "$dir/host" "$dir/plugin"
}

CC=${CC:-cc} build "$tmp/native" ''
run_all "$tmp/native" env >"$tmp/expected" 2>&1
export GOOS=darwin CC="$top/tools/macos-cc"
ran=
for GOARCH in amd64 arm64; do
    has_machorun $GOARCH || continue
    export GOARCH
    for linkmode in internal external; do
        build "$tmp/$GOARCH" "-linkmode=$linkmode" -toolexec="$GILD"
        run_all "$tmp/$GOARCH" machorun $GOARCH -strict >"$tmp/output" 2>&1 || :
        cmp "$tmp/expected" "$tmp/output" || fail "$GOARCH $linkmode: $(diff "$tmp/expected" "$tmp/output")"
    done
    ran=1
done
[ -n "$ran" ] || skip "no machorun for this machine"
