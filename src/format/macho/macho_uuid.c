// macho_uuid.c - the file's UUID, by which crash reports and debuggers match a program with its debugging
// information.
//
// A hash of something, marked as a name-based UUID (RFC 4122: version 3). The hash is Go's own for such
// purposes: SHA-256 with the first byte inverted, so that nobody takes it for a plain SHA-256.
// REF   cmd/link/internal/ld/macho_update_uuid.go; cmd/internal/hash; ld/elf.go: addbuildinfo.
#include <nettle/sha2.h>

#include "format/macho/macho.h"

static void uuid_of_bytes(const Program *p, const u8 *bytes, u64 n, u8 uuid[16]) {
    struct sha256_ctx ctx;
    u8 digest[SHA256_DIGEST_SIZE];
    sha256_init(&ctx);
    sha256_update(&ctx, n, bytes);
    sha256_digest(&ctx, sizeof digest, digest);
    memcpy(uuid, digest, 16);
    uuid[0] ^= 0xff;
    uuid[6] = (uuid[6] & 0x0f) | 0x30; // version
    uuid[8] = (uuid[8] & 0x3f) | p->rel->macho_uuid_variant;
}

void macho_build_id_uuid(const Program *p, u8 uuid[16]) {
    const Options *opt = p->opt;
    memset(uuid, 0, 16);
    if (opt->buildinfo_kind == BUILDINFO_GOBUILDID)
        uuid_of_bytes(p, (const u8 *)opt->buildid.p, opt->buildid.n, uuid);
    else
        memcpy(uuid, opt->buildinfo, MIN(opt->nbuildinfo, 16));
}

bool macho_uuid(const Program *p, u8 uuid[16]) {
    const Options *opt = p->opt;
    memset(uuid, 0, 16);
    switch (opt->buildinfo_kind) {
    case BUILDINFO_NONE: return false;
    case BUILDINFO_GOBUILDID: uuid_of_bytes(p, (const u8 *)opt->buildid.p, opt->buildid.n, uuid); return true;
    case BUILDINFO_BYTES:
        if (opt->nbuildinfo >= 16 || (opt->nbuildinfo && !p->rel->macho_uuid_always)) {
            memcpy(uuid, opt->buildinfo, MIN(opt->nbuildinfo, 16));
            return true;
        }
        break;
    case BUILDINFO_DEFAULT: break;
    }
    if (!p->rel->macho_uuid_always)
        return false;
    // The header is not there yet: its place is hashed as zeros. The signature is no part of what is hashed.
    uuid_of_bytes(p, p->out, p->macho->signature.fileoff, uuid);
    return true;
}
