// interfaces.c - the list of network interfaces, as BSD's routing table tells it.
//
// WHAT  Go asks for interfaces with a sysctl of the routing table: NET_RT_IFLIST for interfaces and their addresses,
//       NET_RT_IFLIST2 for the same with multicast groups. The answer is a chain of messages, each a header (size,
//       version, kind, which addresses follow, flags, index), then those addresses, each filled up to 4 bytes:
//         RTM_IFINFO    (or IFINFO2)   an interface; RTA_IFP: its link address, which holds the name
//         RTM_NEWADDR                  an address of it; RTA_NETMASK, RTA_IFA
//         RTM_NEWMADDR2                a multicast group it belongs to; RTA_IFA
// HOW   Interfaces and addresses come from getifaddrs, groups from /proc/net/igmp and /proc/net/igmp6.
// REF   IfMsghdr, IfaMsghdr, IfmaMsghdr2, RTM_, RTA_, IFF_: syscall/ztypes_darwin_*.go, zerrors_darwin_*.go; the reader
//       is internal/routebsd (sys_darwin.go: sizes and alignment); struct if_msghdr2: xnu/bsd/net/if.h.
#include "machorun/shim/darwin.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RTM_VERSION = 5, RTM_IFINFO = 0xe, RTM_NEWADDR = 0xc, RTM_IFINFO2 = 0x12, RTM_NEWMADDR2 = 0x13 };
enum { RTA_NETMASK = 0x4, RTA_IFP = 0x10, RTA_IFA = 0x20 };
enum {
    IFMSG_SIZE = 0x70,
    IFMSG2_SIZE = 0xa0,
    IFADDR_SIZE = 0x14,
    IFGROUP2_SIZE = 0x14,
    LINK_ADDRESS_FAMILY = 18
};

typedef struct {
    u16 size; // of the message
    u8 version, kind;
    i32 addrs; // RTA_: which addresses follow
    i32 flags;
    u16 index, pad;
} MessageHead;

// The answer grows in the program's buffer; what does not fit is only counted.
typedef struct {
    u8 *v;    // NULL: just count
    size_t n; // bytes needed
    size_t max;
    size_t start; // where the current message begins
} Answer;

static void put(Answer *a, const void *data, size_t size) {
    if (a->v && a->n + size <= a->max)
        memcpy(a->v + a->n, data, size);
    a->n += size;
}

static void put_zeros(Answer *a, size_t size) {
    static const u8 zeros[IFMSG2_SIZE];
    put(a, zeros, size);
}

static void message_begin(Answer *a, MessageHead head, size_t header_size) {
    a->start = a->n;
    head.version = RTM_VERSION;
    put(a, &head, sizeof head);
    put_zeros(a, header_size - sizeof head);
}

// Overwrites bytes of the current message.
static void message_set(Answer *a, size_t off, const void *data, size_t size) {
    if (a->v && a->n <= a->max)
        memcpy(a->v + a->start + off, data, size);
}

static void message_end(Answer *a) {
    u16 size = (u16)(a->n - a->start);
    message_set(a, 0, &size, sizeof size);
}

static void put_sockaddr(Answer *a, const u8 *sa, u32 size) {
    put(a, sa, size);
    put_zeros(a, -size & 3);
}

static void put_linux_sockaddr(Answer *a, const struct sockaddr *sa, int family) {
    struct sockaddr_storage s = {0};
    u32 size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (sa)
        memcpy(&s, sa, size);
    s.ss_family = (sa_family_t)family;
    u8 out[sizeof s];
    u32 out_size = sizeof out;
    darwin_sockaddr(&s, size, out, &out_size);
    put_sockaddr(a, out, out_size);
}

// Flags agree but for IFF_MULTICAST.
static i32 darwin_interface_flags(unsigned flags) {
    return (i32)((flags & 0x3ff) | (flags & IFF_MULTICAST ? 0x8000 : 0));
}

static u32 interface_mtu(const char *name) {
    struct ifreq r = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
    bool known = fd >= 0 && ioctl(fd, SIOCGIFMTU, &r) == 0;
    if (fd >= 0)
        close(fd);
    return known ? (u32)r.ifr_mtu : 0;
}

typedef struct {
    u8 size, family;
    u16 index;
    u8 type, name_size, addr_size, selector_size;
    char data[IFNAMSIZ + 8]; // the name, then the address
} DarwinLinkAddress;

static u32 link_address(DarwinLinkAddress *out, const struct ifaddrs *i) {
    const struct sockaddr_ll *ll = (const struct sockaddr_ll *)i->ifa_addr;
    static const u8 nothing[8];
    enum { IFT_ETHER = 6, IFT_LOOP = 24 };
    *out = (DarwinLinkAddress){.family = LINK_ADDRESS_FAMILY,
                               .index = (u16)ll->sll_ifindex,
                               .type = i->ifa_flags & IFF_LOOPBACK ? IFT_LOOP : IFT_ETHER};
    out->name_size = (u8)MIN(strlen(i->ifa_name), (size_t)IFNAMSIZ);
    memcpy(out->data, i->ifa_name, out->name_size);
    u8 n = MIN(ll->sll_halen, 8);
    if (memcmp(ll->sll_addr, nothing, n) != 0) { // the loopback's is all zeros on Linux, and none on Darwin
        out->addr_size = n;
        memcpy(out->data + out->name_size, ll->sll_addr, n);
    }
    u32 size = (u32)offsetof(DarwinLinkAddress, data) + out->name_size + out->addr_size;
    out->size = (u8)size;
    return size;
}

