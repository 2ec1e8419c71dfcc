// mutate.c - links damaged objects, many of them, and sees that every link ends in order.
//
// usage: mutate -from ARCHIVE -to FILE -out FILE [-n CASES] [-first K] [-seed S] [-t SECONDS] [-keep] -- COMMAND [ARG...]
//        mutate -from ARCHIVE -to FILE -set SYMBOL RECORD INDEX FIELD VALUE
//
// WHAT  Case K damages ARCHIVE in a way that follows from the seed and K alone, writes the result to -to and runs COMMAND,
//       which is to link it into -out. In order is a link that succeeds, or one that ends with status 1 or 2, says why on
//       standard error, and leaves the file that stood at -out, and no other new file in its directory. Out of order:
//       a signal, a report of a sanitizer, an "internal error", another status, or no end after -t seconds (20). Such
//       cases are printed with what was damaged; "-first K -n 1 -keep" does one again and leaves its input at -to.
//       -set changes one thing and links nothing: a field (offset, size, type, add, package, symbol, name, kind, ...) of
//       the RECORD symbol, relocation or aux with that index among the symbol's own; or 4 bytes of its content, where
//       RECORD is content, INDEX the position and FIELD a dash. The first object that defines the symbol is changed.
// HOW   An object is blocks of fixed-size records (cmd/internal/goobj/objfile.go: Blk*), so damage has names: a field of
//       the header, of a symbol, a relocation, an auxiliary symbol, an index, a byte of a symbol's content. Symbols are
//       chosen by kind first, so that rare kinds (types, tables, debug information) are met as often as code. Some cases
//       flip bits or cut the archive anywhere.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

enum { MAX_OBJECTS = 64, AR_HEADER = 60, BLOCKS = 19, HEADER = 20 + 4 * BLOCKS };
enum { SYM = 21, RELOC = 23, AUX = 9 }; // sizes of records
enum {
    AUTOLIB,
    PKGS,
    FILES,
    SYMS,
    HASHED64,
    HASHED,
    NONPKG,
    REFS,
    REFFLAGS,
    HASH64,
    HASH,
    RELOC_IDX,
    AUX_IDX,
    DATA_IDX,
    RELOCS,
    AUXS,
    DATA,
    REFNAMES,
    END
};

typedef struct {
    u8 *v;
    size_t n;
} Bytes;

typedef struct {
    size_t member, size; // of the archive member's content
    size_t base;         // of the object proper
    u32 off[BLOCKS];     // of the blocks, from base
} Object;

static Bytes original, damaged;
static Object objects[MAX_OBJECTS];
static u32 nobjects;
static char what[1024]; // was damaged
static u64 rng;

static _Noreturn void die(const char *why, const char *name) {
    fprintf(stderr, "mutate: %s: %s\n", why, name);
    exit(2);
}

// splitmix64.
static u64 draw(void) {
    u64 z = rng += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static u64 below(u64 n) {
    return n ? draw() % n : 0;
}

__attribute__((format(printf, 1, 2))) static void note(const char *fmt, ...) {
    size_t n = strlen(what);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what + n, sizeof what - n, fmt, ap);
    va_end(ap);
}

static Bytes read_file(const char *path) {
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (!f || fstat(fileno(f), &st) != 0)
        die(path, strerror(errno));
    Bytes b = {malloc((size_t)st.st_size + 1), (size_t)st.st_size};
    if (fread(b.v, 1, b.n, f) != b.n)
        die(path, "short read");
    fclose(f);
    return b;
}

static void write_file(const char *path, const void *v, size_t n) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(v, 1, n, f) != n || fclose(f) != 0)
        die(path, strerror(errno));
}

// ---- the objects of the archive -------------------------------------------------------------------------------------

static u64 get(const u8 *p, u32 width) {
    u64 v = 0;
    memcpy(&v, p, width);
    return v;
}

