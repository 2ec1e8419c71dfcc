#!/bin/sh
# go-shared.sh - a library of Go packages (-buildmode=shared): the same object and file as the stock linker's, with what programs
# need to know of it.
. "$(dirname "$0")/common.sh"
command -v gcc >/dev/null || skip "no gcc"
export GOOS=linux GOARCH=amd64 CGO_ENABLED=1
mkdir -p "$tmp/prog/shapes" "$tmp/shared"
cd "$tmp/prog"
printf 'module example.com/prog\ngo 1.24\n' >go.mod
cat >shapes/shapes.go <<'END2'
package shapes

import "strconv"

type Shape interface{ Area() int }
type Square struct{ Side int }

func (s Square) Area() int { return s.Side * s.Side }

var All = map[string]Shape{"a": Square{2}}

func Text(s Shape) string { return "area " + strconv.Itoa(s.Area()) }
END2

# library: links all of the packages, with both linkers.
library() {
    "$go" list -deps -export -buildmode=shared -f '{{if .Export}}{{.ImportPath}}={{.Export}}{{end}}' ./shapes runtime/cgo >"$tmp/packages"
    sed 's/^/packagefile /' "$tmp/packages" >"$tmp/importcfg"
    for l in stock gild; do
        link_tool=$GILD
        [ $l = gild ] || link_tool=$stock
        mkdir -p "$tmp/$l"
        # shellcheck disable=SC2046
        "$link_tool" -o "$tmp/shared/libgo.so" -importcfg "$tmp/importcfg" -buildmode=shared -extld=gcc -tmpdir="$tmp" \
            $(cat "$tmp/packages")
        mv "$tmp/go.o" "$tmp/shared/libgo.so" "$tmp/$l"
    done
    cmp "$tmp/stock/go.o" "$tmp/gild/go.o" || fail "go $r: the object of the library"
    cmp "$tmp/stock/libgo.so" "$tmp/gild/libgo.so" || fail "go $r: the library"
    for note in abihash pkg-list deps; do
        readelf -SW "$tmp/gild/libgo.so" | grep -q "note.go.$note *NOTE" || fail "go $r: no note $note"
    done
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    library
done
