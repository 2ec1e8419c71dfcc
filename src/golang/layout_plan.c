// layout_plan.c - the tables of layout_plan.h.
#include "golang/layout_plan.h"

#define NAME(s) STR_INIT(s)
#define KINDS(...) .kinds = {__VA_ARGS__}

// ---- writable data: the same in all releases, except for what .noptrbss holds -----------------------------

#define WRITABLE_SINGLE(kind) {.segment = PLAN_DATA, .rwx = 6, .flags = PLAN_SINGLE, KINDS(kind)}

// clang-format off
#define WRITABLE_ROWS \
    WRITABLE_SINGLE(SYM_BUILDINFO), \
    WRITABLE_SINGLE(SYM_FIPSINFO), \
    WRITABLE_SINGLE(SYM_ELF_SECT), \
    WRITABLE_SINGLE(SYM_MACHO), \
    WRITABLE_SINGLE(SYM_WINDOWS), \
    {.name = NAME(".go.module"), .rwx = 6, .flags = PLAN_IF_ANY, KINDS(SYM_MODULEDATA)}, \
    {.name = NAME(".got"), .rwx = 6, .flags = PLAN_IF_ANY, KINDS(SYM_ELF_GOT)}, \
    {.name = NAME(".got"), .rwx = 6, .flags = PLAN_IF_ANY, KINDS(SYM_MACHO_GOT)}, \
    {.name = NAME(".noptrdata"), .rwx = 6, \
     KINDS(SYM_NOPTRDATA, SYM_NOPTRDATA_FIPS_START, SYM_NOPTRDATA_FIPS, SYM_NOPTRDATA_FIPS_END, \
           SYM_NOPTRDATA_END), \
     .markers = {{NAME("runtime.noptrdata"), SYM_NOPTRDATA, MARK_START, 0}, \
                 {NAME("runtime.enoptrdata"), SYM_NOPTRDATA_END, MARK_END, 0}}}, \
    {.name = NAME(".init_array"), .rwx = 6, .flags = PLAN_IF_ANY | PLAN_LIBRARY, KINDS(SYM_INITARR)}, \
    {.name = NAME(".data"), .rwx = 6, \
     KINDS(SYM_DATA, SYM_DATA_FIPS_START, SYM_DATA_FIPS, SYM_DATA_FIPS_END, SYM_DATA_END, SYM_XCOFFTOC), \
     .markers = {{NAME("runtime.data"), SYM_DATA, MARK_START, 0}, \
                 {NAME("runtime.edata"), SYM_DATA_END, MARK_END, 0}}}, \
    {.name = NAME(".bss"), .rwx = 6, KINDS(SYM_BSS), \
     .markers = {{NAME("runtime.bss"), SYM_BSS, MARK_START, 0}, {NAME("runtime.ebss"), SYM_BSS, MARK_END, 0}}}

#define NOPTRBSS_MARKERS \
    {NAME("runtime.noptrbss"), SYM_NOPTRBSS, MARK_START, 0}, \
    {NAME("runtime.enoptrbss"), SYM_NOPTRBSS, MARK_END, 0}, \
    {NAME("runtime.covctrs"), SYM_COVERAGE_COUNTER, MARK_BEFORE, SYM_COVERAGE_COUNTER}, \
    {NAME("runtime.ecovctrs"), SYM_COVERAGE_COUNTER, MARK_AFTER, SYM_COVERAGE_COUNTER}

#define FUZZ_ROW \
    {.name = NAME(".go.fuzzcntrs"), .rwx = 6, .flags = PLAN_IF_ANY, KINDS(SYM_FUZZ_COUNTER), \
     .markers = {{NAME("runtime.__start___sancov_cntrs"), SYM_FUZZ_COUNTER, MARK_START, 0}, \
                 {NAME("runtime.__stop___sancov_cntrs"), SYM_FUZZ_COUNTER, MARK_END, 0}, \
                 {NAME("internal/fuzz._counters"), SYM_FUZZ_COUNTER, MARK_START, 0}, \
                 {NAME("internal/fuzz._ecounters"), SYM_FUZZ_COUNTER, MARK_END, 0}}}

// ---- read-only data ---------------------------------------------------------------------------------------

#define CODE_ROWS \
    {.segment = PLAN_TEXT, .rwx = 5, .flags = PLAN_SINGLE, KINDS(SYM_ELF_RX)}, \
    {.segment = PLAN_TEXT, .rwx = 5, .flags = PLAN_SINGLE, KINDS(SYM_MACHO_PLT)}

