#!/usr/bin/env bash
# tidy.sh - what a compiler does not check: layers, and the house rules that a program can see.
#
# WHAT  1. Layers. Includes point down this list only (docs/design.md draws it):
#              main, toolexec, help > link > passes > dwarf > format > arch > flate > golang > base
#          beside it: options and importcfg belong to golang; inspect sees base and golang only; handover, which hands
#          the link to the stock tool, sees base only and anybody above golang may call it.
#       2. Shared code does not ask which format, system or processor it works for: that is data in a table of target,
#          release, format or arch.
#       3. Files: a head comment, a name of their own, at most 1000 lines (release_tables.c is generated and exempt).
#       4. Text: no calls that base/ replaces, no notes to ourselves, no tabs or blanks at ends of lines, no paths of
#          somebody's machine.
# HOW   Every rule prints "file:line: what is wrong"; the last line counts. Status 1 if there was anything.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

mapfile -t c_files < <(find src tests bench tools -name '*.[ch]' | sort)
mapfile -t sources < <(find src -name '*.[ch]' | sort)
mapfile -t scripts < <(find tools tests bench .ci \( -name '*.sh' -o -name run -o -name '*.go' -o -name '*.py' -o -name '*.mk' \) \
    -not -path 'tests/identity/features/*' | sort)
mapfile -t texts < <(printf '%s\n' "${c_files[@]}" "${scripts[@]}" Makefile; find . tools/machorun -maxdepth 1 -name '*.md'; find docs demo -type f)

check_layers() {
    awk '
    # The height of a file; an include may go to the same height only within the same folder.
    function height(f) {
        if (f ~ /^base\// || f == "version.h") return 0
        if (f ~ /^handover\./) return 1
        if (f ~ /^golang\// || f ~ /^options/) return 2
        if (f ~ /^flate\//) return 3
        if (f ~ /^arch\//) return 4
        if (f ~ /^format\//) return 5
        if (f ~ /^dwarf\//) return 6
        if (f ~ /^inspect\//) return 7
        if (f ~ /^passes\//) return 7
        if (f ~ /^link\./) return 8
        return 9
    }
    function folder(f) { return height(f) == 2 ? "golang" : f ~ /\// ? substr(f, 1, index(f, "/") - 1) : "" }
    /^#include "/ {
        from = substr(FILENAME, 5)
        to = $2
        gsub(/"/, "", to)
        bad = height(to) > height(from) || (height(to) == height(from) && folder(to) != folder(from))
        if (folder(from) == "golang" && to ~ /^handover/) bad = 1
        if (folder(from) == "inspect" && height(to) > 2 && folder(to) != "inspect") bad = 1
        if (from ~ /^handover/ && height(to) > 1) bad = 1
        if (bad) printf "%s:%d: %s must not include %s\n", FILENAME, FNR, from, to
    }' "${sources[@]}"
}

# Names of formats, systems and processors in code (not in comments) that every target goes through.
check_shared_code() {
    local shared=()
    for f in "${sources[@]}"; do
        case $f in
        # The tables of platforms, processor levels and releases, and the experiments that a release turns on by platform.
        src/golang/target.* | src/golang/cpu_level.c | src/golang/release.* | src/golang/release_tables.* | src/golang/experiment.c) ;;
        src/passes/* | src/golang/* | src/flate/* | src/dwarf/* | src/link.*) shared+=("$f") ;;
        esac
    done
    awk '{
        code = $0
        sub(/\/\/.*/, "", code)
        gsub(/#include.*/, "", code)
        if (code ~ /HEAD_[A-Z]|ARCH_[A-Z0-9]+|str_[a-z]+\([^,]*(goos|goarch)|opt->head|"(darwin|linux|windows|amd64|arm64|386)"|format_(macho|elf|pe)|arch_(amd64|arm64|386)/)
            printf "%s:%d: asks for a format, system or processor by name: %s\n", FILENAME, FNR, $0
    }' "${shared[@]}"
}

check_heads() {
    local f first
    for f in "${c_files[@]}"; do
        read -r first <"$f"
        case $first in
        "// ${f##*/} - "?*) ;;
        *) echo "$f:1: the head comment must begin with: // ${f##*/} - " ;;
        esac
    done
    for f in "${scripts[@]}"; do
        case $f in
        *.go | *.mk) awk 'FNR == 1 && !/^(\/\/|#) / {print FILENAME ":1: no head comment"} {exit}' "$f" ;;
        *.py) awk 'FNR == 2 && !/^"""/ {print FILENAME ":2: no head comment"} FNR == 2 {exit}' "$f" ;;
        *) awk '/^#!/ {next} !/^# / {print FILENAME ":" FNR ": no head comment"} {exit}' "$f" ;;
        esac
    done
}

check_names() {
    find src tests bench tools docs demo -type f -not -path 'tests/identity/features/*' \
        -not -name main.go -not -name go.mod -not -name README.md -not -name run -printf '%f %p\n' | sort |
        awk '$1 == name {print $2 ": the name is taken by " path} {name = $1; path = $2}'
}

check_sizes() {
    wc -l "${c_files[@]}" "${scripts[@]}" |
        awk '$1 > 1000 && $2 != "total" && $2 != "src/golang/release_tables.c" {print $2 ": " $1 " lines, at most 1000"}'
}

check_calls() {
    awk '{
        code = $0
        sub(/\/\/.*/, "", code)
        gsub(/"([^"\\]|\\.)*"/, "\"\"", code)
        if (match(code, /(^|[^A-Za-z0-9_])(malloc|calloc|realloc|free|strdup|strndup|alloca|strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|gets|qsort|rand|srand|random|localtime|gmtime|system)\(/))
            printf "%s:%d: call that base/ replaces: %s\n", FILENAME, FNR, $0
    }' $(printf '%s\n' "${sources[@]}" | grep -v '^src/base/')
}

check_text() {
    awk '
    FILENAME ~ /tools\/tidy\.sh$/ {next}
    /TODO|FIXME|NOCOMMIT/ {print FILENAME ":" FNR ": note to ourselves: " $0}
    /(^|[^A-Za-z0-9_.])\/(root|work|home)\// {print FILENAME ":" FNR ": path of one machine: " $0}
    /[ \t]$/ {print FILENAME ":" FNR ": blanks at the end of the line"}
    /\t/ && FILENAME !~ /\.go$|\.mk$|Makefile$|^tests\/link\// {print FILENAME ":" FNR ": tab"}
    # Comments may run over the 110 columns of code a little, texts of flags more.
    length($0) > 200 && FILENAME ~ /\.[ch]$/ && FILENAME !~ /release_tables\.c$/ {print FILENAME ":" FNR ": line of " length($0) " bytes"}
    ' "${texts[@]}"
}

faults=$(for rule in layers shared_code heads names sizes calls text; do "check_$rule"; done)
if [ -n "$faults" ]; then
    printf '%s\n' "$faults"
    echo "tidy: $(printf '%s\n' "$faults" | wc -l) faults in ${#c_files[@]} C files and ${#scripts[@]} scripts"
    exit 1
fi
echo "tidy: ${#c_files[@]} C files and ${#scripts[@]} scripts are in order"
