// resolver.c - names of hosts and services.
//
// Go on macOS asks libSystem (net/cgo_unix.go, without cgo), so that its answers are those of the system; here they are
// the C library's of Linux. A struct addrinfo has the same members on both systems, but addr and canonname changed
// places: the list is rearranged in place, and back before it is freed. The searches of libresolv get a state of the
// C library's own, because Darwin's is smaller.
// REF   Addrinfo, AI_, EAI_, NI_: internal/syscall/unix/net_darwin.go; the other EAI_, AI_ and NI_: netdb.h of macOS.
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/socket.h>

typedef struct {
    int flags, family, type, protocol;
    u32 addr_size;
    char *canonical_name;
    u8 *addr;
    union Entry *next;
} DarwinAddrinfo;

// An entry of a list, as either system sees it.
typedef union Entry {
    struct addrinfo linux_form;
    DarwinAddrinfo darwin;
} Entry;
_Static_assert(sizeof(DarwinAddrinfo) == sizeof(struct addrinfo), "members of addrinfo");

static const struct {
    int darwin, linux_number;
    const char *text; // gai_strerror of macOS
} problems[] = {
    {1, EAI_ADDRFAMILY, "Address family for hostname not supported"},
    {2, EAI_AGAIN, "Temporary failure in name resolution"},
    {3, EAI_BADFLAGS, "Invalid value for ai_flags"},
    {4, EAI_FAIL, "Non-recoverable failure in name resolution"},
    {5, EAI_FAMILY, "ai_family not supported"},
    {6, EAI_MEMORY, "Memory allocation failure"},
    {7, EAI_NODATA, "No address associated with nodename"},
    {8, EAI_NONAME, "nodename nor servname provided, or not known"},
    {9, EAI_SERVICE, "servname not supported for ai_socktype"},
    {10, EAI_SOCKTYPE, "ai_socktype not supported"},
    {11, EAI_SYSTEM, "System error"},
    {14, EAI_OVERFLOW, "Argument buffer overflow"},
};

static long darwin_problem(int linux_number) {
    if (linux_number == 0)
        return 0;
    if (linux_number == EAI_SYSTEM)
        result(-1);
    for (size_t i = 0; i < COUNT_OF(problems); i++)
        if (problems[i].linux_number == linux_number)
            return problems[i].darwin;
    return 4; // EAI_FAIL
}

static const char *shim_gai_strerror(int problem) {
    for (size_t i = 0; i < COUNT_OF(problems); i++)
        if (problems[i].darwin == problem)
            return problems[i].text;
    return "Unknown error";
}

static int linux_hint_flags(int darwin) {
    static const int flags[][2] = {{0x1, AI_PASSIVE},    {0x2, AI_CANONNAME},     {0x4, AI_NUMERICHOST},
                                   {0x100, AI_ALL},      {0x200, AI_V4MAPPED},    {0x400, AI_ADDRCONFIG},
                                   {0x800, AI_V4MAPPED}, {0x1000, AI_NUMERICSERV}};
    int r = 0;
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (darwin & flags[i][0])
            r |= flags[i][1];
    return r;
}

// Makes an entry of Linux one of Darwin, in the same memory.
static void entry_to_darwin(Entry *e) {
    struct addrinfo in = e->linux_form;
    struct sockaddr_storage s = {0};
    memcpy(&s, in.ai_addr, MIN(in.ai_addrlen, (u32)sizeof s));
    u32 size = in.ai_addrlen;
    darwin_sockaddr(&s, in.ai_addrlen, (u8 *)in.ai_addr, &size);
    e->darwin = (DarwinAddrinfo){
        .family = darwin_family(in.ai_family),
        .type = in.ai_socktype,
        .protocol = in.ai_protocol,
        .addr_size = in.ai_addrlen,
        .canonical_name = in.ai_canonname,
        .addr = (u8 *)in.ai_addr,
        .next = (Entry *)in.ai_next,
    };
}

static long shim_getaddrinfo(const char *host, const char *service, const DarwinAddrinfo *hints,
                             Entry **out) {
    struct addrinfo h = {0}, *list;
    if (hints) {
        h.ai_flags = linux_hint_flags(hints->flags);
        h.ai_family = linux_family(hints->family);
        h.ai_socktype = hints->type;
        h.ai_protocol = hints->protocol;
    }
    *out = NULL;
    int r = getaddrinfo(host, service, &h, &list);
    if (r != 0)
        return darwin_problem(r);
    *out = (Entry *)list;
    for (Entry *e = *out; e; e = e->darwin.next)
        entry_to_darwin(e);
    return 0;
}

// What frees the list looks at these members.
static void shim_freeaddrinfo(Entry *list) {
    for (Entry *e = list; e;) {
        DarwinAddrinfo in = e->darwin;
        e->linux_form.ai_addr = (struct sockaddr *)in.addr;
        e->linux_form.ai_canonname = in.canonical_name;
        e->linux_form.ai_next = (struct addrinfo *)in.next;
        e = in.next;
    }
    freeaddrinfo((struct addrinfo *)list);
}

static long shim_getnameinfo(const u8 *addr, u32 size, char *host, u32 host_size, char *service,
                             u32 service_size, int flags) {
    static const int names[][2] = {
        {0x1, NI_NOFQDN}, {0x2, NI_NUMERICHOST}, {0x4, NI_NAMEREQD}, {0x8, NI_NUMERICSERV}, {0x10, NI_DGRAM}};
    int linux_flags = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (flags & names[i][0])
            linux_flags |= names[i][1];
    struct sockaddr_storage s;
    u32 n = linux_sockaddr(addr, size, &s);
    return darwin_problem(
        getnameinfo((struct sockaddr *)&s, n, host, host_size, service, service_size, linux_flags));
}

// ---- libresolv ------------------------------------------------------------------------------------------------------

// The program's state is its own affair: a search makes one, uses it and drops it.
static long shim_res_9_ninit(void *state) {
    (void)state;
    return 0;
}

static void shim_res_9_nclose(void *state) {
    (void)state;
}

static long shim_res_9_nsearch(void *state, const char *name, int class, int type, u8 *answer, int size) {
    (void)state;
    struct __res_state s = {0};
    if (res_ninit(&s) != 0)
        return result(-1);
    long r = result(res_nsearch(&s, name, class, type, answer, size));
    res_nclose(&s);
    return r;
}

const Export exports_resolver[] = {
    EXPORT(freeaddrinfo), EXPORT(gai_strerror), EXPORT(getaddrinfo), EXPORT(getnameinfo), EXPORTS_END,
};

const Export exports_libresolv[] = {
    EXPORT(res_9_ninit),
    EXPORT(res_9_nclose),
    EXPORT(res_9_nsearch),
    EXPORTS_END,
};
