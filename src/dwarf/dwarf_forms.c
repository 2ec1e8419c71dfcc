// dwarf_forms.c - the abbreviation table as data, and its encoding.
#include "dwarf/dwarf_forms.h"

#define DWARF4(udata_form)                                                                                    \
    {                                                                                                         \
        .version = 4, .line_version = 2, .udata = udata_form, .lo_pc = DW_FORM_addr, .hi_pc = DW_FORM_addr,   \
        .ranges = STR_INIT(".debug_ranges"), .loc = STR_INIT(".debug_loc"),                                   \
    }
#define DWARF5(udata_form)                                                                                    \
    {                                                                                                         \
        .version = 5, .line_version = 5, .udata = udata_form, .lo_pc = DW_FORM_addrx, .hi_pc = DW_FORM_udata, \
        .addr_table = true, .ranges = STR_INIT(".debug_rnglists"), .loc = STR_INIT(".debug_loclists"),        \
    }

const DwarfForms dwarf4_darwin_forms = DWARF4(DW_FORM_data4);
const DwarfForms dwarf4_forms = DWARF4(DW_FORM_udata);
const DwarfForms dwarf5_darwin_forms = DWARF5(DW_FORM_data4);
const DwarfForms dwarf5_forms = DWARF5(DW_FORM_udata);

#define NAME {DW_AT_name, DW_FORM_string}
#define TYPE {DW_AT_type, DW_FORM_ref_addr}
#define ORIGIN {DW_AT_abstract_origin, DW_FORM_ref_addr}
#define LO_PC {DW_AT_low_pc, DW_FORM_lo_pc_pseudo}
#define HI_PC {DW_AT_high_pc, DW_FORM_hi_pc_pseudo}
#define RANGES {DW_AT_ranges, DW_FORM_sec_offset}
#define FRAME_BASE {DW_AT_frame_base, DW_FORM_block1}
#define LINE {DW_AT_decl_line, DW_FORM_udata}
#define EXTERNAL {DW_AT_external, DW_FORM_flag}
#define RESULT {DW_AT_variable_parameter, DW_FORM_flag}
#define LOCATION {DW_AT_location, DW_FORM_block1}
#define LOCATION_LIST {DW_AT_location, DW_FORM_sec_offset}
#define CLOSURE_OFF {DW_AT_go_closure_offset, DW_FORM_udata}
#define BYTE_SIZE {DW_AT_byte_size, DW_FORM_udata}
#define KIND {DW_AT_go_kind, DW_FORM_data1}
#define RTYPE {DW_AT_go_runtime_type, DW_FORM_addr}
#define ELEM {DW_AT_go_elem, DW_FORM_ref_addr}
#define KEY {DW_AT_go_key, DW_FORM_ref_addr}
#define CALL_FILE {DW_AT_call_file, DW_FORM_data4}
#define CALL_LINE {DW_AT_call_line, DW_FORM_udata_pseudo}

