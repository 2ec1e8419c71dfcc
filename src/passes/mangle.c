// mangle.c - shorter names for types that other modules see.
//
// In a program that may load plugins, and in plugins, the descriptors of types are in the symbol table: that is how the
// modules come to use the same descriptor for the same type. Their names are the types as text, which can be kilobytes
// long and hold characters that upset linkers. So what is specific in the name gives way to a hash, in base64; equal
// types get equal names in all modules.
//
//     type:map[string]interface {}     type:bcNvFRUQ
//     f[go.shape.struct{...}]          f[kWcrhXZT]      when it contains an @
//
// REF   cmd/link/internal/ld/lib.go: mangleTypeSym, typeSymbolMangle; cmd/internal/hash.
#include <nettle/base64.h>
#include <nettle/sha2.h>

#include "passes/passes.h"

enum { HASH_BYTES = 6, SHORT_NAME = 14 };

// The start of Go's own hash, SHA-256 with the first byte inverted, as text.
static Str hash_text(Arena *a, Str text) {
    u8 digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx ctx;
    sha256_init(&ctx);
    sha256_update(&ctx, text.n, (const u8 *)text.p);
    sha256_digest(&ctx, sizeof digest, digest);
    digest[0] ^= 0xff;
    char *out = arena_array(a, char, BASE64_ENCODE_RAW_LENGTH(HASH_BYTES) + 1);
    base64_encode_raw(out, HASH_BYTES, digest);
    return str_from_c(out);
}

// The last position of c in s, or -1.
static i64 last_index(Str s, char c) {
    for (u32 i = s.n; i-- > 0;)
        if (s.p[i] == c)
            return i;
    return -1;
}

static Str mangle_instance(Arena *a, Str name) {
    i64 open = str_index_byte(name, '['), close = last_index(name, ']');
    if (close <= open)
        close = name.n;
    Str hash = hash_text(a, str_slice(name, (u32)(open + 1), (u32)close));
    return arena_printf(a, STR_FMT STR_FMT STR_FMT, STR_ARG(str_slice(name, 0, (u32)(open + 1))), STR_ARG(hash),
                        STR_ARG(str_slice(name, (u32)close, name.n)));
}

// The name in the symbol table; `name` itself when it stays.
static Str mangle(Arena *a, Str name) {
    const Str prefix = STR("type:");
    bool is_type = str_has_prefix(name, prefix), has_at = str_index_byte(name, '@') >= 0;
    if ((!is_type && !has_at) || str_has_prefix(name, STR("type:runtime.")) || str_has_prefix(name, STR("go:string.")) ||
        (name.n <= SHORT_NAME && !has_at))
        return name;
    if (!is_type)
        return mangle_instance(a, name);
    Str hash = hash_text(a, str_slice(name, prefix.n, name.n));
    return arena_printf(a, "type:%s" STR_FMT, name.p[prefix.n] == '.' ? "." : "", STR_ARG(hash));
}

// Objects call a type by its full name, the library that has it by the short one: s becomes what the other is.
static void import_by_short_name(Program *p, SymId s, Str shorter) {
    SymId other = sym_lookup(p, shorter, sym_version(p, s));
    if (!other.i || sym_kind(p, s) != SYM_NONE || sym_kind(p, other) == SYM_NONE)
        return;
    sym_edit(p, s);
    p->syms.kind[s.i] = sym_kind(p, other);
    p->syms.size[s.i] = sym_size(p, other);
    DynSym *d = sym_dyn_make(p, s);
    const DynSym *from = sym_dyn(p, other);
    if (!from)
        return;
    d->shlib = from->shlib;
    d->shlib_addr = from->shlib_addr;
    u32 n;
    const u8 *data = sym_data(p, other, &n);
    if (data)
        sym_set_data(p, s, data, n);
}

static void mangle_symbol(Program *p, SymId s) {
    Str name = sym_name(p, s), shorter = mangle(&p->arena, name);
    if (shorter.p == name.p)
        return;
    sym_dyn_make(p, s)->extname = shorter;
    if (p->opt->linkshared)
        import_by_short_name(p, s, shorter);
}

// Requires: deadcode.   Provides: DynSym.extname of types and instances.
void mangle_type_names(Program *p) {
    if (!p->go_dynlink)
        return;
    u32 n = p->syms.n;
    if (p->opt->linkshared) { // pointer masks need types that are not live
        for (u32 id = 1; id < n; id++)
            mangle_symbol(p, (SymId){id});
        return;
    }
    for (u32 id = bitmap_next(&p->syms.live, 1, n); id < n; id = bitmap_next(&p->syms.live, id + 1, n))
        mangle_symbol(p, (SymId){id});
}
