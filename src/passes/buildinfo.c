// buildinfo.c - what `go version -m` reads: release, modules and build settings.
//
//     offset  size
//          0    14  ff " Go buildinf:"
//         14     1  pointer size
//         15     1  flags: 1 big-endian, 2 strings follow (always today)
//         16    16  zeros (were pointers before Go 1.18)
//         32        two strings, each a varint length and bytes: release, module information
//                   zeros up to a multiple of 16, which Apple's linker wants
//
// The reader looks for the first bytes at multiples of 16 in the writable segment. go:buildinfo.ref keeps an
// external linker from dropping the section.
// REF   cmd/link/internal/ld/data.go: buildinfo; debug/buildinfo/buildinfo.go.
#include "arch/arch.h"
#include "base/bytes.h"
#include "passes/define.h"
#include "passes/passes.h"

enum { HEADER_SIZE = 32, ALIGN = 16, FLAG_INLINE_STRINGS = 2 };

static Str string_value(const Program *p, Str name) {
    for (u32 i = 0; i < p->strdata.n; i++)
        if (str_eq(p->strdata.v[i].name, name))
            return p->strdata.v[i].value;
    return (Str){0};
}

static void put_string(ByteBuf *b, Str s) {
    buf_uleb(b, s.n);
    buf_str(b, s);
}

// Requires: Program.strdata.   Provides: go:buildinfo, go:buildinfo.ref.
void add_build_info(Program *p) {
    SymId info = define_symbol(p, STR("go:buildinfo"), SYM_BUILDINFO);
    sym_set_align(p, info, ALIGN);
    ByteBuf b = {.arena = &p->arena};
    buf_str(&b, STR("\xff Go buildinf:"));
    buf_u8(&b, p->arch->ptr_size);
    buf_u8(&b, FLAG_INLINE_STRINGS);
    buf_zeros(&b, HEADER_SIZE - b.n);
    put_string(&b, string_value(p, STR("runtime.buildVersion")));
    put_string(&b, string_value(p, STR("runtime.modinfo")));
    buf_zeros(&b, (u32)align_up(b.n, ALIGN) - b.n);
    sym_set_data(p, info, b.v, b.n);

    SymId ref = define_symbol(p, STR("go:buildinfo.ref"), SYM_RODATA);
    sym_set_align(p, ref, p->arch->ptr_size);
    sym_add_addr(p, ref, info, 0);
}
