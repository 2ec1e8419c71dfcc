// faults.c - puts single faults into a program for macOS, and sees that machorun finds them.
//
// usage: faults [-n FAULTS] [-first K] [-seed S] [-v] -- FILE COMMAND...
//        faults -damage [-n CASES] [-first K] [-seed S] -- FILE COMMAND...
//
// WHAT  Fault K follows from the seed and K alone. It is what an error in a linker would make: a rebase left out, moved or
//       done twice; an import renamed, moved or taken from another library; exchanged stubs; a wrong field of a section
//       or segment; a wrong byte in the code signature. The changed file is given to the command, `machorun -n -strict -audit`,
//       as its last argument. The fault is found if the command fails, or prints something else than for the file without
//       the fault (the list of -audit). Faults that are not found have to be in the table of this file, with
//       the reason why they change nothing for who runs the program; else the status is 1.
//       -damage: anything anywhere, and nothing has to be found; but the command has to end with status 0, or with 125
//       and one line.
// HOW   The faults are put in without moving anything: the opcodes that Go's linker writes leave room for that. The hashes
//       of the code signature are made anew, unless the fault is in them: else they would find everything.
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machorun/mach_o.h"
#include "machorun/sha256.h"

typedef struct {
    u8 *v;
    u64 n;
} Bytes;

static Bytes original, file; // as it is, and with the fault
static char what[512];       // the fault in words
static u64 rng;

// Faults that are found by nobody, and why that is right.
static const struct {
    const char *fault; // a pattern, as of the shell
    const char *reason;
} harmless[] = {
    {"section: *: sectname *", "section names are for debuggers; macOS does not look at them"},
    {"section: *: flags raised from 0 to 0x[2345be]",
     "a kind of constants; for a linker, which may join equal ones"},
    {"section: *: flags raised from @(0 to 0x@(8|10|20|40)000000|0x2000000 to 0x@(a|12|22|42)000000|"
     "0x80000400 to 0x@(88|90|a0|c0)000400)",
     "these attributes are for a linker that reads the file as an input"},
    {"section: *: align *", "alignments are for a linker; the address is where it was"},
    {"section: *: size *",
     "sizes of sections are for debuggers; no symbol is outside, and what was added is padding"},
    {"segment: *: vmsize raised *", "whole pages are mapped, and the end is in the same page"},
    {"segment: *: filesize *", "whole pages are mapped; the bytes that changed sides are zeros"},
    {"segment: __DWARF: maxprot *", "has no memory"},
    {"bind with other flags: * with flag 0x1",
     "says what to do when it is missing; when it is, the file is refused"},
    {"bind from another library: * of 0x3e instead of *",
     "look anywhere: the first library that has it is the one that was named"},
    {"stream size: * lowered *", "what was cut off is padding behind the end mark"},
    {"UUID missing: SDK 12", "dyld demands one of programs for SDK 26 and later"},
    {"signature: byte 1[01][0-9], *", "a letter of the identifier, a name that nobody compares"},
};
static u32 harmless_times[sizeof harmless / sizeof *harmless];

static _Noreturn void die(const char *cause, const char *detail) {
    fprintf(stderr, "faults: %s: %s\n", cause, detail);
    exit(2);
}

static u64 below(u64 n) {
    rng += 0x9e3779b97f4a7c15;
    u64 z = rng;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % n;
}

__attribute__((format(printf, 1, 2))) static void note(const char *fmt, ...) {
    const size_t n = strlen(what);
    va_list args;
    va_start(args, fmt);
    vsnprintf(what + n, sizeof what - n, fmt, args);
    va_end(args);
}

static Bytes read_file(const char *name) {
    Bytes b = {NULL, 0};
    int fd = open(name, O_RDONLY);
    off_t n = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    if (n < 0 || !(b.v = malloc((size_t)n + 1)) || pread(fd, b.v, (size_t)n, 0) != n)
        die(name, strerror(errno));
    close(fd);
    b.n = (u64)n;
    return b;
}

