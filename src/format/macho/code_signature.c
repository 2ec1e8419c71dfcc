// code_signature.c - the ad-hoc signature that macOS asks of every program for arm64 (LC_CODE_SIGNATURE).
//
// WHAT  A signature proves who made a file; an ad-hoc one has no signer and only says what is in the file: the
//       SHA-256 of each page. The kernel checks a page when it is first touched, and kills the program when the
//       sum is another one. All numbers are big-endian, which nothing else in the file is.
//
//         SuperBlob       magic, size, number of blobs; type and offset of each blob
//         CodeDirectory   the only blob: what is signed, by which hash, in pages of which size
//         "a.out\0"       identifier of the program; without meaning here
//         32 bytes        hash of page 0, of page 1, ...; the last page ends where the signature begins
//
// HOW   The last thing that is written, since it covers everything else, the header too. Pages are hashed in
//       parallel, each into its slot.
// REF   xnu, osfmk/kern/cs_blobs.h; cmd/internal/codesign.
#include <nettle/sha2.h>

#include "format/macho/macho.h"

enum {
    MAGIC_EMBEDDED_SIGNATURE = (int)0xfade0cc0,
    MAGIC_CODE_DIRECTORY = (int)0xfade0c02,
    SLOT_CODE_DIRECTORY = 0,
    VERSION = 0x20400, // has the execSeg fields
    FLAGS = 0x20002,   // ad hoc, signed by a linker: codesign may replace it without -f
    HASH_SHA256 = 2,
    MAIN_BINARY = 1, // execSegFlags

    PAGE_LOG2 = 12,
    PAGE = 1 << PAGE_LOG2,
    PIECE = 64, // pages that are hashed at once

    SUPER_BLOB_SIZE = 12,
    BLOB_INDEX_SIZE = 8,
    HEAD_SIZE = SUPER_BLOB_SIZE + BLOB_INDEX_SIZE, // in front of the code directory
    DIRECTORY_SIZE = 88,
};

static const char identifier[] = "a.out";

enum { HASH_OFF = DIRECTORY_SIZE + sizeof identifier }; // of the first hash in the code directory

static u64 page_count(u64 code_size) {
    return (code_size + PAGE - 1) >> PAGE_LOG2;
}

u64 macho_signature_size(u64 code_size) {
    return HEAD_SIZE + HASH_OFF + page_count(code_size) * SHA256_DIGEST_SIZE;
}

static u8 *add_u32(u8 *out, u32 v) {
    put_u32be(out, v);
    return out + 4;
}

static u8 *add_u64(u8 *out, u64 v) {
    put_u64be(out, v);
    return out + 8;
}

// Everything in front of the hashes; returns where they go.
static u8 *write_directory(const MachoSigned *s, u8 *out) {
    u32 size = (u32)macho_signature_size(s->size);
    u8 *start = out;
    out = add_u32(out, (u32)MAGIC_EMBEDDED_SIGNATURE);
    out = add_u32(out, size);
    out = add_u32(out, 1);
    out = add_u32(out, SLOT_CODE_DIRECTORY);
    out = add_u32(out, HEAD_SIZE);

    out = add_u32(out, (u32)MAGIC_CODE_DIRECTORY);
    out = add_u32(out, size - HEAD_SIZE);
    out = add_u32(out, VERSION);
    out = add_u32(out, FLAGS);
    out = add_u32(out, HASH_OFF);
    out = add_u32(out, DIRECTORY_SIZE); // offset of the identifier
    out = add_u32(out, 0);              // hashes of other files than this
    out = add_u32(out, (u32)page_count(s->size));
    out = add_u32(out, (u32)s->size); // where the signed part ends
    *out++ = SHA256_DIGEST_SIZE;
    *out++ = HASH_SHA256;
    *out++ = 0;
    *out++ = PAGE_LOG2;
    for (u32 i = 0; i < 4; i++)
        out = add_u32(out, 0); // spare, scatter offset, team offset, spare
    out = add_u64(out, 0);     // end of the signed part, when it needs 64 bits
    out = add_u64(out, s->text_off);
    out = add_u64(out, s->text_size);
    out = add_u64(out, s->is_program ? MAIN_BINARY : 0);
    memcpy(out, identifier, sizeof identifier);
    return start + HEAD_SIZE + HASH_OFF;
}

typedef struct {
    const u8 *code;
    u64 size;
    u8 *hashes;
} Hashing;

// Writes the slots of its pages.
static void hash_pages(void *arg, u64 begin, u64 end, u32 worker) {
    (void)worker;
    const Hashing *h = arg;
    for (u64 i = begin; i < end; i++) {
        u64 off = i << PAGE_LOG2;
        struct sha256_ctx ctx;
        sha256_init(&ctx);
        sha256_update(&ctx, MIN(h->size - off, PAGE), h->code + off);
        sha256_digest(&ctx, SHA256_DIGEST_SIZE, h->hashes + i * SHA256_DIGEST_SIZE);
    }
}

void macho_sign(Pool *pool, const MachoSigned *s, u8 *out) {
    Hashing h = {s->code, s->size, write_directory(s, out)};
    parallel_for(pool, page_count(s->size), PIECE, hash_pages, &h);
}

void macho_write_signature(const Program *p) {
    u64 size = p->macho->signature.fileoff;
    u64 text_size = align_up(p->header_size + p->seg_text.size, p->segment_align);
    macho_sign(p->pool, &(MachoSigned){p->out, size, 0, text_size, true}, p->out + size);
}
