// symbol_name.c - how Go's names are written in symbol tables.
#include "format/symbol_name.h"

const Str symbol_abi0_suffix = STR_INIT(".abi0");

static const char middle_dot[] = "\xc2\xb7";

Str symbol_abi_suffix(const Program *p, SymId s, Str name) {
    i32 version = sym_version(p, s);
    if (!kind_is_text(sym_kind(p, s)))
        return (Str){0};
    if (version == ABI0) {
        SymId other = sym_lookup(p, name, ABI_INTERNAL);
        return other.i && kind_is_text(sym_kind(p, other)) ? symbol_abi0_suffix : (Str){0};
    }
    const DynSym *d = sym_dyn(p, s);
    bool for_c = d && (d->cgo_export_static || d->cgo_export_dynamic);
    bool suffix = p->opt->buildmode == BUILDMODE_SHARED && version == ABI_INTERNAL && !for_c;
    return suffix && !str_has_prefix(name, STR("type:")) ? STR(".abiinternal") : (Str){0};
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
