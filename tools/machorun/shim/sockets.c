// sockets.c - sockets: addresses, options, messages.
//
// An address of Darwin begins with its size and its family in a byte each, where Linux has the family in two; the rest of
// the addresses of IPv4, IPv6 and Unix sockets is the same. The number of a family differs for IPv6 (30, Linux 10).
// Options have other numbers at nearly every level; a table translates them, and the same table serves the control
// messages of sendmsg and recvmsg, whose kinds are named by option (IPV6_PKTINFO and the like). A control message has a
// header of 12 bytes on Darwin and is aligned to 4; Linux has 16 and 8.
// REF   AF_, SOL_, SO_, IP_, IPV6_, TCP_, MSG_, SCM_, RawSockaddr..., Msghdr, Cmsghdr: syscall/zerrors_darwin_*.go and
//       ztypes_darwin_*.go; what is missing there: netinet6/in6.h of macOS (IPV6_RECVPKTINFO, PKTINFO, RECVHOPLIMIT).
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// ---- addresses ------------------------------------------------------------------------------------------------------

int linux_family(int darwin) {
    switch (darwin) {
    case AF_UNSPEC:
    case AF_UNIX:
    case AF_INET: return darwin;
    case DARWIN_AF_INET6: return AF_INET6;
    default: return -1;
    }
}

int darwin_family(int linux_number) {
    return linux_number == AF_INET6 ? DARWIN_AF_INET6 : linux_number;
}

u32 linux_sockaddr(const u8 *darwin, u32 size, struct sockaddr_storage *out) {
    *out = (struct sockaddr_storage){0};
    if (!darwin || size < 2)
        return 0;
    size = MIN(size, (u32)sizeof *out);
    memcpy(out, darwin, size);
    out->ss_family = (sa_family_t)linux_family(darwin[1]);
    return size;
}

// A Unix socket without a name has an address of 16 bytes on Darwin, and of 2 on Linux.
void darwin_sockaddr(struct sockaddr_storage *in, u32 size, u8 *out, u32 *out_size) {
    if (!out || !out_size)
        return;
    u8 *bytes = (u8 *)in;
    int family = in->ss_family;
    u32 n = family == AF_UNIX && size >= 2 ? MAX(size, 16u) : size;
    bytes[0] = (u8)n;
    bytes[1] = (u8)darwin_family(family);
    memcpy(out, bytes, MIN(n, *out_size));
    *out_size = n;
}

// ---- making and connecting ------------------------------------------------------------------------------------------

static long shim_socket(int family, int type, int protocol) {
    return result(socket(linux_family(family), type, protocol));
}

static long shim_socketpair(int family, int type, int protocol, int *fds) {
    return result(socketpair(linux_family(family), type, protocol, fds));
}

static long shim_bind(int fd, const u8 *addr, u32 size) {
    struct sockaddr_storage s;
    u32 n = linux_sockaddr(addr, size, &s);
    return result(bind(fd, (struct sockaddr *)&s, n));
}

static long shim_connect(int fd, const u8 *addr, u32 size) {
    struct sockaddr_storage s;
    u32 n = linux_sockaddr(addr, size, &s);
    return result(connect(fd, (struct sockaddr *)&s, n));
}

typedef int (*AddressCall)(int, struct sockaddr *, socklen_t *);

// accept, getsockname, getpeername: calls that fill in an address.
static long call_for_address(AddressCall call, int fd, u8 *addr, u32 *size) {
    struct sockaddr_storage s = {0};
    socklen_t n = sizeof s;
    long r = result(call(fd, (struct sockaddr *)&s, &n));
    if (r >= 0)
        darwin_sockaddr(&s, n, addr, size);
    return r;
}

// A new connection waits or does not, as the socket that listens.
static long shim_accept(int fd, u8 *addr, u32 *size) {
    long r = call_for_address(accept, fd, addr, size);
    int flags = r < 0 ? 0 : fcntl(fd, F_GETFL);
    if (flags > 0 && flags & O_NONBLOCK)
        fcntl((int)r, F_SETFL, fcntl((int)r, F_GETFL) | O_NONBLOCK);
    return r;
}

static long shim_getsockname(int fd, u8 *addr, u32 *size) {
    return call_for_address(getsockname, fd, addr, size);
}

