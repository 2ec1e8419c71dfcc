# A program, two libraries and a plugin in C, linked by LLVM's linker in each form of fixups that there is, do under machorun
# what they would do on macOS; on arm64, too.
. "$(dirname "$0")/common.sh"
. "$top/tests/machorun/common_machorun.sh"
forms=$top/tests/machorun/forms
command -v clang-19 >/dev/null && command -v ld64.lld-19 >/dev/null || skip "no clang-19 or lld-19"
compile_tool chain_offsets
compile_tool faults

# link_forms ARCH DIR DEFINES [flags]: flags are those of the linker.
link_forms() {
    arch=$1 dir=$2 defines=$3
    shift 3
    mkdir -p "$dir"
    for part in program library deep plugin; do
        clang-19 -target "$arch-apple-macos12" -O1 -fno-stack-protector $defines -c "$forms/forms_$part.c" -o "$dir/$part.o"
    done
    ld="ld64.lld-19 -arch $arch $*" system=$forms/libSystem.tbd
    $ld -dylib -install_name @loader_path/deep.dylib -o "$dir/deep.dylib" "$dir/deep.o" "$system"
    $ld -dylib -install_name @rpath/library.dylib -reexport_library "$dir/deep.dylib" -o "$dir/library.dylib" \
        "$dir/library.o" "$system"
    $ld -export_dynamic -rpath @executable_path -rpath "$dir" -o "$dir/program" "$dir/program.o" "$dir/library.dylib" "$system"
    $ld -bundle -bundle_loader "$dir/program" -o "$dir/plugin" "$dir/plugin.o" "$dir/library.dylib" "$system"
}

# check_forms ARCH DIR
check_forms() {
    has_machorun "$1" || return 0
    sed "s|PLUGIN|$2/plugin|" "$forms/forms_expected.txt" >"$2/expected"
    for slide in random random 0; do
        status=0
        machorun "$1" -strict -slide="$slide" "$2/program" "$2/plugin" >"$2/output" || status=$?
        [ $status = 5 ] || fail "$2 at slide $slide: status $status"
        cmp "$2/output" "$2/expected" || fail "$2 at slide $slide: other output"
    done
}

for arch in x86_64 arm64; do
    link_forms $arch "$tmp/$arch/chained" '' -platform_version macos 13.0 26.0 -fixup_chains
    link_forms $arch "$tmp/$arch/chained64" -DHUGE_ADDEND -platform_version macos 13.0 26.0 -fixup_chains
    link_forms $arch "$tmp/$arch/opcodes" '' -platform_version macos 12.0 12.0 -no_fixup_chains
done
cp -r "$tmp/x86_64/chained" "$tmp/x86_64/offsets"
"$tmp/chain_offsets" "$tmp/x86_64/offsets/program" "$tmp/x86_64/offsets/library.dylib" \
    "$tmp/x86_64/offsets/plugin"
for dir in "$tmp"/x86_64/*; do check_forms x86_64 "$dir"; done
for dir in "$tmp"/arm64/*; do check_forms arm64 "$dir"; done

# Damaged programs and libraries are loaded or refused in order. (The program finds its libraries beside it, or else by
# the second -rpath.)
has_machorun x86_64 || exit 0
machorun=$top/build/machorun
for form in chained opcodes; do
    "$tmp/faults" -damage -n 50 -- "$tmp/x86_64/$form/program" "$machorun" -n || fail "damaged $form program"
    cp -r "$tmp/x86_64/$form" "$tmp/damaged"
    "$tmp/faults" -damage -n 50 -- "$tmp/x86_64/$form/library.dylib" \
        sh -c "cp \$0 $tmp/damaged/library.dylib && exec $machorun -n $tmp/damaged/program" || fail "damaged $form library"
    rm -r "$tmp/damaged"
done
