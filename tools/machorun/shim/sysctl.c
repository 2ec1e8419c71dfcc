// sysctl.c - values of the kernel by name or by number, and sysconf.
//
// A value has a name ("hw.ncpu") and a path of numbers, the MIB ({6, 3}). sysctlbyname takes the one, sysctl the other;
// the path {0, 3} with the name as new value turns the one into the other. Names whose numbers are not fixed in a header
// get numbers from the kernel as it pleases; here the path {SHIM_MIB, row}. A string counts its NUL.
// The answers describe a Mac of the size of this machine with a current macOS, except for what programs decide by: what
// the processor can do is asked of Linux.
// REF   CTL_, KERN_, HW_: xnu/bsd/sys/sysctl.h; what Go asks for: runtime/os_darwin.go, internal/cpu/cpu_arm64_darwin.go,
//       syscall/rlimit_darwin.go, net/sock_bsd.go, golang.org/x/sys/unix (Uname). _SC_: unistd.h of macOS.
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifdef __aarch64__
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static const char OS_RELEASE[] = "25.0.0"; // Darwin 25 is macOS 26
static const char OS_BUILD[] = "25A354";
static const char PRODUCT_VERSION[] = "26.0";

#ifdef __aarch64__
static const char MACHINE[] = "arm64";
#else
static const char MACHINE[] = "x86_64";
#endif

enum { CTL_KERN = 1, CTL_NET = 4, CTL_HW = 6, SHIM_MIB = 0x7fff };

// The value: an integer of 4 or 8 bytes, or a text.
typedef struct {
    u8 bytes[256];
    size_t size;
} Value;

static void value_i32(Value *v, i64 x) {
    i32 n = (i32)MIN(x, INT32_MAX);
    v->size = sizeof n;
    memcpy(v->bytes, &n, sizeof n);
}

static void value_i64(Value *v, i64 x) {
    v->size = sizeof x;
    memcpy(v->bytes, &x, sizeof x);
}

static void value_text(Value *v, const char *s) {
    v->size = (size_t)snprintf((char *)v->bytes, sizeof v->bytes, "%s", s) + 1;
}

// ---- the values -----------------------------------------------------------------------------------------------------

static void get_ncpu(Value *v) {
    cpu_set_t set;
    CPU_ZERO(&set);
    value_i32(v,
              sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN));
}

static i64 darwin_page_size(void) {
    return strcmp(MACHINE, "arm64") == 0 ? 0x4000 : 0x1000;
}