#define RODATA_MARKERS \
    {NAME("runtime.rodata"), SYM_RODATA, MARK_START, 0}, {NAME("runtime.erodata"), SYM_RODATA, MARK_END, 0}

#define TYPE_MARKERS \
    {NAME("runtime.types"), SYM_RODATA, MARK_START, 0}, {NAME("runtime.etypes"), SYM_RODATA, MARK_END, 0}

#define PCLNTAB_ROW \
    {.name = NAME(".gopclntab"), .segment = PLAN_RO, .rwx = 4, KINDS(SYM_PCLNTAB), \
     .markers = {{NAME("runtime.pclntab"), SYM_RODATA, MARK_START, 0}, \
                 {NAME("runtime.pcheader"), SYM_RODATA, MARK_INSIDE, 0}, \
                 {NAME("runtime.funcnametab"), SYM_RODATA, MARK_INSIDE, 0}, \
                 {NAME("runtime.cutab"), SYM_RODATA, MARK_INSIDE, 0}, \
                 {NAME("runtime.filetab"), SYM_RODATA, MARK_INSIDE, 0}, \
                 {NAME("runtime.pctab"), SYM_RODATA, MARK_INSIDE, 0}, \
                 {NAME("runtime.functab"), SYM_RODATA, MARK_INSIDE, 0}, \
                 {NAME("go:func.*"), SYM_RODATA, MARK_INSIDE, 0}, \
                 {NAME("runtime.epclntab"), SYM_RODATA, MARK_END, 0}}}

#define ELF_RO_ROW {.segment = PLAN_RO, .rwx = 4, .flags = PLAN_SINGLE, KINDS(SYM_ELF_RO)}

// ---- Go 1.26 ----------------------------------------------------------------------------------------------

static const SectionPlan sections126[] = {
    WRITABLE_ROWS,
    {.name = NAME(".noptrbss"), .rwx = 6, KINDS(SYM_NOPTRBSS, SYM_COVERAGE_COUNTER),
     .markers = {NOPTRBSS_MARKERS}},
    FUZZ_ROW,
    CODE_ROWS,
    {.name = NAME(".rodata"), .segment = PLAN_RO, .rwx = 4, .flags = PLAN_ALIGN_ALL,
     KINDS(SYM_TYPE, SYM_STRING, SYM_GOSTRING, SYM_GOFUNC, SYM_GCBITS, SYM_RODATA, SYM_RODATA_FIPS_START,
           SYM_RODATA_FIPS, SYM_RODATA_FIPS_END, SYM_RODATA_END, SYM_FUNCTAB),
     .markers = {RODATA_MARKERS}, .exe_markers = {TYPE_MARKERS}},
    PCLNTAB_ROW,
    ELF_RO_ROW,
    {.segment = PLAN_RELRO, .rwx = 4, .flags = PLAN_ALIGN_ALL | PLAN_IF_RELRO | PLAN_NAME_RODATA, .skip = 1,
     KINDS(SYM_TYPE_RELRO, SYM_STRING_RELRO, SYM_GOSTRING_RELRO, SYM_GOFUNC_RELRO, SYM_GCBITS_RELRO,
           SYM_RODATA_RELRO, SYM_FUNCTAB_RELRO),
     .markers = {TYPE_MARKERS}},
    {.segment = PLAN_RELRO, .rwx = 4, .flags = PLAN_SINGLE | PLAN_IF_RELRO, KINDS(SYM_ELF_RELRO)},
    {.segment = PLAN_RELRO, .rwx = 4, .flags = PLAN_SINGLE | PLAN_IF_RELRO, KINDS(SYM_MACHO_RELRO)},
    {.name = NAME(".typelink"), .segment = PLAN_RELRO, .rwx = 4, .flags = PLAN_TO_RODATA,
     KINDS(SYM_TYPELINK)},
    {.name = NAME(".itablink"), .segment = PLAN_RELRO, .rwx = 4, .flags = PLAN_TO_RODATA,
     KINDS(SYM_ITABLINK)},
};

