// kept_reloc.c - which relocations are kept, and as what.
#include "format/kept_reloc.h"

#include "base/diag.h"
#include "format/format.h"

typedef enum {
    KEEP_NOT,
    KEEP_ADDRESS,  // an address, in a pointer or spread over instructions
    KEEP_BRANCH,   // a call, whatever its target
    KEEP_DISTANCE, // from the end of the place, if the target is in another section
    KEEP_GOT,      // the distance of the target's slot in the GOT
    KEEP_TLS,      // offset of a thread-local variable, in formats that have a section for those
} Rule;

static const u8 rules[R_COUNT] = {
    [R_ADDR] = KEEP_ADDRESS,
    [R_ADDRARM64] = KEEP_ADDRESS,
    [R_ARM64_GOTPCREL] = KEEP_ADDRESS,
    [R_ARM64_PCREL_LDST8] = KEEP_ADDRESS,
    [R_ARM64_PCREL_LDST16] = KEEP_ADDRESS,
    [R_ARM64_PCREL_LDST32] = KEEP_ADDRESS,
    [R_ARM64_PCREL_LDST64] = KEEP_ADDRESS,
    [R_CALLARM64] = KEEP_BRANCH,
    [R_ARM64_TLS_LE] = KEEP_BRANCH,
    [R_ARM64_TLS_IE] = KEEP_BRANCH,
    [R_CALL] = KEEP_DISTANCE,
    [R_PCREL] = KEEP_DISTANCE,
    [R_GOTPCREL] = KEEP_GOT,
    [R_TLS_LE] = KEEP_TLS,
    [R_TLS_IE] = KEEP_TLS,
};

void kept_fold_carrier(const Program *p, KeptReloc *k) {
    SymId outer = sym_outer(p, k->sym);
    if (!outer.i)
        return;
    k->add += (i64)(sym_addr(p, k->sym) - sym_addr(p, outer));
    k->sym = outer;
}

static bool keep_distance(const RelocSite *site, KeptReloc *k) {
    const Program *p = site->p;
    if (!k->sym.i)
        return false; // a call of a constant address
    if (sym_kind(p, k->sym) == SYM_UNDEFEXT) {
        k->add = -(i64)k->siz;
        return true;
    }
    if (rules[k->type] != KEEP_GOT && p->syms.sect[k->sym.i] == p->syms.sect[site->from.i])
        return false;
    kept_fold_carrier(p, k);
    k->add -= k->siz; // counts from behind the place
    return true;
}

bool kept_reloc(const RelocSite *site, KeptReloc *k) {
    const Program *p = site->p;
    const Reloc *r = &site->r;
    Rule rule = rules[r->type];
    if (rule == KEEP_NOT || (rule == KEEP_TLS && !p->format->tls_section))
        return false;
    *k = (KeptReloc){.type = r->type, .siz = r->siz, .sym = r->sym, .add = r->add};
    k->imported = sym_kind(p, r->sym) == SYM_DYNIMPORT;
    k->function = k->imported && sym_dyn(p, r->sym) && sym_dyn(p, r->sym)->is_function;
    k->off = sym_addr(p, site->from) + (u64)r->off - sym_sect(p, site->from)->addr;
    switch (rule) {
    case KEEP_NOT:
    case KEEP_BRANCH: return true;
    case KEEP_ADDRESS:
        if (r->type == R_ADDR && r->weak && !sym_is_live(p, r->sym))
            k->sym = p->unreachable_method;
        kept_fold_carrier(p, k);
        return true;
    case KEEP_DISTANCE:
    case KEEP_GOT: return keep_distance(site, k);
    case KEEP_TLS:
        if (!k->sym.i)
            k->sym = p->runtime_tlsg;
        return true;
    }
    bug("bad rule for relocations");
}

// ---- bytes ------------------------------------------------------------------------------------------------

// Only what the other linker finds somewhere may be named.
static void check_kept(const RelocSite *site, const KeptReloc *k) {
    const Program *p = site->p;
    u8 kind = sym_kind(p, k->sym);
    if (kind == SYM_DYNIMPORT && !p->go_dynlink && p->format->tls_section)
        reloc_error(site, "unhandled relocation for " STR_FMT " (type %u (%s) rtype %u)", STR_ARG(sym_name(p, k->sym)), kind,
                    symkind_name(kind), k->type);
    else if (kind != SYM_HOSTOBJ && kind != SYM_DYNIMPORT && kind != SYM_UNDEFEXT && !p->syms.sect[k->sym.i])
        reloc_error(site, "missing section for relocation target " STR_FMT, STR_ARG(sym_name(p, k->sym)));
}

static void keep_in_bytes(const RelocSite *site, const KeptReloc *k, u8 *bytes) {
    const Program *p = site->p;
    check_kept(site, k);
    // What is spread over the fields of instructions is in the record only.
    bool in_fields = rules[k->type] == KEEP_BRANCH || (rules[k->type] == KEEP_ADDRESS && k->type != R_ADDR);
    if (!in_fields)
        reloc_store(site, bytes + site->r.off, p->format->kept_number(p, k));
}

void keep_symbol(const Program *p, SymId s, u8 *bytes, u32 n) {
    RelocList rl = sym_relocs(p, s);
    for (u32 i = 0; i < rl.n; i++) {
        RelocSite site = {p, s, reloc_get(p, rl, i)};
        KeptReloc k;
        if (!reloc_is_sound(&site, n))
            continue;
        if (kept_reloc(&site, &k))
            keep_in_bytes(&site, &k, bytes);
        else
            relocate_site(&site, bytes);
    }
}

// ---- records ----------------------------------------------------------------------------------------------

u64 kept_put_symbol(const Program *p, SymId s, u8 *out) {
    RelocList rl = sym_relocs(p, s);
    u64 size = 0;
    for (u32 i = 0; i < rl.n; i++) {
        if (rules[reloc_type(rl, i)] == KEEP_NOT)
            continue;
        RelocSite site = {p, s, reloc_get(p, rl, i)};
        KeptReloc k;
        if (site.r.siz && kept_reloc(&site, &k))
            size += p->format->put_kept(p, &k, out ? out + size : NULL);
    }
    return size;
}
