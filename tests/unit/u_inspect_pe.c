// u_inspect_pe.c - the readers behind `gild diff` and `gild info`, on a PE file made by hand.
//
// The file has code, data, a compressed debugging section with a long name, an imported function, a block of base
// relocations, and symbols with short and long names. As in u_inspect.c it is cut at every length and every byte of it is
// flipped.
#include "unit.h"

#include <zlib.h>

#include "base/bytes.h"
#include "inspect/diff.h"
#include "inspect/dwarf_view.h"
#include "inspect/image.h"
#include "inspect/info.h"
#include "inspect/pe_view.h"
#include "inspect_run.h"

enum {
    HEAD = 0x44, // file header
    OPTIONAL = HEAD + 20,
    DIRS = OPTIONAL + 112,
    TABLE = DIRS + 8 * 16,
    NSECT = 5,
    FIRST = 0x400, // place of the first section
    BASE = 0x10000,
    DEBUG_NAME = 4, // place of its name in the string table,
    LONG_NAME = 19, // and of a symbol's
};

typedef struct {
    ByteBuf b;
    u32 nsect;
    u32 at[NSECT]; // by section: place in the file; the memory's is 0x1000 higher for each
    u32 symtab;
} Maker;

static void start_section(Maker *m, const char *name, u32 flags) {
    buf_zeros(&m->b, (u32)align_up(m->b.n, 16) - m->b.n);
    u8 *h = m->b.v + TABLE + 40 * m->nsect;
    memcpy(h, name, strlen(name));
    put_u32le(h + 12, 0x1000 * (m->nsect + 1));
    put_u32le(h + 20, m->b.n);
    put_u32le(h + 36, flags);
    m->at[m->nsect++] = m->b.n;
}

static void end_section(Maker *m) {
    u8 *h = m->b.v + TABLE + 40 * (m->nsect - 1);
    put_u32le(h + 8, m->b.n - m->at[m->nsect - 1]);
    put_u32le(h + 16, m->b.n - m->at[m->nsect - 1]);
}

static void put_headers(Maker *m) {
    buf_zeros(&m->b, FIRST);
    u8 *p = m->b.v;
    memcpy(p, "MZ", 2);
    put_u32le(p + 0x3c, HEAD - 4);
    memcpy(p + HEAD - 4, "PE\0", 4);
    put_u16le(p + HEAD, 0x8664);
    put_u16le(p + HEAD + 2, NSECT);
    put_u16le(p + HEAD + 16, TABLE - OPTIONAL);
    put_u16le(p + OPTIONAL, 0x20b);
    put_u32le(p + OPTIONAL + 16, 0x1020); // entry
    put_u64le(p + OPTIONAL + 24, BASE);
    put_u16le(p + OPTIONAL + 40, 10);
    put_u16le(p + OPTIONAL + 68, 3);
    put_u16le(p + OPTIONAL + 70, 0x40);
    put_u32le(p + OPTIONAL + 108, 16);
    put_u32le(p + DIRS + 8, 0x4000); // imports
    put_u32le(p + DIRS + 12, 80);
}

static void add_debug(Maker *m) {
    static const u8 abbrev[64];
    u8 packed[128], size[8] = {[7] = sizeof abbrev};
    uLongf n = sizeof packed;
    assert_int_equal(compress2(packed, &n, abbrev, sizeof abbrev, 6), Z_OK);
    start_section(m, "/4", 0x42000040);
    buf_bytes(&m->b, "ZLIB", 4);
    buf_bytes(&m->b, size, sizeof size);
    buf_bytes(&m->b, packed, (u32)n);
    end_section(m);
}

static void add_imports(Maker *m) {
    start_section(m, ".idata", 0xc0000040);
    const u32 record[] = {0x4000 + 40, 0, 0, 0x4000 + 56, 0x2008};
    buf_bytes(&m->b, record, sizeof record);
    buf_zeros(&m->b, 20);
    buf_u64(&m->b, 0x4000 + 64);
    buf_u64(&m->b, 0);
    buf_bytes(&m->b, "lib.dll\0\0\0getppid", 18);
    end_section(m);
}

static void add_symbol(Maker *m, const char *name, u32 strx, u32 value, u16 sect) {
    char field[8] = {0};
    memcpy(field, name, strlen(name));
    if (strx)
        put_u32le((u8 *)field + 4, strx);
    buf_bytes(&m->b, field, sizeof field);
    buf_u32(&m->b, value);
    buf_u16(&m->b, sect);
    buf_u16(&m->b, sect == 1 ? 0x20 : 0);
    buf_u16(&m->b, 2);
}

