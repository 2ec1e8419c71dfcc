// exports.c - finds an exported symbol of an image.
//
// WHAT  Libraries have their exports in a trie: a tree whose edges are parts of names, so that names with the same beginning
//       share it. A node:
//
//           uleb   bytes of what follows for a symbol that ends here; 0: none does
//             uleb   flags
//             uleb   offset of the symbol from the header
//           u8     number of edges; for each:
//             string   what the edge adds to the name
//             uleb     offset of the node that it leads to, from the start of the trie
//
//       An image without a trie (what Go's linker writes) is searched by its symbol table.
// RULES Asked while programs run: damage is not an error here, the symbol is just not found.
// REF   <mach-o/loader.h>: EXPORT_SYMBOL_FLAGS_.
#include "machorun/loader.h"

enum {
    EXPORT_KIND_MASK = 0x3,
    EXPORT_KIND_ABSOLUTE = 0x2,
    EXPORT_REEXPORT = 0x8, // it is another library's; in place of the offset: ordinal, and its name there
    EXPORT_STUB_AND_RESOLVER = 0x10, // the address is to be asked of a function
};

static ByteReader trie(const Image *im) {
    u32 off = im->exports ? im->exports->dataoff : im->dyldinfo ? im->dyldinfo->export_off : 0;
    u32 size = im->exports ? im->exports->datasize : im->dyldinfo ? im->dyldinfo->export_size : 0;
    if (off > im->file_size || size > im->file_size - off)
        size = 0;
    return (ByteReader){.p = im->file + off, .n = size};
}

// Follows the edge that *name begins with; false when there is none.
static bool follow_edge(ByteReader *r, const char **name) {
    u8 edges = read_u8(r);
    for (u32 i = 0; i < edges && !r->bad; i++) {
        Str part = read_cstr(r);
        u64 child = read_uleb(r);
        // An edge that adds nothing could lead round in a circle.
        if (!r->bad && part.n && !strncmp(*name, part.p, part.n)) {
            *name += part.n;
            r->off = child;
            return true;
        }
    }
    return false;
}

// Moves the reader to what the trie says about the symbol.
static bool trie_find(ByteReader *r, const char *name) {
    while (r->off < r->n && !r->bad) {
        u64 size = read_uleb(r);
        if (!*name)
            return size && !r->bad;
        read_bytes(r, size);
        if (!follow_edge(r, &name))
            return false;
    }
    return false;
}

static bool library_find(const Library *lib, const char *name, u64 *addr) {
    if (lib->image)
        return export_find(lib->image, name, addr);
    *addr = lib->in_shim ? (u64)(uintptr_t)shim_find(lib->name, name) : 0;
    return *addr;
}

// Reads what the trie says about the symbol.
static bool trie_entry(Image *im, ByteReader *r, const char *name, u64 *addr) {
    u64 flags = read_uleb(r), value = read_uleb(r);
    if (r->bad || flags & EXPORT_STUB_AND_RESOLVER)
        return false;
    if (flags & EXPORT_REEXPORT) {
        Str other = read_cstr(r);
        return !r->bad && value >= 1 && value <= im->libs.n &&
               library_find(&im->libs.v[value - 1], other.n ? other.p : name, addr);
    }
    *addr = (flags & EXPORT_KIND_MASK) == EXPORT_KIND_ABSOLUTE ? value : value + im->low + im->slide;
    return true;
}

static bool symtab_find(const Image *im, const char *name, u64 *addr) {
    for (u32 i = 0; im->symtab && i < im->symtab->nsyms; i++) {
        Nlist sym = image_symbol(im, i);
        const char *its = image_symbol_name(im, &sym);
        if (!(sym.n_type & N_STAB) && sym.n_type & N_EXT && (sym.n_type & N_TYPE) == N_SECT && its &&
            !strcmp(its, name)) {
            *addr = sym.n_value + im->slide;
            return true;
        }
    }
    return false;
}

bool export_find(Image *im, const char *name, u64 *addr) {
    ByteReader r = trie(im);
    if (!r.n ? symtab_find(im, name, addr) : trie_find(&r, name) && trie_entry(im, &r, name, addr))
        return true;
    for (u32 i = 0; i < im->libs.n; i++)
        if (im->libs.v[i].reexport && library_find(&im->libs.v[i], name, addr))
            return true;
    return false;
}
