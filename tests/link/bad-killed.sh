#!/bin/sh
# bad-killed.sh - a link that a signal ends at any moment, that loses an input or runs out of memory, harms nothing.
#
# The file at the output is the old one or the whole new one. After SIGTERM and SIGINT nothing else is left; SIGKILL gives no
# chance to remove the temporary file.
. "$(dirname "$0")/common.sh"
[ "$LINKER" != stock ] || skip "about gild"
use_release 1.26 || use_release 1.27 || skip "no Go"
export GOOS=darwin GOARCH=amd64
cp "$top/tests/identity/features/http/main.go" "$tmp/main.go"
printf 'module example.com/prog\ngo 1.24\n' >"$tmp/go.mod"
build_inputs "$tmp" pie
link pie "$tmp/whole"
mkdir "$tmp/o"
killed=0

# kill_after SIGNAL SECONDS
kill_after() {
    echo old >"$tmp/o/out"
    timeout -s "$1" "$2" "$LINKER" -o "$tmp/o/out" -importcfg "$tmp/pie/importcfg" -buildmode=pie -buildid=test/test \
        "$(cat "$tmp/pie/main")" 2>"$tmp/errors" >&2 || killed=$((killed + 1))
    ! grep -q 'internal error' "$tmp/errors" || fail "$1 after $2: $(cat "$tmp/errors")"
    cmp -s "$tmp/o/out" "$tmp/whole" || [ "$(cat "$tmp/o/out")" = old ] || fail "$1 after $2: a partial output"
    if [ "$1" != KILL ]; then
        [ "$(ls -A "$tmp/o")" = out ] || fail "$1 after $2: left over: $(ls -A "$tmp/o")"
    fi
    rm -rf "$tmp/o"
    mkdir "$tmp/o"
}

for ms in 002 010 020 030 040 050 060 070 080 090 100 120 140 160 200 300; do
    for signal in TERM INT KILL; do
        kill_after $signal 0.$ms
    done
done
[ "$killed" -ge 3 ] || echo "only $killed links were killed in time"

# An input that is cut off while it is mapped.
runtime=$(sed -n 's/^packagefile runtime=//p' "$tmp/pie/importcfg")
sed "s|^packagefile runtime=.*|packagefile runtime=$tmp/runtime.a|" "$tmp/pie/importcfg" >"$tmp/importcfg"
for ms in 010 020 030 050 080; do
    cp "$runtime" "$tmp/runtime.a"
    echo old >"$tmp/o/out"
    "$LINKER" -o "$tmp/o/out" -importcfg "$tmp/importcfg" -buildmode=pie "$(cat "$tmp/pie/main")" 2>"$tmp/errors" >&2 &
    sleep 0.$ms
    : >"$tmp/runtime.a"
    status=0
    wait $! || status=$?
    [ "$status" = 0 ] && continue
    [ "$status" = 2 ] && [ "$(wc -l <"$tmp/errors")" = 1 ] || fail "cut off after $ms ms: $status: $(cat "$tmp/errors")"
    unharmed "$tmp/o/out"
done

# Little address space: it works or it says so.
enough=
for mb in 20 40 80 120 160 240 320 480 640 960 1500 2500 4000; do
    echo old >"$tmp/o/out"
    if (ulimit -v $((mb * 1024)) && exec "$LINKER" -o "$tmp/o/out" -importcfg "$tmp/pie/importcfg" -buildmode=pie \
        -buildid=test/test "$(cat "$tmp/pie/main")") 2>"$tmp/errors" >&2; then
        cmp "$tmp/o/out" "$tmp/whole" || fail "$mb MB of address space: another output"
        enough=${enough:-$mb}
    else
        [ -n "$enough" ] && fail "$mb MB of address space do not do, $enough do: $(cat "$tmp/errors")"
        [ "$(wc -l <"$tmp/errors")" = 1 ] || fail "$mb MB of address space: $(cat "$tmp/errors")"
        unharmed "$tmp/o/out"
    fi
done
[ -n "$enough" ] || fail "4000 MB of address space are not enough: $(cat "$tmp/errors")"