static long shim_getpeername(int fd, u8 *addr, u32 *size) {
    return call_for_address(getpeername, fd, addr, size);
}

PASS2(listen, int, int)
PASS2(shutdown, int, int)

// ---- options --------------------------------------------------------------------------------------------------------

enum { DARWIN_SOL_SOCKET = 0xffff };

typedef struct {
    u16 level, name; // of Darwin
    u16 linux_level, linux_name;
} Option;

static const Option options[] = {
    {DARWIN_SOL_SOCKET, 0x1, SOL_SOCKET, SO_DEBUG},
    {DARWIN_SOL_SOCKET, 0x2, SOL_SOCKET, SO_ACCEPTCONN},
    {DARWIN_SOL_SOCKET, 0x4, SOL_SOCKET, SO_REUSEADDR},
    {DARWIN_SOL_SOCKET, 0x8, SOL_SOCKET, SO_KEEPALIVE},
    {DARWIN_SOL_SOCKET, 0x10, SOL_SOCKET, SO_DONTROUTE},
    {DARWIN_SOL_SOCKET, 0x20, SOL_SOCKET, SO_BROADCAST},
    {DARWIN_SOL_SOCKET, 0x80, SOL_SOCKET, SO_LINGER},
    {DARWIN_SOL_SOCKET, 0x100, SOL_SOCKET, SO_OOBINLINE},
    {DARWIN_SOL_SOCKET, 0x200, SOL_SOCKET, SO_REUSEPORT},
    {DARWIN_SOL_SOCKET, 0x400, SOL_SOCKET, SO_TIMESTAMP},
    {DARWIN_SOL_SOCKET, 0x1001, SOL_SOCKET, SO_SNDBUF},
    {DARWIN_SOL_SOCKET, 0x1002, SOL_SOCKET, SO_RCVBUF},
    {DARWIN_SOL_SOCKET, 0x1003, SOL_SOCKET, SO_SNDLOWAT},
    {DARWIN_SOL_SOCKET, 0x1004, SOL_SOCKET, SO_RCVLOWAT},
    {DARWIN_SOL_SOCKET, 0x1005, SOL_SOCKET, SO_SNDTIMEO},
    {DARWIN_SOL_SOCKET, 0x1006, SOL_SOCKET, SO_RCVTIMEO},
    {DARWIN_SOL_SOCKET, 0x1007, SOL_SOCKET, SO_ERROR},
    {DARWIN_SOL_SOCKET, 0x1008, SOL_SOCKET, SO_TYPE},
    {DARWIN_SOL_SOCKET, 0x1080, SOL_SOCKET, SO_LINGER},
    {IPPROTO_IP, 0x2, IPPROTO_IP, IP_HDRINCL},
    {IPPROTO_IP, 0x3, IPPROTO_IP, IP_TOS},
    {IPPROTO_IP, 0x4, IPPROTO_IP, IP_TTL},
    {IPPROTO_IP, 0x9, IPPROTO_IP, IP_MULTICAST_IF},
    {IPPROTO_IP, 0xa, IPPROTO_IP, IP_MULTICAST_TTL},
    {IPPROTO_IP, 0xb, IPPROTO_IP, IP_MULTICAST_LOOP},
    {IPPROTO_IP, 0xc, IPPROTO_IP, IP_ADD_MEMBERSHIP},
    {IPPROTO_IP, 0xd, IPPROTO_IP, IP_DROP_MEMBERSHIP},
    {IPPROTO_IP, 0x18, IPPROTO_IP, IP_RECVTTL},
    {IPPROTO_IP, 0x19, SOL_SOCKET, SO_BINDTOIFINDEX},
    {IPPROTO_IP, 0x1a, IPPROTO_IP, IP_PKTINFO},
    {IPPROTO_IPV6, 0x4, IPPROTO_IPV6, IPV6_UNICAST_HOPS},
    {IPPROTO_IPV6, 0x9, IPPROTO_IPV6, IPV6_MULTICAST_IF},
    {IPPROTO_IPV6, 0xa, IPPROTO_IPV6, IPV6_MULTICAST_HOPS},
    {IPPROTO_IPV6, 0xb, IPPROTO_IPV6, IPV6_MULTICAST_LOOP},
    {IPPROTO_IPV6, 0xc, IPPROTO_IPV6, IPV6_JOIN_GROUP},
    {IPPROTO_IPV6, 0xd, IPPROTO_IPV6, IPV6_LEAVE_GROUP},
    {IPPROTO_IPV6, 0x1a, IPPROTO_IPV6, IPV6_CHECKSUM},
    {IPPROTO_IPV6, 0x1b, IPPROTO_IPV6, IPV6_V6ONLY},
    {IPPROTO_IPV6, 0x23, IPPROTO_IPV6, IPV6_RECVTCLASS},
    {IPPROTO_IPV6, 0x24, IPPROTO_IPV6, IPV6_TCLASS},
    {IPPROTO_IPV6, 0x25, IPPROTO_IPV6, IPV6_RECVHOPLIMIT},
    {IPPROTO_IPV6, 0x2e, IPPROTO_IPV6, IPV6_PKTINFO},
    {IPPROTO_IPV6, 0x2f, IPPROTO_IPV6, IPV6_HOPLIMIT},
    {IPPROTO_IPV6, 0x3d, IPPROTO_IPV6, IPV6_RECVPKTINFO},
    {IPPROTO_IPV6, 0x7d, SOL_SOCKET, SO_BINDTOIFINDEX},
    {IPPROTO_TCP, 0x1, IPPROTO_TCP, TCP_NODELAY},
    {IPPROTO_TCP, 0x2, IPPROTO_TCP, TCP_MAXSEG},
    {IPPROTO_TCP, 0x4, IPPROTO_TCP, TCP_CORK}, // TCP_NOPUSH
    {IPPROTO_TCP, 0x10, IPPROTO_TCP, TCP_KEEPIDLE},
    {IPPROTO_TCP, 0x101, IPPROTO_TCP, TCP_KEEPINTVL},
    {IPPROTO_TCP, 0x102, IPPROTO_TCP, TCP_KEEPCNT},
    {IPPROTO_TCP, 0x201, IPPROTO_TCP, TCP_NOTSENT_LOWAT},
};

