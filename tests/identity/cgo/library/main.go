// Arithmetic that the processor does not have: functions of the compiler's own library. And a stack that is watched.
package main

/*
#cgo CFLAGS: -fstack-protector-all

typedef unsigned __int128 wide;

static unsigned long quotient(unsigned long hi, unsigned long lo, unsigned long by) {
	return (unsigned long)(((wide)hi << 64 | lo) / by % ((wide)by << 9 | 7));
}

static double average(const double *v, int n) {
	long double sum = 0;
	for (int i = 0; i < n; i++)
		sum += v[i];
	return (double)(sum / n);
}

static int powers(int x, int n) {
	double table[16];
	for (int i = 0; i < 16; i++)
		table[i] = i ? table[i - 1] * x : 1;
	return (int)__builtin_powi(table[n & 15], 2) + __builtin_popcountl((unsigned long)n);
}
*/
import "C"

import "fmt"

func main() {
	v := []C.double{1, 2, 4}
	fmt.Println(C.quotient(3, 5, 7), C.average(&v[0], 3), C.powers(3, 2))
}
