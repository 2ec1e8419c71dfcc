#!/bin/sh
# macho-rebase.sh - the rebase stream of a position-independent executable names all pointers, and nothing else.
#
# The same inputs are linked at two addresses. A word of the data segments that differs by exactly the distance
# between the two is a pointer; that set, found without looking at the stream, must be the set that the stream names.
. "$(dirname "$0")/common.sh"
export GOOS=darwin
printf 'module example.com/pointers\ngo 1.26\n' >"$tmp/go.mod"
cat >"$tmp/main.go" <<'END'
package main

import (
	"fmt"
	"os"
	"sort"
)

type shape interface{ area() float64 }
type square struct{ side *float64 }

func (s *square) area() float64 { return *s.side * *s.side }

var side = 2.0
var shapes = [...]shape{&square{&side}, nil, &square{&side}}
var words = []string{"pointer", "to", "text"}
var funcs = map[string]func([]string){"sort": sort.Strings}
var next = (*[3]string)(words)

func main() {
	funcs["sort"](words)
	fmt.Println(shapes[0].area(), words, next, os.Args[1:])
}
END
for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    for GOARCH in amd64 arm64; do
        export GOARCH
        build_inputs "$tmp" pie
        link pie "$tmp/low" -T 0x101001000
        link pie "$tmp/high" -T 0x141001000
        (cd "$tmp" && GOOS= GOARCH= "$go" run "$here/macho_rebase.go" low high 0x40000000) || fail "go $r $GOARCH"
    done
done