static const Option *option_find(int level, int name) {
    for (size_t i = 0; i < COUNT_OF(options); i++)
        if (options[i].level == level && options[i].name == name)
            return &options[i];
    return NULL;
}

static const Option *option_of_linux(int level, int name) {
    for (size_t i = 0; i < COUNT_OF(options); i++)
        if (options[i].linux_level == level && options[i].linux_name == name)
            return &options[i];
    return NULL;
}

static bool is_time(const Option *o) {
    return o->linux_level == SOL_SOCKET && (o->linux_name == SO_SNDTIMEO || o->linux_name == SO_RCVTIMEO);
}

enum { SO_NREAD = 0x1020, SO_NOSIGPIPE = 0x1022, SO_NWRITE = 0x1024 };

static long shim_setsockopt(int fd, int level, int name, const void *value, u32 size) {
    const Option *o = option_find(level, name);
    // SIGPIPE for a socket: Go's handler lets it pass, as for a pipe.
    if (level == DARWIN_SOL_SOCKET && name == SO_NOSIGPIPE)
        return 0;
    if (!o)
        return fail(DARWIN_ENOPROTOOPT);
    struct timeval t;
    if (is_time(o) && size >= sizeof(DarwinTimeval)) {
        t = linux_timeval(value);
        value = &t;
        size = sizeof t;
    }
    return result(setsockopt(fd, o->linux_level, o->linux_name, value, size));
}

static long shim_getsockopt(int fd, int level, int name, void *value, u32 *size) {
    if (level == DARWIN_SOL_SOCKET && (name == SO_NREAD || name == SO_NWRITE))
        return result(ioctl(fd, name == SO_NREAD ? FIONREAD : TIOCOUTQ, value));
    const Option *o = option_find(level, name);
    if (!o)
        return fail(DARWIN_ENOPROTOOPT);
    if (getsockopt(fd, o->linux_level, o->linux_name, value, size) != 0)
        return result(-1);
    if (o->linux_level == SOL_SOCKET && o->linux_name == SO_ERROR)
        *(int *)value = darwin_errno(*(int *)value);
    if (is_time(o) && *size >= sizeof(DarwinTimeval))
        *(DarwinTimeval *)value = darwin_timeval(*(struct timeval *)value);
    return 0;
}

