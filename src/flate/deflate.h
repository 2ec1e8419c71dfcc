// deflate.h - zlib streams with exactly the bytes that Go's compress/zlib writes at BestSpeed.
//
// WHAT  The stock linker compresses each DWARF section with compress/zlib, level 1. DEFLATE leaves the
//       encoder free to choose matches, block kinds and Huffman codes, so equal bytes need the same
//       choices. Go 1.27 replaced the encoder, which is why there are two:
//
//       DEFLATE_GO126  compress/flate up to Go 1.26: deflatefast.go. A 4-byte hash, 2^14 entries, matches
//                      of at most 258 bytes; every block has its own Huffman table.
//       DEFLATE_GO127  compress/flate from Go 1.27 on: level1.go. A 5-byte hash, 2^15 entries, sparse
//                      look-ups, matches of any length that also grow backwards; a block may go on with the
//                      table of the block before, by an estimate made in floating point.
//
// HOW   Both see the input as blocks of 65535 bytes with the 32 KiB before the block as history; how the
//       input was cut into writes leaves no trace. A block goes through two steps that share no state: find
//       matches (the hash table), then choose codes and write bits (the Huffman state). The caller
//       puts it block by block into a window of 96 KiB, so a section is never held whole.
//
//       deflate_stream.c   zlib framing, the window, Adler-32
//       deflate126.c       matches and choices of Go 1.26
//       deflate127.c       matches and choices of Go 1.27
//       deflate_match.h    what both match finders share
//       deflate_huffman.c  what both writers share: Huffman codes, table headers, bit output
//
// RULES Any number of streams may be in work at once; each takes about 370 KiB. Needs float arithmetic without contraction
//       (-ffp-contract=off).
// REF   RFC 1950, RFC 1951; cmd/link/internal/ld/data.go: compressSyms.
#pragma once

#include "base/arena.h"
#include "golang/release.h"

// The output buffer has this many bytes behind its limit: bits are stored eight bytes at a time.
#define DEFLATE_SLACK 16

// No block is longer.
enum { DEFLATE_BLOCK_MAX = 65535 };

typedef struct DeflateStream DeflateStream;

// Starts a stream of n bytes, which are compressed into `out`; that has room for limit + DEFLATE_SLACK bytes.
DeflateStream *deflate_open(DeflateKind kind, Arena *a, u64 n, u8 *out, u64 limit);

// Bytes of the next block; 0 at the end of the input.
u32 deflate_next(const DeflateStream *z);

// Where the caller puts them. To be called once a block.
u8 *deflate_room(DeflateStream *z);

// Compresses the block that has been put into the room. Does nothing as soon as it is certain that the stream
// would not be smaller than the limit.
void deflate_block(DeflateStream *z);

// Ends a stream whose blocks have all been compressed. Returns its size, or 0 if that would not be smaller than the
// limit: a section that does not shrink is kept as it is.
u64 deflate_close(DeflateStream *z);

// All of that for n bytes in memory.
u64 go_deflate(DeflateKind kind, Arena *scratch, const u8 *in, u64 n, u8 *out, u64 limit);
