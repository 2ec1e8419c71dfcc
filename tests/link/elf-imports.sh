# elf-imports.sh - functions of shared libraries: a program that imports some runs, and what ELF cannot express is refused.
. "$(dirname "$0")/common.sh"

mkdir "$tmp/p"
cd "$tmp/p"
cat >go.mod <<'END'
module p
go 1.26
END
cat >main.go <<'END'
package main

//go:cgo_import_dynamic libc_getppid getppid#GLIBC_2.2.5 "libc.so.6"
//go:cgo_import_dynamic libc_unused unused#GLIBC_9.9 "libmissing.so.1"

func f() uintptr

func main() { println(f() > 1) }
END
export GOOS=linux GOARCH=amd64

# function BODY: the assembly of f.
function() {
    { echo '#include "textflag.h"'; echo 'TEXT ·f(SB), NOSPLIT, $16-8'; printf '\t%s\n' "$@"; } >f.s
}

for release in 1.26 1.27; do
    use_release $release || continue
    for mode in exe pie; do
        function 'CALL libc_getppid(SB)' 'MOVQ AX, ret+0(FP)' 'RET'
        build_inputs . $mode
        for flags in "" "-bindnow -r /nowhere"; do
            # shellcheck disable=SC2086
            link $mode "$tmp/out" $flags
            if [ "$(uname -m)" = x86_64 ] && [ -e /lib64/ld-linux-x86-64.so.2 ]; then
                [ "$("$tmp/out" 2>&1)" = true ] || fail "go $release $mode $flags: $("$tmp/out" 2>&1)"
            fi
        done
        rejects 'cannot use dynamic imports with -d flag' -d -importcfg "$tmp/$mode/importcfg" -buildmode=$mode \
            "$(cat "$tmp/$mode/main")"

        # The address of an import: nothing puts it into code or data.
        function 'LEAQ libc_getppid(SB), AX' 'MOVQ AX, ret+0(FP)' 'RET'
        build_inputs . $mode
        rejects '^main.f: unsupported dynamic relocation for symbol libc_getppid' \
            -importcfg "$tmp/$mode/importcfg" -buildmode=$mode "$(cat "$tmp/$mode/main")"
        function 'MOVQ table<>(SB), AX' 'MOVQ AX, ret+0(FP)' 'RET'
        printf 'DATA table<>(SB)/8, $libc_getppid(SB)\nGLOBL table<>(SB), NOPTR, $8\n' >>f.s
        build_inputs . $mode
        rejects '^table: unsupported dynamic relocation for symbol libc_getppid' \
            -importcfg "$tmp/$mode/importcfg" -buildmode=$mode "$(cat "$tmp/$mode/main")"
    done
    # Code of arm64 that reads an import where it is.
    function 'MOVD libc_getppid(SB), R0' 'MOVD R0, ret+0(FP)' 'RET'
    GOARCH=arm64
    build_inputs . exe
    rejects '^main.f: unsupported dynamic relocation for symbol libc_getppid' \
        -importcfg "$tmp/exe/importcfg" -buildmode=exe "$(cat "$tmp/exe/main")"
    GOARCH=amd64
    # Code that may be moved reads thread-local offsets from the GOT, which a program at fixed addresses does not have.
    function 'RET'
    build_inputs . exe
    build_inputs . pie
    link exe "$tmp/out" -importcfg "$tmp/pie/importcfg" 2>"$tmp/errors" && fail "go $release: no error"
    grep -q 'cannot handle R_TLS_IE when linking internally' "$tmp/errors" || fail "$(cat "$tmp/errors")"
done
