// elf_notes.c - notes and the name of the dynamic linker, which stand in front of the code.
//
// WHAT  A note is a small record that tools find through PT_NOTE or by its section:
//
//         size of name | size of description | type | name, padded | description, padded      padded to 4 bytes
//
//       .note.gnu.build-id (-B) is what debuggers match a program and its debugging information by;
//       .note.go.buildid is the build id of the go command, which finds it by its place. .interp is the path of the
//       dynamic linker, which the kernel loads as well.
// HOW   They fill the space that is reserved for headers from its end downwards. All notes share one program
//       header, which describes the last one only, as the stock linker writes it.
// REF   cmd/link/internal/ld/elf.go: asmbElf, elfnote, addbuildinfo; cmd/internal/hash.
#include <nettle/sha2.h>
#include <unistd.h>

#include "format/elf/elf.h"
#include "golang/shlib.h"

enum {
    NOTE_ALIGN = 4,
    GNU_BUILD_ID_SIZE = 20, // of what -B gobuildid makes
};

// A note's section, name and description.
typedef struct {
    Str section, name;
    u32 type;
    Str desc;
} Note;

static Str padded_name(const char *name) {
    return (Str){name, NOTE_ALIGN};
}

// The first bytes of Go's own hash: SHA-256 with the first byte inverted, so that nobody takes it for that.
static Str hash_build_id(Program *p) {
    u8 *digest = arena_array_raw(&p->arena, u8, SHA256_DIGEST_SIZE);
    struct sha256_ctx ctx;
    sha256_init(&ctx);
    sha256_update(&ctx, p->opt->buildid.n, (const u8 *)p->opt->buildid.p);
    sha256_digest(&ctx, SHA256_DIGEST_SIZE, digest);
    digest[0] ^= 0xff;
    return (Str){(const char *)digest, GNU_BUILD_ID_SIZE};
}

static Note go_buildid_note(const Program *p) {
    return (Note){STR(".note.go.buildid"), padded_name("Go\0\0"), NT_GO_BUILDID, p->opt->buildid};
}

Str elf_gnu_build_id(Program *p) {
    const Options *opt = p->opt;
    if (opt->buildinfo_kind == BUILDINFO_GOBUILDID)
        return hash_build_id(p);
    if (opt->buildinfo_kind == BUILDINFO_BYTES)
        return (Str){(const char *)opt->buildinfo, opt->nbuildinfo};
    return (Str){0};
}

// The notes of the file in order; returns how many.
static u32 list_notes(Program *p, Note notes[2]) {
    Str gnu = elf_gnu_build_id(p);
    u32 n = 0;
    if (gnu.n)
        notes[n++] = (Note){STR(".note.gnu.build-id"), padded_name("GNU\0"), NT_GNU_BUILD_ID, gnu};
    if (p->opt->buildid.n)
        notes[n++] = go_buildid_note(p);
    return n;
}

// The dynamic linker: what was asked for, or that of the C library of the machine that links.
static Str choose_interp(const Program *p) {
    const ElfCpu *cpu = p->elf->cpu;
    if (p->opt->interpreter.n)
        return p->opt->interpreter;
    if (p->interp.n)
        return p->interp;
    if (p->opt->target->traits & TARGET_BIONIC)
        return str_from_c(cpu->interp_bionic);
    bool musl = access(cpu->interp, F_OK) && !access(cpu->interp_musl, F_OK);
    return str_from_c(musl ? cpu->interp_musl : cpu->interp);
}

// Gives a section the n bytes in front of *off.
static void take_space(Program *p, Elf64_Shdr *h, u64 *off, u64 n) {
    *off -= n;
    h->sh_flags = SHF_ALLOC;
    h->sh_addr = p->text_base - p->header_size + *off;
    h->sh_offset = *off;
}

static void layout_interp(Program *p, u64 *off) {
    p->elf->interp = choose_interp(p);
    u32 i = elf_section(p, STR(".interp"));
    Elf64_Shdr *h = elf_section_header(p, i);
    h->sh_type = SHT_PROGBITS;
    h->sh_addralign = 1;
    h->sh_size = p->elf->interp.n + 1;
    take_space(p, h, off, h->sh_size);
    elf_add_segment(p, PT_INTERP, PF_R, h);
}

