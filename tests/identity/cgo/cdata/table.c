// table.c - tables with pointers to strings, functions and each other, static variables, constants.
#include "table.h"

static int calls;
static int counters[count] = {7, 8, 9};

static int square(int x) { calls++; return x * x; }
static int negate(int x) { calls++; return -x; }
static int identity(int x) { calls++; return x; }

struct entry entries[count] = {
    {"square", square, &counters[0], 1.5, &entries[1]},
    {"negate", negate, &counters[1], 2.25, &entries[2]},
    {"identity", identity, &counters[2], 1e100, 0},
};

int shared = 40;
long big[1000];
const char *const message = "a message with a pointer to it";

static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

const char *day(int i) { return i < 0 || i > 6 ? 0 : days[i]; }

int apply(int i, int x) { return entries[i].fn(x); }

void bump(void) {
    static long local = 2;
    shared += (int)local++;
    big[999] = shared;
}

double sum(void) {
    static const double weights[] = {0.5, 0.25, 0.125};
    static float last;
    double s = 3.75;
    for (int i = 0; i < count; i++)
        s += weights[i] * entries[i].scale * calls;
    last = (float)s;
    return s > 1e90 ? last : s;
}