static void find_objects(void) {
    for (size_t at = 8; at + AR_HEADER < original.n && nobjects < MAX_OBJECTS;) {
        Object o = {.member = at + AR_HEADER, .size = strtoul((char *)original.v + at + 48, NULL, 10)};
        const u8 *text = original.v + o.member;
        const u8 *magic = memmem(text, o.size, "\n!\n\0go120ld", 11);
        if (magic) {
            o.base = (size_t)(magic + 3 - original.v);
            for (u32 i = 0; i < BLOCKS; i++)
                o.off[i] = (u32)get(original.v + o.base + 20 + 4 * i, 4);
            objects[nobjects++] = o;
        }
        at = o.member + o.size + (o.size & 1);
    }
    if (!nobjects)
        die("no Go object in the archive", "");
}

static u8 *block(const Object *o, u32 b) {
    return damaged.v + o->base + o->off[b];
}

static u32 count(const Object *o, u32 b, u32 record) {
    return (o->off[b + 1] - o->off[b]) / record;
}

static u32 definitions(const Object *o) {
    return (o->off[REFS] - o->off[SYMS]) / SYM;
}

// A definition: of a kind that is drawn first.
static u32 draw_symbol(const Object *o) {
    u32 n = definitions(o), seen = 0, found = 0;
    if (!n)
        return 0;
    u8 kinds[256] = {0}, list[256];
    for (u32 i = 0; i < n; i++) {
        u8 k = block(o, SYMS)[i * SYM + 10];
        if (!kinds[k]++)
            list[seen++] = k;
        kinds[k] = 1;
    }
    u8 kind = list[below(seen)];
    u32 chosen = 0;
    for (u32 i = 0; i < n; i++)
        if (block(o, SYMS)[i * SYM + 10] == kind && below(++found) == 0)
            chosen = i;
    return chosen;
}

static void note_symbol(const Object *o, u32 s) {
    const u8 *rec = block(o, SYMS) + (size_t)s * SYM;
    u64 n = get(rec, 4), off = get(rec + 4, 4);
    if (o->base + off + n <= damaged.n)
        note(" (%.*s, kind %u)", (int)(n < 60 ? n : 60), (char *)damaged.v + o->base + off, rec[10]);
}

// ---- damage ---------------------------------------------------------------------------------------------------------

// Another value for the field of `width` bytes at p: near the old one, at the edge of its type, or any.
static void change(u8 *p, u32 width) {
    u64 old = get(p, width), new = old, top = width == 8 ? 0 : (u64)1 << 8 * width;
    switch (below(10)) {
    case 0: new = old + 1; break;
    case 1: new = old - 1; break;
    case 2: new = 0; break;
    case 3: new = UINT64_MAX; break;
    case 4: new = (u64)1 << (8 * width - 1); break;
    case 5: new = old ^ (u64)1 << below(8 * width); break;
    case 6: new = below(64); break;
    case 7: new = old + below(4096); break;
    case 8: new = old * 2; break;
    default: new = draw(); break;
    }
    if (top)
        new &= top - 1;
    memcpy(p, &new, width);
    note(" %llx -> %llx", (unsigned long long)old, (unsigned long long)new);
}

typedef struct {
    const char *name;
    u32 off, width;
    u32 names; // an enumeration of so many values
} Field;

static const Field sym_fields[] = {{"name size", 0, 4, 0}, {"name", 4, 4, 0},      {"abi", 8, 2, 0},
                                   {"kind", 10, 1, 26},    {"flag", 11, 1, 0},     {"flag2", 12, 1, 0},
                                   {"size", 13, 4, 0},     {"alignment", 17, 4, 0}};
static const Field reloc_fields[] = {{"offset", 0, 4, 0}, {"size", 4, 1, 0},     {"type", 5, 2, 90},
                                     {"add", 7, 8, 0},    {"package", 15, 4, 0}, {"symbol", 19, 4, 0}};
static const Field aux_fields[] = {{"type", 0, 1, 15}, {"package", 1, 4, 0}, {"symbol", 5, 4, 0}};

static void change_field(u8 *record, const Field *fields, u32 n) {
    const Field *f = &fields[below(n)];
    note(" %s", f->name);
    // What is an enumeration mostly gets another one of its values.
    if (f->names && below(4)) {
        u64 old = get(record + f->off, f->width), new = below(f->names);
        memcpy(record + f->off, &new, f->width);
        note(" %llu -> %llu", (unsigned long long)old, (unsigned long long)new);
        return;
    }
    change(record + f->off, f->width);
}

