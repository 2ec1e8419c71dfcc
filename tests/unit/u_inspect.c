// u_inspect.c - the readers behind `gild diff` and `gild info`, on a Mach-O file made by hand.
//
// The file has three segments (page zero, text, data), two symbols and the streams a test puts in. It is
// small enough to cut it at every length and to flip every byte of it, which is how "never crashes" is tested
// here; the sanitizer builds run the same.

#include "unit.h"

#include <zlib.h>

#include "base/bytes.h"
#include "inspect/diff.h"
#include "inspect/dwarf_view.h"
#include "inspect/go_tables.h"
#include "inspect/image.h"
#include "inspect/info.h"
#include "inspect/macho_view.h"
#include "inspect_run.h"

static void name16(ByteBuf *b, const char *s) {
    char name[16] = {0};
    memcpy(name, s, strlen(s));
    buf_bytes(b, name, 16);
}

static void segment(ByteBuf *b, const char *name, u64 addr, u64 size, u64 fileoff, u64 filesize, u32 nsects) {
    buf_u32(b, LC_SEGMENT_64);
    buf_u32(b, 72 + 80 * nsects);
    name16(b, name);
    buf_u64(b, addr);
    buf_u64(b, size);
    buf_u64(b, fileoff);
    buf_u64(b, filesize);
    buf_u64(b, 0x300000003); // protections
    buf_u32(b, nsects);
    buf_u32(b, 0);
}

static void section(ByteBuf *b, const char *seg, const char *name, u64 addr, u64 size, u32 fileoff,
                    u32 flags) {
    name16(b, name);
    name16(b, seg);
    buf_u64(b, addr);
    buf_u64(b, size);
    buf_u32(b, fileoff);
    buf_u32(b, 3);
    buf_zeros(b, 8);
    buf_u32(b, flags);
    buf_zeros(b, 12);
}

static void symbol(ByteBuf *b, u32 strx, u8 type, u8 sect, u64 value) {
    buf_u32(b, strx);
    buf_u8(b, type);
    buf_u8(b, sect);
    buf_u16(b, 0);
    buf_u64(b, value);
}

enum { TEXT_OFF = 0x400, DATA_OFF = 0x440, LINKEDIT_OFF = 0x480, STREAM_MAX = 0x40, SYMS = 5 };

// The file: text at 0x1400 (64 bytes), data at 0x2000 (64 bytes), bss at 0x2040 (32 bytes).
static ByteBuf make_macho(Arena *a, const u8 *rebase, u32 nrebase, const u8 *bind, u32 nbind) {
    static const char strings[] = " \0_first\0_second\0_end\0_table\0_import";
    ByteBuf b = {.arena = a};
    u32 symoff = LINKEDIT_OFF + 2 * STREAM_MAX, stroff = symoff + SYMS * 16;
    buf_u32(&b, MH_MAGIC_64);
    buf_u32(&b, 0x01000007);
    buf_u32(&b, 3);
    buf_u32(&b, 2);
    buf_u32(&b, 7);
    buf_zeros(&b, 4); // size of the commands, set below
    buf_u32(&b, MH_FLAG_DYLDLINK | MH_FLAG_PIE);
    buf_u32(&b, 0);
    segment(&b, "__PAGEZERO", 0, 0x1000, 0, 0, 0);
    segment(&b, "__TEXT", 0x1000, 0x1000, 0, DATA_OFF, 1);
    section(&b, "__TEXT", "__text", 0x1400, 64, TEXT_OFF, 0x80000400);
    segment(&b, "__DATA", 0x2000, 0x60, DATA_OFF, 64, 2);
    section(&b, "__DATA", "__data", 0x2000, 64, DATA_OFF, 0);
    section(&b, "__DATA", "__bss", 0x2040, 32, 0, 1);
    buf_u32(&b, (u32)LC_DYLD_INFO_ONLY);
    buf_u32(&b, 48);
    buf_u32(&b, LINKEDIT_OFF);
    buf_u32(&b, nrebase);
    buf_u32(&b, LINKEDIT_OFF + STREAM_MAX);
    buf_u32(&b, nbind);
    buf_zeros(&b, 24);
    buf_u32(&b, LC_SYMTAB);
    buf_u32(&b, 24);
    buf_u32(&b, symoff);
    buf_u32(&b, SYMS);
    buf_u32(&b, stroff);
    buf_u32(&b, sizeof strings);
    buf_u32(&b, LC_LOAD_DYLIB);
    buf_u32(&b, 40);
    buf_u32(&b, 24);
    buf_zeros(&b, 12);
    name16(&b, "/usr/lib/libX");
    buf_u32(&b, LC_UUID);
    buf_u32(&b, 24);
    name16(&b, "uuid of 16 bytes");
    put_u32le(b.v + 20, b.n - MH_HEADER_SIZE_64);
    assert_true(b.n <= TEXT_OFF);
    buf_zeros(&b, TEXT_OFF - b.n);
    for (u32 i = 0; i < 64; i++)
        buf_u8(&b, (u8)i);
    for (u32 i = 0; i < 8; i++)
        buf_u64(&b, 0x1400 + i);
    buf_bytes(&b, rebase, nrebase);
    buf_zeros(&b, STREAM_MAX - nrebase);
    buf_bytes(&b, bind, nbind);
    buf_zeros(&b, STREAM_MAX - nbind);
    symbol(&b, 2, 0x0e, 1, 0x1400);  // _first
    symbol(&b, 9, 0x0e, 1, 0x1420);  // _second
    symbol(&b, 17, 0x0e, 1, 0x1440); // _end: where the text ends
    symbol(&b, 22, 0x0e, 2, 0x2008); // _table
    symbol(&b, 29, 0x01, 0, 0);      // _import
    buf_bytes(&b, strings, sizeof strings);
    return b;
}

