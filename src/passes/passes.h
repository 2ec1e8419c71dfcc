// passes.h - the passes of a link, in the order in which link.c runs them.
//
// Each is one file in passes/ (a few share one), with a contract comment: what it requires, what it provides, what it freezes.
#pragma once

#include "golang/program.h"

// ---- reading --------------------------------------------------------------------------------------------------------
void load_program(Program *p);         // load.c      main object and everything it imports, breadth first
void resolve_symbols(Program *p);      // resolve.c   gives every symbol its id; merges duplicates; checks linknames
void load_shared_libraries(Program *p); // shlibs.c   symbols of libraries of Go packages
void apply_cgo_directives(Program *p); // cgo.c       dynamic imports and exports, libraries
void load_host_objects(Program *p);    // hostobjs.c  objects of C compilers
void load_fips(Program *p);            // fips.c      go:fipsinfo and the markers of the checked ranges

// ---- what the program consists of -------------------------------------------------------------------------------------
void order_init_tasks(Program *p);     // inittasks.c go:main.inittasks, go:runtime.inittasks
void deadcode(Program *p);             // deadcode.c  Program.syms.live
void setup_runtime_symbols(Program *p); // setup.c    runtime.tlsg, moduledata, disableMemoryProfiling; library order; text order
void apply_string_data(Program *p);    // strdata.c   -X and the strings that the linker sets
void track_fields(Program *p);         // fieldtrack.c -k: which fields the program uses, and where
void survey_functions(Program *p);     // survey.c    reads what the tables of functions are made from
void check_strict_duplicates(Program *p); // resolve.c -strictdups=2: ends the link, unless packages have different flags
void dump_callgraph(Program *p);       // callgraph.c -c
void check_stacks(Program *p);         // stackcheck.c chains of nosplit functions
void mangle_type_names(Program *p);    // mangle.c    names of types in programs that load plugins, and in those
void prepare_dynamic_symbols(Program *p); // dynsyms.c symbols of the format: GOT, PLT, import tables (domacho, setArchSyms)
void add_build_id(Program *p);         // buildid.c   go:buildid text symbol

// ---- layout -----------------------------------------------------------------------------------------------------------
void assign_text_addresses(Program *p); // text.c     Program.textp in final order, addresses of code
void build_type_links(Program *p);     // typelink.c  runtime.typelink, runtime.itablink (Go 1.26)
void add_build_info(Program *p);       // buildinfo.c go:buildinfo
void dwarf_build_entries(Program *p);  // dwarf/      types as trees (part 1)
void size_pclntab(Program *p);         // pclntab.c   sizes of all tables; may run in a lane
void build_pclntab(Program *p);        // pclntab.c   their symbols; findfunctab
void dwarf_build_sections(Program *p); // dwarf/      sizes of the debugging sections (part 2)
void group_symbols(Program *p);        // symtab.c    carriers type:*, go:string.*, ...; markers; moduledata
void layout_data(Program *p);          // dodata.c    kinds -> sections, order inside sections, GC masks
                                       //             (calls collect_dynamic_relocs, which must come before sorting)
void collect_dynamic_relocs(Program *p, const SymVec *by_kind); // dynreloc.c rebases, binds, GOT and PLT entries
void assign_addresses(Program *p);     // address.c   virtual addresses of segments, sections, symbols
void assign_file_offsets(Program *p);  // address.c   places of segments in the file

// ---- writing ----------------------------------------------------------------------------------------------------------
void emit(Program *p);                 // emit.c      symbol bytes and relocations, in one walk over the inputs
void measure_kept_relocs(Program *p);  // keptrelocs.c how much room the relocations of an object take
void dwarf_write_sections(Program *p); // dwarf/      compressed sections
void seal_fips(Program *p);            // fips.c      check sum over the checked ranges
void write_kept_relocs(Program *p);    // keptrelocs.c the relocations of an object
void dump_sizes(Program *p);           // callgraph.c -c