// Records [*from, +result) of definition s in one of the index blocks.
static u32 range_of(const Object *o, u32 idx, u32 s, u32 *from) {
    u64 a = get(block(o, idx) + 4 * (size_t)s, 4), b = get(block(o, idx) + 4 * (size_t)s + 4, 4);
    *from = (u32)a;
    return a < b && b <= o->off[END] ? (u32)(b - a) : 0;
}

static void damage_symbol(const Object *o) {
    u32 s = draw_symbol(o), from;
    u64 choice = below(8);
    if (choice <= 1) {
        note("symbol %u", s);
        note_symbol(o, s);
        change_field(block(o, SYMS) + (size_t)s * SYM, sym_fields, 8);
    } else if (choice <= 3) {
        u32 n = range_of(o, RELOC_IDX, s, &from);
        if (!n || from + n > count(o, RELOCS, RELOC))
            return;
        u32 i = from + (u32)below(n);
        note("relocation %u of symbol %u", i, s);
        note_symbol(o, s);
        change_field(block(o, RELOCS) + (size_t)i * RELOC, reloc_fields, 6);
    } else if (choice == 4) {
        u32 n = range_of(o, AUX_IDX, s, &from);
        if (!n || from + n > count(o, AUXS, AUX))
            return;
        u32 i = from + (u32)below(n);
        note("aux %u of symbol %u", i, s);
        note_symbol(o, s);
        change_field(block(o, AUXS) + (size_t)i * AUX, aux_fields, 3);
    } else {
        u32 n = range_of(o, DATA_IDX, s, &from);
        if (!n || from + n > count(o, DATA, 1))
            return;
        for (u64 times = 1 + below(2); times; times--) {
            u32 width = n >= 8 ? 1u << below(4) : 1;
            u32 i = (u32)below(n - width + 1);
            i = below(2) ? i : i / width * width;
            note("byte %u of %u of symbol %u", i, n, s);
            note_symbol(o, s);
            change(block(o, DATA) + from + i, width);
        }
    }
}

static void damage_record(const Object *o) {
    static const u8 record[BLOCKS] = {16, 8, 8, SYM, SYM,   SYM, SYM, SYM, 10, 8,
                                      16, 4, 4, 4,   RELOC, AUX, 1,   16,  1};
    u32 b = (u32)below(END), n = count(o, b, record[b]);
    if (!n)
        return;
    u32 i = (u32)below(n), width = record[b] >= 4 && b != HASH ? 4 : record[b] >= 8 ? 8 : 1;
    u32 at = width == 1 ? 0 : (u32)below(record[b] / width) * width;
    note("block %u record %u + %u", b, i, at);
    u8 *p = block(o, b) + (size_t)i * record[b];
    if (below(4)) {
        change(p + at, width);
    } else { // exchange it with another one
        u32 k = (u32)below(n);
        u8 hold[32], *q = block(o, b) + (size_t)k * record[b];
        memcpy(hold, p, record[b]);
        memmove(p, q, record[b]);
        memcpy(q, hold, record[b]);
        note(" exchanged with %u", k);
    }
}

static void damage_text(const Object *o) {
    u64 i = below(o->base - o->member + AR_HEADER);
    note("byte %llu before the object", (unsigned long long)i);
    change(damaged.v + o->member - AR_HEADER + i, 1);
}

static void flip(void) {
    for (u64 times = 1 + below(8); times; times--) {
        u64 at = below(damaged.n);
        damaged.v[at] ^= (u8)(1u << below(8));
        note("bit at %llu ", (unsigned long long)at);
    }
}

// Cuts the archive at a random place; in half of the cases the member's header says so.
static void cut(const Object *o) {
    size_t n = (size_t)below(original.n);
    if (n > o->member && n < o->member + o->size && below(2)) {
        char size[11];
        snprintf(size, sizeof size, "%-10zu", n - o->member);
        memcpy(damaged.v + o->member - AR_HEADER + 48, size, 10);
        note("in order ");
    }
    damaged.n = n;
    note("cut at %zu", n);
}

