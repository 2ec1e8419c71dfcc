// u_liveness.c - small programs made of symbols: what deadcode keeps, the order of init tasks, type descriptors.
#include "golang/gotype.h"
#include "golang/unicode_upper.h"
#include "passes/passes.h"
#include "unit.h"

static Target target = {.goos = "darwin", .goarch = "amd64"};
static Options options = {.target = &target, .entry = STR_INIT("entry"), .pruneweakmap = true};

static Program *new_program(u32 threads, const char *release) {
    static Program p;
    p = (Program){.opt = &options, .rel = release_find(str_from_c(release)), .pool = pool_new(threads, NULL)};
    arena_init(&p.arena, 0);
    symtab_init(&p, 1000);
    symtab_reserve(&p, 1);
    p.syms.n = 1;
    vec_push(&p.arena, &p.objs, (Object){0});
    strmap_init(&p.lib_by_pkg, &p.arena, 8);
    return &p;
}

static void free_program(Program *p) {
    pool_free(p->pool);
    arena_free(&p->arena);
}

static SymId sym(Program *p, const char *name) {
    SymId s = sym_lookup_or_make(p, str_from_c(name), 0);
    if (!p->syms.kind[s.i])
        p->syms.kind[s.i] = SYM_RODATA;
    return s;
}

static void ref(Program *p, const char *from, RelocType type, const char *to) {
    sym_add_reloc(p, sym(p, from), 0, 8, type, sym(p, to), 0);
}

static bool live(Program *p, const char *name) { return sym_is_live(p, sym(p, name)); }

static SymId name_symbol(Program *p, const char *name) {
    u8 head[2] = {1, (u8)strlen(name)};
    SymId s = sym(p, name);
    if (!sym_size(p, s)) {
        sym_add_bytes(p, s, head, sizeof head);
        sym_add_bytes(p, s, name, head[1]);
    }
    return s;
}

// A type of the kind whose head is `size` bytes, with room behind it.
static SymId new_type(Program *p, const char *name, GoKind kind, u8 flags) {
    u8 d[256] = {0};
    d[20] = flags;
    d[23] = (u8)kind;
    SymId s = sym(p, name);
    sym_add_bytes(p, s, d, sizeof d);
    p->syms.flags[s.i] |= SYMF_GOTYPE;
    return s;
}

// A method record at `off`: name, function type, two code addresses.
static void add_method(Program *p, SymId type, i32 off, const char *name, const char *sig, const char *code) {
    p->syms.flags[sym(p, sig).i] |= SYMF_GOTYPE;
    sym_add_reloc(p, type, off, 4, R_ADDROFF, name_symbol(p, name), 0);
    sym_add_reloc(p, type, off + 4, 4, R_METHODOFF, sym(p, sig), 0);
    sym_add_reloc(p, type, off + 8, 4, R_METHODOFF, sym(p, code), 0);
    sym_add_reloc(p, type, off + 12, 4, R_METHODOFF, sym(p, code), 0);
}

static SymId add_interface(Program *p, const char *name, const char *method, const char *sig) {
    SymId s = new_type(p, name, GOKIND_INTERFACE, 0);
    sym_add_reloc(p, s, 100, 4, R_ADDROFF, name_symbol(p, method), 0);
    sym_add_reloc(p, s, 104, 4, R_ADDROFF, sym(p, sig), 0);
    return s;
}

static void test_deadcode__follows_references(void **state) {
    (void)state;
    Program *p = new_program(1, "go1.27");
    ref(p, "entry", R_CALL, "a");
    ref(p, "a", R_ADDR, "b");
    ref(p, "b", R_ADDR, "a");
    ref(p, "dead", R_CALL, "deader");
    ref(p, "a", R_USETYPE, "debug");
    sym_add_reloc(p, sym(p, "b"), 0, 8, R_ADDR | RELOC_WEAK_BIT, sym(p, "weak"), 0);
    deadcode(p);
    assert_true(live(p, "entry") && live(p, "a") && live(p, "b"));
    assert_false(live(p, "dead") || live(p, "deader") || live(p, "debug") || live(p, "weak"));
    free_program(p);
}

