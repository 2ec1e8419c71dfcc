# A Go program that gild linked for macOS prints under machorun what it prints on Linux, wherever it is in memory: both
# processors, releases and modes. And -audit lists for it what it lists for the stock linker's.
. "$(dirname "$0")/common.sh"
. "$top/tests/machorun/common_machorun.sh"
program=$top/tests/identity/features/language
checked=

# check_mode MODE ARCH
check_mode() {
    has_machorun "$2" || return 0
    (
        export GOOS=darwin GOARCH="$2"
        build_inputs "$program" "$1"
        LINKER=stock link "$1" "$tmp/stock"
        link "$1" "$tmp/gild"
    )
    for file in stock gild; do
        # The path is in none of the lines.
        machorun "$2" -n -strict -audit "$tmp/$file" 2>"$tmp/$file.audit" || fail "go $release $2 $1: $(cat "$tmp/$file.audit")"
    done
    cmp "$tmp/stock.audit" "$tmp/gild.audit" || fail "go $release $2 $1: other words that are not slid"
    # What fixups change and nothing else is to change is read-only afterwards.
    [ "$1-$2" = exe-amd64 ] || machorun "$2" -n -v "$tmp/gild" 2>&1 | grep -q ' r-- __DATA_CONST' || fail "__DATA_CONST"
    for slide in 0 0x4000 0x123456788000 random; do
        [ "$slide" = 0 ] || [ "$1-$2" != exe-amd64 ] || continue
        machorun "$2" -strict -slide=$slide "$tmp/gild" >"$tmp/output" 2>&1 || fail "go $release $2 $1: $(cat "$tmp/output")"
        cmp "$tmp/output" "$tmp/expected" || fail "go $release $2 $1 at slide $slide: other output"
    done
    checked=1
}

for r in 1.26 1.27; do
    use_release $r || continue
    (cd "$program" && GOFLAGS=-mod=mod "$go" build -o "$tmp/native" .)
    "$tmp/native" >"$tmp/expected" 2>&1
    check_mode pie amd64
    check_mode exe amd64
    check_mode pie arm64
done
[ -n "$checked" ] || skip "no machorun for this machine, or no Go"
