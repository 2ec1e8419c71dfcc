#!/usr/bin/env bash
# demo.sh - shows what gild is for: links a real program with gild and with the stock linker, compares, and runs it.
#
# The program is demo/: an HTTPS server and its client. It is linked for macOS on amd64, and for this Linux machine. For
# each, `go build` runs once with a tool wrapper that writes down the link command, and that one command then goes to both
# linkers. `make demo` calls this after it has built gild; DEMO_RUNS says how often each linker is timed (default 7).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck disable=SC1091
. "$root/build/tools.env" # written by setup.sh
goroot=${GILD_GO126:-$GILD_GO127}
go=$goroot/bin/go
gild=$root/build/gild
demo=$root/build/demo
rm -rf "$demo"
mkdir -p "$demo/tmp"
trap 'rm -rf "$demo/tmp"' EXIT

export GOROOT=$goroot GOTOOLCHAIN=local GOFLAGS='' GOWORK=off GOTMPDIR=$demo/tmp CGO_ENABLED=0 GILD_FALLBACK=off
cd "$root/demo"

say() { printf '%s\n' "$*"; }
size() { stat -c %s "$1" | sed ':a; s/\B[0-9]\{3\}\>/,&/; ta'; }
# same WHAT A B: "identical", or the end.
same() {
    if ! cmp "$2" "$3"; then
        "$gild" diff "$2" "$3" || :
        say "$1: DIFFERENT"
        exit 1
    fi
    say "$1: identical (cmp)"
}

cat >"$demo/tmp/wrapper" <<'END'
#!/bin/sh
# Keeps the arguments of the linker, one a line; runs the tool.
case $1 in
*/link) [ "$2" = -V=full ] || printf '%s\n' "$@" >"$LINK_COMMAND" ;;
esac
exec "$@"
END
chmod +x "$demo/tmp/wrapper"

# link_for SYSTEM ARCH: builds and links; leaves build/demo/SYSTEM-ARCH/{gild,stock}/demo.
link_for() {
    export GOOS=$1 GOARCH=$2
    local out=$demo/$1-$2 work=$demo/tmp/$1-$2 command args output i
    mkdir -p "$out/gild" "$out/stock" "$work"
    say "1. Compile demo/ with $("$go" env GOVERSION) for $1/$2 and write the link command down"
    LINK_COMMAND=$work/command "$go" build -work -buildvcs=false -toolexec="$demo/tmp/wrapper" -o "$out/go-build" . 2>"$work/log" ||
        { cat "$work/log" >&2; exit 1; }
    mapfile -t command <"$work/command"
    args=("${command[@]:1}")
    for i in "${!args[@]}"; do
        [ "${args[i]}" != -o ] || output=$((i + 1))
    done
    local gild_args=("${args[@]}") stock_args=("${args[@]}")
    gild_args[output]=$out/gild/demo stock_args[output]=$out/stock/demo
    say "   $(sed -n 's/^packagefile //p' "$(printf '%s\n' "${args[@]}" | sed -n '/^-importcfg$/{n;p;}')" | wc -l) packages"
    say "2. Link with both, ${DEMO_RUNS:-7} times in turn"
    "$root/build/measure" -t -n "${DEMO_RUNS:-7}" -- stock "${command[0]}" "${stock_args[@]}" -- gild "$gild" "${gild_args[@]}" >"$work/measured"
    say "3. go build -toolexec=gild"
    "$go" build -buildvcs=false -toolexec="$gild" -o "$out/go-build-gild" .
    say
    say "$(size "$out/gild/demo") bytes, build/demo/$1-$2/gild/demo"
    same "gild and the stock linker, one command line" "$out/stock/demo" "$out/gild/demo"
    same "go build and go build -toolexec=gild" "$out/go-build" "$out/go-build-gild"
    "$gild" info "$out/gild/demo" | awk '
        /^rebase records:/ {print "rebase records (pointers that move with the program): " $3 + 0}
        /^bind records:/ {print "bind records (addresses that come from libraries): " $3 + 0}
        /^debug information:/ {print "debug information: " $3 " bytes, " $5 " in the file"}'
    awk -F '\t' '
        {wall[$1] = $2 * 1000; rwall = $3; rss[$1] = $5 / 1024; rrss = $6; anon[$1] = $7 / 1024; ranon = $8}
        END {
            printf "time:               stock %7.1f ms   gild %7.1f ms   %.1f times faster\n", wall["stock"], wall["gild"], rwall
            printf "peak memory:        stock %7.1f MB   gild %7.1f MB   %.1f times less\n", rss["stock"], rss["gild"], rrss
            printf "  anonymous part:   stock %7.1f MB   gild %7.1f MB   %.1f times less\n", anon["stock"], anon["gild"], ranon
        }' "$work/measured"
    say
}

say "== A program for macOS"
link_for darwin amd64

native=$("$go" env GOHOSTARCH)
say "== The same for Linux, and run"
link_for linux "$native"
"$demo/linux-$native/gild/demo"

cat <<END

The macOS program runs on a Mac: copy build/demo/darwin-amd64/gild/demo there and start it.

gild in a project of your own (what gild cannot link is passed on to the stock linker):
    cd your/project
    go build -toolexec=$gild ./...
or for all commands of a shell, with gild on PATH (make install):
    export GOFLAGS=-toolexec=gild
END
