#!/bin/sh
# plugins.sh - a plugin and the program that loads it, both by gild: the same as the stock linker's, and they work together.
. "$(dirname "$0")/common.sh"
export GOOS=linux GOARCH=amd64 CGO_ENABLED=1
command -v gcc >/dev/null && [ "$(uname -m)" = x86_64 ] || skip "no gcc for linux/amd64"
mkdir -p "$tmp/prog/host" "$tmp/prog/plug"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod
cat >host/main.go <<'END'
package main

import (
	"fmt"
	"os"
	"plugin"
)

func main() {
	p, err := plugin.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	f, err := p.Lookup("Describe")
	if err != nil {
		panic(err)
	}
	fmt.Println(f.(func(any) string)([]fmt.Stringer{nil}))
}
END
cat >plug/main.go <<'END'
package main

import (
	"fmt"
	"runtime/pprof"
)

// The type is the program's, the count is of the program's runtime.
func Describe(v any) string {
	_, same := v.([]fmt.Stringer)
	return fmt.Sprintf("%T %v %v", v, same, pprof.Lookup("goroutine").Count() > 0)
}
END

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    build_inputs host exe
    build_inputs plug plugin
    mkdir -p "$tmp/t"
    for l in stock "$GILD"; do
        LINKER=$l
        link exe "$tmp/$(basename "$l")" -tmpdir="$tmp/t"
        link plugin "$tmp/$(basename "$l").so" -tmpdir="$tmp/t" -pluginpath=example.com/prog/plug
    done
    cmp "$tmp/stock" "$tmp/gild"
    cmp "$tmp/stock.so" "$tmp/gild.so"
    [ "$("$tmp/gild" "$tmp/gild.so")" = '[]fmt.Stringer true true' ] || fail "go $r: wrong result"
done
