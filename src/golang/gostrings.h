// gostrings.h - the string rules of Go's library that decide bytes of the output or meanings of inputs.
//
// REF   strconv.Quote, strconv.Unquote, path.Clean, path.Join, cmd/internal/objabi/path.go.
#pragma once

#include "base/arena.h"

// The value of a Go string literal in double quotes, back quotes or single quotes (one character); false:
// it is malformed (strconv.ErrSyntax).
bool go_unquote(Arena *a, Str s, Str *out);

// s as a Go literal in double quotes: escapes for what does not print, \x for bytes that are not UTF-8.
// Exact for text up to U+00FF, see rune_is_print. NUL-terminated.
Str go_quote(Arena *a, Str s);

// Shortest equivalent of a slash-separated path; "." for the empty one.
Str path_clean(Arena *a, Str s);

// The two joined by a slash and cleaned; empty parts are left out.
Str path_join(Arena *a, Str x, Str y);

// How symbol names spell an import path: %xx for control characters, space, '%', '"', bytes above '~', and
// dots of the last element.
Str path_to_prefix(Arena *a, Str path);

// The inverse; false: a malformed escape.
bool prefix_to_path(Arena *a, Str prefix, Str *out);