static const RelroRule relro126[] = {
    {SYM_TYPE, SYM_TYPE_RELRO, RELRO_ALWAYS},
    {SYM_STRING, SYM_STRING_RELRO, RELRO_WITH_RELOCS},
    {SYM_GOSTRING, SYM_GOSTRING_RELRO, RELRO_WITH_RELOCS},
    {SYM_GCBITS, SYM_GCBITS_RELRO, RELRO_WITH_RELOCS},
    {SYM_RODATA, SYM_RODATA_RELRO, RELRO_WITH_RELOCS},
    {SYM_RODATA_FIPS_START, 0, RELRO_NEVER_WITH_RELOCS},
    {SYM_RODATA_FIPS, 0, RELRO_NEVER_WITH_RELOCS},
    {SYM_RODATA_FIPS_END, 0, RELRO_NEVER_WITH_RELOCS},
    {SYM_RODATA_END, 0, RELRO_NEVER_WITH_RELOCS},
    {SYM_FUNCTAB, SYM_FUNCTAB_RELRO, RELRO_ALWAYS},
};

#define MODULE_HEAD \
    MOD_PCHEADER, MOD_FUNCNAMETAB, MOD_CUTAB, MOD_FILETAB, MOD_PCTAB, MOD_PCLNTABLE, MOD_FTAB, \
    MOD_FINDFUNCTAB, MOD_MINPC, MOD_MAXPC, MOD_MARKERS, MOD_TYPES

#define MODULE_TAIL \
    MOD_PTAB, MOD_PLUGINPATH, MOD_PKGHASHES, MOD_INITTASKS, MOD_MODULENAME, MOD_MODULEHASHES, MOD_HASMAIN, \
    MOD_END_OF_LIST

static const u8 module126[] = {
    MODULE_HEAD, MOD_ETYPES, MOD_RODATA, MOD_GOFUNC, MOD_EPCLNTAB, MOD_TEXTSECTMAP, MOD_TYPELINKS,
    MOD_ITABLINKS, MODULE_TAIL,
};

const LayoutPlan go126_layout = {
    .sections = sections126, .nsections = COUNT_OF(sections126),
    .relro = relro126, .nrelro = COUNT_OF(relro126),
    .module = module126,
    .relro_twins = true,
};

// ---- Go 1.27 ----------------------------------------------------------------------------------------------

static const SectionPlan sections127[] = {
    WRITABLE_ROWS,
    {.name = NAME(".noptrbss"), .rwx = 6, KINDS(SYM_NOPTRBSS, SYM_GCMASK, SYM_COVERAGE_COUNTER),
     .markers = {NOPTRBSS_MARKERS, {NAME("runtime.gcmask.*"), SYM_GCMASK, MARK_BEFORE, SYM_GCMASK}}},
    FUZZ_ROW,
    CODE_ROWS,
    {.name = NAME(".rodata"), .segment = PLAN_RO, .rwx = 4, .flags = PLAN_ALIGN_ALL,
     KINDS(SYM_STRING, SYM_GOSTRING, SYM_GCBITS, SYM_RODATA, SYM_RODATA_FIPS_START, SYM_RODATA_FIPS,
           SYM_RODATA_FIPS_END, SYM_RODATA_END),
     .markers = {RODATA_MARKERS}},
    PCLNTAB_ROW,
    ELF_RO_ROW,
    {.segment = PLAN_RELRO, .rwx = 4, .flags = PLAN_IF_ANY | PLAN_NAME_RODATA, KINDS(SYM_RODATA_RELRO)},
    {.name = NAME(".go.type"), .segment = PLAN_RELRO, .rwx = 4, .skip = 8, KINDS(SYM_TYPE),
     .markers = {TYPE_MARKERS}},
    {.name = NAME(".go.func"), .segment = PLAN_RELRO, .rwx = 4, KINDS(SYM_GOFUNC)},
    {.segment = PLAN_RELRO, .rwx = 4, .flags = PLAN_SINGLE, KINDS(SYM_ELF_RELRO)},
    {.segment = PLAN_RELRO, .rwx = 4, .flags = PLAN_SINGLE, KINDS(SYM_MACHO_RELRO)},
};

static const RelroRule relro127[] = {
    {SYM_RODATA, SYM_RODATA_RELRO, RELRO_WITH_RELOCS},
};

static const u8 module127[] = {
    MODULE_HEAD, MOD_TYPEDESCLEN, MOD_ETYPES, MOD_ITABOFFSET, MOD_ITABSIZE, MOD_RODATA, MOD_GOFUNC,
    MOD_EPCLNTAB, MOD_TEXTSECTMAP, MODULE_TAIL,
};

const LayoutPlan go127_layout = {
    .sections = sections127, .nsections = COUNT_OF(sections127),
    .relro = relro127, .nrelro = COUNT_OF(relro127),
    .module = module127,
    .groups_itabs = true,
    .groups_gcmasks = true,
    .covctrs_aligned = true,
};
// clang-format on
