// dwarf_view.c - sections, abbreviations, entries and line programs.
#include "inspect/dwarf_view.h"

#include <stdio.h>
#include <zlib.h>

static void *zlib_alloc(void *arena, unsigned items, unsigned size) {
    return arena_alloc(arena, (size_t)items * size, 16);
}

static void zlib_free(void *arena, void *p) {
    (void)arena;
    (void)p; // the arena is released as a whole
}

static void inflate_section(DebugSect *s, Arena *a) {
    const ImageSect *c = s->sect;
    s->compressed = true;
    u64 size = c->unpacked;
    // Deflate shrinks to 1/1032 at best; a header that claims more is corrupt. zlib counts in 32 bits.
    if (size > c->nbytes * 1032 + 64 || size > UINT32_MAX || c->nbytes > UINT32_MAX) {
        s->problem = "impossible uncompressed size";
        return;
    }
    u8 *out = arena_array_raw(a, u8, size + 1);
    z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_free, .opaque = a};
    z.next_in = (Bytef *)(uintptr_t)(c->data + c->packed_head);
    z.avail_in = (uInt)(c->nbytes - c->packed_head);
    z.next_out = out;
    z.avail_out = (uInt)size + 1;
    int rc = inflateInit(&z) == Z_OK ? inflate(&z, Z_FINISH) : Z_MEM_ERROR;
    inflateEnd(&z);
    s->p = out;
    s->n = z.total_out < size ? z.total_out : size;
    if (rc != Z_STREAM_END || z.total_out != size)
        s->problem = "the zlib stream is corrupt";
}

DebugSect dwarf_section(const Image *im, Arena *a, const char *name) {
    DebugSect s = {0};
    static const char *const prefixes[] = {"__debug_", "__zdebug_", ".debug_", ".zdebug_"};
    for (u32 i = 0; i < COUNT_OF(prefixes) && !s.sect; i++) {
        char full[40];
        // Mach-O cuts section names at 16 bytes.
        int n = snprintf(full, sizeof full, "%s%s", prefixes[i], name);
        if (prefixes[i][0] == '_')
            n = MIN(n, 16);
        s.sect = image_sect_named(im, (Str){0}, (Str){full, (u32)n});
        if (s.sect && s.sect->packed_head)
            inflate_section(&s, a);
        else if (s.sect && strchr(prefixes[i], 'z'))
            s.problem = "no ZLIB header";
        else if (s.sect) {
            s.p = s.sect->data;
            s.n = s.sect->nbytes;
        }
    }
    return s;
}

void dwarf_deflate_blocks(const ImageSect *s, Arena *a, DeflateBlockVec *out) {
    u64 head = s->packed_head + 2; // and that of the zlib stream
    if (s->nbytes < head || s->nbytes > UINT32_MAX)
        return;
    const u8 *in = s->data + head;
    u64 n = s->nbytes - head;
    u8 window[32768];
    z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_free, .opaque = a};
    if (inflateInit2(&z, -15) != Z_OK)
        return;
    z.next_in = (Bytef *)(uintptr_t)in;
    z.avail_in = (uInt)n;
    bool at_boundary = true;
    for (;;) {
        if (at_boundary) {
            u64 bit = z.total_in * 8 - (z.data_type & 7u);
            // A block starts with a bit "last" and two bits of type.
            u32 word = 0;
            for (u64 i = 0; i < 2 && bit / 8 + i < n; i++)
                word |= (u32)in[bit / 8 + i] << (8 * i);
            DeflateBlock b = {bit, z.total_out, (u8)(word >> (bit % 8 + 1) & 3)};
            vec_push(a, out, b);
        }
        z.next_out = window;
        z.avail_out = sizeof window;
        int rc = inflate(&z, Z_BLOCK);
        if (rc != Z_OK)
            break;
        // Bit 7: inflate stopped behind a block's end; bit 6: in the last block.
        at_boundary = (z.data_type & 128) && !(z.data_type & 64);
    }
    inflateEnd(&z);
}

AbbrevTable dwarf_abbrevs(const DebugSect *s, Arena *a, u64 off) {
    AbbrevTable t = {0};
    ByteReader r = {.p = s->p, .n = s->n, .off = MIN(off, s->n)};
    while (!r.bad) {
        Abbrev ab = {.code = read_uleb(&r)};
        if (ab.code == 0)
            break;
        ab.tag = (u32)read_uleb(&r);
        ab.children = read_u8(&r) != 0;
        ab.first = t.attrs.n;
        while (!r.bad) {
            AbbrevAttr at = {.name = (u32)read_uleb(&r)};
            at.form = (u32)read_uleb(&r);
            if (at.form == 0x21) // DW_FORM_implicit_const
                at.implicit = read_sleb(&r);
            if (at.name == 0 && at.form == 0)
                break;
            vec_push(a, &t.attrs, at);
        }
        ab.count = t.attrs.n - ab.first;
        vec_push(a, &t.abbrevs, ab);
    }
    t.bad = r.bad || !s->p;
    return t;
}