// ---- messages -------------------------------------------------------------------------------------------------------

static const struct {
    int darwin, linux_flag;
} message_flags[] = {
    {0x1, MSG_OOB},     {0x2, MSG_PEEK},     {0x4, MSG_DONTROUTE}, {0x8, MSG_EOR},          {0x10, MSG_TRUNC},
    {0x20, MSG_CTRUNC}, {0x40, MSG_WAITALL}, {0x80, MSG_DONTWAIT}, {0x80000, MSG_NOSIGNAL},
};

static int linux_message_flags(int darwin) {
    int r = 0;
    for (size_t i = 0; i < COUNT_OF(message_flags); i++)
        if (darwin & message_flags[i].darwin)
            r |= message_flags[i].linux_flag;
    return r;
}

static int darwin_message_flags(int linux_flags) {
    int r = 0;
    for (size_t i = 0; i < COUNT_OF(message_flags); i++)
        if (linux_flags & message_flags[i].linux_flag)
            r |= message_flags[i].darwin;
    return r;
}

static long shim_sendto(int fd, const void *data, size_t n, int flags, const u8 *addr, u32 size) {
    struct sockaddr_storage s;
    u32 linux_size = linux_sockaddr(addr, size, &s);
    return result(sendto(fd, data, n, linux_message_flags(flags), linux_size ? (struct sockaddr *)&s : NULL,
                         linux_size));
}

static long shim_recvfrom(int fd, void *data, size_t n, int flags, u8 *addr, u32 *size) {
    struct sockaddr_storage s = {0};
    socklen_t linux_size = sizeof s;
    long r = result(recvfrom(fd, data, n, linux_message_flags(flags), (struct sockaddr *)&s, &linux_size));
    if (r >= 0)
        darwin_sockaddr(&s, linux_size, addr, size);
    return r;
}

typedef struct {
    u8 *name;
    u32 name_size, pad0;
    struct iovec *iov;
    i32 n_iov, pad1;
    u8 *control;
    u32 control_size;
    i32 flags;
} DarwinMsghdr;

typedef struct {
    u32 size; // with this header
    i32 level, type;
} DarwinCmsghdr;

enum { CONTROL_ROOM = 4096 };

static u32 align4(u32 n) {
    return (n + 3) & ~3u;
}

// Kinds at the level of sockets: rights (descriptors) are 1 on both; all else goes by the table of options.
static void linux_control_kind(const DarwinCmsghdr *d, struct cmsghdr *l) {
    const Option *o = option_find(d->level, d->type);
    bool socket_level = d->level == DARWIN_SOL_SOCKET;
    l->cmsg_level = socket_level ? SOL_SOCKET : d->level;
    l->cmsg_type = o && !socket_level ? o->linux_name : d->type;
}

// What comes with a datagram: its time (Darwin's SCM_TIMESTAMP is 2), its TTL (of the kind of the option that asks for it).
static void darwin_control_kind(const struct cmsghdr *l, DarwinCmsghdr *d) {
    enum { DARWIN_SCM_TIMESTAMP = 2, DARWIN_IP_RECVTTL = 0x18 };
    const Option *o = option_of_linux(l->cmsg_level, l->cmsg_type);
    bool socket_level = l->cmsg_level == SOL_SOCKET;
    d->level = socket_level ? DARWIN_SOL_SOCKET : l->cmsg_level;
    d->type = o && !socket_level ? o->name : l->cmsg_type;
    if (socket_level && l->cmsg_type == SO_TIMESTAMP)
        d->type = DARWIN_SCM_TIMESTAMP;
    if (l->cmsg_level == IPPROTO_IP && l->cmsg_type == IP_TTL)
        d->type = DARWIN_IP_RECVTTL;
}

// Returns the bytes in use of out, or -1 when the messages are no such list or too long.
static i64 linux_control(const u8 *in, u32 size, u8 *out) {
    size_t used = 0;
    for (u32 off = 0; size - off >= sizeof(DarwinCmsghdr) && off < size;) {
        DarwinCmsghdr d;
        memcpy(&d, in + off, sizeof d);
        if (d.size < sizeof d || d.size > size - off)
            return -1;
        size_t n = d.size - sizeof d;
        if (used + CMSG_SPACE(n) > CONTROL_ROOM)
            return -1;
        struct cmsghdr *l = (struct cmsghdr *)(out + used);
        *l = (struct cmsghdr){.cmsg_len = CMSG_LEN(n)};
        linux_control_kind(&d, l);
        memcpy(CMSG_DATA(l), in + off + sizeof d, n);
        used += CMSG_SPACE(n);
        off += align4(d.size);
    }
    return (i64)used;
}

