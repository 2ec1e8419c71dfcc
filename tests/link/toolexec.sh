#!/bin/sh
# toolexec.sh - under go build -toolexec, gild passes other tools on, answers for the linker, and hands over what it
# cannot do as GILD_FALLBACK says; what it builds equals what is built without it.
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
[ "$("$GILD" sh -c 'echo "$0"' ran)" = ran ] || fail "a tool by its name"
"$GILD" -V | grep -q '^gild version ' || fail "gild -V"
"$GILD" -help | grep -q toolexec || fail "gild -help"

# The version of the C compiler, which the go command asks for through -toolexec, is part of the build ID.
command -v gcc >/dev/null && [ "$(uname -m)" = x86_64 ] || exit 0
export GOARCH=amd64 CGO_ENABLED=1
printf 'package main\n\n// int one(void) { return 1; }\nimport "C"\n\nfunc main() { println(C.one()) }\n' >main.go
GILD_FALLBACK=off "$go" build -toolexec="$GILD" -o hello . && "$go" build -o stock . && cmp hello stock || fail "with C code"