// clang-format off
static const Abbrev abbrevs[] = {
    [ABRV_COMPUNIT] = {DW_TAG_compile_unit, true,
        {NAME, {DW_AT_language, DW_FORM_data1}, {DW_AT_stmt_list, DW_FORM_sec_offset},
         {DW_AT_low_pc, DW_FORM_addr}, RANGES, {DW_AT_comp_dir, DW_FORM_string},
         {DW_AT_producer, DW_FORM_string}, {DW_AT_go_package_name, DW_FORM_string}}},
    [ABRV_COMPUNIT_TEXTLESS] = {DW_TAG_compile_unit, true,
        {NAME, {DW_AT_language, DW_FORM_data1}, {DW_AT_comp_dir, DW_FORM_string},
         {DW_AT_producer, DW_FORM_string}, {DW_AT_go_package_name, DW_FORM_string}}},
    [ABRV_FUNCTION] = {DW_TAG_subprogram, true,
        {NAME, LO_PC, HI_PC, FRAME_BASE, {DW_AT_decl_file, DW_FORM_data4}, LINE, EXTERNAL}},
    [ABRV_WRAPPER] = {DW_TAG_subprogram, true,
        {NAME, LO_PC, HI_PC, FRAME_BASE, {DW_AT_trampoline, DW_FORM_flag}}},
    [ABRV_FUNCTION_ABSTRACT] = {DW_TAG_subprogram, true,
        {NAME, {DW_AT_inline, DW_FORM_data1}, LINE, EXTERNAL}},
    [ABRV_FUNCTION_CONCRETE] = {DW_TAG_subprogram, true, {ORIGIN, LO_PC, HI_PC, FRAME_BASE}},
    [ABRV_WRAPPER_CONCRETE] = {DW_TAG_subprogram, true,
        {ORIGIN, LO_PC, HI_PC, FRAME_BASE, {DW_AT_trampoline, DW_FORM_flag}}},
    [ABRV_INLINED_SUBROUTINE] = {DW_TAG_inlined_subroutine, true,
        {ORIGIN, LO_PC, HI_PC, CALL_FILE, CALL_LINE}},
    [ABRV_INLINED_SUBROUTINE_RANGES] = {DW_TAG_inlined_subroutine, true,
        {ORIGIN, RANGES, CALL_FILE, CALL_LINE}},
    [ABRV_VARIABLE] = {DW_TAG_variable, false, {NAME, LOCATION, TYPE, EXTERNAL}},
    [ABRV_INT_CONSTANT] = {DW_TAG_constant, false, {NAME, TYPE, {DW_AT_const_value, DW_FORM_sdata}}},
    [ABRV_LEXICAL_BLOCK_RANGES] = {DW_TAG_lexical_block, true, {RANGES}},
    [ABRV_LEXICAL_BLOCK_SIMPLE] = {DW_TAG_lexical_block, true,
        {{DW_AT_low_pc, DW_FORM_addr}, {DW_AT_high_pc, DW_FORM_addr}}},
    [ABRV_STRUCTFIELD] = {DW_TAG_member, false,
        {NAME, {DW_AT_data_member_location, DW_FORM_udata}, TYPE, {DW_AT_go_embedded_field, DW_FORM_flag}}},
    [ABRV_FUNCTYPEPARAM] = {DW_TAG_formal_parameter, false, {TYPE}},
    [ABRV_FUNCTYPEOUTPARAM] = {DW_TAG_formal_parameter, false, {RESULT, TYPE}},
    [ABRV_DOTDOTDOT] = {DW_TAG_unspecified_parameters, false, {{0, 0}}},
    [ABRV_ARRAYRANGE] = {DW_TAG_subrange_type, false, {TYPE, {DW_AT_count, DW_FORM_udata}}},
    [ABRV_NULLTYPE] = {DW_TAG_unspecified_type, false, {NAME}},
    [ABRV_BASETYPE] = {DW_TAG_base_type, false,
        {NAME, {DW_AT_encoding, DW_FORM_data1}, {DW_AT_byte_size, DW_FORM_data1}, KIND, RTYPE}},
    [ABRV_ARRAYTYPE] = {DW_TAG_array_type, true, {NAME, TYPE, BYTE_SIZE, KIND, RTYPE}},
    [ABRV_CHANTYPE] = {DW_TAG_typedef, false, {NAME, TYPE, KIND, RTYPE, ELEM}},
    [ABRV_FUNCTYPE] = {DW_TAG_subroutine_type, true, {NAME, BYTE_SIZE, KIND, RTYPE}},
    [ABRV_IFACETYPE] = {DW_TAG_typedef, true, {NAME, TYPE, KIND, RTYPE}},
    [ABRV_MAPTYPE] = {DW_TAG_typedef, false, {NAME, TYPE, KIND, RTYPE, KEY, ELEM}},
    [ABRV_PTRTYPE] = {DW_TAG_pointer_type, false, {NAME, TYPE, KIND, RTYPE}},
    [ABRV_BARE_PTRTYPE] = {DW_TAG_pointer_type, false, {NAME, RTYPE}},
    [ABRV_SLICETYPE] = {DW_TAG_structure_type, true, {NAME, BYTE_SIZE, KIND, RTYPE, ELEM}},
    [ABRV_STRINGTYPE] = {DW_TAG_structure_type, true, {NAME, BYTE_SIZE, KIND, RTYPE}},
    [ABRV_STRUCTTYPE] = {DW_TAG_structure_type, true, {NAME, BYTE_SIZE, KIND, RTYPE}},
    [ABRV_TYPEDECL] = {DW_TAG_typedef, false, {NAME, TYPE}},
    [ABRV_DICT_INDEX] = {DW_TAG_typedef, false, {NAME, TYPE, {DW_AT_go_dict_index, DW_FORM_udata}}},
    // Variables and parameters: in an abstract function; with an abstract origin; captured by a closure;
    // others.
    [ABRV_PUTVAR_START] = {DW_TAG_variable, false, {NAME, LINE, TYPE}},
    {DW_TAG_formal_parameter, false, {NAME, RESULT, TYPE}},
    {DW_TAG_variable, false, {ORIGIN, LOCATION_LIST}},
    {DW_TAG_variable, false, {ORIGIN, LOCATION}},
    {DW_TAG_variable, false, {NAME, LINE, TYPE, CLOSURE_OFF, LOCATION_LIST}},
    {DW_TAG_variable, false, {NAME, LINE, TYPE, CLOSURE_OFF, LOCATION}},
    {DW_TAG_variable, false, {NAME, LINE, TYPE, LOCATION_LIST}},
    {DW_TAG_variable, false, {NAME, LINE, TYPE, LOCATION}},
    {DW_TAG_formal_parameter, false, {ORIGIN, LOCATION_LIST}},
    {DW_TAG_formal_parameter, false, {ORIGIN, LOCATION}},
    {DW_TAG_formal_parameter, false, {NAME, RESULT, LINE, TYPE, CLOSURE_OFF, LOCATION_LIST}},
    {DW_TAG_formal_parameter, false, {NAME, RESULT, LINE, TYPE, CLOSURE_OFF, LOCATION}},
    {DW_TAG_formal_parameter, false, {NAME, RESULT, LINE, TYPE, LOCATION_LIST}},
    {DW_TAG_formal_parameter, false, {NAME, RESULT, LINE, TYPE, LOCATION}},
};
// clang-format on

const Abbrev *dwarf_abbrev_row(u32 abbrev) {
    return &abbrevs[abbrev];
}

u8 dwarf_form(const DwarfForms *f, u8 form) {
    switch (form) {
    case DW_FORM_udata_pseudo: return f->udata;
    case DW_FORM_lo_pc_pseudo: return f->lo_pc;
    case DW_FORM_hi_pc_pseudo: return f->hi_pc;
    default: return form;
    }
}

void dwarf_put_abbrevs(const DwarfForms *f, ByteBuf *out) {
    for (u32 i = 1; i < COUNT_OF(abbrevs); i++) {
        const Abbrev *ab = &abbrevs[i];
        buf_uleb(out, i);
        buf_uleb(out, ab->tag);
        buf_u8(out, ab->children);
        for (const AttrForm *af = ab->attr; af->attr; af++) {
            buf_uleb(out, af->attr);
            buf_uleb(out, dwarf_form(f, af->form));
        }
        if (dwarf_has_addr_base(f, i)) {
            buf_uleb(out, DW_AT_addr_base);
            buf_uleb(out, DW_FORM_sec_offset);
        }
        buf_u16(out, 0);
    }
    buf_u8(out, 0);
}
