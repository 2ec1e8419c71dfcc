// forms_program.c - the program of this test; prints what it finds, one line each.
#include "forms.h"

// With an addend that fits into the word of a chain, one that does not, and one that needs 64 bits.
// None is static, as the compiler would not let them be variables.
const char *const *third = &words[3], *const *last = &words[299];
#ifdef HUGE_ADDEND
const char *far_behind = (const char *)words + 0x300000000;
#endif
int (*function)(int, int) = add;
int numbers[100];
int *inside = &numbers[42]; // a pointer into the program itself
extern long no_such_function(void) __attribute__((weak_import));
static int order;

__attribute__((constructor)) static void look_at_library(void) {
    order = counter; // the library's initializer was first
}

int shared(void) {
    return 2;
}

void say(const char *text) {
    unsigned long n = 0;
    while (text[n])
        n++;
    write(1, text, n);
    write(1, "\n", 1);
}

void say_number(const char *what, long n) {
    char text[80], digits[20];
    int i = 0, k = 0;
    for (; *what; what++)
        text[i++] = *what;
    do
        digits[k++] = (char)('0' + n % 10);
    while (n /= 10);
    while (k)
        text[i++] = digits[--k];
    text[i] = 0;
    say(text);
}

int main(int argc, char **argv, char **envp, char **apple) {
    say_number("arguments: ", argc);
    say(argv[1]);
    say(envp[0] && !apple[1] ? "environment" : "no environment");
    say(*third);
    say(*last);
#ifdef HUGE_ADDEND
    if (far_behind - (const char *)words != 0x300000000)
        say("wrong addend");
#endif
    say_number("add: ", function(20, 3) + add(100, 0));
    say_number("inside: ", inside - numbers);
    say_number("counter: ", order);
    say_number("shared: ", library_view() * 10 + shared());
    say_number("deep: ", deep);
    say(no_such_function ? "there is no such function" : "missing");
    void *plugin = dlopen(argv[1], 2);
    const char *(*word)(void) = plugin ? (const char *(*)(void))dlsym(plugin, "plugin_word") : 0;
    say(word ? word() : "no plugin");
    say_number("counter: ", counter);
    return 5;
}
