// count.c - thread-local variables: with a value, without one, and the C library's errno.
#include <errno.h>

static __thread int counter = 40;
__thread long zeroes[8];

int count(void) {
    return ++counter + (int)zeroes[3]++;
}

int failing(void) {
    errno = ENOENT;
    return -1;
}