static void add_symbols(Maker *m) {
    m->symtab = m->b.n;
    add_symbol(m, "first", 0, 0, 1);
    add_symbol(m, "", LONG_NAME, 0x20, 1);
    add_symbol(m, "table", 0, 0x10, 2);
    put_u32le(m->b.v + HEAD + 8, m->symtab);
    put_u32le(m->b.v + HEAD + 12, 3);
    static const char strings[] = ".zdebug_abbrev\0second.of.all";
    _Static_assert(sizeof ".zdebug_abbrev" + DEBUG_NAME == LONG_NAME, "places of names");
    buf_u32(&m->b, 4 + sizeof strings);
    buf_bytes(&m->b, strings, sizeof strings);
}

static Maker make_pe(Arena *a) {
    Maker m = {.b.arena = a};
    put_headers(&m);
    start_section(&m, ".text", 0x60000020);
    for (u32 i = 0; i < 64; i++)
        buf_u8(&m.b, (u8)i);
    end_section(&m);
    start_section(&m, ".data", 0xc0000040);
    buf_zeros(&m.b, 32);
    end_section(&m);
    add_debug(&m);
    add_imports(&m);
    start_section(&m, ".reloc", 0x42000040);
    buf_u32(&m.b, 0x2000);
    buf_u32(&m.b, 12);
    buf_u16(&m.b, 0xa010);
    buf_u16(&m.b, 0);
    end_section(&m);
    add_symbols(&m);
    return m;
}

static void test_inspect_pe__look_up(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    Maker m = make_pe(&a);
    Image im;
    if (!image_open(&im, &a, write_file("image", m.b.v, m.b.n)))
        fail_msg("%s", im.problem);
    assert_int_equal(im.sects.n, NSECT);
    assert_int_equal(im.nsyms, 3);
    assert_str(im.sects.v[2].name, ".zdebug_abbrev");
    assert_str(image_describe(&im, &a, BASE + 0x1003), "first+0x3");
    assert_str(image_describe(&im, &a, BASE + 0x1027), "second.of.all+0x7");
    assert_str(image_describe(&im, &a, BASE + 0x2008), "pointer to getppid");
    assert_str(image_describe(&im, &a, BASE + 0x2014), "table+0x4");
    assert_str(image_describe(&im, &a, BASE + 0x4004), "rw-,.idata+0x4");
    assert_str(image_describe(&im, &a, 0), "0x0 (in no section)");
    DebugSect s = dwarf_section(&im, &a, "abbrev");
    assert_true(s.compressed);
    assert_null(s.problem);
    assert_int_equal(s.n, 64);
    arena_free(&a);
}

static void test_inspect_pe__diff_says(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    Maker m = make_pe(&a);
    const FlippedBit cases[] = {
        {m.at[0] + 0x25, {"r-x,.text: 1 of 64 bytes, first at +0x25", "second.of.all+0x5"}},
        {OPTIONAL + 16, {"PE header", "AddressOfEntryPoint: A=0x1020 B=0x1021"}},
        {DIRS + 12, {"directories", "import: rva A=0x4000 B=0x4000, size A=0x50 B=0x51"}},
        {m.symtab + 2 * 18 + 8, {"symbol table", "entry 2 table address: A=0x12010 B=0x12011"}},
        {m.symtab + 1, {"symbol table", "entry 0: name A=first B=fhrst; the orders part here"}},
        {m.at[3] + 66, {"dynamic linking", "import 0: A=getppid of lib.dll B=fetppid of lib.dll"}},
        {m.at[4] + 8, {"dynamic linking", ".reloc at +0x8: A=type 10 at 0x2010, table B=type 10 at 0x2011"}},
        {m.at[4] + 4, {"dynamic linking", ".reloc at +0x4: A=block of page 0x2000, 0xc bytes B=no block"}},
        {TABLE + NSECT * 40, {"padding between the parts", "different: file"}},
        {TABLE + 41, {"section header 1", "only A has rw-,.data"}},
    };
    expect_flipped_bits(m.b.v, m.b.n, cases, COUNT_OF(cases));
    arena_free(&a);
}

static void test_inspect_pe__info_says(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    Maker m = make_pe(&a);
    const char *out;
    assert_int_equal(run(info_main, write_file("first", m.b.v, m.b.n), NULL, &out), 0);
    expect(out, "format: PE 64, amd64, at any address");
    expect(out, "subsystem: console, of Windows 10.0");
    expect(out, "entry: 0x11020 second.of.all");
    expect(out, "library: lib.dll, 1 symbols");
    expect(out, "base relocations: 1");
    arena_free(&a);
}

static void test_inspect_pe__corrupt_files(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    Maker m = make_pe(&a);
    expect_status_when_corrupt(m.b.v, m.b.n, 0);
    arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inspect_pe__look_up),
        cmocka_unit_test(test_inspect_pe__diff_says),
        cmocka_unit_test(test_inspect_pe__info_says),
        cmocka_unit_test(test_inspect_pe__corrupt_files),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