void elf_layout_notes(Program *p) {
    u64 off = p->format->header_reserve;
    if (p->dynlinked)
        layout_interp(p, &off);
    Note notes[2];
    u32 n = list_notes(p, notes);
    for (u32 i = 0; i < n; i++) {
        Elf64_Shdr *h = elf_section_header(p, elf_section(p, notes[i].section));
        h->sh_type = SHT_NOTE;
        h->sh_addralign = NOTE_ALIGN;
        h->sh_size = sizeof(Elf64_Nhdr) + notes[i].name.n + align_up(notes[i].desc.n, NOTE_ALIGN);
        take_space(p, h, &off, off % NOTE_ALIGN + h->sh_size);
        if (i == n - 1)
            elf_add_segment(p, PT_NOTE, PF_R, h);
    }
}

// Makes the note the content of the symbol that is called as its section.
static void add_note(Program *p, Note note) {
    SymId s = sym_lookup_or_make(p, note.section, 0);
    sym_edit(p, s);
    p->syms.kind[s.i] = SYM_ELF_RO;
    bitmap_set(&p->syms.live, s.i);
    Elf64_Nhdr head = {note.name.n, note.desc.n, note.type};
    sym_add_bytes(p, s, &head, sizeof head);
    sym_add_bytes(p, s, note.name.p, note.name.n);
    sym_add_bytes(p, s, note.desc.p, note.desc.n);
    sym_add_bytes(p, s, "\0\0", (u32)(align_up(note.desc.n, NOTE_ALIGN) - note.desc.n));
    sym_set_align(p, s, NOTE_ALIGN);
}

void elf_add_buildid_note(Program *p) {
    add_note(p, go_buildid_note(p));
}

// Changes whenever what one of the packages exports does.
static Str abi_hash(Program *p) {
    enum { FINGERPRINT_SIZE = 8 };
    static const u8 zero[FINGERPRINT_SIZE], start = 1; // so that nobody takes it for a plain SHA-256
    u8 *digest = arena_array_raw(&p->arena, u8, SHA256_DIGEST_SIZE);
    struct sha256_ctx ctx;
    sha256_init(&ctx);
    sha256_update(&ctx, 1, &start);
    const u32 *order = libraries_by_name(p);
    for (u32 i = 0; i < p->libs.n; i++) {
        const u8 *print = p->libs.v[order[i]].fingerprint;
        sha256_update(&ctx, FINGERPRINT_SIZE, print ? print : zero);
    }
    sha256_digest(&ctx, SHA256_DIGEST_SIZE, digest);
    return (Str){(const char *)digest, SHA256_DIGEST_SIZE};
}

void elf_add_library_notes(Program *p) {
    SymId hash = sym_lookup_or_make(p, STR("go:link.abihashbytes"), 0);
    sym_edit(p, hash);
    p->syms.kind[hash.i] = SYM_RODATA;
    p->syms.size[hash.i] = SHA256_DIGEST_SIZE;
    bitmap_set(&p->syms.is_local, hash.i);
    bitmap_set(&p->syms.special, hash.i);
    bitmap_set(&p->syms.live, hash.i);
    ByteBuf pkgs = {.arena = &p->arena};
    for (u32 i = 0; i < p->named_pkgs.n; i++) {
        buf_str(&pkgs, p->named_pkgs.v[i]);
        buf_u8(&pkgs, '\n');
    }
    ByteBuf deps = {.arena = &p->arena};
    for (u32 i = 0; i < p->nshlib; i++) {
        if (i)
            buf_u8(&deps, '\n');
        buf_str(&deps, path_base(p->shlibs[i].path));
    }
    const Str go = padded_name("Go\0\0");
    add_note(p, (Note){STR(".note.go.abihash"), go, NT_GO_ABIHASH, abi_hash(p)});
    add_note(p, (Note){STR(".note.go.pkg-list"), go, NT_GO_PKGLIST, {(const char *)pkgs.v, pkgs.n}});
    add_note(p, (Note){STR(".note.go.deps"), go, NT_GO_DEPS, {(const char *)deps.v, deps.n}});
}

void elf_write_notes(Program *p) {
    Note notes[2];
    u32 n = list_notes(p, notes);
    for (u32 i = 0; i < n; i++) {
        const Elf64_Shdr *h = elf_section_header(p, elf_section(p, notes[i].section));
        Elf64_Nhdr head = {notes[i].name.n, notes[i].desc.n, notes[i].type};
        u8 *out = p->out + h->sh_offset;
        memcpy(out, &head, sizeof head);
        memcpy(out + sizeof head, notes[i].name.p, notes[i].name.n);
        memcpy(out + sizeof head + notes[i].name.n, notes[i].desc.p, notes[i].desc.n);
    }
    if (p->dynlinked) {
        const Elf64_Shdr *h = elf_section_header(p, elf_section(p, STR(".interp")));
        memcpy(p->out + h->sh_offset, p->elf->interp.p, p->elf->interp.n);
    }
}
