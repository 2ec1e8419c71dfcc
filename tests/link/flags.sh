#!/bin/sh
# flags.sh - wrong flags: gild says what the stock linker says, and nothing is written.
. "$(dirname "$0")/common.sh"
export GOOS=darwin GOARCH=amd64
cd "$tmp"

# same ARGS...: both linkers fail, with the same status and the same lines apart from the program's name in front.
same() {
    status=0 got=0
    "$stock" "$@" >stock.out 2>&1 || status=$?
    "$LINKER" "$@" >gild.out 2>&1 || got=$?
    [ "$status" != 0 ] || fail "the stock linker accepts: $*"
    [ "$got" = "$status" ] || fail "go$release: $*: status $got, expected $status"
    sed -i "s|^$stock: ||; s|^link: ||" stock.out gild.out
    cmp -s stock.out gild.out || { diff stock.out gild.out | head -n 5; fail "go$release: $*"; }
    [ ! -e a.out ] || fail "output after: $*"
}

for r in 1.26 1.27; do
    use_release $r || skip "no Go $r"
    [ "$LINKER" != stock ] || LINKER=$stock
    goversion=$("$go" env GOVERSION)
    printf 'go object darwin amd64 %s GOAMD64=v1 X:none\n' "$goversion" >m.o
    printf 'packagefile x\n' >entry; printf '\nfoo x=y\n' >directive; printf 'modinfo foo\n' >modinfo

    same -foo m.o; same ---x m.o; same -=x m.o; same m.o m.o; same -h=x m.o
    same -R x m.o; same -R 99999999999999999999 m.o; same -R=100 m.o; same -R -4096 m.o; same -R=0x1800 m.o
    same -T 1__0 m.o; same -D 0x123 m.o; same -D 08 m.o; same -funcalign=3 m.o; same -funcalign -4 m.o
    same -s=maybe m.o; same -w=maybe m.o; same -v=x m.o; same -aslr=0 m.o; same -d m.o; same -linkshared m.o
    same -buildmode=foo m.o; same -buildmode=shared m.o; same -linkmode=bar m.o; same -H foo m.o
    same -B x m.o; same -B 0x123 m.o; same -B 0x12g4 m.o; same -B gobuildid m.o
    same -B 0x000102030405060708090a0b0c0d0e0f10 m.o
    same -benchmark=x m.o; same -X foo m.o; same -X foo=1 m.o; same -extld "'x" m.o; same -macos 1.2.3.4 m.o
    same -importcfg nofile m.o; same -importcfg entry m.o; same -importcfg directive m.o
    same -importcfg modinfo m.o; same @nofile
    # The release's rule for response files: one argument a line, or quotes.
    printf -- '-R 1\nm.o\n' >args; same @args
    printf -- '-X\na b\n"m.o"\nm.o\n' >args; same @args
done
