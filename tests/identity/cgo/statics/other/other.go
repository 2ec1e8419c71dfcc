// Package other has C code with the names of package main's.
package other

/*
static int hidden(int x) { return x * 2; }
static int counter = 50;
static int next(void) { return hidden(counter++); }
int shadow(void);
*/
import "C"

func Next() int { return int(C.next()) + int(C.shadow()) }
