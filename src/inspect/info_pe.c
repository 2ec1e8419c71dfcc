// info_pe.c - what `gild info` says about a PE file.
#include <stdio.h>

#include "inspect/pe_view.h"

enum { MACHINE_AMD64 = 0x8664, MACHINE_ARM64 = 0xaa64, DLL_DYNAMIC_BASE = 0x40, SUBSYSTEM_GUI = 2 };

void pe_print_header(const Image *im) {
    u64 machine = pe_field_named(im, "Machine");
    bool anywhere = pe_field_named(im, "DllCharacteristics") & DLL_DYNAMIC_BASE;
    printf("format: PE 64, %s, %s, %lu bytes\n",
           machine == MACHINE_AMD64   ? "amd64"
           : machine == MACHINE_ARM64 ? "arm64"
                                      : "unknown cpu",
           anywhere ? "at any address" : "at fixed addresses", im->file.size);
    printf("subsystem: %s, of Windows %lu.%lu\n",
           pe_field_named(im, "Subsystem") == SUBSYSTEM_GUI ? "windows" : "console",
           pe_field_named(im, "MajorOperatingSystemVersion"), pe_field_named(im, "MinorOperatingSystemVersion"));
}

void pe_print_segments(const Image *im, Arena *a) {
    u64 entry = im->pe->base + pe_field_named(im, "AddressOfEntryPoint");
    Str at = image_describe(im, a, entry);
    printf("entry: 0x%lx " STR_FMT "\n", entry, STR_ARG(at));
    for (u32 i = 0; i < PE_VIEW_NDIR; i++)
        if (im->pe->dirs[i].size)
            printf("  %-16s addr 0x%-10lx size %10u\n", pe_directory_name(i), im->pe->base + im->pe->dirs[i].rva,
                   im->pe->dirs[i].size);
}

static u64 count_relocs(const PeView *v) {
    u64 n = 0;
    for (u64 at = 0, size; at + 8 <= v->nrelocs; at += size) {
        size = get_u32le(v->relocs + at + 4);
        if (size < 8 || size > v->nrelocs - at)
            break;
        for (u64 k = 8; k + 2 <= size; k += 2)
            n += get_u16le(v->relocs + at + k) != 0;
    }
    return n;
}

void pe_print_dynamic(const Image *im, Arena *a) {
    const PeView *v = im->pe;
    for (u32 i = 0, n; i < v->imports.n; i += n) {
        Str dll = v->imports.v[i].dll;
        for (n = 1; i + n < v->imports.n && str_eq(v->imports.v[i + n].dll, dll);)
            n++;
        Str name = image_printable(a, dll, 100);
        printf("library: " STR_FMT ", %u symbols\n", STR_ARG(name), n);
    }
    printf("base relocations: %lu\n", count_relocs(v));
    printf("symbols: %u, %u bytes of names\n", im->nsyms, v->strtab.n);
}
