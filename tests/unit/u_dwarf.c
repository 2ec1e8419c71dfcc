// u_dwarf.c - parts of the debugging information that can be checked without a program.

#include "unit.h"

#include "dwarf/dwarf_state.h"
#include "golang/pcvalue.h"

// ---- tables of values by PC ------------------------------------------------------------------------------

static void test_pcvalue__ranges(void **state) {
    (void)state;
    // -1 -> 0 for 5 units, +8 for 200 units, -8 for 1 unit, end.
    static const u8 table[] = {2, 5, 16, 0xc8, 0x01, 15, 1, 0};
    PcIter it = pcvalue_first(table, sizeof table, 4);
    assert_int_equal(it.value, 0);
    assert_int_equal(it.pc, 0);
    assert_int_equal(it.next_pc, 20);
    pcvalue_next(&it);
    assert_int_equal(it.value, 8);
    assert_int_equal(it.next_pc, 820);
    pcvalue_next(&it);
    assert_int_equal(it.value, 0);
    assert_int_equal(it.pc, 820);
    assert_int_equal(it.next_pc, 824);
    pcvalue_next(&it);
    assert_true(it.done);
}

static void test_pcvalue__first_change_may_be_zero(void **state) {
    (void)state;
    static const u8 table[] = {0, 3, 0};
    PcIter it = pcvalue_first(table, sizeof table, 1);
    assert_false(it.done);
    assert_int_equal(it.value, -1);
    assert_int_equal(it.next_pc, 3);
    pcvalue_next(&it);
    assert_true(it.done);
}

static void test_pcvalue__damaged_tables_end(void **state) {
    (void)state;
    static const u8 cut[] = {2, 5, 0x80, 0x80};
    static const u8 endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    PcIter it = pcvalue_first(NULL, 0, 1);
    assert_true(it.done);
    it = pcvalue_first(cut, sizeof cut, 1);
    assert_false(it.done);
    pcvalue_next(&it);
    assert_true(it.done);
    it = pcvalue_first(endless, sizeof endless, 1);
    assert_true(it.done);
}

// ---- abbreviations ---------------------------------------------------------------------------------------

static void test_forms__abbreviations(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    ByteBuf b = {.arena = &a};
    dwarf_put_abbrevs(&dwarf4_darwin_forms, &b);
    assert_int_equal(b.n, 612); // what the stock linker writes for darwin
    assert_int_equal(b.v[0], ABRV_COMPUNIT);
    assert_int_equal(b.v[1], DW_TAG_compile_unit);
    assert_int_equal(b.v[b.n - 1], 0);

    // Every row begins with its number, and the numbers that the linker names have their tag.
    assert_int_equal(dwarf_abbrev_row(ABRV_DICT_INDEX)->tag, DW_TAG_typedef);
    assert_int_equal(dwarf_abbrev_row(ABRV_PUTVAR_START)->tag, DW_TAG_variable);
    assert_int_equal(dwarf_abbrev_row(ABRV_PUTVAR_START + 13)->tag, DW_TAG_formal_parameter);

    b.n = 0;
    dwarf_put_abbrevs(&dwarf5_forms, &b);
    assert_int_equal(b.n, 612 + 2); // DW_AT_addr_base of units with code
    arena_free(&a);
}

static void test_forms__pseudo_forms(void **state) {
    (void)state;
    assert_int_equal(dwarf_form(&dwarf4_darwin_forms, DW_FORM_udata_pseudo), DW_FORM_data4);
    assert_int_equal(dwarf_form(&dwarf4_forms, DW_FORM_udata_pseudo), DW_FORM_udata);
    assert_int_equal(dwarf_form(&dwarf5_forms, DW_FORM_udata_pseudo), DW_FORM_udata);
    assert_int_equal(dwarf_form(&dwarf5_darwin_forms, DW_FORM_udata_pseudo), DW_FORM_data4);
    assert_int_equal(dwarf_form(&dwarf5_forms, DW_FORM_lo_pc_pseudo), DW_FORM_addrx);
    assert_int_equal(dwarf_form(&dwarf5_forms, DW_FORM_hi_pc_pseudo), DW_FORM_udata);
    assert_int_equal(dwarf_form(&dwarf4_darwin_forms, DW_FORM_lo_pc_pseudo), DW_FORM_addr);
    assert_int_equal(dwarf_form(&dwarf4_darwin_forms, DW_FORM_string), DW_FORM_string);
}

// ---- file tables -----------------------------------------------------------------------------------------

enum { MAX_FILES = 16 };

// The line header of a unit with these files, from the table of directories on.
static Str tables_of(Arena *a, const DwarfForms *forms, const char *const *names, u32 n) {
    Options *opt = arena_new(a, Options);
    opt->goroot = STR("/go");
    Program *p = arena_new(a, Program);
    p->opt = opt;
    Object *objs = arena_array(a, Object, 2);
    ByteBuf image = {.arena = a};
    buf_zeros(&image, MAX_FILES * 8); // string references, then the strings
    for (u32 i = 0; i < n; i++) {
        put_u32le(image.v + 8 * i, (u32)strlen(names[i]));
        put_u32le(image.v + 8 * i + 4, image.n);
        buf_str(&image, str_from_c(names[i]));
    }
    objs[1] = (Object){.base = image.v, .size = image.n, .files = image.v, .nfile = n};
    p->objs.v = objs;
    p->objs.n = 2;
    Unit *units = arena_array(a, Unit, 1);
    units[0].obj = 1;
    p->units.v = units;
    p->units.n = 1;
    Dwarf *d = arena_new(a, Dwarf);
    d->p = p;
    d->forms = forms;
    d->ptr_size = 8;
    DwUnit u = {0};
    dwarf_build_line_header(d, &u, a);
    u32 head = forms->line_version >= 5 ? 12 + 6 + 10 : 10 + 5 + 10; // up to the operand counts
    const ByteBuf *b = &u.line_header;
    assert_int_equal(get_u32le(b->v + (forms->line_version >= 5 ? 8 : 6)),
                     b->n - (forms->line_version >= 5 ? 12 : 10));
    return (Str){(const char *)b->v + head, b->n - head};
}

