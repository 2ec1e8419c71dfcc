// terminals.c - terminals: ioctl, modes, pseudo-terminals.
//
// The number of an ioctl of Darwin says the size of its argument; the ones served here are those of terminals. The modes
// of a terminal (struct termios) are bits with the names of POSIX and other places, and control characters in another
// order: tables translate both.
// REF   TIOC..., Termios: syscall/zerrors_darwin_*.go, ztypes_darwin_*.go; flags and the order of control characters:
//       xnu/bsd/sys/termios.h.
#include "machorun/shim/darwin.h"
#include "machorun/shim/varargs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

typedef struct {
    u64 iflag, oflag, cflag, lflag;
    u8 cc[20];
    u8 pad[4];
    u64 input_speed, output_speed; // bits a second
} DarwinTermios;
_Static_assert(sizeof(DarwinTermios) == 72, "struct termios of Darwin");

typedef struct {
    u32 darwin, linux_bits;
} Bits;

static const Bits input_bits[] = {
    {0x1, IGNBRK},  {0x2, BRKINT},  {0x4, IGNPAR},     {0x8, PARMRK},   {0x10, INPCK},
    {0x20, ISTRIP}, {0x40, INLCR},  {0x80, IGNCR},     {0x100, ICRNL},  {0x200, IXON},
    {0x400, IXOFF}, {0x800, IXANY}, {0x2000, IMAXBEL}, {0x4000, IUTF8}, {0},
};

static const Bits output_bits[] = {
    {0x1, OPOST}, {0x2, ONLCR}, {0x10, OCRNL}, {0x20, ONOCR}, {0x40, ONLRET}, {0},
};

// The size of a character is two bits on both.
static const Bits control_bits[] = {
    {0x100, CS6},     {0x200, CS7},    {0x400, CSTOPB},  {0x800, CREAD},     {0x1000, PARENB},
    {0x2000, PARODD}, {0x4000, HUPCL}, {0x8000, CLOCAL}, {0x30000, CRTSCTS}, {0},
};

static const Bits local_bits[] = {
    {0x2, ECHOE},
    {0x4, ECHOK},
    {0x8, ECHO},
    {0x10, ECHONL},
    {0x80, ISIG},
    {0x100, ICANON},
    {0x400, IEXTEN},
    {0x400000, TOSTOP},
    {0x80000000, NOFLSH},
    {0x1, ECHOKE},
    {0x20, ECHOPRT},
    {0x40, ECHOCTL},
    {0},
};

// Darwin's places: VEOF, VEOL, VEOL2, VERASE, VWERASE, VKILL, VREPRINT, -, VINTR, VQUIT, VSUSP, -, VSTART, VSTOP, VLNEXT,
// VDISCARD, VMIN, VTIME.
static const i8 characters[20] = {VEOF,   VEOL,     VEOL2, VERASE, VWERASE, VKILL,  VREPRINT,
                                  -1,     VINTR,    VQUIT, VSUSP,  -1,      VSTART, VSTOP,
                                  VLNEXT, VDISCARD, VMIN,  VTIME,  -1,      -1};

static const struct {
    speed_t code;
    u32 speed;
} speeds[] = {{B0, 0},         {B1200, 1200},   {B2400, 2400},   {B4800, 4800},     {B9600, 9600},
              {B19200, 19200}, {B38400, 38400}, {B57600, 57600}, {B115200, 115200}, {B230400, 230400}};

static u64 to_darwin(const Bits *bits, u32 flags) {
    u64 r = 0;
    for (; bits->darwin; bits++)
        if ((flags & bits->linux_bits) == bits->linux_bits)
            r |= bits->darwin;
    return r;
}

static u32 to_linux(const Bits *bits, u64 flags) {
    u32 r = 0;
    for (; bits->darwin; bits++)
        if ((flags & bits->darwin) == bits->darwin)
            r |= bits->linux_bits;
    return r;
}

static u64 speed_of(speed_t code) {
    for (size_t i = 0; i < COUNT_OF(speeds); i++)
        if (speeds[i].code == code)
            return speeds[i].speed;
    return 38400;
}

static speed_t code_of(u64 speed) {
    for (size_t i = 0; i < COUNT_OF(speeds); i++)
        if (speeds[i].speed == speed)
            return speeds[i].code;
    return B38400;
}

// A character that is switched off is 0xff on Darwin and 0 on Linux; two of the places have numbers.
enum { NO_CHARACTER = 0xff };

static bool has_number(i8 place) {
    return place == VMIN || place == VTIME;
}

static u8 darwin_character(const cc_t *all, i8 place) {
    u8 c = place < 0 ? 0 : all[place];
    return place < 0 || (!c && !has_number(place)) ? NO_CHARACTER : c;
}

