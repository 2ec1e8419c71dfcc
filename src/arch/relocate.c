// relocate.c - values of relocations.
//
// The loop is the hottest of a link: it visits every relocation of every live symbol. Calls, pc-relative
// operands and pointers to a symbol that has an address take the short way through it. A symbol without
// address is dead, undefined or imported: what that means depends on the type and is decided in
// relocate_other.
#include "arch/relocate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "arch/arch.h"
#include "base/diag.h"
#include "golang/unresolved.h"

void reloc_error(const RelocSite *s, const char *fmt, ...) {
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    error_at(s->from.i, STR_FMT ": %s", STR_ARG(sym_name(s->p, s->from)), text);
}

static Str target_name(const RelocSite *s) {
    return s->r.sym.i ? sym_name(s->p, s->r.sym) : (Str){0};
}

// The section of the target; NULL and an error when it has none.
static const Section *target_section(const RelocSite *s) {
    const Section *sect = s->p->syms.sect[s->r.sym.i] ? sym_sect(s->p, s->r.sym) : NULL;
    if (sect)
        return sect;
    Str name = target_name(s);
    if (sym_kind(s->p, s->r.sym) == SYM_DYNIMPORT)
        reloc_error(s, "cannot target DYNIMPORT sym in section-relative reloc: " STR_FMT, STR_ARG(name));
    else if (sym_kind(s->p, s->r.sym) == SYM_UNDEFEXT)
        reloc_error(s, "undefined symbol in relocation: " STR_FMT, STR_ARG(name));
    else
        reloc_error(s, "missing section for relocation target " STR_FMT, STR_ARG(name));
    return NULL;
}

// Offset of the target in its section; for code, from the start of the first text section, whichever it is
// in.
static bool section_offset(const RelocSite *s, i64 *value) {
    const Section *sect = target_section(s);
    if (!sect)
        return false;
    u64 base = str_eq(sect->name, STR(".text")) ? s->p->text_sect->addr : sect->addr;
    *value = (i64)(sym_addr(s->p, s->r.sym) - base) + s->r.add;
    return true;
}

// Offset of the target from the first function of its compilation unit.
static i64 unit_offset(const RelocSite *s) {
    const Program *p = s->p;
    i64 unit = sym_unit(p, s->r.sym);
    if (unit < 0 || !p->units.v[unit].textp.n) {
        reloc_error(s, "missing compilation unit for relocation target " STR_FMT, STR_ARG(target_name(s)));
        return 0;
    }
    return (i64)sym_addr(p, s->r.sym) + s->r.add - (i64)sym_addr(p, p->units.v[unit].textp.v[0]);
}

// The address of the target, as seen from base.
static i64 pointer_value(RelocSite *s, u64 base) {
    const Program *p = s->p;
    if (s->r.weak && !sym_is_live(p, s->r.sym))
        s->r.sym = p->unreachable_method;
    i64 v = (i64)(sym_addr(p, s->r.sym) - base) + s->r.add;
    // A 4-byte address is sign-extended by the processor, so the upper half of the 4 GB cannot be reached.
    if ((i32)v < 0 && s->r.siz == 4 && p->arch->ptr_size > 4)
        reloc_error(s,
                    "non-pc-relative relocation address for " STR_FMT " is too big: %#" PRIx64 " (%#" PRIx64
                    " + %#" PRIx64 ")",
                    STR_ARG(target_name(s)), (u64)v, sym_addr(p, s->r.sym), (u64)s->r.add);
    return v;
}

// Reports a target that is undefined or dead. False: there is nothing to compute.
static bool check_target(const RelocSite *s) {
    if (!s->r.sym.i)
        return true;
    u8 kind = sym_kind(s->p, s->r.sym);
    if (kind == SYM_NONE || kind == SYM_XREF) {
        report_unresolved(s->p, s->from, &s->r);
        return false;
    }
    if (kind != SYM_TLSBSS && !s->r.weak && s->r.type != R_METHODOFF && !sym_is_live(s->p, s->r.sym))
        reloc_error(s, "unreachable sym in relocation: " STR_FMT, STR_ARG(target_name(s)));
    return true;
}

// The value of a relocation of any type, in *value. False: the bytes stay as they are.
static bool relocate_other(RelocSite *s, i64 *value) {
    const Program *p = s->p;
    const Reloc *r = &s->r;
    if (!check_target(s))
        return false;
    switch ((RelocType)r->type) {
    case R_ADDR:
    case R_HOST_ADDR: *value = pointer_value(s, 0); return true;
    case R_PEIMAGEOFF: *value = pointer_value(s, p->image_base); return true;
    case R_METHODOFF:
        if (!sym_is_live(p, r->sym)) {
            *value = -1; // the runtime knows that this is no method
            return true;
        }
        return section_offset(s, value);
    case R_ADDROFF: return !(r->weak && !sym_is_live(p, r->sym)) && section_offset(s, value);
    case R_DWARFSECREF: // debugging symbols keep their offset in the section as address
        *value = (i64)sym_addr(p, r->sym) + r->add;
        return true;
    case R_ADDRCUOFF: *value = unit_offset(s); return true;
    case R_CALL:
    case R_PCREL:
    case R_GOTPCREL:
        *value = (r->sym.i ? (i64)sym_addr(p, r->sym) : 0) + r->add -
                 (i64)(sym_addr(p, s->from) + (u64)r->off + r->siz);
        return true;
    case R_TLS_LE: *value = p->tls_offset + r->add; return true;
    case R_SIZE: *value = (i64)sym_size(p, r->sym) + r->add; return true;
    case R_CONST: *value = r->add; return true;
    case R_GOTOFF: *value = (i64)(sym_addr(p, r->sym) - sym_addr(p, p->got)) + r->add; return true;
    default:
        reloc_error(s, "unknown reloc to " STR_FMT ": %u", STR_ARG(target_name(s)), r->type);
        return false;
    }
}

