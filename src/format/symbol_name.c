// symbol_name.c - how Go's names are written in symbol tables.
#include "format/symbol_name.h"

const Str symbol_abi_suffix = STR_INIT(".abi0");

static const char middle_dot[] = "\xc2\xb7";

bool symbol_has_abi_suffix(const Program *p, SymId s, Str name) {
    if (!kind_is_text(sym_kind(p, s)) || sym_version(p, s) != ABI0)
        return false;
    SymId other = sym_lookup(p, name, ABI_INTERNAL);
    return other.i && kind_is_text(sym_kind(p, other));
}

u32 symbol_copy_plain(Str name, u8 *out) {
    u32 n = 0;
    for (u32 i = 0; i < name.n; i++) {
        if (i + 1 < name.n && name.p[i] == middle_dot[0] && name.p[i + 1] == middle_dot[1]) {
            out[n++] = '.';
            i++;
        } else {
            out[n++] = (u8)name.p[i];
        }
    }
    return n;
}

Str symbol_plain_name(Arena *a, Str name) {
    if (LIKELY(str_index_byte(name, middle_dot[0]) < 0))
        return name;
    u8 *plain = arena_array_raw(a, u8, name.n);
    return (Str){(const char *)plain, symbol_copy_plain(name, plain)};
}

bool symbol_is_hashed_text(const Program *p, SymId s) {
    u32 local;
    if (!p->rel->hashed_text_is_local || !kind_is_text(sym_kind(p, s)))
        return false;
    const Object *o = sym_object(p, s, &local);
    return o && local >= o->ndef && local < o->ndef + o->nhashed64 + o->nhashed;
}
