#!/bin/sh
# bad-output.sh - the output cannot be written: one line, status 2, no temporary file, and what stood there is unharmed.
. "$(dirname "$0")/common.sh"
[ "$LINKER" != stock ] || skip "about gild"
use_release 1.26 || use_release 1.27 || skip "no Go"
export GOOS=darwin GOARCH=amd64
mkdir "$tmp/prog"
echo 'package main; func main() {}' >"$tmp/prog/main.go"
printf 'module example.com/prog\ngo 1.24\n' >"$tmp/prog/go.mod"
build_inputs "$tmp/prog" pie
trap 'umount "$tmp/small" 2>/dev/null || :; rm -rf "$tmp"' EXIT

# refused PATTERN OUT COMMAND...: the command, which links into OUT, fails and says why in one line.
refused() {
    pattern=$1 out=$2
    shift 2
    status=0
    "$@" -importcfg "$tmp/pie/importcfg" -o "$out" "$(cat "$tmp/pie/main")" 2>"$tmp/errors" >&2 || status=$?
    [ "$status" = 2 ] || fail "$out: status $status: $(cat "$tmp/errors")"
    [ "$(wc -l <"$tmp/errors")" = 1 ] && grep -Eq "$pattern" "$tmp/errors" || fail "$out: $(cat "$tmp/errors")"
}

# A disk of 256 KB; where nothing can be mounted, a limit on the size of files.
mkdir "$tmp/small"
if mount -t tmpfs -o size=256k tmpfs "$tmp/small" 2>/dev/null; then
    echo old >"$tmp/small/out"
    refused 'mapping output file failed: .*small/out: no space left on device' "$tmp/small/out" "$LINKER"
    unharmed "$tmp/small/out"
    umount "$tmp/small"
else
    echo "no right to mount: a disk that is full is not tested"
fi
echo old >"$tmp/small/out"
refused 'file too large|no space left' "$tmp/small/out" sh -c 'ulimit -f 200; exec "$@"' - "$LINKER"
unharmed "$tmp/small/out"
refused 'cannot write /dev/full: no space left on device' /dev/full "$LINKER"
[ -c /dev/full ] || fail "/dev/full was replaced"

mkdir "$tmp/dir"
refused 'cannot create .*dir: open .*dir: is a directory' "$tmp/dir" "$LINKER"
refused 'cannot create .*no/out: open .*no/out: no such file or directory' "$tmp/no/out" "$LINKER"
refused 'cannot create .*small/out/x: .*: not a directory' "$tmp/small/out/x" "$LINKER"
ln -s loop "$tmp/loop"
refused 'cannot create .*loop: .*: too many levels of symbolic links' "$tmp/loop" "$LINKER"

# A directory in which nothing can be created: root is allowed everything, so somebody else tries.
user=
if [ "$(id -u)" = 0 ]; then
    command -v setpriv >/dev/null || { echo "no setpriv: an unwritable directory is not tested"; exit 0; }
    user="setpriv --reuid=65534 --regid=65534 --clear-groups --"
    # The inputs must be readable for that user, and the way to the linker too.
    cp "$LINKER" "$tmp/gild"
    sed 's/.*=//' "$tmp/pie/importcfg" | while read -r f; do cp "$f" "$tmp/pie/"; done
    sed -i "s|=.*/|=$tmp/pie/|" "$tmp/pie/importcfg"
    echo "$tmp/pie/$(basename "$(cat "$tmp/pie/main")")" >"$tmp/pie/main"
    chmod -R a+rX "$tmp"
    LINKER=$tmp/gild
fi
mkdir -m 555 "$tmp/closed"
refused 'cannot create .*closed/out: open .*closed/out: permission denied' "$tmp/closed/out" $user "$LINKER"
[ -z "$(ls -A "$tmp/closed")" ] || fail "left over in a closed directory"
chmod 755 "$tmp/closed"
echo old >"$tmp/closed/out"
chmod 444 "$tmp/closed/out"
chmod 555 "$tmp/closed"
refused 'cannot create .*closed/out: open .*closed/out: permission denied' "$tmp/closed/out" $user "$LINKER"
unharmed "$tmp/closed/out"
