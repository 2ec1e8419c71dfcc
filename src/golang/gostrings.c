// gostrings.c - Go's quoting, path and symbol-prefix rules.
//
// A rune that does not decode is U+FFFD of width 1, as everywhere in Go: unquoting writes it as three
// bytes, quoting writes the byte as \x.
#include "golang/gostrings.h"

#include "base/bytes.h"

enum { RUNE_ERROR = 0xfffd };

static bool is_surrogate(u32 r) {
    return r >= 0xd800 && r < 0xe000;
}

// Decodes the first rune of s (not empty); *width is 1 and the result RUNE_ERROR for bytes that are not
// UTF-8.
static u32 decode_rune(Str s, u32 *width) {
    static const u32 smallest[] = {0, 0, 0x80, 0x800, 0x10000}; // by width: longer forms are errors
    const u8 *p = (const u8 *)s.p;
    *width = 1;
    if (p[0] < 0x80)
        return p[0];
    u32 n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || s.n < n)
        return RUNE_ERROR;
    u32 r = p[0] & (0xffu >> (n + 1));
    for (u32 i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return RUNE_ERROR;
        r = r << 6 | (p[i] & 0x3f);
    }
    if (r < smallest[n] || r > 0x10ffff || is_surrogate(r))
        return RUNE_ERROR;
    *width = n;
    return r;
}

