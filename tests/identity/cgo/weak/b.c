// b.c - the same names again, and functions of the C library that need not be there.
#ifdef __APPLE__
#define WEAK_IMPORT __attribute__((weak_import))
#else
#define WEAK_IMPORT __attribute__((weak))
#endif

__attribute__((weak)) int pick(void) { return 2; }
__attribute__((weak)) int table[3] = {4, 5, 6};

extern int *where(void);
extern int getentropy(void *, unsigned long) WEAK_IMPORT;
extern int raise(int) WEAK_IMPORT;

int maybe(void) { return (getentropy ? 1 : 0) + (raise ? 2 : 0) + *where() + table[0]; }
