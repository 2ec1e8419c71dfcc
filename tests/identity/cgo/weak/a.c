// a.c - definitions that another file may replace.
__attribute__((weak)) int pick(void) { return 1; }
__attribute__((weak)) int fallback(void) { return pick() + 10; }
__attribute__((weak)) int table[3] = {1, 2, 3};
int *where(void) { return &table[1]; }
