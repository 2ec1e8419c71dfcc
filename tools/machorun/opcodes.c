// opcodes.c - fixups as two little programs, for a machine with a cursor.
//
// WHAT  LC_DYLD_INFO points to four streams of opcodes. An opcode is a byte: what to do in the upper half, a small number in
//       the lower; larger numbers follow as LEB128. The machine has a place (segment, offset); the one of the bind
//       streams has a symbol name, the ordinal of its library, flags and an addend, too. For example, from hello:
//
//           rebase   11           SET_TYPE_IMM: pointer
//                    22 80 01     SET_SEGMENT_AND_OFFSET_ULEB: segment 2, offset 0x80
//                    51           DO_REBASE_IMM_TIMES: one word; the place moves behind it
//                    00           DONE
//           bind     72 80 20     SET_SEGMENT_AND_OFFSET_ULEB: segment 2, offset 0x1000
//                    11           SET_DYLIB_ORDINAL_IMM: the first LC_LOAD_DYLIB
//                    40 _exit 00  SET_SYMBOL_TRAILING_FLAGS_IMM: flags 0, the name
//                    90           DO_BIND
//
//       The other opcodes do several steps at once. Lazy binds are bound at once here, as dyld does today; in their stream
//       DONE ends a record, not the stream. Weak binds look for a definition in all images.
// RULES Strict: a stream ends with DONE, and only zeros follow, fewer than 16. LEB128 numbers use 10 bytes at most.
// REF   <mach-o/loader.h>: REBASE_OPCODE_, BIND_OPCODE_.
#include "machorun/loader.h"

enum {
    OPCODE_MASK = 0xf0,
    IMMEDIATE_MASK = 0x0f,
    TYPE_POINTER = 1, // the only type of 64-bit images

    REBASE_DONE = 0x00,
    REBASE_SET_TYPE_IMM = 0x10,
    REBASE_SET_SEGMENT_AND_OFFSET_ULEB = 0x20,
    REBASE_ADD_ADDR_ULEB = 0x30,
    REBASE_ADD_ADDR_IMM_SCALED = 0x40,
    REBASE_DO_IMM_TIMES = 0x50,
    REBASE_DO_ULEB_TIMES = 0x60,
    REBASE_DO_ADD_ADDR_ULEB = 0x70,
    REBASE_DO_ULEB_TIMES_SKIPPING_ULEB = 0x80,

    BIND_DONE = 0x00,
    BIND_SET_DYLIB_ORDINAL_IMM = 0x10,
    BIND_SET_DYLIB_ORDINAL_ULEB = 0x20,
    BIND_SET_DYLIB_SPECIAL_IMM = 0x30,
    BIND_SET_SYMBOL_TRAILING_FLAGS_IMM = 0x40,
    BIND_SET_TYPE_IMM = 0x50,
    BIND_SET_ADDEND_SLEB = 0x60,
    BIND_SET_SEGMENT_AND_OFFSET_ULEB = 0x70,
    BIND_ADD_ADDR_ULEB = 0x80,
    BIND_DO = 0x90,
    BIND_DO_ADD_ADDR_ULEB = 0xa0,
    BIND_DO_ADD_ADDR_IMM_SCALED = 0xb0,
    BIND_DO_ULEB_TIMES_SKIPPING_ULEB = 0xc0,

    BIND_SYMBOL_FLAGS_WEAK_IMPORT = 0x1, // may be missing
    BIND_SYMBOL_FLAGS_NON_WEAK_DEFINITION =
        0x8, // weak binds: the image itself has it, nothing is to be bound
    STREAM_PADDING = 16,
    WORD = 8,
};

// A stream and the registers of its machine.
typedef struct {
    Image *im;
    ByteReader r;
    const char *what; // "rebase stream", ...
    u32 seg;
    u64 off;
    u32 type;
    const char *name; // the bind streams' further registers
    u32 flags;
    i32 ordinal;
    i64 addend;
    BindKind kind;
} Machine;

static u64 uleb(Machine *m) {
    return read_uleb(&m->r);
}

static void set_place(Machine *m, u32 seg) {
    m->seg = seg;
    m->off = uleb(m);
}

static void check_times(const Machine *m, u64 times) {
    if (m->type != TYPE_POINTER)
        image_fail(m->im, "%s: type %u at byte %lu, not a pointer", m->what, m->type, m->r.off);
    if (times > (m->im->high - m->im->low) / WORD)
        image_fail(m->im, "%s: %lu times at byte %lu, more than the image has words", m->what, times,
                   m->r.off);
}

// `step` bytes from one word to the next.
static void rebase_times(Machine *m, u64 times, u64 step) {
    check_times(m, times);
    for (; times; times--, m->off += step)
        fixup_rebase(m->im, m->seg, m->off);
}

static void bind_times(Machine *m, u64 times, u64 step) {
    check_times(m, times);
    if (!m->name)
        image_fail(m->im, "%s: bind before a name at byte %lu", m->what, m->r.off);
    for (; times; times--, m->off += step)
        fixup_bind(m->im, m->seg, m->off, m->name, m->ordinal, m->flags & BIND_SYMBOL_FLAGS_WEAK_IMPORT,
                   m->addend, m->kind);
}

