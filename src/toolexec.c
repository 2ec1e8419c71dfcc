// toolexec.c - runs tools, keeps links.
#include "toolexec.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/file.h"
#include "base/process.h"
#include "handover.h"

// An archive is the linker's input even if somebody made it executable.
static bool is_archive(const char *path) {
    static const char magic[8] = "!<arch>\n";
    char head[sizeof magic];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, head, sizeof head);
    close(fd);
    return n == sizeof head && !memcmp(head, magic, sizeof head);
}

static bool is_in_path(const char *name) {
    Arena arena;
    arena_init(&arena, 0);
    bool found = process_find(&arena, str_from_c(name)).n;
    arena_free(&arena);
    return found;
}

bool toolexec_is_tool(int argc, char **argv) {
    struct stat st;
    const char *arg = argc > 1 ? argv[1] : "-";
    if (arg[0] == '-' || arg[0] == '@')
        return false;
    if (!strchr(arg, '/'))
        return argc > 2 && is_in_path(arg);
    return stat(arg, &st) == 0 && S_ISREG(st.st_mode) && access(arg, X_OK) == 0 && !is_archive(arg);
}

static bool is_link_tool(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && (!strcmp(slash + 1, "link") || !strcmp(slash + 1, "link.exe"));
}

static bool asks_about_tool(char **args) {
    for (; *args && (*args)[0] == '-'; args++) {
        const char *name = *args + ((*args)[1] == '-' ? 2 : 1);
        if (!strcmp(name, "V") || !strncmp(name, "V=", 2) || !strcmp(name, "help"))
            return true;
    }
    return false;
}

void toolexec_run(char **argv) {
    char **tool = argv + 1;
    if (is_link_tool(tool[0]) && !asks_about_tool(tool + 1)) {
        handover_init(tool);
        return;
    }
    file_restore_signals();
    execvp(tool[0], tool);
    fatal("cannot run %s: %s", tool[0], file_error_text(errno));
}
