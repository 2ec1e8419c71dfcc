// check.c - C that uses what the assembly file defines.
extern int first[4], second[4];
extern const int distance[2];
extern const long wide;
extern long through(void);
extern int *const pointers[3];

long check(void) {
    return first[1] + second[2] + distance[0] + distance[1] + wide + through() + *pointers[2];
}
