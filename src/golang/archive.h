// archive.h - Go package archives: the members of an ar file, and the text in front of each object.
//
// An archive begins with "!<arch>\n"; each member has a 60-byte header (16 bytes name, date, ids, mode, 10 bytes decimal size, "`\n") and
// begins at an even offset. A Go member begins with a line "go object GOOS GOARCH VERSION ...", then text lines and "$$" sections
// (export data, cgo directives), and the object proper after a line "!".
// REF  cmd/link/internal/ld/ar.go: ArHdr, nextar; ld/lib.go: ldobj; ld/go.go: ldpkg.
#pragma once

#include "base/file.h"

typedef struct {
    const MappedFile *file;
    u64 next; // offset of the next member's header
} ArchiveReader;

typedef struct {
    Str name;        // blanks at the end cut off
    const u8 *data;
    u64 size;
} ArchiveMember;

typedef enum { ARCHIVE_MEMBER, ARCHIVE_END, ARCHIVE_MALFORMED } ArchiveResult;

// Whether the file is an archive at all.
bool archive_is(const MappedFile *f);

// An iterator over the members.
ArchiveReader archive_open(const MappedFile *f);

// The next member. A header or content that reaches past the end of the file is ARCHIVE_MALFORMED.
ArchiveResult archive_next(ArchiveReader *r, ArchiveMember *m);

// The table of contents of an archive of C objects, which is its first member: which member defines a symbol.
//
//     u32 n | n x u32 offset of the member | n names, each with a NUL     big-endian, 8 bytes each if called /SYM64/
typedef struct {
    u64 n;
    u32 word;          // bytes of a number
    const u8 *offsets; // n of them
    Str names;
} ArchiveIndex;

// False when the archive has none, or a damaged one.
bool archive_index(const MappedFile *f, ArchiveIndex *idx);

// The member whose header is at off.
static inline ArchiveResult archive_member_at(const MappedFile *f, u64 off, ArchiveMember *m) {
    return archive_next(&(ArchiveReader){f, off}, m);
}

// The text part of a Go member.
typedef struct {
    Str header;      // first line with its newline
    Str text;        // what follows it, up to the line "!"
    u64 object_off;  // where the object begins in the member
} ObjectText;

// Splits a Go member; false when the line "!" that ends the text is missing.
bool object_text_split(const u8 *data, u64 size, ObjectText *t);

// The text says "package main": a line "main" before the first blank line.
bool object_text_is_main(Str text);

// The JSON of the "$$  // cgo" section, or an empty Str.
// False when the section has no end; *err says so.
bool object_text_cgo(Str text, Str *json, const char **err);
