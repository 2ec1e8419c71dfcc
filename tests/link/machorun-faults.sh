# Errors that a linker could make, put into gild's output one at a time: machorun's -strict and -audit find each one that means
# something. And files that are damaged anywhere are loaded or refused in order.
. "$(dirname "$0")/common.sh"
. "$top/tests/machorun/common_machorun.sh"
machorun=$top/build/machorun
[ -x "$machorun" ] || skip "no $machorun"
compile_tool faults

mkdir "$tmp/hello"
printf 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n' >"$tmp/hello/main.go"
printf 'module hello\ngo 1.24\n' >"$tmp/hello/go.mod"
export GOOS=darwin GOARCH
seed=1
for r in 1.26 1.27; do
    use_release $r || continue
    for GOARCH in amd64 arm64; do
        build_inputs "$tmp/hello" pie
        link pie "$tmp/$GOARCH"
        n=150
        [ $GOARCH = amd64 ] || n=50
        "$tmp/faults" -n $n -seed $seed -- "$tmp/$GOARCH" "$machorun" -n -strict -audit || fail "go $r $GOARCH"
        "$tmp/faults" -damage -n $n -seed $seed -- "$tmp/$GOARCH" "$machorun" -n || fail "go $r $GOARCH"
        seed=$((seed + 1))
    done
done
[ $seed -gt 1 ] || skip "no Go"
