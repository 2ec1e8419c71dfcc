// table.h - what Go and the C files of this program share.
struct entry {
    const char *name;
    int (*fn)(int);
    int *counter;
    double scale;
    struct entry *next;
};

enum { count = 3 };

extern struct entry entries[count];
extern int shared;
extern const char *const message;
extern long big[1000];

int apply(int i, int x);
void bump(void);
double sum(void);
const char *day(int i);
