#!/usr/bin/env bash
# setup.sh - installs what building, testing and the demo need, on Debian 12 or newer; quick when nothing is missing.
#
# usage: tools/setup.sh build      compiler and libraries
#        tools/setup.sh go         the same, and one Go
#        tools/setup.sh test       the same, both Go releases, test library, LLVM tools, compilers for arm64 and macOS, emulators
#        tools/setup.sh fmt        clang-format
#
# Packages come from Debian through apt (as root, or with sudo). A Go that is on PATH is used when it is one of the
# supported releases, or fetches them itself (GOTOOLCHAIN); where there is none, Debian's packages of the newest releases are
# unpacked under ~/.cache/gild (override: GILD_TOOLS), without installing them. The roots found are written to build/tools.env as
# GILD_GO126 and GILD_GO127; set these variables to choose others.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
tools=${GILD_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/gild/tools}
what=${1:-build}

# The releases that tests are pinned to when the go command fetches them.
declare -A pinned=([1.26]=go1.26.8 [1.27]=go1.27.4)

say() { printf 'setup: %s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "root or sudo is needed for: $*"
        exit 1
    fi
}

# quietly COMMAND...: shows what it printed only if it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    [ $status = 0 ] || cat "$log" >&2
    rm -f "$log"
    return $status
}

# install_missing PACKAGE...: those that are not installed yet.
install_missing() {
    local missing=() p
    for p in "$@"; do
        case "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" in
        installed) ;;
        *) missing+=("$p") ;;
        esac
    done
    [ ${#missing[@]} = 0 ] && return
    command -v apt-get >/dev/null || { say "no apt-get; please install what these are on your system: ${missing[*]}"; exit 1; }
    say "installing ${missing[*]}"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120)
    quietly as_root "${apt[@]}" update
    quietly as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
}

is_release() { [ -x "$1/bin/go" ] && case "$(head -n 1 "$1/VERSION")" in "go$2" | "go$2".* | "go$2"rc*) true ;; *) false ;; esac }

# apt_aside DIR SUITE PROCESSOR: a list of Debian's packages of its own; afterwards "apt-get ${aside[@]}" knows just these. Its
# files are in DIR.
apt_aside() {
    local dir=$1 mirror
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort | uniq -c | sort -rn |
        awk '$2 ~ /debian\/?$/ {print $2; exit}')
    [ -n "$mirror" ] || { say "apt knows no Debian mirror"; return 1; }
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $2 main" >"$dir/sources.list"
    aside=(-q -o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$dir/lists"
        -o "Dir::Cache=$dir/cache" -o Dir::State::status=/dev/null -o APT::Sandbox::User= -o "APT::Architecture=$3"
        -o "APT::Architectures=$3")
    quietly apt-get "${aside[@]}" -o APT::Update::Error-Mode=any update
}

# unpack_aside DIR PACKAGE...: unpacks them in DIR, without installing them.
unpack_aside() {
    local dir=$1 deb
    shift
    (cd "$dir/cache" && quietly apt-get "${aside[@]}" download "$@") || return 1
    for deb in "$dir/cache/"*.deb; do
        [ -f "$deb" ] && dpkg -x "$deb" "$dir" || return 1
        rm "$deb"
    done
}

# debian_go 1.26: unpacks Debian's packages of a release that is newer than the system's; prints its root.
debian_go() {
    local version=$1 dir=$tools/debian
    if [ ! -x "$dir/usr/lib/go-$version/bin/go" ]; then
        say "fetching Go $version from Debian"
        apt_aside "$dir" trixie-backports "$(dpkg --print-architecture)" || return 1
        unpack_aside "$dir" "golang-$version-go" "golang-$version-src" || return 1
    fi
    echo "$dir/usr/lib/go-$version"
}

