// main.c - what was asked for: a link, a tool to pass on, a look into files, or help.
#include <stdio.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/timing.h"
#include "handover.h"
#include "help.h"
#include "inspect/diff.h"
#include "inspect/info.h"
#include "link.h"
#include "options.h"
#include "toolexec.h"

static int run_link(int argc, char **argv) {
    Arena arena;
    arena_init(&arena, 0);
    OptionsHint hint = {.may_hand_over = handover_possible()};
    const Options *opt = options_parse(&arena, argc, argv, &hint);
    if (opt->unsupported.n)
        handover(STR_FMT, STR_ARG(opt->unsupported));
    if (opt->all_errors)
        diag_print_all();
    timing_init(opt->benchmark.n ? TIMING_BENCH : opt->verbose > 0 ? TIMING_VERBOSE : TIMING_OFF);
    link_program(opt);
    fflush(stdout);
    if (!opt->debugfree)
        _exit(0); // the system frees faster than destructors would
    arena_free(&arena);
    return 0;
}

int main(int argc, char **argv) {
    diag_init("link");
    file_install_signal_handlers();
    const char *first = argc > 1 ? argv[1] : "";
    if (!strcmp(first, "diff"))
        return diff_main(argc - 1, argv + 1);
    if (!strcmp(first, "info"))
        return info_main(argc - 1, argv + 1);
    if (argc == 2 && (!strcmp(first, "help") || !strcmp(first, "-help") || !strcmp(first, "--help"))) {
        help_print();
        return 0;
    }
    if (toolexec_is_tool(argc, argv)) {
        toolexec_run(argv);
        return run_link(argc - 1, argv + 1);
    }
    return run_link(argc, argv);
}