static cc_t linux_character(u8 c, i8 place) {
    return c == NO_CHARACTER && !has_number(place) ? 0 : c;
}

static long modes_get(int fd, DarwinTermios *d) {
    struct termios l;
    if (tcgetattr(fd, &l) != 0)
        return result(-1);
    *d = (DarwinTermios){
        .iflag = to_darwin(input_bits, l.c_iflag),
        .oflag = to_darwin(output_bits, l.c_oflag),
        .cflag = to_darwin(control_bits, l.c_cflag),
        .lflag = to_darwin(local_bits, l.c_lflag),
        .input_speed = speed_of(cfgetispeed(&l)),
        .output_speed = speed_of(cfgetospeed(&l)),
    };
    for (size_t i = 0; i < COUNT_OF(characters); i++)
        d->cc[i] = darwin_character(l.c_cc, characters[i]);
    return 0;
}

static long modes_set(int fd, int when, const DarwinTermios *d) {
    struct termios l;
    if (tcgetattr(fd, &l) != 0) // for the bits that Darwin does not have
        return result(-1);
    l.c_iflag = (l.c_iflag & ~to_linux(input_bits, UINT64_MAX)) | to_linux(input_bits, d->iflag);
    l.c_oflag = (l.c_oflag & ~to_linux(output_bits, UINT64_MAX)) | to_linux(output_bits, d->oflag);
    l.c_cflag = (l.c_cflag & ~to_linux(control_bits, UINT64_MAX)) | to_linux(control_bits, d->cflag);
    l.c_lflag = (l.c_lflag & ~to_linux(local_bits, UINT64_MAX)) | to_linux(local_bits, d->lflag);
    for (size_t i = 0; i < COUNT_OF(characters); i++)
        if (characters[i] >= 0)
            l.c_cc[characters[i]] = linux_character(d->cc[i], characters[i]);
    cfsetispeed(&l, code_of(d->input_speed));
    cfsetospeed(&l, code_of(d->output_speed));
    return result(tcsetattr(fd, when, &l));
}

static long copy_name(int fd, char *out, size_t size) {
    return ptsname_r(fd, out, size) == 0 ? 0 : result(-1);
}

CALLED_FROM_ASM static long shim_ioctl(int fd, u64 request, void *arg) {
    switch ((u32)request) {
    case 0x20006601: return result(ioctl(fd, FIOCLEX));
    case 0x20006602: return result(ioctl(fd, FIONCLEX));
    case 0x4004667f: return result(ioctl(fd, FIONREAD, arg));
    case 0x8004667e: return result(ioctl(fd, FIONBIO, arg));
    case 0x2000740d: return result(ioctl(fd, TIOCEXCL));
    case 0x20007461: return result(ioctl(fd, TIOCSCTTY, 0));
    case 0x20007471: return result(ioctl(fd, TIOCNOTTY));
    case 0x40047473: return result(ioctl(fd, TIOCOUTQ, arg));
    case 0x40047477: return result(ioctl(fd, TIOCGPGRP, arg));
    case 0x80047476: return result(ioctl(fd, TIOCSPGRP, arg));
    case 0x40087468: return result(ioctl(fd, TIOCGWINSZ, arg));
    case 0x80087467: return result(ioctl(fd, TIOCSWINSZ, arg));
    case 0x40487413: return modes_get(fd, arg);
    case 0x80487414: return modes_set(fd, TCSANOW, arg);
    case 0x80487415: return modes_set(fd, TCSADRAIN, arg);
    case 0x80487416: return modes_set(fd, TCSAFLUSH, arg);
    case 0x20007454: return result(grantpt(fd));
    case 0x20007452: return result(unlockpt(fd));
    case 0x40807453: return copy_name(fd, arg, 128);
    default: return fail(DARWIN_ENOTTY);
    }
}

STACKED(ioctl, 2)

static long shim_posix_openpt(int flags) {
    return result(posix_openpt(linux_open_flags(flags)));
}

// Returns the error.
static long shim_ptsname_r(int fd, char *out, size_t size) {
    return darwin_errno(ptsname_r(fd, out, size));
}

static long shim_tcgetattr(int fd, DarwinTermios *out) {
    return modes_get(fd, out);
}

// TCSANOW, TCSADRAIN and TCSAFLUSH are the same.
static long shim_tcsetattr(int fd, int when, const DarwinTermios *modes) {
    return modes_set(fd, when, modes);
}

PASS1(grantpt, int)
PASS1(unlockpt, int)

const Export exports_terminals[] = {
    EXPORT(grantpt),   EXPORT_STACKED(ioctl), EXPORT(posix_openpt), EXPORT(ptsname_r),
    EXPORT(tcgetattr), EXPORT(tcsetattr),     EXPORT(unlockpt),     EXPORTS_END,
};
