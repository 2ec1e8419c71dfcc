// page_hashes.c - checks a code signature as the kernel of a Mac with an arm64 processor does.
//
// WHAT  The signature is the last part of the file. It is a list of blobs, of which one, the code directory, has the SHA-256
//       of each page of everything in front of it. The kernel compares when a page is touched, and kills the program if
//       the hash is another. Big-endian, unlike the rest of the file:
//
//           SuperBlob:      magic fade0cc0, size, number of blobs; for each: type, offset
//           CodeDirectory:  magic fade0c02, size, version, flags, offset of the hashes, offset of the identifier, number of
//                           special hashes (in front of the others, of other files), number of hashes, signed bytes;
//                           u8: size of a hash, kind of hash, platform, log2 of the page; ...
//                           version 20400 and later: place of the segment with code, and 1 for a main program
// RULES For ad-hoc signatures, without a certificate: others say more, which is for others to check.
// REF   xnu, osfmk/kern/cs_blobs.h; bsd/kern/ubc_subr.c: cs_validate_csblob.
#include "machorun/loader.h"
#include "machorun/sha256.h"

enum {
    CSMAGIC_SUPERBLOB = (int)0xfade0cc0,
    CSMAGIC_CODEDIRECTORY = (int)0xfade0c02,
    CSSLOT_CODEDIRECTORY = 0,
    CS_ADHOC = 0x2,
    CS_LINKER_SIGNED = 0x20000, // codesign may replace it
    CS_HASHTYPE_SHA256 = 2,
    CS_EXECSEG_MAIN_BINARY = 1,
    VERSION_WITH_EXECSEG = 0x20400,
    VERSION_LIMIT = 0x2f000, // of what is compatible
    MAX_BLOBS = 16,
};

typedef struct {
    u32 magic, length, version, flags, hash_off, ident_off, n_special, n_code, code_limit;
    u8 hash_size, hash_type, platform, page_size;
    u32 spare2;
    // From version 20100, 20200, 20300 and 20400 on:
    u32 scatter_off, team_off, spare3;
    u64 code_limit64, exec_seg_base, exec_seg_limit, exec_seg_flags;
} __attribute__((packed)) CodeDirectory;

static u32 be32(u32 x) {
    return get_u32be(&x);
}
static u64 be64(u64 x) {
    return __builtin_bswap64(x);
}

// Finds the code directory: its place in the file.
static u64 directory_place(Image *im) {
    const u64 off = im->signature->dataoff, size = im->signature->datasize;
    const u8 *super = image_bytes(im, off, 12, "code signature");
    const u32 length = get_u32be(super + 4), n = get_u32be(super + 8);
    if (get_u32be(super) != (u32)CSMAGIC_SUPERBLOB || length > size || size - length >= im->cpu->page ||
        n > MAX_BLOBS || 12 + 8ull * n > length)
        image_fail(im, "code signature: %u blobs in %u bytes of %lu, magic %#x", n, length, size,
                   get_u32be(super));
    for (u32 i = 0; i < n; i++) {
        const u8 *entry = super + 12 + 8 * i;
        const u32 at = get_u32be(entry + 4);
        if (get_u32be(entry) == CSSLOT_CODEDIRECTORY && at <= length && length - at >= sizeof(CodeDirectory))
            return off + at;
    }
    image_fail(im, "code signature: no code directory");
}

static const SegmentCommand *code_segment(const Image *im) {
    for (u32 i = 0; i < im->segs.n; i++)
        if (im->segs.v[i]->initprot & VM_PROT_EXECUTE)
            return im->segs.v[i];
    return im->segs.v[0];
}

static void check_fields(Image *im, const CodeDirectory *d, u64 place) {
    const u32 limit = be32(d->code_limit), page = 1u << (d->page_size & 31), n = be32(d->n_code);
    const u64 room = im->signature->dataoff + (u64)im->signature->datasize - place;
    if (be32(d->magic) != (u32)CSMAGIC_CODEDIRECTORY || be32(d->length) > room ||
        be32(d->version) < VERSION_WITH_EXECSEG || be32(d->version) >= VERSION_LIMIT)
        image_fail(im, "code directory: magic %#x, %u bytes, version %#x", be32(d->magic), be32(d->length),
                   be32(d->version));
    if ((be32(d->flags) & ~(u32)CS_LINKER_SIGNED) != CS_ADHOC)
        image_fail(im, "code directory: flags %#x, not just ad hoc", be32(d->flags));
    if (d->hash_type != CS_HASHTYPE_SHA256 || d->hash_size != SHA256_SIZE || d->page_size != 12 ||
        d->platform || d->spare2)
        image_fail(im, "code directory: hash %u of %u bytes for pages of 2^%u", d->hash_type, d->hash_size,
                   d->page_size);
    if (limit != im->signature->dataoff || n != (limit + page - 1) / page)
        image_fail(im, "code directory: %u hashes for %u bytes, the signature begins at %u", n, limit,
                   im->signature->dataoff);
    if (be32(d->hash_off) > be32(d->length) || n > (be32(d->length) - be32(d->hash_off)) / SHA256_SIZE ||
        be32(d->n_special) > be32(d->hash_off) / SHA256_SIZE)
        image_fail(im, "code directory: its hashes do not fit into %u bytes", be32(d->length));
    const u32 ident = be32(d->ident_off);
    if (ident < sizeof *d || ident >= be32(d->hash_off) ||
        !memchr((const u8 *)d + ident, 0, be32(d->hash_off) - ident))
        image_fail(im, "code directory: its identifier at %u does not end", ident);
    if (d->scatter_off || d->team_off || d->spare3 || d->code_limit64)
        image_fail(im, "code directory: says more than an ad-hoc signature does");
}

static void check_code_segment(Image *im, const CodeDirectory *d) {
    const SegmentCommand *text = code_segment(im);
    const u64 flags = im->header->filetype == MH_EXECUTE ? CS_EXECSEG_MAIN_BINARY : 0;
    if (be64(d->exec_seg_base) != text->fileoff || be64(d->exec_seg_limit) != text->filesize ||
        be64(d->exec_seg_flags) != flags)
        image_fail(
            im, "code directory: code at %#lx, %#lx bytes, flags %lu; segment %.16s is at %#lx, %#lx bytes",
            be64(d->exec_seg_base), be64(d->exec_seg_limit), be64(d->exec_seg_flags), text->segname,
            text->fileoff, text->filesize);
}

void page_hashes_check(Image *im) {
    if (!im->signature) {
        if (im->cpu->cputype == CPU_TYPE_ARM64)
            image_fail(im, "has no code signature, which an arm64 Mac demands");
        return;
    }
    const u64 place = directory_place(im);
    CodeDirectory d;
    memcpy(&d, im->file + place, sizeof d);
    check_fields(im, (const CodeDirectory *)(im->file + place), place);
    check_code_segment(im, &d);
    const u8 *hashes = im->file + place + be32(d.hash_off);
    const u64 page = 1u << d.page_size, limit = be32(d.code_limit);
    for (u64 i = 0; i < be32(d.n_code); i++) {
        u8 hash[SHA256_SIZE];
        sha256(im->file + i * page, MIN(page, limit - i * page), hash);
        if (memcmp(hash, hashes + i * SHA256_SIZE, sizeof hash) != 0)
            image_fail(im, "code signature: the hash of page %lu is not that of its bytes", i);
    }
}
