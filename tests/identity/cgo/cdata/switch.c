// switch.c - a jump table, vectors of constants, a large structure.
#include "table.h"

struct vec { float v[16]; };

int choose(int x) {
    switch (x) {
    case 0: return 17;
    case 1: return 23 + shared;
    case 2: return apply(0, x);
    case 3: return 5;
    case 4: return apply(1, x) ^ 9;
    case 5: return 1234;
    case 6: return x * shared;
    case 7: return -1;
    }
    return 0;
}

struct vec scaled(float f) {
    struct vec r = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    for (int i = 0; i < 16; i++)
        r.v[i] *= f;
    return r;
}
