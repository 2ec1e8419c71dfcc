// corefoundation.c - objects with a count of references, as far as the verification of certificates needs them.
//
// Go imports CoreFoundation in programs that use TLS, to hand certificates to Security (security.c) and to read its
// answers: data, strings, arrays, dates, errors. The objects of this file are opaque to the program; an object goes away
// when the last reference is released. Go makes arrays without callbacks (NULL), which on macOS hold no references of
// their own, and releases the elements itself (ReleaseCFArray): so do these (CF_ARRAY).
// What Security makes (a policy, a trust, the chain) owns its parts.
// RULES Strings are kept in UTF-8, the only encoding that Go asks for.
// REF   crypto/x509/internal/macos/corefoundation.go.
#include "machorun/shim/darwin.h"

#include <stdlib.h>

static void *cf_memory(size_t n, size_t size) {
    void *p = calloc(MAX(n, (size_t)1), size);
    if (!p)
        shim_abort("CoreFoundation", "out of memory");
    return p;
}

CfObject *cf_new(CfKind kind, const void *data, u64 size) {
    CfObject *o = cf_memory(1, sizeof *o);
    o->kind = kind;
    o->refs = 1;
    o->size = size;
    o->data = cf_memory(size, 1);
    if (size)
        memcpy(o->data, data, size);
    return o;
}

CfObject *cf_new_items(CfKind kind, u64 n) {
    CfObject *o = cf_memory(1, sizeof *o);
    o->kind = kind;
    o->refs = 1;
    o->cap = n;
    o->items = cf_memory(n, sizeof *o->items);
    return o;
}

void cf_append(CfObject *array, CfObject *item) {
    if (array->size == array->cap) {
        array->cap = MAX(2 * array->cap, 8u);
        array->items = realloc(array->items, array->cap * sizeof *array->items);
        if (!array->items)
            shim_abort("CoreFoundation", "out of memory");
    }
    array->items[array->size++] = item;
}

CfObject *cf_retain(CfObject *o) {
    if (o)
        __atomic_fetch_add(&o->refs, 1, __ATOMIC_RELAXED);
    return o;
}

void cf_release(CfObject *o) {
    if (!o || __atomic_sub_fetch(&o->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (o->kind == CF_LIST || o->kind == CF_TRUST) // these own their items
        for (u64 i = 0; i < o->size; i++)
            cf_release(o->items[i]);
    free(o->items);
    free(o->data);
    free(o);
}

// ---- the functions --------------------------------------------------------------------------------------------------

static void shim_CFRelease(CfObject *o) {
    cf_release(o);
}

static CfObject *shim_CFDataCreate(const void *allocator, const u8 *data, i64 size) {
    (void)allocator;
    return cf_new(CF_DATA, data, (u64)size);
}

static i64 shim_CFDataGetLength(const CfObject *o) {
    return (i64)o->size;
}

static const u8 *shim_CFDataGetBytePtr(const CfObject *o) {
    return o->data;
}

static CfObject *shim_CFStringCreateWithBytes(const void *allocator, const u8 *data, i64 size, u32 encoding,
                                              bool external) {
    (void)allocator;
    (void)encoding;
    (void)external;
    return cf_new(CF_STRING, data, (u64)size);
}

static CfObject *shim_CFStringCreateExternalRepresentation(const void *allocator, const CfObject *s,
                                                           u32 encoding, u8 loss) {
    (void)allocator;
    (void)encoding;
    (void)loss;
    return cf_new(CF_DATA, s->data, s->size);
}

static CfObject *shim_CFArrayCreateMutable(const void *allocator, i64 capacity, const void *callbacks) {
    (void)allocator;
    if (callbacks)
        shim_abort("CFArrayCreateMutable", "arrays with callbacks are not served");
    return cf_new_items(CF_ARRAY, (u64)capacity);
}

static void shim_CFArrayAppendValue(CfObject *array, CfObject *item) {
    cf_append(array, item);
}

static i64 shim_CFArrayGetCount(const CfObject *array) {
    return (i64)array->size;
}

static CfObject *shim_CFArrayGetValueAtIndex(const CfObject *array, i64 i) {
    return array->items[i];
}

static CfObject *shim_CFDateCreate(const void *allocator, double seconds) {
    (void)allocator;
    CfObject *o = cf_new(CF_DATE, NULL, 0);
    o->date = seconds;
    return o;
}

static bool shim_CFEqual(const CfObject *a, const CfObject *b) {
    return a == b || (a->kind == b->kind && a->kind <= CF_STRING && a->size == b->size &&
                      memcmp(a->data, b->data, a->size) == 0);
}

static CfObject *shim_CFErrorCopyDescription(const CfObject *error) {
    return cf_new(CF_STRING, error->data, error->size);
}

static i64 shim_CFErrorGetCode(const CfObject *error) {
    return error->code;
}

const Export exports_corefoundation[] = {
    EXPORT(CFArrayAppendValue),
    EXPORT(CFArrayCreateMutable),
    EXPORT(CFArrayGetCount),
    EXPORT(CFArrayGetValueAtIndex),
    EXPORT(CFDataCreate),
    EXPORT(CFDataGetBytePtr),
    EXPORT(CFDataGetLength),
    EXPORT(CFDateCreate),
    EXPORT(CFEqual),
    EXPORT(CFErrorCopyDescription),
    EXPORT(CFErrorGetCode),
    EXPORT(CFRelease),
    EXPORT(CFStringCreateExternalRepresentation),
    EXPORT(CFStringCreateWithBytes),
    EXPORTS_END,
};
