// handover.c - exec of the stock linker.
#include "handover.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"

static struct {
    char **argv; // NULL: there is no stock command
    bool off;
    bool report;
} stock;

void handover_init(char **stock_argv) {
    const char *policy = getenv("GILD_FALLBACK");
    stock.argv = stock_argv;
    if (!policy || !*policy || !strcmp(policy, "auto"))
        return;
    stock.off = !strcmp(policy, "off");
    stock.report = !strcmp(policy, "report");
    if (!stock.off && !stock.report)
        fatal("GILD_FALLBACK=%s: want auto, report or off", policy);
}

bool handover_possible(void) {
    return stock.argv && !stock.off;
}

void handover(const char *fmt, ...) {
    char what[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    if (!handover_possible())
        fatal("%s: not supported by gild yet", what);

    if (stock.report)
        fprintf(stderr, "gild: stock linker used: %s: not supported by gild yet\n", what);
    fflush(NULL);
    output_abort();
    file_restore_signals();
    execv(stock.argv[0], stock.argv);
    fatal("cannot run %s: %s", stock.argv[0], file_error_text(errno));
}
