// forms_library.c - the library of this test; forms.h says what it is for.
#include "forms.h"

const char *const words[300] = {[0] = "zero", [3] = "three", [299] = "two hundred and ninety-nine"};
int counter = 40;
int *counter_place = &counter;

__attribute__((constructor)) static void count_once(void) {
    ++*counter_place;
}

__attribute__((weak)) int shared(void) {
    return 1;
}

int add(int x, int y) {
    return x + y;
}

int library_view(void) {
    return shared();
}
