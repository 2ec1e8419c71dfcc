// experiment.c - the experiments of each release and their defaults.
#include "golang/experiment.h"

#include "base/bytes.h"
#include "golang/target.h"

typedef enum {
    DEFAULT_OFF,
    DEFAULT_ON,
    DEFAULT_REGABI, // on where arguments pass in registers
    DEFAULT_DWARF5, // on where the platform's tools read DWARF 5
} Default;

// In the order of the fields of goexperiment.Flags, which is the order of printed lists.
static const struct {
    const char *name;
    Default normal;
    const char *not_in; // a release that does not know it
    const char *off_in; // a release whose default is off, where `normal` is on
} experiments[] = {
    {"fieldtrack", DEFAULT_OFF, NULL, NULL},
    {"preemptibleloops", DEFAULT_OFF, NULL, NULL},
    {"staticlockranking", DEFAULT_OFF, NULL, NULL},
    {"boringcrypto", DEFAULT_OFF, NULL, NULL},
    {"regabiwrappers", DEFAULT_REGABI, NULL, NULL},
    {"regabiargs", DEFAULT_REGABI, NULL, NULL},
    {"heapminimum512kib", DEFAULT_OFF, NULL, NULL},
    {"arenas", DEFAULT_OFF, NULL, NULL},
    {"cgocheck2", DEFAULT_OFF, NULL, NULL},
    {"loopvar", DEFAULT_OFF, NULL, NULL},
    {"newinliner", DEFAULT_OFF, NULL, NULL},
    {"dwarf5", DEFAULT_DWARF5, NULL, NULL},
    {"jsonv2", DEFAULT_ON, NULL, "go1.26"},
    {"greenteagc", DEFAULT_ON, NULL, NULL},
    {"randomizedheapbase64", DEFAULT_ON, NULL, NULL},
    {"runtimefreegc", DEFAULT_OFF, NULL, NULL},
    {"sizespecializedmalloc", DEFAULT_ON, NULL, "go1.26"},
    {"goroutineleakprofile", DEFAULT_OFF, "go1.27", NULL},
    {"simd", DEFAULT_OFF, NULL, NULL},
    {"runtimesecret", DEFAULT_OFF, NULL, NULL},
    {"mapsplitgroup", DEFAULT_OFF, "go1.26", NULL},
};

static bool is_one_of(Str s, const char *const *list, u32 n) {
    for (u32 i = 0; i < n; i++)
        if (str_eq(s, str_from_c(list[i])))
            return true;
    return false;
}

static bool default_value(Default d, Str goos, Str goarch) {
    static const char *const regabi[] = {"amd64", "arm64", "loong64", "ppc64le", "ppc64", "riscv64", "s390x"};
    static const char *const old_dwarf[] = {"darwin", "ios", "aix"};
    switch (d) {
    case DEFAULT_OFF: return false;
    case DEFAULT_ON: return true;
    case DEFAULT_REGABI: return is_one_of(goarch, regabi, COUNT_OF(regabi));
    case DEFAULT_DWARF5: return !is_one_of(goos, old_dwarf, COUNT_OF(old_dwarf));
    }
    return false;
}

// What follows " X:" up to the end of the line.
Str experiments_of_header(Str header) {
    for (u32 i = 0; i + 3 <= header.n; i++) {
        if (memcmp(header.p + i, " X:", 3))
            continue;
        Str rest = str_slice(header, i + 3, header.n);
        i64 end = str_index_byte(rest, '\n');
        return end < 0 ? rest : str_slice(rest, 0, (u32)end);
    }
    return (Str){0};
}

bool experiment_in_list(Str list, Str name) {
    while (list.n) {
        i64 comma = str_index_byte(list, ',');
        u32 end = comma < 0 ? list.n : (u32)comma;
        if (str_eq(str_slice(list, 0, end), name))
            return true;
        list = str_slice(list, comma < 0 ? end : end + 1, list.n);
    }
    return false;
}

bool experiment_is_on(Str header, Str name) {
    return experiment_in_list(experiments_of_header(header), name);
}

static bool in_release(u32 i, Str version) {
    return !experiments[i].not_in || !version_is(version, experiments[i].not_in);
}

// The default of experiment i.
static bool is_normal(u32 i, Str goos, Str goarch, Str version) {
    if (experiments[i].off_in && version_is(version, experiments[i].off_in))
        return false;
    return default_value(experiments[i].normal, goos, goarch);
}

Str experiments_changed(Arena *a, Str header, Str goos, Str goarch, Str version) {
    Str enabled = experiments_of_header(header);
    ByteBuf out = {.arena = a};
    for (u32 i = 0; i < COUNT_OF(experiments); i++) {
        if (!in_release(i, version))
            continue;
        Str name = str_from_c(experiments[i].name);
        bool on = experiment_in_list(enabled, name);
        if (on == is_normal(i, goos, goarch, version))
            continue;
        if (out.n)
            buf_u8(&out, ',');
        if (!on)
            buf_str(&out, STR("no"));
        buf_str(&out, name);
    }
    return (Str){(const char *)out.v, out.n};
}

// Sets what one word of GOEXPERIMENT says; false when the release does not know it.
static bool apply_word(Str word, Str version, bool *on) {
    bool none = str_eq(word, STR("none")), known = none;
    bool value = !none && !str_has_prefix(word, STR("no"));
    Str name = value ? word : str_slice(word, 2, word.n);
    for (u32 i = 0; i < COUNT_OF(experiments); i++) {
        // "regabi" stands for all of its parts.
        bool meant = str_eq(name, str_from_c(experiments[i].name)) ||
                     (experiments[i].normal == DEFAULT_REGABI && str_eq(name, STR("regabi")));
        if (!in_release(i, version) || (!meant && !none))
            continue;
        on[i] = value;
        known = true;
    }
    return known;
}

bool experiments_enabled(Arena *a, Str goexperiment, Str goos, Str goarch, Str version, Str *list) {
    bool on[COUNT_OF(experiments)];
    for (u32 i = 0; i < COUNT_OF(experiments); i++)
        on[i] = is_normal(i, goos, goarch, version);
    for (Str rest = goexperiment; rest.n;) {
        i64 comma = str_index_byte(rest, ',');
        Str word = comma < 0 ? rest : str_slice(rest, 0, (u32)comma);
        rest = str_slice(rest, comma < 0 ? rest.n : word.n + 1, rest.n);
        if (word.n && !apply_word(word, version, on)) {
            *list = str_has_prefix(word, STR("no")) ? str_slice(word, 2, word.n) : word;
            return false;
        }
    }
    ByteBuf out = {.arena = a};
    for (u32 i = 0; i < COUNT_OF(experiments); i++) {
        // Where arguments pass in registers they always do.
        bool fixed = experiments[i].normal == DEFAULT_REGABI;
        if (!in_release(i, version) || !(fixed ? is_normal(i, goos, goarch, version) : on[i]))
            continue;
        if (out.n)
            buf_u8(&out, ',');
        buf_str(&out, str_from_c(experiments[i].name));
    }
    *list = (Str){(const char *)out.v, out.n};
    return true;
}