static long shim_sendmsg(int fd, const DarwinMsghdr *d, int flags) {
    struct sockaddr_storage s;
    _Alignas(struct cmsghdr) u8 control[CONTROL_ROOM];
    u32 name_size = linux_sockaddr(d->name, d->name_size, &s);
    i64 control_size = d->control ? linux_control(d->control, d->control_size, control) : 0;
    if (control_size < 0)
        return fail(DARWIN_EINVAL);
    struct msghdr m = {
        .msg_name = name_size ? &s : NULL,
        .msg_namelen = name_size,
        .msg_iov = d->iov,
        .msg_iovlen = (size_t)d->n_iov,
        .msg_control = control_size ? control : NULL,
        .msg_controllen = (size_t)control_size,
    };
    return result(sendmsg(fd, &m, linux_message_flags(flags)));
}

// Descriptors that came along but found no room: the kernel would not have made them.
static void close_rights(const struct cmsghdr *l, size_t from) {
    if (l->cmsg_level != SOL_SOCKET || l->cmsg_type != SCM_RIGHTS)
        return;
    for (size_t off = from; off + sizeof(int) <= l->cmsg_len - CMSG_LEN(0); off += sizeof(int)) {
        int fd;
        memcpy(&fd, CMSG_DATA(l) + off, sizeof fd);
        close(fd);
    }
}

// Lays out the control messages for the program; what does not fit is cut off, and said to be.
static void darwin_control(struct msghdr *m, DarwinMsghdr *d) {
    u32 used = 0;
    for (struct cmsghdr *l = CMSG_FIRSTHDR(m); l; l = CMSG_NXTHDR(m, l)) {
        u32 n = (u32)(l->cmsg_len - CMSG_LEN(0));
        u32 room = d->control_size > used + sizeof(DarwinCmsghdr)
                       ? d->control_size - used - (u32)sizeof(DarwinCmsghdr)
                       : 0;
        u32 fits = n <= room ? n : room & ~3u;
        if (fits < n) {
            m->msg_flags |= MSG_CTRUNC;
            close_rights(l, fits);
        }
        if (fits == 0)
            continue;
        DarwinCmsghdr h = {.size = (u32)sizeof h + fits};
        darwin_control_kind(l, &h);
        memcpy(d->control + used, &h, sizeof h);
        memcpy(d->control + used + sizeof h, CMSG_DATA(l), fits);
        used += align4(h.size);
    }
    d->control_size = MIN(used, d->control_size);
}

static long shim_recvmsg(int fd, DarwinMsghdr *d, int flags) {
    struct sockaddr_storage s = {0};
    _Alignas(struct cmsghdr) u8 control[CONTROL_ROOM];
    bool wants_control = d->control && d->control_size;
    struct msghdr m = {
        .msg_name = &s,
        .msg_namelen = sizeof s,
        .msg_iov = d->iov,
        .msg_iovlen = (size_t)d->n_iov,
        .msg_control = wants_control ? control : NULL,
        .msg_controllen = wants_control ? sizeof control : 0,
    };
    long r = result(recvmsg(fd, &m, linux_message_flags(flags)));
    if (r < 0)
        return r;
    darwin_sockaddr(&s, m.msg_namelen, d->name, &d->name_size);
    if (wants_control)
        darwin_control(&m, d);
    else
        d->control_size = 0;
    d->flags = darwin_message_flags(m.msg_flags);
    return r;
}

const Export exports_sockets[] = {
    EXPORT(accept),      EXPORT(bind),       EXPORT(connect),    EXPORT(getpeername),
    EXPORT(getsockname), EXPORT(getsockopt), EXPORT(listen),     EXPORT(recvfrom),
    EXPORT(recvmsg),     EXPORT(sendmsg),    EXPORT(sendto),     EXPORT(setsockopt),
    EXPORT(shutdown),    EXPORT(socket),     EXPORT(socketpair), EXPORTS_END,
};
