#!/usr/bin/env python3
"""Writes src/golang/release_tables.c: lists that gild takes from the source of each Go release.

usage: tools/gen_release_tables.py NAME=GOROOT ... > src/golang/release_tables.c
(for example go126=/usr/local/go go127=/path/to/go1.27). Run it when a release is added.
"""
import re
import sys


def read(root, path):
    with open(f"{root}/src/cmd/{path}", encoding="utf-8") as f:
        return f.read()


def builtins(root):
    text = read(root, "internal/goobj/builtinlist.go")
    return re.findall(r'\{"([^"]+)", (\d)\}', text)


def runtime_packages(root):
    text = read(root, "internal/objabi/pkgspecial.go")
    body = text[text.index("var runtimePkgs"):]
    return re.findall(r'"([^"]+)"', body[: body.index("\n}")])


def blocked_linknames(root):
    text = read(root, "link/internal/loader/loader.go")
    body = text[text.index("var blockedLinknames"):]
    body = body[: body.index("\n}")]
    return [
        (name, re.findall(r'"([^"]+)"', pkgs))
        for name, pkgs in re.findall(r'^\s*"([^"]+)":\s*\{([^}]*)\}', body, re.M)
    ]


def reloc_numbers(root):
    text = read(root, "internal/objabi/reloctype_string.go")
    return re.findall(r"_ = x\[(R_\w+)-(\d+)\]", text)


KNOWN = set(
    re.findall(r"\bR_[A-Z0-9_]+", open("src/golang/reloc.h", encoding="utf-8").read())
) - {"R_NONE", "R_UNKNOWN", "R_COUNT"}


def main():
    print("// release_tables.c - lists taken from the Go source of each release.")
    print("//")
    print("// Made by tools/gen_release_tables.py; do not edit. What each list means is said in release.h.")
    print('#include "golang/release.h"\n\n#include "golang/reloc.h"\n#include "golang/release_tables.h"')
    for arg in sys.argv[1:]:
        name, root = arg.split("=", 1)
        print(f"\n// ---- {name} ----\n\nconst Builtin {name}_builtins[] = {{")
        b = builtins(root)
        for sym, abi in b:
            print(f'    {{STR_INIT("{sym}"), {abi}}},')
        print(f"}};\nconst u32 {name}_nbuiltins = {len(b)};")
        print(f"\nconst Str {name}_runtime_pkgs[] = {{")
        r = runtime_packages(root)
        for pkg in r:
            print(f'    STR_INIT("{pkg}"),')
        print(f"}};\nconst u32 {name}_nruntime_pkgs = {len(r)};")
        print(f"\nconst BlockedLinkname {name}_blocked_linknames[] = {{")
        bl = blocked_linknames(root)
        for sym, pkgs in bl:
            assert len(pkgs) <= 1, (sym, pkgs)
            print(f'    {{STR_INIT("{sym}"), STR_INIT("{pkgs[0] if pkgs else ""}")}},')
        print(f"}};\nconst u32 {name}_nblocked_linknames = {len(bl)};")
        print(f"\nconst u8 {name}_reloc_types[256] = {{")
        for rel, num in reloc_numbers(root):
            print(f"    [{num}] = {rel if rel in KNOWN else 'R_UNKNOWN'},")
        print("};")


main()
