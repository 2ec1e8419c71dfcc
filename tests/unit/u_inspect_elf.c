// u_inspect_elf.c - the readers behind `gild diff` and `gild info`, on an ELF file made by hand.
//
// The file has two segments, code and data, an imported function with a stub and a slot, and a debugging section that
// is compressed. As in u_inspect.c it is cut at every length and every byte of it is flipped.
#include "unit.h"

#include <zlib.h>

#include "base/bytes.h"
#include "inspect/diff.h"
#include "inspect/dwarf_view.h"
#include "inspect/elf_view.h"
#include "inspect/image.h"
#include "inspect/info.h"
#include "inspect_run.h"

enum {
    TEXT = 1,
    PLT,
    DATA,
    DYNAMIC,
    DYNSYM,
    DYNSTR,
    RELA_PLT,
    DEBUG,
    SYMTAB,
    STRTAB,
    SHSTRTAB,
    NSECT, // sections
    TEXT_OFF = 0x400,
    BASE = 0x10000, // address of byte 0 of the file
};

typedef struct {
    ByteBuf b;
    Elf64_Shdr sh[NSECT];
    char names[128];
    u32 nnames;
} Maker;

static Elf64_Shdr *start_section(Maker *m, u32 i, const char *name, u32 type, u64 flags) {
    buf_zeros(&m->b, (u32)align_up(m->b.n, 16) - m->b.n);
    u64 addr = flags & SHF_ALLOC ? BASE + m->b.n : 0;
    m->sh[i] = (Elf64_Shdr){.sh_name = m->nnames,
                            .sh_type = type,
                            .sh_flags = flags,
                            .sh_addr = addr,
                            .sh_offset = m->b.n,
                            .sh_addralign = 16};
    strcpy(m->names + m->nnames, name);
    m->nnames += (u32)strlen(name) + 1;
    return &m->sh[i];
}

static void end_section(Maker *m, u32 i) {
    m->sh[i].sh_size = m->b.n - m->sh[i].sh_offset;
}

static void section(Maker *m, u32 i, const char *name, u32 type, u64 flags, const void *p, u32 n) {
    start_section(m, i, name, type, flags);
    buf_bytes(&m->b, p, n);
    end_section(m, i);
}

static void add_tables(Maker *m) {
    static const Elf64_Dyn dynamic[] = {{DT_NEEDED, {9}}, {DT_FLAGS_1, {DF_1_PIE}}, {DT_NULL, {0}}};
    static const Elf64_Sym dynsym[] = {{0}, {.st_name = 1, .st_info = 0x11}};
    section(m, DYNAMIC, ".dynamic", SHT_DYNAMIC, SHF_ALLOC | SHF_WRITE, dynamic, sizeof dynamic);
    section(m, DYNSYM, ".dynsym", SHT_DYNSYM, SHF_ALLOC, dynsym, sizeof dynsym);
    m->sh[DYNSYM].sh_link = DYNSTR;
    section(m, DYNSTR, ".dynstr", SHT_STRTAB, SHF_ALLOC, "\0getppid\0libc.so.6", 19);
    Elf64_Rela rela = {.r_offset = m->sh[DATA].sh_addr + 8, .r_info = ELF64_R_INFO(1, 7)};
    section(m, RELA_PLT, ".rela.plt", SHT_RELA, SHF_ALLOC, &rela, sizeof rela);
}

static void add_debug(Maker *m) {
    static const u8 abbrev[64];
    u8 packed[128];
    uLongf n = sizeof packed;
    assert_int_equal(compress2(packed, &n, abbrev, sizeof abbrev, 6), Z_OK);
    Elf64_Chdr head = {.ch_type = ELFCOMPRESS_ZLIB, .ch_size = sizeof abbrev, .ch_addralign = 1};
    start_section(m, DEBUG, ".debug_abbrev", SHT_PROGBITS, SHF_COMPRESSED);
    buf_bytes(&m->b, &head, sizeof head);
    buf_bytes(&m->b, packed, (u32)n);
    end_section(m, DEBUG);
}

static void add_symbols(Maker *m) {
    u64 text = m->sh[TEXT].sh_addr, data = m->sh[DATA].sh_addr;
    const Elf64_Sym syms[] = {
        {0},
        {.st_name = 1, .st_info = 0x02, .st_shndx = TEXT, .st_value = text, .st_size = 32},
        {.st_name = 7, .st_info = 0x12, .st_shndx = TEXT, .st_value = text + 32, .st_size = 32},
        {.st_name = 14, .st_info = 0x11, .st_shndx = DATA, .st_value = data + 16, .st_size = 8},
    };
    section(m, SYMTAB, ".symtab", SHT_SYMTAB, 0, syms, sizeof syms);
    m->sh[SYMTAB].sh_link = STRTAB;
    section(m, STRTAB, ".strtab", SHT_STRTAB, 0, "\0first\0second\0table", 20);
}

