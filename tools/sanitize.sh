#!/usr/bin/env bash
# sanitize.sh - builds gild with sanitizers and runs the unit tests and the set smoke with that build.
#
# usage: tools/sanitize.sh NAME CFLAGS [options of tests/identity/run]
#
# `make asan` and `make tsan` call it; the build is in build/NAME. A report of a sanitizer ends the program with a
# status of its own and so fails the unit test or the link that it happened in. Further options choose other links:
#     tools/sanitize.sh asan "-O1 -g -fsanitize=address,undefined" -sets cmd -modes pie -flags default
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
name=$1 cflags=$2
shift 2
[ $# != 0 ] || set -- -sets smoke
# shellcheck disable=SC1091
. build/tools.env
export GILD_GO126 GILD_GO127
# A link ends without freeing (the system is faster); leaks are looked for with -debugfree.
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=0:exitcode=97
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:exitcode=97
export TSAN_OPTIONS=halt_on_error=1:exitcode=97:second_deadlock_stack=1

# ThreadSanitizer of older compilers does not start where the kernel spreads mappings over more bits than it expects.
# It is slow, too, so only unit tests that start threads are run under it.
fixed=() units=(tests/unit/u_*.c)
if [ "$name" = tsan ]; then
    fixed=(setarch "$(uname -m)" -R)
    mapfile -t units < <(grep -l pool_new tests/unit/u_*.c)
fi

make --no-print-directory -s -j"$(nproc)" BUILD="build/$name" CFLAGS="$cflags" all unit-programs
failed=0
for t in "${units[@]}"; do
    t=build/$name/unit/$(basename "$t" .c)
    "${fixed[@]}" "$t" >"$t.log" 2>&1 || { failed=$((failed + 1)); cat "$t.log"; }
done
echo "$name: unit tests: $failed programs failed"
"${fixed[@]}" tests/identity/run -gild "$root/build/$name/gild" "$@"
[ "$failed" = 0 ]
