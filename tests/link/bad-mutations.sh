#!/bin/sh
# bad-mutations.sh - some hundred links of damaged archives; tests/fuzz/run does as many as you like, with sanitizers too.
. "$(dirname "$0")/common.sh"
[ "$LINKER" != stock ] || skip "about gild"
command -v cc >/dev/null || skip "no C compiler"
GILD=$LINKER "$top/tests/fuzz/run" -n 60 main runtime || fail "see above"
GILD=$LINKER "$top/tests/fuzz/run" -n 15 -first 1000 main runtime -- -s -w || fail "see above"