// A type with methods Get and put, of which an interface value exists, and an interface with Get.
static Program *methods_program(u32 threads) {
    Program *p = new_program(threads, "go1.27");
    SymId t = new_type(p, "T", GOKIND_STRUCT, 1);
    u32 at = 48 + 32 + 16;
    ((u8 *)sym_made(p, t)->data)[48 + 32 + 4] = 3;  // methods
    ((u8 *)sym_made(p, t)->data)[48 + 32 + 8] = 16; // behind the UncommonType
    add_method(p, t, (i32)at, "Get", "sigGet", "T.Get");
    add_method(p, t, (i32)at + 16, "Other", "sigGet", "T.Other");
    add_method(p, t, (i32)at + 32, "put", "sigPut", "T.put");
    add_interface(p, "I", "Get", "sigGet");
    add_interface(p, "J", "Get", "sigPut");
    ref(p, "entry", R_ADDR, "T");
    return p;
}

static void use_iface_method(Program *p, const char *from, const char *iface) {
    sym_add_reloc(p, sym(p, from), 0, 0, R_USEIFACEMETHOD, sym(p, iface), 100);
}

static void test_deadcode__methods_need_an_interface_value_and_a_call(void **state) {
    (void)state;
    for (u32 variant = 0; variant < 4; variant++) {
        Program *p = methods_program(1 + variant % 2 * 2);
        if (variant & 1)
            use_iface_method(p, "entry", "I");
        if (variant & 2)
            ref(p, "entry", R_USEIFACE, "T");
        use_iface_method(p, "entry", "J");
        deadcode(p);
        assert_int_equal(live(p, "T.Get"), variant == 3);
        assert_false(live(p, "T.Other") || live(p, "T.put") || live(p, "I"));
        free_program(p);
    }
}

static void test_deadcode__a_method_leads_to_calls_of_others(void **state) {
    (void)state;
    Program *p = methods_program(2);
    ref(p, "entry", R_USEIFACE, "T");
    use_iface_method(p, "entry", "I");
    SymId name = sym(p, "the name put");
    sym_add_bytes(p, name, "put", 3);
    ref(p, "T.Get", R_USENAMEDMETHOD, "the name put");
    deadcode(p);
    assert_true(live(p, "T.Get") && live(p, "T.put") && live(p, "sigPut"));
    assert_false(live(p, "T.Other") || live(p, "the name put"));
    free_program(p);
}

static void test_deadcode__reflection_keeps_exported_methods(void **state) {
    (void)state;
    Program *p = methods_program(1);
    ref(p, "entry", R_CALL, "f");
    p->syms.flags[sym(p, "f").i] = SYMF_REFLECT_METHOD;
    // T becomes used in an interface as an element of a type that is, after it was visited.
    new_type(p, "[]T", GOKIND_SLICE, 0);
    ref(p, "[]T", R_ADDR, "T");
    ref(p, "f", R_ADDR, "[]T");
    ref(p, "f", R_USEIFACE, "[]T");
    deadcode(p);
    assert_true(live(p, "T.Get") && live(p, "T.Other"));
    assert_false(live(p, "T.put"));
    assert_true(bitmap_get(&p->syms.used_in_iface, sym(p, "sigGet").i));
    free_program(p);
}