// True if the opcode is DONE.
static bool rebase_step(Machine *m) {
    u8 opcode = read_u8(&m->r), imm = opcode & IMMEDIATE_MASK;
    u64 times;
    switch (opcode & OPCODE_MASK) {
    case REBASE_DONE: return true;
    case REBASE_SET_TYPE_IMM: m->type = imm; break;
    case REBASE_SET_SEGMENT_AND_OFFSET_ULEB: set_place(m, imm); break;
    case REBASE_ADD_ADDR_ULEB: m->off += uleb(m); break;
    case REBASE_ADD_ADDR_IMM_SCALED: m->off += imm * (u64)WORD; break;
    case REBASE_DO_IMM_TIMES: rebase_times(m, imm, WORD); break;
    case REBASE_DO_ULEB_TIMES: rebase_times(m, uleb(m), WORD); break;
    case REBASE_DO_ADD_ADDR_ULEB: rebase_times(m, 1, WORD + uleb(m)); break;
    case REBASE_DO_ULEB_TIMES_SKIPPING_ULEB:
        times = uleb(m);
        rebase_times(m, times, WORD + uleb(m));
        break;
    default: image_fail(m->im, "%s: bad opcode %#x at byte %lu", m->what, opcode, m->r.off - 1);
    }
    return false;
}

static void set_symbol(Machine *m, u32 flags) {
    m->flags = flags;
    m->name = read_cstr(&m->r).p;
    u32 known = m->kind == BIND_WEAK ? BIND_SYMBOL_FLAGS_NON_WEAK_DEFINITION : BIND_SYMBOL_FLAGS_WEAK_IMPORT;
    if (m->name && flags & ~known)
        image_strict(m->im, "%s: flags %#x of '%s'", m->what, flags, m->name);
}

static bool bind_step(Machine *m) {
    u8 opcode = read_u8(&m->r), imm = opcode & IMMEDIATE_MASK;
    u64 times;
    switch (opcode & OPCODE_MASK) {
    case BIND_DONE: return true;
    case BIND_SET_DYLIB_ORDINAL_IMM: m->ordinal = imm; break;
    case BIND_SET_DYLIB_ORDINAL_ULEB: m->ordinal = (i32)MIN(uleb(m), (u64)INT32_MAX); break;
    case BIND_SET_DYLIB_SPECIAL_IMM: m->ordinal = imm ? (i8)(OPCODE_MASK | imm) : 0; break; // 0 to -15
    case BIND_SET_SYMBOL_TRAILING_FLAGS_IMM: set_symbol(m, imm); break;
    case BIND_SET_TYPE_IMM: m->type = imm; break;
    case BIND_SET_ADDEND_SLEB: m->addend = read_sleb(&m->r); break;
    case BIND_SET_SEGMENT_AND_OFFSET_ULEB: set_place(m, imm); break;
    case BIND_ADD_ADDR_ULEB: m->off += uleb(m); break;
    case BIND_DO: bind_times(m, 1, WORD); break;
    case BIND_DO_ADD_ADDR_ULEB: bind_times(m, 1, WORD + uleb(m)); break;
    case BIND_DO_ADD_ADDR_IMM_SCALED: bind_times(m, 1, WORD + imm * (u64)WORD); break;
    case BIND_DO_ULEB_TIMES_SKIPPING_ULEB:
        times = uleb(m);
        bind_times(m, times, WORD + uleb(m));
        break;
    default: image_fail(m->im, "%s: bad opcode %#x at byte %lu", m->what, opcode, m->r.off - 1);
    }
    return false;
}

static Machine machine(Image *im, const char *what, u32 off, u32 size) {
    return (Machine){
        .im = im, .what = what, .r = {.p = image_bytes(im, off, size, what), .n = size}, .seg = UINT32_MAX};
}

static void check_end(const Machine *m, bool done) {
    Image *im = m->im;
    if (m->r.bad)
        image_fail(im, "%s: cut in the middle of an opcode", m->what);
    if (!done)
        image_strict(im, "%s: no end mark in %lu bytes", m->what, m->r.n);
    if (m->r.n - m->r.off >= STREAM_PADDING)
        image_strict(im, "%s: ends at byte %lu of %lu", m->what, m->r.off, m->r.n);
    for (u64 i = m->r.off; i < m->r.n; i++)
        if (m->r.p[i])
            image_strict(im, "%s: byte %#x behind the end at %lu", m->what, m->r.p[i], i);
}

// Runs a stream up to DONE.
static void run(Machine m, bool (*step)(Machine *)) {
    bool done = !m.r.n;
    while (!done && m.r.off < m.r.n && !m.r.bad)
        done = step(&m);
    check_end(&m, done);
}

// In the stream of lazy binds each record can be run alone, and ends with DONE; zeros at the end are padding.
static void run_lazy(Machine m) {
    m.kind = BIND_LAZY;
    m.type = TYPE_POINTER;
    bool done = true;
    while (m.r.off < m.r.n && !m.r.bad)
        done = bind_step(&m);
    check_end(&m, done);
}

static void run_weak(Machine m) {
    m.kind = BIND_WEAK;
    m.ordinal = ORDINAL_WEAK;
    run(m, bind_step);
}

void opcodes_apply(Image *im) {
    const DyldInfoCommand *d = im->dyldinfo;
    run(machine(im, "rebase stream", d->rebase_off, d->rebase_size), rebase_step);
    run(machine(im, "bind stream", d->bind_off, d->bind_size), bind_step);
    run_weak(machine(im, "weak bind stream", d->weak_bind_off, d->weak_bind_size));
    run_lazy(machine(im, "lazy bind stream", d->lazy_bind_off, d->lazy_bind_size));
}
