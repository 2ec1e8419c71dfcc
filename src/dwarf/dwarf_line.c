// dwarf_line.c - what stands before the line programs of a unit: the header with its table of directories and
// files.
//
// The line programs themselves, one per function, come from the compiler; their file numbers count through
// the table of the object file. So every file of the object is in the table, in its order. Directories are
// numbered as they are first met; number 0 is the directory of the compilation, ".". In DWARF 5 directory 0
// and a file 0 are listed, in earlier versions implied.
//
// REF   DWARF 4 and 5, section 6.2.4; cmd/link/internal/ld/dwarf.go: writelines, writeDirFileTables.
#include "dwarf/dwarf_state.h"
#include "golang/filename.h"
#include "golang/gostrings.h"

enum { LINE_BASE = -4, LINE_RANGE = 10, OPCODE_BASE = 11 };

// Number of operands of standard opcodes 1 .. OPCODE_BASE-1.
static const u8 opcode_operands[OPCODE_BASE - 1] = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0};

typedef struct {
    Str raw; // as the object spells it, up to the last slash; nil for "."
    Str name;
} Dir;

typedef VEC(Dir) Dirs;

// A file as the table shows it.
typedef struct {
    Str base;
    u32 dir;
} File;

// path.Dir of a whole name.
static Str path_dir(Arena *a, Str s) {
    i64 slash = str_last_index_byte(s, '/');
    return path_clean(a, str_slice(s, 0, (u32)(slash + 1)));
}

static u32 add_dir(Arena *a, Dirs *dirs, Str raw, Str name) {
    for (u32 i = 0; i < dirs->n; i++) {
        if (str_eq(dirs->v[i].name, name)) {
            // Another spelling of a directory that is there: remembered for the next file only when it has
            // none.
            if (!dirs->v[i].raw.p)
                dirs->v[i].raw = raw;
            return i;
        }
    }
    vec_push(a, dirs, ((Dir){raw, name}));
    return dirs->n - 1;
}

// Most files lie in the directory of the file before them, or in one that was met: no string is made for
// those.
static File split_file(const Dwarf *d, Arena *a, Dirs *dirs, Str raw, u32 idx) {
    i64 slash = str_last_index_byte(raw, '/');
    Str base = slash < 0 ? raw : str_slice(raw, (u32)slash + 1, raw.n);
    bool plain = slash > 0 && base.n && !str_eq(base, STR(".")) && !str_eq(base, STR(".."));
    Str raw_dir = plain ? str_slice(raw, 0, (u32)slash) : (Str){0};
    if (plain)
        for (u32 i = dirs->n; i-- > 0;)
            if (dirs->v[i].raw.p && str_eq(dirs->v[i].raw, raw_dir))
                return (File){base, i};
    Str name = filename_expand(a, d->p->opt->goroot, raw);
    if (!name.n)
        name = arena_printf(a, "<missing>_%u", idx);
    return (File){path_base(name), add_dir(a, dirs, raw_dir, path_dir(a, name))};
}

static void put_cstr(ByteBuf *b, Str s) {
    buf_str(b, s);
    buf_u8(b, 0);
}

static void put_tables(const Dwarf *d, ByteBuf *b, const Dirs *dirs, const File *files, u32 nfile) {
    if (d->forms->line_version >= 5) {
        static const u8 dir_format[] = {1, DW_LNCT_path, DW_FORM_string};
        static const u8 file_format[] = {2, DW_LNCT_path, DW_FORM_string, DW_LNCT_directory_index,
                                         DW_FORM_udata};
        buf_bytes(b, dir_format, sizeof dir_format);
        buf_uleb(b, dirs->n);
        for (u32 i = 0; i < dirs->n; i++)
            put_cstr(b, dirs->v[i].name);
        buf_bytes(b, file_format, sizeof file_format);
        buf_uleb(b, nfile + 1);
        // File 0 is not used; an empty name would upset gdb.
        put_cstr(b, STR("?"));
        buf_uleb(b, 0);
        for (u32 i = 0; i < nfile; i++) {
            put_cstr(b, files[i].base);
            buf_uleb(b, files[i].dir);
        }
        return;
    }
    for (u32 i = 1; i < dirs->n; i++)
        put_cstr(b, dirs->v[i].name);
    buf_u8(b, 0);
    for (u32 i = 0; i < nfile; i++) {
        put_cstr(b, files[i].base);
        buf_uleb(b, files[i].dir);
        buf_u16(b, 0); // time and size: unknown
    }
    buf_u8(b, 0);
}

void dwarf_build_line_header(const Dwarf *d, DwUnit *u, Arena *a) {
    const Program *p = d->p;
    u32 obj = p->units.v[u->unit].obj;
    const Object *o = obj ? &p->objs.v[obj] : NULL;
    u32 nfile = o ? o->nfile : 0;
    Dirs dirs = {0};
    vec_push(a, &dirs, ((Dir){{0}, STR(".")}));
    File *files = arena_array(a, File, nfile + 1);
    for (u32 i = 0; i < nfile; i++)
        files[i] = split_file(d, a, &dirs, object_file(o, i), i);

    ByteBuf b = {.arena = a};
    u8 version = d->forms->line_version;
    buf_u32(&b, 0); // unit_length, set by dwarf_layout.c
    buf_u16(&b, version);
    if (version >= 5) {
        buf_u8(&b, (u8)d->ptr_size);
        buf_u8(&b, 0); // segment selector size
    }
    u32 length_at = b.n;
    buf_u32(&b, 0);
    buf_u8(&b, 1); // minimum_instruction_length
    if (version >= 5)
        buf_u8(&b, 1); // maximum_operations_per_instruction
    buf_u8(&b, 1);     // default_is_stmt
    buf_u8(&b, (u8)LINE_BASE);
    buf_u8(&b, LINE_RANGE);
    buf_u8(&b, OPCODE_BASE);
    buf_bytes(&b, opcode_operands, sizeof opcode_operands);
    put_tables(d, &b, &dirs, files, nfile);
    put_u32le(b.v + length_at, b.n - length_at - 4);
    u->line_header = b;
}

void dwarf_find_gdb_script(Dwarf *d) {
    Program *p = d->p;
    Str proc = STR("runtime/proc.go");
    for (u32 i = 0; i < d->units.n; i++) {
        const DwUnit *u = &d->units.v[i];
        u32 obj = p->units.v[u->unit].obj;
        if (!u->has_text || !obj || !str_eq(u->pkg, STR("runtime")))
            continue;
        const Object *o = &p->objs.v[obj];
        for (u32 k = 0; k < o->nfile; k++) {
            Str raw = object_file(o, k);
            if (!memmem(raw.p, raw.n, proc.p, proc.n))
                continue;
            Str name = filename_expand(&p->arena, p->opt->goroot, raw);
            const char *at = memmem(name.p, name.n, proc.p, proc.n);
            d->gdb_script =
                arena_printf(&p->arena, STR_FMT "runtime/runtime-gdb.py", (int)(at - name.p), name.p);
            return;
        }
    }
}