static void damage(u64 seed, u64 number) {
    rng = seed * 1000003 + number;
    what[0] = 0;
    damaged.n = original.n;
    memcpy(damaged.v, original.v, original.n);
    const Object *o = &objects[below(nobjects)];
    for (u64 times = 1 + below(3) / 2; times || !what[0]; times -= times > 0) {
        u64 choice = below(100);
        if (choice < 65) {
            damage_symbol(o);
        } else if (choice < 85) {
            damage_record(o);
        } else if (choice < 90) {
            u32 i = (u32)below(HEADER / 4);
            note("word %u of the header", i);
            change(damaged.v + o->base + 4 * i, 4);
        } else if (choice < 93) {
            damage_text(o);
        } else if (choice < 97) {
            flip();
        } else {
            cut(o);
            break;
        }
        note("; ");
    }
}

// ---- one change by name ----------------------------------------------------------------------------------------------

static u32 find_symbol(const Object *o, const char *name) {
    size_t n = strlen(name);
    for (u32 i = 0; i < definitions(o); i++) {
        const u8 *rec = block(o, SYMS) + (size_t)i * SYM;
        u64 size = get(rec, 4), off = get(rec + 4, 4);
        if (size == n && o->base + off + n <= damaged.n && !memcmp(damaged.v + o->base + off, name, n))
            return i;
    }
    return UINT32_MAX;
}

static void set_field(u8 *record, const Field *fields, u32 n, const char *name, u64 value) {
    for (u32 i = 0; i < n; i++) {
        if (!strcmp(fields[i].name, name)) {
            memcpy(record + fields[i].off, &value, fields[i].width);
            return;
        }
    }
    die("no such field", name);
}

// argv: SYMBOL RECORD INDEX FIELD VALUE.
static void set_by_name(char **argv) {
    const Object *o = objects;
    while (o < objects + nobjects && find_symbol(o, argv[0]) == UINT32_MAX)
        o++;
    if (o == objects + nobjects)
        die("no such symbol", argv[0]);
    u32 s = find_symbol(o, argv[0]), from = 0, index = (u32)strtoul(argv[2], NULL, 0);
    u64 value = strtoull(argv[4], NULL, 0);
    bool reloc = !strcmp(argv[1], "relocation"), aux = !strcmp(argv[1], "aux"),
         content = !strcmp(argv[1], "content");
    if (!strcmp(argv[1], "symbol")) {
        set_field(block(o, SYMS) + (size_t)s * SYM, sym_fields, 8, argv[3], value);
        return;
    }
    if (!reloc && !aux && !content)
        die("no such record", argv[1]);
    u32 n = range_of(o, reloc ? RELOC_IDX : aux ? AUX_IDX : DATA_IDX, s, &from);
    if (index + (content ? 3 : 0) >= n)
        die("the symbol has no such", argv[1]);
    if (reloc)
        set_field(block(o, RELOCS) + (size_t)(from + index) * RELOC, reloc_fields, 6, argv[3], value);
    else if (aux)
        set_field(block(o, AUXS) + (size_t)(from + index) * AUX, aux_fields, 3, argv[3], value);
    else
        memcpy(block(o, DATA) + from + index, &value, 4);
}

// ---- the links ------------------------------------------------------------------------------------------------------