const Abbrev *dwarf_abbrev(const AbbrevTable *t, u64 code) {
    if (code - 1 < t->abbrevs.n && t->abbrevs.v[code - 1].code == code) // the usual numbering: 1, 2, 3, …
        return &t->abbrevs.v[code - 1];
    for (u32 i = 0; i < t->abbrevs.n; i++)
        if (t->abbrevs.v[i].code == code)
            return &t->abbrevs.v[i];
    return NULL;
}

bool dwarf_next_unit(const DebugSect *info, u64 *off, DwarfUnit *u) {
    ByteReader r = {.p = info->p, .n = info->n, .off = *off};
    if (*off >= info->n)
        return false;
    u64 len = read_u32(&r);
    *u = (DwarfUnit){.off = *off};
    if (len >= 0xfffffff0 || len > info->n - MIN(r.off, info->n))
        return false;
    u->end = r.off + len;
    u->version = read_u16(&r);
    if (u->version >= 5) {
        u->unit_type = read_u8(&r);
        u->addr_size = read_u8(&r);
        u->abbrev_off = read_u32(&r);
    } else {
        u->abbrev_off = read_u32(&r);
        u->addr_size = read_u8(&r);
    }
    u->die_off = r.off;
    *off = u->end;
    return !r.bad && u->die_off <= u->end && u->version >= 2 && u->version <= 5;
}

static void read_view(ByteReader *r, u64 n, DieAttr *at) {
    const u8 *p = n <= UINT32_MAX ? read_bytes(r, n) : NULL;
    if (!p) {
        r->bad = true;
        return;
    }
    at->bytes = (Str){(const char *)p, (u32)n};
    at->is_bytes = true;
}

static u64 read_fixed(ByteReader *r, u32 n) {
    u64 v = 0;
    for (u32 i = 0; i < n; i++)
        v |= (u64)read_u8(r) << (8 * i);
    return v;
}

// How the value of each form is stored (DWARF 5, section 7.5.6; DWARF 4 is a subset): 1 to 8 are bytes of a
// number.
enum {
    ADDRESS = 9,
    REF_ADDRESS,
    ULEB,
    SLEB,
    STRING,
    BLOCK,
    BLOCK1,
    BLOCK2,
    BLOCK4,
    BYTES16,
    PRESENT,
    IMPLICIT
};

static const u8 form_storage[] = {
    [0x01] = ADDRESS,     // addr
    [0x03] = BLOCK2,      // block2
    [0x04] = BLOCK4,      // block4
    [0x05] = 2,           // data2
    [0x06] = 4,           // data4
    [0x07] = 8,           // data8
    [0x08] = STRING,      // string
    [0x09] = BLOCK,       // block
    [0x0a] = BLOCK1,      // block1
    [0x0b] = 1,           // data1
    [0x0c] = 1,           // flag
    [0x0d] = SLEB,        // sdata
    [0x0e] = 4,           // strp
    [0x0f] = ULEB,        // udata
    [0x10] = REF_ADDRESS, // ref_addr
    [0x11] = 1,           // ref1
    [0x12] = 2,           // ref2
    [0x13] = 4,           // ref4
    [0x14] = 8,           // ref8
    [0x15] = ULEB,        // ref_udata
    [0x17] = 4,           // sec_offset
    [0x18] = BLOCK,       // exprloc
    [0x19] = PRESENT,     // flag_present
    [0x1a] = ULEB,        // strx
    [0x1b] = ULEB,        // addrx
    [0x1e] = BYTES16,     // data16
    [0x1f] = 4,           // line_strp
    [0x20] = 8,           // ref_sig8
    [0x21] = IMPLICIT,    // implicit_const
    [0x22] = ULEB,        // loclistx
    [0x23] = ULEB,        // rnglistx
    [0x25] = 1,           // strx1
    [0x26] = 2,           // strx2
    [0x27] = 3,           // strx3
    [0x28] = 4,           // strx4
    [0x29] = 1,           // addrx1
    [0x2a] = 2,           // addrx2
    [0x2b] = 3,           // addrx3
    [0x2c] = 4,           // addrx4
};

void dwarf_read_form(ByteReader *r, const DwarfUnit *u, DieAttr *at) {
    u8 storage = at->form < COUNT_OF(form_storage) ? form_storage[at->form] : 0;
    switch (storage) {
    case 0: r->bad = true; break;
    case ADDRESS: at->num = read_fixed(r, MIN(u->addr_size, 8)); break;
    case REF_ADDRESS: // of address size in DWARF 2, an offset since
        at->num = read_fixed(r, u->version <= 2 ? MIN(u->addr_size, 8) : 4);
        break;
    case ULEB: at->num = read_uleb(r); break;
    case SLEB: at->num = (u64)read_sleb(r); break;
    case STRING:
        at->bytes = read_cstr(r);
        at->is_bytes = true;
        break;
    case BLOCK: read_view(r, read_uleb(r), at); break;
    case BLOCK1: read_view(r, read_u8(r), at); break;
    case BLOCK2: read_view(r, read_u16(r), at); break;
    case BLOCK4: read_view(r, read_u32(r), at); break;
    case BYTES16: read_view(r, 16, at); break;
    case PRESENT: at->num = 1; break;
    case IMPLICIT: // the value is in the abbreviation
        break;
    default: at->num = read_fixed(r, storage);
    }
}