static void write_file(const char *name, const Bytes *b) {
    FILE *f = fopen(name, "w");
    if (!f || fwrite(b->v, 1, b->n, f) != b->n || fclose(f) != 0)
        die(name, strerror(errno));
}

// ---- the parts of the file ------------------------------------------------------------------------------------------

// The k-th load command of this kind, or NULL.
static void *command(u32 cmd, u32 k) {
    MachHeader *h = (MachHeader *)file.v;
    u8 *p = file.v + sizeof *h;
    for (u32 i = 0; i < h->ncmds; i++) {
        LoadCommand *c = (LoadCommand *)p;
        if (c->cmd == cmd && k-- == 0)
            return c;
        p += c->cmdsize;
    }
    return NULL;
}

static SegmentCommand *segment(u32 k) {
    return command(LC_SEGMENT_64, k);
}

static SectionHeader *sections(SegmentCommand *seg) {
    return (SectionHeader *)(seg + 1);
}

static SegmentCommand *random_segment(void) {
    u32 n = 0;
    while (segment(n))
        n++;
    return segment((u32)below(n));
}

static SectionHeader *random_section(void) {
    for (;;) {
        SegmentCommand *seg = random_segment();
        if (seg->nsects)
            return &sections(seg)[below(seg->nsects)];
    }
}

static SectionHeader *section_of_type(u32 type) {
    SegmentCommand *seg;
    for (u32 i = 0; (seg = segment(i)); i++)
        for (u32 k = 0; k < seg->nsects; k++)
            if ((sections(seg)[k].flags & SECTION_TYPE) == type)
                return &sections(seg)[k];
    return NULL;
}

// ---- opcode streams, as Go writes them ------------------------------------------------------------------------------

enum { SET_REBASE_PLACE = 0x20, SET_BIND_TYPE = 0x50, SET_BIND_PLACE = 0x70, DO_BIND = 0x90 };

static u8 *skip_uleb(u8 *p) {
    while (*p & 0x80)
        p++;
    return p + 1;
}

static u64 get_uleb(const u8 *p) {
    u64 x = 0;
    for (u32 shift = 0;; shift += 7, p++) {
        x |= (u64)(*p & 0x7f) << shift;
        if (!(*p & 0x80))
            return x;
    }
}

// Writes x over a number of the same size; false if it needs another one.
static bool set_uleb(u8 *p, u64 x) {
    u64 n = (u64)(skip_uleb(p) - p);
    if (x >> 7 * n || (n > 1 && !(x >> 7 * (n - 1))))
        return false;
    for (; n; n--, x >>= 7)
        *p++ = (u8)(x & 0x7f) | (n > 1 ? 0x80 : 0);
    return true;
}

typedef struct {
    u8 *place, *off, *act; // opcode with the segment; offset; opcode that does it
} Rebase;

typedef struct {
    u8 *place, *off, *ordinal, *flags, *name, *act;
} BindRecord;

static Rebase *rebases;
static BindRecord *binds;
static u64 nrebases, nbinds;

// Streams in the form that Go's linker writes: SET_TYPE; SET_SEGMENT_AND_OFFSET, DO_REBASE; ...
static void read_rebases(void) {
    const DyldInfoCommand *d = command((u32)LC_DYLD_INFO_ONLY, 0);
    rebases = malloc((d->rebase_size / 3 + 1) * sizeof *rebases);
    for (u8 *p = file.v + d->rebase_off + 1; (*p & 0xf0) == SET_REBASE_PLACE; nrebases++) {
        rebases[nrebases] = (Rebase){p, p + 1, skip_uleb(p + 1)};
        p = rebases[nrebases].act + 1;
    }
}