static void open_macho(Image *im, Arena *a, const u8 *rebase, u32 nrebase, const u8 *bind, u32 nbind) {
    arena_init(a, 0);
    ByteBuf b = make_macho(a, rebase, nrebase, bind, nbind);
    if (!image_open(im, a, write_file("image", b.v, b.n)))
        fail_msg("%s", im->problem);
}

static void test_inspect__look_up(void **state) {
    (void)state;
    Arena a;
    Image im;
    open_macho(&im, &a, NULL, 0, NULL, 0);
    assert_int_equal(im.sects.n, 3);
    assert_int_equal(im.nsyms, SYMS);
    assert_int_equal(im.nby_addr, 4);
    assert_str(image_describe(&im, &a, 0x1400), "_first");
    assert_str(image_describe(&im, &a, 0x1427), "_second+0x7");
    assert_int_equal(image_symbol_size(&im, 0), 32);
    assert_int_equal(image_symbol_size(&im, 1), 32);
    assert_int_equal(image_symbol_size(&im, 2), 0); // _end
    assert_str(image_describe(&im, &a, 0x2000), "__DATA,__data");
    assert_str(image_describe(&im, &a, 0x2018), "_table+0x10");
    assert_str(image_describe(&im, &a, 0x2048), "__DATA,__bss+0x8");
    assert_str(image_describe(&im, &a, 0x9000), "0x9000 (in no section)");
    assert_non_null(image_bytes_at(&im, 0x2038, 8));
    assert_null(image_bytes_at(&im, 0x2039, 8));
    assert_null(image_bytes_at(&im, 0x2040, 1));
    assert_str(macho_dylib_name(im.macho, 1), "/usr/lib/libX");
    arena_free(&a);
}

// Every opcode once (mach-o/loader.h: REBASE_OPCODE_...).
static void test_inspect__rebase_opcodes(void **state) {
    (void)state;
    static const u8 stream[] = {
        0x11,             // type pointer
        0x22, 0x80, 0x01, // segment 2, offset 128
        0x51,             // 1 time: 128
        0x30, 0x10,       // + 16
        0x52,             // 2 times: 152, 160
        0x42,             // + 2 * 8
        0x60, 0x02,       // 2 times: 184, 192
        0x70, 0x08,       // 1 time: 200, then + 8
        0x80, 0x02, 0x08, // 2 times, 8 between: 216, 232
        0x00, 0x00,
    };
    static const u64 want[] = {128, 152, 160, 184, 192, 200, 216, 232};
    Arena a;
    Image im;
    open_macho(&im, &a, stream, sizeof stream, NULL, 0);
    RebaseVec v = {0};
    assert_null(macho_read_rebases(&im, &a, &v));
    assert_int_equal(v.n, COUNT_OF(want));
    for (u32 i = 0; i < v.n; i++) {
        assert_int_equal(v.v[i].off, want[i]);
        assert_int_equal(v.v[i].seg, 2);
        assert_int_equal(v.v[i].type, 1);
    }
    arena_free(&a);
}

