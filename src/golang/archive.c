// archive.c - walking ar members and the text in front of objects.
#include "golang/archive.h"

enum { AR_MAGIC_SIZE = 8, AR_HEADER_SIZE = 60, AR_NAME_SIZE = 16, AR_SIZE_OFF = 48, AR_SIZE_SIZE = 10 };

bool archive_is(const MappedFile *f) {
    return f->size >= AR_MAGIC_SIZE && memcmp(f->data, "!<arch>\n", AR_MAGIC_SIZE) == 0;
}

ArchiveReader archive_open(const MappedFile *f) {
    return (ArchiveReader){f, AR_MAGIC_SIZE};
}

static bool parse_decimal(const u8 *p, u32 n, u64 *v) {
    u32 i = 0;
    for (*v = 0; i < n && p[i] >= '0' && p[i] <= '9'; i++)
        *v = *v * 10 + (p[i] - '0');
    u32 digits = i;
    while (i < n && p[i] == ' ')
        i++;
    return digits > 0 && i == n;
}

ArchiveResult archive_next(ArchiveReader *r, ArchiveMember *m) {
    const MappedFile *f = r->file;
    u64 off = r->next + (r->next & 1);
    if (off >= f->size)
        return ARCHIVE_END;
    const u8 *h = f->data + off;
    u64 size;
    if (f->size - off < AR_HEADER_SIZE || h[58] != '`' || h[59] != '\n' ||
        !parse_decimal(h + AR_SIZE_OFF, AR_SIZE_SIZE, &size) || size > f->size - off - AR_HEADER_SIZE)
        return ARCHIVE_MALFORMED;
    u32 n = AR_NAME_SIZE;
    while (n > 0 && h[n - 1] == ' ')
        n--;
    *m = (ArchiveMember){{(const char *)h, n}, h + AR_HEADER_SIZE, size};
    r->next = off + AR_HEADER_SIZE + size;
    return ARCHIVE_MEMBER;
}

bool archive_index(const MappedFile *f, ArchiveIndex *idx) {
    ArchiveReader r = archive_open(f);
    ArchiveMember m;
    if (!archive_is(f) || archive_next(&r, &m) != ARCHIVE_MEMBER)
        return false;
    bool wide = str_eq(m.name, STR("/SYM64/"));
    idx->word = wide ? 8 : 4;
    if ((!wide && !str_eq(m.name, STR("/"))) || m.size < idx->word || m.size > UINT32_MAX)
        return false;
    idx->n = wide ? __builtin_bswap64(get_u64le(m.data)) : get_u32be(m.data);
    if (idx->n > (m.size - idx->word) / idx->word)
        return false;
    idx->offsets = m.data + idx->word;
    u64 names = (idx->n + 1) * idx->word;
    idx->names = (Str){(const char *)m.data + names, (u32)(m.size - names)};
    return true;
}

bool object_text_split(const u8 *data, u64 size, ObjectText *t) {
    const u8 *eol = size ? memchr(data, '\n', size) : NULL;
    if (!eol)
        return false;
    u64 line = (u64)(eol - data) + 1;
    t->header = (Str){(const char *)data, (u32)line};
    // The text ends at a line "!" outside of "$$" sections: export data may hold such a line too.
    u32 markers = 0;
    for (u64 i = line; i + 1 < size;) {
        const u8 *p = data + i;
        if (markers % 2 == 0 && p[0] == '!' && p[1] == '\n') {
            t->text = (Str){(const char *)data + line, (u32)(i - line)};
            t->object_off = i + 2;
            return true;
        }
        if (p[0] == '$' && p[1] == '$')
            markers++;
        const u8 *next = memchr(p, '\n', size - i);
        if (!next)
            return false;
        i = (u64)(next - data) + 1;
    }
    return false;
}

bool object_text_is_main(Str text) {
    while (text.n) {
        i64 eol = str_index_byte(text, '\n');
        Str line = eol < 0 ? text : str_slice(text, 0, (u32)eol);
        if (str_eq(line, STR("main")))
            return true;
        if (eol <= 0)
            return false;
        text = str_slice(text, (u32)eol + 1, text.n);
    }
    return false;
}

bool object_text_cgo(Str text, Str *json, const char **err) {
    *json = (Str){0};
    if (!text.n)
        return true;
    const char *mark = memmem(text.p, text.n, "\n$$  // cgo", 11);
    if (!mark)
        return true;
    const char *end = text.p + text.n;
    const char *from = memchr(mark + 1, '\n', (size_t)(end - mark - 1));
    if (!from) {
        *err = "found $$ // cgo but no newline";
        return false;
    }
    const char *to = memmem(from, (size_t)(end - from), "\n$$", 3);
    if (!to) {
        *err = "cannot find end of // cgo section";
        return false;
    }
    *json = (Str){from, (u32)(to - from)};
    return true;
}