// SET_TYPE; SET_SEGMENT_AND_OFFSET, SET_DYLIB, SET_SYMBOL, DO_BIND; ...
static void read_binds(void) {
    const DyldInfoCommand *d = command((u32)LC_DYLD_INFO_ONLY, 0);
    binds = malloc((d->bind_size / 6 + 1) * sizeof *binds);
    for (u8 *p = file.v + d->bind_off + 1; (*p & 0xf0) == SET_BIND_PLACE; nbinds++) {
        BindRecord b = {.place = p, .off = p + 1, .ordinal = skip_uleb(p + 1)};
        b.flags = b.ordinal + 1;
        b.name = b.flags + 1;
        b.act = b.name + strlen((char *)b.name) + 1;
        if (*b.act != DO_BIND)
            die("bind stream", "not in the form that Go's linker writes");
        binds[nbinds] = b;
        p = b.act + 1;
    }
}

// ---- faults: each says what it did, or returns false if it cannot be done -------------------------------------------

static const Rebase *random_rebase(void) {
    const Rebase *r = &rebases[below(nrebases)];
    note("%.16s+%#lx", segment(*r->place & 0xf)->segname, get_uleb(r->off));
    return r;
}

static bool rebase_dropped(void) {
    *random_rebase()->act &= 0xf0; // no times
    return true;
}

// Where two records are for neighbours, the first is made to do both.
static bool rebase_doubled(void) {
    const u64 first = below(nrebases);
    for (u64 i = 0; i < nrebases; i++) {
        const Rebase *r = &rebases[(first + i) % nrebases];
        for (u64 k = 0; k < nrebases; k++) {
            if (*rebases[k].place == *r->place && get_uleb(rebases[k].off) == get_uleb(r->off) + 8) {
                note("%.16s+%#lx", segment(*r->place & 0xf)->segname, get_uleb(r->off) + 8);
                ++*r->act;
                return true;
            }
        }
    }
    return false;
}

// A distance that a wrong addition makes.
static i64 distance(void) {
    static const i64 choices[] = {-4096, -64, -8, -4, -1, 1, 4, 8, 16, 4096};
    return choices[below(sizeof choices / sizeof *choices)];
}

// Changes an offset in an opcode stream.
static bool shift(u8 *off) {
    i64 by = distance();
    note(" by %ld", by);
    return set_uleb(off, get_uleb(off) + (u64)by);
}

static bool rebase_shifted(void) {
    return shift(random_rebase()->off);
}

static bool rebase_in_other_segment(void) {
    const Rebase *r = random_rebase();
    u8 other = SET_REBASE_PLACE | (u8)below(8);
    note(" in segment %u", other & 0xf);
    if (other == *r->place)
        return false;
    *r->place = other;
    return true;
}

static const BindRecord *random_bind(void) {
    const BindRecord *b = &binds[below(nbinds)];
    note("%s", b->name);
    return b;
}

static bool bind_dropped(void) {
    *random_bind()->act = SET_BIND_TYPE | 1; // as it was
    return true;
}

// Half of the names are those of other imports.
static bool bind_renamed(void) {
    const BindRecord *b = random_bind(), *other = &binds[below(nbinds)];
    const size_t n = strlen((char *)b->name);
    if (below(2)) {
        if (strlen((char *)other->name) != n || !strcmp((char *)b->name, (char *)other->name))
            return false;
        memcpy(b->name, other->name, n);
    } else {
        b->name[below(n)] = "_xyz"[below(4)];
    }
    note(" to %s", b->name);
    return memcmp(b->name, original.v + (b->name - file.v), n) != 0;
}

static bool bind_moved(void) {
    return shift(random_bind()->off);
}

static bool bind_from_other_library(void) {
    static const u8 choices[] = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x1f, 0x3d, 0x3e, 0x3f};
    const BindRecord *b = random_bind();
    u8 other = choices[below(sizeof choices)];
    note(" of %#x instead of %#x", other, *b->ordinal);
    if (other == *b->ordinal)
        return false;
    *b->ordinal = other;
    return true;
}