static void put_interface(Answer *a, const struct ifaddrs *i, bool second_form) {
    DarwinLinkAddress l;
    u32 size = link_address(&l, i);
    u32 mtu = interface_mtu(i->ifa_name);
    MessageHead head = {
        .kind = second_form ? RTM_IFINFO2 : RTM_IFINFO,
        .addrs = RTA_IFP,
        .flags = darwin_interface_flags(i->ifa_flags),
        .index = l.index,
    };
    message_begin(a, head, second_form ? IFMSG2_SIZE : IFMSG_SIZE);
    put_sockaddr(a, (const u8 *)&l, size);
    message_set(a, (second_form ? 32 : 16) + 8, &mtu, sizeof mtu); // if_data.ifi_mtu
    message_end(a);
}

static void put_address(Answer *a, const struct ifaddrs *i, u16 index) {
    int family = i->ifa_addr->sa_family;
    message_begin(a, (MessageHead){.kind = RTM_NEWADDR, .addrs = RTA_NETMASK | RTA_IFA, .index = index},
                  IFADDR_SIZE);
    put_linux_sockaddr(a, i->ifa_netmask, family);
    put_linux_sockaddr(a, i->ifa_addr, family);
    message_end(a);
}

// ---- groups ---------------------------------------------------------------------------------------------------------

static void put_group(Answer *a, const struct sockaddr *group, u16 index) {
    message_begin(a, (MessageHead){.kind = RTM_NEWMADDR2, .addrs = RTA_IFA, .index = index}, IFGROUP2_SIZE);
    put_linux_sockaddr(a, group, group->sa_family);
    message_end(a);
}

// A line for each interface, "index device : ...", and below it a line for each group: the address as one hexadecimal
// number of the machine's byte order.
static void put_groups_ip4(Answer *a, u16 index) {
    FILE *f = fopen("/proc/net/igmp", "re");
    if (!f)
        return;
    char line[256];
    u32 current = 0, number;
    while (fgets(line, sizeof line, f)) {
        if (line[0] != '\t' && line[0] != ' ') {
            current = 0;
            sscanf(line, "%u", &current);
        } else if (current == index && sscanf(line, "%x", &number) == 1) {
            struct sockaddr_in s = {.sin_family = AF_INET, .sin_addr.s_addr = number};
            put_group(a, (struct sockaddr *)&s, index);
        }
    }
    fclose(f);
}

// "index device address ...", the address in 32 hexadecimal digits.
static void put_groups_ip6(Answer *a, u16 index) {
    FILE *f = fopen("/proc/net/igmp6", "re");
    if (!f)
        return;
    char line[256], digits[33];
    u32 current;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%u %*s %32s", &current, digits) != 2 || current != index || strlen(digits) != 32)
            continue;
        struct sockaddr_in6 s = {.sin6_family = AF_INET6};
        for (int i = 0; i < 16; i++)
            sscanf(digits + 2 * i, "%2hhx", &s.sin6_addr.s6_addr[i]);
        put_group(a, (struct sockaddr *)&s, index);
    }
    fclose(f);
}

// ---- the list -------------------------------------------------------------------------------------------------------

// An interface, then its addresses, then its groups.
static void put_all_of(Answer *a, const struct ifaddrs *list, const struct ifaddrs *link, bool second_form) {
    u16 index = (u16)((const struct sockaddr_ll *)link->ifa_addr)->sll_ifindex;
    put_interface(a, link, second_form);
    for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
        int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;
        if ((family == AF_INET || family == AF_INET6) && strcmp(i->ifa_name, link->ifa_name) == 0)
            put_address(a, i, index);
    }
    if (second_form) {
        put_groups_ip4(a, index);
        put_groups_ip6(a, index);
    }
}

long interfaces_list(bool second_form, int index, void *out, size_t *size) {
    struct ifaddrs *list;
    if (getifaddrs(&list) != 0)
        return result(-1);
    Answer a = {.v = out, .max = *size};
    for (const struct ifaddrs *i = list; i; i = i->ifa_next)
        if (i->ifa_addr && i->ifa_addr->sa_family == AF_PACKET &&
            (index == 0 || index == ((const struct sockaddr_ll *)i->ifa_addr)->sll_ifindex))
            put_all_of(&a, list, i, second_form);
    freeifaddrs(list);
    bool fits = !out || a.n <= a.max;
    *size = a.n;
    return fits ? 0 : fail(DARWIN_ENOMEM);
}
