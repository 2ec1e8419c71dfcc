// deflate.h - zlib streams with exactly the bytes that Go's compress/zlib writes.
//
// WHAT  The stock linker compresses each DWARF section with compress/zlib: with BestSpeed, level 1, where it makes the
//       section; with the default, level 6, where dsymutil made it. DEFLATE leaves the encoder free to choose matches,
//       block kinds and Huffman codes, so equal bytes need the same choices. Go 1.27 replaced the encoder, which is why
//       there are two of each level:
//
//       DEFLATE_GO126  compress/flate up to Go 1.26. Level 1: a 4-byte hash, 2^14 entries, matches of at most 258 bytes.
//                      Level 6: chains of places with the same hash, and a match that waits for a longer one at the next
//                      byte. Every block has its own Huffman table.
//       DEFLATE_GO127  compress/flate from Go 1.27 on. Level 1: a 5-byte hash, 2^15 entries, sparse look-ups, matches of
//                      any length that also grow backwards. Level 6: hashes of four and seven bytes. A block may go on
//                      with the table of the block before, by an estimate made in floating point.
//
// HOW   All but the level 6 of Go 1.26 see the input as blocks of 65535 bytes with the 32 KiB before the block as
//       history; how the input was cut into writes leaves no trace. A block goes through two steps that share no state:
//       find matches (the hash table), then choose codes and write bits (the Huffman state). The caller puts it block by
//       block into a window of 96 KiB, so a section is never held whole.
//
//       deflate_stream.c   zlib framing, the window, Adler-32
//       deflate126.c       level 1 of Go 1.26
//       deflate126_lazy.c  level 6 of Go 1.26
//       deflate127.c       matches of level 1 of Go 1.27, and choices of both
//       deflate127_deep.c  matches of level 6 of Go 1.27
//       deflate_match.h    what the match finders share
//       deflate_huffman.c  what the writers share: Huffman codes, table headers, bit output
//
// RULES Any number of streams may be in work at once; each takes about 370 KiB. Needs float arithmetic without contraction
//       (-ffp-contract=off).
// REF   RFC 1950, RFC 1951; cmd/link/internal/ld/data.go: compressSyms; macho_combine_dwarf.go: machoCompressSection.
#pragma once

#include "base/arena.h"
#include "golang/release.h"

// The output buffer has this many bytes behind its limit: bits are stored eight bytes at a time.
#define DEFLATE_SLACK 16

// No block is longer.
enum { DEFLATE_BLOCK_MAX = 65535 };

typedef struct DeflateStream DeflateStream;

// Starts a stream of n bytes at BestSpeed, which are compressed into `out`; that has room for limit + DEFLATE_SLACK bytes.
DeflateStream *deflate_open(DeflateKind kind, Arena *a, u64 n, u8 *out, u64 limit);

// Bytes of the next block; 0 at the end of the input.
u32 deflate_next(const DeflateStream *z);

// Where the caller puts them. To be called once a block.
u8 *deflate_room(DeflateStream *z);

// Compresses the block that has been put into the room. Does nothing as soon as it is certain that the stream
// would not be smaller than the limit. The block's tokens are in scratch meanwhile: memory that all streams of a thread
// share stays in its cache.
void deflate_block(DeflateStream *z, Arena *scratch);

// Ends a stream whose blocks have all been compressed. Returns its size, or 0 if that would not be smaller than the
// limit: a section that does not shrink is kept as it is.
u64 deflate_close(DeflateStream *z);

// All of that for n bytes in memory.
u64 go_deflate(DeflateKind kind, Arena *scratch, const u8 *in, u64 n, u8 *out, u64 limit);

// The same at the default level. 16 bytes behind the input may be read. n is less than 2^31.
u64 go_deflate_default(DeflateKind kind, Arena *scratch, const u8 *in, u64 n, u8 *out, u64 limit);
