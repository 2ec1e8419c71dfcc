#!/bin/sh
# toolexec.sh - under go build -toolexec, gild passes other tools on, answers for the linker, and hands over what it
# cannot do as GILD_FALLBACK says.
. "$(dirname "$0")/common.sh"
[ "$LINKER" != stock ] || skip "about gild"
use_release 1.26 || skip "no Go 1.26"
export GOOS=linux GOARCH=riscv64 GOFLAGS= # a platform that gild does not link for
cd "$tmp"
cat >go.mod <<'END'
module example.com/hello
go 1.26
END
cat >main.go <<'END'
package main

func main() { println("hello") }
END

# build POLICY: a build that only the stock linker can do; leaves the status in $status, the text in $tmp/log.
build() {
    rm -f hello
    status=0
    GILD_FALLBACK=$1 "$go" build -toolexec="$GILD" -o hello -ldflags="-X main.unused=$1" . >log 2>&1 || status=$?
}

# same_as_stock POLICY
same_as_stock() {
    "$go" build -o stock -ldflags="-X main.unused=$1" . && cmp hello stock || fail "$1: not what the stock linker makes"
}

build auto
[ "$status" = 0 ] && [ ! -s log ] || fail "auto: $(cat log)"
same_as_stock auto
build report
[ "$status" = 0 ] && grep -q 'gild: stock linker used: .*not supported by gild yet' log || fail "report: $(cat log)"
same_as_stock report
build off
[ "$status" != 0 ] && [ ! -e hello ] && grep -q 'not supported by gild yet' log || fail "off: $(cat log)"
build bogus
[ "$status" != 0 ] && grep -q 'want auto, report or off' log || fail "bogus: $(cat log)"

[ "$("$GILD" "$stock" -V=full)" = "$("$stock" -V=full)" ] || fail "link -V=full"
"$GILD" -V | grep -q '^gild version ' || fail "gild -V"
"$GILD" -help | grep -q toolexec || fail "gild -help"