static void test_line__directories(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    static const char *const names[] = {"<autogenerated>",     "/src/a/x.go",
                                        "/src/a/y.go",         "/src/b//z.go",
                                        "$GOROOT/src/os/f.go", "gofile../go/src/os/g.go",
                                        "./local.go",          ""};
    static const char want[] = "/src/a\0/src/b\0/go/src/os\0\0"
                               "<autogenerated>\0\0\0\0"
                               "x.go\0\1\0\0"
                               "y.go\0\1\0\0"
                               "z.go\0\2\0\0"
                               "f.go\0\3\0\0"
                               "g.go\0\3\0\0"
                               "local.go\0\0\0\0"
                               "<missing>_7\0\0\0\0";
    Str got = tables_of(&a, &dwarf4_darwin_forms, names, COUNT_OF(names));
    assert_int_equal(got.n, sizeof want);
    assert_memory_equal(got.p, want, sizeof want);
    arena_free(&a);
}

static void test_line__version_5(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    static const char *const names[] = {"/src/a/x.go"};
    static const char want[] = "\1\1\x08\2.\0/src/a\0"
                               "\2\1\x08\2\x0f\2?\0\0x.go\0\1";
    Str got = tables_of(&a, &dwarf5_forms, names, COUNT_OF(names));
    assert_int_equal(got.n, sizeof want - 1);
    assert_memory_equal(got.p, want, sizeof want - 1);
    arena_free(&a);
}

// ---- lists of version 5 ----------------------------------------------------------------------------------

static void test_lists__unit_ranges(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    Dwarf *d = arena_new(&a, Dwarf);
    d->ptr_size = 8;
    DwUnit u = {.base_slot = 300};
    vec_push(&a, &u.pcs, ((PcRange){0, 0x7f}));
    vec_push(&a, &u.pcs, ((PcRange){0x1000, 0x1234}));
    u8 out[64];

    d->forms = &dwarf5_forms;
    static const u8 want[] = {1, 0xac, 0x82, 0x80, 0, 4, 0, 0x7f, 4, 0x80, 0x20, 0xb4, 0x24, 0};
    assert_int_equal(dwarf_unit_ranges_size(d, &u), sizeof want);
    assert_ptr_equal(dwarf_write_unit_ranges(d, &u, out), out + sizeof want);
    assert_memory_equal(out, want, sizeof want);

    d->forms = &dwarf4_forms;
    assert_int_equal(dwarf_unit_ranges_size(d, &u), 6 * 8);
    assert_ptr_equal(dwarf_write_unit_ranges(d, &u, out), out + 6 * 8);
    assert_int_equal(get_u64le(out + 24), 0x1234);
    arena_free(&a);
}

// Functions without debugging information have no slot; the base of the unit has one in any case.
static void test_lists__slots(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 0);
    Program *p = arena_new(&a, Program);
    Dwarf *d = arena_new(&a, Dwarf);
    d->p = p;
    d->ptr_size = 8;
    d->forms = &dwarf5_forms;
    p->syms.addr = arena_array(&a, u64, 4);
    Unit unit = {0};
    for (u32 i = 1; i < 4; i++) {
        p->syms.addr[i] = 0x1000 * i;
        vec_push(&a, &unit.textp, (SymId){i});
    }
    vec_push(&a, &p->units, unit);
    DwFunc funcs[] = {{.slot = SLOT_NONE}, {.slot = 0}, {.slot = 0}};
    d->funcs = funcs;
    DwUnit u = {.has_text = true};
    dwarf_number_addresses(d, &u);
    assert_int_equal(funcs[1].slot, 0);
    assert_int_equal(funcs[2].slot, 1);
    assert_int_equal(u.base_slot, 2);
    assert_int_equal(u.addr_size, 3 * 8);
    u8 out[24];
    assert_ptr_equal(dwarf_write_addresses(d, &u, &(DwPiece){.to = 3}, true, out, NULL), out + 24);
    assert_int_equal(get_u64le(out), 0x2000);
    assert_int_equal(get_u64le(out + 8), 0x3000);
    assert_int_equal(get_u64le(out + 16), 0x1000);

    funcs[0].slot = 0;
    dwarf_number_addresses(d, &u);
    assert_int_equal(u.base_slot, 0);
    assert_int_equal(u.addr_size, 3 * 8);
    assert_ptr_equal(dwarf_write_addresses(d, &u, &(DwPiece){.from = 1, .to = 3}, true, out, NULL), out + 16);
    arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pcvalue__ranges),
        cmocka_unit_test(test_pcvalue__first_change_may_be_zero),
        cmocka_unit_test(test_pcvalue__damaged_tables_end),
        cmocka_unit_test(test_forms__abbreviations),
        cmocka_unit_test(test_forms__pseudo_forms),
        cmocka_unit_test(test_line__directories),
        cmocka_unit_test(test_line__version_5),
        cmocka_unit_test(test_lists__unit_ranges),
        cmocka_unit_test(test_lists__slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
