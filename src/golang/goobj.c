// goobj.c - opening an object: the header and its blocks.
#include "golang/goobj.h"

#include "base/diag.h"
#include "golang/release.h"

// Blocks of an object in file order (goobj.Blk*).
enum {
    BLK_AUTOLIB, BLK_PKGIDX, BLK_FILE, BLK_SYMDEF, BLK_HASHED64DEF, BLK_HASHEDDEF, BLK_NONPKGDEF, BLK_NONPKGREF,
    BLK_REFFLAGS, BLK_HASH64, BLK_HASH, BLK_RELOCIDX, BLK_AUXIDX, BLK_DATAIDX, BLK_RELOC, BLK_AUX, BLK_DATA, BLK_REFNAME,
    BLK_END, BLK_COUNT
};

enum { MAGIC_SIZE = 8, FINGERPRINT_SIZE = 8, HEADER_SIZE = MAGIC_SIZE + FINGERPRINT_SIZE + 4 + 4 * BLK_COUNT };

// Size of a record in each block; 1 where the block is bytes.
static const u8 record_size[BLK_COUNT] = {
    [BLK_AUTOLIB] = 16, [BLK_PKGIDX] = 8, [BLK_FILE] = 8,
    [BLK_SYMDEF] = GOOBJ_SYM_SIZE, [BLK_HASHED64DEF] = GOOBJ_SYM_SIZE, [BLK_HASHEDDEF] = GOOBJ_SYM_SIZE,
    [BLK_NONPKGDEF] = GOOBJ_SYM_SIZE, [BLK_NONPKGREF] = GOOBJ_SYM_SIZE,
    [BLK_REFFLAGS] = GOOBJ_REFFLAGS_SIZE, [BLK_HASH64] = 8, [BLK_HASH] = 16,
    [BLK_RELOCIDX] = 4, [BLK_AUXIDX] = 4, [BLK_DATAIDX] = 4,
    [BLK_RELOC] = GOOBJ_RELOC_SIZE, [BLK_AUX] = GOOBJ_AUX_SIZE, [BLK_DATA] = 1, [BLK_REFNAME] = 16, [BLK_END] = 1,
};

// Fills count[] with the records of each block, or reports why the header is wrong.
static bool read_blocks(const u8 *base, u64 size, Str what, u32 off[BLK_COUNT], u32 count[BLK_COUNT]) {
    const u8 *offsets = base + MAGIC_SIZE + FINGERPRINT_SIZE + 4;
    u64 prev = HEADER_SIZE;
    for (int i = 0; i < BLK_COUNT; i++) {
        off[i] = get_u32le(offsets + 4 * i);
        if (off[i] < prev || off[i] > size) {
            error(STR_FMT ": corrupt object: block %d at offset %u, expected %llu to %llu", STR_ARG(what), i, off[i],
                  (unsigned long long)prev, (unsigned long long)size);
            return false;
        }
        prev = off[i];
    }
    for (int i = 0; i + 1 < BLK_COUNT; i++) {
        u32 n = off[i + 1] - off[i];
        if (n % record_size[i]) {
            error(STR_FMT ": corrupt object: block %d has %u bytes, expected a multiple of %d", STR_ARG(what), i, n,
                  record_size[i]);
            return false;
        }
        count[i] = n / record_size[i];
    }
    return true;
}

bool object_open(Object *o, const GoRelease *rel, const u8 *base, u64 size, Str what) {
    u32 off[BLK_COUNT], count[BLK_COUNT] = {0};
    if (size < HEADER_SIZE || memcmp(base, "\0go120ld", MAGIC_SIZE) != 0) {
        error(STR_FMT ": not a Go object file: wrong magic", STR_ARG(what));
        return false;
    }
    if (size > UINT32_MAX) {
        error(STR_FMT ": object of %llu bytes is too large", STR_ARG(what), (unsigned long long)size);
        return false;
    }
    if (!read_blocks(base, size, what, off, count))
        return false;

    *o = (Object){.base = base, .size = size, .rel = rel, .what = what, .fingerprint = base + MAGIC_SIZE};
    o->flags = get_u32le(base + MAGIC_SIZE + FINGERPRINT_SIZE);
    o->ndef = count[BLK_SYMDEF];
    o->nhashed64 = count[BLK_HASHED64DEF];
    o->nhashed = count[BLK_HASHEDDEF];
    o->nnonpkg = count[BLK_NONPKGDEF];
    o->nref = count[BLK_NONPKGREF];
    o->nalldef = o->ndef + o->nhashed64 + o->nhashed + o->nnonpkg;
    o->syms = base + off[BLK_SYMDEF];
    o->hash64 = base + off[BLK_HASH64];
    o->hash = base + off[BLK_HASH];
    o->refflags = base + off[BLK_REFFLAGS];
    o->nrefflags = count[BLK_REFFLAGS];
    o->reloc_idx = base + off[BLK_RELOCIDX];
    o->aux_idx = base + off[BLK_AUXIDX];
    o->data_idx = base + off[BLK_DATAIDX];
    o->relocs = base + off[BLK_RELOC];
    o->auxs = base + off[BLK_AUX];
    o->data = base + off[BLK_DATA];
    o->nreloc = count[BLK_RELOC];
    o->naux = count[BLK_AUX];
    o->ndata = count[BLK_DATA];
    o->autolib = base + off[BLK_AUTOLIB];
    o->nautolib = count[BLK_AUTOLIB];
    o->pkgs = base + off[BLK_PKGIDX];
    o->npkg = count[BLK_PKGIDX];
    o->files = base + off[BLK_FILE];
    o->nfile = count[BLK_FILE];

    if (count[BLK_HASH64] != o->nhashed64 || count[BLK_HASH] != o->nhashed) {
        error(STR_FMT ": corrupt object: %u and %u hashes for %u and %u symbols", STR_ARG(what), count[BLK_HASH64],
              count[BLK_HASH], o->nhashed64, o->nhashed);
        return false;
    }
    if (count[BLK_RELOCIDX] != o->nalldef + 1 || count[BLK_AUXIDX] != o->nalldef + 1 ||
        count[BLK_DATAIDX] != o->nalldef + 1) {
        error(STR_FMT ": corrupt object: index arrays of %u, %u and %u entries, expected %u", STR_ARG(what),
              count[BLK_RELOCIDX], count[BLK_AUXIDX], count[BLK_DATAIDX], o->nalldef + 1);
        return false;
    }
    return true;
}

void object_bad(const Object *o, const char *what, u64 got, u64 limit) {
    error(STR_FMT ": corrupt object: %s out of range: got %llu, limit %llu", STR_ARG(o->what), what,
          (unsigned long long)got, (unsigned long long)limit);
}

u32 object_sym_flags(const Object *o, u32 local) {
    const u8 *s = object_sym(o, local);
    u32 flags = s[11];
    for (u32 rest = s[12]; rest; rest &= rest - 1)
        flags |= o->rel->sym_flag2[__builtin_ctz(rest)];
    return flags;
}
