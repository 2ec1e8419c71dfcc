#!/bin/sh
# bad-inputs.sh - archives that are cut off, do not fit together or are missing: one line that names the file.
. "$(dirname "$0")/common.sh"
[ "$LINKER" != stock ] || skip "about gild"
export GOOS=darwin GOARCH=amd64
mkdir -p "$tmp/prog/a"
printf 'module example.com/prog\ngo 1.24\n' >"$tmp/prog/go.mod"
echo 'package main; import "example.com/prog/a"; func main() { a.F() }' >"$tmp/prog/main.go"

# package_of PKG: its archive.
package_of() { sed -n "s|^packagefile $1=||p" "$tmp/pie/importcfg"; }

# edited EXPRESSION PATTERN: main.a changed by sed.
edited() {
    sed "$1" "$main" >"$tmp/edited.a"
    rejects "edited.a.*$2" -importcfg "$cfg" "$tmp/edited.a"
}

# configured EXPRESSION PATTERN [STATUS]: the importcfg changed by sed.
configured() {
    sed "$1" "$cfg" >"$tmp/cfg"
    rejects_with "${3:-2}" "$2" -importcfg "$tmp/cfg" "$main"
}

for r in 1.26 1.27; do
    use_release $r || { echo "go $r is not installed"; continue; }
    echo 'package a; func F() {}' >"$tmp/prog/a/a.go"
    build_inputs "$tmp/prog" pie
    cfg=$tmp/pie/importcfg main=$(cat "$tmp/pie/main")

    size=$(wc -c <"$main")
    for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
        head -c $((size * i / 20)) "$main" >"$tmp/cut.a"
        rejects "cut.a" -importcfg "$cfg" "$tmp/cut.a"
    done
    mismatch='linked object header mismatch: have "go object .*want "go object '
    edited 's/^go object darwin amd64/go object darwin arm64/' "$mismatch"
    sed 's/^\(go object .* GOAMD64\)=v1/\1=v3/' "$main" >"$tmp/v3.a"
    rejects "$mismatch" -importcfg "$cfg" "$tmp/v3.a"
    sed 's/^\(go object .* X:\)reg/\1rag/' "$main" >"$tmp/experiments.a"
    rejects "$mismatch" -importcfg "$cfg" "$tmp/experiments.a"
    export GOEXPERIMENT=arenas
    rejects 'linked object header mismatch: have "X:.*" want "X:.*,arenas,' -importcfg "$cfg" "$main"
    GOEXPERIMENT=arenas,fast
    rejects 'unknown GOEXPERIMENT fast$' -importcfg "$cfg" "$main"
    unset GOEXPERIMENT
    export GOAMD64=v3 GOARM64=v9.0
    rejects 'linked object header mismatch: have "GOAMD64=v1" want "GOAMD64=v3"$' -importcfg "$cfg" "$main"
    GOAMD64=v5
    rejects 'invalid GOAMD64: must be v1, v2, v3, v4$' -importcfg "$cfg" "$main"
    unset GOAMD64 GOARM64
    sed 's/^\(go object darwin amd64 go1\)\.2[0-9]/\1.25/' "$main" >"$tmp/old.a"
    rejects 'objects of go1\.25' -importcfg "$cfg" "$tmp/old.a"
    edited '1s/!<arch>/!<arkh>/' 'not an object file'
    edited 's/go120ld/go119ld/' 'not a Go object file: wrong magic'

    configured '/^packagefile example.com.prog.a=/d' 'cannot find package example.com/prog/a .using -importcfg.'
    configured '/^packagefile runtime=/d' 'cannot find package runtime .using -importcfg.'
    configured 's|^packagefile runtime=.*|packagefile runtime=/nowhere/r.a|' 'open /nowhere/r.a: no such file'
    configured "s|^packagefile runtime=.*|packagefile runtime=$tmp|" 'is a directory'
    configured "s|^packagefile runtime=.*|packagefile runtime=$cfg|" 'importcfg: not an object file'
    configured '1s/packagefile/package/' 'cfg:1: unknown directive "package"' 1
    rejects 'not package main' -importcfg "$cfg" "$(package_of runtime)"
    rejects 'not package main' "$(package_of runtime)" # before its imports are looked for
    rejects 'open .*nothing.a: no such file' -importcfg "$cfg" "$tmp/nothing.a"
    "$go" tool compile -o "$tmp/nop.a" "$tmp/prog/a/a.go" # without -p
    configured "s|prog/a=.*|prog/a=$tmp/nop.a|" 'unlinkable object \(from package example.com/prog/a\)' 1
    echo 'package a; func F() {}; func G() {}' >"$tmp/prog/a/a.go"
    build_inputs "$tmp/prog" pie
    rejects 'fingerprint mismatch: example.com/prog/a has .* expecting ' -importcfg "$cfg" "$main"
done
