// adler32.c - Adler-32 in columns (see adler32.h).
//
// The input is seen as rows of sixteen bytes. Within a group of sixteen rows each column has a running sum
// and a sum of its running sums in 16 bits, which cannot overflow: 255 * (1 + 2 + ... + 16) = 34680. After
// a group they are widened and added to totals of 32 bits. The second sum counts byte c of a row in c sums
// less than the first byte of the row, which is put right at the end.

#include "flate/adler32.h"

enum { PRIME = 65521, COLUMNS = 16, ROWS = 16, GROUP = COLUMNS * ROWS };

typedef u16 Narrow __attribute__((vector_size(16)));
typedef u32 Wide __attribute__((vector_size(16)));

// Totals of four columns: 4 * lane + first.
typedef struct {
    Wide sum, sums;
} Columns;

static inline void add_group(Columns *c, Wide sum, Wide sums) {
    c->sums += c->sum * ROWS + sums;
    c->sum += sum;
}

u32 adler32_update(u32 adler, const u8 *p, u32 n) {
    u64 sum = adler & 0xffff, sums = adler >> 16;
    Columns column[4] = {0}; // by first column
    u32 i = 0;
    for (; i + GROUP <= n; i += GROUP) {
        Narrow even = {0}, odd = {0}, even_sums = {0}, odd_sums = {0};
        for (u32 k = 0; k < GROUP; k += COLUMNS) {
            Narrow row;
            memcpy(&row, p + i + k, COLUMNS);
            even += row & 0xff;
            odd += row >> 8;
            even_sums += even;
            odd_sums += odd;
        }
        add_group(&column[0], (Wide)even & 0xffff, (Wide)even_sums & 0xffff);
        add_group(&column[1], (Wide)odd & 0xffff, (Wide)odd_sums & 0xffff);
        add_group(&column[2], (Wide)even >> 16, (Wide)even_sums >> 16);
        add_group(&column[3], (Wide)odd >> 16, (Wide)odd_sums >> 16);
    }
    sums += i * sum;
    for (u32 k = 0; k < COLUMNS; k++) {
        u64 a = column[k % 4].sum[k / 4], b = column[k % 4].sums[k / 4];
        sum += a;
        sums += b * COLUMNS - a * k;
    }
    for (; i < n; i++) {
        sum += p[i];
        sums += sum;
    }
    return (u32)(sums % PRIME << 16 | sum % PRIME);
}
