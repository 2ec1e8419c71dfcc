// linkmode.c - internal or external: who puts the file together.
//
// WHAT  A program with C code can be linked in two ways. Internally: the objects of the C compiler are read and laid
//       out like Go's. Externally: all of Go becomes one object, and the system's linker joins it with the others.
//       The first is faster and needs no C toolchain; it is chosen when all C code comes from packages that are
//       known to be simple enough (net, os/user, runtime/cgo and their like). Code of others may use what only the
//       system's linker knows.
//
//       -linkmode or GO_EXTLINK_ENABLED may ask for either. Some things can only be done externally: then a demand
//       for the internal way is an error that says why.
// REF   cmd/link/internal/ld/config.go: mustLinkExternal, determineLinkMode; lib.go: internalpkg;
//       internal/platform/supported.go.
#include "passes/linkmode.h"

#include "base/diag.h"
#include "handover.h"

static const Str simple_packages[] = {
    STR_INIT("crypto/internal/boring"),
    STR_INIT("crypto/internal/boring/syso"),
    STR_INIT("crypto/x509"),
    STR_INIT("net"),
    STR_INIT("os/user"),
    STR_INIT("runtime/cgo"),
    STR_INIT("runtime/race"),
    STR_INIT("runtime/race/internal/amd64v1"),
    STR_INIT("runtime/race/internal/amd64v3"),
    STR_INIT("runtime/msan"),
    STR_INIT("runtime/asan"),
};

static bool is_simple(Str pkg) {
    for (u32 i = 0; i < COUNT_OF(simple_packages); i++)
        if (str_eq(pkg, simple_packages[i]))
            return true;
    return false;
}

static bool has_cgo(const Program *p) {
    return strmap_get(&p->lib_by_pkg, STR("runtime/cgo"), 0) != STRMAP_NONE;
}

static bool can_use_plugins(const Program *p) {
    return (p->opt->target->modes & MODE_BIT(BUILDMODE_PLUGIN)) && has_cgo(p) &&
           strmap_get(&p->lib_by_pkg, STR("plugin"), 0) != STRMAP_NONE;
}

// A list as Go prints it: [a b].
static Str list_text(Arena *a, const StrVec *list) {
    ByteBuf b = {.arena = a};
    for (u32 i = 0; i < list->n; i++) {
        buf_u8(&b, i ? ' ' : '[');
        buf_str(&b, list->v[i]);
    }
    buf_u8(&b, ']');
    return (Str){(const char *)b.v, b.n};
}

// Why there is no other way than an external link; empty: there is.
static Str need_for_external(Program *p) {
    const Target *t = p->opt->target;
    Arena *a = &p->arena;
    if (t->traits & TARGET_ALWAYS_EXTERNAL)
        return arena_printf(a, "%s/%s requires external linking", t->goos, t->goarch);
    if (p->opt->msan)
        return STR("msan");
    if (p->opt->asan)
        return STR("asan");
    if ((t->traits & TARGET_CGO_EXTERNAL) && has_cgo(p))
        return arena_printf(a, "%s does not support internal cgo", t->goarch);
    BuildMode mode = p->opt->buildmode;
    if (mode != BUILDMODE_EXE && (mode != BUILDMODE_PIE || !(t->traits & TARGET_INTERNAL_PIE)))
        return arena_printf(a, "buildmode=%s", build_mode_name(mode));
    if (p->opt->linkshared)
        return STR("dynamically linking with a shared library");
    if (p->unknown_obj.n)
        return STR("some input objects have an unrecognized file format");
    if (p->no_dynimport.n)
        return arena_printf(a, "some packages could not be built to support internal linking (" STR_FMT ")",
                            STR_ARG(list_text(a, &p->no_dynimport)));
    return (Str){0};
}

// Why an external link is better though nothing demands it; empty: it is not.
static Str wish_for_external(Program *p) {
    if (!has_cgo(p))
        return (Str){0};
    for (u32 i = 0; i < p->host_objs.n; i++)
        if (!is_simple(p->host_objs.v[i].pkg))
            return arena_printf(&p->arena, "C code in package " STR_FMT, STR_ARG(p->host_objs.v[i].pkg));
    if (p->prefer_external.n)
        return arena_printf(&p->arena, "preferred by " STR_FMT, STR_ARG(list_text(&p->arena, &p->prefer_external)));
    return (Str){0};
}

void choose_link_mode(Program *p) {
    const Options *opt = p->opt;
    bool by_env = opt->linkmode == LINKMODE_AUTO && opt->extlink_enabled.n;
    LinkMode asked = !by_env                                  ? opt->linkmode
                     : str_eq(opt->extlink_enabled, STR("0")) ? LINKMODE_INTERNAL
                     : str_eq(opt->extlink_enabled, STR("1")) ? LINKMODE_EXTERNAL
                                                              : LINKMODE_AUTO;
    Str why = need_for_external(p);
    if (asked == LINKMODE_INTERNAL && why.n)
        fatal("internal linking requested %sbut external linking required: " STR_FMT,
              by_env ? "via GO_EXTLINK_ENABLED " : "", STR_ARG(why));
    if (asked == LINKMODE_AUTO && !why.n)
        why = wish_for_external(p);
    if (asked == LINKMODE_EXTERNAL && !why.n)
        why = STR("-linkmode=external");
    p->external = why.n;
    u32 mode = MODE_BIT(opt->buildmode);
    if (p->external && !(opt->target->gild_external & mode))
        handover("external linking (" STR_FMT ")", STR_ARG(why));
    if (!p->external && !(opt->target->gild_modes & mode))
        handover("-buildmode=%s for %s/%s", build_mode_name(opt->buildmode), opt->target->goos, opt->target->goarch);
    p->loads_plugins = can_use_plugins(p);
    p->go_dynlink = p->loads_plugins || opt->buildmode == BUILDMODE_PLUGIN ||
                    opt->buildmode == BUILDMODE_SHARED || opt->linkshared;
}
