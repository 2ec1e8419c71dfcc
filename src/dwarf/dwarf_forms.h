// dwarf_forms.h - the vocabulary of DWARF as Go uses it: tags, attributes, forms, and the table of
// abbreviations.
//
// WHAT  An entry (DIE) in .debug_info starts with the number of an abbreviation: a row of a fixed table that
//       says which tag the entry has, whether entries follow inside it, and which attributes come in which
//       form. The same table serves the whole program, because compiler and linker agree on the numbers:
//       functions, variables and constants arrive as finished bytes that use them.
// HOW   The table is data. What depends on the DWARF version or the platform is a pseudo-form, replaced by
//       dwarf_form. The version is the compiler's choice, the experiment "dwarf5": off on darwin, on elsewhere.
// RULES The order of rows is part of the output and of what compilers wrote into objects.
// REF   cmd/internal/dwarf/dwarf.go: abbrevs; cmd/internal/dwarf/putvarabbrevgen.go; DWARF 4, section 7.5.
#pragma once

#include "base/bytes.h"

enum {
    DW_TAG_array_type = 0x01,
    DW_TAG_formal_parameter = 0x05,
    DW_TAG_lexical_block = 0x0b,
    DW_TAG_member = 0x0d,
    DW_TAG_pointer_type = 0x0f,
    DW_TAG_compile_unit = 0x11,
    DW_TAG_structure_type = 0x13,
    DW_TAG_subroutine_type = 0x15,
    DW_TAG_typedef = 0x16,
    DW_TAG_unspecified_parameters = 0x18,
    DW_TAG_inlined_subroutine = 0x1d,
    DW_TAG_subrange_type = 0x21,
    DW_TAG_base_type = 0x24,
    DW_TAG_constant = 0x27,
    DW_TAG_subprogram = 0x2e,
    DW_TAG_variable = 0x34,
    DW_TAG_unspecified_type = 0x3b,
};

enum {
    DW_AT_location = 0x02,
    DW_AT_name = 0x03,
    DW_AT_byte_size = 0x0b,
    DW_AT_stmt_list = 0x10,
    DW_AT_low_pc = 0x11,
    DW_AT_high_pc = 0x12,
    DW_AT_language = 0x13,
    DW_AT_comp_dir = 0x1b,
    DW_AT_const_value = 0x1c,
    DW_AT_inline = 0x20,
    DW_AT_producer = 0x25,
    DW_AT_abstract_origin = 0x31,
    DW_AT_count = 0x37,
    DW_AT_data_member_location = 0x38,
    DW_AT_decl_file = 0x3a,
    DW_AT_decl_line = 0x3b,
    DW_AT_encoding = 0x3e,
    DW_AT_external = 0x3f,
    DW_AT_frame_base = 0x40,
    DW_AT_type = 0x49,
    DW_AT_variable_parameter = 0x4b,
    DW_AT_ranges = 0x55,
    DW_AT_trampoline = 0x56,
    DW_AT_call_file = 0x58,
    DW_AT_call_line = 0x59,
    DW_AT_addr_base = 0x73,
    // Go's own
    DW_AT_go_kind = 0x2900,
    DW_AT_go_key = 0x2901,
    DW_AT_go_elem = 0x2902,
    DW_AT_go_embedded_field = 0x2903,
    DW_AT_go_runtime_type = 0x2904,
    DW_AT_go_package_name = 0x2905,
    DW_AT_go_dict_index = 0x2906,
    DW_AT_go_closure_offset = 0x2907,
};

enum {
    DW_FORM_addr = 0x01,
    DW_FORM_data4 = 0x06,
    DW_FORM_string = 0x08,
    DW_FORM_block1 = 0x0a,
    DW_FORM_data1 = 0x0b,
    DW_FORM_flag = 0x0c,
    DW_FORM_sdata = 0x0d,
    DW_FORM_udata = 0x0f,
    DW_FORM_ref_addr = 0x10,
    DW_FORM_sec_offset = 0x17,
    DW_FORM_addrx = 0x1b,
    // Replaced by dwarf_form; never written.
    DW_FORM_udata_pseudo = 0x99,
    DW_FORM_lo_pc_pseudo = 0x9a,
    DW_FORM_hi_pc_pseudo = 0x9b,
};

enum {
    DW_ATE_boolean = 0x02,
    DW_ATE_complex_float = 0x03,
    DW_ATE_float = 0x04,
    DW_ATE_signed = 0x05,
    DW_ATE_unsigned = 0x07,
    DW_LANG_Go = 0x16,
    DW_UT_compile = 0x01,
    DW_LNCT_path = 0x01,
    DW_LNCT_directory_index = 0x02,
};

// Rows of the table that the linker names.
enum {
    ABRV_COMPUNIT = 1,
    ABRV_COMPUNIT_TEXTLESS,
    ABRV_FUNCTION,
    ABRV_WRAPPER,
    ABRV_FUNCTION_ABSTRACT,
    ABRV_FUNCTION_CONCRETE,
    ABRV_WRAPPER_CONCRETE,
    ABRV_INLINED_SUBROUTINE,
    ABRV_INLINED_SUBROUTINE_RANGES,
    ABRV_VARIABLE,
    ABRV_INT_CONSTANT,
    ABRV_LEXICAL_BLOCK_RANGES,
    ABRV_LEXICAL_BLOCK_SIMPLE,
    ABRV_STRUCTFIELD,
    ABRV_FUNCTYPEPARAM,
    ABRV_FUNCTYPEOUTPARAM,
    ABRV_DOTDOTDOT,
    ABRV_ARRAYRANGE,
    ABRV_NULLTYPE,
    ABRV_BASETYPE,
    ABRV_ARRAYTYPE,
    ABRV_CHANTYPE,
    ABRV_FUNCTYPE,
    ABRV_IFACETYPE,
    ABRV_MAPTYPE,
    ABRV_PTRTYPE,
    ABRV_BARE_PTRTYPE,
    ABRV_SLICETYPE,
    ABRV_STRINGTYPE,
    ABRV_STRUCTTYPE,
    ABRV_TYPEDECL,
    ABRV_DICT_INDEX,
    ABRV_PUTVAR_START,
};

enum { ABRV_MAX_ATTR = 9 };

typedef struct {
    u16 attr;
    u8 form;
} AttrForm;

typedef struct {
    u8 tag;
    bool children;
    AttrForm attr[ABRV_MAX_ATTR]; // up to attr == 0
} Abbrev;

// How a version of DWARF is written for a platform.
typedef struct DwarfForms {
    u8 version;      // of .debug_info: 4 or 5
    u8 line_version; // of .debug_line
    u8 udata;        // form of numbers that darwin's dsymutil wants as four bytes
    u8 lo_pc, hi_pc; // forms of a function's range
    bool addr_table; // addresses are indexes into .debug_addr, and lists have headers (DWARF 5)
    Str ranges, loc; // names of the sections of ranges and locations
} DwarfForms;

extern const DwarfForms dwarf4_darwin_forms, dwarf4_forms, dwarf5_darwin_forms, dwarf5_forms;

// Row `abbrev` of the table.
const Abbrev *dwarf_abbrev_row(u32 abbrev);

// The form that stands for a form of the table.
u8 dwarf_form(const DwarfForms *f, u8 form);

// Units with code have one more attribute in DWARF 5 than the table shows, the last one.
static inline bool dwarf_has_addr_base(const DwarfForms *f, u32 abbrev) {
    return f->addr_table && abbrev == ABRV_COMPUNIT;
}

// Appends the contents of .debug_abbrev.
void dwarf_put_abbrevs(const DwarfForms *f, ByteBuf *out);