static bool bind_with_flags(void) {
    const BindRecord *b = random_bind();
    u8 bit = (u8)(1u << below(4));
    note(" with flag %#x", bit);
    *b->flags ^= bit;
    return true;
}

static bool stubs_exchanged(void) {
    const SectionHeader *s = section_of_type(S_SYMBOL_STUBS);
    const bool arm64 = ((MachHeader *)file.v)->cputype == CPU_TYPE_ARM64;
    const u32 size = arm64 ? 12 : 6;
    const u64 n = s->size / size, i = below(n), k = below(n);
    u8 *a = file.v + s->offset + i * size, *b = file.v + s->offset + k * size;
    note("%lu and %lu", i, k);
    if (arm64) { // both pages are the same, mostly: the offset in the page is what differs
        u32 x = get_u32le(a + 4), y = get_u32le(b + 4);
        put_u32le(a + 4, y);
        put_u32le(b + 4, x);
        return get_u32le(a) == get_u32le(b) && x != y;
    }
    const u32 x = get_u32le(a + 2), y = get_u32le(b + 2); // relative to the stub
    put_u32le(a + 2, y + (u32)(k - i) * size);
    put_u32le(b + 2, x - (u32)(k - i) * size);
    return i != k;
}

static bool indirect_symbols_exchanged(void) {
    const DysymtabCommand *d = command(LC_DYSYMTAB, 0);
    const u64 i = below(d->nindirectsyms), k = below(d->nindirectsyms);
    u8 *a = file.v + d->indirectsymoff + 4 * i, *b = file.v + d->indirectsymoff + 4 * k;
    const u32 x = get_u32le(a), y = get_u32le(b);
    note("%lu and %lu", i, k);
    put_u32le(a, y);
    put_u32le(b, x);
    return x != y;
}

static bool got_prefilled(void) {
    const SectionHeader *s = section_of_type(S_NON_LAZY_SYMBOL_POINTERS);
    const u64 k = below(s->size / 8);
    note("%lu", k);
    put_u64le(file.v + s->offset + 8 * k, 1 + below(1ull << 40));
    return true;
}

// The sizes of the opcode streams are fields of a load command.
static bool stream_size(void) {
    DyldInfoCommand *d = command((u32)LC_DYLD_INFO_ONLY, 0);
    const bool rebase = below(2);
    u32 *size = rebase ? &d->rebase_size : &d->bind_size, by = 1 + (u32)below(16);
    const bool more = below(2);
    *size = more ? *size + by : *size - by;
    note("%s %s by %u", rebase ? "rebase" : "bind", more ? "raised" : "lowered", by);
    return true;
}

static bool library_renamed(void) {
    StringCommand *c;
    u32 n = 0;
    while (command(LC_LOAD_DYLIB, n))
        n++;
    c = command(LC_LOAD_DYLIB, (u32)below(n));
    char *name = (char *)c + c->name;
    name[below(strlen(name))] ^= 1;
    note("%s", name);
    return true;
}

static bool uuid_missing(void) {
    LoadCommand *uuid = command(LC_UUID, 0);
    const BuildVersionCommand *b = command(LC_BUILD_VERSION, 0);
    uuid->cmd = LC_SOURCE_VERSION; // a command that means nothing
    note("SDK %u", b->sdk >> 16);
    return true;
}

// Fields of the records.
typedef struct {
    const char *name;
    u32 off, width;
} Field;

static void change_field(u8 *record, const Field *f) {
    u8 *p = record + f->off;
    u64 at = f->width > 8 ? below(f->width) : 0, x = 0, old;
    const u32 width = f->width > 8 ? 1 : f->width;
    memcpy(&old, memcpy(&x, p + at, width), 8);
    switch (below(3)) {
    case 0: x ^= 1ull << below(8 * width); break;
    case 1: x += (u64)distance(); break;
    case 2: x = below(2) ? 0 : below(1000); break;
    }
    memcpy(p + at, &x, width);
    note(" %s %s from %#lx to %#lx", f->name, x > old ? "raised" : "lowered", old, x);
}