static void test_inspect__bind_opcodes(void **state) {
    (void)state;
    static const u8 stream[] = {
        0x51, 0x72, 0x08, 0x11,                   // type pointer, segment 2 offset 8, library 1
        0x41, '_',  'a',  0,    0x90,             // weak import _a
        0x3e, 0x40, '_',  'b',  0,    0x60, 0x7f, // flat look-up of _b, addend -1
        0xb1,                                     // bind, then + 8 + 1 * 8
        0x20, 0xc8, 0x01, 0xc0, 0x02, 0x08,       // library 200; 2 times, 8 between
        0x00,
    };
    Arena a;
    Image im;
    open_macho(&im, &a, NULL, 0, stream, sizeof stream);
    BindVec v = {0};
    assert_null(macho_read_binds(&im, &a, im.macho->bind, &v));
    assert_int_equal(v.n, 4);
    assert_str(v.v[0].name, "_a");
    assert_int_equal(v.v[0].off, 8);
    assert_int_equal(v.v[0].ordinal, 1);
    assert_int_equal(v.v[0].flags, 1);
    assert_str(v.v[1].name, "_b");
    assert_int_equal(v.v[1].off, 16);
    assert_int_equal(v.v[1].ordinal, -2);
    assert_int_equal(v.v[1].addend, -1);
    assert_int_equal(v.v[2].ordinal, 200);
    assert_int_equal(v.v[2].off, 32);
    assert_int_equal(v.v[3].off, 48);
    arena_free(&a);
}

