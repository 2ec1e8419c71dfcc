# common.sh - what the link tests share; sourced by every script of this folder.
#
# A test is a script of at most 60 lines: it writes a program, links it, looks at the result. It ends with status 0
# (passed), 77 (skipped, the reason on standard output) or anything else (failed).
#
#   LINKER=stock tests/link/x.sh      the same test with the stock linker, to try the test itself
#   GILD_GO126, GILD_GO127            GOROOT of the releases; else the go command and GOTOOLCHAIN find them
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
top=$(CDPATH= cd -- "$here/../.." && pwd)
GILD=${GILD:-$top/build/gild}
LINKER=${LINKER:-$GILD}
export GILD_FALLBACK=off GOFLAGS= GOWORK=off CGO_ENABLED=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

skip() {
    echo "skipped: $*"
    exit 77
}

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

[ "$LINKER" = stock ] || [ -x "$LINKER" ] || skip "no linker at $LINKER (run make)"

# use_release 1.26|1.27: sets goroot, go and stock (the release's own linker). False when it is not installed.
use_release() {
    case $1 in
    1.26) goroot=${GILD_GO126:-} toolchain=go1.26.8 ;;
    1.27) goroot=${GILD_GO127:-} toolchain=go1.27.4 ;;
    *) fail "unknown release $1" ;;
    esac
    if [ -z "$goroot" ]; then
        goroot=$(go env GOROOT)
        case $(head -n 1 "$goroot/VERSION") in
        go$1 | go$1.*) ;;
        *) goroot=$(cd / && GOTOOLCHAIN=$toolchain go env GOROOT 2>/dev/null) || return 1 ;;
        esac
    fi
    go=$goroot/bin/go
    stock=$goroot/pkg/tool/$("$go" env GOHOSTOS)_$("$go" env GOHOSTARCH)/link
    export GOROOT="$goroot" GOTOOLCHAIN=local
    release=$1
}

# build_inputs DIR MODE: compiles the program in DIR for $GOOS/$GOARCH and leaves main.a and importcfg in $tmp/MODE.
build_inputs() {
    mkdir -p "$tmp/$2"
    (cd "$1" && "$go" list -deps -export -buildmode="$2" -buildvcs=false \
        -f '{{if .Export}}{{.ImportPath}} {{.Export}}{{end}}' .) >"$tmp/$2/exports"
    sed 's/^\([^ ]*\) /packagefile \1=/' "$tmp/$2/exports" >"$tmp/$2/importcfg"
    tail -n 1 "$tmp/$2/exports" | sed 's/^[^ ]* //' >"$tmp/$2/main"
}

# link MODE OUT [flags]: links what build_inputs prepared, with the linker under test.
link() {
    link_mode=$1 link_out=$2
    shift 2
    link_tool=$LINKER
    [ "$link_tool" != stock ] || link_tool=$stock
    "$link_tool" -o "$link_out" -importcfg "$tmp/$link_mode/importcfg" -buildmode="$link_mode" -buildid=test/test "$@" \
        "$(cat "$tmp/$link_mode/main")"
}

# rejects PATTERN ARG...: gild with these arguments (and -o of its own) ends with status 2 and one line, which matches the
# pattern of grep -E. The file that stood at the output stays as it was, and no other one is left beside it.
rejects() { rejects_with 2 "$@"; }

# rejects_with STATUS PATTERN ARG...: the same with another status.
rejects_with() {
    rejects_want=$1 rejects_pattern=$2
    shift 2
    mkdir -p "$tmp/o"
    echo old >"$tmp/o/out"
    rejects_status=0
    "$LINKER" -o "$tmp/o/out" "$@" 2>"$tmp/errors" >&2 || rejects_status=$?
    [ "$rejects_status" = "$rejects_want" ] || fail "go ${release:-}: $*: status $rejects_status: $(cat "$tmp/errors")"
    [ "$(wc -l <"$tmp/errors")" = 1 ] || fail "go ${release:-}: $*: not one line: $(cat "$tmp/errors")"
    grep -Eq -e "$rejects_pattern" "$tmp/errors" || fail "go ${release:-}: $*: $(cat "$tmp/errors")"
    unharmed "$tmp/o/out"
}

# unharmed FILE: it says "old", and nothing else is in its directory.
unharmed() {
    [ "$(cat "$1")" = old ] || fail "the file that stood at the output was harmed"
    [ "$(ls -A "$(dirname "$1")")" = "$(basename "$1")" ] || fail "left over: $(ls -A "$(dirname "$1")")"
}
