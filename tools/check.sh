#!/usr/bin/env bash
# check.sh - builds gild and runs all tests; `make check` calls it after tools/setup.sh.
#
# The groups: tidy (one test), unit (a test each case of cmocka), link (a test each script), identity (a test each link
# of the set smoke, both releases). The last line counts them all: N passed, N failed, and N skipped if there are any.
# The status is 0 only if nothing failed. Logs stay in build/check.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
logs=$root/build/check
mkdir -p "$logs"
# shellcheck disable=SC1091
. build/tools.env
export GILD_GO126 GILD_GO127
passed=0 failed=0 skipped=0

# add PASSED FAILED SKIPPED WHAT
add() {
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    echo "== $4: $1 passed, $2 failed, $3 skipped (${SECONDS}s since the start)"
}

finish() {
    echo
    if [ "$skipped" = 0 ]; then
        echo "$passed passed, $failed failed"
    else
        echo "$passed passed, $failed failed, $skipped skipped"
    fi
    [ "$failed" = 0 ]
    exit
}

run_build() {
    if ! make --no-print-directory -s -j"$(nproc)" all unit-programs machorun; then
        add 0 1 0 build
        finish
    fi
    echo "== build (${SECONDS}s since the start)"
}

run_tidy() {
    if tools/tidy.sh; then add 1 0 0 tidy; else add 0 1 0 tidy; fi
}

# unit_cases LOG: how many cases of a cmocka program passed, failed, were skipped. Each group prints a case as it ends
# and, below a second line of "=", lists those that failed or were skipped again.
unit_cases() {
    awk '/^\[=+\]/ {running = !running}
        running && /^\[ +OK +\]/ {ok++}
        running && /^\[ +(FAILED|ERROR) +\]/ {bad++}
        running && /^\[ +SKIPPED +\]/ {skip++}
        END {print ok + 0, bad + 0, skip + 0}' "$1"
}

run_unit() {
    local source name log status c ok=0 bad=0 skip=0
    for source in tests/unit/u_*.c; do
        name=$(basename "$source" .c)
        log=$logs/$name.log
        timeout 600 "build/unit/$name" >"$log" 2>&1
        status=$?
        read -ra c < <(unit_cases "$log")
        if [ "$status" != 0 ]; then
            echo "FAIL unit/$name: status $status"
            cat "$log"
            [ "${c[1]}" != 0 ] || c[1]=1 # a crash
        fi
        [ "${c[2]}" = 0 ] || grep -v '^\[ *\(RUN\|OK\) *\]' "$log"
        ok=$((ok + c[0])) bad=$((bad + c[1])) skip=$((skip + c[2]))
    done
    add "$ok" "$bad" "$skip" unit
}

run_link() {
    tests/link/run 2>&1 | tee "$logs/link.log"
    local ok bad skip
    read -r ok bad skip < <(sed -n 's/^link tests: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$logs/link.log")
    add "${ok:-0}" "${bad:-1}" "${skip:-0}" link
}

# identity LOG [options]: the links of the set smoke.
identity() {
    local status ok bad skip log=$1
    shift
    tests/identity/run -sets smoke "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    # One line a target: "darwin/amd64: 86 links: 86 identical, 0 different, 0 failed", and in brackets, when there are
    # any, those that differ by intent or that gild has no support for.
    read -r ok bad skip < <(awk '
        /^[a-z0-9]+\/[a-z0-9]+: [0-9]+ links:/ {
            links += $2
            for (i = 4; i < NF; i++) {
                if ($(i + 1) ~ /^(different|failed)/) bad += $i
                if ($(i + 1) == "with" && $(i + 2) == "unsupported") skip += $i
            }
        }
        END {print links - bad - skip, bad + 0, skip + 0}' "$log")
    # Programs that did not build, or no summary at all.
    [ "$status" = 0 ] || [ "$bad" != 0 ] || bad=1
    add "$ok" "$bad" "$skip" identity
}

run_identity() {
    identity "$logs/identity.log"
    # Some of them once more: the same output with any number of threads, in the next run, and from other paths.
    identity "$logs/identity-again.log" -captured -check j,path -filter '/(asmabi|dynimport|generics|http)/.*/default$'
}

run_build
run_tidy
run_unit
run_link
run_identity
finish