static void append_rune(ByteBuf *b, u32 r) {
    if (r < 0x80) {
        buf_u8(b, (u8)r);
    } else if (r < 0x800) {
        buf_u8(b, (u8)(0xc0 | r >> 6));
        buf_u8(b, (u8)(0x80 | (r & 0x3f)));
    } else if (r < 0x10000) {
        buf_u8(b, (u8)(0xe0 | r >> 12));
        buf_u8(b, (u8)(0x80 | (r >> 6 & 0x3f)));
        buf_u8(b, (u8)(0x80 | (r & 0x3f)));
    } else {
        buf_u8(b, (u8)(0xf0 | r >> 18));
        buf_u8(b, (u8)(0x80 | (r >> 12 & 0x3f)));
        buf_u8(b, (u8)(0x80 | (r >> 6 & 0x3f)));
        buf_u8(b, (u8)(0x80 | (r & 0x3f)));
    }
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// n hexadecimal digits at s.
static bool read_hex(Str s, u32 n, u32 *v) {
    *v = 0;
    if (s.n < n)
        return false;
    for (u32 i = 0; i < n; i++) {
        int d = hex_value(s.p[i]);
        if (d < 0)
            return false;
        *v = *v << 4 | (u32)d;
    }
    return true;
}

// Appends the meaning of the escape sequence at s, which starts with a backslash; returns its length, 0
// when malformed.
static u32 unescape(ByteBuf *b, Str s, char quote) {
    static const char letters[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    if (s.n < 2)
        return 0;
    char c = s.p[1];
    const char *l = c ? strchr(letters, c) : NULL;
    if (l) {
        buf_u8(b, (u8)values[l - letters]);
        return 2;
    }
    u32 v;
    switch (c) {
    case 'x':
        if (!read_hex(str_slice(s, 2, s.n), 2, &v))
            return 0;
        buf_u8(b, (u8)v);
        return 4;
    case 'u':
    case 'U': {
        u32 n = c == 'u' ? 4 : 8;
        if (!read_hex(str_slice(s, 2, s.n), n, &v) || v > 0x10ffff || is_surrogate(v))
            return 0;
        append_rune(b, v);
        return 2 + n;
    }
    case '\'':
    case '"':
        if (c != quote)
            return 0;
        buf_u8(b, (u8)c);
        return 2;
    }
    if (s.n < 4)
        return 0;
    v = 0;
    for (u32 i = 1; i < 4; i++) {
        if (s.p[i] < '0' || s.p[i] > '7')
            return 0;
        v = v << 3 | (u32)(s.p[i] - '0');
    }
    if (v > 255)
        return 0;
    buf_u8(b, (u8)v);
    return 4;
}

// A literal between back quotes: as it stands, without carriage returns.
static bool unquote_raw(ByteBuf *b, Str body) {
    for (u32 i = 0; i < body.n; i++) {
        if (body.p[i] == '`')
            return false;
        if (body.p[i] != '\r')
            buf_u8(b, (u8)body.p[i]);
    }
    return true;
}

bool go_unquote(Arena *a, Str s, Str *out) {
    if (s.n < 2 || s.p[0] != s.p[s.n - 1])
        return false;
    char quote = s.p[0];
    Str body = str_slice(s, 1, s.n - 1);
    ByteBuf b = {.arena = a};
    buf_reserve(&b, body.n + 1);
    u32 runes = 0;
    if (quote == '`') {
        if (!unquote_raw(&b, body))
            return false;
    } else if (quote == '"' || quote == '\'') {
        for (u32 i = 0; i < body.n; runes++) {
            char c = body.p[i];
            u32 width;
            if (c == quote || c == '\n')
                return false;
            if (c == '\\')
                width = unescape(&b, str_slice(body, i, body.n), quote);
            else
                append_rune(&b, decode_rune(str_slice(body, i, body.n), &width));
            if (!width)
                return false;
            i += width;
        }
        if (quote == '\'' && runes != 1)
            return false;
    } else {
        return false;
    }
    *out = (Str){(const char *)b.v, b.n};
    return true;
}

static void append_hex(ByteBuf *b, u32 v, u32 digits) {
    for (u32 i = digits; i-- > 0;)
        buf_u8(b, (u8) "0123456789abcdef"[v >> (4 * i) & 15]);
}

// Whether Go quotes the rune as it is. Exact up to U+00FF. Above that Go asks a Unicode table, which
// changes with the release; here all assigned and unassigned planes print, and only what never does
// (separators, private use, noncharacters) is escaped. It matters for build ids that are not ASCII, which
// cmd/go does not make.
static bool rune_is_print(u32 r) {
    if (r <= 0xff)
        return (r >= ' ' && r <= '~') || (r >= 0xa1 && r != 0xad);
    bool separator = r >= 0x2028 && r <= 0x202e;
    bool private_use = (r >= 0xe000 && r <= 0xf8ff) || r >= 0xe0000;
    return !separator && !private_use && (r & 0xfffe) != 0xfffe && r != 0xfeff;
}

static void append_escaped(ByteBuf *b, u32 r) {
    static const char letters[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
    if (r == '"' || r == '\\') {
        buf_u8(b, '\\');
        buf_u8(b, (u8)r);
        return;
    }
    if (rune_is_print(r)) {
        append_rune(b, r);
        return;
    }
    buf_u8(b, '\\');
    const char *v = r && r < 0x80 ? strchr(values, (int)r) : NULL;
    if (v) {
        buf_u8(b, (u8)letters[v - values]);
    } else if (r < ' ' || r == 0x7f) {
        buf_u8(b, 'x');
        append_hex(b, r, 2);
    } else if (r < 0x10000) {
        buf_u8(b, 'u');
        append_hex(b, r, 4);
    } else {
        buf_u8(b, 'U');
        append_hex(b, r, 8);
    }
}

Str go_quote(Arena *a, Str s) {
    ByteBuf b = {.arena = a};
    buf_reserve(&b, s.n + 3);
    buf_u8(&b, '"');
    for (u32 i = 0; i < s.n;) {
        u32 width;
        u32 r = decode_rune(str_slice(s, i, s.n), &width);
        if (r == RUNE_ERROR && width == 1) {
            buf_str(&b, STR("\\x"));
            append_hex(&b, (u8)s.p[i], 2);
        } else {
            append_escaped(&b, r);
        }
        i += width;
    }
    buf_u8(&b, '"');
    buf_u8(&b, 0);
    return (Str){(const char *)b.v, b.n - 1};
}

Str path_clean(Arena *a, Str s) {
    if (!s.n)
        return STR(".");
    char *out = arena_alloc_raw(a, (size_t)s.n + 2, 1);
    bool rooted = s.p[0] == '/';
    u32 n = 0;     // bytes of out
    u32 fixed = 0; // a ".." cannot remove what stands before this
    if (rooted)
        out[n++] = '/', fixed = 1;
    for (u32 i = 0; i < s.n;) {
        u32 start = i;
        while (i < s.n && s.p[i] != '/')
            i++;
        Str elem = str_slice(s, start, i);
        i++;
        if (!elem.n || str_eq(elem, STR(".")))
            continue;
        if (str_eq(elem, STR("..")) && n > fixed) {
            while (--n > fixed && out[n] != '/')
                ;
            continue;
        }
        bool up = str_eq(elem, STR(".."));
        if (up && rooted)
            continue;
        if (n > (rooted ? 1u : 0u))
            out[n++] = '/';
        memcpy(out + n, elem.p, elem.n);
        n += elem.n;
        if (up)
            fixed = n;
    }
    if (!n)
        out[n++] = '.';
    out[n] = 0;
    return (Str){out, n};
}

Str path_join(Arena *a, Str x, Str y) {
    if (!x.n && !y.n)
        return (Str){0};
    if (!x.n || !y.n)
        return path_clean(a, x.n ? x : y);
    return path_clean(a, arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(x), STR_ARG(y)));
}

Str path_to_prefix(Arena *a, Str path) {
    i64 slash = str_last_index_byte(path, '/');
    u32 escapes = 0;
    for (int pass = 0;; pass++) {
        char *out = pass ? arena_alloc_raw(a, (size_t)path.n + 2 * (size_t)escapes, 1) : NULL;
        u32 n = 0;
        for (u32 i = 0; i < path.n; i++) {
            u8 c = (u8)path.p[i];
            bool escape = c <= ' ' || (c == '.' && i > slash) || c == '%' || c == '"' || c >= 0x7f;
            if (!pass) {
                escapes += escape;
            } else if (escape) {
                out[n++] = '%';
                out[n++] = "0123456789abcdef"[c >> 4];
                out[n++] = "0123456789abcdef"[c & 15];
            } else {
                out[n++] = (char)c;
            }
        }
        if (!escapes)
            return path;
        if (pass)
            return (Str){out, n};
    }
}

bool prefix_to_path(Arena *a, Str prefix, Str *out) {
    *out = prefix;
    if (str_index_byte(prefix, '%') < 0)
        return true;
    char *p = arena_alloc_raw(a, prefix.n, 1);
    u32 n = 0;
    for (u32 i = 0; i < prefix.n; i++) {
        u32 v = (u8)prefix.p[i];
        if (v == '%') {
            if (!read_hex(str_slice(prefix, i + 1, prefix.n), 2, &v))
                return false;
            i += 2;
        }
        p[n++] = (char)v;
    }
    *out = (Str){p, n};
    return true;
}
