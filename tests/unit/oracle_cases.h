// oracle_cases.h - cases with answers of the Go library, read from the program in oracle/ (see
// oracle/main.go).
//
// The oracle is compiled by the release in question and run as a child; its whole output is read into memory.
// A machine without that release skips the test.
#pragma once

#include "unit.h"

#include "base/bytes.h"

typedef struct {
    const u8 *p, *end;
} Oracle;

typedef struct {
    Str name;
    const u8 *in, *out;
    u32 in_size, out_size;
} OracleCase;

#define ORACLE_RUN "tests/unit/oracle/run" // from the root of the project, where the tests are started

// Starts the oracle. The bytes live in the arena.
static inline Oracle oracle_open(Arena *a, const char *release, const char *topic) {
    char command[200];
    snprintf(command, sizeof command, "%s %s %s", ORACLE_RUN, release, topic);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    enum { CHUNK = 1 << 20 };
    ByteBuf b = {.arena = a};
    for (size_t n = 1; n > 0; b.n += (u32)n) {
        buf_reserve(&b, CHUNK);
        n = fread(b.v + b.n, 1, CHUNK, f);
    }
    if (pclose(f) != 0) {
        print_message("no oracle for Go %s\n", release);
        skip();
    }
    return (Oracle){b.v, b.v + b.n};
}

static inline const u8 *oracle_field(Oracle *o, u32 *size) {
    assert_true(o->end - o->p >= 4);
    *size = get_u32le(o->p);
    const u8 *field = o->p + 4;
    assert_true((u64)(o->end - field) >= *size);
    o->p = field + *size;
    return field;
}

// The next case; false after the last one.
static inline bool oracle_next(Oracle *o, OracleCase *c) {
    if (o->p == o->end)
        return false;
    c->name.p = (const char *)oracle_field(o, &c->name.n);
    c->in = oracle_field(o, &c->in_size);
    c->out = oracle_field(o, &c->out_size);
    return true;
}
