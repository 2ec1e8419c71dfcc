// die.c - entries as bytes: types with their members, and the entries of units.
//
// An entry is the number of its abbreviation as ULEB128, then the attributes that the abbreviation lists, in
// that order and form; one that has nothing to say for an attribute writes zeros. Where the abbreviation says
// that entries follow inside, they follow, and a zero byte ends them. Sizes and bytes come from the same
// table, so they agree.
#include "base/diag.h"
#include "dwarf/dwarf_state.h"

// What an attribute of an entry says; which part counts depends on the form.
typedef struct {
    u64 number;
    Str text;
    u32 ref;   // the number is an offset in the section ref - 1 (DW_*); 0: it is not
    SymId sym; // it is the address of this symbol
} AttrValue;

enum { REF_SIZE = 4 }; // offset in a section: 32-bit DWARF

static u32 value_size(const Dwarf *d, u8 form, const AttrValue *v) {
    switch (form) {
    case DW_FORM_addr: return d->ptr_size;
    case DW_FORM_data1:
    case DW_FORM_flag: return 1;
    case DW_FORM_ref_addr:
    case DW_FORM_sec_offset: return REF_SIZE;
    case DW_FORM_string: return v->text.n + 1;
    case DW_FORM_udata: return uleb_size(v->number);
    default: bug("form %u in an entry of the linker", form);
    }
}

static u8 *put_value(const Dwarf *d, u8 form, const AttrValue *v, u8 *out, DwKept *kept) {
    switch (form) {
    case DW_FORM_udata: return put_uleb(out, v->number);
    case DW_FORM_string:
        if (v->text.n)
            memcpy(out, v->text.p, v->text.n);
        out[v->text.n] = 0;
        return out + v->text.n + 1;
    default: {
        u32 n = value_size(d, form, v);
        memcpy(out, &v->number, n); // little-endian
        if (v->ref)
            dwarf_keep_offset(kept, out, v->ref - 1, n, (i64)v->number);
        else if (v->sym.i)
            dwarf_keep_address(kept, out, v->sym, n, 0);
        return out + n;
    }
    }
}

// ---- types ------------------------------------------------------------------------------------------------

// Offset of a descriptor in its section.
static u64 section_offset(const Dwarf *d, SymId s) {
    const Program *p = d->p;
    const Section *sect = p->sects.v[p->syms.sect[s.i]];
    return sect ? p->syms.addr[s.i] - sect->addr : 0;
}

static AttrValue info_offset(u64 off) {
    return (AttrValue){.number = off, .ref = 1 + DW_INFO};
}

static AttrValue type_ref(const Dwarf *d, u32 die) {
    return info_offset(d->types_off + d->dies.v[die].off);
}

// The value of an attribute of an entry. Addresses and references are looked up only when `final`.
static AttrValue die_value(const Dwarf *d, const Die *die, u16 attr, bool final) {
    switch (attr) {
    case DW_AT_name: return (AttrValue){.text = {die->name, die->name_n}};
    case DW_AT_byte_size: return (AttrValue){.number = die->size};
    case DW_AT_encoding: return (AttrValue){.number = die->encoding};
    case DW_AT_go_kind: return (AttrValue){.number = die->kind};
    default: break;
    }
    if (!final)
        return (AttrValue){0};
    switch (attr) {
    case DW_AT_type:
        // A channel or map that was first met after its pass of dwarf_synth.c refers to the descriptor
        // instead.
        return die->type ? type_ref(d, die->type) : (AttrValue){.number = section_offset(d, die->gotype)};
    case DW_AT_go_elem: return type_ref(d, die->elem);
    case DW_AT_go_key: return type_ref(d, die->key);
    case DW_AT_go_runtime_type:
        return (AttrValue){.number = die->rtype.i ? section_offset(d, die->rtype) : 0};
    default: bug("attribute %#x in the entry of a type", attr);
    }
}

static AttrValue member_value(const Dwarf *d, const Member *m, u16 attr, bool final) {
    switch (attr) {
    case DW_AT_name: return (AttrValue){.text = {m->name, m->name_n}};
    case DW_AT_data_member_location:
    case DW_AT_count: return (AttrValue){.number = m->value};
    case DW_AT_go_embedded_field: return (AttrValue){.number = m->embedded};
    case DW_AT_variable_parameter: return (AttrValue){.number = 1};
    case DW_AT_type: return final ? type_ref(d, m->type) : (AttrValue){0};
    default: bug("attribute %#x in a part of a type", attr);
    }
}

static u64 die_size(const Dwarf *d, const Die *die) {
    const Abbrev *ab = dwarf_abbrev_row(die->abbrev);
    u64 size = uleb_size(die->abbrev);
    for (const AttrForm *af = ab->attr; af->attr; af++) {
        AttrValue v = die_value(d, die, af->attr, false);
        size += value_size(d, af->form, &v);
    }
    if (!ab->children)
        return size;
    for (u32 i = 0; i < die->nchild; i++) {
        const Member *m = &d->members.v[die->child + i];
        size += uleb_size(m->abbrev);
        for (const AttrForm *af = dwarf_abbrev_row(m->abbrev)->attr; af->attr; af++) {
            AttrValue v = member_value(d, m, af->attr, false);
            size += value_size(d, af->form, &v);
        }
    }
    return size + 1;
}

