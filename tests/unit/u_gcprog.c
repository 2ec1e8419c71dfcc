// u_gcprog.c - GC programs against cmd/internal/gcprog of each release.

#include "oracle_cases.h"

#include "golang/gcprog.h"

enum { OP_PTR, OP_ZEROS, OP_REPEAT, OP_SIZE = 5 }; // as in oracle/gcprog.go

static void run_ops(GcProg *p, const u8 *op, u32 size) {
    for (u32 i = 0; i < size; i += OP_SIZE) {
        u32 operand = get_u32le(op + i + 1);
        switch (op[i]) {
        case OP_PTR: gcprog_ptr(p, p->index + operand); break;
        case OP_ZEROS: gcprog_zero_until(p, p->index + operand); break;
        case OP_REPEAT: gcprog_repeat(p, operand >> 16, operand & 0xffff); break;
        default: fail_msg("operation %u", op[i]);
        }
    }
    gcprog_end(p);
}

static void check_release(const char *release) {
    Arena cases, scratch;
    arena_init(&cases, 0);
    arena_init(&scratch, 0);
    Oracle o = oracle_open(&cases, release, "gcprog");
    OracleCase c;
    u32 n = 0;
    for (; oracle_next(&o, &c); n++) {
        size_t mark = arena_mark(&scratch);
        ByteBuf out = {.arena = &scratch};
        GcProg p;
        gcprog_init(&p, &out);
        run_ops(&p, c.in, c.in_size);
        if (out.n != c.out_size || memcmp(out.v, c.out, out.n) != 0)
            fail_msg(STR_FMT ": %u bytes, want %u", STR_ARG(c.name), out.n, c.out_size);
        arena_release(&scratch, mark);
    }
    assert_true(n > 1000);
    arena_free(&scratch);
    arena_free(&cases);
}

static void test_gcprog__equals_go126(void **state) {
    (void)state;
    check_release("1.26");
}

static void test_gcprog__equals_go127(void **state) {
    (void)state;
    check_release("1.27");
}

// A mask is written as its single pointers are.
static void test_gcprog__mask(void **state) {
    (void)state;
    static const u8 mask[] = {0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x81, 0x03};
    Arena scratch;
    arena_init(&scratch, 0);
    ByteBuf a = {.arena = &scratch}, b = {.arena = &scratch};
    GcProg p, q;
    gcprog_init(&p, &a);
    gcprog_init(&q, &b);
    gcprog_mask(&p, 100, mask, 57);
    gcprog_end(&p);
    static const u32 bits[] = {0, 2, 48, 55, 56};
    for (u32 i = 0; i < COUNT_OF(bits); i++)
        gcprog_ptr(&q, 100 + bits[i]);
    gcprog_end(&q);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.v, b.v, a.n);
    arena_free(&scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gcprog__mask),
        cmocka_unit_test(test_gcprog__equals_go126),
        cmocka_unit_test(test_gcprog__equals_go127),
    };
    return cmocka_run_group_tests_name("gcprog", tests, NULL, NULL);
}