static bool section_field(void) {
#define FIELD(name) {#name, offsetof(SectionHeader, name), sizeof(((SectionHeader *)0)->name)}
    static const Field fields[] = {FIELD(sectname), FIELD(segname),   FIELD(addr),      FIELD(size),
                                   FIELD(offset),   FIELD(align),     FIELD(reloff),    FIELD(nreloc),
                                   FIELD(flags),    FIELD(reserved1), FIELD(reserved2), FIELD(reserved3)};
#undef FIELD
    SectionHeader *s = random_section();
    note("%.16s,%.16s:", s->segname, s->sectname);
    change_field((u8 *)s, &fields[below(sizeof fields / sizeof *fields)]);
    return true;
}

static bool segment_field(void) {
#define FIELD(name) {#name, offsetof(SegmentCommand, name), sizeof(((SegmentCommand *)0)->name)}
    static const Field fields[] = {FIELD(segname),  FIELD(vmaddr),   FIELD(vmsize),
                                   FIELD(fileoff),  FIELD(filesize), FIELD(maxprot),
                                   FIELD(initprot), FIELD(nsects),   FIELD(flags)};
#undef FIELD
    SegmentCommand *s = random_segment();
    note("%.16s:", s->segname);
    change_field((u8 *)s, &fields[below(sizeof fields / sizeof *fields)]);
    return true;
}

// ---- the code signature ---------------------------------------------------------------------------------------------

enum { CODE_DIRECTORY = 20, HASH_OFF = 16, N_CODE = 28, CODE_LIMIT = 32, HASHED_PAGE = 4096 };

static u8 *signature(void) {
    const LinkeditDataCommand *c = command(LC_CODE_SIGNATURE, 0);
    return c ? file.v + c->dataoff : NULL;
}

static void sign_again(void) {
    u8 *directory = signature() + CODE_DIRECTORY;
    const u64 limit = get_u32be(directory + CODE_LIMIT);
    for (u64 i = 0; i < get_u32be(directory + N_CODE); i++)
        sha256(file.v + i * HASHED_PAGE, MIN((u64)HASHED_PAGE, limit - i * HASHED_PAGE),
               directory + get_u32be(directory + HASH_OFF) + i * SHA256_SIZE);
}

static bool signature_byte(void) {
    if (!signature())
        return false;
    const LinkeditDataCommand *c = command(LC_CODE_SIGNATURE, 0);
    // As often in what comes before the hashes as in these.
    const u64 at = below(2) ? below(CODE_DIRECTORY + get_u32be(signature() + CODE_DIRECTORY + HASH_OFF))
                            : below(c->datasize);
    const u8 bit = (u8)(1u << below(8));
    note("byte %lu, bit %#x", at, bit);
    signature()[at] ^= bit;
    return true;
}

static bool signed_byte(void) {
    if (!signature())
        return false;
    const u64 at = below((u64)(signature() - file.v));
    note("byte %#lx", at);
    file.v[at] ^= (u8)(1u << below(8));
    return true;
}

static const struct {
    const char *name;
    bool (*put)(void);
    bool in_signature; // so it is not to be made anew
} kinds[] = {
    {"rebase dropped", rebase_dropped, false},
    {"rebase doubled", rebase_doubled, false},
    {"rebase shifted", rebase_shifted, false},
    {"rebase in another segment", rebase_in_other_segment, false},
    {"bind dropped", bind_dropped, false},
    {"bind renamed", bind_renamed, false},
    {"bind moved", bind_moved, false},
    {"bind from another library", bind_from_other_library, false},
    {"bind with other flags", bind_with_flags, false},
    {"stubs exchanged", stubs_exchanged, false},
    {"indirect symbols exchanged", indirect_symbols_exchanged, false},
    {"pointer filled", got_prefilled, false},
    {"stream size", stream_size, false},
    {"library renamed", library_renamed, false},
    {"UUID missing", uuid_missing, false},
    {"section", section_field, false},
    {"section", section_field, false},
    {"segment", segment_field, false},
    {"signature", signature_byte, true},
    {"signed part", signed_byte, true},
};
enum { NKINDS = sizeof kinds / sizeof *kinds };

