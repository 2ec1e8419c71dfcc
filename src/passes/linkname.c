// linkname.c - which references by name between packages are allowed.
//
// A linkname directive lets a package refer to another one's symbols behind the compiler's back. Names of the standard library
// may be pulled like that only when the definition agrees (a "push" linkname there), and some names by one package only: a
// list that each release extends.
// REF  cmd/link/internal/loader/loader.go: checkLinkname, blockedLinknames.
#include "passes/linkname.h"

#include "base/diag.h"

// The frozen copies crypto/internal/fips140/vX.Y.Z/... may do what crypto/internal/fips140/... may.
static bool same_package(Arena *a, Str pkg, Str allowed) {
    if (str_eq(pkg, allowed))
        return true;
    Str frozen = STR("crypto/internal/fips140/v");
    if (!str_has_prefix(pkg, frozen))
        return false;
    Str rest = str_slice(pkg, frozen.n, pkg.n);
    i64 slash = str_index_byte(rest, '/');
    Str tail = slash < 0 ? (Str){0} : str_slice(rest, (u32)slash, rest.n);
    return str_eq(arena_printf(a, "crypto/internal/fips140" STR_FMT, STR_ARG(tail)), allowed);
}

// Definitions in assembly have no linkname themselves: the one of the ABI wrapper counts. Returns whether the reference is
// allowed without looking further.
static bool asm_definition_allows(const Program *p, Str pkg, Str name, const Object **def, u32 *local) {
    if (str_has_prefix(name, pkg)) // defined in assembly under the other package's name: pushed to it
        return true;
    if (str_index_byte(name, '.') < 0) // not a Go name
        return true;
    if (!memmem(p->header.p, p->header.n, "regabiwrappers", 14))
        return true;
    SymId wrapper = sym_lookup(p, name, 1 - object_sym_version(*def, *local));
    if (wrapper.i && !sym_is_made(p, wrapper))
        *def = sym_object(p, wrapper, local);
    return !*def;
}

static bool linkname_allowed(const Program *p, Arena *scratch, const Object *from, Str name, SymId s) {
    Str pkg = p->libs.v[from->lib].pkg;
    for (u32 i = 0; i < *p->rel->nblocked_linknames; i++) {
        const BlockedLinkname *b = &p->rel->blocked_linknames[i];
        if (str_eq(b->name, name))
            return b->pkg.n && same_package(scratch, pkg, b->pkg);
    }
    u32 local;
    const Object *def = sym_object(p, s, &local);
    if (!def || !(def->flags & OBJ_STD) || str_eq(p->libs.v[def->lib].pkg, pkg))
        return true;
    u32 flags = object_sym_flags(def, local);
    if (!p->rel->linkname_checks_asm)
        return flags & (SYMF_LINKNAME | SYMF_ABIWRAPPER);
    if (def->flags & OBJ_FROM_ASSEMBLY && !(flags & (SYMF_LINKNAME | SYMF_LINKNAME_STD))) {
        if (asm_definition_allows(p, pkg, name, &def, &local))
            return true;
        flags = object_sym_flags(def, local);
    }
    return (flags & SYMF_LINKNAME_STD && from->flags & OBJ_STD) || flags & SYMF_LINKNAME;
}

void check_linkname(const Program *p, Arena *scratch, const Object *from, Str name, SymId s) {
    if (p->opt->checklinkname && !linkname_allowed(p, scratch, from, name, s))
        refuse(STR_FMT ": invalid reference to " STR_FMT, STR_ARG(p->libs.v[from->lib].pkg), STR_ARG(name));
}
