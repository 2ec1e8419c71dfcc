# A program that uses all of what machorun has of macOS's libraries, with certificates verified against the roots that the
# system trusts, prints what it prints on Linux. On arm64, where the emulator takes long, only the certificates.
. "$(dirname "$0")/common.sh"
. "$top/tests/machorun/common_machorun.sh"
use_release 1.27 || use_release 1.26 || skip "no Go"
export PATH="$goroot/bin:$PATH"
ran=
for processor in 'amd64 1' 'arm64 0'; do
    has_machorun "${processor% *}" || continue
    # shellcheck disable=SC2086
    "$top/tests/go/stress/run" $processor || fail "$processor"
    ran=1
done
[ -n "$ran" ] || skip "no machorun for this machine"