// Names as error texts spell them; only these are stored in four or two bytes.
static const char *type_name(u16 type) {
    switch ((RelocType)type) {
    case R_ADDR: return "R_ADDR";
    case R_CALL: return "R_CALL";
    case R_PCREL: return "R_PCREL";
    case R_GOTPCREL: return "R_GOTPCREL";
    case R_METHODOFF: return "R_METHODOFF";
    case R_ADDROFF: return "R_ADDROFF";
    case R_DWARFSECREF: return "R_DWARFSECREF";
    case R_ADDRCUOFF: return "R_ADDRCUOFF";
    case R_TLS_LE: return "R_TLS_LE";
    case R_SIZE: return "R_SIZE";
    case R_CONST: return "R_CONST";
    case R_GOTOFF: return "R_GOTOFF";
    default: return "of another type";
    }
}

static void report_range(const RelocSite *s, i64 v) {
    bool pcrel = s->r.type == R_PCREL || s->r.type == R_CALL;
    reloc_error(s, "%spc-relative relocation %s address for " STR_FMT " is too big: %#" PRIx64,
                pcrel ? "" : "non-", type_name(s->r.type), STR_ARG(target_name(s)), (u64)v);
}

void reloc_store(const RelocSite *s, u8 *at, i64 v) {
    bool pcrel = s->r.type == R_PCREL || s->r.type == R_CALL;
    switch (s->r.siz) {
    case 8: put_u64le(at, (u64)v); break;
    case 4:
        if (UNLIKELY(v != (i32)v && (pcrel || v != (u32)v)))
            report_range(s, v);
        put_u32le(at, (u32)v);
        break;
    case 2:
        if (UNLIKELY(v != (i16)v && (pcrel || v != (u16)v)))
            report_range(s, v);
        put_u16le(at, (u16)v);
        break;
    case 1: *at = (u8)v; break;
    default: reloc_error(s, "bad reloc size %#x for " STR_FMT, s->r.siz, STR_ARG(target_name(s)));
    }
}

// A value that is not a plain number but a part of instructions.
static void relocate_insns(const RelocSite *s, u8 *bytes) {
    const Program *p = s->p;
    i64 target = (i64)sym_addr(p, s->r.sym);
    if (UNLIKELY(!target)) {
        if (!check_target(s))
            return;
        if (s->r.weak && !sym_is_live(p, s->r.sym)) { // nothing that an instruction could hold stands for it
            reloc_error(s, "unreachable sym in relocation: " STR_FMT, STR_ARG(target_name(s)));
            return;
        }
    }
    if (UNLIKELY(s->r.siz != p->arch->insn_bytes[s->r.type])) {
        reloc_error(s, "bad reloc size %#x for " STR_FMT, s->r.siz, STR_ARG(target_name(s)));
        return;
    }
    p->arch->relocate(s, bytes + s->r.off, target + s->r.add, sym_addr(p, s->from) + (u64)s->r.off);
}

static inline void apply(RelocSite *site, u8 *bytes, u64 from) {
    const Program *p = site->p;
    const Reloc *r = &site->r;
    if (p->arch->insn_bytes[r->type]) {
        relocate_insns(site, bytes);
        return;
    }
    i64 v = (i64)sym_addr(p, r->sym);
    if (LIKELY(v)) {
        if ((r->type == R_CALL || r->type == R_PCREL) && r->siz == 4) {
            v += r->add - (i64)(from + (u64)r->off + 4);
            if (LIKELY(v == (i32)v)) {
                put_u32le(bytes + r->off, (u32)v);
                return;
            }
        } else if (r->type == R_ADDR && r->siz == 8) {
            put_u64le(bytes + r->off, (u64)(v + r->add));
            return;
        }
    }
    if (relocate_other(site, &v))
        reloc_store(site, bytes + r->off, v);
}

static bool in_bounds(const RelocSite *s, u32 n) {
    if (LIKELY(s->r.off >= 0 && (u64)s->r.off + s->r.siz <= n))
        return true;
    reloc_error(s, "invalid relocation " STR_FMT ": %d+%d not in [0,%u)", STR_ARG(target_name(s)), s->r.off, s->r.siz, n);
    return false;
}

void relocate_symbol(const Program *p, SymId s, u8 *bytes, u32 n) {
    RelocList rl = sym_relocs(p, s);
    u64 from = sym_addr(p, s);
    for (u32 i = 0; i < rl.n; i++) {
        RelocSite site = {p, s, reloc_get(p, rl, i)};
        if (in_bounds(&site, n) && site.r.siz)
            apply(&site, bytes, from);
    }
}

bool reloc_is_sound(const RelocSite *s, u32 n) {
    return in_bounds(s, n) && s->r.siz && check_target(s);
}

void relocate_site(RelocSite *s, u8 *bytes) {
    apply(s, bytes, sym_addr(s->p, s->from));
}
