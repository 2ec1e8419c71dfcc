// c_half.h - the C half of the program. The functions that return an int return 0, or the line where something is wrong.
#include <stdlib.h>

void c_print(const char *s, int n, double x);
int c_call(int x);
int c_threads(int n);
int c_open_nothing(void);
int c_files(void);
int c_locks(void);
int c_thread_data(void);
int c_text(void);
int c_numbers(void);
int c_directory(void);
int c_stack(void);
int c_signals(void);
int c_terminal(void);
int c_system(void);
int c_jumps(void);
void c_exit_with(int status);
