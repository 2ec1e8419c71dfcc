// dwarf_frame.c - .debug_frame: how to find the caller's frame from any PC.
//
// WHAT  One common entry (CIE) with what holds for all functions, then an entry (FDE) per function in address
//       order: a list of "the frame's start (CFA) is SP + n from here on, for so many bytes of code". The
//       runtime's pcsp table has the same content; it is translated row by row.
//
//         CIE  length, id ffffffff, version 3, "", code factor 1, data factor -4, return register;
//              initial rules; zeros
//         FDE  length, offset of the CIE (0), address, size,
//              { DW_CFA_def_cfa_offset_sf n, DW_CFA_advance_loc m }..., zeros
//
// HOW   The survey finds the size of each entry; a block of functions is a piece that can be written alone.
//       The table is decoded twice, which is cheaper than keeping its translation.
// REF   DWARF 4, section 6.4; cmd/link/internal/ld/dwarf.go: writeframes.
#include "dwarf/dwarf_state.h"
#include "golang/pcvalue.h"

enum {
    DW_CFA_advance_loc1 = 0x02,
    DW_CFA_advance_loc2 = 0x03,
    DW_CFA_advance_loc4 = 0x04,
    DW_CFA_offset_extended = 0x05,
    DW_CFA_undefined = 0x07,
    DW_CFA_same_value = 0x08,
    DW_CFA_def_cfa = 0x0c,
    DW_CFA_offset_extended_sf = 0x11,
    DW_CFA_def_cfa_offset_sf = 0x13,
    DW_CFA_val_offset = 0x14,
    DW_CFA_advance_loc = 0x40,
};

enum {
    DATA_ALIGN = -4, // data_alignment_factor
    FUNCS_PER_PIECE = 256,
    FUNCFLAG_TOPFRAME = 1, // abi.FuncFlagTopFrame
    MAX_ROW = 48,          // bytes of one row of an FDE
};

// Whether a call leaves the return address in a register, not on the stack.
static bool has_lr(const Arch *arch) {
    return arch->call_size == 0;
}

// Bytes of the CIE behind its length.
static u32 cie_size(const Dwarf *d) {
    return has_lr(d->p->arch) ? 32 : 16;
}

static u8 *write_cie(const Dwarf *d, u8 *out) {
    const Arch *arch = d->p->arch;
    u8 *end = out + 4 + cie_size(d);
    memset(out, 0, (size_t)(end - out));
    put_u32le(out, cie_size(d));
    put_u32le(out + 4, UINT32_MAX); // id
    out += 8;
    *out++ = 3; // version
    *out++ = 0; // augmentation ""
    *out++ = 1; // code_alignment_factor
    out = put_sleb(out, DATA_ALIGN);
    out = put_uleb(out, arch->dwarf_reg_lr);
    *out++ = DW_CFA_def_cfa;
    out = put_uleb(out, arch->dwarf_reg_sp);
    if (has_lr(arch)) {
        out = put_uleb(out, 0); // CFA = SP
        *out++ = DW_CFA_same_value;
        out = put_uleb(out, arch->dwarf_reg_lr);
        *out++ = DW_CFA_val_offset; // the caller's SP is the CFA
        out = put_uleb(out, arch->dwarf_reg_sp);
        put_uleb(out, 0);
    } else {
        out = put_uleb(out, d->ptr_size); // CFA = SP + return address
        *out++ = DW_CFA_offset_extended;
        out = put_uleb(out, arch->dwarf_reg_lr);
        put_uleb(out, (u64)(-(i64)d->ptr_size / DATA_ALIGN));
    }
    return end;
}

// What the FDE of a function is made from.
typedef struct {
    SymId text;
    u32 code_size;
    const u8 *pcsp;
    u32 npcsp;
    bool top_frame;
} FrameFunc;

// False: the function has no tables, and gets no entry.
static bool open_function(const Dwarf *d, SymId text, FrameFunc *f) {
    const Program *p = d->p;
    *f = (FrameFunc){.text = text};
    AuxList al = sym_auxs(p, text);
    bool valid = false;
    for (u32 i = 0; i < al.n; i++) {
        AuxType t = aux_type(al, i);
        if (t == AUX_FUNCINFO)
            valid = true;
        else if (t == AUX_PCSP && !f->pcsp)
            f->pcsp = sym_data(p, aux_sym(p, al, i), &f->npcsp);
    }
    if (!valid)
        return false;
    sym_data(p, text, &f->code_size);
    if (has_lr(p->arch))
        f->top_frame = funcinfo_flag(sym_funcinfo(p, text)) & FUNCFLAG_TOPFRAME;
    return true;
}

static u8 *put_advance(u8 *out, u32 delta) {
    if (delta < 0x40) {
        *out++ = (u8)(DW_CFA_advance_loc + delta);
    } else if (delta < 0x100) {
        *out++ = DW_CFA_advance_loc1;
        *out++ = (u8)delta;
    } else if (delta < 0x10000) {
        *out++ = DW_CFA_advance_loc2;
        put_u16le(out, (u16)delta);
        out += 2;
    } else {
        *out++ = DW_CFA_advance_loc4;
        put_u32le(out, delta);
        out += 4;
    }
    return out;
}