# arm64_root: a folder that the emulator takes for the root of an arm64 system. Beside the libraries of the cross compiler
# it has OpenSSL's, with which machorun verifies certificates. They are Debian 12's, which need no other library than the C
# library of then or later.
arm64_root() {
    local dir=$tools/arm64
    [ ! -e "$dir/lib/libcrypto.so.3" ] || return 0
    say "fetching OpenSSL for arm64"
    apt_aside "$dir" bookworm arm64 && unpack_aside "$dir" libssl3 || return 1
    mkdir -p "$dir/lib"
    ln -sf /usr/aarch64-linux-gnu/lib/* "$dir/lib"
    mv "$dir/usr/lib/aarch64-linux-gnu/libcrypto.so.3" "$dir/lib"
    rm -r "$dir/usr" "$dir/lists" "$dir/cache"
}

# fetched_go GO 1.26: the root of the pinned toolchain, which that go command downloads when it has to.
fetched_go() { (cd / && GOTOOLCHAIN=${pinned[$2]} GOFLAGS= "$1" env GOROOT); }

# go_root 1.26 CHOSEN OTHER: the root of a toolchain of that release. OTHER: one of another release, or nothing.
go_root() {
    local version=$1 chosen=$2 other=$3 found
    if [ -n "$chosen" ]; then
        is_release "$chosen" "$version" && echo "$chosen" && return
        say "$chosen is not Go $version"
        return 1
    fi
    if command -v go >/dev/null; then
        found=$(GOTOOLCHAIN=local go env GOROOT)
        is_release "$found" "$version" && echo "$found" && return
        found=$(fetched_go go "$version" 2>/dev/null) && is_release "$found" "$version" && echo "$found" && return
    fi
    found=$(debian_go "$version") && is_release "$found" "$version" && echo "$found" && return
    if [ -n "$other" ]; then
        say "fetching Go $version with $other/bin/go"
        install_missing ca-certificates
        found=$(fetched_go "$other/bin/go" "$version") && is_release "$found" "$version" && echo "$found" && return
    fi
    say "no Go $version found; set GILD_GO${version/./} to its GOROOT"
    return 1
}

if [ "$what" = fmt ]; then
    install_missing clang-format-19
    exit
fi
install_missing gcc libc6-dev make nettle-dev zlib1g-dev libxxhash-dev libcjson-dev
[ "$what" = build ] && exit

if [ "$what" = test ]; then
    install_missing libcmocka-dev llvm-19 ca-certificates
    # machorun: the tests of tests/machorun for arm64, and those with another linker for macOS.
    install_missing gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static clang-19 lld-19
    arm64_root || say "no OpenSSL for arm64: programs that verify certificates cannot be tested on it"
    # For Go's cgo tests and the set cgo, and the memory sanitizer, which gcc does not have.
    install_missing libclang-rt-19-dev gfortran g++ g++-aarch64-linux-gnu
    # Programs for Windows, on processors that run them.
    [ "$(dpkg --print-architecture)" != amd64 ] || install_missing wine64
    # External links to macOS. The headers come through npm; where it cannot be had, that test is skipped and says so.
    "$root/tools/macos-cc" --version >/dev/null 2>&1 || say "no C compiler for macOS (tools/macos-cc)"
fi

# Looking for toolchains takes a second: keep the answer while it holds.
mkdir -p "$root/build"
env_file=$root/build/tools.env
chosen126=${GILD_GO126:-} chosen127=${GILD_GO127:-}
known126='' known127=''
if [ -f "$env_file" ]; then
    # shellcheck disable=SC1090
    . "$env_file"
    known126=${GILD_GO126:-} known127=${GILD_GO127:-}
fi
known() { is_release "${1:-/}" "$3" && [ "${2:-$1}" = "$1" ]; }
go126='' go127=''
known "$known126" "$chosen126" 1.26 && go126=$known126
known "$known127" "$chosen127" 1.27 && go127=$known127
if [ "$what" = go ]; then
    # One release is enough: the one at hand, else the newest.
    if [ -z "$go126$go127" ]; then
        at_hand=$(command -v go >/dev/null && GOTOOLCHAIN=local go env GOROOT || :)
        if [ -n "$chosen126" ] || { [ -z "$chosen127" ] && is_release "${at_hand:-/}" 1.26; }; then
            go126=$(go_root 1.26 "$chosen126" '')
        else
            go127=$(go_root 1.27 "$chosen127" '')
        fi
    fi
else
    [ -n "$go126" ] || go126=$(go_root 1.26 "$chosen126" "$go127")
    [ -n "$go127" ] || go127=$(go_root 1.27 "$chosen127" "$go126")
fi
if [ "$go126 $go127" != "$known126 $known127" ]; then
    printf 'GILD_GO126=%q\nGILD_GO127=%q\n' "$go126" "$go127" >"$env_file"
fi
