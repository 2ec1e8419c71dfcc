// forms.h - what the program, the library and the plugin of this test know of each other.
//
// The three use what Mach-O has to offer to connect images, and Go's linker does not write: imports of data with an
// addend, weak definitions, initializers, re-exports, lazily bound functions, plugins that import from the program.
#pragma once

// macOS's, from libSystem.tbd.
long write(int fd, const void *p, unsigned long n);
void *dlopen(const char *path, int mode);
void *dlsym(void *image, const char *name);

// The library's.
extern const char *const words[300];
extern int counter;
int add(int x, int y);
int library_view(void); // what shared() gives when the library calls it

// In the library and in the program: the program's counts, for both.
int shared(void);

// The deeper library's, which the library re-exports.
extern int deep;

// The program's.
void say(const char *text);
void say_number(const char *what, long n);