static u8 *write_die(const Dwarf *d, const Die *die, u8 *out, DwKept *kept) {
    const Abbrev *ab = dwarf_abbrev_row(die->abbrev);
    out = put_uleb(out, die->abbrev);
    for (const AttrForm *af = ab->attr; af->attr; af++) {
        AttrValue v = die_value(d, die, af->attr, true);
        out = put_value(d, af->form, &v, out, kept);
    }
    if (!ab->children)
        return out;
    for (u32 i = 0; i < die->nchild; i++) {
        const Member *m = &d->members.v[die->child + i];
        out = put_uleb(out, m->abbrev);
        for (const AttrForm *af = dwarf_abbrev_row(m->abbrev)->attr; af->attr; af++) {
            AttrValue v = member_value(d, m, af->attr, true);
            out = put_value(d, af->form, &v, out, kept);
        }
    }
    *out = 0;
    return out + 1;
}

void dwarf_place_dies(Dwarf *d) {
    u64 off = 0;
    for (u32 i = 1; i < d->dies.n; i++) {
        d->dies.v[i].off = (u32)off;
        off += die_size(d, &d->dies.v[i]);
    }
    if (off != (u32)off)
        fatal("dwarf: the types need more than 4 GB");
    d->types_size = off;
}

void dwarf_write_dies(const Dwarf *d, u32 from, u32 to, u8 *out, DwKept *kept) {
    for (u32 i = from; i < to; i++)
        out = write_die(d, &d->dies.v[i], out, kept);
}

// ---- units ------------------------------------------------------------------------------------------------

// unit_length and version, then in DWARF 4 offset of the abbreviations and size of an address; DWARF 5 has a
// unit type, and the two the other way round.
static u32 unit_header_size(const Dwarf *d) {
    return d->forms->version >= 5 ? 4 + 2 + 1 + 1 + REF_SIZE : 4 + 2 + REF_SIZE + 1;
}

static u8 *put_unit_header(const Dwarf *d, const DwUnit *u, u8 *out, DwKept *kept) {
    bool v5 = d->forms->version >= 5;
    put_u32le(out, (u32)(u->info_size + (u->has_types ? d->types_size : 0) - 4));
    put_u16le(out + 4, d->forms->version);
    u8 *abbrevs = out + (v5 ? 8 : 6);
    if (v5)
        out[6] = DW_UT_compile;
    out[v5 ? 7 : 10] = (u8)d->ptr_size;
    put_u32le(abbrevs, 0);
    dwarf_keep_offset(kept, abbrevs, DW_ABBREV, REF_SIZE, 0);
    return out + unit_header_size(d);
}

static AttrValue unit_value(const Dwarf *d, const DwUnit *u, u16 attr) {
    const Program *p = d->p;
    switch (attr) {
    case DW_AT_name: return (AttrValue){.text = u->pkg};
    case DW_AT_language: return (AttrValue){.number = DW_LANG_Go};
    case DW_AT_stmt_list: return (AttrValue){.number = u->line_off, .ref = 1 + DW_LINE};
    case DW_AT_low_pc: {
        SymId first = p->units.v[u->unit].textp.v[0];
        return (AttrValue){.number = sym_addr(p, first), .sym = first};
    }
    case DW_AT_ranges: return (AttrValue){.number = u->ranges_off, .ref = 1 + DW_RANGES};
    case DW_AT_comp_dir: return (AttrValue){.text = STR(".")};
    case DW_AT_producer: return (AttrValue){.text = u->producer};
    case DW_AT_go_package_name: return (AttrValue){.text = u->pkgname};
    default: bug("attribute %#x in the entry of a unit", attr);
    }
}

static u32 unit_abbrev(const DwUnit *u) {
    return u->has_text ? ABRV_COMPUNIT : ABRV_COMPUNIT_TEXTLESS;
}

u64 dwarf_unit_die_size(const Dwarf *d, const DwUnit *u) {
    u64 size = unit_header_size(d) + uleb_size(unit_abbrev(u));
    for (const AttrForm *af = dwarf_abbrev_row(unit_abbrev(u))->attr; af->attr; af++) {
        AttrValue v = unit_value(d, u, af->attr);
        size += value_size(d, af->form, &v);
    }
    return size + (dwarf_has_addr_base(d->forms, unit_abbrev(u)) ? REF_SIZE : 0);
}

u8 *dwarf_write_unit_die(const Dwarf *d, const DwUnit *u, u8 *out, DwKept *kept) {
    out = put_unit_header(d, u, out, kept);
    out = put_uleb(out, unit_abbrev(u));
    for (const AttrForm *af = dwarf_abbrev_row(unit_abbrev(u))->attr; af->attr; af++) {
        AttrValue v = unit_value(d, u, af->attr);
        out = put_value(d, af->form, &v, out, kept);
    }
    if (dwarf_has_addr_base(d->forms, unit_abbrev(u))) {
        put_u32le(out, (u32)u->addr_off);
        dwarf_keep_offset(kept, out, DW_ADDR, REF_SIZE, (i64)u->addr_off);
        out += REF_SIZE;
    }
    return out;
}
