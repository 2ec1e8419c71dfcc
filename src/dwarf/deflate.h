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
//       matches (the hash table), then choose codes and write bits (the Huffman state). The input is pulled
//       block by block into a window of 96 KiB, so a section can be relocated on its way in and is never
//       held whole.
//
//       deflate_stream.c   zlib framing, the window, Adler-32
//       deflate126.c       matches and choices of Go 1.26
//       deflate127.c       matches and choices of Go 1.27
//       deflate_match.h    what both match finders share
//       deflate_huffman.c  what both writers share: Huffman codes, table headers, bit output
//
// RULES Pure functions of their arguments; any number may run at once, each with its own scratch arena, of
//       which about 370 KiB are used and released. Needs float arithmetic without contraction
//       (-ffp-contract=off).
// REF   RFC 1950, RFC 1951; cmd/link/internal/ld/data.go: compressSyms.
#pragma once

#include "base/arena.h"
#include "golang/release.h"

// Writes bytes [off, off+n) of the input to dst. Called once per block, in ascending order, without gaps.
typedef void DeflateFill(void *ctx, u8 *dst, u64 off, u32 n);

// The output buffer has this many bytes behind its limit: bits are stored eight bytes at a time.
#define DEFLATE_SLACK 16

// Compresses the n bytes that `fill` yields into `out`, which has room for limit + DEFLATE_SLACK bytes.
// Returns the size of the zlib stream, or 0 as soon as it is certain that this would not be smaller than
// `limit`: a section that does not shrink is kept as it is.
u64 go_deflate_stream(DeflateKind kind, Arena *scratch, DeflateFill *fill, void *ctx, u64 n, u8 *out,
                      u64 limit);

// The same for n bytes in memory.
u64 go_deflate(DeflateKind kind, Arena *scratch, const u8 *in, u64 n, u8 *out, u64 limit);