static void restore(void) {
    memcpy(file.v, original.v, original.n);
    what[0] = 0;
}

// Puts fault `number` into the file. The kinds take turns; one that cannot be done is drawn again, or left to the next kind.
static void put_fault(u64 seed, u64 number) {
    rng = seed * 1000003 + number;
    u64 kind = number % NKINDS;
    for (u32 tries = 0;; tries++) {
        restore();
        note("%s: ", kinds[kind].name);
        if (kinds[kind].put() && memcmp(file.v, original.v, file.n) != 0)
            break;
        if (tries % 50 == 49)
            kind = (kind + 1) % NKINDS;
    }
    if (signature() && !kinds[kind].in_signature)
        sign_again();
}

// ---- damage ---------------------------------------------------------------------------------------------------------

// Mostly in the header and the commands, or in __LINKEDIT: elsewhere nothing is read that steers the loader.
static void put_damage(u64 seed, u64 number) {
    rng = seed * 1000003 + number;
    restore();
    const MachHeader *h = (MachHeader *)original.v;
    const u64 commands = sizeof *h + h->sizeofcmds, linkedit = original.n / 2;
    for (u64 times = 1 + below(4); times; times--) {
        const u64 at = below(4) ? below(commands) / 4 * 4 : linkedit + below(original.n - linkedit - 8);
        static const u64 values[] = {0,      1,          7,          0x7f,       0x80,
                                     0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff};
        u64 x = below(2) ? values[below(sizeof values / sizeof *values)] : below(1ull << 62) >> below(62);
        const u64 width = 1ull << below(4);
        memcpy(file.v + at, &x, MIN(width, file.n - at));
        note("%#lx: %#lx of %lu bytes; ", at, x, width);
    }
    file.n = below(20) ? original.n : below(original.n);
}

// ---- running the command --------------------------------------------------------------------------------------------

typedef struct {
    int status; // of wait
    Bytes output;
} Result;

static Result run(char **command_line, const char *log) {
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
            _exit(126);
        alarm(60);
        execvp(command_line[0], command_line);
        _exit(127);
    }
    Result r;
    if (pid < 0 || waitpid(pid, &r.status, 0) < 0)
        die("fork", strerror(errno));
    r.output = read_file(log);
    return r;
}

typedef struct {
    u64 n, first, seed;
    bool verbose, damage;
    char **command; // its last argument is to be replaced by the changed file
    const char *from;
} Args;

static Args parse(int argc, char **argv) {
    Args a = {.n = 200, .seed = 1};
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        u64 *number = !strcmp(argv[i], "-n") ? &a.n : !strcmp(argv[i], "-first") ? &a.first : &a.seed;
        if (!strcmp(argv[i], "-v"))
            a.verbose = true;
        else if (!strcmp(argv[i], "-damage"))
            a.damage = true;
        else if (i + 1 < argc && (number != &a.seed || !strcmp(argv[i], "-seed")))
            *number = strtoull(argv[++i], NULL, 0);
        else
            die("unknown option", argv[i]);
    }
    if (i + 2 >= argc)
        die("usage", "faults [-damage] [-n FAULTS] [-first K] [-seed S] [-v] -- FILE COMMAND...");
    a.from = argv[i + 1];
    a.command = argv + i + 2;
    return a;
}