static void test_inspect__bad_streams(void **state) {
    (void)state;
    static const struct {
        u8 bytes[12];
        u32 n;
        const char *says;
    } cases[] = {
        {{0xf0}, 1, "unknown opcode"},
        {{0x11, 0x22, 0x80}, 3, "the stream ends inside an opcode"},
        {{0x60, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, 7, "more records than the image can hold"},
    };
    for (u32 i = 0; i < COUNT_OF(cases); i++) {
        Arena a;
        Image im;
        open_macho(&im, &a, cases[i].bytes, cases[i].n, NULL, 0);
        RebaseVec v = {0};
        assert_string_equal(macho_read_rebases(&im, &a, &v), cases[i].says);
        arena_free(&a);
    }
}

static const u8 small_rebase[] = {0x11, 0x22, 0x08, 0x51, 0x00};

static void test_inspect__diff_says(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    ByteBuf b = make_macho(&a, small_rebase, sizeof small_rebase, NULL, 0);
    const char *first = write_file("first", b.v, b.n), *out;
    assert_int_equal(run(diff_main, first, first, &out), 0);
    static const struct {
        u32 at;
        const char *says[2];
    } cases[] = {
        {TEXT_OFF + 0x25, {"__TEXT,__text: 1 of 64 bytes, first at +0x25", "_second+0x5"}},
        {DATA_OFF + 8, {"__DATA,__data: 1 of 64 bytes", "_table"}},
        {LINKEDIT_OFF + 2,
         {"rebase record 0: A=__DATA+0x8 (_table) B=__DATA+0x9 (_table+0x1)", "dyld information"}},
        {LINKEDIT_OFF + 2 * STREAM_MAX + 16 + 8,
         {"entry 1 _second: n_value A=0x1420 B=0x1421 (+1)", "symbol order"}},
        {24, {"Mach header", "flags: A=0x200004 B=0x200005"}},
        {TEXT_OFF - 1, {"padding between the parts", "different: file"}},
    };
    for (u32 i = 0; i < COUNT_OF(cases); i++) {
        b.v[cases[i].at] ^= 1;
        const char *second = write_file("second", b.v, b.n);
        b.v[cases[i].at] ^= 1;
        assert_int_equal(run(diff_main, first, second, &out), 1);
        expect(out, cases[i].says[0]);
        expect(out, cases[i].says[1]);
    }
    assert_int_equal(run(diff_main, first, path_of("missing"), &out), 2);
    expect(out, "No such file or directory");
    assert_int_equal(run(diff_main, first, write_file("text", "hello, world", 12), &out), 2);
    expect(out, "not a 64-bit little-endian Mach-O, ELF or PE file");
    arena_free(&a);
}

static void test_inspect__info_says(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    ByteBuf b = make_macho(&a, small_rebase, sizeof small_rebase, NULL, 0);
    const char *out;
    assert_int_equal(run(info_main, write_file("first", b.v, b.n), NULL, &out), 0);
    expect(out, "flags: 0x200004 DYLDLINK PIE");
    expect(out, "rebase records: 1, 5 bytes");
    expect(out, "  1 /usr/lib/libX");
    arena_free(&a);
}

// Cuts and flips must end with a status, never with a signal.
static void test_inspect__corrupt_files(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    ByteBuf b = make_macho(&a, small_rebase, sizeof small_rebase, NULL, 0);
    const char *first = write_file("first", b.v, b.n);
    for (u32 n = 0; n < b.n; n += 7) {
        int rc = run(diff_main, first, write_file("second", b.v, n), NULL);
        assert_true(rc == 1 || rc == 2);
    }
    for (u32 i = 4; i < b.n; i += i < TEXT_OFF ? 1 : 5) {
        u8 old = b.v[i];
        b.v[i] = old ^ 0xff;
        int rc = run(diff_main, first, write_file("second", b.v, b.n), NULL);
        b.v[i] = old;
        if (rc != 1 && rc != 2)
            fail_msg("byte %u: status %d", i, rc);
    }
    arena_free(&a);
}

static void test_inspect__pc_values(void **state) {
    (void)state;
    // Offset 1: value -1 + 1 = 0 up to 4, then 8 up to 16. Offset 6 is cut off.
    static const u8 table[] = {0x00, 0x02, 0x04, 0x10, 0x0c, 0x00, 0x02};
    GoTables g = {.pctab = {table, sizeof table, 0}};
    GoPcValue v = go_pcvalue_start(&g, 1);
    assert_true(go_pcvalue_next(&v));
    assert_int_equal(v.value, 0);
    assert_int_equal(v.pc, 4);
    assert_true(go_pcvalue_next(&v));
    assert_int_equal(v.value, 8);
    assert_int_equal(v.pc, 16);
    assert_false(go_pcvalue_next(&v));
    assert_false(v.bad);
    assert_int_equal(go_pcvalue_size(&g, 1), 5);
    assert_int_equal(go_pcvalue_size(&g, 0), 0);
    assert_int_equal(go_pcvalue_size(&g, 6), 0);
    v = go_pcvalue_start(&g, 6);
    assert_false(go_pcvalue_next(&v));
    assert_true(v.bad);
}

static void test_inspect__line_program(void **state) {
    (void)state;
    static const u8 unit[] = {
        0x2d, 0,    0,    0,    2,    0,               // length, version
        0x15, 0,    0,    0,    1,    1, 0xfc, 10, 10, // header: length, quantum, is_stmt, base, ...
        0,    1,    1,    1,    1,    0, 0,    0,  1,        // operands of the standard opcodes
        0,    'f',  0,    0,    0,    0, 0,                  // no directories, file f
        0,    9,    2,    0x00, 0x14, 0, 0,    0,  0,  0, 0, // address 0x1400
        0x18,             // special: 14 = 1 * 10 + 4: address + 1, line + 0
        0x03, 0x05,       // line + 5
        0x01,             // row
        0x00, 0x01, 0x01, // end of the sequence
    };
    DebugSect line = {.p = unit, .n = sizeof unit};
    u64 off = 0;
    LineProgram p;
    LineRow row;
    assert_true(dwarf_line_unit(&line, &off, &p));
    assert_int_equal(off, sizeof unit);
    assert_str(dwarf_line_name(&p, 0), "f");
    assert_int_equal(dwarf_line_name(&p, 1).n, 0);
    assert_true(dwarf_line_row(&p, &row));
    assert_int_equal(row.addr, 0x1401);
    assert_int_equal(row.line, 1);
    assert_true(dwarf_line_row(&p, &row));
    assert_int_equal(row.line, 6);
    assert_true(dwarf_line_row(&p, &row));
    assert_true(row.end_sequence);
    assert_false(dwarf_line_row(&p, &row));
    assert_false(p.r.bad);
    assert_false(dwarf_line_unit(&line, &off, &p));
}

static void test_inspect__line_tables_of_version_5(void **state) {
    (void)state;
    static const u8 unit[] = {
        0x31, 0,   0,    0,   5,    0,   8, 0,              // length, version, sizes of addresses
        0x26, 0,   0,    0,   1,    1,   1, 0xfc, 10, 10,   // header: length, quantum, operations, ...
        0,    1,   1,    1,   1,    0,   0, 0,    1,        // operands of the standard opcodes
        1,    1,   0x08, 2,   '.',  0,   'd', 0,            // directories: path as string; two of them
        2,    1,   0x08, 2,   0x0f, 2,                      // files: path as string, directory as ULEB128
        '?',  0,   0,    'f', '.',  'g', 'o', 0,    1, 0, 1, 1, // two files; end of the sequence
    };
    DebugSect line = {.p = unit, .n = sizeof unit};
    u64 off = 0;
    LineProgram p;
    LineRow row;
    assert_true(dwarf_line_unit(&line, &off, &p));
    static const char *const names[] = {".", "d", "?", "f.go"};
    for (u32 i = 0; i < COUNT_OF(names); i++)
        assert_str(dwarf_line_name(&p, i), names[i]);
    assert_int_equal(dwarf_line_name(&p, 4).n, 0);
    assert_true(dwarf_line_row(&p, &row));
    assert_true(row.end_sequence);
}

static void test_inspect__lists(void **state) {
    (void)state;
    ListEntry e;
    static const u8 ranges5[] = {1, 3, 4, 0x80, 1, 0x10, 0, 9};
    ByteReader r = {.p = ranges5, .n = sizeof ranges5};
    ListSort sort = {.opcodes = true};
    assert_true(dwarf_list_entry(&r, sort, &e));
    assert_int_equal(e.lo, 3);
    assert_true(dwarf_list_entry(&r, sort, &e));
    assert_int_equal(e.lo, 0x80);
    assert_int_equal(e.hi, 0x10);
    assert_true(dwarf_list_entry(&r, sort, &e) && e.end);
    assert_false(dwarf_list_entry(&r, sort, &e)); // no such kind

    static const u8 locations5[] = {1, 3, 4, 1, 2, 1, 0x9c, 0, 8, 0x10};
    r = (ByteReader){.p = locations5, .n = sizeof locations5};
    sort = (ListSort){.locations = true, .opcodes = true};
    assert_true(dwarf_list_entry(&r, sort, &e));
    assert_int_equal(e.expr.n, 0);
    assert_true(dwarf_list_entry(&r, sort, &e));
    assert_str(e.expr, "\x9c");
    assert_true(dwarf_list_entry(&r, sort, &e) && e.end);
    assert_false(dwarf_list_entry(&r, sort, &e)); // cut off

    static const u8 locations4[35] = {[0] = 1, [8] = 2, [16] = 1, 0, 0x9c};
    r = (ByteReader){.p = locations4, .n = sizeof locations4};
    sort = (ListSort){.locations = true};
    assert_true(dwarf_list_entry(&r, sort, &e));
    assert_str(e.expr, "\x9c");
    assert_true(dwarf_list_entry(&r, sort, &e) && e.end);
    assert_int_equal(r.off, sizeof locations4);
}

// A stream of a stored block and more than one compressed one.
static void test_inspect__deflate_blocks(void **state) {
    (void)state;
    enum { SIZE = 200000 };
    Arena a;
    arena_init(&a, 0);
    u8 *text = arena_alloc(&a, SIZE, 1), *out = arena_alloc(&a, 2 * SIZE, 1);
    u32 x = 1;
    for (u32 i = 0; i < SIZE; i++) {
        x = x * 1664525 + 1013904223;
        text[i] = i < SIZE / 2 ? (u8)(x >> 24) : (u8)('a' + (x >> 30));
    }
    memcpy(out, "ZLIB", 4);
    put_u64be(out + 4, SIZE);
    uLongf n = 2 * SIZE - 12;
    assert_int_equal(compress2(out + 12, &n, text, SIZE, 6), Z_OK);
    ImageSect s = {.data = out, .nbytes = n + 12, .size = n + 12, .packed_head = 12};
    DeflateBlockVec v = {0};
    dwarf_deflate_blocks(&s, &a, &v);
    assert_true(v.n >= 3);
    assert_int_equal(v.v[0].in_bit, 0);
    assert_int_equal(v.v[0].out, 0);
    assert_int_equal(v.v[0].type, 0);
    assert_int_equal(v.v[v.n - 1].type, 2);
    for (u32 i = 1; i < v.n; i++) {
        assert_true(v.v[i].in_bit > v.v[i - 1].in_bit);
        assert_true(v.v[i].out >= v.v[i - 1].out);
    }
    arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inspect__look_up),       cmocka_unit_test(test_inspect__rebase_opcodes),
        cmocka_unit_test(test_inspect__bind_opcodes),  cmocka_unit_test(test_inspect__bad_streams),
        cmocka_unit_test(test_inspect__diff_says),     cmocka_unit_test(test_inspect__info_says),
        cmocka_unit_test(test_inspect__corrupt_files), cmocka_unit_test(test_inspect__pc_values),
        cmocka_unit_test(test_inspect__line_program),  cmocka_unit_test(test_inspect__deflate_blocks),
        cmocka_unit_test(test_inspect__lists),         cmocka_unit_test(test_inspect__line_tables_of_version_5),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