static u32 files_beside(const char *path) {
    char dir[4096];
    snprintf(dir, sizeof dir, "%s", path);
    char *slash = strrchr(dir, '/');
    *(slash ? slash : dir) = 0;
    DIR *d = opendir(slash ? dir : ".");
    if (!d)
        die(dir, strerror(errno));
    u32 n = 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

// Runs the command with its standard error in the file `log`; -1 when it did not end in time.
static int run(char **argv, const char *log, unsigned limit) {
    pid_t pid = fork();
    if (pid < 0)
        die("fork", strerror(errno));
    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
            _exit(126);
        execvp(argv[0], argv);
        _exit(127);
    }
    int status;
    for (u64 ms = 0; waitpid(pid, &status, WNOHANG) == 0; ms++) {
        if (ms > limit * 1000ull) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return -1;
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return status;
}

static const char OLD[] = "the file that stood here before\n";

// What is wrong about a link that ended with this status, or NULL.
static const char *verdict(int status, const Bytes *log, const char *out, u32 files_before) {
    if (status == -1)
        return "no end";
    if (WIFSIGNALED(status))
        return strsignal(WTERMSIG(status));
    if (memmem(log->v, log->n, "internal error in phase", 23) ||
        memmem(log->v, log->n, "internal error: crashed", 23))
        return "internal error";
    if (WEXITSTATUS(status) == 0)
        return NULL;
    if (WEXITSTATUS(status) > 2) // sanitizers have one of their own
        return "status";
    if (!log->n)
        return "no message";
    if (files_beside(out) != files_before)
        return "a file is left";
    Bytes old = read_file(out);
    bool same = old.n == sizeof OLD - 1 && !memcmp(old.v, OLD, old.n);
    free(old.v);
    return same ? NULL : "the old file is harmed";
}

typedef struct {
    const char *from, *to, *out;
    u64 cases, first, seed, limit;
    bool keep;
    char **set;     // SYMBOL RECORD INDEX FIELD VALUE, or NULL
    char **command; // NULL when there is none
} Args;

static Args parse(int argc, char **argv) {
    Args a = {.cases = 100, .seed = 1, .limit = 20};
    struct {
        const char *flag;
        const char **text;
        u64 *number;
    } flags[] = {{"-from", &a.from, NULL}, {"-to", &a.to, NULL},       {"-out", &a.out, NULL},
                 {"-n", NULL, &a.cases},   {"-first", NULL, &a.first}, {"-seed", NULL, &a.seed},
                 {"-t", NULL, &a.limit}};
    enum { NFLAG = sizeof flags / sizeof *flags };
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--")) {
            a.command = i + 1 < argc ? argv + i + 1 : NULL;
            break;
        }
        if (!strcmp(argv[i], "-keep")) {
            a.keep = true;
            continue;
        }
        if (!strcmp(argv[i], "-set") && i + 5 < argc) {
            a.set = argv + i + 1;
            break;
        }
        u32 k = 0;
        while (k < NFLAG && strcmp(flags[k].flag, argv[i]) != 0)
            k++;
        if (k == NFLAG || i + 1 >= argc)
            die("unknown option, or no value for it", argv[i]);
        i++;
        if (flags[k].text)
            *flags[k].text = argv[i];
        else
            *flags[k].number = strtoull(argv[i], NULL, 0);
    }
    if (!a.from || !a.to || (!a.set && (!a.out || !a.command)))
        die("usage", "mutate -from ARCHIVE -to FILE (-out FILE [options] -- COMMAND | -set SYMBOL RECORD "
                     "INDEX FIELD VALUE)");
    return a;
}

// Does one case; true when it was in order, and *rejected says how.
static bool do_case(const Args *a, u64 number, const char *log_name, bool *rejected) {
    damage(a->seed, number);
    write_file(a->to, damaged.v, damaged.n);
    write_file(a->out, OLD, sizeof OLD - 1);
    u32 before = files_beside(a->out);
    int status = run(a->command, log_name, (unsigned)a->limit);
    Bytes log = read_file(log_name);
    const char *wrong = verdict(status, &log, a->out, before);
    if (wrong) {
        int n = (int)(log.n < 3000 ? log.n : 3000);
        printf("case %llu: %s (status %d): %s\n%.*s\n", (unsigned long long)number, wrong, status, what, n,
               (char *)log.v);
        fflush(stdout);
    }
    free(log.v);
    *rejected = status != 0;
    return !wrong;
}

int main(int argc, char **argv) {
    Args a = parse(argc, argv);
    original = read_file(a.from);
    damaged = (Bytes){malloc(original.n), original.n};
    memcpy(damaged.v, original.v, original.n);
    find_objects();
    if (a.set) {
        set_by_name(a.set);
        write_file(a.to, damaged.v, damaged.n);
        return 0;
    }
    char log_name[4096];
    snprintf(log_name, sizeof log_name, "%s.log", a.to);
    write_file(log_name, "", 0);
    u64 linked = 0, rejected = 0, bad = 0;
    for (u64 k = a.first; k < a.first + a.cases; k++) {
        bool refused;
        if (!do_case(&a, k, log_name, &refused))
            bad++;
        else if (refused)
            rejected++;
        else
            linked++;
    }
    if (!a.keep)
        unlink(a.to);
    unlink(log_name);
    printf("%llu cases: %llu linked, %llu rejected, %llu out of order\n", (unsigned long long)a.cases,
           (unsigned long long)linked, (unsigned long long)rejected, (unsigned long long)bad);
    return bad ? 1 : 0;
}