static void test_inittasks__smallest_ready_name_first(void **state) {
    (void)state;
    Program *p = new_program(1, "go1.26");
    static const char *const edges[][2] = {{"main..inittask", "b..inittask"}, {"main..inittask", "c..inittask"},
                                           {"b..inittask", "z..inittask"},    {"c..inittask", "z..inittask"},
                                           {"main..inittask", "a..inittask"}, {"a..inittask", "c..inittask"}};
    static const char *const order[] = {"z..inittask", "c..inittask", "a..inittask", "main..inittask"};
    for (u32 i = 0; i < COUNT_OF(edges); i++)
        ref(p, edges[i][0], R_INITORDER, edges[i][1]);
    for (u32 i = 0; i < COUNT_OF(order); i++)
        p->syms.size[sym(p, order[i]).i] = 16; // b has nothing to do
    order_init_tasks(p);
    RelocList rl = sym_relocs(p, p->main_inittasks);
    assert_int_equal(rl.n, COUNT_OF(order));
    for (u32 i = 0; i < rl.n; i++)
        assert_str(sym_name(p, reloc_sym(p, rl, i)), order[i]);
    assert_int_equal(sym_size(p, p->main_inittasks), 8 * COUNT_OF(order));
    free_program(p);
}

static void test_gotype__methods_stand_behind_the_kind(void **state) {
    (void)state;
    static const struct {
        const char *release;
        u32 map_size;
    } cases[] = {{"go1.26", 48 + 8 * 8}, {"go1.27", 48 + 11 * 8}};
    for (u32 i = 0; i < COUNT_OF(cases); i++) {
        Program *p = new_program(1, cases[i].release);
        SymId s = new_type(p, "map", GOKIND_MAP, 1);
        u8 *d = (u8 *)sym_made(p, s)->data;
        put_u16le(d + cases[i].map_size + 4, 2);
        put_u32le(d + cases[i].map_size + 8, 24);
        add_method(p, s, (i32)cases[i].map_size + 24, "Len", "sig", "map.Len");
        GoType t = gotype_open(p, s);
        u32 off;
        assert_int_equal(gotype_methods(&t, &off), 2);
        assert_int_equal(off, cases[i].map_size + 24);
        assert_str(gotype_method_at(&t, off).name, "Len");
        free_program(p);
    }
}

static void test_gotype__damaged_descriptors_read_as_nothing(void **state) {
    (void)state;
    Program *p = new_program(1, "go1.27");
    for (u32 n = 0; n < 130; n++) {
        SymId s = sym_make_anonymous(p, STR("t"));
        u8 *d = arena_alloc(&p->arena, MAX(n, 1), 1);
        memset(d, 0xff, n);
        if (n > 23)
            d[23] = GOKIND_STRUCT;
        sym_set_data(p, s, d, n);
        GoType t = gotype_open(p, s);
        u32 off;
        assert_true(gotype_nfield(&t) <= n);
        assert_true(gotype_methods(&t, &off) <= n);
        assert_int_equal(gotype_str(&t).n, 0);
        assert_int_equal(gotype_field_type(&t, 3).i, 0);
        assert_int_equal(gotype_elem(&t).i, 0);
    }
    free_program(p);
}

static void test_unicode__upper_case_by_version(void **state) {
    (void)state;
    assert_true(rune_is_upper('A', 15) && rune_is_upper(0xc9, 15) && rune_is_upper(0x100, 15));
    assert_false(rune_is_upper('a', 15) || rune_is_upper(0xe9, 15) || rune_is_upper(0x101, 15));
    assert_false(rune_is_upper(0x1c5, 17)); // title case is no upper case
    assert_true(rune_is_upper(0x10d50, 17));
    assert_false(rune_is_upper(0x10d50, 15));
    u32 count = 0;
    for (u32 r = 0; r < 0x110000; r++)
        count += rune_is_upper(r, 15);
    assert_int_equal(count, 1831); // category Lu of Unicode 15
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deadcode__follows_references),
        cmocka_unit_test(test_deadcode__methods_need_an_interface_value_and_a_call),
        cmocka_unit_test(test_deadcode__a_method_leads_to_calls_of_others),
        cmocka_unit_test(test_deadcode__reflection_keeps_exported_methods),
        cmocka_unit_test(test_inittasks__smallest_ready_name_first),
        cmocka_unit_test(test_gotype__methods_stand_behind_the_kind),
        cmocka_unit_test(test_gotype__damaged_descriptors_read_as_nothing),
        cmocka_unit_test(test_unicode__upper_case_by_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
