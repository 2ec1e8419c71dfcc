// cpu_level.c - the processor level that code is compiled for.
#include "golang/cpu_level.h"

enum { MAX_LEVELS = 16, MAX_EXTRAS = 2 };

typedef struct {
    const char *goarch;
    const char *variable;
    const char *levels[MAX_LEVELS];
    const char *extras[MAX_EXTRAS]; // what may follow, in any order; headers have them in this one
    u32 implied;                    // from this level on the first extra is there
    const char *rule;               // for people
} CpuLevels;

static const CpuLevels cpu_levels[] = {
    {"amd64", "GOAMD64", {"v1", "v2", "v3", "v4"}, {NULL}, MAX_LEVELS, "must be v1, v2, v3, v4"},
    {"arm64",
     "GOARM64",
     {"v8.0", "v8.1", "v8.2", "v8.3", "v8.4", "v8.5", "v8.6", "v8.7", "v8.8", "v8.9", "v9.0", "v9.1", "v9.2",
      "v9.3", "v9.4", "v9.5"},
     {",lse", ",crypto"},
     1,
     "must start with v8.{0-9} or v9.{0-5} and may optionally end in \",lse\" and/or \",crypto\""},
};

static const CpuLevels *find_levels(Str goarch) {
    for (u32 i = 0; i < COUNT_OF(cpu_levels); i++)
        if (str_eq(goarch, str_from_c(cpu_levels[i].goarch)))
            return &cpu_levels[i];
    return NULL;
}

const char *cpu_level_variable(Str goarch) {
    const CpuLevels *l = find_levels(goarch);
    return l ? l->variable : NULL;
}

// Cuts extras off the end of the value until there is none left.
static Str cut_extras(const CpuLevels *l, Str value, bool *has) {
    for (u32 i = 0; i < MAX_EXTRAS && l->extras[i];) {
        Str extra = str_from_c(l->extras[i]);
        bool found = str_has_suffix(value, extra);
        if (found)
            value = str_slice(value, 0, value.n - extra.n);
        has[i] |= found;
        i = found ? 0 : i + 1;
    }
    return value;
}

bool cpu_level_spell(Arena *a, Str goarch, Str value, Str *spelled) {
    const CpuLevels *l = find_levels(goarch);
    bool has[MAX_EXTRAS] = {false};
    Str level = cut_extras(l, value, has);
    for (u32 i = 0; i < MAX_LEVELS && l->levels[i]; i++) {
        if (!str_eq(level, str_from_c(l->levels[i])))
            continue;
        has[0] |= i >= l->implied;
        *spelled = arena_printf(a, STR_FMT "%s%s", STR_ARG(level), has[0] ? l->extras[0] : "", has[1] ? l->extras[1] : "");
        return true;
    }
    *spelled = arena_printf(a, "invalid %s: %s", l->variable, l->rule);
    return false;
}

Str cpu_level_of_header(Str header, const char *variable) {
    u32 n = (u32)strlen(variable);
    for (u32 i = 0; i + n + 2 <= header.n; i++) {
        if (header.p[i] != ' ' || memcmp(header.p + i + 1, variable, n) || header.p[i + 1 + n] != '=')
            continue;
        Str rest = str_slice(header, i + n + 2, header.n);
        i64 end = str_index_byte(rest, ' ');
        return str_slice(rest, 0, end < 0 ? rest.n : (u32)end);
    }
    return (Str){0};
}
