// link.c - the whole link, pass by pass: the table of contents of gild.
//
// Every line below is a file of the same name in passes/ (dwarf_* in dwarf/, format hooks in format/). The comments
// between them say what is final from there on; whoever needs to change a thing after its freeze point has found the
// wrong place.
#include "link.h"

#include "base/diag.h"
#include "base/file.h"
#include "base/timing.h"
#include "dwarf/dwarf.h"
#include "format/format.h"
#include "format/hostlink.h"
#include "passes/passes.h"

// A new phase in the report of -v and -benchmark, then the pass of the same name.
#define RUN(pass) (timing_phase(#pass), pass(p), file_trim_together(p->pool))

static void read_inputs(Program *p) {
    RUN(load_program);
    format_select(p);
    RUN(resolve_symbols);
    RUN(load_shared_libraries);
    RUN(apply_cgo_directives);
    RUN(load_host_objects);
    RUN(load_fips);
    // Beyond this point no file is read, and the numbers of all symbols of objects are final.
}

static void find_live_symbols(Program *p) {
    RUN(order_init_tasks);
    RUN(deadcode);
    // Beyond this point what is live is final; the linker adds symbols of its own, which are live from birth.
    RUN(setup_runtime_symbols);
    RUN(apply_string_data);
    RUN(track_fields);
    RUN(survey_functions);
    RUN(check_strict_duplicates);
    RUN(dump_callgraph);
    RUN(check_stacks);
    RUN(mangle_type_names);
    RUN(prepare_dynamic_symbols);
    RUN(add_build_id);
    checkpoint();
}

static void run_dwarf_build_entries(void *p) { dwarf_build_entries(p); }
static void run_size_pclntab(void *p) { size_pclntab(p); }

// Both are sequential, make no symbols, and share nothing that they write.
static void make_function_tables(Program *p) {
    const Task tasks[] = {{run_dwarf_build_entries, p}, {run_size_pclntab, p}};
    parallel_tasks(p->pool, tasks, COUNT_OF(tasks));
}

static void lay_out(Program *p) {
    RUN(assign_text_addresses);
    // Beyond this point the order and the addresses of functions are final.
    RUN(build_type_links);
    RUN(add_build_info);
    RUN(make_function_tables);
    RUN(build_pclntab);
    RUN(dwarf_build_sections);
    RUN(group_symbols);
    // Beyond this point no symbol is made.
    RUN(layout_data);
    // Beyond this point sizes and sections of all symbols are final.
    RUN(assign_addresses);
    // Beyond this point every address in memory is final.
    RUN(assign_file_offsets);
    // Beyond this point everything in the file has its place, but for what comes behind compressed sections.
    checkpoint();
}

static void write_output(Program *p) {
    Str file = p->external ? hostlink_object(p) : p->opt->outfile;
    p->output = output_create(&p->arena, file, p->out_size);
    p->out = output_data(p->output);
    RUN(emit);
    RUN(measure_kept_relocs);
    timing_phase("layout_tail");
    dwarf_close_streams(p);
    p->out_size = p->format->layout_tail(p, p->seg_dwarf.fileoff + p->seg_dwarf.filesize);
    p->out = output_resize(p->output, p->out_size);
    file_trim_together(p->pool);
    // Beyond this point the file has its size and everything in it its place.
    RUN(dwarf_write_sections);
    RUN(seal_fips);
    timing_phase("write_tail");
    p->format->write_tail(p);
    RUN(write_kept_relocs);
    timing_phase("dump_sizes");
    dump_sizes(p);
    checkpoint();
    timing_phase("commit");
    output_commit(p->output);
    if (p->external) {
        timing_phase("hostlink");
        hostlink_run(p);
    }
}

void link_program(const Options *opt) {
    static Program program;
    Program *p = &program;
    arena_init(&p->arena, 0);
    p->opt = opt;
    p->pool = pool_new(opt->jobs, file_trim);

    read_inputs(p);
    find_live_symbols(p);
    lay_out(p);
    write_output(p);
    timing_report();

    if (opt->debugfree) {
        pool_free(p->pool);
        arena_free(&p->arena);
    }
}
