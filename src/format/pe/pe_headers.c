// pe_headers.c - the headers, which come first in the file.
//
// WHAT  1. a program for MS-DOS, which prints that it is not one; at 0x3c is where 2. begins
//       2. "PE\0\0" and the file header: processor, number of sections, place of the symbol table
//       3. the optional header, which every program has: entry, base, sizes, oldest system, directories
//       4. the table of sections
// REF   Microsoft, "PE Format"; cmd/link/internal/ld/pe.go: pewrite, writeFileHeader, writeOptionalHeader.
#include "base/bytes.h"
#include "base/file.h"
#include "format/pe/pe.h"

enum {
    FILE_EXECUTABLE = 0x0002,
    FILE_RELOCS_STRIPPED = 0x0001,
    FILE_LARGE_ADDRESS_AWARE = 0x0020,

    DLL_HIGH_ENTROPY_VA = 0x0020,
    DLL_DYNAMIC_BASE = 0x0040,
    DLL_NX_COMPAT = 0x0100,
    DLL_TERMINAL_SERVER_AWARE = 0x8000,

    SUBSYSTEM_GUI = 2,
    SUBSYSTEM_CONSOLE = 3,

    PE32_PLUS = 0x20b,
    OPTIONAL_HEADER_SIZE = 240,
    STACK_RESERVE = 0x200000, // of the main thread; the runtime asks for it for the others
    STACK_COMMIT = 0x1000,
    HEAP_RESERVE = 0x100000,
    HEAP_COMMIT = 0x1000,
};

static const u8 dos_program[128] = {
    'M', 'Z', 0x90, 0x00, 0x03, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0xff, 0xff, 0x00, 0x00, 0x8b,
    [0x18] = 0x40,
    [0x3c] = sizeof dos_program,
    // push cs; pop ds; mov dx, text; mov ah, 9 (print); int 21h; mov ax, 4c01h (exit); int 21h
    [0x40] = 0x0e, 0x1f, 0xba, 0x0e, 0x00, 0xb4, 0x09, 0xcd, 0x21, 0xb8, 0x01, 0x4c, 0xcd, 0x21,
    'T', 'h', 'i', 's', ' ', 'p', 'r', 'o', 'g', 'r', 'a', 'm', ' ', 'c', 'a', 'n', 'n', 'o', 't', ' ',
    'b', 'e', ' ', 'r', 'u', 'n', ' ', 'i', 'n', ' ', 'D', 'O', 'S', ' ', 'm', 'o', 'd', 'e', '.',
    '\r', '\r', '\n', '$',
};

static void put_file_header(const Program *p, ByteBuf *b) {
    const PeState *pe = p->pe;
    bool fixed = pe->cpu->fixed && p->opt->buildmode != BUILDMODE_PIE;
    buf_bytes(b, "PE\0", 4);
    buf_u16(b, pe->cpu->machine);
    buf_u16(b, (u16)pe->nsection);
    buf_u32(b, 0); // time
    buf_u32(b, (u32)pe->symtab_off);
    buf_u32(b, (u32)pe->nsym);
    buf_u16(b, OPTIONAL_HEADER_SIZE);
    buf_u16(b, FILE_EXECUTABLE | FILE_LARGE_ADDRESS_AWARE | (fixed ? FILE_RELOCS_STRIPPED : 0));
}

static void put_addresses(Program *p, ByteBuf *b) {
    PeState *pe = p->pe;
    const PeSection *text = pe_section(pe, pe->text);
    buf_u32(b, text->filesize);
    buf_u32(b, pe_section(pe, pe->data)->filesize);
    buf_u32(b, 0); // zeroed data
    buf_u32(b, (u32)(format_entry_addr(p) - p->image_base));
    buf_u32(b, text->rva);
    buf_u64(b, p->image_base);
    buf_u32(b, PE_SECTION_ALIGN);
    buf_u32(b, PE_FILE_ALIGN);
}

static void put_version(ByteBuf *b, u16 major, u16 minor) {
    buf_u16(b, major);
    buf_u16(b, minor);
}

static void put_optional_header(Program *p, ByteBuf *b) {
    const PeState *pe = p->pe;
    buf_u16(b, PE32_PLUS);
    buf_u8(b, 3); // version of the linker
    buf_u8(b, 0);
    put_addresses(p, b);
    put_version(b, p->rel->pe_os_major, p->rel->pe_os_minor); // the oldest system
    put_version(b, 1, 0);                                     // of the image
    put_version(b, p->rel->pe_os_major, p->rel->pe_os_minor); // the oldest subsystem
    buf_u32(b, 0);
    buf_u32(b, pe->next_rva); // size in memory
    buf_u32(b, p->header_size);
    buf_u32(b, 0); // check sum
    buf_u16(b, p->opt->windowsgui ? SUBSYSTEM_GUI : SUBSYSTEM_CONSOLE);
    buf_u16(b, (u16)(DLL_TERMINAL_SERVER_AWARE | DLL_NX_COMPAT | (pe_needs_base_relocs(p) ? DLL_DYNAMIC_BASE : 0) |
                     (p->opt->buildmode == BUILDMODE_PIE ? DLL_HIGH_ENTROPY_VA : 0)));
    buf_u64(b, STACK_RESERVE);
    buf_u64(b, STACK_COMMIT);
    buf_u64(b, HEAP_RESERVE);
    buf_u64(b, HEAP_COMMIT);
    buf_u32(b, 0);
    buf_u32(b, PE_NDIR);
    for (u32 i = 0; i < PE_NDIR; i++) {
        buf_u32(b, pe->dirs[i].rva);
        buf_u32(b, pe->dirs[i].size);
    }
}

static void put_section(const PeSection *s, ByteBuf *b) {
    buf_bytes(b, s->name, PE_SHORT_NAME);
    buf_u32(b, s->size);
    buf_u32(b, s->rva);
    buf_u32(b, s->filesize);
    buf_u32(b, s->fileoff);
    buf_zeros(b, 12); // relocations and lines, of objects
    buf_u32(b, s->flags);
}

void pe_write_headers(Program *p) {
    ByteBuf b = {.arena = &p->arena};
    buf_bytes(&b, dos_program, sizeof dos_program);
    put_file_header(p, &b);
    put_optional_header(p, &b);
    for (u32 i = 0; i < p->pe->nsection; i++)
        put_section(&p->pe->sections[i], &b);
    output_write(p->output, 0, b.v, b.n);
}