bool dwarf_read_die(ByteReader *r, const AbbrevTable *t, const DwarfUnit *u, Die *die) {
    die->off = r->off;
    die->tag = die->nattrs = 0;
    die->children = false;
    die->code = r->off < r->n ? read_uleb(r) : 0;
    if (r->bad || die->off >= r->n)
        return false;
    if (die->code == 0)
        return true;
    const Abbrev *ab = dwarf_abbrev(t, die->code);
    if (!ab)
        return false;
    die->tag = ab->tag;
    die->children = ab->children;
    for (u32 i = 0; i < ab->count && !r->bad; i++) {
        const AbbrevAttr *spec = &t->attrs.v[ab->first + i];
        DieAttr at = {.name = spec->name, .form = spec->form, .num = (u64)spec->implicit};
        dwarf_read_form(r, u, &at);
        if (die->nattrs < DIE_MAX_ATTRS)
            die->attrs[die->nattrs++] = at;
    }
    return !r->bad;
}

const DieAttr *dwarf_attr(const Die *die, u32 name) {
    for (u32 i = 0; i < die->nattrs; i++)
        if (die->attrs[i].name == name)
            return &die->attrs[i];
    return NULL;
}

typedef struct {
    u32 value;
    const char *name;
} ValueName;

static const char *value_name(Arena *a, const ValueName *v, u32 n, u32 value, const char *what) {
    for (u32 i = 0; i < n; i++)
        if (v[i].value == value)
            return v[i].name;
    return arena_printf(a, "%s 0x%x", what, value).p;
}

const char *dwarf_tag_name(Arena *a, u32 tag) {
    static const ValueName names[] = {
        {0x01, "DW_TAG_array_type"},
        {0x05, "DW_TAG_formal_parameter"},
        {0x0b, "DW_TAG_lexical_block"},
        {0x0d, "DW_TAG_member"},
        {0x0f, "DW_TAG_pointer_type"},
        {0x11, "DW_TAG_compile_unit"},
        {0x12, "DW_TAG_string_type"},
        {0x13, "DW_TAG_structure_type"},
        {0x15, "DW_TAG_subroutine_type"},
        {0x16, "DW_TAG_typedef"},
        {0x18, "DW_TAG_unspecified_parameters"},
        {0x1d, "DW_TAG_inlined_subroutine"},
        {0x21, "DW_TAG_subrange_type"},
        {0x24, "DW_TAG_base_type"},
        {0x27, "DW_TAG_constant"},
        {0x2e, "DW_TAG_subprogram"},
        {0x34, "DW_TAG_variable"},
        {0x3b, "DW_TAG_unspecified_type"},
    };
    return value_name(a, names, COUNT_OF(names), tag, "tag");
}

const char *dwarf_attr_name(Arena *a, u32 name) {
    static const ValueName names[] = {
        {0x01, "DW_AT_sibling"},
        {0x02, "DW_AT_location"},
        {0x03, "DW_AT_name"},
        {0x0b, "DW_AT_byte_size"},
        {0x10, "DW_AT_stmt_list"},
        {0x11, "DW_AT_low_pc"},
        {0x12, "DW_AT_high_pc"},
        {0x13, "DW_AT_language"},
        {0x1b, "DW_AT_comp_dir"},
        {0x1c, "DW_AT_const_value"},
        {0x20, "DW_AT_inline"},
        {0x25, "DW_AT_producer"},
        {0x2f, "DW_AT_upper_bound"},
        {0x31, "DW_AT_abstract_origin"},
        {0x37, "DW_AT_count"},
        {0x38, "DW_AT_data_member_location"},
        {0x39, "DW_AT_decl_column"},
        {0x3a, "DW_AT_decl_file"},
        {0x3b, "DW_AT_decl_line"},
        {0x3e, "DW_AT_encoding"},
        {0x3f, "DW_AT_external"},
        {0x40, "DW_AT_frame_base"},
        {0x49, "DW_AT_type"},
        {0x4a, "DW_AT_use_location"},
        {0x4b, "DW_AT_variable_parameter"},
        {0x50, "DW_AT_data_location"},
        {0x55, "DW_AT_ranges"},
        {0x57, "DW_AT_call_column"},
        {0x58, "DW_AT_call_file"},
        {0x59, "DW_AT_call_line"},
        {0x73, "DW_AT_addr_base"},
        {0x74, "DW_AT_rnglists_base"},
        {0x8c, "DW_AT_loclists_base"},
        {0x2900, "DW_AT_go_kind"},
        {0x2901, "DW_AT_go_key"},
        {0x2902, "DW_AT_go_elem"},
        {0x2903, "DW_AT_go_embedded_field"},
        {0x2904, "DW_AT_go_runtime_type"},
        {0x2905, "DW_AT_go_package_name"},
        {0x2906, "DW_AT_go_dict_index"},
        {0x2907, "DW_AT_go_closure_offset"},
    };
    return value_name(a, names, COUNT_OF(names), name, "attribute");
}