// Is a fault that nobody found in the table?
static bool is_harmless(void) {
    for (u32 i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (fnmatch(harmless[i].fault, what, FNM_EXTMATCH) == 0) {
            harmless_times[i]++;
            return true;
        }
    return false;
}

// One line that says what is wrong, or nothing at all.
static bool in_order(const Result *r) {
    const u8 *nl = memchr(r->output.v, '\n', r->output.n);
    if (!WIFEXITED(r->status))
        return false;
    if (WEXITSTATUS(r->status) == 125)
        return nl == r->output.v + r->output.n - 1;
    return WEXITSTATUS(r->status) == 0;
}

static u64 try_faults(const Args *a, char **command_line, const char *changed, const char *log) {
    restore();
    write_file(changed, &file);
    const Result sound = run(command_line, log);
    if (sound.status)
        die("refused without a fault", (sound.output.v[sound.output.n] = 0, (char *)sound.output.v));
    u64 refused = 0, listed = 0, bad = 0;
    for (u64 k = a->first; k < a->first + a->n; k++) {
        put_fault(a->seed, k);
        write_file(changed, &file);
        Result r = run(command_line, log);
        const bool same = r.output.n == sound.output.n && !memcmp(r.output.v, sound.output.v, r.output.n);
        if (r.status && !in_order(&r)) {
            bad++;
            printf("no line: fault %lu, %s: status %#x\n%.*s", k, what, r.status, (int)r.output.n,
                   (char *)r.output.v);
        } else if (r.status)
            refused++;
        else if (!same)
            listed++;
        else if (!is_harmless() && ++bad)
            printf("not found: fault %lu, %s\n", k, what);
        if (a->verbose)
            printf("%lu %s: %s\n%.*s", k, what,
                   r.status ? "refused"
                   : same   ? "not found"
                            : "listed",
                   r.status ? (int)r.output.n : 0, (char *)r.output.v);
        free(r.output.v);
    }
    u32 unfound = 0;
    for (u32 i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        unfound += harmless_times[i];
        if (harmless_times[i])
            printf("%4u not found: %s: %s\n", harmless_times[i], harmless[i].fault, harmless[i].reason);
    }
    printf("%lu faults: %lu refused, %lu listed, %u harmless, %lu not found\n", a->n, refused, listed,
           unfound, bad);
    return bad;
}

static u64 try_damage(const Args *a, char **command_line, const char *changed, const char *log) {
    u64 loaded = 0, refused = 0, bad = 0;
    for (u64 k = a->first; k < a->first + a->n; k++) {
        put_damage(a->seed, k);
        write_file(changed, &file);
        Result r = run(command_line, log);
        if (!in_order(&r)) {
            bad++;
            printf("case %lu: status %#x: %s\n%.*s\n", k, r.status, what, (int)MIN(r.output.n, 3000u),
                   (char *)r.output.v);
        } else if (r.status) {
            refused++;
        } else {
            loaded++;
        }
        free(r.output.v);
    }
    printf("%lu damaged files: %lu refused, %lu loaded, %lu out of order\n", a->n, refused, loaded, bad);
    return bad;
}

int main(int argc, char **argv) {
    Args a = parse(argc, argv);
    original = read_file(a.from);
    file = (Bytes){malloc(original.n + 8), original.n};
    restore();
    if (!a.damage) {
        read_rebases();
        read_binds();
    }
    char dir[] = "/tmp/faults.XXXXXX", changed[64], log[64];
    if (!mkdtemp(dir))
        die(dir, strerror(errno));
    snprintf(changed, sizeof changed, "%s/program", dir);
    snprintf(log, sizeof log, "%s/log", dir);
    u32 n = 0;
    while (a.command[n])
        n++;
    char **command_line = calloc(n + 2, sizeof *command_line);
    memcpy(command_line, a.command, n * sizeof *command_line);
    command_line[n] = changed;
    u64 bad = (a.damage ? try_damage : try_faults)(&a, command_line, changed, log);
    unlink(changed);
    unlink(log);
    rmdir(dir);
    return bad != 0;
}
