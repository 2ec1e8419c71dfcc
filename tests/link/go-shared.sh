#!/bin/sh
# go-shared.sh - a library of Go packages (-buildmode=shared), and a program that is linked with it (-linkshared): the same object
# and file as the stock linker's. The program has variables whose types only the library describes, methods and initialisers
# of the library's, and runs. Programs that have a runtime of their own beside the library do not run, but are the same, too.
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
type Square struct {
	Side int
	Next *Square
}
type Grid [1000]struct{ N int; S Square }

func (s Square) Area() int { return s.Side * s.Side }

var All = map[string]Shape{"a": Square{Side: 2}}
var Count int

func init() { Count = len(All) }

func Text(s Shape) string { return "area " + strconv.Itoa(s.Area()) }
END2
cat >main.go <<'END2'
package main

import "example.com/prog/shapes"

type circle struct{ shapes.Square }

var grids [30]shapes.Grid
var one = struct{ a, b shapes.Square }{b: shapes.Square{Side: 3}}

func main() {
	grids[29][999].S.Next = &one.b
	println(shapes.Count, shapes.Text(circle{shapes.Square{Side: 1}}), shapes.Text(grids[29][999].S.Next))
}
END2

# both NAME FLAG...: links with both linkers, and compares.
both() {
    name=$1
    shift
    for l in stock gild; do
        tool=$GILD
        [ $l = gild ] || tool=$stock
        "$tool" -o "$tmp/shared/$name" -importcfg "$tmp/importcfg" -extld=gcc -tmpdir="$tmp" "$@"
        mkdir -p "$tmp/$l"
        mv "$tmp/go.o" "$tmp/$l"
        cp "$tmp/shared/$name" "$tmp/$l"
        cmp "$tmp/stock/go.o" "$tmp/$l/go.o" || fail "go $r: $name: the object"
        cmp "$tmp/stock/$name" "$tmp/$l/$name" || fail "go $r: $name"
    done
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    "$go" list -deps -export -buildmode=shared -gcflags=all=-linkshared -asmflags=all=-linkshared \
        -f '{{if .Export}}{{.ImportPath}}={{.Export}}{{end}}' ./shapes runtime/cgo >"$tmp/packages"
    sed 's/^/packagefile /' "$tmp/packages" >"$tmp/importcfg"
    # shellcheck disable=SC2046
    both libgo.so -buildmode=shared $(cat "$tmp/packages")
    for note in abihash pkg-list deps; do
        readelf -SW "$tmp/gild/libgo.so" | grep -q "note.go.$note *NOTE" || fail "go $r: no note $note"
    done
    "$go" tool compile -o "$tmp/main.a" -p main -dynlink -linkshared -complete -importcfg "$tmp/importcfg" main.go
    cp "$tmp/importcfg" "$tmp/mixed"
    sed "s#^\\([^=]*\\)=.*#packageshlib \\1=$tmp/shared/libgo.so#" "$tmp/packages" >"$tmp/shlibs"
    cat "$tmp/shlibs" >>"$tmp/importcfg"
    both main -linkshared -w "$tmp/main.a"
    [ "$("$tmp/shared/main" 2>&1)" = "1 area 1 area 9" ] || fail "go $r: $("$tmp/shared/main" 2>&1)"
    # Debugging information needs types of the runtime, under names that the library does not have.
    rejects 'dwarf: missing type: type:unsafe.Pointer$' -importcfg "$tmp/importcfg" -extld=gcc -linkshared "$tmp/main.a"
    # The same for a type of the program's, if the runtime is not in the library. (The stock linker goes on, and panics.)
    for lib in runtime/cgo shapes; do
        grep "$lib=" "$tmp/shlibs" >>"$tmp/mixed"
        cp "$tmp/mixed" "$tmp/importcfg"
        both main -linkshared -w "$tmp/main.a"
        [ $lib = shapes ] || both main -linkshared "$tmp/main.a"
    done
    "$GILD" -o "$tmp/none" -importcfg "$tmp/importcfg" -extld=gcc -linkshared "$tmp/main.a" 2>"$tmp/errors" &&
        fail "go $r: debugging information without types"
    grep -q '^type:example.com/prog/shapes.Square: missing type$' "$tmp/errors" || fail "go $r: $(cat "$tmp/errors")"
done