static void write_headers(Maker *m) {
    start_section(m, SHSTRTAB, ".shstrtab", SHT_STRTAB, 0);
    buf_bytes(&m->b, m->names, m->nnames);
    end_section(m, SHSTRTAB);
    const Elf64_Shdr *text = &m->sh[TEXT], *data = &m->sh[DATA];
    const Elf64_Phdr segments[] = {
        {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = text->sh_addr, .p_memsz = 64},
        {.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = data->sh_addr, .p_memsz = 64},
    };
    Elf64_Ehdr h = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                    .e_type = ET_EXEC,
                    .e_machine = EM_X86_64,
                    .e_entry = text->sh_addr + 32,
                    .e_phoff = sizeof h,
                    .e_phnum = COUNT_OF(segments),
                    .e_phentsize = sizeof *segments,
                    .e_shoff = sizeof h + sizeof segments,
                    .e_shnum = NSECT,
                    .e_shentsize = sizeof *m->sh,
                    .e_shstrndx = SHSTRTAB};
    assert_true(h.e_shoff + sizeof m->sh <= TEXT_OFF);
    memcpy(m->b.v, &h, sizeof h);
    memcpy(m->b.v + h.e_phoff, segments, sizeof segments);
    memcpy(m->b.v + h.e_shoff, m->sh, sizeof m->sh);
}

static Maker make_elf(Arena *a) {
    Maker m = {.b.arena = a, .nnames = 1};
    u8 bytes[64];
    for (u32 i = 0; i < sizeof bytes; i++)
        bytes[i] = (u8)i;
    buf_zeros(&m.b, TEXT_OFF);
    section(&m, TEXT, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, bytes, 64);
    section(&m, PLT, ".plt", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, bytes, 32);
    section(&m, DATA, ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, bytes, 64);
    add_tables(&m);
    add_debug(&m);
    add_symbols(&m);
    write_headers(&m);
    return m;
}

static void test_inspect_elf__look_up(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    Maker m = make_elf(&a);
    Image im;
    if (!image_open(&im, &a, write_file("image", m.b.v, m.b.n)))
        fail_msg("%s", im.problem);
    u64 text = m.sh[TEXT].sh_addr, plt = m.sh[PLT].sh_addr, data = m.sh[DATA].sh_addr;
    assert_int_equal(im.sects.n, NSECT - 1);
    assert_int_equal(im.nsyms, 4);
    assert_str(image_describe(&im, &a, text), "first");
    assert_str(image_describe(&im, &a, text + 0x27), "second+0x7");
    assert_str(image_describe(&im, &a, plt + 16), "stub of getppid");
    assert_str(image_describe(&im, &a, data + 8), "pointer to getppid");
    assert_str(image_describe(&im, &a, data + 20), "table+0x4");
    assert_str(image_describe(&im, &a, plt), "r-x,.plt");
    assert_str(image_describe(&im, &a, 0), "0x0 (in no section)");
    DebugSect s = dwarf_section(&im, &a, "abbrev");
    assert_true(s.compressed);
    assert_null(s.problem);
    assert_int_equal(s.n, 64);
    arena_free(&a);
}

static void test_inspect_elf__diff_says(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    Maker m = make_elf(&a);
    const FlippedBit cases[] = {
        {TEXT_OFF + 0x25, {"r-x,.text: 1 of 64 bytes, first at +0x25", "second+0x5"}},
        {offsetof(Elf64_Ehdr, e_entry), {"ELF header", "e_entry: A=0x10420 B=0x10421"}},
        {sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_memsz),
         {"program headers", "header 0 LOAD p_memsz: A=0x40 B=0x41"}},
        {m.sh[SYMTAB].sh_offset + 2 * sizeof(Elf64_Sym) + offsetof(Elf64_Sym, st_size),
         {"symbol table", "entry 2 second st_size: A=0x20 B=0x21"}},
        {m.sh[DYNAMIC].sh_offset + sizeof(Elf64_Dyn) + 8,
         {"dynamic linking", ".dynamic FLAGS_1: A=0x8000000 B=0x8000001"}},
        {m.sh[DYNSTR].sh_offset + 1, {"dynamic symbol 1: A=getppid B=fetppid", "dynamic linking"}},
        {m.sh[RELA_PLT].sh_offset, {".rela.plt record 0: A=pointer to getppid <- getppid", "B="}},
        {TEXT_OFF - 1, {"padding between the parts", "different: file"}},
    };
    expect_flipped_bits(m.b.v, m.b.n, cases, COUNT_OF(cases));
    arena_free(&a);
}

static void test_inspect_elf__info_says(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    Maker m = make_elf(&a);
    const char *out;
    assert_int_equal(run(info_main, write_file("first", m.b.v, m.b.n), NULL, &out), 0);
    expect(out, "format: ELF 64, amd64, at fixed addresses");
    expect(out, "entry: 0x10420 second");
    expect(out, "library: libc.so.6");
    expect(out, "dynamic symbols: 2, dynamic relocations: 0, of stubs: 1");
    arena_free(&a);
}

static void test_inspect_elf__corrupt_files(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    Maker m = make_elf(&a);
    expect_status_when_corrupt(m.b.v, m.b.n, 4);
    arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inspect_elf__look_up),
        cmocka_unit_test(test_inspect_elf__diff_says),
        cmocka_unit_test(test_inspect_elf__info_says),
        cmocka_unit_test(test_inspect_elf__corrupt_files),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