static void get_page_size(Value *v) {
    value_i64(v, darwin_page_size());
}
static void get_memory(Value *v) {
    value_i64(v, sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
}
static void get_machine(Value *v) {
    value_text(v, MACHINE);
}
static void get_byte_order(Value *v) {
    value_i32(v, 1234);
}
static void get_os_type(Value *v) {
    value_text(v, "Darwin");
}
static void get_os_release(Value *v) {
    value_text(v, OS_RELEASE);
}
static void get_os_build(Value *v) {
    value_text(v, OS_BUILD);
}
static void get_product_version(Value *v) {
    value_text(v, PRODUCT_VERSION);
}
static void get_brand(Value *v) {
    value_text(v, "machorun on Linux");
}

static void get_os_version(Value *v) {
    char text[128];
    snprintf(text, sizeof text, "Darwin Kernel Version %s: machorun on Linux", OS_RELEASE);
    value_text(v, text);
}

static void get_host_name(Value *v) {
    struct utsname u;
    uname(&u);
    value_text(v, u.nodename);
}

static void get_max_files(Value *v) {
    struct rlimit l;
    getrlimit(RLIMIT_NOFILE, &l);
    value_i32(v, (i64)MIN(l.rlim_max, (rlim_t)INT32_MAX));
}

static void get_arg_max(Value *v) {
    value_i32(v, sysconf(_SC_ARG_MAX));
}
static void get_groups_max(Value *v) {
    value_i32(v, sysconf(_SC_NGROUPS_MAX));
}

static void get_somaxconn(Value *v) {
    int n = 128;
    FILE *f = fopen("/proc/sys/net/core/somaxconn", "re");
    if (f) {
        if (fscanf(f, "%d", &n) != 1)
            n = 128;
        fclose(f);
    }
    value_i32(v, n);
}

static void get_boot_time(Value *v) {
    struct timespec now, up;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    DarwinTimeval t = {.sec = now.tv_sec - up.tv_sec};
    v->size = sizeof t;
    memcpy(v->bytes, &t, sizeof t);
}

#ifdef __aarch64__
static void get_lse(Value *v) {
    value_i32(v, (getauxval(AT_HWCAP) & HWCAP_ATOMICS) != 0);
}
static void get_crc32(Value *v) {
    value_i32(v, (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0);
}
static void get_sha512(Value *v) {
    value_i32(v, (getauxval(AT_HWCAP) & HWCAP_SHA512) != 0);
}
static void get_sha3(Value *v) {
    value_i32(v, (getauxval(AT_HWCAP) & HWCAP_SHA3) != 0);
}
static void get_dit(Value *v) {
    value_i32(v, (getauxval(AT_HWCAP) & HWCAP_DIT) != 0);
}
static void get_sb(Value *v) {
    value_i32(v, (getauxval(AT_HWCAP) & HWCAP_SB) != 0);
}
#endif

static const struct {
    const char *name;
    i32 mib[2]; // of sys/sysctl.h, or 0
    void (*get)(Value *);
} values[] = {
    {"kern.ostype", {CTL_KERN, 1}, get_os_type},
    {"kern.osrelease", {CTL_KERN, 2}, get_os_release},
    {"kern.version", {CTL_KERN, 4}, get_os_version},
    {"kern.argmax", {CTL_KERN, 8}, get_arg_max},
    {"kern.hostname", {CTL_KERN, 10}, get_host_name},
    {"kern.ngroups", {CTL_KERN, 18}, get_groups_max},
    {"kern.boottime", {CTL_KERN, 21}, get_boot_time},
    {"kern.maxfilesperproc", {CTL_KERN, 29}, get_max_files},
    {"kern.osversion", {CTL_KERN, 65}, get_os_build},
    {"kern.osproductversion", {0}, get_product_version},
    {"kern.ipc.somaxconn", {0}, get_somaxconn},
    {"hw.machine", {CTL_HW, 1}, get_machine},
    {"hw.ncpu", {CTL_HW, 3}, get_ncpu},
    {"hw.byteorder", {CTL_HW, 4}, get_byte_order},
    {"hw.pagesize", {CTL_HW, 7}, get_page_size},
    {"hw.memsize", {CTL_HW, 24}, get_memory},
    {"hw.logicalcpu", {0}, get_ncpu},
    {"hw.physicalcpu", {0}, get_ncpu},
    {"machdep.cpu.brand_string", {0}, get_brand},
#ifdef __aarch64__
    {"hw.optional.armv8_1_atomics", {0}, get_lse},
    {"hw.optional.armv8_crc32", {0}, get_crc32},
    {"hw.optional.armv8_2_sha512", {0}, get_sha512},
    {"hw.optional.armv8_2_sha3", {0}, get_sha3},
    {"hw.optional.arm.FEAT_DIT", {0}, get_dit},
    {"hw.optional.arm.FEAT_SB", {0}, get_sb},
#endif
};

// ---- the calls ------------------------------------------------------------------------------------------------------

// The row of a name, or the number of rows. The name may lack its NUL.
static size_t row_of_name(const char *name, size_t size) {
    size_t i = 0;
    while (i < COUNT_OF(values) &&
           (strlen(values[i].name) != size || memcmp(values[i].name, name, size) != 0))
        i++;
    return i;
}

static size_t row_of_mib(const i32 *mib) {
    if (mib[0] == SHIM_MIB)
        return (size_t)mib[1];
    size_t i = 0;
    while (i < COUNT_OF(values) &&
           (!values[i].mib[0] || memcmp(values[i].mib, mib, sizeof values[i].mib) != 0))
        i++;
    return i;
}

// Copies the value to the program: *size is the room, and becomes the size. An integer of 8 bytes may be asked for in 4
// (hw.pagesize is).
static long give(const Value *v, void *out, size_t *size) {
    size_t n = v->size == 8 && out && *size == 4 ? 4 : v->size;
    if (!out) {
        *size = n;
        return 0;
    }
    bool fits = n <= *size;
    *size = MIN(n, *size);
    memcpy(out, v->bytes, *size);
    return fits ? 0 : fail(DARWIN_ENOMEM);
}

static long give_row(size_t row, void *out, size_t *size) {
    if (row >= COUNT_OF(values))
        return fail(DARWIN_ENOENT);
    Value v;
    values[row].get(&v);
    return size ? give(&v, out, size) : 0;
}

static long give_mib(const char *name, size_t name_size, i32 *out, size_t *size) {
    size_t row = row_of_name(name, strnlen(name, name_size));
    if (row == COUNT_OF(values))
        return fail(DARWIN_ENOENT);
    i32 made[2] = {SHIM_MIB, (i32)row};
    const i32 *mib = values[row].mib[0] ? values[row].mib : made;
    if (!out || *size < sizeof made)
        return fail(DARWIN_ENOMEM);
    memcpy(out, mib, sizeof made);
    *size = sizeof made;
    return 0;
}

// Values are read only: what a program wants to set is refused.
static long shim_sysctl(const i32 *mib, u32 n, void *out, size_t *size, const void *new, size_t new_size) {
    enum { ROUTE_FAMILY = 17, NET_RT_IFLIST = 3, NET_RT_IFLIST2 = 6 };
    if (n == 2 && mib[0] == 0 && mib[1] == 3)
        return give_mib(new, new_size, out, size);
    if (new)
        return fail(DARWIN_EPERM);
    if (n == 6 && mib[0] == CTL_NET && mib[1] == ROUTE_FAMILY &&
        (mib[4] == NET_RT_IFLIST || mib[4] == NET_RT_IFLIST2))
        return interfaces_list(mib[4] == NET_RT_IFLIST2, mib[5], out, size);
    return n == 2 ? give_row(row_of_mib(mib), out, size) : fail(DARWIN_ENOENT);
}

static long shim_sysctlbyname(const char *name, void *out, size_t *size, const void *new, size_t new_size) {
    (void)new_size;
    return new ? fail(DARWIN_EPERM) : give_row(row_of_name(name, strlen(name)), out, size);
}

// ---- names ----------------------------------------------------------------------------------------------------------

typedef struct {
    char system[256], node[256], release[256], version[256], machine[256];
} DarwinUtsname;

static long shim_uname(DarwinUtsname *out) {
    void (*const get[])(Value *) = {get_os_type, get_host_name, get_os_release, get_os_version, get_machine};
    for (size_t i = 0; i < COUNT_OF(get); i++) {
        Value v;
        get[i](&v);
        memcpy(out->system + i * sizeof out->system, v.bytes, v.size);
    }
    return 0;
}

PASS2(gethostname, char *, size_t)

// ---- sysconf --------------------------------------------------------------------------------------------------------

static long shim_sysconf(int name) {
    static const int names[][2] = {
        {1, _SC_ARG_MAX},           {2, _SC_CHILD_MAX},         {3, _SC_CLK_TCK},
        {4, _SC_NGROUPS_MAX},       {5, _SC_OPEN_MAX},          {57, _SC_NPROCESSORS_CONF},
        {58, _SC_NPROCESSORS_ONLN}, {70, _SC_GETGR_R_SIZE_MAX}, {71, _SC_GETPW_R_SIZE_MAX},
        {72, _SC_HOST_NAME_MAX},    {200, _SC_PHYS_PAGES},
    };
    if (name == 29) // _SC_PAGESIZE
        return darwin_page_size();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (names[i][0] != name)
            continue;
        errno = 0; // -1 without it: there is no limit
        long r = sysconf(names[i][1]);
        return r == -1 && errno ? result(-1) : r;
    }
    return fail(DARWIN_EINVAL);
}

const Export exports_sysctl[] = {
    EXPORT(gethostname), EXPORT(sysconf), EXPORT(sysctl), EXPORT(sysctlbyname), EXPORT(uname), EXPORTS_END,
};