// Where the return address is, for processors that have it in a register until a frame is made.
static u8 *put_return_rule(const Dwarf *d, u8 *out, i64 depth) {
    u8 reg = d->p->arch->dwarf_reg_lr;
    if (depth > 0) {
        *out++ = DW_CFA_offset_extended_sf;
        out = put_uleb(out, reg);
        return put_sleb(out, -depth / DATA_ALIGN);
    }
    *out++ = DW_CFA_same_value;
    return put_uleb(out, reg);
}

// The rows of an FDE: writes them at out when that is not NULL; returns their size without padding.
static u32 put_rows(const Dwarf *d, const FrameFunc *f, u8 *out) {
    const Arch *arch = d->p->arch;
    u32 size = 0;
    u8 row[MAX_ROW];
    if (has_lr(arch) && f->top_frame) {
        // The caller of the outermost function is nobody.
        row[0] = DW_CFA_undefined;
        size = (u32)(put_uleb(row + 1, arch->dwarf_reg_lr) - row);
        if (out)
            memcpy(out, row, size);
    }
    for (PcIter it = pcvalue_first(f->pcsp, f->npcsp, arch->min_lc); !it.done; pcvalue_next(&it)) {
        // The table goes up to the end of the function; rules must begin before it.
        u32 next = it.next_pc;
        if (next == f->code_size && --next < it.pc)
            continue;
        i64 depth = (i64)it.value + (has_lr(arch) ? 0 : d->ptr_size);
        u8 *q = row;
        if (has_lr(arch) && !f->top_frame)
            q = put_return_rule(d, q, depth);
        *q++ = DW_CFA_def_cfa_offset_sf;
        q = put_sleb(q, depth / DATA_ALIGN);
        q = put_advance(q, next - it.pc);
        u32 n = (u32)(q - row);
        if (out)
            memcpy(out + size, row, n);
        size += n;
    }
    return size;
}

static u32 fde_head(const Dwarf *d) {
    return 4 + 4 + 2 * d->ptr_size;
}

static u8 *write_fde(const Dwarf *d, const FrameFunc *f, u8 *out, DwKept *kept) {
    u8 *at = out;
    out += fde_head(d);
    u32 n = put_rows(d, f, out), padded = (u32)align_up(n, d->ptr_size);
    memset(out + n, 0, padded - n);
    put_u32le(at, fde_head(d) - 4 + padded);
    put_u32le(at + 4, 0); // the CIE is at the start of the section
    dwarf_keep_offset(kept, at + 4, DW_FRAME, 4, 0);
    u64 addr = d->p->syms.addr[f->text.i], size = f->code_size;
    memcpy(at + 8, &addr, d->ptr_size);
    dwarf_keep_address(kept, at + 8, f->text, d->ptr_size, 0);
    memcpy(at + 8 + d->ptr_size, &size, d->ptr_size);
    return out + padded;
}

u32 dwarf_frame_size(const Dwarf *d, SymId text, u32 *code_size) {
    FrameFunc f;
    if (!open_function(d, text, &f))
        return 0;
    *code_size = f.code_size;
    return fde_head(d) + (u32)align_up(put_rows(d, &f, NULL), d->ptr_size);
}

DwFunc dwarf_frame(const Dwarf *d, u32 k) {
    if (d->p->text_func[k] != FUNC_NONE)
        return d->funcs[d->p->text_func[k]];
    DwFunc fn = {0}; // it came late, or is none
    fn.frame_size = dwarf_frame_size(d, d->p->textp.v[k], &fn.code_size);
    return fn;
}

static void write_frame_piece(const Dwarf *d, const DwPiece *piece, u8 *out, DwKept *kept) {
    const SymVec *textp = &d->p->textp;
    if (piece->idx == 0)
        out = write_cie(d, out);
    u32 last = MIN((piece->idx + 1) * FUNCS_PER_PIECE, textp->n);
    for (u32 k = piece->idx * FUNCS_PER_PIECE; k < last; k++) {
        FrameFunc f;
        if (open_function(d, textp->v[k], &f))
            out = write_fde(d, &f, out, kept);
    }
}

SymId dwarf_frame_func(const Dwarf *d, u32 piece) {
    return d->p->textp.v[piece * FUNCS_PER_PIECE];
}

void dwarf_layout_frames(Dwarf *d) {
    Program *p = d->p;
    DwSection *s = &d->sects[DW_FRAME];
    u32 n = MAX(1, (p->textp.n + FUNCS_PER_PIECE - 1) / FUNCS_PER_PIECE);
    vec_reserve(&p->arena, &s->pieces, n);
    for (u32 i = 0; i < n; i++) {
        DwPiece piece = {.off = s->size, .size = i == 0 ? 4 + cie_size(d) : 0, .idx = i};
        u32 last = MIN((i + 1) * FUNCS_PER_PIECE, p->textp.n);
        for (u32 k = i * FUNCS_PER_PIECE; k < last; k++)
            piece.size += dwarf_frame(d, k).frame_size;
        s->size += piece.size;
        vec_push(&p->arena, &s->pieces, piece);
    }
    s->write = write_frame_piece;
}
